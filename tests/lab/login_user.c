/* A login's users: in which databases it has one, of which roles, and which objects were granted
 * to it alone. */
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "tests/lab/estate.h"

enum { ALL_RIGHTS = RIGHT_SELECT | RIGHT_INSERT | RIGHT_UPDATE | RIGHT_DELETE };

/* Agent's roles hold each other: an operator may what a reader may, a reader what a user may.
 * Source: SQL Server Agent Fixed Database Roles. */
static const struct {
    const char *name;
    const char *database; /* the one that has it; NULL = every one */
    unsigned roles;       /* being a member, it is one of these too */
} user_roles[] = {
    {"db_owner", NULL, USER_OWNER},
    {"db_datareader", NULL, USER_DATA_READER},
    {"db_datawriter", NULL, USER_DATA_WRITER},
    {"SQLAgentUserRole", "msdb", USER_AGENT},
    {"SQLAgentReaderRole", "msdb", USER_AGENT_READER | USER_AGENT},
    {"SQLAgentOperatorRole", "msdb", USER_AGENT_OPERATOR | USER_AGENT_READER | USER_AGENT},
};

unsigned user_role(const struct database *database, const char *name)
{
    for (size_t i = 0; i < sizeof user_roles / sizeof *user_roles; i++) {
        if (text_equal_nocase(user_roles[i].name, name) &&
            (user_roles[i].database == NULL ||
             text_equal_nocase(user_roles[i].database, database->name))) {
            return user_roles[i].roles;
        }
    }
    return text_equal_nocase(name, "BTS_BACKUP_USERS") && database->has_marking_procedures
               ? USER_BACKUP
               : 0;
}

struct user *login_add_user(struct login *login, const char *database, unsigned roles)
{
    for (size_t i = 0; i < login->users_count; i++) {
        if (text_equal_nocase(login->users[i].database, database)) {
            login->users[i].roles |= roles;
            return &login->users[i];
        }
    }
    struct user *user = memory_append(login, users);
    user->database = memory_copy_text(database);
    user->roles = roles;
    return user;
}

static bool is_of(const struct user *user, const char *database)
{
    return strcmp(user->database, "*") == 0 || text_equal_nocase(user->database, database);
}

bool login_has_user(const struct login *login, const char *database)
{
    for (size_t i = 0; i < login->users_count; i++) {
        if (is_of(&login->users[i], database)) {
            return true;
        }
    }
    return false;
}

unsigned login_roles(const struct login *login, const char *database)
{
    unsigned roles = 0;
    for (size_t i = 0; i < login->users_count; i++) {
        if (is_of(&login->users[i], database)) {
            roles |= login->users[i].roles;
        }
    }
    return roles;
}

void user_set_rights(struct user *user, const char *schema, const char *object, unsigned rights,
                     bool grant)
{
    struct object_right *found = NULL;
    for (size_t i = 0; i < user->granted_count; i++) {
        if (text_equal_nocase(user->granted[i].schema, schema) &&
            text_equal_nocase(user->granted[i].object, object)) {
            found = &user->granted[i];
        }
    }
    if (found == NULL) {
        found = memory_append(user, granted);
        text_copy(found->schema, sizeof found->schema, schema);
        text_copy(found->object, sizeof found->object, object);
    }
    found->rights = grant ? found->rights | rights : found->rights & ~rights;
}

static unsigned granted(const struct login *login, const char *database, const char *schema,
                        const char *object)
{
    unsigned rights = 0;
    for (size_t i = 0; i < login->users_count; i++) {
        const struct user *user = &login->users[i];
        for (size_t g = 0; is_of(user, database) && g < user->granted_count; g++) {
            if (text_equal_nocase(user->granted[g].schema, schema) &&
                text_equal_nocase(user->granted[g].object, object)) {
                rights |= user->granted[g].rights;
            }
        }
    }
    return rights;
}

unsigned session_rights(const struct session *session, const struct database *database,
                        const char *schema, const char *object)
{
    const struct login *login = session->login;
    if (session_is_sysadmin(session) || session_owns(session, database)) {
        return ALL_RIGHTS;
    }
    unsigned roles = login_roles(login, database->name);
    unsigned rights = granted(login, database->name, schema, object);
    if ((roles & USER_OWNER) != 0) {
        rights |= ALL_RIGHTS;
    }
    if ((roles & USER_DATA_READER) != 0 || (login->permissions & PERMISSION_SELECT_ALL) != 0) {
        rights |= RIGHT_SELECT;
    }
    if ((roles & USER_DATA_WRITER) != 0) {
        rights |= RIGHT_INSERT | RIGHT_UPDATE | RIGHT_DELETE;
    }
    return rights;
}

bool session_sees(const struct session *session, const struct database *database,
                  const char *schema, const char *object)
{
    return session_rights(session, database, schema, object) != 0 ||
           (session->login->permissions & PERMISSION_VIEW_ANY_DEFINITION) != 0;
}

unsigned right_named(const char *name)
{
    static const char *const names[] = {"SELECT", "INSERT", "UPDATE", "DELETE"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (text_equal_nocase(names[i], name)) {
            return 1u << i;
        }
    }
    return 0;
}

void login_free(struct login *login)
{
    for (size_t i = 0; i < login->users_count; i++) {
        free(login->users[i].database);
        free(login->users[i].granted);
    }
    free(login->users);
}
