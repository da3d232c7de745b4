#include <string.h>

#include "core/base/text.h"
#include "tests/lab/agent.h"
#include "tests/lab/biztalk.h"
#include "tests/lab/model.h"
#include "tests/lab/procedures.h"
#include "tests/lab/reply.h"
#include "tests/lab/session.h"
#include "tests/lab/wire.h"

void lab_stop_instance(struct instance *instance)
{
    if (instance->stopped) {
        return;
    }
    instance->stopped = true;
    for (struct session *s = instance->sessions; s != NULL; s = s->next) {
        if (s->socket_fd < 0) {
            s->killed = true;
        }
    }
    wire_instance_stopped(instance);
    lab_changed();
}

void lab_start_instance(struct instance *instance)
{
    if (!instance->stopped && !instance->stalled) {
        return;
    }
    bool stopped = instance->stopped;
    instance->stopped = instance->stalled = false;
    if (stopped) {
        instance->agent->session_id++;
        instance->started_utc_ms = lab_now_utc_ms(instance->lab);
        for (size_t i = 0; i < instance->agent->jobs_count; i++) {
            struct job *job = instance->agent->jobs[i];
            job_set_enabled(job, job->enabled);
        }
        wire_instance_started(instance);
    }
    lab_changed();
}

static bool refuse(struct reply *reply, const char *procedure, const char *what, const char *given)
{
    reply_error(reply, 50000, 16, 1, 1, procedure, "%s: '%s'.", what, given == NULL ? "" : given);
    return false;
}

static const struct procedure_parameter advance_parameters[] = {
    {.name = "@seconds", .type = PARAMETER_INT},
};

static bool run_advance(struct session *session, struct database *database,
                        struct sql_value *arguments, struct reply *reply, int *return_value)
{
    *return_value = 1;
    if (!procedure_needs_sysadmin(session, "sp_lab_advance", database, reply)) {
        return false;
    }
    int64_t seconds = argument_number(&arguments[0], 0);
    if (seconds < 0) {
        return refuse(reply, "sp_lab_advance", "the clock does not go back", "");
    }
    lab_advance(session->instance->lab, seconds * 1000);
    *return_value = 0;
    return true;
}

static const struct procedure_parameter server_parameters[] = {
    {.name = "@name", .type = PARAMETER_NAME},
    {.name = "@state", .type = PARAMETER_NAME},
};

static bool run_server(struct session *session, struct database *database,
                       struct sql_value *arguments, struct reply *reply, int *return_value)
{
    *return_value = 1;
    if (!procedure_needs_sysadmin(session, "sp_lab_server", database, reply)) {
        return false;
    }
    const char *name = argument_text(&arguments[0]), *state = argument_text(&arguments[1]);
    struct instance *instance = name == NULL ? NULL : lab_instance(session->instance->lab, name);
    if (instance == NULL) {
        return refuse(reply, "sp_lab_server", "no such server", name);
    }
    if (text_equal_nocase(state, "stop")) {
        lab_stop_instance(instance);
    } else if (text_equal_nocase(state, "start")) {
        lab_start_instance(instance);
    } else if (text_equal_nocase(state, "stall")) {
        instance->stalled = true;
    } else if (text_equal_nocase(state, "restart")) {
        lab_stop_instance(instance);
        lab_start_instance(instance);
    } else if (text_equal_nocase(state, "stop agent")) {
        instance->agent->stopped = true;
    } else if (text_equal_nocase(state, "start agent")) {
        instance->agent->stopped = false;
    } else {
        return refuse(reply, "sp_lab_server",
                      "not one of stop, start, restart, stall, stop agent, start agent",
                      state);
    }
    lab_changed();
    *return_value = 0;
    return true;
}

static const struct procedure_parameter file_parameters[] = {
    {.name = "@path", .type = PARAMETER_TEXT},
    {.name = "@state", .type = PARAMETER_NAME},
};

static bool run_file(struct session *session, struct database *database,
                     struct sql_value *arguments, struct reply *reply, int *return_value)
{
    *return_value = 1;
    if (!procedure_needs_sysadmin(session, "sp_lab_file", database, reply)) {
        return false;
    }
    const char *path = argument_text(&arguments[0]), *state = argument_text(&arguments[1]);
    struct backup_file *file =
        path == NULL ? NULL : lab_file(session->instance->lab, session->instance, path);
    if (file == NULL) {
        return refuse(reply, "sp_lab_file", "no such backup file", path);
    }
    if (state == NULL || !backup_file_set_state(file, state)) {
        reply_error(reply, 50000, 16, 1, 1, "sp_lab_file", "'%s' is not one of %s.",
                    state == NULL ? "" : state, backup_file_state_words());
        return false;
    }
    *return_value = 0;
    return true;
}

static const struct procedure_parameter fails_parameters[] = {
    {.name = "@database", .type = PARAMETER_NAME, .has_default = true},
};

static bool run_backup_fails(struct session *session, struct database *database,
                             struct sql_value *arguments, struct reply *reply, int *return_value)
{
    *return_value = 1;
    if (!procedure_needs_sysadmin(session, "sp_lab_backup_fails", database, reply)) {
        return false;
    }
    struct biztalk_group *group = session->instance->group;
    const char *name = argument_text(&arguments[0]);
    if (group == NULL) {
        return refuse(reply, "sp_lab_backup_fails", "no backup job on this server",
                      session->instance->name);
    }
    group->fail_at_member = -1;
    for (size_t i = 0; i < group->members_count; i++) {
        if (text_equal_nocase(group->members[i].database->name, name)) {
            group->fail_at_member = (int)i;
        }
    }
    if (name != NULL && group->fail_at_member < 0) {
        return refuse(reply, "sp_lab_backup_fails", "no such database in the group", name);
    }
    *return_value = 0;
    return true;
}

static const struct procedure_parameter switch_parameters[] = {
    {.name = "@name", .type = PARAMETER_NAME},
    {.name = "@value", .type = PARAMETER_BIT},
};

static bool run_switch(struct session *session, struct database *database,
                       struct sql_value *arguments, struct reply *reply, int *return_value)
{
    struct switches *switches = &session->instance->lab->switches;
    *return_value = 1;
    if (!procedure_needs_sysadmin(session, "sp_lab_switch", database, reply)) {
        return false;
    }
    for (size_t i = 0; switch_name(i) != NULL; i++) {
        if (text_equal_nocase(switch_name(i), argument_text(&arguments[0]))) {
            *switch_value(switches, i) = argument_number(&arguments[1], 0) != 0;
            *return_value = 0;
            return true;
        }
    }
    return refuse(reply, "sp_lab_switch", "no such switch", argument_text(&arguments[0]));
}

static const struct procedure_parameter rate_parameters[] = {
    {.name = "@server", .type = PARAMETER_NAME},
    {.name = "@bytes_per_second", .type = {.kind = SQL_BIGINT, .nullable = true}},
};

static bool run_rate(struct session *session, struct database *database,
                     struct sql_value *arguments, struct reply *reply, int *return_value)
{
    *return_value = 1;
    if (!procedure_needs_sysadmin(session, "sp_lab_restore_rate", database, reply)) {
        return false;
    }
    const char *name = argument_text(&arguments[0]);
    struct instance *instance = name == NULL ? NULL : lab_instance(session->instance->lab, name);
    int64_t rate = argument_number(&arguments[1], 0);
    if (instance == NULL || rate <= 0) {
        return refuse(reply, "sp_lab_restore_rate", "no such server, or no positive rate", name);
    }
    instance->restore_bytes_per_s = rate;
    *return_value = 0;
    return true;
}

static const struct native_procedure procedures[] = {
    PROCEDURE("sp_lab_advance", "master", advance_parameters, run_advance),
    PROCEDURE("sp_lab_server", "master", server_parameters, run_server),
    PROCEDURE("sp_lab_file", "master", file_parameters, run_file),
    PROCEDURE("sp_lab_backup_fails", "master", fails_parameters, run_backup_fails),
    PROCEDURE("sp_lab_switch", "master", switch_parameters, run_switch),
    PROCEDURE("sp_lab_restore_rate", "master", rate_parameters, run_rate),
};

struct procedure_part procedures_lab(void)
{
    return (struct procedure_part){procedures, sizeof procedures / sizeof *procedures};
}
