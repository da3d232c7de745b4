#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/json.h"
#include "core/run_internal.h"

static const char *const command_names[] = {
    [RUN_COMMAND_PAUSE] = "pause", [RUN_COMMAND_CONTINUE] = "continue",
    [RUN_COMMAND_RETRY] = "retry", [RUN_COMMAND_ABORT] = "abort",
    [RUN_COMMAND_ABORT_NOW] = "abort-now",
};

const char *run_command_name(enum run_command command)
{
    return (size_t)command < sizeof command_names / sizeof *command_names ? command_names[command]
                                                                         : "?";
}

bool run_command_from_name(enum run_command *command, const char *name)
{
    for (size_t i = 0; i < sizeof command_names / sizeof *command_names; i++)
        if (name != NULL && strcmp(command_names[i], name) == 0) {
            *command = (enum run_command)i;
            return true;
        }
    return false;
}

bool run_state_is_final(enum run_state state)
{
    return state == RUN_AFTER || state == RUN_DONE || run_state_went_wrong(state);
}

bool run_state_went_wrong(enum run_state state)
{
    return state == RUN_FAILED || state == RUN_ABORTED;
}

void run_snapshot_free(struct run_snapshot *snapshot)
{
    if (snapshot == NULL)
        return;
    free(snapshot->databases);
    for (size_t i = 0; i < snapshot->messages_count; i++)
        free(snapshot->messages[i]);
    free(snapshot->messages);
    free(snapshot);
}

/* --- writing ---------------------------------------------------------------------------------- */

static json_t *summary_to_json(const struct run_summary *s)
{
    return json_pack("{s:I, s:s, s:i, s:b, s:i, s:i, s:i, s:s, s:s, s:s, s:I, s:I, s:s}", "run",
                     (json_int_t)s->run, "uuid", s->uuid, "state", (int)s->state, "alive",
                     s->alive, "situation", (int)s->situation, "method", (int)s->method, "stop",
                     (int)s->stop, "mark", s->mark, "by", s->by, "host", s->host, "started",
                     (json_int_t)s->started_utc_ms, "ended", (json_int_t)s->ended_utc_ms, "reason",
                     s->reason);
}

static json_t *error_to_json(const struct error *e)
{
    return json_pack("{s:s, s:i, s:i, s:i, s:s, s:s, s:s, s:s}", "code", error_name(e->code),
                     "number", e->server_number, "severity", e->server_severity, "state",
                     e->server_state, "where", e->where, "what", e->what, "words", e->server_text,
                     "hint", e->hint);
}

static json_t *databases_to_json(const struct run_snapshot *snapshot)
{
    json_t *list = json_array();
    for (size_t i = 0; i < snapshot->databases_count; i++) {
        const struct run_database *d = &snapshot->databases[i];
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:i, s:i, s:i, s:I, s:f, s:I, s:I, s:I, s:s}", "server",
                            d->server, "database", d->database, "state", (int)d->state, "step",
                            d->step, "steps", d->steps, "set", (json_int_t)d->set, "percent",
                            d->percent, "left", (json_int_t)d->left_ms, "rate",
                            (json_int_t)d->bytes_per_s, "reached", (json_int_t)d->reached_utc_ms,
                            "message", d->message));
    }
    return list;
}

char *run_snapshot_to_json(const struct run_snapshot *snapshot)
{
    json_t *document = json_pack(
        "{s:o, s:I, s:o, s:i, s:i, s:i, s:i, s:b, s:b, s:b, s:b, s:b, s:s, s:o, s:o}", "summary",
        summary_to_json(&snapshot->summary), "elapsed", (json_int_t)snapshot->elapsed_ms,
        "databases", databases_to_json(snapshot), "at_mark", snapshot->at_mark, "proven",
        snapshot->proven, "online", snapshot->online, "verified", snapshot->verified, "prepared",
        snapshot->prepared, "can_pause", snapshot->can_pause, "can_resume", snapshot->can_resume,
        "can_retry", snapshot->can_retry, "can_abort", snapshot->can_abort, "phase",
        snapshot->phase_text, "messages",
        json_from_texts(snapshot->messages, snapshot->messages_count), "error",
        error_to_json(&snapshot->error));
    char *text = document == NULL ? NULL : json_dumps(document, JSON_COMPACT);
    json_decref(document);
    return text == NULL ? memory_copy_text("{}") : text;
}

/* --- reading ---------------------------------------------------------------------------------- */

static void get_text(const json_t *object, const char *key, char *out, size_t size)
{
    const char *text = json_string_value(json_object_get(object, key));
    text_clean(out, size, text == NULL ? "" : text);
}

static int64_t get_number(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static bool get_bool(const json_t *object, const char *key)
{
    return json_is_true(json_object_get(object, key));
}

static void read_summary(const json_t *o, struct run_summary *s)
{
    s->run = get_number(o, "run");
    get_text(o, "uuid", s->uuid, sizeof s->uuid);
    s->state = (enum run_state)get_number(o, "state");
    s->alive = get_bool(o, "alive");
    s->situation = (enum situation)get_number(o, "situation");
    s->method = (enum method)get_number(o, "method");
    s->stop = (enum stop_kind)get_number(o, "stop");
    get_text(o, "mark", s->mark, sizeof s->mark);
    get_text(o, "by", s->by, sizeof s->by);
    get_text(o, "host", s->host, sizeof s->host);
    s->started_utc_ms = get_number(o, "started");
    s->ended_utc_ms = get_number(o, "ended");
    get_text(o, "reason", s->reason, sizeof s->reason);
}

static void read_error(const json_t *o, struct error *e)
{
    const char *code = json_string_value(json_object_get(o, "code"));
    e->code = error_from_name(code == NULL ? "" : code);
    e->server_number = (int)get_number(o, "number");
    e->server_severity = (int)get_number(o, "severity");
    e->server_state = (int)get_number(o, "state");
    get_text(o, "where", e->where, sizeof e->where);
    get_text(o, "what", e->what, sizeof e->what);
    get_text(o, "words", e->server_text, sizeof e->server_text);
    get_text(o, "hint", e->hint, sizeof e->hint);
}

static void read_database(const json_t *o, struct run_database *d)
{
    get_text(o, "server", d->server, sizeof d->server);
    get_text(o, "database", d->database, sizeof d->database);
    d->state = (enum lane_state)get_number(o, "state");
    d->step = (int)get_number(o, "step");
    d->steps = (int)get_number(o, "steps");
    d->set = get_number(o, "set");
    d->percent = json_number_value(json_object_get(o, "percent"));
    d->left_ms = get_number(o, "left");
    d->bytes_per_s = get_number(o, "rate");
    d->reached_utc_ms = get_number(o, "reached");
    get_text(o, "message", d->message, sizeof d->message);
}

struct run_snapshot *run_snapshot_from_json(const char *text)
{
    json_t *document = json_loads(text, 0, NULL);
    const json_t *summary = json_object_get(document, "summary");
    if (summary == NULL) {
        json_decref(document);
        return NULL;
    }
    struct run_snapshot *snapshot = memory_new(sizeof *snapshot);
    read_summary(summary, &snapshot->summary);
    read_error(json_object_get(document, "error"), &snapshot->error);
    snapshot->elapsed_ms = get_number(document, "elapsed");
    snapshot->at_mark = (int)get_number(document, "at_mark");
    snapshot->proven = (int)get_number(document, "proven");
    snapshot->online = (int)get_number(document, "online");
    snapshot->verified = (int)get_number(document, "verified");
    snapshot->prepared = get_bool(document, "prepared");
    snapshot->can_pause = get_bool(document, "can_pause");
    snapshot->can_resume = get_bool(document, "can_resume");
    snapshot->can_retry = get_bool(document, "can_retry");
    snapshot->can_abort = get_bool(document, "can_abort");
    get_text(document, "phase", snapshot->phase_text, sizeof snapshot->phase_text);
    size_t index;
    json_t *item;
    json_array_foreach(json_object_get(document, "databases"), index, item)
        read_database(item, memory_append(snapshot, databases));
    json_array_foreach(json_object_get(document, "messages"), index, item)
        if (json_is_string(item))
            *memory_append(snapshot, messages) = memory_copy_text(json_string_value(item));
    json_decref(document);
    return snapshot;
}
