/* A small estate for tests of the model: a source with one database, a full backup, three logs with
 * a mark each, and an empty destination. Static functions, for test files only. */
#ifndef STOPMARK_UNIT_LAB_ESTATE_FIXTURE_H
#define STOPMARK_UNIT_LAB_ESTATE_FIXTURE_H

#include <stdarg.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/text.h"
#include "tests/lab/admin.h"
#include "tests/lab/agent.h"
#include "tests/lab/engine.h"
#include "tests/lab/model.h"
#include "tests/lab/reply.h"

enum { FIXTURE_LOGS = 3 };

static const int64_t FIXTURE_NOW = INT64_C(1795177250000); /* 2026-11-20T12:20:50Z */

struct fixture {
    struct lab *lab;
    struct instance *source, *destination;
    struct database *origin;
    struct backup_file *full, *logs[FIXTURE_LOGS];
    struct session *session; /* a sysadmin on the destination */
    struct reply *reply;
};

static inline void fixture_mark(struct fixture *f, const char *mark)
{
    struct row row = {0};
    timeline_grow(f->origin->timeline, 40000);
    row_text(&row, mark);
    row_insert(&row, f->origin, "dbo", "MarkLog");
    database_log_mark(NULL, f->origin, mark, "a description");
    timeline_grow(f->origin->timeline, 20000);
}

static inline struct backup_file *fixture_backup(struct fixture *f, const char *path, char type)
{
    int64_t now = lab_now_utc_ms(f->lab);
    return database_backup(f->origin, path, type, false, now, now, 400000, "sa");
}

static inline int fixture_setup(void **state)
{
    static struct fixture f;
    memset(&f, 0, sizeof f);
    lab_lock();
    f.lab = lab_new(1, FIXTURE_NOW);
    f.source = lab_add_instance(f.lab, "SQLA");
    f.source->is_source = true;
    f.destination = lab_add_instance(f.lab, "DRSQL1");
    f.origin = instance_add_database(f.source, "Orders", false);
    database_create_table(f.origin, "dbo", "MarkLog", "MarkName nvarchar(128) null", 0);
    f.full = fixture_backup(&f, "\\\\share\\full.bak", 'D');
    for (int i = 0; i < FIXTURE_LOGS; i++) {
        char mark[32], path[64];
        snprintf(mark, sizeof mark, "MARK_%d", i + 1);
        snprintf(path, sizeof path, "\\\\share\\log%d.bak", i + 1);
        f.lab->now_base_utc_ms += 900000;
        fixture_mark(&f, mark);
        f.logs[i] = fixture_backup(&f, path, 'L');
    }
    f.reply = reply_new_sink();
    f.session = session_open_internal(f.destination, "master", "test", f.reply);
    *state = &f;
    return 0;
}

static inline int fixture_teardown(void **state)
{
    struct fixture *f = *state;
    session_close_internal(f->session);
    reply_free(f->reply);
    lab_free(f->lab);
    lab_unlock();
    return 0;
}

/* What the lab's own record says of the last RESTORE. */
static inline const struct restore_record *last_record(const struct fixture *f)
{
    assert_true(f->lab->restores_count > 0);
    return &f->lab->restores[f->lab->restores_count - 1];
}

static inline struct restore_statement restore_of(enum restore_kind kind, char *device)
{
    struct restore_statement statement = {
        .kind = kind, .device = device, .end = RESTORE_NORECOVERY, .line = 1};
    strcpy(statement.database, "Orders");
    return statement;
}

static inline bool restore_full(struct fixture *f)
{
    struct restore_statement statement = restore_of(RESTORE_DATABASE, f->full->path);
    return admin_restore(f->session, &statement, f->reply);
}

/* Log number (from 1), with an optional STOPATMARK. */
static inline bool restore_log(struct fixture *f, int number, const char *mark)
{
    struct restore_statement statement = restore_of(RESTORE_LOG, f->logs[number - 1]->path);
    if (mark != NULL) {
        statement.stop = RESTORE_STOPATMARK;
        strcpy(statement.stop_name, mark);
    }
    return admin_restore(f->session, &statement, f->reply);
}

static inline bool recover(struct fixture *f)
{
    struct restore_statement statement = restore_of(RESTORE_DATABASE, NULL);
    statement.end = RESTORE_RECOVERY;
    return admin_restore(f->session, &statement, f->reply);
}

static inline struct database *restored(struct fixture *f)
{
    struct database *database = instance_database(f->destination, "Orders");
    assert_non_null(database);
    return database;
}

#define assert_fails(f, call, number)                              \
    do {                                                           \
        assert_false(call);                                        \
        assert_int_equal(last_record(f)->error_number, number);    \
        assert_int_equal(reply_sink_last_error((f)->reply), 3013); \
    } while (0)

#endif
