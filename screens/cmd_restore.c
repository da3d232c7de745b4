/* stopmark restore: the wizard's run without the screen. */
#include <stdio.h>
#include <string.h>

#include "core/method.h"
#include "core/situation.h"
#include "screens/cli.h"
#include "screens/watch.h"

/* What must stand on the command line before any server is asked. -1 = go on. */
static int check_words(const struct cli *cli, const struct config *config)
{
    bool target = cli_has(cli, OPTION_TARGET) || cli_has(cli, OPTION_MARK);
    if (target == cli_has(cli, OPTION_PLAN))
        return cli_usage_error(cli, "exactly one of --target, --mark and --plan is needed");
    if (!cli_has(cli, OPTION_SITUATION))
        return cli_usage_error(cli, "--situation is needed");
    const char *confirmed = cli_value(cli, OPTION_CONFIRM);
    if (confirmed != NULL && strcmp(confirmed, config->group_name) == 0)
        return -1;
    struct error error;
    error_set(&error, ERR_NOT_CONFIRMED, config->group_name,
              "type the group's name behind --confirm, to the letter",
              confirmed ? "the confirmation is not the group's name" : "--confirm is missing");
    return cli_fail(&error);
}

/* The possible plan of the request's method with that hash, over both targets and every mark; NULL =
 * none. */
static struct plan *find_plan(const struct group_view *view, struct plan_request *request,
                              const char *hash)
{
    static const enum target_by named[] = {TARGET_NEWEST, TARGET_RULE};
    for (size_t i = 0; i < sizeof named / sizeof *named + view->marks_count; i++) {
        bool chosen = i >= sizeof named / sizeof *named;
        request->by = chosen ? TARGET_CHOSEN : named[i];
        request->mark = chosen ? view->marks[view->marks_count + 1 - i].name : NULL;
        struct plan *plan = plan_make(view, request);
        if (plan->possible && strcmp(plan->hash, hash) == 0)
            return plan;
        plan_free(plan);
    }
    return NULL;
}

/* The same over the methods that a run can have, where none was named. */
static struct plan *find_named_plan(const struct cli *cli, const struct group_view *view,
                                    struct plan_request *request, const char *hash)
{
    struct plan *plan = find_plan(view, request, hash);
    if (plan != NULL || cli_has(cli, OPTION_METHOD))
        return plan;
    request->method = METHOD_JOBS;
    request->stop = STOP_AT; /* all that it has */
    return find_plan(view, request, hash);
}

static struct plan *make_plan(const struct cli *cli, const struct group_view *view,
                              struct plan_request *request, int *status)
{
    struct error error;
    const char *hash = cli_value(cli, OPTION_PLAN);
    struct plan *plan =
        hash ? find_named_plan(cli, view, request, hash) : plan_make(view, request);
    if (plan != NULL && plan->possible)
        return plan;
    for (size_t i = 0; plan != NULL && i < plan->reasons_count; i++)
        cli_say(plan->reasons[i]);
    error_set(&error, ERR_NOT_REACHABLE_MARK, view->config->group_name,
              plan ? "`stopmark marks` shows what can be reached"
                   : "give the options that it was made with (--replace, --add-file, --leave-out), or "
                     "make a new one with stopmark plan",
              plan ? "there is no possible plan" : "no possible plan has this hash now");
    *status = cli_fail(&error);
    plan_free(plan);
    return NULL;
}

/* A full restore although a roll forward would do is confirmed by naming the plan's hash. */
static bool confirm_price(const struct cli *cli, const struct plan *plan, int *status)
{
    if (!plan->asks_for_word || cli_has(cli, OPTION_PLAN))
        return true;
    struct error error;
    char hint[256];
    snprintf(hint, sizeof hint, "to do it nevertheless: restore --plan %s", plan->hash);
    error_set(&error, ERR_NOT_CONFIRMED, plan->group, hint,
              "mark %s needs full restores although a newer mark can be reached by rolling forward",
              plan->mark);
    *status = cli_fail(&error);
    return false;
}

/* secrets is taken; NULL = not asked for yet. */
static int start(const struct cli *cli, const struct config *config, const struct plan *plan,
                 enum situation situation, struct secrets *secrets)
{
    int status;
    if (secrets == NULL)
        secrets = cli_restore_secrets(
            config, situation_traits(situation)->needs_living_sources, &status);
    if (secrets == NULL)
        return status;
    struct run_options options = {.situation = situation,
                                  .confirmed_group = cli_value(cli, OPTION_CONFIRM),
                                  .replace = cli->values[OPTION_REPLACE].items,
                                  .replace_count = cli->values[OPTION_REPLACE].items_count};
    struct error error = {0};
    int64_t run = 0;
    enum error_code code = run_start(config, plan, &options, secrets, &run, &error);
    secrets_free(secrets);
    if (code != ERR_OK)
        return cli_fail(&error);
    bool makes = situation_traits(situation)->makes_mark;
    fprintf(stderr, "stopmark: run %lld to %s%s has begun\n", (long long)run,
            makes ? "the mark that it makes" : "mark ", makes ? "" : plan->mark);
    if (!plan->gate)
        fprintf(stderr, "stopmark: the method %s: %s\n", method_name(plan->method),
                method_traits(plan->method)->cannot);
    return cli_has(cli, OPTION_DETACH) ? 0 : watch_run(config, run);
}

int cmd_restore(const struct cli *cli)
{
    int status;
    struct plan_request request;
    struct config *config = cli_load_config(cli, &status);
    if (config == NULL)
        return status;
    status = check_words(cli, config);
    struct group_view *view = NULL;
    struct plan *plan = NULL;
    if (status < 0 && cli_plan_request(cli, config, &request, &status))
        view = cli_read_group(config, &status);
    struct secrets *secrets = NULL;
    struct added_files files = {0};
    if (view != NULL && cli_has(cli, OPTION_ADD_FILE)) {
        secrets = cli_restore_secrets(
            config, situation_traits(request.situation)->needs_living_sources, &status);
        cli_read_added(cli, config, view, secrets, &files, &request);
    }
    if (view != NULL && (secrets != NULL || !cli_has(cli, OPTION_ADD_FILE)))
        plan = make_plan(cli, view, &request, &status);
    if (plan != NULL && confirm_price(cli, plan, &status)) {
        status = start(cli, config, plan, request.situation, secrets);
        secrets = NULL;
    }
    secrets_free(secrets);
    added_free(&files);
    plan_free(plan);
    group_view_release(view);
    config_free(config);
    return status;
}
