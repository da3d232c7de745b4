#include "tests/lab/procedures.h"

#include <string.h>

#include "core/base/text.h"
#include "tests/lab/reply.h"
#include "tests/lab/session.h"

const char *argument_text(const struct sql_value *argument)
{
    return argument->null ? NULL : argument->bytes;
}

int64_t argument_number(const struct sql_value *argument, int64_t otherwise)
{
    return argument->null ? otherwise : argument->integer;
}

bool procedure_needs_value(const struct sql_value *argument, const char *parameter,
                           const char *procedure, struct reply *reply)
{
    if (!argument->null) {
        return true;
    }
    reply_error(reply, 50000, 16, 1, 1, procedure, "%s of %s is NULL.", parameter, procedure);
    return false;
}

bool procedure_needs_sysadmin(struct session *session, const char *procedure,
                              const struct database *database, struct reply *reply)
{
    if (session_is_sysadmin(session)) {
        return true;
    }
    reply_error(reply, 229, 14, 5, 1, procedure,
                "EXECUTE permission is missing on the object '%s', database '%s', schema 'dbo'.",
                procedure, database->name);
    return false;
}

/* The server's own first, which sys.procedures does not show. */
enum { SYSTEM_PARTS = 2 };
static struct procedure_part (*const parts[])(void) = {
    procedures_system,     procedures_file,    procedures_agent,
    procedures_agent_help, procedures_biztalk, procedures_shipping,
    procedures_lab,        procedures_line,    procedures_fault};

/* User databases: the management procedures need the management database, the marking procedures
 * any database that the set-up scripts ran in. */
static bool is_there(const struct native_procedure *procedure, const struct database *database)
{
    if (procedure->database[0] == '\0') {
        return true;
    }
    if (strcmp(procedure->database, "*management") == 0) {
        return database->has_management_procedures;
    }
    if (strcmp(procedure->database, "*marking") == 0) {
        return database->has_marking_procedures;
    }
    if (strcmp(procedure->database, "*shipping") == 0) {
        return database->has_shipping_procedures;
    }
    return text_equal_nocase(procedure->database, database->name);
}

const struct native_procedure *procedure_find(struct session *session, struct database *database,
                                              const char *schema, const char *name)
{
    (void)session;
    if (schema != NULL && schema[0] != '\0' && !text_equal_nocase(schema, "dbo") &&
        !text_equal_nocase(schema, "sys")) {
        return NULL;
    }
    for (size_t p = 0; p < sizeof parts / sizeof *parts; p++) {
        struct procedure_part part = parts[p]();
        for (size_t i = 0; i < part.count; i++) {
            if (text_equal_nocase(part.procedures[i].name, name) &&
                is_there(&part.procedures[i], database)) {
                return &part.procedures[i];
            }
        }
    }
    return NULL;
}

const char *procedure_of_database(const struct database *database, size_t index)
{
    for (size_t p = SYSTEM_PARTS; p < sizeof parts / sizeof *parts; p++) {
        struct procedure_part part = parts[p]();
        for (size_t i = 0; i < part.count; i++) {
            if (is_there(&part.procedures[i], database) && index-- == 0) {
                return part.procedures[i].name;
            }
        }
    }
    return NULL;
}
