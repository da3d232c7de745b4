/* Cases about where the group is live: one recovered database is a mistake, a group without one of
 * its custom databases is production. */
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "tests/support/rule_cases_internal.h"

enum { SQLA, SQLB, DRSQL1, DRSQL2 };

#define BOX2 "BizTalkMsgBoxDb2"

static struct build *contoso(void)
{
    return build_contoso(1, false);
}

static void recover(struct build *b, int server, const char *database)
{
    struct database_row *row = build_row(b, server, database);
    row->state = STATE_ONLINE;
    row->redo_lsn = (struct lsn){0};
}

/* The one database of its destination was recovered by mistake. */
static void one_recovered(struct build *b)
{
    recover(b, DRSQL2, BOX2);
}
static void management_recovered(struct build *b)
{
    recover(b, DRSQL1, MGMT);
}
/* A failover that left ContosoOrders out, or whose last step failed for it. */
static void all_but(struct build *b, const char *stuck)
{
    for (size_t i = 0; i < b->databases_count; i++)
        if (strcmp(b->databases[i].name, stuck) != 0)
            recover(b, b->databases[i].destination, b->databases[i].name);
}
static void live_without_orders(struct build *b)
{
    all_but(b, "ContosoOrders");
}
static void shipping_off(struct build *b)
{
    for (int server = DRSQL1; server <= DRSQL2; server++)
        for (size_t j = 0; j < b->servers[server]->jobs_count; j++)
            b->servers[server]->jobs[j].enabled = false;
}
static void live_without_orders_jobs_off(struct build *b)
{
    live_without_orders(b);
    shipping_off(b);
}
static void live_without_tracking(struct build *b)
{
    all_but(b, "BizTalkDTADb");
}
/* RECOVER broke off: the management database comes last. */
static void half_recovered(struct build *b)
{
    all_but(b, MGMT);
    shipping_off(b);
}
static void whole_group_live(struct build *b)
{
    all_but(b, "");
}
/* After a planned move: the sources answer, their databases are OFFLINE, their Agent is at rest. A
 * week later nothing of theirs is young, nor what it should be. */
static void moved(struct build *b)
{
    whole_group_live(b);
    shipping_off(b);
    for (int server = SQLA; server <= SQLB; server++) {
        struct server_view *source = b->servers[server];
        for (size_t i = 0; i < source->databases_count; i++)
            source->databases[i].state = STATE_OFFLINE;
        for (size_t j = 0; j < source->jobs_count; j++)
            source->jobs[j].enabled = false;
        source->agent_running = false;
        source->agent_starts_itself = 0;
    }
    for (size_t i = 0; i < b->servers_count; i++)
        b->servers[i]->server_utc_ms += INT64_C(30) * 24 * 60 * MINUTE_MS;
    spoil_part(b, SQLA, PART_HISTORY);
    b->servers[SQLA]->force_full = 1;
    b->config.restore_time.critical_ms = 1;
}
/* BizTalk's jobs were made on the destination and nobody enabled them. */
static void own_jobs(struct build *b, bool enabled)
{
    whole_group_live(b);
    build_job(b, DRSQL1, JOB_BACKUP, "Backup BizTalk Server (BizTalkMgmtDb)")->enabled = enabled;
    build_job(b, DRSQL1, JOB_BIZTALK, "DTA Purge and Archive (BizTalkDTADb)")->enabled = enabled;
    build_job(b, DRSQL1, JOB_BIZTALK, "MessageBox_Message_Cleanup_BizTalkMsgBoxDb")->enabled =
        false; /* it always is */
}
static void own_jobs_disabled(struct build *b)
{
    own_jobs(b, false);
}
static void own_jobs_enabled(struct build *b)
{
    own_jobs(b, true);
}
/* The old source's databases are online without a backup job, and so many sessions are in each. */
static void old_source(struct build *b, int64_t sessions)
{
    whole_group_live(b);
    spoil_job(b, SQLA, JOB_BACKUP)->enabled = false;
    for (int server = SQLA; server <= SQLB; server++)
        for (size_t i = 0; i < b->servers[server]->databases_count; i++)
            b->servers[server]->databases[i].sessions = 0;
    build_row(b, SQLB, BOX2)->sessions = sessions;
}
static void old_source_at_rest(struct build *b)
{
    old_source(b, 0);
}
static void old_source_in_use(struct build *b)
{
    old_source(b, 2);
}
static void old_source_sessions_hidden(struct build *b)
{
    old_source(b, -1);
}
/* The other half of the group was never seen, and nothing speaks against it. */
static void other_destination_unread(struct build *b)
{
    recover(b, DRSQL2, BOX2);
    spoil_part(b, DRSQL1, PART_DATABASES);
}

#define OF_CONTOSO(rule_, spoil_, verdict_, where_, text_)                                         \
    {.rule = (rule_), .estate = contoso, .spoil = (spoil_), .verdict = (verdict_),                 \
     .where = (where_), .text = (text_)}

static const struct rule_case cases[] = {
    OF_CONTOSO("standby-state", one_recovered, VERDICT_CRITICAL, "DRSQL2/" BOX2, "not RESTORING"),
    OF_CONTOSO("two-masters", one_recovered, VERDICT_OK, "", "the sources alone"),
    OF_CONTOSO("live-jobs", one_recovered, VERDICT_OK, "", NULL),
    OF_CONTOSO("common-mark", one_recovered, VERDICT_CRITICAL, "", NULL),
    OF_CONTOSO("standby-state", management_recovered, VERDICT_CRITICAL, "DRSQL1/" MGMT,
               "not RESTORING"),
    OF_CONTOSO("live-jobs", management_recovered, VERDICT_OK, "", NULL),
    OF_CONTOSO("two-masters", other_destination_unread, VERDICT_UNKNOWN, "DRSQL1", "may not look"),
    OF_CONTOSO("standby-state", live_without_orders, VERDICT_WARNING, "DRSQL1/ContosoOrders",
               "the group is live and it is RESTORING"),
    OF_CONTOSO("live-jobs", live_without_orders, VERDICT_CRITICAL, "DRSQL1", "is enabled where"),
    OF_CONTOSO("shipping-jobs", live_without_orders_jobs_off, VERDICT_OK, "", NULL),
    OF_CONTOSO("live-jobs", live_without_orders_jobs_off, VERDICT_OK, "", NULL),
    OF_CONTOSO("destinations-differ", live_without_orders, VERDICT_OK, "", "failed over"),
    OF_CONTOSO("two-masters", live_without_orders, VERDICT_CRITICAL, "SQLA", "8 of the group's"),
    OF_CONTOSO("live-jobs", live_without_tracking, VERDICT_CRITICAL, "DRSQL1", "is enabled where"),
    OF_CONTOSO("standby-state", live_without_tracking, VERDICT_CRITICAL, "DRSQL1/BizTalkDTADb",
               "the group is live and it is RESTORING"),
    OF_CONTOSO("standby-state", half_recovered, VERDICT_CRITICAL, "DRSQL1/", "not RESTORING"),
    OF_CONTOSO("shipping-jobs", half_recovered, VERDICT_CRITICAL, "DRSQL1", "were recovered"),
    OF_CONTOSO("standby-state", whole_group_live, VERDICT_WARNING, "DRSQL", "all its databases"),
    OF_CONTOSO("visible", moved, VERDICT_OK, "", NULL),
    OF_CONTOSO("source-databases", moved, VERDICT_OK, "", "failed over"),
    OF_CONTOSO("backup-job", moved, VERDICT_OK, "", "failed over"),
    OF_CONTOSO("backup-age", moved, VERDICT_OK, "", "failed over"),
    OF_CONTOSO("partial-set", moved, VERDICT_OK, "", "failed over"),
    OF_CONTOSO("full-set", moved, VERDICT_OK, "", "failed over"),
    OF_CONTOSO("backup-path", moved, VERDICT_OK, "", "failed over"),
    OF_CONTOSO("data-loss", moved, VERDICT_OK, "", "failed over"),
    OF_CONTOSO("restore-time", moved, VERDICT_OK, "", "failed over"),
    OF_CONTOSO("full-age", moved, VERDICT_OK, "", "failed over"),
    OF_CONTOSO("retention", moved, VERDICT_OK, "", "failed over"),
    OF_CONTOSO("history-kept", moved, VERDICT_OK, "", "failed over"),
    OF_CONTOSO("force-full", moved, VERDICT_OK, "", "failed over"),
    OF_CONTOSO("agent", moved, VERDICT_OK, "", NULL),
    OF_CONTOSO("agent-start", moved, VERDICT_OK, "", NULL),
    OF_CONTOSO("jobs-after-failover", own_jobs_disabled, VERDICT_WARNING, "DRSQL1",
               "2 of BizTalk's Agent jobs are there and disabled"),
    OF_CONTOSO("jobs-after-failover", own_jobs_enabled, VERDICT_OK, "", "are where"),
    OF_CONTOSO("two-masters", old_source_at_rest, VERDICT_WARNING, "SQL", "are online here too"),
    OF_CONTOSO("two-masters", old_source_in_use, VERDICT_CRITICAL, "SQLB", "2 sessions in them"),
    OF_CONTOSO("two-masters", old_source_sessions_hidden, VERDICT_UNKNOWN, "SQLB", "who works"),
};

const struct rule_cases rule_cases_live = {cases, sizeof cases / sizeof *cases};
