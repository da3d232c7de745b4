/* stopmark sets, stopmark marks: what was shipped, and what can be reached. */
#include <errno.h>
#include <stdlib.h>

#include "core/base/text.h"
#include "core/json.h"
#include "screens/cli.h"
#include "screens/facts.h"

/* -n: how many rows; all without it. False after a usage error. */
static bool read_count(const struct cli *cli, size_t all, size_t *count, int *status)
{
    const char *text = cli_value(cli, OPTION_COUNT);
    *count = all;
    if (text == NULL)
        return true;
    char *end;
    errno = 0;
    long long wanted = strtoll(text, &end, 10);
    if (errno != 0 || *end != '\0' || end == text || wanted < 1) {
        *status = cli_usage_error(cli, "-n takes a number of rows, 1 or more");
        return false;
    }
    if ((unsigned long long)wanted < all)
        *count = (size_t)wanted;
    return true;
}

static json_t *set_json(const struct group_view *view, const struct backup_set *set)
{
    json_t *destinations = json_array();
    for (size_t i = 0; i < view->destinations_count; i++)
        json_array_append_new(
            destinations,
            json_pack("{s:o,s:s}", "server",
                      json_from_text(view->servers[view->destinations[i]]->name), "state",
                      set_standing_name(set->standings[i])));
    return json_pack("{s:I,s:s,s:o,s:o,s:b,s:b,s:I,s:I,s:o,s:s,s:o}", "set", (json_int_t)set->id,
                     "kind", set_kind_name(set->kind), "mark", json_from_text(set->mark), "time",
                     json_from_time(set->time_utc_ms), "complete", set->complete, "in_progress",
                     set->in_progress, "databases", (json_int_t)set->databases,
                     "databases_expected", (json_int_t)set->databases_expected, "size_bytes",
                     json_from_size(set->size_bytes), "chain", chain_state_name(set->chain),
                     "destinations", destinations);
}

static json_t *sets_json(const struct group_view *view, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, set_json(view, &view->sets[view->sets_count - 1 - i]));
    return json_pack("{s:i,s:o}", "schema", 1, "sets", array);
}

static json_t *mark_json(const struct group_view *view, const struct mark *mark)
{
    json_t *databases = json_array();
    for (size_t i = 0; i < view->roster_count; i++) {
        const struct roster_entry *entry = &view->roster[i];
        const struct mark_route *route = &mark->routes[i];
        const char *server =
            entry->destination < 0 ? NULL : view->servers[entry->destination]->name;
        json_array_append_new(
            databases, json_pack("{s:o,s:o,s:s,s:o,s:o}", "server", json_from_text(server),
                                 "database", json_from_text(entry->database), "route",
                                 route_name(route->route), "reason", json_from_text(route->reason),
                                 "evidence", json_from_text(evidence_name(route->evidence))));
    }
    return json_pack("{s:o,s:I,s:o,s:b,s:b,s:o,s:o,s:o,s:o}", "mark", json_from_text(mark->name),
                     "set", (json_int_t)view->sets[mark->set].id, "time",
                     json_from_time(mark->time_utc_ms), "reachable", mark->reachable,
                     "by_roll_forward", mark->by_roll_forward, "data_loss_seconds",
                     json_from_duration(mark->data_loss_ms), "restore_seconds",
                     json_from_duration(mark->restore_ms), "reasons",
                     json_from_texts(mark->reasons, mark->reasons_count), "databases", databases);
}

static json_t *marks_json(const struct group_view *view, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, mark_json(view, &view->marks[view->marks_count - 1 - i]));
    return json_pack("{s:i,s:o}", "schema", 1, "marks", array);
}

int cmd_sets(const struct cli *cli)
{
    int status;
    size_t count;
    struct config *config = cli_load_config(cli, &status);
    struct group_view *view = config == NULL ? NULL : cli_read_group(config, &status);
    if (view != NULL && read_count(cli, view->sets_count, &count, &status))
        status = cli_print(cli_has(cli, OPTION_JSON) ? json_take_text(sets_json(view, count))
                                                     : facts_sets_text(view, count));
    group_view_release(view);
    config_free(config);
    return status;
}

int cmd_marks(const struct cli *cli)
{
    int status;
    size_t count;
    struct config *config = cli_load_config(cli, &status);
    struct group_view *view = config == NULL ? NULL : cli_read_group(config, &status);
    if (view != NULL && read_count(cli, view->marks_count, &count, &status))
        status = cli_print(cli_has(cli, OPTION_JSON) ? json_take_text(marks_json(view, count))
                                                     : facts_marks_text(view, count));
    group_view_release(view);
    config_free(config);
    return status;
}
