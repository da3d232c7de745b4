#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/memory.h"
#include "core/roster.h"
#include "tests/support/build_view.h"

#define MGMT "BizTalkMgmtDb"

static void databases_are_known_by_their_default_names(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum database_use use;
    } cases[] = {
        {"BizTalkMgmtDb", USE_MANAGEMENT},    {"biztalkmgmtdb", USE_MANAGEMENT},
        {"BizTalkMsgBoxDb", USE_MESSAGE_BOX}, {"BizTalkMsgBoxDb2", USE_MESSAGE_BOX},
        {"BizTalkDTADb", USE_TRACKING},       {"SSODB", USE_SSO},
        {"BAMArchive", USE_BAM_ARCHIVE},      {"Orders", USE_CUSTOM},
        {NULL, USE_CUSTOM},                   {"BizTalkAnalysisDb", USE_TRACKING_ANALYSIS},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(roster_use_by_name(cases[i].name), cases[i].use);
}

static void what_the_backup_job_does_not_cover_is_known_by_its_use(void **state)
{
    (void)state;
    size_t count, otherwise = 0;
    const struct default_name *names = roster_default_names(&count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(roster_use_by_name(names[i].name), names[i].use);
        otherwise += roster_is_backed_up_otherwise(names[i].use);
    }
    assert_int_equal(otherwise, 4); /* BAM's procedures, Tracking Analysis */
    assert_false(roster_is_backed_up_otherwise(USE_BAM_PRIMARY_IMPORT));
}

static void the_default_estate_has_ten_databases_on_two_destinations(void **state)
{
    (void)state;
    struct build *build = build_contoso(1, false);
    struct group_view *view = build_view(build);
    assert_int_equal(view->roster_count, 10);
    assert_int_equal(view->roster_problems_count, 0);
    assert_string_equal(view->servers[build_entry(view, MGMT)->destination]->name, "DRSQL1");
    assert_string_equal(view->servers[build_entry(view, "BizTalkMsgBoxDb2")->destination]->name,
                        "DRSQL2");
    assert_null(build_entry(view, "BAMArchive")); /* backed up by other means */
    assert_int_equal(build_entry(view, MGMT)->applied_set, 1183);
    assert_int_equal(build_entry(view, MGMT)->state, STATE_RESTORING);
    group_view_release(view);
    build_free(build);
}

static void rename_source(struct build *build, const char *name)
{
    for (size_t i = 0; i < build->servers[0]->roster_count; i++) {
        free(build->servers[0]->roster[i].server);
        build->servers[0]->roster[i].server = memory_copy_text(name);
    }
}

static void an_alias_with_a_port_is_still_the_server(void **state)
{
    (void)state;
    struct build *build = build_kept_up();
    *memory_append(&build->config.servers[0], aliases) = memory_copy_text("PRODSQL");
    rename_source(build, "prodsql,5000");
    struct group_view *view = build_view(build);
    assert_int_equal(view->roster_count, 2);
    assert_int_equal(build_entry(view, MGMT)->source, 0);
    assert_int_equal(build_route(view, 100, MGMT)->route, ROUTE_ROLL_FORWARD);
    group_view_release(view);
    build_free(build);
}

static void a_server_that_nobody_configured_is_a_problem_where_it_matters(void **state)
{
    (void)state;
    struct build *build = build_contoso(1, false);
    rename_source(build, "ELSEWHERE");
    struct group_view *view = build_view(build);
    bool told = false;
    for (size_t i = 0; i < view->roster_problems_count; i++)
        told = told || strstr(view->roster_problems[i], "'ELSEWHERE'") != NULL;
    assert_true(told);
    assert_int_equal(build_check(view, "roster")->verdict, VERDICT_CRITICAL);
    group_view_release(view);
    build_free(build);
}

static void two_destinations_for_one_database_block(void **state)
{
    (void)state;
    struct build *build = build_kept_up();
    build_destination(build, "DRSQL2", "SQLA");
    /* The shipping table of one of them decides; without any, nobody does. */
    struct group_view *view = build_view(build);
    assert_int_equal(build_entry(view, MGMT)->destination, 1);
    group_view_release(view);
    build->servers[1]->parts[PART_SHIPPING].state = PART_NOT_VISIBLE;
    view = build_view(build);
    assert_int_equal(build_entry(view, MGMT)->destination, -1);
    assert_non_null(strstr(build_entry(view, MGMT)->problem, "two destinations"));
    assert_int_equal(build_route(view, 100, MGMT)->route, ROUTE_UNREACHABLE);
    assert_int_equal(view->readiness.verdict, VERDICT_CRITICAL);
    group_view_release(view);
    build_free(build);
}

static void no_destination_for_a_database_blocks(void **state)
{
    (void)state;
    struct build *build = build_contoso(1, false);
    free(build->config.servers[3].restores[0]);
    build->config.servers[3].restores[0] = memory_copy_text("SQLX");
    struct group_view *view = build_view(build);
    const struct roster_entry *entry = build_entry(view, "BizTalkMsgBoxDb2");
    assert_int_equal(entry->destination, -1);
    assert_non_null(strstr(entry->problem, "no destination restores SQLB"));
    group_view_release(view);
    build_free(build);
}

static void
a_database_of_the_newest_complete_set_counts_though_the_backup_view_lacks_it(void **state)
{
    (void)state;
    struct build *build = build_kept_up();
    struct roster_row *last = &build->servers[0]->roster[--build->servers[0]->roster_count];
    free(last->server);
    free(last->database);
    struct group_view *view = build_view(build);
    assert_int_equal(view->roster_count, 2);
    assert_int_equal(build_entry(view, "BizTalkMsgBoxDb")->use, USE_MESSAGE_BOX);
    group_view_release(view);
    build_free(build);
}

static void with_nothing_known_the_roster_is_empty_and_nothing_is_claimed(void **state)
{
    (void)state;
    struct build *build = build_small();
    for (int i = 0; i < 2; i++) {
        struct server_view *fresh =
            server_view_new(build->servers[i]->name, build->servers[i]->role);
        server_view_release(build->servers[i]);
        build->servers[i] = fresh;
    }
    struct group_view *view = build_view(build);
    assert_int_equal(view->roster_count, 0);
    assert_int_equal(view->marks_count, 0);
    assert_int_equal(view->readiness.verdict, VERDICT_UNKNOWN);
    assert_false(view->readiness.possible);
    assert_int_equal(view->lag.backup_age_ms, DURATION_UNKNOWN);
    group_view_release(view);
    build_free(build);
}

static void two_destinations_that_both_list_a_database_block(void **state)
{
    (void)state;
    struct build *build = build_kept_up();
    int second = build_destination(build, "DRSQL2", "SQLA");
    struct shipping_row *row = memory_append(build->servers[second], shipping);
    *row = (struct shipping_row){.server = memory_copy_text("SQLA"),
                                 .database = memory_copy_text(MGMT)};
    struct group_view *view = build_view(build);
    assert_int_equal(build_entry(view, MGMT)->destination, -1);
    assert_non_null(strstr(build_entry(view, MGMT)->problem, "two destinations"));
    assert_int_equal(build_entry(view, "BizTalkMsgBoxDb")->destination, 1);
    group_view_release(view);
    build_free(build);
}

static void a_servers_own_name_is_known_in_any_case(void **state)
{
    (void)state;
    struct build *build = build_kept_up();
    free(build->servers[0]->server_name);
    build->servers[0]->server_name = memory_copy_text("NODE-A\\BTS");
    rename_source(build, "node-a\\bts");
    struct group_view *view = build_view(build);
    assert_int_equal(view->roster_count, 2);
    assert_int_equal(build_entry(view, MGMT)->source, 0);
    assert_int_equal(build_route(view, 100, MGMT)->route, ROUTE_ROLL_FORWARD);
    group_view_release(view);
    build_free(build);
}

static void a_database_that_only_an_unfinished_set_has_is_not_in_the_roster(void **state)
{
    (void)state;
    struct build *build = build_kept_up();
    build_database(build, 0, 1, "Added", USE_CUSTOM);
    struct roster_row *last = &build->servers[0]->roster[--build->servers[0]->roster_count];
    free(last->server);
    free(last->database);
    build_set(build,
              (struct build_set){
                  .id = 101, .kind = SET_LOG, .time_utc_ms = build_time(101), .incomplete = true});
    struct group_view *view = build_view(build);
    assert_int_equal(view->roster_count, 2);
    group_view_release(view);
    build_log(build, 102, false);
    view = build_view(build);
    assert_int_equal(view->roster_count, 3);
    group_view_release(view);
    build_free(build);
}

static void a_log_applied_whole_left_no_stop(void **state)
{
    (void)state;
    struct build *build = build_kept_up();
    build_stop_at(build, MGMT, 99, "LATER");
    build_row(build, 1, MGMT)->redo_lsn = build_backup(build, MGMT, 99)->last_lsn;
    struct group_view *view = build_view(build);
    assert_null(build_entry(view, MGMT)->at_mark);
    group_view_release(view);
    build_stop_at(build, MGMT, 100, "THIS");
    view = build_view(build);
    assert_string_equal(build_entry(view, MGMT)->at_mark, "THIS");
    group_view_release(view);
    build_free(build);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(databases_are_known_by_their_default_names),
        cmocka_unit_test(what_the_backup_job_does_not_cover_is_known_by_its_use),
        cmocka_unit_test(the_default_estate_has_ten_databases_on_two_destinations),
        cmocka_unit_test(an_alias_with_a_port_is_still_the_server),
        cmocka_unit_test(a_server_that_nobody_configured_is_a_problem_where_it_matters),
        cmocka_unit_test(two_destinations_for_one_database_block),
        cmocka_unit_test(no_destination_for_a_database_blocks),
        cmocka_unit_test(
            a_database_of_the_newest_complete_set_counts_though_the_backup_view_lacks_it),
        cmocka_unit_test(with_nothing_known_the_roster_is_empty_and_nothing_is_claimed),
        cmocka_unit_test(two_destinations_that_both_list_a_database_block),
        cmocka_unit_test(a_servers_own_name_is_known_in_any_case),
        cmocka_unit_test(a_database_that_only_an_unfinished_set_has_is_not_in_the_roster),
        cmocka_unit_test(a_log_applied_whole_left_no_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
