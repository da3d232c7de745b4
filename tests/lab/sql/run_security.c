/* Rights change the estate's logins: a right of the server is one of its permissions; a user in a
 * database may read what was granted to it, or the whole as a member of db_datareader.
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

static bool has_user(const struct login *login, const struct database *database)
{
    for (size_t i = 0; i < login->databases_count; i++)
        if (strcmp(login->databases[i], "*") == 0 ||
            text_equal_nocase(login->databases[i], database->name))
            return true;
    return false;
}

static enum flow change_right(struct run *run, struct statement *statement)
{
    struct database *database = run->session->database;
    struct login *login = instance_login(run->engine->instance, statement->name);
    bool grant = statement->kind == STATEMENT_GRANT;

    if (statement->on) {
        const struct object_name *target = &statement->target;
        char name[300];

        snprintf(name, sizeof name, "%s.%s", target->schema == NULL ? "dbo" : target->schema,
                 target->name);
        if (object_id_of(run, name, NULL) == 0)
            return not_there(run, "object", target->name);
        if (login == NULL || !has_user(login, database))
            return not_there(run, "user", statement->name);
        if (strcasecmp(statement->options.items[0], "SELECT") == 0)
            login_set_right(login, database->name, NULL, target->name, grant);
        return FLOW_NEXT;
    }
    if (login == NULL)
        return not_there(run, "login", statement->name);
    if (strcasecmp(statement->options.items[statement->options.items_count - 1], "DATABASE") == 0 &&
        statement->options.items_count == 2) { /* CREATE DATABASE, a right in master */
        login->permissions |= grant ? PERMISSION_CREATE_ANY_DATABASE : 0;
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
    if (has_user(login, database))
        return run_raise(run, 15023, 16, 1,
                         "User, group, or role '%s' already exists in the current database.",
                         statement->name);
    login_add_database(login, database->name);
    return FLOW_NEXT;
}

static enum flow change_member(struct run *run, struct statement *statement)
{
    struct login *login = instance_login(run->engine->instance, statement->member);
    bool add = statement->kind == STATEMENT_ADD_MEMBER;
    unsigned permissions = 0;

    if (!statement->server_role) {
        if (login == NULL || !has_user(login, run->session->database))
            return not_there(run, "user", statement->member);
        login_set_right(login, run->session->database->name, statement->name, NULL, add);
        return FLOW_NEXT;
    }
    if (login == NULL)
        return not_there(run, "login", statement->member);
    if (strcasecmp(statement->name, "sysadmin") == 0)
        permissions = PERMISSION_SYSADMIN;
    else if (strcasecmp(statement->name, "dbcreator") == 0)
        permissions = PERMISSION_CREATE_ANY_DATABASE | PERMISSION_ALTER_ANY_DATABASE;
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
