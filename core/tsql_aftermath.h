/* Scripts for people after a fail-over: logins with their SIDs, Agent jobs created disabled, and the
 * statements that enable them. From the last good views; nothing here is ever sent by stopmark.
 * Each may be run twice: what is there already is left alone. Pure; any thread.
 *
 * They need ALTER ANY LOGIN (logins) and sysadmin, or the ownership of the jobs (jobs).
 */
#ifndef STOPMARK_CORE_TSQL_AFTERMATH_H
#define STOPMARK_CORE_TSQL_AFTERMATH_H

#include "core/view.h"

/* The logins of the users in the databases that this destination (index into view->servers)
 * restores, with the SIDs that the users carry. A password's hash stands in it where the monitoring
 * login could read it: keep the file as one keeps passwords. Owned. */
char *tsql_logins_aftermath(const struct group_view *view, int destination);

/* The jobs that work in those databases, as the source had them, disabled. Owned. */
char *tsql_jobs_aftermath(const struct group_view *view, int destination);

/* Enables those of them that were enabled at the source, but for the one that must stay disabled.
 * Owned. */
char *tsql_jobs_enable_aftermath(const struct group_view *view, int destination);

#endif
