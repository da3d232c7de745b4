#include "screens/demo_views.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/base/str.h"
#include "core/base/text.h"
#include "core/chain.h"
#include "core/json.h"
#include "core/store.h"

enum { SETS_MOST = 1500, PARTS_MOST = 60, MEGABYTE = 1000000 };

struct group_view *demo_views_load(const struct config *config, struct error *error)
{
    const struct clock *clock = clock_system();
    struct server_view **servers = memory_new_array(config->servers_count, sizeof *servers);
    bool management = false;
    for (size_t i = 0; i < config->servers_count; i++) {
        servers[i] = store_load(NULL, config, i, clock);
        if (servers[i] == NULL)
            servers[i] = server_view_new(config->servers[i].name, config->servers[i].role);
        management = management || servers[i]->has_management;
    }
    struct group_view *view =
        management ? group_view_build(config, servers, config->servers_count, NULL,
                                      clock_utc_ms(clock), clock_monotonic_ms(clock))
                   : NULL;
    if (!management)
        error_set(error, ERR_FAILED, config->state_dir,
                  "start stopmark once while the source answers: it keeps what it sees",
                  "there is no last good view of the source with the management database");
    for (size_t i = 0; i < config->servers_count; i++)
        server_view_release(servers[i]);
    free(servers);
    return view;
}

static void set(json_t *object, const char *key, json_t *value)
{
    json_object_set_new(object, key, value);
}

static void set_text(json_t *object, const char *key, const char *text)
{
    if (text != NULL)
        set(object, key, json_from_text(text));
}

/* --- servers ------------------------------------------------------------------------------------- */

/* What BizTalk's tables call the source, where it is not the configuration's word. */
static const char *alias_of(const struct group_view *view, size_t server)
{
    for (size_t k = 0; k < view->roster_count; k++)
        if (view->roster[k].source == (int)server &&
            !text_equal_nocase(view->roster[k].source_server, view->servers[server]->name))
            return view->roster[k].source_server;
    return NULL;
}

static json_t *restores_of(const struct config_server *config)
{
    if (config->restores_all)
        return json_string("*");
    struct str names = {0};
    for (size_t i = 0; i < config->restores_count; i++)
        str_format(&names, "%s%s", i == 0 ? "" : ", ", config->restores[i]);
    json_t *text = json_from_text(str_text(&names));
    str_free(&names);
    return text;
}

static json_t *server_to_json(const struct group_view *view, size_t i)
{
    const struct server_view *server = view->servers[i];
    json_t *object = json_object();
    int major, minor, build;
    set_text(object, "name", server->name);
    set_text(object, "role", server_role_name(server->role));
    if (server->version != NULL && sscanf(server->version, "%d.%d.%d", &major, &minor, &build) == 3) {
        char version[60];
        snprintf(version, sizeof version, "%d.%d.%d", major, minor, build);
        set_text(object, "version", version);
    }
    set_text(object, "edition", server->edition);
    set_text(object, "data_path", server->data_path);
    set_text(object, "log_path", server->log_path);
    set(object, "utc_offset_minutes", json_integer(server->utc_offset_min));
    if (server->role == ROLE_DESTINATION)
        set(object, "restores", restores_of(&view->config->servers[i]));
    else
        set_text(object, "alias", alias_of(view, i));
    return object;
}

/* --- databases ----------------------------------------------------------------------------------- */

static const char *role_of(const struct roster_entry *entry)
{
    switch (entry->use) {
    case USE_MANAGEMENT:
        return "management";
    case USE_MESSAGE_BOX:
        return entry->is_master_message_box ? "master-messagebox" : "messagebox";
    case USE_TRACKING:
        return "tracking";
    case USE_SSO:
        return "sso";
    case USE_BAM_PRIMARY_IMPORT:
        return "bam";
    case USE_BAM_ALERTS:
        return "bam-alerts";
    case USE_RULE_ENGINE:
        return "rules";
    case USE_CUSTOM:
    case USE_UNKNOWN:
    case USE_BAM_STAR_SCHEMA:
    case USE_BAM_ARCHIVE:
    case USE_BAM_ANALYSIS:
    case USE_TRACKING_ANALYSIS:
        break;
    }
    return "custom";
}

/* The size of its newest backup of that kind; SIZE_UNKNOWN. */
static int64_t newest_size(const struct group_view *view, size_t entry, enum set_kind kind)
{
    for (size_t s = view->sets_count; s-- > 0;)
        if (view->sets[s].kind == kind && view->sets[s].files[entry].present &&
            view->sets[s].files[entry].size_bytes > 0)
            return view->sets[s].files[entry].size_bytes;
    return SIZE_UNKNOWN;
}

/* The time between the newest two log sets, in whole minutes. */
static int64_t every_minutes(const struct group_view *view)
{
    int64_t later_ms = TIME_UNKNOWN;
    for (size_t s = view->sets_count; s-- > 0;) {
        if (view->sets[s].kind != SET_LOG || view->sets[s].time_utc_ms == TIME_UNKNOWN)
            continue;
        if (later_ms != TIME_UNKNOWN) {
            int64_t minutes = (later_ms - view->sets[s].time_utc_ms + 30000) / 60000;
            return minutes < 1 ? 1 : minutes > 1440 ? 1440 : minutes;
        }
        later_ms = view->sets[s].time_utc_ms;
    }
    return 15;
}

static json_t *database_to_json(const struct group_view *view, size_t k)
{
    const struct roster_entry *entry = &view->roster[k];
    const struct server_view *source = view->servers[entry->source];
    const struct database_row *row = server_view_database(source, entry->database);
    int64_t full = newest_size(view, k, SET_FULL), log = newest_size(view, k, SET_LOG);
    int64_t data_mb = full > 0 ? full / MEGABYTE : row != NULL ? row->size_bytes / MEGABYTE : 100;
    int64_t log_kb = log > 0 ? log / 1000 / (every_minutes(view) * 60) : 1;
    json_t *object = json_object();
    set_text(object, "name", entry->database);
    set_text(object, "server", source->name);
    set_text(object, "role", role_of(entry));
    set(object, "data_mb", json_integer(data_mb < 1 ? 1 : data_mb));
    set(object, "log_kb_per_second", json_integer(log_kb));
    if (row != NULL && row->recovery_model != MODEL_UNKNOWN)
        set_text(object, "recovery_model", recovery_model_name(row->recovery_model));
    if (row != NULL && row->encrypted)
        set(object, "encrypted", json_true());
    if (row != NULL && row->mirrored)
        set(object, "mirrored", json_true());
    return object;
}

/* The management database comes first. */
static json_t *databases_to_json(const struct group_view *view)
{
    json_t *list = json_array();
    for (int pass = 0; pass < 2; pass++)
        for (size_t k = 0; k < view->roster_count; k++)
            if ((view->roster[k].use == USE_MANAGEMENT) == (pass == 0) &&
                view->roster[k].source >= 0)
                json_array_append_new(list, database_to_json(view, k));
    return list;
}

/* --- sets ---------------------------------------------------------------------------------------- */

static const char *file_name(const char *path)
{
    const char *name = path;
    for (const char *p = path; *p != '\0'; p++)
        if (*p == '\\' || *p == '/')
            name = p + 1;
    return name;
}

/* What stands between "_Full_" or "_Log_" and the end of a file's name; owned, NULL = not so. */
static char *stamp_of(const struct backup_set *set, size_t files)
{
    const char *word = set->kind == SET_FULL ? "_Full_" : "_Log_";
    for (size_t k = 0; k < files; k++) {
        const char *path = set->files[k].as_backed_up;
        const char *at = path == NULL ? NULL : strstr(file_name(path), word);
        const char *end = at == NULL ? NULL : strrchr(at, '.');
        if (end != NULL)
            return memory_format("%.*s", (int)(end - at - (int)strlen(word)), at + strlen(word));
    }
    return NULL;
}

static json_t *set_to_json(const struct group_view *view, const struct backup_set *from)
{
    json_t *object = json_object(), *without = json_array();
    set(object, "set", json_integer(from->id));
    set_text(object, "kind", set_kind_name(from->kind));
    set(object, "time", json_from_time(from->time_utc_ms));
    char *stamp = from->mark != NULL ? memory_copy_text(from->mark)
                                     : stamp_of(from, view->roster_count);
    set_text(object, "stamp", stamp);
    free(stamp);
    set(object, "complete", json_boolean(from->complete));
    for (size_t k = 0; k < view->roster_count; k++)
        if (!from->files[k].present && view->roster[k].source >= 0)
            json_array_append_new(without, json_from_text(view->roster[k].database));
    set(object, "without", without);
    return object;
}

static bool is_usable(const struct backup_set *set, int64_t after_ms, int64_t now_ms)
{
    return !set->in_progress && set->time_utc_ms != TIME_UNKNOWN && set->time_utc_ms >= after_ms &&
           set->time_utc_ms <= now_ms;
}

/* The place of the set's backups, as most of the newest have it; a path of one server alone would
 * not be read by the others of the lab. Owned. */
static char *location_of(const struct group_view *view)
{
    for (size_t s = view->sets_count; s-- > 0;)
        for (size_t k = 0; k < view->roster_count; k++) {
            const char *path = view->sets[s].files[k].as_backed_up;
            if (path != NULL && strncmp(path, "\\\\", 2) == 0)
                return memory_format("%.*s", (int)(file_name(path) - path), path);
        }
    return memory_copy_text("\\\\backup\\views\\");
}

static size_t first_set(const struct group_view *view)
{
    return view->sets_count > SETS_MOST ? view->sets_count - SETS_MOST : 0;
}

/* A hole in a database's logs that no set explains: somebody else took what is missing. */
static void add_holes(const struct group_view *view, int64_t now_ms, json_t *stolen, json_t *files)
{
    for (size_t k = 0; k < view->roster_count; k++) {
        const struct backup_set *before = NULL;
        for (size_t s = first_set(view); s < view->sets_count; s++) {
            const struct backup_set *at = &view->sets[s];
            const struct set_file *file = &at->files[k];
            if (!is_usable(at, 0, now_ms) || at->kind != SET_LOG || !file->present ||
                !lsn_is_known(file->first_lsn))
                continue;
            if (before != NULL && json_array_size(stolen) < PARTS_MOST &&
                lsn_compare(before->files[k].last_lsn, file->first_lsn) < 0) {
                char *path = memory_format("\\\\unknown\\stolen\\%zu-%lld.trn", k,
                                           (long long)at->id);
                json_t *theft = json_object(), *gone = json_object();
                set(theft, "time", json_from_time((before->time_utc_ms + at->time_utc_ms) / 2));
                set_text(theft, "database", view->roster[k].database);
                set_text(theft, "path", path);
                json_array_append_new(stolen, theft);
                set_text(gone, "path", path);
                set_text(gone, "state", "missing");
                json_array_append_new(files, gone);
                free(path);
            }
            before = at;
        }
    }
}

/* Files known to be unreadable, by the names that the lab gives them. */
static void add_bad_files(const struct group_view *view, int64_t now_ms, const char *location,
                          json_t *files)
{
    static const char *const words[] = {
        [FILE_MISSING] = "missing", [FILE_CORRUPT] = "corrupt", [FILE_DENIED] = "denied"};
    for (size_t s = first_set(view); s < view->sets_count; s++)
        for (size_t k = 0; k < view->roster_count; k++) {
            const struct backup_set *at = &view->sets[s];
            const struct set_file *file = &at->files[k];
            if (!is_usable(at, 0, now_ms) || !file->present || file->as_backed_up == NULL ||
                (file->state != FILE_MISSING && file->state != FILE_CORRUPT &&
                 file->state != FILE_DENIED))
                continue;
            char *path = chain_join_path(location, file_name(file->as_backed_up));
            json_t *bad = json_object();
            set_text(bad, "path", path);
            set_text(bad, "state", words[file->state]);
            json_array_append_new(files, bad);
            free(path);
        }
}

/* --- where the standby stands, and the jobs ------------------------------------------------------ */

static json_t *standby_to_json(const struct group_view *view)
{
    json_t *list = json_array();
    for (size_t k = 0; k < view->roster_count; k++) {
        const struct roster_entry *entry = &view->roster[k];
        if (entry->destination < 0 || entry->source < 0 || json_array_size(list) == PARTS_MOST)
            continue;
        bool online = entry->state == STATE_ONLINE && !entry->standby;
        json_t *object = json_object();
        set_text(object, "server", view->servers[entry->destination]->name);
        set_text(object, "database", entry->database);
        if (entry->applied_set > 0)
            set(object, "applied", json_integer(entry->applied_set));
        set_text(object, "state",
                 entry->state_known && entry->state == STATE_ABSENT ? "absent"
                 : online                                           ? "online"
                 : entry->standby                                   ? "standby"
                                                                    : "restoring");
        json_array_append_new(list, object);
    }
    return list;
}

static void add_job(const struct server_view *server, enum job_function function, const char *name,
                    json_t *list)
{
    const struct job_row *job = server_view_job(server, function);
    if (job == NULL || job->enabled)
        return;
    json_t *object = json_object();
    set_text(object, "server", server->name);
    set_text(object, "name", name);
    set(object, "enabled", json_false());
    json_array_append_new(list, object);
}

/* The ones that matter to a restore, by the names that the lab gives them. */
static json_t *jobs_to_json(const struct group_view *view)
{
    json_t *list = json_array();
    for (size_t i = 0; i < view->servers_count; i++) {
        const struct server_view *server = view->servers[i];
        if ((int)i == view->management) {
            char *name = memory_format("Backup BizTalk Server (%s)", server->management_database);
            add_job(server, JOB_BACKUP, name, list);
            free(name);
        } else if (server->role == ROLE_DESTINATION) {
            add_job(server, JOB_GET_HISTORY, "BTS Log Shipping - Get Backup History", list);
            add_job(server, JOB_RESTORE_DATABASES, "BTS Log Shipping - Restore Databases", list);
        }
    }
    return list;
}

/* --- the scenario -------------------------------------------------------------------------------- */

static json_t *history_to_json(const struct group_view *view, int64_t now_ms, json_t *files)
{
    json_t *history = json_object(), *sets = json_array(), *stolen = json_array();
    int64_t first_ms = now_ms;
    for (size_t s = first_set(view); s < view->sets_count; s++)
        if (is_usable(&view->sets[s], 0, now_ms)) {
            first_ms = view->sets[s].time_utc_ms < first_ms ? view->sets[s].time_utc_ms : first_ms;
            json_array_append_new(sets, set_to_json(view, &view->sets[s]));
        }
    add_holes(view, now_ms, stolen, files);
    set(history, "hours", json_integer((now_ms - first_ms) / 3600000 + 2));
    set(history, "sets", sets);
    set(history, "stolen", stolen);
    return history;
}

static json_t *logins_to_json(const struct group_view *view)
{
    return json_pack("[{s:s, s:s, s:[s,s,s], s:[s,s,s]}, {s:s, s:s, s:[s]}]", "name",
                     "stopmark_monitor", "use", "monitor", "permissions", "VIEW SERVER STATE",
                     "VIEW ANY DEFINITION", "CONNECT ANY DATABASE", "databases", "master", "msdb",
                     view->servers[view->management]->management_database, "name",
                     "stopmark_restore", "use", "restore", "permissions", "sysadmin");
}

/* The clock begins where the source was last seen. */
static int64_t scenario_now(const struct group_view *view)
{
    int64_t now_ms = view->source_last_seen_utc_ms;
    return now_ms == TIME_UNKNOWN ? view->now_utc_ms : now_ms;
}

char *demo_views_scenario(const struct group_view *view)
{
    json_t *root = json_object(), *servers = json_array(), *files = json_array();
    const struct server_view *management = view->servers[view->management];
    int64_t now_ms = scenario_now(view);
    char *location = location_of(view);
    json_t *backup = json_object();
    set_text(root, "group", view->config->group_name);
    set(root, "now", json_from_time(now_ms));
    for (size_t i = 0; i < view->servers_count; i++)
        json_array_append_new(servers, server_to_json(view, i));
    set(root, "servers", servers);
    set(root, "databases", databases_to_json(view));
    set(root, "logins", logins_to_json(view));
    set_text(backup, "location", location);
    set(backup, "every_minutes", json_integer(every_minutes(view)));
    set(backup, "use_local_time",
        json_boolean(management->use_local_time_known && management->use_local_time));
    set(root, "backup", backup);
    set(root, "history", history_to_json(view, now_ms, files));
    add_bad_files(view, now_ms, location, files);
    set(root, "standby", standby_to_json(view));
    set(root, "jobs", jobs_to_json(view));
    set(root, "files", files);
    free(location);
    return json_take_text(root);
}
