#include <string.h>

#include "tests/lab/catalog.h"
#include "tests/lab/model.h"
#include "tests/lab/procedures.h"

enum { SCHEMA_DBO = 1, FIRST_PROCEDURE_ID = 1205579333 };

struct type_facts {
    const char *name;
    int system_type_id, max_length, precision, scale;
};

/* As sys.types and sys.columns number them. */
static struct type_facts facts_of(const struct sql_type *type)
{
    static const struct type_facts facts[] = {
        [SQL_TINYINT] = {"tinyint", 48, 1, 3, 0},
        [SQL_SMALLINT] = {"smallint", 52, 2, 5, 0},
        [SQL_INT] = {"int", 56, 4, 10, 0},
        [SQL_BIGINT] = {"bigint", 127, 8, 19, 0},
        [SQL_BIT] = {"bit", 104, 1, 1, 0},
        [SQL_REAL] = {"real", 59, 4, 24, 0},
        [SQL_FLOAT] = {"float", 62, 8, 53, 0},
        [SQL_NUMERIC] = {"numeric", 108, 13, 0, 0},
        [SQL_DATETIME] = {"datetime", 61, 8, 23, 3},
        [SQL_DATETIME2] = {"datetime2", 42, 8, 27, 7},
        [SQL_DATE] = {"date", 40, 3, 10, 0},
        [SQL_TIME] = {"time", 41, 5, 16, 7},
        [SQL_DATETIMEOFFSET] = {"datetimeoffset", 43, 10, 34, 7},
        [SQL_NVARCHAR] = {"nvarchar", 231, 0, 0, 0},
        [SQL_NCHAR] = {"nchar", 239, 0, 0, 0},
        [SQL_VARCHAR] = {"varchar", 167, 0, 0, 0},
        [SQL_CHAR] = {"char", 175, 0, 0, 0},
        [SQL_VARBINARY] = {"varbinary", 165, 0, 0, 0},
        [SQL_BINARY] = {"binary", 173, 0, 0, 0},
        [SQL_UNIQUEIDENTIFIER] = {"uniqueidentifier", 36, 16, 0, 0},
        [SQL_VARIANT] = {"sql_variant", 98, 8016, 0, 0},
    };
    struct type_facts found = facts[type->kind];
    bool wide = type->kind == SQL_NVARCHAR || type->kind == SQL_NCHAR;
    if (type->kind >= SQL_NVARCHAR && type->kind <= SQL_BINARY) {
        found.max_length = type->length == SQL_LENGTH_MAX ? -1 : type->length * (wide ? 2 : 1);
    } else if (type->kind == SQL_NUMERIC) {
        found.precision = type->precision;
        found.scale = type->scale;
    }
    return found;
}

/* sys.procedures has four more. */
#define OBJECT_COLUMNS                                                                             \
    "name sysname, object_id int not null, principal_id int, schema_id int not null,"              \
    "parent_object_id int not null, type char(2) computed, type_desc nvarchar(60),"                \
    "create_date datetime not null, modify_date datetime not null,"                                \
    "is_ms_shipped bit computed not null, is_published bit computed not null,"                     \
    "is_schema_published bit computed not null"
static const char object_columns[] = OBJECT_COLUMNS;
static const char procedure_columns[] =
    OBJECT_COLUMNS ", is_auto_executed bit computed not null, is_execution_replicated bit computed,"
                   " is_repl_serializable_only bit computed, skips_repl_constraints bit computed";

static void send_object(struct row_sink *sink, const struct database *database, const char *name,
                        int id, const char *type, const char *description)
{
    struct row row = {0};
    row_text(&row, name);
    row_int(&row, id);
    row_null(&row);
    row_int(&row, SCHEMA_DBO);
    row_int(&row, 0);
    row_text(&row, type);
    row_text(&row, description);
    row_time(&row, database->instance, database->created_utc_ms);
    row_time(&row, database->instance, database->created_utc_ms);
    row_int(&row, 0);
    row_int(&row, 0);
    row_int(&row, 0);
    for (int i = 0; i < 4; i++) { /* the view that has not these columns does not look there */
        row_int(&row, 0);
    }
    row_send(&row, sink);
}

/* Procedures: their owner, or the right to see all definitions. */
static bool sees_procedures(const struct session *session, const struct database *database)
{
    return (session_roles(session, database) & USER_OWNER) != 0 ||
           catalog_has(session, PERMISSION_VIEW_ANY_DEFINITION);
}

/* What a fill function wants of the engine's tables. */
struct listing {
    const struct session *session;
    const struct database *database;
    struct row_sink *sink;
    void (*send)(const struct listing *listing, const struct engine_table *table);
    bool tables, views;
};

static void send_if_seen(void *context, const struct engine_table *table)
{
    const struct listing *listing = context;
    if (session_sees(listing->session, listing->database, table->schema, table->name)) {
        listing->send(listing, table);
    }
}

static void list_tables(struct listing listing)
{
    engine_each_table(listing.database->instance->engine, listing.database, send_if_seen, &listing);
}

static void send_table(const struct listing *listing, const struct engine_table *table)
{
    if (table->is_view ? listing->views : listing->tables) {
        send_object(listing->sink, listing->database, table->name, table->object_id,
                    table->is_view ? "V " : "U ", table->is_view ? "VIEW" : "USER_TABLE");
    }
}

static bool send_objects(struct session *session, struct database *database, struct row_sink *sink,
                         bool tables, bool views, bool procedures)
{
    list_tables((struct listing){.session = session,
                                 .database = database,
                                 .sink = sink,
                                 .send = send_table,
                                 .tables = tables,
                                 .views = views});
    const char *name;
    procedures = procedures && sees_procedures(session, database);
    for (size_t i = 0; procedures && (name = procedure_of_database(database, i)) != NULL; i++) {
        send_object(sink, database, name, FIRST_PROCEDURE_ID + (int)i * 16, "P ",
                    "SQL_STORED_PROCEDURE");
    }
    return true;
}

static bool fill_objects(struct session *session, struct database *database, struct row_sink *sink)
{
    return send_objects(session, database, sink, true, true, true);
}

static bool fill_tables(struct session *session, struct database *database, struct row_sink *sink)
{
    return send_objects(session, database, sink, true, false, false);
}

static bool fill_views(struct session *session, struct database *database, struct row_sink *sink)
{
    return send_objects(session, database, sink, false, true, false);
}

static bool fill_procedures(struct session *session, struct database *database,
                            struct row_sink *sink)
{
    return send_objects(session, database, sink, false, false, true);
}

static const char columns_columns[] =
    "object_id int not null, name sysname null, column_id int not null,"
    "system_type_id tinyint not null, user_type_id int not null, max_length smallint not null,"
    "precision tinyint not null, scale tinyint not null, collation_name sysname computed null,"
    "is_nullable bit, is_ansi_padded bit not null, is_rowguidcol bit not null,"
    "is_identity bit not null, is_computed bit not null";

/* A table's columns; a view's from its definition, because the engine knows them only in use. */
static size_t columns_of(const struct database *database, const struct engine_table *table,
                         const struct sql_column **columns)
{
    const struct table_definition *view =
        table->is_view ? database_table(database, table->schema, table->name) : NULL;
    *columns = view == NULL ? table->columns : view->columns;
    return view == NULL ? table->columns_count : view->columns_count;
}

static void send_column(const struct listing *listing, const struct engine_table *table,
                        const struct sql_column *column, size_t index)
{
    struct type_facts facts = facts_of(&column->type);
    bool text = column->type.kind >= SQL_NVARCHAR && column->type.kind <= SQL_CHAR;
    struct row row = {0};
    row_int(&row, table->object_id);
    row_text(&row, column->name);
    row_int(&row, (int64_t)index + 1);
    row_int(&row, facts.system_type_id);
    row_int(&row, facts.system_type_id);
    row_int(&row, facts.max_length);
    row_int(&row, facts.precision);
    row_int(&row, facts.scale);
    row_text(&row, text ? listing->database->instance->collation : NULL);
    row_int(&row, column->type.nullable);
    row_int(&row, 1);
    row_int(&row, 0);
    row_int(&row, table->identity == (int)index);
    row_int(&row, 0);
    row_send(&row, listing->sink);
}

static void send_columns(const struct listing *listing, const struct engine_table *table)
{
    const struct sql_column *columns;
    size_t count = columns_of(listing->database, table, &columns);
    for (size_t i = 0; i < count; i++) {
        send_column(listing, table, &columns[i], i);
    }
}

static bool fill_columns(struct session *session, struct database *database, struct row_sink *sink)
{
    list_tables((struct listing){
        .session = session, .database = database, .sink = sink, .send = send_columns});
    return true;
}

static const char information_columns[] =
    "TABLE_CATALOG nvarchar(128), TABLE_SCHEMA nvarchar(128), TABLE_NAME sysname,"
    "COLUMN_NAME nvarchar(128), ORDINAL_POSITION int, COLUMN_DEFAULT nvarchar(4000),"
    "IS_NULLABLE varchar(3), DATA_TYPE nvarchar(128), CHARACTER_MAXIMUM_LENGTH int,"
    "CHARACTER_OCTET_LENGTH int, NUMERIC_PRECISION tinyint, NUMERIC_PRECISION_RADIX smallint,"
    "NUMERIC_SCALE int, DATETIME_PRECISION smallint, CHARACTER_SET_CATALOG sysname null,"
    "CHARACTER_SET_SCHEMA sysname null, CHARACTER_SET_NAME sysname null,"
    "COLLATION_CATALOG sysname null, COLLATION_SCHEMA sysname null, COLLATION_NAME sysname null";

static void add_lengths(struct row *row, const struct sql_type *type, struct type_facts facts)
{
    bool text = type->kind >= SQL_NVARCHAR && type->kind <= SQL_BINARY;
    bool number = type->kind <= SQL_BIGINT || type->kind == SQL_NUMERIC;
    if (text) {
        row_int(row, type->length);
        row_int(row, facts.max_length);
    } else {
        row_nulls(row, 2);
    }
    if (number) {
        row_int(row, facts.precision);
        row_int(row, 10);
        row_int(row, facts.scale);
    } else {
        row_nulls(row, 3);
    }
    if (type->kind >= SQL_DATETIME && type->kind <= SQL_DATETIMEOFFSET) {
        row_int(row, facts.scale);
    } else {
        row_null(row);
    }
}

static void send_information_columns(const struct listing *listing,
                                     const struct engine_table *table)
{
    const struct sql_column *columns;
    size_t count = columns_of(listing->database, table, &columns);
    for (size_t i = 0; i < count; i++) {
        struct type_facts facts = facts_of(&columns[i].type);
        struct row row = {0};
        row_text(&row, listing->database->name);
        row_text(&row, table->schema);
        row_text(&row, table->name);
        row_text(&row, columns[i].name);
        row_int(&row, (int64_t)i + 1);
        row_null(&row);
        row_text(&row, columns[i].type.nullable ? "YES" : "NO");
        row_text(&row, facts.name);
        add_lengths(&row, &columns[i].type, facts);
        row_nulls(&row, 6);
        row_send(&row, listing->sink);
    }
}

static bool fill_information_columns(struct session *session, struct database *database,
                                     struct row_sink *sink)
{
    list_tables((struct listing){
        .session = session, .database = database, .sink = sink, .send = send_information_columns});
    return true;
}

static void send_information_table(const struct listing *listing, const struct engine_table *table)
{
    struct row row = {0};
    row_text(&row, listing->database->name);
    row_text(&row, table->schema);
    row_text(&row, table->name);
    row_text(&row, table->is_view ? "VIEW" : "BASE TABLE");
    row_send(&row, listing->sink);
}

static bool fill_information_tables(struct session *session, struct database *database,
                                    struct row_sink *sink)
{
    list_tables((struct listing){
        .session = session, .database = database, .sink = sink, .send = send_information_table});
    return true;
}

static bool fill_routines(struct session *session, struct database *database, struct row_sink *sink)
{
    const char *name;
    if (!sees_procedures(session, database)) {
        return true;
    }
    for (size_t i = 0; (name = procedure_of_database(database, i)) != NULL; i++) {
        struct row row = {0};
        row_text(&row, database->name);
        row_text(&row, "dbo");
        row_text(&row, name);
        row_text(&row, database->name);
        row_text(&row, "dbo");
        row_text(&row, name);
        row_text(&row, "PROCEDURE");
        row_send(&row, sink);
    }
    return true;
}

static bool fill_schemas(struct session *session, struct database *database, struct row_sink *sink)
{
    static const struct {
        int id;
        const char *name;
    } schemas[] = {{1, "dbo"}, {2, "guest"}, {3, "INFORMATION_SCHEMA"}, {4, "sys"}};
    (void)session;
    (void)database;
    for (size_t i = 0; i < sizeof schemas / sizeof *schemas; i++) {
        struct row row = {0};
        row_text(&row, schemas[i].name);
        row_int(&row, schemas[i].id);
        row_int(&row, schemas[i].id);
        row_send(&row, sink);
    }
    return true;
}

static const char principals_columns[] =
    "name sysname, principal_id int not null, type char(1) not null, type_desc nvarchar(60),"
    "default_schema_name sysname null, create_date datetime not null,"
    "modify_date datetime not null, owning_principal_id int, sid varbinary(85),"
    "is_fixed_role bit not null, authentication_type int not null,"
    "authentication_type_desc nvarchar(60)";

/* sid NULL: a role, or a user without a login. */
static void send_principal(struct row_sink *sink, const struct database *database, const char *name,
                           int id, bool role, const uint8_t *sid, size_t sid_length)
{
    bool of_login = !role && sid != NULL;
    struct row row = {0};
    row_text(&row, name);
    row_int(&row, id);
    row_text(&row, role ? "R" : "S");
    row_text(&row, role ? "DATABASE_ROLE" : "SQL_USER");
    row_text(&row, role ? NULL : "dbo");
    row_time(&row, database->instance, database->created_utc_ms);
    row_time(&row, database->instance, database->created_utc_ms);
    row_null(&row);
    row_add(&row, sid == NULL ? sql_null() : sql_bytes(sid, sid_length));
    row_int(&row, role && id >= 16384);
    row_int(&row, of_login);
    row_text(&row, of_login ? "INSTANCE" : "NONE");
    row_send(&row, sink);
}

enum { OWNER_ID = 16384, DATA_READER_ID = 16390 };

static bool is_user(const struct login *login, const struct database *database)
{
    return strcmp(login->name, "sa") != 0 && (login->permissions & PERMISSION_SYSADMIN) == 0 &&
           login_has_user(login, database->name);
}

static bool fill_principals(struct session *session, struct database *database,
                            struct row_sink *sink)
{
    static const uint8_t owner_sid[] = {1};
    (void)session;
    send_principal(sink, database, "public", 0, true, NULL, 0);
    send_principal(sink, database, "dbo", 1, false, owner_sid, sizeof owner_sid);
    /* users travel with the database: after a restore their SIDs are those of the source's logins */
    const struct instance *origin =
        database->timeline == NULL ? database->instance : database->timeline->origin;
    int id = 5;
    for (size_t i = 0; i < origin->logins_count; i++) {
        const struct login *login = &origin->logins[i];
        if (is_user(login, database)) {
            send_principal(sink, database, login->name, id++, false, login->sid, sizeof login->sid);
        }
    }
    if (database->has_marking_procedures) {
        send_principal(sink, database, BACKUP_JOB_USER, id, false, NULL, 0);
        send_principal(sink, database, "BTS_BACKUP_USERS", id + 1, true, NULL, 0);
    }
    send_principal(sink, database, "db_owner", OWNER_ID, true, NULL, 0);
    send_principal(sink, database, "db_datareader", DATA_READER_ID, true, NULL, 0);
    return true;
}

struct member_role {
    unsigned role; /* of login_roles */
    int id;
};

static void send_member(struct row_sink *sink, int role, int member)
{
    struct row row = {0};
    row_int(&row, role);
    row_int(&row, member);
    row_send(&row, sink);
}

/* With the ids that fill_principals gives: the users from 5 on, behind them the backup job's user
 * and its role. */
static bool fill_role_members(struct session *session, struct database *database,
                              struct row_sink *sink)
{
    const struct instance *origin =
        database->timeline == NULL ? database->instance : database->timeline->origin;
    int users = 0;
    (void)session;
    for (size_t i = 0; i < origin->logins_count; i++) {
        users += is_user(&origin->logins[i], database);
    }
    int job = 5 + users, id = 5;
    const struct member_role roles[] = {{USER_BACKUP, job + 1},
                                        {USER_OWNER, OWNER_ID},
                                        {USER_DATA_READER, DATA_READER_ID}};
    if (database->has_marking_procedures && !database->tables->backup_role_empty) {
        send_member(sink, job + 1, job);
    }
    for (size_t i = 0; i < origin->logins_count; i++) {
        const struct login *login = &origin->logins[i];
        if (!is_user(login, database)) {
            continue;
        }
        for (size_t r = 0; r < sizeof roles / sizeof *roles; r++) {
            if ((login_roles(login, database->name) & roles[r].role) != 0) {
                send_member(sink, roles[r].id, id);
            }
        }
        id++;
    }
    return true;
}

static struct catalog_view views[] = {
    {.schema = "sys", .name = "objects", .columns = object_columns, .fill = fill_objects},
    {.schema = "sys", .name = "all_objects", .columns = object_columns, .fill = fill_objects},
    {.schema = "sys", .name = "tables", .columns = object_columns, .fill = fill_tables},
    {.schema = "sys", .name = "views", .columns = object_columns, .fill = fill_views},
    {.schema = "sys", .name = "procedures", .columns = procedure_columns, .fill = fill_procedures},
    {.schema = "sys", .name = "columns", .columns = columns_columns, .fill = fill_columns},
    {.schema = "sys",
     .name = "schemas",
     .columns = "name sysname, schema_id int not null, principal_id int",
     .fill = fill_schemas},
    {.schema = "sys",
     .name = "database_principals",
     .columns = principals_columns,
     .fill = fill_principals},
    {.schema = "sys",
     .name = "database_role_members",
     .columns = "role_principal_id int not null, member_principal_id int not null",
     .fill = fill_role_members},
    {.schema = "INFORMATION_SCHEMA",
     .name = "COLUMNS",
     .columns = information_columns,
     .fill = fill_information_columns},
    {.schema = "INFORMATION_SCHEMA",
     .name = "TABLES",
     .columns = "TABLE_CATALOG nvarchar(128), TABLE_SCHEMA nvarchar(128), TABLE_NAME sysname,"
                "TABLE_TYPE varchar(10)",
     .fill = fill_information_tables},
    {.schema = "INFORMATION_SCHEMA",
     .name = "ROUTINES",
     .columns = "SPECIFIC_CATALOG nvarchar(128), SPECIFIC_SCHEMA nvarchar(128),"
                "SPECIFIC_NAME sysname, ROUTINE_CATALOG nvarchar(128),"
                "ROUTINE_SCHEMA nvarchar(128), ROUTINE_NAME sysname, ROUTINE_TYPE nvarchar(20)",
     .fill = fill_routines},
};

struct catalog_part catalog_schema(void)
{
    return (struct catalog_part){views, sizeof views / sizeof *views};
}
