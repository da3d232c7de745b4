/* stopmark runs, attach, resume, abort, report: restore runs from the outside. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/aftermath.h"
#include "core/base/clock.h"
#include "core/base/str.h"
#include "core/json.h"
#include "core/scan.h"
#include "core/situation.h"
#include "screens/cli.h"
#include "screens/watch.h"

static json_t *runs_json(const struct run_summary *runs, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++) {
        const struct run_summary *run = &runs[i];
        json_array_append_new(
            array, json_pack("{s:I,s:s,s:s,s:b,s:s,s:o,s:s,s:s,s:o,s:o,s:o,s:o}", "run",
                             (json_int_t)run->run, "uuid", run->uuid, "state",
                             run_state_name(run->state), "alive", run->alive, "situation",
                             situation_name(run->situation), "mark", json_from_text(run->mark),
                             "stop", stop_kind_name(run->stop), "method", method_name(run->method),
                             "by", json_from_text(run->by), "host", json_from_text(run->host),
                             "started", json_from_time(run->started_utc_ms), "ended",
                             json_from_time(run->ended_utc_ms)));
    }
    return json_pack("{s:i,s:o}", "schema", 1, "runs", array);
}

static char *runs_text(const struct run_summary *runs, size_t count)
{
    struct str out = {0};
    str_format(&out, "%5s  %-11s %-23s  %-32s %-12s %s", "run", "state", "started", "mark", "by",
               "host");
    for (size_t i = 0; i < count; i++) {
        char started[40];
        time_format(started, sizeof started, runs[i].started_utc_ms);
        bool dead = !runs[i].alive && !run_state_is_final(runs[i].state);
        str_format(&out, "\n%5lld  %-11s %-23s  %-32s %-12s %s%s", (long long)runs[i].run,
                   run_state_name(runs[i].state), started, runs[i].mark, runs[i].by, runs[i].host,
                   dead ? "  worker is gone: resume it" : "");
    }
    return str_take(&out);
}

int cmd_runs(const struct cli *cli)
{
    int status;
    size_t count;
    struct error error = {0};
    struct config *config = cli_load_config(cli, &status);
    if (config == NULL)
        return status;
    struct run_summary *runs = run_list(config, &count, &error);
    if (runs == NULL && error.code != ERR_OK)
        status = cli_fail(&error);
    else
        status = cli_print(cli_has(cli, OPTION_JSON) ? json_take_text(runs_json(runs, count))
                                                     : runs_text(runs, count));
    free(runs);
    config_free(config);
    return status;
}

/* Configuration and run number of a command that names a run. */
static struct config *open_run(const struct cli *cli, long long *run, int *status)
{
    return cli_run_argument(cli, run, status) ? cli_load_config(cli, status) : NULL;
}

int cmd_attach(const struct cli *cli)
{
    int status;
    long long run;
    struct config *config = open_run(cli, &run, &status);
    if (config != NULL)
        status = watch_run(config, run);
    config_free(config);
    return status;
}

int cmd_resume(const struct cli *cli)
{
    int status;
    long long run;
    struct error error = {0};
    struct config *config = open_run(cli, &run, &status);
    struct run_summary summary;
    struct secrets *secrets = NULL;
    if (config != NULL && run_find(config, run, &summary, &error) != ERR_OK)
        status = cli_fail(&error);
    else if (config != NULL)
        secrets = cli_restore_secrets(
            config, situation_traits(summary.situation)->needs_living_sources, &status);
    if (secrets != NULL) {
        if (run_resume(config, run, secrets, &error) != ERR_OK)
            status = cli_fail(&error);
        else
            status = cli_has(cli, OPTION_DETACH) ? 0 : watch_run(config, run);
    }
    secrets_free(secrets);
    config_free(config);
    return status;
}

/* No worker lives: one is started that does nothing but end the run. */
static int abort_dead(const struct config *config, long long run)
{
    int status;
    struct run_summary summary;
    struct error error = {0};
    if (run_find(config, run, &summary, &error) != ERR_OK)
        return cli_fail(&error);
    struct secrets *secrets = cli_restore_secrets(
        config, situation_traits(summary.situation)->needs_living_sources, &status);
    if (secrets == NULL)
        return status;
    if (run_abort_dead(config, run, secrets, &error) != ERR_OK)
        status = cli_fail(&error);
    else
        status = printf("run %lld: aborted\n", run) < 0;
    secrets_free(secrets);
    return status;
}

enum { ABORT_ANSWER_MS = 30000 };

/* True where the run's worker is gone although its socket took a connection a moment ago. */
static bool has_died(const struct config *config, long long run)
{
    struct run_summary summary;
    return run_find(config, run, &summary, NULL) == ERR_OK && !summary.alive &&
           !run_state_is_final(summary.state);
}

/* Sends the command once the worker's first snapshot says that it may be, and waits for the end;
 * finishing a running statement may take long, and Ctrl-C does not take the command back. */
static int abort_through(const struct config *config, struct run_client *client, long long run,
                         bool now)
{
    struct error error;
    bool closed = false, sent = false;
    enum run_state state = RUN_PLANNED;
    while (!closed && state != RUN_ABORTED) {
        struct pollfd fd = {.fd = run_client_fd(client), .events = POLLIN};
        int ready = poll(&fd, 1, sent ? -1 : ABORT_ANSWER_MS);
        if (ready == 0 || (ready < 0 && errno != EINTR))
            break;
        struct run_snapshot *snapshot = run_client_read(client, &closed);
        if (snapshot == NULL)
            continue;
        state = snapshot->summary.state;
        bool may = snapshot->can_abort;
        run_snapshot_free(snapshot);
        if (!sent && !may && state != RUN_ABORTED) {
            error_set(&error, ERR_REFUSED, "", "`stopmark attach` shows it",
                      "run %lld is %s and cannot be aborted any more", run, run_state_name(state));
            return cli_fail(&error);
        }
        if (!sent && state != RUN_ABORTED)
            sent = run_client_send(client, now ? RUN_COMMAND_ABORT_NOW : RUN_COMMAND_ABORT);
    }
    if (state == RUN_ABORTED) {
        printf("run %lld: aborted\n", run);
        return 0;
    }
    if (has_died(config, run))
        return abort_dead(config, run);
    error_set(&error, ERR_FAILED, "", "`stopmark runs` shows its state",
              "run %lld did not answer the abort", run);
    return cli_fail(&error);
}

int cmd_abort(const struct cli *cli)
{
    int status;
    long long run;
    struct error error = {0};
    struct config *config = open_run(cli, &run, &status);
    if (config == NULL)
        return status;
    struct run_client *client = run_attach(config, run, &error);
    if (client == NULL)
        status = abort_dead(config, run);
    else
        status = abort_through(config, client, run, cli_has(cli, OPTION_NOW));
    if (client != NULL)
        run_client_close(client);
    config_free(config);
    return status;
}

/* Looks at every server and keeps what was found beside the run's journal. */
static int scan_servers(const struct config *config, long long run)
{
    int status;
    struct error error;
    struct run_summary summary;
    if (run_find(config, run, &summary, &error) != ERR_OK)
        return cli_fail(&error);
    struct group_view *view = cli_read_group(config, &status);
    if (view == NULL)
        return status;
    if (!scan_applies(view)) {
        error_set(&error, ERR_REFUSED, "", "the scan looks at what a fail-over left behind",
                  "the group's databases are not online at the destinations");
        status = cli_fail(&error);
    } else {
        struct scan *scan = scan_make(view);
        if (aftermath_keep_scan(config, run, scan, &error) != ERR_OK)
            status = cli_fail(&error);
        scan_free(scan);
    }
    group_view_release(view);
    return status;
}

int cmd_report(const struct cli *cli)
{
    int status;
    long long run;
    struct error error = {0};
    struct config *config = open_run(cli, &run, &status);
    if (config == NULL)
        return status;
    struct report *report = NULL;
    if (cli_has(cli, OPTION_SCAN) && (status = scan_servers(config, run)) != 0) {
        config_free(config);
        return status;
    }
    report = report_load(config, run, &error);
    if (report == NULL)
        status = cli_fail(&error);
    else
        status = cli_print(cli_has(cli, OPTION_JSON) ? report_to_json(report)
                                                     : report_to_markdown(report));
    report_free(report);
    config_free(config);
    return status;
}
