/* Rights change the estate's logins: a right of the server is one of its permissions, a right to an
 * object and a role belong to its user in the current database.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/base/str.h"
#include "core/base/text.h"
#include "tests/lab/estate.h"
#include "tests/lab/sql/objects.h"
#include "tests/lab/sql/run.h"

enum { COMMAND_RIGHTS = 0 };

static const struct {
    const char *words;
    unsigned permission;
} server_rights[] = {
    {"VIEW SERVER STATE", PERMISSION_VIEW_SERVER_STATE},
    {"VIEW ANY DEFINITION", PERMISSION_VIEW_ANY_DEFINITION},
    {"VIEW ANY DATABASE", PERMISSION_VIEW_ANY_DATABASE},
    {"CREATE ANY DATABASE", PERMISSION_CREATE_ANY_DATABASE},
    {"ALTER ANY DATABASE", PERMISSION_ALTER_ANY_DATABASE},
    {"ALTER ANY CONNECTION", PERMISSION_ALTER_ANY_CONNECTION},
    {"CONNECT ANY DATABASE", PERMISSION_CONNECT_ANY_DATABASE},
    {"SELECT ALL USER SECURABLES", PERMISSION_SELECT_ALL},
    {"CONNECT SQL", 0},
};

/* Sets or clears the rights of the list; false where one is not a right of the server. */
static bool change_server_rights(struct login *login, const struct name_list *words, bool grant)
{
    struct str right = {0};
    bool known = false;

    for (size_t i = 0; i <= words->items_count; i++) {
        bool ends = i == words->items_count || strcmp(words->items[i], ",") == 0;

        if (!ends) {
            str_format(&right, "%s%s", right.length == 0 ? "" : " ", words->items[i]);
            continue;
        }
        known = false;
        for (size_t k = 0; k < sizeof server_rights / sizeof *server_rights; k++)
            if (strcasecmp(server_rights[k].words, str_text(&right)) == 0) {
                known = true;
                if (grant)
                    login->permissions |= server_rights[k].permission;
                else
                    login->permissions &= ~server_rights[k].permission;
            }
        if (!known)
            break;
        str_clear(&right);
    }
    str_free(&right);
    return known;
}

static enum flow not_there(struct run *run, const char *kind, const char *name)
{
    return run_raise(run, 15151, 16, 1,
                     "Cannot find the %s '%s', because it does not exist or you do not have "
                     "permission.",
                     kind, name);
}

/* The RIGHT_ bits of a list; 0 where one of them is no right to a table. */
static unsigned object_rights(const struct name_list *words)
{
    unsigned rights = 0;

    for (size_t i = 0; i < words->items_count; i++) {
        unsigned right = right_named(words->items[i]);

        if (strcmp(words->items[i], ",") == 0)
            continue;
        if (right == 0)
            return 0;
        rights |= right;
    }
    return rights;
}

static enum flow change_object_right(struct run *run, struct statement *statement,
                                     struct login *login)
{
    const struct database *database = run->session->database;
    const struct object_name *target = &statement->target;
    const char *schema = target->schema == NULL ? "dbo" : target->schema;
    unsigned rights = object_rights(&statement->options);
    char name[300];

    if (rights == 0)
        return run_raise(run, 102, 15, 1, "Incorrect syntax near '%s'.",
                         statement->options.items[0]);
    snprintf(name, sizeof name, "[%s].[%s]", schema, target->name);
    if (object_id_of(run, name, NULL) == 0)
        return not_there(run, "object", target->name);
    if (login == NULL || !login_has_user(login, database->name))
        return not_there(run, "user", statement->name);
    user_set_rights(login_add_user(login, database->name, 0), schema, target->name, rights,
                    statement->kind == STATEMENT_GRANT);
    return FLOW_NEXT;
}

static enum flow change_right(struct run *run, struct statement *statement)
{
    struct database *database = run->session->database;
    struct login *login = instance_login(run->engine->instance, statement->name);
    bool grant = statement->kind == STATEMENT_GRANT;

    if (statement->on)
        return change_object_right(run, statement, login);
    if (login == NULL)
        return not_there(run, "login", statement->name);
    if (strcasecmp(statement->options.items[statement->options.items_count - 1], "DATABASE") == 0 &&
        statement->options.items_count == 2) { /* CREATE DATABASE, a right in master */
        if (grant)
            login->permissions |= PERMISSION_CREATE_ANY_DATABASE;
        else
            login->permissions &= ~(unsigned)PERMISSION_CREATE_ANY_DATABASE;
        return FLOW_NEXT;
    }
    if (strcmp(database->name, "master") != 0)
        return run_raise(run, 4621, 16, 10,
                         "Permissions at the server scope can only be granted when the current "
                         "database is master");
    if (!change_server_rights(login, &statement->options, grant))
        return run_raise(run, 102, 15, 1, "Incorrect syntax near '%s'.",
                         statement->options.items[0]);
    return FLOW_NEXT;
}

static enum flow create_user(struct run *run, struct statement *statement)
{
    struct database *database = run->session->database;
    struct login *login = instance_login(run->engine->instance, statement->login);

    if (login == NULL)
        return run_raise(run, 15007, 16, 1,
                         "'%s' is not a valid login or you do not have "
                         "permission.",
                         statement->login);
    if (login_has_user(login, database->name))
        return run_raise(run, 15023, 16, 1,
                         "User, group, or role '%s' already exists in the current database.",
                         statement->name);
    login_add_user(login, database->name, 0);
    return FLOW_NEXT;
}

static enum flow change_role(struct run *run, struct statement *statement, struct login *login,
                             bool add)
{
    const struct database *database = run->session->database;
    unsigned roles = user_role(database, statement->name);
    struct user *user;

    if (roles == 0)
        return not_there(run, "role", statement->name);
    if (roles == USER_BACKUP && strcasecmp(statement->member, BACKUP_JOB_USER) == 0) {
        database->tables->backup_role_empty = !add;
        return FLOW_NEXT;
    }
    if (login == NULL || !login_has_user(login, database->name))
        return not_there(run, "user", statement->member);
    user = login_add_user(login, database->name, 0);
    user->roles = add ? user->roles | roles : user->roles & ~roles;
    return FLOW_NEXT;
}

static enum flow change_member(struct run *run, struct statement *statement)
{
    struct login *login = instance_login(run->engine->instance, statement->member);
    bool add = statement->kind == STATEMENT_ADD_MEMBER;
    unsigned permissions = 0;

    if (!statement->server_role)
        return change_role(run, statement, login, add);
    if (login == NULL)
        return not_there(run, "login", statement->member);
    if (strcasecmp(statement->name, "sysadmin") == 0)
        permissions = PERMISSION_SYSADMIN;
    else if (strcasecmp(statement->name, "dbcreator") == 0)
        permissions = ROLE_DBCREATOR;
    else if (strcasecmp(statement->name, "processadmin") == 0)
        permissions = PERMISSION_ALTER_ANY_CONNECTION | PERMISSION_VIEW_SERVER_STATE;
    else
        return not_there(run, "server role", statement->name);
    login->permissions = add ? login->permissions | permissions : login->permissions & ~permissions;
    return FLOW_NEXT;
}

enum flow run_security(struct run *run, struct statement *statement)
{
    enum flow flow;

    if (!run->internal && !session_is_sysadmin(run->session))
        flow =
            run_raise(run, 15247, 16, 1, "User does not have permission to perform this action.");
    else if (statement->kind == STATEMENT_GRANT || statement->kind == STATEMENT_REVOKE)
        flow = change_right(run, statement);
    else if (statement->kind == STATEMENT_CREATE_USER)
        flow = create_user(run, statement);
    else
        flow = change_member(run, statement);
    run_done(run, COMMAND_RIGHTS, -1);
    return flow;
}
