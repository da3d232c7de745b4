#include "tests/lab/estate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "tests/lab/agent.h"
#include "tests/lab/biztalk.h"
#include "tests/lab/engine.h"
#include "tests/lab/locks.h"
#include "tests/lab/model.h"
#include "tests/lab/msdb.h"
#include "tests/lab/shipping.h"
#include "tests/lab/wire.h"

struct lab *lab_new(uint64_t seed, int64_t now_utc_ms)
{
    struct lab *lab = memory_new(sizeof *lab);
    lab->random = seed * 0x9E3779B97F4A7C15u + 0x1234567u;
    lab->now_base_utc_ms = now_utc_ms;
    switches_set_defaults(&lab->switches);
    return lab;
}

uint64_t lab_random(struct lab *lab)
{
    uint64_t z = (lab->random += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

int64_t lab_random_between(struct lab *lab, int64_t low, int64_t high)
{
    return low + (int64_t)(lab_random(lab) % (uint64_t)(high - low + 1));
}

void lab_random_guid(struct lab *lab, uint8_t guid[16])
{
    uint64_t parts[2] = {lab_random(lab), lab_random(lab)};
    memcpy(guid, parts, 16);
    guid[7] = (uint8_t)((guid[7] & 0x0F) | 0x40);
    guid[8] = (uint8_t)((guid[8] & 0x3F) | 0x80);
}

static void free_instance(struct instance *instance)
{
    agent_free(instance->agent);
    applocks_free(instance->applocks);
    shipping_free(instance->shipping);
    biztalk_group_free(instance->group);
    for (size_t i = 0; i < instance->databases_count; i++) {
        free(instance->databases[i]);
    }
    free(instance->databases);
    for (size_t i = 0; i < instance->logins_count; i++) {
        login_free(&instance->logins[i]);
    }
    free(instance->logins);
    free(instance->known_set_ids);
    free(instance->folders);
    free(instance->credentials);
    engine_free(instance->engine);
    wire_forget(instance);
    free(instance);
}

static void free_table_set(struct table_set *set)
{
    for (size_t i = 0; i < set->items_count; i++) {
        free(set->items[i].columns);
        free(set->items[i].view_text);
    }
    free(set->items);
    free(set);
}

void lab_free(struct lab *lab)
{
    if (lab == NULL) {
        return;
    }
    for (size_t i = 0; i < lab->instances_count; i++) {
        free_instance(lab->instances[i]);
    }
    free(lab->instances);
    for (size_t i = 0; i < lab->files_count; i++) {
        free(lab->files[i]->files_written);
        free(lab->files[i]);
    }
    free(lab->files);
    for (size_t i = 0; i < lab->timelines_count; i++) {
        timeline_free(lab->timelines[i]);
    }
    free(lab->timelines);
    for (size_t i = 0; i < lab->table_sets_count; i++) {
        free_table_set(lab->table_sets[i]);
    }
    free(lab->table_sets);
    free(lab->restores);
    free(lab->faults);
    free(lab);
}

struct instance *lab_add_instance(struct lab *lab, const char *name)
{
    struct instance *instance = memory_new(sizeof *instance);
    memory_append(lab, instances);
    lab->instances[lab->instances_count - 1] = instance;
    instance->lab = lab;
    text_copy(instance->name, sizeof instance->name, name);
    instance->major_version = 16;
    instance->build = 4236;
    text_copy(instance->collation, sizeof instance->collation, "SQL_Latin1_General_CP1_CI_AS");
    text_copy(instance->edition, sizeof instance->edition, "Enterprise Edition (64-bit)");
    text_copy(instance->data_path, sizeof instance->data_path, "D:\\Data\\");
    text_copy(instance->log_path, sizeof instance->log_path, "L:\\Log\\");
    instance->listen_fd = -1;
    instance->next_backup_set_id = 1;
    instance->next_media_set_id = 1;
    instance->restore_bytes_per_s = 150000000;
    instance->backup_bytes_per_s = 300000000;
    instance->disk_free_bytes = 2000000000000;
    instance->adhoc_distributed_queries = true;
    instance->max_dop_one = true;
    instance->started_utc_ms = lab_now_utc_ms(lab) - INT64_C(41) * 86400000;
    instance->engine = engine_new(instance);
    static const char *const system_names[][3] = {{"master", "master", "mastlog"},
                                                  {"tempdb", "tempdev", "templog"},
                                                  {"model", "modeldev", "modellog"},
                                                  {"msdb", "MSDBData", "MSDBLog"}};
    for (size_t i = 0; i < sizeof system_names / sizeof *system_names; i++) {
        struct database *database = instance_add_database(instance, system_names[i][0], true);
        for (size_t f = 0; f < database->files_count; f++) {
            strcpy(database->files[f].logical_name, system_names[i][f + 1]);
        }
    }
    instance_add_login(instance, "sa", "", PERMISSION_SYSADMIN)->disabled = true;
    struct login *service = instance_add_login(instance, "NT SERVICE\\SQLSERVERAGENT", "",
                                               PERMISSION_SYSADMIN);
    service->disabled = service->windows = true;
    msdb_create_tables(instance_database(instance, "msdb"));
    instance->agent = agent_new(instance);
    return instance;
}

static void add_file(struct database *database, const char *suffix, const char *folder,
                     const char *extension, bool is_log, int64_t size_bytes)
{
    struct database_file *file = &database->files[database->files_count++];
    file->id = (int)database->files_count;
    snprintf(file->logical_name, sizeof file->logical_name, "%.120s%s", database->name, suffix);
    snprintf(file->physical_name, sizeof file->physical_name, "%.120s%.120s%s.%s", folder,
             database->name, suffix, extension);
    file->is_log = is_log;
    file->size_bytes = size_bytes;
}

void database_add_file(struct database *database, const char *logical_name, const char *path)
{
    struct database_file *file = &database->files[database->files_count++];
    file->id = (int)database->files_count;
    text_copy(file->logical_name, sizeof file->logical_name, logical_name);
    text_copy(file->physical_name, sizeof file->physical_name, path);
    file->is_log = false;
    file->size_bytes = INT64_C(8) << 20;
    file->create_lsn = timeline_append(database->timeline, RECORD_FILE_ADDED, 96,
                                       lab_now_utc_ms(database->instance->lab))
                           ->lsn;
}

static struct database *new_database(struct instance *instance, const char *name)
{
    struct lab *lab = instance->lab;
    struct database *database = memory_new(sizeof *database);
    memory_append(instance, databases);
    instance->databases[instance->databases_count - 1] = database;
    database->instance = instance;
    database->id = (int)instance->databases_count;
    text_copy(database->name, sizeof database->name, name);
    database->recovery_model = 1;
    database->created_utc_ms = lab_now_utc_ms(lab);
    database->traffic_until_utc_ms = database->created_utc_ms;
    database->data_bytes = INT64_C(8) << 20;
    lab_random_guid(lab, database->database_guid);
    return database;
}

struct database *instance_add_restoring(struct instance *instance, const char *name,
                                        struct timeline *timeline)
{
    struct database *database = new_database(instance, name);
    database->state = DATABASE_RESTORING;
    database->timeline = timeline;
    database->tables = timeline->tables;
    return database;
}

struct database *instance_add_database(struct instance *instance, const char *name, bool system)
{
    struct lab *lab = instance->lab;
    struct database *database = new_database(instance, name);
    database->system = system;
    if (system && strcmp(name, "model") != 0) {
        database->recovery_model = 3;
    }
    database->tables = table_set_new(lab);
    add_file(database, "", instance->data_path, "mdf", false, INT64_C(8) << 20);
    add_file(database, "_log", instance->log_path, "ldf", true, INT64_C(8) << 20);
    if (!system) {
        database->timeline = timeline_new(lab, database->tables);
        database->timeline->origin = database->timeline->writer = instance;
        for (size_t i = 0; i < database->files_count; i++) {
            database->files[i].create_lsn = database->timeline->records[0].lsn;
        }
    }
    return database;
}

const char *instance_known_as(const struct instance *instance)
{
    return instance->alias[0] != '\0' ? instance->alias : instance->name;
}

struct instance *lab_instance(struct lab *lab, const char *name)
{
    char host[129];
    text_copy(host, sizeof host, name);
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < lab->instances_count; i++) {
            struct instance *instance = lab->instances[i];
            if (text_equal_nocase(instance->name, host) ||
                (instance->alias[0] != '\0' && text_equal_nocase(instance->alias, host))) {
                return instance;
            }
        }
        /* NAME,port means the same server */
        host[strcspn(host, ",")] = '\0';
    }
    return NULL;
}

struct database *instance_database(struct instance *instance, const char *name)
{
    for (size_t i = 0; i < instance->databases_count; i++) {
        struct database *database = instance->databases[i];
        if (!database->dropped &&
            (instance->case_sensitive ? text_equal(database->name, name)
                                      : text_equal_nocase(database->name, name))) {
            return database;
        }
    }
    return NULL;
}
