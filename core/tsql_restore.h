/* The plan's part of the room of T-SQL: the statements that change a database. Every function
 * appends one statement and answers false, the text then being of no use, where a name or a path
 * cannot be quoted safely. Recovery is always a statement of its own: no RESTORE built here from a
 * file ever recovers. Pure; any thread.
 */
#ifndef STOPMARK_CORE_TSQL_RESTORE_H
#define STOPMARK_CORE_TSQL_RESTORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/str.h"
#include "core/model.h"

struct tsql_move {
    const char *logical_name, *path; /* borrowed */
};

/* "STOPATMARK = N'mark'" or "STOPBEFOREMARK = ...", with AFTER N'time' where after_local_ms is not
 * TIME_UNKNOWN (the source's local time, milliseconds as if UTC). A mark that begins with "lsn:"
 * would be taken for an LSN and is refused. */
bool tsql_add_stop_clause(struct str *out, enum stop_kind stop, const char *mark,
                          int64_t after_local_ms);

/* "lsn:<decimal>", the name by which STOPATMARK and restorehistory know a place; owned. */
char *tsql_lsn_mark(struct lsn lsn);

/* "STOPATMARK = N'lsn:...'" or "STOPBEFOREMARK = ...", for a known LSN. Source: the documentation of
 * RESTORE's stop clauses. */
bool tsql_add_stop_lsn(struct str *out, enum stop_kind stop, struct lsn lsn);

/* RESTORE DATABASE ... FROM DISK|URL ... WITH NORECOVERY. Permission: CREATE ANY DATABASE, or
 * dbcreator, sysadmin or the owner where it exists. position: of the backup in the device, by its
 * header; 1 (the server's default) and 0 (not known) are not written. */
bool tsql_add_restore_database(struct str *out, const char *database, const char *device,
                               int position, const struct tsql_move *moves, size_t moves_count, bool replace);

/* RESTORE LOG ... WITH <stop_clause>, NORECOVERY. stop_clause as tsql_add_stop_clause made it.
 * moves: only of files that were added inside this log (else 3234). */
bool tsql_add_restore_log(struct str *out, const char *database, const char *device, int position,
                          const struct tsql_move *moves, size_t moves_count,
                          const char *stop_clause);

/* RESTORE DATABASE ... WITH STANDBY = N'undo_file', without FROM: makes it readable without ending
 * the roll forward. Refused where the backups are of an older version (3180); nothing is done then. */
bool tsql_add_restore_standby(struct str *out, const char *database, const char *undo_file);

/* RESTORE DATABASE ... WITH NORECOVERY, without FROM: shown to the operator, never sent by stopmark. A
 * database in STANDBY is RESTORING again where it stands, and shows its redo point. */
bool tsql_add_restoring(struct str *out, const char *database);

/* DROP DATABASE: shown to the operator after a rehearsal, never sent by stopmark. */
bool tsql_add_drop(struct str *out, const char *database);

/* RESTORE DATABASE ... WITH RECOVERY: the point of no return. */
bool tsql_add_recover(struct str *out, const char *database);

#endif
