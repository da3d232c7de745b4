/* stopmark and stopmark demo: into the console. */
#include <errno.h>
#include <stdlib.h>

#include "screens/cli.h"
#include "screens/console.h"
#include "screens/demo.h"
#include "screens/demo_views.h"

static struct console_options console_options(const struct cli *cli)
{
    return (struct console_options){.monitor = cli_has(cli, OPTION_MONITOR),
                                    .plain = cli_has(cli, OPTION_PLAIN),
                                    .ascii = cli_has(cli, OPTION_ASCII),
                                    .theme = cli_value(cli, OPTION_THEME)};
}

int cmd_console(const struct cli *cli)
{
    int status;
    struct console_options options = console_options(cli);
    struct config *config = cli_load_config(cli, &status);
    if (config != NULL)
        status = console_run(config, &options);
    config_free(config);
    return status;
}

/* The speed of the demo's lab: a quarter of an hour between two backup sets becomes a minute and a
 * half, so that a newcomer sees sets being taken, shipped and applied. */
enum { DEMO_SPEED = 10 };

static bool read_speed(const struct cli *cli, double *speed)
{
    const char *text = cli_value(cli, OPTION_SPEED);
    *speed = DEMO_SPEED;
    if (text == NULL)
        return true;
    char *end;
    errno = 0;
    *speed = strtod(text, &end);
    return errno == 0 && end != text && *end == '\0' && *speed >= 0 && *speed <= 1000;
}

/* The lab built from the estate's last good views; NULL with *status. Owned. */
static char *scenario_from_views(const struct cli *cli, int *status)
{
    struct error error = {0};
    struct config *config = cli_load_config(cli, status);
    struct group_view *view = config == NULL ? NULL : demo_views_load(config, &error);
    char *text = view == NULL ? NULL : demo_views_scenario(view);
    if (config != NULL && text == NULL)
        *status = cli_fail(&error);
    group_view_release(view);
    config_free(config);
    return text;
}

int cmd_demo(const struct cli *cli)
{
    double speed;
    if (cli_has(cli, OPTION_FROM_VIEWS) && cli_has(cli, OPTION_SCENARIO))
        return cli_usage_error(cli, "--from-views and --scenario exclude each other");
    if (!read_speed(cli, &speed))
        return cli_usage_error(cli, "--speed takes a number from 0 to 1000");
    struct error error = {0};
    const char *scenario = cli_value(cli, OPTION_SCENARIO);
    int status = 0;
    char *text = cli_has(cli, OPTION_FROM_VIEWS) ? scenario_from_views(cli, &status) : NULL;
    if (cli_has(cli, OPTION_FROM_VIEWS) && text == NULL)
        return status;
    struct demo *demo = demo_start(scenario ? scenario : "contoso", text, speed, &error);
    free(text);
    if (demo == NULL)
        return cli_fail(&error);
    struct console_options options = console_options(cli);
    options.demo = demo;
    struct cli with_config = *cli;
    const char *path = demo_configuration(demo);
    with_config.values[OPTION_CONFIG] = (struct cli_values){.items = &path, .items_count = 1};
    struct config *config = cli_load_config(&with_config, &status);
    if (config != NULL)
        status = console_run(config, &options);
    config_free(config);
    demo_stop(demo);
    return status;
}
