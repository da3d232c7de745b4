#include "core/execute_move.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/added.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/collector.h"
#include "core/situation.h"
#include "core/tsql_move.h"
#include "core/tsql_write.h"

enum {
    FIRST_LOOK_MS = 3000,  /* sessions that only pass through */
    SECOND_LOOK_MS = 60000, /* for the sessions of jobs that were just stopped */
    IMPORT_LIMIT_MS = 15 * 60000,
    START_LIMIT_MS = 60000, /* for a job that was asked to start to be seen running */
};

bool move_applies(struct execution *execution)
{
    return situation_traits(execution->head.situation)->makes_mark &&
           !execution_is_committed(execution);
}

static bool has_source(const struct execution *execution, const char *name)
{
    for (size_t i = 0; i < execution->sources_count; i++)
        if (text_equal(execution->sources[i].config->name, name))
            return true;
    return false;
}

bool move_find_sources(struct execution *execution, struct error *error)
{
    const struct config *config = execution->config;
    for (size_t k = 0; k < execution->plan->databases_count; k++) {
        const char *name = execution->plan->databases[k].source;
        int index = name == NULL ? -1 : config_server_find(config, name);
        if (index < 0 || config->servers[index].role != ROLE_SOURCE) {
            error_set(error, ERR_CONFIG, name, "put it back into the configuration, or make a new "
                      "plan", "the plan names a source that the configuration has not");
            return false;
        }
        if (!has_source(execution, config->servers[index].name))
            *memory_append(execution, sources) = (struct destination){
                .execution = execution, .config = &config->servers[index], .index = index};
    }
    for (size_t i = 0; i < execution->sources_count; i++)
        execution->sources[i].work_link.destination = &execution->sources[i];
    return true;
}

void execution_move_free(struct execution *execution)
{
    for (size_t i = 0; i < execution->sources_count; i++) {
        link_close(&execution->sources[i].work_link);
        destination_free_jobs(&execution->sources[i]);
        free(execution->sources[i].sessions);
    }
    free(execution->sources);
    execution->sources = NULL;
    execution->sources_count = execution->sources_capacity = 0;
}

/* --- what stands in the plan --------------------------------------------------------------------- */

bool move_keep_plan(struct execution *execution, struct error *error)
{
    char *json = plan_to_json(execution->plan);
    bool kept = journal_revise(execution->journal, json, execution->plan->hash, execution->head.by,
                               clock_utc_ms(execution->clock), error) == ERR_OK;
    free(json);
    return kept;
}

/* --- the last set -------------------------------------------------------------------------------- */

static struct group_view *look_again(struct execution *execution, struct collector *collector)
{
    collector_refresh(collector);
    execution_wait(execution, WATCH_MS);
    return collector_view(collector);
}

static int64_t newest_set(const struct group_view *view)
{
    return view->sets_count == 0 ? 0 : view->sets[view->sets_count - 1].id;
}

static bool is_read_since(const struct group_view *view, enum view_part part, int64_t since_ms)
{
    const struct part_status *status =
        view->management < 0 ? NULL : &view->servers[view->management]->parts[part];
    return status != NULL && status->state == PART_READ && status->read_monotonic_ms >= since_ms;
}

/* The history and the group's databases as they stand from now on: a collector that has been at work
 * for a while asks seldom for the latter, so another is begun. NULL with *error, or aborting. The
 * view is owned (group_view_release), so is *collector (collector_stop), which is NULL with it. */
static struct group_view *look_anew(struct execution *execution, struct collector **collector,
                                    struct error *error)
{
    int64_t now = clock_monotonic_ms(execution->clock), until = now + START_LIMIT_MS;
    *collector = collector_start(execution->config, execution->clock, error);
    if (*collector == NULL)
        return NULL;
    collector_wait_first(*collector,
                         execution->config->connect_timeout_ms + execution->config->query_timeout_ms);
    struct group_view *view = collector_view(*collector);
    while (!is_read_since(view, PART_HISTORY, now) || !is_read_since(view, PART_ROSTER, now)) {
        group_view_release(view);
        view = NULL;
        if (!execution_aborting(execution) && clock_monotonic_ms(execution->clock) > until)
            error_set(error, ERR_TIMEOUT, execution->head.group, "look at the source, then retry",
                      "the backup history and the list of databases were not to be read again");
        else if (!execution_aborting(execution))
            view = look_again(execution, *collector);
        if (view != NULL)
            continue;
        collector_stop(*collector);
        *collector = NULL;
        return NULL;
    }
    return view;
}

/* The newest complete log set behind `after`; -1 = none yet. */
static int new_set(const struct group_view *view, int64_t after)
{
    for (size_t i = view->sets_count; i-- > 0 && view->sets[i].id > after;)
        if (view->sets[i].kind == SET_LOG && view->sets[i].complete &&
            view->sets[i].mark != NULL && !view->sets[i].in_progress)
            return (int)i;
    return -1;
}

static struct destination *management_source(struct execution *execution,
                                             const struct group_view *view)
{
    for (size_t i = 0; view->management >= 0 && i < execution->sources_count; i++)
        if (execution->sources[i].index == view->management)
            return &execution->sources[i];
    return NULL;
}

static const char *backup_job_id(const struct group_view *view)
{
    const struct job_row *job =
        view->management < 0 ? NULL
                             : server_view_job(view->servers[view->management], JOB_BACKUP);
    return job == NULL ? NULL : job->job_id;
}

static bool is_running(struct destination *source, const char *job_id, bool *running,
                       struct error *error)
{
    *running = false;
    if (!destination_read_jobs(source, &source->work_link, error))
        return false;
    for (size_t i = 0; i < source->jobs_count; i++)
        *running = *running || (source->jobs[i].running &&
                                text_equal_nocase(source->jobs[i].id, job_id));
    return true;
}

/* Waits until the backup job has made a set and ended. *mark is owned. */
static bool wait_for_set(struct execution *execution, struct collector *collector,
                         struct destination *source, const char *job_id, int64_t after,
                         char **mark, struct error *error)
{
    int64_t idle_until = clock_monotonic_ms(execution->clock) + START_LIMIT_MS;
    *mark = NULL;
    while (*mark == NULL) {
        bool running;
        if (execution_aborting(execution))
            return true;
        struct group_view *view = look_again(execution, collector);
        int set = new_set(view, after);
        bool asked = is_running(source, job_id, &running, error);
        if (asked && set >= 0 && !running)
            *mark = memory_copy_text(view->sets[set].mark);
        group_view_release(view);
        if (!asked)
            return false;
        if (running)
            idle_until = clock_monotonic_ms(execution->clock) + START_LIMIT_MS / 3;
        execution_say(execution, "the backup job %s on %s; waiting for its set",
                      running ? "runs" : "was started", source->config->name);
        if (*mark == NULL && clock_monotonic_ms(execution->clock) > idle_until) {
            error_set(error, ERR_FAILED, source->config->name,
                      "see the job's history, mend it, then retry",
                      "the backup job has ended without a complete log set");
            return false;
        }
    }
    return true;
}

/* --- the plan to its mark ------------------------------------------------------------------------ */

static bool is_decided(const struct plan *plan, const struct group_view *view,
                       const struct roster_entry *entry)
{
    const char *source = entry->source < 0 ? NULL : view->servers[entry->source]->name;
    for (size_t i = 0; i < plan->databases_count; i++)
        if (text_equal_nocase(plan->databases[i].original, entry->database) &&
            (source == NULL || plan->databases[i].source == NULL ||
             text_equal(plan->databases[i].source, source)))
            return true;
    for (size_t i = 0; i < plan->left_out_count; i++)
        if (text_equal_nocase(plan->left_out[i].database, entry->database))
            return true;
    return false;
}

/* Nobody was asked about a database that joined the group since; it is neither restored unconfirmed
 * nor dropped. */
static bool check_newcomers(const struct plan *plan, const struct group_view *view,
                            struct error *error)
{
    for (size_t k = 0; k < view->roster_count; k++) {
        if (is_decided(plan, view, &view->roster[k]))
            continue;
        error_set(error, ERR_REFUSED, view->roster[k].database,
                  "make a new plan and confirm it, with this database or with --leave-out",
                  "it joined the group after the plan was confirmed");
        return false;
    }
    return true;
}

/* The same decisions as in the plan that was confirmed, to the new mark. */
static struct plan *plan_again(const struct execution *execution, const struct group_view *view,
                               const struct added_files *added, const char *mark)
{
    const struct plan *old = execution->plan;
    const char **leave_out = memory_new_array(old->left_out_count + 1, sizeof *leave_out);
    const char **reasons = memory_new_array(old->left_out_count + 1, sizeof *reasons);
    char **replace = memory_new_array(old->databases_count + 1, sizeof *replace);
    struct plan_request request = {.by = TARGET_CHOSEN, .mark = mark, .stop = STOP_AT,
                                   .method = old->method, .situation_known = true,
                                   .situation = execution->head.situation,
                                   .leave_out = leave_out,
                                   .leave_out_reasons = reasons,
                                   .leave_out_count = old->left_out_count,
                                   .replace = (const char *const *)replace,
                                   .added = added->items,
                                   .added_count = added->items_count};
    for (size_t i = 0; i < old->left_out_count; i++) {
        leave_out[i] = old->left_out[i].database;
        reasons[i] = old->left_out[i].reason;
    }
    for (size_t i = 0; i < old->databases_count; i++)
        if (old->databases[i].must_replace)
            replace[request.replace_count++] =
                memory_format("%s/%s", old->databases[i].server, old->databases[i].database);
    struct plan *plan = plan_make(view, &request);
    for (size_t i = 0; i < request.replace_count; i++)
        free(replace[i]);
    free(replace);
    free(leave_out);
    free(reasons);
    return plan;
}

/* A chain that only an added file bridges stops BizTalk's own jobs at the gap: the rest will never be
 * applied by them. */
static bool is_bridged(const struct plan *plan)
{
    for (size_t i = 0; i < plan->databases_count; i++)
        for (size_t k = 0; k < plan->databases[i].steps_count; k++)
            if (plan->databases[i].steps[k].kind == STEP_RESTORE_LOG &&
                plan->databases[i].steps[k].set == 0)
                return true;
    return false;
}

/* Imported by every destination that ships, and applied up to the set before it. */
static bool has_arrived(const struct group_view *view, const struct plan *plan)
{
    int set = -1;
    bool bridged = is_bridged(plan);
    for (size_t s = 0; s < view->sets_count; s++)
        set = view->sets[s].id == plan->set ? (int)s : set;
    for (size_t i = 0; i < plan->databases_count && set >= 0; i++) {
        const struct plan_database *database = &plan->databases[i];
        size_t logs = 0;
        if (database->route != ROUTE_ROLL_FORWARD)
            continue;
        for (size_t k = 0; k < database->steps_count; k++)
            logs += database->steps[k].kind == STEP_RESTORE_LOG;
        for (size_t k = 0; k < view->roster_count; k++)
            if (text_equal_nocase(view->roster[k].database, database->original) &&
                !view->sets[set].files[k].imported)
                return false;
        if (logs > 1 && !bridged)
            return false;
    }
    return set >= 0;
}

static struct plan *wait_with_added(struct execution *execution, struct collector *collector,
                                    const struct added_files *added, const char *mark,
                                    struct error *error)
{
    int64_t until = clock_monotonic_ms(execution->clock) + IMPORT_LIMIT_MS;
    while (!execution_aborting(execution)) {
        struct group_view *view = look_again(execution, collector);
        if (!check_newcomers(execution->plan, view, error)) {
            group_view_release(view);
            return NULL;
        }
        struct plan *plan = plan_again(execution, view, added, mark);
        bool late = clock_monotonic_ms(execution->clock) > until;
        bool ready = plan->possible && has_arrived(view, plan);
        group_view_release(view);
        if (ready || (late && plan->possible)) {
            if (!ready)
                execution_note(execution, "the destinations have not applied all sets before the "
                                          "last one in time: this run applies the rest itself");
            return plan;
        }
        if (late)
            error_set(error, ERR_NOT_REACHABLE_MARK, execution->head.group,
                      "look at the shipping jobs, then retry",
                      "the destinations cannot reach the mark %s: %s", mark,
                      plan->reasons_count > 0 ? plan->reasons[0] : "it has not arrived");
        plan_free(plan);
        if (late)
            return NULL;
        execution_say(execution, "waiting until every destination has imported %s and applied the "
                                 "sets before it", mark);
    }
    return NULL;
}

/* A plan to the mark once the destinations have it; NULL with *error, or aborting. Owned. */
static struct plan *wait_for_plan(struct execution *execution, struct collector *collector,
                                  const char *mark, struct error *error)
{
    struct added_files added = {0};
    const struct plan *old = execution->plan;
    if (old->added_count > 0) {
        struct group_view *view = collector_view(collector);
        added_read(execution->config, view, (const char *const *)old->added, old->added_count, NULL,
                   execution->secrets, &added);
        group_view_release(view);
    }
    struct plan *plan = wait_with_added(execution, collector, &added, mark, error);
    added_free(&added);
    return plan;
}

static bool adopt(struct execution *execution, struct plan *plan, struct error *error)
{
    for (size_t i = 0; i < execution->sources_count; i++) {
        const char *name = execution->sources[i].config->name;
        *memory_append(plan, quiet) = (struct plan_quiet){
            .server = memory_copy_text(name),
            .since_local_ms = execution->sources[i].quiet_since_local_ms};
    }
    plan->mark_made = true;
    plan->data_loss_ms = DURATION_UNKNOWN; /* until it is judged */
    if (!execution_adopt_plan(execution, plan, error)) {
        plan_free(plan);
        return false;
    }
    execution_note(execution, "the last set is %lld with the mark %s: this run restores to it "
                   "(plan %.12s)", (long long)plan->set, plan->mark, plan->hash);
    return move_keep_plan(execution, error) &&
           journal_set_target(execution->journal, plan->mark, plan->set, error) == ERR_OK;
}

/* Who makes the mark. */
struct backup_job {
    struct destination *source; /* borrowed */
    char *id;                   /* owned */
};

/* Before anything is written: whether the plan still is the group's, and who makes the mark. */
static bool look_first(struct execution *execution, struct backup_job *job, struct error *error)
{
    struct collector *collector;
    struct group_view *view = look_anew(execution, &collector, error);
    if (view == NULL)
        return false;
    job->source = management_source(execution, view);
    job->id = memory_copy_text(backup_job_id(view));
    bool good = check_newcomers(execution->plan, view, error);
    if (good && (job->source == NULL || job->id == NULL)) {
        error_set(error, ERR_REFUSED, execution->head.group,
                  "look at the source's Agent, then start again",
                  "the backup job is not to be seen, so it cannot make the last mark");
        good = false;
    }
    group_view_release(view);
    collector_stop(collector);
    return good;
}

static bool silence(struct execution *execution, const char *job_id, struct error *error)
{
    bool good = true;
    for (size_t i = 0; good && i < execution->sources_count; i++)
        good = source_stop_jobs(&execution->sources[i], job_id, error);
    for (size_t i = 0; good && i < execution->sources_count; i++)
        good = source_look_quiet(&execution->sources[i], SECOND_LOOK_MS,
                                 &execution->sources[i].quiet_since_local_ms, error);
    return good;
}

/* The sources are silent. A set that the job's own run was still making until now is no last set,
 * and a database that joined until now was confirmed by nobody. */
static bool make_mark(struct execution *execution, const struct backup_job *job,
                      struct error *error)
{
    struct collector *collector;
    struct group_view *view = look_anew(execution, &collector, error);
    if (view == NULL)
        return false;
    int64_t before = newest_set(view);
    bool good = check_newcomers(execution->plan, view, error);
    char *mark = NULL;
    group_view_release(view);
    if (good) {
        execution_note(execution, "no session is left in the sources' databases; the backup job "
                                  "runs once more");
        good = source_send(job->source, STEP_JOB, NULL, tsql_job_start(job->id), error) &&
               wait_for_set(execution, collector, job->source, job->id, before, &mark, error);
    }
    struct plan *plan =
        good && mark != NULL ? wait_for_plan(execution, collector, mark, error) : NULL;
    good = plan != NULL && adopt(execution, plan, error);
    free(mark);
    collector_stop(collector);
    return good;
}

/* The plan to the made mark is kept before the run's own mark: a worker may have died in between. */
static bool keep_target(struct execution *execution, struct error *error)
{
    const struct plan *plan = execution->plan;
    pthread_mutex_lock(&execution->lock);
    free(execution->head.mark);
    execution->head.mark = memory_copy_text(plan->mark);
    execution->head.set = plan->set;
    pthread_mutex_unlock(&execution->lock);
    return journal_set_target(execution->journal, plan->mark, plan->set, error) == ERR_OK;
}

bool execution_move_begin(struct execution *execution, struct error *error)
{
    if (!move_applies(execution))
        return true;
    if (!move_find_sources(execution, error))
        return false;
    if (execution->plan->mark_made)
        return keep_target(execution, error);
    for (size_t i = 0; i < execution->sources_count; i++)
        if (!source_look_quiet(&execution->sources[i], FIRST_LOOK_MS,
                               &execution->sources[i].quiet_since_local_ms, error))
            return false;
    struct backup_job job = {0};
    bool good = look_first(execution, &job, error) &&
                /* the last moment in which nothing was written */
                execution_set_prepared(execution, error) && silence(execution, job.id, error) &&
                make_mark(execution, &job, error);
    free(job.id);
    return good;
}
