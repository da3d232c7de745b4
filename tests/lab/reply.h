/* A session's reply as a stream of TDS tokens. Writers append to memory; the bytes leave the
 * process only in reply_send, which the session calls without the lab's lock, so that a client
 * that does not read stalls nobody but itself. One thread per reply.
 *
 * Each statement ends with exactly one reply_done; a RESTORE's every information message is
 * followed by a DONE of its own (domain fact: captured from SQL Server 2022).
 */
#ifndef STOPMARK_LAB_REPLY_H
#define STOPMARK_LAB_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/lab/value.h"

struct reply; /* opaque */

enum reply_done_status {
    DONE_FINAL = 0,
    DONE_MORE = 1,
    DONE_ERROR = 2,
    DONE_COUNT = 0x10,
    DONE_ATTENTION = 0x20,
    DONE_FATAL = 0x100,
};

/* The scope decides between DONE, DONEINPROC and DONEPROC. */
enum reply_scope { REPLY_BATCH, REPLY_IN_PROCEDURE, REPLY_END_OF_PROCEDURE };

/* COLMETADATA for a result set. columns are copied. */
void reply_columns(struct reply *reply, const struct sql_column *columns, size_t count);

/* ORDER: by which of the last reply_columns the rows are sorted, from 1. */
void reply_order(struct reply *reply, const uint16_t *columns, size_t count);

/* ROW (or NBCROW) with one value for each column of the last reply_columns. */
void reply_row(struct reply *reply, const struct sql_value *values);

/* How much of one reply may wait to be sent; 2 GiB unless set, before the first reply. Beyond it no
 * more rows and information are kept, and what runs ends with an error and its connection. */
void reply_set_most(size_t bytes);
bool reply_is_too_large(const struct reply *reply);

/* Where the reply ends now; and takes back what came behind such a place, of which nothing was sent
 * meanwhile: the rows of a query that the client does not want any more. */
size_t reply_place(const struct reply *reply);
void reply_take_back(struct reply *reply, size_t place);

/* INFO, wire class 0. line: 1-based line in the batch. */
void reply_info(struct reply *reply, int number, int state, int line, const char *procedure,
                const char *format, ...) __attribute__((format(printf, 6, 7)));

/* ERROR. severity is the wire class. Remembers the highest severity of the statement. */
void reply_error(struct reply *reply, int number, int severity, int state, int line,
                 const char *procedure, const char *format, ...)
    __attribute__((format(printf, 7, 8)));

/* One DONE token. MORE is added to all but the last of a message by reply_end. */
void reply_done(struct reply *reply, enum reply_scope scope, int status, int current_command,
                uint64_t rows);

/* RETURNSTATUS, before the DONEPROC of a procedure. */
void reply_return_status(struct reply *reply, int value);

/* RETURNVALUE of an output parameter (RPC). */
void reply_return_value(struct reply *reply, int ordinal, const char *name,
                        const struct sql_type *type, const struct sql_value *value);

/* ENVCHANGE 1 (database) with its 5701. */
void reply_database_changed(struct reply *reply, const char *from, const char *to);

/* ENVCHANGE 8, 9, 10: transaction begun, committed, rolled back. */
void reply_transaction(struct reply *reply, int kind, uint64_t descriptor);

/* The count of errors of severity > 10 since reply_begin. */
int reply_errors(const struct reply *reply);

/* While true, output is dropped: INSERT ... EXEC, agent job steps collect messages instead. */
void reply_set_silent(struct reply *reply, bool silent);

/* Sees what is written before it becomes tokens: TRY ... CATCH and INSERT ... EXEC. Any member but
 * context may be NULL. */
struct reply_observer {
    /* Each error (severity > 10). True = swallowed: it is neither sent nor counted. */
    bool (*error)(void *context, int number, int severity, int state, int line,
                  const char *procedure, const char *text);
    /* Result sets, which are then not sent. */
    void (*columns)(void *context, const struct sql_column *columns, size_t count);
    void (*row)(void *context, const struct sql_value *values);
    void *context;
};

/* Replaces the observer (borrowed; NULL = none) and returns the one before. */
const struct reply_observer *reply_set_observer(struct reply *reply,
                                                const struct reply_observer *observer);

/* A reply that goes nowhere, for job steps and start-up; owned. Its messages can be read, as Agent
 * writes them into a step's history: "text [SQLSTATE 42000] (Error 3013)", two blanks between. */
struct reply *reply_new_sink(void);
const char *reply_sink_messages(const struct reply *reply); /* borrowed */
int reply_sink_last_error(const struct reply *reply);       /* 0 = none */
void reply_free(struct reply *reply);

#endif
