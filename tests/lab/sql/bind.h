/* The binder: names become sources and columns, expressions get types, conversions become
 * explicit. It may run again on the same tree (loops). Errors go into the binder, not to the
 * client, but for those that the estate writes itself.
 */
#ifndef STOPMARK_LAB_SQL_BIND_H
#define STOPMARK_LAB_SQL_BIND_H

#include <stdbool.h>
#include <stddef.h>

#include "tests/lab/sql/ast.h"
#include "tests/lab/sql/run.h"

struct scope {
    struct scope *outer;
    struct source **sources;
    size_t sources_count, sources_capacity;
};

struct cte_scope {
    struct cte_scope *outer;
    struct cte_list *list;
};

struct binder {
    struct run *run;
    struct arena *arena;
    struct database *database; /* where unqualified names are looked for */
    struct scope *scope;
    struct cte_scope *ctes;
    int next_id;
    struct virtual_slot **virtuals; /* to be filled before the statement runs */
    size_t virtuals_count, virtuals_capacity;
    int in_view; /* how many views deep: rights were asked of the view */
    bool aggregates_allowed, aggregate_seen;
    struct sql_problem problem; /* number 0 = none */
    bool written;               /* the error is in the reply already */
};

void binder_init(struct binder *binder, struct run *run);
bool binder_failed(const struct binder *binder);
void binder_fail(struct binder *binder, int number, int severity, int state, const char *format,
                 ...) __attribute__((format(printf, 5, 6)));

/* True if two names are the same under the instance's collation. */
bool binder_same_name(const struct binder *binder, const char *a, const char *b);

/* --- bind.c --------------------------------------------------------------------------------- */

/* Binds a query; top is false for derived tables and subqueries. */
void bind_select(struct binder *binder, struct select *select, bool top);
/* TOP, OFFSET and FETCH: an integer. */
void bind_row_count(struct binder *binder, struct expr **slot);
void bind_source(struct binder *binder, struct source *source);
void bind_ctes(struct binder *binder, struct cte_list *list, struct cte_scope *scope);
void scope_push(struct binder *binder, struct scope *scope);
void scope_pop(struct binder *binder);

/* A name for SQLite: prefix and number. */
const char *bind_generated_name(struct binder *binder, char prefix, int id);

/* Columns of a derived table or CTE, renamed as x(a, b) says; of names it in messages. */
struct sql_column *bind_rename_columns(struct binder *binder, const struct select *select,
                                       const struct name_list *names, const char *of);

/* The database that a name speaks of; NULL after an error. */
struct database *bind_name_database(struct binder *binder, const struct object_name *name);

/* "@t" and "#t"; *handled tells whether the name is of that kind. */
struct table *bind_private_table(struct binder *binder, const struct object_name *name,
                                 bool *handled);

/* Error 208 with the name as written. */
void bind_unknown_object(struct binder *binder, const struct object_name *name);

/* Finds the table that a statement writes: a stored one or a temporary one. NULL after an error.
 */
struct table *bind_target(struct binder *binder, const struct object_name *name, const char *right);

/* True if the session may read the database now: 911, 916, 922, 927, 942 otherwise. */
bool bind_database_ready(struct binder *binder, struct database *database);

/* --- bind_type.c ---------------------------------------------------------------------------- */

/* The type that all have in common; NULL literals do not count. */
struct sql_type bind_unified_type(struct expr ***slots, size_t count);

/* The collation of strings that meet: the explicit one, else a column's, else the default. */
void bind_merge_collation(struct sql_type *type, int *rank, struct expr ***slots, size_t count);

/* Brings *slot to the form in which SQLite can compare it with the type. */
void bind_coerce_form(struct binder *binder, struct expr **slot, const struct sql_type *type);

/* Puts a conversion to the type around *slot, allowed or not. */
void bind_convert_to(struct binder *binder, struct expr **slot, const struct sql_type *type);

/* Error 206 or 257: there is no implicit conversion. */
void bind_clash(struct binder *binder, enum sql_kind from, enum sql_kind to);

/* --- bind_value.c --------------------------------------------------------------------------- */

void bind_literal(struct binder *binder, struct expr *expr);
void bind_variable(struct binder *binder, struct expr *expr);
void bind_global(struct binder *binder, struct expr *expr);
void bind_column(struct binder *binder, struct expr *expr);

/* --- bind_expression.c ---------------------------------------------------------------------- */

/* Binds the expression in *slot, which may be replaced. */
void bind_expression(struct binder *binder, struct expr **slot);
void bind_call(struct binder *binder, struct expr **slot);

/* Makes *slot have the type: inserts a conversion where needed. Implicit only. */
void bind_coerce(struct binder *binder, struct expr **slot, const struct sql_type *type);

/* Makes all have one type, which is returned. NULL literals take it. */
struct sql_type bind_unify(struct binder *binder, struct expr ***slots, size_t count);

/* True if both are the same expression. */
bool expr_equal(const struct expr *a, const struct expr *b);

#endif
