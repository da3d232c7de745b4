#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "tests/lab/admin.h"
#include "tests/lab/biztalk.h"
#include "tests/lab/engine.h"
#include "tests/lab/locks.h"
#include "tests/lab/model.h"
#include "tests/lab/procedures.h"
#include "tests/lab/reply.h"

static struct biztalk_group *group_of(struct database *database)
{
    return database->instance->group;
}

/* The group that this management database describes; an error where it is a restored copy. */
static struct biztalk_group *need_group(struct session *session, struct database *database,
                                        const char *procedure, struct reply *reply)
{
    struct biztalk_group *group = group_of(database);
    if (!procedure_needs_sysadmin(session, procedure, database, reply)) {
        return NULL;
    }
    if (group == NULL || group->management != database) {
        reply_error(reply, 50000, 16, 1, 1, procedure,
                    "The backup is not configured for this server.");
        return NULL;
    }
    return group;
}

static const struct procedure_parameter full_parameters[] = {
    {.name = "@Frequency", .type = PARAMETER_NAME, .has_default = true, .default_text = "d"},
    {.name = "@MarkName", .type = PARAMETER_NAME, .has_default = true, .default_text = "BTS"},
    {.name = "@BackupPath", .type = PARAMETER_TEXT},
    {.name = "@ForceFullBackupAfterPartialSetFailure",
     .type = PARAMETER_BIT,
     .has_default = true,
     .default_text = "0"},
    {.name = "@BackupHour", .type = PARAMETER_INT, .has_default = true},
    {.name = "@UseLocalTime", .type = PARAMETER_BIT, .has_default = true, .default_text = "0"},
};

static bool run_full(struct session *session, struct database *database,
                     struct sql_value *arguments, struct reply *reply, int *return_value)
{
    struct biztalk_group *group = need_group(session, database, "sp_BackupAllFull_Schedule", reply);
    *return_value = 1;
    if (group == NULL ||
        !procedure_needs_value(&arguments[2], "@BackupPath", "sp_BackupAllFull_Schedule", reply)) {
        return false;
    }
    group->use_local_time = argument_number(&arguments[5], 0) != 0;
    if (!biztalk_full_is_due(group, argument_number(&arguments[3], 0) != 0,
                             (int)argument_number(&arguments[4], -1))) {
        *return_value = 0;
        return true;
    }
    if (!biztalk_backup_full(session, group, argument_text(&arguments[2]), reply)) {
        return false;
    }
    *return_value = 0;
    return true;
}

static const struct procedure_parameter mark_parameters[] = {
    {.name = "@MarkName", .type = PARAMETER_NAME},
    {.name = "@BackupPath", .type = PARAMETER_TEXT},
    {.name = "@UseLocalTime", .type = PARAMETER_BIT, .has_default = true, .default_text = "0"},
};

static bool run_mark_all(struct session *session, struct database *database,
                         struct sql_value *arguments, struct reply *reply, int *return_value)
{
    struct biztalk_group *group = need_group(session, database, "sp_MarkAll", reply);
    *return_value = 1;
    if (group == NULL || !procedure_needs_value(&arguments[0], "@MarkName", "sp_MarkAll", reply) ||
        !procedure_needs_value(&arguments[1], "@BackupPath", "sp_MarkAll", reply)) {
        return false;
    }
    group->use_local_time = argument_number(&arguments[2], 0) != 0;
    text_copy(group->name, sizeof group->name, argument_text(&arguments[0]));
    if (!biztalk_mark_and_backup_log(session, group, argument_text(&arguments[1]), reply)) {
        return false;
    }
    *return_value = 0;
    return true;
}

static const struct procedure_parameter delete_parameters[] = {
    {.name = "@DaysToKeep", .type = PARAMETER_INT, .has_default = true, .default_text = "14"},
    {.name = "@UseLocalTime", .type = PARAMETER_BIT, .has_default = true, .default_text = "0"},
};

static bool run_delete(struct session *session, struct database *database,
                       struct sql_value *arguments, struct reply *reply, int *return_value)
{
    struct biztalk_group *group = need_group(session, database, "sp_DeleteBackupHistory", reply);
    *return_value = group == NULL;
    if (group != NULL) {
        biztalk_delete_history(session, group, (int)argument_number(&arguments[0], 14), reply);
    }
    return group != NULL && reply_errors(reply) == 0;
}

static const struct procedure_parameter compression_parameters[] = {
    {.name = "@bCompression", .type = PARAMETER_BIT, .has_default = true, .default_text = "0"},
};

static bool run_compression(struct session *session, struct database *database,
                            struct sql_value *arguments, struct reply *reply, int *return_value)
{
    struct biztalk_group *group = need_group(session, database, "sp_SetBackupCompression", reply);
    *return_value = group == NULL;
    if (group != NULL) {
        group->use_compression = argument_number(&arguments[0], 0) != 0;
        biztalk_set_setting(session, group, "UseCompression", group->use_compression);
    }
    return group != NULL;
}

static const struct procedure_parameter no_parameters[] = {
    {.name = "@reserved", .type = PARAMETER_INT, .has_default = true},
};

static bool run_force_full(struct session *session, struct database *database,
                           struct sql_value *arguments, struct reply *reply, int *return_value)
{
    (void)arguments;
    struct biztalk_group *group = need_group(session, database, "sp_ForceFullBackup", reply);
    *return_value = group == NULL;
    if (group != NULL) {
        biztalk_set_setting(session, group, "ForceFull", true);
    }
    return group != NULL;
}

static const struct procedure_parameter set_mark_parameters[] = {
    {.name = "@name", .type = PARAMETER_NAME},
};

static bool run_set_mark(struct session *session, struct database *database,
                         struct sql_value *arguments, struct reply *reply, int *return_value)
{
    const char *name = argument_text(&arguments[0]);
    *return_value = 1;
    if (!procedure_needs_sysadmin(session, "sp_SetMark", database, reply) ||
        !procedure_needs_value(&arguments[0], "@name", "sp_SetMark", reply)) {
        return false;
    }
    database_traffic(database);
    struct row row = {0};
    row_text(&row, name);
    row_insert(&row, database, "dbo", "MarkLog");
    database_log_mark(session, database, name, name);
    *return_value = 0;
    return true;
}

static const struct procedure_parameter backup_parameters[] = {
    {.name = "@seq", .type = PARAMETER_NAME, .has_default = true},
    {.name = "@BackupPath", .type = PARAMETER_TEXT},
};

static bool back_up_one(struct session *session, struct database *database, const char *path,
                        bool log, struct reply *reply, int *return_value)
{
    char device[1024];
    text_copy(device, sizeof device, path == NULL ? "" : path);
    struct backup_statement statement = {.log = log, .device = device, .line = 1};
    text_copy(statement.database, sizeof statement.database, database->name);
    bool good = admin_backup(session, &statement, reply);
    *return_value = !good;
    return good;
}

static bool run_backup_log(struct session *session, struct database *database,
                           struct sql_value *arguments, struct reply *reply, int *return_value)
{
    return back_up_one(session, database, argument_text(&arguments[1]), true, reply, return_value);
}

static bool run_backup_full(struct session *session, struct database *database,
                            struct sql_value *arguments, struct reply *reply, int *return_value)
{
    return back_up_one(session, database, argument_text(&arguments[1]), false, reply, return_value);
}

static const struct procedure_parameter server_name_parameters[] = {
    {.name = "@nvcServerName", .type = PARAMETER_NAME, .output = true, .has_default = true},
};

static bool run_server_name(struct session *session, struct database *database,
                            struct sql_value *arguments, struct reply *reply, int *return_value)
{
    (void)database;
    (void)reply;
    sql_value_free(&arguments[0]);
    arguments[0] = sql_text(session->instance->name);
    *return_value = 0;
    return true;
}

/* The group's other jobs do work that this estate has no use for but its time. */
static bool run_routine(struct session *session, struct database *database,
                        struct sql_value *arguments, struct reply *reply, int *return_value)
{
    (void)arguments;
    (void)reply;
    const struct lab *lab = database->instance->lab;
    session_sleep(session, lab_now_utc_ms(lab) + 400);
    *return_value = 0;
    return true;
}

static const struct native_procedure procedures[] = {
    PROCEDURE("sp_BackupAllFull_Schedule", "*management", full_parameters, run_full),
    PROCEDURE("sp_MarkAll", "*management", mark_parameters, run_mark_all),
    PROCEDURE("sp_DeleteBackupHistory", "*management", delete_parameters, run_delete),
    PROCEDURE("sp_SetBackupCompression", "*management", compression_parameters, run_compression),
    PROCEDURE("sp_ForceFullBackup", "*management", no_parameters, run_force_full),
    PROCEDURE("sp_SetMark", "*marking", set_mark_parameters, run_set_mark),
    PROCEDURE("sp_SetMarkRemote", "*marking", set_mark_parameters, run_set_mark),
    PROCEDURE("sp_BackupBizTalkFull", "*marking", backup_parameters, run_backup_full),
    PROCEDURE("sp_BackupBizTalkLog", "*marking", backup_parameters, run_backup_log),
    PROCEDURE("sp_GetServerName", "*marking", server_name_parameters, run_server_name),
    PROCEDURE("bts_PurgeRoutine", "*marking", no_parameters, run_routine),
};

struct procedure_part procedures_biztalk(void)
{
    return (struct procedure_part){procedures, sizeof procedures / sizeof *procedures};
}
