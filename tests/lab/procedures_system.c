#include <string.h>

#include "core/base/text.h"
#include "tests/lab/locks.h"
#include "tests/lab/procedures.h"
#include "tests/lab/reply.h"
#include "tests/lab/session.h"

static const struct procedure_parameter getapplock_parameters[] = {
    {.name = "@Resource",
     .type = {.kind = SQL_NVARCHAR, .length = 255, .nullable = true},
     .has_default = true},
    {.name = "@LockMode", .type = PARAMETER_NAME},
    {.name = "@LockOwner",
     .type = PARAMETER_NAME,
     .has_default = true,
     .default_text = "Transaction"},
    {.name = "@LockTimeout", .type = PARAMETER_INT, .has_default = true},
    {.name = "@DbPrincipal", .type = PARAMETER_NAME, .has_default = true, .default_text = "public"},
};

static unsigned mode_named(const char *name)
{
    static const char *const names[] = {"IntentShared", "Shared", "Update", "IntentExclusive",
                                        "Exclusive"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (text_equal_nocase(names[i], name)) {
            return 1u << i;
        }
    }
    return 0;
}

/* The procedures end with -999 in any case; captured: what is wrong with an option is told without
 * an error, what is wrong behind it is an error of the procedure that both call. */
static bool bad_option(struct reply *reply, const char *procedure, int line, const char *value,
                       const char *parameter)
{
    reply_info(reply, 15625, 1, line, procedure, "'%s' is no value for the parameter '%s'.",
               value == NULL ? "(null)" : value, parameter);
    return true;
}

static bool bad_lock(struct reply *reply, int number, int state, const char *text)
{
    reply_error(reply, number, 16, state, 1, "sys.xp_userlock", "%s", text);
    return false;
}

/* public, the login's own user, a role that it is in; a sysadmin is whoever there is. */
static bool may_lock_for(const struct session *session, const char *principal)
{
    const struct database *database = session->database;
    unsigned roles = user_role(database, principal);
    const struct login *login = instance_login(session->instance, principal);
    bool dbo = (session_roles(session, database) & USER_OWNER) != 0;

    if (text_equal_nocase(principal, "public")) {
        return true;
    }
    if (roles != 0) {
        return (session_roles(session, database) & roles) == roles;
    }
    return dbo ? text_equal_nocase(principal, "dbo") || text_equal_nocase(principal, "guest") ||
                     (login != NULL && login_has_user(login, database->name))
               : login != NULL && login == session->login;
}

/* False after the error that resource or principal gives. */
static bool check_names(const struct applock_request *request, struct reply *reply)
{
    if (request->resource == NULL) {
        return bad_lock(reply, 1224, 5, "The resource of an application lock is not valid.");
    }
    if (request->principal == NULL) {
        return bad_lock(reply, 1230, 1, "The principal of an application lock is not valid.");
    }
    if (!may_lock_for(request->session, request->principal)) {
        reply_error(reply, 1202, 16, 1, 1, "sys.xp_userlock",
                    "There is no principal '%s', or the user is no member of it.",
                    request->principal);
        return false;
    }
    return true;
}

static struct applock_request read_request(struct session *session,
                                           const struct sql_value *resource, const char *owner,
                                           const struct sql_value *principal)
{
    return (struct applock_request){
        .session = session,
        .database = session->database,
        .principal = argument_text(principal),
        .resource = argument_text(resource),
        .transaction_owned = text_equal_nocase(owner, "Transaction"),
    };
}

static bool run_getapplock(struct session *session, struct database *database,
                           struct sql_value *arguments, struct reply *reply, int *return_value)
{
    (void)database;
    const char *mode = argument_text(&arguments[1]), *owner = argument_text(&arguments[2]);
    struct applock_request request = read_request(session, &arguments[0], owner, &arguments[4]);
    int64_t timeout = argument_number(&arguments[3], session->lock_timeout_ms);

    *return_value = APPLOCK_BAD;
    request.modes = mode_named(mode);
    if (request.modes == 0) {
        return bad_option(reply, "sp_getapplock", 26, mode, "@LockMode");
    }
    if (!request.transaction_owned && !text_equal_nocase(owner, "Session")) {
        return bad_option(reply, "sp_getapplock", 39, owner, "@LockOwner");
    }
    if (request.transaction_owned && session->transaction_depth == 0) {
        reply_info(reply, 15626, 1, 52, "sp_getapplock",
                   "A transaction's application lock was asked for outside a transaction.");
        return true;
    }
    if (timeout < -1) {
        return bad_lock(reply, 1227, 2, "The time-out of an application lock is not valid.");
    }
    if (!check_names(&request, reply)) {
        return false;
    }
    *return_value = applock_take(&request, (int)timeout);
    return true;
}

static const struct procedure_parameter releaseapplock_parameters[] = {
    {.name = "@Resource",
     .type = {.kind = SQL_NVARCHAR, .length = 255, .nullable = true},
     .has_default = true},
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
    const char *owner = argument_text(&arguments[1]);
    const struct applock_request request =
        read_request(session, &arguments[0], owner, &arguments[2]);

    *return_value = APPLOCK_BAD;
    if (!request.transaction_owned && !text_equal_nocase(owner, "Session")) {
        return bad_option(reply, "sp_releaseapplock", 20, owner, "@LockOwner");
    }
    if (request.transaction_owned && session->transaction_depth == 0) {
        return bad_lock(reply, 3918, 1, "This needs a transaction of the user's.");
    }
    if (!check_names(&request, reply)) {
        return false;
    }
    *return_value = applock_give_back(&request);
    if (*return_value == APPLOCK_BAD) {
        reply_error(reply, 1223, 16, 1, 1, "sys.xp_userlock",
                    "The application lock (Database Principal: '%s', Resource: '%s') cannot be"
                    " released: it is not held.",
                    request.principal, request.resource);
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
