/* The backup history, its newest WINDOW_SETS sets, read incrementally: what is above the newest closed set and what is still
 * open in each poll, the rest by a rolling sweep of bounded size, everything where the numbers do
 * not agree. Property (tested): after any changes and one sweep, the list equals a cold read.
 *
 * BizTalk never deletes a row where the job's cleaning step is missing: sets far older than any
 * that a restore could need are left alone, or a table of a million rows would take minutes. */
#include <inttypes.h>
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/decode.h"
#include "core/reading.h"

enum {
    SWEEP_ROWS = 400,
    RECENT_SETS = 8,
    WINDOW_SETS = 10000, /* three months of a set every quarter of an hour */
};

struct bounds {
    int64_t first_set, last_set, row_count;
};

static bool take_bounds(void *context, const struct tds_row *row)
{
    struct bounds *bounds = context;
    bounds->first_set = tds_integer(row, "first_set", 0);
    bounds->last_set = tds_integer(row, "last_set", 0);
    bounds->row_count = tds_integer(row, "row_count", 0);
    return true;
}

static bool add_row(void *context, const struct tds_row *row)
{
    struct history_rows *rows = context;
    struct history_row decoded;
    if (decode_history(&decoded, row))
        *memory_append(rows, rows) = decoded;
    else
        history_row_free(&decoded);
    return true;
}

static bool is_source(const struct reading *reading)
{
    return reading->view->role == ROLE_SOURCE;
}

static enum error_code ask_bounds(struct reading *reading, struct bounds *bounds,
                                  struct error *error)
{
    struct tsql_argument arguments[] = {
        {.kind = ARGUMENT_IDENTIFIER, .text = reading->view->management_database},
        {.kind = ARGUMENT_INTEGER, .integer = WINDOW_SETS},
    };
    if (is_source(reading))
        return reading_ask(reading, &query_source_bounds, arguments, 2, take_bounds, bounds,
                           error);
    return reading_ask(reading, &query_destination_bounds, arguments + 1, 1, take_bounds, bounds,
                       error);
}

static enum error_code ask_rows(struct reading *reading, int64_t first, int64_t last,
                                struct history_rows *rows, struct error *error)
{
    static const char imported[] = "bts_LogShippingHistory";
    if (is_source(reading)) {
        struct tsql_argument arguments[] = {
            {.kind = ARGUMENT_IDENTIFIER, .text = reading->view->management_database},
            {.kind = ARGUMENT_INTEGER, .integer = first},
            {.kind = ARGUMENT_INTEGER, .integer = last},
            {.kind = ARGUMENT_COLUMN,
             .text = reading_column(reading, "adm_BackupHistory", "ServerName")},
        };
        return reading_ask(reading, &query_source_history, arguments, 4, add_row, rows, error);
    }
    const char *server = reading_column(reading, imported, "ServerName");
    struct tsql_argument arguments[] = {
        {.kind = ARGUMENT_INTEGER, .integer = first},
        {.kind = ARGUMENT_INTEGER, .integer = last},
        {.kind = ARGUMENT_COLUMN, .text = reading_column(reading, imported, "MarkName")},
        {.kind = ARGUMENT_COLUMN,
         .text = server ? server : reading_column(reading, imported, "SourceServerName")},
        {.kind = ARGUMENT_COLUMN, .text = reading_column(reading, imported, "BackupDateTime")},
        {.kind = ARGUMENT_COLUMN, .text = reading_column(reading, imported, "Restored")},
        {.kind = ARGUMENT_COLUMN, .text = reading_column(reading, imported, "RestoredDateTime")},
    };
    return reading_ask(reading, &query_destination_history, arguments, 7, add_row, rows, error);
}

/* Makes the list's sets first..last what the server says they are. */
static enum error_code refresh(struct reading *reading, int64_t first, int64_t last,
                               struct error *error)
{
    struct history_rows rows = {0};
    enum error_code code = ask_rows(reading, first, last, &rows, error);
    if (code) {
        history_rows_free(&rows);
        return code;
    }
    history_list_replace(&reading->memory->history, first, last, &rows);
    return ERR_OK;
}

/* --- where to begin --------------------------------------------------------------------------- */

/* The newest sets and whether each is complete; older open sets are partial and stay so, which is
 * for the sweep to confirm. */
struct recent_sets {
    int64_t id[RECENT_SETS];
    bool open[RECENT_SETS];
    size_t count;
};

static bool note_set(void *context, const struct history_row *row)
{
    struct recent_sets *recent = context;
    size_t at = recent->count ? (recent->count - 1) % RECENT_SETS : 0;
    if (!recent->count || recent->id[at] != row->set_id) {
        at = recent->count++ % RECENT_SETS;
        recent->id[at] = row->set_id;
        recent->open[at] = false;
    }
    if (!row->complete)
        recent->open[at] = true;
    return true;
}

/* The lowest set that may still change by itself. */
static int64_t lowest_open(const struct reading *reading)
{
    struct recent_sets recent = {0};
    history_list_each(&reading->memory->history, note_set, &recent);
    size_t held = recent.count < RECENT_SETS ? recent.count : RECENT_SETS;
    int64_t newest = 0, lowest = INT64_MAX;
    for (size_t i = 0; i < held; i++) {
        if (recent.id[i] > newest)
            newest = recent.id[i];
        if (recent.open[i] && recent.id[i] < lowest)
            lowest = recent.id[i];
    }
    if (newest < lowest)
        lowest = newest;
    int64_t restored = reading->view->last_restore_set;
    if (!is_source(reading) && restored > 0 && restored < lowest)
        lowest = restored; /* everything above may be restored at any time */
    return lowest;
}

/* --- the sweep -------------------------------------------------------------------------------- */

struct sweep_range {
    int64_t from, to;
    size_t rows;
};

static bool extend_range(void *context, const struct history_row *row)
{
    struct sweep_range *range = context;
    if (row->set_id < range->from)
        return true;
    if (range->rows >= SWEEP_ROWS && row->set_id != range->to)
        return false;
    range->rows++;
    range->to = row->set_id;
    return true;
}

/* Re-reads the next stretch of old sets; behind the newest it begins anew. */
static enum error_code sweep(struct reading *reading, struct error *error)
{
    struct reading_memory *memory = reading->memory;
    struct sweep_range range = {.from = memory->sweep_next_set};
    if (range.from == 0)
        memory->sweep_started_ms = reading->now_monotonic_ms;
    history_list_each(&memory->history, extend_range, &range);
    if (!range.rows) {
        memory->swept_ms = memory->sweep_started_ms;
        memory->sweep_next_set = 0;
        return ERR_OK;
    }
    enum error_code code = refresh(reading, range.from, range.to, error);
    if (!code)
        memory->sweep_next_set = range.to + 1;
    return code;
}

/* --- one poll --------------------------------------------------------------------------------- */

/* Sets that were cleaned away, or have left the window. */
static void forget_before(struct reading *reading, const struct bounds *bounds)
{
    struct history_rows none = {0};
    if (bounds->first_set > 0)
        history_list_replace(&reading->memory->history, 0, bounds->first_set - 1, &none);
}

static enum error_code read_all(struct reading *reading, const struct bounds *bounds,
                                struct error *error)
{
    struct reading_memory *memory = reading->memory;
    enum error_code code = refresh(reading, bounds->first_set, INT64_MAX, error);
    if (code)
        return code;
    forget_before(reading, bounds);
    memory->history_known = true;
    memory->mismatch = false;
    memory->sweep_next_set = 0;
    memory->swept_ms = reading->now_monotonic_ms;
    return ERR_OK;
}

static enum error_code read_changes(struct reading *reading, const struct bounds *bounds,
                                    struct error *error)
{
    forget_before(reading, bounds);
    enum error_code code = refresh(reading, lowest_open(reading), INT64_MAX, error);
    if (code)
        return code;
    code = sweep(reading, error);
    if (code)
        return code;
    /* A set may be under way between two statements, so only a lasting difference counts. */
    bool differs =
        (int64_t)history_list_count(&reading->memory->history) != bounds->row_count;
    if (differs && reading->memory->mismatch)
        return read_all(reading, bounds, error);
    reading->memory->mismatch = differs;
    return ERR_OK;
}

static enum error_code prepare(struct reading *reading, struct error *error)
{
    if (is_source(reading)) {
        if (!reading->view->has_management) {
            reading->not_asked = true;
            return ERR_OK;
        }
        return reading_learn_columns(reading, reading->view->management_database, error);
    }
    return reading_learn_columns(reading, "master", error);
}

enum error_code reading_history(struct reading *reading, struct error *error)
{
    struct reading_memory *memory = reading->memory;
    struct bounds bounds = {0};
    enum error_code code = prepare(reading, error);
    if (code || reading->not_asked)
        return code;
    code = ask_bounds(reading, &bounds, error);
    if (code)
        return code;
    bool fell = bounds.last_set < memory->last_set;
    bool forgot = !is_source(reading) && reading->view->last_restore_set < 0 &&
                  reading->last->last_restore_set >= 0;
    if (memory->full || !memory->history_known || fell || forgot)
        code = read_all(reading, &bounds, error);
    else
        code = read_changes(reading, &bounds, error);
    if (code)
        return code;
    memory->last_set = bounds.last_set;
    history_list_publish(&memory->history, reading->fresh);
    reading->fresh->history_swept_monotonic_ms = memory->swept_ms;
    return ERR_OK;
}
