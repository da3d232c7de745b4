#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/text.h"
#include "tests/lab/agent.h"
#include "tests/lab/biztalk.h"
#include "tests/lab/engine.h"
#include "tests/lab/model.h"
#include "tests/lab/reply.h"

void biztalk_stamp(const struct biztalk_group *group, int64_t utc_ms, char out[33])
{
    int64_t shown = utc_ms;
    if (group->use_local_time) {
        shown += (int64_t)group->management->instance->utc_offset_min * 60000;
    }
    char iso[32];
    time_format_iso(iso, sizeof iso, shown);
    iso[strcspn(iso, "Z")] = '\0';
    for (char *at = iso; *at != '\0'; at++) {
        if (strchr("-T:.", *at) != NULL) {
            *at = '_';
        }
    }
    snprintf(out, 33, "%.8s_%.23s", group->name, iso);
}

void biztalk_begin_set(struct set_run *run)
{
    struct biztalk_group *group = run->group;
    struct instance *instance = group->management->instance;
    int64_t now = datetime_rounded(instance_now_utc_ms(instance));
    if (now <= group->last_mark_utc_ms) {
        /* a clock that stands must not give two sets the same name */
        now = datetime_rounded(group->last_mark_utc_ms + 10);
    }
    group->last_mark_utc_ms = now;
    run->started_utc_ms = now;
    run->set_id = group->next_set_id++;
    biztalk_stamp(group, now, run->stamp);
}

void biztalk_mark_all(struct set_run *run)
{
    for (size_t i = 0; i < run->group->members_count; i++) {
        struct database *database = run->group->members[i].database;
        database_traffic(database);
        struct row row = {0};
        row_text(&row, run->stamp);
        row_insert(&row, database, "dbo", "MarkLog");
        database_log_mark(run->session, database, run->stamp, run->stamp);
    }
}

const char *biztalk_file_name(const struct set_run *run, const struct database *database, char *out,
                              size_t size)
{
    char server[129];
    text_copy(server, sizeof server, instance_known_as(database->instance));
    for (char *at = server; *at != '\0'; at++) {
        if (*at == '\\') {
            *at = '_';
        }
    }
    snprintf(out, size, "%s_%s_%s_%s.bak", server, database->name, run->full ? "Full" : "Log",
             run->stamp);
    return out;
}

static void write_history(const struct set_run *run, const struct database *database,
                          const char *file_name, bool complete)
{
    const struct biztalk_group *group = run->group;
    struct instance *instance = group->management->instance;
    struct row row = {0};
    row_null(&row);
    row_int(&row, run->set_id);
    row_text(&row, run->full ? NULL : run->stamp);
    row_text(&row, database->name);
    row_text(&row, file_name);
    row_text(&row, group->location);
    row_text(&row, run->full ? "db" : "lg");
    row_add(&row, sql_time_utc_ms(run->started_utc_ms,
                                  group->use_local_time ? instance->utc_offset_min : 0));
    row_int(&row, complete);
    row_text(&row, instance_known_as(database->instance));
    struct row ordered = {.count = HISTORY_COLUMNS};
    biztalk_history_to_row(instance->lab, row.values, ordered.values);
    row_insert(&ordered, group->management, "dbo", "adm_BackupHistory");
}

bool biztalk_fail(struct reply *reply, const char *procedure, int number, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    reply_error(reply, number, 16, 1, 1, procedure, "%s", text);
    return false;
}

/* A server, a database or the share may go while the set is taken. */
static bool can_be_written(const struct set_run *run, size_t member, const char *path,
                           struct reply *reply)
{
    const struct database *database = run->group->members[member].database;
    const struct instance *instance = database->instance;
    const char *procedure = run->full ? "sp_BackupAllFull" : "sp_MarkAll";
    if (instance->stopped || run->group->management->instance->stopped) {
        biztalk_fail(reply, procedure, 7303,
                     "Cannot initialize the data source object of the provider for linked server"
                     " \"%s\".",
                     instance_known_as(instance));
    } else if (database->state != DATABASE_ONLINE || database->standby || database->dropped) {
        biztalk_fail(reply, procedure, database->state == DATABASE_OFFLINE ? 942 : 927,
                     "Database '%s' cannot be backed up in its present state.", database->name);
    } else if (!run->full && database_log_refusal(database) != 0) {
        biztalk_fail(reply, procedure, database_log_refusal(database),
                     "BACKUP LOG is not possible for database '%s': it has no chain of logs.",
                     database->name);
    } else if (instance->lab->share_full) {
        biztalk_fail(reply, procedure, 3202, "Writing \"%s\" failed: 112(the disk is full).", path);
    } else if ((int)member != run->group->fail_at_member) {
        return true;
    }
    return biztalk_fail(reply, procedure, 3013,
                        "BACKUP %s ended without a result for database '%s' on %s.",
                        run->full ? "DATABASE" : "LOG", database->name,
                        instance_known_as(instance));
}

/* The time that the backup takes; false after writing why it came to nothing. */
static bool take_time(const struct set_run *run, size_t member, const char *path,
                      int64_t until_utc_ms, struct reply *reply)
{
    if (!can_be_written(run, member, path, reply)) {
        return false;
    }
    if (session_sleep(run->session, until_utc_ms) != SESSION_GO_ON) {
        return biztalk_fail(reply, "sp_MarkAll", 3204, "The backup was aborted.");
    }
    return can_be_written(run, member, path, reply);
}

struct backup_file *biztalk_backup_member(struct set_run *run, size_t member, bool complete,
                                          struct reply *reply)
{
    struct database *database = run->group->members[member].database;
    struct lab *lab = database->instance->lab;
    char name[420];
    biztalk_file_name(run, database, name, sizeof name);
    char *path = path_join(run->group->location, name);
    char type = run->full ? 'D' : 'L';
    int64_t size = database_backup_size(database, type);
    int64_t started = lab_now_utc_ms(lab);
    int64_t duration_ms = 30 + size * 1000 / database->instance->backup_bytes_per_s;
    if (run->session != NULL &&
        !take_time(run, member, path, started + duration_ms, reply)) {
        free(path);
        return NULL;
    }
    int64_t finished = run->session == NULL ? started + duration_ms : lab_now_utc_ms(lab);
    struct backup_file *file = database_backup(database, path, type, false, started, finished, size,
                                               "NT SERVICE\\SQLSERVERAGENT");
    free(path);
    write_history(run, database, name, complete);
    return file;
}
