#include "core/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "core/base/log.h"
#include "core/base/memory.h"
#include "core/base/str.h"
#include "core/execute.h"
#include "core/run_internal.h"
#include "core/tds.h"

enum {
    CHANNEL_FD = 3,
    CLIENTS_MAX = 16,
    COMMAND_LINE_MAX = 4096,
    TICK_MS = 1000,     /* elapsed times go on even where nothing happens */
    THROTTLE_MS = 100,  /* at most ten snapshots a second */
    FAREWELL_MS = 2000, /* for the last snapshot to reach its readers */
};

struct client {
    int fd;
    struct str incoming, outgoing;
    bool fresh; /* has not got the newest snapshot */
};

struct worker {
    const struct config *config;
    struct execution *execution;
    int listening, wake_read, wake_write;
    struct client clients[CLIENTS_MAX];
    size_t clients_count;
    int64_t last_sent_ms;
};

/* --- clients ---------------------------------------------------------------------------------- */

static void drop_client(struct worker *worker, size_t index)
{
    struct client *client = &worker->clients[index];
    close(client->fd);
    str_free(&client->incoming);
    str_free(&client->outgoing);
    worker->clients[index] = worker->clients[--worker->clients_count];
}

/* Only the user who runs the worker (and root, who could anyway) may attach. */
static bool is_welcome(int fd)
{
    struct ucred peer;
    socklen_t size = sizeof peer;
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
           (peer.uid == getuid() || peer.uid == 0);
}

static void accept_client(struct worker *worker)
{
    int fd = accept4(worker->listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0)
        return;
    if (worker->clients_count == CLIENTS_MAX || !is_welcome(fd)) {
        log_write(LOG_WARNING, "a connection to the socket was turned away");
        close(fd);
        return;
    }
    worker->clients[worker->clients_count++] = (struct client){.fd = fd, .fresh = true};
}

static void obey_line(struct worker *worker, const char *line)
{
    json_t *document = json_loads(line, 0, NULL);
    enum run_command command;
    if (run_command_from_name(&command, json_string_value(json_object_get(document, "command")))) {
        log_write(LOG_INFO, "command: %s", run_command_name(command));
        execution_command(worker->execution, command);
    }
    json_decref(document);
}

/* False: the client has gone. */
static bool read_client(struct worker *worker, struct client *client)
{
    char buffer[1024];
    ssize_t got = read(client->fd, buffer, sizeof buffer);
    if (got < 0)
        return errno == EAGAIN || errno == EINTR;
    if (got == 0 || client->incoming.length + (size_t)got > COMMAND_LINE_MAX)
        return false;
    str_add_bytes(&client->incoming, buffer, (size_t)got);
    for (char *end; (end = strchr(client->incoming.text, '\n')) != NULL;) {
        *end = '\0';
        obey_line(worker, client->incoming.text);
        char *rest = memory_copy_text(end + 1);
        str_clear(&client->incoming);
        str_add(&client->incoming, rest);
        free(rest);
    }
    return true;
}

static bool write_client(struct client *client)
{
    while (client->outgoing.length > 0) {
        ssize_t sent = send(client->fd, client->outgoing.text, client->outgoing.length,
                            MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0)
            return errno == EAGAIN || errno == EINTR;
        struct str rest = {0};
        str_add_bytes(&rest, client->outgoing.text + sent,
                      client->outgoing.length - (size_t)sent);
        str_free(&client->outgoing);
        client->outgoing = rest;
    }
    return true;
}

/* A client that still chews on an older snapshot gets the newest one later: it is never behind by
 * more than one. */
static void publish(struct worker *worker)
{
    struct run_snapshot *snapshot = execution_snapshot(worker->execution);
    char *line = run_snapshot_to_json(snapshot);
    for (size_t i = 0; i < worker->clients_count; i++) {
        struct client *client = &worker->clients[i];
        client->fresh = client->outgoing.length > 0;
        if (client->fresh)
            continue;
        str_add(&client->outgoing, line);
        str_add_char(&client->outgoing, '\n');
    }
    free(line);
    run_snapshot_free(snapshot);
    worker->last_sent_ms = clock_monotonic_ms(clock_system());
}

/* One turn: waits at most timeout_ms. True if a new snapshot is due. */
static bool serve_once(struct worker *worker, int timeout_ms)
{
    struct pollfd wait[CLIENTS_MAX + 2] = {{.fd = worker->listening, .events = POLLIN},
                                           {.fd = worker->wake_read, .events = POLLIN}};
    for (size_t i = 0; i < worker->clients_count; i++)
        wait[i + 2] = (struct pollfd){.fd = worker->clients[i].fd,
                                      .events = (short)(POLLIN | (worker->clients[i].outgoing.length
                                                                      ? POLLOUT
                                                                      : 0))};
    int ready = poll(wait, worker->clients_count + 2, timeout_ms);
    bool due = ready == 0;
    char drain[256];
    if (ready > 0 && wait[1].revents != 0)
        due = read(worker->wake_read, drain, sizeof drain) > 0 || due;
    for (size_t i = worker->clients_count; ready > 0 && i-- > 0;) {
        struct client *client = &worker->clients[i];
        bool good = true;
        if ((wait[i + 2].revents & (POLLIN | POLLHUP | POLLERR)) != 0)
            good = read_client(worker, client);
        if (good && (wait[i + 2].revents & POLLOUT) != 0)
            good = write_client(client);
        due = due || (good && client->fresh && client->outgoing.length == 0);
        if (!good)
            drop_client(worker, i);
    }
    if (ready > 0 && wait[0].revents != 0) {
        accept_client(worker);
        due = true;
    }
    return due;
}

/* Gives the readers time to take what they were sent. */
static void say_goodbye(struct worker *worker)
{
    int64_t until = clock_monotonic_ms(clock_system()) + FAREWELL_MS;
    bool waiting = true;
    publish(worker);
    while (waiting && clock_monotonic_ms(clock_system()) < until) {
        waiting = false;
        for (size_t i = worker->clients_count; i-- > 0;) {
            if (!write_client(&worker->clients[i]))
                drop_client(worker, i);
            else
                waiting = waiting || worker->clients[i].outgoing.length > 0 ||
                          worker->clients[i].fresh;
        }
        if (waiting && serve_once(worker, THROTTLE_MS))
            publish(worker);
    }
    while (worker->clients_count > 0)
        drop_client(worker, 0);
}

static void serve(struct worker *worker)
{
    bool due = false;
    while (!execution_has_ended(worker->execution)) {
        int64_t since = clock_monotonic_ms(clock_system()) - worker->last_sent_ms;
        if (due && since >= THROTTLE_MS) {
            publish(worker);
            due = false;
            since = 0;
        }
        due = serve_once(worker, due ? (int)(THROTTLE_MS - since) : TICK_MS) || due;
    }
    say_goodbye(worker);
}

/* --- starting --------------------------------------------------------------------------------- */

/* Memory holds passwords: no core file, no ptrace by others. */
static void harden(void)
{
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
}

static void answer(const char *word)
{
    ssize_t ignored = write(CHANNEL_FD, word, strlen(word));
    (void)ignored;
    close(CHANNEL_FD);
}

static int refuse(const struct error *why)
{
    char text[900];
    error_format(why, text, sizeof text);
    char *line = memory_format("%s %s", error_name(why->code), text);
    log_write(LOG_ERROR, "%s", text);
    answer(line);
    free(line);
    return error_exit_status(why->code);
}

/* What the system still has to clear away of a worker that was killed holds its lock for a moment
 * longer than its sockets. False with errno set. */
enum { DEAD_WORKER_MS = 2000, LOOK_MS = 20 };

static bool lock_file(int fd)
{
    for (int waited_ms = 0; flock(fd, LOCK_EX | LOCK_NB) != 0; waited_ms += LOOK_MS) {
        if (errno != EWOULDBLOCK || waited_ms >= DEAD_WORKER_MS)
            return false;
        poll(NULL, 0, LOOK_MS);
    }
    return true;
}

/* One worker a run, whatever the host: an open file's lock beside the journal. */
static int take_run(const struct config *config, int64_t run, struct error *error)
{
    char *path = memory_format("%s/.run-%04lld.lock", run_directory(config), (long long)run);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0660);
    struct stat about;
    /* Whatever the umask: in a shared directory the group's next shift resumes. */
    if (fd >= 0 && stat(run_directory(config), &about) == 0)
        fchmod(fd, (about.st_mode & S_IWGRP) != 0 ? 0660 : 0600);
    if (fd < 0 || !lock_file(fd)) {
        error_set(error, errno == EWOULDBLOCK ? ERR_LOCKED : ERR_JOURNAL, path,
                  "attach to the run on the host where its worker lives",
                  "another worker has the run: %s", strerror(errno));
        if (fd >= 0)
            close(fd);
        fd = -1;
    }
    free(path);
    return fd;
}

static bool open_socket(struct worker *worker, const char *uuid, struct error *error)
{
    int wake[2];
    if (pipe2(wake, O_CLOEXEC | O_NONBLOCK) != 0 ||
        (worker->listening = run_socket(worker->config, uuid, true)) < 0) {
        error_set(error, ERR_IO, worker->config->state_dir, NULL, "no socket can be made: %s",
                  strerror(errno));
        return false;
    }
    worker->wake_read = wake[0];
    worker->wake_write = wake[1];
    return true;
}

/* From "the run is ours" to its end. */
static int work(struct worker *worker, struct journal *journal, struct secrets *secrets, bool abort,
                struct error *error)
{
    struct journal_head head = {0};
    int status = 1;
    if (journal_read_head(journal, &head, error) != ERR_OK ||
        tds_prepare(worker->config, error) != ERR_OK || !open_socket(worker, head.uuid, error) ||
        (worker->execution = execution_new(worker->config, journal, secrets, clock_system(),
                                           worker->wake_write, error)) == NULL) {
        status = refuse(error);
    } else if (abort && execution_is_committed(worker->execution)) {
        error_set(error, ERR_REFUSED, NULL, "stopmark resume brings it to its end",
                  "a database may be recovered already: there is no way back");
        status = refuse(error);
    } else {
        if (abort)
            execution_command(worker->execution, RUN_COMMAND_ABORT);
        answer("ok\n");
        execution_start(worker->execution);
        serve(worker);
        status = 0;
    }
    execution_free(worker->execution);
    if (head.uuid != NULL && worker->listening >= 0)
        run_socket_remove(worker->config, head.uuid);
    tds_finish();
    journal_head_free(&head);
    return status;
}

int worker_main(int argc, char **argv)
{
    harden();
    log_open(STDERR_FILENO, LOG_INFO);
    struct config_problems problems = {0};
    struct error error;
    error_clear(&error);
    bool abort = argc == 5 && strcmp(argv[4], WORKER_ABORT) == 0;
    int64_t run = argc == 4 || abort ? strtoll(argv[3], NULL, 10) : 0;
    if (run <= 0 || fcntl(CHANNEL_FD, F_GETFD) == -1) {
        fputs("stopmark: this command is internal\n", stderr);
        return 2;
    }
    fcntl(CHANNEL_FD, F_SETFD, FD_CLOEXEC);
    struct config *config = config_load(argv[2], &problems);
    if (config == NULL) {
        error_set(&error, ERR_CONFIG, argv[2], "stopmark config check", "%s",
                  problems.items_count > 0 ? problems.items[0].text : "cannot be read");
        config_problems_free(&problems);
        return refuse(&error);
    }
    config_problems_free(&problems);
    struct secrets *secrets = secrets_receive(CHANNEL_FD, config->servers_count);
    struct worker worker = {.config = config, .listening = -1};
    struct journal *journal = NULL;
    int lock = take_run(config, run, &error), status;
    if (secrets == NULL)
        error_set(&error, ERR_NO_PASSWORD, NULL, NULL, "the passwords did not arrive");
    if (lock < 0 || secrets == NULL ||
        (journal = journal_open(run_directory(config), run, JOURNAL_WRITE, &error)) == NULL)
        status = refuse(&error);
    else
        status = work(&worker, journal, secrets, abort, &error);
    journal_close(journal);
    secrets_free(secrets);
    config_free(config);
    if (lock >= 0)
        close(lock);
    log_write(LOG_INFO, "the worker of run %lld ends", (long long)run);
    return status;
}
