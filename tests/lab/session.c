#include "tests/lab/session.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "tests/lab/estate.h"
#include "tests/lab/wire_wait.h"

/* The monitor, and who waits for a change of what it guards. */
static pthread_mutex_t monitor = PTHREAD_MUTEX_INITIALIZER;

struct waiter {
    int event_fd;
    const struct session *idle; /* NULL = wake at any change */
    struct waiter *next;
};

static struct waiter *waiters;

void lab_lock(void)
{
    pthread_mutex_lock(&monitor);
}

void lab_unlock(void)
{
    pthread_mutex_unlock(&monitor);
}

void lab_changed(void)
{
    for (struct waiter *waiter = waiters; waiter != NULL; waiter = waiter->next) {
        if (waiter->idle == NULL || waiter->idle->killed)
            eventfd_write(waiter->event_fd, 1);
    }
}

/* From here on no change is missed, even while the lock is given up. */
static void waiter_begin(struct waiter *waiter, const struct session *idle)
{
    *waiter = (struct waiter){
        .event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), .idle = idle, .next = waiters};
    waiters = waiter;
}

static short waiter_poll(const struct waiter *waiter, int fd, short events, int timeout_ms)
{
    struct pollfd polls[2] = {{.fd = waiter->event_fd, .events = POLLIN},
                              {.fd = fd, .events = events}};

    lab_unlock();
    if (poll(polls, 2, timeout_ms) < 0)
        polls[1].revents = 0;
    lab_lock();
    return polls[1].revents;
}

static void waiter_end(struct waiter *waiter)
{
    struct waiter **at = &waiters;

    while (*at != waiter)
        at = &(*at)->next;
    *at = waiter->next;
    close(waiter->event_fd);
}

short lab_wait(int fd, short events, int timeout_ms, const struct session *idle)
{
    struct waiter waiter;

    waiter_begin(&waiter, idle);
    short seen = waiter_poll(&waiter, fd, events, timeout_ms);
    waiter_end(&waiter);
    return seen;
}

enum session_end session_state(const struct session *session)
{
    if (session->on_behalf_of != NULL && session_state(session->on_behalf_of) != SESSION_GO_ON)
        return SESSION_KILLED;
    if (session->disconnected)
        return SESSION_DISCONNECTED;
    if (session->killed || session->fatal)
        return SESSION_KILLED;
    return session->attention ? SESSION_ATTENTION : SESSION_GO_ON;
}

/* Sends what is there and looks for a sign from the client. */
static void meet_client(struct session *session)
{
    if (session->link == NULL)
        return;
    lab_unlock();
    bool there = session->link->flush(session->link);
    enum session_end sign = session->link->look(session->link);
    lab_lock();
    if (!there || sign == SESSION_DISCONNECTED)
        session->disconnected = true;
    if (sign == SESSION_ATTENTION)
        session->attention = true;
}

/* The real time to wait; 0 where the moment has come, -1 for ever. */
static int real_wait_ms(const struct lab *lab, int64_t until_utc_ms)
{
    if (until_utc_ms == INT64_MAX)
        return -1;
    int64_t left_ms = until_utc_ms - lab_now_utc_ms(lab);
    if (lab->speed <= 0 || left_ms <= 0)
        return 0;
    double real_ms = (double)left_ms / lab->speed + 1;
    return real_ms > 3600000 ? 3600000 : (int)real_ms;
}

enum session_end session_wait(struct session *session, int64_t until_utc_ms)
{
    int timeout_ms = real_wait_ms(session->instance->lab, until_utc_ms);
    struct waiter waiter;

    waiter_begin(&waiter, NULL);
    meet_client(session);
    if (session_state(session) == SESSION_GO_ON && timeout_ms != 0) {
        waiter_poll(&waiter, session->socket_fd, POLLIN | POLLRDHUP, timeout_ms);
        meet_client(session);
    }
    waiter_end(&waiter);
    return session_state(session);
}

enum session_end session_sleep(struct session *session, int64_t until_utc_ms)
{
    const struct lab *lab = session->instance->lab;
    enum session_end end = session_wait(session, until_utc_ms);

    while (end == SESSION_GO_ON && real_wait_ms(lab, until_utc_ms) != 0)
        end = session_wait(session, until_utc_ms);
    return end;
}
