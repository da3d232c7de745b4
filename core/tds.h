/* SQL Server connections, and the only file that knows FreeTDS. A reader takes a struct query
 * (core/tsql.h) and nothing else; a writer takes text, and only with a permit.
 *
 * A connection belongs to one thread; only tds_*_cancel may be called from another. Every reply
 * is drained before a call returns. Passwords are borrowed for the time of the call.
 */
#ifndef STOPMARK_CORE_TDS_H
#define STOPMARK_CORE_TDS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/config.h"
#include "core/permit.h"
#include "core/tsql.h"

/* Writes the private freetds.conf (0600, one section a server) and points FreeTDS to it; unsets
 * the TDS* variables that would override it. Call it before the first thread; a second call for the
 * same servers (a collector in the worker) only counts its user. Any thread. */
enum error_code tds_prepare(const struct config *config, struct error *error);

/* Removes what tds_prepare made, with its last user. After that user's last connection is closed. */
void tds_finish(void);

struct tds_options {
    const char *application; /* as sys.dm_exec_sessions shows it; at most 128 bytes */
    int64_t connect_timeout_ms;
    int64_t query_timeout_ms; /* 0 = none: the server may work as long as it likes */
    int64_t lock_timeout_ms;  /* 0 = give up at once, -1 = wait */
};

/* --- rows ------------------------------------------------------------------------------------- */

struct tds_row; /* one row, valid during the callback */

/* True if the result has that column (no case) and its value is not NULL. */
bool tds_has(const struct tds_row *row, const char *column);
/* UTF-8, borrowed during the callback; NULL for NULL and for a missing column. */
const char *tds_text(const struct tds_row *row, const char *column);
/* otherwise for NULL and for anything that is no whole number. */
int64_t tds_integer(const struct tds_row *row, const char *column, int64_t otherwise);
/* 1, 0, or -1 for NULL. */
int tds_bit(const struct tds_row *row, const char *column);
/* numeric(25,0) or its digits; unknown for NULL. */
struct lsn tds_lsn(const struct tds_row *row, const char *column);
/* A date and time without zone as if it were UTC; TIME_UNKNOWN for NULL. Source: datetime ticks
 * are 1/300 s, shown as milliseconds ending in 0, 3 or 7. */
int64_t tds_time_ms(const struct tds_row *row, const char *column);
/* Lower-case text; "" for NULL. */
void tds_guid(const struct tds_row *row, const char *column, char out[37]);

/* Return false to skip the rest of the rows (they are still drained). */
typedef bool tds_row_function(void *context, const struct tds_row *row);

/* --- reading ---------------------------------------------------------------------------------- */

struct tds_reader;

/* Connects with the server's monitoring login and sends query_reader_session. NULL with *error:
 * ERR_UNREACHABLE, ERR_TIMEOUT, ERR_LOGIN_REFUSED, ERR_CANCELLED. password may be NULL with
 * Kerberos. stop (may be NULL) is looked at about once a second while connecting. Owned. */
struct tds_reader *tds_reader_open(const struct config_server *server, const char *password,
                                   const struct tds_options *options, const atomic_bool *stop,
                                   struct error *error);

/* Runs one reading statement. Errors: ERR_PERMISSION (229, 297, 300, 916, ...: the hint names
 * query->permission), ERR_SERVER_ERROR, ERR_TIMEOUT, ERR_CONNECTION_LOST, ERR_CANCELLED. After
 * ERR_TIMEOUT, ERR_CANCELLED and ERR_CONNECTION_LOST the connection is of no further use. */
enum error_code tds_reader_run(struct tds_reader *reader, const struct query *query,
                               const struct tsql_argument *arguments, size_t arguments_count,
                               tds_row_function *row, void *context, struct error *error);

/* Wakes a call that is blocked in another thread; it returns ERR_CANCELLED. */
void tds_reader_cancel(struct tds_reader *reader);

/* False once the connection is of no further use. */
bool tds_reader_is_usable(const struct tds_reader *reader);

/* Closes and frees. NULL is allowed. */
void tds_reader_close(struct tds_reader *reader);

/* --- writing ---------------------------------------------------------------------------------- */

struct tds_writer;

struct tds_message {
    int number, severity, state, line;
    const char *text; /* as received, UTF-8, not cleaned; borrowed during the callback */
};

/* Every message of a reply in order, information (severity 0) too: 3211 progress, 4329, 3014. */
typedef void tds_message_function(void *context, const struct tds_message *message);

/* Connects with the server's restore login (its monitoring login where it has none is never
 * used: ERR_NO_PASSWORD tells) and sends query_writer_session. Needs a permit. Owned. */
struct tds_writer *tds_writer_open(const struct permit *permit, const struct config_server *server,
                                   const char *password, const struct tds_options *options,
                                   const atomic_bool *stop, struct error *error);

struct tds_outcome {
    bool drained;      /* the whole reply was read to its end */
    int errors;        /* messages of severity >= 11 */
    int first_error;   /* number of the first of them: the cause; 0 = none */
    int last_error;    /* 3013 behind a failed RESTORE */
    bool mark_not_reached; /* 4329 was among the messages */
    bool has_return_status;
    int return_status; /* of a procedure */
};

/* Sends one batch whose text was made by core/tsql*.c and drains its reply, however long it
 * takes (options.query_timeout_ms). message, row and outcome may be NULL. Errors as
 * tds_reader_run. *error keeps the first error of severity >= 11. */
enum error_code tds_writer_run(struct tds_writer *writer, const char *text,
                               tds_message_function *message, tds_row_function *row,
                               void *context, struct tds_outcome *outcome, struct error *error);

/* How long the server may be silent in the next calls; 0 = for ever. */
void tds_writer_set_timeout(struct tds_writer *writer, int64_t query_timeout_ms);

/* Sends an attention from another thread; the running call drains and returns ERR_CANCELLED. */
void tds_writer_cancel(struct tds_writer *writer);

/* @@SPID of the connection, as it was at login; 0 = unknown. */
int tds_writer_session_id(const struct tds_writer *writer);

/* False once the connection is lost: close it, open another. */
bool tds_writer_is_usable(const struct tds_writer *writer);
/* Ends the connection, and frees. NULL is allowed. */
void tds_writer_close(struct tds_writer *writer);

#endif
