/* The rules that look at the sources: databases, backup job, sets, chain (core/rules.def). */
#include "core/checks_internal.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/chain.h"
#include "core/group.h"
#include "core/textmap.h"

enum { MINUTE_MS = 60 * 1000 };

char *check_recovery_model(struct check_sink *sink)
{
    const struct group_view *view = sink->view;
    for (size_t k = 0; k < view->roster_count; k++) {
        const struct database_row *row = check_source_row(view, k);
        if (!check_may_look_at_source(sink, k, PART_DATABASES) || row == NULL ||
            row->recovery_model == MODEL_UNKNOWN)
            continue;
        if (row->recovery_model != MODEL_FULL)
            check_add(sink, VERDICT_CRITICAL, check_source_where(view, k),
                      memory_format("its recovery model is %s",
                                    recovery_model_name(row->recovery_model)));
    }
    return memory_format("%zu databases in full recovery", view->roster_count);
}

char *check_databases_online(struct check_sink *sink)
{
    const struct group_view *view = sink->view;
    if (group_is_live(view))
        return check_old_source_words();
    for (size_t k = 0; k < view->roster_count; k++) {
        if (!check_may_look_at_source(sink, k, PART_DATABASES))
            continue;
        const struct database_row *row = check_source_row(view, k);
        if (row == NULL)
            check_add(sink, VERDICT_CRITICAL, check_source_where(view, k),
                      memory_copy_text("the backup job names it, and it is not there, or OFFLINE "
                                       "and hidden from the login"));
        else if (row->state != STATE_ONLINE)
            check_add(sink, VERDICT_CRITICAL, check_source_where(view, k),
                      memory_format("it is %s", database_state_name(row->state)));
    }
    return memory_format("%zu databases online at their source", view->roster_count);
}

char *check_marking_objects(struct check_sink *sink)
{
    const struct group_view *view = sink->view;
    for (size_t k = 0; k < view->roster_count; k++) {
        const struct database_row *row = check_source_row(view, k);
        if (!check_may_look_at_source(sink, k, PART_DATABASES) || row == NULL ||
            row->state != STATE_ONLINE || !check_looked_into(sink, k))
            continue;
        if (row->has_mark_log == 0 || row->has_marking_objects == 0)
            check_add(sink, VERDICT_CRITICAL, check_source_where(view, k),
                      memory_copy_text(row->has_mark_log == 0 ? "it has no table MarkLog"
                                                              : "it lacks the backup procedures"));
        else if (row->has_mark_log < 0 || row->has_marking_objects < 0)
            check_add_remedy(sink, VERDICT_UNKNOWN, check_source_where(view, k),
                             memory_copy_text("may not look: its objects are not visible to the "
                                              "login"),
                             "CREATE USER for the monitoring login in that database, or GRANT "
                             "VIEW ANY DEFINITION");
    }
    return NULL;
}

/* --- the backup job -------------------------------------------------------------------------- */

static void judge_backup_job(struct check_sink *sink, const struct server_view *server,
                             const struct job_row *job)
{
    char *where = memory_copy_text(server->name);
    if (job == NULL)
        check_add(sink, VERDICT_CRITICAL, where,
                  memory_copy_text("there is no job 'Backup BizTalk Server'"));
    else if (!job->enabled)
        check_add(sink, VERDICT_CRITICAL, where, memory_format("'%s' is disabled", job->name));
    else if (job->steps != NULL && strstr(job->steps, "<destination path>") != NULL)
        check_add_remedy(
            sink, VERDICT_CRITICAL, where,
            memory_format("'%s' still has the placeholder <destination path>", job->name),
            "put the share into the steps BackupFull and MarkAndBackupLog");
    else if (job->last_outcome == OUTCOME_FAILED || job->last_outcome == OUTCOME_CANCELLED)
        check_add(sink, VERDICT_CRITICAL, where,
                  memory_format("'%s' last %s: %s", job->name,
                                job->last_outcome == OUTCOME_FAILED ? "failed" : "was cancelled",
                                job->message == NULL ? "no message" : job->message));
    else if (job->last_run_utc_ms == TIME_UNKNOWN && !job->running)
        check_add(sink, VERDICT_WARNING, where, memory_format("'%s' has never run", job->name));
    else if (job->running && job->running_since_utc_ms != TIME_UNKNOWN &&
             job->usual_duration_ms > 0 &&
             sink->view->source_now_utc_ms - job->running_since_utc_ms >
                 5 * job->usual_duration_ms + 30 * MINUTE_MS)
        check_add(sink, VERDICT_WARNING, where,
                  memory_format("'%s' runs far longer than usual", job->name));
    else
        free(where);
}

char *check_backup_job(struct check_sink *sink)
{
    const struct group_view *view = sink->view;
    if (group_is_live(view))
        return check_old_source_words();
    if (check_may_look_at_management(sink, PART_JOBS))
        judge_backup_job(sink, view->servers[view->management],
                         server_view_job(view->servers[view->management], JOB_BACKUP));
    return NULL;
}

char *check_backup_age(struct check_sink *sink)
{
    if (group_is_live(sink->view))
        return check_old_source_words();
    if (!sink->view->sources_alive) {
        check_add(sink, VERDICT_UNKNOWN, memory_copy_text(""),
                  memory_copy_text("could not look: the source does not answer"));
        return NULL;
    }
    check_limit(sink, &sink->view->config->backup_age, sink->view->lag.backup_age_ms,
                "the age of the newest complete log set", "is");
    return NULL;
}

/* --- sets and chain -------------------------------------------------------------------------- */

bool check_may_look_at_history(struct check_sink *sink)
{
    const struct group_view *view = sink->view;
    if (view->management >= 0 && !view->down[view->management])
        return check_may_look(sink, view->management, PART_HISTORY);
    if (view->sets_count > 0)
        return true;
    for (size_t d = 0; d < view->destinations_count; d++)
        if (check_may_look(sink, view->destinations[d], PART_HISTORY))
            return true;
    return false;
}

char *check_partial_sets(struct check_sink *sink)
{
    const struct group_view *view = sink->view;
    if (group_is_live(view))
        return check_old_source_words();
    if (!check_may_look_at_history(sink))
        return NULL;
    size_t repaired = 0;
    for (size_t s = 0; s < view->sets_count; s++) {
        const struct backup_set *set = &view->sets[s];
        if (set->complete || set->in_progress)
            continue;
        repaired += set->chain == CHAIN_REPAIRED;
        if (set->chain == CHAIN_BROKEN)
            check_add(sink, set->kind == SET_LOG ? VERDICT_CRITICAL : VERDICT_WARNING,
                      check_set_words(set),
                      memory_format("set %lld (%s) is partial: %zu of %zu databases",
                                    (long long)set->id, set_kind_name(set->kind), set->databases,
                                    set->databases_expected));
    }
    return repaired == 0 ? NULL
                         : memory_format("%zu old partial set%s, repaired by a full set after it",
                                         repaired, repaired == 1 ? "" : "s");
}

char *check_chain_gaps(struct check_sink *sink)
{
    const struct group_view *view = sink->view;
    for (size_t k = 0; k < view->roster_count; k++) {
        const struct set_file *before = NULL;
        int64_t before_set = 0;
        int source = view->roster[k].source;
        if (check_has_source(sink, k) && !view->down[source])
            check_may_look(sink, source, PART_BACKUPS); /* what is held is judged all the same */
        for (size_t s = 0; s < view->sets_count; s++) {
            const struct set_file *file = &view->sets[s].files[k];
            if (view->sets[s].kind != SET_LOG || !file->present || !lsn_is_known(file->first_lsn) ||
                !lsn_is_known(file->last_lsn))
                continue;
            if (before != NULL && lsn_compare(before->last_lsn, file->first_lsn) < 0 &&
                view->sets[s].chain == CHAIN_BROKEN)
                check_add(sink, VERDICT_CRITICAL, check_source_where(view, k),
                          memory_format("a piece of its log is missing between set %lld and set "
                                        "%lld",
                                        (long long)before_set, (long long)view->sets[s].id));
            before = file;
            before_set = view->sets[s].id;
        }
    }
    return NULL;
}

/* True if the history has a log of the database with just these LSNs, or if they lie outside what
 * the history knows: what is newer may be a set whose rows are being written. */
static bool is_of_the_history(const struct group_view *view, size_t entry,
                              const struct msdb_backup *backup)
{
    const struct set_file *oldest = NULL, *newest = NULL;
    size_t low = 0, high = view->sets_count;
    while (low < high) { /* the first set whose log does not end before the backup does */
        size_t middle = low + (high - low) / 2, at = middle;
        const struct set_file *file = NULL;
        for (; at < high && file == NULL; at++)
            if (view->sets[at].kind == SET_LOG && view->sets[at].files[entry].present &&
                lsn_is_known(view->sets[at].files[entry].last_lsn))
                file = &view->sets[at].files[entry];
        if (file == NULL || lsn_compare(file->last_lsn, backup->last_lsn) >= 0) {
            newest = file != NULL ? file : newest;
            high = middle;
        } else {
            oldest = file;
            low = at;
        }
    }
    return oldest == NULL || newest == NULL ||
           (lsn_compare(newest->first_lsn, backup->first_lsn) <= 0 &&
            lsn_compare(newest->last_lsn, backup->last_lsn) >= 0);
}

static void look_for_thief(struct check_sink *sink, const struct server_view *server,
                           const struct msdb_backup *backup, size_t entry)
{
    if (backup->type != 'L' || backup->copy_only || !lsn_is_known(backup->first_lsn) ||
        !lsn_is_known(backup->last_lsn) || lsn_compare(backup->first_lsn, backup->last_lsn) >= 0 ||
        is_of_the_history(sink->view, entry, backup))
        return;
    char time[40];
    time_format(time, sizeof time, backup->finish_utc_ms);
    check_add(sink, VERDICT_WARNING, memory_format("%s/%s", server->name, backup->database),
              memory_format("a log backup that the history does not know: %s, by %s with %s, to %s",
                            time, backup->user_name == NULL ? "?" : backup->user_name,
                            backup->software == NULL ? "?" : backup->software,
                            backup->path == NULL ? "?" : backup->path));
}

char *check_chain_thief(struct check_sink *sink)
{
    const struct group_view *view = sink->view;
    struct textmap *names = textmap_new(view->roster_count);
    for (size_t k = 0; k < view->roster_count; k++) {
        textmap_put(names, view->roster[k].database, k);
        check_has_source(sink, k);
    }
    for (size_t i = 0; i < view->servers_count; i++) {
        const struct server_view *server = view->servers[i];
        if (server->role != ROLE_SOURCE || !check_may_look(sink, (int)i, PART_BACKUPS))
            continue;
        for (size_t b = 0; b < server->backups_count; b++) {
            struct textmap_cursor cursor = {0};
            for (size_t k; textmap_next(names, server->backups[b].database, &cursor, &k);)
                if (view->roster[k].source == (int)i)
                    look_for_thief(sink, server, &server->backups[b], k);
        }
    }
    textmap_free(names);
    return NULL;
}

char *check_full_set(struct check_sink *sink)
{
    const struct group_view *view = sink->view;
    if (group_is_live(view))
        return check_old_source_words();
    if (!check_may_look_at_history(sink))
        return NULL;
    if (view->sets_count == 0) {
        check_add(sink, VERDICT_UNKNOWN, memory_copy_text(""),
                  memory_copy_text("no backup set is known"));
        return NULL;
    }
    for (size_t s = view->sets_count; s-- > 0;) {
        const struct backup_set *set = &view->sets[s];
        bool usable = set->kind == SET_FULL && set->complete;
        for (size_t k = 0; k < view->roster_count && usable; k++)
            usable = view->roster[k].left_out || chain_file_usable(&set->files[k]);
        if (usable)
            return memory_format("the newest usable full set is %lld", (long long)set->id);
    }
    check_add(sink, VERDICT_CRITICAL, memory_copy_text(""),
              memory_copy_text("no complete full set with all databases is in the history"));
    return NULL;
}

bool check_is_local_path(const char *path)
{
    return ((path[0] >= 'A' && path[0] <= 'Z') || (path[0] >= 'a' && path[0] <= 'z')) &&
           path[1] == ':';
}

char *check_backup_path(struct check_sink *sink)
{
    const struct group_view *view = sink->view;
    if (group_is_live(view))
        return check_old_source_words();
    if (!check_may_look_at_history(sink))
        return NULL;
    for (size_t s = view->sets_count; s-- > 0;) {
        const struct backup_set *set = &view->sets[s];
        if (!set->complete)
            continue;
        for (size_t k = 0; k < view->roster_count; k++) {
            const struct set_file *file = &set->files[k];
            /* A folder named at the destination may well be local there. */
            if (!file->present || !text_equal(file->path, file->as_backed_up) ||
                !check_is_local_path(file->path))
                continue;
            check_add(sink, VERDICT_WARNING, check_source_where(view, k),
                      memory_format("set %lld was written to %s, a path of the source alone",
                                    (long long)set->id, file->path));
            check_about(sink, "backups are written to a path of the source alone");
        }
        break;
    }
    return NULL;
}

char *check_stamps(struct check_sink *sink)
{
    const struct group_view *view = sink->view;
    if (view->stamp_zone == STAMP_UNDECIDED)
        check_add(
            sink, view->management >= 0 ? VERDICT_WARNING : VERDICT_UNKNOWN,
            check_management_where(view),
            memory_copy_text("whether the stamps of the sets are UTC or local cannot be "
                             "told: times and losses are left out"));
    return memory_copy_text(view->stamp_zone == STAMP_UTC ? "the stamps are UTC"
                                                          : "the stamps are local time");
}

/* True where a message box is live there, or would be after a fail-over. */
static bool hosts_message_box(const struct group_view *view, int server)
{
    for (size_t k = 0; k < view->roster_count; k++)
        if (view->roster[k].use == USE_MESSAGE_BOX &&
            (view->roster[k].source == server || view->roster[k].destination == server))
            return !check_is_old_source(view, server);
    return false;
}

/* A database there that may be a message box, for all that the login may read; NULL = none. */
static const char *unknown_database(const struct group_view *view, int server)
{
    for (size_t k = 0; k < view->roster_count; k++)
        if (view->roster[k].use == USE_UNKNOWN &&
            (view->roster[k].source == server || view->roster[k].destination == server))
            return check_is_old_source(view, server) ? NULL : view->roster[k].database;
    return NULL;
}

static void judge_unknown_database(struct check_sink *sink, int server)
{
    const struct server_view *s = sink->view->servers[server];
    const char *database = unknown_database(sink->view, server);
    if (database != NULL && check_may_look(sink, server, PART_SETTINGS) &&
        s->max_degree_of_parallelism != 1)
        check_add_remedy(sink, VERDICT_UNKNOWN, memory_copy_text(s->name),
                         memory_format("may not look: what %s is for is not visible to the login, "
                                       "and max degree of parallelism is not 1 here",
                                       database),
                         query_message_boxes.permission);
}

char *check_max_dop(struct check_sink *sink)
{
    const struct group_view *view = sink->view;
    for (size_t k = 0; k < view->roster_count; k++)
        if (view->roster[k].use == USE_MESSAGE_BOX)
            check_has_source(sink, k);
    for (size_t i = 0; i < view->servers_count; i++) {
        const struct server_view *server = view->servers[i];
        if (!hosts_message_box(view, (int)i)) {
            judge_unknown_database(sink, (int)i);
            continue;
        }
        if (!check_may_look(sink, (int)i, PART_SETTINGS))
            continue;
        int value = server->max_degree_of_parallelism;
        bool standby = server->role == ROLE_DESTINATION && !group_is_live(view);
        if (value < 0)
            check_add(sink, VERDICT_UNKNOWN, memory_copy_text(server->name),
                      memory_copy_text("the setting is not visible"));
        else if (value != 1)
            check_add(sink, VERDICT_WARNING, memory_copy_text(server->name),
                      memory_format("max degree of parallelism is %d%s", value,
                                    standby ? ": after a fail-over BizTalk Server needs 1 here"
                                            : ""));
    }
    return NULL;
}
