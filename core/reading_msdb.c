/* msdb: backups and marks of a source, restores of a destination. These tables only grow (and are
 * purged from their old end), so each poll reads what is above the newest known row. */
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/decode.h"
#include "core/reading.h"

/* Ids are given before their transactions commit: rows may appear a little below the newest. */
enum { ID_OVERLAP = 50 };
static const int64_t mark_overlap_ms = 3600 * INT64_C(1000);
static const int64_t kept_ms = 15 * INT64_C(86400000);

struct oldest {
    int64_t stamp_ms;
};

static bool take_oldest(void *context, const struct history_row *row)
{
    struct oldest *oldest = context;
    if (row->stamp_ms == TIME_UNKNOWN)
        return true;
    oldest->stamp_ms = row->stamp_ms;
    return false;
}

/* 15 days back or where the history begins, whichever is earlier; UTC. */
static int64_t oldest_wanted_ms(const struct reading *reading)
{
    int64_t oldest_ms = reading->view->server_utc_ms - kept_ms;
    struct oldest history = {.stamp_ms = TIME_UNKNOWN};
    server_view_each_history(reading->view, take_oldest, &history);
    const int64_t margin_ms = 86400000; /* stamps may be local */
    if (history.stamp_ms != TIME_UNKNOWN && history.stamp_ms - margin_ms < oldest_ms)
        oldest_ms = history.stamp_ms - margin_ms;
    return oldest_ms;
}

static int64_t to_local(const struct reading *reading, int64_t utc_ms)
{
    return utc_ms + (int64_t)reading->view->utc_offset_min * 60000;
}

static bool reads_on(const struct reading *reading, enum view_part part)
{
    return !reading->memory->full && !reading->last->from_disk &&
           reading->last->parts[part].read_monotonic_ms != TIME_UNKNOWN;
}

/* --- backups ---------------------------------------------------------------------------------- */

static bool add_backup(void *context, const struct tds_row *row)
{
    struct reading *reading = context;
    decode_backup(memory_append(reading->fresh, backups), row, reading->view->utc_offset_min);
    return true;
}

static int compare_backups(const void *left, const void *right)
{
    const struct msdb_backup *a = left, *b = right;
    return (a->backup_set_id > b->backup_set_id) - (a->backup_set_id < b->backup_set_id);
}

/* Copies the known backups up to an id; returns that id. */
static int64_t keep_backups(struct reading *reading, int64_t oldest_ms)
{
    const struct server_view *last = reading->last;
    if (!reads_on(reading, PART_BACKUPS) || !last->backups_count)
        return 0;
    int64_t upto = last->backups[last->backups_count - 1].backup_set_id - ID_OVERLAP;
    for (size_t i = 0; i < last->backups_count; i++) {
        const struct msdb_backup *old = &last->backups[i];
        if (old->backup_set_id > upto || old->start_utc_ms < oldest_ms)
            continue;
        struct msdb_backup *row = memory_append(reading->fresh, backups);
        *row = *old;
        row->database = memory_copy_text(old->database);
        row->path = memory_copy_text(old->path);
        row->user_name = memory_copy_text(old->user_name);
        row->software = memory_copy_text(old->software);
    }
    return upto > 0 ? upto : 0;
}

enum error_code reading_backups(struct reading *reading, struct error *error)
{
    int64_t oldest_ms = oldest_wanted_ms(reading);
    struct tsql_argument arguments[] = {
        {.kind = ARGUMENT_INTEGER, .integer = keep_backups(reading, oldest_ms)},
        {.kind = ARGUMENT_TIME, .integer = to_local(reading, oldest_ms)},
    };
    enum error_code code =
        reading_ask(reading, &query_backups, arguments, 2, add_backup, reading, error);
    struct server_view *fresh = reading->fresh;
    if (!code && fresh->backups_count)
        qsort(fresh->backups, fresh->backups_count, sizeof *fresh->backups, compare_backups);
    return code;
}

/* --- marks ------------------------------------------------------------------------------------ */

static bool add_mark(void *context, const struct tds_row *row)
{
    struct reading *reading = context;
    decode_mark(memory_append(reading->fresh, marks), row, reading->view->utc_offset_min);
    return true;
}

static int compare_marks(const void *left, const void *right)
{
    const struct mark_row *a = left, *b = right;
    if (a->time_utc_ms != b->time_utc_ms)
        return a->time_utc_ms < b->time_utc_ms ? -1 : 1;
    if (a->lsn.number != b->lsn.number)
        return a->lsn.number < b->lsn.number ? -1 : 1;
    return 0;
}

/* Copies the known marks up to an instant; returns where to read on. */
static int64_t keep_marks(struct reading *reading, int64_t oldest_ms)
{
    const struct server_view *last = reading->last;
    if (!reads_on(reading, PART_MARKS) || !last->marks_count)
        return oldest_ms;
    int64_t from_ms = last->marks[last->marks_count - 1].time_utc_ms - mark_overlap_ms;
    if (from_ms < oldest_ms)
        return oldest_ms;
    for (size_t i = 0; i < last->marks_count; i++) {
        const struct mark_row *old = &last->marks[i];
        if (old->time_utc_ms >= from_ms || old->time_utc_ms < oldest_ms)
            continue;
        struct mark_row *row = memory_append(reading->fresh, marks);
        *row = *old;
        row->database = memory_copy_text(old->database);
        row->mark = memory_copy_text(old->mark);
    }
    return from_ms;
}

enum error_code reading_marks(struct reading *reading, struct error *error)
{
    int64_t from_ms = keep_marks(reading, oldest_wanted_ms(reading));
    struct tsql_argument argument = {.kind = ARGUMENT_TIME,
                                     .integer = to_local(reading, from_ms)};
    enum error_code code =
        reading_ask(reading, &query_marks, &argument, 1, add_mark, reading, error);
    struct server_view *fresh = reading->fresh;
    if (!code && fresh->marks_count)
        qsort(fresh->marks, fresh->marks_count, sizeof *fresh->marks, compare_marks);
    return code;
}

/* --- restores --------------------------------------------------------------------------------- */

static bool add_restore(void *context, const struct tds_row *row)
{
    struct reading *reading = context;
    decode_restore(memory_append(reading->fresh, restores), row, reading->view->utc_offset_min);
    return true;
}

static int compare_restores(const void *left, const void *right)
{
    const struct restore_row *a = left, *b = right;
    return (a->restore_history_id > b->restore_history_id) -
           (a->restore_history_id < b->restore_history_id);
}

static int64_t keep_restores(struct reading *reading)
{
    const struct server_view *last = reading->last;
    if (!reads_on(reading, PART_RESTORES) || !last->restores_count)
        return 0;
    int64_t upto = last->restores[last->restores_count - 1].restore_history_id - ID_OVERLAP;
    for (size_t i = 0; i < last->restores_count; i++) {
        const struct restore_row *old = &last->restores[i];
        if (old->restore_history_id > upto)
            continue;
        struct restore_row *row = memory_append(reading->fresh, restores);
        *row = *old;
        row->database = memory_copy_text(old->database);
        row->stop_at_mark = memory_copy_text(old->stop_at_mark);
        row->path = memory_copy_text(old->path);
    }
    return upto > 0 ? upto : 0;
}

enum error_code reading_restores(struct reading *reading, struct error *error)
{
    struct tsql_argument arguments[] = {
        {.kind = ARGUMENT_INTEGER, .integer = keep_restores(reading)},
        {.kind = ARGUMENT_TIME, .integer = to_local(reading, oldest_wanted_ms(reading))},
    };
    enum error_code code =
        reading_ask(reading, &query_restores, arguments, 2, add_restore, reading, error);
    struct server_view *fresh = reading->fresh;
    if (!code && fresh->restores_count)
        qsort(fresh->restores, fresh->restores_count, sizeof *fresh->restores, compare_restores);
    return code;
}

/* --- what the destination's own tables say ---------------------------------------------------- */

static bool take_last_restore_set(void *context, const struct tds_row *row)
{
    struct server_view *fresh = context;
    int64_t set = decode_last_restore_set(row);
    /* several sources: the one that is farthest behind */
    if (set >= 0 && (fresh->last_restore_set <= 0 || set < fresh->last_restore_set))
        fresh->last_restore_set = set;
    return true;
}

static bool add_shipping(void *context, const struct tds_row *row)
{
    struct server_view *fresh = context;
    struct shipping_row *entry = memory_append(fresh, shipping);
    if (!decode_shipping(entry, row)) {
        free(entry->server);
        free(entry->full_location);
        free(entry->log_location);
        fresh->shipping_count--;
    }
    return true;
}

enum error_code reading_shipping(struct reading *reading, struct error *error)
{
    struct server_view *fresh = reading->fresh;
    fresh->last_restore_set = 0;
    enum error_code code = reading_ask(reading, &query_last_restore_set, NULL, 0,
                                       take_last_restore_set, fresh, error);
    if (code) {
        fresh->last_restore_set = -1;
        return code;
    }
    return reading_ask(reading, &query_shipping_databases, NULL, 0, add_shipping, fresh, error);
}
