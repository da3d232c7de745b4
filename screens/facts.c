#include "screens/facts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/attest.h"
#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/group.h"
#include "screens/words.h"

static void add(struct facts *facts, enum fact_kind kind, enum verdict verdict, const char *label,
                const char *format, va_list arguments) __attribute__((format(printf, 5, 0)));

static void add(struct facts *facts, enum fact_kind kind, enum verdict verdict, const char *label,
                const char *format, va_list arguments)
{
    char text[2048] = "", clean[2048];
    if (format)
        vsnprintf(text, sizeof text, format, arguments);
    text_clean(clean, sizeof clean, text);
    *memory_append(facts, items) = (struct fact){.kind = kind,
                                                 .verdict = verdict,
                                                 .label = memory_copy_text(label),
                                                 .text = memory_copy_text(clean)};
}

void facts_heading(struct facts *facts, const char *label)
{
    *memory_append(facts, items) = (struct fact){.kind = FACT_HEADING,
                                                 .label = memory_copy_text(label),
                                                 .text = memory_copy_text("")};
}

void facts_add(struct facts *facts, const char *label, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add(facts, FACT_PLAIN, VERDICT_OK, label, format, arguments);
    va_end(arguments);
}

void facts_judge(struct facts *facts, enum verdict verdict, const char *label, const char *format,
                 ...)
{
    va_list arguments;
    va_start(arguments, format);
    add(facts, FACT_JUDGED, verdict, label, format, arguments);
    va_end(arguments);
}

void facts_free(struct facts *facts)
{
    for (size_t i = 0; i < facts->items_count; i++) {
        free(facts->items[i].label);
        free(facts->items[i].text);
    }
    free(facts->items);
    *facts = (struct facts){0};
}

const char *facts_verdict_words(const struct readiness *readiness)
{
    if (readiness->live)
        return "ALREADY FAILED OVER";
    switch (readiness->verdict) {
    case VERDICT_OK:
        return "YES";
    case VERDICT_WARNING:
    case VERDICT_ACKNOWLEDGED:
        if (!readiness->possible)
            return "NO";
        if (readiness->newest < 0)
            return "ONLY WITH FULL RESTORES";
        return readiness->evidence == EVIDENCE_HEADER ? "YES, with a warning"
                                                      : "YES, files not checked";
    case VERDICT_CRITICAL:
        return readiness->possible ? "ONLY WITH FULL RESTORES" : "NO";
    case VERDICT_UNKNOWN:
        break;
    }
    return "CANNOT TELL";
}

const char *facts_verdict_word(const struct readiness *readiness)
{
    if (readiness->live)
        return "FAILED OVER";
    if (readiness->verdict == VERDICT_UNKNOWN)
        return "?";
    if (!readiness->possible)
        return "NO";
    return readiness->newest < 0 ? "FULL" : "YES";
}

void facts_routes(char *out, size_t size, const struct group_view *view, const struct mark *mark)
{
    size_t counts[ROUTE_UNREACHABLE + 1] = {0}, left_out = 0;
    struct str text = {0};
    for (size_t i = 0; i < view->roster_count; i++) {
        if (view->roster[i].left_out)
            left_out++;
        else
            counts[mark->routes[i].route]++;
    }
    for (int route = 0; route <= ROUTE_UNREACHABLE; route++)
        if (counts[route])
            str_format(&text, "%s%zu %s", text.length ? ", " : "", counts[route],
                       words_route((enum route)route));
    if (left_out)
        str_format(&text, "%s%zu left out", text.length ? ", " : "", left_out);
    text_copy(out, size, text.length ? str_text(&text) : "no databases known");
    str_free(&text);
}

/* One target with its price: mark, set, loss, time, routes. */
static void target_facts(struct facts *facts, const struct group_view *view, const char *label,
                         int index)
{
    const struct mark *mark = words_mark(view, index);
    if (!mark) {
        facts_judge(facts, VERDICT_CRITICAL, label, "none");
        return;
    }
    char loss[WORDS_SIZE], time[WORDS_SIZE], when[WORDS_SIZE], routes[WORDS_LINE];
    words_loss(loss, sizeof loss, mark->data_loss_ms, view->readiness.loss_basis);
    words_duration(time, sizeof time, mark->restore_ms);
    time_format(when, sizeof when, mark->time_utc_ms);
    facts_routes(routes, sizeof routes, view, mark);
    enum verdict verdict = mark->by_roll_forward ? VERDICT_OK
                           : mark->reachable     ? VERDICT_WARNING
                                                 : VERDICT_CRITICAL;
    facts_judge(facts, verdict, label,
                "mark %s, set %lld, taken %s; loses %s; databases online after %s; %s",
                mark->name, (long long)view->sets[mark->set].id, when, loss, time, routes);
}

void facts_readiness(struct facts *facts, const struct group_view *view)
{
    const struct readiness *ready = &view->readiness;
    const struct mark *mark = words_mark(view, ready->newest);
    facts_heading(facts, "Can we fail over");
    facts_judge(facts, ready->verdict, "verdict", "%s%s%s", facts_verdict_words(ready),
                mark && ready->possible ? ", to mark " : "",
                mark && ready->possible ? mark->name : "");
    for (size_t i = 0; i < ready->reasons_count; i++)
        facts_judge(facts, ready->verdict, "because", "%s", ready->reasons[i]);
    if (ready->live) /* nothing is to be restored: no price, no target */
        return;
    char value[WORDS_SIZE], limit[WORDS_SIZE];
    words_loss(value, sizeof value, ready->data_loss_ms, ready->loss_basis);
    words_limit(limit, sizeof limit, &view->config->data_loss);
    facts_judge(facts, words_against_limit(ready->data_loss_ms, &view->config->data_loss),
                "data lost if the source died now", "%s%s%s", value, limit[0] ? ", " : "", limit);
    words_duration(value, sizeof value, ready->restore_ms);
    words_limit(limit, sizeof limit, &view->config->restore_time);
    facts_judge(facts, words_against_limit(ready->restore_ms, &view->config->restore_time),
                "databases online after", "%s%s%s; BizTalk steps not included", value,
                limit[0] ? ", " : "", limit);
    target_facts(facts, view, "newest target", ready->newest);
    target_facts(facts, view, "the documentation's rule", ready->rule);
    facts_add(facts, "evidence", "%s", words_evidence(ready->evidence));
}

static void lag_fact(struct facts *facts, const char *label, int64_t ms, const struct limit *limit)
{
    char value[WORDS_SIZE], limit_text[WORDS_SIZE];
    words_duration(value, sizeof value, ms);
    words_limit(limit_text, sizeof limit_text, limit);
    facts_judge(facts, words_against_limit(ms, limit), label, "%s%s%s", value,
                limit_text[0] ? ", " : "", limit_text);
}

void facts_lag(struct facts *facts, const struct group_view *view)
{
    if (view->readiness.live) /* nothing is shipped any more */
        return;
    facts_heading(facts, "Lag");
    lag_fact(facts, "backup age", view->lag.backup_age_ms, &view->config->backup_age);
    lag_fact(facts, "import lag", view->lag.import_ms, &view->config->import_lag);
    lag_fact(facts, "apply lag", view->lag.apply_ms, &view->config->apply_lag);
}

void facts_servers(struct facts *facts, const struct group_view *view, int64_t now_monotonic_ms,
                   bool brief)
{
    facts_heading(facts, "Servers");
    for (size_t i = 0; i < view->servers_count; i++) {
        const struct server_view *server = view->servers[i];
        char problem[WORDS_LINE];
        if (words_part_problem(problem, sizeof problem, server, PART_SERVER, now_monotonic_ms)) {
            bool waiting = server->error.code == ERR_OK;
            facts_judge(facts, waiting ? VERDICT_UNKNOWN : VERDICT_CRITICAL, server->name, "%s, %s",
                        server_role_name(server->role), problem);
            continue;
        }
        bool visible = true;
        for (int part = 1; part < PART_COUNT; part++)
            if (words_part_problem(problem, sizeof problem, server, (enum view_part)part,
                                   now_monotonic_ms)) {
                facts_judge(facts, VERDICT_WARNING, server->name, "%s", problem);
                visible = false;
            }
        if (visible && !brief)
            facts_judge(facts, VERDICT_OK, server->name, "%s, answers, version %s",
                        server_role_name(server->role),
                        server->version ? server->version : "not known");
    }
}

/* Where a standby database stands: healthy is RESTORING (or STANDBY), at most one set behind; in a
 * live group ONLINE. */
static enum verdict standby_verdict(const struct group_view *view, const struct roster_entry *entry,
                                    const struct lag_entry *lag)
{
    enum verdict state = words_state_verdict(view, entry);
    if (state != VERDICT_OK || view->readiness.live)
        return state;
    if (lag->lag_sets < 0)
        return VERDICT_UNKNOWN;
    return lag->lag_sets > 1 ? VERDICT_WARNING : VERDICT_OK;
}

/* A database of the production: where it came up. */
static void live_fact(struct facts *facts, const struct group_view *view, size_t index,
                      const char *label)
{
    const struct mark *mark = words_recovered_at(view, index);
    if (mark)
        facts_judge(facts, VERDICT_OK, label, "ONLINE, recovered at mark %s, set %lld", mark->name,
                    (long long)view->sets[mark->set].id);
    else
        facts_judge(facts, VERDICT_OK, label, "ONLINE");
}

void facts_standby(struct facts *facts, const struct group_view *view, bool brief)
{
    facts_heading(facts, view->readiness.live ? "Databases of the production"
                                              : "Standby databases");
    for (size_t i = 0; i < view->roster_count; i++) {
        const struct roster_entry *entry = &view->roster[i];
        const struct lag_entry *lag = &view->lags[i];
        char label[300], behind[WORDS_SIZE], sets[WORDS_SIZE];
        if (brief && standby_verdict(view, entry, lag) == VERDICT_OK)
            continue;
        snprintf(label, sizeof label, "%s/%s", words_destination(view, entry), entry->database);
        if (view->readiness.live && group_entry_is_online(entry)) {
            live_fact(facts, view, i, label);
            continue;
        }
        words_duration(behind, sizeof behind, lag->lag_ms);
        if (lag->lag_sets < 0)
            text_copy(sets, sizeof sets, "sets behind not known");
        else
            snprintf(sets, sizeof sets, "%d set%s behind", lag->lag_sets,
                     lag->lag_sets == 1 ? "" : "s");
        facts_judge(facts, standby_verdict(view, entry, lag), label, "%s%s, applied up to set %lld, %s, %s%s%s",
                    entry->state_known ? database_state_name(entry->state) : "state not known",
                    entry->standby ? " (standby, readable)" : "", (long long)lag->last_set, sets,
                    behind, entry->problem ? "; " : "", entry->problem ? entry->problem : "");
    }
}

void facts_jobs(struct facts *facts, const struct group_view *view, bool brief)
{
    facts_heading(facts, "Jobs");
    for (size_t s = 0; s < view->servers_count; s++) {
        const struct server_view *server = view->servers[s];
        for (size_t i = 0; i < server->jobs_count; i++) {
            const struct job_row *job = &server->jobs[i];
            if (job->function == JOB_OTHER || job->function == JOB_BIZTALK)
                continue;
            if (brief && job->last_outcome != OUTCOME_FAILED)
                continue;
            char label[300], when[WORDS_SIZE], last[WORDS_LINE] = "never run";
            snprintf(label, sizeof label, "%s/%s", server->name, job->name);
            time_format(when, sizeof when, job->last_run_utc_ms);
            if (job->last_run_utc_ms != TIME_UNKNOWN)
                snprintf(last, sizeof last, "last %s at %s", job_outcome_name(job->last_outcome),
                         when);
            facts_judge(facts,
                        job->last_outcome == OUTCOME_FAILED ? VERDICT_WARNING
                        : server->reachable                 ? VERDICT_OK
                                                            : VERDICT_UNKNOWN,
                        label, "%s%s, %s, %s", server->reachable ? "" : "when last seen ",
                        job->enabled ? "enabled" : "disabled",
                        job->running ? "running" : "idle", last);
        }
    }
}

void facts_checks(struct facts *facts, const struct group_view *view, bool brief)
{
    facts_heading(facts, "Checks");
    for (size_t i = 0; i < view->checks_count; i++) {
        const struct check_result *check = &view->checks[i];
        if (check->verdict == VERDICT_OK && brief)
            continue;
        char label[400];
        snprintf(label, sizeof label, "%s%s%s", check->id, check->where[0] ? " " : "",
                 check->where);
        if (check->verdict == VERDICT_ACKNOWLEDGED) {
            char until[WORDS_SIZE];
            time_format(until, sizeof until, check->until_utc_ms);
            facts_judge(facts, check->verdict, label, "%s: %s; accepted by %s until %s: %s",
                        verdict_name(check->accepted), check->text, check->by, until,
                        check->reason);
            continue;
        }
        facts_judge(facts, check->verdict, label, "%s%s%s", check->text,
                    check->remedy && check->remedy[0] ? "; do: " : "",
                    check->remedy ? check->remedy : "");
    }
}

void facts_attestations(struct facts *facts, const struct group_view *view, bool brief)
{
    facts_heading(facts, "Attested");
    for (size_t i = 0; view->attestations && i < view->attestations->items_count; i++) {
        const struct attestation *item = &view->attestations->items[i];
        enum verdict verdict = attestation_verdict(item, view->now_utc_ms);
        if (verdict == VERDICT_OK && brief)
            continue;
        char *words = attestation_words(item, view->now_utc_ms);
        facts_judge(facts, verdict, item->id, "%s: %s", item->title, words);
        free(words);
    }
}
