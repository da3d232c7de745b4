/* Queries: bind, fill catalog views, emit, run in SQLite, send rows. */
#include <stdlib.h>
#include <string.h>

#include "core/base/log.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "tests/lab/estate.h"
#include "tests/lab/sql/bind.h"
#include "tests/lab/sql/cell.h"
#include "tests/lab/sql/emit.h"
#include "tests/lab/sql/query.h"
#include "tests/lab/sql/type.h"

enum { COMMAND_SELECT = 193 };

/* --- running SQL ---------------------------------------------------------------------------- */

enum flow query_bind_failed(struct run *run, const struct binder *binder)
{
    if (!binder->written)
        return run_compile_problem(run, &binder->problem);
    run_done(run, COMMAND_SELECT, -1);
    return run->raised ? FLOW_ERROR : FLOW_END;
}

bool query_fill(struct run *run, const struct binder *binder, enum flow *flow)
{
    for (size_t i = 0; i < binder->virtuals_count; i++)
        if (!store_fill(run->engine, binder->virtuals[i], run->session)) {
            if (!run->raised)
                run_done(run, COMMAND_SELECT, -1);
            *flow = run->raised ? FLOW_ERROR : FLOW_END;
            return false;
        }
    return true;
}

static void bind_variables(struct run *run, sqlite3_stmt *statement)
{
    size_t count = (size_t)sqlite3_bind_parameter_count(statement);

    for (size_t i = 0; i < run->frame->variables_count && i < count; i++)
        if (run->frame->variables[i].table == NULL)
            cell_bind(statement, (int)i + 1, &run->frame->variables[i].type,
                      &run->frame->variables[i].value);
}

/* 8631 where the statement is too deep for SQLite's parser, as it is for a server's stack. */
static enum flow not_prepared(struct run *run, const char *message)
{
    if (strcmp(message, "parser stack overflow") == 0 ||
        strncmp(message, "Expression tree is too large", 28) == 0)
        return run_raise(run, 8631, 17, 1,
                         "Internal error: Server stack limit has been reached. Please look for "
                         "potentially deep nesting in your query, and try to simplify it.");
    return run_raise(run, 8630, 16, 1,
                     "Internal Query Processor Error: The query processor encountered an "
                     "unexpected error during execution.");
}

sqlite3_stmt *query_prepare(struct run *run, const char *sql, enum flow *flow)
{
    sqlite3_stmt *statement = NULL;

    log_write(LOG_DEBUG, "SQLite: %s", sql);
    if (sqlite3_prepare_v2(run->engine->db, sql, -1, &statement, NULL) != SQLITE_OK) {
        log_write(LOG_ERROR, "SQLite: %s in %s", sqlite3_errmsg(run->engine->db), sql);
        *flow = not_prepared(run, sqlite3_errmsg(run->engine->db));
        return NULL;
    }
    bind_variables(run, statement);
    return statement;
}

/* In the thread of the session that runs, with the lock: an attention or a client that has left ends
 * the statement, as SQLITE_INTERRUPT. */
static int hear_client(void *context)
{
    const struct engine *engine = context;
    struct session *session = engine->run == NULL ? NULL : engine->run->session;

    if (session == NULL || session->link == NULL)
        return 0;
    switch (session->link->look(session->link)) {
    case SESSION_ATTENTION:
        session->attention = true;
        break;
    case SESSION_DISCONNECTED:
        session->disconnected = true;
        break;
    default:
        break;
    }
    return session_state(session) != SESSION_GO_ON;
}

void query_hear_clients(struct engine *engine)
{
    enum { OPERATIONS_BETWEEN = 200000 }; /* some milliseconds */

    sqlite3_progress_handler(engine->db, OPERATIONS_BETWEEN, hear_client, engine);
}

int query_step(struct run *run, sqlite3_stmt *statement)
{
    struct run *outer = run->engine->run;
    int result;

    run->engine->run = run;
    result = sqlite3_step(statement);
    run->engine->run = outer;
    return result;
}

/* What a failed step means: the problem that a function noted, or a constraint. */
enum flow query_failed(struct run *run, const struct table *table, const char *verb)
{
    struct sql_problem problem = run->problem;
    const char *message = sqlite3_errmsg(run->engine->db);
    const char *column = strrchr(message, '.');
    size_t index = column == NULL ? 0 : strtoul(column + 2, NULL, 10);
    const char *database =
        table == NULL || table->database == NULL ? "tempdb" : table->database->name;

    if (session_state(run->session) != SESSION_GO_ON)
        return session_state(run->session) == SESSION_ATTENTION ? FLOW_END : FLOW_CLOSE;
    if (problem.number != 0)
        return run_problem(run, &problem);
    switch (sqlite3_extended_errcode(run->engine->db)) {
    case SQLITE_CONSTRAINT_NOTNULL:
        if (table == NULL || index >= table->columns_count)
            break;
        return run_raise(run, 515, 16, 2,
                         "Cannot insert the value NULL into column '%s', table '%s.%s.%s'; column "
                         "does not allow nulls. %s fails.",
                         table->columns[index].name, database, table->schema, table->name, verb);
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
        if (table == NULL)
            break;
        return run_raise(run, 2627, 14, 1,
                         "Violation of PRIMARY KEY constraint 'PK_%s'. Cannot insert duplicate key "
                         "in object '%s.%s'.",
                         table->name, table->schema, table->name);
    default:
        break;
    }
    log_write(LOG_ERROR, "SQLite: %s", message);
    return run_raise(run, 8630, 16, 1,
                     "Internal Query Processor Error: The query processor encountered an "
                     "unexpected error during execution.");
}

/* --- SELECT --------------------------------------------------------------------------------- */

static bool assigns(const struct select *select)
{
    return select->kind == SELECT_QUERY && select->list.items_count > 0 &&
           select->list.items[0].variable != NULL;
}

static void send_row(struct run *run, sqlite3_stmt *statement, const struct select *select,
                     struct sql_value *values)
{
    for (size_t i = 0; i < select->columns_count; i++)
        values[i] = cell_borrow(statement, (int)i, &select->columns[i].type);
    reply_row(run->reply, values);
}

static bool assign_row(struct run *run, sqlite3_stmt *statement, const struct select *select)
{
    for (size_t i = 0; i < select->bound.items_count; i++) {
        struct variable *variable = run_variable(run, select->bound.items[i].variable);

        run_assign(run, variable,
                   cell_read(sqlite3_column_value(statement, (int)i), &select->columns[i].type),
                   &select->columns[i].type);
        if (run->problem.number != 0)
            return false;
    }
    return true;
}

/* COLMETADATA, and ORDER as far as the rows are sorted by columns of the list. Captured. */
static void send_columns(struct run *run, const struct select *select)
{
    uint16_t columns[16];
    size_t count = 0;

    reply_columns(run->reply, select->columns, select->columns_count);
    while (count < select->order_by.items_count && count < sizeof columns / sizeof *columns &&
           select->order_by.items[count].ordinal > 0) {
        columns[count] = (uint16_t)select->order_by.items[count].ordinal;
        count++;
    }
    reply_order(run->reply, columns, count);
}

static enum flow read_rows(struct run *run, sqlite3_stmt *statement, const struct select *select)
{
    struct sql_value *values = memory_new_array(select->columns_count + 1, sizeof *values);
    enum flow flow = FLOW_NEXT;
    int64_t count = 0;
    size_t first_row;
    int result;

    if (!assigns(select))
        send_columns(run, select);
    first_row = reply_place(run->reply);
    while ((result = query_step(run, statement)) == SQLITE_ROW) {
        if (run->state->row_limit > 0 && count == run->state->row_limit) {
            result = SQLITE_DONE;
            break;
        }
        count++;
        if (reply_is_too_large(run->reply)) { /* the statement's end says so */
            result = SQLITE_DONE;
            break;
        }
        if (!assigns(select))
            send_row(run, statement, select, values);
        else if (!assign_row(run, statement, select))
            break;
    }
    free(values);
    if (result == SQLITE_DONE) {
        run->state->row_count = count;
        if (assigns(select))
            run_done(run, COMMAND_SELECT, count);
        else
            run_done_of_rows(run, COMMAND_SELECT, count);
    } else {
        flow = result == SQLITE_ROW ? run_problem(run, &run->problem)
                                    : query_failed(run, NULL, "SELECT");
        if (session_state(run->session) == SESSION_ATTENTION)
            reply_take_back(run->reply, first_row);
        run->state->row_count = 0;
        run_done(run, COMMAND_SELECT, -1);
    }
    return flow;
}

static void begin_implicitly(struct run *run, const struct select *select)
{
    if (run->session->implicit_transactions && run->session->transaction_depth == 0 &&
        (select == NULL || select->from != NULL))
        transaction_begin(run, NULL);
}

static void check_assignments(struct binder *binder, const struct select *select)
{
    if (select->kind != SELECT_QUERY)
        return;
    for (size_t i = 0; i < select->list.items_count; i++)
        if ((select->list.items[i].variable != NULL) != assigns(select))
            binder_fail(binder, 141, 15, 1,
                        "A SELECT statement that assigns a value to a variable must not be "
                        "combined with data-retrieval operations.");
}

enum flow run_select(struct run *run, struct statement *statement)
{
    struct select *select = statement->select;
    struct binder binder;
    struct str sql = {0};
    sqlite3_stmt *prepared;
    enum flow flow = FLOW_NEXT;

    if (select->kind == SELECT_QUERY && select->into.name != NULL)
        return run_select_into(run, statement);
    binder_init(&binder, run);
    check_assignments(&binder, select);
    bind_select(&binder, select, true);
    if (binder_failed(&binder))
        return query_bind_failed(run, &binder);
    begin_implicitly(run, select);
    if (!query_fill(run, &binder, &flow))
        return flow;
    emit_select(run, &sql, select);
    prepared = query_prepare(run, str_text(&sql), &flow);
    str_free(&sql);
    if (prepared == NULL)
        return flow;
    flow = read_rows(run, prepared, select);
    sqlite3_finalize(prepared);
    return flow;
}

/* --- scalars -------------------------------------------------------------------------------- */

static bool evaluate(struct run *run, struct expr **expr, struct sql_value *out,
                     struct sql_type *type, enum flow *flow)
{
    struct binder binder;
    struct str sql = {0};
    sqlite3_stmt *prepared;
    int result;

    *out = sql_null();
    binder_init(&binder, run);
    bind_expression(&binder, expr);
    if (binder_failed(&binder)) {
        *flow = query_bind_failed(run, &binder);
        return false;
    }
    if (!query_fill(run, &binder, flow))
        return false;
    str_add(&sql, "SELECT ");
    emit_expression(run, &sql, *expr);
    prepared = query_prepare(run, str_text(&sql), flow);
    str_free(&sql);
    if (prepared == NULL)
        return false;
    *type = expr_is_predicate(*expr) ? type_of(SQL_INT, true) : (*expr)->type;
    result = query_step(run, prepared);
    if (result == SQLITE_ROW)
        *out = cell_read(sqlite3_column_value(prepared, 0), type);
    else
        *flow = query_failed(run, NULL, "SELECT");
    sqlite3_finalize(prepared);
    if (result != SQLITE_ROW && *flow == FLOW_NEXT)
        run_done(run, COMMAND_SELECT, -1);
    return result == SQLITE_ROW;
}

bool run_scalar(struct run *run, struct expr **expr, struct sql_value *out, struct sql_type *type,
                enum flow *flow)
{
    return evaluate(run, expr, out, type, flow);
}

bool run_condition(struct run *run, struct expr **condition, bool *out, enum flow *flow)
{
    struct sql_value value;
    struct sql_type type;

    if (!evaluate(run, condition, &value, &type, flow))
        return false;
    *out = !value.null && value.integer != 0;
    sql_value_free(&value);
    return true;
}

static bool evaluate_as(struct run *run, struct expr **expr, const struct sql_type *want,
                        struct sql_value *out, enum flow *flow)
{
    struct sql_value value;
    struct sql_type type;
    bool ok;

    if (!evaluate(run, expr, &value, &type, flow))
        return false;
    ok = convert_value(out, &value, &type, want, 0, &run->problem);
    sql_value_free(&value);
    if (!ok)
        *flow = run_problem(run, &run->problem);
    return ok;
}

bool run_scalar_text(struct run *run, struct expr **expr, char **out, enum flow *flow)
{
    struct sql_type text = type_string(SQL_NVARCHAR, SQL_LENGTH_MAX, true);
    struct sql_value value;

    if (!evaluate_as(run, expr, &text, &value, flow))
        return false;
    *out = value.null ? NULL : value.bytes;
    return true;
}

bool run_scalar_integer(struct run *run, struct expr **expr, int64_t *out, bool *null,
                        enum flow *flow)
{
    struct sql_type integer = type_of(SQL_BIGINT, true);
    struct sql_value value;

    if (!evaluate_as(run, expr, &integer, &value, flow))
        return false;
    *out = value.integer;
    *null = value.null;
    return true;
}
