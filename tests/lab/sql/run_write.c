/* UPDATE, DELETE, TRUNCATE, and what INSERT shares with them: one SQLite statement each, its
 * changes captured. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "tests/lab/estate.h"
#include "tests/lab/sql/bind.h"
#include "tests/lab/sql/cell.h"
#include "tests/lab/sql/emit.h"
#include "tests/lab/sql/write.h"
#include "tests/lab/sql/type.h"

enum { COMMAND_DELETE = 196, COMMAND_UPDATE = 197, COMMAND_TRUNCATE = 216 };

/* --- writing -------------------------------------------------------------------------------- */

/* True if what the statement changes must be known: for the log, or to undo it. */
static bool must_capture(const struct run *run, const struct table *table)
{
    return run->session->transaction_depth > 0 ||
           (table->database != NULL && !table->database->system);
}

/* Runs the SQL that changes the table and says how many rows it did. */
enum flow write_rows(struct run *run, struct table *table, const char *sql, const char *verb,
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

int write_find_column(struct binder *binder, const struct table *table, const char *name)
{
    for (size_t i = 0; i < table->columns_count; i++)
        if (binder_same_name(binder, table->columns[i].name, name))
            return (int)i;
    binder_fail(binder, 207, 16, 1, "Invalid column name '%s'.", name);
    return -1;
}

bool write_may_be_too_long(const struct sql_type *from, const struct sql_type *to)
{
    return (type_is_string(to->kind) || type_is_bytes(to->kind)) && to->length != SQL_LENGTH_MAX &&
           (from->length == SQL_LENGTH_MAX || from->length > to->length) &&
           type_is_string(from->kind) == type_is_string(to->kind);
}

/* A value of the bound type into a column: converted; too long is an error, not cut. */
void write_emit_fitted(struct str *sql, const char *value, const struct sql_type *from,
                       const struct table *table, int column)
{
    const struct sql_type *to = &table->columns[column].type;
    bool fit = write_may_be_too_long(from, to);
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
    const char *right = statement->kind == STATEMENT_DELETE ? "DELETE" : "UPDATE";
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
    if (source->kind != SOURCE_STORED || bind_target(binder, &source->name, right) == NULL) {
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
        bind_row_count(binder, &statement->top);
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
        emit_row_count(run, sql, statement->top);
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

    assignment->bound_column = write_find_column(binder, table, assignment->column);
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
    if (write_may_be_too_long(&assignment->value->type, &type))
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
        write_emit_fitted(sql, value, &assignment->value->type, table, assignment->bound_column);
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
    table = bind_target(&binder, &statement->target, "ALTER");
    if (table == NULL)
        return query_bind_failed(run, &binder);
    snprintf(sql, sizeof sql, "DELETE FROM t%d WHERE 1", table->id);
    run->session->nocount = true; /* TRUNCATE says no count */
    flow = write_rows(run, table, sql, "TRUNCATE TABLE", COMMAND_TRUNCATE);
    run->session->nocount = nocount;
    table->identity_next = 1;
    return flow;
}
