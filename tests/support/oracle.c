#include "tests/support/oracle.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { DEEPEST = ORACLE_BACKUPS };

struct place {
    oracle_lsn redo;
    int family, fork;
};

/* --- one statement --------------------------------------------------------------------------- */

static bool same(int a, int b)
{
    return a == 0 || b == 0 || a == b;
}

/* Error 4330: a log continues the branch that the database is on; a log that leaves a branch on its
 * way does so only for who has not passed the fork. */
static bool branch_fits(const struct place *place, const struct oracle_backup *log)
{
    if (log->first_fork == log->last_fork || place->fork == 0)
        return same(place->fork, log->first_fork);
    if (place->fork == log->last_fork)
        return place->redo >= log->fork_point;
    return place->fork == log->first_fork && place->redo <= log->fork_point;
}

/* first_lsn <= R < last_lsn, the same family, one branch. */
static bool accepts(const struct place *place, const struct oracle_backup *log)
{
    return !log->full && log->closed && log->readable && same(place->family, log->family) &&
           log->first <= place->redo && place->redo < log->last && branch_fits(place, log);
}

static bool holds(const struct oracle_backup *log, oracle_lsn lsn)
{
    return !log->full && log->first <= lsn && lsn < log->last;
}

static struct place behind(const struct oracle_backup *backup)
{
    return (struct place){.redo = backup->last, .family = backup->family,
                          .fork = backup->last_fork};
}

/* --- searching ------------------------------------------------------------------------------- */

static bool leads_to(const struct oracle_database *database, struct place place, oracle_lsn mark,
                     int depth)
{
    if (place.redo > mark || depth > DEEPEST)
        return false;
    for (int i = 0; i < database->backups_count; i++) {
        const struct oracle_backup *log = &database->backups[i];
        if (!accepts(&place, log))
            continue;
        if (holds(log, mark)) {
            if (!log->bulk)
                return true;
        } else if (leads_to(database, behind(log), mark, depth + 1)) {
            return true;
        }
    }
    return false;
}

/* Why no log can be the last one, whatever is restored before. */
static enum oracle_why why_no_last_log(const struct oracle_database *database, oracle_lsn mark)
{
    bool open = false, found = false, stoppable = false;
    for (int i = 0; i < database->backups_count; i++) {
        const struct oracle_backup *log = &database->backups[i];
        if (!holds(log, mark))
            continue;
        open = open || !log->closed;
        found = found || (log->closed && log->readable);
        stoppable = stoppable || (log->closed && log->readable && !log->bulk);
    }
    return stoppable ? ORACLE_FINE
           : found   ? ORACLE_BULK_LOGGED
           : open    ? ORACLE_NOT_CLOSED
                     : ORACLE_NO_LOG;
}

static enum oracle_why why_not_forward(const struct oracle_database *database, oracle_lsn mark)
{
    struct place place = {database->redo, database->family, database->fork};
    if (database->state == ORACLE_ABSENT)
        return ORACLE_NOT_THERE;
    if (database->state == ORACLE_ONLINE)
        return ORACLE_IS_ONLINE;
    if (leads_to(database, place, mark, 0))
        return ORACLE_FINE;
    return database->redo > mark ? ORACLE_PASSED : ORACLE_NO_CHAIN;
}

static struct oracle_answer unreachable(enum oracle_why why)
{
    return (struct oracle_answer){ORACLE_UNREACHABLE, why};
}

struct oracle_answer oracle_ask(const struct oracle_database *database, int mark, bool before)
{
    if (!database->server_answers)
        return unreachable(ORACLE_NO_ANSWER);
    if (database->server_older)
        return unreachable(ORACLE_OLDER);
    if (database->certificate_missing)
        return unreachable(ORACLE_NO_CERTIFICATE);
    if (mark < 0)
        return unreachable(ORACLE_NEVER_SET);
    if (database->stands_at == mark && !before)
        return (struct oracle_answer){
            database->state == ORACLE_ONLINE ? ORACLE_RECOVERED : ORACLE_AT_MARK, ORACLE_FINE};
    oracle_lsn at = database->marks[mark].at;
    enum oracle_why why = why_no_last_log(database, at);
    if (why != ORACLE_FINE)
        return unreachable(why);
    why = why_not_forward(database, at);
    if (why == ORACLE_FINE)
        return (struct oracle_answer){ORACLE_ROLL_FORWARD, ORACLE_FINE};
    for (int i = 0; i < database->backups_count; i++) {
        const struct oracle_backup *full = &database->backups[i];
        if (full->full && full->closed && full->readable &&
            leads_to(database, behind(full), at, 0))
            return (struct oracle_answer){ORACLE_FULL_RESTORE, why};
    }
    return unreachable(why);
}

/* --- carrying out ---------------------------------------------------------------------------- */

void oracle_begin(struct oracle_run *run, const struct oracle_database *database)
{
    *run = (struct oracle_run){.database = database,
                               .state = database->state,
                               .redo = database->redo,
                               .family = database->family,
                               .fork = database->fork};
}

static const struct oracle_backup *find(const struct oracle_run *run, const char *path)
{
    for (int i = 0; i < run->database->backups_count; i++)
        if (strcmp(run->database->backups[i].path, path) == 0)
            return &run->database->backups[i];
    return NULL;
}

static const char *why_unreadable(const struct oracle_run *run, const struct oracle_backup *backup)
{
    return run->reached          ? "something is sent behind the log that reached the mark"
           : backup == NULL      ? "the file belongs to another database, or to nobody"
           : !backup->closed     ? "the file is still being written"
           : !backup->readable   ? "3201 or 3189: the file cannot be read"
                                 : NULL;
}

const char *oracle_restore_full(struct oracle_run *run, const char *path)
{
    const struct oracle_backup *full = find(run, path);
    const char *why = why_unreadable(run, full);
    if (why != NULL || !full->full)
        return why != NULL ? why : "it is no full backup";
    run->state = ORACLE_RESTORING;
    run->redo = full->last;
    run->family = full->family;
    run->fork = full->last_fork;
    return NULL;
}

/* The text between the quotes behind word; false where there is none. */
static bool quoted(const char *clause, const char *word, char *out, size_t size)
{
    const char *from = strstr(clause, word), *to;
    from = from == NULL ? NULL : strstr(from, "N'");
    to = from == NULL ? NULL : strchr(from + 2, '\'');
    if (to == NULL)
        return false;
    snprintf(out, size, "%.*s", (int)(to - from - 2), from + 2);
    return true;
}

static long long read_time_ms(const char *text)
{
    struct tm tm = {0};
    int ms = 0;
    if (sscanf(text, "%d-%d-%dT%d:%d:%d.%d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
               &tm.tm_min, &tm.tm_sec, &ms) != 7)
        return -1;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    return (long long)timegm(&tm) * 1000 + ms;
}

/* The first mark of that name at or after the time, from the redo point on and inside the log; the
 * LSN of an "lsn:" mark. False where the log does not hold it. */
static bool find_stop(const struct oracle_run *run, const struct oracle_backup *log,
                      const char *clause, oracle_lsn *stop)
{
    char name[64], time[64];
    if (!quoted(clause, "MARK", name, sizeof name))
        return false;
    if (strncmp(name, "lsn:", 4) == 0) {
        *stop = 0;
        for (const char *digit = name + 4; *digit != '\0'; digit++)
            *stop = *stop * 10 + (oracle_lsn)(*digit - '0');
        return *stop < log->last;
    }
    long long after_ms = quoted(clause, "AFTER", time, sizeof time) ? read_time_ms(time) : 0;
    bool found = false;
    for (int m = 0; m < run->database->marks_count; m++) {
        const struct oracle_mark *mark = &run->database->marks[m];
        if (strcmp(mark->name, name) == 0 && mark->time_ms >= after_ms && mark->at >= run->redo &&
            mark->at < log->last && (!found || mark->at < *stop)) {
            *stop = mark->at;
            found = true;
        }
    }
    return found;
}

const char *oracle_restore_log(struct oracle_run *run, const char *path, const char *clause)
{
    const struct oracle_backup *log = find(run, path);
    const char *why = why_unreadable(run, log);
    if (why != NULL)
        return why;
    if (run->state != ORACLE_RESTORING && run->state != ORACLE_STANDBY)
        return "3117: nothing awaits a log";
    if (log->full)
        return "3135: it is no log";
    if (log->first > run->redo)
        return "4305: a log before it is missing";
    if (log->last <= run->redo)
        return "4326: it was applied already";
    struct place place = {run->redo, run->family, run->fork};
    if (!accepts(&place, log))
        return "4330 or 3154: another branch, or another database";
    oracle_lsn stop = 0;
    run->state = ORACLE_RESTORING;
    run->reached = find_stop(run, log, clause, &stop);
    if (run->reached && log->bulk)
        return "4341: no stop inside bulk-logged work";
    run->stopped = run->reached ? stop : 0;
    run->redo = run->reached ? stop : log->last;
    run->fork = log->last_fork;
    return NULL;
}
