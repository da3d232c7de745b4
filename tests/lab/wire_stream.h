/* A connection's bytes: the socket alone, or TLS over it. The only place that reads and writes
 * sockets. Never call it with lab_lock held: writing waits for the client. One thread a stream.
 */
#ifndef STOPMARK_LAB_WIRE_STREAM_H
#define STOPMARK_LAB_WIRE_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct wire_stream {
    int fd; /* borrowed; non-blocking */
};

/* Reads what is there without waiting: the number of bytes, 0 = nothing now, -1 = the client is
 * gone. */
ssize_t wire_stream_read(struct wire_stream *stream, void *bytes, size_t size);

/* Writes all bytes, waiting for a client that is slow; false = the client is gone. */
bool wire_stream_write(struct wire_stream *stream, const void *bytes, size_t length);

#endif
