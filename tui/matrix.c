/* The matrix of chart.h: rows against columns that scroll. */
#include "core/base/text.h"
#include "tui/chart.h"
#include "tui/keys.h"

enum { MARGIN = 1, COLUMN_CELLS_LEAST = 3 };

/* --- where a person is ------------------------------------------------------------------------ */

static size_t body_rows(const struct matrix_data *data)
{
    size_t count = data->rows_count;
    while (count > 0 && data->rows[count - 1].footer)
        count--;
    return count;
}

size_t matrix_selected_column(const struct matrix *matrix, const struct matrix_data *data)
{
    if (data->columns_count == 0)
        return 0;
    for (size_t i = 0; matrix->placed && i < data->columns_count; i++)
        if (data->columns[i].identity == matrix->column_identity)
            return i;
    return data->columns_count - 1;
}

void matrix_select(struct matrix *matrix, uint64_t column_identity)
{
    matrix->column_identity = column_identity;
    matrix->placed = true;
}

static void select_column(struct matrix *matrix, const struct matrix_data *data, size_t column)
{
    if (column < data->columns_count)
        matrix_select(matrix, data->columns[column].identity);
    /* Who stands on the newest follows it. */
    if (column + 1 >= data->columns_count)
        matrix->placed = false;
}

static void move_row(struct matrix *matrix, const struct matrix_data *data, long rows)
{
    long last = (long)body_rows(data) - 1, at = (long)matrix->row + rows;
    matrix->row = (size_t)(at < 0 || last < 0 ? 0 : at > last ? last : at);
}

bool matrix_key(struct matrix *matrix, const struct matrix_data *data, uint32_t key)
{
    size_t column = matrix_selected_column(matrix, data);
    long page = matrix->page_rows > 1 ? (long)matrix->page_rows - 1 : 1;
    switch (key) {
    case KEYS_LEFT:
    case 'h':
        select_column(matrix, data, column > 0 ? column - 1 : 0);
        return true;
    case KEYS_RIGHT:
    case 'l':
        select_column(matrix, data, column + 1);
        return true;
    case KEYS_HOME:
        select_column(matrix, data, 0);
        return true;
    case KEYS_END:
        select_column(matrix, data, data->columns_count);
        return true;
    case KEYS_UP:
    case 'k':
        move_row(matrix, data, -1);
        return true;
    case KEYS_DOWN:
    case 'j':
        move_row(matrix, data, 1);
        return true;
    case KEYS_PAGE_UP:
    case KEYS_CTRL('b'):
        move_row(matrix, data, -page);
        return true;
    case KEYS_PAGE_DOWN:
    case KEYS_CTRL('f'):
        move_row(matrix, data, page);
        return true;
    case 'g':
        move_row(matrix, data, -(long)data->rows_count);
        return true;
    case 'G':
        move_row(matrix, data, (long)data->rows_count);
        return true;
    default:
        return false;
    }
}

/* --- sizes ------------------------------------------------------------------------------------ */

/* How a matrix lies on a canvas. */
struct layout {
    int group_cells, name_cells, left; /* left: where the first column begins */
    int column_cells;
    int heading_rows, row_lines; /* lines that a row takes */
    size_t columns;              /* that fit */
    size_t rows;                 /* body rows that fit */
    size_t body, footers;        /* rows that there are */
};

static int widest(int cells, const char *text)
{
    int width = text == NULL ? 0 : text_width(text);
    return width > cells ? width : cells;
}

static void measure_left(const struct matrix_data *data, int columns, struct layout *out)
{
    int group = 0, name = 0;
    for (size_t i = 0; i < data->rows_count; i++) {
        group = widest(group, data->rows[i].footer ? NULL : data->rows[i].group);
        name = widest(name, data->rows[i].name);
    }
    out->group_cells = data->group_cells > 0 ? data->group_cells : group;
    out->name_cells = data->name_cells > 0 ? data->name_cells : name;
    /* At most half of the window names the rows. */
    int most = columns / 2 - MARGIN - 1;
    if (out->group_cells + 1 + out->name_cells > most) {
        int excess = out->group_cells + 1 + out->name_cells - most;
        int from_group = out->group_cells > 8 ? out->group_cells - 8 : 0;
        from_group = from_group < excess ? from_group : excess;
        out->group_cells -= from_group;
        out->name_cells -= excess - from_group;
        if (out->name_cells < 4)
            out->name_cells = 4;
    }
    out->left = MARGIN + out->group_cells + (out->group_cells > 0 ? 1 : 0) + out->name_cells + 1;
}

static struct layout lay_out(const struct matrix_data *data, const struct canvas *canvas)
{
    struct layout layout = {.row_lines = data->second_line ? 2 : 1};
    measure_left(data, canvas->columns, &layout);
    int wide = COLUMN_CELLS_LEAST;
    for (size_t i = 0; i < data->columns_count; i++)
        for (int line = 0; line < 2; line++) {
            const char *heading = data->columns[i].heading[line];
            wide = widest(wide, heading);
            if (heading != NULL && line + 1 > layout.heading_rows)
                layout.heading_rows = line + 1;
        }
    layout.column_cells = (data->column_cells > 0 ? data->column_cells : wide) + 2;
    layout.body = body_rows(data);
    layout.footers = data->rows_count - layout.body;
    int room = canvas->columns - layout.left;
    layout.columns = room > 0 ? (size_t)(room / layout.column_cells) : 0;
    if (layout.columns > data->columns_count)
        layout.columns = data->columns_count;
    int lines = canvas->rows - layout.heading_rows - (int)layout.footers;
    layout.rows = lines > 0 ? (size_t)(lines / layout.row_lines) : 0;
    if (layout.rows > layout.body)
        layout.rows = layout.body;
    return layout;
}

/* --- drawing ---------------------------------------------------------------------------------- */

static void scroll(struct matrix *matrix, const struct matrix_data *data,
                   const struct layout *layout)
{
    size_t column = matrix_selected_column(matrix, data);
    if (matrix->row >= layout->body)
        matrix->row = layout->body > 0 ? layout->body - 1 : 0;
    if (matrix->page_columns == 0 || column >= matrix->first_column + layout->columns)
        matrix->first_column = column + 1 > layout->columns ? column + 1 - layout->columns : 0;
    if (column < matrix->first_column)
        matrix->first_column = column;
    if (matrix->first_column + layout->columns > data->columns_count)
        matrix->first_column = data->columns_count - layout->columns;
    if (matrix->row < matrix->first_row)
        matrix->first_row = matrix->row;
    if (matrix->row >= matrix->first_row + layout->rows)
        matrix->first_row = layout->rows > 0 ? matrix->row + 1 - layout->rows : 0;
    if (matrix->first_row + layout->rows > layout->body)
        matrix->first_row = layout->body - layout->rows;
    matrix->page_columns = layout->columns;
    matrix->page_rows = layout->rows;
}

static void draw_headings(const struct matrix *matrix, const struct matrix_data *data,
                          const struct layout *layout, const struct canvas *canvas)
{
    for (int line = 0; line < layout->heading_rows; line++) {
        if (data->heading_labels[line] != NULL)
            canvas_text(canvas, line, MARGIN, ATTR_SECONDARY, data->heading_labels[line]);
        for (size_t i = 0; i < layout->columns; i++) {
            const struct matrix_column *column = &data->columns[matrix->first_column + i];
            int place = layout->left + (int)i * layout->column_cells;
            unsigned attr = column->attr == ATTR_NORMAL ? ATTR_HEADER : column->attr;
            if (column->heading[line] != NULL)
                canvas_fit(canvas, line, place, layout->column_cells - 1, ALIGN_CENTRE, attr,
                           column->heading[line]);
        }
    }
    int last = layout->left + (int)layout->columns * layout->column_cells;
    if (matrix->first_column > 0)
        canvas_glyph(canvas, 0, layout->left - 1, GLYPH_ARROW_LEFT, ATTR_SECONDARY);
    if (matrix->first_column + layout->columns < data->columns_count)
        canvas_glyph(canvas, 0, last - 1 < canvas->columns ? last - 1 : canvas->columns - 1,
                     GLYPH_ARROW, ATTR_SECONDARY);
}

static void draw_cells(const struct matrix *matrix, const struct matrix_data *data,
                       const struct layout *layout, const struct canvas *canvas, int line,
                       size_t row)
{
    for (size_t i = 0; i < layout->columns; i++) {
        size_t column = matrix->first_column + i;
        const struct matrix_cell *cell = &data->cells[row * data->columns_count + column];
        int place = layout->left + (int)i * layout->column_cells + (layout->column_cells - 2) / 2;
        unsigned attr = cell->attr == ATTR_NORMAL ? glyph_attr(cell->glyph) : cell->attr;
        canvas_glyph(canvas, line, place, cell->glyph, attr);
        if (layout->row_lines > 1 && !data->rows[row].footer)
            canvas_sign(canvas, line + 1, place, cell->second);
    }
}

static void draw_row(const struct matrix *matrix, const struct matrix_data *data,
                     const struct layout *layout, const struct canvas *canvas, int line, size_t row)
{
    const struct matrix_row *of = &data->rows[row];
    unsigned attr = of->footer ? ATTR_STRONG : ATTR_NORMAL;
    bool first = row == matrix->first_row || of->footer;
    const char *before = row > 0 ? data->rows[row - 1].group : NULL;
    int place = MARGIN;
    if (of->footer) {
        canvas_fit(canvas, line, place, layout->left - MARGIN - 1, ALIGN_LEFT, attr, of->name);
    } else {
        if (of->group != NULL && (first || !text_equal(of->group, before)))
            canvas_fit(canvas, line, place, layout->group_cells, ALIGN_LEFT, ATTR_STRONG,
                       of->group);
        place += layout->group_cells + (layout->group_cells > 0 ? 1 : 0);
        canvas_fit(canvas, line, place, layout->name_cells, ALIGN_LEFT, attr, of->name);
    }
    draw_cells(matrix, data, layout, canvas, line, row);
}

static void draw_selection(const struct matrix *matrix, const struct matrix_data *data,
                           const struct layout *layout, const struct canvas *canvas, int end_line,
                           bool focused)
{
    if (layout->columns == 0)
        return;
    size_t column = matrix_selected_column(matrix, data) - matrix->first_column;
    int place = layout->left + (int)column * layout->column_cells;
    int line = layout->heading_rows + (int)(matrix->row - matrix->first_row) * layout->row_lines;
    for (int i = 0; i < end_line; i++)
        canvas_select(canvas, i, place, layout->column_cells - 1);
    if (layout->rows == 0)
        return;
    canvas_glyph(canvas, line, 0, GLYPH_CURRENT, ATTR_NORMAL);
    if (focused)
        canvas_cursor(canvas, line, place + (layout->column_cells - 2) / 2, false);
}

void matrix_draw(struct matrix *matrix, const struct matrix_data *data, const struct canvas *canvas,
                 bool focused)
{
    canvas_fill(canvas, 0, 0, -1, -1, ATTR_NORMAL, ' ');
    struct layout layout = lay_out(data, canvas);
    scroll(matrix, data, &layout);
    draw_headings(matrix, data, &layout, canvas);
    int line = layout.heading_rows;
    for (size_t i = 0; i < layout.rows; i++, line += layout.row_lines)
        draw_row(matrix, data, &layout, canvas, line, matrix->first_row + i);
    for (size_t i = 0; i < layout.footers; i++, line++)
        draw_row(matrix, data, &layout, canvas, line, layout.body + i);
    if (matrix->first_row > 0)
        canvas_sign(canvas, layout.heading_rows, canvas->columns - 1, GLYPH_MORE_UP);
    if (matrix->first_row + layout.rows < layout.body)
        canvas_sign(canvas, line - (int)layout.footers - 1, canvas->columns - 1, GLYPH_MORE_DOWN);
    draw_selection(matrix, data, &layout, canvas, line, focused);
}
