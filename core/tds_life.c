#include "core/tds_life.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/tds_connect.h"

/* SQL Server Resolution Protocol (MS-SQLR): CLNT_UCAST_INST and the answer to it. */
enum { BROWSER_PORT = 1434, ASK_INSTANCE = 0x04, ANSWER = 0x05, ANSWER_HEAD = 3 };
enum { AGAIN_MS = 500, SLICE_MS = 100 }; /* a datagram may be lost */

enum browser { BROWSER_SILENT, BROWSER_REFUSES, BROWSER_KNOWS_NO_PORT, BROWSER_KNOWS };

/* The port behind ";tcp;" in "ServerName;A;InstanceName;B;...;tcp;1433;;"; 0 = none. */
static int port_in(const char *answer)
{
    const char *at = strstr(answer, ";tcp;");
    long port = at == NULL ? 0 : strtol(at + 5, NULL, 10);
    return port > 0 && port <= 65535 ? (int)port : 0;
}

static enum browser ask_browser(int fd, const char *instance, int64_t deadline_ms,
                                const atomic_bool *stop, int *port)
{
    char question[64], answer[2048];
    int length = snprintf(question, sizeof question, "%c%s", ASK_INSTANCE, instance);
    for (int64_t asked_ms = 0;;) {
        int64_t now_ms = clock_monotonic_ms(clock_system());
        if (now_ms >= deadline_ms || (stop != NULL && atomic_load(stop)))
            return BROWSER_SILENT;
        if (asked_ms == 0 || now_ms - asked_ms >= AGAIN_MS) {
            asked_ms = now_ms;
            if (send(fd, question, (size_t)length + 1, 0) < 0 && errno == ECONNREFUSED)
                return BROWSER_REFUSES;
        }
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        if (poll(&wait, 1, SLICE_MS) <= 0)
            continue;
        ssize_t got = recv(fd, answer, sizeof answer - 1, 0);
        if (got < 0 && errno == ECONNREFUSED)
            return BROWSER_REFUSES;
        if (got <= ANSWER_HEAD || answer[0] != ANSWER)
            continue;
        answer[got] = '\0';
        *port = port_in(answer + ANSWER_HEAD);
        return *port > 0 ? BROWSER_KNOWS : BROWSER_KNOWS_NO_PORT;
    }
}

/* Asks each address of the host; one that answers is enough. */
static enum browser find_port(const struct config_server *server, int64_t timeout_ms,
                              const atomic_bool *stop, int *port)
{
    struct error ignored;
    struct addrinfo *addresses = NULL;
    int64_t deadline_ms = clock_monotonic_ms(clock_system()) + timeout_ms;
    enum browser best = BROWSER_SILENT;
    if (tds_connect_look_up(&addresses, server, BROWSER_PORT, deadline_ms, stop, &ignored) !=
        ERR_OK)
        return BROWSER_SILENT;
    size_t left = 0;
    for (const struct addrinfo *a = addresses; a != NULL; a = a->ai_next)
        left++;
    for (const struct addrinfo *a = addresses; a != NULL && best != BROWSER_KNOWS;
         a = a->ai_next, left--) {
        int64_t now_ms = clock_monotonic_ms(clock_system());
        int fd = socket(a->ai_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        enum browser found = BROWSER_SILENT;
        if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) == 0)
            found = ask_browser(fd, server->instance,
                                now_ms + (deadline_ms - now_ms) / (int64_t)left, stop, port);
        if (fd >= 0)
            close(fd);
        if (found > best)
            best = found;
    }
    freeaddrinfo(addresses);
    return best;
}

static enum server_life ask(const struct config_server *server, int64_t timeout_ms,
                            const atomic_bool *stop)
{
    struct config_server found = *server;
    if (server->instance == NULL)
        return tds_connect_life(server, timeout_ms, stop);
    switch (find_port(server, timeout_ms, stop, &found.port)) {
    case BROWSER_SILENT: /* no host, or a Browser that knows of no such instance running */
        return LIFE_NONE;
    case BROWSER_REFUSES:
        return LIFE_UNTOLD;
    case BROWSER_KNOWS_NO_PORT:
        return LIFE_ANSWERS;
    case BROWSER_KNOWS:
        break;
    }
    return tds_connect_life(&found, timeout_ms, stop);
}

enum server_life tds_life(const struct config_server *server, const struct error *failure,
                          int64_t timeout_ms, const atomic_bool *stop)
{
    switch (failure->code) {
    case ERR_OK:
    case ERR_LOGIN_REFUSED:
    case ERR_PERMISSION:
    case ERR_SERVER_ERROR:
        return LIFE_ANSWERS;
    case ERR_CANCELLED:
        return LIFE_NONE;
    default: /* time-outs, TLS, Kerberos, passwords: what failed on this side says nothing of it */
        return ask(server, timeout_ms, stop);
    }
}
