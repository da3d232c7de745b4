#include "tests/lab/sql/calendar.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int calendar_days_in_month(int year, int month)
{
    static const int days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* Days since 0001-01-01. */
static int64_t days_from_date(int year, int month, int day)
{
    int64_t y = year - 1;
    int64_t days = y * 365 + y / 4 - y / 100 + y / 400;

    for (int m = 1; m < month; m++)
        days += calendar_days_in_month(year, m);
    return days + day - 1;
}

struct calendar calendar_from_ticks(int64_t ticks)
{
    int64_t days = ticks / TICKS_PER_DAY, rest = ticks % TICKS_PER_DAY;
    struct calendar c = {0};

    if (rest < 0) {
        rest += TICKS_PER_DAY;
        days--;
    }
    c.year = (int)(days * 400 / 146097) + 1;
    while (c.year > 1 && days_from_date(c.year, 1, 1) > days)
        c.year--;
    while (days_from_date(c.year + 1, 1, 1) <= days)
        c.year++;
    days -= days_from_date(c.year, 1, 1);
    for (c.month = 1; days >= calendar_days_in_month(c.year, c.month); c.month++)
        days -= calendar_days_in_month(c.year, c.month);
    c.day = (int)days + 1;
    c.fraction = (int)(rest % TICKS_PER_SECOND);
    rest /= TICKS_PER_SECOND;
    c.second = (int)(rest % 60);
    c.minute = (int)(rest / 60 % 60);
    c.hour = (int)(rest / 3600);
    return c;
}

bool calendar_is_valid(const struct calendar *c)
{
    return c->year >= 1 && c->year <= 9999 && c->month >= 1 && c->month <= 12 && c->day >= 1 &&
           c->day <= calendar_days_in_month(c->year, c->month) && c->hour >= 0 && c->hour < 24 &&
           c->minute >= 0 && c->minute < 60 && c->second >= 0 && c->second < 60;
}

int64_t calendar_to_ticks(const struct calendar *c)
{
    return days_from_date(c->year, c->month, c->day) * TICKS_PER_DAY +
           (c->hour * 3600 + c->minute * 60 + c->second) * TICKS_PER_SECOND + c->fraction;
}

int64_t calendar_round_datetime(int64_t ticks)
{
    int64_t day = ticks / TICKS_PER_DAY * TICKS_PER_DAY;
    int64_t units = ((ticks - day) * 3 + 50000) / 100000; /* 1/300 s */
    int64_t ms = (units * 10 + 1) / 3;

    return day + ms * 10000;
}

int64_t calendar_round(int64_t ticks, int scale)
{
    int64_t unit = 1;

    for (int i = scale; i < 7; i++)
        unit *= 10;
    return (ticks + unit / 2) / unit * unit;
}

/* --- parts ---------------------------------------------------------------------------------- */

enum date_part calendar_part(const char *name)
{
    static const struct {
        const char *name;
        enum date_part part;
    } names[] = {{"year", PART_YEAR},       {"yy", PART_YEAR},
                 {"yyyy", PART_YEAR},       {"quarter", PART_QUARTER},
                 {"qq", PART_QUARTER},      {"q", PART_QUARTER},
                 {"month", PART_MONTH},     {"mm", PART_MONTH},
                 {"m", PART_MONTH},         {"dayofyear", PART_DAY_OF_YEAR},
                 {"dy", PART_DAY_OF_YEAR},  {"y", PART_DAY_OF_YEAR},
                 {"day", PART_DAY},         {"dd", PART_DAY},
                 {"d", PART_DAY},           {"week", PART_WEEK},
                 {"wk", PART_WEEK},         {"ww", PART_WEEK},
                 {"weekday", PART_WEEKDAY}, {"dw", PART_WEEKDAY},
                 {"w", PART_WEEKDAY},       {"hour", PART_HOUR},
                 {"hh", PART_HOUR},         {"minute", PART_MINUTE},
                 {"mi", PART_MINUTE},       {"n", PART_MINUTE},
                 {"second", PART_SECOND},   {"ss", PART_SECOND},
                 {"s", PART_SECOND},        {"millisecond", PART_MILLISECOND},
                 {"ms", PART_MILLISECOND},  {"microsecond", PART_MICROSECOND},
                 {"mcs", PART_MICROSECOND}, {"nanosecond", PART_NANOSECOND},
                 {"ns", PART_NANOSECOND},   {"tzoffset", PART_TZOFFSET},
                 {"tz", PART_TZOFFSET}};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcasecmp(names[i].name, name) == 0)
            return names[i].part;
    return PART_UNKNOWN;
}

static int64_t part_ticks(enum date_part part)
{
    switch (part) {
    case PART_WEEK:
        return 7 * TICKS_PER_DAY;
    case PART_HOUR:
        return 60 * TICKS_PER_MINUTE;
    case PART_MINUTE:
        return TICKS_PER_MINUTE;
    case PART_SECOND:
        return TICKS_PER_SECOND;
    case PART_MILLISECOND:
        return 10000;
    case PART_MICROSECOND:
        return 10;
    default:
        return TICKS_PER_DAY;
    }
}

bool calendar_add(int64_t *ticks, enum date_part part, int64_t number)
{
    struct calendar c = calendar_from_ticks(*ticks);
    int64_t sum;

    if (part == PART_YEAR || part == PART_QUARTER || part == PART_MONTH) {
        int64_t months = c.year * INT64_C(12) + c.month - 1;
        int days;

        if (number < -200000 || number > 200000)
            return false;
        months += number * (part == PART_YEAR ? 12 : part == PART_QUARTER ? 3 : 1);
        if (months < 12 || months >= 10000 * 12)
            return false;
        c.year = (int)(months / 12);
        c.month = (int)(months % 12) + 1;
        days = calendar_days_in_month(c.year, c.month);
        c.day = c.day > days ? days : c.day;
        *ticks = calendar_to_ticks(&c);
        return true;
    }
    if (part == PART_NANOSECOND)
        sum = number / 100;
    else if (__builtin_mul_overflow(number, part_ticks(part), &sum))
        return false;
    if (__builtin_add_overflow(*ticks, sum, &sum) || sum < 0 ||
        sum >= INT64_C(3652059) * TICKS_PER_DAY)
        return false;
    *ticks = sum;
    return true;
}

int64_t calendar_difference(enum date_part part, int64_t from, int64_t to)
{
    struct calendar a = calendar_from_ticks(from), b = calendar_from_ticks(to);

    switch (part) {
    case PART_YEAR:
        return b.year - a.year;
    case PART_QUARTER:
        return (b.year * 4 + (b.month - 1) / 3) - (a.year * 4 + (a.month - 1) / 3);
    case PART_MONTH:
        return (b.year * 12 + b.month) - (a.year * 12 + a.month);
    case PART_WEEK: /* weeks begin on Sunday; 0001-01-01 was a Monday */
        return (to / TICKS_PER_DAY + 1) / 7 - (from / TICKS_PER_DAY + 1) / 7;
    case PART_NANOSECOND:
        return (to - from) * 100;
    default:
        return to / part_ticks(part) - from / part_ticks(part);
    }
}

int64_t calendar_get(enum date_part part, int64_t ticks, int offset_min)
{
    struct calendar c = calendar_from_ticks(ticks);
    int64_t day_of_year = ticks / TICKS_PER_DAY - days_from_date(c.year, 1, 1) + 1;

    switch (part) {
    case PART_YEAR:
        return c.year;
    case PART_QUARTER:
        return (c.month - 1) / 3 + 1;
    case PART_MONTH:
        return c.month;
    case PART_DAY_OF_YEAR:
        return day_of_year;
    case PART_DAY:
        return c.day;
    case PART_WEEK:
        return (day_of_year - 1 + (days_from_date(c.year, 1, 1) + 1) % 7) / 7 + 1;
    case PART_WEEKDAY:
        return (ticks / TICKS_PER_DAY + 1) % 7 + 1;
    case PART_HOUR:
        return c.hour;
    case PART_MINUTE:
        return c.minute;
    case PART_SECOND:
        return c.second;
    case PART_MILLISECOND:
        return c.fraction / 10000;
    case PART_MICROSECOND:
        return c.fraction / 10;
    case PART_NANOSECOND:
        return c.fraction * INT64_C(100);
    case PART_TZOFFSET:
        return offset_min;
    case PART_UNKNOWN:
        break;
    }
    return 0;
}
