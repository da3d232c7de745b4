#include "tests/lab/restore.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "tests/lab/engine.h"
#include "tests/lab/msdb.h"

bool restore_fail(struct restore_run *run, int number, int severity, int state, const char *format,
                  ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    reply_error(run->reply, number, severity, state, run->statement->line, "", "%s", text);
    if (run->cause == 0) {
        run->cause = number;
    }
    return false;
}

void restore_say(struct restore_run *run, int number, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    reply_info(run->reply, number, 1, run->statement->line, "", "%s", text);
    reply_done(run->reply, REPLY_BATCH, DONE_FINAL, run->command, 0);
}

static const char *statement_name(enum restore_kind kind)
{
    static const char *const names[] = {"RESTORE DATABASE",   "RESTORE LOG",
                                        "RESTORE HEADERONLY", "RESTORE FILELIST",
                                        "RESTORE LABELONLY",  "VERIFY DATABASE"};
    return names[kind];
}

static int statement_command(enum restore_kind kind)
{
    static const int commands[] = {COMMAND_RESTORE,      COMMAND_RESTORE,   COMMAND_HEADERONLY,
                                   COMMAND_FILELISTONLY, COMMAND_LABELONLY, COMMAND_VERIFYONLY};
    return commands[kind];
}

bool restore_open(struct restore_run *run)
{
    const char *path = run->statement->device;
    const struct backup_file *file = lab_file(run->instance->lab, run->instance, path);
    if (file == NULL || file->state == FILE_MISSING) {
        return restore_fail(run, 3201, 16, 2,
                            "Cannot open backup device '%s': operating system error 2(the file is"
                            " not there).",
                            path);
    }
    if (file->state == FILE_DENIED) {
        return restore_fail(run, 3201, 16, 2,
                            "Cannot open backup device '%s': operating system error 5(access is"
                            " denied).",
                            path);
    }
    if (file->state == FILE_CORRUPT) {
        return restore_fail(run, 3241, 16, 0,
                            "The media family on device '%s' is malformed and cannot be processed.",
                            path);
    }
    if (run->statement->file_position > 1) {
        return restore_fail(run, 3287, 16, 1,
                            "The file ID %d on device '%s' does not exist or cannot be read.",
                            run->statement->file_position, path);
    }
    run->file = file;
    return true;
}

/* HEADERONLY and its like need CREATE DATABASE. */
static bool check_create_right(struct restore_run *run)
{
    if (session_permission(run->session, "master", "DATABASE", "CREATE DATABASE") == 1) {
        return true;
    }
    return restore_fail(run, 262, 14, 1, "CREATE DATABASE permission is missing in database '%s'.",
                        "master");
}

static bool check_restore_right(struct restore_run *run)
{
    if (run->database == NULL) {
        return run->statement->kind == RESTORE_LOG || check_create_right(run);
    }
    if (session_is_role_member(run->session, "sysadmin") == 1 ||
        session_is_role_member(run->session, "dbcreator") == 1) {
        return true;
    }
    return restore_fail(run, 3110, 14, 1, "The login may not RESTORE the database '%s'.",
                        run->database->name);
}

bool restore_take_time(struct restore_run *run, int64_t size_bytes)
{
    struct session *session = run->session;
    int64_t duration_ms = 60 + size_bytes * 1000 / run->instance->restore_bytes_per_s;
    int stats = run->statement->stats_percent;
    int step = stats > 0 && stats < 100 ? stats : 5;
    strcpy(session->wait_type, "BACKUPTHREAD");
    bool finished = true;
    for (int percent = step; finished && percent <= 100; percent += step) {
        session->estimated_completion_ms = duration_ms * (100 - percent + step) / 100;
        int64_t until = run->started_utc_ms + duration_ms * percent / 100;
        finished = session_sleep(session, until) == SESSION_GO_ON;
        session->percent_complete = percent;
        if (finished && stats > 0) {
            restore_say(run, 3211, "%d percent done.", percent);
        }
    }
    session->percent_complete = 0;
    session->estimated_completion_ms = 0;
    session->wait_type[0] = '\0';
    if (!finished && run->instance->lab->switches.cancel_reports_3204) {
        restore_fail(run, 3204, 16, 1, "The backup or restore was aborted.");
    } else if (!finished) {
        run->cause = 3204;
    }
    return finished;
}

/* 4035 for each file, 4329 or 4322, 3014. */
static void say_summary(struct restore_run *run, int64_t size_bytes)
{
    int64_t pages = size_bytes / RESTORE_PAGE_BYTES;
    int64_t elapsed_ms = lab_now_utc_ms(run->instance->lab) - run->started_utc_ms;
    if (elapsed_ms < 1) {
        elapsed_ms = 1;
    }
    bool log = run->statement->kind == RESTORE_LOG;
    for (size_t i = 0; run->file != NULL && i < run->file->files_count; i++) {
        const struct database_file *file = &run->file->files[i];
        int64_t of_file = file->is_log == log ? pages : log ? 0 : 2;
        restore_say(run, 4035, "%lld pages done for database '%s', file '%s' on file 1.",
                    (long long)of_file, run->database->name, file->logical_name);
    }
    if (run->has_stop && !run->reached && log) {
        bool mark = run->statement->stop != RESTORE_STOPAT;
        restore_say(run, mark ? 4329 : 4322,
                    mark ? "This log ends before the named mark. The database stays in the"
                           " restoring state so that another log can be applied."
                         : "This log ends before the given time. The database stays in the"
                           " restoring state so that another log can be applied.");
    }
    restore_say(run, 3014, "%s: %lld pages in %lld.%03lld seconds (%lld.%03lld MB/s).",
                statement_name(run->statement->kind), (long long)pages,
                (long long)(elapsed_ms / 1000), (long long)(elapsed_ms % 1000),
                (long long)(size_bytes / 1048576 * 1000 / elapsed_ms), 0LL);
}

static void write_history(struct restore_run *run, enum restore_end end)
{
    const struct restore_statement *statement = run->statement;
    bool mark = statement->stop == RESTORE_STOPATMARK || statement->stop == RESTORE_STOPBEFOREMARK;
    struct msdb_restore restore = {
        .file = run->file,
        .database_name = run->database->name,
        .user_name = run->session->login == NULL ? "sa" : run->session->login->name,
        .replace = statement->replace,
        .recovery = end == RESTORE_RECOVERY,
        .restart = statement->restart,
        .finished_utc_ms = lab_now_utc_ms(run->instance->lab),
        .stop_at_utc_ms = statement->stop == RESTORE_STOPAT
                              ? instance_utc_of_local(run->instance, statement->stop_at_ticks)
                              : INT64_MIN,
        .stop_mark_name = mark ? statement->stop_name : NULL,
        .stop_before = mark && (statement->stop == RESTORE_STOPBEFOREMARK) !=
                                   run->instance->lab->switches.stop_before_inverted,
    };
    msdb_write_restore(run->instance, &restore);
}

static bool run_log(struct restore_run *run)
{
    if (!restore_open(run) || !restore_check_log(run) || !restore_check_stop(run)) {
        return false;
    }
    struct database *database = run->database;
    if (database->state == DATABASE_ONLINE) {
        engine_content_drop(run->instance->engine, database);
        database->state = DATABASE_RESTORING;
        database->standby = false;
    }
    run->session->restoring = database;
    bool finished = restore_take_time(run, run->file->size_bytes);
    run->session->restoring = NULL;
    if (!finished) {
        return false;
    }
    database->timeline = run->file->timeline;
    database->redo_lsn = run->reached ? run->stop_lsn : run->file->last_lsn;
    database->stopped_at_mark = run->reached;
    enum restore_end end = restore_end_of(run->statement);
    if (run->has_stop && !run->reached) {
        /* the log was applied whole and the stop is not reached: RECOVERY is not carried out */
        bool survives =
            end == RESTORE_STANDBY && run->instance->lab->switches.standby_survives_unreached_stop;
        end = survives ? RESTORE_STANDBY : RESTORE_NORECOVERY;
    }
    say_summary(run, run->file->size_bytes);
    restore_finish(run, end);
    write_history(run, end);
    return true;
}

static void begin_full(struct restore_run *run)
{
    struct instance *instance = run->instance;
    if (run->database == NULL) {
        run->database =
            instance_add_restoring(instance, run->statement->database, run->file->timeline);
    } else if (run->database->state == DATABASE_ONLINE) {
        engine_content_drop(instance->engine, run->database);
    }
    struct database *database = run->database;
    database->state = DATABASE_RESTORING;
    database->standby = false;
    database->mid_full_restore = true;
    database->stopped_at_mark = false;
    database->timeline = run->file->timeline;
    database->tables = run->file->timeline->tables;
    database->redo_lsn = 0;
    memcpy(database->files, run->files, sizeof database->files);
    database->files_count = run->files_count;
}

static bool run_full(struct restore_run *run)
{
    if (!restore_open(run) || !restore_check_database(run) || !restore_check_files(run)) {
        return false;
    }
    begin_full(run);
    struct database *database = run->database;
    run->session->restoring = database;
    bool finished = restore_take_time(run, run->file->size_bytes);
    run->session->restoring = NULL;
    if (!finished) {
        return false;
    }
    database->mid_full_restore = false;
    database->redo_lsn = run->file->last_lsn;
    database->recovery_model = run->file->recovery_model;
    database->encrypted = run->file->encrypted;
    memcpy(database->tde_thumbprint, run->file->tde_thumbprint, sizeof database->tde_thumbprint);
    database->created_utc_ms = lab_now_utc_ms(run->instance->lab);
    database->data_bytes = run->file->size_bytes;
    database->tail_backed_up = false;
    lab_random_guid(run->instance->lab, database->database_guid);
    memcpy(database->base_set_guid, run->file->set_guid, sizeof database->base_set_guid);
    say_summary(run, run->file->size_bytes);
    enum restore_end end = restore_end_of(run->statement);
    restore_finish(run, end);
    write_history(run, end);
    return true;
}

static bool run_recovery_only(struct restore_run *run)
{
    if (!restore_check_recovery_only(run)) {
        return false;
    }
    struct database *database = run->database;
    if (database->state == DATABASE_ONLINE) {
        engine_content_drop(run->instance->engine, database);
        database->state = DATABASE_RESTORING;
        database->standby = false;
    }
    run->session->restoring = database;
    bool finished = restore_take_time(run, INT64_C(32) << 20);
    run->session->restoring = NULL;
    if (!finished) {
        return false;
    }
    say_summary(run, 0);
    restore_finish(run, restore_end_of(run->statement));
    return true;
}

static void record_begin(struct restore_run *run)
{
    struct lab *lab = run->instance->lab;
    const struct restore_statement *statement = run->statement;
    static const char *const stops[] = {"", "STOPAT", "STOPATMARK", "STOPBEFOREMARK"};
    static const char *const ends[] = {"RECOVERY", "RECOVERY", "NORECOVERY", "STANDBY"};
    struct restore_record *record = memory_append(lab, restores);
    run->record = lab->restores_count - 1;
    text_copy(record->instance, sizeof record->instance, run->instance->name);
    text_copy(record->database, sizeof record->database, statement->database);
    text_copy(record->login, sizeof record->login,
              run->session->login == NULL ? "sa" : run->session->login->name);
    text_copy(record->application, sizeof record->application, run->session->application);
    text_copy(record->kind, sizeof record->kind,
              statement->device == NULL ? "RECOVERY ONLY" : statement_name(statement->kind));
    text_copy(record->path, sizeof record->path,
              statement->device == NULL ? "" : statement->device);
    text_copy(record->stop_kind, sizeof record->stop_kind, stops[statement->stop]);
    text_copy(record->stop_name, sizeof record->stop_name, statement->stop_name);
    text_copy(record->end, sizeof record->end, ends[statement->end]);
    record->started_utc_ms = run->started_utc_ms;
    record->ended_utc_ms = INT64_MIN;
    record->done_sent_us = record->next_request_us = INT64_MIN;
    run->session->timed_record = lab->restores_count;
}

static void record_end(struct restore_run *run, bool succeeded)
{
    struct restore_record *record = &run->instance->lab->restores[run->record];
    record->ended_utc_ms = lab_now_utc_ms(run->instance->lab);
    record->succeeded = succeeded;
    record->reached_stop = run->reached;
    record->error_number = run->cause;
    record->redo_lsn = run->database == NULL ? 0 : run->database->redo_lsn;
}

static bool run_statement(struct restore_run *run)
{
    if (run->session->transaction_depth > 0) {
        return restore_fail(run, 3021, 16, 0, "A restore cannot run inside a transaction.");
    }
    switch (run->statement->kind) {
    case RESTORE_HEADERONLY:
        return check_create_right(run) && restore_open(run) && restore_headeronly(run);
    case RESTORE_FILELISTONLY:
        return check_create_right(run) && restore_open(run) && restore_check_certificate(run) &&
               restore_filelistonly(run);
    case RESTORE_LABELONLY:
        return restore_open(run) && restore_labelonly(run);
    case RESTORE_VERIFYONLY:
        return check_create_right(run) && restore_open(run) && restore_check_certificate(run) &&
               restore_verifyonly(run);
    case RESTORE_DATABASE:
    case RESTORE_LOG:
        break;
    }
    run->database = instance_database(run->instance, run->statement->database);
    record_begin(run);
    text_copy(run->session->command, sizeof run->session->command,
              statement_name(run->statement->kind));
    bool good = check_restore_right(run) && (run->statement->device == NULL ? run_recovery_only(run)
                                             : run->statement->kind == RESTORE_LOG ? run_log(run)
                                                                                   : run_full(run));
    record_end(run, good);
    lab_changed();
    return good;
}

bool admin_restore(struct session *session, const struct restore_statement *statement,
                   struct reply *reply)
{
    struct restore_run run = {.session = session,
                              .statement = statement,
                              .reply = reply,
                              .instance = session->instance,
                              .command = statement_command(statement->kind),
                              .started_utc_ms = lab_now_utc_ms(session->instance->lab)};
    if (run_statement(&run)) {
        return true;
    }
    reply_error(reply, 3013, 16, 1, statement->line, "", "%s ended without a result.",
                statement_name(statement->kind));
    reply_done(reply, REPLY_BATCH, DONE_ERROR, run.command, 0);
    return false;
}
