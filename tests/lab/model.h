/* Inside of the estate: LSN arithmetic, random numbers, timelines, backup files, table definitions
 * and rows. For the estate's own files and its unit tests; wire and engine do not include it.
 * All calls need lab_lock.
 */
#ifndef STOPMARK_LAB_MODEL_H
#define STOPMARK_LAB_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/lab/estate.h"
#include "tests/lab/value.h"

struct row_sink;

/* --- LSN ---------------------------------------------------------------------------------------
 */
/* The LSN of the next record after one of size bytes at lsn. */
lab_lsn lsn_advance(lab_lsn lsn, int64_t size_bytes);
/* The first LSN of the next virtual log file: where a fork starts writing. */
lab_lsn lsn_next_file(lab_lsn lsn);
/* As numeric(25,0) without leading zeros. */
struct sql_value lsn_value(lab_lsn lsn);
/* Decimal digits without leading zeros, for messages; size >= 26. */
void lsn_text(char *out, lab_lsn lsn);

/* --- timelines ---------------------------------------------------------------------------------
 */
struct timeline *timeline_new(struct lab *lab, struct table_set *tables);
struct timeline *timeline_fork(struct lab *lab, struct timeline *parent, lab_lsn at);
struct log_record *timeline_append(struct timeline *timeline, enum record_kind kind,
                                   int64_t size_bytes, int64_t utc_ms);
/* Log of the application's own traffic: a size and no content. */
void timeline_grow(struct timeline *timeline, int64_t size_bytes);
/* A time as a stop clause names it. A log holds the time that its writer's clock told. */
struct stop_time {
    int64_t local_ms;
    const struct instance *zone; /* whose zone is meant; NULL = that of the log's writer */
};
/* The first record of the mark at or after from and below until, on this timeline or an ancestor;
 * where after is not NULL, at or after that time. NULL = none. Case-sensitive. */
const struct log_record *timeline_find_mark(const struct timeline *timeline, const char *mark,
                                            lab_lsn from, lab_lsn until,
                                            const struct stop_time *after);
/* The first record at or after a time, in the range; NULL = none. */
const struct log_record *timeline_find_time(const struct timeline *timeline,
                                            const struct stop_time *time, lab_lsn from,
                                            lab_lsn until);
/* True if a database on `timeline` whose next log record is `redo` may continue along `log`. */
bool timeline_may_follow(const struct timeline *timeline, const struct timeline *log, lab_lsn redo,
                         lab_lsn last_lsn);
void timeline_free(struct timeline *timeline);

/* --- backup files ------------------------------------------------------------------------------
 */
/* What HEADERONLY and msdb's backupset tell alike of a set. */
struct set_description {
    int flags;
    const uint8_t *first_fork_guid; /* the path that its first record lies on */
    lab_lsn fork_point_lsn;         /* where that was left; 0 = it was not */
    lab_lsn base_lsn;               /* a differential set: its base's checkpoint; else 0 */
    const char *recovery_model;
    int64_t last_valid_utc_ms; /* INT64_MIN = NULL */
    const char *compression;   /* NULL = none */
};
struct set_description backup_file_describe(const struct backup_file *file);
/* Takes file. */
struct backup_file *lab_add_file(struct lab *lab, struct backup_file *file);
/* Moves the file, name and all, into a folder that the reader opens. */
void backup_file_move(struct backup_file *file, struct instance *reader, const char *folder);
/* A file in a folder, with or without a separator at its end; owned. */
char *path_join(const char *folder, const char *name);
/* "\\server\share\...": every instance can open it; anything else is local. */
bool path_is_share(const char *path);

/* The model part of BACKUP: appends the log records that a backup leaves, moves the database's
 * backup LSNs and makes the file; writes the msdb rows. Owned by the lab. */
struct backup_file *database_backup(struct database *database, const char *path, char type,
                                    bool copy_only, int64_t started_utc_ms, int64_t finished_utc_ms,
                                    int64_t size_bytes, const char *user_name);
/* Why BACKUP LOG is refused: 4208, 4214; 0 = it is not. */
int database_log_refusal(const struct database *database);
/* ALTER DATABASE ... SET RECOVERY: 1 FULL 2 BULK_LOGGED 3 SIMPLE. */
void database_set_recovery_model(struct database *database, int model);
/* ALTER DATABASE ... ADD FILE: a data file from here on. */
void database_add_file(struct database *database, const char *logical_name, const char *path);
/* Brings the timeline up to now with what the application has written since. */
void database_traffic(struct database *database);
/* RECOVERY at the redo LSN: a new fork begins, the database is online with its content. */
void database_recover(struct database *database);
/* The size that a backup of this database taken now would have; call database_traffic first. */
int64_t database_backup_size(const struct database *database, char type);

/* --- tables ------------------------------------------------------------------------------------
 */
/* "Id int identity not null, Name nvarchar(128) null, ..." -> columns, owned. Identity index or -1
 * in *identity (may be NULL). Ends the process on a text that it cannot read: texts are ours. */
struct sql_column *columns_parse(const char *text, size_t *count, int *identity);

struct table_set *table_set_new(struct lab *lab);
/* Defines the table or view in the set and creates it in the database's engine. */
void database_create_table(struct database *database, const char *schema, const char *name,
                           const char *columns_text, size_t key);
void database_create_view(struct database *database, const char *schema, const char *name,
                          const char *columns_text, const char *select_text);
const struct table_definition *database_table(const struct database *database, const char *schema,
                                              const char *name); /* no case */

/* --- rows ----------------------------------------------------------------------------------------
 */
struct row {
    struct sql_value values[80];
    size_t count;
};

void row_add(struct row *row, struct sql_value value); /* takes value */
void row_null(struct row *row);
void row_nulls(struct row *row, size_t count);
void row_int(struct row *row, int64_t value);
void row_text(struct row *row, const char *text);
void row_guid(struct row *row, const uint8_t guid[16]);
void row_lsn(struct row *row, lab_lsn lsn);
void row_lsn_or_null(struct row *row, lab_lsn lsn);            /* 0 = NULL */
void row_guid_or_null(struct row *row, const uint8_t *guid); /* 16 bytes; NULL = NULL */
void row_time(struct row *row, const struct instance *instance, int64_t utc_ms);
/* Hands the row to a virtual table's reader, or to a stored table, and empties it. */
void row_send(struct row *row, struct row_sink *sink);
void row_insert(struct row *row, struct database *database, const char *schema, const char *name);
void row_free(struct row *row);

/* The instance's local time of an instant, as digits of Agent's integers: yyyymmdd and hhmmss. */
int instance_agent_date(const struct instance *instance, int64_t utc_ms);
int instance_agent_time(const struct instance *instance, int64_t utc_ms);
/* Milliseconds as a datetime holds them: in 1/300 s. */
int64_t datetime_rounded(int64_t ms);
/* A local datetime (ticks, value.h) in milliseconds since 1970. */
int64_t local_ms_of_ticks(int64_t ticks);
/* A local datetime (ticks, value.h) on the instance's clock as an instant of the lab. */
int64_t instance_utc_of_local(const struct instance *instance, int64_t ticks);

#endif
