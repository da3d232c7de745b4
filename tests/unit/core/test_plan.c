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
#include "core/proof.h"
#include "tests/support/build_view.h"

#define MGMT "BizTalkMgmtDb"
#define BOX "BizTalkMsgBoxDb"
#define MARK_1184 "BTS_2026_11_20_12_00_00_547"
#define MARK_1183 "BTS_2026_11_20_11_45_00_547"

static const char *const why[] = {"nobody works with it"}; /* of what is left out */

struct world {
    struct build *build;
    struct group_view *view;
    struct plan *plan;
};

static const struct plan *make(struct world *world, struct plan_request request)
{
    plan_free(world->plan);
    group_view_release(world->view);
    world->view = build_view(world->build);
    world->plan = plan_make(world->view, &request);
    return world->plan;
}

static void leave(struct world *world)
{
    plan_free(world->plan);
    group_view_release(world->view);
    build_free(world->build);
}

static const struct plan_database *find(const struct plan *plan, const char *name)
{
    for (size_t i = 0; i < plan->databases_count; i++)
        if (strcmp(plan->databases[i].database, name) == 0)
            return &plan->databases[i];
    return NULL;
}

static void assert_reason(const struct plan *plan, const char *words)
{
    assert_false(plan->possible);
    for (size_t i = 0; i < plan->reasons_count; i++)
        if (strstr(plan->reasons[i], words) != NULL)
            return;
    for (size_t i = 0; i < plan->reasons_count; i++)
        print_error("reason: %s\n", plan->reasons[i]);
    fail_msg("no reason says '%s'", words);
}

static void the_newest_mark_of_the_default_estate_is_planned_for_ten_databases(void **state)
{
    (void)state;
    struct world world = {.build = build_contoso(1, true)};
    const struct plan *plan = make(&world, (struct plan_request){.by = TARGET_NEWEST});
    assert_true(plan->possible);
    assert_int_equal(plan->databases_count, 10);
    assert_string_equal(plan->mark, MARK_1184);
    assert_int_equal(plan->set, 1184);
    assert_true(plan->gate);
    assert_false(plan->asks_for_word);
    for (size_t i = 0; i < 10; i++) {
        const struct plan_database *database = &plan->databases[i];
        assert_int_equal(database->route, ROUTE_ROLL_FORWARD);
        assert_int_equal(database->steps_count, 3);
        assert_int_equal(database->steps[0].kind, STEP_RESTORE_LOG);
        assert_string_equal(database->steps[0].stop_clause, "STOPATMARK = N'" MARK_1184 "'");
        assert_int_equal(database->steps[1].kind, STEP_PROVE);
        assert_int_equal(database->steps[2].kind, STEP_RECOVER);
    }
    leave(&world);
}

static void the_statements_are_exact(void **state)
{
    (void)state;
    struct world world = {.build = build_contoso(1, false)};
    world.build->servers[3]->data_path = memory_copy_text("E:\\Data\\");
    const struct plan *plan = make(&world, (struct plan_request){.by = TARGET_NEWEST});
    const struct plan_database *box = find(plan, "BizTalkMsgBoxDb2");
    assert_string_equal(box->server, "DRSQL2");
    assert_string_equal(box->steps[0].sql,
                        "RESTORE LOG [BizTalkMsgBoxDb2] FROM DISK = "
                        "N'\\\\backup\\bts\\SQLB_BizTalkMsgBoxDb2_Log_2026_11_20_12_00_00_547.bak' "
                        "WITH STOPATMARK = N'" MARK_1184 "', NORECOVERY, STATS = 5");
    assert_string_equal(box->steps[1].sql, "RESTORE DATABASE [BizTalkMsgBoxDb2] WITH STANDBY = "
                                           "N'E:\\Data\\stopmark_BizTalkMsgBoxDb2.undo'");
    assert_string_equal(box->steps[2].sql, "RESTORE DATABASE [BizTalkMsgBoxDb2] WITH RECOVERY");
    leave(&world);
}

static void databases_recover_with_management_last(void **state)
{
    (void)state;
    struct world world = {.build = build_contoso(1, false)};
    const struct plan *plan = make(&world, (struct plan_request){.by = TARGET_NEWEST});
    static const char *const order[] = {
        "ContosoOrders",    "BAMAlertsApplication", "BAMAlertsNSMain",
        "BAMPrimaryImport", "BizTalkRuleEngineDb",  "BizTalkDTADb",
        "BizTalkMsgBoxDb",  "BizTalkMsgBoxDb2",     "SSODB",
        "BizTalkMgmtDb"};
    for (size_t i = 0; i < 10; i++)
        assert_string_equal(plan->databases[i].database, order[i]);
    leave(&world);
}

static void both_targets_stand_side_by_side_with_their_price(void **state)
{
    (void)state;
    struct world world = {.build = build_contoso(1, false)};
    const struct plan *plan = make(&world, (struct plan_request){.by = TARGET_NEWEST});
    assert_int_equal(plan->alternatives_count, 2);
    const struct plan_alternative *newest = &plan->alternatives[0], *rule = &plan->alternatives[1];
    assert_string_equal(newest->mark, MARK_1184);
    assert_int_equal(newest->roll_forward, 10);
    assert_string_equal(rule->mark, MARK_1183);
    assert_int_equal(rule->full_restore, 10);
    assert_true(rule->restore_ms > newest->restore_ms);
    assert_int_equal(rule->data_loss_ms - newest->data_loss_ms, 15 * 60000);
    leave(&world);
}

static void the_rule_costs_full_restores_and_asks_for_a_word(void **state)
{
    (void)state;
    struct world world = {.build = build_contoso(1, false)};
    const struct plan *plan = make(&world, (struct plan_request){.by = TARGET_RULE});
    assert_true(plan->possible);
    assert_true(plan->asks_for_word);
    const struct plan_database *box = find(plan, BOX);
    assert_int_equal(box->route, ROUTE_FULL_RESTORE);
    assert_int_equal(box->steps[0].kind, STEP_RESTORE_FULL);
    assert_int_equal(box->steps[0].set, 1152);
    assert_non_null(strstr(box->steps[0].sql, "WITH NORECOVERY"));
    assert_null(strstr(box->steps[0].sql, "REPLACE")); /* the standby's own database */
    assert_null(box->steps[0].stop_clause);
    assert_int_equal(box->steps_count, 1 + 31 + 2); /* full, sets 1153 to 1183, prove, recover */
    for (size_t i = 1; i <= 31; i++) {
        assert_int_equal(box->steps[i].set, 1152 + (int64_t)i);
        assert_string_equal(box->steps[i].stop_clause, "STOPATMARK = N'" MARK_1183 "'");
    }
    leave(&world);
}

static void before_the_mark_is_another_clause_on_every_log(void **state)
{
    (void)state;
    struct world world = {.build = build_kept_up()};
    const struct plan *plan =
        make(&world, (struct plan_request){.by = TARGET_NEWEST, .stop = STOP_BEFORE});
    assert_true(plan->possible);
    assert_string_equal(find(plan, BOX)->steps[0].stop_clause, "STOPBEFOREMARK = N'" MARK_1184 "'");
    leave(&world);
}

static void an_unknown_mark_is_refused_and_the_nearest_in_time_named(void **state)
{
    (void)state;
    struct world world = {.build = build_contoso(1, false)};
    const struct plan *plan = make(
        &world, (struct plan_request){.by = TARGET_CHOSEN, .mark = "BTS_2026_11_20_11_59_00_547"});
    assert_reason(plan, MARK_1184);
    assert_null(plan->mark);
    plan = make(&world,
                (struct plan_request){.by = TARGET_CHOSEN, .mark = "bts_2026_11_20_12_00_00_547"});
    assert_reason(plan, MARK_1184); /* case counts in marks */
    plan = make(&world, (struct plan_request){.by = TARGET_CHOSEN, .mark = "nonsense"});
    assert_reason(plan, "the nearest is BTS_");
    leave(&world);
}

/* The operator's word for the message box, in his own spelling. */
static struct plan_request naming_the_box(struct plan_request request)
{
    static const char *const replace[] = {"drsql1/biztalkmsgboxdb"};
    request.replace = replace;
    request.replace_count = 1;
    return request;
}

static void a_database_that_is_online_is_only_overwritten_when_named(void **state)
{
    (void)state;
    struct world world = {.build = build_kept_up()};
    build_row(world.build, 1, BOX)->state = STATE_ONLINE;
    build_row(world.build, 1, BOX)->redo_lsn = (struct lsn){0};
    struct plan_request request = {.by = TARGET_CHOSEN, .mark = MARK_1184};
    const struct plan *plan = make(&world, request);
    assert_reason(plan, "--replace DRSQL1/" BOX);
    char hash[65];
    memcpy(hash, plan->hash, sizeof hash);
    request = naming_the_box(request);
    plan = make(&world, request);
    assert_true(plan->possible);
    assert_string_equal(plan->hash, hash); /* the same statements: the consent is not in them */
    assert_true(find(plan, BOX)->must_replace);
    assert_non_null(strstr(find(plan, BOX)->steps[0].sql, "WITH REPLACE, NORECOVERY"));
    plan = make(&world, (struct plan_request){.by = TARGET_NEWEST});
    assert_reason(plan, MARK_1184
                  " (set 100): name it with --mark"); /* newest never means full restores */
    leave(&world);
}

/* The database that waits may be of another family than the backups: the source was made anew. */
static void what_stands_by_is_replaced_only_when_named(void **state)
{
    (void)state;
    struct world world = {.build = build_kept_up()};
    struct plan_request request = {.by = TARGET_RULE};
    const struct plan *plan = make(&world, request);
    assert_true(plan->possible);
    assert_false(find(plan, BOX)->must_replace);
    assert_null(strstr(find(plan, BOX)->steps[0].sql, "REPLACE"));
    char hash[65];
    memcpy(hash, plan->hash, sizeof hash);
    request = naming_the_box(request);
    plan = make(&world, request);
    assert_true(plan->possible);
    assert_true(find(plan, BOX)->must_replace);
    assert_non_null(strstr(find(plan, BOX)->steps[0].sql, "WITH REPLACE, NORECOVERY"));
    assert_false(find(plan, MGMT)->must_replace);
    assert_string_not_equal(plan->hash, hash); /* other statements */
    request.by = TARGET_NEWEST;                /* a roll forward overwrites nothing */
    assert_false(find(make(&world, request), BOX)->must_replace);
    leave(&world);
}

static void a_group_that_is_recovered_at_the_mark_has_nothing_to_restore(void **state)
{
    (void)state;
    struct world world = {.build = build_kept_up()};
    static const char *const names[] = {MGMT, BOX};
    for (size_t i = 0; i < 2; i++) {
        build_stop_at(world.build, names[i], 100, MARK_1184);
        build_row(world.build, 1, names[i])->state = STATE_ONLINE;
        build_row(world.build, 1, names[i])->redo_lsn = (struct lsn){0};
    }
    assert_reason(make(&world, (struct plan_request){.by = TARGET_NEWEST}), "nothing to restore");
    /* One recovered, one at the mark: a new plan takes over where the old one ended. */
    build_row(world.build, 1, MGMT)->state = STATE_RESTORING;
    build_row(world.build, 1, MGMT)->redo_lsn = build_lsn(
        (int64_t)(build_backup(world.build, MGMT, 100)->last_lsn.number - build_lsn(0).number) - 9);
    const struct plan *plan = make(&world, (struct plan_request){.by = TARGET_NEWEST});
    assert_true(plan->possible);
    assert_int_equal(find(plan, BOX)->route, ROUTE_RECOVERED_AT_MARK);
    assert_int_equal(find(plan, BOX)->steps_count, 0);
    assert_int_equal(find(plan, MGMT)->route, ROUTE_AT_MARK);
    assert_int_equal(find(plan, MGMT)->steps_count, 2);
    assert_int_equal(find(plan, MGMT)->steps[0].kind, STEP_PROVE);
    leave(&world);
}

static void source_lost_is_refused_while_a_source_answers(void **state)
{
    (void)state;
    struct world world = {.build = build_contoso(1, false)};
    struct plan_request request = {
        .by = TARGET_NEWEST, .situation_known = true, .situation = SITUATION_SOURCE_LOST};
    assert_reason(make(&world, request), "SQLA answers");
    build_kill(world.build, 0);
    assert_reason(make(&world, request), "SQLB answers");
    build_kill(world.build, 1);
    const struct plan *plan = make(&world, request);
    assert_true(plan->possible);
    assert_int_equal(plan->loss_basis, LOSS_LAST_SEEN);
    assert_int_equal(plan->data_loss_ms, 20 * 60000 + 49453);
    leave(&world);
}

static void what_a_header_says_of_an_unseen_sources_version_drops_the_positive_proof(void **state)
{
    (void)state;
    struct world world = {.build = build_kept_up()};
    struct plan_request request = {.by = TARGET_NEWEST};
    world.build->servers[0]->version_major = 0; /* never seen */
    world.build->servers[1]->version_major = 16;
    assert_int_equal(find(make(&world, request), BOX)->steps[1].kind, STEP_PROVE);
    build_prove(world.build, BOX, 100)->headers[0].software_major = 15;
    assert_int_equal(find(make(&world, request), BOX)->steps[1].kind, STEP_RECOVER);
    assert_int_equal(find(world.plan, MGMT)->steps[1].kind, STEP_PROVE);
    leave(&world);
}

static void source_lost_is_refused_where_a_source_lives_that_could_not_be_read(void **state)
{
    (void)state;
    struct world world = {.build = build_contoso(1, false)};
    const char *const assume[] = {"server-down=SQLB"};
    struct plan_request request = {
        .by = TARGET_NEWEST, .situation_known = true, .situation = SITUATION_SOURCE_LOST};
    build_kill(world.build, 0);
    build_kill(world.build, 1);
    world.build->servers[1]->life = LIFE_ANSWERS;
    assert_reason(make(&world, request), "SQLB answers");
    world.build->servers[1]->life = LIFE_UNTOLD;
    assert_reason(make(&world, request), "SQLB may live");
    request.assume = assume;
    request.assume_count = 1;
    assert_true(make(&world, request)->possible);
    request.assume_count = 0;
    world.build->servers[1]->life = LIFE_SILENT; /* a forwarder's port, or a server that hangs */
    assert_true(make(&world, request)->possible);
    leave(&world);
}

static void a_live_group_is_offered_no_mark_to_restore_to(void **state)
{
    (void)state;
    struct world world = {.build = build_contoso(1, false)};
    for (size_t i = 0; i < world.build->databases_count; i++) {
        const struct build_database *database = &world.build->databases[i];
        build_row(world.build, database->destination, database->name)->state = STATE_ONLINE;
    }
    const struct plan *plan = make(&world, (struct plan_request){.by = TARGET_NEWEST});
    assert_reason(plan, "was failed over");
    for (size_t i = 0; i < plan->reasons_count; i++)
        assert_null(strstr(plan->reasons[i], "--mark"));
    leave(&world);
}

static void what_if_a_file_is_missing(void **state)
{
    (void)state;
    struct world world = {.build = build_contoso(1, false)};
    const char *const assume[] = {"file-missing=1184/BizTalkDTADb"};
    const struct plan *plan = make(
        &world, (struct plan_request){.by = TARGET_NEWEST, .assume = assume, .assume_count = 1});
    assert_reason(plan, "DRSQL1/BizTalkDTADb");
    const char *const wrong[] = {"file-missing=7/BizTalkDTADb", "server-down=NOBODY",
                                 "set-partial=x", "nonsense", "file-missing=1184/NoSuch"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        plan = make(&world, (struct plan_request){
                                .by = TARGET_NEWEST, .assume = &wrong[i], .assume_count = 1});
        assert_reason(plan, wrong[i]);
    }
    leave(&world);
}

static void what_if_a_server_is_down_or_a_set_partial(void **state)
{
    (void)state;
    struct world world = {.build = build_contoso(1, false)};
    const char *const down[] = {"server-down=DRSQL2"};
    assert_reason(
        make(&world, (struct plan_request){.by = TARGET_NEWEST, .assume = down, .assume_count = 1}),
        "DRSQL2 does not answer");
    const char *const partial[] = {"set-partial=1184"};
    const struct plan *plan = make(
        &world, (struct plan_request){.by = TARGET_NEWEST, .assume = partial, .assume_count = 1});
    assert_true(plan->possible); /* its files are all there: LSNs decide */
    char hash[65];
    memcpy(hash, plan->hash, sizeof hash);
    plan = make(&world, (struct plan_request){.by = TARGET_NEWEST});
    assert_string_not_equal(hash, plan->hash); /* a what-if is not the plan of the world */
    const char *const sources[] = {"server-down=SQLA", "server-down=SQLB"};
    plan = make(&world, (struct plan_request){.by = TARGET_NEWEST,
                                              .assume = sources,
                                              .assume_count = 2,
                                              .situation_known = true,
                                              .situation = SITUATION_SOURCE_LOST});
    assert_true(plan->possible);
    leave(&world);
}

static void only_some_databases_may_be_left_out(void **state)
{
    (void)state;
    struct world world = {.build = build_contoso(1, false)};
    const char *const custom[] = {"contosoorders"}, *const box[] = {BOX}, *const none[] = {"X"};
    const struct plan *plan =
        make(&world,
             (struct plan_request){.by = TARGET_NEWEST, .leave_out = custom,
                                   .leave_out_reasons = why, .leave_out_count = 1});
    assert_true(plan->possible);
    assert_int_equal(plan->databases_count, 9);
    assert_null(find(plan, "ContosoOrders"));
    assert_reason(
        make(&world,
             (struct plan_request){.by = TARGET_NEWEST, .leave_out = box,
                                   .leave_out_reasons = why, .leave_out_count = 1}),
        "cannot be left out");
    assert_reason(
        make(&world,
             (struct plan_request){.by = TARGET_NEWEST, .leave_out = none,
                                   .leave_out_reasons = why, .leave_out_count = 1}),
        "no such database");
    leave(&world);
}

/* Two marks called SAME, 92 and 94; set 91 is applied. */
static void build_same_names(struct world *world)
{
    world->build = build_small();
    build_full(world->build, 90, true);
    for (int64_t set = 91; set <= 94; set++)
        build_set(world->build, (struct build_set){.id = set,
                                                   .kind = SET_LOG,
                                                   .time_utc_ms = build_time(set),
                                                   .mark = set % 2 == 0 ? "SAME" : NULL,
                                                   .applied = set == 91});
}

static void a_repeated_name_gets_after_only_where_the_first_would_stop_too_early(void **state)
{
    (void)state;
    struct world world = {0};
    build_same_names(&world);
    world.build->servers[0]->utc_offset_min = world.build->servers[1]->utc_offset_min = 120;
    /* one database is beyond the first of the two already */
    build_row(world.build, 1, BOX)->redo_lsn = build_backup(world.build, BOX, 92)->last_lsn;
    const struct plan *plan = make(&world, (struct plan_request){.by = TARGET_NEWEST});
    assert_true(plan->possible);
    assert_int_equal(plan->set, 94);
    /* 10:30:00.547 UTC, two hours ahead at the source, a little earlier than the mark itself */
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(find(plan, MGMT)->steps[i].stop_clause,
                            "STOPATMARK = N'SAME' AFTER N'2026-11-20T12:30:00.537'");
    assert_string_equal(find(plan, BOX)->steps[0].stop_clause, "STOPATMARK = N'SAME'");
    assert_string_equal(find(plan, BOX)->stop_name, "SAME");
    leave(&world);
}

static void a_repeated_name_that_times_do_not_tell_apart_is_named_by_its_lsn(void **state)
{
    (void)state;
    struct world world = {0};
    build_same_names(&world);
    for (size_t i = 0; i < world.build->servers[0]->marks_count; i++)
        world.build->servers[0]->marks[i].time_utc_ms = build_time(94);
    const struct plan *plan =
        make(&world, (struct plan_request){.by = TARGET_NEWEST, .stop = STOP_BEFORE});
    assert_true(plan->possible);
    char clause[80], digits[LSN_TEXT_SIZE];
    lsn_format(digits, sizeof digits, find(plan, MGMT)->mark_lsn);
    snprintf(clause, sizeof clause, "STOPBEFOREMARK = N'lsn:%s'", digits);
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(find(plan, MGMT)->steps[i].stop_clause, clause);
    assert_memory_equal(find(plan, MGMT)->stop_name, "lsn:", 4);
    assert_string_equal(find(plan, MGMT)->stop_name + 4, digits);
    leave(&world);
}

static void between_two_zones_the_lsn_is_surer_than_after(void **state)
{
    (void)state;
    struct world world = {0};
    build_same_names(&world);
    world.build->servers[0]->utc_offset_min = 60;
    const struct plan *plan = make(&world, (struct plan_request){.by = TARGET_NEWEST});
    assert_non_null(strstr(find(plan, MGMT)->steps[0].stop_clause, "N'lsn:"));
    leave(&world);
}

static void a_repeated_name_without_times_and_lsns_is_refused(void **state)
{
    (void)state;
    struct world world = {0};
    build_same_names(&world);
    for (size_t i = 0; i < world.build->servers[0]->marks_count; i++)
        world.build->servers[0]->marks[i].lsn = (struct lsn){0};
    const struct plan *plan = make(&world, (struct plan_request){.by = TARGET_NEWEST});
    assert_true(plan->possible); /* by the stamps of the sets */
    assert_string_equal(find(plan, MGMT)->steps[0].stop_clause,
                        "STOPATMARK = N'SAME' AFTER N'2026-11-20T10:30:00.537'");
    world.build->servers[0]->server_utc_ms = TIME_UNKNOWN; /* the stamps' zone: undecidable */
    assert_reason(make(&world, (struct plan_request){.by = TARGET_NEWEST}), "twice in the logs");
    leave(&world);
}

static void a_mark_of_no_set_counts_as_a_repetition_too(void **state)
{
    (void)state;
    struct world world = {.build = build_small()};
    build_full(world.build, 90, true);
    for (int64_t set = 91; set <= 93; set++)
        build_set(world.build, (struct build_set){.id = set,
                                                  .kind = SET_LOG,
                                                  .time_utc_ms = build_time(set),
                                                  .mark = set == 93 ? "SAME" : NULL,
                                                  .applied = set == 91});
    struct mark_row *strange = memory_append(world.build->servers[0], marks);
    *strange = (struct mark_row){.database = memory_copy_text(MGMT),
                                 .mark = memory_copy_text("SAME"),
                                 .lsn = build_backup(world.build, MGMT, 92)->first_lsn,
                                 .time_utc_ms = build_time(92)};
    strange->lsn.number += 5;
    const struct plan *plan = make(&world, (struct plan_request){.by = TARGET_NEWEST});
    assert_non_null(strstr(find(plan, MGMT)->steps[0].stop_clause, " AFTER "));
    assert_null(strstr(find(plan, BOX)->steps[0].stop_clause, " AFTER "));
    leave(&world);
}

/* One more mark SAME in a database's log of set 93. */
static void add_same(struct world *world, const char *database, int64_t time_utc_ms)
{
    struct mark_row *strange = memory_append(world->build->servers[0], marks);
    *strange = (struct mark_row){.database = memory_copy_text(database),
                                 .mark = memory_copy_text("SAME"),
                                 .lsn = build_backup(world->build, database, 93)->first_lsn,
                                 .time_utc_ms = time_utc_ms};
    strange->lsn.number += 5;
}

static void of_several_repetitions_the_newest_must_lie_before_after(void **state)
{
    (void)state;
    /* in the order in which msdb tells them, the newest is neither the first nor the last */
    static const int64_t sets[] = {94, 0};
    for (size_t i = 0; i < 2; i++) {
        struct world world = {0};
        build_same_names(&world);
        add_same(&world, MGMT, sets[i] == 0 ? TIME_UNKNOWN : build_time(sets[i]));
        add_same(&world, MGMT, build_time(91));
        add_same(&world, BOX, build_time(93));
        add_same(&world, BOX, build_time(91));
        const struct plan *plan = make(&world, (struct plan_request){.by = TARGET_NEWEST});
        assert_true(plan->possible);
        assert_non_null(strstr(find(plan, MGMT)->steps[0].stop_clause, "N'lsn:"));
        assert_non_null(strstr(find(plan, BOX)->steps[0].stop_clause, "N'SAME' AFTER"));
        leave(&world);
    }
}

/* Where it stood before counts no more: the full set takes it back to before the repetition. */
static void a_full_restore_meets_the_repetitions_behind_its_full_set(void **state)
{
    (void)state;
    struct world world = {.build = build_kept_up()};
    struct mark_row *repeated = memory_append(world.build->servers[0], marks);
    *repeated = (struct mark_row){.database = memory_copy_text(BOX),
                                  .mark = memory_copy_text(MARK_1183),
                                  .lsn = build_backup(world.build, BOX, 92)->first_lsn,
                                  .time_utc_ms = build_time(91)};
    repeated->lsn.number += 5;
    const struct plan *plan = make(&world, (struct plan_request){.by = TARGET_RULE});
    assert_true(plan->possible);
    const struct plan_database *box = find(plan, BOX);
    assert_int_equal(box->route, ROUTE_FULL_RESTORE);
    assert_string_equal(box->steps[1].stop_clause,
                        "STOPATMARK = N'" MARK_1183 "' AFTER N'2026-11-20T11:45:00.537'");
    assert_string_equal(find(plan, MGMT)->steps[1].stop_clause, "STOPATMARK = N'" MARK_1183 "'");
    leave(&world);
}

/* The clocks of two sources differ; AFTER is compared with the times in the database's own log. */
static void after_is_the_time_of_the_databases_own_mark(void **state)
{
    (void)state;
    struct world world = {0};
    build_same_names(&world);
    const struct server_view *source = world.build->servers[0];
    for (size_t i = 0; i < source->marks_count; i++)
        if (strcmp(source->marks[i].database, BOX) == 0)
            source->marks[i].time_utc_ms += 5000;
    const struct plan *plan = make(&world, (struct plan_request){.by = TARGET_NEWEST});
    assert_true(plan->possible);
    assert_string_equal(find(plan, MGMT)->steps[0].stop_clause,
                        "STOPATMARK = N'SAME' AFTER N'2026-11-20T10:30:00.537'");
    assert_string_equal(find(plan, BOX)->steps[0].stop_clause,
                        "STOPATMARK = N'SAME' AFTER N'2026-11-20T10:30:05.537'");
    leave(&world);
}

static void names_with_brackets_and_quotes_are_quoted(void **state)
{
    (void)state;
    struct world world = {.build = build_small()};
    build_database(world.build, 0, 1, "it's a [db]", USE_CUSTOM);
    build_full(world.build, 90, true);
    build_log(world.build, 91, true);
    build_set(world.build,
              (struct build_set){
                  .id = 92, .kind = SET_LOG, .time_utc_ms = build_time(92), .mark = "it's"});
    const struct plan *plan = make(&world, (struct plan_request){.by = TARGET_NEWEST});
    assert_true(plan->possible);
    const struct plan_database *odd = find(plan, "it's a [db]");
    assert_non_null(strstr(odd->steps[0].sql, "RESTORE LOG [it's a [db]]] FROM DISK = N'"));
    assert_non_null(strstr(odd->steps[0].sql, "it''s a [db]_Log"));
    assert_non_null(strstr(odd->steps[0].sql, "STOPATMARK = N'it''s'"));
    assert_non_null(strstr(odd->steps[1].sql, "stopmark_it_s a _db_.undo"));
    leave(&world);
}

static void a_name_that_cannot_be_written_is_refused(void **state)
{
    (void)state;
    struct world world = {.build = build_small()};
    build_full(world.build, 90, true);
    build_log(world.build, 91, true);
    build_set(world.build, (struct build_set){.id = 92,
                                              .kind = SET_LOG,
                                              .time_utc_ms = build_time(92),
                                              .mark = "lsn:34000000012300193000"});
    assert_reason(make(&world, (struct plan_request){.by = TARGET_NEWEST}), "cannot be written");
    leave(&world);
}

static void a_path_that_cannot_be_written_is_refused(void **state)
{
    (void)state;
    struct world world = {.build = build_kept_up()};
    world.build->servers[1]->shipping[1].log_location = memory_copy_text("D:\\copies\xff\\");
    const struct plan *plan = make(&world, (struct plan_request){.by = TARGET_NEWEST});
    assert_reason(plan, "DRSQL1/" BOX ": the name or the path 'D:\\copies");
    leave(&world);
}

static void moved_files_and_urls_are_read_from_where_they_are(void **state)
{
    (void)state;
    struct world world = {.build = build_kept_up()};
    struct server_view *destination = world.build->servers[1];
    destination->shipping[0].log_location = memory_copy_text("D:\\copies\\");
    destination->shipping[1].log_location = memory_copy_text("https://acct.blob/backups");
    const struct plan *plan = make(&world, (struct plan_request){.by = TARGET_NEWEST});
    assert_non_null(strstr(find(plan, MGMT)->steps[0].sql, "DISK = N'D:\\copies\\SQLA_BizTalk"));
    assert_non_null(
        strstr(find(plan, BOX)->steps[0].sql, "URL = N'https://acct.blob/backups/SQLA_BizTalk"));
    leave(&world);
}

static void an_empty_log_on_the_way_is_left_out(void **state)
{
    (void)state;
    struct world world = {.build = build_small()};
    build_full(world.build, 90, true);
    for (int64_t set = 91; set <= 94; set++)
        build_log(world.build, set, set == 91);
    struct msdb_backup *empty = build_backup(world.build, MGMT, 92);
    empty->last_lsn = empty->first_lsn;
    build_backup(world.build, MGMT, 93)->first_lsn = empty->first_lsn;
    const struct plan *plan = make(&world, (struct plan_request){.by = TARGET_NEWEST});
    assert_true(plan->possible);
    assert_int_equal(find(plan, MGMT)->steps[0].set, 93);
    assert_int_equal(find(plan, BOX)->steps[0].set, 92);
    empty = build_backup(world.build, BOX, 93); /* behind a log that is applied on the way */
    empty->last_lsn = empty->first_lsn;
    build_backup(world.build, BOX, 94)->first_lsn = empty->first_lsn;
    plan = make(&world, (struct plan_request){.by = TARGET_NEWEST});
    assert_true(plan->possible);
    assert_int_equal(find(plan, BOX)->steps[0].set, 92);
    assert_int_equal(find(plan, BOX)->steps[1].set, 94);
    leave(&world);
}

static void a_newer_destination_gets_no_standby_proof(void **state)
{
    (void)state;
    struct world world = {.build = build_kept_up()};
    world.build->servers[1]->version_major = 17;
    const struct plan *plan = make(&world, (struct plan_request){.by = TARGET_NEWEST});
    assert_true(plan->possible);
    assert_int_equal(find(plan, MGMT)->steps_count, 2);
    assert_int_equal(find(plan, MGMT)->steps[1].kind, STEP_RECOVER);
    leave(&world);
}

static void the_hash_names_what_is_done_and_not_when(void **state)
{
    (void)state;
    struct world world = {.build = build_kept_up()};
    const struct plan *plan = make(&world, (struct plan_request){.by = TARGET_NEWEST});
    char hash[65];
    memcpy(hash, plan->hash, sizeof hash);
    assert_int_equal(strlen(hash), 64);
    world.build->now_utc_ms += 60000;
    world.build->now_monotonic_ms += 60000;
    build_backup(world.build, MGMT, 100)->size_bytes *= 3;
    plan = make(&world, (struct plan_request){.by = TARGET_NEWEST});
    assert_string_equal(plan->hash, hash);
    build_kill(world.build, 0);
    plan = make(&world, (struct plan_request){.by = TARGET_NEWEST,
                                              .situation_known = true,
                                              .situation = SITUATION_SOURCE_LOST});
    assert_true(plan->possible);
    assert_string_equal(plan->hash, hash);
    plan = make(&world, (struct plan_request){.by = TARGET_NEWEST, .stop = STOP_BEFORE});
    assert_string_not_equal(plan->hash, hash);
    leave(&world);
}

static void a_plan_survives_the_way_through_json(void **state)
{
    (void)state;
    struct world world = {.build = build_contoso(2, true)};
    static const struct plan_request requests[] = {
        {.by = TARGET_NEWEST},
        {.by = TARGET_RULE, .stop = STOP_BEFORE},
        {.by = TARGET_CHOSEN,
         .mark = MARK_1183,
         .situation_known = true,
         .situation = SITUATION_SOURCE_LOST},
        {.by = TARGET_CHOSEN, .mark = "none"},
        {.by = TARGET_CHOSEN, .mark = "BTS_2026_11_20_12_15_00_547"},
    };
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        const struct plan *plan = make(&world, requests[i]);
        char *first = plan_to_json(plan);
        struct plan *read = plan_from_json(first, NULL);
        assert_non_null(read);
        char *second = plan_to_json(read);
        assert_string_equal(first, second);
        free(first);
        free(second);
        plan_free(read);
    }
    leave(&world);
}

static void what_is_no_plan_is_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {NULL,
                                        "",
                                        "{",
                                        "[]",
                                        "{}",
                                        "{\"schema\": 2}",
                                        "{\"schema\": 1, \"hash\": \"x\", \"group\": \"g\"}"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error error = {0};
        assert_null(plan_from_json(cases[i], &error));
        assert_int_not_equal(error.code, ERR_OK);
    }
}

static void only_custom_alerts_and_rules_may_be_left_out(void **state)
{
    (void)state;
    struct world world = {.build = build_contoso(1, false)};
    for (size_t i = 0; i < world.build->databases_count; i++) {
        const struct build_database *database = &world.build->databases[i];
        const char *const given[] = {database->name};
        bool may = database->use == USE_CUSTOM || database->use == USE_BAM_ALERTS ||
                   database->use == USE_RULE_ENGINE;
        const struct plan *plan = make(
            &world,
            (struct plan_request){.by = TARGET_NEWEST, .leave_out = given,
                                  .leave_out_reasons = why, .leave_out_count = 1});
        if (may)
            assert_true(plan->possible);
        else
            assert_false(plan->possible);
    }
    leave(&world);
}

/* It may be a message box under another name. */
static void a_database_of_unknown_use_may_not_be_left_out(void **state)
{
    (void)state;
    struct world world = {.build = build_contoso(1, false)};
    struct server_view *source = world.build->servers[0];
    for (size_t i = 0; i < source->roster_count; i++)
        if (strcmp(source->roster[i].database, "ContosoOrders") == 0)
            source->roster[i].use = USE_UNKNOWN;
    const char *const given[] = {"ContosoOrders"};
    assert_reason(make(&world, (struct plan_request){.by = TARGET_NEWEST,
                                                     .leave_out = given,
                                                     .leave_out_reasons = why,
                                                     .leave_out_count = 1}),
                  "ContosoOrders cannot be left out: what it is for is not known");
    leave(&world);
}

/* Sets 91 to 97 hold a database that neither the sets from 98 on nor the group's tables do. */
static struct build *build_with_former(const char *name, enum database_use use)
{
    struct build *build = build_small();
    build_database(build, 0, 1, name, use);
    build_full(build, 90, true);
    for (int64_t set = 91; set <= 97; set++)
        build_log(build, set, true);
    build->databases_count--;
    struct roster_row *gone = &build->servers[0]->roster[--build->servers[0]->roster_count];
    free(gone->server);
    free(gone->database);
    build_full(build, 98, true);
    build_log(build, 99, true);
    build_log(build, 100, false);
    return build;
}

static const struct plan *make_to_set(struct world *world, int64_t set,
                                      struct plan_request request)
{
    static char name[64];
    struct group_view *view = build_view(world->build);
    snprintf(name, sizeof name, "%s", build_mark(view, set)->name);
    group_view_release(view);
    request.by = TARGET_CHOSEN;
    request.mark = name;
    return make(world, request);
}

static void a_set_that_holds_a_database_of_no_roster_is_no_target(void **state)
{
    (void)state;
    struct world world = {.build = build_with_former("BizTalkMsgBoxDb2", USE_MESSAGE_BOX)};
    const char *const given[] = {"BizTalkMsgBoxDb2"};
    const struct plan *plan = make_to_set(&world, 95, (struct plan_request){0});
    assert_reason(plan, "SQLA/BizTalkMsgBoxDb2: the sets 90 to 97 hold it");
    assert_int_equal(plan->alternatives[plan->alternatives_count - 1].unreachable, 1);
    /* The matrix of the marks and the planner are one word. */
    assert_false(build_mark(world.view, 95)->reachable);
    assert_non_null(strstr(build_mark(world.view, 95)->reasons[0], "BizTalkMsgBoxDb2"));
    assert_true(build_mark(world.view, 99)->reachable);
    assert_true(make_to_set(&world, 100, (struct plan_request){0})->possible);
    assert_null(find(world.plan, "BizTalkMsgBoxDb2"));
    assert_reason(make_to_set(&world, 95, (struct plan_request){.leave_out = given,
                                                                .leave_out_reasons = why, .leave_out_count = 1}),
                  "cannot be left out");
    leave(&world);
}

static void a_custom_database_of_an_older_set_is_left_out_only_by_its_name(void **state)
{
    (void)state;
    struct world world = {.build = build_with_former("ContosoOrders", USE_CUSTOM)};
    const char *const given[] = {"contosoorders"};
    assert_reason(make_to_set(&world, 97, (struct plan_request){0}),
                  "or say --leave-out ContosoOrders");
    assert_true(make_to_set(&world, 97, (struct plan_request){.leave_out = given,
                                                              .leave_out_reasons = why, .leave_out_count = 1})->possible);
    assert_int_equal(world.plan->databases_count, 2);
    assert_reason(make_to_set(&world, 100, (struct plan_request){.leave_out = given,
                                                                 .leave_out_reasons = why,
                                                                 .leave_out_count = 1}),
                  "and not at this mark");
    leave(&world);
}

static void what_is_left_out_and_why_is_kept_and_counted_in_the_hash(void **state)
{
    (void)state;
    struct world world = {.build = build_contoso(1, false)};
    const char *const given[] = {"ContosoOrders"}, *const others[] = {"it is too large"};
    struct plan_request request = {.by = TARGET_NEWEST, .leave_out = given,
                                   .leave_out_reasons = why, .leave_out_count = 1};
    char hash[65];
    snprintf(hash, sizeof hash, "%s", make(&world, request)->hash);
    char *json = plan_to_json(world.plan);
    struct plan *read = plan_from_json(json, NULL);
    free(json);
    assert_int_equal(read->left_out_count, 1);
    assert_string_equal(read->left_out[0].database, "ContosoOrders");
    assert_string_equal(read->left_out[0].reason, why[0]);
    plan_free(read);
    request.leave_out_reasons = others;
    assert_string_not_equal(make(&world, request)->hash, hash);
    leave(&world);
}

static void standing_at_the_mark_is_not_standing_before_it(void **state)
{
    (void)state;
    struct world world = {.build = build_kept_up()};
    build_stop_at(world.build, BOX, 100, MARK_1184);
    struct plan_request request = {.by = TARGET_CHOSEN, .mark = MARK_1184};
    assert_int_equal(find(make(&world, request), BOX)->route, ROUTE_AT_MARK);
    request.stop = STOP_BEFORE; /* the marked transaction is in it already */
    assert_int_equal(find(make(&world, request), BOX)->route, ROUTE_FULL_RESTORE);
    leave(&world);
}

static void consent_to_replace_counts_for_the_named_server_only(void **state)
{
    (void)state;
    struct world world = {.build = build_contoso(1, false)};
    build_row(world.build, 2, BOX)->state = STATE_ONLINE;
    build_row(world.build, 2, BOX)->redo_lsn = (struct lsn){0};
    const char *const replace[] = {"DRSQL2/" BOX, "DRSQL1/SSODB"};
    struct plan_request request = {
        .by = TARGET_CHOSEN, .mark = MARK_1184, .replace = replace, .replace_count = 2};
    assert_reason(make(&world, request), "--replace DRSQL1/" BOX);
    const char *const right[] = {"DRSQL1/" BOX};
    request.replace = right;
    request.replace_count = 1;
    assert_true(make(&world, request)->possible);
    leave(&world);
}

static void the_hash_covers_every_statement(void **state)
{
    (void)state;
    struct world world = {.build = build_kept_up()};
    struct server_view *destination = world.build->servers[1];
    char hash[65];
    memcpy(hash, make(&world, (struct plan_request){.by = TARGET_NEWEST})->hash, sizeof hash);
    destination->data_path = memory_copy_text("E:\\Other\\"); /* of the undo files */
    const struct plan *plan = make(&world, (struct plan_request){.by = TARGET_NEWEST});
    assert_string_not_equal(plan->hash, hash);
    memcpy(hash, plan->hash, sizeof hash);
    destination->shipping[1].log_location = memory_copy_text("D:\\copies\\");
    plan = make(&world, (struct plan_request){.by = TARGET_NEWEST});
    assert_string_not_equal(plan->hash, hash);
    leave(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_mark_of_the_default_estate_is_planned_for_ten_databases),
        cmocka_unit_test(the_statements_are_exact),
        cmocka_unit_test(databases_recover_with_management_last),
        cmocka_unit_test(both_targets_stand_side_by_side_with_their_price),
        cmocka_unit_test(the_rule_costs_full_restores_and_asks_for_a_word),
        cmocka_unit_test(before_the_mark_is_another_clause_on_every_log),
        cmocka_unit_test(an_unknown_mark_is_refused_and_the_nearest_in_time_named),
        cmocka_unit_test(a_database_that_is_online_is_only_overwritten_when_named),
        cmocka_unit_test(what_stands_by_is_replaced_only_when_named),
        cmocka_unit_test(a_group_that_is_recovered_at_the_mark_has_nothing_to_restore),
        cmocka_unit_test(source_lost_is_refused_while_a_source_answers),
        cmocka_unit_test(what_a_header_says_of_an_unseen_sources_version_drops_the_positive_proof),
        cmocka_unit_test(source_lost_is_refused_where_a_source_lives_that_could_not_be_read),
        cmocka_unit_test(a_live_group_is_offered_no_mark_to_restore_to),
        cmocka_unit_test(what_if_a_file_is_missing),
        cmocka_unit_test(what_if_a_server_is_down_or_a_set_partial),
        cmocka_unit_test(only_some_databases_may_be_left_out),
        cmocka_unit_test(a_repeated_name_gets_after_only_where_the_first_would_stop_too_early),
        cmocka_unit_test(a_repeated_name_that_times_do_not_tell_apart_is_named_by_its_lsn),
        cmocka_unit_test(between_two_zones_the_lsn_is_surer_than_after),
        cmocka_unit_test(a_repeated_name_without_times_and_lsns_is_refused),
        cmocka_unit_test(a_mark_of_no_set_counts_as_a_repetition_too),
        cmocka_unit_test(of_several_repetitions_the_newest_must_lie_before_after),
        cmocka_unit_test(a_full_restore_meets_the_repetitions_behind_its_full_set),
        cmocka_unit_test(after_is_the_time_of_the_databases_own_mark),
        cmocka_unit_test(names_with_brackets_and_quotes_are_quoted),
        cmocka_unit_test(a_name_that_cannot_be_written_is_refused),
        cmocka_unit_test(a_path_that_cannot_be_written_is_refused),
        cmocka_unit_test(moved_files_and_urls_are_read_from_where_they_are),
        cmocka_unit_test(an_empty_log_on_the_way_is_left_out),
        cmocka_unit_test(a_newer_destination_gets_no_standby_proof),
        cmocka_unit_test(the_hash_names_what_is_done_and_not_when),
        cmocka_unit_test(a_plan_survives_the_way_through_json),
        cmocka_unit_test(what_is_no_plan_is_refused),
        cmocka_unit_test(only_custom_alerts_and_rules_may_be_left_out),
        cmocka_unit_test(a_database_of_unknown_use_may_not_be_left_out),
        cmocka_unit_test(a_set_that_holds_a_database_of_no_roster_is_no_target),
        cmocka_unit_test(a_custom_database_of_an_older_set_is_left_out_only_by_its_name),
        cmocka_unit_test(what_is_left_out_and_why_is_kept_and_counted_in_the_hash),
        cmocka_unit_test(standing_at_the_mark_is_not_standing_before_it),
        cmocka_unit_test(consent_to_replace_counts_for_the_named_server_only),
        cmocka_unit_test(the_hash_covers_every_statement),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
