#include "tests/lab/shipping.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "tests/lab/admin.h"
#include "tests/lab/agent.h"
#include "tests/lab/biztalk.h"
#include "tests/lab/engine.h"
#include "tests/lab/locks.h"
#include "tests/lab/model.h"
#include "tests/lab/reply.h"
#include "tests/lab/shipping_run.h"

struct shipping *shipping_new(struct instance *destination, const struct biztalk_group *group)
{
    struct shipping *shipping = memory_new(sizeof *shipping);
    struct database *master = instance_database(destination, "master");
    shipping->instance = destination;
    shipping->source_id = 1;
    text_copy(shipping->management_server, sizeof shipping->management_server,
              instance_known_as(group->management->instance));
    text_copy(shipping->management_database, sizeof shipping->management_database,
              group->management->name);
    destination->shipping = shipping;
    master->has_shipping_procedures = true;
    shipping_create_tables(shipping);
    return shipping;
}

void shipping_add_source(struct shipping *shipping, const char *source_server)
{
    struct source_name *name = memory_append(shipping, sources);
    text_copy(name->text, sizeof name->text, source_server);
}

bool shipping_wants(const struct shipping *shipping, const char *server)
{
    for (size_t i = 0; i < shipping->sources_count; i++) {
        if (text_equal_nocase(shipping->sources[i].text, server)) {
            return true;
        }
    }
    return shipping->sources_count == 0;
}

/* What the scenario says of the database's files; NULL = nothing. */
static const struct moved_files *moved_of(const struct shipping *shipping, const char *database)
{
    for (size_t i = 0; i < shipping->moved_count; i++) {
        const struct moved_files *moved = &shipping->moved[i];
        if (moved->database[0] == '\0' || text_equal_nocase(moved->database, database)) {
            return moved;
        }
    }
    return NULL;
}

void shipping_move_files(const struct shipping *shipping)
{
    struct lab *lab = shipping->instance->lab;
    for (size_t i = 0; i < lab->files_count; i++) {
        struct backup_file *file = lab->files[i];
        const struct instance *source = lab_instance(lab, file->server_name);
        const struct moved_files *moved = moved_of(shipping, file->database_name);
        const char *folder = moved == NULL ? "" : file->type == 'L' ? moved->log : moved->full;
        if (source != NULL && shipping_wants(shipping, instance_known_as(source)) &&
            folder[0] != '\0') {
            backup_file_move(file, shipping->instance, folder);
        }
    }
}

void shipping_list_databases(struct shipping *shipping, const struct biztalk_group *group)
{
    for (size_t i = 0; i < group->members_count; i++) {
        const struct database *database = group->members[i].database;
        const char *server = instance_known_as(database->instance);
        if (!shipping_wants(shipping, server)) {
            continue;
        }
        struct row row = {0};
        row_int(&row, shipping->source_id);
        row_text(&row, server);
        row_text(&row, database->name);
        const struct moved_files *moved = moved_of(shipping, database->name);
        row_text(&row, moved == NULL || moved->full[0] == '\0' ? NULL : moved->full);
        row_text(&row, moved == NULL || moved->log[0] == '\0' ? NULL : moved->log);
        shipping_insert(shipping, TABLE_DATABASES, &row);
    }
}

void shipping_free(struct shipping *shipping)
{
    if (shipping != NULL) {
        free(shipping->moved);
        free(shipping->sources);
        free(shipping);
    }
}

void shipping_add_row(struct shipping *shipping, const struct sql_value *history, bool restored,
                      int64_t restored_utc_ms)
{
    static const int order[] = {HISTORY_ID,     HISTORY_SET,     HISTORY_MARK,     HISTORY_DATABASE,
                                HISTORY_SERVER, HISTORY_FILE,    HISTORY_LOCATION, HISTORY_TYPE,
                                HISTORY_TIME,   HISTORY_COMPLETE};
    struct row row = {0};
    row_int(&row, shipping->source_id);
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        row_add(&row, sql_value_copy(&history[order[i]]));
    }
    row_int(&row, restored);
    if (restored) {
        row_time(&row, shipping->instance, restored_utc_ms);
    } else {
        row_null(&row);
    }
    shipping_insert(shipping, TABLE_HISTORY, &row);
    if (history[HISTORY_ID].integer > shipping->last_imported_id) {
        shipping->last_imported_id = history[HISTORY_ID].integer;
    }
}

static bool wants_row(const struct shipping *shipping, const struct sql_value *server)
{
    return server->null || shipping_wants(shipping, server->bytes);
}

static void import_row(void *context, const struct sql_value *values, size_t count)
{
    struct shipping *shipping = context;
    (void)count;
    struct sql_value history[HISTORY_COLUMNS];
    biztalk_history_from_row(shipping->instance->lab, values, history);
    if (wants_row(shipping, &history[HISTORY_SERVER])) {
        shipping_add_row(shipping, history, false, 0);
    }
}

static bool source_fails(const struct shipping *shipping, struct reply *reply)
{
    reply_error(reply, 7303, 16, 1, 1, "sp_GetBackupHistory",
                "Cannot initialize the data source object of the provider for linked server"
                " \"%s\".",
                shipping->management_server);
    return false;
}

static bool can_be_read(const struct database *management)
{
    return !management->instance->stopped && !management->dropped &&
           management->state == DATABASE_ONLINE;
}

bool shipping_import(struct session *session, struct shipping *shipping, struct reply *reply)
{
    if (!shipping->instance->adhoc_distributed_queries) {
        /* source: the catalogue's 15281: the import reads by OPENROWSET */
        reply_error(reply, 15281, 16, 1, 1, "bts_LogShippingGetBackupHistory",
                    "SQL Server blocked access to %s '%s' of component '%s': it is turned off.",
                    "STATEMENT", "OpenRowset/OpenDatasource", "Ad Hoc Distributed Queries");
        return false;
    }
    struct instance *source = lab_instance(shipping->instance->lab, shipping->management_server);
    struct database *management =
        source == NULL ? NULL : instance_database(source, shipping->management_database);
    if (management == NULL || !can_be_read(management)) {
        return source_fails(shipping, reply);
    }
    /* the reader procedure waits for the backup job's lock, so it never sees half a set */
    struct reply *sink = reply_new_sink();
    struct session *remote =
        session_open_internal(source, management->name, "Microsoft SQL Server", sink);
    remote->on_behalf_of = session;
    bool locked = applock_get(remote, management, "BTS_BackupJob_Lock", true, false, -1) >= 0;
    bool good = locked && can_be_read(management); /* it may have gone while the lock was awaited */
    if (good) {
        char *where = memory_format("BackupId > %lld", (long long)shipping->last_imported_id);
        engine_scan(source->engine, management, "dbo", "adm_BackupHistory", where, "BackupId",
                    import_row, shipping);
        free(where);
    }
    session_close_internal(remote);
    reply_free(sink);
    return good || source_fails(shipping, reply);
}

void shipping_run_sql(struct shipping *shipping, struct session *session, const char *text)
{
    if (session == NULL) {
        struct reply *reply = reply_new_sink();
        session = session_open_internal(shipping->instance, "master", "start-up", reply);
        engine_run_internal(session, text, reply);
        session_close_internal(session);
        reply_free(reply);
        return;
    }
    struct database *before = session->database;
    session->database = instance_database(shipping->instance, "master");
    struct reply *sink = reply_new_sink();
    engine_run_internal(session, text, sink);
    reply_free(sink);
    session->database = before;
}

void shipping_set_last(struct shipping *shipping, struct session *session, int64_t set_id)
{
    bool first = shipping->last_restore_set == 0;
    shipping->last_restore_set = set_id;
    if (session == NULL || first) {
        struct row row = {0};
        row_int(&row, shipping->source_id);
        row_int(&row, set_id);
        shipping_insert(shipping, TABLE_LAST, &row);
        return;
    }
    char *text = memory_format("UPDATE dbo.bts_LogShippingLastRestoreSet SET %s = %lld",
                               shipping_column(shipping, TABLE_LAST, LAST_SET), (long long)set_id);
    shipping_run_sql(shipping, session, text);
    free(text);
}

/* The names of databases, owned. */
struct names {
    char **items;
    size_t items_count, items_capacity;
};

static void note_name(void *context, const struct sql_value *ours)
{
    *memory_append((struct names *)context, items) = memory_copy_text(ours[LISTED_DATABASE].bytes);
}

bool shipping_clean(struct session *session, struct shipping *shipping, struct reply *reply)
{
    struct names names = {0};
    bool good = true;
    shipping_scan(shipping, TABLE_DATABASES, NULL, NULL, note_name, &names);
    for (size_t i = 0; i < names.items_count; i++) {
        bool there = instance_database(shipping->instance, names.items[i]) != NULL;
        good = good && (!there || admin_drop_database(session, names.items[i], 1, reply));
        free(names.items[i]);
    }
    free(names.items);
    if (!good) {
        return false;
    }
    shipping_run_sql(shipping, session, "DELETE FROM dbo.bts_LogShippingLastRestoreSet");
    shipping_run_sql(shipping, session, "UPDATE dbo.bts_LogShippingHistory SET Restored = 0");
    if (shipping_column(shipping, TABLE_HISTORY, SHIPPED_RESTORED_TIME) != NULL) {
        shipping_run_sql(shipping, session,
                         "UPDATE dbo.bts_LogShippingHistory SET RestoredDateTime = NULL");
    }
    shipping->last_restore_set = 0;
    lab_changed();
    return true;
}
