/* The journal of one restore run: a SQLite file run-NUMBER.journal in the journal directory, one
 * row an intent and one an outcome, synchronous, readable by its group. A live run's journal is
 * written by its worker only; others open it for reading, or to tick manual steps once the worker
 * has ended.
 *
 * It never talks to a server and holds no secret. A journal handle may be used by several threads
 * of a process (it locks). Rollback journal instead of WAL: the directory may be a share.
 */
#ifndef STOPMARK_CORE_JOURNAL_H
#define STOPMARK_CORE_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/lsn.h"
#include "core/model.h"

struct journal; /* opaque */

/* The head of a run. Texts are owned (journal_head_free). */
struct journal_head {
    int64_t run;
    char *uuid, *group, *mark, *by, *host;
    int64_t set;
    enum run_state state;
    enum situation situation;
    enum method method;
    enum stop_kind stop;
    int64_t started_utc_ms, ended_utc_ms;
    enum error_code code; /* why it failed; ERR_OK */
    char *reason;         /* NULL = none */
    bool prepared;        /* something may have been written on a server */
};

enum journal_open { JOURNAL_READ, JOURNAL_WRITE };

/* Makes the directory (0700) where it is missing, and in it the file of the lowest number that no
 * run ever had; head->run is set. The file is there, whole, before anybody can open it by its
 * name. NULL with *error (ERR_JOURNAL). Owned. */
struct journal *journal_create(const char *directory, struct journal_head *head,
                               const char *plan_json, const char *plan_hash, struct error *error);

/* Makes a directory and those above it, 0700, where they are missing; false with errno. */
bool journal_make_directory(const char *directory);

/* Opens an existing run's journal. NULL with *error; ERR_USAGE where there is no such run. */
struct journal *journal_open(const char *directory, int64_t run, enum journal_open how,
                             struct error *error);
void journal_close(struct journal *journal);

/* The run numbers in a directory, newest first; owned array (free); a missing directory gives
 * none. */
int64_t *journal_runs(const char *directory, size_t *count);

/* --- writing: every function is durable when it returns ERR_OK, else nothing was written ------ */

enum error_code journal_set_state(struct journal *journal, enum run_state state,
                                  struct error *error);
/* From now on a server may have been written to. */
enum error_code journal_set_prepared(struct journal *journal, struct error *error);
/* The run has made its own mark (a planned move). */
enum error_code journal_set_target(struct journal *journal, const char *mark, int64_t set,
                                   struct error *error);
/* Final or failed: state, code, reason (NULL = none) and the end's time. */
enum error_code journal_end(struct journal *journal, enum run_state state, enum error_code code,
                            const char *reason, int64_t at_utc_ms, struct error *error);
/* The run goes on: clears end, code and reason. */
enum error_code journal_reopen(struct journal *journal, struct error *error);

/* A changed plan; revisions count from 1. */
enum error_code journal_revise(struct journal *journal, const char *plan_json, const char *hash,
                               const char *by, int64_t at_utc_ms, struct error *error);

/* What is about to be sent. step: index of the step in its database's plan, -1 = no step of the
 * plan (a job, say). The outcome of the lane's previous statement may ride in the same transaction,
 * where it could not be recorded when it came. */
struct journal_intent {
    int64_t id; /* set by journal_intend */
    const char *server, *database;
    int step;
    enum step_kind kind;
    const char *sql;
    int64_t set;
    const char *file;         /* NULL = none */
    struct lsn redo_before;   /* unknown = not RESTORING */
    enum database_state state_before;
    bool standby_before;
    int64_t history_before; /* restorehistory's newest row of it: 0 = none, -1 = not seen */
    int64_t at_utc_ms;
};
/* Records it durably before it returns: only then may the statement be sent. Sets intent->id.
 * ERR_JOURNAL with *error where it could not. */
enum error_code journal_intend(struct journal *journal, struct journal_intent *intent,
                               struct error *error);

/* What became of it. */
struct journal_outcome {
    int64_t intent;
    enum step_state state; /* done, failed, skipped, unknown */
    bool mark_reached;     /* a log in which the restore stopped */
    struct lsn redo_after;
    enum database_state state_after;
    bool standby_after;
    int64_t history_after; /* as history_before */
    int server_number;     /* of the first error; 0 */
    const char *text;      /* what came of it, words; NULL */
    int64_t at_utc_ms;
};
/* ERR_JOURNAL with *error where it could not be recorded; then the statement has no outcome. */
enum error_code journal_conclude(struct journal *journal, const struct journal_outcome *outcome,
                                 struct error *error);

/* What the run tells, and what a person decided; texts are copied. */
enum error_code journal_message(struct journal *journal, int64_t at_utc_ms, const char *text,
                                struct error *error);
enum error_code journal_decide(struct journal *journal, int64_t at_utc_ms, const char *by,
                               const char *text, struct error *error);
/* An Agent job that the run must find disabled; was_enabled: it disables it, and notes so before,
 * so that it can be enabled again. Once enabled it stays noted so. */
enum error_code journal_job(struct journal *journal, const char *server, const char *job_id,
                            const char *name, bool was_enabled, struct error *error);

/* What proved a database (the gate), or what VERIFY found; the last one stands. */
struct journal_verified {
    const char *server, *database;
    bool proven; /* the gate's first proof: LSNs and restorehistory */
    bool shown;  /* the positive proof: MarkLog read in STANDBY */
    bool verified;
    enum database_state state;
    bool at_mark, marklog_has_mark, read_write;
    int64_t later_marks; /* -1 not looked */
    const char *evidence;
};
/* Texts are copied; evidence NULL = none. */
enum error_code journal_verified(struct journal *journal, const struct journal_verified *found,
                                 int64_t at_utc_ms, struct error *error);

/* A manual step ticked, or its tick taken back, by whom; note NULL = none. */
enum error_code journal_tick(struct journal *journal, const char *step_id, bool ticked,
                             const char *by, const char *note, int64_t at_utc_ms,
                             struct error *error);

/* --- reading ---------------------------------------------------------------------------------- */

/* What the run is; *head is owned (journal_head_free). */
enum error_code journal_read_head(struct journal *journal, struct journal_head *head,
                                  struct error *error);
void journal_head_free(struct journal_head *head);

/* The newest revision's plan; owned. *hash (NULL allowed) owned too. NULL with *error. */
char *journal_read_plan(struct journal *journal, char **hash, struct error *error);

/* One statement with what became of it. */
struct journal_step {
    int64_t id;
    char *server, *database, *sql, *file, *text;
    int step;
    enum step_kind kind;
    bool of_plan;
    enum step_state state; /* STEP_UNKNOWN: sent, no outcome */
    int64_t set;
    struct lsn redo_before, redo_after;
    enum database_state state_before, state_after;
    bool standby_before, standby_after, mark_reached;
    int64_t history_before, history_after;
    int server_number;
    int64_t sent_utc_ms, done_utc_ms;
};

/* A whole journal, read in one transaction; owned (journal_content_free). */
struct journal_content {
    struct journal_head head;
    char *plan, *hash;
    struct journal_step *steps; /* as sent */
    size_t steps_count, steps_capacity;
    struct journal_note {
        char *text, *by;
        int64_t at_utc_ms;
    } *messages;
    size_t messages_count, messages_capacity;
    struct journal_note *decisions;
    size_t decisions_count, decisions_capacity;
    struct journal_found {
        char *server, *database, *evidence;
        bool proven, shown, verified, at_mark, marklog_has_mark, read_write;
        enum database_state state;
        int64_t later_marks;
    } *found;
    size_t found_count, found_capacity;
    struct journal_job_row {
        char *server, *job_id, *name;
        bool was_enabled;
    } *jobs;
    size_t jobs_count, jobs_capacity;
    struct journal_tick_row {
        char *step_id, *by, *note;
        bool ticked;
        int64_t at_utc_ms;
    } *ticks; /* the newest of each step */
    size_t ticks_count, ticks_capacity;
};
/* Fills *content, to be freed in either case; ERR_JOURNAL with *error where it cannot be read. */
enum error_code journal_read(struct journal *journal, struct journal_content *content,
                             struct error *error);
void journal_content_free(struct journal_content *content);

#endif
