/* Proof of the files: every planned file is opened by the server that will read it, and must be
 * what the plan takes it for. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/execute_internal.h"
#include "core/tsql_write.h"

struct header {
    int position; /* that the plan's statement reads */
    bool found;
    int type; /* 1 full, 2 log */
    char database[129], family[37], first_fork[37], last_fork[37];
    struct lsn first_lsn, last_lsn, fork_point_lsn;
    bool damaged, bulk_logged;
};

static bool take_header(void *context, const struct tds_row *row)
{
    struct header *header = context;
    if (header->found || tds_integer(row, "Position", 1) != header->position)
        return true;
    header->found = true;
    header->type = (int)tds_integer(row, "BackupType", 0);
    const char *name = tds_text(row, "DatabaseName");
    text_copy(header->database, sizeof header->database, name == NULL ? "" : name);
    header->first_lsn = tds_lsn(row, "FirstLSN");
    header->last_lsn = tds_lsn(row, "LastLSN");
    lsn_settle_range(&header->first_lsn, &header->last_lsn);
    header->fork_point_lsn = tds_lsn(row, "ForkPointLSN");
    header->damaged = tds_bit(row, "IsDamaged") == 1;
    header->bulk_logged = tds_bit(row, "HasBulkLoggedData") == 1;
    tds_guid(row, "FamilyGUID", header->family);
    tds_guid(row, "FirstRecoveryForkID", header->first_fork);
    tds_guid(row, "RecoveryForkID", header->last_fork);
    return true;
}

static bool take_family(void *context, const struct tds_row *row)
{
    tds_guid(row, "family_guid", context);
    return true;
}

static bool differs(struct error *error, const struct plan_step *step, const char *what)
{
    return error_set(error, ERR_REFUSED, NULL, "make a new plan", "%s: %s", step->file, what) ==
           ERR_OK;
}

static bool check_lsn(struct error *error, const struct plan_step *step, const char *which,
                      struct lsn planned, struct lsn header)
{
    if (!lsn_is_known(planned) || (lsn_is_known(header) && lsn_compare(planned, header) == 0))
        return true;
    char a[LSN_TEXT_SIZE], b[LSN_TEXT_SIZE], what[200];
    lsn_format(a, sizeof a, planned);
    lsn_format(b, sizeof b, header);
    snprintf(what, sizeof what, "its %s LSN is %s, the plan has %s", which, b, a);
    return differs(error, step, what);
}

/* What the file is, against what the plan takes it for. */
static bool check_header(const struct lane *lane, const struct plan_step *step,
                         const struct header *header, struct error *error)
{
    bool full = step->kind == STEP_RESTORE_FULL;
    char what[400];
    if (!header->found)
        return differs(error, step, "it holds no backup");
    if (header->type != (full ? 1 : 2)) {
        snprintf(what, sizeof what, "it is no %s backup (type %d)", full ? "full" : "log",
                 header->type);
        return differs(error, step, what);
    }
    if (!text_equal_nocase(header->database, lane->plan->original)) {
        char shown[129];
        text_clean(shown, sizeof shown, header->database);
        snprintf(what, sizeof what, "it is a backup of the database %s", shown);
        return differs(error, step, what);
    }
    if (header->damaged)
        return differs(error, step, "its header says that it is damaged");
    if (!full && header->bulk_logged && step == lane_last_log(lane))
        return differs(error, step,
                       "it is bulk-logged, so a restore cannot stop inside (choose another mark)");
    if (lane->family[0] != '\0' && header->family[0] != '\0' &&
        strcmp(lane->family, header->family) != 0)
        return differs(error, step, "it belongs to another database of that name (family)");
    if (!lsn_is_known(header->first_lsn))
        return differs(error, step, "its header tells no LSNs");
    return check_lsn(error, step, "first", step->first_lsn, header->first_lsn) &&
           check_lsn(error, step, "last", step->last_lsn, header->last_lsn);
}

/* Each log must continue what stands before it: LSNs touch or overlap, and the fork is the same
 * unless the log itself holds the fork's point. */
static bool check_link(const struct plan_step *step, const struct header *before,
                       const struct header *header, struct error *error)
{
    if (!before->found || step->kind != STEP_RESTORE_LOG)
        return true;
    if (lsn_compare(header->first_lsn, before->last_lsn) > 0)
        return differs(error, step, "it begins behind the end of the file before it");
    if (before->last_fork[0] != '\0' && header->first_fork[0] != '\0' &&
        strcmp(before->last_fork, header->first_fork) != 0)
        return differs(error, step, "it is of another recovery fork than the file before it");
    return true;
}

/* The first log onto a database that rolls forward. */
static bool check_start(const struct lane *lane, const struct plan_step *step,
                        const struct header *header, struct error *error)
{
    struct lsn redo = lane->live.redo_lsn;
    if (step->kind != STEP_RESTORE_LOG || lane->live.state != STATE_RESTORING ||
        !lsn_is_known(redo))
        return true;
    if (lsn_compare(header->first_lsn, redo) > 0)
        return differs(error, step, "it begins behind the database's redo point: a log is missing");
    if (lsn_compare(header->last_lsn, redo) <= 0)
        return differs(error, step, "it is applied already");
    return true;
}

static void learn(struct plan_step *step, const struct header *header)
{
    step->first_lsn = header->first_lsn;
    step->last_lsn = header->last_lsn;
    step->evidence = EVIDENCE_HEADER;
}

/* The data and log files that a backup holds, against the plan's MOVEs. */
struct file_check {
    const struct lane *lane;
    const struct plan_step *step;
    size_t moved; /* files of the backup that the step moves */
    char unmoved[129];
};

static bool take_backup_file(void *context, const struct tds_row *row)
{
    struct file_check *check = context;
    const char *name = tds_text(row, "LogicalName");
    bool moved = false;
    for (size_t i = 0; name != NULL && i < check->step->moves_count; i++)
        moved = moved || text_equal_nocase(check->step->moves[i].name, name);
    check->moved += moved;
    if (!moved)
        text_clean(check->unmoved, sizeof check->unmoved, name);
    return true;
}

/* A MOVE of a file that the backup does not hold fails (3234); a file of a copy that is not moved
 * would be written over the standby's own. */
static bool check_files(const struct file_check *check, struct error *error)
{
    const struct plan_step *step = check->step;
    char what[400];
    if (check->moved < step->moves_count) {
        snprintf(what, sizeof what, "the plan moves %zu of its files, and it holds only %zu of them",
                 step->moves_count, check->moved);
        return differs(error, step, what);
    }
    bool copy = strcmp(check->lane->plan->original, check->lane->plan->database) != 0;
    if (step->kind != STEP_RESTORE_FULL || !copy || check->unmoved[0] == '\0')
        return true;
    snprintf(what, sizeof what, "the plan does not say where the copy's file %s goes",
             check->unmoved);
    return differs(error, step, what);
}

static bool read_file(struct lane *lane, struct link *link, const struct plan_step *step,
                      struct header *header, struct error *error)
{
    struct file_check check = {.lane = lane, .step = step};
    header->position = step->position;
    if (link_run(link, tsql_header_only(step->file), take_header, header, NULL, error) != ERR_OK ||
        link_run(link, tsql_file_list_only(step->file, step->position), take_backup_file, &check, NULL, error) !=
            ERR_OK ||
        !check_files(&check, error))
        return false;
    /* Before the first RESTORE DATABASE over an existing database every file is read whole: the
     * old content is lost with the statement's first page. */
    if (lane->plan->route != ROUTE_FULL_RESTORE || !lane->plan->existed)
        return true;
    link->patient = true;
    bool verified = link_run(link, tsql_verify_only(step->file, step->position), NULL, NULL, NULL, error) == ERR_OK;
    link->patient = false;
    return verified;
}

bool lane_prove_files(struct lane *lane, struct link *link)
{
    struct execution *execution = lane->execution;
    struct plan_database *plan = &execution->plan->databases[lane - execution->lanes];
    struct header before = {0};
    struct error error;
    error_clear(&error);
    lane->family[0] = '\0';
    /* A family that cannot be seen is learnt from the first file. */
    if (lane->live.state != STATE_ABSENT && lane->plan->route != ROUTE_FULL_RESTORE)
        link_run(link, tsql_database_family(plan->database), take_family, lane->family, NULL, NULL);
    bool first = true;
    for (size_t i = lane->next; i < plan->steps_count; i++) {
        struct plan_step *step = &plan->steps[i];
        struct header header = {0};
        if (step->file == NULL ||
            (step->kind != STEP_RESTORE_FULL && step->kind != STEP_RESTORE_LOG))
            continue;
        if (execution_aborting(execution))
            return false;
        lane_set(lane, LANE_WAITING, step->file);
        if (!read_file(lane, link, step, &header, &error)) {
            if (error.hint[0] == '\0')
                text_copy(error.hint, sizeof error.hint, restore_hint(error.server_number));
            return lane_fail(lane, &error);
        }
        if (!check_header(lane, step, &header, &error) ||
            !check_link(step, &before, &header, &error) ||
            (first && !check_start(lane, step, &header, &error)))
            return lane_fail(lane, &error);
        if (lane->family[0] == '\0')
            text_copy(lane->family, sizeof lane->family, header.family);
        learn(step, &header);
        before = header;
        first = false;
    }
    plan->evidence = EVIDENCE_HEADER;
    return true;
}
