#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "core/execute_internal.h"

const struct plan_step *lane_step(const struct lane *lane, enum step_kind kind)
{
    for (size_t i = 0; i < lane->plan->steps_count; i++)
        if (lane->plan->steps[i].kind == kind)
            return &lane->plan->steps[i];
    return NULL;
}

const struct plan_step *lane_last_log(const struct lane *lane)
{
    for (size_t i = lane->plan->steps_count; i-- > 0;)
        if (lane->plan->steps[i].kind == STEP_RESTORE_LOG)
            return &lane->plan->steps[i];
    return NULL;
}

const char *lane_stop_name(const struct lane *lane)
{
    return lane->plan->stop_name != NULL ? lane->plan->stop_name : lane->execution->plan->mark;
}

struct sent lane_sent(const struct lane *lane, const struct plan_step *step)
{
    struct sent sent = {.kind = step->kind, .redo_before = lane->live.redo_lsn,
                        .state_before = lane->live.state, .standby_before = lane->live.standby,
                        .history_before = live_history(&lane->live),
                        .first_lsn = step->first_lsn, .last_lsn = step->last_lsn};
    text_copy(sent.mark, sizeof sent.mark, lane_stop_name(lane));
    return sent;
}

/* --- the journal ------------------------------------------------------------------------------ */

/* Writes the outcome that is still owed. */
static bool record_owed(struct lane *lane, struct error *error)
{
    if (lane->unrecorded.intent == 0)
        return true;
    if (journal_conclude(lane->execution->journal, &lane->unrecorded, error) != ERR_OK)
        return false;
    lane->unrecorded.intent = 0;
    return true;
}

bool lane_intend(struct lane *lane, const struct plan_step *step, int64_t *intent,
                 struct error *error)
{
    struct execution *execution = lane->execution;
    enum lane_state before = lane->state;
    struct error why;
    bool told = false;
    for (;;) {
        struct journal_intent row = {
            .server = lane->plan->server,
            .database = lane->plan->database,
            .step = (int)(step - lane->plan->steps),
            .kind = step->kind,
            .sql = step->sql,
            .set = step->set,
            .file = step->file,
            .redo_before = lane->live.redo_lsn,
            .state_before = lane->live.state,
            .standby_before = lane->live.standby,
            .history_before = live_history(&lane->live),
            .at_utc_ms = clock_utc_ms(execution->clock),
        };
        if (record_owed(lane, &why) && journal_intend(execution->journal, &row, &why) == ERR_OK) {
            *intent = row.id;
            if (told)
                lane_set(lane, before, "");
            lane->waited = lane->waited || told;
            return true;
        }
        if (!told)
            execution_note(execution, "%s: paused, for the journal cannot be written: %s",
                           lane->where, why.what);
        told = true;
        lane_set(lane, LANE_PAUSED, why.what);
        if (execution_aborting(execution)) {
            error_set(error, ERR_ABORTED, lane->where, NULL, "aborted while the journal could not "
                      "be written");
            return false;
        }
        execution_wait(execution, WATCH_MS);
    }
}

void lane_conclude(struct lane *lane, int64_t intent, enum step_state state, bool reached,
                   int server_number, const char *text)
{
    text_clean(lane->unrecorded_text, sizeof lane->unrecorded_text, text);
    lane->unrecorded = (struct journal_outcome){
        .intent = intent,
        .state = state,
        .mark_reached = reached,
        .redo_after = lane->live.redo_lsn,
        .state_after = lane->live.state,
        .standby_after = lane->live.standby,
        .history_after = live_history(&lane->live),
        .server_number = server_number,
        .text = lane->unrecorded_text,
        .at_utc_ms = clock_utc_ms(lane->execution->clock),
    };
    record_owed(lane, NULL); /* else before the next intent */
}

/* --- waiting ---------------------------------------------------------------------------------- */

/* After a wait: another run may have had the lock, or somebody restored by hand. */
static bool stands_as_known(struct lane *lane, struct link *link, struct error *error)
{
    struct live known = lane->live;
    if (!lane_settle(lane, link, error))
        return false;
    const struct live *live = &lane->live;
    if (live->state == known.state && live->standby == known.standby &&
        live->redo_lsn.number == known.redo_lsn.number &&
        live_history(live) == live_history(&known))
        return true;
    char redo[LSN_TEXT_SIZE];
    lsn_format(redo, sizeof redo, live->redo_lsn);
    error_set(error, ERR_STOPPED_TO_ASK, lane->where,
              "find out who restored there; then abort and make a new plan",
              "it moved while this run waited (now %s%s, redo point %s)",
              database_state_name(live->state), live->standby ? " in standby" : "",
              redo[0] == '\0' ? "not shown" : redo);
    return false;
}

/* Waits while paused or while the lock is lost. */
static bool wait_to_send(struct lane *lane, struct error *error)
{
    struct execution *execution = lane->execution;
    enum lane_state before = lane->state;
    int64_t lost_since = TIME_UNKNOWN;
    bool waited = false;
    for (;;) {
        pthread_mutex_lock(&execution->lock);
        bool abort = execution->abort_wanted, lost = lane->destination->lock_lost;
        bool pause = execution->pause_wanted && execution->state == RUN_RESTORING;
        abort = abort && execution->state != RUN_RECOVERING;
        pthread_mutex_unlock(&execution->lock);
        int64_t now = clock_monotonic_ms(execution->clock);
        if (abort) {
            error_set(error, ERR_ABORTED, lane->where, NULL, "aborted");
            return false;
        }
        if (!pause && !lost) {
            if (waited)
                lane_set(lane, before, "");
            lane->waited = lane->waited || waited;
            return true;
        }
        if (lost && lost_since == TIME_UNKNOWN)
            lost_since = now;
        if (lost && now - lost_since > LOCK_LIMIT_MS) {
            error_set(error, ERR_LOCKED, lane->where, "retry when the server answers",
                      "the run's lock on %s was lost and cannot be taken again",
                      lane->plan->server);
            return false;
        }
        lane_set(lane, LANE_PAUSED, lost ? "the lock was lost; taking it again" : "paused");
        waited = true;
        execution_wait(execution, WATCH_MS);
    }
}

static bool is_old(const struct lane *lane)
{
    pthread_mutex_lock(&lane->execution->lock);
    bool lost = lane->destination->lock_lost || lane->destination->losses != lane->losses;
    pthread_mutex_unlock(&lane->execution->lock);
    return lost || lane->waited;
}

bool lane_may_send(struct lane *lane, struct link *link, struct error *error)
{
    do {
        if (!wait_to_send(lane, error) ||
            (is_old(lane) && !stands_as_known(lane, link, error)))
            return false;
    } while (is_old(lane));
    return true;
}

bool lane_may_still_send(struct lane *lane, int64_t intent)
{
    bool old = is_old(lane);
    if (old)
        lane_conclude(lane, intent, STEP_FAILED, false, 0,
                      lane->waited ? "it was not sent: the journal had been waited for"
                                   : "it was not sent: the lock had been lost");
    return !old;
}

bool lane_settle(struct lane *lane, struct link *link, struct error *error)
{
    struct execution *execution = lane->execution;
    int64_t until = clock_monotonic_ms(execution->clock) + IDLE_LIMIT_MS;
    int lost = 0;
    for (;;) {
        struct error why;
        error_clear(&why);
        if (lane_look(lane, link, true, &why)) {
            if (!lane->live.restore_running && lane->live.state != STATE_RECOVERING)
                return true;
            lane_set(lane, lane->state, "waiting for a RESTORE that still runs on the server");
        } else if ((why.code != ERR_CONNECTION_LOST && why.code != ERR_UNREACHABLE &&
                    why.code != ERR_TIMEOUT) ||
                   ++lost > 60) {
            *error = why;
            return false;
        }
        if (execution_aborting(execution) || clock_monotonic_ms(execution->clock) > until) {
            error_set(error, execution_aborting(execution) ? ERR_ABORTED : ERR_TIMEOUT, lane->where,
                      "when the server is done, resume",
                      "a statement that was sent earlier has not ended");
            return false;
        }
        execution_wait(execution, lost > 0 ? WATCH_MS : POLL_MS);
    }
}

/* --- finding out ------------------------------------------------------------------------------ */

enum resume_action lane_find_out(struct lane *lane, struct link *link, const struct sent *sent,
                                 int64_t intent, bool lost, struct error *error)
{
    if (!lane_settle(lane, link, error))
        return RESUME_ASK;
    enum resume_action action = resume_decide(sent, &lane->live, lane->where, error);
    const struct plan *plan = lane->execution->plan;
    switch (action) {
    case RESUME_READ_MARKLOG:
        if (!lane_read_marks(lane, link, error) ||
            !mark_log_proves(&lane->mark_log, plan->mark, plan->stop, lane->where, error)) {
            return RESUME_ASK;
        }
        lane->at_mark = lane->shown = true;
        lane_conclude(lane, intent, STEP_DONE, true, 0,
                      "in STANDBY; MarkLog shows the mark and none later");
        break;
    case RESUME_REACHED:
        lane->at_mark = true;
        lane_conclude(lane, intent, STEP_DONE, true, 0, "at the mark by its redo point");
        break;
    case RESUME_APPLIED:
        lane_conclude(lane, intent, STEP_DONE, false, 0, "applied whole by its redo point");
        break;
    case RESUME_RECOVERED:
        lane->at_mark = lane->recovered = true;
        lane_conclude(lane, intent, STEP_DONE, false, 0, "recovered and online");
        break;
    case RESUME_SEND:
        lane_conclude(lane, intent, STEP_FAILED, false, 0, "nothing was done; to be sent again");
        break;
    case RESUME_WAIT:
    case RESUME_ASK:
        return RESUME_ASK;
    }
    if (lost || action == RESUME_RECOVERED)
        execution_note(lane->execution, "%s: %s%s", lane->where,
                       lost ? "asked the server what was done: " : "", lane->unrecorded_text);
    return action;
}

/* The newest statement of the plan that was sent for this database; NULL = none. */
static const struct journal_step *last_sent(const struct lane *lane)
{
    const struct journal_content *past = &lane->execution->past;
    for (size_t i = past->steps_count; i-- > 0;) {
        const struct journal_step *step = &past->steps[i];
        if (step->of_plan && text_equal(step->server, lane->plan->server) &&
            text_equal(step->database, lane->plan->database))
            return step;
    }
    return NULL;
}

bool lane_told_reached(const struct lane *lane)
{
    const struct journal_content *past = &lane->execution->past;
    for (size_t i = past->steps_count; i-- > 0;) {
        const struct journal_step *step = &past->steps[i];
        if (step->of_plan && text_equal(step->server, lane->plan->server) &&
            text_equal(step->database, lane->plan->database) &&
            (step->kind == STEP_RESTORE_LOG || step->kind == STEP_RESTORE_FULL))
            return step->state == STEP_DONE && step->mark_reached;
    }
    return false;
}

static bool moved(struct lane *lane, const char *why, struct error *error)
{
    char redo[LSN_TEXT_SIZE];
    lsn_format(redo, sizeof redo, lane->live.redo_lsn);
    error_set(error, lane->execution->resumed ? ERR_STOPPED_TO_ASK : ERR_REFUSED, lane->where,
              "make a new plan", "%s (now %s%s, redo point %s)", why,
              database_state_name(lane->live.state), lane->live.standby ? " in standby" : "",
              redo[0] == '\0' ? "not shown" : redo);
    return false;
}

/* Where the mark's LSN is not known: a stop at some mark inside the log that holds this one, made since
 * the plan was. On which side of this one it stands nobody can tell, and behind it every log would end
 * without the mark and without a word. */
static bool stopped_inside(const struct live *live, const struct plan_step *step)
{
    const struct restored *last = &live->last;
    struct lsn first = lsn_is_known(last->first_lsn) ? last->first_lsn : step->first_lsn;
    struct lsn end = lsn_is_known(last->last_lsn) ? last->last_lsn : step->last_lsn;
    if (!last->known || last->mark[0] == '\0' || !lsn_is_known(first))
        return false;
    return lsn_compare(first, live->redo_lsn) < 0 && lsn_compare(live->redo_lsn, end) < 0;
}

/* Roll forward by a plan that nothing was done of yet. BizTalk's own job may have applied logs
 * since it was made: they are stepped over, the mark must still be ahead. */
static bool locate_roll_forward(struct lane *lane, struct error *error)
{
    const struct plan_database *plan = lane->plan;
    const struct live *live = &lane->live;
    lane->next = 0;
    if (live->state == STATE_ONLINE && live->standby)
        return !lsn_is_known(plan->redo_lsn) ||
               moved(lane, "it is in STANDBY, which it was not when the plan was made", error);
    if (live->state != STATE_RESTORING)
        return moved(lane, "it does not await a log any more", error);
    if (!live->files_visible || !lsn_is_known(live->redo_lsn)) {
        error_set(error, ERR_PERMISSION, lane->where,
                  "grant VIEW ANY DEFINITION to the restore login (stopmark grants --restore)",
                  "its redo point is not visible");
        return false;
    }
    if (lsn_is_known(plan->mark_lsn) && lsn_compare(live->redo_lsn, plan->mark_lsn) > 0)
        return moved(lane, "it has passed the mark since the plan was made", error);
    while (lane->next < plan->steps_count && plan->steps[lane->next].kind == STEP_RESTORE_LOG &&
           lsn_is_known(plan->steps[lane->next].last_lsn) &&
           lsn_compare(plan->steps[lane->next].last_lsn, live->redo_lsn) <= 0)
        lane->next++;
    const struct plan_step *step =
        lane->next < plan->steps_count ? &plan->steps[lane->next] : NULL;
    if (step == NULL || step->kind != STEP_RESTORE_LOG)
        return moved(lane, "every planned log is applied, so the mark is passed", error);
    if (lsn_is_known(step->first_lsn) && lsn_compare(step->first_lsn, live->redo_lsn) > 0)
        return moved(lane, "the next planned log begins behind its redo point", error);
    if (!lsn_is_known(plan->mark_lsn) && step == lane_last_log(lane) && stopped_inside(live, step))
        return moved(lane, "it was stopped inside its next log, and whether behind the mark cannot be "
                           "told", error);
    return true;
}

static bool locate_full(struct lane *lane, struct error *error)
{
    lane->next = 0;
    if (!lane->plan->existed && lane->live.state != STATE_ABSENT)
        return moved(lane, "it was absent when the plan was made, and now it is there", error);
    if (lane->live.state == STATE_ONLINE && !lane->live.standby && !lane->plan->must_replace)
        return moved(lane, "it is online, and the plan does not say that it may be replaced",
                     error);
    return true;
}

static bool locate_fresh(struct lane *lane, struct error *error)
{
    const struct live *live = &lane->live;
    switch (lane->plan->route) {
    case ROUTE_RECOVERED_AT_MARK:
        if (live->state != STATE_ONLINE || live->standby)
            return moved(lane, "it was online at the mark when the plan was made", error);
        if (live->history_visible && !text_equal(live->last.mark, lane_stop_name(lane)))
            return moved(lane, "a backup was restored there since the plan was made", error);
        lane->at_mark = lane->recovered = true;
        return true;
    case ROUTE_AT_MARK:
        if (live->state != STATE_RESTORING && !live->standby)
            return moved(lane, "it stood at the mark when the plan was made", error);
        lane->at_mark = true;
        return true;
    case ROUTE_ROLL_FORWARD:
        return locate_roll_forward(lane, error);
    case ROUTE_FULL_RESTORE:
        return locate_full(lane, error);
    case ROUTE_UNREACHABLE:
        break;
    }
    error_set(error, ERR_NOT_REACHABLE_MARK, lane->where, NULL, "it cannot reach the mark");
    return false;
}

/* Behind a statement whose outcome is in the journal. */
static bool locate_behind(struct lane *lane, const struct journal_step *past, struct error *error)
{
    const struct live *live = &lane->live;
    bool restored = live_restored_since(live, past->history_after);
    switch (past->kind) {
    case STEP_RECOVER:
        lane->at_mark = lane->recovered = true;
        if (restored)
            return moved(lane, "a backup was restored there after this run recovered it", error);
        if (live->state == STATE_ONLINE && !live->standby)
            return true;
        return moved(lane, "this run recovered it, and it is not online any more", error);
    case STEP_PROVE:
        lane->at_mark = lane->shown = true;
        if (restored)
            return moved(lane, "a backup was restored there after this run left it in STANDBY", error);
        if (live->state == STATE_ONLINE && live->standby)
            return true;
        return moved(lane, "this run left it in STANDBY, and it is not any more", error);
    case STEP_RESTORE_FULL:
    case STEP_RESTORE_LOG:
    case STEP_START_JOB:
    case STEP_JOB: /* a source's, no lane's */
    case STEP_SINGLE_USER:
    case STEP_OFFLINE:
    case STEP_ONLINE:
        break;
    }
    lane->at_mark = past->mark_reached;
    lane->next = (size_t)past->step + 1;
    return resume_stands(live, past->state_after, past->redo_after, lane->where, error);
}

bool lane_locate(struct lane *lane, struct link *link, struct error *error)
{
    if (!lane_settle(lane, link, error))
        return false;
    lane->at_mark = lane->recovered = false;
    const struct journal_step *past = last_sent(lane);
    if (past == NULL || (size_t)past->step >= lane->plan->steps_count)
        return (lane->destination->started.known && lane_locate_after_job(lane)) ||
               locate_fresh(lane, error);
    lane->next = (size_t)past->step;
    if (past->state == STEP_DONE)
        return locate_behind(lane, past, error);
    const struct plan_step *step = &lane->plan->steps[past->step];
    struct sent sent = lane_sent(lane, step);
    sent.redo_before = past->redo_before;
    sent.state_before = past->state_before;
    sent.standby_before = past->standby_before;
    sent.history_before = past->history_before;
    switch (lane_find_out(lane, link, &sent, past->id, true, error)) {
    case RESUME_SEND:
        /* A proof or a recovery that was not done: the database stands at the mark. */
        lane->at_mark = past->kind == STEP_PROVE || past->kind == STEP_RECOVER;
        return true;
    case RESUME_APPLIED:
        lane->next = (size_t)past->step + 1;
        return true;
    case RESUME_REACHED:
    case RESUME_READ_MARKLOG:
    case RESUME_RECOVERED:
        return true;
    case RESUME_WAIT:
    case RESUME_ASK:
        break;
    }
    return false;
}
