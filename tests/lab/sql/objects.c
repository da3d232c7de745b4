#include "tests/lab/sql/objects.h"

#include <string.h>
#include <strings.h>

#include "core/base/text.h"
#include "tests/lab/estate.h"
#include "tests/lab/sql/type.h"

/* object_ids look like a real server's: large, positive, stable for the table's life. */
enum { OBJECT_ID_BASE = 245575913, OBJECT_ID_STEP = 16 };

int object_id_of_table(const struct table *table)
{
    return OBJECT_ID_BASE + table->id * OBJECT_ID_STEP;
}

int object_table_id(int object_id)
{
    int offset = object_id - OBJECT_ID_BASE;

    return offset > 0 && offset % OBJECT_ID_STEP == 0 ? offset / OBJECT_ID_STEP : 0;
}

int object_split_name(char parts[3][129], const char *name)
{
    int count = 0;

    for (const char *at = name;;) {
        size_t length = 0;
        char part[129];

        if (count == 3)
            return 0;
        if (*at == '[' || *at == '"') {
            char closing = *at == '[' ? ']' : '"';

            for (at++; *at != '\0' && (*at != closing || at[1] == closing); at++) {
                at += *at == closing;
                if (length < sizeof part - 1)
                    part[length++] = *at;
            }
            at += *at == closing;
        } else {
            for (; *at != '\0' && *at != '.'; at++)
                if (length < sizeof part - 1)
                    part[length++] = *at;
        }
        part[length] = '\0';
        memcpy(parts[count++], part, sizeof part);
        if (*at != '.')
            return *at == '\0' ? count : 0;
        at++;
    }
}

struct table *object_temporary(struct session_state *state, const char *name)
{
    for (size_t i = 0; i < state->temporary_tables_count; i++)
        if (text_equal_nocase(state->temporary_tables[i]->name, name))
            return state->temporary_tables[i];
    return NULL;
}

static int hash_id(const char *name)
{
    unsigned hash = 5381;

    for (; *name != '\0'; name++)
        hash = hash * 33 + (unsigned char)(*name | 0x20);
    return -(int)(hash % 1000000000u) - 1; /* system objects have negative ids */
}

/* True if type is NULL or one of the kinds listed. */
static bool wants(const char *type, const char *kinds)
{
    return type == NULL || *type == '\0' || strcasestr(kinds, type) != NULL;
}

struct found_name {
    struct database *database;
    const char *schema, *name;
    char parts[3][129];
};

static bool resolve(struct run *run, const char *text, struct found_name *found)
{
    int count = object_split_name(found->parts, text);

    if (count == 0)
        return false;
    found->name = found->parts[count - 1];
    found->schema = count > 1 && *found->parts[count - 2] != '\0' ? found->parts[count - 2] : "dbo";
    found->database = count == 3 && *found->parts[0] != '\0'
                          ? instance_database(run->engine->instance, found->parts[0])
                          : run->session->database;
    return found->database != NULL;
}

int object_id_of(struct run *run, const char *name, const char *type)
{
    struct found_name found;
    struct table *table;

    if (!resolve(run, name, &found))
        return 0;
    if (*found.name == '#') {
        table = object_temporary(run->state, found.name);
        return table != NULL && wants(type, "U") ? object_id_of_table(table) : 0;
    }
    if (found.database->state != DATABASE_ONLINE)
        return 0;
    table = store_find(run->engine, found.database, found.schema, found.name);
    if (table != NULL && !run->internal &&
        !session_sees(run->session, found.database, table->schema, table->name))
        return 0; /* metadata that one has no right to is not there */
    if (table != NULL)
        return wants(type, table->view_text != NULL ? "V" : "U") ? object_id_of_table(table) : 0;
    if (wants(type, "V,S") &&
        catalog_find(run->session, found.database, found.schema, found.name) != NULL)
        return strcasecmp(found.schema, "sys") == 0 ? hash_id(found.name) : -hash_id(found.name);
    if (wants(type, "P,X,PC") &&
        procedure_find(run->session, found.database, found.schema, found.name) != NULL)
        return -hash_id(found.name);
    return 0;
}

static int bytes_of(const struct sql_type *type)
{
    static const int sizes[] = {[SQL_TINYINT] = 1,        [SQL_SMALLINT] = 2, [SQL_INT] = 4,
                                [SQL_BIGINT] = 8,         [SQL_BIT] = 1,      [SQL_REAL] = 4,
                                [SQL_FLOAT] = 8,          [SQL_NUMERIC] = 13, [SQL_DATETIME] = 8,
                                [SQL_DATETIME2] = 8,      [SQL_DATE] = 3,     [SQL_TIME] = 5,
                                [SQL_DATETIMEOFFSET] = 10};

    if (type_is_string(type->kind) || type_is_bytes(type->kind))
        return type->length == SQL_LENGTH_MAX ? -1
                                              : type->length * (type_is_national(type->kind) + 1);
    return type->kind == SQL_UNIQUEIDENTIFIER ? 16 : sizes[type->kind];
}

int object_column_length(struct run *run, const char *table_name, const char *column)
{
    struct found_name found;
    const struct sql_column *columns = NULL;
    size_t count = 0;
    struct table *table;

    if (!resolve(run, table_name, &found))
        return 0;
    table = *found.name == '#' ? object_temporary(run->state, found.name)
                               : store_find(run->engine, found.database, found.schema, found.name);
    if (table != NULL) {
        columns = table->columns;
        count = table->columns_count;
    } else {
        const struct virtual_table *view =
            catalog_find(run->session, found.database, found.schema, found.name);

        if (view == NULL)
            return 0;
        columns = view->columns;
        count = view->columns_count;
    }
    for (size_t i = 0; i < count; i++)
        if (text_equal_nocase(columns[i].name, column))
            return bytes_of(&columns[i].type);
    return 0;
}
