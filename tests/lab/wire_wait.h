/* Waiting with the lab's lock given up: on a socket, for a time, for lab_changed. Used by
 * session_wait and by the wire's threads. Needs lab_lock, which is held again on return.
 */
#ifndef STOPMARK_LAB_WIRE_WAIT_H
#define STOPMARK_LAB_WIRE_WAIT_H

#include <stdbool.h>

struct session;

/* Waits until fd has events (poll's; fd -1: none), until timeout_ms passed (-1: for ever) or until
 * something changed. idle: NULL, or a session that sleeps on and is only woken when it is killed.
 * Returns what poll saw on fd, 0 for the other reasons. */
short lab_wait(int fd, short events, int timeout_ms, const struct session *idle);

#endif
