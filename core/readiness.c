#include "core/readiness.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/group.h"
#include "core/marks.h"
#include "core/roster.h"

enum { DURATION_SIZE = 64 };

static int badness(enum verdict verdict)
{
    switch (verdict) {
    case VERDICT_OK:
    case VERDICT_ACKNOWLEDGED:
        return 0;
    case VERDICT_WARNING:
        return 1;
    case VERDICT_UNKNOWN:
        return 2;
    case VERDICT_CRITICAL:
        break;
    }
    return 3;
}

enum verdict readiness_worse(enum verdict a, enum verdict b)
{
    return badness(b) > badness(a) ? b : a;
}

enum verdict readiness_overall(const struct group_view *view)
{
    enum verdict worst = view->readiness.verdict;
    for (size_t i = 0; i < view->checks_count; i++)
        worst = readiness_worse(worst, view->checks[i].verdict);
    return worst == VERDICT_ACKNOWLEDGED ? VERDICT_OK : worst;
}

/* Reasons as they are found, to be sorted by how bad they are. */
struct finding {
    enum verdict verdict;
    size_t order;
    char *text;
};

struct findings {
    struct finding *items;
    size_t items_count, items_capacity;
};

static void add(struct findings *findings, enum verdict verdict, char *text)
{
    struct finding *finding = memory_append(findings, items);
    *finding =
        (struct finding){.verdict = verdict, .order = findings->items_count - 1, .text = text};
}

static int compare_findings(const void *a, const void *b)
{
    const struct finding *x = a, *y = b;
    if (badness(x->verdict) != badness(y->verdict))
        return badness(y->verdict) - badness(x->verdict);
    return x->order < y->order ? -1 : 1;
}

static bool was_ever_read(const struct server_view *server)
{
    return server->as_of_monotonic_ms != TIME_UNKNOWN || server->from_disk ||
           server->error.code != ERR_OK;
}

/* --- what stands in the way ------------------------------------------------------------------ */

static void look_at_servers(const struct group_view *view, struct findings *findings)
{
    for (size_t i = 0; i < view->destinations_count; i++) {
        const struct server_view *server = view->servers[view->destinations[i]];
        if (!view->down[view->destinations[i]])
            continue;
        if (!was_ever_read(server))
            add(findings, VERDICT_UNKNOWN,
                memory_format("%s has not been read yet: wait for its first answer", server->name));
        else
            add(findings, VERDICT_CRITICAL,
                memory_format("%s does not answer%s%s: nothing can be restored there; see to the "
                              "server, its network and the login",
                              server->name, server->error.what[0] != '\0' ? ": " : "",
                              server->error.what));
    }
}

static void look_at_roster(const struct group_view *view, struct findings *findings)
{
    for (size_t i = 0; i < view->roster_problems_count; i++)
        add(findings, VERDICT_CRITICAL, memory_copy_text(view->roster_problems[i]));
    if (view->roster_count == 0)
        add(findings, VERDICT_UNKNOWN,
            memory_copy_text("no server has told yet which databases belong to the group: see "
                             "that the source or a destination answers and its history is visible "
                             "to the login"));
}

/* The mark that every database was recovered at, as msdb tells; NULL = not known. */
static const char *recovered_at(const struct group_view *view)
{
    if (view->readiness.newest < 0)
        return NULL;
    const struct mark *mark = &view->marks[view->readiness.newest];
    for (size_t k = 0; k < view->roster_count; k++)
        if (!view->roster[k].left_out && mark->routes[k].route != ROUTE_RECOVERED_AT_MARK)
            return NULL;
    return mark->name;
}

/* The standby is the production now: there is nothing to restore, whatever the marks say. */
static bool look_at_fail_over(const struct group_view *view, struct findings *findings)
{
    if (!view->readiness.live)
        return false;
    const char *mark = recovered_at(view);
    add(findings, VERDICT_WARNING,
        memory_format("the group was failed over: its databases are online at their destinations%s"
                      "%s; leave them alone and set up a new standby",
                      mark != NULL ? ", at mark " : "", mark != NULL ? mark : ""));
    for (size_t k = 0; k < view->roster_count; k++) {
        const struct roster_entry *entry = &view->roster[k];
        if (entry->left_out || !entry->state_known || group_entry_is_online(entry))
            continue;
        char *where = roster_where(view, k);
        add(findings, VERDICT_WARNING,
            memory_format("%s is %s in the live group: bring it to the mark of the others, or "
                          "restore it by itself",
                          where, database_state_name(entry->state)));
        free(where);
    }
    return true;
}

struct blockers {
    struct findings *findings;
    enum verdict verdict;
};

static void add_blocker(void *context, char *text)
{
    struct blockers *blockers = context;
    add(blockers->findings, blockers->verdict, text);
}

static void look_at_newest_mark(const struct group_view *view, enum verdict verdict,
                                struct findings *findings)
{
    struct blockers blockers = {.findings = findings, .verdict = verdict};
    marks_tell_blockers(view, add_blocker, &blockers);
}

static void look_at_target(const struct group_view *view, struct findings *findings)
{
    const struct readiness *readiness = &view->readiness;
    if (view->roster_count == 0)
        return;
    if (readiness->newest >= 0) {
        /* Reached, but not the newest complete set: who holds the group back? */
        const struct mark *reached = &view->marks[readiness->newest];
        if (reached->worst == ROUTE_ROLL_FORWARD)
            look_at_newest_mark(view, VERDICT_WARNING, findings);
        return;
    }
    if (readiness->newest_any >= 0) {
        const struct mark *mark = &view->marks[readiness->newest_any];
        add(findings, VERDICT_WARNING,
            memory_format("no mark is reached by rolling forward; %s (set %lld) is, with full "
                          "restores: restore --mark %s",
                          mark->name, (long long)view->sets[mark->set].id, mark->name));
        look_at_newest_mark(view, VERDICT_WARNING, findings);
        return;
    }
    bool known = view->sets_count > 0;
    add(findings, known ? VERDICT_CRITICAL : VERDICT_UNKNOWN,
        memory_copy_text(known ? "no mark can be reached by all databases: force a full backup, "
                                 "wait for it and for one log set after it"
                               : "no backup set is known: see that a history is visible to the "
                                 "login"));
    look_at_newest_mark(view, VERDICT_CRITICAL, findings);
}

static void look_at_limit(struct findings *findings, const struct limit *limit, int64_t value_ms,
                          const char *what, const char *action)
{
    if (value_ms == DURATION_UNKNOWN)
        return;
    enum verdict verdict =
        limit->critical_ms != DURATION_UNKNOWN && value_ms > limit->critical_ms ? VERDICT_CRITICAL
        : limit->warning_ms != DURATION_UNKNOWN && value_ms > limit->warning_ms ? VERDICT_WARNING
                                                                                : VERDICT_OK;
    if (verdict == VERDICT_OK)
        return;
    char value[DURATION_SIZE], bound[DURATION_SIZE];
    duration_format(value, sizeof value, value_ms);
    duration_format(bound, sizeof bound,
                    verdict == VERDICT_CRITICAL ? limit->critical_ms : limit->warning_ms);
    add(findings, verdict, memory_format("%s is %s, the limit %s: %s", what, value, bound, action));
}

static void look_at_evidence(const struct group_view *view, struct findings *findings)
{
    if (view->readiness.newest_any < 0 || view->readiness.evidence >= EVIDENCE_HEADER)
        return;
    bool may_read = view->destinations_count > 0;
    for (size_t i = 0; i < view->destinations_count; i++)
        may_read = may_read && view->servers[view->destinations[i]]->can_read_headers;
    const char *known =
        view->readiness.evidence == EVIDENCE_MSDB ? "the source's msdb" : "the history tables";
    add(findings, VERDICT_WARNING,
        may_read ? memory_format("files not checked: what is known comes from %s; the restore's "
                                 "first phase reads every header",
                                 known)
                 : memory_format("files not checked: what is known comes from %s; grant the right "
                                 "to read headers (stopmark grants --login NAME --proof)",
                                 known));
}

static void look_at_price(const struct group_view *view, struct findings *findings)
{
    const struct readiness *readiness = &view->readiness;
    if (readiness->newest_any < 0)
        return;
    const struct config *config = view->config;
    look_at_limit(findings, &config->data_loss, readiness->data_loss_ms, "the data loss",
                  "see why sets are late: the backup job, its import, the standby");
    look_at_limit(findings, &config->restore_time, readiness->restore_ms, "the restore time",
                  "let the standby catch up, or raise the limit if it is accepted");
    if (readiness->data_loss_ms == DURATION_UNKNOWN)
        add(findings, VERDICT_WARNING,
            memory_copy_text("the data loss cannot be told: whether the stamps are UTC or local "
                             "is not known until the management server has answered once"));
    look_at_evidence(view, findings);
}

/* --- the verdict ----------------------------------------------------------------------------- */

static void find_targets(struct group_view *view)
{
    struct readiness *readiness = &view->readiness;
    *readiness = (struct readiness){
        .newest = marks_find_newest(view),
        .rule = marks_find_rule(view),
        .newest_any = marks_find_newest_any(view),
        .data_loss_ms = DURATION_UNKNOWN,
        .restore_ms = DURATION_UNKNOWN,
        .rates_age_ms = view->rates.age_ms,
        .loss_basis = view->sources_alive ? LOSS_LIVE : LOSS_LAST_SEEN,
    };
    readiness->live = group_is_live(view);
    if (readiness->live) { /* the marks offer full restores: over the production */
        readiness->newest = recovered_at(view) != NULL ? readiness->newest : -1;
        readiness->rule = readiness->newest_any = -1;
        return;
    }
    int target = readiness->newest >= 0 ? readiness->newest : readiness->newest_any;
    if (target < 0)
        return;
    readiness->possible = true;
    readiness->data_loss_ms = view->marks[target].data_loss_ms;
    readiness->restore_ms = view->marks[target].restore_ms;
    readiness->evidence = view->marks[target].evidence;
}

void readiness_build(struct group_view *view)
{
    struct findings findings = {0};
    find_targets(view);
    look_at_servers(view, &findings);
    look_at_roster(view, &findings);
    /* With nothing left to restore there is no price to look at. */
    if (!look_at_fail_over(view, &findings)) {
        look_at_target(view, &findings);
        look_at_price(view, &findings);
    }
    if (findings.items_count > 0)
        qsort(findings.items, findings.items_count, sizeof *findings.items, compare_findings);
    struct readiness *readiness = &view->readiness;
    readiness->verdict = VERDICT_OK;
    for (size_t i = 0; i < findings.items_count; i++) {
        readiness->verdict = readiness_worse(readiness->verdict, findings.items[i].verdict);
        group_add_text(readiness, reasons, findings.items[i].text);
    }
    free(findings.items);
}
