/* stopmark.ini line by line, before iniparser sees it: sections and keys as written with their
 * lines, duplicates, junk, over-long lines and the traps of the format. Used by core/config only;
 * one thread.
 */
#ifndef STOPMARK_CORE_CONFIG_SCAN_H
#define STOPMARK_CORE_CONFIG_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "core/config.h"

struct config_entry {
    int line;
    char *key, *value; /* as written, without quotes; owned */
};

struct config_section {
    int line;
    char *name; /* as written between the brackets; owned */
    struct config_entry *entries;
    size_t entries_count, entries_capacity;
};

struct config_scan {
    struct config_section *sections;
    size_t sections_count, sections_capacity;
};

/* Appends a problem. */
void config_problem(struct config_problems *problems, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Scans the file's text. Problems are appended; false if the text is such that iniparser would
 * read something else than what stands there. */
bool config_scan_text(struct config_scan *scan, const char *text, size_t length,
                      struct config_problems *problems);

/* Compares with what iniparser reads from path: a value that the two disagree on is a problem. */
void config_scan_compare(const struct config_scan *scan, const char *path,
                         struct config_problems *problems);

/* The entry of that key (no case) or NULL. Borrowed. */
const struct config_entry *config_section_entry(const struct config_section *section,
                                                const char *key);

/* Frees what the scan owns and leaves it empty. */
void config_scan_free(struct config_scan *scan);

#endif
