#include "tests/lab/wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/log.h"
#include "core/base/memory.h"
#include "tests/lab/estate.h"
#include "tests/lab/wire_connection.h"
#include "tests/lab/wire_settings.h"
#include "tests/lab/wire_wait.h"

enum { BACKLOG = 128 };

/* One wire a process: its connections (under lab_lock) and what wakes its accepting thread. */
static struct connection *connections;
static unsigned connections_made;
static volatile sig_atomic_t stop_asked;
static int wake_fd = -1;
static bool accept_failed; /* no descriptor left: let some connections end first */

static void wake(void)
{
    if (wake_fd >= 0)
        eventfd_write(wake_fd, 1);
}

/* --- listeners -------------------------------------------------------------------------------- */

/* A socket bound to the port, not yet listening: connections are refused, the port stays ours. */
static int bind_loopback(int *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                  .sin_port = htons((uint16_t)*port)};
    socklen_t size = sizeof address;
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) != 0) {
        close(fd);
        return -1;
    }
    *port = ntohs(address.sin_port);
    return fd;
}

bool wire_listen(struct instance *instance, int port)
{
    if (wake_fd < 0)
        wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    wire_settings_of(instance);
    instance->listen_fd = bind_loopback(&port);
    if (instance->listen_fd < 0) {
        log_write(LOG_ERROR, "%s: cannot use port %d: %s", instance->name, port, strerror(errno));
        return false;
    }
    instance->port = port;
    return instance->stopped || listen(instance->listen_fd, BACKLOG) == 0;
}

static void cut(struct connection *connection)
{
    if (connection->session != NULL)
        connection->session->disconnected = true;
    shutdown(connection->fd, SHUT_RDWR);
}

void wire_instance_stopped(struct instance *instance)
{
    if (instance->listen_fd >= 0) {
        /* the accepting thread's poll keeps a closed listener alive; shutdown ends it at once */
        shutdown(instance->listen_fd, SHUT_RDWR);
        close(instance->listen_fd);
        instance->listen_fd = bind_loopback(&instance->port);
    }
    for (struct connection *at = connections; at != NULL; at = at->next) {
        if (at->instance == instance)
            cut(at);
    }
    lab_changed();
    wake();
}

void wire_instance_started(struct instance *instance)
{
    if (instance->listen_fd < 0 || listen(instance->listen_fd, BACKLOG) != 0)
        log_write(LOG_ERROR, "%s: cannot listen on port %d again", instance->name, instance->port);
    lab_changed();
    wake();
}

/* --- connections ------------------------------------------------------------------------------ */

static void *connection_thread(void *argument)
{
    struct connection *connection = argument;

    connection_run(connection);
    lab_lock();
    struct connection **at = &connections;
    while (*at != connection)
        at = &(*at)->next;
    *at = connection->next;
    close(connection->fd);
    free(connection);
    lab_changed();
    lab_unlock();
    return NULL;
}

static void start_connection(struct instance *instance, int fd)
{
    struct connection *connection = memory_new(sizeof *connection);
    pthread_attr_t attributes;
    pthread_t thread;
    int on = 1;

    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    connection->instance = instance;
    connection->fd = fd;
    connection->number = ++connections_made;
    connection->next = connections;
    connections = connection;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    int failed = pthread_create(&thread, &attributes, connection_thread, connection);
    pthread_attr_destroy(&attributes);
    if (failed == 0)
        return;
    log_write(LOG_ERROR, "%s: no thread for a connection: %s", instance->name, strerror(failed));
    connections = connection->next;
    close(fd);
    free(connection);
}

/* Takes what waits on an instance's listener; needs lab_lock, so that the listener is still its. */
static void accept_all(struct instance *instance, int fd)
{
    while (!instance->stopped && instance->listen_fd == fd) {
        int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (client < 0 && errno == EINTR)
            continue;
        if (client < 0) {
            accept_failed = errno == EMFILE || errno == ENFILE;
            return;
        }
        start_connection(instance, client);
    }
}

/* Waits until a listener has a client, then accepts. */
static void serve_once(struct lab *lab, struct pollfd *polls)
{
    size_t count = lab->instances_count;

    polls[0] = (struct pollfd){.fd = wake_fd, .events = POLLIN};
    for (size_t i = 0; i < count; i++) {
        const struct instance *instance = lab->instances[i];
        polls[i + 1] = (struct pollfd){.fd = instance->stopped ? -1 : instance->listen_fd,
                                       .events = POLLIN};
    }
    lab_unlock();
    int ready = accept_failed ? poll(polls, 1, 100) : poll(polls, count + 1, -1);
    lab_lock();
    eventfd_t wakes;
    if (ready > 0 && polls[0].revents != 0)
        eventfd_read(wake_fd, &wakes);
    if (accept_failed) {
        accept_failed = false;
        return;
    }
    for (size_t i = 0; ready > 0 && i < count; i++) {
        if ((polls[i + 1].revents & POLLIN) != 0)
            accept_all(lab->instances[i], polls[i + 1].fd);
    }
}

void wire_serve(struct lab *lab)
{
    struct pollfd *polls = memory_new_array(lab->instances_count + 1, sizeof *polls);

    lab_lock();
    while (!stop_asked)
        serve_once(lab, polls);
    for (size_t i = 0; i < lab->instances_count; i++) {
        if (lab->instances[i]->listen_fd >= 0)
            close(lab->instances[i]->listen_fd);
        lab->instances[i]->listen_fd = -1;
    }
    for (struct connection *at = connections; at != NULL; at = at->next)
        cut(at);
    lab_changed();
    while (connections != NULL)
        lab_wait(-1, 0, -1, NULL);
    lab_unlock();
    free(polls);
    close(wake_fd);
    wake_fd = -1;
    stop_asked = 0;
}

void wire_stop(void)
{
    stop_asked = 1;
    wake();
}
