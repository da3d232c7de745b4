/* A grid of character cells, each with a meaning (attribute), that screens draw on. It never
 * touches a terminal: term_present() shows it, a dump prints it for tests and files.
 *
 * Every text is cleaned (core/base/text) and clipped, so nothing that a server sends can move the
 * cursor or leave its place; drawing outside the canvas is allowed and draws nothing. A region is
 * a window into the same cells with its own origin; rows and columns count from 0.
 * One thread at a time. canvas_open() owns the cells, canvas_close() ends them; regions borrow.
 */
#ifndef STOPMARK_TUI_CANVAS_H
#define STOPMARK_TUI_CANVAS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/str.h"
#include "tui/glyph.h"

/* What a cell means; a theme decides what it looks like. */
enum attr {
    ATTR_NORMAL,
    ATTR_TITLE,     /* the one thing to read first */
    ATTR_HEADER,    /* the header line and column titles */
    ATTR_STRONG,    /* stressed text */
    ATTR_SECONDARY, /* units, labels, explanations */
    ATTR_RULE,      /* lines and frames */
    ATTR_OK,
    ATTR_WARNING,
    ATTR_CRITICAL,
    ATTR_UNKNOWN,
    ATTR_PROGRESS,
    ATTR_STALE,    /* an old figure, or one that may not be seen */
    ATTR_KEY,      /* a key's name in the key line */
    ATTR_TAB,      /* a tab that is not chosen */
    ATTR_TAB_HERE, /* the chosen tab */
    ATTR_INPUT,    /* where text is typed */
    ATTR_MATCH,    /* what the filter found */
    ATTR_COUNT,
    /* Combines with one of the above: ATTR_OK | ATTR_SELECTED. */
    ATTR_SELECTED = 0x40
};

struct cell {
    uint32_t code[3]; /* the character and up to two combining ones, 0 = none; code[0] is 0 in the
                         right half of a wide character */
    uint8_t attr;
};

struct canvas {
    struct canvas_grid *grid; /* owned by the canvas that canvas_open() made, else borrowed */
    int row, column;          /* the origin within the grid */
    int rows, columns;        /* the size, also the clip */
};

enum align { ALIGN_LEFT, ALIGN_RIGHT, ALIGN_CENTRE };

/* A blank canvas; rows and columns are taken as at least 1. In GLYPH_SET_ASCII every character
 * outside ASCII is shown by a stand-in. Owned: canvas_close() ends it. */
struct canvas canvas_open(int rows, int columns, enum glyph_set set);

/* Frees the cells; all regions of the canvas end with it. */
void canvas_close(struct canvas *canvas);

/* A window of rows x columns at (row, column), cut to what lies inside the parent. Borrows the
 * parent's cells. rows or columns < 0 means "to the end". */
struct canvas canvas_region(const struct canvas *parent, int row, int column, int rows,
                            int columns);

/* Which form of signs the canvas draws. */
enum glyph_set canvas_set(const struct canvas *canvas);

/* Blanks the region in ATTR_NORMAL; on the whole canvas also forgets the cursor. */
void canvas_clear(const struct canvas *canvas);

/* Draws text and returns the column behind it, even if that lies outside. Text that is cut at the
 * right edge has the ellipsis sign there: half a figure would be another one. NULL draws nothing. */
int canvas_text(const struct canvas *canvas, int row, int column, unsigned attr, const char *text);

/* As canvas_text without that sign: what is being typed scrolls under its cursor. */
int canvas_typed(const struct canvas *canvas, int row, int column, unsigned attr, const char *text);

/* As canvas_text with a format. */
int canvas_format(const struct canvas *canvas, int row, int column, unsigned attr,
                  const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Draws text into exactly `cells` cells: padded with blanks, or cut with the ellipsis sign as the
 * last cell. Returns column + cells. */
int canvas_fit(const struct canvas *canvas, int row, int column, int cells, enum align align,
               unsigned attr, const char *text);

/* Draws text so that it ends before end_column; what does not fit is cut at its start (left of
 * column 0). Returns the column where it begins. */
int canvas_right(const struct canvas *canvas, int row, int end_column, unsigned attr,
                 const char *text);

/* Draws a sign in its own attribute (glyph_attr); returns the column behind it. */
int canvas_sign(const struct canvas *canvas, int row, int column, enum glyph glyph);

/* Draws a sign in the given attribute; returns the column behind it. */
int canvas_glyph(const struct canvas *canvas, int row, int column, enum glyph glyph, unsigned attr);

/* Fills rows x columns cells with one character (one cell wide). */
void canvas_fill(const struct canvas *canvas, int row, int column, int rows, int columns,
                 unsigned attr, uint32_t code);

/* A horizontal rule over the whole width of the region. */
void canvas_rule(const struct canvas *canvas, int row);

/* A frame around the region's edge with an optional title (NULL = none) in its top line. */
void canvas_frame(const struct canvas *canvas, const char *title);

/* Changes the attribute of `cells` cells and leaves their characters. */
void canvas_paint(const struct canvas *canvas, int row, int column, int cells, unsigned attr);

/* Adds ATTR_SELECTED to `cells` cells. */
void canvas_select(const struct canvas *canvas, int row, int column, int cells);

/* Letters, digits and the signs " -.:%/" five rows high and canvas_big_width() wide, out of full
 * blocks ('#' in ASCII); other characters are blank. Returns the column behind. */
int canvas_big(const struct canvas *canvas, int row, int column, unsigned attr, const char *text);

enum { CANVAS_BIG_ROWS = 5 };

/* The cells that canvas_big() takes for text. */
int canvas_big_width(const char *text);

/* Where the hardware cursor shall stand; the last call before a present counts. Positions outside
 * the region are ignored. visible: where text is typed; otherwise it only marks the row for
 * screen readers. */
void canvas_cursor(const struct canvas *canvas, int row, int column, bool visible);

/* The cursor in grid coordinates; false if none was set since canvas_clear(). Any pointer may be
 * NULL. */
bool canvas_cursor_position(const struct canvas *canvas, int *row, int *column, bool *visible);

/* The cell at (row, column) of the region, borrowed; NULL outside. */
const struct cell *canvas_cell(const struct canvas *canvas, int row, int column);

/* Appends the region as text: one line a row, trailing blanks cut, each with a newline. */
void canvas_dump_text(const struct canvas *canvas, struct str *out);

/* Appends the region's attributes: one letter a cell, trailing ATTR_NORMAL cut. The letters in the
 * order of enum attr are ".thsdrowcupakbeim"; a selected cell has the capital, '#' for '.'. */
void canvas_dump_attributes(const struct canvas *canvas, struct str *out);

#endif
