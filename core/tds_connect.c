#include "core/tds_connect.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/base/text.h"

enum { SLICE_MS = 100 };

struct lookup {
    struct gaicb request, *list[1];
    struct addrinfo hints;
    char host[256], port[16];
};

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

/* Sends a PRELOGIN (version 0, no encryption), to which every SQL Server replies before it looks at
 * certificates or logins, and waits for the reply's first byte. */
static bool ask_prelogin(int fd, int64_t deadline_ms, const atomic_bool *stop)
{
    static const unsigned char prelogin[] = {0x12, 1, 0, 26, 0, 0, 1, 0, 0, 0, 11, 0, 6,
                                             1, 0, 17, 0, 1, 0xff, 0, 0, 0, 0, 0, 0, 2};
    char byte;
    if (send(fd, prelogin, sizeof prelogin, MSG_NOSIGNAL) != (ssize_t)sizeof prelogin)
        return false;
    while (clock_monotonic_ms(clock_system()) < deadline_ms) {
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        if (stop && atomic_load(stop))
            return false;
        if (poll(&wait, 1, SLICE_MS) > 0)
            return recv(fd, &byte, 1, 0) == 1;
    }
    return false;
}

/* Connected: an open socket, or -1 with *code. */
static int connect_to(const struct addrinfo *address, int64_t deadline_ms, const atomic_bool *stop,
                      enum error_code *code, int *reason)
{
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    *code = ERR_OK;
    if (fd < 0) {
        *reason = errno;
        *code = ERR_UNREACHABLE;
        return -1;
    }
    if (connect(fd, address->ai_addr, address->ai_addrlen) != 0) {
        *reason = errno;
        *code = errno == EINPROGRESS ? wait_connected(fd, deadline_ms, stop, reason)
                                     : ERR_UNREACHABLE;
    }
    if (*code == ERR_OK)
        return fd;
    close(fd);
    return -1;
}

/* Looks the name up without blocking for longer than a slice; the result is freed by the caller. A
 * look-up that can not be cancelled is left to end by itself, with its memory. */
static enum error_code look_up(struct addrinfo **addresses, const char *host, const char *port,
                               int64_t deadline_ms, const atomic_bool *stop, int *failed)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST};
    if ((*failed = getaddrinfo(host, port, &hints, addresses)) == 0)
        return ERR_OK;
    struct lookup *lookup = memory_new(sizeof *lookup);
    text_copy(lookup->host, sizeof lookup->host, host);
    text_copy(lookup->port, sizeof lookup->port, port);
    lookup->hints.ai_socktype = SOCK_STREAM;
    lookup->request = (struct gaicb){
        .ar_name = lookup->host, .ar_service = lookup->port, .ar_request = &lookup->hints};
    lookup->list[0] = &lookup->request;
    if ((*failed = getaddrinfo_a(GAI_NOWAIT, lookup->list, 1, NULL)) != 0) {
        free(lookup);
        return ERR_UNREACHABLE;
    }
    const struct timespec slice = {.tv_nsec = SLICE_MS * 1000000L};
    while ((*failed = gai_error(&lookup->request)) == EAI_INPROGRESS) {
        bool stopped = stop && atomic_load(stop);
        if (stopped || clock_monotonic_ms(clock_system()) >= deadline_ms) {
            if (gai_cancel(&lookup->request) == EAI_CANCELED)
                free(lookup);
            return stopped ? ERR_CANCELLED : ERR_TIMEOUT;
        }
        gai_suspend((const struct gaicb *const *)lookup->list, 1, &slice);
    }
    *addresses = lookup->request.ar_result;
    free(lookup);
    return *failed ? ERR_UNREACHABLE : ERR_OK;
}

enum error_code tds_connect_look_up(struct addrinfo **addresses, const struct config_server *server,
                                    int port, int64_t deadline_ms, const atomic_bool *stop,
                                    struct error *error)
{
    char text[16];
    snprintf(text, sizeof text, "%d", port);
    int failed = 0;
    enum error_code code = look_up(addresses, server->host, text, deadline_ms, stop, &failed);
    if (code == ERR_CANCELLED)
        return error_set(error, code, server->name, NULL, "connecting was cancelled");
    if (code == ERR_TIMEOUT)
        return error_set(error, code, server->name, "do the name servers answer?",
                         "the host name %s was not resolved in time", server->host);
    if (code != ERR_OK)
        return error_set(error, code, server->name, "check host in stopmark.ini",
                         "the host name %s cannot be resolved: %s", server->host,
                         gai_strerror(failed));
    return ERR_OK;
}

static int port_of(const struct config_server *server)
{
    return server->port ? server->port : 1433;
}

enum error_code tds_connect_try(const struct config_server *server, int64_t timeout_ms,
                                const atomic_bool *stop, int64_t *took_ms, struct error *error)
{
    int64_t begin_ms = clock_monotonic_ms(clock_system());
    struct addrinfo *addresses = NULL;
    enum error_code code = tds_connect_look_up(&addresses, server, port_of(server),
                                               begin_ms + timeout_ms, stop, error);
    if (code != ERR_OK)
        return code;
    code = ERR_UNREACHABLE;
    int reason = 0;
    for (const struct addrinfo *a = addresses; a && code != ERR_OK && code != ERR_CANCELLED;
         a = a->ai_next) {
        int fd = connect_to(a, begin_ms + timeout_ms, stop, &code, &reason);
        if (fd >= 0)
            close(fd);
    }
    freeaddrinfo(addresses);
    *took_ms = clock_monotonic_ms(clock_system()) - begin_ms;
    if (code == ERR_CANCELLED)
        error_set(error, code, server->name, NULL, "connecting was cancelled");
    else if (code == ERR_TIMEOUT)
        error_set(error, code, server->name, "is the host up, does a firewall drop the port?",
                  "%s:%d did not accept a connection in time", server->host, port_of(server));
    else if (code != ERR_OK)
        error_set(error, code, server->name,
                  "is SQL Server running and TCP enabled, is the port right?",
                  "%s:%d refused the connection: %s", server->host, port_of(server),
                  strerror(reason));
    return code;
}

enum server_life tds_connect_life(const struct config_server *server, int64_t timeout_ms,
                                  const atomic_bool *stop)
{
    int64_t deadline_ms = clock_monotonic_ms(clock_system()) + timeout_ms;
    struct error ignored;
    struct addrinfo *addresses = NULL;
    enum server_life life = LIFE_NONE;
    if (tds_connect_look_up(&addresses, server, port_of(server), deadline_ms, stop, &ignored) !=
        ERR_OK)
        return life;
    for (const struct addrinfo *a = addresses; a && life != LIFE_ANSWERS; a = a->ai_next) {
        enum error_code code;
        int fd = connect_to(a, deadline_ms, stop, &code, &(int){0});
        if (fd < 0)
            continue;
        life = ask_prelogin(fd, deadline_ms, stop) ? LIFE_ANSWERS : LIFE_SILENT;
        close(fd);
    }
    freeaddrinfo(addresses);
    return life;
}
