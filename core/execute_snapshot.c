/* The run as consoles see it. */
#include <stdio.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/execute_internal.h"
#include "core/run_internal.h"

static int restore_steps(const struct plan_database *plan)
{
    int steps = 0;
    for (size_t i = 0; i < plan->steps_count; i++)
        steps += plan->steps[i].kind == STEP_RESTORE_FULL || plan->steps[i].kind == STEP_RESTORE_LOG;
    return steps;
}

static double percent_of(const struct lane *lane, int steps)
{
    if (lane->state >= LANE_AT_MARK && lane->state <= LANE_VERIFIED)
        return 100;
    if (lane->bytes_all > 0 && lane->step_shown > 0) {
        const struct plan_step *step = &lane->plan->steps[lane->step_shown - 1];
        double current = step->size_bytes > 0 ? (double)step->size_bytes : 0;
        double part = ((double)lane->bytes_done + current * lane->step_percent / 100) * 100 /
                      (double)lane->bytes_all;
        return part > 100 ? 100 : part;
    }
    return steps > 0 && lane->step_shown > 0
               ? ((double)(lane->step_shown - 1) * 100 + lane->step_percent) / (double)steps
               : 0;
}

/* While a log runs, its share of the time between the set before and its own. */
static int64_t reached_of(const struct lane *lane)
{
    int64_t from = lane->reached_utc_ms;
    if (from == TIME_UNKNOWN || lane->session_id == 0 || lane->step_shown == 0)
        return from;
    const struct plan_step *step = &lane->plan->steps[lane->step_shown - 1];
    if (step->kind != STEP_RESTORE_LOG || step->content_utc_ms == TIME_UNKNOWN ||
        step->content_utc_ms < from)
        return from;
    return from + (int64_t)((double)(step->content_utc_ms - from) * lane->step_percent / 100);
}

static void fill_database(struct run_database *out, const struct lane *lane, int64_t now_ms)
{
    int steps = restore_steps(lane->plan);
    text_copy(out->server, sizeof out->server, lane->plan->server);
    text_copy(out->database, sizeof out->database, lane->plan->database);
    out->state = lane->state;
    out->step = lane->step_shown;
    out->steps = steps;
    out->set = lane->set;
    out->percent = percent_of(lane, steps);
    out->reached_utc_ms = reached_of(lane);
    text_copy(out->message, sizeof out->message, lane->message);
    if (lane->checking)
        snprintf(out->message, sizeof out->message, "CHECKDB %.0f %%", lane->step_percent);
    int64_t busy_ms = lane->busy_ms;
    if (lane->session_id != 0)
        busy_ms += now_ms - lane->step_began_ms;
    double done = (double)lane->bytes_all * out->percent / 100;
    out->left_ms = DURATION_UNKNOWN;
    if (busy_ms > 0 && done > 0) {
        double rate = done / (double)busy_ms; /* bytes a millisecond */
        out->bytes_per_s = (int64_t)(rate * 1000);
        out->left_ms = (int64_t)(((double)lane->bytes_all - done) / rate);
    }
    if (lane->step_left_ms != DURATION_UNKNOWN && out->left_ms == DURATION_UNKNOWN)
        out->left_ms = lane->step_left_ms;
}

/* Guarded. Behind the gate nothing can be paused or aborted any more. */
static void fill_choices(struct run_snapshot *snapshot, const struct execution *execution)
{
    bool failed = execution->state == RUN_FAILED && !execution->ended && execution->prepared;
    bool before_recovery = execution->state <= RUN_GATE;
    snapshot->can_pause = execution->state == RUN_RESTORING && !execution->pause_wanted &&
                          !execution->abort_wanted;
    snapshot->can_resume = execution->pause_wanted;
    snapshot->can_retry = failed;
    snapshot->can_abort = (before_recovery || failed) && !execution->no_way_back && !execution->abort_wanted &&
                          !execution->ended;
}

struct run_snapshot *execution_snapshot(struct execution *execution)
{
    struct run_snapshot *snapshot = memory_new(sizeof *snapshot);
    int64_t now_ms = clock_monotonic_ms(execution->clock);
    pthread_mutex_lock(&execution->lock);
    run_summarize(&snapshot->summary, &execution->head);
    snapshot->summary.state = execution->state == RUN_RESTORING && execution->pause_wanted
                                  ? RUN_PAUSED
                                  : execution->state;
    snapshot->summary.alive = !execution->ended;
    snapshot->summary.ended_utc_ms = execution->ended_utc_ms;
    snapshot->error = execution->error;
    snapshot->summary.reason[0] = '\0';
    if (execution->error.code != ERR_OK)
        error_format(&execution->error, snapshot->summary.reason,
                     sizeof snapshot->summary.reason);
    snapshot->elapsed_ms = now_ms - execution->started_ms;
    snapshot->prepared = execution->prepared;
    text_copy(snapshot->phase_text, sizeof snapshot->phase_text, execution->phase_text);
    for (size_t i = 0; i < execution->lanes_count; i++) {
        const struct lane *lane = &execution->lanes[i];
        fill_database(memory_append(snapshot, databases), lane, now_ms);
        snapshot->at_mark += lane->state >= LANE_AT_MARK && lane->state <= LANE_VERIFIED;
        snapshot->proven += lane->state >= LANE_PROVEN && lane->state <= LANE_VERIFIED;
        snapshot->online += lane->state == LANE_ONLINE || lane->state == LANE_VERIFIED;
        snapshot->verified += lane->state == LANE_VERIFIED;
    }
    fill_choices(snapshot, execution);
    for (size_t i = 0; i < execution->messages_count; i++)
        *memory_append(snapshot, messages) = memory_copy_text(execution->messages[i]);
    pthread_mutex_unlock(&execution->lock);
    return snapshot;
}
