/* Marks: for the mark of every log set, how each database of the roster could reach it, on what
 * evidence, what it costs in data and time. Pure; fills a group view under construction; needs
 * roster, sets and rates. Any thread.
 */
#ifndef STOPMARK_CORE_MARKS_H
#define STOPMARK_CORE_MARKS_H

#include <stdint.h>

#include "core/view.h"

/* Fills view->marks. */
void marks_build(struct group_view *view);

/* Source clock now - mark time; with the source gone, the last instant it was seen alive - mark
 * time ("at least"). DURATION_UNKNOWN where either is; never negative. */
int64_t marks_data_loss(const struct group_view *view, int64_t mark_time_utc_ms);

/* The newest mark that all reach by rolling forward (or stand at already), and the newest that can
 * be reached at any price; index into view->marks or -1. */
int marks_find_newest(const struct group_view *view);
int marks_find_newest_any(const struct group_view *view);

/* The documentation's rule: the mark before the last one known, a set in progress or partial
 * counting as known; -1 with fewer than two. */
int marks_find_rule(const struct group_view *view);

/* Why the newest mark of a complete set is not reached by rolling forward: tell(context, text) for
 * each database that cannot, text owned by the one told. */
void marks_tell_blockers(const struct group_view *view, void (*tell)(void *context, char *text),
                         void *context);

#endif
