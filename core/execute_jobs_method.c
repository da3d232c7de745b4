/* The jobs method: BizTalk's Restore To Mark jobs, one server after the other, the management
 * database's last. Its gate stands before the start; a job's success is no proof, MarkLog is. What
 * a job leaves behind comes to the mark by the direct method, when an operator has said so.
 *
 * A job is started at most once in a run: what it did is asked of the servers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/decode.h"
#include "core/execute_internal.h"
#include "core/tsql_write.h"

enum {
    START_LIMIT_MS = 60000,  /* for Agent to begin what it was asked to */
    SETTLE_LIMIT_MS = 15000, /* for Agent to write the outcome of what has ended */
    LOST_MAX = 120           /* looks in a row that failed before the watch is given up */
};

static struct destination *find_destination(struct execution *execution, const char *server)
{
    int index = config_server_find(execution->config, server);
    for (size_t i = 0; i < execution->destinations_count; i++)
        if (execution->destinations[i].index == index)
            return &execution->destinations[i];
    return NULL;
}

static bool any_started(const struct execution *execution)
{
    for (size_t i = 0; i < execution->destinations_count; i++)
        if (execution->destinations[i].started.known)
            return true;
    return false;
}

void execution_recall_jobs(struct execution *execution)
{
    for (size_t i = 0; i < execution->past.steps_count; i++) {
        const struct journal_step *step = &execution->past.steps[i];
        struct destination *destination =
            step->kind == STEP_START_JOB ? find_destination(execution, step->server) : NULL;
        if (destination == NULL)
            continue;
        long long before = 0;
        if (step->file != NULL)
            sscanf(step->file, "after outcome %lld", &before);
        destination->started = (struct started_job){
            .known = true, .ended = step->state != STEP_UNKNOWN && step->state != STEP_SENT,
            .failed = step->state == STEP_FAILED, .intent = step->id, .outcome_before = before};
        execution->jobs_over = true;
        execution_burn_bridges(execution);
    }
}

/* --- its own gate ------------------------------------------------------------------------------ */

struct imported {
    const struct plan *plan;
    bool has_set, complete, same_mark;
    int64_t newer; /* a newer complete set; 0 = none */
};

static bool take_imported(void *context, const struct tds_row *row)
{
    struct imported *imported = context;
    int64_t set = tds_integer(row, "BackupSetId", 0);
    bool complete = tds_integer(row, "complete", 0) == 1;
    if (set == imported->plan->set) {
        imported->has_set = true;
        imported->complete = complete;
        imported->same_mark = text_equal(tds_text(row, "MarkName"), imported->plan->mark);
    } else if (complete && set > imported->plan->set) {
        imported->newer = set;
    }
    return true;
}

static bool take_last(void *context, const struct tds_row *row)
{
    int64_t set = decode_last_restore_set(row);
    int64_t *last = context;
    *last = set > *last ? set : *last;
    return true;
}

static bool refuse_start(const struct execution *execution, struct error *error, const char *where,
                         char *what)
{
    error_set(error, ERR_REFUSED, where,
              any_started(execution) ? "its job was not started; retry or resume: its databases come to "
                                       "the same mark by the direct method"
                                     : "no job was started; make a new plan, or use direct",
              "%s", what);
    free(what);
    return false;
}

/* Has the destination the plan's set as its newest complete one, with the plan's mark? */
static bool check_destination(struct destination *destination, int64_t *last, struct error *error)
{
    const struct execution *execution = destination->execution;
    const struct plan *plan = execution->plan;
    const char *name = destination->config->name;
    struct imported imported = {.plan = plan};
    *last = -1;
    if (link_run(&destination->work_link, tsql_imported_sets(plan->set), take_imported, &imported,
                 NULL, error) != ERR_OK ||
        link_run(&destination->work_link, tsql_last_restored_set(), take_last, last, NULL, error) !=
            ERR_OK)
        return false;
    if (!imported.has_set || !imported.complete)
        return refuse_start(execution, error, name,
                            memory_format("its history has not the complete set %lld",
                                          (long long)plan->set));
    if (!imported.same_mark)
        return refuse_start(execution, error, name,
                            memory_format("its set %lld has another mark than %s",
                                          (long long)plan->set, plan->mark));
    if (imported.newer != 0)
        return refuse_start(execution, error, name,
                            memory_format("it has imported set %lld since the plan was made, and its "
                                          "job would go for that",
                                          (long long)imported.newer));
    return *last >= 0 || refuse_start(execution, error, name,
                                      memory_copy_text("its last restored set is not known"));
}

/* Exactly the log of the target's set is left, and the database waits for it. */
static bool check_lane(struct lane *lane, struct link *link)
{
    struct error error;
    error_clear(&error);
    if (!lane_locate(lane, link, &error))
        return lane_fail(lane, &error);
    const struct plan_step *last = lane_last_log(lane);
    if (lane->live.state == STATE_RESTORING && last != NULL &&
        &lane->plan->steps[lane->next] == last)
        return true;
    refuse_start(lane->execution, &error, lane->where,
                 memory_copy_text("its backlog is not worked off, or it does not await the last log"));
    return lane_fail(lane, &error);
}

bool execution_check_jobs(struct execution *execution, struct error *error)
{
    int64_t first = -1, last;
    if (any_started(execution)) /* under way already */
        return true;
    execution_say(execution, "looking whether all destinations stand alike");
    for (size_t i = 0; i < execution->destinations_count; i++) {
        struct destination *destination = &execution->destinations[i];
        if (!check_destination(destination, &last, error))
            return false;
        if (i > 0 && last != first)
            return refuse_start(execution, error, destination->config->name,
                                memory_format("its last restored set is %lld, that of %s is %lld",
                                              (long long)last,
                                              execution->destinations[0].config->name,
                                              (long long)first));
        first = last;
    }
    return execution_each_lane(execution, check_lane, error);
}

/* --- watching ----------------------------------------------------------------------------------- */

struct outcome {
    int64_t id; /* 0 = none */
    int status;
    char message[512];
};

static bool take_outcome(void *context, const struct tds_row *row)
{
    struct outcome *outcome = context;
    outcome->id = tds_integer(row, "instance_id", 0);
    outcome->status = (int)tds_integer(row, "run_status", 0);
    text_clean(outcome->message, sizeof outcome->message, tds_text(row, "message"));
    return true;
}

static bool read_outcome(struct destination *destination, const struct plan_job *job,
                         struct outcome *outcome, struct error *error)
{
    *outcome = (struct outcome){0};
    return link_run(&destination->work_link, tsql_job_outcome(job->id), take_outcome, outcome, NULL,
                    error) == ERR_OK;
}

static bool is_running(const struct destination *destination, const struct plan_job *job)
{
    for (size_t i = 0; i < destination->jobs_count; i++)
        if (text_equal_nocase(destination->jobs[i].id, job->id))
            return destination->jobs[i].running;
    return false;
}

static void say_progress(struct destination *destination, const struct plan_job *job)
{
    struct execution *execution = destination->execution;
    size_t online = 0, all = 0;
    for (size_t i = 0; i < execution->lanes_count; i++) {
        struct lane *lane = &execution->lanes[i];
        struct error ignored;
        error_clear(&ignored);
        if (lane->destination != destination)
            continue;
        all++;
        if (lane_look(lane, &destination->work_link, false, &ignored) &&
            lane->live.state == STATE_ONLINE && !lane->live.standby) {
            online++;
            lane_set(lane, LANE_ONLINE, "by BizTalk's job; MarkLog is read when it has ended");
        }
    }
    execution_say(execution, "%s: %s is running; %zu of %zu databases are online",
                  destination->config->name, job->name, online, all);
}

/* Waits until the job has ended, or has not begun in time. True with *outcome; id 0: Agent has no
 * word of it. False with *error where the server does not answer any more. */
static bool watch_job(struct destination *destination, const struct plan_job *job,
                      struct outcome *outcome, struct error *error)
{
    struct execution *execution = destination->execution;
    int64_t since = clock_monotonic_ms(execution->clock);
    bool seen = false;
    for (int lost = 0;;) {
        struct error why;
        error_clear(&why);
        if (!read_outcome(destination, job, outcome, &why) ||
            !destination_read_jobs(destination, &destination->work_link, &why)) {
            if (++lost > LOST_MAX || why.code == ERR_PERMISSION) {
                *error = why;
                return false;
            }
            execution_wait(execution, WATCH_MS);
            continue;
        }
        lost = 0;
        int64_t now = clock_monotonic_ms(execution->clock);
        bool running = is_running(destination, job);
        if (!running && outcome->id > destination->started.outcome_before)
            return true;
        if (running) {
            seen = true;
            since = now;
            say_progress(destination, job);
        } else if (now - since > (seen ? SETTLE_LIMIT_MS : START_LIMIT_MS)) {
            *outcome = (struct outcome){.status = -1};
            snprintf(outcome->message, sizeof outcome->message, "%s",
                     seen ? "it ended, and Agent kept no outcome" : "Agent did not begin it");
            return true;
        }
        execution_wait(execution, running ? WATCH_MS : POLL_MS);
    }
}

/* --- what it did -------------------------------------------------------------------------------- */

/* Is the database online, and does its MarkLog prove the mark? */
static bool lane_came(struct lane *lane, struct error *error)
{
    const struct plan *plan = lane->execution->plan;
    struct link *link = &lane->destination->work_link;
    if (!lane_settle(lane, link, error))
        return false;
    if (lane->live.state != STATE_ONLINE || lane->live.standby) {
        error_set(error, ERR_NOT_PROVEN, lane->where, "retry or resume: it comes to the same mark by "
                  "the direct method", "the job left it %s%s",
                  database_state_name(lane->live.state), lane->live.standby ? " in standby" : "");
        return false;
    }
    if (!lane_read_marks(lane, link, error) ||
        !mark_log_proves(&lane->mark_log, plan->mark, plan->stop, lane->where, error))
        return false;
    lane->recovered = lane->at_mark = true;
    lane_set(lane, LANE_ONLINE, "");
    return true;
}

/* All databases of the destination; *error is the first that did not come. */
static bool all_came(struct destination *destination, size_t *came, size_t *all,
                     struct error *error)
{
    struct execution *execution = destination->execution;
    *came = *all = 0;
    for (size_t i = 0; i < execution->lanes_count; i++) {
        struct lane *lane = &execution->lanes[i];
        struct error why;
        error_clear(&why);
        if (lane->destination != destination)
            continue;
        ++*all;
        if (lane_came(lane, &why)) {
            ++*came;
            continue;
        }
        execution_note(execution, "%s: %s", lane->where, why.what);
        if (error->code == ERR_OK)
            *error = why;
    }
    return *came == *all;
}

static void conclude(struct destination *destination, enum step_state state, const char *text)
{
    struct execution *execution = destination->execution;
    struct journal_outcome outcome = {
        .intent = destination->started.intent,
        .state = state,
        .state_after = STATE_ABSENT, /* of no database */
        .text = text,
        .at_utc_ms = clock_utc_ms(execution->clock),
    };
    destination->started.ended = true;
    destination->started.failed = state == STEP_FAILED;
    /* Not written, it is found out again when the run is resumed. */
    journal_conclude(execution->journal, &outcome, NULL);
}

/* Watches a started job to its end and judges by the databases. */
static bool finish_job(struct destination *destination, const struct plan_job *job,
                       struct error *error)
{
    struct execution *execution = destination->execution;
    struct outcome outcome;
    size_t came, all;
    if (!watch_job(destination, job, &outcome, error))
        return false;
    const char *said = outcome.status == 1    ? "Agent says success"
                       : outcome.status == 0  ? "Agent says failure"
                       : outcome.status == -1 ? outcome.message
                                              : "Agent says neither success nor failure";
    struct error why;
    error_clear(&why);
    bool good = all_came(destination, &came, &all, &why);
    char text[1200];
    snprintf(text, sizeof text, "%s; %zu of %zu databases are online with the mark%s%s", said, came,
             all, outcome.message[0] == '\0' || outcome.status == -1 ? "" : ": ",
             outcome.status == -1 ? "" : outcome.message);
    execution_note(execution, "%s: %s: %s", destination->config->name, job->name, text);
    conclude(destination, good ? STEP_DONE : STEP_FAILED, text);
    if (!good)
        error_set(error, ERR_NOT_PROVEN, destination->config->name,
                  "no other job is started; retry or resume: what is missing comes to the same mark "
                  "by the direct method",
                  "after BizTalk's job %s %zu of %zu databases are online with the mark (%s; %s)",
                  job->name, came, all, said, why.what);
    return good;
}

bool execution_finish_jobs(struct execution *execution, struct error *error)
{
    for (size_t i = 0; i < execution->plan->jobs_count; i++) {
        const struct plan_job *job = &execution->plan->jobs[i];
        struct destination *destination = find_destination(execution, job->server);
        struct error why;
        error_clear(&why);
        if (destination == NULL || !destination->started.known || destination->started.ended)
            continue;
        execution_note(execution, "%s: the job %s was started, and nobody saw its end; looking",
                       job->server, job->name);
        /* What it left undone is done by the direct method: this is a resume, by an operator. */
        if (!finish_job(destination, job, &why) && !destination->started.ended) {
            *error = why;
            return false;
        }
    }
    return true;
}

/* --- starting ----------------------------------------------------------------------------------- */

static bool check_job(struct destination *destination, const struct plan_job *job,
                      struct error *error)
{
    if (!destination_read_jobs(destination, &destination->work_link, error))
        return false;
    for (size_t i = 0; i < destination->jobs_count; i++)
        if (text_equal_nocase(destination->jobs[i].id, job->id) &&
            destination->jobs[i].function == JOB_RESTORE_TO_MARK && !destination->jobs[i].running)
            return true;
    return refuse_start(destination->execution, error, job->server,
                        memory_format("the job %s is not there any more, or runs already", job->name));
}

static bool intend_job(struct destination *destination, const struct plan_job *job,
                       int64_t outcome_before, struct error *error)
{
    struct execution *execution = destination->execution;
    char *remembered = memory_format("after outcome %lld", (long long)outcome_before);
    struct journal_intent row = {
        .server = job->server,
        .database = "",
        .step = -1,
        .kind = STEP_START_JOB,
        .sql = job->sql,
        .set = execution->plan->set,
        .file = remembered, /* what a resume tells the job's own outcome from */
        .state_before = STATE_ABSENT,
        .at_utc_ms = clock_utc_ms(execution->clock),
    };
    bool written = journal_intend(execution->journal, &row, error) == ERR_OK;
    free(remembered);
    if (written)
        destination->started = (struct started_job){
            .known = true, .intent = row.id, .outcome_before = outcome_before};
    return written;
}

/* Sent once: a lost answer is no reason to send it again, for the job may have run by then. */
static bool send_start(struct destination *destination, const struct plan_job *job,
                       struct error *error)
{
    struct tds_outcome outcome = {0};
    struct link *link = &destination->work_link;
    tds_writer_set_timeout(link->writer, ANSWER_MS);
    enum error_code code =
        tds_writer_run(link->writer, job->sql, NULL, NULL, NULL, &outcome, error);
    if (!outcome.drained || (code == ERR_OK && outcome.errors == 0))
        return true;
    conclude(destination, STEP_FAILED, error->server_text);
    text_copy(error->hint, sizeof error->hint,
              "retry or resume: its databases come to the same mark by the direct method");
    return false;
}

/* A job may have run for long since all destinations were looked at, and this one have imported a newer
 * set meanwhile, for which its own job would go. */
static bool still_stands(struct destination *destination, struct error *error)
{
    struct execution *execution = destination->execution;
    int64_t last;
    if (!check_destination(destination, &last, error))
        return false;
    for (size_t i = 0; i < execution->lanes_count; i++) {
        struct lane *lane = &execution->lanes[i];
        if (lane->destination == destination && !check_lane(lane, &destination->work_link)) {
            *error = lane->error;
            return false;
        }
    }
    return true;
}

static bool start_job(struct destination *destination, const struct plan_job *job,
                      struct error *error)
{
    struct execution *execution = destination->execution;
    struct outcome before;
    if (!still_stands(destination, error) || !check_job(destination, job, error) || !read_outcome(destination, job, &before, error) ||
        !link_ready(&destination->work_link, error))
        return false;
    if (!execution_commit(execution)) {
        error_set(error, ERR_ABORTED, job->server, NULL, "aborted before a job was started");
        return false;
    }
    if (!intend_job(destination, job, before.id, error))
        return false;
    execution_note(execution, "%s: starting BizTalk's job %s; no way back now", job->server,
                   job->name);
    return send_start(destination, job, error) && finish_job(destination, job, error);
}

bool execution_run_jobs(struct execution *execution, struct error *error)
{
    if (execution->jobs_over) {
        /* A retry: where the watch of a job was given up it may still be at work. */
        if (!execution_finish_jobs(execution, error))
            return false;
        execution_note(execution, "no further job is started: what is missing comes to the mark by "
                                  "the direct method");
        return true;
    }
    /* Once more: until the shipping jobs were idle the destinations could still move apart. */
    if (!execution_check_jobs(execution, error))
        return false;
    for (size_t i = 0; i < execution->plan->jobs_count; i++) {
        const struct plan_job *job = &execution->plan->jobs[i];
        struct destination *destination = find_destination(execution, job->server);
        if (destination != NULL && !destination->started.known &&
            !start_job(destination, job, error)) {
            execution->jobs_over = any_started(execution);
            return false;
        }
    }
    return true;
}

bool lane_locate_after_job(struct lane *lane)
{
    const struct live *live = &lane->live;
    const struct restored *last = &live->last;
    if (live->state == STATE_ONLINE && !live->standby) {
        lane->at_mark = lane->recovered = true; /* its MarkLog has to prove it */
        return true;
    }
    /* The job may have come as far as the mark and not have recovered. */
    lane->at_mark = live->state == STATE_RESTORING && last->known && last->type == 'L' &&
                    text_equal(last->mark, lane->execution->plan->mark) &&
                    lsn_is_known(live->redo_lsn) && lsn_is_known(last->last_lsn) &&
                    lsn_is_within(live->redo_lsn, last->first_lsn, last->last_lsn);
    return lane->at_mark;
}
