#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "core/execute_internal.h"

/* --- what the operator does about an error ---------------------------------------------------- */

static const struct {
    int number;
    const char *hint;
} hints[] = {
    {262, "the restore login lacks this permission (stopmark grants --restore)"},
    {596, "the session was killed on the server; retry"},
    {1222, "another session holds a lock; retry"},
    {1834, "another database uses this path; plan with other paths, or remove it"},
    {3013, "see the message before it"},
    {3021, "the login's session opens transactions; check its settings"},
    {3101, "other sessions are in the database; end them, then retry"},
    {3102, "the restore login's own session is in the database; set its default database to master"},
    {3104, "take the database out of mirroring or its availability group, then retry"},
    {3110, "the restore login may not restore this database (stopmark grants --restore)"},
    {3117, "somebody recovered the database; make a new plan: it needs a full restore"},
    {3118, "the database is gone; make a new plan: it needs a full restore"},
    {3119, "see the message before it"},
    {3121, "the file does not fit the others; make a new plan from a full backup"},
    {3132, "files of a striped backup are missing"},
    {3135, "the file is no log backup; make a new plan"},
    {3136, "the differential backup belongs to another full backup; make a new plan"},
    {3141, "the backup was taken of a database of another name; check the path"},
    {3142, "another file is in the way; move it, or plan with other paths, then retry"},
    {3153, "somebody recovered the database; look whether it is at the mark (stopmark report)"},
    {3154, "the backup belongs to another database of that name: check the path; if what is there may "
           "be overwritten, abort this run and plan again with --replace SERVER/DB"},
    {3155, "files were added or dropped since; make a new plan with MOVE"},
    {3156, "the data file's place is not usable; make the folder, then retry"},
    {3159, "the database there has a log tail of its own; somebody used it"},
    {3167, "see the server's error log"},
    {3169, "the backup comes from a newer SQL Server; a newer destination is needed"},
    {3170, "the service account must be able to write the undo file; make the folder, then retry"},
    {3178, "the differential backup does not fit; make a new plan"},
    {3180, "the destination is newer than the backup: no STANDBY before the upgrade"},
    {3183, "the backup is damaged; take another copy (--add-file), then make a new plan"},
    {3187, "the backup has no checksum"},
    {3189, "the backup is damaged; take another copy (--add-file), then make a new plan"},
    {3201, "the service account cannot open the file: check path, share and rights, then retry"},
    {3203, "reading failed: check share and network, then retry"},
    {3204, "it was cancelled; retry"},
    {3241, "the file is damaged or no backup; take another copy (--add-file)"},
    {3242, "the file is no backup; take another copy (--add-file)"},
    {3243, "the file is damaged or of another version; take another copy (--add-file)"},
    {3254, "the file is empty; take another copy (--add-file)"},
    {3257, "not enough room on the destination's disk; make room, then retry"},
    {3266, "the file is damaged at its end; take another copy (--add-file)"},
    {3270, "SQL Server met an error of its own; see its error log, then retry"},
    {3271, "an unrecoverable I/O error: check disk and share, then retry"},
    {3287, "the file does not hold that backup"},
    {3402, "bring the database out of that state, then retry"},
    {3441, "the undo file is lost; a full restore is needed"},
    {3456, "the log could not be applied: check the disks; a full restore is needed"},
    {3634, "the file cannot be made or opened there: check folder, rights and room, then retry"},
    {4303, "more logs are needed; make a new plan"},
    {4305, "a log before this one is missing; make a new plan, or bridge it with --add-file"},
    {4312, "a log is missing between two recovery paths; make a new plan from a newer full backup"},
    {4318, "more logs are needed; make a new plan"},
    {4319, "an earlier restore was interrupted; a full restore is needed"},
    {4320, "an earlier restore was interrupted; a full restore is needed"},
    {4326, "the log was applied already; make a new plan"},
    {4327, "the bulk-logged log was applied past the mark: full restore to another mark"},
    {4328, "a file of the database is missing; make a new plan with a full restore"},
    {4330, "the log belongs to another recovery path: the database was recovered in between"},
    {4331, "the database's files stand at different points: only a full restore mends that"},
    {4332, "the log was halted; look at the server's error log, then make a new plan"},
    {4333, "a log was not restored; make a new plan"},
    {4335, "the database has passed that point; a full restore is needed"},
    {4337, "the file was dropped since; make a new plan with MOVE"},
    {4341, "the log is bulk-logged: it cannot be stopped inside; choose another mark"},
    {4342, "the primary filegroup is not in this backup; make a new plan with a full restore"},
    {4349, "the log was begun anew in between: make a new plan from a newer full backup"},
    {5123, "the data file cannot be made: check folder, rights and room, then retry"},
    {5133, "the data file's folder is missing: make it, then retry"},
    {33111, "the certificate of the encrypted database is not on this server; restore it first"},
};

const char *restore_hint(int server_number)
{
    for (size_t i = 0; i < sizeof hints / sizeof *hints; i++)
        if (hints[i].number == server_number)
            return hints[i].hint;
    return "";
}

/* The same statement, sent once more, mends these: sessions, locks, rights, room. */
static const int passing[] = {262,  596,  1105, 1205, 1222, 3021, 3101, 3102, 3104, 3110,
                              3204, 3257, 3270, 3271, 3402, 3634, 9002};

bool restore_error_passes(int server_number)
{
    for (size_t i = 0; i < sizeof passing / sizeof *passing; i++)
        if (passing[i] == server_number)
            return true;
    return server_number == 0;
}

/* --- sending ---------------------------------------------------------------------------------- */

/* The number in a progress message (3211), whatever the server's language. */
static double percent_in(const char *text)
{
    while (*text != '\0' && (*text < '0' || *text > '9'))
        text++;
    double percent = strtod(text, NULL);
    return percent < 0 ? 0 : percent > 100 ? 100 : percent;
}

static void take_message(void *context, const struct tds_message *message)
{
    struct lane *lane = context;
    if (message->number != 3211)
        return;
    pthread_mutex_lock(&lane->execution->lock);
    lane->step_percent = percent_in(message->text);
    pthread_mutex_unlock(&lane->execution->lock);
    execution_wake(lane->execution);
}

/* The clock time that the database's content has reached. */
static void set_reached(struct lane *lane, int64_t utc_ms)
{
    pthread_mutex_lock(&lane->execution->lock);
    lane->reached_utc_ms = utc_ms;
    pthread_mutex_unlock(&lane->execution->lock);
}

static void begin_step(struct lane *lane, struct link *link, const struct plan_step *step)
{
    struct execution *execution = lane->execution;
    pthread_mutex_lock(&execution->lock);
    lane->running = link->writer;
    lane->session_id = tds_writer_session_id(link->writer);
    lane->step_percent = 0;
    lane->step_left_ms = DURATION_UNKNOWN;
    lane->step_began_ms = clock_monotonic_ms(execution->clock);
    if (step->kind == STEP_RESTORE_FULL || step->kind == STEP_RESTORE_LOG) {
        lane->step_shown = (int)(step - lane->plan->steps) + 1;
        lane->set = step->set;
    }
    /* The order to cancel may have come before there was anything to cancel. */
    if (execution->abort_now)
        tds_writer_cancel(link->writer);
    pthread_mutex_unlock(&execution->lock);
    execution_wake(execution);
}

static void end_step(struct lane *lane, const struct plan_step *step, bool good)
{
    struct execution *execution = lane->execution;
    pthread_mutex_lock(&execution->lock);
    lane->running = NULL;
    lane->session_id = 0;
    lane->busy_ms += clock_monotonic_ms(execution->clock) - lane->step_began_ms;
    if (good) {
        lane->step_percent = 100;
        if (step->size_bytes > 0)
            lane->bytes_done += step->size_bytes;
    }
    pthread_mutex_unlock(&execution->lock);
    execution_wake(execution);
}

enum error_code lane_send(struct lane *lane, struct link *link, const struct plan_step *step,
                          struct tds_outcome *outcome, struct error *error)
{
    memset(outcome, 0, sizeof *outcome);
    error_clear(error);
    if (!link_ready(link, error))
        return error->code;
    tds_writer_set_timeout(link->writer, 0);
    begin_step(lane, link, step);
    enum error_code code =
        tds_writer_run(link->writer, step->sql, take_message, NULL, lane, outcome, error);
    end_step(lane, step, code == ERR_OK);
    if (code != ERR_OK && error->hint[0] == '\0')
        text_copy(error->hint, sizeof error->hint, restore_hint(outcome->first_error));
    return code;
}

/* --- one step --------------------------------------------------------------------------------- */

/* The server answered, without an error: what did it do? */
static bool judge(struct lane *lane, const struct plan_step *step, const struct sent *sent,
                  const struct tds_outcome *outcome, int64_t intent, struct error *error)
{
    if (step->kind == STEP_RESTORE_FULL) {
        /* The same judgement as for a full restore whose outcome nobody saw. */
        if (resume_decide(sent, &lane->live, lane->where, error) != RESUME_APPLIED) {
            if (error->code == ERR_OK)
                error_set(error, ERR_STOPPED_TO_ASK, lane->where, "look at the server",
                          "the full restore succeeded, but restorehistory and redo point do not "
                          "show it");
            lane_conclude(lane, intent, STEP_UNKNOWN, false, 0, error->what);
            return false;
        }
        lane_conclude(lane, intent, STEP_DONE, false, 0, "restored");
        set_reached(lane, step->content_utc_ms);
        lane->next++;
        return true;
    }
    switch (log_decide(outcome->mark_not_reached, sent, &lane->live, lane->where, error)) {
    case LOG_REACHED:
        lane->at_mark = true;
        lane_conclude(lane, intent, STEP_DONE, true, 0, "stopped at the mark");
        lane->next++;
        return true;
    case LOG_APPLIED:
        lane_conclude(lane, intent, STEP_DONE, false, 0, "applied whole; the mark is not in it");
        set_reached(lane, step->content_utc_ms);
        lane->next++;
        return true;
    case LOG_DOUBTFUL:
        break;
    }
    lane_conclude(lane, intent, STEP_UNKNOWN, false, 0, error->what);
    return false;
}

/* The reply did not come to its end. */
static bool recover_step(struct lane *lane, struct link *link, const struct sent *sent,
                         int64_t intent, struct error *error)
{
    lane_conclude(lane, intent, STEP_UNKNOWN, false, error->server_number, error->what);
    execution_note(lane->execution, "%s: no whole answer (%s); asking the server what it did",
                   lane->where, error->what);
    link_close(link);
    error_clear(error);
    switch (lane_find_out(lane, link, sent, intent, true, error)) {
    case RESUME_SEND:
    case RESUME_READ_MARKLOG:
    case RESUME_REACHED:
    case RESUME_RECOVERED:
        return true;
    case RESUME_APPLIED:
        lane->next++;
        return true;
    case RESUME_WAIT:
    case RESUME_ASK:
        break;
    }
    return false;
}

static bool restore_step(struct lane *lane, struct link *link, const struct plan_step *step,
                         struct error *error)
{
    struct tds_outcome outcome;
    struct sent sent = lane_sent(lane, step);
    int64_t intent;
    /* The connection stands before the intent is written: a server that cannot be reached was
     * never sent anything. */
    if (!link_ready(link, error) || !lane_intend(lane, step, &intent, error))
        return false;
    if (!lane_may_still_send(lane, intent))
        return true; /* the lane waits for the lock, looks, then comes again */
    enum error_code code = lane_send(lane, link, step, &outcome, error);
    if (!outcome.drained)
        return recover_step(lane, link, &sent, intent, error);
    struct error why;
    error_clear(&why);
    if (!lane_look(lane, link, false, &why))
        return recover_step(lane, link, &sent, intent, &why) || (*error = why, false);
    if (code != ERR_OK || outcome.errors > 0) {
        lane_conclude(lane, intent, STEP_FAILED, false, outcome.first_error, error->server_text);
        return false;
    }
    return judge(lane, step, &sent, &outcome, intent, error);
}

/* --- a lane ----------------------------------------------------------------------------------- */

static bool out_of_logs(struct lane *lane, struct error *error)
{
    const struct plan_step *last = lane_last_log(lane);
    if (last != NULL && lsn_is_known(lane->plan->mark_lsn) && lsn_is_known(last->last_lsn) &&
        lsn_is_within(lane->plan->mark_lsn, last->first_lsn, last->last_lsn)) {
        error_set(error, ERR_NOT_PROVEN, lane->where,
                  "nothing is recovered; make a new plan: to this mark it needs a full restore",
                  "its log of set %lld, which holds the mark %s, is applied to its end, and no whole "
                  "answer told that it was stopped there",
                  (long long)last->set, lane->execution->plan->mark);
        return false;
    }
    error_set(error, ERR_NOT_PROVEN, lane->where,
              "nothing is recovered; choose another mark, or look for the log that holds it",
              "every planned log is applied and the mark %s was in none (the last: set %lld)",
              lane->execution->plan->mark, (long long)(last == NULL ? 0 : last->set));
    return false;
}

/* After a resume the bytes of earlier attempts count as done. */
static void count_done(struct lane *lane)
{
    int64_t done = 0;
    for (size_t i = 0; i < lane->next && i < lane->plan->steps_count; i++)
        if (lane->plan->steps[i].size_bytes > 0)
            done += lane->plan->steps[i].size_bytes;
    pthread_mutex_lock(&lane->execution->lock);
    lane->bytes_done = done;
    if (lane->next > 0 && lane->next <= lane->plan->steps_count)
        lane->reached_utc_ms = lane->plan->steps[lane->next - 1].content_utc_ms;
    pthread_mutex_unlock(&lane->execution->lock);
}

static bool restore_lane(struct lane *lane, struct link *link)
{
    struct error error;
    error_clear(&error);
    lane_set(lane, LANE_RESTORING, "");
    if (!lane_locate(lane, link, &error))
        return lane_fail(lane, &error);
    count_done(lane);
    size_t at = SIZE_MAX;
    int again = 0;
    while (!lane->at_mark) {
        const struct plan_step *step =
            lane->next < lane->plan->steps_count ? &lane->plan->steps[lane->next] : NULL;
        if (step == NULL || (step->kind != STEP_RESTORE_FULL && step->kind != STEP_RESTORE_LOG)) {
            out_of_logs(lane, &error);
            return lane_fail(lane, &error);
        }
        again = lane->next == at ? again + 1 : 0;
        at = lane->next;
        if (again > AGAIN_MAX && error.code == ERR_OK)
            error_set(&error, ERR_CONNECTION_LOST, lane->where, "look at the network, then retry",
                      "the connection was lost %d times at the same statement", again);
        if (error.code != ERR_OK || !lane_may_send(lane, link, &error) ||
            !restore_step(lane, link, step, &error))
            return lane_fail(lane, &error);
        error_clear(&error);
    }
    if (lane->execution->plan->stop == STOP_AT || lane->recovered)
        set_reached(lane, lane->execution->plan->mark_time_utc_ms);
    lane_set(lane, lane->recovered ? LANE_ONLINE : LANE_AT_MARK, "");
    return true;
}

bool execution_restore(struct execution *execution, struct error *error)
{
    journal_content_free(&execution->past);
    if (journal_read(execution->journal, &execution->past, error) != ERR_OK ||
        (execution->plan->method == METHOD_JOBS && !execution_run_jobs(execution, error)))
        return false;
    return execution_each_lane(execution, restore_lane, error);
}
