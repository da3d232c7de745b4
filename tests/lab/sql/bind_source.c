/* Sources of FROM: tables, catalog views, stored views, derived tables, joins. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/base/text.h"
#include "tests/lab/estate.h"
#include "tests/lab/sql/bind.h"
#include "tests/lab/sql/parse.h"

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
        (session_rights(binder->run->session, table->database, table->schema, table->name) &
         right_named(right)) != 0 ||
        (strcmp(right, "SELECT") == 0 &&
         is_public_history(table->database, table->schema, table->name)))
        return true;
    binder_fail(binder, 229, 14, 5,
                "The %s permission was denied on the object '%s', database '%s', schema '%s'.",
                right, table->name, table->database->name, table->schema);
    return false;
}

const char *bind_generated_name(struct binder *binder, char prefix, int id)
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
    source->sqlite_name = bind_generated_name(binder, 'v', slot->id);
    source->columns = arena_new(binder->arena, bytes);
    memcpy(source->columns, view->columns, bytes);
    source->columns_count = view->columns_count;
    for (size_t i = 0; i < source->columns_count; i++)
        if (source->columns[i].origin == SQL_PLAIN)
            source->columns[i].origin = SQL_STORED;
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
    table = bind_private_table(binder, &source->name, &handled);
    if (handled) {
        if (table != NULL)
            bind_stored(source, table);
        return;
    }
    database = bind_name_database(binder, &source->name);
    if (database == NULL)
        return;
    view = find_catalog(binder, database, &source->name);
    if (view != NULL) {
        bind_virtual(binder, source, view, database);
        return;
    }
    table =
        store_find(binder->run->engine, database,
                   source->name.schema == NULL ? "dbo" : source->name.schema, source->name.name);
    if (table == NULL)
        bind_unknown_object(binder, &source->name);
    else if (!may_use_table(binder, table, "SELECT"))
        return;
    else if (table->view_text != NULL)
        bind_view(binder, source, table);
    else
        bind_stored(source, table);
}

/* Columns of a derived table or CTE, renamed as x(a, b) says. */
struct sql_column *bind_rename_columns(struct binder *binder, const struct select *select,
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
        bind_rename_columns(binder, source->select, &source->column_names, source->alias);
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
