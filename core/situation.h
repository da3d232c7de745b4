/* What the four situations ask for and promise, once for planner, executor, commands and wizard.
 * Pure, static texts; any thread.
 */
#ifndef STOPMARK_CORE_SITUATION_H
#define STOPMARK_CORE_SITUATION_H

#include <stdbool.h>

#include "core/model.h"

struct situation_traits {
    bool needs_dead_sources;   /* refused while one answers */
    bool needs_living_sources; /* each must answer, and be written to */
    bool makes_mark;           /* the run has the backup job make the mark that it restores to */
    bool copies;               /* restores copies under other names; the standby stays as it is */
    bool stops_shipping;       /* the destinations' shipping jobs are disabled */
    const char *does;          /* one sentence for people: what it does */
    const char *promises;      /* and what it promises */
};

/* Never NULL for a situation of the enumeration. */
const struct situation_traits *situation_traits(enum situation situation);

#endif
