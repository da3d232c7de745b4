/* Whether a TCP connection can be had at all, found out without FreeTDS: its own connect() can be
 * neither cancelled nor timed finely. Used by core/tds, and by PREPARE to
 * tell whether a source is alive. Blocks up to its limit; any thread; keeps nothing open.
 */
#ifndef STOPMARK_CORE_TDS_CONNECT_H
#define STOPMARK_CORE_TDS_CONNECT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/config.h"

/* Connects to host:port and closes again. stop (may be NULL) ends it within a tenth of a second,
 * the name look-up included. *took_ms gets the time. */
enum error_code tds_connect_try(const struct config_server *server, int64_t timeout_ms,
                                const atomic_bool *stop, int64_t *took_ms, struct error *error);

/* Is a server alive to which a login failed with that error? Whatever it answers, even a refusal, it
 * is; and no login over TLS or Kerberos that fails on this side (a certificate that expired, no ticket)
 * may make a living server look dead. Asks it once more where the error does not tell. */
bool tds_connect_is_alive(const struct config_server *server, const struct error *why,
                          int64_t timeout_ms, const atomic_bool *stop);

/* Does something there speak TDS, whatever becomes of a login? An open port alone is no answer: a
 * forwarder in front of a dead server has one. */
bool tds_connect_answers(const struct config_server *server, int64_t timeout_ms,
                         const atomic_bool *stop);

#endif
