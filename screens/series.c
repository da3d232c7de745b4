#include "screens/series.h"

#include <math.h>

#include "core/base/clock.h"
#include "core/base/text.h"
#include "screens/words.h"

/* The end of every series: the source's clock, as far as it can be known. */
static int64_t end_ms(const struct group_view *view)
{
    return words_source_now_ms(view, view->now_utc_ms, view->now_monotonic_ms);
}

/* Keeps the greatest value of each share. */
static void put(double *values, size_t cells, int64_t span_ms, int64_t age_ms, int64_t value_ms)
{
    if (age_ms < 0 || age_ms >= span_ms || value_ms < 0)
        return;
    size_t cell = cells - 1 - (size_t)(age_ms * (int64_t)cells / span_ms);
    if (isnan(values[cell]) || values[cell] < (double)value_ms)
        values[cell] = (double)value_ms;
}

int64_t series_last_apply_ms(const struct group_view *view, size_t index)
{
    const struct roster_entry *entry = &view->roster[index];
    if (entry->destination < 0)
        return TIME_UNKNOWN;
    const struct server_view *server = view->servers[entry->destination];
    int64_t last_ms = TIME_UNKNOWN;
    for (size_t i = server->restores_count; i-- > 0;)
        if (server->restores[i].finished_utc_ms > last_ms &&
            text_equal_nocase(server->restores[i].database, entry->database))
            last_ms = server->restores[i].finished_utc_ms;
    return last_ms;
}

static bool same_file(const struct set_file *file, const struct restore_row *row)
{
    if (!file->present)
        return false;
    if (row->set_guid[0] && file->set_guid[0])
        return text_equal_nocase(row->set_guid, file->set_guid);
    if (lsn_is_known(file->last_lsn) && lsn_is_known(row->last_lsn))
        return lsn_compare(file->last_lsn, row->last_lsn) == 0;
    return row->path && file->path && text_equal_nocase(row->path, file->path);
}

/* The log set whose file was restored; searched from *hint downwards, for rows come newest first.
 * NULL = not found. */
static const struct backup_set *restored_set(const struct group_view *view, size_t index,
                                             const struct restore_row *row, size_t *hint)
{
    for (size_t i = *hint; i-- > 0;) {
        const struct backup_set *set = &view->sets[i];
        if (set->kind != SET_LOG || !set->files || !same_file(&set->files[index], row))
            continue;
        *hint = i + 1;
        return set;
    }
    return NULL;
}

void series_apply_lag(const struct group_view *view, size_t index, int64_t span_ms,
                       double *values, size_t cells)
{
    for (size_t i = 0; i < cells; i++)
        values[i] = NAN;
    const struct roster_entry *entry = &view->roster[index];
    if (entry->destination < 0)
        return;
    const struct server_view *server = view->servers[entry->destination];
    size_t hint = view->sets_count;
    for (size_t i = server->restores_count; i-- > 0;) {
        const struct restore_row *row = &server->restores[i];
        int64_t age_ms = row->finished_utc_ms == TIME_UNKNOWN ? span_ms
                                                              : end_ms(view) - row->finished_utc_ms;
        if (row->type != 'L' || age_ms >= span_ms ||
            !text_equal_nocase(row->database, entry->database))
            continue;
        const struct backup_set *set = restored_set(view, index, row, &hint);
        if (set && set->time_utc_ms != TIME_UNKNOWN)
            put(values, cells, span_ms, age_ms < 0 ? 0 : age_ms,
                row->finished_utc_ms - set->time_utc_ms);
    }
}

void series_exposure(const struct group_view *view, int64_t span_ms, double *values,
                      size_t cells)
{
    int64_t later_ms = end_ms(view);
    for (size_t i = 0; i < cells; i++)
        values[i] = NAN;
    for (size_t i = view->marks_count; i-- > 0;) {
        int64_t time_ms = view->marks[i].time_utc_ms;
        if (time_ms == TIME_UNKNOWN || !view->sets[view->marks[i].set].complete)
            continue;
        put(values, cells, span_ms, end_ms(view) - later_ms, later_ms - time_ms);
        if (end_ms(view) - time_ms > span_ms)
            break;
        later_ms = time_ms;
    }
}
