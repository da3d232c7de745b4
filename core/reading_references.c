/* After a restore: the server names that stand inside the databases which came from elsewhere. */
#include <stdlib.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/reading.h"

enum { SYSTEM_DATABASES = 4, PLACES_MAX = 40 };

/* What UpdateDatabase.vbs changes, and BAM's list of other import databases. */
static const struct {
    const char *table, *column;
} places[] = {
    {"adm_Group", "TrackingDBServerName"},
    {"adm_Group", "SubscriptionDBServerName"},
    {"adm_Group", "TrackAnalysisServerName"},
    {"adm_Group", "BamDBServerName"},
    {"adm_Group", "RuleEngineDBServerName"},
    {"adm_Group", "SSOServerName"},
    {"adm_MessageBox", "DBServerName"},
    {"adm_OtherBackupDatabases", "ServerName"},
    {"adm_OtherDatabases", "ServerName"},
    {"TDDS_Sources", "SourceName"},
    {"TDDS_Sources", "ConnectionString"},
    {"TDDS_Destinations", "ConnectionString"},
    {"bam_Metadata_ReferencedDatabases", "ServerName"},
};

struct found {
    size_t places[PLACES_MAX];
    size_t count;
};

static bool take_column(void *context, const struct tds_row *row)
{
    struct found *found = context;
    const char *table = tds_text(row, "table_name"), *column = tds_text(row, "column_name");
    for (size_t i = 0; table && column && i < sizeof places / sizeof *places; i++)
        if (found->count < PLACES_MAX && text_equal_nocase(places[i].table, table) &&
            text_equal_nocase(places[i].column, column))
            found->places[found->count++] = i;
    return true;
}

struct place_reading {
    struct reading *reading;
    const char *database;
    size_t place;
};

static bool take_value(void *context, const struct tds_row *row)
{
    const struct place_reading *at = context;
    const char *value = tds_text(row, "detail");
    if (!value || !*value)
        return true;
    *memory_append(at->reading->fresh, surroundings) = (struct surrounding_row){
        .kind = SURROUNDING_REFERENCE,
        .name = memory_format("%s.%s", places[at->place].table, places[at->place].column),
        .detail = memory_copy_text(value),
        .database = memory_copy_text(at->database),
        .number = -1,
        .moment_utc_ms = TIME_UNKNOWN,
    };
    return true;
}

/* A table that may not be read is noted, and the others are read. */
static enum error_code read_place(struct reading *reading, const char *database, size_t place,
                                  struct error *error)
{
    struct place_reading at = {reading, database, place};
    const struct tsql_argument arguments[] = {
        {.kind = ARGUMENT_IDENTIFIER, .text = database},
        {.kind = ARGUMENT_IDENTIFIER, .text = places[place].table},
        {.kind = ARGUMENT_IDENTIFIER, .text = places[place].column},
    };
    struct error failure = {0};
    enum error_code code = reading_ask(reading, &query_references, arguments, 3, take_value, &at,
                                       &failure);
    if (!code)
        return ERR_OK;
    reading->note = failure;
    if (tds_reader_is_usable(reading->reader))
        return ERR_OK;
    *error = failure;
    return code;
}

static enum error_code look_inside(struct reading *reading, const char *database,
                                   struct error *error)
{
    const struct tsql_argument argument = {.kind = ARGUMENT_IDENTIFIER, .text = database};
    struct found found = {0};
    enum error_code code = reading_ask(reading, &query_reference_columns, &argument, 1, take_column,
                                       &found, error);
    for (size_t i = 0; i < found.count && !code; i++)
        code = read_place(reading, database, found.places[i], error);
    return code;
}

enum error_code reading_references(struct reading *reading, struct error *error)
{
    const struct server_view *view = reading->view;
    enum error_code code = ERR_OK;
    size_t looked = 0;
    for (size_t i = 0; i < view->databases_count && !code; i++) {
        const struct database_row *row = &view->databases[i];
        if (row->database_id <= SYSTEM_DATABASES || row->state != STATE_ONLINE || row->standby)
            continue;
        looked++;
        code = look_inside(reading, row->name, error);
    }
    reading->not_asked = looked == 0;
    /* not one table could be read: that is not the same as none that names a server */
    if (!code && reading->note.code == ERR_PERMISSION && reading->fresh->surroundings_count == 0) {
        *error = reading->note;
        code = ERR_PERMISSION;
    }
    return code;
}
