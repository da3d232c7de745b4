/* MOVE: where the files of a database go that a full restore makes, or that a log adds. The files
 * are those of the backup's own FILELISTONLY where the destination has read it ahead, else those of
 * sys.master_files of the source, or of the standby where the source was never seen; before the
 * first write PREPARE holds them against FILELISTONLY in any case. */
#include "core/plan_internal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/chain.h"
#include "core/proof.h"
#include "core/situation.h"

/* --- what is known of the files ---------------------------------------------------------------- */

static const struct database_row *seen_on(const struct group_view *view, int server,
                                          const char *database)
{
    const struct database_row *row =
        server < 0 ? NULL : server_view_database(view->servers[server], database);
    for (size_t i = 0; row != NULL && i < view->servers[server]->files_count; i++)
        if (view->servers[server]->files[i].database_id == row->database_id)
            return row;
    return NULL;
}

/* The place of the database's file of that logical name on a server; NULL = none. */
static const char *path_on(const struct server_view *server, const struct database_row *row,
                           const char *name)
{
    for (size_t i = 0; row != NULL && i < server->files_count; i++)
        if (server->files[i].database_id == row->database_id &&
            text_equal_nocase(server->files[i].name, name))
            return server->files[i].path;
    return NULL;
}

static const char *file_name(const char *path)
{
    const char *name = path;
    for (const char *p = path; *p != '\0'; p++)
        if (*p == '\\' || *p == '/')
            name = p + 1;
    return name;
}

static char *folder_of(const char *path)
{
    return memory_format("%.*s", (int)(file_name(path) - path), path);
}

/* Does the destination keep files in the folder already? Then it is there. */
static bool folder_is_used(const struct server_view *server, const char *folder)
{
    bool used = false;
    for (size_t i = 0; i < server->files_count && !used; i++) {
        char *other = folder_of(server->files[i].path);
        used = text_equal_nocase(other, folder);
        free(other);
    }
    return used;
}

/* --- choosing ------------------------------------------------------------------------------------ */

/* The folder for a file that must be placed anew: what the configuration says, then where the
 * standby's own files are, then the instance's default. NULL = the backup's own. Owned. */
static char *choose_folder(const struct planning *planning, const struct roster_entry *entry,
                           const struct file_row *file, const char *standing)
{
    const struct server_view *server = planning->view->servers[entry->destination];
    const struct config_server *config =
        &planning->view->config->servers[entry->destination];
    const char *wanted = file->is_log && config->log_path != NULL ? config->log_path
                                                                  : config->data_path;
    if (wanted != NULL)
        return memory_copy_text(wanted);
    if (standing != NULL)
        return folder_of(standing);
    const char *standard =
        file->is_log && server->log_path != NULL ? server->log_path : server->data_path;
    char *own = folder_of(file->path);
    if (standard == NULL || folder_is_used(server, own))
        return own;
    free(own);
    return memory_copy_text(standard);
}

/* Is the path some other database's, or given to another file of this plan? */
static bool is_taken(const struct planning *planning, const struct roster_entry *entry,
                     const struct database_row *own, const char *path)
{
    const struct server_view *server = planning->view->servers[entry->destination];
    for (size_t i = 0; i < server->files_count; i++)
        if (text_equal_nocase(server->files[i].path, path) &&
            (own == NULL || server->files[i].database_id != own->database_id))
            return true;
    for (size_t i = 0; i < planning->placed_count; i++)
        if (planning->placed[i].destination == entry->destination &&
            text_equal_nocase(planning->placed[i].path, path))
            return true;
    return false;
}

/* folder\[prefix]name, with _2, _3 ... before the extension until nobody has it. Owned. */
static char *free_path(const struct planning *planning, const struct roster_entry *entry,
                       const struct database_row *own, const char *folder, const char *prefix,
                       const char *name)
{
    const char *dot = strrchr(name, '.');
    int stem = dot == NULL ? (int)strlen(name) : (int)(dot - name);
    char *path = NULL;
    for (int again = 1; path == NULL; again++) {
        char *file = again == 1
                         ? memory_format("%s%s", prefix, name)
                         : memory_format("%s%.*s_%d%s", prefix, stem, name, again,
                                         dot == NULL ? "" : dot);
        path = chain_join_path(folder, file);
        free(file);
        if (!is_taken(planning, entry, own, path))
            break;
        free(path);
        path = NULL;
    }
    return path;
}

/* Where the file will be. Owned. */
static char *place_file(const struct planning *planning, const struct roster_entry *entry,
                        const struct file_row *file)
{
    const struct server_view *server = planning->view->servers[entry->destination];
    bool copies = planning->copies;
    const struct database_row *row = seen_on(planning->view, entry->destination, entry->database);
    const char *standing = path_on(server, row, file->name);
    if (!copies && standing != NULL) /* the standby's files keep their places */
        return memory_copy_text(standing);
    char *folder = choose_folder(planning, entry, file, standing);
    char *path = free_path(planning, entry, copies ? NULL : row, folder,
                           copies ? planning->view->config->rehearsal_prefix : "",
                           file_name(file->path));
    free(folder);
    return path;
}

static void keep_placed(struct planning *planning, int destination, const struct file_row *file,
                        const char *path)
{
    *memory_append(planning, placed) = (struct plan_placed){.destination = destination,
                                                            .name = file->name,
                                                            .path = memory_copy_text(path),
                                                            .size_bytes = file->size_bytes};
}

static struct plan_placed *find_placed(const struct planning *planning, const char *name)
{
    for (size_t i = planning->placed_from; i < planning->placed_count; i++)
        if (text_equal_nocase(planning->placed[i].name, name))
            return &planning->placed[i];
    return NULL;
}

static const char *place_of(const struct planning *planning, const char *name)
{
    const struct plan_placed *placed = find_placed(planning, name);
    return placed == NULL ? NULL : placed->path;
}

static bool is_there(const struct server_view *server, const char *path)
{
    for (size_t i = 0; i < server->files_count; i++)
        if (text_equal_nocase(server->files[i].path, path))
            return true;
    return false;
}

static void place(struct planning *planning, const struct roster_entry *entry,
                  const struct file_row *file)
{
    char *path = place_file(planning, entry, file);
    keep_placed(planning, entry->destination, file, path);
    free(path);
}

/* From here on the database has this file; size_bytes: as its backup says, or unknown. */
static void have(struct planning *planning, const char *name, int64_t size_bytes)
{
    struct plan_placed *placed = find_placed(planning, name);
    *memory_append(planning, there) = name;
    if (placed == NULL)
        return;
    placed->made = !is_there(planning->view->servers[placed->destination], placed->path);
    if (size_bytes > 0)
        placed->size_bytes = size_bytes;
}

static bool has(const struct planning *planning, const char *name)
{
    for (size_t i = 0; i < planning->there_count; i++)
        if (text_equal_nocase(planning->there[i], name))
            return true;
    return false;
}

void plan_place_files(struct planning *planning, const struct roster_entry *entry)
{
    const struct group_view *view = planning->view;
    planning->placing = entry;
    planning->placed_from = planning->placed_count;
    planning->there_count = 0;
    planning->file_rows = NULL;
    const struct database_row *standing = seen_on(view, entry->destination, entry->database);
    for (size_t i = 0; standing != NULL && i < view->servers[entry->destination]->files_count; i++)
        if (view->servers[entry->destination]->files[i].database_id == standing->database_id)
            *memory_append(planning, there) = view->servers[entry->destination]->files[i].name;
    int from = entry->source;
    const struct database_row *row = seen_on(view, from, entry->database);
    if (row == NULL) {
        from = entry->destination;
        row = standing;
    }
    if (row == NULL)
        return;
    planning->file_rows = view->servers[from];
    planning->file_database = row->database_id;
    for (size_t i = 0; i < view->servers[from]->files_count; i++)
        if (view->servers[from]->files[i].database_id == row->database_id)
            place(planning, entry, &view->servers[from]->files[i]);
}

/* --- statements ---------------------------------------------------------------------------------- */

static void move(struct plan_step *step, const char *name, const char *path)
{
    *memory_append(step, moves) = (struct plan_move){.name = memory_copy_text(name),
                                                     .path = memory_copy_text(path)};
}

/* By the backup's own list, as the server that will restore it has read it. */
static void move_listed(struct planning *planning, const struct roster_entry *entry,
                        struct plan_step *step, const struct file_proof *proof)
{
    for (size_t i = 0; i < proof->files_count; i++) {
        const struct backup_data_file *listed = &proof->files[i];
        struct file_row file = {.name = listed->logical_name,
                                .path = listed->physical_name,
                                .is_log = listed->type == 'L',
                                .size_bytes = listed->size_bytes};
        if (file.name == NULL || file.path == NULL ||
            (step->kind == STEP_RESTORE_LOG && has(planning, file.name)))
            continue;
        if (place_of(planning, file.name) == NULL)
            place(planning, entry, &file);
        have(planning, file.name, listed->size_bytes);
        const char *path = place_of(planning, file.name);
        if (planning->copies || strcmp(path, file.path) != 0)
            move(step, file.name, path);
    }
}

/* A file that was added later is not in the full set, but in the log that holds its creation. */
static bool belongs_to(const struct file_row *file, enum step_kind kind,
                       const struct set_file *backup)
{
    bool added = lsn_is_known(file->create_lsn);
    if (kind == STEP_RESTORE_FULL)
        return !added || !lsn_is_known(backup->last_lsn) ||
               lsn_compare(file->create_lsn, backup->last_lsn) < 0;
    return added && lsn_is_known(backup->first_lsn) && lsn_is_known(backup->last_lsn) &&
           lsn_is_within(file->create_lsn, backup->first_lsn, backup->last_lsn);
}

/* By what sys.master_files says now. */
static void move_seen(struct planning *planning, struct plan_step *step,
                      const struct set_file *backup)
{
    for (size_t i = 0; i < planning->file_rows->files_count; i++) {
        const struct file_row *file = &planning->file_rows->files[i];
        if (file->database_id != planning->file_database ||
            !belongs_to(file, step->kind, backup))
            continue;
        have(planning, file->name, SIZE_UNKNOWN);
        const char *path = place_of(planning, file->name);
        if (path != NULL && (planning->copies || strcmp(path, file->path) != 0))
            move(step, file->name, path);
    }
}

void plan_move_files(struct planning *planning, const struct plan_database *database,
                     struct plan_step *step, const struct set_file *backup)
{
    const struct roster_entry *entry = planning->placing;
    const struct file_proof *proof =
        server_view_proof(planning->view->servers[entry->destination], backup->path);
    bool full = step->kind == STEP_RESTORE_FULL;
    if (full)
        planning->there_count = 0;
    /* Which of a log's files are new is only to be told where those before it are known. */
    bool listed = proof != NULL && proof->state == FILE_PROVEN && proof->files_count > 0 &&
                  (full || planning->there_count > 0);
    if (listed)
        move_listed(planning, entry, step, proof);
    else if (planning->file_rows != NULL)
        move_seen(planning, step, backup);
    else if (planning->copies && full)
        plan_refuse(planning,
                    memory_format("%s/%s: the files of %s are not known, so a copy cannot be "
                                  "placed beside it: VIEW ANY DEFINITION shows them on the "
                                  "source or on the standby, and stopmark grants --proof lets "
                                  "the backup's own list be read",
                                  database->server, database->database, database->original));
}

/* --- room --------------------------------------------------------------------------------------- */

/* What the plan makes on a volume; files of unknown size count nothing. */
static int64_t made_on(const struct planning *planning, int destination, const char *volume)
{
    int64_t bytes = 0;
    for (size_t i = 0; i < planning->placed_count; i++) {
        const struct plan_placed *placed = &planning->placed[i];
        if (placed->made && placed->destination == destination && placed->size_bytes > 0 &&
            strncasecmp(placed->path, volume, strlen(volume)) == 0)
            bytes += placed->size_bytes;
    }
    return bytes;
}

void plan_check_room(struct planning *planning)
{
    const struct group_view *view = planning->view;
    for (size_t d = 0; d < view->destinations_count; d++) {
        const struct server_view *server = view->servers[view->destinations[d]];
        for (size_t i = 0; i < server->surroundings_count; i++) {
            const struct surrounding_row *volume = &server->surroundings[i];
            if (volume->kind != SURROUNDING_VOLUME || volume->number < 0 || volume->name == NULL)
                continue;
            int64_t needed = made_on(planning, view->destinations[d], volume->name);
            if (needed <= volume->number)
                continue;
            char need[32], left[32];
            size_format(need, sizeof need, needed);
            size_format(left, sizeof left, volume->number);
            plan_refuse(planning,
                        memory_format("%s: the files that the full restores make on %s need %s, "
                                      "and %s is free: make room, or name other folders with "
                                      "data_path and log_path",
                                      server->name, volume->name, need, left));
        }
    }
}

void plan_free_files(struct planning *planning)
{
    for (size_t i = 0; i < planning->placed_count; i++)
        free(planning->placed[i].path);
    free(planning->placed);
    free(planning->there);
}
