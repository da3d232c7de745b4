#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "tests/lab/engine.h"
#include "tests/lab/model.h"

struct type_word {
    const char *word;
    struct sql_type type;
};

static const struct type_word type_words[] = {
    {"tinyint", {.kind = SQL_TINYINT}},
    {"smallint", {.kind = SQL_SMALLINT}},
    {"int", {.kind = SQL_INT}},
    {"bigint", {.kind = SQL_BIGINT}},
    {"bit", {.kind = SQL_BIT}},
    {"real", {.kind = SQL_REAL}},
    {"float", {.kind = SQL_FLOAT}},
    {"numeric", {.kind = SQL_NUMERIC, .precision = 18}},
    {"datetime", {.kind = SQL_DATETIME}},
    {"datetime2", {.kind = SQL_DATETIME2, .scale = 7}},
    {"nvarchar", {.kind = SQL_NVARCHAR, .length = 1}},
    {"nchar", {.kind = SQL_NCHAR, .length = 1}},
    {"varchar", {.kind = SQL_VARCHAR, .length = 1}},
    {"char", {.kind = SQL_CHAR, .length = 1}},
    {"varbinary", {.kind = SQL_VARBINARY, .length = 1}},
    {"binary", {.kind = SQL_BINARY, .length = 1}},
    {"uniqueidentifier", {.kind = SQL_UNIQUEIDENTIFIER, .length = 16}},
    {"datetimeoffset", {.kind = SQL_DATETIMEOFFSET, .scale = 7}},
    {"date", {.kind = SQL_DATE}},
    {"sql_variant", {.kind = SQL_VARIANT}},
    {"sysname", {.kind = SQL_NVARCHAR, .length = 128, .sysname = true}},
};

static void parse_failed(const char *text, const char *at)
{
    fprintf(stderr, "column list: cannot read \"%.30s\" in \"%.60s...\"\n", at, text);
    abort();
}

static size_t parse_word(const char *at, char *out, size_t size)
{
    size_t length = 0;
    while ((isalnum((unsigned char)at[length]) || at[length] == '_') && length + 1 < size) {
        out[length] = at[length];
        length++;
    }
    out[length] = '\0';
    return length;
}

static const char *skip_blanks(const char *at)
{
    return at + strspn(at, " \n");
}

static bool take_word(const char **at, const char *word)
{
    size_t length = strlen(word);
    if (strncmp(*at, word, length) != 0) {
        return false;
    }
    *at = skip_blanks(*at + length);
    return true;
}

static const char *parse_length(const char *at, struct sql_type *type)
{
    if (*at != '(') {
        return at;
    }
    if (strncmp(at, "(max)", 5) == 0) {
        type->length = SQL_LENGTH_MAX;
        return skip_blanks(at + 5);
    }
    int first = 0, second = 0, used = 0;
    if (sscanf(at, "(%d)%n", &first, &used) != 1 || used == 0) {
        sscanf(at, "(%d,%d)%n", &first, &second, &used);
    }
    if (type->kind == SQL_NUMERIC) {
        type->precision = (uint8_t)first;
        type->scale = (uint8_t)second;
    } else if (type->kind == SQL_DATETIME2) {
        type->scale = (uint8_t)first;
    } else {
        type->length = first;
    }
    return skip_blanks(at + used);
}

static const char *parse_column(const char *text, const char *at, struct sql_column *column,
                                bool *identity)
{
    char word[129];
    at = skip_blanks(at);
    at += parse_word(at, column->name, sizeof column->name);
    at = skip_blanks(at);
    size_t length = parse_word(at, word, sizeof word);
    const struct type_word *found = NULL;
    for (size_t i = 0; i < sizeof type_words / sizeof *type_words; i++) {
        if (strcmp(type_words[i].word, word) == 0) {
            found = &type_words[i];
        }
    }
    if (found == NULL) {
        parse_failed(text, at);
        return at;
    }
    column->type = found->type;
    column->type.nullable = strcmp(word, "sysname") != 0;
    at = parse_length(skip_blanks(at + length), &column->type);
    *identity = take_word(&at, "identity");
    column->origin = *identity                    ? SQL_IDENTITY
                     : take_word(&at, "computed") ? SQL_COMPUTED
                                                  : SQL_PLAIN;
    if (take_word(&at, "not null")) {
        column->type.nullable = false;
    } else if (take_word(&at, "null")) {
        column->type.nullable = true;
    }
    if (*at == ',') {
        return at + 1;
    }
    if (*at != '\0') {
        parse_failed(text, at);
    }
    return at;
}

struct column_list {
    struct sql_column *items;
    size_t items_count, items_capacity;
};

struct sql_column *columns_parse(const char *text, size_t *count, int *identity)
{
    struct column_list list = {0};
    if (identity != NULL) {
        *identity = -1;
    }
    for (const char *at = text; *skip_blanks(at) != '\0';) {
        struct sql_column *column = memory_append(&list, items);
        bool is_identity = false;
        at = parse_column(text, at, column, &is_identity);
        if (is_identity && identity != NULL) {
            *identity = (int)list.items_count - 1;
        }
    }
    *count = list.items_count;
    return list.items;
}

struct table_set *table_set_new(struct lab *lab)
{
    memory_append(lab, table_sets);
    struct table_set *set = memory_new(sizeof *set);
    lab->table_sets[lab->table_sets_count - 1] = set;
    return set;
}

static struct table_definition *define(struct database *database, const char *schema,
                                       const char *name, const char *columns_text)
{
    struct table_definition *table = memory_append(database->tables, items);
    text_copy(table->schema, sizeof table->schema, schema);
    text_copy(table->name, sizeof table->name, name);
    table->columns = columns_parse(columns_text, &table->columns_count, &table->identity);
    return table;
}

void database_create_table(struct database *database, const char *schema, const char *name,
                           const char *columns_text, size_t key)
{
    struct table_definition *table = define(database, schema, name, columns_text);
    table->key = key;
    engine_create_table(database->instance->engine, database, schema, name, table->columns,
                        table->columns_count, key, table->identity);
}

void database_create_view(struct database *database, const char *schema, const char *name,
                          const char *columns_text, const char *select_text)
{
    struct table_definition *table = define(database, schema, name, columns_text);
    table->view_text = memory_copy_text(select_text);
    engine_create_view(database->instance->engine, database, schema, name, select_text);
}

const struct table_definition *database_table(const struct database *database, const char *schema,
                                              const char *name)
{
    for (size_t i = 0; database->tables != NULL && i < database->tables->items_count; i++) {
        const struct table_definition *table = &database->tables->items[i];
        if (text_equal_nocase(table->schema, schema) && text_equal_nocase(table->name, name)) {
            return table;
        }
    }
    return NULL;
}

void row_add(struct row *row, struct sql_value value)
{
    if (row->count == sizeof row->values / sizeof *row->values) {
        abort();
    }
    row->values[row->count++] = value;
}

void row_null(struct row *row)
{
    row_add(row, sql_null());
}

void row_nulls(struct row *row, size_t count)
{
    while (count-- > 0) {
        row_null(row);
    }
}

void row_int(struct row *row, int64_t value)
{
    row_add(row, sql_integer(value));
}

void row_text(struct row *row, const char *text)
{
    row_add(row, sql_text(text));
}

void row_guid(struct row *row, const uint8_t guid[16])
{
    row_add(row, sql_bytes(guid, 16));
}

void row_lsn_or_null(struct row *row, lab_lsn lsn)
{
    row_add(row, lsn == 0 ? sql_null() : lsn_value(lsn));
}

void row_guid_or_null(struct row *row, const uint8_t *guid)
{
    if (guid == NULL) {
        row_null(row);
    } else {
        row_guid(row, guid);
    }
}

void row_lsn(struct row *row, lab_lsn lsn)
{
    row_add(row, lsn_value(lsn));
}

void row_time(struct row *row, const struct instance *instance, int64_t utc_ms)
{
    row_add(row, sql_time_utc_ms(utc_ms + instance->clock_offset_ms, instance->utc_offset_min));
}

void row_send(struct row *row, struct row_sink *sink)
{
    row_sink_add(sink, row->values);
    row->count = 0;
}

void row_insert(struct row *row, struct database *database, const char *schema, const char *name)
{
    engine_insert(database->instance->engine, database, schema, name, row->values);
    row_free(row);
}

void row_free(struct row *row)
{
    for (size_t i = 0; i < row->count; i++) {
        sql_value_free(&row->values[i]);
    }
    row->count = 0;
}
