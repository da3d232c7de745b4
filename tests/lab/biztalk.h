/* The BizTalk group as its management database knows it, and the backup job's procedures: which
 * databases are marked and backed up, in which order, into which set. Facts: domain facts,
 * "Management database (source)". All calls need lab_lock.
 */
#ifndef STOPMARK_LAB_BIZTALK_H
#define STOPMARK_LAB_BIZTALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/lab/estate.h"
#include "tests/lab/value.h"

/* The columns of adm_BackupHistory in today's order; older scripts made another. */
enum history_column {
    HISTORY_ID,
    HISTORY_SET,
    HISTORY_MARK,
    HISTORY_DATABASE,
    HISTORY_FILE,
    HISTORY_LOCATION,
    HISTORY_TYPE,
    HISTORY_TIME,
    HISTORY_COMPLETE,
    HISTORY_SERVER,
    HISTORY_COLUMNS
};

/* Between a row of the table and today's order; the values themselves are borrowed. */
void biztalk_history_from_row(const struct lab *lab, const struct sql_value *row,
                              struct sql_value *canonical);
void biztalk_history_to_row(const struct lab *lab, const struct sql_value *canonical,
                            struct sql_value *row);
/* Rows of sets whose files are gone: so many, ending before an instant. They are made by rule and
 * logged as one record, for there may be a million of them. */
struct old_history {
    const struct biztalk_group *group; /* borrowed */
    int64_t rows, every_ms, end_utc_ms;
};

/* A mark's name: BTS_2026_11_20_11_50_12_547, style 121 with every separator turned into _. */
struct biztalk_group;
void biztalk_stamp(const struct biztalk_group *group, int64_t utc_ms, char out[33]);

/* The sets that they are. */
int64_t biztalk_old_sets(const struct old_history *old);
/* The row's values in today's order, without BackupId; row_free. */
struct row;
void biztalk_old_row(const struct old_history *old, int64_t index, struct row *row);
/* Fills adm_BackupHistory with them. */
void biztalk_load_old_history(struct database *management, const struct old_history *old);

/* adm_BackupSettings, or adm_ForceFullBackup as older scripts and the documentation call it; that one
 * has no UseCompression. The row decides, whoever wrote it. */
struct biztalk_settings {
    bool force_full, use_compression;
};
struct biztalk_group;
struct biztalk_settings biztalk_settings(const struct biztalk_group *group);
/* Writes "ForceFull" or "UseCompression" where it has another value. */
void biztalk_set_setting(struct session *session, struct biztalk_group *group, const char *column,
                         bool value);
/* T-SQL in the management database, as the system; errors are dropped. */
void biztalk_run_sql(struct session *session, struct biztalk_group *group, const char *text);

enum { GROUP_MEMBERS = 64 }; /* so many databases has a scenario's group at most */

struct group_member {
    struct database *database; /* borrowed */
    char role[32];             /* "management", "messagebox", "other", ...; scenario.md */
};

struct biztalk_group {
    struct database *management;  /* borrowed */
    struct group_member *members; /* in the order of admv_BackupDatabases */
    size_t members_count, members_capacity;
    char location[520]; /* the job step's path */
    char name[9];       /* first part of a mark's name */
    bool use_local_time;
    bool use_compression; /* where the settings table has no column for it */
    int backup_hour; /* local hour of the daily full set; -1 = the first run of the day */
    int64_t next_set_id;
    int64_t last_mark_utc_ms;
    int64_t last_full_utc_ms; /* of a complete full set; INT64_MIN = none */
    bool partial_since_full;
    /* the fault that a test may set: the backup of this member fails; -1 = none */
    int fail_at_member;
};

/* One backup set being taken. */
struct set_run {
    struct biztalk_group *group;
    struct session *session; /* NULL: history made at start-up, which takes no time */
    int64_t set_id;
    char stamp[33]; /* the mark's name; names the files of a full set too */
    bool full;
    int64_t started_utc_ms;
};

struct biztalk_group *biztalk_group_new(struct database *management, const char *location);
void biztalk_group_free(struct biztalk_group *group);
void biztalk_add_member(struct biztalk_group *group, struct database *database, const char *role);

/* Tables of the management database, filled from the members; MarkLog and the set-up scripts'
 * procedures in every member. */
void biztalk_create_tables(struct biztalk_group *group);

/* Takes the number and the stamp of a set; marks every member if it is a log set. */
void biztalk_begin_set(struct set_run *run);
void biztalk_mark_all(struct set_run *run);
/* Backs up one member and writes its history row (complete: the flag at once, for history made at
 * start-up). Returns the file; NULL after writing to reply why there is none: the run was ended, or
 * the member cannot be backed up, or no more when the time for it is over. */
struct reply;
struct backup_file *biztalk_backup_member(struct set_run *run, size_t member, bool complete,
                                          struct reply *reply);
/* Writes an error of severity 16 as the procedure; always false. */
bool biztalk_fail(struct reply *reply, const char *procedure, int number, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* The file's name in the set; out. */
const char *biztalk_file_name(const struct set_run *run, const struct database *database, char *out,
                              size_t size);

/* The procedures of the backup job. Errors go to reply; false after one. */
bool biztalk_backup_full(struct session *session, struct biztalk_group *group, const char *location,
                         struct reply *reply);
bool biztalk_mark_and_backup_log(struct session *session, struct biztalk_group *group,
                                 const char *location, struct reply *reply);
/* True if the schedule, a partial set or sp_ForceFullBackup demands a full set now. */
bool biztalk_full_is_due(const struct biztalk_group *group, bool after_partial, int backup_hour);
/* sp_DeleteBackupHistory. */
void biztalk_delete_history(struct session *session, struct biztalk_group *group, int days,
                            struct reply *reply);

#endif
