/* The three lags: backup age, import lag, apply lag; and each database's own. Only log sets count.
 * Ages are on the source's clock; with the source gone, up to the last instant it was seen alive.
 * Pure; fills a group view under construction. Any thread.
 */
#ifndef STOPMARK_CORE_LAG_H
#define STOPMARK_CORE_LAG_H

#include "core/view.h"

/* Fills view->lags and view->lag; needs roster and sets. */
void lag_build(struct group_view *view);

#endif
