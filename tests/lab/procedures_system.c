#include <string.h>

#include "core/base/text.h"
#include "tests/lab/locks.h"
#include "tests/lab/procedures.h"
#include "tests/lab/reply.h"
#include "tests/lab/session.h"

static const struct procedure_parameter getapplock_parameters[] = {
    {.name = "@Resource", .type = {.kind = SQL_NVARCHAR, .length = 255, .nullable = true}},
    {.name = "@LockMode", .type = PARAMETER_NAME},
    {.name = "@LockOwner",
     .type = PARAMETER_NAME,
     .has_default = true,
     .default_text = "Transaction"},
    {.name = "@LockTimeout", .type = PARAMETER_INT, .has_default = true},
    {.name = "@DbPrincipal", .type = PARAMETER_NAME, .has_default = true, .default_text = "public"},
};

static bool run_getapplock(struct session *session, struct database *database,
                           struct sql_value *arguments, struct reply *reply, int *return_value)
{
    (void)database;
    (void)reply;
    const char *resource = argument_text(&arguments[0]);
    const char *mode = argument_text(&arguments[1]);
    const char *owner = argument_text(&arguments[2]);
    bool of_transaction = text_equal_nocase(owner, "Transaction");
    bool exclusive = text_equal_nocase(mode, "Exclusive") || text_equal_nocase(mode, "Update");
    bool shared = text_equal_nocase(mode, "Shared") || text_equal_nocase(mode, "IntentShared") ||
                  text_equal_nocase(mode, "IntentExclusive");
    if (resource == NULL || mode == NULL || (!exclusive && !shared) ||
        (of_transaction && session->transaction_depth == 0)) {
        *return_value = APPLOCK_BAD;
        return true;
    }
    int64_t timeout = argument_number(&arguments[3], session->lock_timeout_ms);
    *return_value =
        applock_get(session, session->database, resource, exclusive, of_transaction, (int)timeout);
    return true;
}

static const struct procedure_parameter releaseapplock_parameters[] = {
    {.name = "@Resource", .type = {.kind = SQL_NVARCHAR, .length = 255, .nullable = true}},
    {.name = "@LockOwner",
     .type = PARAMETER_NAME,
     .has_default = true,
     .default_text = "Transaction"},
    {.name = "@DbPrincipal", .type = PARAMETER_NAME, .has_default = true, .default_text = "public"},
};

static bool run_releaseapplock(struct session *session, struct database *database,
                               struct sql_value *arguments, struct reply *reply, int *return_value)
{
    (void)database;
    const char *resource = argument_text(&arguments[0]);
    *return_value =
        resource == NULL ? APPLOCK_BAD : applock_release(session, session->database, resource);
    if (*return_value == APPLOCK_BAD) {
        reply_error(reply, 1223, 16, 1, 1, "xp_userlock",
                    "The application lock (Database Principal: 'public', Resource: '%s') cannot be"
                    " released: it is not held.",
                    resource == NULL ? "" : resource);
        return false;
    }
    return true;
}

static const struct native_procedure procedures[] = {
    PROCEDURE("sp_getapplock", "", getapplock_parameters, run_getapplock),
    PROCEDURE("sp_releaseapplock", "", releaseapplock_parameters, run_releaseapplock),
};

struct procedure_part procedures_system(void)
{
    return (struct procedure_part){procedures, sizeof procedures / sizeof *procedures};
}
