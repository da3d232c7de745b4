#include "core/store_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/history.h"
#include "core/proof.h"
#include "core/store_walk.h"

static const char first_word[] = "stopmark-view-5";

/* --- rows ------------------------------------------------------------------------------------- */

static void walk_database(struct walk *w, struct database_row *row)
{
    walk_text(w, &row->name);
    walk_int(w, &row->database_id);
    WALK_ENUM(w, enum database_state, row->state);
    walk_bool(w, &row->standby);
    walk_bool(w, &row->read_only);
    walk_bool(w, &row->encrypted);
    walk_bool(w, &row->in_availability_group);
    walk_bool(w, &row->mirrored);
    WALK_ENUM(w, enum recovery_model, row->recovery_model);
    walk_integer(w, &row->created_utc_ms);
    walk_integer(w, &row->size_bytes);
    walk_lsn(w, &row->redo_lsn);
    walk_bool(w, &row->files_visible);
    walk_guid(w, row->family_guid);
    walk_text(w, &row->collation);
    walk_int(w, &row->has_mark_log);
    walk_int(w, &row->has_marking_objects);
    walk_integer(w, &row->sessions);
    walk_text(w, &row->availability);
}

static void walk_file(struct walk *w, struct file_row *row)
{
    walk_int(w, &row->database_id);
    walk_text(w, &row->name);
    walk_text(w, &row->path);
    walk_bool(w, &row->is_log);
    walk_integer(w, &row->size_bytes);
    walk_lsn(w, &row->create_lsn);
}

static void walk_roster(struct walk *w, struct roster_row *row)
{
    walk_text(w, &row->server);
    walk_text(w, &row->database);
    WALK_ENUM(w, enum database_use, row->use);
    walk_bool(w, &row->in_backup_job);
    walk_bool(w, &row->is_master_message_box);
    walk_text(w, &row->listed_as);
}

static void walk_name(struct walk *w, char **name)
{
    walk_text(w, name);
}

static void walk_history(struct walk *w, struct history_row *row)
{
    walk_integer(w, &row->backup_id);
    walk_integer(w, &row->set_id);
    WALK_ENUM(w, enum set_kind, row->kind);
    walk_bool(w, &row->complete);
    walk_text(w, &row->mark);
    walk_text(w, &row->database);
    walk_text(w, &row->server);
    walk_text(w, &row->file_name);
    walk_text(w, &row->location);
    walk_integer(w, &row->stamp_ms);
    walk_bool(w, &row->restored);
    walk_integer(w, &row->restored_stamp_ms);
}

static void walk_backup(struct walk *w, struct msdb_backup *row)
{
    walk_integer(w, &row->backup_set_id);
    walk_text(w, &row->database);
    walk_text(w, &row->path);
    walk_char(w, &row->type);
    walk_bool(w, &row->copy_only);
    walk_bool(w, &row->damaged);
    walk_bool(w, &row->bulk_logged);
    walk_bool(w, &row->has_checksums);
    walk_lsn(w, &row->first_lsn);
    walk_lsn(w, &row->last_lsn);
    walk_lsn(w, &row->checkpoint_lsn);
    walk_lsn(w, &row->database_backup_lsn);
    walk_lsn(w, &row->fork_point_lsn);
    walk_guid(w, row->family_guid);
    walk_guid(w, row->first_fork_guid);
    walk_guid(w, row->last_fork_guid);
    walk_guid(w, row->set_guid);
    walk_integer(w, &row->start_utc_ms);
    walk_integer(w, &row->finish_utc_ms);
    walk_integer(w, &row->size_bytes);
    walk_integer(w, &row->compressed_size_bytes);
    walk_text(w, &row->user_name);
    walk_text(w, &row->software);
}

static void walk_mark(struct walk *w, struct mark_row *row)
{
    walk_text(w, &row->database);
    walk_text(w, &row->mark);
    walk_lsn(w, &row->lsn);
    walk_integer(w, &row->time_utc_ms);
}

static void walk_shipping(struct walk *w, struct shipping_row *row)
{
    walk_text(w, &row->server);
    walk_text(w, &row->database);
    walk_text(w, &row->full_location);
    walk_text(w, &row->log_location);
}

static void walk_restore(struct walk *w, struct restore_row *row)
{
    walk_integer(w, &row->restore_history_id);
    walk_text(w, &row->database);
    walk_char(w, &row->type);
    walk_integer(w, &row->finished_utc_ms);
    walk_text(w, &row->stop_at_mark);
    walk_guid(w, row->set_guid);
    walk_lsn(w, &row->first_lsn);
    walk_lsn(w, &row->last_lsn);
    walk_integer(w, &row->size_bytes);
    walk_text(w, &row->path);
}

static void walk_job(struct walk *w, struct job_row *row)
{
    walk_text(w, &row->name);
    walk_guid(w, row->job_id);
    WALK_ENUM(w, enum job_function, row->function);
    walk_bool(w, &row->enabled);
    walk_bool(w, &row->running);
    walk_integer(w, &row->running_since_utc_ms);
    WALK_ENUM(w, enum job_outcome, row->last_outcome);
    walk_integer(w, &row->last_run_utc_ms);
    walk_integer(w, &row->last_duration_ms);
    walk_integer(w, &row->usual_duration_ms);
    walk_integer(w, &row->next_run_utc_ms);
    walk_text(w, &row->message);
    walk_text(w, &row->steps);
    walk_text(w, &row->running_step);
}

static void walk_job_run(struct walk *w, struct job_run *row)
{
    walk_guid(w, row->job_id);
    walk_integer(w, &row->started_utc_ms);
    walk_integer(w, &row->duration_ms);
    WALK_ENUM(w, enum job_outcome, row->outcome);
    walk_text(w, &row->message);
}

static void walk_proof_header(struct walk *w, struct backup_header *row)
{
    walk_int(w, &row->position);
    walk_char(w, &row->type);
    walk_text(w, &row->database);
    walk_text(w, &row->server);
    walk_text(w, &row->name);
    walk_lsn(w, &row->first_lsn);
    walk_lsn(w, &row->last_lsn);
    walk_lsn(w, &row->checkpoint_lsn);
    walk_lsn(w, &row->database_backup_lsn);
    walk_lsn(w, &row->fork_point_lsn);
    walk_guid(w, row->family_guid);
    walk_guid(w, row->first_fork_guid);
    walk_guid(w, row->last_fork_guid);
    walk_guid(w, row->set_guid);
    walk_integer(w, &row->start_ms);
    walk_integer(w, &row->finish_ms);
    walk_integer(w, &row->size_bytes);
    walk_integer(w, &row->compressed_size_bytes);
    walk_bool(w, &row->damaged);
    walk_bool(w, &row->copy_only);
    walk_bool(w, &row->bulk_logged);
    walk_bool(w, &row->has_checksums);
    walk_int(w, &row->software_major);
    walk_plain(w, row->encryptor, sizeof row->encryptor);
}

static void walk_proof_file(struct walk *w, struct backup_data_file *row)
{
    walk_text(w, &row->logical_name);
    walk_text(w, &row->physical_name);
    walk_char(w, &row->type);
    walk_integer(w, &row->size_bytes);
    walk_bool(w, &row->present);
    walk_plain(w, row->tde_thumbprint, sizeof row->tde_thumbprint);
}

/* The path is the row's first field: a proof is made with it. A line holds the counts of its inner
 * rows before them. */
static void walk_proof(struct walk *w, struct file_proof **row)
{
    enum { INNER_ROWS_MAX = 100000 };
    char *path = walk_is_reading(w) ? NULL : (*row)->path;
    walk_text(w, &path);
    if (walk_is_reading(w)) {
        *row = proof_new(path == NULL ? "" : path);
        free(path);
    }
    struct file_proof *proof = *row;
    int64_t headers = (int64_t)proof->headers_count, files = (int64_t)proof->files_count;
    WALK_ENUM(w, enum file_state, proof->state);
    walk_int(w, &proof->server_number);
    walk_text(w, &proof->problem);
    walk_integer(w, &proof->asked_utc_ms);
    WALK_ENUM(w, enum file_verification, proof->verification);
    walk_integer(w, &proof->verified_utc_ms);
    walk_text(w, &proof->verification_problem);
    walk_integer(w, &headers);
    walk_integer(w, &files);
    for (int64_t i = 0; i < headers && i < INNER_ROWS_MAX && (!walk_is_reading(w) || *w->at != '\n'); i++)
        walk_proof_header(w, walk_is_reading(w) ? memory_append(proof, headers) : &proof->headers[i]);
    for (int64_t i = 0; i < files && i < INNER_ROWS_MAX && (!walk_is_reading(w) || *w->at != '\n'); i++)
        walk_proof_file(w, walk_is_reading(w) ? memory_append(proof, files) : &proof->files[i]);
}

static void walk_job_step(struct walk *w, struct job_step_row *row)
{
    walk_guid(w, row->job_id);
    walk_int(w, &row->step_id);
    walk_text(w, &row->name);
    walk_text(w, &row->subsystem);
    walk_text(w, &row->command);
    walk_text(w, &row->database);
    walk_int(w, &row->on_success);
    walk_int(w, &row->on_success_step);
    walk_int(w, &row->on_fail);
    walk_int(w, &row->on_fail_step);
    walk_int(w, &row->retries);
    walk_int(w, &row->retry_interval_min);
}

static void walk_job_schedule(struct walk *w, struct job_schedule_row *row)
{
    int *const numbers[] = {&row->type,       &row->interval,   &row->subday_type,
                            &row->subday_interval, &row->relative, &row->recurrence,
                            &row->start_date, &row->end_date,   &row->start_time,
                            &row->end_time};
    walk_guid(w, row->job_id);
    walk_text(w, &row->name);
    walk_bool(w, &row->enabled);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        walk_int(w, numbers[i]);
}

static void walk_surrounding(struct walk *w, struct surrounding_row *row)
{
    WALK_ENUM(w, enum surrounding, row->kind);
    walk_text(w, &row->name);
    walk_text(w, &row->detail);
    walk_text(w, &row->database);
    walk_integer(w, &row->number);
    walk_integer(w, &row->moment_utc_ms);
    walk_bool(w, &row->flag);
}

/* Everything that is no list of rows. */
static void walk_scalars(struct walk *w, struct server_view *view)
{
    walk_bool(w, &view->has_management);
    walk_integer(w, &view->as_of_utc_ms);
    walk_integer(w, &view->server_utc_ms);
    walk_int(w, &view->utc_offset_min);
    walk_text(w, &view->server_name);
    walk_text(w, &view->version);
    walk_int(w, &view->version_major);
    walk_text(w, &view->edition);
    walk_text(w, &view->collation);
    walk_text(w, &view->machine);
    walk_text(w, &view->node);
    walk_text(w, &view->data_path);
    walk_text(w, &view->log_path);
    walk_bool(w, &view->case_sensitive);
    walk_bool(w, &view->clustered);
    walk_text(w, &view->management_database);
    walk_integer(w, &view->last_restore_set);
    walk_bool(w, &view->agent_running_known);
    walk_bool(w, &view->agent_running);
    walk_int(w, &view->agent_starts_itself);
    walk_int(w, &view->max_degree_of_parallelism);
    walk_int(w, &view->ad_hoc_distributed_queries);
    walk_int(w, &view->force_full);
    walk_bool(w, &view->use_local_time_known);
    walk_bool(w, &view->use_local_time);
}

/* --- the document ----------------------------------------------------------------------------- */

static void write_line(struct str *out, const char *name, size_t count)
{
    str_format(out, "%s\t%zu\n", name, count);
}

#define WRITE_ROWS(out_, view, rows, walk_row)                                                     \
    do {                                                                                           \
        write_line(out_, #rows, (view)->rows##_count);                                             \
        for (size_t i_ = 0; i_ < (view)->rows##_count; i_++) {                                     \
            struct walk w_ = {.out = (out_)};                                                      \
            walk_row(&w_, &(view)->rows[i_]);                                                      \
            str_add_char(out_, '\n');                                                              \
        }                                                                                          \
    } while (0)

/* Reads the rows of a list whose head line is at *at; falls out with *at NULL where it is not. */
#define READ_ROWS(at_, owner, rows, walk_row)                                                      \
    do {                                                                                           \
        size_t count_ = read_line(at_, #rows);                                                     \
        for (size_t i_ = 0; i_ < count_ && *(at_) && **(at_); i_++) {                              \
            struct walk w_ = {.at = *(at_)};                                                       \
            walk_row(&w_, memory_append(owner, rows));                                             \
            *(at_) = next_line(w_.at);                                                             \
        }                                                                                          \
    } while (0)

/* A list that files of before do not have. */
#define READ_LATER_ROWS(at_, owner, rows, walk_row)                                                \
    do {                                                                                           \
        if (*(at_) && strncmp(*(at_), #rows "\t", sizeof #rows) == 0)                              \
            READ_ROWS(at_, owner, rows, walk_row);                                                 \
    } while (0)

static const char *next_line(const char *at)
{
    const char *end = strchr(at, '\n');
    return end ? end + 1 : at + strlen(at);
}

/* Moves behind the line that begins a list; its count. *at is NULL where it is another line. */
static size_t read_line(const char **at, const char *name)
{
    size_t length = strlen(name);
    if (!*at || strncmp(*at, name, length) != 0 || (*at)[length] != '\t') {
        *at = NULL;
        return 0;
    }
    size_t count = strtoul(*at + length + 1, NULL, 10);
    *at = next_line(*at);
    return count;
}

static void walk_identity(struct walk *w, char **word, char **name, char **role)
{
    walk_text(w, word);
    walk_text(w, name);
    walk_text(w, role);
}

static void write_head(struct str *out, const struct server_view *view)
{
    char *word = memory_copy_text(first_word), *name = memory_copy_text(view->name);
    char *role = memory_copy_text(server_role_name(view->role));
    struct walk walk = {.out = out};
    walk_identity(&walk, &word, &name, &role);
    str_add_char(out, '\n');
    free(word);
    free(name);
    free(role);
    struct server_view copy = *view; /* a walk needs fields that could change; none does */
    walk_scalars(&walk, &copy);
    for (int part = 0; part < PART_COUNT; part++) {
        const struct part_status *status = &view->parts[part];
        bool held = status->state == PART_READ ||
                    (status->state != PART_NOT_ASKED && status->read_monotonic_ms != TIME_UNKNOWN);
        walk_bool(&walk, &held);
    }
    str_add_char(out, '\n');
}

static size_t count_history(const struct server_view *view)
{
    size_t count = 0;
    for (size_t i = 0; i < view->history_count; i++)
        count += view->history[i]->count;
    return count;
}

void store_text_from_view(struct str *out, const struct server_view *view)
{
    write_head(out, view);
    WRITE_ROWS(out, view, databases, walk_database);
    WRITE_ROWS(out, view, files, walk_file);
    WRITE_ROWS(out, view, roster, walk_roster);
    WRITE_ROWS(out, view, backups, walk_backup);
    WRITE_ROWS(out, view, marks, walk_mark);
    WRITE_ROWS(out, view, shipping, walk_shipping);
    WRITE_ROWS(out, view, restores, walk_restore);
    WRITE_ROWS(out, view, jobs, walk_job);
    WRITE_ROWS(out, view, proofs, walk_proof);
    WRITE_ROWS(out, view, computers, walk_name);
    WRITE_ROWS(out, view, surroundings, walk_surrounding);
    WRITE_ROWS(out, view, job_steps, walk_job_step);
    WRITE_ROWS(out, view, job_schedules, walk_job_schedule);
    WRITE_ROWS(out, view, job_runs, walk_job_run);
    write_line(out, "rows", count_history(view));
    for (size_t i = 0; i < view->history_count; i++)
        for (size_t j = 0; j < view->history[i]->count; j++) {
            struct walk walk = {.out = out};
            walk_history(&walk, &view->history[i]->rows[j]);
            str_add_char(out, '\n');
        }
    write_line(out, "end", 0);
}

static bool is_ours(struct walk *walk, const char *name, enum server_role role)
{
    char *word, *written_name, *written_role;
    walk_identity(walk, &word, &written_name, &written_role);
    bool ours = text_equal(word, first_word) && text_equal(written_name, name) &&
                text_equal(written_role, server_role_name(role));
    free(word);
    free(written_name);
    free(written_role);
    return ours;
}

static void read_scalars(struct walk *walk, struct server_view *view)
{
    walk_scalars(walk, view);
    for (int part = 0; part < PART_COUNT; part++) {
        bool held = false;
        walk_bool(walk, &held);
        if (held)
            view->parts[part].state = PART_READ;
    }
    view->from_disk = true;
}

/* False where the text ends before its last line. */
static bool read_lists(const char *at, struct server_view *view)
{
    struct history_rows rows = {0};
    struct history_list history = {0};
    READ_ROWS(&at, view, databases, walk_database);
    READ_ROWS(&at, view, files, walk_file);
    READ_ROWS(&at, view, roster, walk_roster);
    READ_ROWS(&at, view, backups, walk_backup);
    READ_ROWS(&at, view, marks, walk_mark);
    READ_ROWS(&at, view, shipping, walk_shipping);
    READ_ROWS(&at, view, restores, walk_restore);
    READ_ROWS(&at, view, jobs, walk_job);
    READ_LATER_ROWS(&at, view, proofs, walk_proof);
    READ_LATER_ROWS(&at, view, computers, walk_name);
    READ_LATER_ROWS(&at, view, surroundings, walk_surrounding);
    READ_LATER_ROWS(&at, view, job_steps, walk_job_step);
    READ_LATER_ROWS(&at, view, job_schedules, walk_job_schedule);
    READ_LATER_ROWS(&at, view, job_runs, walk_job_run);
    READ_ROWS(&at, &rows, rows, walk_history);
    read_line(&at, "end");
    history_list_replace(&history, INT64_MIN, INT64_MAX, &rows);
    history_list_publish(&history, view);
    history_list_clear(&history);
    return at != NULL;
}

/* Rows that lack what every row has would crash later readers. */
static bool is_whole(const struct server_view *view)
{
    bool whole = true;
    for (size_t i = 0; i < view->databases_count; i++)
        whole = whole && view->databases[i].name;
    for (size_t i = 0; i < view->files_count; i++)
        whole = whole && view->files[i].name && view->files[i].path;
    for (size_t i = 0; i < view->roster_count; i++)
        whole = whole && view->roster[i].database;
    for (size_t i = 0; i < view->shipping_count; i++)
        whole = whole && view->shipping[i].database;
    for (size_t i = 0; i < view->jobs_count; i++)
        whole = whole && view->jobs[i].name;
    for (size_t i = 0; i < view->computers_count; i++)
        whole = whole && view->computers[i];
    for (size_t i = 0; i < view->history_count; i++)
        for (size_t j = 0; j < view->history[i]->count; j++)
            whole = whole && view->history[i]->rows[j].database;
    return whole;
}

struct server_view *store_text_to_view(const char *text, const char *name, enum server_role role)
{
    struct walk walk = {.at = text};
    if (!is_ours(&walk, name, role))
        return NULL;
    struct server_view *view = server_view_new(name, role);
    walk.at = next_line(walk.at);
    read_scalars(&walk, view);
    if (read_lists(next_line(walk.at), view) && is_whole(view))
        return view;
    server_view_release(view);
    return NULL;
}
