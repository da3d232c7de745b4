/* sp_help_job: one row for each job, or everything about one. Source: sql-docs, sp_help_job,
 * sp_help_jobstep, sp_help_jobschedule, sp_help_jobserver. */
#include <stdio.h>
#include <stdlib.h>

#include "core/base/text.h"
#include "tests/lab/model.h"
#include "tests/lab/procedures.h"
#include "tests/lab/procedures_agent.h"

static const struct procedure_parameter help_parameters[] = {
    {.name = "@job_id", .type = PARAMETER_GUID, .has_default = true},
    {.name = "@job_name", .type = PARAMETER_NAME, .has_default = true},
    {.name = "@job_aspect", .type = PARAMETER_NAME, .has_default = true},
};

static const char job_columns[] =
    "job_id uniqueidentifier, originating_server nvarchar(30), name sysname null, enabled tinyint,"
    "description nvarchar(512), start_step_id int, category sysname null, owner sysname null,"
    "last_run_date int, last_run_time int, last_run_outcome int, next_run_date int,"
    "next_run_time int, next_run_schedule_id int, current_execution_status int,"
    "current_execution_step sysname null, current_retry_attempt int, has_step int,"
    "has_schedule int, has_target int, type int";

static void add_job(struct row *row, const struct job *job)
{
    const struct instance *instance = job->agent->instance;
    char step[300] = "0 (unknown)";
    if (job->running) {
        snprintf(step, sizeof step, "%d (%s)", job->executed_step + 1,
                 job->steps[job->executed_step].name);
    }
    row_guid(row, job->id);
    row_text(row, instance->name);
    row_text(row, job->name);
    row_int(row, job->enabled);
    row_text(row, job->description);
    row_int(row, 1);
    row_text(row, "BizTalk Server");
    row_text(row, "sa");
    bool ran = job->last_run_utc_ms != INT64_MIN;
    row_int(row, ran ? instance_agent_date(instance, job->last_run_utc_ms) : 0);
    row_int(row, ran ? instance_agent_time(instance, job->last_run_utc_ms) : 0);
    row_int(row, job->last_outcome);
    bool planned = job->enabled && job->next_run_utc_ms != INT64_MIN;
    row_int(row, planned ? instance_agent_date(instance, job->next_run_utc_ms) : 0);
    row_int(row, planned ? instance_agent_time(instance, job->next_run_utc_ms) : 0);
    row_int(row, job->every_ms != 0 ? job->number : 0);
    row_int(row, job->running ? 1 : 4);
    row_text(row, step);
    row_int(row, 0);
    row_int(row, (int64_t)job->steps_count);
    row_int(row, job->every_ms != 0);
    row_int(row, 1);
    row_int(row, 1);
}

static const char step_columns[] =
    "step_id int, step_name sysname null, subsystem nvarchar(40), command nvarchar(max), flags int,"
    "cmdexec_success_code int, on_success_action tinyint, on_success_step_id int,"
    "on_fail_action tinyint, on_fail_step_id int, server sysname null, database_name sysname null,"
    "database_user_name sysname null, retry_attempts int, retry_interval int, os_run_priority int,"
    "output_file_name nvarchar(200), last_run_outcome int, last_run_duration int,"
    "last_run_retries int, last_run_date int, last_run_time int, proxy_id int";

static void add_step(struct row *row, const struct job *job, size_t index)
{
    const struct job_step *step = &job->steps[index];

    row_int(row, (int64_t)index + 1);
    row_text(row, step->name);
    row_text(row, "TSQL");
    row_text(row, step->command);
    row_int(row, 0);
    row_int(row, 0);
    row_int(row, step->on_success.action);
    row_int(row, step->on_success.step);
    row_int(row, step->on_fail.action);
    row_int(row, step->on_fail.step);
    row_null(row);
    row_text(row, step->database);
    row_null(row);
    row_int(row, step->retry_attempts);
    row_int(row, step->retry_interval_min);
    row_int(row, 0);
    row_null(row);
    row_int(row, step->last_outcome);
    row_agent_duration(row, step->last_run_utc_ms, step->last_duration_ms);
    row_int(row, 0);
    row_agent_moment(row, job->agent->instance, step->last_run_utc_ms);
    row_null(row);
}

static const char schedule_columns[] =
    "schedule_id int, schedule_name sysname null, enabled int, freq_type int, freq_interval int,"
    "freq_subday_type int, freq_subday_interval int, freq_relative_interval int,"
    "freq_recurrence_factor int, active_start_date int, active_end_date int,"
    "active_start_time int, active_end_time int, date_created datetime,"
    "schedule_description nvarchar(4000), next_run_date int, next_run_time int,"
    "schedule_uid uniqueidentifier, job_count int";

static void add_schedule(struct row *row, const struct job *job)
{
    const struct instance *instance = job->agent->instance;

    row_int(row, job->number);
    row_text(row, job->name);
    row_int(row, job->schedule_enabled);
    row_agent_frequency(row, job);
    row_time(row, instance, job->created_utc_ms);
    row_text(row, "(Description not requested.)");
    row_agent_moment(row, instance, job->enabled ? job->next_run_utc_ms : INT64_MIN);
    row_guid(row, job->schedule_guid);
    row_int(row, 1);
}

static const char server_columns[] =
    "server_id int, server_name nvarchar(30), enlist_date datetime, last_poll_date datetime,"
    "last_run_date int, last_run_time int, last_run_duration int,"
    "last_outcome_message nvarchar(1024), last_run_outcome int";

static void add_server(struct row *row, const struct job *job)
{
    const struct instance *instance = job->agent->instance;

    row_int(row, 0);
    row_text(row, instance->name);
    row_nulls(row, 2); /* nobody enlisted it: the job runs where it stands */
    row_agent_moment(row, instance, job->last_run_utc_ms);
    row_agent_duration(row, job->last_run_utc_ms, job->last_duration_ms);
    row_text(row, job->last_message);
    row_int(row, job->last_outcome);
}

static void begin_set(struct reply *reply, const char *text)
{
    size_t count;
    struct sql_column *columns = columns_parse(text, &count, NULL);

    reply_columns(reply, columns, count);
    free(columns);
}

static void send(struct reply *reply, struct row *row)
{
    reply_row(reply, row->values);
    row_free(row);
}

static void end_set(struct reply *reply, uint64_t rows)
{
    reply_done(reply, REPLY_IN_PROCEDURE, DONE_MORE | DONE_COUNT, 193, rows);
}

/* only: NULL = every job that the session sees. */
static void send_jobs(struct session *session, const struct database *database,
                      const struct job *only, struct reply *reply)
{
    const struct agent *agent = session->instance->agent;
    size_t seen =
        agent_has_role(session, database, USER_AGENT_READER) ? agent->jobs_count : 0;
    uint64_t rows = 0;

    begin_set(reply, job_columns);
    for (size_t i = 0; i < seen; i++) {
        if (only == NULL || agent->jobs[i] == only) {
            struct row row = {0};
            add_job(&row, agent->jobs[i]);
            send(reply, &row);
            rows++;
        }
    }
    end_set(reply, rows);
}

static void send_steps(const struct job *job, struct reply *reply)
{
    begin_set(reply, step_columns);
    for (size_t i = 0; i < job->steps_count; i++) {
        struct row row = {0};
        add_step(&row, job, i);
        send(reply, &row);
    }
    end_set(reply, job->steps_count);
}

static void send_schedules(const struct job *job, struct reply *reply)
{
    struct row row = {0};

    begin_set(reply, schedule_columns);
    if (job->every_ms != 0) {
        add_schedule(&row, job);
        send(reply, &row);
    }
    end_set(reply, job->every_ms != 0);
}

static void send_servers(const struct job *job, struct reply *reply)
{
    struct row row = {0};

    begin_set(reply, server_columns);
    add_server(&row, job);
    send(reply, &row);
    end_set(reply, 1);
}

/* Whether @job_aspect asks for this one; NULL is all of them. */
static bool asks_for(const char *aspect, const char *name)
{
    return aspect == NULL || text_equal_nocase(aspect, "ALL") || text_equal_nocase(aspect, name);
}

static bool check_aspect(const char *aspect, struct reply *reply)
{
    static const char *const names[] = {"JOB", "STEPS", "SCHEDULES", "TARGETS"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (asks_for(aspect, names[i])) {
            return true;
        }
    }
    reply_error(reply, 14266, 16, 1, 1, "sp_help_job",
                "The specified '@job_aspect' is invalid (valid values are: JOB, STEPS, SCHEDULES,"
                " TARGETS, ALL).");
    return false;
}

static bool run_help(struct session *session, struct database *database,
                     struct sql_value *arguments, struct reply *reply, int *return_value)
{
    const char *aspect = argument_text(&arguments[2]);
    const struct job *job = NULL;

    *return_value = 1;
    if (!agent_needs_role(session, "sp_help_job", database, reply) ||
        !check_aspect(aspect, reply)) {
        return false;
    }
    if (!arguments[0].null || !arguments[1].null) {
        job = agent_find_visible_job(session, database, &arguments[1], &arguments[0],
                                     "sp_help_job", reply);
        if (job == NULL) {
            return false;
        }
    }
    if (job == NULL || asks_for(aspect, "JOB")) {
        send_jobs(session, database, job, reply);
    }
    if (job != NULL && asks_for(aspect, "STEPS")) {
        send_steps(job, reply);
    }
    if (job != NULL && asks_for(aspect, "SCHEDULES")) {
        send_schedules(job, reply);
    }
    if (job != NULL && asks_for(aspect, "TARGETS")) {
        send_servers(job, reply);
    }
    *return_value = 0;
    return true;
}

static const struct native_procedure procedures[] = {
    PROCEDURE("sp_help_job", "msdb", help_parameters, run_help),
};

struct procedure_part procedures_agent_help(void)
{
    return (struct procedure_part){procedures, sizeof procedures / sizeof *procedures};
}
