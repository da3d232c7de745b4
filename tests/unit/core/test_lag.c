#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/rates.h"
#include "tests/support/build_view.h"

#define MGMT "BizTalkMgmtDb"
#define BOX "BizTalkMsgBoxDb"

enum { MINUTE_MS = 60 * 1000, SINCE_NOON_MS = 20 * MINUTE_MS + 49453 };

static void a_healthy_standby_is_one_set_behind(void **state)
{
    (void)state;
    struct build *build = build_kept_up();
    struct group_view *view = build_view(build);
    assert_int_equal(view->lag.backup_age_ms, SINCE_NOON_MS);
    assert_int_equal(view->lag.import_ms, 0);
    assert_int_equal(view->lag.apply_ms, SINCE_NOON_MS + 15 * MINUTE_MS);
    assert_int_equal(view->lag.worst_sets, 1);
    assert_int_equal(view->lags[0].last_set, 99);
    assert_int_equal(view->lags[0].lag_sets, 1);
    group_view_release(view);
    build_free(build);
}

static void full_and_incomplete_sets_do_not_count(void **state)
{
    (void)state;
    struct build *build = build_kept_up();
    build_full(build, 101, false);
    build_set(build,
              (struct build_set){
                  .id = 102, .kind = SET_LOG, .time_utc_ms = build_time(101), .incomplete = true});
    struct group_view *view = build_view(build);
    assert_int_equal(view->lag.worst_sets, 1);
    assert_int_equal(view->lag.backup_age_ms, SINCE_NOON_MS);
    group_view_release(view);
    build_free(build);
}

static void the_worst_database_counts(void **state)
{
    (void)state;
    struct build *build = build_kept_up();
    build_row(build, 1, BOX)->redo_lsn = build_backup(build, BOX, 96)->last_lsn;
    struct group_view *view = build_view(build);
    assert_int_equal(view->lag.worst_sets, 4);
    assert_int_equal(view->lag.apply_ms, SINCE_NOON_MS + 60 * MINUTE_MS);
    assert_int_equal(build_entry(view, MGMT)->applied_set, 99);
    assert_int_equal(build_entry(view, BOX)->applied_set, 96);
    group_view_release(view);
    build_free(build);
}

static void import_lag_is_how_long_the_oldest_missing_set_has_been_there(void **state)
{
    (void)state;
    struct build *build = build_kept_up();
    for (int64_t set = 101; set <= 102; set++)
        build_set(build, (struct build_set){.id = set,
                                            .kind = SET_LOG,
                                            .time_utc_ms = build_time(100) + (set - 100) * 60000,
                                            .not_imported = true});
    struct group_view *view = build_view(build);
    /* set 101: marked at 12:01:00.547, its last backup 20 s later */
    assert_int_equal(view->lag.import_ms, SINCE_NOON_MS - 80 * 1000);
    group_view_release(view);
    build->servers[1]->parts[PART_HISTORY].state = PART_NOT_VISIBLE;
    view = build_view(build);
    assert_int_equal(view->lag.import_ms, DURATION_UNKNOWN);
    group_view_release(view);
    build_free(build);
}

static void a_dead_sources_time_stands_still(void **state)
{
    (void)state;
    struct build *build = build_kept_up();
    build_kill(build, 0);
    build->now_utc_ms += 3600 * 1000;
    build->now_monotonic_ms += 3600 * 1000;
    struct group_view *view = build_view(build);
    assert_int_equal(view->lag.backup_age_ms, SINCE_NOON_MS);
    assert_int_equal(view->readiness.loss_basis, LOSS_LAST_SEEN);
    assert_int_equal(view->readiness.data_loss_ms, SINCE_NOON_MS);
    group_view_release(view);
    build_free(build);
}

static void a_database_that_was_never_restored_has_no_lag(void **state)
{
    (void)state;
    struct build *build = build_kept_up();
    build_row(build, 1, BOX)->state = STATE_ABSENT;
    struct group_view *view = build_view(build);
    assert_int_equal(view->lag.worst_sets, -1);
    assert_int_equal(view->lag.apply_ms, DURATION_UNKNOWN);
    group_view_release(view);
    build_free(build);
}

/* --- rates ----------------------------------------------------------------------------------- */

static void the_rate_of_logs_is_measured_between_finished_restores(void **state)
{
    (void)state;
    struct build *build = build_kept_up();
    struct group_view *view = build_view(build);
    /* two databases, 20 MB every 2 s */
    assert_int_equal((int)(view->rates.log_bytes_per_ms + 0.5), 10000);
    assert_int_equal(rates_of_file(&view->rates, SET_LOG, 20000000), 2000 + 250);
    assert_int_equal(rates_of_file(&view->rates, SET_LOG, SIZE_UNKNOWN), DURATION_UNKNOWN);
    assert_true(view->readiness.rates_age_ms >= 0);
    assert_true(view->readiness.rates_age_ms < 30 * MINUTE_MS);
    group_view_release(view);
    build_free(build);
}

static void without_measurements_or_with_old_ones_the_restore_time_is_unknown(void **state)
{
    (void)state;
    struct build *build = build_kept_up();
    build->servers[1]->server_utc_ms += RATES_TOO_OLD_MS + 1; /* its own clock counts */
    struct group_view *view = build_view(build);
    assert_int_equal(view->readiness.restore_ms, DURATION_UNKNOWN);
    assert_int_equal(view->readiness.rates_age_ms, DURATION_UNKNOWN);
    assert_int_equal(build_check(view, "restore-time")->verdict, VERDICT_UNKNOWN);
    group_view_release(view);
    build_free(build);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_healthy_standby_is_one_set_behind),
        cmocka_unit_test(full_and_incomplete_sets_do_not_count),
        cmocka_unit_test(the_worst_database_counts),
        cmocka_unit_test(import_lag_is_how_long_the_oldest_missing_set_has_been_there),
        cmocka_unit_test(a_dead_sources_time_stands_still),
        cmocka_unit_test(a_database_that_was_never_restored_has_no_lag),
        cmocka_unit_test(the_rate_of_logs_is_measured_between_finished_restores),
        cmocka_unit_test(without_measurements_or_with_old_ones_the_restore_time_is_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
