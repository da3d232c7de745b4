/* Rules of the RESTORE state machine: full and differential sets. */
#include "tests/unit/lab/restore_rules.h"

static void recovered(struct fixture *f)
{
    assert_says(f, FULL "RECOVERY", DONE);
}

static void a_full_set_makes_the_database_at_its_last_lsn(void **state)
{
    struct fixture *f = *state;
    full_restored(f);
    assert_int_equal(restored(f)->state, DATABASE_RESTORING);
    assert_true(restored(f)->redo_lsn == f->full->last_lsn);
}

static void a_path_of_another_database_is_1834_3156_3119_3013(void **state)
{
    struct fixture *f = *state;
    full_restored(f);
    assert_says(f, "RESTORE DATABASE Copy FROM DISK = N'\\\\share\\full.bak' WITH NORECOVERY",
                "1834 3156 1834 3156 3119 3013");
    assert_told(1834, 16, 1, f->full->files[0].physical_name, "Orders", NULL);
    assert_told(3156, 16, 4, "Orders", f->full->files[0].physical_name, NULL);
    assert_told(3119, 16, 1, NULL);
    assert_told(3013, 16, 1, "RESTORE DATABASE", NULL);
}

static void a_folder_that_is_not_there_is_5133_3156_3119(void **state)
{
    struct fixture *f = *state;
    assert_says(f, "EXEC sp_lab_folder N'DRSQL1', N'D:\\Data', N'missing'", "");
    assert_says(f, FULL "NORECOVERY", "5133 3156 3119 3013");
    assert_told(5133, 16, 1, "D:\\Data\\Orders.mdf", "3(the path is not there)", NULL);
    assert_says(f, FULL "NORECOVERY, MOVE N'Orders' TO N'E:\\Orders.mdf'", DONE);
}

static void a_folder_without_access_is_5123_3156_3119(void **state)
{
    struct fixture *f = *state;
    assert_says(f, "EXEC sp_lab_folder N'DRSQL1', N'L:\\Log\\', N'denied'", "");
    assert_says(f, FULL "NORECOVERY", "5123 3156 3119 3013");
    assert_told(5123, 16, 1, "5(access is denied)", "L:\\Log\\Orders_log.ldf", NULL);
}

static void a_full_disk_is_3257(void **state)
{
    struct fixture *f = *state;
    char needed[26];
    assert_says(f, "EXEC sp_lab_disk N'DRSQL1', 1000", "");
    assert_says(f, FULL "NORECOVERY", "3257 3013");
    snprintf(needed, sizeof needed, "%lld", (long long)f->full->size_bytes);
    assert_told(3257, 16, 1, "D:\\", needed, "1000", NULL);
}

static void a_newer_version_is_3169(void **state)
{
    struct fixture *f = *state;
    file_becomes(f, "full", "newer");
    assert_says(f, FULL "NORECOVERY", "3169 3013");
    assert_told(3169, 16, 1, "17.00.4236", "16.00.4236", NULL);
}

static void a_system_database_is_3168(void **state)
{
    struct fixture *f = *state;
    assert_says(f, "RESTORE DATABASE msdb FROM DISK = N'\\\\share\\full.bak' WITH REPLACE",
                "3168 3013");
    assert_int_equal(told[0].severity, 16);
}

static void another_family_is_3154(void **state)
{
    struct fixture *f = *state;
    full_restored(f);
    file_becomes(f, "full", "foreign");
    assert_says(f, FULL "NORECOVERY", "3154 3013");
    assert_told(3154, 16, 4, "Orders", NULL);
}

static void a_session_in_the_database_is_3101(void **state)
{
    struct fixture *f = *state;
    recovered(f);
    struct session *user = session_open_internal(f->destination, "Orders", "user", f->reply);
    assert_says(f, FULL "NORECOVERY, REPLACE", "3101 3013");
    assert_told(3101, 16, 1, NULL);
    session_close_internal(user);
    assert_says(f, FULL "NORECOVERY, REPLACE", DONE);
}

static void the_own_database_is_3102(void **state)
{
    struct fixture *f = *state;
    recovered(f);
    assert_says(f, "USE Orders", "5701");
    assert_says(f, FULL "NORECOVERY, REPLACE", "3102 3013");
    assert_told(3102, 16, 1, "RESTORE", "Orders", NULL);
}

static void an_online_database_with_a_tail_is_3159(void **state)
{
    struct fixture *f = *state;
    recovered(f);
    assert_says(f, FULL "NORECOVERY", "3159 3013");
    assert_told(3159, 16, 1, "Orders", NULL);
}

static void an_online_database_with_a_tail_and_stopat_is_3173(void **state)
{
    struct fixture *f = *state;
    recovered(f);
    assert_says(f, FULL "NORECOVERY, STOPAT = '2026-11-20T13:00:00'", "3173 3013");
    assert_told(3173, 16, 1, "Orders", NULL);
}

static void a_database_whose_tail_was_taken_is_restored_over(void **state)
{
    struct fixture *f = *state;
    recovered(f);
    restored(f)->tail_backed_up = true;
    assert_says(f, FULL "NORECOVERY", DONE);
}

static void a_restoring_database_is_restored_over_without_replace(void **state)
{
    struct fixture *f = *state;
    full_restored(f);
    assert_says(f, FULL "NORECOVERY", switch_on ? "3154 3013" : DONE);
    assert_says(f, FULL "NORECOVERY, REPLACE", DONE);
}

static void another_name_of_the_family_needs_replace(void **state)
{
    struct fixture *f = *state;
    full_restored(f);
    strcpy(f->full->database_name, "OldName");
    assert_says(f, FULL "NORECOVERY", switch_on ? "3141 3013" : DONE);
    if (switch_on) {
        assert_told(3141, 16, 1, "OldName", "Orders", NULL);
    }
    assert_says(f, FULL "NORECOVERY, REPLACE", DONE);
}

static void a_mirrored_database_is_3104(void **state)
{
    struct fixture *f = *state;
    recovered(f);
    database_becomes(f, "mirrored");
    assert_says(f, FULL "NORECOVERY, REPLACE", "3104 3013");
    assert_told(3104, 16, 1, "Orders", NULL);
}

static void a_login_without_the_right_is_3110(void **state)
{
    struct fixture *f = *state;
    full_restored(f);
    struct session *other = session_with(f, PERMISSION_CONNECT_ANY_DATABASE);
    assert_string_equal(say(other, FULL "NORECOVERY"), "3110 3013");
    assert_told(3110, 14, 1, "Orders", NULL);
    session_close_internal(other);
}

static void a_login_that_cannot_create_is_262(void **state)
{
    struct fixture *f = *state;
    struct session *other = session_with(f, PERMISSION_CONNECT_ANY_DATABASE);
    assert_string_equal(say(other, FULL "NORECOVERY"), "262 3013");
    assert_told(262, 14, 1, "CREATE DATABASE", "master", NULL);
    session_close_internal(other);
}

static void a_log_in_restore_database_is_3135(void **state)
{
    struct fixture *f = *state;
    assert_says(f, "RESTORE DATABASE Orders FROM DISK = N'\\\\share\\log1.bak' WITH NORECOVERY",
                "3135 3013");
    assert_told(3135, 16, 1, "1", "log", NULL);
}

static void a_mark_name_in_restore_database_is_4340(void **state)
{
    struct fixture *f = *state;
    assert_says(f, FULL "NORECOVERY, STOPATMARK = N'MARK_1'", "4340 3013");
    assert_told(4340, 16, 1, NULL);
    assert_says(f, FULL "NORECOVERY, STOPBEFOREMARK = N'MARK_1'", "4340 3013");
}

static void an_lsn_in_restore_database_is_taken(void **state)
{
    struct fixture *f = *state;
    assert_says(f, FULL "NORECOVERY, STOPATMARK = N'lsn:99000000001600001'", DONE);
}

static void a_bad_lsn_in_restore_database_is_4334(void **state)
{
    struct fixture *f = *state;
    assert_says(f, FULL "NORECOVERY, STOPATMARK = N'lsn:abc'", "4334 3013");
    assert_says(f, FULL "NORECOVERY, STOPBEFOREMARK = N'lsn:'", "4334 3013");
    assert_null(instance_database(f->destination, "Orders"));
}

static void a_missing_certificate_is_33111(void **state)
{
    struct fixture *f = *state;
    f->full->encrypted = true;
    memset(f->full->tde_thumbprint, 0xC7, sizeof f->full->tde_thumbprint);
    memset(f->destination->certificate_thumbprint, 0xC7, sizeof f->full->tde_thumbprint);
    assert_says(f, FULL "NORECOVERY", "33111 3013");
    assert_told(33111, 16, 3, "certificate", "0xC7C7C7C7C7C7C7C7C7C7C7C7C7C7C7C7C7C7C7C7", NULL);
    assert_says(f, "EXEC sp_lab_certificate N'DRSQL1', 1", "");
    assert_says(f, FULL "NORECOVERY", DONE);
}

static void a_success_says_4035_for_each_file_and_3014(void **state)
{
    struct fixture *f = *state;
    assert_says(f, FULL "NORECOVERY", "4035 4035 3014");
    assert_int_equal(told_count, 0);
}

static void a_database_guid_is_new_and_the_family_stays(void **state)
{
    struct fixture *f = *state;
    full_restored(f);
    assert_memory_not_equal(restored(f)->database_guid, f->origin->database_guid, 16);
    assert_memory_equal(restored(f)->timeline->family_guid, f->origin->timeline->family_guid, 16);
}

/* A set that the source takes now. */
static void taken(struct fixture *f, const char *text, const char *messages)
{
    struct session *source = session_open_internal(f->source, "master", "backup", f->reply);
    assert_string_equal(say(source, text), messages);
    session_close_internal(source);
}

static void a_copy_only_set_is_a_base(void **state)
{
    struct fixture *f = *state;
    lab_lsn base = f->origin->last_full_checkpoint_lsn;
    taken(f, "BACKUP DATABASE Orders TO DISK = N'\\\\share\\copy.bak' WITH COPY_ONLY", DONE);
    taken(f, "BACKUP LOG Orders TO DISK = N'\\\\share\\log4.bak'", "4035 3014");
    const struct backup_file *log = lab_file(f->lab, f->destination, "\\\\share\\log4.bak");
    assert_true(log->database_backup_lsn == base);
    assert_says(f, "RESTORE DATABASE Orders FROM DISK = N'\\\\share\\copy.bak' WITH NORECOVERY", DONE);
    assert_says(f, LOG(4) "NORECOVERY", DONE);
}

#define DIFFERENTIAL "BACKUP DATABASE Orders TO DISK = N'\\\\share\\diff.bak' WITH DIFFERENTIAL"
#define RESTORE_DIFFERENTIAL \
    "RESTORE DATABASE Orders FROM DISK = N'\\\\share\\diff.bak' WITH NORECOVERY"

static void a_differential_set_on_its_base_moves_the_redo_lsn(void **state)
{
    struct fixture *f = *state;
    taken(f, DIFFERENTIAL, DONE);
    full_restored(f);
    assert_says(f, RESTORE_DIFFERENTIAL, DONE);
    const struct backup_file *set = lab_file(f->lab, f->destination, "\\\\share\\diff.bak");
    assert_true(restored(f)->redo_lsn == set->last_lsn);
    assert_memory_equal(set->base_set_guid, f->full->set_guid, 16);
}

static void a_differential_set_on_an_online_database_is_3117(void **state)
{
    struct fixture *f = *state;
    taken(f, DIFFERENTIAL, DONE);
    recovered(f);
    assert_says(f, RESTORE_DIFFERENTIAL, "3117 3013");
    assert_told(3117, 16, 1, NULL);
}

static void a_differential_set_on_another_base_is_3136(void **state)
{
    struct fixture *f = *state;
    taken(f, "BACKUP DATABASE Orders TO DISK = N'\\\\share\\full2.bak'", DONE);
    taken(f, DIFFERENTIAL, DONE);
    full_restored(f);
    assert_says(f, RESTORE_DIFFERENTIAL, "3136 3013");
    assert_told(3136, 16, 1, NULL);
}

static void a_differential_set_behind_the_redo_lsn_is_3178(void **state)
{
    struct fixture *f = *state;
    taken(f, DIFFERENTIAL, DONE);
    taken(f, "BACKUP LOG Orders TO DISK = N'\\\\share\\log4.bak'", "4035 3014");
    full_restored(f);
    assert_says(f, LOG(1) "NORECOVERY", DONE);
    assert_says(f, LOG(2) "NORECOVERY", DONE);
    assert_says(f, LOG(3) "NORECOVERY", DONE);
    assert_says(f, LOG(4) "NORECOVERY", DONE);
    assert_says(f, RESTORE_DIFFERENTIAL, "3178 3013");
    assert_told(3178, 16, 1, "Orders", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define RULE_FULL(test) RULE_ONCE(test)
#define RULE_FULL_BOTH(test, switched) RULE_TWICE(test, switched)
#include "tests/unit/lab/restore_rules.def"
    };
    return run_rules(tests, sizeof tests / sizeof *tests);
}
