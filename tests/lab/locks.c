#include "tests/lab/locks.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"

static bool same(const struct applock *lock, const struct database *database, const char *resource)
{
    return lock->database == database && strcmp(lock->resource, resource) == 0;
}

static struct applock *find(struct session *session, struct database *database,
                            const char *resource)
{
    for (struct applock *lock = session->instance->applocks; lock != NULL; lock = lock->next) {
        if (lock->session == session && !lock->waiting && same(lock, database, resource)) {
            return lock;
        }
    }
    return NULL;
}

/* A lock of another session that stands in the way. */
static const struct applock *conflict(const struct applock *wanted)
{
    for (const struct applock *lock = wanted->database->instance->applocks; lock != NULL;
         lock = lock->next) {
        if (lock->session != wanted->session && !lock->waiting &&
            same(lock, wanted->database, wanted->resource) &&
            (lock->exclusive || wanted->exclusive)) {
            return lock;
        }
    }
    return NULL;
}

static void unlink_lock(struct instance *instance, struct applock *lock)
{
    struct applock **at = &instance->applocks;
    while (*at != lock) {
        at = &(*at)->next;
    }
    *at = lock->next;
    free(lock);
}

/* Waits for a conflicting lock to go; the value of sp_getapplock. */
static int wait_for(struct applock *lock, int timeout_ms)
{
    struct session *session = lock->session;
    const struct lab *lab = session->instance->lab;
    int64_t until = timeout_ms < 0 ? INT64_MAX : lab_now_utc_ms(lab) + timeout_ms;
    const struct applock *other;
    while ((other = conflict(lock)) != NULL) {
        if (timeout_ms == 0 || lab_now_utc_ms(lab) >= until) {
            return APPLOCK_TIMEOUT;
        }
        session->blocking_spid = other->session->spid;
        strcpy(session->wait_type, "LCK_M_X");
        enum session_end end = session_wait(session, until);
        session->blocking_spid = 0;
        session->wait_type[0] = '\0';
        if (end != SESSION_GO_ON) {
            return APPLOCK_CANCELLED;
        }
        /* a clock that stands never reaches the end of a wait: the time is taken as passed */
        if (lab->speed <= 0 && timeout_ms > 0 && conflict(lock) != NULL) {
            return APPLOCK_TIMEOUT;
        }
    }
    return APPLOCK_GRANTED_AFTER_WAIT;
}

int applock_get(struct session *session, struct database *database, const char *resource,
                bool exclusive, bool transaction_owned, int timeout_ms)
{
    struct applock *held = find(session, database, resource);
    if (held != NULL && (held->exclusive || !exclusive)) {
        held->count++;
        return APPLOCK_GRANTED;
    }
    struct applock *lock = memory_new(sizeof *lock);
    *lock = (struct applock){.session = session,
                             .database = database,
                             .exclusive = exclusive,
                             .transaction_owned = transaction_owned,
                             .waiting = true,
                             .count = 1,
                             .next = session->instance->applocks};
    text_copy(lock->resource, sizeof lock->resource, resource);
    session->instance->applocks = lock;
    int result = conflict(lock) == NULL ? APPLOCK_GRANTED : wait_for(lock, timeout_ms);
    if (result < 0) {
        unlink_lock(session->instance, lock);
    } else {
        lock->waiting = false;
    }
    return result;
}

int applock_release(struct session *session, struct database *database, const char *resource)
{
    struct applock *lock = find(session, database, resource);
    if (lock == NULL) {
        return APPLOCK_BAD;
    }
    if (--lock->count == 0) {
        unlink_lock(session->instance, lock);
        lab_changed();
    }
    return 0;
}

struct session *applock_holder(struct database *database, const char *resource)
{
    for (const struct applock *lock = database->instance->applocks; lock != NULL;
         lock = lock->next) {
        if (!lock->waiting && lock->exclusive && same(lock, database, resource)) {
            return lock->session;
        }
    }
    return NULL;
}

void session_release(struct session *session)
{
    struct applock *lock = session->instance->applocks;
    while (lock != NULL) {
        struct applock *next = lock->next;
        if (lock->session == session) {
            unlink_lock(session->instance, lock);
        }
        lock = next;
    }
    lab_changed();
}

void applocks_free(struct applock *first)
{
    while (first != NULL) {
        struct applock *next = first->next;
        free(first);
        first = next;
    }
}
