#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "tests/lab/biztalk.h"
#include "tests/lab/engine.h"
#include "tests/lab/model.h"

struct timeline *timeline_new(struct lab *lab, struct table_set *tables)
{
    struct timeline *timeline = memory_new(sizeof *timeline);
    lab_random_guid(lab, timeline->family_guid);
    lab_random_guid(lab, timeline->fork_guid);
    timeline->tables = tables;
    timeline->next_lsn = lsn_next_file((lab_lsn)lab_random_between(lab, 30, 60) * 1000000000000000);
    memory_append(lab, timelines);
    lab->timelines[lab->timelines_count - 1] = timeline;
    timeline_append(timeline, RECORD_CHECKPOINT, 96, lab_now_utc_ms(lab));
    return timeline;
}

struct timeline *timeline_fork(struct lab *lab, struct timeline *parent, lab_lsn at)
{
    struct timeline *timeline = memory_new(sizeof *timeline);
    memcpy(timeline->family_guid, parent->family_guid, sizeof timeline->family_guid);
    lab_random_guid(lab, timeline->fork_guid);
    timeline->parent = parent;
    timeline->fork_lsn = at;
    timeline->tables = parent->tables;
    timeline->origin = parent->origin;
    timeline->writer = parent->writer;
    timeline->next_lsn = lsn_next_file(at);
    memory_append(lab, timelines);
    lab->timelines[lab->timelines_count - 1] = timeline;
    timeline_append(timeline, RECORD_CHECKPOINT, 96, lab_now_utc_ms(lab));
    return timeline;
}

void timeline_free(struct timeline *timeline)
{
    for (size_t i = 0; i < timeline->records_count; i++) {
        free(timeline->records[i].change);
    }
    free(timeline->records);
    free(timeline);
}

struct log_record *timeline_append(struct timeline *timeline, enum record_kind kind,
                                   int64_t size_bytes, int64_t utc_ms)
{
    struct log_record *record = memory_append(timeline, records);
    record->lsn = timeline->next_lsn;
    record->begin_lsn = record->lsn;
    record->kind = kind;
    record->utc_ms = utc_ms;
    timeline->next_lsn = lsn_advance(timeline->next_lsn, size_bytes);
    return record;
}

void timeline_grow(struct timeline *timeline, int64_t size_bytes)
{
    timeline->next_lsn = lsn_advance(timeline->next_lsn, size_bytes);
}

/* Index of the first record at or after lsn. */
static size_t first_at(const struct timeline *timeline, lab_lsn lsn)
{
    size_t low = 0;
    size_t high = timeline->records_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (timeline->records[middle].lsn < lsn) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Source: logmarkhistory's mark_time, which is the source's local time as its clock tells it. */
static bool is_before(const struct timeline *timeline, const struct log_record *record,
                      const struct stop_time *time)
{
    const struct instance *zone = time->zone == NULL ? timeline->writer : time->zone;
    int64_t local_ms = record->utc_ms + timeline->writer->clock_offset_ms +
                       (int64_t)zone->utc_offset_min * 60000;
    return datetime_rounded(local_ms) < time->local_ms;
}

static const struct log_record *find_record(const struct timeline *timeline, const char *mark,
                                            lab_lsn from, lab_lsn until,
                                            const struct stop_time *after)
{
    if (timeline->parent != NULL && from < timeline->fork_lsn) {
        lab_lsn end = until < timeline->fork_lsn ? until : timeline->fork_lsn;
        const struct log_record *found = find_record(timeline->parent, mark, from, end, after);
        if (found != NULL) {
            return found;
        }
    }
    for (size_t i = first_at(timeline, from); i < timeline->records_count; i++) {
        const struct log_record *record = &timeline->records[i];
        if (record->lsn >= until) {
            break;
        }
        if (after != NULL && is_before(timeline, record, after)) {
            continue;
        }
        if (mark == NULL || (record->kind == RECORD_MARK && strcmp(record->mark, mark) == 0)) {
            return record;
        }
    }
    return NULL;
}

const struct log_record *timeline_find_mark(const struct timeline *timeline, const char *mark,
                                            lab_lsn from, lab_lsn until,
                                            const struct stop_time *after)
{
    return find_record(timeline, mark, from, until, after);
}

const struct log_record *timeline_find_time(const struct timeline *timeline,
                                            const struct stop_time *time, lab_lsn from,
                                            lab_lsn until)
{
    return find_record(timeline, NULL, from, until, time);
}

bool timeline_may_follow(const struct timeline *timeline, const struct timeline *log, lab_lsn redo,
                         lab_lsn last_lsn)
{
    for (const struct timeline *at = log; at != NULL; at = at->parent) {
        if (at == timeline) {
            return true;
        }
        if (redo > at->fork_lsn) {
            break;
        }
    }
    /* a log of an ancestor is good as long as it ends before the fork */
    for (const struct timeline *at = timeline; at->parent != NULL; at = at->parent) {
        if (at->parent == log) {
            return last_lsn <= at->fork_lsn;
        }
    }
    return false;
}

lab_lsn database_log(struct database *database, void *change, size_t length)
{
    if (database->timeline == NULL) {
        free(change);
        return 0;
    }
    struct lab *lab = database->instance->lab;
    struct log_record *record = timeline_append(database->timeline, RECORD_CHANGE,
                                                (int64_t)length + 96, lab_now_utc_ms(lab));
    record->change = change;
    record->change_length = length;
    database->tail_backed_up = false;
    return record->lsn;
}

static void write_mark_history(struct session *session, struct database *database,
                               const struct log_record *record, const char *description)
{
    struct database *msdb = instance_database(database->instance, "msdb");
    if (msdb == NULL) {
        return;
    }
    struct row row = {0};
    row_text(&row, database->name);
    row_text(&row, record->mark);
    row_text(&row, description);
    row_text(&row, session == NULL || session->login == NULL ? "sa" : session->login->name);
    row_lsn(&row, record->lsn);
    row_time(&row, database->instance, record->utc_ms);
    row_insert(&row, msdb, "dbo", "logmarkhistory");
}

void database_log_mark(struct session *session, struct database *database, const char *mark,
                       const char *description)
{
    struct timeline *timeline = database->timeline;
    if (timeline == NULL) {
        return;
    }
    const struct log_record *last =
        timeline->records_count == 0 ? NULL : &timeline->records[timeline->records_count - 1];
    /* the marked transaction's own change comes right before its commit */
    lab_lsn begin = last != NULL && last->kind == RECORD_CHANGE ? last->lsn : timeline->next_lsn;
    struct log_record *record =
        timeline_append(timeline, RECORD_MARK, 160, lab_now_utc_ms(database->instance->lab));
    record->begin_lsn = begin;
    text_copy(record->mark, sizeof record->mark, mark);
    write_mark_history(session, database, record, description);
}

static void replay(struct database *database, const struct timeline *timeline, lab_lsn until)
{
    if (timeline->parent != NULL) {
        replay(database, timeline->parent, until < timeline->fork_lsn ? until : timeline->fork_lsn);
    }
    for (size_t i = 0; i < timeline->records_count; i++) {
        const struct log_record *record = &timeline->records[i];
        if (record->lsn >= until) {
            break;
        }
        if (record->kind == RECORD_CHANGE) {
            engine_content_apply(database->instance->engine, database, record->change,
                                 record->change_length);
        } else if (record->kind == RECORD_OLD_HISTORY) {
            biztalk_load_old_history(database, record->change);
        }
    }
}

void database_materialise(struct database *database)
{
    struct engine *engine = database->instance->engine;
    engine_content_drop(engine, database);
    database->tables = database->timeline->tables;
    for (size_t i = 0; i < database->tables->items_count; i++) {
        const struct table_definition *table = &database->tables->items[i];
        if (table->view_text != NULL) {
            engine_create_view(engine, database, table->schema, table->name, table->view_text);
        } else {
            engine_create_table(engine, database, table->schema, table->name, table->columns,
                                table->columns_count, table->key, table->identity);
        }
    }
    replay(database, database->timeline, database->redo_lsn);
    database->has_marking_procedures = database->tables->marking_procedures;
    database->has_management_procedures = database->tables->management_procedures;
}

void database_recover(struct database *database)
{
    struct lab *lab = database->instance->lab;
    lab_lsn redo = database->redo_lsn;
    database->timeline = timeline_fork(lab, database->timeline, redo);
    database->timeline->writer = database->instance;
    /* everything up to the redo point is its content; the fork has none yet */
    database->redo_lsn = database->timeline->next_lsn;
    database_materialise(database);
    database->redo_lsn = redo;
    database->state = DATABASE_ONLINE;
    database->standby = false;
    database->recovered_here = true;
    database->undo_file[0] = '\0';
    database->last_log_backup_lsn = 0;
    database->last_full_checkpoint_lsn = 0;
    database->log_bytes_per_s = 0;
    database->log_bytes_since_backup = 0;
    database->traffic_until_utc_ms = lab_now_utc_ms(lab);
    database->stopped_at_mark = false;
}
