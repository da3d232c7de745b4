/* Application locks (sp_getapplock): by database, principal and resource; owned by a session or by
 * its transaction, which are two owners that do not stand in each other's way. A session that ends
 * gives them back (session_release), a transaction too. All calls need lab_lock.
 */
#ifndef STOPMARK_LAB_LOCKS_H
#define STOPMARK_LAB_LOCKS_H

#include <stdbool.h>

#include "tests/lab/estate.h"

struct applock {
    struct session *session;   /* borrowed */
    struct database *database; /* borrowed */
    char principal[129], resource[256];
    unsigned modes; /* all that it was asked for */
    bool transaction_owned;
    bool waiting;
    int count;
    struct applock *next;
};

enum {
    APPLOCK_INTENT_SHARED = 1,
    APPLOCK_SHARED = 2,
    APPLOCK_UPDATE = 4,
    APPLOCK_INTENT_EXCLUSIVE = 8,
    APPLOCK_EXCLUSIVE = 16
};

enum {
    APPLOCK_GRANTED = 0,
    APPLOCK_GRANTED_AFTER_WAIT = 1,
    APPLOCK_TIMEOUT = -1,
    APPLOCK_CANCELLED = -2,
    APPLOCK_DEADLOCK = -3,
    APPLOCK_BAD = -999
};

/* One lock, and for whom. */
struct applock_request {
    struct session *session;
    struct database *database;
    const char *principal, *resource;
    unsigned modes;
    bool transaction_owned;
};

/* timeout_ms: -1 for ever, 0 at once. Returns sp_getapplock's value. */
int applock_take(const struct applock_request *request, int timeout_ms);
/* 0, or APPLOCK_BAD where that owner does not hold it. */
int applock_give_back(const struct applock_request *request);
/* The session's transaction has ended. */
void applock_end_transaction(struct session *session);

/* The same for principal public, exclusive or shared. */
int applock_get(struct session *session, struct database *database, const char *resource,
                bool exclusive, bool transaction_owned, int timeout_ms);
int applock_release(struct session *session, struct database *database, const char *resource);
/* Who holds the resource exclusively; NULL = nobody. */
struct session *applock_holder(struct database *database, const char *resource);
void applocks_free(struct applock *first);

#endif
