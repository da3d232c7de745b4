/* stopmark.ini, read and checked as a whole: all errors at once, each with its line, what was
 * expected and the nearest valid name; nothing starts on a half-read file. The options themselves
 * stand in core/options.def, which also feeds the sample and the manual page.
 *
 * Immutable after config_load; any thread may read it. No password is kept in it: only where to
 * get one (core/secret.h).
 */
#ifndef STOPMARK_CORE_CONFIG_H
#define STOPMARK_CORE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/model.h"

enum auth_kind { AUTH_SQL, AUTH_KERBEROS };
enum checkdb_kind { CHECKDB_NO, CHECKDB_PHYSICAL, CHECKDB_FULL };
enum encryption_kind { ENCRYPTION_OFF, ENCRYPTION_REQUEST, ENCRYPTION_REQUIRE };

/* Where a password comes from: exactly one is not NULL, or all are (prompt). */
struct password_source {
    char *command, *file, *environment;
};

struct config_login {
    enum auth_kind auth;
    char *user; /* NULL with Kerberos */
    struct password_source password;
};

struct config_server {
    char *name; /* as the section is written */
    int line;
    enum server_role role;
    char *host;
    int port; /* 0: by instance, or 1433 */
    char *instance;
    char **aliases;
    size_t aliases_count, aliases_capacity;
    struct config_login monitor, restore;
    bool has_restore_login;
    enum encryption_kind encryption;
    char *ca_file;
    bool restores_all; /* destination: restores = * */
    char **restores;   /* destination: names of source servers */
    size_t restores_count, restores_capacity;
    char *data_path, *log_path; /* destination: where files are placed anew; NULL = not said */
};

struct limit {
    int64_t warning_ms, critical_ms; /* DURATION_UNKNOWN = no limit */
};

struct config {
    char *path;
    char *group_name;
    char *management_database; /* default BizTalkMgmtDb */
    struct config_server *servers;
    size_t servers_count, servers_capacity;
    struct limit backup_age, import_lag, apply_lag, data_loss, restore_time;
    int64_t poll_ms;
    bool ascii, colour;
    char *theme;
    int escape_delay_ms;
    enum target_by target; /* a site's default: newest or rule */
    enum checkdb_kind checkdb; /* what VERIFY does beside MarkLog */
    char *journal_dir;     /* NULL = the state directory */
    char *runbook;         /* NULL = found beside stopmark.ini */
    char *state_dir;       /* resolved; created 0700 when first written */
    int lanes_per_server;
    char *rehearsal_prefix; /* of the copies' names */
    int64_t connect_timeout_ms, query_timeout_ms;
};

struct config_problem {
    int line; /* 0 = the file as a whole */
    char text[512];
};

struct config_problems {
    struct config_problem *items;
    size_t items_count, items_capacity;
};

/* The file to read: given (may be NULL), $STOPMARK_CONFIG, $XDG_CONFIG_HOME/stopmark/stopmark.ini,
 * /etc/stopmark/stopmark.ini; the first that is given or exists. Owned; NULL = none. */
char *config_find(const char *given);

/* Reads and checks path. NULL on error, with every problem in *problems (freed by
 * config_problems_free). Owned. */
struct config *config_load(const char *path, struct config_problems *problems);
void config_free(struct config *config);
void config_problems_free(struct config_problems *problems);

/* The effective configuration, defaults included, as the text of such a file; commands that give
 * passwords are masked. Owned. */
char *config_show(const struct config *config);

/* True if name is the server's section or one of its aliases; no case. */
bool config_server_has_name(const struct config_server *server, const char *name);

/* The server a name means: its section, its aliases, NAME,port and host forms; no case. Index or
 * -1. */
int config_server_find(const struct config *config, const char *name);

#endif
