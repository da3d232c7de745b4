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
#include "tests/lab/agent.h"
#include "tests/lab/biztalk.h"
#include "tests/lab/engine.h"
#include "tests/lab/model.h"
#include "tests/lab/procedures.h"
#include "tests/lab/reply.h"
#include "tests/lab/scenario.h"
#include "tests/lab/shipping.h"

static const int64_t MINUTE_MS = 60000;

static const char BACKUP_JOB[] = "Backup BizTalk Server (BizTalkMgmtDb)";
static const char IMPORT_JOB[] = "BTS Log Shipping - Get Backup History";
static const char RESTORE_JOB[] = "BTS Log Shipping - Restore Databases";
static const char MARK_JOB[] = "BTS Log Shipping - Restore To Mark";

struct estate {
    struct lab *lab;
    struct instance *source, *destination;
    struct biztalk_group *group;
    struct shipping *shipping;
};

static int setup(void **state)
{
    static struct estate e;
    struct str problems = {0};
    lab_lock();
    e.lab = scenario_load("small", 1, &problems);
    assert_string_equal(str_text(&problems), "");
    str_free(&problems);
    e.source = lab_instance(e.lab, "SQLSMALL");
    e.destination = lab_instance(e.lab, "DRSMALL");
    e.group = e.source->group;
    e.shipping = e.destination->shipping;
    *state = &e;
    return 0;
}

static int teardown(void **state)
{
    struct estate *e = *state;
    lab_free(e->lab);
    lab_unlock();
    return 0;
}

static void count_row(void *context, const struct sql_value *values, size_t count)
{
    (void)values;
    (void)count;
    ++*(size_t *)context;
}

static size_t count_rows(struct instance *instance, const char *database, const char *table,
                         const char *where)
{
    size_t rows = 0;
    engine_scan(instance->engine, instance_database(instance, database), "dbo", table, where, NULL,
                count_row, &rows);
    return rows;
}

/* As a sysadmin; the last error's number. */
static int run_sql(struct instance *instance, const char *text)
{
    struct reply *reply = reply_new_sink();
    struct session *session = session_open_internal(instance, "master", "test", reply);
    engine_run_internal(session, text, reply);
    int error = reply_sink_last_error(reply);
    session_close_internal(session);
    reply_free(reply);
    return error;
}

static size_t rows_of_set(struct estate *e, int64_t set, bool complete)
{
    char where[100];
    snprintf(where, sizeof where, "BackupSetId = %lld AND SetComplete = %d", (long long)set,
             complete);
    return count_rows(e->source, "BizTalkMgmtDb", "adm_BackupHistory", where);
}

static struct job *job_named(struct instance *instance, const char *name)
{
    struct job *job = agent_find_job(instance->agent, name);
    assert_non_null(job);
    return job;
}

static void the_backup_job_takes_a_complete_log_set_on_its_schedule(void **state)
{
    struct estate *e = *state;
    int64_t set = e->group->next_set_id;
    lab_advance(e->lab, 10 * MINUTE_MS);
    assert_int_equal(e->group->next_set_id, set + 1);
    assert_int_equal(rows_of_set(e, set, true), 4);
    assert_int_equal(job_named(e->source, BACKUP_JOB)->last_outcome, JOB_SUCCEEDED);
}

static void an_import_without_ad_hoc_queries_is_15281(void **state)
{
    struct estate *e = *state;
    e->destination->adhoc_distributed_queries = false;
    lab_advance(e->lab, MINUTE_MS);
    struct job *job = job_named(e->destination, IMPORT_JOB);
    assert_int_equal(job->last_outcome, JOB_FAILED);
    bool told = false;
    for (size_t i = 0; i < e->destination->agent->history_count; i++) {
        told = told || strstr(e->destination->agent->history[i].message, "(Error 15281)") != NULL;
    }
    assert_true(told);
    e->destination->adhoc_distributed_queries = true;
    lab_advance(e->lab, MINUTE_MS);
    assert_int_equal(job->last_outcome, JOB_SUCCEEDED);
}

static void the_job_s_first_step_decides_on_compression(void **state)
{
    struct estate *e = *state;
    struct job *job = job_named(e->source, BACKUP_JOB);
    lab_advance(e->lab, 15 * MINUTE_MS);
    const struct backup_file *file = e->lab->files[e->lab->files_count - 1];
    assert_false(file->uncompressed);
    assert_true(file->compressed_size_bytes < file->size_bytes);
    free(job->steps[0].command);
    job->steps[0].command = strdup("exec [dbo].[sp_SetBackupCompression] @bCompression = 0");
    lab_advance(e->lab, 15 * MINUTE_MS);
    file = e->lab->files[e->lab->files_count - 1];
    assert_true(file->uncompressed);
    assert_true(file->compressed_size_bytes == file->size_bytes);
}

static void a_set_fails_at_each_position_of_the_job(void **state)
{
    struct estate *e = *state;
    for (int member = 0; member < (int)e->group->members_count; member++) {
        int64_t set = e->group->next_set_id;
        e->group->fail_at_member = member;
        lab_advance(e->lab, 15 * MINUTE_MS);
        e->group->fail_at_member = -1;
        assert_int_equal(job_named(e->source, BACKUP_JOB)->last_outcome, JOB_FAILED);
        assert_int_equal(rows_of_set(e, set, true), 0);
        size_t rows = 0;
        for (; set < e->group->next_set_id; set++) {
            rows += rows_of_set(e, set, false);
        }
        assert_int_equal(rows, member);
        lab_advance(e->lab, 15 * MINUTE_MS);
        assert_int_equal(job_named(e->source, BACKUP_JOB)->last_outcome, JOB_SUCCEEDED);
    }
}

/* Full sets that the group has so far. */
static size_t full_sets(struct estate *e)
{
    return count_rows(e->source, "BizTalkMgmtDb", "adm_BackupHistory",
                      "BackupType = 'db' AND DatabaseName = 'SSODB' AND SetComplete = 1");
}

static bool is_forced(struct estate *e)
{
    return count_rows(e->source, "BizTalkMgmtDb", "adm_BackupSettings", "ForceFull = 1") == 1;
}

static void a_forced_full_set_clears_the_order_that_the_table_holds(void **state)
{
    static const char *const orders[] = {
        "EXEC BizTalkMgmtDb.dbo.sp_ForceFullBackup",
        "UPDATE BizTalkMgmtDb.dbo.adm_BackupSettings SET ForceFull = 1"};
    struct estate *e = *state;
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        size_t before = full_sets(e);
        lab_advance(e->lab, 15 * MINUTE_MS);
        assert_int_equal(full_sets(e), before);
        assert_int_equal(run_sql(e->source, orders[i]), 0);
        assert_true(is_forced(e));
        lab_advance(e->lab, 15 * MINUTE_MS);
        assert_int_equal(full_sets(e), before + 1);
        assert_false(is_forced(e));
    }
}

static void a_forced_full_set_that_fails_stays_ordered(void **state)
{
    struct estate *e = *state;
    assert_int_equal(run_sql(e->source, "EXEC BizTalkMgmtDb.dbo.sp_ForceFullBackup"), 0);
    e->group->fail_at_member = 3;
    lab_advance(e->lab, 15 * MINUTE_MS);
    assert_true(is_forced(e));
}

static void compression_is_what_the_settings_table_holds(void **state)
{
    struct estate *e = *state;
    struct job *job = job_named(e->source, BACKUP_JOB);
    free(job->steps[0].command);
    job->steps[0].command = strdup("exec [dbo].[sp_SetBackupCompression] @bCompression = 0");
    lab_advance(e->lab, 15 * MINUTE_MS);
    assert_int_equal(count_rows(e->source, "BizTalkMgmtDb", "adm_BackupSettings",
                                "UseCompression = 0"), 1);
    free(job->steps[0].command);
    job->steps[0].command =
        strdup("UPDATE BizTalkMgmtDb.dbo.adm_BackupSettings SET UseCompression = 1");
    lab_advance(e->lab, 15 * MINUTE_MS);
    assert_false(e->lab->files[e->lab->files_count - 1]->uncompressed);
}

static void the_backup_job_meets_a_full_share(void **state)
{
    struct estate *e = *state;
    size_t files = e->lab->files_count;
    e->lab->share_full = true;
    lab_advance(e->lab, 10 * MINUTE_MS);
    assert_int_equal(job_named(e->source, BACKUP_JOB)->last_outcome, JOB_FAILED);
    assert_int_equal(e->lab->files_count, files);
    e->lab->share_full = false;
    lab_advance(e->lab, 15 * MINUTE_MS);
    assert_int_equal(job_named(e->source, BACKUP_JOB)->last_outcome, JOB_SUCCEEDED);
}

static void cleaning_leaves_a_database_that_is_in_use(void **state)
{
    struct estate *e = *state;
    int64_t stood = e->shipping->last_restore_set;
    struct session *user = session_open_internal(e->destination, "SSODB", "reader", NULL);
    assert_int_equal(run_sql(e->destination, "EXEC master.dbo.sp_LogShippingClean N'1'"), 3702);
    session_close_internal(user);
    assert_non_null(instance_database(e->destination, "SSODB"));
    assert_int_equal(e->shipping->last_restore_set, stood);
    assert_int_equal(run_sql(e->destination, "EXEC master.dbo.sp_LogShippingClean N'1'"), 0);
    assert_null(instance_database(e->destination, "SSODB"));
}

static void a_destination_applies_a_set_once_the_next_has_arrived(void **state)
{
    struct estate *e = *state;
    int64_t newest = e->group->next_set_id - 1;
    assert_int_equal(e->shipping->last_restore_set, newest - 1);
    lab_advance(e->lab, 5 * MINUTE_MS);
    assert_int_equal(e->shipping->last_restore_set, newest - 1);
    lab_advance(e->lab, 10 * MINUTE_MS);
    assert_int_equal(e->group->next_set_id - 1, newest + 1);
    assert_int_equal(e->shipping->last_restore_set, newest);
    assert_int_equal(job_named(e->destination, RESTORE_JOB)->last_outcome, JOB_SUCCEEDED);
}

static void a_backlog_is_worked_off_but_for_the_last_set(void **state)
{
    struct estate *e = *state;
    job_set_enabled(job_named(e->destination, IMPORT_JOB), false);
    lab_advance(e->lab, 61 * MINUTE_MS);
    int64_t stood = e->shipping->last_restore_set;
    job_set_enabled(job_named(e->destination, IMPORT_JOB), true);
    lab_advance(e->lab, 3 * MINUTE_MS);
    assert_true(e->shipping->last_restore_set > stood + 2);
    assert_int_equal(e->shipping->last_restore_set, e->group->next_set_id - 2);
}

static void a_partial_set_is_repaired_by_a_full_set(void **state)
{
    struct estate *e = *state;
    int64_t partial = e->group->next_set_id;
    e->group->fail_at_member = 2;
    lab_advance(e->lab, 10 * MINUTE_MS);
    assert_int_equal(rows_of_set(e, partial, false), 2);
    assert_int_equal(job_named(e->source, BACKUP_JOB)->last_outcome, JOB_FAILED);
    e->group->fail_at_member = -1;
    lab_advance(e->lab, 15 * MINUTE_MS);
    assert_int_equal(rows_of_set(e, partial + 1, true), 4);
    assert_int_equal(rows_of_set(e, partial + 2, true), 4);
    assert_int_equal(e->shipping->last_restore_set, partial + 1);
    lab_advance(e->lab, 17 * MINUTE_MS);
    assert_int_equal(e->shipping->last_restore_set, partial + 2);
}

static void a_missing_file_stops_the_shipping_and_fails_its_job(void **state)
{
    struct estate *e = *state;
    int64_t stood = e->shipping->last_restore_set;
    e->lab->files[e->lab->files_count - 1]->state = FILE_MISSING;
    lab_advance(e->lab, 30 * MINUTE_MS);
    assert_int_equal(e->shipping->last_restore_set, stood);
    assert_int_equal(job_named(e->destination, RESTORE_JOB)->last_outcome, JOB_FAILED);
}

static void with_the_source_dead_imports_fail_and_nothing_more_is_backed_up(void **state)
{
    struct estate *e = *state;
    int64_t set = e->group->next_set_id;
    e->source->stopped = true;
    lab_advance(e->lab, 30 * MINUTE_MS);
    assert_int_equal(e->group->next_set_id, set);
    assert_int_equal(job_named(e->destination, IMPORT_JOB)->last_outcome, JOB_FAILED);
    assert_int_equal(job_named(e->destination, RESTORE_JOB)->last_outcome, JOB_SUCCEEDED);
}

static size_t runs_of(const struct job *job, int step, enum job_outcome outcome)
{
    const struct agent *agent = job->agent;
    size_t runs = 0;
    for (size_t i = 0; i < agent->history_count; i++) {
        const struct job_history *history = &agent->history[i];
        runs += history->job == job && history->step == step && history->outcome == outcome;
    }
    return runs;
}

static void a_step_that_fails_is_tried_again_as_often_as_it_says(void **state)
{
    struct estate *e = *state;
    struct job *job = agent_add_job(e->source, "Retries", "");
    struct job_step *step = job_append_step(job, "one", "master", "SELECT 1 / 0");
    step->retry_attempts = 2;
    step->retry_interval_min = 1;
    assert_true(job_start(job));
    assert_int_equal(runs_of(job, 1, JOB_RETRY), 2);
    assert_int_equal(runs_of(job, 1, JOB_FAILED), 1);
    assert_int_equal(job->last_outcome, JOB_FAILED);
}

static void a_step_s_end_leads_where_its_action_says(void **state)
{
    struct estate *e = *state;
    struct job *job = agent_add_job(e->source, "Actions", "");
    job_append_step(job, "fails", "master", "SELECT 1 / 0")->on_fail.action = STEP_NEXT;
    job_append_step(job, "goes on", "master", "SELECT 1")->on_success =
        (struct step_end){.action = STEP_GO_TO, .step = 4};
    job_append_step(job, "is left out", "master", "SELECT 1");
    job_append_step(job, "is the end", "master", "SELECT 1");
    assert_true(job_start(job));
    assert_int_equal(runs_of(job, 1, JOB_FAILED), 1);
    assert_int_equal(runs_of(job, 3, JOB_SUCCEEDED), 0);
    assert_int_equal(runs_of(job, 4, JOB_SUCCEEDED), 1);
    assert_int_equal(job->last_outcome, JOB_SUCCEEDED);
    job->steps[3].on_success.action = STEP_QUIT_FAILURE;
    assert_true(job_start(job));
    assert_int_equal(job->last_outcome, JOB_FAILED);
}

static void a_disabled_job_does_not_run(void **state)
{
    struct estate *e = *state;
    int64_t set = e->group->next_set_id;
    job_set_enabled(job_named(e->source, BACKUP_JOB), false);
    lab_advance(e->lab, 60 * MINUTE_MS);
    assert_int_equal(e->group->next_set_id, set);
    assert_true(job_start(job_named(e->source, BACKUP_JOB)));
    assert_int_equal(e->group->next_set_id, set + 1);
}

static void restore_to_mark_brings_every_database_online_at_the_newest_mark(void **state)
{
    struct estate *e = *state;
    e->source->stopped = true;
    assert_true(job_start(job_named(e->destination, MARK_JOB)));
    assert_int_equal(job_named(e->destination, MARK_JOB)->last_outcome, JOB_SUCCEEDED);
    for (size_t i = 0; i < e->group->members_count; i++) {
        const char *name = e->group->members[i].database->name;
        assert_int_equal(instance_database(e->destination, name)->state, DATABASE_ONLINE);
        assert_int_equal(
            count_rows(e->destination, name, "MarkLog", "MarkName = 'BTS_2026_11_20_12_15_00_547'"),
            1);
        assert_int_equal(
            count_rows(e->destination, name, "MarkLog", "MarkName > 'BTS_2026_11_20_12_15_00_547'"),
            0);
    }
    assert_non_null(agent_find_job(e->destination->agent, BACKUP_JOB));
}

static void every_mark_of_a_set_stands_in_every_database(void **state)
{
    struct estate *e = *state;
    lab_advance(e->lab, 10 * MINUTE_MS);
    for (size_t i = 0; i < e->group->members_count; i++) {
        const char *name = e->group->members[i].database->name;
        assert_int_equal(
            count_rows(e->source, name, "MarkLog", "MarkName = 'BTS_2026_11_20_12_30_00_000'"), 1);
    }
    assert_int_equal(count_rows(e->source, "msdb", "logmarkhistory",
                                "mark_name = 'BTS_2026_11_20_12_30_00_000'"),
                     4);
}

static void cleaning_drops_the_databases_and_starts_again_from_a_full_set(void **state)
{
    struct estate *e = *state;
    struct job *restore = job_named(e->destination, RESTORE_JOB);
    job_set_enabled(restore, false);
    assert_int_equal(run_sql(e->destination, "EXEC master.dbo.sp_LogShippingClean N'1'"), 0);
    assert_null(instance_database(e->destination, "SSODB"));
    job_set_enabled(restore, true);
    lab_advance(e->lab, 3 * MINUTE_MS);
    assert_int_equal(instance_database(e->destination, "SSODB")->state, DATABASE_RESTORING);
    assert_int_equal(e->shipping->last_restore_set, e->group->next_set_id - 2);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(the_backup_job_takes_a_complete_log_set_on_its_schedule),
        CASE(the_job_s_first_step_decides_on_compression),
        CASE(a_set_fails_at_each_position_of_the_job),
        CASE(a_forced_full_set_clears_the_order_that_the_table_holds),
        CASE(a_forced_full_set_that_fails_stays_ordered),
        CASE(compression_is_what_the_settings_table_holds),
        CASE(the_backup_job_meets_a_full_share),
        CASE(cleaning_leaves_a_database_that_is_in_use),
        CASE(an_import_without_ad_hoc_queries_is_15281),
        CASE(a_destination_applies_a_set_once_the_next_has_arrived),
        CASE(a_backlog_is_worked_off_but_for_the_last_set),
        CASE(a_partial_set_is_repaired_by_a_full_set),
        CASE(a_missing_file_stops_the_shipping_and_fails_its_job),
        CASE(with_the_source_dead_imports_fail_and_nothing_more_is_backed_up),
        CASE(a_step_that_fails_is_tried_again_as_often_as_it_says),
        CASE(a_step_s_end_leads_where_its_action_says),
        CASE(a_disabled_job_does_not_run),
        CASE(restore_to_mark_brings_every_database_online_at_the_newest_mark),
        CASE(every_mark_of_a_set_stands_in_every_database),
        CASE(cleaning_drops_the_databases_and_starts_again_from_a_full_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
