/* BizTalk's shipping jobs on the destinations: noted, disabled, waited for; enabled again after an
 * abort where that is safe. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/decode.h"
#include "core/execute_internal.h"
#include "core/rebuild.h"
#include "core/situation.h"
#include "core/tsql_write.h"

static bool take_job(void *context, const struct tds_row *row)
{
    struct destination *destination = context;
    const char *name = tds_text(row, "name");
    char id[37];
    tds_guid(row, "job_id", id);
    if (name == NULL)
        return true;
    struct job *job = memory_append(destination, jobs);
    *job = (struct job){.id = memory_copy_text(id), .name = memory_copy_text(name),
                        .function = decode_job_function(name, NULL), .enabled = tds_integer(row, "enabled", 0)};
    return true;
}

static bool take_running(void *context, const struct tds_row *row)
{
    struct destination *destination = context;
    char id[37];
    tds_guid(row, "job_id", id);
    for (size_t i = 0; i < destination->jobs_count; i++)
        if (strcmp(destination->jobs[i].id, id) == 0)
            destination->jobs[i].running = true;
    return true;
}

void destination_free_jobs(struct destination *destination)
{
    for (size_t i = 0; i < destination->jobs_count; i++) {
        free(destination->jobs[i].id);
        free(destination->jobs[i].name);
    }
    free(destination->jobs);
    destination->jobs = NULL;
    destination->jobs_count = destination->jobs_capacity = 0;
}

bool destination_read_jobs(struct destination *destination, struct link *link, struct error *error)
{
    destination_free_jobs(destination);
    return link_run(link, tsql_jobs(), take_job, destination, NULL, error) == ERR_OK &&
           link_run(link, tsql_jobs_running(), take_running, destination, NULL, error) == ERR_OK;
}

static bool is_shipping(const struct job *job)
{
    return job->function == JOB_GET_HISTORY || job->function == JOB_RESTORE_DATABASES;
}

static bool disable_jobs(struct destination *destination, struct error *error)
{
    struct execution *execution = destination->execution;
    for (size_t i = 0; i < destination->jobs_count; i++) {
        struct job *job = &destination->jobs[i];
        if (!is_shipping(job))
            continue;
        /* One that somebody disabled before is noted too: the way back must name it. */
        if (journal_job(execution->journal, destination->config->name, job->id, job->name,
                        job->enabled, error) != ERR_OK)
            return false;
        if (!job->enabled)
            continue;
        if (link_run(&destination->work_link, tsql_job_enable(job->id, false), NULL, NULL, NULL,
                     error) != ERR_OK)
            return false;
        job->enabled = false;
        execution_note(execution, "%s: disabled the job %s", destination->config->name, job->name);
    }
    return true;
}

/* The shipping job that still runs; NULL = none. */
static const struct job *running_job(const struct destination *destination)
{
    for (size_t i = 0; i < destination->jobs_count; i++)
        if (is_shipping(&destination->jobs[i]) && destination->jobs[i].running)
            return &destination->jobs[i];
    return NULL;
}

static bool wait_idle(struct destination *destination, struct error *error)
{
    struct execution *execution = destination->execution;
    int64_t until = clock_monotonic_ms(execution->clock) + IDLE_LIMIT_MS;
    const struct job *job;
    while (destination_read_jobs(destination, &destination->work_link, error)) {
        if ((job = running_job(destination)) == NULL || execution_aborting(execution))
            return true;
        if (clock_monotonic_ms(execution->clock) > until) {
            error_set(error, ERR_TIMEOUT, destination->config->name,
                      "stop it by hand where that is safe, then retry",
                      "the job %s still runs", job->name);
            return false;
        }
        execution_say(execution, "waiting on %s for the job %s to end", destination->config->name,
                      job->name);
        execution_wait(execution, POLL_MS);
    }
    return false;
}

/* Restore To Mark recovers databases without a gate: never beside it. */
static bool check_to_mark(const struct destination *destination, struct error *error)
{
    for (size_t i = 0; i < destination->jobs_count; i++)
        if (destination->jobs[i].function == JOB_RESTORE_TO_MARK && destination->jobs[i].running &&
            !destination->started.known) {
            error_set(error, ERR_REFUSED, destination->config->name,
                      "wait until it has ended, then make a new plan", "the job %s is running",
                      destination->jobs[i].name);
            return false;
        }
    return true;
}

bool execution_stop_jobs(struct execution *execution, struct error *error)
{
    bool stops = situation_traits(execution->head.situation)->stops_shipping;
    for (size_t i = 0; stops && i < execution->destinations_count; i++) {
        struct destination *destination = &execution->destinations[i];
        if (!destination_read_jobs(destination, &destination->work_link, error) ||
            !check_to_mark(destination, error))
            return false;
    }
    /* The last moment in which nothing was written. */
    if (!execution_set_prepared(execution, error))
        return false;
    execution_note(execution, "prepared: all files are proven by their headers");
    if (!stops) {
        execution_note(execution, "shipping goes on: its jobs are left as they are");
        return true;
    }
    for (size_t i = 0; i < execution->destinations_count; i++)
        if (!disable_jobs(&execution->destinations[i], error))
            return false;
    for (size_t i = 0; i < execution->destinations_count; i++)
        if (!wait_idle(&execution->destinations[i], error))
            return false;
    return true;
}

/* True for a database that this run began to restore, or may have. */
static bool was_restored(const struct execution *execution, const struct lane *lane)
{
    for (size_t i = 0; i < execution->past.steps_count; i++) {
        const struct journal_step *step = &execution->past.steps[i];
        if (step->of_plan && text_equal(step->server, lane->plan->server) &&
            text_equal(step->database, lane->plan->database))
            return true;
    }
    return false;
}

const struct lane *execution_recovered_elsewhere(const struct execution *execution,
                                                 const struct destination *destination)
{
    for (size_t i = 0; i < execution->lanes_count; i++) {
        const struct lane *lane = &execution->lanes[i];
        if ((destination == NULL || lane->destination == destination) &&
            lane->live.state == STATE_ONLINE && !lane->live.standby &&
            (!lane->plan->must_replace || was_restored(execution, lane)))
            return lane;
    }
    return NULL;
}

static void enable_again(struct destination *destination, const struct journal_job_row *job)
{
    struct error error;
    error_clear(&error);
    if (link_run(&destination->work_link, tsql_job_enable(job->job_id, true), NULL, NULL, NULL,
                 &error) == ERR_OK)
        execution_note(destination->execution, "%s: enabled the job %s again", job->server,
                       job->name);
    else
        execution_note(destination->execution, "%s: the job %s could not be enabled again: %s",
                       job->server, job->name, error.what);
}

static void restore_jobs(struct destination *destination)
{
    struct execution *execution = destination->execution;
    const struct journal_content *past = &execution->past;
    const char *name = destination->config->name;
    const struct lane *online = execution_recovered_elsewhere(execution, destination);
    bool agree = rebuild_tables_agree(past, name), disabled = false;
    for (size_t i = 0; i < past->jobs_count; i++) {
        const struct journal_job_row *job = &past->jobs[i];
        if (!text_equal(job->server, name))
            continue;
        disabled = true;
        if (!job->was_enabled)
            execution_note(execution, "%s: the job %s was disabled before this run: it stays so", name,
                           job->name);
        else if (agree && online == NULL)
            enable_again(destination, job);
    }
    if (disabled && online != NULL)
        execution_note(execution, "%s: the shipping jobs stay disabled, for %s is online, and this "
                       "run did not recover it", name, online->where);
    else if (!agree)
        execution_note(execution, "%s: the shipping jobs stay disabled, for the databases stand "
                       "where BizTalk's tables do not know them: make a new plan and restore to a "
                       "mark, or rebuild the standby (stopmark report %lld has the steps)",
                       name, (long long)execution->head.run);
}

void execution_restore_jobs(struct execution *execution)
{
    journal_content_free(&execution->past);
    if (!situation_traits(execution->head.situation)->stops_shipping ||
        journal_read(execution->journal, &execution->past, NULL) != ERR_OK)
        return;
    for (size_t i = 0; i < execution->destinations_count; i++)
        if (destination_holds_lock(&execution->destinations[i]))
            restore_jobs(&execution->destinations[i]);
        else if (execution->destinations[i].watching)
            execution_note(execution, "%s: no shipping job is enabled again: this run lost its lock "
                           "there, and another may be at work",
                           execution->destinations[i].config->name);
}
