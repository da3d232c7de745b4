/* The simulated estate: instances, databases with their log, backup files, Agent, logins, clock.
 * Everything here is a model of what domain facts say of SQL Server; nothing knows of TDS or of
 * SQL text. All calls need lab_lock.
 *
 * A database's log is a *timeline*: an append-only list of records, each with an LSN. A backup
 * file points into a timeline (first_lsn .. last_lsn); restoring moves redo_lsn along it; the
 * content of a database that can be read is the replay of its timeline up to redo_lsn. Recovery
 * starts a new timeline (a fork) whose parent is the old one up to that LSN.
 */
#ifndef STOPMARK_LAB_ESTATE_H
#define STOPMARK_LAB_ESTATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/lab/session.h"
#include "tests/lab/value.h"

/* numeric(25,0): VLF * 10^15 + block * 10^5 + slot. Source: SQL Server's LSN format. */
__extension__ typedef unsigned __int128 lab_lsn;

/* 25 digits, zero padded; size >= 26. */
void lab_lsn_format(char *out, lab_lsn lsn);
bool lab_lsn_parse(lab_lsn *lsn, const char *digits);

enum record_kind {
    RECORD_CHANGE,
    RECORD_MARK,
    RECORD_CHECKPOINT,
    RECORD_FILE_ADDED,
    RECORD_OLD_HISTORY, /* change: a struct old_history (biztalk.h), replayed as its rows */
};

struct log_record {
    lab_lsn lsn;
    lab_lsn begin_lsn; /* RECORD_MARK: the first record of the marked transaction */
    enum record_kind kind;
    int64_t utc_ms;
    void *change; /* owned; RECORD_CHANGE: see engine_content_apply */
    size_t change_length;
    char mark[129]; /* RECORD_MARK: its name; case-sensitive */
};

/* The tables that a database has, kept apart from the engine so that a database restored
 * elsewhere can be given the same ones. */
struct table_definition {
    char schema[129], name[129];
    struct sql_column *columns; /* owned */
    size_t columns_count, key;
    int identity;    /* -1 = none */
    char *view_text; /* owned; NULL = a table */
};

struct table_set {
    struct table_definition *items;
    size_t items_count, items_capacity;
    bool marking_procedures, management_procedures; /* see struct database */
    bool backup_role_empty; /* the backup job's user was taken out of BTS_BACKUP_USERS */
};

struct timeline {
    struct timeline *parent; /* borrowed; NULL = the first of its family */
    lab_lsn fork_lsn;        /* where it left its parent */
    uint8_t family_guid[16], fork_guid[16];
    struct log_record *records;
    size_t records_count, records_capacity;
    lab_lsn next_lsn;
    struct table_set *tables; /* borrowed from the lab; a fork shares its parent's */
    const struct instance *origin; /* where its database was made: whose logins its users are */
    const struct instance *writer; /* whose clock and zone its records have */
};

/* sys.databases.state */
enum database_state {
    DATABASE_ONLINE = 0,
    DATABASE_RESTORING = 1,
    DATABASE_RECOVERING = 2,
    DATABASE_RECOVERY_PENDING = 3,
    DATABASE_SUSPECT = 4,
    DATABASE_EMERGENCY = 5,
    DATABASE_OFFLINE = 6,
};

enum { DATABASE_FILES = 8 };

struct database_file {
    int id; /* 1 = the primary one */
    char logical_name[129];
    char physical_name[261];
    bool is_log;
    int64_t size_bytes;
    lab_lsn create_lsn, drop_lsn; /* drop: 0 = still there */
    const struct timeline *path;  /* borrowed; its own recovery path; NULL = its database's */
};

struct database {
    struct instance *instance; /* borrowed */
    int id;
    char name[129];
    bool system; /* master, msdb, model, tempdb: no log of its own */
    enum database_state state;
    bool standby; /* ONLINE, read-only, more logs may follow */
    char undo_file[261];
    int recovery_model; /* 1 FULL 2 BULK_LOGGED 3 SIMPLE */
    int user_access;    /* 0 MULTI_USER 1 SINGLE_USER 2 RESTRICTED_USER */
    /* SINGLE_USER: who ended the others for it and holds the database wherever it goes; borrowed,
     * NULL = nobody */
    const struct session *single_user;
    int owner_id; /* the login that restored it as a new one, by principal_id; 0 = sa */
    int64_t created_utc_ms;
    struct timeline *timeline; /* borrowed from the lab; NULL for a system database */
    struct table_set *tables;  /* borrowed from the lab */
    lab_lsn redo_lsn;          /* RESTORING and STANDBY: where the next log must continue */
    lab_lsn last_log_backup_lsn; /* 0 = no chain of logs has begun */
    bool log_chain_is_new;       /* no log backup since it began */
    lab_lsn last_full_checkpoint_lsn;
    lab_lsn last_full_last_lsn;
    int64_t data_bytes;           /* what a full backup of it holds */
    int64_t log_bytes_per_s;      /* the application's traffic */
    int64_t traffic_until_utc_ms; /* up to when the timeline holds it */
    int64_t log_bytes_since_backup;
    uint8_t base_set_guid[16]; /* the full set that a differential must be based on */
    int content_major; /* RESTORING: the version that its full set came from; 0 = this server's */
    bool tail_backed_up, mid_full_restore;
    /* the checkpoint file of a full restore that was interrupted: what RESTART goes on from */
    char checkpoint_of[501];  /* the path of its backup */
    int checkpoint_percent;   /* how far it came */
    bool checkpoint_lost;     /* nobody can open it */
    bool read_only;
    bool encrypted;               /* TDE; its certificate's thumbprint is below */
    uint8_t tde_thumbprint[20];
    char availability_group[129]; /* that it belongs to; "" = none */
    bool jobs_uncompressed;       /* BizTalk's job backs it up without compression */
    bool native_log_shipping;     /* SQL Server's own, too */
    bool mirrored;                /* in database mirroring, which BizTalk does not support */
    bool is_secondary;            /* of a pair: the mirror, or on a secondary replica */
    /* what the next steps of a restore meet: sp_lab_database */
    bool file_not_restored, recovery_fails, files_disagree, steps_missing, continue_after_error;
    bool bad_page; /* a page that CHECKDB complains of */
    lab_lsn recover_from_lsn; /* RECOVERY is possible from here on; 0 = always */
    enum { CONDITION_NONE, CONDITION_NOT_RECOVERED, CONDITION_IN_TRANSITION, CONDITION_MIRROR }
        condition; /* why it cannot be opened though it is ONLINE */
    bool recovered_here;  /* it was brought online by a recovery on this instance */
    bool stopped_at_mark; /* redo_lsn lies inside a log because a stop clause was reached */
    char stopped_mark[129]; /* the name in that clause */
    struct database_file files[DATABASE_FILES];
    size_t files_count;
    uint8_t database_guid[16];
    /* procedures of the BizTalk set-up scripts that this database has: sp_SetMark, ... */
    bool has_marking_procedures, has_management_procedures, has_shipping_procedures;
    bool dropped;
};

/* A backup set in a file: appended sets have positions from 2. Files are found by the path that a
 * server opens; shares are visible to all instances, local paths only to their own. */
/* What is wrong with a file; the words are in file.c, what RESTORE says in restore_message.def. */
enum file_state {
    FILE_READABLE,
    /* it cannot be opened */
    FILE_MISSING,
    FILE_NO_FOLDER,
    FILE_DENIED,
    FILE_IN_USE,
    FILE_NO_SERVER,
    FILE_NO_SHARE,
    FILE_NO_LOGON,
    /* it holds no usable media family */
    FILE_CORRUPT,
    FILE_NOT_MTF,
    FILE_MTF_VERSION,
    FILE_EMPTY,
    FILE_END_MALFORMED,
    FILE_INCONSISTENT,
    FILE_STRIPED, /* one of two families */
    /* its content fails while it is restored */
    FILE_BAD_PAGE,
    FILE_READ_FAILS,
    FILE_SHORT,
    FILE_REDO_FAILS,
    FILE_LOG_HALTS,
};

struct backup_file {
    size_t index; /* in lab->files */
    uint32_t path_hash;
    char path[520];
    struct instance *local_to; /* NULL = a share */
    enum file_state state;
    int position;
    bool overwritten; /* a later BACKUP wrote its path anew */
    char type; /* 'D' full, 'L' log, 'I' differential */
    bool copy_only, damaged, has_checksums, uncompressed, bulk_logged, encrypted;
    bool begins_log_chain;
    bool unmarked; /* a stop at a mark is never reached in it */
    char name[129], description[256]; /* "" = NULL */
    uint8_t tde_thumbprint[20];
    char database_name[129];
    char server_name[129];
    struct timeline *timeline;
    lab_lsn first_lsn, last_lsn, checkpoint_lsn, database_backup_lsn;
    uint8_t set_guid[16], media_guid[16], database_guid[16];
    uint8_t base_set_guid[16]; /* a differential set: the full set that it is based on */
    int64_t database_created_utc_ms;
    int64_t start_utc_ms, finish_utc_ms; /* shown in the taking server's local time */
    int utc_offset_min;
    int64_t size_bytes, compressed_size_bytes;
    int major_version, build, database_version;
    struct database_file files[DATABASE_FILES];
    size_t files_count;
    struct database_file *files_written; /* owned: those that its BACKUP wrote, where another set's
                                          * list stands above; NULL = it is the list above */
    size_t files_written_count;
    lab_lsn chain_since_lsn; /* its log's chain was broken, and goes on from here; 0 = never */
    lab_lsn log_since_lsn;   /* its log was made anew here; 0 = never */
    int recovery_model, user_access;
    char user_name[129];
};

enum permission {
    PERMISSION_VIEW_SERVER_STATE = 1,
    PERMISSION_VIEW_ANY_DEFINITION = 2,
    PERMISSION_VIEW_ANY_DATABASE = 4,
    PERMISSION_CREATE_ANY_DATABASE = 8,
    PERMISSION_ALTER_ANY_DATABASE = 16,
    PERMISSION_ALTER_ANY_CONNECTION = 32,
    PERMISSION_SYSADMIN = 64,
    PERMISSION_CONNECT_ANY_DATABASE = 128, /* enters every database, reads none */
    PERMISSION_SELECT_ALL = 256,           /* reads what it may enter */
    PERMISSION_DBCREATOR = 512,            /* restores over databases that are not its own */
};

/* The server role: what CREATE ANY DATABASE alone is not. */
enum {
    ROLE_DBCREATOR =
        PERMISSION_DBCREATOR | PERMISSION_CREATE_ANY_DATABASE | PERMISSION_ALTER_ANY_DATABASE
};

/* Rights to an object, in the order of right_named. */
enum { RIGHT_SELECT = 1, RIGHT_INSERT = 2, RIGHT_UPDATE = 4, RIGHT_DELETE = 8 };

/* Roles of a user in its database. */
enum {
    USER_OWNER = 1,
    USER_DATA_READER = 2,
    USER_DATA_WRITER = 4,
    USER_AGENT = 8,
    USER_AGENT_READER = 16,
    USER_AGENT_OPERATOR = 32,
    USER_BACKUP = 64, /* BTS_BACKUP_USERS */
};

struct object_right {
    char schema[129], object[129];
    unsigned rights;
};

/* A login's user in a database. */
struct user {
    char *database; /* owned; "*" = in every database */
    unsigned roles;
    struct object_right *granted; /* owned */
    size_t granted_count, granted_capacity;
};

struct login {
    char name[129];
    uint8_t sid[16];
    int principal_id;
    int64_t created_utc_ms;
    char password[129];
    char use[12];         /* "monitor", "restore": what stopmark.ini writes it for; else "" */
    unsigned permissions; /* server-wide; sysadmin has all */
    struct user *users;   /* owned */
    size_t users_count, users_capacity;
    bool disabled;
    /* the password is right, and the login is refused: 18486, 18487, 18488 */
    enum { LOGIN_GOOD, LOGIN_LOCKED, LOGIN_EXPIRED, LOGIN_MUST_CHANGE } state;
    bool windows; /* not a SQL login: it cannot log in with a password */
};

struct instance {
    struct lab *lab; /* borrowed */
    char name[129];  /* @@SERVERNAME */
    char alias[129]; /* the name other servers know, where it differs; "" = the same */
    bool is_source;
    char restores[1040]; /* destination: the sources' names, commas between; "" = all */
    int major_version, minor_version, build; /* 16, 0, 4236 */
    char collation[129];
    bool case_sensitive;
    int clock_offset_ms, utc_offset_min;
    char cluster_nodes[4][65]; /* a failover cluster instance's; its owner first */
    size_t cluster_nodes_count;
    int port, listen_fd;
    bool stopped;                /* connections are refused and cut; jobs do not run */
    bool stalled;                /* connections are accepted and never answered */
    struct wire_settings *wire;  /* owned by the wire: encryption, faults of the line */
    struct engine *engine;       /* owned */
    struct database **databases; /* owned, by id; dropped ones stay until the end */
    size_t databases_count, databases_capacity;
    struct login *logins;
    size_t logins_count, logins_capacity;
    struct session *sessions;
    int next_spid;
    int next_backup_set_id, next_media_set_id, next_restore_history_id;
    int *known_set_ids; /* by backup_file.index: its backup_set_id in this msdb; 0 = not there */
    size_t known_set_ids_count;
    struct agent *agent;      /* owned; jobs.c */
    struct applock *applocks; /* owned; locks.c */
    char data_path[261], log_path[261];
    int64_t restore_bytes_per_s, backup_bytes_per_s, disk_free_bytes;
    struct folder *folders; /* owned: those that are not as folders should be; faults.h */
    size_t folders_count, folders_capacity;
    int64_t started_utc_ms;
    bool adhoc_distributed_queries, max_dop_one;
    char (*credentials)[261]; /* owned; their names */
    size_t credentials_count, credentials_capacity;
    bool has_certificate; /* the TDE certificate, its thumbprint below */
    uint8_t certificate_thumbprint[20];
    char edition[64];
    /* the group as the management database on this instance has it; NULL = not there; biztalk.h */
    struct biztalk_group *group;
    struct shipping *shipping; /* owned; a destination's import and restore; shipping.h */
};

/* Behaviour that no source confirms: one value each, every suite runs under all of them. */
struct switches {
#define X(name, default) bool name;
#include "tests/lab/switches.def"
#undef X
};

/* The switches of switches.def by their place; NULL behind the last. Borrowed. */
const char *switch_name(size_t index);
bool *switch_value(struct switches *switches, size_t index);
void switches_set_defaults(struct switches *switches);

/* How the definitions of BizTalk's shipping tables differ from the ones that the lab makes else. */
struct shipping_schema {
    bool without_source, reversed, extra; /* no SourceID; columns backwards; unknown ones around */
    unsigned without;                     /* columns of the history: bits by enum shipped_column */
    char last_set[40], server[40], database[40]; /* a column's other name; "" = the usual one */
};

struct lab {
    struct instance **instances;
    size_t instances_count, instances_capacity;
    struct backup_file **files;
    size_t files_count, files_capacity;
    struct timeline **timelines;
    size_t timelines_count, timelines_capacity;
    struct switches switches;
    double speed;            /* lab seconds a real second; 0 = stands */
    int64_t now_base_utc_ms; /* the lab's time at monotonic_base_ms */
    int64_t monotonic_base_ms;
    uint64_t random; /* seeded */
    char group_name[129];
    struct table_set **table_sets;
    size_t table_sets_count, table_sets_capacity;
    struct restore_record *restores; /* what the lab itself saw, for suites to assert */
    size_t restores_count, restores_capacity;
    struct agent_runner *runner; /* threads of running jobs; agent.c */
    struct shipping_schema shipping_schema;
    bool old_schema;              /* BizTalk's tables and jobs as older set-up scripts made them */
    bool share_full;              /* a BACKUP to any device meets a full disk */
    struct planted_fault *faults; /* owned; faults.h */
    size_t faults_count, faults_capacity;
};

/* One RESTORE that the lab carried out, from its first to its last moment. */
struct restore_record {
    char instance[129], database[129], login[129], application[129], kind[24], path[520];
    char stop_kind[24], stop_name[260], end[16]; /* end: RECOVERY, NORECOVERY, STANDBY */
    int64_t started_utc_ms, ended_utc_ms;        /* ended INT64_MIN: still running */
    bool succeeded, reached_stop;
    int error_number; /* the cause of a failure */
    lab_lsn redo_lsn; /* afterwards */
    /* The machine's monotonic clock in microseconds, INT64_MIN = not yet: when the reply with its
     * DONE went out, and when the same connection's next request had come. */
    int64_t done_sent_us, next_request_us;
};

/* --- clock ---------------------------------------------------------------------------------- */
int64_t lab_now_utc_ms(const struct lab *lab);
int64_t instance_now_utc_ms(const struct instance *instance); /* with its clock's error */
/* Moves a standing clock forward, running what becomes due in order. */
void lab_advance(struct lab *lab, int64_t duration_ms);

/* --- random, seeded: the same scenario and seed give the same estate -------------------------- */
uint64_t lab_random(struct lab *lab);
int64_t lab_random_between(struct lab *lab, int64_t low, int64_t high);
void lab_random_guid(struct lab *lab, uint8_t guid[16]);

/* --- look-up -------------------------------------------------------------------------------- */
struct instance *lab_instance(struct lab *lab, const char *name); /* NULL = none; no case */
struct database *instance_database(struct instance *instance, const char *name); /* by collation */
struct backup_file *lab_file(struct lab *lab, const struct instance *reader, const char *path);
/* The set at a position of the file (from 1); NULL = not there. */
struct backup_file *lab_file_at(struct lab *lab, const struct instance *reader, const char *path,
                                int position);
/* Puts a file into the state that a word names ("missing", "damaged", ...: file.c); false = no such
 * word. "readable" mends everything but the set itself. */
bool backup_file_set_state(struct backup_file *file, const char *word);
/* All the words, with a comma between. */
const char *backup_file_state_words(void);
struct login *instance_login(struct instance *instance, const char *name);

/* SERVERPROPERTY(name); NULL value for an unknown name. */
struct sql_value instance_property(const struct instance *instance, const char *name);

/* HAS_PERMS_BY_NAME(securable, class, permission): 1, 0 or -1 for NULL. */
int session_permission(const struct session *session, const char *securable, const char *class_name,
                       const char *permission);
bool session_is_sysadmin(const struct session *session);
int session_is_role_member(const struct session *session, const char *role); /* 1, 0, -1 NULL */
/* The session's login restored it as a new database: it is dbo there. */
bool session_owns(const struct session *session, const struct database *database);
/* USER_ bits in that database; all of them for a sysadmin and its owner. */
unsigned session_roles(const struct session *session, const struct database *database);

/* True if the database can be opened in its state (921, 922, 926, 927, 942, 945, 952, 954
 * otherwise): writes the error itself. */
bool database_may_open(const struct database *database, struct reply *reply);
/* And by this session (916, 923, 924 otherwise). */
bool session_may_use(struct session *session, struct database *database, struct reply *reply);

/* The other session that holds a database in SINGLE_USER; borrowed, NULL = it is free. Source:
 * captured: who ended others for it holds it even from master. */
const struct session *session_single_user(const struct session *session,
                                          const struct database *database);

/* Frees what a session that ends holds beyond its transaction: application locks, single-user
 * seats. Called by the wire after engine_session_close. */
void session_release(struct session *session);

/* --- the log -------------------------------------------------------------------------------- */
/* Appends a change record at the database's timeline and returns its LSN. Takes change. System
 * databases log nothing. */
lab_lsn database_log(struct database *database, void *change, size_t length);
/* BEGIN TRAN ... WITH MARK committed: the mark's record, and a row in msdb.dbo.logmarkhistory. */
void database_log_mark(struct session *session, struct database *database, const char *mark,
                       const char *description);
/* Makes a database that became readable hold what its timeline says up to its redo LSN. */
void database_materialise(struct database *database);

/* --- making an estate ------------------------------------------------------------------------ */
struct lab *lab_new(uint64_t seed, int64_t now_utc_ms);
void lab_free(struct lab *lab);
/* A running instance with its system databases and the login sa (no password: cannot log in). */
struct instance *lab_add_instance(struct lab *lab, const char *name);
/* An empty database; system ones have no timeline. path_folder may be NULL: the instance's. */
struct database *instance_add_database(struct instance *instance, const char *name, bool system);
/* A database that a restore left RESTORING. */
struct database *instance_add_restoring(struct instance *instance, const char *name,
                                        struct timeline *timeline);
struct login *instance_add_login(struct instance *instance, const char *name, const char *password,
                                 unsigned permissions);
void login_free(struct login *login);

/* --- a login's users, their roles and rights: login_user.c --------------------------------------
 */
/* The user that the backup job has in every database of the group, without a login of its own so
 * that a standby lacks none. */
#define BACKUP_JOB_USER "backup_job"

/* The user in that database ("*": in every one), made if it is not there, with these roles too.
 * Borrowed until the next call. */
struct user *login_add_user(struct login *login, const char *database, unsigned roles);
bool login_has_user(const struct login *login, const char *database);
unsigned login_roles(const struct login *login, const char *database); /* USER_ bits */
/* The bits of a role's name in that database; 0 = there is no such role. */
unsigned user_role(const struct database *database, const char *name);
/* Grants RIGHT_ bits to an object, or takes them. */
void user_set_rights(struct user *user, const char *schema, const char *object, unsigned rights,
                     bool grant);
/* The RIGHT_ bit of "SELECT", "INSERT", "UPDATE", "DELETE"; 0 = another word. */
unsigned right_named(const char *name);
/* RIGHT_ bits to an object: of a sysadmin and an owner all, of others what their roles give and
 * what was granted. guest has none. */
unsigned session_rights(const struct session *session, const struct database *database,
                        const char *schema, const char *object);
/* True if the catalog shows the object: there is a right to it, or VIEW ANY DEFINITION. */
bool session_sees(const struct session *session, const struct database *database,
                  const char *schema, const char *object);
/* True for a table that everybody may read: msdb's history, where its switch says so. */
bool is_public_history(const struct database *database, const char *schema, const char *name);
/* "good", "disabled", "locked", "expired", "must-change"; false = another word. */
bool login_set_state(struct login *login, const char *word);
/* A session's number: unused, 51 or more, fit for a smallint. */
int instance_take_spid(struct instance *instance);

const char *instance_known_as(const struct instance *instance); /* its alias or its name */

#endif
