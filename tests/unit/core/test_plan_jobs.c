#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/method.h"
#include "core/plan.h"
#include "tests/support/build_view.h"

/* The default estate, both destinations with BizTalk's job, everything one set before the newest. */
struct world {
    struct build *build;
    struct group_view *view;
    struct plan *plan;
};

#define MARK_1184 "BTS_2026_11_20_12_00_00_547"

enum { DRSQL1 = 2, DRSQL2 = 3 };

static struct world enter(void)
{
    struct world world = {.build = build_contoso(1, false)};
    for (int i = DRSQL1; i <= DRSQL2; i++) {
        struct server_view *server = world.build->servers[i];
        server->last_restore_set = 1183;
        server->agent_running_known = server->agent_running = true;
        for (size_t k = 0; k < server->jobs_count; k++)
            if (server->jobs[k].function == JOB_RESTORE_TO_MARK)
                text_copy(server->jobs[k].job_id, sizeof server->jobs[k].job_id,
                          "6F9619FF-8B86-D011-B42D-00C04FC964FF");
    }
    return world;
}

static const struct plan *make(struct world *world, struct plan_request request)
{
    request.method = METHOD_JOBS;
    plan_free(world->plan);
    group_view_release(world->view);
    world->view = build_view(world->build);
    return world->plan = plan_make(world->view, &request);
}

static void leave(struct world *world)
{
    plan_free(world->plan);
    group_view_release(world->view);
    build_free(world->build);
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

static void destinations_that_stand_alike_have_one_job_each_and_no_gate(void **state)
{
    (void)state;
    struct world world = enter();
    const struct plan *plan = make(&world, (struct plan_request){.by = TARGET_NEWEST});
    for (size_t i = 0; i < plan->reasons_count; i++)
        print_error("reason: %s\n", plan->reasons[i]);
    assert_true(plan->possible);
    assert_false(plan->gate);
    assert_int_equal(plan->jobs_count, 2);
    assert_string_equal(plan->jobs[0].server, "DRSQL2"); /* the management database's comes last */
    assert_string_equal(plan->jobs[1].server, "DRSQL1");
    assert_string_equal(plan->jobs[0].sql, "EXEC msdb.dbo.sp_start_job @job_id = "
                                           "N'6F9619FF-8B86-D011-B42D-00C04FC964FF'");
    leave(&world);
}

static void a_plan_of_jobs_survives_json_and_has_a_hash_of_its_own(void **state)
{
    (void)state;
    struct world world = enter();
    const struct plan *plan = make(&world, (struct plan_request){.by = TARGET_NEWEST});
    char *json = plan_to_json(plan);
    assert_non_null(strstr(json, "\"gate\": false"));
    struct error error;
    struct plan *again = plan_from_json(json, &error);
    assert_non_null(again);
    assert_int_equal(again->jobs_count, 2);
    assert_string_equal(again->jobs[1].id, plan->jobs[1].id);
    assert_string_equal(again->jobs[1].sql, plan->jobs[1].sql);
    assert_false(again->gate);
    struct plan_request direct = {.by = TARGET_NEWEST};
    struct plan *other = plan_make(world.view, &direct);
    assert_string_not_equal(other->hash, plan->hash);
    assert_int_equal(other->jobs_count, 0);
    plan_free(other);
    plan_free(again);
    free(json);
    leave(&world);
}

static void there_is_no_choice_of_mark_stop_or_databases(void **state)
{
    (void)state;
    static const char *const left_out[] = {"ContosoOrders"}, *const why[] = {"unused"};
    struct world world = enter();
    assert_reason(make(&world, (struct plan_request){.by = TARGET_RULE}), "no choice of a mark");
    assert_reason(make(&world, (struct plan_request){.by = TARGET_NEWEST, .stop = STOP_BEFORE}),
                  "never before it");
    assert_reason(make(&world, (struct plan_request){.by = TARGET_NEWEST,
                                                     .leave_out = left_out,
                                                     .leave_out_reasons = why,
                                                     .leave_out_count = 1}),
                  "leaves no database out");
    leave(&world);
}

static void destinations_on_different_sets_are_refused(void **state)
{
    (void)state;
    struct world world = enter();
    world.build->servers[DRSQL2]->last_restore_set = 1182;
    assert_reason(make(&world, (struct plan_request){.by = TARGET_NEWEST}),
                  "DRSQL2 has restored up to set 1182 and DRSQL1 up to set 1183");
    leave(&world);
}

static void a_missing_job_or_a_stopped_agent_is_refused(void **state)
{
    (void)state;
    struct world world = enter();
    world.build->servers[DRSQL1]->agent_running = false;
    assert_reason(make(&world, (struct plan_request){.by = TARGET_NEWEST}), "Agent does not run");
    world.build->servers[DRSQL1]->agent_running = true;
    for (size_t i = 0; i < world.build->servers[DRSQL1]->jobs_count; i++)
        if (world.build->servers[DRSQL1]->jobs[i].function == JOB_RESTORE_TO_MARK)
            world.build->servers[DRSQL1]->jobs[i].function = JOB_OTHER;
    assert_reason(make(&world, (struct plan_request){.by = TARGET_NEWEST}),
                  "Restore To Mark is not there");
    leave(&world);
}

static void a_mark_that_one_source_does_not_know_is_refused(void **state)
{
    (void)state;
    struct world world = enter();
    struct server_view *source = world.build->servers[1];
    for (size_t i = 0; i < source->marks_count; i++) {
        free(source->marks[i].mark);
        source->marks[i].mark = memory_copy_text("another");
    }
    assert_reason(make(&world, (struct plan_request){.by = TARGET_NEWEST}), "logmarkhistory");
    leave(&world);
}

/* The jobs take the newest complete set, whatever the plan says. */
static void a_newer_set_than_the_mark_that_every_database_reaches_is_refused(void **state)
{
    (void)state;
    struct world world = enter();
    assert_true(build_next_set(world.build, SET_LOG));
    build_backup(world.build, "SSODB", 1185)->damaged = true;
    const struct plan *plan = make(&world, (struct plan_request){.by = TARGET_NEWEST});
    assert_int_equal(plan->set, 1184);
    assert_reason(plan, "set 1185 is newer than the mark that every database reaches (set 1184)");
    leave(&world);
}

static void a_backlog_or_another_way_than_forward_is_refused(void **state)
{
    (void)state;
    struct world world = enter();
    struct database_row *row = build_row(world.build, DRSQL2, "BizTalkMsgBoxDb2");
    row->redo_lsn = build_backup(world.build, "BizTalkMsgBoxDb2", 1183)->first_lsn;
    assert_reason(make(&world, (struct plan_request){.by = TARGET_NEWEST}),
                  "DRSQL2/BizTalkMsgBoxDb2: its backlog is not worked off: 2 logs are left");
    build_stop_at(world.build, "BizTalkMsgBoxDb2", 1184, MARK_1184);
    assert_reason(make(&world, (struct plan_request){.by = TARGET_NEWEST}),
                  "DRSQL2/BizTalkMsgBoxDb2: its route is at-mark");
    leave(&world);
}

/* They name the mark and nothing else: SQL Server stops at the first one of that name. */
static void
a_mark_whose_name_is_twice_in_a_log_is_refused_whether_or_not_the_times_differ(void **state)
{
    (void)state;
    for (int64_t apart_ms = 0; apart_ms <= 60000; apart_ms += 60000) {
        struct world world = enter();
        struct mark_row *again = memory_append(world.build->servers[1], marks);
        *again = (struct mark_row){
            .database = memory_copy_text("BizTalkMsgBoxDb2"),
            .mark = memory_copy_text(MARK_1184),
            .lsn = build_backup(world.build, "BizTalkMsgBoxDb2", 1184)->last_lsn,
            .time_utc_ms = build_time(100) + apart_ms};
        again->lsn.number -= 5;
        assert_reason(make(&world, (struct plan_request){.by = TARGET_NEWEST}),
                      "DRSQL2/BizTalkMsgBoxDb2: the mark's name is twice in its logs");
        leave(&world);
    }
}

static void every_method_says_what_it_promises_and_what_not(void **state)
{
    (void)state;
    for (int i = METHOD_DIRECT; i <= METHOD_SCRIPT; i++) {
        const struct method_traits *traits = method_traits((enum method)i);
        assert_true(strlen(traits->does) > 0 && strlen(traits->promises) > 0);
        assert_true(strlen(traits->cannot) > 0);
    }
    assert_non_null(strstr(method_traits(METHOD_JOBS)->cannot, "No gate"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(destinations_that_stand_alike_have_one_job_each_and_no_gate),
        cmocka_unit_test(a_plan_of_jobs_survives_json_and_has_a_hash_of_its_own),
        cmocka_unit_test(there_is_no_choice_of_mark_stop_or_databases),
        cmocka_unit_test(destinations_on_different_sets_are_refused),
        cmocka_unit_test(a_missing_job_or_a_stopped_agent_is_refused),
        cmocka_unit_test(a_mark_that_one_source_does_not_know_is_refused),
        cmocka_unit_test(a_newer_set_than_the_mark_that_every_database_reaches_is_refused),
        cmocka_unit_test(a_backlog_or_another_way_than_forward_is_refused),
        cmocka_unit_test(
            a_mark_whose_name_is_twice_in_a_log_is_refused_whether_or_not_the_times_differ),
        cmocka_unit_test(every_method_says_what_it_promises_and_what_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
