#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "tests/lab/restore.h"

enum restore_end restore_end_of(const struct restore_statement *statement)
{
    return statement->end == RESTORE_END_DEFAULT ? RESTORE_RECOVERY : statement->end;
}

/* 3101, 3102: a RESTORE needs the database for itself. */
static bool check_unused(struct restore_run *run)
{
    const struct database *database = run->database;
    if (run->session->database == database) {
        return restore_fail(run, 3102, 16, 1,
                            "RESTORE cannot process database '%s': this session uses it.",
                            database->name);
    }
    for (const struct session *other = run->instance->sessions; other != NULL;
         other = other->next) {
        if (other != run->session && !other->killed &&
            (other->database == database || other->restoring == database)) {
            return restore_fail(run, 3101, 16, 1,
                                "The database is in use: exclusive access was not obtained.");
        }
    }
    return true;
}

static bool awaits_log(const struct database *database)
{
    return database->state == DATABASE_RESTORING ||
           (database->state == DATABASE_ONLINE && database->standby);
}

static bool check_standby(struct restore_run *run)
{
    if (run->statement->end != RESTORE_STANDBY) {
        return true;
    }
    if (run->statement->standby_file[0] == '\0') {
        return restore_fail(run, 3170, 16, 1, "The standby file's name is not valid.");
    }
    if (run->file != NULL && run->file->major_version != run->instance->major_version) {
        return restore_fail(run, 3180, 16, 1,
                            "STANDBY is not possible: the database must be upgraded.");
    }
    return true;
}

static bool check_log_order(struct restore_run *run)
{
    const struct backup_file *log = run->file;
    const struct database *database = run->database;
    char edge[26], redo[26];
    lsn_text(redo, database->redo_lsn);
    if (log->first_lsn > database->redo_lsn) {
        lsn_text(edge, log->first_lsn);
        return restore_fail(run, 4305, 16, 1,
                            "The log in this set begins at LSN %s, too late for the database. An"
                            " earlier log that holds LSN %s can be restored.",
                            edge, redo);
    }
    bool equal_applies = run->instance->lab->switches.log_edge_equal_applies;
    if (log->last_lsn < database->redo_lsn ||
        (log->last_lsn == database->redo_lsn && !equal_applies)) {
        lsn_text(edge, log->last_lsn);
        return restore_fail(run, 4326, 16, 1,
                            "The log in this set ends at LSN %s, too early for the database. A"
                            " later log that holds LSN %s can be restored.",
                            edge, redo);
    }
    if (!timeline_may_follow(database->timeline, log->timeline, database->redo_lsn,
                             log->last_lsn)) {
        return restore_fail(run, 4330, 16, 1,
                            "The set cannot be used: its recovery path conflicts with the"
                            " database's.");
    }
    return true;
}

bool restore_check_log(struct restore_run *run)
{
    const struct backup_file *log = run->file;
    struct database *database = run->database;
    if (database == NULL) {
        return restore_fail(run, 3118, 16, 1,
                            "The database \"%s\" does not exist; only a full backup can make it.",
                            run->statement->database);
    }
    if (!check_unused(run)) {
        return false;
    }
    if (!awaits_log(database)) {
        return restore_fail(run, 3117, 16, 1,
                            "The log cannot be restored: no files are ready to roll forward.");
    }
    if (log->type != 'L') {
        return restore_fail(run, 3135, 16, 1,
                            "The set in file 1 is a database backup and cannot be used for this"
                            " restore.");
    }
    if (memcmp(log->timeline->family_guid, database->timeline->family_guid, 16) != 0) {
        return restore_fail(run, 3154, 16, 4,
                            "The set holds a backup of another database than '%s'.",
                            database->name);
    }
    if (database->mid_full_restore) {
        return restore_fail(run, 4319, 16, 1,
                            "An earlier restore was interrupted and did not finish file '%s'.",
                            database->files[0].logical_name);
    }
    if (log->damaged) {
        return restore_fail(run, 3189, 16, 1, "Damage to the backup set was found.");
    }
    if (run->statement->checksum && !log->has_checksums) {
        return restore_fail(run, 3187, 16, 1, "The set holds no checksums to verify.");
    }
    return restore_check_certificate(run) && check_standby(run) && check_log_order(run);
}

bool restore_check_certificate(struct restore_run *run)
{
    const struct backup_file *file = run->file;
    if (!file->encrypted || (run->instance->has_certificate &&
                             memcmp(run->instance->certificate_thumbprint, file->tde_thumbprint,
                                    sizeof file->tde_thumbprint) == 0)) {
        return true;
    }
    char digits[43] = "0x";
    for (size_t i = 0; i < sizeof file->tde_thumbprint; i++) {
        snprintf(digits + 2 + 2 * i, 3, "%02X", file->tde_thumbprint[i]);
    }
    return restore_fail(run, 33111, 16, 3, "Cannot find server %s with thumbprint '%s'.",
                        "certificate", digits);
}

/* "lsn:123" -> the number. */
static bool parse_stop_lsn(struct restore_run *run, lab_lsn *lsn)
{
    if (lab_lsn_parse(lsn, run->statement->stop_name + 4)) {
        return true;
    }
    return restore_fail(run, 4334, 16, 1, "The named mark does not identify a valid LSN.");
}

static bool is_lsn_mark(const struct restore_statement *statement)
{
    return strncmp(statement->stop_name, "lsn:", 4) == 0;
}

static bool find_stop_lsn(struct restore_run *run)
{
    lab_lsn stop;
    if (!parse_stop_lsn(run, &stop)) {
        return false;
    }
    if (stop < run->database->redo_lsn) {
        return restore_fail(run, 4335, 16, 1,
                            "The stop point is too early: the database is beyond it.");
    }
    run->reached = stop < run->file->last_lsn;
    run->stop_lsn = run->statement->stop == RESTORE_STOPATMARK ? lsn_advance(stop, 0) : stop;
    return true;
}

static bool find_stop_mark(struct restore_run *run)
{
    const struct restore_statement *statement = run->statement;
    int64_t after = statement->has_after
                        ? instance_utc_of_local(run->instance, statement->after_ticks)
                        : INT64_MIN;
    const struct log_record *mark =
        timeline_find_mark(run->file->timeline, statement->stop_name, run->database->redo_lsn,
                           run->file->last_lsn, after);
    run->reached = mark != NULL && !run->file->unmarked;
    if (run->reached) {
        run->stop_lsn =
            statement->stop == RESTORE_STOPATMARK ? lsn_advance(mark->lsn, 0) : mark->begin_lsn;
    }
    return true;
}

static bool find_stop_time(struct restore_run *run)
{
    int64_t stop_at = instance_utc_of_local(run->instance, run->statement->stop_at_ticks);
    int64_t start = run->file->start_utc_ms;
    if (stop_at > start) {
        run->reached = false;
        return true;
    }
    const struct log_record *next =
        timeline_find_time(run->file->timeline, stop_at + 1, 0, run->file->last_lsn);
    lab_lsn stop = next == NULL ? run->file->last_lsn : next->lsn;
    if (stop < run->file->first_lsn) {
        return restore_fail(run, 4338, 16, 1, "The stop point lies before this whole set.");
    }
    if (stop < run->database->redo_lsn) {
        return restore_fail(run, 4335, 16, 1,
                            "The stop point is too early: the database is beyond it.");
    }
    run->reached = true;
    run->stop_lsn = stop;
    return true;
}

bool restore_check_stop(struct restore_run *run)
{
    run->has_stop = run->statement->stop != RESTORE_STOP_NONE;
    bool found = true;
    if (run->statement->stop == RESTORE_STOPAT) {
        found = find_stop_time(run);
    } else if (run->has_stop) {
        found = is_lsn_mark(run->statement) ? find_stop_lsn(run) : find_stop_mark(run);
    }
    if (found && run->reached && run->file->bulk_logged) {
        return restore_fail(run, 4341, 16, 1,
                            "This log holds bulk-logged changes: it cannot be stopped inside.");
    }
    return found;
}

bool restore_check_recovery_only(struct restore_run *run)
{
    struct database *database = run->database;
    if (database == NULL) {
        return restore_fail(run, 3118, 16, 1, "The database \"%s\" does not exist.",
                            run->statement->database);
    }
    if (!check_unused(run)) {
        return false;
    }
    if (!awaits_log(database)) {
        return restore_fail(run, 3153, 16, 2, "The database is already fully recovered.");
    }
    if (database->mid_full_restore) {
        return restore_fail(run, 4333, 16, 1,
                            "The database cannot be recovered: the log was not restored.");
    }
    return check_standby(run);
}

static bool check_existing(struct restore_run *run)
{
    const struct database *database = run->database;
    if (database->mirrored) {
        return restore_fail(run, 3104, 16, 1,
                            "RESTORE cannot work on database '%s': it is mirrored or in an"
                            " availability group.",
                            database->name);
    }
    if (!check_unused(run)) {
        return false;
    }
    bool same_family =
        database->timeline != NULL &&
        memcmp(run->file->timeline->family_guid, database->timeline->family_guid, 16) == 0;
    if (!same_family && !run->statement->replace) {
        return restore_fail(run, 3154, 16, 4,
                            "The set holds a backup of another database than '%s'.",
                            database->name);
    }
    if (database->state == DATABASE_ONLINE && !database->standby && !run->statement->replace &&
        database->recovery_model != 3 && !database->tail_backed_up) {
        return restore_fail(run, run->statement->stop == RESTORE_STOPAT ? 3173 : 3159, 16, 1,
                            "The tail of the log of database \"%s\" is not backed up.",
                            database->name);
    }
    return true;
}

bool restore_check_database(struct restore_run *run)
{
    const struct restore_statement *statement = run->statement;
    const struct backup_file *file = run->file;
    if (run->database != NULL && run->database->system) {
        return restore_fail(run, 3168, 16, 1,
                            "The backup of a system database on device %s is of another version.",
                            statement->device);
    }
    if ((statement->stop == RESTORE_STOPATMARK || statement->stop == RESTORE_STOPBEFOREMARK) &&
        !is_lsn_mark(statement)) {
        return restore_fail(run, 4340, 16, 1, "A named mark is possible in RESTORE LOG only.");
    }
    if (file->type == 'L') {
        return restore_fail(run, 3135, 16, 2,
                            "The set in file 1 is a log backup and cannot be used for this"
                            " restore.");
    }
    if (file->major_version > run->instance->major_version) {
        return restore_fail(run, 3169, 16, 1,
                            "The database was backed up by version %d.00.%d, which this server"
                            " (%d.00.%d) cannot read.",
                            file->major_version, file->build, run->instance->major_version,
                            run->instance->build);
    }
    if (file->damaged) {
        return restore_fail(run, 3189, 16, 1, "Damage to the backup set was found.");
    }
    if (statement->checksum && !file->has_checksums) {
        return restore_fail(run, 3187, 16, 1, "The set holds no checksums to verify.");
    }
    return restore_check_certificate(run) && check_standby(run) &&
           (run->database == NULL || check_existing(run));
}
