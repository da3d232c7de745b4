/* Rights: GRANT, REVOKE, CREATE USER, members of roles. As wide as the scripts that give a login
 * what the product needs.
 */
#include "tests/lab/sql/parse.h"

/* The words of a right up to ON, TO or FROM; a list of rights gives a list with ",". */
static void right_words(struct parser *parser, struct statement *statement)
{
    while (!parser_failed(parser) && !parser_is_word(parser, 0, "ON") &&
           !parser_is_word(parser, 0, "TO") && !parser_is_word(parser, 0, "FROM")) {
        if (parser_peek(parser, 0)->kind != TOKEN_WORD && !parser_is_operator(parser, 0, ",")) {
            parser_syntax_error(parser);
            return;
        }
        *arena_append(parser->arena, &statement->options, items) = parser_next(parser)->text;
    }
    if (statement->options.items_count == 0)
        parser_syntax_error(parser);
}

static struct statement *grant_statement(struct parser *parser, enum statement_kind kind)
{
    struct statement *statement = parser_new_statement(parser, kind);

    parser_next(parser);
    right_words(parser, statement);
    if (parser_accept_word(parser, "ON")) {
        statement->on = true;
        if (parser_is_word(parser, 0, "OBJECT") && parser_is_operator(parser, 1, "::")) {
            parser_next(parser);
            parser_next(parser);
        }
        statement->target = parser_object_name(parser);
    }
    parser_expect_word(parser, kind == STATEMENT_GRANT ? "TO" : "FROM");
    statement->name = parser_identifier(parser);
    return statement;
}

static struct statement *create_user(struct parser *parser)
{
    struct statement *statement = parser_new_statement(parser, STATEMENT_CREATE_USER);

    parser_next(parser);
    parser_next(parser);
    statement->name = statement->login = parser_identifier(parser);
    if (parser_accept_word(parser, "FOR") || parser_accept_word(parser, "FROM")) {
        parser_expect_word(parser, "LOGIN");
        statement->login = parser_identifier(parser);
    }
    return statement;
}

static struct statement *alter_role(struct parser *parser, bool server)
{
    struct statement *statement = parser_new_statement(parser, STATEMENT_ADD_MEMBER);

    parser_next(parser);
    parser_next(parser);
    if (server)
        parser_next(parser);
    statement->server_role = server;
    statement->name = parser_identifier(parser);
    if (parser_accept_word(parser, "DROP"))
        statement->kind = STATEMENT_DROP_MEMBER;
    else
        parser_expect_word(parser, "ADD");
    parser_expect_word(parser, "MEMBER");
    statement->member = parser_identifier(parser);
    return statement;
}

struct statement *parser_security_statement(struct parser *parser)
{
    if (parser_is_word(parser, 0, "GRANT"))
        return grant_statement(parser, STATEMENT_GRANT);
    if (parser_is_word(parser, 0, "REVOKE"))
        return grant_statement(parser, STATEMENT_REVOKE);
    if (parser_is_word(parser, 0, "CREATE") && parser_is_word(parser, 1, "USER"))
        return create_user(parser);
    if (parser_is_word(parser, 0, "ALTER") && parser_is_word(parser, 1, "ROLE"))
        return alter_role(parser, false);
    if (parser_is_word(parser, 0, "ALTER") && parser_is_word(parser, 1, "SERVER") &&
        parser_is_word(parser, 2, "ROLE"))
        return alter_role(parser, true);
    return NULL;
}
