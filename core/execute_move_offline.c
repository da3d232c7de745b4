/* The end of what a move does on the sources: taken from everybody, judged, OFFLINE; and the way
 * back. */
#include "core/execute_move.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/tsql_move.h"
#include "core/tsql_write.h"

static int64_t quiet_since(const struct plan *plan, const char *server)
{
    for (size_t i = 0; i < plan->quiet_count; i++)
        if (text_equal(plan->quiet[i].server, server))
            return plan->quiet[i].since_local_ms;
    return TIME_UNKNOWN;
}

/* --- OFFLINE ------------------------------------------------------------------------------------- */

/* Sends a statement for every database of the source that is not OFFLINE. */
static bool each_online(struct destination *source, enum step_kind kind,
                        char *(*statement)(const char *database), struct error *error)
{
    const struct plan *plan = source->execution->plan;
    for (size_t i = 0; i < plan->databases_count; i++) {
        const char *database = plan->databases[i].original;
        enum database_state state;
        if (!text_equal(plan->databases[i].source, source->config->name))
            continue;
        if (!source_database_state(source, database, &state, error))
            return false;
        if (state == STATE_ONLINE && !source_send(source, kind, database, statement(database), error))
            return false;
    }
    return true;
}

static void set_loss(struct plan *plan, int64_t loss_ms, const char *text)
{
    plan->data_loss_ms = loss_ms;
    free(plan->loss_proof);
    plan->loss_proof = memory_copy_text(text);
}

/* The mark does not hold what was written since: the databases go back to everybody, and a retry
 * makes another mark. */
static bool give_back(struct execution *execution, struct destination *source, const char *text,
                      int64_t last_local_ms, struct error *error)
{
    char words[800];
    struct error why;
    error_clear(&why);
    int64_t since = quiet_since(execution->plan, source->config->name);
    snprintf(words, sizeof words, "not 0: %s, after processing was stopped", text);
    set_loss(execution->plan, last_local_ms > since ? last_local_ms - since : DURATION_UNKNOWN,
             words);
    execution->plan->mark_made = false;
    for (size_t i = 0; i < execution->sources_count; i++)
        each_online(&execution->sources[i], STEP_ONLINE, tsql_set_multi_user, &why);
    move_keep_plan(execution, &why);
    error_set(error, ERR_NOT_PROVEN, source->config->name,
              "find out who wrote and stop it, then retry: the run makes another mark; nothing is "
              "restored, and the source is everybody's again",
              "the loss would not be 0: %s", text);
    return false;
}

/* SINGLE_USER fails (5070) where somebody came in: then all of it is everybody's again, and who it
 * is is told. */
static bool take_from_everybody(struct execution *execution, struct error *error)
{
    struct error why;
    int64_t ignored;
    for (size_t i = 0; i < execution->sources_count; i++) {
        if (each_online(&execution->sources[i], STEP_SINGLE_USER, tsql_set_single_user, error))
            continue;
        for (size_t k = 0; k < execution->sources_count; k++) {
            error_clear(&why);
            each_online(&execution->sources[k], STEP_ONLINE, tsql_set_multi_user, &why);
        }
        error_clear(&why);
        if (!source_look_quiet(&execution->sources[i], 0, &ignored, &why) &&
            why.code == ERR_REFUSED)
            *error = why;
        return false;
    }
    return true;
}

static bool judge(struct execution *execution, struct error *error)
{
    char unproven[700] = "";
    for (size_t i = 0; i < execution->sources_count; i++) {
        struct destination *source = &execution->sources[i];
        enum quiet_verdict verdict;
        char text[700];
        int64_t last_ms;
        if (!source_judge_quiet(source, quiet_since(execution->plan, source->config->name),
                                &verdict, text, sizeof text, &last_ms, error))
            return false;
        if (verdict == QUIET_BROKEN)
            return give_back(execution, source, text, last_ms, error);
        if (verdict == QUIET_UNPROVEN)
            text_copy(unproven, sizeof unproven, text);
    }
    char words[900];
    if (unproven[0] != '\0')
        snprintf(words, sizeof words, "not proven to be 0: %s", unproven);
    else
        snprintf(words, sizeof words, "0, proven: since no session was left before the last backup, "
                                      "no table but the backup job's own was written");
    set_loss(execution->plan, unproven[0] == '\0' ? 0 : DURATION_UNKNOWN, words);
    execution_note(execution, "data loss: %s", words);
    return move_keep_plan(execution, error);
}

static bool is_out_of_reach(enum error_code code)
{
    return code == ERR_UNREACHABLE || code == ERR_TIMEOUT || code == ERR_CONNECTION_LOST;
}

/* This run set it OFFLINE, and nobody asked for it back since. */
static bool was_set_offline(const struct execution *execution, const struct destination *source,
                            const char *database)
{
    bool offline = false;
    for (size_t i = 0; i < execution->past.steps_count; i++) {
        const struct journal_step *step = &execution->past.steps[i];
        if (!text_equal(step->server, source->config->name) ||
            !text_equal_nocase(step->database, database))
            continue;
        offline = (offline || (step->kind == STEP_OFFLINE && step->state == STEP_DONE)) &&
                  step->kind != STEP_ONLINE;
    }
    return offline;
}

/* The state; a source that was switched off behind its databases' OFFLINE keeps them so. */
static bool standing_of(struct execution *execution, struct destination *source,
                        const char *database, enum database_state *state, struct error *error)
{
    struct error why;
    error_clear(&why);
    if (source_database_state(source, database, state, &why))
        return true;
    if (is_out_of_reach(why.code) && was_set_offline(execution, source, database)) {
        *state = STATE_OFFLINE;
        return true;
    }
    *error = why;
    return false;
}

/* Any database of a source that is not OFFLINE yet? */
static bool any_online(struct execution *execution, bool *any, struct error *error)
{
    const struct plan *plan = execution->plan;
    *any = false;
    for (size_t i = 0; i < execution->sources_count; i++)
        for (size_t k = 0; k < plan->databases_count; k++) {
            enum database_state state;
            if (!text_equal(plan->databases[k].source, execution->sources[i].config->name))
                continue;
            if (!standing_of(execution, &execution->sources[i], plan->databases[k].original, &state,
                             error))
                return false;
            *any = *any || state != STATE_OFFLINE;
        }
    return true;
}

bool execution_move_offline(struct execution *execution, struct error *error)
{
    bool any;
    if (!move_applies(execution) || execution_aborting(execution))
        return true;
    if (!any_online(execution, &any, error) || !any)
        return !any && error->code == ERR_OK;
    execution_say(execution, "taking the sources' databases from everybody");
    if (!take_from_everybody(execution, error))
        return false;
    if (!judge(execution, error))
        return false;
    for (size_t i = 0; i < execution->sources_count; i++) {
        if (!each_online(&execution->sources[i], STEP_OFFLINE, tsql_set_offline, error))
            return false;
        execution_note(execution, "%s: its databases are OFFLINE",
                       execution->sources[i].config->name);
    }
    return true;
}

bool execution_move_check(struct execution *execution, struct error *error)
{
    if (!move_applies(execution))
        return true;
    journal_content_free(&execution->past);
    if (journal_read(execution->journal, &execution->past, error) != ERR_OK)
        return false;
    for (size_t i = 0; i < execution->sources_count; i++) {
        struct destination *source = &execution->sources[i];
        for (size_t k = 0; k < execution->plan->databases_count; k++) {
            const struct plan_database *database = &execution->plan->databases[k];
            enum database_state state;
            if (!text_equal(database->source, source->config->name))
                continue;
            if (!standing_of(execution, source, database->original, &state, error))
                return false;
            if (state == STATE_OFFLINE)
                continue;
            error_set(error, ERR_NOT_PROVEN, source->config->name,
                      "set it OFFLINE, then retry; nothing is recovered yet",
                      "%s is %s, and two living groups would each take a part of the work",
                      database->original, database_state_name(state));
            return false;
        }
    }
    return true;
}

/* --- the way back -------------------------------------------------------------------------------- */

/* True for a database that this run took from everybody, or set OFFLINE, or may have. */
static bool was_taken(const struct execution *execution, const struct destination *source,
                      const char *database)
{
    for (size_t i = 0; i < execution->past.steps_count; i++) {
        const struct journal_step *step = &execution->past.steps[i];
        if ((step->kind == STEP_SINGLE_USER || step->kind == STEP_OFFLINE) &&
            text_equal(step->server, source->config->name) &&
            text_equal_nocase(step->database, database))
            return true;
    }
    return false;
}

static void give_back_database(struct destination *source, const char *database)
{
    struct execution *execution = source->execution;
    struct error error;
    enum database_state state;
    error_clear(&error);
    bool good = source_database_state(source, database, &state, &error) &&
                (state != STATE_OFFLINE ||
                 source_send(source, STEP_ONLINE, database, tsql_set_online(database), &error)) &&
                source_send(source, STEP_ONLINE, database, tsql_set_multi_user(database), &error);
    if (good)
        execution_note(execution, "%s/%s: ONLINE again, for everybody", source->config->name,
                       database);
    else
        execution_note(execution, "%s/%s: it could not be given back, do it by hand (SET ONLINE, "
                       "SET MULTI_USER): %s", source->config->name, database, error.what);
}

static void enable_jobs(struct destination *source)
{
    struct execution *execution = source->execution;
    for (size_t i = 0; i < execution->past.jobs_count; i++) {
        const struct journal_job_row *job = &execution->past.jobs[i];
        struct error error;
        error_clear(&error);
        if (!text_equal(job->server, source->config->name) || !job->was_enabled)
            continue;
        if (source_send(source, STEP_JOB, NULL, tsql_job_enable(job->job_id, true), &error))
            execution_note(execution, "%s: enabled the job %s again", job->server, job->name);
        else
            execution_note(execution, "%s: the job %s could not be enabled again: %s", job->server,
                           job->name, error.what);
    }
}

void execution_move_undo(struct execution *execution, bool others)
{
    if (!move_applies(execution))
        return;
    journal_content_free(&execution->past);
    if (!move_find_sources(execution, NULL) ||
        journal_read(execution->journal, &execution->past, NULL) != ERR_OK)
        return;
    const struct lane *online = execution_recovered_elsewhere(execution, NULL);
    if (others || online != NULL) {
        execution_note(execution, "the source stays as it is, for %s%s, and two living groups would "
                       "each take a part of the work; if it is to live again all the same, set its "
                       "databases ONLINE and MULTI_USER and enable its jobs by hand",
                       online == NULL ? "another run is at work on a destination" : online->where,
                       online == NULL ? "" : " is online, and this run did not recover it");
        return;
    }
    for (size_t i = 0; i < execution->sources_count; i++) {
        struct destination *source = &execution->sources[i];
        for (size_t k = 0; k < execution->plan->databases_count; k++) {
            const struct plan_database *database = &execution->plan->databases[k];
            if (text_equal(database->source, source->config->name) &&
                was_taken(execution, source, database->original))
                give_back_database(source, database->original);
        }
        enable_jobs(source);
    }
}
