/* The collector's reading statements. Every column has a name of the program's own, and every
 * type that does not survive the wire unchanged (sql_variant) is cast. */
#include "core/tsql.h"

#define ANY_LOGIN "every login may read this"
#define SERVER_STATE "GRANT VIEW SERVER STATE TO the monitoring login"
#define ANY_DEFINITION "GRANT VIEW ANY DEFINITION TO the monitoring login"
#define MSDB_READER                                                                                \
    "USE msdb; CREATE USER for the monitoring login; ALTER ROLE db_datareader ADD MEMBER it"
#define MANAGEMENT_READER                                                                          \
    "in the management database: CREATE USER for the monitoring login, and GRANT SELECT on "       \
    "adm_BackupHistory, admv_BackupDatabases, adm_Group, adm_MessageBox, "                         \
    "adm_OtherBackupDatabases, adm_BackupSettings and adm_Server to it"
#define MASTER_READER                                                                              \
    "USE master; GRANT SELECT ON bts_LogShippingHistory, bts_LogShippingDatabases and "            \
    "bts_LogShippingLastRestoreSet TO the monitoring login"

/* --- the server ------------------------------------------------------------------------------- */

/* server_name, version, edition, collation, machine, node, data_path, log_path, is_clustered, utc_now,
 * local_now */
const struct query query_server = {
    .name = "server",
    .text = "SELECT @@SERVERNAME AS server_name,"
            " CAST(SERVERPROPERTY('ProductVersion') AS nvarchar(128)) AS version,"
            " CAST(SERVERPROPERTY('Edition') AS nvarchar(128)) AS edition,"
            " CAST(SERVERPROPERTY('Collation') AS nvarchar(128)) AS collation,"
            " CAST(SERVERPROPERTY('MachineName') AS nvarchar(128)) AS machine,"
            " CAST(SERVERPROPERTY('ComputerNamePhysicalNetBIOS') AS nvarchar(128)) AS node,"
            " CAST(SERVERPROPERTY('InstanceDefaultDataPath') AS nvarchar(260)) AS data_path,"
            " CAST(SERVERPROPERTY('InstanceDefaultLogPath') AS nvarchar(260)) AS log_path,"
            " CAST(SERVERPROPERTY('IsClustered') AS int) AS is_clustered,"
            " GETUTCDATE() AS utc_now, GETDATE() AS local_now",
    .permission = ANY_LOGIN,
    .part = PART_SERVER,
};

/* is_sysadmin, view_server_state, view_any_definition, create_any_database, create_database */
const struct query query_rights = {
    .name = "rights",
    .text = "SELECT IS_SRVROLEMEMBER('sysadmin') AS is_sysadmin,"
            " HAS_PERMS_BY_NAME(NULL, NULL, 'VIEW SERVER STATE') AS view_server_state,"
            " HAS_PERMS_BY_NAME(NULL, NULL, 'VIEW ANY DEFINITION') AS view_any_definition,"
            " HAS_PERMS_BY_NAME(NULL, NULL, 'CREATE ANY DATABASE') AS create_any_database,"
            " HAS_PERMS_BY_NAME('master', 'DATABASE', 'CREATE DATABASE') AS create_database",
    .permission = ANY_LOGIN,
    .part = PART_SERVER,
};

/* name, status (4 = running), startup (2 = automatic) */
const struct query query_services = {
    .name = "services",
    .text = "SELECT s.servicename AS name, s.status AS status,"
            " s.startup_type AS startup FROM sys.dm_server_services AS s",
    .permission = SERVER_STATE,
    .part = PART_SETTINGS,
};

/* name, value */
const struct query query_configurations = {
    .name = "configurations",
    .text = "SELECT c.name AS name, CAST(c.value_in_use AS int) AS value"
            " FROM sys.configurations AS c"
            " WHERE c.name IN (N'Ad Hoc Distributed Queries', N'max degree of parallelism')",
    .permission = ANY_LOGIN,
    .part = PART_SETTINGS,
};

/* --- databases -------------------------------------------------------------------------------- */

/* name, database_id, state, standby, read_only, encrypted, recovery_model, created, collation,
 * replica */
const struct query query_databases = {
    .name = "databases",
    .text = "SELECT d.name AS name, d.database_id AS database_id, d.state AS state,"
            " d.is_in_standby AS standby, d.is_read_only AS read_only,"
            " d.is_encrypted AS encrypted, d.recovery_model AS recovery_model,"
            " d.create_date AS created, d.collation_name AS collation, d.replica_id AS replica"
            " FROM sys.databases AS d WHERE d.source_database_id IS NULL ORDER BY d.database_id",
    .permission = "GRANT VIEW ANY DATABASE TO the monitoring login",
    .part = PART_DATABASES,
};

/* database_id, type (0 data, 1 log), pages (of 8 KB), redo_lsn, name, path, create_lsn.
 * Silently without rows where the login may not see files. */
const struct query query_files = {
    .name = "files",
    .text = "SELECT f.database_id AS database_id, f.type AS type, f.size AS pages,"
            " f.redo_start_lsn AS redo_lsn, f.name AS name, f.physical_name AS path,"
            " f.create_lsn AS create_lsn FROM sys.master_files AS f",
    .permission = ANY_DEFINITION,
    .part = PART_DATABASES,
};

/* database_id, family */
const struct query query_recovery_status = {
    .name = "recovery status",
    .text = "SELECT r.database_id AS database_id, r.family_guid AS family"
            " FROM sys.database_recovery_status AS r",
    .permission = ANY_DEFINITION,
    .part = PART_DATABASES,
};

/* database_id, role, state, partner of mirrored databases; the mirror's are NULL to most logins */
const struct query query_mirroring = {
    .name = "mirroring",
    .text = "SELECT m.database_id AS database_id, m.mirroring_role_desc AS role,"
            " m.mirroring_state_desc AS state, m.mirroring_partner_instance AS partner"
            " FROM sys.database_mirroring AS m"
            " WHERE m.mirroring_guid IS NOT NULL",
    .permission = "GRANT VIEW ANY DATABASE TO the monitoring login",
    .part = PART_DATABASES,
};

/* database_id, sessions: user sessions but our own */
const struct query query_sessions = {
    .name = "sessions",
    .text = "SELECT s.database_id AS database_id, COUNT(*) AS sessions"
            " FROM sys.dm_exec_sessions AS s"
            " WHERE s.is_user_process = 1 AND s.session_id <> @@SPID GROUP BY s.database_id",
    .permission = SERVER_STATE,
    .part = PART_DATABASES,
};

/* name of the set-up scripts' objects that are there. Source: Backup_Setup_All_Tables.sql and
 * Backup_Setup_All_Procs.sql. */
const struct query query_marking_objects = {
    .name = "marking objects",
    .text = "SELECT o.name AS name FROM $1.sys.objects AS o"
            " WHERE o.name IN (N'MarkLog', N'sp_SetMark', N'sp_SetMarkRemote',"
            " N'sp_BackupBizTalkFull', N'sp_BackupBizTalkLog')",
    .permission = "CREATE USER for the monitoring login in that database",
    .part = PART_DATABASES,
};

/* --- BizTalk's tables ------------------------------------------------------------------------- */

/* table_name, column_name */
const struct query query_columns = {
    .name = "columns",
    .text = "SELECT c.TABLE_NAME AS table_name, c.COLUMN_NAME AS column_name"
            " FROM $1.INFORMATION_SCHEMA.COLUMNS AS c WHERE c.TABLE_NAME IN"
            " (N'adm_BackupHistory', N'adm_BackupSettings', N'adm_ForceFullBackup',"
            " N'admv_BackupDatabases', N'adm_Group', N'adm_Server', N'bts_LogShippingHistory',"
            " N'bts_LogShippingLastRestoreSet', N'bts_LogShippingDatabases')",
    .permission = MANAGEMENT_READER,
    .part = PART_HISTORY,
};

/* ServerName, DatabaseName */
const struct query query_roster = {
    .name = "roster",
    .text = "SELECT v.ServerName AS ServerName, v.DatabaseName AS DatabaseName"
            " FROM $1.dbo.admv_BackupDatabases AS v",
    .permission = MANAGEMENT_READER,
    .part = PART_ROSTER,
};

/* all columns, by BizTalk's names: they vary with its version */
const struct query query_group = {
    .name = "group",
    .text = "SELECT g.* FROM $1.dbo.adm_Group AS g",
    .permission = MANAGEMENT_READER,
    .part = PART_ROSTER,
};

/* DBServerName, DBName, IsMasterMsgBox */
const struct query query_message_boxes = {
    .name = "message boxes",
    .text = "SELECT m.DBServerName AS DBServerName, m.DBName AS DBName,"
            " m.IsMasterMsgBox AS IsMasterMsgBox FROM $1.dbo.adm_MessageBox AS m",
    .permission = MANAGEMENT_READER,
    .part = PART_ROSTER,
};

/* DefaultDatabaseName, DatabaseName, ServerName */
const struct query query_other_databases = {
    .name = "other databases",
    .text = "SELECT o.DefaultDatabaseName AS DefaultDatabaseName, o.DatabaseName AS DatabaseName,"
            " o.ServerName AS ServerName FROM $1.dbo.adm_OtherBackupDatabases AS o",
    .permission = MANAGEMENT_READER,
    .part = PART_ROSTER,
};

/* Name: the BizTalk computers of the group */
const struct query query_computers = {
    .name = "BizTalk computers",
    .text = "SELECT s.Name AS Name FROM $1.dbo.adm_Server AS s ORDER BY s.Name",
    .permission = MANAGEMENT_READER,
    .part = PART_ROSTER,
};

/* ForceFull; the documentation and the product name the table differently */
const struct query query_backup_settings = {
    .name = "backup settings",
    .text = "SELECT s.ForceFull AS ForceFull FROM $1.dbo.$2 AS s",
    .permission = MANAGEMENT_READER,
    .part = PART_ROSTER,
};

/* first_set, last_set, row_count: of the newest $2 sets */
const struct query query_source_bounds = {
    .name = "history bounds",
    .text = "SELECT MIN(h.BackupSetId) AS first_set, MAX(h.BackupSetId) AS last_set,"
            " COUNT(*) AS row_count FROM $1.dbo.adm_BackupHistory AS h WHERE h.BackupSetId >"
            " (SELECT MAX(newest.BackupSetId) FROM $1.dbo.adm_BackupHistory AS newest) - $2",
    .permission = MANAGEMENT_READER,
    .part = PART_HISTORY,
};

/* BizTalk's own column names; ServerName may be absent */
const struct query query_source_history = {
    .name = "history",
    .text = "SELECT h.BackupId AS BackupId, h.BackupSetId AS BackupSetId, h.MarkName AS MarkName,"
            " h.DatabaseName AS DatabaseName, h.BackupFileName AS BackupFileName,"
            " h.BackupFileLocation AS BackupFileLocation, h.BackupType AS BackupType,"
            " h.BackupDateTime AS BackupDateTime, h.SetComplete AS SetComplete, $4 AS ServerName"
            " FROM $1.dbo.adm_BackupHistory AS h"
            " WHERE h.BackupSetId >= $2 AND h.BackupSetId <= $3",
    .permission = MANAGEMENT_READER,
    .part = PART_HISTORY,
};

/* first_set, last_set, row_count: of the newest $1 sets */
const struct query query_destination_bounds = {
    .name = "imported history bounds",
    .text = "SELECT MIN(h.BackupSetId) AS first_set, MAX(h.BackupSetId) AS last_set,"
            " COUNT(*) AS row_count FROM master.dbo.bts_LogShippingHistory AS h"
            " WHERE h.BackupSetId > (SELECT MAX(newest.BackupSetId)"
            " FROM master.dbo.bts_LogShippingHistory AS newest) - $1",
    .permission = MASTER_READER,
    .part = PART_HISTORY,
};

/* BizTalk's own column names; those given as arguments may be absent */
const struct query query_destination_history = {
    .name = "imported history",
    .text = "SELECT h.BackupSetId AS BackupSetId, h.DatabaseName AS DatabaseName,"
            " h.BackupFileName AS BackupFileName, h.BackupFileLocation AS BackupFileLocation,"
            " h.BackupType AS BackupType, h.SetComplete AS SetComplete, $3 AS MarkName,"
            " $4 AS ServerName, $5 AS BackupDateTime, $6 AS Restored, $7 AS RestoredDateTime"
            " FROM master.dbo.bts_LogShippingHistory AS h"
            " WHERE h.BackupSetId >= $1 AND h.BackupSetId <= $2",
    .permission = MASTER_READER,
    .part = PART_HISTORY,
};

/* all columns: their names are not documented */
const struct query query_last_restore_set = {
    .name = "last restored set",
    .text = "SELECT t.* FROM master.dbo.bts_LogShippingLastRestoreSet AS t",
    .permission = MASTER_READER,
    .part = PART_SHIPPING,
};

const struct query query_shipping_databases = {
    .name = "shipped databases",
    .text = "SELECT t.* FROM master.dbo.bts_LogShippingDatabases AS t",
    .permission = MASTER_READER,
    .part = PART_SHIPPING,
};

/* --- msdb ------------------------------------------------------------------------------------- */

/* One row a backup taken here (a RESTORE adds rows of foreign servers, which are left out). */
const struct query query_backups = {
    .name = "backups",
    .text = "SELECT b.backup_set_id AS backup_set_id, b.database_name AS database_name,"
            " b.type AS type, b.is_copy_only AS copy_only, b.is_damaged AS damaged,"
            " b.has_bulk_logged_data AS bulk_logged, b.has_backup_checksums AS has_checksums,"
            " b.first_lsn AS first_lsn, b.last_lsn AS last_lsn,"
            " b.checkpoint_lsn AS checkpoint_lsn, b.database_backup_lsn AS database_backup_lsn,"
            " b.fork_point_lsn AS fork_point_lsn, b.family_guid AS family,"
            " b.first_recovery_fork_guid AS first_fork, b.last_recovery_fork_guid AS last_fork,"
            " b.backup_set_uuid AS set_guid, b.backup_start_date AS started,"
            " b.backup_finish_date AS finished, b.backup_size AS size,"
            " b.compressed_backup_size AS compressed_size, b.user_name AS user_name,"
            " f.physical_device_name AS path, s.software_name AS software"
            " FROM msdb.dbo.backupset AS b"
            " INNER JOIN msdb.dbo.backupmediafamily AS f ON f.media_set_id = b.media_set_id"
            " LEFT JOIN msdb.dbo.backupmediaset AS s ON s.media_set_id = b.media_set_id"
            " WHERE b.backup_set_id > $1 AND b.backup_start_date >= $2"
            " AND b.type IN ('D', 'L') AND b.server_name = @@SERVERNAME"
            " AND f.family_sequence_number = 1",
    .permission = MSDB_READER,
    .part = PART_BACKUPS,
};

/* database_name, mark_name, lsn, mark_time */
const struct query query_marks = {
    .name = "marks",
    .text = "SELECT m.database_name AS database_name, m.mark_name AS mark_name, m.lsn AS lsn,"
            " m.mark_time AS mark_time FROM msdb.dbo.logmarkhistory AS m"
            " WHERE m.mark_time >= $1",
    .permission = MSDB_READER,
    .part = PART_MARKS,
};

/* One row a completed restore; of each database the newest whatever its age. */
const struct query query_restores = {
    .name = "restores",
    .text = "SELECT r.restore_history_id AS restore_history_id,"
            " r.destination_database_name AS database_name, r.restore_type AS type,"
            " r.restore_date AS finished,"
            " " TSQL_STOP_OF_RESTORE " AS stop_at_mark,"
            " b.backup_set_uuid AS set_guid, b.first_lsn AS first_lsn, b.last_lsn AS last_lsn,"
            " b.backup_size AS size, f.physical_device_name AS path"
            " FROM msdb.dbo.restorehistory AS r"
            " LEFT JOIN msdb.dbo.backupset AS b ON b.backup_set_id = r.backup_set_id"
            " LEFT JOIN msdb.dbo.backupmediafamily AS f"
            " ON f.media_set_id = b.media_set_id AND f.family_sequence_number = 1"
            " WHERE r.restore_history_id > $1 AND r.restore_type IN ('D', 'L')"
            " AND (r.restore_date >= $2 OR r.restore_history_id IN"
            " (SELECT MAX(x.restore_history_id) FROM msdb.dbo.restorehistory AS x"
            " GROUP BY x.destination_database_name))",
    .permission = MSDB_READER,
    .part = PART_RESTORES,
};

/* --- Agent ------------------------------------------------------------------------------------ */

/* job_id, name, enabled */
const struct query query_jobs = {
    .name = "jobs",
    .text = "SELECT j.job_id AS job_id, j.name AS name, j.enabled AS enabled"
            " FROM msdb.dbo.sysjobs AS j",
    .permission = MSDB_READER,
    .part = PART_JOBS,
};

/* job_id, step_id, command, and what else makes the step */
const struct query query_job_steps = {
    .name = "job steps",
    .text = "SELECT s.job_id AS job_id, s.step_id AS step_id, s.command AS command,"
            " s.step_name AS name, s.subsystem AS subsystem, s.database_name AS database_name,"
            " s.on_success_action AS on_success, s.on_success_step_id AS on_success_step,"
            " s.on_fail_action AS on_fail, s.on_fail_step_id AS on_fail_step,"
            " s.retry_attempts AS retries, s.retry_interval AS retry_interval"
            " FROM msdb.dbo.sysjobsteps AS s ORDER BY s.job_id, s.step_id",
    .permission = MSDB_READER,
    .part = PART_JOBS,
};

/* job_id, name, and the numbers of sysschedules */
const struct query query_job_schedules = {
    .name = "job schedules",
    .text = "SELECT j.job_id AS job_id, s.name AS name, s.enabled AS enabled,"
            " s.freq_type AS type, s.freq_interval AS interval,"
            " s.freq_subday_type AS subday_type, s.freq_subday_interval AS subday_interval,"
            " s.freq_relative_interval AS relative, s.freq_recurrence_factor AS recurrence,"
            " s.active_start_date AS start_date, s.active_end_date AS end_date,"
            " s.active_start_time AS start_time, s.active_end_time AS end_time"
            " FROM msdb.dbo.sysjobschedules AS j"
            " INNER JOIN msdb.dbo.sysschedules AS s ON s.schedule_id = j.schedule_id",
    .permission = MSDB_READER,
    .part = PART_JOBS,
};

/* job_id, outcome (0 failed, 1 succeeded, 3 cancelled), run_date (yyyymmdd), run_time (hhmmss),
 * duration (hhmmss), message */
const struct query query_job_outcomes = {
    .name = "job outcomes",
    .text = "SELECT s.job_id AS job_id, s.last_run_outcome AS outcome,"
            " s.last_run_date AS run_date, s.last_run_time AS run_time,"
            " s.last_run_duration AS duration, s.last_outcome_message AS message"
            " FROM msdb.dbo.sysjobservers AS s",
    .permission = MSDB_READER,
    .part = PART_JOBS,
};

/* job_id, started, stopped, last_step (that ended), next_run: of Agent's newest session only, older rows are stale */
const struct query query_job_activity = {
    .name = "job activity",
    .text = "SELECT a.job_id AS job_id, a.start_execution_date AS started,"
            " a.stop_execution_date AS stopped, a.last_executed_step_id AS last_step,"
            " a.next_scheduled_run_date AS next_run"
            " FROM msdb.dbo.sysjobactivity AS a"
            " WHERE a.session_id = (SELECT MAX(s.session_id) FROM msdb.dbo.syssessions AS s)",
    .permission = MSDB_READER,
    .part = PART_JOBS,
};

/* job_id, status (0 failed, 1 succeeded), run_date, run_time, duration (hhmmss), message of whole
 * runs; newest first */
const struct query query_job_history = {
    .name = "job history",
    .text = "SELECT TOP 400 h.job_id AS job_id, h.run_status AS status,"
            " h.run_duration AS duration, h.run_date AS run_date, h.run_time AS run_time,"
            " h.message AS message FROM msdb.dbo.sysjobhistory AS h"
            " WHERE h.step_id = 0 ORDER BY h.instance_id DESC",
    .permission = MSDB_READER,
    .part = PART_JOBS,
};

/* job_id, run_date, run_time, message of each job's newest failed step: not among the newest rows of
 * all jobs, where those that run each minute leave nothing of the others */
const struct query query_failed_steps = {
    .name = "failed steps",
    .text = "SELECT h.job_id AS job_id, h.run_date AS run_date, h.run_time AS run_time,"
            " h.message AS message FROM msdb.dbo.sysjobhistory AS h"
            " WHERE h.instance_id IN (SELECT MAX(f.instance_id) FROM msdb.dbo.sysjobhistory AS f"
            " WHERE f.step_id > 0 AND f.run_status = 0 GROUP BY f.job_id)",
    .permission = MSDB_READER,
    .part = PART_JOBS,
};

/* --- backup files ----------------------------------------------------------------------------- */

#define PROOF_RIGHT                                                                                \
    "GRANT CREATE ANY DATABASE TO the monitoring login (stopmark grants --login NAME --proof)"

const struct query query_header_only = {
    .name = "header",
    .text = "RESTORE HEADERONLY FROM $1",
    .permission = PROOF_RIGHT,
    .part = PART_FILES,
};

const struct query query_file_list_only = {
    .name = "file list",
    .text = "RESTORE FILELISTONLY FROM $1 WITH FILE = $2",
    .permission = PROOF_RIGHT,
    .part = PART_FILES,
};

const struct query query_verify_only = {
    .name = "verify",
    .text = "RESTORE VERIFYONLY FROM $1 WITH FILE = $2",
    .permission = PROOF_RIGHT,
    .part = PART_FILES,
};

const struct query *const *tsql_queries(size_t *count)
{
    static const struct query *const all[] = {
        &query_reader_session,  &query_writer_session,      &query_server,
        &query_rights,          &query_services,            &query_configurations,
        &query_databases,       &query_files,               &query_recovery_status,
        &query_mirroring,       &query_sessions,            &query_marking_objects,
        &query_columns,         &query_roster,              &query_group,
        &query_message_boxes,   &query_other_databases,     &query_backup_settings,
        &query_computers,
        &query_source_bounds,   &query_source_history,      &query_destination_bounds,
        &query_destination_history, &query_last_restore_set, &query_shipping_databases,
        &query_backups,         &query_marks,               &query_restores,
        &query_jobs,            &query_job_steps,           &query_job_outcomes,
        &query_job_activity,    &query_job_history,         &query_job_schedules,
        &query_failed_steps,
        &query_reference_columns, &query_references,
        &query_encryption_keys, &query_certificates,        &query_credentials,
        &query_backup_keys,     &query_logins,              &query_linked_servers,
        &query_native_shipping, &query_volumes,             &query_users,
        &query_backup_role,     &query_mark_log_rows,       &query_features,
        &query_header_only,     &query_file_list_only,      &query_verify_only,
    };
    *count = sizeof all / sizeof all[0];
    return all;
}
