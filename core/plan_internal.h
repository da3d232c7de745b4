/* What the planner's files share; nobody else includes it. */
#ifndef STOPMARK_CORE_PLAN_INTERNAL_H
#define STOPMARK_CORE_PLAN_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/plan.h"
#include "core/track.h"

struct planning {
    const struct group_view *view; /* the view as assumed */
    const struct plan_request *request;
    struct plan *plan;
    int mark;              /* index into view->marks, -1 = none */
    struct track **tracks; /* one for each roster entry */
    char *stop_clause;     /* the same on every log; owned; NULL = cannot be written */
    int64_t *durations_ms; /* one for each roster entry */
    size_t files;
};

/* Adds a reason (takes text) why the plan cannot be carried out. */
void plan_refuse(struct planning *planning, char *text);

/* The database's route and steps, appended to the plan; with reasons where it has none. */
void plan_add_database(struct planning *planning, size_t entry);

/* Writes the stop clause of the target, with AFTER where the mark's name repeats in the logs to
 * apply; refuses where that cannot be written. */
void plan_write_stop_clause(struct planning *planning);

/* Both targets of the view, side by side; the chosen one too. */
void plan_add_alternatives(struct planning *planning);

/* plan->hash, of what will be done: not of times, sizes, estimates or reasons. */
void plan_seal(struct plan *plan, const struct plan_request *request);

#endif
