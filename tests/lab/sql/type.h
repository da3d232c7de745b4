/* Rules of T-SQL's types: names, families, precedence, and the result types of operators. Pure.
 */
#ifndef STOPMARK_LAB_SQL_TYPE_H
#define STOPMARK_LAB_SQL_TYPE_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/lab/sql/ast.h"
#include "tests/lab/value.h"

/* "nvarchar", as messages name it. */
const char *type_name(enum sql_kind kind);

bool type_is_integer(enum sql_kind kind); /* tinyint ... bigint, bit */
bool type_is_float(enum sql_kind kind);
bool type_is_number(enum sql_kind kind);
bool type_is_string(enum sql_kind kind);
bool type_is_national(enum sql_kind kind);
bool type_is_bytes(enum sql_kind kind); /* binary, varbinary */
bool type_is_time(enum sql_kind kind);  /* every date and time type */

struct sql_type type_of(enum sql_kind kind, bool nullable);
struct sql_type type_string(enum sql_kind kind, int length, bool nullable);
struct sql_type type_numeric(int precision, int scale, bool nullable);

/* Higher wins where two types meet. Source: T-SQL's data type precedence. */
int type_precedence(enum sql_kind kind);

/* The type that two alternatives (UNION, CASE, comparison) take. Nullable if either is. */
struct sql_type type_unify(const struct sql_type *a, const struct sql_type *b);

/* The type of a op b for numbers (both already numbers). Source: T-SQL's rules for precision and
 * scale of decimals. */
struct sql_type type_arithmetic(enum operator_kind op, const struct sql_type *a,
                                const struct sql_type *b);

/* The numeric(p, s) that holds an integer type, or the type itself. */
struct sql_type type_as_numeric(const struct sql_type *type);

/* True if a value of one can be converted to the other without being told to. */
bool type_converts_implicitly(enum sql_kind from, enum sql_kind to);

/* Equal but for nullability. */
bool type_same(const struct sql_type *a, const struct sql_type *b);

/* A type as one integer, for the functions inside SQLite, and back. */
int64_t type_pack(const struct sql_type *type);
struct sql_type type_unpack(int64_t packed);

#endif
