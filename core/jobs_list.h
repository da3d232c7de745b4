/* The Agent jobs that belong to the group's databases: those that the documentation names, and those
 * of a source as last seen. Pure; any thread.
 */
#ifndef STOPMARK_CORE_JOBS_LIST_H
#define STOPMARK_CORE_JOBS_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "core/view.h"

/* The documented job number i (from 0) of that database, its name in out; false behind the last.
 * Source: "How to Back Up and Restore SQL Agent Jobs" and "Database Structure and Jobs". */
bool jobs_list_name(const struct roster_entry *entry, size_t i, char *out, size_t size);

/* The destination (index into view->servers) on which a source's job must be after a fail-over: the
 * one that restores the database in which it works; -1 = it is no job of the group. */
int jobs_list_destination(const struct group_view *view, int source, const struct job_row *job);

/* True for the one job of BizTalk's that another job starts: it is disabled for good. */
bool jobs_list_stays_disabled(const char *name);

#endif
