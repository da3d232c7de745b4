/* The executor's judgements: what a lost statement did, the gate, VERIFY. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "core/decide.h"

#define MARK "BTS_2026_11_20_12_00_00_547"

static struct lsn at(const char *digits)
{
    return lsn_parse(digits);
}

/* A log from 100 to before 200, sent onto a database whose redo point is 100. */
static struct sent a_log(void)
{
    return (struct sent){.kind = STEP_RESTORE_LOG, .redo_before = at("100"),
                         .state_before = STATE_RESTORING, .history_before = 6,
                         .first_lsn = at("100"), .last_lsn = at("200"), .mark = MARK};
}

static struct live restoring(const char *redo)
{
    return (struct live){.state = STATE_RESTORING, .files_visible = true, .history_visible = true,
                         .redo_lsn = at(redo), .recovery_model = MODEL_FULL,
                         .last = {.known = true, .type = 'L', .first_lsn = at("50"),
                                  .last_lsn = at("100"), .mark = MARK, .history_id = 6}};
}

static void add_row(struct live *live, char type, const char *first, const char *last)
{
    live->last = (struct restored){.known = true, .type = type, .first_lsn = at(first),
                                   .last_lsn = at(last), .mark = MARK, .history_id = 7};
}

static enum resume_action decide(const struct sent *sent, const struct live *live)
{
    struct error error;
    error_clear(&error);
    enum resume_action action = resume_decide(sent, live, "S/D", &error);
    if (action == RESUME_ASK)
        assert_int_not_equal(error.code, ERR_OK);
    return action;
}

static void a_log_that_left_no_row_and_no_move_is_sent_again(void **state)
{
    (void)state;
    struct sent sent = a_log();
    struct live live = restoring("100");
    assert_int_equal(decide(&sent, &live), RESUME_SEND);
}

static void a_log_with_a_row_and_redo_inside_it_reached_the_mark(void **state)
{
    (void)state;
    struct sent sent = a_log();
    struct live live = restoring("150");
    add_row(&live, 'L', "100", "200");
    assert_int_equal(decide(&sent, &live), RESUME_REACHED);
}

static void a_log_stopped_at_another_mark_is_not_taken_for_reached(void **state)
{
    (void)state;
    struct sent sent = a_log();
    struct live live = restoring("150");
    add_row(&live, 'L', "100", "200");
    strcpy(live.last.mark, "BTS_2026_11_20_12_00_00_550");
    assert_int_equal(decide(&sent, &live), RESUME_ASK);
}

static void a_log_with_a_row_and_redo_at_its_end_was_applied_whole(void **state)
{
    (void)state;
    struct sent sent = a_log();
    struct live live = restoring("200");
    add_row(&live, 'L', "100", "200");
    assert_int_equal(decide(&sent, &live), RESUME_APPLIED);
}

static void a_log_that_left_its_standby_database_as_it_was_is_sent_again(void **state)
{
    (void)state;
    struct sent sent = a_log();
    sent.state_before = STATE_ONLINE;
    sent.standby_before = true;
    sent.redo_before = (struct lsn){0};
    struct live live = restoring("100");
    live.state = STATE_ONLINE;
    live.standby = true;
    live.redo_lsn = (struct lsn){0};
    assert_int_equal(decide(&sent, &live), RESUME_SEND);
    add_row(&live, 'L', "100", "200");
    assert_int_equal(decide(&sent, &live), RESUME_READ_MARKLOG);
}

static void a_log_in_standby_needs_its_marklog(void **state)
{
    (void)state;
    struct sent sent = a_log();
    struct live live = restoring("100");
    live.state = STATE_ONLINE;
    live.standby = true;
    live.redo_lsn = (struct lsn){0};
    assert_int_equal(decide(&sent, &live), RESUME_READ_MARKLOG);
}

static void a_running_restore_is_waited_for(void **state)
{
    (void)state;
    struct sent sent = a_log();
    struct live live = restoring("100");
    live.restore_running = true;
    assert_int_equal(decide(&sent, &live), RESUME_WAIT);
}

static void what_matches_nothing_stops_and_asks(void **state)
{
    (void)state;
    struct sent sent = a_log();
    struct live moved_without_row = restoring("150");
    assert_int_equal(decide(&sent, &moved_without_row), RESUME_ASK);
    struct live row_without_move = restoring("100");
    add_row(&row_without_move, 'L', "100", "200");
    row_without_move.redo_lsn = at("90");
    assert_int_equal(decide(&sent, &row_without_move), RESUME_ASK);
    struct live beyond = restoring("250");
    add_row(&beyond, 'L', "100", "200");
    assert_int_equal(decide(&sent, &beyond), RESUME_ASK);
    struct live online = restoring("100");
    online.state = STATE_ONLINE;
    assert_int_equal(decide(&sent, &online), RESUME_ASK);
    struct live absent = restoring("100");
    absent.state = STATE_ABSENT;
    assert_int_equal(decide(&sent, &absent), RESUME_ASK);
}

static void what_cannot_be_seen_stops_and_asks_for_the_grant(void **state)
{
    (void)state;
    struct sent sent = a_log();
    struct live live = restoring("100");
    struct error error;
    live.files_visible = false;
    assert_int_equal(resume_decide(&sent, &live, "S/D", &error), RESUME_ASK);
    assert_int_equal(error.code, ERR_PERMISSION);
    assert_non_null(strstr(error.hint, "VIEW ANY DEFINITION"));
    live = restoring("100");
    live.history_visible = false;
    assert_int_equal(resume_decide(&sent, &live, "S/D", &error), RESUME_ASK);
    assert_int_equal(error.code, ERR_PERMISSION);
}

static void an_interrupted_full_restore_starts_again(void **state)
{
    (void)state;
    struct sent sent = {.kind = STEP_RESTORE_FULL, .state_before = STATE_ABSENT,
                        .first_lsn = at("10"), .last_lsn = at("40")};
    struct live half = restoring("100");
    half.redo_lsn = (struct lsn){0};
    assert_int_equal(decide(&sent, &half), RESUME_SEND);
    struct live none = {.state = STATE_ABSENT, .history_visible = true};
    assert_int_equal(decide(&sent, &none), RESUME_SEND);
    struct live whole = restoring("40");
    add_row(&whole, 'D', "10", "40");
    assert_int_equal(decide(&sent, &whole), RESUME_APPLIED);
}

static void a_recovery_that_was_not_done_is_sent_again_and_one_that_was_is_not(void **state)
{
    (void)state;
    struct sent sent = {.kind = STEP_RECOVER, .state_before = STATE_ONLINE, .standby_before = true};
    struct live live = {.state = STATE_ONLINE, .standby = true, .history_visible = true};
    assert_int_equal(decide(&sent, &live), RESUME_SEND);
    live.standby = false;
    assert_int_equal(decide(&sent, &live), RESUME_RECOVERED);
    live.state = STATE_RECOVERING;
    assert_int_equal(decide(&sent, &live), RESUME_WAIT);
    live.state = STATE_SUSPECT;
    assert_int_equal(decide(&sent, &live), RESUME_ASK);
}

static void a_log_cut_off_on_a_standby_is_sent_again(void **state)
{
    (void)state;
    struct sent sent = a_log();
    sent.state_before = STATE_ONLINE;
    sent.standby_before = true;
    sent.redo_before = (struct lsn){0};
    struct live live = restoring("100"); /* the end of the log before, whose row is the newest */
    assert_int_equal(decide(&sent, &live), RESUME_SEND);
    live.redo_lsn = at("150"); /* it did something that no row tells of */
    assert_int_equal(decide(&sent, &live), RESUME_ASK);
    live = restoring("100");
    live.last.history_id++; /* somebody restored something since */
    assert_int_equal(decide(&sent, &live), RESUME_ASK);
    live = restoring("100");
    live.last.last_lsn = (struct lsn){0};
    assert_int_equal(decide(&sent, &live), RESUME_ASK);
    live = restoring("100");
    sent.standby_before = false;
    assert_int_equal(decide(&sent, &live), RESUME_ASK);
}

static void success_without_4329_is_not_trusted_alone(void **state)
{
    (void)state;
    struct error error;
    const struct sent sent = a_log();
    struct live live = restoring("150");
    assert_int_equal(log_decide(false, &sent, &live, "S/D", &error), LOG_REACHED);
    live.redo_lsn = at("200");
    assert_int_equal(log_decide(false, &sent, &live, "S/D", &error), LOG_DOUBTFUL);
    assert_int_equal(error.code, ERR_STOPPED_TO_ASK);
    assert_int_equal(log_decide(true, &sent, &live, "S/D", &error), LOG_APPLIED);
    live.redo_lsn = at("150");
    assert_int_equal(log_decide(true, &sent, &live, "S/D", &error), LOG_DOUBTFUL);
    live.redo_lsn = at("100");
    assert_int_equal(log_decide(true, &sent, &live, "S/D", &error), LOG_DOUBTFUL);
    live.state = STATE_ONLINE;
    assert_int_equal(log_decide(false, &sent, &live, "S/D", &error), LOG_DOUBTFUL);
}

static void a_stop_at_the_end_of_its_log_is_one_where_the_server_says_both(void **state)
{
    (void)state;
    struct error error;
    const struct sent sent = a_log();
    struct live live = restoring("200");
    add_row(&live, 'L', "100", "200");
    assert_int_equal(log_decide(false, &sent, &live, "S/D", &error), LOG_REACHED);
    assert_int_equal(log_decide(true, &sent, &live, "S/D", &error), LOG_APPLIED);
    struct live other = live;
    other.last.history_id = sent.history_before; /* a row from before */
    assert_int_equal(log_decide(false, &sent, &other, "S/D", &error), LOG_DOUBTFUL);
    other = live;
    strcpy(other.last.mark, "another");
    assert_int_equal(log_decide(false, &sent, &other, "S/D", &error), LOG_DOUBTFUL);
    struct sent without_clause = sent;
    without_clause.mark[0] = live.last.mark[0] = '\0';
    assert_int_equal(log_decide(false, &without_clause, &live, "S/D", &error), LOG_DOUBTFUL);
}

static void the_gate_takes_the_end_of_a_log_only_where_the_run_was_told(void **state)
{
    (void)state;
    struct error error;
    struct goal goal = {.mark = MARK, .first_lsn = at("100"), .last_lsn = at("200")};
    struct live live = restoring("200");
    add_row(&live, 'L', "100", "200");
    assert_true(stands_at_log_end(&live));
    assert_false(gate_proves(&live, &goal, "S/D", &error));
    goal.told_reached = true;
    assert_true(gate_proves(&live, &goal, "S/D", &error));
    goal.mark_lsn = at("201"); /* behind it */
    assert_false(gate_proves(&live, &goal, "S/D", &error));
    goal.mark_lsn = at("199");
    live.redo_lsn = at("201");
    assert_false(stands_at_log_end(&live));
    assert_false(gate_proves(&live, &goal, "S/D", &error));
}

static bool gate(const struct live *live, struct error *error)
{
    error_clear(error);
    struct goal goal = {.mark = MARK, .first_lsn = at("100"), .last_lsn = at("200")};
    return gate_proves(live, &goal, "S/D", error);
}

static void the_gate_proves_only_what_is_wholly_seen(void **state)
{
    (void)state;
    struct error error;
    struct live good = restoring("150");
    add_row(&good, 'L', "100", "200");
    assert_true(gate(&good, &error));
    struct live bad[] = {good, good, good, good, good, good, good, good, good, good};
    bad[0].state = STATE_ONLINE;
    bad[1].files_visible = false;
    bad[2].history_visible = false;
    bad[3].last.known = false;
    bad[4].last.type = 'D';
    bad[5].last.mark[0] = '\0';
    bad[6].redo_lsn = at("200");
    bad[7].redo_lsn = at("99");
    bad[8].restore_running = true;
    bad[9].last.last_lsn = at("300");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(gate(&bad[i], &error));
        assert_int_equal(error.code, ERR_NOT_PROVEN);
        assert_string_not_equal(error.what, "");
    }
}

static void the_gate_compares_mark_names_to_the_byte(void **state)
{
    (void)state;
    struct error error;
    struct live live = restoring("150");
    add_row(&live, 'L', "100", "200");
    strcpy(live.last.mark, "bts_2026_11_20_12_00_00_547");
    assert_false(gate(&live, &error));
}

static void without_a_planned_log_the_servers_own_row_gives_the_lsns(void **state)
{
    (void)state;
    struct error error;
    struct goal goal = {.mark = MARK};
    struct live live = restoring("150");
    add_row(&live, 'L', "100", "200");
    assert_true(gate_proves(&live, &goal, "S/D", &error));
    live.last.last_lsn = (struct lsn){0};
    assert_false(gate_proves(&live, &goal, "S/D", &error));
}

/* restorehistory names the mark for a stop before it as well. */
static void the_redo_point_tells_at_from_before_the_mark(void **state)
{
    (void)state;
    struct error error;
    struct goal goal = {.mark = MARK, .mark_lsn = at("150"), .first_lsn = at("100"),
                        .last_lsn = at("200")};
    static const struct {
        const char *redo;
        bool at, before;
    } cases[] = {{"149", false, true}, {"150", true, true}, {"151", true, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct live live = restoring(cases[i].redo);
        add_row(&live, 'L', "100", "200");
        goal.stop = STOP_AT;
        assert_int_equal(gate_proves(&live, &goal, "S/D", &error), cases[i].at);
        goal.stop = STOP_BEFORE;
        assert_int_equal(gate_proves(&live, &goal, "S/D", &error), cases[i].before);
    }
}

static const struct known_mark history[] = {
    {"AAA_early", 11}, {"ZZZ_earlier", 10}, {MARK, 12}, {"AAA_late", 13}};

static void later_marks_are_told_by_sets_never_by_names(void **state)
{
    (void)state;
    const char *good[] = {"ZZZ_earlier", "AAA_early", MARK, "unknown_old"};
    struct mark_log found = mark_log_judge(good, 4, MARK, 12, history, 4);
    assert_true(found.has_mark);
    assert_int_equal(found.later, 0);
    assert_string_equal(found.newest, MARK);
    const char *late[] = {"AAA_late", MARK, "AAA_early"};
    found = mark_log_judge(late, 3, MARK, 12, history, 4);
    assert_int_equal(found.later, 1);
    assert_string_equal(found.newest, "AAA_late");
}

static void a_marklog_that_lacks_the_mark_or_holds_a_later_one_proves_nothing(void **state)
{
    (void)state;
    struct error error;
    const char *none[] = {"AAA_early"}, *late[] = {MARK, "AAA_late"}, *good[] = {MARK};
    struct mark_log found = mark_log_judge(none, 1, MARK, 12, history, 4);
    assert_false(mark_log_proves(&found, MARK, STOP_AT, "S/D", &error));
    assert_true(mark_log_proves(&found, MARK, STOP_BEFORE, "S/D", &error));
    found = mark_log_judge(late, 2, MARK, 12, history, 4);
    assert_false(mark_log_proves(&found, MARK, STOP_AT, "S/D", &error));
    found = mark_log_judge(good, 1, MARK, 12, history, 4);
    assert_true(mark_log_proves(&found, MARK, STOP_AT, "S/D", &error));
    assert_false(mark_log_proves(&found, MARK, STOP_BEFORE, "S/D", &error));
    found = mark_log_judge(good, 1, MARK, 12, history, 0);
    assert_false(mark_log_proves(&found, MARK, STOP_AT, "S/D", &error));
    struct mark_log unread = {0}; /* it has not the mark that was to be left out, as far as was seen */
    assert_false(mark_log_proves(&unread, MARK, STOP_AT, "S/D", &error));
    assert_false(mark_log_proves(&unread, MARK, STOP_BEFORE, "S/D", &error));
}

static void verify_wants_online_read_write_full_and_the_mark(void **state)
{
    (void)state;
    struct error error;
    const char *marks[] = {MARK};
    struct mark_log found = mark_log_judge(marks, 1, MARK, 12, history, 4);
    struct live good = {.state = STATE_ONLINE, .recovery_model = MODEL_FULL};
    assert_true(verify_decide(&good, &found, MARK, STOP_AT, "S/D", &error));
    struct live bad[] = {good, good, good, good};
    bad[0].state = STATE_RESTORING;
    bad[1].standby = true;
    bad[2].read_only = true;
    bad[3].recovery_model = MODEL_SIMPLE;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(verify_decide(&bad[i], &found, MARK, STOP_AT, "S/D", &error));
        assert_int_equal(error.code, ERR_NOT_PROVEN);
    }
}

static void a_database_that_moved_since_its_outcome_is_noticed(void **state)
{
    (void)state;
    struct error error;
    struct live live = restoring("200");
    assert_true(resume_stands(&live, STATE_RESTORING, at("200"), "S/D", &error));
    assert_false(resume_stands(&live, STATE_RESTORING, at("100"), "S/D", &error));
    assert_int_equal(error.code, ERR_STOPPED_TO_ASK);
    assert_false(resume_stands(&live, STATE_ONLINE, at("200"), "S/D", &error));
}

static void a_log_that_left_its_row_is_never_sent_again(void **state)
{
    (void)state;
    struct sent sent = a_log();
    struct live live = restoring("100"); /* the mark was the first record of the log */
    add_row(&live, 'L', "100", "200");
    assert_int_equal(decide(&sent, &live), RESUME_REACHED);
    strcpy(live.last.mark, "BTS_2026_11_20_12_00_00_550");
    assert_int_equal(decide(&sent, &live), RESUME_ASK);
}

/* To go on from a mark its log is applied again: that row is the newest before the statement too. */
static void a_row_from_before_the_statement_is_no_witness_of_it(void **state)
{
    (void)state;
    struct sent sent = a_log();
    sent.redo_before = at("150");
    sent.history_before = 7;
    struct live live = restoring("150");
    add_row(&live, 'L', "100", "200");
    assert_int_equal(decide(&sent, &live), RESUME_SEND); /* of a run to before this mark */
    strcpy(live.last.mark, "BTS_2026_11_20_11_45_00_547");
    assert_int_equal(decide(&sent, &live), RESUME_SEND); /* of a run to an earlier mark */
    live.last.history_id = 8;
    strcpy(live.last.mark, MARK);
    live.redo_lsn = at("170");
    assert_int_equal(decide(&sent, &live), RESUME_REACHED);
    struct sent full = {.kind = STEP_RESTORE_FULL, .state_before = STATE_RESTORING,
                        .redo_before = at("40"), .history_before = 7, .first_lsn = at("10"),
                        .last_lsn = at("40")};
    live = restoring("40");
    add_row(&live, 'D', "10", "40");
    assert_int_equal(decide(&full, &live), RESUME_SEND);
}

static void a_row_of_which_nobody_saw_whether_it_was_there_before_stops_and_asks(void **state)
{
    (void)state;
    struct sent sent = a_log();
    sent.redo_before = at("150");
    sent.history_before = -1;
    struct live live = restoring("150");
    add_row(&live, 'L', "100", "200");
    assert_int_equal(decide(&sent, &live), RESUME_ASK);
    live.redo_lsn = at("170");
    assert_int_equal(decide(&sent, &live), RESUME_REACHED);
}

static void a_full_restore_whose_redo_point_is_elsewhere_stops_and_asks(void **state)
{
    (void)state;
    struct sent sent = {.kind = STEP_RESTORE_FULL, .state_before = STATE_ABSENT,
                        .first_lsn = at("10"), .last_lsn = at("40")};
    struct live live = restoring("60");
    add_row(&live, 'D', "10", "40");
    assert_int_equal(decide(&sent, &live), RESUME_ASK);
    live.redo_lsn = (struct lsn){0};
    assert_int_equal(decide(&sent, &live), RESUME_ASK);
}

static void a_full_restore_is_never_sent_again_over_another_state(void **state)
{
    (void)state;
    struct sent sent = {.kind = STEP_RESTORE_FULL, .state_before = STATE_RESTORING,
                        .history_before = 6, .first_lsn = at("10"), .last_lsn = at("40")};
    struct live live = {.state = STATE_ONLINE, .files_visible = true, .history_visible = true};
    assert_int_equal(decide(&sent, &live), RESUME_ASK); /* somebody recovered it */
    sent.state_before = STATE_ONLINE;
    assert_int_equal(decide(&sent, &live), RESUME_SEND); /* as before: nothing was done */
    sent.standby_before = true;
    assert_int_equal(decide(&sent, &live), RESUME_ASK); /* it was in STANDBY, and is in use now */
    live.standby = true;
    assert_int_equal(decide(&sent, &live), RESUME_SEND);
    live = restoring("60"); /* restored, and rolled on by somebody */
    add_row(&live, 'D', "10", "40");
    sent = (struct sent){.kind = STEP_RESTORE_FULL, .state_before = STATE_RESTORING,
                         .redo_before = at("60"), .first_lsn = at("10"), .last_lsn = at("40")};
    assert_int_equal(decide(&sent, &live), RESUME_ASK);
}

static void a_log_of_which_no_lsn_is_known_is_never_sent_again(void **state)
{
    (void)state;
    struct sent sent = a_log();
    struct live live = restoring("100");
    sent.last_lsn = (struct lsn){0};
    assert_int_equal(decide(&sent, &live), RESUME_ASK);
    sent = a_log();
    sent.redo_before = live.redo_lsn = (struct lsn){0};
    assert_int_equal(decide(&sent, &live), RESUME_ASK);
}

static void a_recovery_that_was_cut_off_is_sent_again_from_what_it_left(void **state)
{
    (void)state;
    struct sent sent = {.kind = STEP_RECOVER, .state_before = STATE_ONLINE, .standby_before = true,
                        .history_before = 6};
    struct live live = restoring("150");
    assert_int_equal(decide(&sent, &live), RESUME_SEND);
    live.state = STATE_OFFLINE;
    live.standby = true;
    assert_int_equal(decide(&sent, &live), RESUME_ASK);
    live.state = STATE_ONLINE;
    sent.state_before = STATE_RESTORING;
    sent.standby_before = false;
    assert_int_equal(decide(&sent, &live), RESUME_SEND);
}

static void a_proof_is_sent_again_only_where_nothing_moved(void **state)
{
    (void)state;
    struct sent sent = {.kind = STEP_PROVE, .redo_before = at("150"), .history_before = 6,
                        .state_before = STATE_RESTORING};
    struct live live = restoring("150");
    assert_int_equal(decide(&sent, &live), RESUME_SEND);
    live.redo_lsn = at("160");
    assert_int_equal(decide(&sent, &live), RESUME_ASK);
    live = restoring("150");
    live.state = STATE_ONLINE;
    assert_int_equal(decide(&sent, &live), RESUME_ASK);
    live.standby = true;
    assert_int_equal(decide(&sent, &live), RESUME_READ_MARKLOG);
}

/* Behind a mark there is more log before the next one: no MarkLog shows who rolled on into it. */
static void what_was_restored_behind_the_proof_or_the_recovery_stops_and_asks(void **state)
{
    (void)state;
    struct sent sent = {.kind = STEP_PROVE, .redo_before = at("150"), .history_before = 6,
                        .state_before = STATE_RESTORING};
    struct live live = restoring("150");
    live.state = STATE_ONLINE;
    live.standby = true;
    assert_int_equal(decide(&sent, &live), RESUME_READ_MARKLOG);
    live.last.history_id = 7;
    assert_int_equal(decide(&sent, &live), RESUME_ASK);
    sent.kind = STEP_RECOVER;
    live.standby = false;
    assert_int_equal(decide(&sent, &live), RESUME_ASK);
    live.last.history_id = 6;
    assert_int_equal(decide(&sent, &live), RESUME_RECOVERED);
    live.last.known = false; /* its rows were purged since */
    assert_int_equal(decide(&sent, &live), RESUME_RECOVERED);
    live.last.known = true;
    sent.history_before = -1; /* nobody saw what was there before */
    assert_int_equal(decide(&sent, &live), RESUME_RECOVERED);
}

static void a_standby_is_where_the_log_restored_last_was_stopped(void **state)
{
    (void)state;
    struct error error;
    struct live live = restoring("150");
    assert_true(last_restore_proves(&live, MARK, "S/D", &error));
    live.last.mark[0] = '\0';
    assert_false(last_restore_proves(&live, MARK, "S/D", &error));
    assert_int_equal(error.code, ERR_NOT_PROVEN);
    live = restoring("150");
    live.last.type = 'D';
    assert_false(last_restore_proves(&live, MARK, "S/D", &error));
    live = restoring("150");
    live.history_visible = false;
    assert_false(last_restore_proves(&live, MARK, "S/D", &error));
    assert_non_null(strstr(error.hint, "restorehistory"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_log_that_left_no_row_and_no_move_is_sent_again),
        cmocka_unit_test(a_log_with_a_row_and_redo_inside_it_reached_the_mark),
        cmocka_unit_test(a_log_stopped_at_another_mark_is_not_taken_for_reached),
        cmocka_unit_test(a_log_with_a_row_and_redo_at_its_end_was_applied_whole),
        cmocka_unit_test(a_log_that_left_its_standby_database_as_it_was_is_sent_again),
        cmocka_unit_test(a_log_in_standby_needs_its_marklog),
        cmocka_unit_test(a_running_restore_is_waited_for),
        cmocka_unit_test(what_matches_nothing_stops_and_asks),
        cmocka_unit_test(what_cannot_be_seen_stops_and_asks_for_the_grant),
        cmocka_unit_test(an_interrupted_full_restore_starts_again),
        cmocka_unit_test(a_recovery_that_was_not_done_is_sent_again_and_one_that_was_is_not),
        cmocka_unit_test(a_log_cut_off_on_a_standby_is_sent_again),
        cmocka_unit_test(success_without_4329_is_not_trusted_alone),
        cmocka_unit_test(a_stop_at_the_end_of_its_log_is_one_where_the_server_says_both),
        cmocka_unit_test(the_gate_takes_the_end_of_a_log_only_where_the_run_was_told),
        cmocka_unit_test(the_gate_proves_only_what_is_wholly_seen),
        cmocka_unit_test(the_gate_compares_mark_names_to_the_byte),
        cmocka_unit_test(the_redo_point_tells_at_from_before_the_mark),
        cmocka_unit_test(without_a_planned_log_the_servers_own_row_gives_the_lsns),
        cmocka_unit_test(later_marks_are_told_by_sets_never_by_names),
        cmocka_unit_test(a_marklog_that_lacks_the_mark_or_holds_a_later_one_proves_nothing),
        cmocka_unit_test(verify_wants_online_read_write_full_and_the_mark),
        cmocka_unit_test(a_database_that_moved_since_its_outcome_is_noticed),
        cmocka_unit_test(a_log_that_left_its_row_is_never_sent_again),
        cmocka_unit_test(a_row_from_before_the_statement_is_no_witness_of_it),
        cmocka_unit_test(a_row_of_which_nobody_saw_whether_it_was_there_before_stops_and_asks),
        cmocka_unit_test(a_full_restore_whose_redo_point_is_elsewhere_stops_and_asks),
        cmocka_unit_test(a_full_restore_is_never_sent_again_over_another_state),
        cmocka_unit_test(a_log_of_which_no_lsn_is_known_is_never_sent_again),
        cmocka_unit_test(a_recovery_that_was_cut_off_is_sent_again_from_what_it_left),
        cmocka_unit_test(a_proof_is_sent_again_only_where_nothing_moved),
        cmocka_unit_test(what_was_restored_behind_the_proof_or_the_recovery_stops_and_asks),
        cmocka_unit_test(a_standby_is_where_the_log_restored_last_was_stopped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
