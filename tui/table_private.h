/* Inside the table room: its state, shared by the files that fill, arrange, draw and drive it. Main
 * thread only; the table owns it (table_free). Nobody else includes it.
 */
#ifndef STOPMARK_TUI_TABLE_PRIVATE_H
#define STOPMARK_TUI_TABLE_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/str.h"
#include "tui/form.h"
#include "tui/table.h"

struct table_cell {
    size_t text; /* offset into texts */
    int64_t key;
    bool has_key;
    uint8_t attr;
    enum glyph glyph; /* drawn before the text */
};

struct table_row {
    size_t identity; /* offset into texts */
    uint64_t number; /* of table_row_id() */
    size_t cells, cells_count;
    size_t group; /* index + 1 into groups; 0 = none */
    unsigned attr;
};

struct table_group {
    size_t heading; /* offset into texts */
    unsigned attr;
};

/* A line of the body as it would be without an end to the window. */
struct table_line {
    bool heading;
    size_t index; /* into groups, or into shown */
};

struct table {
    const struct table_column *columns; /* borrowed */
    size_t columns_count;
    struct str texts; /* every text of this refresh, each terminated */
    struct table_cell *cells;
    size_t cells_count, cells_capacity;
    struct table_row *rows;
    size_t rows_count, rows_capacity;
    struct table_group *groups;
    size_t groups_count, groups_capacity;
    int *longest[2]; /* cells of the longest text of each column, for either set of glyphs */
    size_t *shown;   /* rows that the filter lets through, sorted */
    size_t shown_count, shown_capacity;
    struct table_line *lines;
    size_t lines_count, lines_capacity;

    size_t selected; /* index into shown */
    char *wanted;    /* owned; the identity to be selected, which a filter may hide */
    int sort_column; /* -1 = as given */
    bool reverse;
    char *filter;      /* owned */
    char *last_search; /* owned; what `n` looks for */
    bool typing;
    struct form_input typed;
    char *empty_text; /* owned */
    unsigned empty_attr;

    size_t top;  /* the first line drawn */
    int *widths; /* of each column as last drawn; 0 = left out */
    int *places; /* where each column began */
    int page;    /* body rows as last drawn */
};

/* The text at an offset. */
static inline const char *table_text(const struct table *table, size_t offset)
{
    return str_text(&table->texts) + offset;
}

/* Filters, sorts, builds the lines and finds the selected row again. */
void table_arrange(struct table *table);

/* True if a row contains text in a cell or in its group's heading. */
bool table_row_contains(const struct table *table, const struct table_row *row, const char *text);

/* The selected row; NULL if there is none. */
const struct table_row *table_selected_row(const struct table *table);

#endif
