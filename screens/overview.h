/* What the overview shares with the wall screen. Main thread only.
 */
#ifndef STOPMARK_SCREENS_OVERVIEW_H
#define STOPMARK_SCREENS_OVERVIEW_H

#include "screens/screen.h"

/* Draws "CAN WE FAIL OVER?  YES to mark ..."; returns the row behind it. */
int overview_draw_verdict(const struct screen_world *world, const struct canvas *canvas, int row);

#endif
