/* Functions that ask the session, the catalog and the estate. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/text.h"
#include "tests/lab/estate.h"
#include "tests/lab/sql/cell.h"
#include "tests/lab/sql/functions.h"
#include "tests/lab/sql/objects.h"
#include "tests/lab/sql/type.h"

static struct sql_type result_nullable_int(const struct expr *call)
{
    (void)call;
    return type_of(SQL_INT, true);
}

static struct sql_type result_smallint(const struct expr *call)
{
    (void)call;
    return type_of(SQL_SMALLINT, true);
}

static struct sql_type result_variant(const struct expr *call)
{
    (void)call;
    return type_of(SQL_VARIANT, true);
}

static struct sql_type result_message(const struct expr *call)
{
    (void)call;
    return type_string(SQL_NVARCHAR, 4000, true);
}

static struct sql_type result_identity(const struct expr *call)
{
    (void)call;
    return type_numeric(38, 0, true);
}

static struct sql_type result_sid(const struct expr *call)
{
    (void)call;
    return (struct sql_type){.kind = SQL_VARBINARY, .length = 85, .nullable = true};
}

static struct sql_type result_big(const struct expr *call)
{
    (void)call;
    return type_of(SQL_BIGINT, false);
}

static void return_name(struct call *call, const char *name)
{
    if (name != NULL)
        call_return_text(call, name, strlen(name));
}

/* --- databases and objects ------------------------------------------------------------------ */

static struct database *database_by_id(struct call *call, int64_t id)
{
    const struct instance *instance = call->run->engine->instance;

    for (size_t i = 0; i < instance->databases_count; i++)
        if (instance->databases[i]->id == id && !instance->databases[i]->dropped)
            return instance->databases[i];
    return NULL;
}

static void db_id(struct call *call)
{
    struct database *database = call->run->session->database;

    if (call->count > 0)
        database = instance_database(call->run->engine->instance, call_text(call, 0, NULL));
    if (database != NULL)
        sqlite3_result_int(call->context, database->id);
}

static void db_name(struct call *call)
{
    struct database *database = call->count == 0 ? call->run->session->database
                                                 : database_by_id(call, call_integer(call, 0));

    return_name(call, database == NULL ? NULL : database->name);
}

static void object_id(struct call *call)
{
    int id = object_id_of(call->run, call_text(call, 0, NULL),
                          call->count > 1 ? call_text(call, 1, NULL) : NULL);

    if (id != 0)
        sqlite3_result_int(call->context, id);
}

static void object_name(struct call *call)
{
    const struct table *table =
        store_find_id(call->run->engine, object_table_id((int)call_integer(call, 0)));

    return_name(call, table == NULL ? NULL : table->name);
}

static void object_schema_name(struct call *call)
{
    const struct table *table =
        store_find_id(call->run->engine, object_table_id((int)call_integer(call, 0)));

    return_name(call, table == NULL ? NULL : table->schema);
}

static void col_length(struct call *call)
{
    int length =
        object_column_length(call->run, call_text(call, 0, NULL), call_text(call, 1, NULL));

    if (length != 0)
        sqlite3_result_int(call->context, length);
}

static void schema_name(struct call *call)
{
    int64_t id = call->count == 0 ? 1 : call_integer(call, 0);

    return_name(call, id == 1 ? "dbo" : id == 4 ? "sys" : id == 3 ? "INFORMATION_SCHEMA" : NULL);
}

static void schema_id(struct call *call)
{
    const char *name = call->count == 0 ? "dbo" : call_text(call, 0, NULL);

    if (text_equal_nocase(name, "dbo"))
        sqlite3_result_int(call->context, 1);
    else if (text_equal_nocase(name, "sys"))
        sqlite3_result_int(call->context, 4);
    else if (text_equal_nocase(name, "INFORMATION_SCHEMA"))
        sqlite3_result_int(call->context, 3);
}

/* The ids of sys.types. */
static void type_name_function(struct call *call)
{
    static const struct {
        int id;
        const char *name;
    } types[] = {{34, "image"},
                 {35, "text"},
                 {36, "uniqueidentifier"},
                 {40, "date"},
                 {41, "time"},
                 {42, "datetime2"},
                 {43, "datetimeoffset"},
                 {48, "tinyint"},
                 {52, "smallint"},
                 {56, "int"},
                 {58, "smalldatetime"},
                 {59, "real"},
                 {60, "money"},
                 {61, "datetime"},
                 {62, "float"},
                 {98, "sql_variant"},
                 {99, "ntext"},
                 {104, "bit"},
                 {106, "decimal"},
                 {108, "numeric"},
                 {127, "bigint"},
                 {165, "varbinary"},
                 {167, "varchar"},
                 {173, "binary"},
                 {175, "char"},
                 {231, "nvarchar"},
                 {239, "nchar"},
                 {256, "sysname"}};

    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].id == call_integer(call, 0))
            return_name(call, types[i].name);
}

static void databasepropertyex(struct call *call)
{
    static const char *const states[] = {"ONLINE",  "RESTORING", "RECOVERING", "RECOVERY_PENDING",
                                         "SUSPECT", "EMERGENCY", "OFFLINE"};
    static const char *const models[] = {"", "FULL", "BULK_LOGGED", "SIMPLE"};
    static const char *const accesses[] = {"MULTI_USER", "SINGLE_USER", "RESTRICTED_USER"};
    struct instance *instance = call->run->engine->instance;
    struct database *database = instance_database(instance, call_text(call, 0, NULL));
    const char *property = call_text(call, 1, NULL);

    if (database == NULL)
        return;
    if (strcasecmp(property, "Status") == 0)
        return_name(call, states[database->state]);
    else if (strcasecmp(property, "Recovery") == 0)
        return_name(call, models[database->recovery_model]);
    else if (strcasecmp(property, "UserAccess") == 0)
        return_name(call, accesses[database->user_access]);
    else if (strcasecmp(property, "Updateability") == 0)
        return_name(call, database->standby ? "READ_ONLY" : "READ_WRITE");
    else if (strcasecmp(property, "IsInStandBy") == 0)
        sqlite3_result_int(call->context, database->standby);
    else if (strcasecmp(property, "Collation") == 0)
        return_name(call, database->state == DATABASE_ONLINE ? instance->collation : NULL);
}

/* --- who -------------------------------------------------------------------------------------- */

static void login_name(struct call *call)
{
    const struct login *login = call->run->session->login;

    if (call->count > 0) /* a sid: only sa's is known */
        return_name(call, sqlite3_value_bytes(call->values[0]) == 1 ? "sa" : NULL);
    else
        return_name(call, login == NULL ? "sa" : login->name);
}

static void user_name(struct call *call)
{
    const struct session *session = call->run->session;

    if (call->count > 0)
        return_name(call, call_integer(call, 0) == 1   ? "dbo"
                          : call_integer(call, 0) == 2 ? "guest"
                                                       : NULL);
    else
        return_name(call, session->login == NULL || session_is_sysadmin(session)
                              ? "dbo"
                              : session->login->name);
}

static void suser_sid(struct call *call)
{
    sqlite3_result_blob(call->context, "\x01", 1, SQLITE_STATIC);
}

static void host_name(struct call *call)
{
    return_name(call, call->run->session->host);
}

static void app_name(struct call *call)
{
    return_name(call, call->run->session->application);
}

static void serverproperty(struct call *call)
{
    struct sql_value value =
        instance_property(call->run->engine->instance, call_text(call, 0, NULL));
    struct sql_type type = type_of(SQL_VARIANT, true);

    cell_result(call->context, &type, &value);
    sql_value_free(&value);
}

static const char *text_or_null(struct call *call, int index)
{
    return call_is_null(call, index) ? NULL : call_text(call, index, NULL);
}

static void return_trinary(struct call *call, int value)
{
    if (value >= 0)
        sqlite3_result_int(call->context, value);
}

static void has_perms_by_name(struct call *call)
{
    return_trinary(call, session_permission(call->run->session, text_or_null(call, 0),
                                            text_or_null(call, 1), text_or_null(call, 2)));
}

static void has_dbaccess(struct call *call)
{
    struct session *session = call->run->session;
    struct database *database = instance_database(session->instance, call_text(call, 0, NULL));
    struct reply *sink;

    if (database == NULL)
        return;
    sink = reply_new_sink();
    sqlite3_result_int(call->context, database->state == DATABASE_ONLINE &&
                                          session_may_use(session, database, sink));
    reply_free(sink);
}

static void is_role_member(struct call *call)
{
    return_trinary(call, session_is_role_member(call->run->session, call_text(call, 0, NULL)));
}

static void connectionproperty(struct call *call)
{
    const char *name = call_text(call, 0, NULL);

    return_name(call, strcasecmp(name, "net_transport") == 0       ? "TCP"
                      : strcasecmp(name, "protocol_type") == 0     ? "TSQL"
                      : strcasecmp(name, "auth_scheme") == 0       ? "SQL"
                      : strcasecmp(name, "local_net_address") == 0 ? "127.0.0.1"
                                                                   : NULL);
}

/* --- errors, identity, transactions ----------------------------------------------------------- */

static void error_number(struct call *call)
{
    if (call->run->handled != NULL)
        sqlite3_result_int(call->context, call->run->handled->number);
}

static void error_severity(struct call *call)
{
    if (call->run->handled != NULL)
        sqlite3_result_int(call->context, call->run->handled->severity);
}

static void error_state(struct call *call)
{
    if (call->run->handled != NULL)
        sqlite3_result_int(call->context, call->run->handled->state);
}

static void error_line(struct call *call)
{
    if (call->run->handled != NULL)
        sqlite3_result_int(call->context, call->run->handled->line);
}

static void error_message(struct call *call)
{
    return_name(call, call->run->handled == NULL ? NULL : call->run->handled->text);
}

static void error_procedure(struct call *call)
{
    return_name(call, call->run->handled == NULL || *call->run->handled->procedure == '\0'
                          ? NULL
                          : call->run->handled->procedure);
}

static void xact_state(struct call *call)
{
    const struct session *session = call->run->session;

    sqlite3_result_int(call->context, session->transaction_depth == 0 ? 0
                                      : session->transaction_doomed   ? -1
                                                                      : 1);
}

static void scope_identity(struct call *call)
{
    char text[32];

    if (!call->run->state->has_identity)
        return;
    snprintf(text, sizeof text, "%lld", (long long)call->run->state->identity);
    call_return_text(call, text, strlen(text));
}

static void ident_current(struct call *call)
{
    int id = object_id_of(call->run, call_text(call, 0, NULL), NULL);
    const struct table *table = store_find_id(call->run->engine, object_table_id(id));
    char text[32];

    if (table == NULL || table->identity < 0)
        return;
    snprintf(
        text, sizeof text, "%lld",
        (long long)(table->identity_next > 1 ? table->identity_next - table->identity_step : 1));
    call_return_text(call, text, strlen(text));
}

static void rowcount_big(struct call *call)
{
    sqlite3_result_int64(call->context, call->run->state->row_count);
}

const struct builtin builtins_system[] = {
    {"DB_ID", 0, 1, "s", result_smallint, 0, db_id},
    {"DB_NAME", 0, 1, "i", result_name, 0, db_name},
    {"OBJECT_ID", 1, 2, "s", result_nullable_int, 0, object_id},
    {"OBJECT_NAME", 1, 2, "i", result_name, 0, object_name},
    {"OBJECT_SCHEMA_NAME", 1, 2, "i", result_name, 0, object_schema_name},
    {"COL_LENGTH", 2, 2, "s", result_smallint, 0, col_length},
    {"SCHEMA_NAME", 0, 1, "i", result_name, 0, schema_name},
    {"SCHEMA_ID", 0, 1, "s", result_nullable_int, 0, schema_id},
    {"TYPE_NAME", 1, 1, "i", result_name, 0, type_name_function},
    {"DATABASEPROPERTYEX", 2, 2, "s", result_variant, 0, databasepropertyex},
    {"SUSER_SNAME", 0, 1, "a", result_name, 0, login_name},
    {"SUSER_NAME", 0, 1, "a", result_name, 0, login_name},
    {"ORIGINAL_LOGIN", 0, 0, "a", result_name, 0, login_name},
    {"SYSTEM_USER", 0, 0, "a", result_name, 0, login_name},
    {"USER_NAME", 0, 1, "i", result_name, 0, user_name},
    {"CURRENT_USER", 0, 0, "a", result_name, 0, user_name},
    {"SESSION_USER", 0, 0, "a", result_name, 0, user_name},
    {"USER", 0, 0, "a", result_name, 0, user_name},
    {"SUSER_SID", 0, 2, "a", result_sid, 0, suser_sid},
    {"HOST_NAME", 0, 0, "a", result_name, 0, host_name},
    {"APP_NAME", 0, 0, "a", result_name, 0, app_name},
    {"SERVERPROPERTY", 1, 1, "s", result_variant, 0, serverproperty},
    {"HAS_PERMS_BY_NAME", 3, 5, "s", result_nullable_int, FUNCTION_NULLS, has_perms_by_name},
    {"HAS_DBACCESS", 1, 1, "s", result_nullable_int, 0, has_dbaccess},
    {"IS_SRVROLEMEMBER", 1, 2, "s", result_nullable_int, 0, is_role_member},
    {"IS_MEMBER", 1, 1, "s", result_nullable_int, 0, is_role_member},
    {"IS_ROLEMEMBER", 1, 2, "s", result_nullable_int, 0, is_role_member},
    {"CONNECTIONPROPERTY", 1, 1, "s", result_variant, 0, connectionproperty},
    {"ERROR_NUMBER", 0, 0, "a", result_nullable_int, 0, error_number},
    {"ERROR_SEVERITY", 0, 0, "a", result_nullable_int, 0, error_severity},
    {"ERROR_STATE", 0, 0, "a", result_nullable_int, 0, error_state},
    {"ERROR_LINE", 0, 0, "a", result_nullable_int, 0, error_line},
    {"ERROR_MESSAGE", 0, 0, "a", result_message, 0, error_message},
    {"ERROR_PROCEDURE", 0, 0, "a", result_name, 0, error_procedure},
    {"XACT_STATE", 0, 0, "a", result_smallint, 0, xact_state},
    {"SCOPE_IDENTITY", 0, 0, "a", result_identity, 0, scope_identity},
    {"IDENT_CURRENT", 1, 1, "s", result_identity, 0, ident_current},
    {"ROWCOUNT_BIG", 0, 0, "a", result_big, 0, rowcount_big},
};
const size_t builtins_system_count = sizeof builtins_system / sizeof *builtins_system;
