#include "core/assume.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/chain.h"
#include "core/group.h"

#define FILE_MISSING_KEY "file-missing="
#define SERVER_DOWN_KEY "server-down="
#define SET_PARTIAL_KEY "set-partial="

/* The value behind key, or NULL where the assumption is of another kind. */
static const char *value_of(const char *assumption, const char *key)
{
    size_t length = strlen(key);
    return strncmp(assumption, key, length) == 0 ? assumption + length : NULL;
}

static bool refuse(struct error *error, const char *assumption, const char *why)
{
    error_set(error, ERR_USAGE, NULL,
              "--assume file-missing=SET/DB, server-down=NAME or set-partial=SET",
              "the assumption '%s' %s", assumption, why);
    return false;
}

bool assume_is_known(const char *assumption, struct error *error)
{
    return value_of(assumption, SERVER_DOWN_KEY) != NULL ||
           value_of(assumption, FILE_MISSING_KEY) != NULL ||
           value_of(assumption, SET_PARTIAL_KEY) != NULL ||
           refuse(error, assumption, "is of no known kind");
}

bool assume_servers(struct group_view *view, const struct group_assumptions *assumptions,
                    struct error *error)
{
    for (size_t i = 0; i < assumptions->assume_count; i++) {
        const char *assumption = assumptions->assume[i];
        const char *name = value_of(assumption, SERVER_DOWN_KEY);
        if (!assume_is_known(assumption, error))
            return false;
        if (name == NULL)
            continue;
        int server = config_server_find(view->config, name);
        if (server < 0 || (size_t)server >= view->servers_count)
            return refuse(error, assumption, "names no server of stopmark.ini");
        view->down[server] = true;
        view->lives[server] = false;
    }
    group_find_alive(view);
    return true;
}

void assume_roster(struct group_view *view, const struct group_assumptions *assumptions)
{
    for (size_t i = 0; i < assumptions->leave_out_count; i++)
        for (size_t k = 0; k < view->roster_count; k++)
            if (text_equal_nocase(view->roster[k].database, assumptions->leave_out[i]))
                view->roster[k].left_out = true;
}

/* Those that only older sets hold are known once the sets are. */
static bool leave_out_formers(struct group_view *view, const struct group_assumptions *assumptions,
                              struct error *error)
{
    for (size_t i = 0; i < assumptions->leave_out_count; i++) {
        bool found = false;
        for (size_t k = 0; k < view->roster_count; k++)
            found = found ||
                    text_equal_nocase(view->roster[k].database, assumptions->leave_out[i]);
        for (size_t k = 0; k < view->formers_count; k++)
            if (text_equal_nocase(view->formers[k].database, assumptions->leave_out[i]))
                found = view->formers[k].left_out = true;
        if (!found) {
            error_set(error, ERR_USAGE, assumptions->leave_out[i], NULL,
                      "the group has no such database to leave out");
            return false;
        }
    }
    return true;
}

void assume_copies(struct group_view *view)
{
    for (size_t k = 0; k < view->roster_count; k++) {
        struct roster_entry *entry = &view->roster[k];
        entry->state = STATE_ABSENT;
        entry->standby = entry->redo_visible = false;
        entry->redo_lsn = entry->restored_first_lsn = entry->restored_last_lsn = (struct lsn){0};
        free(entry->at_mark);
        entry->at_mark = NULL;
    }
}

/* --- added files ----------------------------------------------------------------------------- */

/* 1: the guids of the history's files of that database are the header's; 0: they are others; -1:
 * none is known. */
static int family_fits(const struct group_view *view, size_t entry, const char *family)
{
    for (size_t s = view->sets_count; family[0] != '\0' && s-- > 0;) {
        const char *known = view->sets[s].files[entry].family_guid;
        if (known[0] != '\0')
            return strcasecmp(known, family) == 0;
    }
    return -1;
}

/* The family tells, whatever the database was called when the file was written; only where no
 * family is known its name does. */
static int find_entry(const struct group_view *view, const struct added_file *added)
{
    for (size_t k = 0; k < view->roster_count && added->problem == NULL; k++) {
        if (view->roster[k].destination != added->destination)
            continue;
        int fits = family_fits(view, k, added->file.family_guid);
        if (fits > 0 || (fits < 0 && text_equal_nocase(view->roster[k].database, added->database)))
            return (int)k;
    }
    return -1;
}

static void add_files(struct group_view *view, const struct group_assumptions *assumptions)
{
    for (size_t i = 0; i < assumptions->added_count; i++) {
        const struct added_file *given = &assumptions->added[i];
        struct added_file *added = memory_append(view, added);
        *added = *given;
        added->file.present = true;
        added->file.evidence = EVIDENCE_HEADER;
        added->file.path = memory_copy_text(given->file.path);
        added->file.as_backed_up = NULL;
        added->database = memory_copy_text(given->database);
        added->problem = memory_copy_text(given->problem);
        added->entry = find_entry(view, added);
    }
}

/* --- sets ------------------------------------------------------------------------------------ */

/* The set in front of "/DB" or alone; -1 where it is none. */
static int find_set(const struct group_view *view, const char *value, const char **rest)
{
    char *end;
    long long id = strtoll(value, &end, 10);
    *rest = end;
    return end == value ? -1 : chain_find_set(view, id);
}

bool assume_sets(struct group_view *view, const struct group_assumptions *assumptions,
                 struct error *error)
{
    if (!leave_out_formers(view, assumptions, error))
        return false;
    add_files(view, assumptions);
    for (size_t i = 0; i < assumptions->assume_count; i++) {
        const char *assumption = assumptions->assume[i], *rest;
        const char *missing = value_of(assumption, FILE_MISSING_KEY);
        const char *partial = value_of(assumption, SET_PARTIAL_KEY);
        if (missing == NULL && partial == NULL)
            continue;
        int set = find_set(view, missing != NULL ? missing : partial, &rest);
        if (set < 0 || *rest != (missing != NULL ? '/' : '\0'))
            return refuse(error, assumption, "names no known set");
        if (partial != NULL) {
            view->sets[set].complete = false;
            continue;
        }
        bool found = false;
        for (size_t k = 0; k < view->roster_count; k++)
            if (text_equal_nocase(view->roster[k].database, rest + 1) &&
                view->sets[set].files[k].present) {
                view->sets[set].files[k].state = FILE_MISSING;
                found = true;
            }
        if (!found)
            return refuse(error, assumption, "names no database with a file in that set");
    }
    return true;
}
