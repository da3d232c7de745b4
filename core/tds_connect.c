#include "core/tds_connect.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/clock.h"

enum { SLICE_MS = 100 };

static enum error_code wait_connected(int fd, int64_t deadline_ms, const atomic_bool *stop,
                                      int *reason)
{
    for (;;) {
        if (stop && atomic_load(stop))
            return ERR_CANCELLED;
        if (clock_monotonic_ms(clock_system()) >= deadline_ms)
            return ERR_TIMEOUT;
        struct pollfd wait = {.fd = fd, .events = POLLOUT};
        int ready = poll(&wait, 1, SLICE_MS);
        if (ready < 0 && errno != EINTR) {
            *reason = errno;
            return ERR_UNREACHABLE;
        }
        if (ready > 0) {
            socklen_t length = sizeof *reason;
            getsockopt(fd, SOL_SOCKET, SO_ERROR, reason, &length);
            return *reason ? ERR_UNREACHABLE : ERR_OK;
        }
    }
}

static enum error_code try_address(const struct addrinfo *address, int64_t deadline_ms,
                                   const atomic_bool *stop, int *reason)
{
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        *reason = errno;
        return ERR_UNREACHABLE;
    }
    enum error_code code = ERR_OK;
    if (connect(fd, address->ai_addr, address->ai_addrlen) != 0) {
        *reason = errno;
        code = errno == EINPROGRESS ? wait_connected(fd, deadline_ms, stop, reason)
                                    : ERR_UNREACHABLE;
    }
    close(fd);
    return code;
}

enum error_code tds_connect_try(const struct config_server *server, int64_t timeout_ms,
                                const atomic_bool *stop, int64_t *took_ms, struct error *error)
{
    int64_t begin_ms = clock_monotonic_ms(clock_system());
    char port[16];
    snprintf(port, sizeof port, "%d", server->port ? server->port : 1433);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *addresses = NULL;
    int failed = getaddrinfo(server->host, port, &hints, &addresses);
    if (failed)
        return error_set(error, ERR_UNREACHABLE, server->name, "check host in stopmark.ini",
                         "the host name %s cannot be resolved: %s", server->host,
                         gai_strerror(failed));
    enum error_code code = ERR_UNREACHABLE;
    int reason = 0;
    for (const struct addrinfo *a = addresses; a && code != ERR_OK && code != ERR_CANCELLED;
         a = a->ai_next)
        code = try_address(a, begin_ms + timeout_ms, stop, &reason);
    freeaddrinfo(addresses);
    *took_ms = clock_monotonic_ms(clock_system()) - begin_ms;
    if (code == ERR_CANCELLED)
        error_set(error, code, server->name, NULL, "connecting was cancelled");
    else if (code == ERR_TIMEOUT)
        error_set(error, code, server->name, "is the host up, does a firewall drop the port?",
                  "%s:%s did not accept a connection in time", server->host, port);
    else if (code != ERR_OK)
        error_set(error, code, server->name,
                  "is SQL Server running and TCP enabled, is the port right?",
                  "%s:%s refused the connection: %s", server->host, port, strerror(reason));
    return code;
}
