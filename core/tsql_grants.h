/* The T-SQL that gives a login what stopmark needs, for an administrator to read and run; stopmark
 * never runs it. Part of the room of T-SQL. Pure; any thread.
 */
#ifndef STOPMARK_CORE_TSQL_GRANTS_H
#define STOPMARK_CORE_TSQL_GRANTS_H

#include <stdbool.h>

#include "core/model.h"

struct tsql_grants {
    const char *server; /* for the heading; borrowed, as all texts here */
    enum server_role role;
    const char *login;
    const char *management_database;
    bool proof;   /* headers of backup files may be read: the evidence "header" */
    bool restore; /* the restore login's rights instead of the monitor's */
};

/* The script for one server, lines ended by newlines, batches by GO; owned. NULL where a name
 * cannot be quoted. Source: the rights that SQL Server documents for each statement in core/tsql*. */
char *tsql_grants_script(const struct tsql_grants *grants);

#endif
