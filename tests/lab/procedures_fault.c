/* The lab's own procedures for what goes wrong with databases, disks, logins and statements. */

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/text.h"
#include "tests/lab/engine.h"
#include "tests/lab/faults.h"
#include "tests/lab/model.h"
#include "tests/lab/procedures.h"
#include "tests/lab/reply.h"
#include "tests/lab/restore_message.h"
#include "tests/lab/session.h"

#define PARAMETER_BYTES {.kind = SQL_BIGINT, .nullable = true}

static bool refuse(struct reply *reply, const char *procedure, const char *what, const char *given)
{
    reply_error(reply, 50000, 16, 1, 1, procedure, "%s: '%s'.", what, given == NULL ? "" : given);
    return false;
}

/* The instance that an argument names; NULL after an error. */
static struct instance *named_instance(struct session *session, const char *procedure,
                                       const struct database *database,
                                       const struct sql_value *argument, struct reply *reply)
{
    const char *name = argument_text(argument);
    if (!procedure_needs_sysadmin(session, procedure, database, reply)) {
        return NULL;
    }
    struct instance *instance = name == NULL ? NULL : lab_instance(session->instance->lab, name);
    if (instance == NULL) {
        refuse(reply, procedure, "no such server", name);
    }
    return instance;
}

static const struct procedure_parameter restore_parameters[] = {
    {.name = "@server", .type = PARAMETER_NAME},
    {.name = "@database", .type = PARAMETER_NAME, .has_default = true},
    {.name = "@number", .type = PARAMETER_INT, .has_default = true},
    {.name = "@percent", .type = PARAMETER_INT, .has_default = true},
    {.name = "@times", .type = PARAMETER_INT, .has_default = true},
    {.name = "@skip", .type = PARAMETER_INT, .has_default = true},
};

static bool run_restore_fails(struct session *session, struct database *database,
                              struct sql_value *arguments, struct reply *reply, int *return_value)
{
    struct instance *instance =
        named_instance(session, "sp_lab_restore_fails", database, &arguments[0], reply);
    *return_value = 1;
    if (instance == NULL) {
        return false;
    }
    struct planted_fault fault = {.kind = FAULT_RESTORE,
                                  .instance = instance,
                                  .number = (int)argument_number(&arguments[2], 0),
                                  .percent = (int)argument_number(&arguments[3], -1),
                                  .left = (int)argument_number(&arguments[4], 1),
                                  .skip = (int)argument_number(&arguments[5], 0)};
    const char *name = argument_text(&arguments[1]);
    text_copy(fault.database, sizeof fault.database, name == NULL ? "" : name);
    const struct restore_message *message = restore_message(fault.number);
    if (fault.number != 0 &&
        (message == NULL || (message->severity <= 10 && fault.number != 4339))) {
        return refuse(reply, "sp_lab_restore_fails",
                      "no error of RESTORE (tests/lab/restore_message.def)", "");
    }
    fault_plant(instance->lab, &fault);
    *return_value = 0;
    return true;
}

static const struct procedure_parameter statement_parameters[] = {
    {.name = "@server", .type = PARAMETER_NAME},
    {.name = "@number", .type = PARAMETER_INT, .has_default = true},
    {.name = "@program", .type = PARAMETER_NAME, .has_default = true},
    {.name = "@times", .type = PARAMETER_INT, .has_default = true},
    {.name = "@skip", .type = PARAMETER_INT, .has_default = true},
};

static bool run_statement_fails(struct session *session, struct database *database,
                                struct sql_value *arguments, struct reply *reply, int *return_value)
{
    struct instance *instance =
        named_instance(session, "sp_lab_statement_fails", database, &arguments[0], reply);
    *return_value = 1;
    if (instance == NULL) {
        return false;
    }
    struct planted_fault fault = {.kind = FAULT_STATEMENT,
                                  .instance = instance,
                                  .number = (int)argument_number(&arguments[1], 0),
                                  .left = (int)argument_number(&arguments[3], 1),
                                  .skip = (int)argument_number(&arguments[4], 0)};
    const char *program = argument_text(&arguments[2]);
    text_copy(fault.program, sizeof fault.program, program == NULL ? "" : program);
    if (fault.number != 0 && fault_statement_severity(fault.number) == 0) {
        return refuse(reply, "sp_lab_statement_fails",
                      "not one of 596, 701, 823, 1205, 1222, 9002", "");
    }
    fault_plant(instance->lab, &fault);
    *return_value = 0;
    return true;
}

/* A database's state by force: as a crash, an operator or a bug would leave it. */
static void force_state(struct database *database, enum database_state state)
{
    if (state == database->state) {
        return;
    }
    if (database->state == DATABASE_ONLINE && state == DATABASE_RESTORING) {
        engine_content_drop(database->instance->engine, database);
        database->redo_lsn = database->timeline->next_lsn;
    }
    database->standby = database->standby && state == DATABASE_ONLINE;
    database->state = state;
}

static const struct {
    const char *word;
    enum database_state state;
} forced_states[] = {
    {"online", DATABASE_ONLINE},         {"restoring", DATABASE_RESTORING},
    {"recovering", DATABASE_RECOVERING}, {"recovery-pending", DATABASE_RECOVERY_PENDING},
    {"suspect", DATABASE_SUSPECT},       {"emergency", DATABASE_EMERGENCY},
    {"offline", DATABASE_OFFLINE},
};

/* Words that set one thing and leave the state; false = no such word. */
static bool set_condition(struct database *database, const char *word)
{
    if (text_equal_nocase(word, "not-recovered")) {
        database->condition = CONDITION_NOT_RECOVERED;
    } else if (text_equal_nocase(word, "in-transition")) {
        database->condition = CONDITION_IN_TRANSITION;
    } else if (text_equal_nocase(word, "mirror")) {
        database->condition = CONDITION_MIRROR;
        database->mirrored = true;
    } else if (text_equal_nocase(word, "mirrored")) {
        database->mirrored = true;
    } else if (text_equal_nocase(word, "single-user")) {
        database->user_access = 1;
    } else if (text_equal_nocase(word, "restricted-user")) {
        database->user_access = 2;
    } else if (text_equal_nocase(word, "interrupted")) {
        database->mid_full_restore = true;
    } else if (text_equal_nocase(word, "checkpoint-lost")) {
        database->checkpoint_lost = true;
    } else if (text_equal_nocase(word, "file-not-restored")) {
        database->file_not_restored = true;
    } else if (text_equal_nocase(word, "too-early")) {
        database->recover_from_lsn = lsn_advance(database->timeline->next_lsn, 1 << 20);
    } else if (text_equal_nocase(word, "recovery-fails")) {
        database->recovery_fails = true;
    } else if (text_equal_nocase(word, "files-disagree")) {
        database->files_disagree = true;
    } else if (text_equal_nocase(word, "steps-missing")) {
        database->steps_missing = true;
    } else if (text_equal_nocase(word, "bad-page")) {
        database->bad_page = true;
    } else {
        return false;
    }
    return true;
}

static void mend(struct database *database)
{
    database->condition = CONDITION_NONE;
    database->mirrored = database->mid_full_restore = false;
    database->file_not_restored = database->recovery_fails = false;
    database->files_disagree = database->steps_missing = false;
    database->bad_page = database->checkpoint_lost = false;
    database->recover_from_lsn = 0;
    database->user_access = 0;
}

static const struct procedure_parameter database_parameters[] = {
    {.name = "@server", .type = PARAMETER_NAME},
    {.name = "@database", .type = PARAMETER_NAME},
    {.name = "@state", .type = PARAMETER_NAME},
};

static bool run_database(struct session *session, struct database *database,
                         struct sql_value *arguments, struct reply *reply, int *return_value)
{
    struct instance *instance =
        named_instance(session, "sp_lab_database", database, &arguments[0], reply);
    *return_value = 1;
    if (instance == NULL) {
        return false;
    }
    const char *name = argument_text(&arguments[1]), *word = argument_text(&arguments[2]);
    struct database *found = name == NULL ? NULL : instance_database(instance, name);
    if (found == NULL || found->system) {
        return refuse(reply, "sp_lab_database", "no such user database", name);
    }
    bool known = set_condition(found, word);
    for (size_t i = 0; i < sizeof forced_states / sizeof *forced_states && !known; i++) {
        if (text_equal_nocase(forced_states[i].word, word)) {
            known = true;
            force_state(found, forced_states[i].state);
        }
    }
    if (!known && text_equal_nocase(word, "good")) {
        known = true;
        mend(found);
    }
    if (!known) {
        return refuse(reply, "sp_lab_database", "no such state (tests/lab/README.md)", word);
    }
    lab_changed();
    *return_value = 0;
    return true;
}

static const struct procedure_parameter folder_parameters[] = {
    {.name = "@server", .type = PARAMETER_NAME},
    {.name = "@path", .type = PARAMETER_TEXT},
    {.name = "@state", .type = PARAMETER_NAME},
};

static bool run_folder(struct session *session, struct database *database,
                       struct sql_value *arguments, struct reply *reply, int *return_value)
{
    struct instance *instance =
        named_instance(session, "sp_lab_folder", database, &arguments[0], reply);
    *return_value = 1;
    if (instance == NULL) {
        return false;
    }
    const char *path = argument_text(&arguments[1]), *state = argument_text(&arguments[2]);
    if (path == NULL || !folder_set_state(instance, path, state)) {
        return refuse(reply, "sp_lab_folder", "not one of readable, missing, denied, occupied",
                      state);
    }
    *return_value = 0;
    return true;
}

static const struct procedure_parameter disk_parameters[] = {
    {.name = "@server", .type = PARAMETER_NAME},
    {.name = "@free_bytes", .type = PARAMETER_BYTES},
    {.name = "@share_full", .type = PARAMETER_BIT, .has_default = true},
};

static bool run_disk(struct session *session, struct database *database,
                     struct sql_value *arguments, struct reply *reply, int *return_value)
{
    struct instance *instance =
        named_instance(session, "sp_lab_disk", database, &arguments[0], reply);
    *return_value = 1;
    if (instance == NULL) {
        return false;
    }
    instance->disk_free_bytes = argument_number(&arguments[1], instance->disk_free_bytes);
    if (!arguments[2].null) {
        instance->lab->share_full = argument_number(&arguments[2], 0) != 0;
    }
    *return_value = 0;
    return true;
}

static const struct procedure_parameter login_parameters[] = {
    {.name = "@server", .type = PARAMETER_NAME},
    {.name = "@name", .type = PARAMETER_NAME},
    {.name = "@state", .type = PARAMETER_NAME},
};

static bool run_login(struct session *session, struct database *database,
                      struct sql_value *arguments, struct reply *reply, int *return_value)
{
    struct instance *instance =
        named_instance(session, "sp_lab_login", database, &arguments[0], reply);
    *return_value = 1;
    if (instance == NULL) {
        return false;
    }
    const char *name = argument_text(&arguments[1]), *state = argument_text(&arguments[2]);
    struct login *login = name == NULL ? NULL : instance_login(instance, name);
    if (login == NULL) {
        return refuse(reply, "sp_lab_login", "no such login", name);
    }
    if (!login_set_state(login, state)) {
        return refuse(reply, "sp_lab_login",
                      "not one of good, disabled, locked, expired, must-change", state);
    }
    *return_value = 0;
    return true;
}

static const struct procedure_parameter certificate_parameters[] = {
    {.name = "@server", .type = PARAMETER_NAME},
    {.name = "@there", .type = PARAMETER_BIT},
};

static bool run_certificate(struct session *session, struct database *database,
                            struct sql_value *arguments, struct reply *reply, int *return_value)
{
    struct instance *instance =
        named_instance(session, "sp_lab_certificate", database, &arguments[0], reply);
    *return_value = 1;
    if (instance == NULL) {
        return false;
    }
    instance->has_certificate = argument_number(&arguments[1], 0) != 0;
    *return_value = 0;
    return true;
}

static const struct procedure_parameter add_file_parameters[] = {
    {.name = "@server", .type = PARAMETER_NAME},
    {.name = "@database", .type = PARAMETER_NAME},
    {.name = "@logical_name", .type = PARAMETER_NAME},
    {.name = "@path", .type = PARAMETER_TEXT},
};

static bool run_add_file(struct session *session, struct database *database,
                         struct sql_value *arguments, struct reply *reply, int *return_value)
{
    struct instance *instance =
        named_instance(session, "sp_lab_add_file", database, &arguments[0], reply);
    *return_value = 1;
    if (instance == NULL) {
        return false;
    }
    if (!procedure_needs_value(&arguments[2], "@logical_name", "sp_lab_add_file", reply) ||
        !procedure_needs_value(&arguments[3], "@path", "sp_lab_add_file", reply)) {
        return false;
    }
    const char *name = argument_text(&arguments[1]);
    struct database *found = name == NULL ? NULL : instance_database(instance, name);
    if (found == NULL || found->timeline == NULL || found->state != DATABASE_ONLINE ||
        found->files_count == DATABASE_FILES) {
        return refuse(reply, "sp_lab_add_file", "no such database, or no room for a file", name);
    }
    database_add_file(found, argument_text(&arguments[2]), argument_text(&arguments[3]));
    *return_value = 0;
    return true;
}

static const struct procedure_parameter kill_parameters[] = {
    {.name = "@server", .type = PARAMETER_NAME},
    {.name = "@program", .type = PARAMETER_NAME},
};

/* Every session whose application's name begins so. */
static bool run_kill(struct session *session, struct database *database,
                     struct sql_value *arguments, struct reply *reply, int *return_value)
{
    struct instance *instance =
        named_instance(session, "sp_lab_kill", database, &arguments[0], reply);
    const char *program = argument_text(&arguments[1]);
    *return_value = 1;
    if (instance == NULL ||
        !procedure_needs_value(&arguments[1], "@program", "sp_lab_kill", reply)) {
        return false;
    }
    for (struct session *other = instance->sessions; other != NULL; other = other->next) {
        if (other != session && strncasecmp(other->application, program, strlen(program)) == 0) {
            other->killed = true;
        }
    }
    lab_changed();
    *return_value = 0;
    return true;
}

static const struct native_procedure procedures[] = {
    PROCEDURE("sp_lab_restore_fails", "master", restore_parameters, run_restore_fails),
    PROCEDURE("sp_lab_statement_fails", "master", statement_parameters, run_statement_fails),
    PROCEDURE("sp_lab_database", "master", database_parameters, run_database),
    PROCEDURE("sp_lab_folder", "master", folder_parameters, run_folder),
    PROCEDURE("sp_lab_disk", "master", disk_parameters, run_disk),
    PROCEDURE("sp_lab_login", "master", login_parameters, run_login),
    PROCEDURE("sp_lab_certificate", "master", certificate_parameters, run_certificate),
    PROCEDURE("sp_lab_add_file", "master", add_file_parameters, run_add_file),
    PROCEDURE("sp_lab_kill", "master", kill_parameters, run_kill),
};

struct procedure_part procedures_fault(void)
{
    return (struct procedure_part){procedures, sizeof procedures / sizeof *procedures};
}
