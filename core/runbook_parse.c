/* The text of a runbook into its steps: every mistake with its line, all of them at once. */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/config_values.h"
#include "core/runbook_words.h"

struct parser {
    struct runbook *runbook;
    struct config_problems *problems;
    char **continued; /* the text that an indented line goes on with */
    int line;
};

static void complain(struct parser *parser, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void complain(struct parser *parser, int line, const char *format, ...)
{
    struct config_problem *problem = memory_append(parser->problems, items);
    va_list args;
    problem->line = line;
    va_start(args, format);
    vsnprintf(problem->text, sizeof problem->text, format, args);
    va_end(args);
}

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

/* --- values ----------------------------------------------------------------------------------- */

static void complain_word(struct parser *parser, const char *key, const char *word,
                          const struct runbook_word *words)
{
    char known[400] = "";
    const char *nearest = NULL;
    int best = 4;
    for (; words->name != NULL; words++) {
        size_t length = strlen(known);
        snprintf(known + length, sizeof known - length, "%s%s", length ? " " : "", words->name);
        int distance = text_distance(words->name, word);
        if (distance < best) {
            best = distance;
            nearest = words->name;
        }
    }
    complain(parser, parser->line, "%s: unknown word '%s'%s%s%s; known: %s", key, word,
             nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "",
             known);
}

/* A list of words as bits. */
static unsigned read_bits(struct parser *parser, const char *key, char *value,
                          const struct runbook_word *words)
{
    unsigned bits = 0;
    char *rest = NULL;
    for (char *word = strtok_r(value, " \t,", &rest); word != NULL;
         word = strtok_r(NULL, " \t,", &rest)) {
        unsigned bit;
        if (runbook_word_find(words, word, &bit))
            bits |= bit;
        else
            complain_word(parser, key, word, words);
    }
    return bits;
}

/* The word's number; otherwise after a complaint, so that one mistake makes no second. */
static unsigned read_word(struct parser *parser, const char *key, const char *value,
                          const struct runbook_word *words, unsigned otherwise)
{
    unsigned number = otherwise;
    if (!runbook_word_find(words, value, &number))
        complain_word(parser, key, value, words);
    return number;
}

static void read_age(struct parser *parser, struct runbook_step *step, const char *value)
{
    if (!config_read_duration(&step->every_ms, value) || step->every_ms <= 0) {
        step->every_ms = DURATION_UNKNOWN;
        complain(parser, parser->line, "every: expected a duration as 180d, not '%s'", value);
    }
}

static void set_text(struct parser *parser, char **field, char *value)
{
    if (*field != NULL)
        complain(parser, parser->line, "the key stands twice in this step");
    free(*field);
    *field = memory_copy_text(value);
    parser->continued = field;
}

static void set_value(struct parser *parser, struct runbook_step *step, const char *key,
                      char *value)
{
    char **field = strcmp(key, "title") == 0    ? &step->title
                   : strcmp(key, "text") == 0   ? &step->text
                   : strcmp(key, "verify") == 0 ? &step->verify
                   : strcmp(key, "source") == 0 ? &step->source
                                                : NULL;
    parser->continued = NULL;
    if (field != NULL)
        set_text(parser, field, value);
    else if (strcmp(key, "situations") == 0)
        step->situations = read_bits(parser, key, value, runbook_situation_words);
    else if (strcmp(key, "databases") == 0)
        step->databases = read_bits(parser, key, value, runbook_database_words);
    else if (strcmp(key, "kind") == 0)
        step->kind = (enum runbook_kind)read_word(parser, key, value, runbook_kind_words,
                                                  step->kind);
    else if (strcmp(key, "phase") == 0)
        step->phase = (enum runbook_phase)read_word(parser, key, value, runbook_phase_words,
                                                  step->phase);
    else if (strcmp(key, "proof") == 0)
        step->proof = (enum runbook_proof)read_word(parser, key, value, runbook_proof_words,
                                                  step->proof);
    else if (strcmp(key, "every") == 0)
        read_age(parser, step, value);
    else
        complain(parser, parser->line,
                 "unknown key '%s'; known: title text kind phase situations databases verify "
                 "proof every source", key);
}

/* --- lines ------------------------------------------------------------------------------------ */

static void begin_step(struct parser *parser, const char *from, const char *to)
{
    char *id = to[-1] == ']' ? trimmed(from + 1, to - 1) : memory_copy_text("");
    if (id[0] == '\0' || strpbrk(id, " \t") != NULL)
        complain(parser, parser->line, "a step begins with [identifier], one word");
    for (size_t i = 0; i < parser->runbook->steps_count; i++)
        if (id[0] != '\0' && strcmp(parser->runbook->steps[i].id, id) == 0)
            complain(parser, parser->line, "the identifier [%s] stands twice, first in line %d",
                     id, parser->runbook->steps[i].line);
    struct runbook_step *step = memory_append(parser->runbook, steps);
    *step = (struct runbook_step){.id = id, .line = parser->line, .phase = RUNBOOK_BIZTALK,
                                  .every_ms = DURATION_UNKNOWN};
    parser->continued = NULL;
}

static void read_key(struct parser *parser, const char *from, const char *to)
{
    const char *sign = memchr(from, '=', (size_t)(to - from));
    parser->continued = NULL;
    if (parser->runbook->steps_count == 0) {
        complain(parser, parser->line, "a key before the first [identifier]");
        return;
    }
    if (sign == NULL) {
        complain(parser, parser->line, "expected key = value");
        return;
    }
    char *key = trimmed(from, sign), *value = trimmed(sign + 1, to);
    set_value(parser, &parser->runbook->steps[parser->runbook->steps_count - 1], key, value);
    free(key);
    free(value);
}

static void continue_text(struct parser *parser, const char *from, const char *to)
{
    if (parser->continued == NULL) {
        complain(parser, parser->line,
                 "an indented line continues a text, and none precedes it");
        return;
    }
    char *more = trimmed(from, to);
    char *whole = memory_format("%s\n%s", *parser->continued, more);
    free(more);
    free(*parser->continued);
    *parser->continued = whole;
}

static void read_line(struct parser *parser, const char *from, const char *to)
{
    while (to > from && isspace((unsigned char)to[-1]))
        to--;
    if (from == to || *from == '#')
        return;
    if (isspace((unsigned char)*from))
        continue_text(parser, from, to);
    else if (*from == '[')
        begin_step(parser, from, to);
    else
        read_key(parser, from, to);
}

/* --- the whole -------------------------------------------------------------------------------- */

static void check_step(struct parser *parser, const struct runbook_step *step)
{
    if (step->title == NULL || step->title[0] == '\0')
        complain(parser, step->line, "[%s] has no title", step->id);
    if (step->text == NULL || step->text[0] == '\0')
        complain(parser, step->line, "[%s] has no text", step->id);
    if ((step->kind == RUNBOOK_MANUAL) == (step->proof != PROOF_NONE))
        complain(parser, step->line,
                 step->proof == PROOF_NONE
                     ? "[%s] is %s: it needs a proof"
                     : "[%s] is %s: a proof goes with automatic and confirmed steps",
                 step->id, runbook_kind_name(step->kind));
    if (step->every_ms != DURATION_UNKNOWN && step->phase != RUNBOOK_READINESS)
        complain(parser, step->line, "[%s]: every goes with phase = readiness", step->id);
    if (step->every_ms == DURATION_UNKNOWN && step->phase == RUNBOOK_READINESS)
        complain(parser, step->line, "[%s]: phase = readiness needs every", step->id);
}

/* The update scripts before Enterprise Single Sign-On, that before the hosts: services that start
 * against the old references write there. The console shows the group's properties once it is
 * connected again, for which Windows Management Instrumentation must have forgotten the old one. */
static void check_order(struct parser *parser)
{
    static const char *const order[] = {"update-database", "update-registry",   "sso-database",
                                        "sso-secret",      "start-services",    "restart-wmi",
                                        "reconnect-console", "sso-server-name", "enable-processing"};
    const struct runbook_step *last = NULL;
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        const struct runbook_step *step = runbook_find(parser->runbook, order[i]);
        if (step == NULL)
            continue;
        if (last != NULL && step < last)
            complain(parser, step->line, "[%s] must stand behind [%s]", step->id, last->id);
        else
            last = step;
    }
}

static int compare_problems(const void *left, const void *right)
{
    const struct config_problem *a = left, *b = right;
    return (a->line > b->line) - (a->line < b->line);
}

struct runbook *runbook_parse(const char *text, struct config_problems *problems)
{
    size_t before = problems->items_count;
    struct parser parser = {.runbook = memory_new(sizeof *parser.runbook), .problems = problems};
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        parser.line++;
        read_line(&parser, text, text + length);
        text += length + (text[length] == '\n');
    }
    for (size_t i = 0; i < parser.runbook->steps_count; i++)
        check_step(&parser, &parser.runbook->steps[i]);
    check_order(&parser);
    if (parser.runbook->steps_count == 0 && problems->items_count == before)
        complain(&parser, 0, "no step stands in it");
    if (problems->items_count == before)
        return parser.runbook;
    qsort(problems->items + before, problems->items_count - before, sizeof *problems->items,
          compare_problems);
    runbook_free(parser.runbook);
    return NULL;
}
