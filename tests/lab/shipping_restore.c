#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "tests/lab/admin.h"
#include "tests/lab/engine.h"
#include "tests/lab/model.h"
#include "tests/lab/reply.h"
#include "tests/lab/shipping_run.h"

struct shipped_file {
    int64_t set;
    char mark[129], database[129], server[129];
    char *path; /* owned */
    bool full, complete, restored;
};

struct shipped_files {
    struct shipped_file *items; /* by set, then as imported */
    size_t items_count, items_capacity;
};

/* A set's files are items [first, end). */
struct shipped_set {
    size_t first, end;
    int64_t id;
    bool full, complete;
};

/* Where a database's backups are to be read from. */
struct location {
    char *server, *database, *full, *log; /* owned; NULL = where they were written */
};

struct locations {
    struct location *items;
    size_t items_count, items_capacity;
};

static char *copy_value(const struct sql_value *value)
{
    return value->null ? NULL : memory_copy_text(value->bytes);
}

static void add_location(void *context, const struct sql_value *ours)
{
    *memory_append((struct locations *)context, items) =
        (struct location){.server = copy_value(&ours[LISTED_SERVER]),
                          .database = copy_value(&ours[LISTED_DATABASE]),
                          .full = copy_value(&ours[LISTED_FULL_LOCATION]),
                          .log = copy_value(&ours[LISTED_LOG_LOCATION])};
}

static void free_locations(struct locations *locations)
{
    for (size_t i = 0; i < locations->items_count; i++) {
        free(locations->items[i].server);
        free(locations->items[i].database);
        free(locations->items[i].full);
        free(locations->items[i].log);
    }
    free(locations->items);
}

/* The folder that bts_LogShippingDatabases names for the file, else the one of the history. */
static const char *folder_of(const struct locations *locations, const struct shipped_file *file,
                             const char *otherwise)
{
    for (size_t i = 0; i < locations->items_count; i++) {
        const struct location *at = &locations->items[i];
        const char *folder = file->full ? at->full : at->log;
        if (folder != NULL && folder[0] != '\0' && text_equal_nocase(at->database, file->database) &&
            (file->server[0] == '\0' || text_equal_nocase(at->server, file->server))) {
            return folder;
        }
    }
    return otherwise;
}

struct loading {
    struct shipped_files *files;
    struct locations locations;
};

/* A definition without MarkName: the name of a log's file ends in it. */
static void mark_of_file(struct shipped_file *file, const char *file_name)
{
    const char *at = strstr(file_name, "_Log_");
    text_copy(file->mark, sizeof file->mark, at == NULL ? "" : at + 5);
    file->mark[strcspn(file->mark, ".")] = '\0';
}

static void add_file(void *context, const struct sql_value *ours)
{
    struct loading *loading = context;
    struct shipped_file *file = memory_append(loading->files, items);
    const char *name = ours[SHIPPED_FILE].bytes;
    file->set = ours[SHIPPED_SET].integer;
    file->full = strncmp(ours[SHIPPED_TYPE].bytes, "db", 2) == 0;
    if (ours[SHIPPED_MARK].null) {
        mark_of_file(file, name);
    } else {
        text_copy(file->mark, sizeof file->mark, ours[SHIPPED_MARK].bytes);
    }
    text_copy(file->database, sizeof file->database, ours[SHIPPED_DATABASE].bytes);
    text_copy(file->server, sizeof file->server,
              ours[SHIPPED_SERVER].null ? "" : ours[SHIPPED_SERVER].bytes);
    const char *location = folder_of(&loading->locations, file, ours[SHIPPED_LOCATION].bytes);
    file->path = path_join(location, name);
    file->complete = ours[SHIPPED_COMPLETE].integer != 0;
    file->restored = ours[SHIPPED_RESTORED].integer != 0;
}

static void load(struct shipping *shipping, struct shipped_files *files)
{
    char *where = memory_format("BackupSetId > %lld", (long long)shipping->last_restore_set);
    struct loading loading = {.files = files};
    shipping_scan(shipping, TABLE_DATABASES, NULL, NULL, add_location, &loading.locations);
    shipping_scan(shipping, TABLE_HISTORY, where, "BackupSetId, BackupId", add_file, &loading);
    free_locations(&loading.locations);
    free(where);
}

static void unload(struct shipped_files *files)
{
    for (size_t i = 0; i < files->items_count; i++) {
        free(files->items[i].path);
    }
    free(files->items);
    *files = (struct shipped_files){0};
}

/* The set that begins at items[first]; false at the end. */
static bool set_at(const struct shipped_files *files, size_t first, struct shipped_set *set)
{
    if (first >= files->items_count) {
        return false;
    }
    *set = (struct shipped_set){.first = first,
                                .end = first,
                                .id = files->items[first].set,
                                .full = files->items[first].full,
                                .complete = true};
    while (set->end < files->items_count && files->items[set->end].set == set->id) {
        set->complete = set->complete && files->items[set->end].complete;
        set->end++;
    }
    return true;
}

static bool complete_log_after(const struct shipped_files *files, size_t from)
{
    struct shipped_set set;
    for (size_t at = from; set_at(files, at, &set); at = set.end) {
        if (!set.full && set.complete) {
            return true;
        }
    }
    return false;
}

/* The newest complete full set that has a complete log set after it. */
static bool find_full(const struct shipped_files *files, size_t from, struct shipped_set *full)
{
    struct shipped_set set;
    bool found = false;
    for (size_t at = from; set_at(files, at, &set); at = set.end) {
        if (set.full && set.complete && complete_log_after(files, set.end)) {
            *full = set;
            found = true;
        }
    }
    return found;
}

static void note_restored(struct shipping *shipping, struct session *session,
                          const struct shipped_file *file)
{
    char name[300];
    size_t length = 0;
    for (const char *at = file->database; *at != '\0' && length + 2 < sizeof name; at++) {
        if (*at == '\'') {
            name[length++] = '\'';
        }
        name[length++] = *at;
    }
    name[length] = '\0';
    char *text = memory_format(
        "UPDATE dbo.bts_LogShippingHistory SET Restored = 1%s"
        " WHERE BackupSetId = %lld AND DatabaseName = N'%s'",
        shipping_column(shipping, TABLE_HISTORY, SHIPPED_RESTORED_TIME) == NULL
            ? ""
            : ", RestoredDateTime = GETDATE()",
        (long long)file->set, name);
    shipping_run_sql(shipping, session, text);
    free(text);
}

static bool restore_file(struct shipping *shipping, struct session *session,
                         const struct shipped_file *file, enum restore_end end, bool to_mark,
                         struct reply *reply)
{
    struct restore_statement statement = {
        .kind = file->full ? RESTORE_DATABASE : RESTORE_LOG,
        .device = file->path,
        .end = end,
        .replace = file->full,
        .stop = to_mark ? RESTORE_STOPATMARK : RESTORE_STOP_NONE,
        .line = 1,
    };
    text_copy(statement.database, sizeof statement.database, file->database);
    text_copy(statement.stop_name, sizeof statement.stop_name, to_mark ? file->mark : "");
    free(session->batch_text);
    session->batch_text = memory_format(
        "RESTORE %s [%s] FROM DISK = N'%s' WITH %s%s%s%s", file->full ? "DATABASE" : "LOG",
        file->database, file->path, end == RESTORE_RECOVERY ? "RECOVERY" : "NORECOVERY",
        to_mark ? ", STOPATMARK = N'" : "", statement.stop_name, to_mark ? "'" : "");
    if (!admin_restore(session, &statement, reply)) {
        return false;
    }
    note_restored(shipping, session, file);
    return true;
}

static bool restore_set(struct shipping *shipping, struct session *session,
                        const struct shipped_files *files, const struct shipped_set *set,
                        enum restore_end end, bool to_mark, struct reply *reply)
{
    bool good = true;
    for (size_t i = set->first; i < set->end; i++) {
        const struct shipped_file *file = &files->items[i];
        if (!file->restored && !restore_file(shipping, session, file, end, to_mark, reply)) {
            good = false;
            break;
        }
    }
    if (good) {
        shipping_set_last(shipping, session, set->id);
    }
    return good;
}

/* Applies one set; false = nothing left to do, or (with *failed) an error. */
static bool step(struct shipping *shipping, struct session *session, struct reply *reply,
                 bool *failed)
{
    struct shipped_files files = {0};
    load(shipping, &files);
    struct shipped_set set, full;
    size_t at = 0;
    bool found = shipping->last_restore_set != 0;
    while (found && (found = set_at(&files, at, &set)) && set.full) {
        at = set.end; /* a full set that the chain does not need */
    }
    bool worked = false;
    bool usable = found && set.complete;
    if (usable && complete_log_after(&files, set.end)) {
        worked = restore_set(shipping, session, &files, &set, RESTORE_NORECOVERY, false, reply);
        *failed = !worked;
        usable = worked;
    }
    bool broken = shipping->last_restore_set == 0 || (found && !usable);
    if (broken && !session->killed && find_full(&files, 0, &full)) {
        bool again =
            restore_set(shipping, session, &files, &full, RESTORE_NORECOVERY, false, reply);
        worked = again;
        *failed = !again;
    }
    unload(&files);
    return worked;
}

bool shipping_restore(struct session *session, struct shipping *shipping, struct reply *reply)
{
    bool failed = false;
    while (step(shipping, session, reply, &failed)) {
        if (session_state(session) != SESSION_GO_ON) {
            return false;
        }
    }
    return !failed;
}

static bool newest_complete_log(const struct shipped_files *files, struct shipped_set *last)
{
    struct shipped_set set;
    bool found = false;
    for (size_t at = 0; set_at(files, at, &set); at = set.end) {
        if (!set.full && set.complete) {
            *last = set;
            found = true;
        }
    }
    return found;
}

json_t *shipping_stand(struct shipping *shipping)
{
    struct shipped_files files = {0};
    struct shipped_set last;
    load(shipping, &files);
    bool found = newest_complete_log(&files, &last);
    json_t *stand = json_pack("{s:s, s:I, s:s, s:I}", "server_name", shipping->instance->name,
                              "newest_set", (json_int_t)(found ? last.id : 0), "newest_mark",
                              found ? files.items[last.first].mark : "", "last_restored_set",
                              (json_int_t)shipping->last_restore_set);
    unload(&files);
    return stand;
}

bool shipping_restore_to_mark(struct session *session, struct shipping *shipping,
                              struct reply *reply)
{
    if (!shipping_restore(session, shipping, reply)) {
        return false;
    }
    struct shipped_files files = {0};
    struct shipped_set last;
    load(shipping, &files);
    bool found = newest_complete_log(&files, &last);
    bool good = false;
    if (!found) {
        reply_error(reply, 50000, 16, 1, 1, "sp_LogShippingRestoreToMark",
                    "There is no complete log set to restore to a mark.");
    } else {
        good = restore_set(shipping, session, &files, &last, RESTORE_RECOVERY, true, reply);
    }
    if (good) {
        shipping_copy_jobs(shipping);
    }
    unload(&files);
    return good;
}
