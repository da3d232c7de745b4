/* Views: what is known of one server (server view) and of the whole group (group view) at an
 * instant. Immutable once published, reference-counted, readable from any thread; the last
 * view_release frees. Views hold facts with their age; they never talk to a server.
 */
#ifndef STOPMARK_CORE_VIEW_H
#define STOPMARK_CORE_VIEW_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/config.h"
#include "core/model.h"

struct file_proof; /* core/proof.h */

/* What a server view consists of; each part is read, fails and ages on its own. */
enum view_part {
    PART_SERVER,    /* identity, clock, rights */
    PART_DATABASES, /* sys.databases and files */
    PART_ROSTER,    /* source with the management database */
    PART_HISTORY,   /* adm_BackupHistory or bts_LogShippingHistory */
    PART_BACKUPS,   /* msdb backupset, source */
    PART_MARKS,     /* msdb logmarkhistory, source */
    PART_SHIPPING,  /* destination: last restored set, bts_LogShippingDatabases */
    PART_RESTORES,  /* destination: msdb restorehistory */
    PART_JOBS,      /* Agent */
    PART_SETTINGS,  /* configuration, services */
    PART_FILES,     /* destination: backup files, proven one by one in the background */
    PART_KEYS,      /* certificates, what they protect, credentials */
    PART_LOGINS,    /* the server's logins */
    PART_INSIDE,    /* users, role, MarkLog's size, features: inside each database that is online */
    PART_LINKS,     /* linked servers, SQL Server's own log shipping */
    PART_VOLUMES,   /* free space */
    PART_REFERENCES, /* destination: the server names inside the databases that were restored */
    PART_COUNT
};

enum part_state {
    PART_NOT_ASKED,   /* does not apply to this server, or not yet */
    PART_READ,        /* the data is whole, as of as_of */
    PART_NOT_VISIBLE, /* a permission is missing: error.hint names the grant */
    PART_FAILED,      /* error says why; older data, if any, is kept */
};

struct part_status {
    enum part_state state;
    struct error error;
    int64_t read_monotonic_ms; /* when the data that is held was read; TIME_UNKNOWN = never */
};

/* Rows that only grow, in sealed chunks which successive views share. */
struct history_chunk {
    atomic_int references;
    size_t count;
    struct history_row *rows; /* ascending (set_id, backup_id) */
};

struct server_view {
    atomic_int references;
    /* who */
    char *name; /* the ini's */
    enum server_role role;
    bool has_management; /* source that hosts the management database */
    /* reachability */
    bool reachable;
    struct error error;           /* why not; the last failure while unreachable */
    enum server_life life;        /* of one that is unreachable: whether it lives all the same */
    int64_t as_of_utc_ms;         /* console's clock when this view's data was last confirmed */
    int64_t as_of_monotonic_ms;   /* TIME_UNKNOWN = never reached */
    bool from_disk;               /* a last good view of an earlier session; no live data yet */
    /* its clock: server time at as_of_monotonic_ms */
    int64_t server_utc_ms;        /* TIME_UNKNOWN = never read */
    int utc_offset_min;
    /* identity */
    char *server_name;    /* @@SERVERNAME; NULL = unknown */
    char *version;        /* "16.0.4236.2" */
    int version_major;
    char *edition, *collation, *machine;
    char *node; /* the machine that it runs on now: of a cluster, the active node */
    char *data_path; /* SERVERPROPERTY('InstanceDefaultDataPath'); NULL = not known */
    char *log_path;  /* SERVERPROPERTY('InstanceDefaultLogPath'); NULL = not known */
    bool case_sensitive, clustered;
    /* rights of the monitoring login */
    bool is_sysadmin, can_view_server_state, can_view_any_definition, can_read_headers;
    struct part_status parts[PART_COUNT];
    /* facts */
    struct database_row *databases;
    size_t databases_count, databases_capacity;
    struct file_row *files; /* of all its databases, as far as the login may see them */
    size_t files_count, files_capacity;
    struct roster_row *roster;
    size_t roster_count, roster_capacity;
    char *management_database; /* source with management; the server's spelling */
    char **computers;          /* adm_Server: the BizTalk computers of the group */
    size_t computers_count, computers_capacity;
    struct history_chunk **history; /* ascending */
    size_t history_count, history_capacity;
    int64_t history_swept_monotonic_ms; /* oldest row's last re-read; TIME_UNKNOWN = never */
    struct msdb_backup *backups; /* newest 14 days or since the oldest history row */
    size_t backups_count, backups_capacity;
    struct mark_row *marks;
    size_t marks_count, marks_capacity;
    struct shipping_row *shipping;
    size_t shipping_count, shipping_capacity;
    int64_t last_restore_set; /* bts_LogShippingLastRestoreSet; 0 = none, -1 unknown */
    struct restore_row *restores;
    size_t restores_count, restores_capacity;
    struct job_row *jobs;
    size_t jobs_count, jobs_capacity;
    struct job_step_row *job_steps; /* by job and step */
    size_t job_steps_count, job_steps_capacity;
    struct job_schedule_row *job_schedules;
    size_t job_schedules_count, job_schedules_capacity;
    struct job_run *job_runs; /* a few of each job, newest first */
    size_t job_runs_count, job_runs_capacity;
    struct file_proof **proofs; /* ascending by path; one reference each */
    size_t proofs_count, proofs_capacity;
    struct surrounding_row *surroundings; /* of several parts, told apart by their kind */
    size_t surroundings_count, surroundings_capacity;
    bool agent_running_known, agent_running;
    int agent_starts_itself; /* 1, 0, -1 unknown */
    int max_degree_of_parallelism; /* -1 unknown */
    int ad_hoc_distributed_queries; /* 1, 0, -1 unknown */
    int force_full;                 /* adm_BackupSettings.ForceFull; -1 unknown */
    bool use_local_time_known, use_local_time; /* from the backup job's steps */
};

/* A fresh view with one reference and everything unknown; owned. */
struct server_view *server_view_new(const char *name, enum server_role role);
/* One more reference; returns view. NULL gives NULL. */
struct server_view *server_view_retain(struct server_view *view);
/* Gives one reference back; the last one frees. NULL is allowed. */
void server_view_release(struct server_view *view);

/* Rows in order, over the chunks: calls row(context, r) until it returns false. */
void server_view_each_history(const struct server_view *view,
                              bool (*row)(void *context, const struct history_row *r),
                              void *context);

/* The database of that name as the server's collation compares; NULL = not there. Borrowed. */
const struct database_row *server_view_database(const struct server_view *view, const char *name);

/* How many user databases of a server are looked into, the first by their ids: to ask each of
 * thousands would keep a server busy. */
enum { VIEW_LOOKED_INTO_MAX = 250 };

/* True for an online user database among those, not one in STANDBY; row: one of view->databases. */
bool server_view_looks_into(const struct server_view *view, const struct database_row *row);

/* What is known of the file that this destination would read at that path; NULL = never asked.
 * Borrowed (core/proof.h). */
const struct file_proof *server_view_proof(const struct server_view *view, const char *path);

/* Keeps a proof (takes one reference) in place of an older one of the same path. Only while the
 * view is being made. */
void server_view_put_proof(struct server_view *view, struct file_proof *proof);

/* Is there a login of that SID (hexadecimal, in any case; NULL: of none)? Only where PART_LOGINS was
 * read does false mean none. */
bool server_view_has_login(const struct server_view *view, const char *sid);

/* The first job with that function; NULL = none. Borrowed. */
const struct job_row *server_view_job(const struct server_view *view, enum job_function function);

/* The server's own time now: its clock when read, plus what the monotonic clock says has passed
 * since; TIME_UNKNOWN where it was never read or the server does not answer now. */
int64_t server_view_now_utc_ms(const struct server_view *view, int64_t now_monotonic_ms);

/* --- derived facts of the group -------------------------------------------------------------- */

/* A database that must reach the mark, and where. Pure: core/roster.c. */
struct roster_entry {
    char *source_server;   /* BizTalk's spelling */
    char *database;        /* name at the source and, unless renamed, at the destination */
    enum database_use use;
    int source;            /* index of its server in group_view.servers, -1 = not configured */
    int destination;       /* index of its server in group_view.servers, -1 = none or two: error */
    bool left_out;
    char *problem;         /* NULL = fine; else why no destination is certain */
    /* where it stands at its destination */
    enum database_state state; /* STATE_ABSENT where it is not there */
    bool state_known;          /* false: the destination was never read */
    bool standby;
    struct lsn redo_lsn;       /* unknown where not RESTORING or not visible */
    bool redo_visible;         /* the login sees its files: an unknown redo_lsn then means none */
    int64_t applied_set;       /* newest log set applied whole; 0 = none known */
    char *at_mark;  /* restorehistory's mark, or STOPAT's time, if its last restore stopped; or NULL */
    struct lsn restored_first_lsn, restored_last_lsn; /* of the last backup restored; or unknown */
    bool is_master_message_box;
    bool mark_log_newer;       /* not used by monitoring; set by the executor's own look */
};

enum file_state { FILE_UNCHECKED, FILE_PROVEN, FILE_MISSING, FILE_CORRUPT, FILE_DENIED };

/* One database's file in a set. present = false: the set has none for it. */
struct set_file {
    bool present;
    char *path;      /* as its destination must open it (moved files mapped); owned */
    char *as_backed_up;
    enum file_state state;
    enum evidence evidence; /* of the LSNs */
    struct lsn first_lsn, last_lsn, checkpoint_lsn;
    struct lsn fork_point_lsn; /* where its first fork turns into its last; unknown = one fork */
    char set_guid[37], family_guid[37], first_fork_guid[37], last_fork_guid[37];
    bool bulk_logged, damaged;
    int position;    /* of its backup in the file, by its header; 0 = not known (1 is usual) */
    int64_t size_bytes; /* SIZE_UNKNOWN */
    bool imported;      /* the destination's history has the row */
    bool restored;      /* the destination's table says so */
    struct lsn mark_lsn; /* of the set's mark in this database; unknown without logmarkhistory */
    int64_t mark_time_utc_ms; /* logmarkhistory's; TIME_UNKNOWN */
    bool mark_absent; /* logmarkhistory was read and has no row of the set's mark for it */
};

/* A file that the history does not know, by its header as a destination that will read it sees it
 * (--add-file): never by its name. Its set_file has path, LSNs and guids. */
struct added_file {
    struct set_file file;
    int destination; /* index into group_view.servers: the one that opened it */
    char *problem;   /* why that one cannot read it; the rest is then unknown; NULL = it can */
    char *database;  /* the header's */
    enum set_kind kind;
    int entry;       /* index into roster that it belongs to; -1 = to none */
};

/* A database that sets of the group hold, but that is none of the roster: it left the group, or it
 * came after the group's tables were last seen. Between those sets the group was not whole without
 * it. */
struct former_database {
    char *server; /* as the job wrote it; NULL = not said */
    char *database;
    enum database_use use;       /* by its name */
    int64_t first_set, last_set; /* that hold a file of it */
    bool left_out;
};

struct backup_set {
    int64_t id;
    enum set_kind kind;
    bool complete, in_progress;
    char *mark; /* NULL on full sets */
    int64_t time_utc_ms; /* mark time (log) or start (full); TIME_UNKNOWN = undecidable */
    int64_t finished_utc_ms; /* its last backup's end by msdb; TIME_UNKNOWN */
    struct set_file *files; /* one for each roster entry, same index */
    size_t databases, databases_expected;
    int64_t size_bytes; /* of the known files; SIZE_UNKNOWN = none known */
    enum chain_state chain;
    enum set_standing *standings; /* one for each destination, in group_view.destinations order */
};

/* A mark and how every database of the roster could reach it. Pure: core/marks.c. */
struct mark_route {
    enum route route;
    enum evidence evidence; /* the weakest on the way */
    char *reason;           /* why not a better route; NULL = nothing to say */
};

struct mark {
    char *name;
    size_t set; /* index into group_view.sets */
    int64_t time_utc_ms;
    bool reachable, by_roll_forward; /* by every database; at-mark counts as roll forward */
    enum route worst;
    enum evidence evidence;
    int64_t data_loss_ms; /* DURATION_UNKNOWN */
    int64_t restore_ms;   /* DURATION_UNKNOWN */
    struct mark_route *routes; /* one for each roster entry */
    char **reasons;            /* owned array of owned texts: SERVER/database: why */
    size_t reasons_count, reasons_capacity;
};

struct lag_entry { /* one for each roster entry */
    int64_t last_set;   /* newest log set applied; 0 = none */
    int lag_sets;       /* complete log sets newer than that; -1 unknown; 1 is healthy */
    int64_t lag_ms;     /* source now - mark time of last_set; DURATION_UNKNOWN */
};

struct group_lag {
    int64_t backup_age_ms, import_ms, apply_ms; /* DURATION_UNKNOWN */
    int worst_sets;                             /* -1 unknown */
};

struct readiness {
    enum verdict verdict; /* OK: yes; WARNING: yes, but; CRITICAL: no; UNKNOWN: cannot tell */
    bool possible;
    bool live;            /* the destinations are the production already: nothing is to be restored */
    int newest, rule;     /* index into group_view.marks, -1 = none; live: the mark it stands at */
    int newest_any;       /* the newest that can be reached at any price; -1 = none */
    int64_t rates_age_ms; /* how old the measurements behind restore_ms are; DURATION_UNKNOWN */
    int64_t data_loss_ms, restore_ms;
    enum loss_basis loss_basis;
    enum evidence evidence;
    char **reasons; /* owned; the worst first, each with a next action */
    size_t reasons_count, reasons_capacity;
};

struct check_result {
    const char *id;      /* static, from the rule table */
    enum verdict verdict;
    char *where;         /* server, SERVER/database, "set N" or ""; owned */
    char *text, *remedy; /* owned */
    char *topic;         /* what it is known by from view to view: the text without what changes */
    /* of VERDICT_ACKNOWLEDGED alone (core/acknowledge.h) */
    enum verdict accepted; /* the rule's own verdict */
    char *by, *reason;
    int64_t at_utc_ms, until_utc_ms;
};

/* Whether BackupDateTime and the stamps in mark names are UTC: found out, never guessed. */
enum stamp_zone { STAMP_UNDECIDED, STAMP_UTC, STAMP_LOCAL };

/* How fast restores were, measured from restorehistory. Pure: core/rates.c. */
struct restore_rates {
    double full_bytes_per_ms, log_bytes_per_ms; /* 0 = unknown */
    int64_t statement_ms;    /* a RESTORE's own time beside its bytes */
    int64_t age_ms;          /* of the newest measurement, on its server's clock;
                              * DURATION_UNKNOWN = none */
};

struct attestations; /* core/attest.h */

struct group_view {
    atomic_int references;
    const struct config *config;  /* borrowed; outlives all views */
    int64_t now_utc_ms;           /* console's clock when it was built */
    int64_t now_monotonic_ms;
    struct server_view **servers; /* retained; in the ini's order */
    size_t servers_count;
    int management;               /* index of the source with the management database, -1 */
    int *destinations;            /* indexes into servers */
    size_t destinations_count;
    bool sources_alive;           /* at least the management source answers now */
    bool any_source_alive;
    int64_t source_now_utc_ms;    /* live source clock, else TIME_UNKNOWN */
    int64_t source_last_seen_utc_ms; /* the last instant it was known alive, on its own clock */
    bool *down; /* one for each server: does not answer now (or is assumed not to) */
    bool *lives; /* one for each server: answers, or may live although it could not be read */
    enum stamp_zone stamp_zone;
    struct restore_rates rates;
    struct roster_entry *roster;
    size_t roster_count, roster_capacity;
    char **roster_problems;
    size_t roster_problems_count, roster_problems_capacity;
    struct former_database *formers; /* of the sets, not of the roster */
    size_t formers_count, formers_capacity;
    struct backup_set *sets; /* ascending by id */
    size_t sets_count, sets_capacity;
    struct added_file *added; /* beside the history; none but where assumed */
    size_t added_count, added_capacity;
    struct mark *marks; /* ascending by set */
    size_t marks_count, marks_capacity;
    struct lag_entry *lags; /* one for each roster entry */
    struct group_lag lag;
    struct check_result *checks;
    size_t checks_count, checks_capacity;
    struct readiness readiness;
    struct attestations *attestations; /* what people attested, owned; NULL = not read */
};

/* Builds the group view from server views (retained, in the configuration's order) by the pure
 * rooms roster, chain, marks, lag, readiness, checks. attested: what people said (core/attest.h),
 * copied; NULL where it was not read, which the checks say. now_*: the caller's clock. Owned by
 * the caller (one reference). */
struct group_view *group_view_build(const struct config *config, struct server_view *const *servers,
                                    size_t servers_count, const struct attestations *attested,
                                    int64_t now_utc_ms, int64_t now_monotonic_ms);

/* What-if and leave-out: the same, seen as if. Texts are borrowed for the call. */
struct group_assumptions {
    const char *const *assume; /* "file-missing=SET/DB", "server-down=NAME", "set-partial=SET" */
    size_t assume_count;
    const char *const *leave_out; /* database names */
    size_t leave_out_count;
    bool copies; /* as for copies beside the standby: no database is there yet */
    const struct added_file *added; /* files that the history does not know; entry is not used */
    size_t added_count;
};

/* group_view_build of the same servers and instant as view, under the assumptions. NULL with
 * *error (ERR_USAGE) where one names nothing that is there. Owned. */
struct group_view *group_view_assume(const struct group_view *view,
                                     const struct group_assumptions *assumptions,
                                     struct error *error);
struct group_view *group_view_retain(struct group_view *view);
void group_view_release(struct group_view *view);

#endif
