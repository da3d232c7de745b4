#include <string.h>

#include "core/base/text.h"
#include "tests/lab/engine.h"
#include "tests/lab/restore.h"

static bool apply_moves(struct restore_run *run)
{
    const struct restore_statement *statement = run->statement;
    bool moved[8] = {false};
    for (size_t m = 0; m < statement->moves_count; m++) {
        const struct restore_move *move = &statement->moves[m];
        size_t i = 0;
        while (i < run->files_count &&
               !text_equal_nocase(run->files[i].logical_name, move->logical_name)) {
            i++;
        }
        if (i == run->files_count) {
            return restore_fail(run, 3234, 16, 2,
                                "The logical file '%s' is not part of database '%s'.",
                                move->logical_name, statement->database);
        }
        if (moved[i]) {
            return restore_fail(run, 4353, 16, 1, "The file \"%s\" is moved twice.",
                                move->logical_name);
        }
        moved[i] = true;
        text_copy(run->files[i].physical_name, sizeof run->files[i].physical_name, move->path);
    }
    return true;
}

/* The other database whose file has this path; NULL = none. */
static const struct database *path_owner(const struct restore_run *run, const char *path)
{
    for (size_t d = 0; d < run->instance->databases_count; d++) {
        const struct database *database = run->instance->databases[d];
        if (database->dropped || database == run->database) {
            continue;
        }
        for (size_t i = 0; i < database->files_count; i++) {
            if (text_equal_nocase(database->files[i].physical_name, path)) {
                return database;
            }
        }
    }
    return NULL;
}

static bool check_collisions(struct restore_run *run)
{
    bool good = true;
    for (size_t i = 0; i < run->files_count; i++) {
        const struct database_file *file = &run->files[i];
        const struct database *owner = path_owner(run, file->physical_name);
        if (owner != NULL) {
            good = restore_fail(run, 1834, 16, 1,
                                "The file '%s' cannot be written over: database '%s' uses it.",
                                file->physical_name, owner->name);
            restore_fail(run, 3156, 16, 4, "File '%s' cannot be restored to '%s'.",
                         file->logical_name, file->physical_name);
        }
    }
    if (!good) {
        restore_fail(run, 3119, 16, 1, "Planning the RESTORE failed; see the messages before.");
    }
    return good;
}

bool restore_check_files(struct restore_run *run)
{
    memcpy(run->files, run->file->files, sizeof run->files);
    run->files_count = run->file->files_count;
    if (!apply_moves(run) || !check_collisions(run)) {
        return false;
    }
    if (run->file->size_bytes > run->instance->disk_free_bytes) {
        return restore_fail(run, 3257, 16, 1,
                            "Not enough room on volume '%.3s': %lld bytes are needed, %lld free.",
                            run->files[0].physical_name, (long long)run->file->size_bytes,
                            (long long)run->instance->disk_free_bytes);
    }
    return true;
}

void restore_finish(struct restore_run *run, enum restore_end end)
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
        database_recover(database);
    }
}
