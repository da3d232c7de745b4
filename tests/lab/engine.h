/* The lab's T-SQL: text in, tokens out. Lexer, parser (typed tree), binder (names and types) and
 * the runner, with SQLite doing joins, sorting and storage under generated SQL.
 *
 * It never compares the text of a statement: a statement is what it parses to. What the grammar
 * lacks is error 102 and a log line. All calls need lab_lock.
 */
#ifndef STOPMARK_LAB_ENGINE_H
#define STOPMARK_LAB_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/lab/value.h"

struct instance;
struct database;
struct session;
struct reply;
struct engine; /* one per instance: owns its SQLite connection and the definitions of its tables */

/* --- running ------------------------------------------------------------------------------- */

/* Runs one batch (UTF-8) and writes its whole reply, DONE tokens included. Syntax errors are
 * found before anything runs. Returns false where the connection must be closed afterwards. */
bool engine_run_batch(struct session *session, const char *text, struct reply *reply);

/* A parameter of a remote procedure call. */
struct engine_parameter {
    char name[129]; /* "@x"; "" = positional */
    struct sql_type type;
    struct sql_value value; /* owned by the caller; an output parameter's new value comes here */
    bool output, is_default; /* is_default: the procedure's own value is meant */
};

/* Runs a procedure as an RPC request does: sp_executesql and sp_prepare, sp_prepexec, sp_execute,
 * sp_unprepare (by these names; the wire maps the numbers) and every procedure that EXEC finds.
 * Writes result sets, RETURNSTATUS, RETURNVALUEs of output parameters and DONEPROC. Returns false
 * where the connection must be closed afterwards. */
bool engine_run_procedure(struct session *session, const char *name,
                          struct engine_parameter *parameters, size_t count, struct reply *reply);

/* Transaction-manager requests (packet type 14) do the same as the statements: call
 * engine_run_internal with BEGIN TRANSACTION, COMMIT or ROLLBACK. */

/* Session part: variables, temporary tables, transaction. */
void engine_session_open(struct session *session);
void engine_session_close(struct session *session); /* rolls back */

/* --- storage ------------------------------------------------------------------------------- */

struct engine *engine_new(struct instance *instance);
void engine_free(struct engine *engine);

/* Creates a stored table in a database. key: number of leading columns that form the primary key,
 * 0 = none (a hidden rowid). identity: index of the identity column or -1. Columns are copied. */
void engine_create_table(struct engine *engine, struct database *database, const char *schema,
                         const char *name, const struct sql_column *columns, size_t count,
                         size_t key, int identity);

/* A stored view: its SELECT is T-SQL, parsed when the view is used (dbo.admv_BackupDatabases). */
void engine_create_view(struct engine *engine, struct database *database, const char *schema,
                        const char *name, const char *select_text);

/* Runs T-SQL inside the instance as the system, from C code (native procedures, scenario,
 * jobs). Errors go to the reply given (reply_new_sink if nobody should see them). */
bool engine_run_internal(struct session *session, const char *text, struct reply *reply);

/* Appends a row without T-SQL, for scenarios that hold many rows. One value a column; an identity
 * column's value may be NULL (assigned). The change is logged in a logged database. */
void engine_insert(struct engine *engine, struct database *database, const char *schema,
                   const char *name, const struct sql_value *values);

/* engine_insert without a change record: the caller has logged what makes the row again. */
void engine_load(struct engine *engine, struct database *database, const char *schema,
                 const char *name, const struct sql_value *values);

/* Reads rows of one stored table without T-SQL: calls row for each; where_text is T-SQL over the
 * table's columns or NULL. */
void engine_scan(struct engine *engine, struct database *database, const char *schema,
                 const char *name, const char *where_text, const char *order_text,
                 void (*row)(void *context, const struct sql_value *values, size_t count),
                 void *context);

/* --- a database's content and its log -------------------------------------------------------
 * Every change of a stored table in a user database is captured as a change record (tables by
 * name, rows by hidden key, values) and handed to database_log (estate.h), which gives it an LSN.
 * The content of a restored database is made by replaying records. */

/* Forgets all tables of the database (it is being restored, dropped or taken over). */
void engine_content_drop(struct engine *engine, struct database *database);

/* Defines tables and views as the source database of the timeline had them (name, columns). */
void engine_content_define(struct engine *engine, struct database *database,
                           const struct engine *from, const struct database *origin);

/* Replays one record. The caller gives records in LSN order. */
void engine_content_apply(struct engine *engine, struct database *database, const void *record,
                          size_t length);

/* True if the table or view exists there now. */
bool engine_table_exists(struct engine *engine, const struct database *database,
                         const char *schema, const char *name);

/* What sys.tables, sys.columns and INFORMATION_SCHEMA show of a stored table. All borrowed. A
 * view's columns are not known before it is used: columns_count is 0. */
struct engine_table {
    int object_id;
    const char *schema, *name;
    bool is_view;
    const struct sql_column *columns;
    size_t columns_count, key;
    int identity; /* column, -1 = none */
    int64_t last_update_utc_ms; /* 0 = never */
};

/* Calls each for every stored table and view of the database. */
void engine_each_table(struct engine *engine, const struct database *database,
                       void (*each)(void *context, const struct engine_table *table),
                       void *context);

/* --- what the estate supplies --------------------------------------------------------------- */

/* Receives rows of a virtual table. */
struct row_sink;
void row_sink_add(struct row_sink *sink, const struct sql_value *values); /* takes the values */

/* A catalog view: filled anew for each statement that reads it, for this session (so that rows
 * are hidden as its permissions demand). database is the one in whose context the name was
 * resolved (sys.objects of that database). fill returns false after writing an error (229, 300)
 * to session->reply. */
struct virtual_table {
    const char *schema; /* "sys", "INFORMATION_SCHEMA" */
    const char *name;
    bool per_database; /* resolved in any database; false: the same everywhere */
    const struct sql_column *columns;
    size_t columns_count;
    bool (*fill)(struct session *session, struct database *database, struct row_sink *sink);
};

/* NULL = no such view. Asked before the stored tables, for every schema: Agent's tables in msdb
 * (dbo.sysjobs, ...) come from here too. Implemented by the estate (catalog.c). */
const struct virtual_table *catalog_find(struct session *session, struct database *database,
                                         const char *schema, const char *name);

/* A procedure written in C. arguments are positional after names were matched to parameters. */
struct procedure_parameter {
    const char *name; /* "@BackupPath" */
    struct sql_type type;
    bool output;
    bool has_default;
    const char *default_text; /* NULL = default NULL; else a number or text */
};

struct native_procedure {
    const char *name; /* "sp_getapplock" */
    /* where it lives: "" = every database (system procedure), "master", "msdb", or "*" = user
     * databases that have it (database_has_procedure decides) */
    const char *database;
    const struct procedure_parameter *parameters;
    size_t parameters_count;
    /* Runs it; writes result sets and messages to reply; *return_value is the RETURN value.
     * Output parameters are written into arguments. False after an error that ends it. */
    bool (*run)(struct session *session, struct database *database, struct sql_value *arguments,
                struct reply *reply, int *return_value);
};

/* NULL = no such procedure there (2812). Implemented by the estate (procedures.c). */
const struct native_procedure *procedure_find(struct session *session, struct database *database,
                                              const char *schema, const char *name);

#endif
