/* The rules that read the Agent's jobs: their settings, schedules and messages (core/rules.def). */
#include "core/checks_internal.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/base/str.h"
#include "core/base/text.h"
#include "core/decode.h"
#include "core/group.h"
#include "core/jobs_list.h"
#include "core/tsql.h"

enum { MINUTE_MS = 60 * 1000 };

bool check_may_look_at_management(struct check_sink *sink, enum view_part part)
{
    const struct group_view *view = sink->view;
    bool looked = true;
    for (size_t i = 0; view->management < 0 && i < view->servers_count; i++)
        if (view->servers[i]->role == ROLE_SOURCE)
            looked = check_may_look(sink, (int)i, PART_ROSTER) && looked;
    if (view->management < 0 && looked)
        check_add_remedy(sink, VERDICT_UNKNOWN, memory_copy_text(""),
                         memory_copy_text("no source with the management database was found"),
                         "configure the source that hosts it, or set management_database");
    return view->management >= 0 && check_may_look(sink, view->management, part);
}

char *check_management_where(const struct group_view *view)
{
    return memory_copy_text(view->management >= 0 ? view->servers[view->management]->name : "");
}

const char *check_backup_steps(struct check_sink *sink)
{
    const struct group_view *view = sink->view;
    if (!check_may_look_at_management(sink, PART_JOBS))
        return NULL;
    const struct server_view *server = view->servers[view->management];
    const struct job_row *job = server_view_job(server, JOB_BACKUP);
    if (job != NULL && job->steps != NULL && job->steps[0] != '\0')
        return job->steps;
    check_add_remedy(sink, VERDICT_UNKNOWN, memory_copy_text(server->name),
                     memory_copy_text(job == NULL ? "there is no backup job to read"
                                                  : "may not look: the steps of the backup job are "
                                                    "not visible"),
                     job == NULL ? NULL : query_job_steps.permission);
    return NULL;
}

/* --- the backup job's settings ---------------------------------------------------------------- */

char *check_force_full(struct check_sink *sink)
{
    const struct group_view *view = sink->view;
    if (group_is_live(view))
        return check_old_source_words();
    if (!check_may_look_at_management(sink, PART_ROSTER))
        return NULL;
    const struct server_view *server = view->servers[view->management];
    const struct job_row *job = server_view_job(server, JOB_BACKUP);
    if (server->force_full < 0)
        check_add_remedy(sink, VERDICT_UNKNOWN, memory_copy_text(server->name),
                         memory_copy_text("may not look: adm_BackupSettings is not visible"),
                         query_backup_settings.permission);
    else if (server->force_full > 0 && !(job != NULL && job->running))
        check_add(sink, VERDICT_WARNING, memory_copy_text(server->name),
                  memory_copy_text("a full backup was asked for and the job has not taken it yet"));
    return NULL;
}

char *check_force_after_partial(struct check_sink *sink)
{
    const struct group_view *view = sink->view;
    const char *steps = check_backup_steps(sink);
    if (steps == NULL)
        return NULL;
    static const char procedure[] = "sp_BackupAllFull_Schedule";
    char *letter = decode_step_argument(steps, procedure, 1, "Frequency");
    char *force =
        decode_step_argument(steps, procedure, 4, "ForceFullBackupAfterPartialSetFailure");
    bool forced = force != NULL && force[0] == '1';
    bool seldom = letter != NULL && strchr("wWmMyY", letter[0]) != NULL && letter[0] != '\0';
    char *good = memory_copy_text(forced ? "the job takes a full set after a partial one"
                                         : "a full set comes soon enough after a partial one");
    if (letter == NULL)
        check_add_remedy(sink, VERDICT_UNKNOWN,
                         memory_copy_text(view->servers[view->management]->name),
                         memory_copy_text("the step BackupFull cannot be read"),
                         "call sp_BackupAllFull_Schedule in it as the documentation shows");
    else if (!forced && seldom)
        check_add(sink, VERDICT_WARNING, memory_copy_text(view->servers[view->management]->name),
                  memory_format("one partial set costs everything up to the next full set, which "
                                "comes once a %s",
                                (letter[0] | 0x20) == 'w'   ? "week"
                                : (letter[0] | 0x20) == 'm' ? "month"
                                                            : "year"));
    free(letter);
    free(force);
    return good;
}

char *check_local_time(struct check_sink *sink)
{
    static const struct {
        const char *procedure;
        int position;
    } calls[] = {{"sp_BackupAllFull_Schedule", 6}, {"sp_MarkAll", 3}, {"sp_DeleteBackupHistory", 2}};
    const char *steps = check_backup_steps(sink);
    bool local = false, utc = false;
    struct str said = {0};
    for (size_t i = 0; steps != NULL && i < sizeof calls / sizeof *calls; i++) {
        if (!decode_step_calls(steps, calls[i].procedure))
            continue;
        char *value = decode_step_argument(steps, calls[i].procedure, calls[i].position,
                                           "UseLocalTime");
        bool one = value != NULL && value[0] == '1';
        *(one ? &local : &utc) = true;
        str_format(&said, "%s%s: %s", said.length > 0 ? ", " : "", calls[i].procedure,
                   one ? "local" : "UTC");
        free(value);
    }
    if (local && utc)
        check_add(sink, VERDICT_WARNING,
                  memory_copy_text(sink->view->servers[sink->view->management]->name),
                  memory_format("the steps do not agree: %s", str_text(&said)));
    str_free(&said);
    return steps == NULL ? NULL : memory_copy_text(local ? "all steps use local time"
                                                         : "all steps use UTC");
}

/* --- jobs that are there, run and are scheduled ------------------------------------------------ */

static void judge_biztalk_job(struct check_sink *sink, const struct server_view *server,
                              const struct job_row *job)
{
    if (jobs_list_stays_disabled(job->name)) {
        if (job->enabled)
            check_add(sink, VERDICT_WARNING, memory_copy_text(server->name),
                      memory_format("'%s' is enabled, though another job starts it", job->name));
        return;
    }
    if (!job->enabled)
        check_add(sink, VERDICT_WARNING, memory_copy_text(server->name),
                  memory_format("'%s' is disabled", job->name));
    else if (job->last_outcome == OUTCOME_FAILED && !job->running)
        check_add(sink, VERDICT_WARNING, memory_copy_text(server->name),
                  memory_format("'%s' last failed: %s", job->name,
                                job->message == NULL ? "no message" : job->message));
}

char *check_source_jobs(struct check_sink *sink)
{
    const struct group_view *view = sink->view;
    if (group_is_live(view))
        return check_old_source_words();
    size_t looked = 0;
    for (size_t k = 0; k < view->roster_count; k++)
        check_has_source(sink, k);
    for (size_t i = 0; i < view->servers_count; i++) {
        const struct server_view *server = view->servers[i];
        if (server->role != ROLE_SOURCE || !check_may_look(sink, (int)i, PART_JOBS))
            continue;
        for (size_t j = 0; j < server->jobs_count; j++)
            if (server->jobs[j].function == JOB_BIZTALK) {
                judge_biztalk_job(sink, server, &server->jobs[j]);
                looked++;
            }
    }
    return memory_format("%zu of BizTalk's own jobs are as they should be", looked);
}

static size_t count_jobs(const struct server_view *server, enum job_function function,
                         struct str *names)
{
    size_t count = 0;
    for (size_t j = 0; j < server->jobs_count; j++)
        if (server->jobs[j].function == function) {
            str_format(names, "%s'%s'", count > 0 ? ", " : "", server->jobs[j].name);
            count++;
        }
    return count;
}

char *check_job_names(struct check_sink *sink)
{
    static const enum job_function functions[] = {JOB_BACKUP, JOB_GET_HISTORY,
                                                  JOB_RESTORE_DATABASES, JOB_RESTORE_TO_MARK};
    const struct group_view *view = sink->view;
    struct str good = {0};
    for (size_t i = 0; i < view->servers_count; i++) {
        if (!check_may_look(sink, (int)i, PART_JOBS))
            continue;
        for (size_t f = 0; f < sizeof functions / sizeof *functions; f++) {
            struct str names = {0};
            size_t count = count_jobs(view->servers[i], functions[f], &names);
            if (count > 1)
                check_add(sink, VERDICT_WARNING, memory_copy_text(view->servers[i]->name),
                          memory_format("%zu jobs look like \"%s\": %s", count,
                                        job_function_name(functions[f]), str_text(&names)));
            if (count == 1 && strstr(str_text(&good), str_text(&names)) == NULL)
                str_format(&good, "%s%s", good.length > 0 ? ", " : "", str_text(&names));
            str_free(&names);
        }
    }
    return good.length > 0 ? str_take(&good) : NULL;
}

static void judge_schedule(struct check_sink *sink, const struct server_view *server,
                           const struct job_row *job)
{
    int64_t now_ms = server_view_now_utc_ms(server, sink->view->now_monotonic_ms);
    if (job == NULL || !job->enabled || job->running || !server->agent_running)
        return;
    if (job->next_run_utc_ms == TIME_UNKNOWN)
        check_add(sink, VERDICT_WARNING, memory_copy_text(server->name),
                  memory_format("'%s' is enabled and has no next run", job->name));
    else if (now_ms != TIME_UNKNOWN && now_ms - job->next_run_utc_ms > 15 * MINUTE_MS) {
        char late[64];
        duration_format(late, sizeof late, now_ms - job->next_run_utc_ms);
        check_add(sink, VERDICT_WARNING, memory_copy_text(server->name),
                  memory_format("'%s' should have run %s ago", job->name, late));
        check_about(sink, job->name);
    }
}

char *check_job_schedules(struct check_sink *sink)
{
    const struct group_view *view = sink->view;
    for (size_t i = 0; i < view->servers_count; i++) {
        if (!check_may_look(sink, (int)i, PART_JOBS) || !check_may_look(sink, (int)i, PART_SETTINGS))
            continue;
        judge_schedule(sink, view->servers[i], server_view_job(view->servers[i], JOB_BACKUP));
        judge_schedule(sink, view->servers[i], server_view_job(view->servers[i], JOB_GET_HISTORY));
        judge_schedule(sink, view->servers[i],
                       server_view_job(view->servers[i], JOB_RESTORE_DATABASES));
    }
    return NULL;
}

/* --- what the messages of failed jobs say ------------------------------------------------------ */

/* Calls judge for every failed job of the group's own; says where the jobs cannot be seen. */
static void each_failed_job(struct check_sink *sink,
                            void (*judge)(struct check_sink *sink, const struct server_view *server,
                                          const struct job_row *job))
{
    const struct group_view *view = sink->view;
    for (size_t i = 0; i < view->servers_count; i++) {
        const struct server_view *server = view->servers[i];
        if (!check_may_look(sink, (int)i, PART_JOBS))
            continue;
        for (size_t j = 0; j < server->jobs_count; j++)
            if (server->jobs[j].function != JOB_OTHER &&
                server->jobs[j].last_outcome == OUTCOME_FAILED)
                judge(sink, server, &server->jobs[j]);
    }
}

/* MSDTC: 7391 (cannot begin a distributed transaction), 8501 (not available), 8517, 8522, 3933. */
static void judge_transactions(struct check_sink *sink, const struct server_view *server,
                               const struct job_row *job)
{
    static const int numbers[] = {7391, 8501, 8517, 8522, 3933};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (decode_message_has_error(job->message, numbers[i])) {
            check_add(sink, VERDICT_CRITICAL, memory_copy_text(server->name),
                      memory_format("'%s' failed with error %d: %s", job->name, numbers[i],
                                    job->message));
            return;
        }
}

char *check_distributed_transactions(struct check_sink *sink)
{
    each_failed_job(sink, judge_transactions);
    return memory_copy_text("no job failed for want of a distributed transaction");
}

/* 5 access denied, 53 and 67 no such share, 1326 wrong name or password, 65 and 86 the like. */
static void judge_share(struct check_sink *sink, const struct server_view *server,
                        const struct job_row *job)
{
    static const int denied[] = {5, 53, 65, 67, 86, 1326};
    int number = decode_message_system_error(job->message);
    for (size_t i = 0; i < sizeof denied / sizeof *denied; i++) {
        if (number != denied[i])
            continue;
        char *topic = memory_format("'%s': operating system error %d", job->name, number);
        check_add(sink, VERDICT_CRITICAL, memory_copy_text(server->name),
                  memory_format("'%s' could not open a backup file, operating system error %d: %s",
                                job->name, number, job->message));
        check_about(sink, topic); /* the message names another file with each set */
        free(topic);
    }
}

static void judge_denied_files(struct check_sink *sink)
{
    const struct group_view *view = sink->view;
    for (size_t k = 0; k < view->roster_count; k++)
        for (size_t s = view->sets_count; s-- > 0;)
            if (view->sets[s].files[k].state == FILE_DENIED) {
                check_add(sink, VERDICT_CRITICAL, roster_where(view, k),
                          memory_format("the service account may not read %s",
                                        view->sets[s].files[k].path));
                check_about(sink, "the service account may not read the newest backups");
                break;
            }
}

char *check_share_access(struct check_sink *sink)
{
    each_failed_job(sink, judge_share);
    judge_denied_files(sink);
    return memory_copy_text("no job was refused a backup file");
}
