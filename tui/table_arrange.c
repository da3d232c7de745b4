/* Which rows of a table are shown, and in which order. */
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "tui/find.h"
#include "tui/table_private.h"

bool table_row_contains(const struct table *table, const struct table_row *row, const char *text)
{
    if (row->group > 0 &&
        find_nocase(table_text(table, table->groups[row->group - 1].heading), text, NULL) != NULL)
        return true;
    for (size_t i = 0; i < row->cells_count; i++)
        if (find_nocase(table_text(table, table->cells[row->cells + i].text), text, NULL) != NULL)
            return true;
    return false;
}

static int compare_numbers(int64_t a, int64_t b)
{
    return a < b ? -1 : a > b ? 1 : 0;
}

/* Two cells of the sort column. What is not known comes last in either direction. */
static int compare_cells(const struct table *table, const struct table_cell *a,
                         const struct table_cell *b)
{
    bool a_unknown = a == NULL || (a->has_key && a->key == TABLE_SORT_UNKNOWN);
    bool b_unknown = b == NULL || (b->has_key && b->key == TABLE_SORT_UNKNOWN);
    if (a_unknown || b_unknown)
        return (int)a_unknown - (int)b_unknown;
    int order = a->has_key && b->has_key
                    ? compare_numbers(a->key, b->key)
                    : text_compare_nocase(table_text(table, a->text), table_text(table, b->text));
    return table->reverse ? -order : order;
}

static const struct table_cell *sort_cell(const struct table *table, const struct table_row *row)
{
    size_t column = (size_t)table->sort_column;
    return column < row->cells_count ? &table->cells[row->cells + column] : NULL;
}

static int compare_rows(const void *left, const void *right, void *context)
{
    const struct table *table = context;
    size_t a = *(const size_t *)left, b = *(const size_t *)right;
    const struct table_row *x = &table->rows[a], *y = &table->rows[b];
    if (x->group != y->group)
        return x->group < y->group ? -1 : 1;
    if (table->sort_column >= 0) {
        int order = compare_cells(table, sort_cell(table, x), sort_cell(table, y));
        if (order != 0)
            return order;
        return a < b ? -1 : 1; /* equal ones stay as given */
    }
    int order = a < b ? -1 : 1;
    return table->reverse ? -order : order;
}

static void build_lines(struct table *table)
{
    size_t group = 0;
    table->lines_count = 0;
    for (size_t i = 0; i < table->shown_count; i++) {
        const struct table_row *row = &table->rows[table->shown[i]];
        if (row->group != group) {
            group = row->group;
            *memory_append(table, lines) = (struct table_line){.heading = true, .index = group - 1};
        }
        *memory_append(table, lines) = (struct table_line){.index = i};
    }
}

void table_arrange(struct table *table)
{
    table->shown_count = 0;
    for (size_t i = 0; i < table->rows_count; i++)
        if (table->filter[0] == '\0' || table_row_contains(table, &table->rows[i], table->filter))
            *memory_append(table, shown) = i;
    if (table->shown_count > 0 && (table->sort_column >= 0 || table->reverse))
        qsort_r(table->shown, table->shown_count, sizeof *table->shown, compare_rows, table);
    build_lines(table);
    if (table->selected >= table->shown_count)
        table->selected = table->shown_count > 0 ? table->shown_count - 1 : 0;
    for (size_t i = 0; table->wanted != NULL && i < table->shown_count; i++)
        if (strcmp(table_text(table, table->rows[table->shown[i]].identity), table->wanted) == 0) {
            table->selected = i;
            return;
        }
}
