/* The Agent jobs after a fail-over: against the documentation's list and against what the source
 * had when it was last seen. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/jobs_list.h"
#include "core/scan_internal.h"

static const struct job_row *find_job(const struct server_view *server, const char *name)
{
    for (size_t i = 0; i < server->jobs_count; i++)
        if (text_equal_nocase(server->jobs[i].name, name))
            return &server->jobs[i];
    return NULL;
}

/* What the documentation says that a database brings along. */
static void look_at_documented(struct scan *scan, const struct group_view *view)
{
    for (size_t i = 0; i < view->roster_count; i++) {
        const struct roster_entry *entry = &view->roster[i];
        char name[300];
        for (size_t k = 0; entry->destination >= 0 && jobs_list_name(entry, k, name, sizeof name);
             k++) {
            const struct server_view *server = view->servers[entry->destination];
            if (scan_may_look(scan, SCAN_JOB, server, PART_JOBS) && find_job(server, name) == NULL)
                scan_add(scan, SCAN_JOB, memory_copy_text(server->name),
                         memory_format("the job %s is missing", name));
        }
    }
}

/* What the source had beside that: site's own jobs that work in the group's databases. */
static void look_at_last_seen(struct scan *scan, const struct group_view *view, int source)
{
    const struct server_view *old = view->servers[source];
    for (size_t i = 0; i < old->jobs_count; i++) {
        const struct job_row *job = &old->jobs[i];
        int destination = jobs_list_destination(view, source, job);
        if (destination < 0)
            continue;
        const struct server_view *server = view->servers[destination];
        if (scan_may_look(scan, SCAN_JOB, server, PART_JOBS) &&
            find_job(server, job->name) == NULL)
            scan_add(scan, SCAN_JOB, memory_copy_text(server->name),
                     memory_format("the job %s is missing", job->name));
    }
}

/* Shipping that goes on would restore over production. */
static void look_at_shipping(struct scan *scan, const struct server_view *server)
{
    for (size_t i = 0; i < server->jobs_count; i++) {
        const struct job_row *job = &server->jobs[i];
        if (job->enabled &&
            (job->function == JOB_GET_HISTORY || job->function == JOB_RESTORE_DATABASES))
            scan_add(scan, SCAN_JOB, memory_copy_text(server->name),
                     memory_format("the job %s is enabled although production is here: disable it "
                                   "at once", job->name));
        if (job->enabled && jobs_list_stays_disabled(job->name))
            scan_add(scan, SCAN_JOB, memory_copy_text(server->name),
                     memory_format("the job %s is enabled; it must stay disabled for good",
                                   job->name));
    }
}

void scan_look_at_jobs(struct scan *scan, const struct group_view *view)
{
    look_at_documented(scan, view);
    for (size_t i = 0; i < view->servers_count; i++)
        if (view->servers[i]->role == ROLE_SOURCE)
            look_at_last_seen(scan, view, (int)i);
    for (size_t i = 0; i < view->destinations_count; i++) {
        const struct server_view *server = view->servers[view->destinations[i]];
        if (scan_may_look(scan, SCAN_JOB, server, PART_JOBS))
            look_at_shipping(scan, server);
    }
}
