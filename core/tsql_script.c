/* The two scripts of a destination (core/tsql_script.h). Every statement is followed by a look at
 * what it did; the first thing that is not as it should be ends in @stop, after which nothing is
 * sent any more. Errors are not caught: TRY/CATCH would keep the first of a RESTORE's two messages,
 * which is the cause, from the person who runs the script. */
#include "core/tsql_script.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/tsql_write.h"

static bool is_here(const struct tsql_script *script, const struct plan_database *database)
{
    return database->destination == script->destinations[script->server];
}

static size_t count_here(const struct tsql_script *script)
{
    size_t count = 0;
    for (size_t i = 0; i < script->plan->databases_count; i++)
        count += is_here(script, &script->plan->databases[i]);
    return count;
}

/* Calls add for every database of the script's server, in recovery order. */
static bool each_database(struct str *out, const struct tsql_script *script,
                          bool (*add)(struct str *out, const struct tsql_script *script,
                                      const struct plan_database *database))
{
    const struct plan *plan = script->plan;
    for (size_t i = 0; i < plan->databases_count; i++)
        if (is_here(script, &plan->databases[i]) && !add(out, script, &plan->databases[i]))
            return false;
    return true;
}

static bool add_title(struct str *out, const char *title, const struct plan_database *database)
{
    if (!tsql_script_may_hold(database->database))
        return false;
    str_format(out, "\n-- %s: %s\n", database->database, title);
    return true;
}

/* A readable database is at the mark by its MarkLog, where nothing was restored behind the stop: up to
 * the next mark no MarkLog shows it. Before the mark is no proof that it came as
 * far as that, so there only what script 2 itself made readable counts. */
static const char *readable_proof(const struct tsql_script *script, bool own)
{
    if (script->plan->stop == STOP_AT)
        return "@state = 0 AND @stopped > 0 AND @has > 0 AND @later = 0";
    return own ? "@state = 0 AND @stopped > 0 AND @has = 0 AND @later = 0" : "@state = -1";
}

/* Appends "IF nothing stopped it AND condition, SET @stop = name: why". */
static void add_stop(struct str *out, const char *condition, const char *why)
{
    str_format(out, "IF @stop IS NULL AND (%s)\n    SET @stop = @name + N': %s';\n", condition, why);
}

/* Is the file still to be restored? By its LSNs where the plan knows them, else by msdb here. */
static bool add_still_needed(struct str *out, const struct plan_step *step)
{
    struct tsql_argument file = {ARGUMENT_STRING, step->file, 0};
    if (step->kind == STEP_RESTORE_LOG && lsn_is_known(step->last_lsn)) {
        str_add(out, "(@redo IS NULL OR @redo < ");
        tsql_add_lsn(out, step->last_lsn);
        str_add(out, ")");
        return true;
    }
    const char *condition =
        step->kind == STEP_RESTORE_LOG
            ? "NOT EXISTS (SELECT 1 FROM msdb.dbo.restorehistory AS h\n"
              "    JOIN msdb.dbo.backupset AS b ON b.backup_set_id = h.backup_set_id\n"
              "    JOIN msdb.dbo.backupmediafamily AS f ON f.media_set_id = b.media_set_id\n"
              "    WHERE h.destination_database_name = @name AND h.restore_type = 'L'\n"
              "    AND b.last_lsn <= @redo AND f.physical_device_name = $1)"
            : "NOT EXISTS (SELECT 1 FROM msdb.dbo.restorehistory AS h\n"
              "    JOIN msdb.dbo.backupset AS b ON b.backup_set_id = h.backup_set_id\n"
              "    JOIN msdb.dbo.backupmediafamily AS f ON f.media_set_id = b.media_set_id\n"
              "    WHERE h.destination_database_name = @name AND h.restore_type = 'D'\n"
              "    AND h.restore_date >= @made AND f.physical_device_name = $1)";
    return tsql_script_add(out, condition, &file, 1);
}

/* --- script 1: looking before anything is restored -------------------------------------------- */

static const struct plan_step *find_step(const struct plan_database *database, enum step_kind kind)
{
    for (size_t i = 0; i < database->steps_count; i++)
        if (database->steps[i].kind == kind)
            return &database->steps[i];
    return NULL;
}

/* What is about to be overwritten by a full restore: every file is read first, for a file that
 * cannot be read is found out while the old database is still there. */
static bool add_verified_files(struct str *out, const struct plan_database *database)
{
    const struct plan_step *full = find_step(database, STEP_RESTORE_FULL);
    bool fine = full != NULL;
    str_add(out, "IF @stop IS NULL AND ");
    fine = fine && add_still_needed(out, full);
    str_add(out, "\nBEGIN\n");
    for (size_t i = 0; i < database->steps_count; i++) {
        const struct plan_step *step = &database->steps[i];
        if (step->file == NULL)
            continue;
        char *sql = tsql_verify_only(step->file, step->position);
        fine = fine && sql != NULL && tsql_script_may_hold(sql);
        str_format(out,
                   "    IF @stop IS NULL\n"
                   "    BEGIN\n"
                   "        %s;\n"
                   "        IF @@ERROR <> 0\n"
                   "            SET @stop = @name + N': the file of set %lld cannot be used; nothing"
                   " of it was restored';\n"
                   "    END;\n",
                   sql == NULL ? "" : sql, (long long)step->set);
        free(sql);
    }
    str_add(out, "END;\n");
    return fine;
}

/* It was absent when the plan was made: what is there now is nobody's to overwrite. */
static bool add_still_absent(struct str *out, const struct plan_database *database)
{
    const struct plan_step *full = find_step(database, STEP_RESTORE_FULL);
    str_add(out, "IF @stop IS NULL AND @state IS NOT NULL AND ");
    bool fine = full != NULL && add_still_needed(out, full);
    str_add(out, "\n    SET @stop = @name + N': it was absent when the plan was made, and now it is"
                 " there: make a new plan';\n");
    return fine;
}

static bool add_fitness(struct str *out, const struct tsql_script *script,
                        const struct plan_database *database)
{
    bool full = database->route == ROUTE_FULL_RESTORE;
    if (!add_title(out, "where it stands", database) ||
        !tsql_script_add_look(out, script, database))
        return false;
    if (!full || database->existed)
        add_stop(out, "@state IS NULL", "it is not there, or not visible to this login");
    if (full && database->existed && !add_verified_files(out, database))
        return false;
    if (full && !database->existed && !add_still_absent(out, database))
        return false;
    if (full && database->must_replace)
        return true;
    str_format(out, "IF %s\n    SET @at_mark = 1;\n", readable_proof(script, false));
    add_stop(out, "COALESCE(@at_mark, 0) = 0 AND @state NOT IN (0, 1)",
             "it is in a state in which no log can be restored");
    add_stop(out, "COALESCE(@at_mark, 0) = 0 AND @state = 0 AND @standby = 0",
             "it is online, and not proven to be at the mark; if that is an accident it needs a full "
             "restore: make a new plan");
    if (full)
        return true;
    add_stop(out, "@later > 0", "it has passed the mark: make a new plan");
    if (lsn_is_known(database->mark_lsn)) {
        struct str condition = {0};
        str_add(&condition, "@at_mark = 0 AND @redo > ");
        tsql_add_lsn(&condition, database->mark_lsn);
        add_stop(out, str_text(&condition), "it has passed the mark: make a new plan");
        str_free(&condition);
    }
    return true;
}

/* --- script 1: restoring ---------------------------------------------------------------------- */

/* One statement of the plan, if nothing stopped the script and condition holds. */
static bool add_statement(struct str *out, const struct plan_step *step, const char *what)
{
    if (!tsql_script_may_hold(step->sql))
        return false;
    str_format(out,
               "BEGIN\n"
               "    SET @text = @name + N': %s';\n"
               "    RAISERROR(N'%%s', 10, 1, @text) WITH NOWAIT;\n"
               "    %s;\n"
               "    IF @@ERROR <> 0\n"
               "        SET @stop = @name + N': %s failed; the server says why above; put that right"
               " and run this script again';\n"
               "END;\n",
               what, step->sql, what);
    return true;
}

static bool add_file(struct str *out, const struct tsql_script *script,
                     const struct plan_database *database, const struct plan_step *step)
{
    char *what = memory_format("%s of set %lld",
                               step->kind == STEP_RESTORE_FULL ? "full backup" : "log",
                               (long long)step->set);
    bool fine = add_title(out, what, database) && tsql_script_add_look(out, script, database);
    if (fine && !database->must_replace)
        str_format(out, "IF %s\n    SET @at_mark = 1;\n", readable_proof(script, false));
    if (fine && step->kind == STEP_RESTORE_LOG)
        add_stop(out, "@at_mark IS NULL", "it cannot be seen any more");
    str_add(out, "IF @stop IS NULL AND COALESCE(@at_mark, 0) = 0 AND ");
    fine = fine && add_still_needed(out, step);
    str_add(out, "\n");
    fine = fine && add_statement(out, step, what);
    free(what);
    return fine;
}

static bool add_files(struct str *out, const struct tsql_script *script,
                      const struct plan_database *database)
{
    for (size_t i = 0; i < database->steps_count; i++) {
        const struct plan_step *step = &database->steps[i];
        if ((step->kind == STEP_RESTORE_FULL || step->kind == STEP_RESTORE_LOG) &&
            !add_file(out, script, database, step))
            return false;
    }
    return true;
}

/* --- both: the proof -------------------------------------------------------------------------- */

static bool add_proof(struct str *out, const struct tsql_script *script,
                      const struct plan_database *database, bool own)
{
    if (!add_title(out, "the proof", database) || !tsql_script_add_look(out, script, database))
        return false;
    str_format(out, "IF %s\n    SET @at_mark = 1;\n", readable_proof(script, own));
    add_stop(out, "COALESCE(@at_mark, 0) = 0",
             "it is NOT PROVEN to be at the mark: either the mark is not in its last log (message "
             "4329), or it stands somewhere else; do not recover it");
    str_add(out, "IF @stop IS NULL\n    SET @proven = @proven + 1;\n");
    return true;
}

static bool add_first_proof(struct str *out, const struct tsql_script *script,
                            const struct plan_database *database)
{
    return add_proof(out, script, database, false);
}

static bool add_second_proof(struct str *out, const struct tsql_script *script,
                             const struct plan_database *database)
{
    return add_proof(out, script, database, true);
}

static const char stopped[] =
    "IF @stop IS NOT NULL\n"
    "    RAISERROR(N'STOPPED: %s', 16, 1, @stop);\n";

static bool add_code(struct str *out, const struct tsql_script *script)
{
    str_format(out,
               "\n-- The code, only if every database is proven\n"
               "IF @stop IS NULL AND @proven = %zu\n"
               "BEGIN\n"
               "    SET @code = ",
               count_here(script));
    if (!tsql_script_add_code(out, script, script->server))
        return false;
    str_add(out, ";\n"
                 "    SET @code = SUBSTRING(@code, 1, 4) + N'-' + SUBSTRING(@code, 5, 4) + N'-'"
                 " + SUBSTRING(@code, 9, 4) + N'-' + SUBSTRING(@code, 13, 4);\n"
                 "    SELECT CAST(@@SERVERNAME AS nvarchar(128)) AS server, @code AS code,"
                 " @proven AS databases_at_the_mark;\n"
                 "    SET @text = N'every database here is at the mark, none is recovered; the code"
                 " of ' + CAST(@@SERVERNAME AS nvarchar(128)) + N' is ' + @code;\n"
                 "    RAISERROR(N'%s', 10, 1, @text) WITH NOWAIT;\n"
                 "END;\n");
    return true;
}

char *tsql_script_to_mark(const struct tsql_script *script)
{
    struct str out = {0};
    bool fine = tsql_script_add_head(&out, script) && tsql_script_add_checks(&out, script) &&
                each_database(&out, script, add_fitness) &&
                each_database(&out, script, add_files) &&
                each_database(&out, script, add_first_proof) && add_code(&out, script);
    str_add(&out, "\n");
    tsql_script_add_release(&out);
    str_add(&out, stopped);
    str_add(&out, "GO\n");
    if (fine)
        return str_take(&out);
    str_free(&out);
    return NULL;
}

/* --- script 2: the codes ---------------------------------------------------------------------- */

static bool add_code_lines(struct str *out, const struct tsql_script *script)
{
    str_add(out, "-- FILL IN the code of every server, between the quotes, as its script 1 printed"
                 " it:\nDECLARE\n");
    for (size_t i = 0; i < script->servers_count; i++) {
        if (!tsql_script_may_hold(script->servers[i]))
            return false;
        str_format(out, "    @code_%zu nvarchar(64) = N''%s -- %s\n", i + 1,
                   i + 1 < script->servers_count ? "," : ";", script->servers[i]);
    }
    str_add(out, "-- Nothing else in this file is to be changed.\n\n");
    return true;
}

static bool add_code_checks(struct str *out, const struct tsql_script *script)
{
    str_add(out, "\n-- All codes, before anything\n");
    for (size_t i = 0; i < script->servers_count; i++) {
        struct tsql_argument server = {ARGUMENT_STRING, script->servers[i], 0};
        str_format(out,
                   "IF @stop IS NULL AND COALESCE(UPPER(REPLACE(REPLACE(@code_%zu, N'-', N''), N' ',"
                   " N'')), N'') <> ",
                   i + 1);
        if (!tsql_script_add_code(out, script, i) ||
            !tsql_script_add(out,
                             "\n    SET @stop = N'the code of ' + $1 + N' is missing or wrong: run"
                             " its script 1 and fill in the code that it prints; nothing was done"
                             " here';\n",
                             &server, 1))
            return false;
    }
    return true;
}

/* --- script 2: STANDBY and MarkLog, then recovery --------------------------------------------- */

/* A database of an older version is opened only by its recovery (3180). Its newest backup tells. */
static const char look_older[] =
    "SELECT @older = COUNT(*) FROM msdb.dbo.restorehistory AS h\n"
    "    JOIN msdb.dbo.backupset AS b ON b.backup_set_id = h.backup_set_id\n"
    "    WHERE h.restore_history_id = (SELECT MAX(x.restore_history_id)\n"
    "        FROM msdb.dbo.restorehistory AS x WHERE x.destination_database_name = @name)\n"
    "    AND b.software_major_version <"
    " CAST(SERVERPROPERTY('ProductMajorVersion') AS int);\n"
    "IF @stop IS NULL AND @state = 1 AND @older > 0\n"
    "BEGIN\n"
    "    SET @text = @name + N': its backups are of an older SQL Server, so its MarkLog cannot be read"
    " before it is recovered; its redo point and restorehistory prove it';\n"
    "    RAISERROR(N'%s', 10, 1, @text) WITH NOWAIT;\n"
    "END;\n";

static bool add_show(struct str *out, const struct tsql_script *script,
                     const struct plan_database *database)
{
    const struct plan_step *step = find_step(database, STEP_PROVE);
    if (step == NULL)
        return true;
    if (!add_title(out, "its MarkLog, read in STANDBY", database) ||
        !tsql_script_add_look(out, script, database))
        return false;
    str_add(out, look_older);
    str_add(out, "IF @stop IS NULL AND @state = 1 AND @older = 0\n");
    if (!add_statement(out, step, "STANDBY") || !tsql_script_add_look(out, script, database))
        return false;
    struct str condition = {0};
    str_format(&condition, "(@state <> 1 OR @older = 0) AND (NOT (%s) OR @has IS NULL)",
               readable_proof(script, true));
    add_stop(out, str_text(&condition),
             "its MarkLog does NOT show it at the mark; nothing is recovered here; do not recover"
             " anything on the other servers");
    str_free(&condition);
    return true;
}

/* In STANDBY a reader makes the recovery fail half way through the group. */
static bool add_nobody_inside(struct str *out, const struct tsql_script *script,
                              const struct plan_database *database)
{
    (void)script;
    struct tsql_argument name = {ARGUMENT_STRING, database->database, 0};
    return tsql_script_add(
        out,
        "IF @stop IS NULL AND EXISTS (SELECT 1 FROM sys.dm_exec_sessions AS s\n"
        "    JOIN sys.databases AS d ON d.database_id = s.database_id\n"
        "    WHERE s.is_user_process = 1 AND s.session_id <> @@SPID AND d.is_in_standby = 1"
        " AND d.name = $1)\n"
        "    SET @stop = $1 + N': somebody is in it, so it cannot be recovered: end that session;"
        " nothing is recovered here yet';\n",
        &name, 1);
}

static bool add_recovery(struct str *out, const struct tsql_script *script,
                         const struct plan_database *database)
{
    const struct plan_step *step = find_step(database, STEP_RECOVER);
    if (step == NULL) /* it was online at the mark when the plan was made */
        return true;
    if (!add_title(out, "recovery", database) || !tsql_script_add_look(out, script, database))
        return false;
    str_add(out, "IF @stop IS NULL AND (@state = 1 OR @standby = 1)\n");
    if (!add_statement(out, step, "recovery") || !tsql_script_add_look(out, script, database))
        return false;
    add_stop(out, "@state IS NULL OR @state <> 0 OR @standby <> 0", "it did not come online");
    return true;
}

/* --- script 2: verification ------------------------------------------------------------------- */

static bool add_verification(struct str *out, const struct tsql_script *script,
                             const struct plan_database *database)
{
    struct tsql_argument name = {ARGUMENT_STRING, database->database, 0};
    if (!add_title(out, "verified", database) || !tsql_script_add_look(out, script, database))
        return false;
    str_format(out, "SELECT @model = NULL, @read_only = NULL, @at_mark = CASE WHEN %s THEN 1 ELSE 0"
                    " END;\n",
               readable_proof(script, true));
    return tsql_script_add(
        out,
        "SELECT @model = d.recovery_model, @read_only = d.is_read_only FROM sys.databases AS d"
        " WHERE d.name = $1;\n"
        "INSERT INTO @verified (database_name, state, standby, read_only, recovery_model,"
        " mark_log_has_mark, later_marks, verified)\n"
        "VALUES ($1, @state, @standby, @read_only, @model, @has, @later,\n"
        "    CASE WHEN @state = 0 AND @standby = 0 AND @read_only = 0 AND @model = 1"
        " AND @at_mark = 1 THEN 1 ELSE 0 END);\n",
        &name, 1);
}

static void add_verdict(struct str *out, const struct tsql_script *script)
{
    str_format(out,
               "\nSELECT v.database_name, v.state, v.standby, v.read_only, v.recovery_model,"
               " v.mark_log_has_mark, v.later_marks,\n"
               "    CASE WHEN v.verified = 1 THEN N'verified' ELSE N'NOT PROVEN' END AS verdict\n"
               "FROM @verified AS v ORDER BY v.n;\n"
               "IF @stop IS NULL AND (SELECT COUNT(*) FROM @verified AS v WHERE v.verified = 1)"
               " <> %zu\n"
               "    SET @stop = N'not every database is verified: do not let BizTalk start on"
               " them';\n"
               "IF @stop IS NULL\n"
               "    RAISERROR(N'%%s', 10, 1, N'VERIFIED: every database of this server is online at"
               " the mark') WITH NOWAIT;\n",
               count_here(script));
}

char *tsql_script_recover(const struct tsql_script *script)
{
    struct str out = {0};
    bool fine = add_code_lines(&out, script) && tsql_script_add_head(&out, script);
    str_add(&out, "DECLARE @verified TABLE (n int IDENTITY(1, 1), database_name nvarchar(128),"
                  " state int, standby int, read_only int, recovery_model int,"
                  " mark_log_has_mark int, later_marks int, verified int);\n");
    fine = fine && add_code_checks(&out, script) && tsql_script_add_checks(&out, script) &&
           each_database(&out, script, add_second_proof);
    str_format(&out,
               "IF @stop IS NULL AND @proven <> %zu\n"
               "    SET @stop = N'not every database is proven';\n",
               count_here(script));
    fine = fine && each_database(&out, script, add_show);
    str_add(&out, "\n-- The last look before the point of no return\n");
    fine = fine && each_database(&out, script, add_nobody_inside) &&
           each_database(&out, script, add_recovery);
    str_add(&out, "\nIF @stop IS NULL\nBEGIN\n");
    fine = fine && each_database(&out, script, add_verification);
    add_verdict(&out, script);
    str_add(&out, "END;\n\n");
    tsql_script_add_release(&out);
    str_add(&out, stopped);
    str_add(&out, "GO\n");
    if (fine)
        return str_take(&out);
    str_free(&out);
    return NULL;
}
