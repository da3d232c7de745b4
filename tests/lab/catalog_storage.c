/* What is stored where: rows of tables, features that bind a database to an edition, disks. */
#include <stdio.h>
#include <string.h>

#include "tests/lab/catalog.h"
#include "tests/lab/model.h"

enum { FIRST_WITH_TDE_EVERYWHERE = 15 };

static const char partitions_columns[] =
    "partition_id bigint not null, object_id int not null, index_id int not null,"
    "partition_number int not null, hobt_id bigint not null, rows bigint,"
    "filestream_filegroup_id smallint not null, data_compression tinyint not null,"
    "data_compression_desc nvarchar(60)";

struct counting {
    struct session *session;
    struct database *database;
    struct row_sink *sink;
    int64_t rows;
};

static void count_row(void *context, const struct sql_value *values, size_t count)
{
    struct counting *counting = context;
    (void)values;
    (void)count;
    counting->rows++;
}

static void send_partition(void *context, const struct engine_table *table)
{
    struct counting *counting = context;
    struct row row = {0};
    if (table->is_view ||
        !session_sees(counting->session, counting->database, table->schema, table->name)) {
        return;
    }
    counting->rows = 0;
    engine_scan(counting->database->instance->engine, counting->database, table->schema,
                table->name, NULL, NULL, count_row, counting);
    row_int(&row, INT64_C(72057594037927936) + table->object_id);
    row_int(&row, table->object_id);
    row_int(&row, table->key > 0);
    row_int(&row, 1);
    row_int(&row, INT64_C(72057594037927936) + table->object_id);
    row_int(&row, counting->rows);
    row_int(&row, 0);
    row_int(&row, 0);
    row_text(&row, "NONE");
    row_send(&row, counting->sink);
}

static bool fill_partitions(struct session *session, struct database *database,
                            struct row_sink *sink)
{
    struct counting counting = {.session = session, .database = database, .sink = sink};
    engine_each_table(database->instance->engine, database, send_partition, &counting);
    return true;
}

static bool fill_features(struct session *session, struct database *database, struct row_sink *sink)
{
    if (!catalog_needs_server_state(session)) {
        return false;
    }
    if (database->encrypted && database->instance->major_version < FIRST_WITH_TDE_EVERYWHERE) {
        struct row row = {0};
        row_text(&row, "TransparentDataEncryption");
        row_int(&row, 500);
        row_send(&row, sink);
    }
    return true;
}

static void send_drive(struct row_sink *sink, const struct instance *instance, char letter)
{
    char path[4];
    struct row row = {0};
    snprintf(path, sizeof path, "%c:\\", letter);
    row_text(&row, path);
    row_int(&row, 3);
    row_text(&row, "DRIVE_FIXED");
    row_int(&row, instance->disk_free_bytes);
    row_send(&row, sink);
}

static bool fill_drives(struct session *session, struct database *database, struct row_sink *sink)
{
    (void)database;
    const struct instance *instance = session->instance;
    if (!catalog_needs_server_state(session)) {
        return false;
    }
    char data = instance->data_path[0], log = instance->log_path[0];
    if (data != 'C') {
        send_drive(sink, instance, 'C');
    }
    send_drive(sink, instance, data);
    if (log != data && log != 'C') {
        send_drive(sink, instance, log);
    }
    return true;
}

static struct catalog_view views[] = {
    {.schema = "sys", .name = "partitions", .columns = partitions_columns, .fill = fill_partitions},
    {.schema = "sys",
     .name = "dm_db_persisted_sku_features",
     .columns = "feature_name nvarchar(256) not null, feature_id int not null",
     .fill = fill_features},
    {.schema = "sys",
     .name = "dm_os_enumerate_fixed_drives",
     .columns = "fixed_drive_path nvarchar(512), drive_type int, drive_type_desc nvarchar(512),"
                "free_space_in_bytes bigint",
     .fill = fill_drives},
};

struct catalog_part catalog_storage(void)
{
    return (struct catalog_part){views, sizeof views / sizeof *views};
}
