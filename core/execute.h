/* The executor: carries a plan out, phase by phase (PREPARE, RESTORE, GATE, RECOVER, VERIFY,
 * AFTER), with a journal row before and after every statement. It starts where the journal and the
 * servers say that the run stands, so a fresh run and a resumed one are the same code.
 *
 * It never recovers a database before every database is proven at the mark, never sends a RESTORE
 * whose intent is not durable, and sends the plan's statements to the byte. Used by the worker
 * process only. execution_* may be called from any thread; none of them blocks on a server.
 */
#ifndef STOPMARK_CORE_EXECUTE_H
#define STOPMARK_CORE_EXECUTE_H

#include <stdbool.h>

#include "core/base/clock.h"
#include "core/config.h"
#include "core/journal.h"
#include "core/run.h"
#include "core/secret.h"

struct execution; /* opaque */

/* Reads plan and past from the journal. config, journal, secrets and clock are borrowed and must
 * outlive it. wake_fd (borrowed) gets a byte whenever a new snapshot is worth sending. NULL with
 * *error. Owned. */
struct execution *execution_new(const struct config *config, struct journal *journal,
                                const struct secrets *secrets, const struct clock *clock,
                                int wake_fd, struct error *error);

/* Starts the run on a thread of its own. */
void execution_start(struct execution *execution);

/* The run as it stands; owned by the caller. */
struct run_snapshot *execution_snapshot(struct execution *execution);

/* Pause, continue, retry, abort. A command that does not fit the state is ignored. */
void execution_command(struct execution *execution, enum run_command command);

/* True where a database is recovered, or RECOVERY may have been sent: such a run cannot be aborted. */
bool execution_is_committed(struct execution *execution);

/* True once the run has ended and nothing runs any more. */
bool execution_has_ended(struct execution *execution);

/* Joins and frees; only after it has ended. NULL is allowed. */
void execution_free(struct execution *execution);

#endif
