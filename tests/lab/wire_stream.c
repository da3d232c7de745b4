#include "tests/lab/wire_stream.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

ssize_t wire_stream_read(struct wire_stream *stream, void *bytes, size_t size)
{
    ssize_t got = recv(stream->fd, bytes, size, MSG_DONTWAIT);

    if (got > 0)
        return got;
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return 0;
    return -1;
}

static bool wait_writable(int fd)
{
    struct pollfd writable = {.fd = fd, .events = POLLOUT};

    if (poll(&writable, 1, -1) < 0)
        return errno == EINTR;
    return (writable.revents & (POLLERR | POLLHUP | POLLNVAL)) == 0;
}

bool wire_stream_write(struct wire_stream *stream, const void *bytes, size_t length)
{
    const char *at = bytes;

    while (length > 0) {
        ssize_t sent = send(stream->fd, at, length, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent > 0) {
            at += sent;
            length -= (size_t)sent;
        } else if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
            return false;
        } else if (!wait_writable(stream->fd)) {
            return false;
        }
    }
    return true;
}
