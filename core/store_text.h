/* Server views as text and back: the format of the last good views. A line a row, fields between
 * tabs, every list under a line with its name. Made to be read and written in a few milliseconds
 * with tens of thousands of rows. Pure.
 */
#ifndef STOPMARK_CORE_STORE_TEXT_H
#define STOPMARK_CORE_STORE_TEXT_H

#include <stddef.h>

#include "core/base/str.h"
#include "core/view.h"

/* Appends the facts of a view. */
void store_text_from_view(struct str *out, const struct server_view *view);

/* A view with those facts, from_disk, not reachable; NULL where the text is not one of ours, is cut
 * short or is of another server. text is terminated. Owned. */
struct server_view *store_text_to_view(const char *text, const char *name, enum server_role role);

#endif
