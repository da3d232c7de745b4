#include "core/roster.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/group.h"

static const struct default_name default_names[] = {
    {"BizTalkMgmtDb", USE_MANAGEMENT},
    {"BizTalkMsgBoxDb", USE_MESSAGE_BOX},
    {"BizTalkDTADb", USE_TRACKING},
    {"SSODB", USE_SSO},
    {"BAMPrimaryImport", USE_BAM_PRIMARY_IMPORT},
    {"BAMAlertsApplication", USE_BAM_ALERTS},
    {"BAMAlertsNSMain", USE_BAM_ALERTS},
    {"BizTalkRuleEngineDb", USE_RULE_ENGINE},
    {"BAMStarSchema", USE_BAM_STAR_SCHEMA},
    {"BAMArchive", USE_BAM_ARCHIVE},
    {"BAMAnalysis", USE_BAM_ANALYSIS},
    {"BizTalkAnalysisDb", USE_TRACKING_ANALYSIS},
};

const struct default_name *roster_default_names(size_t *count)
{
    *count = sizeof default_names / sizeof *default_names;
    return default_names;
}

bool roster_is_backed_up_otherwise(enum database_use use)
{
    return use == USE_BAM_STAR_SCHEMA || use == USE_BAM_ARCHIVE || use == USE_BAM_ANALYSIS ||
           use == USE_TRACKING_ANALYSIS;
}

enum database_use roster_use_by_name(const char *database)
{
    if (database == NULL)
        return USE_CUSTOM;
    for (size_t i = 0; i < sizeof default_names / sizeof *default_names; i++)
        if (text_equal_nocase(default_names[i].name, database))
            return default_names[i].use;
    /* Further message boxes carry a number or a word behind the default name. */
    return strncasecmp(database, "BizTalkMsgBoxDb", 15) == 0 ? USE_MESSAGE_BOX : USE_CUSTOM;
}

int roster_find_server(const struct group_view *view, const char *name, enum server_role role)
{
    if (name == NULL)
        return -1;
    int found = config_server_find(view->config, name);
    if (found >= 0 && (size_t)found < view->servers_count && view->servers[found]->role == role)
        return found;
    for (size_t i = 0; i < view->servers_count; i++) {
        const struct server_view *server = view->servers[i];
        if (server->role == role &&
            ((server->server_name != NULL && text_equal_nocase(server->server_name, name)) ||
             (server->machine != NULL && text_equal_nocase(server->machine, name))))
            return (int)i;
    }
    return -1;
}

int roster_find(const struct group_view *view, const char *server, const char *database)
{
    int found = -1, by_name = -1, same_names = 0;
    int source = roster_find_server(view, server, ROLE_SOURCE);
    for (size_t i = 0; i < view->roster_count; i++) {
        const struct roster_entry *entry = &view->roster[i];
        if (!text_equal_nocase(entry->database, database))
            continue;
        same_names++;
        by_name = (int)i;
        if (server != NULL && ((source >= 0 && source == entry->source) ||
                               text_equal_nocase(entry->source_server, server)))
            found = (int)i;
    }
    bool known_elsewhere = source >= 0 && by_name >= 0 && view->roster[by_name].source >= 0;
    return found >= 0 ? found : same_names == 1 && !known_elsewhere ? by_name : -1;
}

char *roster_where(const struct group_view *view, size_t entry)
{
    const struct roster_entry *e = &view->roster[entry];
    const char *server = e->destination >= 0        ? view->servers[e->destination]->name
                         : e->source_server != NULL ? e->source_server
                                                    : "?";
    return memory_format("%s/%s", server, e->database);
}

/* --- which databases ------------------------------------------------------------------------- */

static struct roster_entry *add(struct group_view *view, const char *server, const char *database)
{
    if (roster_find(view, server, database) >= 0)
        return NULL;
    struct roster_entry *entry = memory_append(view, roster);
    entry->source_server = memory_copy_text(server);
    entry->database = memory_copy_text(database);
    entry->use = roster_use_by_name(database);
    entry->source = roster_find_server(view, server, ROLE_SOURCE);
    entry->destination = -1;
    entry->state = STATE_ABSENT;
    return entry;
}

static void add_backup_view(struct group_view *view)
{
    if (view->management < 0)
        return;
    const struct server_view *management = view->servers[view->management];
    for (size_t i = 0; i < management->roster_count; i++) {
        const struct roster_row *row = &management->roster[i];
        if (!row->in_backup_job)
            continue;
        struct roster_entry *entry = add(view, row->server, row->database);
        if (entry != NULL) {
            entry->use = row->use;
            entry->is_master_message_box = row->is_master_message_box;
        }
    }
}

struct newest {
    int64_t set_id; /* of the set being read */
    bool complete;
    int64_t found;
};

static bool note_complete(void *context, const struct history_row *row)
{
    struct newest *newest = context;
    if (row->set_id != newest->set_id) {
        if (newest->complete && newest->set_id > newest->found)
            newest->found = newest->set_id;
        newest->set_id = row->set_id;
        newest->complete = true;
    }
    newest->complete = newest->complete && row->complete;
    return true;
}

static int64_t newest_complete_set(const struct group_view *view)
{
    int64_t found = 0;
    for (size_t i = 0; i < view->servers_count; i++) {
        struct newest newest = {0};
        server_view_each_history(view->servers[i], note_complete, &newest);
        if (newest.complete && newest.set_id > newest.found)
            newest.found = newest.set_id;
        if (newest.found > found)
            found = newest.found;
    }
    return found;
}

static void add_newest_set(struct group_view *view)
{
    int64_t set = newest_complete_set(view);
    for (size_t i = 0; set != 0 && i < view->servers_count; i++) {
        const struct server_view *server = view->servers[i];
        for (size_t c = server->history_count; c-- > 0;) {
            const struct history_chunk *chunk = server->history[c];
            if (chunk->count == 0 || chunk->rows[0].set_id > set)
                continue;
            for (size_t r = 0; r < chunk->count; r++)
                if (chunk->rows[r].set_id == set)
                    add(view, chunk->rows[r].server, chunk->rows[r].database);
            if (chunk->rows[0].set_id < set)
                break;
        }
    }
}

/* --- which destination ----------------------------------------------------------------------- */

static bool restores(const struct group_view *view, int destination,
                     const struct roster_entry *entry)
{
    const struct config_server *server = &view->config->servers[destination];
    if (server->restores_all)
        return true;
    for (size_t i = 0; i < server->restores_count; i++) {
        int source = config_server_find(view->config, server->restores[i]);
        if ((source >= 0 && source == entry->source) ||
            text_equal_nocase(server->restores[i], entry->source_server))
            return true;
    }
    return false;
}

enum listing { LISTS_NOTHING_KNOWN, LISTS_IT, LISTS_OTHERS };

static enum listing shipping_lists(const struct server_view *destination,
                                   const struct roster_entry *entry)
{
    if (!group_has_part(destination, PART_SHIPPING) || destination->shipping_count == 0)
        return LISTS_NOTHING_KNOWN;
    for (size_t i = 0; i < destination->shipping_count; i++)
        if (text_equal_nocase(destination->shipping[i].database, entry->database))
            return LISTS_IT;
    return LISTS_OTHERS;
}

static void find_destination(struct group_view *view, struct roster_entry *entry)
{
    int by_configuration = 0, listed = 0, first = -1, first_listed = -1, second = -1;
    for (size_t i = 0; i < view->destinations_count; i++) {
        int destination = view->destinations[i];
        if (!restores(view, destination, entry))
            continue;
        if (by_configuration++ == 0)
            first = destination;
        else if (second < 0)
            second = destination;
        if (shipping_lists(view->servers[destination], entry) == LISTS_IT && listed++ == 0)
            first_listed = destination;
    }
    if (by_configuration == 1)
        entry->destination = first;
    else if (by_configuration > 1 && listed == 1)
        entry->destination = first_listed;
    else if (by_configuration > 1)
        entry->problem = memory_format(
            "two destinations restore it, %s and %s: name its source server under 'restores' of "
            "one only",
            view->servers[first]->name, view->servers[second]->name);
    else if (entry->source < 0)
        entry->problem = memory_format(
            "its server '%s' is no section and no alias in stopmark.ini: add it as an alias",
            entry->source_server == NULL ? "?" : entry->source_server);
    else
        entry->problem = memory_format("no destination restores %s: add it to 'restores' of one",
                                       view->servers[entry->source]->name);
}

/* --- where it stands ------------------------------------------------------------------------- */

static void find_last_restore(struct roster_entry *entry, const struct server_view *destination)
{
    const struct restore_row *last = NULL;
    for (size_t i = destination->restores_count; i-- > 0;) {
        const struct restore_row *row = &destination->restores[i];
        if ((last == NULL || row->restore_history_id > last->restore_history_id) &&
            (row->type == 'L' || row->type == 'D') &&
            text_equal_nocase(row->database, entry->database))
            last = row;
    }
    if (last == NULL)
        return;
    entry->restored_first_lsn = last->first_lsn;
    entry->restored_last_lsn = last->last_lsn;
    if (last->type == 'L')
        entry->at_mark = memory_copy_text(last->stop_at_mark);
}

static void find_standing(const struct group_view *view, struct roster_entry *entry)
{
    const struct server_view *destination = view->servers[entry->destination];
    entry->state_known = group_has_part(destination, PART_DATABASES);
    const struct database_row *row = server_view_database(destination, entry->database);
    if (row != NULL) {
        entry->state = row->state;
        entry->standby = row->standby;
        entry->redo_lsn = row->redo_lsn;
        entry->redo_visible = row->files_visible;
    }
    find_last_restore(entry, destination);
    /* The clause stands on every log of a sequence, also on those that end before the mark. While
     * the redo point is visible it tells: a log applied whole did not hold the mark. */
    if (entry->at_mark != NULL && lsn_is_known(entry->redo_lsn) &&
        lsn_is_known(entry->restored_last_lsn) &&
        lsn_compare(entry->redo_lsn, entry->restored_last_lsn) >= 0) {
        free(entry->at_mark);
        entry->at_mark = NULL;
    }
}

/* A server has one database of a name: two sources' databases cannot both be restored to it. */
static void find_collisions(struct group_view *view)
{
    for (size_t i = 0; i < view->roster_count; i++)
        for (size_t k = 0; k < view->roster_count; k++) {
            struct roster_entry *entry = &view->roster[i];
            const struct roster_entry *other = &view->roster[k];
            if (i == k || entry->problem != NULL || entry->destination < 0 ||
                entry->destination != other->destination ||
                !text_equal_nocase(entry->database, other->database))
                continue;
            entry->problem = memory_format(
                "%s restores two databases of that name, of %s and of %s: name one source under "
                "'restores' of another destination",
                view->servers[entry->destination]->name, entry->source_server,
                other->source_server);
        }
}

static int compare_entries(const void *a, const void *b)
{
    const struct roster_entry *x = a, *y = b;
    if (x->destination != y->destination)
        return (unsigned)x->destination < (unsigned)y->destination ? -1 : 1;
    if (x->use != y->use)
        return x->use < y->use ? -1 : 1;
    if (x->is_master_message_box != y->is_master_message_box)
        return x->is_master_message_box ? -1 : 1;
    int order = text_compare_nocase(x->database, y->database);
    return order != 0 ? order : x->source - y->source;
}

void roster_build(struct group_view *view)
{
    add_backup_view(view);
    add_newest_set(view);
    for (size_t i = 0; i < view->roster_count; i++) {
        struct roster_entry *entry = &view->roster[i];
        find_destination(view, entry);
        if (entry->destination >= 0)
            find_standing(view, entry);
    }
    find_collisions(view);
    if (view->roster_count > 0)
        qsort(view->roster, view->roster_count, sizeof *view->roster, compare_entries);
    for (size_t i = 0; i < view->roster_count; i++)
        if (view->roster[i].problem != NULL)
            group_add_text(
                view, roster_problems,
                memory_format("%s: %s", view->roster[i].database, view->roster[i].problem));
}
