#include "tests/lab/sql/convert.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "tests/lab/sql/calendar.h"
#include "tests/lab/sql/convert_parts.h"
#include "tests/lab/sql/decimal.h"
#include "tests/lab/sql/type.h"

void problem_set(struct sql_problem *problem, int number, int state, bool ends_batch,
                 const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(problem->text, sizeof problem->text, format, arguments);
    va_end(arguments);
    problem->number = number;
    problem->severity = 16;
    problem->state = state;
    problem->ends_batch = ends_batch;
}

size_t convert_units(const char *text, size_t length)
{
    const char *at = text, *end = text + length;
    size_t units = 0;

    for (; at < end; at++) {
        unsigned char c = (unsigned char)*at;

        units += (c & 0xC0) != 0x80;
        units += c >= 0xF0;
    }
    return units;
}

size_t convert_unit_bytes(const char *text, size_t length, size_t units)
{
    size_t at = 0;

    while (at < length && units > 0) {
        unsigned char c = (unsigned char)text[at];
        size_t bytes = c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;

        if (bytes == 4 && units < 2)
            break;
        units -= bytes == 4 ? 2 : 1;
        at += bytes;
    }
    return at > length ? length : at;
}

/* --- helpers -------------------------------------------------------------------------------- */

bool convert_overflow(const struct conversion *c)
{
    problem_set(c->problem, 8115, 2, false,
                "Arithmetic overflow error converting expression to data type %s.",
                type_name(c->to->kind));
    return false;
}

bool convert_clash(const struct conversion *c)
{
    problem_set(c->problem, 529, 2, true,
                "Explicit conversion from data type %s to %s is not allowed.",
                type_name(c->from->kind), type_name(c->to->kind));
    return false;
}

/* The text of a string value, trimmed of blanks at both ends; in buffer. */
const char *convert_trimmed(const struct sql_value *value, char *buffer, size_t size)
{
    const char *at = value->bytes == NULL ? "" : value->bytes;
    size_t length = value->length;

    while (length > 0 && isspace((unsigned char)*at))
        at++, length--;
    while (length > 0 && isspace((unsigned char)at[length - 1]))
        length--;
    if (length >= size)
        length = size - 1;
    memcpy(buffer, at, length);
    buffer[length] = '\0';
    return buffer;
}

struct sql_value convert_text_value(const char *text, size_t length)
{
    struct sql_value value = {.length = length, .bytes = memory_new(length + 1)};

    if (length > 0)
        memcpy(value.bytes, text, length);
    return value;
}

/* --- to numbers ----------------------------------------------------------------------------- */

static const struct {
    int64_t least, most;
} integer_ranges[] = {
    [SQL_TINYINT] = {0, 255},           [SQL_SMALLINT] = {INT16_MIN, INT16_MAX},
    [SQL_INT] = {INT32_MIN, INT32_MAX}, [SQL_BIGINT] = {INT64_MIN, INT64_MAX},
    [SQL_BIT] = {INT64_MIN, INT64_MAX},
};

static bool store_integer(const struct conversion *c, int64_t number)
{
    if (c->to->kind == SQL_BIT) {
        *c->out = sql_integer(number != 0);
        return true;
    }
    if (number < integer_ranges[c->to->kind].least || number > integer_ranges[c->to->kind].most) {
        if (type_is_string(c->from->kind)) {
            problem_set(c->problem, c->to->kind == SQL_INT ? 248 : 244, 1, true,
                        "The conversion of the %s value '%.*s' overflowed an %s column.",
                        type_name(c->from->kind), (int)c->in->length, c->in->bytes,
                        type_name(c->to->kind));
            return false;
        }
        if (c->to->kind == SQL_TINYINT || c->to->kind == SQL_SMALLINT) {
            problem_set(c->problem, 220, c->to->kind == SQL_TINYINT ? 2 : 1, false,
                        "Arithmetic overflow error for data type %s, value = %lld.",
                        type_name(c->to->kind), (long long)number);
            return false;
        }
        return convert_overflow(c);
    }
    *c->out = sql_integer(number);
    return true;
}

static bool text_to_integer(const struct conversion *c)
{
    char buffer[64];
    const char *text = convert_trimmed(c->in, buffer, sizeof buffer);
    char *end;
    long long number;

    if (c->to->kind == SQL_BIT &&
        (strcasecmp(text, "true") == 0 || strcasecmp(text, "false") == 0)) {
        *c->out = sql_integer(tolower((unsigned char)*text) == 't');
        return true;
    }
    errno = 0;
    number = strtoll(text, &end, 10);
    if (*end != '\0' || (end == text && *text != '\0')) {
        if (c->to->kind == SQL_BIGINT)
            problem_set(c->problem, 8114, 5, true, "Error converting data type %s to %s.",
                        type_name(c->from->kind), type_name(c->to->kind));
        else
            problem_set(c->problem, 245, 1, true,
                        "Conversion failed when converting the %s value '%.*s' to data type %s.",
                        type_name(c->from->kind), (int)(c->in->length > 200 ? 200 : c->in->length),
                        c->in->bytes, type_name(c->to->kind));
        return false;
    }
    if (errno == ERANGE)
        number = number < 0 ? INT64_MIN : INT64_MAX;
    if (errno == ERANGE && c->to->kind == SQL_BIGINT)
        return convert_overflow(c);
    return store_integer(c, number);
}

static bool to_integer(const struct conversion *c)
{
    struct decimal decimal;

    if (type_is_integer(c->from->kind))
        return store_integer(c, c->in->integer);
    if (type_is_float(c->from->kind)) {
        if (!(fabs(c->in->number) < 9.3e18))
            return convert_overflow(c);
        return store_integer(c, (int64_t)c->in->number);
    }
    if (c->from->kind == SQL_NUMERIC) {
        if (!decimal_parse(&decimal, c->in->bytes) || !decimal_rescale(&decimal, 0, true) ||
            decimal.digits > INT64_MAX || decimal.digits < INT64_MIN)
            return convert_overflow(c);
        return store_integer(c, (int64_t)decimal.digits);
    }
    if (type_is_string(c->from->kind))
        return text_to_integer(c);
    if (type_is_bytes(c->from->kind)) {
        uint64_t number = 0;

        for (size_t i = 0; i < c->in->length; i++)
            number = number << 8 | (unsigned char)c->in->bytes[i];
        return store_integer(c, c->to->kind == SQL_INT ? (int32_t)number : (int64_t)number);
    }
    if (c->from->kind == SQL_DATETIME)
        return store_integer(c, c->in->integer / TICKS_PER_DAY - 693595);
    return convert_clash(c);
}

static bool to_float(const struct conversion *c)
{
    char buffer[400];
    struct decimal decimal;
    char *end;
    double number;

    if (type_is_integer(c->from->kind)) {
        number = (double)c->in->integer;
    } else if (type_is_float(c->from->kind)) {
        number = c->in->number;
    } else if (c->from->kind == SQL_NUMERIC) {
        number = decimal_parse(&decimal, c->in->bytes) ? decimal_to_double(&decimal) : 0;
    } else if (type_is_string(c->from->kind)) {
        const char *text = convert_trimmed(c->in, buffer, sizeof buffer);

        number = strtod(text, &end);
        if (*end != '\0' || (end == text && *text != '\0')) {
            problem_set(c->problem, 8114, 5, true, "Error converting data type %s to %s.",
                        type_name(c->from->kind), type_name(c->to->kind));
            return false;
        }
    } else if (c->from->kind == SQL_DATETIME) {
        number = (double)c->in->integer / (double)TICKS_PER_DAY - 693595;
    } else {
        return convert_clash(c);
    }
    *c->out = sql_number(c->to->kind == SQL_REAL ? (double)(float)number : number);
    return true;
}

static bool to_numeric(const struct conversion *c)
{
    struct decimal decimal = {0};
    char text[DECIMAL_TEXT_SIZE], buffer[128];
    bool ok;

    if (type_is_integer(c->from->kind)) {
        decimal.digits = c->in->integer;
        ok = true;
    } else if (type_is_float(c->from->kind)) {
        ok = decimal_from_double(&decimal, c->in->number, c->to->scale);
    } else if (c->from->kind == SQL_NUMERIC) {
        ok = decimal_parse(&decimal, c->in->bytes);
    } else if (type_is_string(c->from->kind)) {
        if (!decimal_parse(&decimal, convert_trimmed(c->in, buffer, sizeof buffer))) {
            problem_set(c->problem, 8114, 5, true, "Error converting data type %s to numeric.",
                        type_name(c->from->kind));
            return false;
        }
        ok = true;
    } else {
        return convert_clash(c);
    }
    if (!ok || !decimal_rescale(&decimal, c->to->scale, false) ||
        !decimal_fits(&decimal, c->to->precision)) {
        problem_set(c->problem, 8115, type_is_string(c->from->kind) ? 6 : 8, false,
                    "Arithmetic overflow error converting %s to data type numeric.",
                    type_is_integer(c->from->kind) ? type_name(c->from->kind)
                                                   : type_name(c->from->kind));
        return false;
    }
    decimal_format(text, &decimal);
    *c->out = convert_text_value(text, strlen(text));
    return true;
}

/* --- to dates and times --------------------------------------------------------------------- */

static int64_t fit_time(const struct sql_type *to, int64_t ticks)
{
    switch (to->kind) {
    case SQL_DATETIME:
        return calendar_round_datetime(ticks);
    case SQL_DATE:
        return ticks / TICKS_PER_DAY * TICKS_PER_DAY;
    case SQL_TIME:
        return calendar_round(ticks % TICKS_PER_DAY, to->scale) % TICKS_PER_DAY;
    default:
        return calendar_round(ticks, to->scale);
    }
}

static bool text_to_time(const struct conversion *c, int64_t *local, int *offset_min)
{
    char buffer[80];
    bool has_offset, has_date;
    const char *text = convert_trimmed(c->in, buffer, sizeof buffer);

    if (!calendar_parse(text, local, offset_min, &has_offset, &has_date) ||
        (has_offset && c->to->kind == SQL_DATETIME && text[strlen(text) - 1] != 'Z')) {
        if (isdigit((unsigned char)*text) && strspn(text, "0123456789-/:. T") == strlen(text) &&
            c->to->kind == SQL_DATETIME && strlen(text) >= 8)
            problem_set(c->problem, 242, 3, true,
                        "The conversion of a %s data type to a %s data type resulted in an "
                        "out-of-range value.",
                        type_name(c->from->kind), type_name(c->to->kind));
        else
            problem_set(c->problem, 241, 1, true,
                        "Conversion failed when converting date and/or time from character "
                        "string.");
        return false;
    }
    return true;
}

static bool to_time(const struct conversion *c)
{
    int64_t local;
    int offset_min = 0;

    if (type_is_string(c->from->kind)) {
        if (!text_to_time(c, &local, &offset_min))
            return false;
    } else if (type_is_time(c->from->kind)) {
        local = c->in->integer;
        if (c->from->kind == SQL_DATETIMEOFFSET) {
            offset_min = c->in->offset_min;
            local += offset_min * TICKS_PER_MINUTE;
        }
        if (c->from->kind == SQL_TIME && c->to->kind != SQL_TIME)
            local += INT64_C(693595) * TICKS_PER_DAY; /* 1900-01-01 */
    } else if (type_is_number(c->from->kind) && c->to->kind == SQL_DATETIME) {
        double days = type_is_integer(c->from->kind) ? (double)c->in->integer
                      : type_is_float(c->from->kind) ? c->in->number
                                                     : strtod(c->in->bytes, NULL);

        if (!(days > -53691 && days < 2958464))
            return convert_overflow(c);
        local = INT64_C(693595) * TICKS_PER_DAY + (int64_t)floor(days) * TICKS_PER_DAY +
                (int64_t)llround((days - floor(days)) * (double)TICKS_PER_DAY);
    } else {
        return convert_clash(c);
    }
    if (c->to->kind == SQL_DATETIME && local < INT64_C(639905) * TICKS_PER_DAY) { /* 1753 */
        problem_set(c->problem, 242, 3, true,
                    "The conversion of a %s data type to a datetime data type resulted in an "
                    "out-of-range value.",
                    type_name(c->from->kind));
        return false;
    }
    *c->out = sql_integer(fit_time(c->to, local));
    if (c->to->kind == SQL_DATETIMEOFFSET) {
        c->out->integer -= offset_min * TICKS_PER_MINUTE;
        c->out->offset_min = offset_min;
    }
    return true;
}

/* The type that a sql_variant's value shows by its form. */
static struct sql_type variant_type(const struct sql_value *value)
{
    return value->bytes != NULL ? type_string(SQL_NVARCHAR, SQL_LENGTH_MAX, true)
                                : type_of(SQL_BIGINT, true);
}

bool convert_value(struct sql_value *out, const struct sql_value *in, const struct sql_type *from,
                   const struct sql_type *to, int style, struct sql_problem *problem)
{
    struct conversion c = {out, in, from, to, style, problem};
    struct sql_type inner;

    *out = sql_null();
    if (in->null)
        return true;
    if (from->kind == SQL_VARIANT && to->kind != SQL_VARIANT) {
        inner = variant_type(in);
        c.from = &inner;
    }
    if (type_is_integer(to->kind))
        return to_integer(&c);
    if (type_is_float(to->kind))
        return to_float(&c);
    if (to->kind == SQL_NUMERIC)
        return to_numeric(&c);
    if (type_is_time(to->kind))
        return to_time(&c);
    if (type_is_string(to->kind))
        return convert_to_string(&c);
    if (type_is_bytes(to->kind))
        return convert_to_bytes(&c);
    if (to->kind == SQL_UNIQUEIDENTIFIER)
        return convert_to_guid(&c);
    if (from->kind == SQL_VARIANT || type_is_integer(from->kind) || type_is_string(from->kind)) {
        *out = sql_value_copy(in);
        return true;
    }
    { /* another type into a variant: as text */
        struct sql_type text = type_string(SQL_NVARCHAR, SQL_LENGTH_MAX, true);

        c.to = &text;
        return convert_to_string(&c);
    }
}
