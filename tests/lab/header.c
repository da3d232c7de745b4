#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lab/msdb.h"
#include "tests/lab/restore.h"

/* Columns and wire types of SQL Server 2022; older servers have the first 52, 53 or 56.
 * Source: domain facts, RESTORE HEADERONLY. */
static const char header_columns[] =
    "BackupName nvarchar(128), BackupDescription nvarchar(255), BackupType tinyint,"
    "ExpirationDate datetime, Compressed tinyint, Position smallint, DeviceType tinyint,"
    "UserName nvarchar(128), ServerName nvarchar(128), DatabaseName nvarchar(128),"
    "DatabaseVersion int, DatabaseCreationDate datetime, BackupSize bigint,"
    "FirstLSN numeric(25,0), LastLSN numeric(25,0), CheckpointLSN numeric(25,0),"
    "DatabaseBackupLSN numeric(25,0), BackupStartDate datetime, BackupFinishDate datetime,"
    "SortOrder smallint, CodePage smallint, UnicodeLocaleId int, UnicodeComparisonStyle int,"
    "CompatibilityLevel tinyint, SoftwareVendorId int, SoftwareVersionMajor int,"
    "SoftwareVersionMinor int, SoftwareVersionBuild int, MachineName nvarchar(128), Flags int,"
    "BindingID uniqueidentifier, RecoveryForkID uniqueidentifier, Collation nvarchar(128),"
    "FamilyGUID uniqueidentifier, HasBulkLoggedData bit, IsSnapshot bit, IsReadOnly bit,"
    "IsSingleUser bit, HasBackupChecksums bit, IsDamaged bit, BeginsLogChain bit,"
    "HasIncompleteMetaData bit, IsForceOffline bit, IsCopyOnly bit,"
    "FirstRecoveryForkID uniqueidentifier, ForkPointLSN numeric(25,0), RecoveryModel nvarchar(60),"
    "DifferentialBaseLSN numeric(25,0), DifferentialBaseGUID uniqueidentifier,"
    "BackupTypeDescription nvarchar(128), BackupSetGUID uniqueidentifier,"
    "CompressedBackupSize bigint, Containment tinyint, KeyAlgorithm nvarchar(32),"
    "EncryptorThumbprint varbinary(20), EncryptorType nvarchar(32), LastValidRestoreTime datetime,"
    "TimeZone smallint, CompressionAlgorithm nvarchar(32)";

static const char filelist_columns[] =
    "LogicalName nvarchar(128), PhysicalName nvarchar(260), Type nchar(1),"
    "FileGroupName nvarchar(128), Size bigint, MaxSize bigint, FileId bigint,"
    "CreateLSN numeric(25,0), DropLSN numeric(25,0), UniqueId uniqueidentifier,"
    "ReadOnlyLSN numeric(25,0), ReadWriteLSN numeric(25,0), BackupSizeInBytes bigint,"
    "SourceBlockSize int, FileGroupId int, LogGroupGUID uniqueidentifier,"
    "DifferentialBaseLSN numeric(25,0), DifferentialBaseGUID uniqueidentifier, IsReadOnly bit,"
    "IsPresent bit, TDEThumbprint varbinary(20), SnapshotUrl nvarchar(336)";

static const char label_columns[] =
    "MediaName nvarchar(128), MediaSetId uniqueidentifier, FamilyCount int,"
    "FamilySequenceNumber int, MediaFamilyId uniqueidentifier, MediaSequenceNumber int,"
    "MediaLabelPresent tinyint, MediaDescription nvarchar(255), SoftwareName nvarchar(128),"
    "SoftwareVendorId int, MediaDate datetime, Mirror_Count int, IsCompressed bit";

static size_t header_columns_of(const struct instance *instance, size_t all)
{
    return instance->major_version >= 16   ? all
           : instance->major_version >= 12 ? 56
           : instance->major_version == 11 ? 53
                                           : 52;
}

/* Sends one result set: COLMETADATA and each row by send_row, then the two DONEs. */
static void finish_rows(struct restore_run *run, uint64_t rows)
{
    reply_done(run->reply, REPLY_BATCH, DONE_MORE | DONE_COUNT, COMMAND_RESTORE_ROWS, rows);
    reply_done(run->reply, REPLY_BATCH, DONE_FINAL, run->command, 0);
}

static void row_file_time(struct row *row, const struct backup_file *file, int64_t utc_ms)
{
    row_add(row, sql_time_utc_ms(utc_ms, file->utc_offset_min));
}

static void add_head(struct row *row, const struct backup_file *file)
{
    bool log = file->type == 'L';
    row_text(row, file->name[0] != '\0' ? file->name : NULL);
    row_text(row, file->description[0] != '\0' ? file->description : NULL);
    row_int(row, log ? 2 : file->type == 'I' ? 5 : 1);
    row_null(row);
    row_int(row, !file->uncompressed);
    row_int(row, file->position);
    row_int(row, strncmp(file->path, "https:", 6) == 0 ? 9 : 2);
    row_text(row, file->user_name);
    row_text(row, file->server_name);
    row_text(row, file->database_name);
    row_int(row, file->database_version);
    row_file_time(row, file, file->database_created_utc_ms);
    row_int(row, file->size_bytes);
    row_lsn(row, file->first_lsn);
    row_lsn(row, file->last_lsn);
    row_lsn(row, file->checkpoint_lsn);
    row_lsn(row, file->database_backup_lsn);
    row_file_time(row, file, file->start_utc_ms);
    row_file_time(row, file, file->finish_utc_ms);
    static const int fixed[] = {52, 0, 1033, 196609};
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++) {
        row_int(row, fixed[i]);
    }
    row_int(row, file->major_version * 10);
    row_int(row, 4608);
    row_int(row, file->major_version);
    row_int(row, 0);
    row_int(row, file->build);
    row_text(row, file->server_name);
    row_int(row, backup_file_describe(file).flags);
}

static void add_tail(struct row *row, const struct backup_file *file)
{
    bool log = file->type == 'L';
    const struct timeline *timeline = file->timeline;
    struct set_description set = backup_file_describe(file);
    row_guid(row, file->database_guid);
    row_guid(row, timeline->fork_guid);
    row_text(row, "SQL_Latin1_General_CP1_CI_AS");
    row_guid(row, timeline->family_guid);
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
    row_lsn_or_null(row, set.fork_point_lsn);
    row_text(row, set.recovery_model);
    row_lsn_or_null(row, set.base_lsn);
    row_guid_or_null(row, set.base_lsn == 0 ? NULL : file->base_set_guid);
    row_text(row, log                 ? "Transaction Log"
                  : file->type == 'I' ? "Database Differential"
                                      : "Database");
    row_guid(row, file->set_guid);
    row_int(row, file->compressed_size_bytes);
    row_int(row, 0);
    row_nulls(row, 3);
    if (set.last_valid_utc_ms != INT64_MIN) {
        row_file_time(row, file, set.last_valid_utc_ms);
    } else {
        row_null(row);
    }
    row_int(row, file->utc_offset_min / 15);
    row_text(row, set.compression);
}

/* All sets of the file, or the one at FILE = n. */
bool restore_headeronly(struct restore_run *run)
{
    size_t count;
    uint64_t rows = 0;
    struct sql_column *columns = columns_parse(header_columns, &count, NULL);
    bool one = run->statement->file_position != 0;
    reply_columns(run->reply, columns, header_columns_of(run->instance, count));
    for (const struct backup_file *file = run->file; file != NULL; rows++) {
        struct row row = {0};
        add_head(&row, file);
        add_tail(&row, file);
        reply_row(run->reply, row.values);
        row_free(&row);
        file = one ? NULL
                   : lab_file_at(run->instance->lab, run->instance, file->path, file->position + 1);
    }
    free(columns);
    finish_rows(run, rows);
    return true;
}

static void add_file(struct row *row, const struct backup_file *backup, size_t index)
{
    static const uint8_t no_guid[16];
    const struct database_file *file = &backup->files[index];
    row_text(row, file->logical_name);
    row_text(row, file->physical_name);
    row_text(row, file->is_log ? "L" : "D");
    row_text(row, file->is_log ? NULL : "PRIMARY");
    row_int(row, file->size_bytes);
    row_int(row, file->is_log ? INT64_C(2199023255552) : INT64_C(35184372080640));
    row_int(row, file->id);
    row_lsn(row, file->is_log ? 0 : file->create_lsn);
    row_lsn(row, file->drop_lsn);
    uint8_t unique[16];
    memcpy(unique, backup->timeline->family_guid, sizeof unique);
    unique[0] = (uint8_t)(unique[0] + index);
    row_guid(row, unique);
    row_lsn(row, 0);
    row_lsn(row, 0);
    row_int(row, file->is_log == (backup->type == 'L') ? backup->size_bytes : 0);
    row_int(row, 512);
    row_int(row, file->is_log ? 0 : 1);
    row_null(row);
    row_lsn(row, 0);
    row_guid(row, no_guid);
    row_int(row, 0);
    row_int(row, 1);
    row_add(row, backup->encrypted
                     ? sql_bytes(backup->tde_thumbprint, sizeof backup->tde_thumbprint)
                     : sql_null());
    row_null(row);
}

bool restore_filelistonly(struct restore_run *run)
{
    size_t count;
    struct sql_column *columns = columns_parse(filelist_columns, &count, NULL);
    /* SnapshotUrl, the last, is there since 2016 */
    reply_columns(run->reply, columns, run->instance->major_version >= 13 ? count : count - 1);
    for (size_t i = 0; i < run->file->files_count; i++) {
        struct row row = {0};
        add_file(&row, run->file, i);
        reply_row(run->reply, row.values);
        row_free(&row);
    }
    free(columns);
    finish_rows(run, run->file->files_count);
    return true;
}

bool restore_labelonly(struct restore_run *run)
{
    size_t count;
    struct sql_column *columns = columns_parse(label_columns, &count, NULL);
    struct row row = {0};
    row_null(&row);
    row_guid(&row, run->file->media_guid);
    row_int(&row, run->file->state == FILE_STRIPED ? 2 : 1);
    row_int(&row, 1);
    row_guid(&row, run->file->set_guid);
    row_int(&row, 1);
    row_int(&row, 0);
    row_null(&row);
    row_text(&row, "Microsoft SQL Server");
    row_int(&row, 4608);
    row_file_time(&row, run->file, run->file->start_utc_ms);
    row_int(&row, 1);
    row_int(&row, 1);
    reply_columns(run->reply, columns, count);
    reply_row(run->reply, row.values);
    row_free(&row);
    free(columns);
    finish_rows(run, 1);
    return true;
}

bool restore_verifyonly(struct restore_run *run)
{
    char position[12];
    if (!restore_check_set(run)) {
        return false;
    }
    strcpy(run->session->command, "RESTORE VERIFYONLY");
    if (!restore_take_time(run, run->file->size_bytes / 4)) {
        return false;
    }
    snprintf(position, sizeof position, "%d", run->file->position);
    if (run->statement->load_history) {
        msdb_write_restore(run->instance,
                           &(struct msdb_restore){
                               .file = run->file,
                               .database_name = run->file->database_name,
                               .user_name = run->session->login == NULL
                                                ? "sa"
                                                : run->session->login->name,
                               .verified = true,
                               .finished_utc_ms = lab_now_utc_ms(run->instance->lab),
                               .stop_at_utc_ms = INT64_MIN,
                           });
    }
    restore_say(run, 3262, RESTORE_TEXTS(position));
    return true;
}
