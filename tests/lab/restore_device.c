#include <stdio.h>
#include <string.h>

#include "tests/lab/restore.h"

/* The operating system's error for a state in which a file cannot be opened; NULL = it can. */
static const char *open_error(enum file_state state)
{
    switch (state) {
    case FILE_MISSING:
        return "2(the file is not there)";
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

/* The error of a device that opens but holds no media family that can be read; 0 = it does. */
static int media_error(enum file_state state)
{
    switch (state) {
    case FILE_CORRUPT:
        return 3241;
    case FILE_NOT_MTF:
        return 3242;
    case FILE_MTF_VERSION:
        return 3243;
    case FILE_EMPTY:
        return 3254;
    case FILE_END_MALFORMED:
        return 3266;
    case FILE_INCONSISTENT:
        return 3270;
    default:
        return 0;
    }
}

bool restore_open(struct restore_run *run)
{
    const struct restore_statement *statement = run->statement;
    const char *path = statement->device;
    struct lab *lab = run->instance->lab;
    const struct backup_file *first = lab_file(lab, run->instance, path);
    const char *reason = first == NULL ? open_error(FILE_MISSING) : open_error(first->state);
    char position[12];

    if (*path == '\0') {
        return restore_fail(run, 3044, NULL);
    }
    if (statement->device_is_name) {
        return restore_fail(run, 3206, RESTORE_TEXTS(path));
    }
    if (reason != NULL) {
        return restore_fail(run, 3201, RESTORE_TEXTS(path, reason));
    }
    int error = media_error(first->state);
    if (error != 0) {
        return restore_fail(run, error, RESTORE_TEXTS(path, "2", "0", "1", "0"));
    }
    int wanted = statement->file_position == 0 ? 1 : statement->file_position;
    run->file = lab_file_at(lab, run->instance, path, wanted);
    if (run->file == NULL) {
        snprintf(position, sizeof position, "%d", wanted);
        return restore_fail(run, 3287, RESTORE_TEXTS(position, path));
    }
    return true;
}

bool restore_check_set(struct restore_run *run)
{
    const struct backup_file *file = run->file;
    bool continues = run->statement->continue_after_error;

    if (file->state == FILE_STRIPED) {
        return restore_fail(run, 3132, RESTORE_TEXTS("2", "1"));
    }
    if (file->damaged && !continues) {
        return restore_fail(run, 3189, NULL);
    }
    if (run->statement->checksum && !file->has_checksums) {
        return restore_fail(run, 3187, NULL);
    }
    if (file->state == FILE_BAD_PAGE && !continues) {
        return restore_fail(run, 3183, RESTORE_TEXTS("1", "5120", file->database_name));
    }
    run->read_over_errors = continues && (file->damaged || file->state == FILE_BAD_PAGE);
    return restore_check_certificate(run);
}

/* What goes wrong while the set is read; half of it was. VERIFYONLY reads the file as a restore
 * does, and writes no database. */
static bool read_fails(struct restore_run *run)
{
    if (run->file == NULL) {
        return false;
    }
    bool log = run->statement->kind == RESTORE_LOG;
    if (run->file->state == FILE_READ_FAILS) {
        restore_fail(run, 3203, RESTORE_TEXTS(run->file->path, "64(the network name is gone)"));
    } else if (run->file->state == FILE_SHORT) {
        restore_fail(run, 3271, RESTORE_TEXTS(run->file->path, "38(the end of the file came)"));
    } else if (log && run->instance->disk_free_bytes == 0) {
        restore_fail(run, 3271,
                     RESTORE_TEXTS(run->database->files[0].physical_name, "112(the disk is full)"));
    } else if (log && run->file->state == FILE_REDO_FAILS) {
        restore_fail_planted(run, 3456);
    } else if (log && run->file->state == FILE_LOG_HALTS) {
        restore_fail(run, 4332, RESTORE_TEXTS(run->database->name));
    } else {
        return false;
    }
    return true;
}

bool restore_interrupted(struct restore_run *run, int percent)
{
    if (percent >= 50 && read_fails(run)) {
        return true;
    }
    if (percent < 0) {
        run->planted_number = fault_of_restore(run->instance->lab, run->instance,
                                               run->statement->database, &run->planted_percent);
    }
    int number = percent >= run->planted_percent ? run->planted_number : 0;
    if (number == 4339) {
        run->steps_missing = true;
        return false;
    }
    if (number == 0) {
        return false;
    }
    restore_fail_planted(run, number);
    return true;
}

/* The value of a parameter that the run itself gives; the letters are restore_message.def's. */
static const char *planted_value(const struct restore_run *run, char letter, char out[26])
{
    const struct database *database = run->database;
    switch (letter) {
    case 'd':
        return run->statement->database;
    case 'f':
        return database == NULL ? "" : database->files[0].logical_name;
    case 'p':
        return database == NULL ? "" : database->files[0].physical_name;
    case 'b':
        return run->statement->device == NULL ? "" : run->statement->device;
    case 'l':
        lsn_text(out, run->file == NULL ? 0 : run->file->last_lsn);
        return out;
    case 'r':
        lsn_text(out, database == NULL ? 0 : database->redo_lsn);
        return out;
    case 'n':
        snprintf(out, 26, "%d", database == NULL ? 1 : database->id);
        return out;
    case 't':
        return "1117(an I/O device error)";
    default:
        return "RESTORE";
    }
}

bool restore_fail_planted(struct restore_run *run, int number)
{
    char values[10][26];
    const char *parameters[10] = {0};
    const struct restore_message *message = restore_message(number);

    for (size_t i = 0; message->parameters[i] != '\0'; i++) {
        parameters[i] = planted_value(run, message->parameters[i], values[i]);
    }
    return restore_fail(run, number, parameters);
}
