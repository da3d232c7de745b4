#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/memory.h"
#include "screens/wizard.h"
#include "tests/support/build_view.h"

struct world {
    struct build *build;
    struct group_view *view;
    struct wizard *wizard;
    char why[600];
};

static struct world open_world(bool lost)
{
    struct world world = {.build = build_contoso(2, false)};
    if (lost) {
        build_kill(world.build, 0);
        build_kill(world.build, 1);
    }
    world.view = build_view(world.build);
    world.wizard = wizard_new();
    return world;
}

static void close_world(struct world *world)
{
    wizard_free(world->wizard);
    group_view_release(world->view);
    build_free(world->build);
}

static bool next(struct world *world)
{
    bool on = wizard_next(world->wizard, world->view, world->why, sizeof world->why);
    if (on && world->wizard->step == WIZARD_PREFLIGHT)
        wizard_preflight(world->wizard, world->view, false);
    return on;
}

/* Walks to a step with the choices of an ordinary source-lost restore. */
static void walk_to(struct world *world, enum wizard_step step)
{
    struct wizard *wizard = world->wizard;
    assert_true(wizard_choose_situation(wizard, SITUATION_SOURCE_LOST));
    assert_true(wizard_choose_mark(wizard, TARGET_NEWEST, NULL));
    assert_true(wizard_choose_method(wizard, METHOD_DIRECT));
    wizard->secrets = SECRETS_READY;
    while (wizard->step < step)
        if (!next(world))
            fail_msg("%s: %s", wizard_step_title(wizard->step), world->why);
}

static void nothing_is_chosen_at_the_start_and_no_step_can_be_skipped(void **state)
{
    struct world world = open_world(true);
    (void)state;
    assert_false(next(&world));
    assert_int_equal(world.wizard->step, WIZARD_SITUATION);
    assert_true(wizard_choose_situation(world.wizard, SITUATION_SOURCE_LOST));
    assert_true(next(&world));
    assert_false(next(&world)); /* no passwords yet */
    world.wizard->secrets = SECRETS_READY;
    assert_true(next(&world));
    assert_false(next(&world));
    assert_non_null(strstr(world.why, "mark"));
    close_world(&world);
}

static void a_method_that_is_missing_is_refused_in_words(void **state)
{
    struct world world = open_world(true);
    (void)state;
    assert_true(wizard_choose_method(world.wizard, METHOD_JOBS));
    assert_non_null(strstr(wizard_method_refusal(METHOD_SCRIPT), "stopmark script"));
    assert_false(wizard_choose_method(world.wizard, METHOD_SCRIPT));
    close_world(&world);
}

static void every_situation_can_be_chosen(void **state)
{
    struct world world = open_world(true);
    (void)state;
    for (int s = SITUATION_SOURCE_LOST; s <= SITUATION_MIGRATION; s++)
        assert_true(wizard_choose_situation(world.wizard, (enum situation)s));
    close_world(&world);
}

/* open_world(true): the sources are dead. */
static void a_move_is_refused_without_its_sources_and_a_rehearsal_is_not(void **state)
{
    struct world world = open_world(true);
    (void)state;
    wizard_choose_situation(world.wizard, SITUATION_PLANNED_MOVE);
    assert_true(next(&world));
    world.wizard->secrets = SECRETS_READY;
    assert_false(next(&world));
    assert_non_null(strstr(world.why, "does not answer"));
    close_world(&world);
    world = open_world(false);
    wizard_choose_situation(world.wizard, SITUATION_REHEARSAL);
    assert_true(next(&world));
    world.wizard->secrets = SECRETS_READY;
    assert_true(next(&world));
    close_world(&world);
}

static void a_source_that_refuses_the_login_is_no_lost_one(void **state)
{
    struct world world = open_world(true);
    (void)state;
    struct server_view *source = world.build->servers[1];
    error_set(&source->error, ERR_LOGIN_REFUSED, "SQLB", "unlock it", "the login is locked");
    source->life = LIFE_ANSWERS;
    assert_true(wizard_choose_situation(world.wizard, SITUATION_SOURCE_LOST));
    assert_true(next(&world));
    world.wizard->secrets = SECRETS_READY;
    assert_false(next(&world));
    assert_non_null(strstr(world.why, "SQLB answers, and nothing can be seen there: the login is "
                                      "locked"));
    close_world(&world);
}

static void a_move_asks_whether_processing_is_stopped_before_the_group_s_name(void **state)
{
    struct world world = open_world(false);
    char word[300], question[1000];
    (void)state;
    wizard_choose_situation(world.wizard, SITUATION_PLANNED_MOVE);
    wizard_choose_mark(world.wizard, TARGET_NEWEST, NULL);
    wizard_choose_method(world.wizard, METHOD_DIRECT);
    wizard_make_plan(world.wizard, world.view);
    assert_true(wizard_next_word(world.wizard, "G", word, sizeof word, question, sizeof question));
    assert_string_equal(word, "stopped");
    assert_false(wizard_type_word(world.wizard, "G", "G"));
    assert_true(wizard_type_word(world.wizard, "G", "stopped"));
    assert_true(wizard_next_word(world.wizard, "G", word, sizeof word, question, sizeof question));
    assert_string_equal(word, "G");
    assert_non_null(strstr(question, "OFFLINE"));
    assert_true(wizard_type_word(world.wizard, "G", "G"));
    assert_true(world.wizard->confirmed);
    close_world(&world);
}

static void source_lost_is_refused_while_a_source_answers(void **state)
{
    struct world world = open_world(false);
    (void)state;
    wizard_choose_situation(world.wizard, SITUATION_SOURCE_LOST);
    assert_true(next(&world));
    world.wizard->secrets = SECRETS_READY;
    assert_false(next(&world));
    assert_non_null(strstr(world.why, "SQLA answers"));
    close_world(&world);
}

static void one_living_source_of_two_is_enough_to_refuse(void **state)
{
    struct world world = open_world(false);
    (void)state;
    build_kill(world.build, 0);
    group_view_release(world.view);
    world.view = build_view(world.build);
    wizard_choose_situation(world.wizard, SITUATION_SOURCE_LOST);
    assert_true(next(&world));
    world.wizard->secrets = SECRETS_READY;
    assert_false(next(&world));
    assert_non_null(strstr(world.why, "SQLB answers"));
    close_world(&world);
}

static void a_source_that_was_never_asked_is_not_taken_for_dead(void **state)
{
    struct world world = open_world(true);
    (void)state;
    server_view_release(world.build->servers[1]);
    world.build->servers[1] = server_view_new("SQLB", ROLE_SOURCE);
    group_view_release(world.view);
    world.view = build_view(world.build);
    wizard_choose_situation(world.wizard, SITUATION_SOURCE_LOST);
    assert_true(next(&world));
    world.wizard->secrets = SECRETS_READY;
    assert_false(next(&world));
    close_world(&world);
}

static void a_silent_destination_blocks(void **state)
{
    struct world world = open_world(true);
    (void)state;
    build_kill(world.build, 3);
    group_view_release(world.view);
    world.view = build_view(world.build);
    wizard_choose_situation(world.wizard, SITUATION_SOURCE_LOST);
    assert_true(next(&world));
    world.wizard->secrets = SECRETS_READY;
    assert_false(next(&world));
    assert_non_null(strstr(world.why, "DRSQL2"));
    close_world(&world);
}

static void the_plan_stands_when_its_step_is_entered(void **state)
{
    struct world world = open_world(true);
    (void)state;
    walk_to(&world, WIZARD_PLAN);
    assert_non_null(world.wizard->plan);
    assert_true(world.wizard->plan->possible);
    assert_int_equal(world.wizard->plan->databases_count, 10);
    close_world(&world);
}

static void only_the_groups_name_to_the_letter_confirms(void **state)
{
    struct world world = open_world(true);
    (void)state;
    walk_to(&world, WIZARD_CONFIRM);
    char word[300], question[600];
    assert_true(wizard_next_word(world.wizard, "Contoso production", word, sizeof word, question,
                                 sizeof question));
    assert_string_equal(word, "Contoso production");
    assert_false(wizard_type_word(world.wizard, "Contoso production", "contoso production"));
    assert_false(wizard_type_word(world.wizard, "Contoso production", ""));
    assert_false(world.wizard->confirmed);
    assert_false(next(&world));
    assert_true(wizard_type_word(world.wizard, "Contoso production", "Contoso production"));
    assert_true(world.wizard->confirmed);
    close_world(&world);
}

static void full_restores_by_choice_ask_for_their_own_word_first(void **state)
{
    struct world world = open_world(true);
    (void)state;
    walk_to(&world, WIZARD_MARK);
    const struct group_view *view = world.view;
    const struct mark *passed = &view->marks[view->marks_count - 4];
    assert_true(wizard_choose_mark(world.wizard, TARGET_CHOSEN, passed->name));
    wizard_allow_replace(world.wizard, "none/none");
    while (world.wizard->step < WIZARD_PLAN)
        assert_true(next(&world));
    assert_true(world.wizard->plan->asks_for_word);
    char word[300], question[600];
    assert_true(wizard_next_word(world.wizard, "G", word, sizeof word, question, sizeof question));
    assert_string_equal(word, "full restore");
    assert_false(wizard_type_word(world.wizard, "G", "G"));
    assert_true(wizard_type_word(world.wizard, "G", "full restore"));
    assert_false(world.wizard->confirmed);
    assert_true(wizard_type_word(world.wizard, "G", "G"));
    assert_true(world.wizard->confirmed);
    close_world(&world);
}

static void what_is_overwritten_must_be_named_database_by_database(void **state)
{
    struct world world = open_world(true);
    (void)state;
    build_row(world.build, 2, "SSODB")->state = STATE_ONLINE;
    build_row(world.build, 3, "BizTalkMsgBoxDb2")->state = STATE_ONLINE;
    group_view_release(world.view);
    world.view = build_view(world.build);
    walk_to(&world, WIZARD_MARK);
    const struct group_view *view = world.view;
    wizard_choose_mark(world.wizard, TARGET_CHOSEN, view->marks[view->marks_count - 1].name);
    while (world.wizard->step < WIZARD_PLAN)
        assert_true(next(&world));
    char name[300];
    size_t asked = 0;
    while (wizard_must_replace(world.wizard, name, sizeof name) && asked < 20) {
        assert_false(next(&world));
        assert_int_equal(world.wizard->step, WIZARD_PLAN);
        wizard_allow_replace(world.wizard, name);
        wizard_make_plan(world.wizard, world.view);
        asked++;
    }
    assert_int_equal(asked, 2);
    assert_true(next(&world));
    close_world(&world);
}

static void another_choice_forgets_what_was_confirmed(void **state)
{
    struct world world = open_world(true);
    (void)state;
    walk_to(&world, WIZARD_CONFIRM);
    assert_true(wizard_type_word(world.wizard, "G", "G"));
    assert_true(wizard_back(world.wizard));
    assert_false(world.wizard->confirmed);
    assert_true(wizard_choose_mark(world.wizard, TARGET_RULE, NULL));
    assert_null(world.wizard->plan);
    close_world(&world);
}

static void back_works_until_the_run_begins(void **state)
{
    struct world world = open_world(true);
    (void)state;
    walk_to(&world, WIZARD_CONFIRM);
    for (int i = 0; i < 5; i++)
        assert_true(wizard_back(world.wizard));
    assert_int_equal(world.wizard->step, WIZARD_SITUATION);
    assert_false(wizard_back(world.wizard));
    walk_to(&world, WIZARD_CONFIRM);
    wizard_run_starting(world.wizard);
    assert_false(wizard_back(world.wizard));
    assert_false(wizard_choose_mark(world.wizard, TARGET_RULE, NULL));
    assert_false(wizard_choose_situation(world.wizard, SITUATION_SOURCE_LOST));
    close_world(&world);
}

static void a_refused_run_can_be_confirmed_again(void **state)
{
    struct world world = open_world(true);
    struct error error;
    (void)state;
    walk_to(&world, WIZARD_CONFIRM);
    wizard_type_word(world.wizard, "G", "G");
    wizard_run_starting(world.wizard);
    error_set(&error, ERR_LOCKED, "DRSQL1", NULL, "another run holds the lock");
    wizard_run_refused(world.wizard, &error);
    assert_false(wizard_is_running(world.wizard));
    assert_true(wizard_back(world.wizard));
    assert_int_equal(world.wizard->step, WIZARD_CONFIRM);
    assert_false(world.wizard->confirmed);
    close_world(&world);
}

static struct run_snapshot *snapshot(enum run_state state)
{
    struct run_snapshot *made = memory_new(sizeof *made);
    made->summary.run = 7;
    made->summary.state = state;
    return made;
}

static void a_run_is_left_for_verify_only_when_it_is_over(void **state)
{
    struct world world = open_world(true);
    (void)state;
    walk_to(&world, WIZARD_CONFIRM);
    wizard_type_word(world.wizard, "G", "G");
    wizard_run_starting(world.wizard);
    wizard_run_started(world.wizard, 7);
    assert_false(next(&world));
    wizard_run_snapshot(world.wizard, snapshot(RUN_RESTORING));
    assert_true(wizard_is_running(world.wizard));
    assert_false(next(&world));
    wizard_run_snapshot(world.wizard, snapshot(RUN_AFTER));
    assert_false(wizard_is_running(world.wizard));
    assert_true(next(&world));
    assert_int_equal(world.wizard->step, WIZARD_VERIFY);
    close_world(&world);
}

static void an_unfinished_run_is_taken_up_where_it_stands(void **state)
{
    struct world world = open_world(true);
    struct run_summary summary = {.run = 3, .state = RUN_RESTORING, .mark = "M"};
    (void)state;
    wizard_adopt(world.wizard, &summary);
    assert_int_equal(world.wizard->step, WIZARD_RUN);
    summary.state = RUN_AFTER;
    wizard_adopt(world.wizard, &summary);
    assert_int_equal(world.wizard->step, WIZARD_AFTER);
    assert_string_equal(world.wizard->mark, "M");
    close_world(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_chosen_at_the_start_and_no_step_can_be_skipped),
        cmocka_unit_test(a_method_that_is_missing_is_refused_in_words),
        cmocka_unit_test(every_situation_can_be_chosen),
        cmocka_unit_test(a_move_is_refused_without_its_sources_and_a_rehearsal_is_not),
        cmocka_unit_test(a_source_that_refuses_the_login_is_no_lost_one),
        cmocka_unit_test(a_move_asks_whether_processing_is_stopped_before_the_group_s_name),
        cmocka_unit_test(source_lost_is_refused_while_a_source_answers),
        cmocka_unit_test(one_living_source_of_two_is_enough_to_refuse),
        cmocka_unit_test(a_source_that_was_never_asked_is_not_taken_for_dead),
        cmocka_unit_test(a_silent_destination_blocks),
        cmocka_unit_test(the_plan_stands_when_its_step_is_entered),
        cmocka_unit_test(only_the_groups_name_to_the_letter_confirms),
        cmocka_unit_test(full_restores_by_choice_ask_for_their_own_word_first),
        cmocka_unit_test(what_is_overwritten_must_be_named_database_by_database),
        cmocka_unit_test(another_choice_forgets_what_was_confirmed),
        cmocka_unit_test(back_works_until_the_run_begins),
        cmocka_unit_test(a_refused_run_can_be_confirmed_again),
        cmocka_unit_test(a_run_is_left_for_verify_only_when_it_is_over),
        cmocka_unit_test(an_unfinished_run_is_taken_up_where_it_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
