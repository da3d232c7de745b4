/* Which backup files a destination is asked about next, ahead of a restore: those that the routes to
 * the offered targets read, then those of a full restore to the newest set. Only files of sets that
 * are closed and complete: a file that may still be written is never opened. Pure; any thread.
 */
#ifndef STOPMARK_CORE_PROOF_WANT_H
#define STOPMARK_CORE_PROOF_WANT_H

#include <stddef.h>
#include <stdint.h>

#include "core/view.h"

enum {
    PROOF_ASK_AGAIN_MS = 60000,       /* a file that was not usable may have been copied since */
    PROOF_FRESH_MS = 6 * 3600 * 1000, /* a proven file may have been lost since */
};

/* Fills paths (borrowed from view) with at most max files to ask for, the most needed first; known:
 * the destination's newest proofs, which may be newer than view's. Their number. */
size_t proof_wanted(const struct group_view *view, size_t server, const struct server_view *known,
                    int64_t now_utc_ms, const char **paths, size_t max);

/* Drops the proofs of files that no set of the view names any more. known is being made. */
void proof_forget(struct server_view *known, const struct group_view *view, size_t server);

#endif
