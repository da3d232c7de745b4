/* What a situation asks of a plan (core/plan.h): who must be alive, which targets it has, what its
 * databases are called. */
#include "core/plan_internal.h"

#include <stdlib.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/marks.h"
#include "core/situation.h"
#include "core/tsql.h"
#include "core/tsql_move.h"
#include "core/tsql_write.h"

static void check_sources(struct planning *planning, const struct situation_traits *traits)
{
    const struct group_view *view = planning->view;
    for (size_t i = 0; i < view->servers_count; i++) {
        const struct server_view *server = view->servers[i];
        if (server->role != ROLE_SOURCE)
            continue;
        if (traits->needs_dead_sources && view->lives[i])
            plan_refuse(planning,
                        memory_format("%s: the source %s %s; two living groups would each take a "
                                      "part of the work",
                                      situation_name(planning->request->situation), server->name,
                                      server_life_text(view->down[i] ? server->life
                                                                     : LIFE_ANSWERS)));
        if (traits->needs_living_sources && view->down[i])
            plan_refuse(planning,
                        memory_format("%s: the source %s does not answer; its jobs must be "
                                      "stopped and its databases set OFFLINE%s%s",
                                      situation_name(planning->request->situation), server->name,
                                      server->error.what[0] == '\0' ? "" : ": ",
                                      server->error.what));
        if (traits->needs_living_sources && !view->config->servers[i].has_restore_login)
            plan_refuse(planning,
                        memory_format("%s: the source %s has no restore login, which stops its "
                                      "jobs and sets its databases OFFLINE: set restore_user in "
                                      "the configuration",
                                      situation_name(planning->request->situation), server->name));
    }
}

void plan_check_situation(struct planning *planning)
{
    const struct plan_request *request = planning->request;
    if (!request->situation_known)
        return;
    const struct situation_traits *traits = situation_traits(request->situation);
    check_sources(planning, traits);
    if (traits->copies && request->method == METHOD_JOBS)
        plan_refuse(planning, memory_copy_text("rehearsal: BizTalk's jobs restore the standby's own "
                                               "databases: use direct"));
    if (!traits->makes_mark)
        return;
    if (request->method == METHOD_JOBS)
        plan_refuse(planning, memory_format("%s: it holds every database at the gate until the "
                                            "sources are OFFLINE, which BizTalk's jobs cannot: use "
                                            "direct",
                                            situation_name(request->situation)));
    if (request->stop == STOP_BEFORE)
        plan_refuse(planning, memory_format("%s: it stops at the mark that it makes, never before "
                                            "it",
                                            situation_name(request->situation)));
    if (request->by == TARGET_RULE)
        plan_refuse(planning, memory_format("%s: it goes to the mark that it makes itself, which "
                                            "is the newest",
                                            situation_name(request->situation)));
}

int plan_find_newest(const struct planning *planning)
{
    int newest = marks_find_newest(planning->view);
    bool by_full = planning->copies ||
                   (planning->request->situation_known &&
                    planning->request->situation == SITUATION_MIGRATION);
    return newest < 0 && by_full ? marks_find_newest_any(planning->view) : newest;
}

void plan_name_database(struct planning *planning, struct plan_database *database,
                        const struct roster_entry *entry)
{
    database->original = memory_copy_text(entry->database);
    if (entry->source >= 0)
        database->source = memory_copy_text(planning->view->servers[entry->source]->name);
    bool writes = planning->request->situation_known &&
                  situation_traits(planning->request->situation)->needs_living_sources;
    if (writes && entry->source < 0)
        plan_refuse(planning, memory_format("%s: its source %s is not configured, so it cannot be "
                                            "set OFFLINE there",
                                            entry->database, entry->source_server));
    if (!planning->copies) {
        database->database = memory_copy_text(entry->database);
        return;
    }
    database->database =
        memory_format("%s%s", planning->view->config->rehearsal_prefix, entry->database);
    int length = tsql_length(database->database);
    if (length < 1 || length > 128)
        plan_refuse(planning, memory_format("%s/%s: the copy's name %s is too long: choose a "
                                            "shorter rehearsal_prefix",
                                            database->server, entry->database,
                                            database->database));
    const struct server_view *server =
        entry->destination < 0 ? NULL : planning->view->servers[entry->destination];
    if (server != NULL && server_view_database(server, database->database) != NULL)
        plan_refuse(planning,
                    memory_format("%s/%s is there already: drop it by hand if it is the copy of "
                                  "an earlier rehearsal, or choose another rehearsal_prefix",
                                  database->server, database->database));
}

/* --- what is sent to the sources ------------------------------------------------------------------ */

/* Takes sql. */
static void add_source_step(struct planning *planning, enum step_kind kind, const char *server,
                            const char *database, char *sql)
{
    if (sql == NULL) {
        plan_refuse(planning, memory_format("%s/%s: the name cannot be written as T-SQL", server,
                                            database == NULL ? "" : database));
        return;
    }
    *memory_append(planning->plan, source_steps) =
        (struct plan_source_step){.kind = kind,
                                  .server = memory_copy_text(server),
                                  .database = memory_copy_text(database),
                                  .sql = sql};
}

static void add_jobs(struct planning *planning, const struct server_view *server)
{
    for (size_t i = 0; i < server->jobs_count; i++)
        if (server->jobs[i].enabled)
            add_source_step(planning, STEP_JOB, server->name, NULL,
                            tsql_job_enable(server->jobs[i].job_id, false));
}

static void add_databases(struct planning *planning, enum step_kind kind,
                          char *(*statement)(const char *database))
{
    const struct plan *plan = planning->plan;
    for (size_t i = 0; i < plan->databases_count; i++)
        if (plan->databases[i].source != NULL)
            add_source_step(planning, kind, plan->databases[i].source, plan->databases[i].original,
                            statement(plan->databases[i].original));
}

void plan_add_source_steps(struct planning *planning)
{
    const struct group_view *view = planning->view;
    if (!planning->request->situation_known ||
        !situation_traits(planning->request->situation)->makes_mark)
        return;
    for (size_t i = 0; i < view->servers_count; i++)
        if (view->servers[i]->role == ROLE_SOURCE)
            add_jobs(planning, view->servers[i]);
    const struct job_row *backup =
        view->management < 0 ? NULL
                             : server_view_job(view->servers[view->management], JOB_BACKUP);
    if (backup == NULL)
        plan_refuse(planning, memory_copy_text("the backup job is not to be seen on the source, "
                                               "so it cannot make the last mark"));
    else
        add_source_step(planning, STEP_JOB, view->servers[view->management]->name, NULL,
                        tsql_job_start(backup->job_id));
    add_databases(planning, STEP_SINGLE_USER, tsql_set_single_user);
    add_databases(planning, STEP_OFFLINE, tsql_set_offline);
}
