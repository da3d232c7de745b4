/* A planned move's part of the room of T-SQL: what it asks of the sources and sends to them. Each
 * function returns the text of one batch, owned, or NULL where a name cannot be quoted safely. The
 * statements that write need the restore login on the source: ALTER ANY DATABASE for the
 * databases, SQLAgentOperatorRole for the jobs (core/tsql_write.h has what disables and starts one).
 * Pure; any thread.
 */
#ifndef STOPMARK_CORE_TSQL_MOVE_H
#define STOPMARK_CORE_TSQL_MOVE_H

/* now: the server's local time, as all times of its views. */
char *tsql_local_now(void);

/* Sessions of users in databases that are no system databases: session_id, login_name, host_name,
 * program_name, database_name, open_transactions. Permission: VIEW SERVER STATE. */
char *tsql_user_sessions(void);

/* When each table of each database was last written by a statement: database_name, object_id,
 * table_name (NULL where it is not visible), last_write (local). Counted since the instance
 * started or the database came online. Permission: VIEW SERVER STATE. Source: Microsoft,
 * sys.dm_db_index_usage_stats. */
char *tsql_last_writes(void);

/* Permission: SQLAgentOperatorRole in msdb. */
char *tsql_job_stop(const char *job_id);

/* NO_WAIT: they fail (5070) where a session is in the database, and end nobody's work. The session
 * that sends SINGLE_USER keeps the only seat. */
char *tsql_set_single_user(const char *database);
char *tsql_set_offline(const char *database);
/* The way back, after an abort. */
char *tsql_set_online(const char *database);
char *tsql_set_multi_user(const char *database);

#endif
