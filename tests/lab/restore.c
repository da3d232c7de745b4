#include "tests/lab/restore.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "tests/lab/engine.h"
#include "tests/lab/msdb.h"

bool restore_fail(struct restore_run *run, int number, const char *const *parameters)
{
    char text[1024];
    const struct restore_message *message = restore_message(number);
    restore_message_text(text, sizeof text, message, parameters);
    reply_error(run->reply, number, message->severity, message->state, run->statement->line, "",
                "%s", text);
    if (run->cause == 0) {
        run->cause = number;
    }
    if (message->severity >= 20) {
        run->fatal = run->session->fatal = true;
    }
    return false;
}

void restore_say(struct restore_run *run, int number, const char *const *parameters)
{
    char text[1024];
    const struct restore_message *message = restore_message(number);
    restore_message_text(text, sizeof text, message, parameters);
    reply_info(run->reply, number, message->state, run->statement->line, "", "%s", text);
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

/* HEADERONLY and its like need CREATE DATABASE. */
static bool check_create_right(struct restore_run *run)
{
    if (session_permission(run->session, "master", "DATABASE", "CREATE DATABASE") == 1) {
        return true;
    }
    return restore_fail(run, 262, RESTORE_TEXTS("CREATE DATABASE", "master"));
}

static bool check_restore_right(struct restore_run *run)
{
    if (run->database == NULL) {
        return run->statement->kind == RESTORE_LOG || check_create_right(run);
    }
    if (session_is_role_member(run->session, "sysadmin") == 1 ||
        session_is_role_member(run->session, "dbcreator") == 1 ||
        session_owns(run->session, run->database)) {
        return true;
    }
    return restore_fail(run, 3110, RESTORE_TEXTS(run->database->name));
}

bool restore_take_time(struct restore_run *run, int64_t size_bytes)
{
    struct session *session = run->session;
    int64_t duration_ms = 60 + size_bytes * 1000 / run->instance->restore_bytes_per_s;
    int stats = run->statement->stats_percent, said = 0;
    int step = stats > 0 && stats < 5 ? stats : 5;
    strcpy(session->wait_type, "BACKUPTHREAD");
    bool finished = true, interrupted = false;
    for (int percent = step; finished && percent <= 100; percent += step) {
        session->estimated_completion_ms = duration_ms * (100 - percent + step) / 100;
        int64_t until = run->started_utc_ms + duration_ms * percent / 100;
        finished = session_sleep(session, until) == SESSION_GO_ON;
        bool hidden = run->statement->kind == RESTORE_LOG &&
                      run->instance->lab->switches.log_shows_no_percent;
        session->percent_complete = hidden ? 0 : percent;
        if (finished && run->database != NULL) {
            run->database->checkpoint_percent = percent;
        }
        if (finished && restore_interrupted(run, percent)) {
            interrupted = true;
            break;
        }
        if (finished && stats > 0 && percent / stats > said) {
            said = percent / stats;
            char done[12];
            snprintf(done, sizeof done, "%d", percent);
            restore_say(run, 3211, RESTORE_TEXTS(done));
        }
    }
    session->percent_complete = 0;
    session->estimated_completion_ms = 0;
    session->wait_type[0] = '\0';
    if (!finished && run->instance->lab->switches.cancel_reports_3204) {
        restore_fail(run, 3204, NULL);
    } else if (!finished) {
        run->cause = 3204;
    }
    return finished && !interrupted;
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
    char position[12], of_file[26];
    snprintf(position, sizeof position, "%d", run->file == NULL ? 1 : run->file->position);
    for (size_t i = 0; run->file != NULL && i < run->file->files_count; i++) {
        const struct database_file *file = &run->file->files[i];
        snprintf(of_file, sizeof of_file, "%lld",
                 (long long)(file->is_log == log ? pages : log ? 0 : 2));
        restore_say(run, 4035,
                    RESTORE_TEXTS(of_file, run->database->name, file->logical_name, position));
    }
    if (run->has_stop && !run->reached && log) {
        restore_say(run, run->statement->stop != RESTORE_STOPAT ? 4329 : 4322, NULL);
    }
    char all[26], seconds[26], thousandths[4], rate[26];
    snprintf(all, sizeof all, "%lld", (long long)pages);
    snprintf(seconds, sizeof seconds, "%lld", (long long)(elapsed_ms / 1000));
    snprintf(thousandths, sizeof thousandths, "%03d", (int)(elapsed_ms % 1000));
    snprintf(rate, sizeof rate, "%lld", (long long)(size_bytes / 1048576 * 1000 / elapsed_ms));
    restore_say(run, 3014,
                RESTORE_TEXTS(statement_name(run->statement->kind), all, seconds, thousandths, rate,
                              "000"));
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
    if (!restore_open(run) || !restore_check_log(run) || !restore_check_stop(run) ||
        !restore_check_added_files(run)) {
        return false;
    }
    struct database *database = run->database;
    if (database->state == DATABASE_ONLINE) {
        engine_content_drop(run->instance->engine, database);
        database->state = DATABASE_RESTORING;
        database->standby = false;
    }
    run->session->restoring = database;
    bool finished =
        !restore_interrupted(run, -1) && restore_take_time(run, run->file->size_bytes);
    run->session->restoring = NULL;
    if (!finished) {
        return false;
    }
    database->timeline = run->file->timeline;
    database->redo_lsn = run->reached ? run->stop_lsn : run->file->last_lsn;
    database->stopped_at_mark = run->reached;
    text_copy(database->stopped_mark, sizeof database->stopped_mark, run->statement->stop_name);
    enum restore_end end = restore_end_of(run->statement);
    if (run->has_stop && !run->reached) {
        /* the log was applied whole and the stop is not reached: RECOVERY is not carried out */
        bool survives =
            end == RESTORE_STANDBY && run->instance->lab->switches.standby_survives_unreached_stop;
        end = survives ? RESTORE_STANDBY : RESTORE_NORECOVERY;
    }
    restore_add_files(run);
    if (run->stop_inhibited) {
        return restore_fail(run, 4327, NULL);
    }
    if (!restore_check_end(run)) {
        return false;
    }
    say_summary(run, run->file->size_bytes);
    if (!restore_finish(run, end)) {
        return false;
    }
    write_history(run, end);
    return true;
}

static void begin_full(struct restore_run *run)
{
    struct instance *instance = run->instance;
    if (run->database == NULL) {
        run->database =
            instance_add_restoring(instance, run->statement->database, run->file->timeline);
        run->database->owner_id =
            run->session->login == NULL ? 0 : run->session->login->principal_id;
    } else if (run->database->state == DATABASE_ONLINE) {
        engine_content_drop(instance->engine, run->database);
    }
    struct database *database = run->database;
    run->was_interrupted = database->mid_full_restore;
    text_copy(database->checkpoint_of, sizeof database->checkpoint_of, run->file->path);
    database->checkpoint_percent = 0;
    database->checkpoint_lost = false;
    database->state = DATABASE_RESTORING;
    database->standby = false;
    database->mid_full_restore = true;
    database->file_not_restored = false;
    database->recover_from_lsn = 0;
    database->stopped_at_mark = false;
    database->timeline = run->file->timeline;
    database->tables = run->file->timeline->tables;
    database->redo_lsn = 0;
    memcpy(database->files, run->files, sizeof database->files);
    database->files_count = run->files_count;
}

/* Brings a waiting database on to the end of a differential set. */
static bool run_differential(struct restore_run *run)
{
    struct database *database = run->database;
    run->session->restoring = database;
    bool finished =
        !restore_interrupted(run, -1) && restore_take_time(run, run->file->size_bytes);
    run->session->restoring = NULL;
    if (!finished) {
        return false;
    }
    if (database->state == DATABASE_ONLINE) {
        engine_content_drop(run->instance->engine, database);
    }
    database->timeline = run->file->timeline;
    database->redo_lsn = run->file->last_lsn;
    say_summary(run, run->file->size_bytes);
    enum restore_end end = restore_end_of(run->statement);
    if (!restore_finish(run, end)) {
        return false;
    }
    write_history(run, end);
    return true;
}

/* RESTART goes on only where the checkpoint file is there, is of this statement, and has something.
 * Source: the messages' descriptions in the catalogue; where none was left, 3018 informs. */
static bool check_restart(struct restore_run *run)
{
    const struct database *database = run->database;
    if (!run->statement->restart || database == NULL || !database->mid_full_restore) {
        return true;
    }
    if (database->checkpoint_lost) {
        return restore_fail(run, 3017,
                            RESTORE_TEXTS(database->name, "2(the file is not there)"));
    }
    if (!text_equal_nocase(database->checkpoint_of, run->file->path)) {
        return restore_fail(run, 3019, RESTORE_TEXTS(database->name));
    }
    return database->checkpoint_percent > 0 || restore_fail(run, 3264, NULL);
}

/* The work of a full set; false: it was interrupted. */
static bool read_full(struct restore_run *run)
{
    begin_full(run);
    if (run->statement->restart && !run->was_interrupted) {
        restore_say(run, 3018, NULL);
    }
    run->session->restoring = run->database;
    bool finished = restore_take_time(run, run->file->size_bytes);
    run->session->restoring = NULL;
    return finished;
}

static bool run_full(struct restore_run *run)
{
    if (!restore_open(run) || !restore_check_database(run)) {
        return false;
    }
    if (run->file->type == 'I') {
        return run_differential(run);
    }
    if (!check_restart(run) || !restore_check_files(run) || restore_interrupted(run, -1) ||
        !read_full(run)) {
        return false;
    }
    struct database *database = run->database;
    database->mid_full_restore = false;
    database->content_major = run->file->major_version;
    database->redo_lsn = run->file->last_lsn;
    database->user_access =
        run->statement->restricted_user ? 2 : run->file->user_access;
    database->continue_after_error = run->read_over_errors;
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
    if (!restore_finish(run, end)) {
        return false;
    }
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
    bool finished =
        !restore_interrupted(run, -1) && restore_take_time(run, INT64_C(32) << 20);
    run->session->restoring = NULL;
    if (!finished) {
        return false;
    }
    say_summary(run, 0);
    return restore_finish(run, restore_end_of(run->statement));
}

/* An option that only RECOVERY takes; NULL = none is there. */
static const char *option_for_recovery(const struct restore_statement *statement)
{
    return statement->keep_replication  ? "KEEP_REPLICATION"
           : statement->keep_cdc        ? "KEEP_CDC"
           : statement->restricted_user ? "RESTRICTED_USER"
                                        : NULL;
}

static bool run_statement(struct restore_run *run)
{
    if (run->session->transaction_depth > 0) {
        return restore_fail(run, 3021, NULL);
    }
    const char *for_recovery = option_for_recovery(run->statement);
    if (for_recovery != NULL && restore_end_of(run->statement) != RESTORE_RECOVERY) {
        return restore_fail(run, 3031, RESTORE_TEXTS(for_recovery, "NORECOVERY, STANDBY"));
    }
    switch (run->statement->kind) {
    case RESTORE_HEADERONLY:
        if (!check_create_right(run) || !restore_open(run) || !restore_headeronly(run)) {
            return false;
        }
        restore_record_header(run);
        return true;
    case RESTORE_FILELISTONLY:
        return check_create_right(run) && restore_open(run) && restore_check_certificate(run) &&
               restore_filelistonly(run);
    case RESTORE_LABELONLY:
        return check_create_right(run) && restore_open(run) && restore_labelonly(run);
    case RESTORE_VERIFYONLY:
        return check_create_right(run) && restore_open(run) && restore_check_certificate(run) &&
               restore_verifyonly(run);
    case RESTORE_DATABASE:
    case RESTORE_LOG:
        break;
    }
    run->database = instance_database(run->instance, run->statement->database);
    restore_record_begin(run, statement_name(run->statement->kind));
    text_copy(run->session->command, sizeof run->session->command,
              statement_name(run->statement->kind));
    bool good = check_restore_right(run) && (run->statement->device == NULL ? run_recovery_only(run)
                                             : run->statement->kind == RESTORE_LOG ? run_log(run)
                                                                                   : run_full(run));
    restore_record_end(run, good);
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
    if (!run.fatal) {
        restore_fail(&run, 3013, RESTORE_TEXTS(statement_name(statement->kind)));
    }
    reply_done(reply, REPLY_BATCH, run.fatal ? DONE_ERROR | DONE_FATAL : DONE_ERROR, run.command, 0);
    return false;
}
