#include "core/config.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/memory.h"
#include "core/base/str.h"
#include "core/base/text.h"
#include "core/config_check.h"
#include "core/config_options.h"
#include "core/config_scan.h"
#include "core/config_values.h"

static const long file_size_max = 1000000;

char *config_find(const char *given)
{
    if (given)
        return memory_copy_text(given);
    const char *named = getenv("STOPMARK_CONFIG");
    if (named && *named)
        return memory_copy_text(named);
    const char *directory = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    char *path = NULL;
    if (directory && *directory == '/')
        path = memory_format("%s/stopmark/stopmark.ini", directory);
    else if (home && *home == '/')
        path = memory_format("%s/.config/stopmark/stopmark.ini", home);
    if (path && access(path, F_OK) == 0)
        return path;
    free(path);
    path = memory_copy_text("/etc/stopmark/stopmark.ini");
    if (access(path, F_OK) == 0)
        return path;
    free(path);
    return NULL;
}

static char *default_state_dir(void)
{
    const char *directory = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    if (directory && *directory == '/')
        return memory_format("%s/stopmark", directory);
    if (!home || *home != '/') {
        const struct passwd *user = getpwuid(getuid());
        home = user ? user->pw_dir : "/var/lib";
    }
    return memory_format("%s/.local/state/stopmark", home);
}

static char *read_file(const char *path, size_t *length, struct config_problems *problems)
{
    FILE *file = fopen(path, "re");
    if (!file) {
        config_problem(problems, 0, "%s: %s", path, strerror(errno));
        return NULL;
    }
    struct str text = {0};
    char buffer[8192];
    size_t got;
    while ((got = fread(buffer, 1, sizeof buffer, file)) > 0 &&
           text.length <= (size_t)file_size_max)
        str_add_bytes(&text, buffer, got);
    bool bad = ferror(file);
    fclose(file);
    if (bad || text.length > (size_t)file_size_max) {
        config_problem(problems, 0, bad ? "%s: cannot be read" : "%s: larger than a megabyte",
                       path);
        str_free(&text);
        return NULL;
    }
    *length = text.length;
    return str_take(&text);
}

static enum option_section section_kind(const char *name, const char **server)
{
    *server = NULL;
    if (strncasecmp(name, "server", 6) == 0 && (name[6] == ' ' || !name[6])) {
        *server = name + 6 + strspn(name + 6, " ");
        return SECTION_SERVER;
    }
    for (int section = 0; section < SECTION_COUNT; section++)
        if (section != SECTION_SERVER &&
            text_equal_nocase(name, config_section_name((enum option_section)section)))
            return (enum option_section)section;
    return SECTION_COUNT;
}

static void unknown_section(const struct config_section *section, struct config_problems *problems)
{
    const char *nearest = "server NAME";
    int least = text_distance(section->name, "server");
    for (int i = 0; i < SECTION_COUNT; i++) {
        const char *name = config_section_name((enum option_section)i);
        int distance = text_distance(section->name, name);
        if (distance < least) {
            least = distance;
            nearest = name;
        }
    }
    config_problem(problems, section->line,
                   "unknown section [%s]; expected [group], [server NAME], [limits], [display] or "
                   "[restore] (nearest: [%s])",
                   section->name, nearest);
}

static void unknown_keys(const struct config_section *section, enum option_section kind,
                         struct config_problems *problems)
{
    for (size_t i = 0; i < section->entries_count; i++) {
        const struct config_entry *entry = &section->entries[i];
        if (config_option_find(kind, entry->key))
            continue;
        const char *nearest = config_option_nearest(kind, entry->key);
        config_problem(problems, entry->line, "unknown key %s in [%s]%s%s%s", entry->key,
                       section->name, nearest ? " (did you mean " : "", nearest ? nearest : "",
                       nearest ? "?)" : "");
    }
}

/* Fills all fields of one section (which may be missing: NULL) from its keys or the defaults. */
static void read_section(void *holder, enum option_section kind,
                         const struct config_section *section, struct config_problems *problems)
{
    size_t count;
    const struct config_option *options = config_options(&count);
    if (section)
        unknown_keys(section, kind, problems);
    for (size_t i = 0; i < count; i++) {
        const struct config_option *option = &options[i];
        if (option->section != kind)
            continue;
        const struct config_entry *entry =
            section ? config_section_entry(section, option->key) : NULL;
        if (entry && config_read_value(holder, option, entry->value))
            continue;
        if (entry)
            config_problem(problems, entry->line, "%s = \"%s\": expected %s", entry->key,
                           entry->value, config_option_expected(option->kind));
        else if (option->required)
            config_problem(problems, section ? section->line : 0, "%s is missing in [%s]",
                           option->key, section ? section->name : config_section_name(kind));
        if (option->default_text)
            config_read_value(holder, option, option->default_text);
    }
}

static bool is_server_name(const char *name)
{
    return *name && strlen(name) <= 128 && !strpbrk(name, ",*/");
}

static void read_server(struct config *config, const struct config_section *section,
                        const char *name, struct config_problems *problems)
{
    if (!is_server_name(name)) {
        config_problem(problems, section->line,
                       "[%s]: expected [server NAME], at most 128 bytes without , * and /",
                       section->name);
        return;
    }
    int other = -1;
    for (size_t i = 0; i < config->servers_count; i++)
        if (text_equal_nocase(config->servers[i].name, name))
            other = config->servers[i].line;
    if (other >= 0)
        config_problem(problems, section->line, "[server %s] stands twice, first in line %d", name,
                       other);
    struct config_server *server = memory_append(config, servers);
    server->name = memory_copy_text(name);
    server->line = section->line;
    read_section(server, SECTION_SERVER, section, problems);
    server->has_restore_login = server->restore.user || server->restore.auth == AUTH_KERBEROS;
}

static void read_sections(struct config *config, const struct config_scan *scan,
                          struct config_problems *problems)
{
    const struct config_section *found[SECTION_COUNT] = {0};
    for (size_t i = 0; i < scan->sections_count; i++) {
        const struct config_section *section = &scan->sections[i];
        const char *server;
        enum option_section kind = section_kind(section->name, &server);
        if (kind == SECTION_SERVER)
            read_server(config, section, server, problems);
        else if (kind == SECTION_COUNT)
            unknown_section(section, problems);
        else if (!found[kind])
            found[kind] = section;
    }
    for (int kind = 0; kind < SECTION_COUNT; kind++)
        if (kind != SECTION_SERVER)
            read_section(config, (enum option_section)kind, found[kind], problems);
}

static int compare_problems(const void *a, const void *b)
{
    const struct config_problem *left = a, *right = b;
    return (left->line > right->line) - (left->line < right->line);
}

struct config *config_load(const char *path, struct config_problems *problems)
{
    size_t length;
    char *text = read_file(path, &length, problems);
    if (!text)
        return NULL;
    struct config_scan scan = {0};
    struct config *config = memory_new(sizeof *config);
    config->path = memory_copy_text(path);
    if (config_scan_text(&scan, text, length, problems))
        config_scan_compare(&scan, path, problems);
    read_sections(config, &scan, problems);
    config_check(config, problems);
    if (!config->state_dir)
        config->state_dir = default_state_dir();
    config_scan_free(&scan);
    free(text);
    if (problems->items_count) {
        qsort(problems->items, problems->items_count, sizeof problems->items[0],
              compare_problems);
        config_free(config);
        return NULL;
    }
    return config;
}

static void free_login(struct config_login *login)
{
    free(login->user);
    free(login->password.command);
    free(login->password.file);
    free(login->password.environment);
}

static void free_server(struct config_server *server)
{
    free(server->name);
    free(server->host);
    free(server->instance);
    free(server->ca_file);
    free(server->data_path);
    free(server->log_path);
    for (size_t i = 0; i < server->aliases_count; i++)
        free(server->aliases[i]);
    free(server->aliases);
    for (size_t i = 0; i < server->restores_count; i++)
        free(server->restores[i]);
    free(server->restores);
    free_login(&server->monitor);
    free_login(&server->restore);
}

void config_free(struct config *config)
{
    if (!config)
        return;
    for (size_t i = 0; i < config->servers_count; i++)
        free_server(&config->servers[i]);
    free(config->servers);
    free(config->path);
    free(config->group_name);
    free(config->management_database);
    free(config->theme);
    free(config->journal_dir);
    free(config->runbook);
    free(config->rehearsal_prefix);
    free(config->state_dir);
    free(config);
}

void config_problems_free(struct config_problems *problems)
{
    free(problems->items);
    *problems = (struct config_problems){0};
}
