#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/history.h"
#include "core/store.h"
#include "core/view_rows.h"

/* --- history ---------------------------------------------------------------------------------- */

static void add_row(struct history_rows *rows, int64_t set, int64_t id, bool complete)
{
    struct history_row *row = memory_append(rows, rows);
    *row = (struct history_row){.set_id = set,
                                .backup_id = id,
                                .complete = complete,
                                .kind = SET_LOG,
                                .mark = memory_format("BTS_%d", (int)set),
                                .database = memory_format("db%d", (int)id % 10),
                                .stamp_ms = set * 1000,
                                .restored_stamp_ms = TIME_UNKNOWN};
}

/* Sets first..last of ten rows each. */
static struct history_rows make_sets(int64_t first, int64_t last)
{
    struct history_rows rows = {0};
    for (int64_t set = first; set <= last; set++)
        for (int i = 0; i < 10; i++)
            add_row(&rows, set, set * 10 + i, true);
    return rows;
}

static void replace(struct history_list *list, int64_t first, int64_t last)
{
    struct history_rows rows = make_sets(first, last);
    history_list_replace(list, first, last, &rows);
}

static void history_is_kept_in_chunks_of_whole_sets(void **state)
{
    (void)state;
    struct history_list list = {0};
    replace(&list, 1, 200);
    assert_int_equal(history_list_count(&list), 2000);
    assert_true(list.chunks_count > 5 && list.chunks_count < 10);
    for (size_t i = 1; i < list.chunks_count; i++) {
        const struct history_chunk *before = list.chunks[i - 1], *after = list.chunks[i];
        assert_true(before->rows[before->count - 1].set_id < after->rows[0].set_id);
    }
    history_list_clear(&list);
}

static void what_did_not_change_stays_the_same_chunk(void **state)
{
    (void)state;
    struct history_list list = {0};
    replace(&list, 1, 200);
    struct history_chunk *first = list.chunks[0];
    struct history_rows same = make_sets(190, 200);
    assert_false(history_list_replace(&list, 190, INT64_MAX, &same));
    struct history_rows more = make_sets(200, 203);
    assert_true(history_list_replace(&list, 200, INT64_MAX, &more));
    assert_ptr_equal(list.chunks[0], first);
    assert_int_equal(history_list_count(&list), 2030);
    history_list_clear(&list);
}

static void dropping_old_sets_leaves_the_rest(void **state)
{
    (void)state;
    struct history_list list = {0};
    struct history_rows none = {0};
    replace(&list, 1, 100);
    assert_true(history_list_replace(&list, 0, 40, &none));
    assert_int_equal(history_list_count(&list), 600);
    assert_int_equal(list.chunks[0]->rows[0].set_id, 41);
    history_list_clear(&list);
}

static void views_share_chunks_and_the_last_one_frees_them(void **state)
{
    (void)state;
    struct history_list list = {0};
    replace(&list, 1, 60);
    struct server_view *view = server_view_new("S", ROLE_SOURCE);
    history_list_publish(&list, view);
    struct server_view *next = server_view_new("S", ROLE_SOURCE);
    view_copy_all(next, view);
    assert_ptr_equal(view->history[0], next->history[0]);
    history_list_clear(&list);
    server_view_release(view);
    assert_int_equal(next->history[0]->rows[0].set_id, 1);
    server_view_release(next);
}

struct model {
    int64_t version[300]; /* of each set; 0 = not there */
};

static struct history_rows model_rows(const struct model *model, int64_t first, int64_t last)
{
    struct history_rows rows = {0};
    for (int64_t set = first < 0 ? 0 : first; set <= last && set < 300; set++)
        for (int i = 0; model->version[set] && i < 1 + model->version[set] % 4; i++)
            add_row(&rows, set, set * 100 + i, model->version[set] % 3 != 0);
    return rows;
}

static bool compare_row(void *context, const struct history_row *row)
{
    struct history_rows *expected = context;
    assert_true(expected->rows_capacity < expected->rows_count);
    assert_true(history_row_equal(row, &expected->rows[expected->rows_capacity++]));
    return true;
}

static void after_any_changes_and_one_sweep_the_list_equals_a_cold_read(void **state)
{
    (void)state;
    struct model model = {0};
    struct history_list list = {0};
    uint32_t random = 99;
    for (int round = 0; round < 60; round++) {
        for (int i = 0; i < 20; i++) {
            random = random * 1664525 + 1013904223;
            model.version[(random >> 8) % 300] = (random >> 20) % 7;
        }
        for (int64_t from = 0; from < 300; from += 37) { /* a sweep in stretches */
            struct history_rows rows = model_rows(&model, from, from + 36);
            history_list_replace(&list, from, from + 36, &rows);
        }
        struct history_rows cold = model_rows(&model, 0, 299);
        assert_int_equal(history_list_count(&list), cold.rows_count);
        size_t capacity = cold.rows_capacity;
        cold.rows_capacity = 0; /* serves as the position */
        history_list_each(&list, compare_row, &cold);
        cold.rows_capacity = capacity;
        history_rows_free(&cold);
    }
    history_list_clear(&list);
}

/* --- views ------------------------------------------------------------------------------------ */

static void a_new_view_knows_nothing(void **state)
{
    (void)state;
    struct server_view *view = server_view_new("S", ROLE_DESTINATION);
    assert_true(server_view_now_utc_ms(view, 5) == TIME_UNKNOWN);
    assert_int_equal(view->last_restore_set, -1);
    assert_null(server_view_database(view, "x"));
    assert_null(server_view_job(view, JOB_BACKUP));
    assert_int_equal(view->parts[PART_JOBS].state, PART_NOT_ASKED);
    server_view_release(view);
    server_view_release(NULL);
    assert_null(server_view_retain(NULL));
}

static void names_compare_as_the_server_s_collation_does(void **state)
{
    (void)state;
    struct server_view *view = server_view_new("S", ROLE_SOURCE);
    *memory_append(view, databases) = (struct database_row){.name = memory_copy_text("SSODB")};
    assert_non_null(server_view_database(view, "ssodb"));
    view->case_sensitive = true;
    assert_null(server_view_database(view, "ssodb"));
    assert_non_null(server_view_database(view, "SSODB"));
    server_view_release(view);
}

static void the_server_s_clock_goes_on_while_it_answers(void **state)
{
    (void)state;
    struct server_view *view = server_view_new("S", ROLE_SOURCE);
    view->server_utc_ms = 1000000;
    view->as_of_monotonic_ms = 500;
    assert_true(server_view_now_utc_ms(view, 1500) == TIME_UNKNOWN);
    view->reachable = true;
    assert_int_equal(server_view_now_utc_ms(view, 1500), 1001000);
    server_view_release(view);
}

/* --- the store -------------------------------------------------------------------------------- */

static struct server_view *full_view(void)
{
    struct server_view *view = server_view_new("SQL A\\1", ROLE_SOURCE);
    view->reachable = true;
    view->as_of_utc_ms = clock_utc_ms(clock_system()) - 60000;
    view->as_of_monotonic_ms = clock_monotonic_ms(clock_system());
    view->server_utc_ms = 1700000000000;
    view->utc_offset_min = 60;
    view->has_management = true;
    view->management_database = memory_copy_text("BizTalkMgmtDb");
    view->parts[PART_HISTORY].state = PART_READ;
    view->parts[PART_HISTORY].read_monotonic_ms = 1;
    view->parts[PART_JOBS].state = PART_NOT_VISIBLE;
    struct history_list list = {0};
    replace(&list, 5, 40);
    history_list_publish(&list, view);
    history_list_clear(&list);
    *memory_append(view, backups) =
        (struct msdb_backup){.backup_set_id = 7,
                             .database = memory_copy_text("A"),
                             .path = memory_copy_text("\\\\s\\ö.bak"),
                             .type = 'L',
                             .first_lsn = lsn_parse("1234567890123456789012345"),
                             .start_utc_ms = TIME_UNKNOWN,
                             .set_guid = "abc"};
    *memory_append(view, marks) = (struct mark_row){.database = memory_copy_text("A"),
                                                    .mark = memory_copy_text("BTS_1"),
                                                    .lsn = lsn_parse("77"),
                                                    .time_utc_ms = 5};
    *memory_append(view, roster) = (struct roster_row){.server = memory_copy_text("SQLA"),
                                                       .database = memory_copy_text("A"),
                                                       .use = USE_SSO,
                                                       .in_backup_job = true};
    *memory_append(view, jobs) = (struct job_row){.name = memory_copy_text("Job"),
                                                  .function = JOB_BACKUP,
                                                  .steps = memory_copy_text("a\nb")};
    return view;
}

static char directory[] = "/tmp/stopmark-store-XXXXXX";

static struct config *store_config(struct config *config, struct config_server *server)
{
    *server = (struct config_server){.role = ROLE_SOURCE};
    static char name[] = "SQL A\\1", state_dir[64];
    server->name = name;
    snprintf(state_dir, sizeof state_dir, "%s/state/x", directory);
    *config = (struct config){.servers = server, .servers_count = 1, .state_dir = state_dir};
    return config;
}

static void a_last_good_view_comes_back_from_disk(void **state)
{
    (void)state;
    struct config config;
    struct config_server server;
    store_config(&config, &server);
    assert_null(store_load(NULL, &config, 0, clock_system()));
    struct server_view *view = full_view();
    struct error error = {0};
    assert_int_equal(store_write(&config, 0, view, &error), ERR_OK);
    struct server_view *loaded = store_load(NULL, &config, 0, clock_system());
    assert_non_null(loaded);
    assert_true(loaded->from_disk);
    assert_false(loaded->reachable);
    assert_true(loaded->has_management);
    assert_int_equal(loaded->server_utc_ms, view->server_utc_ms);
    assert_true(server_view_now_utc_ms(loaded, 5) == TIME_UNKNOWN);
    assert_int_equal(loaded->parts[PART_HISTORY].state, PART_READ);
    assert_int_equal(loaded->parts[PART_JOBS].state, PART_NOT_ASKED);
    size_t rows = 0;
    for (size_t i = 0; i < loaded->history_count; i++)
        rows += loaded->history[i]->count;
    assert_int_equal(rows, 360);
    assert_true(history_row_equal(&loaded->history[0]->rows[0], &view->history[0]->rows[0]));
    assert_string_equal(loaded->backups[0].path, "\\\\s\\ö.bak");
    assert_int_equal(lsn_compare(loaded->backups[0].first_lsn, view->backups[0].first_lsn), 0);
    assert_true(loaded->backups[0].start_utc_ms == TIME_UNKNOWN);
    assert_string_equal(loaded->marks[0].mark, "BTS_1");
    assert_int_equal(loaded->roster[0].use, USE_SSO);
    assert_string_equal(loaded->jobs[0].steps, "a\nb");
    server_view_release(loaded);
    server_view_release(view);
}

static void a_view_of_another_server_or_a_broken_file_is_not_taken(void **state)
{
    (void)state;
    struct config config;
    struct config_server server;
    store_config(&config, &server);
    server.role = ROLE_DESTINATION;
    assert_null(store_load(NULL, &config, 0, clock_system()));
    char command[200];
    snprintf(command, sizeof command, "for f in %s/state/x/views/*; do echo '{' > $f; done",
             directory);
    assert_int_equal(system(command), 0);
    server.role = ROLE_SOURCE;
    assert_null(store_load(NULL, &config, 0, clock_system()));
}

static void a_view_without_live_data_is_never_written(void **state)
{
    (void)state;
    struct config config;
    struct config_server server;
    store_config(&config, &server);
    char command[200];
    snprintf(command, sizeof command, "rm -r %s/state", directory);
    assert_int_equal(system(command), 0);
    struct store_schedule schedule = {0};
    struct server_view *view = full_view();
    view->from_disk = true;
    store_keep(&schedule, &config, 0, view, true);
    assert_null(store_load(NULL, &config, 0, clock_system()));
    view->from_disk = false;
    store_keep(&schedule, &config, 0, view, false);
    struct server_view *loaded = store_load(NULL, &config, 0, clock_system());
    assert_non_null(loaded);
    server_view_release(loaded);
    server_view_release(view);
    struct stat status;
    snprintf(command, sizeof command, "%s/state/x", directory);
    assert_int_equal(stat(command, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
}

int main(void)
{
    if (!mkdtemp(directory))
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(history_is_kept_in_chunks_of_whole_sets),
        cmocka_unit_test(what_did_not_change_stays_the_same_chunk),
        cmocka_unit_test(dropping_old_sets_leaves_the_rest),
        cmocka_unit_test(views_share_chunks_and_the_last_one_frees_them),
        cmocka_unit_test(after_any_changes_and_one_sweep_the_list_equals_a_cold_read),
        cmocka_unit_test(a_new_view_knows_nothing),
        cmocka_unit_test(names_compare_as_the_server_s_collation_does),
        cmocka_unit_test(the_server_s_clock_goes_on_while_it_answers),
        cmocka_unit_test(a_last_good_view_comes_back_from_disk),
        cmocka_unit_test(a_view_of_another_server_or_a_broken_file_is_not_taken),
        cmocka_unit_test(a_view_without_live_data_is_never_written),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    char command[100];
    snprintf(command, sizeof command, "rm -rf %s", directory);
    return system(command) ? 1 : failed;
}
