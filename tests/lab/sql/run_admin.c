/* Statements that the estate carries out, SET options, USE, WAITFOR. */
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
    COMMAND_WAIT_CANCELLED = 192,
    COMMAND_DROP_DATABASE = 204,
    COMMAND_WAITFOR = 205,
    COMMAND_USE = 226,
    COMMAND_COMPILE_ERROR = 253,
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

/* A device that was named by a variable without a value has the name ''; NULL = none was named. */
static char *resolve_device(struct run *run, const struct text_or_variable *text)
{
    const char *device = resolve(run, text);

    return device == NULL && text->variable != NULL ? memory_copy_text("")
                                                    : memory_copy_text(device);
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
    restore.device = resolve_device(run, &statement->device);
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
    backup.device = resolve_device(run, &statement->device);
    ok = admin_backup(run->session, &backup, run->reply);
    free(backup.device);
    run->state->run = run;
    return run_after_foreign(run, ok);
}

static enum flow run_alter_database(struct run *run, struct statement *statement)
{
    struct alter_database_statement alter = statement->alter;
    const char *name = statement->database.text;

    alter.current = *name == '\0';
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

static enum flow run_check(struct run *run, struct statement *statement)
{
    struct check_statement check = statement->check;

    copy_resolved(run, check.database, sizeof check.database, &statement->database);
    if (check.database[0] == '\0')
        text_copy(check.database, sizeof check.database, run->session->database->name);
    bool ok = admin_check_database(run->session, &check, run->reply);
    run->state->run = run;
    return run_after_foreign(run, ok);
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
    case STATEMENT_CHECK_DATABASE:
        return run_check(run, statement);
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
    else if (strcasecmp(name, "TRANSACTION") == 0)
        session->isolation_level = (int)number;
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
                   strcasecmp(name, "ROWCOUNT") == 0 || strcasecmp(name, "TRANSACTION") == 0;
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
        run_done(run, COMMAND_COMPILE_ERROR, -1); /* captured with 924 */
        return flow;
    }
    reply_database_changed(run->reply, session->database->name, database->name);
    session->database = database;
    run_done(run, COMMAND_USE, -1);
    return FLOW_NEXT;
}

/* --- WAITFOR -------------------------------------------------------------------------------- */

/* With XACT_ABORT an attention ends the transaction too. Captured. */
bool attention_rolls_back(const struct session *session)
{
    return session->xact_abort && session->transaction_depth > 0;
}

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
    if (end == SESSION_ATTENTION) {
        /* captured: in a procedure outside TRY the DONEPROC says it all, but where a transaction is
         * rolled back */
        if (run->scope == REPLY_BATCH || run->try_depth > 0 || attention_rolls_back(run->session))
            run_done(run, COMMAND_WAIT_CANCELLED, -1);
        return FLOW_END;
    }
    run_done(run, COMMAND_WAITFOR, -1);
    return FLOW_NEXT;
}
