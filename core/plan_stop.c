/* The stop clause of each database (core/plan.h): the mark's name, and where that name lies twice in
 * the logs still to apply, what tells the two apart: AFTER, else the mark's LSN. */
#include "core/plan_internal.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/base/str.h"
#include "core/base/text.h"
#include "core/roster.h"
#include "core/tsql_restore.h"

/* AFTER finds the first mark of that name at or after it; datetime counts in 3.33 ms, so a little
 * earlier than the mark itself. */
enum { AFTER_EARLIER_MS = 10 };

/* Marks of the meant one's name that SQL Server would find before it. */
struct earlier {
    size_t count;
    int64_t newest_utc_ms; /* TIME_UNKNOWN: of one the time is not known */
};

static void note_earlier(struct earlier *earlier, int64_t time_utc_ms)
{
    if (time_utc_ms == TIME_UNKNOWN)
        earlier->newest_utc_ms = TIME_UNKNOWN;
    else if (earlier->count == 0 || (earlier->newest_utc_ms != TIME_UNKNOWN &&
                                     time_utc_ms > earlier->newest_utc_ms))
        earlier->newest_utc_ms = time_utc_ms;
    earlier->count++;
}

/* By LSN: any mark of that name that the source's msdb knows in what is still to be applied, also
 * one of a set that failed or of somebody else. */
static void find_by_lsn(const struct planning *planning, size_t k, struct lsn from,
                        struct lsn meant, struct earlier *earlier)
{
    const struct group_view *view = planning->view;
    const struct roster_entry *entry = &view->roster[k];
    const char *name = view->marks[planning->mark].name;
    for (size_t i = 0; i < view->servers_count; i++) {
        const struct server_view *server = view->servers[i];
        if (server->role != ROLE_SOURCE || (entry->source >= 0 && (int)i != entry->source))
            continue;
        for (size_t m = 0; m < server->marks_count; m++) {
            const struct mark_row *row = &server->marks[m];
            if (text_equal(row->mark, name) && text_equal_nocase(row->database, entry->database) &&
                lsn_is_known(row->lsn) && lsn_compare(row->lsn, from) >= 0 &&
                lsn_compare(row->lsn, meant) < 0)
                note_earlier(earlier, row->time_utc_ms);
        }
    }
}

/* By the sets that the path's logs belong to, where no LSN is known. */
static void find_by_sets(const struct planning *planning, size_t k, const struct track_path *path,
                         struct earlier *earlier)
{
    const struct track *track = planning->tracks[k];
    const struct group_view *view = planning->view;
    size_t target = view->marks[planning->mark].set;
    for (size_t i = path->first; i <= path->last; i++) {
        size_t s = track->logs[i].set;
        if (s < target && !track->logs[i].inserted &&
            text_equal(view->sets[s].mark, view->sets[target].mark))
            note_earlier(earlier, view->sets[s].time_utc_ms);
    }
}

/* Where the roll forward begins: the redo point, or what the full set leaves. */
static struct lsn starting_point(const struct planning *planning, size_t k,
                                 const struct track_path *path)
{
    const struct track *track = planning->tracks[k];
    struct lsn start = path->full >= 0 ? track->fulls[path->full].file->last_lsn
                                       : planning->view->roster[k].redo_lsn;
    return lsn_is_known(start) ? start : track->logs[path->first].file->first_lsn;
}

static struct earlier find_earlier(const struct planning *planning, size_t k,
                                   const struct track_path *path)
{
    const struct group_view *view = planning->view;
    struct lsn meant = view->sets[view->marks[planning->mark].set].files[k].mark_lsn;
    struct lsn from = starting_point(planning, k, path);
    struct earlier earlier = {0};
    if (lsn_is_known(meant) && lsn_is_known(from))
        find_by_lsn(planning, k, from, meant, &earlier);
    if (earlier.count == 0)
        find_by_sets(planning, k, path, &earlier);
    return earlier;
}

/* AFTER takes the local time of the server that set the mark; TIME_UNKNOWN where the times do not
 * tell the two apart, or where the destination's zone is another: which of the two the server
 * means then, nobody has confirmed. */
static int64_t after_local_ms(const struct planning *planning, size_t k,
                              const struct earlier *earlier)
{
    const struct group_view *view = planning->view;
    const struct roster_entry *entry = &view->roster[k];
    const struct mark *mark = &view->marks[planning->mark];
    int64_t time_ms = view->sets[mark->set].files[k].mark_time_utc_ms;
    int source = entry->source >= 0 ? entry->source : view->management;
    if (time_ms == TIME_UNKNOWN)
        time_ms = mark->time_utc_ms;
    if (time_ms == TIME_UNKNOWN || source < 0 || earlier->newest_utc_ms == TIME_UNKNOWN ||
        earlier->newest_utc_ms > time_ms - 2 * AFTER_EARLIER_MS ||
        view->servers[source]->utc_offset_min != view->servers[entry->destination]->utc_offset_min)
        return TIME_UNKNOWN;
    return time_ms - AFTER_EARLIER_MS + (int64_t)view->servers[source]->utc_offset_min * 60000;
}

/* Their statement names the mark and nothing else: it would stop at the first. */
static void refuse_jobs(struct planning *planning, size_t k)
{
    char *where = roster_where(planning->view, k);
    plan_refuse(planning, memory_format("%s: the mark's name is twice in its logs, and BizTalk's jobs "
                                        "cannot tell the two apart; use direct",
                                        where));
    free(where);
}

void plan_write_stop(struct planning *planning, size_t k, const struct track_path *path)
{
    const struct group_view *view = planning->view;
    const struct mark *mark = &view->marks[planning->mark];
    struct stop *stop = &planning->stops[k];
    struct earlier earlier = find_earlier(planning, k, path);
    int64_t after_ms = earlier.count > 0 ? after_local_ms(planning, k, &earlier) : TIME_UNKNOWN;
    struct lsn lsn = view->sets[mark->set].files[k].mark_lsn;
    struct str clause = {0};
    bool by_lsn = earlier.count > 0 && after_ms == TIME_UNKNOWN;
    if (earlier.count > 0 && planning->request->method == METHOD_JOBS)
        refuse_jobs(planning, k);
    if (by_lsn && !lsn_is_known(lsn)) {
        plan_refuse(planning, memory_format("%s: the mark '%s' is twice in the logs to apply; its "
                                            "times do not tell the two apart and its LSN is not "
                                            "known",
                                            view->roster[k].database, mark->name));
    } else if (by_lsn) {
        stop->name = tsql_lsn_mark(lsn);
        tsql_add_stop_lsn(&clause, planning->request->stop, lsn);
        stop->clause = str_take(&clause);
    } else if (tsql_add_stop_clause(&clause, planning->request->stop, mark->name, after_ms)) {
        stop->name = memory_copy_text(mark->name);
        stop->clause = str_take(&clause);
    } else {
        plan_refuse(planning, memory_format("the mark's name '%s' cannot be written as T-SQL",
                                            mark->name));
    }
    str_free(&clause);
}
