#include "tests/lab/sql/run.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/log.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "tests/lab/estate.h"
#include "tests/lab/sql/type.h"

enum {
    COMMAND_CONDITION = 192,
    COMMAND_SELECT = 193,
    COMMAND_PRINT = 247,
    COMMAND_COMPILE_ERROR = 253,
    COMMAND_TRY = 349,
    COMMAND_CATCH = 350,
    COMMAND_END_TRY = 351,
    NESTING_MOST = 32,
};

/* --- errors --------------------------------------------------------------------------------- */

static bool is_caught(const struct run *run)
{
    for (const struct run *at = run; at != NULL; at = at->outer)
        if (at->try_depth > 0 && !(at == run && run->compiling))
            return true;
    return false;
}

/* Every error of the session comes by here, whoever writes it. context: the outermost run. */
static bool see_error(void *context, int number, int severity, int state, int line,
                      const char *procedure, const char *text)
{
    const struct run *outermost = context;
    const struct reply_observer *before = outermost->observer_before;
    struct run *run = outermost->state->run;

    run->state->last_error = number;
    run->failed = true;
    if (severity >= 20 || !is_caught(run))
        return before != NULL && before->error != NULL &&
               before->error(before->context, number, severity, state, line, procedure, text);
    run->raised = true;
    run->error = (struct caught_error){
        .number = number, .severity = severity, .state = state, .line = line};
    text_copy(run->error.procedure, sizeof run->error.procedure, procedure == NULL ? "" : procedure);
    text_copy(run->error.text, sizeof run->error.text, text);
    return true;
}

static enum flow raise(struct run *run, int number, int severity, int state, bool ends_batch,
                       const char *text)
{
    reply_error(run->reply, number, severity, state, run->line, run->procedure, "%s", text);
    if (severity >= 20)
        return FLOW_CLOSE;
    if (run->raised) {
        if (run->session->xact_abort && run->session->transaction_depth > 0)
            run->session->transaction_doomed = true;
        return FLOW_ERROR;
    }
    if (run->session->xact_abort && severity > 10) {
        if (run->session->transaction_depth > 0)
            transaction_rollback(run->session, 0);
        return FLOW_END;
    }
    return ends_batch ? FLOW_END : FLOW_NEXT;
}

enum flow run_raise(struct run *run, int number, int severity, int state, const char *format, ...)
{
    char text[2048];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return raise(run, number, severity, state, false, text);
}

enum flow run_problem(struct run *run, const struct sql_problem *problem)
{
    return raise(run, problem->number, problem->severity, problem->state, problem->ends_batch,
                 problem->text);
}

enum flow run_compile_problem(struct run *run, const struct sql_problem *problem)
{
    enum flow flow;

    if (problem->number == 102 || problem->number == 195)
        log_write(LOG_WARNING, "T-SQL that the lab does not know: %s", problem->text);
    run->compiling = true;
    flow = run_problem(run, problem);
    run->compiling = false;
    if (flow == FLOW_NEXT || flow == FLOW_END) {
        run_done(run, COMMAND_COMPILE_ERROR, -1);
        flow = FLOW_END;
    }
    return flow;
}

enum flow run_after_foreign(struct run *run, bool ok)
{
    enum session_end end = session_state(run->session);

    if (end == SESSION_KILLED || end == SESSION_DISCONNECTED)
        return FLOW_CLOSE;
    if (end == SESSION_ATTENTION)
        return FLOW_END;
    if (run->raised)
        return FLOW_ERROR;
    if (!ok && run->session->xact_abort)
        return FLOW_END;
    return FLOW_NEXT;
}

void run_done(struct run *run, int command, int64_t count)
{
    int status = 0;

    if (count >= 0 && !run->session->nocount)
        status |= DONE_COUNT;
    if (run->session->transaction_depth > 0)
        status |= DONE_IN_TRANSACTION;
    if (run->failed && !run->raised)
        status |= DONE_ERROR;
    reply_done(run->reply, run->scope, status, command, count > 0 ? (uint64_t)count : 0);
}

/* --- variables ------------------------------------------------------------------------------ */

struct variable *run_variable(struct run *run, const char *name)
{
    for (size_t i = 0; i < run->frame->variables_count; i++)
        if (strcasecmp(run->frame->variables[i].name, name) == 0)
            return &run->frame->variables[i];
    return NULL;
}

struct variable *frame_add(struct frame *frame, const char *name, const struct sql_type *type)
{
    struct variable *variable = memory_append(frame, variables);

    variable->name = name;
    variable->type = *type;
    variable->value = sql_null();
    return variable;
}

void frame_free(struct frame *frame, struct engine *engine)
{
    for (size_t i = 0; i < frame->variables_count; i++) {
        sql_value_free(&frame->variables[i].value);
        if (frame->variables[i].table != NULL)
            store_drop(engine, frame->variables[i].table);
    }
    free(frame->variables);
    *frame = (struct frame){0};
}

void run_assign(struct run *run, struct variable *variable, struct sql_value value,
                const struct sql_type *type)
{
    struct sql_value converted;

    if (convert_value(&converted, &value, type, &variable->type, 0, &run->problem)) {
        sql_value_free(&variable->value);
        variable->value = converted;
    }
    sql_value_free(&value);
}

static enum flow declare(struct run *run, struct statement *statement)
{
    for (size_t i = 0; i < statement->declarations.items_count; i++) {
        struct declaration *declaration = &statement->declarations.items[i];
        struct variable *variable = run_variable(run, declaration->name);
        struct sql_value value;
        struct sql_type type;
        enum flow flow;

        if (variable == NULL)
            variable = frame_add(run->frame, declaration->name, &declaration->type);
        if (declaration->is_table && variable->table == NULL) {
            flow = run_create_table(run, statement);
            if (flow != FLOW_NEXT)
                return flow;
            continue;
        }
        if (declaration->value == NULL)
            continue;
        if (!run_scalar(run, &declaration->value, &value, &type, &flow))
            return flow;
        run->problem.number = 0;
        run_assign(run, run_variable(run, declaration->name), value, &type);
        if (run->problem.number != 0)
            return run_problem(run, &run->problem);
        run->state->row_count = 1;
        run_done(run, COMMAND_SELECT, 1);
    }
    return FLOW_NEXT;
}

/* SET @v += x is SET @v = @v + x. */
static void expand_compound(struct run *run, struct assignment *assignment)
{
    struct expr *sum, *variable;

    if (!assignment->compound)
        return;
    sum = arena_new(run->arena, sizeof *sum);
    variable = arena_new(run->arena, sizeof *variable);
    variable->kind = EXPR_VARIABLE;
    variable->text = assignment->variable;
    variable->line = sum->line = assignment->line;
    sum->kind = EXPR_ARITHMETIC;
    sum->op = assignment->op;
    *arena_append(run->arena, &sum->args, items) = variable;
    *arena_append(run->arena, &sum->args, items) = assignment->value;
    assignment->value = sum;
    assignment->compound = false;
}

static enum flow set_variable(struct run *run, struct statement *statement)
{
    struct assignment *assignment = &statement->assignments.items[0];
    struct sql_value value;
    struct sql_type type;
    enum flow flow;

    expand_compound(run, assignment);
    if (!run_scalar(run, &assignment->value, &value, &type, &flow))
        return flow;
    run->problem.number = 0;
    run_assign(run, run_variable(run, assignment->variable), value, &type);
    if (run->problem.number != 0)
        return run_problem(run, &run->problem);
    run->state->row_count = 1;
    run_done(run, COMMAND_SELECT, 1);
    return FLOW_NEXT;
}

/* --- control of flow ------------------------------------------------------------------------ */

static enum flow run_if(struct run *run, struct statement *statement)
{
    bool holds;
    enum flow flow;

    if (!run_condition(run, &statement->condition, &holds, &flow))
        return flow;
    run_done(run, COMMAND_CONDITION, -1);
    if (holds)
        return run_statement(run, statement->body);
    return statement->otherwise == NULL ? FLOW_NEXT : run_statement(run, statement->otherwise);
}

static enum flow run_while(struct run *run, struct statement *statement)
{
    for (;;) {
        bool holds;
        enum flow flow;

        run->line = statement->line;
        if (!run_condition(run, &statement->condition, &holds, &flow))
            return flow;
        run_done(run, COMMAND_CONDITION, -1);
        if (!holds)
            return FLOW_NEXT;
        flow = run_statement(run, statement->body);
        if (flow == FLOW_BREAK)
            return FLOW_NEXT;
        if (flow != FLOW_NEXT && flow != FLOW_CONTINUE)
            return flow;
    }
}

static enum flow run_try(struct run *run, struct statement *statement)
{
    struct caught_error error, *outer = run->handled;
    enum flow flow;

    run_done(run, COMMAND_TRY, -1);
    run->try_depth++;
    flow = run_statements(run, &statement->statements);
    run->try_depth--;
    if (flow != FLOW_ERROR) {
        if (flow == FLOW_NEXT)
            run_done(run, COMMAND_END_TRY, -1);
        return flow;
    }
    error = run->error;
    run->raised = run->failed = false;
    run->handled = &error;
    run_done(run, COMMAND_CATCH, -1);
    flow = run_statements(run, &statement->handler);
    run->handled = outer;
    if (flow == FLOW_NEXT)
        run_done(run, COMMAND_END_TRY, -1);
    return flow;
}

static enum flow run_print(struct run *run, struct statement *statement)
{
    char *text;
    enum flow flow;

    if (!run_scalar_text(run, &statement->value, &text, &flow))
        return flow;
    reply_info(run->reply, 0, 1, run->line, run->procedure, "%s", text == NULL ? "" : text);
    free(text);
    run->state->row_count = 0;
    run_done(run, COMMAND_PRINT, -1);
    return FLOW_NEXT;
}

static enum flow run_return(struct run *run, struct statement *statement)
{
    int64_t value;
    bool null;
    enum flow flow;

    if (statement->value != NULL) {
        if (!run_scalar_integer(run, &statement->value, &value, &null, &flow))
            return flow;
        run->return_value = null ? 0 : (int)value;
    }
    return FLOW_RETURN;
}

static const char *command_name(enum statement_kind kind)
{
    switch (kind) {
    case STATEMENT_INSERT:
        return "INSERT";
    case STATEMENT_UPDATE:
        return "UPDATE";
    case STATEMENT_DELETE:
        return "DELETE";
    case STATEMENT_WAITFOR:
        return "WAITFOR";
    case STATEMENT_EXECUTE:
        return "EXECUTE";
    default:
        return "SELECT";
    }
}

static enum flow dispatch(struct run *run, struct statement *statement)
{
    switch (statement->kind) {
    case STATEMENT_SELECT:
        return run_select(run, statement);
    case STATEMENT_INSERT:
        return run_insert(run, statement);
    case STATEMENT_UPDATE:
        return run_update(run, statement);
    case STATEMENT_DELETE:
        return run_delete(run, statement);
    case STATEMENT_TRUNCATE:
        return run_truncate(run, statement);
    case STATEMENT_CREATE_TABLE:
        return run_create_table(run, statement);
    case STATEMENT_DROP_TABLE:
        return run_drop_table(run, statement);
    case STATEMENT_DECLARE:
        return declare(run, statement);
    case STATEMENT_SET_VARIABLE:
        return set_variable(run, statement);
    case STATEMENT_SET_OPTION:
        return run_set_option(run, statement);
    case STATEMENT_IF:
        return run_if(run, statement);
    case STATEMENT_WHILE:
        return run_while(run, statement);
    case STATEMENT_BREAK:
        return FLOW_BREAK;
    case STATEMENT_CONTINUE:
        return FLOW_CONTINUE;
    case STATEMENT_BLOCK:
        return run_statements(run, &statement->statements);
    case STATEMENT_TRY:
        return run_try(run, statement);
    case STATEMENT_THROW:
        return run_throw(run, statement);
    case STATEMENT_RAISERROR:
        return run_raiserror(run, statement);
    case STATEMENT_PRINT:
        return run_print(run, statement);
    case STATEMENT_RETURN:
        return run_return(run, statement);
    case STATEMENT_USE:
        return run_use(run, statement->name);
    case STATEMENT_EXECUTE:
        return run_execute(run, statement);
    case STATEMENT_EXECUTE_TEXT:
        return run_execute_text(run, statement);
    case STATEMENT_WAITFOR:
        return run_waitfor(run, statement);
    case STATEMENT_BEGIN_TRANSACTION:
    case STATEMENT_COMMIT:
    case STATEMENT_ROLLBACK:
    case STATEMENT_SAVE:
        return run_transaction(run, statement);
    case STATEMENT_RESTORE:
    case STATEMENT_BACKUP:
    case STATEMENT_ALTER_DATABASE:
    case STATEMENT_DROP_DATABASE:
    case STATEMENT_KILL:
        return run_admin(run, statement);
    }
    return FLOW_NEXT;
}

/* @@ERROR is the statement's own: kept for the next one's look, then cleared by it. */
static bool keeps_error(enum statement_kind kind)
{
    return kind == STATEMENT_IF || kind == STATEMENT_WHILE || kind == STATEMENT_BLOCK ||
           kind == STATEMENT_TRY || kind == STATEMENT_RETURN;
}

enum flow run_statement(struct run *run, struct statement *statement)
{
    enum session_end end = session_state(run->session);
    enum flow flow;

    if (end == SESSION_ATTENTION)
        return FLOW_END;
    if (end != SESSION_GO_ON)
        return FLOW_CLOSE;
    run->line = statement->line;
    run->raised = run->failed = false;
    run->problem.number = 0;
    run->now_utc_ms = instance_now_utc_ms(run->session->instance);
    text_copy(run->session->command, sizeof run->session->command, command_name(statement->kind));
    flow = dispatch(run, statement);
    if (!run->failed && !keeps_error(statement->kind))
        run->state->last_error = 0;
    return flow;
}

enum flow run_statements(struct run *run, struct statement_list *list)
{
    for (size_t i = 0; i < list->items_count; i++) {
        enum flow flow = run_statement(run, list->items[i]);

        if (flow != FLOW_NEXT)
            return flow;
    }
    return FLOW_NEXT;
}

/* --- texts ---------------------------------------------------------------------------------- */

static enum flow parse_failed(struct run *run, const struct parse_error *error, const char *text)
{
    struct sql_problem problem = {.number = error->number,
                                  .severity = error->severity,
                                  .state = error->state,
                                  .ends_batch = true};

    text_copy(problem.text, sizeof problem.text, error->text);
    run->line = error->line;
    log_write(LOG_WARNING, "T-SQL that the lab does not know: line %d: %s In: %.1000s", error->line,
              error->text, text);
    return run_compile_problem(run, &problem);
}

enum flow run_text(struct run *run, const char *text)
{
    struct arena arena = {0};
    struct batch batch = {0};
    struct parse_error error;
    enum flow flow;

    run->arena = &arena;
    for (size_t i = 0; i < run->frame->variables_count; i++) {
        struct declaration declaration = {.name = run->frame->variables[i].name,
                                          .type = run->frame->variables[i].type};

        *arena_append(&arena, &batch.variables, items) = declaration;
    }
    if (parse_batch(&batch, &arena, text, &error))
        flow = run_statements(run, &batch.statements);
    else
        flow = parse_failed(run, &error, text);
    arena_free(&arena);
    run->arena = NULL;
    return flow;
}

static void pass_columns(void *context, const struct sql_column *columns, size_t count)
{
    const struct reply_observer *before = ((struct run *)context)->observer_before;

    before->columns(before->context, columns, count);
}

static void pass_row(void *context, const struct sql_value *values)
{
    const struct reply_observer *before = ((struct run *)context)->observer_before;

    before->row(before->context, values);
}

/* Puts the run's look at errors before whoever looks at the reply already. */
static void observe(struct run *run)
{
    const struct reply_observer *before;

    run->observer = (struct reply_observer){.error = see_error, .context = run};
    before = run->observer_before = reply_set_observer(run->reply, &run->observer);
    if (before != NULL && before->columns != NULL)
        run->observer.columns = pass_columns;
    if (before != NULL && before->row != NULL)
        run->observer.row = pass_row;
}

bool run_begin(struct run *run, struct session *session, struct reply *reply)
{
    struct session_state *state = session->engine;

    run->session = session;
    run->engine = session->instance->engine;
    run->state = state;
    run->reply = reply;
    run->outer = state->run;
    if (run->outer != NULL) {
        run->internal = run->internal || run->outer->internal;
        run->handled = run->outer->handled;
    }
    run->now_utc_ms = instance_now_utc_ms(session->instance);
    if (state->nesting >= NESTING_MOST) {
        run->line = run->outer->line;
        return false;
    }
    store_settle(run->engine);
    state->nesting += run->outer != NULL;
    state->run = run;
    if (run->outer == NULL || run->outer->reply != reply)
        observe(run);
    return true;
}

void run_end(struct run *run)
{
    struct run *outer = run->outer;

    run->state->run = outer;
    run->state->nesting -= outer != NULL;
    if (outer == NULL || outer->reply != run->reply)
        reply_set_observer(run->reply, run->observer_before);
    if (outer != NULL && run->raised) { /* what its caller's TRY catches */
        outer->raised = outer->failed = true;
        outer->error = run->error;
    }
}
