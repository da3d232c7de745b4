#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "tests/lab/engine.h"
#include "tests/lab/model.h"
#include "tests/lab/reply.h"

struct login *instance_add_login(struct instance *instance, const char *name, const char *password,
                                 unsigned permissions)
{
    struct login *login = memory_append(instance, logins);
    text_copy(login->name, sizeof login->name, name);
    text_copy(login->password, sizeof login->password, password);
    login->permissions = permissions | PERMISSION_VIEW_ANY_DATABASE;
    login->created_utc_ms = lab_now_utc_ms(instance->lab);
    if (strcmp(name, "sa") == 0) {
        memset(login->sid, 0, sizeof login->sid);
        login->sid[0] = 1;
        login->principal_id = 1;
    } else {
        lab_random_guid(instance->lab, login->sid);
        login->principal_id = 256 + (int)instance->logins_count;
    }
    return login;
}

bool login_set_state(struct login *login, const char *word)
{
    static const char *const words[] = {"good", "locked", "expired", "must-change"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (text_equal_nocase(words[i], word)) {
            login->state = i;
            login->disabled = false;
            return true;
        }
    }
    if (text_equal_nocase(word, "disabled")) {
        login->disabled = true;
        return true;
    }
    return false;
}

struct login *instance_login(struct instance *instance, const char *name)
{
    for (size_t i = 0; i < instance->logins_count; i++) {
        struct login *login = &instance->logins[i];
        if (instance->case_sensitive ? text_equal(login->name, name)
                                     : text_equal_nocase(login->name, name)) {
            return login;
        }
    }
    return NULL;
}

bool session_is_sysadmin(const struct session *session)
{
    return session->login == NULL || (session->login->permissions & PERMISSION_SYSADMIN) != 0;
}

static bool has(const struct session *session, unsigned permission)
{
    return session_is_sysadmin(session) || (session->login->permissions & permission) != 0;
}

struct permission_name {
    const char *name;
    unsigned permissions; /* any of them */
};

static const struct permission_name server_permissions[] = {
    {"VIEW SERVER STATE", PERMISSION_VIEW_SERVER_STATE},
    {"VIEW SERVER PERFORMANCE STATE", PERMISSION_VIEW_SERVER_STATE},
    {"VIEW SERVER SECURITY STATE", PERMISSION_VIEW_SERVER_STATE},
    {"VIEW ANY DEFINITION", PERMISSION_VIEW_ANY_DEFINITION},
    {"VIEW ANY DATABASE", PERMISSION_VIEW_ANY_DATABASE},
    {"CREATE ANY DATABASE", PERMISSION_CREATE_ANY_DATABASE | PERMISSION_ALTER_ANY_DATABASE},
    {"ALTER ANY DATABASE", PERMISSION_ALTER_ANY_DATABASE},
    {"ALTER ANY CONNECTION", PERMISSION_ALTER_ANY_CONNECTION},
    {"CONNECT ANY DATABASE", PERMISSION_CONNECT_ANY_DATABASE},
    {"SELECT ALL USER SECURABLES", PERMISSION_SELECT_ALL},
    {"CONTROL SERVER", 0},
    {"ALTER SETTINGS", 0},
};

static int server_permission(const struct session *session, const char *permission)
{
    if (text_equal_nocase(permission, "CONNECT SQL") || text_equal_nocase(permission, "ANY")) {
        return 1;
    }
    for (size_t i = 0; i < sizeof server_permissions / sizeof *server_permissions; i++) {
        if (text_equal_nocase(permission, server_permissions[i].name)) {
            return has(session, server_permissions[i].permissions);
        }
    }
    return -1;
}

struct securable {
    char parts[3][260];
    size_t count;
};

/* A name with up to three parts, without its brackets. */
static struct securable securable_parts(const char *name)
{
    struct securable found = {.count = 1};
    size_t length = 0;
    bool bracket = false;
    for (const char *at = name; *at != '\0'; at++) {
        char *part = found.parts[found.count - 1];
        if (!bracket && *at == '[') {
            bracket = true;
        } else if (bracket && *at == ']' && at[1] != ']') {
            bracket = false;
        } else if (!bracket && *at == '.') {
            if (found.count++ == 3) {
                return (struct securable){.count = 0};
            }
            length = 0;
        } else if (length + 1 < sizeof found.parts[0]) {
            part[length++] = *at;
            at += bracket && *at == ']';
        }
    }
    return found;
}

bool session_owns(const struct session *session, const struct database *database)
{
    return session->login != NULL && database->owner_id == session->login->principal_id;
}

unsigned session_roles(const struct session *session, const struct database *database)
{
    return session_is_sysadmin(session) || session_owns(session, database)
               ? ~0u
               : login_roles(session->login, database->name);
}

/* It has a user there, were it dbo's. */
static bool uses(const struct session *session, const struct database *database)
{
    return session_is_sysadmin(session) || session_owns(session, database) ||
           login_has_user(session->login, database->name);
}

static int object_permission(const struct session *session, const char *securable,
                             const char *permission)
{
    const struct securable name = securable_parts(securable);
    const struct database *database = session->database;
    if (name.count == 0) {
        return -1;
    }
    if (name.count == 3) {
        database = instance_database(session->instance, name.parts[0]);
    }
    if (database == NULL) {
        return -1;
    }
    const char *schema = name.count == 1 ? "dbo" : name.parts[name.count - 2];
    unsigned rights = session_rights(session, database, schema, name.parts[name.count - 1]);
    if (text_equal_nocase(permission, "ANY")) {
        return rights != 0;
    }
    if (text_equal_nocase(permission, "VIEW DEFINITION")) {
        return session_sees(session, database, schema, name.parts[name.count - 1]);
    }
    unsigned right = right_named(permission);
    return right != 0 ? (rights & right) != 0 : session_is_sysadmin(session) ? 1 : 0;
}

static int database_permission(const struct session *session, const struct database *database,
                               const char *permission)
{
    if (text_equal_nocase(permission, "CREATE DATABASE")) {
        return has(session, PERMISSION_CREATE_ANY_DATABASE | PERMISSION_ALTER_ANY_DATABASE);
    }
    if (text_equal_nocase(permission, "ALTER") || text_equal_nocase(permission, "CONTROL")) {
        return has(session, PERMISSION_ALTER_ANY_DATABASE);
    }
    if (text_equal_nocase(permission, "CONNECT")) {
        return uses(session, database) || database->system ||
               has(session, PERMISSION_CONNECT_ANY_DATABASE);
    }
    if (text_equal_nocase(permission, "SELECT")) {
        return (session_roles(session, database) & (USER_DATA_READER | USER_OWNER)) != 0;
    }
    return uses(session, database);
}

int session_permission(const struct session *session, const char *securable, const char *class_name,
                       const char *permission)
{
    if (permission == NULL) {
        return -1;
    }
    if (class_name == NULL || text_equal_nocase(class_name, "SERVER")) {
        return securable == NULL || class_name != NULL ? server_permission(session, permission)
                                                       : -1;
    }
    if (text_equal_nocase(class_name, "OBJECT")) {
        return securable == NULL ? -1 : object_permission(session, securable, permission);
    }
    const struct database *database =
        securable == NULL
            ? session->database
            : instance_database(session->instance, securable_parts(securable).parts[0]);
    if (database == NULL) {
        return -1;
    }
    if (text_equal_nocase(class_name, "DATABASE")) {
        return database_permission(session, database, permission);
    }
    return session_is_sysadmin(session) ? 1 : -1;
}

int session_is_role_member(const struct session *session, const char *role)
{
    static const char *const server_roles[] = {"sysadmin",     "serveradmin", "securityadmin",
                                               "processadmin", "setupadmin",  "diskadmin",
                                               "bulkadmin"};
    if (text_equal_nocase(role, "public")) {
        return 1;
    }
    if (text_equal_nocase(role, "dbcreator")) {
        return has(session, PERMISSION_DBCREATOR);
    }
    for (size_t i = 0; i < sizeof server_roles / sizeof *server_roles; i++) {
        if (text_equal_nocase(role, server_roles[i])) {
            return session_is_sysadmin(session);
        }
    }
    unsigned bits = user_role(session->database, role);
    return bits == 0 ? -1 : (session_roles(session, session->database) & bits) == bits;
}

bool is_public_history(const struct database *database, const char *schema, const char *name)
{
    static const char *const tables[] = {"backupset",    "backupmediafamily", "backupmediaset",
                                         "backupfile",   "restorehistory",    "restorefile",
                                         "logmarkhistory"};
    if (!database->instance->lab->switches.msdb_history_is_public ||
        strcmp(database->name, "msdb") != 0 || !text_equal_nocase(schema, "dbo")) {
        return false;
    }
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        if (text_equal_nocase(tables[i], name)) {
            return true;
        }
    }
    return false;
}

static bool is_open_to_guests(const struct database *database)
{
    return database->system && strcmp(database->name, "model") != 0;
}

struct state_refusal {
    int value; /* of enum database_state, or of its condition */
    int number, severity, state;
    const char *text; /* stands behind the name */
};

static const struct state_refusal state_refusals[] = {
    {DATABASE_RESTORING, 927, 14, 2, "is in the middle of a restore."},
    {DATABASE_RECOVERING, 922, 14, 2, "is being recovered; wait until it is done."},
    {DATABASE_RECOVERY_PENDING, 945, 16, 2,
     "cannot be opened: its files are not there, or memory or disk is short."},
    {DATABASE_SUSPECT, 926, 14, 1, "cannot be opened: recovery marked it SUSPECT."},
    {DATABASE_OFFLINE, 942, 14, 4, "cannot be opened because it is offline."},
};

static const struct state_refusal condition_refusals[] = {
    {CONDITION_NOT_RECOVERED, 921, 14, 2, "is not recovered yet; wait and try again."},
    {CONDITION_IN_TRANSITION, 952, 16, 1, "is in transition; try again later."},
    {CONDITION_MIRROR, 954, 14, 1, "cannot be opened: it is the mirror."},
};

static bool refused(const struct state_refusal *refusals, size_t count, int value,
                    const struct database *database, struct reply *reply)
{
    for (size_t i = 0; i < count; i++) {
        if (refusals[i].value == value) {
            reply_error(reply, refusals[i].number, refusals[i].severity, refusals[i].state, 1, "",
                        "Database '%s' %s", database->name, refusals[i].text);
            return true;
        }
    }
    return false;
}

bool database_may_open(const struct database *database, struct reply *reply)
{
    return !refused(state_refusals, sizeof state_refusals / sizeof *state_refusals,
                    (int)database->state, database, reply) &&
           !refused(condition_refusals, sizeof condition_refusals / sizeof *condition_refusals,
                    (int)database->condition, database, reply);
}

const struct session *session_single_user(const struct session *session,
                                          const struct database *database)
{
    if (database->user_access != 1) {
        return NULL;
    }
    for (const struct session *other = session->instance->sessions; other != NULL;
         other = other->next) {
        if (other != session && !other->killed && !other->disconnected &&
            (other->database == database || other == database->single_user)) {
            return other;
        }
    }
    return NULL;
}

bool session_may_use(struct session *session, struct database *database, struct reply *reply)
{
    if (!database_may_open(database, reply)) {
        return false;
    }
    if (database->user_access == 2 && session->database != database && session->login != NULL &&
        !has(session, PERMISSION_DBCREATOR) &&
        (session_roles(session, database) & USER_OWNER) == 0) {
        reply_error(reply, 923, 14, 1, 1, "",
                    "Database '%s' is in restricted mode: only its owner, dbcreator and sysadmin"
                    " may use it.",
                    database->name);
        return false;
    }
    if (session_single_user(session, database) != NULL) {
        reply_error(reply, 924, 14, 1, 1, "",
                    "Database '%s' is in single-user mode and has its one user.", database->name);
        return false;
    }
    if (!uses(session, database) && !is_open_to_guests(database) &&
        !has(session, PERMISSION_CONNECT_ANY_DATABASE)) {
        reply_error(reply, 916, 14, 2, 1, "",
                    "The principal \"%s\" cannot access the database \"%s\" in its present"
                    " security context.",
                    session->login->name, database->name);
        return false;
    }
    return true;
}
