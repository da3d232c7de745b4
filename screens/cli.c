#include "screens/cli.h"

#include <getopt.h>
#include <locale.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/collector.h"

#define HAS(id) (UINT64_C(1) << OPTION_##id)

static const struct cli_command commands[] = {
#define COMMAND(id, name_, usage_, help_, options_)                                                \
    {.name = name_, .usage = usage_, .help = help_, .options = options_, .run = cmd_##id},
#include "screens/commands.def"
#undef COMMAND
};
enum { COMMANDS = sizeof commands / sizeof *commands };

static const struct {
    const char *name;
    int letter;
    const char *argument, *help;
} options[OPTION_COUNT_OF] = {
#define OPTION(id, name_, letter_, argument_, help_)                                               \
    [OPTION_##id] = {name_, letter_, argument_, help_},
#include "screens/options.def"
#undef OPTION
};

enum { LONG_BASE = 1000, LONG_HELP = 2000, LONG_VERSION };

static uint64_t allowed(const struct cli_command *command)
{
    return command->options | HAS(CONFIG);
}

static const char *prefix(const struct cli_command *command)
{
    return command->name[0] == '\0' ? "" : " ";
}

static void print_option(FILE *out, int id)
{
    char left[64];
    snprintf(left, sizeof left, "%s%c%s--%s%s%s", options[id].letter ? "-" : "  ",
             options[id].letter ? options[id].letter : ' ', options[id].letter ? ", " : " ",
             options[id].name, options[id].argument ? " " : "",
             options[id].argument ? options[id].argument : "");
    fprintf(out, "  %-28s %s\n", left, options[id].help);
}

static int help_command(const struct cli_command *command)
{
    printf("usage: stopmark%s%s %s\n\n%s\n\n", prefix(command), command->name, command->usage,
           command->help);
    for (int id = 0; id < OPTION_COUNT_OF; id++)
        if (allowed(command) & UINT64_C(1) << id)
            print_option(stdout, id);
    return 0;
}

static int help_all(void)
{
    printf("stopmark: BizTalk Server log shipping, watched and restored to one mark\n\n");
    for (int i = 0; i < COMMANDS; i++)
        printf("  stopmark %-10s %s\n", commands[i].name, commands[i].help);
    printf("\n  the console's options: %s\n", commands[0].usage);
    printf("  stopmark COMMAND --help tells a command's options; -c FILE goes with every command.\n"
           "\nexit status: 0 done, 1 failed, 2 usage, 3 configuration, 4 no server answered,\n"
           "             5 refused before the first write (check: 0 ok, 1 warning, 2 critical, "
           "3 unknown)\n");
    return 0;
}

static void add(struct cli_values *values, const char *text)
{
    *memory_append(values, items) = text;
}

bool cli_has(const struct cli *cli, enum cli_option option)
{
    return cli->values[option].items_count > 0;
}

const char *cli_value(const struct cli *cli, enum cli_option option)
{
    const struct cli_values *values = &cli->values[option];
    return values->items_count == 0 ? NULL : values->items[values->items_count - 1];
}

int cli_fail(const struct error *error)
{
    char line[3072];
    error_format(error, line, sizeof line);
    fprintf(stderr, "stopmark: %s\n", line);
    return error_exit_status(error->code);
}

void cli_say(const char *text)
{
    char line[3072];
    text_clean(line, sizeof line, text);
    fprintf(stderr, "%s\n", line);
}

int cli_usage_error(const struct cli *cli, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("stopmark: ", stderr);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\nusage: stopmark%s%s %s\n", prefix(cli->command), cli->command->name,
            cli->command->usage);
    return error_exit_status(ERR_USAGE);
}

/* The index of the command's word: the first that is neither --config nor its value; argc = none. */
static int command_index(int argc, char **argv)
{
    int i = 1;
    while (i < argc && argv[i][0] == '-') {
        if (strcmp(argv[i], "-c") == 0 || strcmp(argv[i], "--config") == 0)
            i += 2;
        else if (strncmp(argv[i], "-c", 2) == 0 || strncmp(argv[i], "--config=", 9) == 0)
            i++;
        else
            return argc; /* the console's own option */
    }
    return i < argc ? i : argc;
}

static const struct cli_command *unknown_command(const char *given)
{
    const char *nearest = NULL;
    int best = 3;
    for (int i = 1; i < COMMANDS; i++) {
        int distance = text_distance(commands[i].name, given);
        if (distance < best) {
            best = distance;
            nearest = commands[i].name;
        }
    }
    char word[128];
    text_clean(word, sizeof word, given);
    fprintf(stderr, "stopmark: there is no command '%s'%s%s%s; stopmark --help lists them\n", word,
            nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
    return NULL;
}

/* The command that argv names, its word taken out of argv; NULL = no such command. */
static const struct cli_command *find_command(int *argc, char **argv)
{
    int at = command_index(*argc, argv);
    if (at == *argc)
        return &commands[0];
    char *word = argv[at];
    memmove(&argv[at], &argv[at + 1], (size_t)(*argc - at) * sizeof *argv);
    (*argc)--;
    for (int i = 1; i < COMMANDS; i++)
        if (strcmp(commands[i].name, word) == 0)
            return &commands[i];
    return unknown_command(word);
}

static const char *nearest_option(const struct cli_command *command, const char *word)
{
    const char *nearest = NULL;
    int best = 4;
    while (*word == '-')
        word++;
    for (int id = 0; id < OPTION_COUNT_OF; id++) {
        int distance = text_distance(options[id].name, word);
        if ((allowed(command) & UINT64_C(1) << id) && distance < best) {
            best = distance;
            nearest = options[id].name;
        }
    }
    return nearest;
}

static int unknown_option(struct cli *cli, const char *word, int found)
{
    char clean[128];
    text_clean(clean, sizeof clean, word);
    if (found == ':')
        return cli_usage_error(cli, "%s needs a value", clean);
    const char *nearest = nearest_option(cli->command, word);
    return cli_usage_error(cli, "there is no option %s here%s%s%s", clean,
                           nearest ? "; did you mean --" : "", nearest ? nearest : "",
                           nearest ? "?" : "");
}

/* Fills getopt's tables with the command's options. */
static void make_getopt_tables(const struct cli_command *command, struct option *table,
                               char *letters)
{
    int at = 0, letter = 0;
    letters[letter++] = ':';
    for (int id = 0; id < OPTION_COUNT_OF; id++) {
        if (!(allowed(command) & UINT64_C(1) << id))
            continue;
        int has_argument = options[id].argument ? required_argument : no_argument;
        table[at++] = (struct option){options[id].name, has_argument, NULL, LONG_BASE + id};
        if (options[id].letter) {
            letters[letter++] = (char)options[id].letter;
            letters[letter++] = ':';
        }
    }
    table[at++] = (struct option){"help", no_argument, NULL, LONG_HELP};
    table[at++] = (struct option){"version", no_argument, NULL, LONG_VERSION};
    letters[letter++] = 'h';
    letters[letter] = '\0';
    table[at] = (struct option){0};
}

static int option_of_letter(int letter)
{
    for (int id = 0; id < OPTION_COUNT_OF; id++)
        if (options[id].letter == letter)
            return id;
    return -1;
}

/* --reason belongs to the --leave-out before it. */
static int note_reason(struct cli *cli, const char *text)
{
    if (cli->reasons.items_count >= cli->values[OPTION_LEAVE_OUT].items_count)
        return cli_usage_error(cli, "--reason belongs behind a --leave-out");
    if (text[strspn(text, " \t\r\n")] == '\0')
        return cli_usage_error(cli, "--reason is empty: say why, the report will");
    add(&cli->reasons, text);
    return -1;
}

/* Parses the options behind the command's name. -1 = go on; else the exit status. */
static int parse(struct cli *cli, int argc, char **argv)
{
    struct option table[OPTION_COUNT_OF + 3];
    char letters[2 * OPTION_COUNT_OF + 4];
    make_getopt_tables(cli->command, table, letters);
    opterr = 0;
    optind = 1;
    for (;;) {
        int word = optind;
        int found = getopt_long(argc, argv, letters, table, NULL);
        if (found == -1)
            break;
        if (found == LONG_HELP || found == 'h')
            return cli->command == &commands[0] ? help_all() : help_command(cli->command);
        if (found == LONG_VERSION) {
            printf("stopmark %s\n", STOPMARK_VERSION);
            return 0;
        }
        if (found == '?' || found == ':')
            return unknown_option(cli, argv[word < argc ? word : argc - 1], found);
        int id = found >= LONG_BASE ? found - LONG_BASE : option_of_letter(found);
        add(&cli->values[id], optarg ? optarg : "");
        int status = id == OPTION_REASON ? note_reason(cli, optarg) : -1;
        if (status >= 0)
            return status;
    }
    for (int i = optind; i < argc; i++)
        add(&cli->arguments, argv[i]);
    if (cli->reasons.items_count != cli->values[OPTION_LEAVE_OUT].items_count)
        return cli_usage_error(cli, "--leave-out needs a --reason behind it");
    return -1;
}

/* Only those commands take words besides options, and exactly one. */
static int check_arguments(struct cli *cli)
{
    static const char *const with_word[] = {"attach", "resume", "abort", "report", "config"};
    size_t wanted = 0;
    for (size_t i = 0; i < sizeof with_word / sizeof *with_word; i++)
        if (strcmp(cli->command->name, with_word[i]) == 0)
            wanted = 1;
    bool optional = strcmp(cli->command->name, "runbook") == 0;
    if (cli->arguments.items_count == wanted || (optional && cli->arguments.items_count == 1))
        return -1;
    return cli_usage_error(cli, wanted ? "exactly one word is needed" : "too many words");
}

static void release(struct cli *cli)
{
    for (int id = 0; id < OPTION_COUNT_OF; id++)
        free(cli->values[id].items);
    free(cli->arguments.items);
    free(cli->reasons.items);
}

int cli_main(int argc, char **argv)
{
    setlocale(LC_ALL, "");
    setlocale(LC_NUMERIC, "C"); /* numbers in documents have a point, everywhere */
    signal(SIGPIPE, SIG_IGN);
    struct cli cli = {0};
    cli.command = find_command(&argc, argv);
    if (cli.command == NULL)
        return error_exit_status(ERR_USAGE);
    int status = parse(&cli, argc, argv);
    if (status < 0)
        status = check_arguments(&cli);
    if (status > 0 && cli.command->run == cmd_check)
        status = cmd_check_unknown("the command line is wrong; stopmark check --help tells it");
    if (status < 0)
        status = cli.command->run(&cli);
    release(&cli);
    return status;
}

int cli_print(char *text)
{
    bool ok = puts(text) >= 0 && fflush(stdout) == 0;
    free(text);
    return ok ? 0 : 1;
}
