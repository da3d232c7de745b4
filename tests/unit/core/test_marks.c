#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "core/base/memory.h"
#include "core/marks.h"
#include "core/view.h"
#include "tests/support/build_view.h"

#define MGMT "BizTalkMgmtDb"
#define BOX "BizTalkMsgBoxDb"

/* Builds the view, keeps it beside the estate, frees both at the end of the case. */
struct world {
    struct build *build;
    struct group_view *view;
};

static const struct group_view *look(struct world *world)
{
    group_view_release(world->view);
    world->view = build_view(world->build);
    return world->view;
}

static void leave(struct world *world)
{
    group_view_release(world->view);
    build_free(world->build);
}

static void expect(const struct group_view *view, int64_t set, const char *database,
                   enum route route, const char *reason)
{
    const struct mark_route *found = build_route(view, set, database);
    assert_non_null(found);
    assert_string_equal(route_name(found->route), route_name(route));
    if (reason == NULL) {
        assert_null(found->reason);
        return;
    }
    if (found->reason == NULL || strstr(found->reason, reason) == NULL)
        print_error("'%s' lacks '%s'\n", found->reason == NULL ? "(null)" : found->reason, reason);
    assert_non_null(found->reason);
    assert_non_null(strstr(found->reason, reason));
}

static const char *mark_name(const struct group_view *view, int64_t set)
{
    return build_mark(view, set)->name;
}

static void
a_standby_that_kept_up_rolls_forward_to_the_newest_and_is_past_the_one_before(void **state)
{
    (void)state;
    struct world world = {.build = build_kept_up()};
    const struct group_view *view = look(&world);
    expect(view, 100, MGMT, ROUTE_ROLL_FORWARD, NULL);
    expect(view, 100, BOX, ROUTE_ROLL_FORWARD, NULL);
    expect(view, 99, MGMT, ROUTE_FULL_RESTORE, "past this mark");
    assert_int_equal(build_route(view, 100, MGMT)->evidence, EVIDENCE_MSDB);
    const struct mark *newest = &view->marks[marks_find_newest(view)];
    assert_int_equal(view->sets[newest->set].id, 100);
    assert_true(newest->by_roll_forward);
    const struct mark *rule = &view->marks[marks_find_rule(view)];
    assert_int_equal(view->sets[rule->set].id, 99);
    assert_true(rule->reachable);
    assert_false(rule->by_roll_forward);
    assert_true(rule->restore_ms > newest->restore_ms);
    assert_int_equal(newest->data_loss_ms, 20 * 60000 + 49453);
    leave(&world);
}

static void a_mark_before_the_oldest_full_set_is_unreachable(void **state)
{
    (void)state;
    struct world world = {.build = build_small()};
    build_log(world.build, 88, true);
    build_full(world.build, 89, false);
    build_log(world.build, 90, true);
    const struct group_view *view = look(&world);
    expect(view, 88, MGMT, ROUTE_UNREACHABLE, "no full set before the mark");
    assert_false(build_mark(view, 88)->reachable);
    assert_true(build_mark(view, 88)->reasons_count >= 2);
    assert_non_null(strstr(build_mark(view, 88)->reasons[0], "DRSQL1/"));
    leave(&world);
}

static void a_set_in_progress_is_known_and_not_reachable(void **state)
{
    (void)state;
    struct world world = {.build = build_contoso(1, true)};
    const struct group_view *view = look(&world);
    expect(view, 1185, MGMT, ROUTE_UNREACHABLE, "still being taken");
    assert_int_equal(view->sets[view->marks[marks_find_newest(view)].set].id, 1184);
    /* The rule counts it as the last one known. */
    assert_int_equal(view->sets[view->marks[marks_find_rule(view)].set].id, 1184);
    leave(&world);
}

static void a_partial_sets_files_are_links_and_the_next_log_covers_what_it_lacks(void **state)
{
    (void)state;
    struct world world = {.build = build_small()};
    build_full(world.build, 90, true);
    build_log(world.build, 91, true);
    build_set(world.build, (struct build_set){.id = 92,
                                              .kind = SET_LOG,
                                              .time_utc_ms = build_time(92),
                                              .incomplete = true,
                                              .without = BOX});
    build_log(world.build, 93, false);
    const struct group_view *view = look(&world);
    expect(view, 93, MGMT, ROUTE_ROLL_FORWARD, NULL);
    expect(view, 93, BOX, ROUTE_ROLL_FORWARD, NULL);
    expect(view, 92, MGMT, ROUTE_ROLL_FORWARD, NULL);
    expect(view, 92, BOX, ROUTE_ROLL_FORWARD, NULL); /* its mark lies in the log of set 93 */
    leave(&world);
}

static void a_partial_set_at_the_end_leaves_the_database_without_a_file_behind(void **state)
{
    (void)state;
    struct world world = {.build = build_kept_up()};
    build_set(world.build, (struct build_set){.id = 101,
                                              .kind = SET_LOG,
                                              .time_utc_ms = build_time(101),
                                              .incomplete = true,
                                              .without = BOX});
    const struct group_view *view = look(&world);
    expect(view, 101, MGMT, ROUTE_ROLL_FORWARD, NULL);
    expect(view, 101, BOX, ROUTE_UNREACHABLE, "its next log is not there yet");
    assert_int_equal(view->sets[view->marks[marks_find_newest(view)].set].id, 100);
    leave(&world);
}

static void a_hole_in_lsns_breaks_the_chain_until_the_next_full_set(void **state)
{
    (void)state;
    struct world world = {.build = build_small()};
    build_full(world.build, 90, true);
    build_log(world.build, 91, true);
    build_set(
        world.build,
        (struct build_set){.id = 92, .kind = SET_LOG, .time_utc_ms = build_time(92), .lost = BOX});
    build_log(world.build, 93, false);
    const struct group_view *view = look(&world);
    expect(view, 93, MGMT, ROUTE_ROLL_FORWARD, NULL);
    expect(view, 93, BOX, ROUTE_UNREACHABLE, "another tool may have taken it");
    build_full(world.build, 94, false);
    build_log(world.build, 95, false);
    view = look(&world);
    expect(view, 95, MGMT, ROUTE_ROLL_FORWARD, NULL);
    expect(view, 95, BOX, ROUTE_FULL_RESTORE, "another tool may have taken it");
    leave(&world);
}

static void a_hole_further_on_breaks_the_chain_too(void **state)
{
    (void)state;
    struct world world = {.build = build_small()};
    build_full(world.build, 90, true);
    build_log(world.build, 91, true);
    build_log(world.build, 92, false);
    build_set(
        world.build,
        (struct build_set){.id = 93, .kind = SET_LOG, .time_utc_ms = build_time(93), .lost = BOX});
    build_log(world.build, 94, false);
    const struct group_view *view = look(&world);
    expect(view, 92, BOX, ROUTE_ROLL_FORWARD, NULL);
    expect(view, 94, MGMT, ROUTE_ROLL_FORWARD, NULL);
    expect(view, 94, BOX, ROUTE_UNREACHABLE, "another tool may have taken it");
    leave(&world);
}

static void a_bulk_logged_log_cannot_be_stopped_in_and_can_be_passed(void **state)
{
    (void)state;
    struct world world = {.build = build_small()};
    build_full(world.build, 90, true);
    build_log(world.build, 91, true);
    build_log(world.build, 92, false);
    build_log(world.build, 93, false);
    build_backup(world.build, BOX, 92)->bulk_logged = true;
    const struct group_view *view = look(&world);
    expect(view, 92, BOX, ROUTE_UNREACHABLE, "bulk-logged");
    expect(view, 93, BOX, ROUTE_ROLL_FORWARD, NULL);
    leave(&world);
}

static void a_damaged_log_breaks_the_chain(void **state)
{
    (void)state;
    struct world world = {.build = build_small()};
    build_full(world.build, 90, true);
    for (int64_t set = 91; set <= 94; set++)
        build_log(world.build, set, set == 91);
    build_backup(world.build, BOX, 93)->damaged = true;
    const struct group_view *view = look(&world);
    expect(view, 92, BOX, ROUTE_ROLL_FORWARD, NULL);
    expect(view, 93, BOX, ROUTE_UNREACHABLE, "cannot be used");
    expect(view, 94, BOX, ROUTE_UNREACHABLE, "damaged");
    leave(&world);
}

static void another_fork_or_family_is_not_followed(void **state)
{
    (void)state;
    struct world world = {.build = build_small()};
    build_full(world.build, 90, true);
    for (int64_t set = 91; set <= 93; set++)
        build_log(world.build, set, set == 91);
    for (int64_t set = 91; set <= 93; set++) {
        struct msdb_backup *log = build_backup(world.build, MGMT, set);
        const char *fork = set < 93 ? "F1" : "F2";
        snprintf(log->first_fork_guid, sizeof log->first_fork_guid, "%s", fork);
        snprintf(log->last_fork_guid, sizeof log->last_fork_guid, "%s", fork);
    }
    snprintf(build_backup(world.build, BOX, 93)->family_guid, 37, "other");
    const struct group_view *view = look(&world);
    expect(view, 92, MGMT, ROUTE_ROLL_FORWARD, NULL);
    expect(view, 93, MGMT, ROUTE_UNREACHABLE, "fork");
    expect(view, 93, BOX, ROUTE_UNREACHABLE, "another database of that name");
    leave(&world);
}

static void a_full_set_must_end_before_the_mark(void **state)
{
    (void)state;
    struct world world = {.build = build_small()};
    build_full(world.build, 90, false);
    build_log(world.build, 91, false);
    build_full(world.build, 92, false);
    build_log(world.build, 93, false);
    build_row(world.build, 1, MGMT)->state = STATE_ABSENT;
    const struct msdb_backup *log = build_backup(world.build, MGMT, 93);
    build_backup(world.build, MGMT, 92)->last_lsn.number = log->last_lsn.number - 5;
    const struct group_view *view = look(&world);
    /* 5 before the end of the log is behind the mark, 10 before the end: the older full set. */
    assert_true(build_mark(view, 93)->reachable);
    expect(view, 93, MGMT, ROUTE_FULL_RESTORE, "not on DRSQL1");
    leave(&world);
}

static void a_database_that_is_absent_needs_a_full_set(void **state)
{
    (void)state;
    struct world world = {.build = build_kept_up()};
    build_row(world.build, 1, MGMT)->state = STATE_ABSENT;
    const struct group_view *view = look(&world);
    expect(view, 100, MGMT, ROUTE_FULL_RESTORE, "it is not on DRSQL1");
    expect(view, 100, BOX, ROUTE_ROLL_FORWARD, NULL);
    assert_int_equal(marks_find_newest(view), -1);
    assert_int_equal(view->sets[view->marks[marks_find_newest_any(view)].set].id, 100);
    leave(&world);
}

static void a_recovered_database_cannot_roll_forward(void **state)
{
    (void)state;
    struct world world = {.build = build_kept_up()};
    build_row(world.build, 1, MGMT)->state = STATE_ONLINE;
    build_row(world.build, 1, MGMT)->redo_lsn = (struct lsn){0};
    expect(look(&world), 100, MGMT, ROUTE_FULL_RESTORE, "ONLINE on DRSQL1");
    leave(&world);
}

static void a_standby_database_rolls_forward_by_its_history(void **state)
{
    (void)state;
    struct world world = {.build = build_kept_up()};
    struct database_row *row = build_row(world.build, 1, MGMT);
    row->state = STATE_ONLINE;
    row->standby = row->read_only = true;
    row->redo_lsn = (struct lsn){0}; /* not shown in STANDBY */
    const struct group_view *view = look(&world);
    expect(view, 100, MGMT, ROUTE_ROLL_FORWARD, NULL);
    assert_int_equal(build_route(view, 100, MGMT)->evidence, EVIDENCE_HISTORY);
    leave(&world);
}

static void a_database_in_standby_behind_the_proof_stands_at_the_mark(void **state)
{
    (void)state;
    struct world world = {.build = build_kept_up()};
    char *mark = memory_copy_text(mark_name(look(&world), 100));
    build_stop_at(world.build, MGMT, 100, mark);
    struct database_row *row = build_row(world.build, 1, MGMT);
    row->state = STATE_ONLINE;
    row->standby = row->read_only = true;
    row->redo_lsn = (struct lsn){0};
    const struct group_view *view = look(&world);
    expect(view, 100, MGMT, ROUTE_AT_MARK, NULL);
    build_log(world.build, 101, false);
    view = look(&world);
    /* Further on from a place that nobody sees: the log could be behind it already. */
    expect(view, 101, MGMT, ROUTE_FULL_RESTORE, "how far is not visible in STANDBY");
    free(mark);
    leave(&world);
}

static void in_standby_the_marks_own_log_restored_last_is_enough_without_a_source(void **state)
{
    (void)state;
    struct world world = {.build = build_kept_up()};
    char *mark = memory_copy_text(mark_name(look(&world), 100));
    build_stop_at(world.build, MGMT, 100, mark);
    struct database_row *row = build_row(world.build, 1, MGMT);
    row->state = STATE_ONLINE;
    row->standby = row->read_only = true;
    row->redo_lsn = (struct lsn){0};
    for (size_t i = 0; i < world.build->servers[0]->marks_count; i++)
        world.build->servers[0]->marks[i].lsn = (struct lsn){0};
    expect(look(&world), 100, MGMT, ROUTE_AT_MARK, NULL);
    /* Another log was restored last: nobody knows what holds the mark. */
    struct server_view *standby = world.build->servers[1];
    standby->restores[standby->restores_count - 1].last_lsn.number -= 5;
    expect(look(&world), 100, MGMT, ROUTE_FULL_RESTORE, "how far is not visible in STANDBY");
    free(mark);
    leave(&world);
}

static void a_stop_whose_place_is_not_visible_is_never_rolled_over(void **state)
{
    (void)state;
    struct world world = {.build = build_kept_up()};
    char *mark = memory_copy_text(mark_name(look(&world), 100));
    build_stop_at(world.build, MGMT, 100, mark);
    build_row(world.build, 1, MGMT)->redo_lsn = (struct lsn){0};
    build_row(world.build, 1, MGMT)->files_visible = false;
    expect(look(&world), 100, MGMT, ROUTE_FULL_RESTORE, "GRANT VIEW ANY DEFINITION");
    free(mark);
    leave(&world);
}

static void a_full_restore_that_did_not_finish_takes_no_log(void **state)
{
    (void)state;
    struct world world = {.build = build_kept_up()};
    build_row(world.build, 1, MGMT)->redo_lsn = (struct lsn){0}; /* visible, and there is none */
    expect(look(&world), 100, MGMT, ROUTE_FULL_RESTORE, "did not finish");
    leave(&world);
}

static void without_the_right_to_see_redo_points_restorehistory_tells_what_is_applied(void **state)
{
    (void)state;
    struct world world = {.build = build_kept_up()};
    static const char *const databases[] = {MGMT, BOX};
    for (size_t i = 0; i < 2; i++) {
        build_row(world.build, 1, databases[i])->redo_lsn = (struct lsn){0};
        build_row(world.build, 1, databases[i])->files_visible = false;
    }
    const struct group_view *view = look(&world);
    expect(view, 100, MGMT, ROUTE_ROLL_FORWARD, NULL);
    expect(view, 99, MGMT, ROUTE_FULL_RESTORE, "past");
    assert_int_equal(build_mark(view, 100)->evidence, EVIDENCE_HISTORY);
    leave(&world);
}

static void a_database_that_stopped_at_the_mark_stands_there(void **state)
{
    (void)state;
    struct world world = {.build = build_kept_up()};
    const struct group_view *view = look(&world);
    char *mark = memory_copy_text(mark_name(view, 100));
    build_stop_at(world.build, MGMT, 100, mark);
    view = look(&world);
    expect(view, 100, MGMT, ROUTE_AT_MARK, NULL);
    assert_int_equal(build_route(view, 100, MGMT)->evidence, EVIDENCE_MSDB);
    expect(view, 99, MGMT, ROUTE_FULL_RESTORE, "past");
    expect(view, 100, BOX, ROUTE_ROLL_FORWARD, NULL);
    assert_true(build_mark(view, 100)->by_roll_forward);
    build_row(world.build, 1, MGMT)->state = STATE_ONLINE;
    build_row(world.build, 1, MGMT)->redo_lsn = (struct lsn){0};
    expect(look(&world), 100, MGMT, ROUTE_RECOVERED_AT_MARK, NULL);
    free(mark);
    leave(&world);
}

static void a_log_applied_whole_under_the_stop_clause_is_not_at_the_mark(void **state)
{
    (void)state;
    struct world world = {.build = build_small()};
    build_full(world.build, 90, true);
    for (int64_t set = 91; set <= 93; set++)
        build_log(world.build, set, set == 91);
    const struct group_view *view = look(&world);
    char *mark = memory_copy_text(mark_name(view, 93));
    /* Set 92 was applied on the way to the mark of set 93: restorehistory names it already. */
    build_stop_at(world.build, MGMT, 92, mark);
    build_row(world.build, 1, MGMT)->redo_lsn = build_backup(world.build, MGMT, 92)->last_lsn;
    view = look(&world);
    expect(view, 93, MGMT, ROUTE_ROLL_FORWARD, NULL);
    free(mark);
    leave(&world);
}

static void a_stop_at_another_mark_of_the_same_name_is_not_this_one(void **state)
{
    (void)state;
    struct world world = {.build = build_small()};
    build_full(world.build, 90, true);
    for (int64_t set = 91; set <= 94; set++)
        build_set(world.build, (struct build_set){.id = set,
                                                  .kind = SET_LOG,
                                                  .time_utc_ms = build_time(set),
                                                  .mark = set % 2 == 0 ? "SAME" : NULL,
                                                  .applied = set == 91});
    build_stop_at(world.build, MGMT, 92, "SAME");
    const struct group_view *view = look(&world);
    expect(view, 92, MGMT, ROUTE_AT_MARK, NULL);
    expect(view, 94, MGMT, ROUTE_ROLL_FORWARD, NULL);
    leave(&world);
}

static void without_lsns_the_order_of_the_sets_decides_and_the_evidence_says_so(void **state)
{
    (void)state;
    struct world world = {.build = build_small()};
    for (int64_t set = 90; set <= 94; set++)
        build_set(world.build, (struct build_set){.id = set,
                                                  .kind = set == 90 ? SET_FULL : SET_LOG,
                                                  .time_utc_ms = build_time(set),
                                                  .applied = set <= 92,
                                                  .no_msdb = true});
    for (size_t i = 0; i < world.build->servers[1]->restores_count; i++) {
        struct restore_row *row = &world.build->servers[1]->restores[i];
        row->first_lsn = row->last_lsn = (struct lsn){0};
    }
    static const char *const databases[] = {MGMT, BOX};
    for (size_t i = 0; i < 2; i++) {
        build_row(world.build, 1, databases[i])->redo_lsn = (struct lsn){0};
        build_row(world.build, 1, databases[i])->files_visible = false;
    }
    const struct group_view *view = look(&world);
    expect(view, 92, MGMT, ROUTE_FULL_RESTORE, "past");
    expect(view, 93, MGMT, ROUTE_ROLL_FORWARD, NULL);
    expect(view, 94, MGMT, ROUTE_ROLL_FORWARD, NULL);
    assert_int_equal(build_mark(view, 94)->evidence, EVIDENCE_HISTORY);
    leave(&world);
}

static void with_the_source_never_seen_the_destinations_history_is_enough(void **state)
{
    (void)state;
    struct world world = {.build = build_kept_up()};
    server_view_release(world.build->servers[0]);
    world.build->servers[0] = server_view_new("SQLA", ROLE_SOURCE);
    build_kill(world.build, 0);
    const struct group_view *view = look(&world);
    assert_int_equal(view->roster_count, 2);
    expect(view, 100, MGMT, ROUTE_ROLL_FORWARD, NULL);
    assert_int_equal(build_mark(view, 100)->evidence, EVIDENCE_HISTORY);
    expect(view, 99, MGMT, ROUTE_FULL_RESTORE, "past");
    leave(&world);
}

static void a_destination_that_is_down_reaches_nothing(void **state)
{
    (void)state;
    struct world world = {.build = build_contoso(1, false)};
    build_kill(world.build, 3);
    const struct group_view *view = look(&world);
    expect(view, 1184, "BizTalkMsgBoxDb2", ROUTE_UNREACHABLE, "DRSQL2 does not answer");
    expect(view, 1184, BOX, ROUTE_ROLL_FORWARD, NULL);
    assert_int_equal(marks_find_newest_any(view), -1);
    leave(&world);
}

static void an_older_version_cannot_restore(void **state)
{
    (void)state;
    struct world world = {.build = build_kept_up()};
    world.build->servers[1]->version_major = 15;
    expect(look(&world), 100, MGMT, ROUTE_UNREACHABLE, "older version");
    leave(&world);
}

static void an_empty_log_is_no_hole(void **state)
{
    (void)state;
    struct world world = {.build = build_small()};
    build_full(world.build, 90, true);
    for (int64_t set = 91; set <= 94; set++)
        build_log(world.build, set, set == 91);
    struct msdb_backup *empty = build_backup(world.build, MGMT, 92);
    empty->last_lsn = empty->first_lsn;
    build_backup(world.build, MGMT, 93)->first_lsn = empty->first_lsn;
    expect(look(&world), 94, MGMT, ROUTE_ROLL_FORWARD, NULL);
    leave(&world);
}

static void a_mark_missing_in_its_log_makes_that_mark_unreachable(void **state)
{
    (void)state;
    struct world world = {.build = build_kept_up()};
    struct server_view *source = world.build->servers[0];
    for (size_t i = 0; i < source->marks_count; i++)
        if (strcmp(source->marks[i].database, BOX) == 0 &&
            strstr(source->marks[i].mark, "12_00_00") != NULL)
            source->marks[i].lsn.number += 100000;
    expect(look(&world), 100, BOX, ROUTE_UNREACHABLE, "not in its log");
    leave(&world);
}

static void fourteen_days_of_ten_databases_build_in_well_under_fifty_ms(void **state)
{
    (void)state;
    struct build *build = build_contoso(14, true);
    long best_ms = LONG_MAX; /* of the processor: other work on the machine does not count */
    size_t marks = 0;
    for (int i = 0; i < 5; i++) {
        clock_t before = clock();
        struct group_view *view = build_view(build);
        long took_ms = (long)((clock() - before) * 1000 / CLOCKS_PER_SEC);
        best_ms = took_ms < best_ms ? took_ms : best_ms;
        marks = view->marks_count;
        group_view_release(view);
    }
    print_message("bench group_view_build %zu marks x 10 databases: %ld ms\n", marks, best_ms);
    assert_true(marks >= 1344);
    build_free(build);
}

static void a_full_set_of_another_fork_or_family_leads_nowhere(void **state)
{
    (void)state;
    struct world world = {.build = build_small()};
    build_full(world.build, 90, false);
    build_log(world.build, 91, false);
    build_log(world.build, 92, false);
    build_row(world.build, 1, MGMT)->state = build_row(world.build, 1, BOX)->state = STATE_ABSENT;
    snprintf(build_backup(world.build, MGMT, 90)->family_guid, 37, "other");
    snprintf(build_backup(world.build, BOX, 90)->last_fork_guid, 37, "F1");
    for (int64_t set = 91; set <= 92; set++) {
        struct msdb_backup *log = build_backup(world.build, BOX, set);
        snprintf(log->first_fork_guid, sizeof log->first_fork_guid, "F2");
        snprintf(log->last_fork_guid, sizeof log->last_fork_guid, "F2");
    }
    const struct group_view *view = look(&world);
    expect(view, 92, MGMT, ROUTE_UNREACHABLE, "set 91 is of another database of that name");
    expect(view, 92, BOX, ROUTE_UNREACHABLE, "set 91 is on another recovery fork than full set 90");
    leave(&world);
}

static void the_files_of_a_set_in_progress_are_never_used(void **state)
{
    (void)state;
    struct world world = {.build = build_kept_up()};
    build_set(world.build, (struct build_set){.id = 101,
                                              .kind = SET_LOG,
                                              .time_utc_ms = build_time(101),
                                              .incomplete = true,
                                              .without = BOX});
    build_set(world.build, (struct build_set){.id = 102,
                                              .kind = SET_LOG,
                                              .time_utc_ms = build_time(101) + 1000,
                                              .incomplete = true});
    world.build->servers[0]->jobs[0].running = true;
    const struct group_view *view = look(&world);
    assert_true(build_find_set(view, 102)->in_progress);
    /* The log that covers its mark is there, and it has no end yet. */
    expect(view, 101, BOX, ROUTE_UNREACHABLE, "its next log is not there yet");
    leave(&world);
}

static void a_stop_at_a_mark_in_other_case_is_not_this_one(void **state)
{
    (void)state;
    struct world world = {.build = build_kept_up()};
    char *mark = memory_copy_text(mark_name(look(&world), 100));
    memcpy(mark, "bts", 3);
    build_stop_at(world.build, MGMT, 100, mark);
    expect(look(&world), 100, MGMT, ROUTE_FULL_RESTORE, "past this mark");
    free(mark);
    leave(&world);
}

static void a_stop_that_moved_nothing_is_not_at_the_mark(void **state)
{
    (void)state;
    struct world world = {.build = build_kept_up()};
    char *mark = memory_copy_text(mark_name(look(&world), 100));
    build_stop_at(world.build, MGMT, 100, mark);
    build_row(world.build, 1, MGMT)->redo_lsn = build_backup(world.build, MGMT, 100)->first_lsn;
    expect(look(&world), 100, MGMT, ROUTE_ROLL_FORWARD, NULL);
    build_forget_marks(world.build, 0); /* nor where the source never told the mark's LSN */
    expect(look(&world), 100, MGMT, ROUTE_ROLL_FORWARD, NULL);
    free(mark);
    leave(&world);
}

static void move_mark(struct build *build, const char *database, const char *stamp, struct lsn lsn)
{
    struct server_view *source = build->servers[0];
    for (size_t i = 0; i < source->marks_count; i++)
        if (strcmp(source->marks[i].database, database) == 0 &&
            strstr(source->marks[i].mark, stamp) != NULL)
            source->marks[i].lsn = lsn;
}

static void a_mark_that_lies_in_the_log_before_is_found_there(void **state)
{
    (void)state;
    struct world world = {.build = build_small()};
    build_full(world.build, 90, true);
    build_log(world.build, 91, true);
    build_log(world.build, 92, false);
    build_set(world.build, (struct build_set){.id = 93,
                                              .kind = SET_LOG,
                                              .time_utc_ms = build_time(93),
                                              .incomplete = true,
                                              .without = BOX});
    build_log(world.build, 94, false);
    struct lsn end = build_backup(world.build, BOX, 92)->last_lsn;
    move_mark(world.build, BOX, "10_15_00", (struct lsn){end.number - 1});
    const struct group_view *view = look(&world);
    assert_non_null(strstr(mark_name(view, 93), "10_15_00"));
    expect(view, 93, BOX, ROUTE_ROLL_FORWARD, NULL);
    leave(&world);
}

static void a_mark_that_was_never_set_in_a_database_is_not_reached_by_it(void **state)
{
    (void)state;
    struct world world = {.build = build_kept_up()};
    move_mark(world.build, BOX, "12_00_00", (struct lsn){0}); /* the others of its source have it */
    const struct group_view *view = look(&world);
    expect(view, 100, MGMT, ROUTE_ROLL_FORWARD, NULL);
    expect(view, 100, BOX, ROUTE_UNREACHABLE, "never set in it");
    assert_false(build_mark(view, 100)->reachable);
    leave(&world);
}

static void without_the_marks_lsn_a_stop_inside_its_log_is_past_it(void **state)
{
    (void)state;
    struct world world = {.build = build_kept_up()};
    move_mark(world.build, MGMT, "12_00_00", (struct lsn){0}); /* purged from logmarkhistory */
    move_mark(world.build, BOX, "12_00_00", (struct lsn){0});
    build_stop_at(world.build, MGMT, 100, "OTHER");
    expect(look(&world), 100, MGMT, ROUTE_FULL_RESTORE, "past this mark");
    leave(&world);
}

static void a_full_restore_is_as_sure_as_its_full_set_and_its_logs(void **state)
{
    (void)state;
    struct world world = {.build = build_kept_up()};
    for (int64_t set = 91; set <= 99; set++)
        assert_non_null(build_prove(world.build, MGMT, set));
    const struct group_view *view = look(&world);
    expect(view, 99, MGMT, ROUTE_FULL_RESTORE, "past this mark");
    assert_int_equal(build_route(view, 99, MGMT)->evidence, EVIDENCE_MSDB);
    assert_non_null(build_prove(world.build, MGMT, 90));
    assert_int_equal(build_route(look(&world), 99, MGMT)->evidence, EVIDENCE_HEADER);
    leave(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_standby_that_kept_up_rolls_forward_to_the_newest_and_is_past_the_one_before),
        cmocka_unit_test(a_mark_before_the_oldest_full_set_is_unreachable),
        cmocka_unit_test(a_set_in_progress_is_known_and_not_reachable),
        cmocka_unit_test(a_partial_sets_files_are_links_and_the_next_log_covers_what_it_lacks),
        cmocka_unit_test(a_partial_set_at_the_end_leaves_the_database_without_a_file_behind),
        cmocka_unit_test(a_hole_in_lsns_breaks_the_chain_until_the_next_full_set),
        cmocka_unit_test(a_hole_further_on_breaks_the_chain_too),
        cmocka_unit_test(a_bulk_logged_log_cannot_be_stopped_in_and_can_be_passed),
        cmocka_unit_test(a_damaged_log_breaks_the_chain),
        cmocka_unit_test(another_fork_or_family_is_not_followed),
        cmocka_unit_test(a_full_set_must_end_before_the_mark),
        cmocka_unit_test(a_database_that_is_absent_needs_a_full_set),
        cmocka_unit_test(a_recovered_database_cannot_roll_forward),
        cmocka_unit_test(a_standby_database_rolls_forward_by_its_history),
        cmocka_unit_test(a_database_in_standby_behind_the_proof_stands_at_the_mark),
        cmocka_unit_test(in_standby_the_marks_own_log_restored_last_is_enough_without_a_source),
        cmocka_unit_test(a_stop_whose_place_is_not_visible_is_never_rolled_over),
        cmocka_unit_test(a_full_restore_that_did_not_finish_takes_no_log),
        cmocka_unit_test(without_the_right_to_see_redo_points_restorehistory_tells_what_is_applied),
        cmocka_unit_test(a_database_that_stopped_at_the_mark_stands_there),
        cmocka_unit_test(a_log_applied_whole_under_the_stop_clause_is_not_at_the_mark),
        cmocka_unit_test(a_stop_at_another_mark_of_the_same_name_is_not_this_one),
        cmocka_unit_test(without_lsns_the_order_of_the_sets_decides_and_the_evidence_says_so),
        cmocka_unit_test(with_the_source_never_seen_the_destinations_history_is_enough),
        cmocka_unit_test(a_destination_that_is_down_reaches_nothing),
        cmocka_unit_test(an_older_version_cannot_restore),
        cmocka_unit_test(an_empty_log_is_no_hole),
        cmocka_unit_test(a_mark_missing_in_its_log_makes_that_mark_unreachable),
        cmocka_unit_test(fourteen_days_of_ten_databases_build_in_well_under_fifty_ms),
        cmocka_unit_test(a_full_set_of_another_fork_or_family_leads_nowhere),
        cmocka_unit_test(the_files_of_a_set_in_progress_are_never_used),
        cmocka_unit_test(a_stop_at_a_mark_in_other_case_is_not_this_one),
        cmocka_unit_test(a_stop_that_moved_nothing_is_not_at_the_mark),
        cmocka_unit_test(a_mark_that_lies_in_the_log_before_is_found_there),
        cmocka_unit_test(a_mark_that_was_never_set_in_a_database_is_not_reached_by_it),
        cmocka_unit_test(without_the_marks_lsn_a_stop_inside_its_log_is_past_it),
        cmocka_unit_test(a_full_restore_is_as_sure_as_its_full_set_and_its_logs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
