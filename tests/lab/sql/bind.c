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
    return binder->run->engine->case_sensitive ? strcmp(a, b) == 0 : text_equal_nocase(a, b);
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
    switch (database->state) {
    case DATABASE_ONLINE:
        break;
    case DATABASE_RESTORING:
        binder_fail(binder, 927, 14, 2,
                    "Database '%s' cannot be opened. It is in the middle of a restore.",
                    database->name);
        return false;
    case DATABASE_RECOVERING:
        binder_fail(binder, 922, 14, 2,
                    "Database '%s' is being recovered. Waiting until recovery is finished.",
                    database->name);
        return false;
    case DATABASE_SUSPECT:
        binder_fail(binder, 926, 14, 1,
                    "Database '%s' cannot be opened. It has been marked SUSPECT by recovery.",
                    database->name);
        return false;
    case DATABASE_OFFLINE:
        binder_fail(binder, 942, 14, 4, "Database '%s' cannot be opened because it is offline.",
                    database->name);
        return false;
    default:
        binder_fail(binder, 945, 16, 2,
                    "Database '%s' cannot be opened due to inaccessible files or insufficient "
                    "memory or disk space. See the SQL Server errorlog for details.",
                    database->name);
        return false;
    }
    if (!binder->run->internal &&
        !session_may_use(binder->run->session, database, binder->run->reply)) {
        binder->written = true;
        return false;
    }
    return true;
}

static void unknown_object(struct binder *binder, const struct object_name *name)
{
    char text[400];

    snprintf(text, sizeof text, "%s%s%s%s%s", name->database == NULL ? "" : name->database,
             name->database == NULL ? "" : ".", name->schema == NULL ? "" : name->schema,
             name->schema == NULL && name->database == NULL ? "" : ".", name->name);
    binder_fail(binder, 208, 16, 1, "Invalid object name '%s'.", text);
}

/* The database that a name speaks of; NULL after an error. */
static struct database *name_database(struct binder *binder, const struct object_name *name)
{
    struct database *database = binder->database;

    if (name->database != NULL)
        database = instance_database(binder->run->engine->instance, name->database);
    if (database == NULL) {
        unknown_object(binder, name);
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
static struct table *private_table(struct binder *binder, const struct object_name *name,
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
            unknown_object(binder, name);
    }
    return table;
}

struct table *bind_target(struct binder *binder, const struct object_name *name)
{
    bool handled;
    struct table *table = private_table(binder, name, &handled);
    struct database *database;

    if (handled)
        return table;
    database = name_database(binder, name);
    if (database == NULL)
        return NULL;
    table = store_find(binder->run->engine, database, name->schema == NULL ? "dbo" : name->schema,
                       name->name);
    if (table == NULL) {
        const char *schema = name->schema == NULL ? "dbo" : name->schema;

        if (catalog_find(binder->run->session, database, schema, name->name) != NULL)
            binder_fail(binder, 259, 16, 1,
                        "Ad hoc updates to system catalogs are not allowed.");
        else
            unknown_object(binder, name);
        return NULL;
    }
    if (table->view_text != NULL) {
        binder_fail(binder, 4406, 16, 1,
                    "Update or insert of view or function '%s' failed because it contains a "
                    "derived or constant field.",
                    name->name);
        return NULL;
    }
    if (!binder->run->internal && !database->system &&
        !session_is_sysadmin(binder->run->session)) {
        binder_fail(binder, 229, 14, 5,
                    "The %s permission was denied on the object '%s', database '%s', schema '%s'.",
                    "UPDATE", table->name, database->name, table->schema);
        return NULL;
    }
    if (!binder->run->internal && (database->standby || database->read_only)) {
        binder_fail(binder, 3906, 16, 1,
                    "Failed to update database \"%s\" because the database is read-only.",
                    database->name);
        return NULL;
    }
    return table;
}

/* --- sources -------------------------------------------------------------------------------- */

static void add_virtual(struct binder *binder, struct virtual_slot *slot)
{
    for (size_t i = 0; i < binder->virtuals_count; i++)
        if (binder->virtuals[i] == slot)
            return;
    *arena_append(binder->arena, binder, virtuals) = slot;
}

/* Error 229 where the login has no right to the table. A view is enough to read what is below. */
static bool may_use_table(struct binder *binder, const struct table *table, const char *right)
{
    if (binder->run->internal || binder->in_view ||
        session_may_select(binder->run->session, table->database))
        return true;
    binder_fail(binder, 229, 14, 5,
                "The %s permission was denied on the object '%s', database '%s', schema '%s'.",
                right, table->name, table->database->name, table->schema);
    return false;
}

static const char *generated_name(struct binder *binder, char prefix, int id)
{
    char text[24];

    snprintf(text, sizeof text, "%c%d", prefix, id);
    return arena_copy(binder->arena, text, strlen(text));
}

static void bind_stored(struct source *source, struct table *table)
{
    source->kind = SOURCE_STORED;
    source->table = table;
    source->columns = table->columns;
    source->columns_count = table->columns_count;
}

static void bind_virtual(struct binder *binder, struct source *source,
                         const struct virtual_table *view, struct database *database)
{
    struct virtual_slot *slot = store_virtual(binder->run->engine, view, database);
    size_t bytes = view->columns_count * sizeof *source->columns;

    source->kind = SOURCE_VIRTUAL;
    source->sqlite_name = generated_name(binder, 'v', slot->id);
    source->columns = arena_new(binder->arena, bytes);
    memcpy(source->columns, view->columns, bytes);
    source->columns_count = view->columns_count;
    add_virtual(binder, slot);
}

static void bind_view(struct binder *binder, struct source *source, const struct table *table)
{
    struct parse_error error;
    struct database *database = binder->database;
    struct scope *scope = binder->scope;
    struct cte_scope *ctes = binder->ctes;

    source->kind = SOURCE_DERIVED;
    source->select = parse_view(binder->arena, table->view_text, &error);
    if (source->select == NULL) {
        binder_fail(binder, error.number, error.severity, error.state, "%s", error.text);
        return;
    }
    binder->in_view++;
    binder->database = table->database; /* a view's names are its own database's */
    binder->scope = NULL;
    binder->ctes = NULL;
    bind_select(binder, source->select, false);
    binder->in_view--;
    binder->database = database;
    binder->scope = scope;
    binder->ctes = ctes;
    source->columns = source->select->columns;
    source->columns_count = source->select->columns_count;
}

static bool bind_cte_reference(struct binder *binder, struct source *source)
{
    if (source->name.schema != NULL || source->name.database != NULL)
        return false;
    for (struct cte_scope *scope = binder->ctes; scope != NULL; scope = scope->outer)
        for (size_t i = scope->list->items_count; i-- > 0;) {
            struct cte *cte = &scope->list->items[i];

            if (cte->sqlite_name == NULL || !binder_same_name(binder, cte->name, source->name.name))
                continue;
            source->kind = SOURCE_CTE;
            source->sqlite_name = cte->sqlite_name;
            source->columns = cte->columns;
            source->columns_count = cte->columns_count;
            return true;
        }
    return false;
}

/* Names of the older system tables live in sys. */
static const struct virtual_table *find_catalog(struct binder *binder, struct database *database,
                                                const struct object_name *name)
{
    const char *schema = name->schema == NULL ? "dbo" : name->schema;
    const struct virtual_table *view =
        catalog_find(binder->run->session, database, schema, name->name);

    if (view == NULL && text_equal_nocase(schema, "dbo"))
        view = catalog_find(binder->run->session, database, "sys", name->name);
    /* sys.x means the catalog view; without a schema only sys* names are the old tables' */
    if (view != NULL && name->schema == NULL && strcmp(view->schema, "sys") == 0 &&
        strncasecmp(name->name, "sys", 3) != 0)
        return NULL;
    return view;
}

static void bind_name(struct binder *binder, struct source *source)
{
    const struct virtual_table *view;
    struct database *database;
    struct table *table;
    bool handled;

    if (bind_cte_reference(binder, source))
        return;
    table = private_table(binder, &source->name, &handled);
    if (handled) {
        if (table != NULL)
            bind_stored(source, table);
        return;
    }
    database = name_database(binder, &source->name);
    if (database == NULL)
        return;
    view = find_catalog(binder, database, &source->name);
    if (view != NULL) {
        bind_virtual(binder, source, view, database);
        return;
    }
    table = store_find(binder->run->engine, database,
                       source->name.schema == NULL ? "dbo" : source->name.schema,
                       source->name.name);
    if (table == NULL)
        unknown_object(binder, &source->name);
    else if (!may_use_table(binder, table, "SELECT"))
        return;
    else if (table->view_text != NULL)
        bind_view(binder, source, table);
    else
        bind_stored(source, table);
}

/* Columns of a derived table or CTE, renamed as x(a, b) says. */
static struct sql_column *rename_columns(struct binder *binder, const struct select *select,
                                         const struct name_list *names, const char *of)
{
    struct sql_column *columns =
        arena_new(binder->arena, (select->columns_count + 1) * sizeof *columns);

    if (select->columns_count > 0)
        memcpy(columns, select->columns, select->columns_count * sizeof *columns);
    if (names->items_count > 0 && names->items_count != select->columns_count) {
        binder_fail(binder, names->items_count > select->columns_count ? 8158 : 8159, 16, 1,
                    "'%s' has %s columns than were specified in the column list.", of,
                    names->items_count > select->columns_count ? "fewer" : "more");
        return columns;
    }
    for (size_t i = 0; i < names->items_count; i++)
        text_copy(columns[i].name, sizeof columns[i].name, names->items[i]);
    for (size_t i = 0; i < select->columns_count && !binder_failed(binder); i++) {
        if (*columns[i].name == '\0')
            binder_fail(binder, 8155, 16, 2, "No column name was specified for column %zu of '%s'.",
                        i + 1, of);
        for (size_t k = 0; k < i; k++)
            if (binder_same_name(binder, columns[i].name, columns[k].name))
                binder_fail(binder, 8156, 16, 1,
                            "The column '%s' was specified multiple times for '%s'.",
                            columns[i].name, of);
    }
    return columns;
}

static void bind_derived(struct binder *binder, struct source *source)
{
    struct scope *scope = binder->scope;

    binder->scope = scope->outer; /* a derived table does not see its neighbours */
    bind_select(binder, source->select, false);
    binder->scope = scope;
    if (binder_failed(binder))
        return;
    source->columns =
        rename_columns(binder, source->select, &source->column_names, source->alias);
    source->columns_count = source->select->columns_count;
}

static void make_nullable(struct binder *binder, struct source *source)
{
    struct sql_column *columns;

    if (source->kind == SOURCE_JOIN) {
        make_nullable(binder, source->left);
        make_nullable(binder, source->right);
        return;
    }
    columns = arena_new(binder->arena, (source->columns_count + 1) * sizeof *columns);
    if (source->columns_count > 0)
        memcpy(columns, source->columns, source->columns_count * sizeof *columns);
    for (size_t i = 0; i < source->columns_count; i++)
        columns[i].type.nullable = true;
    source->columns = columns;
}

static void bind_join(struct binder *binder, struct source *source)
{
    bind_source(binder, source->left);
    if (source->join == JOIN_APPLY || source->join == JOIN_OUTER_APPLY) {
        binder_fail(binder, 102, 15, 1, "Incorrect syntax near 'APPLY'.");
        return;
    }
    bind_source(binder, source->right);
    if (source->on != NULL)
        bind_expression(binder, &source->on);
    if (binder_failed(binder))
        return;
    if (source->join == JOIN_LEFT || source->join == JOIN_FULL)
        make_nullable(binder, source->right);
    if (source->join == JOIN_RIGHT || source->join == JOIN_FULL)
        make_nullable(binder, source->left);
}

static void check_exposed(struct binder *binder, const struct source *source)
{
    const struct scope *scope = binder->scope;
    const char *name = source->alias != NULL ? source->alias : source->name.name;

    for (size_t i = 0; i < scope->sources_count; i++) {
        const struct source *other = scope->sources[i];
        const char *other_name = other->alias != NULL ? other->alias : other->name.name;

        if (name == NULL || other_name == NULL || !binder_same_name(binder, name, other_name))
            continue;
        if (source->alias != NULL || other->alias != NULL)
            binder_fail(binder, 1011, 16, 1,
                        "The correlation name '%s' is specified multiple times in a FROM clause.",
                        name);
        else if (text_equal_nocase(source->name.schema, other->name.schema) &&
                 text_equal_nocase(source->name.database, other->name.database))
            binder_fail(binder, 1013, 16, 1,
                        "The objects \"%s\" and \"%s\" in the FROM clause have the same exposed "
                        "names. Use correlation names to distinguish them.",
                        name, other_name);
    }
}

void bind_source(struct binder *binder, struct source *source)
{
    if (binder_failed(binder))
        return;
    if (source->kind == SOURCE_JOIN) {
        bind_join(binder, source);
        return;
    }
    source->id = ++binder->next_id;
    if (source->name.name != NULL)
        bind_name(binder, source);
    else
        bind_derived(binder, source);
    if (binder_failed(binder))
        return;
    check_exposed(binder, source);
    *arena_append(binder->arena, binder->scope, sources) = source;
}

/* --- the select list ------------------------------------------------------------------------ */

static void expand_star(struct binder *binder, struct select *select, const char *qualifier)
{
    const struct scope *scope = binder->scope;
    bool found = false;

    for (size_t i = 0; i < scope->sources_count; i++) {
        struct source *source = scope->sources[i];
        const char *exposed = source->alias != NULL ? source->alias : source->name.name;

        if (qualifier != NULL && (exposed == NULL || !binder_same_name(binder, exposed, qualifier)))
            continue;
        found = true;
        for (size_t c = 0; c < source->columns_count; c++) {
            struct select_item *item = arena_append(binder->arena, &select->bound, items);
            struct expr *expr = arena_new(binder->arena, sizeof *expr);

            expr->kind = EXPR_COLUMN;
            expr->parts[3] = source->columns[c].name;
            expr->source = source;
            expr->column = (int)c;
            expr->type = source->columns[c].type;
            expr->type.case_sensitive =
                expr->type.case_sensitive || binder->run->engine->case_sensitive;
            expr->collation_rank = type_is_string(expr->type.kind) ? 1 : 0;
            *item = (struct select_item){.expr = expr, .alias = source->columns[c].name};
        }
    }
    if (!found && qualifier != NULL)
        binder_fail(binder, 107, 15, 1,
                    "The column prefix '%s' does not match with a table name or alias name used "
                    "in the query.",
                    qualifier);
    else if (!found)
        binder_fail(binder, 263, 16, 1, "Must specify table to select from.");
}

static void bind_items(struct binder *binder, struct select *select)
{
    select->bound = (struct select_item_list){0};
    for (size_t i = 0; i < select->list.items_count && !binder_failed(binder); i++) {
        struct select_item *item = &select->list.items[i];

        if (item->expr == NULL) {
            expand_star(binder, select, item->star_qualifier);
            continue;
        }
        bind_expression(binder, &item->expr);
        if (!binder_failed(binder) && expr_is_predicate(item->expr))
            binder_fail(binder, 102, 15, 1, "Incorrect syntax near '%s'.",
                        item->expr->op == OP_EQUAL ? "=" : "(");
        *arena_append(binder->arena, &select->bound, items) = *item;
    }
}

static const char *item_name(const struct select_item *item)
{
    if (item->alias != NULL)
        return item->alias;
    return item->expr->kind == EXPR_COLUMN ? item->expr->source->columns[item->expr->column].name
                                           : "";
}

static void make_columns(struct binder *binder, struct select *select)
{
    select->columns_count = select->bound.items_count;
    select->columns =
        arena_new(binder->arena, (select->columns_count + 1) * sizeof *select->columns);
    for (size_t i = 0; i < select->columns_count; i++) {
        const struct select_item *item = &select->bound.items[i];

        text_copy(select->columns[i].name, sizeof select->columns[i].name, item_name(item));
        select->columns[i].type = item->expr->type;
    }
}

/* --- GROUP BY -------------------------------------------------------------------------------- */

static bool is_grouped(const struct select *select, const struct expr *expr)
{
    for (size_t i = 0; i < select->group_by.items_count; i++)
        if (expr_equal(select->group_by.items[i], expr))
            return true;
    return false;
}

static bool is_local(const struct scope *scope, const struct source *source)
{
    for (size_t i = 0; i < scope->sources_count; i++)
        if (scope->sources[i] == source)
            return true;
    return false;
}

/* Every column outside an aggregate must be grouped: error 8120. */
static void check_grouped(struct binder *binder, const struct select *select,
                          const struct expr *expr, const char *clause)
{
    if (binder_failed(binder) || is_grouped(select, expr))
        return;
    if (expr->kind == EXPR_COLUMN && is_local(binder->scope, expr->source)) {
        const struct source *source = expr->source;

        binder_fail(binder, 8120, 16, 1,
                    "Column '%s.%s' is invalid in the %s because it is not contained in either an "
                    "aggregate function or the GROUP BY clause.",
                    source->alias != NULL        ? source->alias
                    : source->name.name != NULL ? source->name.name
                                                : "",
                    source->columns[expr->column].name, clause);
        return;
    }
    if (expr->kind == EXPR_CALL && expr->over == NULL && expr->builtin != NULL &&
        expr->builtin->result != NULL && (expr->builtin->flags & FUNCTION_AGGREGATE) != 0)
        return;
    for (size_t i = 0; i < expr->args.items_count; i++)
        check_grouped(binder, select, expr->args.items[i], clause);
}

static void check_grouping(struct binder *binder, const struct select *select)
{
    for (size_t i = 0; i < select->bound.items_count; i++)
        check_grouped(binder, select, select->bound.items[i].expr, "select list");
    if (select->having != NULL)
        check_grouped(binder, select, select->having, "HAVING clause");
}

/* --- ORDER BY --------------------------------------------------------------------------------- */

/* The select list's column that an ORDER BY item names: by position, alias or name. 0 = none. */
static int order_ordinal(struct binder *binder, const struct select *select,
                         const struct expr *expr)
{
    int found = 0;

    if (expr->kind == EXPR_INTEGER) {
        if (expr->integer < 1 || (size_t)expr->integer > select->columns_count) {
            binder_fail(binder, 108, 16, 1,
                        "The ORDER BY position number %lld is out of range of the number of items "
                        "in the select list.",
                        (long long)expr->integer);
            return 0;
        }
        return (int)expr->integer;
    }
    if (expr->kind != EXPR_COLUMN || expr->parts[2] != NULL)
        return 0;
    for (size_t i = 0; i < select->columns_count; i++)
        if (binder_same_name(binder, select->columns[i].name, expr->parts[3])) {
            if (found != 0 && !(select->kind == SELECT_QUERY &&
                                expr_equal(select->bound.items[i].expr,
                                           select->bound.items[found - 1].expr))) {
                binder_fail(binder, 209, 16, 1, "Ambiguous column name '%s'.", expr->parts[3]);
                return 0;
            }
            found = found == 0 ? (int)i + 1 : found;
        }
    return found;
}

static void bind_order_item(struct binder *binder, struct select *select, struct order_item *item)
{
    item->ordinal = order_ordinal(binder, select, item->expr);
    if (binder_failed(binder) || item->ordinal != 0)
        return;
    if (select->kind != SELECT_QUERY) {
        binder_fail(binder, 104, 16, 1,
                    "ORDER BY items must appear in the select list if the statement contains a "
                    "UNION, INTERSECT or EXCEPT operator.");
        return;
    }
    bind_expression(binder, &item->expr);
    if (binder_failed(binder))
        return;
    for (size_t i = 0; i < select->bound.items_count && item->ordinal == 0; i++)
        if (expr_equal(select->bound.items[i].expr, item->expr))
            item->ordinal = (int)i + 1;
    if (item->ordinal != 0)
        return;
    if (select->distinct)
        binder_fail(binder, 145, 15, 1,
                    "ORDER BY items must appear in the select list if SELECT DISTINCT is "
                    "specified.");
    else if (select->aggregates)
        check_grouped(binder, select, item->expr, "ORDER BY clause");
}

static void bind_order(struct binder *binder, struct select *select, bool top)
{
    bool allowed = binder->aggregates_allowed;

    if (!top && select->order_by.items_count > 0 && select->top == NULL && select->offset == NULL)
        binder_fail(binder, 1033, 15, 1,
                    "The ORDER BY clause is invalid in views, inline functions, derived tables, "
                    "subqueries, and common table expressions, unless TOP, OFFSET or FOR XML is "
                    "also specified.");
    binder->aggregates_allowed = select->kind == SELECT_QUERY;
    for (size_t i = 0; i < select->order_by.items_count && !binder_failed(binder); i++)
        bind_order_item(binder, select, &select->order_by.items[i]);
    binder->aggregates_allowed = allowed;
    if (select->offset != NULL)
        bind_expression(binder, &select->offset);
    if (select->fetch != NULL)
        bind_expression(binder, &select->fetch);
}

/* --- queries ----------------------------------------------------------------------------------- */

static void bind_query(struct binder *binder, struct select *select, bool top)
{
    bool allowed = binder->aggregates_allowed, seen = binder->aggregate_seen;
    struct scope scope;

    scope_push(binder, &scope);
    binder->aggregates_allowed = binder->aggregate_seen = false;
    if (select->from != NULL)
        bind_source(binder, select->from);
    if (select->top != NULL)
        bind_expression(binder, &select->top);
    if (select->where != NULL)
        bind_expression(binder, &select->where);
    for (size_t i = 0; i < select->group_by.items_count && !binder_failed(binder); i++)
        bind_expression(binder, &select->group_by.items[i]);
    binder->aggregates_allowed = true;
    bind_items(binder, select);
    if (select->having != NULL)
        bind_expression(binder, &select->having);
    select->aggregates = binder->aggregate_seen || select->group_by.items_count > 0;
    if (!binder_failed(binder)) {
        make_columns(binder, select);
        bind_order(binder, select, top);
    }
    select->aggregates = binder->aggregate_seen || select->group_by.items_count > 0;
    if (select->aggregates && !binder_failed(binder))
        check_grouping(binder, select);
    binder->aggregates_allowed = allowed;
    binder->aggregate_seen = seen;
    scope_pop(binder);
}

static void bind_values(struct binder *binder, struct select *select)
{
    size_t width = select->rows.items[0].items_count, height = select->rows.items_count;
    struct expr ***slots = arena_new(binder->arena, height * sizeof *slots);

    for (size_t r = 0; r < height; r++) {
        struct expr_list *row = &select->rows.items[r];

        if (row->items_count != width) {
            binder_fail(binder, 10709, 16, 1,
                        "The number of columns for each row in a table value constructor must be "
                        "the same.");
            return;
        }
        for (size_t c = 0; c < width && !binder_failed(binder); c++) {
            if (row->items[c] == NULL)
                binder_fail(binder, 156, 15, 1, "Incorrect syntax near the keyword 'DEFAULT'.");
            else
                bind_expression(binder, &row->items[c]);
        }
    }
    select->columns_count = width;
    select->columns = arena_new(binder->arena, width * sizeof *select->columns);
    for (size_t c = 0; c < width && !binder_failed(binder); c++) {
        for (size_t r = 0; r < height; r++)
            slots[r] = &select->rows.items[r].items[c];
        select->columns[c].type = bind_unify(binder, slots, height);
    }
}

/* The select items of a query or VALUES that stand in one column, for conversion. */
static void column_slots(struct binder *binder, struct select *select, size_t column,
                         struct expr ****slots, size_t *count, size_t *capacity)
{
    if (select->kind == SELECT_QUERY || select->kind == SELECT_VALUES) {
        size_t rows = select->kind == SELECT_QUERY ? 1 : select->rows.items_count;

        for (size_t r = 0; r < rows; r++) {
            *slots = arena_grow(binder->arena, *slots, capacity, *count, sizeof **slots);
            (*slots)[(*count)++] = select->kind == SELECT_QUERY
                                       ? &select->bound.items[column].expr
                                       : &select->rows.items[r].items[column];
        }
        return;
    }
    column_slots(binder, select->left, column, slots, count, capacity);
    column_slots(binder, select->right, column, slots, count, capacity);
}

static void bind_set_operation(struct binder *binder, struct select *select, bool top)
{
    bind_select(binder, select->left, false);
    if (!binder_failed(binder))
        bind_select(binder, select->right, false);
    if (binder_failed(binder))
        return;
    if (select->left->columns_count != select->right->columns_count) {
        binder_fail(binder, 205, 16, 1,
                    "All queries combined using a UNION, INTERSECT or EXCEPT operator must have "
                    "an equal number of expressions in their target lists.");
        return;
    }
    select->columns_count = select->left->columns_count;
    select->columns = arena_new(binder->arena, select->columns_count * sizeof *select->columns);
    memcpy(select->columns, select->left->columns,
           select->columns_count * sizeof *select->columns);
    for (size_t c = 0; c < select->columns_count && !binder_failed(binder); c++) {
        struct expr ***slots = NULL;
        size_t count = 0, capacity = 0;

        column_slots(binder, select, c, &slots, &count, &capacity);
        select->columns[c].type = bind_unify(binder, slots, count);
    }
    if (!binder_failed(binder))
        bind_order(binder, select, top);
}

/* Binds a CTE; one that names itself is bound by its first part, then whole. */
static void bind_cte(struct binder *binder, struct cte *cte)
{
    struct scope *scope = binder->scope;

    binder->scope = NULL;
    if (cte->select->kind == SELECT_UNION_ALL) {
        bind_select(binder, cte->select->left, false);
        if (!binder_failed(binder)) {
            cte->columns = rename_columns(binder, cte->select->left, &cte->column_names, cte->name);
            cte->columns_count = cte->select->left->columns_count;
            cte->sqlite_name = generated_name(binder, 'x', ++binder->next_id);
        }
    }
    if (!binder_failed(binder))
        bind_select(binder, cte->select, false);
    binder->scope = scope;
    if (binder_failed(binder))
        return;
    cte->columns = rename_columns(binder, cte->select, &cte->column_names, cte->name);
    cte->columns_count = cte->select->columns_count;
    if (cte->sqlite_name == NULL)
        cte->sqlite_name = generated_name(binder, 'x', ++binder->next_id);
}

void bind_ctes(struct binder *binder, struct cte_list *list, struct cte_scope *scope)
{
    *scope = (struct cte_scope){.outer = binder->ctes, .list = list};
    binder->ctes = scope;
    for (size_t i = 0; i < list->items_count; i++)
        list->items[i].sqlite_name = NULL;
    for (size_t i = 0; i < list->items_count && !binder_failed(binder); i++)
        bind_cte(binder, &list->items[i]);
}

void bind_select(struct binder *binder, struct select *select, bool top)
{
    struct cte_scope scope, *outer = binder->ctes;

    if (binder_failed(binder))
        return;
    if (select->ctes.items_count > 0)
        bind_ctes(binder, &select->ctes, &scope);
    if (!binder_failed(binder)) {
        if (select->kind == SELECT_QUERY)
            bind_query(binder, select, top);
        else if (select->kind == SELECT_VALUES)
            bind_values(binder, select);
        else
            bind_set_operation(binder, select, top);
    }
    binder->ctes = outer;
}
