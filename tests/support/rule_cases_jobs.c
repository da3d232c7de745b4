/* Cases of the rules that read the Agent's jobs. */
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/proof.h"
#include "tests/support/rule_cases_internal.h"

static struct job_row *backup(struct build *b)
{
    return spoil_job(b, SOURCE, JOB_BACKUP);
}
static void steps(struct build *b, const char *text)
{
    spoil_text(&backup(b)->steps, text);
}
static void no_steps(struct build *b)
{
    steps(b, "");
}
static void full_forced(struct build *b)
{
    b->servers[SOURCE]->force_full = 1;
}
static void full_forced_job_runs(struct build *b)
{
    full_forced(b);
    backup(b)->running = true;
}
static void settings_table_hidden(struct build *b)
{
    b->servers[SOURCE]->force_full = -1;
}
static void weekly_not_forced(struct build *b)
{
    steps(b, "exec [dbo].[sp_BackupAllFull_Schedule] 'w', 'BTS', '\\\\backup\\bts', 0");
}
static void monthly_default(struct build *b)
{
    steps(b, "exec sp_BackupAllFull_Schedule @Frequency='m', @MarkName = 'BTS'");
}
static void weekly_forced(struct build *b)
{
    steps(b, "exec sp_BackupAllFull_Schedule 'w' /* Frequency */, 'BTS', '\\\\b\\c',"
             " @ForceFullBackupAfterPartialSetFailure = 1");
}
static void step_gone(struct build *b)
{
    steps(b, "exec dbo.sp_MarkAll 'BTS', '\\\\backup\\bts'");
}
static void two_times(struct build *b)
{
    steps(b, "exec sp_BackupAllFull_Schedule 'd', 'BTS', '\\\\backup\\bts', 0, 0, 1\n"
             "exec sp_MarkAll 'BTS', '\\\\backup\\bts'");
}
static void one_time(struct build *b)
{
    steps(b, "exec sp_BackupAllFull_Schedule 'd', 'BTS', '\\\\backup\\bts', 0, 0, 1\n"
             "exec sp_MarkAll 'BTS', '\\\\backup\\bts', @UseLocalTime = 1");
}
static struct job_row *purge(struct build *b, const char *name)
{
    return build_job(b, SOURCE, JOB_BIZTALK, name);
}
static void purge_disabled(struct build *b)
{
    purge(b, "DTA Purge and Archive (BizTalkDTADb)")->enabled = false;
}
static void purge_failed(struct build *b)
{
    struct job_row *job = purge(b, "PurgeSubscriptionsJob_BizTalkMsgBoxDb");
    job->last_outcome = OUTCOME_FAILED;
    spoil_text(&job->message, "deadlock victim");
}
static void cleanup_disabled(struct build *b)
{
    purge(b, "MessageBox_Message_Cleanup_BizTalkMsgBoxDb")->enabled = false;
    struct job_row *job = purge(b, "MessageBox_Message_ManageRefCountLog_BizTalkMsgBoxDb");
    job->running = true; /* it runs for ever */
    job->running_since_utc_ms = b->now_utc_ms - INT64_C(90) * 24 * 60 * MINUTE_MS;
}
static void cleanup_enabled(struct build *b)
{
    purge(b, "MessageBox_Message_Cleanup_BizTalkMsgBoxDb");
}
static void foreign_job_failed(struct build *b)
{
    build_job(b, SOURCE, JOB_OTHER, "Nightly report")->last_outcome = OUTCOME_FAILED;
}
static void second_restore_job(struct build *b)
{
    build_job(b, DESTINATION, JOB_RESTORE_DATABASES, "BTS Server Log Shipping Restore Databases");
}
static void unscheduled(struct build *b)
{
    backup(b)->next_run_utc_ms = TIME_UNKNOWN;
}
static void overdue(struct build *b)
{
    spoil_job(b, DESTINATION, JOB_GET_HISTORY)->next_run_utc_ms = b->now_utc_ms - 40 * MINUTE_MS;
}
static void runs_now(struct build *b)
{
    unscheduled(b);
    backup(b)->running = true;
}
static void failed_with(struct build *b, int server, enum job_function function, const char *text)
{
    struct job_row *job = spoil_job(b, server, function);
    job->last_outcome = OUTCOME_FAILED;
    spoil_text(&job->message, text);
}
static void no_coordinator(struct build *b)
{
    failed_with(b, SOURCE, JOB_BACKUP,
                "MSDTC on server 'SQLA' is unavailable. [SQLSTATE 42000] (Error 8501)");
}
static void other_failure(struct build *b)
{
    failed_with(b, SOURCE, JOB_BACKUP, "Deadlocked. [SQLSTATE 40001] (Error 1205)");
}
static void share_denied(struct build *b)
{
    failed_with(b, DESTINATION, JOB_RESTORE_DATABASES,
                "'\\\\backup\\bts\\x.bak': Betriebssystemfehler 5(Zugriff verweigert). [SQLSTATE "
                "42000] (Error 3201)");
}
static void denied_again(struct build *b)
{
    share_denied(b);
    spoil_text(&spoil_job(b, DESTINATION, JOB_RESTORE_DATABASES)->message,
               "'\\\\backup\\bts\\next.bak': Betriebssystemfehler 5(Zugriff verweigert). [SQLSTATE "
               "42000] (Error 3201)");
}
static void files_denied(struct build *b)
{
    build_prove(b, BOX, 100)->state = FILE_DENIED;
}
static void next_files_denied(struct build *b)
{
    build_prove(b, BOX, 101)->state = FILE_DENIED;
}
static void file_not_found(struct build *b)
{
    failed_with(b, DESTINATION, JOB_RESTORE_DATABASES,
                "'\\\\backup\\bts\\x.bak': system error 2(no such file). (Error 3201)");
}

static const struct rule_case cases[] = {
    CASE("force-full", full_forced, VERDICT_WARNING, "SQLA", "has not taken it"),
    CASE("force-full", full_forced_job_runs, VERDICT_OK, "", NULL),
    CASE("force-full", settings_table_hidden, VERDICT_UNKNOWN, "SQLA", "may not look"),
    BLIND("force-full", SOURCE, PART_ROSTER),
    CASE("force-after-partial", weekly_not_forced, VERDICT_WARNING, "SQLA", "a week"),
    CASE("force-after-partial", monthly_default, VERDICT_WARNING, "SQLA", "a month"),
    CASE("force-after-partial", weekly_forced, VERDICT_OK, "", "after a partial"),
    CASE("force-after-partial", step_gone, VERDICT_UNKNOWN, "SQLA", "cannot be read"),
    HEALTHY("force-after-partial"),
    BLIND("force-after-partial", SOURCE, PART_JOBS),
    CASE("local-time", two_times, VERDICT_WARNING, "SQLA",
     "sp_BackupAllFull_Schedule: local, sp_MarkAll: UTC"),
    CASE("local-time", one_time, VERDICT_OK, "", "local time"),
    CASE("local-time", no_steps, VERDICT_UNKNOWN, "SQLA", "the steps"),
    BLIND("local-time", SOURCE, PART_JOBS),
    CASE("source-jobs", purge_disabled, VERDICT_WARNING, "SQLA", "'DTA Purge and Archive (BizTalkDTADb)'"
     " is disabled"),
    CASE("source-jobs", purge_failed, VERDICT_WARNING, "SQLA", "deadlock victim"),
    CASE("source-jobs", cleanup_enabled, VERDICT_WARNING, "SQLA", "is enabled, though"),
    CASE("source-jobs", cleanup_disabled, VERDICT_OK, "", "2 of BizTalk's own"),
    CASE("source-jobs", foreign_job_failed, VERDICT_OK, "", NULL),
    BLIND("source-jobs", SOURCE, PART_JOBS),
    CASE("job-names", second_restore_job, VERDICT_WARNING, "DRSQL1", "2 jobs look like"),
    HEALTHY("job-names"),
    BLIND("job-names", DESTINATION, PART_JOBS),
    CASE("job-schedules", unscheduled, VERDICT_WARNING, "SQLA", "no next run"),
    CASE("job-schedules", overdue, VERDICT_WARNING, "DRSQL1", "40 min 0 s ago"),
    CASE("job-schedules", runs_now, VERDICT_OK, "", NULL),
    BLIND("job-schedules", SOURCE, PART_JOBS),
    CASE("msdtc", no_coordinator, VERDICT_CRITICAL, "SQLA", "error 8501"),
    CASE("msdtc", other_failure, VERDICT_OK, "", NULL),
    BLIND("msdtc", SOURCE, PART_JOBS),
    RECURS("share-access", files_denied, next_files_denied, VERDICT_CRITICAL, "DRSQL1/" BOX,
           "may not read"),
    RECURS("share-access", share_denied, denied_again, VERDICT_CRITICAL, "DRSQL1", "system error 5"),
    CASE("share-access", file_not_found, VERDICT_OK, "", NULL),
    BLIND("share-access", DESTINATION, PART_JOBS),
};

const struct rule_cases rule_cases_jobs = {cases, sizeof cases / sizeof *cases};
