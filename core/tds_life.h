/* Whether a server lives, whatever became of a login: two living groups are worse than a restore
 * that waits. Planning (through the collector) and PREPARE ask here, so that they cannot disagree.
 * Blocks up to its limit; any thread; keeps nothing open.
 */
#ifndef STOPMARK_CORE_TDS_LIFE_H
#define STOPMARK_CORE_TDS_LIFE_H

#include <stdatomic.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/config.h"
#include "core/model.h"

/* What stands behind a connection or a read that failed so (ERR_OK: it did not fail). What the
 * server itself said is an answer; after anything else it is asked for a PRELOGIN, to which every
 * SQL Server replies before it looks at certificates or logins; a named instance's port is first
 * asked of its host's SQL Browser. */
enum server_life tds_life(const struct config_server *server, const struct error *failure,
                          int64_t timeout_ms, const atomic_bool *stop);

#endif
