/* The way of one database to one mark (core/track.h). */
#include "core/track.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/chain.h"

/* --- the log that holds the mark ------------------------------------------------------------- */

static bool holds(const struct set_file *file, struct lsn lsn)
{
    return lsn_is_known(file->first_lsn) && lsn_is_known(file->last_lsn) &&
           lsn_is_within(lsn, file->first_lsn, file->last_lsn);
}

static size_t first_log_after(const struct track *track, size_t set)
{
    size_t i = track->logs_count;
    while (i > 0 && track->logs[i - 1].set > set)
        i--;
    return i;
}

static size_t search_mark(const struct track *track, size_t from, struct lsn mark)
{
    for (size_t i = from; i < track->logs_count; i++) {
        const struct set_file *file = track->logs[i].file;
        if (holds(file, mark))
            return i;
        if (lsn_is_known(file->first_lsn) && lsn_compare(file->first_lsn, mark) > 0)
            break;
    }
    for (size_t i = from; i-- > 0;) {
        const struct set_file *file = track->logs[i].file;
        if (holds(file, mark))
            return i;
        if (lsn_is_known(file->last_lsn) && lsn_compare(file->last_lsn, mark) <= 0)
            break;
    }
    return SIZE_MAX;
}

/* The log in which the mark of a set lies, or SIZE_MAX with *reason (owned). */
static size_t mark_log(const struct track *track, size_t set_index, char **reason)
{
    const struct backup_set *set = &track->view->sets[set_index];
    const struct set_file *file = &set->files[track->entry];
    long long id = (long long)set->id;
    size_t own = track->log_of_set[set_index];
    size_t next = own != SIZE_MAX ? own : first_log_after(track, set_index);
    if (set->in_progress) {
        *reason = memory_format("set %lld is still being taken", id);
        return SIZE_MAX;
    }
    if (lsn_is_known(file->mark_lsn)) {
        size_t found = search_mark(track, next, file->mark_lsn);
        if (found != SIZE_MAX)
            return found;
        if (own != SIZE_MAX && lsn_is_known(track->logs[own].file->first_lsn)) {
            *reason = memory_format("the mark is not in its log of set %lld", id);
            return SIZE_MAX;
        }
    }
    if (own != SIZE_MAX)
        return own;
    if (file->present)
        *reason = memory_format("its log of set %lld cannot be used: it %s", id,
                                track_why_unusable(file));
    else if (set->complete)
        *reason = memory_format("set %lld has no backup of it", id);
    else if (next < track->logs_count && !lsn_is_known(file->mark_lsn))
        return next;
    else if (next < track->logs_count)
        *reason = memory_format("set %lld has no log of it and its next one does not cover it", id);
    else
        *reason = memory_format("set %lld is partial, without a log of it, and its next log is "
                                "not there yet",
                                id);
    return SIZE_MAX;
}

/* --- standing at the mark -------------------------------------------------------------------- */

/* A stop before the mark names it in restorehistory too: what tells the two apart is the redo point
 * beside the mark's LSN, or MarkLog, which the gate reads in STANDBY. */
static bool can_be_told_from_before(const struct track *track, const struct set_file *file)
{
    const struct roster_entry *entry = &track->view->roster[track->entry];
    /* At the mark's own LSN either may have left it: then it is taken for before. */
    bool told = lsn_is_known(file->mark_lsn) && entry->redo_lsn.number != file->mark_lsn.number;
    return entry->state != STATE_RESTORING || told ||
           track_can_be_shown(track->view, track->entry);
}

/* The last restore's log is the one that holds the mark, as far as can be seen: a name may repeat.
 */
static bool last_restore_fits(const struct roster_entry *entry, const struct set_file *file)
{
    if (!lsn_is_known(entry->restored_first_lsn) || !lsn_is_known(entry->restored_last_lsn))
        return true;
    if (lsn_is_known(file->mark_lsn))
        return lsn_is_within(file->mark_lsn, entry->restored_first_lsn, entry->restored_last_lsn);
    return !lsn_is_known(file->first_lsn) ||
           lsn_compare(file->first_lsn, entry->restored_first_lsn) == 0;
}

/* In STANDBY no redo point is shown: the log restored last must be known to hold the mark. Without
 * logmarkhistory (a source that was never seen) that is the set's own log. */
static bool last_restore_holds(const struct roster_entry *entry, const struct set_file *file)
{
    if (!lsn_is_known(entry->restored_last_lsn))
        return false;
    return lsn_is_known(file->mark_lsn) ||
           (lsn_is_known(file->last_lsn) &&
            lsn_compare(file->last_lsn, entry->restored_last_lsn) == 0 &&
            lsn_compare(file->first_lsn, entry->restored_first_lsn) == 0);
}

static bool redo_is_inside(const struct roster_entry *entry, const struct set_file *file)
{
    struct lsn first = entry->restored_first_lsn, last = entry->restored_last_lsn;
    if (!lsn_is_known(first) || !lsn_is_known(last)) {
        first = file->first_lsn;
        last = file->last_lsn;
    }
    return lsn_is_known(first) && lsn_is_known(last) &&
           lsn_is_within(entry->redo_lsn, first, last) && lsn_compare(first, entry->redo_lsn) < 0;
}

/* restorehistory names the stop as the clause did: by the mark, to the byte, or by its LSN. */
static bool names_the_mark(const char *at_mark, const char *mark, const struct set_file *file)
{
    if (at_mark == NULL || mark == NULL)
        return false;
    if (strncasecmp(at_mark, "lsn:", 4) == 0) {
        struct lsn stop = lsn_parse(at_mark + 4); /* unknown in hexadecimal, as somebody may write it */
        return lsn_is_known(stop) && lsn_is_known(file->mark_lsn) &&
               lsn_compare(stop, file->mark_lsn) == 0;
    }
    return strcmp(at_mark, mark) == 0;
}

/* The log restored last may hold two marks of the name: the redo point tells at which it stopped;
 * without one it is not known. */
static bool may_stand_at_another(const struct track *track, const struct backup_set *set)
{
    const struct roster_entry *entry = &track->view->roster[track->entry];
    struct lsn mark = set->files[track->entry].mark_lsn, redo = entry->redo_lsn;
    if (!lsn_is_known(mark) || !lsn_is_known(entry->restored_first_lsn) ||
        !lsn_is_known(entry->restored_last_lsn))
        return false;
    if (lsn_is_known(redo) && lsn_compare(redo, mark) < 0)
        return true;
    for (size_t s = 0; s < track->view->sets_count; s++) {
        const struct backup_set *other = &track->view->sets[s];
        struct lsn lsn = other->files[track->entry].mark_lsn;
        if (other != set && text_equal(other->mark, set->mark) && lsn_is_known(lsn) &&
            lsn_is_within(lsn, entry->restored_first_lsn, entry->restored_last_lsn) &&
            (!lsn_is_known(redo) ||
             (lsn_compare(lsn, mark) > 0 && lsn_compare(lsn, redo) < 0)))
            return true;
    }
    return false;
}

/* True with path->route set where it stands at the mark already. */
static bool stands_at(const struct track *track, const struct backup_set *set,
                      struct track_path *path)
{
    const struct roster_entry *entry = &track->view->roster[track->entry];
    const struct set_file *file = &set->files[track->entry];
    if (!names_the_mark(entry->at_mark, set->mark, file) || !last_restore_fits(entry, file) ||
        may_stand_at_another(track, set) || !can_be_told_from_before(track, file))
        return false;
    if (entry->state == STATE_ONLINE && !entry->standby)
        path->route = ROUTE_RECOVERED_AT_MARK;
    else if (entry->standby && last_restore_holds(entry, file))
        path->route = ROUTE_AT_MARK; /* its MarkLog can be read: the gate does */
    else if (entry->state == STATE_RESTORING && lsn_is_known(entry->redo_lsn) &&
             redo_is_inside(entry, file))
        path->route = ROUTE_AT_MARK;
    else
        return false;
    path->evidence = EVIDENCE_MSDB;
    return true;
}

/* --- ways ------------------------------------------------------------------------------------ */

static void measure(const struct track *track, struct track_path *path)
{
    const struct track_log *before = path->first > 0 ? &track->logs[path->first - 1] : NULL;
    const struct track_log *last = &track->logs[path->last];
    size_t by_history = last->by_history - (before == NULL ? 0 : before->by_history);
    size_t by_msdb = last->by_msdb - (before == NULL ? 0 : before->by_msdb);
    size_t unknown = last->unknown_sizes - (before == NULL ? 0 : before->unknown_sizes);
    path->logs_count = path->last - path->first + 1;
    path->size_bytes = last->bytes - (before == NULL ? 0 : before->bytes);
    path->full_bytes = 0;
    enum evidence evidence = by_history > 0 ? EVIDENCE_HISTORY
                             : by_msdb > 0  ? EVIDENCE_MSDB
                                            : EVIDENCE_HEADER;
    if (path->full >= 0) {
        const struct set_file *file = track->fulls[path->full].file;
        evidence = file->evidence < evidence ? file->evidence : evidence;
        unknown += file->size_bytes < 0;
        path->full_bytes = file->size_bytes < 0 ? 0 : file->size_bytes;
        path->size_bytes += path->full_bytes;
    }
    if (unknown > 0)
        path->size_bytes = SIZE_UNKNOWN;
    path->evidence = evidence;
}

/* Does it stand behind the beginning of that log, in which its place is? Where the log's own LSNs are
 * not known, the end of the log before it is where it begins. */
static bool is_inside(const struct track *track, size_t log)
{
    struct lsn first = track->logs[log].file->first_lsn;
    if (!lsn_is_known(first) && log > 0)
        first = track->logs[log - 1].file->last_lsn;
    return !lsn_is_known(first) || lsn_compare(first, track->place) < 0;
}

static bool is_past(const struct track *track, size_t log, struct lsn mark)
{
    const struct roster_entry *entry = &track->view->roster[track->entry];
    if (track->start > log)
        return true;
    bool linked = track->logs[log].run <= track->start; /* else LSNs may be of another branch */
    if (linked && lsn_is_known(mark) && lsn_is_known(track->place))
        return lsn_compare(track->place, mark) > 0;
    if (track->start < log || !track->start_by_lsn)
        return false;
    /* Inside the log of the mark, put there by a stop at some mark: on which side of this one
     * nobody can tell, and behind it every log would end without the mark and without a word. */
    return entry->at_mark != NULL && is_inside(track, log);
}

/* Why not by rolling forward (owned), or NULL with the path filled. */
static char *roll_forward(const struct track *track, size_t log, struct lsn mark,
                          struct track_path *path)
{
    if (!track->can_roll)
        return memory_copy_text(track->cannot_roll);
    if (is_past(track, log, mark))
        return memory_copy_text(track->passed_text);
    if (track->logs[log].run > track->start)
        return memory_copy_text(track->logs[track->logs[log].run].broken);
    path->route = ROUTE_ROLL_FORWARD;
    path->first = track->start;
    path->last = log;
    measure(track, path);
    if (!track->start_by_lsn || !track->place_seen)
        path->evidence = EVIDENCE_HISTORY;
    return NULL;
}

/* A data backup is restored whole: it must end before the mark. */
static bool full_is_usable(const struct track *track, const struct track_full *full, size_t log,
                           size_t set, struct lsn mark)
{
    bool by_lsn = lsn_is_known(full->file->last_lsn);
    if (full->broken != NULL || full->start > log || track->logs[log].run > full->start)
        return false;
    if (by_lsn && lsn_is_known(mark))
        return lsn_compare(full->file->last_lsn, mark) <= 0;
    return full->set < set && (by_lsn || track->view->sets[full->set].complete);
}

static const char *why_no_full(const struct track *track, size_t log, size_t set)
{
    const char *why = NULL;
    for (size_t f = track->fulls_count; f-- > 0 && why == NULL;)
        if (track->fulls[f].set < set)
            why = track->fulls[f].broken != NULL ? track->fulls[f].broken
                                                 : track->logs[track->logs[log].run].broken;
    return why;
}

static void full_restore(const struct track *track, size_t log, size_t set, struct lsn mark,
                         struct track_path *path)
{
    for (size_t f = track->fulls_count; f-- > 0;) {
        const struct track_full *full = &track->fulls[f];
        if (!full_is_usable(track, full, log, set, mark))
            continue;
        path->route = ROUTE_FULL_RESTORE;
        path->full = (int)f;
        path->first = full->start;
        path->last = log;
        measure(track, path);
        if (!lsn_is_known(full->file->last_lsn))
            path->evidence = EVIDENCE_HISTORY;
        return;
    }
    const char *why = why_no_full(track, log, set);
    char *roll_reason = path->reason;
    path->reason = memory_format("%s; and no full set before the mark leads to it%s%s",
                                 roll_reason == NULL ? "it cannot roll forward" : roll_reason,
                                 why == NULL ? "" : ": ", why == NULL ? "" : why);
    free(roll_reason);
}

struct track_path track_find_path(const struct track *track, size_t set_index, enum stop_kind stop)
{
    const struct backup_set *set = &track->view->sets[set_index];
    struct track_path path = {.route = ROUTE_UNREACHABLE, .full = -1, .size_bytes = SIZE_UNKNOWN};
    if (track->cannot_restore != NULL) {
        path.reason = memory_copy_text(track->cannot_restore);
        return path;
    }
    /* Whether an earlier restore stopped at or before the mark is not to be had from
     * restorehistory: only for the inclusive stop does standing there count. */
    if (stop == STOP_AT && stands_at(track, set, &path)) {
        path.size_bytes = 0;
        return path;
    }
    if (set->files[track->entry].mark_absent) {
        path.reason = memory_format("the mark of set %lld was never set in it: its source's "
                                    "logmarkhistory has none",
                                    (long long)set->id);
        return path;
    }
    size_t log = mark_log(track, set_index, &path.reason);
    if (log == SIZE_MAX)
        return path;
    if (track->logs[log].file->bulk_logged) {
        char *name = track_log_name(track, log);
        path.reason = memory_format("its log of %s holds bulk-logged work: SQL Server cannot stop "
                                    "inside it",
                                    name);
        free(name);
        return path;
    }
    struct lsn mark = set->files[track->entry].mark_lsn;
    path.reason = roll_forward(track, log, mark, &path);
    if (path.reason != NULL)
        full_restore(track, log, set_index, mark, &path);
    return path;
}
