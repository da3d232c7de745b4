#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tests/lab/sql/bind.h"
#include "tests/lab/sql/calendar.h"
#include "tests/lab/sql/functions.h"
#include "tests/lab/sql/type.h"

/* --- conversion ----------------------------------------------------------------------------- */

/* How SQLite holds a kind; within one form no conversion is needed to compare. */
enum form { FORM_INTEGER, FORM_FLOAT, FORM_NUMERIC, FORM_TICKS, FORM_TIME, FORM_OFFSET, FORM_TEXT,
            FORM_BYTES, FORM_GUID, FORM_VARIANT };

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
    static const int widths[] = {[SQL_BIT] = 0, [SQL_TINYINT] = 1, [SQL_SMALLINT] = 2,
                                 [SQL_INT] = 3, [SQL_BIGINT] = 4};

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

static void clash(struct binder *binder, enum sql_kind from, enum sql_kind to)
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

static void insert_conversion(struct binder *binder, struct expr **slot,
                              const struct sql_type *type)
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
        insert_conversion(binder, slot, type);
        return;
    }
    if (!type_converts_implicitly(expr->type.kind, type->kind)) {
        clash(binder, expr->type.kind, type->kind);
        return;
    }
    if (!fits_as_it_is(&expr->type, type))
        insert_conversion(binder, slot, type);
}

/* For comparison only the form must agree. */
static void coerce_form(struct binder *binder, struct expr **slot, const struct sql_type *type)
{
    struct expr *expr = *slot;

    if (expr->untyped || form_of(expr->type.kind) == form_of(type->kind))
        return;
    if (type->kind == SQL_VARIANT || expr->type.kind == SQL_VARIANT)
        return; /* variants compare by what they hold */
    bind_coerce(binder, slot, type);
}

static struct sql_type unified_type(struct expr ***slots, size_t count)
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
static void merge_collation(struct sql_type *type, int *rank, struct expr ***slots, size_t count)
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
    struct sql_type type = unified_type(slots, count);
    int rank;

    merge_collation(&type, &rank, slots, count);
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

/* --- literals, variables, columns ----------------------------------------------------------- */

static struct sql_type numeric_literal_type(const char *text)
{
    int digits = 0, scale = 0;
    bool point = false, leading = true;

    for (; *text != '\0'; text++) {
        if (*text == '.') {
            point = true;
            continue;
        }
        if (*text != '0' || point)
            leading = false;
        digits += !leading || point;
        scale += point;
    }
    return type_numeric(digits < 1 ? 1 : digits, scale, false);
}

static void bind_literal(struct binder *binder, struct expr *expr)
{
    bool case_sensitive = binder->run->engine->case_sensitive;
    int length;

    switch (expr->kind) {
    case EXPR_NULL:
        expr->type = type_of(SQL_INT, true);
        expr->untyped = true;
        break;
    case EXPR_INTEGER:
        expr->type = type_of(SQL_INT, false);
        break;
    case EXPR_NUMERIC:
        expr->type = numeric_literal_type(expr->text);
        break;
    case EXPR_FLOAT:
        expr->type = type_of(SQL_FLOAT, false);
        break;
    case EXPR_BYTES:
        length = (int)expr->text_length;
        expr->type = (struct sql_type){.kind = SQL_VARBINARY,
                                       .length = length > 8000 ? SQL_LENGTH_MAX
                                                 : length == 0 ? 1
                                                               : length};
        break;
    default:
        length = (int)convert_units(expr->text, expr->text_length);
        if (length > (type_is_national(expr->type.kind) ? 4000 : 8000))
            length = SQL_LENGTH_MAX;
        expr->type = type_string(expr->type.kind, length, false);
        expr->type.case_sensitive = case_sensitive;
        break;
    }
}

static void bind_variable(struct binder *binder, struct expr *expr)
{
    struct frame *frame = binder->run->frame;

    for (size_t i = 0; i < frame->variables_count; i++)
        if (strcasecmp(frame->variables[i].name, expr->text) == 0) {
            if (frame->variables[i].table != NULL)
                break;
            expr->variable = (int)i;
            expr->type = frame->variables[i].type;
            expr->type.nullable = true;
            expr->type.case_sensitive = binder->run->engine->case_sensitive;
            return;
        }
    binder_fail(binder, 137, 15, 2, "Must declare the scalar variable \"%s\".", expr->text);
}

static void bind_global(struct binder *binder, struct expr *expr)
{
    static const struct {
        const char *name;
        enum sql_kind kind;
        int length;
    } globals[] = {{"@@SPID", SQL_SMALLINT, 0},       {"@@SERVERNAME", SQL_NVARCHAR, 128},
                   {"@@SERVICENAME", SQL_NVARCHAR, 128}, {"@@VERSION", SQL_NVARCHAR, 300},
                   {"@@ROWCOUNT", SQL_INT, 0},        {"@@ERROR", SQL_INT, 0},
                   {"@@TRANCOUNT", SQL_INT, 0},       {"@@MICROSOFTVERSION", SQL_INT, 0},
                   {"@@LANGUAGE", SQL_NVARCHAR, 128}, {"@@LANGID", SQL_SMALLINT, 0},
                   {"@@IDENTITY", SQL_NUMERIC, 0},    {"@@NESTLEVEL", SQL_INT, 0},
                   {"@@PROCID", SQL_INT, 0},          {"@@OPTIONS", SQL_INT, 0},
                   {"@@LOCK_TIMEOUT", SQL_INT, 0},    {"@@DATEFIRST", SQL_TINYINT, 0},
                   {"@@TEXTSIZE", SQL_INT, 0},        {"@@MAX_PRECISION", SQL_TINYINT, 0},
                   {"@@FETCH_STATUS", SQL_INT, 0},    {"@@MAX_CONNECTIONS", SQL_INT, 0},
                   {"@@CPU_BUSY", SQL_INT, 0},        {"@@DBTS", SQL_VARBINARY, 8}};

    for (size_t i = 0; i < sizeof globals / sizeof *globals; i++)
        if (strcasecmp(globals[i].name, expr->text) == 0) {
            expr->type = type_of(globals[i].kind, globals[i].kind == SQL_NUMERIC);
            expr->type.length = globals[i].length;
            expr->type.case_sensitive = binder->run->engine->case_sensitive;
            if (globals[i].kind == SQL_NUMERIC)
                expr->type = type_numeric(38, 0, true);
            return;
        }
    binder_fail(binder, 137, 15, 2, "Must declare the scalar variable \"%s\".", expr->text);
}

static const char *exposed_name(const struct source *source)
{
    return source->alias != NULL ? source->alias : source->name.name;
}

static bool source_matches(const struct binder *binder, const struct source *source,
                           const struct expr *expr)
{
    const char *exposed = exposed_name(source);

    if (expr->parts[2] == NULL)
        return true;
    if (exposed == NULL || !binder_same_name(binder, exposed, expr->parts[2]))
        return false;
    if (expr->parts[1] != NULL &&
        (source->alias != NULL ||
         !binder_same_name(binder, source->name.schema == NULL ? "dbo" : source->name.schema,
                           expr->parts[1])))
        return false;
    return expr->parts[0] == NULL || source->name.database == NULL ||
           binder_same_name(binder, source->name.database, expr->parts[0]);
}

/* The number of columns found in one scope; the first is noted. */
static int find_in_scope(const struct binder *binder, const struct scope *scope, struct expr *expr,
                         bool *source_found)
{
    int found = 0;

    for (size_t i = 0; i < scope->sources_count; i++) {
        struct source *source = scope->sources[i];

        if (!source_matches(binder, source, expr))
            continue;
        *source_found = true;
        for (size_t c = 0; c < source->columns_count; c++)
            if (binder_same_name(binder, source->columns[c].name, expr->parts[3])) {
                if (found++ == 0) {
                    expr->source = source;
                    expr->column = (int)c;
                }
            }
    }
    return found;
}

static void bind_column(struct binder *binder, struct expr *expr)
{
    bool source_found = false;

    for (const struct scope *scope = binder->scope; scope != NULL; scope = scope->outer) {
        int found = find_in_scope(binder, scope, expr, &source_found);

        if (found > 1) {
            binder_fail(binder, 209, 16, 1, "Ambiguous column name '%s'.", expr->parts[3]);
            return;
        }
        if (found == 1) {
            expr->type = expr->source->columns[expr->column].type;
            expr->type.case_sensitive =
                expr->type.case_sensitive || binder->run->engine->case_sensitive;
            expr->collation_rank = type_is_string(expr->type.kind) ? 1 : 0;
            return;
        }
    }
    if (expr->parts[2] == NULL || source_found)
        binder_fail(binder, 207, 16, 1, "Invalid column name '%s'.", expr->parts[3]);
    else
        binder_fail(binder, 4104, 16, 1, "The multi-part identifier \"%s%s%s%s%s.%s\" could not be "
                                         "bound.",
                    expr->parts[0] == NULL ? "" : expr->parts[0], expr->parts[0] == NULL ? "" : ".",
                    expr->parts[1] == NULL ? "" : expr->parts[1], expr->parts[1] == NULL ? "" : ".",
                    expr->parts[2], expr->parts[3]);
}

/* --- operators ------------------------------------------------------------------------------ */

static void bind_args(struct binder *binder, struct expr *expr)
{
    for (size_t i = 0; i < expr->args.items_count && !binder_failed(binder); i++)
        bind_expression(binder, &expr->args.items[i]);
}

static const char *operator_text(enum operator_kind op)
{
    static const char *const texts[] = {
        [OP_ADD] = "add",        [OP_SUBTRACT] = "subtract", [OP_MULTIPLY] = "multiply",
        [OP_DIVIDE] = "divide",  [OP_MODULO] = "modulo",     [OP_BIT_AND] = "'&'",
        [OP_BIT_OR] = "'|'",     [OP_BIT_XOR] = "'^'",       [OP_NEGATE] = "minus",
        [OP_BIT_NOT] = "'~'"};

    return texts[op];
}

static void bind_concatenation(struct binder *binder, struct expr *expr)
{
    struct expr **slots[2] = {&expr->args.items[0], &expr->args.items[1]};
    const struct expr *a = *slots[0], *b = *slots[1];
    struct sql_type type = unified_type(slots, 2);
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
    merge_collation(&type, &expr->collation_rank, slots, 2);
    expr->type = type;
}

static void bind_time_arithmetic(struct binder *binder, struct expr *expr)
{
    struct sql_type type = type_of(SQL_DATETIME, true);

    for (int i = 0; i < 2; i++)
        if (type_is_time(expr->args.items[i]->type.kind) &&
            expr->args.items[i]->type.kind != SQL_DATETIME) {
            clash(binder, expr->args.items[i]->type.kind, expr->args.items[1 - i]->type.kind);
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
    struct sql_type type = unified_type(slots, count);

    merge_collation(&type, &expr->collation_rank, slots, count);
    for (size_t i = 0; i < count && !binder_failed(binder); i++)
        coerce_form(binder, slots[i], &type);
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
    merge_collation(&expr->type, &expr->collation_rank, slots, 2);
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
    merge_collation(&expr->type, &expr->collation_rank, slots, results);
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
    expr->type.nullable = inner->type.nullable || expr->try_convert;
    expr->type.case_sensitive = type_is_string(inner->type.kind) && inner->collation_rank > 0
                                    ? inner->type.case_sensitive
                                    : binder->run->engine->case_sensitive;
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
        expr->type.case_sensitive = binder->run->engine->case_sensitive;
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
    case EXPR_TYPE:
    case EXPR_KEYWORD:
    case EXPR_STAR:
        break;
    }
}

/* --- calls ---------------------------------------------------------------------------------- */

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
            insert_conversion(binder, slot, &type);
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

static void finish_call(struct binder *binder, struct expr *expr)
{
    struct expr ***slots = arena_new(binder->arena, (expr->args.items_count + 1) * sizeof *slots);
    struct sql_type merged = {.case_sensitive = binder->run->engine->case_sensitive};

    for (size_t i = 0; i < expr->args.items_count; i++)
        slots[i] = &expr->args.items[i];
    expr->type = expr->builtin->result(expr);
    if (strcmp(expr->builtin->name, "COALESCE") == 0) {
        expr->type.nullable = true;
        for (size_t i = 0; i < expr->args.items_count; i++)
            expr->type.nullable = expr->type.nullable && expr->args.items[i]->type.nullable;
    }
    merge_collation(&merged, &expr->collation_rank, slots, expr->args.items_count);
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
    if (expr->over != NULL)
        bind_over(binder, expr);
    for (size_t i = 0; i < expr->within.items_count; i++)
        bind_expression(binder, &expr->within.items[i].expr);
    if ((expr->builtin->flags & FUNCTION_AGGREGATE) != 0 && expr->over == NULL)
        binder->aggregate_seen = true;
    if (!binder_failed(binder))
        finish_call(binder, expr);
}
