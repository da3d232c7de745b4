/* Administrative statements: what the parser found, and the estate's functions that carry them
 * out. Each writes its messages to the session's reply with the numbers, severities and order of
 * SQL Server 2022, and its DONE tokens. They return false after an error.
 */
#ifndef STOPMARK_LAB_ADMIN_H
#define STOPMARK_LAB_ADMIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/lab/estate.h"
#include "tests/lab/reply.h"

enum restore_kind {
    RESTORE_DATABASE,
    RESTORE_LOG,
    RESTORE_HEADERONLY,
    RESTORE_FILELISTONLY,
    RESTORE_LABELONLY,
    RESTORE_VERIFYONLY,
};

enum restore_end { RESTORE_END_DEFAULT, RESTORE_RECOVERY, RESTORE_NORECOVERY, RESTORE_STANDBY };
enum restore_stop { RESTORE_STOP_NONE, RESTORE_STOPAT, RESTORE_STOPATMARK, RESTORE_STOPBEFOREMARK };

struct restore_move {
    char logical_name[129];
    char path[261];
};

struct restore_statement {
    enum restore_kind kind;
    char database[129]; /* "" where the kind has none */
    char *device;       /* FROM DISK/URL; owned by the tree; NULL = no FROM */
    bool device_is_url, device_is_name; /* a name: a logical backup device */
    enum restore_end end;
    char standby_file[261];
    bool replace, restart, checksum, no_checksum, continue_after_error, keep_replication, keep_cdc,
        restricted_user, load_history;
    int file_position; /* 0 = not given */
    int stats_percent; /* 0 = not given, then 10 */
    enum restore_stop stop;
    char stop_name[260];   /* mark name, "lsn:..." */
    int64_t stop_at_ticks; /* STOPAT: local datetime ticks, see value.h */
    bool has_after;
    int64_t after_ticks;
    struct restore_move moves[16];
    size_t moves_count;
    int line; /* of the statement in its batch, for messages */
};

struct backup_statement {
    bool log; /* else database */
    char database[129];
    char *device; /* owned by the tree */
    bool differential;
    bool device_is_url, compression, checksum, copy_only, init, format, norecovery, no_truncate;
    char name[129], description[256];
    int stats_percent, line;
};

enum alter_database_action {
    ALTER_RECOVERY_MODEL,
    ALTER_USER_ACCESS,
    ALTER_OFFLINE,
    ALTER_ONLINE,
    ALTER_READ_ONLY,
    ALTER_READ_WRITE,
};

struct alter_database_statement {
    char database[129];
    enum alter_database_action action;
    int value; /* recovery model or user access */
    bool rollback_immediate;
    bool current; /* ALTER DATABASE CURRENT */
    int line;
};

struct check_statement { /* DBCC CHECKDB */
    char database[129];
    bool physical_only, no_infomsgs, all_errormsgs;
    int line;
};

bool admin_check_database(struct session *session, const struct check_statement *statement,
                          struct reply *reply);
bool admin_restore(struct session *session, const struct restore_statement *statement,
                   struct reply *reply);
bool admin_backup(struct session *session, const struct backup_statement *statement,
                  struct reply *reply);
bool admin_alter_database(struct session *session, const struct alter_database_statement *statement,
                          struct reply *reply);
bool admin_drop_database(struct session *session, const char *name, int line, struct reply *reply);
bool admin_kill(struct session *session, int spid, int line, struct reply *reply);

#endif
