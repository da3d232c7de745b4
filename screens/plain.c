#include "screens/plain.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/collector.h"
#include "core/permit.h"
#include "screens/demo.h"
#include "screens/facts.h"
#include "screens/notice.h"
#include "screens/words.h"

enum { FIRST_ANSWER_MS = 15000, LISTED = 20, LINE_SIZE = 256 };

static volatile sig_atomic_t asked_to_leave;

static void leave(int signal_number)
{
    (void)signal_number;
    asked_to_leave = 1;
}

struct plain {
    const struct config *config;
    const struct console_options *options;
    struct collector *collector;
    struct group_view *view; /* the last that was told */
    struct notices *notices;
    uint64_t told; /* id of the last notice printed */
    bool prompts;
};

static void prompt(const struct plain *plain)
{
    if (!plain->prompts)
        return;
    printf("Command (help lists them): ");
    fflush(stdout);
}

static void print_owned(char *text)
{
    printf("%s\n", text);
    free(text);
}

/* Every notice once: time, verdict, where, what. */
static bool tell_changes(struct plain *plain)
{
    bool any = false;
    for (size_t i = 0; i < plain->notices->items_count; i++) {
        const struct notice *notice = &plain->notices->items[i];
        char when[WORDS_SIZE];
        if (notice->id <= plain->told)
            continue;
        time_format(when, sizeof when, notice->utc_ms);
        printf("%s%s: %s: %s%s%s\n", plain->prompts && !any ? "\n" : "", when,
               verdict_name(notice->verdict), notice->where, notice->where[0] ? ": " : "",
               notice->text);
        plain->told = notice->id;
        any = true;
    }
    fflush(stdout);
    return any;
}

static void take_view(struct plain *plain)
{
    struct group_view *view = collector_view(plain->collector);
    notices_compare(plain->notices, plain->view, view);
    group_view_release(plain->view);
    plain->view = view;
}

static void print_section(const struct plain *plain,
                          void (*section)(struct facts *, const struct group_view *, bool))
{
    struct facts facts = {0};
    struct str out = {0};
    section(&facts, plain->view, false);
    facts_print(&facts, &out);
    fputs(str_text(&out), stdout);
    str_free(&out);
    facts_free(&facts);
}

static void demo_sources(const struct plain *plain)
{
    if (!plain->options->demo || plain->options->monitor) {
        printf("only in the demo\n");
        return;
    }
    bool dead = !demo_sources_dead(plain->options->demo);
    demo_set_sources_dead(plain->options->demo, dead);
    printf("the lab's sources %s\n", dead ? "have lost power" : "have their power back");
    collector_refresh(plain->collector);
}

static void print_help(void)
{
    printf("status: the verdict and all facts\n"
           "sets: the newest backup sets\n"
           "marks: the newest marks and how each is reached\n"
           "standby: where every standby database stands\n"
           "jobs: the Agent jobs\n"
           "checks: every check\n"
           "refresh: read every server now\n"
           "restore: how to restore from the command line\n"
           "sources-die: demo only, the lab's sources lose or get power\n"
           "quit: leave; a run goes on\n");
}

/* False: leave. A command may be shortened as long as it is one. */
static bool obey(struct plain *plain, const char *line)
{
    size_t length = strlen(line);
    if (length == 0)
        return true;
    if (!strncmp("quit", line, length))
        return false;
    if (!strncmp("status", line, length))
        print_owned(facts_status_text(plain->view, false));
    else if (!strncmp("sets", line, length))
        print_owned(facts_sets_text(plain->view, LISTED));
    else if (!strncmp("marks", line, length))
        print_owned(facts_marks_text(plain->view, LISTED));
    else if (!strncmp("standby", line, length))
        print_section(plain, facts_standby);
    else if (!strncmp("jobs", line, length))
        print_section(plain, facts_jobs);
    else if (!strncmp("checks", line, length))
        print_section(plain, facts_checks);
    else if (!strncmp("refresh", line, length))
        collector_refresh(plain->collector);
    else if (!strncmp("restore", line, length))
        printf("in another terminal: stopmark plan, then stopmark restore --target newest "
               "--situation source-lost --confirm '%s'\n",
               plain->config->group_name);
    else if (!strncmp("sources-die", line, length))
        demo_sources(plain);
    else if (!strncmp("help", line, length) || !strcmp(line, "?"))
        print_help();
    else
        printf("no command \"%s\"; help lists them\n", line);
    return true;
}

/* Reads one line; false at the end of input. */
static bool read_command(struct plain *plain)
{
    char line[LINE_SIZE];
    if (!fgets(line, sizeof line, stdin))
        return false;
    line[strcspn(line, "\r\n")] = '\0';
    bool go_on = obey(plain, line);
    fflush(stdout);
    if (go_on)
        prompt(plain);
    return go_on;
}

static void follow(struct plain *plain)
{
    struct pollfd fds[2] = {{.fd = collector_wake_fd(plain->collector), .events = POLLIN},
                            {.fd = plain->prompts ? STDIN_FILENO : -1, .events = POLLIN}};
    prompt(plain);
    while (!asked_to_leave) {
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            break;
        if (asked_to_leave)
            break;
        if (fds[0].revents & POLLIN) {
            take_view(plain);
            if (tell_changes(plain))
                prompt(plain);
        }
        if ((fds[1].revents & (POLLIN | POLLHUP)) && !read_command(plain))
            break;
    }
}

int plain_run(const struct config *config, const struct console_options *options)
{
    struct plain plain = {.config = config, .options = options, .prompts = isatty(STDIN_FILENO)};
    struct error error = {0};
    if (options->monitor)
        permit_forbid_all();
    struct sigaction action = {.sa_handler = leave};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    setvbuf(stdin, NULL, _IONBF, 0); /* poll and fgets must agree on what is there */
    plain.collector = collector_start(config, clock_system(), &error);
    if (!plain.collector) {
        char words[1800];
        error_format(&error, words, sizeof words);
        fprintf(stderr, "stopmark: %s\n", words);
        return error_exit_status(error.code);
    }
    plain.notices = notices_new();
    collector_wait_first(plain.collector, FIRST_ANSWER_MS);
    plain.view = collector_view(plain.collector);
    print_owned(facts_status_text(plain.view, false));
    fflush(stdout);
    if (plain.prompts || options->monitor)
        follow(&plain);
    group_view_release(plain.view);
    notices_free(plain.notices);
    collector_stop(plain.collector);
    return 0;
}
