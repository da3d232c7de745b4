#include "core/decode.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/base/text.h"

int64_t decode_local_ms(int64_t local_ms, int utc_offset_min)
{
    return local_ms == TIME_UNKNOWN ? TIME_UNKNOWN : local_ms - (int64_t)utc_offset_min * 60000;
}

static int64_t local_time(const struct tds_row *row, const char *column, int utc_offset_min)
{
    return decode_local_ms(tds_time_ms(row, column), utc_offset_min);
}

static char *take_text(const struct tds_row *row, const char *column)
{
    return memory_copy_text(tds_text(row, column));
}

/* Text of char(n) columns without its padding. */
static char *take_trimmed(const struct tds_row *row, const char *column)
{
    char *text = take_text(row, column);
    size_t length = text ? strlen(text) : 0;
    while (length && text[length - 1] == ' ')
        text[--length] = '\0';
    return text;
}

static char first_letter(const struct tds_row *row, const char *column)
{
    const char *text = tds_text(row, column);
    return text ? text[0] : '\0';
}

/* --- the server ------------------------------------------------------------------------------- */

static bool is_case_sensitive(const char *collation)
{
    return collation && (strstr(collation, "_CS") || strstr(collation, "_BIN"));
}

void decode_server(struct server_view *view, const struct tds_row *row)
{
    free(view->server_name);
    free(view->version);
    free(view->edition);
    free(view->collation);
    free(view->machine);
    free(view->node);
    free(view->data_path);
    free(view->log_path);
    view->server_name = take_text(row, "server_name");
    view->version = take_text(row, "version");
    view->edition = take_text(row, "edition");
    view->collation = take_text(row, "collation");
    view->machine = take_text(row, "machine");
    view->node = take_text(row, "node");
    view->data_path = take_text(row, "data_path");
    view->log_path = take_text(row, "log_path");
    view->version_major = view->version ? atoi(view->version) : 0;
    view->case_sensitive = is_case_sensitive(view->collation);
    view->clustered = tds_bit(row, "is_clustered") == 1;
    view->server_utc_ms = tds_time_ms(row, "utc_now");
    int64_t local_ms = tds_time_ms(row, "local_now");
    if (view->server_utc_ms == TIME_UNKNOWN || local_ms == TIME_UNKNOWN)
        return;
    /* Both are read at nearly one instant; offsets are multiples of 15 minutes. */
    const int64_t quarter_ms = 15 * 60000;
    int64_t difference_ms = local_ms - view->server_utc_ms;
    int64_t half_ms = difference_ms < 0 ? -quarter_ms / 2 : quarter_ms / 2;
    view->utc_offset_min = (int)((difference_ms + half_ms) / quarter_ms) * 15;
}

void decode_surrounding(struct surrounding_row *out, const struct tds_row *row, int utc_offset_min)
{
    *out = (struct surrounding_row){
        .name = take_text(row, "name"),
        .detail = take_text(row, "detail"),
        .database = take_text(row, "database_name"),
        .number = tds_integer(row, "number", -1),
        .moment_utc_ms = local_time(row, "moment", utc_offset_min),
        .flag = tds_bit(row, "flag") == 1,
    };
}

void decode_rights(struct server_view *view, const struct tds_row *row)
{
    view->is_sysadmin = tds_bit(row, "is_sysadmin") == 1;
    view->can_view_server_state = tds_bit(row, "view_server_state") == 1;
    view->can_view_any_definition = tds_bit(row, "view_any_definition") == 1;
    view->can_read_headers =
        tds_bit(row, "create_any_database") == 1 || tds_bit(row, "create_database") == 1;
}

/* --- databases and their backups -------------------------------------------------------------- */

static enum recovery_model recovery_model(int64_t number)
{
    return number >= MODEL_FULL && number <= MODEL_SIMPLE ? (enum recovery_model)number
                                                          : MODEL_UNKNOWN;
}

void decode_database(struct database_row *out, const struct tds_row *row, int utc_offset_min)
{
    int64_t state = tds_integer(row, "state", STATE_ABSENT);
    *out = (struct database_row){
        .name = take_text(row, "name"),
        .database_id = (int)tds_integer(row, "database_id", 0),
        .state = state >= STATE_ONLINE && state <= STATE_OFFLINE ? (enum database_state)state
                                                                 : STATE_ABSENT,
        .standby = tds_bit(row, "standby") == 1,
        .read_only = tds_bit(row, "read_only") == 1,
        .encrypted = tds_bit(row, "encrypted") == 1,
        .in_availability_group = tds_has(row, "replica"),
        .recovery_model = recovery_model(tds_integer(row, "recovery_model", 0)),
        .created_utc_ms = local_time(row, "created", utc_offset_min),
        .size_bytes = SIZE_UNKNOWN,
        .collation = take_text(row, "collation"),
        .has_mark_log = -1,
        .has_marking_objects = -1,
        .sessions = -1,
    };
}

bool decode_history(struct history_row *out, const struct tds_row *row)
{
    const char *kind = tds_text(row, "BackupType");
    *out = (struct history_row){
        .backup_id = tds_integer(row, "BackupId", 0),
        .set_id = tds_integer(row, "BackupSetId", 0),
        .kind = kind && (kind[0] == 'd' || kind[0] == 'D') ? SET_FULL : SET_LOG,
        .complete = tds_bit(row, "SetComplete") == 1,
        .mark = take_trimmed(row, "MarkName"),
        .database = take_text(row, "DatabaseName"),
        .server = take_text(row, "ServerName"),
        .file_name = take_text(row, "BackupFileName"),
        .location = take_text(row, "BackupFileLocation"),
        .stamp_ms = tds_time_ms(row, "BackupDateTime"),
        .restored = tds_bit(row, "Restored") == 1,
        .restored_stamp_ms = tds_time_ms(row, "RestoredDateTime"),
    };
    return out->set_id > 0 && out->database;
}

void decode_backup(struct msdb_backup *out, const struct tds_row *row, int utc_offset_min)
{
    *out = (struct msdb_backup){
        .backup_set_id = tds_integer(row, "backup_set_id", 0),
        .database = take_text(row, "database_name"),
        .path = take_text(row, "path"),
        .type = first_letter(row, "type"),
        .copy_only = tds_bit(row, "copy_only") == 1,
        .damaged = tds_bit(row, "damaged") == 1,
        .bulk_logged = tds_bit(row, "bulk_logged") == 1,
        .has_checksums = tds_bit(row, "has_checksums") == 1,
        .first_lsn = tds_lsn(row, "first_lsn"),
        .last_lsn = tds_lsn(row, "last_lsn"),
        .checkpoint_lsn = tds_lsn(row, "checkpoint_lsn"),
        .database_backup_lsn = tds_lsn(row, "database_backup_lsn"),
        .fork_point_lsn = tds_lsn(row, "fork_point_lsn"),
        .start_utc_ms = local_time(row, "started", utc_offset_min),
        .finish_utc_ms = local_time(row, "finished", utc_offset_min),
        .size_bytes = tds_integer(row, "size", SIZE_UNKNOWN),
        .compressed_size_bytes = tds_integer(row, "compressed_size", SIZE_UNKNOWN),
        .user_name = take_text(row, "user_name"),
        .software = take_text(row, "software"),
    };
    lsn_settle_range(&out->first_lsn, &out->last_lsn);
    tds_guid(row, "family", out->family_guid);
    tds_guid(row, "first_fork", out->first_fork_guid);
    tds_guid(row, "last_fork", out->last_fork_guid);
    tds_guid(row, "set_guid", out->set_guid);
}

void decode_mark(struct mark_row *out, const struct tds_row *row, int utc_offset_min)
{
    *out = (struct mark_row){
        .database = take_text(row, "database_name"),
        .mark = take_text(row, "mark_name"),
        .lsn = tds_lsn(row, "lsn"),
        .time_utc_ms = local_time(row, "mark_time", utc_offset_min),
    };
}

void decode_restore(struct restore_row *out, const struct tds_row *row, int utc_offset_min)
{
    *out = (struct restore_row){
        .restore_history_id = tds_integer(row, "restore_history_id", 0),
        .database = take_text(row, "database_name"),
        .type = first_letter(row, "type"),
        .finished_utc_ms = local_time(row, "finished", utc_offset_min),
        .stop_at_mark = take_text(row, "stop_at_mark"),
        .first_lsn = tds_lsn(row, "first_lsn"),
        .last_lsn = tds_lsn(row, "last_lsn"),
        .size_bytes = tds_integer(row, "size", SIZE_UNKNOWN),
        .path = take_text(row, "path"),
    };
    lsn_settle_range(&out->first_lsn, &out->last_lsn);
    tds_guid(row, "set_guid", out->set_guid);
}

/* --- what the destination's tables say -------------------------------------------------------- */

static const char *first_of(const struct tds_row *row, const char *const *columns)
{
    for (; *columns; columns++)
        if (tds_has(row, *columns))
            return tds_text(row, *columns);
    return NULL;
}

bool decode_shipping(struct shipping_row *out, const struct tds_row *row)
{
    static const char *const servers[] = {"ServerName", "SourceServerName", "SourceServer", NULL};
    static const char *const databases[] = {"DatabaseName", "DBName", NULL};
    *out = (struct shipping_row){
        .server = memory_copy_text(first_of(row, servers)),
        .database = memory_copy_text(first_of(row, databases)),
        .full_location = take_text(row, "DBFileLocation"),
        .log_location = take_text(row, "LogFileLocation"),
    };
    return out->database != NULL;
}

int64_t decode_last_restore_set(const struct tds_row *row)
{
    static const char *const columns[] = {"BackupSetId",    "LastRestoredSetId", "LastRestoreSetId",
                                          "LastRestoreSet", "LastBackupSetId",   "SetId"};
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
        if (tds_has(row, columns[i]))
            return tds_integer(row, columns[i], -1);
    return -1;
}
