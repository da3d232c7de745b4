#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/run_internal.h"
#include "core/secret.h"
#include "core/worker.h"

extern char **environ;

/* The only descriptor that the worker inherits beside /dev/null and its log. */
enum { CHANNEL_FD = 3 };

/* What a worker may inherit; everything else of the environment, and among these whatever the
 * configuration names as a password's place, stays behind. */
static const char *const inherited[] = {
    "PATH=", "HOME=", "USER=", "LOGNAME=", "LANG=", "LANGUAGE=", "LC_", "TZ=", "TMPDIR=", "XDG_",
    "KRB5", "STOPMARK_", "LD_LIBRARY_PATH=", "LD_PRELOAD=", "ASAN_OPTIONS=", "UBSAN_OPTIONS=",
    "LSAN_OPTIONS=",
};

static bool names_secret(const struct password_source *source, const char *entry)
{
    size_t length = source->environment == NULL ? 0 : strlen(source->environment);
    return length > 0 && strncmp(entry, source->environment, length) == 0 && entry[length] == '=';
}

static bool may_inherit(const struct config *config, const char *entry)
{
    for (size_t i = 0; i < config->servers_count; i++)
        if (names_secret(&config->servers[i].monitor.password, entry) ||
            names_secret(&config->servers[i].restore.password, entry))
            return false;
    for (size_t i = 0; i < sizeof inherited / sizeof *inherited; i++)
        if (strncmp(entry, inherited[i], strlen(inherited[i])) == 0)
            return true;
    return false;
}

static char **clean_environment(const struct config *config)
{
    size_t count = 0, kept = 0;
    while (environ[count] != NULL)
        count++;
    char **clean = memory_new_array(count + 1, sizeof *clean);
    for (size_t i = 0; i < count; i++)
        if (may_inherit(config, environ[i]))
            clean[kept++] = environ[i]; /* borrowed */
    return clean;
}

struct spawn {
    char *arguments[6];
    char **environment;
    int null, log, channel;
};

/* In the child, between fork and exec: only async-signal-safe calls. */
static void become_worker(const struct spawn *spawn)
{
    setsid();
    if (fork() != 0) /* nobody's child: no terminal to get back, no zombie to leave */
        _exit(0);
    signal(SIGHUP, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signal(SIGQUIT, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a full or limited disk is an error to tell, no end */
    signal(SIGTERM, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    /* The sources are above 3, so that no dup2 overwrites one that is still needed. */
    if (dup2(spawn->null, 0) < 0 || dup2(spawn->log, 1) < 0 || dup2(spawn->log, 2) < 0 ||
        dup2(spawn->channel, CHANNEL_FD) < 0 || close_range(CHANNEL_FD + 1, ~0u, 0) != 0)
        _exit(126);
    umask(0077);
    execve("/proc/self/exe", spawn->arguments, spawn->environment);
    _exit(127);
}

/* A descriptor moved above the four that the worker gets. */
static int above(int fd)
{
    int moved = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, CHANNEL_FD + 1);
    if (fd >= 0)
        close(fd);
    return moved;
}

static int open_log(const struct config *config, int64_t run)
{
    journal_make_directory(config->state_dir);
    char *path = memory_format("%s/worker-%04lld.log", config->state_dir, (long long)run);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    free(path);
    return fd;
}

/* Hands the secrets over and waits for the worker's word: "ok", or its error's line. */
static enum error_code greet(int channel, const struct config *config,
                             const struct secrets *secrets, int64_t run, struct error *error)
{
    char word[1024];
    size_t length = 0;
    sigset_t pipe_signal, before;
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_signal, &before); /* a dead worker is an answer, no signal */
    struct secrets *none = secrets == NULL ? secrets_new(config->servers_count) : NULL;
    bool sent = secrets_send(secrets == NULL ? none : secrets, channel);
    secrets_free(none);
    struct timespec at_once = {0};
    sigtimedwait(&pipe_signal, NULL, &at_once);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    for (ssize_t got; length < sizeof word - 1;) {
        got = read(channel, word + length, sizeof word - 1 - length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        length += (size_t)got;
    }
    word[length] = '\0';
    if (sent && strcmp(word, "ok\n") == 0)
        return ERR_OK;
    char *rest = strchr(word, ' ');
    if (rest != NULL)
        *rest++ = '\0';
    return error_set(error, error_from_name(word), NULL, "the worker's log is beside its socket",
                     "the worker of run %lld could not start: %s", (long long)run,
                     rest == NULL ? "it died at once" : rest);
}

static enum error_code spawn_worker(const struct config *config, int64_t run,
                                    const struct secrets *secrets, char *word,
                                    struct error *error)
{
    char number[32];
    snprintf(number, sizeof number, "%lld", (long long)run);
    char *path = realpath(config->path, NULL);
    int pair[2] = {-1, -1};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        pair[0] = pair[1] = -1;
    char name[] = "stopmark", command[] = WORKER_COMMAND;
    struct spawn spawn = {
        .arguments = {name, command, path == NULL ? config->path : path, number, word, NULL},
        .environment = clean_environment(config),
        .null = above(open("/dev/null", O_RDWR | O_CLOEXEC)),
        .log = above(open_log(config, run)),
        .channel = above(pair[1]),
    };
    pid_t child = -1;
    if (spawn.null >= 0 && spawn.log >= 0 && spawn.channel >= 0 && (child = fork()) == 0)
        become_worker(&spawn);
    int reason = errno;
    close(spawn.channel);
    close(spawn.log);
    close(spawn.null);
    enum error_code code =
        child > 0 ? greet(pair[0], config, secrets, run, error)
                  : error_set(error, ERR_IO, config->state_dir, NULL,
                              "the worker cannot be started: %s", strerror(reason));
    if (child > 0)
        waitpid(child, NULL, 0);
    if (pair[0] >= 0)
        close(pair[0]);
    free(spawn.environment);
    free(path);
    return code;
}

enum error_code worker_spawn(const struct config *config, int64_t run,
                             const struct secrets *secrets, struct error *error)
{
    return spawn_worker(config, run, secrets, NULL, error);
}

enum error_code worker_spawn_abort(const struct config *config, int64_t run,
                                   const struct secrets *secrets, struct error *error)
{
    char word[] = WORKER_ABORT;
    return spawn_worker(config, run, secrets, word, error);
}
