/* Whether BizTalk's shipping may go on after a run was given up, and the way back where it may not:
 * the rebuild of the standby in its right order. Words for an operator; nothing here is ever sent.
 * Pure; any thread.
 */
#ifndef STOPMARK_CORE_REBUILD_H
#define STOPMARK_CORE_REBUILD_H

#include <stdbool.h>
#include <stddef.h>

#include "core/journal.h"

/* BizTalk's tables know of nothing that a run did: they are right only for a destination on which no
 * RESTORE of it took effect, or may have. server as the plan names it. */
bool rebuild_tables_agree(const struct journal_content *past, const char *server);

/* The steps of the rebuild, in order; an owned array of owned texts, *count 0 where none is due: the
 * tables agree everywhere, the run restored copies, or a database of it is live (sp_LogShippingClean
 * would drop it). Source: BizTalk's documentation of log shipping, sp_LogShippingClean. */
char **rebuild_steps(const struct journal_content *past, size_t *count);

#endif
