#include "screens/demo.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
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
#include "core/base/text.h"

enum { READY_TIMEOUT_MS = 30000 };

struct demo {
    pid_t lab;
    int output; /* the lab's stdout; its end tells that it died */
    char directory[64];
    char configuration[96];
    bool sources_dead;
};

/* stopmark-lab beside this binary, or in the installation's libexec; owned, NULL = not there. */
static char *find_lab(void)
{
    static const char *const places[] = {"stopmark-lab", "../libexec/stopmark/stopmark-lab"};
    char self[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length <= 0)
        return NULL;
    self[length] = '\0';
    char *slash = strrchr(self, '/');
    slash[1] = '\0';
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        char *path = memory_format("%s%s", self, places[i]);
        if (access(path, X_OK) == 0)
            return path;
        free(path);
    }
    return NULL;
}

static bool spawn_lab(struct demo *demo, const char *lab, const char *scenario, double speed)
{
    extern char **environ;
    int pipe_ends[2];
    char speed_text[32], log[96];
    snprintf(speed_text, sizeof speed_text, "%g", speed);
    snprintf(log, sizeof log, "%s/lab.log", demo->directory);
    char *const arguments[] = {(char[]){"stopmark-lab"}, (char[]){"--scenario"}, memory_copy_text(scenario),
                               (char[]){"--port-base"}, (char[]){"0"}, (char[]){"--speed"},
                               speed_text, (char[]){"--ini"}, demo->configuration,
                               (char[]){"--log"}, log, NULL};
    bool ok = false;
    if (pipe2(pipe_ends, O_CLOEXEC) == 0) {
        posix_spawn_file_actions_t actions;
        posix_spawnattr_t attributes;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], 1);
        posix_spawn_file_actions_addopen(&actions, 2, log, O_WRONLY | O_CREAT | O_APPEND, 0600);
        posix_spawnattr_init(&attributes);
        /* a group of its own: Ctrl-C at the console must not reach the lab */
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
        ok = posix_spawn(&demo->lab, lab, &actions, &attributes, arguments, environ) == 0;
        posix_spawn_file_actions_destroy(&actions);
        posix_spawnattr_destroy(&attributes);
        close(pipe_ends[1]);
        demo->output = pipe_ends[0];
    }
    free(arguments[2]);
    return ok;
}

/* Waits for the line "ready"; false when the lab ended or said nothing in time. */
static bool wait_ready(struct demo *demo)
{
    const struct clock *clock = clock_system();
    int64_t end = clock_monotonic_ms(clock) + READY_TIMEOUT_MS;
    char text[256];
    size_t used = 0;
    for (;;) {
        int64_t left = end - clock_monotonic_ms(clock);
        struct pollfd fd = {.fd = demo->output, .events = POLLIN};
        if (left <= 0 || poll(&fd, 1, (int)left) == 0)
            return false;
        ssize_t got = read(demo->output, text + used, sizeof text - 1 - used);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0 || used + (size_t)got >= sizeof text - 1)
            return false;
        used += (size_t)got;
        text[used] = '\0';
        if (strstr(text, "ready\n") != NULL)
            return true;
    }
}

/* The last line that the lab wrote to its log: why it did not start. */
static void last_words(const struct demo *demo, char *out, size_t size)
{
    char path[96], line[512];
    snprintf(path, sizeof path, "%s/lab.log", demo->directory);
    text_copy(out, size, "it said nothing");
    FILE *log = fopen(path, "r");
    while (log != NULL && fgets(line, sizeof line, log) != NULL)
        text_clean(out, size, line);
    if (log != NULL)
        fclose(log);
}

/* The text as a file of the demo's directory; its path, owned; NULL = it cannot be written. */
static char *write_scenario(const struct demo *demo, const char *text)
{
    char *path = memory_format("%s/scenario.json", demo->directory);
    FILE *file = fopen(path, "w");
    bool good = file != NULL && fputs(text, file) >= 0;
    if (file != NULL)
        good = fclose(file) == 0 && good;
    if (good)
        return path;
    free(path);
    return NULL;
}

struct demo *demo_start(const char *scenario, const char *text, double speed, struct error *error)
{
    char *lab = find_lab();
    if (lab == NULL) {
        error_set(error, ERR_IO, "", "build or install stopmark-lab with stopmark",
                  "stopmark-lab is neither beside this program nor in its libexec");
        return NULL;
    }
    struct demo *demo = memory_new(sizeof *demo);
    demo->output = -1;
    snprintf(demo->directory, sizeof demo->directory, "/tmp/stopmark-demo-XXXXXX");
    bool ok = mkdtemp(demo->directory) != NULL;
    snprintf(demo->configuration, sizeof demo->configuration, "%s/stopmark.ini", demo->directory);
    char *own = ok && text != NULL ? write_scenario(demo, text) : NULL;
    ok = ok && (text == NULL || own != NULL) &&
         spawn_lab(demo, lab, own != NULL ? own : scenario, speed) && wait_ready(demo);
    free(own);
    free(lab);
    if (ok) {
        char *state = memory_format("%s/state", demo->directory);
        setenv("XDG_STATE_HOME", state, 1); /* nothing of a demo mixes with real runs */
        free(state);
        return demo;
    }
    char words[512];
    last_words(demo, words, sizeof words);
    error_set(error, ERR_FAILED, "stopmark-lab", NULL, "it did not start: %s", words);
    demo_stop(demo);
    return NULL;
}

const char *demo_configuration(const struct demo *demo)
{
    return demo->configuration;
}

void demo_set_sources_dead(struct demo *demo, bool dead)
{
    if (demo->sources_dead == dead)
        return;
    demo->sources_dead = dead;
    kill(demo->lab, dead ? SIGUSR1 : SIGUSR2);
}

bool demo_sources_dead(const struct demo *demo)
{
    return demo->sources_dead;
}

/* Reports are what a demo leaves behind; the folder that holds one then stays too. */
static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    (void)info;
    if (kind == FTW_F && strncmp(path + where->base, "report-", 7) == 0)
        printf("stopmark: the demo's report: %s\n", path);
    else if (remove(path) != 0 && kind == FTW_F)
        fprintf(stderr, "stopmark: %s: %s\n", path, strerror(errno));
    return 0;
}

void demo_stop(struct demo *demo)
{
    if (demo == NULL)
        return;
    if (demo->lab > 0) {
        kill(demo->lab, SIGTERM);
        waitpid(demo->lab, NULL, 0);
    }
    if (demo->output >= 0)
        close(demo->output);
    nftw(demo->directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    free(demo);
}
