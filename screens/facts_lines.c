#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/group.h"
#include "screens/facts.h"
#include "screens/words.h"

static void worse(enum verdict *verdict, enum verdict other)
{
    static const int order[] = {[VERDICT_OK] = 0,
                                [VERDICT_ACKNOWLEDGED] = 1,
                                [VERDICT_UNKNOWN] = 2,
                                [VERDICT_WARNING] = 3,
                                [VERDICT_CRITICAL] = 4};
    if (order[other] > order[*verdict])
        *verdict = other;
}

void facts_sources_line(char *out, size_t size, const struct group_view *view,
                        enum verdict *verdict)
{
    size_t job = 0, other = 0, full = 0, seen = 0;
    *verdict = VERDICT_OK;
    for (size_t i = 0; i < view->roster_count; i++) {
        const struct roster_entry *entry = &view->roster[i];
        if (entry->source < 0)
            continue;
        const struct database_row *row =
            server_view_database(view->servers[entry->source], entry->database);
        if (!row)
            continue;
        seen++;
        full += row->recovery_model == MODEL_FULL;
    }
    job = view->roster_count;
    if (view->management >= 0)
        for (size_t i = 0; i < view->servers[view->management]->roster_count; i++)
            other += !view->servers[view->management]->roster[i].in_backup_job;
    if (!job) {
        *verdict = VERDICT_UNKNOWN;
        text_copy(out, size, "no database of the group is known yet");
        return;
    }
    if (!view->sources_alive)
        worse(verdict, view->source_last_seen_utc_ms == TIME_UNKNOWN ? VERDICT_UNKNOWN
                                                                     : VERDICT_CRITICAL);
    if (seen < job)
        worse(verdict, VERDICT_UNKNOWN);
    if (full < seen)
        worse(verdict, VERDICT_CRITICAL);
    char model[WORDS_SIZE] = "recovery model not known";
    if (seen > 0)
        snprintf(model, sizeof model, "%zu of %zu in full recovery", full, seen);
    /* what is wrong first: a narrow line is cut at its end */
    snprintf(out, size, "%s%zu in the backup job, %zu by other means; %s",
             view->sources_alive ? "" : "the source does not answer; ", job, other, model);
}

void facts_sets_line(char *out, size_t size, const struct group_view *view, enum verdict *verdict)
{
    struct str line = {0};
    const struct backup_set *full = NULL;
    size_t logs = 0;
    *verdict = VERDICT_OK;
    if (view->sets_count && view->sets[view->sets_count - 1].chain == CHAIN_BROKEN) {
        str_add(&line, "the chain is broken: "); /* first: a narrow line is cut at its end */
        worse(verdict, VERDICT_CRITICAL);
    }
    for (size_t i = view->sets_count; i-- > 0;) {
        const struct backup_set *set = &view->sets[i];
        if (set->kind == SET_FULL && set->complete && !full)
            full = set;
        if (set->kind != SET_LOG || logs >= 2)
            continue;
        const char *state = set->in_progress ? "being taken" : set->complete ? "complete" : "partial";
        str_format(&line, "%s%lld log %s", logs ? ", " : "", (long long)set->id, state);
        if (!set->in_progress && !set->complete)
            worse(verdict, VERDICT_WARNING);
        logs++;
    }
    if (full) {
        char age[WORDS_SIZE] = "of a time not known";
        if (full->time_utc_ms != TIME_UNKNOWN)
            words_ago(age, sizeof age, words_age_ms(words_source_now_ms(view, view->now_utc_ms,
                                                                 view->now_monotonic_ms),
                                             full->time_utc_ms));
        str_format(&line, "%sfull %lld %s", logs ? ", " : "", (long long)full->id, age);
    }
    if (!logs || !full)
        worse(verdict, view->sets_count ? VERDICT_WARNING : VERDICT_UNKNOWN);
    text_copy(out, size, line.length ? str_text(&line) : "no sets known");
    str_free(&line);
}

/* The standby is the production: how much of it is up. */
static void live_line(char *out, size_t size, const struct group_view *view, enum verdict *verdict)
{
    size_t online = 0, all = 0;
    for (size_t i = 0; i < view->roster_count; i++) {
        if (view->roster[i].left_out)
            continue;
        all++;
        online += group_entry_is_online(&view->roster[i]);
        worse(verdict, words_state_verdict(view, &view->roster[i]));
    }
    snprintf(out, size, "is the production: %zu of %zu databases online; no standby", online, all);
}

void facts_standby_line(char *out, size_t size, const struct group_view *view,
                        enum verdict *verdict)
{
    struct str line = {0};
    *verdict = VERDICT_OK;
    if (view->readiness.live) {
        live_line(out, size, view, verdict);
        return;
    }
    if (view->lag.worst_sets < 0) {
        str_add(&line, "sets behind not known");
        worse(verdict, VERDICT_UNKNOWN);
    } else {
        str_format(&line, "%d set%s behind%s", view->lag.worst_sets,
                   view->lag.worst_sets == 1 ? "" : "s",
                   view->lag.worst_sets == 1 ? ", the normal one" : "");
        if (view->lag.worst_sets > 1)
            worse(verdict, VERDICT_WARNING);
    }
    size_t fallen = 0;
    for (size_t i = 0; i < view->roster_count; i++) {
        const struct roster_entry *entry = &view->roster[i];
        fallen += entry->state_known && !entry->left_out && entry->state != STATE_RESTORING &&
                  !entry->standby;
    }
    if (fallen) {
        str_format(&line, "; %zu not RESTORING", fallen);
        worse(verdict, VERDICT_CRITICAL);
    }
    for (size_t d = 0; d < view->destinations_count; d++) {
        const struct server_view *server = view->servers[view->destinations[d]];
        int64_t least = INT64_MAX;
        for (size_t i = 0; i < view->roster_count; i++)
            if (view->roster[i].destination == view->destinations[d] &&
                view->lags[i].last_set < least)
                least = view->lags[i].last_set;
        if (!server->reachable)
            worse(verdict, VERDICT_CRITICAL);
        if (least == INT64_MAX || least == 0)
            str_format(&line, "; %s %s", server->name,
                       server->reachable ? "nothing applied" : "does not answer");
        else
            str_format(&line, "; %s on %lld%s", server->name, (long long)least,
                       server->reachable ? "" : " (does not answer)");
    }
    text_copy(out, size, str_text(&line));
    str_free(&line);
}

static const char *job_word(enum job_function function)
{
    switch (function) {
    case JOB_BACKUP:
        return "Backup";
    case JOB_GET_HISTORY:
        return "History";
    case JOB_RESTORE_DATABASES:
        return "Restore";
    case JOB_RESTORE_TO_MARK:
        return "To Mark";
    case JOB_OTHER:
    case JOB_BIZTALK:
        break;
    }
    return "other";
}

/* One job's state in a word: failed before disabled before running. */
static const char *job_state(const struct job_row *job, enum verdict *verdict)
{
    if (job->last_outcome == OUTCOME_FAILED && !job->running) {
        worse(verdict, VERDICT_WARNING);
        return "failed";
    }
    if (!job->enabled && job->function != JOB_RESTORE_TO_MARK) {
        worse(verdict, VERDICT_WARNING);
        return "disabled";
    }
    return job->running ? "running" : job->function == JOB_RESTORE_TO_MARK ? "idle" : "ok";
}

void facts_jobs_line(char *out, size_t size, const struct group_view *view, enum verdict *verdict)
{
    static const enum job_function shown[] = {JOB_BACKUP, JOB_GET_HISTORY, JOB_RESTORE_DATABASES,
                                              JOB_RESTORE_TO_MARK};
    struct str line = {0};
    *verdict = VERDICT_OK;
    for (size_t k = 0; k < sizeof shown / sizeof *shown; k++) {
        const char *state = "not seen";
        enum verdict worst = VERDICT_OK;
        for (size_t s = 0; s < view->servers_count; s++) {
            /* what ran on a server when it was last seen runs there no more, as far as is known */
            const struct job_row *job = view->servers[s]->reachable
                                            ? server_view_job(view->servers[s], shown[k])
                                            : NULL;
            enum verdict here = VERDICT_OK;
            const char *word = job ? job_state(job, &here) : NULL;
            if (word && (!strcmp(state, "not seen") || here != VERDICT_OK))
                state = word;
            worse(&worst, here);
        }
        if (!strcmp(state, "not seen"))
            worse(&worst, VERDICT_UNKNOWN);
        worse(verdict, worst);
        str_format(&line, "%s%s %s", k ? ", " : "", job_word(shown[k]), state);
    }
    text_copy(out, size, str_text(&line));
    str_free(&line);
}

void facts_checks_line(char *out, size_t size, const struct group_view *view,
                       enum verdict *verdict)
{
    size_t counts[VERDICT_ACKNOWLEDGED + 1] = {0};
    *verdict = VERDICT_OK;
    for (size_t i = 0; i < view->checks_count; i++) {
        counts[view->checks[i].verdict]++;
        worse(verdict, view->checks[i].verdict);
    }
    snprintf(out, size, "%zu critical, %zu warning, %zu not known, %zu ok%s",
             counts[VERDICT_CRITICAL], counts[VERDICT_WARNING], counts[VERDICT_UNKNOWN],
             counts[VERDICT_OK], counts[VERDICT_ACKNOWLEDGED] ? ", some acknowledged" : "");
}
