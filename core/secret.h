/* Passwords: got from where the configuration says, kept in locked memory, wiped. They never reach
 * a log, a journal, a command line, an inherited environment or a core dump. Functions that run a
 * command or read a file block: not for the UI thread while it paints.
 */
#ifndef STOPMARK_CORE_SECRET_H
#define STOPMARK_CORE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/error.h"
#include "core/config.h"

struct secrets; /* one password a server of the configuration; opaque */

enum secret_purpose {
    SECRET_MONITOR,
    SECRET_RESTORE, /* of the login that restores, on the destinations */
    SECRET_MOVE,    /* the same, and on the sources, which a planned move writes to */
};

/* An empty set in locked memory; owned. */
struct secrets *secrets_new(size_t servers_count);

/* Fetches all passwords of one purpose that files, commands or environment variables give.
 * *missing gets the index of the first server that needs a prompt, -1 = none. *error tells of a
 * file or command that failed (ERR_NO_PASSWORD). Files must not be readable by others. */
struct secrets *secrets_fetch(const struct config *config, enum secret_purpose purpose,
                              int *missing, struct error *error);

/* Sets one by hand (a prompt's answer); copied. */
void secrets_set(struct secrets *secrets, size_t server, const char *password);

/* The password, borrowed, or NULL where there is none (Kerberos). Do not copy it further. */
const char *secrets_get(const struct secrets *secrets, size_t server);

/* Wipes and frees. NULL is allowed. */
void secrets_free(struct secrets *secrets);

/* Writes all to a pipe and reads them back in the worker. */
bool secrets_send(const struct secrets *secrets, int fd);
struct secrets *secrets_receive(int fd, size_t servers_count);

#endif
