/* `stopmark demo`: the lab as a child process, with a configuration of its own in a temporary
 * directory of which only reports stay. The console may make the lab's sources die and come back,
 * which is the only thing it can do to a lab that it cannot do to a real estate. Main thread only.
 */
#ifndef STOPMARK_SCREENS_DEMO_H
#define STOPMARK_SCREENS_DEMO_H

#include <stdbool.h>

#include "core/base/error.h"

struct demo; /* opaque */

/* Finds stopmark-lab beside this binary or in its libexec, starts it with the scenario (a name or
 * a file; or, where text is not NULL, that text as a scenario) at the speed given, and waits (30 s
 * at most) until it is ready. Owned; NULL with *error. */
struct demo *demo_start(const char *scenario, const char *text, double speed, struct error *error);

/* The configuration that the lab wrote; borrowed. */
const char *demo_configuration(const struct demo *demo);

/* Kills (dead = true) or revives the lab's source servers, as a power failure would. */
void demo_set_sources_dead(struct demo *demo, bool dead);
bool demo_sources_dead(const struct demo *demo);

/* Ends the lab and removes the temporary directory, but for reports of restores, whose paths it
 * prints. NULL is allowed. */
void demo_stop(struct demo *demo);

#endif
