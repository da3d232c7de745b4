/* The lines around a screen's body: header, tabs, message, keys. Each drops its least worthy parts
 * where the window is narrow. Pure drawing; any thread with its own canvas.
 */
#ifndef STOPMARK_TUI_BAR_H
#define STOPMARK_TUI_BAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tui/canvas.h"

struct bar_part {
    const char *text; /* borrowed; NULL or "" = left out */
    unsigned attr;
    enum glyph glyph; /* drawn before the text; GLYPH_NONE = none */
    int worth;        /* the lowest leaves first */
    bool right;       /* stands at the right end; the order is kept */
};

/* Draws parts, two blanks between them, from one blank inside both edges; cuts the last that
 * remains. The whole row is in ATTR_HEADER where a part has ATTR_NORMAL. */
void bar_header(const struct canvas *canvas, int row, const struct bar_part *parts,
                size_t parts_count);

struct bar_tab {
    const char *key;   /* "1"; borrowed */
    const char *title; /* "Overview"; borrowed */
    bool right;        /* stands at the right end: actions */
};

/* Draws "1Overview 2Sources ...", the tab `here` (>= count: none) stressed by attribute and,
 * without colour, by brackets of its own attribute; where it is too narrow the other titles are
 * shortened, then only keys are left. */
void bar_tabs(const struct canvas *canvas, int row, const struct bar_tab *tabs, size_t tabs_count,
              size_t here);

/* The tab at a column of the line that bar_tabs() would draw; tabs_count if there is none. */
size_t bar_tab_at(const struct canvas *canvas, const struct bar_tab *tabs, size_t tabs_count,
                  size_t here, int column);

/* One line of text with a sign before it where attr is a verdict; an empty text blanks the line. */
void bar_message(const struct canvas *canvas, int row, unsigned attr, const char *text);

struct bar_key {
    const char *key;   /* "Enter"; borrowed */
    const char *label; /* "details"; borrowed */
    int worth;         /* the lowest leaves first */
};

/* Draws "Enter details  / filter  q quit" in the given order, dropping the least worthy until the
 * rest fits. */
void bar_keys(const struct canvas *canvas, int row, const struct bar_key *keys, size_t keys_count);

#endif
