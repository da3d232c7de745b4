#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "tests/lab/agent.h"
#include "tests/lab/model.h"
#include "tests/lab/procedures.h"
#include "tests/lab/procedures_agent.h"
#include "tests/lab/reply.h"
#include "tests/lab/restore.h"
#include "tests/lab/shipping.h"

/* Agent's roles in msdb. Every job of the lab belongs to sa: a member of SQLAgentUserRole sees none
 * of them, a reader sees all, an operator starts, stops, enables and disables them. Source: SQL
 * Server Agent Fixed Database Roles. */
bool agent_has_role(const struct session *session, const struct database *database, unsigned role)
{
    return (session_roles(session, database) & role) != 0;
}

bool agent_needs_role(struct session *session, const char *procedure,
                       const struct database *database, struct reply *reply)
{
    return agent_has_role(session, database, USER_AGENT) ||
           procedure_needs_sysadmin(session, procedure, database, reply);
}

static bool only_owner_starts(const char *procedure, struct reply *reply)
{
    reply_error(reply, 14393, 16, 1, 1, procedure,
                "A job is started and stopped by its owner, by a sysadmin or by a member of"
                " SQLAgentOperatorRole only.");
    return false;
}

static bool only_owner_changes(const char *procedure, struct reply *reply)
{
    reply_error(reply, 14525, 16, 1, 1, procedure,
                "A job of another login is changed or deleted by a sysadmin only.");
    return false;
}

struct job *agent_find_visible_job(struct session *session, const struct database *database,
                            const struct sql_value *name, const struct sql_value *id,
                            const char *procedure, struct reply *reply)
{
    struct agent *agent = session->instance->agent;
    struct job *job = NULL;
    if (!agent_has_role(session, database, USER_AGENT_READER)) {
        job = NULL;
    } else if (!name->null) {
        job = agent_find_job(agent, name->bytes);
    } else if (!id->null && id->length == 16) {
        uint8_t guid[16];
        memcpy(guid, id->bytes, sizeof guid);
        job = agent_find_job_by_id(agent, guid);
    }
    if (job == NULL) {
        reply_error(reply, 14262, 16, 1, 1, procedure, "The specified %s ('%s') does not exist.",
                    name->null ? "@job_id" : "@job_name", name->null ? "" : name->bytes);
    }
    return job;
}

static const struct procedure_parameter start_parameters[] = {
    {.name = "@job_name", .type = PARAMETER_NAME, .has_default = true},
    {.name = "@job_id", .type = PARAMETER_GUID, .has_default = true},
    {.name = "@error_flag", .type = PARAMETER_INT, .has_default = true, .default_text = "1"},
    {.name = "@server_name", .type = PARAMETER_NAME, .has_default = true},
    {.name = "@step_name", .type = PARAMETER_NAME, .has_default = true},
    {.name = "@output_flag", .type = PARAMETER_INT, .has_default = true, .default_text = "1"},
};

static bool agent_refuses(const struct session *session, const struct job *job,
                          const char *procedure, const char *what, struct reply *reply)
{
    reply_error(
        reply, 22022, 16, 1, 1, procedure,
        "SQLServerAgent Error: the request for job %s (from User %s) is refused because %s.",
        job->name, session->login == NULL ? "sa" : session->login->name, what);
    return false;
}

/* Restore To Mark asks for no gate: a line of the lab's log tells who asked for it, and where each
 * destination stood then. */
static void log_to_mark(const struct session *session, const struct job *job)
{
    const struct lab *lab = session->instance->lab;
    if (job->steps_count == 0 || strstr(job->steps[0].command, "RestoreToMark") == NULL) {
        return;
    }
    json_t *stands = json_array();
    for (size_t i = 0; i < lab->instances_count; i++) {
        if (lab->instances[i]->shipping != NULL) {
            json_array_append_new(stands, shipping_stand(lab->instances[i]->shipping));
        }
    }
    restore_log_fields("restore to mark asked",
                       json_pack("{s:s, s:s, s:o}", "server_name", session->instance->name,
                                 "program_name", session->application, "destinations", stands));
}

static bool run_start(struct session *session, struct database *database,
                      struct sql_value *arguments, struct reply *reply, int *return_value)
{
    *return_value = 1;
    if (!agent_needs_role(session, "sp_start_job", database, reply)) {
        return false;
    }
    struct job *job =
        agent_find_visible_job(session, database, &arguments[0], &arguments[1], "sp_start_job", reply);
    if (job == NULL) {
        return false;
    }
    if (!agent_has_role(session, database, USER_AGENT_OPERATOR)) {
        return only_owner_starts("sp_start_job", reply);
    }
    if (session->instance->agent->stopped) {
        return agent_refuses(session, job, "sp_start_job", "the Agent service does not run", reply);
    }
    if (job->running) {
        return agent_refuses(session, job, "sp_start_job", "the job is already running", reply);
    }
    char name[129];
    text_copy(name, sizeof name, job->name);
    log_to_mark(session, job);
    if (!job_start(job)) {
        return agent_refuses(session, job, "sp_start_job", "the job has no steps", reply);
    }
    reply_info(reply, 14243, 1, 1, "sp_start_job", "Job '%s' was asked to start.", name);
    *return_value = 0;
    return true;
}

static const struct procedure_parameter stop_parameters[] = {
    {.name = "@job_name", .type = PARAMETER_NAME, .has_default = true},
    {.name = "@job_id", .type = PARAMETER_GUID, .has_default = true},
    {.name = "@originating_server", .type = PARAMETER_NAME, .has_default = true},
    {.name = "@server_name", .type = PARAMETER_NAME, .has_default = true},
};

static bool run_stop(struct session *session, struct database *database,
                     struct sql_value *arguments, struct reply *reply, int *return_value)
{
    *return_value = 1;
    if (!agent_needs_role(session, "sp_stop_job", database, reply)) {
        return false;
    }
    struct job *job =
        agent_find_visible_job(session, database, &arguments[0], &arguments[1], "sp_stop_job", reply);
    if (job == NULL) {
        return false;
    }
    if (!agent_has_role(session, database, USER_AGENT_OPERATOR)) {
        return only_owner_starts("sp_stop_job", reply);
    }
    if (!job_stop(job)) {
        return agent_refuses(session, job, "sp_stop_job", "the job is not running", reply);
    }
    reply_info(reply, 14254, 1, 1, "sp_stop_job", "Job '%s' was asked to stop.", job->name);
    *return_value = 0;
    return true;
}

static const struct procedure_parameter update_parameters[] = {
    {.name = "@job_id", .type = PARAMETER_GUID, .has_default = true},
    {.name = "@job_name", .type = PARAMETER_NAME, .has_default = true},
    {.name = "@new_name", .type = PARAMETER_NAME, .has_default = true},
    {.name = "@enabled", .type = PARAMETER_INT, .has_default = true},
    {.name = "@description", .type = PARAMETER_TEXT, .has_default = true},
};

static bool run_update(struct session *session, struct database *database,
                       struct sql_value *arguments, struct reply *reply, int *return_value)
{
    *return_value = 1;
    if (!agent_needs_role(session, "sp_update_job", database, reply)) {
        return false;
    }
    struct job *job =
        agent_find_visible_job(session, database, &arguments[1], &arguments[0], "sp_update_job", reply);
    if (job == NULL) {
        return false;
    }
    bool enables = arguments[2].null && arguments[4].null;
    if (!agent_has_role(session, database, USER_AGENT_OPERATOR) ||
        (!enables && !session_is_sysadmin(session))) {
        return only_owner_changes("sp_update_job", reply);
    }
    if (!arguments[2].null) {
        text_copy(job->name, sizeof job->name, arguments[2].bytes);
    }
    if (!arguments[4].null) {
        free(job->description);
        job->description = memory_copy_text(arguments[4].bytes);
    }
    if (!arguments[3].null) {
        job_set_enabled(job, arguments[3].integer != 0);
    }
    *return_value = 0;
    return true;
}

static const struct procedure_parameter add_job_parameters[] = {
    {.name = "@job_name", .type = PARAMETER_NAME},
    {.name = "@enabled", .type = PARAMETER_INT, .has_default = true, .default_text = "1"},
    {.name = "@description", .type = PARAMETER_TEXT, .has_default = true},
    {.name = "@start_step_id", .type = PARAMETER_INT, .has_default = true, .default_text = "1"},
    {.name = "@category_name", .type = PARAMETER_NAME, .has_default = true},
    {.name = "@category_id", .type = PARAMETER_INT, .has_default = true},
    {.name = "@owner_login_name", .type = PARAMETER_NAME, .has_default = true},
    {.name = "@notify_level_eventlog", .type = PARAMETER_INT, .has_default = true},
    {.name = "@job_id", .type = PARAMETER_GUID, .output = true, .has_default = true},
};

static bool run_add_job(struct session *session, struct database *database,
                        struct sql_value *arguments, struct reply *reply, int *return_value)
{
    *return_value = 1;
    if (!procedure_needs_sysadmin(session, "sp_add_job", database, reply)) {
        return false;
    }
    const char *name = argument_text(&arguments[0]);
    if (name == NULL || agent_find_job(session->instance->agent, name) != NULL) {
        reply_error(reply, 14261, 16, 1, 1, "sp_add_job", "The specified %s ('%s') already exists.",
                    "@job_name", name == NULL ? "" : name);
        return false;
    }
    struct job *job = agent_add_job(session->instance, name, argument_text(&arguments[2]));
    job->created_utc_ms = job->modified_utc_ms = lab_now_utc_ms(session->instance->lab);
    job->enabled = argument_number(&arguments[1], 1) != 0;
    sql_value_free(&arguments[8]);
    arguments[8] = sql_bytes(job->id, sizeof job->id);
    *return_value = 0;
    return true;
}

static const struct procedure_parameter add_step_parameters[] = {
    {.name = "@job_id", .type = PARAMETER_GUID, .has_default = true},
    {.name = "@job_name", .type = PARAMETER_NAME, .has_default = true},
    {.name = "@step_id", .type = PARAMETER_INT, .has_default = true},
    {.name = "@step_name", .type = PARAMETER_NAME},
    {.name = "@subsystem", .type = PARAMETER_NAME, .has_default = true, .default_text = "TSQL"},
    {.name = "@command",
     .type = {.kind = SQL_NVARCHAR, .length = SQL_LENGTH_MAX, .nullable = true},
     .has_default = true},
    {.name = "@on_success_action", .type = PARAMETER_INT, .has_default = true},
    {.name = "@on_fail_action", .type = PARAMETER_INT, .has_default = true},
    {.name = "@database_name", .type = PARAMETER_NAME, .has_default = true},
    {.name = "@on_success_step_id", .type = PARAMETER_INT, .has_default = true},
    {.name = "@on_fail_step_id", .type = PARAMETER_INT, .has_default = true},
    {.name = "@retry_attempts", .type = PARAMETER_INT, .has_default = true},
    {.name = "@retry_interval", .type = PARAMETER_INT, .has_default = true},
};

static struct step_end end_of(const struct sql_value *action, const struct sql_value *step,
                              enum step_action otherwise)
{
    int64_t value = argument_number(action, otherwise);
    bool known = value >= STEP_QUIT_SUCCESS && value <= STEP_GO_TO;
    return (struct step_end){.action = known ? (enum step_action)value : otherwise,
                             .step = (int)argument_number(step, 0)};
}

static bool run_add_step(struct session *session, struct database *database,
                         struct sql_value *arguments, struct reply *reply, int *return_value)
{
    *return_value = 1;
    if (!agent_needs_role(session, "sp_add_jobstep", database, reply)) {
        return false;
    }
    struct job *job =
        agent_find_visible_job(session, database, &arguments[1], &arguments[0], "sp_add_jobstep", reply);
    if (job == NULL) {
        return false;
    }
    if (!session_is_sysadmin(session)) {
        return only_owner_changes("sp_add_jobstep", reply);
    }
    if (job->steps_count == sizeof job->steps / sizeof *job->steps) {
        reply_error(reply, 14234, 16, 1, 1, "sp_add_jobstep", "The specified '%s' is not valid.",
                    "@step_id");
        return false;
    }
    if (arguments[3].null) {
        reply_error(reply, 515, 16, 2, 1, "sp_add_jobstep",
                    "Cannot insert the value NULL into column '%s', table '%s'; column does not"
                    " allow nulls. INSERT fails.",
                    "step_name", "msdb.dbo.sysjobsteps");
        return false;
    }
    const char *place = argument_text(&arguments[8]);
    const char *command = argument_text(&arguments[5]);
    struct job_step *step =
        job_append_step(job, argument_text(&arguments[3]), place == NULL ? "master" : place,
                        command == NULL ? "" : command);
    step->on_success = end_of(&arguments[6], &arguments[9], STEP_QUIT_SUCCESS);
    step->on_fail = end_of(&arguments[7], &arguments[10], STEP_QUIT_FAILURE);
    step->retry_attempts = (int)argument_number(&arguments[11], 0);
    step->retry_interval_min = (int)argument_number(&arguments[12], 0);
    *return_value = 0;
    return true;
}

/* Daily schedules, as BizTalk's jobs have them: once a day, or every so many minutes. */
static const struct procedure_parameter add_schedule_parameters[] = {
    {.name = "@job_id", .type = PARAMETER_GUID, .has_default = true},
    {.name = "@job_name", .type = PARAMETER_NAME, .has_default = true},
    {.name = "@name", .type = PARAMETER_NAME},
    {.name = "@enabled", .type = PARAMETER_INT, .has_default = true},
    {.name = "@freq_type", .type = PARAMETER_INT, .has_default = true},
    {.name = "@freq_interval", .type = PARAMETER_INT, .has_default = true},
    {.name = "@freq_subday_type", .type = PARAMETER_INT, .has_default = true},
    {.name = "@freq_subday_interval", .type = PARAMETER_INT, .has_default = true},
    {.name = "@freq_relative_interval", .type = PARAMETER_INT, .has_default = true},
    {.name = "@freq_recurrence_factor", .type = PARAMETER_INT, .has_default = true},
    {.name = "@active_start_date", .type = PARAMETER_INT, .has_default = true},
    {.name = "@active_end_date", .type = PARAMETER_INT, .has_default = true},
    {.name = "@active_start_time", .type = PARAMETER_INT, .has_default = true},
    {.name = "@active_end_time", .type = PARAMETER_INT, .has_default = true},
};

static bool run_add_schedule(struct session *session, struct database *database,
                             struct sql_value *arguments, struct reply *reply, int *return_value)
{
    enum { DAILY = 4, MINUTES = 4, MINUTE_MS = 60000, DAY_MS = 86400000 };
    *return_value = 1;
    if (!agent_needs_role(session, "sp_add_jobschedule", database, reply)) {
        return false;
    }
    struct job *job =
        agent_find_visible_job(session, database, &arguments[1], &arguments[0], "sp_add_jobschedule", reply);
    if (job == NULL) {
        return false;
    }
    if (!session_is_sysadmin(session)) {
        return only_owner_changes("sp_add_jobschedule", reply);
    }
    int64_t minutes = argument_number(&arguments[7], 0);
    if (argument_number(&arguments[4], 0) != DAILY) {
        reply_error(reply, 14266, 16, 1, 1, "sp_add_jobschedule",
                    "The specified '%s' is invalid (valid values are: %s).", "@freq_type", "4");
        return false;
    }
    if (argument_number(&arguments[6], 0) == MINUTES && minutes > 0) {
        job_schedule(job, minutes * MINUTE_MS, 0);
    } else {
        int64_t time = argument_number(&arguments[12], 0); /* hhmmss */
        int64_t second = time / 10000 * 3600 + time / 100 % 100 * 60 + time % 100;
        job_schedule(job, DAY_MS, second * 1000);
    }
    job->schedule_enabled = argument_number(&arguments[3], 1) != 0;
    *return_value = 0;
    return true;
}

static const struct procedure_parameter job_server_parameters[] = {
    {.name = "@job_id", .type = PARAMETER_GUID, .has_default = true},
    {.name = "@job_name", .type = PARAMETER_NAME, .has_default = true},
    {.name = "@server_name", .type = PARAMETER_NAME, .has_default = true},
};

static bool run_job_server(struct session *session, struct database *database,
                           struct sql_value *arguments, struct reply *reply, int *return_value)
{
    *return_value = 1;
    if (!agent_needs_role(session, "sp_add_jobserver", database, reply) ||
        agent_find_visible_job(session, database, &arguments[1], &arguments[0], "sp_add_jobserver", reply) ==
            NULL) {
        return false;
    }
    if (!session_is_sysadmin(session)) {
        return only_owner_changes("sp_add_jobserver", reply);
    }
    *return_value = 0;
    return true;
}

static bool run_delete_job(struct session *session, struct database *database,
                           struct sql_value *arguments, struct reply *reply, int *return_value)
{
    *return_value = 1;
    if (!agent_needs_role(session, "sp_delete_job", database, reply)) {
        return false;
    }
    struct job *job =
        agent_find_visible_job(session, database, &arguments[1], &arguments[0], "sp_delete_job", reply);
    if (job == NULL || job->running) {
        return false;
    }
    if (!session_is_sysadmin(session)) {
        return only_owner_changes("sp_delete_job", reply);
    }
    agent_remove_job(session->instance->agent, job);
    *return_value = 0;
    return true;
}

static const struct native_procedure procedures[] = {
    PROCEDURE("sp_start_job", "msdb", start_parameters, run_start),
    PROCEDURE("sp_stop_job", "msdb", stop_parameters, run_stop),
    PROCEDURE("sp_update_job", "msdb", update_parameters, run_update),
    PROCEDURE("sp_add_job", "msdb", add_job_parameters, run_add_job),
    PROCEDURE("sp_add_jobstep", "msdb", add_step_parameters, run_add_step),
    PROCEDURE("sp_add_jobschedule", "msdb", add_schedule_parameters, run_add_schedule),
    PROCEDURE("sp_add_jobserver", "msdb", job_server_parameters, run_job_server),
    PROCEDURE("sp_delete_job", "msdb", job_server_parameters, run_delete_job),
};

struct procedure_part procedures_agent(void)
{
    return (struct procedure_part){procedures, sizeof procedures / sizeof *procedures};
}
