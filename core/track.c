#include "core/track.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/chain.h"

/* --- the logs and their links ---------------------------------------------------------------- */

static const char *why_unusable(const struct set_file *file)
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

static bool guids_differ(const char *a, const char *b)
{
    return a[0] != '\0' && b[0] != '\0' && strcmp(a, b) != 0;
}

/* Why the second file cannot follow the first; NULL = it can. Owned. */
static char *why_not_linked(const struct group_view *view, const struct track_log *before,
                            const struct track_log *after)
{
    const struct set_file *a = before->file, *b = after->file;
    int64_t from = view->sets[before->set].id, to = view->sets[after->set].id;
    if (guids_differ(a->family_guid, b->family_guid))
        return memory_format("set %lld is of another database of that name", (long long)to);
    if (guids_differ(a->last_fork_guid, b->first_fork_guid))
        return memory_format("set %lld is on another recovery fork than set %lld", (long long)to,
                             (long long)from);
    if (!lsn_is_known(a->last_lsn) || !lsn_is_known(b->first_lsn))
        return NULL;
    if (lsn_compare(a->last_lsn, b->first_lsn) < 0)
        return memory_format("log is missing between set %lld and set %lld: another tool may "
                             "have taken it",
                             (long long)from, (long long)to);
    return NULL;
}

static void add_log(struct track *track, size_t set, const struct set_file *file,
                    char **pending_break)
{
    struct track_log *log = memory_append(track, logs);
    size_t at = track->logs_count - 1;
    const struct track_log *before = at > 0 ? log - 1 : NULL;
    *log = (struct track_log){.set = set, .file = file};
    if (before != NULL)
        log->broken = why_not_linked(track->view, before, log);
    /* An unusable file between the two explains a hole. Where LSNs are known and leave none, it
     * was empty and nobody needs it. */
    bool lsns_known =
        before != NULL && lsn_is_known(before->file->last_lsn) && lsn_is_known(file->first_lsn);
    if (*pending_break != NULL && (log->broken != NULL || !lsns_known)) {
        free(log->broken);
        log->broken = *pending_break;
        *pending_break = NULL;
    }
    free(*pending_break);
    *pending_break = NULL;
    log->run = before == NULL || log->broken != NULL ? at : before->run;
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
    track->log_of_set[set] = at;
}

static void collect(struct track *track)
{
    const struct group_view *view = track->view;
    char *pending_break = NULL;
    for (size_t s = 0; s < view->sets_count; s++) {
        const struct backup_set *set = &view->sets[s];
        const struct set_file *file = &set->files[track->entry];
        track->log_of_set[s] = SIZE_MAX;
        if (!file->present || set->in_progress) /* files of an unfinished set are not touched */
            continue;
        if (set->kind == SET_FULL) {
            if (chain_file_usable(file))
                *memory_append(track, fulls) = (struct track_full){.set = s, .file = file};
        } else if (chain_file_usable(file)) {
            add_log(track, s, file, &pending_break);
        } else {
            free(pending_break);
            pending_break =
                memory_format("the log of set %lld %s", (long long)set->id, why_unusable(file));
        }
    }
    free(pending_break);
}

/* The log that accepts the redo point; logs_count where every log ends at or before it; SIZE_MAX
 * where it lies in no known log. The last of several, so that an empty log is not taken. */
static size_t log_at(const struct track *track, struct lsn redo)
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

static size_t log_after_set(const struct track *track, int64_t set_id)
{
    size_t i = track->logs_count;
    while (i > 0 && track->view->sets[track->logs[i - 1].set].id > set_id)
        i--;
    return i;
}

static bool lsns_are_known(const struct track *track)
{
    return track->logs_count > 0 && lsn_is_known(track->logs[track->logs_count - 1].file->last_lsn);
}

static void link_fulls(struct track *track)
{
    for (size_t f = 0; f < track->fulls_count; f++) {
        struct track_full *full = &track->fulls[f];
        int64_t id = track->view->sets[full->set].id;
        bool by_lsn = lsn_is_known(full->file->last_lsn);
        size_t start = by_lsn ? log_at(track, full->file->last_lsn) : SIZE_MAX;
        if (start == SIZE_MAX && by_lsn && lsns_are_known(track))
            full->broken = memory_format("no log continues full set %lld", (long long)id);
        else if (start == SIZE_MAX)
            start = log_after_set(track, id);
        full->start = start == SIZE_MAX ? track->logs_count : start;
        if (full->broken == NULL && full->start < track->logs_count &&
            guids_differ(full->file->family_guid, track->logs[full->start].file->family_guid))
            full->broken =
                memory_format("full set %lld is of another database of that name", (long long)id);
        if (full->broken == NULL && full->start < track->logs_count &&
            guids_differ(full->file->last_fork_guid,
                         track->logs[full->start].file->first_fork_guid))
            full->broken =
                memory_format("full set %lld is on another recovery fork", (long long)id);
    }
}

/* --- where it stands ------------------------------------------------------------------------- */

static char *why_nothing(const struct group_view *view, const struct roster_entry *entry)
{
    if (entry->problem != NULL)
        return memory_copy_text(entry->problem);
    const struct server_view *destination = view->servers[entry->destination];
    if (view->down[entry->destination])
        return destination->error.what[0] != '\0'
                   ? memory_format("%s does not answer: %s", destination->name,
                                   destination->error.what)
                   : memory_format("%s does not answer", destination->name);
    const struct server_view *source = entry->source < 0 ? NULL : view->servers[entry->source];
    if (source != NULL && source->version_major > 0 && destination->version_major > 0 &&
        destination->version_major < source->version_major)
        return memory_format("%s is SQL Server %d, the backups are of %d: an older version "
                             "cannot restore them",
                             destination->name, destination->version_major, source->version_major);
    if (!entry->state_known)
        return memory_format("the databases of %s are not visible", destination->name);
    return NULL;
}

static char *why_no_log_continues(const struct track *track, struct lsn redo, const char *server)
{
    size_t i = track->logs_count;
    while (i > 0 && (!lsn_is_known(track->logs[i - 1].file->first_lsn) ||
                     lsn_compare(track->logs[i - 1].file->first_lsn, redo) > 0))
        i--;
    if (i < track->logs_count && track->logs[i].broken != NULL)
        return memory_copy_text(track->logs[i].broken);
    return memory_format("no log in the history continues it where it stands on %s", server);
}

/* Without a redo point only what was recorded tells where it stands, and that must be beyond
 * doubt: a log applied again behind its mark runs to its end without a word (4329). Owned. */
static char *why_place_is_uncertain(const struct roster_entry *entry, const char *server)
{
    if (lsn_is_known(entry->redo_lsn))
        return NULL;
    if (entry->at_mark != NULL)
        return memory_format(
            "it stopped at the mark %s on %s, and how far is not visible%s", entry->at_mark, server,
            entry->standby ? " in STANDBY" : ": GRANT VIEW ANY DEFINITION to the login");
    if (entry->redo_visible && !entry->standby)
        return memory_format("its last full restore on %s did not finish", server);
    return NULL;
}

static void find_start(struct track *track)
{
    const struct group_view *view = track->view;
    const struct roster_entry *entry = &view->roster[track->entry];
    track->cannot_restore = why_nothing(view, entry);
    if (track->cannot_restore != NULL)
        return;
    const char *server = view->servers[entry->destination]->name;
    if (entry->state == STATE_ABSENT) {
        track->cannot_roll = memory_format("it is not on %s", server);
        return;
    }
    if (entry->state != STATE_RESTORING && !entry->standby) {
        track->cannot_roll = memory_format("it is %s on %s, not RESTORING",
                                           database_state_name(entry->state), server);
        return;
    }
    track->cannot_roll = why_place_is_uncertain(entry, server);
    if (track->cannot_roll != NULL)
        return;
    track->start = SIZE_MAX;
    if (lsn_is_known(entry->redo_lsn)) {
        track->start = log_at(track, entry->redo_lsn);
        track->start_by_lsn = track->start != SIZE_MAX;
        if (track->start == SIZE_MAX && lsns_are_known(track)) {
            track->cannot_roll = why_no_log_continues(track, entry->redo_lsn, server);
            return;
        }
    }
    if (track->start == SIZE_MAX && entry->applied_set == 0) {
        track->cannot_roll = memory_format("nobody recorded what was applied to it on %s", server);
        return;
    }
    if (track->start == SIZE_MAX)
        track->start = log_after_set(track, entry->applied_set);
    track->can_roll = true;
    track->passed_text = entry->applied_set != 0
                             ? memory_format("it is past this mark: it has set %lld whole",
                                             (long long)entry->applied_set)
                             : memory_copy_text("it is past this mark");
}

struct track *track_build(const struct group_view *view, size_t entry)
{
    struct track *track = memory_new(sizeof *track);
    track->view = view;
    track->entry = entry;
    track->log_of_set = memory_new_array(view->sets_count, sizeof *track->log_of_set);
    collect(track);
    link_fulls(track);
    find_start(track);
    return track;
}

void track_free(struct track *track)
{
    if (track == NULL)
        return;
    for (size_t i = 0; i < track->logs_count; i++)
        free(track->logs[i].broken);
    for (size_t i = 0; i < track->fulls_count; i++)
        free(track->fulls[i].broken);
    free(track->logs);
    free(track->fulls);
    free(track->log_of_set);
    free(track->cannot_roll);
    free(track->cannot_restore);
    free(track->passed_text);
    free(track);
}
