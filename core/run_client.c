#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/base/memory.h"
#include "core/base/str.h"
#include "core/run_internal.h"

/* The longest line that a worker may send; more is no worker. */
enum { LINE_MAX_BYTES = 16 * 1024 * 1024 };

struct run_client {
    int fd;
    struct str incoming;
};

/* A path may be longer than sun_path: the directory is opened, and the name looked up in it. */
static bool socket_address(const struct config *config, const char *uuid, int *directory,
                           struct sockaddr_un *address)
{
    *directory = open(config->state_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    int length = snprintf(address->sun_path, sizeof address->sun_path, "/proc/self/fd/%d/%s.sock",
                          *directory, uuid);
    return *directory >= 0 && length > 0 && (size_t)length < sizeof address->sun_path;
}

int run_socket(const struct config *config, const char *uuid, bool listening)
{
    struct sockaddr_un address;
    int directory;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    bool good = socket_address(config, uuid, &directory, &address);
    if (good && listening) {
        unlink(address.sun_path);
        mode_t mask = umask(0177);
        good = bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(fd, 16) == 0;
        umask(mask);
    } else if (good) {
        good = connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
    }
    int reason = errno;
    if (directory >= 0)
        close(directory);
    if (good)
        return fd;
    close(fd);
    errno = reason;
    return -1;
}

void run_socket_remove(const struct config *config, const char *uuid)
{
    char *path = memory_format("%s/%s.sock", config->state_dir, uuid);
    unlink(path);
    free(path);
}

bool run_worker_answers(const struct config *config, const char *uuid)
{
    int fd = run_socket(config, uuid, false);
    if (fd >= 0)
        close(fd);
    /* A full queue is a worker too. */
    return fd >= 0 || errno == EAGAIN;
}

struct run_client *run_attach(const struct config *config, int64_t run, struct error *error)
{
    struct run_summary summary;
    if (run_find(config, run, &summary, error) != ERR_OK)
        return NULL;
    int fd = run_socket(config, summary.uuid, false);
    if (fd < 0) {
        char where[32];
        snprintf(where, sizeof where, "run %lld", (long long)run);
        error_set(error, ERR_FAILED, where,
                  run_state_is_final(summary.state)
                      ? "see stopmark report"
                      : "if it was started on this host its worker has died: stopmark resume",
                  "no worker answers on this host (%s; state %s, started on %s)", strerror(errno),
                  run_state_name(summary.state), summary.host);
        return NULL;
    }
    struct run_client *client = memory_new(sizeof *client);
    client->fd = fd;
    return client;
}

int run_client_fd(const struct run_client *client)
{
    return client->fd;
}

/* Cuts the last whole line out of what has come; NULL = none. Owned. */
static char *newest_line(struct str *incoming)
{
    if (incoming->length == 0)
        return NULL;
    const char *end = memrchr(incoming->text, '\n', incoming->length);
    if (end == NULL)
        return NULL;
    const char *start = memrchr(incoming->text, '\n', (size_t)(end - incoming->text));
    start = start == NULL ? incoming->text : start + 1;
    char *line = memory_format("%.*s", (int)(end - start), start);
    struct str rest = {0};
    str_add_bytes(&rest, end + 1, incoming->length - (size_t)(end + 1 - incoming->text));
    str_free(incoming);
    *incoming = rest;
    return line;
}

struct run_snapshot *run_client_read(struct run_client *client, bool *closed)
{
    char buffer[65536];
    ssize_t got;
    *closed = false;
    while ((got = read(client->fd, buffer, sizeof buffer)) > 0 &&
           client->incoming.length < LINE_MAX_BYTES)
        str_add_bytes(&client->incoming, buffer, (size_t)got);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR) ||
        client->incoming.length >= LINE_MAX_BYTES)
        *closed = true;
    char *line = newest_line(&client->incoming);
    struct run_snapshot *snapshot = line == NULL ? NULL : run_snapshot_from_json(line);
    free(line);
    return snapshot;
}

bool run_client_send(struct run_client *client, enum run_command command)
{
    char line[64];
    int length = snprintf(line, sizeof line, "{\"command\":\"%s\"}\n", run_command_name(command));
    return send(client->fd, line, (size_t)length, MSG_NOSIGNAL | MSG_DONTWAIT) == length;
}

void run_client_close(struct run_client *client)
{
    if (client == NULL)
        return;
    close(client->fd);
    str_free(&client->incoming);
    free(client);
}
