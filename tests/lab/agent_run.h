/* Between the Agent's model and its runner: writing history. All calls need lab_lock. */
#ifndef STOPMARK_LAB_AGENT_RUN_H
#define STOPMARK_LAB_AGENT_RUN_H

#include "tests/lab/agent.h"

/* Appends a row; times are the caller's to fill in. Borrowed until the next row. */
struct job_history *job_add_history(struct job *job, int step, const char *step_name,
                                    enum job_outcome outcome, const char *message);

#endif
