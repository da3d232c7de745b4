/* The console's facts as lines of text: one model for the plain mode, the batch commands and, for
 * the sentences that screens share, the console itself, so that they cannot disagree. Pure; every
 * text is owned by the caller and cleaned; no newline at the end.
 */
#ifndef STOPMARK_SCREENS_FACTS_H
#define STOPMARK_SCREENS_FACTS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/plan.h"
#include "core/view.h"

/* One line: "YES, to mark M (set N), losing 20 min 50 s, databases online after 4 min 10 s" or
 * "NO: " and the first reason. */
char *facts_verdict_line(const struct group_view *view);

/* `stopmark status` and a frame of the plain mode: verdict, both targets, servers, databases, lag,
 * jobs, checks. brief: leaves out what is well. */
char *facts_status_text(const struct group_view *view, bool brief);

/* The newest count sets, newest first, a line each under a heading. */
char *facts_sets_text(const struct group_view *view, size_t count);

/* The newest count marks, newest first: reachable how, loss, time, and the reasons why not. */
char *facts_marks_text(const struct group_view *view, size_t count);

/* A plan: target, price, alternatives, and every statement in order; or the reasons. */
char *facts_plan_text(const struct plan *plan);

#endif
