/* SQL Server Agent of an instance: jobs with T-SQL steps, schedules, history. A due job runs in a
 * thread of its own with an internal session; where the lab's clock stands (speed 0) it runs in
 * the caller's thread, so that the order of events is always the same.
 *
 * All calls need lab_lock, which a running job gives up only inside session_wait.
 */
#ifndef STOPMARK_LAB_AGENT_H
#define STOPMARK_LAB_AGENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/lab/estate.h"
#include "tests/lab/session.h"

/* run_status of sysjobhistory, last_run_outcome of sysjobservers. Source: msdb.dbo.sysjobhistory */
enum job_outcome {
    JOB_FAILED = 0,
    JOB_SUCCEEDED = 1,
    JOB_RETRY = 2,
    JOB_CANCELLED = 3,
    JOB_UNKNOWN = 5
};

/* on_success_action and on_fail_action. Source: msdb.dbo.sysjobsteps */
enum step_action { STEP_QUIT_SUCCESS = 1, STEP_QUIT_FAILURE = 2, STEP_NEXT = 3, STEP_GO_TO = 4 };

struct step_end {
    enum step_action action;
    int step; /* STEP_GO_TO: from 1 */
};

struct job_step {
    char name[129], database[129];
    char *command; /* owned; T-SQL */
    struct step_end on_success, on_fail;
    int retry_attempts, retry_interval_min;
    enum job_outcome last_outcome;
    int64_t last_run_utc_ms, last_duration_ms; /* INT64_MIN = never */
};

struct job {
    struct agent *agent; /* borrowed */
    uint8_t id[16], schedule_guid[16];
    char name[129];
    char *description; /* owned */
    bool enabled, schedule_enabled;
    int number;                  /* 1-based; schedule_id too */
    int64_t every_ms, offset_ms; /* its schedule: from the epoch; 0 = unscheduled */
    struct job_step steps[8];
    size_t steps_count;
    bool running;
    struct session *session;                                  /* while it runs; borrowed */
    int64_t requested_utc_ms, started_utc_ms, stopped_utc_ms; /* INT64_MIN = never */
    int executed_step;
    int64_t next_run_utc_ms; /* INT64_MIN = not scheduled */
    enum job_outcome last_outcome;
    char *last_message; /* owned */
    int64_t last_run_utc_ms, last_duration_ms;
    int last_history_id;
    int64_t created_utc_ms, modified_utc_ms;
};

struct job_history {
    int id;
    struct job *job; /* borrowed */
    int step;        /* 0 = the job's outcome */
    char step_name[129];
    enum job_outcome outcome;
    int message_number, severity, retries;
    char *message; /* owned */
    int64_t started_utc_ms, duration_ms;
};

struct agent {
    struct instance *instance; /* borrowed */
    struct job **jobs;         /* owned */
    size_t jobs_count, jobs_capacity;
    struct job_history *history;
    size_t history_count, history_capacity;
    int next_history_id, session_id;
    bool stopped; /* the Agent service itself */
};

struct agent *agent_new(struct instance *instance);
void agent_free(struct agent *agent);

struct job *agent_add_job(struct instance *instance, const char *name, const char *description);
/* A step that ends the job, one way or the other. Borrowed until the next is added. */
struct job_step *job_append_step(struct job *job, const char *name, const char *database,
                                 const char *command);
/* The same behind the success of the step before it. */
void job_add_step(struct job *job, const char *name, const char *database, const char *command);
/* Every every_ms, at the offset from whole multiples (UTC). */
void job_schedule(struct job *job, int64_t every_ms, int64_t offset_ms);
void agent_remove_job(struct agent *agent, struct job *job);
struct job *agent_find_job(struct agent *agent, const char *name); /* NULL = none; no case */
struct job *agent_find_job_by_id(struct agent *agent, const uint8_t id[16]);

/* Starts it (at speed 0: runs it to its end). False if it runs already. */
bool job_start(struct job *job);
/* Asks a running job to end: its outcome is cancelled. False if it does not run. */
bool job_stop(struct job *job);
void job_set_enabled(struct job *job, bool enabled);
/* A run of the past, for scenarios: rows in the history and the last outcome. */
void job_add_past_run(struct job *job, int64_t started_utc_ms, int64_t duration_ms,
                      enum job_outcome outcome, const char *message);

/* Runs what becomes due, in threads, until agent_runner_stop, which ends running jobs and returns
 * when the last is gone. For a lab whose clock runs. start: with the lock; stop: without. */
void agent_runner_start(struct lab *lab);
void agent_runner_stop(struct lab *lab);

/* What msdb's tables and sp_help_job say alike: a date and a time as numbers (0 = never), a duration
 * as hhmmss, the ten columns of a schedule from freq_type on. */
struct row;
void row_agent_moment(struct row *row, const struct instance *instance, int64_t utc_ms);
void row_agent_duration(struct row *row, int64_t run_utc_ms, int64_t duration_ms);
void row_agent_frequency(struct row *row, const struct job *job);

/* An internal session: Agent's, a linked server's. Owned; close frees it. */
struct session *session_open_internal(struct instance *instance, const char *database,
                                      const char *application, struct reply *reply);
void session_close_internal(struct session *session);

#endif
