/* INSERT, UPDATE, DELETE, TRUNCATE: one SQLite statement each, its changes captured. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "tests/lab/estate.h"
#include "tests/lab/sql/bind.h"
#include "tests/lab/sql/cell.h"
#include "tests/lab/sql/emit.h"
#include "tests/lab/sql/query.h"
#include "tests/lab/sql/type.h"

enum { COMMAND_INSERT = 195, COMMAND_DELETE = 196, COMMAND_UPDATE = 197, COMMAND_TRUNCATE = 216 };

/* --- writing -------------------------------------------------------------------------------- */

/* True if what the statement changes must be known: for the log, or to undo it. */
static bool must_capture(const struct run *run, const struct table *table)
{
    return run->session->transaction_depth > 0 ||
           (table->database != NULL && !table->database->system);
}

/* Runs the SQL that changes the table and says how many rows it did. */
static enum flow write_rows(struct run *run, struct table *table, const char *sql, const char *verb,
                            int command)
{
    struct str record = {0}, *outer = run->engine->capture;
    enum flow flow = FLOW_NEXT;
    sqlite3_stmt *statement;
    int result;

    if (run->session->transaction_doomed)
        return run_raise(run, 3930, 16, 1,
                         "The current transaction cannot be committed and cannot support "
                         "operations that write to the log file. Roll back the transaction.");
    if (run->session->implicit_transactions && run->session->transaction_depth == 0)
        transaction_begin(run, NULL);
    statement = query_prepare(run, sql, &flow);
    if (statement == NULL)
        return flow;
    run->engine->capture = must_capture(run, table) ? &record : NULL;
    while ((result = query_step(run, statement)) == SQLITE_ROW)
        ;
    run->engine->capture = outer;
    if (result == SQLITE_DONE) {
        run->state->row_count = sqlite3_changes(run->engine->db);
        sqlite3_finalize(statement);
        transaction_changed(run->session, table->database, &record);
        run_done(run, command, run->state->row_count);
    } else {
        flow = query_failed(run, table, verb);
        sqlite3_finalize(statement);
        run->state->row_count = 0;
        if (!run->raised && flow == FLOW_NEXT) /* not where the batch ends, too */
            reply_info(run->reply, 3621, 0, run->line, run->procedure,
                       "The statement has been terminated.");
        run_done(run, command, -1);
    }
    str_free(&record);
    return flow;
}

/* --- INSERT --------------------------------------------------------------------------------- */

static int find_column(struct binder *binder, const struct table *table, const char *name)
{
    for (size_t i = 0; i < table->columns_count; i++)
        if (binder_same_name(binder, table->columns[i].name, name))
            return (int)i;
    binder_fail(binder, 207, 16, 1, "Invalid column name '%s'.", name);
    return -1;
}

/* The table's columns that the statement gives, in its order; owned by the arena. */
static int *target_columns(struct binder *binder, const struct statement *statement,
                           const struct table *table, size_t *count)
{
    int *columns = arena_new(binder->arena, (table->columns_count + 1) * sizeof *columns);
    char full_name[400];

    *count = 0;
    snprintf(full_name, sizeof full_name, "%s", table->name);
    for (size_t i = 0; i < statement->columns.items_count && !binder_failed(binder); i++) {
        int column = find_column(binder, table, statement->columns.items[i]);

        for (size_t k = 0; k < *count; k++)
            if (columns[k] == column)
                binder_fail(binder, 264, 16, 1,
                            "The column name '%s' is specified more than once in the SET clause or "
                            "column list of an INSERT.",
                            statement->columns.items[i]);
        if (column == table->identity && column >= 0 &&
            !text_equal_nocase(binder->run->state->identity_insert, full_name))
            binder_fail(binder, 544, 16, 1,
                        "Cannot insert explicit value for identity column in table '%s' when "
                        "IDENTITY_INSERT is set to OFF.",
                        table->name);
        if (*count < table->columns_count)
            columns[(*count)++] = column;
    }
    if (statement->columns.items_count == 0)
        for (size_t i = 0; i < table->columns_count; i++)
            if ((int)i != table->identity)
                columns[(*count)++] = (int)i;
    return columns;
}

static bool may_be_too_long(const struct sql_type *from, const struct sql_type *to)
{
    return (type_is_string(to->kind) || type_is_bytes(to->kind)) && to->length != SQL_LENGTH_MAX &&
           (from->length == SQL_LENGTH_MAX || from->length > to->length) &&
           type_is_string(from->kind) == type_is_string(to->kind);
}

/* A value of the bound type into a column: converted; too long is an error, not cut. */
static void emit_fitted(struct str *sql, const char *value, const struct sql_type *from,
                        const struct table *table, int column)
{
    const struct sql_type *to = &table->columns[column].type;
    bool fit = may_be_too_long(from, to);
    bool padded = to->kind == SQL_CHAR || to->kind == SQL_NCHAR || to->kind == SQL_BINARY;

    if (padded)
        str_add(sql, "ts_cast(");
    if (fit)
        str_format(sql, "ts_fit(%s,%d,%d,%d)", value, to->length, table->id, column);
    else
        str_add(sql, value);
    if (padded)
        str_format(sql, ",%lld,%lld,0,0)", (long long)type_pack(to), (long long)type_pack(to));
}

/* The columns of a query or the rows of VALUES, converted to what the table's columns hold; where
 * a value may be too long it keeps its length. */
static void coerce_column(struct binder *binder, struct select *select, size_t index,
                          const struct sql_type *to)
{
    if (select->kind == SELECT_QUERY || select->kind == SELECT_VALUES) {
        size_t rows = select->kind == SELECT_QUERY ? 1 : select->rows.items_count;

        for (size_t r = 0; r < rows && !binder_failed(binder); r++) {
            struct expr **slot = select->kind == SELECT_QUERY ? &select->bound.items[index].expr
                                                              : &select->rows.items[r].items[index];
            struct sql_type type = *to;

            if (may_be_too_long(&(*slot)->type, to))
                type = (*slot)->type;
            bind_coerce(binder, slot, &type);
        }
        return;
    }
    coerce_column(binder, select->left, index, to);
    coerce_column(binder, select->right, index, to);
}

/* DEFAULT in VALUES becomes the column's default. */
static void replace_defaults(struct binder *binder, struct select *select,
                             const struct table *table, const int *columns, size_t count)
{
    struct parse_error error;

    for (size_t r = 0; r < select->rows.items_count; r++)
        for (size_t c = 0; c < select->rows.items[r].items_count && c < count; c++) {
            struct expr **slot = &select->rows.items[r].items[c];
            const char *text = table->defaults == NULL ? NULL : table->defaults[columns[c]];

            if (*slot != NULL)
                continue;
            *slot = text == NULL ? NULL : parse_scalar(binder->arena, text, &error);
            if (*slot == NULL) {
                *slot = arena_new(binder->arena, sizeof **slot);
                (*slot)->kind = EXPR_NULL;
            }
        }
}

static void bind_insert_source(struct binder *binder, struct select *select,
                               const struct table *table, const int *columns, size_t count)
{
    if (select->kind == SELECT_VALUES)
        replace_defaults(binder, select, table, columns, count);
    bind_select(binder, select, true);
    if (binder_failed(binder))
        return;
    if (select->columns_count != count) {
        if (select->kind == SELECT_VALUES)
            binder_fail(binder, select->columns_count < count ? 109 : 110, 15, 1,
                        "There are %s columns in the INSERT statement than values specified in "
                        "the VALUES clause. The number of values in the VALUES clause must match "
                        "the number of columns specified in the INSERT statement.",
                        select->columns_count < count ? "more" : "fewer");
        else
            binder_fail(binder, select->columns_count < count ? 120 : 121, 15, 1,
                        "The select list for the INSERT statement contains %s items than the "
                        "insert list. The number of SELECT values must match the number of INSERT "
                        "columns.",
                        select->columns_count < count ? "fewer" : "more");
        return;
    }
    for (size_t i = 0; i < count && !binder_failed(binder); i++)
        coerce_column(binder, select, i, &table->columns[columns[i]].type);
}

static bool is_given(const int *columns, size_t count, int column)
{
    for (size_t i = 0; i < count; i++)
        if (columns[i] == column)
            return true;
    return false;
}

/* Columns that the statement does not give: identity and defaults. */
static void emit_missing(struct binder *binder, struct str *names, struct str *values,
                         const struct table *table, const int *columns, size_t count)
{
    for (size_t i = 0; i < table->columns_count; i++) {
        const char *text = table->defaults == NULL ? NULL : table->defaults[i];
        struct parse_error error;
        struct expr *expr;

        if (is_given(columns, count, (int)i) || ((int)i != table->identity && text == NULL))
            continue;
        str_format(names, "%sc%zu", names->length == 0 ? "" : ",", i);
        str_add(values, values->length == 0 ? "" : ",");
        if ((int)i == table->identity) {
            str_format(values, "ts_identity(%d)", table->id);
            continue;
        }
        expr = parse_scalar(binder->arena, text, &error);
        if (expr == NULL)
            continue;
        bind_expression(binder, &expr);
        if (!binder_failed(binder))
            bind_coerce(binder, &expr, &table->columns[i].type);
        if (!binder_failed(binder))
            emit_expression(binder->run, values, expr);
    }
}

static void emit_insert(struct binder *binder, struct str *sql, const struct select *select,
                        const struct table *table, const int *columns, size_t count)
{
    struct str names = {0}, values = {0};

    for (size_t i = 0; i < count && select != NULL; i++) {
        const struct sql_type *from = &select->columns[i].type;
        struct sql_type widest = *from;
        char value[32];

        if (select->kind == SELECT_QUERY)
            widest = select->bound.items[i].expr->type;
        snprintf(value, sizeof value, "q.c%zu", i);
        str_format(&names, "%sc%d", i == 0 ? "" : ",", columns[i]);
        str_add(&values, i == 0 ? "" : ",");
        emit_fitted(&values, value, &widest, table, columns[i]);
    }
    emit_missing(binder, &names, &values, table, columns, select == NULL ? 0 : count);
    if (names.length == 0) {
        str_format(sql, "INSERT INTO t%d DEFAULT VALUES", table->id);
    } else {
        str_format(sql, "INSERT INTO t%d(%s) SELECT %s", table->id, str_text(&names),
                   str_text(&values));
        if (select != NULL) {
            str_add(sql, " FROM (");
            emit_select(binder->run, sql, select);
            str_add(sql, ") AS q");
        }
    }
    str_free(&names);
    str_free(&values);
}

enum flow run_insert(struct run *run, struct statement *statement)
{
    struct binder binder;
    struct str sql = {0};
    struct table *table;
    int *columns;
    size_t count;
    enum flow flow = FLOW_NEXT;

    binder_init(&binder, run);
    table = bind_target(&binder, &statement->target);
    if (table == NULL)
        return query_bind_failed(run, &binder);
    columns = target_columns(&binder, statement, table, &count);
    if (statement->execute != NULL && !binder_failed(&binder))
        return run_insert_execute(run, statement, table, columns, count);
    if (statement->select != NULL && !binder_failed(&binder))
        bind_insert_source(&binder, statement->select, table, columns, count);
    if (!binder_failed(&binder))
        emit_insert(&binder, &sql, statement->select, table, columns, count);
    if (binder_failed(&binder))
        flow = query_bind_failed(run, &binder);
    else if (query_fill(run, &binder, &flow))
        flow = write_rows(run, table, str_text(&sql), "INSERT", COMMAND_INSERT);
    str_free(&sql);
    return flow;
}

/* --- UPDATE and DELETE ---------------------------------------------------------------------- */

/* The source of FROM that is the target: by alias or by name. */
static struct source *target_source(struct binder *binder, const struct statement *statement)
{
    const struct scope *scope = binder->scope;

    for (size_t i = 0; i < scope->sources_count; i++) {
        struct source *source = scope->sources[i];
        const char *name = source->alias != NULL ? source->alias : source->name.name;

        if (name != NULL && statement->target.schema == NULL &&
            binder_same_name(binder, name, statement->target.name))
            return source;
    }
    for (size_t i = 0; i < scope->sources_count; i++) {
        struct source *source = scope->sources[i];

        if (source->name.name != NULL &&
            binder_same_name(binder, source->name.name, statement->target.name))
            return source;
    }
    return NULL;
}

/* Binds FROM (or the target alone) and finds the source that is written. NULL after an error. */
static struct source *bind_written(struct binder *binder, struct statement *statement)
{
    struct source *source;

    if (statement->from == NULL) {
        statement->from = arena_new(binder->arena, sizeof *statement->from);
        statement->from->name = statement->target;
        statement->from->line = statement->line;
    }
    bind_source(binder, statement->from);
    if (binder_failed(binder))
        return NULL;
    source = target_source(binder, statement);
    if (source == NULL) {
        binder_fail(binder, 208, 16, 1, "Invalid object name '%s'.", statement->target.name);
        return NULL;
    }
    if (source->kind != SOURCE_STORED || bind_target(binder, &source->name) == NULL) {
        binder_fail(binder, 4406, 16, 1,
                    "Update or insert of view or function '%s' failed because it contains a "
                    "derived or constant field.",
                    statement->target.name);
        return NULL;
    }
    return source;
}

static void bind_filter(struct binder *binder, struct statement *statement)
{
    if (statement->where != NULL)
        bind_expression(binder, &statement->where);
    if (statement->top != NULL)
        bind_expression(binder, &statement->top);
}

static void emit_filter(struct run *run, struct str *sql, const struct statement *statement)
{
    str_add(sql, " FROM ");
    emit_source(run, sql, statement->from);
    if (statement->where != NULL) {
        str_add(sql, " WHERE ");
        emit_expression(run, sql, statement->where);
    }
    if (statement->top != NULL) {
        str_add(sql, " LIMIT ");
        emit_expression(run, sql, statement->top);
    }
}

/* SET column += value is SET column = column + value. */
static void expand_assignment(struct binder *binder, struct assignment *assignment,
                              struct source *source)
{
    struct expr *expr, *column;

    if (!assignment->compound)
        return;
    expr = arena_new(binder->arena, sizeof *expr);
    column = arena_new(binder->arena, sizeof *column);
    column->kind = EXPR_COLUMN;
    column->parts[2] = source->alias != NULL ? source->alias : source->name.name;
    column->parts[3] = assignment->column;
    expr->kind = EXPR_ARITHMETIC;
    expr->op = assignment->op;
    *arena_append(binder->arena, &expr->args, items) = column;
    *arena_append(binder->arena, &expr->args, items) = assignment->value;
    assignment->value = expr;
    assignment->compound = false;
}

static void bind_assignment(struct binder *binder, struct assignment *assignment,
                            struct source *source)
{
    struct table *table = source->table;
    struct parse_error error;
    struct sql_type type;

    assignment->bound_column = find_column(binder, table, assignment->column);
    if (binder_failed(binder))
        return;
    if (assignment->bound_column == table->identity) {
        binder_fail(binder, 8102, 16, 1, "Cannot update identity column '%s'.", assignment->column);
        return;
    }
    if (assignment->value == NULL) { /* DEFAULT */
        const char *text =
            table->defaults == NULL ? NULL : table->defaults[assignment->bound_column];

        assignment->value = parse_scalar(binder->arena, text == NULL ? "NULL" : text, &error);
    }
    expand_assignment(binder, assignment, source);
    bind_expression(binder, &assignment->value);
    if (binder_failed(binder))
        return;
    type = table->columns[assignment->bound_column].type;
    if (may_be_too_long(&assignment->value->type, &type))
        type = assignment->value->type;
    bind_coerce(binder, &assignment->value, &type);
}

static void emit_update(struct run *run, struct str *sql, const struct statement *statement,
                        const struct source *source)
{
    const struct table *table = source->table;
    size_t count = statement->assignments.items_count;

    emit_ctes(run, sql, &statement->ctes);
    str_format(sql, "UPDATE t%d SET ", table->id);
    for (size_t i = 0; i < count; i++) {
        const struct assignment *assignment = &statement->assignments.items[i];
        char value[32];

        snprintf(value, sizeof value, "q.v%zu", i);
        str_format(sql, "%sc%d=", i == 0 ? "" : ",", assignment->bound_column);
        emit_fitted(sql, value, &assignment->value->type, table, assignment->bound_column);
    }
    str_format(sql, " FROM (SELECT s%d.r AS k", source->id);
    for (size_t i = 0; i < count; i++) {
        str_add(sql, ",");
        emit_expression(run, sql, statement->assignments.items[i].value);
        str_format(sql, " AS v%zu", i);
    }
    emit_filter(run, sql, statement);
    str_format(sql, ") AS q WHERE t%d.r=q.k", table->id);
}

enum flow run_update(struct run *run, struct statement *statement)
{
    struct binder binder;
    struct scope scope;
    struct cte_scope ctes;
    struct source *source;
    struct str sql = {0};
    enum flow flow = FLOW_NEXT;

    binder_init(&binder, run);
    scope_push(&binder, &scope);
    bind_ctes(&binder, &statement->ctes, &ctes);
    source = binder_failed(&binder) ? NULL : bind_written(&binder, statement);
    if (source != NULL) {
        bind_filter(&binder, statement);
        for (size_t i = 0; i < statement->assignments.items_count && !binder_failed(&binder); i++) {
            if (statement->assignments.items[i].column == NULL)
                binder_fail(&binder, 102, 15, 1, "Incorrect syntax near '%s'.",
                            statement->assignments.items[i].variable);
            else
                bind_assignment(&binder, &statement->assignments.items[i], source);
        }
    }
    if (binder_failed(&binder))
        return query_bind_failed(run, &binder);
    if (!query_fill(run, &binder, &flow))
        return flow;
    emit_update(run, &sql, statement, source);
    flow = write_rows(run, source->table, str_text(&sql), "UPDATE", COMMAND_UPDATE);
    str_free(&sql);
    return flow;
}

enum flow run_delete(struct run *run, struct statement *statement)
{
    struct binder binder;
    struct scope scope;
    struct cte_scope ctes;
    struct source *source;
    struct str sql = {0};
    enum flow flow = FLOW_NEXT;

    binder_init(&binder, run);
    scope_push(&binder, &scope);
    bind_ctes(&binder, &statement->ctes, &ctes);
    source = binder_failed(&binder) ? NULL : bind_written(&binder, statement);
    if (source != NULL)
        bind_filter(&binder, statement);
    if (binder_failed(&binder))
        return query_bind_failed(run, &binder);
    if (!query_fill(run, &binder, &flow))
        return flow;
    emit_ctes(run, &sql, &statement->ctes);
    str_format(&sql, "DELETE FROM t%d WHERE r IN (SELECT s%d.r", source->table->id, source->id);
    emit_filter(run, &sql, statement);
    str_add(&sql, ")");
    flow = write_rows(run, source->table, str_text(&sql), "DELETE", COMMAND_DELETE);
    str_free(&sql);
    return flow;
}

enum flow run_truncate(struct run *run, struct statement *statement)
{
    struct binder binder;
    struct table *table;
    char sql[64];
    bool nocount = run->session->nocount;
    enum flow flow;

    binder_init(&binder, run);
    table = bind_target(&binder, &statement->target);
    if (table == NULL)
        return query_bind_failed(run, &binder);
    snprintf(sql, sizeof sql, "DELETE FROM t%d WHERE 1", table->id);
    run->session->nocount = true; /* TRUNCATE says no count */
    flow = write_rows(run, table, sql, "TRUNCATE TABLE", COMMAND_TRUNCATE);
    run->session->nocount = nocount;
    table->identity_next = 1;
    return flow;
}
