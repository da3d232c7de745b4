/* Building group views: the steps of the pure rooms in their order, and freeing. Each step reads
 * what the steps before it filled and fills its own part; none does I/O. Used by core/group.c, by
 * the rooms and their tests; everybody else calls group_view_build (core/view.h).
 */
#ifndef STOPMARK_CORE_GROUP_H
#define STOPMARK_CORE_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/view.h"

/* A view with its servers retained and what they are (management, destinations, who answers,
 * clocks) filled in, nothing derived yet. Owned. config is borrowed. */
struct group_view *group_view_new(const struct config *config, struct server_view *const *servers,
                                  size_t servers_count, int64_t now_utc_ms,
                                  int64_t now_monotonic_ms);

/* Finds again which sources answer, after view->down was changed. */
void group_find_alive(struct group_view *view);

/* True where the facts of a part are held, live or from the last good view. */
bool group_has_part(const struct server_view *server, enum view_part part);

/* True where the database of the entry is online at its destination, to read and write. */
bool group_entry_is_online(const struct roster_entry *entry);

/* True where the destinations are the group's production: its management database is online there,
 * and so is every message box whose state is known. One recovered database is a mistake, not a
 * fail-over; one that was left out or is stuck does not make production a standby again. Where no
 * management database is known, every database counts. */
bool group_is_live(const struct group_view *view);

/* Appends an owned text to an array of texts kept as NAME, NAME_count, NAME_capacity. */
#define group_add_text(owner, texts, text) (*memory_append(owner, texts) = (text))

#endif
