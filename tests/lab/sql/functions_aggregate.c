/* Aggregates: SUM and AVG that are exact for integers and numerics, STRING_AGG, and the guard for
 * subqueries of one value. Also the table of functions that the binder treats by itself.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/str.h"
#include "tests/lab/sql/cell.h"
#include "tests/lab/sql/decimal.h"
#include "tests/lab/sql/functions.h"
#include "tests/lab/sql/type.h"

static struct sql_type result_sum(const struct expr *call)
{
    const struct sql_type *type = &call->args.items[0]->type;

    if (type->kind == SQL_NUMERIC)
        return type_numeric(38, type->scale, true);
    if (type_is_float(type->kind))
        return type_of(SQL_FLOAT, true);
    return type_of(type->kind == SQL_BIGINT ? SQL_BIGINT : SQL_INT, true);
}

static struct sql_type result_avg(const struct expr *call)
{
    struct sql_type type = result_sum(call);

    if (type.kind == SQL_NUMERIC)
        type.scale = type.scale > 6 ? type.scale : 6;
    return type;
}

struct sql_type result_nullable_first(const struct expr *call)
{
    struct sql_type type = call->args.items[0]->type;

    type.nullable = true;
    return type;
}

static struct sql_type result_big_not_null(const struct expr *call)
{
    (void)call;
    return type_of(SQL_BIGINT, true);
}

static struct sql_type result_isnull(const struct expr *call)
{
    struct sql_type type = call->args.items[0]->type;

    type.nullable = type.nullable && call->args.items[1]->type.nullable;
    return type;
}

static struct sql_type result_count(const struct expr *call)
{
    (void)call;
    return type_of(SQL_INT, true);
}

static struct sql_type result_string_agg(const struct expr *call)
{
    struct sql_type type = result_text(call);

    type.nullable = true;
    type.length = call->args.items[0]->type.length == SQL_LENGTH_MAX ? SQL_LENGTH_MAX
                  : type_is_national(type.kind)                      ? 4000
                                                                     : 8000;
    return type;
}

const struct builtin builtins_query[] = {
    {"ISNULL", 2, 2, "au", result_isnull, 0, NULL},
    {"COALESCE", 2, 100, "u", result_nullable_first, 0, NULL},
    {"NULLIF", 2, 2, "u", result_nullable_first, 0, NULL},
    {"COUNT", 1, 1, "a", result_count, FUNCTION_AGGREGATE | FUNCTION_NATIVE, NULL},
    {"COUNT_BIG", 1, 1, "a", result_big_not_null, FUNCTION_AGGREGATE, NULL},
    {"MIN", 1, 1, "a", result_nullable_first, FUNCTION_AGGREGATE | FUNCTION_NATIVE, NULL},
    {"MAX", 1, 1, "a", result_nullable_first, FUNCTION_AGGREGATE | FUNCTION_NATIVE, NULL},
    {"SUM", 1, 1, "n", result_sum, FUNCTION_AGGREGATE, NULL},
    {"AVG", 1, 1, "n", result_avg, FUNCTION_AGGREGATE, NULL},
    {"STRING_AGG", 2, 2, "s", result_string_agg, FUNCTION_AGGREGATE, NULL},
    {"ROW_NUMBER", 0, 0, "a", result_big_not_null, FUNCTION_WINDOW | FUNCTION_NATIVE, NULL},
    {"RANK", 0, 0, "a", result_big_not_null, FUNCTION_WINDOW | FUNCTION_NATIVE, NULL},
    {"DENSE_RANK", 0, 0, "a", result_big_not_null, FUNCTION_WINDOW | FUNCTION_NATIVE, NULL},
    {"NTILE", 1, 1, "b", result_big_not_null, FUNCTION_WINDOW | FUNCTION_NATIVE, NULL},
    {"LAG", 1, 3, "aba", result_nullable_first, FUNCTION_WINDOW | FUNCTION_NATIVE, NULL},
    {"LEAD", 1, 3, "aba", result_nullable_first, FUNCTION_WINDOW | FUNCTION_NATIVE, NULL},
    {"FIRST_VALUE", 1, 1, "a", result_nullable_first, FUNCTION_WINDOW | FUNCTION_NATIVE, NULL},
    {"LAST_VALUE", 1, 1, "a", result_nullable_first, FUNCTION_WINDOW | FUNCTION_NATIVE, NULL},
};
const size_t builtins_query_count = sizeof builtins_query / sizeof *builtins_query;

/* --- SUM and AVG ---------------------------------------------------------------------------- */

/* SQLite's memory for it is aligned to 8 bytes only. */
struct total {
    int64_t count;
    double number;
    decimal_digits digits;
    int scale;
} __attribute__((packed, aligned(8)));

static void accumulate(sqlite3_context *context, sqlite3_value **values, int sign)
{
    struct total *total = sqlite3_aggregate_context(context, sizeof *total);
    struct decimal value;

    if (total == NULL || sqlite3_value_type(values[0]) == SQLITE_NULL)
        return;
    total->count += sign;
    switch (sqlite3_value_type(values[0])) {
    case SQLITE_INTEGER:
        total->digits += sign * (decimal_digits)sqlite3_value_int64(values[0]);
        break;
    case SQLITE_FLOAT:
        total->number += sign * sqlite3_value_double(values[0]);
        break;
    default:
        if (decimal_parse(&value, (const char *)sqlite3_value_text(values[0]))) {
            total->digits += sign * value.digits;
            total->scale = value.scale;
        }
        break;
    }
}

static void total_step(sqlite3_context *context, int count, sqlite3_value **values)
{
    (void)count;
    accumulate(context, values, 1);
}

static void total_inverse(sqlite3_context *context, int count, sqlite3_value **values)
{
    (void)count;
    accumulate(context, values, -1);
}

static void fail(sqlite3_context *context, const char *type)
{
    const struct engine *engine = sqlite3_user_data(context);

    if (engine->run != NULL)
        problem_set(&engine->run->problem, 8115, 2, false,
                    "Arithmetic overflow error converting expression to data type %s.", type);
    sqlite3_result_error(context, "overflow", -1);
}

static void finish_exact(sqlite3_context *context, const struct total *total, bool average)
{
    struct decimal value = {total->digits, total->scale};
    char text[DECIMAL_TEXT_SIZE];

    if (average) {
        struct decimal divisor = {total->count, 0};
        int scale = total->scale > 6 ? total->scale : 6;

        if (!decimal_compute(&value, '/', &value, &divisor, scale)) {
            fail(context, "numeric");
            return;
        }
    } else if (!decimal_fits(&value, 38)) {
        fail(context, "numeric");
        return;
    }
    decimal_format(text, &value);
    sqlite3_result_text(context, text, -1, SQLITE_TRANSIENT);
}

static void finish_total(sqlite3_context *context, bool average, enum sql_kind kind)
{
    const struct total *total = sqlite3_aggregate_context(context, 0);
    decimal_digits digits;

    if (total == NULL || total->count == 0)
        return;
    if (type_is_float(kind)) {
        sqlite3_result_double(context,
                              average ? total->number / (double)total->count : total->number);
        return;
    }
    if (kind == SQL_NUMERIC) {
        finish_exact(context, total, average);
        return;
    }
    digits = average ? total->digits / total->count : total->digits;
    if (digits > (kind == SQL_INT ? INT32_MAX : INT64_MAX) ||
        digits < (kind == SQL_INT ? INT32_MIN : INT64_MIN))
        fail(context, type_name(kind));
    else
        sqlite3_result_int64(context, (int64_t)digits);
}

/* One pair of functions a family of results, because the final step sees no arguments. */
static void sum_int(sqlite3_context *context)
{
    finish_total(context, false, SQL_INT);
}

static void sum_bigint(sqlite3_context *context)
{
    finish_total(context, false, SQL_BIGINT);
}

static void sum_numeric(sqlite3_context *context)
{
    finish_total(context, false, SQL_NUMERIC);
}

static void sum_float(sqlite3_context *context)
{
    finish_total(context, false, SQL_FLOAT);
}

static void avg_int(sqlite3_context *context)
{
    finish_total(context, true, SQL_INT);
}

static void avg_bigint(sqlite3_context *context)
{
    finish_total(context, true, SQL_BIGINT);
}

static void avg_numeric(sqlite3_context *context)
{
    finish_total(context, true, SQL_NUMERIC);
}

static void avg_float(sqlite3_context *context)
{
    finish_total(context, true, SQL_FLOAT);
}

/* --- STRING_AGG ------------------------------------------------------------------------------ */

struct piece {
    char *text, *separator, *key_text; /* owned */
    int64_t key;
    size_t order;
};

struct pieces {
    struct piece *items;
    size_t items_count, items_capacity;
    bool descending;
};

/* ts_string_agg(x, separator, key, descending) */
static void string_agg_step(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct pieces *pieces = sqlite3_aggregate_context(context, sizeof *pieces);
    struct piece *piece;

    (void)count;
    if (pieces == NULL || sqlite3_value_type(values[0]) == SQLITE_NULL)
        return;
    piece = memory_append(pieces, items);
    piece->text = memory_copy_text((const char *)sqlite3_value_text(values[0]));
    piece->separator = memory_copy_text((const char *)sqlite3_value_text(values[1]));
    if (sqlite3_value_type(values[2]) == SQLITE_TEXT)
        piece->key_text = memory_copy_text((const char *)sqlite3_value_text(values[2]));
    else
        piece->key = sqlite3_value_int64(values[2]);
    piece->order = pieces->items_count;
    pieces->descending = sqlite3_value_int(values[3]) != 0;
}

static int compare_pieces(const void *a, const void *b)
{
    const struct piece *x = a, *y = b;
    int order = 0;

    if (x->key_text != NULL && y->key_text != NULL)
        order = cell_compare_text(false, x->key_text, strlen(x->key_text), y->key_text,
                                  strlen(y->key_text));
    else
        order = (x->key > y->key) - (x->key < y->key);
    return order != 0 ? order : (x->order > y->order) - (x->order < y->order);
}

static void string_agg_final(sqlite3_context *context)
{
    struct pieces *pieces = sqlite3_aggregate_context(context, 0);
    struct str out = {0};

    if (pieces == NULL || pieces->items_count == 0)
        return;
    qsort(pieces->items, pieces->items_count, sizeof *pieces->items, compare_pieces);
    for (size_t i = 0; i < pieces->items_count; i++) {
        const struct piece *piece =
            &pieces->items[pieces->descending ? pieces->items_count - 1 - i : i];

        if (i > 0)
            str_add(&out, piece->separator);
        str_add(&out, piece->text);
    }
    for (size_t i = 0; i < pieces->items_count; i++) {
        free(pieces->items[i].text);
        free(pieces->items[i].separator);
        free(pieces->items[i].key_text);
    }
    free(pieces->items);
    sqlite3_result_text(context, str_text(&out), (int)out.length, SQLITE_TRANSIENT);
    str_free(&out);
}

/* --- one value only --------------------------------------------------------------------------- */

struct only {
    int64_t count;
    sqlite3_value *value;
};

static void only_step(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct only *only = sqlite3_aggregate_context(context, sizeof *only);
    const struct engine *engine = sqlite3_user_data(context);

    (void)count;
    if (only == NULL)
        return;
    if (only->count++ > 0) {
        if (engine->run != NULL)
            problem_set(&engine->run->problem, 512, 1, false,
                        "Subquery returned more than 1 value. This is not permitted when the "
                        "subquery follows =, !=, <, <= , >, >= or when the subquery is used as an "
                        "expression.");
        sqlite3_result_error(context, "more than one value", -1);
        return;
    }
    only->value = sqlite3_value_dup(values[0]);
}

static void only_final(sqlite3_context *context)
{
    struct only *only = sqlite3_aggregate_context(context, 0);

    if (only == NULL)
        return;
    if (only->count == 1)
        sqlite3_result_value(context, only->value);
    sqlite3_value_free(only->value);
}

void functions_open_aggregates(struct engine *engine)
{
    static const struct {
        const char *name;
        void (*final)(sqlite3_context *);
    } totals[] = {{"ts_sum_int", sum_int},         {"ts_sum_bigint", sum_bigint},
                  {"ts_sum_numeric", sum_numeric}, {"ts_sum_float", sum_float},
                  {"ts_avg_int", avg_int},         {"ts_avg_bigint", avg_bigint},
                  {"ts_avg_numeric", avg_numeric}, {"ts_avg_float", avg_float}};

    for (size_t i = 0; i < sizeof totals / sizeof *totals; i++)
        sqlite3_create_window_function(engine->db, totals[i].name, 1, SQLITE_UTF8, engine,
                                       total_step, totals[i].final, totals[i].final, total_inverse,
                                       NULL);
    sqlite3_create_function(engine->db, "ts_string_agg", 4, SQLITE_UTF8, engine, NULL,
                            string_agg_step, string_agg_final);
    sqlite3_create_function(engine->db, "ts_only", 1, SQLITE_UTF8, engine, NULL, only_step,
                            only_final);
}
