/* The jobs method's conditions (core/plan.h): BizTalk's Restore To Mark jobs know neither another
 * server nor another mark than their newest complete set, so all must stand alike beforehand. */
#include "core/plan_internal.h"

#include <stdlib.h>

#include "core/base/memory.h"
#include "core/group.h"
#include "core/tsql_write.h"

static void check_request(struct planning *planning)
{
    const struct plan_request *request = planning->request;
    if (request->by != TARGET_NEWEST)
        plan_refuse(planning, memory_copy_text("the jobs method has no choice of a mark: BizTalk's "
                                               "jobs take the newest complete set; use direct"));
    if (request->stop != STOP_AT)
        plan_refuse(planning, memory_copy_text("the jobs method stops at the mark, never before it; "
                                               "use direct"));
    if (request->added_count > 0)
        plan_refuse(planning, memory_copy_text("BizTalk's jobs do not know added files; use direct"));
    if (request->leave_out_count > 0)
        plan_refuse(planning, memory_copy_text("the jobs method leaves no database out: BizTalk's "
                                               "jobs restore all of theirs; use direct"));
}

/* Exactly one log is left for each: that of the target's set. */
static void check_backlog(struct planning *planning, const struct plan_database *database)
{
    size_t logs = 0;
    for (size_t i = 0; i < database->steps_count; i++)
        logs += database->steps[i].kind == STEP_RESTORE_LOG;
    if (database->route != ROUTE_UNREACHABLE && database->route != ROUTE_ROLL_FORWARD)
        plan_refuse(planning,
                    memory_format("%s/%s: its route is %s, and BizTalk's jobs only roll forward; use "
                                  "direct",
                                  database->server, database->database,
                                  route_name(database->route)));
    else if (database->route == ROUTE_ROLL_FORWARD && logs > 1)
        plan_refuse(planning,
                    memory_format("%s/%s: its backlog is not worked off: %zu logs are left; let "
                                  "BizTalk's job Restore Databases run, or use direct",
                                  database->server, database->database, logs));
}

/* Marks are found by logmarkhistory of the source: known in one database and not in another, the
 * set may have been taken without marking that one. Unknown everywhere says nothing. */
static void check_marks(struct planning *planning)
{
    const struct plan *plan = planning->plan;
    size_t known = 0;
    for (size_t i = 0; i < plan->databases_count; i++)
        known += lsn_is_known(plan->databases[i].mark_lsn);
    for (size_t i = 0; known > 0 && i < plan->databases_count; i++)
        if (!lsn_is_known(plan->databases[i].mark_lsn))
            plan_refuse(planning,
                        memory_format("%s/%s: its source's logmarkhistory has not the mark %s, so it "
                                      "may be missing in its log; use direct, which finds out "
                                      "before anything is recovered",
                                      plan->databases[i].server, plan->databases[i].database,
                                      plan->mark));
}

static bool knows_destination(const struct plan *plan, int destination)
{
    for (size_t i = 0; i < plan->jobs_count; i++)
        if (plan->jobs[i].destination == destination)
            return true;
    return false;
}

static void check_sets(struct planning *planning, int first, int index)
{
    const struct server_view *one = planning->view->servers[first];
    const struct server_view *other = planning->view->servers[index];
    if (one->last_restore_set != other->last_restore_set)
        plan_refuse(planning,
                    memory_format("%s has restored up to set %lld and %s up to set %lld: let BizTalk's "
                                  "job Restore Databases run where it is behind, or use direct",
                                  one->name, (long long)one->last_restore_set, other->name,
                                  (long long)other->last_restore_set));
}

static void add_job(struct planning *planning, int index)
{
    const struct server_view *server = planning->view->servers[index];
    const struct job_row *row = server_view_job(server, JOB_RESTORE_TO_MARK);
    if (server->agent_running_known && !server->agent_running)
        plan_refuse(planning, memory_format("%s: SQL Server Agent does not run there", server->name));
    struct plan_job *job = memory_append(planning->plan, jobs);
    *job = (struct plan_job){.server = memory_copy_text(server->name), .destination = index};
    if (row == NULL) {
        plan_refuse(planning, memory_format("%s: BizTalk's job Restore To Mark is not there, or not "
                                            "visible to this login; use direct",
                                            server->name));
        return;
    }
    job->name = memory_copy_text(row->name);
    job->id = memory_copy_text(row->job_id);
    job->sql = tsql_job_start(row->job_id);
    check_sets(planning, planning->plan->jobs[0].destination, index);
}

/* The newest complete log set of all: what the jobs will take. */
static void check_newest(struct planning *planning)
{
    const struct group_view *view = planning->view;
    const struct plan *plan = planning->plan;
    for (size_t s = view->sets_count; s-- > 0;) {
        const struct backup_set *set = &view->sets[s];
        if (set->kind != SET_LOG || !set->complete || set->id <= plan->set)
            continue;
        plan_refuse(planning,
                    memory_format("set %lld is newer than the mark that every database reaches (set "
                                  "%lld): BizTalk's jobs would go for it; use direct",
                                  (long long)set->id, (long long)plan->set));
        return;
    }
}

void plan_check_jobs(struct planning *planning)
{
    struct plan *plan = planning->plan;
    if (plan->method != METHOD_JOBS)
        return;
    check_request(planning);
    if (planning->mark < 0)
        return;
    check_newest(planning);
    for (size_t i = 0; i < plan->databases_count; i++)
        check_backlog(planning, &plan->databases[i]);
    check_marks(planning);
    /* in recovery order, so that the management database's server comes last */
    for (int order = 0; order <= 6; order++)
        for (size_t i = 0; i < plan->databases_count; i++) {
            int index = plan->databases[i].destination;
            int last = 0;
            for (size_t k = 0; k < plan->databases_count; k++)
                if (plan->databases[k].destination == index &&
                    plan->databases[k].recovery_order > last)
                    last = plan->databases[k].recovery_order;
            if (index >= 0 && last == order && !knows_destination(plan, index))
                add_job(planning, index);
        }
}
