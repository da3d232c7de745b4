#include "tests/lab/wire_connection.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/log.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "tests/lab/engine.h"
#include "tests/lab/estate.h"
#include "tests/lab/wire_reply.h"
#include "tests/lab/wire_request.h"
#include "tests/lab/wire_settings.h"
#include "tests/lab/wire_tls.h"
#include "tests/lab/wire_wait.h"

enum { LOGIN_TIMEOUT_MS = 60000, ATTENTION_COMMAND = 253, KILLED_COMMAND = 253 };

/* --- towards the client ----------------------------------------------------------------------- */

bool connection_send(struct connection *connection, bool end)
{
    /* as many full packets as fit into 64 KB, so that only the last one is short */
    size_t room = (size_t)connection->packets.packet_size - PACKET_HEADER_SIZE;
    size_t max = room * (65536 / room);
    struct str out = {0};
    bool sent = true, more = true;

    while (sent && more) {
        str_clear(&out);
        more = reply_take(connection->reply, &out, max);
        if (out.length > 0 || (end && !more))
            sent = packet_send(&connection->packets, PACKET_REPLY, str_text(&out), out.length,
                               end && !more);
    }
    str_free(&out);
    return sent;
}

static struct connection *of_link(struct session_link *link)
{
    return (struct connection *)(void *)link;
}

static bool flush_link(struct session_link *link)
{
    return connection_send(of_link(link), false);
}

static enum session_end look_at_link(struct session_link *link)
{
    switch (packet_look_for_attention(&of_link(link)->packets)) {
    case PACKET_COMPLETE: return SESSION_ATTENTION;
    case PACKET_WAITING: return SESSION_GO_ON;
    default: return SESSION_DISCONNECTED;
    }
}

/* A killed session is not kept, with its locks, by a client that does not read. */
static bool is_killed(void *context)
{
    const struct connection *connection = context;

    lab_lock();
    bool killed = connection->session != NULL && connection->session->killed;
    lab_unlock();
    return killed;
}

static bool refuse(const struct connection *connection, const char *why)
{
    log_write(LOG_WARNING, "%s: connection %u closed: %s", connection->instance->name,
              connection->number, why);
    return false;
}

/* --- from the client -------------------------------------------------------------------------- */

/* Sleeps until the socket has something; false where the connection is to end. */
static bool wait_for_client(struct connection *connection)
{
    if (connection->session == NULL) {
        struct pollfd readable = {.fd = connection->fd, .events = POLLIN};
        return poll(&readable, 1, LOGIN_TIMEOUT_MS) > 0;
    }
    lab_lock();
    if (!connection->session->killed && !connection->session->disconnected)
        lab_wait(connection->fd, POLLIN | POLLRDHUP, -1, connection->session);
    bool go_on = !connection->session->killed && !connection->session->disconnected;
    lab_unlock();
    return go_on;
}

/* A stalled server takes what is sent and says nothing. False where it ends meanwhile. */
static bool wait_while_stalled(struct connection *connection)
{
    short seen = 0;

    lab_lock();
    while (connection->instance->stalled && (seen & (POLLHUP | POLLERR | POLLRDHUP)) == 0)
        seen = lab_wait(connection->fd, POLLRDHUP, -1, NULL);
    lab_unlock();
    return (seen & (POLLHUP | POLLERR | POLLRDHUP)) == 0;
}

/* Waits for a whole message. False where the connection is to end. */
static bool receive(struct connection *connection)
{
    enum packet_progress progress = packet_receive(&connection->packets);

    while (progress == PACKET_WAITING) {
        if (!wait_for_client(connection))
            return false;
        progress = packet_receive(&connection->packets);
    }
    if (progress == PACKET_MALFORMED)
        return refuse(connection, connection->packets.fault);
    return progress == PACKET_COMPLETE && wait_while_stalled(connection);
}

/* --- before the session ----------------------------------------------------------------------- */

/* What both sides can do; -1 where they cannot agree. login_only: plain again after LOGIN7. Source:
 * MS-TDS, PRELOGIN, table of ENCRYPTION. */
static int agree_encryption(const struct connection *connection, int client, bool *login_only)
{
    enum wire_encryption server = wire_encryption_of(connection->instance);
    bool client_can = client == ENCRYPTION_OFF || client == ENCRYPTION_ON ||
                      client == ENCRYPTION_REQUIRED;

    *login_only = false;
    if (server == WIRE_PLAIN)
        return ENCRYPTION_NOT_SUPPORTED;
    if (server == WIRE_TLS_LOGIN) {
        *login_only = client == ENCRYPTION_OFF;
        return !client_can ? ENCRYPTION_NOT_SUPPORTED : *login_only ? ENCRYPTION_OFF
                                                                    : ENCRYPTION_ON;
    }
    return client == ENCRYPTION_ON && server == WIRE_TLS_ON ? ENCRYPTION_ON : ENCRYPTION_REQUIRED;
}

/* The handshake rides in packets of PRELOGIN's type until it is done. */
static bool shake_hands(struct connection *connection)
{
    struct packet_link *packets = &connection->packets;
    struct tls *tls = tls_new(atomic_load(&connection->instance->wire->identity));
    enum tls_progress progress = TLS_GOING_ON;
    bool sent = true;

    while (sent && progress == TLS_GOING_ON && receive(connection) &&
           packets->body_type == PACKET_PRELOGIN) {
        struct str out = {0};
        progress = tls_handshake(tls, str_text(&packets->body), packets->body.length, &out);
        if (out.length > 0)
            sent = packet_send(packets, PACKET_PRELOGIN, out.text, out.length, true);
        str_free(&out);
        packet_next(packets);
    }
    if (sent && progress == TLS_ESTABLISHED) {
        packet_link_start_tls(packets, tls);
        return true;
    }
    tls_free(tls);
    return refuse(connection, "the TLS handshake failed");
}

/* Answers PRELOGIN and does what was agreed. */
static bool answer_prelogin(struct connection *connection)
{
    const struct str *body = &connection->packets.body;
    const struct instance *instance = connection->instance;
    struct prelogin prelogin;
    struct str out = {0};
    const char *fault = prelogin_read(&prelogin, str_text(body), body->length);

    if (fault != NULL)
        return refuse(connection, fault);
    int agreed = agree_encryption(connection, prelogin.encryption, &connection->tls_login_only);
    prelogin_answer(&out, instance->major_version, instance->minor_version, instance->build,
                    agreed);
    bool sent = packet_send(&connection->packets, PACKET_REPLY, out.text, out.length, true);
    str_free(&out);
    packet_next(&connection->packets);
    if (!sent || agreed == ENCRYPTION_NOT_SUPPORTED)
        return sent;
    if (prelogin.encryption == ENCRYPTION_NOT_SUPPORTED || prelogin.encryption < 0)
        return refuse(connection, "a client without TLS where it is required");
    return shake_hands(connection);
}

static bool log_in(struct connection *connection)
{
    struct packet_link *packets = &connection->packets;
    struct login_request request;
    const char *fault = login_read(&request, str_text(&packets->body), packets->body.length);

    if (packets->body.length > 0)
        explicit_bzero(packets->body.text, packets->body.length);
    packet_next(packets);
    if (connection->tls_login_only)
        packet_link_end_tls(packets);
    if (fault != NULL) {
        login_forget(&request);
        return refuse(connection, fault);
    }
    lab_lock();
    bool accepted = !connection->instance->stopped && connection_log_in(connection, &request);
    lab_unlock();
    login_forget(&request);
    bool sent = connection->reply != NULL && connection_send(connection, true);
    packets->packet_size = connection->packet_size; /* from the next message on */
    packets->logged_in = accepted;
    return accepted && sent;
}

static bool open_connection(struct connection *connection)
{
    if (!receive(connection))
        return false;
    if (connection->packets.body_type == PACKET_PRELOGIN &&
        (!answer_prelogin(connection) || !receive(connection)))
        return false;
    if (connection->packets.body_type != PACKET_LOGIN7)
        return refuse(connection, "no LOGIN7 where one is due");
    return log_in(connection);
}

/* --- requests --------------------------------------------------------------------------------- */

/* What dm_exec_requests shows while it runs. Takes text. False where the session was ended before
 * the request came. */
static bool begin_request(struct connection *connection, char *text)
{
    struct session *session = connection->session;

    if (session->killed || session->disconnected) {
        free(text);
        return false;
    }
    if (connection->packets.body_reset)
        connection_reset_session(connection);
    session->attention = false;
    session->running = true;
    session->request_started_utc_ms = instance_now_utc_ms(connection->instance);
    free(session->batch_text);
    session->batch_text = text;
    session->reply = connection->reply;
    reply_begin(connection->reply);
    if (connection->packets.body_reset)
        reply_session_reset(connection->reply);
    return true;
}

static void end_request(struct connection *connection)
{
    struct session *session = connection->session;

    session->running = false;
    session->reply = NULL;
    session->command[0] = '\0';
    session->wait_type[0] = '\0';
    session->percent_complete = 0;
    session->estimated_completion_ms = 0;
    session->blocking_spid = 0;
    session->restoring = NULL;
}

static bool acknowledge_attention(struct connection *connection)
{
    reply_begin(connection->reply);
    reply_done(connection->reply, REPLY_BATCH, DONE_ATTENTION, ATTENTION_COMMAND, 0);
    reply_end(connection->reply, false);
    return connection_send(connection, true);
}

/* --- how long the client takes ------------------------------------------------------------------ */

static int64_t monotonic_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Notes when the reply of a RESTORE went out, or when the request behind it had come. */
static void note_time(struct connection *connection, int64_t at_us, bool is_request)
{
    struct session *session = connection->session;
    lab_lock();
    if (session->timed_record > 0) {
        struct lab *lab = connection->instance->lab;
        struct restore_record *record = &lab->restores[session->timed_record - 1];
        if (is_request) {
            record->next_request_us = at_us;
            session->timed_record = 0;
        } else {
            record->done_sent_us = at_us;
        }
    }
    lab_unlock();
}

/* Ends the reply of a request that ran, with the lock held until it is complete. A request that an
 * attention ended has two messages: its rest, then the acknowledgement. */
static bool finish_request(struct connection *connection, bool go_on)
{
    struct session *session = connection->session;
    bool attention = session->attention;
    bool killed = session->killed;

    if (killed) {
        reply_error(connection->reply, 596, 21, 1, 1, NULL,
                    "Cannot continue the execution because the session is in the kill state.");
        reply_done(connection->reply, REPLY_BATCH, DONE_FATAL | DONE_ERROR, KILLED_COMMAND,
                   0);
    }
    reply_end(connection->reply, attention);
    session->attention = false;
    end_request(connection);
    bool gone = session->disconnected, timed = session->timed_record > 0;
    lab_unlock();
    int64_t sent_us = timed ? monotonic_us() : 0;
    if (gone || !connection_send(connection, true))
        return false;
    if (timed)
        note_time(connection, sent_us, false);
    if (attention && !killed && !acknowledge_attention(connection))
        return false;
    return go_on && !killed;
}

static bool run_batch(struct connection *connection)
{
    const struct str *body = &connection->packets.body;
    char *text;
    const char *fault =
        request_read_batch(str_text(body), body->length, connection->tds_version, &text);

    if (fault != NULL)
        return refuse(connection, fault);
    log_write(LOG_DEBUG, "%s: spid %d: %s", connection->instance->name, connection->session->spid,
              text);
    lab_lock();
    bool go_on = begin_request(connection, text) &&
                 engine_run_batch(connection->session, text, connection->reply);
    return finish_request(connection, go_on);
}

static bool run_transaction(struct connection *connection)
{
    const struct str *body = &connection->packets.body;
    char *text;
    const char *fault =
        request_read_transaction(str_text(body), body->length, connection->tds_version, &text);

    if (fault != NULL)
        return refuse(connection, fault);
    lab_lock();
    /* a statement that failed is the client's affair, not the connection's end */
    bool go_on = begin_request(connection, text);
    if (go_on)
        engine_run_internal(connection->session, text, connection->reply);
    return finish_request(connection, go_on);
}

static bool run_call(struct connection *connection, struct request_call *call)
{
    if (text_equal_nocase(call->name, "sp_reset_connection")) {
        connection_reset_session(connection);
        reply_session_reset(connection->reply);
        reply_return_status(connection->reply, 0);
        reply_done(connection->reply, REPLY_END_OF_PROCEDURE, 0, 224, 0);
        return true;
    }
    return engine_run_procedure(connection->session, call->name, call->parameters,
                                call->parameters_count, connection->reply);
}

/* The text that a call runs, for dm_exec_requests; owned. */
static char *call_text(const struct request_call *call)
{
    const struct engine_parameter *first = call->parameters;
    bool has_text = call->parameters_count > 0 && first->type.kind == SQL_NVARCHAR &&
                    !first->value.null && text_equal_nocase(call->name, "sp_executesql");

    return memory_copy_text(has_text ? first->value.bytes : call->name);
}

static bool run_calls(struct connection *connection)
{
    const struct str *body = &connection->packets.body;
    struct byte_reader reader = {.data = (const uint8_t *)str_text(body), .length = body->length};
    const char *fault = request_skip_headers(&reader, connection->tds_version);
    bool go_on = true, begun = false;

    do {
        struct request_call call = {0};
        if (fault == NULL)
            fault = request_read_call(&reader, connection->tds_version, &call);
        if (fault == NULL) {
            lab_lock();
            if (!begun)
                go_on = begin_request(connection, call_text(&call));
            begun = true;
            go_on = go_on && run_call(connection, &call) &&
                    session_state(connection->session) == SESSION_GO_ON;
            lab_unlock();
        }
        request_free_call(&call);
    } while (fault == NULL && go_on && reader_left(&reader) > 0);
    lab_lock();
    if (fault == NULL)
        return finish_request(connection, go_on || connection->session->attention);
    end_request(connection);
    lab_unlock();
    return refuse(connection, fault);
}

static bool serve_request(struct connection *connection)
{
    struct packet_link *packets = &connection->packets;
    bool go_on;

    if (connection->session->timed_record > 0) /* only this thread sets it */
        note_time(connection, monotonic_us(), true);
    switch (packets->body_type) {
    case PACKET_ATTENTION: go_on = acknowledge_attention(connection); break;
    case PACKET_SQL_BATCH: go_on = run_batch(connection); break;
    case PACKET_RPC: go_on = run_calls(connection); break;
    case PACKET_TRANSACTION: go_on = run_transaction(connection); break;
    default: go_on = refuse(connection, "a packet type that has no place after the login"); break;
    }
    packet_next(packets);
    return go_on;
}

void connection_run(struct connection *connection)
{
    connection->link = (struct session_link){.flush = flush_link, .look = look_at_link};
    packet_link_open(&connection->packets, connection->fd, connection->instance->wire);
    connection->packets.stream.given_up = is_killed;
    connection->packets.stream.context = connection;
    if (open_connection(connection)) {
        while (receive(connection) && serve_request(connection))
            continue;
    }
    lab_lock();
    connection_log_out(connection);
    lab_unlock();
    reply_free(connection->reply);
    packet_link_free(&connection->packets);
}
