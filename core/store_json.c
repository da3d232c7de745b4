#include "core/store_json.h"

#include <stdlib.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/history.h"

enum { SCHEMA = 1 };

/* Rows are arrays of values, read and written in the same order by the functions below: a walk
 * with two directions keeps both in one place. */
struct walk {
    json_t *row; /* being read, or being filled */
    size_t next;
    bool reading;
};

static json_t *next_value(struct walk *walk)
{
    return json_array_get(walk->row, walk->next++);
}

static void walk_text(struct walk *walk, char **text)
{
    if (walk->reading)
        *text = memory_copy_text(json_string_value(next_value(walk)));
    else
        json_array_append_new(walk->row, *text ? json_string(*text) : json_null());
}

static void walk_integer(struct walk *walk, int64_t *number)
{
    if (walk->reading)
        *number = json_integer_value(next_value(walk));
    else
        json_array_append_new(walk->row, json_integer(*number));
}

static void walk_int(struct walk *walk, int *number)
{
    int64_t value = *number;
    walk_integer(walk, &value);
    *number = (int)value;
}

static void walk_bool(struct walk *walk, bool *flag)
{
    int64_t value = *flag;
    walk_integer(walk, &value);
    *flag = value != 0;
}

static void walk_char(struct walk *walk, char *letter)
{
    int64_t value = *letter;
    walk_integer(walk, &value);
    *letter = (char)value;
}

static void walk_lsn(struct walk *walk, struct lsn *lsn)
{
    char digits[LSN_TEXT_SIZE];
    if (walk->reading) {
        *lsn = lsn_parse(json_string_value(next_value(walk)));
        return;
    }
    lsn_format(digits, sizeof digits, *lsn);
    json_array_append_new(walk->row, json_string(digits));
}

static void walk_guid(struct walk *walk, char guid[37])
{
    if (!walk->reading) {
        json_array_append_new(walk->row, json_string(guid));
        return;
    }
    const char *text = json_string_value(next_value(walk));
    text_copy(guid, 37, text ? text : "");
}

#define WALK_ENUM(walk, type, field)                                                               \
    do {                                                                                           \
        int number_ = (int)(field);                                                                \
        walk_int(walk, &number_);                                                                  \
        (field) = (type)number_;                                                                   \
    } while (0)

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
}

static void walk_roster(struct walk *w, struct roster_row *row)
{
    walk_text(w, &row->server);
    walk_text(w, &row->database);
    WALK_ENUM(w, enum database_use, row->use);
    walk_bool(w, &row->in_backup_job);
    walk_bool(w, &row->is_master_message_box);
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
    walk_text(w, &view->data_path);
    walk_bool(w, &view->case_sensitive);
    walk_bool(w, &view->clustered);
    walk_text(w, &view->management_database);
    walk_integer(w, &view->last_restore_set);
    walk_bool(w, &view->agent_running_known);
    walk_bool(w, &view->agent_running);
    walk_int(w, &view->max_degree_of_parallelism);
    walk_int(w, &view->ad_hoc_distributed_queries);
    walk_int(w, &view->force_full);
    walk_bool(w, &view->use_local_time_known);
    walk_bool(w, &view->use_local_time);
}

/* --- the document ----------------------------------------------------------------------------- */

#define WRITE_ROWS(document, view, rows, walk_row)                                                 \
    do {                                                                                           \
        json_t *list_ = json_array();                                                              \
        for (size_t i_ = 0; i_ < (view)->rows##_count; i_++) {                                     \
            struct walk w_ = {.row = json_array()};                                                \
            walk_row(&w_, &(view)->rows[i_]);                                                      \
            json_array_append_new(list_, w_.row);                                                  \
        }                                                                                          \
        json_object_set_new(document, #rows, list_);                                               \
    } while (0)

#define READ_ROWS(document, view, rows, walk_row)                                                  \
    do {                                                                                           \
        const json_t *list_ = json_object_get(document, #rows);                                    \
        for (size_t i_ = 0; i_ < json_array_size(list_); i_++) {                                   \
            struct walk w_ = {.row = json_array_get(list_, i_), .reading = true};                  \
            walk_row(&w_, memory_append(view, rows));                                              \
        }                                                                                          \
    } while (0)

static json_t *parts_to_json(const struct server_view *view)
{
    json_t *parts = json_array();
    for (int part = 0; part < PART_COUNT; part++) {
        const struct part_status *status = &view->parts[part];
        bool held = status->state == PART_READ || status->read_monotonic_ms != TIME_UNKNOWN;
        json_array_append_new(parts, json_boolean(held && status->state != PART_NOT_ASKED));
    }
    return parts;
}

json_t *store_json_from_view(const struct server_view *given)
{
    /* walking in the writing direction changes nothing, but it needs fields that could change */
    struct server_view copy = *given, *view = &copy;
    json_t *document = json_object();
    json_object_set_new(document, "schema", json_integer(SCHEMA));
    json_object_set_new(document, "name", json_string(view->name));
    json_object_set_new(document, "role", json_string(server_role_name(view->role)));
    struct walk walk = {.row = json_array()};
    walk_scalars(&walk, view);
    json_object_set_new(document, "server", walk.row);
    json_object_set_new(document, "parts", parts_to_json(view));
    WRITE_ROWS(document, view, databases, walk_database);
    WRITE_ROWS(document, view, roster, walk_roster);
    WRITE_ROWS(document, view, backups, walk_backup);
    WRITE_ROWS(document, view, marks, walk_mark);
    WRITE_ROWS(document, view, shipping, walk_shipping);
    WRITE_ROWS(document, view, restores, walk_restore);
    WRITE_ROWS(document, view, jobs, walk_job);
    json_t *history = json_array();
    for (size_t i = 0; i < view->history_count; i++)
        for (size_t j = 0; j < view->history[i]->count; j++) {
            struct walk row = {.row = json_array()};
            walk_history(&row, &view->history[i]->rows[j]);
            json_array_append_new(history, row.row);
        }
    json_object_set_new(document, "history", history);
    return document;
}

static void read_history(const json_t *document, struct server_view *view)
{
    struct history_rows rows = {0};
    const json_t *list = json_object_get(document, "history");
    for (size_t i = 0; i < json_array_size(list); i++) {
        struct walk walk = {.row = json_array_get(list, i), .reading = true};
        walk_history(&walk, memory_append(&rows, rows));
    }
    struct history_list history = {0};
    history_list_replace(&history, INT64_MIN, INT64_MAX, &rows);
    history_list_publish(&history, view);
    history_list_clear(&history);
}

static void read_parts(const json_t *document, struct server_view *view)
{
    const json_t *parts = json_object_get(document, "parts");
    for (int part = 0; part < PART_COUNT; part++)
        if (json_is_true(json_array_get(parts, (size_t)part)))
            view->parts[part].state = PART_READ;
}

static bool is_ours(const json_t *document, const char *name, enum server_role role)
{
    return json_integer_value(json_object_get(document, "schema")) == SCHEMA &&
           text_equal(json_string_value(json_object_get(document, "name")), name) &&
           text_equal(json_string_value(json_object_get(document, "role")),
                      server_role_name(role));
}

/* Rows that lack what every row has would crash later readers. */
static bool is_whole(const struct server_view *view)
{
    bool whole = true;
    for (size_t i = 0; i < view->databases_count; i++)
        whole = whole && view->databases[i].name;
    for (size_t i = 0; i < view->roster_count; i++)
        whole = whole && view->roster[i].database;
    for (size_t i = 0; i < view->shipping_count; i++)
        whole = whole && view->shipping[i].database;
    for (size_t i = 0; i < view->jobs_count; i++)
        whole = whole && view->jobs[i].name;
    for (size_t i = 0; i < view->history_count; i++)
        for (size_t j = 0; j < view->history[i]->count; j++)
            whole = whole && view->history[i]->rows[j].database;
    return whole;
}

struct server_view *store_json_to_view(const json_t *document, const char *name,
                                       enum server_role role)
{
    json_t *scalars = json_object_get(document, "server");
    if (!is_ours(document, name, role) || !json_is_array(scalars))
        return NULL;
    struct server_view *view = server_view_new(name, role);
    struct walk walk = {.row = scalars, .reading = true};
    walk_scalars(&walk, view);
    view->from_disk = true;
    read_parts(document, view);
    READ_ROWS(document, view, databases, walk_database);
    READ_ROWS(document, view, roster, walk_roster);
    READ_ROWS(document, view, backups, walk_backup);
    READ_ROWS(document, view, marks, walk_mark);
    READ_ROWS(document, view, shipping, walk_shipping);
    READ_ROWS(document, view, restores, walk_restore);
    READ_ROWS(document, view, jobs, walk_job);
    read_history(document, view);
    if (is_whole(view))
        return view;
    server_view_release(view);
    return NULL;
}
