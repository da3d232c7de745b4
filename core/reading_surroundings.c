/* What stands around the databases, asked once in a while: keys, logins, what is inside each
 * database, linked servers, volumes. A catalog view hides rows from a login without the right, so
 * the rights are looked at first: no rows then means that there are none. */
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/decode.h"
#include "core/reading.h"

enum { SQL_2014 = 12, SQL_2017 = 14 };

struct surroundings_reading {
    struct reading *reading;
    enum surrounding kind;
    const char *database; /* whose inside is looked at; NULL = the server */
};

static bool add_surrounding(void *context, const struct tds_row *row)
{
    struct surroundings_reading *at = context;
    struct surrounding_row *out = memory_append(at->reading->fresh, surroundings);
    decode_surrounding(out, row, at->reading->view->utc_offset_min);
    out->kind = at->kind;
    if (at->database != NULL && out->database == NULL)
        out->database = memory_copy_text(at->database);
    return true;
}

/* It belongs to the group as far as that can be told from here: the backup job marked it. */
static bool was_marked(const struct server_view *view, const char *database)
{
    for (size_t i = 0; i < view->surroundings_count; i++)
        if (view->surroundings[i].kind == SURROUNDING_MARK_LOG &&
            text_equal_nocase(view->surroundings[i].database, database))
            return view->surroundings[i].number >= 0;
    return false;
}

/* True for a database that cannot be looked into now and is still the one that was. One that is
 * OFFLINE is hidden from a login without ALTER ANY DATABASE, as if it had been dropped; one that is
 * RESTORING becomes another. */
static bool is_closed(const struct reading *reading, const char *database)
{
    const struct database_row *row = server_view_database(reading->view, database);
    return row == NULL ? was_marked(reading->last, database)
                       : row->state != STATE_ONLINE && row->state != STATE_RESTORING;
}

/* What was known of databases that a move set OFFLINE, or that lost their disks: it is needed most
 * when nobody can look any more. */
static void keep_closed(struct reading *reading, enum surrounding kind)
{
    for (size_t i = 0; i < reading->last->surroundings_count; i++) {
        const struct surrounding_row *known = &reading->last->surroundings[i];
        if (known->kind != kind || known->database == NULL || !is_closed(reading, known->database))
            continue;
        struct surrounding_row *row = memory_append(reading->fresh, surroundings);
        *row = *known;
        row->name = memory_copy_text(known->name);
        row->detail = memory_copy_text(known->detail);
        row->database = memory_copy_text(known->database);
    }
}

static enum error_code ask(struct reading *reading, enum surrounding kind,
                           const struct query *query, const struct tsql_argument *argument,
                           const char *database, struct error *error)
{
    struct surroundings_reading at = {.reading = reading, .kind = kind, .database = database};
    return reading_ask(reading, query, argument, argument != NULL ? 1 : 0, add_surrounding, &at,
                       error);
}

/* ERR_PERMISSION where the login lacks a right without which rows would silently be missing. */
static enum error_code need(const struct reading *reading, bool right, const struct query *query,
                            struct error *error)
{
    return right ? ERR_OK
                 : error_set(error, ERR_PERMISSION, reading->server->name, query->permission,
                             "the %s are not visible to the login", query->name);
}

enum error_code reading_keys(struct reading *reading, struct error *error)
{
    const struct server_view *view = reading->view;
    enum error_code code = need(reading, view->can_view_any_definition, &query_certificates, error);
    if (!code)
        code = ask(reading, SURROUNDING_CERTIFICATE, &query_certificates, NULL, NULL, error);
    if (!code)
        code = ask(reading, SURROUNDING_CREDENTIAL, &query_credentials, NULL, NULL, error);
    if (!code)
        code = ask(reading, SURROUNDING_ENCRYPTION_KEY, &query_encryption_keys, NULL, NULL, error);
    keep_closed(reading, SURROUNDING_ENCRYPTION_KEY);
    if (code || view->role != ROLE_SOURCE || view->version_major < SQL_2014)
        return code;
    const int64_t fourteen_days_ms = INT64_C(14) * 24 * 60 * 60 * 1000;
    struct tsql_argument since = {
        .kind = ARGUMENT_TIME,
        .integer = view->server_utc_ms + (int64_t)view->utc_offset_min * 60000 - fourteen_days_ms};
    return ask(reading, SURROUNDING_BACKUP_KEY, &query_backup_keys, &since, NULL, error);
}

enum error_code reading_logins(struct reading *reading, struct error *error)
{
    enum error_code code =
        need(reading, reading->view->can_view_any_definition, &query_logins, error);
    return code ? code : ask(reading, SURROUNDING_LOGIN, &query_logins, NULL, NULL, error);
}

static const struct {
    enum surrounding kind;
    const struct query *query;
} inside[] = {
    {SURROUNDING_USER, &query_users},
    {SURROUNDING_BACKUP_ROLE, &query_backup_role},
    {SURROUNDING_MARK_LOG, &query_mark_log_rows},
    {SURROUNDING_FEATURE, &query_features},
};

static enum error_code look_inside(struct reading *reading, const char *database,
                                   struct error *error)
{
    const struct tsql_argument argument = {.kind = ARGUMENT_IDENTIFIER, .text = database};
    enum error_code code = ERR_OK;
    for (size_t i = 0; i < sizeof inside / sizeof *inside && !code; i++)
        code = ask(reading, inside[i].kind, inside[i].query, &argument, database, error);
    return code;
}

enum error_code reading_inside(struct reading *reading, struct error *error)
{
    const struct server_view *view = reading->view;
    enum error_code code = need(reading, view->can_view_any_definition, &query_users, error);
    for (size_t i = 0; i < view->databases_count && !code; i++)
        if (server_view_looks_into(view, &view->databases[i]))
            code = look_inside(reading, view->databases[i].name, error);
    for (size_t i = 0; i < sizeof inside / sizeof *inside && !code; i++)
        keep_closed(reading, inside[i].kind);
    return code;
}

enum error_code reading_links(struct reading *reading, struct error *error)
{
    enum error_code code =
        need(reading, reading->view->can_view_any_definition, &query_linked_servers, error);
    if (!code)
        code = ask(reading, SURROUNDING_LINKED_SERVER, &query_linked_servers, NULL, NULL, error);
    return code ? code
                : ask(reading, SURROUNDING_NATIVE_SHIPPING, &query_native_shipping, NULL, NULL,
                      error);
}

enum error_code reading_volumes(struct reading *reading, struct error *error)
{
    if (reading->view->version_major < SQL_2017)
        return error_set(error, ERR_SERVER_ERROR, reading->server->name,
                         "look at the disks by other means",
                         "SQL Server before 2017 does not tell the free space of its disks");
    return ask(reading, SURROUNDING_VOLUME, &query_volumes, NULL, NULL, error);
}
