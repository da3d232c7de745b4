#include "tests/lab/wire_packet.h"

#include <string.h>

#include "tests/lab/wire_bytes.h"
#include "tests/lab/wire_tls.h"

/* No message of a client that behaves is larger; one that is would eat the lab's memory. */
#define MESSAGE_SIZE_MAX ((size_t)64 << 20)
#define LOGIN_SIZE_MAX ((size_t)128 << 10) /* more than MS-TDS lets a LOGIN7 have */

enum { STATUS_END = 1, STATUS_IGNORE = 2, STATUS_RESET = 8, STATUS_RESET_KEEP = 16 };

void packet_link_open(struct packet_link *link, int fd, struct wire_settings *settings)
{
    *link = (struct packet_link){.stream = {.fd = fd, .settings = settings},
                                 .packet_size = PACKET_SIZE_DEFAULT};
}

void packet_link_free(struct packet_link *link)
{
    str_free(&link->in);
    str_free(&link->body);
    tls_free(link->stream.tls);
}

void packet_link_start_tls(struct packet_link *link, struct tls *tls)
{
    link->stream.tls = tls;
    tls_give(tls, str_text(&link->in) + link->in_at, link->in.length - link->in_at);
    str_clear(&link->in);
    link->in_at = 0;
}

void packet_link_end_tls(struct packet_link *link)
{
    tls_free(link->stream.tls);
    link->stream.tls = NULL;
}

static enum packet_progress malformed(struct packet_link *link, const char *fault)
{
    link->fault = fault;
    return PACKET_MALFORMED;
}

/* Moves what the socket has into the buffer. */
static enum packet_progress fill(struct packet_link *link)
{
    char bytes[16384];

    if (link->in_at > 0) {
        memmove(link->in.text, link->in.text + link->in_at, link->in.length - link->in_at);
        link->in.length -= link->in_at;
        link->in_at = 0;
    }
    while (!link->closed) {
        ssize_t got = wire_stream_read(&link->stream, bytes, sizeof bytes);
        if (got == 0)
            break;
        if (got < 0)
            link->closed = true;
        else
            str_add_bytes(&link->in, bytes, (size_t)got);
        if (link->in.length > MESSAGE_SIZE_MAX)
            return malformed(link, "more than a message's size unread");
    }
    return PACKET_WAITING;
}

static bool type_known(int type)
{
    switch (type) {
    case PACKET_SQL_BATCH:
    case PACKET_RPC:
    case PACKET_ATTENTION:
    case PACKET_BULK_LOAD:
    case PACKET_TRANSACTION:
    case PACKET_LOGIN7:
    case PACKET_SSPI:
    case PACKET_PRELOGIN: return true;
    default: return false;
    }
}

/* Looks at the packet at the head of the buffer. COMPLETE: *type and *length (header included). */
static enum packet_progress head(struct packet_link *link, int *type, size_t *length)
{
    const unsigned char *bytes = (const unsigned char *)str_text(&link->in) + link->in_at;

    if (link->in.length - link->in_at < PACKET_HEADER_SIZE)
        return link->closed ? PACKET_CLOSED : PACKET_WAITING;
    *type = bytes[0];
    *length = (size_t)bytes[2] << 8 | bytes[3];
    if (!type_known(*type))
        return malformed(link, "unknown packet type");
    if (*length < PACKET_HEADER_SIZE || *length > PACKET_SIZE_MAX)
        return malformed(link, "impossible packet length");
    if (link->in.length - link->in_at < *length)
        return link->closed ? PACKET_CLOSED : PACKET_WAITING;
    return PACKET_COMPLETE;
}

/* Adds the packet at the head to the message. COMPLETE if that ended it. */
static enum packet_progress take(struct packet_link *link, int type, size_t length)
{
    const char *bytes = link->in.text + link->in_at;
    int status = (unsigned char)bytes[1];

    link->in_at += length;
    if (type == PACKET_ATTENTION) {
        /* it also takes back a message that is only half sent */
        packet_next(link);
        link->body_type = PACKET_ATTENTION;
        return PACKET_COMPLETE;
    }
    if (link->body_type == 0) {
        link->body_type = type;
        link->body_reset = (status & (STATUS_RESET | STATUS_RESET_KEEP)) != 0;
    }
    if (type != link->body_type)
        return malformed(link, "packet type changed within a message");
    if (link->body.length + length > (link->logged_in ? MESSAGE_SIZE_MAX : LOGIN_SIZE_MAX))
        return malformed(link, "message too long");
    str_add_bytes(&link->body, bytes + PACKET_HEADER_SIZE, length - PACKET_HEADER_SIZE);
    if ((status & STATUS_END) == 0)
        return PACKET_WAITING;
    if ((status & STATUS_IGNORE) != 0) { /* the client took it back; nothing is answered */
        packet_next(link);
        return PACKET_WAITING;
    }
    return PACKET_COMPLETE;
}

enum packet_progress packet_receive(struct packet_link *link)
{
    enum packet_progress progress = fill(link);

    while (progress == PACKET_WAITING) {
        int type;
        size_t length;
        progress = head(link, &type, &length);
        if (progress != PACKET_COMPLETE)
            return progress;
        progress = take(link, type, length);
    }
    return progress;
}

void packet_next(struct packet_link *link)
{
    str_clear(&link->body);
    link->body_type = 0;
    link->body_reset = false;
}

enum packet_progress packet_look_for_attention(struct packet_link *link)
{
    int type;
    size_t length;
    enum packet_progress progress = fill(link);

    if (progress == PACKET_WAITING)
        progress = head(link, &type, &length);
    if (progress != PACKET_COMPLETE)
        return progress;
    if (type != PACKET_ATTENTION)
        return PACKET_WAITING;
    link->in_at += length;
    return PACKET_COMPLETE;
}

bool packet_send(struct packet_link *link, enum packet_type type, const char *bytes, size_t length,
                 bool end)
{
    size_t room = (size_t)link->packet_size - PACKET_HEADER_SIZE;
    struct str packet = {0};
    bool sent = true;

    do {
        size_t part = length < room ? length : room;
        str_clear(&packet);
        bytes_add_u8(&packet, type);
        bytes_add_u8(&packet, end && part == length ? STATUS_END : 0);
        bytes_add_u16_be(&packet, (unsigned)(part + PACKET_HEADER_SIZE));
        bytes_add_u16_be(&packet, link->spid);
        bytes_add_u8(&packet, link->next_id++);
        bytes_add_u8(&packet, 0);
        str_add_bytes(&packet, bytes, part);
        sent = wire_stream_write(&link->stream, packet.text, packet.length);
        bytes += part;
        length -= part;
    } while (sent && length > 0);
    str_free(&packet);
    return sent;
}
