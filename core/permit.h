/* The right to write to servers. A writer connection (core/tds.h) cannot be opened without one,
 * and none can exist in a process that was declared read-only (--monitor): the latch has no way
 * back. Only core/run and core/execute ask for permits, with the operator's confirmation in hand.
 */
#ifndef STOPMARK_CORE_PERMIT_H
#define STOPMARK_CORE_PERMIT_H

#include <stdbool.h>

#include "core/base/error.h"

struct permit; /* opaque */

/* From now on this process gets no permit. Any thread; cannot be undone. */
void permit_forbid_all(void);

/* True unless permit_forbid_all was called. */
bool permit_possible(void);

/* A permit for a run whose confirmation (what the operator typed) equals the group's name to the
 * byte. purpose is kept for messages ("run 12"). NULL with *error: ERR_NOT_CONFIRMED, or
 * ERR_REFUSED in a read-only process. Owned. */
struct permit *permit_issue(const char *group_name, const char *confirmed_group,
                            const char *purpose, struct error *error);

/* What it was issued for; borrowed. */
const char *permit_purpose(const struct permit *permit);

/* Ends it. NULL is allowed. */
void permit_free(struct permit *permit);

#endif
