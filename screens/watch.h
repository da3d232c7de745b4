/* Watching a run from a command: its events as lines on stderr until it ends, and its exit status.
 * Main thread only.
 */
#ifndef STOPMARK_SCREENS_WATCH_H
#define STOPMARK_SCREENS_WATCH_H

#include <stdint.h>

#include "core/config.h"

/* Attaches and tells what happens until the run ends; Ctrl-C and SIGHUP detach (the run goes on).
 * Returns 0 where the group is verified, else 1 (failed, aborted, or detached before the proof);
 * the last word on stdout is the verdict. */
int watch_run(const struct config *config, int64_t run);

/* The verdict of a run that has ended, on stdout, and its exit status as above. */
int watch_verdict(const struct config *config, int64_t run);

#endif
