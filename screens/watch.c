#include "screens/watch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/run.h"
#include "screens/cli.h"

static volatile sig_atomic_t asked_to_leave;

static void leave(int signal_number)
{
    (void)signal_number;
    asked_to_leave = 1;
}

/* Without SA_RESTART: the poll must return. */
static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = leave};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

enum { PROGRESS_MS = 5000 };

struct watch {
    int64_t told_ms; /* when progress was told last, monotonic */
    char *last_message; /* owned; the newest one told */
    char phase[256];
    enum run_state state;
};

/* Tells the messages that came since the last snapshot. */
static void tell_messages(struct watch *watch, const struct run_snapshot *snapshot)
{
    size_t from = 0;
    for (size_t i = 0; watch->last_message != NULL && i < snapshot->messages_count; i++)
        if (strcmp(snapshot->messages[i], watch->last_message) == 0)
            from = i + 1;
    for (size_t i = from; i < snapshot->messages_count; i++)
        cli_say(snapshot->messages[i]);
    if (snapshot->messages_count > 0) {
        free(watch->last_message);
        watch->last_message = memory_copy_text(snapshot->messages[snapshot->messages_count - 1]);
    }
}

struct progress {
    double percent;
    int64_t bytes_per_s, left_ms, reached_utc_ms;
};

/* All databases together: the slowest decides when it is over, the oldest how far the group is. */
static struct progress sum_up(const struct run_snapshot *snapshot)
{
    struct progress sum = {.left_ms = DURATION_UNKNOWN, .reached_utc_ms = TIME_UNKNOWN};
    bool all_known = true;
    for (size_t i = 0; i < snapshot->databases_count; i++) {
        const struct run_database *d = &snapshot->databases[i];
        sum.percent += d->percent / (double)snapshot->databases_count;
        all_known = all_known && d->reached_utc_ms != TIME_UNKNOWN;
        if (sum.reached_utc_ms == TIME_UNKNOWN || d->reached_utc_ms < sum.reached_utc_ms)
            sum.reached_utc_ms = d->reached_utc_ms;
        if (d->state != LANE_RESTORING)
            continue;
        sum.bytes_per_s += d->bytes_per_s;
        if (d->left_ms > sum.left_ms)
            sum.left_ms = d->left_ms;
    }
    if (!all_known)
        sum.reached_utc_ms = TIME_UNKNOWN;
    return sum;
}

static void tell_progress(struct watch *watch, const struct run_snapshot *snapshot)
{
    int64_t now_ms = clock_monotonic_ms(clock_system());
    if (snapshot->summary.state != RUN_RESTORING || now_ms - watch->told_ms < PROGRESS_MS)
        return;
    watch->told_ms = now_ms;
    struct progress sum = sum_up(snapshot);
    char line[320], left[40] = "", reached[40] = "";
    if (sum.left_ms != DURATION_UNKNOWN)
        duration_format(left, sizeof left, sum.left_ms);
    if (sum.reached_utc_ms != TIME_UNKNOWN)
        time_format_of_day(reached, sizeof reached, sum.reached_utc_ms);
    snprintf(line, sizeof line, "restoring: %.0f %%, %d of %zu at the mark, %.1f MB/s%s%s%s%s",
             sum.percent, snapshot->at_mark, snapshot->databases_count,
             (double)sum.bytes_per_s / 1e6, left[0] ? ", left " : "", left,
             reached[0] ? ", all have reached " : "", reached);
    cli_say(line);
}

static void tell(struct watch *watch, const struct run_snapshot *snapshot)
{
    tell_messages(watch, snapshot);
    if (strcmp(watch->phase, snapshot->phase_text) != 0) {
        text_copy(watch->phase, sizeof watch->phase, snapshot->phase_text);
        char line[320];
        snprintf(line, sizeof line, "%s: %s", run_state_name(snapshot->summary.state), watch->phase);
        cli_say(line);
    }
    tell_progress(watch, snapshot);
    watch->state = snapshot->summary.state;
}

/* Reads snapshots until the run is over, its worker is gone or the operator leaves. */
static void follow(struct watch *watch, struct run_client *client)
{
    bool closed = false;
    while (!closed && !asked_to_leave && !run_state_is_final(watch->state)) {
        struct pollfd fd = {.fd = run_client_fd(client), .events = POLLIN};
        if (poll(&fd, 1, -1) < 0 && errno != EINTR)
            break;
        struct run_snapshot *snapshot;
        while (!closed && (snapshot = run_client_read(client, &closed)) != NULL) {
            tell(watch, snapshot);
            run_snapshot_free(snapshot);
        }
    }
}

int watch_verdict(const struct config *config, int64_t run)
{
    struct error error = {0};
    struct report *report = report_load(config, run, &error);
    if (report == NULL)
        return cli_fail(&error);
    const struct run_summary *summary = &report->summary;
    bool proven = report->verdict == VERDICT_OK &&
                  (summary->state == RUN_AFTER || summary->state == RUN_DONE);
    printf("run %lld: %s: %s\n", (long long)run, run_state_name(summary->state),
           report->verdict_text ? report->verdict_text : "");
    if (summary->reason[0] != '\0')
        cli_say(summary->reason);
    if (!proven)
        fprintf(stderr, "stopmark: `stopmark report %lld` tells what was done%s%lld%s\n",
                (long long)run, summary->state == RUN_ABORTED ? "; run " : "; `stopmark resume ",
                (long long)run, summary->state == RUN_ABORTED ? " was aborted" : "` goes on with it");
    report_free(report);
    return proven ? 0 : 1;
}

int watch_run(const struct config *config, int64_t run)
{
    struct error error = {0};
    catch_signals();
    struct run_client *client = run_attach(config, run, &error);
    if (client == NULL) {
        struct run_summary summary;
        struct error none = {0};
        if (run_find(config, run, &summary, &none) == ERR_OK && run_state_is_final(summary.state))
            return watch_verdict(config, run);
        return cli_fail(&error);
    }
    struct watch watch = {.state = RUN_PLANNED, .told_ms = clock_monotonic_ms(clock_system())};
    follow(&watch, client);
    run_client_close(client);
    free(watch.last_message);
    if (asked_to_leave && !run_state_is_final(watch.state)) {
        fprintf(stderr, "stopmark: detached; the run goes on without you: stopmark attach %lld\n",
                (long long)run);
        return 1;
    }
    return watch_verdict(config, run);
}
