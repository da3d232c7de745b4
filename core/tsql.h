/* The room of T-SQL: every statement that this program can send stands in core/tsql*.c, named, with
 * the permission that it needs. Reading statements are constants (struct query), so that nobody
 * else can make one; statements that write are built by named functions out of quoted parts.
 *
 * One function quotes identifiers, one quotes strings; nothing else builds SQL out of names. What
 * cannot be quoted safely is refused, never cut. Pure; any thread.
 */
#ifndef STOPMARK_CORE_TSQL_H
#define STOPMARK_CORE_TSQL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/str.h"
#include "core/lsn.h"
#include "core/view.h"

/* --- quoting ---------------------------------------------------------------------------------- */

/* Appends [name] with ] doubled; newlines and every other character stand in it as they are. False,
 * appending nothing, unless name is 1 to 128 UTF-16 units of valid UTF-8. Source: SQL Server's rules
 * for delimited identifiers. */
bool tsql_add_identifier(struct str *out, const char *name);

/* Appends N'text' with ' doubled. False, appending nothing, unless text is at most 4000 UTF-16
 * units of valid UTF-8 without a backslash right before a line end (T-SQL drops both). */
bool tsql_add_string(struct str *out, const char *text);

/* Appends the decimal digits of a known LSN; false for an unknown one. */
bool tsql_add_lsn(struct str *out, struct lsn lsn);

/* Appends DISK = N'path', or URL = N'path' for an address (http...). False, appending nothing of
 * use, where it is empty or longer than a device may be. */
bool tsql_add_device(struct str *out, const char *path);

/* The number of UTF-16 units of text; -1 where it is not valid UTF-8. */
int tsql_length(const char *text);

/* --- reading statements ----------------------------------------------------------------------- */

enum tsql_argument_kind {
    ARGUMENT_INTEGER,
    ARGUMENT_IDENTIFIER, /* [name]: a database, a table */
    ARGUMENT_COLUMN,     /* [name], or NULL where the table lacks that optional column */
    ARGUMENT_STRING,     /* N'text' */
    ARGUMENT_TIME,       /* integer: ms without zone -> N'2026-11-20T12:00:00.000' */
    ARGUMENT_DEVICE,     /* DISK = N'path', or URL = N'https://...' */
};

struct tsql_argument {
    enum tsql_argument_kind kind;
    const char *text; /* borrowed */
    int64_t integer;
};

/* A reading statement; $1 to $9 in its text stand for arguments. */
struct query {
    const char *name;       /* "history", for logs and tests */
    const char *text;       /* T-SQL */
    const char *permission; /* the grant that it needs, for hints: "GRANT VIEW SERVER STATE TO ..." */
    enum view_part part;    /* what it feeds */
};

/* The text to send with its arguments put in; NULL where an argument cannot be quoted or is
 * missing. Owned. */
char *tsql_render(const struct query *query, const struct tsql_argument *arguments, size_t count);

/* Sent first on every connection: ANSI options, language, a short lock time-out, low deadlock
 * priority, READ COMMITTED, no implicit transactions. For readers. */
extern const struct query query_reader_session;

/* The same for a connection that restores: normal deadlock priority, lock time-out in ms as $1. */
extern const struct query query_writer_session;

/* The options alone, for scripts that people run: lock time-out in ms as $1. Never sent by us. */
extern const struct query query_script_session;

/* The collector's statements; each states its columns where it stands in core/tsql_read.c. */
extern const struct query query_server, query_rights, query_services, query_configurations;
extern const struct query query_databases, query_files, query_recovery_status, query_mirroring,
    query_sessions;
extern const struct query query_marking_objects;  /* $1 database */
extern const struct query query_columns;          /* $1 database: columns of BizTalk's tables */
extern const struct query query_roster, query_group, query_message_boxes, query_other_databases;
extern const struct query query_computers;        /* $1 management database */
extern const struct query query_backup_settings;  /* $1 management database, $2 table */
extern const struct query query_source_bounds;    /* $1 management database */
extern const struct query query_source_history;   /* $1 database, $2 first, $3 last set, $4 ServerName */
extern const struct query query_destination_bounds;
extern const struct query query_destination_history; /* $1 first, $2 last set, $3.. optional columns */
extern const struct query query_last_restore_set, query_shipping_databases;
extern const struct query query_backups;  /* $1 highest backup_set_id known, $2 oldest start, local */
extern const struct query query_marks;    /* $1 oldest mark_time, local */
/* What the stop clause of restorehistory r named; STOPAT a time, which is no mark of a set: either may
 * have stopped inside. NULL = no stop clause. */
#define TSQL_STOP_OF_RESTORE "COALESCE(r.stop_at_mark_name, CONVERT(nvarchar(33), r.stop_at, 126))"
extern const struct query query_restores; /* $1 highest restore_history_id known, $2 oldest, local */
extern const struct query query_jobs, query_job_steps, query_job_outcomes, query_job_activity,
    query_job_history, query_failed_steps, query_job_schedules;

/* What the destination says of a backup file; $1 device, $2 (but for HEADERONLY, which lists them
 * all) the backup's position in it. Columns: core/proof.h takes them by name.
 * VERIFYONLY reads the whole file. */
extern const struct query query_header_only, query_file_list_only, query_verify_only;

/* What stands around the databases; core/tsql_surroundings.c. */
extern const struct query query_encryption_keys, query_certificates, query_credentials;
extern const struct query query_backup_keys; /* $1 oldest start, local */
extern const struct query query_logins, query_linked_servers, query_native_shipping, query_volumes;
/* Server names inside a restored database: which columns of BizTalk's tables are there ($1
 * database); what stands in one ($1 database, $2 table, $3 column). */
extern const struct query query_reference_columns, query_references;
extern const struct query query_users, query_backup_role, query_mark_log_rows,
    query_features; /* $1 database */

/* All reading statements, for tests and for `stopmark grants`; static. */
const struct query *const *tsql_queries(size_t *count);

#endif
