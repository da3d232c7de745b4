#include "tests/unit/lab/estate_fixture.h"

#include <stdlib.h>

#include "tests/lab/locks.h"

/* What a statement gave: the last result set. */
struct seen {
    size_t columns, rows;
    char first[300], names[80][129]; /* the first row's first value; the columns' names */
    struct sql_type types[80];
    int error; /* the first one */
};

static void see_columns(void *context, const struct sql_column *columns, size_t count)
{
    struct seen *seen = context;
    seen->columns = count;
    seen->rows = 0;
    for (size_t i = 0; i < count && i < 80; i++) {
        text_copy(seen->names[i], sizeof seen->names[i], columns[i].name);
        seen->types[i] = columns[i].type;
    }
}

static void see_row(void *context, const struct sql_value *values)
{
    struct seen *seen = context;
    if (seen->rows++ == 0) {
        const char *text = values[0].bytes != NULL ? values[0].bytes : "";
        text_copy(seen->first, sizeof seen->first, values[0].null ? "NULL" : text);
        if (!values[0].null && values[0].bytes == NULL) {
            snprintf(seen->first, sizeof seen->first, "%lld", (long long)values[0].integer);
        }
    }
}

static bool see_error(void *context, int number, int severity, int state, int line,
                      const char *procedure, const char *text)
{
    struct seen *seen = context;
    (void)severity;
    (void)state;
    (void)line;
    (void)procedure;
    (void)text;
    if (seen->error == 0) {
        seen->error = number;
    }
    return false;
}

static struct seen ask(struct session *session, const char *text)
{
    struct seen seen = {0};
    struct reply_observer observer = {
        .error = see_error, .columns = see_columns, .row = see_row, .context = &seen};
    struct reply *reply = reply_new_sink(), *before = session->reply;
    session->reply = reply;
    reply_set_observer(reply, &observer);
    engine_run_batch(session, text, reply);
    session->reply = before;
    reply_free(reply);
    return seen;
}

/* A client's session of a login with these rights. */
static struct session *client(struct fixture *f, unsigned permissions, const char *database)
{
    struct login *login = instance_add_login(f->destination, "reader", "secret", permissions);
    if (database != NULL) {
        login_add_user(login, database, USER_DATA_READER);
    }
    struct session *session = session_open_internal(f->destination, "master", "client", f->reply);
    session->login = login;
    return session;
}

static void all_databases_are_seen_by_everyone_but_offline_ones(void **state)
{
    struct fixture *f = *state;
    struct session *reader = client(f, 0, NULL);
    assert_true(restore_full(f) && recover(f));
    assert_int_equal(ask(reader, "SELECT name FROM sys.databases").rows, 5);
    restored(f)->state = DATABASE_OFFLINE;
    assert_int_equal(ask(reader, "SELECT name FROM sys.databases").rows, 4);
    assert_int_equal(ask(f->session, "SELECT name FROM sys.databases").rows, 5);
    session_close_internal(reader);
}

static void master_files_are_hidden_without_a_right_to_definitions(void **state)
{
    struct fixture *f = *state;
    struct session *reader = client(f, 0, NULL);
    assert_int_equal(ask(reader, "SELECT * FROM sys.master_files").rows, 0);
    reader->login->permissions |= PERMISSION_VIEW_ANY_DEFINITION;
    assert_int_equal(ask(reader, "SELECT * FROM sys.master_files").rows, 8);
    session_close_internal(reader);
}

static void the_redo_lsn_is_shown_only_while_restoring(void **state)
{
    static const char query[] = "SELECT redo_start_lsn FROM sys.master_files"
                                " WHERE name = 'Orders' AND type = 0";
    struct fixture *f = *state;
    struct restore_statement standby = restore_of(RESTORE_DATABASE, NULL);
    char expected[26];
    standby.end = RESTORE_STANDBY;
    strcpy(standby.standby_file, "D:\\undo.dat");
    assert_true(restore_full(f));
    struct seen seen = ask(f->session, query);
    lsn_text(expected, f->full->last_lsn);
    assert_string_equal(seen.first, expected);
    assert_int_equal(seen.types[0].kind, SQL_NUMERIC);
    assert_int_equal(seen.types[0].precision, 25);
    assert_true(admin_restore(f->session, &standby, f->reply));
    assert_string_equal(ask(f->session, query).first, "NULL");
}

static void server_state_needs_its_right(void **state)
{
    static const char *const queries[] = {
        "SELECT * FROM sys.dm_tran_locks", "SELECT * FROM sys.dm_server_services",
        "SELECT * FROM sys.dm_exec_connections", "SELECT * FROM sys.dm_os_cluster_nodes",
        "SELECT * FROM sys.dm_database_encryption_keys"};
    struct fixture *f = *state;
    struct session *reader = client(f, 0, NULL);
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
        assert_int_equal(ask(reader, queries[i]).error, 300);
    }
    reader->login->permissions |= PERMISSION_VIEW_SERVER_STATE;
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
        assert_int_equal(ask(reader, queries[i]).error, 0);
    }
    session_close_internal(reader);
}

static void without_server_state_a_session_sees_itself_only(void **state)
{
    struct fixture *f = *state;
    struct session *reader = client(f, 0, NULL);
    assert_int_equal(ask(reader, "SELECT session_id FROM sys.dm_exec_sessions").rows, 1);
    reader->login->permissions |= PERMISSION_VIEW_SERVER_STATE;
    assert_int_equal(ask(reader, "SELECT session_id FROM sys.dm_exec_sessions").rows, 2);
    session_close_internal(reader);
}

static void msdb_without_a_user_is_229(void **state)
{
    struct fixture *f = *state;
    struct session *reader = client(f, 0, NULL);
    assert_int_equal(ask(reader, "SELECT name FROM msdb.dbo.sysjobs").error, 229);
    assert_int_equal(ask(reader, "SELECT * FROM msdb.dbo.backupset").error, 229);
    login_add_user(reader->login, "msdb", USER_DATA_READER);
    assert_int_equal(ask(reader, "SELECT name FROM msdb.dbo.sysjobs").error, 0);
    assert_int_equal(ask(reader, "SELECT * FROM msdb.dbo.backupset").error, 0);
    session_close_internal(reader);
}

static void a_database_without_a_user_is_916(void **state)
{
    struct fixture *f = *state;
    struct session *reader = client(f, 0, NULL);
    assert_true(restore_full(f));
    assert_int_equal(ask(reader, "SELECT * FROM Orders.dbo.MarkLog").error, 927);
    assert_true(recover(f));
    assert_int_equal(ask(reader, "SELECT * FROM Orders.dbo.MarkLog").error, 916);
    struct user *user = login_add_user(reader->login, "Orders", 0);
    assert_int_equal(ask(reader, "SELECT * FROM Orders.dbo.MarkLog").error, 229);
    user_set_rights(user, "dbo", "MarkLog", RIGHT_SELECT, true);
    assert_int_equal(ask(reader, "SELECT * FROM Orders.dbo.MarkLog").error, 0);
    session_close_internal(reader);
}

static void headers_need_create_database_and_have_the_columns_of_the_version(void **state)
{
    static const struct {
        int version;
        size_t columns;
    } expected[] = {{16, 59}, {15, 56}, {12, 56}, {11, 53}, {10, 52}};
    struct fixture *f = *state;
    struct session *reader = client(f, 0, NULL);
    char text[700];
    snprintf(text, sizeof text, "RESTORE HEADERONLY FROM DISK = N'%s'", f->full->path);
    assert_int_equal(ask(reader, text).error, 262);
    reader->login->permissions |= PERMISSION_CREATE_ANY_DATABASE;
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        f->destination->major_version = expected[i].version;
        struct seen seen = ask(reader, text);
        assert_int_equal(seen.error, 0);
        assert_int_equal(seen.columns, expected[i].columns);
        assert_int_equal(seen.rows, 1);
    }
    assert_string_equal(ask(reader, text).names[13], "FirstLSN");
    session_close_internal(reader);
}

static void a_restore_is_refused_without_the_right(void **state)
{
    struct fixture *f = *state;
    struct session *reader = client(f, 0, "msdb");
    assert_true(restore_full(f));
    char text[700];
    snprintf(text, sizeof text, "RESTORE LOG Orders FROM DISK = N'%s' WITH NORECOVERY",
             f->logs[0]->path);
    assert_int_equal(ask(reader, text).error, 3110);
    reader->login->permissions |= PERMISSION_CREATE_ANY_DATABASE;
    assert_int_equal(ask(reader, text).error, 3110);
    reader->login->permissions |= ROLE_DBCREATOR;
    assert_int_equal(ask(reader, text).error, 0);
    session_close_internal(reader);
}

static void create_any_database_restores_over_what_is_its_own_only(void **state)
{
    struct fixture *f = *state;
    struct session *reader = client(f, PERMISSION_CREATE_ANY_DATABASE, NULL);
    char full[700], log[700], over[700];
    snprintf(full, sizeof full,
             "RESTORE DATABASE Mine FROM DISK = N'%s' WITH NORECOVERY,"
             " MOVE 'Orders' TO 'D:\\mine.mdf',"
             " MOVE 'Orders_log' TO 'D:\\mine.ldf'",
             f->full->path);
    snprintf(log, sizeof log, "RESTORE LOG Mine FROM DISK = N'%s'", f->logs[0]->path);
    snprintf(over, sizeof over, "RESTORE DATABASE Orders FROM DISK = N'%s' WITH REPLACE",
             f->full->path);
    assert_true(restore_full(f) && recover(f));
    assert_int_equal(ask(reader, over).error, 3110);
    assert_int_equal(ask(reader, full).error, 0);
    assert_int_equal(ask(reader, log).error, 0);
    assert_int_equal(ask(reader, "SELECT MarkName FROM Mine.dbo.MarkLog").rows, 1);
    assert_int_equal(ask(reader, "DELETE Mine.dbo.MarkLog").error, 0);
    session_close_internal(reader);
}

static void a_restricted_database_is_not_for_create_any_database(void **state)
{
    struct fixture *f = *state;
    struct session *reader = client(f, PERMISSION_CREATE_ANY_DATABASE, "Orders");
    assert_true(restore_full(f) && recover(f));
    restored(f)->user_access = 2;
    assert_int_equal(ask(reader, "USE Orders").error, 923);
    reader->login->permissions |= ROLE_DBCREATOR;
    assert_int_equal(ask(reader, "USE Orders").error, 0);
    session_close_internal(reader);
}

static void application_locks_are_seen_with_their_owner(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(ask(f->session, "DECLARE @r int; EXEC @r = sp_getapplock"
                                     " @Resource = N'stopmark-restore', @LockMode = 'Exclusive',"
                                     " @LockOwner = 'Session', @LockTimeout = 0; SELECT @r")
                         .error,
                     0);
    assert_ptr_equal(applock_holder(f->session->database, "stopmark-restore"), f->session);
    struct seen seen = ask(f->session, "SELECT resource_description FROM sys.dm_tran_locks"
                                       " WHERE resource_type = 'APPLICATION'");
    assert_int_equal(seen.rows, 1);
    assert_int_equal(strncmp(seen.first, "0:[stopmark-restore]:(", 22), 0);
    struct session *other = session_open_internal(f->destination, "master", "other", f->reply);
    assert_string_equal(ask(other, "DECLARE @r int; EXEC @r = sp_getapplock"
                                   " @Resource = N'stopmark-restore', @LockMode = 'Exclusive',"
                                   " @LockOwner = 'Session', @LockTimeout = 0; SELECT @r")
                            .first,
                        "-1");
    session_close_internal(other);
}

/* The value of sp_getapplock or sp_releaseapplock. */
static struct seen lock_call(struct session *session, const char *call)
{
    char text[400];
    snprintf(text, sizeof text, "DECLARE @r int; EXEC @r = %s; SELECT @r", call);
    return ask(session, text);
}

static void application_locks_answer_as_captured(void **state)
{
#define GET "sp_getapplock @Resource = N'r', @LockMode = "
    static const struct {
        const char *call, *value;
        int error;
    } cases[] = {
        {GET "'Shared', @LockOwner = 'Session'", "0", 0},
        {GET "'Shared', @LockOwner = 'Session', @LockTimeout = -1", "0", 0},
        {GET "'Bogus', @LockOwner = 'Session'", "-999", 0},
        {GET "NULL, @LockOwner = 'Session'", "-999", 0},
        {GET "'Shared', @LockOwner = 'Bogus'", "-999", 0},
        {GET "'Shared'", "-999", 0}, /* no transaction */
        {GET "'Shared', @LockOwner = 'Session', @LockTimeout = -2", "-999", 1227},
        {"sp_getapplock @LockMode = 'Shared', @LockOwner = 'Session'", "-999", 1224},
        {GET "'Shared', @LockOwner = 'Session', @DbPrincipal = 'nobody'", "-999", 1202},
        {GET "'Shared', @LockOwner = 'Session', @DbPrincipal = NULL", "-999", 1230},
        {GET "'Shared', @LockOwner = 'Session', @DbPrincipal = 'dbo'", "0", 0},
        {"sp_releaseapplock N'r', 'Bogus'", "-999", 0},
        {"sp_releaseapplock N'r'", "-999", 3918},
        {"sp_releaseapplock NULL, 'Session'", "-999", 1224},
        {"sp_releaseapplock N'r', 'Session', 'db_owner'", "-999", 1223},
        {"sp_releaseapplock N'r', 'Session'", "0", 0},
        {"sp_releaseapplock N'r', 'Session', 'dbo'", "0", 0},
        {"sp_releaseapplock N'r', 'Session'", "0", 0}, /* it was taken twice */
        {"sp_releaseapplock N'r', 'Session'", "-999", 1223},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct seen seen = lock_call(f->session, cases[i].call);
        if (seen.error != cases[i].error || strcmp(seen.first, cases[i].value) != 0) {
            fail_msg("%s: %s, error %d", cases[i].call, seen.first, seen.error);
        }
    }
    assert_null(f->destination->applocks);
}

static void a_transaction_s_locks_end_with_it(void **state)
{
    static const char *const ends[] = {"COMMIT", "ROLLBACK"};
    struct fixture *f = *state;
    struct session *other = session_open_internal(f->destination, "master", "other", f->reply);
    const char *take = GET "'Exclusive', @LockOwner = 'Session', @LockTimeout = 0";
    for (size_t i = 0; i < 2; i++) {
        ask(f->session, "BEGIN TRANSACTION; BEGIN TRANSACTION");
        assert_string_equal(lock_call(f->session, GET "'Exclusive'").first, "0");
        assert_string_equal(lock_call(f->session, take).first, "0"); /* another owner */
        assert_string_equal(lock_call(f->session, "sp_releaseapplock N'r', 'Session'").first, "0");
        ask(f->session, i == 0 ? "COMMIT" : "SELECT 1");
        assert_string_equal(lock_call(other, take).first, "-1");
        ask(f->session, ends[i]);
        assert_string_equal(lock_call(other, take).first, "0");
        assert_string_equal(lock_call(other, "sp_releaseapplock N'r', 'Session'").first, "0");
    }
    assert_null(f->destination->applocks);
    session_close_internal(other);
}

/* Two sessions of which each holds the lock shared and one waits already to have it alone. */
static void a_circle_of_waits_is_minus_3(void **state)
{
    struct fixture *f = *state;
    struct session *other = session_open_internal(f->destination, "master", "other", f->reply);
    assert_int_equal(applock_get(f->session, f->session->database, "x", false, false, 0), 0);
    assert_int_equal(applock_get(other, f->session->database, "x", false, false, 0), 0);
    struct applock waiting = {.session = other,
                              .database = f->session->database,
                              .principal = "public",
                              .resource = "x",
                              .modes = APPLOCK_SHARED | APPLOCK_EXCLUSIVE,
                              .waiting = true,
                              .next = f->destination->applocks};
    f->destination->applocks = &waiting;
    assert_int_equal(applock_get(f->session, f->session->database, "x", true, false, -1),
                     APPLOCK_DEADLOCK);
    assert_ptr_equal(f->destination->applocks, &waiting);
    f->destination->applocks = waiting.next;
    session_close_internal(other);
    assert_int_equal(applock_get(f->session, f->session->database, "x", true, false, -1), 0);
}

static void a_lock_ends_with_its_session(void **state)
{
    struct fixture *f = *state;
    struct session *other = session_open_internal(f->destination, "master", "other", f->reply);
    assert_int_equal(applock_get(other, f->session->database, "x", true, false, 0), 0);
    assert_int_equal(applock_get(f->session, f->session->database, "x", true, false, 0),
                     APPLOCK_TIMEOUT);
    session_close_internal(other);
    assert_int_equal(applock_get(f->session, f->session->database, "x", true, false, 0), 0);
}

static void agent_procedures_name_what_is_wrong(void **state)
{
    struct fixture *f = *state;
    struct session *reader = client(f, 0, "msdb");
    struct job *job = agent_add_job(f->destination, "Work", "does nothing");
    job_add_step(job, "one", "master", "SELECT 1");
    assert_int_equal(ask(f->session, "EXEC msdb.dbo.sp_start_job @job_name = N'None'").error,
                     14262);
    assert_int_equal(ask(reader, "EXEC msdb.dbo.sp_start_job @job_name = N'Work'").error, 229);
    job->running = true;
    assert_int_equal(ask(f->session, "EXEC msdb.dbo.sp_start_job @job_name = N'Work'").error,
                     22022);
    job->running = false;
    assert_int_equal(ask(f->session, "EXEC msdb.dbo.sp_stop_job @job_name = N'Work'").error, 22022);
    assert_int_equal(ask(f->session, "EXEC msdb.dbo.sp_start_job @job_name = N'Work'").error, 0);
    assert_string_equal(
        ask(f->session, "SELECT last_run_outcome FROM msdb.dbo.sysjobservers").first, "1");
    assert_int_equal(
        ask(f->session, "EXEC msdb.dbo.sp_update_job @job_name = N'Work', @enabled = 0").error, 0);
    assert_string_equal(ask(f->session, "SELECT enabled FROM msdb.dbo.sysjobs").first, "0");
    session_close_internal(reader);
}

static int start(struct session *session)
{
    return ask(session, "EXEC msdb.dbo.sp_start_job @job_name = N'Work'").error;
}

static int enable(struct session *session, const char *more)
{
    char text[200];
    snprintf(text, sizeof text, "EXEC msdb.dbo.sp_update_job @job_name = N'Work', @enabled = 0%s",
             more);
    return ask(session, text).error;
}

static void an_agent_role_may_what_it_may(void **state)
{
    static const struct {
        const char *role; /* each is added to those before it */
        int start, enable, rename, add_step, help;
        size_t jobs;
    } cases[] = {
        {"db_datareader", 229, 229, 229, 229, 229, 0},
        {"SQLAgentUserRole", 14262, 14262, 14262, 14262, 14262, 0},
        {"SQLAgentReaderRole", 14393, 14525, 14525, 14525, 0, 1},
        {"SQLAgentOperatorRole", 0, 0, 14525, 14525, 0, 1},
    };
    struct fixture *f = *state;
    struct session *reader = client(f, 0, "msdb");
    struct job *job = agent_add_job(f->destination, "Work", "does nothing");
    char text[200];
    job_add_step(job, "one", "master", "SELECT 1");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(text, sizeof text, "USE msdb; ALTER ROLE %s ADD MEMBER reader; USE master",
                 cases[i].role);
        assert_int_equal(ask(f->session, text).error, 0);
        assert_int_equal(start(reader), cases[i].start);
        assert_int_equal(enable(reader, ""), cases[i].enable);
        assert_int_equal(enable(reader, ", @new_name = N'Mine'"), cases[i].rename);
        assert_int_equal(ask(reader, "EXEC msdb.dbo.sp_add_jobstep @job_name = N'Work',"
                                     " @step_name = N'two'")
                             .error,
                         cases[i].add_step);
        assert_int_equal(ask(reader, "EXEC msdb.dbo.sp_help_job @job_name = N'Work'").error,
                         cases[i].help);
        assert_int_equal(ask(reader, "EXEC msdb.dbo.sp_help_job").rows, cases[i].jobs);
    }
    assert_string_equal(job->name, "Work");
    assert_false(job->enabled);
    assert_int_equal(
        ask(f->session, "USE msdb; ALTER ROLE SQLAgentOperatorRole DROP MEMBER reader").error, 0);
    assert_int_equal(start(reader), 229);
    assert_int_equal(
        ask(f->session, "USE master; ALTER ROLE SQLAgentUserRole ADD MEMBER reader").error, 15151);
    session_close_internal(reader);
}

static void members_of_a_role_are_listed(void **state)
{
    static const char query[] =
        "SELECT u.name FROM msdb.sys.database_role_members AS m"
        " INNER JOIN msdb.sys.database_principals AS r ON r.principal_id = m.role_principal_id"
        " INNER JOIN msdb.sys.database_principals AS u ON u.principal_id = m.member_principal_id"
        " WHERE r.name = N'db_datareader'";
    struct fixture *f = *state;
    struct session *reader = client(f, 0, "msdb");
    assert_int_equal(
        ask(f->session, "USE msdb; ALTER ROLE db_datareader DROP MEMBER reader; USE master").error,
        0);
    assert_int_equal(ask(f->session, query).rows, 0);
    assert_int_equal(
        ask(f->session, "USE msdb; ALTER ROLE db_datareader ADD MEMBER reader; USE master").error,
        0);
    assert_string_equal(ask(f->session, query).first, "reader");
    session_close_internal(reader);
}

static void the_history_of_a_restore_names_its_mark(void **state)
{
    struct fixture *f = *state;
    assert_true(restore_full(f) && restore_log(f, 1, "MARK_1"));
    assert_string_equal(ask(f->session, "SELECT TOP 1 stop_at_mark_name FROM"
                                        " msdb.dbo.restorehistory ORDER BY restore_history_id DESC")
                            .first,
                        "MARK_1");
    struct seen seen = ask(f->session, "SELECT b.first_lsn FROM msdb.dbo.restorehistory r"
                                       " JOIN msdb.dbo.backupset b"
                                       " ON b.backup_set_id = r.backup_set_id"
                                       " JOIN msdb.dbo.backupmediafamily m"
                                       " ON m.media_set_id = b.media_set_id"
                                       " WHERE r.restore_type = 'L'");
    char expected[26];
    lsn_text(expected, f->logs[0]->first_lsn);
    assert_string_equal(seen.first, expected);
}

static void the_lab_s_own_procedures_are_for_sysadmins(void **state)
{
    struct fixture *f = *state;
    struct session *reader = client(f, PERMISSION_CREATE_ANY_DATABASE, "*");
    int64_t now = lab_now_utc_ms(f->lab);
    assert_int_equal(ask(reader, "EXEC master.dbo.sp_lab_advance @seconds = 60").error, 229);
    assert_int_equal(ask(f->session, "EXEC master.dbo.sp_lab_advance @seconds = 60").error, 0);
    assert_true(lab_now_utc_ms(f->lab) == now + 60000);
    assert_int_equal(ask(f->session, "EXEC master.dbo.sp_lab_file @path = N'\\\\share\\log1.bak',"
                                     " @state = 'missing'")
                         .error,
                     0);
    assert_int_equal(f->logs[0]->state, FILE_MISSING);
    assert_int_equal(
        ask(f->session, "EXEC master.dbo.sp_lab_server @name = 'none', @state = 'stop'").error,
        50000);
    session_close_internal(reader);
}

static void a_restored_copy_has_the_source_s_tables(void **state)
{
    struct fixture *f = *state;
    assert_true(restore_full(f) && restore_log(f, 1, NULL) && recover(f));
    assert_string_equal(ask(f->session, "SELECT name FROM Orders.sys.tables").first, "MarkLog");
    assert_string_equal(ask(f->session, "SELECT MarkName FROM Orders.dbo.MarkLog").first, "MARK_1");
    assert_int_equal(ask(f->session, "SELECT MarkName FROM Orders.dbo.MarkLog").rows, 1);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        CASE(all_databases_are_seen_by_everyone_but_offline_ones),
        CASE(master_files_are_hidden_without_a_right_to_definitions),
        CASE(the_redo_lsn_is_shown_only_while_restoring),
        CASE(server_state_needs_its_right),
        CASE(without_server_state_a_session_sees_itself_only),
        CASE(msdb_without_a_user_is_229),
        CASE(a_database_without_a_user_is_916),
        CASE(headers_need_create_database_and_have_the_columns_of_the_version),
        CASE(a_restore_is_refused_without_the_right),
        CASE(create_any_database_restores_over_what_is_its_own_only),
        CASE(a_restricted_database_is_not_for_create_any_database),
        CASE(application_locks_are_seen_with_their_owner),
        CASE(application_locks_answer_as_captured),
        CASE(a_transaction_s_locks_end_with_it),
        CASE(a_circle_of_waits_is_minus_3),
        CASE(a_lock_ends_with_its_session),
        CASE(agent_procedures_name_what_is_wrong),
        CASE(an_agent_role_may_what_it_may),
        CASE(members_of_a_role_are_listed),
        CASE(the_history_of_a_restore_names_its_mark),
        CASE(the_lab_s_own_procedures_are_for_sysadmins),
        CASE(a_restored_copy_has_the_source_s_tables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
