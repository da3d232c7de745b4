/* The parts that every server has: identity, databases, settings. */
#include <stdlib.h>
#include <strings.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/decode.h"
#include "core/reading.h"
#include "core/view_rows.h"

/* --- identity --------------------------------------------------------------------------------- */

static bool take_server(void *context, const struct tds_row *row)
{
    decode_server(context, row);
    return true;
}

static bool take_rights(void *context, const struct tds_row *row)
{
    decode_rights(context, row);
    return true;
}

enum error_code reading_server(struct reading *reading, struct error *error)
{
    struct server_view *fresh = reading->fresh;
    int64_t before_ms = clock_monotonic_ms(reading->clock);
    enum error_code code =
        reading_ask(reading, &query_server, NULL, 0, take_server, fresh, error);
    int64_t after_ms = clock_monotonic_ms(reading->clock);
    if (code)
        return code;
    /* the server looked at its clock some time in between */
    reading->view->as_of_monotonic_ms = before_ms + (after_ms - before_ms) / 2;
    reading->view->as_of_utc_ms = clock_utc_ms(reading->clock);
    reading->now_monotonic_ms = after_ms;
    return reading_ask(reading, &query_rights, NULL, 0, take_rights, fresh, error);
}

/* --- databases -------------------------------------------------------------------------------- */

static bool add_database(void *context, const struct tds_row *row)
{
    struct reading *reading = context;
    decode_database(memory_append(reading->fresh, databases), row, reading->view->utc_offset_min);
    return true;
}

static struct database_row *database_by_id(struct server_view *view, int64_t id)
{
    for (size_t i = 0; i < view->databases_count; i++)
        if (view->databases[i].database_id == id)
            return &view->databases[i];
    return NULL;
}

static bool add_file(void *context, const struct tds_row *row)
{
    struct reading *reading = context;
    struct database_row *database =
        database_by_id(reading->fresh, tds_integer(row, "database_id", -1));
    if (!database)
        return true;
    int64_t size_bytes = tds_integer(row, "pages", 0) * 8192;
    if (tds_has(row, "name") && tds_has(row, "path"))
        *memory_append(reading->fresh, files) =
            (struct file_row){.database_id = database->database_id,
                              .name = memory_copy_text(tds_text(row, "name")),
                              .path = memory_copy_text(tds_text(row, "path")),
                              .is_log = tds_integer(row, "type", 0) == 1,
                              .size_bytes = size_bytes,
                              .create_lsn = tds_lsn(row, "create_lsn")};
    database->size_bytes =
        (database->size_bytes == SIZE_UNKNOWN ? 0 : database->size_bytes) + size_bytes;
    database->files_visible = true;
    struct lsn redo = tds_lsn(row, "redo_lsn");
    bool restoring = database->state == STATE_RESTORING || database->standby;
    /* the file that is farthest behind decides where the next log must begin */
    if (restoring && lsn_is_known(redo) &&
        (!lsn_is_known(database->redo_lsn) || lsn_compare(redo, database->redo_lsn) < 0))
        database->redo_lsn = redo;
    return true;
}

static bool add_family(void *context, const struct tds_row *row)
{
    struct reading *reading = context;
    struct database_row *database =
        database_by_id(reading->fresh, tds_integer(row, "database_id", -1));
    if (database)
        tds_guid(row, "family", database->family_guid);
    return true;
}

static bool add_mirrored(void *context, const struct tds_row *row)
{
    struct reading *reading = context;
    struct database_row *database =
        database_by_id(reading->fresh, tds_integer(row, "database_id", -1));
    if (!database)
        return true;
    const char *role = tds_text(row, "role"), *state = tds_text(row, "state"),
               *partner = tds_text(row, "partner");
    database->mirrored = true;
    free(database->availability);
    database->availability = memory_format("%s, %s, partner %s", role ? role : "role not visible",
                                           state ? state : "state not visible",
                                           partner ? partner : "not visible");
    return true;
}

static bool add_sessions(void *context, const struct tds_row *row)
{
    struct reading *reading = context;
    struct database_row *database =
        database_by_id(reading->fresh, tds_integer(row, "database_id", -1));
    if (database)
        database->sessions = tds_integer(row, "sessions", 0);
    return true;
}

/* Optional knowledge: a failure that leaves the connection usable is noted, not returned. */
static enum error_code ask_also(struct reading *reading, const struct query *query,
                                tds_row_function *row, struct error *error)
{
    struct error failure = {0};
    enum error_code code = reading_ask(reading, query, NULL, 0, row, reading, &failure);
    if (!code)
        return ERR_OK;
    if (!tds_reader_is_usable(reading->reader)) {
        *error = failure;
        return code;
    }
    reading->note = failure;
    return ERR_OK;
}

static void note_hidden_files(struct reading *reading)
{
    for (size_t i = 0; i < reading->fresh->databases_count; i++)
        if (reading->fresh->databases[i].files_visible)
            return;
    error_set(&reading->note, ERR_PERMISSION, reading->server->name, query_files.permission,
              "the databases' files and redo points are not visible");
}

enum error_code reading_databases(struct reading *reading, struct error *error)
{
    enum error_code code =
        reading_ask(reading, &query_databases, NULL, 0, add_database, reading, error);
    if (!code)
        code = ask_also(reading, &query_files, add_file, error);
    if (!code)
        code = ask_also(reading, &query_recovery_status, add_family, error);
    if (!code)
        code = ask_also(reading, &query_mirroring, add_mirrored, error);
    if (!code && reading->view->can_view_server_state) {
        for (size_t i = 0; i < reading->fresh->databases_count; i++)
            reading->fresh->databases[i].sessions = 0;
        code = ask_also(reading, &query_sessions, add_sessions, error);
    }
    if (!code)
        note_hidden_files(reading);
    return code;
}

/* --- settings --------------------------------------------------------------------------------- */

static bool take_configuration(void *context, const struct tds_row *row)
{
    struct reading *reading = context;
    const char *name = tds_text(row, "name");
    int value = (int)tds_integer(row, "value", -1);
    if (text_equal_nocase(name, "max degree of parallelism"))
        reading->fresh->max_degree_of_parallelism = value;
    else if (text_equal_nocase(name, "Ad Hoc Distributed Queries"))
        reading->fresh->ad_hoc_distributed_queries = value;
    return true;
}

static bool take_service(void *context, const struct tds_row *row)
{
    enum { RUNNING = 4, AUTOMATIC = 2 };
    struct reading *reading = context;
    const char *name = tds_text(row, "name");
    if (!name || strncasecmp(name, "SQL Server Agent", 16) != 0)
        return true;
    reading->fresh->agent_running_known = true;
    reading->fresh->agent_running = tds_integer(row, "status", 0) == RUNNING;
    int64_t startup = tds_integer(row, "startup", -1);
    reading->fresh->agent_starts_itself = startup < 0 ? -1 : startup <= AUTOMATIC;
    return true;
}

enum error_code reading_settings(struct reading *reading, struct error *error)
{
    enum error_code code =
        reading_ask(reading, &query_configurations, NULL, 0, take_configuration, reading, error);
    return code ? code : ask_also(reading, &query_services, take_service, error);
}
