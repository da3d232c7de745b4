/* Application locks (sp_getapplock): exclusive or shared, owned by a session, one resource name a
 * database. A session that ends gives them back (session_release). All calls need lab_lock.
 */
#ifndef STOPMARK_LAB_LOCKS_H
#define STOPMARK_LAB_LOCKS_H

#include <stdbool.h>

#include "tests/lab/estate.h"

struct applock {
    struct session *session;   /* borrowed */
    struct database *database; /* borrowed */
    char resource[256];
    bool exclusive, transaction_owned;
    bool waiting;
    int count;
    struct applock *next;
};

enum {
    APPLOCK_GRANTED = 0,
    APPLOCK_GRANTED_AFTER_WAIT = 1,
    APPLOCK_TIMEOUT = -1,
    APPLOCK_CANCELLED = -2,
    APPLOCK_BAD = -999
};

/* timeout_ms: -1 for ever, 0 at once. Returns sp_getapplock's value. */
int applock_get(struct session *session, struct database *database, const char *resource,
                bool exclusive, bool transaction_owned, int timeout_ms);
/* 0, or APPLOCK_BAD where the session does not hold it. */
int applock_release(struct session *session, struct database *database, const char *resource);
/* Who holds the resource exclusively; NULL = nobody. */
struct session *applock_holder(struct database *database, const char *resource);
void applocks_free(struct applock *first);

#endif
