/* Copying and freeing the parts of a server view. Used by core/view.c, the collector and the
 * store. The copies are deep, except for history, whose chunks are shared. Any thread that
 * owns the view; view_free_rows frees what the copies made.
 */
#ifndef STOPMARK_CORE_VIEW_ROWS_H
#define STOPMARK_CORE_VIEW_ROWS_H

#include "core/view.h"

/* Copies the facts (not the status) of one part from one view into another that has none. */
void view_copy_part(struct server_view *to, const struct server_view *from, enum view_part part);

/* The same, but takes the rows from the other view where that is cheaper. */
void view_move_part(struct server_view *to, struct server_view *from, enum view_part part);

/* Copies all facts and statuses. */
void view_copy_all(struct server_view *to, const struct server_view *from);

/* Frees the rows of all parts. */
void view_free_rows(struct server_view *view);

#endif
