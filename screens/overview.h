/* What the overview shares with the wall screen. Main thread only.
 */
#ifndef STOPMARK_SCREENS_OVERVIEW_H
#define STOPMARK_SCREENS_OVERVIEW_H

#include "screens/screen.h"

/* Draws "CAN WE FAIL OVER?  YES to mark ..."; returns the row behind it. */
int overview_draw_verdict(const struct screen_world *world, const struct canvas *canvas, int row);

/* What the wall screen shares with it: the ops open and dump of screen.h. The overview keeps nothing
 * of its own; dump writes the group's whole status as lines. */
void *overview_open(const struct screen_world *world, const char *argument);
void overview_dump(void *self, const struct screen_world *world, enum glyph_set set,
                   struct str *out);

#endif
