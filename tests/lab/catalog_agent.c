#include <string.h>

#include "tests/lab/agent.h"
#include "tests/lab/catalog.h"
#include "tests/lab/model.h"

enum { FREQUENCY_DAILY = 4, SUBDAY_MINUTES = 4, SUBDAY_ONCE = 1 };

/* hhmmss of a duration, hours without a limit. */
static int64_t duration_digits(int64_t duration_ms)
{
    int64_t seconds = duration_ms / 1000;
    return seconds / 3600 * 10000 + seconds / 60 % 60 * 100 + seconds % 60;
}

void row_agent_moment(struct row *row, const struct instance *instance, int64_t utc_ms)
{
    row_int(row, utc_ms == INT64_MIN ? 0 : instance_agent_date(instance, utc_ms));
    row_int(row, utc_ms == INT64_MIN ? 0 : instance_agent_time(instance, utc_ms));
}

void row_agent_duration(struct row *row, int64_t run_utc_ms, int64_t duration_ms)
{
    row_int(row, run_utc_ms == INT64_MIN ? 0 : duration_digits(duration_ms));
}

void row_agent_frequency(struct row *row, const struct job *job)
{
    const struct instance *instance = job->agent->instance;
    bool daily = job->every_ms >= 86400000;

    row_int(row, FREQUENCY_DAILY);
    row_int(row, 1);
    row_int(row, daily ? SUBDAY_ONCE : SUBDAY_MINUTES);
    row_int(row, daily ? 0 : job->every_ms / 60000);
    row_int(row, 0);
    row_int(row, 1);
    row_int(row, instance_agent_date(instance, job->created_utc_ms));
    row_int(row, 99991231);
    row_int(row, daily ? instance_agent_time(instance, job->offset_ms) : 0);
    row_int(row, 235959);
}

static void row_moment(struct row *row, const struct instance *instance, int64_t utc_ms)
{
    if (utc_ms == INT64_MIN) {
        row_null(row);
    } else {
        row_time(row, instance, utc_ms);
    }
}

static bool may_read(struct session *session, const char *name)
{
    return catalog_check_select(session, "dbo", name, "msdb");
}

static bool fill_jobs(struct session *session, struct database *database, struct row_sink *sink)
{
    (void)database;
    const struct agent *agent = session->instance->agent;
    if (!may_read(session, "sysjobs")) {
        return false;
    }
    for (size_t i = 0; i < agent->jobs_count; i++) {
        const struct job *job = agent->jobs[i];
        static const uint8_t owner[] = {1};
        struct row row = {0};
        row_guid(&row, job->id);
        row_int(&row, 0);
        row_text(&row, job->name);
        row_int(&row, job->enabled);
        row_text(&row, job->description);
        row_int(&row, 1);
        row_int(&row, 0);
        row_add(&row, sql_bytes(owner, sizeof owner));
        for (int n = 0; n < 4; n++) {
            row_int(&row, n == 0 ? 2 : 0);
        }
        for (int n = 0; n < 4; n++) {
            row_int(&row, 0);
        }
        row_time(&row, agent->instance, job->created_utc_ms);
        row_time(&row, agent->instance, job->modified_utc_ms);
        row_int(&row, 1);
        row_send(&row, sink);
    }
    return true;
}

static bool fill_steps(struct session *session, struct database *database, struct row_sink *sink)
{
    (void)database;
    const struct agent *agent = session->instance->agent;
    if (!may_read(session, "sysjobsteps")) {
        return false;
    }
    for (size_t i = 0; i < agent->jobs_count; i++) {
        for (size_t s = 0; s < agent->jobs[i]->steps_count; s++) {
            const struct job_step *step = &agent->jobs[i]->steps[s];
            struct row row = {0};
            row_guid(&row, agent->jobs[i]->id);
            row_int(&row, (int64_t)s + 1);
            row_text(&row, step->name);
            row_text(&row, "TSQL");
            row_text(&row, step->command);
            row_int(&row, 0);
            row_null(&row);
            row_int(&row, 0);
            row_int(&row, step->on_success.action);
            row_int(&row, step->on_success.step);
            row_int(&row, step->on_fail.action);
            row_int(&row, step->on_fail.step);
            row_null(&row);
            row_text(&row, step->database);
            row_null(&row);
            row_int(&row, step->retry_attempts);
            row_int(&row, step->retry_interval_min);
            row_int(&row, 0);
            row_null(&row);
            row_int(&row, step->last_outcome);
            row_agent_duration(&row, step->last_run_utc_ms, step->last_duration_ms);
            row_int(&row, 0);
            row_agent_moment(&row, agent->instance, step->last_run_utc_ms);
            row_send(&row, sink);
        }
    }
    return true;
}

static bool fill_servers(struct session *session, struct database *database, struct row_sink *sink)
{
    (void)database;
    const struct agent *agent = session->instance->agent;
    if (!may_read(session, "sysjobservers")) {
        return false;
    }
    for (size_t i = 0; i < agent->jobs_count; i++) {
        const struct job *job = agent->jobs[i];
        struct row row = {0};
        row_guid(&row, job->id);
        row_int(&row, 0);
        row_int(&row, job->last_outcome);
        row_text(&row, job->last_message);
        row_agent_moment(&row, agent->instance, job->last_run_utc_ms);
        row_agent_duration(&row, job->last_run_utc_ms, job->last_duration_ms);
        row_send(&row, sink);
    }
    return true;
}

static bool fill_job_schedules(struct session *session, struct database *database,
                               struct row_sink *sink)
{
    (void)database;
    const struct agent *agent = session->instance->agent;
    if (!may_read(session, "sysjobschedules")) {
        return false;
    }
    for (size_t i = 0; i < agent->jobs_count; i++) {
        const struct job *job = agent->jobs[i];
        if (job->every_ms != 0) {
            struct row row = {0};
            row_int(&row, job->number);
            row_guid(&row, job->id);
            row_agent_moment(&row, agent->instance,
                             job->enabled ? job->next_run_utc_ms : INT64_MIN);
            row_send(&row, sink);
        }
    }
    return true;
}

static bool fill_schedules(struct session *session, struct database *database,
                           struct row_sink *sink)
{
    (void)database;
    const struct agent *agent = session->instance->agent;
    static const uint8_t owner[] = {1};
    if (!may_read(session, "sysschedules")) {
        return false;
    }
    for (size_t i = 0; i < agent->jobs_count; i++) {
        const struct job *job = agent->jobs[i];
        if (job->every_ms == 0) {
            continue;
        }
        struct row row = {0};
        row_int(&row, job->number);
        row_guid(&row, job->schedule_guid);
        row_int(&row, 0);
        row_text(&row, job->name);
        row_add(&row, sql_bytes(owner, sizeof owner));
        row_int(&row, job->schedule_enabled);
        row_agent_frequency(&row, job);
        row_time(&row, agent->instance, job->created_utc_ms);
        row_time(&row, agent->instance, job->modified_utc_ms);
        row_int(&row, 1);
        row_send(&row, sink);
    }
    return true;
}

/* The Agent's service ended in its last session while its first job ran: started, never stopped.
 * Source: sysjobactivity keeps the rows of older sessions. */
static void send_stale_activity(struct row_sink *sink, const struct agent *agent)
{
    enum { BEFORE_START_MS = 600000 };
    int64_t started_utc_ms = agent->instance->started_utc_ms - BEFORE_START_MS;
    struct row row = {0};
    row_int(&row, agent->session_id - 1);
    row_guid(&row, agent->jobs[0]->id);
    row_moment(&row, agent->instance, started_utc_ms);
    row_text(&row, "1");
    row_null(&row);
    row_moment(&row, agent->instance, started_utc_ms);
    row_nulls(&row, 5);
    row_send(&row, sink);
}

static bool fill_activity(struct session *session, struct database *database, struct row_sink *sink)
{
    (void)database;
    const struct agent *agent = session->instance->agent;
    if (!may_read(session, "sysjobactivity")) {
        return false;
    }
    for (size_t i = 0; i < agent->jobs_count; i++) {
        const struct job *job = agent->jobs[i];
        struct row row = {0};
        row_int(&row, agent->session_id);
        row_guid(&row, job->id);
        row_moment(&row, agent->instance, job->requested_utc_ms);
        row_text(&row, job->requested_utc_ms == INT64_MIN ? NULL : "1");
        row_null(&row);
        row_moment(&row, agent->instance, job->started_utc_ms);
        if (job->executed_step == 0) {
            row_null(&row);
        } else {
            row_int(&row, job->executed_step);
        }
        row_moment(&row, agent->instance,
                   job->executed_step == 0 ? INT64_MIN : job->started_utc_ms);
        row_moment(&row, agent->instance, job->stopped_utc_ms);
        if (job->running || job->last_history_id == 0) {
            row_null(&row);
        } else {
            row_int(&row, job->last_history_id);
        }
        row_moment(&row, agent->instance, job->enabled ? job->next_run_utc_ms : INT64_MIN);
        row_send(&row, sink);
    }
    if (agent->jobs_count > 0) {
        send_stale_activity(sink, agent);
    }
    return true;
}

static bool fill_agent_sessions(struct session *session, struct database *database,
                                struct row_sink *sink)
{
    (void)database;
    const struct instance *instance = session->instance;
    if (!may_read(session, "syssessions")) {
        return false;
    }
    for (int id = instance->agent->session_id - 1; id <= instance->agent->session_id; id++) {
        struct row row = {0};
        row_int(&row, id);
        row_time(&row, instance,
                 instance->started_utc_ms -
                     (instance->agent->session_id - id) * INT64_C(2592000000));
        row_send(&row, sink);
    }
    return true;
}

static bool fill_history(struct session *session, struct database *database, struct row_sink *sink)
{
    (void)database;
    const struct agent *agent = session->instance->agent;
    if (!may_read(session, "sysjobhistory")) {
        return false;
    }
    for (size_t i = 0; i < agent->history_count; i++) {
        const struct job_history *history = &agent->history[i];
        struct row row = {0};
        row_int(&row, history->id);
        row_guid(&row, history->job->id);
        row_int(&row, history->step);
        row_text(&row, history->step_name);
        row_int(&row, history->message_number);
        row_int(&row, history->severity);
        row_text(&row, history->message);
        row_int(&row, history->outcome);
        row_agent_moment(&row, agent->instance, history->started_utc_ms);
        row_int(&row, duration_digits(history->duration_ms));
        for (int n = 0; n < 3; n++) {
            row_int(&row, 0);
        }
        row_int(&row, history->retries);
        row_text(&row, agent->instance->name);
        row_send(&row, sink);
    }
    return true;
}

static bool fill_categories(struct session *session, struct database *database,
                            struct row_sink *sink)
{
    (void)database;
    static const char *const names[] = {"[Uncategorized (Local)]", "BizTalk Server"};
    if (!may_read(session, "syscategories")) {
        return false;
    }
    for (int i = 0; i < 2; i++) {
        struct row row = {0};
        row_int(&row, i);
        row_int(&row, 1);
        row_int(&row, 1);
        row_text(&row, names[i]);
        row_send(&row, sink);
    }
    return true;
}

static const char jobs_columns[] =
    "job_id uniqueidentifier not null, originating_server_id int not null, name sysname,"
    "enabled tinyint not null, description nvarchar(512), start_step_id int not null,"
    "category_id int not null, owner_sid varbinary(85) not null,"
    "notify_level_eventlog int not null, notify_level_email int not null,"
    "notify_level_netsend int not null, notify_level_page int not null,"
    "notify_email_operator_id int not null, notify_netsend_operator_id int not null,"
    "notify_page_operator_id int not null, delete_level int not null,"
    "date_created datetime not null, date_modified datetime not null, version_number int not null";

static struct catalog_view views[] = {
    {.schema = "dbo",
     .name = "sysjobs",
     .database = "msdb",
     .columns = jobs_columns,
     .fill = fill_jobs},
    {.schema = "dbo",
     .name = "sysjobs_view",
     .database = "msdb",
     .columns = jobs_columns,
     .fill = fill_jobs},
    {.schema = "dbo",
     .name = "sysjobsteps",
     .database = "msdb",
     .columns =
         "job_id uniqueidentifier not null, step_id int not null, step_name sysname,"
         "subsystem nvarchar(40) not null, command nvarchar(max), flags int not null,"
         "additional_parameters nvarchar(max), cmdexec_success_code int not null,"
         "on_success_action tinyint not null, on_success_step_id int not null,"
         "on_fail_action tinyint not null, on_fail_step_id int not null,"
         "server nvarchar(128), database_name nvarchar(128), database_user_name nvarchar(128),"
         "retry_attempts int not null, retry_interval int not null,"
         "os_run_priority int not null, output_file_name nvarchar(200),"
         "last_run_outcome int not null, last_run_duration int not null,"
         "last_run_retries int not null, last_run_date int not null,"
         "last_run_time int not null",
     .fill = fill_steps},
    {.schema = "dbo",
     .name = "sysjobservers",
     .database = "msdb",
     .columns = "job_id uniqueidentifier not null, server_id int not null,"
                "last_run_outcome tinyint not null, last_outcome_message nvarchar(4000),"
                "last_run_date int not null, last_run_time int not null,"
                "last_run_duration int not null",
     .fill = fill_servers},
    {.schema = "dbo",
     .name = "sysjobschedules",
     .database = "msdb",
     .columns = "schedule_id int, job_id uniqueidentifier, next_run_date int not null,"
                "next_run_time int not null",
     .fill = fill_job_schedules},
    {.schema = "dbo",
     .name = "sysschedules",
     .database = "msdb",
     .columns =
         "schedule_id int not null, schedule_uid uniqueidentifier not null,"
         "originating_server_id int not null, name sysname, owner_sid varbinary(85) not null,"
         "enabled int not null, freq_type int not null, freq_interval int not null,"
         "freq_subday_type int not null, freq_subday_interval int not null,"
         "freq_relative_interval int not null, freq_recurrence_factor int not null,"
         "active_start_date int not null, active_end_date int not null,"
         "active_start_time int not null, active_end_time int not null,"
         "date_created datetime not null, date_modified datetime not null,"
         "version_number int not null",
     .fill = fill_schedules},
    {.schema = "dbo",
     .name = "sysjobactivity",
     .database = "msdb",
     .columns = "session_id int not null, job_id uniqueidentifier not null,"
                "run_requested_date datetime, run_requested_source nvarchar(128),"
                "queued_date datetime, start_execution_date datetime, last_executed_step_id int,"
                "last_executed_step_date datetime, stop_execution_date datetime,"
                "job_history_id int, next_scheduled_run_date datetime",
     .fill = fill_activity},
    {.schema = "dbo",
     .name = "syssessions",
     .database = "msdb",
     .columns = "session_id int not null, agent_start_date datetime not null",
     .fill = fill_agent_sessions},
    {.schema = "dbo",
     .name = "sysjobhistory",
     .database = "msdb",
     .columns = "instance_id int not null, job_id uniqueidentifier not null, step_id int not null,"
                "step_name sysname, sql_message_id int not null, sql_severity int not null,"
                "message nvarchar(4000), run_status int not null, run_date int not null,"
                "run_time int not null, run_duration int not null,"
                "operator_id_emailed int not null, operator_id_netsent int not null,"
                "operator_id_paged int not null, retries_attempted int not null, server sysname",
     .fill = fill_history},
    {.schema = "dbo",
     .name = "syscategories",
     .database = "msdb",
     .columns = "category_id int not null, category_class int not null,"
                "category_type tinyint not null, name sysname",
     .fill = fill_categories},
};

struct catalog_part catalog_agent(void)
{
    return (struct catalog_part){views, sizeof views / sizeof *views};
}
