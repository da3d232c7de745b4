#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/journal.h"
#include "core/journal_internal.h"

static char *column_text(sqlite3_stmt *row, int column)
{
    return memory_copy_text((const char *)sqlite3_column_text(row, column));
}

static int64_t column_time(sqlite3_stmt *row, int column)
{
    return sqlite3_column_type(row, column) == SQLITE_NULL ? TIME_UNKNOWN
                                                           : sqlite3_column_int64(row, column);
}

static struct lsn column_lsn(sqlite3_stmt *row, int column)
{
    return lsn_parse((const char *)sqlite3_column_text(row, column));
}

static const char *column_name(sqlite3_stmt *row, int column)
{
    const char *text = (const char *)sqlite3_column_text(row, column);
    return text == NULL ? "" : text;
}

/* Calls take for every row; false with *error after a failure. The lock is held by the caller. */
static bool each_row(struct journal *journal, const char *sql,
                     void (*take)(void *into, sqlite3_stmt *row), void *into, struct error *error)
{
    sqlite3_stmt *row = NULL;
    int result = sqlite3_prepare_v2(journal->database, sql, -1, &row, NULL);
    while (result == SQLITE_OK || result == SQLITE_ROW) {
        result = sqlite3_step(row);
        if (result == SQLITE_ROW)
            take(into, row);
    }
    if (result != SQLITE_DONE)
        journal_failed(journal, error, "cannot be read");
    sqlite3_finalize(row);
    return result == SQLITE_DONE;
}

static void take_head(void *into, sqlite3_stmt *row)
{
    struct journal_head *head = into;
    head->uuid = column_text(row, 0);
    head->group = column_text(row, 1);
    head->mark = column_text(row, 2);
    head->set = sqlite3_column_int64(row, 3);
    head->by = column_text(row, 4);
    head->host = column_text(row, 5);
    run_state_from_name(&head->state, column_name(row, 6));
    situation_from_name(&head->situation, column_name(row, 7));
    method_from_name(&head->method, column_name(row, 8));
    head->stop = text_equal(column_name(row, 9), stop_kind_name(STOP_BEFORE)) ? STOP_BEFORE
                                                                             : STOP_AT;
    head->started_utc_ms = column_time(row, 10);
    head->ended_utc_ms = column_time(row, 11);
    head->code = error_from_name(column_name(row, 12));
    head->reason = column_text(row, 13);
    head->prepared = sqlite3_column_int(row, 14) != 0;
}

static bool read_head(struct journal *journal, struct journal_head *head, struct error *error)
{
    memset(head, 0, sizeof *head);
    head->run = journal->run;
    return each_row(journal,
                    "SELECT uuid, group_name, mark, set_id, by, host, state, situation, method,"
                    " stop, started_utc_ms, ended_utc_ms, code, reason, prepared FROM run",
                    take_head, head, error);
}

enum error_code journal_read_head(struct journal *journal, struct journal_head *head,
                                  struct error *error)
{
    pthread_mutex_lock(&journal->lock);
    bool good = read_head(journal, head, error);
    pthread_mutex_unlock(&journal->lock);
    return good ? ERR_OK : ERR_JOURNAL;
}

void journal_head_free(struct journal_head *head)
{
    free(head->uuid);
    free(head->group);
    free(head->mark);
    free(head->by);
    free(head->host);
    free(head->reason);
    memset(head, 0, sizeof *head);
}

static void take_plan(void *into, sqlite3_stmt *row)
{
    struct journal_content *content = into;
    content->plan = column_text(row, 0);
    content->hash = column_text(row, 1);
}

static bool read_plan(struct journal *journal, struct journal_content *content,
                      struct error *error)
{
    return each_row(journal, "SELECT plan, hash FROM revision ORDER BY revision DESC LIMIT 1",
                    take_plan, content, error);
}

char *journal_read_plan(struct journal *journal, char **hash, struct error *error)
{
    struct journal_content content = {0};
    pthread_mutex_lock(&journal->lock);
    if (read_plan(journal, &content, error) && content.plan == NULL)
        error_set(error, ERR_JOURNAL, journal->path, NULL, "it holds no plan");
    pthread_mutex_unlock(&journal->lock);
    if (hash != NULL)
        *hash = content.hash;
    else
        free(content.hash);
    return content.plan;
}

static void take_step(void *into, sqlite3_stmt *row)
{
    struct journal_step *step = memory_append((struct journal_content *)into, steps);
    step->id = sqlite3_column_int64(row, 0);
    step->server = column_text(row, 1);
    step->database = column_text(row, 2);
    step->step = sqlite3_column_int(row, 3);
    step->of_plan = step->step >= 0;
    step_kind_from_name(&step->kind, column_name(row, 4));
    step->sql = column_text(row, 5);
    step->set = sqlite3_column_int64(row, 6);
    step->file = column_text(row, 7);
    step->redo_before = column_lsn(row, 8);
    step->state_before = (enum database_state)sqlite3_column_int(row, 9);
    step->sent_utc_ms = column_time(row, 10);
    step->state = STEP_UNKNOWN;
    step->state_after = STATE_ABSENT;
    if (sqlite3_column_type(row, 11) != SQLITE_NULL)
        step_state_from_name(&step->state, column_name(row, 11));
    step->mark_reached = sqlite3_column_int(row, 12) != 0;
    step->redo_after = column_lsn(row, 13);
    if (sqlite3_column_type(row, 14) != SQLITE_NULL)
        step->state_after = (enum database_state)sqlite3_column_int(row, 14);
    step->server_number = sqlite3_column_int(row, 15);
    step->text = column_text(row, 16);
    step->done_utc_ms = column_time(row, 17);
    step->standby_before = sqlite3_column_int(row, 18) != 0;
    step->history_before = sqlite3_column_int64(row, 19);
    step->standby_after = sqlite3_column_int(row, 20) != 0;
    step->history_after =
        sqlite3_column_type(row, 21) == SQLITE_NULL ? -1 : sqlite3_column_int64(row, 21);
}

static void take_message(void *into, sqlite3_stmt *row)
{
    struct journal_note *note = memory_append((struct journal_content *)into, messages);
    note->text = column_text(row, 0);
    note->at_utc_ms = column_time(row, 1);
}

static void take_decision(void *into, sqlite3_stmt *row)
{
    struct journal_note *note = memory_append((struct journal_content *)into, decisions);
    note->text = column_text(row, 0);
    note->at_utc_ms = column_time(row, 1);
    note->by = column_text(row, 2);
}

static void take_job(void *into, sqlite3_stmt *row)
{
    struct journal_job_row *job = memory_append((struct journal_content *)into, jobs);
    job->server = column_text(row, 0);
    job->job_id = column_text(row, 1);
    job->name = column_text(row, 2);
    job->was_enabled = sqlite3_column_int(row, 3) != 0;
}

static void take_found(void *into, sqlite3_stmt *row)
{
    struct journal_found *found = memory_append((struct journal_content *)into, found);
    found->server = column_text(row, 0);
    found->database = column_text(row, 1);
    found->proven = sqlite3_column_int(row, 2) != 0;
    found->shown = sqlite3_column_int(row, 3) != 0;
    found->verified = sqlite3_column_int(row, 4) != 0;
    found->state = (enum database_state)sqlite3_column_int(row, 5);
    found->at_mark = sqlite3_column_int(row, 6) != 0;
    found->marklog_has_mark = sqlite3_column_int(row, 7) != 0;
    found->read_write = sqlite3_column_int(row, 8) != 0;
    found->later_marks = sqlite3_column_int64(row, 9);
    found->evidence = column_text(row, 10);
}

static void take_tick(void *into, sqlite3_stmt *row)
{
    struct journal_tick_row *tick = memory_append((struct journal_content *)into, ticks);
    tick->step_id = column_text(row, 0);
    tick->ticked = sqlite3_column_int(row, 1) != 0;
    tick->by = column_text(row, 2);
    tick->note = column_text(row, 3);
    tick->at_utc_ms = column_time(row, 4);
}

static const struct {
    const char *sql;
    void (*take)(void *into, sqlite3_stmt *row);
} parts[] = {
    /* An intent may have had several outcomes: "unknown", then what a resume found out. */
    {"SELECT i.id, server, database, step, kind, sql, set_id, file, redo_before, state_before,"
     " i.at_utc_ms, o.state, o.mark_reached, o.redo_after, o.state_after, o.server_number, o.text,"
     " o.at_utc_ms, standby_before, history_before, o.standby_after, o.history_after FROM intent i"
     " LEFT JOIN outcome o ON o.id = (SELECT max(id) FROM outcome WHERE intent = i.id) ORDER BY i.id",
     take_step},
    {"SELECT text, at_utc_ms FROM message ORDER BY id", take_message},
    {"SELECT text, at_utc_ms, by FROM decision ORDER BY id", take_decision},
    {"SELECT server, job_id, name, was_enabled FROM job ORDER BY rowid", take_job},
    {"SELECT server, database, proven, shown, verified, state, at_mark, marklog, read_write,"
     " later_marks, evidence FROM found ORDER BY rowid",
     take_found},
    {"SELECT step_id, ticked, by, note, at_utc_ms FROM tick WHERE id IN"
     " (SELECT max(id) FROM tick GROUP BY step_id) ORDER BY id",
     take_tick},
};

enum error_code journal_read(struct journal *journal, struct journal_content *content,
                             struct error *error)
{
    memset(content, 0, sizeof *content);
    pthread_mutex_lock(&journal->lock);
    bool good = sqlite3_exec(journal->database, "BEGIN", NULL, NULL, NULL) == SQLITE_OK ||
                (journal_failed(journal, error, "cannot be read"), false);
    good = good && read_head(journal, &content->head, error) && read_plan(journal, content, error);
    for (size_t i = 0; good && i < sizeof parts / sizeof *parts; i++)
        good = each_row(journal, parts[i].sql, parts[i].take, content, error);
    sqlite3_exec(journal->database, "COMMIT", NULL, NULL, NULL);
    pthread_mutex_unlock(&journal->lock);
    return good ? ERR_OK : ERR_JOURNAL;
}

static void free_notes(struct journal_note *notes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(notes[i].text);
        free(notes[i].by);
    }
    free(notes);
}

void journal_content_free(struct journal_content *content)
{
    journal_head_free(&content->head);
    free(content->plan);
    free(content->hash);
    for (size_t i = 0; i < content->steps_count; i++) {
        struct journal_step *step = &content->steps[i];
        free(step->server);
        free(step->database);
        free(step->sql);
        free(step->file);
        free(step->text);
    }
    free(content->steps);
    free_notes(content->messages, content->messages_count);
    free_notes(content->decisions, content->decisions_count);
    for (size_t i = 0; i < content->found_count; i++) {
        free(content->found[i].server);
        free(content->found[i].database);
        free(content->found[i].evidence);
    }
    free(content->found);
    for (size_t i = 0; i < content->jobs_count; i++) {
        free(content->jobs[i].server);
        free(content->jobs[i].job_id);
        free(content->jobs[i].name);
    }
    free(content->jobs);
    for (size_t i = 0; i < content->ticks_count; i++) {
        free(content->ticks[i].step_id);
        free(content->ticks[i].by);
        free(content->ticks[i].note);
    }
    free(content->ticks);
    memset(content, 0, sizeof *content);
}
