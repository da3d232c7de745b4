#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "tests/lab/engine.h"
#include "tests/lab/restore.h"

enum restore_end restore_end_of(const struct restore_statement *statement)
{
    return statement->end == RESTORE_END_DEFAULT ? RESTORE_RECOVERY : statement->end;
}

/* 3104: it belongs to mirroring or an availability group; 3101, 3102: a RESTORE needs the database
 * for itself. */
static bool check_exclusive(struct restore_run *run)
{
    const struct database *database = run->database;
    if (database->mirrored || database->availability_group[0] != '\0') {
        return restore_fail(run, 3104, RESTORE_TEXTS(database->name));
    }
    if (run->session->database == database) {
        return restore_fail(run, 3102, RESTORE_TEXTS("RESTORE", database->name));
    }
    if (session_single_user(run->session, database) != NULL) {
        return restore_fail(run, 3101, NULL); /* held from wherever its session is */
    }
    for (const struct session *other = run->instance->sessions; other != NULL;
         other = other->next) {
        if (other != run->session && !other->killed &&
            (other->database == database || other->restoring == database)) {
            return restore_fail(run, 3101, NULL);
        }
    }
    return true;
}

static bool awaits_log(const struct database *database)
{
    return database->state == DATABASE_RESTORING ||
           (database->state == DATABASE_ONLINE && database->standby);
}

/* 3135: the set in the file is of a kind that this statement does not take. */
static bool fail_kind(struct restore_run *run)
{
    char position[12];
    snprintf(position, sizeof position, "%d", run->file->position);
    return restore_fail(run, 3135,
                        RESTORE_TEXTS(position, run->file->type == 'L'   ? "log"
                                                : run->file->type == 'I' ? "differential"
                                                                         : "database"));
}

/* The undo file must be made: its folder and the room for it. */
static bool check_standby_place(struct restore_run *run)
{
    const char *path = run->statement->standby_file;
    enum folder_state state = folder_state_of(run->instance, path);
    bool bad = state == FOLDER_MISSING || state == FOLDER_DENIED;
    if (bad && run->instance->lab->switches.standby_folder_is_3170) {
        return restore_fail(run, 3170, NULL);
    }
    if (bad) {
        return restore_fail(run, 3634,
                            RESTORE_TEXTS(state == FOLDER_MISSING ? "3(the path is not there)"
                                                                  : "5(access is denied)",
                                          "CreateFileW", path));
    }
    if (run->instance->disk_free_bytes == 0) {
        return restore_fail(run, 3634, RESTORE_TEXTS("112(the disk is full)", "WriteFile", path));
    }
    return true;
}

static bool check_standby(struct restore_run *run)
{
    if (run->statement->end != RESTORE_STANDBY) {
        return true;
    }
    if (run->statement->standby_file[0] == '\0') {
        return restore_fail(run, 3170, NULL);
    }
    /* Without FROM it is the database that would have to be upgraded first. */
    int major = run->file != NULL ? run->file->major_version : run->database->content_major;
    if (major != 0 && major != run->instance->major_version) {
        return restore_fail(run, 3180, NULL);
    }
    return check_standby_place(run);
}

/* The undo file of a STANDBY database is needed to go on; without it only a new full restore
 * helps. */
static bool check_undo_file(struct restore_run *run)
{
    struct database *database = run->database;
    char id[12];
    if (database->state != DATABASE_ONLINE || !database->standby ||
        (folder_state_of(run->instance, database->undo_file) != FOLDER_MISSING &&
         folder_state_of(run->instance, database->undo_file) != FOLDER_DENIED)) {
        return true;
    }
    if (run->instance->lab->switches.lost_undo_is_suspect) {
        engine_content_drop(run->instance->engine, database);
        database->state = DATABASE_SUSPECT;
        database->standby = false;
    }
    snprintf(id, sizeof id, "%d", database->id);
    return restore_fail(run, 3441,
                        RESTORE_TEXTS(database->name, id, database->undo_file,
                                      "2(the file is not there)"));
}

static bool check_log_order(struct restore_run *run)
{
    const struct backup_file *log = run->file;
    const struct database *database = run->database;
    char edge[26], redo[26];
    lsn_text(redo, database->redo_lsn);
    if (log->first_lsn > database->redo_lsn) {
        lsn_text(edge, log->first_lsn);
        return restore_fail(run, 4305, RESTORE_TEXTS(edge, redo));
    }
    /* source: domain facts: an empty log may be kept in a sequence or left out */
    bool empty = log->first_lsn == log->last_lsn;
    bool equal_applies = empty || run->instance->lab->switches.log_edge_equal_applies;
    if (log->last_lsn < database->redo_lsn ||
        (log->last_lsn == database->redo_lsn && !equal_applies)) {
        lsn_text(edge, log->last_lsn);
        return restore_fail(run, 4326, RESTORE_TEXTS(edge, redo));
    }
    bool stopped_inside = database->stopped_at_mark && log->first_lsn < database->redo_lsn;
    if (stopped_inside && run->instance->lab->switches.stopped_log_is_4326) {
        lsn_text(edge, log->last_lsn);
        return restore_fail(run, 4326, RESTORE_TEXTS(edge, redo));
    }
    if (!timeline_may_follow(database->timeline, log->timeline, database->redo_lsn,
                             log->last_lsn)) {
        return restore_fail(run, 4330, NULL);
    }
    return true;
}

bool restore_check_log(struct restore_run *run)
{
    const struct backup_file *log = run->file;
    struct database *database = run->database;
    if (database == NULL) {
        return restore_fail(run, 3118, RESTORE_TEXTS(run->statement->database));
    }
    if (!check_exclusive(run)) {
        return false;
    }
    if (!awaits_log(database)) {
        return restore_fail(run, 3117, NULL);
    }
    if (log->type != 'L') {
        return fail_kind(run);
    }
    if (memcmp(log->timeline->family_guid, database->timeline->family_guid, 16) != 0) {
        return restore_fail(run, 3154, RESTORE_TEXTS(database->name));
    }
    if (database->mid_full_restore) {
        return restore_fail(run, 4319, RESTORE_TEXTS(database->files[0].logical_name));
    }
    if (database->file_not_restored) {
        return restore_fail(run, 4320, RESTORE_TEXTS(database->files[0].logical_name));
    }
    if (database->continue_after_error && !run->statement->continue_after_error) {
        return restore_fail(run, 4323, NULL);
    }
    return restore_check_set(run) && check_standby(run) && check_undo_file(run) &&
           check_log_order(run) && restore_check_fit(run);
}

/* A differential set: on its own base, onto a database that waits, not behind what it has. */
static bool check_differential(struct restore_run *run)
{
    struct database *database = run->database;
    if (database == NULL) {
        return restore_fail(run, 3118, RESTORE_TEXTS(run->statement->database));
    }
    if (!check_exclusive(run)) {
        return false;
    }
    if (!awaits_log(database)) {
        return restore_fail(run, 3117, NULL);
    }
    if (database->mid_full_restore) {
        return restore_fail(run, 4319, RESTORE_TEXTS(database->files[0].logical_name));
    }
    if (memcmp(run->file->base_set_guid, database->base_set_guid,
               sizeof database->base_set_guid) != 0) {
        return restore_fail(run, 3136, NULL);
    }
    if (run->file->last_lsn <= database->redo_lsn) {
        return restore_fail(run, 3178, RESTORE_TEXTS(database->files[0].logical_name));
    }
    return restore_check_set(run) && check_standby(run);
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
    return restore_fail(run, 33111, RESTORE_TEXTS("certificate", digits));
}

bool restore_check_recovery_only(struct restore_run *run)
{
    static const char *const states[] = {"online",  "restoring", "recovering", "pending",
                                         "suspect", "emergency", "offline"};
    struct database *database = run->database;
    char redo[26], needed[26];
    if (database == NULL) {
        return restore_fail(run, 3118, RESTORE_TEXTS(run->statement->database));
    }
    if (!check_exclusive(run)) {
        return false;
    }
    if (database->state != DATABASE_ONLINE && database->state != DATABASE_RESTORING) {
        return restore_fail(run, 3402, RESTORE_TEXTS(database->name, states[database->state]));
    }
    if (!awaits_log(database)) {
        return restore_fail(run, 3153, NULL);
    }
    if (database->mid_full_restore) {
        return restore_fail(run, 4333, NULL);
    }
    if (database->redo_lsn < database->recover_from_lsn) {
        lsn_text(redo, database->redo_lsn);
        lsn_text(needed, database->recover_from_lsn);
        return restore_fail(run, 4303, RESTORE_TEXTS(redo, needed));
    }
    return check_standby(run);
}

static bool check_existing(struct restore_run *run)
{
    const struct database *database = run->database;
    const struct restore_statement *statement = run->statement;
    if (!check_exclusive(run)) {
        return false;
    }
    bool same_family =
        database->timeline != NULL &&
        memcmp(run->file->timeline->family_guid, database->timeline->family_guid, 16) == 0;
    bool waits = awaits_log(database) && !database->mid_full_restore;
    bool needs_replace =
        !same_family || (waits && run->instance->lab->switches.restoring_needs_replace);
    if (needs_replace && !statement->replace) {
        return restore_fail(run, 3154, RESTORE_TEXTS(database->name));
    }
    if (run->instance->lab->switches.other_name_is_3141 && !statement->replace &&
        !text_equal_nocase(run->file->database_name, database->name)) {
        return restore_fail(run, 3141, RESTORE_TEXTS(run->file->database_name, database->name));
    }
    if (database->state == DATABASE_ONLINE && !database->standby && !statement->replace &&
        database->recovery_model != 3 && !database->tail_backed_up) {
        return restore_fail(run, statement->stop == RESTORE_STOPAT ? 3173 : 3159,
                            RESTORE_TEXTS(database->name));
    }
    return true;
}

/* 3169: a set of a newer version. */
static bool check_version(struct restore_run *run)
{
    char of_set[32], of_server[32];
    if (run->file->major_version <= run->instance->major_version) {
        return true;
    }
    snprintf(of_set, sizeof of_set, "%d.00.%d", run->file->major_version, run->file->build);
    snprintf(of_server, sizeof of_server, "%d.00.%d", run->instance->major_version,
             run->instance->build);
    return restore_fail(run, 3169, RESTORE_TEXTS(of_set, of_server));
}

bool restore_check_database(struct restore_run *run)
{
    const struct restore_statement *statement = run->statement;
    if (run->database != NULL && run->database->system) {
        return restore_fail(run, 3168, RESTORE_TEXTS(statement->device, "0", "0"));
    }
    if ((statement->stop == RESTORE_STOPATMARK || statement->stop == RESTORE_STOPBEFOREMARK) &&
        !restore_stops_at_lsn(statement)) {
        return restore_fail(run, 4340, NULL);
    }
    if (!restore_check_stop_lsn(run)) {
        return false;
    }
    if (run->file->type == 'L') {
        return fail_kind(run);
    }
    if (run->file->type == 'I') {
        return check_differential(run);
    }
    return check_version(run) && restore_check_set(run) && check_standby(run) &&
           (run->database == NULL || check_existing(run));
}
