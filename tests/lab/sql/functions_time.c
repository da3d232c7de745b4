/* Dates and times. The clock is the instance's, read once a statement. */
#include <stdio.h>
#include <string.h>

#include "tests/lab/estate.h"
#include "tests/lab/sql/calendar.h"
#include "tests/lab/sql/cell.h"
#include "tests/lab/sql/functions.h"
#include "tests/lab/sql/type.h"

static struct sql_type result_datetime(const struct expr *call)
{
    (void)call;
    return type_of(SQL_DATETIME, false);
}

static struct sql_type result_datetime2(const struct expr *call)
{
    (void)call;
    return type_of(SQL_DATETIME2, false);
}

static struct sql_type result_offset(const struct expr *call)
{
    struct sql_type type = type_of(SQL_DATETIMEOFFSET, call->args.items_count > 0);

    return type;
}

static struct sql_type result_date(const struct expr *call)
{
    (void)call;
    return type_of(SQL_DATE, true);
}

/* DATEADD keeps its date's type; a string's becomes datetime. */
static struct sql_type result_dateadd(const struct expr *call)
{
    struct sql_type type = call->args.items[2]->type;

    type.nullable = true;
    return type;
}

static struct sql_type result_datename(const struct expr *call)
{
    (void)call;
    return type_string(SQL_NVARCHAR, 30, true);
}

/* --- now ------------------------------------------------------------------------------------ */

static struct sql_value now(const struct call *call, bool utc)
{
    const struct instance *instance = call->run->engine->instance;

    return sql_time_utc_ms(call->run->now_utc_ms, utc ? 0 : instance->utc_offset_min);
}

static void getdate(struct call *call)
{
    sqlite3_result_int64(call->context, calendar_round_datetime(now(call, false).integer));
}

static void getutcdate(struct call *call)
{
    sqlite3_result_int64(call->context, calendar_round_datetime(now(call, true).integer));
}

static void sysdatetime(struct call *call)
{
    sqlite3_result_int64(call->context, now(call, false).integer);
}

static void sysutcdatetime(struct call *call)
{
    sqlite3_result_int64(call->context, now(call, true).integer);
}

static void sysdatetimeoffset(struct call *call)
{
    struct sql_value value = now(call, true);

    value.offset_min = call->run->engine->instance->utc_offset_min;
    call_return(call, value);
}

/* --- parts ---------------------------------------------------------------------------------- */

/* The argument as local ticks; a datetimeoffset's own offset in *offset_min. */
static int64_t local_ticks(struct call *call, int index, const struct sql_type *type,
                           int *offset_min)
{
    struct sql_value value = cell_read(call->values[index], type);
    int64_t ticks = value.integer;

    *offset_min = 0;
    if (type->kind == SQL_DATETIMEOFFSET) {
        *offset_min = value.offset_min;
        ticks += value.offset_min * TICKS_PER_MINUTE;
    }
    sql_value_free(&value);
    return ticks;
}

static void dateadd(struct call *call)
{
    enum date_part part = (enum date_part)call_integer(call, 0);
    int offset_min;
    int64_t ticks = local_ticks(call, 2, &call->argument, &offset_min);
    struct sql_value value;

    if (call->argument.kind == SQL_TIME) {
        if (calendar_add(&ticks, part, call_integer(call, 1)))
            sqlite3_result_int64(call->context, ticks % TICKS_PER_DAY);
        return;
    }
    if (!calendar_add(&ticks, part, call_integer(call, 1))) {
        call_fail(call, 517, 1, true, "Adding a value to a '%s' column caused an overflow.",
                  type_name(call->result.kind));
        return;
    }
    if (call->result.kind == SQL_DATETIME)
        ticks = calendar_round_datetime(ticks);
    value = sql_integer(ticks - offset_min * TICKS_PER_MINUTE);
    value.offset_min = offset_min;
    call_return(call, value);
}

static void datediff(struct call *call)
{
    enum date_part part = (enum date_part)call_integer(call, 0);
    struct sql_type type = type_of(SQL_DATETIME2, true);
    int offset_min;
    int64_t difference = calendar_difference(part, local_ticks(call, 1, &type, &offset_min),
                                             local_ticks(call, 2, &type, &offset_min));

    if (call->result.kind == SQL_INT && (difference > INT32_MAX || difference < INT32_MIN))
        call_fail(call, 535, 0, true,
                  "The datediff function resulted in an overflow. The number of dateparts "
                  "separating two date/time instances is too large. Try to use datediff with a "
                  "less precise datepart.");
    else
        sqlite3_result_int64(call->context, difference);
}

static void datepart(struct call *call)
{
    int offset_min;
    int64_t ticks = local_ticks(call, 1, &call->argument, &offset_min);

    sqlite3_result_int64(call->context,
                         calendar_get((enum date_part)call_integer(call, 0), ticks, offset_min));
}

static void datename(struct call *call)
{
    enum date_part part = (enum date_part)call_integer(call, 0);
    int offset_min;
    int64_t ticks = local_ticks(call, 1, &call->argument, &offset_min);
    int64_t number = calendar_get(part, ticks, offset_min);
    char text[32];

    if (part == PART_MONTH)
        snprintf(text, sizeof text, "%s", calendar_months[number - 1]);
    else if (part == PART_WEEKDAY)
        snprintf(text, sizeof text, "%s", calendar_weekdays[number - 1]);
    else if (part == PART_TZOFFSET)
        snprintf(text, sizeof text, "%c%02d:%02d", number < 0 ? '-' : '+',
                 (int)(number < 0 ? -number : number) / 60,
                 (int)(number < 0 ? -number : number) % 60);
    else
        snprintf(text, sizeof text, "%lld", (long long)number);
    call_return_text(call, text, strlen(text));
}

static void part_of(struct call *call, enum date_part part)
{
    sqlite3_result_int64(call->context, calendar_get(part, call_integer(call, 0), 0));
}

static void year(struct call *call)
{
    part_of(call, PART_YEAR);
}

static void month(struct call *call)
{
    part_of(call, PART_MONTH);
}

static void day(struct call *call)
{
    part_of(call, PART_DAY);
}

static void eomonth(struct call *call)
{
    int64_t ticks = call_integer(call, 0);
    struct calendar c;

    if (call->count > 1)
        calendar_add(&ticks, PART_MONTH, call_integer(call, 1));
    c = calendar_from_ticks(ticks);
    c = (struct calendar){
        .year = c.year, .month = c.month, .day = calendar_days_in_month(c.year, c.month)};
    sqlite3_result_int64(call->context, calendar_to_ticks(&c));
}

static void datefromparts(struct call *call)
{
    struct calendar c = {.year = (int)call_integer(call, 0),
                         .month = (int)call_integer(call, 1),
                         .day = (int)call_integer(call, 2)};

    if (!calendar_is_valid(&c))
        call_fail(call, 289, 1, true,
                  "Cannot construct data type date, some of the arguments have values which are "
                  "not valid.");
    else
        sqlite3_result_int64(call->context, calendar_to_ticks(&c));
}

static void isdate(struct call *call)
{
    int64_t ticks;
    int offset_min;
    bool has_offset, has_date;
    const char *text = call_is_null(call, 0) ? "" : call_text(call, 0, NULL);

    sqlite3_result_int(call->context,
                       *text != '\0' &&
                           calendar_parse(text, &ticks, &offset_min, &has_offset, &has_date) &&
                           !has_offset);
}

/* --- offsets -------------------------------------------------------------------------------- */

static bool read_offset(struct call *call, int index, int *offset_min)
{
    const char *text = call_text(call, index, NULL);
    int hours = 0, minutes = 0;
    char sign = '+';

    if (sscanf(text, "%c%d:%d", &sign, &hours, &minutes) == 3 && (sign == '+' || sign == '-')) {
        *offset_min = (sign == '-' ? -1 : 1) * (hours * 60 + minutes);
        return true;
    }
    if (sscanf(text, "%d", &minutes) == 1) {
        *offset_min = minutes;
        return true;
    }
    call_fail(call, 9812, 0, true, "The timezone provided to builtin function %s is invalid.",
              "switchoffset");
    return false;
}

static void switchoffset(struct call *call)
{
    struct sql_type type = type_of(SQL_DATETIMEOFFSET, true);
    struct sql_value value = cell_read(call->values[0], &type);

    if (read_offset(call, 1, &value.offset_min))
        call_return(call, value);
}

static void todatetimeoffset(struct call *call)
{
    int offset_min;
    struct sql_value value;

    if (!read_offset(call, 1, &offset_min))
        return;
    value = sql_integer(call_integer(call, 0) - offset_min * TICKS_PER_MINUTE);
    value.offset_min = offset_min;
    call_return(call, value);
}

const struct builtin builtins_time[] = {
    {"GETDATE", 0, 0, "a", result_datetime, 0, getdate},
    {"CURRENT_TIMESTAMP", 0, 0, "a", result_datetime, 0, getdate},
    {"GETUTCDATE", 0, 0, "a", result_datetime, 0, getutcdate},
    {"SYSDATETIME", 0, 0, "a", result_datetime2, 0, sysdatetime},
    {"SYSUTCDATETIME", 0, 0, "a", result_datetime2, 0, sysutcdatetime},
    {"SYSDATETIMEOFFSET", 0, 0, "a", result_offset, FUNCTION_TYPED, sysdatetimeoffset},
    {"DATEADD", 3, 3, "abt", result_dateadd, FUNCTION_PART | FUNCTION_TYPED | FUNCTION_CONSTANT,
     dateadd},
    {"DATEDIFF", 3, 3, "a22", result_int, FUNCTION_PART | FUNCTION_TYPED | FUNCTION_CONSTANT,
     datediff},
    {"DATEDIFF_BIG", 3, 3, "a22", result_bigint, FUNCTION_PART | FUNCTION_TYPED | FUNCTION_CONSTANT,
     datediff},
    {"DATEPART", 2, 2, "at", result_int, FUNCTION_PART | FUNCTION_TYPED | FUNCTION_CONSTANT,
     datepart},
    {"DATENAME", 2, 2, "at", result_datename, FUNCTION_PART | FUNCTION_TYPED | FUNCTION_CONSTANT,
     datename},
    {"YEAR", 1, 1, "2", result_int, FUNCTION_CONSTANT, year},
    {"MONTH", 1, 1, "2", result_int, FUNCTION_CONSTANT, month},
    {"DAY", 1, 1, "2", result_int, FUNCTION_CONSTANT, day},
    {"EOMONTH", 1, 2, "2i", result_date, FUNCTION_CONSTANT, eomonth},
    {"DATEFROMPARTS", 3, 3, "i", result_date, FUNCTION_CONSTANT, datefromparts},
    {"ISDATE", 1, 1, "s", result_int_not_null, FUNCTION_CONSTANT | FUNCTION_NULLS, isdate},
    {"SWITCHOFFSET", 2, 2, "os", result_offset, FUNCTION_TYPED | FUNCTION_CONSTANT, switchoffset},
    {"TODATETIMEOFFSET", 2, 2, "2s", result_offset, FUNCTION_TYPED | FUNCTION_CONSTANT,
     todatetimeoffset},
};
const size_t builtins_time_count = sizeof builtins_time / sizeof *builtins_time;
