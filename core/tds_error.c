#include "core/tds_error.h"

#include <stdio.h>

/* Source: SQL Server's message catalogue. */
static bool is_permission(int number)
{
    switch (number) {
    case 229:   /* object */
    case 230:   /* column */
    case 262:   /* statement */
    case 297:   /* the user does not have permission to perform this action */
    case 300:   /* server-wide permission */
    case 371:   /* VIEW SERVER STATE of newer versions */
    case 916:   /* no user in that database */
    case 2571:  /* DBCC */
    case 3110:  /* RESTORE */
    case 5011:  /* ALTER DATABASE */
    case 6102:  /* KILL */
    case 15247: /* procedures */
    case 15562: /* module */
        return true;
    default:
        return false;
    }
}

enum { LOST_DEADLOCK = 1205, LOCK_TIME_OUT = 1222 };

static const char *what_failed(int number)
{
    switch (number) {
    case 208:
        return "a table or view is not there";
    case 207:
        return "a column is not there";
    case 911:
        return "the database is not there";
    case LOST_DEADLOCK:
        return "the statement lost a deadlock";
    case LOCK_TIME_OUT:
        return "the statement gave up waiting for a lock";
    default:
        return NULL;
    }
}

enum error_code tds_error_classify(struct error *error, const struct error *failure,
                                   const char *permission)
{
    struct error out = *failure;
    const char *what = what_failed(failure->server_number);
    if (what)
        snprintf(out.what, sizeof out.what, "%s", what);
    if (is_permission(failure->server_number)) {
        out.code = ERR_PERMISSION;
        snprintf(out.what, sizeof out.what, "a permission is missing");
        if (permission)
            snprintf(out.hint, sizeof out.hint, "%s", permission);
    }
    if (error)
        *error = out;
    return out.code;
}

enum error_code tds_error_login(struct error *error, const struct error *failure)
{
    const char *hint = "see the server's error log";
    switch (failure->server_number) {
    case 18456:
        hint = "check user and password; the server's error log has the exact reason";
        break;
    case 18452:
        hint = "the server takes Windows logins only: use auth = kerberos";
        break;
    case 18470:
        hint = "the login is disabled";
        break;
    case 18486:
        hint = "the login is locked out";
        break;
    case 18487:
    case 18488:
        hint = "the password must be changed first";
        break;
    case 4060:
        hint = "the login's default database cannot be opened: ALTER LOGIN ... WITH "
               "DEFAULT_DATABASE = master";
        break;
    default:
        break;
    }
    struct error out = *failure;
    out.code = ERR_LOGIN_REFUSED;
    snprintf(out.what, sizeof out.what, "the server refused the login");
    snprintf(out.hint, sizeof out.hint, "%s", hint);
    if (error)
        *error = out;
    return out.code;
}

bool tds_error_passes(const struct error *error)
{
    return error->server_number == LOST_DEADLOCK || error->server_number == LOCK_TIME_OUT;
}
