/* Can we fail over right now, to which mark, losing how much, taking how long? The verdict over
 * all servers with its reasons, the worst first, each with a next action. Pure; fills a group view
 * under construction; needs roster, sets, marks and lags. Any thread.
 */
#ifndef STOPMARK_CORE_READINESS_H
#define STOPMARK_CORE_READINESS_H

#include "core/view.h"

/* Fills view->readiness. */
void readiness_build(struct group_view *view);

/* The verdict of the whole: the worse of readiness and the checks (acknowledged ones apart;
 * unknown is worse than a warning, better than critical). */
enum verdict readiness_overall(const struct group_view *view);

/* The worse of two verdicts in that order. */
enum verdict readiness_worse(enum verdict a, enum verdict b);

#endif
