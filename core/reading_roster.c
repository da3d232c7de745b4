/* Which databases the backup job marks and backs up, and what each is for. */
#include <stdlib.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/decode.h"
#include "core/reading.h"
#include "core/roster.h"

/* What BizTalk's other tables say of a database's use. */
struct known_use {
    char *server, *database; /* server may be NULL */
    enum database_use use;
    bool master;
    char *listed_as; /* the name that adm_OtherBackupDatabases knows it by; NULL */
};

struct roster_reading {
    struct reading *reading;
    struct known_use *uses;
    size_t uses_count, uses_capacity;
    bool lacked;      /* the last table could not be read */
    bool uses_hidden; /* one of the tables that tell them could not be read */
};

static struct known_use *note_use(struct roster_reading *roster, const char *server,
                                  const char *database, enum database_use use, bool master)
{
    if (!database || !*database)
        return NULL; /* a feature that is not configured */
    struct known_use *known = memory_append(roster, uses);
    known->server = memory_copy_text(server);
    known->database = memory_copy_text(database);
    known->use = use;
    known->master = master;
    return known;
}

static bool take_group(void *context, const struct tds_row *row)
{
    static const struct {
        const char *server, *database;
        enum database_use use;
    } columns[] = {
        {"TrackingDBServerName", "TrackingDBName", USE_TRACKING},
        {"SubscriptionDBServerName", "SubscriptionDBName", USE_MESSAGE_BOX},
        {"BamDBServerName", "BamDBName", USE_BAM_PRIMARY_IMPORT},
        {"RuleEngineDBServerName", "RuleEngineDBName", USE_RULE_ENGINE},
        {"TrackAnalysisServerName", "TrackAnalysisDBName", USE_TRACKING_ANALYSIS},
    };
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
        note_use(context, tds_text(row, columns[i].server), tds_text(row, columns[i].database),
                 columns[i].use, columns[i].use == USE_MESSAGE_BOX);
    return true;
}

static bool take_message_box(void *context, const struct tds_row *row)
{
    note_use(context, tds_text(row, "DBServerName"), tds_text(row, "DBName"), USE_MESSAGE_BOX,
             tds_integer(row, "IsMasterMsgBox", 0) != 0);
    return true;
}

/* What DefaultDatabaseName says: a word of BizTalk's, as its update scripts look it up, or the
 * database's default name. */
static enum database_use use_by_listed_name(const char *name)
{
    static const struct {
        const char *name;
        enum database_use use;
    } words[] = {
        {"SSO", USE_SSO},
        {"BAM Alerts Application DB", USE_BAM_ALERTS},
        {"BAM Alerts Instance DB", USE_BAM_ALERTS},
        {"RuleEngine DB", USE_RULE_ENGINE},
    };
    for (size_t i = 0; name && i < sizeof words / sizeof words[0]; i++)
        if (text_equal_nocase(words[i].name, name))
            return words[i].use;
    return name ? roster_use_by_name(name) : USE_CUSTOM;
}

static bool take_other(void *context, const struct tds_row *row)
{
    const char *listed_as = tds_text(row, "DefaultDatabaseName");
    struct known_use *known = note_use(context, tds_text(row, "ServerName"),
                                       tds_text(row, "DatabaseName"),
                                       use_by_listed_name(listed_as), false);
    if (known)
        known->listed_as = memory_copy_text(listed_as);
    return true;
}

static bool take_computer(void *context, const struct tds_row *row)
{
    struct roster_reading *roster = context;
    const char *name = tds_text(row, "Name");
    if (name && *name)
        *memory_append(roster->reading->fresh, computers) = memory_copy_text(name);
    return true;
}

static bool take_force_full(void *context, const struct tds_row *row)
{
    struct roster_reading *roster = context;
    roster->reading->fresh->force_full = tds_bit(row, "ForceFull");
    return true;
}

static bool take_roster(void *context, const struct tds_row *row)
{
    struct roster_reading *roster = context;
    const char *database = tds_text(row, "DatabaseName");
    if (!database || !*database)
        return true;
    struct roster_row *entry = memory_append(roster->reading->fresh, roster);
    entry->server = memory_copy_text(tds_text(row, "ServerName"));
    entry->database = memory_copy_text(database);
    entry->in_backup_job = true;
    return true;
}

static bool is_same_server(const struct reading *reading, const char *a, const char *b)
{
    if (!a || !b || text_equal_nocase(a, b))
        return true;
    int index = config_server_find(reading->config, a);
    return index >= 0 && index == config_server_find(reading->config, b);
}

static void find_use(struct roster_reading *roster, struct roster_row *entry)
{
    if (text_equal_nocase(entry->database, roster->reading->fresh->management_database)) {
        entry->use = USE_MANAGEMENT;
        return;
    }
    entry->use = roster_use_by_name(entry->database);
    bool found = false, boxes_known = false, all_told = !roster->uses_hidden;
    for (size_t i = 0; i < roster->uses_count; i++) {
        const struct known_use *known = &roster->uses[i];
        boxes_known = boxes_known || known->use == USE_MESSAGE_BOX;
        if (!text_equal_nocase(known->database, entry->database) ||
            !is_same_server(roster->reading, known->server, entry->server))
            continue;
        if (!found)
            entry->use = known->use;
        found = true;
        if (known->use == USE_MESSAGE_BOX && known->master)
            entry->is_master_message_box = true;
        if (known->listed_as && !entry->listed_as)
            entry->listed_as = memory_copy_text(known->listed_as);
    }
    /* The group lists its message boxes: a name that only looks like one's is not. */
    if (!found && boxes_known && all_told && entry->use == USE_MESSAGE_BOX)
        entry->use = USE_CUSTOM;
    if (!found && !all_told && entry->use == USE_CUSTOM)
        entry->use = USE_UNKNOWN; /* a message box may have any name */
}

/* Somebody may have added it to the job as a custom database. */
static bool is_in_backup_job(const struct server_view *fresh, const char *database)
{
    for (size_t i = 0; i < fresh->roster_count; i++)
        if (fresh->roster[i].in_backup_job &&
            text_equal_nocase(fresh->roster[i].database, database))
            return true;
    return false;
}

/* Databases of the group that are backed up by other means: listed, never restored to a mark. */
static void add_others(struct roster_reading *roster)
{
    struct server_view *fresh = roster->reading->fresh;
    const char *here = roster->reading->view->server_name;
    size_t count;
    const struct default_name *defaults = roster_default_names(&count);
    for (size_t i = 0; i < count; i++) {
        /* the tracking analysis database stands in adm_Group, whatever its name */
        if (!roster_is_backed_up_otherwise(defaults[i].use) ||
            defaults[i].use == USE_TRACKING_ANALYSIS)
            continue;
        const struct database_row *row =
            server_view_database(roster->reading->view, defaults[i].name);
        if (row && !is_in_backup_job(fresh, row->name))
            *memory_append(fresh, roster) =
                (struct roster_row){.server = memory_copy_text(here),
                                    .database = memory_copy_text(row->name),
                                    .use = defaults[i].use};
    }
    for (size_t i = 0; i < roster->uses_count; i++)
        if (roster->uses[i].use == USE_TRACKING_ANALYSIS)
            *memory_append(fresh, roster) =
                (struct roster_row){.server = memory_copy_text(roster->uses[i].server),
                                    .database = memory_copy_text(roster->uses[i].database),
                                    .use = USE_TRACKING_ANALYSIS};
}

/* A table that may be missing or not granted: the roster stands without it. */
static enum error_code ask_also(struct roster_reading *roster, const struct query *query,
                                const struct tsql_argument *arguments, size_t count,
                                tds_row_function *row, struct error *error)
{
    struct error failure = {0};
    enum error_code code =
        reading_ask(roster->reading, query, arguments, count, row, roster, &failure);
    if (!code)
        return ERR_OK;
    if (!tds_reader_is_usable(roster->reading->reader)) {
        *error = failure;
        return code;
    }
    if (roster->reading->note.code != ERR_PERMISSION) /* a right is lacking sooner than a table */
        roster->reading->note = failure;
    roster->lacked = true;
    return ERR_OK;
}

/* One of the tables that tell what a database is for. */
static enum error_code ask_use(struct roster_reading *roster, const struct query *query,
                               const struct tsql_argument *database, tds_row_function *row,
                               struct error *error)
{
    roster->lacked = false;
    enum error_code code = ask_also(roster, query, database, 1, row, error);
    roster->uses_hidden = roster->uses_hidden || roster->lacked;
    return code;
}

static enum error_code ask_uses(struct roster_reading *roster, const char *database,
                                struct error *error)
{
    struct reading *reading = roster->reading;
    struct tsql_argument arguments[] = {
        {.kind = ARGUMENT_IDENTIFIER, .text = database},
        {.kind = ARGUMENT_IDENTIFIER, .text = "adm_BackupSettings"},
    };
    if (!reading_column(reading, "adm_BackupSettings", "ForceFull") &&
        reading_column(reading, "adm_ForceFullBackup", "ForceFull"))
        arguments[1].text = "adm_ForceFullBackup";
    enum error_code code = ask_use(roster, &query_group, arguments, take_group, error);
    if (!code)
        code = ask_use(roster, &query_message_boxes, arguments, take_message_box, error);
    if (!code)
        code = ask_use(roster, &query_other_databases, arguments, take_other, error);
    if (!code)
        code = ask_also(roster, &query_backup_settings, arguments, 2, take_force_full, error);
    if (!code && reading_column(reading, "adm_Server", "Name"))
        code = ask_also(roster, &query_computers, arguments, 1, take_computer, error);
    return code;
}

static enum error_code ask_roster(struct roster_reading *roster, const char *database,
                                  struct error *error)
{
    struct server_view *fresh = roster->reading->fresh;
    struct tsql_argument argument = {.kind = ARGUMENT_IDENTIFIER, .text = database};
    enum error_code code = reading_learn_columns(roster->reading, database, error);
    if (!code)
        code = reading_ask(roster->reading, &query_roster, &argument, 1, take_roster, roster,
                           error);
    if (!code)
        code = ask_uses(roster, database, error);
    if (code)
        return code;
    for (size_t i = 0; i < fresh->roster_count; i++)
        find_use(roster, &fresh->roster[i]);
    add_others(roster);
    return ERR_OK;
}

/* --- the marking objects of each database ----------------------------------------------------- */

struct objects_found {
    int mark_log, procedures;
};

static bool take_object(void *context, const struct tds_row *row)
{
    struct objects_found *found = context;
    if (text_equal_nocase(tds_text(row, "name"), "MarkLog"))
        found->mark_log++;
    else
        found->procedures++;
    return true;
}

static enum error_code look_at_database(struct reading *reading, const struct database_row *row,
                                        struct error *error)
{
    enum { PROCEDURES_NEEDED = 4 };
    struct objects_found found = {0};
    struct tsql_argument argument = {.kind = ARGUMENT_IDENTIFIER, .text = row->name};
    struct error failure = {0};
    enum error_code code =
        reading_ask(reading, &query_marking_objects, &argument, 1, take_object, &found, &failure);
    if (code && !tds_reader_is_usable(reading->reader)) {
        *error = failure;
        return code;
    }
    /* without VIEW ANY DEFINITION objects are hidden, which is not the same as absent */
    bool sees_all = !code && reading->view->can_view_any_definition;
    struct marking_objects *objects = memory_append(reading->memory, marking);
    objects->database = memory_copy_text(row->name);
    objects->has_mark_log = found.mark_log ? 1 : sees_all ? 0 : -1;
    objects->has_procedures = found.procedures >= PROCEDURES_NEEDED ? 1 : sees_all ? 0 : -1;
    return ERR_OK;
}

static enum error_code look_at_databases(struct reading *reading, struct error *error)
{
    struct reading_memory *memory = reading->memory;
    for (size_t i = 0; i < memory->marking_count; i++)
        free(memory->marking[i].database);
    memory->marking_count = 0;
    enum error_code code = ERR_OK;
    for (size_t i = 0; i < reading->view->databases_count && !code; i++)
        if (server_view_looks_into(reading->view, &reading->view->databases[i]))
            code = look_at_database(reading, &reading->view->databases[i], error);
    return code;
}

enum error_code reading_roster(struct reading *reading, struct error *error)
{
    enum error_code code = look_at_databases(reading, error);
    if (code)
        return code;
    const struct database_row *management =
        server_view_database(reading->view, reading->config->management_database);
    if (!management && reading->last->has_management)
        return error_set(error, ERR_SERVER_ERROR, reading->server->name,
                         "offline databases are hidden from logins without ALTER ANY DATABASE",
                         "the management database %s is not visible any more",
                         reading->config->management_database);
    if (!management) {
        reading->not_asked = true;
        return ERR_OK;
    }
    reading->fresh->has_management = true;
    reading->fresh->management_database = memory_copy_text(management->name);
    struct roster_reading roster = {.reading = reading};
    code = ask_roster(&roster, management->name, error);
    for (size_t i = 0; i < roster.uses_count; i++) {
        free(roster.uses[i].server);
        free(roster.uses[i].database);
        free(roster.uses[i].listed_as);
    }
    free(roster.uses);
    return code;
}
