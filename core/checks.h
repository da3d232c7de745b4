/* The checks: a table of rules (core/rules.def), one pure function each, over the group view. A
 * rule that finds nothing wrong still stands once with what it looked at; a rule that may not look
 * says so (unknown) and names the permission. Any thread.
 */
#ifndef STOPMARK_CORE_CHECKS_H
#define STOPMARK_CORE_CHECKS_H

#include <stddef.h>

#include "core/model.h"
#include "core/view.h"

struct check_rule {
    const char *id;        /* stable, "backup-job" */
    const char *what;      /* what it looks at */
    const char *why;       /* why it matters */
    enum verdict severity; /* the worst that it says */
    const char *remedy;    /* what to do */
    const char *source;    /* the page of the documentation that says so */
};

/* Fills view->checks; needs everything else of the view. */
void checks_build(struct group_view *view);

/* The table, in its order; static. */
const struct check_rule *checks_rules(size_t *count);

/* The rule of that id; NULL = none. Static. */
const struct check_rule *checks_rule(const char *id);

#endif
