#include "tests/support/build_view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/proof.h"

enum { LOG_LSNS = 1000, MARK_BEFORE_END = 10, MINUTE_MS = 60 * 1000 };

struct lsn build_lsn(int64_t count)
{
    /* Beyond 64 bits, as real ones are. */
    struct lsn block = lsn_parse("34000000012300000");
    return (struct lsn){.number = block.number * 1000 + (lsn_number)count};
}

struct build *build_new(void)
{
    struct build *build = memory_new(sizeof *build);
    build->now_utc_ms = time_parse("2026-11-20 12:20:50");
    build->now_monotonic_ms = 1000000;
    build->attestations = memory_new(sizeof *build->attestations);
    struct config *config = &build->config;
    config->path = memory_copy_text("stopmark.ini");
    config->group_name = memory_copy_text("Contoso production");
    config->management_database = memory_copy_text("BizTalkMgmtDb");
    config->lanes_per_server = 2;
    config->target = TARGET_NEWEST;
    config->backup_age = (struct limit){30 * MINUTE_MS, 60 * MINUTE_MS};
    config->import_lag = (struct limit){10 * MINUTE_MS, 30 * MINUTE_MS};
    config->apply_lag = (struct limit){45 * MINUTE_MS, 90 * MINUTE_MS};
    config->data_loss = (struct limit){35 * MINUTE_MS, 60 * MINUTE_MS};
    config->restore_time = (struct limit){15 * MINUTE_MS, 60 * MINUTE_MS};
    config->poll_ms = 5000;
    return build;
}

void build_free(struct build *build)
{
    for (size_t i = 0; i < build->servers_count; i++) {
        struct config_server *server = &build->config.servers[i];
        free(server->name);
        free(server->host);
        for (size_t k = 0; k < server->aliases_count; k++)
            free(server->aliases[k]);
        free(server->aliases);
        for (size_t k = 0; k < server->restores_count; k++)
            free(server->restores[k]);
        free(server->restores);
        server_view_release(build->servers[i]);
    }
    attestations_free(build->attestations);
    free(build->config.servers);
    free(build->config.path);
    free(build->config.group_name);
    free(build->config.management_database);
    free(build);
}

static int add_server(struct build *build, const char *name, enum server_role role)
{
    struct config_server *configured = memory_append(&build->config, servers);
    configured->name = memory_copy_text(name);
    configured->host = memory_copy_text("127.0.0.1");
    configured->port = 1433;
    configured->role = role;
    struct server_view *server = server_view_new(name, role);
    build->servers[build->servers_count] = server;
    server->reachable = true;
    server->as_of_utc_ms = build->now_utc_ms;
    server->as_of_monotonic_ms = build->now_monotonic_ms;
    server->server_utc_ms = build->now_utc_ms;
    server->server_name = memory_copy_text(name);
    server->version = memory_copy_text("16.0.4236.2");
    server->version_major = 16;
    server->edition = memory_copy_text("Enterprise Edition (64-bit)");
    server->collation = memory_copy_text("SQL_Latin1_General_CP1_CI_AS");
    server->can_view_server_state = server->can_view_any_definition = true;
    for (int part = 0; part < PART_COUNT; part++) {
        server->parts[part].state = PART_READ;
        server->parts[part].read_monotonic_ms = build->now_monotonic_ms;
    }
    server->agent_running_known = server->agent_running = true;
    server->max_degree_of_parallelism = 1;
    server->agent_starts_itself = 1;
    server->ad_hoc_distributed_queries = 1;
    server->force_full = 0;
    return (int)build->servers_count++;
}

int build_source(struct build *build, const char *name, bool management)
{
    int index = add_server(build, name, ROLE_SOURCE);
    struct server_view *server = build->servers[index];
    server->has_management = management;
    if (management) {
        server->management_database = memory_copy_text("BizTalkMgmtDb");
        server->use_local_time_known = true;
    }
    return index;
}

int build_destination(struct build *build, const char *name, const char *restores)
{
    int index = add_server(build, name, ROLE_DESTINATION);
    struct config_server *configured = &build->config.servers[index];
    configured->restores_all = restores == NULL;
    if (restores != NULL)
        *memory_append(configured, restores) = memory_copy_text(restores);
    return index;
}

static struct database_row *add_row(struct server_view *server, const char *name)
{
    struct database_row *row = memory_append(server, databases);
    row->name = memory_copy_text(name);
    row->database_id = (int)server->databases_count + 4;
    row->recovery_model = MODEL_FULL;
    row->size_bytes = 2000000000;
    row->files_visible = true;
    row->created_utc_ms = TIME_UNKNOWN;
    row->has_mark_log = row->has_marking_objects = -1;
    row->sessions = 0;
    return row;
}

void build_file(struct build *build, int server, const char *database, const char *name,
                const char *path, bool is_log)
{
    struct server_view *view = build->servers[server];
    *memory_append(view, files) =
        (struct file_row){.database_id = build_row(build, server, database)->database_id,
                          .name = memory_copy_text(name),
                          .path = memory_copy_text(path),
                          .is_log = is_log,
                          .size_bytes = 1000000};
}

static struct server_view *management_view(struct build *build)
{
    for (size_t i = 0; i < build->servers_count; i++)
        if (build->servers[i]->has_management)
            return build->servers[i];
    return NULL;
}

void build_database(struct build *build, int source, int destination, const char *name,
                    enum database_use use)
{
    struct build_database *database = &build->databases[build->databases_count++];
    *database = (struct build_database){.source = source,
                                        .destination = destination,
                                        .name = name,
                                        .use = use,
                                        .log_lsn = LOG_LSNS,
                                        .taken_lsn = LOG_LSNS,
                                        .bytes_full = 2000000000,
                                        .bytes_log = 20000000};
    struct database_row *row = add_row(build->servers[source], name);
    row->has_mark_log = row->has_marking_objects = 1;
    row->sessions = 3;
    struct surrounding_row *role = memory_append(build->servers[source], surroundings);
    role->kind = SURROUNDING_BACKUP_ROLE;
    role->database = memory_copy_text(name);
    role->number = 1;
    if (destination >= 0) {
        struct database_row *standby = add_row(build->servers[destination], name);
        standby->state = STATE_RESTORING;
        struct shipping_row *shipping = memory_append(build->servers[destination], shipping);
        shipping->server = memory_copy_text(build->config.servers[source].name);
        shipping->database = memory_copy_text(name);
    }
    struct server_view *management = management_view(build);
    struct roster_row *in_view = memory_append(management, roster);
    in_view->server = memory_copy_text(build->config.servers[source].name);
    in_view->database = memory_copy_text(name);
    in_view->use = use;
    in_view->in_backup_job = true;
    in_view->is_master_message_box = strcmp(name, "BizTalkMsgBoxDb") == 0;
}

struct database_row *build_row(struct build *build, int server, const char *name)
{
    struct server_view *view = build->servers[server];
    for (size_t i = 0; i < view->databases_count; i++)
        if (strcmp(view->databases[i].name, name) == 0)
            return &view->databases[i];
    return NULL;
}

/* --- sets ------------------------------------------------------------------------------------ */

static struct history_row *add_history(struct server_view *server)
{
    if (server->history_count == 0) {
        struct history_chunk *chunk = memory_new(sizeof *chunk);
        atomic_init(&chunk->references, 1);
        *memory_append(server, history) = chunk;
    }
    struct history_chunk *chunk = server->history[0];
    if ((chunk->count & (chunk->count - 1)) == 0) /* full at every power of two */
        chunk->rows =
            realloc(chunk->rows, (chunk->count ? chunk->count * 2 : 1) * sizeof *chunk->rows);
    struct history_row *row = &chunk->rows[chunk->count++];
    memset(row, 0, sizeof *row);
    return row;
}

static void stamp_of(char *out, size_t size, int64_t time_utc_ms)
{
    char iso[32];
    time_format_iso(iso, sizeof iso, time_utc_ms);
    iso[23] = '\0';
    for (char *p = iso; *p != '\0'; p++)
        if (*p < '0' || *p > '9')
            *p = '_';
    snprintf(out, size, "%s", iso);
}

static void file_name(char *out, size_t size, const struct build *build,
                      const struct build_database *database, enum set_kind kind, const char *stamp)
{
    snprintf(out, size, "%s_%s_%s_%s.bak", build->config.servers[database->source].name,
             database->name, kind == SET_FULL ? "Full" : "Log", stamp);
}

static void fill_history(struct history_row *row, struct build *build, const struct build_set *set,
                         const struct build_database *database, const char *mark, const char *file)
{
    row->set_id = set->id;
    row->kind = set->kind;
    row->complete = !set->incomplete;
    row->mark = set->kind == SET_LOG ? memory_copy_text(mark) : NULL;
    row->database = memory_copy_text(database->name);
    row->server = memory_copy_text(build->config.servers[database->source].name);
    row->file_name = memory_copy_text(file);
    row->location = memory_copy_text("\\\\backup\\bts");
    row->stamp_ms = set->time_utc_ms;
    row->restored_stamp_ms = TIME_UNKNOWN;
}

static struct msdb_backup *add_backup(struct build *build, const struct build_set *set,
                                      const struct build_database *database, const char *path)
{
    struct msdb_backup *backup = memory_append(build->servers[database->source], backups);
    backup->backup_set_id = ++build->backup_set_id;
    backup->database = memory_copy_text(database->name);
    backup->path = memory_copy_text(path);
    backup->type = set->kind == SET_FULL ? 'D' : 'L';
    backup->has_checksums = true;
    int64_t end = database->log_lsn;
    backup->first_lsn = build_lsn(set->kind == SET_FULL ? end : database->taken_lsn);
    backup->last_lsn = build_lsn(set->kind == SET_FULL ? end + 5 : end);
    backup->checkpoint_lsn = build_lsn(set->kind == SET_FULL ? end + 1 : database->taken_lsn + 1);
    snprintf(backup->set_guid, sizeof backup->set_guid, "00000000-0000-0000-0000-0000%08x",
             (unsigned)backup->backup_set_id);
    snprintf(backup->family_guid, sizeof backup->family_guid, "FA000000-0000-0000-0000-0000%08x",
             (unsigned)(database - build->databases));
    backup->start_utc_ms = set->time_utc_ms + 3000;
    backup->finish_utc_ms = set->time_utc_ms + 20000;
    backup->size_bytes = set->kind == SET_FULL ? database->bytes_full : database->bytes_log;
    backup->compressed_size_bytes = backup->size_bytes / 4;
    return backup;
}

static void add_restore(struct build *build, const struct build_set *set,
                        const struct build_database *database, const char *path, const char *guid,
                        const char *mark, struct lsn redo)
{
    struct server_view *server = build->servers[database->destination];
    struct restore_row *row = memory_append(server, restores);
    int64_t end = database->log_lsn;
    row->restore_history_id = ++build->restore_id;
    row->database = memory_copy_text(database->name);
    row->type = set->kind == SET_FULL ? 'D' : 'L';
    /* 2 s a log, as if one after the other, 16 minutes after its set was taken */
    row->finished_utc_ms = set->time_utc_ms + 16 * MINUTE_MS + 2000 * (database - build->databases);
    row->stop_at_mark = memory_copy_text(mark);
    snprintf(row->set_guid, sizeof row->set_guid, "%s", guid);
    row->first_lsn = build_lsn(set->kind == SET_FULL ? end : database->taken_lsn);
    row->last_lsn = build_lsn(set->kind == SET_FULL ? end + 5 : end);
    row->size_bytes = set->kind == SET_FULL ? database->bytes_full : database->bytes_log;
    row->path = memory_copy_text(path);
    build_row(build, database->destination, database->name)->redo_lsn = redo;
}

void build_forget_restores(struct build *build, size_t server)
{
    struct server_view *view = build->servers[server];
    for (size_t i = 0; i < view->restores_count; i++) {
        free(view->restores[i].database);
        free(view->restores[i].stop_at_mark);
        free(view->restores[i].path);
    }
    view->restores_count = 0;
}

void build_forget_marks(struct build *build, size_t server)
{
    struct server_view *view = build->servers[server];
    for (size_t i = 0; i < view->marks_count; i++) {
        free(view->marks[i].database);
        free(view->marks[i].mark);
    }
    view->marks_count = 0;
}

static void add_mark(struct build *build, const struct build_set *set,
                     const struct build_database *database, const char *mark)
{
    struct mark_row *row = memory_append(build->servers[database->source], marks);
    row->database = memory_copy_text(database->name);
    row->mark = memory_copy_text(mark);
    row->lsn = build_lsn(database->log_lsn - MARK_BEFORE_END);
    row->time_utc_ms = set->time_utc_ms;
}

static void add_file(struct build *build, const struct build_set *set,
                     struct build_database *database, const char *mark, const char *stamp)
{
    char file[400], path[500];
    file_name(file, sizeof file, build, database, set->kind, stamp);
    snprintf(path, sizeof path, "\\\\backup\\bts\\%s", file);
    struct history_row *row = add_history(management_view(build));
    row->backup_id = ++build->backup_id;
    fill_history(row, build, set, database, mark, file);
    const char *guid = "";
    if (!set->no_msdb)
        guid = add_backup(build, set, database, path)->set_guid;
    if (database->destination >= 0 && !set->not_imported) {
        row = add_history(build->servers[database->destination]);
        fill_history(row, build, set, database, mark, file);
        row->restored = set->applied;
    }
    if (database->destination >= 0 && set->applied)
        add_restore(build, set, database, path, guid, NULL,
                    build_lsn(database->log_lsn + (set->kind == SET_FULL ? 5 : 0)));
}

void build_set(struct build *build, struct build_set set)
{
    char stamp[64], mark[160];
    stamp_of(stamp, sizeof stamp, set.time_utc_ms);
    snprintf(mark, sizeof mark, "BTS_%s", stamp);
    if (set.mark != NULL)
        snprintf(mark, sizeof mark, "%s", set.mark);
    bool without = false;
    for (size_t i = 0; i < build->databases_count; i++) {
        struct build_database *database = &build->databases[i];
        bool named = set.without != NULL && strcmp(set.without, database->name) == 0;
        without = set.only_without ? named : without || named;
        /* A log that is not taken stays for the next one: it begins where the last ended. */
        if (set.kind == SET_LOG)
            database->log_lsn += LOG_LSNS;
        if (set.kind == SET_LOG && !set.no_msdb)
            add_mark(build, &set, database, mark);
        bool lost = set.lost != NULL && strcmp(set.lost, database->name) == 0;
        if (!without && !lost)
            add_file(build, &set, database, mark, stamp);
        if (set.kind == SET_LOG && !without)
            database->taken_lsn = database->log_lsn;
    }
    if (set.applied && set.kind == SET_LOG)
        for (size_t i = 0; i < build->servers_count; i++)
            if (build->servers[i]->role == ROLE_DESTINATION)
                build->servers[i]->last_restore_set = set.id;
}

/* The location of the database's newest row before the last set of a server; borrowed. */
static const char *location_before(const struct history_chunk *chunk, int64_t set,
                                   const char *database)
{
    for (size_t i = chunk->count; i-- > 0;)
        if (chunk->rows[i].set_id < set && strcmp(chunk->rows[i].database, database) == 0)
            return chunk->rows[i].location;
    return NULL;
}

/* The backup of that file is where the history says, and of the recovery path of the one before. */
static void follow_backup(struct server_view *server, const char *file_name, const char *location)
{
    struct msdb_backup *backup = NULL;
    for (size_t b = server->backups_count; b-- > 0;) {
        struct msdb_backup *other = &server->backups[b];
        if (backup == NULL && strstr(other->path, file_name) != NULL) {
            backup = other;
            free(backup->path);
            backup->path = memory_format("%s%s%s", location,
                                         strchr(location, '/') != NULL ? "/" : "\\", file_name);
        } else if (backup != NULL && strcmp(other->database, backup->database) == 0) {
            snprintf(backup->family_guid, 37, "%s", other->family_guid);
            snprintf(backup->first_fork_guid, 37, "%s", other->first_fork_guid);
            snprintf(backup->last_fork_guid, 37, "%s", other->last_fork_guid);
            return;
        }
    }
}

bool build_next_set(struct build *build, enum set_kind kind)
{
    const struct server_view *management = management_view(build);
    const struct history_chunk *chunk =
        management != NULL && management->history_count > 0 ? management->history[0] : NULL;
    if (chunk == NULL || chunk->count == 0)
        return false;
    const struct history_row *newest = &chunk->rows[chunk->count - 1];
    int64_t set = newest->set_id + 1;
    build_set(build, (struct build_set){
                         .id = set, .kind = kind, .time_utc_ms = newest->stamp_ms + 5 * MINUTE_MS});
    for (size_t s = 0; s < build->servers_count; s++) {
        if (build->servers[s]->history_count == 0)
            continue;
        struct history_chunk *rows = build->servers[s]->history[0];
        for (size_t i = 0; i < rows->count; i++) {
            const char *location =
                rows->rows[i].set_id == set ? location_before(rows, set, rows->rows[i].database)
                                            : NULL;
            if (location == NULL)
                continue;
            for (size_t of = 0; of < build->servers_count; of++)
                follow_backup(build->servers[of], rows->rows[i].file_name, location);
            char *copy = memory_copy_text(location);
            free(rows->rows[i].location);
            rows->rows[i].location = copy;
        }
    }
    return true;
}

struct msdb_backup *build_backup(struct build *build, const char *database, int64_t set_id)
{
    const struct history_chunk *chunk = management_view(build)->history[0];
    for (size_t i = 0; i < chunk->count; i++) {
        const struct history_row *row = &chunk->rows[i];
        if (row->set_id != set_id || strcmp(row->database, database) != 0)
            continue;
        for (size_t s = 0; s < build->servers_count; s++)
            for (size_t b = 0; b < build->servers[s]->backups_count; b++)
                if (strstr(build->servers[s]->backups[b].path, row->file_name) != NULL)
                    return &build->servers[s]->backups[b];
    }
    return NULL;
}

void build_stop_at(struct build *build, const char *database, int64_t set_id, const char *mark)
{
    const struct msdb_backup *backup = build_backup(build, database, set_id);
    for (size_t i = 0; i < build->databases_count; i++) {
        struct build_database *d = &build->databases[i];
        if (strcmp(d->name, database) != 0)
            continue;
        struct build_set set = {.id = set_id, .kind = SET_LOG, .time_utc_ms = build->now_utc_ms};
        struct lsn redo = {.number = backup->last_lsn.number - MARK_BEFORE_END + 1};
        add_restore(build, &set, d, backup->path, backup->set_guid, mark, redo);
        struct server_view *server = build->servers[d->destination];
        struct restore_row *row = &server->restores[server->restores_count - 1];
        row->first_lsn = backup->first_lsn;
        row->last_lsn = backup->last_lsn;
    }
}

void build_fail_over(struct build *build, int64_t set_id, const char *mark)
{
    for (size_t i = 0; i < build->databases_count; i++) {
        const struct build_database *database = &build->databases[i];
        build_stop_at(build, database->name, set_id, mark);
        struct database_row *row = build_row(build, database->destination, database->name);
        row->state = STATE_ONLINE;
        row->redo_lsn = (struct lsn){0};
    }
}

/* --- jobs, death, the whole ------------------------------------------------------------------ */

struct job_row *build_job(struct build *build, int server, enum job_function function,
                          const char *name)
{
    struct job_row *job = memory_append(build->servers[server], jobs);
    job->name = memory_copy_text(name);
    job->function = function;
    job->enabled = true;
    job->last_outcome = OUTCOME_SUCCEEDED;
    job->last_run_utc_ms = build->now_utc_ms - MINUTE_MS;
    job->last_duration_ms = 20000;
    job->usual_duration_ms = 20000;
    job->next_run_utc_ms = build->now_utc_ms + MINUTE_MS;
    job->running_since_utc_ms = TIME_UNKNOWN;
    job->message = memory_copy_text("The job succeeded.");
    return job;
}

struct file_proof *build_prove(struct build *build, const char *database, int64_t set_id)
{
    const struct msdb_backup *backup = build_backup(build, database, set_id);
    size_t d = 0;
    while (d < build->databases_count && strcmp(build->databases[d].name, database) != 0)
        d++;
    if (backup == NULL || d == build->databases_count)
        return NULL;
    struct server_view *view = build->servers[build->databases[d].destination];
    struct file_proof *proof = proof_new(backup->path);
    proof->state = FILE_PROVEN;
    proof->asked_utc_ms = build->now_utc_ms;
    struct backup_header *header = memory_append(proof, headers);
    *header = (struct backup_header){.position = 1,
                                     .type = backup->type,
                                     .database = memory_copy_text(database),
                                     .first_lsn = backup->first_lsn,
                                     .last_lsn = backup->last_lsn,
                                     .checkpoint_lsn = backup->checkpoint_lsn,
                                     .start_ms = backup->start_utc_ms,
                                     .finish_ms = backup->finish_utc_ms,
                                     .size_bytes = backup->size_bytes,
                                     .compressed_size_bytes = SIZE_UNKNOWN};
    memcpy(header->family_guid, backup->family_guid, sizeof header->family_guid);
    memcpy(header->first_fork_guid, backup->first_fork_guid, sizeof header->first_fork_guid);
    memcpy(header->last_fork_guid, backup->last_fork_guid, sizeof header->last_fork_guid);
    memcpy(header->set_guid, backup->set_guid, sizeof header->set_guid);
    struct backup_data_file *file = memory_append(proof, files);
    *file = (struct backup_data_file){.logical_name = memory_copy_text(database),
                                      .physical_name = memory_format("D:\\Data\\%s.mdf", database),
                                      .type = 'D',
                                      .size_bytes = 1 << 20,
                                      .present = true};
    server_view_put_proof(view, proof);
    return proof;
}

void build_kill(struct build *build, int server)
{
    struct server_view *view = build->servers[server];
    view->reachable = false;
    error_set(&view->error, ERR_UNREACHABLE, view->name, NULL, "no connection");
}

struct group_view *build_view(struct build *build)
{
    return group_view_build(&build->config, build->servers, build->servers_count,
                            build->attestations, build->now_utc_ms, build->now_monotonic_ms);
}

static const char backup_steps[] =
    "exec [dbo].[sp_BackupAllFull_Schedule] 'd' /* Frequency */, 'BTS', '\\\\backup\\bts', 0, 0, 0\n"
    "exec [dbo].[sp_MarkAll] 'BTS', '\\\\backup\\bts', 0\n"
    "exec [dbo].[sp_DeleteBackupHistory] @DaysToKeep=14, @UseLocalTime=0";

static void add_contoso_jobs(struct build *build)
{
    struct job_row *backup =
        build_job(build, 0, JOB_BACKUP, "Backup BizTalk Server (BizTalkMgmtDb)");
    backup->last_run_utc_ms = build->now_utc_ms - 20 * MINUTE_MS;
    backup->steps = memory_copy_text(backup_steps);
    build_job(build, 0, JOB_BIZTALK, "DTA Purge and Archive (BizTalkDTADb)");
    for (int server = 2; server <= 3; server++) {
        build_job(build, server, JOB_GET_HISTORY, "BTS Log Shipping - Get Backup History");
        build_job(build, server, JOB_RESTORE_DATABASES, "BTS Log Shipping - Restore Databases");
        struct job_row *to_mark =
            build_job(build, server, JOB_RESTORE_TO_MARK, "BTS Log Shipping - Restore To Mark");
        to_mark->last_outcome = OUTCOME_UNKNOWN;
        to_mark->last_run_utc_ms = to_mark->next_run_utc_ms = TIME_UNKNOWN;
    }
}

static void add_contoso_databases(struct build *build)
{
    static const struct {
        const char *name;
        enum database_use use;
    } databases[] = {
        {"BizTalkMgmtDb", USE_MANAGEMENT},
        {"BizTalkMsgBoxDb", USE_MESSAGE_BOX},
        {"BizTalkDTADb", USE_TRACKING},
        {"SSODB", USE_SSO},
        {"BAMPrimaryImport", USE_BAM_PRIMARY_IMPORT},
        {"BAMAlertsApplication", USE_BAM_ALERTS},
        {"BAMAlertsNSMain", USE_BAM_ALERTS},
        {"BizTalkRuleEngineDb", USE_RULE_ENGINE},
        {"ContosoOrders", USE_CUSTOM},
    };
    for (size_t i = 0; i < sizeof databases / sizeof *databases; i++)
        build_database(build, 0, 2, databases[i].name, databases[i].use);
    build_database(build, 1, 3, "BizTalkMsgBoxDb2", USE_MESSAGE_BOX);
    static const struct {
        const char *name;
        enum database_use use;
    } others[] = {{"BAMStarSchema", USE_BAM_STAR_SCHEMA},
                  {"BAMArchive", USE_BAM_ARCHIVE},
                  {"BAMAnalysis", USE_BAM_ANALYSIS},
                  {"BizTalkAnalysisDb", USE_TRACKING_ANALYSIS}};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        add_row(build->servers[0], others[i].name);
        struct roster_row *row = memory_append(build->servers[0], roster);
        row->server = memory_copy_text("SQLA");
        row->database = memory_copy_text(others[i].name);
        row->use = others[i].use;
        struct msdb_backup *backup = memory_append(build->servers[0], backups);
        backup->database = memory_copy_text(others[i].name);
        backup->path = memory_format("\\\\backup\\bam\\%s.bak", others[i].name);
        backup->type = 'D';
        backup->start_utc_ms = backup->finish_utc_ms = build->now_utc_ms - 600 * MINUTE_MS;
    }
}

struct build *build_contoso(int days, bool taking_1185)
{
    struct build *build = build_new();
    build_source(build, "SQLA", true);
    build_source(build, "SQLB", false);
    struct surrounding_row *link = memory_append(build->servers[0], surroundings);
    link->kind = SURROUNDING_LINKED_SERVER;
    link->name = memory_copy_text("SQLB");
    link->flag = true;
    build_destination(build, "DRSQL1", "SQLA");
    build_destination(build, "DRSQL2", "SQLB");
    add_contoso_databases(build);
    add_contoso_jobs(build);
    int64_t newest_ms = time_parse("2026-11-20 12:00:00.547");
    int64_t first_ms = newest_ms - (int64_t)days * 96 * 15 * MINUTE_MS;
    int64_t sets = (int64_t)days * 97 + 1, id = 1184 - sets + 1;
    if (id < 1)
        id += 10000; /* more days than fit below 1184 */
    bool broken = false;
    for (int64_t n = 0; n <= days * 96; n++) {
        int64_t time_ms = first_ms + n * 15 * MINUTE_MS;
        bool newest = n == days * 96;
        /* Until the next full set BizTalk's jobs apply nothing behind the partial set. */
        bool partial = days >= 2 && n == 20;
        broken = broken || partial;
        build_set(build, (struct build_set){.id = id++,
                                            .kind = SET_LOG,
                                            .time_utc_ms = time_ms,
                                            .incomplete = partial,
                                            .without = partial ? "BizTalkRuleEngineDb" : NULL,
                                            .applied = !newest && !broken});
        if (n % 96 == 64) {
            build_set(build, (struct build_set){.id = id++,
                                                .kind = SET_FULL,
                                                .time_utc_ms = time_ms + 120 * 1000,
                                                .applied = broken || n == 64});
            broken = false;
        }
    }
    if (taking_1185) {
        build_set(build, (struct build_set){.id = id,
                                            .kind = SET_LOG,
                                            .time_utc_ms = newest_ms + 15 * MINUTE_MS,
                                            .incomplete = true,
                                            .without = "SSODB",
                                            .not_imported = true});
        struct job_row *job = &build->servers[0]->jobs[0];
        job->running = true;
        job->running_since_utc_ms = newest_ms + 15 * MINUTE_MS;
    }
    return build;
}

/* --- the small estate ------------------------------------------------------------------------ */

struct build *build_small(void)
{
    struct build *build = build_new();
    build_source(build, "SQLA", true);
    build_destination(build, "DRSQL1", NULL);
    build_database(build, 0, 1, "BizTalkMgmtDb", USE_MANAGEMENT);
    build_database(build, 0, 1, "BizTalkMsgBoxDb", USE_MESSAGE_BOX);
    build_job(build, 0, JOB_BACKUP, "Backup BizTalk Server (BizTalkMgmtDb)")->steps =
        memory_copy_text(backup_steps);
    build_job(build, 1, JOB_GET_HISTORY, "BTS Log Shipping - Get Backup History");
    build_job(build, 1, JOB_RESTORE_DATABASES, "BTS Log Shipping - Restore Databases");
    build_job(build, 1, JOB_RESTORE_TO_MARK, "BTS Log Shipping - Restore To Mark");
    return build;
}

int64_t build_time(int64_t set_id)
{
    return time_parse("2026-11-20 12:00:00.547") - (100 - set_id) * 15 * MINUTE_MS;
}

void build_log(struct build *build, int64_t set_id, bool applied)
{
    build_set(build, (struct build_set){.id = set_id,
                                        .kind = SET_LOG,
                                        .time_utc_ms = build_time(set_id),
                                        .applied = applied});
}

void build_full(struct build *build, int64_t set_id, bool applied)
{
    build_set(build, (struct build_set){.id = set_id,
                                        .kind = SET_FULL,
                                        .time_utc_ms = build_time(set_id),
                                        .applied = applied});
}

struct build *build_kept_up(void)
{
    struct build *build = build_small();
    build_full(build, 90, true);
    for (int64_t set = 91; set <= 100; set++)
        build_log(build, set, set < 100);
    return build;
}

const struct mark *build_mark(const struct group_view *view, int64_t set_id)
{
    for (size_t i = 0; i < view->marks_count; i++)
        if (view->sets[view->marks[i].set].id == set_id)
            return &view->marks[i];
    return NULL;
}

const struct mark_route *build_route(const struct group_view *view, int64_t set_id,
                                     const char *database)
{
    const struct mark *mark = build_mark(view, set_id);
    const struct roster_entry *entry = build_entry(view, database);
    return mark == NULL || entry == NULL ? NULL : &mark->routes[entry - view->roster];
}

const struct roster_entry *build_entry(const struct group_view *view, const char *database)
{
    for (size_t k = 0; k < view->roster_count; k++)
        if (strcmp(view->roster[k].database, database) == 0)
            return &view->roster[k];
    return NULL;
}

const struct backup_set *build_find_set(const struct group_view *view, int64_t set_id)
{
    for (size_t s = 0; s < view->sets_count; s++)
        if (view->sets[s].id == set_id)
            return &view->sets[s];
    return NULL;
}

const struct check_result *build_check(const struct group_view *view, const char *id)
{
    static const int badness[] = {[VERDICT_OK] = 0,
                                  [VERDICT_ACKNOWLEDGED] = 0,
                                  [VERDICT_WARNING] = 1,
                                  [VERDICT_UNKNOWN] = 2,
                                  [VERDICT_CRITICAL] = 3};
    const struct check_result *worst = NULL;
    for (size_t i = 0; i < view->checks_count; i++)
        if (strcmp(view->checks[i].id, id) == 0 &&
            (worst == NULL || badness[view->checks[i].verdict] > badness[worst->verdict]))
            worst = &view->checks[i];
    return worst;
}
