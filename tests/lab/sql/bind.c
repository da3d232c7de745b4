#include "tests/lab/sql/bind.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/text.h"
#include "tests/lab/estate.h"
#include "tests/lab/sql/functions.h"
#include "tests/lab/sql/objects.h"
#include "tests/lab/sql/parse.h"
#include "tests/lab/sql/type.h"

void binder_init(struct binder *binder, struct run *run)
{
    *binder = (struct binder){.run = run, .arena = run->arena, .database = run->session->database};
}

bool binder_failed(const struct binder *binder)
{
    return binder->problem.number != 0 || binder->written;
}

void binder_fail(struct binder *binder, int number, int severity, int state, const char *format,
                 ...)
{
    va_list arguments;
    char text[400];

    if (binder_failed(binder))
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    problem_set(&binder->problem, number, state, true, "%s", text);
    binder->problem.severity = severity;
}

bool binder_same_name(const struct binder *binder, const char *a, const char *b)
{
    return binder->run->engine->instance->case_sensitive ? strcmp(a, b) == 0
                                                         : text_equal_nocase(a, b);
}

void scope_push(struct binder *binder, struct scope *scope)
{
    *scope = (struct scope){.outer = binder->scope};
    binder->scope = scope;
}

void scope_pop(struct binder *binder)
{
    binder->scope = binder->scope->outer;
}

/* --- databases ------------------------------------------------------------------------------ */

bool bind_database_ready(struct binder *binder, struct database *database)
{
    struct reply *reply = binder->run->reply;
    bool may = binder->run->internal
                   ? database_may_open(database, reply)
                   : session_may_use(binder->run->session, database, reply);

    if (!may) {
        binder->written = true;
        return false;
    }
    return true;
}

void bind_unknown_object(struct binder *binder, const struct object_name *name)
{
    char text[400];

    snprintf(text, sizeof text, "%s%s%s%s%s", name->database == NULL ? "" : name->database,
             name->database == NULL ? "" : ".", name->schema == NULL ? "" : name->schema,
             name->schema == NULL && name->database == NULL ? "" : ".", name->name);
    binder_fail(binder, 208, 16, 1, "Invalid object name '%s'.", text);
}

/* The database that a name speaks of; NULL after an error. */
struct database *bind_name_database(struct binder *binder, const struct object_name *name)
{
    struct database *database = binder->database;

    if (name->database != NULL)
        database = instance_database(binder->run->engine->instance, name->database);
    if (database == NULL) {
        bind_unknown_object(binder, name);
        return NULL;
    }
    return bind_database_ready(binder, database) ? database : NULL;
}

static struct table *table_variable(const struct run *run, const char *name)
{
    for (size_t i = 0; i < run->frame->variables_count; i++)
        if (strcasecmp(run->frame->variables[i].name, name) == 0)
            return run->frame->variables[i].table;
    return NULL;
}

/* "@t" and "#t"; *handled tells whether the name is of that kind. */
struct table *bind_private_table(struct binder *binder, const struct object_name *name,
                                 bool *handled)
{
    struct table *table = NULL;

    *handled = *name->name == '@' || *name->name == '#';
    if (*name->name == '@') {
        table = table_variable(binder->run, name->name);
        if (table == NULL)
            binder_fail(binder, 1087, 15, 2, "Must declare the table variable \"%s\".", name->name);
    } else if (*name->name == '#') {
        table = object_temporary(binder->run->state, name->name);
        if (table == NULL)
            bind_unknown_object(binder, name);
    }
    return table;
}

/* 229 unless the login may change the table so; tempdb is everybody's. "ALTER" is its owner's:
 * without it the table is not there. Source: TRUNCATE TABLE, 1088. */
static bool may_change(struct binder *binder, const struct database *database,
                       const struct table *table, const char *right)
{
    const struct session *session = binder->run->session;
    bool alter = strcmp(right, "ALTER") == 0;

    if (binder->run->internal || strcmp(database->name, "tempdb") == 0 ||
        (alter ? session_roles(session, database) & USER_OWNER
               : session_rights(session, database, table->schema, table->name) &
                     right_named(right)) != 0)
        return true;
    if (alter)
        binder_fail(binder, 1088, 16, 7,
                    "Cannot find the object \"%s\" because it does not exist or you do not have "
                    "permissions.",
                    table->name);
    else
        binder_fail(binder, 229, 14, 5,
                    "The %s permission was denied on the object '%s', database '%s', schema '%s'.",
                    right, table->name, database->name, table->schema);
    return false;
}

struct table *bind_target(struct binder *binder, const struct object_name *name, const char *right)
{
    bool handled;
    struct table *table = bind_private_table(binder, name, &handled);
    struct database *database;

    if (handled)
        return table;
    database = bind_name_database(binder, name);
    if (database == NULL)
        return NULL;
    table = store_find(binder->run->engine, database, name->schema == NULL ? "dbo" : name->schema,
                       name->name);
    if (table == NULL) {
        const char *schema = name->schema == NULL ? "dbo" : name->schema;

        if (catalog_find(binder->run->session, database, schema, name->name) != NULL)
            binder_fail(binder, 259, 16, 1, "Ad hoc updates to system catalogs are not allowed.");
        else
            bind_unknown_object(binder, name);
        return NULL;
    }
    if (table->view_text != NULL) {
        binder_fail(binder, 4406, 16, 1,
                    "Update or insert of view or function '%s' failed because it contains a "
                    "derived or constant field.",
                    name->name);
        return NULL;
    }
    if (!may_change(binder, database, table, right))
        return NULL;
    if (!binder->run->internal && (database->standby || database->read_only)) {
        binder_fail(binder, 3906, 16, 1,
                    "Failed to update database \"%s\" because the database is read-only.",
                    database->name);
        return NULL;
    }
    return table;
}
