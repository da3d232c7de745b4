/* Rules of the RESTORE state machine: its options. */
#include "tests/unit/lab/restore_rules.h"

#define STANDBY_AT_UNDO "STANDBY = N'E:\\Undo\\orders.dat'"

static void assert_state_is(struct fixture *f, int state, bool standby)
{
    assert_int_equal(restored(f)->state, state);
    assert_int_equal(restored(f)->standby, standby);
}

static void without_a_word_about_it_a_restore_recovers(void **state)
{
    struct fixture *f = *state;
    assert_says(f, "RESTORE DATABASE Orders FROM DISK = N'\\\\share\\full.bak'", DONE);
    assert_state_is(f, DATABASE_ONLINE, false);
}

static void recovery_alone_works_for_restore_log_too(void **state)
{
    struct fixture *f = *state;
    full_restored(f);
    assert_says(f, "RESTORE LOG Orders WITH RECOVERY", "3014");
    assert_state_is(f, DATABASE_ONLINE, false);
}

static void recovery_needs_no_file(void **state)
{
    struct fixture *f = *state;
    full_restored(f);
    f->full->state = FILE_MISSING;
    assert_says(f, "RESTORE DATABASE Orders WITH RECOVERY", "3014");
    assert_state_is(f, DATABASE_ONLINE, false);
}

static void a_restore_inside_a_transaction_is_3021(void **state)
{
    struct fixture *f = *state;
    assert_says(f, "BEGIN TRANSACTION", "");
    assert_says(f, FULL "NORECOVERY", "3021 3013");
    assert_told(3021, 16, 0, NULL);
    assert_told(3013, 16, 1, "RESTORE DATABASE", NULL);
    assert_says(f, "ROLLBACK", "");
}

static void the_next_restore_ends_a_standby(void **state)
{
    struct fixture *f = *state;
    assert_says(f, FULL STANDBY_AT_UNDO, DONE);
    assert_state_is(f, DATABASE_ONLINE, true);
    assert_says(f, LOG(1) "NORECOVERY", DONE);
    assert_state_is(f, DATABASE_RESTORING, false);
}

static void a_lost_undo_file_is_3441(void **state)
{
    struct fixture *f = *state;
    char id[12];
    assert_says(f, FULL STANDBY_AT_UNDO, DONE);
    assert_says(f, "EXEC sp_lab_folder N'DRSQL1', N'E:\\Undo', N'missing'", "");
    assert_says(f, LOG(1) "NORECOVERY", "3441");
    snprintf(id, sizeof id, "%d", restored(f)->id);
    assert_told(3441, 21, 1, "Orders", id, "E:\\Undo\\orders.dat", "2(the file is not there)", NULL);
    assert_true(f->session->fatal);
    assert_state_is(f, switch_on ? DATABASE_SUSPECT : DATABASE_ONLINE, !switch_on);
}

static void standby_with_an_upgrade_is_3180(void **state)
{
    struct fixture *f = *state;
    file_becomes(f, "full", "older");
    assert_says(f, FULL STANDBY_AT_UNDO, "3180 3013");
    assert_told(3180, 16, 1, NULL);
    assert_says(f, FULL "NORECOVERY", DONE);
    assert_says(f, "RESTORE DATABASE Orders WITH STANDBY = N'E:\\Undo\\orders.dat'", "3180 3013");
    assert_state_is(f, DATABASE_RESTORING, false);
}

static void an_empty_standby_name_is_3170(void **state)
{
    struct fixture *f = *state;
    assert_says(f, FULL "STANDBY = N''", "3170 3013");
    assert_told(3170, 16, 1, NULL);
}

static void a_standby_folder_that_is_not_there_is_refused(void **state)
{
    struct fixture *f = *state;
    assert_says(f, "EXEC sp_lab_folder N'DRSQL1', N'E:\\Undo', N'missing'", "");
    assert_says(f, FULL STANDBY_AT_UNDO, switch_on ? "3170 3013" : "3634 3013");
    if (!switch_on) {
        assert_told(3634, 16, 1, "3(the path is not there)", "CreateFileW", "E:\\Undo\\orders.dat",
                    NULL);
    }
}

static void a_standby_on_a_full_disk_is_3634(void **state)
{
    struct fixture *f = *state;
    full_restored(f);
    assert_says(f, "EXEC sp_lab_disk N'DRSQL1', 0", "");
    assert_says(f, "RESTORE DATABASE Orders WITH " STANDBY_AT_UNDO, "3634 3013");
    assert_told(3634, 16, 1, "112(the disk is full)", "WriteFile", "E:\\Undo\\orders.dat", NULL);
    assert_state_is(f, DATABASE_RESTORING, false);
}

static void replace_overrides_another_family_3154(void **state)
{
    struct fixture *f = *state;
    instance_add_database(f->destination, "Orders", false);
    assert_says(f, FULL "NORECOVERY", "3154 3013");
    assert_says(f, FULL "NORECOVERY, REPLACE", DONE);
}

static void replace_overrides_the_log_tail_3159(void **state)
{
    struct fixture *f = *state;
    assert_says(f, FULL "RECOVERY", DONE);
    assert_says(f, FULL "NORECOVERY", "3159 3013");
    assert_says(f, FULL "NORECOVERY, REPLACE", DONE);
}

static void replace_overrides_a_foreign_file_3142(void **state)
{
    struct fixture *f = *state;
    char text[400];
    const char *path = f->full->files[0].physical_name;
    snprintf(text, sizeof text, "EXEC sp_lab_folder N'DRSQL1', N'%s', N'occupied'", path);
    assert_says(f, text, "");
    assert_says(f, FULL "NORECOVERY", "3142 3119 3013");
    assert_told(3142, 16, 1, "Orders", path, NULL);
    assert_says(f, FULL "NORECOVERY, REPLACE", DONE);
}

static void replace_keeps_the_database_id(void **state)
{
    struct fixture *f = *state;
    int id = instance_add_database(f->destination, "Orders", false)->id;
    assert_says(f, FULL "NORECOVERY, REPLACE", DONE);
    assert_int_equal(restored(f)->id, id);
}

static void move_of_an_unknown_file_is_3234(void **state)
{
    struct fixture *f = *state;
    assert_says(f, FULL "NORECOVERY, MOVE N'nothing' TO N'D:\\x.mdf'", "3234 3013");
    assert_told(3234, 16, 2, "nothing", "Orders", NULL);
}

static void move_of_one_file_twice_is_4353(void **state)
{
    struct fixture *f = *state;
    assert_says(f, FULL "NORECOVERY, MOVE N'Orders' TO N'D:\\x.mdf', MOVE N'Orders' TO N'D:\\y.mdf'",
                "4353 3013");
    assert_told(4353, 16, 1, "Orders", NULL);
}

/* A data file is added at the source; the log that brings it is made; the destination waits. */
static void file_added(struct fixture *f)
{
    assert_says(f, "EXEC sp_lab_add_file N'SQLA', N'Orders', N'Orders2', N'D:\\Data\\Orders2.ndf'", "");
    fixture_backup(f, "\\\\share\\log4.bak", 'L');
    full_restored(f);
    assert_says(f, LOG(1) "NORECOVERY", DONE);
    assert_says(f, LOG(2) "NORECOVERY", DONE);
    assert_says(f, LOG(3) "NORECOVERY", DONE);
}

static void move_on_a_log_takes_files_added_in_it(void **state)
{
    struct fixture *f = *state;
    file_added(f);
    assert_says(f, LOG(4) "NORECOVERY, MOVE N'Orders2' TO N'E:\\Other.ndf'", "4035 4035 4035 3014");
    assert_int_equal(restored(f)->files_count, 3);
    assert_string_equal(restored(f)->files[2].physical_name, "E:\\Other.ndf");
}

static void move_on_a_log_of_an_older_file_is_3234(void **state)
{
    struct fixture *f = *state;
    file_added(f);
    assert_says(f, LOG(4) "NORECOVERY, MOVE N'Orders' TO N'E:\\Other.mdf'", "3234 3013");
}

static void a_file_added_after_the_stop_is_not_made(void **state)
{
    struct fixture *f = *state;
    fixture_mark(f, "MARK_4");
    file_added(f);
    assert_says(f, LOG(4) "NORECOVERY, STOPATMARK = N'MARK_4'", "4035 4035 4035 3014");
    assert_int_equal(restored(f)->files_count, 2);
}

static void two_sets_in_a_file(struct fixture *f)
{
    struct session *source = session_open_internal(f->source, "master", "backup", f->reply);
    assert_string_equal(say(source, "BACKUP DATABASE Orders TO DISK = N'\\\\share\\two.bak'"),
                        DONE);
    assert_string_equal(say(source, "BACKUP LOG Orders TO DISK = N'\\\\share\\two.bak'"), "4035 3014");
    session_close_internal(source);
}

static void the_first_set_is_taken_without_file(void **state)
{
    struct fixture *f = *state;
    two_sets_in_a_file(f);
    assert_says(f, "RESTORE DATABASE Orders FROM DISK = N'\\\\share\\two.bak' WITH NORECOVERY", DONE);
    assert_says(f, "RESTORE LOG Orders FROM DISK = N'\\\\share\\two.bak' WITH NORECOVERY",
                "3135 3013");
}

static void a_position_takes_the_set_at_it(void **state)
{
    struct fixture *f = *state;
    two_sets_in_a_file(f);
    assert_says(f, "RESTORE DATABASE Orders FROM DISK = N'\\\\share\\two.bak' WITH NORECOVERY", DONE);
    assert_says(f, "RESTORE LOG Orders FROM DISK = N'\\\\share\\two.bak' WITH NORECOVERY, FILE = 2",
                DONE);
}

static void a_position_after_the_end_is_3287(void **state)
{
    struct fixture *f = *state;
    assert_says(f, FULL "NORECOVERY, FILE = 2", "3287 3013");
    assert_told(3287, 16, 1, "2", "\\\\share\\full.bak", NULL);
}

static void stats_says_3211_as_often_as_asked(void **state)
{
    struct fixture *f = *state;
    assert_says(f, FULL "NORECOVERY, STATS = 25", "3211 3211 3211 3211 " DONE);
    assert_says(f, LOG(1) "NORECOVERY, STATS",
                "3211 3211 3211 3211 3211 3211 3211 3211 3211 3211 " DONE);
    assert_says(f, LOG(2) "NORECOVERY, STATS = 100", "3211 " DONE);
    assert_says(f, LOG(3) "NORECOVERY, STATS = 30", "3211 3211 3211 " DONE);
}

static void checksum_without_any_in_the_set_is_3187(void **state)
{
    struct fixture *f = *state;
    file_becomes(f, "full", "no-checksums");
    assert_says(f, FULL "NORECOVERY, CHECKSUM", "3187 3013");
    assert_told(3187, 16, 1, NULL);
}

static void checksum_is_verified_only_if_present(void **state)
{
    struct fixture *f = *state;
    file_becomes(f, "full", "no-checksums");
    assert_says(f, FULL "NORECOVERY", DONE);
}

static void continue_after_error_binds_the_sequence_4323(void **state)
{
    struct fixture *f = *state;
    file_becomes(f, "full", "damaged");
    assert_says(f, FULL "NORECOVERY, CONTINUE_AFTER_ERROR", DONE);
    assert_says(f, LOG(1) "NORECOVERY", "4323 3013");
    assert_told(4323, 16, 1, NULL);
    assert_says(f, LOG(1) "NORECOVERY, CONTINUE_AFTER_ERROR", DONE);
}

static void restart_of_nothing_says_3018(void **state)
{
    struct fixture *f = *state;
    assert_says(f, FULL "NORECOVERY, RESTART", "3018 " DONE);
}

static void restart_of_an_interrupted_restore_goes_through(void **state)
{
    struct fixture *f = *state;
    full_restored(f);
    database_becomes(f, "interrupted");
    assert_says(f, FULL "NORECOVERY, RESTART", DONE);
    assert_says(f, LOG(1) "NORECOVERY", DONE);
}

static void restart_with_another_set_is_3019(void **state)
{
    struct fixture *f = *state;
    fixture_backup(f, "\\\\share\\other.bak", 'D');
    full_restored(f);
    database_becomes(f, "interrupted");
    assert_says(f, "RESTORE DATABASE Orders FROM DISK = N'\\\\share\\other.bak' WITH NORECOVERY,"
                   " RESTART", "3019 3013");
    assert_told(3019, 16, 1, "Orders", NULL);
    assert_says(f, FULL "NORECOVERY, RESTART", DONE);
}

static void restart_without_its_checkpoint_file_is_3017(void **state)
{
    struct fixture *f = *state;
    full_restored(f);
    database_becomes(f, "interrupted");
    database_becomes(f, "checkpoint-lost");
    assert_says(f, FULL "NORECOVERY, RESTART", "3017 3013");
    assert_told(3017, 16, 1, "Orders", "2(the file is not there)", NULL);
    assert_says(f, FULL "NORECOVERY", DONE);
}

static void restart_of_what_hardly_began_is_3264(void **state)
{
    struct fixture *f = *state;
    full_restored(f);
    database_becomes(f, "interrupted");
    restored(f)->checkpoint_percent = 0;
    assert_says(f, FULL "NORECOVERY, RESTART", "3264 3013");
    assert_told(3264, 16, 1, NULL);
    assert_says(f, FULL "NORECOVERY", DONE);
}

static void keep_replication_needs_recovery_3031(void **state)
{
    struct fixture *f = *state;
    assert_says(f, FULL "NORECOVERY, KEEP_REPLICATION", "3031 3013");
    assert_told(3031, 16, 1, "KEEP_REPLICATION", "NORECOVERY, STANDBY", NULL);
    assert_says(f, FULL "RECOVERY, KEEP_REPLICATION", DONE);
}

static void keep_cdc_needs_recovery_3031(void **state)
{
    struct fixture *f = *state;
    assert_says(f, FULL "NORECOVERY, KEEP_CDC", "3031 3013");
    assert_told(3031, 16, 1, "KEEP_CDC", "NORECOVERY, STANDBY", NULL);
    assert_says(f, FULL "RECOVERY, KEEP_CDC", DONE);
}

static void restricted_user_needs_recovery_3031(void **state)
{
    struct fixture *f = *state;
    assert_says(f, FULL "NORECOVERY, RESTRICTED_USER", "3031 3013");
    assert_says(f, FULL "RECOVERY, RESTRICTED_USER", DONE);
    assert_int_equal(restored(f)->user_access, 2);
}

static void user_access_comes_from_the_backup(void **state)
{
    struct fixture *f = *state;
    f->full->user_access = 1;
    assert_says(f, FULL "RECOVERY", DONE);
    assert_int_equal(restored(f)->user_access, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define RULE_OPTIONS(test) RULE_ONCE(test)
#define RULE_OPTIONS_BOTH(test, switched) RULE_TWICE(test, switched)
#include "tests/unit/lab/restore_rules.def"
    };
    return run_rules(tests, sizeof tests / sizeof *tests);
}
