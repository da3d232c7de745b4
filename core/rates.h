/* How long a restore takes, from what restores took: restorehistory's finish times and sizes.
 * Nothing is made up: without measurements, or with ones that are too old, the answer is
 * DURATION_UNKNOWN. Pure. Any thread.
 */
#ifndef STOPMARK_CORE_RATES_H
#define STOPMARK_CORE_RATES_H

#include <stddef.h>
#include <stdint.h>

#include "core/track.h"
#include "core/view.h"

/* Measurements older than this say nothing any more. */
#define RATES_TOO_OLD_MS (35LL * 24 * 3600 * 1000)

/* Fills view->rates from the restores of all destinations. */
void rates_measure(struct group_view *view);

/* One RESTORE of size_bytes (full or log): milliseconds, DURATION_UNKNOWN without a rate or with
 * SIZE_UNKNOWN. */
int64_t rates_of_file(const struct restore_rates *rates, enum set_kind kind, int64_t size_bytes);

/* All RESTOREs of a path, one after the other; 0 for a database that stands at the mark. */
int64_t rates_of_path(const struct restore_rates *rates, const struct track_path *path);

/* PREPARE to VERIFY for the whole roster: per_database_ms has one duration for each roster entry
 * (DURATION_UNKNOWN makes the whole unknown), files the number of files to prove. Lanes run side
 * by side on each destination; databases are recovered one by one. */
int64_t rates_of_group(const struct group_view *view, const int64_t *per_database_ms, size_t files);

#endif
