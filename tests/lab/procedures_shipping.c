#include "tests/lab/procedures.h"
#include "tests/lab/reply.h"
#include "tests/lab/session.h"
#include "tests/lab/shipping.h"

static const struct procedure_parameter source_parameters[] = {
    {.name = "@SourceID", .type = PARAMETER_NAME, .has_default = true},
};

typedef bool shipping_work(struct session *session, struct shipping *shipping, struct reply *reply);

static bool run_work(struct session *session, struct database *database, const char *procedure,
                     shipping_work *work, struct reply *reply, int *return_value)
{
    *return_value = 1;
    if (!procedure_needs_sysadmin(session, procedure, database, reply) ||
        !work(session, database->instance->shipping, reply)) {
        return false;
    }
    *return_value = 0;
    return true;
}

static bool run_import(struct session *session, struct database *database,
                       struct sql_value *arguments, struct reply *reply, int *return_value)
{
    (void)arguments;
    return run_work(session, database, "bts_LogShippingGetBackupHistory", shipping_import, reply,
                    return_value);
}

static bool run_restore(struct session *session, struct database *database,
                        struct sql_value *arguments, struct reply *reply, int *return_value)
{
    (void)arguments;
    return run_work(session, database, "bts_LogShippingRestoreDatabases", shipping_restore, reply,
                    return_value);
}

static bool run_to_mark(struct session *session, struct database *database,
                        struct sql_value *arguments, struct reply *reply, int *return_value)
{
    (void)arguments;
    return run_work(session, database, "bts_LogShippingRestoreToMark", shipping_restore_to_mark,
                    reply, return_value);
}

static bool run_clean(struct session *session, struct database *database,
                      struct sql_value *arguments, struct reply *reply, int *return_value)
{
    (void)arguments;
    return run_work(session, database, "sp_LogShippingClean", shipping_clean, reply, return_value);
}

static const struct native_procedure procedures[] = {
    PROCEDURE("bts_LogShippingGetBackupHistory", "*shipping", source_parameters, run_import),
    PROCEDURE("bts_LogShippingRestoreDatabases", "*shipping", source_parameters, run_restore),
    PROCEDURE("bts_LogShippingRestoreToMark", "*shipping", source_parameters, run_to_mark),
    PROCEDURE("sp_LogShippingClean", "*shipping", source_parameters, run_clean),
};

struct procedure_part procedures_shipping(void)
{
    return (struct procedure_part){procedures, sizeof procedures / sizeof *procedures};
}
