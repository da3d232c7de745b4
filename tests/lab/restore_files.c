#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "tests/lab/engine.h"
#include "tests/lab/restore.h"

static bool apply_moves(struct restore_run *run)
{
    const struct restore_statement *statement = run->statement;
    bool moved[DATABASE_FILES] = {false};
    for (size_t m = 0; m < statement->moves_count; m++) {
        const struct restore_move *move = &statement->moves[m];
        size_t i = 0;
        while (i < run->files_count &&
               !text_equal_nocase(run->files[i].logical_name, move->logical_name)) {
            i++;
        }
        if (i == run->files_count) {
            return restore_fail(run, 3234,
                                RESTORE_TEXTS(move->logical_name, statement->database));
        }
        if (moved[i]) {
            return restore_fail(run, 4353, RESTORE_TEXTS(move->logical_name));
        }
        moved[i] = true;
        text_copy(run->files[i].physical_name, sizeof run->files[i].physical_name, move->path);
    }
    return true;
}

static bool has_path(const struct database *database, const char *path)
{
    for (size_t i = 0; i < database->files_count; i++) {
        if (text_equal_nocase(database->files[i].physical_name, path)) {
            return true;
        }
    }
    return false;
}

/* The other database whose file has this path; NULL = none. */
static const struct database *path_owner(const struct restore_run *run, const char *path)
{
    for (size_t d = 0; d < run->instance->databases_count; d++) {
        const struct database *database = run->instance->databases[d];
        if (database->dropped || database == run->database) {
            continue;
        }
        if (has_path(database, path)) {
            return database;
        }
    }
    return NULL;
}

/* What stands in the way of one file: its path, the folder, another file. */
static bool check_place(struct restore_run *run, const struct database_file *file)
{
    const char *path = file->physical_name;
    const struct database *owner = path_owner(run, path);
    bool ours = run->database != NULL && has_path(run->database, path);
    enum folder_state folder = folder_state_of(run->instance, path);
    if (owner != NULL) {
        restore_fail(run, 1834, RESTORE_TEXTS(path, owner->name));
    } else if (folder == FOLDER_MISSING) {
        restore_fail(run, 5133, RESTORE_TEXTS(path, "3(the path is not there)"));
    } else if (folder == FOLDER_DENIED) {
        restore_fail(run, 5123, RESTORE_TEXTS("5(access is denied)", path));
    } else if (folder == FOLDER_OCCUPIED && !ours && !run->statement->replace) {
        return restore_fail(run, 3142, RESTORE_TEXTS(file->logical_name, path));
    } else {
        return true;
    }
    return restore_fail(run, 3156, RESTORE_TEXTS(file->logical_name, path));
}

static bool check_room(struct restore_run *run)
{
    char volume[8], needed[26], there[26];
    if (run->file->size_bytes <= run->instance->disk_free_bytes) {
        return true;
    }
    snprintf(volume, sizeof volume, "%.3s", run->files[0].physical_name);
    snprintf(needed, sizeof needed, "%lld", (long long)run->file->size_bytes);
    snprintf(there, sizeof there, "%lld", (long long)run->instance->disk_free_bytes);
    return restore_fail(run, 3257, RESTORE_TEXTS(volume, needed, there));
}

bool restore_check_files(struct restore_run *run)
{
    bool good = true;
    memcpy(run->files, run->file->files, sizeof run->files);
    run->files_count = run->file->files_count;
    if (!restore_check_primary(run) || !apply_moves(run)) {
        return false;
    }
    for (size_t i = 0; i < run->files_count; i++) {
        good = check_place(run, &run->files[i]) && good;
    }
    if (!good) {
        return restore_fail(run, 3119, NULL);
    }
    return check_room(run);
}

/* The files of the set that were made inside this log, before the stop: they become run->files. */
static void find_added(struct restore_run *run)
{
    const struct backup_file *log = run->file;
    lab_lsn end = run->reached ? run->stop_lsn : log->last_lsn;
    run->files_count = 0;
    for (size_t i = 0; i < log->files_count; i++) {
        if (log->files[i].create_lsn >= run->database->redo_lsn && log->files[i].create_lsn < end) {
            run->files[run->files_count++] = log->files[i];
        }
    }
}

bool restore_check_added_files(struct restore_run *run)
{
    bool good = true;
    find_added(run);
    if (!apply_moves(run)) {
        return false;
    }
    for (size_t i = 0; i < run->files_count; i++) {
        good = check_place(run, &run->files[i]) && good;
    }
    return good || restore_fail(run, 3119, NULL);
}

void restore_add_files(struct restore_run *run)
{
    struct database *database = run->database;
    for (size_t i = 0; i < run->files_count && database->files_count < DATABASE_FILES; i++) {
        database->files[database->files_count++] = run->files[i];
    }
}

/* RECOVERY that this log reaches too early: the database has files restored to a later point. */
bool restore_check_end(struct restore_run *run)
{
    struct database *database = run->database;
    char file_lsn[26], log_end[26];
    if (restore_end_of(run->statement) != RESTORE_RECOVERY || run->statement->kind != RESTORE_LOG ||
        (run->has_stop && !run->reached) || database->redo_lsn >= database->recover_from_lsn) {
        return true;
    }
    lsn_text(file_lsn, database->recover_from_lsn);
    lsn_text(log_end, database->redo_lsn);
    return restore_fail(run, 4318,
                        RESTORE_TEXTS(database->files[0].logical_name, file_lsn, log_end));
}

/* RECOVERY: it may fail, or be put off by a step that is missing (4339). */
static bool recover(struct restore_run *run)
{
    struct database *database = run->database;
    if (run->steps_missing || database->steps_missing) {
        restore_say(run, 4339, NULL);
        database->state = DATABASE_RESTORING;
        database->standby = false;
        return true;
    }
    if (database->files_disagree) {
        return restore_fail(run, 4331, NULL);
    }
    if (database->recovery_fails) {
        database->state = DATABASE_RECOVERY_PENDING;
        database->standby = false;
        return restore_fail(run, 3167, RESTORE_TEXTS(database->name));
    }
    database_recover(database);
    return true;
}

bool restore_finish(struct restore_run *run, enum restore_end end)
{
    struct database *database = run->database;
    if (end == RESTORE_NORECOVERY) {
        database->state = DATABASE_RESTORING;
        database->standby = false;
    } else if (end == RESTORE_STANDBY) {
        database_materialise(database);
        database->state = DATABASE_ONLINE;
        database->standby = true;
        text_copy(database->undo_file, sizeof database->undo_file, run->statement->standby_file);
    } else {
        return recover(run);
    }
    return true;
}
