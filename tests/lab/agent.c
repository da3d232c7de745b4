#include "tests/lab/agent.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "tests/lab/agent_run.h"
#include "tests/lab/model.h"

enum { HISTORY_ROWS_OF_JOB = 100 };

struct agent *agent_new(struct instance *instance)
{
    struct agent *agent = memory_new(sizeof *agent);
    agent->instance = instance;
    agent->next_history_id = 1;
    agent->session_id = 17;
    return agent;
}

static void free_job(struct job *job)
{
    for (size_t i = 0; i < job->steps_count; i++) {
        free(job->steps[i].command);
    }
    free(job->description);
    free(job->last_message);
    free(job);
}

void agent_free(struct agent *agent)
{
    if (agent == NULL) {
        return;
    }
    for (size_t i = 0; i < agent->jobs_count; i++) {
        free_job(agent->jobs[i]);
    }
    for (size_t i = 0; i < agent->history_count; i++) {
        free(agent->history[i].message);
    }
    free(agent->history);
    free(agent->jobs);
    free(agent);
}

struct job *agent_add_job(struct instance *instance, const char *name, const char *description)
{
    struct agent *agent = instance->agent;
    struct job *job = memory_new(sizeof *job);
    memory_append(agent, jobs);
    agent->jobs[agent->jobs_count - 1] = job;
    job->agent = agent;
    job->number = (int)agent->jobs_count;
    lab_random_guid(instance->lab, job->id);
    lab_random_guid(instance->lab, job->schedule_guid);
    text_copy(job->name, sizeof job->name, name);
    job->description = memory_copy_text(description);
    job->enabled = true;
    job->requested_utc_ms = job->started_utc_ms = job->stopped_utc_ms = INT64_MIN;
    job->next_run_utc_ms = job->last_run_utc_ms = INT64_MIN;
    job->last_outcome = JOB_UNKNOWN;
    job->created_utc_ms = job->modified_utc_ms = instance->started_utc_ms;
    return job;
}

struct job_step *job_append_step(struct job *job, const char *name, const char *database,
                                 const char *command)
{
    struct job_step *step = &job->steps[job->steps_count++];
    text_copy(step->name, sizeof step->name, name);
    text_copy(step->database, sizeof step->database, database);
    step->command = memory_copy_text(command);
    step->last_outcome = JOB_UNKNOWN;
    step->last_run_utc_ms = INT64_MIN;
    step->on_success.action = STEP_QUIT_SUCCESS;
    step->on_fail.action = STEP_QUIT_FAILURE;
    return step;
}

void job_add_step(struct job *job, const char *name, const char *database, const char *command)
{
    if (job->steps_count > 0) {
        job->steps[job->steps_count - 1].on_success.action = STEP_NEXT;
    }
    job_append_step(job, name, database, command);
}

/* The first moment of the schedule after now. */
static int64_t next_after(const struct job *job, int64_t now)
{
    if (job->every_ms == 0) {
        return INT64_MIN;
    }
    return (now - job->offset_ms) / job->every_ms * job->every_ms + job->offset_ms + job->every_ms;
}

void job_schedule(struct job *job, int64_t every_ms, int64_t offset_ms)
{
    job->every_ms = every_ms;
    job->offset_ms = offset_ms;
    job->schedule_enabled = true;
    job->next_run_utc_ms = next_after(job, lab_now_utc_ms(job->agent->instance->lab));
}

void agent_remove_job(struct agent *agent, struct job *job)
{
    size_t kept = 0;
    for (size_t i = 0; i < agent->history_count; i++) {
        if (agent->history[i].job == job) {
            free(agent->history[i].message);
        } else {
            agent->history[kept++] = agent->history[i];
        }
    }
    agent->history_count = kept;
    for (size_t i = 0; i < agent->jobs_count; i++) {
        if (agent->jobs[i] == job) {
            memmove(&agent->jobs[i], &agent->jobs[i + 1],
                    (agent->jobs_count - i - 1) * sizeof(struct job *));
            agent->jobs_count--;
            break;
        }
    }
    free_job(job);
}

struct job *agent_find_job(struct agent *agent, const char *name)
{
    for (size_t i = 0; i < agent->jobs_count; i++) {
        if (text_equal_nocase(agent->jobs[i]->name, name)) {
            return agent->jobs[i];
        }
    }
    return NULL;
}

struct job *agent_find_job_by_id(struct agent *agent, const uint8_t id[16])
{
    for (size_t i = 0; i < agent->jobs_count; i++) {
        if (memcmp(agent->jobs[i]->id, id, 16) == 0) {
            return agent->jobs[i];
        }
    }
    return NULL;
}

void job_set_enabled(struct job *job, bool enabled)
{
    int64_t now = lab_now_utc_ms(job->agent->instance->lab);
    job->enabled = enabled;
    job->modified_utc_ms = now;
    job->next_run_utc_ms = next_after(job, now);
    lab_changed();
}

/* Agent keeps so many rows of a job and forgets the oldest. */
static void forget_oldest(struct agent *agent, const struct job *job)
{
    size_t rows = 0, oldest = agent->history_count;
    for (size_t i = agent->history_count; i-- > 0;) {
        if (agent->history[i].job == job) {
            rows++;
            oldest = i;
        }
    }
    if (rows < HISTORY_ROWS_OF_JOB) {
        return;
    }
    free(agent->history[oldest].message);
    memmove(&agent->history[oldest], &agent->history[oldest + 1],
            (agent->history_count - oldest - 1) * sizeof *agent->history);
    agent->history_count--;
}

struct job_history *job_add_history(struct job *job, int step, const char *step_name,
                                    enum job_outcome outcome, const char *message)
{
    struct agent *agent = job->agent;
    forget_oldest(agent, job);
    struct job_history *history = memory_append(agent, history);
    *history = (struct job_history){.id = agent->next_history_id++,
                                    .job = job,
                                    .step = step,
                                    .outcome = outcome,
                                    .message = memory_copy_text(message)};
    text_copy(history->step_name, sizeof history->step_name, step_name);
    return history;
}

void job_add_past_run(struct job *job, int64_t started_utc_ms, int64_t duration_ms,
                      enum job_outcome outcome, const char *message)
{
    for (size_t i = 0; i < job->steps_count; i++) {
        bool last = i + 1 == job->steps_count;
        struct job_step *step = &job->steps[i];
        struct job_history *history = job_add_history(
            job, (int)i + 1, step->name, last ? outcome : JOB_SUCCEEDED,
            last ? message : "Executed as user: NT SERVICE\\SQLSERVERAGENT. The step succeeded.");
        history->started_utc_ms = started_utc_ms;
        history->duration_ms = last ? duration_ms : 0;
        step->last_outcome = history->outcome;
        step->last_run_utc_ms = started_utc_ms;
        step->last_duration_ms = history->duration_ms;
    }
    struct job_history *history = job_add_history(job, 0, "(Job outcome)", outcome, message);
    history->started_utc_ms = started_utc_ms;
    history->duration_ms = duration_ms;
    job->last_history_id = history->id;
    job->last_outcome = outcome;
    free(job->last_message);
    job->last_message = memory_copy_text(message);
    job->requested_utc_ms = job->started_utc_ms = job->last_run_utc_ms = started_utc_ms;
    job->stopped_utc_ms = started_utc_ms + duration_ms;
    job->last_duration_ms = duration_ms;
    job->executed_step = (int)job->steps_count;
}

bool job_stop(struct job *job)
{
    if (!job->running) {
        return false;
    }
    if (job->session != NULL) {
        job->session->killed = true;
    }
    lab_changed();
    return true;
}
