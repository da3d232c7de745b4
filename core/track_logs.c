/* The files of a track and the links between them (core/track.h). */
#include "core/track_internal.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/chain.h"

/* --- links ----------------------------------------------------------------------------------- */

static bool guids_differ(const char *a, const char *b)
{
    return a[0] != '\0' && b[0] != '\0' && strcmp(a, b) != 0;
}

char *track_why_other_branch(const struct set_file *before, struct lsn place,
                             const char *name_before, const struct set_file *log, const char *name)
{
    if (guids_differ(before->family_guid, log->family_guid))
        return memory_format("%s is of another database of that name", name);
    bool forks = guids_differ(before->last_fork_guid, log->first_fork_guid);
    /* It leaves the old fork before the place where the other one ends. */
    if (guids_differ(log->first_fork_guid, log->last_fork_guid) &&
        !(before->last_fork_guid[0] != '\0' &&
          strcmp(before->last_fork_guid, log->last_fork_guid) == 0) &&
        lsn_is_known(log->fork_point_lsn) && lsn_is_known(place))
        forks = forks || lsn_compare(place, log->fork_point_lsn) > 0;
    return forks ? memory_format("%s is on another recovery fork than %s", name, name_before)
                 : NULL;
}

char *track_log_name(const struct track *track, size_t log)
{
    const struct track_log *l = &track->logs[log];
    return l->inserted ? memory_format("the added file %s", l->file->path)
                       : memory_format("set %lld", (long long)track->view->sets[l->set].id);
}

/* The log backup in the sources' msdb that begins where the hole does: a thief's, or the job's own
 * whose history is gone. Borrowed; NULL = none. */
static const struct msdb_backup *find_thief(const struct track *track, struct lsn from)
{
    const struct group_view *view = track->view;
    const struct roster_entry *entry = &view->roster[track->entry];
    for (size_t i = 0; i < view->servers_count; i++) {
        const struct server_view *server = view->servers[i];
        if (server->role != ROLE_SOURCE || (entry->source >= 0 && (int)i != entry->source))
            continue;
        for (size_t b = server->backups_count; b-- > 0;) {
            const struct msdb_backup *backup = &server->backups[b];
            if (backup->type == 'L' && !backup->copy_only && lsn_is_known(backup->first_lsn) &&
                lsn_compare(backup->first_lsn, from) == 0 &&
                lsn_compare(backup->last_lsn, from) > 0 &&
                text_equal_nocase(backup->database, entry->database))
                return backup;
        }
    }
    return NULL;
}

static char *tell_hole(const struct track *track, const char *from, const char *to, struct lsn lsn)
{
    const struct msdb_backup *thief = find_thief(track, lsn);
    if (thief == NULL || thief->path == NULL)
        return memory_format("log is missing between %s and %s: another tool may have taken it",
                             from, to);
    return memory_format("log is missing between %s and %s: another tool may have taken it; it is "
                         "in %s, by %s: if that can be read, --add-file bridges the hole",
                         from, to, thief->path,
                         thief->user_name == NULL ? "an unknown login" : thief->user_name);
}

/* Why a log cannot follow the one before it; NULL = it can. Owned. */
static char *why_not_linked(const struct track *track, size_t at)
{
    const struct set_file *a = track->logs[at - 1].file, *b = track->logs[at].file;
    char *from = track_log_name(track, at - 1), *to = track_log_name(track, at);
    char *why = track_why_other_branch(a, a->last_lsn, from, b, to);
    if (why == NULL && lsn_is_known(a->last_lsn) && lsn_is_known(b->first_lsn) &&
        lsn_compare(a->last_lsn, b->first_lsn) < 0)
        why = tell_hole(track, from, to, a->last_lsn);
    free(from);
    free(to);
    return why;
}

/* --- collecting ------------------------------------------------------------------------------ */

struct candidate {
    size_t set; /* whose log it is; for an inserted one the set before it */
    const struct set_file *file;
    bool inserted;
};

struct candidates {
    struct candidate *items;
    size_t items_count, items_capacity;
};

static bool has_lsns(const struct set_file *file)
{
    return lsn_is_known(file->first_lsn) && lsn_is_known(file->last_lsn);
}

/* The same backup in another copy. */
static bool is_copy(const struct set_file *a, const struct set_file *b)
{
    if (a->set_guid[0] != '\0' && b->set_guid[0] != '\0')
        return strcmp(a->set_guid, b->set_guid) == 0;
    return has_lsns(a) && has_lsns(b) && lsn_compare(a->first_lsn, b->first_lsn) == 0 &&
           lsn_compare(a->last_lsn, b->last_lsn) == 0 &&
           !guids_differ(a->family_guid, b->family_guid) &&
           !guids_differ(a->last_fork_guid, b->last_fork_guid);
}

static bool covers(const struct set_file *a, const struct set_file *b)
{
    return chain_file_usable(a) && has_lsns(a) && has_lsns(b) &&
           lsn_compare(a->first_lsn, b->first_lsn) <= 0 &&
           lsn_compare(a->last_lsn, b->last_lsn) >= 0 &&
           !guids_differ(a->last_fork_guid, b->last_fork_guid);
}

static bool begins_before(const struct set_file *a, const struct set_file *b)
{
    if (!has_lsns(a) || !has_lsns(b))
        return false;
    int order = lsn_compare(a->first_lsn, b->first_lsn);
    return order < 0 || (order == 0 && lsn_compare(a->last_lsn, b->last_lsn) <= 0);
}

/* A copy stands in for the set's own file, which may be missing or damaged; another backup goes
 * where its LSNs put it. What a usable log covers adds nothing. */
static void place_log(struct candidates *candidates, const struct set_file *file)
{
    size_t at = 0;
    bool needed = has_lsns(file);
    for (size_t i = 0; i < candidates->items_count; i++) {
        struct candidate *candidate = &candidates->items[i];
        if (is_copy(candidate->file, file)) {
            candidate->file = file;
            return;
        }
        needed = needed && !covers(candidate->file, file);
        at = begins_before(candidate->file, file) ? i + 1 : at;
    }
    if (!needed)
        return;
    memory_append(candidates, items);
    struct candidate *place = &candidates->items[at];
    memmove(place + 1, place, (candidates->items_count - 1 - at) * sizeof *place);
    *place = (struct candidate){
        .set = at == 0 ? 0 : place[-1].set, .file = file, .inserted = true};
}

static void place_full(struct track *track, const struct candidates *candidates,
                       const struct set_file *file)
{
    size_t at = 0, set = 0;
    for (size_t i = 0; i < track->fulls_count; i++) {
        struct track_full *full = &track->fulls[i];
        if (is_copy(full->file, file)) {
            full->file = file;
            return;
        }
        at = lsn_is_known(full->file->last_lsn) &&
                     lsn_compare(full->file->last_lsn, file->last_lsn) <= 0
                 ? i + 1
                 : at;
    }
    for (size_t i = 0; i < candidates->items_count; i++)
        if (lsn_is_known(candidates->items[i].file->first_lsn) &&
            lsn_compare(candidates->items[i].file->first_lsn, file->last_lsn) <= 0)
            set = candidates->items[i].set;
    memory_append(track, fulls);
    struct track_full *place = &track->fulls[at];
    memmove(place + 1, place, (track->fulls_count - 1 - at) * sizeof *place);
    *place = (struct track_full){.set = set, .file = file, .inserted = true};
}

static void place_added(struct track *track, struct candidates *candidates)
{
    const struct group_view *view = track->view;
    for (size_t i = 0; i < view->added_count; i++) {
        const struct added_file *added = &view->added[i];
        if (added->entry != (int)track->entry || !chain_file_usable(&added->file))
            continue;
        if (added->kind == SET_LOG)
            place_log(candidates, &added->file);
        else if (lsn_is_known(added->file.last_lsn))
            place_full(track, candidates, &added->file);
    }
}

const char *track_why_unusable(const struct set_file *file)
{
    switch (file->state) {
    case FILE_MISSING:
        return "is missing";
    case FILE_CORRUPT:
        return "is corrupt";
    case FILE_DENIED:
        return "cannot be read by the destination";
    case FILE_UNCHECKED:
    case FILE_PROVEN:
        break;
    }
    return "is marked damaged";
}

static char *why_unusable_log(const struct backup_set *set, const struct set_file *file)
{
    return memory_format("the log of set %lld %s", (long long)set->id, track_why_unusable(file));
}

static void sum_up(struct track_log *log, const struct track_log *before)
{
    const struct set_file *file = log->file;
    if (before != NULL) {
        log->bytes = before->bytes;
        log->unknown_sizes = before->unknown_sizes;
        log->by_history = before->by_history;
        log->by_msdb = before->by_msdb;
    }
    log->bytes += file->size_bytes > 0 ? file->size_bytes : 0;
    log->unknown_sizes += file->size_bytes < 0;
    log->by_history += file->evidence <= EVIDENCE_HISTORY;
    log->by_msdb += file->evidence == EVIDENCE_MSDB;
}

static void add_log(struct track *track, const struct candidate *candidate, char **pending_break)
{
    struct track_log *log = memory_append(track, logs);
    size_t at = track->logs_count - 1;
    const struct track_log *before = at > 0 ? log - 1 : NULL;
    *log = (struct track_log){
        .set = candidate->set, .file = candidate->file, .inserted = candidate->inserted};
    if (before != NULL)
        log->broken = why_not_linked(track, at);
    /* An unusable file between the two explains a hole. Where LSNs are known and leave none, it
     * was empty and nobody needs it. */
    bool lsns_known = before != NULL && lsn_is_known(before->file->last_lsn) &&
                      lsn_is_known(log->file->first_lsn);
    if (*pending_break != NULL && (log->broken != NULL || !lsns_known)) {
        free(log->broken);
        log->broken = *pending_break;
        *pending_break = NULL;
    }
    free(*pending_break);
    *pending_break = NULL;
    log->run = before == NULL || log->broken != NULL ? at : before->run;
    sum_up(log, before);
    if (!log->inserted)
        track->log_of_set[log->set] = at;
}

static void take_history(struct track *track, struct candidates *candidates)
{
    const struct group_view *view = track->view;
    for (size_t s = 0; s < view->sets_count; s++) {
        const struct backup_set *set = &view->sets[s];
        const struct set_file *file = &set->files[track->entry];
        track->log_of_set[s] = SIZE_MAX;
        if (!file->present || set->in_progress) /* files of an unfinished set are not touched */
            continue;
        if (set->kind == SET_LOG)
            *memory_append(candidates, items) = (struct candidate){.set = s, .file = file};
        else
            *memory_append(track, fulls) = (struct track_full){.set = s, .file = file};
    }
}

static void drop_unusable_fulls(struct track *track)
{
    size_t kept = 0;
    for (size_t f = 0; f < track->fulls_count; f++)
        if (chain_file_usable(track->fulls[f].file))
            track->fulls[kept++] = track->fulls[f];
    track->fulls_count = kept;
}

static void link_fulls(struct track *track)
{
    for (size_t f = 0; f < track->fulls_count; f++) {
        struct track_full *full = &track->fulls[f];
        struct lsn place = full->file->last_lsn;
        int64_t id = track->view->sets_count == 0 ? 0 : track->view->sets[full->set].id;
        char *name = full->inserted ? memory_format("the added full backup %s", full->file->path)
                                    : memory_format("full set %lld", (long long)id);
        bool by_lsn = lsn_is_known(place);
        size_t start = by_lsn ? track_log_at(track, place) : SIZE_MAX;
        if (start == SIZE_MAX && !(by_lsn && track_lsns_are_known(track)))
            start = track_log_after_set(track, id);
        if (start == SIZE_MAX || track_begins_behind(track, start, place))
            full->broken = memory_format("no log continues %s", name);
        else
            full->broken = track_why_lost(track, start, place, id);
        full->start = start == SIZE_MAX ? track->logs_count : start;
        if (full->broken == NULL && full->start < track->logs_count) {
            char *log = track_log_name(track, full->start);
            full->broken = track_why_other_branch(full->file, full->file->last_lsn, name,
                                                  track->logs[full->start].file, log);
            free(log);
        }
        free(name);
    }
}

void track_collect(struct track *track)
{
    struct candidates candidates = {0};
    char *pending_break = NULL;
    take_history(track, &candidates);
    place_added(track, &candidates);
    for (size_t i = 0; i < candidates.items_count; i++) {
        const struct candidate *candidate = &candidates.items[i];
        if (chain_file_usable(candidate->file)) {
            add_log(track, candidate, &pending_break);
            continue;
        }
        free(pending_break);
        pending_break =
            why_unusable_log(&track->view->sets[candidate->set], candidate->file);
    }
    free(pending_break);
    free(candidates.items);
    drop_unusable_fulls(track);
    link_fulls(track);
}

/* --- places ---------------------------------------------------------------------------------- */

size_t track_log_at(const struct track *track, struct lsn redo)
{
    for (size_t i = track->logs_count; i-- > 0;) {
        const struct set_file *file = track->logs[i].file;
        if (!lsn_is_known(file->first_lsn) || !lsn_is_known(file->last_lsn))
            continue;
        if (lsn_is_within(redo, file->first_lsn, file->last_lsn))
            return i;
        if (lsn_compare(file->last_lsn, redo) <= 0)
            /* Behind the newest log that it has whole: the next one's LSNs may be unknown, or it
             * does not reach back far enough. */
            return i + 1 == track->logs_count                         ? i + 1
                   : lsn_is_known(track->logs[i + 1].file->first_lsn) ? SIZE_MAX
                                                                      : i + 1;
    }
    return SIZE_MAX;
}

size_t track_log_after_set(const struct track *track, int64_t set_id)
{
    size_t i = track->logs_count;
    while (i > 0 && track->view->sets[track->logs[i - 1].set].id > set_id)
        i--;
    return i;
}

bool track_begins_behind(const struct track *track, size_t log, struct lsn place)
{
    if (log >= track->logs_count || !lsn_is_known(place))
        return false;
    struct lsn first = track->logs[log].file->first_lsn;
    return lsn_is_known(first) && lsn_compare(first, place) > 0;
}

/* Does a database that has all before place need that file? */
static bool is_needed(const struct set_file *file, struct lsn place)
{
    if (!has_lsns(file))
        return true;
    bool empty = lsn_compare(file->first_lsn, file->last_lsn) == 0;
    return !empty && (!lsn_is_known(place) || lsn_compare(file->last_lsn, place) > 0);
}

char *track_why_lost(const struct track *track, size_t log, struct lsn place, int64_t set_id)
{
    if (log >= track->logs_count ||
        (lsn_is_known(place) && lsn_is_known(track->logs[log].file->first_lsn)))
        return NULL;
    const struct group_view *view = track->view;
    for (size_t s = log == 0 ? 0 : track->logs[log - 1].set + 1; s < track->logs[log].set; s++) {
        const struct backup_set *set = &view->sets[s];
        const struct set_file *file = &set->files[track->entry];
        if (set->id > set_id && set->kind == SET_LOG && file->present && !set->in_progress &&
            !chain_file_usable(file) && is_needed(file, place))
            return why_unusable_log(set, file);
    }
    return NULL;
}

bool track_lsns_are_known(const struct track *track)
{
    return track->logs_count > 0 && lsn_is_known(track->logs[track->logs_count - 1].file->last_lsn);
}
