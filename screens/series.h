/* Series over time out of a group view's facts, for sparklines. Pure functions; any thread.
 */
#ifndef STOPMARK_SCREENS_SERIES_H
#define STOPMARK_SCREENS_SERIES_H

#include <stddef.h>
#include <stdint.h>

#include "core/view.h"

/* When the database of that roster index was last restored from, TIME_UNKNOWN = not seen. From the
 * destination's restorehistory. */
int64_t series_last_apply_ms(const struct group_view *view, size_t index);

/* The lag (ms, from a set's mark to the end of its restore) in `cells` equal shares of the last
 * span_ms: the greatest of each share, NAN where nothing was applied. */
void series_apply_lag(const struct group_view *view, size_t index, int64_t span_ms,
                       double *values, size_t cells);

/* What a failure would have cost: the age (ms) of the newest log mark just before the next one was
 * taken, in `cells` shares of the last span_ms; NAN where no mark was taken. */
void series_exposure(const struct group_view *view, int64_t span_ms, double *values,
                      size_t cells);

#endif
