/* Faults that are planted while the lab runs, and what a scenario's surroundings show. */
#include "tests/unit/lab/restore_rules.h"

/* As a client's: the lab spares its own sessions. */
static struct session *client(struct fixture *f, const char *application)
{
    struct session *session =
        session_open_internal(f->destination, "master", application, f->reply);
    session->socket_fd = 0;
    return session;
}

static void a_deadlock_victim_loses_its_transaction_and_its_batch(void **state)
{
    struct fixture *f = *state;
    struct session *victim = client(f, "stopmark");
    say(victim, "CREATE TABLE #t (a int)");
    say(victim, "BEGIN TRANSACTION");
    assert_says(f, "EXEC sp_lab_statement_fails N'DRSQL1', 1205, N'stopmark'", "");
    assert_string_equal(say(victim, "INSERT #t VALUES (1); SELECT 1"), "1205");
    assert_int_equal(told[0].severity, 13);
    assert_int_equal(told_columns, 0);
    assert_int_equal(victim->transaction_depth, 0);
    assert_string_equal(say(victim, "SELECT COUNT(*) FROM #t"), "");
    assert_string_equal(told_first, "0");
    session_close_internal(victim);
}

static void a_lock_time_out_ends_the_statement_only(void **state)
{
    struct fixture *f = *state;
    struct session *waiter = client(f, "stopmark");
    assert_says(f, "EXEC sp_lab_statement_fails N'DRSQL1', 1222, N'stopmark'", "");
    assert_string_equal(say(waiter, "SELECT 1; SELECT 2"), "1222");
    assert_int_equal(told[0].severity, 16);
    assert_string_equal(told_first, "2");
    session_close_internal(waiter);
}

static void a_fault_meets_only_the_application_it_names(void **state)
{
    struct fixture *f = *state;
    struct session *other = client(f, "somebody"), *meant = client(f, "stopmark monitor");
    assert_says(f, "EXEC sp_lab_statement_fails N'DRSQL1', 1222, N'stopmark', 2, 1", "");
    assert_string_equal(say(other, "SELECT 1"), "");
    assert_string_equal(say(meant, "SELECT 1"), "");
    assert_string_equal(say(meant, "SELECT 2"), "1222");
    assert_string_equal(say(meant, "SELECT 3"), "1222");
    assert_string_equal(say(meant, "SELECT 4"), "");
    session_close_internal(other);
    session_close_internal(meant);
}

static void a_fatal_error_ends_the_connection(void **state)
{
    struct fixture *f = *state;
    struct session *session = client(f, "stopmark");
    assert_says(f, "EXEC sp_lab_statement_fails N'DRSQL1', 823", "");
    assert_string_equal(say(session, "SELECT 1; SELECT 2"), "823");
    assert_true(session->fatal);
    assert_int_equal(session_state(session), SESSION_KILLED);
    session_close_internal(session);
    session = client(f, "stopmark");
    assert_says(f, "EXEC sp_lab_statement_fails N'DRSQL1', 596", "");
    say(session, "SELECT 1");
    assert_true(session->killed);
    session_close_internal(session);
}

static void what_cannot_be_planted_is_refused(void **state)
{
    struct fixture *f = *state;
    assert_says(f, "EXEC sp_lab_statement_fails N'DRSQL1', 4711", "50000");
    assert_says(f, "EXEC sp_lab_restore_fails N'DRSQL1', NULL, 3014", "50000");
    assert_says(f, "EXEC sp_lab_restore_fails N'NOBODY', NULL, 3270", "50000");
    assert_says(f, "EXEC sp_lab_database N'DRSQL1', N'nothing', N'offline'", "50000");
    assert_says(f, "EXEC sp_lab_folder N'DRSQL1', N'D:\\', N'gone'", "50000");
    assert_says(f, "EXEC sp_lab_file N'\\\\share\\full.bak', N'lost'", "50000");
    assert_says(f, "EXEC sp_lab_login N'DRSQL1', N'sa', N'asleep'", "50000");
}

static void a_restore_fails_where_it_is_told_and_as_often(void **state)
{
    struct fixture *f = *state;
    assert_says(f, FULL "NORECOVERY", DONE);
    assert_says(f, "EXEC sp_lab_restore_fails N'DRSQL1', N'Orders', 3270, 60, 2, 1", "");
    assert_says(f, LOG(1) "NORECOVERY", DONE);
    assert_says(f, LOG(2) "NORECOVERY, STATS = 20", "3211 3211 3270 3013");
    assert_says(f, LOG(2) "NORECOVERY", "3270 3013");
    assert_says(f, LOG(2) "NORECOVERY", DONE);
    assert_says(f, "EXEC sp_lab_restore_fails N'DRSQL1', N'Orders', 3270", "");
    assert_says(f, "EXEC sp_lab_restore_fails N'DRSQL1', N'Orders'", "");
    assert_says(f, LOG(3) "NORECOVERY", DONE);
}

static void a_full_share_takes_no_backup(void **state)
{
    struct fixture *f = *state;
    struct session *source = session_open_internal(f->source, "master", "backup", f->reply);
    say(source, "EXEC sp_lab_disk N'SQLA', NULL, 1");
    assert_string_equal(say(source, "BACKUP LOG Orders TO DISK = N'\\\\share\\x.bak'"), "3202 3013");
    say(source, "EXEC sp_lab_disk N'SQLA', NULL, 0");
    assert_string_equal(say(source, "BACKUP LOG Orders TO DISK = N'\\\\share\\x.bak'"), "4035 3014");
    session_close_internal(source);
}

static void sessions_are_killed_by_their_application(void **state)
{
    struct fixture *f = *state;
    struct session *other = client(f, "somebody"), *meant = client(f, "stopmark restore");
    assert_says(f, "EXEC sp_lab_kill N'DRSQL1', N'stopmark'", "");
    assert_true(meant->killed);
    assert_false(other->killed);
    session_close_internal(other);
    session_close_internal(meant);
}

static void a_restart_forgets_what_ran(void **state)
{
    struct fixture *f = *state;
    int64_t before = f->source->started_utc_ms;
    assert_says(f, "EXEC sp_lab_server N'SQLA', N'restart'", "");
    assert_false(f->source->stopped);
    assert_true(f->source->started_utc_ms > before);
}

static void a_login_is_refused_as_it_is_told(void **state)
{
    struct fixture *f = *state;
    struct login *login = instance_add_login(f->destination, "somebody", "secret", 0);
    assert_says(f, "EXEC sp_lab_login N'DRSQL1', N'somebody', N'must-change'", "");
    assert_int_equal(login->state, LOGIN_MUST_CHANGE);
    assert_says(f, "EXEC sp_lab_login N'DRSQL1', N'somebody', N'disabled'", "");
    assert_true(login->disabled);
    assert_says(f, "EXEC sp_lab_login N'DRSQL1', N'somebody', N'good'", "");
    assert_false(login->disabled);
    assert_int_equal(login->state, LOGIN_GOOD);
}

static void a_group_shows_to_those_who_may_see_definitions(void **state)
{
    struct fixture *f = *state;
    assert_says(f, FULL "RECOVERY", DONE);
    strcpy(restored(f)->availability_group, "AG1");
    assert_says(f, "SELECT name FROM sys.availability_groups", "");
    assert_string_equal(told_first, "AG1");
    assert_says(f,
                "SELECT COUNT(*) FROM sys.databases AS d JOIN sys.dm_hadr_database_replica_states"
                " AS s ON s.group_database_id = d.group_database_id AND s.replica_id = d.replica_id",
                "");
    assert_string_equal(told_first, "1");
    assert_says(f, FULL "NORECOVERY, REPLACE", "3104 3013");
    struct session *other = session_with(f, PERMISSION_VIEW_SERVER_STATE);
    assert_string_equal(say(other, "SELECT name FROM sys.availability_groups"), "");
    assert_int_equal(told_rows, 0);
    session_close_internal(other);
}

static void states_of_the_server_need_their_right(void **state)
{
    struct fixture *f = *state;
    static const char *const views[] = {"dm_os_cluster_nodes", "dm_hadr_database_replica_states",
                                        "dm_hadr_availability_replica_states", "dm_server_services",
                                        "dm_tran_locks"};
    struct session *other = session_with(f, PERMISSION_VIEW_ANY_DEFINITION);
    for (size_t i = 0; i < sizeof views / sizeof *views; i++) {
        char text[100];
        snprintf(text, sizeof text, "SELECT * FROM sys.%s", views[i]);
        assert_string_equal(say(other, text), "300 297");
        assert_int_equal(told[0].severity, 14);
        assert_int_equal(told[1].severity, 16);
    }
    assert_string_equal(say(other, "SELECT * FROM msdb.dbo.backupfile"), "229");
    assert_int_equal(told[0].severity, 14);
    session_close_internal(other);
}

static void a_cluster_shows_its_nodes(void **state)
{
    struct fixture *f = *state;
    strcpy(f->destination->cluster_nodes[0], "NODE1");
    strcpy(f->destination->cluster_nodes[1], "NODE2");
    f->destination->cluster_nodes_count = 2;
    assert_says(f, "SELECT NodeName FROM sys.dm_os_cluster_nodes WHERE is_current_owner = 1", "");
    assert_string_equal(told_first, "NODE1");
    assert_says(f, "SELECT CAST(SERVERPROPERTY('IsClustered') AS int)", "");
    assert_string_equal(told_first, "1");
    assert_says(f, "SELECT CAST(SERVERPROPERTY('ComputerNamePhysicalNetBIOS') AS nvarchar(128))", "");
    assert_string_equal(told_first, "NODE1");
    assert_says(f, "SELECT startup_type_desc FROM sys.dm_server_services", "");
    assert_string_equal(told_first, "Manual"); /* the cluster starts them */
}

static void the_files_of_a_set_are_in_msdb(void **state)
{
    struct fixture *f = *state;
    assert_says(f, FULL "NORECOVERY", DONE);
    assert_says(f,
                "SELECT f.physical_name FROM msdb.dbo.backupset AS s JOIN msdb.dbo.backupfile AS f"
                " ON f.backup_set_id = s.backup_set_id WHERE f.file_type = 'D'",
                "");
    assert_int_equal(told_rows, 1);
    assert_string_equal(told_first, "D:\\Data\\Orders.mdf");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        CASE(a_deadlock_victim_loses_its_transaction_and_its_batch),
        CASE(a_lock_time_out_ends_the_statement_only),
        CASE(a_fault_meets_only_the_application_it_names),
        CASE(a_fatal_error_ends_the_connection),
        CASE(what_cannot_be_planted_is_refused),
        CASE(a_restore_fails_where_it_is_told_and_as_often),
        CASE(a_full_share_takes_no_backup),
        CASE(sessions_are_killed_by_their_application),
        CASE(a_restart_forgets_what_ran),
        CASE(a_login_is_refused_as_it_is_told),
        CASE(a_group_shows_to_those_who_may_see_definitions),
        CASE(states_of_the_server_need_their_right),
        CASE(a_cluster_shows_its_nodes),
        CASE(the_files_of_a_set_are_in_msdb),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
