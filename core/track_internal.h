/* What the track's files share: looks at a track that is being built or followed. Pure; one thread;
 * what is found belongs to the track. Nobody else includes it.
 */
#ifndef STOPMARK_CORE_TRACK_INTERNAL_H
#define STOPMARK_CORE_TRACK_INTERNAL_H

#include <stdbool.h>

#include "core/track.h"

/* Fills the track's logs and full sets from the history and from the files added to it, with the
 * links between them. */
void track_collect(struct track *track);

/* Why a log cannot follow a backup, of which the database has what lies before place, although its
 * LSNs fit: another family, another recovery fork. name: how the log is called. Owned; NULL = it can. Source: error 4330, HEADERONLY's fork
 * columns. */
char *track_why_other_branch(const struct set_file *before, struct lsn place,
                             const char *name_before, const struct set_file *log,
                             const char *name);

/* The log that accepts the redo point; logs_count where every log ends at or before it; SIZE_MAX
 * where it lies in no known log. The last of several, so that an empty log is not taken. */
size_t track_log_at(const struct track *track, struct lsn redo);

/* The first log of a set behind that one. */
size_t track_log_after_set(const struct track *track, int64_t set_id);

/* Does the log begin behind that place? Then what lies between is missing. False where either is not
 * known. */
bool track_begins_behind(const struct track *track, size_t log, struct lsn place);

/* Where the order of the sets alone makes a log the next one, for its LSNs or the place are not known:
 * why it is not, because the log of a set between that one (its id, behind which the place is) and it
 * cannot be used. Owned; NULL = nothing is lost. */
char *track_why_lost(const struct track *track, size_t log, struct lsn place, int64_t set_id);

/* True where the newest log's LSNs are known: a place that no log holds is then a hole. */
bool track_lsns_are_known(const struct track *track);

#endif
