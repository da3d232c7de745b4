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
};

const struct rule_cases rule_cases_live = {cases, sizeof cases / sizeof *cases};
