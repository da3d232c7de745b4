/* The command line: commands and options from two tables (commands.def, options.def), parsed as a
 * whole before anything runs. Every command is a function int cmd_NAME(const struct cli *) in a
 * file of its own; it returns the process's exit status, writes data to stdout and everything else
 * to stderr. Main thread only.
 */
#ifndef STOPMARK_SCREENS_CLI_H
#define STOPMARK_SCREENS_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/added.h"
#include "core/base/error.h"
#include "core/config.h"
#include "core/plan.h"
#include "core/run.h"
#include "core/secret.h"
#include "core/view.h"

enum cli_option {
#define OPTION(id, name, letter, argument, help) OPTION_##id,
#include "screens/options.def"
#undef OPTION
    OPTION_COUNT_OF
};

struct cli;

struct cli_command {
    const char *name, *usage, *help;
    uint64_t options; /* bits by enum cli_option; --config and --help go with every command */
    int (*run)(const struct cli *cli);
};

struct cli_values {
    const char **items; /* borrowed texts, in the order given */
    size_t items_count, items_capacity;
};

struct cli {
    const struct cli_command *command;
    struct cli_values values[OPTION_COUNT_OF];
    struct cli_values arguments; /* what is no option */
    /* reasons[i] belongs to values[OPTION_LEAVE_OUT].items[i] */
    struct cli_values reasons;
};

#define COMMAND(id, name, usage, help, options) int cmd_##id(const struct cli *cli);
#include "screens/commands.def"
#undef COMMAND

/* What `check` prints and returns where it cannot look, a wrong command line included: a monitor
 * would read the exit status 2 as critical. */
int cmd_check_unknown(const char *why);

/* Parses and runs argv; returns the exit status. */
int cli_main(int argc, char **argv);

/* True where the option was given. */
bool cli_has(const struct cli *cli, enum cli_option option);
/* The last value given, borrowed; NULL = not given. */
const char *cli_value(const struct cli *cli, enum cli_option option);

/* Writes the message in the form "stopmark: ..." to stderr; returns the code's exit status. */
int cli_fail(const struct error *error);
/* One line to stderr, cleaned: for words that came from a server. */
void cli_say(const char *text);
/* A usage error: the message and the command's usage; returns 2. */
int cli_usage_error(const struct cli *cli, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Finds and loads the configuration; on failure writes all problems to stderr, sets *status to 3
 * and returns NULL. Owned. */
struct config *cli_load_config(const struct cli *cli, int *status);

/* Reads every server once (up to the configuration's time-outs), then waits until the backup files
 * that a restore would need are proven by their headers, three seconds at most: what one command
 * says of a file the others say too. NULL with *status set where not one server answered and
 * nothing is known from earlier (exit status 4); owned. */
struct group_view *cli_read_group(const struct config *config, int *status);

/* Reads the headers of the files behind --add-file and puts them into the request; nothing without
 * the option. restore: passwords of the restore logins, for servers where the monitoring login may
 * not read headers; NULL = those that can be had without a prompt. files is owned by the caller
 * (added_free) and must outlive the request. */
void cli_read_added(const struct cli *cli, const struct config *config,
                    const struct group_view *view, const struct secrets *restore,
                    struct added_files *files, struct plan_request *request);

/* The plan request that the options describe, borrowing from cli. False after a usage error, with
 * *status set. */
bool cli_plan_request(const struct cli *cli, const struct config *config,
                      struct plan_request *request, int *status);

/* Restore passwords (of the sources too, where a move writes to them), with prompts on the terminal where the configuration gives none; NULL with
 * *status set. Owned. */
struct secrets *cli_restore_secrets(const struct config *config, bool sources, int *status);

/* Prints an owned text and a newline to stdout and frees it. 0, or 1 where stdout failed. */
int cli_print(char *text);

/* One of several things: copies the RUN argument into *run; false after a usage error. */
bool cli_run_argument(const struct cli *cli, long long *run, int *status);

#endif
