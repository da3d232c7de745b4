/* The only file that includes FreeTDS (CT-Library 1.3).
 *
 * Facts probed with 1.3.17, on which this file rests:
 * - CS_TIMEOUT and CS_LOGIN_TIMEOUT are whole seconds of silence; at each the client message
 *   callback is called with 20003. CS_SUCCEED waits once more, CS_FAIL closes the connection. So
 *   one second serves as a tick at which deadlines and stop flags are looked at. There is no
 *   interrupt callback in this version (CS_INTERRUPT_CB came later).
 * - The login time-out covers a server that accepts and stays silent (in PRELOGIN as in LOGIN7)
 *   only if the TDS version is pinned; else 5.0 is tried next and waits for ever.
 * - ct_cancel(connection, NULL, CS_CANCEL_ATTN) from another thread wakes a blocked ct_results at
 *   once by sending an attention; with its acknowledgement ct_results returns CS_CANCELED and the
 *   connection stays usable. A silent server never acknowledges: the tick ends that.
 * - A value longer than its buffer makes ct_fetch return CS_ROW_FAIL with the row in place.
 * - Information messages arrive with severity 0; a failed RESTORE ends with 3013, so the first
 *   message of severity 11 or more is the cause.
 * - Its log-in time-out does not cover the name look-up and is no help while connect() hangs, so
 *   core/tds_connect tries the port first.
 */
#include <ctpublic.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/tds.h"
#include "core/tds_connect.h"
#include "core/tds_error.h"
#include "core/tds_row.h"

enum {
    CLIENT_TIMEOUT = 20003, /* FreeTDS's number for "no answer in time" */
    TICK_S = 1,
    TEXT_SIZE_MAX = 256 * 1024, /* of one value; only texts of job steps come near it */
    CANCEL_PATIENCE_MS = 1500,  /* how long a reader waits for its attention's acknowledgement */
    WRITER_CANCEL_PATIENCE_MS = 60000,
};

struct connection {
    CS_CONTEXT *context;
    CS_CONNECTION *handle;
    CS_COMMAND *command;
    char name[132]; /* the server's, for errors */
    const atomic_bool *stop;
    int64_t deadline_ms; /* monotonic; TIME_UNKNOWN = none */
    int64_t cancel_patience_ms;
    int64_t query_timeout_ms;
    pthread_mutex_t mutex; /* guards busy against cancels from other threads */
    bool busy;             /* between ct_send and the end of the reply */
    atomic_llong cancelled_ms; /* when a cancel was asked for; 0 = not */
    bool usable, timed_out;
    int session_id;
    /* of the call under way */
    tds_message_function *message;
    void *message_context;
    struct tds_outcome outcome;
    struct error failure; /* the first message of severity >= 11 */
    char client_text[256]; /* FreeTDS's own last words */
};

struct tds_reader {
    struct connection connection;
};

struct tds_writer {
    struct connection connection;
};

/* Callbacks get no context of ours while connecting; they run on the thread that made the call. */
static _Thread_local struct connection *active;

static int64_t now_ms(void)
{
    return clock_monotonic_ms(clock_system());
}

/* --- callbacks -------------------------------------------------------------------------------- */

/* One second of silence: wait on, or give up? */
static CS_RETCODE tick(struct connection *c)
{
    int64_t cancelled_ms = atomic_load(&c->cancelled_ms);
    if (cancelled_ms && now_ms() - cancelled_ms >= c->cancel_patience_ms)
        return CS_FAIL;
    if (c->stop && atomic_load(c->stop) && !cancelled_ms) {
        atomic_store(&c->cancelled_ms, now_ms());
        return CS_FAIL;
    }
    if (c->deadline_ms != TIME_UNKNOWN && now_ms() >= c->deadline_ms) {
        c->timed_out = true;
        return CS_FAIL;
    }
    return CS_SUCCEED;
}

static CS_RETCODE client_message(CS_CONTEXT *context, CS_CONNECTION *handle, CS_CLIENTMSG *message)
{
    (void)context;
    (void)handle;
    struct connection *c = active;
    if (!c)
        return CS_FAIL;
    if (message->msgnumber == CLIENT_TIMEOUT)
        return tick(c);
    text_clean(c->client_text, sizeof c->client_text, message->msgstring);
    return CS_SUCCEED;
}

static void note_failure(struct connection *c, const struct tds_message *message)
{
    c->outcome.errors++;
    c->outcome.last_error = message->number;
    if (c->outcome.first_error)
        return;
    c->outcome.first_error = message->number;
    error_set(&c->failure, ERR_SERVER_ERROR, c->name, NULL, "the server reported an error");
    c->failure.server_number = message->number;
    c->failure.server_severity = message->severity;
    c->failure.server_state = message->state;
    text_clean(c->failure.server_text, sizeof c->failure.server_text, message->text);
}

static CS_RETCODE server_message(CS_CONTEXT *context, CS_CONNECTION *handle, CS_SERVERMSG *message)
{
    (void)context;
    (void)handle;
    struct connection *c = active;
    if (!c)
        return CS_SUCCEED;
    struct tds_message ours = {
        .number = (int)message->msgnumber,
        .severity = (int)message->severity,
        .state = (int)message->state,
        .line = (int)message->line,
        .text = message->text,
    };
    if (ours.severity > 10)
        note_failure(c, &ours);
    if (ours.number == 4329)
        c->outcome.mark_not_reached = true;
    if (c->message)
        c->message(c->message_context, &ours);
    return CS_SUCCEED;
}

/* --- rows ------------------------------------------------------------------------------------- */

struct result_set {
    struct tds_row row;
    struct tds_column *columns;
    char **buffers;
    CS_DATETIME *times;
    CS_INT *lengths, *sizes;
    CS_SMALLINT *indicators;
};

static bool is_time_type(CS_INT type)
{
    return type == CS_DATETIME_TYPE || type == CS_DATETIME4_TYPE || type == CS_DATE_TYPE ||
           type == CS_BIGDATETIME_TYPE;
}

static bool is_text_type(CS_INT type)
{
    return type == CS_CHAR_TYPE || type == CS_VARCHAR_TYPE || type == CS_LONGCHAR_TYPE ||
           type == CS_TEXT_TYPE || type == CS_UNITEXT_TYPE || type == CS_UNICHAR_TYPE ||
           type == CS_XML_TYPE;
}

static bool bind_column(struct connection *c, struct result_set *set, size_t i)
{
    CS_DATAFMT described = {0}, bound = {0};
    if (ct_describe(c->command, (CS_INT)i + 1, &described) != CS_SUCCEED)
        return false;
    text_copy(set->columns[i].name, sizeof set->columns[i].name, described.name);
    bound.count = 1;
    if (is_time_type(described.datatype)) {
        set->columns[i].is_time = true;
        bound.datatype = CS_DATETIME_TYPE;
        bound.maxlength = sizeof(CS_DATETIME);
        return ct_bind(c->command, (CS_INT)i + 1, &bound, &set->times[i], &set->lengths[i],
                       &set->indicators[i]) == CS_SUCCEED;
    }
    CS_INT size = 64; /* numbers and GUIDs as text */
    if (is_text_type(described.datatype))
        size = described.maxlength < TEXT_SIZE_MAX ? described.maxlength + 1 : TEXT_SIZE_MAX;
    set->sizes[i] = size;
    set->buffers[i] = memory_new((size_t)size + 1);
    bound.datatype = CS_CHAR_TYPE;
    bound.format = CS_FMT_NULLTERM;
    bound.maxlength = size;
    return ct_bind(c->command, (CS_INT)i + 1, &bound, set->buffers[i], &set->lengths[i],
                   &set->indicators[i]) == CS_SUCCEED;
}

/* Days since 1900-01-01 and 1/300 s, rounded to milliseconds as the server shows them. */
static int64_t time_ms(const CS_DATETIME *time)
{
    const int64_t days_from_1900_to_1970 = 25567;
    int64_t days = (int64_t)time->dtdays - days_from_1900_to_1970;
    return days * INT64_C(86400000) + ((int64_t)time->dttime * 1000 + 150) / 300;
}

static void take_row(struct result_set *set)
{
    for (size_t i = 0; i < set->row.count; i++) {
        struct tds_column *column = &set->columns[i];
        column->null = set->indicators[i] == -1;
        if (column->null)
            continue;
        if (column->is_time) {
            column->time_ms = time_ms(&set->times[i]);
            continue;
        }
        CS_INT length = set->lengths[i] < set->sizes[i] ? set->lengths[i] : set->sizes[i];
        set->buffers[i][length < 0 ? 0 : length] = '\0';
        column->text = set->buffers[i];
    }
}

static bool fetch_rows(struct connection *c, struct result_set *set, tds_row_function *row,
                       void *context)
{
    CS_INT read = 0;
    CS_RETCODE code;
    bool wanted = row != NULL;
    while ((code = ct_fetch(c->command, CS_UNUSED, CS_UNUSED, CS_UNUSED, &read)) == CS_SUCCEED ||
           code == CS_ROW_FAIL) {
        if (!wanted)
            continue;
        take_row(set);
        wanted = row(context, &set->row);
    }
    return code == CS_END_DATA;
}

static bool read_rows(struct connection *c, tds_row_function *row, void *context)
{
    CS_INT count = 0;
    if (ct_res_info(c->command, CS_NUMDATA, &count, sizeof count, NULL) != CS_SUCCEED || count < 1)
        return false;
    size_t n = (size_t)count;
    struct result_set set = {
        .columns = memory_new_array(n, sizeof *set.columns),
        .buffers = memory_new_array(n, sizeof *set.buffers),
        .times = memory_new_array(n, sizeof *set.times),
        .lengths = memory_new_array(n, sizeof *set.lengths),
        .sizes = memory_new_array(n, sizeof *set.sizes),
        .indicators = memory_new_array(n, sizeof *set.indicators),
    };
    set.row = (struct tds_row){.columns = set.columns, .count = n};
    bool fine = true;
    for (size_t i = 0; i < n && fine; i++)
        fine = bind_column(c, &set, i);
    if (fine)
        fine = fetch_rows(c, &set, row, context);
    for (size_t i = 0; i < n; i++)
        free(set.buffers[i]);
    free(set.columns);
    free(set.buffers);
    free(set.times);
    free(set.lengths);
    free(set.sizes);
    free(set.indicators);
    return fine;
}

static bool read_status(struct connection *c)
{
    CS_DATAFMT bound = {.datatype = CS_INT_TYPE, .maxlength = sizeof(CS_INT), .count = 1};
    CS_INT value = 0, length = 0, read = 0;
    CS_SMALLINT indicator = 0;
    if (ct_bind(c->command, 1, &bound, &value, &length, &indicator) != CS_SUCCEED)
        return false;
    CS_RETCODE code;
    while ((code = ct_fetch(c->command, CS_UNUSED, CS_UNUSED, CS_UNUSED, &read)) == CS_SUCCEED) {
        c->outcome.has_return_status = true;
        c->outcome.return_status = (int)value;
    }
    return code == CS_END_DATA;
}

/* --- one request ------------------------------------------------------------------------------ */

static bool read_result(struct connection *c, CS_INT type, tds_row_function *row, void *context)
{
    switch (type) {
    case CS_ROW_RESULT:
        return read_rows(c, row, context);
    case CS_STATUS_RESULT:
        return read_status(c);
    case CS_PARAM_RESULT:
    case CS_COMPUTE_RESULT:
        return ct_cancel(NULL, c->command, CS_CANCEL_CURRENT) == CS_SUCCEED;
    default:
        return true; /* the end of one statement, with or without an error */
    }
}

/* Sends and drains. CS_END_RESULTS, CS_CANCELED or CS_FAIL. */
static CS_RETCODE exchange(struct connection *c, const char *text, tds_row_function *row,
                           void *context)
{
    if (ct_command(c->command, CS_LANG_CMD, text, CS_NULLTERM, CS_UNUSED) != CS_SUCCEED)
        return CS_FAIL;
    pthread_mutex_lock(&c->mutex);
    CS_RETCODE code = ct_send(c->command);
    c->busy = code == CS_SUCCEED;
    pthread_mutex_unlock(&c->mutex);
    CS_INT type = 0;
    while (code == CS_SUCCEED && (code = ct_results(c->command, &type)) == CS_SUCCEED)
        if (!read_result(c, type, row, context) && !atomic_load(&c->cancelled_ms))
            code = CS_FAIL; /* after a cancel, ct_results itself tells of the end */
    pthread_mutex_lock(&c->mutex);
    c->busy = false;
    pthread_mutex_unlock(&c->mutex);
    return code;
}

static enum error_code outcome_of(struct connection *c, CS_RETCODE code, const char *permission,
                                  struct error *error)
{
    c->outcome.drained = code == CS_END_RESULTS || code == CS_CANCELED;
    bool cancelled = atomic_load(&c->cancelled_ms) != 0;
    if (!c->outcome.drained)
        c->usable = false;
    if (cancelled && (code != CS_END_RESULTS || c->outcome.errors))
        return error_set(error, ERR_CANCELLED, c->name, NULL, "the statement was cancelled");
    if (c->timed_out)
        return error_set(error, ERR_TIMEOUT, c->name, NULL, "the server did not answer in time");
    if (c->outcome.errors)
        return tds_error_classify(error, &c->failure, permission);
    if (code != CS_END_RESULTS)
        return error_set(error, ERR_CONNECTION_LOST, c->name, NULL,
                         "the connection was lost (%s)",
                         c->client_text[0] ? c->client_text : "no reason given");
    return ERR_OK;
}

static enum error_code run(struct connection *c, const char *text, const char *permission,
                           tds_row_function *row, void *context, struct error *error)
{
    c->outcome = (struct tds_outcome){0};
    error_clear(&c->failure);
    c->client_text[0] = '\0';
    c->timed_out = false;
    if (!c->usable)
        return error_set(error, ERR_CONNECTION_LOST, c->name, NULL, "the connection is closed");
    if (atomic_load(&c->cancelled_ms) || (c->stop && atomic_load(c->stop)))
        return error_set(error, ERR_CANCELLED, c->name, NULL, "nothing was sent");
    c->deadline_ms = c->query_timeout_ms ? now_ms() + c->query_timeout_ms : TIME_UNKNOWN;
    active = c;
    CS_RETCODE code = exchange(c, text, row, context);
    active = NULL;
    return outcome_of(c, code, permission, error);
}

/* --- opening and closing ---------------------------------------------------------------------- */

static bool set_text(struct connection *c, CS_INT property, const char *text)
{
    char copy[132];
    text_copy(copy, sizeof copy, text);
    CS_RETCODE code = ct_con_props(c->handle, CS_SET, property, copy, CS_NULLTERM, NULL);
    explicit_bzero(copy, sizeof copy);
    return code == CS_SUCCEED;
}

static bool set_number(struct connection *c, CS_INT property, CS_INT number)
{
    return ct_con_props(c->handle, CS_SET, property, &number, sizeof number, NULL) == CS_SUCCEED;
}

static bool set_login(struct connection *c, const struct config_login *login, const char *password)
{
    if (login->auth == AUTH_KERBEROS)
        return set_number(c, CS_SEC_NETWORKAUTH, CS_TRUE);
    return set_text(c, CS_USERNAME, login->user) && set_text(c, CS_PASSWORD, password);
}

static bool allocate(struct connection *c)
{
    if (cs_ctx_alloc(CS_VERSION_100, &c->context) != CS_SUCCEED)
        return false;
    if (ct_init(c->context, CS_VERSION_100) != CS_SUCCEED) {
        cs_ctx_drop(c->context);
        c->context = NULL;
        return false;
    }
    return ct_callback(c->context, NULL, CS_SET, CS_CLIENTMSG_CB, __extension__(CS_VOID *)client_message) ==
               CS_SUCCEED &&
           ct_callback(c->context, NULL, CS_SET, CS_SERVERMSG_CB, __extension__(CS_VOID *)server_message) ==
               CS_SUCCEED &&
           ct_con_alloc(c->context, &c->handle) == CS_SUCCEED;
}

static enum error_code connect_failed(struct connection *c, const struct config_server *server,
                                      struct error *error)
{
    if (c->stop && atomic_load(c->stop))
        return error_set(error, ERR_CANCELLED, c->name, NULL, "connecting was cancelled");
    if (c->timed_out)
        return error_set(error, ERR_TIMEOUT, c->name, NULL,
                         "the server accepted the connection but never answered the login");
    if (c->outcome.errors)
        return tds_error_login(error, &c->failure);
    const char *hint = "is that a SQL Server port?";
    if (server->encryption == ENCRYPTION_REQUIRE)
        hint = "encryption = require: does the server offer TLS 1.2, is its certificate signed by "
               "ca_file and made for this host name?";
    else if (server->encryption == ENCRYPTION_OFF)
        hint = "encryption = off: does the server force encryption?";
    return error_set(error, ERR_UNREACHABLE, c->name, hint, "the login failed (%s)",
                     c->client_text[0] ? c->client_text : "no reason given");
}

/* The port answers; now the login, in ticks that leave room for the network's delay. */
static enum error_code log_in(struct connection *c, const struct config_server *server,
                              int64_t deadline_ms, int64_t took_ms, struct error *error)
{
    char section[32];
    snprintf(section, sizeof section, "line-%d", server->line);
    CS_INT tick_s = TICK_S + (CS_INT)(took_ms / 400);
    if (server->instance)
        tick_s = (CS_INT)((deadline_ms - now_ms()) / 1000) + 1;
    c->deadline_ms = deadline_ms;
    if (!set_number(c, CS_LOGIN_TIMEOUT, tick_s) || !set_number(c, CS_TIMEOUT, TICK_S) ||
        !set_number(c, CS_TDS_VERSION, CS_TDS_74))
        return error_set(error, ERR_FAILED, c->name, NULL, "FreeTDS refuses its settings");
    active = c;
    CS_RETCODE code = ct_connect(c->handle, section, CS_NULLTERM);
    active = NULL;
    if (code != CS_SUCCEED)
        return connect_failed(c, server, error);
    if (ct_cmd_alloc(c->handle, &c->command) != CS_SUCCEED)
        return error_set(error, ERR_FAILED, c->name, NULL, "FreeTDS has no memory");
    c->usable = true;
    return ERR_OK;
}

static bool take_session_id(void *context, const struct tds_row *row)
{
    struct connection *c = context;
    c->session_id = (int)tds_integer(row, "session_id", 0);
    return true;
}

static enum error_code begin_session(struct connection *c, const struct query *query,
                                     int64_t lock_timeout_ms, struct error *error)
{
    struct tsql_argument timeout = {.kind = ARGUMENT_INTEGER, .integer = lock_timeout_ms};
    char *text = tsql_render(query, &timeout, 1);
    enum error_code code = run(c, text, query->permission, take_session_id, c, error);
    free(text);
    return code;
}

static enum error_code open_connection(struct connection *c, const struct config_server *server,
                                       const struct config_login *login, const char *password,
                                       const struct tds_options *options, const atomic_bool *stop,
                                       struct error *error)
{
    text_copy(c->name, sizeof c->name, server->name);
    c->stop = stop;
    c->query_timeout_ms = options->query_timeout_ms;
    pthread_mutex_init(&c->mutex, NULL);
    if (login->auth == AUTH_SQL && (!login->user || !password))
        return error_set(error, ERR_NO_PASSWORD, c->name, NULL, "there is no user or password");
    int64_t begin_ms = now_ms(), took_ms = 0;
    if (!server->instance) {
        enum error_code code =
            tds_connect_try(server, options->connect_timeout_ms, stop, &took_ms, error);
        if (code)
            return code;
    }
    if (!allocate(c))
        return error_set(error, ERR_FAILED, c->name, NULL, "FreeTDS cannot be started");
    if (!set_login(c, login, password) || !set_text(c, CS_APPNAME, options->application))
        return error_set(error, ERR_CONFIG, c->name, NULL,
                         "user, password and application name must not exceed 128 bytes");
    return log_in(c, server, begin_ms + options->connect_timeout_ms, took_ms, error);
}

static void close_connection(struct connection *c)
{
    pthread_mutex_lock(&c->mutex);
    c->usable = false;
    pthread_mutex_unlock(&c->mutex);
    if (c->command)
        ct_cmd_drop(c->command);
    if (c->handle) {
        ct_close(c->handle, CS_FORCE_CLOSE);
        ct_con_drop(c->handle);
    }
    if (c->context) {
        ct_exit(c->context, CS_FORCE_EXIT);
        cs_ctx_drop(c->context);
    }
    pthread_mutex_destroy(&c->mutex);
}

static void cancel(struct connection *c)
{
    pthread_mutex_lock(&c->mutex);
    atomic_store(&c->cancelled_ms, now_ms());
    if (c->busy)
        ct_cancel(c->handle, NULL, CS_CANCEL_ATTN);
    pthread_mutex_unlock(&c->mutex);
}

/* --- reading ---------------------------------------------------------------------------------- */

struct tds_reader *tds_reader_open(const struct config_server *server, const char *password,
                                   const struct tds_options *options, const atomic_bool *stop,
                                   struct error *error)
{
    struct tds_reader *reader = memory_new(sizeof *reader);
    struct connection *c = &reader->connection;
    c->cancel_patience_ms = CANCEL_PATIENCE_MS;
    if (open_connection(c, server, &server->monitor, password, options, stop, error) == ERR_OK &&
        begin_session(c, &query_reader_session, options->lock_timeout_ms, error) == ERR_OK)
        return reader;
    tds_reader_close(reader);
    return NULL;
}

enum error_code tds_reader_run(struct tds_reader *reader, const struct query *query,
                               const struct tsql_argument *arguments, size_t arguments_count,
                               tds_row_function *row, void *context, struct error *error)
{
    struct connection *c = &reader->connection;
    char *text = tsql_render(query, arguments, arguments_count);
    if (!text)
        return error_set(error, ERR_SERVER_ERROR, c->name, NULL,
                         "a name in the statement \"%s\" cannot be quoted safely", query->name);
    c->message = NULL;
    enum error_code code = run(c, text, query->permission, row, context, error);
    free(text);
    return code;
}

void tds_reader_cancel(struct tds_reader *reader)
{
    cancel(&reader->connection);
}

bool tds_reader_is_usable(const struct tds_reader *reader)
{
    return reader->connection.usable;
}

void tds_reader_close(struct tds_reader *reader)
{
    if (!reader)
        return;
    close_connection(&reader->connection);
    free(reader);
}

/* --- writing ---------------------------------------------------------------------------------- */

struct tds_writer *tds_writer_open(const struct permit *permit, const struct config_server *server,
                                   const char *password, const struct tds_options *options,
                                   const atomic_bool *stop, struct error *error)
{
    if (!permit || !permit_possible()) {
        error_set(error, ERR_REFUSED, server->name, NULL, "there is no permit to write");
        return NULL;
    }
    if (!server->has_restore_login) {
        error_set(error, ERR_NO_PASSWORD, server->name, "set restore_user in stopmark.ini",
                  "the server has no restore login");
        return NULL;
    }
    struct tds_writer *writer = memory_new(sizeof *writer);
    struct connection *c = &writer->connection;
    c->cancel_patience_ms = WRITER_CANCEL_PATIENCE_MS;
    if (open_connection(c, server, &server->restore, password, options, stop, error) == ERR_OK &&
        begin_session(c, &query_writer_session, options->lock_timeout_ms, error) == ERR_OK)
        return writer;
    tds_writer_close(writer);
    return NULL;
}

enum error_code tds_writer_run(struct tds_writer *writer, const char *text,
                               tds_message_function *message, tds_row_function *row,
                               void *context, struct tds_outcome *outcome, struct error *error)
{
    struct connection *c = &writer->connection;
    c->message = message;
    c->message_context = context;
    enum error_code code = run(c, text, NULL, row, context, error);
    c->message = NULL;
    atomic_store(&c->cancelled_ms, 0); /* a cancel ends one statement, not the connection */
    if (outcome)
        *outcome = c->outcome;
    return code;
}

void tds_writer_set_timeout(struct tds_writer *writer, int64_t query_timeout_ms)
{
    writer->connection.query_timeout_ms = query_timeout_ms;
}

void tds_writer_cancel(struct tds_writer *writer)
{
    cancel(&writer->connection);
}

int tds_writer_session_id(const struct tds_writer *writer)
{
    return writer->connection.session_id;
}

bool tds_writer_is_usable(const struct tds_writer *writer)
{
    return writer->connection.usable;
}

void tds_writer_close(struct tds_writer *writer)
{
    if (!writer)
        return;
    close_connection(&writer->connection);
    free(writer);
}
