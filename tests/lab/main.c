/* stopmark-lab: a simulated BizTalk estate on SQL Server, listening on loopback. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/str.h"
#include "tests/lab/agent.h"
#include "tests/lab/estate.h"
#include "tests/lab/ini.h"
#include "tests/lab/procedures.h"
#include "tests/lab/reply.h"
#include "tests/lab/scenario.h"
#include "tests/lab/session.h"
#include "tests/lab/wire.h"

enum { EXIT_USAGE = 2, EXIT_SCENARIO = 3 };

struct options {
    const char *scenario, *ini, *log;
    int port_base;
    double speed;
    uint64_t seed;
    size_t reply_max_mb; /* 0 = not said */
};

static void print_usage(FILE *out)
{
    fputs("usage: stopmark-lab [--scenario NAME|FILE.json] [--port-base 14330|0] [--speed N]\n"
          "                    [--seed N] [--ini FILE] [--log FILE] [--reply-max-mb 2048]\n"
          "\n"
          "Starts every server of the scenario on 127.0.0.1, prints \"ready\" and runs until\n"
          "SIGTERM. --port-base 0 takes free ports; --speed 0 lets the clock stand.\n"
          "SIGUSR1 stops all sources, SIGUSR2 starts them again.\n"
          "Built-in scenarios:",
          out);
    const char *name;
    for (size_t i = 0; (name = scenario_builtin_name(i)) != NULL; i++) {
        fprintf(out, "%s %s", i == 0 ? "" : ",", name);
    }
    fputs(".\n", out);
}

static bool parse_number(const char *text, double low, double high, double *value)
{
    char *end;
    errno = 0;
    *value = strtod(text, &end);
    return errno == 0 && end != text && *end == '\0' && *value >= low && *value <= high;
}

static bool parse_option(int option, const char *value, struct options *options)
{
    double number;
    switch (option) {
    case 's':
        options->scenario = value;
        return true;
    case 'i':
        options->ini = value;
        return true;
    case 'l':
        options->log = value;
        return true;
    case 'p':
        if (!parse_number(value, 0, 65500, &number)) {
            fprintf(stderr, "stopmark-lab: --port-base: expected 0 to 65500, found \"%s\"\n",
                    value);
            return false;
        }
        options->port_base = (int)number;
        return true;
    case 'x':
        if (!parse_number(value, 0, 100000, &options->speed)) {
            fprintf(stderr, "stopmark-lab: --speed: expected 0 to 100000, found \"%s\"\n", value);
            return false;
        }
        return true;
    case 'r':
        if (!parse_number(value, 0, 1e15, &number)) {
            fprintf(stderr, "stopmark-lab: --seed: expected a number, found \"%s\"\n", value);
            return false;
        }
        options->seed = (uint64_t)number;
        return true;
    case 'm':
        if (!parse_number(value, 1, 1e6, &number)) {
            fprintf(stderr, "stopmark-lab: --reply-max-mb: expected 1 to 1000000, found \"%s\"\n",
                    value);
            return false;
        }
        options->reply_max_mb = (size_t)number;
        return true;
    default:
        return false;
    }
}

/* -1 = go on; else the exit status. */
static int parse_options(int argc, char **argv, struct options *options)
{
    static const struct option names[] = {{"scenario", required_argument, NULL, 's'},
                                          {"port-base", required_argument, NULL, 'p'},
                                          {"speed", required_argument, NULL, 'x'},
                                          {"seed", required_argument, NULL, 'r'},
                                          {"ini", required_argument, NULL, 'i'},
                                          {"log", required_argument, NULL, 'l'},
                                          {"reply-max-mb", required_argument, NULL, 'm'},
                                          {"help", no_argument, NULL, 'h'},
                                          {"version", no_argument, NULL, 'v'},
                                          {NULL, 0, NULL, 0}};
    int option;
    while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
        if (option == 'h') {
            print_usage(stdout);
            return EXIT_SUCCESS;
        }
        if (option == 'v') {
            puts("stopmark-lab " STOPMARK_VERSION);
            return EXIT_SUCCESS;
        }
        if (!parse_option(option, optarg, options)) {
            print_usage(stderr);
            return EXIT_USAGE;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "stopmark-lab: unexpected \"%s\"\n", argv[optind]);
        print_usage(stderr);
        return EXIT_USAGE;
    }
    return -1;
}

static bool listen_all(struct lab *lab, int port_base)
{
    for (size_t i = 0; i < lab->instances_count; i++) {
        int port = port_base == 0 ? 0 : port_base + (int)i;
        if (!wire_listen(lab->instances[i], port)) {
            fprintf(stderr, "stopmark-lab: %s: cannot listen on 127.0.0.1:%d: %s\n",
                    lab->instances[i]->name, port, strerror(errno));
            return false;
        }
        if (lab->instances[i]->stopped) {
            wire_instance_stopped(lab->instances[i]);
        }
    }
    return true;
}

struct signals {
    sigset_t set;
    struct lab *lab;
};

static void set_sources(struct lab *lab, bool alive)
{
    lab_lock();
    for (size_t i = 0; i < lab->instances_count; i++) {
        if (lab->instances[i]->is_source) {
            (alive ? lab_start_instance : lab_stop_instance)(lab->instances[i]);
        }
    }
    lab_unlock();
}

/* All signals come to this thread; it ends with the first that ends the program. */
static void *wait_for_signals(void *argument)
{
    struct signals *signals = argument;
    int number;
    while (sigwait(&signals->set, &number) == 0) {
        if (number == SIGUSR1 || number == SIGUSR2) {
            set_sources(signals->lab, number == SIGUSR2);
        } else {
            wire_stop();
            return NULL;
        }
    }
    return NULL;
}

static void block_signals(sigset_t *set)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2};
    sigemptyset(set);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        sigaddset(set, numbers[i]);
    }
    pthread_sigmask(SIG_BLOCK, set, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static void start_clock(struct lab *lab, double speed)
{
    lab->monotonic_base_ms = clock_monotonic_ms(clock_system());
    lab->speed = speed;
    if (speed > 0) {
        agent_runner_start(lab);
    }
}

static int run(struct lab *lab, const struct options *options)
{
    struct signals signals = {.lab = lab};
    pthread_t thread;
    block_signals(&signals.set);
    lab_lock();
    bool good = listen_all(lab, options->port_base);
    if (good && options->ini != NULL && !ini_write(lab, options->ini)) {
        fprintf(stderr, "stopmark-lab: %s: %s\n", options->ini, strerror(errno));
        good = false;
    }
    if (good) {
        start_clock(lab, options->speed);
    }
    lab_unlock();
    if (!good || pthread_create(&thread, NULL, wait_for_signals, &signals) != 0) {
        return EXIT_FAILURE;
    }
    puts("ready");
    fflush(stdout);
    wire_serve(lab);
    pthread_join(thread, NULL);
    if (lab->runner != NULL) {
        agent_runner_stop(lab);
    }
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    struct options options = {.scenario = "contoso", .port_base = 14330, .speed = 1, .seed = 1};
    setlocale(LC_CTYPE, "C.UTF-8");
    int status = parse_options(argc, argv, &options);
    if (status >= 0) {
        return status;
    }
    if (options.log != NULL) {
        int fd = open(options.log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (fd < 0) {
            fprintf(stderr, "stopmark-lab: %s: %s\n", options.log, strerror(errno));
            return EXIT_FAILURE;
        }
        log_open(fd, LOG_DEBUG);
    }
    if (options.reply_max_mb > 0) {
        reply_set_most(options.reply_max_mb << 20);
    }
    struct str problems = {0};
    lab_lock();
    struct lab *lab = scenario_load(options.scenario, options.seed, &problems);
    lab_unlock();
    if (lab == NULL) {
        fprintf(stderr, "stopmark-lab: %s is no good scenario:\n%s", options.scenario,
                str_text(&problems));
        str_free(&problems);
        return EXIT_SCENARIO;
    }
    status = run(lab, &options);
    lab_free(lab);
    str_free(&problems);
    return status;
}
