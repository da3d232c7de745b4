#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/decode.h"
#include "core/history.h"
#include "core/tds_row.h"

enum { COLUMNS_MAX = 30 };

/* A row as core/tds hands it out. */
struct sample {
    struct tds_column columns[COLUMNS_MAX];
    struct tds_row row;
};

static void add_text(struct sample *sample, const char *name, const char *text)
{
    struct tds_column *column = &sample->columns[sample->row.count++];
    sample->row.columns = sample->columns;
    strcpy(column->name, name);
    column->null = text == NULL;
    column->text = text;
}

static void add_time(struct sample *sample, const char *name, const char *text)
{
    add_text(sample, name, text);
    sample->columns[sample->row.count - 1].is_time = true;
    sample->columns[sample->row.count - 1].time_ms = text ? time_parse(text) : TIME_UNKNOWN;
}

static void values_are_read_by_column_name_without_case(void **state)
{
    (void)state;
    struct sample sample = {0};
    add_text(&sample, "Number", "9007199254740993");
    add_text(&sample, "Nothing", NULL);
    add_text(&sample, "Word", "abc");
    add_text(&sample, "Empty", "");
    add_text(&sample, "Lsn", "1234567890123456789012345");
    assert_int_equal(tds_integer(&sample.row, "number", 0), INT64_C(9007199254740993));
    assert_int_equal(tds_integer(&sample.row, "Nothing", -7), -7);
    assert_int_equal(tds_integer(&sample.row, "Word", -7), -7);
    assert_int_equal(tds_integer(&sample.row, "Empty", -7), -7);
    assert_int_equal(tds_bit(&sample.row, "Nothing"), -1);
    assert_null(tds_text(&sample.row, "Nothing"));
    assert_null(tds_text(&sample.row, "Missing"));
    assert_string_equal(tds_text(&sample.row, "EMPTY"), "");
    char digits[LSN_TEXT_SIZE];
    lsn_format(digits, sizeof digits, tds_lsn(&sample.row, "lsn"));
    assert_string_equal(digits, "1234567890123456789012345");
}

static void agent_s_dates_and_durations_are_numbers_with_meaning(void **state)
{
    (void)state;
    assert_int_equal(decode_agent_time(20261120, 90503), time_parse("2026-11-20T09:05:03"));
    assert_int_equal(decode_agent_time(20261120, 0), time_parse("2026-11-20T00:00:00"));
    assert_true(decode_agent_time(0, 0) == TIME_UNKNOWN);
    assert_true(decode_agent_time(20261399, 0) == TIME_UNKNOWN);
    assert_int_equal(decode_agent_duration(10203), 3723000);
    assert_int_equal(decode_agent_duration(1230000), 123 * 3600000);
    assert_true(decode_agent_duration(99) == DURATION_UNKNOWN);
    assert_true(decode_agent_duration(-1) == DURATION_UNKNOWN);
}

static void jobs_are_known_by_their_words(void **state)
{
    (void)state;
    assert_int_equal(decode_job_function("Backup BizTalk Server (BizTalkMgmtDb)", NULL), JOB_BACKUP);
    assert_int_equal(decode_job_function("Nightly", "exec [dbo].[sp_MarkAll] 'BTS'"), JOB_BACKUP);
    assert_int_equal(decode_job_function("BTS Log Shipping - Get Backup History", NULL),
                     JOB_GET_HISTORY);
    assert_int_equal(decode_job_function("BTS Log Shipping Get Backup History", NULL),
                     JOB_GET_HISTORY);
    assert_int_equal(decode_job_function("BTS Server Log Shipping Restore Databases (X)", NULL),
                     JOB_RESTORE_DATABASES);
    assert_int_equal(decode_job_function("BTS Log Shipping Restore To Mark", NULL),
                     JOB_RESTORE_TO_MARK);
    assert_int_equal(decode_job_function("DTA Purge and Archive (BizTalkDTADb)", NULL), JOB_BIZTALK);
    assert_int_equal(decode_job_function("syspolicy_purge_history", "x"), JOB_OTHER);
    assert_int_equal(decode_job_function(NULL, NULL), JOB_OTHER);
}

static void the_steps_say_whether_stamps_are_local(void **state)
{
    (void)state;
    assert_int_equal(decode_use_local_time("sp_MarkAll 'BTS', 'x', @UseLocalTime = 1"), 1);
    assert_int_equal(decode_use_local_time("sp_MarkAll 'BTS', 'x', @uselocaltime=0\nx"), 0);
    assert_int_equal(decode_use_local_time("sp_MarkAll 'BTS', 'x'"), -1);
    assert_int_equal(decode_use_local_time("a @UseLocalTime=1 b @UseLocalTime=0"), -1);
    assert_int_equal(decode_use_local_time(NULL), -1);
}

static void the_server_s_offset_is_a_multiple_of_a_quarter_hour(void **state)
{
    (void)state;
    struct sample sample = {0};
    add_time(&sample, "utc_now", "2026-11-20T12:00:00.003");
    add_time(&sample, "local_now", "2026-11-20T17:29:59.997");
    add_text(&sample, "collation", "SQL_Latin1_General_CP1_CS_AS");
    add_text(&sample, "version", "16.0.4236.2");
    struct server_view *view = server_view_new("S", ROLE_SOURCE);
    decode_server(view, &sample.row);
    assert_int_equal(view->utc_offset_min, 330);
    assert_true(view->case_sensitive);
    assert_int_equal(view->version_major, 16);
    server_view_release(view);
    struct sample west = {0};
    add_time(&west, "utc_now", "2026-11-20T12:00:00");
    add_time(&west, "local_now", "2026-11-20T08:30:00.003");
    view = server_view_new("S", ROLE_SOURCE);
    decode_server(view, &west.row);
    assert_int_equal(view->utc_offset_min, -210);
    assert_false(view->case_sensitive);
    server_view_release(view);
}

static void a_full_set_has_no_mark_and_a_log_set_has_one(void **state)
{
    (void)state;
    struct sample sample = {0};
    add_text(&sample, "BackupSetId", "12");
    add_text(&sample, "BackupType", "lg");
    add_text(&sample, "MarkName", "BTS_2026_11_20_11_50_12_547");
    add_text(&sample, "DatabaseName", "A");
    add_text(&sample, "SetComplete", "1");
    struct history_row row;
    assert_true(decode_history(&row, &sample.row));
    assert_int_equal(row.kind, SET_LOG);
    assert_true(row.complete);
    assert_string_equal(row.mark, "BTS_2026_11_20_11_50_12_547");
    assert_true(row.stamp_ms == TIME_UNKNOWN);
    assert_false(row.restored);
    history_row_free(&row);
    sample.columns[1].text = "db";
    sample.columns[2].null = true;
    assert_true(decode_history(&row, &sample.row));
    assert_int_equal(row.kind, SET_FULL);
    assert_null(row.mark);
    history_row_free(&row);
    sample.columns[0].null = true;
    assert_false(decode_history(&row, &sample.row));
    history_row_free(&row);
}

static void the_last_restored_set_is_found_under_its_possible_names(void **state)
{
    (void)state;
    struct sample sample = {0};
    add_text(&sample, "SourceID", "x");
    add_text(&sample, "LastRestoredSetId", "77");
    assert_int_equal(decode_last_restore_set(&sample.row), 77);
    sample.columns[1].null = true;
    assert_int_equal(decode_last_restore_set(&sample.row), -1);
    sample.row.count = 1;
    assert_int_equal(decode_last_restore_set(&sample.row), -1);
}

/* A source view two hours east of UTC with one set, stamped so, whose backup began (UTC) so. */
static struct server_view *stamped(const char *stamp, const char *start_utc, const char *steps)
{
    struct server_view *view = server_view_new("S", ROLE_SOURCE);
    view->server_utc_ms = time_parse("2026-11-20T12:00:00");
    view->utc_offset_min = 120;
    struct history_rows rows = {0};
    struct history_row *row = memory_append(&rows, rows);
    *row = (struct history_row){.set_id = 1,
                                .database = memory_copy_text("A"),
                                .file_name = memory_copy_text("A_Log_1.bak"),
                                .stamp_ms = time_parse(stamp)};
    struct history_list list = {0};
    history_list_replace(&list, 0, INT64_MAX, &rows);
    history_list_publish(&list, view);
    history_list_clear(&list);
    if (start_utc)
        *memory_append(view, backups) =
            (struct msdb_backup){.path = memory_copy_text("\\\\share\\x\\a_log_1.BAK"),
                                 .start_utc_ms = time_parse(start_utc)};
    if (steps)
        *memory_append(view, jobs) = (struct job_row){
            .name = memory_copy_text("B"), .function = JOB_BACKUP, .steps = memory_copy_text(steps)};
    decode_decide_local_time(view);
    return view;
}

static void assert_local(struct server_view *view, bool known, bool local)
{
    assert_int_equal(view->use_local_time_known, known);
    assert_int_equal(view->use_local_time, local);
    server_view_release(view);
}

static void msdb_decides_whether_stamps_are_local(void **state)
{
    (void)state;
    assert_local(stamped("2026-11-20T11:45:00", "2026-11-20T11:45:02", NULL), true, false);
    assert_local(stamped("2026-11-20T13:45:00", "2026-11-20T11:45:02", NULL), true, true);
    assert_local(stamped("2026-11-20T13:45:00", "2026-11-20T11:45:02", "@UseLocalTime = 0"), true,
                 true);
}

static void without_msdb_the_job_s_steps_decide(void **state)
{
    (void)state;
    assert_local(stamped("2026-11-20T11:45:00", NULL, "sp_MarkAll 'BTS', @UseLocalTime=1"), true,
                 true);
    assert_local(stamped("2026-11-20T11:45:00", NULL, "sp_MarkAll 'BTS'"), true, false);
    assert_local(stamped("2026-11-20T11:45:00", NULL, "@UseLocalTime=1 @UseLocalTime=0"), false,
                 false);
}

static void without_both_it_stays_unknown(void **state)
{
    (void)state;
    assert_local(stamped("2026-11-20T11:45:00", NULL, NULL), false, false);
    assert_local(stamped("2026-11-20T03:45:00", "2026-11-20T11:45:02", NULL), false, false);
}

static void local_times_become_utc_by_the_servers_offset(void **state)
{
    (void)state;
    struct sample sample = {0};
    add_text(&sample, "mark_name", "BTS_1");
    add_time(&sample, "mark_time", "2026-11-20T14:00:00.547");
    struct mark_row mark;
    decode_mark(&mark, &sample.row, 120);
    assert_int_equal(mark.time_utc_ms, time_parse("2026-11-20T12:00:00.547"));
    free(mark.mark);
    decode_mark(&mark, &sample.row, -210);
    assert_int_equal(mark.time_utc_ms, time_parse("2026-11-20T17:30:00.547"));
    free(mark.mark);
    assert_true(decode_local_ms(TIME_UNKNOWN, 120) == TIME_UNKNOWN);
}

static void what_the_server_leaves_null_is_unknown_and_not_nothing(void **state)
{
    (void)state;
    static const char *const names[] = {"state", "size",     "compressed_size", "first_lsn",
                                        "lsn",   "last_lsn", "finished",        "mark_time"};
    struct sample sample = {0};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        add_text(&sample, names[i], NULL);
    struct database_row database;
    decode_database(&database, &sample.row, 0);
    assert_int_equal(database.state, STATE_ABSENT);
    assert_int_equal(database.size_bytes, SIZE_UNKNOWN);
    struct msdb_backup backup;
    decode_backup(&backup, &sample.row, 60);
    assert_int_equal(backup.size_bytes, SIZE_UNKNOWN);
    assert_int_equal(backup.compressed_size_bytes, SIZE_UNKNOWN);
    assert_false(lsn_is_known(backup.first_lsn) || lsn_is_known(backup.last_lsn));
    assert_true(backup.finish_utc_ms == TIME_UNKNOWN);
    struct restore_row restore;
    decode_restore(&restore, &sample.row, 60);
    assert_int_equal(restore.size_bytes, SIZE_UNKNOWN);
    assert_false(lsn_is_known(restore.first_lsn) || lsn_is_known(restore.last_lsn));
    assert_null(restore.stop_at_mark);
    struct mark_row mark;
    decode_mark(&mark, &sample.row, 60);
    assert_false(lsn_is_known(mark.lsn));
    assert_true(mark.time_utc_ms == TIME_UNKNOWN);
}

static void arguments_of_a_step_are_found_by_place_or_name(void **state)
{
    (void)state;
    static const char steps[] =
        "exec [dbo].[sp_BackupAllFull_Schedule] 'd' /* Frequency, with a comma */, N'B''TS' -- it\n"
        ", '\\\\backup\\bts', 1, 0, @UseLocalTime=1\n"
        "exec sp_MarkAllOfThem 'x'\nexec sp_MarkAll @Path = 'p', @Name = 'n';"
        "exec dbo.sp_DeleteBackupHistory @DaysToKeep = 14";
    static const struct {
        const char *procedure;
        int position;
        const char *name, *value;
    } cases[] = {
        {"sp_BackupAllFull_Schedule", 1, "Frequency", "d"},
        {"sp_BackupAllFull_Schedule", 2, "Name", "B'TS"},
        {"sp_BackupAllFull_Schedule", 4, "Force", "1"},
        {"sp_BackupAllFull_Schedule", 6, "UseLocalTime", "1"},
        {"sp_BackupAllFull_Schedule", 7, "More", NULL},
        {"sp_MarkAll", 1, "Name", "n"},
        {"sp_MarkAll", 2, "path", "p"},
        {"sp_MarkAll", 3, "UseLocalTime", NULL},
        {"sp_DeleteBackupHistory", 1, "DaysToKeep", "14"},
        {"sp_Nothing", 1, "Name", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *value = decode_step_argument(steps, cases[i].procedure, cases[i].position,
                                           cases[i].name);
        if (!text_equal(value, cases[i].value))
            fail_msg("%s %d: %s", cases[i].procedure, cases[i].position, value ? value : "none");
        free(value);
    }
    assert_null(decode_step_argument(NULL, "sp_MarkAll", 1, "Name"));
    assert_null(decode_step_argument("exec sp_MarkAll", "sp_MarkAll", 1, "Name"));
    assert_true(decode_step_calls(steps, "sp_MarkAll"));
    assert_false(decode_step_calls(steps, "sp_MarkAl"));
}

static void numbers_in_messages_are_found_in_any_language(void **state)
{
    (void)state;
    static const char german[] = "'\\\\b\\x.bak'. Betriebssystemfehler 5(Zugriff verweigert). "
                                 "[SQLSTATE 42000] (Error 3201)  BACKUP wird (Error 3013)";
    assert_true(decode_message_has_error(german, 3201));
    assert_true(decode_message_has_error(german, 3013));
    assert_false(decode_message_has_error(german, 320));
    assert_false(decode_message_has_error(NULL, 3201));
    assert_int_equal(decode_message_system_error(german), 5);
    assert_int_equal(decode_message_system_error("no 12 and 3 (four) 42000)"), 0);
    assert_int_equal(decode_message_system_error(NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_read_by_column_name_without_case),
        cmocka_unit_test(agent_s_dates_and_durations_are_numbers_with_meaning),
        cmocka_unit_test(jobs_are_known_by_their_words),
        cmocka_unit_test(the_steps_say_whether_stamps_are_local),
        cmocka_unit_test(the_server_s_offset_is_a_multiple_of_a_quarter_hour),
        cmocka_unit_test(a_full_set_has_no_mark_and_a_log_set_has_one),
        cmocka_unit_test(the_last_restored_set_is_found_under_its_possible_names),
        cmocka_unit_test(msdb_decides_whether_stamps_are_local),
        cmocka_unit_test(without_msdb_the_job_s_steps_decide),
        cmocka_unit_test(without_both_it_stays_unknown),
        cmocka_unit_test(local_times_become_utc_by_the_servers_offset),
        cmocka_unit_test(what_the_server_leaves_null_is_unknown_and_not_nothing),
        cmocka_unit_test(arguments_of_a_step_are_found_by_place_or_name),
        cmocka_unit_test(numbers_in_messages_are_found_in_any_language),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
