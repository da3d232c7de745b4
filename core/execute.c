#include "core/execute.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "core/base/log.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/execute_internal.h"
#include "core/execute_move.h"
#include "core/run_internal.h"
#include "core/situation.h"
#include "core/worker.h"

/* --- telling ---------------------------------------------------------------------------------- */

void execution_wake(struct execution *execution)
{
    ssize_t ignored = write(execution->wake_fd, "!", 1);
    (void)ignored; /* a full pipe wakes too */
}

void execution_enter(struct execution *execution, enum run_state state, const char *text)
{
    pthread_mutex_lock(&execution->lock);
    execution->state = state;
    text_copy(execution->phase_text, sizeof execution->phase_text, text);
    pthread_mutex_unlock(&execution->lock);
    journal_set_state(execution->journal, state, NULL);
    log_write(LOG_INFO, "%s: %s", run_state_name(state), text);
    execution_wake(execution);
}

void execution_say(struct execution *execution, const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    pthread_mutex_lock(&execution->lock);
    text_clean(execution->phase_text, sizeof execution->phase_text, text);
    pthread_mutex_unlock(&execution->lock);
    execution_wake(execution);
}

void execution_note(struct execution *execution, const char *format, ...)
{
    char raw[2048], text[2048], time[32];
    va_list args;
    va_start(args, format);
    vsnprintf(raw, sizeof raw, format, args);
    va_end(args);
    text_clean(text, sizeof text, raw);
    int64_t now = clock_utc_ms(execution->clock);
    time_format_of_day(time, sizeof time, now);
    pthread_mutex_lock(&execution->lock);
    if (execution->messages_count == RUN_MESSAGES_MAX) {
        free(execution->messages[0]);
        memmove(execution->messages, execution->messages + 1,
                (RUN_MESSAGES_MAX - 1) * sizeof *execution->messages);
        execution->messages_count--;
    }
    *memory_append(execution, messages) = memory_format("%s %s", time, text);
    pthread_mutex_unlock(&execution->lock);
    journal_message(execution->journal, now, text, NULL);
    log_write(LOG_INFO, "%s", text);
    execution_wake(execution);
}

void lane_set(struct lane *lane, enum lane_state state, const char *message)
{
    pthread_mutex_lock(&lane->execution->lock);
    lane->state = state;
    text_clean(lane->message, sizeof lane->message, message);
    pthread_mutex_unlock(&lane->execution->lock);
    execution_wake(lane->execution);
}

bool lane_fail(struct lane *lane, const struct error *error)
{
    char text[2048];
    lane->error = *error;
    if (lane->error.code == ERR_OK)
        lane->error.code = ERR_FAILED;
    text_copy(lane->error.where, sizeof lane->error.where, lane->where);
    error_format(&lane->error, text, sizeof text);
    lane_set(lane, LANE_FAILED, text);
    if (lane->error.code != ERR_ABORTED)
        execution_note(lane->execution, "%s", text);
    return false;
}

/* --- waiting and commands --------------------------------------------------------------------- */

void execution_wait(struct execution *execution, int64_t ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += ms % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    pthread_mutex_lock(&execution->lock);
    pthread_cond_timedwait(&execution->changed, &execution->lock, &until);
    pthread_mutex_unlock(&execution->lock);
}

bool execution_aborting(struct execution *execution)
{
    pthread_mutex_lock(&execution->lock);
    bool aborting = execution->abort_wanted;
    pthread_mutex_unlock(&execution->lock);
    return aborting;
}

/* Guarded: may the run still be aborted? Behind the gate there is no way back. */
static bool can_abort(const struct execution *execution)
{
    if (execution->ended || execution->abort_wanted || execution->no_way_back)
        return false;
    return execution->state != RUN_RECOVERING && execution->state != RUN_VERIFYING &&
           execution->state != RUN_AFTER && execution->state != RUN_DONE;
}

void execution_command(struct execution *execution, enum run_command command)
{
    pthread_mutex_lock(&execution->lock);
    bool restoring = execution->state == RUN_RESTORING;
    bool failed = execution->state == RUN_FAILED && !execution->ended && execution->prepared;
    switch (command) {
    case RUN_COMMAND_PAUSE:
        execution->pause_wanted = execution->pause_wanted || restoring;
        break;
    case RUN_COMMAND_CONTINUE:
        execution->pause_wanted = false;
        break;
    case RUN_COMMAND_RETRY:
        /* Who reads the journal knows of a failure before the state says so. */
        execution->retry_wanted = failed || execution->failing;
        if (!failed)
            break;
        /* At once, so that who asks next does not take the old failure for the new outcome. */
        execution->state = execution->failed_in;
        execution->ended_utc_ms = TIME_UNKNOWN;
        error_clear(&execution->error);
        break;
    case RUN_COMMAND_ABORT:
    case RUN_COMMAND_ABORT_NOW:
        if (can_abort(execution))
            execution->abort_wanted = true;
        if (execution->abort_wanted && command == RUN_COMMAND_ABORT_NOW &&
            execution->state != RUN_RECOVERING) {
            execution->abort_now = true;
            for (size_t i = 0; i < execution->lanes_count; i++)
                if (execution->lanes[i].running != NULL)
                    tds_writer_cancel(execution->lanes[i].running);
        }
        break;
    }
    pthread_cond_broadcast(&execution->changed);
    pthread_mutex_unlock(&execution->lock);
    char text[64];
    snprintf(text, sizeof text, "command: %s", run_command_name(command));
    journal_decide(execution->journal, clock_utc_ms(execution->clock), execution->head.by, text,
                   NULL);
    execution_wake(execution);
}

void execution_burn_bridges(struct execution *execution)
{
    pthread_mutex_lock(&execution->lock);
    execution->no_way_back = true;
    pthread_mutex_unlock(&execution->lock);
}

bool execution_commit(struct execution *execution)
{
    pthread_mutex_lock(&execution->lock);
    execution->no_way_back = execution->no_way_back || !execution->abort_wanted;
    bool committed = execution->no_way_back;
    pthread_mutex_unlock(&execution->lock);
    return committed;
}

bool execution_is_committed(struct execution *execution)
{
    pthread_mutex_lock(&execution->lock);
    bool committed = execution->no_way_back;
    pthread_mutex_unlock(&execution->lock);
    return committed;
}

bool execution_has_ended(struct execution *execution)
{
    pthread_mutex_lock(&execution->lock);
    bool ended = execution->ended;
    pthread_mutex_unlock(&execution->lock);
    return ended;
}

/* --- the director ----------------------------------------------------------------------------- */

static const struct {
    enum run_state state;
    const char *text;
    bool (*carry_out)(struct execution *execution, struct error *error);
} phases[] = {
    {RUN_PREPARING, "taking the locks and looking at servers and files", execution_prepare},
    {RUN_RESTORING, "restoring up to the mark", execution_restore},
    {RUN_GATE, "proving every database at the mark; nothing is online", execution_gate},
    {RUN_RECOVERING, "recovering one by one; no way back now", execution_recover},
    {RUN_VERIFYING, "looking at every database once more", execution_verify},
};

static void end_run(struct execution *execution, enum run_state state, const struct error *error)
{
    char reason[1024];
    error_format(error, reason, sizeof reason);
    int64_t now = clock_utc_ms(execution->clock);
    pthread_mutex_lock(&execution->lock);
    execution->failing = state == RUN_FAILED && execution->prepared;
    pthread_mutex_unlock(&execution->lock);
    journal_end(execution->journal, state, error->code, error->code == ERR_OK ? NULL : reason, now,
                NULL);
    struct error ignored;
    char *path = NULL;
    struct report *report = report_load(execution->config, execution->head.run, &ignored);
    if (report != NULL && report_write(execution->config, report, &path, &ignored) != ERR_OK)
        log_write(LOG_ERROR, "the report cannot be written: %s", ignored.what);
    free(path);
    report_free(report);
    /* Told last: who hears that it is over finds the report written. */
    pthread_mutex_lock(&execution->lock);
    execution->failed_in = execution->state;
    if (!execution->failing || !execution->retry_wanted) {
        execution->state = state;
        execution->error = *error;
        execution->ended_utc_ms = now;
    }
    execution->failing = false;
    pthread_mutex_unlock(&execution->lock);
    execution_wake(execution);
}

/* After a failure: waits for retry or abort. True = again. */
static bool wait_for_word(struct execution *execution)
{
    int64_t until = clock_monotonic_ms(execution->clock) + WORKER_WAIT_MS;
    for (;;) {
        pthread_mutex_lock(&execution->lock);
        bool retry = execution->retry_wanted, abort = execution->abort_wanted;
        execution->retry_wanted = false;
        pthread_mutex_unlock(&execution->lock);
        int64_t left = until - clock_monotonic_ms(execution->clock);
        if (retry || abort || left <= 0)
            return retry && !abort;
        execution_wait(execution, left);
    }
}

static void abort_run(struct execution *execution)
{
    struct error error;
    error_clear(&error);
    execution_say(execution, "aborting: the databases stay as they are, RESTORING");
    /* After its worker's death a run holds no lock: without it no job is touched. */
    if (!execution->prepared && execution->resumed && !execution_ask_all(execution, &error))
        execution_note(execution, "no shipping job is enabled again: %s: %s", error.where,
                       error.what);
    bool others = error.code == ERR_LOCKED || execution_is_displaced(execution);
    error_clear(&error);
    if (execution->prepared || execution->resumed)
        execution_restore_jobs(execution);
    if (situation_traits(execution->head.situation)->copies)
        rehearsal_tell_drops(execution);
    if (execution->prepared || execution->resumed)
        execution_move_undo(execution, others);
    error_set(&error, ERR_ABORTED, NULL,
              execution->prepared || execution->resumed ? "make a new plan; nothing was recovered"
                                                        : "nothing was written on any server",
              "the run was aborted by its operator");
    end_run(execution, RUN_ABORTED, &error);
}

/* BizTalk's jobs recover without a gate, and nobody shall read otherwise. */
static const char *phase_text(const struct execution *execution, size_t phase)
{
    if (execution->plan->method != METHOD_JOBS)
        return phases[phase].text;
    switch (phases[phase].state) {
    case RUN_RESTORING:
        return "BizTalk's jobs restore to the mark and recover; there is no gate";
    case RUN_GATE:
        return "proving every database at the mark; what the jobs recovered is online already";
    case RUN_RECOVERING:
        return "recovering what the jobs left; no way back now";
    default:
        return phases[phase].text;
    }
}

/* Looking for an order to abort and entering RECOVER are one act: an order that comes between them
 * would otherwise be found after databases have been recovered. */
static bool enter_phase(struct execution *execution, size_t phase)
{
    pthread_mutex_lock(&execution->lock);
    bool aborting = execution->abort_wanted && !execution->no_way_back;
    if (!aborting)
        execution->state = phases[phase].state;
    pthread_mutex_unlock(&execution->lock);
    if (!aborting)
        execution_enter(execution, phases[phase].state, phase_text(execution, phase));
    return !aborting;
}

/* True if the phases from *phase on are done; else *phase is the one that failed. */
static bool carry_out(struct execution *execution, size_t *phase, struct error *error)
{
    for (; *phase < sizeof phases / sizeof *phases; (*phase)++) {
        error_clear(error);
        if (!enter_phase(execution, *phase))
            return false;
        bool good = phases[*phase].carry_out(execution, error);
        if (execution_aborting(execution) && phases[*phase].state < RUN_RECOVERING)
            return false;
        if (!good)
            return false;
    }
    return true;
}

static void *director_main(void *context)
{
    struct execution *execution = context;
    struct error error;
    size_t phase = 0;
    bool done, again = true;
    while (!(done = carry_out(execution, &phase, &error)) && again) {
        if (execution_aborting(execution))
            break;
        /* What fails before the first write is a refusal, whatever found it. */
        if (!execution->prepared && !execution->resumed && error_exit_status(error.code) == 1)
            error.code = ERR_REFUSED;
        if (execution->prepared && error_exit_status(error.code) == 5)
            error.code = ERR_FAILED;
        execution_note(execution, "failed: %s%s%s", error.where, error.where[0] ? ": " : "",
                       error.what);
        end_run(execution, RUN_FAILED, &error);
        again = execution->prepared && wait_for_word(execution);
        if (again) {
            journal_reopen(execution->journal, NULL);
            execution_note(execution, "retry");
        }
        if (!again)
            break;
    }
    if (done) {
        execution_say(execution, "verified; the manual steps are next");
        error_clear(&error);
        execution_note(execution, "every database is online at the mark, proven");
        end_run(execution, RUN_AFTER, &error); /* done once the last manual step is ticked */
    } else if (execution_aborting(execution)) {
        abort_run(execution);
    }
    execution_release(execution);
    pthread_mutex_lock(&execution->lock);
    execution->ended = true;
    pthread_mutex_unlock(&execution->lock);
    execution_wake(execution);
    return NULL;
}

/* --- life ------------------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
    const struct destination *x = a, *y = b;
    int order = strcasecmp(x->config->name, y->config->name);
    return order != 0 ? order : x->index - y->index;
}

/* The destinations that the plan names, in the order of their names, which every worker keeps
 * whatever the order in its configuration: of two runs that begin together one gets all locks. */
static bool find_destinations(struct execution *execution, struct error *error)
{
    const struct plan *plan = execution->plan;
    for (size_t i = 0; i < plan->databases_count; i++) {
        int index = config_server_find(execution->config, plan->databases[i].server);
        bool known = false;
        if (index < 0 || execution->config->servers[index].role != ROLE_DESTINATION) {
            error_set(error, ERR_CONFIG, plan->databases[i].server,
                      "put it back into the configuration, or make a new plan",
                      "the plan names a destination that the configuration has not");
            return false;
        }
        for (size_t k = 0; k < execution->destinations_count; k++)
            known = known || execution->destinations[k].index == index;
        if (known)
            continue;
        struct destination *destination = memory_append(execution, destinations);
        destination->execution = execution;
        destination->index = index;
        destination->config = &execution->config->servers[index];
    }
    qsort(execution->destinations, execution->destinations_count, sizeof *execution->destinations,
          by_name);
    for (size_t i = 0; i < execution->destinations_count; i++)
        execution->destinations[i].lock_link.destination =
            execution->destinations[i].work_link.destination = &execution->destinations[i];
    return true;
}

static void make_lanes(struct execution *execution)
{
    const struct plan *plan = execution->plan;
    execution->lanes = memory_new_array(plan->databases_count, sizeof *execution->lanes);
    execution->lanes_count = plan->databases_count;
    for (size_t i = 0; i < plan->databases_count; i++) {
        struct lane *lane = &execution->lanes[i];
        const struct plan_database *database = &plan->databases[i];
        int index = config_server_find(execution->config, database->server);
        *lane = (struct lane){.execution = execution, .plan = database,
                              .step_left_ms = DURATION_UNKNOWN,
                              .reached_utc_ms = database->content_utc_ms,
                              .live = {.state = STATE_ABSENT}, /* until it is looked at */
                              .mark_log = {.later = -1}};
        for (size_t k = 0; k < execution->destinations_count; k++)
            if (execution->destinations[k].index == index)
                lane->destination = &execution->destinations[k];
        snprintf(lane->where, sizeof lane->where, "%s/%s", database->server, database->database);
        for (size_t k = 0; k < database->steps_count; k++)
            if (database->steps[k].size_bytes > 0)
                lane->bytes_all += database->steps[k].size_bytes;
    }
}

static void free_lanes(struct execution *execution)
{
    for (size_t i = 0; i < execution->lanes_count; i++) {
        for (size_t k = 0; k < execution->lanes[i].marks_count; k++)
            free(execution->lanes[i].marks[k]);
        free(execution->lanes[i].marks);
    }
    free(execution->lanes);
}

bool execution_set_prepared(struct execution *execution, struct error *error)
{
    if (journal_set_prepared(execution->journal, error) != ERR_OK)
        return false;
    pthread_mutex_lock(&execution->lock);
    execution->prepared = true;
    pthread_mutex_unlock(&execution->lock);
    return true;
}

bool execution_adopt_plan(struct execution *execution, struct plan *plan, struct error *error)
{
    for (size_t i = 0; i < plan->databases_count; i++) {
        bool known = false;
        for (size_t k = 0; k < execution->destinations_count; k++)
            known = known || text_equal_nocase(execution->destinations[k].config->name,
                                               plan->databases[i].server);
        if (known)
            continue;
        error_set(error, ERR_REFUSED, plan->databases[i].server, "make a new plan",
                  "the group has another destination than when the plan was confirmed");
        return false;
    }
    for (size_t i = 0; i < execution->known_marks_count; i++)
        free((void *)(uintptr_t)execution->known_marks[i].mark);
    execution->known_marks_count = 0; /* read again: the new mark is among them */
    pthread_mutex_lock(&execution->lock);
    free_lanes(execution);
    plan_free(execution->plan);
    execution->plan = plan;
    make_lanes(execution);
    free(execution->head.mark);
    execution->head.mark = memory_copy_text(plan->mark);
    execution->head.set = plan->set;
    pthread_mutex_unlock(&execution->lock);
    return true;
}

static bool load(struct execution *execution, struct error *error)
{
    if (journal_read_head(execution->journal, &execution->head, error) != ERR_OK)
        return false;
    char *json = journal_read_plan(execution->journal, NULL, error);
    execution->plan = json == NULL ? NULL : plan_from_json(json, error);
    free(json);
    if (execution->plan == NULL || !find_destinations(execution, error))
        return false;
    make_lanes(execution);
    execution->resumed = execution->head.prepared;
    execution->prepared = false;
    if (journal_read(execution->journal, &execution->past, error) != ERR_OK)
        return false;
    for (size_t i = 0; i < execution->past.steps_count; i++)
        execution->no_way_back = execution->no_way_back ||
                                 execution->past.steps[i].kind == STEP_START_JOB ||
                                 (execution->past.steps[i].of_plan &&
                                  execution->past.steps[i].kind == STEP_RECOVER);
    /* What the operator typed was the group's name, and the journal's head keeps it. */
    char purpose[32];
    snprintf(purpose, sizeof purpose, "run %lld", (long long)execution->head.run);
    execution->permit =
        permit_issue(execution->config->group_name, execution->head.group, purpose, error);
    /* The uuid tells two runs of the same number apart: journals may live in several places. */
    snprintf(execution->application, sizeof execution->application,
             "stopmark run %lld %.40s@%.40s %.8s", (long long)execution->head.run,
             execution->head.by, execution->head.host, execution->head.uuid);
    return execution->permit != NULL;
}

struct execution *execution_new(const struct config *config, struct journal *journal,
                                const struct secrets *secrets, const struct clock *clock,
                                int wake_fd, struct error *error)
{
    struct execution *execution = memory_new(sizeof *execution);
    *execution = (struct execution){.config = config, .journal = journal, .secrets = secrets,
                                    .clock = clock, .wake_fd = wake_fd, .state = RUN_PLANNED,
                                    .ended_utc_ms = TIME_UNKNOWN};
    execution->started_ms = clock_monotonic_ms(clock);
    pthread_mutex_init(&execution->lock, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&execution->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (load(execution, error))
        return execution;
    execution_free(execution);
    return NULL;
}

void execution_start(struct execution *execution)
{
    journal_reopen(execution->journal, NULL);
    execution->started = pthread_create(&execution->director, NULL, director_main, execution) == 0;
    execution->ended = !execution->started;
}

void execution_free(struct execution *execution)
{
    if (execution == NULL)
        return;
    if (execution->started)
        pthread_join(execution->director, NULL);
    free_lanes(execution);
    execution_move_free(execution);
    for (size_t i = 0; i < execution->destinations_count; i++)
        free(execution->destinations[i].sessions), destination_free_jobs(&execution->destinations[i]);
    for (size_t i = 0; i < execution->messages_count; i++)
        free(execution->messages[i]);
    for (size_t i = 0; i < execution->known_marks_count; i++)
        free((void *)(uintptr_t)execution->known_marks[i].mark);
    free(execution->known_marks);
    free(execution->messages);
    free(execution->destinations);
    journal_content_free(&execution->past);
    journal_head_free(&execution->head);
    permit_free(execution->permit);
    plan_free(execution->plan);
    pthread_cond_destroy(&execution->changed);
    pthread_mutex_destroy(&execution->lock);
    free(execution);
}
