#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "tests/lab/biztalk.h"
#include "tests/lab/engine.h"
#include "tests/lab/locks.h"
#include "tests/lab/model.h"
#include "tests/lab/reply.h"

static const char BACKUP_LOCK[] = "BTS_BackupJob_Lock";

/* Every member can be reached and marked; else the set never starts. */
static bool check_members(const struct biztalk_group *group, struct reply *reply)
{
    for (size_t i = 0; i < group->members_count; i++) {
        const struct database *database = group->members[i].database;
        if (database->instance->stopped) {
            return biztalk_fail(reply, "sp_MarkAll", 7303,
                                "Cannot initialize the data source object of the provider for"
                                " linked server \"%s\".",
                                instance_known_as(database->instance));
        }
        if (database->state != DATABASE_ONLINE || database->standby || database->dropped) {
            return biztalk_fail(reply, "sp_MarkAll", 927,
                                "Database '%s' on %s cannot be opened.", database->name,
                                instance_known_as(database->instance));
        }
        if (database->recovery_model == 3) {
            return biztalk_fail(reply, "sp_MarkAll", 4208,
                                "Database '%s' uses the simple recovery model: its log cannot be"
                                " backed up.",
                                database->name);
        }
    }
    return true;
}

static bool check_location(struct biztalk_group *group, const char *location, struct reply *reply)
{
    if (strchr(location, '<') != NULL) {
        return biztalk_fail(reply, "sp_BackupAllFull", 3201,
                            "Cannot open backup device '%s': operating system error 123(the name is"
                            " not valid).",
                            location);
    }
    text_copy(group->location, sizeof group->location, location);
    return true;
}

static void complete_set(const struct set_run *run)
{
    char *text = memory_format("UPDATE dbo.adm_BackupHistory SET SetComplete = 1"
                               " WHERE BackupSetId = %lld",
                               (long long)run->set_id);
    biztalk_run_sql(run->session, run->group, text);
    free(text);
}

static bool back_up_members(struct set_run *run, struct reply *reply)
{
    struct biztalk_group *group = run->group;
    bool compressed = biztalk_settings(group).use_compression;
    for (size_t i = 0; i < group->members_count; i++) {
        group->members[i].database->jobs_uncompressed = !compressed;
        if (biztalk_backup_member(run, i, false, reply) == NULL) {
            group->partial_since_full = true;
            return false;
        }
    }
    complete_set(run);
    if (run->full) {
        biztalk_set_setting(run->session, group, "ForceFull", false);
        group->partial_since_full = false;
        group->last_full_utc_ms = run->started_utc_ms;
    }
    return true;
}

static bool take_set(struct session *session, struct biztalk_group *group, bool full,
                     struct reply *reply)
{
    struct database *management = group->management;
    if (applock_get(session, management, BACKUP_LOCK, true, false, -1) < 0) {
        return biztalk_fail(reply, "sp_MarkAll", 50000, "The lock of the backup job was not obtained.");
    }
    struct set_run run = {.group = group, .session = session, .full = full};
    biztalk_begin_set(&run);
    bool good = check_members(group, reply);
    if (good) {
        if (!full) {
            biztalk_mark_all(&run);
        }
        good = back_up_members(&run, reply);
    }
    applock_release(session, management, BACKUP_LOCK);
    return good;
}

static int64_t local_day(const struct instance *instance, int64_t utc_ms)
{
    return (utc_ms + (int64_t)instance->utc_offset_min * 60000) / 86400000;
}

bool biztalk_full_is_due(const struct biztalk_group *group, bool after_partial, int backup_hour)
{
    const struct instance *instance = group->management->instance;
    int64_t now = instance_now_utc_ms(instance);
    if (biztalk_settings(group).force_full || group->last_full_utc_ms == INT64_MIN ||
        (group->partial_since_full && after_partial)) {
        return true;
    }
    if (local_day(instance, group->last_full_utc_ms) == local_day(instance, now)) {
        return false;
    }
    int hour = instance_agent_time(instance, lab_now_utc_ms(instance->lab)) / 10000;
    return backup_hour < 0 || hour >= backup_hour;
}

bool biztalk_backup_full(struct session *session, struct biztalk_group *group, const char *location,
                         struct reply *reply)
{
    return check_location(group, location, reply) && take_set(session, group, true, reply);
}

bool biztalk_mark_and_backup_log(struct session *session, struct biztalk_group *group,
                                 const char *location, struct reply *reply)
{
    return check_location(group, location, reply) && take_set(session, group, false, reply);
}

void biztalk_delete_history(struct session *session, struct biztalk_group *group, int days,
                            struct reply *reply)
{
    struct database *before = session->database;
    session->database = group->management;
    char *text = memory_format(
        "DELETE FROM dbo.adm_BackupHistory WHERE BackupDateTime < DATEADD(day, -%d, %s)"
        " AND BackupSetId < (SELECT MAX(f.BackupSetId) FROM dbo.adm_BackupHistory f"
        " WHERE f.BackupType = 'db' AND f.SetComplete = 1)",
        days, group->use_local_time ? "GETDATE()" : "GETUTCDATE()");
    struct reply *sink = reply_new_sink();
    engine_run_internal(session, text, sink);
    if (reply_sink_last_error(sink) != 0) {
        biztalk_fail(reply, "sp_DeleteBackupHistory", reply_sink_last_error(sink), "%s",
                     reply_sink_messages(sink));
    }
    reply_free(sink);
    free(text);
    session->database = before;
}
