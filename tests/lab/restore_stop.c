#include <stdio.h>
#include <string.h>

#include "tests/lab/restore.h"

/* "0000002f:00000136:0001": virtual log file, block, slot. */
static bool parse_hex(lab_lsn *lsn, const char *text)
{
    unsigned file, block, slot;
    int length = 0;
    if (sscanf(text, "%8x:%8x:%4x%n", &file, &block, &slot, &length) != 3 || text[length] != '\0') {
        return false;
    }
    *lsn = ((lab_lsn)file * 10000000000u + block) * 100000u + slot;
    return true;
}

/* "lsn:123" -> the number. */
static bool parse_stop_lsn(struct restore_run *run, lab_lsn *lsn)
{
    const char *text = run->statement->stop_name + 4;
    if (lab_lsn_parse(lsn, text) ||
        (run->instance->lab->switches.lsn_in_hex_is_accepted && parse_hex(lsn, text))) {
        return true;
    }
    return restore_fail(run, 4334, NULL);
}

bool restore_stops_at_lsn(const struct restore_statement *statement)
{
    return strncmp(statement->stop_name, "lsn:", 4) == 0;
}

bool restore_check_stop_lsn(struct restore_run *run)
{
    lab_lsn stop;
    return !restore_stops_at_lsn(run->statement) || parse_stop_lsn(run, &stop);
}

static bool find_stop_lsn(struct restore_run *run)
{
    lab_lsn stop;
    if (!parse_stop_lsn(run, &stop)) {
        return false;
    }
    if (stop < run->database->redo_lsn) {
        return restore_fail(run, 4335, NULL);
    }
    run->reached = stop < run->file->last_lsn;
    run->stop_lsn = run->statement->stop == RESTORE_STOPATMARK ? lsn_advance(stop, 0) : stop;
    return true;
}

/* A time of the clause. Nobody has confirmed whose zone it is in: a switch. */
static struct stop_time stop_time_of(const struct restore_run *run, int64_t ticks)
{
    bool own = run->instance->lab->switches.stop_times_in_own_zone;
    return (struct stop_time){.local_ms = local_ms_of_ticks(ticks),
                              .zone = own ? run->instance : NULL};
}

static bool find_stop_mark(struct restore_run *run)
{
    const struct restore_statement *statement = run->statement;
    struct stop_time time = stop_time_of(run, statement->after_ticks);
    const struct stop_time *after = statement->has_after ? &time : NULL;
    const struct log_record *mark =
        timeline_find_mark(run->file->timeline, statement->stop_name, run->database->redo_lsn,
                           run->file->last_lsn, after);
    if (mark == NULL && run->instance->lab->switches.passed_mark_is_4335 &&
        timeline_find_mark(run->file->timeline, statement->stop_name, 0, run->database->redo_lsn,
                           after) != NULL) {
        return restore_fail(run, 4335, NULL);
    }
    run->reached = mark != NULL && !run->file->unmarked;
    if (run->reached) {
        run->stop_lsn =
            statement->stop == RESTORE_STOPATMARK ? lsn_advance(mark->lsn, 0) : mark->begin_lsn;
    }
    return true;
}

static bool find_stop_time(struct restore_run *run)
{
    struct stop_time time = stop_time_of(run, run->statement->stop_at_ticks);
    int zone = time.zone == NULL ? run->file->utc_offset_min : time.zone->utc_offset_min;
    if (time.local_ms > run->file->start_utc_ms + (int64_t)zone * 60000) {
        run->reached = false;
        return true;
    }
    time.local_ms++;
    const struct log_record *next =
        timeline_find_time(run->file->timeline, &time, 0, run->file->last_lsn);
    lab_lsn stop = next == NULL ? run->file->last_lsn : next->lsn;
    if (stop < run->file->first_lsn) {
        return restore_fail(run, 4338, NULL);
    }
    if (stop < run->database->redo_lsn) {
        return restore_fail(run, 4335, NULL);
    }
    run->reached = true;
    run->stop_lsn = stop;
    return true;
}

bool restore_check_stop(struct restore_run *run)
{
    run->has_stop = run->statement->stop != RESTORE_STOP_NONE;
    bool found = true;
    if (run->statement->stop == RESTORE_STOPAT) {
        found = find_stop_time(run);
    } else if (run->has_stop) {
        found = restore_stops_at_lsn(run->statement) ? find_stop_lsn(run) : find_stop_mark(run);
    }
    if (found && run->reached && run->file->bulk_logged) {
        if (!run->instance->lab->switches.bulk_logged_runs_to_end) {
            return restore_fail(run, 4341, NULL);
        }
        run->stop_inhibited = true;
        run->reached = false;
    }
    return found;
}
