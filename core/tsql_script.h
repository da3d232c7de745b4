/* The script method's part of the room of T-SQL: for each destination one script that takes its
 * databases to the mark and proves them there, and one that recovers them. Both are plain T-SQL in
 * a single batch, for SSMS, sqlcmd, tsql and bsqldb alike: tools go on behind a failed batch, so a
 * second batch could run although the first had stopped.
 *
 * Nothing is sent from here. Every script may be run again at any point. Pure; any thread.
 */
#ifndef STOPMARK_CORE_TSQL_SCRIPT_H
#define STOPMARK_CORE_TSQL_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/str.h"
#include "core/plan.h"
#include "core/tsql.h"

/* One pair of scripts; everything is borrowed. */
struct tsql_script {
    const struct plan *plan;
    const char *run;            /* names this making of the scripts; part of every code */
    const char *const *servers; /* @@SERVERNAME of every destination of the plan */
    const int *destinations;    /* their indices in the configuration, as plan_database has them */
    size_t servers_count;
    size_t server;         /* whose scripts */
    int64_t made_local_ms; /* that server's local time when the scripts were made */
};

/* True if a client tool takes the text as it is: no control characters (a line "GO" ends a batch
 * wherever it stands) and no "$(", which sqlcmd replaces. */
bool tsql_script_may_hold(const char *text);

/* The batch that restores, ends NORECOVERY, proves every database and prints the server's code.
 * Permission: that of the restore login. Owned; NULL where a name cannot be written. */
char *tsql_script_to_mark(const struct tsql_script *script);

/* The batch that refuses unless the codes of all destinations stand in it, proves again, reads
 * MarkLog in STANDBY where the plan can, recovers in order and verifies. Owned; NULL as above. */
char *tsql_script_recover(const struct tsql_script *script);

/* What both scripts consist of (core/tsql_script_parts.c); nobody else calls these. They append to
 * out; false where a name cannot be written. */
bool tsql_script_add_head(struct str *out, const struct tsql_script *script);
bool tsql_script_add_checks(struct str *out, const struct tsql_script *script);
/* Looks where a database stands: sets @state, @standby, @redo, @at_mark, @has, @later. */
bool tsql_script_add_look(struct str *out, const struct tsql_script *script,
                          const struct plan_database *database);
/* The code of a server as sixteen hexadecimal digits: a T-SQL expression. */
bool tsql_script_add_code(struct str *out, const struct tsql_script *script, size_t server);
void tsql_script_add_release(struct str *out);
/* Appends text with $1 to $9 put in. */
bool tsql_script_add(struct str *out, const char *text, const struct tsql_argument *arguments,
                     size_t count);

#endif
