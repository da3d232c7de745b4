/* TDS packets over a stream: whole messages in, replies cut into packets out. Knows headers and
 * sizes, nothing of what the messages say. Called without lab_lock. One thread a link.
 */
#ifndef STOPMARK_LAB_WIRE_PACKET_H
#define STOPMARK_LAB_WIRE_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/str.h"
#include "tests/lab/wire_stream.h"

enum packet_type {
    PACKET_SQL_BATCH = 1,
    PACKET_RPC = 3,
    PACKET_REPLY = 4,
    PACKET_ATTENTION = 6,
    PACKET_BULK_LOAD = 7,
    PACKET_TRANSACTION = 14,
    PACKET_LOGIN7 = 16,
    PACKET_SSPI = 17,
    PACKET_PRELOGIN = 18,
};

enum { PACKET_HEADER_SIZE = 8, PACKET_SIZE_MIN = 512, PACKET_SIZE_DEFAULT = 4096,
       PACKET_SIZE_MAX = 32767 };

enum packet_progress {
    PACKET_WAITING,   /* the message is not complete yet */
    PACKET_COMPLETE,
    PACKET_CLOSED,    /* the client is gone */
    PACKET_MALFORMED, /* it does not speak TDS; see fault */
};

struct packet_link {
    struct wire_stream stream;
    struct str in; /* bytes that came, from in_at on */
    size_t in_at;
    bool closed; /* the client sends no more */
    bool logged_in; /* set by the connection: before it no message is large */
    struct str body; /* the message being put together */
    int body_type;   /* 0 = none begun */
    bool body_reset; /* its header asks for sp_reset_connection */
    int packet_size; /* of what is sent */
    uint16_t spid;
    uint8_t next_id;
    const char *fault; /* static; why MALFORMED */
};

/* settings: the instance's, borrowed; NULL = a good line. */
void packet_link_open(struct packet_link *link, int fd, struct wire_settings *settings);
void packet_link_free(struct packet_link *link); /* does not close the socket */

/* Takes what the socket has, without waiting, and goes on with the message. COMPLETE: body_type,
 * body and body_reset are the message until packet_next. */
enum packet_progress packet_receive(struct packet_link *link);

/* Forgets the complete message. */
void packet_next(struct packet_link *link);

/* Looks, without waiting, whether an attention came while a request runs; takes it. Other messages
 * stay for later. CLOSED and MALFORMED as above, COMPLETE = an attention. */
enum packet_progress packet_look_for_attention(struct packet_link *link);

/* From now on everything is ciphertext; takes tls. Bytes already read belong to it. */
void packet_link_start_tls(struct packet_link *link, struct tls *tls);

/* From now on everything is plain again. */
void packet_link_end_tls(struct packet_link *link);

/* Sends bytes in packets of that type; end: the last one ends the message. False = client gone. */
bool packet_send(struct packet_link *link, enum packet_type type, const char *bytes, size_t length,
                 bool end);

#endif
