/* What the files of the scan share. It reads a view, never a server; findings belong to the scan
 * (scan_free). One thread. Included by core/scan*.c and by
 * the statements that look behind a fail-over.
 */
#ifndef STOPMARK_CORE_SCAN_INTERNAL_H
#define STOPMARK_CORE_SCAN_INTERNAL_H

#include "core/scan.h"

/* where and text are taken. */
void scan_add(struct scan *scan, enum scan_kind kind, char *where, char *text);

/* True where the server's part was read; else the kind is blind, with the reason. */
bool scan_may_look(struct scan *scan, enum scan_kind kind, const struct server_view *server,
                   enum view_part part);

/* The Agent jobs: scan_jobs.c. */
void scan_look_at_jobs(struct scan *scan, const struct group_view *view);

/* An old server's name that stands in text as a word of its own; NULL = none. Borrowed. */
const char *scan_old_name_in(const struct group_view *view, const char *text);

#endif
