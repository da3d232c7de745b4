/* The program's own log: lines with time, level and cleaned text, to a file descriptor chosen once
 * at start. Never writes to a terminal that curses owns. Any thread; a line is written whole.
 * Secrets are never passed to it: that is the callers' duty, and a test greps for them.
 */
#ifndef STOPMARK_BASE_LOG_H
#define STOPMARK_BASE_LOG_H

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR };

/* Sends lines of at least this level to fd (borrowed). Call before the first thread; without it
 * nothing is logged. */
void log_open(int fd, enum log_level least);

/* Writes one line. */
void log_write(enum log_level level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
