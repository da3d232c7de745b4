/* Plans as JSON (man/schema/plan.json) and back. Fields beyond the contract's are what the way
 * back needs. */
#include "core/plan.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/group.h"
#include "core/json.h"
#include "core/method.h"

enum { SCHEMA = 1 };

static json_t *from_lsn(struct lsn lsn)
{
    char text[LSN_TEXT_SIZE];
    lsn_format(text, sizeof text, lsn);
    return lsn_is_known(lsn) ? json_string(text) : json_null();
}

static json_t *from_id(int64_t id)
{
    return id == 0 ? json_null() : json_integer(id);
}

static void set(json_t *object, const char *key, json_t *value)
{
    json_object_set_new(object, key, value);
}

/* --- writing --------------------------------------------------------------------------------- */

static json_t *step_to_json(const struct plan_step *step)
{
    json_t *object = json_object();
    set(object, "kind", json_from_text(step_kind_name(step->kind)));
    set(object, "set", from_id(step->set));
    set(object, "file", json_from_text(step->file));
    set(object, "position", json_integer(step->position));
    set(object, "stop_clause", json_from_text(step->stop_clause));
    set(object, "sql", json_from_text(step->sql));
    set(object, "size_bytes", json_from_size(step->size_bytes));
    set(object, "seconds", json_from_duration(step->duration_ms));
    set(object, "content_time", json_from_time(step->content_utc_ms));
    set(object, "first_lsn", from_lsn(step->first_lsn));
    set(object, "last_lsn", from_lsn(step->last_lsn));
    set(object, "evidence", json_from_text(evidence_name(step->evidence)));
    json_t *moves = json_array();
    for (size_t i = 0; i < step->moves_count; i++) {
        json_t *move = json_object();
        set(move, "name", json_from_text(step->moves[i].name));
        set(move, "path", json_from_text(step->moves[i].path));
        json_array_append_new(moves, move);
    }
    set(object, "moves", moves);
    return object;
}

static json_t *database_to_json(const struct plan_database *database)
{
    json_t *object = json_object();
    set(object, "server", json_from_text(database->server));
    set(object, "database", json_from_text(database->database));
    set(object, "source", json_from_text(database->source));
    set(object, "original", json_from_text(database->original));
    set(object, "role", json_from_text(database_use_name(database->use)));
    set(object, "route", json_from_text(route_name(database->route)));
    set(object, "reason", json_from_text(database->reason));
    set(object, "stop_name", json_from_text(database->stop_name));
    set(object, "evidence", json_from_text(evidence_name(database->evidence)));
    json_t *steps = json_array();
    for (size_t i = 0; i < database->steps_count; i++)
        json_array_append_new(steps, step_to_json(&database->steps[i]));
    set(object, "steps", steps);
    set(object, "destination", json_integer(database->destination));
    set(object, "redo_lsn", from_lsn(database->redo_lsn));
    set(object, "content_time", json_from_time(database->content_utc_ms));
    set(object, "mark_lsn", from_lsn(database->mark_lsn));
    set(object, "existed", json_boolean(database->existed));
    set(object, "must_replace", json_boolean(database->must_replace));
    set(object, "recovery_order", json_integer(database->recovery_order));
    return object;
}

static json_t *alternative_to_json(const struct plan_alternative *alternative)
{
    json_t *object = json_object(), *routes = json_object();
    set(object, "by", json_from_text(target_by_name(alternative->by)));
    set(object, "mark", json_from_text(alternative->mark));
    set(object, "set", from_id(alternative->set));
    set(object, "data_loss_seconds", json_from_duration(alternative->data_loss_ms));
    set(object, "restore_seconds", json_from_duration(alternative->restore_ms));
    set(routes, "roll-forward", json_integer(alternative->roll_forward));
    set(routes, "full-restore", json_integer(alternative->full_restore));
    set(routes, "unreachable", json_integer(alternative->unreachable));
    set(object, "routes", routes);
    return object;
}

static json_t *jobs_to_json(const struct plan *plan)
{
    json_t *list = json_array();
    for (size_t i = 0; i < plan->jobs_count; i++) {
        const struct plan_job *job = &plan->jobs[i];
        json_t *object = json_object();
        set(object, "server", json_from_text(job->server));
        set(object, "destination", json_integer(job->destination));
        set(object, "name", json_from_text(job->name));
        set(object, "id", json_from_text(job->id));
        set(object, "sql", json_from_text(job->sql));
        json_array_append_new(list, object);
    }
    return list;
}

static json_t *target_to_json(const struct plan *plan)
{
    json_t *target = json_object();
    set(target, "mark", json_from_text(plan->mark));
    set(target, "set", from_id(plan->set));
    set(target, "stop", json_from_text(stop_kind_name(plan->stop)));
    set(target, "by", json_from_text(target_by_name(plan->by)));
    set(target, "time", json_from_time(plan->mark_time_utc_ms));
    return target;
}

static json_t *quiet_to_json(const struct plan *plan)
{
    json_t *list = json_array();
    for (size_t i = 0; i < plan->quiet_count; i++) {
        json_t *object = json_object();
        set(object, "server", json_from_text(plan->quiet[i].server));
        set(object, "since_local_ms", json_integer(plan->quiet[i].since_local_ms));
        json_array_append_new(list, object);
    }
    return list;
}

static json_t *left_out_to_json(const struct plan *plan)
{
    json_t *list = json_array();
    for (size_t i = 0; i < plan->left_out_count; i++) {
        json_t *object = json_object();
        set(object, "database", json_from_text(plan->left_out[i].database));
        set(object, "reason", json_from_text(plan->left_out[i].reason));
        json_array_append_new(list, object);
    }
    return list;
}

static json_t *source_steps_to_json(const struct plan *plan)
{
    json_t *list = json_array();
    for (size_t i = 0; i < plan->source_steps_count; i++) {
        json_t *object = json_object();
        set(object, "kind", json_from_text(step_kind_name(plan->source_steps[i].kind)));
        set(object, "server", json_from_text(plan->source_steps[i].server));
        set(object, "database", json_from_text(plan->source_steps[i].database));
        set(object, "sql", json_from_text(plan->source_steps[i].sql));
        json_array_append_new(list, object);
    }
    return list;
}

char *plan_to_json(const struct plan *plan)
{
    json_t *root = json_object(), *alternatives = json_array(), *databases = json_array();
    set(root, "schema", json_integer(SCHEMA));
    set(root, "group", json_from_text(plan->group));
    set(root, "generated", json_from_time(plan->generated_utc_ms));
    set(root, "hash", json_from_text(plan->hash));
    set(root, "possible", json_boolean(plan->possible));
    set(root, "reasons", json_from_texts(plan->reasons, plan->reasons_count));
    set(root, "target", target_to_json(plan));
    set(root, "situation",
        plan->situation_known ? json_from_text(situation_name(plan->situation)) : json_null());
    set(root, "method", json_from_text(method_name(plan->method)));
    set(root, "gate", json_boolean(plan->gate));
    set(root, "promises", json_from_text(method_traits(plan->method)->promises));
    set(root, "cannot", json_from_text(method_traits(plan->method)->cannot));
    set(root, "jobs", jobs_to_json(plan));
    set(root, "data_loss_seconds", json_from_duration(plan->data_loss_ms));
    set(root, "data_loss_basis", json_from_text(loss_basis_name(plan->loss_basis)));
    set(root, "restore_seconds", json_from_duration(plan->restore_ms));
    for (size_t i = 0; i < plan->alternatives_count; i++)
        json_array_append_new(alternatives, alternative_to_json(&plan->alternatives[i]));
    set(root, "alternatives", alternatives);
    for (size_t i = 0; i < plan->databases_count; i++)
        json_array_append_new(databases, database_to_json(&plan->databases[i]));
    set(root, "databases", databases);
    set(root, "left_out", left_out_to_json(plan));
    set(root, "added_files", json_from_texts(plan->added, plan->added_count));
    set(root, "asks_for_word", json_boolean(plan->asks_for_word));
    set(root, "loss_proof", json_from_text(plan->loss_proof));
    set(root, "mark_made", json_boolean(plan->mark_made));
    set(root, "quiet", quiet_to_json(plan));
    set(root, "source_steps", source_steps_to_json(plan));
    return json_take_text(root);
}

/* --- reading --------------------------------------------------------------------------------- */

static const char *text_at(const json_t *object, const char *key)
{
    return json_to_text(json_object_get(object, key));
}

static char *copy_at(const json_t *object, const char *key)
{
    return memory_copy_text(text_at(object, key));
}

static bool true_at(const json_t *object, const char *key)
{
    return json_is_true(json_object_get(object, key));
}

static int64_t integer_at(const json_t *object, const char *key, int64_t otherwise)
{
    const json_t *value = json_object_get(object, key);
    return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

static bool read_moves(const json_t *moves, struct plan_step *step)
{
    size_t index;
    const json_t *item;
    json_array_foreach(moves, index, item)
    {
        struct plan_move *move = memory_append(step, moves);
        move->name = copy_at(item, "name");
        move->path = copy_at(item, "path");
        if (move->name == NULL || move->path == NULL)
            return false;
    }
    return true;
}

static bool read_step(const json_t *object, struct plan_step *step)
{
    step->set = integer_at(object, "set", 0);
    step->file = copy_at(object, "file");
    step->position = (int)integer_at(object, "position", 1);
    step->stop_clause = copy_at(object, "stop_clause");
    step->sql = copy_at(object, "sql");
    step->size_bytes = integer_at(object, "size_bytes", SIZE_UNKNOWN);
    step->duration_ms = json_to_duration(json_object_get(object, "seconds"));
    step->content_utc_ms = json_to_time(json_object_get(object, "content_time"));
    step->first_lsn = lsn_parse(text_at(object, "first_lsn"));
    step->last_lsn = lsn_parse(text_at(object, "last_lsn"));
    lsn_settle_range(&step->first_lsn, &step->last_lsn);
    return step_kind_from_name(&step->kind, text_at(object, "kind")) && step->sql != NULL &&
           read_moves(json_object_get(object, "moves"), step) &&
           evidence_from_name(&step->evidence, text_at(object, "evidence"));
}

static bool read_database(const json_t *object, struct plan_database *database)
{
    database->server = copy_at(object, "server");
    database->database = copy_at(object, "database");
    database->reason = copy_at(object, "reason");
    database->source = copy_at(object, "source");
    database->original = copy_at(object, "original");
    if (database->original == NULL)
        database->original = memory_copy_text(database->database);
    database->stop_name = copy_at(object, "stop_name");
    database->destination = (int)integer_at(object, "destination", -1);
    database->redo_lsn = lsn_parse(text_at(object, "redo_lsn"));
    database->content_utc_ms = json_to_time(json_object_get(object, "content_time"));
    database->mark_lsn = lsn_parse(text_at(object, "mark_lsn"));
    database->existed = true_at(object, "existed");
    database->must_replace = true_at(object, "must_replace");
    database->recovery_order = (int)integer_at(object, "recovery_order", 0);
    const json_t *steps = json_object_get(object, "steps");
    size_t index;
    const json_t *step;
    json_array_foreach(steps, index, step)
    {
        if (!read_step(step, memory_append(database, steps)))
            return false;
    }
    return database->database != NULL && json_is_array(steps) &&
           database_use_from_name(&database->use, text_at(object, "role")) &&
           route_from_name(&database->route, text_at(object, "route")) &&
           evidence_from_name(&database->evidence, text_at(object, "evidence"));
}

static bool read_alternative(const json_t *object, struct plan_alternative *alternative)
{
    const json_t *routes = json_object_get(object, "routes");
    alternative->mark = copy_at(object, "mark");
    alternative->set = integer_at(object, "set", 0);
    alternative->data_loss_ms = json_to_duration(json_object_get(object, "data_loss_seconds"));
    alternative->restore_ms = json_to_duration(json_object_get(object, "restore_seconds"));
    alternative->roll_forward = (int)integer_at(routes, "roll-forward", 0);
    alternative->full_restore = (int)integer_at(routes, "full-restore", 0);
    alternative->unreachable = (int)integer_at(routes, "unreachable", 0);
    return target_by_from_name(&alternative->by, text_at(object, "by"));
}

static bool read_target(const json_t *target, struct plan *plan)
{
    plan->mark = copy_at(target, "mark");
    plan->set = integer_at(target, "set", 0);
    plan->mark_time_utc_ms = json_to_time(json_object_get(target, "time"));
    return stop_kind_from_name(&plan->stop, text_at(target, "stop")) &&
           target_by_from_name(&plan->by, text_at(target, "by"));
}

static bool read_jobs(const json_t *root, struct plan *plan)
{
    const json_t *jobs = json_object_get(root, "jobs"), *item;
    size_t index;
    json_array_foreach(jobs, index, item)
    {
        struct plan_job *job = memory_append(plan, jobs);
        job->server = copy_at(item, "server");
        job->name = copy_at(item, "name");
        job->id = copy_at(item, "id");
        job->sql = copy_at(item, "sql");
        job->destination = (int)integer_at(item, "destination", -1);
        if (job->server == NULL)
            return false;
    }
    return true;
}

static bool read_arrays(const json_t *root, struct plan *plan)
{
    const json_t *alternatives = json_object_get(root, "alternatives");
    const json_t *databases = json_object_get(root, "databases");
    const json_t *reasons = json_object_get(root, "reasons"), *item;
    size_t index;
    json_array_foreach(reasons, index, item)
    {
        if (json_to_text(item) == NULL)
            return false;
        group_add_text(plan, reasons, memory_copy_text(json_to_text(item)));
    }
    json_array_foreach(alternatives, index, item)
    {
        if (!read_alternative(item, memory_append(plan, alternatives)))
            return false;
    }
    json_array_foreach(databases, index, item)
    {
        if (!read_database(item, memory_append(plan, databases)))
            return false;
    }
    return json_is_array(reasons) && json_is_array(alternatives) && json_is_array(databases);
}

/* Absent in plans of older versions. */
static bool read_choices(const json_t *root, struct plan *plan)
{
    size_t index;
    const json_t *item;
    json_array_foreach(json_object_get(root, "added_files"), index, item)
    {
        if (json_to_text(item) == NULL)
            return false;
        group_add_text(plan, added, memory_copy_text(json_to_text(item)));
    }
    json_array_foreach(json_object_get(root, "left_out"), index, item)
    {
        struct plan_left_out *left_out = memory_append(plan, left_out);
        left_out->database = copy_at(item, "database");
        left_out->reason = copy_at(item, "reason");
        if (left_out->database == NULL || left_out->reason == NULL)
            return false;
    }
    return true;
}

/* Absent in plans of situations that leave the sources alone. */
static bool read_move(const json_t *root, struct plan *plan)
{
    size_t index;
    const json_t *item;
    plan->loss_proof = copy_at(root, "loss_proof");
    plan->mark_made = true_at(root, "mark_made");
    json_array_foreach(json_object_get(root, "quiet"), index, item)
    {
        struct plan_quiet *quiet = memory_append(plan, quiet);
        quiet->server = copy_at(item, "server");
        quiet->since_local_ms = integer_at(item, "since_local_ms", TIME_UNKNOWN);
        if (quiet->server == NULL)
            return false;
    }
    json_array_foreach(json_object_get(root, "source_steps"), index, item)
    {
        struct plan_source_step *step = memory_append(plan, source_steps);
        step->server = copy_at(item, "server");
        step->database = copy_at(item, "database");
        step->sql = copy_at(item, "sql");
        if (step->server == NULL || step->sql == NULL ||
            !step_kind_from_name(&step->kind, text_at(item, "kind")))
            return false;
    }
    return true;
}

static bool read_plan(const json_t *root, struct plan *plan)
{
    const char *hash = text_at(root, "hash"), *situation = text_at(root, "situation");
    plan->group = copy_at(root, "group");
    plan->generated_utc_ms = json_to_time(json_object_get(root, "generated"));
    plan->possible = true_at(root, "possible");
    plan->gate = true_at(root, "gate");
    plan->asks_for_word = true_at(root, "asks_for_word");
    plan->data_loss_ms = json_to_duration(json_object_get(root, "data_loss_seconds"));
    plan->restore_ms = json_to_duration(json_object_get(root, "restore_seconds"));
    plan->situation_known = situation != NULL;
    if (hash == NULL || strlen(hash) >= sizeof plan->hash)
        return false;
    memcpy(plan->hash, hash, strlen(hash) + 1);
    return integer_at(root, "schema", 0) == SCHEMA && plan->group != NULL &&
           (situation == NULL || situation_from_name(&plan->situation, situation)) &&
           method_from_name(&plan->method, text_at(root, "method")) &&
           loss_basis_from_name(&plan->loss_basis, text_at(root, "data_loss_basis")) &&
           read_target(json_object_get(root, "target"), plan) && read_jobs(root, plan) &&
           read_arrays(root, plan) && read_choices(root, plan) && read_move(root, plan);
}

struct plan *plan_from_json(const char *text, struct error *error)
{
    json_error_t json_error;
    json_t *root = json_loads(text == NULL ? "" : text, 0, &json_error);
    if (root == NULL) {
        error_set(error, ERR_FAILED, NULL, NULL, "the plan is not JSON: line %d: %s",
                  json_error.line, json_error.text);
        return NULL;
    }
    struct plan *plan = memory_new(sizeof *plan);
    if (!read_plan(root, plan)) {
        error_set(error, ERR_FAILED, NULL, "it may have been written by another version",
                  "the document is not a plan of schema %d", SCHEMA);
        plan_free(plan);
        plan = NULL;
    }
    json_decref(root);
    return plan;
}
