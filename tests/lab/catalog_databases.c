#include <string.h>

#include "tests/lab/catalog.h"
#include "tests/lab/model.h"

static const char *const state_names[] = {"ONLINE",  "RESTORING", "RECOVERING", "RECOVERY_PENDING",
                                          "SUSPECT", "EMERGENCY", "OFFLINE"};
static const char *const model_names[] = {"", "FULL", "BULK_LOGGED", "SIMPLE"};
static const char *const access_names[] = {"MULTI_USER", "SINGLE_USER", "RESTRICTED_USER"};

static const char databases_columns[] =
    "name sysname, database_id int not null, source_database_id int, "
    "owner_sid varbinary(85), create_date datetime not null, "
    "compatibility_level tinyint not null, collation_name sysname computed null, "
    "user_access tinyint computed, user_access_desc nvarchar(60) computed, "
    "is_read_only bit computed, is_auto_close_on bit computed not null, "
    "is_auto_shrink_on bit computed, state tinyint computed, "
    "state_desc nvarchar(60) computed, is_in_standby bit computed, "
    "is_cleanly_shutdown bit computed, is_supplemental_logging_enabled bit computed, "
    "snapshot_isolation_state tinyint computed, "
    "snapshot_isolation_state_desc nvarchar(60) computed, "
    "is_read_committed_snapshot_on bit computed, recovery_model tinyint computed, "
    "recovery_model_desc nvarchar(60) computed, page_verify_option tinyint, "
    "page_verify_option_desc nvarchar(60), is_auto_create_stats_on bit computed, "
    "is_trustworthy_on bit computed, is_db_chaining_on bit computed, "
    "is_published bit computed not null, is_subscribed bit computed not null, "
    "is_merge_published bit computed not null, is_distributor bit computed not null, "
    "service_broker_guid uniqueidentifier not null, is_broker_enabled bit computed not null, "
    "log_reuse_wait tinyint, log_reuse_wait_desc nvarchar(60), "
    "is_date_correlation_on bit computed not null, is_cdc_enabled bit computed not null, "
    "is_encrypted bit computed, is_honor_broker_priority_on bit computed, "
    "replica_id uniqueidentifier, group_database_id uniqueidentifier, resource_pool_id int, "
    "containment tinyint, containment_desc nvarchar(60), target_recovery_time_in_seconds int";

/* replica_id, group_database_id: of a database in an availability group. */
static void add_replica(struct row *row, const struct database *database)
{
    uint8_t guid[16];
    if (database->availability_group[0] == '\0') {
        row_nulls(row, 2);
        return;
    }
    availability_guid(database->availability_group, database->instance->name, guid);
    row_guid(row, guid);
    availability_guid(database->availability_group, database->name, guid);
    row_guid(row, guid);
}

static void add_database(struct row *row, const struct database *database)
{
    const struct instance *instance = database->instance;
    static const uint8_t owner[] = {1};
    bool online = database->state == DATABASE_ONLINE;
    bool opened = online || database->state == DATABASE_OFFLINE;
    row_text(row, database->name);
    row_int(row, database->id);
    row_null(row);
    row_add(row, sql_bytes(owner, sizeof owner));
    row_time(row, instance, database->created_utc_ms);
    row_int(row, instance->major_version * 10);
    row_text(row, online ? instance->collation : NULL);
    row_int(row, database->user_access);
    row_text(row, access_names[database->user_access]);
    row_int(row, database->standby || database->read_only);
    row_int(row, 0);
    row_int(row, 0);
    row_int(row, database->state);
    row_text(row, state_names[database->state]);
    row_int(row, database->standby);
    row_int(row, !opened);
    row_int(row, 0);
    row_int(row, 0);
    row_text(row, "OFF");
    row_int(row, 0);
    row_int(row, database->recovery_model);
    row_text(row, model_names[database->recovery_model]);
    row_int(row, 2);
    row_text(row, "CHECKSUM");
    row_int(row, 1);
    for (int i = 0; i < 6; i++) {
        row_int(row, 0);
    }
    row_guid(row, database->database_guid);
    row_int(row, strcmp(database->name, "msdb") == 0);
    bool waits = !database->system && database->recovery_model != 3;
    row_int(row, waits ? 2 : 0);
    row_text(row, waits ? "LOG_BACKUP" : "NOTHING");
    row_int(row, 0);
    row_int(row, 0);
    row_int(row, database->encrypted);
    row_int(row, 0);
    add_replica(row, database);
    row_null(row);
    row_int(row, 0);
    row_text(row, "NONE");
    row_int(row, 60);
}

static bool fill_databases(struct session *session, struct database *context, struct row_sink *sink)
{
    (void)context;
    for (size_t i = 0; i < session->instance->databases_count; i++) {
        const struct database *database = session->instance->databases[i];
        /* source: catalog facts: OFFLINE rows are hidden from those who could not create one */
        bool hidden =
            database->state == DATABASE_OFFLINE &&
            !catalog_has(session, PERMISSION_CREATE_ANY_DATABASE | PERMISSION_ALTER_ANY_DATABASE);
        bool visible = catalog_has(session, PERMISSION_VIEW_ANY_DATABASE) || database->id <= 2;
        if (database->dropped || hidden || !visible) {
            continue;
        }
        struct row row = {0};
        add_database(&row, database);
        row_send(&row, sink);
    }
    return true;
}

static const char files_columns[] =
    "database_id int not null, file_id int not null, file_guid uniqueidentifier, "
    "type tinyint not null, type_desc nvarchar(60), data_space_id int not null, "
    "name nvarchar(128) computed, physical_name nvarchar(260) not null, "
    "state tinyint computed, state_desc nvarchar(60), size int not null, "
    "max_size int not null, growth int not null, is_media_read_only bit computed not null, "
    "is_read_only bit computed not null, is_sparse bit computed not null, "
    "is_percent_growth bit computed not null, is_name_reserved bit computed not null, "
    "is_persistent_log_buffer bit computed not null, create_lsn numeric(25,0) computed, "
    "drop_lsn numeric(25,0) computed, read_only_lsn numeric(25,0) computed, "
    "read_write_lsn numeric(25,0) computed, differential_base_lsn numeric(25,0) computed, "
    "differential_base_guid uniqueidentifier, differential_base_time datetime computed, "
    "redo_start_lsn numeric(25,0) computed, redo_start_fork_guid uniqueidentifier, "
    "redo_target_lsn numeric(25,0) computed, redo_target_fork_guid uniqueidentifier, "
    "backup_lsn numeric(25,0) computed, credential_id int";

/* sys.database_files has the same columns but the first and the last. */
static const char database_files_columns[] =
    "file_id int not null, file_guid uniqueidentifier, type tinyint not null, "
    "type_desc nvarchar(60), data_space_id int not null, name nvarchar(128) computed, "
    "physical_name nvarchar(260) computed, state tinyint computed, state_desc nvarchar(60), "
    "size int computed not null, max_size int not null, growth int not null, "
    "is_media_read_only bit computed not null, is_read_only bit computed not null, "
    "is_sparse bit computed not null, is_percent_growth bit computed not null, "
    "is_name_reserved bit computed not null, is_persistent_log_buffer bit computed not null, "
    "create_lsn numeric(25,0) computed, drop_lsn numeric(25,0) computed, "
    "read_only_lsn numeric(25,0) computed, read_write_lsn numeric(25,0) computed, "
    "differential_base_lsn numeric(25,0) computed, differential_base_guid uniqueidentifier, "
    "differential_base_time datetime computed, redo_start_lsn numeric(25,0) computed, "
    "redo_start_fork_guid uniqueidentifier, redo_target_lsn numeric(25,0) computed, "
    "redo_target_fork_guid uniqueidentifier, backup_lsn numeric(25,0) computed";

static void add_redo(struct row *row, const struct database *database, bool is_log)
{
    bool waiting = database->state == DATABASE_RESTORING && !is_log && database->redo_lsn != 0;
    if (!waiting) {
        row_nulls(row, 4);
        return;
    }
    row_lsn(row, database->redo_lsn);
    row_guid(row, database->timeline->fork_guid);
    row_lsn(row, database->redo_lsn);
    row_guid(row, database->timeline->fork_guid);
}

static void add_file(struct row *row, const struct database *database, size_t index)
{
    const struct database_file *file = &database->files[index];
    bool log = file->is_log;
    row_int(row, (int64_t)index + 1);
    row_null(row);
    row_int(row, log);
    row_text(row, log ? "LOG" : "ROWS");
    row_int(row, log ? 0 : 1);
    row_text(row, file->logical_name);
    row_text(row, file->physical_name);
    int state = database->state == DATABASE_RESTORING ? 1
                : database->state == DATABASE_OFFLINE ? 6
                                                      : 0;
    row_int(row, state);
    row_text(row, state_names[state]);
    row_int(row, file->size_bytes / 8192);
    row_int(row, log ? 268435456 : -1);
    row_int(row, 8192);
    for (int i = 0; i < 6; i++) {
        row_int(row, 0);
    }
    if (file->create_lsn == 0 || index == 0 || log) {
        row_null(row);
    } else {
        row_lsn(row, file->create_lsn);
    }
    row_nulls(row, 3);
    if (database->last_full_checkpoint_lsn == 0 || log) {
        row_nulls(row, 3);
    } else {
        row_lsn(row, database->last_full_checkpoint_lsn);
        row_guid(row, database->base_set_guid);
        row_null(row);
    }
    add_redo(row, database, log);
    row_null(row);
}

static bool fill_master_files(struct session *session, struct database *context,
                              struct row_sink *sink)
{
    (void)context;
    if (!catalog_has(session, PERMISSION_VIEW_ANY_DEFINITION | PERMISSION_CREATE_ANY_DATABASE |
                                  PERMISSION_ALTER_ANY_DATABASE)) {
        return true;
    }
    for (size_t i = 0; i < session->instance->databases_count; i++) {
        const struct database *database = session->instance->databases[i];
        for (size_t f = 0; !database->dropped && f < database->files_count; f++) {
            struct row row = {0};
            row_int(&row, database->id);
            add_file(&row, database, f);
            row_null(&row);
            row_send(&row, sink);
        }
    }
    return true;
}

static bool fill_database_files(struct session *session, struct database *database,
                                struct row_sink *sink)
{
    (void)session;
    for (size_t f = 0; f < database->files_count; f++) {
        struct row row = {0};
        add_file(&row, database, f);
        row_send(&row, sink);
    }
    return true;
}

static const char recovery_columns[] =
    "database_id int not null, database_guid uniqueidentifier, family_guid uniqueidentifier,"
    "last_log_backup_lsn numeric(25,0), recovery_fork_guid uniqueidentifier,"
    "first_recovery_fork_guid uniqueidentifier, fork_point_lsn numeric(25,0)";

static bool fill_recovery(struct session *session, struct database *context, struct row_sink *sink)
{
    (void)context;
    if (!catalog_has(session, PERMISSION_VIEW_ANY_DEFINITION | PERMISSION_ALTER_ANY_DATABASE |
                                  PERMISSION_CREATE_ANY_DATABASE)) {
        return true;
    }
    for (size_t i = 0; i < session->instance->databases_count; i++) {
        const struct database *database = session->instance->databases[i];
        if (database->dropped) {
            continue;
        }
        struct row row = {0};
        row_int(&row, database->id);
        if (database->state != DATABASE_ONLINE || database->timeline == NULL) {
            row_nulls(&row, 6);
        } else {
            row_guid(&row, database->database_guid);
            row_guid(&row, database->timeline->family_guid);
            if (database->last_log_backup_lsn == 0 || database->recovery_model == 3) {
                row_null(&row);
            } else {
                row_lsn(&row, database->last_log_backup_lsn);
            }
            row_guid(&row, database->timeline->fork_guid);
            row_guid(&row, database->timeline->fork_guid);
            row_null(&row);
        }
        row_send(&row, sink);
    }
    return true;
}

static const char mirroring_columns[] =
    "database_id int not null, mirroring_guid uniqueidentifier, mirroring_state tinyint,"
    "mirroring_state_desc nvarchar(60), mirroring_role tinyint, mirroring_role_desc nvarchar(60),"
    "mirroring_role_sequence int, mirroring_safety_level tinyint,"
    "mirroring_safety_level_desc nvarchar(60), mirroring_safety_sequence int,"
    "mirroring_partner_name nvarchar(128), mirroring_partner_instance nvarchar(128),"
    "mirroring_witness_name nvarchar(128), mirroring_witness_state tinyint,"
    "mirroring_witness_state_desc nvarchar(60), mirroring_failover_lsn numeric(25,0)";

static bool fill_mirroring(struct session *session, struct database *context, struct row_sink *sink)
{
    (void)context;
    for (size_t i = 0; i < session->instance->databases_count; i++) {
        const struct database *database = session->instance->databases[i];
        struct row row = {0};
        if (database->dropped) {
            continue;
        }
        row_int(&row, database->id);
        /* source: sys.database_mirroring: a mirror shows itself to sysadmin only */
        if (!database->mirrored || (database->is_secondary && !session_is_sysadmin(session))) {
            row_nulls(&row, 15);
        } else {
            row_guid(&row, database->database_guid);
            row_int(&row, 4);
            row_text(&row, "SYNCHRONIZED");
            row_int(&row, database->is_secondary ? 2 : 1);
            row_text(&row, database->is_secondary ? "MIRROR" : "PRINCIPAL");
            row_int(&row, 1);
            row_int(&row, 2);
            row_text(&row, "FULL");
            row_int(&row, 1);
            row_text(&row, "TCP://mirror.example:5022");
            row_text(&row, "MIRROR");
            row_nulls(&row, 4);
        }
        row_send(&row, sink);
    }
    return true;
}

static const char encryption_columns[] =
    "database_id int, encryption_state int, create_date datetime, regenerate_date datetime,"
    "modify_date datetime, set_date datetime, opened_date datetime, key_algorithm nvarchar(32),"
    "key_length int, encryptor_thumbprint varbinary(20), encryptor_type nvarchar(32),"
    "percent_complete real, encryption_state_desc nvarchar(32), encryption_scan_state int,"
    "encryption_scan_state_desc nvarchar(32), encryption_scan_modify_date datetime";

static bool fill_encryption(struct session *session, struct database *context,
                            struct row_sink *sink)
{
    (void)context;
    if (!catalog_needs_server_state(session)) {
        return false;
    }
    for (size_t i = 0; i < session->instance->databases_count; i++) {
        const struct database *database = session->instance->databases[i];
        if (database->dropped || !database->encrypted || database->state != DATABASE_ONLINE) {
            continue;
        }
        struct row row = {0};
        row_int(&row, database->id);
        row_int(&row, 3);
        for (int n = 0; n < 5; n++) {
            row_time(&row, database->instance, database->created_utc_ms);
        }
        row_text(&row, "AES");
        row_int(&row, 256);
        row_add(&row, sql_bytes(database->tde_thumbprint, sizeof database->tde_thumbprint));
        row_text(&row, "CERTIFICATE");
        row_add(&row, sql_number(0));
        row_text(&row, "ENCRYPTED");
        row_int(&row, 4);
        row_text(&row, "COMPLETE");
        row_time(&row, database->instance, database->created_utc_ms);
        row_send(&row, sink);
    }
    return true;
}

static struct catalog_view views[] = {
    {.schema = "sys", .name = "databases", .columns = databases_columns, .fill = fill_databases},
    {.schema = "sys", .name = "master_files", .columns = files_columns, .fill = fill_master_files},
    {.schema = "sys",
     .name = "database_files",
     .columns = database_files_columns,
     .fill = fill_database_files},
    {.schema = "sys",
     .name = "database_recovery_status",
     .columns = recovery_columns,
     .fill = fill_recovery},
    {.schema = "sys",
     .name = "database_mirroring",
     .columns = mirroring_columns,
     .fill = fill_mirroring},
    {.schema = "sys",
     .name = "dm_database_encryption_keys",
     .columns = encryption_columns,
     .fill = fill_encryption},
};

struct catalog_part catalog_databases(void)
{
    return (struct catalog_part){views, sizeof views / sizeof *views};
}
