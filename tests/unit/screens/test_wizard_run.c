#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <locale.h>

#include "core/base/memory.h"
#include "screens/wizard_private.h"

/* A wizard at its run, with a worker at the other end that says nothing by itself. */
struct stage {
    struct wizard_screen screen;
    struct screen_world world;
};

static struct run_snapshot *snapshot(enum run_state state, size_t databases)
{
    struct run_snapshot *made = memory_new(sizeof *made);
    made->summary.run = 7;
    made->summary.state = state;
    made->prepared = true;
    for (size_t i = 0; i < databases; i++) {
        struct run_database *lane = memory_append(made, databases);
        snprintf(lane->server, sizeof lane->server, "DRSQL%d", i % 2 ? 2 : 1);
        snprintf(lane->database, sizeof lane->database, "Database%02zu", i);
        lane->state = LANE_AT_MARK;
        lane->percent = 100;
        lane->set = 1184;
        lane->left_ms = DURATION_UNKNOWN;
        lane->reached_utc_ms = TIME_UNKNOWN;
    }
    return made;
}

static void open_stage(struct stage *stage, struct run_snapshot *shown)
{
    *stage = (struct stage){.screen.wizard = wizard_new()};
    wizard_run_started(stage->screen.wizard, 7);
    wizard_run_snapshot(stage->screen.wizard, shown);
    stage->screen.client = (struct run_client *)(void *)stage; /* only asked whether it is there */
}

static void close_stage(struct stage *stage)
{
    wizard_free(stage->screen.wizard);
}

static bool bar_has(struct stage *stage, enum action_id wanted)
{
    const enum action_id *bar = screen_wizard.bar_now(&stage->screen);
    for (; *bar != ACTION_NONE; bar++)
        if (*bar == wanted)
            return true;
    return false;
}

/* The run's page in that size. Owned. */
static char *picture(struct stage *stage, int rows, int columns)
{
    struct canvas canvas = canvas_open(rows, columns, GLYPH_SET_UTF8);
    struct str out = {0};
    wizard_draw_run(&stage->screen, &stage->world, &canvas);
    canvas_dump_text(&canvas, &out);
    canvas_close(&canvas);
    return str_take(&out);
}

static void assert_in(struct stage *stage, int rows, int columns, const char *text, bool shown)
{
    char *drawn = picture(stage, rows, columns);
    if ((strstr(drawn, text) != NULL) != shown)
        fail_msg("\"%s\" is %sin\n%s", text, shown ? "not " : "", drawn);
    free(drawn);
}

static void a_failed_run_that_waits_shows_the_keys_it_waits_for(void **state)
{
    struct stage stage;
    struct run_snapshot *failed = snapshot(RUN_FAILED, 2);
    (void)state;
    failed->can_retry = failed->can_abort = true;
    open_stage(&stage, failed);
    assert_true(bar_has(&stage, ACTION_RUN_RETRY));
    assert_true(bar_has(&stage, ACTION_RUN_ABORT));
    assert_true(bar_has(&stage, ACTION_RUN_DETACH));
    assert_false(bar_has(&stage, ACTION_RUN_PAUSE));
    unsigned attr;
    assert_string_equal(screen_wizard.note(&stage.screen, &attr),
                        "run 7 has FAILED and waits for you");
    assert_int_equal(attr, ATTR_CRITICAL);
    close_stage(&stage);
}

static void behind_the_gate_no_key_is_shown_that_does_nothing(void **state)
{
    struct stage stage;
    (void)state;
    open_stage(&stage, snapshot(RUN_RECOVERING, 2));
    assert_true(bar_has(&stage, ACTION_RUN_DETACH));
    assert_false(bar_has(&stage, ACTION_RUN_PAUSE));
    assert_false(bar_has(&stage, ACTION_RUN_ABORT));
    assert_false(bar_has(&stage, ACTION_RUN_RETRY));
    close_stage(&stage);
}

static void a_refused_run_shows_the_way_back_and_says_so_elsewhere(void **state)
{
    struct stage stage;
    struct error error;
    char why[600];
    (void)state;
    open_stage(&stage, snapshot(RUN_PREPARING, 2));
    error_set(&error, ERR_LOCKED, "DRSQL1", NULL, "another run holds the lock");
    wizard_run_refused(stage.screen.wizard, &error);
    assert_true(bar_has(&stage, ACTION_WIZARD_BACK));
    assert_false(bar_has(&stage, ACTION_WIZARD_NEXT));
    assert_false(bar_has(&stage, ACTION_RUN_DETACH));
    assert_false(wizard_may_go_on(stage.screen.wizard, why, sizeof why));
    assert_non_null(strstr(why, "nothing was changed"));
    unsigned attr;
    assert_string_equal(screen_wizard.note(&stage.screen, &attr),
                        "the run was refused before its first write");
    assert_int_equal(attr, ATTR_WARNING);
    close_stage(&stage);
}

static void why_it_failed_is_told_once_with_what_to_do_and_never_under_the_gate(void **state)
{
    struct stage stage;
    struct run_snapshot *failed = snapshot(RUN_FAILED, 10);
    (void)state;
    failed->can_retry = true;
    failed->databases[9].state = LANE_FAILED;
    error_set(&failed->error, ERR_FAILED, "DRSQL2/Database09", "check path, share and rights",
              "server error 3201: Cannot open backup device "
              "'\\\\backup\\biztalk\\SQLA_BizTalkMgmtDb_Log_BTS_2026_11_20_12_15_00_547.bak': "
              "operating system error 2(the file is not there)");
    error_format(&failed->error, failed->databases[9].message,
                 sizeof failed->databases[9].message);
    open_stage(&stage, failed);
    assert_in(&stage, 17, 62, "check path, share and rights", true);
    char *drawn = picture(&stage, 17, 62);
    const char *first = strstr(drawn, "error 3201");
    assert_non_null(first);
    assert_null(strstr(first + 1, "error 3201"));
    free(drawn);
    assert_in(&stage, 2, 39, "GATE", false);
    assert_in(&stage, 2, 39, "DRSQL2/Database09", true);
    assert_in(&stage, 7, 59, "\nGATE  10 of 10 not yet", true);
    close_stage(&stage);
}

static void the_rail_does_not_tick_off_a_run_that_failed(void **state)
{
    struct stage stage;
    static char group[] = "Contoso production";
    struct config config = {.group_name = group};
    (void)state;
    open_stage(&stage, snapshot(RUN_FAILED, 2));
    stage.world.config = &config;
    stage.screen.wizard->step = WIZARD_AFTER;
    struct canvas canvas = canvas_open(19, 80, GLYPH_SET_UTF8);
    struct str out = {0};
    screen_wizard.draw(&stage.screen, &stage.world, &canvas);
    canvas_dump_text(&canvas, &out);
    assert_non_null(strstr(out.text, "✓  6 Confirm"));
    assert_non_null(strstr(out.text, "✖  7 Run"));
    assert_non_null(strstr(out.text, "✖  8 Verify"));
    str_free(&out);
    canvas_close(&canvas);
    close_stage(&stage);
}

static void the_time_left_is_whole_beside_the_rail_of_80_columns(void **state)
{
    enum { BESIDE_THE_RAIL = 62 };
    struct stage stage;
    struct run_snapshot *shown = snapshot(RUN_RESTORING, 2);
    (void)state;
    shown->databases[0].state = LANE_RESTORING;
    shown->databases[0].percent = 61;
    shown->databases[0].reached_utc_ms = INT64_C(1795261930000);
    shown->databases[0].left_ms = 119 * 60000;
    open_stage(&stage, shown);
    assert_in(&stage, 17, BESIDE_THE_RAIL, "11:52:10  119 min\n", true);
    assert_in(&stage, 17, 113, "11:52:10  1 h 59 min left\n", true);
    close_stage(&stage);
}

static void where_not_all_lanes_have_room_the_failed_one_is_seen(void **state)
{
    struct stage stage;
    struct run_snapshot *shown = snapshot(RUN_RESTORING, 30);
    (void)state;
    shown->databases[29].state = LANE_FAILED;
    shown->databases[27].state = LANE_RESTORING;
    open_stage(&stage, shown);
    assert_in(&stage, 17, 62, "Database29", true);
    assert_in(&stage, 17, 62, "Database27", true);
    assert_in(&stage, 17, 62, "28 of 30 not shown: they are further on", true);
    assert_in(&stage, 60, 62, "Database00", true);
    assert_in(&stage, 60, 62, "not shown", false);
    for (int i = 0; i < 30; i++)
        shown->databases[i].state = LANE_RESTORING;
    assert_in(&stage, 7, 59, "Database00", true);
    assert_in(&stage, 7, 59, "27 of 30 not shown\n", true);
    for (int rows = 1; rows < 40; rows++)
        free(picture(&stage, rows, 39));
    close_stage(&stage);
}

int main(void)
{
    setlocale(LC_ALL, "C.UTF-8");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failed_run_that_waits_shows_the_keys_it_waits_for),
        cmocka_unit_test(behind_the_gate_no_key_is_shown_that_does_nothing),
        cmocka_unit_test(a_refused_run_shows_the_way_back_and_says_so_elsewhere),
        cmocka_unit_test(why_it_failed_is_told_once_with_what_to_do_and_never_under_the_gate),
        cmocka_unit_test(the_rail_does_not_tick_off_a_run_that_failed),
        cmocka_unit_test(the_time_left_is_whole_beside_the_rail_of_80_columns),
        cmocka_unit_test(where_not_all_lanes_have_room_the_failed_one_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
