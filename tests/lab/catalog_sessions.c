#include <stdio.h>
#include <string.h>

#include "tests/lab/catalog.h"
#include "tests/lab/locks.h"
#include "tests/lab/model.h"

static const char sessions_columns[] =
    "session_id smallint not null, login_time datetime not null, host_name nvarchar(128),"
    "program_name nvarchar(128), host_process_id int, client_version int,"
    "client_interface_name nvarchar(32), security_id varbinary(85) not null,"
    "login_name nvarchar(128) not null, nt_domain nvarchar(128), nt_user_name nvarchar(128),"
    "status nvarchar(30) not null, context_info varbinary(128), cpu_time int not null,"
    "memory_usage int not null, total_scheduled_time int not null,"
    "total_elapsed_time int not null, endpoint_id int not null,"
    "last_request_start_time datetime not null, last_request_end_time datetime,"
    "reads bigint not null, writes bigint not null, logical_reads bigint not null,"
    "is_user_process bit not null, text_size int not null, language nvarchar(128),"
    "date_format nvarchar(3), date_first smallint not null, quoted_identifier bit not null,"
    "arithabort bit not null, ansi_null_dflt_on bit not null, ansi_defaults bit not null,"
    "ansi_warnings bit not null, ansi_padding bit not null, ansi_nulls bit not null,"
    "concat_null_yields_null bit not null, transaction_isolation_level smallint not null,"
    "lock_timeout int not null, deadlock_priority int not null, row_count bigint not null,"
    "prev_error int not null, original_security_id varbinary(85) not null,"
    "original_login_name nvarchar(128) not null, last_successful_logon datetime,"
    "last_unsuccessful_logon datetime, unsuccessful_logons bigint, group_id int not null,"
    "database_id smallint not null, authenticating_database_id int,"
    "open_transaction_count int not null, page_server_reads bigint not null,"
    "contained_availability_group_id uniqueidentifier";

static void add_session(struct row *row, const struct session *session)
{
    const struct instance *instance = session->instance;
    row_int(row, session->spid);
    row_add(row, sql_time_utc_ms(session->login_utc_ms, instance->utc_offset_min));
    row_text(row, session->host);
    row_text(row, session->application);
    row_int(row, 1000 + session->spid);
    row_int(row, 7);
    row_text(row, session->interface);
    row_add(row, sql_bytes(session->login->sid, sizeof session->login->sid));
    row_text(row, session->login->name);
    row_nulls(row, 2);
    row_text(row, session->running ? "running" : "sleeping");
    row_null(row);
    row_int(row, 0);
    row_int(row, 2);
    row_int(row, 0);
    row_int(row, 0);
    row_int(row, 4);
    int64_t started = session->request_started_utc_ms != 0 ? session->request_started_utc_ms
                                                           : session->login_utc_ms;
    row_add(row, sql_time_utc_ms(started, instance->utc_offset_min));
    row_add(row, sql_time_utc_ms(started, instance->utc_offset_min));
    row_int(row, 0);
    row_int(row, 0);
    row_int(row, 0);
    row_int(row, 1);
    row_int(row, session->text_size > 0 ? session->text_size : 4096);
    row_text(row, "us_english");
    row_text(row, "mdy");
    row_int(row, 7);
    static const int options[] = {1, 0, 1, 0, 1, 1, 1, 1}; /* QUOTED_IDENTIFIER ... */
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        row_int(row, options[i]);
    }
    row_int(row, session->isolation_level);
    row_int(row, session->lock_timeout_ms);
    row_int(row, session->deadlock_priority);
    row_int(row, 0);
    row_int(row, 0);
    row_add(row, sql_bytes(session->login->sid, sizeof session->login->sid));
    row_text(row, session->login->name);
    row_nulls(row, 3);
    row_int(row, 2);
    row_int(row, session->database->id);
    row_int(row, 1);
    row_int(row, session->transaction_depth);
    row_int(row, 0);
    row_null(row);
}

/* Without VIEW SERVER STATE a session sees itself only. */
static bool sees(const struct session *reader, const struct session *session)
{
    return session == reader || catalog_has(reader, PERMISSION_VIEW_SERVER_STATE);
}

static bool fill_sessions(struct session *session, struct database *database, struct row_sink *sink)
{
    (void)database;
    for (const struct session *s = session->instance->sessions; s != NULL; s = s->next) {
        if (sees(session, s) && s->login != NULL) {
            struct row row = {0};
            add_session(&row, s);
            row_send(&row, sink);
        }
    }
    return true;
}

static const char requests_columns[] =
    "session_id smallint not null, request_id int not null, start_time datetime not null,"
    "status nvarchar(30) not null, command nvarchar(32) not null, sql_handle varbinary(64),"
    "statement_start_offset int, statement_end_offset int, plan_handle varbinary(64),"
    "database_id smallint not null, user_id int not null, connection_id uniqueidentifier,"
    "blocking_session_id smallint, wait_type nvarchar(60), wait_time int not null,"
    "last_wait_type nvarchar(60) not null, wait_resource nvarchar(256) not null,"
    "open_transaction_count int not null, open_resultset_count int not null,"
    "transaction_id bigint not null, context_info varbinary(128), percent_complete real not null,"
    "estimated_completion_time bigint not null, cpu_time int not null,"
    "total_elapsed_time int not null, scheduler_id int, reads bigint not null,"
    "writes bigint not null, logical_reads bigint not null, text_size int not null";

static void add_request(struct row *row, const struct session *session)
{
    const struct instance *instance = session->instance;
    uint8_t handle[20] = {
        2, 0, 0, 0, (uint8_t)(session->spid & 0xFF), (uint8_t)(session->spid >> 8)};
    row_int(row, session->spid);
    row_int(row, 0);
    row_add(row, sql_time_utc_ms(session->request_started_utc_ms, instance->utc_offset_min));
    row_text(row, session->wait_type[0] != '\0' ? "suspended" : "running");
    row_text(row, session->command[0] != '\0' ? session->command : "SELECT");
    row_add(row, sql_bytes(handle, sizeof handle));
    row_int(row, 0);
    row_int(row, -1);
    row_null(row);
    row_int(row, session->database->id);
    row_int(row, 1);
    row_null(row);
    row_int(row, session->blocking_spid);
    row_text(row, session->wait_type[0] != '\0' ? session->wait_type : NULL);
    row_int(row, 0);
    row_text(row, session->wait_type[0] != '\0' ? session->wait_type : "MISCELLANEOUS");
    row_text(row, "");
    row_int(row, session->transaction_depth);
    row_int(row, 1);
    row_int(row, (int64_t)session->transaction_id);
    row_null(row);
    row_add(row, sql_number(session->percent_complete));
    row_int(row, session->estimated_completion_ms);
    row_int(row, 0);
    int64_t elapsed = instance_now_utc_ms(instance) - session->request_started_utc_ms;
    row_int(row, elapsed > INT32_MAX ? INT32_MAX : elapsed);
    row_int(row, 0);
    row_int(row, 0);
    row_int(row, 0);
    row_int(row, 0);
    row_int(row, session->text_size > 0 ? session->text_size : 4096);
}

static bool fill_requests(struct session *session, struct database *database, struct row_sink *sink)
{
    (void)database;
    for (const struct session *s = session->instance->sessions; s != NULL; s = s->next) {
        if (s->running && sees(session, s)) {
            struct row row = {0};
            add_request(&row, s);
            row_send(&row, sink);
        }
    }
    return true;
}

static const char connections_columns[] =
    "session_id int, most_recent_session_id int, connect_time datetime not null,"
    "net_transport nvarchar(40) not null, protocol_type nvarchar(40), protocol_version int,"
    "endpoint_id int, encrypt_option nvarchar(40) not null, auth_scheme nvarchar(40) not null,"
    "node_affinity smallint not null, num_reads int, num_writes int, last_read datetime,"
    "last_write datetime, net_packet_size int, client_net_address varchar(48),"
    "client_tcp_port int, local_net_address varchar(48), local_tcp_port int,"
    "connection_id uniqueidentifier not null";

static bool fill_connections(struct session *session, struct database *database,
                             struct row_sink *sink)
{
    (void)database;
    if (!catalog_needs_server_state(session)) {
        return false;
    }
    const struct instance *instance = session->instance;
    for (const struct session *s = instance->sessions; s != NULL; s = s->next) {
        uint8_t guid[16] = {(uint8_t)(s->spid & 0xFF), (uint8_t)(s->spid >> 8)};
        struct row row = {0};
        row_int(&row, s->spid);
        row_int(&row, s->spid);
        row_add(&row, sql_time_utc_ms(s->login_utc_ms, instance->utc_offset_min));
        row_text(&row, s->socket_fd < 0 ? "Shared memory" : "TCP");
        row_text(&row, "TSQL");
        row_int(&row, 1946157060);
        row_int(&row, 4);
        row_text(&row, "FALSE");
        row_text(&row, "SQL");
        row_int(&row, 0);
        row_int(&row, 1);
        row_int(&row, 1);
        row_nulls(&row, 2);
        row_int(&row, 4096);
        row_text(&row, s->socket_fd < 0 ? "<local machine>" : "127.0.0.1");
        row_null(&row);
        row_text(&row, "127.0.0.1");
        row_int(&row, instance->port);
        row_guid(&row, guid);
        row_send(&row, sink);
    }
    return true;
}

static const char locks_columns[] =
    "resource_type nvarchar(60) not null, resource_subtype nvarchar(60) not null,"
    "resource_database_id int not null, resource_description nvarchar(256) not null,"
    "resource_associated_entity_id bigint, resource_lock_partition int not null,"
    "request_mode nvarchar(60) not null, request_type nvarchar(60) not null,"
    "request_status nvarchar(60) not null, request_reference_count smallint not null,"
    "request_lifetime int not null, request_session_id int not null,"
    "request_exec_context_id int not null, request_request_id int not null,"
    "request_owner_type nvarchar(60) not null, request_owner_id bigint,"
    "request_owner_guid uniqueidentifier";

/* The strongest of what was asked for. */
static const char *lock_mode(unsigned modes)
{
    static const char *const names[] = {"IS", "S", "U", "IX", "X"};
    size_t strongest = 0;
    if ((modes & (APPLOCK_SHARED | APPLOCK_INTENT_EXCLUSIVE | APPLOCK_EXCLUSIVE)) ==
        (APPLOCK_SHARED | APPLOCK_INTENT_EXCLUSIVE)) {
        return "SIX";
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        strongest = (modes & 1u << i) != 0 ? i : strongest;
    }
    return names[strongest];
}

static void send_lock(struct row_sink *sink, const char *type, int database_id,
                      const char *description, const char *mode, bool waiting, int count,
                      const struct session *session, const char *owner)
{
    struct row row = {0};
    row_text(&row, type);
    row_text(&row, "");
    row_int(&row, database_id);
    row_text(&row, description);
    row_int(&row, 0);
    row_int(&row, 0);
    row_text(&row, mode);
    row_text(&row, "LOCK");
    row_text(&row, waiting ? "WAIT" : "GRANT");
    row_int(&row, count);
    row_int(&row, 0);
    row_int(&row, session->spid);
    row_int(&row, 0);
    row_int(&row, 0);
    row_text(&row, owner);
    row_int(&row, 0);
    row_null(&row);
    row_send(&row, sink);
}

/* 0:[the first 32 characters]:(hash), as the lock manager names an application lock. */
static void describe(char *out, size_t size, const char *resource)
{
    uint32_t hash = 2166136261u;
    for (const char *at = resource; *at != '\0'; at++) {
        hash = (hash ^ (unsigned char)*at) * 16777619u;
    }
    size_t length = 0, characters = 0;
    while (resource[length] != '\0' && characters < 32) {
        length++;
        while (((unsigned char)resource[length] & 0xC0) == 0x80) {
            length++;
        }
        characters++;
    }
    snprintf(out, size, "0:[%.*s]:(%08x)", (int)length, resource, hash);
}

/* The database in SINGLE_USER that the session holds without being in it; NULL = none. */
static const struct database *held_from_outside(const struct session *session)
{
    const struct instance *instance = session->instance;
    for (size_t i = 0; i < instance->databases_count; i++) {
        const struct database *database = instance->databases[i];
        if (!database->dropped && database->user_access == 1 &&
            database->single_user == session && session->database != database) {
            return database;
        }
    }
    return NULL;
}

static bool fill_locks(struct session *session, struct database *database, struct row_sink *sink)
{
    (void)database;
    if (!catalog_needs_server_state(session)) {
        return false;
    }
    for (const struct session *s = session->instance->sessions; s != NULL; s = s->next) {
        const struct database *held = held_from_outside(s);
        if (held != NULL) {
            send_lock(sink, "DATABASE", held->id, "", "S", false, 1, s, "SESSION");
        }
        if (s->database->id > 2) {
            send_lock(sink, "DATABASE", s->database->id, "", "S", false, 1, s,
                      "SHARED_TRANSACTION_WORKSPACE");
        }
        if (s->restoring != NULL) {
            send_lock(sink, "DATABASE", s->restoring->id, "", "X", false, 1, s, "SESSION");
        }
    }
    for (const struct applock *lock = session->instance->applocks; lock != NULL;
         lock = lock->next) {
        char description[300];
        describe(description, sizeof description, lock->resource);
        send_lock(sink, "APPLICATION", lock->database->id, description, lock_mode(lock->modes),
                  lock->waiting, lock->count, lock->session,
                  lock->transaction_owned ? "TRANSACTION" : "SESSION");
    }
    return true;
}

static const char usage_columns[] =
    "database_id smallint not null, object_id int not null, index_id int not null,"
    "user_seeks bigint not null, user_scans bigint not null, user_lookups bigint not null,"
    "user_updates bigint not null, last_user_seek datetime, last_user_scan datetime,"
    "last_user_lookup datetime, last_user_update datetime, system_seeks bigint not null,"
    "system_scans bigint not null, system_lookups bigint not null,"
    "system_updates bigint not null, last_system_seek datetime, last_system_scan datetime,"
    "last_system_lookup datetime, last_system_update datetime";

struct usage {
    struct row_sink *sink;
    const struct database *database;
};

static void send_usage(void *context, const struct engine_table *table)
{
    const struct usage *usage = context;
    if (table->is_view || table->last_update_utc_ms == 0) {
        return;
    }
    struct row row = {0};
    row_int(&row, usage->database->id);
    row_int(&row, table->object_id);
    row_int(&row, table->key > 0 ? 1 : 0);
    row_int(&row, 0);
    row_int(&row, 0);
    row_int(&row, 0);
    row_int(&row, 1);
    row_nulls(&row, 3);
    row_time(&row, usage->database->instance, table->last_update_utc_ms);
    for (int i = 0; i < 4; i++) {
        row_int(&row, 0);
    }
    row_nulls(&row, 4);
    row_send(&row, usage->sink);
}

/* Counters since the database came online; they are gone with it. Source: Microsoft,
 * sys.dm_db_index_usage_stats. */
static bool fill_usage(struct session *session, struct database *context, struct row_sink *sink)
{
    (void)context;
    if (!catalog_needs_server_state(session)) {
        return false;
    }
    struct instance *instance = session->instance;
    for (size_t i = 0; i < instance->databases_count; i++) {
        struct database *database = instance->databases[i];
        struct usage usage = {.sink = sink, .database = database};
        if (!database->dropped && database->state == DATABASE_ONLINE) {
            engine_each_table(instance->engine, database, send_usage, &usage);
        }
    }
    return true;
}

static struct catalog_view views[] = {
    {.schema = "sys",
     .name = "dm_db_index_usage_stats",
     .columns = usage_columns,
     .fill = fill_usage},
    {.schema = "sys",
     .name = "dm_exec_sessions",
     .columns = sessions_columns,
     .fill = fill_sessions},
    {.schema = "sys",
     .name = "dm_exec_requests",
     .columns = requests_columns,
     .fill = fill_requests},
    {.schema = "sys",
     .name = "dm_exec_connections",
     .columns = connections_columns,
     .fill = fill_connections},
    {.schema = "sys", .name = "dm_tran_locks", .columns = locks_columns, .fill = fill_locks},
};

struct catalog_part catalog_sessions(void)
{
    return (struct catalog_part){views, sizeof views / sizeof *views};
}
