/* stopmark script: the plan as T-SQL files for people to run; nothing is sent. */
#include <stdio.h>

#include "core/script.h"
#include "screens/cli.h"

/* The scripts cannot see the sources: whoever makes them is told what stopmark sees. */
static void warn_of_sources(const struct group_view *view)
{
    for (size_t i = 0; i < view->servers_count; i++)
        if (view->servers[i]->role == ROLE_SOURCE && !view->down[i])
            fprintf(stderr,
                    "stopmark: the source %s answers; switch it off before a second script is run, "
                    "or two groups will be live\n",
                    view->servers[i]->name);
}

/* Tells the files, or with --json the plan that they carry out. */
static int write_scripts(const struct cli *cli, const struct plan *plan,
                         const struct group_view *view)
{
    const char *directory = cli_value(cli, OPTION_OUTPUT);
    struct error error = {0};
    struct script *script = script_make(plan, view, &error);
    enum error_code code = script == NULL ? error.code : script_write(script, directory, &error);
    bool json = cli_has(cli, OPTION_JSON);
    for (size_t i = 0; code == ERR_OK && !json && i < script->files_count; i++)
        printf("%s/%s\n", directory, script->files[i].name);
    if (code == ERR_OK)
        warn_of_sources(view);
    script_free(script);
    if (code != ERR_OK)
        return cli_fail(&error);
    return json ? cli_print(plan_to_json(plan)) : 0;
}

int cmd_script(const struct cli *cli)
{
    int status;
    struct plan_request request;
    if (cli_value(cli, OPTION_OUTPUT) == NULL)
        return cli_usage_error(cli, "--output is missing");
    struct config *config = cli_load_config(cli, &status);
    struct group_view *view = NULL;
    bool usable = config != NULL && cli_plan_request(cli, config, &request, &status);
    if (usable && request.method != METHOD_DIRECT) {
        status = cli_usage_error(cli, "people with scripts restore directly, without BizTalk's jobs");
        usable = false;
    }
    if (usable)
        view = cli_read_group(config, &status);
    if (view != NULL) {
        request.method = METHOD_SCRIPT;
        struct added_files files = {0};
        cli_read_added(cli, config, view, NULL, &files, &request);
        struct plan *plan = plan_make(view, &request);
        for (size_t i = 0; i < plan->reasons_count; i++)
            cli_say(plan->reasons[i]);
        status = write_scripts(cli, plan, view);
        plan_free(plan);
        added_free(&files);
    }
    group_view_release(view);
    config_free(config);
    return status;
}
