#include <jansson.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "tests/lab/biztalk.h"
#include "tests/lab/model.h"
#include "tests/lab/scenario_build.h"
#include "tests/lab/scenario_read.h"

static struct database *find_database(const struct biztalk_group *group, const char *name)
{
    for (size_t i = 0; i < group->members_count; i++) {
        if (text_equal_nocase(group->members[i].database->name, name)) {
            return group->members[i].database;
        }
    }
    return NULL;
}

static void read_exceptions(const struct node *history, struct history_plan *plan,
                            const struct biztalk_group *group)
{
    struct node failed = node_member(history, "failed_starts");
    struct node partial = node_member(history, "partial");
    struct node stolen = node_member(history, "stolen");
    if (node_count(&failed) + node_count(&partial) + node_count(&stolen) > HISTORY_EXCEPTIONS) {
        node_problem(history, "more than %d of failed_starts, partial and stolen together",
                     HISTORY_EXCEPTIONS);
        return;
    }
    for (size_t i = 0; i < node_count(&failed); i++) {
        struct node item = node_item(&failed, i);
        json_t *holder = json_pack("{sO}", "time", item.json);
        struct node wrapped = {.json = holder, .problems = item.problems};
        text_copy(wrapped.path, sizeof wrapped.path, item.path);
        plan->exceptions[plan->exceptions_count++].utc_ms = node_instant(&wrapped, "time", 0);
        json_decref(holder);
    }
    for (size_t i = 0; i < node_count(&partial); i++) {
        struct node item = node_item(&partial, i);
        node_check_keys(&item, "time fails_at");
        struct history_exception *exception = &plan->exceptions[plan->exceptions_count++];
        exception->utc_ms = node_instant(&item, "time", 0);
        exception->fails_at = find_database(group, node_text_required(&item, "fails_at"));
        if (exception->fails_at == NULL) {
            struct node member = node_member(&item, "fails_at");
            node_problem(&member, "expected a database that the job backs up");
        }
    }
}

static void read_positions(const struct node *top, struct lab *lab, struct history_plan *plan)
{
    struct node list = node_member(top, "standby");
    node_check_room(&list, STANDBY_POSITIONS);
    for (size_t i = 0; i < node_count(&list) && i < STANDBY_POSITIONS; i++) {
        struct node item = node_item(&list, i);
        node_check_keys(&item,
                        "server database behind applied state mirror availability_group"
                        " native_log_shipping");
        struct standby_position *position = &plan->positions[plan->positions_count++];
        const char *state = node_choice(&item, "state", "restoring standby online absent",
                                        "restoring");
        position->instance = lab_instance(lab, node_text_required(&item, "server"));
        position->behind = (int)node_integer(&item, "behind", 1, 1000, plan->behind);
        position->applied = node_integer(&item, "applied", 1, INT32_MAX, 0);
        position->state = strcmp(state, "online") == 0    ? POSITION_ONLINE
                          : strcmp(state, "standby") == 0 ? POSITION_STANDBY
                          : strcmp(state, "absent") == 0  ? POSITION_ABSENT
                                                          : POSITION_RESTORING;
        node_copy_text(&item, "database", position->database, sizeof position->database);
        position->native_secondary = node_boolean(&item, "native_log_shipping", false);
        position->mirror = node_boolean(&item, "mirror", false);
        node_copy_text(&item, "availability_group", position->availability_group,
                       sizeof position->availability_group);
        if (position->instance == NULL || position->instance->is_source) {
            struct node member = node_member(&item, "server");
            node_problem(&member, "expected the name of a destination in servers");
        }
    }
}

/* Log backups that somebody else took: links of the chain that the history does not know. */
static void read_stolen(const struct node *history, struct history_plan *plan,
                        const struct biztalk_group *group)
{
    struct node list = node_member(history, "stolen");
    /* read_exceptions has said it where they are too many */
    for (size_t i = 0; i < node_count(&list) && plan->exceptions_count < HISTORY_EXCEPTIONS; i++) {
        struct node item = node_item(&list, i);
        node_check_keys(&item, "time database path");
        struct history_exception *exception = &plan->exceptions[plan->exceptions_count++];
        exception->utc_ms = node_instant(&item, "time", 0);
        exception->stolen_from = find_database(group, node_text_required(&item, "database"));
        node_text_required(&item, "path");
        node_copy_text(&item, "path", exception->path, sizeof exception->path);
        if (exception->stolen_from == NULL) {
            struct node member = node_member(&item, "database");
            node_problem(&member, "expected a database that the job backs up");
        }
    }
}

static void read_set(const struct node *item, struct history_plan *plan,
                     const struct biztalk_group *group)
{
    node_check_keys(item, "set kind time stamp complete without");
    struct history_set *set = memory_append(plan, sets);
    set->id = node_integer(item, "set", 1, INT32_MAX, 1);
    set->utc_ms = node_instant(item, "time", 0);
    set->full = strcmp(node_choice(item, "kind", "full log", NULL), "full") == 0;
    set->complete = node_boolean(item, "complete", true);
    node_copy_text(item, "stamp", set->stamp, sizeof set->stamp);
    const struct history_set *before = plan->sets_count > 1 ? set - 1 : NULL;
    if (set->utc_ms < plan->start_utc_ms || set->utc_ms > plan->now_utc_ms ||
        (before != NULL && (set->id <= before->id || set->utc_ms < before->utc_ms))) {
        node_problem(item, "sets are listed by number and time, within the history's hours");
    }
    struct node without = node_member(item, "without");
    node_check_room(&without, GROUP_MEMBERS);
    for (size_t i = 0; i < node_count(&without) && i < GROUP_MEMBERS; i++) {
        struct node name = node_item(&without, i);
        const char *text = json_string_value(name.json);
        const struct database *database = text == NULL ? NULL : find_database(group, text);
        if (database == NULL) {
            node_problem(&name, "expected a database that the job backs up");
        } else {
            set->without[set->without_count++] = database;
        }
    }
}

static void read_sets(const struct node *history, struct history_plan *plan,
                      const struct biztalk_group *group)
{
    struct node list = node_member(history, "sets");
    for (size_t i = 0; i < node_count(&list); i++) {
        struct node item = node_item(&list, i);
        read_set(&item, plan, group);
    }
}

static void read_history(const struct node *top, struct history_plan *plan,
                         struct biztalk_group *group)
{
    struct node history = node_member(top, "history");
    struct node backup = node_member(top, "backup");
    plan->every_ms = node_integer(&backup, "every_minutes", 1, 1440, 15) * 60000;
    plan->backup_hour = (int)node_integer(&backup, "full_hour", -1, 23, -1);
    group->use_local_time = node_boolean(&backup, "use_local_time", false);
    node_copy_text(&backup, "name", group->name, sizeof group->name);
    group->backup_hour = plan->backup_hour;
    plan->behind = 1;
    if (history.json == NULL) {
        return;
    }
    node_check_keys(&history,
                    "days hours mark_ms behind not_imported first_set failed_starts stolen"
                    " partial old_rows sets");
    plan->old_rows = (int)node_integer(&history, "old_rows", 0, 10000000, 0);
    plan->mark_ms = (int)node_integer(&history, "mark_ms", 0, 59999, 0);
    plan->behind = (int)node_integer(&history, "behind", 1, 1000, 1);
    plan->not_imported = (int)node_integer(&history, "not_imported", 0, 1000, 0);
    group->next_set_id = node_integer(&history, "first_set", 1, INT32_MAX, 1);
    read_exceptions(&history, plan, group);
    read_stolen(&history, plan, group);
    read_sets(&history, plan, group);
}

void scenario_read_past(const struct node *top, struct lab *lab, struct biztalk_group *group,
                        struct history_plan *plan)
{
    read_history(top, plan, group);
    read_positions(top, lab, plan);
}
