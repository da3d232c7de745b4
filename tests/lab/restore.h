/* RESTORE, step by step: open the device, check the rules of the state machine, take the time that
 * the size needs, change the database, write history and messages. Private to restore*.c and
 * header.c; the statement's contract is in admin.h. All calls need lab_lock.
 */
#ifndef STOPMARK_LAB_RESTORE_H
#define STOPMARK_LAB_RESTORE_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/lab/admin.h"
#include "tests/lab/estate.h"
#include "tests/lab/faults.h"
#include "tests/lab/model.h"
#include "tests/lab/reply.h"
#include "tests/lab/restore_message.h"

/* Current commands of DONE tokens. Source: captured from SQL Server 2022. */
enum {
    COMMAND_RESTORE = 229,
    COMMAND_RESTORE_ROWS = 230,
    COMMAND_HEADERONLY = 250,
    COMMAND_LABELONLY = 252,
    COMMAND_FILELISTONLY = 376,
    COMMAND_VERIFYONLY = 377,
};

enum { RESTORE_PAGE_BYTES = 8192 };

struct json_t;
struct restore_run {
    struct session *session;
    const struct restore_statement *statement;
    struct reply *reply;
    struct instance *instance;
    struct database *database;      /* the target; NULL = not there */
    const struct backup_file *file; /* NULL: no FROM */
    int command;
    int cause;        /* number of the error that ended it; 0 = none */
    bool has_stop;    /* the statement stops somewhere */
    bool reached;     /* the stop point lies inside this log */
    bool stop_inhibited; /* 4327: bulk-logged changes */
    lab_lsn stop_lsn; /* if reached: the redo LSN afterwards */
    int64_t started_utc_ms;
    struct database_file files[DATABASE_FILES]; /* after MOVE */
    size_t files_count;
    size_t record; /* index in lab->restores */
    int planted_number, planted_percent; /* the fault that this one meets; 0 = none */
    bool was_interrupted;  /* the full restore before this one did not end */
    bool steps_missing;    /* planted: 4339 instead of RECOVERY */
    bool read_over_errors; /* CONTINUE_AFTER_ERROR was needed */
    bool fatal;            /* the last error ends the session: no 3013 behind it */
};

/* A message's parameters in order; a message without any takes NULL. */
#define RESTORE_TEXTS(...) ((const char *const[]){__VA_ARGS__})

/* Writes the error that ends the statement, one of restore_message.def; always returns false. A
 * severity of 20 or more ends the session too. */
bool restore_fail(struct restore_run *run, int number, const char *const *parameters);
/* restore_fail with parameters that the run itself gives. */
bool restore_fail_planted(struct restore_run *run, int number);
/* One information message with the DONE of its own. */
void restore_say(struct restore_run *run, int number, const char *const *parameters);

/* Opens the device: sets run->file, or fails with 3201, 3206, 3241 and its like, 3287. */
bool restore_open(struct restore_run *run);
/* Whether the set itself is fit: 3132, 3183, 3187, 3189, 33111. */
bool restore_check_set(struct restore_run *run);
/* True after writing the error that interrupts the work at percent (-1: before it begins). */
bool restore_interrupted(struct restore_run *run, int percent);

/* 33111 where the backup of an encrypted database needs a certificate that is not here. */
bool restore_check_certificate(struct restore_run *run);

/* 4342 where the set has no primary file. */
bool restore_check_primary(struct restore_run *run);
/* Whether a log fits the database's past and its files: 3121, 3155, 4312, 4328, 4337, 4342, 4349. */
bool restore_check_fit(struct restore_run *run);

/* The rules. Each fails with its own number. */
bool restore_check_database(struct restore_run *run);      /* RESTORE DATABASE ... FROM */
bool restore_check_log(struct restore_run *run);           /* RESTORE LOG */
bool restore_check_recovery_only(struct restore_run *run); /* no FROM */
bool restore_check_stop(struct restore_run *run);          /* finds the stop point in the log */
bool restore_check_files(struct restore_run *run);         /* MOVE, collisions, disk */

/* 4334 where the name is "lsn:..." and no LSN follows. */
bool restore_check_stop_lsn(struct restore_run *run);
/* STOPATMARK and STOPBEFOREMARK: the name is "lsn:...". */
bool restore_stops_at_lsn(const struct restore_statement *statement);

/* Gives up the lock for the time that size_bytes take, with 3211 on the way. False: cancelled. */
bool restore_take_time(struct restore_run *run, int64_t size_bytes);

/* Files that the database got inside this log: MOVE, collisions. */
bool restore_check_added_files(struct restore_run *run);
/* Gives them to the database, which holds the log now. */
void restore_add_files(struct restore_run *run);
/* 4318 where RECOVERY comes too early. */
bool restore_check_end(struct restore_run *run);
/* Brings the database where the statement's RECOVERY, NORECOVERY or STANDBY says; 3167, 4339. */
bool restore_finish(struct restore_run *run, enum restore_end end);
enum restore_end restore_end_of(const struct restore_statement *statement);

/* What the lab itself saw of it: a row of lab->restores, and two lines of the lab's log. */
void restore_record_begin(struct restore_run *run, const char *kind);
void restore_record_end(struct restore_run *run, bool succeeded);
/* A line of the lab's log, as a server's error log has one for each RESTORE: what a suite reads when
 * the lab has ended, in the order in which things happened. Takes fields. */
void restore_log_fields(const char *what, struct json_t *fields);
/* A header was told: a line of the log only. */
void restore_record_header(const struct restore_run *run);

/* HEADERONLY, FILELISTONLY, LABELONLY, VERIFYONLY: the device is open. */
bool restore_headeronly(struct restore_run *run);
bool restore_filelistonly(struct restore_run *run);
bool restore_labelonly(struct restore_run *run);
bool restore_verifyonly(struct restore_run *run);

#endif
