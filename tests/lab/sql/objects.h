/* Objects by name: tables, views, catalog views and procedures, as OBJECT_ID and the binder find
 * them.
 */
#ifndef STOPMARK_LAB_SQL_OBJECTS_H
#define STOPMARK_LAB_SQL_OBJECTS_H

#include "tests/lab/sql/run.h"

/* OBJECT_ID(name, type): 0 = none. A name may have up to three parts, with brackets. */
int object_id_of(struct run *run, const char *name, const char *type);

/* A stored table's id in the engine from its object_id, and back. */
int object_table_id(int object_id);
int object_id_of_table(const struct table *table);

/* COL_LENGTH in bytes; 0 = none, -1 = max. */
int object_column_length(struct run *run, const char *table, const char *column);

/* Splits "[a].b.[c]" into at most three names of 129 bytes; the number of parts, 0 = no name. */
int object_split_name(char parts[3][129], const char *name);

/* A temporary table of the session ("#x"); NULL = none. */
struct table *object_temporary(struct session_state *state, const char *name);

#endif
