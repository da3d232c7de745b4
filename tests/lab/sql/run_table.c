/* CREATE TABLE, DROP TABLE, SELECT INTO, INSERT ... EXEC. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "tests/lab/estate.h"
#include "tests/lab/sql/cell.h"
#include "tests/lab/sql/objects.h"
#include "tests/lab/sql/query.h"

enum {
    COMMAND_SELECT = 193,
    COMMAND_INSERT = 195,
    COMMAND_CREATE_TABLE = 198,
    COMMAND_DROP_TABLE = 199
};

/* --- CREATE TABLE --------------------------------------------------------------------------- */

/* A default's own words: functions have no text of their own, so they are written again. */
static char *default_text(const struct expr *expr)
{
    switch (expr->kind) {
    case EXPR_STRING: {
        struct str text = {0};

        str_add(&text, "N'");
        for (size_t i = 0; i < expr->text_length; i++) {
            if (expr->text[i] == '\'')
                str_add_char(&text, '\'');
            str_add_char(&text, expr->text[i]);
        }
        str_add(&text, "'");
        return str_take(&text);
    }
    case EXPR_CALL:
        return expr->args.items_count == 0 ? memory_format("%s()", expr->text)
                                           : memory_copy_text("NULL");
    case EXPR_INTEGER:
    case EXPR_NUMERIC:
    case EXPR_FLOAT:
        return memory_copy_text(expr->text);
    case EXPR_ARITHMETIC:
        if (expr->op == OP_NEGATE && expr->args.items[0]->kind == EXPR_INTEGER)
            return memory_format("-%s", expr->args.items[0]->text);
        return memory_copy_text("NULL");
    default:
        return memory_copy_text("NULL");
    }
}

/* Columns of the primary key come first in the engine's key; others than leading ones are not
 * enforced. */
static size_t leading_key(const struct column_definition_list *list)
{
    size_t key = 0, total = 0;

    while (key < list->items_count && list->items[key].primary_key)
        key++;
    for (size_t i = 0; i < list->items_count; i++)
        total += list->items[i].primary_key;
    return key == total ? key : 0;
}

static struct table *define(struct run *run, struct database *database, const char *schema,
                            const char *name, const struct column_definition_list *list)
{
    struct sql_column *columns = memory_new_array(list->items_count, sizeof *columns);
    struct table *table;
    int identity = -1;
    bool defaults = false;

    for (size_t i = 0; i < list->items_count; i++) {
        columns[i] = list->items[i].column;
        if (list->items[i].identity)
            identity = (int)i;
        defaults = defaults || list->items[i].default_value != NULL;
    }
    table = store_create(run->engine, database, schema, name, columns, list->items_count,
                         leading_key(list), identity);
    if (identity >= 0) {
        table->identity_next = list->items[identity].identity_seed;
        table->identity_step = list->items[identity].identity_step;
    }
    if (defaults) {
        table->defaults = memory_new_array(list->items_count, sizeof *table->defaults);
        for (size_t i = 0; i < list->items_count; i++)
            if (list->items[i].default_value != NULL)
                table->defaults[i] = default_text(list->items[i].default_value);
    }
    free(columns);
    return table;
}

static enum flow declare_tables(struct run *run, struct statement *statement)
{
    for (size_t i = 0; i < statement->declarations.items_count; i++) {
        struct declaration *declaration = &statement->declarations.items[i];
        struct variable *variable = run_variable(run, declaration->name);

        if (declaration->is_table && variable != NULL && variable->table == NULL)
            variable->table = define(run, NULL, "dbo", declaration->name, &declaration->columns);
    }
    return FLOW_NEXT;
}

enum flow run_create_table(struct run *run, struct statement *statement)
{
    const struct object_name *name = &statement->target;
    const char *schema = name->schema == NULL ? "dbo" : name->schema;
    struct database *database = run->session->database;
    struct binder binder;

    if (statement->kind == STATEMENT_DECLARE)
        return declare_tables(run, statement);
    binder_init(&binder, run);
    if (*name->name == '#') {
        if (object_temporary(run->state, name->name) != NULL)
            return run_raise(run, 2714, 16, 6,
                             "There is already an object named '%s' in the database.", name->name);
        *memory_append(run->state, temporary_tables) =
            define(run, NULL, "dbo", name->name, &statement->definitions);
        run_done(run, COMMAND_CREATE_TABLE, -1);
        return FLOW_NEXT;
    }
    if (name->database != NULL)
        database = instance_database(run->engine->instance, name->database);
    if (database == NULL)
        return run_raise(run, 2702, 16, 2, "Database '%s' does not exist.", name->database);
    if (!bind_database_ready(&binder, database))
        return query_bind_failed(run, &binder);
    if (!run->internal && !session_is_sysadmin(run->session))
        return run_raise(run, 262, 14, 1, "CREATE TABLE permission denied in database '%s'.",
                         database->name);
    if (store_find(run->engine, database, schema, name->name) != NULL)
        return run_raise(run, 2714, 16, 6, "There is already an object named '%s' in the database.",
                         name->name);
    define(run, database, schema, name->name, &statement->definitions);
    run_done(run, COMMAND_CREATE_TABLE, -1);
    return FLOW_NEXT;
}

/* --- DROP TABLE ----------------------------------------------------------------------------- */

static void forget_temporary(struct session_state *state, const struct table *table)
{
    for (size_t i = 0; i < state->temporary_tables_count; i++)
        if (state->temporary_tables[i] == table)
            state->temporary_tables[i] = state->temporary_tables[--state->temporary_tables_count];
}

enum flow run_drop_table(struct run *run, struct statement *statement)
{
    for (size_t i = 0; i < statement->drop_names_count; i++) {
        const struct object_name *name = &statement->drop_names[i];
        struct database *database = name->database == NULL
                                        ? run->session->database
                                        : instance_database(run->engine->instance, name->database);
        struct table *table =
            *name->name == '#' ? object_temporary(run->state, name->name)
            : database == NULL
                ? NULL
                : store_find(run->engine, database, name->schema == NULL ? "dbo" : name->schema,
                             name->name);

        if (table == NULL && statement->if_exists)
            continue;
        if (table == NULL ||
            (table->database != NULL && !run->internal && !session_is_sysadmin(run->session))) {
            enum flow flow =
                run_raise(run, 3701, 11, 5,
                          "Cannot drop the table '%s', because it does not exist or you do not "
                          "have permission.",
                          name->name);

            run_done(run, COMMAND_DROP_TABLE, -1);
            return flow;
        }
        forget_temporary(run->state, table);
        store_drop(run->engine, table);
    }
    run_done(run, COMMAND_DROP_TABLE, -1);
    return FLOW_NEXT;
}

/* --- SELECT INTO and INSERT ... EXEC --------------------------------------------------------- */

/* Makes the table from the query's columns, then is an INSERT of the same query. */
enum flow run_select_into(struct run *run, struct statement *statement)
{
    struct select *select = statement->select;
    struct object_name into = select->into;
    struct column_definition_list list = {0};
    struct binder binder;
    struct statement insert = {.kind = STATEMENT_INSERT, .line = statement->line, .target = into};
    enum flow flow;

    binder_init(&binder, run);
    bind_select(&binder, select, true);
    if (binder_failed(&binder))
        return query_bind_failed(run, &binder);
    for (size_t i = 0; i < select->columns_count; i++) {
        struct column_definition *definition = arena_append(run->arena, &list, items);

        definition->column = select->columns[i];
        if (*definition->column.name == '\0')
            return run_raise(run, 1038, 15, 5,
                             "An object or column name is missing or empty. For SELECT INTO "
                             "statements, verify each column has a name.");
    }
    insert.definitions = list;
    if (*into.name == '#')
        *memory_append(run->state, temporary_tables) = define(run, NULL, "dbo", into.name, &list);
    else
        define(run, run->session->database, into.schema == NULL ? "dbo" : into.schema, into.name,
               &list);
    select->into.name = NULL;
    insert.select = select;
    flow = run_insert(run, &insert);
    select->into = into;
    return flow;
}

struct collected {
    struct run *run;
    struct sql_type *to; /* of the columns that are given; in the run's arena */
    size_t count, width;
    struct sql_type *types; /* owned; of the result set */
    struct sql_value *rows; /* owned; width values a row */
    size_t values_count, values_capacity;
    const struct reply_observer *before;
    bool mismatch;
};

static void see_columns(void *context, const struct sql_column *columns, size_t count)
{
    struct collected *collected = context;

    collected->mismatch = collected->mismatch || count != collected->count;
    collected->width = count;
    free(collected->types);
    collected->types = memory_new_array(count + 1, sizeof *collected->types);
    for (size_t i = 0; i < count; i++)
        collected->types[i] = columns[i].type;
}

static void see_row(void *context, const struct sql_value *values)
{
    struct collected *collected = context;

    for (size_t i = 0; i < collected->width && !collected->mismatch; i++) {
        struct sql_value converted;

        if (!convert_value(&converted, &values[i], &collected->types[i], &collected->to[i], 0,
                           &collected->run->problem))
            converted = sql_null();
        collected->rows = memory_grow(collected->rows, &collected->values_capacity,
                                      collected->values_count, sizeof *collected->rows);
        collected->rows[collected->values_count++] = converted;
    }
}

static bool pass_error(void *context, int number, int severity, int state, int line,
                       const char *procedure, const char *text)
{
    const struct collected *collected = context;

    return collected->before != NULL && collected->before->error != NULL &&
           collected->before->error(collected->before->context, number, severity, state, line,
                                    procedure, text);
}

static enum flow insert_collected(struct run *run, struct table *table, const int *columns,
                                  struct collected *collected)
{
    struct str sql = {0}, record = {0}, *outer = run->engine->capture;
    sqlite3_stmt *statement;
    enum flow flow = FLOW_NEXT;
    int result = SQLITE_DONE;
    int64_t rows = 0;

    str_format(&sql, "INSERT INTO t%d(", table->id);
    for (size_t i = 0; i < collected->count; i++)
        str_format(&sql, "%sc%d", i == 0 ? "" : ",", columns[i]);
    if (table->identity >= 0)
        str_format(&sql, ",c%d", table->identity);
    str_add(&sql, ") VALUES(");
    for (size_t i = 0; i < collected->count; i++)
        str_add(&sql, i == 0 ? "?" : ",?");
    str_format(&sql, table->identity >= 0 ? ",ts_identity(%d))" : ")", table->id);
    statement = query_prepare(run, str_text(&sql), &flow);
    str_free(&sql);
    if (statement == NULL)
        return flow;
    run->engine->capture = &record;
    for (size_t at = 0; at < collected->values_count && result == SQLITE_DONE;
         at += collected->count, rows++) {
        for (size_t i = 0; i < collected->count; i++)
            cell_bind(statement, (int)i + 1, &collected->to[i], &collected->rows[at + i]);
        result = query_step(run, statement);
        sqlite3_reset(statement);
    }
    run->engine->capture = outer;
    if (result != SQLITE_DONE) {
        store_undo(run->engine, record.text, record.length);
        flow = query_failed(run, table, "INSERT");
        rows = -1;
    } else {
        transaction_changed(run->session, table->database, &record);
    }
    sqlite3_finalize(statement);
    str_free(&record);
    run->state->row_count = rows < 0 ? 0 : rows;
    run_done(run, COMMAND_INSERT, rows);
    return flow;
}

/* The table after what was executed, which may have dropped it, as others may have while it waited;
 * NULL and *flow: it is not the same any more (556). */
static struct table *still_there(struct run *run, struct statement *statement, int id,
                                 enum flow *flow)
{
    struct binder binder;
    struct table *table;

    binder_init(&binder, run);
    table = bind_target(&binder, &statement->target, "INSERT");
    if (table != NULL && table->id == id)
        return table;
    *flow = binder.written ? query_bind_failed(run, &binder)
                           : run_raise(run, 556, 16, 2,
                                       "INSERT EXEC failed because the stored procedure altered the "
                                       "schema of the target table.");
    return NULL;
}

enum flow run_insert_execute(struct run *run, struct statement *statement, struct table *table,
                             const int *columns, size_t count)
{
    struct collected collected = {.run = run, .count = count};
    int id = table->id;
    struct reply_observer observer = {
        .error = pass_error, .columns = see_columns, .row = see_row, .context = &collected};
    enum flow flow;

    collected.to = arena_new(run->arena, (count + 1) * sizeof *collected.to);
    for (size_t i = 0; i < count; i++)
        collected.to[i] = table->columns[columns[i]].type;
    collected.before = reply_set_observer(run->reply, &observer);
    flow = run_statement(run, statement->execute);
    reply_set_observer(run->reply, collected.before);
    if (flow == FLOW_NEXT && collected.mismatch)
        flow = run_raise(run, 213, 16, 7,
                         "Column name or number of supplied values does not match table "
                         "definition.");
    else if (flow == FLOW_NEXT && run->problem.number != 0)
        flow = run_problem(run, &run->problem);
    else if (flow == FLOW_NEXT && (table = still_there(run, statement, id, &flow)) != NULL)
        flow = insert_collected(run, table, columns, &collected);
    for (size_t i = 0; i < collected.values_count; i++)
        sql_value_free(&collected.rows[i]);
    free(collected.rows);
    free(collected.types);
    return flow;
}
