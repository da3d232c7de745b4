/* Marks: for the mark of every log set, how each database of the roster could reach it, on what
 * evidence, what it costs in data and time. Pure; fills a group view under construction; needs
 * roster, sets and rates. Any thread.
 */
#ifndef STOPMARK_CORE_MARKS_H
#define STOPMARK_CORE_MARKS_H

#include <stdbool.h>
#include <stddef.h>
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

/* Whether a group restored to that set (its id) would lack this database, left out or not. */
bool marks_needs_former(const struct former_database *former, int64_t set);

/* What a set (index into view->sets) holds or its neighbours hold that no plan could restore, for the
 * roster has it not: told as above, one text for each database that is not left out. */
void marks_tell_formers(const struct group_view *view, size_t set,
                        void (*tell)(void *context, char *text), void *context);

#endif
