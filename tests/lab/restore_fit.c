#include "core/base/text.h"
#include "tests/lab/restore.h"

/* Does a set fit the database that it is to bring on: the log's own past, the files on both sides?
 * Source: the descriptions of these messages in the catalogue. */

static const struct database_file *file_named(const struct database_file *files, size_t count,
                                              const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (text_equal_nocase(files[i].logical_name, name)) {
            return &files[i];
        }
    }
    return NULL;
}

bool restore_check_primary(struct restore_run *run)
{
    for (size_t i = 0; i < run->file->files_count; i++) {
        if (run->file->files[i].id == 1) {
            return true;
        }
    }
    return restore_fail(run, 4342, NULL);
}

/* 4312, 4349: between the redo point and this log something was never backed up. */
static bool check_chain(struct restore_run *run)
{
    const struct backup_file *log = run->file;
    lab_lsn redo = run->database->redo_lsn;
    char begins[26], made[26];
    if (log->chain_since_lsn > redo) {
        return restore_fail(run, 4312, NULL);
    }
    if (log->log_since_lsn > redo) {
        lsn_text(begins, log->first_lsn);
        lsn_text(made, log->log_since_lsn);
        return restore_fail(run, 4349, RESTORE_TEXTS(begins, made));
    }
    return true;
}

/* Did the recovery path of the log pass along the other one? */
static bool is_on_path(const struct timeline *log, const struct timeline *path)
{
    while (log != NULL && log != path) {
        log = log->parent;
    }
    return log != NULL;
}

/* One file of the set. One that is made inside this log, behind the redo point, comes with it. */
static bool check_file(struct restore_run *run, const struct database_file *file)
{
    const struct database *database = run->database;
    lab_lsn redo = database->redo_lsn;
    char stops[26], created[26], dropped[26];
    if (file->drop_lsn != 0 && file->drop_lsn <= redo) {
        return restore_fail(run, 4337, RESTORE_TEXTS(file->logical_name));
    }
    if (file->path != NULL && !is_on_path(run->file->timeline, file->path)) {
        return restore_fail(run, 3121, RESTORE_TEXTS(file->logical_name));
    }
    if (file->create_lsn >= redo ||
        file_named(database->files, database->files_count, file->logical_name) != NULL) {
        return true;
    }
    lsn_text(stops, redo);
    lsn_text(created, file->create_lsn);
    lsn_text(dropped, file->drop_lsn);
    return restore_fail(run, 4328, RESTORE_TEXTS(file->logical_name, stops, created, dropped));
}

bool restore_check_fit(struct restore_run *run)
{
    const struct database *database = run->database;
    const struct backup_file *log = run->file;
    if (!restore_check_primary(run) || !check_chain(run)) {
        return false;
    }
    for (size_t i = 0; i < log->files_count; i++) {
        if (!check_file(run, &log->files[i])) {
            return false;
        }
    }
    for (size_t i = 0; i < database->files_count; i++) {
        if (file_named(log->files, log->files_count, database->files[i].logical_name) == NULL) {
            return restore_fail(run, 3155, NULL);
        }
    }
    return true;
}
