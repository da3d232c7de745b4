/* One client's connection: its thread reads requests, has them run under the lab's lock and sends
 * the replies without it. Opening and closing the session that goes with it.
 */
#ifndef STOPMARK_LAB_WIRE_CONNECTION_H
#define STOPMARK_LAB_WIRE_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/lab/session.h"
#include "tests/lab/wire_login.h"
#include "tests/lab/wire_packet.h"

struct instance;

struct connection {
    struct session_link link; /* first: the session points here */
    struct instance *instance; /* borrowed */
    int fd;                    /* owned */
    unsigned number;           /* for the log */
    struct packet_link packets;
    uint32_t tds_version;
    int packet_size;           /* agreed at the login */
    bool tls_login_only;       /* TLS ends behind LOGIN7 */
    bool odbc;                 /* asked for ODBC's defaults */
    struct session *session;   /* owned; NULL before the login */
    struct database *login_database; /* borrowed */
    struct reply *reply;       /* owned; NULL before the login */
    struct connection *next;   /* in the wire's list; needs lab_lock */
};

/* Serves the connection until its end; does not free it. Without lab_lock. */
void connection_run(struct connection *connection);

/* Sends what the reply holds; end: that ends the message. False = the client is gone. */
bool connection_send(struct connection *connection, bool end);

/* Checks the login and opens the session; the answer stands in connection->reply, to be sent also
 * where false says that the login failed. Needs lab_lock. (wire_session.c) */
bool connection_log_in(struct connection *connection, const struct login_request *request);

/* Ends the session: rolls back, frees its locks, takes it off the instance. Needs lab_lock. */
void connection_log_out(struct connection *connection);

/* As sp_reset_connection does: the session as it was after the login. Needs lab_lock. */
void connection_reset_session(struct connection *connection);

#endif
