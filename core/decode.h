/* Rows as servers deliver them to the types of core/model.h: times to UTC by the server's offset,
 * Agent's odd dates and durations, names of jobs to what they are for. Pure; any thread. Texts of
 * filled rows are owned by the row.
 */
#ifndef STOPMARK_CORE_DECODE_H
#define STOPMARK_CORE_DECODE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/model.h"
#include "core/tds.h"
#include "core/view.h"

/* A server's local time (ms without zone) in UTC; TIME_UNKNOWN stays. Source: msdb and the catalog
 * hold local times without zone, so the present offset is taken for all. */
int64_t decode_local_ms(int64_t local_ms, int utc_offset_min);

/* yyyymmdd and hhmmss as Agent keeps them, to ms without zone; TIME_UNKNOWN for 0 and nonsense. */
int64_t decode_agent_time(int64_t date, int64_t time);

/* [h...]hhmmss to ms; DURATION_UNKNOWN for nonsense. */
int64_t decode_agent_duration(int64_t duration);

/* What a job is for. steps (may be NULL): the commands of all its steps. Source: job names differ
 * between versions and pages, so they are matched by their words. */
enum job_function decode_job_function(const char *name, const char *steps);

/* What the steps of the backup job say of @UseLocalTime: 1, 0, or -1 where they do not mention it
 * or contradict each other. */
int decode_use_local_time(const char *steps);

/* An argument of the first call of a procedure in the steps of a job, by its position (from 1) or
 * its name without '@'; comments and quotes are taken away. NULL = there is none. Owned. */
char *decode_step_argument(const char *steps, const char *procedure, int position,
                           const char *name);

/* True where a step calls the procedure. */
bool decode_step_calls(const char *steps, const char *procedure);

/* True where the message of a run, as Agent writes it, holds that error's number. NULL = false. */
bool decode_message_has_error(const char *message, int number);

/* The operating system's error in such a message (5: access denied, 53: no such share, 112: the
 * disk is full); 0 = none. */
int decode_message_system_error(const char *message);

/* query_server. Fills the identity and the clock of the view. */
void decode_server(struct server_view *view, const struct tds_row *row);
/* query_rights. */
void decode_rights(struct server_view *view, const struct tds_row *row);

/* query_databases. */
void decode_database(struct database_row *out, const struct tds_row *row, int utc_offset_min);

/* query_source_history and query_destination_history. False for a row without set or database. */
bool decode_history(struct history_row *out, const struct tds_row *row);

/* Rows of msdb: a backup, a mark in a log, a restore. Texts are copies that out owns;
 * utc_offset_min is the server's, whose local times become UTC. */
void decode_backup(struct msdb_backup *out, const struct tds_row *row, int utc_offset_min);
void decode_mark(struct mark_row *out, const struct tds_row *row, int utc_offset_min);
void decode_restore(struct restore_row *out, const struct tds_row *row, int utc_offset_min);

/* A row of core/tsql_surroundings.c; its kind is the caller's to fill. */
void decode_surrounding(struct surrounding_row *out, const struct tds_row *row, int utc_offset_min);

/* bts_LogShippingDatabases, whatever its columns are called. False without a database. */
bool decode_shipping(struct shipping_row *out, const struct tds_row *row);
/* bts_LogShippingLastRestoreSet; -1 where no column is known. */
int64_t decode_last_restore_set(const struct tds_row *row);

/* Decides whether the history's stamps are local: by comparing complete sets with the msdb rows of
 * their files; failing that, by what the backup job's steps say, or by an offset of zero. Sets
 * use_local_time_known and use_local_time of a source view whose parts are filled. Undecidable
 * stays unknown. */
void decode_decide_local_time(struct server_view *view);

/* A step and a schedule of an Agent job; texts are owned by the row. */
void decode_job_step(struct job_step_row *out, const struct tds_row *row);
void decode_job_schedule(struct job_schedule_row *out, const struct tds_row *row);

#endif
