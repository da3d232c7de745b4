/* The rules about failing over, and about the time after it (core/rules.def). */
#include "core/checks_internal.h"

#include <stdlib.h>
#include <string.h>

#include "core/attest.h"
#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/base/str.h"
#include "core/base/text.h"
#include "core/group.h"
#include "core/jobs_list.h"
#include "core/tsql.h"

char *check_common_mark(struct check_sink *sink)
{
    const struct group_view *view = sink->view;
    if (group_is_live(view))
        return memory_copy_text("the group was failed over: there is no mark to go to");
    for (size_t d = 0; d < view->destinations_count; d++)
        check_may_look(sink, view->destinations[d], PART_DATABASES);
    for (size_t d = 0; d < view->destinations_count; d++)
        check_may_look(sink, view->destinations[d], PART_HISTORY);
    if (view->readiness.newest >= 0)
        return memory_format("every database reaches %s by rolling forward",
                             view->marks[view->readiness.newest].name);
    if (view->checks_count > sink->first)
        return NULL; /* what was not seen may hold one */
    if (view->marks_count == 0)
        check_add(sink, VERDICT_CRITICAL, memory_copy_text(""),
                  memory_copy_text("there is no complete log set with a mark"));
    else
        check_add(sink, VERDICT_CRITICAL, memory_copy_text(""),
                  view->readiness.reasons_count > 0
                      ? memory_copy_text(view->readiness.reasons[0])
                      : memory_copy_text("no mark can be reached by every database"));
    check_about(sink, "no mark by rolling forward");
    return NULL;
}

/* --- two productions -------------------------------------------------------------------------- */

/* What is online at a source and at its destination too. */
struct twice {
    size_t online;
    int64_t sessions;
    bool hidden; /* the login does not see sessions */
};

static struct twice count_twice(const struct group_view *view, int source)
{
    struct twice twice = {0};
    for (size_t k = 0; k < view->roster_count; k++) {
        bool here = view->roster[k].source == source && group_entry_is_online(&view->roster[k]);
        const struct database_row *row = here ? check_source_row(view, k) : NULL;
        if (row == NULL || row->state != STATE_ONLINE || row->read_only)
            continue;
        twice.online++;
        twice.sessions += row->sessions > 0 ? row->sessions : 0;
        twice.hidden = twice.hidden || row->sessions < 0;
    }
    return twice;
}

/* The backup job alone, or somebody's session, is a production that goes on. */
static void judge_old_source(struct check_sink *sink, int source)
{
    const struct group_view *view = sink->view;
    const struct server_view *server = view->servers[source];
    bool looked = check_may_look(sink, source, PART_DATABASES);
    check_may_look(sink, source, PART_JOBS); /* sessions tell without it */
    if (!looked)
        return;
    struct twice twice = count_twice(view, source);
    if (twice.online == 0)
        return;
    const struct job_row *backup =
        view->management >= 0 && !view->down[view->management]
            ? server_view_job(view->servers[view->management], JOB_BACKUP)
            : NULL;
    bool writes = backup != NULL && backup->enabled;
    struct str words = {0};
    str_format(&words, "%zu of the group's databases are online here too", twice.online);
    if (twice.sessions > 0)
        str_format(&words, ", with %lld session%s in them", (long long)twice.sessions,
                   twice.sessions == 1 ? "" : "s");
    if (writes)
        str_add(&words, ", and the backup job is enabled");
    if (twice.hidden)
        check_say_hidden(sink, server->name, "who works in the old databases",
                         query_sessions.permission);
    check_add(sink, writes || twice.sessions > 0 ? VERDICT_CRITICAL : VERDICT_WARNING,
              memory_copy_text(server->name), str_take(&words));
    check_about(sink, "databases are online here too");
}

char *check_two_masters(struct check_sink *sink)
{
    const struct group_view *view = sink->view;
    for (size_t d = 0; d < view->destinations_count; d++)
        if (!check_may_look(sink, view->destinations[d], PART_DATABASES))
            return NULL;
    if (!group_is_live(view))
        return memory_copy_text("the sources alone are live");
    for (size_t k = 0; k < view->roster_count; k++)
        check_has_source(sink, k);
    for (size_t i = 0; i < view->servers_count; i++)
        if (view->servers[i]->role == ROLE_SOURCE && !view->down[i])
            judge_old_source(sink, (int)i);
    return memory_copy_text("the destinations alone are live");
}

/* --- Agent jobs after it ----------------------------------------------------------------------- */

static bool has_job(const struct server_view *server, const char *name)
{
    for (size_t j = 0; j < server->jobs_count; j++)
        if (text_equal_nocase(server->jobs[j].name, name))
            return true;
    return false;
}

/* BizTalk's jobs of a source, live or last seen, that a destination lacks. */
static size_t count_missing(const struct group_view *view, int destination, const char **example)
{
    size_t missing = 0;
    for (size_t i = 0; i < view->servers_count; i++) {
        const struct server_view *source = view->servers[i];
        bool of_it = false;
        for (size_t k = 0; k < view->roster_count; k++)
            of_it = of_it || (view->roster[k].destination == destination &&
                              view->roster[k].source == (int)i);
        for (size_t j = 0; of_it && j < source->jobs_count; j++) {
            enum job_function function = source->jobs[j].function;
            if ((function != JOB_BACKUP && function != JOB_BIZTALK) ||
                has_job(view->servers[destination], source->jobs[j].name))
                continue;
            *example = source->jobs[j].name;
            missing++;
        }
    }
    return missing;
}

/* BizTalk's jobs of a live destination that nobody enabled, but for the one that never is. */
static size_t count_disabled(const struct server_view *server, const char **example)
{
    size_t disabled = 0;
    for (size_t j = 0; j < server->jobs_count; j++) {
        const struct job_row *job = &server->jobs[j];
        if (job->enabled || (job->function != JOB_BACKUP && job->function != JOB_BIZTALK) ||
            jobs_list_stays_disabled(job->name))
            continue;
        *example = job->name;
        disabled++;
    }
    return disabled;
}

static void judge_disabled_jobs(struct check_sink *sink, const struct server_view *server)
{
    const char *example = NULL;
    size_t disabled = count_disabled(server, &example);
    if (disabled == 0)
        return;
    check_add_remedy(sink, VERDICT_WARNING, memory_copy_text(server->name),
                     memory_format("%zu of BizTalk's Agent jobs are there and disabled, '%s' for "
                                   "one",
                                   disabled, example),
                     "enable them in the runbook's order, the backup job once its steps name the "
                     "new path; MessageBox_Message_Cleanup alone stays disabled");
    check_about(sink, "jobs are disabled");
}

static bool holds_management(const struct group_view *view, int destination)
{
    for (size_t k = 0; k < view->roster_count; k++)
        if (view->roster[k].destination == destination && view->roster[k].use == USE_MANAGEMENT)
            return true;
    return false;
}

char *check_jobs_after(struct check_sink *sink)
{
    const struct group_view *view = sink->view;
    size_t live = 0;
    for (size_t d = 0; d < view->destinations_count; d++) {
        int destination = view->destinations[d];
        const struct server_view *server = view->servers[destination];
        if (!check_may_look(sink, destination, PART_DATABASES) ||
            !check_may_look(sink, destination, PART_JOBS) || !check_is_live(view, destination))
            continue;
        live++;
        for (size_t k = 0; k < view->roster_count; k++)
            if (view->roster[k].destination == destination)
                check_has_source(sink, k);
        const char *example = NULL;
        size_t missing = count_missing(view, destination, &example);
        if (missing > 0)
            check_add(sink, VERDICT_WARNING, memory_copy_text(server->name),
                      memory_format("%zu of BizTalk's Agent jobs are not there, '%s' for one",
                                    missing, example));
        else if (holds_management(view, destination) && server_view_job(server, JOB_BACKUP) == NULL)
            check_add(sink, VERDICT_WARNING, memory_copy_text(server->name),
                      memory_copy_text("BizTalk's Agent jobs are not there: nothing backs the "
                                       "group up"));
        judge_disabled_jobs(sink, server);
    }
    return memory_copy_text(live > 0 ? "BizTalk's jobs are where the databases are live"
                                     : "nothing was failed over");
}

/* --- what stands by --------------------------------------------------------------------------- */

char *check_standby_readers(struct check_sink *sink)
{
    const struct group_view *view = sink->view;
    for (size_t k = 0; k < view->roster_count; k++) {
        const struct roster_entry *entry = &view->roster[k];
        if (entry->destination < 0 || !check_may_look(sink, entry->destination, PART_DATABASES))
            continue;
        const struct database_row *row =
            server_view_database(view->servers[entry->destination], entry->database);
        if (row == NULL || !row->standby)
            continue;
        if (row->sessions < 0)
            check_add_remedy(sink, VERDICT_UNKNOWN, roster_where(view, k),
                             memory_copy_text("may not look: sessions are not visible"),
                             "GRANT VIEW SERVER STATE TO the monitoring login");
        else if (row->sessions > 0)
            check_add(sink, VERDICT_WARNING, roster_where(view, k),
                      memory_format("%lld session%s read%s the standby: the next log cannot be "
                                    "applied",
                                    (long long)row->sessions, row->sessions == 1 ? "" : "s",
                                    row->sessions == 1 ? "s" : ""));
        if (row->sessions > 0)
            check_about(sink, "sessions read the standby");
    }
    return NULL;
}

/* True where the file lies below the folder. */
static bool lies_in(const char *path, const char *folder)
{
    size_t length = strlen(folder);
    while (length > 0 && (folder[length - 1] == '\\' || folder[length - 1] == '/'))
        length--;
    return path != NULL && strlen(path) > length && strncasecmp(path, folder, length) == 0 &&
           (path[length] == '\\' || path[length] == '/');
}

/* The file that a destination read last for that database and kind; NULL = none known. */
static const struct restore_row *last_restore(const struct server_view *server, const char *database,
                                              char type)
{
    const struct restore_row *last = NULL;
    for (size_t i = 0; i < server->restores_count; i++) {
        const struct restore_row *row = &server->restores[i];
        if (row->type == type && text_equal_nocase(row->database, database) &&
            (last == NULL || row->restore_history_id > last->restore_history_id))
            last = row;
    }
    return last;
}

static void judge_mapping(struct check_sink *sink, size_t entry, const struct server_view *server,
                          const struct shipping_row *row)
{
    const struct {
        const char *column, *folder;
        char type;
    } mapped[] = {{"LogFileLocation", row->log_location, 'L'},
                  {"DBFileLocation", row->full_location, 'D'}};
    for (size_t i = 0; i < 2; i++) {
        const struct restore_row *last =
            mapped[i].folder == NULL ? NULL : last_restore(server, row->database, mapped[i].type);
        bool elsewhere =
            last != NULL && last->path != NULL && !lies_in(last->path, mapped[i].folder);
        if (elsewhere)
            check_add(sink, VERDICT_WARNING, roster_where(sink->view, entry),
                      memory_format("%s says %s, the last file was read from %s", mapped[i].column,
                                    mapped[i].folder, last->path));
        if (elsewhere) {
            char *topic = memory_format("files are not read from %s", mapped[i].folder);
            check_about(sink, topic);
            free(topic);
        }
    }
    if ((row->log_location == NULL) != (row->full_location == NULL))
        check_add(sink, VERDICT_WARNING, roster_where(sink->view, entry),
                  memory_format("%s is filled and %s is not: the other kind of backup is looked for "
                                "where the source wrote it",
                                row->log_location != NULL ? "LogFileLocation" : "DBFileLocation",
                                row->log_location != NULL ? "DBFileLocation" : "LogFileLocation"));
}

char *check_moved_files(struct check_sink *sink)
{
    const struct group_view *view = sink->view;
    size_t mapped = 0;
    for (size_t k = 0; k < view->roster_count; k++) {
        int destination = view->roster[k].destination;
        if (destination < 0 || !check_may_look(sink, destination, PART_SHIPPING))
            continue;
        const struct server_view *server = view->servers[destination];
        for (size_t i = 0; i < server->shipping_count; i++) {
            const struct shipping_row *row = &server->shipping[i];
            if (!text_equal_nocase(row->database, view->roster[k].database) ||
                (row->full_location == NULL && row->log_location == NULL))
                continue;
            judge_mapping(sink, k, server, row);
            mapped++;
        }
    }
    return mapped == 0 ? NULL
                       : memory_format("%zu databases are read from other folders, and those are "
                                       "in use",
                                       mapped);
}

char *check_collations(struct check_sink *sink)
{
    const struct group_view *view = sink->view;
    for (size_t k = 0; k < view->roster_count; k++) {
        const struct roster_entry *entry = &view->roster[k];
        if (!check_has_source(sink, k) || entry->destination < 0)
            continue;
        const struct server_view *source = view->servers[entry->source];
        const struct server_view *destination = view->servers[entry->destination];
        if (!check_may_look(sink, entry->source, PART_SERVER) ||
            !check_may_look(sink, entry->destination, PART_SERVER))
            continue;
        bool said = false; /* once for a pair of servers */
        for (size_t before = 0; before < k; before++)
            said = said || (view->roster[before].source == entry->source &&
                            view->roster[before].destination == entry->destination);
        if (said || source->collation == NULL || destination->collation == NULL)
            continue;
        if (!text_equal_nocase(source->collation, destination->collation))
            check_add(sink, VERDICT_WARNING, memory_copy_text(destination->name),
                      memory_format("its collation is %s, that of %s is %s", destination->collation,
                                    source->name, source->collation));
        else if (strstr(source->collation, "_BIN") != NULL)
            check_add(sink, VERDICT_WARNING, memory_copy_text(source->name),
                      memory_format("BizTalk Server does not support its binary collation %s",
                                    source->collation));
    }
    return NULL;
}

/* --- BAM -------------------------------------------------------------------------------------- */

/* The oldest full backup of a database that a source's msdb knows; TIME_UNKNOWN = none. */
static int64_t oldest_full_backup(const struct server_view *server, const char *database)
{
    int64_t oldest_ms = TIME_UNKNOWN;
    for (size_t i = 0; i < server->backups_count; i++) {
        const struct msdb_backup *backup = &server->backups[i];
        if (backup->type != 'D' || backup->finish_utc_ms == TIME_UNKNOWN ||
            !text_equal_nocase(backup->database, database))
            continue;
        if (oldest_ms == TIME_UNKNOWN || backup->finish_utc_ms < oldest_ms)
            oldest_ms = backup->finish_utc_ms;
    }
    return oldest_ms;
}

static void judge_bam_backups(struct check_sink *sink, const struct server_view *server,
                              const char *database, int64_t mark_ms)
{
    int64_t oldest_ms = oldest_full_backup(server, database);
    char *where = memory_format("%s/%s", server->name, database);
    if (oldest_ms == TIME_UNKNOWN)
        check_add_remedy(sink, VERDICT_UNKNOWN, where,
                         memory_copy_text("no full backup of it is known from the history's time: "
                                          "whether one is older than BAM Primary Import's cannot "
                                          "be told"),
                         "see what backs it up, and how long its backups are kept");
    else if (mark_ms == TIME_UNKNOWN)
        check_add_remedy(sink, VERDICT_UNKNOWN, where,
                         memory_copy_text("no mark is known that its backups could be older than"),
                         "see common-mark, and which server does not answer");
    else if (oldest_ms > mark_ms)
        check_add(sink, VERDICT_WARNING, where,
                  memory_copy_text("every backup of it is newer than the mark that BAM Primary "
                                   "Import would be restored to"));
    else
        free(where);
}

char *check_bam_order(struct check_sink *sink)
{
    const struct group_view *view = sink->view;
    if (!check_may_look_at_management(sink, PART_ROSTER))
        return NULL;
    const struct server_view *management = view->servers[view->management];
    int newest = view->readiness.newest >= 0 ? view->readiness.newest : view->readiness.newest_any;
    if (newest < 0 && view->marks_count > 0) /* none is reached now: the newest that may be again */
        newest = (int)view->marks_count - 1;
    int64_t mark_ms = newest >= 0 ? view->marks[newest].time_utc_ms : TIME_UNKNOWN;
    for (size_t i = 0; i < management->roster_count; i++) {
        const struct roster_row *row = &management->roster[i];
        int server = roster_find_server(view, row->server, ROLE_SOURCE);
        if ((row->use != USE_BAM_ARCHIVE && row->use != USE_BAM_STAR_SCHEMA) || row->in_backup_job)
            continue;
        if (server < 0)
            check_add_remedy(sink, VERDICT_UNKNOWN,
                             memory_format("%s/%s", row->server, row->database),
                             memory_copy_text("could not look: its server is no section and no "
                                              "alias of stopmark.ini"),
                             "add a section for it, or see to its backups by hand");
        if (server < 0 || !check_may_look(sink, server, PART_BACKUPS))
            continue;
        judge_bam_backups(sink, view->servers[server], row->database, mark_ms);
    }
    return NULL;
}

/* --- what people said ------------------------------------------------------------------------- */

static void add_attestation(struct check_sink *sink, enum verdict verdict,
                            const struct attestation *item)
{
    char *words = attestation_words(item, sink->view->now_utc_ms);
    check_add_remedy(sink, verdict, memory_copy_text(item->id),
                     memory_format("%s: %s", item->title, words),
                     item->by_run ? "carry out a rehearsal: stopmark restore --situation rehearsal"
                                  : NULL);
    check_about(sink, item->id);
    free(words);
}

/* The built-in runbook only suggests what to attest: who never began with it has no finding, and
 * reads what is missing in the good case. */
char *check_attested(struct check_sink *sink)
{
    const struct group_view *view = sink->view;
    if (view->attestations == NULL) {
        check_add_remedy(sink, VERDICT_UNKNOWN, memory_copy_text(""),
                         memory_copy_text("could not look: what people attested was not read"),
                         "see runbook.ini, and attestations.log beside the runs' journals");
        return NULL;
    }
    struct str never = {0};
    for (size_t i = 0; i < view->attestations->items_count; i++) {
        const struct attestation *item = &view->attestations->items[i];
        enum verdict verdict = attestation_verdict(item, view->now_utc_ms);
        if (verdict == VERDICT_UNKNOWN && !view->attestations->by_site)
            str_format(&never, "%s%s", never.length > 0 ? ", " : "", item->id);
        else if (verdict != VERDICT_OK)
            add_attestation(sink, verdict, item);
    }
    if (never.length == 0)
        return NULL;
    char *names = str_take(&never);
    char *good = memory_format("nothing attested is too old; never attested: %s", names);
    free(names);
    return good;
}
