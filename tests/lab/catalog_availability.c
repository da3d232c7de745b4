/* Availability groups and failover clusters: what a database or a server belongs to. */
#include <stdio.h>
#include <string.h>

#include "tests/lab/catalog.h"
#include "tests/lab/model.h"

void availability_guid(const char *text, const char *part, uint8_t guid[16])
{
    uint64_t halves[2] = {14695981039346656037u, 1099511628211u};
    const char *const texts[] = {text, part};
    for (size_t t = 0; t < 2; t++) {
        for (const char *at = texts[t]; *at != '\0'; at++) {
            halves[0] = (halves[0] ^ (unsigned char)*at) * 1099511628211u;
            halves[1] = (halves[1] ^ halves[0]) * 14695981039346656037u;
        }
    }
    memcpy(guid, halves, 16);
}

static void row_made_guid(struct row *row, const char *text, const char *part)
{
    uint8_t guid[16];
    availability_guid(text, part, guid);
    row_guid(row, guid);
}

/* Calls each for the first database of every group on the instance. */
static void each_group(struct session *session, struct row_sink *sink,
                       void (*each)(const struct instance *, const char *group, struct row_sink *))
{
    const struct instance *instance = session->instance;
    for (size_t i = 0; i < instance->databases_count; i++) {
        const char *group = instance->databases[i]->availability_group;
        bool seen = group[0] == '\0' || instance->databases[i]->dropped;
        for (size_t j = 0; j < i && !seen; j++) {
            seen = strcmp(instance->databases[j]->availability_group, group) == 0;
        }
        if (!seen) {
            each(instance, group, sink);
        }
    }
}

/* A group is primary on an instance or secondary, with all its databases. */
static bool is_secondary(const struct instance *instance, const char *group)
{
    for (size_t i = 0; i < instance->databases_count; i++) {
        const struct database *database = instance->databases[i];
        if (!database->dropped && database->is_secondary &&
            strcmp(database->availability_group, group) == 0) {
            return true;
        }
    }
    return false;
}

static void send_group(const struct instance *instance, const char *group, struct row_sink *sink)
{
    struct row row = {0};
    (void)instance;
    row_made_guid(&row, group, "group");
    row_text(&row, group);
    row_nulls(&row, 2);
    row_int(&row, 3);
    row_int(&row, 30000);
    row_int(&row, 2);
    row_text(&row, "secondary");
    row_int(&row, 1);
    for (int i = 0; i < 4; i++) {
        row_int(&row, 0);
    }
    row_send(&row, sink);
}

static void send_replica(const struct instance *instance, const char *group, struct row_sink *sink)
{
    struct row row = {0};
    static const uint8_t owner[] = {1};
    row_made_guid(&row, group, instance->name);
    row_made_guid(&row, group, "group");
    row_int(&row, 1);
    row_text(&row, instance->name);
    row_add(&row, sql_bytes(owner, sizeof owner));
    row_text(&row, NULL);
    row_int(&row, 1);
    row_text(&row, "SYNCHRONOUS_COMMIT");
    row_int(&row, 1);
    row_text(&row, "MANUAL");
    row_nulls(&row, 2);
    row_send(&row, sink);
}

static void send_replica_state(const struct instance *instance, const char *group,
                               struct row_sink *sink)
{
    struct row row = {0};
    row_made_guid(&row, group, instance->name);
    row_made_guid(&row, group, "group");
    bool secondary = is_secondary(instance, group);
    row_int(&row, 1);
    row_int(&row, secondary ? 2 : 1);
    row_text(&row, secondary ? "SECONDARY" : "PRIMARY");
    row_int(&row, 2);
    row_text(&row, "ONLINE");
    row_int(&row, 1);
    row_text(&row, "CONNECTED");
    row_int(&row, 1);
    row_text(&row, "ONLINE");
    row_int(&row, 2);
    row_text(&row, "HEALTHY");
    row_send(&row, sink);
}

bool catalog_fill_groups(struct session *session, struct database *database, struct row_sink *sink)
{
    (void)database;
    /* source: catalog facts: rows of groups need VIEW ANY DEFINITION, else there are none */
    if (catalog_has(session, PERMISSION_VIEW_ANY_DEFINITION)) {
        each_group(session, sink, send_group);
    }
    return true;
}

bool catalog_fill_replicas(struct session *session, struct database *database,
                           struct row_sink *sink)
{
    (void)database;
    if (catalog_has(session, PERMISSION_VIEW_ANY_DEFINITION)) {
        each_group(session, sink, send_replica);
    }
    return true;
}

bool catalog_fill_replica_states(struct session *session, struct database *database,
                                 struct row_sink *sink)
{
    (void)database;
    if (!catalog_needs_server_state(session)) {
        return false;
    }
    each_group(session, sink, send_replica_state);
    return true;
}

static void send_database_state(const struct database *database, struct row_sink *sink)
{
    const char *group = database->availability_group;
    struct row row = {0};
    row_int(&row, database->id);
    row_made_guid(&row, group, "group");
    row_made_guid(&row, group, database->instance->name);
    row_made_guid(&row, group, database->name);
    row_int(&row, 1);
    row_int(&row, !database->is_secondary);
    row_int(&row, 2);
    row_text(&row, "SYNCHRONIZED");
    row_int(&row, 1);
    row_int(&row, 2);
    row_text(&row, "HEALTHY");
    row_int(&row, 0);
    row_text(&row, "ONLINE");
    row_int(&row, 0);
    row_send(&row, sink);
}

bool catalog_fill_database_states(struct session *session, struct database *database,
                                  struct row_sink *sink)
{
    (void)database;
    if (!catalog_needs_server_state(session)) {
        return false;
    }
    for (size_t i = 0; i < session->instance->databases_count; i++) {
        const struct database *at = session->instance->databases[i];
        if (!at->dropped && at->availability_group[0] != '\0') {
            send_database_state(at, sink);
        }
    }
    return true;
}

bool catalog_fill_cluster_nodes(struct session *session, struct database *database,
                                struct row_sink *sink)
{
    (void)database;
    if (!catalog_needs_server_state(session)) {
        return false;
    }
    for (size_t i = 0; i < session->instance->cluster_nodes_count; i++) {
        struct row row = {0};
        row_text(&row, session->instance->cluster_nodes[i]);
        row_int(&row, 0);
        row_text(&row, "up");
        row_int(&row, i == 0);
        row_send(&row, sink);
    }
    return true;
}
