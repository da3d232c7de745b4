#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "tests/lab/admin.h"
#include "tests/lab/model.h"
#include "tests/lab/msdb.h"
#include "tests/lab/reply.h"

enum { COMMAND_BACKUP_DATABASE = 228, COMMAND_BACKUP_LOG = 235, PAGE_BYTES = 8192 };

/* The internal version of SQL Server 2012 to 2022's databases. */
static int database_version(int major_version)
{
    static const int versions[] = {706, 782, 852, 869, 904, 957};
    int index = major_version - 11;
    return index < 0 ? 661 : index > 5 ? 998 : versions[index];
}

/* Does a switch let the database be idle behind the mark that is its newest record? */
static bool idles_at_mark(const struct database *database)
{
    const struct timeline *timeline = database->timeline;
    return database->instance->lab->switches.mark_ends_its_log && timeline->records_count > 0 &&
           timeline->records[timeline->records_count - 1].kind == RECORD_MARK;
}

void database_traffic(struct database *database)
{
    int64_t now = lab_now_utc_ms(database->instance->lab);
    int64_t elapsed_ms = now - database->traffic_until_utc_ms;
    if (database->timeline == NULL || elapsed_ms <= 0) {
        return;
    }
    int64_t bytes =
        idles_at_mark(database) ? 0 : database->log_bytes_per_s * elapsed_ms / 1000;
    if (bytes > 0) {
        bytes = bytes * lab_random_between(database->instance->lab, 70, 130) / 100;
        timeline_grow(database->timeline, bytes);
        database->log_bytes_since_backup += bytes;
    }
    database->traffic_until_utc_ms = now;
}

int64_t database_backup_size(const struct database *database, char type)
{
    int64_t bytes = type == 'L'   ? database->log_bytes_since_backup
                    : type == 'I' ? database->data_bytes / 20
                                  : database->data_bytes;
    return bytes / PAGE_BYTES * PAGE_BYTES + INT64_C(96) * 1024;
}

static void set_full(struct database *database, struct backup_file *file)
{
    const struct log_record *checkpoint =
        timeline_append(database->timeline, RECORD_CHECKPOINT, 96, file->start_utc_ms);
    file->first_lsn = file->checkpoint_lsn = checkpoint->lsn;
    file->database_backup_lsn = database->last_full_checkpoint_lsn;
    timeline_grow(database->timeline, 1024);
    file->last_lsn = database->timeline->next_lsn;
    if (database->last_log_backup_lsn == 0 && !file->copy_only) {
        /* source: the recovery models' pages: the first full or differential backup begins the chain,
         * also after a time in SIMPLE */
        database->last_log_backup_lsn = file->first_lsn;
        database->log_chain_is_new = true;
    }
    if (file->type == 'I') {
        memcpy(file->base_set_guid, database->base_set_guid, sizeof file->base_set_guid);
        return;
    }
    if (!file->copy_only) {
        database->last_full_checkpoint_lsn = file->checkpoint_lsn;
        memcpy(database->base_set_guid, file->set_guid, sizeof file->set_guid);
    }
    database->last_full_last_lsn = file->last_lsn;
}

static void set_log(struct database *database, struct backup_file *file)
{
    /* source: domain facts: empty logs occur, where nothing was written since the last one */
    if (database->timeline->next_lsn != database->last_log_backup_lsn &&
        !idles_at_mark(database)) {
        timeline_grow(database->timeline, 1024);
    }
    /* a past that begins with a log has none before it */
    file->first_lsn = database->last_log_backup_lsn == 0 ? database->timeline->records[0].lsn
                                                         : database->last_log_backup_lsn;
    file->begins_log_chain = database->log_chain_is_new;
    file->last_lsn = database->timeline->next_lsn;
    file->checkpoint_lsn = database->last_full_checkpoint_lsn;
    file->database_backup_lsn = database->last_full_checkpoint_lsn;
    if (!file->copy_only) {
        database->last_log_backup_lsn = file->last_lsn;
        database->log_chain_is_new = false;
        database->log_bytes_since_backup = 0;
        database->tail_backed_up = false;
    }
}

/* What WITH says of the set; a backup without a statement is as the jobs make it. */
static void set_options(struct backup_file *file, const struct database *database,
                        const struct backup_statement *statement)
{
    file->has_checksums = statement == NULL || statement->checksum;
    file->uncompressed =
        statement == NULL ? database->jobs_uncompressed : !statement->compression;
    file->compressed_size_bytes = file->uncompressed ? file->size_bytes : file->size_bytes * 3 / 10;
    if (statement != NULL) {
        text_copy(file->name, sizeof file->name, statement->name);
        text_copy(file->description, sizeof file->description, statement->description);
    }
}

static struct backup_file *take_backup(struct database *database, const char *path, int position,
                                       char type, bool copy_only, int64_t started_utc_ms,
                                       int64_t finished_utc_ms, int64_t size_bytes,
                                       const char *user_name,
                                       const struct backup_statement *statement)
{
    struct instance *instance = database->instance;
    struct backup_file *file = memory_new(sizeof *file);
    text_copy(file->path, sizeof file->path, path);
    file->local_to = path_is_share(path) ? NULL : instance;
    file->type = type;
    file->position = position;
    file->copy_only = copy_only;
    text_copy(file->database_name, sizeof file->database_name, database->name);
    text_copy(file->server_name, sizeof file->server_name, instance->name);
    text_copy(file->user_name, sizeof file->user_name, user_name);
    file->timeline = database->timeline;
    lab_random_guid(instance->lab, file->set_guid);
    lab_random_guid(instance->lab, file->media_guid);
    memcpy(file->database_guid, database->database_guid, sizeof file->database_guid);
    file->database_created_utc_ms = database->created_utc_ms;
    file->start_utc_ms = started_utc_ms + instance->clock_offset_ms;
    file->finish_utc_ms = finished_utc_ms + instance->clock_offset_ms;
    file->utc_offset_min = instance->utc_offset_min;
    file->size_bytes = size_bytes;
    set_options(file, database, statement);
    file->major_version = instance->major_version;
    file->build = instance->build;
    file->database_version = database_version(instance->major_version);
    memcpy(file->files, database->files, sizeof file->files);
    file->files_count = database->files_count;
    file->recovery_model = database->recovery_model;
    file->user_access = database->user_access;
    file->encrypted = database->encrypted;
    memcpy(file->tde_thumbprint, database->tde_thumbprint, sizeof file->tde_thumbprint);
    if (type == 'L') {
        set_log(database, file);
    } else {
        set_full(database, file);
    }
    lab_add_file(instance->lab, file);
    msdb_write_backup(instance, file);
    return file;
}

struct backup_file *database_backup(struct database *database, const char *path, char type,
                                    bool copy_only, int64_t started_utc_ms, int64_t finished_utc_ms,
                                    int64_t size_bytes, const char *user_name)
{
    return take_backup(database, path, 1, type, copy_only, started_utc_ms, finished_utc_ms, size_bytes,
                       user_name, NULL);
}

static bool fail(struct reply *reply, const struct backup_statement *statement)
{
    reply_error(reply, 3013, 16, 1, statement->line, "", "BACKUP %s ended without a result.",
                statement->log ? "LOG" : "DATABASE");
    reply_done(reply, REPLY_BATCH, DONE_ERROR,
               statement->log ? COMMAND_BACKUP_LOG : COMMAND_BACKUP_DATABASE, 0);
    return false;
}

int database_log_refusal(const struct database *database)
{
    return database->recovery_model == 3 ? 4208 : database->last_log_backup_lsn == 0 ? 4214 : 0;
}

void database_set_recovery_model(struct database *database, int model)
{
    if (database->recovery_model != model && (database->recovery_model == 3 || model == 3)) {
        database->last_log_backup_lsn = 0; /* the chain ends with the log that SIMPLE truncates */
    }
    database->recovery_model = model;
}

static bool refuse(struct session *session, const struct backup_statement *statement,
                   const struct database *database, struct reply *reply)
{
    if (session->transaction_depth > 0) {
        reply_error(reply, 3021, 16, 0, statement->line, "",
                    "A backup or restore cannot run inside a transaction.");
    } else if (*statement->device == '\0') {
        reply_error(reply, 3044, 16, 1, statement->line, "",
                    "The name of a device is empty: give the statement another.");
    } else if (database == NULL) {
        reply_error(reply, 911, 16, 11, statement->line, "", "There is no database '%s'.",
                    statement->database);
    } else if (database->state != DATABASE_ONLINE || database->standby) {
        reply_error(reply, database->state == DATABASE_OFFLINE ? 942 : 927, 14, 2, statement->line,
                    "", "Database '%s' cannot be backed up in its present state.", database->name);
    } else if (!session_is_sysadmin(session)) {
        reply_error(reply, 262, 14, 1, statement->line, "",
                    "BACKUP permission is missing in database '%s'.", database->name);
    } else if (statement->log && database_log_refusal(database) == 4208) {
        reply_error(reply, 4208, 16, 1, statement->line, "",
                    "BACKUP LOG is not possible in the simple recovery model.");
    } else if (statement->log && database_log_refusal(database) == 4214) {
        reply_error(reply, 4214, 16, 1, statement->line, "",
                    "BACKUP LOG is not possible before the first full backup.");
    } else if (statement->differential && database->last_full_checkpoint_lsn == 0) {
        reply_error(reply, 3035, 16, 1, statement->line, "",
                    "A differential backup of database '%s' is not possible before a full one.",
                    database->name);
    } else {
        return false;
    }
    return true;
}

/* The operating system's error where the device cannot be written; NULL = it can. A file that is
 * not there is made; one that is damaged is written over. */
static const char *write_error(const struct session *session, const struct backup_file *old)
{
    if (session->instance->lab->share_full) {
        return "112(the disk is full)";
    }
    if (old == NULL) {
        return NULL;
    }
    switch (old->state) {
    case FILE_NO_FOLDER:
        return "3(the path is not there)";
    case FILE_DENIED:
        return "5(access is denied)";
    case FILE_IN_USE:
        return "32(another process uses the file)";
    case FILE_NO_SERVER:
        return "53(the network path was not found)";
    case FILE_NO_SHARE:
        return "67(the network name was not found)";
    case FILE_NO_LOGON:
        return "1326(the user name or password is wrong)";
    default:
        return NULL;
    }
}

static bool check_device(struct session *session, const struct backup_statement *statement,
                         struct reply *reply)
{
    const struct backup_file *old =
        lab_file(session->instance->lab, session->instance, statement->device);
    const char *reason = write_error(session, old);
    if (reason == NULL) {
        return true;
    }
    bool full = session->instance->lab->share_full;
    reply_error(reply, full ? 3202 : 3201, 16, 1, statement->line, "",
                full ? "Writing \"%s\" failed: %s."
                     : "Cannot open backup device '%s': operating system error %s.",
                statement->device, reason);
    return false;
}

/* Where the set goes: behind those that the file holds, or over them with INIT or FORMAT. */
static int next_position(struct instance *instance, const struct backup_statement *statement)
{
    struct backup_file *at;
    int position = 1;
    while ((at = lab_file_at(instance->lab, instance, statement->device, position)) != NULL &&
           at->state == FILE_READABLE) {
        at->overwritten = statement->init || statement->format;
        position++;
    }
    return statement->init || statement->format ? 1 : position;
}

/* The time that the backup takes, with 3211 where STATS asks for it. False: cancelled. */
static bool take_time(struct session *session, const struct backup_statement *statement,
                      int64_t duration_ms, int command, struct reply *reply)
{
    int64_t started = lab_now_utc_ms(session->instance->lab);
    int stats = statement->stats_percent;
    int step = stats > 0 && stats <= 100 ? stats : 10;
    for (int percent = step; percent <= 100; percent += step) {
        if (session_sleep(session, started + duration_ms * percent / 100) != SESSION_GO_ON) {
            return false;
        }
        session->percent_complete = percent;
        if (stats > 0) {
            reply_info(reply, 3211, 1, statement->line, "", "%d percent done.", percent);
            reply_done(reply, REPLY_BATCH, DONE_FINAL, command, 0);
        }
    }
    session->percent_complete = 0;
    return true;
}

/* 4035 for each file that holds something, then 3014. */
static void say_summary(const struct backup_statement *statement, const struct backup_file *file,
                        int64_t duration_ms, int command, struct reply *reply)
{
    int64_t pages = file->size_bytes / PAGE_BYTES;
    for (size_t i = 0; i < file->files_count; i++) {
        if (statement->log && !file->files[i].is_log) {
            continue;
        }
        reply_info(reply, 4035, 1, statement->line, "",
                   "%lld pages done for database '%s', file '%s' on file %d.",
                   (long long)(statement->log == file->files[i].is_log ? pages : 2),
                   file->database_name, file->files[i].logical_name, file->position);
        reply_done(reply, REPLY_BATCH, DONE_FINAL, command, 0);
    }
    reply_info(reply, 3014, 1, statement->line, "",
               "BACKUP %s: %lld pages in %lld.%03lld seconds (%lld.%03lld MB/s).",
               statement->log ? "LOG" : "DATABASE", (long long)pages,
               (long long)(duration_ms / 1000), (long long)(duration_ms % 1000),
               (long long)(file->size_bytes / 1048576 * 1000 / duration_ms), 0LL);
    reply_done(reply, REPLY_BATCH, DONE_FINAL, command, 0);
}

bool admin_backup(struct session *session, const struct backup_statement *statement,
                  struct reply *reply)
{
    struct instance *instance = session->instance;
    struct database *database = instance_database(instance, statement->database);
    int command = statement->log ? COMMAND_BACKUP_LOG : COMMAND_BACKUP_DATABASE;
    if (refuse(session, statement, database, reply) || !check_device(session, statement, reply)) {
        return fail(reply, statement);
    }
    database_traffic(database);
    char type = statement->log ? 'L' : statement->differential ? 'I' : 'D';
    int64_t size = database_backup_size(database, type);
    int64_t started = lab_now_utc_ms(instance->lab);
    int64_t duration_ms = 20 + size * 1000 / instance->backup_bytes_per_s;
    text_copy(session->command, sizeof session->command,
              statement->log ? "BACKUP LOG" : "BACKUP DATABASE");
    if (!take_time(session, statement, duration_ms, command, reply)) {
        reply_error(reply, 3204, 16, 1, statement->line, "", "The backup was aborted.");
        return fail(reply, statement);
    }
    int position = next_position(instance, statement);
    struct backup_statement options = *statement;
    const struct backup_file *before = lab_file(instance->lab, instance, statement->device);
    /* captured: what is appended to compressed media is compressed */
    options.compression = options.compression ||
                          (position > 1 && before != NULL && !before->uncompressed);
    struct backup_file *file =
        take_backup(database, statement->device, position, type, statement->copy_only, started,
                    lab_now_utc_ms(instance->lab), size,
                    session->login == NULL ? "sa" : session->login->name, &options);
    say_summary(statement, file, duration_ms, command, reply);
    if (statement->norecovery) {
        database->state = DATABASE_RESTORING;
        database->content_major = 0;
        database->redo_lsn = file->last_lsn;
        database->tail_backed_up = true;
    }
    return true;
}
