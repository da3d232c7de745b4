#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "screens/demo_views.h"
#include "tests/support/build_view.h"

static json_t *scenario_of(struct build *build)
{
    struct group_view *view = build_view(build);
    char *text = demo_views_scenario(view);
    json_t *scenario = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    free(text);
    group_view_release(view);
    assert_non_null(scenario);
    return scenario;
}

static json_t *list_of(const json_t *scenario, const char *key)
{
    json_t *list = json_object_get(scenario, key);
    assert_true(json_is_array(list));
    return list;
}

static const char *text_of(const json_t *list, size_t index, const char *key)
{
    return json_string_value(json_object_get(json_array_get(list, index), key));
}

static json_t *find(const json_t *list, const char *key, const char *value)
{
    size_t index;
    json_t *item;
    json_array_foreach(list, index, item)
    {
        const char *text = json_string_value(json_object_get(item, key));
        if (text != NULL && strcmp(text, value) == 0)
            return item;
    }
    fail_msg("nothing has %s \"%s\"", key, value);
    return NULL;
}

static void servers_databases_and_sets_are_the_estate_s(void **state)
{
    (void)state;
    struct build *build = build_contoso(1, true);
    json_t *scenario = scenario_of(build);
    assert_int_equal(json_array_size(list_of(scenario, "servers")), 4);
    json_t *databases = list_of(scenario, "databases");
    assert_int_equal(json_array_size(databases), 10);
    assert_string_equal(text_of(databases, 0, "role"), "management");
    json_t *sets = list_of(json_object_get(scenario, "history"), "sets");
    json_t *newest = json_array_get(sets, json_array_size(sets) - 1);
    /* the set that is being taken is left out: its end is not known */
    assert_int_equal(json_integer_value(json_object_get(newest, "set")), 1184);
    assert_string_equal(json_string_value(json_object_get(newest, "stamp")),
                        "BTS_2026_11_20_12_00_00_547");
    assert_true(json_is_true(json_object_get(newest, "complete")));
    json_decref(scenario);
    build_free(build);
}

static void a_standby_that_is_behind_or_recovered_is_so_in_the_scenario(void **state)
{
    (void)state;
    struct build *build = build_kept_up();
    build_row(build, 1, "BizTalkMgmtDb")->state = STATE_ONLINE;
    json_t *scenario = scenario_of(build);
    json_t *standby = list_of(scenario, "standby");
    json_t *box = find(standby, "database", "BizTalkMsgBoxDb");
    assert_int_equal(json_integer_value(json_object_get(box, "applied")), 99);
    assert_string_equal(json_string_value(json_object_get(box, "state")), "restoring");
    json_t *management = find(standby, "database", "BizTalkMgmtDb");
    assert_string_equal(json_string_value(json_object_get(management, "state")), "online");
    json_decref(scenario);
    build_free(build);
}

static void a_log_that_somebody_else_took_is_a_hole_there_too(void **state)
{
    (void)state;
    struct build *build = build_small();
    build_full(build, 90, true);
    build_log(build, 91, true);
    build_set(build, (struct build_set){.id = 92,
                                        .kind = SET_LOG,
                                        .time_utc_ms = build_time(92),
                                        .lost = "BizTalkMsgBoxDb"});
    build_log(build, 93, false);
    json_t *scenario = scenario_of(build);
    json_t *stolen = list_of(json_object_get(scenario, "history"), "stolen");
    assert_int_equal(json_array_size(stolen), 1);
    assert_string_equal(text_of(stolen, 0, "database"), "BizTalkMsgBoxDb");
    assert_string_equal(text_of(list_of(scenario, "files"), 0, "state"), "missing");
    json_decref(scenario);
    build_free(build);
}

static void a_disabled_shipping_job_is_disabled_there_too(void **state)
{
    (void)state;
    struct build *build = build_kept_up();
    for (size_t i = 0; i < build->servers[1]->jobs_count; i++)
        if (build->servers[1]->jobs[i].function == JOB_RESTORE_DATABASES)
            build->servers[1]->jobs[i].enabled = false;
    json_t *scenario = scenario_of(build);
    json_t *jobs = list_of(scenario, "jobs");
    assert_int_equal(json_array_size(jobs), 1);
    assert_string_equal(text_of(jobs, 0, "server"), "DRSQL1");
    assert_true(json_is_false(json_object_get(json_array_get(jobs, 0), "enabled")));
    json_decref(scenario);
    build_free(build);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(servers_databases_and_sets_are_the_estate_s),
        cmocka_unit_test(a_standby_that_is_behind_or_recovered_is_so_in_the_scenario),
        cmocka_unit_test(a_log_that_somebody_else_took_is_a_hole_there_too),
        cmocka_unit_test(a_disabled_shipping_job_is_disabled_there_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
