/* A planned move (and a migration): what a run does on the sources. Used by the executor's own
 * files only; the director's thread.
 *
 * execution_move_begin looks, stops the sources' jobs, has the backup job make one more set, waits
 * until the destinations have it, and makes the plan to its mark. execution_move_offline takes the
 * databases from everybody, judges whether anybody wrote after processing had stopped, and sets
 * them OFFLINE. All statements are journalled. It ends nobody's session and takes no tail-log
 * backup.
 */
#ifndef STOPMARK_CORE_EXECUTE_MOVE_H
#define STOPMARK_CORE_EXECUTE_MOVE_H

#include "core/execute_internal.h"

/* All three: true at once for situations that make no mark, and once the run is committed. */
bool execution_move_begin(struct execution *execution, struct error *error);
bool execution_move_offline(struct execution *execution, struct error *error);
/* Before the first recovery: every database of a source that answers is still OFFLINE. */
bool execution_move_check(struct execution *execution, struct error *error);

/* After an abort: the sources' databases ONLINE for everybody, their jobs enabled, as far as this
 * run changed them; not where a destination's database is online, or others (another run is at work
 * there), for two living groups would each take a part of the work. What fails is told. */
void execution_move_undo(struct execution *execution, bool others);

/* Closes the connections to the sources and frees what is kept of them. */
void execution_move_free(struct execution *execution);

/* --- execute_move.c, for execute_move_offline.c ------------------------------------------------- */

/* The situation makes its own mark, and nothing is recovered yet. */
bool move_applies(struct execution *execution);
/* Fills execution->sources: every source that the plan takes databases from, or ERR_CONFIG. */
bool move_find_sources(struct execution *execution, struct error *error);
/* The plan with what was found out, as a new revision. */
bool move_keep_plan(struct execution *execution, struct error *error);

/* --- execute_move_source.c: one source ---------------------------------------------------------- */

/* Sends one journalled statement (taken; NULL = a name that cannot be quoted). database: NULL for
 * the server's own (a job). */
bool source_send(struct destination *source, enum step_kind kind, const char *database, char *sql,
                 struct error *error);
/* False with ERR_REFUSED while sessions are in the group's databases there; they are named. After
 * wait_ms of looking again. Else *since_local_ms is the server's time right before the look. */
bool source_look_quiet(struct destination *source, int64_t wait_ms, int64_t *since_local_ms,
                       struct error *error);
/* Disables every enabled job, stops the running ones but keep_running, waits until none runs. */
bool source_stop_jobs(struct destination *source, const char *keep_running, struct error *error);
/* The state of a database; STATE_ABSENT where it is not visible. */
bool source_database_state(struct destination *source, const char *database,
                           enum database_state *state, struct error *error);

enum quiet_verdict {
    QUIET_PROVEN,   /* nobody wrote */
    QUIET_BROKEN,   /* somebody wrote; *text says where and when, *last_local_ms the last time */
    QUIET_UNPROVEN, /* it cannot be seen; *text says why */
};
/* Judges the databases that are not OFFLINE there. False with *error where the server is lost. */
bool source_judge_quiet(struct destination *source, int64_t since_local_ms,
                        enum quiet_verdict *verdict, char *text, size_t size,
                        int64_t *last_local_ms, struct error *error);

/* True if the plan moves that database from this source. */
bool source_has(const struct destination *source, const char *database);

#endif
