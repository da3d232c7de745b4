#include "core/tsql_write.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/str.h"
#include "core/tsql.h"

/* head + N'value' + tail */
static char *with_string(const char *head, const char *value, const char *tail)
{
    struct str text = {0};
    str_add(&text, head);
    if (!tsql_add_string(&text, value)) {
        str_free(&text);
        return NULL;
    }
    str_add(&text, tail);
    return str_take(&text);
}

/* head + [value] + tail */
static char *with_identifier(const char *head, const char *value, const char *tail)
{
    struct str text = {0};
    str_add(&text, head);
    if (!tsql_add_identifier(&text, value)) {
        str_free(&text);
        return NULL;
    }
    str_add(&text, tail);
    return str_take(&text);
}

char *tsql_lock_take(void)
{
    return memory_copy_text("EXEC master.dbo.sp_getapplock @Resource = N'" TSQL_LOCK_NAME "',"
                            " @LockMode = N'Exclusive', @LockOwner = N'Session',"
                            " @LockTimeout = 0");
}

char *tsql_lock_holder(void)
{
    return memory_copy_text(
        "SELECT s.session_id, s.login_name, s.host_name, s.program_name, s.login_time,"
        " l.resource_description"
        " FROM sys.dm_tran_locks AS l"
        " JOIN sys.dm_exec_sessions AS s ON s.session_id = l.request_session_id"
        " WHERE l.resource_type = N'APPLICATION' AND l.request_status = N'GRANT'");
}

bool tsql_is_lock(const char *resource_description)
{
    return resource_description != NULL &&
           strstr(resource_description, "[" TSQL_LOCK_NAME "]") != NULL;
}

char *tsql_sees_all_sessions(void)
{
    return memory_copy_text(
        "SELECT HAS_PERMS_BY_NAME(NULL, NULL, 'VIEW SERVER STATE') AS view_server_state");
}

char *tsql_restores_running(void)
{
    return memory_copy_text(
        "SELECT r.session_id, r.command, r.percent_complete, r.estimated_completion_time,"
        " DB_NAME(r.database_id) AS database_name, s.program_name, s.login_name, s.host_name"
        " FROM sys.dm_exec_requests AS r"
        " JOIN sys.dm_exec_sessions AS s ON s.session_id = r.session_id"
        " WHERE r.command IN (N'RESTORE DATABASE', N'RESTORE LOG')");
}

char *tsql_progress(void)
{
    return memory_copy_text(
        "SELECT r.session_id, r.percent_complete, r.estimated_completion_time"
        " FROM sys.dm_exec_requests AS r"
        " WHERE r.command LIKE N'RESTORE%' OR r.command LIKE N'DBCC%'");
}

char *tsql_check_database(const char *database, bool physical_only)
{
    return with_identifier("DBCC CHECKDB (", database,
                           physical_only ? ") WITH NO_INFOMSGS, ALL_ERRORMSGS, PHYSICAL_ONLY"
                                         : ") WITH NO_INFOMSGS, ALL_ERRORMSGS");
}

char *tsql_database_state(const char *database)
{
    return with_string("SELECT d.name, d.state, d.is_in_standby, d.is_read_only, d.recovery_model,"
                       " f.file_id, f.type AS file_type, f.redo_start_lsn"
                       " FROM sys.databases AS d"
                       " LEFT JOIN sys.master_files AS f ON f.database_id = d.database_id"
                       " WHERE d.name = ",
                       database, "");
}

char *tsql_database_family(const char *database)
{
    return with_string("SELECT r.family_guid FROM sys.database_recovery_status AS r"
                       " JOIN sys.databases AS d ON d.database_id = r.database_id"
                       " WHERE d.name = ",
                       database, "");
}

char *tsql_database_restored(const char *database)
{
    return with_string("SELECT TOP (1) r.restore_history_id, r.restore_type,"
                       " " TSQL_STOP_OF_RESTORE " AS stop_at_mark_name, b.first_lsn, b.last_lsn"
                       " FROM msdb.dbo.restorehistory AS r"
                       " LEFT JOIN msdb.dbo.backupset AS b ON b.backup_set_id = r.backup_set_id"
                       " WHERE r.restore_type IN ('D', 'I', 'L', 'F', 'G')"
                       " AND r.destination_database_name = ",
                       database, " ORDER BY r.restore_history_id DESC");
}

char *tsql_database_marked_since(const char *database)
{
    struct str text = {0};
    str_add(&text, "SELECT TOP (1) m.mark_name, m.mark_time FROM msdb.dbo.logmarkhistory AS m"
                   " WHERE m.database_name = ");
    bool fine = tsql_add_string(&text, database);
    str_add(&text, " AND m.mark_time > (SELECT MAX(h.restore_date) FROM msdb.dbo.restorehistory AS h"
                   " WHERE h.destination_database_name = ");
    fine = fine && tsql_add_string(&text, database);
    str_add(&text, ") ORDER BY m.mark_time DESC");
    if (fine)
        return str_take(&text);
    str_free(&text);
    return NULL;
}

char *tsql_database_sessions(const char *database)
{
    return with_string("SELECT s.session_id, s.login_name, s.host_name, s.program_name"
                       " FROM sys.dm_exec_sessions AS s"
                       " JOIN sys.databases AS d ON d.database_id = s.database_id"
                       " WHERE s.is_user_process = 1 AND d.name = ",
                       database, "");
}

char *tsql_database_paired(const char *database)
{
    return with_string("SELECT CASE WHEN m.mirroring_guid IS NULL THEN 0 ELSE 1 END AS is_mirrored"
                       " FROM sys.databases AS d"
                       " LEFT JOIN sys.database_mirroring AS m ON m.database_id = d.database_id"
                       " WHERE (m.mirroring_guid IS NOT NULL OR d.replica_id IS NOT NULL)"
                       " AND d.name = ",
                       database, "");
}

/* The collector proves files with the same statements. */
static char *of_device(const struct query *query, const char *path, int position)
{
    struct tsql_argument arguments[] = {{.kind = ARGUMENT_DEVICE, .text = path},
                                        {.kind = ARGUMENT_INTEGER, .integer = position}};
    return tsql_render(query, arguments, 2);
}

char *tsql_header_only(const char *device)
{
    return of_device(&query_header_only, device, 1);
}

char *tsql_file_list_only(const char *device, int position)
{
    return of_device(&query_file_list_only, device, position);
}

char *tsql_verify_only(const char *device, int position)
{
    return of_device(&query_verify_only, device, position);
}

char *tsql_jobs(void)
{
    return memory_copy_text("SELECT j.job_id, j.name, j.enabled FROM msdb.dbo.sysjobs AS j");
}

char *tsql_jobs_running(void)
{
    return memory_copy_text(
        "SELECT a.job_id FROM msdb.dbo.sysjobactivity AS a"
        " WHERE a.session_id = (SELECT MAX(s.session_id) FROM msdb.dbo.syssessions AS s)"
        " AND a.start_execution_date IS NOT NULL AND a.stop_execution_date IS NULL");
}

char *tsql_job_enable(const char *job_id, bool enabled)
{
    return with_string("EXEC msdb.dbo.sp_update_job @job_id = ", job_id,
                       enabled ? ", @enabled = 1" : ", @enabled = 0");
}

const char *tsql_shown_clean(void)
{
    return "EXEC master.dbo.sp_LogShippingClean N'SourceID'";
}

const char *tsql_shown_force_full(void)
{
    return "EXEC dbo.sp_ForceFullBackup, in the management database";
}

char *tsql_job_start(const char *job_id)
{
    return with_string("EXEC msdb.dbo.sp_start_job @job_id = ", job_id, "");
}

char *tsql_job_outcome(const char *job_id)
{
    return with_string("SELECT TOP (1) h.instance_id, h.run_status, h.message"
                       " FROM msdb.dbo.sysjobhistory AS h WHERE h.step_id = 0 AND h.job_id = ",
                       job_id, " ORDER BY h.instance_id DESC");
}

char *tsql_imported_sets(int64_t first)
{
    return memory_format("SELECT h.BackupSetId, h.MarkName, MIN(CAST(h.SetComplete AS int)) AS complete"
                         " FROM master.dbo.bts_LogShippingHistory AS h"
                         " WHERE h.BackupType = 'lg' AND h.BackupSetId >= CAST(%lld AS bigint)"
                         " GROUP BY h.BackupSetId, h.MarkName ORDER BY h.BackupSetId",
                         (long long)first);
}

char *tsql_last_restored_set(void)
{
    return memory_copy_text(query_last_restore_set.text);
}

char *tsql_mark_log(const char *database)
{
    return with_identifier("SELECT m.MarkName FROM ", database, ".dbo.MarkLog AS m");
}

char *tsql_known_marks(void)
{
    return memory_copy_text("SELECT DISTINCT h.BackupSetId, h.MarkName"
                            " FROM master.dbo.bts_LogShippingHistory AS h"
                            " WHERE h.MarkName IS NOT NULL");
}

char *tsql_orphans(const char *database)
{
    return with_identifier("SELECT u.name FROM ", database,
                           ".sys.database_principals AS u"
                           " LEFT JOIN sys.server_principals AS l ON l.sid = u.sid"
                           " WHERE u.type IN ('S', 'U', 'G') AND u.principal_id > 4"
                           " AND u.sid IS NOT NULL AND l.sid IS NULL");
}
