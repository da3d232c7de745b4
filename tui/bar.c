#include "tui/bar.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"

enum { EDGE = 1, GAP = 2 };

/* --- header ----------------------------------------------------------------------------------- */

static bool is_empty(const struct bar_part *part)
{
    return (part->text == NULL || part->text[0] == '\0') && part->glyph == GLYPH_NONE;
}

static int part_cells(const struct bar_part *part, enum glyph_set set)
{
    int sign = glyph_width(set, part->glyph);
    int text = part->text == NULL ? 0 : text_width(part->text);
    return sign + (sign > 0 && text > 0 ? 1 : 0) + text;
}

static int draw_part(const struct canvas *canvas, int row, int column, int cells,
                     const struct bar_part *part)
{
    struct canvas place = canvas_region(canvas, row, column, 1, cells);
    unsigned attr = part->attr == ATTR_NORMAL ? ATTR_HEADER : part->attr;
    int at = canvas_glyph(&place, 0, 0, part->glyph, attr);
    if (at > 0)
        at++;
    if (part->text != NULL)
        canvas_fit(&place, 0, at, cells - at, ALIGN_LEFT, attr, part->text);
    return column + cells;
}

/* Leaves out parts, the least worthy first (of equals the last), until the rest fits in `cells` or
 * only one is left. Returns the cells that the rest takes. */
static int choose_parts(const struct bar_part *parts, bool *shown, size_t count, enum glyph_set set,
                        int cells)
{
    for (;;) {
        int need = 0, left = 0;
        size_t least = count;
        for (size_t i = 0; i < count; i++) {
            if (!shown[i])
                continue;
            need += part_cells(&parts[i], set) + (left++ > 0 ? GAP : 0);
            if (least == count || parts[i].worth <= parts[least].worth)
                least = i;
        }
        if (need <= cells || left <= 1)
            return need;
        shown[least] = false;
    }
}

void bar_header(const struct canvas *canvas, int row, const struct bar_part *parts,
                size_t parts_count)
{
    enum glyph_set set = canvas_set(canvas);
    int room = canvas->columns - 2 * EDGE;
    canvas_fill(canvas, row, 0, 1, -1, ATTR_HEADER, ' ');
    if (parts_count == 0 || room < 1)
        return;
    bool *shown = memory_new_array(parts_count, sizeof *shown);
    for (size_t i = 0; i < parts_count; i++)
        shown[i] = !is_empty(&parts[i]);
    choose_parts(parts, shown, parts_count, set, room);
    int column = EDGE, right = canvas->columns - EDGE;
    for (size_t i = 0; i < parts_count; i++)
        if (shown[i] && parts[i].right)
            right -= part_cells(&parts[i], set) + (right < canvas->columns - EDGE ? GAP : 0);
    if (right < EDGE)
        right = EDGE;
    for (size_t i = 0; i < parts_count; i++) {
        int *at = parts[i].right ? &right : &column;
        int cells = part_cells(&parts[i], set);
        if (!shown[i])
            continue;
        if (cells > room)
            cells = room;
        *at = draw_part(canvas, row, *at, cells, &parts[i]) + GAP;
    }
    free(shown);
}

/* --- tabs ------------------------------------------------------------------------------------- */

/* The cells of a tab's key; at the right end a blank parts it from the title. */
static int key_part(const struct bar_tab *tab)
{
    return text_width(tab->key) + (tab->right ? 1 : 0);
}

/* The cells of a tab's title when titles are cut to `most`. */
static int title_cells(const struct bar_tab *tab, bool here, int most)
{
    int cells = text_width(tab->title);
    return here || cells < most ? cells : most;
}

/* Where each tab stands: places[i] is its first column, ends[i] the one behind it. Returns the cut
 * of the titles. */
static int place_tabs(int columns, const struct bar_tab *tabs, size_t count, size_t here,
                      int *places, int *ends)
{
    enum { TITLE_MOST = 24 };
    int most = TITLE_MOST;
    for (; most > 0; most--) {
        int need = 2 * EDGE - 1;
        for (size_t i = 0; i < count; i++)
            need += key_part(&tabs[i]) + title_cells(&tabs[i], i == here, most) + 1;
        if (need <= columns)
            break;
    }
    if (most == 1 || most == 2)
        most = 0; /* fewer than three letters say nothing */
    int column = EDGE, right = columns - EDGE;
    for (size_t i = 0; i < count; i++)
        if (tabs[i].right)
            right -= key_part(&tabs[i]) + title_cells(&tabs[i], i == here, most) + 1;
    for (size_t i = 0; i < count; i++) {
        int *at = tabs[i].right ? &right : &column;
        places[i] = *at + (tabs[i].right ? 1 : 0);
        ends[i] = places[i] + key_part(&tabs[i]) + title_cells(&tabs[i], i == here, most);
        *at = ends[i] + (tabs[i].right ? 0 : 1);
    }
    return most;
}

void bar_tabs(const struct canvas *canvas, int row, const struct bar_tab *tabs, size_t tabs_count,
              size_t here)
{
    int *places = memory_new_array(tabs_count, sizeof *places);
    int *ends = memory_new_array(tabs_count, sizeof *ends);
    canvas_fill(canvas, row, 0, 1, -1, ATTR_TAB, ' ');
    place_tabs(canvas->columns, tabs, tabs_count, here, places, ends);
    for (size_t i = 0; i < tabs_count; i++) {
        unsigned attr = i == here ? ATTR_TAB_HERE : ATTR_TAB;
        int column = canvas_text(canvas, row, places[i], i == here ? attr : ATTR_KEY, tabs[i].key);
        if (tabs[i].right)
            column = canvas_text(canvas, row, column, attr, " ");
        canvas_fit(canvas, row, column, ends[i] - column, ALIGN_LEFT, attr, tabs[i].title);
    }
    free(places);
    free(ends);
}

size_t bar_tab_at(const struct canvas *canvas, const struct bar_tab *tabs, size_t tabs_count,
                  size_t here, int column)
{
    int *places = memory_new_array(tabs_count, sizeof *places);
    int *ends = memory_new_array(tabs_count, sizeof *ends);
    place_tabs(canvas->columns, tabs, tabs_count, here, places, ends);
    size_t at = 0;
    while (at < tabs_count && (column < places[at] || column >= ends[at]))
        at++;
    free(places);
    free(ends);
    return at;
}

/* --- message ---------------------------------------------------------------------------------- */

void bar_message(const struct canvas *canvas, int row, unsigned attr, const char *text)
{
    static const struct {
        unsigned attr;
        enum glyph glyph;
    } signs[] = {
        {ATTR_OK, GLYPH_OK},
        {ATTR_WARNING, GLYPH_WARNING},
        {ATTR_CRITICAL, GLYPH_CRITICAL},
        {ATTR_UNKNOWN, GLYPH_UNKNOWN},
        {ATTR_PROGRESS, GLYPH_PROGRESS},
    };
    canvas_fill(canvas, row, 0, 1, -1, ATTR_NORMAL, ' ');
    if (text == NULL || text[0] == '\0')
        return;
    int column = EDGE;
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (signs[i].attr == attr)
            column = canvas_sign(canvas, row, column, signs[i].glyph) + 1;
    int room = canvas->columns - EDGE - column;
    canvas_fit(canvas, row, column, room, ALIGN_LEFT, attr, text);
}

/* --- keys ------------------------------------------------------------------------------------- */

static int key_cells(const struct bar_key *key)
{
    return text_width(key->key) + 1 + text_width(key->label);
}

void bar_keys(const struct canvas *canvas, int row, const struct bar_key *keys, size_t keys_count)
{
    bool *shown = memory_new_array(keys_count, sizeof *shown);
    canvas_fill(canvas, row, 0, 1, -1, ATTR_NORMAL, ' ');
    for (size_t i = 0; i < keys_count; i++)
        shown[i] = true;
    for (size_t left = keys_count; left > 0; left--) {
        int need = 2 * EDGE - GAP;
        size_t least = keys_count;
        for (size_t i = 0; i < keys_count; i++) {
            if (!shown[i])
                continue;
            need += key_cells(&keys[i]) + GAP;
            if (least == keys_count || keys[i].worth <= keys[least].worth)
                least = i;
        }
        if (need <= canvas->columns)
            break;
        shown[least] = false;
    }
    int column = EDGE;
    for (size_t i = 0; i < keys_count; i++)
        if (shown[i]) {
            column = canvas_text(canvas, row, column, ATTR_KEY, keys[i].key) + 1;
            column = canvas_text(canvas, row, column, ATTR_NORMAL, keys[i].label) + GAP;
        }
    free(shown);
}
