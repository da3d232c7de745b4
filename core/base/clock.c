#include "core/base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static int64_t read_clock(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t system_utc_ms(void *context)
{
    (void)context;
    return read_clock(CLOCK_REALTIME);
}

static int64_t system_monotonic_ms(void *context)
{
    (void)context;
    return read_clock(CLOCK_MONOTONIC);
}

const struct clock *clock_system(void)
{
    static const struct clock system_clock = {.utc_ms = system_utc_ms,
                                              .monotonic_ms = system_monotonic_ms};
    return &system_clock;
}

int64_t clock_utc_ms(const struct clock *clock)
{
    return clock->utc_ms(clock->context);
}

int64_t clock_monotonic_ms(const struct clock *clock)
{
    return clock->monotonic_ms(clock->context);
}

static struct tm split(int64_t utc_ms, int *ms)
{
    int64_t seconds = utc_ms / 1000;
    *ms = (int)(utc_ms % 1000);
    if (*ms < 0) {
        *ms += 1000;
        seconds--;
    }
    time_t value = (time_t)seconds;
    struct tm parts;
    gmtime_r(&value, &parts);
    return parts;
}

void time_format_iso(char *out, size_t size, int64_t utc_ms)
{
    if (utc_ms == TIME_UNKNOWN) {
        snprintf(out, size, "unknown");
        return;
    }
    int ms;
    struct tm t = split(utc_ms, &ms);
    snprintf(out, size, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", t.tm_year + 1900, t.tm_mon + 1,
             t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec, ms);
}

void time_format(char *out, size_t size, int64_t utc_ms)
{
    if (utc_ms == TIME_UNKNOWN) {
        snprintf(out, size, "unknown");
        return;
    }
    int ms;
    struct tm t = split(utc_ms, &ms);
    snprintf(out, size, "%04d-%02d-%02d %02d:%02d:%02d UTC", t.tm_year + 1900, t.tm_mon + 1,
             t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec);
}

void time_format_of_day(char *out, size_t size, int64_t utc_ms)
{
    if (utc_ms == TIME_UNKNOWN) {
        snprintf(out, size, "--:--:--");
        return;
    }
    int ms;
    struct tm t = split(utc_ms, &ms);
    snprintf(out, size, "%02d:%02d:%02d", t.tm_hour, t.tm_min, t.tm_sec);
}

int64_t time_parse(const char *text)
{
    struct tm t = {0};
    int used = 0;
    if (sscanf(text, "%4d-%2d-%2d%n", &t.tm_year, &t.tm_mon, &t.tm_mday, &used) != 3 ||
        (text[used] != 'T' && text[used] != ' '))
        return TIME_UNKNOWN;
    text += used + 1;
    if (sscanf(text, "%2d:%2d%n", &t.tm_hour, &t.tm_min, &used) != 2)
        return TIME_UNKNOWN;
    text += used;
    if (*text == ':') {
        if (sscanf(text, ":%2d%n", &t.tm_sec, &used) != 1)
            return TIME_UNKNOWN;
        text += used;
    }
    int ms = 0;
    if (*text == '.') {
        int unit = 100;
        for (text++; *text >= '0' && *text <= '9'; text++, unit /= 10)
            ms += (*text - '0') * unit;
    }
    if (*text == 'Z')
        text++;
    if (*text != '\0' || t.tm_mon < 1 || t.tm_mon > 12 || t.tm_mday < 1 || t.tm_mday > 31 ||
        t.tm_hour < 0 || t.tm_hour > 23 || t.tm_min < 0 || t.tm_min > 59 || t.tm_sec < 0 ||
        t.tm_sec > 60)
        return TIME_UNKNOWN;
    t.tm_year -= 1900;
    t.tm_mon -= 1;
    return (int64_t)timegm(&t) * 1000 + ms;
}

void duration_format(char *out, size_t size, int64_t duration_ms)
{
    if (duration_ms == DURATION_UNKNOWN) {
        snprintf(out, size, "unknown");
        return;
    }
    const char *sign = duration_ms < 0 ? "-" : "";
    int64_t ms = duration_ms < 0 ? -duration_ms : duration_ms;
    int64_t s = ms / 1000;
    if (ms < 1000)
        snprintf(out, size, "%s%d ms", sign, (int)ms);
    else if (s < 60)
        snprintf(out, size, "%s%d s", sign, (int)s);
    else if (s < 3600)
        snprintf(out, size, "%s%d min %d s", sign, (int)(s / 60), (int)(s % 60));
    else if (s < 86400)
        snprintf(out, size, "%s%d h %d min", sign, (int)(s / 3600), (int)(s / 60 % 60));
    else
        snprintf(out, size, "%s%lld d %d h", sign, (long long)(s / 86400), (int)(s / 3600 % 24));
}

void size_format(char *out, size_t size, int64_t size_bytes)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB"};
    if (size_bytes < 0) {
        snprintf(out, size, "unknown");
        return;
    }
    double value = (double)size_bytes;
    size_t unit = 0;
    while (value >= 999.5 && unit + 1 < sizeof units / sizeof *units) {
        value /= 1000;
        unit++;
    }
    snprintf(out, size, unit == 0 || value >= 99.5 ? "%.0f %s" : "%.1f %s", value, units[unit]);
}
