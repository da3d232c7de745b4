/* Types that meet: conversions made explicit, collations chosen. Also when expressions are equal.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tests/lab/sql/bind.h"
#include "tests/lab/sql/type.h"

/* --- conversion ----------------------------------------------------------------------------- */

/* How SQLite holds a kind; within one form no conversion is needed to compare. */
enum form {
    FORM_INTEGER,
    FORM_FLOAT,
    FORM_NUMERIC,
    FORM_TICKS,
    FORM_TIME,
    FORM_OFFSET,
    FORM_TEXT,
    FORM_BYTES,
    FORM_GUID,
    FORM_VARIANT
};

static enum form form_of(enum sql_kind kind)
{
    if (type_is_integer(kind))
        return FORM_INTEGER;
    if (type_is_float(kind))
        return FORM_FLOAT;
    if (type_is_string(kind))
        return FORM_TEXT;
    if (type_is_bytes(kind))
        return FORM_BYTES;
    switch (kind) {
    case SQL_NUMERIC:
        return FORM_NUMERIC;
    case SQL_TIME:
        return FORM_TIME;
    case SQL_DATETIMEOFFSET:
        return FORM_OFFSET;
    case SQL_UNIQUEIDENTIFIER:
        return FORM_GUID;
    case SQL_VARIANT:
        return FORM_VARIANT;
    default:
        return FORM_TICKS;
    }
}

/* True if a value of from, as it is, is one of to. */
static bool fits_as_it_is(const struct sql_type *from, const struct sql_type *to)
{
    static const int widths[] = {
        [SQL_BIT] = 0, [SQL_TINYINT] = 1, [SQL_SMALLINT] = 2, [SQL_INT] = 3, [SQL_BIGINT] = 4};

    if (type_same(from, to))
        return true;
    if (form_of(from->kind) != form_of(to->kind))
        return to->kind == SQL_VARIANT &&
               (form_of(from->kind) == FORM_TEXT || form_of(from->kind) == FORM_INTEGER ||
                form_of(from->kind) == FORM_FLOAT);
    switch (form_of(from->kind)) {
    case FORM_INTEGER:
        return widths[from->kind] <= widths[to->kind] && to->kind != SQL_BIT;
    case FORM_TEXT:
    case FORM_BYTES:
        return to->kind != SQL_CHAR && to->kind != SQL_NCHAR && to->kind != SQL_BINARY &&
               (to->length == SQL_LENGTH_MAX ||
                (from->length != SQL_LENGTH_MAX && from->length <= to->length));
    case FORM_TICKS:
        return to->kind == SQL_DATETIME2 && (from->kind == SQL_DATE || to->scale >= 3) &&
               (from->kind != SQL_DATETIME2 || from->scale <= to->scale);
    case FORM_FLOAT:
        return to->kind == SQL_FLOAT;
    case FORM_NUMERIC:
        return from->scale == to->scale && from->precision <= to->precision;
    default:
        return from->scale <= to->scale;
    }
}

void bind_clash(struct binder *binder, enum sql_kind from, enum sql_kind to)
{
    if (type_is_string(from) || type_is_string(to) || from == SQL_VARIANT)
        binder_fail(binder, 257, 16, 3,
                    "Implicit conversion from data type %s to %s is not allowed. Use the CONVERT "
                    "function to run this query.",
                    type_name(from), type_name(to));
    else
        binder_fail(binder, 206, 16, 2, "Operand type clash: %s is incompatible with %s",
                    type_name(from), type_name(to));
}

void bind_convert_to(struct binder *binder, struct expr **slot, const struct sql_type *type)
{
    struct expr *inner = *slot;
    struct expr *outer = arena_new(binder->arena, sizeof *outer);

    outer->kind = EXPR_CONVERT;
    outer->line = inner->line;
    outer->from_type = inner->type;
    outer->type = *type;
    outer->type.nullable = inner->type.nullable;
    outer->type.case_sensitive = inner->type.case_sensitive;
    outer->collation_rank = inner->collation_rank;
    outer->untyped = inner->untyped;
    *arena_append(binder->arena, &outer->args, items) = inner;
    *slot = outer;
}

void bind_coerce(struct binder *binder, struct expr **slot, const struct sql_type *type)
{
    struct expr *expr = *slot;

    if (expr->untyped) {
        bool nullable = true;

        if (expr->kind == EXPR_NULL) {
            expr->type = *type;
            expr->type.nullable = nullable;
            return;
        }
        bind_convert_to(binder, slot, type);
        return;
    }
    if (!type_converts_implicitly(expr->type.kind, type->kind)) {
        bind_clash(binder, expr->type.kind, type->kind);
        return;
    }
    if (!fits_as_it_is(&expr->type, type))
        bind_convert_to(binder, slot, type);
}

/* For comparison only the form must agree. */
void bind_coerce_form(struct binder *binder, struct expr **slot, const struct sql_type *type)
{
    struct expr *expr = *slot;

    if (expr->untyped || form_of(expr->type.kind) == form_of(type->kind))
        return;
    if (type->kind == SQL_VARIANT || expr->type.kind == SQL_VARIANT)
        return; /* variants compare by what they hold */
    bind_coerce(binder, slot, type);
}

struct sql_type bind_unified_type(struct expr ***slots, size_t count)
{
    struct sql_type type = {0};
    bool first = true, nullable = false;

    for (size_t i = 0; i < count; i++) {
        const struct expr *expr = *slots[i];

        nullable = nullable || expr->type.nullable;
        if (expr->untyped)
            continue;
        type = first ? expr->type : type_unify(&type, &expr->type);
        first = false;
    }
    if (first)
        type = type_of(SQL_INT, true);
    type.nullable = nullable;
    return type;
}

/* The collation of strings that meet: the explicit one, else a column's, else the default. */
void bind_merge_collation(struct sql_type *type, int *rank, struct expr ***slots, size_t count)
{
    *rank = -1;
    for (size_t i = 0; i < count; i++) {
        const struct expr *expr = *slots[i];

        if ((type_is_string(expr->type.kind) || expr->type.kind == SQL_VARIANT) &&
            expr->collation_rank > *rank) {
            *rank = expr->collation_rank;
            type->case_sensitive = expr->type.case_sensitive;
        }
    }
    if (*rank < 0)
        *rank = 0;
}

struct sql_type bind_unify(struct binder *binder, struct expr ***slots, size_t count)
{
    struct sql_type type = bind_unified_type(slots, count);
    int rank;

    bind_merge_collation(&type, &rank, slots, count);
    for (size_t i = 0; i < count && !binder_failed(binder); i++)
        bind_coerce(binder, slots[i], &type);
    return type;
}

/* --- equality of expressions ---------------------------------------------------------------- */

bool expr_equal(const struct expr *a, const struct expr *b)
{
    if (a->kind == EXPR_CONVERT && b->kind != EXPR_CONVERT)
        return false;
    if (a->kind != b->kind || a->op != b->op || a->args.items_count != b->args.items_count ||
        a->negated != b->negated || a->select != b->select || a->over != b->over ||
        a->distinct != b->distinct)
        return false;
    switch (a->kind) {
    case EXPR_COLUMN:
        return a->source == b->source && a->column == b->column;
    case EXPR_INTEGER:
        return a->integer == b->integer;
    case EXPR_CONVERT:
        if (!type_same(&a->type, &b->type))
            return false;
        break;
    case EXPR_STRING:
    case EXPR_NUMERIC:
    case EXPR_FLOAT:
    case EXPR_BYTES:
        return a->text_length == b->text_length && memcmp(a->text, b->text, a->text_length) == 0;
    case EXPR_VARIABLE:
    case EXPR_GLOBAL:
    case EXPR_CALL:
    case EXPR_COLLATE:
        if (strcasecmp(a->text, b->text) != 0)
            return false;
        break;
    default:
        break;
    }
    for (size_t i = 0; i < a->args.items_count; i++)
        if (!expr_equal(a->args.items[i], b->args.items[i]))
            return false;
    return true;
}
