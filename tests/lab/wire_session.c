#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "tests/lab/engine.h"
#include "tests/lab/estate.h"
#include "tests/lab/wire_connection.h"
#include "tests/lab/wire_reply.h"
#include "tests/lab/wire_types.h"

enum { DEFAULT_TEXT_SIZE = 4096 };

/* The version that both sides speak. */
static uint32_t agree_version(uint32_t asked)
{
    if (asked >= TDS_7_4)
        return TDS_7_4;
    if (asked >= TDS_7_3_B)
        return TDS_7_3_B;
    if (asked >= TDS_7_3_A)
        return TDS_7_3_A;
    if (asked >= TDS_7_2)
        return TDS_7_2;
    return asked;
}

static int agree_packet_size(uint32_t asked)
{
    if (asked == 0)
        return PACKET_SIZE_DEFAULT;
    if (asked < PACKET_SIZE_MIN)
        return PACKET_SIZE_MIN;
    return asked > PACKET_SIZE_MAX ? PACKET_SIZE_MAX : (int)asked;
}

static void set_defaults(struct connection *connection)
{
    struct session *session = connection->session;

    session->database = connection->login_database;
    session->lock_timeout_ms = -1;
    session->xact_abort = session->nocount = session->implicit_transactions = false;
    session->deadlock_priority = 0;
    session->isolation_level = SESSION_READ_COMMITTED;
    /* ODBC's login sets it, others keep the protocol's default */
    session->text_size = connection->odbc ? INT32_MAX : DEFAULT_TEXT_SIZE;
}

static void open_session(struct connection *connection, struct login *login,
                         const struct login_request *request)
{
    struct instance *instance = connection->instance;
    struct session *session = memory_new(sizeof *session);

    session->instance = instance;
    session->login = login;
    session->spid = instance_take_spid(instance);
    session->socket_fd = connection->fd;
    session->link = &connection->link;
    session->login_utc_ms = instance_now_utc_ms(instance);
    text_copy(session->application, sizeof session->application, request->application);
    text_copy(session->host, sizeof session->host, request->host);
    text_copy(session->interface, sizeof session->interface, request->interface);
    connection->session = session;
    connection->packets.spid = (uint16_t)session->spid;
    set_defaults(connection);

    struct session **end = &instance->sessions;
    while (*end != NULL)
        end = &(*end)->next;
    *end = session;
    engine_session_open(session);
}

void connection_log_out(struct connection *connection)
{
    struct session *session = connection->session;

    if (session == NULL)
        return;
    session->disconnected = true;
    session->reply = NULL;
    for (size_t i = 0; i < session->instance->databases_count; i++) {
        if (session->instance->databases[i]->single_user == session)
            session->instance->databases[i]->single_user = NULL;
    }
    engine_session_close(session);
    session_release(session);
    struct session **at = &connection->instance->sessions;
    while (*at != NULL && *at != session)
        at = &(*at)->next;
    if (*at == session)
        *at = session->next;
    connection->session = NULL;
    lab_changed();
    free(session->batch_text);
    free(session);
}

void connection_reset_session(struct connection *connection)
{
    engine_session_close(connection->session);
    session_release(connection->session);
    set_defaults(connection);
    engine_session_open(connection->session);
    lab_changed();
}

/* --- the login -------------------------------------------------------------------------------- */

/* Source: SQL Server tells a client that failed only this; the reason stays in its error log. */
static void refuse_login(struct reply *reply, const char *user)
{
    reply_error(reply, 18456, 14, 1, 1, NULL, "Login failed for user '%s'.", user);
}

/* Source: the catalogue's 18486 to 18488: told to who knows the password. */
static void refuse_state(struct reply *reply, const struct login *login)
{
    int number = login->state == LOGIN_LOCKED    ? 18486
                 : login->state == LOGIN_EXPIRED ? 18487
                                                 : 18488;

    reply_error(reply, number, 14, 1, 1, NULL, "Login failed for user '%s'. Reason: %s.",
                login->name,
                number == 18486   ? "the account is locked out"
                : number == 18487 ? "the password of the account has expired"
                                  : "the password of the account must be changed");
}

static struct login *check_login(struct connection *connection,
                                 const struct login_request *request)
{
    struct login *login = instance_login(connection->instance, request->user);

    if (request->integrated) {
        reply_error(connection->reply, 18452, 14, 1, 1, NULL,
                    "Login failed. The login is from an untrusted domain and cannot be used with "
                    "Integrated authentication.");
        return NULL;
    }
    if (login == NULL || strcmp(login->password, request->password) != 0) {
        refuse_login(connection->reply, request->user);
        return NULL;
    }
    if (login->disabled) {
        reply_error(connection->reply, 18470, 14, 1, 1, NULL,
                    "Login failed for user '%s'. Reason: The account is disabled.", login->name);
        return NULL;
    }
    if (login->state != LOGIN_GOOD) {
        refuse_state(connection->reply, login);
        return NULL;
    }
    return login;
}

/* True if a session of this login may be in the database now. */
static bool may_open(struct connection *connection, struct login *login, struct database *database)
{
    struct session probe = {.instance = connection->instance,
                            .login = login,
                            .database = database,
                            .socket_fd = -1};

    if (database == NULL || database->dropped || database->state != DATABASE_ONLINE)
        return false;
    struct reply *sink = reply_new_sink();
    probe.reply = sink;
    bool may = session_may_use(&probe, database, sink);
    reply_free(sink);
    return may;
}

static void acknowledge(struct connection *connection, const struct login_request *request)
{
    struct instance *instance = connection->instance;
    struct reply *reply = connection->reply;

    reply_login_database(reply, "master", connection->login_database->name);
    reply_collation(reply, instance->case_sensitive);
    reply_language(reply, "us_english");
    reply_login_acknowledged(reply, connection->tds_version, instance->major_version,
                             instance->minor_version, instance->build);
    reply_packet_size(reply, PACKET_SIZE_DEFAULT, connection->packet_size);
    if (request->features_asked) {
        static const char utf8_supported[] = {0x0A, 1, 0, 0, 0, 1};
        reply_feature_acknowledged(reply, utf8_supported,
                                   request->utf8_asked ? sizeof utf8_supported : 0);
    }
    reply_done(reply, REPLY_BATCH, 0, 0, 0);
    reply_end(reply, false);
}

bool connection_log_in(struct connection *connection, const struct login_request *request)
{
    struct instance *instance = connection->instance;

    connection->tds_version = agree_version(request->tds_version);
    connection->odbc = request->odbc;
    connection->packet_size = agree_packet_size(request->packet_size);
    connection->reply = reply_new(connection->tds_version, instance->name);
    struct login *login = check_login(connection, request);
    const char *name = request->database[0] != '\0' ? request->database : "master";
    if (login != NULL) {
        connection->login_database = instance_database(instance, name);
        if (!may_open(connection, login, connection->login_database)) {
            reply_error(connection->reply, 4060, 11, 1, 1, NULL,
                        "Cannot open database \"%s\" requested by the login. The login failed.",
                        name);
            refuse_login(connection->reply, request->user);
            login = NULL;
        }
    }
    if (login == NULL) {
        reply_done(connection->reply, REPLY_BATCH, DONE_ERROR, 0, 0);
        reply_end(connection->reply, false);
        return false;
    }
    open_session(connection, login, request);
    acknowledge(connection, request);
    return true;
}
