#include "tui/pager.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "tui/find.h"
#include "tui/keys.h"
#include "tui/wrap.h"

enum { BESIDE_CELLS_LEAST = 8 /* what a value needs to stand beside its label */ };

/* One piece as it was added: a label (may be "") and a text beside it. */
struct piece {
    char *label; /* owned; NULL = none */
    int label_cells;
    char *text; /* owned */
    unsigned attr;
};

/* One line as it is drawn. */
struct line {
    const char *label; /* borrowed from the piece; NULL = none */
    char *text;        /* owned */
    int indent;
    unsigned attr;
};

struct pager {
    struct piece *pieces;
    size_t pieces_count, pieces_capacity;
    struct line *lines;
    size_t lines_count, lines_capacity;
    int wrapped_cells; /* the width that lines are made for; 0 = not made */
    size_t top;
    int page; /* lines as last drawn */
    bool typing;
    struct form_input typed;
    char *search; /* owned */
    size_t found; /* the line that the search found; lines_count or more = none */
};

struct pager *pager_new(void)
{
    struct pager *pager = memory_new(sizeof *pager);
    form_input_open(&pager->typed, 128, false, NULL);
    pager->search = memory_copy_text("");
    pager->found = SIZE_MAX;
    return pager;
}

static void drop_lines(struct pager *pager)
{
    for (size_t i = 0; i < pager->lines_count; i++)
        free(pager->lines[i].text);
    pager->lines_count = 0;
    pager->wrapped_cells = 0;
}

void pager_clear(struct pager *pager)
{
    drop_lines(pager);
    for (size_t i = 0; i < pager->pieces_count; i++) {
        free(pager->pieces[i].label);
        free(pager->pieces[i].text);
    }
    pager->pieces_count = 0;
}

void pager_free(struct pager *pager)
{
    if (pager == NULL)
        return;
    pager_clear(pager);
    free(pager->pieces);
    free(pager->lines);
    form_input_close(&pager->typed);
    free(pager->search);
    free(pager);
}

/* --- filling ---------------------------------------------------------------------------------- */

void pager_field(struct pager *pager, int label_cells, const char *label, unsigned attr,
                 const char *value)
{
    drop_lines(pager);
    struct piece *piece = memory_append(pager, pieces);
    *piece = (struct piece){.label = memory_copy_text(label),
                            .label_cells = label_cells,
                            .text = memory_copy_text(value == NULL ? "" : value),
                            .attr = attr};
}

void pager_add(struct pager *pager, unsigned attr, const char *text)
{
    pager_field(pager, 0, NULL, attr, text);
}

void pager_format(struct pager *pager, unsigned attr, const char *format, ...)
{
    char text[4096];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    pager_add(pager, attr, text);
}

void pager_heading(struct pager *pager, const char *text)
{
    if (pager->pieces_count > 0)
        pager_add(pager, ATTR_NORMAL, "");
    pager_add(pager, ATTR_TITLE, text);
}

void pager_dump(const struct pager *pager, struct str *out)
{
    for (size_t i = 0; i < pager->pieces_count; i++) {
        const struct piece *piece = &pager->pieces[i];
        if (piece->label != NULL) {
            str_add(out, piece->label);
            for (int cells = text_width(piece->label); cells < piece->label_cells; cells++)
                str_add_char(out, ' ');
            str_add(out, " ");
        }
        str_add(out, piece->text);
        str_add_char(out, '\n');
    }
}

/* --- lines ------------------------------------------------------------------------------------ */

static void wrap_piece(struct pager *pager, const struct piece *piece, int cells)
{
    struct wrap wrap = {0};
    int indent = piece->label == NULL ? 0 : piece->label_cells + 1;
    bool beside = indent == 0 || cells - indent >= BESIDE_CELLS_LEAST;
    if (!beside) {
        /* Too narrow for two columns: the label has a line of its own. */
        indent = 2;
        *memory_append(pager, lines) =
            (struct line){.text = memory_copy_text(piece->label), .attr = ATTR_SECONDARY};
    }
    wrap_add(&wrap, piece->text, cells - indent);
    for (size_t i = 0; i < wrap.lines_count; i++)
        *memory_append(pager, lines) =
            (struct line){.label = i == 0 && beside ? piece->label : NULL,
                          .text = memory_copy_text(wrap.lines[i]),
                          .indent = indent,
                          .attr = piece->attr};
    wrap_free(&wrap);
}

static void wrap_all(struct pager *pager, int cells)
{
    if (pager->wrapped_cells == cells)
        return;
    drop_lines(pager);
    for (size_t i = 0; i < pager->pieces_count; i++)
        wrap_piece(pager, &pager->pieces[i], cells);
    pager->wrapped_cells = cells;
}

static bool line_contains(const struct line *line, const char *text)
{
    return find_nocase(line->text, text, NULL) != NULL ||
           (line->label != NULL && find_nocase(line->label, text, NULL) != NULL);
}

/* Goes to the next line that contains what is searched, on at the other end. */
static void search(struct pager *pager, bool backwards)
{
    size_t count = pager->lines_count;
    if (count == 0 || pager->search[0] == '\0')
        return;
    size_t start = pager->found < count ? pager->found : backwards ? 0 : count - 1;
    for (size_t step = 1; step <= count; step++) {
        size_t at = (start + (backwards ? count - step : step)) % count;
        if (line_contains(&pager->lines[at], pager->search)) {
            pager->found = at;
            if (at < pager->top || at >= pager->top + (size_t)pager->page)
                pager->top = at;
            return;
        }
    }
}

/* --- keys ------------------------------------------------------------------------------------- */

static void move(struct pager *pager, long lines)
{
    long top = (long)pager->top + lines, last = (long)pager->lines_count - pager->page;
    pager->top = (size_t)(top > last ? (last > 0 ? last : 0) : top > 0 ? top : 0);
}

void pager_home(struct pager *pager)
{
    pager->top = 0;
    pager->found = SIZE_MAX;
}

bool pager_is_typing(const struct pager *pager)
{
    return pager->typing;
}

static bool typing_key(struct pager *pager, uint32_t key)
{
    enum form_result result = form_input_key(&pager->typed, key);
    if (result == FORM_CANCELLED)
        pager->typing = false;
    if (result != FORM_ACCEPTED)
        return true;
    pager->typing = false;
    free(pager->search);
    pager->search = memory_copy_text(form_input_text(&pager->typed));
    pager->found = pager->top > 0 ? pager->top - 1 : SIZE_MAX;
    search(pager, false);
    return true;
}

bool pager_key(struct pager *pager, uint32_t key)
{
    long page = pager->page > 1 ? pager->page - 1 : 1;
    if (pager->typing)
        return typing_key(pager, key);
    switch (key) {
    case KEYS_UP:
    case 'k':
        move(pager, -1);
        return true;
    case KEYS_DOWN:
    case 'j':
        move(pager, 1);
        return true;
    case KEYS_PAGE_UP:
    case KEYS_CTRL('b'):
        move(pager, -page);
        return true;
    case KEYS_PAGE_DOWN:
    case KEYS_SPACE:
    case KEYS_CTRL('f'):
        move(pager, page);
        return true;
    case KEYS_HOME:
    case 'g':
        pager->top = 0;
        return true;
    case KEYS_END:
    case 'G':
        move(pager, (long)pager->lines_count);
        return true;
    case '/':
        pager->typing = true;
        form_input_set(&pager->typed, NULL);
        return true;
    case 'n':
    case 'N':
        search(pager, key == 'N');
        return pager->search[0] != '\0';
    default:
        return false;
    }
}

/* --- drawing ---------------------------------------------------------------------------------- */

static void draw_line(const struct pager *pager, const struct canvas *canvas, int row, size_t at)
{
    const struct line *line = &pager->lines[at];
    if (line->label != NULL && line->indent > 0)
        canvas_fit(canvas, row, 0, line->indent - 1, ALIGN_LEFT, ATTR_SECONDARY, line->label);
    canvas_text(canvas, row, line->indent, line->attr, line->text);
    if (pager->search[0] == '\0')
        return;
    size_t length;
    const char *found = find_nocase(line->text, pager->search, &length);
    if (found == NULL)
        return;
    int place = line->indent, cells = 0;
    for (const char *from = line->text; from < found;)
        place += text_char_width(text_next(&from));
    for (const char *from = found; from < found + length;)
        cells += text_char_width(text_next(&from));
    canvas_paint(canvas, row, place, cells, ATTR_MATCH);
}

void pager_draw(struct pager *pager, const struct canvas *canvas, bool focused)
{
    canvas_fill(canvas, 0, 0, -1, -1, ATTR_NORMAL, ' ');
    pager->page = canvas->rows - (pager->typing ? 1 : 0);
    if (pager->page < 1 || canvas->columns < 3) {
        pager->page = 1;
        return;
    }
    wrap_all(pager, canvas->columns - 1);
    move(pager, 0);
    size_t page = (size_t)pager->page;
    struct canvas body = canvas_region(canvas, 0, 0, pager->page, canvas->columns - 1);
    for (size_t i = 0; i < page && pager->top + i < pager->lines_count; i++)
        draw_line(pager, &body, (int)i, pager->top + i);
    if (pager->top > 0)
        canvas_sign(canvas, 0, canvas->columns - 1, GLYPH_MORE_UP);
    if (pager->top + page < pager->lines_count)
        canvas_sign(canvas, pager->page - 1, canvas->columns - 1, GLYPH_MORE_DOWN);
    if (pager->typing) {
        int column = canvas_text(canvas, canvas->rows - 1, 0, ATTR_KEY, "/") + 1;
        form_input_draw(&pager->typed, canvas, canvas->rows - 1, column, canvas->columns - column,
                        focused);
    } else if (focused) {
        bool seen = pager->found >= pager->top && pager->found < pager->top + page;
        canvas_cursor(canvas, seen ? (int)(pager->found - pager->top) : 0, 0, false);
    }
}

int pager_rows(struct pager *pager, int columns)
{
    wrap_all(pager, columns > 1 ? columns - 1 : 1);
    return (int)pager->lines_count;
}
