/* stopmark plan: what a restore would do, statement by statement, and what it would cost. */
#include <stdlib.h>

#include "screens/cli.h"
#include "screens/facts.h"

int cmd_plan(const struct cli *cli)
{
    int status;
    struct plan_request request;
    struct config *config = cli_load_config(cli, &status);
    struct group_view *view = NULL;
    if (config != NULL && cli_plan_request(cli, config, &request, &status))
        view = cli_read_group(config, &status);
    if (view != NULL) {
        struct added_files files = {0};
        cli_read_added(cli, config, view, NULL, &files, &request);
        struct plan *plan = plan_make(view, &request);
        status = cli_print(cli_has(cli, OPTION_JSON) ? plan_to_json(plan) : facts_plan_text(plan));
        if (status == 0 && !plan->possible)
            status = error_exit_status(ERR_NOT_REACHABLE_MARK);
        plan_free(plan);
        added_free(&files);
    }
    group_view_release(view);
    config_free(config);
    return status;
}
