/* Type names, and the columns of CREATE TABLE and table variables. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/text.h"
#include "tests/lab/sql/parse.h"

struct type_name {
    const char *name;
    enum sql_kind kind;
    int length; /* default */
    uint8_t precision, scale;
    enum { ARGUMENT_NONE, ARGUMENT_LENGTH, ARGUMENT_PRECISION, ARGUMENT_SCALE } argument;
};

static const struct type_name type_names[] = {
    {"tinyint", SQL_TINYINT, 0, 0, 0, ARGUMENT_NONE},
    {"smallint", SQL_SMALLINT, 0, 0, 0, ARGUMENT_NONE},
    {"int", SQL_INT, 0, 0, 0, ARGUMENT_NONE},
    {"integer", SQL_INT, 0, 0, 0, ARGUMENT_NONE},
    {"bigint", SQL_BIGINT, 0, 0, 0, ARGUMENT_NONE},
    {"bit", SQL_BIT, 0, 0, 0, ARGUMENT_NONE},
    {"real", SQL_REAL, 0, 0, 0, ARGUMENT_NONE},
    {"float", SQL_FLOAT, 0, 0, 0, ARGUMENT_PRECISION},
    {"numeric", SQL_NUMERIC, 0, 18, 0, ARGUMENT_PRECISION},
    {"decimal", SQL_NUMERIC, 0, 18, 0, ARGUMENT_PRECISION},
    {"dec", SQL_NUMERIC, 0, 18, 0, ARGUMENT_PRECISION},
    {"money", SQL_NUMERIC, 0, 19, 4, ARGUMENT_NONE},
    {"datetime", SQL_DATETIME, 0, 0, 0, ARGUMENT_NONE},
    {"smalldatetime", SQL_DATETIME, 0, 0, 0, ARGUMENT_NONE},
    {"datetime2", SQL_DATETIME2, 0, 0, 7, ARGUMENT_SCALE},
    {"date", SQL_DATE, 0, 0, 0, ARGUMENT_NONE},
    {"time", SQL_TIME, 0, 0, 7, ARGUMENT_SCALE},
    {"datetimeoffset", SQL_DATETIMEOFFSET, 0, 0, 7, ARGUMENT_SCALE},
    {"nvarchar", SQL_NVARCHAR, 1, 0, 0, ARGUMENT_LENGTH},
    {"nchar", SQL_NCHAR, 1, 0, 0, ARGUMENT_LENGTH},
    {"varchar", SQL_VARCHAR, 1, 0, 0, ARGUMENT_LENGTH},
    {"char", SQL_CHAR, 1, 0, 0, ARGUMENT_LENGTH},
    {"character", SQL_CHAR, 1, 0, 0, ARGUMENT_LENGTH},
    {"varbinary", SQL_VARBINARY, 1, 0, 0, ARGUMENT_LENGTH},
    {"binary", SQL_BINARY, 1, 0, 0, ARGUMENT_LENGTH},
    {"text", SQL_VARCHAR, SQL_LENGTH_MAX, 0, 0, ARGUMENT_NONE},
    {"ntext", SQL_NVARCHAR, SQL_LENGTH_MAX, 0, 0, ARGUMENT_NONE},
    {"image", SQL_VARBINARY, SQL_LENGTH_MAX, 0, 0, ARGUMENT_NONE},
    {"uniqueidentifier", SQL_UNIQUEIDENTIFIER, 16, 0, 0, ARGUMENT_NONE},
    {"sql_variant", SQL_VARIANT, 0, 0, 0, ARGUMENT_NONE},
    {"sysname", SQL_NVARCHAR, 128, 0, 0, ARGUMENT_NONE},
};

static const struct type_name *find_type(const char *name)
{
    for (size_t i = 0; i < sizeof type_names / sizeof *type_names; i++)
        if (strcasecmp(type_names[i].name, name) == 0)
            return &type_names[i];
    return NULL;
}

static int type_number(struct parser *parser)
{
    if (parser_peek(parser, 0)->kind != TOKEN_INTEGER) {
        parser_syntax_error(parser);
        return 0;
    }
    return atoi(parser_next(parser)->text);
}

static void type_arguments(struct parser *parser, const struct type_name *name,
                           struct sql_type *type)
{
    int line = parser_peek(parser, 0)->line;
    int first, second = 0;

    if (name->argument == ARGUMENT_NONE || !parser_accept_operator(parser, "("))
        return;
    if (name->argument == ARGUMENT_LENGTH && parser_accept_word(parser, "max")) {
        type->length = SQL_LENGTH_MAX;
        parser_expect_operator(parser, ")");
        return;
    }
    first = type_number(parser);
    if (parser_accept_operator(parser, ","))
        second = type_number(parser);
    parser_expect_operator(parser, ")");
    if (name->argument == ARGUMENT_LENGTH) {
        int most = name->kind == SQL_NVARCHAR || name->kind == SQL_NCHAR ? 4000 : 8000;

        if (first < 1)
            parser_fail(parser, 1001, 15, 1, line,
                        "Line %d: Length or precision specification %d is invalid.", line, first);
        else if (first > most)
            parser_fail(parser, 131, 15, 2, line,
                        "The size (%d) given to the type '%s' exceeds the maximum allowed for any "
                        "data type (%d).",
                        first, name->name, most);
        type->length = first;
    } else if (name->argument == ARGUMENT_SCALE) {
        type->scale = (uint8_t)first;
    } else if (name->kind == SQL_FLOAT) {
        type->kind = first <= 24 ? SQL_REAL : SQL_FLOAT;
    } else {
        if (first < 1 || first > 38 || second > first)
            parser_fail(parser, 1001, 15, 1, line,
                        "Line %d: Length or precision specification %d is invalid.", line, first);
        type->precision = (uint8_t)first;
        type->scale = (uint8_t)second;
    }
}

struct sql_type parser_type(struct parser *parser)
{
    struct sql_type type = {.kind = SQL_INT, .nullable = true};
    const struct token *token = parser_peek(parser, 0);
    const struct type_name *name;

    if (parser_is_word(parser, 0, "sys") && parser_is_operator(parser, 1, ".")) {
        parser_next(parser);
        parser_next(parser);
        token = parser_peek(parser, 0);
    }
    if (token->kind != TOKEN_WORD && token->kind != TOKEN_NAME) {
        parser_syntax_error(parser);
        return type;
    }
    name = find_type(token->text);
    if (name == NULL) {
        parser_fail(parser, 2715, 16, 6, token->line,
                    "Column, parameter, or variable #1: Cannot find data type %s.", token->text);
        return type;
    }
    parser_next(parser);
    if (strcasecmp(token->text, "char") == 0 && parser_accept_word(parser, "varying"))
        name = find_type("varchar");
    type.kind = name->kind;
    type.length = name->length;
    type.precision = name->precision;
    type.scale = name->scale;
    type.sysname = strcasecmp(name->name, "sysname") == 0;
    type_arguments(parser, name, &type);
    return type;
}

/* --- columns of a table --------------------------------------------------------------------- */

static int64_t signed_number(struct parser *parser)
{
    bool negative = parser_accept_operator(parser, "-");
    int64_t number = type_number(parser);

    return negative ? -number : number;
}

static void skip_parentheses(struct parser *parser)
{
    int depth = 0;

    if (!parser_is_operator(parser, 0, "("))
        return;
    do {
        depth += parser_is_operator(parser, 0, "(") - parser_is_operator(parser, 0, ")");
        if (parser_next(parser)->kind == TOKEN_END) {
            parser_syntax_error(parser);
            return;
        }
    } while (depth > 0);
}

static void key_options(struct parser *parser)
{
    while (parser_accept_word(parser, "CLUSTERED") || parser_accept_word(parser, "NONCLUSTERED"))
        ;
}

/* PRIMARY KEY (a, b) and UNIQUE (a) below the columns. */
static bool table_constraint(struct parser *parser, struct column_definition_list *list)
{
    if (parser_accept_word(parser, "CONSTRAINT"))
        parser_identifier(parser);
    if (parser_accept_word(parser, "PRIMARY")) {
        parser_expect_word(parser, "KEY");
        key_options(parser);
        parser_expect_operator(parser, "(");
        do {
            const char *name = parser_identifier(parser);

            for (size_t i = 0; i < list->items_count; i++)
                if (text_equal_nocase(list->items[i].column.name, name)) {
                    list->items[i].primary_key = true;
                    list->items[i].column.type.nullable = false;
                }
            if (!parser_accept_word(parser, "ASC"))
                parser_accept_word(parser, "DESC");
        } while (parser_accept_operator(parser, ","));
        parser_expect_operator(parser, ")");
        return true;
    }
    if (parser_accept_word(parser, "UNIQUE") || parser_accept_word(parser, "CHECK")) {
        key_options(parser);
        skip_parentheses(parser);
        return true;
    }
    return false;
}

static void column_options(struct parser *parser, struct column_definition *definition)
{
    for (;;) {
        if (parser_accept_word(parser, "NOT")) {
            parser_expect_word(parser, "NULL");
            definition->column.type.nullable = false;
        } else if (parser_accept_word(parser, "NULL")) {
            definition->column.type.nullable = true;
        } else if (parser_accept_word(parser, "IDENTITY")) {
            definition->identity = true;
            definition->column.type.nullable = false;
            definition->identity_seed = definition->identity_step = 1;
            if (parser_accept_operator(parser, "(")) {
                definition->identity_seed = signed_number(parser);
                parser_expect_operator(parser, ",");
                definition->identity_step = signed_number(parser);
                parser_expect_operator(parser, ")");
            }
        } else if (parser_accept_word(parser, "CONSTRAINT")) {
            parser_identifier(parser);
        } else if (parser_accept_word(parser, "DEFAULT")) {
            definition->default_value = parser_expression(parser);
        } else if (parser_accept_word(parser, "PRIMARY")) {
            parser_expect_word(parser, "KEY");
            key_options(parser);
            definition->primary_key = true;
            definition->column.type.nullable = false;
        } else if (parser_accept_word(parser, "UNIQUE") || parser_accept_word(parser, "CHECK")) {
            key_options(parser);
            skip_parentheses(parser);
        } else if (parser_accept_word(parser, "COLLATE")) {
            const char *name = parser_identifier(parser);

            definition->column.type.case_sensitive =
                strcasestr(name, "_CS") != NULL || strcasestr(name, "_BIN") != NULL;
        } else {
            return;
        }
    }
}

void parser_column_definitions(struct parser *parser, struct column_definition_list *list)
{
    parser_expect_operator(parser, "(");
    do {
        struct column_definition *definition;

        if (parser_is_operator(parser, 0, ")"))
            break;
        if (table_constraint(parser, list))
            continue;
        definition = arena_append(parser->arena, list, items);
        text_copy(definition->column.name, sizeof definition->column.name,
                  parser_identifier(parser));
        definition->column.type = parser_type(parser);
        column_options(parser, definition);
    } while (!parser_failed(parser) && parser_accept_operator(parser, ","));
    parser_expect_operator(parser, ")");
}
