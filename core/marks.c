#include "core/marks.h"

#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/group.h"
#include "core/rates.h"
#include "core/roster.h"
#include "core/track.h"

int64_t marks_data_loss(const struct group_view *view, int64_t mark_time_utc_ms)
{
    int64_t until_ms =
        view->sources_alive ? view->source_now_utc_ms : view->source_last_seen_utc_ms;
    if (mark_time_utc_ms == TIME_UNKNOWN || until_ms == TIME_UNKNOWN)
        return DURATION_UNKNOWN;
    return until_ms > mark_time_utc_ms ? until_ms - mark_time_utc_ms : 0;
}

struct totals {
    int64_t *per_database_ms;
    size_t files;
    size_t routes[ROUTE_UNREACHABLE + 1];
};

static void add_route(struct mark *mark, const struct group_view *view, struct track *const *tracks,
                      size_t k, struct totals *totals)
{
    struct track_path path = track_find_path(tracks[k], mark->set, STOP_AT);
    struct mark_route *route = &mark->routes[k];
    *route =
        (struct mark_route){.route = path.route, .evidence = path.evidence, .reason = path.reason};
    totals->per_database_ms[k] = rates_of_path(&view->rates, &path);
    if (view->roster[k].left_out)
        return;
    totals->files += path.logs_count + (path.full >= 0);
    totals->routes[path.route]++;
    if (path.route > mark->worst)
        mark->worst = path.route;
    if (path.evidence < mark->evidence)
        mark->evidence = path.evidence;
    if (path.route == ROUTE_UNREACHABLE) {
        char *where = roster_where(view, k);
        group_add_text(mark, reasons, memory_format("%s: %s", where, path.reason));
        free(where);
    }
}

/* What many databases share is said once. */
static void add_price_reason(struct mark *mark, const struct totals *totals)
{
    size_t fulls = totals->routes[ROUTE_FULL_RESTORE];
    if (fulls > 0)
        group_add_text(
            mark, reasons,
            memory_format("%zu database%s only from a full set", fulls, fulls == 1 ? "" : "s"));
}

bool marks_needs_former(const struct former_database *former, int64_t set)
{
    return former->first_set <= set && set <= former->last_set;
}

void marks_tell_formers(const struct group_view *view, size_t set,
                        void (*tell)(void *context, char *text), void *context)
{
    for (size_t i = 0; i < view->formers_count; i++) {
        const struct former_database *former = &view->formers[i];
        if (former->left_out || !marks_needs_former(former, view->sets[set].id))
            continue;
        bool may = database_use_may_be_left_out(former->use);
        tell(context,
             memory_format("%s/%s: the sets %lld to %lld hold it, and it is none of the group's "
                           "databases as they are known now: restored to set %lld the group would "
                           "lack it; take a mark of another set%s%s%s",
                           former->server == NULL ? "?" : former->server, former->database,
                           (long long)former->first_set, (long long)former->last_set,
                           (long long)view->sets[set].id, may ? ", or say --leave-out " : "",
                           may ? former->database : "", may ? " and the reason" : ""));
    }
}

static void add_former(void *context, char *text)
{
    struct mark *mark = context;
    mark->worst = ROUTE_UNREACHABLE;
    group_add_text(mark, reasons, text);
}

static void build_mark(struct group_view *view, struct track *const *tracks, size_t set,
                       struct totals *totals)
{
    struct mark *mark = memory_append(view, marks);
    mark->name = memory_copy_text(view->sets[set].mark);
    mark->set = set;
    mark->time_utc_ms = view->sets[set].time_utc_ms;
    mark->worst = ROUTE_AT_MARK;
    mark->evidence = EVIDENCE_HEADER;
    mark->routes = memory_new_array(view->roster_count, sizeof *mark->routes);
    *totals = (struct totals){.per_database_ms = totals->per_database_ms};
    for (size_t k = 0; k < view->roster_count; k++)
        add_route(mark, view, tracks, k, totals);
    marks_tell_formers(view, set, add_former, mark);
    add_price_reason(mark, totals);
    mark->reachable = mark->worst != ROUTE_UNREACHABLE;
    mark->by_roll_forward = mark->worst <= ROUTE_ROLL_FORWARD;
    mark->data_loss_ms = marks_data_loss(view, mark->time_utc_ms);
    mark->restore_ms = mark->reachable
                           ? rates_of_group(view, totals->per_database_ms, totals->files)
                           : DURATION_UNKNOWN;
}

void marks_build(struct group_view *view)
{
    if (view->roster_count == 0)
        return;
    struct track **tracks = memory_new_array(view->roster_count, sizeof(struct track *));
    struct totals totals = {.per_database_ms =
                                memory_new_array(view->roster_count, sizeof(int64_t))};
    for (size_t k = 0; k < view->roster_count; k++)
        tracks[k] = track_build(view, k);
    for (size_t s = 0; s < view->sets_count; s++)
        if (view->sets[s].kind == SET_LOG && view->sets[s].mark != NULL)
            build_mark(view, tracks, s, &totals);
    for (size_t k = 0; k < view->roster_count; k++)
        track_free(tracks[k]);
    free(totals.per_database_ms);
    free(tracks);
}

int marks_find_newest(const struct group_view *view)
{
    for (size_t i = view->marks_count; i-- > 0;)
        if (view->marks[i].by_roll_forward)
            return (int)i;
    return -1;
}

int marks_find_newest_any(const struct group_view *view)
{
    for (size_t i = view->marks_count; i-- > 0;)
        if (view->marks[i].reachable)
            return (int)i;
    return -1;
}

int marks_find_rule(const struct group_view *view)
{
    return view->marks_count < 2 ? -1 : (int)view->marks_count - 2;
}

void marks_tell_blockers(const struct group_view *view, void (*tell)(void *context, char *text),
                         void *context)
{
    size_t i = view->marks_count;
    while (i > 0 && !view->sets[view->marks[i - 1].set].complete)
        i--;
    if (i == 0)
        return;
    const struct mark *mark = &view->marks[i - 1];
    marks_tell_formers(view, mark->set, tell, context);
    for (size_t k = 0; k < view->roster_count; k++) {
        if (view->roster[k].left_out || mark->routes[k].route <= ROUTE_ROLL_FORWARD)
            continue;
        char *where = roster_where(view, k);
        tell(context, memory_format("%s cannot roll forward to set %lld: %s", where,
                                    (long long)view->sets[mark->set].id, mark->routes[k].reason));
        free(where);
    }
}
