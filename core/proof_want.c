#include "core/proof_want.h"

#include <stdlib.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/chain.h"
#include "core/proof.h"
#include "core/textmap.h"
#include "core/track.h"

struct wish_list {
    const struct group_view *view;
    size_t server;
    const struct server_view *known;
    int64_t now_utc_ms;
    const char **paths;
    size_t count, max;
};

static bool is_due(const struct wish_list *list, const char *path)
{
    const struct file_proof *proof = server_view_proof(list->known, path);
    if (proof == NULL || proof->asked_utc_ms == TIME_UNKNOWN)
        return true;
    int64_t age_ms = list->now_utc_ms - proof->asked_utc_ms;
    return age_ms < 0 ||
           age_ms > (proof->state == FILE_PROVEN ? PROOF_FRESH_MS : PROOF_ASK_AGAIN_MS);
}

static void wish(struct wish_list *list, size_t set, const struct set_file *file)
{
    const struct backup_set *of = &list->view->sets[set];
    if (list->count == list->max || !of->complete || of->in_progress || !file->present ||
        file->path == NULL || !is_due(list, file->path))
        return;
    for (size_t i = 0; i < list->count; i++)
        if (text_equal(list->paths[i], file->path))
            return;
    list->paths[list->count++] = file->path;
}

/* The files that the way of one database to a mark reads. */
static void wish_way(struct wish_list *list, const struct track *track, int mark)
{
    if (mark < 0)
        return;
    struct track_path path = track_find_path(track, list->view->marks[mark].set, STOP_AT);
    if (path.full >= 0)
        wish(list, track->fulls[path.full].set, track->fulls[path.full].file);
    for (size_t i = 0; i < path.logs_count; i++)
        wish(list, track->logs[path.first + i].set, track->logs[path.first + i].file);
    free(path.reason);
}

/* What a rebuild would need: the newest full set and all logs behind it, the newest first. */
static void wish_rebuild(struct wish_list *list, const struct track *track)
{
    if (track->fulls_count == 0)
        return;
    const struct track_full *full = &track->fulls[track->fulls_count - 1];
    for (size_t i = track->logs_count; i-- > full->start;)
        wish(list, track->logs[i].set, track->logs[i].file);
    wish(list, full->set, full->file);
}

/* The newest log, which every way ends with; also where the routes are not known yet. */
static void wish_newest(struct wish_list *list, const struct track *track)
{
    if (track->logs_count > 0)
        wish(list, track->logs[track->logs_count - 1].set,
             track->logs[track->logs_count - 1].file);
}

/* Files that were not usable, from the newest full set on: the tracks leave them out. */
static void wish_unusable(struct wish_list *list, size_t entry)
{
    for (size_t s = list->view->sets_count; s-- > 0;) {
        const struct set_file *file = &list->view->sets[s].files[entry];
        if (file->present && !chain_file_usable(file))
            wish(list, s, file);
        if (list->view->sets[s].kind == SET_FULL && list->view->sets[s].complete)
            return;
    }
}

static bool is_ours(const struct wish_list *list, size_t entry)
{
    const struct roster_entry *of = &list->view->roster[entry];
    return of->destination == (int)list->server && !of->left_out;
}

size_t proof_wanted(const struct group_view *view, size_t server, const struct server_view *known,
                    int64_t now_utc_ms, const char **paths, size_t max)
{
    struct wish_list list = {.view = view, .server = server, .known = known,
                             .now_utc_ms = now_utc_ms, .paths = paths, .max = max};
    struct track **tracks = memory_new_array(view->roster_count + 1, sizeof(struct track *));
    for (size_t i = 0; i < view->roster_count; i++)
        tracks[i] = is_ours(&list, i) ? track_build(view, i) : NULL;
    for (size_t i = 0; i < view->roster_count; i++)
        if (tracks[i] != NULL)
            wish_newest(&list, tracks[i]);
    const int marks[] = {view->readiness.newest, view->readiness.newest_any, view->readiness.rule};
    for (size_t m = 0; m < sizeof marks / sizeof *marks; m++)
        for (size_t i = 0; i < view->roster_count && list.count < max; i++)
            if (tracks[i] != NULL)
                wish_way(&list, tracks[i], marks[m]);
    for (size_t i = 0; i < view->roster_count && list.count < max; i++)
        if (tracks[i] != NULL) {
            wish_unusable(&list, i);
            wish_rebuild(&list, tracks[i]);
        }
    for (size_t i = 0; i < view->roster_count; i++)
        track_free(tracks[i]);
    free(tracks);
    return list.count;
}

void proof_forget(struct server_view *known, const struct group_view *view, size_t server)
{
    if (view->sets_count == 0 || known->proofs_count == 0)
        return;
    struct textmap *named = textmap_new(view->sets_count * view->roster_count);
    for (size_t s = 0; s < view->sets_count; s++)
        for (size_t i = 0; i < view->roster_count; i++)
            if (view->roster[i].destination == (int)server && view->sets[s].files[i].present)
                textmap_put(named, view->sets[s].files[i].path, s);
    size_t kept = 0;
    for (size_t p = 0; p < known->proofs_count; p++) {
        struct textmap_cursor cursor = {0};
        size_t set;
        if (textmap_next(named, known->proofs[p]->path, &cursor, &set))
            known->proofs[kept++] = known->proofs[p];
        else
            proof_release(known->proofs[p]);
    }
    known->proofs_count = kept;
    textmap_free(named);
}
