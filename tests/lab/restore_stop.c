#include <string.h>

#include "tests/lab/restore.h"

/* "lsn:123" -> the number. */
static bool parse_stop_lsn(struct restore_run *run, lab_lsn *lsn)
{
    if (lab_lsn_parse(lsn, run->statement->stop_name + 4)) {
        return true;
    }
    return restore_fail(run, 4334, NULL);
}

bool restore_stops_at_lsn(const struct restore_statement *statement)
{
    return strncmp(statement->stop_name, "lsn:", 4) == 0;
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

static bool find_stop_mark(struct restore_run *run)
{
    const struct restore_statement *statement = run->statement;
    int64_t after = statement->has_after
                        ? instance_utc_of_local(run->instance, statement->after_ticks)
                        : INT64_MIN;
    const struct log_record *mark =
        timeline_find_mark(run->file->timeline, statement->stop_name, run->database->redo_lsn,
                           run->file->last_lsn, after);
    run->reached = mark != NULL && !run->file->unmarked;
    if (run->reached) {
        run->stop_lsn =
            statement->stop == RESTORE_STOPATMARK ? lsn_advance(mark->lsn, 0) : mark->begin_lsn;
    }
    return true;
}

static bool find_stop_time(struct restore_run *run)
{
    int64_t stop_at = instance_utc_of_local(run->instance, run->statement->stop_at_ticks);
    int64_t start = run->file->start_utc_ms;
    if (stop_at > start) {
        run->reached = false;
        return true;
    }
    const struct log_record *next =
        timeline_find_time(run->file->timeline, stop_at + 1, 0, run->file->last_lsn);
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
