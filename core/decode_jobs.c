/* Agent's dates, and what a job is for. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/decode.h"

int64_t decode_agent_time(int64_t date, int64_t time)
{
    if (date < 19000101 || date > 99991231 || time < 0 || time > 235959)
        return TIME_UNKNOWN;
    char text[40];
    snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d", (int)(date / 10000),
             (int)(date / 100 % 100), (int)(date % 100), (int)(time / 10000),
             (int)(time / 100 % 100), (int)(time % 100));
    return time_parse(text);
}

int64_t decode_agent_duration(int64_t duration)
{
    if (duration < 0 || duration > INT64_C(1000000000) || duration % 100 > 59 ||
        duration / 100 % 100 > 59)
        return DURATION_UNKNOWN;
    return ((duration / 10000) * 3600 + duration / 100 % 100 * 60 + duration % 100) * 1000;
}

static bool contains(const char *text, const char *words)
{
    return text && strcasestr(text, words);
}

static bool begins(const char *text, const char *words)
{
    return strncasecmp(text, words, strlen(words)) == 0;
}

enum job_function decode_job_function(const char *name, const char *steps)
{
    static const char *const others[] = {
        "Backup BizTalk",      "DTA Purge",              "MessageBox_",
        "Operations_Operate",  "PurgeSubscriptionsJob",  "Rules_Database_Cleanup",
        "TrackedMessages_Copy", "CleanupBTFExpiredEntries", "Monitor BizTalk Server",
        "BTS ",
    };
    if (!name)
        return JOB_OTHER;
    if (begins(name, "Backup BizTalk Server") || contains(steps, "sp_MarkAll") ||
        contains(steps, "sp_BackupAllFull"))
        return JOB_BACKUP;
    if (begins(name, "BTS") && contains(name, "Log Shipping")) {
        if (contains(name, "Get Backup History"))
            return JOB_GET_HISTORY;
        if (contains(name, "Restore To Mark"))
            return JOB_RESTORE_TO_MARK;
        if (contains(name, "Restore Database"))
            return JOB_RESTORE_DATABASES;
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (begins(name, others[i]))
            return JOB_BIZTALK;
    return JOB_OTHER;
}

int decode_use_local_time(const char *steps)
{
    int found = -1;
    for (const char *at = steps; at && (at = strcasestr(at, "@UseLocalTime"));) {
        at += strlen("@UseLocalTime");
        const char *value = at + strspn(at, " \t\r\n");
        if (*value != '=')
            continue;
        value++;
        value += strspn(value, " \t\r\n");
        if (*value != '0' && *value != '1')
            continue;
        int said = *value - '0';
        if (found >= 0 && found != said)
            return -1;
        found = said;
    }
    return found;
}

/* --- are the history's stamps local? ---------------------------------------------------------- */

struct evidence_search {
    const struct server_view *view;
    int for_local, for_utc;
};

static bool is_file_of(const struct msdb_backup *backup, const struct history_row *row)
{
    size_t path = strlen(backup->path ? backup->path : ""),
           name = strlen(row->file_name ? row->file_name : "");
    return name && path >= name && text_equal_nocase(backup->path + path - name, row->file_name);
}

/* The set's stamp is taken minutes at most before its backups start. */
static bool is_near(int64_t stamp_ms, int64_t start_ms)
{
    const int64_t patience_ms = 10 * 60000;
    return start_ms - stamp_ms > -patience_ms && start_ms - stamp_ms < patience_ms;
}

static void weigh(struct evidence_search *search, const struct msdb_backup *backup,
                  const struct history_row *row)
{
    int64_t offset_ms = (int64_t)search->view->utc_offset_min * 60000;
    if (is_near(row->stamp_ms, backup->start_utc_ms))
        search->for_utc++;
    else if (is_near(row->stamp_ms, backup->start_utc_ms + offset_ms))
        search->for_local++;
}

/* Compares the newest rows of this server with its msdb. */
static void search_evidence(struct evidence_search *search)
{
    enum { ROWS_LOOKED_AT = 40 };
    const struct server_view *view = search->view;
    size_t looked = 0;
    for (size_t i = view->history_count; i-- > 0 && looked < ROWS_LOOKED_AT;)
        for (size_t j = view->history[i]->count; j-- > 0 && looked < ROWS_LOOKED_AT; looked++) {
            const struct history_row *row = &view->history[i]->rows[j];
            if (row->stamp_ms == TIME_UNKNOWN)
                continue;
            for (size_t k = view->backups_count; k-- > 0;)
                if (view->backups[k].start_utc_ms != TIME_UNKNOWN &&
                    is_file_of(&view->backups[k], row)) {
                    weigh(search, &view->backups[k], row);
                    break;
                }
        }
}

void decode_decide_local_time(struct server_view *view)
{
    view->use_local_time_known = false;
    view->use_local_time = false;
    if (view->server_utc_ms == TIME_UNKNOWN)
        return;
    if (view->utc_offset_min == 0) {
        view->use_local_time_known = true; /* both are the same */
        return;
    }
    struct evidence_search search = {.view = view};
    search_evidence(&search);
    if (search.for_local || search.for_utc) {
        view->use_local_time_known = !search.for_local || !search.for_utc;
        view->use_local_time = search.for_local > 0 && !search.for_utc;
        return;
    }
    const struct job_row *job = server_view_job(view, JOB_BACKUP);
    if (!job || !job->steps)
        return;
    int said = decode_use_local_time(job->steps);
    bool mentioned = contains(job->steps, "@UseLocalTime");
    view->use_local_time_known = said >= 0 || !mentioned;
    view->use_local_time = said == 1; /* the parameter's default is UTC */
}

void decode_job_step(struct job_step_row *out, const struct tds_row *row)
{
    *out = (struct job_step_row){
        .step_id = (int)tds_integer(row, "step_id", 0),
        .name = memory_copy_text(tds_text(row, "name")),
        .subsystem = memory_copy_text(tds_text(row, "subsystem")),
        .command = memory_copy_text(tds_text(row, "command")),
        .database = memory_copy_text(tds_text(row, "database_name")),
        .on_success = (int)tds_integer(row, "on_success", 1),
        .on_success_step = (int)tds_integer(row, "on_success_step", 0),
        .on_fail = (int)tds_integer(row, "on_fail", 2),
        .on_fail_step = (int)tds_integer(row, "on_fail_step", 0),
        .retries = (int)tds_integer(row, "retries", 0),
        .retry_interval_min = (int)tds_integer(row, "retry_interval", 0),
    };
    tds_guid(row, "job_id", out->job_id);
}

void decode_job_schedule(struct job_schedule_row *out, const struct tds_row *row)
{
    *out = (struct job_schedule_row){
        .name = memory_copy_text(tds_text(row, "name")),
        .enabled = tds_integer(row, "enabled", 0) != 0,
        .type = (int)tds_integer(row, "type", 0),
        .interval = (int)tds_integer(row, "interval", 0),
        .subday_type = (int)tds_integer(row, "subday_type", 0),
        .subday_interval = (int)tds_integer(row, "subday_interval", 0),
        .relative = (int)tds_integer(row, "relative", 0),
        .recurrence = (int)tds_integer(row, "recurrence", 0),
        .start_date = (int)tds_integer(row, "start_date", 0),
        .end_date = (int)tds_integer(row, "end_date", 0),
        .start_time = (int)tds_integer(row, "start_time", 0),
        .end_time = (int)tds_integer(row, "end_time", 0),
    };
    tds_guid(row, "job_id", out->job_id);
}
