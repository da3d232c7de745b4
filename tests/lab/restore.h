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
#include "tests/lab/model.h"
#include "tests/lab/reply.h"

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
    lab_lsn stop_lsn; /* if reached: the redo LSN afterwards */
    int64_t started_utc_ms;
    struct database_file files[8]; /* after MOVE */
    size_t files_count;
    size_t record; /* index in lab->restores */
};

/* Writes the error that ends the statement; always returns false. */
bool restore_fail(struct restore_run *run, int number, int severity, int state, const char *format,
                  ...) __attribute__((format(printf, 5, 6)));
/* One information message with the DONE of its own. */
void restore_say(struct restore_run *run, int number, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Opens the device: sets run->file, or fails with 3201, 3241, 3287. */
bool restore_open(struct restore_run *run);

/* 33111 where the backup of an encrypted database needs a certificate that is not here. */
bool restore_check_certificate(struct restore_run *run);

/* The rules. Each fails with its own number. */
bool restore_check_database(struct restore_run *run);      /* RESTORE DATABASE ... FROM */
bool restore_check_log(struct restore_run *run);           /* RESTORE LOG */
bool restore_check_recovery_only(struct restore_run *run); /* no FROM */
bool restore_check_stop(struct restore_run *run);          /* finds the stop point in the log */
bool restore_check_files(struct restore_run *run);         /* MOVE, collisions, disk */

/* Gives up the lock for the time that size_bytes take, with 3211 on the way. False: cancelled. */
bool restore_take_time(struct restore_run *run, int64_t size_bytes);

/* Brings the database where the statement's RECOVERY, NORECOVERY or STANDBY says. */
void restore_finish(struct restore_run *run, enum restore_end end);
enum restore_end restore_end_of(const struct restore_statement *statement);

/* HEADERONLY, FILELISTONLY, LABELONLY, VERIFYONLY: the device is open. */
bool restore_headeronly(struct restore_run *run);
bool restore_filelistonly(struct restore_run *run);
bool restore_labelonly(struct restore_run *run);
bool restore_verifyonly(struct restore_run *run);

#endif
