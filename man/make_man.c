/* Fills the tables of the program into the manual pages: reads a template from stdin, writes it to
 * stdout with each line "@COMMANDS@", "@OPTIONS@", "@STATUSES@", "@SETTINGS@", "@KEYS@" or "@RULES@"
 * replaced.
 * The pages in man/ are its output; `make check-docs` fails where they are not. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct row {
    const char *name, *usage, *help;
};

static const struct row commands[] = {
#define COMMAND(id, name, usage, help, options) {name, usage, help},
#include "screens/commands.def"
#undef COMMAND
};

static const struct {
    const char *name;
    int letter;
    const char *argument, *help;
} options[] = {
#define OPTION(id, name, letter, argument, help) {name, letter, argument, help},
#include "screens/options.def"
#undef OPTION
};

static const struct {
    const char *name;
    int status;
    const char *text;
} statuses[] = {
#define X(code, exit_status, text) {#code, exit_status, text},
#include "core/base/error.def"
#undef X
};

static const struct {
    const char *section, *key, *fallback;
    bool required;
    const char *example, *help;
} settings[] = {
#define X(section, key, kind, field, fallback, required, example, help)                            \
    {#section, key, fallback, required, example, help},
#include "core/options.def"
#undef X
};

static const struct {
    const char *key, *second_key, *help;
} keys[] = {
#define A(id, name, key, second, label, worth, scopes, help) {key, second, help},
#include "screens/actions.def"
#undef A
};

static const struct {
    const char *id, *what, *why, *remedy, *source;
} rules[] = {
#define X(function, id, severity, what, why, remedy, source) {id, what, why, remedy, source},
#include "core/rules.def"
#undef X
};

/* roff: a line must not begin with a control character, a backslash is an escape, and a hyphen in
 * an option is a minus. */
static void put(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\\')
            fputs("\\e", stdout);
        else if (*text == '-')
            fputs("\\-", stdout);
        else
            putchar(*text);
    }
}

static void put_commands(void)
{
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        printf(".TP\n.B stopmark%s%s\n", commands[i].name[0] ? " " : "", commands[i].name);
        if (commands[i].usage[0] != '\0') {
            put(commands[i].usage);
            printf("\n.br\n");
        }
        put(commands[i].help);
        puts(".");
    }
}

static void put_options(void)
{
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        printf(".TP\n.B ");
        if (options[i].letter)
            printf("\\-%c, ", options[i].letter);
        fputs("\\-\\-", stdout);
        put(options[i].name);
        if (options[i].argument) {
            putchar(' ');
            put(options[i].argument);
        }
        putchar('\n');
        put(options[i].help);
        puts(".");
    }
}

static void put_statuses(void)
{
    for (int status = 0; status <= 5; status++) {
        printf(".TP\n.B %d\n", status);
        const char *separator = "";
        for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
            if (statuses[i].status != status)
                continue;
            fputs(separator, stdout);
            put(statuses[i].text);
            separator = "; ";
        }
        puts(".");
    }
}

static const char *section_title(const char *section)
{
    static const char *const titles[][2] = {{"GROUP", "[group]"},     {"SERVER", "[server NAME]"},
                                            {"LIMITS", "[limits]"},   {"DISPLAY", "[display]"},
                                            {"RESTORE", "[restore]"}};
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        if (strcmp(titles[i][0], section) == 0)
            return titles[i][1];
    return section;
}

static void put_settings(void)
{
    const char *section = "";
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        if (strcmp(section, settings[i].section) != 0)
            printf(".SS \"%s\"\n", section_title(settings[i].section));
        section = settings[i].section;
        printf(".TP\n.B %s\n", settings[i].key);
        put(settings[i].help);
        if (settings[i].required)
            fputs(" Required.", stdout);
        else if (settings[i].fallback != NULL) {
            fputs(" Default: ", stdout);
            put(settings[i].fallback);
            putchar('.');
        }
        fputs(" Example: ", stdout);
        put(settings[i].example);
        putchar('\n');
    }
}

static void put_keys(void)
{
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        printf(".TP\n.B ");
        put(keys[i].key);
        if (keys[i].second_key[0] != '\0') {
            fputs(", ", stdout);
            put(keys[i].second_key);
        }
        putchar('\n');
        put(keys[i].help);
        puts(".");
    }
}

static void put_rules(void)
{
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        printf(".TP\n.B ");
        put(rules[i].id);
        putchar('\n');
        put(rules[i].what);
        fputs(".\n.br\nWhy: ", stdout);
        put(rules[i].why);
        fputs(".\n.br\nElse: ", stdout);
        put(rules[i].remedy);
        fputs(".\n.br\nSee: ", stdout);
        put(rules[i].source);
        puts(".");
    }
}

int main(void)
{
    static const struct {
        const char *word;
        void (*put)(void);
    } parts[] = {{"@COMMANDS@\n", put_commands},
                 {"@OPTIONS@\n", put_options},
                 {"@STATUSES@\n", put_statuses},
                 {"@KEYS@\n", put_keys},
                 {"@SETTINGS@\n", put_settings},
                 {"@RULES@\n", put_rules}};
    char line[1024];
    while (fgets(line, sizeof line, stdin) != NULL) {
        size_t part = 0;
        while (part < sizeof parts / sizeof *parts && strcmp(line, parts[part].word) != 0)
            part++;
        if (part < sizeof parts / sizeof *parts)
            parts[part].put();
        else
            fputs(line, stdout);
    }
    return ferror(stdout) ? 1 : 0;
}
