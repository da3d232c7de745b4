#include "tests/lab/scenario.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "tests/lab/agent.h"
#include "tests/lab/biztalk.h"
#include "tests/lab/faults.h"
#include "tests/lab/model.h"
#include "tests/lab/msdb.h"
#include "tests/lab/scenario_build.h"
#include "tests/lab/scenario_read.h"
#include "tests/lab/wire.h"
#include "tests/lab/shipping.h"

static void read_version(const struct node *server, struct instance *instance)
{
    const char *version = node_text(server, "version", "16.0.4236");
    struct node member = node_member(server, "version");
    int length = 0;
    if (sscanf(version, "%d.%d.%d%n", &instance->major_version, &instance->minor_version,
               &instance->build, &length) != 3 ||
        version[length] != '\0' ||
        instance->major_version < 10 || instance->major_version > 17) {
        node_problem(&member, "expected major.minor.build such as 16.0.4236; found \"%s\"",
                     version);
    }
}

/* The words in the order of enum wire_encryption and enum wire_certificate. */
static void read_encryption(const struct node *server, struct instance *instance)
{
    static const char *const encryptions[] = {"off", "login", "on", "required"};
    static const char *const certificates[] = {"good", "wrong-host", "expired",
                                               "unknown-authority"};
    const char *encryption = node_choice(server, "encryption", "off login on required", "off");
    const char *certificate =
        node_choice(server, "certificate", "good wrong-host expired unknown-authority", "good");
    int encryption_index = 0, certificate_index = 0;

    for (int i = 0; i < 4; i++) {
        if (strcmp(encryption, encryptions[i]) == 0)
            encryption_index = i;
        if (strcmp(certificate, certificates[i]) == 0)
            certificate_index = i;
    }
    if (encryption_index > 0 &&
        !wire_set_encryption(instance, (enum wire_encryption)encryption_index,
                             (enum wire_certificate)certificate_index)) {
        struct node member = node_member(server, "encryption");
        node_problem(&member, "no certificate could be made");
    }
}

static void read_folders(const struct node *server, struct instance *instance)
{
    struct node folders = node_member(server, "folders");
    for (size_t i = 0; i < node_count(&folders); i++) {
        struct node item = node_item(&folders, i);
        node_check_keys(&item, "path state");
        folder_set_state(instance, node_text_required(&item, "path"),
                         node_choice(&item, "state", "readable missing denied occupied", NULL));
    }
}

static void read_cluster(const struct node *server, struct instance *instance)
{
    struct node nodes = node_member(server, "cluster_nodes");
    size_t room = sizeof instance->cluster_nodes / sizeof *instance->cluster_nodes;
    for (size_t i = 0; i < node_count(&nodes); i++) {
        struct node item = node_item(&nodes, i);
        if (!json_is_string(item.json) || i >= room) {
            node_problem(&item, "expected the names of at most %zu nodes", room);
            return;
        }
        text_copy(instance->cluster_nodes[instance->cluster_nodes_count++],
                  sizeof *instance->cluster_nodes, json_string_value(item.json));
    }
}

static void read_credentials(const struct node *server, struct instance *instance)
{
    struct node names = node_member(server, "credentials");
    for (size_t i = 0; i < node_count(&names); i++) {
        struct node item = node_item(&names, i);
        const char *name = json_string_value(item.json);
        if (name == NULL || strlen(name) >= sizeof *instance->credentials) {
            node_problem(&item, "expected a name of at most %zu bytes",
                         sizeof *instance->credentials - 1);
        } else {
            text_copy(*memory_append(instance, credentials), sizeof *instance->credentials, name);
        }
    }
}

static void read_server(struct lab *lab, const struct node *server)
{
    node_check_keys(server, "name role version restores alias utc_offset_minutes clock_offset_ms"
                            " restore_mb_per_second backup_mb_per_second disk_free_gb"
                            " adhoc_distributed_queries max_dop_one agent stopped edition"
                            " data_path log_path encryption certificate tde_certificate folders"
                            " cluster_nodes credentials");
    const char *name = node_name(server, "name");
    struct node member = node_member(server, "name");
    if (lab_instance(lab, name) != NULL) {
        node_problem(&member, "\"%s\" is there twice", name);
        return;
    }
    struct instance *instance = lab_add_instance(lab, name);
    instance->is_source =
        strcmp(node_choice(server, "role", "source destination", NULL), "source") == 0;
    read_version(server, instance);
    node_copy_text(server, "restores", instance->restores, sizeof instance->restores);
    if (strcmp(instance->restores, "*") == 0) {
        instance->restores[0] = '\0';
    }
    node_copy_text(server, "alias", instance->alias, sizeof instance->alias);
    node_copy_text(server, "edition", instance->edition, sizeof instance->edition);
    node_copy_text(server, "data_path", instance->data_path, sizeof instance->data_path);
    node_copy_text(server, "log_path", instance->log_path, sizeof instance->log_path);
    instance->utc_offset_min = (int)node_integer(server, "utc_offset_minutes", -840, 840, 0);
    instance->clock_offset_ms =
        (int)node_integer(server, "clock_offset_ms", -86400000, 86400000, 0);
    instance->restore_bytes_per_s =
        node_integer(server, "restore_mb_per_second", 1, 100000, 100) * 1000000;
    instance->backup_bytes_per_s =
        node_integer(server, "backup_mb_per_second", 1, 100000, 300) * 1000000;
    instance->disk_free_bytes = node_integer(server, "disk_free_gb", 0, 1000000, 2000) * 1000000000;
    instance->adhoc_distributed_queries = node_boolean(server, "adhoc_distributed_queries", true);
    instance->max_dop_one = node_boolean(server, "max_dop_one", true);
    instance->agent->stopped =
        strcmp(node_choice(server, "agent", "running stopped", "running"), "stopped") == 0;
    instance->stopped = node_boolean(server, "stopped", false);
    instance->has_certificate = node_boolean(server, "tde_certificate", instance->is_source);
    /* there is one TDE certificate in a scenario */
    memset(instance->certificate_thumbprint, 0xC7, sizeof instance->certificate_thumbprint);
    read_encryption(server, instance);
    read_folders(server, instance);
    read_cluster(server, instance);
    read_credentials(server, instance);
}

static void read_database(struct lab *lab, const struct node *database,
                          struct biztalk_group **group, const char *location)
{
    node_check_keys(database, "name server role data_mb log_kb_per_second recovery_model"
                              " encrypted mirrored availability_group native_log_shipping"
                              " offline");
    const char *name = node_name(database, "name");
    const char *role = node_choice(database, "role",
                                   "management master-messagebox messagebox tracking bam rules sso"
                                   " bam-alerts custom other none",
                                   NULL);
    struct instance *instance = lab_instance(lab, node_text_required(database, "server"));
    if (instance == NULL || !instance->is_source) {
        struct node server = node_member(database, "server");
        node_problem(&server, "expected the name of a source in servers");
        return;
    }
    if (instance_database(instance, name) != NULL) {
        struct node member = node_member(database, "name");
        node_problem(&member, "\"%s\" is on %s already", name, instance->name);
        return;
    }
    struct database *made = instance_add_database(instance, name, false);
    made->data_bytes = node_integer(database, "data_mb", 1, 100000000, 100) * 1000000;
    made->files[0].size_bytes = made->data_bytes * 5 / 4 / 8192 * 8192;
    made->files[1].size_bytes = made->data_bytes / 10 / 8192 * 8192 + (INT64_C(64) << 20);
    made->log_bytes_per_s = node_integer(database, "log_kb_per_second", 0, 1000000, 1) * 1000;
    const char *model = node_choice(database, "recovery_model", "FULL BULK_LOGGED SIMPLE", "FULL");
    made->encrypted = node_boolean(database, "encrypted", false);
    made->mirrored = node_boolean(database, "mirrored", false);
    node_copy_text(database, "availability_group", made->availability_group,
                   sizeof made->availability_group);
    made->native_log_shipping = node_boolean(database, "native_log_shipping", false);
    if (made->native_log_shipping) {
        msdb_write_native_shipping(made);
    }
    memcpy(made->tde_thumbprint, instance->certificate_thumbprint, sizeof made->tde_thumbprint);
    made->recovery_model = strcmp(model, "FULL") == 0 ? 1 : strcmp(model, "SIMPLE") == 0 ? 3 : 2;
    if (strcmp(role, "management") == 0 && *group == NULL) {
        *group = biztalk_group_new(made, location);
    }
    if (*group == NULL) {
        struct node databases = node_member(database, "role");
        node_problem(&databases, "the database with the role management comes first");
        return;
    }
    if (strcmp(role, "none") != 0 && (*group)->members_count == GROUP_MEMBERS) {
        struct node member = node_member(database, "role");
        node_problem(&member, "more than %d databases in the backup job", GROUP_MEMBERS);
    } else if (strcmp(role, "none") != 0) {
        biztalk_add_member(*group, made, role);
    }
}

/* Databases that somebody took away once the past was made, as a planned move does. */
static void read_offline(struct lab *lab, const struct node *top)
{
    struct node databases = node_member(top, "databases");
    for (size_t i = 0; i < node_count(&databases); i++) {
        struct node item = node_item(&databases, i);
        if (node_boolean(&item, "offline", false)) {
            struct instance *instance = lab_instance(lab, node_text(&item, "server", ""));
            instance_database(instance, node_text(&item, "name", ""))->state = DATABASE_OFFLINE;
        }
    }
}

static void read_faults(struct lab *lab, const struct node *top)
{
    struct node files = node_member(top, "files");
    for (size_t i = 0; i < node_count(&files); i++) {
        struct node item = node_item(&files, i);
        node_check_keys(&item, "path state");
        const char *path = node_text_required(&item, "path");
        const char *state = node_text_required(&item, "state");
        bool found = false, good = true;
        for (size_t f = 0; f < lab->files_count; f++) {
            if (text_equal_nocase(lab->files[f]->path, path)) {
                found = true;
                good = backup_file_set_state(lab->files[f], state) && good;
            }
        }
        if (!good) {
            struct node member = node_member(&item, "state");
            node_problem(&member, "expected one of: %s; found \"%s\"", backup_file_state_words(),
                         state);
        }
        if (!found) {
            struct node member = node_member(&item, "path");
            node_problem(&member, "no backup file of the past has this path");
        }
    }
}

static void read_switches(struct lab *lab, const struct node *top)
{
    struct node switches = node_member(top, "switches");
    if (switches.json == NULL) {
        return;
    }
    node_check_keys(&switches,
#define X(name, default) #name " "
#include "tests/lab/switches.def"
#undef X
    );
    for (size_t i = 0; switch_name(i) != NULL; i++) {
        bool *value = switch_value(&lab->switches, i);
        *value = node_boolean(&switches, switch_name(i), *value);
    }
}

static int64_t history_length_ms(const struct node *top)
{
    struct node history = node_member(top, "history");
    if (history.json == NULL) {
        return 0;
    }
    return node_integer(&history, "days", 0, 3650, 0) * 86400000 +
           node_integer(&history, "hours", 0, 100000, 0) * 3600000;
}

static void read_objects(struct lab *lab, const struct node *top, struct biztalk_group **group)
{
    struct node servers = node_member(top, "servers");
    struct node databases = node_member(top, "databases");
    struct node backup = node_member(top, "backup");
    const char *location = "\\\\backup\\biztalk";
    if (backup.json != NULL) {
        node_check_keys(&backup, "location every_minutes full_hour use_local_time name");
        location = node_text(&backup, "location", location);
    }
    if (node_count(&servers) == 0) {
        node_problem(&servers, "at least one server is needed");
    }
    for (size_t i = 0; i < node_count(&servers); i++) {
        struct node item = node_item(&servers, i);
        read_server(lab, &item);
    }
    for (size_t i = 0; i < node_count(&databases); i++) {
        struct node item = node_item(&databases, i);
        read_database(lab, &item, group, location);
    }
    if (*group == NULL) {
        node_problem(&databases, "a database with the role management is needed");
    }
    struct node logins = node_member(top, "logins");
    for (size_t i = 0; i < node_count(&logins); i++) {
        struct node item = node_item(&logins, i);
        scenario_read_login(lab, &item);
    }
}

static struct lab *build(const struct node *top, uint64_t seed)
{
    node_check_keys(top,
                    "group now servers databases logins backup history standby files switches jobs"
                    " schema shipping_schema moved_files");
    struct history_plan plan = {.now_utc_ms = node_instant(top, "now", 0)};
    plan.start_utc_ms = plan.now_utc_ms - history_length_ms(top);
    if (plan.now_utc_ms == 0) {
        struct node now = node_member(top, "now");
        node_problem(&now, "missing");
    }
    struct lab *lab = lab_new(seed, plan.start_utc_ms);
    struct biztalk_group *group = NULL;
    text_copy(lab->group_name, sizeof lab->group_name, node_name(top, "group"));
    lab->old_schema = strcmp(node_choice(top, "schema", "current old", "current"), "old") == 0;
    scenario_read_shipping_schema(lab, top);
    read_objects(lab, top, &group);
    read_switches(lab, top);
    if (group != NULL) {
        scenario_read_past(top, lab, group, &plan);
        scenario_make_shipping(lab, group, top);
    }
    if (str_text(top->problems)[0] == '\0') {
        biztalk_create_tables(group);
        scenario_make_history(group, &plan);
        for (size_t i = 0; i < lab->instances_count; i++) {
            if (lab->instances[i]->shipping != NULL) {
                shipping_move_files(lab->instances[i]->shipping);
            }
        }
        scenario_make_jobs(group, &plan);
        scenario_read_jobs(top, lab, &plan);
        read_faults(lab, top);
        read_offline(lab, top);
    }
    free(plan.sets);
    if (str_text(top->problems)[0] != '\0') {
        lab_free(lab);
        return NULL;
    }
    return lab;
}

struct lab *scenario_parse(const char *text, size_t length, const char *origin, uint64_t seed,
                           struct str *problems)
{
    json_error_t error;
    json_t *json = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
    if (json == NULL) {
        str_format(problems, "%s:%d:%d: %s\n", origin, error.line, error.column, error.text);
        return NULL;
    }
    struct node top = {.json = json, .problems = problems};
    struct lab *lab = build(&top, seed);
    json_decref(json);
    return lab;
}

static char *read_file(const char *path, size_t *length)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return NULL;
    }
    struct str text = {0};
    char part[8192];
    size_t count;
    while ((count = fread(part, 1, sizeof part, file)) > 0) {
        str_add_bytes(&text, part, count);
    }
    fclose(file);
    *length = text.length;
    return str_take(&text);
}

struct lab *scenario_load(const char *name_or_path, uint64_t seed, struct str *problems)
{
    size_t length;
    const char *builtin = scenario_builtin(name_or_path, &length);
    if (builtin != NULL) {
        return scenario_parse(builtin, length, name_or_path, seed, problems);
    }
    char *text = read_file(name_or_path, &length);
    if (text == NULL) {
        const char *reason = strerror(errno), *name;
        str_format(problems,
                   "%s: no readable file (%s), and none of the built-in scenarios:", name_or_path,
                   reason);
        for (size_t i = 0; (name = scenario_builtin_name(i)) != NULL; i++) {
            str_format(problems, "%s %s", i == 0 ? "" : ",", name);
        }
        str_add_char(problems, '\n');
        return NULL;
    }
    struct lab *lab = scenario_parse(text, length, name_or_path, seed, problems);
    free(text);
    return lab;
}
