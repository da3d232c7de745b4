/* What the executor's files share: execute.c (life and snapshots), execute_link.c (connections and
 * what they read), execute_prepare.c, execute_proof.c (headers), execute_restore.c, execute_resume.c,
 * execute_gate.c, execute_verify.c. No other file includes it.
 *
 * Threads: the director carries the phases out; in RESTORE and GATE it has one thread a lane (a
 * connection that restores one database after another); one watcher a destination owns the lock's
 * connection. struct execution's fields below "guarded" belong to its lock.
 */
#ifndef STOPMARK_CORE_EXECUTE_INTERNAL_H
#define STOPMARK_CORE_EXECUTE_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/config.h"
#include "core/decide.h"
#include "core/execute.h"
#include "core/journal.h"
#include "core/permit.h"
#include "core/plan.h"
#include "core/tds.h"

enum {
    POLL_MS = 250,              /* how often a server is asked whether something has ended */
    WATCH_MS = 1000,            /* the watcher's turn: progress, and whether the lock still stands */
    IDLE_LIMIT_MS = 15 * 60000, /* for a shipping job to end, for a dead worker's RESTORE to end */
    ANSWER_MS = 60000,          /* for a server to answer what is no RESTORE */
    LOCK_ANSWER_MS = 20000,     /* for the lock's connection to answer */
    LOCK_LIMIT_MS = 120000,     /* for a dead worker's lock to fall */
    AGAIN_MAX = 5,              /* connections lost at one statement before the lane gives up */
};

/* A connection with the restore login to one destination. One thread's. */
struct link {
    struct destination *destination;
    struct tds_writer *writer; /* NULL = not open, or lost */
    bool patient;              /* what is asked next reads a whole file: no time-out */
};

struct job {
    char *id, *name;
    enum job_function function;
    bool enabled, running;
};

/* One of BizTalk's Restore To Mark jobs that this run started. */
struct started_job {
    bool known, ended, failed;
    int64_t intent;         /* the journal's row */
    int64_t outcome_before; /* Agent's newest outcome of it before; 0 = none */
};

/* One destination of the plan. */
struct destination {
    struct execution *execution;
    const struct config_server *config; /* borrowed */
    int index;                          /* in config->servers */
    struct link lock_link; /* holds the application lock; the watcher's once it watches */
    struct link work_link; /* the director's */
    pthread_t watcher;
    bool watching;
    struct started_job started; /* the director's */
    struct job *jobs; /* its Agent's, as last read */
    size_t jobs_count, jobs_capacity;
    /* guarded */
    bool lock_lost, lock_taken; /* lost; and somebody else has it since */
    int losses; /* how often it was: what was read before the newest is old */
    int *sessions; /* of this worker's own connections: no foreign RESTORE */
    size_t sessions_count, sessions_capacity;
    size_t next_lane; /* the next of its lanes that a thread takes */
    /* a source's, in a planned move: its own time when no session was left */
    int64_t quiet_since_local_ms;
};

/* One database of the plan. Its fields belong to the thread that works on it, the ones below
 * "guarded" to the execution's lock. */
struct lane {
    struct execution *execution;
    const struct plan_database *plan; /* borrowed */
    struct destination *destination;
    char where[300]; /* SERVER/database */
    struct live live; /* as last read */
    int losses;       /* of the destination's lock, when that was begun to be read */
    bool waited;      /* so long since then that it may have moved */
    size_t next;      /* index into plan->steps */
    bool at_mark, proven, shown, recovered, verified;
    struct live proof; /* as it stood when it was proven */
    struct mark_log mark_log;
    char **marks; /* its MarkLog's names, as last read */
    size_t marks_count, marks_capacity;
    struct error error; /* why it failed */
    struct journal_outcome unrecorded; /* intent != 0: an outcome that is not in the journal yet */
    char unrecorded_text[512];
    char family[37];
    /* guarded */
    enum lane_state state;
    char message[256];
    int session_id; /* that restores it now; 0 = none */
    double step_percent;
    bool checking; /* CHECKDB runs, and step_percent is its share */
    int64_t step_left_ms, step_began_ms, bytes_done, bytes_all, busy_ms;
    int64_t reached_utc_ms;
    int64_t set;
    int step_shown;
    struct tds_writer *running; /* for abort now */
};

struct execution {
    const struct config *config;
    struct journal *journal;
    const struct secrets *secrets;
    const struct clock *clock;
    int wake_fd;
    struct journal_head head; /* as at the start */
    struct plan *plan;
    struct permit *permit;
    char application[129];
    struct journal_content past; /* what earlier attempts did; read anew before each */
    bool resumed;                /* something may have been written before this attempt */
    bool jobs_over; /* the jobs method: no job is started any more, the rest is direct */
    struct destination *destinations; /* by name: the fixed order of the locks */
    size_t destinations_count, destinations_capacity;
    struct destination *sources; /* a planned move writes to them; the director's */
    size_t sources_count, sources_capacity;
    struct lane *lanes; /* as in the plan: in recovery order */
    size_t lanes_count;
    char **known_mark_names; /* marks of the imported sets, from all destinations */
    struct known_mark *known_marks;
    size_t known_marks_count, known_marks_capacity;
    pthread_t director;
    bool started;
    atomic_bool stop; /* connections: give up (abort now, end) */

    pthread_mutex_t lock;
    pthread_cond_t changed; /* monotonic */
    /* guarded */
    enum run_state state; /* the phase, or failed, aborted, done */
    enum run_state failed_in;
    bool no_way_back; /* a database is recovered, or RECOVERY may have been sent */
    bool prepared, pause_wanted, abort_wanted, abort_now, retry_wanted, ended, watch_stop;
    bool failing; /* the journal knows of the failure, the state does not yet */
    char phase_text[256];
    struct error error;
    char **messages;
    size_t messages_count, messages_capacity;
    int64_t started_ms, ended_utc_ms;
};

/* --- execute.c -------------------------------------------------------------------------------- */

/* Wakes the socket's thread: a new snapshot is worth sending. */
void execution_wake(struct execution *execution);
/* From now on there is no abort. */
void execution_burn_bridges(struct execution *execution);
/* execution_burn_bridges, unless the run is to be aborted: false then. */
bool execution_commit(struct execution *execution);
/* The phase, shown and (best effort) journalled. */
void execution_enter(struct execution *execution, enum run_state state, const char *text);
/* What it is doing or waiting for; formatted. */
void execution_say(struct execution *execution, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* An event for messages, log and (best effort) journal. */
void execution_note(struct execution *execution, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Waits at most ms or until something changes. */
void execution_wait(struct execution *execution, int64_t ms);
bool execution_aborting(struct execution *execution);

/* Journals that a server may have been written to from now on, and tells it. */
bool execution_set_prepared(struct execution *execution, struct error *error);
/* Takes another plan for the same destinations in place of the one at hand, before any of its
 * RESTOREs was sent; taken only where true. */
bool execution_adopt_plan(struct execution *execution, struct plan *plan, struct error *error);

/* What the lane is shown to be doing; message is cleaned and copied. Any thread. */
void lane_set(struct lane *lane, enum lane_state state, const char *message);
/* Keeps the error, shows it, notes it. Always false. */
bool lane_fail(struct lane *lane, const struct error *error);

/* --- execute_link.c --------------------------------------------------------------------------- */

/* Opens the connection where it is not usable. */
bool link_ready(struct link *link, struct error *error);
void link_close(struct link *link);
/* Runs one batch that reads or may be done twice; text is taken (NULL = a name that cannot be
 * quoted). Sent again where the connection is lost, so row may see rows twice. */
enum error_code link_run(struct link *link, char *text, tds_row_function *row, void *context,
                         struct tds_outcome *outcome, struct error *error);

/* Reads lane->live from the server. running: also whether a RESTORE of it is under way that is
 * not this worker's. */
bool lane_look(struct lane *lane, struct link *link, bool running, struct error *error);
/* Reads its MarkLog and judges it. */
bool lane_read_marks(struct lane *lane, struct link *link, struct error *error);
struct foreign_restore {
    int session_id;
    char database[129], program[129], login[129], host[129], command[64];
};
/* The RESTOREs of other sessions: calls found for each; true while none says stop. */
bool destination_foreign_restores(struct destination *destination, struct link *link,
                                  bool (*found)(void *context, const struct foreign_restore *f),
                                  void *context, struct error *error);

/* Work on all lanes: threads of each destination side by side, as many as the configuration
 * allows. work returns false after lane_fail. True if no lane failed; else *error is the first
 * failed lane's. */
bool execution_each_lane(struct execution *execution,
                         bool (*work)(struct lane *lane, struct link *link), struct error *error);

/* --- the phases: false with *error ------------------------------------------------------------ */

bool execution_prepare(struct execution *execution, struct error *error);
/* For the abort of a run whose worker died: takes the locks and finds out what became of its last
 * statements, whose outcome nobody recorded. False with *error where the locks cannot be had. */
bool execution_ask_all(struct execution *execution, struct error *error);
/* source-lost means that no source answers, at the instant of the restore and not only when the
 * plan was made: false with ERR_REFUSED while one does. Once committed it is only noted. */
bool execution_check_sources(struct execution *execution, struct error *error);
/* The end of PREPARE, and its only writes: shipping jobs disabled and idle. */
bool execution_stop_jobs(struct execution *execution, struct error *error);
bool execution_restore(struct execution *execution, struct error *error);
bool execution_gate(struct execution *execution, struct error *error);
/* True where every MarkLog that was read ends with the same mark. A database that could not be shown
 * at the gate has no say; its first proof stands. */
bool execution_same_newest_mark(struct execution *execution, struct error *error);
bool execution_recover(struct execution *execution, struct error *error);
bool execution_verify(struct execution *execution, struct error *error);

/* --- execute_rehearsal.c ------------------------------------------------------------------------ */

/* The end of a rehearsal's VERIFY: tells how the standby's own databases stand, which it never
 * touched, and the statements that remove the copies, which nobody but the operator sends. */
bool rehearsal_verify(struct execution *execution, struct error *error);
/* After an abort: the same statements for the copies that are there. */
void rehearsal_tell_drops(struct execution *execution);

/* --- execute_jobs_method.c ----------------------------------------------------------------------- */

/* Finds in execution->past which jobs this run has started. */
void execution_recall_jobs(struct execution *execution);
/* The jobs method's gate, which stands before its start: false with *error (ERR_REFUSED) unless all
 * destinations stand alike, one log before the mark. */
bool execution_check_jobs(struct execution *execution, struct error *error);
/* After a resume: watches jobs that were started and whose end nobody saw. */
bool execution_finish_jobs(struct execution *execution, struct error *error);
/* Starts one job after the other and proves what it did; false with *error at the first that did
 * not bring all its databases to the mark. */
bool execution_run_jobs(struct execution *execution, struct error *error);
/* Behind a job on its destination: true where the lane is online (recovered) or at the mark. */
bool lane_locate_after_job(struct lane *lane);

/* Is the lock there held, as far as its watcher knows? */
bool destination_holds_lock(struct destination *destination);
/* Has another run taken the lock of a destination since this one lost it? */
bool execution_is_displaced(struct execution *execution);
/* Stops the watchers and lets the locks go. */
void execution_release(struct execution *execution);
/* After an abort: the first database, as last looked at, that is online on the destination (NULL: on
 * any) although this run recovered none: another run or somebody did. One that was to be replaced
 * and was not touched yet is no such. By execution->past. NULL = none. Borrowed. */
const struct lane *execution_recovered_elsewhere(const struct execution *execution,
                                                 const struct destination *destination);
/* After an abort: enables the shipping jobs that this run disabled, where the databases of a
 * destination stand where BizTalk's tables say and none is online. */
void execution_restore_jobs(struct execution *execution);
/* Starts the watcher of a destination whose lock is held. */
void destination_watch(struct destination *destination);
/* Takes the lock on link; false with *error (ERR_LOCKED names the holder). */
bool destination_lock(struct destination *destination, struct link *link, struct error *error);
/* Checks every planned file of a lane from its step `next` on by its header. */
bool lane_prove_files(struct lane *lane, struct link *link);

/* --- execute_resume.c ------------------------------------------------------------------------- */

/* Does the journal say that this run's last RESTORE of the database stopped at the mark? */
bool lane_told_reached(const struct lane *lane);

/* Finds out, from journal and server, where the lane stands: sets next, at_mark, recovered. */
bool lane_locate(struct lane *lane, struct link *link, struct error *error);
/* Journals the intent of a step; waits, paused, while the journal cannot be written. False only
 * where the run is aborted. */
bool lane_intend(struct lane *lane, const struct plan_step *step, int64_t *intent,
                 struct error *error);
/* Journals what became of it; kept for later where the journal cannot be written. */
void lane_conclude(struct lane *lane, int64_t intent, enum step_state state, bool reached,
                   int server_number, const char *text);
/* Sends a step's statement as planned, with its messages as progress. */
enum error_code lane_send(struct lane *lane, struct link *link, const struct plan_step *step,
                          struct tds_outcome *outcome, struct error *error);
/* What became of a statement: waits until it runs no more, asks the server, journals it, and sets
 * at_mark, shown, recovered. lost: nobody saw its outcome, which is worth a message. RESUME_ASK
 * with *error. */
enum resume_action lane_find_out(struct lane *lane, struct link *link, const struct sent *sent,
                                 int64_t intent, bool lost, struct error *error);
/* What is sent, for lane_find_out. */
struct sent lane_sent(const struct lane *lane, const struct plan_step *step);
/* True while statements may be sent: waits while paused or while the lock is lost; false, with
 * *error, where the run is aborted or the lock stays lost, and where the database moved while it was
 * waited for (ERR_STOPPED_TO_ASK). */
bool lane_may_send(struct lane *lane, struct link *link, struct error *error);
/* The intent is written, which may have taken long: was the lock held all the while, and is what is
 * known of the database still new? If not the intent is concluded as never sent; lane_may_send looks
 * again. */
bool lane_may_still_send(struct lane *lane, int64_t intent);
/* What an operator does about a server's error in a RESTORE; "" = nothing known. Static. */
const char *restore_hint(int server_number);
/* True for an error that another try mends once somebody has seen to what it names (sessions, locks,
 * rights, room), and for 0, which is no server's. */
bool restore_error_passes(int server_number);
/* Reads jobs; false with *error. */
bool destination_read_jobs(struct destination *destination, struct link *link,
                           struct error *error);
void destination_free_jobs(struct destination *destination);
/* Waits until no RESTORE of it is left and it is not RECOVERING; lane->live is fresh then. */
bool lane_settle(struct lane *lane, struct link *link, struct error *error);
/* The step of that kind; NULL = the plan has none. */
const struct plan_step *lane_step(const struct lane *lane, enum step_kind kind);
/* The last planned log; NULL = none. */
const struct plan_step *lane_last_log(const struct lane *lane);
/* What restorehistory will call the stop of this database: the mark's name, or its LSN. Borrowed. */
const char *lane_stop_name(const struct lane *lane);

#endif
