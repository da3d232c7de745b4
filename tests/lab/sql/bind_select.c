/* Queries: the select list, GROUP BY, ORDER BY, set operations, VALUES, common table expressions.
 */
#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "tests/lab/estate.h"
#include "tests/lab/sql/bind.h"
#include "tests/lab/sql/functions.h"
#include "tests/lab/sql/type.h"

/* --- the select list ------------------------------------------------------------------------ */

static void expand_star(struct binder *binder, struct select *select, const char *qualifier)
{
    const struct scope *scope = binder->scope;
    bool found = false;

    for (size_t i = 0; i < scope->sources_count; i++) {
        struct source *source = scope->sources[i];
        const char *exposed = source->alias != NULL ? source->alias : source->name.name;

        if (qualifier != NULL && (exposed == NULL || !binder_same_name(binder, exposed, qualifier)))
            continue;
        found = true;
        for (size_t c = 0; c < source->columns_count; c++) {
            struct select_item *item = arena_append(binder->arena, &select->bound, items);
            struct expr *expr = arena_new(binder->arena, sizeof *expr);

            expr->kind = EXPR_COLUMN;
            expr->parts[3] = source->columns[c].name;
            expr->source = source;
            expr->column = (int)c;
            expr->type = source->columns[c].type;
            expr->type.case_sensitive =
                expr->type.case_sensitive || binder->run->engine->instance->case_sensitive;
            expr->collation_rank = type_is_string(expr->type.kind) ? 1 : 0;
            *item = (struct select_item){.expr = expr, .alias = source->columns[c].name};
        }
    }
    if (!found && qualifier != NULL)
        binder_fail(binder, 107, 15, 1,
                    "The column prefix '%s' does not match with a table name or alias name used "
                    "in the query.",
                    qualifier);
    else if (!found)
        binder_fail(binder, 263, 16, 1, "Must specify table to select from.");
}

static void bind_items(struct binder *binder, struct select *select)
{
    select->bound = (struct select_item_list){0};
    for (size_t i = 0; i < select->list.items_count && !binder_failed(binder); i++) {
        struct select_item *item = &select->list.items[i];

        if (item->expr == NULL) {
            expand_star(binder, select, item->star_qualifier);
            continue;
        }
        bind_expression(binder, &item->expr);
        if (!binder_failed(binder) && expr_is_predicate(item->expr))
            binder_fail(binder, 102, 15, 1, "Incorrect syntax near '%s'.",
                        item->expr->op == OP_EQUAL ? "=" : "(");
        *arena_append(binder->arena, &select->bound, items) = *item;
    }
}

static const char *item_name(const struct select_item *item)
{
    if (item->alias != NULL)
        return item->alias;
    return item->expr->kind == EXPR_COLUMN ? item->expr->source->columns[item->expr->column].name
                                           : "";
}

static bool is_aggregate(const struct expr *expr)
{
    return expr->kind == EXPR_CALL && expr->over == NULL && expr->builtin != NULL &&
           expr->builtin->result != NULL && (expr->builtin->flags & FUNCTION_AGGREGATE) != 0;
}

static enum sql_origin item_origin(const struct expr *expr)
{
    if (expr->kind == EXPR_COLUMN)
        return expr->source->columns[expr->column].origin;
    /* captured: an aggregate alone is neither stored nor computed */
    return is_aggregate(expr) ? SQL_PLAIN : SQL_COMPUTED;
}

/* Captured: columns and conversions keep the alias, functions of names have none. */
static bool item_is_sysname(const struct expr *expr)
{
    return expr->type.sysname && (expr->kind == EXPR_COLUMN || expr->kind == EXPR_CONVERT);
}

static void make_columns(struct binder *binder, struct select *select)
{
    select->columns_count = select->bound.items_count;
    select->columns =
        arena_new(binder->arena, (select->columns_count + 1) * sizeof *select->columns);
    for (size_t i = 0; i < select->columns_count; i++) {
        const struct select_item *item = &select->bound.items[i];

        text_copy(select->columns[i].name, sizeof select->columns[i].name, item_name(item));
        select->columns[i].type = item->expr->type;
        select->columns[i].type.sysname = item_is_sysname(item->expr);
        select->columns[i].origin = item_origin(item->expr);
    }
}

/* --- GROUP BY -------------------------------------------------------------------------------- */

static bool is_grouped(const struct select *select, const struct expr *expr)
{
    for (size_t i = 0; i < select->group_by.items_count; i++)
        if (expr_equal(select->group_by.items[i], expr))
            return true;
    return false;
}

static bool is_local(const struct scope *scope, const struct source *source)
{
    for (size_t i = 0; i < scope->sources_count; i++)
        if (scope->sources[i] == source)
            return true;
    return false;
}

/* Every column outside an aggregate must be grouped: error 8120. */
static void check_grouped(struct binder *binder, const struct select *select,
                          const struct expr *expr, const char *clause)
{
    if (binder_failed(binder) || is_grouped(select, expr))
        return;
    if (expr->kind == EXPR_COLUMN && is_local(binder->scope, expr->source)) {
        const struct source *source = expr->source;

        binder_fail(binder, 8120, 16, 1,
                    "Column '%s.%s' is invalid in the %s because it is not contained in either an "
                    "aggregate function or the GROUP BY clause.",
                    source->alias != NULL       ? source->alias
                    : source->name.name != NULL ? source->name.name
                                                : "",
                    source->columns[expr->column].name, clause);
        return;
    }
    if (is_aggregate(expr))
        return;
    for (size_t i = 0; i < expr->args.items_count; i++)
        check_grouped(binder, select, expr->args.items[i], clause);
}

static void check_grouping(struct binder *binder, const struct select *select)
{
    for (size_t i = 0; i < select->bound.items_count; i++)
        check_grouped(binder, select, select->bound.items[i].expr, "select list");
    if (select->having != NULL)
        check_grouped(binder, select, select->having, "HAVING clause");
}

/* --- ORDER BY --------------------------------------------------------------------------------- */

/* The select list's column that an ORDER BY item names: by position, alias or name. 0 = none. */
static int order_ordinal(struct binder *binder, const struct select *select,
                         const struct expr *expr)
{
    int found = 0;

    if (expr->kind == EXPR_INTEGER) {
        if (expr->integer < 1 || (size_t)expr->integer > select->columns_count) {
            binder_fail(binder, 108, 16, 1,
                        "The ORDER BY position number %lld is out of range of the number of items "
                        "in the select list.",
                        (long long)expr->integer);
            return 0;
        }
        return (int)expr->integer;
    }
    if (expr->kind != EXPR_COLUMN || expr->parts[2] != NULL)
        return 0;
    for (size_t i = 0; i < select->columns_count; i++)
        if (binder_same_name(binder, select->columns[i].name, expr->parts[3])) {
            if (found != 0 &&
                !(select->kind == SELECT_QUERY &&
                  expr_equal(select->bound.items[i].expr, select->bound.items[found - 1].expr))) {
                binder_fail(binder, 209, 16, 1, "Ambiguous column name '%s'.", expr->parts[3]);
                return 0;
            }
            found = found == 0 ? (int)i + 1 : found;
        }
    return found;
}

static void bind_order_item(struct binder *binder, struct select *select, struct order_item *item)
{
    item->ordinal = order_ordinal(binder, select, item->expr);
    if (binder_failed(binder) || item->ordinal != 0)
        return;
    if (select->kind != SELECT_QUERY) {
        binder_fail(binder, 104, 16, 1,
                    "ORDER BY items must appear in the select list if the statement contains a "
                    "UNION, INTERSECT or EXCEPT operator.");
        return;
    }
    bind_expression(binder, &item->expr);
    if (binder_failed(binder))
        return;
    for (size_t i = 0; i < select->bound.items_count && item->ordinal == 0; i++)
        if (expr_equal(select->bound.items[i].expr, item->expr))
            item->ordinal = (int)i + 1;
    if (item->ordinal != 0)
        return;
    if (select->distinct)
        binder_fail(binder, 145, 15, 1,
                    "ORDER BY items must appear in the select list if SELECT DISTINCT is "
                    "specified.");
    else if (select->aggregates)
        check_grouped(binder, select, item->expr, "ORDER BY clause");
}

void bind_row_count(struct binder *binder, struct expr **slot)
{
    struct sql_type type = type_of(SQL_BIGINT, true);

    bind_expression(binder, slot);
    if (!binder_failed(binder) && !type_is_number((*slot)->type.kind))
        binder_fail(binder, 1060, 15, 1,
                    "The number of rows provided for a TOP or FETCH clauses row count parameter "
                    "must be an integer.");
    if (!binder_failed(binder))
        bind_coerce(binder, slot, &type);
}

static void bind_order(struct binder *binder, struct select *select, bool top)
{
    bool allowed = binder->aggregates_allowed;

    if (!top && select->order_by.items_count > 0 && select->top == NULL && select->offset == NULL)
        binder_fail(binder, 1033, 15, 1,
                    "The ORDER BY clause is invalid in views, inline functions, derived tables, "
                    "subqueries, and common table expressions, unless TOP, OFFSET or FOR XML is "
                    "also specified.");
    binder->aggregates_allowed = select->kind == SELECT_QUERY;
    for (size_t i = 0; i < select->order_by.items_count && !binder_failed(binder); i++)
        bind_order_item(binder, select, &select->order_by.items[i]);
    binder->aggregates_allowed = allowed;
    if (select->offset != NULL)
        bind_row_count(binder, &select->offset);
    if (select->fetch != NULL)
        bind_row_count(binder, &select->fetch);
}

/* --- queries -----------------------------------------------------------------------------------
 */

static void bind_query(struct binder *binder, struct select *select, bool top)
{
    bool allowed = binder->aggregates_allowed, seen = binder->aggregate_seen;
    struct scope scope;

    scope_push(binder, &scope);
    binder->aggregates_allowed = binder->aggregate_seen = false;
    if (select->from != NULL)
        bind_source(binder, select->from);
    if (select->top != NULL)
        bind_row_count(binder, &select->top);
    if (select->where != NULL)
        bind_expression(binder, &select->where);
    for (size_t i = 0; i < select->group_by.items_count && !binder_failed(binder); i++)
        bind_expression(binder, &select->group_by.items[i]);
    binder->aggregates_allowed = true;
    bind_items(binder, select);
    if (select->having != NULL)
        bind_expression(binder, &select->having);
    select->aggregates = binder->aggregate_seen || select->group_by.items_count > 0;
    if (!binder_failed(binder)) {
        make_columns(binder, select);
        bind_order(binder, select, top);
    }
    select->aggregates = binder->aggregate_seen || select->group_by.items_count > 0;
    if (select->aggregates && !binder_failed(binder))
        check_grouping(binder, select);
    binder->aggregates_allowed = allowed;
    binder->aggregate_seen = seen;
    scope_pop(binder);
}

static void bind_values(struct binder *binder, struct select *select)
{
    size_t width = select->rows.items[0].items_count, height = select->rows.items_count;
    struct expr ***slots = arena_new(binder->arena, height * sizeof *slots);

    for (size_t r = 0; r < height; r++) {
        struct expr_list *row = &select->rows.items[r];

        if (row->items_count != width) {
            binder_fail(binder, 10709, 16, 1,
                        "The number of columns for each row in a table value constructor must be "
                        "the same.");
            return;
        }
        for (size_t c = 0; c < width && !binder_failed(binder); c++) {
            if (row->items[c] == NULL)
                binder_fail(binder, 156, 15, 1, "Incorrect syntax near the keyword 'DEFAULT'.");
            else
                bind_expression(binder, &row->items[c]);
        }
    }
    select->columns_count = width;
    select->columns = arena_new(binder->arena, width * sizeof *select->columns);
    for (size_t c = 0; c < width && !binder_failed(binder); c++) {
        for (size_t r = 0; r < height; r++)
            slots[r] = &select->rows.items[r].items[c];
        select->columns[c].type = bind_unify(binder, slots, height);
        select->columns[c].type.sysname = false;
        select->columns[c].origin = SQL_COMPUTED;
    }
}

/* The select items of a query or VALUES that stand in one column, for conversion. */
static void column_slots(struct binder *binder, struct select *select, size_t column,
                         struct expr ****slots, size_t *count, size_t *capacity)
{
    if (select->kind == SELECT_QUERY || select->kind == SELECT_VALUES) {
        size_t rows = select->kind == SELECT_QUERY ? 1 : select->rows.items_count;

        for (size_t r = 0; r < rows; r++) {
            *slots = arena_grow(binder->arena, *slots, capacity, *count, sizeof **slots);
            (*slots)[(*count)++] = select->kind == SELECT_QUERY
                                       ? &select->bound.items[column].expr
                                       : &select->rows.items[r].items[column];
        }
        return;
    }
    column_slots(binder, select->left, column, slots, count, capacity);
    column_slots(binder, select->right, column, slots, count, capacity);
}

static void bind_set_operation(struct binder *binder, struct select *select, bool top)
{
    bind_select(binder, select->left, false);
    if (!binder_failed(binder))
        bind_select(binder, select->right, false);
    if (binder_failed(binder))
        return;
    if (select->left->columns_count != select->right->columns_count) {
        binder_fail(binder, 205, 16, 1,
                    "All queries combined using a UNION, INTERSECT or EXCEPT operator must have "
                    "an equal number of expressions in their target lists.");
        return;
    }
    select->columns_count = select->left->columns_count;
    select->columns = arena_new(binder->arena, select->columns_count * sizeof *select->columns);
    memcpy(select->columns, select->left->columns, select->columns_count * sizeof *select->columns);
    for (size_t c = 0; c < select->columns_count && !binder_failed(binder); c++) {
        struct expr ***slots = NULL;
        size_t count = 0, capacity = 0;

        column_slots(binder, select, c, &slots, &count, &capacity);
        select->columns[c].type = bind_unify(binder, slots, count);
        select->columns[c].type.sysname = false;
        select->columns[c].origin = SQL_COMPUTED;
    }
    if (!binder_failed(binder))
        bind_order(binder, select, top);
}

/* The source in FROM that reads the CTE itself; NULL = none. */
static const struct source *self_reference(const struct source *source, const struct cte *cte)
{
    const struct source *found;

    if (source == NULL)
        return NULL;
    if (source->kind != SOURCE_JOIN)
        return source->kind == SOURCE_CTE && source->sqlite_name == cte->sqlite_name ? source
                                                                                     : NULL;
    found = self_reference(source->left, cte);
    return found != NULL ? found : self_reference(source->right, cte);
}

/* Gives each part of a recursive CTE its column of depth: 0, or one more than the row before,
 * which is where recursion beyond 100 ends. */
static void bind_depth(struct binder *binder, struct cte *cte, struct select *select)
{
    const struct source *source;
    char text[48];

    if (select->left != NULL) {
        bind_depth(binder, cte, select->left);
        bind_depth(binder, cte, select->right);
        return;
    }
    select->depth = "0";
    source = select->kind == SELECT_QUERY ? self_reference(select->from, cte) : NULL;
    if (source == NULL)
        return;
    cte->recursive = true;
    snprintf(text, sizeof text, "ts_depth(s%d.depth)", source->id);
    select->depth = arena_copy(binder->arena, text, strlen(text));
}

static void forget_depth(struct select *select)
{
    select->depth = NULL;
    if (select->left != NULL) {
        forget_depth(select->left);
        forget_depth(select->right);
    }
}

/* Binds a CTE; one that names itself is bound by its first part, then whole. */
static void bind_cte(struct binder *binder, struct cte *cte)
{
    struct scope *scope = binder->scope;

    binder->scope = NULL;
    if (cte->select->kind == SELECT_UNION_ALL) {
        bind_select(binder, cte->select->left, false);
        if (!binder_failed(binder)) {
            cte->columns =
                bind_rename_columns(binder, cte->select->left, &cte->column_names, cte->name);
            cte->columns_count = cte->select->left->columns_count;
            cte->sqlite_name = bind_generated_name(binder, 'x', ++binder->next_id);
        }
    }
    if (!binder_failed(binder))
        bind_select(binder, cte->select, false);
    binder->scope = scope;
    if (binder_failed(binder))
        return;
    cte->columns = bind_rename_columns(binder, cte->select, &cte->column_names, cte->name);
    cte->columns_count = cte->select->columns_count;
    cte->recursive = false;
    if (cte->sqlite_name != NULL)
        bind_depth(binder, cte, cte->select);
    if (!cte->recursive)
        forget_depth(cte->select);
    if (cte->sqlite_name == NULL)
        cte->sqlite_name = bind_generated_name(binder, 'x', ++binder->next_id);
}

void bind_ctes(struct binder *binder, struct cte_list *list, struct cte_scope *scope)
{
    *scope = (struct cte_scope){.outer = binder->ctes, .list = list};
    binder->ctes = scope;
    for (size_t i = 0; i < list->items_count; i++)
        list->items[i].sqlite_name = NULL;
    for (size_t i = 0; i < list->items_count && !binder_failed(binder); i++)
        bind_cte(binder, &list->items[i]);
}

void bind_select(struct binder *binder, struct select *select, bool top)
{
    struct cte_scope scope, *outer = binder->ctes;

    if (binder_failed(binder))
        return;
    if (select->ctes.items_count > 0)
        bind_ctes(binder, &select->ctes, &scope);
    if (!binder_failed(binder)) {
        if (select->kind == SELECT_QUERY)
            bind_query(binder, select, top);
        else if (select->kind == SELECT_VALUES)
            bind_values(binder, select);
        else
            bind_set_operation(binder, select, top);
    }
    binder->ctes = outer;
}
