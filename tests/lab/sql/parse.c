#include "tests/lab/sql/parse.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/text.h"

/* Sorted. Source: Transact-SQL's list of reserved keywords. */
static const char *const reserved_words[] = {"ADD",
                                             "ALL",
                                             "ALTER",
                                             "AND",
                                             "ANY",
                                             "AS",
                                             "ASC",
                                             "AUTHORIZATION",
                                             "BACKUP",
                                             "BEGIN",
                                             "BETWEEN",
                                             "BREAK",
                                             "BROWSE",
                                             "BULK",
                                             "BY",
                                             "CASCADE",
                                             "CASE",
                                             "CHECK",
                                             "CHECKPOINT",
                                             "CLOSE",
                                             "CLUSTERED",
                                             "COALESCE",
                                             "COLLATE",
                                             "COLUMN",
                                             "COMMIT",
                                             "COMPUTE",
                                             "CONSTRAINT",
                                             "CONTAINS",
                                             "CONTAINSTABLE",
                                             "CONTINUE",
                                             "CONVERT",
                                             "CREATE",
                                             "CROSS",
                                             "CURRENT",
                                             "CURRENT_DATE",
                                             "CURRENT_TIME",
                                             "CURRENT_TIMESTAMP",
                                             "CURRENT_USER",
                                             "CURSOR",
                                             "DATABASE",
                                             "DBCC",
                                             "DEALLOCATE",
                                             "DECLARE",
                                             "DEFAULT",
                                             "DELETE",
                                             "DENY",
                                             "DESC",
                                             "DISK",
                                             "DISTINCT",
                                             "DISTRIBUTED",
                                             "DOUBLE",
                                             "DROP",
                                             "DUMP",
                                             "ELSE",
                                             "END",
                                             "ERRLVL",
                                             "ESCAPE",
                                             "EXCEPT",
                                             "EXEC",
                                             "EXECUTE",
                                             "EXISTS",
                                             "EXIT",
                                             "EXTERNAL",
                                             "FETCH",
                                             "FILE",
                                             "FILLFACTOR",
                                             "FOR",
                                             "FOREIGN",
                                             "FREETEXT",
                                             "FREETEXTTABLE",
                                             "FROM",
                                             "FULL",
                                             "FUNCTION",
                                             "GOTO",
                                             "GRANT",
                                             "GROUP",
                                             "HAVING",
                                             "HOLDLOCK",
                                             "IDENTITY",
                                             "IDENTITYCOL",
                                             "IDENTITY_INSERT",
                                             "IF",
                                             "IN",
                                             "INDEX",
                                             "INNER",
                                             "INSERT",
                                             "INTERSECT",
                                             "INTO",
                                             "IS",
                                             "JOIN",
                                             "KEY",
                                             "KILL",
                                             "LEFT",
                                             "LIKE",
                                             "LINENO",
                                             "LOAD",
                                             "MERGE",
                                             "NATIONAL",
                                             "NOCHECK",
                                             "NONCLUSTERED",
                                             "NOT",
                                             "NULL",
                                             "NULLIF",
                                             "OF",
                                             "OFF",
                                             "OFFSETS",
                                             "ON",
                                             "OPEN",
                                             "OPENDATASOURCE",
                                             "OPENQUERY",
                                             "OPENROWSET",
                                             "OPENXML",
                                             "OPTION",
                                             "OR",
                                             "ORDER",
                                             "OUTER",
                                             "OVER",
                                             "PERCENT",
                                             "PIVOT",
                                             "PLAN",
                                             "PRECISION",
                                             "PRIMARY",
                                             "PRINT",
                                             "PROC",
                                             "PROCEDURE",
                                             "PUBLIC",
                                             "RAISERROR",
                                             "READ",
                                             "READTEXT",
                                             "RECONFIGURE",
                                             "REFERENCES",
                                             "REPLICATION",
                                             "RESTORE",
                                             "RESTRICT",
                                             "RETURN",
                                             "REVERT",
                                             "REVOKE",
                                             "RIGHT",
                                             "ROLLBACK",
                                             "ROWCOUNT",
                                             "ROWGUIDCOL",
                                             "RULE",
                                             "SAVE",
                                             "SCHEMA",
                                             "SECURITYAUDIT",
                                             "SELECT",
                                             "SESSION_USER",
                                             "SET",
                                             "SETUSER",
                                             "SHUTDOWN",
                                             "SOME",
                                             "STATISTICS",
                                             "SYSTEM_USER",
                                             "TABLE",
                                             "TABLESAMPLE",
                                             "TEXTSIZE",
                                             "THEN",
                                             "TO",
                                             "TOP",
                                             "TRAN",
                                             "TRANSACTION",
                                             "TRIGGER",
                                             "TRUNCATE",
                                             "TRY_CONVERT",
                                             "TSEQUAL",
                                             "UNION",
                                             "UNIQUE",
                                             "UNPIVOT",
                                             "UPDATE",
                                             "UPDATETEXT",
                                             "USE",
                                             "USER",
                                             "VALUES",
                                             "VARYING",
                                             "VIEW",
                                             "WAITFOR",
                                             "WHEN",
                                             "WHERE",
                                             "WHILE",
                                             "WITH",
                                             "WITHIN",
                                             "WRITETEXT"};

static int compare_words(const void *key, const void *element)
{
    return strcasecmp(key, *(const char *const *)element);
}

bool parser_is_reserved(const char *word)
{
    return bsearch(word, reserved_words, sizeof reserved_words / sizeof *reserved_words,
                   sizeof *reserved_words, compare_words) != NULL;
}

bool parser_failed(const struct parser *parser)
{
    return parser->error->number != 0;
}

const struct token *parser_peek(const struct parser *parser, size_t ahead)
{
    size_t last = parser->tokens.tokens_count - 1;
    size_t at = parser->at + ahead;

    return &parser->tokens.tokens[parser_failed(parser) || at > last ? last : at];
}

const struct token *parser_next(struct parser *parser)
{
    const struct token *token = parser_peek(parser, 0);

    if (token->kind != TOKEN_END)
        parser->at++;
    return token;
}

void parser_fail(struct parser *parser, int number, int severity, int state, int line,
                 const char *format, ...)
{
    va_list arguments;

    if (parser_failed(parser))
        return;
    va_start(arguments, format);
    vsnprintf(parser->error->text, sizeof parser->error->text, format, arguments);
    va_end(arguments);
    parser->error->severity = severity;
    parser->error->state = state;
    parser->error->line = line;
    parser->error->number = number;
}

void parser_syntax_error(struct parser *parser)
{
    const struct token *token = parser_peek(parser, 0);
    char text[132];

    if (token->kind == TOKEN_END && parser->at > 0) /* what came last, as real servers name it */
        token = &parser->tokens.tokens[parser->at - 1];
    text_copy(text, sizeof text, token->text);
    if (token->kind == TOKEN_WORD && parser_is_reserved(token->text))
        parser_fail(parser, 156, 15, 1, token->line, "Incorrect syntax near the keyword '%s'.",
                    text);
    else
        parser_fail(parser, 102, 15, 1, token->line, "Incorrect syntax near '%s'.", text);
}

bool parser_is_word(const struct parser *parser, size_t ahead, const char *word)
{
    const struct token *token = parser_peek(parser, ahead);

    return token->kind == TOKEN_WORD && strcasecmp(token->text, word) == 0;
}

bool parser_is_operator(const struct parser *parser, size_t ahead, const char *text)
{
    const struct token *token = parser_peek(parser, ahead);

    return token->kind == TOKEN_OPERATOR && strcmp(token->text, text) == 0;
}

bool parser_accept_word(struct parser *parser, const char *word)
{
    if (!parser_is_word(parser, 0, word))
        return false;
    parser_next(parser);
    return true;
}

bool parser_accept_operator(struct parser *parser, const char *text)
{
    if (!parser_is_operator(parser, 0, text))
        return false;
    parser_next(parser);
    return true;
}

void parser_expect_word(struct parser *parser, const char *word)
{
    if (!parser_accept_word(parser, word))
        parser_syntax_error(parser);
}

void parser_expect_operator(struct parser *parser, const char *text)
{
    if (!parser_accept_operator(parser, text))
        parser_syntax_error(parser);
}

bool parser_is_identifier(const struct parser *parser, size_t ahead)
{
    const struct token *token = parser_peek(parser, ahead);

    return token->kind == TOKEN_NAME ||
           (token->kind == TOKEN_WORD && !parser_is_reserved(token->text));
}

const char *parser_identifier(struct parser *parser)
{
    if (!parser_is_identifier(parser, 0)) {
        parser_syntax_error(parser);
        return "";
    }
    return parser_next(parser)->text;
}

struct object_name parser_object_name(struct parser *parser)
{
    struct object_name name = {.line = parser_peek(parser, 0)->line};
    const char *parts[4] = {NULL};
    size_t count = 0;

    for (;;) {
        if (count == 4) {
            parser_syntax_error(parser);
            return name;
        }
        if (count > 0 && parser_is_operator(parser, 0, "."))
            parts[count++] = NULL; /* db..name */
        else
            parts[count++] = parser_identifier(parser);
        if (!parser_accept_operator(parser, "."))
            break;
    }
    if (parts[count - 1] == NULL) {
        parser_syntax_error(parser);
        return name;
    }
    if (count == 4)
        parser_fail(parser, 7202, 11, 2, name.line,
                    "Could not find server '%s' in sys.servers. Verify that the correct server "
                    "name was specified. If necessary, execute the stored procedure "
                    "sp_addlinkedserver to add the server to sys.servers.",
                    parts[0]);
    name.name = parts[count - 1];
    name.schema = count > 1 ? parts[count - 2] : NULL;
    name.database = count > 2 ? parts[count - 3] : NULL;
    return name;
}

/* --- variables ------------------------------------------------------------------------------ */

static bool is_declared(const struct parser *parser, const char *name)
{
    for (size_t i = 0; i < parser->batch->variables.items_count; i++)
        if (strcasecmp(parser->batch->variables.items[i].name, name) == 0)
            return true;
    return false;
}

const char *parser_variable(struct parser *parser)
{
    const struct token *token = parser_peek(parser, 0);

    if (token->kind != TOKEN_VARIABLE) {
        parser_syntax_error(parser);
        return "";
    }
    if (parser->batch != NULL && !is_declared(parser, token->text))
        parser_fail(parser, 137, 15, 2, token->line, "Must declare the scalar variable \"%s\".",
                    token->text);
    return parser_next(parser)->text;
}

void parser_declare(struct parser *parser, const struct declaration *declaration)
{
    if (parser->batch == NULL)
        return;
    if (is_declared(parser, declaration->name))
        parser_fail(parser, 134, 15, 2, parser_peek(parser, 0)->line,
                    "The variable name '%s' has already been declared. Variable names must be "
                    "unique within a query batch or stored procedure.",
                    declaration->name);
    *arena_append(parser->arena, &parser->batch->variables, items) = *declaration;
}

/* --- entry points --------------------------------------------------------------------------- */

static bool start(struct parser *parser, const char *text)
{
    struct token_list *list = &parser->tokens;

    *parser->error = (struct parse_error){0};
    if (lexer_run(list, parser->arena, text))
        return true;
    if (list->error == 105)
        parser_fail(parser, 105, 15, 1, list->error_line,
                    "Unclosed quotation mark after the character string '%s'.", list->error_text);
    else if (list->error == 113)
        parser_fail(parser, 113, 15, 1, list->error_line, "Missing end comment mark '*/'.");
    else
        parser_fail(parser, 102, 15, 1, list->error_line, "Incorrect syntax near '%s'.",
                    list->error_text);
    return false;
}

static bool finish(struct parser *parser)
{
    if (parser_peek(parser, 0)->kind != TOKEN_END)
        parser_syntax_error(parser);
    return !parser_failed(parser);
}

bool parse_batch(struct batch *batch, struct arena *arena, const char *text,
                 struct parse_error *error)
{
    struct parser parser = {.arena = arena, .batch = batch, .error = error};

    if (!start(&parser, text))
        return false;
    while (!parser_failed(&parser) && parser_peek(&parser, 0)->kind != TOKEN_END) {
        struct statement *statement;

        if (parser_accept_operator(&parser, ";"))
            continue;
        statement = parser_statement(&parser);
        *arena_append(arena, &batch->statements, items) = statement;
    }
    return finish(&parser);
}

struct select *parse_view(struct arena *arena, const char *text, struct parse_error *error)
{
    struct parser parser = {.arena = arena, .error = error};
    struct select *select;

    if (!start(&parser, text))
        return NULL;
    select = parser_select(&parser);
    return finish(&parser) ? select : NULL;
}

struct expr *parse_scalar(struct arena *arena, const char *text, struct parse_error *error)
{
    struct parser parser = {.arena = arena, .error = error};
    struct expr *expr;

    if (!start(&parser, text))
        return NULL;
    expr = parser_expression(&parser);
    return finish(&parser) ? expr : NULL;
}

struct expr *parse_condition(struct arena *arena, const char *text, struct parse_error *error)
{
    struct parser parser = {.arena = arena, .error = error};
    struct expr *expr;

    if (!start(&parser, text))
        return NULL;
    expr = parser_condition(&parser);
    return finish(&parser) ? expr : NULL;
}

bool parse_order(struct order_list *list, struct arena *arena, const char *text,
                 struct parse_error *error)
{
    struct parser parser = {.arena = arena, .error = error};

    if (!start(&parser, text))
        return false;
    parser_order_list(&parser, list);
    return finish(&parser);
}

bool parse_parameters(struct declaration_list *list, bool *outputs, size_t capacity,
                      struct arena *arena, const char *text, struct parse_error *error)
{
    struct parser parser = {.arena = arena, .error = error};

    if (!start(&parser, text))
        return false;
    while (parser_peek(&parser, 0)->kind != TOKEN_END && list->items_count < capacity) {
        struct declaration *declaration = arena_append(arena, list, items);

        declaration->name = parser_variable(&parser);
        parser_accept_word(&parser, "AS");
        declaration->type = parser_type(&parser);
        if (parser_accept_operator(&parser, "="))
            declaration->value = parser_expression(&parser);
        outputs[list->items_count - 1] =
            parser_accept_word(&parser, "OUTPUT") || parser_accept_word(&parser, "OUT");
        if (!parser_accept_operator(&parser, ","))
            break;
    }
    return finish(&parser);
}
