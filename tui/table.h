/* A table: columns that leave in order of worth when the window is narrow, rows that keep the
 * selection through every refresh because each has an identity, sorting, a filter, paging, group
 * headings. A pure model that draws into a canvas; it never touches a terminal.
 *
 * A refresh is table_begin(), rows and cells in the order of the columns, table_end(). All texts
 * are copied. One thread at a time.
 */
#ifndef STOPMARK_TUI_TABLE_H
#define STOPMARK_TUI_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/str.h"
#include "tui/canvas.h"

struct table_column {
    const char *title; /* borrowed for the table's life */
    int minimum;       /* cells without which the column is not shown */
    int ideal;         /* cells beyond which it does not grow; 0 = as wide as its longest text */
    int worth;         /* the lowest leaves first; TABLE_ALWAYS never leaves */
    enum align align;
    bool unsorted; /* the sort keys pass it over */
};

enum { TABLE_ALWAYS = 1000 };

/* The key of a value that is not known: sorts behind all others, in both directions. */
#define TABLE_SORT_UNKNOWN INT64_MIN

struct table;

/* A table without rows, sorted as the rows are given. columns is borrowed for the table's life
 * (a static const array). Owned: table_free(). */
struct table *table_new(const struct table_column *columns, size_t columns_count);

/* Frees the table; NULL does nothing. */
void table_free(struct table *table);

/* --- refresh ---------------------------------------------------------------------------------- */

/* Begins a refresh: the rows go, selection, sorting, filter and scrolling stay. */
void table_begin(struct table *table);

/* Begins a group: following rows stand under this heading, and sorting stays within it. A group
 * without rows (or whose rows are filtered away) is not shown. */
void table_group(struct table *table, unsigned attr, const char *heading);

/* Begins a row. identity names the thing that the row shows, alike in every refresh and unique in
 * the table. attr is that of cells which have ATTR_NORMAL. */
void table_row(struct table *table, const char *identity, unsigned attr);

/* As table_row with a number for an identity. */
void table_row_id(struct table *table, uint64_t identity, unsigned attr);

/* Adds the row's next cell; text NULL is "". Sorted as text without case. */
void table_cell(struct table *table, unsigned attr, const char *text);

/* Adds the row's next cell, sorted by key (TABLE_SORT_UNKNOWN = not known) instead of its text. */
void table_cell_key(struct table *table, unsigned attr, const char *text, int64_t key);

/* Adds a cell that shows a sign and, behind it, a word (NULL = none) in the sign's attribute;
 * sorted by key. */
void table_cell_sign(struct table *table, enum glyph glyph, const char *word, int64_t key);

/* Adds a formatted cell. */
void table_cell_format(struct table *table, unsigned attr, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Ends a refresh: sorts, filters, and finds the selected row again by its identity; where it is
 * gone, the selection stays at its place on the screen. */
void table_end(struct table *table);

/* What is shown where no row is: "no sets yet", "not allowed to read msdb: ...". Copied; NULL =
 * "nothing to show". */
void table_set_empty_text(struct table *table, unsigned attr, const char *text);

/* --- what is there ---------------------------------------------------------------------------- */

/* All rows; headings do not count. */
size_t table_count(const struct table *table);

/* The rows that the filter lets through. */
size_t table_shown_count(const struct table *table);

/* The selected row's identity, borrowed until the next refresh; NULL if there is no row. */
const char *table_selected(const struct table *table);

/* The selected row's number; fallback if there is no row. Only for rows of table_row_id(). */
uint64_t table_selected_id(const struct table *table, uint64_t fallback);

/* The text of a cell of the selected row, borrowed until the next refresh; "" if there is none. */
const char *table_selected_text(const struct table *table, size_t column);

/* Appends the selected row, cells separated by tabs: what `y` copies. */
void table_copy_selected(const struct table *table, struct str *out);

/* Appends all shown rows with titles and headings, columns padded to their longest text: what `w`
 * saves. */
void table_dump(const struct table *table, enum glyph_set set, struct str *out);

/* --- selection, sorting, filter --------------------------------------------------------------- */

/* Selects the row with this identity; false and no change if it is not shown. */
bool table_select(struct table *table, const char *identity);

/* As table_select for a row of table_row_id(). */
bool table_select_id(struct table *table, uint64_t identity);

/* Moves the selection by so many rows, stopping at the ends. */
void table_move(struct table *table, long rows);

/* Sorts by a column; -1 = as given. */
void table_sort(struct table *table, int column, bool reverse);

/* The column sorted by; -1 = as given. */
int table_sort_column(const struct table *table);

/* True if the order is reversed. */
bool table_sort_reverse(const struct table *table);

/* Shows only rows that contain text in any cell or in their group's heading, without case; NULL or
 * "" shows all. */
void table_filter(struct table *table, const char *text);

/* The filter, borrowed; "" = none. */
const char *table_filter_text(const struct table *table);

/* Selects the next (or previous) row that contains text, going on at the other end; false if there
 * is none. */
bool table_search(struct table *table, const char *text, bool backwards);

/* --- keys and drawing ------------------------------------------------------------------------- */

/* Handles arrows, j k g G, PgUp PgDn, C-f C-b, Home End, `/` (typing a filter: Enter keeps it, Esc
 * drops it), n N (next match of the last filter), s (next sort column), S (reverse), `<` `>` (sort
 * column left, right), Esc where a filter is set. True if the key was used. Enter outside of the
 * filter is never used: it is the screen's. */
bool table_key(struct table *table, uint32_t key);

/* True while a filter is being typed: then every key belongs to the table. */
bool table_is_typing(const struct table *table);

/* A click at a position inside the region of the last table_draw(): selects the row, or sorts by
 * the title; true if there was one. */
bool table_click(struct table *table, int row, int column);

/* Draws titles, rows and, where a filter is set or typed, the filter line at the bottom. Scrolls so
 * that the selection is seen and places the cursor on it if focused. */
void table_draw(struct table *table, const struct canvas *canvas, bool focused);

/* "12 of 40, filter "abc", sorted by lag" into out: for a message line or a panel's title. */
void table_describe(const struct table *table, char *out, size_t size);

#endif
