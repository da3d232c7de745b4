#include "tests/lab/locks.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"

static bool same(const struct applock *a, const struct applock *b)
{
    return a->database == b->database && text_equal_nocase(a->principal, b->principal) &&
           strcmp(a->resource, b->resource) == 0;
}

/* Source: Transaction Locking Guide, lock compatibility. */
static bool exclude_each_other(unsigned a, unsigned b)
{
    static const unsigned excluded[] = {
        APPLOCK_EXCLUSIVE,
        APPLOCK_INTENT_EXCLUSIVE | APPLOCK_EXCLUSIVE,
        APPLOCK_UPDATE | APPLOCK_INTENT_EXCLUSIVE | APPLOCK_EXCLUSIVE,
        APPLOCK_SHARED | APPLOCK_UPDATE | APPLOCK_EXCLUSIVE,
        ~0u,
    };
    for (size_t i = 0; i < sizeof excluded / sizeof *excluded; i++) {
        if ((a & 1u << i) != 0 && (b & excluded[i]) != 0) {
            return true;
        }
    }
    return false;
}

/* What its owner holds of the same; NULL = nothing. */
static struct applock *held_by_owner(const struct applock *wanted)
{
    for (struct applock *lock = wanted->session->instance->applocks; lock != NULL;
         lock = lock->next) {
        if (lock->session == wanted->session && !lock->waiting &&
            lock->transaction_owned == wanted->transaction_owned && same(lock, wanted)) {
            return lock;
        }
    }
    return NULL;
}

/* A lock of another session that stands in the way. */
static const struct applock *conflict(const struct applock *wanted)
{
    for (const struct applock *lock = wanted->session->instance->applocks; lock != NULL;
         lock = lock->next) {
        if (lock->session != wanted->session && !lock->waiting && same(lock, wanted) &&
            exclude_each_other(lock->modes, wanted->modes)) {
            return lock;
        }
    }
    return NULL;
}

static const struct applock *wait_of(const struct session *session)
{
    for (const struct applock *lock = session->instance->applocks; lock != NULL;
         lock = lock->next) {
        if (lock->session == session && lock->waiting) {
            return lock;
        }
    }
    return NULL;
}

/* Whether who stands in the way waits, over others or not, for the session itself. */
static bool is_deadlock(const struct applock *wanted)
{
    const struct applock *other = conflict(wanted);
    for (const struct applock *at = wanted; other != NULL && other->session != wanted->session;
         other = at == NULL || at == wanted ? NULL : conflict(at)) {
        at = wait_of(other->session);
    }
    return other != NULL;
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
        if (is_deadlock(lock)) {
            return APPLOCK_DEADLOCK;
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

static struct applock wanted_lock(const struct applock_request *request)
{
    struct applock lock = {.session = request->session,
                           .database = request->database,
                           .modes = request->modes,
                           .transaction_owned = request->transaction_owned,
                           .waiting = true,
                           .count = 1};
    text_copy(lock.principal, sizeof lock.principal, request->principal);
    text_copy(lock.resource, sizeof lock.resource, request->resource);
    return lock;
}

int applock_take(const struct applock_request *request, int timeout_ms)
{
    struct instance *instance = request->session->instance;
    struct applock *lock = memory_new(sizeof *lock);
    *lock = wanted_lock(request);
    struct applock *held = held_by_owner(lock);
    lock->modes |= held == NULL ? 0 : held->modes;
    lock->next = instance->applocks;
    instance->applocks = lock;
    int result = conflict(lock) == NULL ? APPLOCK_GRANTED : wait_for(lock, timeout_ms);
    held = held_by_owner(lock);
    if (result >= 0 && held == NULL) {
        lock->waiting = false;
        return result;
    }
    if (result >= 0) {
        held->modes |= lock->modes;
        held->count++;
    }
    unlink_lock(instance, lock);
    return result;
}

int applock_give_back(const struct applock_request *request)
{
    const struct applock wanted = wanted_lock(request);
    struct applock *lock = held_by_owner(&wanted);
    if (lock == NULL) {
        return APPLOCK_BAD;
    }
    if (--lock->count == 0) {
        unlink_lock(request->session->instance, lock);
        lab_changed();
    }
    return 0;
}

int applock_get(struct session *session, struct database *database, const char *resource,
                bool exclusive, bool transaction_owned, int timeout_ms)
{
    const struct applock_request request = {
        .session = session,
        .database = database,
        .principal = "public",
        .resource = resource,
        .modes = exclusive ? APPLOCK_EXCLUSIVE : APPLOCK_SHARED,
        .transaction_owned = transaction_owned,
    };
    return applock_take(&request, timeout_ms);
}

int applock_release(struct session *session, struct database *database, const char *resource)
{
    const struct applock_request request = {
        .session = session, .database = database, .principal = "public", .resource = resource};
    return applock_give_back(&request);
}

static void release(struct session *session, bool of_transaction_only)
{
    struct applock *lock = session->instance->applocks;
    while (lock != NULL) {
        struct applock *next = lock->next;
        if (lock->session == session && (lock->transaction_owned || !of_transaction_only)) {
            unlink_lock(session->instance, lock);
            lab_changed();
        }
        lock = next;
    }
}

void applock_end_transaction(struct session *session)
{
    release(session, true);
}

struct session *applock_holder(struct database *database, const char *resource)
{
    for (const struct applock *lock = database->instance->applocks; lock != NULL;
         lock = lock->next) {
        if (!lock->waiting && (lock->modes & APPLOCK_EXCLUSIVE) != 0 &&
            lock->database == database && strcmp(lock->resource, resource) == 0) {
            return lock->session;
        }
    }
    return NULL;
}

void session_release(struct session *session)
{
    release(session, false);
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
