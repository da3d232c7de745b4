/* Expressions and search conditions. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tests/lab/sql/parse.h"

void parser_deepen(struct parser *parser, int most)
{
    if (++parser->depth > most)
        parser_fail(parser, 191, 15, 1, parser_peek(parser, 0)->line,
                    "Some part of your SQL statement is nested too deeply. Rewrite the query or "
                    "break it up into smaller queries.");
}

struct expr *parser_new_expr(struct parser *parser, enum expr_kind kind)
{
    struct expr *expr = arena_new(parser->arena, sizeof *expr);

    expr->kind = kind;
    expr->line = parser_peek(parser, 0)->line;
    return expr;
}

void parser_add_arg(struct parser *parser, struct expr *expr, struct expr *arg)
{
    *arena_append(parser->arena, &expr->args, items) = arg;
}

struct expr *parser_binary(struct parser *parser, enum expr_kind kind, enum operator_kind op,
                           struct expr *left, struct expr *right)
{
    struct expr *expr = parser_new_expr(parser, kind);

    expr->op = op;
    expr->line = left->line;
    parser_add_arg(parser, expr, left);
    parser_add_arg(parser, expr, right);
    return expr;
}

/* --- literals, names, calls ----------------------------------------------------------------- */

static struct expr *literal(struct parser *parser, enum expr_kind kind)
{
    struct expr *expr = parser_new_expr(parser, kind);
    const struct token *token = parser_next(parser);

    expr->text = token->text;
    expr->text_length = token->length;
    return expr;
}

static struct expr *string_literal(struct parser *parser)
{
    bool national = parser_peek(parser, 0)->national;
    struct expr *expr = literal(parser, EXPR_STRING);

    expr->type.kind = national ? SQL_NVARCHAR : SQL_VARCHAR;
    return expr;
}

static struct expr *integer_literal(struct parser *parser)
{
    struct expr *expr = literal(parser, EXPR_INTEGER);

    errno = 0;
    expr->integer = strtoll(expr->text, NULL, 10);
    if (errno != 0 || expr->integer > INT32_MAX)
        expr->kind = EXPR_NUMERIC; /* an integer literal beyond int is numeric */
    return expr;
}

static struct expr *cast_call(struct parser *parser, bool try_convert)
{
    struct expr *expr = parser_new_expr(parser, EXPR_CONVERT);

    expr->try_convert = try_convert;
    parser_next(parser);
    parser_expect_operator(parser, "(");
    parser_add_arg(parser, expr, parser_expression(parser));
    parser_expect_word(parser, "AS");
    expr->type = parser_type(parser);
    if (expr->type.length == 1 && parser->tokens.tokens[parser->at - 1].kind != TOKEN_OPERATOR)
        expr->type.length = 30; /* CAST to varchar without a length means 30 */
    parser_expect_operator(parser, ")");
    return expr;
}

static struct expr *convert_call(struct parser *parser, bool try_convert)
{
    struct expr *expr = parser_new_expr(parser, EXPR_CONVERT);

    expr->try_convert = try_convert;
    parser_next(parser);
    parser_expect_operator(parser, "(");
    expr->type = parser_type(parser);
    if (expr->type.length == 1 && parser->tokens.tokens[parser->at - 1].kind != TOKEN_OPERATOR)
        expr->type.length = 30;
    parser_expect_operator(parser, ",");
    parser_add_arg(parser, expr, parser_expression(parser));
    if (parser_accept_operator(parser, ","))
        parser_add_arg(parser, expr, parser_expression(parser)); /* the style */
    parser_expect_operator(parser, ")");
    return expr;
}

static struct expr *case_expression(struct parser *parser)
{
    struct expr *expr = parser_new_expr(parser, EXPR_CASE);
    struct expr *subject = NULL;

    parser_next(parser);
    if (!parser_is_word(parser, 0, "WHEN"))
        subject = parser_expression(parser);
    while (parser_accept_word(parser, "WHEN")) {
        struct expr *when = subject == NULL ? parser_condition(parser)
                                            : parser_binary(parser, EXPR_COMPARE, OP_EQUAL, subject,
                                                            parser_expression(parser));

        parser_add_arg(parser, expr, when);
        parser_expect_word(parser, "THEN");
        parser_add_arg(parser, expr, parser_expression(parser));
    }
    if (expr->args.items_count == 0)
        parser_syntax_error(parser);
    if (parser_accept_word(parser, "ELSE")) {
        expr->has_else = true;
        parser_add_arg(parser, expr, parser_expression(parser));
    }
    parser_expect_word(parser, "END");
    return expr;
}

/* IIF(c, a, b) is CASE WHEN c THEN a ELSE b END. */
static struct expr *iif_call(struct parser *parser)
{
    struct expr *expr = parser_new_expr(parser, EXPR_CASE);

    parser_next(parser);
    parser_expect_operator(parser, "(");
    parser_add_arg(parser, expr, parser_condition(parser));
    parser_expect_operator(parser, ",");
    parser_add_arg(parser, expr, parser_expression(parser));
    parser_expect_operator(parser, ",");
    parser_add_arg(parser, expr, parser_expression(parser));
    parser_expect_operator(parser, ")");
    expr->has_else = true;
    return expr;
}

static const char *frame_bound(struct parser *parser)
{
    if (parser_accept_word(parser, "UNBOUNDED")) {
        if (parser_accept_word(parser, "PRECEDING"))
            return "UNBOUNDED PRECEDING";
        parser_expect_word(parser, "FOLLOWING");
        return "UNBOUNDED FOLLOWING";
    }
    if (parser_accept_word(parser, "CURRENT")) {
        parser_expect_word(parser, "ROW");
        return "CURRENT ROW";
    }
    if (parser_peek(parser, 0)->kind == TOKEN_INTEGER) {
        const char *number = parser_next(parser)->text;
        const char *word = parser_accept_word(parser, "PRECEDING") ? " PRECEDING" : " FOLLOWING";
        char text[64];

        if (word[1] == 'F')
            parser_expect_word(parser, "FOLLOWING");
        snprintf(text, sizeof text, "%.20s%s", number, word);
        return arena_copy(parser->arena, text, strlen(text));
    }
    parser_syntax_error(parser);
    return "";
}

static char *window_frame(struct parser *parser)
{
    const char *unit = parser_accept_word(parser, "ROWS")    ? "ROWS"
                       : parser_accept_word(parser, "RANGE") ? "RANGE"
                                                             : NULL;
    char text[200];

    if (unit == NULL)
        return NULL;
    if (parser_accept_word(parser, "BETWEEN")) {
        const char *from = frame_bound(parser);

        parser_expect_word(parser, "AND");
        snprintf(text, sizeof text, "%s BETWEEN %s AND %s", unit, from, frame_bound(parser));
    } else {
        snprintf(text, sizeof text, "%s %s", unit, frame_bound(parser));
    }
    return arena_copy(parser->arena, text, strlen(text));
}

static void over_clause(struct parser *parser, struct expr *expr)
{
    if (parser_is_word(parser, 0, "WITHIN") && parser_is_word(parser, 1, "GROUP")) {
        parser_next(parser);
        parser_next(parser);
        parser_expect_operator(parser, "(");
        parser_expect_word(parser, "ORDER");
        parser_expect_word(parser, "BY");
        parser_order_list(parser, &expr->within);
        parser_expect_operator(parser, ")");
    }
    if (!parser_accept_word(parser, "OVER"))
        return;
    expr->over = arena_new(parser->arena, sizeof *expr->over);
    parser_expect_operator(parser, "(");
    if (parser_accept_word(parser, "PARTITION")) {
        parser_expect_word(parser, "BY");
        do
            *arena_append(parser->arena, &expr->over->partition, items) = parser_expression(parser);
        while (parser_accept_operator(parser, ","));
    }
    if (parser_accept_word(parser, "ORDER")) {
        parser_expect_word(parser, "BY");
        parser_order_list(parser, &expr->over->order);
    }
    expr->over->frame = window_frame(parser);
    parser_expect_operator(parser, ")");
}

static struct expr *call(struct parser *parser)
{
    struct expr *expr = parser_new_expr(parser, EXPR_CALL);

    expr->text = parser_next(parser)->text;
    parser_expect_operator(parser, "(");
    if (parser_accept_word(parser, "DISTINCT"))
        expr->distinct = true;
    else
        parser_accept_word(parser, "ALL");
    if (parser_is_operator(parser, 0, "*")) {
        parser_add_arg(parser, expr, parser_new_expr(parser, EXPR_STAR));
        parser_next(parser);
    } else if (!parser_is_operator(parser, 0, ")")) {
        do
            parser_add_arg(parser, expr, parser_expression(parser));
        while (parser_accept_operator(parser, ","));
    }
    parser_expect_operator(parser, ")");
    over_clause(parser, expr);
    return expr;
}

static struct expr *column_reference(struct parser *parser)
{
    struct expr *expr = parser_new_expr(parser, EXPR_COLUMN);
    const char *parts[4];
    size_t count = 0;

    do {
        if (count == 4) {
            parser_syntax_error(parser);
            return expr;
        }
        if (count > 0 && parser_is_operator(parser, 0, "."))
            parts[count++] = NULL;
        else if (parser_is_operator(parser, 0, "*")) /* x.* outside a select list */
            parser_syntax_error(parser);
        else
            parts[count++] = parser_identifier(parser);
    } while (!parser_failed(parser) && parser_accept_operator(parser, "."));
    for (size_t i = 0; i < count; i++)
        expr->parts[4 - count + i] = parts[i];
    return expr;
}

static bool is_niladic(const struct parser *parser)
{
    static const char *const names[] = {"CURRENT_TIMESTAMP", "CURRENT_USER", "SESSION_USER",
                                        "SYSTEM_USER", "USER"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (parser_is_word(parser, 0, names[i]) && !parser_is_operator(parser, 1, "("))
            return true;
    return false;
}

/* Words that are reserved but name functions. */
static bool is_reserved_function(const struct parser *parser)
{
    return parser_is_word(parser, 0, "LEFT") || parser_is_word(parser, 0, "RIGHT") ||
           parser_is_word(parser, 0, "COALESCE") || parser_is_word(parser, 0, "NULLIF");
}

static struct expr *word_expression(struct parser *parser)
{
    struct expr *expr;

    if (parser_is_word(parser, 0, "NULL")) {
        expr = parser_new_expr(parser, EXPR_NULL);
        parser_next(parser);
        return expr;
    }
    if (parser_is_word(parser, 0, "CASE"))
        return case_expression(parser);
    if (is_niladic(parser)) {
        expr = parser_new_expr(parser, EXPR_CALL);
        expr->text = parser_next(parser)->text;
        return expr;
    }
    if (parser_is_operator(parser, 1, "(")) {
        if (parser_is_word(parser, 0, "CAST") || parser_is_word(parser, 0, "TRY_CAST"))
            return cast_call(parser, parser_is_word(parser, 0, "TRY_CAST"));
        if (parser_is_word(parser, 0, "CONVERT") || parser_is_word(parser, 0, "TRY_CONVERT"))
            return convert_call(parser, parser_is_word(parser, 0, "TRY_CONVERT"));
        if (parser_is_word(parser, 0, "IIF"))
            return iif_call(parser);
        if (parser_is_identifier(parser, 0) || is_reserved_function(parser))
            return call(parser);
    }
    return column_reference(parser);
}

static struct expr *parenthesised(struct parser *parser)
{
    struct expr *expr;

    if (parser_is_word(parser, 1, "SELECT") || parser_is_word(parser, 1, "WITH")) {
        expr = parser_new_expr(parser, EXPR_SUBQUERY);
        parser_next(parser);
        expr->select = parser_select(parser);
    } else {
        parser_next(parser);
        expr = parser_predicate(parser); /* the caller knows whether it may be one */
    }
    parser_expect_operator(parser, ")");
    return expr;
}

static struct expr *primary(struct parser *parser)
{
    const struct token *token = parser_peek(parser, 0);

    switch (token->kind) {
    case TOKEN_STRING:
        return string_literal(parser);
    case TOKEN_INTEGER:
        return integer_literal(parser);
    case TOKEN_DECIMAL:
        return literal(parser, EXPR_NUMERIC);
    case TOKEN_FLOAT:
        return literal(parser, EXPR_FLOAT);
    case TOKEN_BINARY:
        return literal(parser, EXPR_BYTES);
    case TOKEN_GLOBAL:
        return literal(parser, EXPR_GLOBAL);
    case TOKEN_VARIABLE: {
        struct expr *expr = parser_new_expr(parser, EXPR_VARIABLE);

        expr->text = parser_variable(parser);
        return expr;
    }
    case TOKEN_NAME:
    case TOKEN_WORD:
        return word_expression(parser);
    case TOKEN_OPERATOR:
        if (parser_is_operator(parser, 0, "("))
            return parenthesised(parser);
        break;
    case TOKEN_END:
        break;
    }
    parser_syntax_error(parser);
    return parser_new_expr(parser, EXPR_NULL);
}

static struct expr *postfix(struct parser *parser)
{
    struct expr *expr = primary(parser);
    int depth = parser->depth;

    for (;; parser_deepen(parser, DEPTH_MOST)) {
        struct expr *outer;

        if (parser_accept_word(parser, "COLLATE")) {
            outer = parser_new_expr(parser, EXPR_COLLATE);
            outer->text = parser_identifier(parser);
        } else if (parser_is_word(parser, 0, "AT") && parser_is_word(parser, 1, "TIME")) {
            parser_syntax_error(parser);
            return expr;
        } else {
            parser->depth = depth;
            return expr;
        }
        parser_add_arg(parser, outer, expr);
        expr = outer;
    }
}

/* --- operators ------------------------------------------------------------------------------ */

static struct expr *unary(struct parser *parser)
{
    struct expr *expr;
    enum operator_kind op;

    while (parser_accept_operator(parser, "+"))
        ;
    if (parser_is_operator(parser, 0, "-"))
        op = OP_NEGATE;
    else if (parser_is_operator(parser, 0, "~"))
        op = OP_BIT_NOT;
    else
        return postfix(parser);
    expr = parser_new_expr(parser, EXPR_ARITHMETIC);
    expr->op = op;
    parser_next(parser);
    parser_deepen(parser, DEPTH_MOST);
    parser_add_arg(parser, expr, unary(parser));
    parser->depth--;
    return expr;
}

bool parser_accept_one_of(struct parser *parser, const struct operator_name *names, size_t count,
                          enum operator_kind *op)
{
    for (size_t i = 0; i < count; i++)
        if (parser_accept_operator(parser, names[i].text)) {
            *op = names[i].op;
            return true;
        }
    return false;
}

static struct expr *product(struct parser *parser)
{
    static const struct operator_name names[] = {
        {"*", OP_MULTIPLY}, {"/", OP_DIVIDE}, {"%", OP_MODULO}};
    struct expr *left = unary(parser);
    int depth = parser->depth;
    enum operator_kind op;

    while (parser_accept_one_of(parser, names, 3, &op)) {
        parser_deepen(parser, DEPTH_MOST);
        left = parser_binary(parser, EXPR_ARITHMETIC, op, left, unary(parser));
    }
    parser->depth = depth;
    return left;
}

struct expr *parser_expression(struct parser *parser)
{
    static const struct operator_name names[] = {
        {"+", OP_ADD}, {"-", OP_SUBTRACT}, {"&", OP_BIT_AND}, {"|", OP_BIT_OR}, {"^", OP_BIT_XOR}};
    struct expr *left;
    int depth = parser->depth;
    enum operator_kind op;

    parser_deepen(parser, DEPTH_MOST);
    left = product(parser);
    while (parser_accept_one_of(parser, names, 5, &op)) {
        parser_deepen(parser, DEPTH_MOST);
        left = parser_binary(parser, EXPR_ARITHMETIC, op, left, product(parser));
    }
    parser->depth = depth;
    return left;
}
