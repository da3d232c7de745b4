/* EXEC: native procedures, texts, sp_executesql and the prepared statements of RPC. */
#include "tests/lab/sql/execute.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "tests/lab/estate.h"
#include "tests/lab/sql/query.h"
#include "tests/lab/sql/type.h"

enum { COMMAND_EXECUTE = 224, PARAMETERS_MOST = 200 };

/* --- texts ---------------------------------------------------------------------------------- */

/* What SET changes for a text until its end only. Captured: NOCOUNT; source: sql-docs, SET
 * statements: the others. */
struct text_options {
    bool nocount, xact_abort;
    int lock_timeout_ms, isolation_level;
};

static struct text_options keep_options(const struct session *session)
{
    return (struct text_options){.nocount = session->nocount,
                                 .xact_abort = session->xact_abort,
                                 .lock_timeout_ms = session->lock_timeout_ms,
                                 .isolation_level = session->isolation_level};
}

/* A cancelled text's XACT_ABORT is still looked at: it decides what becomes of the transaction. */
static void restore_options(struct session *session, const struct text_options *options)
{
    session->nocount = options->nocount;
    session->lock_timeout_ms = options->lock_timeout_ms;
    session->isolation_level = options->isolation_level;
    if (session_state(session) == SESSION_GO_ON)
        session->xact_abort = options->xact_abort;
}

/* Runs a text with a frame of its own; a USE or SET in it ends with it. */
static enum flow run_nested_text(struct run *outer, struct frame *frame, const char *text)
{
    struct run run = {.frame = frame, .scope = REPLY_IN_PROCEDURE};
    struct database *database = outer->session->database;
    struct text_options options = keep_options(outer->session);
    enum flow flow;

    if (!run_begin(&run, outer->session, outer->reply))
        return run_raise(outer, 217, 16, 1,
                         "Maximum stored procedure, function, trigger, or view nesting level "
                         "exceeded (limit 32).");
    flow = run_text(&run, text);
    run_end(&run);
    bool ends_batch = flow == FLOW_END && outer->session->xact_abort;
    restore_options(outer->session, &options);
    if (outer->session->database != database) {
        reply_database_changed(outer->reply, outer->session->database->name, database->name);
        outer->session->database = database;
    }
    if (flow == FLOW_ERROR || flow == FLOW_CLOSE)
        return flow;
    return ends_batch ? FLOW_END : FLOW_NEXT;
}

enum flow run_execute_text(struct run *run, struct statement *statement)
{
    struct frame frame = {0};
    char *text;
    enum flow flow;

    if (!run_scalar_text(run, &statement->value, &text, &flow))
        return flow;
    flow = text == NULL ? FLOW_NEXT : run_nested_text(run, &frame, text);
    frame_free(&frame, run->engine);
    free(text);
    return flow;
}

/* --- arguments ------------------------------------------------------------------------------ */

void argument_values_free(struct argument_value *arguments, size_t count)
{
    for (size_t i = 0; i < count; i++)
        sql_value_free(&arguments[i].value);
    free(arguments);
}

static bool evaluate_arguments(struct run *run, struct statement *statement,
                               struct argument_value *arguments, enum flow *flow)
{
    for (size_t i = 0; i < statement->arguments.items_count; i++) {
        struct argument *argument = &statement->arguments.items[i];

        arguments[i].name = argument->name;
        arguments[i].output = argument->output;
        arguments[i].value = sql_null();
        if (argument->value == NULL) {
            arguments[i].is_default = true;
            continue;
        }
        if (argument->output && argument->value->kind == EXPR_VARIABLE)
            arguments[i].variable = run_variable(run, argument->value->text);
        if (!run_scalar(run, &argument->value, &arguments[i].value, &arguments[i].type, flow))
            return false;
        if (argument->value->untyped)
            arguments[i].type = type_string(SQL_NVARCHAR, 4000, true);
    }
    return true;
}

/* Gives an output parameter's value back to the caller's variable. */
void argument_give_back(struct run *run, struct argument_value *argument,
                        const struct sql_value *value, const struct sql_type *type)
{
    argument->given_back = true;
    sql_value_free(&argument->value);
    argument->value = sql_value_copy(value);
    argument->type = *type;
    if (argument->variable != NULL)
        run_assign(run, argument->variable, sql_value_copy(value), type);
}

/* --- sp_executesql -------------------------------------------------------------------------- */

static char *text_argument(struct run *run, const struct argument_value *argument)
{
    struct sql_type text = type_string(SQL_NVARCHAR, SQL_LENGTH_MAX, true);
    struct sql_value value;

    if (argument->value.null ||
        !convert_value(&value, &argument->value, &argument->type, &text, 0, &run->problem))
        return NULL;
    return value.bytes;
}

static struct argument_value *find_argument(struct argument_value *arguments, size_t count,
                                            size_t position, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (arguments[i].name != NULL && *arguments[i].name != '\0' &&
            strcasecmp(arguments[i].name, name) == 0)
            return &arguments[i];
    if (position < count && (arguments[position].name == NULL || *arguments[position].name == '\0'))
        return &arguments[position];
    return NULL;
}

/* Makes a variable of each parameter. False after an error: *flow says what follows. */
static bool fill_frame(struct run *run, struct frame *frame, const struct declaration_list *list,
                       struct argument_value *arguments, size_t count,
                       struct argument_value **matched, enum flow *flow)
{
    for (size_t i = 0; i < list->items_count; i++) {
        struct variable *variable = frame_add(frame, list->items[i].name, &list->items[i].type);

        matched[i] = find_argument(arguments, count, i, list->items[i].name);
        if (matched[i] == NULL || matched[i]->is_default) {
            if (list->items[i].value == NULL) {
                *flow = run_raise(run, 8178, 16, 1,
                                  "The parameterized query expects the parameter '%s', which was "
                                  "not supplied.",
                                  list->items[i].name);
                return false;
            }
            continue;
        }
        run->problem.number = 0;
        run_assign(run, variable, sql_value_copy(&matched[i]->value), &matched[i]->type);
        if (run->problem.number != 0) {
            *flow = run_problem(run, &run->problem);
            return false;
        }
    }
    return true;
}

enum flow execute_parameterised(struct run *run, const char *text, const char *parameters,
                                struct argument_value *arguments, size_t count)
{
    struct arena arena = {0};
    struct declaration_list list = {0};
    struct frame frame = {0};
    struct parse_error error = {0};
    bool outputs[PARAMETERS_MOST] = {false};
    struct argument_value *matched[PARAMETERS_MOST] = {NULL};
    enum flow flow = FLOW_NEXT;

    if (parameters != NULL && *parameters != '\0' &&
        !parse_parameters(&list, outputs, PARAMETERS_MOST, &arena, parameters, &error)) {
        struct sql_problem problem = {.number = error.number,
                                      .severity = error.severity,
                                      .state = error.state,
                                      .ends_batch = true};

        text_copy(problem.text, sizeof problem.text, error.text);
        flow = run_problem(run, &problem);
    } else if (fill_frame(run, &frame, &list, arguments, count, matched, &flow)) {
        flow = run_nested_text(run, &frame, text);
    }
    for (size_t i = 0; i < list.items_count && flow == FLOW_NEXT; i++)
        if (outputs[i] && matched[i] != NULL && matched[i]->output)
            argument_give_back(run, matched[i], &frame.variables[i].value,
                               &frame.variables[i].type);
    frame_free(&frame, run->engine);
    arena_free(&arena);
    return flow;
}

static enum flow executesql(struct run *run, struct argument_value *arguments, size_t count)
{
    char *text = count > 0 ? text_argument(run, &arguments[0]) : NULL;
    char *parameters = count > 1 ? text_argument(run, &arguments[1]) : NULL;
    enum flow flow = FLOW_NEXT;

    if (count == 0)
        flow = run_raise(run, 201, 16, 10,
                         "Procedure or function 'sp_executesql' expects parameter '@stmt', which "
                         "was not supplied.");
    else if (text != NULL)
        flow =
            execute_parameterised(run, text, parameters, arguments + 2, count > 2 ? count - 2 : 0);
    free(text);
    free(parameters);
    return flow;
}

/* --- prepared statements -------------------------------------------------------------------- */

static struct prepared_statement *find_prepared(struct run *run,
                                                const struct argument_value *handle)
{
    for (size_t i = 0; i < run->state->prepared_count; i++)
        if (!handle->value.null && run->state->prepared[i].handle == handle->value.integer)
            return &run->state->prepared[i];
    return NULL;
}

static enum flow no_handle(struct run *run, const struct argument_value *handle)
{
    return run_raise(run, 8179, 16, 2, "Could not find prepared statement with handle %lld.",
                     (long long)handle->value.integer);
}

static void prepare(struct run *run, struct argument_value *arguments)
{
    struct prepared_statement *prepared = memory_append(run->state, prepared);
    struct sql_type integer = type_of(SQL_INT, true);
    struct sql_value handle = sql_integer(++run->state->next_handle);

    prepared->handle = run->state->next_handle;
    prepared->parameters = text_argument(run, &arguments[1]);
    prepared->text = text_argument(run, &arguments[2]);
    arguments[0].output = true;
    argument_give_back(run, &arguments[0], &handle, &integer);
    run->state->last_error = 0;
}

static enum flow execute_prepared(struct run *run, struct argument_value *arguments, size_t count,
                                  size_t skip)
{
    struct prepared_statement *prepared = find_prepared(run, &arguments[0]);
    char *text, *parameters;
    enum flow flow;

    if (prepared == NULL)
        return no_handle(run, &arguments[0]);
    text = memory_copy_text(prepared->text == NULL ? "" : prepared->text);
    parameters = memory_copy_text(prepared->parameters == NULL ? "" : prepared->parameters);
    flow = execute_parameterised(run, text, parameters, arguments + skip,
                                 count > skip ? count - skip : 0);
    free(text);
    free(parameters);
    return flow;
}

static enum flow unprepare(struct run *run, const struct argument_value *handle)
{
    struct prepared_statement *prepared = find_prepared(run, handle);

    if (prepared == NULL)
        return no_handle(run, handle);
    free(prepared->text);
    free(prepared->parameters);
    *prepared = run->state->prepared[--run->state->prepared_count];
    run->state->last_error = 0;
    return FLOW_NEXT;
}

/* The procedures that are part of the language; *handled tells whether name is one. */
static enum flow execute_language(struct run *run, const char *name,
                                  struct argument_value *arguments, size_t count, bool *handled)
{
    *handled = true;
    if (strcasecmp(name, "sp_executesql") == 0)
        return executesql(run, arguments, count);
    if (strcasecmp(name, "sp_prepare") == 0 && count >= 3) {
        prepare(run, arguments);
        return FLOW_NEXT;
    }
    if (strcasecmp(name, "sp_prepexec") == 0 && count >= 3) {
        prepare(run, arguments);
        return execute_prepared(run, arguments, count, 3);
    }
    if (strcasecmp(name, "sp_execute") == 0 && count >= 1)
        return execute_prepared(run, arguments, count, 1);
    if (strcasecmp(name, "sp_unprepare") == 0 && count >= 1)
        return unprepare(run, &arguments[0]);
    *handled = false;
    return FLOW_NEXT;
}

static enum flow not_found(struct run *run, const struct object_name *name)
{
    struct sql_problem problem = {0};

    problem_set(&problem, 2812, 62, false, "Could not find stored procedure '%s%s%s%s%s'.",
                name->database == NULL ? "" : name->database, name->database == NULL ? "" : ".",
                name->schema == NULL ? "" : name->schema,
                name->schema == NULL && name->database == NULL ? "" : ".", name->name);
    return run_problem(run, &problem);
}

enum flow execute_procedure(struct run *run, const struct object_name *name,
                            struct argument_value *arguments, size_t count,
                            struct call_result *result)
{
    struct database *database = run->session->database;
    const struct native_procedure *procedure;
    struct binder binder;
    bool handled;
    enum flow flow = execute_language(run, name->name, arguments, count, &handled);

    result->found = handled;
    if (handled) {
        /* captured: what a text returns is the @@ERROR at its end */
        result->value = run->state->last_error;
        return flow;
    }
    if (name->database != NULL)
        database = instance_database(run->engine->instance, name->database);
    if (database == NULL)
        return not_found(run, name);
    binder_init(&binder, run);
    if (!bind_database_ready(&binder, database)) {
        if (!binder.written)
            return run_problem(run, &binder.problem);
        return run->raised ? FLOW_ERROR : FLOW_END;
    }
    procedure = procedure_find(run->session, database, name->schema == NULL ? "dbo" : name->schema,
                               name->name);
    if (procedure == NULL)
        return not_found(run, name);
    result->found = true;
    return execute_native(run, procedure, database, arguments, count, &result->value);
}

/* "db.schema.name" of a variable or of an RPC, in the arena of the run. */
bool execute_name(struct arena *arena, const char *text, struct object_name *name)
{
    char parts[3][129];
    int count = object_split_name(parts, text);

    *name = (struct object_name){0};
    if (count == 0)
        return false;
    name->name = arena_copy(arena, parts[count - 1], strlen(parts[count - 1]));
    if (count > 1 && *parts[count - 2] != '\0')
        name->schema = arena_copy(arena, parts[count - 2], strlen(parts[count - 2]));
    if (count > 2 && *parts[0] != '\0')
        name->database = arena_copy(arena, parts[0], strlen(parts[0]));
    return true;
}

static bool resolve_name(struct run *run, struct statement *statement, struct object_name *name)
{
    const struct variable *variable;

    *name = statement->procedure;
    if (statement->procedure_variable == NULL)
        return true;
    variable = run_variable(run, statement->procedure_variable);
    return !variable->value.null && variable->value.bytes != NULL &&
           execute_name(run->arena, variable->value.bytes, name);
}

enum flow run_execute(struct run *run, struct statement *statement)
{
    size_t count = statement->arguments.items_count;
    struct argument_value *arguments;
    struct sql_type integer = type_of(SQL_INT, false);
    struct object_name name;
    struct call_result result = {0};
    enum flow flow = FLOW_NEXT;

    if (!resolve_name(run, statement, &name))
        return run_raise(run, 2812, 16, 62, "Could not find stored procedure ''.");
    arguments = memory_new_array(count + 1, sizeof *arguments);
    for (size_t i = 0; i < count; i++)
        arguments[i].value = sql_null();
    if (evaluate_arguments(run, statement, arguments, &flow))
        flow = execute_procedure(run, &name, arguments, count, &result);
    argument_values_free(arguments, count);
    if (flow == FLOW_NEXT && statement->return_variable != NULL)
        run_assign(run, run_variable(run, statement->return_variable), sql_integer(result.value),
                   &integer);
    if (flow == FLOW_ERROR || flow == FLOW_CLOSE)
        return flow;
    if (!result.found) {
        run_done(run, COMMAND_EXECUTE, -1);
        return flow;
    }
    reply_return_status(run->reply, result.value);
    reply_done(run->reply, run->scope == REPLY_BATCH ? REPLY_END_OF_PROCEDURE : run->scope,
               run->failed && !run->raised ? DONE_ERROR : 0, COMMAND_EXECUTE, 0);
    return flow;
}
