/* The engine's door: instances, sessions, batches, remote calls, and the estate's view of stored
 * tables. The language itself is in sql/.
 */
#include "tests/lab/engine.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/log.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "tests/lab/estate.h"
#include "tests/lab/session.h"
#include "tests/lab/sql/bind.h"
#include "tests/lab/sql/cell.h"
#include "tests/lab/sql/emit.h"
#include "tests/lab/sql/execute.h"
#include "tests/lab/sql/functions.h"
#include "tests/lab/sql/query.h"
#include "tests/lab/sql/run.h"
#include "tests/lab/sql/store.h"

enum { COMMAND_EXECUTE = 224 };

/* --- instances ------------------------------------------------------------------------------ */

struct engine *engine_new(struct instance *instance)
{
    struct engine *engine = memory_new(sizeof *engine);

    engine->instance = instance;
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); /* counted by nobody; the first call counts */
    /* the lab is one monitor: no mutexes are needed inside it */
    if (sqlite3_open_v2(":memory:", &engine->db,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                        NULL) != SQLITE_OK)
        log_write(LOG_ERROR, "SQLite: %s", sqlite3_errmsg(engine->db));
    store_run(engine, "PRAGMA temp_store=memory; PRAGMA secure_delete=off");
    query_hear_clients(engine);
    cell_open(engine->db);
    functions_open(engine);
    store_open(engine);
    return engine;
}

void engine_free(struct engine *engine)
{
    if (engine == NULL)
        return;
    while (engine->tables_count > 0)
        store_drop(engine, engine->tables[engine->tables_count - 1]);
    for (size_t i = 0; i < engine->virtuals_count; i++) {
        sqlite3_finalize(engine->virtuals[i]->insert);
        free(engine->virtuals[i]);
    }
    free(engine->virtuals);
    free(engine->tables);
    if (engine->system_session != NULL) {
        engine_session_close(engine->system_session);
        free(engine->system_session);
    }
    sqlite3_close(engine->db);
    free(engine);
}

/* --- sessions ------------------------------------------------------------------------------- */

void engine_session_open(struct session *session)
{
    session->engine = memory_new(sizeof(struct session_state));
}

void engine_session_close(struct session *session)
{
    struct session_state *state = session->engine;

    if (state == NULL)
        return;
    session->reply = NULL;
    transaction_rollback(session, 0);
    while (state->temporary_tables_count > 0)
        store_drop(session->instance->engine,
                   state->temporary_tables[--state->temporary_tables_count]);
    for (size_t i = 0; i < state->prepared_count; i++) {
        free(state->prepared[i].text);
        free(state->prepared[i].parameters);
    }
    free(state->prepared);
    free(state->temporary_tables);
    free(state->changes);
    free(state->savepoints);
    free(state);
    session->engine = NULL;
}

/* --- batches -------------------------------------------------------------------------------- */

/* Captured: with XACT_ABORT an attention rolls the transaction back, without it not. */
static void roll_back_cancelled(struct session *session)
{
    if (session_state(session) == SESSION_ATTENTION && session->xact_abort)
        transaction_rollback(session, 0);
}

static bool run_batch(struct session *session, const char *text, struct reply *reply, bool internal)
{
    struct frame frame = {0};
    struct run run = {.frame = &frame, .scope = REPLY_BATCH, .internal = internal};
    struct reply *outer = session->reply;
    enum flow flow = FLOW_CLOSE;

    session->reply = reply;
    if (run_begin(&run, session, reply)) {
        flow = run_text(&run, text);
        run_end(&run);
        roll_back_cancelled(session);
    }
    frame_free(&frame, session->instance->engine);
    session->reply = outer;
    return flow != FLOW_CLOSE;
}

bool engine_run_batch(struct session *session, const char *text, struct reply *reply)
{
    return run_batch(session, text, reply, false);
}

bool engine_run_internal(struct session *session, const char *text, struct reply *reply)
{
    return run_batch(session, text, reply, true);
}

/* --- remote procedure calls ----------------------------------------------------------------- */

static void send_outputs(struct reply *reply, struct engine_parameter *parameters,
                         struct argument_value *arguments, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!parameters[i].output && !arguments[i].given_back)
            continue;
        sql_value_free(&parameters[i].value);
        parameters[i].value = sql_value_copy(&arguments[i].value);
        reply_return_value(reply, (int)i, parameters[i].name, &arguments[i].type,
                           &arguments[i].value);
    }
}

static struct argument_value *make_arguments(const struct engine_parameter *parameters,
                                             size_t count)
{
    struct argument_value *arguments = memory_new_array(count + 1, sizeof *arguments);

    for (size_t i = 0; i < count; i++) {
        arguments[i].name = parameters[i].name;
        arguments[i].type = parameters[i].type;
        arguments[i].value = sql_value_copy(&parameters[i].value);
        arguments[i].output = parameters[i].output;
        arguments[i].is_default = parameters[i].is_default;
    }
    return arguments;
}

bool engine_run_procedure(struct session *session, const char *name,
                          struct engine_parameter *parameters, size_t count, struct reply *reply)
{
    struct frame frame = {0};
    struct arena arena = {0};
    struct run run = {.frame = &frame, .arena = &arena, .scope = REPLY_IN_PROCEDURE, .line = 1};
    struct argument_value *arguments = make_arguments(parameters, count);
    struct reply *outer = session->reply;
    struct object_name object;
    struct call_result result = {0};
    enum flow flow = FLOW_CLOSE;

    session->reply = reply;
    if (run_begin(&run, session, reply)) {
        if (execute_name(&arena, name, &object))
            flow = execute_procedure(&run, &object, arguments, count, &result);
        else
            flow = run_raise(&run, 2812, 16, 62, "Could not find stored procedure '%s'.", name);
        run_end(&run);
        roll_back_cancelled(session);
    }
    if (flow != FLOW_CLOSE) {
        if (session_state(session) == SESSION_GO_ON) {
            reply_return_status(reply, result.value);
            send_outputs(reply, parameters, arguments, count);
        }
        reply_done(reply, REPLY_END_OF_PROCEDURE, run.failed ? DONE_ERROR : 0, COMMAND_EXECUTE, 0);
    }
    argument_values_free(arguments, count);
    frame_free(&frame, session->instance->engine);
    arena_free(&arena);
    session->reply = outer;
    return flow != FLOW_CLOSE;
}

/* --- stored tables for the estate ------------------------------------------------------------ */

void engine_create_table(struct engine *engine, struct database *database, const char *schema,
                         const char *name, const struct sql_column *columns, size_t count,
                         size_t key, int identity)
{
    store_create(engine, database, schema, name, columns, count, key, identity);
}

void engine_create_view(struct engine *engine, struct database *database, const char *schema,
                        const char *name, const char *select_text)
{
    struct table *view = store_create(engine, database, schema, name, NULL, 0, 0, -1);

    view->view_text = memory_copy_text(select_text);
}

static sqlite3_stmt *insert_statement(struct engine *engine, struct table *table)
{
    struct str sql = {0};

    if (table->insert != NULL)
        return table->insert;
    str_format(&sql, "INSERT INTO t%d VALUES(?1", table->id);
    for (size_t i = 0; i < table->columns_count; i++)
        str_add(&sql, ",?");
    str_add(&sql, ")");
    if (sqlite3_prepare_v3(engine->db, str_text(&sql), -1, SQLITE_PREPARE_PERSISTENT,
                           &table->insert, NULL) != SQLITE_OK)
        log_write(LOG_ERROR, "SQLite: %s", sqlite3_errmsg(engine->db));
    str_free(&sql);
    return table->insert;
}

static void bind_row(struct table *table, sqlite3_stmt *statement, const struct sql_value *values)
{
    sqlite3_bind_null(statement, 1); /* the next key */
    for (size_t i = 0; i < table->columns_count; i++) {
        if ((int)i == table->identity && values[i].null) {
            sqlite3_bind_int64(statement, (int)i + 2, table->identity_next);
            table->identity_next += table->identity_step;
            continue;
        }
        if ((int)i == table->identity && values[i].integer >= table->identity_next)
            table->identity_next = values[i].integer + table->identity_step;
        cell_bind_borrowed(statement, (int)i + 2, &table->columns[i].type, &values[i]);
    }
}

/* One row; its change record goes to record (NULL: none is made). */
static void insert_row(struct engine *engine, struct database *database, const char *schema,
                       const char *name, const struct sql_value *values, struct str *record)
{
    struct table *table = store_find(engine, database, schema, name);
    struct str *outer = engine->capture;
    sqlite3_stmt *statement;

    if (table == NULL || table->columns_count == 0) {
        log_write(LOG_ERROR, "no table %s.%s.%s to insert into", database->name, schema, name);
        return;
    }
    statement = insert_statement(engine, table);
    if (statement == NULL)
        return;
    if (sqlite3_get_autocommit(engine->db))
        store_run(engine, "BEGIN"); /* rows come in thousands: run_begin commits */
    bind_row(table, statement, values);
    engine->capture = record;
    if (sqlite3_step(statement) != SQLITE_DONE)
        log_write(LOG_ERROR, "%s.%s.%s: %s", database->name, schema, name,
                  sqlite3_errmsg(engine->db));
    sqlite3_reset(statement);
    engine->capture = outer;
}

void engine_insert(struct engine *engine, struct database *database, const char *schema,
                   const char *name, const struct sql_value *values)
{
    struct str record = {0};

    insert_row(engine, database, schema, name, values, database->system ? NULL : &record);
    if (record.length > 0) {
        size_t length = record.length;

        database_log(database, str_take(&record), length);
    }
    str_free(&record);
}

void engine_load(struct engine *engine, struct database *database, const char *schema,
                 const char *name, const struct sql_value *values)
{
    insert_row(engine, database, schema, name, values, NULL);
}

/* The session of C code that reads tables; it is nobody. */
static struct session *system_session(struct engine *engine)
{
    if (engine->system_session == NULL) {
        engine->system_session = memory_new(sizeof *engine->system_session);
        engine->system_session->instance = engine->instance;
        engine->system_session->socket_fd = -1;
        engine_session_open(engine->system_session);
    }
    return engine->system_session;
}

struct scan {
    struct arena arena;
    struct select select;
    struct source source;
    struct select_item star;
};

/* SELECT * FROM the table WHERE ... ORDER BY ..., as a tree. */
static bool make_scan(struct scan *scan, struct object_name name, const char *where_text,
                      const char *order_text)
{
    struct parse_error error = {0};

    scan->source = (struct source){.kind = SOURCE_NAME, .name = name};
    scan->select.kind = SELECT_QUERY;
    scan->select.from = &scan->source;
    *arena_append(&scan->arena, &scan->select.list, items) = (struct select_item){0};
    if (where_text != NULL) {
        scan->select.where = parse_condition(&scan->arena, where_text, &error);
        if (scan->select.where == NULL) {
            log_write(LOG_ERROR, "scan: %s", error.text);
            return false;
        }
    }
    if (order_text != NULL &&
        !parse_order(&scan->select.order_by, &scan->arena, order_text, &error)) {
        log_write(LOG_ERROR, "scan: %s", error.text);
        return false;
    }
    return true;
}

/* Runs the scan and keeps its rows, so that the caller's row may itself use the engine. */
static struct sql_value *read_scan(struct run *run, struct select *select, size_t *rows)
{
    struct sql_value *values = NULL;
    size_t count = 0, capacity = 0;
    struct binder binder;
    struct str sql = {0};
    enum flow flow;
    sqlite3_stmt *statement;

    binder_init(&binder, run);
    bind_select(&binder, select, true);
    if (binder_failed(&binder)) {
        log_write(LOG_ERROR, "scan: %s", binder.problem.text);
        return NULL;
    }
    emit_select(run, &sql, select);
    statement = query_prepare(run, str_text(&sql), &flow);
    str_free(&sql);
    if (statement == NULL)
        return NULL;
    while (query_step(run, statement) == SQLITE_ROW) {
        for (size_t i = 0; i < select->columns_count; i++) {
            values = memory_grow(values, &capacity, count, sizeof *values);
            values[count++] =
                cell_read(sqlite3_column_value(statement, (int)i), &select->columns[i].type);
        }
        (*rows)++;
    }
    sqlite3_finalize(statement);
    return values;
}

void engine_scan(struct engine *engine, struct database *database, const char *schema,
                 const char *name, const char *where_text, const char *order_text,
                 void (*row)(void *context, const struct sql_value *values, size_t count),
                 void *context)
{
    struct session *session = system_session(engine);
    struct frame frame = {0};
    struct scan scan = {0};
    struct run run = {.frame = &frame, .arena = &scan.arena, .internal = true};
    struct object_name object = {.schema = schema, .name = name};
    struct reply *sink = reply_new_sink();
    struct database *before = session->database;
    struct sql_value *values = NULL;
    size_t rows = 0, width = 0;

    session->database = database;
    if (run_begin(&run, session, sink)) {
        if (make_scan(&scan, object, where_text, order_text))
            values = read_scan(&run, &scan.select, &rows);
        run_end(&run);
        width = scan.select.columns_count;
    }
    session->database = before;
    for (size_t i = 0; i < rows; i++)
        row(context, values + i * width, width);
    for (size_t i = 0; i < rows * width; i++)
        sql_value_free(&values[i]);
    free(values);
    arena_free(&scan.arena);
    reply_free(sink);
}

/* --- content -------------------------------------------------------------------------------- */

void engine_content_drop(struct engine *engine, struct database *database)
{
    for (size_t i = engine->tables_count; i-- > 0;)
        if (engine->tables[i]->database == database)
            store_drop(engine, engine->tables[i]);
}

void engine_content_define(struct engine *engine, struct database *database,
                           const struct engine *from, const struct database *origin)
{
    size_t count = from->tables_count;

    for (size_t i = 0; i < count; i++) {
        const struct table *table = from->tables[i];
        struct table *copy;

        if (table->database != origin || (from == engine && origin == database))
            continue;
        copy = store_create(engine, database, table->schema, table->name, table->columns,
                            table->columns_count, table->key, table->identity);
        copy->identity_step = table->identity_step;
        copy->view_text = memory_copy_text(table->view_text);
        if (table->defaults != NULL) {
            copy->defaults = memory_new_array(copy->columns_count, sizeof *copy->defaults);
            for (size_t c = 0; c < copy->columns_count; c++)
                copy->defaults[c] = memory_copy_text(table->defaults[c]);
        }
    }
}

void engine_content_apply(struct engine *engine, struct database *database, const void *record,
                          size_t length)
{
    store_redo(engine, database, record, length);
}

bool engine_table_exists(struct engine *engine, const struct database *database, const char *schema,
                         const char *name)
{
    return store_find(engine, database, schema, name) != NULL;
}

void engine_each_table(struct engine *engine, const struct database *database,
                       void (*each)(void *context, const struct engine_table *table), void *context)
{
    for (size_t i = 0; i < engine->tables_count; i++) {
        const struct table *table = engine->tables[i];
        struct engine_table shown = {.object_id = object_id_of_table(table),
                                     .schema = table->schema,
                                     .name = table->name,
                                     .is_view = table->view_text != NULL,
                                     .columns = table->columns,
                                     .columns_count = table->columns_count,
                                     .key = table->key,
                                     .identity = table->identity,
                                     .last_update_utc_ms = table->last_update_utc_ms};

        if (table->database == database)
            each(context, &shown);
    }
}
