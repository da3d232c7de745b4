/* The look after a fail-over: what still points to the old servers, what is missing on the new
 * ones, and whether an old source lives. From the newest group view: pure, any thread.
 *
 * It says what it could not look at, with the permission; "nothing found" is only said of what was
 * read.
 */
#ifndef STOPMARK_CORE_SCAN_H
#define STOPMARK_CORE_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/view.h"

enum scan_kind {
    SCAN_OLD_NAME,   /* a table, job step or linked server names an old server */
    SCAN_LOGIN,      /* a user without a login on its server */
    SCAN_JOB,        /* an Agent job that is missing, or enabled too early */
    SCAN_OLD_SOURCE, /* an old source answers, or somebody works in its databases */
    SCAN_KINDS,
};

struct scan_finding {
    enum scan_kind kind;
    char *where; /* SERVER or SERVER/database */
    char *text;
};

/* Owned by the scan. */
struct scan {
    int64_t at_utc_ms;
    bool looked[SCAN_KINDS]; /* everything of that kind was read */
    char *blind[SCAN_KINDS]; /* why not all of it, NULL */
    struct scan_finding *findings;
    size_t findings_count, findings_capacity;
};

/* True where the group was failed over: the management database, or every database of the roster,
 * is online at its destination. */
bool scan_applies(const struct group_view *view);

/* Owned. */
struct scan *scan_make(const struct group_view *view);
void scan_free(struct scan *scan);

/* How many findings are of that kind. */
size_t scan_count(const struct scan *scan, enum scan_kind kind);

/* "old-name", "login", "job", "old-source"; static. */
const char *scan_kind_name(enum scan_kind kind);
/* "Old server names", ...; static. */
const char *scan_kind_title(enum scan_kind kind);

/* As kept beside a run's journal, scan-RUN.json: schema 1. Owned; NULL where the text is none. */
char *scan_to_json(const struct scan *scan);
struct scan *scan_from_json(const char *text);

#endif
