/* Whether a TCP connection can be had at all, found out without FreeTDS: its own connect() can be
 * neither cancelled nor timed finely. Used by core/tds, and by core/tds_life to tell whether a server
 * is alive. Blocks up to its limit; any thread; keeps nothing open.
 */
#ifndef STOPMARK_CORE_TDS_CONNECT_H
#define STOPMARK_CORE_TDS_CONNECT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/config.h"
#include "core/model.h"

struct addrinfo;

/* Connects to host:port and closes again. stop (may be NULL) ends it within a tenth of a second,
 * the name look-up included. *took_ms gets the time. */
enum error_code tds_connect_try(const struct config_server *server, int64_t timeout_ms,
                                const atomic_bool *stop, int64_t *took_ms, struct error *error);

/* Looks up the server's host for that port without blocking for longer than a slice. *addresses is
 * owned: freeaddrinfo. */
enum error_code tds_connect_look_up(struct addrinfo **addresses, const struct config_server *server,
                                    int port, int64_t deadline_ms, const atomic_bool *stop,
                                    struct error *error);

/* Does something at host:port speak TDS, whatever becomes of a login? LIFE_ANSWERS, LIFE_SILENT (an
 * open port alone is no answer: a forwarder in front of a dead server has one) or LIFE_NONE. */
enum server_life tds_connect_life(const struct config_server *server, int64_t timeout_ms,
                                  const atomic_bool *stop);

#endif
