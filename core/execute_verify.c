/* VERIFY: every database online, read-write, in full recovery, its MarkLog at the mark, the same
 * in all; what else an operator must know is reported. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/aftermath.h"
#include "core/base/memory.h"
#include "core/base/str.h"
#include "core/base/text.h"
#include "core/execute_internal.h"
#include "core/jobs_list.h"
#include "core/situation.h"
#include "core/tsql_write.h"

static bool take_orphan(void *context, const struct tds_row *row)
{
    struct str *names = context;
    char name[129];
    text_clean(name, sizeof name, tds_text(row, "name"));
    str_format(names, "%s%s", names->length == 0 ? "" : ", ", name);
    return names->length < 1000;
}

static void report_orphans(struct lane *lane, struct link *link)
{
    struct str names = {0};
    struct error error;
    error_clear(&error);
    if (link_run(link, tsql_orphans(lane->plan->database), take_orphan, &names, NULL, &error) !=
        ERR_OK)
        execution_note(lane->execution, "%s: users without login could not be looked for: %s",
                       lane->where, error.server_text[0] ? error.server_text : error.what);
    else if (names.length > 0)
        execution_note(lane->execution, "%s: users without login: %s", lane->where,
                       str_text(&names));
    str_free(&names);
}

static bool has_mark_name(const struct lane *lane, const char *name)
{
    for (size_t i = 0; i < lane->marks_count; i++)
        if (strcmp(lane->marks[i], name) == 0)
            return true;
    return false;
}

static bool is_known(const struct execution *execution, const char *name)
{
    for (size_t i = 0; i < execution->known_marks_count; i++)
        if (strcmp(execution->known_marks[i].mark, name) == 0)
            return true;
    return strcmp(name, execution->plan->mark) == 0;
}

/* Marks that no history knows are old, or of a set that failed. One that not every database has is
 * worth a look, but names have no order: it proves nothing either way. */
static void report_strange_marks(struct execution *execution)
{
    struct str names = {0};
    int strange = 0;
    for (size_t i = 0; i < execution->lanes_count; i++)
        for (size_t k = 0; k < execution->lanes[i].marks_count; k++) {
            const char *name = execution->lanes[i].marks[k];
            bool everywhere = true;
            if (is_known(execution, name))
                continue;
            for (size_t n = 0; everywhere && n < execution->lanes_count; n++)
                everywhere = has_mark_name(&execution->lanes[n], name);
            if (everywhere)
                continue;
            if (++strange <= 5)
                str_format(&names, "%s%s in %s", strange == 1 ? "" : ", ", name,
                           execution->lanes[i].where);
        }
    if (strange > 0)
        execution_note(execution, "%d mark(s) that no imported history knows are not in every "
                       "MarkLog (old, or of a failed set): %s", strange, str_text(&names));
    str_free(&names);
}

static void keep_verified(struct lane *lane, bool verified, const char *evidence)
{
    struct journal_verified found = {
        .server = lane->plan->server,
        .database = lane->plan->database,
        .proven = lane->proven,
        .shown = lane->shown,
        .verified = verified,
        .state = lane->live.state,
        .at_mark = verified,
        .marklog_has_mark = lane->mark_log.has_mark,
        .read_write = lane->live.state == STATE_ONLINE && !lane->live.read_only,
        .later_marks = lane->mark_log.later,
        .evidence = evidence,
    };
    journal_verified(lane->execution->journal, &found, clock_utc_ms(lane->execution->clock), NULL);
}

/* --- CHECKDB ---------------------------------------------------------------------------------- */

static void set_checking(struct lane *lane, struct link *link, bool checking)
{
    pthread_mutex_lock(&lane->execution->lock);
    lane->checking = checking;
    lane->session_id = checking && link->writer != NULL ? tds_writer_session_id(link->writer) : 0;
    lane->step_percent = 0;
    lane->step_began_ms = clock_monotonic_ms(lane->execution->clock);
    pthread_mutex_unlock(&lane->execution->lock);
    execution_wake(lane->execution);
}

/* True where the configuration does not ask for it, too. */
static bool check_pages(struct lane *lane, struct link *link, struct error *error)
{
    enum checkdb_kind wanted = lane->execution->config->checkdb;
    if (wanted == CHECKDB_NO)
        return true;
    if (!link_ready(link, error))
        return false;
    execution_note(lane->execution, "%s: CHECKDB begins", lane->where);
    set_checking(lane, link, true);
    link->patient = true;
    bool clean = link_run(link,
                          tsql_check_database(lane->plan->database, wanted == CHECKDB_PHYSICAL),
                          NULL, NULL, NULL, error) == ERR_OK;
    link->patient = false;
    set_checking(lane, link, false);
    if (clean) {
        execution_note(lane->execution, "%s: CHECKDB found nothing wrong", lane->where);
        return true;
    }
    if (error->code == ERR_PERMISSION) {
        text_copy(error->hint, sizeof error->hint,
                  "CHECKDB needs sysadmin or db_owner for the restore login; or set checkdb = no in "
                  "[restore], then resume");
    } else if (error->server_number != 0) {
        text_copy(error->what, sizeof error->what, "CHECKDB found errors");
        text_copy(error->hint, sizeof error->hint,
                  "keep BizTalk off it; the backup may hold the damage too: ask the database's "
                  "owner, look at older full sets");
    }
    return false;
}

static const char *checked_words(const struct execution *execution)
{
    return execution->config->checkdb == CHECKDB_FULL       ? "; CHECKDB found nothing wrong"
           : execution->config->checkdb == CHECKDB_PHYSICAL ? "; CHECKDB (physical only) found "
                                                              "nothing wrong"
                                                            : "";
}

static bool verify_lane(struct lane *lane, struct link *link)
{
    const struct plan *plan = lane->execution->plan;
    struct error error;
    error_clear(&error);
    bool good = lane_settle(lane, link, &error) && lane_read_marks(lane, link, &error) &&
                verify_decide(&lane->live, &lane->mark_log, plan->mark, plan->stop, lane->where,
                              &error) &&
                check_pages(lane, link, &error);
    char evidence[400];
    if (good)
        snprintf(evidence, sizeof evidence,
                 "online, read-write, FULL; MarkLog (%lld marks) %s the mark and has none later%s%s%s",
                 (long long)lane->mark_log.marks, plan->stop == STOP_AT ? "has" : "stops before",
                 lane->proven ? "; before recovery: redo point or MarkLog at the mark" : "",
                 lane->shown ? ", MarkLog read in STANDBY" : "", checked_words(lane->execution));
    else
        snprintf(evidence, sizeof evidence, "%.200s%s%.150s", error.what,
                 error.server_text[0] ? ": " : "", error.server_text);
    keep_verified(lane, good, evidence);
    if (!good)
        return lane_fail(lane, &error);
    report_orphans(lane, link);
    lane_set(lane, LANE_VERIFIED, "");
    return true;
}

/* --- Agent jobs ------------------------------------------------------------------------------- */

static bool is_own(enum job_function function)
{
    return function == JOB_BIZTALK || function == JOB_BACKUP;
}

/* Up to five names, with how many there are. */
struct job_names {
    struct str text;
    int count;
};

static void name_job(struct job_names *names, const char *raw)
{
    char name[129];
    text_clean(name, sizeof name, raw);
    if (++names->count <= 5)
        str_format(&names->text, "%s%s", names->count == 1 ? "" : ", ", name);
}

static bool has_job(const struct destination *destination, const char *name)
{
    for (size_t i = 0; i < destination->jobs_count; i++)
        if (text_equal_nocase(destination->jobs[i].name, name))
            return true;
    return false;
}

/* The documented jobs of the destination's databases that are not there. */
static void name_missing(const struct destination *destination, struct job_names *missing)
{
    const struct execution *execution = destination->execution;
    for (size_t i = 0; i < execution->lanes_count; i++) {
        const struct plan_database *plan = execution->lanes[i].plan;
        const struct roster_entry entry = {.use = plan->use, .database = plan->database};
        char name[300];
        if (execution->lanes[i].destination != destination)
            continue;
        for (size_t k = 0; jobs_list_name(&entry, k, name, sizeof name); k++)
            if (!has_job(destination, name))
                name_job(missing, name);
    }
}

/* Findings, no failed proof: the databases are consistent whatever the jobs are. BizTalk's own jobs,
 * the backup job among them, must wait until the runbook enables them; BizTalk's Restore To Mark
 * creates the source's jobs as they were there. */
static void report_jobs(struct destination *destination)
{
    struct job_names missing = {0}, enabled = {0}, others = {0};
    const char *server = destination->config->name;
    int own = 0;
    for (size_t i = 0; i < destination->jobs_count; i++) {
        const struct job *job = &destination->jobs[i];
        own += is_own(job->function);
        if (job->enabled && (is_own(job->function) || job->function == JOB_OTHER))
            name_job(is_own(job->function) ? &enabled : &others, job->name);
    }
    name_missing(destination, &missing);
    execution_note(destination->execution,
                   "%s: the shipping jobs are disabled; %d of BizTalk's other Agent jobs there, %d "
                   "of them enabled", server, own, enabled.count);
    if (missing.count > 0)
        execution_note(destination->execution,
                       "%s: %d of BizTalk's Agent job(s) are missing, such as %s: the run's job "
                       "script makes them", server, missing.count, str_text(&missing.text));
    if (enabled.count > 0)
        execution_note(destination->execution,
                       "%s: %d of BizTalk's Agent job(s) are enabled, such as %s: disable them until "
                       "the runbook enables them", server, enabled.count, str_text(&enabled.text));
    if (others.count > 0)
        execution_note(destination->execution,
                       "%s: %d Agent job(s) that are not BizTalk's are enabled, such as %s: see that "
                       "they may run before BizTalk starts", server, others.count,
                       str_text(&others.text));
    str_free(&missing.text);
    str_free(&enabled.text);
    str_free(&others.text);
}

/* Enabled shipping jobs would restore over what is production now. */
static bool check_jobs(struct execution *execution, struct error *error)
{
    for (size_t i = 0; i < execution->destinations_count; i++) {
        struct destination *destination = &execution->destinations[i];
        if (!destination_read_jobs(destination, &destination->work_link, error))
            return false;
        for (size_t k = 0; k < destination->jobs_count; k++) {
            const struct job *job = &destination->jobs[k];
            bool shipping = job->function == JOB_GET_HISTORY ||
                            job->function == JOB_RESTORE_DATABASES;
            if (!shipping || !job->enabled)
                continue;
            error_set(error, ERR_NOT_PROVEN, destination->config->name,
                      "disable it at once, then retry",
                      "the job %s is enabled although its databases are production now", job->name);
            return false;
        }
        report_jobs(destination);
    }
    return true;
}

/* What people need next. A file that cannot be made is told; the group is verified all the same. */
static void note_file(void *context, const char *line)
{
    execution_note(context, "%s", line);
}

bool execution_verify(struct execution *execution, struct error *error)
{
    if (!execution_each_lane(execution, verify_lane, error) || !execution_same_newest_mark(execution, error))
        return false;
    if (situation_traits(execution->head.situation)->stops_shipping
            ? !check_jobs(execution, error)
            : !rehearsal_verify(execution, error))
        return false;
    report_strange_marks(execution);
    if (execution->head.situation != SITUATION_REHEARSAL)
        aftermath_make(execution->config, execution->head.run, note_file, execution);
    return true;
}
