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

static void emit_text(struct str *out, const char *text, size_t length)
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

/* --- @@globals ------------------------------------------------------------------------------ */

static void emit_version(struct str *out, const struct instance *instance)
{
    struct str text = {0};

    str_format(&text,
               "Microsoft SQL Server %d (RTM) - %d.%d.%d.0 (X64) \n\tDeveloper Edition (64-bit) on "
               "stopmark-lab",
               instance->major_version >= 17   ? 2025
               : instance->major_version == 16 ? 2022
               : instance->major_version == 15 ? 2019
               : instance->major_version == 14 ? 2017
               : instance->major_version == 13 ? 2016
                                               : 2014,
               instance->major_version, instance->minor_version, instance->build);
    emit_text(out, str_text(&text), text.length);
    str_free(&text);
}

static bool is_global(const struct expr *expr, const char *name)
{
    return strcasecmp(expr->text, name) == 0;
}

static void emit_global(struct run *run, struct str *out, const struct expr *expr)
{
    const struct session *session = run->session;
    const struct instance *instance = session->instance;
    long long number = 0;

    if (is_global(expr, "@@SERVERNAME") || is_global(expr, "@@SERVICENAME")) {
        const char *name = is_global(expr, "@@SERVERNAME") ? instance->name : "MSSQLSERVER";

        emit_text(out, name, strlen(name));
        return;
    }
    if (is_global(expr, "@@VERSION")) {
        emit_version(out, instance);
        return;
    }
    if (is_global(expr, "@@LANGUAGE")) {
        str_add(out, "'us_english'");
        return;
    }
    if (is_global(expr, "@@DBTS")) {
        str_add(out, "x'00000000000007d0'");
        return;
    }
    if (is_global(expr, "@@IDENTITY")) {
        if (run->state->has_identity)
            str_format(out, "'%lld'", (long long)run->state->identity);
        else
            str_add(out, "NULL");
        return;
    }
    if (is_global(expr, "@@SPID"))
        number = session->spid;
    else if (is_global(expr, "@@ROWCOUNT"))
        number = run->state->row_count;
    else if (is_global(expr, "@@ERROR"))
        number = run->state->last_error;
    else if (is_global(expr, "@@TRANCOUNT"))
        number = session->transaction_depth;
    else if (is_global(expr, "@@MICROSOFTVERSION"))
        number = (long long)instance->major_version << 24 | (long long)instance->minor_version << 16 |
                 instance->build;
    else if (is_global(expr, "@@NESTLEVEL"))
        number = run->state->nesting;
    else if (is_global(expr, "@@LOCK_TIMEOUT"))
        number = session->lock_timeout_ms;
    else if (is_global(expr, "@@DATEFIRST"))
        number = 7;
    else if (is_global(expr, "@@TEXTSIZE"))
        number = session->text_size > INT32_MAX ? INT32_MAX : session->text_size;
    else if (is_global(expr, "@@MAX_PRECISION"))
        number = 38;
    else if (is_global(expr, "@@FETCH_STATUS"))
        number = -1;
    else if (is_global(expr, "@@MAX_CONNECTIONS"))
        number = 32767;
    else if (is_global(expr, "@@OPTIONS"))
        number = 5432 | (session->xact_abort ? 16384 : 0) | (session->nocount ? 512 : 0);
    str_format(out, "%lld", number);
}

/* --- operators ------------------------------------------------------------------------------ */

static char operator_letter(enum operator_kind op)
{
    static const char letters[] = {[OP_ADD] = '+',     [OP_SUBTRACT] = '-', [OP_MULTIPLY] = '*',
                                   [OP_DIVIDE] = '/',  [OP_MODULO] = '%',   [OP_BIT_AND] = '&',
                                   [OP_BIT_OR] = '|',  [OP_BIT_XOR] = '^',  [OP_NEGATE] = '-',
                                   [OP_BIT_NOT] = '~'};

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

static void emit_list(struct run *run, struct str *out, const struct expr_list *list, size_t from)
{
    for (size_t i = from; i < list->items_count; i++) {
        if (i > from)
            str_add(out, ",");
        emit_expression(run, out, list->items[i]);
    }
}

static void emit_logic(struct run *run, struct str *out, const struct expr *expr)
{
    if (expr->op == OP_NOT) {
        str_add(out, "(NOT ");
        emit_expression(run, out, expr->args.items[0]);
    } else {
        str_add(out, "(");
        emit_expression(run, out, expr->args.items[0]);
        str_add(out, expr->op == OP_AND ? " AND " : " OR ");
        emit_expression(run, out, expr->args.items[1]);
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
    return kind == SQL_NUMERIC ? "numeric" : kind == SQL_FLOAT ? "float"
                                         : kind == SQL_BIGINT  ? "bigint"
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
    str_format(out, ",%d)",
               expr->within.items_count > 0 && expr->within.items[0].descending);
}

static void emit_order(struct run *run, struct str *out, const struct order_list *list,
                       const struct select *select)
{
    for (size_t i = 0; i < list->items_count; i++) {
        const struct order_item *item = &list->items[i];
        const struct sql_type *type = &item->expr->type;

        str_add(out, i == 0 ? " ORDER BY " : ",");
        if (select != NULL && item->ordinal > 0) {
            str_format(out, "%d", item->ordinal);
            type = &select->columns[item->ordinal - 1].type;
        } else {
            emit_expression(run, out, item->expr);
        }
        emit_collation(out, type);
        if (item->descending)
            str_add(out, " DESC");
    }
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
                argument = expr->args.items[(builtin->flags & FUNCTION_PART) != 0 ? last : 0]->type;
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
    case EXPR_TYPE:
    case EXPR_STAR:
        str_add(out, "1");
        break;
    }
}

/* --- queries -------------------------------------------------------------------------------- */

void emit_source(struct run *run, struct str *out, const struct source *source)
{
    static const char *const joins[] = {[JOIN_INNER] = " JOIN ",       [JOIN_LEFT] = " LEFT JOIN ",
                                        [JOIN_RIGHT] = " RIGHT JOIN ", [JOIN_FULL] = " FULL JOIN ",
                                        [JOIN_CROSS] = " JOIN ",       [JOIN_APPLY] = " JOIN ",
                                        [JOIN_OUTER_APPLY] = " LEFT JOIN "};

    switch (source->kind) {
    case SOURCE_STORED:
        str_format(out, "t%d AS s%d", source->table->id, source->id);
        break;
    case SOURCE_VIRTUAL:
    case SOURCE_CTE:
        str_format(out, "%s AS s%d", source->sqlite_name, source->id);
        break;
    case SOURCE_DERIVED:
        str_add(out, "(");
        emit_select(run, out, source->select);
        str_format(out, ") AS s%d", source->id);
        break;
    case SOURCE_JOIN:
        emit_source(run, out, source->left);
        str_add(out, joins[source->join]);
        if (source->right->kind == SOURCE_JOIN)
            str_add(out, "(");
        emit_source(run, out, source->right);
        if (source->right->kind == SOURCE_JOIN)
            str_add(out, ")");
        if (source->on != NULL) {
            str_add(out, " ON ");
            emit_expression(run, out, source->on);
        }
        break;
    case SOURCE_NAME:
        break;
    }
}

static void emit_limit(struct run *run, struct str *out, const struct select *select)
{
    if (select->top != NULL && !select->top_percent) {
        str_add(out, " LIMIT ");
        emit_expression(run, out, select->top);
    } else if (select->offset != NULL) {
        str_add(out, " LIMIT ");
        if (select->fetch != NULL)
            emit_expression(run, out, select->fetch);
        else
            str_add(out, "-1");
        str_add(out, " OFFSET ");
        emit_expression(run, out, select->offset);
    }
}

static void emit_query(struct run *run, struct str *out, const struct select *select, bool collate)
{
    str_add(out, select->distinct ? "SELECT DISTINCT " : "SELECT ");
    for (size_t i = 0; i < select->bound.items_count; i++) {
        const struct expr *expr = select->bound.items[i].expr;

        if (i > 0)
            str_add(out, ",");
        emit_expression(run, out, expr);
        if (collate || select->distinct)
            emit_collation(out, &expr->type);
        str_format(out, " AS c%zu", i);
    }
    if (select->from != NULL) {
        str_add(out, " FROM ");
        emit_source(run, out, select->from);
    }
    if (select->where != NULL) {
        str_add(out, " WHERE ");
        emit_expression(run, out, select->where);
    }
    for (size_t i = 0; i < select->group_by.items_count; i++) {
        str_add(out, i == 0 ? " GROUP BY " : ",");
        emit_expression(run, out, select->group_by.items[i]);
        emit_collation(out, &select->group_by.items[i]->type);
    }
    if (select->having != NULL) {
        str_add(out, " HAVING ");
        emit_expression(run, out, select->having);
    }
}

static void emit_values(struct run *run, struct str *out, const struct select *select)
{
    str_add(out, "SELECT ");
    for (size_t c = 0; c < select->columns_count; c++)
        str_format(out, "%scolumn%zu AS c%zu", c == 0 ? "" : ",", c + 1, c);
    str_add(out, " FROM (VALUES ");
    for (size_t r = 0; r < select->rows.items_count; r++) {
        str_add(out, r == 0 ? "(" : ",(");
        emit_list(run, out, &select->rows.items[r], 0);
        str_add(out, ")");
    }
    str_add(out, ")");
}

static bool is_set_operation(const struct select *select)
{
    return select->kind != SELECT_QUERY && select->kind != SELECT_VALUES;
}

static void emit_body(struct run *run, struct str *out, const struct select *select, bool collate);

static void emit_member(struct run *run, struct str *out, const struct select *select, bool right)
{
    bool wrap = select->top != NULL || select->order_by.items_count > 0 ||
                select->ctes.items_count > 0 || (right && is_set_operation(select));

    if (!wrap) {
        emit_body(run, out, select, true);
        return;
    }
    str_add(out, "SELECT ");
    for (size_t i = 0; i < select->columns_count; i++) {
        str_format(out, "%sc%zu", i == 0 ? "" : ",", i);
        emit_collation(out, &select->columns[i].type);
        str_format(out, " AS c%zu", i);
    }
    str_add(out, " FROM (");
    emit_select(run, out, select);
    str_add(out, ")");
}

static void emit_body(struct run *run, struct str *out, const struct select *select, bool collate)
{
    static const char *const operations[] = {[SELECT_UNION] = " UNION ",
                                             [SELECT_UNION_ALL] = " UNION ALL ",
                                             [SELECT_EXCEPT] = " EXCEPT ",
                                             [SELECT_INTERSECT] = " INTERSECT "};

    if (select->kind == SELECT_QUERY) {
        emit_query(run, out, select, collate);
    } else if (select->kind == SELECT_VALUES) {
        emit_values(run, out, select);
    } else {
        emit_member(run, out, select->left, false);
        str_add(out, operations[select->kind]);
        emit_member(run, out, select->right, true);
    }
}

void emit_ctes(struct run *run, struct str *out, const struct cte_list *list)
{
    for (size_t i = 0; i < list->items_count; i++) {
        const struct cte *cte = &list->items[i];

        str_format(out, "%s%s(", i == 0 ? "WITH RECURSIVE " : ",", cte->sqlite_name);
        for (size_t c = 0; c < cte->columns_count; c++)
            str_format(out, "%sc%zu", c == 0 ? "" : ",", c);
        str_add(out, ") AS (");
        emit_select(run, out, cte->select);
        str_add(out, ")");
    }
    if (list->items_count > 0)
        str_add(out, " ");
}

void emit_select(struct run *run, struct str *out, const struct select *select)
{
    emit_ctes(run, out, &select->ctes);
    emit_body(run, out, select, false);
    emit_order(run, out, &select->order_by, select);
    emit_limit(run, out, select);
}
