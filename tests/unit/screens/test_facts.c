#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "screens/facts.h"
#include "screens/series.h"
#include "screens/words.h"
#include "tests/support/build_view.h"

#include <math.h>

struct estate {
    struct build *build;
    struct group_view *view;
};

static struct estate open_estate(void)
{
    struct estate estate = {.build = build_contoso(2, true)};
    estate.view = build_view(estate.build);
    return estate;
}

static void rebuild(struct estate *estate)
{
    group_view_release(estate->view);
    estate->view = build_view(estate->build);
}

static void close_estate(struct estate *estate)
{
    group_view_release(estate->view);
    build_free(estate->build);
}

static void the_verdict_line_says_mark_set_loss_and_time(void **state)
{
    struct estate estate = open_estate();
    (void)state;
    char *line = facts_verdict_line(estate.view);
    assert_non_null(strstr(line, "YES"));
    assert_non_null(strstr(line, "BTS_2026_11_20_12_00_00_547 (set 1184)"));
    assert_non_null(strstr(line, "losing 20 min 49 s"));
    assert_null(strchr(line, '\n'));
    free(line);
    close_estate(&estate);
}

static void a_dead_source_makes_the_loss_a_lower_bound(void **state)
{
    struct estate estate = open_estate();
    (void)state;
    build_kill(estate.build, 0);
    build_kill(estate.build, 1);
    rebuild(&estate);
    char *line = facts_verdict_line(estate.view);
    assert_non_null(strstr(line, "losing at least"));
    free(line);
    close_estate(&estate);
}

static void a_loss_that_is_not_known_is_at_least_nothing(void **state)
{
    char text[WORDS_SIZE];
    (void)state;
    words_loss(text, sizeof text, 60000, LOSS_LAST_SEEN);
    assert_string_equal(text, "at least 1 min");
    words_loss(text, sizeof text, 60000, LOSS_LIVE);
    assert_string_equal(text, "1 min");
    words_loss(text, sizeof text, DURATION_UNKNOWN, LOSS_LAST_SEEN);
    assert_string_equal(text, "not known");
}

static void a_live_group_stands_at_its_mark_and_is_behind_nothing(void **state)
{
    struct estate estate = open_estate();
    (void)state;
    build_fail_over(estate.build, 1184, "BTS_2026_11_20_12_00_00_547");
    build_kill(estate.build, 0);
    build_kill(estate.build, 1);
    rebuild(&estate);
    char *all = facts_status_text(estate.view, false);
    assert_non_null(strstr(all, "DRSQL1/SSODB: ok: ONLINE, recovered at mark "
                                "BTS_2026_11_20_12_00_00_547, set 1184\n"));
    assert_null(strstr(all, "behind"));
    assert_null(strstr(all, "apply lag:"));
    free(all);
    assert_int_equal(estate.view->lags[0].lag_sets, -1);
    assert_int_equal(estate.view->lags[0].lag_ms, DURATION_UNKNOWN);
    assert_string_equal(facts_verdict_word(&estate.view->readiness), "FAILED OVER");
    close_estate(&estate);
}

static void what_a_dead_source_did_last_is_not_told_as_going_on(void **state)
{
    struct estate estate = open_estate();
    char line[WORDS_LINE];
    enum verdict verdict;
    (void)state;
    build_kill(estate.build, 0);
    build_kill(estate.build, 1);
    rebuild(&estate);
    facts_jobs_line(line, sizeof line, estate.view, &verdict);
    assert_non_null(strstr(line, "Backup not seen"));
    assert_int_equal(verdict, VERDICT_UNKNOWN);
    facts_sources_line(line, sizeof line, estate.view, &verdict);
    assert_ptr_equal(strstr(line, "the source does not answer; 10 in"), line);
    close_estate(&estate);
}

static void a_recovery_model_that_nobody_saw_is_not_counted_as_another(void **state)
{
    struct estate estate = open_estate();
    char line[WORDS_LINE];
    enum verdict verdict;
    (void)state;
    for (int i = 0; i < 2; i++) {
        server_view_release(estate.build->servers[i]);
        estate.build->servers[i] = server_view_new(i ? "SQLB" : "SQLA", ROLE_SOURCE);
    }
    rebuild(&estate);
    facts_sources_line(line, sizeof line, estate.view, &verdict);
    assert_non_null(strstr(line, "recovery model not known"));
    assert_null(strstr(line, "0 of"));
    close_estate(&estate);
}

static void no_begins_with_the_first_reason(void **state)
{
    struct estate estate = open_estate();
    (void)state;
    build_kill(estate.build, 3);
    rebuild(&estate);
    char *line = facts_verdict_line(estate.view);
    assert_ptr_equal(strstr(line, "NO: DRSQL2 does not answer"), line);
    free(line);
    close_estate(&estate);
}

static void a_brief_status_leaves_out_what_is_well(void **state)
{
    struct estate estate = open_estate();
    (void)state;
    char *all = facts_status_text(estate.view, false);
    char *brief = facts_status_text(estate.view, true);
    assert_non_null(strstr(all, "DRSQL1/SSODB"));
    assert_null(strstr(brief, "DRSQL1/SSODB"));
    assert_non_null(strstr(brief, "verdict"));
    assert_true(strlen(brief) < strlen(all));
    free(all);
    free(brief);
    close_estate(&estate);
}

static void a_hostile_name_cannot_move_the_cursor(void **state)
{
    struct estate estate = open_estate();
    (void)state;
    struct server_view *server = estate.build->servers[2];
    free(server->version);
    server->version = strdup("16\033[2J\n\r0");
    rebuild(&estate);
    char *all = facts_status_text(estate.view, false);
    assert_null(strchr(all, '\033'));
    assert_null(strchr(all, '\r'));
    free(all);
    close_estate(&estate);
}

static void sets_and_marks_are_listed_newest_first(void **state)
{
    struct estate estate = open_estate();
    (void)state;
    char *sets = facts_sets_text(estate.view, 3), *marks = facts_marks_text(estate.view, 2);
    assert_non_null(strstr(sets, "1185"));
    assert_true(strstr(sets, "1185") < strstr(sets, "1184"));
    assert_non_null(strstr(sets, "being taken"));
    assert_null(strstr(sets, "  1182"));
    assert_non_null(strstr(marks, "10 roll forward"));
    free(sets);
    free(marks);
    close_estate(&estate);
}

static void a_fallen_database_is_told_on_the_standby_line(void **state)
{
    struct estate estate = open_estate();
    char line[WORDS_LINE];
    enum verdict verdict;
    (void)state;
    facts_standby_line(line, sizeof line, estate.view, &verdict);
    assert_int_equal(verdict, VERDICT_OK);
    build_row(estate.build, 2, "SSODB")->state = STATE_ONLINE;
    rebuild(&estate);
    facts_standby_line(line, sizeof line, estate.view, &verdict);
    assert_int_equal(verdict, VERDICT_CRITICAL);
    assert_non_null(strstr(line, "1 not RESTORING"));
    close_estate(&estate);
}

static void a_part_that_may_not_be_seen_names_the_missing_grant(void **state)
{
    struct estate estate = open_estate();
    char text[WORDS_LINE];
    (void)state;
    struct server_view *server = estate.view->servers[0];
    assert_false(words_part_problem(text, sizeof text, server, PART_JOBS, 0));
    server->parts[PART_JOBS].state = PART_NOT_VISIBLE;
    error_set(&server->parts[PART_JOBS].error, ERR_PERMISSION, "SQLA", "GRANT SELECT ON x",
              "not allowed");
    assert_true(words_part_problem(text, sizeof text, server, PART_JOBS, 0));
    assert_non_null(strstr(text, "GRANT SELECT ON x"));
    server->parts[PART_JOBS].state = PART_READ;
    close_estate(&estate);
}

static void durations_have_no_second_unit_of_zero(void **state)
{
    char text[WORDS_SIZE];
    (void)state;
    words_duration(text, sizeof text, 30 * 60000);
    assert_string_equal(text, "30 min");
    words_duration(text, sizeof text, 0);
    assert_string_equal(text, "0 s");
    words_duration(text, sizeof text, 10 * 1000);
    assert_string_equal(text, "10 s");
    words_duration(text, sizeof text, DURATION_UNKNOWN);
    assert_string_equal(text, "not known");
}

static void limits_are_crossed_only_above_them(void **state)
{
    struct limit limit = {.warning_ms = 100, .critical_ms = 200};
    struct limit none = {.warning_ms = DURATION_UNKNOWN, .critical_ms = DURATION_UNKNOWN};
    (void)state;
    assert_int_equal(words_against_limit(100, &limit), VERDICT_OK);
    assert_int_equal(words_against_limit(101, &limit), VERDICT_WARNING);
    assert_int_equal(words_against_limit(201, &limit), VERDICT_CRITICAL);
    assert_int_equal(words_against_limit(DURATION_UNKNOWN, &limit), VERDICT_UNKNOWN);
    assert_int_equal(words_against_limit(INT64_MAX, &none), VERDICT_OK);
}

static void the_days_exposure_is_the_time_between_marks(void **state)
{
    struct estate estate = open_estate();
    double values[24];
    (void)state;
    series_exposure(estate.view, 86400000, values, 24);
    for (int i = 0; i < 23; i++)
        assert_true(values[i] >= 15 * 60000 - 1 && values[i] <= 31 * 60000);
    assert_true(values[23] > 20 * 60000); /* since the newest complete mark */
    close_estate(&estate);
}

static void the_apply_lag_of_a_day_comes_from_the_restores(void **state)
{
    struct estate estate = open_estate();
    double values[24];
    (void)state;
    series_apply_lag(estate.view, 0, 86400000, values, 24);
    int known = 0;
    for (int i = 0; i < 24; i++)
        known += !isnan(values[i]);
    assert_true(known >= 22);
    assert_true(series_last_apply_ms(estate.view, 0) != TIME_UNKNOWN);
    close_estate(&estate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_verdict_line_says_mark_set_loss_and_time),
        cmocka_unit_test(a_dead_source_makes_the_loss_a_lower_bound),
        cmocka_unit_test(a_loss_that_is_not_known_is_at_least_nothing),
        cmocka_unit_test(a_live_group_stands_at_its_mark_and_is_behind_nothing),
        cmocka_unit_test(what_a_dead_source_did_last_is_not_told_as_going_on),
        cmocka_unit_test(a_recovery_model_that_nobody_saw_is_not_counted_as_another),
        cmocka_unit_test(no_begins_with_the_first_reason),
        cmocka_unit_test(a_brief_status_leaves_out_what_is_well),
        cmocka_unit_test(a_hostile_name_cannot_move_the_cursor),
        cmocka_unit_test(sets_and_marks_are_listed_newest_first),
        cmocka_unit_test(a_fallen_database_is_told_on_the_standby_line),
        cmocka_unit_test(a_part_that_may_not_be_seen_names_the_missing_grant),
        cmocka_unit_test(durations_have_no_second_unit_of_zero),
        cmocka_unit_test(limits_are_crossed_only_above_them),
        cmocka_unit_test(the_days_exposure_is_the_time_between_marks),
        cmocka_unit_test(the_apply_lag_of_a_day_comes_from_the_restores),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
