#include "core/execute_move.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/tsql_move.h"
#include "core/tsql_write.h"

bool source_has(const struct destination *source, const char *database)
{
    const struct plan *plan = source->execution->plan;
    for (size_t i = 0; i < plan->databases_count; i++)
        if (text_equal_nocase(plan->databases[i].original, database) &&
            text_equal(plan->databases[i].source, source->config->name))
            return true;
    return false;
}

/* --- statements ---------------------------------------------------------------------------------- */

bool source_send(struct destination *source, enum step_kind kind, const char *database, char *sql,
                 struct error *error)
{
    struct execution *execution = source->execution;
    struct link *link = &source->work_link;
    struct journal_intent intent = {.server = source->config->name,
                                    .database = database == NULL ? "msdb" : database,
                                    .step = -1,
                                    .kind = kind,
                                    .sql = sql,
                                    .state_before = STATE_ONLINE,
                                    .at_utc_ms = clock_utc_ms(execution->clock)};
    struct tds_outcome outcome = {0};
    if (sql == NULL) {
        error_set(error, ERR_REFUSED, source->config->name, NULL,
                  "a name cannot be written safely as T-SQL");
        return false;
    }
    bool good = link_ready(link, error) &&
                journal_intend(execution->journal, &intent, error) == ERR_OK;
    if (good) {
        tds_writer_set_timeout(link->writer, ANSWER_MS);
        good = tds_writer_run(link->writer, sql, NULL, NULL, NULL, &outcome, error) == ERR_OK;
        struct journal_outcome done = {
            .intent = intent.id,
            .state = good ? STEP_DONE : outcome.drained ? STEP_FAILED : STEP_UNKNOWN,
            .state_after = STATE_ONLINE,
            .server_number = outcome.first_error,
            .text = good ? "done" : error->server_text[0] ? error->server_text : error->what,
            .at_utc_ms = clock_utc_ms(execution->clock)};
        journal_conclude(execution->journal, &done, NULL);
    }
    if (!good && error->where[0] == '\0')
        text_copy(error->where, sizeof error->where, source->config->name);
    free(sql);
    return good;
}

static bool take_state(void *context, const struct tds_row *row)
{
    *(enum database_state *)context = (enum database_state)tds_integer(row, "state", STATE_ABSENT);
    return true;
}

bool source_database_state(struct destination *source, const char *database,
                           enum database_state *state, struct error *error)
{
    *state = STATE_ABSENT;
    return link_run(&source->work_link, tsql_database_state(database), take_state, state, NULL,
                    error) == ERR_OK;
}

/* --- sessions ------------------------------------------------------------------------------------ */

struct session_search {
    const struct destination *source;
    int count;
    char first[600];
};

static bool take_session(void *context, const struct tds_row *row)
{
    struct session_search *search = context;
    char login[129], host[129], program[129], database[129];
    const char *name = tds_text(row, "database_name");
    if (name == NULL || !source_has(search->source, name) || ++search->count > 1)
        return true;
    text_clean(login, sizeof login, tds_text(row, "login_name"));
    text_clean(host, sizeof host, tds_text(row, "host_name"));
    text_clean(program, sizeof program, tds_text(row, "program_name"));
    text_clean(database, sizeof database, name);
    snprintf(search->first, sizeof search->first, "session %lld (%s of %s, %s) is in %s",
             (long long)tds_integer(row, "session_id", 0), login, host, program, database);
    return true;
}

static bool take_now(void *context, const struct tds_row *row)
{
    *(int64_t *)context = tds_time_ms(row, "now");
    return true;
}

static bool take_sight(void *context, const struct tds_row *row)
{
    *(bool *)context = tds_integer(row, "view_server_state", 0) == 1;
    return true;
}

bool source_look_quiet(struct destination *source, int64_t wait_ms, int64_t *since_local_ms,
                       struct error *error)
{
    struct execution *execution = source->execution;
    struct link *link = &source->work_link;
    int64_t until = clock_monotonic_ms(execution->clock) + wait_ms;
    bool sees = false;
    if (link_run(link, tsql_sees_all_sessions(), take_sight, &sees, NULL, error) != ERR_OK)
        return false;
    if (!sees) {
        error_set(error, ERR_PERMISSION, source->config->name,
                  "grant VIEW SERVER STATE to the restore login (stopmark grants --restore)",
                  "other sessions are not visible, so it cannot be told whether anybody works");
        return false;
    }
    for (;;) {
        struct session_search search = {.source = source};
        *since_local_ms = TIME_UNKNOWN;
        if (link_run(link, tsql_local_now(), take_now, since_local_ms, NULL, error) != ERR_OK ||
            link_run(link, tsql_user_sessions(), take_session, &search, NULL, error) != ERR_OK)
            return false;
        if (search.count == 0)
            return true;
        if (execution_aborting(execution) || clock_monotonic_ms(execution->clock) >= until) {
            char more[60] = "";
            if (search.count > 1)
                snprintf(more, sizeof more, "; %d session(s) in all", search.count);
            error_set(error, ERR_REFUSED, source->config->name,
                      "stop what uses the databases (receive locations, host instances, SSO, "
                      "consoles), then start again",
                      "%s%s", search.first, more);
            return false;
        }
        execution_say(execution, "%s: waiting: %s", source->config->name, search.first);
        execution_wait(execution, POLL_MS);
    }
}

/* --- jobs ---------------------------------------------------------------------------------------- */

static bool disable_jobs(struct destination *source, const char *keep_running, struct error *error)
{
    struct execution *execution = source->execution;
    for (size_t i = 0; i < source->jobs_count; i++) {
        struct job *job = &source->jobs[i];
        struct error why;
        error_clear(&why);
        if (job->enabled) {
            if (journal_job(execution->journal, source->config->name, job->id, job->name, true,
                            error) != ERR_OK ||
                !source_send(source, STEP_JOB, NULL, tsql_job_enable(job->id, false), error))
                return false;
            execution_note(execution, "%s: disabled the job %s", source->config->name, job->name);
        }
        /* It may have ended by itself: what counts is that none runs in the end. */
        if (job->running && !text_equal_nocase(job->id, keep_running))
            source_send(source, STEP_JOB, NULL, tsql_job_stop(job->id), &why);
    }
    return true;
}

bool source_stop_jobs(struct destination *source, const char *keep_running, struct error *error)
{
    struct execution *execution = source->execution;
    int64_t until = clock_monotonic_ms(execution->clock) + IDLE_LIMIT_MS;
    if (!destination_read_jobs(source, &source->work_link, error) ||
        !disable_jobs(source, keep_running, error))
        return false;
    while (destination_read_jobs(source, &source->work_link, error)) {
        const struct job *running = NULL;
        for (size_t i = 0; i < source->jobs_count; i++)
            running = source->jobs[i].running ? &source->jobs[i] : running;
        if (running == NULL || execution_aborting(execution))
            return true;
        if (clock_monotonic_ms(execution->clock) > until) {
            error_set(error, ERR_TIMEOUT, source->config->name, "stop it by hand, then retry",
                      "the job %s still runs", running->name);
            return false;
        }
        execution_say(execution, "waiting on %s for the job %s to end", source->config->name,
                      running->name);
        execution_wait(execution, POLL_MS);
    }
    return false;
}

/* --- who wrote ----------------------------------------------------------------------------------- */

struct write_search {
    struct destination *source;
    int64_t since_local_ms, last_local_ms;
    bool *controlled; /* one for each database of the plan: the mark's own write is there */
    char text[600];
};

/* The backup job writes these itself, before and after its marks. */
static bool is_backup_s_own(const char *table)
{
    static const char *const own[] = {"MarkLog", "adm_BackupHistory", "adm_BackupSettings",
                                      "adm_ForceFullBackup"};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (text_equal_nocase(table, own[i]))
            return true;
    return false;
}

static void control(struct write_search *search, const char *database, int64_t at_ms)
{
    const struct plan *plan = search->source->execution->plan;
    for (size_t i = 0; i < plan->databases_count; i++)
        if (text_equal_nocase(plan->databases[i].original, database) &&
            text_equal(plan->databases[i].source, search->source->config->name) &&
            at_ms >= search->since_local_ms)
            search->controlled[i] = true;
}

static bool take_write(void *context, const struct tds_row *row)
{
    struct write_search *search = context;
    const char *database = tds_text(row, "database_name"), *table = tds_text(row, "table_name");
    int64_t at_ms = tds_time_ms(row, "last_write");
    if (database == NULL || !source_has(search->source, database) || at_ms == TIME_UNKNOWN)
        return true;
    if (text_equal_nocase(table, "MarkLog"))
        control(search, database, at_ms);
    if (table != NULL && is_backup_s_own(table))
        return true;
    if (at_ms < search->since_local_ms || at_ms <= search->last_local_ms)
        return true;
    char shown[129], where[129], time[40];
    text_clean(shown, sizeof shown, table == NULL ? "a table" : table);
    text_clean(where, sizeof where, database);
    time_format_of_day(time, sizeof time, at_ms);
    search->last_local_ms = at_ms;
    snprintf(search->text, sizeof search->text, "%s.%s was written at %s by the server's clock",
             where, shown, time);
    return true;
}

/* The first database that is not OFFLINE and does not show the mark's own write; NULL = none. */
static bool all_controlled(struct write_search *search, const char **missing, struct error *error)
{
    const struct plan *plan = search->source->execution->plan;
    *missing = NULL;
    for (size_t i = 0; i < plan->databases_count && *missing == NULL; i++) {
        enum database_state state;
        if (!text_equal(plan->databases[i].source, search->source->config->name) ||
            search->controlled[i])
            continue;
        if (!source_database_state(search->source, plan->databases[i].original, &state, error))
            return false;
        if (state != STATE_OFFLINE)
            *missing = plan->databases[i].original;
    }
    return true;
}

bool source_judge_quiet(struct destination *source, int64_t since_local_ms,
                        enum quiet_verdict *verdict, char *text, size_t size,
                        int64_t *last_local_ms, struct error *error)
{
    struct write_search search = {.source = source,
                                  .since_local_ms = since_local_ms,
                                  .last_local_ms = TIME_UNKNOWN,
                                  .controlled = memory_new_array(
                                      source->execution->plan->databases_count, sizeof(bool))};
    const char *missing = NULL;
    enum error_code code = link_run(&source->work_link, tsql_last_writes(), take_write, &search,
                                    NULL, error);
    bool good = code == ERR_OK || code == ERR_PERMISSION;
    *verdict = QUIET_UNPROVEN;
    *last_local_ms = search.last_local_ms;
    if (code == ERR_PERMISSION)
        snprintf(text, size, "%s does not show who wrote when: %s", source->config->name,
                 error->what);
    else if (good && search.text[0] != '\0') {
        *verdict = QUIET_BROKEN;
        snprintf(text, size, "%s: %s", source->config->name, search.text);
    } else if (good && all_controlled(&search, &missing, error)) {
        *verdict = missing == NULL ? QUIET_PROVEN : QUIET_UNPROVEN;
        snprintf(text, size, "%s does not even show the backup job's own write in %s",
                 source->config->name, missing == NULL ? "" : missing);
    } else {
        good = false;
    }
    free(search.controlled);
    return good;
}
