/* What scenarios say of the past, of jobs and of older schemas. */
#include <stdarg.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/str.h"
#include "core/base/text.h"
#include "tests/lab/admin.h"
#include "tests/lab/agent.h"
#include "tests/lab/biztalk.h"
#include "tests/lab/engine.h"
#include "tests/lab/model.h"
#include "tests/lab/procedures.h"
#include "tests/lab/reply.h"
#include "tests/lab/scenario.h"
#include "tests/lab/session.h"
#include "tests/lab/shipping.h"

/* A built-in scenario with one piece of its text replaced; NULL leaves the problems. */
static struct lab *load_changed(const char *name, const char *piece, const char *by,
                                struct str *problems)
{
    size_t length;
    const char *text = scenario_builtin(name, &length);
    struct str changed = {0};
    assert_non_null(text);
    const char *at = piece == NULL ? text + length : strstr(text, piece);
    assert_non_null(at);
    str_add_bytes(&changed, text, (size_t)(at - text));
    if (piece != NULL) {
        str_add(&changed, by);
        str_add(&changed, at + strlen(piece));
    }
    struct lab *lab = scenario_parse(str_text(&changed), changed.length, name, 1, problems);
    str_free(&changed);
    return lab;
}

static struct lab *load_good(const char *name, const char *piece, const char *by)
{
    struct str problems = {0};
    struct lab *lab = load_changed(name, piece, by, &problems);
    assert_string_equal(str_text(&problems), "");
    assert_non_null(lab);
    return lab;
}

static void assert_problem(const char *name, const char *piece, const char *by, const char *told)
{
    struct str problems = {0};
    assert_null(load_changed(name, piece, by, &problems));
    assert_non_null(strstr(str_text(&problems), told));
    str_free(&problems);
}

/* The first column of the first row, as a number or a text. */
static void note_first(void *context, const struct sql_value *values)
{
    char *out = context;
    if (out[0] != '\0') {
        return;
    }
    if (values[0].bytes != NULL) {
        text_copy(out, 300, values[0].bytes);
    } else {
        snprintf(out, 300, "%lld", (long long)values[0].integer);
    }
}

static void pass_columns(void *context, const struct sql_column *columns, size_t count)
{
    (void)context, (void)columns, (void)count;
}

static void assert_gives(struct lab *lab, const char *server, const char *text, const char *value)
{
    char first[300] = "";
    struct reply *reply = reply_new_sink();
    struct reply_observer observer = {
        .columns = pass_columns, .row = note_first, .context = first};
    struct session *session =
        session_open_internal(lab_instance(lab, server), "master", "test", reply);
    reply_set_observer(reply, &observer);
    engine_run_batch(session, text, reply);
    assert_int_equal(reply_sink_last_error(reply), 0);
    assert_string_equal(first, value);
    session_close_internal(session);
    reply_free(reply);
}

static void a_partial_set_stops_at_each_position(void **state)
{
    (void)state;
    lab_lock();
    struct lab *whole = load_good("matrix", NULL, NULL);
    size_t members = lab_instance(whole, "SQLM1")->group->members_count;
    for (size_t i = 0; i < members; i++) {
        char by[300], rows[24];
        snprintf(by, sizeof by,
                 "\"mark_ms\": 547, \"partial\": [{\"time\": \"2026-11-20T12:00:00Z\","
                 " \"fails_at\": \"%s\"}]",
                 lab_instance(whole, "SQLM1")->group->members[i].database->name);
        struct lab *lab = load_good("matrix", "\"mark_ms\": 547", by);
        snprintf(rows, sizeof rows, "%zu", i);
        assert_gives(lab, "SQLM1",
                     "SELECT COUNT(*) FROM BizTalkMgmtDb.dbo.adm_BackupHistory WHERE SetComplete = 0",
                     rows);
        lab_free(lab);
    }
    assert_int_equal(members, 4);
    lab_free(whole);
    lab_unlock();
}

static void a_destination_restores_several_sources(void **state)
{
    (void)state;
    lab_lock();
    struct lab *lab = load_good("scaled-out", NULL, NULL);
    size_t restored = 0;
    static const char *const names[] = {"DR1", "DR2", "DR3"};
    for (size_t i = 0; i < 3; i++) {
        const struct instance *instance = lab_instance(lab, names[i]);
        assert_int_equal(instance->shipping->sources_count, 2);
        for (size_t d = 0; d < instance->databases_count; d++) {
            restored += !instance->databases[d]->system;
        }
    }
    assert_int_equal(restored, lab_instance(lab, "SQLA")->group->members_count);
    assert_int_equal(restored, 40);
    lab_free(lab);
    assert_problem("scaled-out", "\"SQLA, SQLB\"", "\"SQLA, SQLX\"",
                   "DR1 restores \"SQLX\", which is no source");
    lab_unlock();
}

static void old_rows_are_there_and_their_files_are_not(void **state)
{
    (void)state;
    lab_lock();
    struct lab *lab = load_good("long-history", "1000000", "1003");
    assert_gives(lab, "SQLSMALL",
                 "SELECT COUNT(*) FROM BizTalkMgmtDb.dbo.adm_BackupHistory WHERE BackupSetId <= 201",
                 "1003");
    assert_gives(lab, "DRSMALL",
                 "SELECT COUNT(*) FROM master.dbo.bts_LogShippingHistory WHERE BackupSetId <= 201"
                 " AND Restored = 1",
                 "803");
    assert_gives(lab, "SQLSMALL",
                 "SELECT COUNT(*) FROM (SELECT MarkName, DatabaseName, ServerName FROM"
                 " BizTalkMgmtDb.dbo.adm_BackupHistory WHERE MarkName IS NOT NULL"
                 " GROUP BY MarkName, DatabaseName, ServerName HAVING COUNT(*) > 1) AS twice",
                 "0");
    for (size_t i = 0; i < lab->files_count; i++) {
        assert_null(strstr(lab->files[i]->path, "2026_11_18"));
    }
    lab_free(lab);
    lab_unlock();
}

static void old_rows_come_back_with_a_restore(void **state)
{
    (void)state;
    lab_lock();
    struct lab *lab = load_good("long-history", "1000000", "1003");
    assert_gives(lab, "DRSMALL",
                 "RESTORE DATABASE BizTalkMgmtDb WITH RECOVERY;"
                 " SELECT COUNT(*) FROM BizTalkMgmtDb.dbo.adm_BackupHistory WHERE BackupSetId <= 201",
                 "1003");
    lab_free(lab);
    lab_unlock();
}

static void jobs_are_as_the_scenario_says(void **state)
{
    (void)state;
    lab_lock();
    struct lab *lab = load_good("jobs-in-trouble", NULL, NULL);
    struct agent *agent = lab_instance(lab, "DRSMALL2")->agent;
    assert_null(agent_find_job(agent, "BTS Log Shipping - Restore To Mark"));
    struct job *failing = agent_find_job(agent, "BTS Log Shipping - Restore Databases");
    assert_int_equal(failing->last_outcome, JOB_FAILED);
    assert_true(job_start(failing));
    assert_int_equal(failing->last_outcome, JOB_FAILED);
    assert_false(agent_find_job(lab_instance(lab, "DRSMALL")->agent,
                                "BTS Log Shipping - Get Backup History")
                     ->enabled);
    assert_non_null(agent_find_job(lab_instance(lab, "SQLSMALL2")->agent, "Parts cleanup, by hand"));
    lab_free(lab);
    assert_problem("jobs-in-trouble", "Parts_Cleanup", "Parts_Clean", "the server has no job");
    lab_unlock();
}

static void an_old_schema_has_other_columns_tables_and_job_names(void **state)
{
    (void)state;
    lab_lock();
    struct lab *lab = load_good("old-schema", NULL, NULL);
    assert_gives(lab, "SQLSMALL",
                 "SELECT name FROM BizTalkMgmtDb.sys.columns WHERE column_id = 5 AND object_id ="
                 " OBJECT_ID(N'BizTalkMgmtDb.dbo.adm_BackupHistory')",
                 "ServerName");
    assert_gives(lab, "SQLSMALL",
                 "SELECT ForceFull FROM BizTalkMgmtDb.dbo.adm_ForceFullBackup", "0");
    assert_gives(lab, "SQLSMALL",
                 "EXEC BizTalkMgmtDb.dbo.sp_ForceFullBackup;"
                 " SELECT ForceFull FROM BizTalkMgmtDb.dbo.adm_ForceFullBackup",
                 "1");
    assert_gives(lab, "DRSMALL",
                 "SELECT COUNT(DISTINCT DatabaseName) FROM master.dbo.bts_LogShippingHistory", "4");
    assert_non_null(agent_find_job(lab_instance(lab, "DRSMALL")->agent,
                                   "BTS Server Log Shipping Restore Databases"));
    lab_free(lab);
    lab_unlock();
}

static void a_state_of_a_file_must_be_known(void **state)
{
    (void)state;
    lab_lock();
    assert_problem("bad-files", "\"corrupt\"", "\"corupt\"", "expected one of: readable, missing");
    assert_problem("bad-files", "12_15_00_547.bak\", \"state\": \"missing\"",
                   "12_16_00_547.bak\", \"state\": \"missing\"",
                   "no backup file of the past has this path");
    lab_unlock();
}

/* EXEC with NULL for every parameter but the first, which has a value or NULL too, and one more. */
static void call_with_nulls(struct session *session, const struct database *database,
                            const struct native_procedure *procedure, const char *first,
                            size_t given)
{
    struct str text = {0};
    struct reply *reply = reply_new_sink(), *before = session->reply;
    str_format(&text, "EXEC [%s].dbo.[%s]", database->name, procedure->name);
    for (size_t i = 0; i < procedure->parameters_count; i++) {
        str_add(&text, i == 0 ? " " : ", ");
        if (i == 0 && first != NULL) {
            str_format(&text, "N'%s'", first);
        } else {
            str_add(&text, i == given ? "N'1'" : "NULL");
        }
    }
    session->reply = reply;
    engine_run_batch(session, str_text(&text), reply);
    session->reply = before;
    reply_free(reply);
    str_free(&text);
}

static size_t call_all_with_nulls(struct database *database)
{
    struct instance *instance = database->instance;
    struct reply *reply = reply_new_sink();
    struct session *session = session_open_internal(instance, "master", "test", reply);
    size_t called = 0;
    const char *name;
    for (size_t i = 0; (name = procedure_of_database(database, i)) != NULL; i++) {
        const struct native_procedure *procedure = procedure_find(session, database, "dbo", name);
        assert_non_null(procedure);
        for (size_t given = 0; given <= procedure->parameters_count; given++) {
            call_with_nulls(session, database, procedure, NULL, given);
            call_with_nulls(session, database, procedure, instance->name, given);
        }
        called++;
    }
    session_close_internal(session);
    reply_free(reply);
    return called;
}

static void no_procedure_minds_a_null(void **state)
{
    (void)state;
    lab_lock();
    struct lab *lab = load_good("small", NULL, NULL);
    size_t called = 0;
    for (size_t i = 0; i < lab->instances_count; i++) {
        for (size_t d = 0; d < lab->instances[i]->databases_count; d++) {
            called += call_all_with_nulls(lab->instances[i]->databases[d]);
        }
    }
    assert_true(called > 100); /* each in every database that has it */
    lab_free(lab);
    lab_unlock();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_partial_set_stops_at_each_position),
        cmocka_unit_test(a_destination_restores_several_sources),
        cmocka_unit_test(old_rows_are_there_and_their_files_are_not),
        cmocka_unit_test(old_rows_come_back_with_a_restore),
        cmocka_unit_test(jobs_are_as_the_scenario_says),
        cmocka_unit_test(an_old_schema_has_other_columns_tables_and_job_names),
        cmocka_unit_test(a_state_of_a_file_must_be_known),
        cmocka_unit_test(no_procedure_minds_a_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
