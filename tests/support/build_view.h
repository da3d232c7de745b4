/* Building estates for cases: a configuration and server views as the collector would publish
 * them, made of few words. LSNs, paths, msdb rows, marks and restore history are kept consistent,
 * so that a case only says what is different. Frees everything in build_free.
 *
 * The world: sources back up to \\backup\bts\, a log set covers 1000 LSNs of each database with its
 * mark 10 before the end, a full set ends 5 behind the log set before it.
 */
#ifndef STOPMARK_TESTS_SUPPORT_BUILD_VIEW_H
#define STOPMARK_TESTS_SUPPORT_BUILD_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attest.h"
#include "core/config.h"
#include "core/view.h"

enum { BUILD_SERVERS = 8, BUILD_DATABASES = 64 };

struct build_database {
    int source, destination;
    const char *name;
    enum database_use use;
    int64_t log_lsn;   /* where its log ends; in units of the test, see build_lsn */
    int64_t taken_lsn; /* where its last log backup ended */
    int64_t bytes_full, bytes_log;
};

struct build {
    struct config config;
    struct server_view *servers[BUILD_SERVERS]; /* change facts freely before build_view */
    size_t servers_count;
    struct build_database databases[BUILD_DATABASES];
    size_t databases_count;
    int64_t now_utc_ms, now_monotonic_ms;
    struct attestations *attestations; /* none at first; NULL = they could not be read */
    int64_t backup_set_id, backup_id, restore_id; /* counters of the msdb rows */
};

/* One run of the backup job. */
struct build_set {
    int64_t id;
    enum set_kind kind;
    int64_t time_utc_ms;
    const char *mark; /* NULL: BTS_ and the time */
    bool incomplete;
    const char *without; /* database that has no file in it (and those after it); NULL = all */
    bool only_without;   /* only that one lacks its file */
    bool not_imported;   /* the destinations have not read it yet */
    bool applied;        /* restored whole by all destinations */
    bool no_msdb;        /* msdb does not know its files, logmarkhistory not its mark */
    const char *lost;    /* a database whose log of this set goes to somebody else: a hole */
};

/* An empty estate at 2026-11-20 12:20:50 UTC. Owned. */
struct build *build_new(void);
void build_free(struct build *build);

/* Adds a server; index. restores: a source's name, or NULL for all. */
int build_source(struct build *build, const char *name, bool management);
int build_destination(struct build *build, const char *name, const char *restores);

/* Adds a database of the backup job, FULL and ONLINE at its source, RESTORING at its destination.
 */
void build_database(struct build *build, int source, int destination, const char *name,
                    enum database_use use);

/* Adds a set; ascending ids. */
void build_set(struct build *build, struct build_set set);

/* One more complete set, imported and not yet applied, five minutes after the newest, its files where
 * those of the newest are. False where there is none. */
bool build_next_set(struct build *build, enum set_kind kind);

/* Adds an enabled job that last succeeded. Borrowed until the next. */
struct job_row *build_job(struct build *build, int server, enum job_function function,
                          const char *name);

/* The database row of a server, to be changed. */
struct database_row *build_row(struct build *build, int server, const char *name);

/* Adds a file of the database to what sys.master_files of the server says; none is there before. */
void build_file(struct build *build, int server, const char *database, const char *name,
                const char *path, bool is_log);

/* The files' rows of a set in a source's msdb, to be changed; NULL = none. */
struct msdb_backup *build_backup(struct build *build, const char *database, int64_t set_id);

/* What a RESTORE LOG of that set's file WITH STOPATMARK leaves behind: the redo point at the mark
 * and the row in restorehistory. */
void build_stop_at(struct build *build, const char *database, int64_t set_id, const char *mark);

/* Every database was recovered at its destination at that mark of that set. */
void build_fail_over(struct build *build, int64_t set_id, const char *mark);

/* The destination proves that set's file of a database: its header says what msdb says. Borrowed, to
 * be changed; NULL where msdb does not know the file. */
struct file_proof *build_prove(struct build *build, const char *database, int64_t set_id);

/* The server stops answering: what was read stays, as of now. */
void build_kill(struct build *build, int server);

/* An LSN as the builder counts. */
struct lsn build_lsn(int64_t count);

/* The group view of the estate; owned, release before build_free. */
struct group_view *build_view(struct build *build);

/* The default estate: SQLA and SQLB as sources, DRSQL1 and DRSQL2 as destinations, ten databases,
 * days of history every 15 minutes with a full set a day, an old partial set (repaired) where days
 * is at least 2, both destinations applied up to the set before the newest (id 1184, 12:00), set
 * 1185 being taken if asked. Jobs and settings healthy. */
struct build *build_contoso(int days, bool taking_1185);

/* --- a small estate for cases ---------------------------------------------------------------- */

/* SQLA -> DRSQL1, BizTalkMgmtDb and BizTalkMsgBoxDb, no sets yet; jobs and settings healthy. */
struct build *build_small(void);

/* Set 100 is the one of 12:00; the others 15 minutes apart. */
int64_t build_time(int64_t set_id);

/* A complete log or full set at its time. */
void build_log(struct build *build, int64_t set_id, bool applied);
void build_full(struct build *build, int64_t set_id, bool applied);

/* Full set 90 (applied), log sets 91 to 99 (applied) and 100 (imported): a standby that kept up. */
struct build *build_kept_up(void);

/* The mark of that set, NULL = none; how a database gets there. Borrowed. */
const struct mark *build_mark(const struct group_view *view, int64_t set_id);
const struct mark_route *build_route(const struct group_view *view, int64_t set_id,
                                     const char *database);
const struct roster_entry *build_entry(const struct group_view *view, const char *database);
const struct backup_set *build_find_set(const struct group_view *view, int64_t set_id);

/* The worst result of a rule. Borrowed. */
const struct check_result *build_check(const struct group_view *view, const char *id);

/* restorehistory of a server is empty, or not to be seen. */
void build_forget_restores(struct build *build, size_t server);

/* The server never told of a mark's LSN and time, as where its msdb may not be read. */
void build_forget_marks(struct build *build, size_t server);

#endif
