/* Server views as JSON and back: the format of the last good views. Pure. */
#ifndef STOPMARK_CORE_STORE_JSON_H
#define STOPMARK_CORE_STORE_JSON_H

#include <jansson.h>

#include "core/view.h"

/* The facts of a view; a new reference. */
json_t *store_json_from_view(const struct server_view *view);

/* A view with those facts, from_disk, not reachable; NULL where the document is not one of ours or
 * is of another server. Owned. */
struct server_view *store_json_to_view(const json_t *document, const char *name,
                                       enum server_role role);

#endif
