/* The planner: from a group view, a target and a method to the exact statements, or to the exact
 * reasons why not. Pure: no I/O, no clock of its own; the same input gives the same plan and hash.
 *
 * The same stop clause stands on every log of a database. The planner never plans a recovery
 * before the proof of every database. Any thread; a plan is owned by the caller.
 */
#ifndef STOPMARK_CORE_PLAN_H
#define STOPMARK_CORE_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/model.h"
#include "core/view.h"

struct plan_request {
    enum target_by by;
    const char *mark; /* TARGET_CHOSEN: its name, to the byte; borrowed */
    enum stop_kind stop;
    enum method method;
    bool situation_known;
    enum situation situation;
    const char *const *assume; /* "file-missing=SET/DB", ...; borrowed */
    size_t assume_count;
    const char *const *leave_out; /* database names; borrowed */
    const char *const *leave_out_reasons; /* of each, a person's words; borrowed */
    size_t leave_out_count;
    const char *const *replace; /* SERVER/DB: may be overwritten; borrowed */
    size_t replace_count;
    const struct added_file *added; /* --add-file, by their headers; borrowed */
    size_t added_count;
};

/* A file that is placed elsewhere than where the backup had it. */
struct plan_move {
    char *name; /* logical */
    char *path; /* at the destination */
};

struct plan_step {
    enum step_kind kind;
    int64_t set;       /* 0 = none */
    char *file;        /* NULL = none */
    int position;      /* of the backup in the file; 1 is usual */
    char *stop_clause; /* "STOPATMARK = N'...'"; NULL = none */
    char *sql;         /* exactly what will be sent */
    int64_t size_bytes;
    int64_t duration_ms;            /* DURATION_UNKNOWN */
    int64_t content_utc_ms;         /* how far the data goes behind it: its set's time; or unknown */
    struct lsn first_lsn, last_lsn; /* of the file, as far as known */
    enum evidence evidence;
    struct plan_move *moves; /* of this statement */
    size_t moves_count, moves_capacity;
};

struct plan_database {
    char *server;    /* destination, the ini's name */
    int destination; /* index into the configuration's servers */
    char *database;
    char *source; /* the server it comes from, the ini's name; NULL = not configured */
    char *original; /* its name in its backups: another one than database for a rehearsal's copy */
    enum database_use use;
    enum route route;
    char *reason;
    enum evidence evidence;
    struct lsn redo_lsn; /* where it stood when planned */
    int64_t content_utc_ms; /* how far its data went then: the last set applied; or unknown */
    bool existed;        /* was there when planned, in whatever state */
    bool must_replace;   /* a full restore of it says REPLACE, and needs the consent: it is recovered
                          * or broken there, or the consent was given for what stands by */
    char *stop_name;     /* how restorehistory names its stop: the mark, or "lsn:..." where only its
                          * LSN tells two marks of a name apart; NULL = no log stops */
    struct lsn mark_lsn; /* unknown without logmarkhistory */
    int recovery_order;  /* 0 first: custom, BAM, rules, tracking, message boxes, SSO, management */
    struct plan_step *steps;
    size_t steps_count, steps_capacity;
};

/* A database of the group that is not restored: the group is not proven for it. */
struct plan_left_out {
    char *database, *reason;
};

/* Since when no session was left in the databases of a source, by its own local time. */
struct plan_quiet {
    char *server;
    int64_t since_local_ms;
};

/* A statement that a planned move sends to a source before it restores. */
struct plan_source_step {
    enum step_kind kind;
    char *server, *database; /* database NULL = of the server: a job */
    char *sql;
};

struct plan_alternative {
    enum target_by by;
    char *mark;
    int64_t set;
    int64_t data_loss_ms, restore_ms;
    int roll_forward, full_restore, unreachable;
};

/* The jobs method: one of BizTalk's Restore To Mark jobs. */
struct plan_job {
    char *server; /* destination, the ini's name */
    int destination;
    char *name, *id; /* NULL = not found, the plan is not possible then */
    char *sql;       /* exactly what will be sent */
};

struct plan {
    char *group;
    int64_t generated_utc_ms;
    char hash[65]; /* hex, of what will be done, not of times and estimates */
    bool possible;
    char **reasons;
    size_t reasons_count, reasons_capacity;
    char **added; /* paths of files that the history does not know (--add-file) */
    size_t added_count, added_capacity;
    struct plan_left_out *left_out;
    size_t left_out_count, left_out_capacity;
    char *mark; /* NULL = no such mark */
    int64_t set;
    int64_t mark_time_utc_ms;
    enum stop_kind stop;
    enum target_by by;
    bool situation_known;
    enum situation situation;
    enum method method;
    bool gate;
    bool asks_for_word; /* a full restore although a roll-forward target exists */
    int64_t data_loss_ms, restore_ms;
    enum loss_basis loss_basis;
    char *loss_proof; /* a planned move: why the loss is 0, or is not, or cannot be told; or NULL */
    bool mark_made;   /* a planned move: the mark is the one that the run made */
    struct plan_quiet *quiet;
    size_t quiet_count, quiet_capacity;
    struct plan_source_step *source_steps;
    size_t source_steps_count, source_steps_capacity;
    struct plan_alternative *alternatives;
    size_t alternatives_count, alternatives_capacity;
    struct plan_job *jobs; /* METHOD_JOBS: in the order of their start */
    size_t jobs_count, jobs_capacity;
    /* in recovery order; METHOD_JOBS: the way to the mark where a job fails */
    struct plan_database *databases;
    size_t databases_count, databases_capacity;
};

/* Always returns a plan, owned: possible = false with reasons where it cannot be done. For an
 * unknown mark the reasons name the nearest one. */
struct plan *plan_make(const struct group_view *view, const struct plan_request *request);
void plan_free(struct plan *plan);

/* The plan as JSON text (man/schema/plan.json) with everything that plan_from_json needs to
 * make it again; owned. */
char *plan_to_json(const struct plan *plan);
/* NULL with *error set where the text is not such a document. */
struct plan *plan_from_json(const char *text, struct error *error);

#endif
