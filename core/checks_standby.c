/* The rules that look at the destinations: standing, jobs, lags (core/rules.def). */
#include "core/checks_internal.h"

#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/group.h"
#include "core/marks.h"

enum { MINUTE_MS = 60 * 1000 };

bool check_is_live(const struct group_view *view, int destination)
{
    bool part = false;
    for (size_t k = 0; k < view->roster_count; k++)
        part = part || (view->roster[k].destination == destination &&
                        group_entry_is_online(&view->roster[k]));
    return part && group_is_live(view);
}

bool check_is_old_source(const struct group_view *view, int server)
{
    return view->servers[server]->role == ROLE_SOURCE && group_is_live(view);
}

char *check_old_source_words(void)
{
    return memory_copy_text("the group was failed over: its old sources are to be at rest");
}

char *check_restore_gap(struct check_sink *sink)
{
    const struct group_view *view = sink->view;
    for (size_t k = 0; k < view->roster_count; k++) {
        const struct roster_entry *entry = &view->roster[k];
        if (entry->destination < 0 || !check_may_look(sink, entry->destination, PART_HISTORY))
            continue;
        bool restored_later = false;
        for (size_t s = view->sets_count; s-- > 0;) {
            const struct backup_set *set = &view->sets[s];
            const struct set_file *file = &set->files[k];
            if (!file->present || !file->imported)
                continue;
            if (file->restored && set->kind == SET_FULL)
                break; /* what is older does not matter any more */
            if (file->restored) {
                restored_later = true;
                continue;
            }
            bool contained = lsn_is_known(entry->redo_lsn) && lsn_is_known(file->last_lsn) &&
                             lsn_compare(file->last_lsn, entry->redo_lsn) <= 0;
            if (set->kind != SET_LOG || !restored_later || contained)
                continue;
            check_add(sink, VERDICT_CRITICAL, roster_where(view, k),
                      memory_format("set %lld was not restored, though later ones were",
                                    (long long)set->id));
            break;
        }
    }
    return NULL;
}

static void judge_standby_databases(struct check_sink *sink, int destination)
{
    const struct group_view *view = sink->view;
    for (size_t k = 0; k < view->roster_count; k++) {
        const struct roster_entry *entry = &view->roster[k];
        if (entry->destination != destination || entry->state == STATE_RESTORING || entry->standby)
            continue;
        check_add(sink, VERDICT_CRITICAL, roster_where(view, k),
                  entry->state == STATE_ABSENT
                      ? memory_copy_text("it is not there: it was never restored")
                      : memory_format("it is %s, not RESTORING: it takes no further log",
                                      database_state_name(entry->state)));
    }
}

/* A database that the live group lacks: it was left out, or its last step failed. */
static void judge_stuck(struct check_sink *sink, size_t k)
{
    const struct roster_entry *entry = &sink->view->roster[k];
    const char *state =
        entry->state == STATE_ABSENT ? "not there" : database_state_name(entry->state);
    check_add_remedy(sink,
                     database_use_may_be_left_out(entry->use) ? VERDICT_WARNING : VERDICT_CRITICAL,
                     roster_where(sink->view, k),
                     memory_format("the group is live and it is %s: it was left out, or its "
                                   "recovery failed",
                                   state),
                     "leave the live databases and the shipping jobs alone; bring this one to the "
                     "mark of the others (stopmark resume RUN), or restore it by itself");
}

static void judge_live_destination(struct check_sink *sink, int destination)
{
    const struct group_view *view = sink->view;
    bool all = true;
    for (size_t k = 0; k < view->roster_count; k++) {
        const struct roster_entry *entry = &view->roster[k];
        if (entry->destination != destination || entry->left_out || group_entry_is_online(entry))
            continue;
        judge_stuck(sink, k);
        all = false;
    }
    if (check_is_live(view, destination))
        check_add_remedy(sink, VERDICT_WARNING, memory_copy_text(view->servers[destination]->name),
                         memory_format("%s: the group was failed over to it, and nothing stands by "
                                       "any more",
                                       all ? "all its databases are online"
                                           : "its databases are the production"),
                         "leave them alone; configure a new destination");
}

char *check_destination_state(struct check_sink *sink)
{
    const struct group_view *view = sink->view;
    for (size_t d = 0; d < view->destinations_count; d++) {
        int destination = view->destinations[d];
        if (!check_may_look(sink, destination, PART_DATABASES))
            continue;
        if (group_is_live(view))
            judge_live_destination(sink, destination);
        else
            judge_standby_databases(sink, destination);
    }
    return NULL;
}

char *check_jobs_where_live(struct check_sink *sink)
{
    const struct group_view *view = sink->view;
    for (size_t d = 0; d < view->destinations_count; d++) {
        int destination = view->destinations[d];
        const struct server_view *server = view->servers[destination];
        if (!check_may_look(sink, destination, PART_DATABASES) ||
            !check_may_look(sink, destination, PART_JOBS) ||
            !check_is_live(view, destination))
            continue;
        for (size_t j = 0; j < server->jobs_count; j++) {
            const struct job_row *job = &server->jobs[j];
            bool shipping =
                job->function == JOB_GET_HISTORY || job->function == JOB_RESTORE_DATABASES;
            if (shipping && job->enabled)
                check_add(sink, VERDICT_CRITICAL, memory_copy_text(server->name),
                          memory_format("'%s' is enabled where the databases are live", job->name));
        }
    }
    return NULL;
}

/* With databases online beside it, half of a fail-over looks like a mistake: who enables the jobs
 * then may have them restore over production. */
static void judge_disabled(struct check_sink *sink, const struct server_view *server,
                           const struct job_row *job)
{
    bool recovered = false;
    for (size_t k = 0; k < sink->view->roster_count; k++)
        recovered = recovered || group_entry_is_online(&sink->view->roster[k]);
    if (!recovered)
        check_add(sink, VERDICT_CRITICAL, memory_copy_text(server->name),
                  memory_format("'%s' is disabled", job->name));
    else
        check_add_remedy(sink, VERDICT_CRITICAL, memory_copy_text(server->name),
                         memory_format("'%s' is disabled, and databases of the group were "
                                       "recovered",
                                       job->name),
                         "find out first whether a fail-over began (stopmark runs): then end it "
                         "and leave the job disabled; enable it only where they were recovered by "
                         "mistake and are rebuilt");
}

static void judge_shipping_job(struct check_sink *sink, const struct server_view *server,
                               enum job_function function, const char *words)
{
    const struct job_row *job = server_view_job(server, function);
    if (job == NULL)
        check_add(sink, VERDICT_CRITICAL, memory_copy_text(server->name),
                  memory_format("there is no job '%s'", words));
    else if (!job->enabled && function != JOB_RESTORE_TO_MARK)
        judge_disabled(sink, server, job);
    else if (job->last_outcome == OUTCOME_FAILED && !job->running)
        check_add(sink, VERDICT_CRITICAL, memory_copy_text(server->name),
                  memory_format("'%s' last failed: %s", job->name,
                                job->message == NULL ? "no message" : job->message));
}

char *check_shipping_jobs(struct check_sink *sink)
{
    const struct group_view *view = sink->view;
    for (size_t d = 0; d < view->destinations_count; d++) {
        int destination = view->destinations[d];
        if (!check_may_look(sink, destination, PART_JOBS) || group_is_live(view))
            continue;
        const struct server_view *server = view->servers[destination];
        judge_shipping_job(sink, server, JOB_GET_HISTORY, "Get Backup History");
        judge_shipping_job(sink, server, JOB_RESTORE_DATABASES, "Restore Databases");
        judge_shipping_job(sink, server, JOB_RESTORE_TO_MARK, "Restore To Mark");
    }
    return NULL;
}

char *check_import_lag(struct check_sink *sink)
{
    const struct group_view *view = sink->view;
    for (size_t d = 0; d < view->destinations_count; d++)
        if (!check_may_look(sink, view->destinations[d], PART_HISTORY))
            return NULL;
    if (group_is_live(view))
        return memory_copy_text("nothing is imported any more: the group was failed over");
    check_limit(sink, &view->config->import_lag, view->lag.import_ms, "the import lag", "is");
    return NULL;
}

char *check_apply_lag(struct check_sink *sink)
{
    const struct group_view *view = sink->view;
    for (size_t d = 0; d < view->destinations_count; d++)
        if (!check_may_look(sink, view->destinations[d], PART_DATABASES))
            return NULL;
    if (group_is_live(view))
        return memory_copy_text("nothing is applied any more: the group was failed over");
    check_limit(sink, &view->config->apply_lag, view->lag.apply_ms, "the apply lag", "is");
    return NULL;
}

/* The oldest set that a destination has wholly applied to its databases; 0 = unknown. */
static int64_t applied_at(const struct group_view *view, int destination)
{
    int64_t applied = INT64_MAX;
    for (size_t k = 0; k < view->roster_count; k++)
        if (view->roster[k].destination == destination && !view->roster[k].left_out &&
            view->roster[k].applied_set < applied)
            applied = view->roster[k].applied_set;
    return applied == INT64_MAX ? 0 : applied;
}

/* When the set behind the last applied one may be applied: with the one after it complete. */
static int64_t may_be_applied_since(const struct group_view *view, int64_t applied)
{
    int complete = 0;
    for (size_t s = 0; s < view->sets_count; s++) {
        const struct backup_set *set = &view->sets[s];
        if (set->id <= applied || set->kind != SET_LOG || !set->complete)
            continue;
        if (++complete == 2)
            return set->finished_utc_ms != TIME_UNKNOWN ? set->finished_utc_ms : set->time_utc_ms;
    }
    return TIME_UNKNOWN;
}

char *check_destinations_together(struct check_sink *sink)
{
    const struct group_view *view = sink->view;
    if (group_is_live(view))
        return memory_copy_text("nothing is applied any more: the group was failed over");
    int64_t newest = 0;
    for (size_t d = 0; d < view->destinations_count; d++) {
        int64_t applied = applied_at(view, view->destinations[d]);
        newest = applied > newest ? applied : newest;
    }
    for (size_t d = 0; d < view->destinations_count; d++) {
        int destination = view->destinations[d];
        int64_t applied = applied_at(view, destination);
        if (!check_may_look(sink, destination, PART_DATABASES) || applied == newest)
            continue;
        /* The jobs run each minute, not all at once: a difference that is young is none. */
        int64_t waiting_ms = marks_data_loss(view, may_be_applied_since(view, applied));
        if (waiting_ms == DURATION_UNKNOWN || waiting_ms > 10 * MINUTE_MS) {
            check_add(sink, VERDICT_WARNING, memory_copy_text(view->servers[destination]->name),
                      memory_format("it stands on set %lld, another destination on set %lld",
                                    (long long)applied, (long long)newest));
            check_about(sink, "it is behind another destination");
        }
    }
    return newest == 0 ? NULL
                       : memory_format("all destinations stand on set %lld", (long long)newest);
}

char *check_ad_hoc_queries(struct check_sink *sink)
{
    const struct group_view *view = sink->view;
    for (size_t d = 0; d < view->destinations_count; d++) {
        const struct server_view *server = view->servers[view->destinations[d]];
        if (!check_may_look(sink, view->destinations[d], PART_SETTINGS))
            continue;
        int value = server->ad_hoc_distributed_queries;
        if (value != 1)
            check_add(sink, value < 0 ? VERDICT_UNKNOWN : VERDICT_WARNING,
                      memory_copy_text(server->name),
                      memory_copy_text(value < 0 ? "the setting is not visible" : "it is off"));
    }
    return NULL;
}
