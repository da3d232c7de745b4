/* Queries in SQLite's words. */
#include "tests/lab/sql/cell.h"
#include "tests/lab/sql/emit.h"

void emit_order(struct run *run, struct str *out, const struct order_list *list,
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

void emit_source(struct run *run, struct str *out, const struct source *source)
{
    static const char *const joins[] = {[JOIN_INNER] = " JOIN ",
                                        [JOIN_LEFT] = " LEFT JOIN ",
                                        [JOIN_RIGHT] = " RIGHT JOIN ",
                                        [JOIN_FULL] = " FULL JOIN ",
                                        [JOIN_CROSS] = " JOIN "};

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

void emit_row_count(struct run *run, struct str *out, const struct expr *expr)
{
    str_add(out, "ts_rows(");
    emit_expression(run, out, expr);
    str_add(out, ")");
}

static void emit_limit(struct run *run, struct str *out, const struct select *select)
{
    if (select->top != NULL) {
        str_add(out, " LIMIT ");
        emit_row_count(run, out, select->top);
    } else if (select->offset != NULL) {
        str_add(out, " LIMIT ");
        if (select->fetch != NULL)
            emit_row_count(run, out, select->fetch);
        else
            str_add(out, "-1");
        str_add(out, " OFFSET ");
        emit_row_count(run, out, select->offset);
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
    if (select->depth != NULL)
        str_format(out, ",%s AS depth", select->depth);
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
    if (select->depth != NULL)
        str_format(out, ",%s AS depth", select->depth);
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
        str_add(out, cte->recursive ? ",depth) AS (" : ") AS (");
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
