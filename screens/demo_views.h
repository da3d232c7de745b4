/* The estate's last good views as a scenario of the lab: servers, databases, sets with their
 * numbers and marks, holes, files that cannot be read, where each standby stands, disabled jobs.
 * What the lab has no word for (other jobs, rights, logins of people) is left out.
 *
 * demo_views_load reads the disk; the rest is pure. Main thread, before the console starts.
 */
#ifndef STOPMARK_SCREENS_DEMO_VIEWS_H
#define STOPMARK_SCREENS_DEMO_VIEWS_H

#include "core/base/error.h"
#include "core/config.h"
#include "core/view.h"

/* The group as the last good views of the state directory show it; NULL with *error where no view
 * of the management database's source is there. Owned. */
struct group_view *demo_views_load(const struct config *config, struct error *error);

/* The scenario as JSON (tests/lab/README.md). Owned. */
char *demo_views_scenario(const struct group_view *view);

#endif
