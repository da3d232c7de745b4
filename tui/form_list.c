/* A list in a form: one of several. */
#include <stdio.h>

#include "tui/form.h"
#include "tui/keys.h"
#include "tui/wrap.h"

/* Up, down, first, last; true if the key was one of these. */
static bool move(size_t *at, size_t count, uint32_t key)
{
    size_t last = count > 0 ? count - 1 : 0;
    switch (key) {
    case KEYS_UP:
    case 'k':
        *at -= *at > 0 ? 1 : 0;
        return true;
    case KEYS_DOWN:
    case 'j':
        *at += *at < last ? 1 : 0;
        return true;
    case KEYS_HOME:
    case 'g':
        *at = 0;
        return true;
    case KEYS_END:
    case 'G':
        *at = last;
        return true;
    default:
        return false;
    }
}

/* One item as the list draws it. */
struct item {
    enum glyph glyph;
    unsigned glyph_attr, attr;
    int number; /* 0 = none */
    const char *label;
    const char *lines[2]; /* NULL = none */
    unsigned lines_attr[2];
};

enum { INDENT = 6 };

static int item_rows(const struct item *item, int columns)
{
    int rows = 1;
    for (int i = 0; i < 2; i++)
        if (item->lines[i] != NULL)
            rows += wrap_rows(item->lines[i], columns - INDENT - 1);
    return rows;
}

static int item_draw(const struct item *item, const struct canvas *canvas, int row, bool here,
                     bool focused)
{
    if (here)
        canvas_glyph(canvas, row, 0, GLYPH_CURRENT, item->attr);
    int column = canvas_glyph(canvas, row, 2, item->glyph, item->glyph_attr) + 1;
    if (item->number > 0)
        column = canvas_format(canvas, row, column, ATTR_KEY, "%d", item->number) + 1;
    canvas_fit(canvas, row, column, canvas->columns - column, ALIGN_LEFT, item->attr, item->label);
    if (here && focused) {
        canvas_select(canvas, row, 0, canvas->columns);
        canvas_cursor(canvas, row, 0, false);
    }
    row++;
    struct canvas body = canvas_region(canvas, 0, INDENT, -1, canvas->columns - INDENT - 1);
    for (int i = 0; i < 2; i++)
        if (item->lines[i] != NULL)
            row = wrap_draw(&body, row, item->lines_attr[i], item->lines[i]);
    return row;
}

/* Draws count items, get(context, i) describing each, scrolled so that item `at` is seen. */
static int list_draw(const struct canvas *canvas, size_t count, size_t at, size_t *first,
                     bool focused, struct item (*get)(const void *context, size_t i),
                     const void *context)
{
    if (at < *first)
        *first = at;
    for (;; (*first)++) {
        int rows = 0;
        for (size_t i = *first; i <= at && i < count; i++) {
            struct item item = get(context, i);
            rows += item_rows(&item, canvas->columns);
        }
        if (rows <= canvas->rows || *first >= at)
            break;
    }
    int row = 0;
    for (size_t i = *first; i < count && row < canvas->rows; i++) {
        struct item item = get(context, i);
        row = item_draw(&item, canvas, row, i == at, focused);
    }
    if (*first > 0)
        canvas_sign(canvas, 0, canvas->columns - 1, GLYPH_MORE_UP);
    return row;
}

/* --- one of several --------------------------------------------------------------------------- */

enum form_result form_choice_key(struct form_choice *choice, uint32_t key)
{
    if (move(&choice->at, choice->items_count, key))
        return FORM_USED;
    if (key == KEYS_ESC)
        return FORM_CANCELLED;
    if (key >= '1' && key <= '9' && key - '1' < choice->items_count)
        choice->at = key - '1';
    else if (key != KEYS_SPACE && key != KEYS_ENTER)
        return FORM_UNUSED;
    if (choice->at >= choice->items_count || choice->items[choice->at].refusal != NULL)
        return FORM_USED;
    choice->chosen = choice->at;
    return key == KEYS_ENTER ? FORM_ACCEPTED : FORM_USED;
}

static struct item choice_item(const void *context, size_t i)
{
    const struct form_choice *choice = context;
    const struct form_choice_item *from = &choice->items[i];
    bool refused = from->refusal != NULL, chosen = i == choice->chosen;
    return (struct item){
        .glyph = chosen ? GLYPH_CHOSEN : GLYPH_NOT_CHOSEN,
        .glyph_attr = chosen ? ATTR_STRONG : ATTR_NORMAL,
        .attr = refused  ? ATTR_STALE
                : chosen ? ATTR_STRONG
                         : ATTR_NORMAL,
        .number = i < 9 ? (int)i + 1 : 0,
        .label = from->label,
        .lines = {from->explanation, from->refusal},
        .lines_attr = {ATTR_SECONDARY, ATTR_WARNING},
    };
}

int form_choice_draw(struct form_choice *choice, const struct canvas *canvas, bool focused)
{
    return list_draw(canvas, choice->items_count, choice->at, &choice->first, focused, choice_item,
                     choice);
}
