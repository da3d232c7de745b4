/* What the program noticed, newest last: checks that changed, servers that went silent and came
 * back, new sets, errors, runs. Found by comparing one group view with the next; kept in memory
 * while the program runs, the oldest fall out. Main thread only.
 */
#ifndef STOPMARK_SCREENS_NOTICE_H
#define STOPMARK_SCREENS_NOTICE_H

#include <stddef.h>
#include <stdint.h>

#include "core/model.h"
#include "core/view.h"

struct notice {
    uint64_t id; /* 1 for the first; never used twice */
    int64_t utc_ms;
    enum verdict verdict;
    char *where; /* owned: server, SERVER/database or "" */
    char *text;  /* owned */
};

enum { NOTICES_LIMIT = 5000 };

struct notices {
    struct notice *items; /* oldest first */
    size_t items_count, items_capacity;
    uint64_t last_id;
};

/* An empty list; owned. */
struct notices *notices_new(void);
/* NULL is allowed. */
void notices_free(struct notices *notices);

/* Appends one; where may be NULL. */
void notices_add(struct notices *notices, int64_t utc_ms, enum verdict verdict, const char *where,
                 const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Appends what changed from before to after; before NULL: only what is not well in after. */
void notices_compare(struct notices *notices, const struct group_view *before,
                     const struct group_view *after);

#endif
