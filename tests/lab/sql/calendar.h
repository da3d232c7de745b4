/* Dates and times as T-SQL knows them: ticks of 100 ns since 0001-01-01, their parts, their texts.
 * Pure; the zone is the caller's.
 */
#ifndef STOPMARK_LAB_SQL_CALENDAR_H
#define STOPMARK_LAB_SQL_CALENDAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/lab/value.h"

#define TICKS_PER_SECOND INT64_C(10000000)
#define TICKS_PER_DAY (INT64_C(86400) * TICKS_PER_SECOND)
#define TICKS_PER_MINUTE (INT64_C(60) * TICKS_PER_SECOND)

struct calendar {
    int year, month, day, hour, minute, second;
    int fraction; /* 100 ns */
};

struct calendar calendar_from_ticks(int64_t ticks);
bool calendar_is_valid(const struct calendar *calendar);
int64_t calendar_to_ticks(const struct calendar *calendar);
int calendar_days_in_month(int year, int month);

/* datetime holds 1/300 s: ticks rounded to what it can show (.000, .003, .007). */
int64_t calendar_round_datetime(int64_t ticks);

/* Rounds to 10^-scale seconds. */
int64_t calendar_round(int64_t ticks, int scale);

/* Reads a date, a time or both in the language-independent and us_english forms. has_offset tells
 * whether a zone was given. False if the text is none. */
bool calendar_parse(const char *text, int64_t *ticks, int *offset_min, bool *has_offset,
                    bool *has_date);

enum date_part {
    PART_YEAR,
    PART_QUARTER,
    PART_MONTH,
    PART_DAY_OF_YEAR,
    PART_DAY,
    PART_WEEK,
    PART_WEEKDAY,
    PART_HOUR,
    PART_MINUTE,
    PART_SECOND,
    PART_MILLISECOND,
    PART_MICROSECOND,
    PART_NANOSECOND,
    PART_TZOFFSET,
    PART_UNKNOWN,
};

/* "day", "dd", "d" and so on, without case. */
enum date_part calendar_part(const char *name);

/* DATEADD; false beyond years 1 to 9999. */
bool calendar_add(int64_t *ticks, enum date_part part, int64_t number);

/* DATEDIFF: boundaries crossed. */
int64_t calendar_difference(enum date_part part, int64_t from, int64_t to);

int64_t calendar_get(enum date_part part, int64_t ticks, int offset_min);

/* CONVERT's text for a style; 0 is the default of the type. False for a style that there is not. */
bool calendar_format(char *out, size_t size, const struct sql_type *type, int64_t ticks,
                     int offset_min, int style);

extern const char *const calendar_months[12];
extern const char *const calendar_weekdays[7]; /* Sunday first */

#endif
