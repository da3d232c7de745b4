/* One database's backup files in log order, and how it can get from where it stands to a mark.
 * Here SQL Server's rules decide on RESTORE and LSNs, not SetComplete: a log is accepted
 * when first_lsn <= R < last_lsn, R being the redo point; after a full set R is its last_lsn. Only
 * a hole in LSNs, another recovery fork or an unusable file breaks a chain; a database without a
 * file in a partial set is covered by its next log. Where LSNs are not known, the order of the
 * sets stands in for them and the evidence says so.
 *
 * Pure. A track is owned by who built it and borrows from the view. One thread.
 */
#ifndef STOPMARK_CORE_TRACK_H
#define STOPMARK_CORE_TRACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/view.h"

struct track_log {
    size_t set;                  /* index into view->sets; of an inserted one: the set before it */
    const struct set_file *file; /* borrowed; of a set, or an added copy of it */
    bool inserted;               /* a file that the history does not know (--add-file) */
    size_t run;                  /* index of the first log of the contiguous run it stands in */
    char *broken;                /* why the run begins here; NULL = it is the next of its run */
    /* sums over all logs up to and including this one */
    int64_t bytes;
    size_t unknown_sizes, by_history, by_msdb;
};

struct track_full {
    size_t set; /* as in struct track_log */
    const struct set_file *file;
    bool inserted;
    size_t start; /* index of the first log to apply after it; logs_count = none yet */
    char *broken; /* why no log continues it; NULL = one does */
};

struct track {
    const struct group_view *view;
    size_t entry; /* index into view->roster */
    struct track_log *logs;
    size_t logs_count, logs_capacity;
    struct track_full *fulls; /* ascending */
    size_t fulls_count, fulls_capacity;
    size_t *log_of_set; /* set index -> log index; SIZE_MAX = the set has no usable log */
    bool can_roll;      /* RESTORING (or standby) with a known place to go on from */
    struct lsn place; /* the redo point, or the end of what was restored last; or unknown */
    bool place_seen;  /* it is the redo point */
    bool start_by_lsn;
    size_t start;         /* the log that holds the redo point, or the first one not applied */
    char *cannot_roll;    /* why not */
    char *cannot_restore; /* why nothing at all can be done here (server down, no destination) */
    char *passed_text;    /* "it is past this mark (...)"; shared by many marks */
};

/* How one database gets to one mark. */
struct track_path {
    enum route route;
    enum evidence evidence;
    char *reason;       /* owned by the caller; NULL = nothing to say */
    int full;           /* index into track->fulls, -1 = none */
    size_t first, last; /* logs to apply, inclusive; meaningful where logs_count > 0 */
    size_t logs_count;
    int64_t size_bytes; /* of all files to read; SIZE_UNKNOWN where one is not known */
    int64_t full_bytes; /* the full set's part; 0 without one */
};

/* "is missing", "is marked damaged": why a file is not usable; static. */
const char *track_why_unusable(const struct set_file *file);

/* Can a roster entry be put in STANDBY at the mark, for its MarkLog to be read before it is recovered?
 * Not by a server newer than its backups: the database must be upgraded first (error 3180). True where
 * nobody knows what wrote them: the server tells when it is asked. */
bool track_can_be_shown(const struct group_view *view, size_t entry);

/* Builds the track of a roster entry. Owned; track_free. */
struct track *track_build(const struct group_view *view, size_t entry);
void track_free(struct track *track);

/* How a log is called in texts: "set 1184", "the added file ..."; owned. */
char *track_log_name(const struct track *track, size_t log);

/* The path to the mark of a log set (index into view->sets). */
struct track_path track_find_path(const struct track *track, size_t set, enum stop_kind stop);

#endif
