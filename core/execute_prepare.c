/* PREPARE: locks on every destination, the situation, foreign RESTOREs, the files; then the
 * shipping jobs. Everything up to execution_note("prepared") only reads. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/execute_internal.h"
#include "core/execute_move.h"
#include "core/secret.h"
#include "core/tds_life.h"
#include "core/tsql_restore.h"
#include "core/tsql_write.h"

/* --- the situation ---------------------------------------------------------------------------- */

struct source_probe {
    const struct execution *execution;
    size_t index;
    const char *password;
    enum server_life life;
    pthread_t thread;
    bool on_thread;
};

static void *probe_main(void *context)
{
    struct source_probe *probe = context;
    const struct config *config = probe->execution->config;
    const struct config_server *server = &config->servers[probe->index];
    struct tds_options options = {.application = probe->execution->application,
                                  .connect_timeout_ms = config->connect_timeout_ms,
                                  .query_timeout_ms = config->query_timeout_ms,
                                  .lock_timeout_ms = 0};
    struct error error;
    error_clear(&error);
    tds_reader_close(tds_reader_open(server, probe->password == NULL ? "" : probe->password,
                                     &options, &probe->execution->stop, &error));
    probe->life = tds_life(server, &error, config->connect_timeout_ms, &probe->execution->stop);
    return NULL;
}

/* All at once; what gets no thread is asked after the others. */
static void probe_sources(const struct execution *execution, struct source_probe *probes)
{
    const struct config *config = execution->config;
    int missing;
    struct secrets *secrets = secrets_fetch(config, SECRET_MONITOR, &missing, NULL);
    for (size_t i = 0; i < config->servers_count; i++) {
        probes[i] = (struct source_probe){.execution = execution, .index = i,
                                          .password = secrets == NULL ? NULL
                                                                      : secrets_get(secrets, i)};
        probes[i].on_thread =
            config->servers[i].role == ROLE_SOURCE &&
            pthread_create(&probes[i].thread, NULL, probe_main, &probes[i]) == 0;
    }
    for (size_t i = 0; i < config->servers_count; i++) {
        if (probes[i].on_thread)
            pthread_join(probes[i].thread, NULL);
        else if (config->servers[i].role == ROLE_SOURCE)
            probe_main(&probes[i]);
    }
    secrets_free(secrets);
}

static bool refuse_living(struct execution *execution, const char *source, enum server_life life,
                          struct error *error)
{
    if (life < LIFE_UNTOLD)
        return true;
    if (execution_is_committed(execution)) {
        execution_note(execution, "the source %s answers again: keep it from its work, or two "
                                  "groups will be live", source);
        return true;
    }
    error_set(error, ERR_REFUSED, source,
              "if the group is to move on purpose use planned-move; if the server is to be given "
              "up, switch it off first",
              "the situation is source-lost, but this source %s", server_life_text(life));
    return false;
}

bool execution_check_sources(struct execution *execution, struct error *error)
{
    const struct config *config = execution->config;
    if (execution->head.situation != SITUATION_SOURCE_LOST)
        return true;
    execution_say(execution, "asking whether a source still answers");
    struct source_probe *probes = memory_new_array(config->servers_count, sizeof *probes);
    probe_sources(execution, probes);
    size_t most = 0;
    for (size_t i = 0; i < config->servers_count; i++) {
        if (probes[i].life == LIFE_SILENT)
            execution_note(execution, "the source %s %s", config->servers[i].name,
                           server_life_text(LIFE_SILENT));
        if (probes[i].life > probes[most].life)
            most = i;
    }
    enum server_life life = probes[most].life;
    free(probes);
    return refuse_living(execution, config->servers[most].name, life, error);
}

/* --- foreign restores ------------------------------------------------------------------------- */

struct foreign_check {
    const struct execution *execution;
    const struct destination *destination;
    struct foreign_restore bad;
    bool found;
};

/* An Agent job's RESTORE is waited for, when its job is disabled; master stands for any database. */
static bool is_foreign(void *context, const struct foreign_restore *f)
{
    struct foreign_check *check = context;
    if (strncmp(f->program, "SQLAgent", 8) == 0 ||
        text_equal(f->program, check->execution->application))
        return true;
    bool ours = f->database[0] == '\0' || text_equal_nocase(f->database, "master");
    for (size_t i = 0; i < check->execution->lanes_count; i++)
        ours = ours || (check->execution->lanes[i].destination == check->destination &&
                        text_equal_nocase(f->database,
                                          check->execution->lanes[i].plan->database));
    if (ours) {
        check->bad = *f;
        check->found = true;
    }
    return !check->found;
}

static bool take_right(void *context, const struct tds_row *row)
{
    *(bool *)context = tds_integer(row, "view_server_state", 0) == 1;
    return true;
}

/* Without the right the server does not refuse: it shows a session nothing but itself, and a
 * RESTORE of somebody else, or of this run's dead worker, would not be there. */
static bool check_sight(struct destination *destination, struct error *error)
{
    bool sees = false;
    if (link_run(&destination->work_link, tsql_sees_all_sessions(), take_right, &sees, NULL,
                 error) != ERR_OK)
        return false;
    if (!sees)
        error_set(error, ERR_PERMISSION, destination->config->name,
                  "grant VIEW SERVER STATE to the restore login (stopmark grants --restore)",
                  "other sessions are not visible, so a RESTORE that runs there would not be seen");
    return sees;
}

static bool check_foreign(struct execution *execution, struct error *error)
{
    for (size_t i = 0; i < execution->destinations_count; i++) {
        struct destination *destination = &execution->destinations[i];
        if (!check_sight(destination, error))
            return false;
        struct foreign_check check = {.execution = execution, .destination = destination};
        if (!destination_foreign_restores(destination, &destination->work_link, is_foreign, &check,
                                          error))
            return false;
        if (check.found) {
            error_set(error, ERR_REFUSED, destination->config->name,
                      "wait until it has ended, then make a new plan",
                      "session %d (%s of %s, %s) runs %s there", check.bad.session_id,
                      check.bad.login, check.bad.host, check.bad.program, check.bad.command);
            return false;
        }
    }
    return true;
}

/* --- marks that the destinations know --------------------------------------------------------- */

static bool take_known(void *context, const struct tds_row *row)
{
    struct execution *execution = context;
    const char *mark = tds_text(row, "MarkName");
    if (mark == NULL)
        return true;
    struct known_mark *known = memory_append(execution, known_marks);
    known->mark = memory_copy_text(mark);
    known->set = tds_integer(row, "BackupSetId", 0);
    return true;
}

/* Without the history later marks would not be known; VERIFY then says so and fails closed. */
static bool read_known_marks(struct execution *execution, struct error *error)
{
    for (size_t i = 0; i < execution->destinations_count; i++)
        if (link_run(&execution->destinations[i].work_link, tsql_known_marks(), take_known,
                     execution, NULL, error) != ERR_OK)
            return false;
    return true;
}

/* --- the phase -------------------------------------------------------------------------------- */

static bool lock_all(struct execution *execution, struct error *error)
{
    for (size_t i = 0; i < execution->destinations_count; i++) {
        struct destination *destination = &execution->destinations[i];
        if (destination->watching)
            continue;
        execution_say(execution, "taking the lock on %s", destination->config->name);
        int64_t until = clock_monotonic_ms(execution->clock) + LOCK_LIMIT_MS;
        while (!destination_lock(destination, &destination->lock_link, error)) {
            /* The worker that died may have left a session that the server has not missed yet. */
            bool our_own = error->code == ERR_LOCKED &&
                           strstr(error->what, execution->application) != NULL;
            if (!our_own || (execution_aborting(execution) && !execution->resumed) ||
                clock_monotonic_ms(execution->clock) > until)
                return false; /* all or none: execution_release lets the others go */
            execution_say(execution, "waiting for the dead worker's session on %s to end",
                          destination->config->name);
            execution_wait(execution, POLL_MS);
        }
    }
    for (size_t i = 0; i < execution->destinations_count; i++) {
        destination_watch(&execution->destinations[i]);
        if (execution->destinations[i].watching)
            continue;
        error_set(error, ERR_IO, execution->destinations[i].config->name,
                  "see the limits of processes and memory, then start again",
                  "no thread can be had to watch the lock, so its loss would not be noticed");
        return false;
    }
    execution_note(execution, "the locks are held on %zu destination(s)",
                   execution->destinations_count);
    return true;
}

static bool take_session(void *context, const struct tds_row *row)
{
    char login[129], host[129], program[129];
    text_clean(login, sizeof login, tds_text(row, "login_name"));
    text_clean(host, sizeof host, tds_text(row, "host_name"));
    text_clean(program, sizeof program, tds_text(row, "program_name"));
    error_set(context, ERR_REFUSED, NULL,
              "whoever uses it must know that it goes; when no session is left, start again",
              "it is to be overwritten, and session %lld is in it (%s of %s, %s)",
              (long long)tds_integer(row, "session_id", 0), login, host, program);
    return false;
}

static bool take_marked(void *context, const struct tds_row *row)
{
    char mark[129], time[40];
    text_clean(mark, sizeof mark, tds_text(row, "mark_name"));
    time_format(time, sizeof time, tds_time_ms(row, "mark_time"));
    time[strcspn(time, "U")] = '\0'; /* it is the server's own time, not UTC */
    error_set(context, ERR_REFUSED, NULL,
              "it has been in use here since its last restore; if it is to go nevertheless, an "
              "administrator drops it, then make a new plan",
              "it is to be overwritten, and its own log was marked here after its last restore (%s, "
              "%s by the server's clock)", mark, time);
    return false;
}

/* Is its next statement the one that overwrites it? What stands at the mark, or was recovered there
 * by this run, is in use rightly. */
static bool is_to_be_overwritten(const struct lane *lane)
{
    return !lane->at_mark && !lane->recovered && lane->next < lane->plan->steps_count &&
           lane->plan->steps[lane->next].kind == STEP_RESTORE_FULL;
}

/* Consent to overwrite a database was given to its name; somebody who works in it now, or a backup
 * job that marked it since it was restored, is a reason to think again: it is production. */
static bool check_unused(struct lane *lane, struct link *link, struct error *error)
{
    if (!is_to_be_overwritten(lane) || lane->live.state != STATE_ONLINE)
        return true;
    struct error used;
    error_clear(&used);
    if (link_run(link, tsql_database_sessions(lane->plan->database), take_session, &used, NULL,
                 error) != ERR_OK ||
        (used.code == ERR_OK &&
         link_run(link, tsql_database_marked_since(lane->plan->database), take_marked, &used, NULL,
                  error) != ERR_OK))
        return false;
    if (used.code != ERR_OK)
        *error = used;
    return used.code == ERR_OK;
}

static bool take_paired(void *context, const struct tds_row *row)
{
    error_set(context, ERR_REFUSED, NULL,
              "take it out there, then make a new plan; the group is not moved in part",
              "RESTORE refuses it (3104): it is %s",
              tds_integer(row, "is_mirrored", 0) == 1 ? "mirrored" : "in an availability group");
    return false;
}

/* A monitoring login does not see that a database is a mirror; by its state it is a standby. */
static bool check_alone(struct lane *lane, struct link *link, struct error *error)
{
    struct error paired;
    error_clear(&paired);
    if (lane->recovered)
        return true;
    if (link_run(link, tsql_database_paired(lane->plan->database), take_paired, &paired, NULL,
                 error) != ERR_OK)
        return false;
    if (paired.code != ERR_OK)
        *error = paired;
    return paired.code == ERR_OK;
}

/* Found in STANDBY and named by restorehistory, as a stop before the mark is too: its MarkLog tells,
 * before anything is written. What this run left in STANDBY is the gate's. */
static bool check_standby(struct lane *lane, struct link *link, struct error *error)
{
    const struct plan *plan = lane->execution->plan;
    if (lane->plan->route != ROUTE_AT_MARK || lane->shown || lane->recovered ||
        !lane->live.standby)
        return true;
    if (!last_restore_proves(&lane->live, lane_stop_name(lane), lane->where, error) ||
        !lane_read_marks(lane, link, error))
        return false;
    if (mark_log_proves(&lane->mark_log, plan->mark, plan->stop, lane->where, error))
        return true;
    struct str statement = {0};
    if (!lane->mark_log.has_mark && tsql_add_restoring(&statement, lane->plan->database))
        snprintf(error->hint, sizeof error->hint,
                 "it may have been stopped before that mark: %s shows where it stands; then make a "
                 "new plan", str_text(&statement));
    str_free(&statement);
    return false;
}

static bool prepare_lane(struct lane *lane, struct link *link)
{
    struct error error;
    error_clear(&error);
    lane_set(lane, LANE_WAITING, "looking where it stands");
    if (execution_aborting(lane->execution))
        return false;
    if (!lane_locate(lane, link, &error) || !check_alone(lane, link, &error) ||
        !check_unused(lane, link, &error) || !check_standby(lane, link, &error))
        return lane_fail(lane, &error);
    if (!lane->at_mark && !lane_prove_files(lane, link))
        return false;
    lane_set(lane, lane->recovered ? LANE_ONLINE : lane->at_mark ? LANE_AT_MARK : LANE_WAITING, "");
    return true;
}

/* What the headers taught must survive the worker: resuming judges by these LSNs. */
static bool keep_headers(struct execution *execution, struct error *error)
{
    char *json = plan_to_json(execution->plan);
    bool kept = journal_revise(execution->journal, json, execution->plan->hash, execution->head.by,
                               clock_utc_ms(execution->clock), error) == ERR_OK;
    free(json);
    return kept;
}

static bool read_past(struct execution *execution, struct error *error)
{
    journal_content_free(&execution->past);
    return journal_read(execution->journal, &execution->past, error) == ERR_OK;
}

static bool any_left_to_restore(const struct execution *execution)
{
    for (size_t i = 0; i < execution->lanes_count; i++)
        if (!execution->lanes[i].recovered)
            return true;
    return false;
}

bool execution_prepare(struct execution *execution, struct error *error)
{
    if (!read_past(execution, error))
        return false;
    execution_recall_jobs(execution);
    if (!lock_all(execution, error) || !execution_check_sources(execution, error) ||
        !check_foreign(execution, error) || !execution_move_begin(execution, error))
        return false;
    if (execution_aborting(execution))
        return true;
    if (execution->known_marks_count == 0 && !read_known_marks(execution, error))
        return false;
    if (!execution_finish_jobs(execution, error))
        return false;
    execution_say(execution, "looking at every database and every planned file");
    if (!execution_each_lane(execution, prepare_lane, error))
        return false;
    if (execution->plan->method == METHOD_JOBS && !execution_check_jobs(execution, error))
        return false;
    for (size_t i = 0; i < execution->lanes_count; i++)
        if (execution->lanes[i].recovered)
            execution_burn_bridges(execution);
    if (!any_left_to_restore(execution) && !execution->resumed) {
        error_set(error, ERR_REFUSED, execution->config->group_name, NULL,
                  "every database is online at the mark already: nothing to restore");
        return false;
    }
    return execution_aborting(execution) ||
           (keep_headers(execution, error) && execution_move_offline(execution, error) &&
            execution_stop_jobs(execution, error));
}

/* --- the abort of a dead run ------------------------------------------------------------------- */

/* What cannot be told stays unknown in the journal, and its destination's jobs stay disabled. */
static bool ask_lane(struct lane *lane, struct link *link)
{
    struct error error;
    error_clear(&error);
    if (!lane_locate(lane, link, &error))
        execution_note(lane->execution, "%s: %s", lane->where, error.what);
    return true;
}

bool execution_ask_all(struct execution *execution, struct error *error)
{
    struct error ignored;
    error_clear(&ignored);
    if (!lock_all(execution, error))
        return false;
    execution_each_lane(execution, ask_lane, &ignored);
    return true;
}
