#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/log.h"
#include "core/base/memory.h"
#include "core/base/str.h"
#include "core/base/text.h"
#include "tests/lab/agent.h"
#include "tests/lab/agent_run.h"
#include "tests/lab/engine.h"
#include "tests/lab/reply.h"
#include "tests/lab/wire_wait.h"

struct agent_runner {
    pthread_t scheduler;
    bool stopping;
    size_t active; /* job threads */
};

static const char EXECUTED_AS[] = "Executed as user: NT SERVICE\\SQLSERVERAGENT. ";

/* Runs one step once more after so many retries; the message that Agent would keep is left in
 * *message (owned). */
static enum job_outcome run_step(struct job *job, size_t index, int retries, char **message)
{
    struct job_step *step = &job->steps[index];
    struct instance *instance = job->agent->instance;
    struct reply *reply = reply_new_sink();
    int64_t started = lab_now_utc_ms(instance->lab);
    struct session *session =
        session_open_internal(instance, step->database, "SQLAgent - TSQL JobStep", reply);
    job->session = session;
    session->running = true;
    bool good =
        engine_run_internal(session, step->command, reply) && reply_sink_last_error(reply) == 0;
    enum job_outcome outcome = session->killed || session->disconnected ? JOB_CANCELLED
                               : good                                   ? JOB_SUCCEEDED
                               : retries < step->retry_attempts         ? JOB_RETRY
                                                                        : JOB_FAILED;
    struct str text = {0};
    str_add(&text, EXECUTED_AS);
    str_add(&text, reply_sink_messages(reply));
    str_add(&text, outcome == JOB_SUCCEEDED   ? "  The step succeeded."
                   : outcome == JOB_CANCELLED ? "  The step was cancelled."
                                              : "  The step failed.");
    *message = str_take(&text);
    struct job_history *history =
        job_add_history(job, (int)index + 1, step->name, outcome, *message);
    history->message_number = good ? 0 : reply_sink_last_error(reply);
    history->severity = good ? 0 : 16;
    history->retries = retries;
    history->started_utc_ms = started;
    history->duration_ms = lab_now_utc_ms(instance->lab) - started;
    step->last_outcome = outcome;
    step->last_run_utc_ms = history->started_utc_ms;
    step->last_duration_ms = history->duration_ms;
    job->session = NULL;
    session_close_internal(session);
    reply_free(reply);
    return outcome;
}

static void finish(struct job *job, enum job_outcome outcome, size_t last_step,
                   const char *requested_by)
{
    static const char *const words[] = {"The job failed.", "The job succeeded.", "",
                                        "The job was stopped."};
    int64_t now = lab_now_utc_ms(job->agent->instance->lab);
    char *message =
        memory_format("%s The job was invoked by %s. The last step to run was step %zu"
                      " (%s).",
                      words[outcome], requested_by, last_step + 1, job->steps[last_step].name);
    struct job_history *history = job_add_history(job, 0, "(Job outcome)", outcome, message);
    history->started_utc_ms = job->started_utc_ms;
    history->duration_ms = now - job->started_utc_ms;
    free(job->last_message);
    job->last_message = message;
    job->last_outcome = outcome;
    job->last_run_utc_ms = job->started_utc_ms;
    job->last_duration_ms = now - job->started_utc_ms;
    job->last_history_id = history->id;
    job->stopped_utc_ms = now;
    job->running = false;
    lab_changed();
}

/* The time between two attempts; false: the job was stopped meanwhile. */
static bool wait_for_retry(struct job *job, const struct job_step *step)
{
    struct instance *instance = job->agent->instance;
    int64_t until = lab_now_utc_ms(instance->lab) + (int64_t)step->retry_interval_min * 60000;
    struct reply *reply = reply_new_sink();
    struct session *session =
        session_open_internal(instance, step->database, "SQLAgent - Generic Refresher", reply);
    job->session = session;
    bool waited = session_sleep(session, until) == SESSION_GO_ON;
    job->session = NULL;
    session_close_internal(session);
    reply_free(reply);
    return waited;
}

/* One step with its retries. */
static enum job_outcome try_step(struct job *job, size_t index)
{
    enum job_outcome outcome = JOB_RETRY;
    for (int retries = 0; outcome == JOB_RETRY; retries++) {
        char *message = NULL;
        outcome = run_step(job, index, retries, &message);
        job->executed_step = (int)index + 1;
        if (outcome != JOB_SUCCEEDED) {
            log_write(LOG_INFO, "lab: %s: job %s: %s", job->agent->instance->name, job->name,
                      message);
        }
        free(message);
        if (outcome == JOB_RETRY && !wait_for_retry(job, &job->steps[index])) {
            outcome = JOB_CANCELLED;
        }
    }
    return outcome;
}

/* Steps may lead back to each other; a job that never ends would hold the standing clock. */
enum { STEPS_OF_A_RUN = 1000 };

static void run_job(struct job *job, const char *requested_by)
{
    enum job_outcome outcome = JOB_SUCCEEDED;
    size_t step = 0, last = 0;
    for (int ran = 0; step < job->steps_count && ran < STEPS_OF_A_RUN; ran++) {
        last = step;
        outcome = try_step(job, step);
        if (outcome == JOB_CANCELLED) {
            break;
        }
        const struct step_end *end = outcome == JOB_SUCCEEDED ? &job->steps[step].on_success
                                                              : &job->steps[step].on_fail;
        if (end->action == STEP_QUIT_SUCCESS || end->action == STEP_QUIT_FAILURE) {
            outcome = end->action == STEP_QUIT_SUCCESS ? JOB_SUCCEEDED : JOB_FAILED;
            break;
        }
        step = end->action == STEP_NEXT ? step + 1 : (size_t)end->step - 1;
    }
    finish(job, outcome, last, requested_by);
}

struct job_thread {
    struct job *job;
    const char *requested_by;
};

static void *job_thread_main(void *argument)
{
    struct job_thread thread = *(struct job_thread *)argument;
    free(argument);
    lab_lock();
    run_job(thread.job, thread.requested_by);
    thread.job->agent->instance->lab->runner->active--;
    lab_changed();
    lab_unlock();
    return NULL;
}

static void begin(struct job *job)
{
    int64_t now = lab_now_utc_ms(job->agent->instance->lab);
    job->running = true;
    job->requested_utc_ms = job->started_utc_ms = now;
    job->stopped_utc_ms = INT64_MIN;
    job->executed_step = 0;
    lab_changed();
}

static void start(struct job *job, const char *requested_by)
{
    struct agent_runner *runner = job->agent->instance->lab->runner;
    begin(job);
    if (runner == NULL) {
        run_job(job, requested_by);
        return;
    }
    struct job_thread *thread = memory_new(sizeof *thread);
    *thread = (struct job_thread){.job = job, .requested_by = requested_by};
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_t id;
    runner->active++;
    if (pthread_create(&id, &attributes, job_thread_main, thread) != 0) {
        runner->active--;
        free(thread);
        finish(job, JOB_FAILED, 0, requested_by);
    }
    pthread_attr_destroy(&attributes);
}

bool job_start(struct job *job)
{
    if (job->running || job->steps_count == 0) {
        return false;
    }
    start(job, "User sa");
    return true;
}

static bool runs(const struct agent *agent)
{
    return !agent->instance->stopped && !agent->stopped;
}

/* The job that is due next on a living instance; NULL = none. */
static struct job *next_job(const struct lab *lab)
{
    struct job *next = NULL;
    for (size_t i = 0; i < lab->instances_count; i++) {
        const struct agent *agent = lab->instances[i]->agent;
        for (size_t j = 0; runs(agent) && j < agent->jobs_count; j++) {
            struct job *job = agent->jobs[j];
            if (job->enabled && job->schedule_enabled && job->next_run_utc_ms != INT64_MIN &&
                (next == NULL || job->next_run_utc_ms < next->next_run_utc_ms)) {
                next = job;
            }
        }
    }
    return next;
}

static void run_due(struct job *job)
{
    int64_t due = job->next_run_utc_ms;
    int64_t now = lab_now_utc_ms(job->agent->instance->lab);
    job->next_run_utc_ms = due + job->every_ms;
    if (job->next_run_utc_ms <= now) {
        job->next_run_utc_ms +=
            (now - job->next_run_utc_ms) / job->every_ms * job->every_ms + job->every_ms;
    }
    if (!job->running) {
        start(job, "Schedule");
    }
}

void lab_advance(struct lab *lab, int64_t duration_ms)
{
    if (lab->runner != NULL) {
        lab->now_base_utc_ms += duration_ms;
        lab_changed();
        return;
    }
    int64_t end = lab->now_base_utc_ms + duration_ms;
    struct job *job;
    while ((job = next_job(lab)) != NULL && job->next_run_utc_ms <= end) {
        if (job->next_run_utc_ms > lab->now_base_utc_ms) {
            lab->now_base_utc_ms = job->next_run_utc_ms;
        }
        run_due(job);
    }
    lab->now_base_utc_ms = end;
    lab_changed();
}

static void *scheduler_main(void *argument)
{
    struct lab *lab = argument;
    lab_lock();
    while (!lab->runner->stopping) {
        int64_t now = lab_now_utc_ms(lab);
        struct job *job = next_job(lab);
        if (job != NULL && job->next_run_utc_ms <= now) {
            run_due(job);
            continue;
        }
        double wait_ms = job == NULL ? 60000 : (double)(job->next_run_utc_ms - now) / lab->speed;
        lab_wait(-1, 0, wait_ms > 60000 ? 60000 : (int)wait_ms + 1, NULL);
    }
    lab_unlock();
    return NULL;
}

void agent_runner_start(struct lab *lab)
{
    lab->runner = memory_new(sizeof *lab->runner);
    if (pthread_create(&lab->runner->scheduler, NULL, scheduler_main, lab) != 0) {
        abort();
    }
}

void agent_runner_stop(struct lab *lab)
{
    lab_lock();
    lab->runner->stopping = true;
    lab_changed();
    lab_unlock();
    pthread_join(lab->runner->scheduler, NULL);
    lab_lock();
    while (lab->runner->active > 0) {
        for (size_t i = 0; i < lab->instances_count; i++) {
            for (struct session *s = lab->instances[i]->sessions; s != NULL; s = s->next) {
                s->killed = true;
            }
        }
        lab_changed();
        lab_wait(-1, 0, 50, NULL);
    }
    free(lab->runner);
    lab->runner = NULL;
    lab_unlock();
}
