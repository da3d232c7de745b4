/* The way back to log shipping after an aborted run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/memory.h"
#include "core/rebuild.h"

static void add_step(struct journal_content *past, const char *server, enum step_kind kind,
                     enum step_state state, bool moved)
{
    struct journal_step *step = memory_append(past, steps);
    *step = (struct journal_step){.server = memory_copy_text(server),
                                  .database = memory_copy_text("SSODB"),
                                  .kind = kind,
                                  .of_plan = true,
                                  .state = state,
                                  .state_before = STATE_RESTORING,
                                  .state_after = STATE_RESTORING};
    step->redo_before.number = 100;
    step->redo_after.number = moved ? 200 : 100;
}

static void add_jobs(struct journal_content *past, const char *server)
{
    static const char *const names[] = {"BTS Log Shipping - Get Backup History",
                                        "BTS Log Shipping - Restore Databases"};
    for (size_t i = 0; i < 2; i++) {
        struct journal_job_row *job = memory_append(past, jobs);
        *job = (struct journal_job_row){.server = memory_copy_text(server),
                                        .job_id = memory_copy_text("id"),
                                        .name = memory_copy_text(names[i]),
                                        .was_enabled = true};
    }
}

static size_t count_steps(struct journal_content *past)
{
    size_t count;
    char **steps = rebuild_steps(past, &count);
    for (size_t i = 0; i < count; i++)
        free(steps[i]);
    free(steps);
    return count;
}

static void a_destination_that_nothing_was_restored_on_agrees_with_its_tables(void **state)
{
    (void)state;
    struct journal_content past = {0};
    add_jobs(&past, "DR1");
    add_step(&past, "DR1", STEP_RESTORE_LOG, STEP_FAILED, false);
    add_step(&past, "DR2", STEP_RESTORE_LOG, STEP_DONE, true);
    assert_true(rebuild_tables_agree(&past, "DR1"));
    assert_false(rebuild_tables_agree(&past, "DR2"));
    journal_content_free(&past);
}

/* Their own instructions say so: whoever follows BizTalk's has disabled the jobs by hand before. */
static void jobs_that_were_disabled_before_leave_the_same_way_back(void **state)
{
    (void)state;
    struct journal_content past = {0};
    add_jobs(&past, "DR1");
    add_step(&past, "DR1", STEP_RESTORE_LOG, STEP_DONE, true);
    size_t with = count_steps(&past);
    assert_true(with > 0);
    past.jobs[0].was_enabled = past.jobs[1].was_enabled = false;
    assert_int_equal(count_steps(&past), with);
    journal_content_free(&past);

    struct journal_content none = {0}; /* Agent has no such job there at all */
    add_step(&none, "DR1", STEP_RESTORE_LOG, STEP_DONE, true);
    assert_true(count_steps(&none) > 0);
    journal_content_free(&none);
}

static void copies_beside_the_standby_are_no_reason_to_rebuild_it(void **state)
{
    (void)state;
    struct journal_content past = {.head.situation = SITUATION_REHEARSAL};
    add_step(&past, "DR1", STEP_RESTORE_FULL, STEP_DONE, true);
    assert_int_equal(count_steps(&past), 0);
    journal_content_free(&past);
}

/* In STANDBY no redo point is shown, neither before nor after. */
static void what_stands_in_standby_as_before_agrees(void **state)
{
    (void)state;
    struct journal_content past = {0};
    add_step(&past, "DR1", STEP_RESTORE_LOG, STEP_FAILED, false);
    struct journal_step *step = &past.steps[0];
    step->state_before = step->state_after = STATE_ONLINE;
    step->standby_before = step->standby_after = true;
    step->redo_before = step->redo_after = (struct lsn){0};
    step->history_before = step->history_after = 7;
    assert_true(rebuild_tables_agree(&past, "DR1"));
    step->history_after = 8;
    assert_false(rebuild_tables_agree(&past, "DR1"));
    step->history_before = step->history_after = -1; /* not seen */
    assert_false(rebuild_tables_agree(&past, "DR1"));
    step->history_before = step->history_after = 7;
    step->standby_after = false;
    assert_false(rebuild_tables_agree(&past, "DR1"));
    journal_content_free(&past);
}

/* Without the right to see files there is none of RESTORING either: that proves nothing. */
static void an_unknown_redo_point_proves_nothing(void **state)
{
    (void)state;
    struct journal_content past = {0};
    add_step(&past, "DR1", STEP_RESTORE_LOG, STEP_FAILED, false);
    past.steps[0].redo_before = past.steps[0].redo_after = (struct lsn){0};
    assert_false(rebuild_tables_agree(&past, "DR1"));
    past.steps[0].redo_before.number = 100;
    assert_false(rebuild_tables_agree(&past, "DR1"));
    journal_content_free(&past);
}

static void what_may_have_taken_effect_never_agrees(void **state)
{
    (void)state;
    static const struct {
        enum step_kind kind;
        enum step_state state;
        bool moved;
    } cases[] = {{STEP_RESTORE_LOG, STEP_UNKNOWN, false},
                 {STEP_RESTORE_LOG, STEP_FAILED, true},
                 {STEP_RESTORE_FULL, STEP_FAILED, false},
                 {STEP_PROVE, STEP_DONE, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct journal_content past = {0};
        add_step(&past, "DR1", cases[i].kind, cases[i].state, cases[i].moved);
        assert_false(rebuild_tables_agree(&past, "DR1"));
        journal_content_free(&past);
    }
}

static void all_destinations_are_cleaned_before_the_full_set_is_forced(void **state)
{
    (void)state;
    struct journal_content past = {0};
    add_jobs(&past, "DR1");
    add_jobs(&past, "DR2");
    add_step(&past, "DR2", STEP_RESTORE_LOG, STEP_DONE, true);
    size_t count, clean[2] = {0, 0}, cleans = 0, force = 0, enable = 0;
    char **steps = rebuild_steps(&past, &count);
    for (size_t i = 0; i < count; i++) {
        if (strstr(steps[i], "sp_LogShippingClean") != NULL && cleans < 2)
            clean[cleans++] = i;
        if (strstr(steps[i], "sp_ForceFullBackup") != NULL)
            force = i;
        if (strstr(steps[i], "enable the job BTS Log Shipping - Restore Databases") != NULL)
            enable = i;
        free(steps[i]);
    }
    free(steps);
    assert_int_equal(cleans, 2);
    assert_true(clean[0] < clean[1] && clean[1] < force && force < enable);
    assert_int_equal(enable, count - 1);
    journal_content_free(&past);
}

static void a_group_with_a_recovered_database_is_never_rebuilt(void **state)
{
    (void)state;
    struct journal_content past = {0};
    add_jobs(&past, "DR1");
    add_step(&past, "DR1", STEP_RESTORE_LOG, STEP_DONE, true);
    add_step(&past, "DR1", STEP_RECOVER, STEP_UNKNOWN, false);
    assert_int_equal(count_steps(&past), 0);
    journal_content_free(&past);
}

/* A planned move disables the jobs of its sources too: there is nothing to drop on those. */
static void a_source_is_never_to_be_cleaned(void **state)
{
    (void)state;
    struct journal_content past = {0};
    struct journal_job_row *job = memory_append(&past, jobs);
    *job = (struct journal_job_row){.server = memory_copy_text("SRC1"),
                                    .job_id = memory_copy_text("id"),
                                    .name = memory_copy_text("Backup BizTalk Server"),
                                    .was_enabled = true};
    add_jobs(&past, "DR1");
    add_step(&past, "DR1", STEP_RESTORE_LOG, STEP_DONE, true);
    size_t count;
    char **steps = rebuild_steps(&past, &count);
    assert_true(count > 0);
    for (size_t i = 0; i < count; i++) {
        assert_null(strstr(steps[i], "SRC1"));
        free(steps[i]);
    }
    free(steps);
    journal_content_free(&past);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_destination_that_nothing_was_restored_on_agrees_with_its_tables),
        cmocka_unit_test(what_may_have_taken_effect_never_agrees),
        cmocka_unit_test(jobs_that_were_disabled_before_leave_the_same_way_back),
        cmocka_unit_test(copies_beside_the_standby_are_no_reason_to_rebuild_it),
        cmocka_unit_test(what_stands_in_standby_as_before_agrees),
        cmocka_unit_test(an_unknown_redo_point_proves_nothing),
        cmocka_unit_test(all_destinations_are_cleaned_before_the_full_set_is_forced),
        cmocka_unit_test(a_group_with_a_recovered_database_is_never_rebuilt),
        cmocka_unit_test(a_source_is_never_to_be_cleaned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
