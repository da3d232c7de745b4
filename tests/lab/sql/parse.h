/* Parser: tokens to the tree of ast.h. The whole batch is parsed before anything runs; the first
 * error ends it. It knows no table and no session.
 */
#ifndef STOPMARK_LAB_SQL_PARSE_H
#define STOPMARK_LAB_SQL_PARSE_H

#include <stdbool.h>
#include <stddef.h>

#include "tests/lab/sql/ast.h"
#include "tests/lab/sql/lexer.h"

struct parse_error {
    int number; /* 0 = none */
    int severity, state, line;
    char text[512];
};

/* Parses text into *batch, whose variables hold what is declared outside (parameters of
 * sp_executesql) at the call. False fills *error. */
bool parse_batch(struct batch *batch, struct arena *arena, const char *text,
                 struct parse_error *error);

/* Parses one SELECT (a view's text). NULL fills *error. */
struct select *parse_view(struct arena *arena, const char *text, struct parse_error *error);

/* Parses "@a int, @b nvarchar(10) OUTPUT" as sp_executesql's second parameter has it. The value
 * of a declaration is its default. outputs (capacity entries) tells which are OUTPUT. */
bool parse_parameters(struct declaration_list *list, bool *outputs, size_t capacity,
                      struct arena *arena, const char *text, struct parse_error *error);

/* Parses a search condition or an expression list ("a, b DESC") for engine_scan. */
struct expr *parse_scalar(struct arena *arena, const char *text, struct parse_error *error);
struct expr *parse_condition(struct arena *arena, const char *text, struct parse_error *error);
bool parse_order(struct order_list *list, struct arena *arena, const char *text,
                 struct parse_error *error);

/* --- for the parser's own files ------------------------------------------------------------- */

struct parser {
    struct token_list tokens;
    size_t at;
    struct arena *arena;
    struct batch *batch; /* where declarations go; NULL = variables are not checked */
    struct parse_error *error;
    int depth; /* of the tree that is being made: parser_deepen */
};

const struct token *parser_peek(const struct parser *parser, size_t ahead);
const struct token *parser_next(struct parser *parser);
bool parser_failed(const struct parser *parser);

/* Error 102 or 156 at the next token. Everything returns at once afterwards: the parser is at its
 * end. */
void parser_syntax_error(struct parser *parser);
void parser_fail(struct parser *parser, int number, int severity, int state, int line,
                 const char *format, ...) __attribute__((format(printf, 6, 7)));

/* Levels of a tree that binding, emitting and SQLite go down by recursion; of real servers' stack
 * about 3400 such levels were told (8631). Of queries and statements there are fewer, their frames
 * being larger. */
enum { DEPTH_MOST = 400, DEPTH_MOST_QUERIES = 200, DEPTH_MOST_STATEMENTS = 100 };

/* One level deeper, brackets or not: each link of 1+1+1 is one. Error 191 beyond the most. The
 * caller sets parser->depth back. */
void parser_deepen(struct parser *parser, int most);

bool parser_is_word(const struct parser *parser, size_t ahead, const char *word);
bool parser_is_operator(const struct parser *parser, size_t ahead, const char *text);
bool parser_accept_word(struct parser *parser, const char *word);
bool parser_accept_operator(struct parser *parser, const char *text);
void parser_expect_word(struct parser *parser, const char *word);
void parser_expect_operator(struct parser *parser, const char *text);

/* Reserved words cannot be names or aliases without brackets. */
bool parser_is_reserved(const char *word);

/* True if the next token can be an identifier. */
bool parser_is_identifier(const struct parser *parser, size_t ahead);
const char *parser_identifier(struct parser *parser);
struct object_name parser_object_name(struct parser *parser);
struct sql_type parser_type(struct parser *parser);

/* A variable's use: error 137 if it was not declared. */
const char *parser_variable(struct parser *parser);
void parser_declare(struct parser *parser, const struct declaration *declaration);

struct expr *parser_new_expr(struct parser *parser, enum expr_kind kind);
struct expr *parser_binary(struct parser *parser, enum expr_kind kind, enum operator_kind op,
                           struct expr *left, struct expr *right);

struct operator_name {
    const char *text;
    enum operator_kind op;
};

/* Takes the next token if it is one of the operators. */
bool parser_accept_one_of(struct parser *parser, const struct operator_name *names, size_t count,
                          enum operator_kind *op);
void parser_add_arg(struct parser *parser, struct expr *expr, struct expr *arg);
struct expr *parser_expression(struct parser *parser); /* scalar */
struct expr *parser_predicate(struct parser *parser);  /* either, as it turns out */
struct expr *parser_condition(struct parser *parser);  /* a search condition, else error 4145 */
void parser_order_list(struct parser *parser, struct order_list *list);

struct select *parser_select(struct parser *parser); /* with its ORDER BY */
bool parser_at_select(const struct parser *parser);  /* SELECT, WITH or VALUES, also in parens */
void parser_ctes(struct parser *parser, struct cte_list *list);
struct source *parser_from(struct parser *parser);
struct source *parser_table(struct parser *parser); /* a name with alias and hints */
struct expr *parser_top(struct parser *parser);
void parser_values(struct parser *parser, struct select *select);
void parser_select_items(struct parser *parser, struct select_item_list *list);
void parser_options(struct parser *parser); /* OPTION (...) */

struct statement *parser_statement(struct parser *parser);
struct statement *parser_new_statement(struct parser *parser, enum statement_kind kind);
void parser_column_definitions(struct parser *parser, struct column_definition_list *list);
struct statement *parser_execute(struct parser *parser);
struct statement *parser_declare_statement(struct parser *parser);
struct statement *parser_set_statement(struct parser *parser);
struct statement *parser_data_statement(struct parser *parser); /* INSERT, UPDATE, ...; NULL = no */
struct statement *parser_admin_statement(struct parser *parser);    /* RESTORE, ...; NULL = no */
struct statement *parser_security_statement(struct parser *parser); /* GRANT, ...; NULL = no */
struct statement *parser_flow_statement(struct parser *parser);     /* IF, WHILE, ...; NULL = no */

#endif
