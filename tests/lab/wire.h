/* The lab's network side: listening sockets, PRELOGIN, LOGIN7, requests, attention, and the
 * tokens behind reply.h. It knows TDS and nothing of SQL or backups: a request's text goes to
 * engine_run_batch. One thread a connection; a malformed packet closes that connection with a
 * log line and harms no other.
 */
#ifndef STOPMARK_LAB_WIRE_H
#define STOPMARK_LAB_WIRE_H

#include <stdbool.h>

struct lab;
struct instance;

/* Opens a loopback listener for the instance; port 0 = any, the port is kept in the instance. */
bool wire_listen(struct instance *instance, int port);

/* Accepts on every instance until wire_stop; called by main without lab_lock. Returns after the
 * last connection is closed. */
void wire_serve(struct lab *lab);

/* Makes wire_serve return; async-signal-safe. */
void wire_stop(void);

/* Closes every connection of a stopped instance and its listener (as a dead server: refused), or
 * opens the listener again on the same port. Needs lab_lock. */
void wire_instance_stopped(struct instance *instance);
void wire_instance_started(struct instance *instance);

#endif
