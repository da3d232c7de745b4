/* The console: the interactive program between a loaded configuration and the terminal. It starts
 * the collector, runs the event loop until the operator leaves, and gives the terminal back on
 * every way out. Main thread only.
 */
#ifndef STOPMARK_SCREENS_CONSOLE_H
#define STOPMARK_SCREENS_CONSOLE_H

#include <stdbool.h>

#include "core/config.h"

struct demo; /* screens/demo.h; the built-in lab of `stopmark demo` */

struct console_options {
    bool monitor;      /* read-only: no restore key, no way to ask for a password */
    bool plain;        /* lines of text instead of screens */
    bool ascii;        /* also set by a locale without UTF-8 */
    const char *theme; /* NULL = the configuration's; borrowed */
    struct demo *demo; /* NULL outside `stopmark demo`; borrowed */
};

/* Runs the console. Returns the process's exit status (0 after an ordinary leave). */
int console_run(const struct config *config, const struct console_options *options);

#endif
