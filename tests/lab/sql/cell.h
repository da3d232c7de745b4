/* Values between T-SQL's types and SQLite: numeric is text under the collation NUM, dates are
 * ticks, datetimeoffset a text that sorts by its instant, strings text under TSCI or TSCS.
 */
#ifndef STOPMARK_LAB_SQL_CELL_H
#define STOPMARK_LAB_SQL_CELL_H

#include <sqlite3.h>

#include "tests/lab/value.h"

/* Reads a value of the type; *out is owned by the caller. */
struct sql_value cell_read(sqlite3_value *value, const struct sql_type *type);

/* As cell_read from a result's column, but bytes are borrowed until the next step: never freed. */
struct sql_value cell_borrow(sqlite3_stmt *statement, int column, const struct sql_type *type);

void cell_bind(sqlite3_stmt *statement, int index, const struct sql_type *type,
               const struct sql_value *value);
/* As cell_bind, but bytes must stay until the statement is reset and bound anew. */
void cell_bind_borrowed(sqlite3_stmt *statement, int index, const struct sql_type *type,
                        const struct sql_value *value);
void cell_result(sqlite3_context *context, const struct sql_type *type,
                 const struct sql_value *value);

/* "NUM", "TSCI", "TSCS" or NULL: what the type is compared with. */
const char *cell_collation(const struct sql_type *type);

/* Registers the collations. */
void cell_open(sqlite3 *db);

/* One character's other case; needs no locale. Under lab_lock. */
uint32_t cell_lower(uint32_t code);
uint32_t cell_upper(uint32_t code);

/* Compares as the collations do: a letter's two cases stand together, lower first. */
int cell_compare_text(bool case_sensitive, const char *a, size_t a_length, const char *b,
                      size_t b_length);

#endif
