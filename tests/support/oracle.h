/* A second opinion on what SQL Server accepts: a brute-force search over backups that applies its
 * rules literally (what RESTORE accepts, LSNs, stopping at a mark) and shares no code
 * and no header with the program. It knows nothing of sets, jobs or the planner's short cuts.
 *
 * Pure; recursion ends because every log that is accepted moves the redo point. One thread.
 */
#ifndef STOPMARK_TESTS_SUPPORT_ORACLE_H
#define STOPMARK_TESTS_SUPPORT_ORACLE_H

#include <stdbool.h>

enum { ORACLE_BACKUPS = 64, ORACLE_TEXT = 600 };

__extension__ typedef unsigned __int128 oracle_lsn;

/* One backup of one database, wherever its file lies. */
struct oracle_backup {
    bool full;
    bool closed;   /* else its set is still being taken: nobody may open it */
    bool readable; /* neither missing nor damaged */
    bool bulk;     /* bulk-logged work: no stop inside */
    oracle_lsn first, last;
    int family;
    int first_fork, last_fork; /* 0 = the branch is not told */
    oracle_lsn fork_point;     /* where the first fork turns into the last */
    char path[ORACLE_TEXT];
};

/* Where a mark of some name lies in this database's log. */
struct oracle_mark {
    char name[64];
    oracle_lsn at;
    long long time_ms; /* the marking server's local time */
};

enum oracle_state { ORACLE_ABSENT, ORACLE_ONLINE, ORACLE_RESTORING, ORACLE_STANDBY };

struct oracle_database {
    bool server_answers, server_older; /* its destination */
    bool certificate_missing;          /* ... has not the one that it is encrypted with */
    enum oracle_state state;
    oracle_lsn redo; /* RESTORING, STANDBY */
    int family, fork;
    int stands_at; /* index into marks; -1 = at none */
    struct oracle_backup backups[ORACLE_BACKUPS];
    int backups_count;
    struct oracle_mark marks[ORACLE_BACKUPS];
    int marks_count;
};

enum oracle_route {
    ORACLE_AT_MARK,
    ORACLE_RECOVERED,
    ORACLE_ROLL_FORWARD,
    ORACLE_FULL_RESTORE,
    ORACLE_UNREACHABLE
};

/* Why not a better route. */
enum oracle_why {
    ORACLE_FINE,
    ORACLE_NO_ANSWER,
    ORACLE_OLDER,
    ORACLE_NO_CERTIFICATE,
    ORACLE_NEVER_SET,   /* the mark is in no log of this database */
    ORACLE_NOT_CLOSED,  /* only in a file that is being written */
    ORACLE_NO_LOG,      /* no readable log holds it */
    ORACLE_BULK_LOGGED, /* none that holds it can be stopped inside */
    ORACLE_NOT_THERE,
    ORACLE_IS_ONLINE,
    ORACLE_PASSED,
    ORACLE_NO_CHAIN, /* no chain of accepted logs leads there from where it stands */
    ORACLE_WHYS
};

struct oracle_answer {
    enum oracle_route route;
    enum oracle_why why;
};

/* Which way a database has to a mark (index into marks; -1 = it was never set in it); before: to stop
 * before it, where standing at it is too late. */
struct oracle_answer oracle_ask(const struct oracle_database *database, int mark, bool before);

/* --- carrying out what was planned ------------------------------------------------------------- */

/* What a server makes of statements; each returns NULL, or why it refuses or goes wrong. */
struct oracle_run {
    const struct oracle_database *database;
    enum oracle_state state;
    oracle_lsn redo;
    int family, fork;
    bool reached; /* the last log ended with the mark found */
    oracle_lsn stopped;
};

void oracle_begin(struct oracle_run *run, const struct oracle_database *database);

/* RESTORE DATABASE from path, NORECOVERY. */
const char *oracle_restore_full(struct oracle_run *run, const char *path);

/* RESTORE LOG from path with a stop clause as text: STOPATMARK or STOPBEFOREMARK = N'name', with
 * AFTER N'time' or as N'lsn:...'. */
const char *oracle_restore_log(struct oracle_run *run, const char *path, const char *clause);

#endif
