/* The executor's judgements as pure functions: what a resumed run does with a statement whose
 * outcome nobody recorded, whether a database is proven at the mark, whether it is verified.
 *
 * No I/O, no clock; any thread. They fail closed: what could not be seen is never taken for good.
 */
#ifndef STOPMARK_CORE_DECIDE_H
#define STOPMARK_CORE_DECIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/lsn.h"
#include "core/model.h"

/* The newest row of msdb.dbo.restorehistory for a database, with the backup it restored. */
struct restored {
    bool known;          /* false: the database has no row */
    char type;           /* 'D', 'L', ... */
    char mark[129];      /* stop_at_mark_name; "" = none */
    struct lsn first_lsn, last_lsn; /* of the backup; unknown where msdb lost it */
    int64_t history_id;
};

/* What a server says of a database at one instant. */
struct live {
    bool restore_running; /* a RESTORE of it is under way, whoever sent it */
    enum database_state state;
    bool standby, read_only;
    enum recovery_model recovery_model;
    bool files_visible; /* else the login may not see sys.master_files, and redo_lsn is worthless */
    struct lsn redo_lsn;
    bool history_visible; /* msdb.dbo.restorehistory could be read */
    struct restored last;
};

/* The number of its newest restorehistory row: 0 = it has none, -1 = they are not visible. */
int64_t live_history(const struct live *live);

/* Was a backup restored since its newest row was that one (live_history of then; -1 = not known, then
 * false)? STANDBY and RECOVERY restore none and leave no row: a newer one is somebody else's. He may have
 * rolled the database on behind the mark and short of the next one, which no MarkLog shows. */
bool live_restored_since(const struct live *live, int64_t history);

/* A statement that was sent and the moment before it. */
struct sent {
    enum step_kind kind;
    struct lsn redo_before;
    enum database_state state_before;
    bool standby_before;
    int64_t history_before; /* live_history */
    struct lsn first_lsn, last_lsn; /* of its file */
    char mark[129];                 /* the stop clause's; "" = none */
};

enum resume_action {
    RESUME_WAIT,         /* a RESTORE is still running: look again when it has ended */
    RESUME_SEND,         /* nothing was done: send it again */
    RESUME_REACHED,      /* the log was applied up to the mark: never send it again */
    RESUME_APPLIED,      /* applied whole (a log without the mark, a full): go on behind it */
    RESUME_READ_MARKLOG, /* STANDBY: the redo point is not shown, MarkLog is */
    RESUME_RECOVERED,    /* the database is online */
    RESUME_ASK,          /* matches nothing: stop and ask */
};

/* What to do with a statement that was sent and has no outcome (killed worker, lost connection).
 * *error (NULL allowed) gets the reason of RESUME_ASK (ERR_STOPPED_TO_ASK, or ERR_PERMISSION where
 * something could not be seen). */
enum resume_action resume_decide(const struct sent *sent, const struct live *live,
                                 const char *where, struct error *error);

/* True if the database stands where a recorded outcome left it. */
bool resume_stands(const struct live *live, enum database_state state_after,
                   struct lsn redo_after, const char *where, struct error *error);

enum log_result { LOG_REACHED, LOG_APPLIED, LOG_DOUBTFUL };
/* What a log's RESTORE did, from the drained reply (4329: the mark is not in this log) and the
 * second look. sent: the statement. A stop at the very end of the log is one where restorehistory
 * has the log, newer than the statement, with its mark: an idle database writes nothing behind its
 * mark. *error is set where it is doubtful. */
enum log_result log_decide(bool said_4329, const struct sent *sent, const struct live *live,
                           const char *where, struct error *error);

/* Is the newest row of restorehistory that of a log with a stop at this mark, as it names it? What was
 * restored since is not at the mark, whatever its MarkLog shows: there is more log behind a mark and
 * before the next one. */
bool last_restore_proves(const struct live *live, const char *mark, const char *where,
                         struct error *error);

/* What a database is to stand at. */
struct goal {
    const char *mark; /* as restorehistory names it; borrowed */
    enum stop_kind stop;
    struct lsn mark_lsn;                /* in its log; unknown where its source never told */
    struct lsn first_lsn, last_lsn; /* of log k in the plan; unknown where it restores none (at-mark) */
    bool told_reached; /* by the whole reply to this run's log: success, and no 4329 */
};

/* The gate's first proof: RESTORING, first_lsn(k) <= redo < last_lsn(k) of the last log restored,
 * a restorehistory row that names the mark, and the redo point on the right side of it. redo =
 * last_lsn(k) only where the server told this run that the mark was reached: else the log may have
 * been applied whole. */
bool gate_proves(const struct live *live, const struct goal *goal, const char *where,
                 struct error *error);

/* Does the database stand at the very end of the last log restored? Then the LSNs alone cannot tell
 * a stop from a log that was applied whole. */
bool stands_at_log_end(const struct live *live);

/* What was found in a database's MarkLog. */
struct mark_log {
    bool read;
    bool has_mark;
    int64_t later;   /* marks of later sets; -1 not looked */
    int64_t marks;   /* rows */
    char newest[129]; /* the newest mark that the history knows; "" = none */
    char later_mark[129]; /* an example of a later one */
};

struct known_mark {
    const char *mark;
    int64_t set;
};
/* Orders a database's marks by the sets that the shipping history knows; names are compared to
 * the byte, never by order of text. history: pairs of mark and set. target_set: the mark's. */
struct mark_log mark_log_judge(const char *const *marks, size_t count, const char *target,
                               int64_t target_set, const struct known_mark *history,
                               size_t history_count);

/* True if MarkLog shows the database at the mark: there with stop at, absent with stop before, and
 * none later. */
bool mark_log_proves(const struct mark_log *found, const char *mark, enum stop_kind stop,
                     const char *where, struct error *error);

/* VERIFY of one database: online, read-write, full recovery, MarkLog. */
bool verify_decide(const struct live *live, const struct mark_log *found, const char *mark,
                   enum stop_kind stop, const char *where, struct error *error);

#endif
