#include "core/rebuild.h"

#include <stdlib.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/decode.h"
#include "core/situation.h"
#include "core/tsql_write.h"

/* In STANDBY no redo point is shown: what stands there still, without a new row of restorehistory,
 * was not rolled on. Anywhere else a redo point that is not known proves nothing. */
static bool stands_where_it_stood(const struct journal_step *step)
{
    if (step->state_after != step->state_before || step->standby_after != step->standby_before ||
        step->history_before < 0 || step->history_after != step->history_before)
        return false;
    if (lsn_is_known(step->redo_before) && lsn_is_known(step->redo_after))
        return lsn_compare(step->redo_after, step->redo_before) == 0;
    return step->standby_before && !lsn_is_known(step->redo_before) &&
           !lsn_is_known(step->redo_after);
}

/* Did the statement leave its database where it was? A full restore that failed may have begun to
 * overwrite it. */
static bool changed_nothing(const struct journal_step *step)
{
    return step->state == STEP_FAILED && step->kind != STEP_RESTORE_FULL &&
           stands_where_it_stood(step);
}

bool rebuild_tables_agree(const struct journal_content *past, const char *server)
{
    for (size_t i = 0; i < past->steps_count; i++) {
        const struct journal_step *step = &past->steps[i];
        if (step->of_plan && text_equal_nocase(step->server, server) && !changed_nothing(step))
            return false;
    }
    return true;
}

struct rebuild {
    char **steps;
    size_t steps_count, steps_capacity;
    const char **servers; /* with shipping jobs, or with statements of the run; borrowed */
    size_t servers_count, servers_capacity;
};

static void add_server(struct rebuild *rebuild, const char *server)
{
    for (size_t i = 0; i < rebuild->servers_count; i++)
        if (text_equal_nocase(rebuild->servers[i], server))
            return;
    *memory_append(rebuild, servers) = server;
}

/* Destinations only: on a source, whose jobs a planned move disables, there is nothing to drop. One
 * without a shipping job is a destination all the same. */
static void find_servers(struct rebuild *rebuild, const struct journal_content *past)
{
    for (size_t i = 0; i < past->jobs_count; i++) {
        enum job_function function = decode_job_function(past->jobs[i].name, NULL);
        if (function == JOB_GET_HISTORY || function == JOB_RESTORE_DATABASES)
            add_server(rebuild, past->jobs[i].server);
    }
    for (size_t i = 0; i < past->steps_count; i++)
        if (past->steps[i].of_plan)
            add_server(rebuild, past->steps[i].server);
}

static bool is_due(const struct rebuild *rebuild, const struct journal_content *past)
{
    bool agree = true;
    if (!situation_traits(past->head.situation)->stops_shipping)
        return false; /* copies beside the standby: BizTalk's tables know nothing of them */
    for (size_t i = 0; i < rebuild->servers_count; i++)
        agree = agree && rebuild_tables_agree(past, rebuild->servers[i]);
    for (size_t i = 0; i < past->steps_count; i++)
        if (past->steps[i].of_plan && past->steps[i].kind == STEP_RECOVER)
            return false;
    return !agree;
}

static void add_jobs(struct rebuild *rebuild, const struct journal_content *past,
                     enum job_function function, bool enabled)
{
    for (size_t i = 0; i < past->jobs_count; i++) {
        const struct journal_job_row *job = &past->jobs[i];
        if (decode_job_function(job->name, NULL) != function)
            continue;
        char *sql = tsql_job_enable(job->job_id, enabled), name[200];
        text_clean(name, sizeof name, job->name);
        *memory_append(rebuild, steps) =
            memory_format("%s: %s the job %s: %s", job->server,
                          enabled            ? "enable"
                          : job->was_enabled ? "keep disabled (this run disabled it)"
                                             : "keep disabled (this run found it disabled)",
                          name,
                          sql == NULL ? "" : sql);
        free(sql);
    }
}

static void add_all(struct rebuild *rebuild, const struct journal_content *past)
{
    *memory_append(rebuild, steps) = memory_copy_text(
        "first of all: do it only where nobody works in these databases; where they are live, the "
        "third step would drop production");
    add_jobs(rebuild, past, JOB_RESTORE_DATABASES, false);
    for (size_t i = 0; i < rebuild->servers_count; i++)
        *memory_append(rebuild, steps) =
            memory_format("%s: drop the restored databases: %s (its SourceID stands in "
                          "bts_LogShippingHistory)",
                          rebuild->servers[i], tsql_shown_clean());
    *memory_append(rebuild, steps) = memory_format(
        "the source, once all of them are clean and not before: force a full set: %s",
        tsql_shown_force_full());
    add_jobs(rebuild, past, JOB_GET_HISTORY, true);
    *memory_append(rebuild, steps) = memory_copy_text(
        "wait until that full set and one log set behind it are complete and imported "
        "(stopmark sets)");
    add_jobs(rebuild, past, JOB_RESTORE_DATABASES, true);
}

char **rebuild_steps(const struct journal_content *past, size_t *count)
{
    struct rebuild rebuild = {0};
    find_servers(&rebuild, past);
    if (is_due(&rebuild, past))
        add_all(&rebuild, past);
    free(rebuild.servers);
    *count = rebuild.steps_count;
    return rebuild.steps;
}
