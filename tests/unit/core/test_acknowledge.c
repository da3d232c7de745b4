#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/acknowledge.h"
#include "core/base/clock.h"
#include "core/base/memory.h"
#include "tests/support/build_view.h"
#include "tests/support/rule_cases.h"

static const int64_t hour_ms = 3600000;

struct desk {
    struct config config;
    char directory[64];
};

static int open_desk(void **state)
{
    struct desk *desk = memory_new(sizeof *desk);
    snprintf(desk->directory, sizeof desk->directory, "/tmp/stopmark-test-XXXXXX");
    if (mkdtemp(desk->directory) == NULL)
        return -1;
    desk->config.state_dir = desk->directory;
    *state = desk;
    return 0;
}

static int close_desk(void **state)
{
    static const char *const files[] = {"", ".new", ".lock"};
    struct desk *desk = *state;
    for (size_t i = 0; i < 3; i++) {
        char *path = memory_format("%s/acknowledgements%s", desk->directory, files[i]);
        unlink(path);
        free(path);
    }
    rmdir(desk->directory);
    free(desk);
    return 0;
}

/* Accepts the finding of a rule as it stands in the view. */
static void accept(struct desk *desk, const struct group_view *view, const char *rule,
                   int64_t until_ms)
{
    const struct check_result *check = build_check(view, rule);
    struct acknowledgement row = {.rule = memory_copy_text(rule),
                                  .where = memory_copy_text(check->where),
                                  .topic = memory_copy_text(check->topic),
                                  .verdict = check->verdict,
                                  .by = memory_copy_text("eve@desk"),
                                  .reason = memory_copy_text("known:\tticket\n4711 \\o/"),
                                  .at_utc_ms = view->now_utc_ms,
                                  .until_utc_ms = until_ms};
    struct error error = {0};
    assert_int_equal(acknowledgement_keep(&desk->config, &row, &error), ERR_OK);
    acknowledgement_clear(&row);
}

/* The verdict of a rule after what is on disk was applied at that time. */
static enum verdict verdict_then(struct desk *desk, struct build *build, const char *rule,
                                 int64_t later_ms)
{
    struct acknowledgements list;
    struct group_view *view = build_view(build);
    acknowledgements_load(&list, &desk->config);
    acknowledgements_apply(view, &list, view->now_utc_ms + later_ms);
    enum verdict verdict = build_check(view, rule)->verdict;
    acknowledgements_free(&list);
    group_view_release(view);
    return verdict;
}

static void an_accepted_finding_stays_visible_with_who_and_why_until_its_time(void **state)
{
    struct desk *desk = *state;
    struct build *build = build_kept_up();
    build_row(build, 0, "BizTalkMsgBoxDb")->mirrored = true;
    struct group_view *view = build_view(build);
    accept(desk, view, "availability", view->now_utc_ms + hour_ms);
    struct acknowledgements list;
    acknowledgements_load(&list, &desk->config);
    assert_int_equal(list.rows_count, 1);
    acknowledgements_apply(view, &list, view->now_utc_ms + 1);
    const struct check_result *check = build_check(view, "availability");
    assert_int_equal(check->verdict, VERDICT_ACKNOWLEDGED);
    assert_int_equal(check->accepted, VERDICT_WARNING);
    assert_string_equal(check->by, "eve@desk");
    assert_string_equal(check->reason, "known:\tticket\n4711 \\o/");
    assert_non_null(strstr(check->text, "mirrored"));
    acknowledgements_free(&list);
    group_view_release(view);
    assert_int_equal(verdict_then(desk, build, "availability", hour_ms - 1), VERDICT_ACKNOWLEDGED);
    assert_int_equal(verdict_then(desk, build, "availability", hour_ms), VERDICT_WARNING);
    build_free(build);
}

static void what_gets_worse_or_is_another_finding_shows_again(void **state)
{
    struct desk *desk = *state;
    struct build *build = build_kept_up();
    build_row(build, 1, "BizTalkMsgBoxDb")->redo_lsn =
        build_backup(build, "BizTalkMsgBoxDb", 97)->last_lsn;
    struct group_view *view = build_view(build);
    accept(desk, view, "apply-lag", view->now_utc_ms + hour_ms);
    group_view_release(view);
    assert_int_equal(verdict_then(desk, build, "apply-lag", 0), VERDICT_ACKNOWLEDGED);
    /* the same limit, by a little more */
    build->servers[0]->server_utc_ms += 60000;
    assert_int_equal(verdict_then(desk, build, "apply-lag", 0), VERDICT_ACKNOWLEDGED);
    /* now beyond the critical one */
    build_row(build, 1, "BizTalkMsgBoxDb")->redo_lsn =
        build_backup(build, "BizTalkMsgBoxDb", 93)->last_lsn;
    assert_int_equal(verdict_then(desk, build, "apply-lag", 0), VERDICT_CRITICAL);
    /* another place */
    build_row(build, 0, "BizTalkMsgBoxDb")->mirrored = true;
    view = build_view(build);
    accept(desk, view, "availability", view->now_utc_ms + hour_ms);
    group_view_release(view);
    build_row(build, 0, "BizTalkMgmtDb")->mirrored = true;
    assert_int_equal(verdict_then(desk, build, "availability", 0), VERDICT_WARNING);
    build_free(build);
}

static void it_can_be_taken_back_and_a_broken_line_hides_nothing(void **state)
{
    struct desk *desk = *state;
    struct build *build = build_kept_up();
    build_row(build, 0, "BizTalkMsgBoxDb")->mirrored = true;
    struct group_view *view = build_view(build);
    char *path = memory_format("%s/acknowledgements", desk->directory);
    FILE *file = fopen(path, "w");
    fputs("availability\t\nnonsense\n\navailability\tSQLA/BizTalkMsgBoxDb\tit is mir", file);
    fclose(file);
    free(path);
    assert_int_equal(verdict_then(desk, build, "availability", 0), VERDICT_WARNING);
    accept(desk, view, "availability", view->now_utc_ms + hour_ms);
    assert_int_equal(verdict_then(desk, build, "availability", 0), VERDICT_ACKNOWLEDGED);
    accept(desk, view, "availability", view->now_utc_ms);
    assert_int_equal(verdict_then(desk, build, "availability", 0), VERDICT_WARNING);
    group_view_release(view);
    build_free(build);
}

static void a_directory_that_cannot_be_written_is_an_error(void **state)
{
    (void)state;
    struct config config = {.state_dir = (char[]){"/proc/stopmark"}};
    struct acknowledgement row = {.rule = (char[]){"x"},
                                  .where = (char[]){""},
                                  .topic = (char[]){""},
                                  .by = (char[]){"a"},
                                  .reason = (char[]){"b"},
                                  .verdict = VERDICT_WARNING,
                                  .until_utc_ms = 1};
    struct error error = {0};
    assert_int_equal(acknowledgement_keep(&config, &row, &error), ERR_IO);
    assert_non_null(strstr(error.what, "cannot be kept"));
}

static void the_time_is_a_span_or_a_date_within_a_year(void **state)
{
    (void)state;
    int64_t now = time_parse("2026-11-20 12:00");
    assert_int_equal(acknowledgement_until("8h", now), now + 8 * hour_ms);
    assert_int_equal(acknowledgement_until("3d", now), now + 72 * hour_ms);
    assert_int_equal(acknowledgement_until("2w", now), now + 336 * hour_ms);
    assert_int_equal(acknowledgement_until("2026-11-27 08:00", now), time_parse("2026-11-27 08:00"));
    static const char *const bad[] = {"",   "h",    "0d",  "-1d",  "3x",  "3d ",
                                      "d3", "400d", "60w", "2026-11-20 11:59", "now", " 3d"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (acknowledgement_until(bad[i], now) != TIME_UNKNOWN)
            fail_msg("%s was taken", bad[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            an_accepted_finding_stays_visible_with_who_and_why_until_its_time, open_desk,
            close_desk),
        cmocka_unit_test_setup_teardown(what_gets_worse_or_is_another_finding_shows_again,
                                        open_desk, close_desk),
        cmocka_unit_test_setup_teardown(it_can_be_taken_back_and_a_broken_line_hides_nothing,
                                        open_desk, close_desk),
        cmocka_unit_test(a_directory_that_cannot_be_written_is_an_error),
        cmocka_unit_test(the_time_is_a_span_or_a_date_within_a_year),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
