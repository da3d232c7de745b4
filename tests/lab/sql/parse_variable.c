/* DECLARE and SET: variables and options. */
#include <string.h>
#include <strings.h>

#include "tests/lab/sql/parse.h"

struct statement *parser_declare_statement(struct parser *parser)
{
    struct statement *statement = parser_new_statement(parser, STATEMENT_DECLARE);

    parser_next(parser);
    do {
        struct declaration declaration = {0};

        if (parser_peek(parser, 0)->kind != TOKEN_VARIABLE) {
            parser_syntax_error(parser);
            break;
        }
        declaration.name = parser_next(parser)->text;
        parser_accept_word(parser, "AS");
        if (parser_accept_word(parser, "TABLE")) {
            declaration.is_table = true;
            parser_column_definitions(parser, &declaration.columns);
        } else {
            declaration.type = parser_type(parser);
            if (parser_accept_operator(parser, "="))
                declaration.value = parser_expression(parser);
        }
        parser_declare(parser, &declaration);
        *arena_append(parser->arena, &statement->declarations, items) = declaration;
    } while (!parser_failed(parser) && parser_accept_operator(parser, ","));
    return statement;
}

static bool assignment_operator(struct parser *parser, struct assignment *assignment)
{
    static const char *const texts[] = {"+=", "-=", "*=", "/=", "%=", "&=", "|=", "^="};
    static const enum operator_kind ops[] = {OP_ADD,    OP_SUBTRACT, OP_MULTIPLY, OP_DIVIDE,
                                             OP_MODULO, OP_BIT_AND,  OP_BIT_OR,   OP_BIT_XOR};

    if (parser_accept_operator(parser, "="))
        return true;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (parser_accept_operator(parser, texts[i])) {
            assignment->compound = true;
            assignment->op = ops[i];
            return true;
        }
    parser_syntax_error(parser);
    return false;
}

/* The value of a SET option: words, numbers, names up to the statement's end. */
static void option_value(struct parser *parser, struct statement *statement)
{
    if (parser_accept_word(parser, "ON")) {
        statement->on = true;
    } else if (parser_accept_word(parser, "OFF")) {
        statement->on = false;
    } else if (parser_is_operator(parser, 0, "-") || parser_is_operator(parser, 0, "+") ||
               parser_peek(parser, 0)->kind == TOKEN_VARIABLE ||
               parser_peek(parser, 0)->kind == TOKEN_STRING ||
               parser_peek(parser, 0)->kind == TOKEN_INTEGER ||
               parser_peek(parser, 0)->kind == TOKEN_BINARY) {
        statement->value = parser_expression(parser);
    } else if (parser_is_identifier(parser, 0)) { /* SET LANGUAGE us_english */
        statement->value = parser_new_expr(parser, EXPR_STRING);
        statement->value->type.kind = SQL_NVARCHAR;
        statement->value->text = parser_next(parser)->text;
        statement->value->text_length = strlen(statement->value->text);
    } else {
        parser_syntax_error(parser);
    }
}

static struct statement *isolation_level(struct parser *parser, struct statement *statement)
{
    /* the numbers of sys.dm_exec_sessions */
    static const struct {
        const char *word;
        int level;
    } levels[] = {{"UNCOMMITTED", 1}, {"COMMITTED", 2}, {"SERIALIZABLE", 4}, {"SNAPSHOT", 5}};
    struct expr *level = parser_new_expr(parser, EXPR_INTEGER);

    level->text = "";
    statement->value = level;
    *arena_append(parser->arena, &statement->options, items) = "TRANSACTION";
    parser_expect_word(parser, "ISOLATION");
    parser_expect_word(parser, "LEVEL");
    if (parser_accept_word(parser, "REPEATABLE")) {
        parser_expect_word(parser, "READ");
        level->integer = 3;
        return statement;
    }
    parser_accept_word(parser, "READ");
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
        if (parser_accept_word(parser, levels[i].word)) {
            level->integer = levels[i].level;
            return statement;
        }
    parser_syntax_error(parser);
    return statement;
}

static bool is_set_option(const struct parser *parser)
{
    /* Source: Transact-SQL's SET statements. */
    static const char *const names[] = {"ANSI_DEFAULTS",
                                        "ANSI_NULL_DFLT_OFF",
                                        "ANSI_NULL_DFLT_ON",
                                        "ANSI_NULLS",
                                        "ANSI_PADDING",
                                        "ANSI_WARNINGS",
                                        "ARITHABORT",
                                        "ARITHIGNORE",
                                        "CONCAT_NULL_YIELDS_NULL",
                                        "CONTEXT_INFO",
                                        "CURSOR_CLOSE_ON_COMMIT",
                                        "DATEFIRST",
                                        "DATEFORMAT",
                                        "DEADLOCK_PRIORITY",
                                        "FIPS_FLAGGER",
                                        "FMTONLY",
                                        "FORCEPLAN",
                                        "IDENTITY_INSERT",
                                        "IMPLICIT_TRANSACTIONS",
                                        "LANGUAGE",
                                        "LOCK_TIMEOUT",
                                        "NOCOUNT",
                                        "NOEXEC",
                                        "NUMERIC_ROUNDABORT",
                                        "PARSEONLY",
                                        "QUERY_GOVERNOR_COST_LIMIT",
                                        "QUOTED_IDENTIFIER",
                                        "REMOTE_PROC_TRANSACTIONS",
                                        "ROWCOUNT",
                                        "SHOWPLAN_ALL",
                                        "SHOWPLAN_TEXT",
                                        "SHOWPLAN_XML",
                                        "STATISTICS",
                                        "TEXTSIZE",
                                        "XACT_ABORT"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (parser_is_word(parser, 0, names[i]))
            return true;
    return false;
}

static struct statement *set_option(struct parser *parser, struct statement *statement)
{
    statement->kind = STATEMENT_SET_OPTION;
    if (parser_accept_word(parser, "TRANSACTION"))
        return isolation_level(parser, statement);
    if (!is_set_option(parser)) {
        parser_fail(parser, 195, 15, 5, parser_peek(parser, 0)->line,
                    "'%s' is not a recognized SET option.", parser_peek(parser, 0)->text);
        return statement;
    }
    do {
        const char *name = parser_next(parser)->text;

        *arena_append(parser->arena, &statement->options, items) = name;
        if (strcasecmp(name, "STATISTICS") == 0)
            parser_next(parser); /* IO, TIME, XML, PROFILE */
        if (strcasecmp(name, "IDENTITY_INSERT") == 0)
            statement->target = parser_object_name(parser);
    } while (parser_accept_operator(parser, ",") && is_set_option(parser));
    option_value(parser, statement);
    return statement;
}

struct statement *parser_set_statement(struct parser *parser)
{
    struct statement *statement = parser_new_statement(parser, STATEMENT_SET_VARIABLE);
    struct assignment assignment = {0};

    parser_next(parser);
    if (parser_peek(parser, 0)->kind != TOKEN_VARIABLE)
        return set_option(parser, statement);
    assignment.line = statement->line;
    assignment.variable = parser_variable(parser);
    if (assignment_operator(parser, &assignment))
        assignment.value = parser_expression(parser);
    *arena_append(parser->arena, &statement->assignments, items) = assignment;
    return statement;
}
