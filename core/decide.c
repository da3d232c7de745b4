#include "core/decide.h"

#include <stdio.h>
#include <string.h>

#include "core/base/text.h"

static const char grant_files[] =
    "grant VIEW ANY DEFINITION to the restore login (stopmark grants --restore), then resume";
static const char grant_history[] =
    "grant the restore login SELECT on msdb.dbo.restorehistory and backupset, then resume";

static enum resume_action ask_with_hint(struct error *error, const char *where,
                                        const struct live *live, const char *why, const char *hint)
{
    char redo[LSN_TEXT_SIZE];
    lsn_format(redo, sizeof redo, live->redo_lsn);
    error_set(error, ERR_STOPPED_TO_ASK, where, hint, "%s (now %s%s, redo point %s)", why,
              database_state_name(live->state), live->standby ? " in standby" : "",
              redo[0] == '\0' ? "not shown" : redo);
    return RESUME_ASK;
}

/* Before the point of no return: behind it there is no abort. */
static enum resume_action ask(struct error *error, const char *where, const struct live *live,
                              const char *why)
{
    return ask_with_hint(error, where, live, why,
                         "look at the server; when the state is explained, resume, or abort and make "
                         "a new plan");
}

static bool same_lsn(struct lsn a, struct lsn b)
{
    return a.number == b.number;
}

int64_t live_history(const struct live *live)
{
    return !live->history_visible ? -1 : live->last.known ? live->last.history_id : 0;
}

bool live_restored_since(const struct live *live, int64_t history)
{
    return history >= 0 && live_history(live) > history;
}

/* Is the newest row of restorehistory that of this statement? A file may be restored more than once:
 * to go on from a mark its log is applied again. A row from before is no witness. */
static bool row_is_of(const struct restored *row, char type, const struct sent *sent)
{
    return row->known && row->type == type && row->history_id > sent->history_before &&
           lsn_is_known(row->last_lsn) &&
           same_lsn(row->last_lsn, sent->last_lsn) && same_lsn(row->first_lsn, sent->first_lsn);
}

static bool untouched(const struct sent *sent, const struct live *live)
{
    return live->state == sent->state_before && live->standby == sent->standby_before &&
           same_lsn(live->redo_lsn, sent->redo_before);
}

/* A log that was cut off on a database in STANDBY leaves it RESTORING, and shows a redo point that was
 * hidden before. Nothing was done where that is still the end of what was restored last: a log that
 * did more would have moved it. */
static bool left_standby_only(const struct sent *sent, const struct live *live)
{
    return sent->standby_before && !lsn_is_known(sent->redo_before) && live->last.known &&
           live->last.history_id == sent->history_before && lsn_is_known(live->last.last_lsn) &&
           same_lsn(live->redo_lsn, live->last.last_lsn);
}

static enum resume_action decide_log(const struct sent *sent, const struct live *live,
                                     const char *where, struct error *error)
{
    /* Logs are sent WITH NORECOVERY: what is in STANDBY as before, without the log's row, was not
     * touched. */
    if (live->state == STATE_ONLINE && live->standby)
        return untouched(sent, live) && !row_is_of(&live->last, 'L', sent) ? RESUME_SEND
                                                                           : RESUME_READ_MARKLOG;
    if (live->state != STATE_RESTORING)
        return ask(error, where, live, "a log was sent, but the database does not await one");
    if (!lsn_is_known(live->redo_lsn) || !lsn_is_known(sent->last_lsn))
        return ask(error, where, live, "the redo point or the log's LSNs are not known");
    bool row = row_is_of(&live->last, 'L', sent);
    if (row && sent->history_before < 0 && same_lsn(live->redo_lsn, sent->redo_before))
        return ask(error, where, live, "restorehistory has the log, but whether from this statement "
                                       "or from an earlier one nobody saw");
    if (!row && (same_lsn(live->redo_lsn, sent->redo_before) || left_standby_only(sent, live)))
        return RESUME_SEND;
    if (row && lsn_compare(live->redo_lsn, sent->last_lsn) == 0)
        return RESUME_APPLIED;
    if (row && lsn_is_within(live->redo_lsn, sent->first_lsn, sent->last_lsn)) {
        if (text_equal(live->last.mark, sent->mark))
            return RESUME_REACHED;
        return ask(error, where, live, "the log was stopped, but not at this run's mark");
    }
    return ask(error, where, live,
               row ? "restorehistory has the log, but the redo point is not in it"
                   : "the redo point moved, but restorehistory does not have the log");
}

static enum resume_action decide_full(const struct sent *sent, const struct live *live,
                                      const char *where, struct error *error)
{
    bool row = row_is_of(&live->last, 'D', sent);
    if (row && live->state == STATE_RESTORING && lsn_is_known(live->redo_lsn) &&
        same_lsn(live->redo_lsn, sent->last_lsn))
        return RESUME_APPLIED;
    /* An interrupted full restore leaves RESTORING or nothing; it starts from its beginning. */
    if (!row && (live->state == STATE_ABSENT || live->state == STATE_RESTORING))
        return RESUME_SEND;
    if (!row && untouched(sent, live))
        return RESUME_SEND;
    return ask(error, where, live, "a full restore was sent, and it cannot be told what it did");
}

enum resume_action resume_decide(const struct sent *sent, const struct live *live,
                                 const char *where, struct error *error)
{
    if (live->restore_running || live->state == STATE_RECOVERING)
        return RESUME_WAIT;
    if (live->state == STATE_RESTORING && !live->files_visible) {
        error_set(error, ERR_PERMISSION, where, grant_files,
                  "the redo point is not visible, so it cannot be told what the last statement did");
        return RESUME_ASK;
    }
    if (!live->history_visible) {
        error_set(error, ERR_PERMISSION, where, grant_history,
                  "restorehistory is not visible, so it cannot be told what the last statement did");
        return RESUME_ASK;
    }
    switch (sent->kind) {
    case STEP_RESTORE_LOG:
        return decide_log(sent, live, where, error);
    case STEP_RESTORE_FULL:
        return decide_full(sent, live, where, error);
    case STEP_PROVE:
        if (live_restored_since(live, sent->history_before))
            return ask(error, where, live, "a backup was restored there after STANDBY was sent, not "
                                           "by this run");
        if (live->state == STATE_ONLINE && live->standby)
            return RESUME_READ_MARKLOG;
        if (untouched(sent, live))
            return RESUME_SEND;
        return ask(error, where, live, "STANDBY was sent, and the database is in another state");
    case STEP_RECOVER:
        if (live_restored_since(live, sent->history_before))
            return ask_with_hint(error, where, live, "a backup was restored there after RECOVERY was "
                                                     "sent, not by this run",
                                 "make a new plan to the same mark: this database needs a full restore");
        if (live->state == STATE_ONLINE && !live->standby)
            return RESUME_RECOVERED;
        if (untouched(sent, live) || (live->state == STATE_ONLINE && live->standby))
            return RESUME_SEND;
        /* RECOVERY of a STANDBY database that was cut off can leave it RESTORING. */
        if (live->state == STATE_RESTORING)
            return RESUME_SEND;
        return ask_with_hint(error, where, live,
                             "RECOVERY was sent, and the database is in another state",
                             "look at the server's error log; when it is RESTORING again or online, "
                             "resume: there is no abort any more");
    case STEP_START_JOB: /* of no database */
    case STEP_JOB:
    case STEP_SINGLE_USER:
    case STEP_OFFLINE:
    case STEP_ONLINE:
        break; /* a source's, no lane's */
    }
    return ask(error, where, live, "an unknown statement was sent");
}

bool resume_stands(const struct live *live, enum database_state state_after,
                   struct lsn redo_after, const char *where, struct error *error)
{
    if (live->state == state_after && same_lsn(live->redo_lsn, redo_after))
        return true;
    char then[LSN_TEXT_SIZE];
    lsn_format(then, sizeof then, redo_after);
    char why[160];
    snprintf(why, sizeof why, "the run left it %s at redo point %s, and it has moved since",
             database_state_name(state_after), then[0] == '\0' ? "(none)" : then);
    ask(error, where, live, why);
    return false;
}

static enum log_result doubt(struct error *error, const char *where, const struct live *live,
                             const char *why)
{
    ask(error, where, live, why);
    return LOG_DOUBTFUL;
}

enum log_result log_decide(bool said_4329, const struct sent *sent, const struct live *live,
                           const char *where, struct error *error)
{
    if (live->state != STATE_RESTORING)
        return doubt(error, where, live, "after the log the database is not RESTORING");
    if (!live->files_visible || !lsn_is_known(live->redo_lsn)) {
        error_set(error, ERR_PERMISSION, where, grant_files,
                  "the redo point is not visible, so the log's effect cannot be proven");
        return LOG_DOUBTFUL;
    }
    if (!lsn_is_known(sent->first_lsn) || !lsn_is_known(sent->last_lsn))
        return doubt(error, where, live, "the log's LSNs are not known");
    bool inside = lsn_is_within(live->redo_lsn, sent->first_lsn, sent->last_lsn);
    bool whole = lsn_compare(live->redo_lsn, sent->last_lsn) == 0;
    if (said_4329 && whole)
        return LOG_APPLIED;
    if (!said_4329 && inside)
        return LOG_REACHED;
    if (!said_4329 && whole && live->history_visible && row_is_of(&live->last, 'L', sent) &&
        sent->mark[0] != '\0' && text_equal(live->last.mark, sent->mark))
        return LOG_REACHED;
    return doubt(error, where, live,
                 said_4329 ? "the server said that the mark is not in the log, yet its redo point "
                             "is not at the log's end"
                           : "the server did not say that the mark is not in the log, yet its redo "
                             "point is not inside the log");
}

static bool not_proven(struct error *error, const char *where, const char *hint, const char *why)
{
    error_set(error, ERR_NOT_PROVEN, where, hint, "%s", why);
    return false;
}

/* restorehistory does not tell (reliably) whether a stop was at or before the mark it names; the redo
 * point does. */
static bool stands_on_its_side(const struct live *live, const struct goal *goal, const char *where,
                               struct error *error)
{
    if (!lsn_is_known(goal->mark_lsn))
        return true;
    int side = lsn_compare(live->redo_lsn, goal->mark_lsn);
    if (goal->stop == STOP_AT ? side >= 0 : side <= 0)
        return true;
    char redo[LSN_TEXT_SIZE], mark[LSN_TEXT_SIZE];
    lsn_format(redo, sizeof redo, live->redo_lsn);
    lsn_format(mark, sizeof mark, goal->mark_lsn);
    error_set(error, ERR_NOT_PROVEN, where, "nothing is recovered; make a new plan",
              "its redo point %s is %s the mark, which lies at %s", redo,
              goal->stop == STOP_AT ? "before" : "behind", mark);
    return false;
}

bool stands_at_log_end(const struct live *live)
{
    return live->last.known && live->last.type == 'L' && lsn_is_known(live->redo_lsn) &&
           same_lsn(live->redo_lsn, live->last.last_lsn);
}

static const char look[] = "nothing has been recovered; look at the server, then resume";

bool last_restore_proves(const struct live *live, const char *mark, const char *where,
                         struct error *error)
{
    const struct restored *row = &live->last;
    if (!live->history_visible)
        return not_proven(error, where, grant_history, "its restorehistory is not visible");
    if (!row->known || row->type != 'L')
        return not_proven(error, where, look, "its newest restorehistory row is not a log's");
    if (text_equal(row->mark, mark))
        return true;
    error_set(error, ERR_NOT_PROVEN, where, look,
              "its newest restorehistory row names %s%s instead of the mark",
              row->mark[0] == '\0' ? "no mark" : "the mark ", row->mark);
    return false;
}

bool gate_proves(const struct live *live, const struct goal *goal, const char *where,
                 struct error *error)
{
    const struct restored *row = &live->last;
    if (live->restore_running)
        return not_proven(error, where, look, "a RESTORE is still running on it");
    if (live->state != STATE_RESTORING) {
        error_set(error, ERR_NOT_PROVEN, where, look, "it is %s%s, not RESTORING",
                  database_state_name(live->state), live->standby ? " in standby" : "");
        return false;
    }
    if (!live->files_visible || !lsn_is_known(live->redo_lsn))
        return not_proven(error, where, grant_files, "its redo point is not visible");
    if (!last_restore_proves(live, goal->mark, where, error))
        return false;
    struct lsn first = row->first_lsn, last = row->last_lsn;
    if (!lsn_is_known(first) || !lsn_is_known(last)) {
        first = goal->first_lsn;
        last = goal->last_lsn;
    }
    if (!lsn_is_known(first) || !lsn_is_known(last))
        return not_proven(error, where, look, "the LSNs of its last log are not known");
    if (lsn_is_known(goal->last_lsn) &&
        (!same_lsn(goal->last_lsn, last) || !same_lsn(goal->first_lsn, first)))
        return not_proven(error, where, look, "its last log restored is not the plan's last");
    bool at_end = goal->told_reached && same_lsn(live->redo_lsn, last);
    if (!at_end && !lsn_is_within(live->redo_lsn, first, last)) {
        char redo[LSN_TEXT_SIZE], a[LSN_TEXT_SIZE], b[LSN_TEXT_SIZE];
        lsn_format(redo, sizeof redo, live->redo_lsn);
        lsn_format(a, sizeof a, first);
        lsn_format(b, sizeof b, last);
        error_set(error, ERR_NOT_PROVEN, where, look,
                  "its redo point %s is not inside its last log (%s to before %s)", redo, a, b);
        return false;
    }
    return stands_on_its_side(live, goal, where, error);
}

static int64_t set_of(const char *mark, const struct known_mark *history, size_t count)
{
    int64_t set = 0;
    for (size_t i = 0; i < count; i++)
        if (strcmp(history[i].mark, mark) == 0 && history[i].set > set)
            set = history[i].set;
    return set;
}

struct mark_log mark_log_judge(const char *const *marks, size_t count, const char *target,
                               int64_t target_set, const struct known_mark *history,
                               size_t history_count)
{
    struct mark_log found = {.read = true, .marks = (int64_t)count,
                             .later = history_count == 0 ? -1 : 0};
    int64_t newest = 0;
    for (size_t i = 0; i < count; i++) {
        bool is_target = strcmp(marks[i], target) == 0;
        int64_t set = is_target ? target_set : set_of(marks[i], history, history_count);
        found.has_mark = found.has_mark || is_target;
        if (set > newest) {
            newest = set;
            text_copy(found.newest, sizeof found.newest, marks[i]);
        }
        if (set > target_set) {
            found.later++;
            text_copy(found.later_mark, sizeof found.later_mark, marks[i]);
        }
    }
    return found;
}

bool mark_log_proves(const struct mark_log *found, const char *mark, enum stop_kind stop,
                     const char *where, struct error *error)
{
    static const char hint[] = "do not let BizTalk start on it; see the report's evidence";
    if (!found->read)
        return not_proven(error, where, "grant the restore login SELECT on dbo.MarkLog, then resume",
                          "its MarkLog could not be read");
    if (stop == STOP_AT && !found->has_mark) {
        error_set(error, ERR_NOT_PROVEN, where, hint, "its MarkLog has not the mark %s", mark);
        return false;
    }
    if (stop == STOP_BEFORE && found->has_mark) {
        error_set(error, ERR_NOT_PROVEN, where, hint, "its MarkLog has the mark %s, which should "
                  "have been left out", mark);
        return false;
    }
    if (found->later < 0)
        return not_proven(error, where, "grant the restore login SELECT on bts_LogShippingHistory, "
                          "then resume", "the history is not readable, so later marks would not be "
                          "known");
    if (found->later > 0) {
        error_set(error, ERR_NOT_PROVEN, where, hint, "its MarkLog has %lld later mark(s), such as "
                  "%s", (long long)found->later, found->later_mark);
        return false;
    }
    return true;
}

bool verify_decide(const struct live *live, const struct mark_log *found, const char *mark,
                   enum stop_kind stop, const char *where, struct error *error)
{
    if (live->state != STATE_ONLINE || live->standby) {
        error_set(error, ERR_NOT_PROVEN, where, "look at the server's error log, then resume",
                  "it is %s%s, not ONLINE", database_state_name(live->state),
                  live->standby ? " in standby" : "");
        return false;
    }
    if (live->read_only)
        return not_proven(error, where, "set it READ_WRITE, then resume", "it is read-only");
    if (live->recovery_model != MODEL_FULL) {
        error_set(error, ERR_NOT_PROVEN, where, "set it to FULL, then resume",
                  "its recovery model is %s, not FULL", recovery_model_name(live->recovery_model));
        return false;
    }
    return mark_log_proves(found, mark, stop, where, error);
}
