#include "tests/lab/msdb.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "tests/lab/model.h"

static const char backupset_columns[] =
    "backup_set_id int identity not null, backup_set_uuid uniqueidentifier not null,"
    "media_set_id int not null, first_family_number tinyint, first_media_number smallint,"
    "last_family_number tinyint, last_media_number smallint, catalog_family_number tinyint,"
    "catalog_media_number smallint, position int, expiration_date datetime,"
    "software_vendor_id int, name nvarchar(128), description nvarchar(255),"
    "user_name nvarchar(128), software_major_version tinyint, software_minor_version tinyint,"
    "software_build_version smallint, time_zone smallint, mtf_minor_version tinyint,"
    "first_lsn numeric(25,0), last_lsn numeric(25,0), checkpoint_lsn numeric(25,0),"
    "database_backup_lsn numeric(25,0), database_creation_date datetime,"
    "backup_start_date datetime, backup_finish_date datetime, type char(1), sort_order smallint,"
    "code_page smallint, compatibility_level tinyint, database_version int,"
    "backup_size numeric(20,0), database_name nvarchar(128), server_name nvarchar(128),"
    "machine_name nvarchar(128), flags int, unicode_locale int, unicode_compare_style int,"
    "collation_name nvarchar(128), is_password_protected bit, recovery_model nvarchar(60),"
    "has_bulk_logged_data bit, is_snapshot bit, is_readonly bit, is_single_user bit,"
    "has_backup_checksums bit, is_damaged bit, begins_log_chain bit,"
    "has_incomplete_metadata bit, is_force_offline bit, is_copy_only bit,"
    "first_recovery_fork_guid uniqueidentifier, last_recovery_fork_guid uniqueidentifier,"
    "fork_point_lsn numeric(25,0), database_guid uniqueidentifier, family_guid uniqueidentifier,"
    "differential_base_lsn numeric(25,0), differential_base_guid uniqueidentifier,"
    "compressed_backup_size numeric(20,0), key_algorithm nvarchar(32),"
    "encryptor_thumbprint varbinary(20), encryptor_type nvarchar(32),"
    "last_valid_restore_time datetime, compression_algorithm nvarchar(32)";

static const char mediafamily_columns[] =
    "media_set_id int not null, family_sequence_number tinyint not null,"
    "media_family_id uniqueidentifier, media_count int, logical_device_name nvarchar(128),"
    "physical_device_name nvarchar(260), device_type tinyint, physical_block_size int,"
    "mirror tinyint not null";

static const char mediaset_columns[] =
    "media_set_id int identity not null, media_uuid uniqueidentifier, media_family_count tinyint,"
    "name nvarchar(128), description nvarchar(255), software_name nvarchar(128),"
    "software_vendor_id int, MTF_major_version tinyint, mirror_count tinyint,"
    "is_password_protected bit, is_compressed bit, is_encrypted bit";

static const char restorehistory_columns[] =
    "restore_history_id int identity not null, restore_date datetime,"
    "destination_database_name nvarchar(128), user_name nvarchar(128),"
    "backup_set_id int not null, restore_type char(1), replace bit, recovery bit, restart bit,"
    "stop_at datetime, device_count tinyint, stop_at_mark_name nvarchar(128), stop_before bit";

static const char restorefile_columns[] =
    "restore_history_id int not null, file_number numeric(10,0),"
    "destination_phys_drive nvarchar(260), destination_phys_name nvarchar(260)";

static const char logmark_columns[] =
    "database_name nvarchar(128) not null, mark_name nvarchar(128) not null,"
    "description nvarchar(255), user_name nvarchar(128) not null, lsn numeric(25,0) not null,"
    "mark_time datetime not null";

struct empty_table {
    const char *name, *columns;
};

/* SQL Server's own log shipping and what else a server has though nothing may be in it. */
static const struct empty_table log_shipping_tables[] = {
    {"log_shipping_primary_databases",
     "primary_id uniqueidentifier not null, primary_database sysname, "
     "backup_directory nvarchar(500) not null, backup_share nvarchar(500) not null,"
     "backup_retention_period int not null, backup_job_id uniqueidentifier not null,"
     "monitor_server sysname, monitor_server_security_mode bit, last_backup_file nvarchar(500),"
     "last_backup_date datetime, user_specified_monitor bit, backup_compression tinyint"},
    {"log_shipping_secondary",
     "secondary_id uniqueidentifier not null, primary_server sysname, primary_database sysname,"
     "backup_source_directory nvarchar(500), backup_destination_directory nvarchar(500),"
     "file_retention_period int, copy_job_id uniqueidentifier, restore_job_id uniqueidentifier,"
     "monitor_server sysname, monitor_server_security_mode bit, last_copied_file nvarchar(500),"
     "last_copied_date datetime"},
    {"log_shipping_secondary_databases",
     "secondary_database sysname, secondary_id uniqueidentifier not null, restore_delay int,"
     "restore_all bit, restore_mode bit, disconnect_users bit, block_size int, buffer_count int,"
     "max_transfer_size int, last_restored_file nvarchar(500), last_restored_date datetime"},
    {"log_shipping_monitor_primary",
     "primary_id uniqueidentifier not null, primary_server sysname, primary_database sysname,"
     "backup_threshold int, threshold_alert int, threshold_alert_enabled bit,"
     "last_backup_file nvarchar(500), last_backup_date datetime, last_backup_date_utc datetime,"
     "history_retention_period int"},
    {"log_shipping_monitor_secondary",
     "secondary_server sysname, secondary_database sysname, secondary_id uniqueidentifier,"
     "primary_server sysname, primary_database sysname, restore_threshold int,"
     "threshold_alert int, threshold_alert_enabled bit, last_copied_file nvarchar(500),"
     "last_copied_date datetime, last_copied_date_utc datetime, last_restored_file nvarchar(500),"
     "last_restored_date datetime, last_restored_date_utc datetime, last_restored_latency int,"
     "history_retention_period int"},
    {"log_shipping_primary_secondaries",
     "primary_id uniqueidentifier not null, secondary_server sysname,"
     "secondary_database sysname"},
    {"log_shipping_monitor_alert", "alert_job_id uniqueidentifier not null"},
    {"log_shipping_monitor_error_detail",
     "agent_id uniqueidentifier not null, agent_type tinyint not null, session_id int not null,"
     "database_name nvarchar(128), sequence_number int not null, log_time datetime not null,"
     "log_time_utc datetime not null, message nvarchar(4000) not null,"
     "source nvarchar(4000) not null, help_url nvarchar(4000)"},
    {"log_shipping_monitor_history_detail",
     "agent_id uniqueidentifier not null, agent_type tinyint not null, session_id int not null,"
     "database_name nvarchar(128), session_status tinyint not null, log_time datetime not null,"
     "log_time_utc datetime not null, message nvarchar(4000) not null"},
    {"backupfilegroup",
     "backup_set_id int not null, name nvarchar(128) not null, filegroup_id int not null,"
     "filegroup_guid uniqueidentifier, type char(2) not null, type_desc nvarchar(60) not null,"
     "is_default bit not null, is_readonly bit not null, log_filegroup_guid uniqueidentifier"},
    {"restorefilegroup", "restore_history_id int not null, filegroup_name nvarchar(128)"},
    {"suspect_pages",
     "database_id int not null, file_id int not null, page_id bigint not null,"
     "event_type int not null, error_count int not null, last_update_date datetime not null"},
};

void msdb_write_native_shipping(struct database *database)
{
    struct instance *instance = database->instance;
    struct lab *lab = instance->lab;
    uint8_t guids[2][16];
    struct row row = {0};
    lab_random_guid(lab, guids[0]);
    lab_random_guid(lab, guids[1]);
    row_guid(&row, guids[0]);
    row_text(&row, database->name);
    row_text(&row, "D:\\Shipped");
    row_text(&row, "\\\\backup\\shipped");
    row_int(&row, 4320);
    row_guid(&row, guids[1]);
    row_text(&row, instance->name);
    row_int(&row, 1);
    row_nulls(&row, 2);
    row_int(&row, 0);
    row_int(&row, 0);
    row_insert(&row, instance_database(instance, "msdb"), "dbo",
               "log_shipping_primary_databases");
}

void msdb_write_native_secondary(struct database *database, const char *primary_server)
{
    struct instance *instance = database->instance;
    struct database *msdb = instance_database(instance, "msdb");
    uint8_t guids[3][16];
    struct row row = {0};
    for (size_t i = 0; i < 3; i++) {
        lab_random_guid(instance->lab, guids[i]);
    }
    row_guid(&row, guids[0]);
    row_text(&row, primary_server);
    row_text(&row, database->name);
    row_text(&row, "\\\\backup\\shipped");
    row_text(&row, "D:\\Copied");
    row_int(&row, 4320);
    row_guid(&row, guids[1]);
    row_guid(&row, guids[2]);
    row_text(&row, instance->name);
    row_int(&row, 1);
    row_nulls(&row, 2);
    row_insert(&row, msdb, "dbo", "log_shipping_secondary");
    row_text(&row, database->name);
    row_guid(&row, guids[0]);
    row_int(&row, 0);
    row_int(&row, 1);
    row_int(&row, 0);
    row_int(&row, 0);
    row_nulls(&row, 5);
    row_insert(&row, msdb, "dbo", "log_shipping_secondary_databases");
    row_text(&row, instance->name);
    row_text(&row, database->name);
    row_guid(&row, guids[0]);
    row_text(&row, primary_server);
    row_text(&row, database->name);
    row_int(&row, 45);
    row_int(&row, 14421);
    row_int(&row, 1);
    row_nulls(&row, 7);
    row_int(&row, 5760);
    row_insert(&row, msdb, "dbo", "log_shipping_monitor_secondary");
}

void msdb_create_tables(struct database *msdb)
{
    database_create_table(msdb, "dbo", "backupset", backupset_columns, 1);
    database_create_table(msdb, "dbo", "backupmediafamily", mediafamily_columns, 2);
    database_create_table(msdb, "dbo", "backupmediaset", mediaset_columns, 1);
    database_create_table(msdb, "dbo", "restorehistory", restorehistory_columns, 1);
    database_create_table(msdb, "dbo", "restorefile", restorefile_columns, 0);
    database_create_table(msdb, "dbo", "logmarkhistory", logmark_columns, 0);
    for (size_t i = 0; i < sizeof log_shipping_tables / sizeof *log_shipping_tables; i++) {
        database_create_table(msdb, "dbo", log_shipping_tables[i].name,
                              log_shipping_tables[i].columns, 0);
    }
}

static void row_file_time(struct row *row, const struct backup_file *file, int64_t utc_ms)
{
    row_add(row, sql_time_utc_ms(utc_ms, file->utc_offset_min));
}

static void row_digits(struct row *row, int64_t value)
{
    char *text = memory_format("%lld", (long long)value);
    row_text(row, text);
    free(text);
}

static void add_identity_columns(struct row *row, const struct backup_file *file, int media_set_id)
{
    row_null(row); /* backup_set_id is assigned */
    row_guid(row, file->set_guid);
    row_int(row, media_set_id);
    for (int i = 0; i < 6; i++) {
        row_int(row, 1);
    }
    row_int(row, file->position);
    row_null(row); /* expiration_date */
    row_int(row, 4608);
    row_text(row, file->name[0] != '\0' ? file->name : NULL);
    row_text(row, file->description[0] != '\0' ? file->description : NULL);
    row_text(row, file->user_name);
    row_int(row, file->major_version);
    row_int(row, 0);
    row_int(row, file->build);
    row_int(row, file->utc_offset_min / 15);
    row_int(row, 0);
}

static void add_content_columns(struct row *row, const struct backup_file *file)
{
    const char type[] = {file->type, '\0'};
    row_lsn(row, file->first_lsn);
    row_lsn(row, file->last_lsn);
    row_lsn(row, file->checkpoint_lsn);
    row_lsn(row, file->database_backup_lsn);
    row_file_time(row, file, file->database_created_utc_ms);
    row_file_time(row, file, file->start_utc_ms);
    row_file_time(row, file, file->finish_utc_ms);
    row_text(row, type);
    row_int(row, 52);
    row_int(row, 0);
    row_int(row, file->major_version * 10);
    row_int(row, file->database_version);
    row_digits(row, file->size_bytes);
    row_text(row, file->database_name);
    row_text(row, file->server_name);
    row_text(row, file->server_name);
}

static void add_flag_columns(struct row *row, const struct backup_file *file)
{
    struct set_description set = backup_file_describe(file);
    row_int(row, set.flags);
    row_int(row, 1033);
    row_int(row, 196609);
    row_text(row, "SQL_Latin1_General_CP1_CI_AS");
    row_int(row, 0);
    row_text(row, set.recovery_model);
    row_int(row, file->bulk_logged);
    row_int(row, 0);
    row_int(row, 0);
    row_int(row, file->user_access == 1);
    row_int(row, file->has_checksums);
    row_int(row, file->damaged);
    row_int(row, file->begins_log_chain);
    row_int(row, 0);
    row_int(row, 0);
    row_int(row, file->copy_only);
    row_guid(row, set.first_fork_guid);
    row_guid(row, file->timeline->fork_guid);
    row_lsn_or_null(row, set.fork_point_lsn);
    row_guid(row, file->database_guid);
    row_guid(row, file->timeline->family_guid);
    row_lsn_or_null(row, set.base_lsn);
    row_guid_or_null(row, set.base_lsn == 0 ? NULL : file->base_set_guid);
    row_digits(row, file->compressed_size_bytes);
    row_nulls(row, 3);
    if (set.last_valid_utc_ms != INT64_MIN) {
        row_file_time(row, file, set.last_valid_utc_ms);
    } else {
        row_null(row);
    }
    row_text(row, set.compression);
}

static void write_media(struct database *msdb, const struct backup_file *file, int media_set_id)
{
    struct row row = {0};
    row_null(&row);
    row_guid(&row, file->media_guid);
    row_int(&row, 1);
    row_nulls(&row, 2);
    row_text(&row, "Microsoft SQL Server");
    row_int(&row, 4608);
    row_int(&row, 1);
    row_int(&row, 1);
    row_int(&row, 0);
    row_int(&row, !file->uncompressed);
    row_int(&row, 0);
    row_insert(&row, msdb, "dbo", "backupmediaset");
    row_int(&row, media_set_id);
    row_int(&row, 1);
    row_guid(&row, file->media_guid);
    row_int(&row, 1);
    row_null(&row);
    row_text(&row, file->path);
    row_int(&row, strncmp(file->path, "https:", 6) == 0 ? 9 : 2);
    row_int(&row, 512);
    row_int(&row, 0);
    row_insert(&row, msdb, "dbo", "backupmediafamily");
}

/* Where the set's id in this instance's msdb is kept; 0 = not there. */
static int *known_set(struct instance *instance, const struct backup_file *file)
{
    if (file->index >= instance->known_set_ids_count) {
        size_t count = instance->lab->files_count + 256;
        int *ids = realloc(instance->known_set_ids, count * sizeof *ids);
        if (ids == NULL) {
            abort();
        }
        memset(ids + instance->known_set_ids_count, 0,
               (count - instance->known_set_ids_count) * sizeof *ids);
        instance->known_set_ids = ids;
        instance->known_set_ids_count = count;
    }
    return &instance->known_set_ids[file->index];
}

int msdb_write_backup(struct instance *instance, const struct backup_file *file)
{
    struct database *msdb = instance_database(instance, "msdb");
    int media_set_id = instance->next_media_set_id++;
    write_media(msdb, file, media_set_id);
    struct row row = {0};
    add_identity_columns(&row, file, media_set_id);
    add_content_columns(&row, file);
    add_flag_columns(&row, file);
    row_insert(&row, msdb, "dbo", "backupset");
    int backup_set_id = instance->next_backup_set_id++;
    *known_set(instance, file) = backup_set_id;
    return backup_set_id;
}

void msdb_write_restore(struct instance *instance, const struct msdb_restore *restore)
{
    struct database *msdb = instance_database(instance, "msdb");
    int backup_set_id = *known_set(instance, restore->file);
    if (backup_set_id == 0) {
        backup_set_id = msdb_write_backup(instance, restore->file);
    }
    const char type[] = {restore->verified ? 'V' : restore->file->type, '\0'};
    struct row row = {0};
    row_null(&row);
    row_time(&row, instance, restore->finished_utc_ms);
    row_text(&row, restore->database_name);
    row_text(&row, restore->user_name);
    row_int(&row, backup_set_id);
    row_text(&row, type);
    row_int(&row, restore->replace);
    row_int(&row, restore->recovery);
    row_int(&row, restore->restart);
    if (restore->stop_at_utc_ms == INT64_MIN) {
        row_null(&row);
    } else {
        row_time(&row, instance, restore->stop_at_utc_ms);
    }
    row_int(&row, 1);
    row_text(&row, restore->stop_mark_name);
    if (restore->stop_mark_name == NULL) {
        row_null(&row);
    } else {
        row_int(&row, restore->stop_before);
    }
    row_insert(&row, msdb, "dbo", "restorehistory");
    int history_id = ++instance->next_restore_history_id;
    const struct database *database = instance_database(instance, restore->database_name);
    for (size_t i = 0; i < restore->file->files_count && restore->file->type == 'D'; i++) {
        /* where MOVE put it; a history that is made up may be ahead of its database */
        const struct database_file *file =
            database != NULL ? &database->files[i] : &restore->file->files[i];
        /* captured: a path of Linux is on C: */
        const char letter = file->physical_name[0] == '/' ? 'C' : file->physical_name[0];
        const char drive[] = {letter, ':', '\\', '\0'};
        row_int(&row, history_id);
        row_digits(&row, (int64_t)i + 1);
        row_text(&row, drive);
        row_text(&row, file->physical_name);
        row_insert(&row, msdb, "dbo", "restorefile");
    }
}
