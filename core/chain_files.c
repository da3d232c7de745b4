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

void chain_take_header(struct set_file *file, const struct backup_header *header)
{
    file->state = FILE_PROVEN;
    file->evidence = EVIDENCE_HEADER;
    file->position = header->position;
    file->first_lsn = header->first_lsn;
    file->last_lsn = header->last_lsn;
    file->checkpoint_lsn = header->checkpoint_lsn;
    file->fork_point_lsn = header->fork_point_lsn;
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
        chain_take_header(file, header);
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

static bool name_repeats(const struct textmap *sets, const char *name)
{
    struct textmap_cursor cursor = {0};
    size_t s;
    return name != NULL && textmap_next(sets, name, &cursor, &s) &&
           textmap_next(sets, name, &cursor, &s);
}

static bool holds_its_mark(const struct set_file *file)
{
    return file->present && lsn_is_known(file->first_lsn) && lsn_is_known(file->last_lsn) &&
           lsn_is_known(file->mark_lsn) &&
           lsn_is_within(file->mark_lsn, file->first_lsn, file->last_lsn);
}

/* It is the mark of a set that holds it in its own file. */
static bool is_held(const struct group_view *view, const struct textmap *sets, size_t entry,
                    const struct mark_row *row)
{
    struct textmap_cursor cursor = {0};
    for (size_t s; textmap_next(sets, row->mark, &cursor, &s);) {
        const struct set_file *file = &view->sets[s].files[entry];
        if (holds_its_mark(file) && lsn_compare(file->mark_lsn, row->lsn) == 0)
            return true;
    }
    return false;
}

/* When the set's mark was set, as a database tells whose file holds it; TIME_UNKNOWN without one. */
static int64_t time_of_mark(const struct group_view *view, const struct backup_set *set)
{
    for (size_t k = 0; k < view->roster_count; k++)
        if (holds_its_mark(&set->files[k]))
            return set->files[k].mark_time_utc_ms;
    return TIME_UNKNOWN;
}

static bool is_nearer(const struct mark_row *a, const struct mark_row *b, int64_t time_utc_ms)
{
    int64_t apart_a = 0, apart_b = 0;
    if (time_utc_ms != TIME_UNKNOWN && a->time_utc_ms != TIME_UNKNOWN &&
        b->time_utc_ms != TIME_UNKNOWN) {
        apart_a = llabs(a->time_utc_ms - time_utc_ms);
        apart_b = llabs(b->time_utc_ms - time_utc_ms);
    }
    return apart_a != apart_b ? apart_a < apart_b : lsn_compare(a->lsn, b->lsn) < 0;
}

/* The mark of that name in that database, from an LSN on, that is no other set's: the one set at
 * that time, else the first; NULL = none. A failed set may have left one that no set knows. */
static const struct mark_row *next_mark(const struct group_view *view, const struct textmap *sets,
                                        size_t entry, const struct backup_set *set,
                                        struct lsn from)
{
    const struct mark_row *first = NULL;
    const char *name = set->mark;
    int64_t time_utc_ms = time_of_mark(view, set);
    int source = view->roster[entry].source;
    for (size_t i = 0; i < view->servers_count; i++) {
        const struct server_view *server = view->servers[i];
        if (server->role != ROLE_SOURCE || (source >= 0 && source != (int)i))
            continue;
        for (size_t m = 0; m < server->marks_count; m++) {
            const struct mark_row *row = &server->marks[m];
            if (lsn_is_known(row->lsn) && strcmp(row->mark, name) == 0 &&
                text_equal_nocase(row->database, view->roster[entry].database) &&
                (!lsn_is_known(from) || lsn_compare(row->lsn, from) >= 0) &&
                (first == NULL || is_nearer(row, first, time_utc_ms)) &&
                !is_held(view, sets, entry, row))
                first = row;
        }
    }
    return first;
}

/* Where a name repeats and the set has no file that would tell, its mark lies behind what the sets
 * before it hold: marks follow each other as their sets do. */
static void order_repeated_marks(struct group_view *view, const struct textmap *sets)
{
    for (size_t k = 0; k < view->roster_count; k++) {
        struct lsn from = {0};
        for (size_t s = 0; s < view->sets_count; s++) {
            struct backup_set *set = &view->sets[s];
            struct set_file *file = &set->files[k];
            if (set->kind == SET_LOG && !holds_its_mark(file) && name_repeats(sets, set->mark)) {
                const struct mark_row *row = next_mark(view, sets, k, set, from);
                file->mark_lsn = row == NULL ? (struct lsn){0} : row->lsn;
                file->mark_time_utc_ms = row == NULL ? TIME_UNKNOWN : row->time_utc_ms;
            }
            if (set->kind != SET_LOG)
                continue;
            if (lsn_is_known(file->mark_lsn) &&
                (!lsn_is_known(from) || lsn_compare(file->mark_lsn, from) >= 0))
                from = (struct lsn){.number = file->mark_lsn.number + 1};
            if (file->present && lsn_is_known(file->last_lsn) &&
                (!lsn_is_known(from) || lsn_compare(file->last_lsn, from) > 0))
                from = file->last_lsn;
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
    order_repeated_marks(view, sets);
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
