/* Statements: control of flow, variables, EXECUTE, transactions, SET. */
#include <string.h>
#include <strings.h>

#include "core/base/text.h"
#include "tests/lab/sql/parse.h"

struct statement *parser_new_statement(struct parser *parser, enum statement_kind kind)
{
    struct statement *statement = arena_new(parser->arena, sizeof *statement);

    statement->kind = kind;
    statement->line = parser_peek(parser, 0)->line;
    return statement;
}

/* --- EXECUTE -------------------------------------------------------------------------------- */

static void execute_arguments(struct parser *parser, struct statement *statement)
{
    const struct token *token = parser_peek(parser, 0);

    if (token->kind == TOKEN_END || parser_is_operator(parser, 0, ";") ||
        parser_is_operator(parser, 0, ")") ||
        (token->kind == TOKEN_WORD && parser_is_reserved(token->text) &&
         strcasecmp(token->text, "DEFAULT") != 0 && strcasecmp(token->text, "NULL") != 0))
        return;
    do {
        struct argument argument = {0};

        token = parser_peek(parser, 0);
        if (token->kind == TOKEN_VARIABLE && parser_is_operator(parser, 1, "=")) {
            argument.name = parser_next(parser)->text;
            parser_next(parser);
        }
        if (parser_accept_word(parser, "DEFAULT")) {
            argument.value = NULL;
        } else if (parser_is_identifier(parser, 0) && !parser_is_operator(parser, 1, "(")) {
            /* a bare word is a string: EXEC sp_helpdb master */
            argument.value = parser_new_expr(parser, EXPR_STRING);
            argument.value->type.kind = SQL_NVARCHAR;
            argument.value->text = parser_next(parser)->text;
            argument.value->text_length = strlen(argument.value->text);
        } else {
            argument.value = parser_expression(parser);
        }
        if (parser_accept_word(parser, "OUTPUT") || parser_accept_word(parser, "OUT"))
            argument.output = true;
        *arena_append(parser->arena, &statement->arguments, items) = argument;
    } while (!parser_failed(parser) && parser_accept_operator(parser, ","));
}

struct statement *parser_execute(struct parser *parser)
{
    struct statement *statement = parser_new_statement(parser, STATEMENT_EXECUTE);

    if (!parser_accept_word(parser, "EXEC"))
        parser_accept_word(parser, "EXECUTE");
    if (parser_accept_operator(parser, "(")) {
        statement->kind = STATEMENT_EXECUTE_TEXT;
        statement->value = parser_expression(parser);
        parser_expect_operator(parser, ")");
        return statement;
    }
    if (parser_peek(parser, 0)->kind == TOKEN_VARIABLE && parser_is_operator(parser, 1, "=")) {
        statement->return_variable = parser_variable(parser);
        parser_next(parser);
    }
    if (parser_peek(parser, 0)->kind == TOKEN_VARIABLE)
        statement->procedure_variable = parser_variable(parser);
    else
        statement->procedure = parser_object_name(parser);
    execute_arguments(parser, statement);
    if (parser_is_word(parser, 0, "WITH") && parser_is_word(parser, 1, "RECOMPILE")) {
        parser_next(parser);
        parser_next(parser);
    }
    return statement;
}

/* --- messages ------------------------------------------------------------------------------- */

static struct statement *raiserror_statement(struct parser *parser)
{
    struct statement *statement = parser_new_statement(parser, STATEMENT_RAISERROR);

    parser_next(parser);
    parser_expect_operator(parser, "(");
    do {
        struct argument argument = {.value = parser_expression(parser)};

        *arena_append(parser->arena, &statement->arguments, items) = argument;
    } while (!parser_failed(parser) && parser_accept_operator(parser, ","));
    parser_expect_operator(parser, ")");
    if (statement->arguments.items_count < 3)
        parser_syntax_error(parser);
    if (parser_accept_word(parser, "WITH"))
        do {
            if (parser_accept_word(parser, "NOWAIT"))
                statement->nowait = true;
            else if (parser_accept_word(parser, "SETERROR"))
                statement->seterror = true;
            else
                parser_expect_word(parser, "LOG");
        } while (!parser_failed(parser) && parser_accept_operator(parser, ","));
    return statement;
}

static struct statement *throw_statement(struct parser *parser)
{
    struct statement *statement = parser_new_statement(parser, STATEMENT_THROW);
    enum token_kind kind;

    parser_next(parser);
    kind = parser_peek(parser, 0)->kind;
    if (kind != TOKEN_INTEGER && kind != TOKEN_VARIABLE)
        return statement;
    for (int i = 0; i < 3; i++) {
        struct argument argument = {.value = parser_expression(parser)};

        *arena_append(parser->arena, &statement->arguments, items) = argument;
        if (i < 2)
            parser_expect_operator(parser, ",");
    }
    return statement;
}

/* --- transactions --------------------------------------------------------------------------- */

static void transaction_name(struct parser *parser, struct statement *statement)
{
    if (parser_peek(parser, 0)->kind == TOKEN_VARIABLE)
        statement->name_variable = parser_variable(parser);
    else if (parser_is_identifier(parser, 0) && !parser_is_operator(parser, 1, "="))
        statement->name = parser_identifier(parser);
}

static bool accept_transaction(struct parser *parser)
{
    return parser_accept_word(parser, "TRAN") || parser_accept_word(parser, "TRANSACTION");
}

static struct statement *begin_transaction(struct parser *parser)
{
    struct statement *statement = parser_new_statement(parser, STATEMENT_BEGIN_TRANSACTION);

    parser_next(parser); /* BEGIN */
    parser_accept_word(parser, "DISTRIBUTED");
    parser_next(parser);
    transaction_name(parser, statement);
    if (parser_is_word(parser, 0, "WITH") && parser_is_word(parser, 1, "MARK")) {
        parser_next(parser);
        parser_next(parser);
        statement->with_mark = true;
        if (parser_peek(parser, 0)->kind == TOKEN_STRING)
            statement->mark_description = parser_next(parser)->text;
        if (statement->name == NULL && statement->name_variable == NULL)
            parser_syntax_error(parser);
    }
    return statement;
}

static struct statement *end_transaction(struct parser *parser, enum statement_kind kind)
{
    struct statement *statement = parser_new_statement(parser, kind);

    parser_next(parser);
    if (accept_transaction(parser))
        transaction_name(parser, statement);
    else if (kind == STATEMENT_SAVE)
        parser_syntax_error(parser);
    else
        parser_accept_word(parser, "WORK");
    if (kind == STATEMENT_COMMIT && parser_is_word(parser, 0, "WITH")) {
        while (!parser_failed(parser) && !parser_accept_operator(parser, ")"))
            if (parser_next(parser)->kind == TOKEN_END)
                parser_syntax_error(parser);
    }
    return statement;
}

/* --- control of flow ------------------------------------------------------------------------ */

static void statements_until_end(struct parser *parser, struct statement_list *list)
{
    while (!parser_failed(parser) && !parser_is_word(parser, 0, "END")) {
        struct statement *statement;

        if (parser_accept_operator(parser, ";"))
            continue;
        statement = parser_statement(parser);
        *arena_append(parser->arena, list, items) = statement;
    }
    parser_expect_word(parser, "END");
}

static struct statement *try_statement(struct parser *parser)
{
    struct statement *statement = parser_new_statement(parser, STATEMENT_TRY);

    parser_next(parser);
    parser_next(parser);
    statements_until_end(parser, &statement->statements);
    parser_expect_word(parser, "TRY");
    parser_accept_operator(parser, ";");
    parser_expect_word(parser, "BEGIN");
    parser_expect_word(parser, "CATCH");
    statements_until_end(parser, &statement->handler);
    parser_expect_word(parser, "CATCH");
    return statement;
}

static struct statement *begin_statement(struct parser *parser)
{
    struct statement *statement;

    if (parser_is_word(parser, 1, "TRY"))
        return try_statement(parser);
    if (parser_is_word(parser, 1, "TRAN") || parser_is_word(parser, 1, "TRANSACTION") ||
        parser_is_word(parser, 1, "DISTRIBUTED"))
        return begin_transaction(parser);
    statement = parser_new_statement(parser, STATEMENT_BLOCK);
    parser_next(parser);
    statements_until_end(parser, &statement->statements);
    if (statement->statements.items_count == 0)
        parser_syntax_error(parser);
    return statement;
}

static struct statement *if_statement(struct parser *parser)
{
    struct statement *statement = parser_new_statement(parser, STATEMENT_IF);

    parser_next(parser);
    statement->condition = parser_condition(parser);
    statement->body = parser_statement(parser);
    if (parser_is_operator(parser, 0, ";") && parser_is_word(parser, 1, "ELSE"))
        parser_next(parser);
    if (parser_accept_word(parser, "ELSE"))
        statement->otherwise = parser_statement(parser);
    return statement;
}

static struct statement *while_statement(struct parser *parser)
{
    struct statement *statement = parser_new_statement(parser, STATEMENT_WHILE);

    parser_next(parser);
    statement->condition = parser_condition(parser);
    statement->body = parser_statement(parser);
    return statement;
}

static struct statement *waitfor_statement(struct parser *parser)
{
    struct statement *statement = parser_new_statement(parser, STATEMENT_WAITFOR);

    parser_next(parser);
    statement->until_time = parser_is_word(parser, 0, "TIME");
    if (!parser_accept_word(parser, "TIME"))
        parser_expect_word(parser, "DELAY");
    statement->value = parser_expression(parser);
    return statement;
}

/* A value is for the text of a procedure, and nothing that a client sends is one. */
static struct statement *return_statement(struct parser *parser)
{
    struct statement *statement = parser_new_statement(parser, STATEMENT_RETURN);
    const struct token *token;

    parser_next(parser);
    token = parser_peek(parser, 0);
    if (token->kind == TOKEN_INTEGER || token->kind == TOKEN_VARIABLE ||
        parser_is_operator(parser, 0, "-") || parser_is_operator(parser, 0, "("))
        parser_fail(parser, 178, 15, 1, token->line,
                    "A value behind RETURN is for procedures only.");
    return statement;
}

static struct statement *simple_statement(struct parser *parser, enum statement_kind kind)
{
    struct statement *statement = parser_new_statement(parser, kind);

    parser_next(parser);
    if (kind == STATEMENT_PRINT)
        statement->value = parser_expression(parser);
    if (kind == STATEMENT_USE)
        statement->name = parser_identifier(parser);
    return statement;
}

struct statement *parser_flow_statement(struct parser *parser)
{
    if (parser_is_word(parser, 0, "IF"))
        return if_statement(parser);
    if (parser_is_word(parser, 0, "WHILE"))
        return while_statement(parser);
    if (parser_is_word(parser, 0, "BEGIN"))
        return begin_statement(parser);
    if (parser_is_word(parser, 0, "DECLARE"))
        return parser_declare_statement(parser);
    if (parser_is_word(parser, 0, "SET"))
        return parser_set_statement(parser);
    if (parser_is_word(parser, 0, "EXEC") || parser_is_word(parser, 0, "EXECUTE"))
        return parser_execute(parser);
    if (parser_is_word(parser, 0, "PRINT"))
        return simple_statement(parser, STATEMENT_PRINT);
    if (parser_is_word(parser, 0, "RAISERROR"))
        return raiserror_statement(parser);
    if (parser_is_word(parser, 0, "THROW"))
        return throw_statement(parser);
    if (parser_is_word(parser, 0, "RETURN"))
        return return_statement(parser);
    if (parser_is_word(parser, 0, "BREAK"))
        return simple_statement(parser, STATEMENT_BREAK);
    if (parser_is_word(parser, 0, "CONTINUE"))
        return simple_statement(parser, STATEMENT_CONTINUE);
    if (parser_is_word(parser, 0, "USE"))
        return simple_statement(parser, STATEMENT_USE);
    if (parser_is_word(parser, 0, "WAITFOR"))
        return waitfor_statement(parser);
    if (parser_is_word(parser, 0, "COMMIT"))
        return end_transaction(parser, STATEMENT_COMMIT);
    if (parser_is_word(parser, 0, "ROLLBACK"))
        return end_transaction(parser, STATEMENT_ROLLBACK);
    if (parser_is_word(parser, 0, "SAVE"))
        return end_transaction(parser, STATEMENT_SAVE);
    return NULL;
}

static struct statement *any_statement(struct parser *parser)
{
    struct statement *statement = parser_flow_statement(parser);

    if (statement == NULL)
        statement = parser_data_statement(parser);
    if (statement == NULL)
        statement = parser_admin_statement(parser);
    if (statement == NULL)
        statement = parser_security_statement(parser);
    /* the first statement of a batch may call a procedure without EXEC */
    if (statement == NULL && parser->at == 0 && parser_is_identifier(parser, 0))
        statement = parser_execute(parser);
    if (statement == NULL) {
        statement = parser_new_statement(parser, STATEMENT_BLOCK);
        parser_syntax_error(parser);
    }
    return statement;
}

struct statement *parser_statement(struct parser *parser)
{
    struct statement *statement;

    while (parser_accept_operator(parser, ";"))
        ;
    parser_deepen(parser, DEPTH_MOST_STATEMENTS);
    statement = any_statement(parser);
    parser->depth--;
    if (parser_is_operator(parser, 0, ";") && !parser_is_word(parser, 1, "ELSE"))
        parser_next(parser);
    return statement;
}
