#include "tests/support/lab_process.h"

#include <fcntl.h>
#include <libgen.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/permit.h"
#include "core/secret.h"
#include "core/tds.h"

bool lab_process_find(struct lab_process *lab, const char *test_program)
{
    char *folder = memory_copy_text(test_program);
    snprintf(lab->program, sizeof lab->program, "%s/../../stopmark-lab", dirname(folder));
    free(folder);
    return access(lab->program, X_OK) == 0;
}

static bool make_directory(struct lab_process *lab)
{
    if (lab->directory[0])
        return true;
    strcpy(lab->directory, "/tmp/stopmark-lab-test-XXXXXX");
    return mkdtemp(lab->directory) != NULL;
}

char *lab_process_scenario(struct lab_process *lab, const char *text)
{
    if (!make_directory(lab))
        return NULL;
    char *path = memory_format("%s/scenario.json", lab->directory);
    FILE *file = fopen(path, "w");
    if (!file)
        return NULL;
    fputs(text, file);
    fclose(file);
    return path;
}

static bool wait_ready(int fd)
{
    char text[16] = "";
    size_t length = 0;
    int64_t until_ms = clock_monotonic_ms(clock_system()) + 60000;
    while (length < 6) {
        int64_t left_ms = until_ms - clock_monotonic_ms(clock_system());
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        if (left_ms <= 0 || poll(&wait, 1, (int)left_ms) != 1)
            return false;
        ssize_t got = read(fd, text + length, 6 - length);
        if (got <= 0)
            return false;
        length += (size_t)got;
    }
    return strcmp(text, "ready\n") == 0;
}

/* Runs the lab with its output in *output. */
static bool spawn(struct lab_process *lab, const char *scenario, const char *ini, int *output)
{
    enum { WORDS = 12 };
    const char *words[WORDS] = {lab->program, "--scenario", scenario, "--port-base", "0",
                                "--speed",    "0",          "--ini",  ini,           "--log"};
    char *log = memory_format("%s/lab.log", lab->directory), *arguments[WORDS] = {0};
    words[10] = log;
    for (size_t i = 0; words[i]; i++)
        arguments[i] = memory_copy_text(words[i]);
    int fds[2];
    bool fine = pipe2(fds, O_CLOEXEC) == 0;
    if (fine) {
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, fds[1], 1);
        fine = posix_spawn(&lab->pid, lab->program, &actions, NULL, arguments, environ) == 0;
        posix_spawn_file_actions_destroy(&actions);
        close(fds[1]);
        *output = fds[0];
    }
    for (size_t i = 0; i < WORDS; i++)
        free(arguments[i]);
    free(log);
    return fine;
}

int lab_process_start(struct lab_process *lab, const char *scenario)
{
    char ini[100];
    int output = -1;
    if (!make_directory(lab))
        return 1;
    snprintf(ini, sizeof ini, "%s/stopmark.ini", lab->directory);
    bool ready = spawn(lab, scenario, ini, &output) && wait_ready(output);
    if (output >= 0)
        close(output);
    if (!ready)
        return 1;
    struct config_problems problems = {0};
    lab->config = config_load(ini, &problems);
    for (size_t i = 0; i < problems.items_count; i++)
        printf("%s:%d: %s\n", ini, problems.items[i].line, problems.items[i].text);
    config_problems_free(&problems);
    return lab->config ? 0 : 1;
}

static bool run_on(struct lab_process *lab, const struct config_server *server,
                   const char *password, const char *sql, struct error *error)
{
    (void)lab;
    struct tds_options options = {.application = "stopmark test", .connect_timeout_ms = 10000,
                                  .query_timeout_ms = 60000};
    struct config_server with_login = *server;
    with_login.has_restore_login = true;
    struct permit *permit = permit_issue("test", "test", "test", error);
    struct tds_writer *writer =
        permit ? tds_writer_open(permit, &with_login, password, &options, NULL, error) : NULL;
    bool fine =
        writer && tds_writer_run(writer, sql, NULL, NULL, NULL, NULL, error) == ERR_OK;
    tds_writer_close(writer);
    permit_free(permit);
    return fine;
}

bool lab_process_run(struct lab_process *lab, const char *server, const char *sql)
{
    struct error error = {0};
    int index = config_server_find(lab->config, server), missing = -1;
    if (index < 0 || tds_prepare(lab->config, &error))
        return false;
    /* sources have a restore login here too: read its file as if it were the monitor's */
    struct config_server configured = lab->config->servers[index];
    configured.monitor = configured.restore;
    struct config one = {.servers = &configured, .servers_count = 1};
    struct secrets *secrets = secrets_fetch(&one, SECRET_MONITOR, &missing, &error);
    bool fine = secrets && run_on(lab, &configured, secrets_get(secrets, 0), sql, &error);
    secrets_free(secrets);
    if (!fine) {
        char line[2300];
        error_format(&error, line, sizeof line);
        printf("%s: %s\n", sql, line);
    }
    return fine;
}

void lab_process_stop(struct lab_process *lab)
{
    config_free(lab->config);
    lab->config = NULL;
    if (lab->pid > 0) {
        kill(lab->pid, SIGTERM);
        waitpid(lab->pid, NULL, 0);
        lab->pid = 0;
    }
    if (!lab->directory[0])
        return;
    char command[100];
    snprintf(command, sizeof command, "rm -rf %s", lab->directory);
    if (system(command) != 0)
        printf("%s stays\n", lab->directory);
    lab->directory[0] = '\0';
}
