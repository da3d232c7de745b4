/* INSERT: rows of a query, of VALUES or defaults into a table. */
#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "tests/lab/sql/emit.h"
#include "tests/lab/sql/write.h"

enum { COMMAND_INSERT = 195 };

/* The table's columns that the statement gives, in its order; owned by the arena. */
static int *target_columns(struct binder *binder, const struct statement *statement,
                           const struct table *table, size_t *count)
{
    int *columns = arena_new(binder->arena, (table->columns_count + 1) * sizeof *columns);
    char full_name[400];

    *count = 0;
    snprintf(full_name, sizeof full_name, "%s", table->name);
    for (size_t i = 0; i < statement->columns.items_count && !binder_failed(binder); i++) {
        int column = write_find_column(binder, table, statement->columns.items[i]);

        for (size_t k = 0; k < *count; k++)
            if (columns[k] == column)
                binder_fail(binder, 264, 16, 1,
                            "The column name '%s' is specified more than once in the SET clause or "
                            "column list of an INSERT.",
                            statement->columns.items[i]);
        if (column == table->identity && column >= 0 &&
            !text_equal_nocase(binder->run->state->identity_insert, full_name))
            binder_fail(binder, 544, 16, 1,
                        "Cannot insert explicit value for identity column in table '%s' when "
                        "IDENTITY_INSERT is set to OFF.",
                        table->name);
        if (*count < table->columns_count)
            columns[(*count)++] = column;
    }
    if (statement->columns.items_count == 0)
        for (size_t i = 0; i < table->columns_count; i++)
            if ((int)i != table->identity)
                columns[(*count)++] = (int)i;
    return columns;
}

/* The columns of a query or the rows of VALUES, converted to what the table's columns hold; where
 * a value may be too long it keeps its length. */
static void coerce_column(struct binder *binder, struct select *select, size_t index,
                          const struct sql_type *to)
{
    if (select->kind == SELECT_QUERY || select->kind == SELECT_VALUES) {
        size_t rows = select->kind == SELECT_QUERY ? 1 : select->rows.items_count;

        for (size_t r = 0; r < rows && !binder_failed(binder); r++) {
            struct expr **slot = select->kind == SELECT_QUERY ? &select->bound.items[index].expr
                                                              : &select->rows.items[r].items[index];
            struct sql_type type = *to;

            if (write_may_be_too_long(&(*slot)->type, to))
                type = (*slot)->type;
            bind_coerce(binder, slot, &type);
        }
        return;
    }
    coerce_column(binder, select->left, index, to);
    coerce_column(binder, select->right, index, to);
}

/* DEFAULT in VALUES becomes the column's default. */
static void replace_defaults(struct binder *binder, struct select *select,
                             const struct table *table, const int *columns, size_t count)
{
    struct parse_error error;

    for (size_t r = 0; r < select->rows.items_count; r++)
        for (size_t c = 0; c < select->rows.items[r].items_count && c < count; c++) {
            struct expr **slot = &select->rows.items[r].items[c];
            const char *text = table->defaults == NULL ? NULL : table->defaults[columns[c]];

            if (*slot != NULL)
                continue;
            *slot = text == NULL ? NULL : parse_scalar(binder->arena, text, &error);
            if (*slot == NULL) {
                *slot = arena_new(binder->arena, sizeof **slot);
                (*slot)->kind = EXPR_NULL;
            }
        }
}

static void bind_insert_source(struct binder *binder, struct select *select,
                               const struct table *table, const int *columns, size_t count)
{
    if (select->kind == SELECT_VALUES)
        replace_defaults(binder, select, table, columns, count);
    bind_select(binder, select, true);
    if (binder_failed(binder))
        return;
    if (select->columns_count != count) {
        if (select->kind == SELECT_VALUES)
            binder_fail(binder, select->columns_count < count ? 109 : 110, 15, 1,
                        "There are %s columns in the INSERT statement than values specified in "
                        "the VALUES clause. The number of values in the VALUES clause must match "
                        "the number of columns specified in the INSERT statement.",
                        select->columns_count < count ? "more" : "fewer");
        else
            binder_fail(binder, select->columns_count < count ? 120 : 121, 15, 1,
                        "The select list for the INSERT statement contains %s items than the "
                        "insert list. The number of SELECT values must match the number of INSERT "
                        "columns.",
                        select->columns_count < count ? "fewer" : "more");
        return;
    }
    for (size_t i = 0; i < count && !binder_failed(binder); i++)
        coerce_column(binder, select, i, &table->columns[columns[i]].type);
}

static bool is_given(const int *columns, size_t count, int column)
{
    for (size_t i = 0; i < count; i++)
        if (columns[i] == column)
            return true;
    return false;
}

/* Columns that the statement does not give: identity and defaults. */
static void emit_missing(struct binder *binder, struct str *names, struct str *values,
                         const struct table *table, const int *columns, size_t count)
{
    for (size_t i = 0; i < table->columns_count; i++) {
        const char *text = table->defaults == NULL ? NULL : table->defaults[i];
        struct parse_error error;
        struct expr *expr;

        if (is_given(columns, count, (int)i) || ((int)i != table->identity && text == NULL))
            continue;
        str_format(names, "%sc%zu", names->length == 0 ? "" : ",", i);
        str_add(values, values->length == 0 ? "" : ",");
        if ((int)i == table->identity) {
            str_format(values, "ts_identity(%d)", table->id);
            continue;
        }
        expr = parse_scalar(binder->arena, text, &error);
        if (expr == NULL)
            continue;
        bind_expression(binder, &expr);
        if (!binder_failed(binder))
            bind_coerce(binder, &expr, &table->columns[i].type);
        if (!binder_failed(binder))
            emit_expression(binder->run, values, expr);
    }
}

static void emit_insert(struct binder *binder, struct str *sql, const struct select *select,
                        const struct table *table, const int *columns, size_t count)
{
    struct str names = {0}, values = {0};

    for (size_t i = 0; i < count && select != NULL; i++) {
        const struct sql_type *from = &select->columns[i].type;
        struct sql_type widest = *from;
        char value[32];

        if (select->kind == SELECT_QUERY)
            widest = select->bound.items[i].expr->type;
        snprintf(value, sizeof value, "q.c%zu", i);
        str_format(&names, "%sc%d", i == 0 ? "" : ",", columns[i]);
        str_add(&values, i == 0 ? "" : ",");
        write_emit_fitted(&values, value, &widest, table, columns[i]);
    }
    emit_missing(binder, &names, &values, table, columns, select == NULL ? 0 : count);
    if (names.length == 0) {
        str_format(sql, "INSERT INTO t%d DEFAULT VALUES", table->id);
    } else {
        str_format(sql, "INSERT INTO t%d(%s) SELECT %s", table->id, str_text(&names),
                   str_text(&values));
        if (select != NULL) {
            str_add(sql, " FROM (");
            emit_select(binder->run, sql, select);
            str_add(sql, ") AS q");
        }
    }
    str_free(&names);
    str_free(&values);
}

enum flow run_insert(struct run *run, struct statement *statement)
{
    struct binder binder;
    struct str sql = {0};
    struct table *table;
    int *columns;
    size_t count;
    enum flow flow = FLOW_NEXT;

    binder_init(&binder, run);
    table = bind_target(&binder, &statement->target, "INSERT");
    if (table == NULL)
        return query_bind_failed(run, &binder);
    columns = target_columns(&binder, statement, table, &count);
    if (statement->execute != NULL && !binder_failed(&binder))
        return run_insert_execute(run, statement, table, columns, count);
    if (statement->select != NULL && !binder_failed(&binder))
        bind_insert_source(&binder, statement->select, table, columns, count);
    if (!binder_failed(&binder))
        emit_insert(&binder, &sql, statement->select, table, columns, count);
    if (binder_failed(&binder))
        flow = query_bind_failed(run, &binder);
    else if (query_fill(run, &binder, &flow))
        flow = write_rows(run, table, str_text(&sql), "INSERT", COMMAND_INSERT);
    str_free(&sql);
    return flow;
}
