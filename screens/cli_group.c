/* What commands share once the command line is read: configuration, a read of the group, a plan
 * request, passwords. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "core/assume.h"
#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/collector.h"
#include "core/runbook.h"
#include "core/tds.h"
#include "screens/cli.h"

static void print_problems(const char *path, const struct config_problems *problems)
{
    for (size_t i = 0; i < problems->items_count; i++) {
        char text[512];
        text_clean(text, sizeof text, problems->items[i].text);
        if (problems->items[i].line > 0)
            fprintf(stderr, "%s:%d: %s\n", path, problems->items[i].line, text);
        else
            fprintf(stderr, "%s: %s\n", path, text);
    }
}

/* The runbook is read in the middle of a disaster: whether it can be is found out at the start. */
static struct config *with_runbook(struct config *config, int *status)
{
    struct config_problems problems = {0};
    char *path = NULL;
    struct runbook *runbook = runbook_load(config, &problems, &path);
    print_problems(path, &problems);
    if (runbook == NULL) {
        fprintf(stderr, "stopmark: %zu error%s in the runbook; nothing was started\n",
                problems.items_count, problems.items_count == 1 ? "" : "s");
        *status = error_exit_status(ERR_CONFIG);
        config_free(config);
        config = NULL;
    }
    runbook_free(runbook);
    config_problems_free(&problems);
    free(path);
    return config;
}

struct config *cli_load_config(const struct cli *cli, int *status)
{
    *status = error_exit_status(ERR_CONFIG);
    char *path = config_find(cli_value(cli, OPTION_CONFIG));
    if (path == NULL) {
        fprintf(stderr, "stopmark: no configuration: give -c FILE, set STOPMARK_CONFIG, or write "
                        "/etc/stopmark/stopmark.ini (stopmark.ini(5)); `stopmark demo` needs none\n");
        return NULL;
    }
    struct config_problems problems = {0};
    struct config *config = config_load(path, &problems);
    if (config == NULL)
        print_problems(path, &problems);
    if (config == NULL)
        fprintf(stderr, "stopmark: %zu error%s in the configuration; nothing was started\n",
                problems.items_count, problems.items_count == 1 ? "" : "s");
    else
        *status = 0;
    config_problems_free(&problems);
    free(path);
    return config == NULL ? NULL : with_runbook(config, status);
}

static bool anything_known(const struct group_view *view)
{
    for (size_t i = 0; i < view->servers_count; i++)
        if (view->servers[i]->reachable)
            return true;
    return false;
}

static void tell_errors(const struct group_view *view)
{
    for (size_t i = 0; i < view->servers_count; i++) {
        char line[3072];
        error_format(&view->servers[i]->error, line, sizeof line);
        fprintf(stderr, "stopmark: %s: %s\n", view->servers[i]->name, line);
    }
}

struct group_view *cli_read_group(const struct config *config, int *status)
{
    enum { PROOFS_MS = 3000 };
    struct error error = {0};
    struct collector *collector = collector_start(config, clock_system(), &error);
    if (collector == NULL) {
        *status = cli_fail(&error);
        return NULL;
    }
    collector_wait_first(collector, config->connect_timeout_ms + config->query_timeout_ms);
    collector_wait_proofs(collector, PROOFS_MS);
    struct group_view *view = collector_view(collector);
    collector_stop(collector);
    if (!anything_known(view)) {
        tell_errors(view);
        fprintf(stderr, "stopmark: no server answered\n");
        group_view_release(view);
        *status = error_exit_status(ERR_UNREACHABLE);
        return NULL;
    }
    *status = 0;
    return view;
}

static bool read_target(const struct cli *cli, const struct config *config,
                        struct plan_request *request, int *status)
{
    const char *target = cli_value(cli, OPTION_TARGET);
    const char *mark = cli_value(cli, OPTION_MARK);
    if (target != NULL && mark != NULL) {
        *status = cli_usage_error(cli, "--target and --mark exclude each other");
        return false;
    }
    request->by = config->target;
    if (mark != NULL) {
        request->by = TARGET_CHOSEN;
        request->mark = mark;
    } else if (target != NULL &&
               (!target_by_from_name(&request->by, target) || request->by == TARGET_CHOSEN)) {
        *status = cli_usage_error(cli, "--target is newest or rule");
        return false;
    }
    request->stop = cli_has(cli, OPTION_BEFORE) ? STOP_BEFORE : STOP_AT;
    return true;
}

bool cli_plan_request(const struct cli *cli, const struct config *config,
                      struct plan_request *request, int *status)
{
    *request = (struct plan_request){
        .method = METHOD_DIRECT,
        .assume = cli->values[OPTION_ASSUME].items,
        .assume_count = cli->values[OPTION_ASSUME].items_count,
        .leave_out = cli->values[OPTION_LEAVE_OUT].items,
        .leave_out_reasons = cli->reasons.items,
        .leave_out_count = cli->values[OPTION_LEAVE_OUT].items_count,
        .replace = cli->values[OPTION_REPLACE].items,
        .replace_count = cli->values[OPTION_REPLACE].items_count,
    };
    if (!read_target(cli, config, request, status))
        return false;
    struct error error = {0};
    for (size_t i = 0; i < request->assume_count; i++)
        if (!assume_is_known(request->assume[i], &error)) {
            *status = cli_usage_error(cli, "%s", error.what);
            return false;
        }
    const char *method = cli_value(cli, OPTION_METHOD);
    if (method != NULL && !method_from_name(&request->method, method)) {
        *status = cli_usage_error(cli, "--method is direct or jobs");
        return false;
    }
    const char *situation = cli_value(cli, OPTION_SITUATION);
    if (situation != NULL && !situation_from_name(&request->situation, situation)) {
        *status = cli_usage_error(
            cli, "--situation is source-lost, planned-move, rehearsal or migration");
        return false;
    }
    request->situation_known = situation != NULL;
    return true;
}

void cli_read_added(const struct cli *cli, const struct config *config,
                    const struct group_view *view, const struct secrets *restore,
                    struct added_files *files, struct plan_request *request)
{
    const struct cli_values *paths = &cli->values[OPTION_ADD_FILE];
    struct error error = {0};
    if (paths->items_count == 0)
        return;
    if (tds_prepare(config, &error) != ERR_OK) {
        cli_fail(&error);
        return;
    }
    int missing = -1;
    struct secrets *monitor = secrets_fetch(config, SECRET_MONITOR, &missing, NULL);
    struct secrets *own = restore != NULL ? NULL
                                          : secrets_fetch(config, SECRET_RESTORE, &missing, NULL);
    added_read(config, view, paths->items, paths->items_count, monitor,
               restore != NULL ? restore : own, files);
    request->added = files->items;
    request->added_count = files->items_count;
    secrets_free(monitor);
    secrets_free(own);
    tds_finish();
}

/* Asks on the terminal without echo. NULL where there is no terminal. Owned; wiped by the caller. */
static char *prompt_password(const char *user, const char *server)
{
    FILE *terminal = fopen("/dev/tty", "r+");
    struct termios before, quiet;
    if (terminal == NULL || tcgetattr(fileno(terminal), &before) != 0) {
        if (terminal != NULL)
            fclose(terminal);
        return NULL;
    }
    quiet = before;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    fprintf(terminal, "Password of %s on %s: ", user, server);
    fflush(terminal);
    tcsetattr(fileno(terminal), TCSAFLUSH, &quiet);
    char line[260];
    char *got = fgets(line, sizeof line, terminal);
    tcsetattr(fileno(terminal), TCSAFLUSH, &before);
    fputc('\n', terminal);
    fclose(terminal);
    if (got == NULL)
        return NULL;
    line[strcspn(line, "\r\n")] = '\0';
    char *password = memory_copy_text(line);
    explicit_bzero(line, sizeof line);
    return password;
}

struct secrets *cli_restore_secrets(const struct config *config, bool sources, int *status)
{
    struct error error = {0};
    int missing = -1;
    struct secrets *secrets = 
        secrets_fetch(config, sources ? SECRET_MOVE : SECRET_RESTORE, &missing, &error);
    if (secrets == NULL) {
        *status = cli_fail(&error);
        return NULL;
    }
    for (size_t i = 0; missing >= 0 && i < config->servers_count; i++) {
        const struct config_server *server = &config->servers[i];
        if ((server->role != ROLE_DESTINATION && !sources) || server->restore.auth != AUTH_SQL ||
            secrets_get(secrets, i) != NULL)
            continue;
        char *password = server->restore.user ? prompt_password(server->restore.user, server->name) : NULL;
        if (password == NULL) {
            error_set(&error, ERR_NO_PASSWORD, server->name,
                      "set restore_user and restore_password_file or restore_password_command, or "
                      "run it on a terminal",
                      "there is no way to get the restore login's password");
            secrets_free(secrets);
            *status = cli_fail(&error);
            return NULL;
        }
        secrets_set(secrets, i, password);
        explicit_bzero(password, strlen(password));
        free(password);
    }
    return secrets;
}

bool cli_run_argument(const struct cli *cli, long long *run, int *status)
{
    const char *text = cli->arguments.items[0];
    char *end;
    errno = 0;
    *run = strtoll(text, &end, 10);
    if (errno == 0 && end != text && *end == '\0' && *run > 0)
        return true;
    *status = cli_usage_error(cli, "RUN is a run's number; `stopmark runs` lists them");
    return false;
}
