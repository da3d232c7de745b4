#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "tests/lab/agent.h"
#include "tests/lab/engine.h"
#include "tests/lab/reply.h"

struct session *session_open_internal(struct instance *instance, const char *database,
                                      const char *application, struct reply *reply)
{
    struct session *session = memory_new(sizeof *session);
    session->instance = instance;
    session->login = instance_login(instance, "NT SERVICE\\SQLSERVERAGENT");
    session->database = instance_database(instance, database);
    if (session->database == NULL) {
        session->database = instance_database(instance, "master");
    }
    session->spid = instance_take_spid(instance);
    text_copy(session->application, sizeof session->application, application);
    text_copy(session->host, sizeof session->host, instance->name);
    session->socket_fd = -1;
    session->reply = reply;
    text_copy(session->interface, sizeof session->interface, "ODBC");
    session->isolation_level = SESSION_READ_COMMITTED;
    session->lock_timeout_ms = -1;
    session->login_utc_ms = instance_now_utc_ms(instance);
    session->request_started_utc_ms = session->login_utc_ms;
    session->next = instance->sessions;
    instance->sessions = session;
    engine_session_open(session);
    return session;
}

void session_close_internal(struct session *session)
{
    engine_session_close(session);
    session_release(session);
    struct session **at = &session->instance->sessions;
    while (*at != session) {
        at = &(*at)->next;
    }
    *at = session->next;
    free(session->batch_text);
    free(session);
    lab_changed();
}
