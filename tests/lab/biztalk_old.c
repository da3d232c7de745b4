#include <stdio.h>
#include <string.h>

#include "tests/lab/biztalk.h"
#include "tests/lab/engine.h"
#include "tests/lab/model.h"

int64_t biztalk_old_sets(const struct old_history *old)
{
    int64_t members = (int64_t)old->group->members_count;
    return members == 0 ? 0 : (old->rows + members - 1) / members;
}

/* A full set opens each day of 96; the others are logs. */
void biztalk_old_row(const struct old_history *old, int64_t index, struct row *row)
{
    const struct biztalk_group *group = old->group;
    int64_t members = (int64_t)group->members_count, set = index / members + 1;
    const struct database *database = group->members[index % members].database;
    const struct instance *instance = group->management->instance;
    int64_t time = old->end_utc_ms - (biztalk_old_sets(old) - set + 1) * old->every_ms;
    bool full = set % 96 == 1;
    char stamp[33], file[600];
    biztalk_stamp(group, time, stamp);
    snprintf(file, sizeof file, "%s_%s_%s_%s.bak", instance_known_as(database->instance),
             database->name, full ? "Full" : "Log", stamp);
    row_null(row);
    row_int(row, set);
    row_text(row, full ? NULL : stamp);
    row_text(row, database->name);
    row_text(row, file);
    row_text(row, group->location);
    row_text(row, full ? "db" : "lg");
    row_add(row, sql_time_utc_ms(time, group->use_local_time ? instance->utc_offset_min : 0));
    row_int(row, 1);
    row_text(row, instance_known_as(database->instance));
}

void biztalk_load_old_history(struct database *management, const struct old_history *old)
{
    struct engine *engine = management->instance->engine;
    for (int64_t i = 0; i < old->rows; i++) {
        struct row row = {0};
        struct sql_value ordered[HISTORY_COLUMNS];
        biztalk_old_row(old, i, &row);
        biztalk_history_to_row(management->instance->lab, row.values, ordered);
        engine_load(engine, management, "dbo", "adm_BackupHistory", ordered);
        row_free(&row);
    }
}
