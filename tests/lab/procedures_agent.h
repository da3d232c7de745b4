/* What Agent's procedures share. Private to procedures_agent*.c. */
#ifndef STOPMARK_LAB_PROCEDURES_AGENT_H
#define STOPMARK_LAB_PROCEDURES_AGENT_H

#include <stdbool.h>

#include "tests/lab/agent.h"
#include "tests/lab/estate.h"
#include "tests/lab/reply.h"

bool agent_has_role(const struct session *session, const struct database *database, unsigned role);

/* 229 unless the session has one of the roles. */
bool agent_needs_role(struct session *session, const char *procedure,
                      const struct database *database, struct reply *reply);

/* The job that @job_name or @job_id names; NULL after 14262, which is what they get who may not see
 * it. */
struct job *agent_find_visible_job(struct session *session, const struct database *database,
                                   const struct sql_value *name, const struct sql_value *id,
                                   const char *procedure, struct reply *reply);

#endif
