#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "tests/lab/biztalk.h"
#include "tests/lab/engine.h"
#include "tests/lab/model.h"
#include "tests/lab/msdb.h"
#include "tests/lab/scenario_build.h"
#include "tests/lab/shipping.h"

/* A set of the past, until the destinations have dealt with it. */
struct past_set {
    int64_t id;
    bool full, complete, restored;
    int64_t taken_utc_ms, restored_utc_ms;
    struct backup_file *files[GROUP_MEMBERS]; /* by member; NULL = none */
};

struct past {
    struct old_history old;
    struct past_set *items;
    size_t items_count, items_capacity;
};

static const struct history_exception *exception_at(const struct history_plan *plan, int64_t time,
                                                    bool stolen)
{
    for (size_t i = 0; i < plan->exceptions_count; i++) {
        if ((plan->exceptions[i].stolen_from != NULL) == stolen &&
            plan->exceptions[i].utc_ms >= time &&
            plan->exceptions[i].utc_ms < time + plan->every_ms) {
            return &plan->exceptions[i];
        }
    }
    return NULL;
}

static void take_past_set(struct biztalk_group *group, struct past *past, bool full,
                          const struct database *fails_at, int mark_ms)
{
    struct lab *lab = group->management->instance->lab;
    struct set_run run = {.group = group, .full = full};
    struct past_set *set = memory_append(past, items);
    lab->now_base_utc_ms += full ? 200 : mark_ms;
    biztalk_begin_set(&run);
    *set = (struct past_set){
        .id = run.set_id, .full = full, .complete = true, .taken_utc_ms = run.started_utc_ms};
    if (!full) {
        biztalk_mark_all(&run);
    }
    for (size_t i = 0; i < group->members_count; i++) {
        if (group->members[i].database == fails_at) {
            set->complete = false;
            break;
        }
        set->files[i] = biztalk_backup_member(&run, i, fails_at == NULL, NULL);
        lab->now_base_utc_ms += set->files[i]->finish_utc_ms - set->files[i]->start_utc_ms;
    }
    if (full && set->complete) {
        group->last_full_utc_ms = run.started_utc_ms;
        group->partial_since_full = false;
    }
    if (!set->complete) {
        group->partial_since_full = true;
    }
}

static bool lacks(const struct history_set *listed, const struct database *database)
{
    for (size_t i = 0; i < listed->without_count; i++) {
        if (listed->without[i] == database) {
            return true;
        }
    }
    return false;
}

/* A set as the scenario lists it: number, time and names are the ones of another estate. */
static void take_listed_set(struct biztalk_group *group, struct past *past,
                            const struct history_set *listed)
{
    struct lab *lab = group->management->instance->lab;
    struct set_run run = {.group = group, .full = listed->full};
    struct past_set *set = memory_append(past, items);
    if (lab->now_base_utc_ms < listed->utc_ms) {
        lab->now_base_utc_ms = listed->utc_ms;
    }
    group->next_set_id = listed->id;
    biztalk_begin_set(&run);
    if (listed->stamp[0] != '\0') {
        text_copy(run.stamp, sizeof run.stamp, listed->stamp);
    }
    *set = (struct past_set){.id = run.set_id,
                             .full = listed->full,
                             .complete = listed->complete,
                             .taken_utc_ms = run.started_utc_ms};
    if (!listed->full) {
        biztalk_mark_all(&run);
    }
    for (size_t i = 0; i < group->members_count; i++) {
        if (lacks(listed, group->members[i].database)) {
            continue;
        }
        set->files[i] = biztalk_backup_member(&run, i, listed->complete, NULL);
        lab->now_base_utc_ms += set->files[i]->finish_utc_ms - set->files[i]->start_utc_ms;
    }
    if (listed->full && listed->complete) {
        group->last_full_utc_ms = run.started_utc_ms;
    }
    group->partial_since_full =
        !listed->complete || (group->partial_since_full && !listed->full);
}

static void run_past_job(struct biztalk_group *group, const struct history_plan *plan,
                         struct past *past, int64_t time)
{
    struct lab *lab = group->management->instance->lab;
    const struct history_exception *exception = exception_at(plan, time, false);
    lab->now_base_utc_ms = time;
    if (exception != NULL && exception->fails_at == NULL) {
        group->next_set_id++;
        return;
    }
    if (biztalk_full_is_due(group, true, plan->backup_hour)) {
        take_past_set(group, past, true, NULL, plan->mark_ms);
        /* the log set of the same run follows; its mark keeps the job's rhythm if there is time */
        if (lab->now_base_utc_ms < time + 1000) {
            lab->now_base_utc_ms = time + 1000;
        }
        take_past_set(group, past, false, exception == NULL ? NULL : exception->fails_at, 0);
        return;
    }
    take_past_set(group, past, false, exception == NULL ? NULL : exception->fails_at,
                  plan->mark_ms);
}

/* --- what the destinations did with the sets ----------------------------------------------------
 */

static bool wanted(const struct shipping *shipping, const struct database *database)
{
    return shipping_wants(shipping, instance_known_as(database->instance));
}

static bool complete_log_follows(const struct past *past, size_t from, size_t imported)
{
    for (size_t i = from + 1; i < imported; i++) {
        if (!past->items[i].full && past->items[i].complete) {
            return true;
        }
    }
    return false;
}

/* The full set after a break in the chain that repairs it. */
static size_t repairing_full(const struct past *past, size_t from, size_t imported)
{
    for (size_t i = from; i < imported; i++) {
        if (past->items[i].full && past->items[i].complete &&
            complete_log_follows(past, i, imported)) {
            return i;
        }
    }
    return imported;
}

/* True if every log of the set follows what its database has; then it has this log too. */
static bool follows(const struct past_set *set, lab_lsn redo[GROUP_MEMBERS])
{
    for (size_t m = 0; m < GROUP_MEMBERS; m++) {
        if (!set->full && set->files[m] != NULL && set->files[m]->first_lsn > redo[m]) {
            return false;
        }
    }
    for (size_t m = 0; m < GROUP_MEMBERS; m++) {
        if (set->files[m] != NULL) {
            redo[m] = set->files[m]->last_lsn;
        }
    }
    return true;
}

/* Marks the sets that the shipping job has restored; returns the index of the last. */
static size_t choose_restored(struct past *past, const struct history_plan *plan, size_t imported)
{
    size_t last = SIZE_MAX;
    lab_lsn redo[GROUP_MEMBERS] = {0};
    size_t at = repairing_full(past, 0, imported);
    while (at < imported) {
        struct past_set *set = &past->items[at];
        if (!follows(set, redo)) {
            at = repairing_full(past, at, imported);
            continue;
        }
        set->restored = true;
        set->restored_utc_ms = set->taken_utc_ms + plan->every_ms + 75000;
        if (set->restored_utc_ms > plan->now_utc_ms) {
            set->restored_utc_ms = plan->now_utc_ms - 20000;
        }
        last = at;
        size_t next = at + 1;
        while (next < imported && past->items[next].full) {
            next++;
        }
        if (next < imported && !past->items[next].complete) {
            next = repairing_full(past, next, imported);
        } else if (next < imported && !complete_log_follows(past, next, imported)) {
            break;
        }
        at = next;
    }
    return last;
}

/* What the scenario says of this database of the destination; NULL = nothing. The later word
 * counts. */
static const struct standby_position *
position_of(const struct history_plan *plan, const struct instance *instance, const char *database)
{
    const struct standby_position *found = NULL;
    for (size_t i = 0; i < plan->positions_count; i++) {
        const struct standby_position *position = &plan->positions[i];
        if (position->instance == instance &&
            (position->database[0] == '\0' || text_equal_nocase(position->database, database))) {
            found = position;
        }
    }
    return found;
}

/* behind 1 is what the job leaves; each more takes one restored set back. */
static size_t take_back(const struct past *past, size_t last, int behind)
{
    while (behind > 1 && last != SIZE_MAX && last > 0) {
        do {
            last--;
        } while (last > 0 && !past->items[last].restored);
        behind--;
    }
    return last;
}

/* The newest set that was restored, up to that number; SIZE_MAX = none. */
static size_t applied_up_to(const struct past *past, int64_t id)
{
    for (size_t i = past->items_count; i-- > 0;) {
        if (past->items[i].id <= id && past->items[i].restored) {
            return i;
        }
    }
    return SIZE_MAX;
}

/* A destination while its past is made. */
struct bring_up {
    struct shipping *shipping;
    struct biztalk_group *group;
    struct past *past;
    const struct history_plan *plan;
    size_t imported, at;
    size_t last[GROUP_MEMBERS]; /* by member: index of the last set restored */
};

static bool is_restored(const struct bring_up *up, size_t set, size_t member)
{
    return up->last[member] != SIZE_MAX && set <= up->last[member] &&
           up->past->items[set].restored && up->past->items[set].files[member] != NULL &&
           wanted(up->shipping, up->group->members[member].database);
}

static void write_restores(const struct bring_up *up)
{
    for (size_t i = 0; i < up->imported; i++) {
        const struct past_set *set = &up->past->items[i];
        for (size_t m = 0; m < up->group->members_count; m++) {
            if (is_restored(up, i, m)) {
                struct msdb_restore restore = {
                    .file = set->files[m],
                    .database_name = up->group->members[m].database->name,
                    .user_name = "NT SERVICE\\SQLSERVERAGENT",
                    .replace = set->full,
                    .finished_utc_ms = set->restored_utc_ms + (int64_t)m * 1000,
                    .stop_at_utc_ms = INT64_MIN,
                };
                msdb_write_restore(up->shipping->instance, &restore);
            }
        }
    }
}

static void create_restored(const struct bring_up *up, size_t member)
{
    struct instance *instance = up->shipping->instance;
    const struct database *source = up->group->members[member].database;
    if (up->last[member] == SIZE_MAX || !wanted(up->shipping, source)) {
        return;
    }
    const struct standby_position *position = position_of(up->plan, instance, source->name);
    if (position != NULL && position->state == POSITION_ABSENT) {
        return;
    }
    const struct backup_file *file = up->past->items[up->last[member]].files[member];
    struct database *database = instance_add_restoring(instance, source->name, file->timeline);
    memcpy(database->files, file->files, sizeof database->files);
    database->files_count = file->files_count;
    database->content_major = file->major_version;
    database->redo_lsn = file->last_lsn;
    database->recovery_model = file->recovery_model;
    database->data_bytes = source->data_bytes;
    database->created_utc_ms = up->past->items[0].taken_utc_ms;
    if (position != NULL) {
        database->mirrored = position->mirror;
        if (position->native_secondary) {
            msdb_write_native_secondary(database, source->instance->name);
        }
        text_copy(database->availability_group, sizeof database->availability_group,
                  position->availability_group);
        database->is_secondary = position->mirror || position->availability_group[0] != '\0';
    }
    if (position != NULL && position->state == POSITION_ONLINE) {
        database_recover(database);
    } else if (position != NULL && position->state == POSITION_STANDBY) {
        database_materialise(database);
        database->state = DATABASE_ONLINE;
        database->standby = true;
    }
}

static void import_row(void *context, const struct sql_value *row, size_t count)
{
    struct bring_up *up = context;
    struct sql_value values[HISTORY_COLUMNS];
    (void)count;
    biztalk_history_from_row(up->shipping->instance->lab, row, values);
    while (up->at < up->imported && up->past->items[up->at].id < values[HISTORY_SET].integer) {
        up->at++;
    }
    bool mine = shipping_wants(up->shipping, values[HISTORY_SERVER].bytes);
    if (up->at == up->imported || !mine) {
        return;
    }
    size_t member = 0;
    while (member < up->group->members_count &&
           !text_equal_nocase(up->group->members[member].database->name, values[HISTORY_DATABASE].bytes)) {
        member++;
    }
    shipping_add_row(up->shipping, values,
                     member < up->group->members_count && is_restored(up, up->at, member),
                     up->past->items[up->at].restored_utc_ms);
}

/* The rows of the old sets: all imported, all restored. */
static void ship_old_history(struct shipping *shipping, const struct old_history *old)
{
    for (int64_t i = 0; i < old->rows; i++) {
        struct row row = {0};
        biztalk_old_row(old, i, &row);
        row.values[HISTORY_ID] = sql_integer(i + 1);
        if (shipping_wants(shipping, row.values[HISTORY_SERVER].bytes)) {
            int64_t sets = biztalk_old_sets(old);
            int64_t taken = old->end_utc_ms - (sets - row.values[HISTORY_SET].integer) * old->every_ms;
            shipping_add_row(shipping, row.values, true, taken + 75000);
        }
        row_free(&row);
    }
}

static void bring_up(struct shipping *shipping, struct biztalk_group *group, struct past *past,
                     const struct history_plan *plan)
{
    struct bring_up up = {.shipping = shipping, .group = group, .past = past, .plan = plan};
    size_t lost = (size_t)plan->not_imported;
    up.imported = past->items_count > lost ? past->items_count - lost : 0;
    for (size_t i = 0; i < past->items_count; i++) {
        past->items[i].restored = false;
    }
    size_t last = choose_restored(past, plan, up.imported);
    size_t of_all = last;
    for (size_t m = 0; m < group->members_count; m++) {
        const char *name = group->members[m].database->name;
        const struct standby_position *position = position_of(plan, shipping->instance, name);
        up.last[m] = position != NULL && position->applied > 0
                         ? applied_up_to(past, position->applied)
                         : take_back(past, last, position == NULL ? plan->behind : position->behind);
        if (wanted(shipping, group->members[m].database) && up.last[m] < of_all) {
            of_all = up.last[m];
        }
    }
    ship_old_history(shipping, &past->old);
    char *where = memory_format("BackupSetId > %lld", (long long)biztalk_old_sets(&past->old));
    engine_scan(group->management->instance->engine, group->management, "dbo", "adm_BackupHistory",
                where, "BackupId", import_row, &up);
    free(where);
    write_restores(&up);
    for (size_t m = 0; m < group->members_count; m++) {
        create_restored(&up, m);
    }
    if (of_all != SIZE_MAX) {
        shipping_set_last(shipping, NULL, past->items[of_all].id);
    }
}

static void steal_log(struct lab *lab, const struct history_exception *theft)
{
    struct database *database = theft->stolen_from;
    if (lab->now_base_utc_ms < theft->utc_ms) {
        lab->now_base_utc_ms = theft->utc_ms;
    }
    database_traffic(database);
    int64_t now = lab->now_base_utc_ms;
    database_backup(database, theft->path, 'L', false, now, now + 500,
                    database_backup_size(database, 'L'), "CONTOSO\\backup-tool");
}

/* One record in the management database's log stands for all the rows. */
static void begin_with_old_history(struct biztalk_group *group, const struct old_history *old)
{
    struct database *management = group->management;
    if (old->rows == 0) {
        return;
    }
    struct log_record *record =
        timeline_append(management->timeline, RECORD_OLD_HISTORY, 1 << 20, old->end_utc_ms);
    struct old_history *copy = memory_new(sizeof *copy);
    *copy = *old;
    record->change = copy;
    biztalk_load_old_history(management, old);
    if (group->next_set_id <= biztalk_old_sets(old)) {
        group->next_set_id = biztalk_old_sets(old) + 1;
    }
}

static void take_listed_sets(struct biztalk_group *group, const struct history_plan *plan,
                             struct past *past)
{
    int64_t before = INT64_MIN;
    for (size_t i = 0; i < plan->sets_count; i++) {
        for (size_t k = 0; k < plan->exceptions_count; k++) {
            const struct history_exception *theft = &plan->exceptions[k];
            if (theft->stolen_from != NULL && theft->utc_ms > before &&
                theft->utc_ms <= plan->sets[i].utc_ms) {
                steal_log(group->management->instance->lab, theft);
            }
        }
        take_listed_set(group, past, &plan->sets[i]);
        before = plan->sets[i].utc_ms;
    }
}

static bool is_member(const struct biztalk_group *group, const struct database *database)
{
    for (size_t i = 0; i < group->members_count; i++) {
        if (group->members[i].database == database) {
            return true;
        }
    }
    return false;
}

/* What BAM's own procedures back up each night: the databases that are not in the backup job. */
static void back_up_the_others(struct biztalk_group *group, const struct history_plan *plan)
{
    const int64_t hour_ms = 3600000;
    struct lab *lab = group->management->instance->lab;
    int64_t time = plan->now_utc_ms - 12 * hour_ms;
    time = time < plan->start_utc_ms ? plan->start_utc_ms : time;
    for (size_t i = 0; i < lab->instances_count; i++) {
        struct instance *instance = lab->instances[i];
        for (size_t d = 0; instance->is_source && d < instance->databases_count; d++) {
            struct database *database = instance->databases[d];
            if (database->id <= 4 || is_member(group, database)) {
                continue;
            }
            char *path = memory_format("\\\\backup\\bam\\%s.bak", database->name);
            database_backup(database, path, 'D', false, time, time + 60000, database->data_bytes,
                            "CONTOSO\\bam");
            free(path);
        }
    }
}

void scenario_make_history(struct biztalk_group *group, const struct history_plan *plan)
{
    struct lab *lab = group->management->instance->lab;
    struct past past = {.old = {.group = group,
                                .rows = plan->old_rows,
                                .every_ms = plan->every_ms,
                                .end_utc_ms = plan->start_utc_ms / plan->every_ms * plan->every_ms}};
    begin_with_old_history(group, &past.old);
    int64_t first = plan->start_utc_ms / plan->every_ms * plan->every_ms + plan->every_ms;
    take_listed_sets(group, plan, &past);
    for (int64_t time = first; plan->sets_count == 0 && time <= plan->now_utc_ms;
         time += plan->every_ms) {
        run_past_job(group, plan, &past, time);
        const struct history_exception *theft = exception_at(plan, time, true);
        if (theft != NULL) {
            steal_log(lab, theft);
        }
    }
    lab->now_base_utc_ms = plan->now_utc_ms;
    back_up_the_others(group, plan);
    for (size_t i = 0; i < lab->instances_count; i++) {
        if (lab->instances[i]->shipping != NULL) {
            bring_up(lab->instances[i]->shipping, group, &past, plan);
        }
    }
    free(past.items);
}
