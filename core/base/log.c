#include "core/base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/text.h"

static int log_fd = -1; /* set once before the first thread */
static enum log_level log_least = LOG_INFO;

void log_open(int fd, enum log_level least)
{
    log_fd = fd;
    log_least = least;
}

void log_write(enum log_level level, const char *format, ...)
{
    static const char *const names[] = {"debug", "info", "warning", "error"};
    if (log_fd < 0 || level < log_least)
        return;
    char raw[2048], clean[2048], time[40], line[2200];
    va_list args;
    va_start(args, format);
    vsnprintf(raw, sizeof raw, format, args);
    va_end(args);
    text_clean(clean, sizeof clean, raw);
    time_format_iso(time, sizeof time, clock_utc_ms(clock_system()));
    int length = snprintf(line, sizeof line, "%s %s %s\n", time, names[level], clean);
    /* A log that cannot be written has nowhere to be reported. */
    if (length > 0 && write(log_fd, line, (size_t)length) < 0)
        return;
}
