/* The roster: the databases that must reach the mark, each mapped to exactly one destination, and
 * where each stands there. Pure; fills a group view under construction (core/group.c). Any thread.
 */
#ifndef STOPMARK_CORE_ROSTER_H
#define STOPMARK_CORE_ROSTER_H

#include <stdbool.h>
#include <stddef.h>

#include "core/model.h"
#include "core/view.h"

/* Fills view->roster and view->roster_problems from the backup view (live or last good) and the
 * newest complete set of all histories; with no source ever seen, from the destinations' imported
 * history alone. */
void roster_build(struct group_view *view);

struct default_name {
    const char *name;
    enum database_use use;
};
/* The names that BizTalk's configuration proposes; static. The only such table. */
const struct default_name *roster_default_names(size_t *count);

/* True for a use that the backup job does not cover: BAM's own procedures do. */
bool roster_is_backed_up_otherwise(enum database_use use);

/* The use of a database by its default name; USE_CUSTOM for any other and for NULL. Only where the
 * group's own tables do not tell. */
enum database_use roster_use_by_name(const char *database);

/* The server of that role which BizTalk's tables mean by name (section, alias, NAME,5000,
 * @@SERVERNAME, machine); index into view->servers or -1. */
int roster_find_server(const struct group_view *view, const char *name, enum server_role role);

/* The roster entry of a history row: by database and server; with server NULL or unknown by the
 * database alone where only one entry has that name. Index or -1. */
int roster_find(const struct group_view *view, const char *server, const char *database);

/* "SERVER/database" of an entry, with its destination's name where it has one; owned. */
char *roster_where(const struct group_view *view, size_t entry);

#endif
