/* What the statements that write rows share. */
#ifndef STOPMARK_LAB_SQL_WRITE_H
#define STOPMARK_LAB_SQL_WRITE_H

#include "tests/lab/sql/query.h"

/* Runs the SQL that changes the table, captures the changes, says how many rows it did. verb and
 * command are for messages and the DONE token. */
enum flow write_rows(struct run *run, struct table *table, const char *sql, const char *verb,
                     int command);

/* The column's index; -1 with error 207 in the binder. */
int write_find_column(struct binder *binder, const struct table *table, const char *name);

/* True if a string or binary value of from may not fit into to. */
bool write_may_be_too_long(const struct sql_type *from, const struct sql_type *to);

/* value (SQLite's words, of type from) as the column takes it: too long is error 2628. */
void write_emit_fitted(struct str *sql, const char *value, const struct sql_type *from,
                       const struct table *table, int column);

#endif
