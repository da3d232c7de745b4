/* SELECT: lists, sources, joins, CTEs, set operations. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tests/lab/sql/parse.h"

/* --- sources -------------------------------------------------------------------------------- */

/* WITH (NOLOCK, INDEX(1), ...) and the old form (NOLOCK). Hints change nothing in the lab. */
static void table_hints(struct parser *parser)
{
    bool with = parser_is_word(parser, 0, "WITH") && parser_is_operator(parser, 1, "(");

    if (with)
        parser_next(parser);
    else if (!(parser_is_operator(parser, 0, "(") &&
               (parser_is_word(parser, 1, "NOLOCK") || parser_is_word(parser, 1, "READPAST") ||
                parser_is_word(parser, 1, "HOLDLOCK") || parser_is_word(parser, 1, "UPDLOCK"))))
        return;
    parser_expect_operator(parser, "(");
    while (!parser_failed(parser) && !parser_is_operator(parser, 0, ")")) {
        if (parser_peek(parser, 0)->kind != TOKEN_WORD) {
            parser_syntax_error(parser);
            return;
        }
        parser_next(parser);
        if (parser_accept_operator(parser, "(")) {
            while (!parser_failed(parser) && !parser_accept_operator(parser, ")"))
                if (parser_next(parser)->kind == TOKEN_END)
                    parser_syntax_error(parser);
        }
        parser_accept_operator(parser, ",");
    }
    parser_expect_operator(parser, ")");
}

static void source_alias(struct parser *parser, struct source *source)
{
    if (parser_accept_word(parser, "AS") || parser_is_identifier(parser, 0))
        source->alias = parser_identifier(parser);
    if (source->alias == NULL || source->kind != SOURCE_DERIVED)
        return;
    if (parser_accept_operator(parser, "(")) {
        do
            *arena_append(parser->arena, &source->column_names, items) = parser_identifier(parser);
        while (parser_accept_operator(parser, ","));
        parser_expect_operator(parser, ")");
    }
}

static struct source *new_source(struct parser *parser, enum source_kind kind)
{
    struct source *source = arena_new(parser->arena, sizeof *source);

    source->kind = kind;
    source->line = parser_peek(parser, 0)->line;
    return source;
}

struct source *parser_table(struct parser *parser)
{
    struct source *source = new_source(parser, SOURCE_NAME);

    if (parser_peek(parser, 0)->kind == TOKEN_VARIABLE) {
        source->name.line = source->line;
        source->name.name = parser_variable(parser);
    } else {
        source->name = parser_object_name(parser);
    }
    table_hints(parser);
    source_alias(parser, source);
    table_hints(parser);
    return source;
}

static struct source *joined(struct parser *parser);

static struct source *simple_source(struct parser *parser)
{
    struct source *source;

    if (!parser_is_operator(parser, 0, "("))
        return parser_table(parser);
    if (parser_at_select(parser)) {
        source = new_source(parser, SOURCE_DERIVED);
        parser_next(parser);
        source->select = parser_select(parser);
        parser_expect_operator(parser, ")");
        source_alias(parser, source);
        if (source->alias == NULL)
            parser_syntax_error(parser);
        return source;
    }
    parser_next(parser);
    parser_deepen(parser, DEPTH_MOST);
    source = joined(parser);
    parser->depth--;
    parser_expect_operator(parser, ")");
    return source;
}

static bool join_word(struct parser *parser, enum join_kind *kind)
{
    if (parser_accept_word(parser, "CROSS")) {
        *kind = JOIN_CROSS;
        parser_expect_word(parser, "JOIN");
        return true;
    }
    if (parser_is_word(parser, 0, "LEFT") || parser_is_word(parser, 0, "RIGHT") ||
        parser_is_word(parser, 0, "FULL")) {
        *kind = parser_is_word(parser, 0, "LEFT")    ? JOIN_LEFT
                : parser_is_word(parser, 0, "RIGHT") ? JOIN_RIGHT
                                                     : JOIN_FULL;
        parser_next(parser);
        parser_accept_word(parser, "OUTER");
    } else {
        *kind = JOIN_INNER;
        if (!parser_accept_word(parser, "INNER") && !parser_is_word(parser, 0, "JOIN"))
            return false;
    }
    for (const char *const *hint = (const char *const[]){"LOOP", "HASH", "MERGE", NULL};
         *hint != NULL; hint++)
        parser_accept_word(parser, *hint);
    parser_expect_word(parser, "JOIN");
    return true;
}

static struct source *joined(struct parser *parser)
{
    struct source *left = simple_source(parser);
    int depth = parser->depth;
    enum join_kind kind;

    while (!parser_failed(parser) && join_word(parser, &kind)) {
        struct source *join = new_source(parser, SOURCE_JOIN);
        bool on =
            kind == JOIN_INNER || kind == JOIN_LEFT || kind == JOIN_RIGHT || kind == JOIN_FULL;

        parser_deepen(parser, DEPTH_MOST);
        join->join = kind;
        join->left = left;
        join->right = simple_source(parser);
        /* a JOIN b JOIN c ON ... ON ...: the inner join takes the first ON */
        while (on && !parser_is_word(parser, 0, "ON") && !parser_failed(parser)) {
            struct source *inner = new_source(parser, SOURCE_JOIN);
            enum join_kind inner_kind;

            if (!join_word(parser, &inner_kind)) {
                parser_syntax_error(parser);
                break;
            }
            parser_deepen(parser, DEPTH_MOST);
            inner->join = inner_kind;
            inner->left = join->right;
            inner->right = simple_source(parser);
            if (inner_kind != JOIN_CROSS) {
                parser_expect_word(parser, "ON");
                inner->on = parser_condition(parser);
            }
            join->right = inner;
        }
        if (on) {
            parser_expect_word(parser, "ON");
            join->on = parser_condition(parser);
        }
        left = join;
    }
    parser->depth = depth;
    return left;
}

struct source *parser_from(struct parser *parser)
{
    struct source *left = joined(parser);
    int depth = parser->depth;

    while (parser_accept_operator(parser, ",")) {
        struct source *join = new_source(parser, SOURCE_JOIN);

        parser_deepen(parser, DEPTH_MOST);
        join->join = JOIN_CROSS;
        join->left = left;
        join->right = joined(parser);
        left = join;
    }
    parser->depth = depth;
    return left;
}

/* --- the select list ------------------------------------------------------------------------ */

struct expr *parser_top(struct parser *parser)
{
    struct expr *top;

    if (!parser_accept_word(parser, "TOP"))
        return NULL;
    if (parser_accept_operator(parser, "(")) {
        top = parser_expression(parser);
        parser_expect_operator(parser, ")");
    } else if (parser_peek(parser, 0)->kind == TOKEN_INTEGER) {
        top = parser_new_expr(parser, EXPR_INTEGER);
        top->text = parser_next(parser)->text;
        top->integer = strtoll(top->text, NULL, 10);
    } else {
        parser_syntax_error(parser);
        return NULL;
    }
    return top;
}

/* Where the next token is a star, or names that end in one: x.*; moves behind it. */
static bool accept_star(struct parser *parser, const char **qualifier)
{
    *qualifier = NULL;
    if (parser_accept_operator(parser, "*"))
        return true;
    for (size_t ahead = 0;
         parser_is_identifier(parser, ahead) && parser_is_operator(parser, ahead + 1, ".");
         ahead += 2)
        if (parser_is_operator(parser, ahead + 2, "*")) {
            *qualifier = parser_peek(parser, ahead)->text;
            parser->at += ahead + 3;
            return true;
        }
    return false;
}

static bool is_alias(const struct parser *parser)
{
    return parser_is_identifier(parser, 0) || parser_peek(parser, 0)->kind == TOKEN_STRING;
}

static const char *alias(struct parser *parser)
{
    return parser_peek(parser, 0)->kind == TOKEN_STRING ? parser_next(parser)->text
                                                        : parser_identifier(parser);
}

static void select_item(struct parser *parser, struct select_item *item)
{
    item->line = parser_peek(parser, 0)->line;
    if (accept_star(parser, &item->star_qualifier))
        return;
    if (parser_peek(parser, 0)->kind == TOKEN_VARIABLE && parser_is_operator(parser, 1, "=")) {
        item->variable = parser_variable(parser);
        parser_next(parser);
        item->expr = parser_expression(parser);
        return;
    }
    if (is_alias(parser) && parser_is_operator(parser, 1, "=")) {
        item->alias = alias(parser);
        parser_next(parser);
        item->expr = parser_expression(parser);
        return;
    }
    item->expr = parser_expression(parser);
    if (parser_accept_word(parser, "AS")) {
        if (!is_alias(parser))
            parser_syntax_error(parser);
        item->alias = alias(parser);
    } else if (is_alias(parser)) {
        item->alias = alias(parser);
    }
}

void parser_select_items(struct parser *parser, struct select_item_list *list)
{
    do {
        struct select_item item = {0};

        select_item(parser, &item);
        *arena_append(parser->arena, list, items) = item;
    } while (!parser_failed(parser) && parser_accept_operator(parser, ","));
}

/* --- queries -------------------------------------------------------------------------------- */

static struct select *query_expression(struct parser *parser);

static struct select *new_select(struct parser *parser, enum select_kind kind)
{
    struct select *select = arena_new(parser->arena, sizeof *select);

    select->kind = kind;
    select->line = parser_peek(parser, 0)->line;
    return select;
}

void parser_values(struct parser *parser, struct select *select)
{
    select->kind = SELECT_VALUES;
    do {
        struct expr_list row = {0};

        parser_expect_operator(parser, "(");
        do {
            if (parser_accept_word(parser, "DEFAULT"))
                *arena_append(parser->arena, &row, items) = NULL;
            else
                *arena_append(parser->arena, &row, items) = parser_expression(parser);
        } while (!parser_failed(parser) && parser_accept_operator(parser, ","));
        parser_expect_operator(parser, ")");
        *arena_append(parser->arena, &select->rows, items) = row;
    } while (!parser_failed(parser) && parser_accept_operator(parser, ","));
}

static struct select *query_specification(struct parser *parser)
{
    struct select *select = new_select(parser, SELECT_QUERY);

    if (parser_accept_word(parser, "VALUES")) {
        parser_values(parser, select);
        return select;
    }
    if (parser_accept_operator(parser, "(")) {
        parser_deepen(parser, DEPTH_MOST);
        select = query_expression(parser);
        parser->depth--;
        parser_expect_operator(parser, ")");
        return select;
    }
    parser_expect_word(parser, "SELECT");
    if (parser_accept_word(parser, "DISTINCT"))
        select->distinct = true;
    else
        parser_accept_word(parser, "ALL");
    select->top = parser_top(parser);
    parser_select_items(parser, &select->list);
    if (parser_accept_word(parser, "INTO"))
        select->into = parser_object_name(parser);
    if (parser_accept_word(parser, "FROM"))
        select->from = parser_from(parser);
    if (parser_accept_word(parser, "WHERE"))
        select->where = parser_condition(parser);
    if (parser_is_word(parser, 0, "GROUP")) {
        parser_next(parser);
        parser_expect_word(parser, "BY");
        do
            *arena_append(parser->arena, &select->group_by, items) = parser_expression(parser);
        while (!parser_failed(parser) && parser_accept_operator(parser, ","));
    }
    if (parser_accept_word(parser, "HAVING"))
        select->having = parser_condition(parser);
    return select;
}

static struct select *set_operation(struct parser *parser, enum select_kind kind,
                                    struct select *left, struct select *right)
{
    struct select *select = new_select(parser, kind);

    select->line = left->line;
    select->left = left;
    select->right = right;
    return select;
}

static struct select *intersection(struct parser *parser)
{
    struct select *left = query_specification(parser);
    int depth = parser->depth;

    while (parser_accept_word(parser, "INTERSECT")) {
        parser_deepen(parser, DEPTH_MOST);
        left = set_operation(parser, SELECT_INTERSECT, left, query_specification(parser));
    }
    parser->depth = depth;
    return left;
}

static struct select *query_expression(struct parser *parser)
{
    struct select *left = intersection(parser);
    int depth = parser->depth;

    while (!parser_failed(parser)) {
        enum select_kind kind;

        if (parser_accept_word(parser, "UNION"))
            kind = parser_accept_word(parser, "ALL") ? SELECT_UNION_ALL : SELECT_UNION;
        else if (parser_accept_word(parser, "EXCEPT"))
            kind = SELECT_EXCEPT;
        else
            break;
        parser_deepen(parser, DEPTH_MOST);
        left = set_operation(parser, kind, left, intersection(parser));
    }
    parser->depth = depth;
    return left;
}

void parser_ctes(struct parser *parser, struct cte_list *list)
{
    if (!parser_accept_word(parser, "WITH"))
        return;
    do {
        struct cte *cte = arena_append(parser->arena, list, items);
        struct cte made = {.name = parser_identifier(parser)};

        if (parser_accept_operator(parser, "(")) {
            do
                *arena_append(parser->arena, &made.column_names, items) = parser_identifier(parser);
            while (parser_accept_operator(parser, ","));
            parser_expect_operator(parser, ")");
        }
        parser_expect_word(parser, "AS");
        parser_expect_operator(parser, "(");
        made.select = parser_select(parser);
        parser_expect_operator(parser, ")");
        *cte = made;
    } while (!parser_failed(parser) && parser_accept_operator(parser, ","));
}

struct select *parser_select(struct parser *parser)
{
    struct cte_list ctes = {0};
    struct select *select;

    parser_deepen(parser, DEPTH_MOST_QUERIES);
    parser_ctes(parser, &ctes);
    select = query_expression(parser);
    select->ctes = ctes;
    if (parser_is_word(parser, 0, "ORDER")) {
        parser_next(parser);
        parser_expect_word(parser, "BY");
        parser_order_list(parser, &select->order_by);
        if (parser_accept_word(parser, "OFFSET")) {
            select->offset = parser_expression(parser);
            if (!parser_accept_word(parser, "ROWS"))
                parser_expect_word(parser, "ROW");
            if (parser_accept_word(parser, "FETCH")) {
                if (!parser_accept_word(parser, "NEXT"))
                    parser_expect_word(parser, "FIRST");
                select->fetch = parser_expression(parser);
                if (!parser_accept_word(parser, "ROWS"))
                    parser_expect_word(parser, "ROW");
                parser_expect_word(parser, "ONLY");
            }
        }
    }
    parser->depth--;
    return select;
}

bool parser_at_select(const struct parser *parser)
{
    size_t ahead = 0;

    while (parser_is_operator(parser, ahead, "("))
        ahead++;
    return parser_is_word(parser, ahead, "SELECT") || parser_is_word(parser, ahead, "VALUES") ||
           (parser_is_word(parser, ahead, "WITH") && parser_is_identifier(parser, ahead + 1));
}

void parser_options(struct parser *parser)
{
    if (!(parser_is_word(parser, 0, "OPTION") && parser_is_operator(parser, 1, "(")))
        return;
    while (!parser_failed(parser) && !parser_accept_operator(parser, ")"))
        if (parser_next(parser)->kind == TOKEN_END)
            parser_syntax_error(parser);
}
