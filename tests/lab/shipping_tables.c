#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/str.h"
#include "core/base/text.h"
#include "tests/lab/engine.h"
#include "tests/lab/model.h"
#include "tests/lab/shipping_run.h"

struct column {
    const char *name, *type;
};

struct shipping_table {
    const char *name;
    struct column columns[SHIPPED_COLUMNS];
    size_t count;
    size_t key; /* leading columns of the primary key */
};

static const struct shipping_table tables[] = {
    [TABLE_HISTORY] = {"bts_LogShippingHistory",
                       {[SHIPPED_SOURCE] = {"SourceID", "int not null"},
                        [SHIPPED_ID] = {"BackupId", "bigint not null"},
                        [SHIPPED_SET] = {"BackupSetId", "bigint not null"},
                        [SHIPPED_MARK] = {"MarkName", "nvarchar(32) null"},
                        [SHIPPED_DATABASE] = {"DatabaseName", "nvarchar(128) not null"},
                        [SHIPPED_SERVER] = {"ServerName", "nvarchar(128) null"},
                        [SHIPPED_FILE] = {"BackupFileName", "nvarchar(500) not null"},
                        [SHIPPED_LOCATION] = {"BackupFileLocation", "nvarchar(3000) not null"},
                        [SHIPPED_TYPE] = {"BackupType", "char(2) not null"},
                        [SHIPPED_TIME] = {"BackupDateTime", "datetime not null"},
                        [SHIPPED_COMPLETE] = {"SetComplete", "bit not null"},
                        [SHIPPED_RESTORED] = {"Restored", "bit not null"},
                        [SHIPPED_RESTORED_TIME] = {"RestoredDateTime", "datetime null"}},
                       SHIPPED_COLUMNS,
                       2},
    [TABLE_LAST] = {"bts_LogShippingLastRestoreSet",
                    {[LAST_SOURCE] = {"SourceID", "int not null"},
                     [LAST_SET] = {"BackupSetId", "bigint not null"}},
                    LAST_COLUMNS,
                    1},
    [TABLE_DATABASES] = {"bts_LogShippingDatabases",
                         {[LISTED_SOURCE] = {"SourceID", "int not null"},
                          [LISTED_SERVER] = {"ServerName", "nvarchar(128) not null"},
                          [LISTED_DATABASE] = {"DatabaseName", "nvarchar(128) not null"},
                          [LISTED_FULL_LOCATION] = {"DBFileLocation", "nvarchar(3000)"},
                          [LISTED_LOG_LOCATION] = {"LogFileLocation", "nvarchar(3000)"}},
                         LISTED_COLUMNS,
                         3},
};

/* In every table the first column is SourceID. */
enum { SOURCE_COLUMN = 0, EXTRA_COLUMN = -1 };

static const struct shipping_schema *schema_of(const struct shipping *shipping)
{
    return &shipping->instance->lab->shipping_schema;
}

const char *shipping_column(const struct shipping *shipping, enum shipping_table_id table,
                            size_t column)
{
    const struct shipping_schema *schema = schema_of(shipping);
    if ((column == SOURCE_COLUMN && schema->without_source) ||
        (table == TABLE_HISTORY && (schema->without & 1u << column) != 0)) {
        return NULL;
    }
    if (table == TABLE_LAST && column == LAST_SET && schema->last_set[0] != '\0') {
        return schema->last_set;
    }
    bool server = (table == TABLE_DATABASES && column == LISTED_SERVER) ||
                  (table == TABLE_HISTORY && column == SHIPPED_SERVER);
    if (server && schema->server[0] != '\0') {
        return schema->server;
    }
    if (table == TABLE_DATABASES && column == LISTED_DATABASE && schema->database[0] != '\0') {
        return schema->database;
    }
    return tables[table].columns[column].name;
}

/* The table's columns as this estate has them: which of ours is at each place. Returns how many. */
static size_t order_of(const struct shipping *shipping, enum shipping_table_id table,
                       int order[SHIPPED_COLUMNS + 2])
{
    const struct shipping_schema *schema = schema_of(shipping);
    size_t count = 0, all = tables[table].count;
    if (schema->extra) {
        order[count++] = EXTRA_COLUMN;
    }
    for (size_t i = 0; i < all; i++) {
        size_t column = schema->reversed ? all - 1 - i : i;
        if (shipping_column(shipping, table, column) != NULL) {
            order[count++] = (int)column;
        }
    }
    if (schema->extra) {
        order[count++] = EXTRA_COLUMN;
    }
    return count;
}

static void create(const struct shipping *shipping, enum shipping_table_id table)
{
    const struct shipping_schema *schema = schema_of(shipping);
    int order[SHIPPED_COLUMNS + 2];
    size_t count = order_of(shipping, table, order);
    struct str text = {0};
    for (size_t i = 0; i < count; i++) {
        str_add(&text, i == 0 ? "" : ", ");
        if (order[i] == EXTRA_COLUMN) {
            str_format(&text, "Added%zu nvarchar(100)", i);
        } else {
            str_format(&text, "%s %s", shipping_column(shipping, table, (size_t)order[i]),
                       tables[table].columns[order[i]].type);
        }
    }
    bool ours = !schema->extra && !schema->reversed && !schema->without_source;
    database_create_table(instance_database(shipping->instance, "master"), "dbo",
                          tables[table].name, str_text(&text), ours ? tables[table].key : 0);
    str_free(&text);
}

void shipping_create_tables(const struct shipping *shipping)
{
    create(shipping, TABLE_HISTORY);
    create(shipping, TABLE_LAST);
    create(shipping, TABLE_DATABASES);
}

void shipping_insert(const struct shipping *shipping, enum shipping_table_id table, struct row *ours)
{
    int order[SHIPPED_COLUMNS + 2];
    size_t count = order_of(shipping, table, order);
    struct row row = {0};
    for (size_t i = 0; i < count; i++) {
        if (order[i] == EXTRA_COLUMN) {
            row_null(&row);
        } else {
            row_add(&row, sql_value_copy(&ours->values[order[i]]));
        }
    }
    row_insert(&row, instance_database(shipping->instance, "master"), "dbo", tables[table].name);
    row_free(ours);
}

struct scan {
    const struct shipping *shipping;
    enum shipping_table_id table;
    shipping_row *each;
    void *context;
};

static void hand_on(void *context, const struct sql_value *values, size_t count)
{
    const struct scan *scan = context;
    struct sql_value ours[SHIPPED_COLUMNS];
    int order[SHIPPED_COLUMNS + 2];
    (void)count;
    for (size_t i = 0; i < SHIPPED_COLUMNS; i++) {
        ours[i] = sql_null();
    }
    size_t columns = order_of(scan->shipping, scan->table, order);
    for (size_t i = 0; i < columns; i++) {
        if (order[i] != EXTRA_COLUMN) {
            ours[order[i]] = values[i];
        }
    }
    scan->each(scan->context, ours);
}

void shipping_scan(const struct shipping *shipping, enum shipping_table_id table, const char *where,
                   const char *order, shipping_row *each, void *context)
{
    struct scan scan = {shipping, table, each, context};
    engine_scan(shipping->instance->engine, instance_database(shipping->instance, "master"), "dbo",
                tables[table].name, where, order, hand_on, &scan);
}
