/* Agent's jobs: what they are for, whether they run, how they ended. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/base/str.h"
#include "core/base/text.h"
#include "core/decode.h"
#include "core/reading.h"

enum { DURATIONS_MAX = 15, RUNS_MAX = 12 };

/* What is collected beside the rows themselves. */
struct job_facts {
    struct str steps;
    int64_t durations_ms[DURATIONS_MAX];
    size_t durations_count, runs_count;
    char **step_names; /* owned, in order */
    size_t step_names_count, step_names_capacity;
    char *failed_step; /* the message of the step at which the last run failed; owned */
};

struct jobs_reading {
    struct reading *reading;
    struct job_facts *facts; /* one for each job */
    size_t facts_count, facts_capacity;
};

static bool add_job(void *context, const struct tds_row *row)
{
    struct jobs_reading *jobs = context;
    struct job_row *job = memory_append(jobs->reading->fresh, jobs);
    memory_append(jobs, facts);
    *job = (struct job_row){
        .name = memory_copy_text(tds_text(row, "name")),
        .enabled = tds_integer(row, "enabled", 0) != 0,
        .running_since_utc_ms = TIME_UNKNOWN,
        .last_run_utc_ms = TIME_UNKNOWN,
        .last_duration_ms = DURATION_UNKNOWN,
        .usual_duration_ms = DURATION_UNKNOWN,
        .next_run_utc_ms = TIME_UNKNOWN,
    };
    tds_guid(row, "job_id", job->job_id);
    return true;
}

/* The index of the job that the row is about, or -1. */
static int job_of(const struct jobs_reading *jobs, const struct tds_row *row)
{
    char id[37];
    tds_guid(row, "job_id", id);
    const struct server_view *fresh = jobs->reading->fresh;
    for (size_t i = 0; i < fresh->jobs_count; i++)
        if (text_equal(fresh->jobs[i].job_id, id))
            return (int)i;
    return -1;
}

static bool add_step(void *context, const struct tds_row *row)
{
    struct jobs_reading *jobs = context;
    int index = job_of(jobs, row);
    const char *command = tds_text(row, "command");
    if (index < 0)
        return true;
    struct job_step_row *step = memory_append(jobs->reading->fresh, job_steps);
    decode_job_step(step, row);
    *memory_append(&jobs->facts[index], step_names) = memory_copy_text(step->name);
    struct str *steps = &jobs->facts[index].steps;
    if (command && steps->length)
        str_add_char(steps, '\n');
    str_add(steps, command ? command : "");
    return true;
}

static bool add_schedule(void *context, const struct tds_row *row)
{
    struct jobs_reading *jobs = context;
    if (job_of(jobs, row) >= 0)
        decode_job_schedule(memory_append(jobs->reading->fresh, job_schedules), row);
    return true;
}

static enum job_outcome outcome_of(int64_t number)
{
    switch (number) {
    case 0:
        return OUTCOME_FAILED;
    case 1:
        return OUTCOME_SUCCEEDED;
    case 2:
        return OUTCOME_RETRY;
    case 3:
        return OUTCOME_CANCELLED;
    default:
        return OUTCOME_UNKNOWN;
    }
}

static bool take_outcome(void *context, const struct tds_row *row)
{
    struct jobs_reading *jobs = context;
    int index = job_of(jobs, row);
    if (index < 0)
        return true;
    struct job_row *job = &jobs->reading->fresh->jobs[index];
    int64_t local_ms =
        decode_agent_time(tds_integer(row, "run_date", 0), tds_integer(row, "run_time", 0));
    if (local_ms == TIME_UNKNOWN)
        return true; /* it never ran: the outcome column holds a filler */
    job->last_outcome = outcome_of(tds_integer(row, "outcome", -1));
    job->last_run_utc_ms = decode_local_ms(local_ms, jobs->reading->view->utc_offset_min);
    job->last_duration_ms = decode_agent_duration(tds_integer(row, "duration", -1));
    free(job->message);
    job->message = memory_copy_text(tds_text(row, "message"));
    return true;
}

static bool take_activity(void *context, const struct tds_row *row)
{
    struct jobs_reading *jobs = context;
    int index = job_of(jobs, row);
    if (index < 0)
        return true;
    struct job_row *job = &jobs->reading->fresh->jobs[index];
    int offset_min = jobs->reading->view->utc_offset_min;
    job->running = tds_has(row, "started") && !tds_has(row, "stopped");
    if (job->running) {
        const struct job_facts *facts = &jobs->facts[index];
        size_t next = (size_t)tds_integer(row, "last_step", 0); /* steps count from 1 */
        job->running_since_utc_ms = decode_local_ms(tds_time_ms(row, "started"), offset_min);
        if (next < facts->step_names_count && facts->step_names[next])
            job->running_step = memory_format("%zu %s", next + 1, facts->step_names[next]);
    }
    job->next_run_utc_ms = decode_local_ms(tds_time_ms(row, "next_run"), offset_min);
    return true;
}

static void keep_run(struct jobs_reading *jobs, int index, const struct tds_row *row)
{
    struct server_view *fresh = jobs->reading->fresh;
    struct job_run *run = memory_append(fresh, job_runs);
    int64_t local_ms =
        decode_agent_time(tds_integer(row, "run_date", 0), tds_integer(row, "run_time", 0));
    *run = (struct job_run){
        .started_utc_ms = decode_local_ms(local_ms, jobs->reading->view->utc_offset_min),
        .duration_ms = decode_agent_duration(tds_integer(row, "duration", -1)),
        .outcome = outcome_of(tds_integer(row, "status", -1)),
        .message = memory_copy_text(tds_text(row, "message")),
    };
    snprintf(run->job_id, sizeof run->job_id, "%s", fresh->jobs[index].job_id);
}

static bool take_run(void *context, const struct tds_row *row)
{
    struct jobs_reading *jobs = context;
    int index = job_of(jobs, row);
    if (index < 0)
        return true;
    struct job_facts *facts = &jobs->facts[index];
    int64_t duration_ms = decode_agent_duration(tds_integer(row, "duration", -1));
    if (facts->runs_count < RUNS_MAX) {
        keep_run(jobs, index, row);
        facts->runs_count++;
    }
    if (tds_integer(row, "status", -1) == 1 && duration_ms != DURATION_UNKNOWN &&
        facts->durations_count < DURATIONS_MAX)
        facts->durations_ms[facts->durations_count++] = duration_ms;
    return true;
}

/* A step of an earlier run does not tell how the last one ended. */
static bool take_failed_step(void *context, const struct tds_row *row)
{
    struct jobs_reading *jobs = context;
    int index = job_of(jobs, row);
    if (index < 0)
        return true;
    const struct job_row *job = &jobs->reading->fresh->jobs[index];
    int64_t began_ms =
        decode_agent_time(tds_integer(row, "run_date", 0), tds_integer(row, "run_time", 0));
    began_ms = decode_local_ms(began_ms, jobs->reading->view->utc_offset_min);
    if (began_ms != TIME_UNKNOWN && job->last_run_utc_ms != TIME_UNKNOWN &&
        began_ms >= job->last_run_utc_ms && jobs->facts[index].failed_step == NULL)
        jobs->facts[index].failed_step = memory_copy_text(tds_text(row, "message"));
    return true;
}

static int compare_durations(const void *left, const void *right)
{
    const int64_t *a = left, *b = right;
    return (*a > *b) - (*a < *b);
}

/* The median of the newest successful runs. */
static int64_t usual_duration(struct job_facts *facts)
{
    if (!facts->durations_count)
        return DURATION_UNKNOWN;
    qsort(facts->durations_ms, facts->durations_count, sizeof facts->durations_ms[0],
          compare_durations);
    return facts->durations_ms[facts->durations_count / 2];
}

static void finish_jobs(struct jobs_reading *jobs)
{
    for (size_t i = 0; i < jobs->reading->fresh->jobs_count; i++) {
        struct job_row *job = &jobs->reading->fresh->jobs[i];
        struct job_facts *facts = &jobs->facts[i];
        job->usual_duration_ms = usual_duration(facts);
        job->steps = str_take(&facts->steps);
        job->function = decode_job_function(job->name, job->steps);
        /* "The job failed" says less than the step's own words */
        if (job->last_outcome == OUTCOME_FAILED && facts->failed_step) {
            free(job->message);
            job->message = facts->failed_step;
            facts->failed_step = NULL;
        }
    }
}

enum error_code reading_jobs(struct reading *reading, struct error *error)
{
    static const struct {
        const struct query *query;
        tds_row_function *row;
    } asks[] = {
        {&query_jobs, add_job},
        {&query_job_steps, add_step},
        {&query_job_schedules, add_schedule},
        {&query_job_outcomes, take_outcome},
        {&query_job_activity, take_activity},
        {&query_job_history, take_run},
        {&query_failed_steps, take_failed_step},
    };
    struct jobs_reading jobs = {.reading = reading};
    enum error_code code = ERR_OK;
    for (size_t i = 0; i < sizeof asks / sizeof asks[0] && !code; i++)
        code = reading_ask(reading, asks[i].query, NULL, 0, asks[i].row, &jobs, error);
    if (!code)
        finish_jobs(&jobs);
    for (size_t i = 0; i < jobs.facts_count; i++) {
        str_free(&jobs.facts[i].steps);
        for (size_t k = 0; k < jobs.facts[i].step_names_count; k++)
            free(jobs.facts[i].step_names[k]);
        free(jobs.facts[i].step_names);
        free(jobs.facts[i].failed_step);
    }
    free(jobs.facts);
    return code;
}
