/* Calls of built-in functions. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tests/lab/estate.h"
#include "tests/lab/sql/bind.h"
#include "tests/lab/sql/calendar.h"
#include "tests/lab/sql/functions.h"
#include "tests/lab/sql/type.h"

static bool check_count(struct binder *binder, const struct expr *expr)
{
    const struct builtin *builtin = expr->builtin;
    int count = (int)expr->args.items_count;

    if (count >= builtin->least && count <= builtin->most)
        return true;
    if (builtin->least == builtin->most)
        binder_fail(binder, 174, 15, 1, "The %s function requires %d argument(s).", builtin->name,
                    builtin->least);
    else
        binder_fail(binder, 189, 15, 1, "The %s function requires %d to %d arguments.",
                    builtin->name, builtin->least, builtin->most);
    return false;
}

/* How long a value's text may be where a function wants a string. */
static int text_length(enum sql_kind kind)
{
    if (type_is_integer(kind))
        return kind == SQL_BIGINT ? 24 : 12;
    return type_is_number(kind) ? 41 : type_is_time(kind) ? 40 : 4000;
}

static void coerce_argument(struct binder *binder, struct expr *call, size_t index, char want)
{
    struct expr **slot = &call->args.items[index];
    const struct expr *arg = *slot;
    enum sql_kind kind = arg->type.kind;
    struct sql_type type;

    switch (want) {
    case 's':
        if (type_is_string(kind) && !arg->untyped)
            return;
        type = arg->untyped ? type_string(SQL_VARCHAR, 1, true)
                            : type_string(type_is_number(kind) || type_is_time(kind) ? SQL_VARCHAR
                                                                                     : SQL_NVARCHAR,
                                          text_length(kind), true);
        if (kind == SQL_VARIANT) { /* the system functions take variants */
            bind_convert_to(binder, slot, &type);
            return;
        }
        break;
    case 'i':
        type = type_of(SQL_INT, true);
        if (type_is_integer(kind))
            return;
        break;
    case 'b':
        type = type_of(SQL_BIGINT, true);
        break;
    case 'f':
        type = type_of(SQL_FLOAT, true);
        break;
    case 'n':
        if (type_is_number(kind) && !arg->untyped)
            return;
        type = type_of(type_is_string(kind) ? SQL_FLOAT : SQL_INT, true);
        if (type_is_time(kind) || type_is_bytes(kind) || kind == SQL_UNIQUEIDENTIFIER) {
            binder_fail(binder, 8117, 16, 1, "Operand data type %s is invalid for %s operator.",
                        type_name(kind), call->builtin->name);
            return;
        }
        break;
    case 't':
        if (type_is_time(kind) && !arg->untyped)
            return;
        type = type_of(SQL_DATETIME, true);
        break;
    case '2':
        if (kind == SQL_DATETIME || kind == SQL_DATETIME2 || kind == SQL_DATE)
            return;
        type = type_of(type_is_number(kind) ? SQL_DATETIME : SQL_DATETIME2, true);
        break;
    case 'o':
        type = type_of(SQL_DATETIMEOFFSET, true);
        break;
    default:
        return;
    }
    bind_coerce(binder, slot, &type);
}

static void bind_part(struct binder *binder, struct expr *call)
{
    struct expr *part = call->args.items[0];
    enum date_part found;

    if (part->kind == EXPR_KEYWORD)
        return; /* bound before */
    found = part->kind == EXPR_COLUMN && part->parts[2] == NULL ? calendar_part(part->parts[3])
                                                                : PART_UNKNOWN;
    if (found == PART_UNKNOWN) {
        binder_fail(binder, 155, 15, 1, "'%s' is not a recognized %s option.",
                    part->kind == EXPR_COLUMN ? part->parts[3] : "", call->builtin->name);
        return;
    }
    part->kind = EXPR_KEYWORD;
    part->integer = found;
    part->type = type_of(SQL_INT, false);
}

static void bind_over(struct binder *binder, struct expr *expr)
{
    struct window *over = expr->over;

    for (size_t i = 0; i < over->partition.items_count; i++)
        bind_expression(binder, &over->partition.items[i]);
    for (size_t i = 0; i < over->order.items_count; i++)
        bind_expression(binder, &over->order.items[i].expr);
    if ((expr->builtin->flags & FUNCTION_WINDOW) != 0 && over->order.items_count == 0)
        binder_fail(binder, 4112, 15, 1,
                    "The function '%s' must have an OVER clause with ORDER BY.",
                    expr->builtin->name);
}

static void bind_arguments(struct binder *binder, struct expr *expr)
{
    const struct builtin *builtin = expr->builtin;
    size_t specified = strlen(builtin->arguments), first = 0;
    struct expr ***slots = arena_new(binder->arena, (expr->args.items_count + 1) * sizeof *slots);
    size_t unified = 0;

    if ((builtin->flags & FUNCTION_PART) != 0) {
        bind_part(binder, expr);
        first = 1;
    }
    for (size_t i = first; i < expr->args.items_count && !binder_failed(binder); i++) {
        char want = builtin->arguments[i < specified ? i : specified - 1];

        bind_expression(binder, &expr->args.items[i]);
        if (binder_failed(binder))
            return;
        if (expr_is_predicate(expr->args.items[i]))
            binder_fail(binder, 102, 15, 1, "Incorrect syntax near ')'.");
        else if (want == 'u')
            slots[unified++] = &expr->args.items[i];
        else
            coerce_argument(binder, expr, i, want);
    }
    if (unified > 0 && !binder_failed(binder)) {
        if (strcmp(builtin->name, "ISNULL") == 0) { /* the first one's type counts */
            struct sql_type type = expr->args.items[0]->untyped ? expr->args.items[1]->type
                                                                : expr->args.items[0]->type;

            bind_coerce(binder, &expr->args.items[0], &type);
            bind_coerce(binder, &expr->args.items[1], &type);
        } else {
            bind_unify(binder, slots, unified);
        }
    }
}

static bool check_aggregate(struct binder *binder, struct expr *expr)
{
    if (expr->over != NULL)
        return true;
    if (!binder->aggregates_allowed) {
        binder_fail(binder, 147, 15, 1,
                    "An aggregate may not appear in the WHERE clause unless it is in a subquery "
                    "contained in a HAVING clause or a select list, and the column being "
                    "aggregated is an outer reference.");
        return false;
    }
    return true;
}

/* What columns an expression reads: bit 1 of this query, bit 2 of an outer one. */
static int column_owners(const struct scope *scope, const struct expr *expr)
{
    int owners = 0;

    if (expr->kind == EXPR_COLUMN) {
        for (size_t i = 0; scope != NULL && i < scope->sources_count; i++)
            if (scope->sources[i] == expr->source)
                return 1;
        return 2;
    }
    for (size_t i = 0; i < expr->args.items_count; i++)
        owners |= column_owners(scope, expr->args.items[i]);
    return owners;
}

static void finish_call(struct binder *binder, struct expr *expr)
{
    struct expr ***slots = arena_new(binder->arena, (expr->args.items_count + 1) * sizeof *slots);
    struct sql_type merged = {.case_sensitive = binder->run->engine->instance->case_sensitive};

    for (size_t i = 0; i < expr->args.items_count; i++)
        slots[i] = &expr->args.items[i];
    expr->type = expr->builtin->result(expr);
    if (strcmp(expr->builtin->name, "COALESCE") == 0) {
        expr->type.nullable = true;
        for (size_t i = 0; i < expr->args.items_count; i++)
            expr->type.nullable = expr->type.nullable && expr->args.items[i]->type.nullable;
    }
    bind_merge_collation(&merged, &expr->collation_rank, slots, expr->args.items_count);
    if (type_is_string(expr->type.kind) || (expr->builtin->flags & FUNCTION_TYPED) != 0)
        expr->type.case_sensitive = merged.case_sensitive;
}

void bind_call(struct binder *binder, struct expr **slot)
{
    struct expr *expr = *slot;
    bool allowed = binder->aggregates_allowed;

    expr->builtin = builtin_find(expr->text);
    if (expr->builtin == NULL) {
        binder_fail(binder, 195, 15, 10, "'%s' is not a recognized built-in function name.",
                    expr->text);
        return;
    }
    if (!check_count(binder, expr))
        return;
    if ((expr->builtin->flags & FUNCTION_AGGREGATE) != 0) {
        if (!check_aggregate(binder, expr))
            return;
        binder->aggregates_allowed = expr->over != NULL && allowed;
    }
    if ((expr->builtin->flags & FUNCTION_WINDOW) != 0 && expr->over == NULL) {
        binder_fail(binder, 10753, 15, 1, "The function '%s' must have an OVER clause.",
                    expr->text);
        return;
    }
    bind_arguments(binder, expr);
    binder->aggregates_allowed = allowed;
    if (binder_failed(binder))
        return;
    /* an aggregate of outer columns alone would belong to the outer query, which it may not */
    if ((expr->builtin->flags & FUNCTION_AGGREGATE) != 0 && expr->over == NULL &&
        column_owners(binder->scope, expr) == 2) {
        binder->aggregates_allowed = false;
        check_aggregate(binder, expr);
        binder->aggregates_allowed = allowed;
        return;
    }
    if (expr->over != NULL)
        bind_over(binder, expr);
    for (size_t i = 0; i < expr->within.items_count; i++)
        bind_expression(binder, &expr->within.items[i].expr);
    if ((expr->builtin->flags & FUNCTION_AGGREGATE) != 0 && expr->over == NULL)
        binder->aggregate_seen = true;
    if (!binder_failed(binder))
        finish_call(binder, expr);
}
