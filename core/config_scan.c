#include "core/config_scan.h"

#include <ctype.h>
#include <iniparser/iniparser.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"

/* iniparser's buffer is 1024 bytes with terminator; it drops the whole file beyond that. */
enum { LINE_LENGTH_MAX = 1000, NAME_LENGTH_MAX = 200 };

void config_problem(struct config_problems *problems, int line, const char *format, ...)
{
    char raw[sizeof problems->items->text];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(raw, sizeof raw, format, arguments);
    va_end(arguments);
    struct config_problem *problem = memory_append(problems, items);
    problem->line = line;
    text_clean(problem->text, sizeof problem->text, raw);
}

static char *strip(char *text)
{
    while (*text == ' ' || *text == '\t')
        text++;
    size_t length = strlen(text);
    while (length && isspace((unsigned char)text[length - 1]))
        text[--length] = '\0';
    return text;
}

static bool scan_section(struct config_scan *scan, char *line, int number,
                         struct config_problems *problems)
{
    char *end = strchr(line, ']');
    if (!end || end[1] != '\0') {
        config_problem(problems, number, end ? "nothing may follow the ] of a section"
                                             : "the ] that ends the section is missing");
        return false;
    }
    *end = '\0';
    char *name = strip(line + 1);
    if (!*name || strlen(name) > NAME_LENGTH_MAX || strpbrk(name, ";#:[=\"")) {
        config_problem(problems, number, "not a section name: \"%s\"", name);
        return false;
    }
    for (size_t i = 0; i < scan->sections_count; i++)
        if (text_equal_nocase(scan->sections[i].name, name))
            config_problem(problems, number, "section [%s] stands twice, first in line %d", name,
                           scan->sections[i].line);
    struct config_section *section = memory_append(scan, sections);
    section->line = number;
    section->name = memory_copy_text(name);
    return true;
}

/* The value without its quotes, or NULL after telling of a problem. Changes text. */
static char *scan_value(char *text, int number, struct config_problems *problems)
{
    size_t length = strlen(text);
    if (length && text[length - 1] == '\\') {
        config_problem(problems, number,
                       "a backslash at the end of a line would swallow the next line");
        return NULL;
    }
    if (*text == '"' || *text == '\'') {
        char quote = *text;
        char *end = strchr(text + 1, quote);
        if (!end || end[1] != '\0') {
            config_problem(problems, number, end ? "text after the closing quote"
                                                 : "the closing quote is missing");
            return NULL;
        }
        *end = '\0';
        return text + 1;
    }
    if (strpbrk(text, ";#")) {
        config_problem(problems, number,
                       "; and # begin a comment: put the value in double quotes, and comments on "
                       "lines of their own");
        return NULL;
    }
    return text;
}

static bool scan_entry(struct config_scan *scan, char *line, int number,
                       struct config_problems *problems)
{
    char *equals = strchr(line, '=');
    if (!equals) {
        config_problem(problems, number, "expected \"key = value\", [section] or # comment");
        return false;
    }
    *equals = '\0';
    char *key = strip(line);
    char *value = scan_value(strip(equals + 1), number, problems);
    if (!value)
        return false;
    if (!*key || strlen(key) > NAME_LENGTH_MAX || strpbrk(key, ":[]\"' \t")) {
        config_problem(problems, number, "not a key: \"%s\"", key);
        return false;
    }
    if (!scan->sections_count) {
        config_problem(problems, number, "%s stands before the first section", key);
        return false;
    }
    struct config_section *section = &scan->sections[scan->sections_count - 1];
    const struct config_entry *first = config_section_entry(section, key);
    if (first)
        config_problem(problems, number, "%s stands twice in [%s], first in line %d", key,
                       section->name, first->line);
    struct config_entry *entry = memory_append(section, entries);
    entry->line = number;
    entry->key = memory_copy_text(key);
    entry->value = memory_copy_text(value);
    return true;
}

static bool scan_line(struct config_scan *scan, const char *at, size_t length, int number,
                      struct config_problems *problems)
{
    char line[LINE_LENGTH_MAX + 1];
    if (length > LINE_LENGTH_MAX) {
        config_problem(problems, number, "the line is longer than %d bytes", LINE_LENGTH_MAX);
        return false;
    }
    if (memchr(at, '\0', length)) {
        config_problem(problems, number, "the line holds a NUL byte");
        return false;
    }
    memcpy(line, at, length);
    line[length] = '\0';
    char *text = strip(line);
    for (char *tab = text; (tab = strchr(tab, '\t'));)
        *tab = ' ';
    if (!text_is_clean(text)) {
        config_problem(problems, number, "the line is not clean UTF-8 (control or invalid bytes)");
        return false;
    }
    if (!*text)
        return true;
    if (*text == '#' || *text == ';') {
        /* iniparser joins lines before it looks for comments */
        if (text[strlen(text) - 1] != '\\')
            return true;
        config_problem(problems, number,
                       "a backslash at the end of a comment would swallow the next line");
        return false;
    }
    return *text == '[' ? scan_section(scan, text, number, problems)
                        : scan_entry(scan, text, number, problems);
}

bool config_scan_text(struct config_scan *scan, const char *text, size_t length,
                      struct config_problems *problems)
{
    bool fine = true;
    int number = 0;
    if (length >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        config_problem(problems, 1, "the file begins with a byte order mark: save it without");
        fine = false;
        text += 3;
        length -= 3;
    }
    while (length) {
        const char *end = memchr(text, '\n', length);
        size_t line_length = end ? (size_t)(end - text) : length;
        if (!scan_line(scan, text, line_length, ++number, problems))
            fine = false;
        size_t used = end ? line_length + 1 : line_length;
        text += used;
        length -= used;
    }
    return fine;
}

static int drop_message(const char *format, ...)
{
    (void)format; /* iniparser's own words have no line numbers and would go to stderr */
    return 0;
}

static char *lookup_name(const struct config_section *section, const struct config_entry *entry)
{
    char *name = memory_format("%s:%s", section->name, entry->key);
    for (char *c = name; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return name;
}

void config_scan_compare(const struct config_scan *scan, const char *path,
                         struct config_problems *problems)
{
    iniparser_set_error_callback(drop_message);
    dictionary *loaded = iniparser_load(path);
    if (!loaded) {
        config_problem(problems, 0, "iniparser cannot read the file");
        return;
    }
    for (size_t i = 0; i < scan->sections_count; i++) {
        const struct config_section *section = &scan->sections[i];
        for (size_t j = 0; j < section->entries_count; j++) {
            const struct config_entry *entry = &section->entries[j];
            char *name = lookup_name(section, entry);
            const char *value = iniparser_getstring(loaded, name, NULL);
            if (!text_equal(value, entry->value))
                config_problem(problems, entry->line,
                               "%s is ambiguous: it can be read as \"%s\" and as \"%s\"",
                               entry->key, entry->value, value ? value : "nothing");
            free(name);
        }
    }
    iniparser_freedict(loaded);
}

const struct config_entry *config_section_entry(const struct config_section *section,
                                                const char *key)
{
    for (size_t i = 0; i < section->entries_count; i++)
        if (text_equal_nocase(section->entries[i].key, key))
            return &section->entries[i];
    return NULL;
}

void config_scan_free(struct config_scan *scan)
{
    for (size_t i = 0; i < scan->sections_count; i++) {
        struct config_section *section = &scan->sections[i];
        for (size_t j = 0; j < section->entries_count; j++) {
            free(section->entries[j].key);
            free(section->entries[j].value);
        }
        free(section->entries);
        free(section->name);
    }
    free(scan->sections);
    *scan = (struct config_scan){0};
}
