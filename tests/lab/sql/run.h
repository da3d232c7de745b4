/* The runner: walks a batch's statements with a frame of variables, sends what they give to the
 * session's reply, and keeps what a session keeps between batches. Needs lab_lock.
 */
#ifndef STOPMARK_LAB_SQL_RUN_H
#define STOPMARK_LAB_SQL_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/lab/engine.h"
#include "tests/lab/reply.h"
#include "tests/lab/session.h"
#include "tests/lab/sql/ast.h"
#include "tests/lab/sql/convert.h"
#include "tests/lab/sql/parse.h"
#include "tests/lab/sql/store.h"

/* Variables of a batch or of sp_executesql. */
struct variable {
    const char *name; /* borrowed from the tree */
    struct sql_type type;
    struct sql_value value; /* owned */
    struct table *table;    /* a table variable's rows; owned by the frame */
};

struct frame {
    struct variable *variables; /* owned */
    size_t variables_count, variables_capacity;
};

/* What ERROR_NUMBER() and its like tell inside a CATCH. */
struct caught_error {
    int number, severity, state, line;
    char procedure[129];
    char text[2048];
};

/* One statement's changes inside a transaction. */
struct change_set {
    struct database *database; /* borrowed; NULL = a temporary table */
    void *record;              /* owned */
    size_t length;
};

struct savepoint {
    char name[33];
    size_t changes_count; /* at that moment */
};

struct prepared_statement {
    int handle;
    char *text, *parameters; /* owned */
};

/* session->engine */
struct session_state {
    struct table **temporary_tables;
    size_t temporary_tables_count, temporary_tables_capacity;
    struct change_set *changes;
    size_t changes_count, changes_capacity;
    struct savepoint *savepoints;
    size_t savepoints_count, savepoints_capacity;
    char transaction_name[33];
    char mark[33], mark_description[256]; /* mark "" = none */
    int64_t row_count;                    /* @@ROWCOUNT */
    int64_t row_limit;                    /* SET ROWCOUNT; 0 = none */
    int last_error;                       /* @@ERROR */
    int64_t identity;                     /* SCOPE_IDENTITY() */
    bool has_identity;
    char identity_insert[400];
    struct prepared_statement *prepared; /* owned */
    size_t prepared_count, prepared_capacity;
    int next_handle;
    int nesting;     /* @@NESTLEVEL */
    struct run *run; /* the innermost that runs; NULL = none */
};

enum flow { FLOW_NEXT, FLOW_BREAK, FLOW_CONTINUE, FLOW_RETURN, FLOW_ERROR, FLOW_END, FLOW_CLOSE };

struct run {
    struct engine *engine;
    struct session *session;
    struct session_state *state;
    struct reply *reply;
    struct frame *frame;
    struct arena *arena;
    struct run *outer; /* of EXEC; NULL = the batch */
    enum reply_scope scope;
    const char *procedure; /* named in messages; NULL = none */
    int line;
    int64_t now_utc_ms;         /* of the statement that runs */
    struct sql_problem problem; /* set by functions inside SQLite */
    /* TRY */
    int try_depth;                /* TRY blocks of this run that we are in */
    bool compiling;               /* what is found now, no TRY of this run catches */
    bool raised;                  /* an error was swallowed since the statement began */
    bool failed;                  /* an error was sent since the statement began */
    struct caught_error error;    /* the newest swallowed */
    struct caught_error *handled; /* inside CATCH: what it handles; NULL = outside */
    int planted;                    /* the error that this statement meets: faults.h */
    bool internal;                  /* engine_run_internal: permissions are not asked */
    struct reply_observer observer; /* of the outermost run of a reply */
    const struct reply_observer *observer_before;
};

/* --- run.c ---------------------------------------------------------------------------------- */

enum flow run_statement(struct run *run, struct statement *statement);
enum flow run_statements(struct run *run, struct statement_list *list);

/* Parses and runs a text as a batch of its own with the run's frame, (whose variables are declared
 * for it). The frame stays the caller's; names that the text declared are gone afterwards. */
enum flow run_text(struct run *run, const char *text);

/* Runs a parsed batch or text with the frame: scope and names as the run says. */
bool run_begin(struct run *run, struct session *session, struct reply *reply);
void run_end(struct run *run);

/* Raises an error; returns what the statement does now. */
enum flow run_raise(struct run *run, int number, int severity, int state, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
enum flow run_problem(struct run *run, const struct sql_problem *problem);
/* The same for what the binder found: no TRY of the same run catches it. */
enum flow run_compile_problem(struct run *run, const struct sql_problem *problem);

/* What errors written through the reply by others (RESTORE, procedures) mean for the flow. */
enum flow run_after_foreign(struct run *run, bool ok);

/* A DONE token of the statement; of one that sent rows. count < 0: without. */
void run_done(struct run *run, int command, int64_t count);
void run_done_of_rows(struct run *run, int command, int64_t count);

struct variable *run_variable(struct run *run, const char *name);
struct variable *frame_add(struct frame *frame, const char *name, const struct sql_type *type);
void frame_free(struct frame *frame, struct engine *engine);
void run_assign(struct run *run, struct variable *variable, struct sql_value value,
                const struct sql_type *type);

/* --- run_query.c ---------------------------------------------------------------------------- */

enum flow run_select(struct run *run, struct statement *statement);
enum flow run_insert(struct run *run, struct statement *statement);
enum flow run_update(struct run *run, struct statement *statement);
enum flow run_delete(struct run *run, struct statement *statement);
enum flow run_truncate(struct run *run, struct statement *statement);
enum flow run_create_table(struct run *run, struct statement *statement);
enum flow run_drop_table(struct run *run, struct statement *statement);

/* Evaluates a scalar; *out is owned by the caller, *type its type. False after an error. */
bool run_scalar(struct run *run, struct expr **expr, struct sql_value *out, struct sql_type *type,
                enum flow *flow);
/* As run_scalar, converted to nvarchar(max); NULL gives NULL. Owned. */
bool run_scalar_text(struct run *run, struct expr **expr, char **out, enum flow *flow);
bool run_scalar_integer(struct run *run, struct expr **expr, int64_t *out, bool *null,
                        enum flow *flow);
bool run_condition(struct run *run, struct expr **condition, bool *out, enum flow *flow);

/* --- run_transaction.c ---------------------------------------------------------------------- */

enum flow run_transaction(struct run *run, struct statement *statement);

/* Takes a statement's changes: logs them at once or keeps them for the transaction. */
void transaction_changed(struct session *session, struct database *database, struct str *record);
void transaction_begin(struct run *run, const char *name);
void transaction_commit(struct session *session);
void transaction_rollback(struct session *session, size_t keep);

/* --- run_execute.c -------------------------------------------------------------------------- */

enum flow run_execute(struct run *run, struct statement *statement);
enum flow run_execute_text(struct run *run, struct statement *statement);

/* --- run_admin.c ---------------------------------------------------------------------------- */

enum flow run_admin(struct run *run, struct statement *statement);
enum flow run_set_option(struct run *run, struct statement *statement);
enum flow run_use(struct run *run, const char *name);
enum flow run_waitfor(struct run *run, struct statement *statement);
/* Whether an attention that comes now rolls back: XACT_ABORT in a transaction. */
bool attention_rolls_back(const struct session *session);
enum flow run_raiserror(struct run *run, struct statement *statement);
enum flow run_throw(struct run *run, struct statement *statement);

/* --- run_security.c ------------------------------------------------------------------------- */

enum flow run_security(struct run *run, struct statement *statement);

#endif
