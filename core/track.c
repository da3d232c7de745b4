#include "core/track_internal.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/chain.h"

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

/* The log that holds its place may be of another branch than what was applied last: SQL Server
 * refuses it with 4330. Owned. */
static char *why_start_is_other_branch(const struct track *track, struct lsn redo)
{
    size_t start = track->start;
    if (start >= track->logs_count)
        return NULL;
    const struct track_log *before = start > 0 ? &track->logs[start - 1] : NULL;
    if (before != NULL && track->logs[start].broken != NULL &&
        lsn_is_known(before->file->last_lsn) && lsn_compare(before->file->last_lsn, redo) == 0)
        return memory_copy_text(track->logs[start].broken);
    for (size_t f = track->fulls_count; f-- > 0;) {
        const struct track_full *full = &track->fulls[f];
        if (full->broken != NULL && full->start == start &&
            lsn_compare(full->file->last_lsn, redo) == 0)
            return memory_copy_text(full->broken);
    }
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
        track->start = track_log_at(track, entry->redo_lsn);
        track->start_by_lsn = track->start != SIZE_MAX;
        if (track->start == SIZE_MAX && track_lsns_are_known(track)) {
            track->cannot_roll = why_no_log_continues(track, entry->redo_lsn, server);
            return;
        }
        if (track->start_by_lsn)
            track->cannot_roll = why_start_is_other_branch(track, entry->redo_lsn);
        if (track->cannot_roll != NULL)
            return;
    }
    if (track->start == SIZE_MAX && entry->applied_set == 0) {
        track->cannot_roll = memory_format("nobody recorded what was applied to it on %s", server);
        return;
    }
    if (track->start == SIZE_MAX)
        track->start = track_log_after_set(track, entry->applied_set);
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
    track_collect(track);
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
