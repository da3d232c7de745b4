/* Transactions: a session keeps what its statements changed; COMMIT logs it, ROLLBACK undoes it,
 * newest first. There is no isolation: others see uncommitted rows, as READ UNCOMMITTED does.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "tests/lab/estate.h"
#include "tests/lab/locks.h"
#include "tests/lab/sql/run.h"

enum { COMMAND_ROLLBACK = 210, COMMAND_BEGIN = 212, COMMAND_COMMIT = 213, COMMAND_SAVE = 214 };
enum { TRANSACTION_BEGUN = 8, TRANSACTION_COMMITTED = 9, TRANSACTION_ROLLED_BACK = 10 };
enum { NAME_MOST = 32 };

static void log_change(struct database *database, void *record, size_t length)
{
    if (database != NULL && !database->system)
        database_log(database, record, length);
    else
        free(record);
}

void transaction_changed(struct session *session, struct database *database, struct str *record)
{
    struct session_state *state = session->engine;
    struct change_set *change;
    size_t length = record->length;

    if (length == 0)
        return;
    if (session->transaction_depth == 0) {
        log_change(database, str_take(record), length);
        return;
    }
    change = memory_append(state, changes);
    change->database = database;
    change->length = length;
    change->record = str_take(record);
}

void transaction_begin(struct run *run, const char *name)
{
    static uint64_t next_id;
    struct session *session = run->session;

    if (session->transaction_depth++ > 0)
        return;
    session->transaction_id = ++next_id;
    session->transaction_doomed = false;
    text_copy(run->state->transaction_name, sizeof run->state->transaction_name,
              name == NULL ? "user_transaction" : name);
    *run->state->mark = '\0';
    reply_transaction(run->reply, TRANSACTION_BEGUN, session->transaction_id);
}

static void forget(struct session *session)
{
    struct session_state *state = session->engine;

    state->changes_count = 0;
    state->savepoints_count = 0;
    *state->mark = '\0';
    session->transaction_depth = 0;
    session->transaction_doomed = false;
    session->transaction_id = 0;
    applock_end_transaction(session);
}

/* The mark goes into the log of every database that the transaction changed, and only there.
 * Source: marked transactions. */
static void log_marks(struct session *session)
{
    struct session_state *state = session->engine;

    for (size_t i = 0; i < state->changes_count; i++) {
        struct database *database = state->changes[i].database;
        bool seen = database == NULL || database->system;

        for (size_t k = 0; k < i && !seen; k++)
            seen = state->changes[k].database == database;
        if (!seen)
            database_log_mark(session, database, state->mark, state->mark_description);
    }
}

void transaction_commit(struct session *session)
{
    struct session_state *state = session->engine;

    for (size_t i = 0; i < state->changes_count; i++) {
        log_change(state->changes[i].database, state->changes[i].record, state->changes[i].length);
        state->changes[i].record = NULL;
    }
    if (*state->mark != '\0')
        log_marks(session);
    forget(session);
}

void transaction_rollback(struct session *session, size_t keep)
{
    struct session_state *state = session->engine;

    while (state->changes_count > keep) {
        struct change_set *change = &state->changes[--state->changes_count];

        store_undo(session->instance->engine, change->record, change->length);
        free(change->record);
    }
    if (keep > 0)
        return;
    if (session->reply != NULL && session->transaction_depth > 0)
        reply_transaction(session->reply, TRANSACTION_ROLLED_BACK, session->transaction_id);
    forget(session);
}

/* The name as written or a variable's value, cut to 32 characters. */
static const char *transaction_name(struct run *run, const struct statement *statement,
                                    char out[NAME_MOST + 1])
{
    const struct variable *variable;

    if (statement->name == NULL && statement->name_variable == NULL)
        return NULL;
    if (statement->name != NULL) {
        text_copy(out, NAME_MOST + 1, statement->name);
        return out;
    }
    variable = run_variable(run, statement->name_variable);
    text_copy(out, NAME_MOST + 1, variable->value.null ? "" : variable->value.bytes);
    return out;
}

static enum flow begin(struct run *run, struct statement *statement)
{
    char buffer[NAME_MOST + 1];
    const char *name = transaction_name(run, statement, buffer);

    if (statement->name != NULL && strlen(statement->name) > NAME_MOST)
        return run_raise(run, 103, 15, 4,
                         "The identifier that starts with '%.32s' is too long. Maximum length is "
                         "32.",
                         statement->name);
    transaction_begin(run, name);
    if (statement->with_mark && *run->state->mark != '\0') {
        reply_error(run->reply, 3920, 16, 1, run->line, run->procedure,
                    "The WITH MARK option only applies to the first BEGIN TRAN WITH MARK. The "
                    "option is ignored.");
    } else if (statement->with_mark && name != NULL) {
        text_copy(run->state->mark, sizeof run->state->mark, name);
        text_copy(run->state->mark_description, sizeof run->state->mark_description,
                  statement->mark_description == NULL ? "" : statement->mark_description);
    }
    run_done(run, COMMAND_BEGIN, -1);
    return FLOW_NEXT;
}

static enum flow commit(struct run *run)
{
    struct session *session = run->session;
    uint64_t id = session->transaction_id;

    if (session->transaction_depth == 0) {
        enum flow flow =
            run_raise(run, 3902, 16, 1,
                      "The COMMIT TRANSACTION request has no corresponding BEGIN TRANSACTION.");

        run_done(run, COMMAND_COMMIT, -1);
        return flow;
    }
    if (session->transaction_doomed)
        return run_raise(run, 3930, 16, 1,
                         "The current transaction cannot be committed and cannot support "
                         "operations that write to the log file. Roll back the transaction.");
    if (session->transaction_depth == 1) {
        transaction_commit(session);
        reply_transaction(run->reply, TRANSACTION_COMMITTED, id);
    } else {
        session->transaction_depth--;
    }
    run_done(run, COMMAND_COMMIT, -1);
    return FLOW_NEXT;
}

static enum flow rollback(struct run *run, struct statement *statement)
{
    char buffer[NAME_MOST + 1];
    const char *name = transaction_name(run, statement, buffer);
    struct session_state *state = run->state;
    enum flow flow = FLOW_NEXT;

    if (run->session->transaction_depth == 0) {
        flow = run_raise(run, 3903, 16, 1,
                         "The ROLLBACK TRANSACTION request has no corresponding BEGIN "
                         "TRANSACTION.");
    } else {
        size_t at = state->savepoints_count;

        while (name != NULL && at > 0 && strcmp(state->savepoints[at - 1].name, name) != 0)
            at--;
        if (name != NULL && at > 0) {
            size_t keep = state->savepoints[at - 1].changes_count;

            while (state->changes_count > keep) {
                struct change_set *change = &state->changes[--state->changes_count];

                store_undo(run->engine, change->record, change->length);
                free(change->record);
            }
            state->savepoints_count = at - 1; /* captured: a second time it is 6401 */
        } else if (name == NULL || strcmp(state->transaction_name, name) == 0) {
            transaction_rollback(run->session, 0);
        } else {
            flow = run_raise(run, 6401, 16, 1,
                             "Cannot roll back %s. No transaction or savepoint of that name was "
                             "found.",
                             name);
        }
    }
    run_done(run, COMMAND_ROLLBACK, -1);
    return flow;
}

static enum flow save(struct run *run, struct statement *statement)
{
    char buffer[NAME_MOST + 1];
    const char *name = transaction_name(run, statement, buffer);
    struct savepoint *savepoint;

    if (run->session->transaction_depth == 0)
        return run_raise(run, 628, 16, 0,
                         "Cannot issue SAVE TRANSACTION when there is no active transaction.");
    savepoint = memory_append(run->state, savepoints);
    text_copy(savepoint->name, sizeof savepoint->name, name == NULL ? "" : name);
    savepoint->changes_count = run->state->changes_count;
    run_done(run, COMMAND_SAVE, -1);
    return FLOW_NEXT;
}

enum flow run_transaction(struct run *run, struct statement *statement)
{
    switch (statement->kind) {
    case STATEMENT_BEGIN_TRANSACTION:
        return begin(run, statement);
    case STATEMENT_COMMIT:
        return commit(run);
    case STATEMENT_ROLLBACK:
        return rollback(run, statement);
    default:
        return save(run, statement);
    }
}
