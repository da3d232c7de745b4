#include "core/reading.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/decode.h"
#include "core/tds_error.h"
#include "core/view_rows.h"

enum { SLOW_MS = 60000, FULL_MS = 30 * 60000 };

enum who { SOURCES = 1, DESTINATIONS = 2, BOTH = 3 };

struct part_reader {
    enum view_part part;
    enum who who;
    bool slow; /* changes seldom */
    enum error_code (*read)(struct reading *reading, struct error *error);
};

/* In order: later parts use what earlier ones found. */
static const struct part_reader readers[] = {
    {.part = PART_SERVER, .who = BOTH, .read = reading_server},
    {.part = PART_DATABASES, .who = BOTH, .read = reading_databases},
    {.part = PART_ROSTER, .who = SOURCES, .slow = true, .read = reading_roster},
    {.part = PART_SHIPPING, .who = DESTINATIONS, .read = reading_shipping},
    {.part = PART_HISTORY, .who = BOTH, .read = reading_history},
    {.part = PART_BACKUPS, .who = SOURCES, .read = reading_backups},
    {.part = PART_MARKS, .who = SOURCES, .read = reading_marks},
    {.part = PART_RESTORES, .who = DESTINATIONS, .read = reading_restores},
    {.part = PART_JOBS, .who = BOTH, .read = reading_jobs},
    {.part = PART_SETTINGS, .who = BOTH, .slow = true, .read = reading_settings},
    {.part = PART_KEYS, .who = BOTH, .slow = true, .read = reading_keys},
    {.part = PART_LOGINS, .who = BOTH, .slow = true, .read = reading_logins},
    {.part = PART_INSIDE, .who = BOTH, .slow = true, .read = reading_inside},
    {.part = PART_LINKS, .who = BOTH, .slow = true, .read = reading_links},
    {.part = PART_VOLUMES, .who = BOTH, .slow = true, .read = reading_volumes},
    {.part = PART_REFERENCES, .who = DESTINATIONS, .slow = true, .read = reading_references},
};

/* Rows may be taken once only: a statement that told some is not sent again. */
struct asking {
    tds_row_function *row;
    void *context;
    bool told;
};

static bool count_row(void *context, const struct tds_row *row)
{
    struct asking *asking = context;
    asking->told = true;
    return asking->row == NULL || asking->row(asking->context, row);
}

enum error_code reading_ask(struct reading *reading, const struct query *query,
                            const struct tsql_argument *arguments, size_t count,
                            tds_row_function *row, void *context, struct error *error)
{
    struct asking asking = {.row = row, .context = context};
    struct error failure = {0};
    enum error_code code = tds_reader_run(reading->reader, query, arguments, count, count_row,
                                          &asking, &failure);
    if (code && !asking.told && tds_error_passes(&failure) && tds_reader_is_usable(reading->reader))
        code = tds_reader_run(reading->reader, query, arguments, count, row, context, &failure);
    if (code && error)
        *error = failure;
    return code;
}

static bool applies(const struct reading *reading, const struct part_reader *reader)
{
    return reader->who & (reading->view->role == ROLE_SOURCE ? SOURCES : DESTINATIONS);
}

/* BizTalk's own tables are made by its set-up scripts: which one was not run? */
static void hint_at_missing_table(struct error *failure, enum view_part part, enum server_role role)
{
    enum { NO_SUCH_OBJECT = 208 };
    bool ours = part == PART_HISTORY || part == PART_SHIPPING || part == PART_ROSTER;
    if (failure->server_number != NO_SUCH_OBJECT || failure->hint[0] || !ours)
        return;
    snprintf(failure->hint, sizeof failure->hint, "%s",
             role == ROLE_SOURCE
                 ? "is management_database in stopmark.ini the BizTalk management database?"
                 : "run LogShipping_Destination_Schema.sql and _Logic.sql in master here, then "
                   "bts_ConfigureBizTalkLogShipping; or GRANT SELECT on its tables");
}

/* Keeps what was known of a part, with the reason why it is not newer. */
static void keep_last(struct reading *reading, enum view_part part, const struct error *error)
{
    struct part_status *status = &reading->view->parts[part];
    view_copy_part(reading->view, reading->last, part);
    *status = reading->last->parts[part];
    if (!error)
        return;
    status->state = error->code == ERR_PERMISSION ? PART_NOT_VISIBLE : PART_FAILED;
    status->error = *error;
}

/* Where the management database was found, that stays known even if nothing in it can be read. */
static void keep_management(struct reading *reading)
{
    if (!reading->fresh->has_management || reading->view->has_management)
        return;
    reading->view->has_management = true;
    reading->view->management_database = memory_copy_text(reading->fresh->management_database);
}

/* Reads one part. An error is returned only where the connection is lost. */
static enum error_code read_part(struct reading *reading, const struct part_reader *reader,
                                 struct error *error)
{
    struct part_status *status = &reading->view->parts[reader->part];
    struct error failure = {0};
    reading->fresh = server_view_new(reading->view->name, reading->view->role);
    reading->not_asked = false;
    error_clear(&reading->note);
    enum error_code code = reader->read(reading, &failure);
    if (code) {
        hint_at_missing_table(&failure, reader->part, reading->view->role);
        keep_last(reading, reader->part, &failure);
        if (reader->part == PART_ROSTER)
            keep_management(reading);
    } else if (reading->not_asked) {
        status->state = PART_NOT_ASKED;
    } else {
        view_move_part(reading->view, reading->fresh, reader->part);
        status->state = PART_READ;
        status->error = reading->note;
        status->read_monotonic_ms = reading->now_monotonic_ms;
    }
    server_view_release(reading->fresh);
    reading->fresh = NULL;
    if (tds_reader_is_usable(reading->reader))
        return ERR_OK;
    *error = failure;
    return code ? code : ERR_CONNECTION_LOST;
}

/* A part that timed out costs its own connection, not the other parts. */
static enum error_code go_on_after(struct reading *reading, enum error_code code,
                                   enum view_part part, int *reopened, struct error *error)
{
    enum { REOPENED_MAX = 3 }; /* beyond that it is the server, not the parts */
    if (code != ERR_TIMEOUT || part == PART_SERVER || *reopened == REOPENED_MAX ||
        !reading->reopen)
        return code;
    ++*reopened;
    return reading->reopen(reading, reading->reopen_context, error) ? ERR_OK : code;
}

static void apply_marking(struct reading *reading)
{
    for (size_t i = 0; i < reading->view->databases_count; i++) {
        struct database_row *row = &reading->view->databases[i];
        for (size_t j = 0; j < reading->memory->marking_count; j++) {
            const struct marking_objects *objects = &reading->memory->marking[j];
            if (!text_equal(objects->database, row->name))
                continue;
            row->has_mark_log = objects->has_mark_log;
            row->has_marking_objects = objects->has_procedures;
        }
    }
}

static void begin(struct reading *reading)
{
    struct reading_memory *memory = reading->memory;
    reading->now_monotonic_ms = clock_monotonic_ms(reading->clock);
    if (reading->now_monotonic_ms >= memory->full_due_ms)
        memory->full = true;
    if (memory->full)
        memory->full_due_ms = reading->now_monotonic_ms + FULL_MS;
    reading->slow_due = memory->full || reading->now_monotonic_ms >= memory->slow_due_ms;
    if (reading->slow_due)
        memory->slow_due_ms = reading->now_monotonic_ms + SLOW_MS;
}

enum error_code reading_run(struct reading *reading, struct error *error)
{
    int reopened = 0;
    begin(reading);
    for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++) {
        const struct part_reader *reader = &readers[i];
        if (!applies(reading, reader))
            continue;
        bool held = reading->last->parts[reader->part].state == PART_READ;
        if (reader->slow && !reading->slow_due && held) {
            keep_last(reading, reader->part, NULL);
            continue;
        }
        enum error_code code = read_part(reading, reader, error);
        if (code)
            code = go_on_after(reading, code, reader->part, &reopened, error);
        if (code)
            return code;
        if (reader->part == PART_SERVER &&
            reading->view->parts[PART_SERVER].state != PART_READ) {
            *error = reading->view->parts[PART_SERVER].error;
            return error->code; /* who does not say who and when it is, is not reached */
        }
    }
    keep_last(reading, PART_FILES, NULL); /* proven by the collector, file by file */
    apply_marking(reading);
    if (reading->view->has_management)
        decode_decide_local_time(reading->view);
    reading->memory->full = false;
    return ERR_OK;
}

void reading_memory_free(struct reading_memory *memory)
{
    history_list_clear(&memory->history);
    for (size_t i = 0; i < memory->columns_count; i++)
        free(memory->columns[i]);
    free(memory->columns);
    for (size_t i = 0; i < memory->marking_count; i++)
        free(memory->marking[i].database);
    free(memory->marking);
    *memory = (struct reading_memory){0};
}

/* --- columns ---------------------------------------------------------------------------------- */

static bool note_column(void *context, const struct tds_row *row)
{
    struct reading_memory *memory = context;
    const char *table = tds_text(row, "table_name"), *column = tds_text(row, "column_name");
    if (table && column)
        *memory_append(memory, columns) = memory_format("%s.%s", table, column);
    return true;
}

enum error_code reading_learn_columns(struct reading *reading, const char *database,
                                      struct error *error)
{
    struct reading_memory *memory = reading->memory;
    if (memory->columns_known && !memory->full)
        return ERR_OK;
    for (size_t i = 0; i < memory->columns_count; i++)
        free(memory->columns[i]);
    memory->columns_count = 0;
    struct tsql_argument argument = {.kind = ARGUMENT_IDENTIFIER, .text = database};
    enum error_code code =
        reading_ask(reading, &query_columns, &argument, 1, note_column, memory, error);
    memory->columns_known = code == ERR_OK;
    return code;
}

const char *reading_column(const struct reading *reading, const char *table, const char *column)
{
    size_t length = strlen(table);
    for (size_t i = 0; i < reading->memory->columns_count; i++) {
        const char *known = reading->memory->columns[i];
        if (strncasecmp(known, table, length) == 0 && known[length] == '.' &&
            text_equal_nocase(known + length + 1, column))
            return known + length + 1;
    }
    return NULL;
}
