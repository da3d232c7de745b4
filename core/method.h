/* What the three methods do, can promise and cannot: once for plan, screen, report and manual page.
 * Pure, static texts; any thread.
 */
#ifndef STOPMARK_CORE_METHOD_H
#define STOPMARK_CORE_METHOD_H

#include "core/model.h"

struct method_traits {
    const char *does;     /* one sentence for people */
    const char *promises; /* what it can promise */
    const char *cannot;   /* what it cannot */
};

/* Never NULL for a method of the enumeration. */
const struct method_traits *method_traits(enum method method);

#endif
