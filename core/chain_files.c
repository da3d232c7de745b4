/* The joins of core/chain.h: what msdb knows of the files and marks of the history. */
#include "core/chain.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/proof.h"
#include "core/textmap.h"

static char backup_type(enum set_kind kind)
{
    return kind == SET_FULL ? 'D' : 'L';
}

static void take_backup(struct backup_set *set, struct set_file *file,
                        const struct msdb_backup *backup)
{
    file->evidence = EVIDENCE_MSDB;
    file->first_lsn = backup->first_lsn;
    file->last_lsn = backup->last_lsn;
    file->checkpoint_lsn = backup->checkpoint_lsn;
    file->fork_point_lsn = backup->fork_point_lsn;
    file->bulk_logged = backup->bulk_logged;
    file->damaged = backup->damaged;
    memcpy(file->set_guid, backup->set_guid, sizeof file->set_guid);
    memcpy(file->family_guid, backup->family_guid, sizeof file->family_guid);
    memcpy(file->first_fork_guid, backup->first_fork_guid, sizeof file->first_fork_guid);
    memcpy(file->last_fork_guid, backup->last_fork_guid, sizeof file->last_fork_guid);
    file->size_bytes = backup->size_bytes;
    if (backup->finish_utc_ms != TIME_UNKNOWN && backup->finish_utc_ms > set->finished_utc_ms)
        set->finished_utc_ms = backup->finish_utc_ms;
}

/* Several backups may have been written to one path over time: the newest of the right database
 * and kind is what the file holds now. */
static const struct msdb_backup *find_backup(const struct server_view *server,
                                             const struct textmap *paths, const char *path,
                                             const char *database, enum set_kind kind)
{
    const struct msdb_backup *found = NULL;
    struct textmap_cursor cursor = {0};
    for (size_t i; textmap_next(paths, path, &cursor, &i);) {
        const struct msdb_backup *backup = &server->backups[i];
        if (backup->type == backup_type(kind) && text_equal_nocase(backup->database, database) &&
            (found == NULL || backup->backup_set_id > found->backup_set_id))
            found = backup;
    }
    return found;
}

static void join_source(struct group_view *view, int source)
{
    const struct server_view *server = view->servers[source];
    if (server->backups_count == 0)
        return;
    struct textmap *paths = textmap_new(server->backups_count);
    for (size_t i = 0; i < server->backups_count; i++)
        textmap_put(paths, server->backups[i].path, i);
    for (size_t s = 0; s < view->sets_count; s++)
        for (size_t k = 0; k < view->roster_count; k++) {
            const struct roster_entry *entry = &view->roster[k];
            struct set_file *file = &view->sets[s].files[k];
            if (!file->present || (entry->source >= 0 && entry->source != source))
                continue;
            const struct msdb_backup *backup =
                find_backup(server, paths, file->as_backed_up, entry->database, view->sets[s].kind);
            if (backup != NULL)
                take_backup(&view->sets[s], file, backup);
        }
    textmap_free(paths);
}

/* A restore adds the foreign backup's row to the destination's own msdb: with the source never
 * seen, the files that were applied have their LSNs from there. */
static bool lacks_lsns(const struct group_view *view, int destination)
{
    for (size_t s = 0; s < view->sets_count; s++)
        for (size_t k = 0; k < view->roster_count; k++)
            if (view->roster[k].destination == destination && view->sets[s].files[k].present &&
                !lsn_is_known(view->sets[s].files[k].last_lsn))
                return true;
    return false;
}

static void join_restores(struct group_view *view, int destination)
{
    const struct server_view *server = view->servers[destination];
    if (server->restores_count == 0 || !lacks_lsns(view, destination))
        return;
    struct textmap *paths = textmap_new(server->restores_count);
    for (size_t i = 0; i < server->restores_count; i++)
        textmap_put(paths, server->restores[i].path, i);
    for (size_t s = 0; s < view->sets_count; s++)
        for (size_t k = 0; k < view->roster_count; k++) {
            struct set_file *file = &view->sets[s].files[k];
            if (!file->present || view->roster[k].destination != destination ||
                lsn_is_known(file->last_lsn))
                continue;
            struct textmap_cursor cursor = {0};
            for (size_t i; textmap_next(paths, file->path, &cursor, &i);) {
                const struct restore_row *row = &server->restores[i];
                if (row->type != backup_type(view->sets[s].kind) ||
                    !text_equal_nocase(row->database, view->roster[k].database) ||
                    !lsn_is_known(row->last_lsn))
                    continue;
                file->evidence = EVIDENCE_MSDB;
                file->first_lsn = row->first_lsn;
                file->last_lsn = row->last_lsn;
                file->size_bytes = row->size_bytes;
                memcpy(file->set_guid, row->set_guid, sizeof file->set_guid);
                break;
            }
        }
    textmap_free(paths);
}

/* --- proofs ---------------------------------------------------------------------------------- */

/* The header is the file's own word: it wins over what tables say of it. */
static void take_header(struct set_file *file, const struct backup_header *header)
{
    file->state = FILE_PROVEN;
    file->evidence = EVIDENCE_HEADER;
    file->position = header->position;
    file->first_lsn = header->first_lsn;
    file->last_lsn = header->last_lsn;
    file->checkpoint_lsn = header->checkpoint_lsn;
    file->bulk_logged = header->bulk_logged;
    file->damaged = header->damaged;
    memcpy(file->set_guid, header->set_guid, sizeof file->set_guid);
    memcpy(file->family_guid, header->family_guid, sizeof file->family_guid);
    memcpy(file->first_fork_guid, header->first_fork_guid, sizeof file->first_fork_guid);
    memcpy(file->last_fork_guid, header->last_fork_guid, sizeof file->last_fork_guid);
    if (header->size_bytes >= 0)
        file->size_bytes = header->size_bytes;
}

static void take_proof(struct set_file *file, const struct file_proof *proof, const char *database,
                       enum set_kind kind)
{
    if (proof->state != FILE_PROVEN) {
        file->state = proof->state;
        return;
    }
    const struct backup_header *header = proof_header(proof, database, backup_type(kind));
    if (header == NULL) /* another file lies there: not this set's */
        file->state = FILE_CORRUPT;
    else
        take_header(file, header);
}

static void join_proofs(struct group_view *view, int destination)
{
    const struct server_view *server = view->servers[destination];
    for (size_t s = 0; server->proofs_count > 0 && s < view->sets_count; s++)
        for (size_t k = 0; k < view->roster_count; k++) {
            struct set_file *file = &view->sets[s].files[k];
            if (!file->present || view->roster[k].destination != destination)
                continue;
            const struct file_proof *proof = server_view_proof(server, file->path);
            if (proof != NULL)
                take_proof(file, proof, view->roster[k].database, view->sets[s].kind);
        }
}

/* --- marks ----------------------------------------------------------------------------------- */

static bool is_better_mark(const struct set_file *file, struct lsn lsn)
{
    if (!lsn_is_known(file->mark_lsn))
        return true;
    /* A name may repeat: the occurrence inside the set's own file is meant. */
    return file->present && lsn_is_known(file->first_lsn) && lsn_is_known(file->last_lsn) &&
           lsn_is_within(lsn, file->first_lsn, file->last_lsn);
}

static void join_mark(struct group_view *view, int source, const struct textmap *sets,
                      const struct textmap *names, const struct mark_row *mark)
{
    struct textmap_cursor set_cursor = {0};
    for (size_t s; lsn_is_known(mark->lsn) && textmap_next(sets, mark->mark, &set_cursor, &s);) {
        struct backup_set *set = &view->sets[s];
        if (strcmp(set->mark, mark->mark) != 0) /* case counts in marks */
            continue;
        struct textmap_cursor name_cursor = {0};
        for (size_t k; textmap_next(names, mark->database, &name_cursor, &k);) {
            if (view->roster[k].source >= 0 && view->roster[k].source != source)
                continue;
            if (is_better_mark(&set->files[k], mark->lsn)) {
                set->files[k].mark_lsn = mark->lsn;
                set->files[k].mark_time_utc_ms = mark->time_utc_ms;
            }
        }
    }
}

/* A mark is only in the databases that its transaction changed. Its rows come together: where
 * another database of the same source has one, this one will get none any more. */
static void find_absent_marks(struct group_view *view)
{
    for (size_t s = 0; s < view->sets_count; s++)
        for (size_t k = 0; k < view->roster_count; k++) {
            int source = view->roster[k].source;
            struct set_file *file = &view->sets[s].files[k];
            bool marked = false;
            for (size_t o = 0; o < view->roster_count && !lsn_is_known(file->mark_lsn); o++)
                marked = marked || (source >= 0 && view->roster[o].source == source &&
                                    lsn_is_known(view->sets[s].files[o].mark_lsn));
            file->mark_absent = marked;
        }
}

static void join_marks(struct group_view *view)
{
    struct textmap *sets = textmap_new(view->sets_count);
    for (size_t s = 0; s < view->sets_count; s++)
        textmap_put(sets, view->sets[s].mark, s);
    struct textmap *names = textmap_new(view->roster_count);
    for (size_t k = 0; k < view->roster_count; k++)
        textmap_put(names, view->roster[k].database, k);
    for (size_t i = 0; i < view->servers_count; i++) {
        const struct server_view *server = view->servers[i];
        for (size_t m = 0; server->role == ROLE_SOURCE && m < server->marks_count; m++)
            join_mark(view, (int)i, sets, names, &server->marks[m]);
    }
    textmap_free(sets);
    textmap_free(names);
    find_absent_marks(view);
}

void chain_join_backups(struct group_view *view)
{
    for (size_t s = 0; s < view->sets_count; s++)
        for (size_t k = 0; k < view->roster_count; k++)
            view->sets[s].files[k].mark_time_utc_ms = TIME_UNKNOWN;
    for (size_t i = 0; i < view->servers_count; i++)
        if (view->servers[i]->role == ROLE_SOURCE)
            join_source(view, (int)i);
    for (size_t i = 0; i < view->destinations_count; i++)
        join_restores(view, view->destinations[i]);
    for (size_t i = 0; i < view->destinations_count; i++)
        join_proofs(view, view->destinations[i]);
    join_marks(view);
    for (size_t s = 0; s < view->sets_count; s++) {
        struct backup_set *set = &view->sets[s];
        for (size_t k = 0; k < view->roster_count; k++)
            if (set->files[k].present && set->files[k].size_bytes >= 0)
                set->size_bytes =
                    (set->size_bytes < 0 ? 0 : set->size_bytes) + set->files[k].size_bytes;
    }
}
