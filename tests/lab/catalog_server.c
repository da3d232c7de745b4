#include <string.h>

#include <openssl/sha.h>

#include "tests/lab/agent.h"
#include "tests/lab/catalog.h"
#include "tests/lab/model.h"

static const char configurations_columns[] =
    "configuration_id int not null, name nvarchar(35) not null, value sql_variant,"
    "minimum sql_variant, maximum sql_variant, value_in_use sql_variant,"
    "description nvarchar(255) not null, is_dynamic bit not null, is_advanced bit not null";

static void send_configuration(struct row_sink *sink, int id, const char *name, int value,
                               int maximum)
{
    struct row row = {0};
    row_int(&row, id);
    row_text(&row, name);
    row_int(&row, value);
    row_int(&row, 0);
    row_int(&row, maximum);
    row_int(&row, value);
    row_text(&row, name);
    row_int(&row, 1);
    row_int(&row, 1);
    row_send(&row, sink);
}

static bool fill_configurations(struct session *session, struct database *database,
                                struct row_sink *sink)
{
    (void)database;
    const struct instance *instance = session->instance;
    send_configuration(sink, 16391, "Ad Hoc Distributed Queries",
                       instance->adhoc_distributed_queries, 1);
    send_configuration(sink, 1539, "max degree of parallelism", instance->max_dop_one ? 1 : 0,
                       32767);
    send_configuration(sink, 518, "show advanced options", 1, 1);
    send_configuration(sink, 1579, "backup compression default", 1, 1);
    send_configuration(sink, 16384, "Agent XPs", !instance->agent->stopped, 1);
    send_configuration(sink, 16390, "xp_cmdshell", 0, 1);
    send_configuration(sink, 1544, "max server memory (MB)", 24576, 2147483647);
    send_configuration(sink, 542, "remote proc trans", 0, 1);
    return true;
}

static const char servers_columns[] =
    "server_id int not null, name sysname, product sysname, provider sysname,"
    "data_source nvarchar(4000), location nvarchar(4000), provider_string nvarchar(4000),"
    "catalog nvarchar(128), connect_timeout int, query_timeout int, is_linked bit not null,"
    "is_remote_login_enabled bit not null, is_rpc_out_enabled bit not null,"
    "is_data_access_enabled bit not null, is_collation_compatible bit not null,"
    "uses_remote_collation bit not null, collation_name nvarchar(128),"
    "lazy_schema_validation bit not null, is_system bit not null, is_publisher bit not null,"
    "is_subscriber bit, is_distributor bit, is_nonsql_subscriber bit,"
    "is_remote_proc_transaction_promotion_enabled bit, modify_date datetime not null";

static void send_server(struct row_sink *sink, const struct instance *instance, int id,
                        const char *name, bool linked)
{
    struct row row = {0};
    row_int(&row, id);
    row_text(&row, name);
    row_text(&row, "SQL Server");
    row_text(&row, "SQLNCLI");
    row_text(&row, name);
    row_nulls(&row, 3);
    row_int(&row, 0);
    row_int(&row, 0);
    row_int(&row, linked);
    row_int(&row, 1);
    row_int(&row, 1);
    row_int(&row, 1);
    row_int(&row, 0);
    row_int(&row, 1);
    row_null(&row);
    for (int i = 0; i < 6; i++) {
        row_int(&row, 0);
    }
    row_int(&row, linked);
    row_time(&row, instance, instance->started_utc_ms);
    row_send(&row, sink);
}

/* A source with the management database links to the other sources; a destination to it. */
static bool is_linked(const struct instance *from, const struct instance *to)
{
    return from != to && to->is_source && (!from->is_source || from->group != NULL);
}

static bool fill_servers(struct session *session, struct database *database, struct row_sink *sink)
{
    (void)database;
    const struct instance *instance = session->instance;
    const struct lab *lab = instance->lab;
    send_server(sink, instance, 0, instance->name, false);
    int id = 1;
    for (size_t i = 0; i < lab->instances_count; i++) {
        if (is_linked(instance, lab->instances[i])) {
            send_server(sink, instance, id++, instance_known_as(lab->instances[i]), true);
        }
    }
    return true;
}

static const char principals_columns[] =
    "name sysname, principal_id int not null, sid varbinary(85), type char(1) not null,"
    "type_desc nvarchar(60), is_disabled bit, create_date datetime not null,"
    "modify_date datetime not null, default_database_name nvarchar(128),"
    "default_language_name nvarchar(128), credential_id int, owning_principal_id int,"
    "is_fixed_role bit not null";

static const char sql_logins_columns[] =
    "name sysname, principal_id int not null, sid varbinary(85), type char(1) not null,"
    "type_desc nvarchar(60), is_disabled bit, create_date datetime not null,"
    "modify_date datetime not null, default_database_name nvarchar(128),"
    "default_language_name nvarchar(128), credential_id int, is_policy_checked bit,"
    "is_expiration_checked bit, password_hash varbinary(256)";

static void add_login(struct row *row, const struct instance *instance, const struct login *login)
{
    size_t sid_length = strcmp(login->name, "sa") == 0 ? 1 : sizeof login->sid;
    row_text(row, login->name);
    row_int(row, login->principal_id);
    row_add(row, sql_bytes(login->sid, sid_length));
    row_text(row, login->windows ? "U" : "S");
    row_text(row, login->windows ? "WINDOWS_LOGIN" : "SQL_LOGIN");
    row_int(row, login->disabled && !login->windows);
    row_time(row, instance, login->created_utc_ms);
    row_time(row, instance, login->created_utc_ms);
    row_text(row, "master");
    row_text(row, "us_english");
    row_null(row);
}

static bool sees_login(const struct session *session, const struct login *login)
{
    return catalog_has(session, PERMISSION_VIEW_ANY_DEFINITION) || login == session->login ||
           strcmp(login->name, "sa") == 0;
}

static void send_role(struct row_sink *sink, const struct instance *instance, int id,
                      const char *name)
{
    struct row row = {0};
    uint8_t sid[] = {(uint8_t)id};
    row_text(&row, name);
    row_int(&row, id);
    row_add(&row, sql_bytes(sid, sizeof sid));
    row_text(&row, "R");
    row_text(&row, "SERVER_ROLE");
    row_int(&row, 0);
    row_time(&row, instance, instance->started_utc_ms);
    row_time(&row, instance, instance->started_utc_ms);
    row_nulls(&row, 3);
    row_int(&row, 1);
    row_int(&row, id != 2);
    row_send(&row, sink);
}

static bool fill_principals(struct session *session, struct database *database,
                            struct row_sink *sink)
{
    (void)database;
    const struct instance *instance = session->instance;
    for (size_t i = 0; i < instance->logins_count; i++) {
        if (sees_login(session, &instance->logins[i])) {
            struct row row = {0};
            add_login(&row, instance, &instance->logins[i]);
            row_null(&row);
            row_int(&row, 0);
            row_send(&row, sink);
        }
    }
    static const char *const roles[] = {"public",      "sysadmin",   "securityadmin",
                                        "serveradmin", "setupadmin", "processadmin",
                                        "diskadmin",   "dbcreator",  "bulkadmin"};
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
        send_role(sink, instance, (int)i + 2, roles[i]);
    }
    return true;
}

/* Version 2 (since SQL Server 2012): 0x0200, four bytes of salt, SHA-512 of password and salt.
 * Source: what sys.sql_logins shows to CONTROL SERVER. */
static void add_hash(struct row *row, const struct session *session, const struct login *login)
{
    uint8_t text[sizeof login->password * 2 + 4], hash[6 + SHA512_DIGEST_LENGTH] = {2, 0};
    size_t length = 0;
    if (!session_is_sysadmin(session)) {
        row_null(row);
        return;
    }
    for (const char *c = login->password; *c != '\0'; c++) {
        text[length++] = (uint8_t)*c; /* ASCII as UTF-16 */
        text[length++] = 0;
    }
    memcpy(hash + 2, login->sid, 4);
    memcpy(text + length, login->sid, 4);
    SHA512(text, length + 4, hash + 6);
    row_add(row, sql_bytes(hash, sizeof hash));
}

static bool fill_sql_logins(struct session *session, struct database *database,
                            struct row_sink *sink)
{
    (void)database;
    const struct instance *instance = session->instance;
    for (size_t i = 0; i < instance->logins_count; i++) {
        if (sees_login(session, &instance->logins[i]) && !instance->logins[i].windows) {
            struct row row = {0};
            add_login(&row, instance, &instance->logins[i]);
            row_int(&row, 1);
            row_int(&row, 0);
            add_hash(&row, session, &instance->logins[i]);
            row_send(&row, sink);
        }
    }
    return true;
}

static const char services_columns[] =
    "servicename nvarchar(256) not null, startup_type int, startup_type_desc nvarchar(256) not null,"
    "status int, status_desc nvarchar(256) not null, process_id int,"
    "last_startup_time datetimeoffset, service_account nvarchar(256) not null,"
    "filename nvarchar(256) not null, is_clustered nvarchar(1) not null,"
    "cluster_nodename nvarchar(256), instant_file_initialization_enabled nvarchar(1) not null";

static void send_service(struct row_sink *sink, const struct instance *instance, const char *name,
                         const char *account, bool running)
{
    struct row row = {0};
    bool clustered = instance->cluster_nodes_count > 0; /* then the cluster starts it */
    row_text(&row, name);
    row_int(&row, clustered ? 3 : 2);
    row_text(&row, clustered ? "Manual" : "Automatic");
    row_int(&row, running ? 4 : 1);
    row_text(&row, running ? "Running" : "Stopped");
    if (running) {
        row_int(&row, 4711);
    } else {
        row_null(&row);
    }
    row_time(&row, instance, instance->started_utc_ms);
    row_text(&row, account);
    row_text(&row, "C:\\Program Files\\Microsoft SQL Server\\service.exe");
    row_text(&row, clustered ? "Y" : "N");
    if (clustered) {
        row_text(&row, instance->cluster_nodes[0]);
    } else {
        row_null(&row);
    }
    row_text(&row, "Y");
    row_send(&row, sink);
}

static bool fill_services(struct session *session, struct database *database, struct row_sink *sink)
{
    (void)database;
    if (!catalog_needs_server_state(session)) {
        return false;
    }
    const struct instance *instance = session->instance;
    send_service(sink, instance, "SQL Server (MSSQLSERVER)", "NT Service\\MSSQLSERVER", true);
    send_service(sink, instance, "SQL Server Agent (MSSQLSERVER)", "NT Service\\SQLSERVERAGENT",
                 !instance->agent->stopped);
    return true;
}

static bool fill_certificates(struct session *session, struct database *database,
                              struct row_sink *sink)
{
    const struct instance *instance = session->instance;
    if (!instance->has_certificate || strcmp(database->name, "master") != 0 ||
        !catalog_has(session, PERMISSION_VIEW_ANY_DEFINITION)) {
        return true;
    }
    struct row row = {0};
    row_text(&row, "TDECertificate");
    row_int(&row, 256);
    row_int(&row, 1);
    row_text(&row, "MK");
    row_text(&row, "ENCRYPTED_BY_MASTER_KEY");
    row_int(&row, 1);
    row_text(&row, "TDE");
    row_text(&row, "1d");
    row_nulls(&row, 2);
    row_text(&row, "TDE");
    row_time(&row, instance, instance->started_utc_ms + INT64_C(315360000000));
    row_time(&row, instance, instance->started_utc_ms);
    row_add(&row,
            sql_bytes(instance->certificate_thumbprint, sizeof instance->certificate_thumbprint));
    row_null(&row);
    row_time(&row, instance, instance->started_utc_ms);
    row_send(&row, sink);
    return true;
}

static bool fill_credentials(struct session *session, struct database *context,
                             struct row_sink *sink)
{
    const struct instance *instance = session->instance;
    (void)context;
    if (!catalog_has(session, PERMISSION_VIEW_ANY_DEFINITION)) {
        return true;
    }
    for (size_t i = 0; i < instance->credentials_count; i++) {
        struct row row = {0};
        row_int(&row, 65536 + (int64_t)i);
        row_text(&row, instance->credentials[i]);
        row_text(&row, "SHARED ACCESS SIGNATURE");
        row_time(&row, instance, instance->started_utc_ms);
        row_time(&row, instance, instance->started_utc_ms);
        row_nulls(&row, 2);
        row_send(&row, sink);
    }
    return true;
}

static struct catalog_view views[] = {
    {.schema = "sys",
     .name = "configurations",
     .columns = configurations_columns,
     .fill = fill_configurations},
    {.schema = "sys", .name = "servers", .columns = servers_columns, .fill = fill_servers},
    {.schema = "sys",
     .name = "server_principals",
     .columns = principals_columns,
     .fill = fill_principals},
    {.schema = "sys", .name = "sql_logins", .columns = sql_logins_columns, .fill = fill_sql_logins},
    {.schema = "sys",
     .name = "credentials",
     .columns = "credential_id int not null, name sysname, credential_identity nvarchar(4000),"
                "create_date datetime not null, modify_date datetime not null,"
                "target_type nvarchar(100), target_id int",
     .fill = fill_credentials},
    {.schema = "sys",
     .name = "certificates",
     .columns = "name sysname, certificate_id int not null, principal_id int,"
                "pvt_key_encryption_type char(2) not null,"
                "pvt_key_encryption_type_desc nvarchar(60), is_active_for_begin_dialog bit,"
                "issuer_name nvarchar(442), cert_serial_number nvarchar(64), sid varbinary(85),"
                "string_sid nvarchar(128), subject nvarchar(4000), expiry_date datetime,"
                "start_date datetime, thumbprint varbinary(32) not null, attested_by nvarchar(260),"
                "pvt_key_last_backup_date datetime",
     .fill = fill_certificates},
    {.schema = "sys",
     .name = "dm_server_services",
     .columns = services_columns,
     .fill = fill_services},
    {.schema = "sys",
     .name = "dm_os_cluster_nodes",
     .columns = "NodeName nvarchar(512), status int, status_description nvarchar(20),"
                "is_current_owner bit",
     .fill = catalog_fill_cluster_nodes},
    {.schema = "sys",
     .name = "availability_groups",
     .columns =
         "group_id uniqueidentifier not null, name sysname null,"
         "resource_id nvarchar(40), resource_group_id nvarchar(40),"
         "failure_condition_level int, health_check_timeout int,"
         "automated_backup_preference tinyint, automated_backup_preference_desc nvarchar(60),"
         "version smallint, basic_features bit, dtc_support bit, db_failover bit,"
         "is_distributed bit",
     .fill = catalog_fill_groups},
    {.schema = "sys",
     .name = "availability_replicas",
     .columns = "replica_id uniqueidentifier, group_id uniqueidentifier, replica_metadata_id int,"
                "replica_server_name nvarchar(256), owner_sid varbinary(85),"
                "endpoint_url nvarchar(128), availability_mode tinyint,"
                "availability_mode_desc nvarchar(60), failover_mode tinyint,"
                "failover_mode_desc nvarchar(60), create_date datetime, modify_date datetime",
     .fill = catalog_fill_replicas},
    {.schema = "sys",
     .name = "dm_hadr_availability_replica_states",
     .columns = "replica_id uniqueidentifier, group_id uniqueidentifier, is_local bit,"
                "role tinyint, role_desc nvarchar(60), operational_state tinyint,"
                "operational_state_desc nvarchar(60), connected_state tinyint,"
                "connected_state_desc nvarchar(60), recovery_health tinyint,"
                "recovery_health_desc nvarchar(60), synchronization_health tinyint,"
                "synchronization_health_desc nvarchar(60)",
     .fill = catalog_fill_replica_states},
    {.schema = "sys",
     .name = "dm_hadr_database_replica_states",
     .columns = "database_id int not null, group_id uniqueidentifier, replica_id uniqueidentifier,"
                "group_database_id uniqueidentifier, is_local bit, is_primary_replica bit,"
                "synchronization_state tinyint, synchronization_state_desc nvarchar(60),"
                "is_commit_participant bit, synchronization_health tinyint,"
                "synchronization_health_desc nvarchar(60), database_state tinyint,"
                "database_state_desc nvarchar(60), is_suspended bit",
     .fill = catalog_fill_database_states},
};

struct catalog_part catalog_server(void)
{
    return (struct catalog_part){views, sizeof views / sizeof *views};
}
