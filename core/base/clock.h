/* Time. Instants are milliseconds since 1970-01-01 UTC; TIME_UNKNOWN stands for "not known" and
 * never takes part in arithmetic. Durations come from the monotonic clock. Everything that needs
 * the time gets a struct clock, so that a test can hand in its own. Any thread; owns no memory.
 */
#ifndef STOPMARK_BASE_CLOCK_H
#define STOPMARK_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#define TIME_UNKNOWN INT64_MIN
#define DURATION_UNKNOWN INT64_MIN

struct clock {
    int64_t (*utc_ms)(void *context);       /* the wall clock */
    int64_t (*monotonic_ms)(void *context); /* for durations only; never goes back */
    void *context;
};

/* The machine's own clocks; static. */
const struct clock *clock_system(void);

/* clock->utc_ms(clock->context). */
int64_t clock_utc_ms(const struct clock *clock);

/* clock->monotonic_ms(clock->context). */
int64_t clock_monotonic_ms(const struct clock *clock);

/* "2026-11-20T12:00:00.547Z" (or "unknown"); size >= 32. */
void time_format_iso(char *out, size_t size, int64_t utc_ms);

/* "2026-11-20 12:00:50 UTC" (or "unknown"). */
void time_format(char *out, size_t size, int64_t utc_ms);

/* "12:00:50" (or "--:--:--"). */
void time_format_of_day(char *out, size_t size, int64_t utc_ms);

/* Reads "YYYY-MM-DD[T ]hh:mm[:ss[.fraction]]" with an optional Z, as UTC; TIME_UNKNOWN if the
 * text is anything else. */
int64_t time_parse(const char *text);

/* "20 min 50 s", "4 d 3 h", "850 ms"; "unknown" for DURATION_UNKNOWN. Two units at most. */
void duration_format(char *out, size_t size, int64_t duration_ms);

/* "1.2 GB", powers of 1000; "unknown" for a negative number. */
void size_format(char *out, size_t size, int64_t size_bytes);

#endif
