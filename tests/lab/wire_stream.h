/* A connection's bytes: the socket alone, or TLS over it, and the faults that a bad line has. The
 * only place that reads and writes sockets. Never call it with lab_lock held: writing waits for the
 * client. One thread a stream.
 */
#ifndef STOPMARK_LAB_WIRE_STREAM_H
#define STOPMARK_LAB_WIRE_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct tls;
struct wire_settings;

struct wire_stream {
    int fd;                        /* borrowed; non-blocking */
    struct tls *tls;               /* owned; NULL = plain */
    struct wire_settings *settings; /* borrowed; its faults; NULL = none */
    unsigned fault_generation;     /* of the faults that sent_bytes counts for */
    int64_t sent_bytes;            /* since those faults were set */
    /* Whether to wait no more for a client that does not read; NULL: it is waited for. */
    bool (*given_up)(void *context);
    void *context; /* borrowed */
};

/* Reads what is there without waiting: the number of bytes, 0 = nothing now, -1 = the client is
 * gone. */
ssize_t wire_stream_read(struct wire_stream *stream, void *bytes, size_t size);

/* Writes all bytes, waiting for a client that is slow; false = the client is gone, or given up. */
bool wire_stream_write(struct wire_stream *stream, const void *bytes, size_t length);

#endif
