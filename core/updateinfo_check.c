/* An edited update file against what it must say: each finding with its line. */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/updateinfo_file.h"

struct check {
    struct updateinfo_findings *findings;
    const struct updateinfo *info;
    const struct updateinfo_file *file;
};

void updateinfo_find(struct updateinfo_findings *findings, bool grave, int line,
                     const char *format, ...)
{
    char text[800], clean[800];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    text_clean(clean, sizeof clean, text);
    struct updateinfo_finding *finding = memory_append(findings, items);
    *finding = (struct updateinfo_finding){grave, line, memory_copy_text(clean)};
}

/* --- one name --------------------------------------------------------------------------------- */

/* The name without what people leave around it: blanks, the quotation marks of the sample. */
static void bare_name(char *out, size_t size, const char *value)
{
    static const char around[] = " \t\r\n\"'\xc2\xa0";
    const char *from = value + strspn(value, around);
    text_copy(out, size, from);
    for (size_t length = strlen(out); length > 0 && strchr(around, out[length - 1]) != NULL;)
        out[--length] = '\0';
}

static bool is_placeholder(const char *bare)
{
    static const char *const words[] = {"SourceServer", "DestinationServer", "Source Server",
                                        "Destination Server", "OldServer", "NewServer",
                                        "<ServerName>", "<DatabaseName>"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (text_equal_nocase(words[i], bare))
            return true;
    return false;
}

/* False where the name needs no second look: it is empty or a placeholder. */
static bool check_name(struct check *check, int line, const char *what, const char *value)
{
    char bare[300];
    bare_name(bare, sizeof bare, value);
    if (bare[0] == '\0') {
        updateinfo_find(check->findings, true, line, "%s is empty", what);
        return false;
    }
    if (is_placeholder(bare)) {
        updateinfo_find(check->findings, true, line,
                        "%s is still the sample's placeholder %s", what, bare);
        return false;
    }
    if (strpbrk(value, "\"'") != NULL)
        updateinfo_find(check->findings, true, line,
                        "%s %s holds a quotation mark: the scripts put the name between such "
                        "marks themselves", what, value);
    else if (strcmp(bare, value) != 0)
        updateinfo_find(check->findings, true, line, "%s '%s' has blanks around the name", what,
                        value);
    return true;
}

static bool is_known_server(const struct updateinfo *info, const char *bare)
{
    for (size_t i = 0; i < info->known_servers_count; i++)
        if (text_equal_nocase(info->known_servers[i], bare))
            return true;
    return false;
}

static bool check_server(struct check *check, int line, const char *what, const char *value)
{
    char bare[300];
    bare_name(bare, sizeof bare, value);
    if (!check_name(check, line, what, value))
        return false;
    if (is_known_server(check->info, bare))
        return true;
    updateinfo_find(check->findings, true, line,
                    "%s %s is no server of this group, neither old nor new", what, bare);
    return false;
}

static bool same(const char *value, const char *expected)
{
    char bare[300];
    bare_name(bare, sizeof bare, value);
    return text_equal_nocase(bare, expected);
}

/* --- one line of the file --------------------------------------------------------------------- */

static const struct updateinfo_entry *entry_of(const struct updateinfo *info,
                                               const struct updateinfo_line *line)
{
    const struct updateinfo_entry *found = NULL;
    for (size_t i = 0; i < info->entries_count; i++) {
        const struct updateinfo_entry *entry = &info->entries[i];
        bool here = entry->place == line->place ||
                    (entry->unknown && line->place == UPDATEINFO_MESSAGE_BOX);
        if (!here || !same(line->old_database, entry->database))
            continue;
        if (found == NULL ||
            (line->old_server != NULL && same(line->old_server, entry->old_server)))
            found = entry;
    }
    return found;
}

/* Why a line names no database that belongs there. */
static void tell_strange(struct check *check, const struct updateinfo_line *line)
{
    const char *element = updateinfo_element(line->place);
    for (size_t i = 0; i < check->info->entries_count; i++) {
        const struct updateinfo_entry *entry = &check->info->entries[i];
        if (!same(line->old_database, entry->database))
            continue;
        if (entry->place == UPDATEINFO_MANAGEMENT && line->place == UPDATEINFO_MESSAGE_BOX)
            updateinfo_find(check->findings, true, line->line,
                            "a MessageBoxDB line names the management database %s",
                            entry->database);
        else
            updateinfo_find(check->findings, true, line->line, "%s stands under %s, not under %s",
                            entry->database, element, updateinfo_element(entry->place));
        return;
    }
    updateinfo_find(check->findings, true, line->line, "%s names %s, which is no such database of "
                    "this group", element, line->old_database);
}

static void check_new_place(struct check *check, const struct updateinfo_line *line,
                            const struct updateinfo_entry *entry)
{
    bool moved = !same(line->new_server, entry->old_server);
    if (entry->by_hand && !moved && !same(entry->new_server, entry->old_server))
        updateinfo_find(check->findings, false, line->line,
                        "%s stays on %s: right only if it survived there", entry->database,
                        entry->old_server);
    else if (!entry->by_hand && !same(line->new_server, entry->new_server))
        updateinfo_find(check->findings, true, line->line,
                        "%s is restored on %s, not on %s", entry->database, entry->new_server,
                        line->new_server);
    if (!same(line->new_database, entry->database))
        updateinfo_find(check->findings, true, line->line,
                        "%s is restored under its own name, not as %s", entry->database,
                        line->new_database);
}

static bool knows_master(const struct updateinfo *info)
{
    for (size_t i = 0; i < info->entries_count; i++)
        if (info->entries[i].master)
            return true;
    return false;
}

static void check_line(struct check *check, const struct updateinfo_line *line)
{
    bool names = check_name(check, line->line, "oldDBName", line->old_database);
    bool new_name = check_name(check, line->line, "newDBName", line->new_database);
    bool old = line->old_server != NULL &&
               check_server(check, line->line, "oldDBServer", line->old_server);
    bool new = check_server(check, line->line, "newDBServer", line->new_server);
    const struct updateinfo_entry *entry = names ? entry_of(check->info, line) : NULL;
    if (entry == NULL) {
        if (names)
            tell_strange(check, line);
        return;
    }
    if (old && !same(line->old_server, entry->old_server))
        updateinfo_find(check->findings, true, line->line,
                        "BizTalk's tables have %s on %s, not on %s: the scripts would find no "
                        "row", entry->database, entry->old_server, line->old_server);
    if (new && new_name)
        check_new_place(check, line, entry);
    if (entry->unknown && line->place == UPDATEINFO_OTHER)
        updateinfo_find(check->findings, false, line->line,
                        "what %s is for is not known: is it no message box?", entry->database);
    if (line->place == UPDATEINFO_OTHER && !entry->unknown && !same(line->name, entry->name))
        updateinfo_find(check->findings, true, line->line,
                        "Name is %s, but adm_OtherBackupDatabases knows %s as %s: the scripts "
                        "would find no row", line->name, entry->database, entry->name);
    if (entry->place == UPDATEINFO_MESSAGE_BOX && knows_master(check->info) &&
        line->master != entry->master)
        updateinfo_find(check->findings, true, line->line, "%s is %sthe master message box",
                        entry->database, entry->master ? "" : "not ");
}

static void check_twice(struct check *check)
{
    const struct updateinfo_file *file = check->file;
    for (size_t i = 0; i < file->lines_count; i++)
        for (size_t k = 0; k < i; k++) {
            const struct updateinfo_line *a = &file->lines[i], *b = &file->lines[k];
            bool only_one = a->place != UPDATEINFO_MESSAGE_BOX && a->place != UPDATEINFO_OTHER;
            if (a->place != b->place ||
                (!only_one && (!text_equal_nocase(a->old_database, b->old_database) ||
                               !text_equal_nocase(a->old_server, b->old_server))))
                continue;
            updateinfo_find(check->findings, true, a->line, "%s %s stands twice, in line %d too",
                            updateinfo_element(a->place), a->old_database, b->line);
            break;
        }
}

static void check_masters(struct check *check)
{
    size_t masters = 0, boxes = 0;
    for (size_t i = 0; i < check->file->lines_count; i++)
        if (check->file->lines[i].place == UPDATEINFO_MESSAGE_BOX) {
            boxes++;
            masters += check->file->lines[i].master;
        }
    if (boxes > 0 && masters != 1)
        updateinfo_find(check->findings, true, 0,
                        "%zu MessageBoxDB lines have IsMaster=\"1\"; exactly one must", masters);
}

/* --- what is missing -------------------------------------------------------------------------- */

static bool has_line(const struct check *check, const struct updateinfo_entry *entry)
{
    for (size_t i = 0; i < check->file->lines_count; i++) {
        const struct updateinfo_line *line = &check->file->lines[i];
        if (entry_of(check->info, line) == entry)
            return true;
    }
    return false;
}

static void check_missing(struct check *check)
{
    for (size_t i = 0; i < check->info->entries_count; i++) {
        const struct updateinfo_entry *entry = &check->info->entries[i];
        if (has_line(check, entry))
            continue;
        bool commented = updateinfo_in_comment(check->file, entry->database);
        updateinfo_find(check->findings, !entry->by_hand, 0, "%s on %s is missing%s",
                        entry->database, entry->old_server,
                        commented ? ": it stands in a comment only" : "");
    }
}

static const struct updateinfo_entry *alert_of(const struct updateinfo *info)
{
    for (size_t i = 0; i < info->entries_count; i++)
        if (info->entries[i].alert)
            return &info->entries[i];
    return NULL;
}

/* The units that name a database a second time: the import's old place, the alerts. */
static void check_units(struct check *check)
{
    const struct updateinfo_file *file = check->file;
    const struct updateinfo_entry *alert = alert_of(check->info);
    if (file->alert_line > 0) {
        check_name(check, file->alert_line, "InstanceDatabaseName", file->alert_database);
        if (check_server(check, file->alert_line, "DBServer", file->alert_server) &&
            alert != NULL && !same(file->alert_server, alert->new_server))
            updateinfo_find(check->findings, true, file->alert_line,
                            "the alerts' instance database is restored on %s, not on %s",
                            alert->new_server, file->alert_server);
        if (alert != NULL && !same(file->alert_database, alert->database))
            updateinfo_find(check->findings, true, file->alert_line,
                            "the alerts' instance database is %s, not %s", alert->database,
                            file->alert_database);
    } else if (alert != NULL && file->has_bam) {
        updateinfo_find(check->findings, true, 0, "the DeploymentUnit Alert is missing");
    }
    if (file->has_import && !file->has_old_import)
        updateinfo_find(check->findings, true, 0,
                        "the DeploymentUnit OldPrimaryImportDatabase is missing");
}

static int compare_findings(const void *left, const void *right)
{
    const struct updateinfo_finding *a = left, *b = right;
    if (a->line != b->line)
        return a->line < b->line ? -1 : 1;
    return (int)b->grave - (int)a->grave;
}

void updateinfo_check(struct updateinfo_findings *findings, const struct updateinfo *info,
                      const char *text)
{
    struct updateinfo_file *file = updateinfo_file_read(text, findings);
    struct check check = {findings, info, file};
    if (file != NULL) {
        for (size_t i = 0; i < file->lines_count; i++)
            check_line(&check, &file->lines[i]);
        check_twice(&check);
        check_masters(&check);
        check_missing(&check);
        check_units(&check);
    }
    updateinfo_file_free(file);
    if (findings->items_count > 0)
        qsort(findings->items, findings->items_count, sizeof *findings->items, compare_findings);
}

void updateinfo_findings_free(struct updateinfo_findings *findings)
{
    for (size_t i = 0; i < findings->items_count; i++)
        free(findings->items[i].text);
    free(findings->items);
    *findings = (struct updateinfo_findings){0};
}
