/* Small pictures of numbers: sparkline, gauge, and the matrix of rows against columns that scroll.
 * Pure drawing; nothing is kept but the matrix's own position. One thread at a time.
 */
#ifndef STOPMARK_TUI_CHART_H
#define STOPMARK_TUI_CHART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tui/canvas.h"

/* Draws the newest values, right-aligned in `cells` cells, one cell each; where there are more
 * values than cells, each cell shows the greatest of its share, for a peak must not be lost. NAN
 * is "not known" and shown as a gap ('?' in ASCII, '·' else). Scaled from 0 to the greatest value,
 * or to `top` where top > 0. Values above limit (NAN = none) are drawn in ATTR_WARNING.
 * Returns column + cells. */
int chart_sparkline(const struct canvas *canvas, int row, int column, int cells,
                    const double *values, size_t values_count, double top, double limit);

/* Draws a bar of `cells` cells, `part` of it (0 to 1, clamped; NAN = not known: '?' all over)
 * full, the full part in attr, followed by " 61 %" in five cells more. Returns the column behind.
 */
int chart_gauge(const struct canvas *canvas, int row, int column, int cells, double part,
                unsigned attr);

enum { CHART_PERCENT_CELLS = 6 };

/* A bar of value against two limits, with marks where the limits lie: ok below warning, critical
 * from critical on. value NAN = not known; a limit NAN = none. Its attribute follows the limits.
 * Returns column + cells. */
int chart_limit_gauge(const struct canvas *canvas, int row, int column, int cells, double value,
                      double warning, double critical);

/* --- the matrix ------------------------------------------------------------------------------- */

struct matrix_cell {
    enum glyph glyph;
    unsigned attr;     /* ATTR_NORMAL = the glyph's own */
    enum glyph second; /* the second line's sign; GLYPH_NONE shows nothing */
};

struct matrix_row {
    const char *group; /* borrowed; shown where it differs from the row above; NULL = none */
    const char *name;  /* borrowed */
    bool footer;       /* stands apart at the bottom: the whole group */
};

struct matrix_column {
    const char *heading[2]; /* borrowed; two heading lines, NULL = none */
    unsigned attr;          /* of the headings */
    uint64_t identity;      /* alike in every refresh */
};

/* What the matrix shows: borrowed for the call. cells[row * columns_count + column]. Rows that are
 * footers come last. */
struct matrix_data {
    const char *heading_labels[2]; /* left of the heading lines */
    const struct matrix_row *rows;
    size_t rows_count;
    const struct matrix_column *columns; /* oldest first: the newest stands right */
    size_t columns_count;
    const struct matrix_cell *cells;
    int group_cells, name_cells, column_cells; /* widths; 0 = fit */
    bool second_line;                          /* show matrix_cell.second under each row */
};

/* Where a person is in it. Zeroed: the newest column, the first row. */
struct matrix {
    uint64_t column_identity; /* the selected column; 0 = the newest */
    size_t row;               /* the selected row */
    size_t first_column, first_row;
    size_t page_rows, page_columns; /* as last drawn */
    bool placed;                    /* false: follow the newest column */
};

/* Handles arrows, h l j k, PgUp PgDn (rows), Home End (oldest, newest column), g G. True if used.
 */
bool matrix_key(struct matrix *matrix, const struct matrix_data *data, uint32_t key);

/* The index of the selected column; data->columns_count if there is none. */
size_t matrix_selected_column(const struct matrix *matrix, const struct matrix_data *data);

/* Selects a column by its identity. */
void matrix_select(struct matrix *matrix, uint64_t column_identity);

/* Draws headings, rows and footer rows, scrolled so that the selected column and row are seen. */
void matrix_draw(struct matrix *matrix, const struct matrix_data *data, const struct canvas *canvas,
                 bool focused);

#endif
