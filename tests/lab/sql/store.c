/* SQLite's session and pre-update interfaces are declared only on request. */
#define SQLITE_ENABLE_PREUPDATE_HOOK 1

#include "tests/lab/sql/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/log.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "tests/lab/estate.h"
#include "tests/lab/sql/cell.h"

static bool same_name(const struct engine *engine, const char *a, const char *b)
{
    return engine->instance->case_sensitive ? strcmp(a, b) == 0 : text_equal_nocase(a, b);
}

struct table *store_find(struct engine *engine, const struct database *database, const char *schema,
                         const char *name)
{
    struct table *last = engine->last_found;

    if (last != NULL && last->database == database && strcmp(last->name, name) == 0 &&
        strcmp(last->schema, schema) == 0)
        return last;
    for (size_t i = 0; i < engine->tables_count; i++) {
        struct table *table = engine->tables[i];

        if (table->database == database && same_name(engine, table->name, name) &&
            same_name(engine, table->schema, schema)) {
            engine->last_found = table;
            return table;
        }
    }
    return NULL;
}

struct table *store_find_id(struct engine *engine, int id)
{
    for (size_t i = 0; i < engine->tables_count; i++)
        if (engine->tables[i]->id == id)
            return engine->tables[i];
    return NULL;
}

bool store_run(struct engine *engine, const char *sql)
{
    char *message = NULL;

    if (sqlite3_exec(engine->db, sql, NULL, NULL, &message) == SQLITE_OK)
        return true;
    log_write(LOG_ERROR, "SQLite: %s in %s", message, sql);
    sqlite3_free(message);
    return false;
}

void store_settle(struct engine *engine)
{
    if (!sqlite3_get_autocommit(engine->db))
        store_run(engine, "COMMIT");
}

/* --- tables --------------------------------------------------------------------------------- */

static void create_rows(struct engine *engine, const struct table *table)
{
    struct str sql = {0};

    str_format(&sql, "CREATE TABLE t%d(r INTEGER PRIMARY KEY", table->id);
    for (size_t i = 0; i < table->columns_count; i++) {
        const char *collation = cell_collation(&table->columns[i].type);

        str_format(&sql, ",c%zu", i);
        if (!table->columns[i].type.nullable)
            str_add(&sql, " NOT NULL");
        if (collation != NULL)
            str_format(&sql, " COLLATE %s", collation);
    }
    if (table->key > 0) {
        str_add(&sql, ",UNIQUE(");
        for (size_t i = 0; i < table->key; i++)
            str_format(&sql, "%sc%zu", i == 0 ? "" : ",", i);
        str_add(&sql, ")");
    }
    str_add(&sql, ")");
    store_run(engine, str_text(&sql));
    str_free(&sql);
}

struct table *store_create(struct engine *engine, struct database *database, const char *schema,
                           const char *name, const struct sql_column *columns, size_t count,
                           size_t key, int identity)
{
    struct table *table = memory_new(sizeof *table);

    *memory_append(engine, tables) = table;
    table->id = ++engine->next_id;
    table->database = database;
    text_copy(table->schema, sizeof table->schema, schema);
    text_copy(table->name, sizeof table->name, name);
    table->columns = memory_new_array(count, sizeof *table->columns);
    if (count > 0)
        memcpy(table->columns, columns, count * sizeof *columns);
    for (size_t i = 0; i < count; i++)
        table->columns[i].origin = (int)i == identity ? SQL_IDENTITY : SQL_STORED;
    table->columns_count = count;
    table->key = key;
    table->identity = identity;
    table->identity_next = table->identity_step = 1;
    if (count > 0)
        create_rows(engine, table);
    return table;
}

static void free_table(struct table *table)
{
    sqlite3_finalize(table->insert);
    sqlite3_finalize(table->replace);
    for (size_t i = 0; table->defaults != NULL && i < table->columns_count; i++)
        free(table->defaults[i]);
    free(table->defaults);
    free(table->columns);
    free(table->view_text);
    free(table);
}

void store_drop(struct engine *engine, struct table *table)
{
    char sql[64];

    sqlite3_finalize(table->insert);
    sqlite3_finalize(table->replace);
    table->insert = table->replace = NULL;
    if (table->columns_count > 0) {
        struct str *capture = engine->capture;

        engine->capture = NULL;
        snprintf(sql, sizeof sql, "DROP TABLE t%d", table->id);
        store_run(engine, sql);
        engine->capture = capture;
    }
    for (size_t i = 0; i < engine->tables_count; i++)
        if (engine->tables[i] == table) {
            engine->tables[i] = engine->tables[--engine->tables_count];
            break;
        }
    if (engine->last_found == table)
        engine->last_found = NULL;
    free_table(table);
}

/* --- catalog views -------------------------------------------------------------------------- */

static void create_slot(struct engine *engine, struct virtual_slot *slot)
{
    struct str sql = {0};

    str_format(&sql, "CREATE TEMP TABLE v%d(", slot->id);
    for (size_t i = 0; i < slot->table->columns_count; i++) {
        const char *collation = cell_collation(&slot->table->columns[i].type);

        str_format(&sql, "%sc%zu", i == 0 ? "" : ",", i);
        if (collation != NULL)
            str_format(&sql, " COLLATE %s", collation);
    }
    str_add(&sql, ")");
    store_run(engine, str_text(&sql));
    str_clear(&sql);
    str_format(&sql, "INSERT INTO v%d VALUES(", slot->id);
    for (size_t i = 0; i < slot->table->columns_count; i++)
        str_add(&sql, i == 0 ? "?" : ",?");
    str_add(&sql, ")");
    sqlite3_prepare_v3(engine->db, str_text(&sql), -1, SQLITE_PREPARE_PERSISTENT, &slot->insert,
                       NULL);
    str_free(&sql);
}

struct virtual_slot *store_virtual(struct engine *engine, const struct virtual_table *table,
                                   struct database *database)
{
    struct virtual_slot *slot;

    if (!table->per_database)
        database = NULL;
    for (size_t i = 0; i < engine->virtuals_count; i++)
        if (engine->virtuals[i]->table == table && engine->virtuals[i]->database == database)
            return engine->virtuals[i];
    slot = memory_new(sizeof *slot);
    slot->table = table;
    slot->database = database;
    slot->id = ++engine->next_id;
    create_slot(engine, slot);
    *memory_append(engine, virtuals) = slot;
    return slot;
}

struct row_sink {
    struct virtual_slot *slot;
};

void row_sink_add(struct row_sink *sink, const struct sql_value *values)
{
    const struct virtual_table *table = sink->slot->table;

    for (size_t i = 0; i < table->columns_count; i++)
        cell_bind_borrowed(sink->slot->insert, (int)i + 1, &table->columns[i].type, &values[i]);
    sqlite3_step(sink->slot->insert);
    sqlite3_reset(sink->slot->insert);
    for (size_t i = 0; i < table->columns_count; i++) {
        struct sql_value value = values[i];

        sql_value_free(&value);
    }
}

bool store_fill(struct engine *engine, struct virtual_slot *slot, struct session *session)
{
    struct row_sink sink = {slot};
    char sql[64];

    snprintf(sql, sizeof sql, "DELETE FROM temp.v%d", slot->id);
    store_run(engine, sql);
    return slot->table->fill(session, slot->database == NULL ? session->database : slot->database,
                             &sink);
}

/* --- capture of changes ---------------------------------------------------------------------
 * A record is a list of entries: operation, table id, schema, name, key, then the old values
 * (update, delete) and the new ones (update, insert). */

static void put_bytes(struct str *out, const void *bytes, size_t length)
{
    uint32_t size = (uint32_t)length;

    str_add_bytes(out, &size, sizeof size);
    if (length > 0)
        str_add_bytes(out, bytes, length);
}

static void put_value(struct str *out, sqlite3_value *value)
{
    int storage = sqlite3_value_type(value);
    int64_t integer;
    double number;

    str_add_char(out, (char)storage);
    switch (storage) {
    case SQLITE_INTEGER:
        integer = sqlite3_value_int64(value);
        str_add_bytes(out, &integer, sizeof integer);
        break;
    case SQLITE_FLOAT:
        number = sqlite3_value_double(value);
        str_add_bytes(out, &number, sizeof number);
        break;
    case SQLITE_TEXT:
        put_bytes(out, sqlite3_value_text(value), (size_t)sqlite3_value_bytes(value));
        break;
    case SQLITE_BLOB:
        put_bytes(out, sqlite3_value_blob(value), (size_t)sqlite3_value_bytes(value));
        break;
    default:
        break;
    }
}

static void captured(void *context, sqlite3 *db, int op, const char *schema, const char *name,
                     sqlite3_int64 old_key, sqlite3_int64 new_key)
{
    struct engine *engine = context;
    struct str *out = engine->capture;
    struct table *table;
    uint32_t size = 0;
    size_t start;
    int64_t key = op == SQLITE_INSERT ? new_key : old_key;
    sqlite3_value *value;

    if (out == NULL || *name != 't' || strcmp(schema, "main") != 0)
        return;
    table = store_find_id(engine, atoi(name + 1));
    if (table == NULL)
        return;
    table->last_update_utc_ms = lab_now_utc_ms(engine->instance->lab);
    start = out->length;
    str_add_bytes(out, &size, sizeof size); /* filled in below */
    str_add_char(out, (char)(op == SQLITE_INSERT ? 'I' : op == SQLITE_DELETE ? 'D' : 'U'));
    str_add_bytes(out, &table->id, sizeof table->id);
    put_bytes(out, table->schema, strlen(table->schema));
    put_bytes(out, table->name, strlen(table->name));
    str_add_bytes(out, &key, sizeof key);
    for (int i = 1; op != SQLITE_INSERT && i <= (int)table->columns_count; i++)
        if (sqlite3_preupdate_old(db, i, &value) == SQLITE_OK)
            put_value(out, value);
    for (int i = 1; op != SQLITE_DELETE && i <= (int)table->columns_count; i++)
        if (sqlite3_preupdate_new(db, i, &value) == SQLITE_OK)
            put_value(out, value);
    size = (uint32_t)(out->length - start);
    memcpy(out->text + start, &size, sizeof size);
}

/* --- undo and redo -------------------------------------------------------------------------- */

struct entry {
    char op;
    int table_id;
    char schema[129], name[129];
    int64_t key;
    const char *old_values, *new_values; /* NULL where there are none */
};

static const char *get_name(const char *at, char out[129])
{
    uint32_t size;

    memcpy(&size, at, sizeof size);
    memcpy(out, at + sizeof size, size);
    out[size] = '\0';
    return at + sizeof size + size;
}

static const char *skip_value(const char *at)
{
    uint32_t size;

    switch (*at++) {
    case SQLITE_INTEGER:
    case SQLITE_FLOAT:
        return at + 8;
    case SQLITE_TEXT:
    case SQLITE_BLOB:
        memcpy(&size, at, sizeof size);
        return at + sizeof size + size;
    default:
        return at;
    }
}

/* Binds count values from at, from the parameter first on. */
static void bind_values(sqlite3_stmt *statement, const char *at, size_t count, int first)
{
    for (size_t i = 0; i < count; i++) {
        int index = first + (int)i;
        uint32_t size = 0;
        int64_t integer;
        double number;

        switch (*at) {
        case SQLITE_INTEGER:
            memcpy(&integer, at + 1, sizeof integer);
            sqlite3_bind_int64(statement, index, integer);
            break;
        case SQLITE_FLOAT:
            memcpy(&number, at + 1, sizeof number);
            sqlite3_bind_double(statement, index, number);
            break;
        case SQLITE_TEXT:
            memcpy(&size, at + 1, sizeof size);
            sqlite3_bind_text(statement, index, at + 5, (int)size, SQLITE_TRANSIENT);
            break;
        case SQLITE_BLOB:
            memcpy(&size, at + 1, sizeof size);
            sqlite3_bind_blob(statement, index, at + 5, (int)size, SQLITE_TRANSIENT);
            break;
        default:
            sqlite3_bind_null(statement, index);
            break;
        }
        at = skip_value(at);
    }
}

static void read_entry(const char *at, struct entry *entry)
{
    at += sizeof(uint32_t);
    entry->op = *at++;
    memcpy(&entry->table_id, at, sizeof entry->table_id);
    at = get_name(at + sizeof entry->table_id, entry->schema);
    at = get_name(at, entry->name);
    memcpy(&entry->key, at, sizeof entry->key);
    entry->old_values = entry->op == 'I' ? NULL : at + sizeof entry->key;
    entry->new_values = entry->op == 'I' ? at + sizeof entry->key : NULL;
}

static const char *find_new_values(const struct entry *entry, const struct table *table)
{
    const char *at = entry->old_values;

    if (entry->op != 'U')
        return entry->new_values;
    for (size_t i = 0; i < table->columns_count; i++)
        at = skip_value(at);
    return at;
}

/* Makes the row with that key hold values; values NULL: makes it vanish. */
static void put_row(struct engine *engine, struct table *table, int64_t key, const char *values)
{
    struct str sql = {0};
    sqlite3_stmt *statement = NULL;
    struct str *capture = engine->capture;

    engine->capture = NULL;
    if (values == NULL) {
        str_format(&sql, "DELETE FROM t%d WHERE r=?1", table->id);
    } else {
        str_format(&sql, "INSERT OR REPLACE INTO t%d VALUES(?1", table->id);
        for (size_t i = 0; i < table->columns_count; i++)
            str_add(&sql, ",?");
        str_add(&sql, ")");
    }
    if (values != NULL && table->replace != NULL) {
        statement = table->replace;
    } else if (sqlite3_prepare_v3(engine->db, str_text(&sql), -1,
                                  values != NULL ? SQLITE_PREPARE_PERSISTENT : 0, &statement,
                                  NULL) != SQLITE_OK) {
        log_write(LOG_ERROR, "SQLite: %s in %s", sqlite3_errmsg(engine->db), str_text(&sql));
    }
    if (statement != NULL) {
        sqlite3_bind_int64(statement, 1, key);
        if (values != NULL)
            bind_values(statement, values, table->columns_count, 2);
        sqlite3_step(statement);
        sqlite3_reset(statement);
        if (values == NULL)
            sqlite3_finalize(statement);
        else
            table->replace = statement;
    }
    str_free(&sql);
    engine->capture = capture;
}

void store_undo(struct engine *engine, const void *record, size_t length)
{
    const char *start = record;
    size_t *offsets = NULL;
    size_t count = 0, capacity = 0;
    uint32_t size;

    for (size_t at = 0; at < length; at += size) {
        memcpy(&size, start + at, sizeof size);
        offsets = memory_grow(offsets, &capacity, count, sizeof *offsets);
        offsets[count++] = at;
    }
    while (count > 0) {
        struct entry entry;
        struct table *table;

        read_entry(start + offsets[--count], &entry);
        table = store_find_id(engine, entry.table_id);
        if (table != NULL)
            put_row(engine, table, entry.key, entry.op == 'I' ? NULL : entry.old_values);
    }
    free(offsets);
}

static void advance_identity(struct table *table, const char *values)
{
    int64_t number;

    if (table->identity < 0 || values == NULL)
        return;
    for (int i = 0; i < table->identity; i++)
        values = skip_value(values);
    if (*values != SQLITE_INTEGER)
        return;
    memcpy(&number, values + 1, sizeof number);
    if (number >= table->identity_next)
        table->identity_next = number + table->identity_step;
}

void store_redo(struct engine *engine, struct database *database, const void *record, size_t length)
{
    const char *start = record;
    uint32_t size;

    for (size_t at = 0; at < length; at += size) {
        struct entry entry;
        struct table *table;
        const char *values;

        memcpy(&size, start + at, sizeof size);
        read_entry(start + at, &entry);
        table = store_find(engine, database, entry.schema, entry.name);
        if (table == NULL || table->columns_count == 0)
            continue;
        values = entry.op == 'D' ? NULL : find_new_values(&entry, table);
        put_row(engine, table, entry.key, values);
        advance_identity(table, values);
    }
}

void store_open(struct engine *engine)
{
    sqlite3_preupdate_hook(engine->db, captured, engine);
}
