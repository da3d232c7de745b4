#include "tests/lab/sql/calendar.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *const calendar_months[12] = {"January",   "February", "March",    "April",
                                         "May",       "June",     "July",     "August",
                                         "September", "October",  "November", "December"};
const char *const calendar_weekdays[7] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                          "Thursday", "Friday", "Saturday"};

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

/* --- reading -------------------------------------------------------------------------------- */

static bool read_digits(const char **at, int least, int most, int *out)
{
    int count = 0;

    *out = 0;
    while (count < most && isdigit((unsigned char)**at)) {
        *out = *out * 10 + (*(*at)++ - '0');
        count++;
    }
    return count >= least;
}

static void read_fraction(const char **at, int *fraction)
{
    int unit = 1000000;

    *fraction = 0;
    for (; isdigit((unsigned char)**at); (*at)++, unit /= 10)
        *fraction += (**at - '0') * unit;
}

static bool read_time(const char **at, struct calendar *c)
{
    const char *start = *at;

    if (!read_digits(at, 1, 2, &c->hour))
        return false;
    if (**at == ':') {
        (*at)++;
        if (!read_digits(at, 1, 2, &c->minute))
            return false;
        if (**at == ':') {
            (*at)++;
            if (!read_digits(at, 1, 2, &c->second))
                return false;
            if (**at == '.' || **at == ':') {
                (*at)++;
                if (!isdigit((unsigned char)**at))
                    return false;
                read_fraction(at, &c->fraction);
            }
        }
    } else if (strncasecmp(*at, "am", 2) != 0 && strncasecmp(*at, "pm", 2) != 0 &&
               strncasecmp(*at, " am", 3) != 0 && strncasecmp(*at, " pm", 3) != 0) {
        *at = start;
        return false;
    }
    while (**at == ' ' && (strncasecmp(*at, " am", 3) == 0 || strncasecmp(*at, " pm", 3) == 0))
        (*at)++;
    if (strncasecmp(*at, "am", 2) == 0 || strncasecmp(*at, "pm", 2) == 0) {
        bool pm = tolower((unsigned char)**at) == 'p';

        if (c->hour < 1 || c->hour > 12)
            return false;
        c->hour = c->hour % 12 + (pm ? 12 : 0);
        *at += 2;
    }
    return true;
}

static bool read_month_name(const char **at, int *month)
{
    for (int m = 0; m < 12; m++) {
        size_t length = strlen(calendar_months[m]);

        if (strncasecmp(*at, calendar_months[m], length) != 0)
            length = 3;
        if (strncasecmp(*at, calendar_months[m], length) == 0) {
            *at += length;
            *month = m + 1;
            return true;
        }
    }
    return false;
}

static void skip_blanks(const char **at)
{
    while (**at == ' ' || **at == ',')
        (*at)++;
}

/* "Nov 20 2026" and "20 Nov 2026" */
static bool read_named_date(const char **at, struct calendar *c)
{
    if (isalpha((unsigned char)**at)) {
        if (!read_month_name(at, &c->month))
            return false;
        skip_blanks(at);
        if (!read_digits(at, 1, 2, &c->day))
            return false;
        skip_blanks(at);
        return read_digits(at, 4, 4, &c->year);
    }
    if (!read_digits(at, 1, 2, &c->day))
        return false;
    skip_blanks(at);
    if (!read_month_name(at, &c->month))
        return false;
    skip_blanks(at);
    return read_digits(at, 4, 4, &c->year);
}

/* yyyy-mm-dd, yyyymmdd, mm/dd/yyyy, with -, / or . between. */
static bool read_date(const char **at, struct calendar *c)
{
    const char *start = *at;
    size_t digits = strspn(start, "0123456789");
    char separator = start[digits];

    if (digits == 8) {
        return read_digits(at, 4, 4, &c->year) && read_digits(at, 2, 2, &c->month) &&
               read_digits(at, 2, 2, &c->day);
    }
    if (digits > 0 && digits <= 4 && (separator == '-' || separator == '/' || separator == '.')) {
        int first, second, third;

        if (!read_digits(at, 1, 4, &first) || *(*at)++ != separator ||
            !read_digits(at, 1, 2, &second) || *(*at)++ != separator ||
            !read_digits(at, 1, 4, &third))
            return false;
        if (digits == 4) {
            c->year = first, c->month = second, c->day = third;
        } else {
            c->month = first, c->day = second, c->year = third;
            if (third < 100)
                c->year += third < 50 ? 2000 : 1900;
        }
        return true;
    }
    return read_named_date(at, c);
}

static bool read_offset(const char **at, int *offset_min)
{
    int hours, minutes, sign;

    if (**at == 'Z' || **at == 'z') {
        (*at)++;
        *offset_min = 0;
        return true;
    }
    if (**at != '+' && **at != '-')
        return false;
    sign = *(*at)++ == '-' ? -1 : 1;
    if (!read_digits(at, 1, 2, &hours) || *(*at)++ != ':' || !read_digits(at, 2, 2, &minutes))
        return false;
    *offset_min = sign * (hours * 60 + minutes);
    return hours <= 14;
}

bool calendar_parse(const char *text, int64_t *ticks, int *offset_min, bool *has_offset,
                    bool *has_date)
{
    struct calendar c = {.year = 1900, .month = 1, .day = 1};
    const char *at = text;

    *has_offset = *has_date = false;
    *offset_min = 0;
    skip_blanks(&at);
    if (*at == '\0') {
        *ticks = calendar_to_ticks(&c); /* '' is 1900-01-01 */
        return true;
    }
    if (!read_time(&at, &c)) {
        at = text;
        skip_blanks(&at);
        c.hour = c.minute = c.second = c.fraction = 0;
        if (!read_date(&at, &c))
            return false;
        *has_date = true;
        if (*at == 'T' || *at == 't')
            at++;
        else
            skip_blanks(&at);
        if (isdigit((unsigned char)*at) && !read_time(&at, &c))
            return false;
    }
    skip_blanks(&at);
    if (read_offset(&at, offset_min))
        *has_offset = true;
    while (*at == ' ')
        at++;
    if (*at != '\0' || !calendar_is_valid(&c))
        return false;
    *ticks = calendar_to_ticks(&c);
    return true;
}

/* --- parts ---------------------------------------------------------------------------------- */

enum date_part calendar_part(const char *name)
{
    static const struct {
        const char *name;
        enum date_part part;
    } names[] = {{"year", PART_YEAR},          {"yy", PART_YEAR},         {"yyyy", PART_YEAR},
                 {"quarter", PART_QUARTER},    {"qq", PART_QUARTER},      {"q", PART_QUARTER},
                 {"month", PART_MONTH},        {"mm", PART_MONTH},        {"m", PART_MONTH},
                 {"dayofyear", PART_DAY_OF_YEAR}, {"dy", PART_DAY_OF_YEAR}, {"y", PART_DAY_OF_YEAR},
                 {"day", PART_DAY},            {"dd", PART_DAY},          {"d", PART_DAY},
                 {"week", PART_WEEK},          {"wk", PART_WEEK},         {"ww", PART_WEEK},
                 {"weekday", PART_WEEKDAY},    {"dw", PART_WEEKDAY},      {"w", PART_WEEKDAY},
                 {"hour", PART_HOUR},          {"hh", PART_HOUR},
                 {"minute", PART_MINUTE},      {"mi", PART_MINUTE},       {"n", PART_MINUTE},
                 {"second", PART_SECOND},      {"ss", PART_SECOND},       {"s", PART_SECOND},
                 {"millisecond", PART_MILLISECOND}, {"ms", PART_MILLISECOND},
                 {"microsecond", PART_MICROSECOND}, {"mcs", PART_MICROSECOND},
                 {"nanosecond", PART_NANOSECOND},   {"ns", PART_NANOSECOND},
                 {"tzoffset", PART_TZOFFSET},       {"tz", PART_TZOFFSET}};

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

/* --- writing -------------------------------------------------------------------------------- */

static void format_fraction(char *out, size_t size, int fraction, int scale)
{
    char digits[16];

    snprintf(digits, sizeof digits, "%07d", fraction);
    digits[scale] = '\0';
    snprintf(out, size, "%s%s", scale > 0 ? "." : "", digits);
}

/* Styles 0, 100 and 9, 109: "Nov 20 2026  1:05PM" */
static void format_named(char *out, size_t size, const struct calendar *c, bool milliseconds)
{
    int hour = c->hour % 12 == 0 ? 12 : c->hour % 12;
    const char *half = c->hour < 12 ? "AM" : "PM";

    if (milliseconds)
        snprintf(out, size, "%.3s %2d %04d %2d:%02d:%02d:%03d%s", calendar_months[c->month - 1],
                 c->day, c->year, hour, c->minute, c->second, c->fraction / 10000, half);
    else
        snprintf(out, size, "%.3s %2d %04d %2d:%02d%s", calendar_months[c->month - 1], c->day,
                 c->year, hour, c->minute, half);
}

static void format_offset(char *out, size_t size, int offset_min)
{
    int absolute = abs(offset_min);

    snprintf(out, size, "%c%02d:%02d", offset_min < 0 ? '-' : '+', absolute / 60, absolute % 60);
}

static int default_style(enum sql_kind kind)
{
    return kind == SQL_DATETIME ? 0 : 121;
}

/* The date alone, for the styles that have one; "" otherwise. */
static void format_date(char *out, size_t size, const struct calendar *c, int style)
{
    int yy = c->year % 100;

    *out = '\0';
    switch (style) {
    case 1:
        snprintf(out, size, "%02d/%02d/%02d", c->month, c->day, yy);
        break;
    case 101:
        snprintf(out, size, "%02d/%02d/%04d", c->month, c->day, c->year);
        break;
    case 102:
        snprintf(out, size, "%04d.%02d.%02d", c->year, c->month, c->day);
        break;
    case 103:
        snprintf(out, size, "%02d/%02d/%04d", c->day, c->month, c->year);
        break;
    case 104:
        snprintf(out, size, "%02d.%02d.%04d", c->day, c->month, c->year);
        break;
    case 105:
        snprintf(out, size, "%02d-%02d-%04d", c->day, c->month, c->year);
        break;
    case 106:
        snprintf(out, size, "%02d %.3s %04d", c->day, calendar_months[c->month - 1], c->year);
        break;
    case 107:
        snprintf(out, size, "%.3s %02d, %04d", calendar_months[c->month - 1], c->day, c->year);
        break;
    case 110:
        snprintf(out, size, "%02d-%02d-%04d", c->month, c->day, c->year);
        break;
    case 111:
        snprintf(out, size, "%04d/%02d/%02d", c->year, c->month, c->day);
        break;
    case 12:
        snprintf(out, size, "%02d%02d%02d", yy, c->month, c->day);
        break;
    case 112:
        snprintf(out, size, "%04d%02d%02d", c->year, c->month, c->day);
        break;
    case 23:
        snprintf(out, size, "%04d-%02d-%02d", c->year, c->month, c->day);
        break;
    default:
        break;
    }
}

bool calendar_format(char *out, size_t size, const struct sql_type *type, int64_t ticks,
                     int offset_min, int style)
{
    struct calendar c =
        calendar_from_ticks(type->kind == SQL_DATETIMEOFFSET && style != 127
                                ? ticks + offset_min * TICKS_PER_MINUTE
                                : ticks);
    int scale = type->kind == SQL_DATETIME ? 3 : type->kind == SQL_DATE ? 0 : type->scale;
    char date[48], clock[48], fraction[24], offset[24] = "";

    if (style == 0 && type->kind != SQL_DATETIME)
        style = default_style(type->kind);
    format_date(date, sizeof date, &c, style);
    if (*date != '\0') {
        snprintf(out, size, "%s", date);
        return true;
    }
    snprintf(date, sizeof date, "%04d-%02d-%02d", c.year, c.month, c.day);
    snprintf(clock, sizeof clock, "%02d:%02d:%02d", c.hour, c.minute, c.second);
    format_fraction(fraction, sizeof fraction, c.fraction, scale);
    if (type->kind == SQL_DATETIMEOFFSET)
        format_offset(offset, sizeof offset, offset_min);
    switch (style) {
    case 0:
    case 100:
        format_named(out, size, &c, false);
        return true;
    case 9:
    case 109:
        format_named(out, size, &c, true);
        return true;
    case 8:
    case 24:
    case 108:
        snprintf(out, size, "%s", clock);
        return true;
    case 14:
    case 114:
        snprintf(out, size, "%s:%03d", clock, c.fraction / 10000);
        return true;
    case 20:
    case 120:
        snprintf(out, size, "%s %s", date, clock);
        break;
    case 21:
    case 25:
    case 121:
        snprintf(out, size, "%s %s%s%s%s", date, clock, fraction, *offset != '\0' ? " " : "",
                 offset);
        break;
    case 126:
    case 127:
        if (type->kind == SQL_DATETIME && c.fraction == 0)
            *fraction = '\0';
        snprintf(out, size, "%sT%s%s%s", date, clock, fraction,
                 style == 127 && type->kind == SQL_DATETIMEOFFSET ? "Z" : offset);
        break;
    default:
        return false;
    }
    if (type->kind == SQL_DATE)
        snprintf(out, size, "%s", date);
    else if (type->kind == SQL_TIME)
        snprintf(out, size, "%s%s", clock, style == 120 || style == 20 ? "" : fraction);
    return true;
}
