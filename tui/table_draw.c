/* A table on a canvas: which columns fit, which lines are seen. */
#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "tui/find.h"
#include "tui/table_private.h"
#include "tui/wrap.h"

enum { GUTTER = 1 /* the sign of the selected row */, HINTS = 1 /* more above, more below */ };

/* --- columns ---------------------------------------------------------------------------------- */

/* The cells that a column would like to have. */
static int wish(const struct table *table, enum glyph_set set, size_t column)
{
    const struct table_column *c = &table->columns[column];
    int longest = table->longest[set][column];
    int title = text_width(c->title) + (table->sort_column == (int)column ? 1 : 0);
    int cells = longest > title ? longest : title;
    if (c->ideal > 0 && cells > c->ideal)
        cells = c->ideal;
    return cells > c->minimum ? cells : c->minimum;
}

static int total(const struct table *table, int gap)
{
    int cells = 0;
    for (size_t i = 0; i < table->columns_count; i++)
        if (table->widths[i] > 0)
            cells += table->widths[i] + (cells > 0 ? gap : 0);
    return cells;
}

/* The shown column of least worth; of equals the rightmost. columns_count if none may leave. */
static size_t least_worthy(const struct table *table)
{
    size_t least = table->columns_count;
    for (size_t i = 0; i < table->columns_count; i++) {
        if (table->widths[i] == 0 || table->columns[i].worth >= TABLE_ALWAYS)
            continue;
        if (least == table->columns_count || table->columns[i].worth <= table->columns[least].worth)
            least = i;
    }
    return least;
}

/* Gives what is left to the columns that want it, the worthiest first. */
static void widen(struct table *table, enum glyph_set set, int spare)
{
    for (int worth = TABLE_ALWAYS; spare > 0 && worth >= 0;) {
        int next = -1;
        for (size_t i = 0; i < table->columns_count; i++) {
            const struct table_column *c = &table->columns[i];
            int w = c->worth > TABLE_ALWAYS ? TABLE_ALWAYS : c->worth;
            if (w < worth && w > next)
                next = w;
            if (w != worth || table->widths[i] == 0)
                continue;
            int more = wish(table, set, i) - table->widths[i];
            more = more > spare ? spare : more;
            table->widths[i] += more;
            spare -= more;
        }
        worth = next;
    }
}

static void lay_out(struct table *table, enum glyph_set set, int cells)
{
    for (size_t i = 0; i < table->columns_count; i++)
        table->widths[i] = table->columns[i].minimum > 1 ? table->columns[i].minimum : 1;
    int gap = 2;
    while (total(table, gap) > cells) {
        size_t least = least_worthy(table);
        if (gap == 2)
            gap = 1;
        else if (least < table->columns_count)
            table->widths[least] = 0;
        else
            break;
    }
    widen(table, set, cells - total(table, gap));
    int place = GUTTER;
    for (size_t i = 0; i < table->columns_count; i++) {
        table->places[i] = place;
        if (table->widths[i] > 0)
            place += table->widths[i] + gap;
    }
}

/* --- lines ------------------------------------------------------------------------------------ */

static void draw_titles(const struct table *table, const struct canvas *canvas)
{
    canvas_fill(canvas, 0, 0, 1, -1, ATTR_HEADER, ' ');
    for (size_t i = 0; i < table->columns_count; i++) {
        if (table->widths[i] == 0)
            continue;
        bool sorted = table->sort_column == (int)i;
        int cells = table->widths[i] - (sorted ? 1 : 0), place = table->places[i];
        const char *title = table->columns[i].title;
        int end = canvas_fit(canvas, 0, place, cells, table->columns[i].align, ATTR_HEADER, title);
        if (sorted && table->columns[i].align == ALIGN_LEFT && text_width(title) < cells)
            end = place + text_width(title);
        if (sorted)
            canvas_glyph(canvas, 0, end, table->reverse ? GLYPH_DESCENDING : GLYPH_ASCENDING,
                         ATTR_HEADER);
    }
}

/* Stresses what the filter found in a cell that was drawn from place on. */
static void draw_match(const struct table *table, const struct canvas *canvas, int row, int place,
                       int end, const char *text)
{
    size_t length;
    const char *found = table->filter[0] == '\0' ? NULL : find_nocase(text, table->filter, &length);
    if (found == NULL)
        return;
    for (const char *at = text; at < found;)
        place += text_char_width(text_next(&at));
    int cells = 0;
    for (const char *at = found; at < found + length;)
        cells += text_char_width(text_next(&at));
    canvas_paint(canvas, row, place, place + cells > end ? end - place : cells, ATTR_MATCH);
}

static void draw_cell(const struct table *table, const struct canvas *canvas, int row,
                      size_t column, const struct table_row *of)
{
    const struct table_cell *cell = &table->cells[of->cells + column];
    const char *text = table_text(table, cell->text);
    unsigned attr = cell->attr == ATTR_NORMAL ? of->attr : cell->attr;
    int place = table->places[column], end = place + table->widths[column];
    enum align align = table->columns[column].align;
    if (cell->glyph != GLYPH_NONE) {
        struct canvas part = canvas_region(canvas, row, place, 1, end - place);
        place += canvas_glyph(&part, 0, 0, cell->glyph, attr) + 1;
        align = ALIGN_LEFT;
    }
    if (place >= end)
        return;
    canvas_fit(canvas, row, place, end - place, align, attr, text);
    int spare = end - place - text_width(text);
    if (spare > 0)
        place += align == ALIGN_RIGHT ? spare : align == ALIGN_CENTRE ? spare / 2 : 0;
    draw_match(table, canvas, row, place, end, text);
}

static void draw_line(const struct table *table, const struct canvas *canvas, int row,
                      const struct table_line *line, bool focused)
{
    if (line->heading) {
        const struct table_group *group = &table->groups[line->index];
        canvas_fit(canvas, row, GUTTER, canvas->columns - GUTTER - HINTS, ALIGN_LEFT, group->attr,
                   table_text(table, group->heading));
        return;
    }
    const struct table_row *of = &table->rows[table->shown[line->index]];
    canvas_fill(canvas, row, 0, 1, -1, of->attr, ' ');
    for (size_t i = 0; i < of->cells_count; i++)
        if (table->widths[i] > 0)
            draw_cell(table, canvas, row, i, of);
    if (line->index != table->selected)
        return;
    canvas_glyph(canvas, row, 0, GLYPH_CURRENT, of->attr);
    if (focused) {
        canvas_select(canvas, row, 0, canvas->columns - HINTS);
        canvas_cursor(canvas, row, 0, false);
    }
}

/* --- scrolling -------------------------------------------------------------------------------- */

static size_t selected_line(const struct table *table)
{
    for (size_t i = 0; i < table->lines_count; i++)
        if (!table->lines[i].heading && table->lines[i].index == table->selected)
            return i;
    return 0;
}

static void scroll(struct table *table)
{
    size_t page = (size_t)table->page, line = selected_line(table);
    /* The heading above a group's first row is seen with it, where there is room for both. */
    size_t first = line > 0 && page > 1 && table->lines[line - 1].heading ? line - 1 : line;
    if (first < table->top)
        table->top = first;
    if (line >= table->top + page)
        table->top = line - page + 1;
    size_t last_top = table->lines_count > page ? table->lines_count - page : 0;
    if (table->top > last_top)
        table->top = last_top;
}

static void draw_hints(const struct table *table, const struct canvas *canvas)
{
    int column = canvas->columns - HINTS;
    if (table->top > 0)
        canvas_sign(canvas, 1, column, GLYPH_MORE_UP);
    if (table->top + (size_t)table->page < table->lines_count)
        canvas_sign(canvas, table->page, column, GLYPH_MORE_DOWN);
}

static void draw_empty(const struct table *table, const struct canvas *canvas)
{
    char text[256];
    const char *shown = table->empty_text == NULL ? "nothing to show" : table->empty_text;
    if (table->rows_count > 0) {
        snprintf(text, sizeof text, "none of %zu contains \"%s\"; Esc shows all", table->rows_count,
                 table->filter);
        shown = text;
    }
    struct canvas body =
        canvas_region(canvas, 1, GUTTER, table->page, canvas->columns - GUTTER - HINTS);
    wrap_draw(&body, 0, table->rows_count > 0 ? ATTR_NORMAL : table->empty_attr, shown);
}

static void draw_filter(struct table *table, const struct canvas *canvas, bool focused)
{
    int row = canvas->rows - 1;
    char count[64];
    snprintf(count, sizeof count, "%zu of %zu", table->shown_count, table->rows_count);
    canvas_fill(canvas, row, 0, 1, -1, ATTR_NORMAL, ' ');
    int column = canvas_text(canvas, row, GUTTER, ATTR_KEY, "/") + 1;
    int end = canvas_right(canvas, row, canvas->columns - 1, ATTR_SECONDARY, count) - 1;
    if (table->typing)
        form_input_draw(&table->typed, canvas, row, column, end - column, focused);
    else
        canvas_fit(canvas, row, column, end - column, ALIGN_LEFT, ATTR_MATCH, table->filter);
}

void table_draw(struct table *table, const struct canvas *canvas, bool focused)
{
    bool filter_line = table->typing || table->filter[0] != '\0';
    canvas_fill(canvas, 0, 0, -1, -1, ATTR_NORMAL, ' ');
    table->page = canvas->rows - 1 - (filter_line ? 1 : 0);
    if (table->page < 1 || canvas->columns < 4) {
        table->page = table->page < 1 ? 1 : table->page;
        return;
    }
    lay_out(table, canvas_set(canvas), canvas->columns - GUTTER - HINTS);
    struct canvas clip = canvas_region(canvas, 0, 0, -1, canvas->columns - HINTS);
    draw_titles(table, &clip);
    scroll(table);
    for (size_t i = 0; i < (size_t)table->page && table->top + i < table->lines_count; i++)
        draw_line(table, canvas, (int)i + 1, &table->lines[table->top + i], focused);
    draw_hints(table, canvas);
    if (table->shown_count == 0)
        draw_empty(table, canvas);
    if (filter_line)
        draw_filter(table, canvas, focused);
}

bool table_click(struct table *table, int row, int column)
{
    if (row == 0) {
        for (size_t i = 0; i < table->columns_count; i++) {
            int place = table->places[i];
            if (column < place || column >= place + table->widths[i] || table->columns[i].unsorted)
                continue;
            table_sort(table, (int)i, table->sort_column == (int)i && !table->reverse);
            return true;
        }
        return false;
    }
    size_t at = table->top + (size_t)row - 1;
    if (row < 1 || row > table->page || at >= table->lines_count || table->lines[at].heading)
        return false;
    table_move(table, (long)table->lines[at].index - (long)table->selected);
    return true;
}
