#include <jansson.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "tests/lab/scenario_build.h"
#include "tests/lab/scenario_read.h"
#include "tests/lab/shipping_run.h"

/* The source servers that a destination's restores names. */
static void read_sources(struct shipping *shipping, const struct instance *instance,
                         const struct node *top)
{
    char list[sizeof instance->restores];
    char *rest = NULL;
    text_copy(list, sizeof list, instance->restores);
    for (char *name = strtok_r(list, ",", &rest); name != NULL; name = strtok_r(NULL, ",", &rest)) {
        name += strspn(name, " ");
        const struct instance *source = lab_instance(instance->lab, name);
        if (source == NULL || !source->is_source) {
            struct node servers = node_member(top, "servers");
            node_problem(&servers, "%s restores \"%s\", which is no source", instance->name, name);
        } else {
            shipping_add_source(shipping, instance_known_as(source));
        }
    }
}

/* The history's columns that an estate may lack. */
static void read_missing_columns(const struct node *object, struct shipping_schema *schema)
{
    static const struct {
        const char *name;
        enum shipped_column column;
    } known[] = {{"MarkName", SHIPPED_MARK},
                 {"ServerName", SHIPPED_SERVER},
                 {"BackupDateTime", SHIPPED_TIME},
                 {"RestoredDateTime", SHIPPED_RESTORED_TIME}};
    struct node list = node_member(object, "without");
    for (size_t i = 0; i < node_count(&list); i++) {
        struct node item = node_item(&list, i);
        const char *text = json_string_value(item.json);
        size_t at = 0;
        while (at < sizeof known / sizeof *known &&
               (text == NULL || strcmp(known[at].name, text) != 0)) {
            at++;
        }
        if (at == sizeof known / sizeof *known) {
            node_problem(&item,
                         "expected MarkName, ServerName, BackupDateTime or RestoredDateTime");
        } else {
            schema->without |= 1u << known[at].column;
        }
    }
}

void scenario_read_shipping_schema(struct lab *lab, const struct node *top)
{
    struct node object = node_member(top, "shipping_schema");
    struct shipping_schema *schema = &lab->shipping_schema;
    if (object.json == NULL) {
        return;
    }
    node_check_keys(&object, "source_id extra_columns reversed without last_set server database");
    schema->without_source = !node_boolean(&object, "source_id", true);
    schema->extra = node_boolean(&object, "extra_columns", false);
    schema->reversed = node_boolean(&object, "reversed", false);
    read_missing_columns(&object, schema);
    node_copy_text(&object, "last_set", schema->last_set, sizeof schema->last_set);
    node_copy_text(&object, "server", schema->server, sizeof schema->server);
    node_copy_text(&object, "database", schema->database, sizeof schema->database);
}

/* moved_files[]: backups that were copied to where a destination reads them. */
static void read_moved_files(struct lab *lab, const struct node *top)
{
    struct node list = node_member(top, "moved_files");
    for (size_t i = 0; i < node_count(&list); i++) {
        struct node item = node_item(&list, i);
        node_check_keys(&item, "server database full log");
        struct instance *instance = lab_instance(lab, node_text_required(&item, "server"));
        if (instance == NULL || instance->shipping == NULL) {
            struct node server = node_member(&item, "server");
            node_problem(&server, "expected the name of a destination in servers");
            continue;
        }
        struct moved_files *moved = memory_append(instance->shipping, moved);
        node_copy_text(&item, "database", moved->database, sizeof moved->database);
        node_copy_text(&item, "full", moved->full, sizeof moved->full);
        node_copy_text(&item, "log", moved->log, sizeof moved->log);
    }
}

void scenario_make_shipping(struct lab *lab, const struct biztalk_group *group,
                            const struct node *top)
{
    for (size_t i = 0; i < lab->instances_count; i++) {
        struct instance *instance = lab->instances[i];
        if (instance->is_source) {
            continue;
        }
        struct shipping *shipping = shipping_new(instance, group);
        read_sources(shipping, instance, top);
    }
    read_moved_files(lab, top);
    for (size_t i = 0; i < lab->instances_count; i++) {
        if (lab->instances[i]->shipping != NULL) {
            shipping_list_databases(lab->instances[i]->shipping, group);
        }
    }
}
