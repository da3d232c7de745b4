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
#include "tests/lab/faults.h"
#include "tests/lab/sql/type.h"

enum {
    COMMAND_CONDITION = 192,
    COMMAND_SELECT = 193,
    COMMAND_TRY_CANCELLED = 243,
    COMMAND_RETURN = 219,
    COMMAND_PRINT = 247,
    COMMAND_COMPILE_ERROR = 253,
    COMMAND_TRY = 349,
    COMMAND_CATCH = 350,
    COMMAND_END_TRY = 351,
    TURNS_BETWEEN_LOOKS = 64,
};

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

/* A loop gives the others their turn now and then, and hears of an attention. */
static enum flow run_while(struct run *run, struct statement *statement)
{
    unsigned turns = 0;

    for (;;) {
        bool holds;
        enum flow flow;

        run->line = statement->line;
        if (!run_condition(run, &statement->condition, &holds, &flow))
            return flow;
        run_done(run, COMMAND_CONDITION, -1);
        if (!holds)
            return FLOW_NEXT;
        if (++turns % TURNS_BETWEEN_LOOKS == 0)
            session_wait(run->session, lab_now_utc_ms(run->session->instance->lab));
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
        else if ((run->scope == REPLY_BATCH || attention_rolls_back(run->session)) &&
                 session_state(run->session) == SESSION_ATTENTION)
            run_done(run, COMMAND_TRY_CANCELLED, -1);
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

/* Where so many UTF-16 units of a UTF-8 text end. */
static size_t units_end(const char *text, size_t most)
{
    size_t at = 0, units = 0;

    while (text[at] != '\0') {
        unsigned char first = (unsigned char)text[at];

        units += first >= 0xF0 ? 2 : 1;
        if (units > most)
            break;
        at++;
        while (((unsigned char)text[at] & 0xC0) == 0x80)
            at++;
    }
    return at;
}

/* Source: sql-docs, PRINT: 8000 characters, 4000 where the text is Unicode. */
static enum flow run_print(struct run *run, struct statement *statement)
{
    char *text;
    enum flow flow;

    if (!run_scalar_text(run, &statement->value, &text, &flow))
        return flow;
    enum sql_kind kind = statement->value->type.kind;
    size_t most = kind == SQL_VARCHAR || kind == SQL_CHAR ? 8000 : 4000;
    reply_info(run->reply, 0, 1, run->line, run->procedure, "%.*s",
               text == NULL ? 0 : (int)units_end(text, most), text == NULL ? "" : text);
    free(text);
    run->state->row_count = 0;
    run_done(run, COMMAND_PRINT, -1);
    return FLOW_NEXT;
}

static enum flow run_return(struct run *run)
{
    run_done(run, COMMAND_RETURN, -1);
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
        return run_return(run);
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
    case STATEMENT_CHECK_DATABASE:
        return run_admin(run, statement);
    case STATEMENT_GRANT:
    case STATEMENT_REVOKE:
    case STATEMENT_CREATE_USER:
    case STATEMENT_ADD_MEMBER:
    case STATEMENT_DROP_MEMBER:
        return run_security(run, statement);
    }
    return FLOW_NEXT;
}

/* @@ERROR is the statement's own: kept for the next one's look, then cleared by it. */
static bool keeps_error(enum statement_kind kind)
{
    return kind == STATEMENT_IF || kind == STATEMENT_WHILE || kind == STATEMENT_BLOCK ||
           kind == STATEMENT_TRY || kind == STATEMENT_RETURN;
}

/* True if a fault was planted for this statement: faults.h. The lab's own means are spared, so that
 * a fault can be taken back. */
static bool spoiled(struct run *run, const struct statement *statement)
{
    if (run->internal || run->session->socket_fd < 0 || run->outer != NULL ||
        keeps_error(statement->kind) || statement->kind == STATEMENT_EXECUTE)
        return false;
    run->planted = fault_of_statement(run->session);
    return run->planted != 0;
}

/* Ends the statement as the planted error does: a deadlock's victim loses its transaction, a fatal
 * error its connection. */
static enum flow run_spoiled(struct run *run)
{
    int number = run->planted, severity = fault_statement_severity(number);
    enum flow flow;

    if (number == 596) {
        run->session->killed = true;
        return FLOW_CLOSE;
    }
    if (number == 1205 && run->session->transaction_depth > 0)
        transaction_rollback(run->session, 0);
    flow = run_raise(run, number, severity, number == 1205 ? 51 : 1,
                     number == 1205   ? "The transaction (process %d) was the victim of a deadlock;"
                                        " run it again."
                     : number == 1222 ? "The lock request of process %d timed out."
                                      : "Process %d met a shortage of the server's resources.",
                     run->session->spid);
    run_done(run, COMMAND_COMPILE_ERROR, -1);
    run->session->fatal = severity >= 20;
    if (severity >= 20)
        return FLOW_CLOSE;
    return number == 1205 && flow == FLOW_NEXT ? FLOW_END : flow;
}

static enum flow end_too_large(struct run *run)
{
    run->session->fatal = true;
    run_raise(run, 50000, 20, 1,
              "The reply is larger than the lab keeps: start it with a greater --reply-max-mb.");
    reply_done(run->reply, run->scope, DONE_ERROR | DONE_FATAL, COMMAND_COMPILE_ERROR, 0);
    return FLOW_CLOSE;
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
    flow = spoiled(run, statement) ? run_spoiled(run) : dispatch(run, statement);
    if (!run->failed && !keeps_error(statement->kind))
        run->state->last_error = 0;
    if (reply_is_too_large(run->reply) && !run->session->fatal)
        return end_too_large(run);
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
