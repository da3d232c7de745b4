#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tests/lab/estate.h"
#include "tests/lab/sql/bind.h"
#include "tests/lab/sql/type.h"

/* --- operators ------------------------------------------------------------------------------ */

static void bind_args(struct binder *binder, struct expr *expr)
{
    for (size_t i = 0; i < expr->args.items_count && !binder_failed(binder); i++)
        bind_expression(binder, &expr->args.items[i]);
}

static const char *operator_text(enum operator_kind op)
{
    static const char *const texts[] = {
        [OP_ADD] = "add",       [OP_SUBTRACT] = "subtract", [OP_MULTIPLY] = "multiply",
        [OP_DIVIDE] = "divide", [OP_MODULO] = "modulo",     [OP_BIT_AND] = "'&'",
        [OP_BIT_OR] = "'|'",    [OP_BIT_XOR] = "'^'",       [OP_NEGATE] = "minus",
        [OP_BIT_NOT] = "'~'"};

    return texts[op];
}

static void bind_concatenation(struct binder *binder, struct expr *expr)
{
    struct expr **slots[2] = {&expr->args.items[0], &expr->args.items[1]};
    const struct expr *a = *slots[0], *b = *slots[1];
    struct sql_type type = bind_unified_type(slots, 2);
    int most = type_is_national(type.kind) ? 4000 : 8000;

    (void)binder;
    type.kind = type_is_bytes(type.kind)      ? SQL_VARBINARY
                : type_is_national(type.kind) ? SQL_NVARCHAR
                                              : SQL_VARCHAR;
    if (a->type.length == SQL_LENGTH_MAX || b->type.length == SQL_LENGTH_MAX)
        type.length = SQL_LENGTH_MAX;
    else
        type.length = a->untyped   ? b->type.length
                      : b->untyped ? a->type.length
                                   : a->type.length + b->type.length;
    if (type.length > most)
        type.length = most;
    bind_merge_collation(&type, &expr->collation_rank, slots, 2);
    expr->type = type;
}

static void bind_time_arithmetic(struct binder *binder, struct expr *expr)
{
    struct sql_type type = type_of(SQL_DATETIME, true);

    for (int i = 0; i < 2; i++)
        if (type_is_time(expr->args.items[i]->type.kind) &&
            expr->args.items[i]->type.kind != SQL_DATETIME) {
            bind_clash(binder, expr->args.items[i]->type.kind, expr->args.items[1 - i]->type.kind);
            return;
        }
    if (expr->op != OP_ADD && expr->op != OP_SUBTRACT) {
        binder_fail(binder, 8117, 16, 1, "Operand data type datetime is invalid for %s operator.",
                    operator_text(expr->op));
        return;
    }
    bind_coerce(binder, &expr->args.items[0], &type);
    bind_coerce(binder, &expr->args.items[1], &type);
    expr->type = type;
}

static void invalid_operand(struct binder *binder, const struct expr *expr, enum sql_kind kind)
{
    binder_fail(binder, 8117, 16, 1, "Operand data type %s is invalid for %s operator.",
                type_name(kind), operator_text(expr->op));
}

/* An integer literal beside a numeric counts with the digits that it has. */
static struct sql_type operand_type(const struct expr *expr)
{
    int digits = 1;

    if (expr->kind != EXPR_INTEGER)
        return expr->type;
    for (int64_t rest = expr->integer / 10; rest != 0; rest /= 10)
        digits++;
    return type_numeric(digits, 0, false);
}

static void bind_binary_arithmetic(struct binder *binder, struct expr *expr)
{
    struct expr **slots[2] = {&expr->args.items[0], &expr->args.items[1]};
    enum sql_kind a = (*slots[0])->type.kind, b = (*slots[1])->type.kind;
    bool a_text = type_is_string(a) || (*slots[0])->untyped;
    bool b_text = type_is_string(b) || (*slots[1])->untyped;
    struct sql_type type;

    if (expr->op == OP_ADD && ((a_text && type_is_string(b)) || (type_is_string(a) && b_text) ||
                               (type_is_bytes(a) && type_is_bytes(b)))) {
        bind_concatenation(binder, expr);
        return;
    }
    if (type_is_time(a) || type_is_time(b)) {
        bind_time_arithmetic(binder, expr);
        return;
    }
    if (type_is_string(a) && type_is_string(b)) {
        invalid_operand(binder, expr, a);
        return;
    }
    for (int i = 0; i < 2; i++) { /* strings take the number's type */
        struct sql_type other = (*slots[1 - i])->type;

        if (type_is_string((*slots[i])->type.kind) || (*slots[i])->untyped)
            bind_coerce(binder, slots[i], &other);
        else if (type_is_bytes((*slots[i])->type.kind) && type_is_integer(other.kind))
            bind_coerce(binder, slots[i], &other);
        if (binder_failed(binder))
            return;
    }
    for (int i = 0; i < 2; i++)
        if (!type_is_number((*slots[i])->type.kind)) {
            invalid_operand(binder, expr, (*slots[i])->type.kind);
            return;
        }
    type = type_arithmetic(expr->op, &(*slots[0])->type, &(*slots[1])->type);
    if (type.kind == SQL_NUMERIC) {
        struct sql_type left = operand_type(*slots[0]), right = operand_type(*slots[1]);

        type = type_arithmetic(expr->op, &left, &right);
    }
    expr->type = type;
    if (type.kind == SQL_NUMERIC || type_is_float(type.kind))
        for (int i = 0; i < 2; i++) {
            struct sql_type operand = type;

            if (type.kind == SQL_NUMERIC)
                operand = type_as_numeric(&(*slots[i])->type);

            bind_coerce(binder, slots[i], &operand);
        }
}

static void bind_arithmetic(struct binder *binder, struct expr *expr)
{
    bind_args(binder, expr);
    if (binder_failed(binder))
        return;
    if (expr->args.items_count == 2) {
        bind_binary_arithmetic(binder, expr);
        return;
    }
    if (type_is_string(expr->args.items[0]->type.kind) || expr->args.items[0]->untyped) {
        struct sql_type number = type_of(SQL_INT, true);

        bind_coerce(binder, &expr->args.items[0], &number);
    }
    if (!type_is_number(expr->args.items[0]->type.kind))
        invalid_operand(binder, expr, expr->args.items[0]->type.kind);
    expr->type = expr->args.items[0]->type;
    if (expr->type.kind == SQL_BIT || expr->type.kind == SQL_TINYINT)
        expr->type.kind = expr->op == OP_NEGATE ? SQL_SMALLINT : expr->type.kind;
}

/* Brings operands of a comparison to one form and notes its collation. */
static void compare_operands(struct binder *binder, struct expr *expr, struct expr ***slots,
                             size_t count)
{
    struct sql_type type = bind_unified_type(slots, count);

    bind_merge_collation(&type, &expr->collation_rank, slots, count);
    for (size_t i = 0; i < count && !binder_failed(binder); i++)
        bind_coerce_form(binder, slots[i], &type);
    expr->type = type;
}

static void bind_comparison(struct binder *binder, struct expr *expr)
{
    struct expr **slots[3];

    bind_args(binder, expr);
    if (binder_failed(binder))
        return;
    for (size_t i = 0; i < expr->args.items_count; i++)
        slots[i] = &expr->args.items[i];
    compare_operands(binder, expr, slots, expr->args.items_count);
}

static void single_column(struct binder *binder, const struct select *select)
{
    if (!binder_failed(binder) && select->columns_count != 1)
        binder_fail(binder, 116, 16, 1,
                    "Only one expression can be specified in the select list when the subquery is "
                    "not introduced with EXISTS.");
}

/* The slot of a query's only column, of its first part where it is a set operation. */
static struct expr **column_slot(struct select *select)
{
    while (select->kind == SELECT_UNION || select->kind == SELECT_UNION_ALL ||
           select->kind == SELECT_EXCEPT || select->kind == SELECT_INTERSECT)
        select = select->left;
    return select->kind == SELECT_VALUES ? &select->rows.items[0].items[0]
                                         : &select->bound.items[0].expr;
}

static void bind_in(struct binder *binder, struct expr *expr)
{
    struct expr ***slots;
    size_t count = expr->args.items_count;

    bind_args(binder, expr);
    if (expr->select != NULL && !binder_failed(binder)) {
        bind_select(binder, expr->select, false);
        single_column(binder, expr->select);
    }
    if (binder_failed(binder))
        return;
    slots = arena_new(binder->arena, (count + 1) * sizeof *slots);
    for (size_t i = 0; i < count; i++)
        slots[i] = &expr->args.items[i];
    if (expr->select != NULL)
        slots[count++] = column_slot(expr->select);
    compare_operands(binder, expr, slots, count);
}

static void bind_like(struct binder *binder, struct expr *expr)
{
    struct sql_type text = type_string(SQL_NVARCHAR, SQL_LENGTH_MAX, true);
    struct expr **slots[2] = {&expr->args.items[0], &expr->args.items[1]};

    bind_args(binder, expr);
    for (size_t i = 0; i < expr->args.items_count && !binder_failed(binder); i++)
        if (!type_is_string(expr->args.items[i]->type.kind))
            bind_coerce(binder, &expr->args.items[i], &text);
    bind_merge_collation(&expr->type, &expr->collation_rank, slots, 2);
}

static void bind_case(struct binder *binder, struct expr *expr)
{
    size_t count = expr->args.items_count, results = 0;
    struct expr ***slots = arena_new(binder->arena, (count + 1) * sizeof *slots);
    bool typed = false;

    bind_args(binder, expr);
    if (binder_failed(binder))
        return;
    for (size_t i = 1; i < count; i += 2)
        slots[results++] = &expr->args.items[i];
    if (expr->has_else)
        slots[results++] = &expr->args.items[count - 1];
    for (size_t i = 0; i < results; i++)
        typed = typed || !(*slots[i])->untyped;
    if (!typed) {
        binder_fail(binder, 8133, 16, 1,
                    "At least one of the result expressions in a CASE specification must be an "
                    "expression other than the NULL constant.");
        return;
    }
    bind_merge_collation(&expr->type, &expr->collation_rank, slots, results);
    expr->type = bind_unify(binder, slots, results);
    if (!expr->has_else)
        expr->type.nullable = true;
}

static void bind_subquery(struct binder *binder, struct expr *expr)
{
    bind_select(binder, expr->select, false);
    single_column(binder, expr->select);
    if (binder_failed(binder))
        return;
    expr->type = expr->select->columns[0].type;
    expr->type.nullable = true;
    expr->collation_rank = type_is_string(expr->type.kind) ? 1 : 0;
}

static void bind_quantified(struct binder *binder, struct expr *expr)
{
    struct expr **slots[2] = {&expr->args.items[0], NULL};

    bind_args(binder, expr);
    if (!binder_failed(binder))
        bind_select(binder, expr->select, false);
    single_column(binder, expr->select);
    if (binder_failed(binder))
        return;
    slots[1] = column_slot(expr->select);
    compare_operands(binder, expr, slots, 2);
}

static void bind_convert(struct binder *binder, struct expr *expr)
{
    struct sql_type style = type_of(SQL_INT, true);
    const struct expr *inner;

    bind_args(binder, expr);
    if (binder_failed(binder))
        return;
    if (expr->args.items_count > 1)
        bind_coerce(binder, &expr->args.items[1], &style);
    inner = expr->args.items[0];
    expr->from_type = inner->type;
    expr->type.nullable = inner->type.nullable || expr->try_convert ||
                          (type_is_string(inner->type.kind) && !type_is_string(expr->type.kind));
    expr->type.case_sensitive = type_is_string(inner->type.kind) && inner->collation_rank > 0
                                    ? inner->type.case_sensitive
                                    : binder->run->engine->instance->case_sensitive;
    expr->collation_rank = type_is_string(inner->type.kind) ? inner->collation_rank : 0;
    expr->untyped = false;
}

static void bind_collate(struct binder *binder, struct expr *expr)
{
    bind_args(binder, expr);
    if (binder_failed(binder))
        return;
    expr->type = expr->args.items[0]->type;
    if (!type_is_string(expr->type.kind)) {
        binder_fail(binder, 447, 16, 0, "Expression type %s is invalid for COLLATE clause.",
                    type_name(expr->type.kind));
        return;
    }
    expr->collation_rank = 2;
    if (strcasecmp(expr->text, "DATABASE_DEFAULT") == 0 ||
        strcasecmp(expr->text, "CATALOG_DEFAULT") == 0)
        expr->type.case_sensitive = binder->run->engine->instance->case_sensitive;
    else
        expr->type.case_sensitive =
            strcasestr(expr->text, "_CS") != NULL || strcasestr(expr->text, "_BIN") != NULL;
}

void bind_expression(struct binder *binder, struct expr **slot)
{
    struct expr *expr = *slot;

    if (binder_failed(binder))
        return;
    switch (expr->kind) {
    case EXPR_NULL:
    case EXPR_INTEGER:
    case EXPR_NUMERIC:
    case EXPR_FLOAT:
    case EXPR_STRING:
    case EXPR_BYTES:
        bind_literal(binder, expr);
        break;
    case EXPR_COLUMN:
        bind_column(binder, expr);
        break;
    case EXPR_VARIABLE:
        bind_variable(binder, expr);
        break;
    case EXPR_GLOBAL:
        bind_global(binder, expr);
        break;
    case EXPR_ARITHMETIC:
        bind_arithmetic(binder, expr);
        break;
    case EXPR_CALL:
        bind_call(binder, slot);
        break;
    case EXPR_CONVERT:
        bind_convert(binder, expr);
        break;
    case EXPR_CASE:
        bind_case(binder, expr);
        break;
    case EXPR_SUBQUERY:
        bind_subquery(binder, expr);
        break;
    case EXPR_COLLATE:
        bind_collate(binder, expr);
        break;
    case EXPR_LOGIC:
    case EXPR_IS_NULL:
        bind_args(binder, expr);
        break;
    case EXPR_COMPARE:
    case EXPR_BETWEEN:
        bind_comparison(binder, expr);
        break;
    case EXPR_IN:
        bind_in(binder, expr);
        break;
    case EXPR_LIKE:
        bind_like(binder, expr);
        break;
    case EXPR_EXISTS:
        bind_select(binder, expr->select, false);
        break;
    case EXPR_QUANTIFIED:
        bind_quantified(binder, expr);
        break;
    case EXPR_KEYWORD:
    case EXPR_STAR:
        break;
    }
}
