/* What Preflight looks at: all of it is in the view; it asks no server. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/attest.h"
#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/situation.h"
#include "screens/words.h"
#include "screens/wizard.h"

static void find(struct wizard *wizard, enum verdict verdict, bool blocks, const char *remedy,
                 const char *format, ...) __attribute__((format(printf, 5, 6)));

static void find(struct wizard *wizard, enum verdict verdict, bool blocks, const char *remedy,
                 const char *format, ...)
{
    char text[WORDS_LINE], clean[WORDS_LINE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    text_clean(clean, sizeof clean, text);
    *memory_append(wizard, findings) = (struct wizard_finding){.verdict = verdict,
                                                               .blocks = blocks,
                                                               .text = memory_copy_text(clean),
                                                               .remedy = memory_copy_text(remedy)};
}

static void look_at_living(struct wizard *wizard, const struct server_view *server, bool demo)
{
    const struct situation_traits *traits = situation_traits(wizard->situation);
    if (traits->needs_dead_sources)
        find(wizard, VERDICT_CRITICAL, true,
             demo ? "K lets the lab's sources lose their power"
                  : "if it shall be given up, shut it down first (power, network, or the SQL "
                    "Server service) and keep it from coming back",
             "%s answers: a lost source does not", server->name);
    else
        find(wizard, VERDICT_OK, false, NULL, "%s answers%s", server->name,
             traits->copies ? ", and goes on as it is" : "");
}

/* It is alive, and nobody knows what goes on there. */
static void look_at_refusing(struct wizard *wizard, const struct server_view *server)
{
    const struct situation_traits *traits = situation_traits(wizard->situation);
    find(wizard, traits->copies ? VERDICT_WARNING : VERDICT_CRITICAL, !traits->copies,
         traits->needs_dead_sources
             ? "if it shall be given up, shut it down first (power, network, or the SQL Server "
               "service) and keep it from coming back"
             : server->error.hint[0] != '\0' ? server->error.hint : "correct its login",
         "%s %s, and nothing can be seen there: %s", server->name,
         server_life_text(server->life), server->error.what);
}

static void look_at_dead(struct wizard *wizard, const struct server_view *server,
                         const struct group_view *view)
{
    const struct situation_traits *traits = situation_traits(wizard->situation);
    char age[WORDS_SIZE];
    int64_t age_ms = words_server_age_ms(server, view->now_monotonic_ms);
    words_ago(age, sizeof age, age_ms);
    const char *seen = age_ms == DURATION_UNKNOWN ? "before this console was started" : age;
    const char *by = server->from_disk ? ", by an earlier session" : "";
    if (traits->needs_living_sources)
        find(wizard, VERDICT_CRITICAL, true,
             "bring it up; if it is lost for good, the situation is source lost",
             "%s does not answer; last seen %s%s", server->name, seen, by);
    else if (traits->needs_dead_sources && server->life == LIFE_SILENT)
        find(wizard, VERDICT_WARNING, false, "fence it, and see that no host is connected to it",
             "%s %s", server->name, server_life_text(LIFE_SILENT));
    else
        find(wizard, VERDICT_OK, false,
             traits->needs_dead_sources ? "make sure that it stays away (fence it)" : NULL,
             "%s does not answer; last seen %s%s", server->name, seen, by);
}

/* It stops nobody: a run that was cut off behind its gate is taken over by its mark. */
static void look_at_live(struct wizard *wizard, const struct group_view *view)
{
    if (view->readiness.live && !situation_traits(wizard->situation)->copies)
        find(wizard, VERDICT_CRITICAL, false,
             "leave them alone: a restore would overwrite the production",
             "the group was failed over: its databases are online at their destinations");
}

/* Source-lost is refused while a source answers: it would split the group in two. A move writes to
 * every source. */
static void look_at_sources(struct wizard *wizard, const struct group_view *view, bool demo)
{
    for (size_t i = 0; i < view->servers_count; i++) {
        const struct server_view *server = view->servers[i];
        if (server->role != ROLE_SOURCE)
            continue;
        if (server->reachable)
            look_at_living(wizard, server, demo);
        else if (server->life >= LIFE_UNTOLD)
            look_at_refusing(wizard, server);
        else if (server->error.code == ERR_OK && server->as_of_monotonic_ms == TIME_UNKNOWN)
            find(wizard, VERDICT_UNKNOWN, !situation_traits(wizard->situation)->copies,
                 "wait for its answer, or for the time-out",
                 "%s: it is not known yet whether it answers", server->name);
        else
            look_at_dead(wizard, server, view);
    }
}

static void look_at_destinations(struct wizard *wizard, const struct group_view *view)
{
    for (size_t d = 0; d < view->destinations_count; d++) {
        const struct server_view *server = view->servers[view->destinations[d]];
        char problem[WORDS_LINE];
        if (!server->reachable) {
            words_part_problem(problem, sizeof problem, server, PART_SERVER,
                               view->now_monotonic_ms);
            find(wizard, VERDICT_CRITICAL, true, "bring it up, or check network and login", "%s",
                 problem);
            continue;
        }
        find(wizard, VERDICT_OK, false, NULL, "%s answers, version %s", server->name,
             server->version ? server->version : "not known");
        const struct job_row *job = server_view_job(server, JOB_RESTORE_DATABASES);
        bool stops = situation_traits(wizard->situation)->stops_shipping;
        if (job && job->running && stops)
            find(wizard, VERDICT_WARNING, false, "the run waits until it is idle",
                 "%s: %s is running", server->name, job->name);
        else if (job && job->enabled && situation_traits(wizard->situation)->copies)
            find(wizard, VERDICT_OK, false, NULL, "%s: the shipping jobs go on", server->name);
        else if (job && job->enabled)
            find(wizard, VERDICT_OK, false, NULL, "%s: the shipping jobs will be disabled first",
                 server->name);
    }
}

static void look_at_roster(struct wizard *wizard, const struct group_view *view)
{
    for (size_t i = 0; i < view->roster_problems_count; i++)
        find(wizard, VERDICT_CRITICAL, true, "correct `restores` in the configuration", "%s",
             view->roster_problems[i]);
    size_t restoring = 0;
    for (size_t i = 0; i < view->roster_count; i++) {
        const struct roster_entry *entry = &view->roster[i];
        if (!entry->state_known || entry->left_out)
            continue;
        if (entry->state == STATE_RESTORING || entry->standby)
            restoring++;
        else if (entry->state == STATE_ABSENT)
            find(wizard, VERDICT_WARNING, false, "it will be created from its full backup",
                 "%s/%s is not there", words_destination(view, entry), entry->database);
        else
            find(wizard, VERDICT_WARNING, false,
                 "only a full restore over it could bring it to a mark, if it is not there already",
                 "%s/%s is %s", words_destination(view, entry), entry->database,
                 database_state_name(entry->state));
    }
    find(wizard,
         !view->roster_count               ? VERDICT_CRITICAL
         : restoring == view->roster_count ? VERDICT_OK
                                           : VERDICT_WARNING,
         !view->roster_count, NULL, "%zu of %zu databases are RESTORING and can roll forward",
         restoring, view->roster_count);
}

/* Monitoring's last count, not the run's own look: it warns, and does not block. */
static void look_at_sessions(struct wizard *wizard, const struct group_view *view)
{
    for (size_t i = 0; i < view->roster_count; i++) {
        const struct roster_entry *entry = &view->roster[i];
        const struct database_row *row =
            entry->source < 0
                ? NULL
                : server_view_database(view->servers[entry->source], entry->database);
        if (row != NULL && row->sessions > 0)
            find(wizard, VERDICT_WARNING, false,
                 "stop what uses it; the run refuses to begin while a session is in it",
                 "%s/%s: %lld session%s in it", view->servers[entry->source]->name,
                 entry->database, (long long)row->sessions, row->sessions == 1 ? "" : "s");
    }
}

static void look_at_target(struct wizard *wizard, const struct group_view *view)
{
    const struct readiness *ready = &view->readiness;
    const struct mark *mark = words_mark(view, ready->newest);
    char loss[WORDS_SIZE];
    if (!mark || !mark->reachable) {
        find(wizard, VERDICT_WARNING, false, "choose another mark at the next step",
             "no mark can be reached by rolling forward%s%s", ready->reasons_count ? ": " : "",
             ready->reasons_count ? ready->reasons[0] : "");
        return;
    }
    words_loss(loss, sizeof loss, mark->data_loss_ms, ready->loss_basis);
    if (situation_traits(wizard->situation)->makes_mark)
        find(wizard, VERDICT_OK, false, NULL,
             "the run makes a mark of its own; the standby keeps up: today %s can be reached",
             mark->name);
    else
        find(wizard, VERDICT_OK, false, NULL, "%s can be reached, losing %s", mark->name, loss);
    find(wizard, mark->evidence == EVIDENCE_HEADER ? VERDICT_OK : VERDICT_WARNING, false,
         mark->evidence == EVIDENCE_HEADER
             ? NULL
             : "PREPARE reads every file's header before anything is restored",
         "evidence: %s", words_evidence(mark->evidence));
}

/* What only people know, and when they said so last. It stops nobody: in a disaster it is too late. */
static void look_at_attestations(struct wizard *wizard, const struct group_view *view)
{
    for (size_t i = 0; view->attestations && i < view->attestations->items_count; i++) {
        const struct attestation *item = &view->attestations->items[i];
        char *words = attestation_words(item, view->now_utc_ms);
        find(wizard, attestation_verdict(item, view->now_utc_ms), false, NULL, "%s: %s", item->id,
             words);
        free(words);
    }
}

void wizard_preflight(struct wizard *wizard, const struct group_view *view, bool demo)
{
    for (size_t i = 0; i < wizard->findings_count; i++) {
        free(wizard->findings[i].text);
        free(wizard->findings[i].remedy);
    }
    wizard->findings_count = 0;
    look_at_live(wizard, view);
    look_at_sources(wizard, view, demo);
    look_at_destinations(wizard, view);
    look_at_roster(wizard, view);
    if (situation_traits(wizard->situation)->makes_mark)
        look_at_sessions(wizard, view);
    if (!view->readiness.live)
        look_at_target(wizard, view);
    look_at_attestations(wizard, view);
}
