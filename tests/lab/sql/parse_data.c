/* SELECT, INSERT, UPDATE, DELETE, TRUNCATE, CREATE TABLE, DROP TABLE as statements. */
#include <strings.h>

#include "tests/lab/sql/parse.h"

static void target_table(struct parser *parser, struct statement *statement)
{
    if (parser_peek(parser, 0)->kind == TOKEN_VARIABLE) {
        statement->target.line = parser_peek(parser, 0)->line;
        statement->target.name = statement->target_variable = parser_variable(parser);
    } else {
        statement->target = parser_object_name(parser);
    }
    if (parser_is_word(parser, 0, "WITH") && parser_is_operator(parser, 1, "("))
        while (!parser_failed(parser) && !parser_accept_operator(parser, ")"))
            if (parser_next(parser)->kind == TOKEN_END)
                parser_syntax_error(parser);
}

static struct statement *insert_statement(struct parser *parser)
{
    struct statement *statement = parser_new_statement(parser, STATEMENT_INSERT);

    parser_next(parser);
    parser_accept_word(parser, "INTO");
    target_table(parser, statement);
    if (parser_is_operator(parser, 0, "(") && !parser_at_select(parser)) {
        parser_next(parser);
        do
            *arena_append(parser->arena, &statement->columns, items) = parser_identifier(parser);
        while (!parser_failed(parser) && parser_accept_operator(parser, ","));
        parser_expect_operator(parser, ")");
    }
    if (parser_is_word(parser, 0, "DEFAULT") && parser_is_word(parser, 1, "VALUES")) {
        parser_next(parser);
        parser_next(parser);
        statement->default_values = true;
    } else if (parser_is_word(parser, 0, "EXEC") || parser_is_word(parser, 0, "EXECUTE")) {
        statement->execute = parser_execute(parser);
    } else if (parser_at_select(parser)) {
        statement->select = parser_select(parser);
        parser_options(parser);
    } else {
        parser_syntax_error(parser);
    }
    return statement;
}

static void assignment(struct parser *parser, struct assignment *assignment)
{
    static const char *const texts[] = {"+=", "-=", "*=", "/=", "%="};
    static const enum operator_kind ops[] = {OP_ADD, OP_SUBTRACT, OP_MULTIPLY, OP_DIVIDE,
                                             OP_MODULO};

    assignment->line = parser_peek(parser, 0)->line;
    if (parser_peek(parser, 0)->kind == TOKEN_VARIABLE) { /* @v = expression */
        assignment->variable = parser_variable(parser);
        parser_expect_operator(parser, "=");
        assignment->value = parser_expression(parser);
        return;
    }
    assignment->column = parser_identifier(parser);
    while (parser_accept_operator(parser, ".")) /* alias.column */
        assignment->column = parser_identifier(parser);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (parser_accept_operator(parser, texts[i])) {
            assignment->compound = true;
            assignment->op = ops[i];
            assignment->value = parser_expression(parser);
            return;
        }
    parser_expect_operator(parser, "=");
    if (!parser_accept_word(parser, "DEFAULT"))
        assignment->value = parser_expression(parser);
}

static struct statement *update_statement(struct parser *parser, const struct cte_list *ctes)
{
    struct statement *statement = parser_new_statement(parser, STATEMENT_UPDATE);

    parser_next(parser);
    if (ctes != NULL)
        statement->ctes = *ctes;
    statement->top = parser_top(parser);
    target_table(parser, statement);
    parser_expect_word(parser, "SET");
    do {
        struct assignment made = {0};

        assignment(parser, &made);
        *arena_append(parser->arena, &statement->assignments, items) = made;
    } while (!parser_failed(parser) && parser_accept_operator(parser, ","));
    if (parser_accept_word(parser, "FROM"))
        statement->from = parser_from(parser);
    if (parser_accept_word(parser, "WHERE"))
        statement->where = parser_condition(parser);
    parser_options(parser);
    return statement;
}

static struct statement *delete_statement(struct parser *parser, const struct cte_list *ctes)
{
    struct statement *statement = parser_new_statement(parser, STATEMENT_DELETE);

    parser_next(parser);
    if (ctes != NULL)
        statement->ctes = *ctes;
    statement->top = parser_top(parser);
    parser_accept_word(parser, "FROM");
    target_table(parser, statement);
    if (parser_accept_word(parser, "FROM"))
        statement->from = parser_from(parser);
    if (parser_accept_word(parser, "WHERE"))
        statement->where = parser_condition(parser);
    parser_options(parser);
    return statement;
}

static struct statement *create_table(struct parser *parser)
{
    struct statement *statement = parser_new_statement(parser, STATEMENT_CREATE_TABLE);

    parser_next(parser);
    parser_next(parser);
    statement->target = parser_object_name(parser);
    parser_column_definitions(parser, &statement->definitions);
    if (parser_accept_word(parser, "ON"))
        parser_identifier(parser);
    return statement;
}

static struct statement *drop_table(struct parser *parser)
{
    struct statement *statement = parser_new_statement(parser, STATEMENT_DROP_TABLE);

    parser_next(parser);
    parser_next(parser);
    if (parser_is_word(parser, 0, "IF")) {
        parser_next(parser);
        parser_expect_word(parser, "EXISTS");
        statement->if_exists = true;
    }
    do {
        struct object_name name = parser_object_name(parser);

        *arena_append(parser->arena, statement, drop_names) = name;
    } while (!parser_failed(parser) && parser_accept_operator(parser, ","));
    return statement;
}

static struct statement *select_statement(struct parser *parser)
{
    struct statement *statement = parser_new_statement(parser, STATEMENT_SELECT);

    statement->select = parser_select(parser);
    parser_options(parser);
    if (parser_is_word(parser, 0, "FOR")) /* FOR XML, FOR JSON: not supported */
        parser_syntax_error(parser);
    return statement;
}

/* WITH x AS (...) before UPDATE or DELETE; else the SELECT parses its own. */
static struct statement *with_statement(struct parser *parser)
{
    size_t at = parser->at;
    struct cte_list ctes = {0};

    parser_ctes(parser, &ctes);
    if (parser_is_word(parser, 0, "UPDATE"))
        return update_statement(parser, &ctes);
    if (parser_is_word(parser, 0, "DELETE"))
        return delete_statement(parser, &ctes);
    if (parser_is_word(parser, 0, "INSERT")) {
        struct statement *statement = insert_statement(parser);

        if (statement->select != NULL)
            statement->select->ctes = ctes;
        return statement;
    }
    if (parser_failed(parser))
        return parser_new_statement(parser, STATEMENT_SELECT);
    parser->at = at;
    return select_statement(parser);
}

struct statement *parser_data_statement(struct parser *parser)
{
    if (parser_is_word(parser, 0, "WITH"))
        return with_statement(parser);
    if (parser_is_word(parser, 0, "SELECT") ||
        (parser_is_operator(parser, 0, "(") && parser_at_select(parser)))
        return select_statement(parser);
    if (parser_is_word(parser, 0, "INSERT"))
        return insert_statement(parser);
    if (parser_is_word(parser, 0, "UPDATE"))
        return update_statement(parser, NULL);
    if (parser_is_word(parser, 0, "DELETE"))
        return delete_statement(parser, NULL);
    if (parser_is_word(parser, 0, "TRUNCATE") && parser_is_word(parser, 1, "TABLE")) {
        struct statement *statement = parser_new_statement(parser, STATEMENT_TRUNCATE);

        parser_next(parser);
        parser_next(parser);
        statement->target = parser_object_name(parser);
        return statement;
    }
    if (parser_is_word(parser, 0, "CREATE") && parser_is_word(parser, 1, "TABLE"))
        return create_table(parser);
    if (parser_is_word(parser, 0, "DROP") && parser_is_word(parser, 1, "TABLE"))
        return drop_table(parser);
    return NULL;
}
