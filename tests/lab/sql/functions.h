/* The built-in functions: names, arguments, result types, and their bodies inside SQLite. The
 * table is the only list of them.
 */
#ifndef STOPMARK_LAB_SQL_FUNCTIONS_H
#define STOPMARK_LAB_SQL_FUNCTIONS_H

#include <sqlite3.h>
#include <stdbool.h>

#include "tests/lab/sql/ast.h"
#include "tests/lab/sql/run.h"

/* A call inside SQLite. */
struct call {
    sqlite3_context *context;
    int count;
    sqlite3_value **values;
    struct run *run;
    struct sql_type argument, result; /* FUNCTION_TYPED only */
};

enum function_flag {
    FUNCTION_TYPED = 1, /* gets the types of its first argument and of its result */
    FUNCTION_NULLS = 2, /* is called with NULL arguments too */
    FUNCTION_AGGREGATE = 4,
    FUNCTION_WINDOW = 8,    /* needs OVER */
    FUNCTION_PART = 16,     /* the first argument is a date part */
    FUNCTION_CONSTANT = 32, /* same arguments, same result */
    FUNCTION_NATIVE = 64,   /* SQLite's own of that name */
    FUNCTION_LAST = 128,    /* FUNCTION_TYPED: the type of its last argument instead */
};

struct builtin {
    const char *name;
    int least, most; /* arguments */
    /* what arguments are converted to; the last letter stands for the rest: s string, i int,
     * b bigint, n number, f float, t date and time, o datetimeoffset, a anything, u like the
     * first, all unified into one */
    const char *arguments;
    struct sql_type (*result)(const struct expr *call);
    unsigned flags;
    void (*body)(struct call *call);
};

/* Without case; NULL = unknown. */
const struct builtin *builtin_find(const char *name);

/* Registers bodies, conversion, arithmetic, LIKE, aggregates. */
void functions_open(struct engine *engine);

/* --- for the bodies ------------------------------------------------------------------------- */

extern const struct builtin builtins_text[], builtins_math[], builtins_time[], builtins_system[],
    builtins_query[], builtins_hash[];
extern const size_t builtins_text_count, builtins_math_count, builtins_time_count,
    builtins_system_count, builtins_query_count, builtins_hash_count;

void call_fail(struct call *call, int number, int state, bool ends_batch, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
const char *call_text(struct call *call, int index, size_t *length);
int64_t call_integer(struct call *call, int index);
bool call_is_null(struct call *call, int index);
void call_return(struct call *call, struct sql_value value); /* takes; as call->result */
void call_return_text(struct call *call, const char *text, size_t length);

struct sql_type result_int(const struct expr *call);
struct sql_type result_int_not_null(const struct expr *call);
struct sql_type result_bigint(const struct expr *call);
struct sql_type result_float(const struct expr *call);
struct sql_type result_first(const struct expr *call);
struct sql_type result_nullable_first(const struct expr *call);
struct sql_type result_name(const struct expr *call); /* nvarchar(128) */
struct sql_type result_text(const struct expr *call); /* (n)varchar like the first */

/* T-SQL's LIKE. */
bool function_like(const char *text, size_t length, const char *pattern, size_t pattern_length,
                   uint32_t escape, bool case_sensitive);

/* Registers the aggregates and window aggregates. */
void functions_open_aggregates(struct engine *engine);

#endif
