/* The steps of each database (core/plan.h): which files in which order, the exact statements. */
#include "core/plan_internal.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/base/str.h"
#include "core/base/text.h"
#include "core/chain.h"
#include "core/rates.h"
#include "core/roster.h"
#include "core/tsql_restore.h"

/* Custom, BAM, rules, tracking, message boxes, SSO, management last: no host can start on half a
 * group, for it finds its databases through the management database. */
static int recovery_order(enum database_use use)
{
    switch (use) {
    case USE_CUSTOM:
        return 0;
    case USE_BAM_STAR_SCHEMA:
    case USE_BAM_ARCHIVE:
    case USE_BAM_ANALYSIS:
    case USE_BAM_PRIMARY_IMPORT:
    case USE_BAM_ALERTS:
        return 1;
    case USE_RULE_ENGINE:
        return 2;
    case USE_TRACKING:
    case USE_TRACKING_ANALYSIS:
        return 3;
    case USE_MESSAGE_BOX:
    case USE_UNKNOWN: /* it may be one */
        return 4;
    case USE_SSO:
        return 5;
    case USE_MANAGEMENT:
        break;
    }
    return 6;
}

/* --- steps ----------------------------------------------------------------------------------- */

static struct plan_step *add_step(struct plan_database *database, enum step_kind kind)
{
    struct plan_step *step = memory_append(database, steps);
    *step = (struct plan_step){
        .kind = kind, .size_bytes = SIZE_UNKNOWN, .duration_ms = DURATION_UNKNOWN,
        .content_utc_ms = TIME_UNKNOWN};
    return step;
}

/* Gives the step its statement; what cannot be quoted makes the plan impossible. */
static void finish_step(struct planning *planning, const struct plan_database *database,
                        struct plan_step *step, struct str *sql, bool written)
{
    step->sql = str_take(sql);
    if (!written)
        plan_refuse(planning,
                    memory_format("%s/%s: the name or the path '%s' cannot be written as T-SQL",
                                  database->server, database->database,
                                  step->file == NULL ? "" : step->file));
}

static int64_t time_of_set(const struct group_view *view, int64_t set_id)
{
    int set = chain_find_set(view, set_id);
    return set < 0 ? TIME_UNKNOWN : view->sets[set].time_utc_ms;
}

static void add_file_step(struct planning *planning, struct plan_database *database,
                          enum step_kind kind, int64_t set_id, const struct set_file *file,
                          const char *clause)
{
    struct plan_step *step = add_step(database, kind);
    enum set_kind set_kind = kind == STEP_RESTORE_FULL ? SET_FULL : SET_LOG;
    step->set = set_id;
    step->file = memory_copy_text(file->path);
    step->position = file->position > 1 ? file->position : 1;
    step->size_bytes = file->size_bytes;
    step->duration_ms = rates_of_file(&planning->view->rates, set_kind, file->size_bytes);
    step->content_utc_ms = time_of_set(planning->view, set_id);
    step->first_lsn = file->first_lsn;
    step->last_lsn = file->last_lsn;
    step->evidence = file->evidence;
    plan_move_files(planning, database, step, file);
    struct tsql_move *moves = memory_new_array(step->moves_count, sizeof *moves);
    for (size_t i = 0; i < step->moves_count; i++)
        moves[i] = (struct tsql_move){step->moves[i].name, step->moves[i].path};
    struct str sql = {0};
    bool written;
    if (kind == STEP_RESTORE_FULL) {
        written = tsql_add_restore_database(&sql, database->database, file->path,
                                            file->position, moves,
                                            step->moves_count, database->must_replace);
    } else {
        step->stop_clause = memory_copy_text(clause);
        written = clause != NULL && tsql_add_restore_log(&sql, database->database, file->path,
                                                         file->position,
                                                         moves, step->moves_count, clause);
    }
    free(moves);
    finish_step(planning, database, step, &sql, written);
}

/* The logs from first to last; one that adds nothing (empty, or ended before the redo point) would
 * be refused by the server with 4326 and is left out; behind one that holds the mark nothing is
 * sent. */
static void add_logs(struct planning *planning, struct plan_database *database, size_t k,
                     const struct track_path *path, struct lsn redo)
{
    const struct track *track = planning->tracks[k];
    const struct group_view *view = planning->view;
    struct lsn mark = view->sets[view->marks[planning->mark].set].files[k].mark_lsn;
    plan_write_stop(planning, k, path);
    database->stop_name = memory_copy_text(planning->stops[k].name);
    bool reached = false;
    for (size_t i = path->first; i <= path->last && !reached; i++) {
        const struct track_log *log = &track->logs[i];
        if (i != path->last && lsn_is_known(redo) && lsn_is_known(log->file->last_lsn) &&
            lsn_compare(log->file->last_lsn, redo) <= 0)
            continue;
        add_file_step(planning, database, STEP_RESTORE_LOG,
                      log->inserted ? 0 : view->sets[log->set].id, log->file,
                      planning->stops[k].clause);
        redo = lsn_is_known(log->file->last_lsn) ? log->file->last_lsn : redo;
        reached = lsn_is_known(mark) && lsn_is_known(log->file->first_lsn) &&
                  lsn_is_known(log->file->last_lsn) &&
                  lsn_is_within(mark, log->file->first_lsn, log->file->last_lsn);
    }
}

/* Where the server that restores keeps its data files, so that its service may write there. */
static char *undo_file(const struct server_view *server, const char *database)
{
    char *name = memory_format("stopmark_%s.undo", database);
    for (char *p = name; *p != '\0'; p++)
        if (strchr("\\/:*?\"<>|'[]", *p) != NULL)
            *p = '_';
    char *path = server->data_path == NULL ? memory_copy_text(name)
                                           : chain_join_path(server->data_path, name);
    free(name);
    return path;
}

static void add_ending(struct planning *planning, struct plan_database *database, size_t k)
{
    const struct roster_entry *entry = &planning->view->roster[k];
    struct str sql = {0};
    if (track_can_be_shown(planning->view, k)) {
        char *undo = undo_file(planning->view->servers[entry->destination], database->database);
        bool written = tsql_add_restore_standby(&sql, database->database, undo);
        finish_step(planning, database, add_step(database, STEP_PROVE), &sql, written);
        free(undo);
    }
    bool written = tsql_add_recover(&sql, database->database);
    finish_step(planning, database, add_step(database, STEP_RECOVER), &sql, written);
}

static void add_steps(struct planning *planning, struct plan_database *database, size_t k,
                      const struct track_path *path)
{
    const struct roster_entry *entry = &planning->view->roster[k];
    const struct track *track = planning->tracks[k];
    struct lsn redo = entry->redo_lsn;
    plan_place_files(planning, entry);
    if (path->full >= 0) {
        const struct track_full *full = &track->fulls[path->full];
        add_file_step(planning, database, STEP_RESTORE_FULL,
                      full->inserted ? 0 : planning->view->sets[full->set].id, full->file, NULL);
        redo = full->file->last_lsn;
    }
    if (path->logs_count > 0)
        add_logs(planning, database, k, path, redo);
    else
        database->stop_name = memory_copy_text(entry->at_mark);
    if (path->route != ROUTE_RECOVERED_AT_MARK)
        add_ending(planning, database, k);
}

/* --- the database ---------------------------------------------------------------------------- */

static bool may_replace(const struct planning *planning, const struct plan_database *database)
{
    for (size_t i = 0; i < planning->request->replace_count; i++) {
        const char *given = planning->request->replace[i];
        const char *slash = strchr(given, '/');
        if (slash == NULL || !text_equal_nocase(slash + 1, database->database))
            continue;
        char *server = memory_format("%.*s", (int)(slash - given), given);
        bool same = config_server_find(planning->view->config, server) == database->destination;
        free(server);
        if (same)
            return true;
    }
    return false;
}

void plan_add_database(struct planning *planning, size_t k)
{
    const struct group_view *view = planning->view;
    const struct roster_entry *entry = &view->roster[k];
    const struct mark *mark = &view->marks[planning->mark];
    struct track_path path =
        track_find_path(planning->tracks[k], mark->set, planning->request->stop);
    struct plan_database *database = memory_append(planning->plan, databases);
    *database = (struct plan_database){
        .server = memory_copy_text(entry->destination >= 0 ? view->servers[entry->destination]->name
                                                           : entry->source_server),
        .destination = entry->destination,
        .use = entry->use,
        .route = path.route,
        .reason = path.reason,
        .evidence = path.evidence,
        .redo_lsn = entry->redo_lsn,
        .content_utc_ms = path.route == ROUTE_FULL_RESTORE
                              ? TIME_UNKNOWN
                              : time_of_set(view, entry->applied_set),
        .existed = entry->state != STATE_ABSENT,
        .mark_lsn = view->sets[mark->set].files[k].mark_lsn,
        .recovery_order = recovery_order(entry->use),
    };
    plan_name_database(planning, database, entry);
    planning->durations_ms[k] = rates_of_path(&view->rates, &path);
    planning->files += path.logs_count + (path.full >= 0);
    if (path.route == ROUTE_UNREACHABLE) {
        char *where = roster_where(view, k);
        plan_refuse(planning, memory_format("%s: %s", where, path.reason));
        free(where);
        return;
    }
    bool standing_by = entry->state == STATE_RESTORING || entry->standby;
    bool named = may_replace(planning, database);
    /* What stands by is of the backup's family as a rule, and then needs no REPLACE. Where it is of
     * another (3154: the source was made anew), only the operator's word leads further. */
    database->must_replace = path.route == ROUTE_FULL_RESTORE && database->existed &&
                             (named || !standing_by);
    if (database->must_replace && !named)
        plan_refuse(planning,
                    memory_format("%s/%s: %s; a full restore would overwrite it: name it with "
                                  "--replace %s/%s if that is meant",
                                  database->server, database->database, path.reason,
                                  database->server, database->database));
    add_steps(planning, database, k, &path);
}
