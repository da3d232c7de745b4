#include "core/updateinfo.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/str.h"
#include "core/base/text.h"
#include "core/group.h"
#include "core/roster.h"
#include "core/updateinfo_internal.h"

enum { SQL_SERVER_2016 = 13 };

const char *updateinfo_element(enum updateinfo_place place)
{
    static const char *const names[] = {
        [UPDATEINFO_MANAGEMENT] = "ManagementDB",
        [UPDATEINFO_MESSAGE_BOX] = "MessageBoxDB",
        [UPDATEINFO_TRACKING] = "TrackingDB",
        [UPDATEINFO_RULES] = "RuleEngineDB",
        [UPDATEINFO_TRACKING_ANALYSIS] = "AnalysisDB",
        [UPDATEINFO_BAM_IMPORT] = "PrimaryImportDatabase",
        [UPDATEINFO_BAM_ARCHIVE] = "ArchivingDatabase",
        [UPDATEINFO_BAM_ANALYSIS] = "AnalysisDatabase",
        [UPDATEINFO_BAM_STAR] = "StarSchemaDatabase",
        [UPDATEINFO_OTHER] = "Database",
    };
    return names[place];
}

bool updateinfo_is_bam(enum updateinfo_place place)
{
    return place >= UPDATEINFO_BAM_IMPORT && place <= UPDATEINFO_BAM_STAR;
}

static enum updateinfo_place place_of(enum database_use use)
{
    static const struct {
        enum database_use use;
        enum updateinfo_place place;
    } places[] = {
        {USE_MANAGEMENT, UPDATEINFO_MANAGEMENT},
        {USE_MESSAGE_BOX, UPDATEINFO_MESSAGE_BOX},
        {USE_TRACKING, UPDATEINFO_TRACKING},
        {USE_RULE_ENGINE, UPDATEINFO_RULES},
        {USE_TRACKING_ANALYSIS, UPDATEINFO_TRACKING_ANALYSIS},
        {USE_BAM_PRIMARY_IMPORT, UPDATEINFO_BAM_IMPORT},
        {USE_BAM_ARCHIVE, UPDATEINFO_BAM_ARCHIVE},
        {USE_BAM_ANALYSIS, UPDATEINFO_BAM_ANALYSIS},
        {USE_BAM_STAR_SCHEMA, UPDATEINFO_BAM_STAR},
    };
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (places[i].use == use)
            return places[i].place;
    return UPDATEINFO_OTHER; /* SSO, alerts, custom */
}

/* --- the entries ------------------------------------------------------------------------------ */

/* The Name under OtherDatabases. Of SSO and the alerts the documentation says it; the scripts
 * change the row of adm_OtherBackupDatabases whose DefaultDatabaseName is Name. */
static char *listed_name(const struct roster_row *row, bool *alert)
{
    bool instance = row->listed_as != NULL && text_equal_nocase(row->listed_as,
                                                                "BAM Alerts Instance DB");
    if (row->use == USE_SSO)
        return memory_copy_text("SSO");
    if (row->use == USE_BAM_ALERTS) {
        *alert = instance || text_equal_nocase(row->database, "BAMAlertsNSMain");
        return memory_copy_text(*alert ? "BAM Alerts Instance DB" : "BAM Alerts Application DB");
    }
    return memory_copy_text(row->listed_as != NULL ? row->listed_as : row->database);
}

/* The name by which BizTalk will reach a destination: the one it gives itself. */
static const char *name_of(const struct group_view *view, int server)
{
    const char *own = view->servers[server]->server_name;
    return own != NULL && *own ? own : view->config->servers[server].name;
}

/* The one destination that takes the databases of a source server; -1 = none or several. */
static int destination_of_source(const struct group_view *view, const char *server)
{
    int source = roster_find_server(view, server, ROLE_SOURCE), found = -1;
    for (size_t i = 0; i < view->roster_count; i++) {
        const struct roster_entry *entry = &view->roster[i];
        if (source < 0 || entry->source != source || entry->destination < 0)
            continue;
        if (found >= 0 && found != entry->destination)
            return -1;
        found = entry->destination;
    }
    return found;
}

static int destination_of(const struct group_view *view, const struct roster_row *row)
{
    if (!row->in_backup_job)
        return destination_of_source(view, row->server);
    int entry = roster_find(view, row->server, row->database);
    return entry < 0 ? -1 : view->roster[entry].destination;
}

static bool add_entry(struct updateinfo *info, const struct group_view *view,
                      const struct roster_row *row, struct error *error)
{
    int destination = destination_of(view, row);
    if (destination < 0 && row->in_backup_job) {
        error_set(error, ERR_REFUSED, row->database, "see 'restores' in stopmark.ini",
                  "it is not certain which destination restores %s", row->database);
        return false;
    }
    struct updateinfo_entry *entry = memory_append(info, entries);
    entry->place = place_of(row->use);
    entry->database = memory_copy_text(row->database);
    entry->old_server = memory_copy_text(row->server == NULL ? "" : row->server);
    entry->new_server =
        memory_copy_text(destination < 0 ? entry->old_server : name_of(view, destination));
    entry->master = row->is_master_message_box;
    entry->by_hand = !row->in_backup_job;
    entry->unknown = row->use == USE_UNKNOWN;
    if (entry->place == UPDATEINFO_OTHER)
        entry->name = listed_name(row, &entry->alert);
    return true;
}

static int compare_entries(const void *left, const void *right)
{
    const struct updateinfo_entry *a = left, *b = right;
    if (a->place != b->place)
        return a->place < b->place ? -1 : 1;
    if (a->master != b->master)
        return a->master ? -1 : 1;
    return text_compare_nocase(a->database, b->database);
}

/* --- what else the file and its check need ---------------------------------------------------- */

static void know_server(struct updateinfo *info, const char *name)
{
    for (size_t i = 0; name != NULL && i < info->known_servers_count; i++)
        if (text_equal_nocase(info->known_servers[i], name))
            return;
    if (name != NULL && *name)
        *memory_append(info, known_servers) = memory_copy_text(name);
}

static void know_servers(struct updateinfo *info, const struct group_view *view)
{
    for (size_t i = 0; i < view->servers_count; i++) {
        const struct config_server *server = &view->config->servers[i];
        know_server(info, server->name);
        know_server(info, view->servers[i]->server_name);
        for (size_t k = 0; k < server->aliases_count; k++)
            know_server(info, server->aliases[k]);
        if (server->role == ROLE_DESTINATION &&
            view->servers[i]->version_major >= SQL_SERVER_2016)
            info->needs_msoledbsql = true;
    }
    for (size_t i = 0; i < info->entries_count; i++)
        know_server(info, info->entries[i].old_server);
}

/* A group has one master: where it has one message box, that is it. */
static void find_master(struct updateinfo *info, struct str *doubt)
{
    struct updateinfo_entry *box = NULL;
    size_t boxes = 0, masters = 0;
    for (size_t i = 0; i < info->entries_count; i++) {
        struct updateinfo_entry *entry = &info->entries[i];
        if (entry->place == UPDATEINFO_MESSAGE_BOX)
            box = entry;
        boxes += entry->place == UPDATEINFO_MESSAGE_BOX || entry->unknown;
        masters += entry->master;
    }
    if (masters > 0 || boxes == 0)
        return;
    if (boxes == 1 && box != NULL)
        box->master = true;
    else
        str_add(doubt, "which message box is the master is not known: set its IsMaster to 1; ");
}

/* What people have to put right, because BizTalk's tables could not be read. */
static void find_doubts(struct updateinfo *info)
{
    struct str doubt = {0};
    for (size_t i = 0; i < info->entries_count; i++)
        if (info->entries[i].unknown)
            str_format(&doubt, "what %s is for is not known: where it is a message box, its line "
                               "is a MessageBoxDB's; ", info->entries[i].database);
    find_master(info, &doubt);
    if (doubt.length > 0)
        str_add(&doubt, "the login could not read BizTalk's tables (stopmark grants)");
    info->doubt = doubt.length > 0 ? str_take(&doubt) : NULL;
    str_free(&doubt);
}

struct updateinfo *updateinfo_make(const struct group_view *view, struct error *error)
{
    const struct server_view *management =
        view->management < 0 ? NULL : view->servers[view->management];
    if (management == NULL || management->roster_count == 0) {
        error_set(error, ERR_UNREACHABLE, view->config->management_database,
                  "stopmark must have read the management database once, with SELECT on its tables",
                  "the group's databases are not known: the management database was never read");
        return NULL;
    }
    struct updateinfo *info = memory_new(sizeof *info);
    info->group = memory_copy_text(view->config->group_name);
    info->as_of_utc_ms = management->as_of_utc_ms;
    info->live = management->reachable;
    bool good = true;
    for (size_t i = 0; good && i < management->roster_count; i++)
        good = add_entry(info, view, &management->roster[i], error);
    if (!good) {
        updateinfo_free(info);
        return NULL;
    }
    find_doubts(info);
    qsort(info->entries, info->entries_count, sizeof *info->entries, compare_entries);
    for (size_t i = 0; i < management->computers_count; i++)
        *memory_append(info, computers) = memory_copy_text(management->computers[i]);
    know_servers(info, view);
    return info;
}

void updateinfo_free(struct updateinfo *info)
{
    if (info == NULL)
        return;
    for (size_t i = 0; i < info->entries_count; i++) {
        free(info->entries[i].name);
        free(info->entries[i].database);
        free(info->entries[i].old_server);
        free(info->entries[i].new_server);
    }
    for (size_t i = 0; i < info->computers_count; i++)
        free(info->computers[i]);
    for (size_t i = 0; i < info->known_servers_count; i++)
        free(info->known_servers[i]);
    free(info->entries);
    free(info->computers);
    free(info->known_servers);
    free(info->group);
    free(info->doubt);
    free(info);
}
