/* The lab's network side: listening sockets, PRELOGIN, LOGIN7, requests, attention, and the
 * tokens behind reply.h. It knows TDS and nothing of SQL or backups: a request's text goes to
 * engine_run_batch. One thread a connection; a malformed packet closes that connection with a
 * log line and harms no other.
 */
#ifndef STOPMARK_LAB_WIRE_H
#define STOPMARK_LAB_WIRE_H

#include <stdbool.h>
#include <stdint.h>

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

/* How an instance encrypts. Source: MS-TDS, PRELOGIN ENCRYPTION; plain is "not supported". */
enum wire_encryption {
    WIRE_PLAIN,
    WIRE_TLS_LOGIN,    /* the login only, the rest where the client insists */
    WIRE_TLS_ON,       /* everything; a client without TLS is refused */
    WIRE_TLS_REQUIRED, /* the same; the answer says so */
};

enum wire_certificate {
    WIRE_CERTIFICATE_GOOD, /* localhost and 127.0.0.1, signed by the lab's authority */
    WIRE_CERTIFICATE_WRONG_HOST,
    WIRE_CERTIFICATE_EXPIRED,
    WIRE_CERTIFICATE_UNKNOWN_AUTHORITY,
};

/* For connections that come from now on; false if OpenSSL fails. Needs lab_lock or no server
 * running. */
bool wire_set_encryption(struct instance *instance, enum wire_encryption encryption,
                         enum wire_certificate certificate);

/* How the instance encrypts now. */
enum wire_encryption wire_encryption_of(const struct instance *instance);

/* Writes the certificate of the lab's authority, for clients' ca_file; false = not written. */
bool wire_write_authority(const char *path);

/* A bad line, for what is sent on each connection of an instance from now on. Refusing and
 * stalling are `stopped` (with wire_instance_stopped) and `stalled` (with lab_changed). */
struct wire_fault {
    int64_t cut_after_bytes; /* 0 = never */
    int64_t garble_byte;     /* the number, from 1, of the byte that is inverted; 0 = none */
    int trickle_bytes_per_s; /* 0 = full speed */
};

/* fault NULL: the line is good again. Needs lab_lock or no server running. */
void wire_set_fault(struct instance *instance, const struct wire_fault *fault);

/* Frees what the wire keeps of an instance; after wire_serve. */
void wire_forget(struct instance *instance);

#endif
