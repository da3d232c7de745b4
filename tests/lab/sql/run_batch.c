/* A run begins and ends: texts, observers, errors. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/log.h"
#include "core/base/text.h"
#include "tests/lab/estate.h"
#include "tests/lab/sql/run.h"

enum { COMMAND_COMPILE_ERROR = 253, NESTING_MOST = 32 };

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
    run->error =
        (struct caught_error){.number = number, .severity = severity, .state = state, .line = line};
    text_copy(run->error.procedure, sizeof run->error.procedure,
              procedure == NULL ? "" : procedure);
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

/* Captured: in a call NOCOUNT leaves out the DONEINPROC of whatever sent no rows. */
void run_done(struct run *run, int command, int64_t count)
{
    if (run->scope == REPLY_BATCH || !run->session->nocount || run->failed)
        run_done_of_rows(run, command, count);
}

/* Captured: SQL Server 2022 and 2025 never set DONE_INXACT, inside a transaction either. */
void run_done_of_rows(struct run *run, int command, int64_t count)
{
    int status = 0;

    if (count >= 0 && !run->session->nocount)
        status |= DONE_COUNT;
    if (run->failed && !run->raised)
        status |= DONE_ERROR;
    reply_done(run->reply, run->scope, status, command, count > 0 ? (uint64_t)count : 0);
}

/* --- texts ---------------------------------------------------------------------------------- */

/* A text inside a call has no token of its own then (captured): the call's says that it failed. */
static enum flow parse_failed(struct run *run, const struct parse_error *error, const char *text)
{
    struct sql_problem problem = {.number = error->number,
                                  .severity = error->severity,
                                  .state = error->state,
                                  .ends_batch = true};

    text_copy(problem.text, sizeof problem.text, error->text);
    run->line = error->line;
    if (error->number != 178)
        log_write(LOG_WARNING, "T-SQL that the lab does not know: line %d: %s In: %.1000s",
                  error->line, error->text, text);
    if (run->scope == REPLY_BATCH)
        return run_compile_problem(run, &problem);
    run->compiling = true;
    enum flow flow = run_problem(run, &problem);
    run->compiling = false;
    run->outer->failed = true;
    return flow == FLOW_NEXT ? FLOW_END : flow;
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
