/* stopmark grants: T-SQL for an administrator to read and run; nothing is sent. */
#include <stdio.h>
#include <stdlib.h>

#include "core/tsql_grants.h"
#include "screens/cli.h"

/* The script for one server; 0, or the exit status after a message. */
static int print_server(const struct cli *cli, const struct config *config, size_t index)
{
    const struct config_server *server = &config->servers[index];
    struct tsql_grants grants = {
        .server = server->name,
        .role = server->role,
        .login = cli_value(cli, OPTION_LOGIN),
        .management_database = config->management_database,
        .proof = cli_has(cli, OPTION_PROOF),
        .restore = cli_has(cli, OPTION_GRANT_RESTORE),
    };
    char *script = tsql_grants_script(&grants);
    if (script == NULL)
        return cli_usage_error(cli, "this is no login's name");
    return cli_print(script);
}

int cmd_grants(const struct cli *cli)
{
    int status = 0;
    if (cli_value(cli, OPTION_LOGIN) == NULL)
        return cli_usage_error(cli, "--login is missing");
    struct config *config = cli_load_config(cli, &status);
    if (config == NULL)
        return status;
    for (size_t i = 0; i < config->servers_count && status == 0; i++)
        status = print_server(cli, config, i);
    config_free(config);
    return status;
}
