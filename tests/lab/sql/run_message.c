/* RAISERROR and THROW. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/str.h"
#include "tests/lab/estate.h"
#include "tests/lab/sql/run.h"
#include "tests/lab/sql/type.h"

enum { COMMAND_RAISERROR = 246 };

/* Writes one argument as %d, %i, %u, %x, %X, %o, %s with width and precision; *at is behind the
 * percent sign. */
static void format_argument(struct str *out, const char **at, const struct sql_value *value,
                            const struct sql_type *type)
{
    char format[24] = "%";
    size_t length = 1;
    const char *start = *at;

    while (**at != '\0' && strchr("-+ #0123456789.", **at) != NULL && length < 16)
        format[length++] = *(*at)++;
    if (strncmp(*at, "I64", 3) == 0)
        *at += 3;
    else if (**at == 'l' || **at == 'h')
        (*at)++;
    if (**at == 's' || **at == '\0' || strchr("diuxXo", **at) == NULL) {
        int width = atoi(format + 1),
            limit = strchr(format, '.') == NULL ? 2047 : atoi(strchr(format, '.') + 1);
        char number[32];
        const char *text = value->bytes;

        if (**at != 's')
            *at = start;
        else
            (*at)++;
        snprintf(number, sizeof number, "%" PRId64, value->integer);
        if (value->null)
            text = "(null)";
        else if (!type_is_string(type->kind) || text == NULL)
            text = number;
        str_format(out, "%*.*s", width, limit, text);
        return;
    }
    snprintf(format + length, sizeof format - length, "ll%c", **at);
    (*at)++;
    {
        char number[64];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(number, sizeof number, format, (long long)value->integer);
#pragma GCC diagnostic pop
        str_add(out, value->null ? "(null)" : number);
    }
}

static bool format_message(struct run *run, struct statement *statement, const char *format,
                           struct str *out, enum flow *flow)
{
    size_t next = 3;

    for (const char *at = format; *at != '\0';) {
        struct sql_value value = sql_null();
        struct sql_type type = type_of(SQL_INT, true);

        if (*at != '%') {
            str_add_char(out, *at++);
            continue;
        }
        at++;
        if (*at == '%') {
            str_add_char(out, *at++);
            continue;
        }
        if (next < statement->arguments.items_count &&
            !run_scalar(run, &statement->arguments.items[next++].value, &value, &type, flow))
            return false;
        format_argument(out, &at, &value, &type);
        sql_value_free(&value);
    }
    return true;
}

static enum flow raise_message(struct run *run, struct statement *statement, const char *text,
                               int number, int severity, int state)
{
    enum flow flow = FLOW_NEXT;

    if (severity > 18 && !session_is_sysadmin(run->session) && !run->internal)
        return run_raise(run, 2754, 16, 1,
                         "Error severity levels greater than 18 can only be specified by members "
                         "of the sysadmin role, using the WITH LOG option.");
    if (severity <= 10) {
        reply_info(run->reply, number, state, run->line, run->procedure, "%s", text);
        run->state->last_error = statement->seterror ? number : 0;
    } else {
        bool xact_abort = run->session->xact_abort;

        run->session->xact_abort = false; /* RAISERROR does not honour it */
        flow = run_raise(run, number, severity, state, "%s", text);
        run->session->xact_abort = xact_abort;
    }
    run_done(run, COMMAND_RAISERROR, -1);
    return flow;
}

enum flow run_raiserror(struct run *run, struct statement *statement)
{
    struct argument *arguments = statement->arguments.items;
    struct sql_value message;
    struct sql_type type;
    struct str text = {0};
    int64_t severity, state;
    bool null;
    enum flow flow;

    if (!run_scalar(run, &arguments[0].value, &message, &type, &flow))
        return flow;
    if (!run_scalar_integer(run, &arguments[1].value, &severity, &null, &flow) ||
        !run_scalar_integer(run, &arguments[2].value, &state, &null, &flow)) {
        sql_value_free(&message);
        return flow;
    }
    if (type_is_integer(type.kind)) {
        flow = run_raise(run, 18054, 16, 1,
                         "Error %" PRId64 ", severity %" PRId64 ", state %" PRId64
                         " was raised, but no message with that error number was found in "
                         "sys.messages.",
                         message.integer, severity, state);
        run_done(run, COMMAND_RAISERROR, -1);
        return flow;
    }
    if (format_message(run, statement, message.null ? "" : message.bytes, &text, &flow)) {
        severity = severity < 0 ? 0 : severity > 25 ? 25 : severity;
        state = state < 0 || state > 255 ? 1 : state;
        flow = raise_message(run, statement, str_text(&text), 50000, (int)severity, (int)state);
    }
    sql_value_free(&message);
    str_free(&text);
    return flow;
}

enum flow run_throw(struct run *run, struct statement *statement)
{
    struct argument *arguments = statement->arguments.items;
    struct sql_problem problem = {0};
    int64_t number, state;
    char *text;
    bool null;
    enum flow flow;

    if (statement->arguments.items_count == 0) {
        const struct caught_error *handled = run->handled;

        if (handled == NULL)
            return run_raise(run, 10704, 15, 1,
                             "To rethrow an error, a THROW statement must be used inside a CATCH "
                             "block. Insert the THROW statement inside a CATCH block, or add error "
                             "parameters to the THROW statement.");
        problem_set(&problem, handled->number, handled->state, true, "%s", handled->text);
        problem.severity = handled->severity;
        run->line = handled->line;
    } else {
        if (!run_scalar_integer(run, &arguments[0].value, &number, &null, &flow) ||
            !run_scalar_text(run, &arguments[1].value, &text, &flow))
            return flow;
        if (!run_scalar_integer(run, &arguments[2].value, &state, &null, &flow)) {
            free(text);
            return flow;
        }
        if (number < 50000)
            problem_set(&problem, 35100, 10, true,
                        "Error number %" PRId64 " in the THROW statement is outside the valid "
                        "range. Specify an error number in the valid range of 50000 to "
                        "2147483647.",
                        number);
        else
            problem_set(&problem, (int)number, (int)state, true, "%s", text == NULL ? "" : text);
        free(text);
    }
    flow = run_problem(run, &problem);
    run_done(run, COMMAND_RAISERROR, -1);
    return flow;
}
