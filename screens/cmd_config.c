/* stopmark config check. */
#include <stdio.h>
#include <string.h>

#include "screens/cli.h"

int cmd_config(const struct cli *cli)
{
    int status;
    if (strcmp(cli->arguments.items[0], "check") != 0)
        return cli_usage_error(cli, "config knows 'check'");
    struct config *config = cli_load_config(cli, &status);
    if (config != NULL)
        printf("%s: %zu servers, no errors\n", config->path, config->servers_count);
    config_free(config);
    return status;
}
