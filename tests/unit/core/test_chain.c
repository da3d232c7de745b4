#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/memory.h"
#include "core/chain.h"
#include "tests/support/build_view.h"

#define MGMT "BizTalkMgmtDb"
#define BOX "BizTalkMsgBoxDb"

static void folders_and_files_are_joined_as_they_are_written(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"\\\\srv\\share", "a.bak", "\\\\srv\\share\\a.bak"},
        {"\\\\srv\\share\\", "a.bak", "\\\\srv\\share\\a.bak"},
        {"D:\\b", "a.bak", "D:\\b\\a.bak"},
        {"https://x.blob/c", "a.bak", "https://x.blob/c/a.bak"},
        {"https://x.blob/c/", "a.bak", "https://x.blob/c/a.bak"},
        {"/var/opt/b", "a.bak", "/var/opt/b/a.bak"},
        {"", "a.bak", "a.bak"},
        {NULL, "a.bak", "a.bak"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *path = chain_join_path(cases[i][0], cases[i][1]);
        assert_string_equal(path, cases[i][2]);
        free(path);
    }
}

static void a_stamp_is_read_from_the_end_of_a_mark_whatever_its_prefix(void **state)
{
    (void)state;
    int64_t expected = time_parse("2026-11-20 11:50:12.547");
    static const char *const good[] = {"BTS_2026_11_20_11_50_12_547", "Log_2026_11_20_11_50_12_547",
                                       "A_B_2026_11_20_11_50_12_547", "2026_11_20_11_50_12_547",
                                       "_2026_11_20_11_50_12_547"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_int_equal(chain_mark_stamp(good[i]), expected);
    static const char *const bad[] = {NULL,
                                      "",
                                      "BTS",
                                      "BTS2026_11_20_11_50_12_547",
                                      "BTS_2026-11-20_11_50_12_547",
                                      "BTS_2026_13_40_11_50_12_547",
                                      "BTS_2026_11_20_11_50_12_54"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(chain_mark_stamp(bad[i]), TIME_UNKNOWN);
}

static void source_and_imported_history_become_one_set(void **state)
{
    (void)state;
    struct build *build = build_kept_up();
    build_set(build, (struct build_set){.id = 101,
                                        .kind = SET_LOG,
                                        .time_utc_ms = build_time(101),
                                        .not_imported = true});
    struct group_view *view = build_view(build);
    assert_int_equal(view->sets_count, 12);
    const struct backup_set *set = build_find_set(view, 100);
    assert_true(set->complete);
    assert_int_equal(set->databases, 2);
    assert_int_equal(set->databases_expected, 2);
    assert_int_equal(set->size_bytes, 40000000);
    assert_true(set->files[0].imported);
    assert_false(build_find_set(view, 101)->files[0].imported);
    assert_int_equal(set->time_utc_ms, build_time(100));
    assert_int_equal(build_find_set(view, 99)->standings[0], STANDING_APPLIED);
    assert_int_equal(set->standings[0], STANDING_UNCHECKED);
    group_view_release(view);
    build_free(build);
}

static void the_newest_incomplete_set_is_in_progress_only_while_the_job_runs(void **state)
{
    (void)state;
    struct build *build = build_kept_up();
    build_set(build, (struct build_set){.id = 101,
                                        .kind = SET_LOG,
                                        .time_utc_ms = build_time(101),
                                        .incomplete = true,
                                        .without = BOX});
    build->servers[0]->jobs[0].running = true;
    struct group_view *view = build_view(build);
    const struct backup_set *set = build_find_set(view, 101);
    assert_true(set->in_progress);
    assert_int_equal(set->chain, CHAIN_OK);
    assert_int_equal(set->standings[0], STANDING_IN_PROGRESS);
    assert_int_equal(set->databases, 1);
    assert_int_equal(set->databases_expected, 2);
    group_view_release(view);

    build->servers[0]->jobs[0].running = false;
    view = build_view(build);
    set = build_find_set(view, 101);
    assert_false(set->in_progress);
    assert_int_equal(set->chain, CHAIN_BROKEN);
    assert_int_equal(set->standings[0], STANDING_PARTIAL);
    group_view_release(view);

    /* Its run is not over as far as the jobs were read: they are read after the history. */
    build->servers[0]->jobs[0].last_run_utc_ms = build_time(100);
    view = build_view(build);
    assert_true(build_find_set(view, 101)->in_progress);
    group_view_release(view);

    build->servers[0]->jobs[0].running = true;
    build_kill(build, 0); /* a dead source takes no backups */
    view = build_view(build);
    assert_false(build_find_set(view, 101)->in_progress);
    group_view_release(view);
    build_free(build);
}

static void a_partial_set_is_repaired_by_a_full_set_and_a_log_set(void **state)
{
    (void)state;
    struct build *build = build_small();
    build_full(build, 89, true);
    build_log(build, 90, true);
    build_set(build, (struct build_set){.id = 91,
                                        .kind = SET_LOG,
                                        .time_utc_ms = build_time(91),
                                        .incomplete = true,
                                        .without = BOX});
    build_log(build, 92, false);
    build_full(build, 93, false);
    struct group_view *view = build_view(build);
    assert_int_equal(build_find_set(view, 90)->chain, CHAIN_OK);
    assert_int_equal(build_find_set(view, 91)->chain, CHAIN_BROKEN);
    assert_int_equal(build_find_set(view, 92)->chain, CHAIN_BROKEN);
    assert_int_equal(build_find_set(view, 93)->chain, CHAIN_OK);
    group_view_release(view);
    build_log(build, 94, false);
    view = build_view(build);
    assert_int_equal(build_find_set(view, 91)->chain, CHAIN_REPAIRED);
    assert_int_equal(build_find_set(view, 92)->chain, CHAIN_REPAIRED);
    assert_int_equal(build_find_set(view, 94)->chain, CHAIN_OK);
    group_view_release(view);
    build_free(build);
}

static void a_skipped_set_number_is_no_gap(void **state)
{
    (void)state;
    struct build *build = build_small();
    build_full(build, 90, true);
    build_log(build, 91, true);
    build_log(build, 94, false);
    struct group_view *view = build_view(build);
    assert_int_equal(build_find_set(view, 94)->chain, CHAIN_OK);
    assert_int_equal(build_route(view, 94, MGMT)->route, ROUTE_ROLL_FORWARD);
    group_view_release(view);
    build_free(build);
}

static void a_file_overwritten_on_its_path_has_the_newest_backups_lsns(void **state)
{
    (void)state;
    struct build *build = build_kept_up();
    const struct msdb_backup *known = build_backup(build, MGMT, 100);
    struct lsn right = known->last_lsn;
    struct msdb_backup *again = memory_append(build->servers[0], backups);
    *again = (struct msdb_backup){.backup_set_id = -1,
                                  .database = memory_copy_text(MGMT),
                                  .path = memory_copy_text(build_backup(build, MGMT, 100)->path),
                                  .type = 'L',
                                  .first_lsn = lsn_parse("1"),
                                  .last_lsn = lsn_parse("2"),
                                  .finish_utc_ms = TIME_UNKNOWN};
    struct group_view *view = build_view(build);
    const struct backup_set *set = build_find_set(view, 100);
    assert_int_equal(lsn_compare(set->files[0].last_lsn, right), 0);
    group_view_release(view);
    build_free(build);
}

/* --- UTC and local --------------------------------------------------------------------------- */

static struct group_view *with_stamps(struct build *build, int offset_min, bool told, bool local,
                                      int64_t stamps_shift_ms)
{
    struct server_view *source = build->servers[0];
    source->utc_offset_min = offset_min;
    source->use_local_time_known = told;
    source->use_local_time = local;
    build_forget_marks(build, 0); /* times come from the stamps alone */
    for (size_t s = 0; s < 2; s++) {
        struct history_chunk *chunk = build->servers[s]->history[0];
        for (size_t i = 0; i < chunk->count; i++) {
            chunk->rows[i].stamp_ms += stamps_shift_ms;
            if (chunk->rows[i].mark != NULL) { /* no stamp in the name */
                free(chunk->rows[i].mark);
                chunk->rows[i].mark = memory_format("M%lld", (long long)chunk->rows[i].set_id);
            }
        }
    }
    return build_view(build);
}

static void stamps_are_utc_or_local_as_found_out_never_guessed(void **state)
{
    (void)state;
    const int64_t two_hours_ms = 2 * 3600 * 1000;
    static const struct {
        int offset_min;
        bool told, local, stamps_local;
        enum stamp_zone zone;
    } cases[] = {
        {0, false, false, false, STAMP_UTC},       /* the same either way */
        {120, true, false, false, STAMP_UTC},      /* the job says so, msdb agrees */
        {120, true, true, true, STAMP_LOCAL},      /* likewise */
        {120, false, false, false, STAMP_UTC},     /* msdb alone */
        {120, false, false, true, STAMP_LOCAL},    /* msdb alone */
        {120, true, true, false, STAMP_UNDECIDED}, /* they contradict each other */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct build *build = build_kept_up();
        struct group_view *view =
            with_stamps(build, cases[i].offset_min, cases[i].told, cases[i].local,
                        cases[i].stamps_local ? two_hours_ms : 0);
        assert_int_equal(view->stamp_zone, cases[i].zone);
        int64_t expected = cases[i].zone == STAMP_UNDECIDED ? TIME_UNKNOWN : build_time(100);
        assert_int_equal(build_find_set(view, 100)->time_utc_ms, expected);
        if (cases[i].zone == STAMP_UNDECIDED) {
            assert_int_equal(build_mark(view, 100)->data_loss_ms, DURATION_UNKNOWN);
            assert_int_equal(build_check(view, "stamps")->verdict, VERDICT_WARNING);
        }
        group_view_release(view);
        build_free(build);
    }
}

static void a_complete_set_is_not_in_progress_while_the_job_runs(void **state)
{
    (void)state;
    struct build *build = build_kept_up();
    build->servers[0]->jobs[0].running = true; /* its next set has no file yet */
    struct group_view *view = build_view(build);
    assert_false(build_find_set(view, 100)->in_progress);
    assert_int_equal(build_route(view, 100, MGMT)->route, ROUTE_ROLL_FORWARD);
    group_view_release(view);
    build_free(build);
}

static void a_mark_of_other_case_is_another_mark(void **state)
{
    (void)state;
    struct build *build = build_kept_up();
    struct group_view *view = build_view(build);
    struct lsn right = build_find_set(view, 100)->files[0].mark_lsn;
    char *mark = memory_copy_text(build_find_set(view, 100)->mark);
    group_view_release(view);
    memcpy(mark, "bts", 3);
    struct mark_row *other = memory_append(build->servers[0], marks);
    *other = (struct mark_row){.database = memory_copy_text(MGMT),
                               .mark = mark,
                               .lsn = {build_backup(build, MGMT, 100)->first_lsn.number + 1},
                               .time_utc_ms = build_time(100)};
    view = build_view(build);
    assert_string_equal(view->roster[0].database, MGMT);
    assert_int_equal(lsn_compare(build_find_set(view, 100)->files[0].mark_lsn, right), 0);
    group_view_release(view);
    build_free(build);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folders_and_files_are_joined_as_they_are_written),
        cmocka_unit_test(a_stamp_is_read_from_the_end_of_a_mark_whatever_its_prefix),
        cmocka_unit_test(source_and_imported_history_become_one_set),
        cmocka_unit_test(the_newest_incomplete_set_is_in_progress_only_while_the_job_runs),
        cmocka_unit_test(a_partial_set_is_repaired_by_a_full_set_and_a_log_set),
        cmocka_unit_test(a_skipped_set_number_is_no_gap),
        cmocka_unit_test(a_file_overwritten_on_its_path_has_the_newest_backups_lsns),
        cmocka_unit_test(stamps_are_utc_or_local_as_found_out_never_guessed),
        cmocka_unit_test(a_complete_set_is_not_in_progress_while_the_job_runs),
        cmocka_unit_test(a_mark_of_other_case_is_another_mark),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
