/* Numbers, NULL and identifiers. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lab/estate.h"
#include "tests/lab/sql/cell.h"
#include "tests/lab/sql/decimal.h"
#include "tests/lab/sql/functions.h"
#include "tests/lab/sql/run.h"
#include "tests/lab/sql/type.h"

static void return_decimal(struct call *call, struct decimal *value)
{
    char text[DECIMAL_TEXT_SIZE];

    if (!decimal_rescale(value, call->result.scale, false)) {
        call_fail(call, 8115, 2, false,
                  "Arithmetic overflow error converting expression to data type numeric.");
        return;
    }
    decimal_format(text, value);
    call_return_text(call, text, strlen(text));
}

static void absolute(struct call *call)
{
    struct decimal value;

    if (call->argument.kind == SQL_NUMERIC) {
        decimal_parse(&value, call_text(call, 0, NULL));
        if (value.digits < 0)
            value.digits = -value.digits;
        return_decimal(call, &value);
    } else if (type_is_float(call->argument.kind)) {
        sqlite3_result_double(call->context, fabs(sqlite3_value_double(call->values[0])));
    } else {
        int64_t number = call_integer(call, 0);

        if (number == INT64_MIN || (number == INT32_MIN && call->argument.kind == SQL_INT))
            call_fail(call, 8115, 2, false,
                      "Arithmetic overflow error converting expression to data type %s.",
                      type_name(call->argument.kind));
        else
            sqlite3_result_int64(call->context, number < 0 ? -number : number);
    }
}

static void sign(struct call *call)
{
    double number = sqlite3_value_double(call->values[0]);
    int out = (number > 0) - (number < 0);

    if (call->argument.kind == SQL_NUMERIC) {
        struct decimal value = {out, 0};

        return_decimal(call, &value);
    } else if (type_is_float(call->argument.kind)) {
        sqlite3_result_double(call->context, out);
    } else {
        sqlite3_result_int64(call->context, out);
    }
}

static struct sql_type result_whole(const struct expr *call)
{
    struct sql_type type = result_first(call);

    if (type.kind == SQL_NUMERIC)
        type.scale = 0;
    return type;
}

/* Source: POWER, return types: decimal(p, s) gives decimal(38, s). */
static struct sql_type result_power(const struct expr *call)
{
    struct sql_type type = result_first(call);

    if (type.kind == SQL_NUMERIC)
        type.precision = 38;
    return type;
}

static void round_whole(struct call *call, bool up)
{
    if (call->argument.kind == SQL_NUMERIC) {
        struct decimal value, whole;

        decimal_parse(&value, call_text(call, 0, NULL));
        whole = value;
        decimal_rescale(&whole, 0, true);
        if (decimal_compare(&whole, &value) != 0)
            whole.digits += up && value.digits > 0 ? 1 : !up && value.digits < 0 ? -1 : 0;
        return_decimal(call, &whole);
    } else if (type_is_float(call->argument.kind)) {
        double number = sqlite3_value_double(call->values[0]);

        sqlite3_result_double(call->context, up ? ceil(number) : floor(number));
    } else {
        sqlite3_result_value(call->context, call->values[0]);
    }
}

static void ceiling(struct call *call)
{
    round_whole(call, true);
}

static void floor_function(struct call *call)
{
    round_whole(call, false);
}

static void round_function(struct call *call)
{
    int places = (int)call_integer(call, 1);
    bool truncate = call->count > 2 && call_integer(call, 2) != 0;
    char text[64];
    struct decimal value;

    if (type_is_float(call->argument.kind)) {
        double power = pow(10, places), number = sqlite3_value_double(call->values[0]) * power;

        sqlite3_result_double(call->context, (truncate ? trunc(number) : round(number)) / power);
        return;
    }
    if (!decimal_parse(&value, call_text(call, 0, NULL)))
        return;
    if (places >= 0) {
        if (places < value.scale)
            decimal_rescale(&value, places, truncate);
    } else { /* left of the point: shift, round, shift back */
        value.scale -= places;
        decimal_rescale(&value, 0, truncate);
        for (; places < 0; places++)
            value.digits *= 10;
    }
    if (call->argument.kind == SQL_NUMERIC) {
        return_decimal(call, &value);
        return;
    }
    decimal_rescale(&value, 0, truncate);
    decimal_format(text, &value);
    sqlite3_result_int64(call->context, strtoll(text, NULL, 10));
}

static void power(struct call *call)
{
    double number =
        pow(sqlite3_value_double(call->values[0]), sqlite3_value_double(call->values[1]));
    struct decimal value;

    if (type_is_float(call->result.kind))
        sqlite3_result_double(call->context, number);
    else if (call->result.kind == SQL_NUMERIC) {
        if (decimal_from_double(&value, number, call->result.scale))
            return_decimal(call, &value);
    } else
        sqlite3_result_int64(call->context, (int64_t)number);
}

static void square_root(struct call *call)
{
    double number = sqlite3_value_double(call->values[0]);

    if (number < 0)
        call_fail(call, 3623, 1, false, "An invalid floating point operation occurred.");
    else
        sqlite3_result_double(call->context, sqrt(number));
}

static void isnumeric(struct call *call)
{
    const char *text = call_is_null(call, 0) ? "" : call_text(call, 0, NULL);
    char *end;

    if (type_is_number(call->argument.kind) && !call_is_null(call, 0)) {
        sqlite3_result_int(call->context, 1);
        return;
    }
    (void)strtod(text, &end);
    while (*end == ' ')
        end++;
    sqlite3_result_int(call->context,
                       *text != '\0' && *end == '\0' && strpbrk(text, "xXnNpP") == NULL);
}

/* A version 4 uniqueidentifier from the lab's random numbers, which its seed determines. */
static void newid(struct call *call)
{
    uint8_t guid[16];

    lab_random_guid(call->run->session->instance->lab, guid);
    guid[7] = (unsigned char)((guid[7] & 0x0F) | 0x40); /* the third group's high byte, as sent */
    guid[8] = (unsigned char)((guid[8] & 0x3F) | 0x80);
    sqlite3_result_blob(call->context, guid, sizeof guid, SQLITE_TRANSIENT);
}

static struct sql_type result_guid(const struct expr *call)
{
    (void)call;
    return type_of(SQL_UNIQUEIDENTIFIER, false);
}

#define MATH_FUNCTION (FUNCTION_CONSTANT | FUNCTION_TYPED)

const struct builtin builtins_math[] = {
    {"ABS", 1, 1, "n", result_nullable_first, MATH_FUNCTION, absolute},
    {"SIGN", 1, 1, "n", result_first, MATH_FUNCTION, sign},
    {"CEILING", 1, 1, "n", result_whole, MATH_FUNCTION, ceiling},
    {"FLOOR", 1, 1, "n", result_whole, MATH_FUNCTION, floor_function},
    {"ROUND", 2, 3, "ni", result_first, MATH_FUNCTION, round_function},
    {"POWER", 2, 2, "nf", result_power, MATH_FUNCTION, power},
    {"SQRT", 1, 1, "f", result_float, FUNCTION_CONSTANT, square_root},
    {"ISNUMERIC", 1, 1, "a", result_int_not_null, MATH_FUNCTION | FUNCTION_NULLS, isnumeric},
    {"NEWID", 0, 0, "a", result_guid, 0, newid},
    {"NEWSEQUENTIALID", 0, 0, "a", result_guid, 0, newid},
};
const size_t builtins_math_count = sizeof builtins_math / sizeof *builtins_math;
