/* stopmark config check | show. */
#include <stdio.h>
#include <string.h>

#include "screens/cli.h"

int cmd_config(const struct cli *cli)
{
    int status;
    bool show = strcmp(cli->arguments.items[0], "show") == 0;
    if (!show && strcmp(cli->arguments.items[0], "check") != 0)
        return cli_usage_error(cli, "config knows 'check' and 'show'");
    struct config *config = cli_load_config(cli, &status);
    if (config != NULL && show)
        status = cli_print(config_show(config));
    else if (config != NULL)
        printf("%s: %zu servers, no errors\n", config->path, config->servers_count);
    config_free(config);
    return status;
}
