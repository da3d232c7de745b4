/* What-if: "file-missing=SET/DB", "server-down=NAME", "set-partial=SET", databases left out
 * and files added, put into a group view while it is being built. Pure. Any thread.
 */
#ifndef STOPMARK_CORE_ASSUME_H
#define STOPMARK_CORE_ASSUME_H

#include <stdbool.h>

#include "core/base/error.h"
#include "core/view.h"

/* False with *error (ERR_USAGE) where the text is of none of the three kinds; what it names is not
 * looked at. */
bool assume_is_known(const char *assumption, struct error *error);

/* Each applies what belongs to its stage (after group_view_new, after the joins)
 * and is false with *error (ERR_USAGE) where an assumption is malformed or names nothing there. */
bool assume_servers(struct group_view *view, const struct group_assumptions *assumptions,
                    struct error *error);
/* After the roster: what of it is left out. A name that is neither its nor of an older set's is
 * refused by assume_sets. */
void assume_roster(struct group_view *view, const struct group_assumptions *assumptions);
/* For a rehearsal: the databases stand nowhere yet, whatever the standby is. */
void assume_copies(struct group_view *view);
bool assume_sets(struct group_view *view, const struct group_assumptions *assumptions,
                 struct error *error);

#endif
