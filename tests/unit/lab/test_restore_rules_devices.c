/* Rules of the RESTORE state machine: devices, information statements, interruptions. */
#include "tests/unit/lab/restore_rules.h"

#define HEADER "RESTORE HEADERONLY FROM DISK = N'\\\\share\\full.bak'"

static void a_file_that_cannot_be_opened_is_3201_with_its_os_error(void **state)
{
    static const char *const cases[][2] = {
        {"missing", "2(the file is not there)"},
        {"no-folder", "3(the path is not there)"},
        {"denied", "5(access is denied)"},
        {"in-use", "32(another process uses the file)"},
        {"no-server", "53(the network path was not found)"},
        {"no-share", "67(the network name was not found)"},
        {"no-logon", "1326(the user name or password is wrong)"},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        file_becomes(f, "full", cases[i][0]);
        assert_says(f, FULL "NORECOVERY", "3201 3013");
        assert_told(3201, 16, 2, "\\\\share\\full.bak", cases[i][1], NULL);
    }
    assert_says(f, "RESTORE HEADERONLY FROM DISK = N'\\\\share\\never.bak'", "3201 3013");
    assert_told(3013, 16, 1, "RESTORE HEADERONLY", NULL);
}

static void a_logical_device_is_3206(void **state)
{
    struct fixture *f = *state;
    assert_says(f, "RESTORE DATABASE Orders FROM a_device WITH NORECOVERY", "3206 3013");
    assert_told(3206, 16, 1, "a_device", NULL);
}

static void a_device_without_a_name_is_3044(void **state)
{
    static const char *const kinds[] = {"DATABASE Orders", "LOG Orders", "HEADERONLY",
                                        "FILELISTONLY",    "LABELONLY",  "VERIFYONLY"};
    struct fixture *f = *state;
    char text[200];
    assert_true(restore_full(f));
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        snprintf(text, sizeof text, "DECLARE @f nvarchar(260); RESTORE %s FROM DISK = @f",
                 kinds[i]);
        assert_says(f, text, "3044 3013");
        assert_told(3044, 16, 1, NULL);
        snprintf(text, sizeof text, "RESTORE %s FROM DISK = N''", kinds[i]);
        assert_says(f, text, "3044 3013");
    }
    assert_int_equal(restored(f)->state, DATABASE_RESTORING);
    assert_says(f, "DECLARE @f nvarchar(260); BACKUP DATABASE msdb TO DISK = @f", "3044 3013");
}

/* A full set in that state is refused with a number whose only parameter is the device, or none. */
static void assert_file(struct fixture *f, const char *word, int number, int of_state,
                        const char *device)
{
    char numbers[20];
    snprintf(numbers, sizeof numbers, "%d 3013", number);
    file_becomes(f, "full", word);
    assert_says(f, FULL "NORECOVERY", numbers);
    assert_told(number, 16, of_state, device, NULL);
}

static void a_malformed_family_is_3241(void **state)
{
    assert_file(*state, "corrupt", 3241, 0, "\\\\share\\full.bak");
}

static void a_file_that_is_no_tape_format_is_3242(void **state)
{
    assert_file(*state, "not-mtf", 3242, 2, "\\\\share\\full.bak");
}

static void another_tape_format_version_is_3243(void **state)
{
    struct fixture *f = *state;
    file_becomes(f, "full", "mtf-version");
    assert_says(f, FULL "NORECOVERY", "3243 3013");
    assert_told(3243, 16, 1, "\\\\share\\full.bak", "2", "0", "1", "0", NULL);
}

static void an_empty_volume_is_3254(void **state)
{
    assert_file(*state, "empty", 3254, 1, "\\\\share\\full.bak");
}

static void a_malformed_end_is_3266(void **state)
{
    assert_file(*state, "end-malformed", 3266, 1, "\\\\share\\full.bak");
}

static void an_internal_inconsistency_is_3270(void **state)
{
    assert_file(*state, "inconsistent", 3270, 1, NULL);
}

static void a_missing_family_is_3132(void **state)
{
    struct fixture *f = *state;
    file_becomes(f, "full", "striped");
    assert_says(f, FULL "NORECOVERY", "3132 3013");
    assert_told(3132, 16, 1, "2", "1", NULL);
}

static void a_bad_page_is_3183(void **state)
{
    struct fixture *f = *state;
    file_becomes(f, "full", "bad-page");
    assert_says(f, FULL "NORECOVERY", "3183 3013");
    assert_told(3183, 16, 2, "1", "5120", "Orders", NULL);
}

static void a_damaged_set_is_3189(void **state)
{
    assert_file(*state, "damaged", 3189, 1, NULL);
}

static void a_read_that_fails_is_3203(void **state)
{
    struct fixture *f = *state;
    file_becomes(f, "full", "read-fails");
    assert_says(f, FULL "NORECOVERY", "3203 3013");
    assert_told(3203, 16, 1, "\\\\share\\full.bak", "64(the network name is gone)", NULL);
    assert_says(f, LOG(1) "NORECOVERY", "4319 3013");
}

static void a_short_file_is_3271(void **state)
{
    struct fixture *f = *state;
    full_restored(f);
    file_becomes(f, "log1", "short");
    assert_says(f, LOG(1) "NORECOVERY", "3271 3013");
    assert_told(3271, 16, 1, "\\\\share\\log1.bak", "38(the end of the file came)", NULL);
    file_becomes(f, "log1", "readable");
    assert_says(f, LOG(1) "NORECOVERY", DONE);
}

static void a_full_disk_under_a_log_is_3271(void **state)
{
    struct fixture *f = *state;
    full_restored(f);
    assert_says(f, "EXEC sp_lab_disk N'DRSQL1', 0", "");
    assert_says(f, LOG(1) "NORECOVERY", "3271 3013");
    assert_told(3271, 16, 1, "D:\\Data\\Orders.mdf", "112(the disk is full)", NULL);
}

static void headeronly_lists_every_set(void **state)
{
    struct fixture *f = *state;
    struct session *source = session_open_internal(f->source, "master", "backup", f->reply);
    say(source, "BACKUP DATABASE Orders TO DISK = N'\\\\share\\two.bak'");
    say(source, "BACKUP LOG Orders TO DISK = N'\\\\share\\two.bak'");
    session_close_internal(source);
    assert_says(f, "RESTORE HEADERONLY FROM DISK = N'\\\\share\\two.bak'", "");
    assert_int_equal(told_rows, 2);
    assert_says(f, "RESTORE HEADERONLY FROM DISK = N'\\\\share\\two.bak' WITH FILE = 2", "");
    assert_int_equal(told_rows, 1);
}

static void headeronly_has_the_columns_of_its_version(void **state)
{
    static const int cases[][2] = {{10, 52}, {11, 53}, {12, 56}, {13, 56},
                                   {14, 56}, {15, 56}, {16, 59}, {17, 59}};
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        f->destination->major_version = cases[i][0];
        assert_says(f, HEADER, "");
        assert_int_equal(told_columns, cases[i][1]);
    }
}

static void filelistonly_has_the_columns_of_its_version(void **state)
{
    static const int cases[][2] = {{11, 21}, {12, 21}, {13, 22}, {16, 22}};
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        f->destination->major_version = cases[i][0];
        assert_says(f, "RESTORE FILELISTONLY FROM DISK = N'\\\\share\\full.bak'", "");
        assert_int_equal(told_columns, cases[i][1]);
    }
}

static void filelistonly_has_a_row_for_each_file(void **state)
{
    struct fixture *f = *state;
    assert_says(f, "RESTORE FILELISTONLY FROM DISK = N'\\\\share\\full.bak'", "");
    assert_int_equal(told_columns, 22);
    assert_int_equal(told_rows, 2);
    assert_string_equal(told_first, "Orders");
}

static void labelonly_has_one_row_of_13_columns(void **state)
{
    struct fixture *f = *state;
    assert_says(f, "RESTORE LABELONLY FROM DISK = N'\\\\share\\full.bak'", "");
    assert_int_equal(told_columns, 13);
    assert_int_equal(told_rows, 1);
}

static void verifyonly_says_3262(void **state)
{
    struct fixture *f = *state;
    assert_says(f, "RESTORE VERIFYONLY FROM DISK = N'\\\\share\\full.bak'", "3262");
    assert_int_equal(told_columns, 0);
}

static void verifyonly_with_loadhistory_leaves_a_row_of_type_v(void **state)
{
    struct fixture *f = *state;
    assert_says(f, "RESTORE VERIFYONLY FROM DISK = N'\\\\share\\full.bak' WITH LOADHISTORY", "3262");
    assert_says(f, "SELECT restore_type FROM msdb.dbo.restorehistory", "");
    assert_int_equal(told_rows, 1);
    assert_string_equal(told_first, "V");
}

static void verifyonly_of_a_damaged_set_is_3189(void **state)
{
    struct fixture *f = *state;
    file_becomes(f, "full", "damaged");
    assert_says(f, "RESTORE VERIFYONLY FROM DISK = N'\\\\share\\full.bak'", "3189 3013");
    assert_told(3013, 16, 1, "VERIFY DATABASE", NULL);
}

static void verifyonly_of_a_short_file_is_3271(void **state)
{
    struct fixture *f = *state;
    file_becomes(f, "full", "short");
    assert_says(f, "RESTORE VERIFYONLY FROM DISK = N'\\\\share\\full.bak'", "3271 3013");
    assert_told(3271, 16, 1, "\\\\share\\full.bak", "38(the end of the file came)", NULL);
}

static void verifyonly_of_a_file_whose_read_fails_is_3203(void **state)
{
    struct fixture *f = *state;
    file_becomes(f, "log1", "read-fails");
    assert_says(f, "RESTORE VERIFYONLY FROM DISK = N'\\\\share\\log1.bak'", "3203 3013");
    assert_told(3203, 16, 1, "\\\\share\\log1.bak", "64(the network name is gone)", NULL);
    assert_told(3013, 16, 1, "VERIFY DATABASE", NULL);
}

static void information_needs_create_database_262(void **state)
{
    struct fixture *f = *state;
    struct session *other = session_with(f, PERMISSION_VIEW_SERVER_STATE);
    static const char *const kinds[] = {"HEADERONLY", "FILELISTONLY", "LABELONLY", "VERIFYONLY"};
    char text[200];
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        snprintf(text, sizeof text, "RESTORE %s FROM DISK = N'\\\\share\\full.bak'", kinds[i]);
        assert_string_equal(say(other, text), "262 3013");
        assert_told(262, 14, 1, "CREATE DATABASE", "master", NULL);
    }
    session_close_internal(other);
    other = session_with(f, PERMISSION_CREATE_ANY_DATABASE);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        snprintf(text, sizeof text, "RESTORE %s FROM DISK = N'\\\\share\\full.bak'", kinds[i]);
        assert_string_equal(say(other, text), i == 3 ? "3262" : "");
    }
    session_close_internal(other);
}

/* The RESTORE of a session that was killed before it came to its work. */
static bool cancelled(struct fixture *f, enum restore_kind kind, char *device)
{
    struct restore_statement statement = restore_of(kind, device);
    f->session->attention = true;
    bool good = admin_restore(f->session, &statement, f->reply);
    f->session->attention = false;
    return good;
}

static void a_cancelled_restore(void **state)
{
    struct fixture *f = *state;
    full_restored(f);
    assert_false(cancelled(f, RESTORE_LOG, f->logs[0]->path));
    const char *messages = reply_sink_messages(f->reply);
    assert_int_equal(strstr(messages, "(Error 3204)") != NULL, switch_on);
    assert_non_null(strstr(messages, "(Error 3013)"));
    assert_int_equal(last_record(f)->error_number, 3204);
    remember(switch_on ? 3204 : 3013);
}

static void a_cancelled_full_leaves_an_unusable_database(void **state)
{
    struct fixture *f = *state;
    assert_false(cancelled(f, RESTORE_DATABASE, f->full->path));
    assert_int_equal(restored(f)->state, DATABASE_RESTORING);
    assert_says(f, LOG(1) "NORECOVERY", "4319 3013");
    assert_says(f, "RESTORE DATABASE Orders WITH RECOVERY", "4333 3013");
    full_restored(f);
    assert_says(f, LOG(1) "NORECOVERY", DONE);
}

static void a_cancelled_log_can_be_sent_again(void **state)
{
    struct fixture *f = *state;
    full_restored(f);
    assert_false(cancelled(f, RESTORE_LOG, f->logs[0]->path));
    assert_true(restored(f)->redo_lsn == f->full->last_lsn);
    assert_says(f, LOG(1) "NORECOVERY", DONE);
}

static void an_unknown_option_is_155_without_3013(void **state)
{
    struct fixture *f = *state;
    assert_says(f, FULL "NORECOVERY, HASTE", "155");
    assert_int_equal(told[0].severity, 15);
}

/* What another session sees of a log at work. */
static double percent_seen;
static const struct session *percent_of_session;

static bool see_percent(void *context, int number, int severity, int state, int line,
                        const char *procedure, const char *text)
{
    (void)context, (void)severity, (void)state, (void)line;
    (void)procedure, (void)text;
    if (number != 3013) {
        percent_seen = percent_of_session->percent_complete;
    }
    return false;
}

static void percent_of_a_log(void **state)
{
    struct fixture *f = *state;
    const struct reply_observer observer = {.error = see_percent};
    full_restored(f);
    assert_says(f, "EXEC sp_lab_restore_fails N'DRSQL1', N'Orders', 3270, 60", "");
    percent_of_session = f->session;
    percent_seen = -1;
    reply_set_observer(f->reply, &observer);
    assert_false(restore_log(f, 1, NULL));
    reply_set_observer(f->reply, NULL);
    assert_int_equal(f->session->percent_complete, 0);
    assert_int_equal((int)percent_seen, switch_on ? 0 : 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define RULE_DEVICE(test) RULE_ONCE(test)
#define RULE_DEVICE_BOTH(test, switched) RULE_TWICE(test, switched)
#include "tests/unit/lab/restore_rules.def"
    };
    return run_rules(tests, sizeof tests / sizeof *tests);
}
