/* What the files of the rules' cases share; nobody else includes it. */
#ifndef STOPMARK_TESTS_SUPPORT_RULE_CASES_INTERNAL_H
#define STOPMARK_TESTS_SUPPORT_RULE_CASES_INTERNAL_H

#include "tests/support/rule_cases.h"

#define MGMT "BizTalkMgmtDb"
#define BOX "BizTalkMsgBoxDb"

enum { SOURCE = 0, DESTINATION = 1, MINUTE_MS = 60 * 1000 }; /* of the small estate */

/* A case of the small estate that kept up. */
#define CASE(rule_, spoil_, verdict_, where_, text_)                                               \
    {.rule = (rule_), .spoil = (spoil_), .verdict = (verdict_), .where = (where_), .text = (text_)}

/* One of the small estate in which one more set is spoilt too. */
#define RECURS(rule_, spoil_, again_, verdict_, where_, text_)                                     \
    {.rule = (rule_), .spoil = (spoil_), .again = (again_), .verdict = (verdict_),                 \
     .where = (where_), .text = (text_)}

/* A case in which the login may not see a part of a server of the small estate. */
#define BLIND(rule_, server, part)                                                                 \
    {.rule = (rule_),                                                                              \
     .verdict = VERDICT_UNKNOWN,                                                                   \
     .where = (server) == SOURCE ? "SQLA" : "DRSQL1",                                              \
     .text = "may not look",                                                                       \
     .hides = true,                                                                                \
     .hidden_server = (server),                                                                    \
     .hidden_part = (part)}

/* A case in which nothing is wrong. */
#define HEALTHY(rule_) {.rule = (rule_), .verdict = VERDICT_OK, .where = ""}

extern const struct rule_cases rule_cases_first, rule_cases_jobs, rule_cases_sets,
    rule_cases_failover, rule_cases_around, rule_cases_live;

#endif
