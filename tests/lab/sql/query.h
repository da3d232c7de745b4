/* What the statements that read and write tables share: from a bound tree to SQLite's steps. */
#ifndef STOPMARK_LAB_SQL_QUERY_H
#define STOPMARK_LAB_SQL_QUERY_H

#include <sqlite3.h>

#include "tests/lab/sql/bind.h"
#include "tests/lab/sql/run.h"

/* What a failed bind means for the batch. */
enum flow query_bind_failed(struct run *run, const struct binder *binder);

/* Fills the catalog views that the binder found. False sets *flow. */
bool query_fill(struct run *run, const struct binder *binder, enum flow *flow);

/* Prepares SQL and binds the frame's variables. NULL sets *flow. */
sqlite3_stmt *query_prepare(struct run *run, const char *sql, enum flow *flow);

/* From now on a statement that takes long hears now and then whether its client still wants it. */
void query_hear_clients(struct engine *engine);

/* sqlite3_step with the run noted for functions. */
int query_step(struct run *run, sqlite3_stmt *statement);

/* Raises what a failed step was about. table and verb are for constraints. */
enum flow query_failed(struct run *run, const struct table *table, const char *verb);

/* INSERT ... EXEC; in run_table.c. */
enum flow run_insert_execute(struct run *run, struct statement *statement, struct table *table,
                             const int *columns, size_t count);

/* SELECT ... INTO #x; in run_table.c. */
enum flow run_select_into(struct run *run, struct statement *statement);

#endif
