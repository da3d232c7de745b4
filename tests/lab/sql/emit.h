/* The emitter: a bound tree becomes SQLite's SQL. Only generated names, numbers and quoted
 * literals reach SQLite; variables are its parameters ?1, ?2, ... by their place in the frame.
 */
#ifndef STOPMARK_LAB_SQL_EMIT_H
#define STOPMARK_LAB_SQL_EMIT_H

#include "core/base/str.h"
#include "tests/lab/sql/ast.h"
#include "tests/lab/sql/run.h"

void emit_select(struct run *run, struct str *out, const struct select *select);
void emit_expression(struct run *run, struct str *out, const struct expr *expr);
void emit_source(struct run *run, struct str *out, const struct source *source);
void emit_ctes(struct run *run, struct str *out, const struct cte_list *list);

void emit_list(struct run *run, struct str *out, const struct expr_list *list, size_t from);
void emit_global(struct run *run, struct str *out, const struct expr *expr);

/* " ORDER BY ..."; select gives the columns of ordinals, NULL where there are none. */
void emit_order(struct run *run, struct str *out, const struct order_list *list,
                const struct select *select);

/* A number of rows, which may be neither NULL nor negative: error 1060. */
void emit_row_count(struct run *run, struct str *out, const struct expr *expr);

/* A quoted literal. */
void emit_text(struct str *out, const char *text, size_t length);

/* " COLLATE X" where the type has one. */
void emit_collation(struct str *out, const struct sql_type *type);

#endif
