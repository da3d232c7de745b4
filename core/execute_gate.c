/* GATE and RECOVER: no database is recovered before every database of the roster is proven. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/str.h"
#include "core/base/text.h"
#include "core/execute_internal.h"
#include "core/execute_move.h"
#include "core/tsql_restore.h"
#include "core/tsql_write.h"

/* --- the first proof: LSNs and restorehistory ------------------------------------------------- */

static void keep_proof(struct lane *lane, const char *evidence)
{
    struct journal_verified found = {
        .server = lane->plan->server,
        .database = lane->plan->database,
        .proven = lane->proven,
        .shown = lane->shown,
        .state = lane->live.state,
        .at_mark = lane->at_mark,
        .marklog_has_mark = lane->mark_log.has_mark,
        .read_write = !lane->live.read_only,
        .later_marks = lane->mark_log.later,
        .evidence = evidence,
    };
    journal_verified(lane->execution->journal, &found, clock_utc_ms(lane->execution->clock), NULL);
}

/* An online or standing-by database shows no redo point; its MarkLog is the proof, with the stop that
 * was restored last. Of what is online that was looked for when it was located. */
static bool prove_by_mark_log(struct lane *lane, struct link *link, struct error *error)
{
    const struct plan *plan = lane->execution->plan;
    if (!lane->recovered &&
        !last_restore_proves(&lane->live, lane_stop_name(lane), lane->where, error))
        return false;
    if (!lane_read_marks(lane, link, error) ||
        !mark_log_proves(&lane->mark_log, plan->mark, plan->stop, lane->where, error))
        return false;
    lane->proven = lane->shown = true;
    keep_proof(lane, lane->recovered ? "online already; MarkLog shows the mark and none later"
                                     : "in STANDBY already; MarkLog shows the mark and none later");
    return true;
}

static const char *place_of(const struct live *live)
{
    return stands_at_log_end(live) ? "at the end of the log of the mark, which the server stopped at"
                                   : "inside the log of the mark";
}

static bool prove_by_lsn(struct lane *lane, struct error *error)
{
    const struct plan_step *log = lane_last_log(lane);
    struct goal goal = {.mark = lane_stop_name(lane), .stop = lane->execution->plan->stop,
                        .mark_lsn = lane->plan->mark_lsn};
    /* The log that reached the mark may be an earlier one than the plan's last. */
    for (size_t i = 0; i < lane->plan->steps_count; i++) {
        const struct plan_step *step = &lane->plan->steps[i];
        if (step->kind == STEP_RESTORE_LOG && lsn_is_known(step->last_lsn) &&
            step->last_lsn.number == lane->live.last.last_lsn.number)
            log = step;
    }
    if (log != NULL) {
        goal.first_lsn = log->first_lsn;
        goal.last_lsn = log->last_lsn;
    }
    goal.told_reached = lane_told_reached(lane);
    if (!gate_proves(&lane->live, &goal, lane->where, error))
        return false;
    char redo[LSN_TEXT_SIZE], evidence[256];
    lsn_format(redo, sizeof redo, lane->live.redo_lsn);
    snprintf(evidence, sizeof evidence, "redo point %s %s; restorehistory row %lld names the mark",
             redo, place_of(&lane->live), (long long)lane->live.last.history_id);
    lane->proven = true;
    keep_proof(lane, evidence);
    return true;
}

static bool gate_lane(struct lane *lane, struct link *link)
{
    struct error error;
    error_clear(&error);
    lane->proven = lane->shown = false;
    /* locate, not only look: a retry of the gate may find a STANDBY that was sent before. */
    if (!lane_locate(lane, link, &error))
        return lane_fail(lane, &error);
    bool online = lane->live.state == STATE_ONLINE;
    if (online && !lane->live.standby && !lane->recovered) {
        error_set(&error, ERR_NOT_PROVEN, lane->where, "find out who recovered it",
                  "it is online, and this run did not recover it");
        return lane_fail(lane, &error);
    }
    if (!(online ? prove_by_mark_log(lane, link, &error) : prove_by_lsn(lane, &error)))
        return lane_fail(lane, &error);
    lane->proof = lane->live;
    lane_set(lane, lane->recovered ? LANE_ONLINE : LANE_AT_MARK, "");
    return true;
}

/* The look before STANDBY, and the last one before the point of no return: nobody moved the database
 * since its proof. */
static bool still_proven(struct lane *lane, struct error *error)
{
    const struct live *live = &lane->live;
    bool stands = (live->state == STATE_ONLINE && live->standby && lane->shown) ||
                  (live->state == STATE_RESTORING &&
                   (lane->proof.standby ||
                    live->redo_lsn.number == lane->proof.redo_lsn.number) &&
                   text_equal(live->last.mark, lane_stop_name(lane)));
    /* In STANDBY too somebody may have rolled it on: then restorehistory has a newer row. */
    if (lane->proven && stands && live_history(live) == live_history(&lane->proof))
        return true;
    error_set(error, ERR_NOT_PROVEN, lane->where, "look at the server, then resume",
              "it is %s%s and not as it was proven", database_state_name(live->state),
              live->standby ? " in standby" : "");
    return false;
}

/* --- the second proof: STANDBY and MarkLog ---------------------------------------------------- */

/* Sends PROVE or RECOVER until the server has done it. True with lane->live fresh. */
static bool carry_out(struct lane *lane, struct link *link, const struct plan_step *step,
                      struct error *error)
{
    for (int again = 0; again <= AGAIN_MAX; again++) {
        struct tds_outcome outcome;
        int64_t intent;
        if (!link_ready(link, error) || !lane_may_send(lane, link, error))
            return false;
        /* While it waited for the lock another run may have had it. */
        if (!lane_settle(lane, link, error) || !still_proven(lane, error))
            return false;
        struct sent sent = lane_sent(lane, step);
        if (!link_ready(link, error) || !lane_intend(lane, step, &intent, error))
            return false;
        if (!lane_may_still_send(lane, intent))
            continue;
        enum error_code code = lane_send(lane, link, step, &outcome, error);
        if (outcome.drained && (code != ERR_OK || outcome.errors > 0)) {
            struct error ignored;
            error_clear(&ignored);
            bool seen = lane_look(lane, link, false, &ignored);
            lane_conclude(lane, intent, seen ? STEP_FAILED : STEP_UNKNOWN, false,
                          outcome.first_error, error->server_text);
            return false;
        }
        struct error why;
        error_clear(&why);
        if (!outcome.drained)
            link_close(link);
        /* Answered or not: the server's state says what was done. */
        switch (lane_find_out(lane, link, &sent, intent, !outcome.drained, &why)) {
        case RESUME_READ_MARKLOG:
        case RESUME_RECOVERED:
            return true;
        case RESUME_SEND:
            if (outcome.drained) {
                error_set(error, ERR_STOPPED_TO_ASK, lane->where, "look at the server",
                          "the statement succeeded, yet the database is as before");
                return false;
            }
            break;
        case RESUME_APPLIED:
        case RESUME_REACHED:
        case RESUME_WAIT:
        case RESUME_ASK:
            *error = why;
            return false;
        }
    }
    error_set(error, ERR_CONNECTION_LOST, lane->where, "look at the network, then retry",
              "the connection was lost again and again at the same statement");
    return false;
}

/* 3180: a database of an older version cannot be opened before it is upgraded, so its MarkLog cannot
 * be read yet. Nothing was done; the proof by LSN and restorehistory stands. Source: domain, RESTORE's
 * errors. */
enum { ERROR_NEEDS_UPGRADE = 3180 };

/* The first proof with what is known of MarkLog beside it. */
static void keep_both(struct lane *lane, const char *mark_log)
{
    char evidence[400];
    snprintf(evidence, sizeof evidence, "redo point %s; restorehistory names the mark; %s",
             place_of(&lane->proof), mark_log);
    keep_proof(lane, evidence);
}

/* Without MarkLog the first proof stands alone. It does not tell a stop before the mark, which somebody
 * else made, from one at it; and at the end of a log it was the reply alone that told a stop from a log
 * applied whole. There the mark's LSN has to agree. */
static bool may_go_on_unshown(struct lane *lane)
{
    bool found_there = lane_last_log(lane) == NULL;
    if (lsn_is_known(lane->plan->mark_lsn) || (!found_there && !stands_at_log_end(&lane->live)))
        return true;
    struct error error;
    error_clear(&error);
    error_set(&error, ERR_NOT_PROVEN, lane->where,
              found_there ? "make a plan to a mark that it reaches by a log or a full set"
                          : "make a plan to another mark",
              "%s, and its MarkLog, which would tell, cannot be read before the recovery",
              found_there ? "it stood there before this run, at the mark or before it"
                          : "it stands at the end of its last log, whose mark's LSN is not known");
    return lane_fail(lane, &error);
}

static void go_on_unshown(struct lane *lane)
{
    lane_set(lane, LANE_PROVEN, "");
    keep_both(lane, "MarkLog cannot be read before the recovery: its backups are of an older SQL "
                    "Server");
    execution_note(lane->execution, "%s: the server is newer than its backups, so its MarkLog cannot "
                                    "be read before it is recovered; its redo point and "
                                    "restorehistory prove it", lane->where);
}

static bool show_lane(struct lane *lane, struct link *link)
{
    const struct plan_step *step = lane_step(lane, STEP_PROVE);
    struct error error;
    error_clear(&error);
    if (step == NULL && !lane->recovered && !lane->shown && !may_go_on_unshown(lane))
        return false;
    if (lane->recovered || lane->shown || step == NULL) {
        lane_set(lane, lane->recovered ? LANE_ONLINE : LANE_PROVEN, "");
        return true;
    }
    lane_set(lane, LANE_AT_MARK, "reading its MarkLog in STANDBY");
    if (!carry_out(lane, link, step, &error)) {
        if (error.server_number != ERROR_NEEDS_UPGRADE || lane->live.state != STATE_RESTORING)
            return lane_fail(lane, &error);
        if (!may_go_on_unshown(lane))
            return false;
        go_on_unshown(lane);
        return true;
    }
    keep_both(lane, "MarkLog, read in STANDBY, shows the mark and none later");
    lane->proof = lane->live;
    lane_set(lane, LANE_PROVEN, "");
    return true;
}

bool execution_same_newest_mark(struct execution *execution, struct error *error)
{
    const struct lane *first = NULL;
    for (size_t i = 0; i < execution->lanes_count; i++) {
        const struct lane *lane = &execution->lanes[i];
        if (!lane->mark_log.read)
            continue;
        if (first == NULL)
            first = lane;
        if (strcmp(first->mark_log.newest, lane->mark_log.newest) == 0)
            continue;
        error_set(error, ERR_NOT_PROVEN, lane->where, "do not let BizTalk start on it",
                  "its newest known mark is %s, that of %s is %s", lane->mark_log.newest,
                  first->where, first->mark_log.newest);
        return false;
    }
    return true;
}

static size_t count_proven(const struct execution *execution)
{
    size_t proven = 0;
    for (size_t i = 0; i < execution->lanes_count; i++)
        proven += execution->lanes[i].proven;
    return proven;
}

bool execution_gate(struct execution *execution, struct error *error)
{
    journal_content_free(&execution->past);
    if (journal_read(execution->journal, &execution->past, error) != ERR_OK ||
        !execution_each_lane(execution, gate_lane, error))
        return false;
    execution_say(execution, "every redo point is at the mark; reading every MarkLog in STANDBY");
    if (!execution_each_lane(execution, show_lane, error) || !execution_same_newest_mark(execution, error))
        return false;
    execution_note(execution, "gate: %zu of %zu databases are proven at the mark",
                   count_proven(execution), execution->lanes_count);
    return true;
}

/* --- RECOVER ---------------------------------------------------------------------------------- */

static bool recover_lane(struct lane *lane, struct link *link, struct error *error)
{
    const struct plan_step *step = lane_step(lane, STEP_RECOVER);
    if (lane->recovered)
        return true;
    lane_set(lane, LANE_RECOVERING, "");
    if (!lane_locate(lane, link, error))
        return false;
    if (lane->recovered) /* by an earlier attempt whose answer was lost */
        return true;
    if (step == NULL) {
        error_set(error, ERR_REFUSED, lane->where, "make a new plan",
                  "the plan has no statement that recovers it");
        return false;
    }
    return carry_out(lane, link, step, error);
}

static bool take_session(void *context, const struct tds_row *row)
{
    char login[129], host[129], program[129];
    text_clean(login, sizeof login, tds_text(row, "login_name"));
    text_clean(host, sizeof host, tds_text(row, "host_name"));
    text_clean(program, sizeof program, tds_text(row, "program_name"));
    error_set(context, ERR_NOT_PROVEN, NULL, "end it, then retry; nothing is recovered yet",
              "session %lld is in it (%s of %s, %s), so it cannot be recovered",
              (long long)tds_integer(row, "session_id", 0), login, host, program);
    return false;
}

/* The last look at all while no database is recovered yet, and not half way through the group: since
 * the gate the run may have waited for its operator. In STANDBY a database can be read, and a reader
 * makes its recovery fail (3101). */
static bool ready_to_recover(struct lane *lane, struct link *link)
{
    struct error error, used;
    error_clear(&error);
    error_clear(&used);
    if (lane->recovered)
        return true;
    lane->proven = lane_settle(lane, link, &error) && still_proven(lane, &error);
    if (!lane->proven) /* a retry comes through the gate again */
        return lane_fail(lane, &error);
    if (!lane->live.standby)
        return true;
    if (link_run(link, tsql_database_sessions(lane->plan->database), take_session, &used, NULL,
                 &error) != ERR_OK)
        return lane_fail(lane, &error);
    return used.code == ERR_OK || lane_fail(lane, &used);
}

/* Behind the point of no return one way is left beside another try. The planner takes the database for
 * one that stands at the mark as long as it is there. */
static void tell_way_out(struct lane *lane)
{
    struct str drop = {0};
    if (!restore_error_passes(lane->error.server_number) && tsql_add_drop(&drop, lane->plan->database))
        execution_note(lane->execution,
                       "%s: resume tries again. If it cannot be recovered at all, only the same mark is "
                       "left for it, from its full set: see that the set can be read (stopmark sets), "
                       "remove the database by hand (%s), then make a new plan to %s, once this run's "
                       "worker has ended", lane->where, str_text(&drop), lane->execution->plan->mark);
    str_free(&drop);
}

bool execution_recover(struct execution *execution, struct error *error)
{
    /* A resumed or retried recovery comes through the gate again: databases that were recovered
     * show their MarkLog, the others their proof. */
    if (count_proven(execution) != execution->lanes_count &&
        !execution_gate(execution, error))
        return false;
    if (count_proven(execution) != execution->lanes_count) {
        error_set(error, ERR_NOT_PROVEN, NULL, "resume", "not every database is proven");
        return false;
    }
    /* A source that came back while the logs were restored would be a second live group. */
    if (!execution_is_committed(execution) &&
        (!execution_check_sources(execution, error) || !execution_move_check(execution, error) ||
         !execution_each_lane(execution, ready_to_recover, error)))
        return false;
    journal_content_free(&execution->past);
    if (journal_read(execution->journal, &execution->past, error) != ERR_OK)
        return false;
    execution_burn_bridges(execution);
    for (size_t i = 0; i < execution->lanes_count; i++) {
        struct lane *lane = &execution->lanes[i]; /* the plan's order is the recovery order */
        error_clear(error);
        execution_say(execution, "recovering %zu of %zu: %s; no way back now", i + 1,
                      execution->lanes_count, lane->where);
        if (!recover_lane(lane, &lane->destination->work_link, error)) {
            lane_fail(lane, error);
            *error = lane->error;
            tell_way_out(lane);
            return false;
        }
        lane_set(lane, LANE_ONLINE, "");
    }
    return true;
}
