/* Rules of the RESTORE state machine: logs and recovery. */
#include "tests/unit/lab/restore_rules.h"

static void a_log_without_its_database_is_3118(void **state)
{
    struct fixture *f = *state;
    assert_says(f, LOG(1) "NORECOVERY", "3118 3013");
    assert_told(3118, 16, 1, "Orders", NULL);
    assert_told(3013, 16, 1, "RESTORE LOG", NULL);
}

static void a_log_on_an_online_database_is_3117(void **state)
{
    struct fixture *f = *state;
    assert_says(f, FULL "RECOVERY", DONE);
    assert_says(f, LOG(1) "NORECOVERY", "3117 3013");
    assert_told(3117, 16, 1, NULL);
}

static void a_full_set_in_restore_log_is_3135(void **state)
{
    struct fixture *f = *state;
    full_restored(f);
    assert_says(f, "RESTORE LOG Orders FROM DISK = N'\\\\share\\full.bak' WITH NORECOVERY",
                "3135 3013");
    assert_told(3135, 16, 1, "1", "database", NULL);
}

static void a_log_of_another_family_is_3154(void **state)
{
    struct fixture *f = *state;
    full_restored(f);
    file_becomes(f, "log1", "foreign");
    assert_says(f, LOG(1) "NORECOVERY", "3154 3013");
    assert_told(3154, 16, 4, "Orders", NULL);
}

static void a_log_or_a_recovery_of_a_mirrored_database_is_3104(void **state)
{
    struct fixture *f = *state;
    full_restored(f);
    database_becomes(f, "mirrored");
    assert_says(f, LOG(1) "NORECOVERY", "3104 3013");
    assert_says(f, "RESTORE DATABASE Orders WITH RECOVERY", "3104 3013");
    assert_told(3104, 16, 1, "Orders", NULL);
    restored(f)->mirrored = false;
    strcpy(restored(f)->availability_group, "AG1");
    assert_says(f, LOG(1) "NORECOVERY", "3104 3013");
    restored(f)->availability_group[0] = '\0';
    assert_says(f, LOG(1) "NORECOVERY", DONE);
}

static void assert_edge(int number, lab_lsn edge, lab_lsn redo)
{
    char edge_text[26], redo_text[26];
    lsn_text(edge_text, edge);
    lsn_text(redo_text, redo);
    assert_told(number, 16, 1, edge_text, redo_text, NULL);
}

static void a_gap_is_4305_with_its_lsns(void **state)
{
    struct fixture *f = *state;
    full_restored(f);
    assert_says(f, LOG(2) "NORECOVERY", "4305 3013");
    assert_edge(4305, f->logs[1]->first_lsn, f->full->last_lsn);
    assert_true(restored(f)->redo_lsn == f->full->last_lsn);
}

static void a_log_applied_already_is_4326_with_its_lsns(void **state)
{
    struct fixture *f = *state;
    full_restored(f);
    assert_says(f, LOG(1) "NORECOVERY", DONE);
    assert_says(f, LOG(2) "NORECOVERY", DONE);
    assert_says(f, LOG(1) "NORECOVERY", "4326 3013");
    assert_edge(4326, f->logs[0]->last_lsn, f->logs[1]->last_lsn);
}

static void a_log_that_ends_at_the_redo_lsn_is_4326(void **state)
{
    struct fixture *f = *state;
    full_restored(f);
    assert_says(f, LOG(1) "NORECOVERY", DONE);
    assert_says(f, LOG(1) "NORECOVERY", switch_on ? DONE : "4326 3013");
    assert_true(restored(f)->redo_lsn == f->logs[0]->last_lsn);
}

/* A log in which nothing was written: it may be restored where it stands, and be left out. */
static void an_empty_log_is_applied_as_nothing(void **state)
{
    struct fixture *f = *state;
    fixture_backup(f, "\\\\share\\log4.bak", 'L');
    fixture_mark(f, "MARK_5");
    fixture_backup(f, "\\\\share\\log5.bak", 'L');
    for (int with = 0; with < 2; with++) {
        full_restored(f);
        assert_says(f, LOG(1) "NORECOVERY", DONE);
        assert_says(f, LOG(2) "NORECOVERY", DONE);
        assert_says(f, LOG(3) "NORECOVERY", DONE);
        lab_lsn redo = restored(f)->redo_lsn;
        if (with) {
            assert_says(f, LOG(4) "NORECOVERY, STOPATMARK = N'MARK_5'", "4035 4035 4329 3014");
            assert_true(restored(f)->redo_lsn == redo);
        }
        assert_says(f, LOG(5) "NORECOVERY, STOPATMARK = N'MARK_5'", DONE);
    }
    assert_says(f, LOG(4) "NORECOVERY", "4326 3013");
}

static void another_recovery_path_is_4330(void **state)
{
    struct fixture *f = *state;
    full_restored(f);
    file_becomes(f, "log1", "forked");
    assert_says(f, LOG(1) "NORECOVERY", "4330 3013");
    assert_told(4330, 16, 1, NULL);
}

static void a_log_after_an_interrupted_full_is_4319(void **state)
{
    struct fixture *f = *state;
    full_restored(f);
    database_becomes(f, "interrupted");
    assert_says(f, LOG(1) "NORECOVERY", "4319 3013");
    assert_told(4319, 16, 1, "Orders", NULL);
}

static void a_log_for_a_file_never_restored_is_4320(void **state)
{
    struct fixture *f = *state;
    full_restored(f);
    database_becomes(f, "file-not-restored");
    assert_says(f, LOG(1) "NORECOVERY", "4320 3013");
    assert_told(4320, 16, 1, "Orders", NULL);
}

static void a_log_moves_the_redo_lsn_to_its_end(void **state)
{
    struct fixture *f = *state;
    full_restored(f);
    assert_says(f, LOG(1) "NORECOVERY", DONE);
    assert_true(restored(f)->redo_lsn == f->logs[0]->last_lsn);
}

static void a_log_to_a_standby_goes_on(void **state)
{
    struct fixture *f = *state;
    full_restored(f);
    assert_says(f, LOG(1) "STANDBY = N'D:\\undo.dat'", DONE);
    assert_true(restored(f)->standby);
    assert_says(f, LOG(2) "STANDBY = N'D:\\undo.dat'", DONE);
    assert_true(restored(f)->redo_lsn == f->logs[1]->last_lsn);
}

static void recovery_in_a_log_too_early_is_4318(void **state)
{
    struct fixture *f = *state;
    char needed[26], end[26];
    full_restored(f);
    database_becomes(f, "too-early");
    assert_says(f, LOG(1) "RECOVERY", "4318 3013");
    lsn_text(needed, restored(f)->recover_from_lsn);
    lsn_text(end, f->logs[0]->last_lsn);
    assert_told(4318, 16, 1, "Orders", needed, end, NULL);
    assert_int_equal(restored(f)->state, DATABASE_RESTORING);
}

static void recovery_alone_too_early_is_4303(void **state)
{
    struct fixture *f = *state;
    full_restored(f);
    database_becomes(f, "too-early");
    assert_says(f, "RESTORE DATABASE Orders WITH RECOVERY", "4303 3013");
    assert_edge(4303, restored(f)->redo_lsn, restored(f)->recover_from_lsn);
    assert_int_equal(restored(f)->state, DATABASE_RESTORING);
}

static void recovery_after_an_interrupted_full_is_4333(void **state)
{
    struct fixture *f = *state;
    full_restored(f);
    database_becomes(f, "interrupted");
    assert_says(f, "RESTORE DATABASE Orders WITH RECOVERY", "4333 3013");
    assert_told(4333, 16, 1, NULL);
}

static void recovery_of_an_online_database_is_3153(void **state)
{
    struct fixture *f = *state;
    assert_says(f, FULL "RECOVERY", DONE);
    assert_says(f, "RESTORE DATABASE Orders WITH RECOVERY", "3153 3013");
    assert_told(3153, 16, 2, NULL);
}

static void recovery_of_an_offline_database_says_3402(void **state)
{
    struct fixture *f = *state;
    assert_says(f, FULL "RECOVERY", DONE);
    database_becomes(f, "offline");
    assert_says(f, "RESTORE DATABASE Orders WITH RECOVERY", "3402 3013");
}

static void recovery_that_fails_is_3167(void **state)
{
    struct fixture *f = *state;
    full_restored(f);
    database_becomes(f, "recovery-fails");
    assert_says(f, "RESTORE DATABASE Orders WITH RECOVERY", "3014 3167 3013");
    assert_told(3167, 16, 1, "Orders", NULL);
    assert_int_equal(restored(f)->state, DATABASE_RECOVERY_PENDING);
}

static void recovery_without_all_steps_says_4339_and_stays_restoring(void **state)
{
    struct fixture *f = *state;
    full_restored(f);
    database_becomes(f, "steps-missing");
    assert_says(f, "RESTORE DATABASE Orders WITH RECOVERY", "3014 4339");
    assert_int_equal(restored(f)->state, DATABASE_RESTORING);
    database_becomes(f, "good");
    assert_says(f, "RESTORE DATABASE Orders WITH RECOVERY", "3014");
}

static void a_recovery_begins_a_new_fork(void **state)
{
    struct fixture *f = *state;
    full_restored(f);
    assert_says(f, "RESTORE DATABASE Orders WITH RECOVERY", "3014");
    assert_memory_not_equal(restored(f)->timeline->fork_guid, f->origin->timeline->fork_guid, 16);
    assert_memory_equal(restored(f)->timeline->family_guid, f->origin->timeline->family_guid, 16);
}

static void redo_that_fails_is_3456_and_ends_the_session(void **state)
{
    struct fixture *f = *state;
    full_restored(f);
    file_becomes(f, "log1", "redo-fails");
    assert_says(f, LOG(1) "NORECOVERY", "3456");
    assert_int_equal(told[0].severity, 21);
    assert_true(f->session->fatal);
    assert_true(restored(f)->redo_lsn == f->full->last_lsn);
}

/* A log that does not fit what became of the database's log and files: nothing comes of it. */
static void assert_misfit(struct fixture *f, const char *file_state, int number)
{
    char numbers[20];
    full_restored(f);
    file_becomes(f, "log1", file_state);
    snprintf(numbers, sizeof numbers, "%d 3013", number);
    assert_says(f, LOG(1) "NORECOVERY", numbers);
    assert_non_null(restore_message(number));
    assert_int_equal(told[0].severity, 16);
    assert_null(strchr(told[0].text, '%'));
    assert_true(restored(f)->redo_lsn == f->full->last_lsn);
    file_becomes(f, "log1", "readable");
    assert_says(f, LOG(1) "NORECOVERY", DONE);
}

/* 4312 and 4349 follow from the redo LSN: one step behind it is a gap, at it is none. */
static void what_lies_before_the_redo_point_breaks_no_chain(void **state)
{
    struct fixture *f = *state;
    full_restored(f);
    lab_lsn redo = restored(f)->redo_lsn;
    f->logs[0]->chain_since_lsn = redo + 1;
    assert_says(f, LOG(1) "NORECOVERY", "4312 3013");
    f->logs[0]->chain_since_lsn = redo;
    f->logs[0]->log_since_lsn = redo + 1;
    assert_says(f, LOG(1) "NORECOVERY", "4349 3013");
    f->logs[0]->log_since_lsn = redo;
    assert_says(f, LOG(1) "NORECOVERY", DONE);
}

/* 4328, 4337 and 3121 follow from what the log lists, the redo LSN and the database's own files. */
static void a_file_fits_by_its_lsns_and_its_name(void **state)
{
    struct fixture *f = *state;
    full_restored(f);
    lab_lsn redo = restored(f)->redo_lsn;
    struct database_file *data = &f->logs[0]->files[0];
    data->drop_lsn = redo;
    assert_says(f, LOG(1) "NORECOVERY", "4337 3013");
    data->drop_lsn = redo + 1;
    data->path = timeline_fork(f->lab, f->logs[0]->timeline, redo);
    assert_says(f, LOG(1) "NORECOVERY", "3121 3013");
    data->path = f->logs[0]->timeline;
    file_becomes(f, "log1", "file-unknown");
    f->logs[0]->files[2].create_lsn = redo - 1;
    assert_says(f, LOG(1) "NORECOVERY", "4328 3013");
    assert_non_null(strstr(told[0].text, "LaterFile"));
    f->logs[0]->files[2].create_lsn = redo;
    assert_says(f, LOG(1) "NORECOVERY", "4035 " DONE);
    assert_int_equal(restored(f)->files_count, 3);
    file_becomes(f, "log2", "readable");
    assert_says(f, LOG(2) "NORECOVERY", "3155 3013");
    full_restored(f);
    file_becomes(f, "log1", "readable");
    assert_says(f, LOG(1) "NORECOVERY", DONE);
    assert_says(f, LOG(2) "NORECOVERY", DONE);
}

static void recovery_of_files_that_disagree_is_4331(void **state)
{
    struct fixture *f = *state;
    full_restored(f);
    database_becomes(f, "files-disagree");
    assert_says(f, "RESTORE DATABASE Orders WITH RECOVERY", "3014 4331 3013");
    assert_int_equal(told[1].severity, 16);
    assert_true(restored(f)->state == DATABASE_RESTORING);
    database_becomes(f, "good");
    assert_says(f, "RESTORE DATABASE Orders WITH RECOVERY", "3014");
}

#define RULE_MISFIT(test, file_state, number)    \
    static void test(void **state)               \
    {                                            \
        assert_misfit(*state, file_state, number); \
    }
#include "tests/unit/lab/restore_rules.def"

int main(void)
{
    const struct CMUnitTest tests[] = {
#define RULE_LOG(test) RULE_ONCE(test)
#define RULE_LOG_BOTH(test, switched) RULE_TWICE(test, switched)
#define RULE_MISFIT(test, file_state, number) RULE_ONCE(test)
#include "tests/unit/lab/restore_rules.def"
    };
    return run_rules(tests, sizeof tests / sizeof *tests);
}
