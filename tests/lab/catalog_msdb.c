/* Tables of msdb that are not stored: what the files of a backup set were. */
#include <stdio.h>
#include <string.h>

#include "tests/lab/catalog.h"
#include "tests/lab/model.h"

static void row_digits(struct row *row, int64_t value)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%lld", (long long)value);
    row_add(row, sql_text(digits));
}

static void send_file(const struct backup_file *backup, size_t index, int set_id,
                      struct row_sink *sink)
{
    const struct database_file *file = &backup->files[index];
    bool held = file->is_log == (backup->type == 'L');
    static const uint8_t none[16];
    struct row row = {0};
    row_int(&row, set_id);
    row_int(&row, 1);
    row_int(&row, 1);
    row_text(&row, file->is_log ? NULL : "PRIMARY");
    row_int(&row, 8192);
    row_digits(&row, (int64_t)index + 1);
    row_digits(&row, held ? backup->size_bytes / 8192 : 0);
    row_text(&row, file->is_log ? "L" : "D");
    row_digits(&row, 512);
    row_digits(&row, file->size_bytes);
    row_text(&row, file->logical_name);
    char drive[] = {file->physical_name[0], ':', '\\', '\0'};
    row_text(&row, drive);
    row_text(&row, file->physical_name);
    row_int(&row, 0);
    row_text(&row, "ONLINE");
    row_lsn(&row, file->is_log ? 0 : file->create_lsn);
    row_lsn(&row, 0);
    row_guid(&row, none);
    row_lsn(&row, 0);
    row_lsn(&row, 0);
    row_lsn(&row, 0);
    row_guid(&row, none);
    row_digits(&row, held ? backup->size_bytes : 0);
    row_guid(&row, none);
    row_int(&row, 0);
    row_int(&row, 1);
    row_send(&row, sink);
}

static bool fill_backupfile(struct session *session, struct database *database,
                            struct row_sink *sink)
{
    const struct instance *instance = session->instance;
    (void)database;
    if (!catalog_check_select(session, "dbo", "backupfile", "msdb")) {
        return false;
    }
    /* the list of numbers grows ahead of the files */
    for (size_t i = 0; i < instance->known_set_ids_count && i < instance->lab->files_count; i++) {
        const struct backup_file *backup = instance->lab->files[i];
        for (size_t f = 0; instance->known_set_ids[i] != 0 && f < backup->files_count; f++) {
            send_file(backup, f, instance->known_set_ids[i], sink);
        }
    }
    return true;
}

static struct catalog_view views[] = {
    {.schema = "dbo",
     .name = "backupfile",
     .database = "msdb",
     .columns =
         "backup_set_id int not null, first_family_number tinyint, first_media_number smallint,"
         "filegroup_name nvarchar(128), page_size int, file_number numeric(10,0) not null,"
         "backed_up_page_count numeric(10,0), file_type char(1),"
         "source_file_block_size numeric(10,0), file_size numeric(20,0),"
         "logical_name nvarchar(128), physical_drive nvarchar(260), physical_name nvarchar(260),"
         "state tinyint, state_desc nvarchar(64), create_lsn numeric(25,0),"
         "drop_lsn numeric(25,0), file_guid uniqueidentifier, read_only_lsn numeric(25,0),"
         "read_write_lsn numeric(25,0), differential_base_lsn numeric(25,0),"
         "differential_base_guid uniqueidentifier, backup_size numeric(20,0),"
         "filegroup_guid uniqueidentifier, is_readonly bit, is_present bit",
     .fill = fill_backupfile},
};

struct catalog_part catalog_msdb(void)
{
    return (struct catalog_part){views, sizeof views / sizeof *views};
}
