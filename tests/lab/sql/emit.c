#include "tests/lab/sql/emit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tests/lab/estate.h"
#include "tests/lab/sql/cell.h"
#include "tests/lab/sql/decimal.h"
#include "tests/lab/sql/functions.h"
#include "tests/lab/sql/type.h"

void emit_text(struct str *out, const char *text, size_t length)
{
    str_add_char(out, '\'');
    for (size_t i = 0; i < length && text[i] != '\0'; i++) {
        if (text[i] == '\'')
            str_add_char(out, '\'');
        str_add_char(out, text[i]);
    }
    str_add_char(out, '\'');
}

static void emit_bytes(struct str *out, const char *bytes, size_t length)
{
    str_add(out, "x'");
    for (size_t i = 0; i < length; i++)
        str_format(out, "%02x", (unsigned char)bytes[i]);
    str_add(out, "'");
}

static void emit_numeric(struct str *out, const struct expr *expr)
{
    struct decimal value;
    char text[DECIMAL_TEXT_SIZE];

    if (!decimal_parse(&value, expr->text))
        value = (struct decimal){0};
    decimal_rescale(&value, expr->type.scale, false);
    decimal_format(text, &value);
    str_format(out, "'%s'", text);
}

static void emit_float(struct str *out, const char *text)
{
    char number[64];

    snprintf(number, sizeof number, "%.17g", strtod(text, NULL));
    str_add(out, number);
    if (strpbrk(number, ".en") == NULL)
        str_add(out, ".0");
}

/* --- operators ------------------------------------------------------------------------------ */

static char operator_letter(enum operator_kind op)
{
    static const char letters[] = {
        [OP_ADD] = '+',    [OP_SUBTRACT] = '-', [OP_MULTIPLY] = '*', [OP_DIVIDE] = '/',
        [OP_MODULO] = '%', [OP_BIT_AND] = '&',  [OP_BIT_OR] = '|',   [OP_BIT_XOR] = '^',
        [OP_NEGATE] = '-', [OP_BIT_NOT] = '~'};

    return letters[op];
}

static const char *comparison_text(enum operator_kind op)
{
    switch (op) {
    case OP_EQUAL:
        return "=";
    case OP_NOT_EQUAL:
        return "<>";
    case OP_LESS:
        return "<";
    case OP_LESS_EQUAL:
        return "<=";
    case OP_GREATER:
        return ">";
    default:
        return ">=";
    }
}

static void emit_arithmetic(struct run *run, struct str *out, const struct expr *expr)
{
    bool unary = expr->args.items_count == 1;

    if (expr->op == OP_BIT_NOT) {
        str_add(out, "(~");
        emit_expression(run, out, expr->args.items[0]);
        str_add(out, ")");
        return;
    }
    if (!unary && (type_is_string(expr->type.kind) || type_is_bytes(expr->type.kind))) {
        str_add(out, type_is_bytes(expr->type.kind) ? "CAST(" : "(");
        emit_expression(run, out, expr->args.items[0]);
        str_add(out, "||");
        emit_expression(run, out, expr->args.items[1]);
        str_add(out, type_is_bytes(expr->type.kind) ? " AS BLOB)" : ")");
        return;
    }
    str_format(out, "ts_math('%c',%lld,", operator_letter(expr->op),
               (long long)type_pack(&expr->type));
    if (unary)
        str_add(out, expr->type.kind == SQL_NUMERIC ? "'0'" : "0");
    else
        emit_expression(run, out, expr->args.items[0]);
    str_add(out, ",");
    emit_expression(run, out, expr->args.items[unary ? 0 : 1]);
    str_add(out, ")");
}

void emit_collation(struct str *out, const struct sql_type *type)
{
    const char *collation = cell_collation(type);

    if (collation != NULL)
        str_format(out, " COLLATE %s", collation);
}

void emit_list(struct run *run, struct str *out, const struct expr_list *list, size_t from)
{
    for (size_t i = from; i < list->items_count; i++) {
        if (i > from)
            str_add(out, ",");
        emit_expression(run, out, list->items[i]);
    }
}

/* a AND b AND c without brackets: SQLite's parser has a hundred places for what is not closed. */
static void emit_chain(struct run *run, struct str *out, const struct expr *expr)
{
    const struct expr *left = expr->args.items[0];

    if (left->kind == EXPR_LOGIC && left->op == expr->op)
        emit_chain(run, out, left);
    else
        emit_expression(run, out, left);
    str_add(out, expr->op == OP_AND ? " AND " : " OR ");
    emit_expression(run, out, expr->args.items[1]);
}

static void emit_logic(struct run *run, struct str *out, const struct expr *expr)
{
    if (expr->op == OP_NOT) {
        str_add(out, "(NOT ");
        emit_expression(run, out, expr->args.items[0]);
    } else {
        str_add(out, "(");
        emit_chain(run, out, expr);
    }
    str_add(out, ")");
}

static void emit_compare(struct run *run, struct str *out, const struct expr *expr)
{
    str_add(out, "(");
    emit_expression(run, out, expr->args.items[0]);
    str_add(out, comparison_text(expr->op));
    emit_expression(run, out, expr->args.items[1]);
    emit_collation(out, &expr->type);
    str_add(out, ")");
}

static void emit_between(struct run *run, struct str *out, const struct expr *expr)
{
    str_add(out, "(");
    emit_expression(run, out, expr->args.items[0]);
    emit_collation(out, &expr->type);
    str_add(out, expr->negated ? " NOT BETWEEN " : " BETWEEN ");
    emit_expression(run, out, expr->args.items[1]);
    str_add(out, " AND ");
    emit_expression(run, out, expr->args.items[2]);
    str_add(out, ")");
}

static void emit_in(struct run *run, struct str *out, const struct expr *expr, bool negated)
{
    str_add(out, "(");
    emit_expression(run, out, expr->args.items[0]);
    emit_collation(out, &expr->type);
    str_add(out, negated ? " NOT IN (" : " IN (");
    if (expr->select != NULL)
        emit_select(run, out, expr->select);
    else
        emit_list(run, out, &expr->args, 1);
    str_add(out, "))");
}

/* x op ALL (q) is: no row of q without x op row. x op ANY (q): one with. */
static void emit_quantified(struct run *run, struct str *out, const struct expr *expr)
{
    if ((expr->op == OP_EQUAL && !expr->all) || (expr->op == OP_NOT_EQUAL && expr->all)) {
        emit_in(run, out, expr, expr->all);
        return;
    }
    str_add(out, expr->all ? "(NOT EXISTS(SELECT 1 FROM (" : "(EXISTS(SELECT 1 FROM (");
    emit_select(run, out, expr->select);
    str_add(out, expr->all ? ") AS q WHERE NOT (" : ") AS q WHERE (");
    emit_expression(run, out, expr->args.items[0]);
    str_format(out, "%sq.c0", comparison_text(expr->op));
    emit_collation(out, &expr->type);
    str_add(out, ")))");
}

static void emit_like(struct run *run, struct str *out, const struct expr *expr)
{
    str_add(out, expr->negated ? "(NOT ts_like(" : "ts_like(");
    emit_expression(run, out, expr->args.items[0]);
    str_add(out, ",");
    emit_expression(run, out, expr->args.items[1]);
    str_add(out, ",");
    if (expr->args.items_count > 2)
        emit_expression(run, out, expr->args.items[2]);
    else
        str_add(out, "NULL");
    str_format(out, ",%d)%s", expr->type.case_sensitive, expr->negated ? ")" : "");
}

static void emit_case(struct run *run, struct str *out, const struct expr *expr)
{
    size_t count = expr->args.items_count;

    str_add(out, "CASE");
    for (size_t i = 0; i + 1 < count; i += 2) {
        str_add(out, " WHEN ");
        emit_expression(run, out, expr->args.items[i]);
        str_add(out, " THEN ");
        emit_expression(run, out, expr->args.items[i + 1]);
    }
    if (expr->has_else) {
        str_add(out, " ELSE ");
        emit_expression(run, out, expr->args.items[count - 1]);
    }
    str_add(out, " END");
}

static void emit_convert(struct run *run, struct str *out, const struct expr *expr)
{
    const struct expr *inner = expr->args.items[0];

    if (inner->kind == EXPR_NULL) {
        str_add(out, "NULL");
        return;
    }
    str_add(out, "ts_cast(");
    emit_expression(run, out, inner);
    str_format(out, ",%lld,%lld,", (long long)type_pack(&expr->from_type),
               (long long)type_pack(&expr->type));
    if (expr->args.items_count > 1)
        emit_expression(run, out, expr->args.items[1]);
    else
        str_add(out, "0");
    str_format(out, ",%d)", expr->try_convert);
}

/* --- calls ---------------------------------------------------------------------------------- */

static const char *sum_suffix(enum sql_kind kind)
{
    return kind == SQL_NUMERIC  ? "numeric"
           : kind == SQL_FLOAT  ? "float"
           : kind == SQL_BIGINT ? "bigint"
                                : "int";
}

static void emit_nullif(struct run *run, struct str *out, const struct expr *expr)
{
    str_add(out, "CASE WHEN ");
    emit_expression(run, out, expr->args.items[0]);
    str_add(out, "=");
    emit_expression(run, out, expr->args.items[1]);
    emit_collation(out, &expr->type);
    str_add(out, " THEN NULL ELSE ");
    emit_expression(run, out, expr->args.items[0]);
    str_add(out, " END");
}

static void emit_string_agg(struct run *run, struct str *out, const struct expr *expr)
{
    str_add(out, "ts_string_agg(");
    emit_list(run, out, &expr->args, 0);
    str_add(out, ",");
    if (expr->within.items_count > 0)
        emit_expression(run, out, expr->within.items[0].expr);
    else
        str_add(out, "0");
    str_format(out, ",%d)", expr->within.items_count > 0 && expr->within.items[0].descending);
}

static void emit_over(struct run *run, struct str *out, const struct window *over)
{
    str_add(out, " OVER (");
    for (size_t i = 0; i < over->partition.items_count; i++) {
        str_add(out, i == 0 ? "PARTITION BY " : ",");
        emit_expression(run, out, over->partition.items[i]);
        emit_collation(out, &over->partition.items[i]->type);
    }
    emit_order(run, out, &over->order, NULL);
    if (over->frame != NULL)
        str_format(out, " %s", over->frame);
    str_add(out, ")");
}

static void emit_aggregate(struct run *run, struct str *out, const struct expr *expr)
{
    const char *name = expr->builtin->name;
    const struct expr *arg = expr->args.items[0];

    if (strcmp(name, "STRING_AGG") == 0) {
        emit_string_agg(run, out, expr);
        return;
    }
    if (strcmp(name, "COUNT_BIG") == 0)
        str_add(out, "count(");
    else if ((expr->builtin->flags & FUNCTION_NATIVE) != 0)
        str_format(out, "%s(", name);
    else
        str_format(out, "ts_%s_%s(", *name == 'S' ? "sum" : "avg", sum_suffix(expr->type.kind));
    if (expr->distinct)
        str_add(out, "DISTINCT ");
    if (arg->kind == EXPR_STAR) {
        str_add(out, "*");
    } else {
        emit_expression(run, out, arg);
        emit_collation(out, &arg->type);
    }
    str_add(out, ")");
}

static void emit_call(struct run *run, struct str *out, const struct expr *expr)
{
    const struct builtin *builtin = expr->builtin;
    size_t last = expr->args.items_count == 0 ? 0 : expr->args.items_count - 1;

    if (strcmp(builtin->name, "NULLIF") == 0) {
        emit_nullif(run, out, expr);
        return;
    }
    if ((builtin->flags & FUNCTION_AGGREGATE) != 0) {
        emit_aggregate(run, out, expr);
    } else if ((builtin->flags & FUNCTION_NATIVE) != 0 || builtin->body == NULL) {
        str_format(out, "%s(", strcmp(builtin->name, "ISNULL") == 0 ? "ifnull" : builtin->name);
        emit_list(run, out, &expr->args, 0);
        str_add(out, ")");
    } else {
        str_format(out, "f_%s(", builtin->name);
        if ((builtin->flags & FUNCTION_TYPED) != 0) {
            struct sql_type argument = {0};

            if (expr->args.items_count > 0)
                argument = expr->args.items[(builtin->flags & (FUNCTION_PART | FUNCTION_LAST)) != 0
                                                      ? last
                                                      : 0]->type;
            argument.case_sensitive = expr->type.case_sensitive;
            str_format(out, "%lld,%lld", (long long)type_pack(&argument),
                       (long long)type_pack(&expr->type));
            if (expr->args.items_count > 0)
                str_add(out, ",");
        }
        emit_list(run, out, &expr->args, 0);
        str_add(out, ")");
    }
    if (expr->over != NULL)
        emit_over(run, out, expr->over);
}

/* True if a subquery can give one row only, whatever the data. */
static bool gives_one_row(const struct select *select)
{
    return select->kind == SELECT_QUERY &&
           ((select->aggregates && select->group_by.items_count == 0) ||
            (select->from == NULL && select->kind == SELECT_QUERY) ||
            (select->top != NULL && select->top->kind == EXPR_INTEGER &&
             select->top->integer == 1));
}

static void emit_subquery(struct run *run, struct str *out, const struct expr *expr)
{
    bool one = gives_one_row(expr->select);

    str_add(out, one ? "(" : "(SELECT ts_only(c0) FROM (");
    emit_select(run, out, expr->select);
    str_add(out, one ? ")" : "))");
}

void emit_expression(struct run *run, struct str *out, const struct expr *expr)
{
    switch (expr->kind) {
    case EXPR_NULL:
        str_add(out, "NULL");
        break;
    case EXPR_INTEGER:
    case EXPR_KEYWORD:
        str_format(out, "%lld", (long long)expr->integer);
        break;
    case EXPR_NUMERIC:
        emit_numeric(out, expr);
        break;
    case EXPR_FLOAT:
        emit_float(out, expr->text);
        break;
    case EXPR_STRING:
        emit_text(out, expr->text, expr->text_length);
        break;
    case EXPR_BYTES:
        emit_bytes(out, expr->text, expr->text_length);
        break;
    case EXPR_COLUMN:
        str_format(out, "s%d.c%d", expr->source->id, expr->column);
        break;
    case EXPR_VARIABLE:
        str_format(out, "?%d", expr->variable + 1);
        break;
    case EXPR_GLOBAL:
        emit_global(run, out, expr);
        break;
    case EXPR_ARITHMETIC:
        emit_arithmetic(run, out, expr);
        break;
    case EXPR_CALL:
        emit_call(run, out, expr);
        break;
    case EXPR_CONVERT:
        emit_convert(run, out, expr);
        break;
    case EXPR_CASE:
        emit_case(run, out, expr);
        break;
    case EXPR_SUBQUERY:
        emit_subquery(run, out, expr);
        break;
    case EXPR_COLLATE:
        emit_expression(run, out, expr->args.items[0]);
        break;
    case EXPR_LOGIC:
        emit_logic(run, out, expr);
        break;
    case EXPR_COMPARE:
        emit_compare(run, out, expr);
        break;
    case EXPR_IS_NULL:
        str_add(out, "(");
        emit_expression(run, out, expr->args.items[0]);
        str_add(out, expr->negated ? " IS NOT NULL)" : " IS NULL)");
        break;
    case EXPR_BETWEEN:
        emit_between(run, out, expr);
        break;
    case EXPR_IN:
        emit_in(run, out, expr, expr->negated);
        break;
    case EXPR_LIKE:
        emit_like(run, out, expr);
        break;
    case EXPR_EXISTS:
        str_add(out, "EXISTS(");
        emit_select(run, out, expr->select);
        str_add(out, ")");
        break;
    case EXPR_QUANTIFIED:
        emit_quantified(run, out, expr);
        break;
    case EXPR_STAR:
        str_add(out, "1");
        break;
    }
}
