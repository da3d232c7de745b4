/* One client's session on one instance: who it is, where it is, what it waits for.
 *
 * Locking: the whole lab is one monitor. A session's thread holds lab_lock() while it runs a
 * batch and gives it up only inside session_wait (RESTORE taking time, WAITFOR, a lock) and while
 * bytes leave or enter its socket. So lab code needs no other lock, and every state that another
 * session can see is consistent whenever session_wait is called.
 */
#ifndef STOPMARK_LAB_SESSION_H
#define STOPMARK_LAB_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct instance;
struct database;
struct login;
struct reply;

/* sys.dm_exec_sessions.transaction_isolation_level. */
enum { SESSION_READ_COMMITTED = 2 };

enum session_end { SESSION_GO_ON, SESSION_ATTENTION, SESSION_KILLED, SESSION_DISCONNECTED };

/* The way to a session's client, supplied by the wire. Both are called by the session's own thread:
 * flush without the lab's lock, look with it or without. */
struct session_link {
    /* Sends what the reply holds; false = the client is gone. */
    bool (*flush)(struct session_link *link);
    /* Looks at the socket without waiting: GO_ON, ATTENTION (taken off the socket) or
     * DISCONNECTED. */
    enum session_end (*look)(struct session_link *link);
};

struct session {
    struct instance *instance; /* borrowed */
    struct login *login;       /* borrowed */
    struct database *database; /* current; borrowed; never NULL */
    int spid;
    char application[129];
    char host[129];
    char interface[33]; /* the client's library, as LOGIN7 names it */
    int socket_fd; /* -1: an internal session (Agent, start-up) */
    struct session_link *link; /* borrowed; NULL: an internal session */
    struct reply *reply; /* borrowed by the running batch */
    /* set by SET statements */
    int lock_timeout_ms; /* -1: for ever */
    bool xact_abort, nocount, implicit_transactions;
    int deadlock_priority;
    int isolation_level; /* as sys.dm_exec_sessions numbers them: 2 READ COMMITTED */
    int64_t text_size;
    /* the transaction; 0 = none */
    int transaction_depth;
    bool transaction_doomed;
    uint64_t transaction_id;
    /* what sys.dm_exec_requests shows */
    bool running;
    char command[33]; /* "RESTORE LOG", "SELECT", ... */
    char *batch_text; /* owned */
    double percent_complete;
    int64_t estimated_completion_ms;
    int64_t request_started_utc_ms; /* by the instance's clock, as login_utc_ms */
    int64_t login_utc_ms;
    char wait_type[61];
    int blocking_spid;
    size_t timed_record;        /* number of the RESTORE whose reply is timed; 0 = none */
    struct database *restoring; /* the database a RESTORE is working on; NULL = none */
    /* what ends it; set by the wire or by KILL, looked at in session_wait and between statements */
    bool killed, attention, disconnected;
    const struct session *on_behalf_of; /* a linked server's session ends with who asked; or NULL */
    bool fatal; /* an error of severity 20 or more was sent: its connection ends behind it */
    void *engine; /* the SQL engine's own part: variables, temporary tables */
    struct session *next; /* in the instance's list */
};

/* The lab's monitor. */
void lab_lock(void);
void lab_unlock(void);

/* Waits until the lab's clock reaches until_utc_ms (INT64_MAX: only for a change), until something
 * changed (lab_changed) or until the session is to end; looks for an attention or a disconnect on
 * the socket meanwhile, after sending what the reply holds. At speed 0 a wait for a time of the
 * session's own work (RESTORE) returns at once: the clock stands and the work takes no time. */
enum session_end session_wait(struct session *session, int64_t until_utc_ms);

/* session_wait again and again until the lab's clock has reached until_utc_ms or the session is to
 * end: for RESTORE and WAITFOR. At speed 0 it only sends what the reply holds and returns. */
enum session_end session_sleep(struct session *session, int64_t until_utc_ms);

/* Tells every waiting session that something changed (a lock freed, a database recovered). */
void lab_changed(void);

/* What the session must do now, without waiting. */
enum session_end session_state(const struct session *session);

#endif
