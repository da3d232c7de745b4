/* Rules of the RESTORE state machine: stopping at a mark, an LSN or a time. */
#include "tests/unit/lab/restore_rules.h"

static const struct log_record *mark_of(const struct fixture *f, const char *name)
{
    const struct log_record *mark = timeline_find_mark(f->origin->timeline, name, 0,
                                                       f->origin->timeline->next_lsn, NULL);
    assert_non_null(mark);
    return mark;
}

static void assert_redo(struct fixture *f, lab_lsn lsn)
{
    assert_true(restored(f)->redo_lsn == lsn);
}

static void stopatmark_includes_the_marked_transaction(void **state)
{
    struct fixture *f = *state;
    full_restored(f);
    assert_says(f, LOG(1) "NORECOVERY, STOPATMARK = N'MARK_1'", DONE);
    lab_lsn redo = restored(f)->redo_lsn;
    assert_true(redo > mark_of(f, "MARK_1")->lsn && redo < f->logs[0]->last_lsn);
}

static void stopbeforemark_excludes_it(void **state)
{
    struct fixture *f = *state;
    full_restored(f);
    assert_says(f, LOG(1) "NORECOVERY, STOPBEFOREMARK = N'MARK_1'", DONE);
    assert_redo(f, mark_of(f, "MARK_1")->begin_lsn);
}

static void a_mark_name_has_case(void **state)
{
    struct fixture *f = *state;
    full_restored(f);
    assert_says(f, LOG(1) "NORECOVERY, STOPATMARK = N'mark_1'", "4035 4035 4329 3014");
}

/* Two marks of one name in the fourth log, an hour between. */
static lab_lsn two_marks(struct fixture *f, lab_lsn *second)
{
    fixture_mark(f, "TWICE");
    lab_lsn first = mark_of(f, "TWICE")->lsn;
    f->lab->now_base_utc_ms += 3600000;
    fixture_mark(f, "TWICE");
    fixture_backup(f, "\\\\share\\log4.bak", 'L');
    *second = timeline_find_mark(f->origin->timeline, "TWICE", first + 1,
                                 f->origin->timeline->next_lsn, NULL)
                  ->lsn;
    full_restored(f);
    assert_says(f, LOG(1) "NORECOVERY", DONE);
    assert_says(f, LOG(2) "NORECOVERY", DONE);
    assert_says(f, LOG(3) "NORECOVERY", DONE);
    return first;
}

static void after_takes_the_first_mark_at_or_after(void **state)
{
    struct fixture *f = *state;
    lab_lsn second;
    two_marks(f, &second);
    assert_says(f, LOG(4) "NORECOVERY, STOPATMARK = N'TWICE' AFTER N'2026-11-20T13:30:00'",
                DONE);
    assert_redo(f, lsn_advance(second, 0));
}

/* The log's times are those of the source's clock, wherever it stands. */
static void after_takes_the_time_of_the_clock_that_wrote_the_log(void **state)
{
    struct fixture *f = *state;
    lab_lsn second;
    f->source->clock_offset_ms = 95000;
    two_marks(f, &second);
    assert_says(f, LOG(4) "NORECOVERY, STOPATMARK = N'TWICE' AFTER N'2026-11-20T14:07:24.990'",
                DONE);
    assert_redo(f, lsn_advance(second, 0));
    assert_says(f, LOG(4) "NORECOVERY, STOPATMARK = N'TWICE' AFTER N'2026-11-20T14:07:25.003'",
                "4035 4035 4329 3014");
}

/* The marks are at 13:05:50 and 14:05:50 in UTC. */
static void after_and_stopat_are_in_a_zone(void **state)
{
    struct fixture *f = *state;
    lab_lsn second, first;
    f->source->utc_offset_min = 60;
    f->destination->utc_offset_min = -120;
    first = two_marks(f, &second);
    assert_says(f, switch_on ? LOG(4) "NORECOVERY, STOPAT = N'2026-11-20T11:30:00'"
                             : LOG(4) "NORECOVERY, STOPAT = N'2026-11-20T14:30:00'", DONE);
    assert_true(restored(f)->redo_lsn > first && restored(f)->redo_lsn < second);
    assert_says(f, switch_on
                       ? LOG(4) "NORECOVERY, STOPATMARK = N'TWICE' AFTER N'2026-11-20T12:05:40'"
                       : LOG(4) "NORECOVERY, STOPATMARK = N'TWICE' AFTER N'2026-11-20T15:05:40'",
                DONE);
    assert_redo(f, lsn_advance(second, 0));
    assert_says(f, switch_on
                       ? LOG(4) "NORECOVERY, STOPATMARK = N'TWICE' AFTER N'2026-11-20T15:05:40'"
                       : LOG(4) "NORECOVERY, STOPATMARK = N'TWICE' AFTER N'2026-11-20T17:05:40'",
                "4035 4035 4329 3014");
}

static void without_after_the_first_mark_of_the_name_is_taken(void **state)
{
    struct fixture *f = *state;
    lab_lsn second, first = two_marks(f, &second);
    assert_says(f, LOG(4) "NORECOVERY, STOPATMARK = N'TWICE'", DONE);
    assert_redo(f, lsn_advance(first, 0));
}

static void a_description_is_no_mark(void **state)
{
    struct fixture *f = *state;
    full_restored(f);
    assert_says(f, LOG(1) "NORECOVERY, STOPATMARK = N'a description'", "4035 4035 4329 3014");
}

static void an_lsn_stops_for_both_clauses(void **state)
{
    struct fixture *f = *state;
    char digits[26], text[200];
    const struct log_record *mark = mark_of(f, "MARK_1");
    lsn_text(digits, mark->lsn);
    full_restored(f);
    snprintf(text, sizeof text, LOG(1) "NORECOVERY, STOPBEFOREMARK = N'lsn:%s'", digits);
    assert_says(f, text, DONE);
    assert_redo(f, mark->lsn);
    snprintf(text, sizeof text, LOG(1) "NORECOVERY, STOPATMARK = N'lsn:%s'", digits);
    assert_says(f, text, DONE);
    assert_redo(f, lsn_advance(mark->lsn, 0));
    assert_says(f, LOG(1) "NORECOVERY, STOPATMARK = N'lsn:abc'", "4334 3013");
    assert_told(4334, 16, 1, NULL);
}

static void an_lsn_in_hex(void **state)
{
    struct fixture *f = *state;
    char text[200];
    const struct log_record *mark = mark_of(f, "MARK_1");
    unsigned long long block = (unsigned long long)(mark->lsn / 100000);
    full_restored(f);
    snprintf(text, sizeof text, LOG(1) "NORECOVERY, STOPBEFOREMARK = N'lsn:%08llx:%08llx:%04x'",
             block / 10000000000, block % 10000000000, (unsigned)(mark->lsn % 100000));
    assert_says(f, text, switch_on ? DONE : "4334 3013");
    assert_redo(f, switch_on ? mark->lsn : f->full->last_lsn);
}

static void a_mark_that_is_not_there_is_4329_and_the_log_is_applied_whole(void **state)
{
    struct fixture *f = *state;
    full_restored(f);
    assert_says(f, LOG(1) "NORECOVERY, STOPATMARK = N'MARK_2'", "4035 4035 4329 3014");
    assert_redo(f, f->logs[0]->last_lsn);
}

static void recovery_with_an_unreached_mark_stays_restoring(void **state)
{
    struct fixture *f = *state;
    full_restored(f);
    assert_says(f, LOG(1) "RECOVERY, STOPATMARK = N'MARK_2'", "4035 4035 4329 3014");
    assert_int_equal(restored(f)->state, DATABASE_RESTORING);
}

static void standby_with_an_unreached_mark(void **state)
{
    struct fixture *f = *state;
    full_restored(f);
    assert_says(f, LOG(1) "STANDBY = N'D:\\undo.dat', STOPATMARK = N'MARK_2'",
                "4035 4035 4329 3014");
    assert_int_equal(restored(f)->standby, switch_on);
    assert_int_equal(restored(f)->state, switch_on ? DATABASE_ONLINE : DATABASE_RESTORING);
}

static void a_mark_that_is_reached_says_nothing(void **state)
{
    struct fixture *f = *state;
    full_restored(f);
    assert_says(f, LOG(1) "RECOVERY, STOPATMARK = N'MARK_1'", DONE);
    assert_int_equal(restored(f)->state, DATABASE_ONLINE);
}

static void at_mark_1(struct fixture *f)
{
    full_restored(f);
    assert_says(f, LOG(1) "NORECOVERY, STOPATMARK = N'MARK_1'", DONE);
}

static void after_the_mark_the_next_log_is_4305(void **state)
{
    struct fixture *f = *state;
    at_mark_1(f);
    assert_says(f, LOG(2) "NORECOVERY", "4305 3013");
}

/* An idle database: nothing tells such a stop from a log applied whole but that 4329 is missing. */
static void a_stop_at_the_last_record_is_the_end_of_the_log(void **state)
{
    struct fixture *f = *state;
    database_log_mark(NULL, f->origin, "IDLE", "a description");
    const struct backup_file *log = fixture_backup(f, "\\\\share\\log4.bak", 'L');
    full_restored(f);
    assert_says(f, LOG(1) "NORECOVERY", DONE);
    assert_says(f, LOG(2) "NORECOVERY", DONE);
    assert_says(f, LOG(3) "NORECOVERY", DONE);
    assert_says(f, LOG(4) "NORECOVERY, STOPATMARK = N'IDLE'", DONE);
    assert_int_equal(restored(f)->redo_lsn == log->last_lsn, switch_on);
    assert_redo(f, lsn_advance(mark_of(f, "IDLE")->lsn, 0));
}

static void after_the_mark_its_log_goes_on_without_a_stop(void **state)
{
    struct fixture *f = *state;
    at_mark_1(f);
    assert_says(f, LOG(1) "NORECOVERY", switch_on ? "4326 3013" : DONE);
    assert_says(f, LOG(2) "NORECOVERY", switch_on ? "4305 3013" : DONE);
}

static void a_mark_that_was_passed(void **state)
{
    struct fixture *f = *state;
    full_restored(f);
    assert_says(f, LOG(1) "NORECOVERY", DONE);
    assert_says(f, LOG(2) "NORECOVERY, STOPATMARK = N'MARK_1'",
                switch_on ? "4335 3013" : "4035 4035 4329 3014");
    assert_redo(f, f->logs[switch_on ? 0 : 1]->last_lsn);
}

static void stopat_not_reached_is_4322(void **state)
{
    struct fixture *f = *state;
    full_restored(f);
    assert_says(f, LOG(1) "RECOVERY, STOPAT = '2026-11-21T12:00:00'", "4035 4035 4322 3014");
    assert_int_equal(restored(f)->state, DATABASE_RESTORING);
}

static void stopat_before_the_redo_lsn_is_4335(void **state)
{
    struct fixture *f = *state;
    char digits[26], text[200];
    at_mark_1(f);
    lsn_text(digits, f->logs[0]->first_lsn);
    snprintf(text, sizeof text, LOG(1) "NORECOVERY, STOPATMARK = N'lsn:%s'", digits);
    assert_says(f, text, "4335 3013");
    assert_told(4335, 16, 1, NULL);
}

static void stopat_before_the_set_is_4338(void **state)
{
    struct fixture *f = *state;
    full_restored(f);
    assert_says(f, LOG(1) "NORECOVERY", DONE);
    assert_says(f, LOG(2) "NORECOVERY, STOPAT = '2026-11-20T12:21:00'", "4338 3013");
    assert_told(4338, 16, 1, NULL);
}

static void a_stop_in_bulk_logged_work(void **state)
{
    struct fixture *f = *state;
    full_restored(f);
    file_becomes(f, "log1", "bulk-logged");
    assert_says(f, LOG(1) "NORECOVERY, STOPATMARK = N'MARK_1'",
                switch_on ? "4327 3013" : "4341 3013");
    assert_told(switch_on ? 4327 : 4341, 16, 1, NULL);
    assert_redo(f, switch_on ? f->logs[0]->last_lsn : f->full->last_lsn);
}

static void recovery_after_the_mark_reads_the_right_rows(void **state)
{
    struct fixture *f = *state;
    full_restored(f);
    assert_says(f, LOG(1) "NORECOVERY, STOPATMARK = N'MARK_2'", "4035 4035 4329 3014");
    assert_says(f, LOG(2) "NORECOVERY, STOPATMARK = N'MARK_2'", DONE);
    assert_says(f, "RESTORE DATABASE Orders WITH RECOVERY", "3014");
    assert_says(f, "SELECT MarkName FROM Orders.dbo.MarkLog ORDER BY MarkName DESC", "");
    assert_int_equal(told_rows, 2);
    assert_string_equal(told_first, "MARK_2");
}

static void restorehistory_keeps_the_mark_and_the_side(void **state)
{
    struct fixture *f = *state;
    full_restored(f);
    assert_says(f, LOG(1) "NORECOVERY, STOPBEFOREMARK = N'MARK_1'", DONE);
    assert_says(f,
                "SELECT CONCAT(stop_at_mark_name, N' ', stop_before) FROM msdb.dbo.restorehistory"
                " WHERE restore_type = 'L'",
                "");
    assert_string_equal(told_first, switch_on ? "MARK_1 0" : "MARK_1 1");
}

static void a_mark_leaves_a_row_at_the_source_only(void **state)
{
    struct fixture *f = *state;
    at_mark_1(f);
    assert_says(f, "SELECT COUNT(*) FROM msdb.dbo.logmarkhistory", "");
    assert_string_equal(told_first, "0");
    struct session *source = session_open_internal(f->source, "master", "reader", f->reply);
    assert_string_equal(say(source, "SELECT COUNT(*) FROM msdb.dbo.logmarkhistory"), "");
    assert_string_equal(told_first, "3");
    session_close_internal(source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define RULE_MARK(test) RULE_ONCE(test)
#define RULE_MARK_BOTH(test, switched) RULE_TWICE(test, switched)
#include "tests/unit/lab/restore_rules.def"
    };
    return run_rules(tests, sizeof tests / sizeof *tests);
}
