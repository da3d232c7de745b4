#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/str.h"
#include "core/base/text.h"
#include "tests/lab/agent.h"
#include "tests/lab/model.h"
#include "tests/lab/scenario_build.h"
#include "tests/lab/scenario_read.h"
#include "tests/lab/shipping.h"

static const int64_t MINUTE_MS = 60000;

static void add_past_runs(struct job *job, int64_t now, int runs, int64_t duration_ms)
{
    if (job->every_ms == 0) {
        return;
    }
    int64_t last = (now - job->offset_ms) / job->every_ms * job->every_ms + job->offset_ms;
    char message[300];
    snprintf(message, sizeof message,
             "The job succeeded. The job was invoked by Schedule. The last step to run was step"
             " %zu (%.100s).",
             job->steps_count, job->steps[job->steps_count - 1].name);
    for (int i = runs - 1; i >= 0; i--) {
        int64_t jitter = lab_random_between(job->agent->instance->lab, 0, duration_ms / 4);
        job_add_past_run(job, last - i * job->every_ms, duration_ms + jitter, JOB_SUCCEEDED,
                         message);
    }
}

static void add_backup_job(struct biztalk_group *group, const struct history_plan *plan)
{
    struct database *management = group->management;
    char *name = memory_format("Backup BizTalk Server (%s)", management->name);
    struct job *job = agent_add_job(management->instance, name,
                                    "Backs up the databases of the group and marks their logs.");
    char *full = memory_format("exec [dbo].[sp_BackupAllFull_Schedule] 'd' /* Frequency */,"
                               " 'BTS' /* Name */, '%s' /* location of backup files */,"
                               " 1 /* ForceFullBackupAfterPartialSetFailure */, %d /* BackupHour"
                               " */, %d /* UseLocalTime */",
                               group->location, plan->backup_hour, group->use_local_time);
    char *mark = memory_format("exec [dbo].[sp_MarkAll] 'BTS' /* Log mark name */, '%s' /* location"
                               " of backup files */, %d /* UseLocalTime */",
                               group->location, group->use_local_time);
    char *clear = memory_format("exec [dbo].[sp_DeleteBackupHistory] @DaysToKeep=14,"
                                " @UseLocalTime=%d",
                                group->use_local_time);
    job_add_step(job, "Set Compression Option", management->name,
                 "exec [dbo].[sp_SetBackupCompression] @bCompression = 1 /*0 - Do not use"
                 " Compression, 1 - Use Compression */");
    job_add_step(job, "BackupFull", management->name, full);
    job_add_step(job, "MarkAndBackupLog", management->name, mark);
    job_add_step(job, "Clear Backup History", management->name, clear);
    job_schedule(job, plan->every_ms, 0);
    add_past_runs(job, plan->now_utc_ms, 20, 9000);
    free(name);
    free(full);
    free(mark);
    free(clear);
}

struct routine_job {
    const char *role, *format;
    int every_minutes;
};

/* The other jobs that the configuration of a group leaves behind. */
static const struct routine_job routine_jobs[] = {
    {"management", "CleanupBTFExpiredEntriesJob_%s", 720},
    {"management", "Monitor BizTalk Server (%s)", 10080},
    {"tracking", "DTA Purge and Archive (%s)", 1},
    {"rules", "Rules_Database_Cleanup_%s", 60},
    {"messagebox", "MessageBox_DeadProcesses_Cleanup_%s", 1},
    {"messagebox", "MessageBox_Message_Cleanup_%s", 0},
    {"messagebox", "MessageBox_Message_ManageRefCountLog_%s", 1},
    {"messagebox", "MessageBox_Parts_Cleanup_%s", 1},
    {"messagebox", "MessageBox_UpdateStats_%s", 5},
    {"messagebox", "PurgeSubscriptionsJob_%s", 1},
    {"messagebox", "TrackedMessages_Copy_%s", 1},
    {"master-messagebox", "Operations_OperateOnInstances_OnMaster_%s", 1},
};

static bool applies(const struct routine_job *routine, const char *role)
{
    return strcmp(routine->role, role) == 0 ||
           (strcmp(routine->role, "messagebox") == 0 && strcmp(role, "master-messagebox") == 0);
}

static void add_routine_jobs(const struct group_member *member, const struct history_plan *plan)
{
    struct database *database = member->database;
    for (size_t i = 0; i < sizeof routine_jobs / sizeof *routine_jobs; i++) {
        const struct routine_job *routine = &routine_jobs[i];
        char name[129];
        if (!applies(routine, member->role)) {
            continue;
        }
        const char *marker = strstr(routine->format, "%s");
        snprintf(name, sizeof name, "%.*s%.80s%s", (int)(marker - routine->format), routine->format,
                 database->name, marker + 2);
        struct job *job = agent_add_job(database->instance, name, "Housekeeping of the group.");
        job_add_step(job, "Purge", database->name, "exec [dbo].[bts_PurgeRoutine]");
        if (routine->every_minutes > 0) {
            job_schedule(job, routine->every_minutes * MINUTE_MS, 7000 + (int64_t)i * 1000);
            add_past_runs(job, plan->now_utc_ms, 2, 400);
        } else {
            job->enabled = false;
        }
    }
}

/* Names differ between the versions of BizTalk's scripts and its documentation. */
static const char *job_name(const struct instance *instance, size_t index)
{
    static const char *const names[][2] = {
        {"BTS Log Shipping - Get Backup History", "BTS Log Shipping Get Backup History"},
        {"BTS Log Shipping - Restore Databases", "BTS Server Log Shipping Restore Databases"},
        {"BTS Log Shipping - Restore To Mark", "BTS Log Shipping Restore To Mark (SQL)"},
    };
    return names[index][instance->lab->old_schema];
}

static void add_shipping_jobs(struct shipping *shipping, const struct history_plan *plan)
{
    struct instance *instance = shipping->instance;
    struct job *history = agent_add_job(instance, job_name(instance, 0),
                                        "Copies the source's backup history.");
    job_add_step(history, "Get Backup History", "master",
                 "exec [dbo].[bts_LogShippingGetBackupHistory] @SourceID = '1'");
    job_schedule(history, MINUTE_MS, 0);
    add_past_runs(history, plan->now_utc_ms, 20, 300);
    struct job *restore = agent_add_job(instance, job_name(instance, 1),
                                        "Applies every log set that may be applied.");
    job_add_step(restore, "Restore Databases", "master",
                 "exec [dbo].[bts_LogShippingRestoreDatabases] @SourceID = '1'");
    job_schedule(restore, MINUTE_MS, 30000);
    add_past_runs(restore, plan->now_utc_ms, 20, 800);
    struct job *mark = agent_add_job(instance, job_name(instance, 2),
                                     "Restores the last log set to its mark and brings the"
                                     " databases online.");
    job_add_step(mark, "Restore To Mark", "master",
                 "exec [dbo].[bts_LogShippingRestoreToMark] @SourceID = '1'");
}

void scenario_make_jobs(struct biztalk_group *group, const struct history_plan *plan)
{
    const struct lab *lab = group->management->instance->lab;
    add_backup_job(group, plan);
    for (size_t i = 0; i < group->members_count; i++) {
        add_routine_jobs(&group->members[i], plan);
    }
    for (size_t i = 0; i < lab->instances_count; i++) {
        if (lab->instances[i]->shipping != NULL) {
            add_shipping_jobs(lab->instances[i]->shipping, plan);
        }
    }
}

/* The job fails from now on, and did the last times that it ran. */
static void break_job(struct job *job, const char *message, const struct history_plan *plan)
{
    char *text = memory_format("The job failed. %s", message);
    struct str command = {0};
    str_add(&command, "RAISERROR(N'");
    for (const char *at = message; *at != '\0'; at++) {
        str_add(&command, *at == '\'' ? "''" : (char[]){*at, '\0'});
    }
    str_add(&command, "', 16, 1)");
    free(job->steps[0].command);
    job->steps[0].command = str_take(&command);
    for (int i = 2; i >= 0; i--) {
        int64_t every = job->every_ms == 0 ? MINUTE_MS : job->every_ms;
        int64_t last = plan->now_utc_ms / every * every;
        job_add_past_run(job, last - i * every, 400, JOB_FAILED, text);
    }
    free(text);
}

static void read_job(const struct node *item, struct lab *lab, const struct history_plan *plan)
{
    node_check_keys(item, "server name enabled rename fails remove");
    struct instance *instance = lab_instance(lab, node_text_required(item, "server"));
    const char *name = node_text_required(item, "name");
    struct job *job = instance == NULL ? NULL : agent_find_job(instance->agent, name);
    if (job == NULL) {
        struct node member = node_member(item, "name");
        node_problem(&member, "the server has no job \"%s\"", name);
        return;
    }
    const char *message = node_text(item, "fails", NULL);
    if (message != NULL) {
        break_job(job, message, plan);
    }
    job_set_enabled(job, node_boolean(item, "enabled", job->enabled));
    text_copy(job->name, sizeof job->name, node_text(item, "rename", job->name));
    if (node_boolean(item, "remove", false)) {
        agent_remove_job(instance->agent, job);
    }
}

void scenario_read_jobs(const struct node *top, struct lab *lab, const struct history_plan *plan)
{
    struct node jobs = node_member(top, "jobs");
    for (size_t i = 0; i < node_count(&jobs); i++) {
        struct node item = node_item(&jobs, i);
        read_job(&item, lab, plan);
    }
}
