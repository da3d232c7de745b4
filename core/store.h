/* Last good views on disk: one file a server in the state directory, written atomically, 0600.
 * With a source dead at start, planning works from them: history, marks with LSNs, backups' LSNs,
 * roster, jobs, and when the source was last seen. Touches the disk: for the collector's threads.
 */
#ifndef STOPMARK_CORE_STORE_H
#define STOPMARK_CORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/clock.h"
#include "core/config.h"
#include "core/view.h"

/* When a server's view was last written. Zeroed at first. */
struct store_schedule {
    int64_t written_ms; /* monotonic */
    bool written;
    int64_t written_as_of_ms;
    uint64_t fingerprint; /* of the facts that were written */
};

/* The view of that server (index in the configuration) as an earlier session left it, marked
 * from_disk, not reachable; NULL where there is none, or none that can be read. *schedule (may be
 * NULL) is told what stands on disk. Owned. */
struct server_view *store_load(struct store_schedule *schedule, const struct config *config,
                               size_t server, const struct clock *clock);

/* Writes the view if it is due: its facts changed and half a minute has passed, five minutes have
 * passed, or now is true and it is newer than what was written. Views that hold nothing live are
 * never written. Failures are logged. */
void store_keep(struct store_schedule *schedule, const struct config *config, size_t server,
                const struct server_view *view, bool now);

/* Writes it at once. ERR_IO with *error. For tests and for store_keep. */
enum error_code store_write(const struct config *config, size_t server,
                            const struct server_view *view, struct error *error);

#endif
