/* Dates and times as texts, read and written. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tests/lab/sql/calendar.h"

const char *const calendar_months[12] = {"January",   "February", "March",    "April",
                                         "May",       "June",     "July",     "August",
                                         "September", "October",  "November", "December"};
const char *const calendar_weekdays[7] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                          "Thursday", "Friday", "Saturday"};

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
    struct calendar c = calendar_from_ticks(type->kind == SQL_DATETIMEOFFSET && style != 127
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
