/* Branches, copies and bridges: what decides beside the plain order of LSNs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/memory.h"
#include "core/plan.h"
#include "tests/support/build_view.h"

#define MGMT "BizTalkMgmtDb"
#define BOX "BizTalkMsgBoxDb"
#define BRIDGE "\\\\nas\\tool\\box.trn"

enum { DESTINATION = 1 };

struct world {
    struct build *build;
    struct group_view *view, *assumed;
    struct added_file added[4];
    size_t added_count;
};

static const struct group_view *look(struct world *world)
{
    group_view_release(world->assumed);
    group_view_release(world->view);
    world->view = build_view(world->build);
    struct group_assumptions assumptions = {.added = world->added,
                                            .added_count = world->added_count};
    struct error error = {0};
    world->assumed = group_view_assume(world->view, &assumptions, &error);
    assert_non_null(world->assumed);
    return world->assumed;
}

static void leave(struct world *world)
{
    group_view_release(world->assumed);
    group_view_release(world->view);
    build_free(world->build);
}

static void expect(const struct group_view *view, int64_t set, const char *database,
                   enum route route, const char *reason)
{
    const struct mark_route *found = build_route(view, set, database);
    if (found->route != route)
        print_error("set %d, %s: %s\n", (int)set, database,
                    found->reason == NULL ? "no reason" : found->reason);
    assert_string_equal(route_name(found->route), route_name(route));
    if (reason != NULL && (found->reason == NULL || strstr(found->reason, reason) == NULL))
        fail_msg("'%s' does not say '%s'", found->reason == NULL ? "" : found->reason, reason);
}

/* Full 90 and 91 applied; 92 to 95 to come. */
static void build_behind(struct world *world)
{
    world->build = build_small();
    build_full(world->build, 90, true);
    for (int64_t set = 91; set <= 95; set++)
        build_log(world->build, set, set == 91);
}

/* The header of a backup that the builder made, as if it lay elsewhere. */
static struct added_file *add(struct world *world, const struct msdb_backup *backup,
                              const char *path)
{
    struct added_file *added = &world->added[world->added_count++];
    *added = (struct added_file){
        .destination = DESTINATION,
        .database = backup->database,
        .kind = backup->type == 'D' ? SET_FULL : SET_LOG,
        .file = {.first_lsn = backup->first_lsn,
                 .last_lsn = backup->last_lsn,
                 .size_bytes = backup->size_bytes,
                 .path = NULL}};
    snprintf(added->file.family_guid, sizeof added->file.family_guid, "%s", backup->family_guid);
    static char paths[4][64];
    snprintf(paths[world->added_count - 1], sizeof paths[0], "%s", path);
    added->file.path = paths[world->added_count - 1];
    return added;
}

/* Somebody else took the log of set 93 of BOX: the history has no file of it. */
static struct added_file *build_stolen(struct world *world)
{
    world->build = build_small();
    build_full(world->build, 90, true);
    for (int64_t set = 91; set <= 95; set++)
        build_set(world->build, (struct build_set){.id = set,
                                                   .kind = SET_LOG,
                                                   .time_utc_ms = build_time(set),
                                                   .lost = set == 93 ? BOX : NULL,
                                                   .applied = set == 91});
    struct msdb_backup *stolen = memory_append(world->build->servers[0], backups);
    const struct msdb_backup *before = build_backup(world->build, BOX, 92);
    *stolen = *before;
    stolen->backup_set_id = 5000;
    stolen->database = memory_copy_text(BOX);
    stolen->path = memory_copy_text(BRIDGE);
    stolen->user_name = memory_copy_text("CONTOSO\\tool");
    stolen->software = NULL;
    stolen->first_lsn = before->last_lsn;
    stolen->last_lsn = build_backup(world->build, BOX, 94)->first_lsn;
    stolen->set_guid[0] = '\0';
    return add(world, stolen, BRIDGE);
}

/* --- branches -------------------------------------------------------------------------------- */

static void fork(struct build *build, const char *database, int64_t set, const char *first,
                 const char *last)
{
    struct msdb_backup *log = build_backup(build, database, set);
    snprintf(log->first_fork_guid, sizeof log->first_fork_guid, "%s", first);
    snprintf(log->last_fork_guid, sizeof log->last_fork_guid, "%s", last);
}

static void a_log_of_another_fork_right_behind_its_place_is_not_for_it(void **state)
{
    (void)state;
    struct world world = {0};
    build_behind(&world);
    for (int64_t set = 91; set <= 95; set++)
        fork(world.build, MGMT, set, set == 91 ? "F1" : "F2", set == 91 ? "F1" : "F2");
    const struct group_view *view = look(&world);
    expect(view, 92, MGMT, ROUTE_UNREACHABLE, "set 92 is on another recovery fork than set 91");
    expect(view, 92, BOX, ROUTE_ROLL_FORWARD, NULL);
    leave(&world);
}

static void a_log_that_leaves_the_fork_behind_its_place_is_followed(void **state)
{
    (void)state;
    struct world world = {0};
    build_behind(&world);
    for (int64_t set = 91; set <= 95; set++)
        fork(world.build, MGMT, set, set <= 92 ? "F1" : "F2", set <= 91 ? "F1" : "F2");
    struct msdb_backup *forking = build_backup(world.build, MGMT, 92);
    forking->fork_point_lsn = forking->first_lsn;
    forking->fork_point_lsn.number += 500;
    expect(look(&world), 95, MGMT, ROUTE_ROLL_FORWARD, NULL);
    /* The source was taken back to a place before the one that the standby has reached. */
    forking->first_lsn.number -= 300;
    forking->fork_point_lsn = forking->first_lsn;
    expect(look(&world), 95, MGMT, ROUTE_UNREACHABLE, "another recovery fork");
    leave(&world);
}

/* --- places that are not shown ---------------------------------------------------------------- */

static void a_hole_right_behind_a_place_that_is_not_shown_breaks_the_chain(void **state)
{
    (void)state;
    struct world world = {0};
    build_behind(&world);
    struct database_row *standby = build_row(world.build, DESTINATION, MGMT);
    standby->state = STATE_ONLINE;
    standby->standby = standby->read_only = true;
    standby->redo_lsn = (struct lsn){0};
    build_row(world.build, DESTINATION, BOX)->redo_lsn = (struct lsn){0};
    build_row(world.build, DESTINATION, BOX)->files_visible = false;
    expect(look(&world), 95, MGMT, ROUTE_ROLL_FORWARD, NULL);
    expect(look(&world), 95, BOX, ROUTE_ROLL_FORWARD, NULL);
    build_backup(world.build, MGMT, 92)->first_lsn.number += 1;
    build_backup(world.build, BOX, 92)->first_lsn.number += 1;
    expect(look(&world), 95, MGMT, ROUTE_UNREACHABLE, "log is missing between set 91 and set 92");
    expect(look(&world), 95, BOX, ROUTE_UNREACHABLE, "log is missing between set 91 and set 92");
    leave(&world);
}

/* Neither its redo point nor restorehistory nor BizTalk's own tables: any log could be the next. */
static void a_standby_of_which_nothing_was_recorded_is_rolled_by_nothing(void **state)
{
    (void)state;
    struct world world = {.build = build_small()};
    build_full(world.build, 90, false);
    for (int64_t set = 91; set <= 95; set++)
        build_log(world.build, set, false);
    struct database_row *standby = build_row(world.build, DESTINATION, MGMT);
    standby->state = STATE_ONLINE;
    standby->standby = standby->read_only = true;
    expect(look(&world), 95, MGMT, ROUTE_FULL_RESTORE, "nobody recorded what was applied to it");
    leave(&world);
}

static void what_a_destination_does_not_show_or_restore_is_no_way(void **state)
{
    (void)state;
    struct world world = {0};
    build_behind(&world);
    build_row(world.build, DESTINATION, MGMT)->mirrored = true;
    build_row(world.build, DESTINATION, BOX)->in_availability_group = true;
    expect(look(&world), 95, MGMT, ROUTE_UNREACHABLE, "mirrored on DRSQL1: RESTORE refuses it");
    expect(look(&world), 95, BOX, ROUTE_UNREACHABLE, "in an availability group on DRSQL1");
    /* It may be there all the same: a full restore would overwrite it. */
    world.build->servers[DESTINATION]->parts[PART_DATABASES].state = PART_NOT_VISIBLE;
    expect(look(&world), 95, MGMT, ROUTE_UNREACHABLE, "the databases of DRSQL1 are not visible");
    leave(&world);
}

/* Log 93 of MGMT holds the marks of 92 (whose own log was empty) and 93, both called SAME. */
static void build_twice_in_one_log(struct world *world)
{
    world->build = build_small();
    build_full(world->build, 90, true);
    build_log(world->build, 91, true);
    for (int64_t set = 92; set <= 93; set++)
        build_set(world->build, (struct build_set){.id = set,
                                                   .kind = SET_LOG,
                                                   .time_utc_ms = build_time(set),
                                                   .mark = "SAME"});
    struct msdb_backup *empty = build_backup(world->build, MGMT, 92);
    build_backup(world->build, MGMT, 93)->first_lsn = empty->first_lsn;
    empty->last_lsn = empty->first_lsn;
}

static void of_two_marks_of_a_name_in_one_log_the_redo_point_tells(void **state)
{
    (void)state;
    struct world world = {0};
    build_twice_in_one_log(&world);
    build_stop_at(world.build, MGMT, 93, "SAME");
    const struct group_view *view = look(&world);
    expect(view, 93, MGMT, ROUTE_AT_MARK, NULL);
    expect(view, 92, MGMT, ROUTE_FULL_RESTORE, "past this mark");
    build_row(world.build, DESTINATION, MGMT)->redo_lsn.number -= 1000; /* at the first of them */
    view = look(&world);
    expect(view, 92, MGMT, ROUTE_AT_MARK, NULL);
    expect(view, 93, MGMT, ROUTE_ROLL_FORWARD, NULL);
    struct database_row *row = build_row(world.build, DESTINATION, MGMT);
    row->state = STATE_ONLINE; /* recovered: nothing shows at which of the two */
    row->redo_lsn = (struct lsn){0};
    view = look(&world);
    expect(view, 92, MGMT, ROUTE_FULL_RESTORE, "not RESTORING");
    expect(view, 93, MGMT, ROUTE_FULL_RESTORE, "not RESTORING");
    leave(&world);
}

static void without_logmarkhistory_the_log_restored_last_tells_which_mark(void **state)
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
    for (size_t i = 0; i < world.build->servers[0]->marks_count; i++)
        world.build->servers[0]->marks[i].lsn = (struct lsn){0};
    build_stop_at(world.build, MGMT, 92, "SAME");
    const struct group_view *view = look(&world);
    expect(view, 92, MGMT, ROUTE_AT_MARK, NULL);
    expect(view, 94, MGMT, ROUTE_ROLL_FORWARD, NULL);
    leave(&world);
}

static void marks_of_one_name_follow_each_other_as_their_sets_do(void **state)
{
    (void)state;
    struct world world = {0};
    build_twice_in_one_log(&world);
    const struct group_view *view = look(&world);
    size_t mgmt = (size_t)(build_entry(view, MGMT) - view->roster);
    struct lsn first = build_find_set(view, 92)->files[mgmt].mark_lsn;
    struct lsn second = build_find_set(view, 93)->files[mgmt].mark_lsn;
    assert_true(second.number - first.number == 1000);
    leave(&world);
}

/* --- added files ----------------------------------------------------------------------------- */

static void a_stolen_log_breaks_the_chain_and_the_reason_names_its_file(void **state)
{
    (void)state;
    struct world world = {0};
    build_stolen(&world);
    world.added_count = 0;
    const struct group_view *view = look(&world);
    expect(view, 92, BOX, ROUTE_ROLL_FORWARD, NULL);
    expect(view, 95, BOX, ROUTE_UNREACHABLE, "log is missing between set 92 and set 94");
    expect(view, 95, BOX, ROUTE_UNREACHABLE, BRIDGE ", by CONTOSO\\tool");
    expect(view, 95, BOX, ROUTE_UNREACHABLE, "--add-file bridges");
    leave(&world);
}

static void an_added_file_bridges_a_stolen_chain_by_its_lsns(void **state)
{
    (void)state;
    struct world world = {0};
    build_stolen(&world);
    const struct group_view *view = look(&world);
    expect(view, 95, BOX, ROUTE_ROLL_FORWARD, NULL);
    struct plan_request request = {.by = TARGET_NEWEST,
                                   .added = world.added,
                                   .added_count = world.added_count};
    struct plan *plan = plan_make(world.view, &request);
    assert_true(plan->possible);
    assert_int_equal(plan->set, 95);
    const struct plan_database *box = NULL;
    for (size_t i = 0; i < plan->databases_count; i++)
        if (strcmp(plan->databases[i].database, BOX) == 0)
            box = &plan->databases[i];
    static const int64_t sets[] = {92, 0, 94, 95};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(box->steps[i].set, sets[i]);
    assert_string_equal(box->steps[1].file, BRIDGE);
    assert_int_equal(box->steps[1].evidence, EVIDENCE_HEADER);
    assert_string_equal(box->steps[1].stop_clause, box->steps[3].stop_clause);
    plan_free(plan);
    leave(&world);
}

static void the_family_tells_whose_file_it_is_and_not_the_name_in_it(void **state)
{
    (void)state;
    struct world world = {0};
    struct added_file *bridge = build_stolen(&world);
    bridge->database = memory_copy_text("AnOlderName");
    expect(look(&world), 95, BOX, ROUTE_ROLL_FORWARD, NULL);
    free(bridge->database);
    bridge->database = memory_copy_text(BOX);
    snprintf(bridge->file.family_guid, sizeof bridge->file.family_guid, "another family");
    expect(look(&world), 95, BOX, ROUTE_UNREACHABLE, "log is missing");
    struct plan_request request = {.by = TARGET_NEWEST, .added = bridge, .added_count = 1};
    struct plan *plan = plan_make(world.view, &request);
    assert_false(plan->possible);
    assert_non_null(strstr(plan->reasons[0], "the added file " BRIDGE " is of the database"));
    plan_free(plan);
    free(bridge->database);
    leave(&world);
}

static void an_added_file_that_nobody_can_read_is_a_reason(void **state)
{
    (void)state;
    struct world world = {0};
    struct added_file *bridge = build_stolen(&world);
    static char problem[] = "Cannot open the device";
    bridge->problem = problem;
    expect(look(&world), 95, BOX, ROUTE_UNREACHABLE, "log is missing");
    struct plan_request request = {.by = TARGET_NEWEST, .added = bridge, .added_count = 1};
    struct plan *plan = plan_make(world.view, &request);
    assert_false(plan->possible);
    assert_string_equal(plan->reasons[0],
                        "the added file " BRIDGE ": DRSQL1: Cannot open the device");
    plan_free(plan);
    leave(&world);
}

static void a_bridge_that_does_not_reach_the_other_side_says_where_it_ends(void **state)
{
    (void)state;
    struct world world = {0};
    struct added_file *bridge = build_stolen(&world);
    bridge->file.last_lsn.number -= 1;
    expect(look(&world), 95, BOX, ROUTE_UNREACHABLE,
           "log is missing between the added file " BRIDGE " and set 94");
    bridge->file.last_lsn.number += 1;
    bridge->file.first_lsn.number += 1;
    expect(look(&world), 95, BOX, ROUTE_UNREACHABLE,
           "log is missing between set 92 and the added file " BRIDGE);
    leave(&world);
}

static void a_copy_of_a_damaged_log_stands_in_for_it(void **state)
{
    (void)state;
    struct world world = {0};
    build_behind(&world);
    struct msdb_backup *damaged = build_backup(world.build, MGMT, 93);
    damaged->damaged = true;
    add(&world, damaged, "E:\\copies\\anything.bin");
    const struct group_view *view = look(&world);
    expect(view, 93, MGMT, ROUTE_ROLL_FORWARD, NULL);
    expect(view, 95, MGMT, ROUTE_ROLL_FORWARD, NULL);
    struct plan_request request = {.by = TARGET_NEWEST, .added = world.added, .added_count = 1};
    struct plan *plan = plan_make(world.view, &request);
    assert_true(plan->possible);
    const struct plan_database *mgmt = &plan->databases[plan->databases_count - 1];
    assert_string_equal(mgmt->database, MGMT);
    assert_int_equal(mgmt->steps[1].set, 93); /* it is that set's log, from elsewhere */
    assert_string_equal(mgmt->steps[1].file, "E:\\copies\\anything.bin");
    plan_free(plan);
    leave(&world);
}

static void a_copy_stands_in_for_the_backup_of_its_own_set_guid(void **state)
{
    (void)state;
    struct world world = {0};
    build_behind(&world);
    struct msdb_backup *damaged = build_backup(world.build, MGMT, 93);
    damaged->damaged = true;
    struct added_file *copy = add(&world, damaged, "E:\\copies\\anything.bin");
    memcpy(copy->file.set_guid, damaged->set_guid, sizeof copy->file.set_guid);
    expect(look(&world), 95, MGMT, ROUTE_ROLL_FORWARD, NULL);
    struct plan_request request = {.by = TARGET_NEWEST, .added = world.added, .added_count = 1};
    struct plan *plan = plan_make(world.view, &request);
    assert_true(plan->possible);
    const struct plan_database *mgmt = &plan->databases[plan->databases_count - 1];
    assert_non_null(strstr(mgmt->steps[0].file, "_Log_2026_11_20_10_00"));
    assert_int_equal(mgmt->steps[1].set, 93);
    assert_string_equal(mgmt->steps[1].file, "E:\\copies\\anything.bin");
    plan_free(plan);
    leave(&world);
}

static void a_file_that_adds_nothing_changes_nothing(void **state)
{
    (void)state;
    struct world world = {0};
    build_behind(&world);
    struct added_file *part = add(&world, build_backup(world.build, MGMT, 93), "part.trn");
    part->file.first_lsn.number += 100; /* a copy-only log inside the one of the set */
    struct plan_request request = {.by = TARGET_NEWEST}, with = request;
    with.added = world.added;
    with.added_count = 1;
    world.view = build_view(world.build);
    struct plan *plan = plan_make(world.view, &request), *same = plan_make(world.view, &with);
    assert_true(plan->possible && same->possible);
    assert_string_equal(plan->hash, same->hash);
    plan_free(plan);
    plan_free(same);
    leave(&world);
}

static void nothing_is_sent_behind_an_added_log_that_holds_the_mark(void **state)
{
    (void)state;
    struct world world = {0};
    build_behind(&world);
    /* from the end of 92 to beyond the mark of 93, the set's own log being gone */
    struct msdb_backup *own = build_backup(world.build, MGMT, 93);
    struct added_file *added = add(&world, own, "long.trn");
    added->file.last_lsn.number += 500;
    own->first_lsn.number += 200;
    struct plan_request request = {.by = TARGET_CHOSEN,
                                   .mark = "BTS_2026_11_20_10_15_00_547",
                                   .added = world.added,
                                   .added_count = 1};
    world.view = build_view(world.build);
    struct plan *plan = plan_make(world.view, &request);
    assert_true(plan->possible);
    const struct plan_database *mgmt = &plan->databases[plan->databases_count - 1];
    assert_int_equal(mgmt->steps[0].set, 92);
    assert_string_equal(mgmt->steps[1].file, "long.trn");
    assert_int_equal(mgmt->steps[2].kind, STEP_PROVE);
    plan_free(plan);
    leave(&world);
}

static void an_added_full_backup_gives_a_way_where_the_history_has_none(void **state)
{
    (void)state;
    struct world world = {0};
    build_behind(&world);
    build_row(world.build, DESTINATION, MGMT)->state = STATE_ABSENT;
    build_row(world.build, DESTINATION, MGMT)->redo_lsn = (struct lsn){0};
    build_backup(world.build, MGMT, 90)->damaged = true;
    expect(look(&world), 95, MGMT, ROUTE_UNREACHABLE, "no full set before the mark");
    struct added_file *full = add(&world, build_backup(world.build, MGMT, 94), "copy_only.bak");
    full->kind = SET_FULL;
    full->file.first_lsn.number += 100;
    full->file.last_lsn.number -= 100; /* ends inside the log of set 94 */
    const struct group_view *view = look(&world);
    expect(view, 95, MGMT, ROUTE_FULL_RESTORE, NULL);
    expect(view, 93, MGMT, ROUTE_UNREACHABLE, NULL);
    struct plan_request request = {.by = TARGET_NEWEST, .added = world.added, .added_count = 1};
    struct plan *plan = plan_make(world.view, &request);
    request = (struct plan_request){.by = TARGET_CHOSEN,
                                    .mark = "BTS_2026_11_20_10_45_00_547",
                                    .added = world.added,
                                    .added_count = 1};
    plan_free(plan);
    plan = plan_make(world.view, &request);
    assert_true(plan->possible);
    const struct plan_database *mgmt = &plan->databases[plan->databases_count - 1];
    assert_int_equal(mgmt->steps[0].kind, STEP_RESTORE_FULL);
    assert_string_equal(mgmt->steps[0].file, "copy_only.bak");
    assert_int_equal(mgmt->steps[1].set, 94);
    plan_free(plan);
    leave(&world);
}

/* --- LSNs that nobody told --------------------------------------------------------------------- */

/* Both msdbs lost the row of the newest log, the source's those of the marks too. */
static void forget_log(struct build *build, int64_t set)
{
    struct msdb_backup *backup = build_backup(build, BOX, set);
    struct server_view *server = build->servers[DESTINATION];
    struct restore_row *restored = &server->restores[server->restores_count - 1];
    backup->first_lsn = backup->last_lsn = (struct lsn){0};
    restored->first_lsn = restored->last_lsn = (struct lsn){0};
    build_forget_marks(build, 0);
}

/* Stopped at some mark inside a log of which nobody knows where it begins and ends: on which side of
 * the wanted mark cannot be told, and behind it the log would run to its end without a word. */
static void a_stop_inside_a_log_without_lsns_counts_as_past(void **state)
{
    (void)state;
    struct world world = {0};
    build_behind(&world);
    build_stop_at(world.build, BOX, 95, "OF_SOMEBODY_ELSE");
    forget_log(world.build, 95);
    expect(look(&world), 95, BOX, ROUTE_FULL_RESTORE, "it is past this mark");
    leave(&world);
}

static void the_end_of_the_log_before_one_without_lsns_is_not_past_it(void **state)
{
    (void)state;
    struct world world = {0};
    build_behind(&world);
    build_stop_at(world.build, BOX, 95, "OF_SOMEBODY_ELSE");
    build_row(world.build, DESTINATION, BOX)->redo_lsn =
        build_backup(world.build, BOX, 94)->last_lsn;
    forget_log(world.build, 95);
    expect(look(&world), 95, BOX, ROUTE_ROLL_FORWARD, NULL);
    leave(&world);
}

/* Before the mark restorehistory names it too; a newer server cannot show its MarkLog before it is
 * recovered. */
static void without_the_marks_lsn_a_stop_that_cannot_be_shown_counts_as_past(void **state)
{
    (void)state;
    struct world world = {0};
    build_behind(&world);
    char *mark = memory_copy_text(build_mark(look(&world), 92)->name);
    build_stop_at(world.build, BOX, 92, mark);
    build_forget_marks(world.build, 0);
    expect(look(&world), 92, BOX, ROUTE_AT_MARK, NULL);
    world.build->servers[DESTINATION]->version_major++;
    expect(look(&world), 92, BOX, ROUTE_FULL_RESTORE, "it is past this mark");
    leave(&world);
    free(mark);
}

/* There the log goes on, and finds the mark if it was not passed; MarkLog would tell. */
static void a_stop_at_the_marks_own_lsn_that_cannot_be_shown_is_not_taken_for_at_it(void **state)
{
    (void)state;
    struct world world = {0};
    build_behind(&world);
    const struct group_view *view = look(&world);
    struct lsn lsn = build_find_set(view, 92)->files[1].mark_lsn;
    assert_string_equal(view->roster[1].database, BOX);
    char *mark = memory_copy_text(build_mark(view, 92)->name);
    build_stop_at(world.build, BOX, 92, mark);
    build_row(world.build, DESTINATION, BOX)->redo_lsn = lsn;
    expect(look(&world), 92, BOX, ROUTE_AT_MARK, NULL);
    world.build->servers[DESTINATION]->version_major++;
    expect(look(&world), 92, BOX, ROUTE_ROLL_FORWARD, NULL);
    build_row(world.build, DESTINATION, BOX)->redo_lsn.number++;
    expect(look(&world), 92, BOX, ROUTE_AT_MARK, NULL);
    leave(&world);
    free(mark);
}

static void a_stop_that_somebody_wrote_in_hexadecimal_is_no_mark_of_a_set(void **state)
{
    (void)state;
    struct world world = {0};
    build_behind(&world);
    build_stop_at(world.build, BOX, 92, "lsn:0000002f:00000136:0001");
    expect(look(&world), 93, BOX, ROUTE_ROLL_FORWARD, NULL);
    leave(&world);
}

/* Where a mark's name repeats, the clause names its LSN, and restorehistory shows that. */
static void a_stop_by_the_lsn_of_a_mark_stands_at_that_mark_and_at_no_other(void **state)
{
    (void)state;
    struct world world = {0};
    build_behind(&world);
    struct lsn lsn = build_find_set(look(&world), 92)->files[1].mark_lsn;
    assert_string_equal(world.view->roster[1].database, BOX);
    for (int beside = 0; beside < 2; beside++) {
        char stop[LSN_TEXT_SIZE + 4] = "lsn:";
        lsn_format(stop + 4, LSN_TEXT_SIZE, (struct lsn){.number = lsn.number + (unsigned)beside});
        build_stop_at(world.build, BOX, 92, stop);
        expect(look(&world), 92, BOX, beside ? ROUTE_FULL_RESTORE : ROUTE_AT_MARK,
               beside ? "it is past this mark" : NULL);
        expect(look(&world), 93, BOX, ROUTE_ROLL_FORWARD, NULL);
    }
    leave(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_log_of_another_fork_right_behind_its_place_is_not_for_it),
        cmocka_unit_test(a_log_that_leaves_the_fork_behind_its_place_is_followed),
        cmocka_unit_test(a_hole_right_behind_a_place_that_is_not_shown_breaks_the_chain),
        cmocka_unit_test(a_standby_of_which_nothing_was_recorded_is_rolled_by_nothing),
        cmocka_unit_test(what_a_destination_does_not_show_or_restore_is_no_way),
        cmocka_unit_test(of_two_marks_of_a_name_in_one_log_the_redo_point_tells),
        cmocka_unit_test(without_logmarkhistory_the_log_restored_last_tells_which_mark),
        cmocka_unit_test(marks_of_one_name_follow_each_other_as_their_sets_do),
        cmocka_unit_test(a_stolen_log_breaks_the_chain_and_the_reason_names_its_file),
        cmocka_unit_test(an_added_file_bridges_a_stolen_chain_by_its_lsns),
        cmocka_unit_test(the_family_tells_whose_file_it_is_and_not_the_name_in_it),
        cmocka_unit_test(an_added_file_that_nobody_can_read_is_a_reason),
        cmocka_unit_test(a_bridge_that_does_not_reach_the_other_side_says_where_it_ends),
        cmocka_unit_test(a_copy_of_a_damaged_log_stands_in_for_it),
        cmocka_unit_test(a_copy_stands_in_for_the_backup_of_its_own_set_guid),
        cmocka_unit_test(a_file_that_adds_nothing_changes_nothing),
        cmocka_unit_test(nothing_is_sent_behind_an_added_log_that_holds_the_mark),
        cmocka_unit_test(an_added_full_backup_gives_a_way_where_the_history_has_none),
        cmocka_unit_test(a_stop_inside_a_log_without_lsns_counts_as_past),
        cmocka_unit_test(the_end_of_the_log_before_one_without_lsns_is_not_past_it),
        cmocka_unit_test(without_the_marks_lsn_a_stop_that_cannot_be_shown_counts_as_past),
        cmocka_unit_test(a_stop_at_the_marks_own_lsn_that_cannot_be_shown_is_not_taken_for_at_it),
        cmocka_unit_test(a_stop_that_somebody_wrote_in_hexadecimal_is_no_mark_of_a_set),
        cmocka_unit_test(a_stop_by_the_lsn_of_a_mark_stands_at_that_mark_and_at_no_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
