#include <string.h>

#include "core/base/text.h"
#include "tests/lab/admin.h"
#include "tests/lab/engine.h"
#include "tests/lab/model.h"
#include "tests/lab/reply.h"

enum {
    COMMAND_ALTER_DATABASE = 215,
    COMMAND_DROP_DATABASE = 204,
    COMMAND_KILL = 253,
    COMMAND_COMPILE = 253
};

static bool fail_alter(struct reply *reply, int line)
{
    reply_error(reply, 5069, 16, 1, line, "", "ALTER DATABASE failed.");
    reply_done(reply, REPLY_BATCH, DONE_ERROR, COMMAND_ALTER_DATABASE, 0);
    return false;
}

/* Ends the other sessions of a database; 5060 twice where there were any. */
static bool evict(struct session *session, struct database *database, bool rollback_immediate,
                  int line, struct reply *reply)
{
    bool any = false;
    for (struct session *other = session->instance->sessions; other != NULL; other = other->next) {
        if (other != session && !other->killed &&
            (other->database == database || other->restoring == database)) {
            if (!rollback_immediate) {
                reply_error(reply, 5070, 16, 2, line, "",
                            "The state cannot be changed while other users use database '%s'.",
                            database->name);
                return false;
            }
            other->killed = true;
            any = true;
        }
    }
    if (any) {
        /* captured: who had to end others holds the database, who found it free does not */
        database->single_user = session;
        lab_changed();
        reply_info(reply, 5060, 2, line, "", "Open transactions are being rolled back: 0%%.");
        reply_info(reply, 5060, 1, line, "", "Open transactions are being rolled back: 100%%.");
    }
    return true;
}

static bool apply(struct session *session, struct database *database,
                  const struct alter_database_statement *statement, struct reply *reply)
{
    switch (statement->action) {
    case ALTER_RECOVERY_MODEL:
        database_set_recovery_model(database, statement->value);
        return true;
    case ALTER_USER_ACCESS:
        database->single_user = NULL;
        if (statement->value != 0 &&
            !evict(session, database, statement->rollback_immediate, statement->line, reply)) {
            return false;
        }
        database->user_access = statement->value;
        return true;
    case ALTER_OFFLINE:
        if (!evict(session, database, statement->rollback_immediate, statement->line, reply)) {
            return false;
        }
        database->state = DATABASE_OFFLINE;
        return true;
    case ALTER_ONLINE:
        database->state = DATABASE_ONLINE;
        return true;
    case ALTER_READ_ONLY:
    case ALTER_READ_WRITE:
        database->read_only = statement->action == ALTER_READ_ONLY;
        return true;
    }
    return false;
}

static const char *access_option(int user_access)
{
    static const char *const names[] = {"MULTI_USER", "SINGLE_USER", "RESTRICTED_USER"};

    return names[user_access];
}

/* What is refused before the database is looked at: no 5069 follows. Captured. */
static bool refuse_early(const struct session *session, const struct database *database,
                         const struct alter_database_statement *statement, struct reply *reply)
{
    int command = COMMAND_COMPILE;

    if (session->transaction_depth > 0) {
        reply_error(reply, 226, 16, 6, statement->line, "",
                    "ALTER DATABASE is not allowed inside a transaction.");
        command = COMMAND_ALTER_DATABASE;
    } else if (statement->current && database != NULL && database->system) {
        reply_error(reply, 12104, 16, 2, statement->line, "",
                    "'%s' is a system database: ALTER DATABASE CURRENT cannot alter it.",
                    database->name);
    } else if (statement->action == ALTER_USER_ACCESS && database != NULL && database->system) {
        reply_error(reply, 5058, 16, 5, statement->line, "",
                    "Option '%s' cannot be set in database '%s'.",
                    access_option(statement->value), database->name);
    } else {
        return false;
    }
    reply_done(reply, REPLY_BATCH, DONE_ERROR, command, 0);
    return true;
}

bool admin_alter_database(struct session *session, const struct alter_database_statement *statement,
                          struct reply *reply)
{
    struct database *database = instance_database(session->instance, statement->database);
    if (refuse_early(session, database, statement, reply)) {
        return false;
    }
    if (database == NULL || session_permission(session, NULL, NULL, "ALTER ANY DATABASE") != 1) {
        reply_error(reply, 5011, 14, 5, statement->line, "",
                    "Database '%s' does not exist, or the login may not alter it.",
                    statement->database);
        return fail_alter(reply, statement->line);
    }
    if (database->state == DATABASE_RESTORING ||
        (database->state == DATABASE_OFFLINE && statement->action != ALTER_ONLINE)) {
        reply_error(reply, 5052, 16, 1, statement->line, "",
                    "ALTER DATABASE is not possible while the database is %s.",
                    database->state == DATABASE_RESTORING ? "Restoring" : "Offline");
        return fail_alter(reply, statement->line);
    }
    if (session_single_user(session, database) != NULL) {
        reply_error(reply, 5064, 16, 1, statement->line, "",
                    "Database '%s' is in single-user mode and has its one user.", database->name);
        return fail_alter(reply, statement->line);
    }
    if (!apply(session, database, statement, reply)) {
        return fail_alter(reply, statement->line);
    }
    reply_done(reply, REPLY_BATCH, DONE_FINAL, COMMAND_ALTER_DATABASE, 0);
    lab_changed();
    return true;
}

bool admin_drop_database(struct session *session, const char *name, int line, struct reply *reply)
{
    struct database *database = instance_database(session->instance, name);
    bool allowed = session_permission(session, NULL, NULL, "ALTER ANY DATABASE") == 1;
    if (database != NULL && database->system) {
        reply_error(reply, 3708, 16, 4, line, "",
                    "The database '%s' cannot be dropped: it is a system database.", name);
        reply_done(reply, REPLY_BATCH, DONE_ERROR, COMMAND_COMPILE, 0);
        return false;
    }
    if (database == NULL || !allowed) {
        reply_error(reply, 3701, 11, 1, line, "",
                    "The database '%s' cannot be dropped: it does not exist, or the login may"
                    " not.",
                    name);
        reply_done(reply, REPLY_BATCH, DONE_ERROR, COMMAND_DROP_DATABASE, 0);
        return false;
    }
    const struct session *holder = session_single_user(session, database);
    for (const struct session *other = session->instance->sessions; other != NULL;
         other = other->next) {
        bool uses = other->database == database || other->restoring == database;
        if (!other->killed && (other == holder || uses)) {
            reply_error(reply, 3702, 16, 4, line, "",
                        "The database \"%s\" cannot be dropped: it is in use.", database->name);
            reply_done(reply, REPLY_BATCH, DONE_ERROR, COMMAND_DROP_DATABASE, 0);
            return false;
        }
    }
    engine_content_drop(session->instance->engine, database);
    database->dropped = true;
    reply_done(reply, REPLY_BATCH, DONE_FINAL, COMMAND_DROP_DATABASE, 0);
    lab_changed();
    return true;
}

bool admin_kill(struct session *session, int spid, int line, struct reply *reply)
{
    if (session_permission(session, NULL, NULL, "ALTER ANY CONNECTION") != 1) {
        reply_error(reply, 6102, 14, 1, line, "", "The login may not use KILL.");
        reply_done(reply, REPLY_BATCH, DONE_ERROR, COMMAND_KILL, 0);
        return false;
    }
    if (spid == session->spid) {
        reply_error(reply, 6104, 16, 1, line, "", "A session cannot KILL itself.");
        reply_done(reply, REPLY_BATCH, DONE_ERROR, COMMAND_KILL, 0);
        return false;
    }
    for (struct session *other = session->instance->sessions; other != NULL; other = other->next) {
        if (other->spid == spid) {
            other->killed = true;
            lab_changed();
            reply_done(reply, REPLY_BATCH, DONE_FINAL, COMMAND_KILL, 0);
            return true;
        }
    }
    reply_error(reply, 6106, 16, 1, line, "", "There is no active session %d.", spid);
    reply_done(reply, REPLY_BATCH, DONE_ERROR, COMMAND_KILL, 0);
    return false;
}
