#include "tests/lab/wire_stream.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "tests/lab/wire_settings.h"
#include "tests/lab/wire_tls.h"

enum { TRICKLE_STEP_MS = 50, GIVE_UP_AFTER_MS = 500 };

static ssize_t read_socket(struct wire_stream *stream, void *bytes, size_t size)
{
    ssize_t got = recv(stream->fd, bytes, size, MSG_DONTWAIT);

    if (got > 0)
        return got;
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return 0;
    return -1;
}

ssize_t wire_stream_read(struct wire_stream *stream, void *bytes, size_t size)
{
    char raw[16384];

    if (stream->tls == NULL)
        return read_socket(stream, bytes, size);
    for (;;) {
        ssize_t got = tls_read(stream->tls, bytes, size);
        if (got != 0)
            return got;
        got = read_socket(stream, raw, sizeof raw);
        if (got <= 0)
            return got;
        tls_give(stream->tls, raw, (size_t)got);
    }
}

/* Waits until the socket takes more; false = the client is gone, or was given up. */
static bool wait_writable(const struct wire_stream *stream)
{
    struct pollfd writable = {.fd = stream->fd, .events = POLLOUT};
    int ready = 0;

    while (ready == 0) {
        ready = poll(&writable, 1, GIVE_UP_AFTER_MS);
        if (ready < 0)
            return errno == EINTR;
        if (ready == 0 && stream->given_up != NULL && stream->given_up(stream->context))
            return false;
    }
    return (writable.revents & (POLLERR | POLLHUP | POLLNVAL)) == 0;
}

static bool write_socket(struct wire_stream *stream, const char *at, size_t length)
{
    while (length > 0) {
        ssize_t sent = send(stream->fd, at, length, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent > 0) {
            at += sent;
            length -= (size_t)sent;
            stream->sent_bytes += sent;
        } else if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
            return false;
        } else if (!wait_writable(stream)) {
            return false;
        }
    }
    return true;
}

/* --- faults ----------------------------------------------------------------------------------- */

/* Sends the part of a fault's piece that still may leave; false = the line is cut. */
static bool write_until_cut(struct wire_stream *stream, const char *at, size_t length, int64_t cut)
{
    int64_t left = cut - stream->sent_bytes;

    if (cut == 0 || left >= (int64_t)length)
        return write_socket(stream, at, length);
    if (left > 0)
        write_socket(stream, at, (size_t)left);
    shutdown(stream->fd, SHUT_RDWR);
    return false;
}

/* A line that has faults: byte by byte where one is to be garbled, in small pieces where it is
 * slow. */
static bool write_faulty(struct wire_stream *stream, const char *at, size_t length)
{
    struct wire_settings *settings = stream->settings;
    int64_t cut = atomic_load(&settings->cut_after_bytes);
    int64_t garble = atomic_load(&settings->garble_byte);
    int rate = atomic_load(&settings->trickle_bytes_per_s);
    bool sent = true;

    while (sent && length > 0) {
        size_t piece = rate > 0 ? (size_t)rate * TRICKLE_STEP_MS / 1000 + 1 : length;
        piece = piece < length ? piece : length;
        int64_t before_garbled = garble - 1 - stream->sent_bytes;
        if (garble > 0 && before_garbled == 0) {
            char wrong = (char)~*at;
            piece = 1;
            sent = write_until_cut(stream, &wrong, 1, cut);
        } else {
            if (garble > 0 && before_garbled > 0 && before_garbled < (int64_t)piece)
                piece = (size_t)before_garbled;
            sent = write_until_cut(stream, at, piece, cut);
        }
        at += piece;
        length -= piece;
        struct pollfd end = {.fd = stream->fd, .events = POLLRDHUP};
        if (rate > 0 && length > 0 && poll(&end, 1, TRICKLE_STEP_MS) > 0)
            return false;
    }
    return sent;
}

static bool has_faults(struct wire_stream *stream)
{
    struct wire_settings *settings = stream->settings;

    if (settings == NULL)
        return false;
    unsigned generation = atomic_load(&settings->generation);
    if (generation != stream->fault_generation) {
        stream->fault_generation = generation;
        stream->sent_bytes = 0;
    }
    return atomic_load(&settings->cut_after_bytes) != 0 ||
           atomic_load(&settings->garble_byte) != 0 ||
           atomic_load(&settings->trickle_bytes_per_s) != 0;
}

bool wire_stream_write(struct wire_stream *stream, const void *bytes, size_t length)
{
    struct str encrypted = {0};
    bool sent = true;

    if (stream->tls != NULL) {
        sent = tls_write(stream->tls, bytes, length, &encrypted);
        bytes = str_text(&encrypted);
        length = encrypted.length;
    }
    if (sent)
        sent = has_faults(stream) ? write_faulty(stream, bytes, length)
                                  : write_socket(stream, bytes, length);
    str_free(&encrypted);
    return sent;
}
