/* Plain mode: the console's facts as lines of text, for screen readers, logs and terminals that
 * cannot place the cursor. No cursor addressing, one fact a line, changes told once, prompts that
 * end in a colon. Main thread only.
 */
#ifndef STOPMARK_SCREENS_PLAIN_H
#define STOPMARK_SCREENS_PLAIN_H

#include "core/config.h"
#include "screens/console.h"

/* Where standard input is a terminal: a status, then commands typed by line until `quit`. Else one
 * status; with --monitor also every change until SIGTERM. Returns the exit status. */
int plain_run(const struct config *config, const struct console_options *options);

#endif
