#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/readiness.h"
#include "tests/support/build_view.h"

#define BOX "BizTalkMsgBoxDb"

enum { MINUTE_MS = 60 * 1000 };

struct world {
    struct build *build;
    struct group_view *view;
};

static const struct readiness *look(struct world *world)
{
    group_view_release(world->view);
    world->view = build_view(world->build);
    return &world->view->readiness;
}

static void leave(struct world *world)
{
    group_view_release(world->view);
    build_free(world->build);
}

static void assert_first_reason(const struct readiness *readiness, const char *words)
{
    assert_true(readiness->reasons_count > 0);
    if (strstr(readiness->reasons[0], words) == NULL)
        print_error("first reason: %s\n", readiness->reasons[0]);
    assert_non_null(strstr(readiness->reasons[0], words));
}

static void a_healthy_estate_says_yes_but_that_the_files_are_not_checked(void **state)
{
    (void)state;
    struct world world = {.build = build_contoso(1, true)};
    const struct readiness *readiness = look(&world);
    assert_true(readiness->possible);
    assert_int_equal(readiness->verdict, VERDICT_WARNING);
    assert_int_equal(readiness->evidence, EVIDENCE_MSDB);
    assert_int_equal(readiness->reasons_count, 1);
    assert_first_reason(readiness, "stopmark grants --login NAME --proof");
    assert_int_equal(readiness->data_loss_ms, 20 * MINUTE_MS + 49453);
    assert_true(readiness->restore_ms > 0);
    for (size_t i = 2; i <= 3; i++)
        world.build->servers[i]->can_read_headers = true;
    assert_first_reason(look(&world), "first phase reads every header");
    leave(&world);
}

/* In the first moments the destinations' history alone would tell a loss of seconds. */
static void a_source_that_was_not_asked_yet_has_no_last_sign_of_life(void **state)
{
    (void)state;
    struct world world = {.build = build_kept_up()};
    for (size_t i = 0; i < 2; i++) {
        struct server_view *source = world.build->servers[i];
        if (source->role != ROLE_SOURCE)
            continue;
        source->reachable = source->has_management = false;
        source->as_of_monotonic_ms = source->server_utc_ms = TIME_UNKNOWN;
    }
    assert_true(look(&world)->data_loss_ms == DURATION_UNKNOWN);
    for (size_t i = 0; i < 2; i++)
        if (world.build->servers[i]->role == ROLE_SOURCE)
            build_kill(world.build, (int)i);
    const struct readiness *silent = look(&world);
    assert_true(silent->data_loss_ms != DURATION_UNKNOWN);
    assert_int_equal(silent->loss_basis, LOSS_LAST_SEEN);
    leave(&world);
}

static void a_limit_that_is_exceeded_is_named_with_its_figure(void **state)
{
    (void)state;
    struct world world = {.build = build_kept_up()};
    world.build->config.data_loss = (struct limit){20 * MINUTE_MS, 60 * MINUTE_MS};
    const struct readiness *readiness = look(&world);
    assert_int_equal(readiness->verdict, VERDICT_WARNING);
    assert_first_reason(readiness, "the data loss is 20 min 49 s, the limit 20 min");
    world.build->config.data_loss = (struct limit){10 * MINUTE_MS, 20 * MINUTE_MS};
    readiness = look(&world);
    assert_int_equal(readiness->verdict, VERDICT_CRITICAL);
    assert_true(readiness->possible);
    world.build->config.data_loss = (struct limit){DURATION_UNKNOWN, DURATION_UNKNOWN};
    world.build->config.restore_time = (struct limit){1, DURATION_UNKNOWN};
    assert_first_reason(look(&world), "the restore time is");
    leave(&world);
}

static void a_destination_that_is_down_is_a_no(void **state)
{
    (void)state;
    struct world world = {.build = build_kept_up()};
    build_kill(world.build, 1);
    const struct readiness *readiness = look(&world);
    assert_int_equal(readiness->verdict, VERDICT_CRITICAL);
    assert_false(readiness->possible);
    assert_first_reason(readiness, "DRSQL1 does not answer: no connection");
    leave(&world);
}

static void before_the_first_answer_it_cannot_tell(void **state)
{
    (void)state;
    struct world world = {.build = build_small()};
    for (int i = 0; i < 2; i++) {
        struct server_view *fresh =
            server_view_new(world.build->servers[i]->name, world.build->servers[i]->role);
        server_view_release(world.build->servers[i]);
        world.build->servers[i] = fresh;
    }
    const struct readiness *readiness = look(&world);
    assert_int_equal(readiness->verdict, VERDICT_UNKNOWN);
    assert_first_reason(readiness, "has not been read yet");
    leave(&world);
}

static void with_no_way_but_full_restores_it_is_a_yes_with_a_price(void **state)
{
    (void)state;
    struct world world = {.build = build_kept_up()};
    build_row(world.build, 1, BOX)->state = STATE_ABSENT;
    const struct readiness *readiness = look(&world);
    assert_true(readiness->possible);
    assert_int_equal(readiness->newest, -1);
    assert_true(readiness->newest_any >= 0);
    assert_int_equal(readiness->verdict, VERDICT_WARNING);
    assert_first_reason(readiness, "restore --mark BTS_2026_11_20_12_00_00_547");
    leave(&world);
}

static void with_no_mark_for_all_it_is_a_no_that_says_who_and_why(void **state)
{
    (void)state;
    struct world world = {.build = build_small()};
    build_log(world.build, 91, true);
    build_log(world.build, 92, true); /* applied to its end, and no full set to start again */
    const struct readiness *readiness = look(&world);
    assert_int_equal(readiness->verdict, VERDICT_CRITICAL);
    assert_false(readiness->possible);
    assert_first_reason(readiness, "force a full backup");
    bool named = false;
    for (size_t i = 0; i < readiness->reasons_count; i++)
        named = named || strstr(readiness->reasons[i], "DRSQL1/" BOX) != NULL;
    assert_true(named);
    leave(&world);
}

static void a_dead_source_alone_does_not_change_the_answer(void **state)
{
    (void)state;
    struct world world = {.build = build_contoso(1, false)};
    build_kill(world.build, 0);
    build_kill(world.build, 1);
    const struct readiness *readiness = look(&world);
    assert_true(readiness->possible);
    assert_int_equal(readiness->verdict, VERDICT_WARNING);
    assert_int_equal(readiness->loss_basis, LOSS_LAST_SEEN);
    assert_int_equal(readiness_overall(world.view), VERDICT_CRITICAL); /* SQLA does not answer */
    leave(&world);
}

static void a_group_that_was_failed_over_says_so(void **state)
{
    (void)state;
    struct world world = {.build = build_kept_up()};
    static const char *const names[] = {"BizTalkMgmtDb", BOX};
    for (size_t i = 0; i < 2; i++) {
        build_stop_at(world.build, names[i], 100, "BTS_2026_11_20_12_00_00_547");
        build_row(world.build, 1, names[i])->state = STATE_ONLINE;
        build_row(world.build, 1, names[i])->redo_lsn = (struct lsn){0};
    }
    const struct readiness *readiness = look(&world);
    assert_int_equal(readiness->verdict, VERDICT_WARNING);
    assert_first_reason(readiness, "was failed over");
    leave(&world);
}

/* A restore over production is no way back: neither where the marks tell nothing of how it came
 * up, nor where one custom database was left behind. */
static void a_live_group_is_offered_no_full_restore(void **state)
{
    (void)state;
    struct world world = {.build = build_contoso(1, false)};
    for (size_t i = 0; i < world.build->databases_count; i++) {
        const struct build_database *database = &world.build->databases[i];
        if (strcmp(database->name, "ContosoOrders") == 0)
            continue;
        build_row(world.build, database->destination, database->name)->state = STATE_ONLINE;
        build_row(world.build, database->destination, database->name)->redo_lsn = (struct lsn){0};
    }
    const struct readiness *readiness = look(&world);
    assert_int_equal(readiness->verdict, VERDICT_WARNING);
    assert_first_reason(readiness, "was failed over");
    assert_int_equal(readiness->reasons_count, 2);
    assert_non_null(strstr(readiness->reasons[1], "DRSQL1/ContosoOrders is RESTORING"));
    assert_true(readiness->live);
    assert_false(readiness->possible);
    assert_int_equal(readiness->newest, -1);
    assert_int_equal(readiness->rule, -1);
    assert_int_equal(readiness->newest_any, -1);
    assert_int_equal(readiness->restore_ms, DURATION_UNKNOWN);
    leave(&world);
}

static void unknown_is_worse_than_a_warning_and_better_than_critical(void **state)
{
    (void)state;
    assert_int_equal(readiness_worse(VERDICT_OK, VERDICT_WARNING), VERDICT_WARNING);
    assert_int_equal(readiness_worse(VERDICT_UNKNOWN, VERDICT_WARNING), VERDICT_UNKNOWN);
    assert_int_equal(readiness_worse(VERDICT_UNKNOWN, VERDICT_CRITICAL), VERDICT_CRITICAL);
    assert_int_equal(readiness_worse(VERDICT_OK, VERDICT_ACKNOWLEDGED), VERDICT_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_healthy_estate_says_yes_but_that_the_files_are_not_checked),
        cmocka_unit_test(a_source_that_was_not_asked_yet_has_no_last_sign_of_life),
        cmocka_unit_test(a_limit_that_is_exceeded_is_named_with_its_figure),
        cmocka_unit_test(a_destination_that_is_down_is_a_no),
        cmocka_unit_test(before_the_first_answer_it_cannot_tell),
        cmocka_unit_test(with_no_way_but_full_restores_it_is_a_yes_with_a_price),
        cmocka_unit_test(with_no_mark_for_all_it_is_a_no_that_says_who_and_why),
        cmocka_unit_test(a_dead_source_alone_does_not_change_the_answer),
        cmocka_unit_test(a_group_that_was_failed_over_says_so),
        cmocka_unit_test(a_live_group_is_offered_no_full_restore),
        cmocka_unit_test(unknown_is_worse_than_a_warning_and_better_than_critical),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
