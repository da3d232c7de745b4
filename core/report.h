/* Reports of restore runs as texts. Loading, writing and ticking are declared in core/run.h; this
 * header holds what report.c and report_text.c share. Functions read the disk or are pure; any
 * thread.
 */
#ifndef STOPMARK_CORE_REPORT_H
#define STOPMARK_CORE_REPORT_H

#include "core/journal.h"
#include "core/plan.h"
#include "core/run.h"
#include "core/runbook.h"

/* Fills a report from a journal's content; plan may be NULL (a plan that cannot be read). Manual
 * steps are left out. Pure. */
void report_fill(struct report *report, const struct journal_content *content,
                 const struct plan *plan);

/* A copy fit to be seen (text_clean); NULL for NULL. Owned. */
char *report_clean(const char *text);

/* Adds the runbook's steps that belong to the run, then those of the way back, with their ticks and
 * proofs; the report is filled otherwise. Pure. */
void report_fill_steps(struct report *report, const struct runbook *runbook,
                       const struct journal_content *content, const struct plan *plan);

#endif
