/* Restore runs as seen from outside: starting one, watching it, telling it what to do, reading
 * what the journal holds. The run itself belongs to the worker process (core/worker.h), which
 * outlives terminal and console; a client speaks to it over a 0600 Unix socket.
 *
 * run_start_begin, run_resume_begin and run_client_* never wait for a server; the journal of a live
 * run has one writer, the worker. Functions that read journals touch the disk: not for the UI
 * thread while it paints (screens call them from a reader thread or before the first paint).
 */
#ifndef STOPMARK_CORE_RUN_H
#define STOPMARK_CORE_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/config.h"
#include "core/model.h"
#include "core/plan.h"

/* Who a run is, for lists and for the socket's greeting. */
struct run_summary {
    int64_t run;      /* small number, unique in the journal directory */
    char uuid[37];
    enum run_state state;
    bool alive;       /* its worker answers on the socket */
    enum situation situation;
    enum method method;
    enum stop_kind stop;
    char mark[129];
    char by[129], host[129];
    int64_t started_utc_ms, ended_utc_ms; /* TIME_UNKNOWN while it lives */
    char reason[1024]; /* why it failed or was aborted; "" */
};

enum lane_state { LANE_WAITING, LANE_RESTORING, LANE_AT_MARK, LANE_PROVEN, LANE_RECOVERING, LANE_ONLINE,
                  LANE_VERIFIED, LANE_PAUSED, LANE_FAILED };

struct run_database { /* one database's progress */
    char server[129], database[129];
    enum lane_state state;
    int step, steps;         /* RESTORE statements: 1-based current, all */
    int64_t set;             /* of the current or last file */
    double percent;          /* of all its bytes; 0..100 */
    int64_t left_ms;         /* DURATION_UNKNOWN */
    int64_t bytes_per_s;     /* 0 = unknown */
    int64_t reached_utc_ms;  /* the clock time that its content has reached; TIME_UNKNOWN */
    char message[256];       /* what it waits for, or the error */
};

/* A snapshot of a run, a plain value tree; owned by who got it (run_snapshot_free). */
struct run_snapshot {
    struct run_summary summary;
    int64_t elapsed_ms;
    struct run_database *databases;
    size_t databases_count, databases_capacity;
    int at_mark, proven, online, verified; /* counts of databases */
    bool prepared; /* PREPARE has passed: the locks are held, something may have been written */
    /* What run_client_send would do now. can_resume: RUN_COMMAND_CONTINUE. A failed run's worker
     * keeps its locks and waits for RETRY or ABORT for a while (WORKER_WAIT_MS), then ends; it is
     * resumable all the same. A run that was refused before its first write ends at once. */
    bool can_pause, can_resume, can_retry, can_abort;
    char phase_text[256]; /* one line: what it is doing, or what it waits for */
    char **messages;      /* newest last: events worth reading */
    size_t messages_count, messages_capacity;
    struct error error;   /* code ERR_OK unless failed */
};

struct scan; /* core/scan.h */

struct run_options {
    enum situation situation;
    const char *confirmed_group; /* what the operator typed; must equal the group's name */
    const char *by;              /* NULL: the user running this process */
    const char *const *replace;  /* SERVER/DB; borrowed */
    size_t replace_count;
};

/* Restore passwords for the destinations, in the configuration's server order; kept in locked
 * memory, wiped by secrets_free. core/secret.h makes it. */
struct secrets;

/* Checks confirmation, situation and plan (ERR_NOT_CONFIRMED, ERR_REFUSED, ERR_NOT_REACHABLE_MARK;
 * refused too where every database is online at the mark already), then spawns the worker (this binary, own session, no
 * open descriptors but log, secret pipe and /dev/null) and returns once it holds the locks of
 * PREPARE or has refused. *run gets the number. On refusal nothing was written on any server.
 * Blocks on servers: not for the UI thread; run_start_begin is. */
enum error_code run_start(const struct config *config, const struct plan *plan,
                          const struct run_options *options, const struct secrets *secrets,
                          int64_t *run, struct error *error);

/* The same without waiting: spawns and returns; the outcome of PREPARE comes as snapshots through
 * run_attach(*run). */
enum error_code run_start_begin(const struct config *config, const struct plan *plan,
                                const struct run_options *options, const struct secrets *secrets,
                                int64_t *run, struct error *error);

/* Starts a worker for a run whose worker is dead, as run_start; where the worker lives and waits
 * (failed, paused), tells it to go on instead. ERR_REFUSED for a run that is done or aborted. */
enum error_code run_resume(const struct config *config, int64_t run, const struct secrets *secrets,
                           struct error *error);

/* The same without waiting for PREPARE. */
enum error_code run_resume_begin(const struct config *config, int64_t run,
                                 const struct secrets *secrets, struct error *error);

/* Ends a run whose worker is dead, before its point of no return: a worker takes the locks, enables
 * the shipping jobs again where BizTalk's tables still agree, and records the abort. Waits for it.
 * ERR_REFUSED for a run that has ended, or in which a database may be recovered already. */
enum error_code run_abort_dead(const struct config *config, int64_t run,
                               const struct secrets *secrets, struct error *error);

/* All runs of the journal directory, newest first; an owned array (free). A run whose state says
 * that it is under way while alive is false has lost its worker: resume it. */
struct run_summary *run_list(const struct config *config, size_t *count, struct error *error);

/* One run. ERR_USAGE where the directory has none of that number. */
enum error_code run_find(const struct config *config, int64_t run, struct run_summary *summary,
                         struct error *error);

/* True for the states in which the worker has nothing more to do: after (the group is verified, the
 * manual steps are a person's), done, failed, aborted. */
bool run_state_is_final(enum run_state state);
/* Failed or aborted. */
bool run_state_went_wrong(enum run_state state);

struct run_client;
/* A live connection to a run's worker. NULL with *error where no worker answers. Owned. */
struct run_client *run_attach(const struct config *config, int64_t run, struct error *error);
/* Readable when a snapshot may have come. Borrowed. */
int run_client_fd(const struct run_client *client);
/* The newest snapshot received, owned by the caller, or NULL if none is new; *closed = the worker
 * is gone. Never blocks. */
struct run_snapshot *run_client_read(struct run_client *client, bool *closed);

enum run_command { RUN_COMMAND_PAUSE, RUN_COMMAND_CONTINUE, RUN_COMMAND_RETRY, RUN_COMMAND_ABORT,
                   RUN_COMMAND_ABORT_NOW };
/* The word that the socket carries ("pause", "abort-now"); static. */
const char *run_command_name(enum run_command command);
/* Sends a command; its effect is seen in snapshots. Never blocks. */
bool run_client_send(struct run_client *client, enum run_command command);
/* Closes the connection; the run goes on. */
void run_client_close(struct run_client *client);
void run_snapshot_free(struct run_snapshot *snapshot);

/* --- the manual steps and the report --------------------------------------------------------- */

/* One step of the runbook (conf/runbook.ini) that belongs to the run, with its tick or its proof. */
struct manual_step {
    char *id, *title, *text; /* text: what to do, servers filled in, with commands to read out */
    char *verify, *source;   /* how one sees that it is done; the documentation's page; or NULL */
    const char *kind;        /* "manual", "confirmed" or "automatic"; static */
    const char *phase, *phase_title; /* "references", "References and ..."; static */
    bool by_run;             /* proven by the run or its scan; nobody ticks it */
    bool back;               /* of the way back: a runbook of its own, keeps no run open */
    bool ticked;             /* by_run: proven */
    char *by, *note;         /* by_run: what proves it, or why it is not proven yet */
    int64_t ticked_utc_ms;
};

struct report_database {
    char *server, *database;
    bool state_known; /* false: the run has not looked yet */
    enum database_state state;
    bool at_mark, marklog_has_mark, read_write;
    bool proven, verified; /* by the gate; by VERIFY */
    int64_t later_marks; /* marks of later sets found; -1 not looked */
    char *evidence;      /* what proved it, words */
};

/* A database of the group that was not restored, and why, as its operator said. */
struct report_left_out {
    char *database, *reason;
};

struct report_step {
    char *server, *database, *sql, *outcome;
    enum step_kind kind;
    enum step_state state;
    int64_t set;
    char *file;
    int64_t sent_utc_ms, done_utc_ms;
};

struct report {
    struct run_summary summary;
    enum verdict verdict; /* OK = proven consistent */
    char *verdict_text; /* one sentence */
    char *group;
    char *plan_hash;
    int64_t data_loss_ms; /* as far as the run knows; DURATION_UNKNOWN */
    char *loss_proof;     /* a planned move: why it is 0, or not, or not to be told; or NULL */
    int64_t set;
    struct report_database *databases;
    size_t databases_count, databases_capacity;
    struct report_left_out *left_out;
    size_t left_out_count, left_out_capacity;
    struct report_step *steps;
    size_t steps_count, steps_capacity;
    char **messages;
    size_t messages_count, messages_capacity;
    char **decisions; /* who confirmed what, when */
    size_t decisions_count, decisions_capacity;
    struct manual_step *manual;
    size_t manual_count, manual_capacity;
    char **files; /* the paths of the run's files: update file, scripts */
    size_t files_count, files_capacity;
    struct scan *scan; /* the newest look after the fail-over; NULL = none was kept */
    char **rebuild; /* of an aborted run that left the standby where BizTalk cannot go on */
    size_t rebuild_count;
};

/* Reads a run's report from its journal. NULL with *error. Owned. */
struct report *report_load(const struct config *config, int64_t run, struct error *error);
void report_free(struct report *report);
/* The manual steps that still keep the run open, and all of them; back: those of the way back. */
size_t report_open_steps(const struct report *report, bool back, size_t *all);
char *report_to_markdown(const struct report *report); /* owned */
char *report_to_json(const struct report *report);     /* owned; man/schema/report.json */
/* Writes report-RUN.md and report-RUN.json into the journal directory (temporary file, fsync,
 * rename); *path gets the Markdown's path, owned. */
enum error_code report_write(const struct config *config, const struct report *report, char **path,
                             struct error *error);
/* Ticks (or unticks, by == NULL) a manual step in the journal of a run whose worker has ended;
 * ERR_REFUSED while it lives. */
enum error_code report_tick(const struct config *config, int64_t run, const char *step_id,
                            const char *by, const char *note, struct error *error);

/* "user@host" of this process; owned. May wait for the name service. */
char *run_who(void);

#endif
