/* Inside the terminal room: the way back. Keeps what is needed to restore the terminal without
 * curses, and does so on a fatal signal, with nothing but async-signal-safe calls.
 */
#ifndef STOPMARK_TUI_TERM_GUARD_H
#define STOPMARK_TUI_TERM_GUARD_H

#include <stddef.h>

/* Remembers the terminal's modes as they are now. Before curses takes over. */
void term_guard_save(int fd);

/* Arms the guard: on SIGSEGV, SIGBUS, SIGILL, SIGFPE and SIGABRT the text (copied) is written to
 * the fd, the modes are put back, and the signal goes its former way. */
void term_guard_arm(const char *text);

/* Disarms it and puts the former signal actions back. */
void term_guard_disarm(void);

#endif
