/* Runs a password command (sh -c) with nothing open but its output and /dev/null, and without the
 * environment variables that hold passwords. Used by core/secret only. Blocks; any
 * thread.
 */
#ifndef STOPMARK_CORE_SECRET_COMMAND_H
#define STOPMARK_CORE_SECRET_COMMAND_H

#include <stddef.h>

#include "core/base/error.h"
#include "core/config.h"

/* The first size - 1 bytes of what the command prints, terminated, in out. ERR_NO_PASSWORD where it
 * fails or takes longer than half a minute (it is then killed with its children). */
enum error_code secret_command_run(char *out, size_t size, const char *command,
                                   const struct config *config, struct error *error);

#endif
