#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/log.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "tests/lab/restore.h"

void restore_log_fields(const char *what, json_t *fields)
{
    char *text = json_dumps(fields, JSON_COMPACT | JSON_SORT_KEYS);
    log_write(LOG_INFO, "%s: %s", what, text);
    free(text);
    json_decref(fields);
}

static void write_line(const struct restore_run *run, const char *what, json_t *fields)
{
    char text[40];
    snprintf(text, sizeof text, "restore %zu %s", run->record + 1, what);
    restore_log_fields(text, fields);
}

void restore_record_header(const struct restore_run *run)
{
    restore_log_fields("header read",
                       json_pack("{s:s, s:s, s:s}", "server_name", run->instance->name,
                                 "program_name", run->session->application, "path",
                                 run->statement->device));
}

void restore_record_begin(struct restore_run *run, const char *kind)
{
    struct lab *lab = run->instance->lab;
    const struct restore_statement *statement = run->statement;
    static const char *const stops[] = {"", "STOPAT", "STOPATMARK", "STOPBEFOREMARK"};
    static const char *const ends[] = {"RECOVERY", "RECOVERY", "NORECOVERY", "STANDBY"};
    struct restore_record *record = memory_append(lab, restores);
    run->record = lab->restores_count - 1;
    text_copy(record->instance, sizeof record->instance, run->instance->name);
    text_copy(record->database, sizeof record->database, statement->database);
    text_copy(record->login, sizeof record->login,
              run->session->login == NULL ? "sa" : run->session->login->name);
    text_copy(record->application, sizeof record->application, run->session->application);
    text_copy(record->kind, sizeof record->kind, statement->device == NULL ? "RECOVERY ONLY" : kind);
    text_copy(record->path, sizeof record->path,
              statement->device == NULL ? "" : statement->device);
    text_copy(record->stop_kind, sizeof record->stop_kind, stops[statement->stop]);
    text_copy(record->stop_name, sizeof record->stop_name, statement->stop_name);
    text_copy(record->end, sizeof record->end, ends[statement->end]);
    record->started_utc_ms = run->started_utc_ms;
    record->ended_utc_ms = INT64_MIN;
    record->done_sent_us = record->next_request_us = INT64_MIN;
    run->session->timed_record = lab->restores_count;
    write_line(run, "begins",
               json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "server_name", record->instance,
                         "database_name", record->database, "program_name", record->application,
                         "kind", record->kind, "path", record->path, "stop_kind",
                         record->stop_kind, "stop_name", record->stop_name, "restore_end",
                         record->end));
}

void restore_record_end(struct restore_run *run, bool succeeded)
{
    struct restore_record *record = &run->instance->lab->restores[run->record];
    record->ended_utc_ms = lab_now_utc_ms(run->instance->lab);
    record->succeeded = succeeded;
    record->reached_stop = run->reached;
    record->error_number = run->cause;
    record->redo_lsn = run->database == NULL ? 0 : run->database->redo_lsn;
    bool at_mark = run->database != NULL && run->database->stopped_at_mark;
    write_line(run, "ends",
               json_pack("{s:s, s:b, s:b, s:i}", "at_mark",
                         at_mark ? run->database->stopped_mark : "", "succeeded",
                         record->succeeded, "reached_stop", record->reached_stop, "error_number",
                         record->error_number));
}
