#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <locale.h>
#include <unistd.h>

#include "core/base/memory.h"
#include "tests/support/scene.h"
#include "tui/keys.h"

static struct scene *healthy(void)
{
    return scene_new(build_contoso(1, false), false, false);
}

static void assert_shows(struct scene *scene, const char *text)
{
    char *picture = scene_picture(scene, 24, 80, GLYPH_SET_UTF8, false);
    if (!strstr(picture, text))
        fail_msg("\"%s\" is not in\n%s", text, picture);
    free(picture);
}

static void assert_hides(struct scene *scene, const char *text)
{
    char *picture = scene_picture(scene, 24, 80, GLYPH_SET_UTF8, false);
    if (strstr(picture, text))
        fail_msg("\"%s\" is in\n%s", text, picture);
    free(picture);
}

static void digits_and_tab_go_through_the_panels(void **state)
{
    struct scene *scene = healthy();
    (void)state;
    static const char *const shown[] = {"CAN WE FAIL OVER?", "In the backup job", "At the standby",
                                        "All have applied",  "newest by roll",    "SQLA, source",
                                        "Verdict",           "What"};
    for (int i = 0; i < 8; i++) {
        char key[2] = {(char)('1' + i), '\0'};
        scene_keys(scene, key);
        assert_shows(scene, shown[i]);
    }
    scene_keys(scene, "Tab");
    assert_shows(scene, "CAN WE FAIL OVER?");
    scene_keys(scene, "BackTab BackTab");
    assert_shows(scene, "critical");
    scene_free(scene);
}

static void enter_opens_details_and_esc_goes_back(void **state)
{
    struct scene *scene = healthy();
    (void)state;
    scene_keys(scene, "2 Enter");
    assert_shows(scene, "Recovery model");
    scene_keys(scene, "Esc");
    assert_shows(scene, "In the backup job");
    scene_keys(scene, "Esc 3 j Enter");
    assert_shows(scene, "Set 1183, log");
    scene_keys(scene, "Esc 8 Enter");
    assert_hides(scene, "has fallen out");
    scene_keys(scene, "Esc Esc Esc");
    assert_false(app_effects(scene->app).quit);
    scene_free(scene);
}

static void v_has_a_complete_set_read_whole_and_no_other(void **state)
{
    struct scene *scene = scene_new(build_contoso(1, true), false, false);
    (void)state;
    scene_keys(scene, "3 v"); /* set 1185 is being taken */
    assert_int_equal(app_effects(scene->app).verify_set, 0);
    assert_shows(scene, "only files of a complete set are opened");
    scene_keys(scene, "j v");
    assert_int_equal(app_effects(scene->app).verify_set, 1184);
    assert_int_equal(app_effects(scene->app).verify_set, 0);
    scene_keys(scene, "/ v");
    assert_int_equal(app_effects(scene->app).verify_set, 0);
    scene_free(scene);
}

static void q_leaves_a_view_first_and_the_program_last(void **state)
{
    struct scene *scene = healthy();
    (void)state;
    scene_keys(scene, "2 Enter q");
    assert_false(app_effects(scene->app).quit);
    assert_shows(scene, "In the backup job");
    scene_keys(scene, "q");
    assert_true(app_effects(scene->app).quit);
    scene_free(scene);
}

static void a_filter_takes_every_key_until_it_is_closed(void **state)
{
    struct scene *scene = healthy();
    (void)state;
    scene_keys(scene, "2 / type:q1R");
    assert_false(app_effects(scene->app).quit);
    assert_shows(scene, "q1R");
    scene_keys(scene, "Esc");
    assert_shows(scene, "BizTalkMgmtDb");
    scene_free(scene);
}

static void the_selected_row_survives_a_refresh(void **state)
{
    struct scene *scene = healthy();
    (void)state;
    scene_keys(scene, "2 j j j");
    assert_shows(scene, "▸SQLA   SSODB");
    scene_show(scene);
    assert_shows(scene, "▸SQLA   SSODB");
    scene_free(scene);
}

static void while_paused_nothing_changes_and_it_is_said_in_words(void **state)
{
    struct scene *scene = healthy();
    (void)state;
    scene_keys(scene, "Space");
    assert_true(app_is_paused(scene->app));
    build_kill(scene->build, 3);
    scene_show(scene);
    assert_shows(scene, "PAUSED");
    assert_hides(scene, "silent");
    assert_false(app_tick(scene->app));
    scene_keys(scene, "Space");
    assert_shows(scene, "DRSQL2 silent");
    scene_free(scene);
}

static void a_server_that_goes_silent_is_said_in_the_header_and_the_log(void **state)
{
    struct scene *scene = healthy();
    (void)state;
    assert_shows(scene, "● live");
    build_kill(scene->build, 3);
    scene_show(scene);
    assert_shows(scene, "✖ DRSQL2 silent");
    scene_keys(scene, "8");
    assert_shows(scene, "fail-over: not possible");
    scene_free(scene);
}

static void commands_are_completed_and_obeyed(void **state)
{
    struct scene *scene = healthy();
    (void)state;
    scene_keys(scene, ": type:sta Tab Enter");
    assert_shows(scene, "All have applied");
    scene_keys(scene, ": type:standbi Enter");
    assert_shows(scene, "did you mean \"standby\"");
    scene_keys(scene, ": type:q Enter");
    assert_true(app_effects(scene->app).quit);
    scene_free(scene);
}

static void y_hands_the_row_to_the_clipboard(void **state)
{
    struct scene *scene = healthy();
    (void)state;
    scene_keys(scene, "2 y");
    struct app_effects effects = app_effects(scene->app);
    assert_non_null(effects.copy);
    assert_non_null(strstr(effects.copy, "SQLA\tBizTalkMgmtDb"));
    free(effects.copy);
    scene_free(scene);
}

static void w_saves_the_panel_once_and_never_over_a_file(void **state)
{
    struct scene *scene = healthy();
    char directory[] = "/tmp/stopmark-app-XXXXXX";
    (void)state;
    assert_non_null(mkdtemp(directory));
    char *command = memory_format(": type:save_%s/panel Enter", directory);
    scene_keys(scene, "3");
    scene_keys(scene, command);
    assert_shows(scene, "saved as");
    scene_keys(scene, command);
    assert_shows(scene, "File exists");
    char *path = memory_format("%s/panel", directory);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(directory), 0);
    free(path);
    free(command);
    scene_free(scene);
}

static void the_wall_screen_cannot_restore(void **state)
{
    struct scene *scene = scene_new(build_contoso(1, false), true, false);
    (void)state;
    scene_keys(scene, "R");
    assert_hides(scene, "Situation");
    assert_shows(scene, "READ-ONLY");
    assert_hides(scene, "R restore");
    scene_keys(scene, "5 R");
    assert_hides(scene, "Situation");
    scene_keys(scene, ": type:restore Enter");
    assert_hides(scene, "Situation");
    scene_free(scene);
}

static void the_wall_screen_shows_its_panels_in_turn_if_asked(void **state)
{
    struct scene *scene = scene_new(build_contoso(1, false), true, false);
    (void)state;
    scene->build->now_monotonic_ms += 30000;
    app_tick(scene->app);
    assert_shows(scene, "data lost");
    scene_keys(scene, "o");
    scene->build->now_monotonic_ms += 21000;
    app_tick(scene->app);
    assert_shows(scene, "In the backup job");
    scene_keys(scene, "o");
    scene->build->now_monotonic_ms += 21000;
    app_tick(scene->app);
    assert_shows(scene, "In the backup job");
    scene_free(scene);
}

static void every_size_down_to_one_cell_can_be_drawn(void **state)
{
    struct scene *scene = healthy();
    (void)state;
    for (int panel = 0; panel < 9; panel++) {
        char key[2] = {(char)(panel < 8 ? '1' + panel : 'R'), '\0'};
        scene_keys(scene, key);
        for (int rows = 1; rows < 60; rows += 7)
            for (int columns = 1; columns < 200; columns += 13)
                free(scene_picture(scene, rows, columns, GLYPH_SET_UTF8, false));
    }
    scene_free(scene);
}

static void the_demo_kills_its_sources_only_by_the_typed_word(void **state)
{
    struct scene *scene = scene_new(build_contoso(1, false), false, true);
    (void)state;
    scene_keys(scene, "K Enter Enter");
    assert_false(scene->sources_dead);
    scene_keys(scene, "type:die Enter");
    assert_true(scene->sources_dead);
    scene_keys(scene, "K");
    assert_false(scene->sources_dead);
    scene_free(scene);
}

static void without_the_demo_k_does_nothing(void **state)
{
    struct scene *scene = healthy();
    (void)state;
    scene_keys(scene, "K type:die Enter");
    assert_false(scene->sources_dead);
    scene_free(scene);
}

static void the_wizard_keeps_its_step_while_other_panels_are_looked_at(void **state)
{
    struct scene *scene = scene_new(build_contoso(1, false), false, false);
    (void)state;
    build_kill(scene->build, 0);
    build_kill(scene->build, 1);
    scene_show(scene);
    scene_keys(scene, "R 1 Enter");
    assert_shows(scene, "fence it");
    scene_keys(scene, "q 3");
    assert_shows(scene, "At the standby");
    scene_keys(scene, "R");
    assert_shows(scene, "fence it");
    scene_free(scene);
}

static void space_chooses_in_a_list_of_choices_and_pauses_elsewhere(void **state)
{
    struct scene *scene = healthy();
    (void)state;
    scene_keys(scene, "R Space");
    assert_false(app_is_paused(scene->app));
    assert_shows(scene, "◉ 1 source lost");
    scene_keys(scene, "Enter Space");
    assert_true(app_is_paused(scene->app));
    scene_keys(scene, "Space 2 Enter Space");
    assert_true(app_is_paused(scene->app));
    scene_free(scene);
}

static void r_on_a_mark_takes_that_mark_along(void **state)
{
    struct scene *scene = scene_new(build_contoso(1, false), false, false);
    (void)state;
    build_kill(scene->build, 0);
    build_kill(scene->build, 1);
    scene_show(scene);
    scene_keys(scene, "5 Left Left R 1 Enter Enter type:secret Enter type:secret Enter Enter");
    assert_shows(scene, "▸ ◉ 3 BTS_2026_11_20_11_30_00_547");
    scene_keys(scene, "Enter Enter");
    assert_shows(scene, "Contoso production ▸ BTS_2026_11_20_11_30_00_547");
    scene_free(scene);
}

static void what_if_is_shown_plainly_and_cleared_by_a_key(void **state)
{
    struct scene *scene = healthy();
    (void)state;
    scene_keys(scene, "5 x");
    assert_shows(scene, "WHAT IF (not real, c clears): file 1184/BizTalkMgmtDb missing");
    assert_shows(scene, "newest by roll forward: none");
    scene_show(scene); /* a new view is seen under the same assumptions */
    assert_shows(scene, "newest by roll forward: none");
    scene_keys(scene, "x"); /* the same key again */
    assert_hides(scene, "WHAT IF");
    assert_shows(scene, "newest by roll forward: 1184");
    scene_keys(scene, "d p D");
    assert_shows(scene, "DRSQL1 down; ");
    scene_keys(scene, "c");
    assert_hides(scene, "WHAT IF");
    assert_shows(scene, "newest by roll forward: 1184");
    scene_free(scene);
}

static void what_if_reaches_neither_a_restore_nor_another_panel(void **state)
{
    struct scene *scene = healthy();
    (void)state;
    scene_keys(scene, "5 x R");
    assert_shows(scene, "what is shown is assumed");
    assert_shows(scene, "WHAT IF");
    scene_keys(scene, "Enter");
    assert_shows(scene, "does not reach it");
    scene_keys(scene, "Esc");
    assert_shows(scene, "whole group");
    scene_keys(scene, "1");
    assert_shows(scene, "YES");
    assert_hides(scene, "WHAT IF");
    scene_keys(scene, "5"); /* it stays there, and says so, until it is cleared */
    assert_shows(scene, "WHAT IF");
    scene_free(scene);
}

static void each_situation_looks_at_what_it_needs(void **state)
{
    struct scene *scene = healthy();
    (void)state;
    scene_keys(scene, "R j Enter");
    assert_shows(scene, "● SQLA answers\n");
    assert_shows(scene, "DRSQL1: the shipping jobs will be disabled first");
    scene_keys(scene, "b j Enter");
    assert_shows(scene, "● SQLA answers, and goes on as it is");
    assert_shows(scene, "DRSQL1: the shipping jobs go on");
    scene_free(scene);
}

static void what_was_said_of_one_key_goes_with_the_next(void **state)
{
    struct scene *scene = scene_new(build_contoso(1, true), false, false);
    (void)state;
    scene_keys(scene, "3 v");
    assert_shows(scene, "only files of a complete set are opened");
    scene_keys(scene, "1");
    assert_hides(scene, "only files of a complete set are opened");
    scene_free(scene);
}

static void in_the_wizard_space_is_not_offered_as_a_pause(void **state)
{
    struct scene *scene = healthy();
    (void)state;
    assert_shows(scene, "Space pause");
    scene_keys(scene, "R");
    char *picture = scene_picture(scene, 40, 132, GLYPH_SET_UTF8, false);
    assert_non_null(strstr(picture, "w save"));
    assert_null(strstr(picture, "Space pause"));
    free(picture);
    scene_free(scene);
}

static void a_live_group_is_no_no_in_one_line(void **state)
{
    struct scene *scene = healthy();
    (void)state;
    build_fail_over(scene->build, 1184, "BTS_2026_11_20_12_00_00_547");
    scene_show(scene);
    char *picture = scene_picture(scene, 5, 30, GLYPH_SET_UTF8, false);
    assert_ptr_equal(strstr(picture, "▲ FAILED OVER ●"), picture);
    free(picture);
    picture = scene_picture(scene, 10, 40, GLYPH_SET_UTF8, false);
    assert_non_null(strstr(picture, "ALREADY FAILED OVER\n"));
    free(picture);
    scene_keys(scene, "R 1 Enter");
    assert_shows(scene, "leave them alone: a restore would overwrite the");
    scene_free(scene);
}

static void random_keys_never_crash_and_never_start_a_run(void **state)
{
    struct scene *scene = scene_new(build_contoso(1, true), false, true);
    uint32_t random = 20261120;
    (void)state;
    static const uint32_t keys[] = {KEYS_ENTER, KEYS_ESC,  KEYS_TAB,  KEYS_UP,   KEYS_DOWN,
                                    KEYS_LEFT,  KEYS_RIGHT, KEYS_HOME, KEYS_END, KEYS_PAGE_UP,
                                    KEYS_PAGE_DOWN, KEYS_BACKSPACE, '1', '2', '3', '4', '5', '6',
                                    '7', '8', 'R', 'j', 'k', 's', 'S', '/', 'n', 'y', '?', ':',
                                    ' ', 'b', 'K', 'O', 'd', 'p', 'a', 't', 'x', 'g', 'G', 'm'};
    for (int i = 0; i < 3000; i++) {
        random = random * 1664525u + 1013904223u;
        app_key(scene->app, keys[(random >> 8) % (sizeof keys / sizeof *keys)]);
        struct app_effects effects = app_effects(scene->app);
        free(effects.copy);
        free(effects.theme);
        assert_int_equal(effects.fd, -1);
        if (i % 100 == 0)
            free(scene_picture(scene, 24, 80, GLYPH_SET_UTF8, false));
    }
    scene_free(scene);
}

int main(void)
{
    setlocale(LC_ALL, "C.UTF-8");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digits_and_tab_go_through_the_panels),
        cmocka_unit_test(enter_opens_details_and_esc_goes_back),
        cmocka_unit_test(v_has_a_complete_set_read_whole_and_no_other),
        cmocka_unit_test(q_leaves_a_view_first_and_the_program_last),
        cmocka_unit_test(a_filter_takes_every_key_until_it_is_closed),
        cmocka_unit_test(the_selected_row_survives_a_refresh),
        cmocka_unit_test(while_paused_nothing_changes_and_it_is_said_in_words),
        cmocka_unit_test(a_server_that_goes_silent_is_said_in_the_header_and_the_log),
        cmocka_unit_test(commands_are_completed_and_obeyed),
        cmocka_unit_test(y_hands_the_row_to_the_clipboard),
        cmocka_unit_test(w_saves_the_panel_once_and_never_over_a_file),
        cmocka_unit_test(the_wall_screen_cannot_restore),
        cmocka_unit_test(the_wall_screen_shows_its_panels_in_turn_if_asked),
        cmocka_unit_test(every_size_down_to_one_cell_can_be_drawn),
        cmocka_unit_test(the_demo_kills_its_sources_only_by_the_typed_word),
        cmocka_unit_test(without_the_demo_k_does_nothing),
        cmocka_unit_test(the_wizard_keeps_its_step_while_other_panels_are_looked_at),
        cmocka_unit_test(space_chooses_in_a_list_of_choices_and_pauses_elsewhere),
        cmocka_unit_test(r_on_a_mark_takes_that_mark_along),
        cmocka_unit_test(what_if_is_shown_plainly_and_cleared_by_a_key),
        cmocka_unit_test(what_if_reaches_neither_a_restore_nor_another_panel),
        cmocka_unit_test(each_situation_looks_at_what_it_needs),
        cmocka_unit_test(what_was_said_of_one_key_goes_with_the_next),
        cmocka_unit_test(in_the_wizard_space_is_not_offered_as_a_pause),
        cmocka_unit_test(a_live_group_is_no_no_in_one_line),
        cmocka_unit_test(random_keys_never_crash_and_never_start_a_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
