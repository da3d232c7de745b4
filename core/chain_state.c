/* Times and states of the sets (core/chain.h). */
#include "core/chain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/group.h"

enum { MINUTE_MS = 60 * 1000 };

/* --- times ----------------------------------------------------------------------------------- */

int64_t chain_mark_stamp(const char *mark)
{
    enum { STAMP_LENGTH = 23 }; /* YYYY_MM_DD_hh_mm_ss_mmm */
    size_t length = mark == NULL ? 0 : strlen(mark);
    if (length < STAMP_LENGTH || (length > STAMP_LENGTH && mark[length - STAMP_LENGTH - 1] != '_'))
        return TIME_UNKNOWN;
    const char *stamp = mark + length - STAMP_LENGTH;
    char text[STAMP_LENGTH + 1];
    for (size_t i = 0; i < STAMP_LENGTH; i++) {
        static const char form[] = "dddd_dd_dd_dd_dd_dd_ddd", into[] = "    -  -  T  :  :  .   ";
        bool digit = stamp[i] >= '0' && stamp[i] <= '9';
        if (form[i] == 'd' ? !digit : stamp[i] != '_')
            return TIME_UNKNOWN;
        text[i] = form[i] == 'd' ? stamp[i] : into[i];
    }
    text[STAMP_LENGTH] = '\0';
    return time_parse(text);
}

/* What the stamps of the newest sets say beside the times at which msdb saw their backups begin:
 * a backup begins at most minutes after its set is stamped. */
static enum stamp_zone measure_zone(const struct group_view *view, int64_t offset_ms)
{
    for (size_t s = view->sets_count; s-- > 0;) {
        const struct backup_set *set = &view->sets[s];
        if (set->time_utc_ms == TIME_UNKNOWN || set->finished_utc_ms == TIME_UNKNOWN)
            continue;
        int64_t apart_ms = set->time_utc_ms - set->finished_utc_ms; /* the stamp as it stands */
        if (llabs(apart_ms) < 14 * MINUTE_MS)
            return STAMP_UTC;
        if (llabs(apart_ms - offset_ms) < 14 * MINUTE_MS)
            return STAMP_LOCAL;
    }
    return STAMP_UNDECIDED;
}

static enum stamp_zone find_zone(const struct group_view *view)
{
    if (view->management < 0)
        return STAMP_UNDECIDED;
    const struct server_view *management = view->servers[view->management];
    if (management->server_utc_ms == TIME_UNKNOWN)
        return STAMP_UNDECIDED;
    int64_t offset_ms = (int64_t)management->utc_offset_min * MINUTE_MS;
    if (offset_ms == 0)
        return STAMP_UTC;
    enum stamp_zone measured = measure_zone(view, offset_ms);
    if (!management->use_local_time_known)
        return measured;
    enum stamp_zone told = management->use_local_time ? STAMP_LOCAL : STAMP_UTC;
    return measured == STAMP_UNDECIDED || measured == told ? told : STAMP_UNDECIDED;
}

static int64_t stamp_to_utc(const struct group_view *view, int64_t stamp_ms)
{
    if (stamp_ms == TIME_UNKNOWN || view->stamp_zone == STAMP_UNDECIDED)
        return TIME_UNKNOWN;
    if (view->stamp_zone == STAMP_UTC)
        return stamp_ms;
    return stamp_ms - (int64_t)view->servers[view->management]->utc_offset_min * MINUTE_MS;
}

static int64_t set_time(const struct group_view *view, const struct backup_set *set)
{
    /* Earliest: the transaction commits in all databases together, the clocks may differ. */
    int64_t marked = TIME_UNKNOWN;
    for (size_t k = 0; k < view->roster_count; k++) {
        int64_t time = set->files[k].mark_time_utc_ms;
        if (time != TIME_UNKNOWN && (marked == TIME_UNKNOWN || time < marked))
            marked = time;
    }
    if (marked != TIME_UNKNOWN)
        return marked;
    int64_t stamp = chain_mark_stamp(set->mark);
    return stamp_to_utc(view, stamp != TIME_UNKNOWN ? stamp : set->time_utc_ms);
}

/* A source that was neither reached nor found silent yet may still answer. */
static bool awaits_a_source(const struct group_view *view)
{
    for (size_t i = 0; i < view->servers_count; i++) {
        const struct server_view *server = view->servers[i];
        if (server->role == ROLE_SOURCE && server->as_of_monotonic_ms == TIME_UNKNOWN &&
            !server->reachable && server->error.code == ERR_OK)
            return true;
    }
    return false;
}

void chain_find_times(struct group_view *view)
{
    view->stamp_zone = find_zone(view);
    for (size_t s = 0; s < view->sets_count; s++)
        view->sets[s].time_utc_ms = set_time(view, &view->sets[s]);
    /* A backup that was finished was finished while the source lived. */
    if (view->sources_alive || awaits_a_source(view))
        return;
    for (size_t s = 0; s < view->sets_count; s++) {
        const struct backup_set *set = &view->sets[s];
        if (set->time_utc_ms > view->source_last_seen_utc_ms)
            view->source_last_seen_utc_ms = set->time_utc_ms;
        if (set->finished_utc_ms > view->source_last_seen_utc_ms)
            view->source_last_seen_utc_ms = set->finished_utc_ms;
    }
}

/* --- states ---------------------------------------------------------------------------------- */

/* A set that young may be one being made where the jobs do not tell. */
static bool is_young(const struct group_view *view, const struct backup_set *newest)
{
    return newest->time_utc_ms != TIME_UNKNOWN && view->source_now_utc_ms != TIME_UNKNOWN &&
           view->source_now_utc_ms - newest->time_utc_ms < 15 * MINUTE_MS;
}

/* History and jobs are read one after the other: a set may be seen before its job is seen to run.
 * It is partial once a run that began with it is known to have ended. */
static bool backup_is_running(const struct group_view *view, const struct backup_set *newest)
{
    const struct server_view *management = view->servers[view->management];
    const struct job_row *job = server_view_job(management, JOB_BACKUP);
    if (!group_has_part(management, PART_JOBS))
        return is_young(view, newest);
    if (job == NULL || job->running)
        return job != NULL;
    int64_t ended_ms = job->last_run_utc_ms;
    if (ended_ms != TIME_UNKNOWN && job->last_duration_ms > 0)
        ended_ms += job->last_duration_ms;
    return is_young(view, newest) && (ended_ms == TIME_UNKNOWN || ended_ms < newest->time_utc_ms);
}

static void find_in_progress(struct group_view *view)
{
    if (view->sets_count == 0 || !view->sources_alive)
        return;
    struct backup_set *newest = &view->sets[view->sets_count - 1];
    newest->in_progress = !newest->complete && backup_is_running(view, newest);
}

/* Where BizTalk's jobs stop: a set that is not complete, or a file they cannot read or link. */
static bool breaks_jobs(const struct group_view *view, const struct backup_set *set,
                        const struct set_file **last_logs)
{
    bool broken = !set->complete && !set->in_progress;
    for (size_t k = 0; k < view->roster_count; k++) {
        const struct set_file *file = &set->files[k];
        if (view->roster[k].left_out || !file->present)
            continue;
        broken = broken || !chain_file_usable(file);
        if (set->kind != SET_LOG || !lsn_is_known(file->first_lsn))
            continue;
        if (last_logs[k] != NULL && lsn_compare(last_logs[k]->last_lsn, file->first_lsn) < 0)
            broken = true;
        last_logs[k] = file;
    }
    return broken;
}

/* Repaired by the next complete full set and one complete log set after it. */
static void find_chain_states(struct group_view *view)
{
    const struct set_file **last_logs = memory_new_array(view->roster_count, sizeof *last_logs);
    size_t broken_from = SIZE_MAX;
    size_t repairing_from = SIZE_MAX;
    for (size_t s = 0; s < view->sets_count; s++) {
        struct backup_set *set = &view->sets[s];
        bool breaks = breaks_jobs(view, set, last_logs);
        if (breaks && set->kind == SET_LOG) {
            broken_from = broken_from == SIZE_MAX ? s : broken_from;
            repairing_from = SIZE_MAX;
        } else if (broken_from != SIZE_MAX && set->kind == SET_FULL && !breaks) {
            repairing_from = repairing_from == SIZE_MAX ? s : repairing_from;
        } else if (repairing_from != SIZE_MAX && set->kind == SET_LOG && set->complete) {
            for (size_t i = broken_from; i < repairing_from; i++)
                if (view->sets[i].chain == CHAIN_BROKEN)
                    view->sets[i].chain = CHAIN_REPAIRED;
            broken_from = repairing_from = SIZE_MAX;
        }
        if (broken_from != SIZE_MAX && repairing_from == SIZE_MAX && !set->in_progress)
            set->chain = CHAIN_BROKEN;
        else if (breaks) /* a bad full set breaks no chain, but is itself of no use */
            set->chain = CHAIN_BROKEN;
    }
    free(last_logs);
}

static int64_t newest_log_before(const struct group_view *view, size_t entry, int64_t set_id)
{
    for (size_t s = view->sets_count; s-- > 0;)
        if (view->sets[s].id < set_id && view->sets[s].kind == SET_LOG &&
            view->sets[s].files[entry].present)
            return view->sets[s].id;
    return 0;
}

static int64_t applied_by_lsn(const struct group_view *view, size_t entry, struct lsn redo)
{
    for (size_t s = view->sets_count; s-- > 0;) {
        const struct set_file *file = &view->sets[s].files[entry];
        if (view->sets[s].kind == SET_LOG && file->present && lsn_is_known(file->last_lsn) &&
            lsn_compare(file->last_lsn, redo) <= 0)
            return view->sets[s].id;
    }
    return 0;
}

static int64_t applied_by_flags(const struct group_view *view, size_t entry)
{
    int64_t applied = 0;
    for (size_t s = view->sets_count; s-- > 0 && applied == 0;)
        if (view->sets[s].files[entry].restored)
            applied = view->sets[s].kind == SET_LOG
                          ? view->sets[s].id
                          : newest_log_before(view, entry, view->sets[s].id);
    int64_t last = view->servers[view->roster[entry].destination]->last_restore_set;
    if (last > applied) {
        int set = chain_find_set(view, last);
        last = set >= 0 && view->sets[set].kind == SET_LOG ? last
                                                           : newest_log_before(view, entry, last);
    }
    return last > applied ? last : applied;
}

static void find_applied(struct group_view *view)
{
    for (size_t k = 0; k < view->roster_count; k++) {
        struct roster_entry *entry = &view->roster[k];
        if (entry->destination < 0 || (entry->state_known && entry->state == STATE_ABSENT))
            continue;
        if (lsn_is_known(entry->redo_lsn))
            entry->applied_set = applied_by_lsn(view, k, entry->redo_lsn);
        else if (lsn_is_known(entry->restored_last_lsn) && entry->at_mark == NULL)
            entry->applied_set = applied_by_lsn(view, k, entry->restored_last_lsn);
        else if (lsn_is_known(entry->restored_first_lsn)) /* it stopped somewhere in that log */
            entry->applied_set = applied_by_lsn(view, k, entry->restored_first_lsn);
        if (entry->applied_set == 0)
            entry->applied_set = applied_by_flags(view, k);
    }
}

static enum set_standing standing_at(const struct group_view *view, const struct backup_set *set,
                                     int destination)
{
    bool missing = false, corrupt = false, applied = true, proven = true, any = false;
    for (size_t k = 0; k < view->roster_count; k++) {
        const struct roster_entry *entry = &view->roster[k];
        const struct set_file *file = &set->files[k];
        if (entry->destination != destination || entry->left_out || !file->present)
            continue;
        any = true;
        missing = missing || file->state == FILE_MISSING || file->state == FILE_DENIED;
        corrupt = corrupt || file->state == FILE_CORRUPT || file->damaged;
        proven = proven && file->state == FILE_PROVEN;
        applied =
            applied && (file->restored || (set->kind == SET_LOG && entry->applied_set >= set->id));
    }
    return set->in_progress ? STANDING_IN_PROGRESS
           : any && applied ? STANDING_APPLIED
           : corrupt        ? STANDING_CORRUPT
           : missing        ? STANDING_MISSING
           : !set->complete ? STANDING_PARTIAL
           : any && proven  ? STANDING_SHIPPED
                            : STANDING_UNCHECKED;
}

void chain_find_states(struct group_view *view)
{
    find_in_progress(view);
    find_chain_states(view);
    find_applied(view);
    for (size_t s = 0; s < view->sets_count; s++)
        for (size_t d = 0; d < view->destinations_count; d++)
            view->sets[s].standings[d] = standing_at(view, &view->sets[s], view->destinations[d]);
}
