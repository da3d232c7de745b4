#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "tests/lab/biztalk.h"
#include "tests/lab/engine.h"
#include "tests/lab/model.h"
#include "tests/lab/reply.h"

static const char history_columns[] =
    "BackupId bigint identity not null, BackupSetId bigint not null, MarkName nvarchar(32) null,"
    "DatabaseName nvarchar(128) not null, BackupFileName nvarchar(500) not null,"
    "BackupFileLocation nvarchar(3000) not null, BackupType char(2) not null,"
    "BackupDateTime datetime not null, SetComplete bit not null, ServerName nvarchar(128) null";

/* As the older scripts: the server stands beside the database. */
static const char old_history_columns[] =
    "BackupId bigint identity not null, BackupSetId bigint not null, MarkName nvarchar(32) null,"
    "DatabaseName nvarchar(128) not null, ServerName nvarchar(128) null,"
    "BackupFileName nvarchar(500) not null, BackupFileLocation nvarchar(3000) not null,"
    "BackupType char(2) not null, BackupDateTime datetime not null, SetComplete bit not null";

/* The place in adm_BackupHistory of each column, in the order of enum history_column. */
static const int old_order[HISTORY_COLUMNS] = {0, 1, 2, 3, 5, 6, 7, 8, 9, 4};

void biztalk_history_from_row(const struct lab *lab, const struct sql_value *row,
                              struct sql_value *canonical)
{
    for (int i = 0; i < HISTORY_COLUMNS; i++) {
        canonical[i] = row[lab->old_schema ? old_order[i] : i];
    }
}

void biztalk_history_to_row(const struct lab *lab, const struct sql_value *canonical,
                            struct sql_value *row)
{
    for (int i = 0; i < HISTORY_COLUMNS; i++) {
        row[lab->old_schema ? old_order[i] : i] = canonical[i];
    }
}

static const char group_columns[] =
    "Id int identity not null, Name nvarchar(256) not null, DateModified datetime,"
    "SignCertComment nvarchar(256), TrackingDBServerName nvarchar(80), TrackingDBName nvarchar(128),"
    "SubscriptionDBServerName nvarchar(80), SubscriptionDBName nvarchar(128),"
    "TrackAnalysisServerName nvarchar(80), TrackAnalysisDBName nvarchar(128),"
    "BamDBServerName nvarchar(80), BamDBName nvarchar(128),"
    "RuleEngineDBServerName nvarchar(80), RuleEngineDBName nvarchar(128),"
    "SSOServerName nvarchar(80), GlobalTrackingOption int";

static const char messagebox_columns[] =
    "Id int identity not null, GroupId int not null, DBServerName nvarchar(80) not null,"
    "DBName nvarchar(128) not null, DateModified datetime, IsMasterMsgBox int not null,"
    "DisableNewMsgPublication int not null, ConfigurationState int not null, UniqueId uniqueidentifier";

static const char other_columns[] =
    "DefaultDatabaseName nvarchar(128) not null, DatabaseName nvarchar(128) not null,"
    "ServerName nvarchar(80) not null, BTSServerName nvarchar(80) not null";

static const char settings_columns[] = "ForceFull bit not null, UseCompression bit not null";

static const char backup_view[] =
    "SELECT g.TrackingDBServerName AS ServerName, g.TrackingDBName AS DatabaseName"
    " FROM dbo.adm_Group g WHERE g.TrackingDBName <> N''"
    " UNION SELECT g.BamDBServerName, g.BamDBName FROM dbo.adm_Group g WHERE g.BamDBName <> N''"
    " UNION SELECT g.RuleEngineDBServerName, g.RuleEngineDBName FROM dbo.adm_Group g"
    " WHERE g.RuleEngineDBName <> N''"
    " UNION SELECT m.DBServerName, m.DBName FROM dbo.adm_MessageBox m"
    " UNION SELECT o.ServerName, o.DatabaseName FROM dbo.adm_OtherBackupDatabases o"
    " UNION SELECT s.ServerName, s.DatabaseName FROM dbo.adm_ManagementDatabase s";

static const char *settings_table(const struct lab *lab)
{
    return lab->old_schema ? "adm_ForceFullBackup" : "adm_BackupSettings";
}

static void read_settings(void *context, const struct sql_value *values, size_t count)
{
    struct biztalk_settings *settings = context;
    settings->force_full = !values[0].null && values[0].integer != 0;
    if (count > 1) {
        settings->use_compression = !values[1].null && values[1].integer != 0;
    }
}

struct biztalk_settings biztalk_settings(const struct biztalk_group *group)
{
    struct biztalk_settings settings = {.use_compression = group->use_compression};
    const struct instance *instance = group->management->instance;
    engine_scan(instance->engine, group->management, "dbo", settings_table(instance->lab),
                NULL, NULL, read_settings, &settings);
    return settings;
}

void biztalk_run_sql(struct session *session, struct biztalk_group *group, const char *text)
{
    struct database *before = session->database;
    struct reply *sink = reply_new_sink();
    session->database = group->management;
    engine_run_internal(session, text, sink);
    reply_free(sink);
    session->database = before;
}

void biztalk_set_setting(struct session *session, struct biztalk_group *group, const char *column,
                         bool value)
{
    char *text = memory_format("UPDATE dbo.%s SET %s = %d WHERE %s <> %d",
                               settings_table(session->instance->lab), column, value,
                               column, value);
    biztalk_run_sql(session, group, text);
    free(text);
}

struct biztalk_group *biztalk_group_new(struct database *management, const char *location)
{
    struct biztalk_group *group = memory_new(sizeof *group);
    group->management = management;
    text_copy(group->location, sizeof group->location, location);
    strcpy(group->name, "BTS");
    group->use_compression = true;
    group->backup_hour = -1;
    group->next_set_id = 1;
    group->last_full_utc_ms = INT64_MIN;
    group->fail_at_member = -1;
    management->instance->group = group;
    return group;
}

void biztalk_group_free(struct biztalk_group *group)
{
    if (group != NULL) {
        free(group->members);
        free(group);
    }
}

void biztalk_add_member(struct biztalk_group *group, struct database *database, const char *role)
{
    struct group_member *member = memory_append(group, members);
    member->database = database;
    text_copy(member->role, sizeof member->role, role);
}

static const struct group_member *member_of_role(const struct biztalk_group *group,
                                                 const char *role)
{
    for (size_t i = 0; i < group->members_count; i++) {
        if (strcmp(group->members[i].role, role) == 0) {
            return &group->members[i];
        }
    }
    return NULL;
}

static void add_place(struct row *row, const struct group_member *member)
{
    row_text(row, member == NULL ? "" : instance_known_as(member->database->instance));
    row_text(row, member == NULL ? "" : member->database->name);
}

static void fill_group(const struct biztalk_group *group)
{
    struct database *management = group->management;
    struct lab *lab = management->instance->lab;
    struct row row = {0};
    row_null(&row);
    row_text(&row, lab->group_name);
    row_time(&row, management->instance, lab_now_utc_ms(lab));
    row_null(&row);
    add_place(&row, member_of_role(group, "tracking"));
    add_place(&row, member_of_role(group, "master-messagebox"));
    row_text(&row, instance_database(management->instance, "BizTalkAnalysisDb") == NULL
                       ? ""
                       : instance_known_as(management->instance));
    row_text(&row, instance_database(management->instance, "BizTalkAnalysisDb") == NULL
                       ? ""
                       : "BizTalkAnalysisDb");
    add_place(&row, member_of_role(group, "bam"));
    add_place(&row, member_of_role(group, "rules"));
    row_text(&row, instance_known_as(management->instance));
    row_int(&row, 1);
    row_insert(&row, management, "dbo", "adm_Group");
}

/* DefaultDatabaseName: the words that BizTalk's update scripts look for; of a custom database the
 * name that its owner gave it. Source: "Moving BizTalk Server Databases", SampleUpdateInfo.xml. */
static const char *listed_name(const struct group_member *member)
{
    if (strcmp(member->role, "sso") == 0)
        return "SSO";
    if (strcmp(member->role, "bam-alerts") == 0)
        return strstr(member->database->name, "NSMain") == NULL ? "BAM Alerts Application DB"
                                                                : "BAM Alerts Instance DB";
    return member->database->name;
}

static void fill_member(const struct biztalk_group *group, const struct group_member *member)
{
    struct database *management = group->management;
    const char *server = instance_known_as(member->database->instance);
    bool master = strcmp(member->role, "master-messagebox") == 0;
    struct row row = {0};
    if (master || strcmp(member->role, "messagebox") == 0) {
        uint8_t guid[16];
        lab_random_guid(management->instance->lab, guid);
        row_null(&row);
        row_int(&row, 1);
        row_text(&row, server);
        row_text(&row, member->database->name);
        row_time(&row, management->instance, management->created_utc_ms);
        row_int(&row, master ? -1 : 0);
        row_int(&row, 0);
        row_int(&row, 0);
        row_guid(&row, guid);
        row_insert(&row, management, "dbo", "adm_MessageBox");
    } else if (strcmp(member->role, "other") == 0 || strcmp(member->role, "sso") == 0 ||
               strcmp(member->role, "bam-alerts") == 0 || strcmp(member->role, "custom") == 0) {
        row_text(&row, listed_name(member));
        row_text(&row, member->database->name);
        row_text(&row, server);
        row_text(&row, "");
        row_insert(&row, management, "dbo", "adm_OtherBackupDatabases");
    } else if (strcmp(member->role, "management") == 0) {
        row_text(&row, server);
        row_text(&row, member->database->name);
        row_insert(&row, management, "dbo", "adm_ManagementDatabase");
    }
}

/* TDDS, which copies tracking data: connection strings with server names inside. Source: what
 * UpdateDatabase.vbs writes into these tables. */
static void fill_tracking_streams(const struct biztalk_group *group)
{
    struct database *management = group->management;
    database_create_table(management, "dbo", "TDDS_Sources",
                          "SourceName nvarchar(256) not null, ConnectionString nvarchar(1024)", 0);
    database_create_table(management, "dbo", "TDDS_Destinations",
                          "DestinationName nvarchar(256) not null,"
                          "ConnectionString nvarchar(1024)", 0);
    for (size_t i = 0; i < group->members_count; i++) {
        const struct group_member *member = &group->members[i];
        const char *server = instance_known_as(member->database->instance);
        const char *name = member->database->name;
        char text[600];
        struct row row = {0};
        if (strcmp(member->role, "master-messagebox") == 0 ||
            strcmp(member->role, "messagebox") == 0) {
            snprintf(text, sizeof text, "%s_%s", server, name);
            row_text(&row, text);
            snprintf(text, sizeof text, "Pooling=false;Integrated Security=SSPI;Data Source=%s;"
                                        "Initial Catalog=%s", server, name);
            row_text(&row, text);
            row_insert(&row, management, "dbo", "TDDS_Sources");
        } else if (strcmp(member->role, "tracking") == 0) {
            row_text(&row, "DTA");
            snprintf(text, sizeof text, "Pooling=false;Integrated Security=SSPI;server=%s;"
                                        "database=%s", server, name);
            row_text(&row, text);
            row_insert(&row, management, "dbo", "TDDS_Destinations");
        }
    }
}

void biztalk_create_tables(struct biztalk_group *group)
{
    static const char *const computers[] = {"BTS01", "BTS02"}; /* where BizTalk itself runs */
    struct database *management = group->management;
    bool old = management->instance->lab->old_schema;
    database_create_table(management, "dbo", "adm_BackupHistory",
                          old ? old_history_columns : history_columns, 1);
    database_create_table(management, "dbo", "adm_Group", group_columns, 1);
    database_create_table(management, "dbo", "adm_MessageBox", messagebox_columns, 1);
    database_create_table(management, "dbo", "adm_OtherBackupDatabases", other_columns, 0);
    database_create_table(management, "dbo", settings_table(management->instance->lab),
                          old ? "ForceFull bit not null" : settings_columns, 0);
    database_create_table(management, "dbo", "adm_Server",
                          "Id int identity not null, Name nvarchar(63) not null", 1);
    database_create_table(management, "dbo", "adm_ManagementDatabase",
                          "ServerName nvarchar(80) not null, DatabaseName nvarchar(128) not null",
                          0);
    database_create_view(management, "dbo", "admv_BackupDatabases",
                         "ServerName nvarchar(80) null, DatabaseName nvarchar(128) null",
                         backup_view);
    for (size_t i = 0; i < group->members_count; i++) {
        struct database *database = group->members[i].database;
        database_create_table(database, "dbo", "MarkLog", "MarkName nvarchar(128) null", 0);
        database->has_marking_procedures = database->tables->marking_procedures = true;
    }
    management->has_management_procedures = management->tables->management_procedures = true;
    fill_group(group);
    for (size_t i = 0; i < group->members_count; i++) {
        fill_member(group, &group->members[i]);
    }
    fill_tracking_streams(group);
    struct row row = {0};
    row_int(&row, 0);
    if (!old) {
        row_int(&row, 1);
    }
    row_insert(&row, management, "dbo", settings_table(management->instance->lab));
    for (size_t i = 0; i < sizeof computers / sizeof *computers; i++) {
        row_null(&row);
        row_text(&row, computers[i]);
        row_insert(&row, management, "dbo", "adm_Server");
    }
}
