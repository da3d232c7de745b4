/* Rules of the RESTORE state machine: the states of a database. */
#include "tests/unit/lab/restore_rules.h"

#define READ "SELECT TOP (1) name FROM Orders.sys.tables"

static void recovered(struct fixture *f)
{
    assert_says(f, FULL "RECOVERY", DONE);
}

/* The number, severity and state of the only error of a read. */
static void assert_read_is(struct session *session, int number, int severity, int state)
{
    char numbers[12];
    snprintf(numbers, sizeof numbers, "%d", number);
    assert_string_equal(say(session, READ), numbers);
    assert_int_equal(told[0].severity, severity);
    assert_int_equal(told[0].state, state);
    assert_non_null(strstr(told[0].text, "Orders"));
}

static void an_online_database_is_read(void **state)
{
    struct fixture *f = *state;
    recovered(f);
    assert_says(f, READ, "");
    assert_int_equal(told_rows, 1);
    assert_says(f, "SELECT is_in_standby FROM sys.databases WHERE name = N'Orders'", "");
    assert_string_equal(told_first, "0");
}

static void a_standby_database_is_read_only_and_read(void **state)
{
    struct fixture *f = *state;
    assert_says(f, FULL "STANDBY = N'D:\\undo.dat'", DONE);
    assert_says(f, READ, "");
    assert_int_equal(told_rows, 1);
    assert_says(f,
                "SELECT state * 100 + is_in_standby * 10 + is_read_only FROM sys.databases"
                " WHERE name = N'Orders'",
                "");
    assert_string_equal(told_first, "11");
}

static void a_restoring_database_is_927(void **state)
{
    struct fixture *f = *state;
    full_restored(f);
    assert_read_is(f->session, 927, 14, 2);
    assert_says(f, "USE Orders", "927");
}

static void a_restoring_database_has_no_collation(void **state)
{
    struct fixture *f = *state;
    full_restored(f);
    assert_says(f, "SELECT collation_name FROM sys.databases WHERE name = N'Orders'", "");
    assert_string_equal(told_first, "NULL");
}

static void refused_as(struct fixture *f, const char *word, int number, int severity, int of_state)
{
    recovered(f);
    database_becomes(f, word);
    assert_read_is(f->session, number, severity, of_state);
}

static void a_recovering_database_is_922(void **state)
{
    refused_as(*state, "recovering", 922, 14, 2);
}

static void a_database_that_is_not_recovered_is_921(void **state)
{
    refused_as(*state, "not-recovered", 921, 14, 2);
}

static void a_suspect_database_is_926(void **state)
{
    refused_as(*state, "suspect", 926, 14, 1);
}

static void a_database_without_its_files_is_945(void **state)
{
    refused_as(*state, "recovery-pending", 945, 16, 2);
}

static void an_offline_database_is_942(void **state)
{
    refused_as(*state, "offline", 942, 14, 4);
}

static void a_database_in_transition_is_952(void **state)
{
    refused_as(*state, "in-transition", 952, 16, 1);
}

static void a_mirror_is_954(void **state)
{
    refused_as(*state, "mirror", 954, 14, 1);
}

static void a_single_user_database_with_its_user_is_924(void **state)
{
    struct fixture *f = *state;
    recovered(f);
    database_becomes(f, "single-user");
    struct session *user = session_open_internal(f->destination, "Orders", "user", f->reply);
    assert_read_is(f->session, 924, 14, 1);
    session_close_internal(user);
    assert_says(f, READ, "");
}

static void a_restricted_database_is_923(void **state)
{
    struct fixture *f = *state;
    recovered(f);
    database_becomes(f, "restricted-user");
    struct session *other = session_with(f, PERMISSION_CONNECT_ANY_DATABASE);
    assert_read_is(other, 923, 14, 1);
    session_close_internal(other);
    assert_says(f, READ, "");
}

static void a_database_without_a_user_is_916(void **state)
{
    struct fixture *f = *state;
    recovered(f);
    struct session *other = session_with(f, PERMISSION_VIEW_SERVER_STATE);
    assert_read_is(other, 916, 14, 2);
    session_close_internal(other);
}

static void an_alter_of_a_restoring_database_is_5052_then_5069(void **state)
{
    struct fixture *f = *state;
    full_restored(f);
    assert_says(f, "ALTER DATABASE Orders SET SINGLE_USER", "5052 5069");
    assert_int_equal(told[0].severity, 16);
    assert_int_equal(told[1].severity, 16);
}

static void an_eviction_says_5060_twice(void **state)
{
    struct fixture *f = *state;
    recovered(f);
    struct session *user = session_open_internal(f->destination, "Orders", "user", f->reply);
    assert_says(f, "ALTER DATABASE Orders SET SINGLE_USER WITH ROLLBACK IMMEDIATE", "5060 5060");
    assert_true(user->killed);
    session_close_internal(user);
}

static void an_eviction_without_anyone_says_nothing(void **state)
{
    struct fixture *f = *state;
    recovered(f);
    assert_says(f, "ALTER DATABASE Orders SET SINGLE_USER WITH ROLLBACK IMMEDIATE", "");
}

static void another_session_cannot_restore_a_single_user_database_in_use(void **state)
{
    struct fixture *f = *state;
    recovered(f);
    database_becomes(f, "single-user");
    struct session *user = session_open_internal(f->destination, "Orders", "user", f->reply);
    assert_says(f, FULL "NORECOVERY, REPLACE", "3101 3013");
    session_close_internal(user);
}

static void a_restore_of_a_single_user_database_held_from_master_is_3101(void **state)
{
    struct fixture *f = *state;
    recovered(f);
    struct session *guest = session_open_internal(f->destination, "Orders", "guest", f->reply);
    struct session *holder = session_open_internal(f->destination, "master", "holder", f->reply);
    assert_string_equal(say(holder, "ALTER DATABASE Orders SET SINGLE_USER WITH ROLLBACK IMMEDIATE"),
                        "5060 5060");
    assert_says(f, FULL "NORECOVERY, REPLACE", "3101 3013");
    assert_string_equal(say(holder, FULL "NORECOVERY, REPLACE"), DONE);
    session_close_internal(holder);
    session_close_internal(guest);
}

static void the_redo_lsn_shows_while_restoring_only(void **state)
{
    static const char *const text =
        "SELECT TOP (1) redo_start_lsn FROM sys.master_files WHERE database_id = DB_ID(N'Orders')"
        " ORDER BY file_id";
    struct fixture *f = *state;
    char lsn[26];
    full_restored(f);
    assert_says(f, text, "");
    lsn_text(lsn, f->full->last_lsn);
    assert_string_equal(told_first, lsn);
    assert_says(f, "RESTORE DATABASE Orders WITH RECOVERY", "3014");
    assert_says(f, text, "");
    assert_string_equal(told_first, "NULL");
}

static void msdb_history_without_a_right_is_229(void **state)
{
    struct fixture *f = *state;
    full_restored(f);
    struct session *other = session_with(f, PERMISSION_VIEW_SERVER_STATE);
    const char *const expected = switch_on ? "" : "229";
    assert_string_equal(say(other, "SELECT * FROM msdb.dbo.restorehistory"), expected);
    assert_string_equal(say(other, "SELECT * FROM msdb.dbo.backupfile"), expected);
    assert_string_equal(say(other, "SELECT * FROM msdb.dbo.sysjobs"), "229");
    session_close_internal(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define RULE_STATES(test) RULE_ONCE(test)
#define RULE_STATES_BOTH(test, switched) RULE_TWICE(test, switched)
#include "tests/unit/lab/restore_rules.def"
    };
    return run_rules(tests, sizeof tests / sizeof *tests);
}
