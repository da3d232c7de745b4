/* The rules about disks: room for databases and backups, and the folders that a restore needs
 * (core/rules.def). */
#include "core/checks_internal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/tsql.h"

static const int64_t low_bytes = INT64_C(2000000000);

static bool lies_on(const char *path, const char *volume)
{
    return path != NULL && volume != NULL && strncasecmp(path, volume, strlen(volume)) == 0;
}

static int64_t size_there(const struct server_view *server, const char *path)
{
    for (size_t i = 0; i < server->files_count; i++)
        if (text_equal_nocase(server->files[i].path, path))
            return server->files[i].size_bytes;
    return 0;
}

/* What the databases of a destination still grow by on a volume, as their sources' files say. */
static int64_t growth_on(const struct group_view *view, int destination, const char *volume)
{
    const struct server_view *server = view->servers[destination];
    int64_t growth = 0;
    for (size_t k = 0; k < view->roster_count; k++) {
        const struct database_row *row = check_source_row(view, k);
        if (view->roster[k].destination != destination || row == NULL)
            continue;
        const struct server_view *source = view->servers[view->roster[k].source];
        for (size_t i = 0; i < source->files_count; i++) {
            const struct file_row *file = &source->files[i];
            int64_t more = file->size_bytes - size_there(server, file->path);
            if (file->database_id == row->database_id && lies_on(file->path, volume) && more > 0)
                growth += more;
        }
    }
    return growth;
}

static bool holds_files(const struct group_view *view, int server, const char *volume)
{
    const struct server_view *s = view->servers[server];
    for (size_t i = 0; i < s->files_count; i++)
        if (s->files[i].database_id > 4 && lies_on(s->files[i].path, volume))
            return true;
    return false;
}

/* The newest complete set of a kind; NULL = none. */
static const struct backup_set *newest_set(const struct group_view *view, enum set_kind kind)
{
    for (size_t s = view->sets_count; s-- > 0;)
        if (view->sets[s].kind == kind && view->sets[s].complete)
            return &view->sets[s];
    return NULL;
}

/* Where a server has the file of an entry in a set, as it wrote or must open it; NULL = none. */
static const char *file_there(const struct group_view *view, int server,
                              const struct backup_set *set, size_t entry)
{
    bool destination = view->servers[server]->role == ROLE_DESTINATION;
    const struct roster_entry *of = &view->roster[entry];
    if (set == NULL || !set->files[entry].present ||
        server != (destination ? of->destination : of->source))
        return NULL;
    return destination ? set->files[entry].path : set->files[entry].as_backed_up;
}

/* True where the newest backups of a server's databases lie on the volume. */
static bool holds_backups(const struct group_view *view, int server, const char *volume)
{
    const struct backup_set *full = newest_set(view, SET_FULL), *log = newest_set(view, SET_LOG);
    for (size_t k = 0; k < view->roster_count; k++)
        if (lies_on(file_there(view, server, full, k), volume) ||
            lies_on(file_there(view, server, log, k), volume))
            return true;
    return false;
}

static int64_t bytes_on_disk(const struct msdb_backup *backup)
{
    return backup->compressed_size_bytes > 0 ? backup->compressed_size_bytes : backup->size_bytes;
}

/* What the newest full set took there, as the msdb of the source that wrote it says. */
static int64_t full_taken_on(const struct group_view *view, int source, const char *volume)
{
    const struct server_view *server = view->servers[source];
    int64_t bytes = 0;
    for (size_t k = 0; k < view->roster_count; k++) {
        const struct msdb_backup *newest = NULL;
        for (size_t b = 0; view->roster[k].source == source && b < server->backups_count; b++) {
            const struct msdb_backup *backup = &server->backups[b];
            if (backup->type == 'D' && !backup->copy_only && lies_on(backup->path, volume) &&
                text_equal_nocase(backup->database, view->roster[k].database) &&
                (newest == NULL || backup->backup_set_id > newest->backup_set_id))
                newest = backup;
        }
        bytes += newest != NULL ? bytes_on_disk(newest) : 0;
    }
    return bytes;
}

static void judge_volume(struct check_sink *sink, int server, const struct surrounding_row *volume,
                         bool backups)
{
    const struct group_view *view = sink->view;
    bool destination = view->servers[server]->role == ROLE_DESTINATION;
    int64_t growth = destination ? growth_on(view, server, volume->name) : 0;
    int64_t full = destination || !backups ? 0 : full_taken_on(view, server, volume->name);
    char left[32], more[32];
    size_format(left, sizeof left, volume->number);
    size_format(more, sizeof more, growth > volume->number ? growth : full);
    if (growth > volume->number)
        check_add(sink, VERDICT_CRITICAL, memory_copy_text(view->servers[server]->name),
                  memory_format("%s has %s left, the databases will take %s more", volume->name,
                                left, more));
    else if (full > volume->number)
        check_add(sink, VERDICT_WARNING, memory_copy_text(view->servers[server]->name),
                  memory_format("%s has %s left, the newest full set took %s there", volume->name,
                                left, more));
    else if (volume->number < low_bytes && (backups || holds_files(view, server, volume->name)))
        check_add(sink, VERDICT_WARNING, memory_copy_text(view->servers[server]->name),
                  memory_format("%s has %s left", volume->name, left));
    else
        return;
    check_about(sink, volume->name);
}

/* True where backups of the newest set go to a place that is no disk of a server. */
static bool goes_elsewhere(const struct group_view *view)
{
    const struct backup_set *newest = newest_set(view, SET_LOG);
    for (size_t k = 0; newest != NULL && k < view->roster_count; k++)
        if (newest->files[k].present && !check_is_local_path(newest->files[k].as_backed_up))
            return true;
    return false;
}

char *check_disk_space(struct check_sink *sink)
{
    const struct group_view *view = sink->view;
    size_t with_backups = 0;
    check_need_sources(sink); /* what the databases still grow by */
    for (size_t s = 0; s < view->servers_count; s++) {
        const struct server_view *server = view->servers[s];
        if (check_is_old_source(view, (int)s) || !check_may_look(sink, (int)s, PART_VOLUMES))
            continue;
        for (size_t i = 0; i < server->surroundings_count; i++) {
            const struct surrounding_row *volume = &server->surroundings[i];
            if (volume->kind != SURROUNDING_VOLUME || volume->number < 0)
                continue;
            bool backups = holds_backups(view, (int)s, volume->name);
            with_backups += backups;
            judge_volume(sink, (int)s, volume, backups);
        }
    }
    return memory_format(
        "the disks have room%s%s", with_backups > 0 ? ", the backups' too" : "",
        goes_elsewhere(view) ? "; backups go to a share: a share's space cannot be seen from here"
                             : "");
}

/* The length of the folder in a path, with its last separator. */
static size_t folder_length(const char *path)
{
    size_t length = strlen(path);
    while (length > 0 && path[length - 1] != '\\' && path[length - 1] != '/')
        length--;
    return length;
}

static bool uses_folder(const struct server_view *server, const char *path)
{
    size_t length = folder_length(path);
    for (size_t i = 0; i < server->files_count; i++)
        if (folder_length(server->files[i].path) == length &&
            strncasecmp(server->files[i].path, path, length) == 0)
            return true;
    return false;
}

char *check_file_paths(struct check_sink *sink)
{
    const struct group_view *view = sink->view;
    for (size_t k = 0; k < view->roster_count; k++) {
        const struct roster_entry *entry = &view->roster[k];
        const struct database_row *row = check_source_row(view, k);
        if (!check_knows_source(sink, k, PART_DATABASES) || entry->destination < 0 || row == NULL ||
            !check_may_look(sink, entry->destination, PART_DATABASES))
            continue;
        const struct server_view *source = view->servers[entry->source];
        const struct server_view *destination = view->servers[entry->destination];
        if (!row->files_visible) {
            check_say_hidden(sink, source->name, "the databases' files", query_files.permission);
            continue;
        }
        for (size_t i = 0; i < source->files_count; i++) {
            const char *path = source->files[i].path;
            if (source->files[i].database_id != row->database_id || path == NULL ||
                destination->files_count == 0 || uses_folder(destination, path))
                continue;
            check_add(sink, VERDICT_WARNING, roster_where(view, k),
                      memory_format("its file %s lies in a folder that no file there uses: is it "
                                    "there?",
                                    path));
            break;
        }
    }
    return NULL;
}
