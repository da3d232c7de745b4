#include "core/view_rows.h"

#include <stdlib.h>

#include "core/base/memory.h"
#include "core/history.h"
#include "core/proof.h"

static void set_text(char **to, const char *from)
{
    free(*to);
    *to = memory_copy_text(from);
}

static void copy_server(struct server_view *to, const struct server_view *from)
{
    to->server_utc_ms = from->server_utc_ms;
    to->utc_offset_min = from->utc_offset_min;
    to->version_major = from->version_major;
    to->case_sensitive = from->case_sensitive;
    to->clustered = from->clustered;
    to->is_sysadmin = from->is_sysadmin;
    to->can_view_server_state = from->can_view_server_state;
    to->can_view_any_definition = from->can_view_any_definition;
    to->can_read_headers = from->can_read_headers;
    set_text(&to->server_name, from->server_name);
    set_text(&to->version, from->version);
    set_text(&to->edition, from->edition);
    set_text(&to->collation, from->collation);
    set_text(&to->machine, from->machine);
    set_text(&to->node, from->node);
    set_text(&to->data_path, from->data_path);
    set_text(&to->log_path, from->log_path);
}

static void copy_databases(struct server_view *to, const struct server_view *from)
{
    for (size_t i = 0; i < from->databases_count; i++) {
        struct database_row *row = memory_append(to, databases);
        *row = from->databases[i];
        row->name = memory_copy_text(row->name);
        row->collation = memory_copy_text(row->collation);
        row->availability = memory_copy_text(row->availability);
    }
    for (size_t i = 0; i < from->files_count; i++) {
        struct file_row *row = memory_append(to, files);
        *row = from->files[i];
        row->name = memory_copy_text(row->name);
        row->path = memory_copy_text(row->path);
    }
}

static void copy_roster(struct server_view *to, const struct server_view *from)
{
    to->has_management = from->has_management;
    to->force_full = from->force_full;
    set_text(&to->management_database, from->management_database);
    for (size_t i = 0; i < from->roster_count; i++) {
        struct roster_row *row = memory_append(to, roster);
        *row = from->roster[i];
        row->server = memory_copy_text(row->server);
        row->database = memory_copy_text(row->database);
        row->listed_as = memory_copy_text(row->listed_as);
    }
    for (size_t i = 0; i < from->computers_count; i++)
        *memory_append(to, computers) = memory_copy_text(from->computers[i]);
}

static void copy_history(struct server_view *to, const struct server_view *from)
{
    struct history_list list = {0};
    history_list_take(&list, from);
    history_list_publish(&list, to);
    history_list_clear(&list);
    to->history_swept_monotonic_ms = from->history_swept_monotonic_ms;
}

static void copy_backups(struct server_view *to, const struct server_view *from)
{
    for (size_t i = 0; i < from->backups_count; i++) {
        struct msdb_backup *row = memory_append(to, backups);
        *row = from->backups[i];
        row->database = memory_copy_text(row->database);
        row->path = memory_copy_text(row->path);
        row->user_name = memory_copy_text(row->user_name);
        row->software = memory_copy_text(row->software);
    }
}

static void copy_marks(struct server_view *to, const struct server_view *from)
{
    for (size_t i = 0; i < from->marks_count; i++) {
        struct mark_row *row = memory_append(to, marks);
        *row = from->marks[i];
        row->database = memory_copy_text(row->database);
        row->mark = memory_copy_text(row->mark);
    }
}

static void copy_shipping(struct server_view *to, const struct server_view *from)
{
    to->last_restore_set = from->last_restore_set;
    for (size_t i = 0; i < from->shipping_count; i++) {
        struct shipping_row *row = memory_append(to, shipping);
        const struct shipping_row *old = &from->shipping[i];
        row->server = memory_copy_text(old->server);
        row->database = memory_copy_text(old->database);
        row->full_location = memory_copy_text(old->full_location);
        row->log_location = memory_copy_text(old->log_location);
    }
}

static void copy_restores(struct server_view *to, const struct server_view *from)
{
    for (size_t i = 0; i < from->restores_count; i++) {
        struct restore_row *row = memory_append(to, restores);
        *row = from->restores[i];
        row->database = memory_copy_text(row->database);
        row->stop_at_mark = memory_copy_text(row->stop_at_mark);
        row->path = memory_copy_text(row->path);
    }
}

static void copy_jobs(struct server_view *to, const struct server_view *from)
{
    to->use_local_time_known = from->use_local_time_known;
    to->use_local_time = from->use_local_time;
    for (size_t i = 0; i < from->jobs_count; i++) {
        struct job_row *row = memory_append(to, jobs);
        *row = from->jobs[i];
        row->name = memory_copy_text(row->name);
        row->message = memory_copy_text(row->message);
        row->steps = memory_copy_text(row->steps);
        row->running_step = memory_copy_text(row->running_step);
    }
    for (size_t i = 0; i < from->job_runs_count; i++) {
        struct job_run *run = memory_append(to, job_runs);
        *run = from->job_runs[i];
        run->message = memory_copy_text(run->message);
    }
    for (size_t i = 0; i < from->job_steps_count; i++) {
        struct job_step_row *row = memory_append(to, job_steps);
        *row = from->job_steps[i];
        row->name = memory_copy_text(row->name);
        row->subsystem = memory_copy_text(row->subsystem);
        row->command = memory_copy_text(row->command);
        row->database = memory_copy_text(row->database);
    }
    for (size_t i = 0; i < from->job_schedules_count; i++) {
        struct job_schedule_row *row = memory_append(to, job_schedules);
        *row = from->job_schedules[i];
        row->name = memory_copy_text(row->name);
    }
}

static void copy_settings(struct server_view *to, const struct server_view *from)
{
    to->agent_running_known = from->agent_running_known;
    to->agent_running = from->agent_running;
    to->agent_starts_itself = from->agent_starts_itself;
    to->max_degree_of_parallelism = from->max_degree_of_parallelism;
    to->ad_hoc_distributed_queries = from->ad_hoc_distributed_queries;
}

static void copy_files(struct server_view *to, const struct server_view *from)
{
    for (size_t i = 0; i < from->proofs_count; i++)
        *memory_append(to, proofs) = proof_retain(from->proofs[i]);
}

static enum view_part part_of(enum surrounding kind)
{
    switch (kind) {
    case SURROUNDING_ENCRYPTION_KEY:
    case SURROUNDING_CERTIFICATE:
    case SURROUNDING_BACKUP_KEY:
    case SURROUNDING_CREDENTIAL:
        return PART_KEYS;
    case SURROUNDING_LOGIN:
        return PART_LOGINS;
    case SURROUNDING_USER:
    case SURROUNDING_BACKUP_ROLE:
    case SURROUNDING_MARK_LOG:
    case SURROUNDING_FEATURE:
        return PART_INSIDE;
    case SURROUNDING_LINKED_SERVER:
    case SURROUNDING_NATIVE_SHIPPING:
        return PART_LINKS;
    case SURROUNDING_VOLUME:
        return PART_VOLUMES;
    case SURROUNDING_REFERENCE:
        return PART_REFERENCES;
    }
    return PART_COUNT;
}

static void copy_surroundings(struct server_view *to, const struct server_view *from,
                              enum view_part part)
{
    for (size_t i = 0; i < from->surroundings_count; i++) {
        if (part_of(from->surroundings[i].kind) != part)
            continue;
        struct surrounding_row *row = memory_append(to, surroundings);
        *row = from->surroundings[i];
        row->name = memory_copy_text(row->name);
        row->detail = memory_copy_text(row->detail);
        row->database = memory_copy_text(row->database);
    }
}

void view_copy_part(struct server_view *to, const struct server_view *from, enum view_part part)
{
    static void (*const copies[PART_COUNT])(struct server_view *, const struct server_view *) = {
        [PART_SERVER] = copy_server,     [PART_DATABASES] = copy_databases,
        [PART_ROSTER] = copy_roster,     [PART_HISTORY] = copy_history,
        [PART_BACKUPS] = copy_backups,   [PART_MARKS] = copy_marks,
        [PART_SHIPPING] = copy_shipping, [PART_RESTORES] = copy_restores,
        [PART_JOBS] = copy_jobs,         [PART_SETTINGS] = copy_settings,
        [PART_FILES] = copy_files,
    };
    if (copies[part] != NULL)
        copies[part](to, from);
    else
        copy_surroundings(to, from, part);
}

#define MOVE_ROWS(to, from, rows)                                                                  \
    ((to)->rows = (from)->rows, (to)->rows##_count = (from)->rows##_count,                         \
     (to)->rows##_capacity = (from)->rows##_capacity, (from)->rows = NULL,                         \
     (from)->rows##_count = (from)->rows##_capacity = 0)

void view_move_part(struct server_view *to, struct server_view *from, enum view_part part)
{
    if (part == PART_BACKUPS)
        MOVE_ROWS(to, from, backups);
    else if (part == PART_MARKS)
        MOVE_ROWS(to, from, marks);
    else if (part == PART_RESTORES)
        MOVE_ROWS(to, from, restores);
    else
        view_copy_part(to, from, part);
}

void view_copy_all(struct server_view *to, const struct server_view *from)
{
    for (int part = 0; part < PART_COUNT; part++) {
        view_copy_part(to, from, (enum view_part)part);
        to->parts[part] = from->parts[part];
    }
    to->as_of_utc_ms = from->as_of_utc_ms;
    to->as_of_monotonic_ms = from->as_of_monotonic_ms;
    to->from_disk = from->from_disk;
}

static void free_big_rows(struct server_view *view)
{
    for (size_t i = 0; i < view->backups_count; i++) {
        free(view->backups[i].database);
        free(view->backups[i].path);
        free(view->backups[i].user_name);
        free(view->backups[i].software);
    }
    for (size_t i = 0; i < view->marks_count; i++) {
        free(view->marks[i].database);
        free(view->marks[i].mark);
    }
    for (size_t i = 0; i < view->restores_count; i++) {
        free(view->restores[i].database);
        free(view->restores[i].stop_at_mark);
        free(view->restores[i].path);
    }
    for (size_t i = 0; i < view->history_count; i++)
        history_chunk_release(view->history[i]);
    for (size_t i = 0; i < view->proofs_count; i++)
        proof_release(view->proofs[i]);
    free(view->proofs);
    free(view->backups);
    free(view->marks);
    free(view->restores);
    free(view->history);
}

void view_free_rows(struct server_view *view)
{
    free_big_rows(view);
    for (size_t i = 0; i < view->databases_count; i++) {
        free(view->databases[i].name);
        free(view->databases[i].collation);
        free(view->databases[i].availability);
    }
    for (size_t i = 0; i < view->files_count; i++) {
        free(view->files[i].name);
        free(view->files[i].path);
    }
    for (size_t i = 0; i < view->roster_count; i++) {
        free(view->roster[i].server);
        free(view->roster[i].database);
        free(view->roster[i].listed_as);
    }
    for (size_t i = 0; i < view->computers_count; i++)
        free(view->computers[i]);
    for (size_t i = 0; i < view->shipping_count; i++) {
        free(view->shipping[i].server);
        free(view->shipping[i].database);
        free(view->shipping[i].full_location);
        free(view->shipping[i].log_location);
    }
    for (size_t i = 0; i < view->jobs_count; i++) {
        free(view->jobs[i].name);
        free(view->jobs[i].message);
        free(view->jobs[i].steps);
        free(view->jobs[i].running_step);
    }
    for (size_t i = 0; i < view->job_steps_count; i++) {
        free(view->job_steps[i].name);
        free(view->job_steps[i].subsystem);
        free(view->job_steps[i].command);
        free(view->job_steps[i].database);
    }
    for (size_t i = 0; i < view->job_schedules_count; i++)
        free(view->job_schedules[i].name);
    free(view->job_steps);
    free(view->job_schedules);
    for (size_t i = 0; i < view->job_runs_count; i++)
        free(view->job_runs[i].message);
    free(view->job_runs);
    for (size_t i = 0; i < view->surroundings_count; i++) {
        free(view->surroundings[i].name);
        free(view->surroundings[i].detail);
        free(view->surroundings[i].database);
    }
    free(view->surroundings);
    free(view->databases);
    free(view->files);
    free(view->roster);
    free(view->computers);
    free(view->shipping);
    free(view->jobs);
}
