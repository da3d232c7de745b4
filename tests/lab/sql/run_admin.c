/* Statements that the estate carries out, SET options, USE, WAITFOR, messages. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "tests/lab/admin.h"
#include "tests/lab/estate.h"
#include "tests/lab/sql/bind.h"
#include "tests/lab/sql/calendar.h"
#include "tests/lab/sql/query.h"
#include "tests/lab/sql/run.h"
#include "tests/lab/sql/type.h"

enum {
    COMMAND_SET = 185,
    COMMAND_RAISERROR = 246,
    COMMAND_USE = 226,
    COMMAND_WAITFOR = 205,
    COMMAND_DROP_DATABASE = 204
};

/* --- RESTORE, BACKUP, ... ------------------------------------------------------------------- */

/* The text itself or the variable's value; NULL where neither is. Borrowed. */
static const char *resolve(struct run *run, const struct text_or_variable *text)
{
    const struct variable *variable;

    if (text->variable == NULL)
        return text->text;
    variable = run_variable(run, text->variable);
    return variable->value.null || variable->value.bytes == NULL ? NULL : variable->value.bytes;
}

static void copy_resolved(struct run *run, char *out, size_t size,
                          const struct text_or_variable *text)
{
    const char *resolved = resolve(run, text);

    text_copy(out, size, resolved == NULL ? "" : resolved);
}

/* STOPAT's and AFTER's time: a literal or a variable of any type, as datetime. */
static bool resolve_time(struct run *run, const struct text_or_variable *text, int64_t *ticks,
                         enum flow *flow)
{
    struct sql_type datetime = type_of(SQL_DATETIME, true);
    struct sql_type type = type_string(SQL_NVARCHAR, 4000, true);
    struct sql_value value = sql_text(text->text), converted;
    bool ok;

    if (text->variable != NULL) {
        const struct variable *variable = run_variable(run, text->variable);

        value = sql_value_copy(&variable->value);
        type = variable->type;
    }
    ok = convert_value(&converted, &value, &type, &datetime, 0, &run->problem);
    sql_value_free(&value);
    *ticks = converted.integer;
    if (!ok)
        *flow = run_problem(run, &run->problem);
    return ok;
}

static enum flow run_restore(struct run *run, struct statement *statement)
{
    struct restore_statement restore = statement->restore;
    const char *device = resolve(run, &statement->device);
    enum flow flow = FLOW_NEXT;
    bool ok;

    copy_resolved(run, restore.database, sizeof restore.database, &statement->database);
    if (statement->file_position != NULL) {
        int64_t position;
        bool null;

        if (!run_scalar_integer(run, &statement->file_position, &position, &null, &flow))
            return flow;
        restore.file_position = null ? 0 : (int)position;
    }
    if (statement->stop_at.text != NULL || statement->stop_at.variable != NULL) {
        int64_t ticks;

        if (!resolve_time(run, &statement->stop_at, &ticks, &flow))
            return flow;
        if (restore.stop == RESTORE_STOPAT)
            restore.stop_at_ticks = ticks;
        else
            restore.after_ticks = ticks;
    }
    restore.device = memory_copy_text(device);
    ok = admin_restore(run->session, &restore, run->reply);
    free(restore.device);
    run->state->run = run;
    return run_after_foreign(run, ok);
}

static enum flow run_backup(struct run *run, struct statement *statement)
{
    struct backup_statement backup = statement->backup;
    bool ok;

    copy_resolved(run, backup.database, sizeof backup.database, &statement->database);
    backup.device = memory_copy_text(resolve(run, &statement->device));
    ok = admin_backup(run->session, &backup, run->reply);
    free(backup.device);
    run->state->run = run;
    return run_after_foreign(run, ok);
}

static enum flow run_alter_database(struct run *run, struct statement *statement)
{
    struct alter_database_statement alter = statement->alter;
    const char *name = statement->database.text;

    text_copy(alter.database, sizeof alter.database,
              *name == '\0' ? run->session->database->name : name);
    return run_after_foreign(run, admin_alter_database(run->session, &alter, run->reply));
}

static enum flow run_drop_database(struct run *run, struct statement *statement)
{
    enum flow flow = FLOW_NEXT;
    bool any = false;

    for (size_t i = 0; i < statement->drop_names_count && flow == FLOW_NEXT; i++) {
        const char *name = statement->drop_names[i].name;

        if (statement->if_exists && instance_database(run->engine->instance, name) == NULL)
            continue;
        any = true;
        flow =
            run_after_foreign(run, admin_drop_database(run->session, name, run->line, run->reply));
    }
    if (!any)
        run_done(run, COMMAND_DROP_DATABASE, -1);
    return flow;
}

static enum flow run_kill(struct run *run, struct statement *statement)
{
    int64_t spid;
    bool null;
    enum flow flow;

    if (!run_scalar_integer(run, &statement->value, &spid, &null, &flow))
        return flow;
    return run_after_foreign(run, admin_kill(run->session, (int)spid, run->line, run->reply));
}

enum flow run_admin(struct run *run, struct statement *statement)
{
    switch (statement->kind) {
    case STATEMENT_RESTORE:
        return run_restore(run, statement);
    case STATEMENT_BACKUP:
        return run_backup(run, statement);
    case STATEMENT_ALTER_DATABASE:
        return run_alter_database(run, statement);
    case STATEMENT_DROP_DATABASE:
        return run_drop_database(run, statement);
    default:
        return run_kill(run, statement);
    }
}

/* --- SET and USE ---------------------------------------------------------------------------- */

static enum flow set_number(struct run *run, const char *name, int64_t number)
{
    struct session *session = run->session;

    if (strcasecmp(name, "LOCK_TIMEOUT") == 0)
        session->lock_timeout_ms = (int)number;
    else if (strcasecmp(name, "ROWCOUNT") == 0)
        run->state->row_limit = number;
    else if (strcasecmp(name, "TEXTSIZE") == 0)
        session->text_size = number == 0 ? 4096 : number;
    else if (strcasecmp(name, "DEADLOCK_PRIORITY") == 0)
        session->deadlock_priority = (int)number;
    return FLOW_NEXT;
}

static void set_flag(struct run *run, const struct statement *statement, const char *name)
{
    struct session *session = run->session;

    if (strcasecmp(name, "NOCOUNT") == 0)
        session->nocount = statement->on;
    else if (strcasecmp(name, "XACT_ABORT") == 0)
        session->xact_abort = statement->on;
    else if (strcasecmp(name, "IMPLICIT_TRANSACTIONS") == 0)
        session->implicit_transactions = statement->on;
    else if (strcasecmp(name, "IDENTITY_INSERT") == 0)
        text_copy(run->state->identity_insert, sizeof run->state->identity_insert,
                  statement->on ? statement->target.name : "");
}

enum flow run_set_option(struct run *run, struct statement *statement)
{
    const char *name = statement->options.items[0];
    int64_t number = 0;
    bool numeric = strcasecmp(name, "LOCK_TIMEOUT") == 0 || strcasecmp(name, "TEXTSIZE") == 0 ||
                   strcasecmp(name, "ROWCOUNT") == 0;
    bool null;
    enum flow flow;

    if (strcasecmp(name, "DEADLOCK_PRIORITY") == 0 && statement->value != NULL) {
        const char *word = statement->value->kind == EXPR_STRING ? statement->value->text : NULL;

        if (word != NULL)
            set_number(run, name,
                       strcasecmp(word, "LOW") == 0    ? -5
                       : strcasecmp(word, "HIGH") == 0 ? 5
                                                       : 0);
        else
            numeric = true;
    }
    if (numeric && statement->value != NULL) {
        if (!run_scalar_integer(run, &statement->value, &number, &null, &flow))
            return flow;
        set_number(run, name, number);
    } else if (statement->value == NULL) {
        for (size_t i = 0; i < statement->options.items_count; i++)
            set_flag(run, statement, statement->options.items[i]);
    }
    run_done(run, COMMAND_SET, -1);
    return FLOW_NEXT;
}

enum flow run_use(struct run *run, const char *name)
{
    struct session *session = run->session;
    struct database *database = instance_database(session->instance, name);
    struct binder binder;
    enum flow flow;

    if (database == NULL) {
        flow = run_raise(run, 911, 16, 1,
                         "Database '%s' does not exist. Make sure that the name is entered "
                         "correctly.",
                         name);
        run_done(run, COMMAND_USE, -1);
        return flow;
    }
    binder_init(&binder, run);
    if (!bind_database_ready(&binder, database)) {
        flow = binder.written ? (run->raised ? FLOW_ERROR : FLOW_END)
                              : run_problem(run, &binder.problem);
        run_done(run, COMMAND_USE, -1);
        return flow;
    }
    reply_database_changed(run->reply, session->database->name, database->name);
    session->database = database;
    run_done(run, COMMAND_USE, -1);
    return FLOW_NEXT;
}

/* --- WAITFOR -------------------------------------------------------------------------------- */

enum flow run_waitfor(struct run *run, struct statement *statement)
{
    const struct instance *instance = run->session->instance;
    struct sql_type text = type_string(SQL_NVARCHAR, 100, true);
    struct sql_type time = type_of(SQL_TIME, true);
    struct sql_value value, converted;
    char *written;
    int64_t now = lab_now_utc_ms(instance->lab), wait_ms;
    enum session_end end;
    enum flow flow;
    bool ok;

    if (!run_scalar_text(run, &statement->value, &written, &flow))
        return flow;
    value = sql_text(written);
    free(written);
    ok = convert_value(&converted, &value, &text, &time, 0, &run->problem);
    sql_value_free(&value);
    if (!ok)
        return run_raise(run, 148, 15, 1,
                         "Incorrect time syntax in time string used with WAITFOR.");
    wait_ms = converted.integer / 10000;
    if (statement->until_time) {
        struct sql_value local =
            sql_time_utc_ms(instance_now_utc_ms(instance), instance->utc_offset_min);
        int64_t of_day = local.integer % TICKS_PER_DAY / 10000;

        wait_ms = wait_ms >= of_day ? wait_ms - of_day : wait_ms + 86400000 - of_day;
    }
    text_copy(run->session->wait_type, sizeof run->session->wait_type, "WAITFOR");
    end = session_sleep(run->session, now + wait_ms);
    *run->session->wait_type = '\0';
    run->state->run = run;
    if (end == SESSION_KILLED || end == SESSION_DISCONNECTED)
        return FLOW_CLOSE;
    if (end == SESSION_ATTENTION)
        return FLOW_END;
    run_done(run, COMMAND_WAITFOR, -1);
    return FLOW_NEXT;
}

/* --- RAISERROR and THROW -------------------------------------------------------------------- */

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
