/* The executor's part of the room of T-SQL: the lock, the jobs, what it reads from a server before
 * and after a RESTORE. The RESTORE statements themselves are the plan's (core/tsql_restore.c).
 *
 * Every function returns the text of one batch, owned, or NULL where a name cannot be quoted
 * safely. The comment names the permission and the columns. Pure; any thread.
 */
#ifndef STOPMARK_CORE_TSQL_WRITE_H
#define STOPMARK_CORE_TSQL_WRITE_H

#include <stdbool.h>
#include <stdint.h>

/* The name of the application lock in master. */
#define TSQL_LOCK_NAME "stopmark-restore"

/* Takes the lock for this session without waiting; the return status is sp_getapplock's: 0 or 1
 * granted, -1 held by another. Permission: public. */
char *tsql_lock_take(void);
/* Who holds it: session_id, login_name, host_name, program_name, login_time.
 * Permission: VIEW SERVER STATE. */
char *tsql_lock_holder(void);
/* True for the resource_description of our lock ("0:[stopmark-restore]:(hash)"). */
bool tsql_is_lock(const char *resource_description);

/* view_server_state: 1 if the login sees sessions and requests of others; without the right the
 * server shows it its own alone, and no error. */
char *tsql_sees_all_sessions(void);

/* RESTORE statements under way on the server: session_id, command, percent_complete,
 * estimated_completion_time (ms), database_name (often master), program_name, login_name,
 * host_name. Permission: VIEW SERVER STATE. */
char *tsql_restores_running(void);

/* What the long statements of all sessions have done: session_id, percent_complete,
 * estimated_completion_time (ms). RESTORE and DBCC. Permission: VIEW SERVER STATE. */
char *tsql_progress(void);

/* Reads every page of a database (physical_only: without the logic of its tables); errors only.
 * Permission: sysadmin, or db_owner there. */
char *tsql_check_database(const char *database, bool physical_only);

/* A database and its files, one row a file or one row without: name, state, is_in_standby,
 * is_read_only, recovery_model, file_id, file_type, redo_start_lsn. No row = not there or not
 * visible. Permission: VIEW ANY DATABASE, and VIEW ANY DEFINITION for the files. */
char *tsql_database_state(const char *database);
/* family_guid. Permission: VIEW ANY DEFINITION. */
char *tsql_database_family(const char *database);
/* Newest row: restore_history_id, restore_type, stop_at_mark_name (of a STOPAT its time),
 * first_lsn, last_lsn. Permission: SELECT on msdb.dbo.restorehistory and backupset. */
char *tsql_database_restored(const char *database);
/* mark_name, mark_time (the server's local time): the newest mark that was made in the database on this
 * very server after its last restore; no row = none. logmarkhistory holds what was marked here, never
 * what was restored. Permission: SELECT on msdb.dbo.logmarkhistory and restorehistory. */
char *tsql_database_marked_since(const char *database);
/* A row (is_mirrored) where the database is mirrored or in an availability group; the mirror itself
 * shows that to sysadmin only. */
char *tsql_database_paired(const char *database);
/* Foreign sessions in a database: session_id, login_name, host_name, program_name. */
char *tsql_database_sessions(const char *database);

/* Permission: CREATE DATABASE. Addresses (http...) become URL devices. */
char *tsql_header_only(const char *device);
char *tsql_file_list_only(const char *device, int position);
char *tsql_verify_only(const char *device, int position);

/* job_id, name, enabled. Permission: SELECT on msdb.dbo.sysjobs. */
char *tsql_jobs(void);
/* job_id of the jobs that run now. Permission: SELECT on sysjobactivity and syssessions. */
char *tsql_jobs_running(void);
/* Permission: owner of the job, SQLAgentOperatorRole or sysadmin. */
char *tsql_job_enable(const char *job_id, bool enabled);

/* Shown to operators, never sent: BizTalk's procedures that forget the standby and that force a full
 * set. Static. */
const char *tsql_shown_clean(void);
const char *tsql_shown_force_full(void);
/* Starts a job at its first step; only queued when it succeeds. Permission: owner of the job,
 * SQLAgentOperatorRole or sysadmin. */
char *tsql_job_start(const char *job_id);
/* The newest outcome of a job: instance_id, run_status (0 failed, 1 succeeded, 3 cancelled), message.
 * No row: it never ended, or Agent keeps no history. Permission: SELECT on msdb.dbo.sysjobhistory. */
char *tsql_job_outcome(const char *job_id);
/* The imported log sets from first on: BackupSetId, MarkName, complete (1, 0). Permission: SELECT on
 * master.dbo.bts_LogShippingHistory. */
char *tsql_imported_sets(int64_t first);
/* All columns of bts_LogShippingLastRestoreSet, whose names are not documented
 * (core/decode.h reads it). */
char *tsql_last_restored_set(void);

/* MarkName, all rows. Permission: SELECT on dbo.MarkLog there. */
char *tsql_mark_log(const char *database);
/* BackupSetId, MarkName of the sets that the destination imported. Permission: SELECT on
 * master.dbo.bts_LogShippingHistory. */
char *tsql_known_marks(void);
/* name: users of a database that have no login. */
char *tsql_orphans(const char *database);

#endif
