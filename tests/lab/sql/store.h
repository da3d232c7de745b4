/* Stored tables: definitions, rows in SQLite under generated names ("t17" with columns "c0",
 * "c1", ... and the hidden key "r"), capture of changes, undo and redo.
 */
#ifndef STOPMARK_LAB_SQL_STORE_H
#define STOPMARK_LAB_SQL_STORE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/str.h"
#include "tests/lab/engine.h"
#include "tests/lab/value.h"

struct database;
struct session_state;

struct table {
    int id;                    /* "t<id>" */
    struct database *database; /* borrowed; NULL = temporary */
    char schema[129], name[129];
    struct sql_column *columns; /* owned */
    size_t columns_count, key;  /* leading columns of the primary key */
    char **defaults;            /* owned T-SQL texts, one a column; NULL = none at all */
    int identity;               /* column, -1 = none */
    int64_t identity_next, identity_step;
    char *view_text;       /* owned; NULL = a table */
    int64_t last_update_utc_ms; /* a row was written; 0 = never */
    sqlite3_stmt *insert;  /* owned; engine_insert's */
    sqlite3_stmt *replace; /* owned; of undo and redo */
};

/* A catalog view's rows of the statement that runs, in a temporary SQLite table. */
struct virtual_slot {
    const struct virtual_table *table;
    struct database *database;
    int id;               /* "v<id>" */
    sqlite3_stmt *insert; /* owned */
};

struct engine {
    struct instance *instance; /* borrowed */
    sqlite3 *db;               /* owned */
    struct table **tables;     /* owned */
    size_t tables_count, tables_capacity;
    struct virtual_slot **virtuals; /* owned */
    size_t virtuals_count, virtuals_capacity;
    struct table *last_found; /* borrowed; what store_find found last */
    int next_id;
    struct str *capture; /* borrowed; where changes of the running statement go; NULL = nowhere */
    struct run *run;     /* the statement that SQLite is running for; borrowed */
    struct session *system_session; /* owned; for engine_scan */
};

struct table *store_find(struct engine *engine, const struct database *database, const char *schema,
                         const char *name);
struct table *store_find_id(struct engine *engine, int id);

/* Adds a table; columns and texts are copied. The rows' table is made at once. */
struct table *store_create(struct engine *engine, struct database *database, const char *schema,
                           const char *name, const struct sql_column *columns, size_t count,
                           size_t key, int identity);
void store_drop(struct engine *engine, struct table *table);

/* The slot of a catalog view, made at its first use. */
struct virtual_slot *store_virtual(struct engine *engine, const struct virtual_table *table,
                                   struct database *database);

/* Fills a slot anew through the view's fill. False after an error in the session's reply. */
bool store_fill(struct engine *engine, struct virtual_slot *slot, struct session *session);

/* Runs SQL that cannot fail but for a bug, which is logged. */
bool store_run(struct engine *engine, const char *sql);

/* Ends the transaction that engine_insert keeps open. */
void store_settle(struct engine *engine);

/* Undoes the changes of a captured record, last first. */
void store_undo(struct engine *engine, const void *record, size_t length);

/* Does them again in a database, tables found by name. */
void store_redo(struct engine *engine, struct database *database, const void *record,
                size_t length);

void store_open(struct engine *engine);

#endif
