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

void login_add_database(struct login *login, const char *database)
{
    login->databases =
        realloc(login->databases, (login->databases_count + 1) * sizeof *login->databases);
    if (login->databases == NULL) {
        abort();
    }
    login->databases[login->databases_count++] = memory_copy_text(database);
}

bool login_has_database(const struct login *login, const char *database)
{
    if ((login->permissions & PERMISSION_SYSADMIN) != 0) {
        return true;
    }
    for (size_t i = 0; i < login->databases_count; i++) {
        if (strcmp(login->databases[i], "*") == 0 ||
            text_equal_nocase(login->databases[i], database)) {
            return true;
        }
    }
    return false;
}

static bool is_right(const struct login_right *right, const char *database, const char *role,
                     const char *object)
{
    return (strcmp(right->database, "*") == 0 || text_equal_nocase(right->database, database)) &&
           (role != NULL ? text_equal_nocase(right->role, role)
                         : text_equal_nocase(right->object, object));
}

bool login_has_right(const struct login *login, const char *database, const char *role,
                     const char *object)
{
    for (size_t i = 0; i < login->rights_count; i++) {
        if (is_right(&login->rights[i], database, role, object)) {
            return true;
        }
    }
    return false;
}

static void free_right(struct login_right *right)
{
    free(right->database);
    free(right->role);
    free(right->object);
}

void login_free_rights(struct login *login)
{
    for (size_t i = 0; i < login->rights_count; i++) {
        free_right(&login->rights[i]);
    }
    free(login->rights);
}

void login_set_right(struct login *login, const char *database, const char *role,
                     const char *object, bool there)
{
    if (there && !login_has_right(login, database, role, object)) {
        *memory_append(login, rights) = (struct login_right){.database = memory_copy_text(database),
                                                             .role = memory_copy_text(role),
                                                             .object = memory_copy_text(object)};
    }
    for (size_t i = login->rights_count; !there && i-- > 0;) {
        if (is_right(&login->rights[i], database, role, object)) {
            free_right(&login->rights[i]);
            login->rights[i] = login->rights[--login->rights_count];
        }
    }
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

/* A name with up to three parts, without its brackets; how many. */
static size_t securable_parts(const char *securable, char parts[3][260])
{
    size_t count = 0, length = 0;
    memset(parts, 0, 3 * sizeof parts[0]);
    bool bracket = false;
    for (const char *at = securable; *at != '\0' && count < 3; at++) {
        if (!bracket && *at == '[') {
            bracket = true;
        } else if (bracket && *at == ']' && at[1] == ']') {
            parts[count][length++] = *at++;
        } else if (bracket && *at == ']') {
            bracket = false;
        } else if (!bracket && *at == '.') {
            count++;
            length = 0;
        } else if (length + 1 < sizeof parts[0]) {
            parts[count][length++] = *at;
        }
    }
    return count < 3 ? count + 1 : 3;
}

static bool uses(const struct session *session, const struct database *database)
{
    return session->login == NULL || login_has_database(session->login, database->name);
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
    bool is_object = text_equal_nocase(class_name, "OBJECT");
    char parts[3][260];
    size_t count = securable == NULL ? 0 : securable_parts(securable, parts);
    struct database *database = count == 0 || (is_object && count < 3)
                                    ? session->database
                                    : instance_database(session->instance, parts[0]);
    if (database == NULL) {
        return -1;
    }
    if (is_object) {
        return session_may_select(session, database, count == 0 ? NULL : parts[count - 1]);
    }
    if (text_equal_nocase(class_name, "DATABASE")) {
        if (text_equal_nocase(permission, "CREATE DATABASE")) {
            return has(session, PERMISSION_CREATE_ANY_DATABASE | PERMISSION_ALTER_ANY_DATABASE);
        }
        if (text_equal_nocase(permission, "ALTER") || text_equal_nocase(permission, "CONTROL")) {
            return has(session, PERMISSION_ALTER_ANY_DATABASE);
        }
        return uses(session, database) ||
               (text_equal_nocase(permission, "CONNECT") &&
                (database->system || has(session, PERMISSION_CONNECT_ANY_DATABASE)));
    }
    return session_is_sysadmin(session) ? 1 : -1;
}

int session_is_role_member(const struct session *session, const char *role)
{
    unsigned creator = PERMISSION_CREATE_ANY_DATABASE;
    if (text_equal_nocase(role, "public")) {
        return 1;
    }
    if (text_equal_nocase(role, "dbcreator")) {
        return has(session, creator);
    }
    if (session->login != NULL && session->database != NULL &&
        login_has_right(session->login, session->database->name, role, NULL)) {
        return 1;
    }
    static const char *const other_roles[] = {"sysadmin",
                                              "serveradmin",
                                              "securityadmin",
                                              "processadmin",
                                              "setupadmin",
                                              "diskadmin",
                                              "bulkadmin",
                                              "db_owner",
                                              "SQLAgentUserRole",
                                              "SQLAgentReaderRole",
                                              "SQLAgentOperatorRole",
                                              "BTS_BACKUP_USERS"};
    for (size_t i = 0; i < sizeof other_roles / sizeof *other_roles; i++) {
        if (text_equal_nocase(role, other_roles[i])) {
            return session_is_sysadmin(session);
        }
    }
    return text_equal_nocase(role, "db_datareader") ? session_is_sysadmin(session) : -1;
}

bool session_may_select(const struct session *session, const struct database *database,
                        const char *object)
{
    const struct login *login = session->login;
    return has(session, PERMISSION_SELECT_ALL) ||
           login_has_right(login, database->name, "db_datareader", NULL) ||
           login_has_right(login, database->name, "db_owner", NULL) ||
           (object != NULL && login_has_right(login, database->name, NULL, object));
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
        !has(session, PERMISSION_CREATE_ANY_DATABASE)) {
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
