/* The rules that look at backup sets, files and marks more closely (core/rules.def). */
#include "core/checks_internal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/chain.h"
#include "core/decode.h"
#include "core/group.h"

enum { HOUR_MS = 60 * 60 * 1000, NEWEST_LOOKED_AT = 3, MARK_LENGTH_MAX = 32 };

static const int64_t day_ms = INT64_C(24) * HOUR_MS;

char *check_set_words(const struct backup_set *set)
{
    return memory_format("set %lld", (long long)set->id);
}

/* --- marks ------------------------------------------------------------------------------------ */

/* True where the source's msdb tells the marks of that entry's database. */
static bool knows_marks(struct check_sink *sink, size_t entry)
{
    return check_may_look_at_source(sink, entry, PART_MARKS);
}

static void judge_marks_of(struct check_sink *sink, const struct backup_set *set)
{
    const struct group_view *view = sink->view;
    size_t known = 0;
    for (size_t k = 0; k < view->roster_count; k++)
        known += lsn_is_known(set->files[k].mark_lsn);
    for (size_t k = 0; k < view->roster_count; k++) {
        const struct set_file *file = &set->files[k];
        if (view->roster[k].left_out || !file->present || known == 0 || !knows_marks(sink, k))
            continue;
        if (!lsn_is_known(file->mark_lsn)) {
            check_add(sink, VERDICT_CRITICAL, check_source_where(view, k),
                      memory_format("msdb knows the mark of set %lld in %zu databases and not in "
                                    "this one",
                                    (long long)set->id, known));
            check_about(sink, "a mark of other databases is not in this one");
        } else if (lsn_is_known(file->first_lsn) && lsn_is_known(file->last_lsn) &&
                   (lsn_compare(file->mark_lsn, file->first_lsn) < 0 ||
                    lsn_compare(file->mark_lsn, file->last_lsn) >= 0)) {
            check_add(sink, VERDICT_CRITICAL, check_source_where(view, k),
                      memory_format("the mark of set %lld lies outside its log backup",
                                    (long long)set->id));
            check_about(sink, "a mark lies outside its log backup");
        }
    }
}

char *check_mark_everywhere(struct check_sink *sink)
{
    const struct group_view *view = sink->view;
    size_t looked = 0;
    for (size_t k = 0; k < view->roster_count; k++)
        knows_marks(sink, k);
    for (size_t s = view->sets_count; s-- > 0 && looked < NEWEST_LOOKED_AT;)
        if (view->sets[s].kind == SET_LOG && view->sets[s].complete) {
            judge_marks_of(sink, &view->sets[s]);
            looked++;
        }
    return memory_format("the marks of the newest %zu log sets are in every database", looked);
}

static int compare_marks(const void *left, const void *right)
{
    const struct backup_set *const *a = left, *const *b = right;
    int order = strcmp((*a)->mark, (*b)->mark);
    return order != 0 ? order : ((*a)->id > (*b)->id) - ((*a)->id < (*b)->id);
}

static void judge_mark_name(struct check_sink *sink, const struct backup_set *set)
{
    if (strncasecmp(set->mark, "lsn:", 4) == 0) {
        check_add(sink, VERDICT_CRITICAL, check_management_where(sink->view),
                  memory_format("RESTORE would take the mark '%s' of set %lld for an LSN",
                                set->mark, (long long)set->id));
        check_about(sink, "RESTORE takes the marks for LSNs");
    } else if (strlen(set->mark) > MARK_LENGTH_MAX) {
        check_add(sink, VERDICT_WARNING, check_management_where(sink->view),
                  memory_format("the mark '%s' of set %lld is longer than the %d characters that "
                                "SQL Server keeps",
                                set->mark, (long long)set->id, MARK_LENGTH_MAX));
        check_about(sink, "the marks are longer than SQL Server keeps");
    }
}

char *check_mark_names(struct check_sink *sink)
{
    const struct group_view *view = sink->view;
    const struct backup_set **sets =
        memory_new_array(view->sets_count + 1, sizeof(const struct backup_set *));
    size_t count = 0;
    for (size_t s = 0; s < view->sets_count; s++)
        if (view->sets[s].mark != NULL)
            sets[count++] = &view->sets[s];
    if (count > 0)
        judge_mark_name(sink, sets[count - 1]);
    else
        check_add_remedy(sink, VERDICT_UNKNOWN, memory_copy_text(""),
                         memory_copy_text("no mark is known"),
                         "see why no log set is in the history, or is not visible");
    qsort(sets, count, sizeof *sets, compare_marks);
    for (size_t i = 1; i < count; i++)
        if (strcmp(sets[i - 1]->mark, sets[i]->mark) == 0)
            check_add(sink, VERDICT_WARNING, check_set_words(sets[i]),
                      memory_format("its mark '%s' is also that of set %lld", sets[i]->mark,
                                    (long long)sets[i - 1]->id));
    free(sets);
    return memory_format("%zu marks, each of its own name", count);
}

/* --- files ------------------------------------------------------------------------------------ */

static const char *file_fault(const struct set_file *file)
{
    switch (file->state) {
    case FILE_MISSING:
        return "is not there";
    case FILE_CORRUPT:
        return "cannot be read as a backup";
    case FILE_DENIED:
        return "may not be read by the destination's service account";
    case FILE_UNCHECKED:
    case FILE_PROVEN:
        break;
    }
    return file->damaged ? "was damaged when it was written" : NULL;
}

/* A set whose files are still to be restored, or that a rebuild would start from. */
static bool is_needed(const struct group_view *view, size_t s, size_t entry, int64_t newest_full)
{
    const struct backup_set *set = &view->sets[s];
    return set->id == newest_full || (newest_full != 0 && set->id > newest_full) ||
           (set->kind == SET_LOG && set->id > view->roster[entry].applied_set);
}

static int64_t newest_complete_full(const struct group_view *view)
{
    for (size_t s = view->sets_count; s-- > 0;)
        if (view->sets[s].kind == SET_FULL && view->sets[s].complete)
            return view->sets[s].id;
    return 0;
}

char *check_backup_files(struct check_sink *sink)
{
    const struct group_view *view = sink->view;
    int64_t full = newest_complete_full(view);
    size_t proven = 0, known = 0;
    for (size_t d = 0; d < view->destinations_count; d++)
        if (view->servers[view->destinations[d]]->parts[PART_FILES].state == PART_NOT_VISIBLE)
            check_may_look(sink, view->destinations[d], PART_FILES);
    for (size_t k = 0; k < view->roster_count; k++) {
        bool looked = check_may_look_at_source(sink, k, PART_BACKUPS);
        for (size_t s = 0; s < view->sets_count; s++) {
            const struct set_file *file = &view->sets[s].files[k];
            if (!file->present || !is_needed(view, s, k, full))
                continue;
            known += looked || file->state != FILE_UNCHECKED;
            proven += file->state == FILE_PROVEN;
            const char *fault = file_fault(file);
            if (fault != NULL)
                check_add(sink, VERDICT_CRITICAL, roster_where(view, k),
                          memory_format("%s of set %lld %s", file->path,
                                        (long long)view->sets[s].id, fault));
        }
    }
    return proven > 0 ? memory_format("%zu files that may be needed, %zu of them proven by their "
                                      "headers",
                                      known, proven)
                      : memory_format("%zu files that may be needed, none known to be bad; their "
                                      "headers are read before a restore",
                                      known);
}

char *check_bulk_logged(struct check_sink *sink)
{
    const struct group_view *view = sink->view;
    for (size_t k = 0; k < view->roster_count; k++) {
        if (!check_may_look_at_source(sink, k, PART_BACKUPS))
            continue;
        for (size_t s = view->sets_count; s-- > 0;) {
            const struct set_file *file = &view->sets[s].files[k];
            if (view->sets[s].id <= view->roster[k].applied_set)
                break;
            if (view->sets[s].kind == SET_LOG && file->present && file->bulk_logged)
                check_add(sink, VERDICT_WARNING, check_source_where(view, k),
                          memory_format("its log of set %lld holds minimally logged changes: a "
                                        "restore cannot stop inside it",
                                        (long long)view->sets[s].id));
        }
    }
    return NULL;
}

/* The set at which the log of an entry went over to another recovery path, with no full set of the
 * new path after it; NULL = none. */
static const struct backup_set *fork_of(const struct group_view *view, size_t entry)
{
    const struct backup_set *forked = NULL;
    const struct set_file *before = NULL;
    for (size_t s = 0; s < view->sets_count; s++) {
        const struct set_file *file = &view->sets[s].files[entry];
        if (!file->present || file->family_guid[0] == '\0')
            continue;
        bool full = view->sets[s].kind == SET_FULL;
        bool other = before != NULL &&
                     (!text_equal(file->family_guid, before->family_guid) ||
                      (file->first_fork_guid[0] != '\0' && before->last_fork_guid[0] != '\0' &&
                       !text_equal(file->first_fork_guid, before->last_fork_guid)));
        if (full && (other || forked != NULL))
            forked = NULL; /* everything after it starts from it */
        else if (other && !full)
            forked = &view->sets[s];
        before = file;
    }
    return forked;
}

char *check_recovery_path(struct check_sink *sink)
{
    const struct group_view *view = sink->view;
    for (size_t k = 0; k < view->roster_count; k++) {
        if (!check_may_look_at_source(sink, k, PART_BACKUPS))
            continue;
        const struct backup_set *forked = fork_of(view, k);
        if (forked != NULL)
            check_add(sink, VERDICT_CRITICAL, check_source_where(view, k),
                      memory_format("it was restored or replaced at its source before set %lld, "
                                    "and no full set was taken since",
                                    (long long)forked->id));
    }
    return NULL;
}

/* --- how long they stay ----------------------------------------------------------------------- */

/* The newest usable full set, and the usual time between full sets (DURATION_UNKNOWN with one). */
static const struct backup_set *newest_usable_full(const struct group_view *view,
                                                   int64_t *interval_ms)
{
    const struct backup_set *newest = NULL;
    *interval_ms = DURATION_UNKNOWN;
    for (size_t s = view->sets_count; s-- > 0;) {
        const struct backup_set *set = &view->sets[s];
        bool usable = set->kind == SET_FULL && set->complete && set->time_utc_ms != TIME_UNKNOWN;
        for (size_t k = 0; k < view->roster_count && usable; k++)
            usable = view->roster[k].left_out || chain_file_usable(&set->files[k]);
        if (usable && newest != NULL) {
            *interval_ms = newest->time_utc_ms - set->time_utc_ms;
            break;
        }
        if (usable)
            newest = set;
    }
    return newest;
}

/* The time between full sets by the letter of sp_BackupAllFull_Schedule; 0 = not known. */
static int64_t schedule_ms(const char *steps)
{
    char *frequency = decode_step_argument(steps, "sp_BackupAllFull_Schedule", 1, "Frequency");
    int letter = frequency != NULL ? frequency[0] | 0x20 : 0;
    free(frequency);
    switch (letter) {
    case 'h':
        return HOUR_MS;
    case 'd':
        return day_ms;
    case 'w':
        return 7 * day_ms;
    case 'm':
        return 31 * day_ms;
    case 'y':
        return 366 * day_ms;
    default:
        return 0;
    }
}

/* What the job's clean-up removes. */
struct clean_up {
    int64_t days; /* that it keeps; 0 = there is none, -1 = it cannot be read */
    bool stock;   /* BizTalk's own, which keeps the sets that no full set follows, and all files */
};

static struct clean_up clean_up_of(const char *steps)
{
    static const char stock[] = "sp_DeleteBackupHistory", own[] = "sp_DeleteBackupHistoryAndFiles";
    struct clean_up clean_up = {.stock = !decode_step_calls(steps, own)};
    const char *procedure = clean_up.stock ? stock : own;
    char *days = decode_step_argument(steps, procedure, 1, "DaysToKeep");
    if (days != NULL)
        clean_up.days = strtoll(days, NULL, 10);
    else if (decode_step_calls(steps, procedure))
        clean_up.days = -1;
    free(days);
    return clean_up;
}

static int64_t now_of_stamps(const struct group_view *view)
{
    return view->source_now_utc_ms != TIME_UNKNOWN ? view->source_now_utc_ms : view->now_utc_ms;
}

static void judge_retention(struct check_sink *sink, const struct backup_set *full, int64_t left_ms,
                            int64_t days, int64_t interval_ms)
{
    char left[64], every[64];
    duration_format(left, sizeof left, left_ms > 0 ? left_ms : 0);
    duration_format(every, sizeof every, interval_ms);
    bool seldom = interval_ms != DURATION_UNKNOWN && days * day_ms < 2 * interval_ms;
    if (left_ms <= day_ms)
        check_add(sink, VERDICT_CRITICAL, check_management_where(sink->view),
                  left_ms <= 0
                      ? memory_format("the last usable full set, %lld, is due to leave now",
                                      (long long)full->id)
                      : memory_format("the last usable full set, %lld, leaves in %s",
                                      (long long)full->id, left));
    else if (left_ms <= 2 * day_ms || seldom)
        check_add(sink, VERDICT_WARNING, check_management_where(sink->view),
                  memory_format("the last usable full set, %lld, leaves in %s; one is taken every "
                                "%s",
                                (long long)full->id, left, every));
    else
        return;
    check_about(sink, "the last usable full set leaves");
}

char *check_retention(struct check_sink *sink)
{
    const struct group_view *view = sink->view;
    if (group_is_live(view))
        return check_old_source_words();
    int64_t interval_ms;
    const struct backup_set *full = newest_usable_full(view, &interval_ms);
    const char *steps = check_backup_steps(sink);
    if (steps == NULL || full == NULL)
        return steps == NULL ? NULL : memory_copy_text("there is no full set that could leave");
    struct clean_up clean_up = clean_up_of(steps);
    /* Source: sp_DeleteBackupHistory purges whole old sets but those with no later full set. */
    if (clean_up.stock && clean_up.days != 0 && newest_complete_full(view) == full->id)
        return memory_format("the last usable full set, %lld, stays until a newer one is complete",
                             (long long)full->id);
    if (clean_up.days < 0)
        check_add_remedy(sink, VERDICT_UNKNOWN, memory_copy_text(""),
                         memory_copy_text("how many days the clean-up keeps cannot be read"),
                         "give @DaysToKeep to its procedure as a number");
    if (clean_up.days <= 0)
        return memory_copy_text("nothing removes old sets from the history");
    int64_t left_ms = full->time_utc_ms + clean_up.days * day_ms - now_of_stamps(view);
    judge_retention(sink, full, left_ms, clean_up.days, interval_ms);
    char left[64];
    duration_format(left, sizeof left, left_ms > 0 ? left_ms : 0);
    return memory_format("the last usable full set, %lld, leaves the history in %s",
                         (long long)full->id, left);
}

/* How far back a history may go that is cleared: a set leaves once it is old enough and a full one
 * follows it; a week more is for a job that stood still. */
static int64_t may_go_back_ms(int64_t days, int64_t interval_ms)
{
    int64_t slack_ms = interval_ms > 7 * day_ms ? interval_ms : 7 * day_ms;
    return (days + 1) * day_ms + slack_ms;
}

char *check_history_kept(struct check_sink *sink)
{
    const struct group_view *view = sink->view;
    if (group_is_live(view))
        return check_old_source_words();
    const char *steps = check_backup_steps(sink);
    if (steps == NULL)
        return NULL;
    int64_t days = clean_up_of(steps).days, oldest_ms = TIME_UNKNOWN;
    for (size_t s = 0; s < view->sets_count && oldest_ms == TIME_UNKNOWN; s++)
        oldest_ms = view->sets[s].time_utc_ms;
    int64_t back_ms = oldest_ms != TIME_UNKNOWN ? now_of_stamps(view) - oldest_ms : 0;
    if (days == 0)
        check_add(sink, VERDICT_WARNING, check_management_where(view),
                  memory_copy_text("no step of the backup job clears the history"));
    else if (days > 0 && back_ms > may_go_back_ms(days, schedule_ms(steps))) {
        char age[64];
        duration_format(age, sizeof age, back_ms);
        check_add(sink, VERDICT_WARNING, check_management_where(view),
                  memory_format("the history goes back %s, though %lld days are to be kept", age,
                                (long long)days));
        check_about(sink, "the history goes back too far");
    }
    return days > 0 ? memory_format("the history keeps %lld days", (long long)days) : NULL;
}

/* True where a file of the entry begins at or before its redo point and ends behind it, or the redo
 * point is behind all files: the standby is then not waiting for anything that is gone. */
static bool continues(const struct group_view *view, size_t entry)
{
    struct lsn redo = view->roster[entry].redo_lsn;
    bool any_behind = false;
    for (size_t s = 0; s < view->sets_count; s++) {
        const struct set_file *file = &view->sets[s].files[entry];
        if (view->sets[s].kind != SET_LOG || !file->present || !lsn_is_known(file->last_lsn) ||
            lsn_compare(file->last_lsn, redo) <= 0)
            continue;
        if (lsn_compare(file->first_lsn, redo) <= 0)
            return true;
        any_behind = true;
    }
    return !any_behind;
}

char *check_history_needed(struct check_sink *sink)
{
    const struct group_view *view = sink->view;
    for (size_t k = 0; k < view->roster_count; k++) {
        const struct roster_entry *entry = &view->roster[k];
        if (entry->destination < 0 || entry->left_out ||
            !check_may_look(sink, entry->destination, PART_HISTORY) ||
            !check_may_look(sink, entry->destination, PART_DATABASES))
            continue;
        const struct backup_set *oldest = NULL;
        for (size_t s = 0; s < view->sets_count && oldest == NULL; s++)
            if (view->sets[s].kind == SET_LOG && view->sets[s].files[k].present &&
                lsn_is_known(view->sets[s].files[k].first_lsn))
                oldest = &view->sets[s];
        if (entry->state != STATE_RESTORING || !lsn_is_known(entry->redo_lsn) || oldest == NULL ||
            lsn_compare(oldest->files[k].first_lsn, entry->redo_lsn) <= 0 || continues(view, k))
            continue;
        check_add(sink, VERDICT_CRITICAL, roster_where(view, k),
                  memory_format("the log that it needs next left the history: the oldest there is "
                                "set %lld",
                                (long long)oldest->id));
        check_about(sink, "the log that it needs next left the history");
    }
    return NULL;
}

char *check_full_age(struct check_sink *sink)
{
    const struct group_view *view = sink->view;
    if (group_is_live(view))
        return check_old_source_words();
    int64_t interval_ms;
    const struct backup_set *full = newest_usable_full(view, &interval_ms);
    const char *steps = check_backup_steps(sink);
    if (steps == NULL || full == NULL)
        return steps == NULL ? NULL : memory_copy_text("there is no full set, see that rule");
    int64_t due_ms = schedule_ms(steps), age_ms = now_of_stamps(view) - full->time_utc_ms;
    char age[64], every[64];
    duration_format(age, sizeof age, age_ms);
    duration_format(every, sizeof every, due_ms);
    if (due_ms > 0 && age_ms > due_ms + due_ms / 2 + 2 * HOUR_MS)
        check_add(sink, VERDICT_WARNING, check_management_where(view),
                  memory_format("the last usable full set, %lld, is %s old, one is due every %s",
                                (long long)full->id, age, every));
    check_about(sink, "the last usable full set is old");
    return memory_format("the last usable full set, %lld, is %s old", (long long)full->id, age);
}
