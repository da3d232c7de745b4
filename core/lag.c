#include "core/lag.h"

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/chain.h"
#include "core/group.h"
#include "core/marks.h"

static bool counts(const struct backup_set *set)
{
    return set->kind == SET_LOG && set->complete;
}

static const struct backup_set *newest_complete_log(const struct group_view *view)
{
    for (size_t s = view->sets_count; s-- > 0;)
        if (counts(&view->sets[s]))
            return &view->sets[s];
    return NULL;
}

static struct lag_entry lag_of(const struct group_view *view, size_t k, bool live)
{
    const struct roster_entry *entry = &view->roster[k];
    struct lag_entry lag = {
        .last_set = entry->applied_set, .lag_sets = -1, .lag_ms = DURATION_UNKNOWN};
    /* Production is behind nothing: its sources are to be at rest. */
    if (entry->applied_set == 0 || (live && group_entry_is_online(entry)))
        return lag;
    lag.lag_sets = 0;
    for (size_t s = view->sets_count; s-- > 0 && view->sets[s].id > entry->applied_set;)
        lag.lag_sets += counts(&view->sets[s]);
    int set = chain_find_set(view, entry->applied_set);
    if (set >= 0)
        lag.lag_ms = marks_data_loss(view, view->sets[set].time_utc_ms);
    return lag;
}

/* When a set was there to be imported: at the end of its last backup. */
static int64_t available_utc_ms(const struct backup_set *set)
{
    return set->finished_utc_ms != TIME_UNKNOWN ? set->finished_utc_ms : set->time_utc_ms;
}

/* How long the oldest complete set that a destination has not imported has been waiting for it;
 * 0 where it has them all. */
static int64_t import_lag(const struct group_view *view, int destination)
{
    if (!group_has_part(view->servers[destination], PART_HISTORY))
        return DURATION_UNKNOWN;
    int64_t lag_ms = 0;
    for (size_t s = view->sets_count; s-- > 0;) {
        const struct backup_set *set = &view->sets[s];
        bool expected = false, imported = false;
        for (size_t k = 0; k < view->roster_count; k++)
            if (view->roster[k].destination == destination && set->files[k].present) {
                expected = true;
                imported = imported || set->files[k].imported;
            }
        if (!counts(set) || !expected)
            continue;
        if (imported)
            break;
        lag_ms = marks_data_loss(view, available_utc_ms(set));
        if (lag_ms == DURATION_UNKNOWN)
            break;
    }
    return lag_ms;
}

/* The worse of two; not knowing one is worse than any figure. */
static int64_t worse(int64_t a, int64_t b)
{
    return a == DURATION_UNKNOWN || b == DURATION_UNKNOWN ? DURATION_UNKNOWN : a > b ? a : b;
}

void lag_build(struct group_view *view)
{
    view->lag = (struct group_lag){.backup_age_ms = DURATION_UNKNOWN,
                                   .import_ms = DURATION_UNKNOWN,
                                   .apply_ms = DURATION_UNKNOWN,
                                   .worst_sets = -1};
    view->lags = memory_new_array(view->roster_count, sizeof *view->lags);
    const struct backup_set *newest = newest_complete_log(view);
    if (newest != NULL)
        view->lag.backup_age_ms = marks_data_loss(view, newest->time_utc_ms);
    for (size_t i = 0; i < view->destinations_count; i++) {
        int64_t import_ms = import_lag(view, view->destinations[i]);
        view->lag.import_ms = i == 0 ? import_ms : worse(view->lag.import_ms, import_ms);
    }
    bool first = true, live = group_is_live(view);
    for (size_t k = 0; k < view->roster_count; k++) {
        view->lags[k] = lag_of(view, k, live);
        if (view->roster[k].left_out)
            continue;
        view->lag.apply_ms =
            first ? view->lags[k].lag_ms : worse(view->lag.apply_ms, view->lags[k].lag_ms);
        if (first || (view->lag.worst_sets >= 0 && view->lags[k].lag_sets < 0) ||
            (view->lag.worst_sets >= 0 && view->lags[k].lag_sets > view->lag.worst_sets))
            view->lag.worst_sets = view->lags[k].lag_sets;
        first = false;
    }
}
