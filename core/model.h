/* The words of the trade as plain types: enumerations with their contract names, and the rows that
 * servers deliver, decoded. No functions but name tables; no I/O; any thread.
 *
 * Texts are owned by what holds the row (a view, a plan) unless a comment says otherwise, and are
 * the server's spelling. NULL text = the server said NULL. Unknown numbers: TIME_UNKNOWN,
 * DURATION_UNKNOWN, lsn 0, SIZE_UNKNOWN.
 */
#ifndef STOPMARK_CORE_MODEL_H
#define STOPMARK_CORE_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/lsn.h"

#define SIZE_UNKNOWN (-1)

/* Enumerations whose names are a contract (CLI, JSON, journal). model_name(MODEL_x, value). */
enum server_role { ROLE_SOURCE, ROLE_DESTINATION };
enum set_kind { SET_FULL, SET_LOG };
enum evidence { EVIDENCE_NONE, EVIDENCE_HISTORY, EVIDENCE_MSDB, EVIDENCE_HEADER }; /* worst first */
enum route { /* best first; the group's route is the worst of its databases */
             ROUTE_AT_MARK,
             ROUTE_RECOVERED_AT_MARK,
             ROUTE_ROLL_FORWARD,
             ROUTE_FULL_RESTORE,
             ROUTE_UNREACHABLE,
};
enum situation {
    SITUATION_SOURCE_LOST,
    SITUATION_PLANNED_MOVE,
    SITUATION_REHEARSAL,
    SITUATION_MIGRATION
};
enum method { METHOD_DIRECT, METHOD_JOBS, METHOD_SCRIPT };
enum target_by { TARGET_NEWEST, TARGET_RULE, TARGET_CHOSEN };
enum stop_kind { STOP_AT, STOP_BEFORE };
enum verdict {
    VERDICT_OK,
    VERDICT_WARNING,
    VERDICT_CRITICAL,
    VERDICT_UNKNOWN,
    VERDICT_ACKNOWLEDGED
};
enum loss_basis { LOSS_LIVE, LOSS_LAST_SEEN };
enum chain_state { CHAIN_OK, CHAIN_BROKEN, CHAIN_REPAIRED };
enum set_standing { /* a set at one destination */
                    STANDING_APPLIED,
                    STANDING_SHIPPED,
                    STANDING_UNCHECKED,
                    STANDING_MISSING,
                    STANDING_CORRUPT,
                    STANDING_PARTIAL,
                    STANDING_IN_PROGRESS,
};
enum step_kind {
    STEP_RESTORE_FULL,
    STEP_RESTORE_LOG,
    STEP_PROVE,
    STEP_RECOVER,
    STEP_START_JOB, /* of no database: one of BizTalk's jobs was started; in journals only */
    /* on a source, in a planned move; never steps of a database's plan */
    STEP_JOB, /* an Agent job disabled, started, stopped or enabled */
    STEP_SINGLE_USER,
    STEP_OFFLINE,
    STEP_ONLINE, /* the way back: ONLINE, MULTI_USER */
};
enum step_state { STEP_PLANNED, STEP_SENT, STEP_DONE, STEP_FAILED, STEP_SKIPPED, STEP_UNKNOWN };
enum run_state {
    RUN_PLANNED,
    RUN_PREPARING,
    RUN_RESTORING,
    RUN_GATE,
    RUN_RECOVERING,
    RUN_VERIFYING,
    RUN_AFTER,
    RUN_DONE,
    RUN_PAUSED,
    RUN_FAILED,
    RUN_ABORTED,
};
enum job_function { /* what an Agent job is for, from its name and place */
                    JOB_OTHER,
                    JOB_BACKUP,
                    JOB_GET_HISTORY,
                    JOB_RESTORE_DATABASES,
                    JOB_RESTORE_TO_MARK,
                    JOB_BIZTALK, /* any other of BizTalk's own jobs */
};
enum job_outcome {
    OUTCOME_UNKNOWN,
    OUTCOME_FAILED,
    OUTCOME_SUCCEEDED,
    OUTCOME_RETRY,
    OUTCOME_CANCELLED
};
/* sys.databases.state; the numbers are SQL Server's. */
enum database_state {
    STATE_ONLINE = 0,
    STATE_RESTORING = 1,
    STATE_RECOVERING = 2,
    STATE_RECOVERY_PENDING = 3,
    STATE_SUSPECT = 4,
    STATE_EMERGENCY = 5,
    STATE_OFFLINE = 6,
    STATE_ABSENT = 100, /* not there, or not visible to the login */
};
enum recovery_model { MODEL_UNKNOWN = 0, MODEL_FULL = 1, MODEL_BULK_LOGGED = 2, MODEL_SIMPLE = 3 };
enum database_use { /* the group's role of a database */
                    USE_MANAGEMENT,
                    USE_MESSAGE_BOX,
                    USE_TRACKING,
                    USE_SSO,
                    USE_BAM_PRIMARY_IMPORT,
                    USE_BAM_ALERTS,
                    USE_RULE_ENGINE,
                    USE_CUSTOM,
                    USE_BAM_STAR_SCHEMA,
                    USE_BAM_ARCHIVE,
                    USE_BAM_ANALYSIS,
                    USE_TRACKING_ANALYSIS,
                    /* BizTalk's tables may not be read, and its name tells nothing */
                    USE_UNKNOWN,
};

enum server_life { /* of one that could not be read or logged in to */
                   LIFE_NONE,    /* nothing of it answers */
                   LIFE_SILENT,  /* its port takes connections and nothing behind it answers */
                   LIFE_UNTOLD,  /* its host answers, itself it could not be asked */
                   LIFE_ANSWERS, /* it speaks TDS, whatever becomes of a login */
};

/* Contract names ("roll-forward", "source-lost"), static; "?" for a value outside the table. */
const char *server_role_name(enum server_role value);
const char *set_kind_name(enum set_kind value);
const char *evidence_name(enum evidence value); /* EVIDENCE_NONE: NULL (JSON null) */
const char *route_name(enum route value);
const char *situation_name(enum situation value);
const char *method_name(enum method value);
const char *target_by_name(enum target_by value);
const char *stop_kind_name(enum stop_kind value);
const char *verdict_name(enum verdict value);
const char *loss_basis_name(enum loss_basis value);
const char *chain_state_name(enum chain_state value);
const char *set_standing_name(enum set_standing value);
const char *step_kind_name(enum step_kind value);
const char *step_state_name(enum step_state value);
const char *run_state_name(enum run_state value);
const char *job_function_name(enum job_function value);
const char *job_outcome_name(enum job_outcome value);
const char *database_state_name(enum database_state value); /* "ONLINE", as the server says */
const char *recovery_model_name(enum recovery_model value);
/* What that means for who needs the server dead: words behind "the source X "; static. */
const char *server_life_text(enum server_life value);
const char *database_use_name(enum database_use value); /* words for people: "Management" */
const char *database_use_usage(enum database_use value); /* "high read/write", "" = not documented */
bool database_use_is_runtime(enum database_use value);   /* runtime operations work with it */
bool database_use_may_be_left_out(enum database_use value); /* BizTalk Server runs without it */

/* The inverse; false and *value untouched for an unknown name. */
bool situation_from_name(enum situation *value, const char *name);
bool method_from_name(enum method *value, const char *name);
bool run_state_from_name(enum run_state *value, const char *name);
bool step_kind_from_name(enum step_kind *value, const char *name);
bool step_state_from_name(enum step_state *value, const char *name);
bool target_by_from_name(enum target_by *value, const char *name);
bool route_from_name(enum route *value, const char *name);
bool evidence_from_name(enum evidence *value, const char *name);
bool stop_kind_from_name(enum stop_kind *value, const char *name);
bool loss_basis_from_name(enum loss_basis *value, const char *name);
bool database_use_from_name(enum database_use *value, const char *name);

/* --- rows ----------------------------------------------------------------------------------- */

/* One row of adm_BackupHistory (source) or bts_LogShippingHistory (destination). */
struct history_row {
    int64_t backup_id; /* 0 where the table has none (destination) */
    int64_t set_id;
    enum set_kind kind;
    bool complete;
    char *mark; /* NULL on full sets */
    char *database;
    char *server; /* as the job wrote it: may be an alias or NAME,5000; may be NULL */
    char *file_name;
    char *location;   /* folder, UNC or URL, with or without a final separator */
    int64_t stamp_ms; /* BackupDateTime as it stands: UTC or local, see mark time */
    bool restored;    /* destination only */
    int64_t restored_stamp_ms;
};

/* One log or full backup known to a server's msdb, joined with its device path. */
struct msdb_backup {
    int64_t backup_set_id;
    char *database;
    char *path; /* physical_device_name as the taking server saw it */
    char type;  /* 'D' full, 'L' log, ... */
    bool copy_only, damaged, bulk_logged, has_checksums;
    struct lsn first_lsn, last_lsn, checkpoint_lsn, database_backup_lsn, fork_point_lsn;
    char family_guid[37], first_fork_guid[37], last_fork_guid[37], set_guid[37];
    int64_t start_utc_ms, finish_utc_ms; /* converted by the server's offset */
    int64_t size_bytes, compressed_size_bytes;
    char *user_name, *software; /* who took it: for finding a chain thief; may be NULL */
};

/* One row of the source's msdb.dbo.logmarkhistory. */
struct mark_row {
    char *database;
    char *mark; /* case-sensitive, always */
    struct lsn lsn;
    int64_t time_utc_ms;
};

/* One row of a destination's msdb.dbo.restorehistory, joined with backupset. */
struct restore_row {
    int64_t restore_history_id;
    char *database;
    char type; /* 'D' or 'L' */
    int64_t finished_utc_ms;
    char *stop_at_mark; /* of a STOPAT its time, which no mark is called; NULL = no stop clause */
    char set_guid[37];  /* of the backup restored; "" = unknown */
    struct lsn first_lsn, last_lsn;
    int64_t size_bytes;
    char *path; /* device it was read from; may be NULL */
};

struct database_row {
    char *name;
    int database_id;
    enum database_state state;
    bool standby, read_only, encrypted, in_availability_group, mirrored;
    enum recovery_model recovery_model;
    int64_t created_utc_ms;
    int64_t size_bytes;   /* SIZE_UNKNOWN where files are not visible */
    struct lsn redo_lsn;  /* unknown unless RESTORING and visible */
    bool files_visible;   /* sys.master_files showed its files */
    char family_guid[37]; /* "" = not visible */
    char *collation;
    int has_mark_log;        /* 1, 0, -1 could not look */
    int has_marking_objects; /* procedures of the set-up scripts; 1, 0, -1 */
    int64_t sessions;        /* user sessions in it; -1 not visible */
    char *availability;      /* what mirroring says: role, state, partner; NULL = not mirrored */
};

/* One file of a database, from sys.master_files. */
struct file_row {
    int database_id;
    char *name; /* logical */
    char *path;
    bool is_log;
    int64_t size_bytes;
    struct lsn create_lsn; /* unknown for the files that the database was made with */
};

struct job_row {
    char *name;
    char job_id[37];
    enum job_function function;
    bool enabled;
    bool running;
    int64_t running_since_utc_ms;
    enum job_outcome last_outcome;
    int64_t last_run_utc_ms;
    int64_t last_duration_ms, usual_duration_ms;
    int64_t next_run_utc_ms;
    char *message; /* of the last outcome */
    char *steps;   /* the commands of all steps, joined by newlines; for @UseLocalTime and paths */
    char *running_step; /* "2 MarkAndBackupLog", as the last step that ended says; NULL = none */
};

/* One of the newest runs of a job, from Agent's history. */
struct job_run {
    char job_id[37];
    int64_t started_utc_ms, duration_ms;
    enum job_outcome outcome;
    char *message;
};

/* One step of an Agent job, whole, so that it can be made again. */
struct job_step_row {
    char job_id[37];
    int step_id;
    char *name, *subsystem, *command, *database;
    int on_success, on_success_step, on_fail, on_fail_step; /* msdb's numbers */
    int retries, retry_interval_min;
};

/* One schedule of an Agent job; all numbers are msdb's. */
struct job_schedule_row {
    char job_id[37];
    char *name;
    bool enabled;
    int type, interval, subday_type, subday_interval, relative, recurrence;
    int start_date, end_date, start_time, end_time;
};

/* One row of admv_BackupDatabases, with the use found in adm_Group and its sisters. */
struct roster_row {
    char *server; /* as BizTalk's tables spell it */
    char *database;
    enum database_use use;
    bool in_backup_job; /* false: backed up by other means, never restored to a mark */
    bool is_master_message_box;
    char *listed_as; /* adm_OtherBackupDatabases.DefaultDatabaseName; NULL = not listed there */
};

/* What stands around the databases of a server. */
enum surrounding {
    SURROUNDING_ENCRYPTION_KEY, /* database; detail: thumbprint of its protector (TDE) */
    SURROUNDING_CERTIFICATE,    /* name, detail: thumbprint, moment: expiry, number: days since its
                                 * private key was backed up there (-1 = never) */
    SURROUNDING_BACKUP_KEY,     /* database; detail: thumbprint that encrypted its backups */
    SURROUNDING_CREDENTIAL,     /* name */
    SURROUNDING_LOGIN,          /* name, detail: SID, flag: disabled, number: 1 of SQL Server, 2 of
                                 * Windows, 3 a group of Windows; database: its password's hash in
                                 * hex where the monitoring login may see it, never to be shown */
    SURROUNDING_USER,           /* database, name, detail: SID */
    SURROUNDING_BACKUP_ROLE,    /* database: it has the role BTS_BACKUP_USERS, number: members */
    SURROUNDING_MARK_LOG,       /* database; number: rows of MarkLog */
    SURROUNDING_FEATURE,        /* database, name: a feature that needs a certain edition */
    SURROUNDING_LINKED_SERVER,  /* name, detail: data source, flag: RPC out, number: data access */
    SURROUNDING_NATIVE_SHIPPING, /* database; detail: primary or secondary */
    SURROUNDING_VOLUME,         /* name: "E:\", number: bytes free */
    SURROUNDING_REFERENCE,      /* database, name: "adm_Group.TrackingDBServerName", detail: what
                                 * stands there; only where that database was restored */
};

struct surrounding_row {
    enum surrounding kind;
    char *name, *detail, *database; /* NULL where the kind has none */
    int64_t number;                 /* -1 = NULL */
    int64_t moment_utc_ms;
    bool flag;
};

/* bts_LogShippingDatabases */
struct shipping_row {
    char *server; /* source server; may be NULL */
    char *database;
    char *full_location, *log_location; /* DBFileLocation, LogFileLocation; NULL = as backed up */
};

#endif
