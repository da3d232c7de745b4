#include "tui/canvas.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"

struct canvas_grid {
    int rows, columns;
    enum glyph_set set;
    int cursor_row, cursor_column; /* cursor_row < 0: none */
    bool cursor_visible;
    struct cell cells[];
};

struct canvas canvas_open(int rows, int columns, enum glyph_set set)
{
    rows = rows < 1 ? 1 : rows;
    columns = columns < 1 ? 1 : columns;
    size_t cells = (size_t)rows * (size_t)columns * sizeof(struct cell);
    struct canvas_grid *grid = memory_new(sizeof *grid + cells);
    grid->rows = rows;
    grid->columns = columns;
    grid->set = set;
    struct canvas canvas = {.grid = grid, .rows = rows, .columns = columns};
    canvas_clear(&canvas);
    return canvas;
}

void canvas_close(struct canvas *canvas)
{
    free(canvas->grid);
    *canvas = (struct canvas){0};
}

struct canvas canvas_region(const struct canvas *parent, int row, int column, int rows, int columns)
{
    struct canvas region = {.grid = parent->grid};
    int top = row < 0 ? 0 : row > parent->rows ? parent->rows : row;
    int left = column < 0 ? 0 : column > parent->columns ? parent->columns : column;
    int bottom = rows < 0 || rows > parent->rows - row ? parent->rows : row + rows;
    int right =
        columns < 0 || columns > parent->columns - column ? parent->columns : column + columns;
    region.row = parent->row + top;
    region.column = parent->column + left;
    region.rows = bottom > top ? bottom - top : 0;
    region.columns = right > left ? right - left : 0;
    return region;
}

enum glyph_set canvas_set(const struct canvas *canvas)
{
    return canvas->grid->set;
}

static struct cell *cell_at(const struct canvas *canvas, int row, int column)
{
    if (row < 0 || column < 0 || row >= canvas->rows || column >= canvas->columns)
        return NULL;
    struct canvas_grid *grid = canvas->grid;
    return &grid->cells[(canvas->row + row) * grid->columns + canvas->column + column];
}

/* Half of a wide character cannot stand: whichever half is about to be overwritten, the other
 * becomes a blank. It may lie outside of the region. */
static void separate(const struct canvas *canvas, int row, int column)
{
    const struct canvas whole = {
        .grid = canvas->grid, .rows = canvas->grid->rows, .columns = canvas->grid->columns};
    row += canvas->row;
    column += canvas->column;
    struct cell *here = cell_at(&whole, row, column);
    struct cell *left = cell_at(&whole, row, column - 1);
    struct cell *right = cell_at(&whole, row, column + 1);
    if (here->code[0] == 0 && left != NULL)
        left->code[0] = ' ', left->code[1] = left->code[2] = 0;
    else if (here->code[0] != 0 && right != NULL && right->code[0] == 0)
        right->code[0] = ' ';
}

static void put(const struct canvas *canvas, int row, int column, unsigned attr, uint32_t code)
{
    struct cell *cell = cell_at(canvas, row, column);
    if (cell == NULL)
        return;
    separate(canvas, row, column);
    *cell = (struct cell){.code = {code}, .attr = (uint8_t)attr};
}

/* A wide character, or a blank where one of its halves is cut off. */
static void put_wide(const struct canvas *canvas, int row, int column, unsigned attr, uint32_t code)
{
    bool whole = cell_at(canvas, row, column) != NULL && cell_at(canvas, row, column + 1) != NULL;
    put(canvas, row, column, attr, ' ');
    put(canvas, row, column + 1, attr, ' ');
    if (whole) {
        cell_at(canvas, row, column)->code[0] = code;
        cell_at(canvas, row, column + 1)->code[0] = 0;
    }
}

static void put_combining(const struct canvas *canvas, int row, int column, uint32_t code)
{
    struct cell *cell = cell_at(canvas, row, column);
    if (cell != NULL && cell->code[0] == 0)
        cell = cell_at(canvas, row, column - 1);
    if (cell == NULL || canvas->grid->set == GLYPH_SET_ASCII)
        return;
    if (cell->code[1] == 0)
        cell->code[1] = code;
    else if (cell->code[2] == 0)
        cell->code[2] = code;
}

void canvas_clear(const struct canvas *canvas)
{
    canvas_fill(canvas, 0, 0, canvas->rows, canvas->columns, ATTR_NORMAL, ' ');
    if (canvas->rows == canvas->grid->rows && canvas->columns == canvas->grid->columns)
        canvas->grid->cursor_row = -1;
}

/* Draws clean text, at most up to end_column; returns the column behind it. */
static int put_clean(const struct canvas *canvas, int row, int column, int end_column,
                     unsigned attr, const char *text)
{
    bool ascii = canvas->grid->set == GLYPH_SET_ASCII;
    int start = column;
    while (*text != '\0') {
        uint32_t code = text_next(&text);
        int width = text_char_width(code);
        if (column + width > end_column)
            break;
        if (width == 0 && column > start)
            put_combining(canvas, row, column - 1, code);
        else if (width == 2 && !ascii)
            put_wide(canvas, row, column, attr, code);
        else if (width > 0)
            for (int i = 0; i < width; i++)
                put(canvas, row, column + i, attr, ascii ? (uint32_t)glyph_ascii(code) : code);
        column += width;
    }
    return column;
}

/* The text itself where it is clean, else a clean copy in buffer or in *owned. */
static const char *clean(const char *text, char *buffer, size_t size, char **owned)
{
    *owned = NULL;
    if (text == NULL || text_is_clean(text))
        return text == NULL ? "" : text;
    size_t need = strlen(text) * 3 + 1; /* a bad byte becomes three */
    if (need > size)
        buffer = *owned = memory_new(size = need);
    text_clean(buffer, size, text);
    return buffer;
}

int canvas_typed(const struct canvas *canvas, int row, int column, unsigned attr, const char *text)
{
    char buffer[512], *owned;
    const char *fit = clean(text, buffer, sizeof buffer, &owned);
    column = put_clean(canvas, row, column, INT32_MAX, attr, fit);
    free(owned);
    return column;
}

int canvas_text(const struct canvas *canvas, int row, int column, unsigned attr, const char *text)
{
    int end = canvas_typed(canvas, row, column, attr, text);
    if (end > canvas->columns && column < canvas->columns)
        canvas_glyph(canvas, row, canvas->columns - 1, GLYPH_ELLIPSIS, attr);
    return end;
}

int canvas_format(const struct canvas *canvas, int row, int column, unsigned attr,
                  const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return canvas_text(canvas, row, column, attr, text);
}

int canvas_fit(const struct canvas *canvas, int row, int column, int cells, enum align align,
               unsigned attr, const char *text)
{
    char buffer[512], *owned;
    const char *fit = clean(text, buffer, sizeof buffer, &owned);
    int end = column + (cells > 0 ? cells : 0);
    int spare = cells - text_width(fit);
    for (int i = column; i < end; i++)
        put(canvas, row, i, attr, ' ');
    if (spare < 0 && cells > 0) {
        put_clean(canvas, row, column, end - 1, attr, fit);
        canvas_glyph(canvas, row, end - 1, GLYPH_ELLIPSIS, attr);
    } else if (cells > 0) {
        int shift = align == ALIGN_RIGHT ? spare : align == ALIGN_CENTRE ? spare / 2 : 0;
        put_clean(canvas, row, column + shift, end, attr, fit);
    }
    free(owned);
    return end;
}

int canvas_right(const struct canvas *canvas, int row, int end_column, unsigned attr,
                 const char *text)
{
    char buffer[512], *owned;
    const char *fit = clean(text, buffer, sizeof buffer, &owned);
    int column = end_column - text_width(fit);
    put_clean(canvas, row, column, end_column, attr, fit);
    free(owned);
    return column;
}

int canvas_sign(const struct canvas *canvas, int row, int column, enum glyph glyph)
{
    return canvas_glyph(canvas, row, column, glyph, glyph_attr(glyph));
}

int canvas_glyph(const struct canvas *canvas, int row, int column, enum glyph glyph, unsigned attr)
{
    return put_clean(canvas, row, column, INT32_MAX, attr, glyph_text(canvas_set(canvas), glyph));
}

void canvas_fill(const struct canvas *canvas, int row, int column, int rows, int columns,
                 unsigned attr, uint32_t code)
{
    const struct canvas part = canvas_region(canvas, row, column, rows, columns);
    if (canvas->grid->set == GLYPH_SET_ASCII)
        code = (uint32_t)glyph_ascii(code);
    for (int r = 0; r < part.rows; r++)
        for (int c = 0; c < part.columns; c++)
            put(&part, r, c, attr, code);
}

static uint32_t line_code(const struct canvas *canvas, enum glyph glyph)
{
    const char *text = glyph_text(canvas_set(canvas), glyph);
    return text_next(&text);
}

void canvas_rule(const struct canvas *canvas, int row)
{
    canvas_fill(canvas, row, 0, 1, -1, ATTR_RULE, line_code(canvas, GLYPH_LINE));
}

void canvas_frame(const struct canvas *canvas, const char *title)
{
    int bottom = canvas->rows - 1, right = canvas->columns - 1;
    if (bottom < 1 || right < 1)
        return;
    canvas_rule(canvas, 0);
    canvas_rule(canvas, bottom);
    uint32_t vertical = line_code(canvas, GLYPH_LINE_VERTICAL);
    canvas_fill(canvas, 1, 0, bottom - 1, 1, ATTR_RULE, vertical);
    canvas_fill(canvas, 1, right, bottom - 1, 1, ATTR_RULE, vertical);
    canvas_sign(canvas, 0, 0, GLYPH_CORNER_TOP_LEFT);
    canvas_sign(canvas, 0, right, GLYPH_CORNER_TOP_RIGHT);
    canvas_sign(canvas, bottom, 0, GLYPH_CORNER_BOTTOM_LEFT);
    canvas_sign(canvas, bottom, right, GLYPH_CORNER_BOTTOM_RIGHT);
    if (title != NULL && title[0] != '\0' && right > 6) {
        int cells = text_width(title) < right - 5 ? text_width(title) : right - 5;
        canvas_text(canvas, 0, 2, ATTR_TITLE, " ");
        int end = canvas_fit(canvas, 0, 3, cells, ALIGN_LEFT, ATTR_TITLE, title);
        canvas_text(canvas, 0, end, ATTR_TITLE, " ");
    }
}

void canvas_paint(const struct canvas *canvas, int row, int column, int cells, unsigned attr)
{
    for (int i = 0; i < cells; i++) {
        struct cell *cell = cell_at(canvas, row, column + i);
        if (cell != NULL)
            cell->attr = (uint8_t)attr;
    }
}

void canvas_select(const struct canvas *canvas, int row, int column, int cells)
{
    for (int i = 0; i < cells; i++) {
        struct cell *cell = cell_at(canvas, row, column + i);
        if (cell != NULL)
            cell->attr |= ATTR_SELECTED;
    }
}

void canvas_cursor(const struct canvas *canvas, int row, int column, bool visible)
{
    if (cell_at(canvas, row, column) == NULL)
        return;
    canvas->grid->cursor_row = canvas->row + row;
    canvas->grid->cursor_column = canvas->column + column;
    canvas->grid->cursor_visible = visible;
}

bool canvas_cursor_position(const struct canvas *canvas, int *row, int *column, bool *visible)
{
    const struct canvas_grid *grid = canvas->grid;
    if (grid->cursor_row < 0)
        return false;
    if (row != NULL)
        *row = grid->cursor_row;
    if (column != NULL)
        *column = grid->cursor_column;
    if (visible != NULL)
        *visible = grid->cursor_visible;
    return true;
}

const struct cell *canvas_cell(const struct canvas *canvas, int row, int column)
{
    return cell_at(canvas, row, column);
}
