/* What both scripts of a destination share (core/tsql_script.h). */
#include "core/tsql_script.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "core/tsql_write.h"

/* BizTalk's shipping jobs, whose names vary in dashes, "Server" and suffixes. */
#define SHIPPING                                                                                   \
    "j.name LIKE N'BTS%Log Shipping%'"                                                             \
    " AND (j.name LIKE N'%Backup History%' OR j.name LIKE N'%Restore Databases%')"
#define RUNNING                                                                                    \
    "a.session_id = (SELECT MAX(s.session_id) FROM msdb.dbo.syssessions AS s)"                     \
    " AND a.start_execution_date IS NOT NULL AND a.stop_execution_date IS NULL"

bool tsql_script_may_hold(const char *text)
{
    return text != NULL && text_is_clean(text) && strstr(text, "$(") == NULL;
}

bool tsql_script_add(struct str *out, const char *text, const struct tsql_argument *arguments,
                     size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (arguments[i].text != NULL && !tsql_script_may_hold(arguments[i].text))
            return false;
    struct query part = {.text = text};
    char *rendered = tsql_render(&part, arguments, count);
    str_add(out, rendered);
    bool fine = rendered != NULL;
    free(rendered);
    return fine;
}

/* --- the head --------------------------------------------------------------------------------- */

/* Its newest restorehistory row is a log that was stopped where the plan says. */
#define NEWEST_IS_THE_STOP \
    " WHERE h.restore_history_id = (SELECT MAX(x.restore_history_id)" \
    " FROM msdb.dbo.restorehistory AS x WHERE x.destination_database_name = @name" \
    " AND x.restore_type IN ('D', 'I', 'L', 'F', 'G'))" \
    " AND h.restore_type = 'L' AND h.stop_at_mark_name COLLATE Latin1_General_BIN2 = @stop_name"

/* Where a database stands. Stopped: its newest restorehistory row is a log that was stopped where the
 * plan says. At the mark: that, RESTORING, and its redo point lies inside that log. Message 4329 (the mark
 * was not in the log) is information and cannot be caught; after it the redo point is the log's end. */
static const char look[] =
    "SELECT @state = d.state, @standby = d.is_in_standby FROM sys.databases AS d"
    " WHERE d.name = @name;"
    " SELECT @redo = MIN(f.redo_start_lsn) FROM sys.master_files AS f"
    " JOIN sys.databases AS d ON d.database_id = f.database_id"
    " WHERE d.name = @name AND f.redo_start_lsn IS NOT NULL;"
    " SELECT @stopped = COUNT(*) FROM msdb.dbo.restorehistory AS h" NEWEST_IS_THE_STOP ";"
    " SELECT @at_mark = COUNT(*) FROM msdb.dbo.restorehistory AS h"
    " JOIN msdb.dbo.backupset AS b ON b.backup_set_id = h.backup_set_id" NEWEST_IS_THE_STOP
    " AND b.first_lsn <= @redo AND @redo < b.last_lsn AND @state = 1;";

static const char declarations[] =
    "DECLARE @stop nvarchar(2000), @mark nvarchar(128), @set bigint, @made datetime,\n"
    "    @name nvarchar(128), @stop_name nvarchar(128), @state int, @standby int,\n"
    "    @redo numeric(25, 0), @stopped int, @at_mark int, @older int,\n"
    "    @has int, @later int, @model int, @read_only int, @lock int, @status int, @turns int,\n"
    "    @job uniqueidentifier, @job_name nvarchar(128), @text nvarchar(2000), @proven int,\n"
    "    @code nvarchar(64), @look nvarchar(4000), @looks nvarchar(400), @reads nvarchar(400);\n"
    "SELECT @stop = NULL, @proven = 0, @lock = -1, @mark = $1, @set = $2, @made = $3,\n"
    "    @looks = N'@name nvarchar(128), @stop_name nvarchar(128), @state int OUTPUT,"
    " @standby int OUTPUT, @redo numeric(25, 0) OUTPUT, @stopped int OUTPUT, @at_mark int OUTPUT',\n"
    "    @reads = N'@mark nvarchar(128), @set bigint, @has int OUTPUT, @later int OUTPUT',\n"
    "    @look = $4;\n";

bool tsql_script_add_head(struct str *out, const struct tsql_script *script)
{
    struct tsql_argument patience = {ARGUMENT_INTEGER, NULL, 10000};
    struct tsql_argument arguments[] = {{ARGUMENT_STRING, script->plan->mark, 0},
                                        {ARGUMENT_INTEGER, NULL, script->plan->set},
                                        {ARGUMENT_TIME, NULL, script->made_local_ms},
                                        {ARGUMENT_STRING, look, 0}};
    str_add(out, "USE master;\n");
    if (!tsql_script_add(out, query_script_session.text, &patience, 1))
        return false;
    str_add(out, "\nSET XACT_ABORT OFF;\n");
    return tsql_script_add(out, declarations, arguments, 4);
}

/* --- before anything -------------------------------------------------------------------------- */

static const char server_check[] =
    "\n-- Is this the server?\n"
    "IF COALESCE(CAST(@@SERVERNAME AS nvarchar(128)), N'') <> $1\n"
    "    SET @stop = N'this script is for ' + $1 + N', and this server is '\n"
    "        + COALESCE(CAST(@@SERVERNAME AS nvarchar(128)), N'unnamed');\n"
    "IF @stop IS NULL AND (COALESCE(HAS_PERMS_BY_NAME(NULL, NULL, N'VIEW SERVER STATE'), 0) = 0\n"
    "    OR COALESCE(HAS_PERMS_BY_NAME(NULL, NULL, N'VIEW ANY DEFINITION'), 0) = 0)\n"
    "    SET @stop = N'this login cannot see sessions and redo points: it needs VIEW SERVER STATE"
    " and VIEW ANY DEFINITION';\n";

static const char lock_check[] =
    "\n-- Nobody else restores here: stopmark and its scripts share one lock.\n"
    "IF @stop IS NULL\n"
    "BEGIN\n"
    "    EXEC @lock = sp_getapplock @Resource = N'" TSQL_LOCK_NAME "', @LockMode = N'Exclusive',"
    " @LockOwner = N'Session', @LockTimeout = 0;\n"
    "    IF COALESCE(@lock, -1) < 0\n"
    "        SET @stop = N'somebody else holds the lock " TSQL_LOCK_NAME " here: a run of stopmark"
    " or another such script is under way';\n"
    "END;\n"
    "IF @stop IS NULL AND EXISTS (SELECT 1 FROM msdb.dbo.sysjobs AS j\n"
    "    JOIN msdb.dbo.sysjobactivity AS a ON a.job_id = j.job_id\n"
    "    WHERE j.name LIKE N'BTS%Log Shipping%' AND j.name LIKE N'%Restore To Mark%' AND " RUNNING
    ")\n"
    "    SET @stop = N'BizTalk''s job Restore To Mark is running here: wait until it has ended';\n";

bool tsql_script_add_checks(struct str *out, const struct tsql_script *script)
{
    struct tsql_argument server = {ARGUMENT_STRING, script->servers[script->server], 0};
    if (!tsql_script_add(out, server_check, &server, 1))
        return false;
    str_add(out, lock_check);
    str_add(out, "\n-- BizTalk's shipping jobs would move the databases: off, and idle.\n"
                 "SET @turns = 0;\n"
                 "WHILE @stop IS NULL AND EXISTS (SELECT 1 FROM msdb.dbo.sysjobs AS j\n"
                 "    WHERE j.enabled = 1 AND " SHIPPING ")\n"
                 "BEGIN\n"
                 "    SELECT TOP (1) @job = j.job_id, @job_name = j.name FROM msdb.dbo.sysjobs AS j\n"
                 "    WHERE j.enabled = 1 AND " SHIPPING " ORDER BY j.name;\n"
                 "    SELECT @turns = @turns + 1, @status = 1, @text = N'disabling the job ' + @job_name;\n"
                 "    RAISERROR(N'%s', 10, 1, @text) WITH NOWAIT;\n"
                 "    EXEC @status = msdb.dbo.sp_update_job @job_id = @job, @enabled = 0;\n"
                 "    IF COALESCE(@status, 1) <> 0 OR @turns > 50\n"
                 "        SET @stop = N'the job ' + @job_name + N' could not be disabled';\n"
                 "END;\n"
                 "SET @turns = 0;\n"
                 "WHILE @stop IS NULL AND EXISTS (SELECT 1 FROM msdb.dbo.sysjobs AS j\n"
                 "    JOIN msdb.dbo.sysjobactivity AS a ON a.job_id = j.job_id\n"
                 "    WHERE " SHIPPING " AND " RUNNING ")\n"
                 "BEGIN\n"
                 "    SET @turns = @turns + 1;\n"
                 "    IF @turns > 180\n"
                 "        SET @stop = N'a shipping job still runs after 15 minutes: stop it where"
                 " that is safe, then run this script again';\n"
                 "    ELSE\n"
                 "        WAITFOR DELAY '00:00:05';\n"
                 "END;\n"
                 "IF @stop IS NULL AND EXISTS (SELECT 1 FROM sys.dm_exec_requests AS r\n"
                 "    WHERE r.command IN (N'RESTORE DATABASE', N'RESTORE LOG')"
                 " AND r.session_id <> @@SPID)\n"
                 "    SET @stop = N'another session restores on this server: wait until it has"
                 " ended';\n");
    return true;
}

void tsql_script_add_release(struct str *out)
{
    str_add(out, "IF @lock >= 0\n"
                 "    EXEC sp_releaseapplock @Resource = N'" TSQL_LOCK_NAME
                 "', @LockOwner = N'Session';\n");
}

/* --- a database ------------------------------------------------------------------------------- */

/* Marks have no order of their own: later are those of sets that the shipping history knows to be
 * later. Names are compared to the byte, whatever the collation. */
static const char read_marks[] =
    "SELECT @has = COUNT(*) FROM $1.dbo.MarkLog AS m"
    " WHERE m.MarkName COLLATE Latin1_General_BIN2 = @mark;"
    " SELECT @later = COUNT(*) FROM $1.dbo.MarkLog AS m"
    " JOIN master.dbo.bts_LogShippingHistory AS h"
    " ON h.MarkName COLLATE Latin1_General_BIN2 = m.MarkName COLLATE Latin1_General_BIN2"
    " WHERE h.BackupSetId > @set;";

static const char look_call[] =
    "SELECT @name = $1, @stop_name = $3, @state = NULL, @standby = NULL, @redo = NULL, @stopped = NULL,"
    " @at_mark = NULL, @has = NULL, @later = NULL;\n"
    "EXEC sp_executesql @look, @looks, @name, @stop_name, @state OUTPUT, @standby OUTPUT, @redo OUTPUT,"
    " @stopped OUTPUT, @at_mark OUTPUT;\n"
    "IF @state = 0\n"
    "    EXEC sp_executesql $2, @reads, @mark, @set, @has OUTPUT, @later OUTPUT;\n";

bool tsql_script_add_look(struct str *out, const struct tsql_script *script,
                          const struct plan_database *database)
{
    const char *stop_name = database->stop_name != NULL ? database->stop_name : script->plan->mark;
    struct tsql_argument name = {ARGUMENT_IDENTIFIER, database->database, 0};
    struct str read = {0};
    bool fine = tsql_script_add(&read, read_marks, &name, 1);
    struct tsql_argument arguments[] = {{ARGUMENT_STRING, database->database, 0},
                                        {ARGUMENT_STRING, str_text(&read), 0},
                                        {ARGUMENT_STRING, stop_name, 0}};
    fine = fine && tsql_script_add(out, look_call, arguments, 3);
    str_free(&read);
    return fine;
}

/* --- codes ------------------------------------------------------------------------------------ */

bool tsql_script_add_code(struct str *out, const struct tsql_script *script, size_t server)
{
    struct str text = {0};
    str_format(&text, "stopmark|%s|%s|%s|%s", script->run, stop_kind_name(script->plan->stop),
               script->plan->mark, script->servers[server]);
    struct tsql_argument argument = {ARGUMENT_STRING, str_text(&text), 0};
    bool fine = tsql_script_add(
        out, "LEFT(CONVERT(nvarchar(64), HASHBYTES('SHA2_256', $1), 2), 16)", &argument, 1);
    str_free(&text);
    return fine;
}
