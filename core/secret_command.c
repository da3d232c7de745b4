#include "core/secret_command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/memory.h"

enum { PATIENCE_MS = 30000 };

static bool names_variable(const char *assignment, const char *name)
{
    size_t length = name ? strlen(name) : 0;
    return length && strncmp(assignment, name, length) == 0 && assignment[length] == '=';
}

static bool holds_password(const char *assignment, const struct config *config)
{
    for (size_t i = 0; i < config->servers_count; i++)
        if (names_variable(assignment, config->servers[i].monitor.password.environment) ||
            names_variable(assignment, config->servers[i].restore.password.environment))
            return true;
    return false;
}

/* The environment without passwords; the array is owned, its texts are not. */
static char **clean_environment(const struct config *config)
{
    size_t count = 0, kept = 0;
    while (environ[count])
        count++;
    char **out = memory_new_array(count + 1, sizeof *out);
    for (size_t i = 0; i < count; i++)
        if (!holds_password(environ[i], config))
            out[kept++] = environ[i];
    return out;
}

static int spawn(pid_t *pid, const char *command, int output, const struct config *config)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, defaults;
    sigemptyset(&none);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    sigaddset(&defaults, SIGINT);
    sigaddset(&defaults, SIGTERM);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, output, 1);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addclosefrom_np(&actions, 3); /* FreeTDS's sockets, for one */
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                              POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    char *shell = memory_copy_text("sh"), *option = memory_copy_text("-c");
    char *text = memory_copy_text(command), **environment = clean_environment(config);
    char *arguments[] = {shell, option, text, NULL};
    int failed = posix_spawn(pid, "/bin/sh", &actions, &attributes, arguments, environment);
    free(shell);
    free(option);
    free(text);
    free(environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return failed;
}

/* Reads until the end of output or the deadline. False where time ran out. */
static bool read_output(int fd, char *out, size_t size)
{
    int64_t deadline_ms = clock_monotonic_ms(clock_system()) + PATIENCE_MS;
    size_t length = 0;
    char rest[256];
    bool in_time = true;
    for (;;) {
        int64_t left_ms = deadline_ms - clock_monotonic_ms(clock_system());
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        int ready = left_ms > 0 ? poll(&wait, 1, (int)left_ms) : 0;
        if (ready < 0 && errno == EINTR)
            continue;
        in_time = ready > 0;
        if (!in_time)
            break;
        bool room = length < size - 1;
        ssize_t got = read(fd, room ? out + length : rest, room ? size - 1 - length : sizeof rest);
        if (got <= 0)
            break;
        if (room)
            length += (size_t)got;
    }
    out[length] = '\0';
    explicit_bzero(rest, sizeof rest);
    return in_time;
}

enum error_code secret_command_run(char *out, size_t size, const char *command,
                                   const struct config *config, struct error *error)
{
    int pipe_fds[2];
    pid_t pid;
    if (pipe2(pipe_fds, O_CLOEXEC) != 0)
        return error_set(error, ERR_NO_PASSWORD, NULL, NULL, "no pipe for the password command");
    int failed = spawn(&pid, command, pipe_fds[1], config);
    close(pipe_fds[1]);
    if (failed) {
        close(pipe_fds[0]);
        return error_set(error, ERR_NO_PASSWORD, NULL, NULL,
                         "the password command cannot be started: %s", strerror(failed));
    }
    bool in_time = read_output(pipe_fds[0], out, size);
    close(pipe_fds[0]);
    if (!in_time)
        kill(-pid, SIGKILL);
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (!in_time)
        return error_set(error, ERR_NO_PASSWORD, NULL, NULL,
                         "the password command did not end within %d s", PATIENCE_MS / 1000);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return error_set(error, ERR_NO_PASSWORD, NULL, "run it by hand to see its messages",
                         "the password command failed with status %d",
                         WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    return ERR_OK;
}
