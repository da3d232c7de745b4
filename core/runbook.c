#include "core/runbook.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/str.h"
#include "core/base/text.h"
#include "core/file.h"

enum { RUNBOOK_SIZE_MAX = 1024 * 1024 };

static const struct {
    const char *name;
    unsigned bit;
} database_words[] = {
    {"sso", RUNBOOK_SSO},
    {"bam", RUNBOOK_BAM},
    {"alerts", RUNBOOK_ALERTS},
    {"rules", RUNBOOK_RULES},
};

static char *trimmed(const char *from, const char *to)
{
    while (from < to && isspace((unsigned char)*from))
        from++;
    while (from < to && isspace((unsigned char)to[-1]))
        to--;
    char *text = memory_new((size_t)(to - from) + 1);
    memcpy(text, from, (size_t)(to - from));
    return text;
}

/* One word of a list into its bit; 0 = unknown. */
static unsigned word_bit(bool situations, const char *word)
{
    enum situation situation;
    if (situations)
        return situation_from_name(&situation, word) ? 1u << situation : 0;
    for (size_t i = 0; i < sizeof database_words / sizeof *database_words; i++)
        if (strcmp(database_words[i].name, word) == 0)
            return database_words[i].bit;
    return 0;
}

static bool read_words(unsigned *bits, bool situations, char *value, const char *where,
                       struct error *error)
{
    char *rest = NULL;
    for (char *word = strtok_r(value, " \t,", &rest); word != NULL;
         word = strtok_r(NULL, " \t,", &rest)) {
        unsigned bit = word_bit(situations, word);
        if (bit == 0) {
            error_set(error, ERR_CONFIG, where, situations
                          ? "known: source-lost planned-move rehearsal migration"
                          : "known: sso bam alerts rules",
                      "unknown word '%s'", word);
            return false;
        }
        *bits |= bit;
    }
    return true;
}

struct parser {
    struct runbook *runbook;
    char **continued; /* the text that an indented line goes on with */
    const char *name;
    int line;
    struct error *error;
};

static bool complain(struct parser *parser, const char *what)
{
    char where[132];
    snprintf(where, sizeof where, "%.100s:%d", parser->name, parser->line);
    error_set(parser->error, ERR_CONFIG, where, "see stopmark-runbook(5)", "%s", what);
    return false;
}

static bool begin_step(struct parser *parser, const char *from, const char *to)
{
    if (to[-1] != ']' || to - from < 3)
        return complain(parser, "a section is written [identifier]");
    char *id = trimmed(from + 1, to - 1);
    for (size_t i = 0; i < parser->runbook->steps_count; i++)
        if (strcmp(parser->runbook->steps[i].id, id) == 0) {
            free(id);
            return complain(parser, "the identifier stands twice");
        }
    memory_append(parser->runbook, steps)->id = id;
    parser->continued = NULL;
    return true;
}

static bool set_key(struct parser *parser, const char *from, const char *to)
{
    const char *sign = memchr(from, '=', (size_t)(to - from));
    if (parser->runbook->steps_count == 0)
        return complain(parser, "a key before the first [identifier]");
    if (sign == NULL)
        return complain(parser, "expected key = value");
    struct runbook_step *step = &parser->runbook->steps[parser->runbook->steps_count - 1];
    char *key = trimmed(from, sign), *value = trimmed(sign + 1, to);
    char where[132];
    snprintf(where, sizeof where, "%.100s:%d", parser->name, parser->line);
    bool good = true;
    parser->continued = NULL;
    if (strcmp(key, "title") == 0 || strcmp(key, "text") == 0) {
        char **field = key[1] == 'i' ? &step->title : &step->text;
        free(*field);
        *field = value;
        value = NULL;
        parser->continued = field;
    } else if (strcmp(key, "situations") == 0 || strcmp(key, "databases") == 0) {
        bool situations = key[0] == 's';
        good = read_words(situations ? &step->situations : &step->databases, situations, value,
                          where, parser->error);
    } else {
        good = complain(parser, "known keys: title, text, situations, databases");
    }
    free(key);
    free(value);
    return good;
}

static bool parse_line(struct parser *parser, const char *from, const char *to)
{
    while (to > from && isspace((unsigned char)to[-1]))
        to--;
    if (from == to || *from == '#')
        return true;
    if (isspace((unsigned char)*from)) {
        if (parser->continued == NULL)
            return complain(parser, "an indented line continues title or text, and none precedes");
        char *more = trimmed(from, to);
        char *whole = memory_format("%s\n%s", *parser->continued, more);
        free(more);
        free(*parser->continued);
        *parser->continued = whole;
        return true;
    }
    return *from == '[' ? begin_step(parser, from, to) : set_key(parser, from, to);
}

struct runbook *runbook_parse(const char *text, const char *name, struct error *error)
{
    struct parser parser = {.runbook = memory_new(sizeof *parser.runbook), .name = name,
                            .error = error};
    bool good = true;
    while (good && *text != '\0') {
        size_t length = strcspn(text, "\n");
        parser.line++;
        good = parse_line(&parser, text, text + length);
        text += length + (text[length] == '\n');
    }
    for (size_t i = 0; good && i < parser.runbook->steps_count; i++)
        if (parser.runbook->steps[i].title == NULL || parser.runbook->steps[i].text == NULL)
            good = complain(&parser, "a step lacks its title or its text");
    if (good)
        return parser.runbook;
    runbook_free(parser.runbook);
    return NULL;
}

void runbook_free(struct runbook *runbook)
{
    if (runbook == NULL)
        return;
    for (size_t i = 0; i < runbook->steps_count; i++) {
        free(runbook->steps[i].id);
        free(runbook->steps[i].title);
        free(runbook->steps[i].text);
    }
    free(runbook->steps);
    free(runbook);
}

struct runbook *runbook_load(const char *config_path, struct error *error)
{
    const char *slash = config_path == NULL ? NULL : strrchr(config_path, '/');
    char *paths[] = {
        config_path == NULL ? NULL
                            : memory_format("%.*s/runbook.ini",
                                            slash == NULL ? 1 : (int)(slash - config_path),
                                            slash == NULL ? "." : config_path),
        memory_copy_text("/etc/stopmark/runbook.ini"),
    };
    struct runbook *runbook = NULL;
    bool found = false;
    for (size_t i = 0; !found && i < sizeof paths / sizeof *paths; i++) {
        char *text = paths[i] == NULL ? NULL : file_read(paths[i], RUNBOOK_SIZE_MAX);
        if (text == NULL && paths[i] != NULL && errno != ENOENT && errno != ENOTDIR) {
            error_set(error, ERR_CONFIG, paths[i], NULL, "cannot be read: %s", strerror(errno));
            found = true;
        } else if (text != NULL) {
            runbook = runbook_parse(text, paths[i], error);
            found = true;
        }
        free(text);
    }
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        free(paths[i]);
    return found ? runbook : runbook_parse(runbook_default(), "built-in runbook", error);
}

static unsigned databases_of(const struct plan *plan)
{
    unsigned bits = 0;
    for (size_t i = 0; plan != NULL && i < plan->databases_count; i++)
        switch (plan->databases[i].use) {
        case USE_SSO:
            bits |= RUNBOOK_SSO;
            break;
        case USE_BAM_PRIMARY_IMPORT:
            bits |= RUNBOOK_BAM;
            break;
        case USE_BAM_ALERTS:
            bits |= RUNBOOK_ALERTS;
            break;
        case USE_RULE_ENGINE:
            bits |= RUNBOOK_RULES;
            break;
        default:
            break;
        }
    return bits;
}

bool runbook_applies(const struct runbook_step *step, enum situation situation,
                     const struct plan *plan)
{
    return (step->situations == 0 || (step->situations & 1u << situation) != 0) &&
           (step->databases == 0 || (step->databases & databases_of(plan)) != 0);
}

static void add_destinations(struct str *out, const struct plan *plan)
{
    for (size_t i = 0; i < plan->databases_count; i++) {
        bool seen = false;
        for (size_t k = 0; k < i; k++)
            seen = seen || text_equal(plan->databases[i].server, plan->databases[k].server);
        if (!seen)
            str_format(out, "%s%s", out->length == 0 ? "" : ", ", plan->databases[i].server);
    }
}

/* The value of a placeholder, owned; NULL = not one. */
static char *value_of(const char *name, size_t length, const struct plan *plan, int64_t run)
{
    struct str out = {0};
    const struct plan_database *management = NULL;
    for (size_t i = 0; i < plan->databases_count; i++)
        if (plan->databases[i].use == USE_MANAGEMENT)
            management = &plan->databases[i];
#define IS(word) (length == sizeof(word) - 1 && memcmp(name, word, length) == 0)
    if (IS("group"))
        str_add(&out, plan->group);
    else if (IS("mark"))
        str_add(&out, plan->mark);
    else if (IS("run"))
        str_format(&out, "%lld", (long long)run);
    else if (IS("destinations"))
        add_destinations(&out, plan);
    else if (IS("management"))
        str_add(&out, management == NULL ? "(the management server)" : management->server);
    else if (IS("management_database"))
        str_add(&out, management == NULL ? "(the management database)" : management->database);
    else
        return NULL;
#undef IS
    return str_take(&out);
}

char *runbook_fill(const char *text, const struct plan *plan, int64_t run)
{
    struct str out = {0};
    while (*text != '\0') {
        const char *end = *text == '{' ? strchr(text, '}') : NULL;
        char *value = end == NULL || plan == NULL
                          ? NULL
                          : value_of(text + 1, (size_t)(end - text - 1), plan, run);
        if (value != NULL) {
            str_add(&out, value);
            text = end + 1;
        } else {
            str_add_char(&out, *text++);
        }
        free(value);
    }
    return str_take(&out);
}
