/* Search conditions, and the ORDER BY list. */
#include "tests/lab/sql/parse.h"

static void require_condition(struct parser *parser, const struct expr *expr)
{
    const struct token *token = parser_peek(parser, 0);

    if (!expr_is_predicate(expr))
        parser_fail(parser, 4145, 15, 1, token->line,
                    "An expression of non-boolean type specified in a context where a condition "
                    "is expected, near '%.120s'.",
                    token->kind == TOKEN_END && parser->at > 0
                        ? parser->tokens.tokens[parser->at - 1].text
                        : token->text);
}

static struct expr *in_predicate(struct parser *parser, struct expr *left)
{
    struct expr *expr = parser_new_expr(parser, EXPR_IN);

    parser_add_arg(parser, expr, left);
    parser_expect_operator(parser, "(");
    if (parser_is_word(parser, 0, "SELECT") || parser_is_word(parser, 0, "WITH")) {
        expr->select = parser_select(parser);
    } else {
        do
            parser_add_arg(parser, expr, parser_expression(parser));
        while (parser_accept_operator(parser, ","));
    }
    parser_expect_operator(parser, ")");
    return expr;
}

static struct expr *negatable_predicate(struct parser *parser, struct expr *left)
{
    bool negated = parser_is_word(parser, 0, "NOT");
    struct expr *expr;

    if (negated)
        parser_next(parser);
    if (parser_accept_word(parser, "IN")) {
        expr = in_predicate(parser, left);
    } else if (parser_accept_word(parser, "BETWEEN")) {
        expr = parser_new_expr(parser, EXPR_BETWEEN);
        parser_add_arg(parser, expr, left);
        parser_add_arg(parser, expr, parser_expression(parser));
        parser_expect_word(parser, "AND");
        parser_add_arg(parser, expr, parser_expression(parser));
    } else if (parser_accept_word(parser, "LIKE")) {
        expr = parser_binary(parser, EXPR_LIKE, OP_EQUAL, left, parser_expression(parser));
        if (parser_accept_word(parser, "ESCAPE"))
            parser_add_arg(parser, expr, parser_expression(parser));
    } else if (negated) {
        parser_syntax_error(parser);
        return left;
    } else {
        return left;
    }
    expr->negated = negated;
    return expr;
}

static struct expr *quantified(struct parser *parser, enum operator_kind op, struct expr *left)
{
    struct expr *expr = parser_new_expr(parser, EXPR_QUANTIFIED);

    expr->op = op;
    expr->all = parser_is_word(parser, 0, "ALL");
    parser_next(parser);
    parser_add_arg(parser, expr, left);
    parser_expect_operator(parser, "(");
    expr->select = parser_select(parser);
    parser_expect_operator(parser, ")");
    return expr;
}

static struct expr *comparison(struct parser *parser)
{
    static const struct operator_name names[] = {
        {"=", OP_EQUAL},       {"<>", OP_NOT_EQUAL},     {"!=", OP_NOT_EQUAL},
        {"<=", OP_LESS_EQUAL}, {">=", OP_GREATER_EQUAL}, {"<", OP_LESS},
        {">", OP_GREATER},     {"!<", OP_GREATER_EQUAL}, {"!>", OP_LESS_EQUAL}};
    struct expr *left = parser_expression(parser);
    enum operator_kind op;

    if (expr_is_predicate(left))
        return left;
    if (parser_accept_one_of(parser, names, sizeof names / sizeof *names, &op)) {
        if (parser_is_word(parser, 0, "ANY") || parser_is_word(parser, 0, "SOME") ||
            parser_is_word(parser, 0, "ALL"))
            return quantified(parser, op, left);
        return parser_binary(parser, EXPR_COMPARE, op, left, parser_expression(parser));
    }
    if (parser_accept_word(parser, "IS")) {
        struct expr *expr = parser_new_expr(parser, EXPR_IS_NULL);

        expr->negated = parser_accept_word(parser, "NOT");
        parser_expect_word(parser, "NULL");
        parser_add_arg(parser, expr, left);
        return expr;
    }
    return negatable_predicate(parser, left);
}

static struct expr *negation(struct parser *parser)
{
    struct expr *expr;

    if (parser_is_word(parser, 0, "NOT")) {
        expr = parser_new_expr(parser, EXPR_LOGIC);
        parser_next(parser);
        expr->op = OP_NOT;
        parser_deepen(parser, DEPTH_MOST);
        parser_add_arg(parser, expr, negation(parser));
        parser->depth--;
        require_condition(parser, expr->args.items[0]);
        return expr;
    }
    if (parser_is_word(parser, 0, "EXISTS")) {
        expr = parser_new_expr(parser, EXPR_EXISTS);
        parser_next(parser);
        parser_expect_operator(parser, "(");
        expr->select = parser_select(parser);
        parser_expect_operator(parser, ")");
        return expr;
    }
    return comparison(parser);
}

static struct expr *conjunction(struct parser *parser)
{
    struct expr *left = negation(parser);
    int depth = parser->depth;

    while (parser_is_word(parser, 0, "AND")) {
        struct expr *right;

        require_condition(parser, left);
        parser_next(parser);
        parser_deepen(parser, DEPTH_MOST);
        right = negation(parser);
        require_condition(parser, right);
        left = parser_binary(parser, EXPR_LOGIC, OP_AND, left, right);
    }
    parser->depth = depth;
    return left;
}

struct expr *parser_predicate(struct parser *parser)
{
    struct expr *left;
    int depth = parser->depth;

    parser_deepen(parser, DEPTH_MOST);
    left = conjunction(parser);
    while (parser_is_word(parser, 0, "OR")) {
        struct expr *right;

        require_condition(parser, left);
        parser_next(parser);
        parser_deepen(parser, DEPTH_MOST);
        right = conjunction(parser);
        require_condition(parser, right);
        left = parser_binary(parser, EXPR_LOGIC, OP_OR, left, right);
    }
    parser->depth = depth;
    return left;
}

struct expr *parser_condition(struct parser *parser)
{
    struct expr *expr = parser_predicate(parser);

    require_condition(parser, expr);
    return expr;
}

void parser_order_list(struct parser *parser, struct order_list *list)
{
    do {
        struct expr *expr = parser_expression(parser);
        struct order_item *item = arena_append(parser->arena, list, items);

        item->expr = expr;
        if (parser_accept_word(parser, "DESC"))
            item->descending = true;
        else
            parser_accept_word(parser, "ASC");
    } while (!parser_failed(parser) && parser_accept_operator(parser, ","));
}
