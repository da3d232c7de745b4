/* Breaks a text into lines of at most so many cells, at blanks where there are any. Pure; any
 * thread. The lines are owned by the caller.
 */
#ifndef STOPMARK_TUI_WRAP_H
#define STOPMARK_TUI_WRAP_H

#include <stddef.h>

#include "tui/canvas.h"

struct wrap {
    char **lines; /* owned, cleaned, without line ends */
    size_t lines_count, lines_capacity;
};

/* Adds text (NULL = "") broken to `cells` (at least 1): a newline begins a new line, an empty line
 * stays, a line's leading blanks are kept for its continuations, a word that is too long is broken
 * anywhere. */
void wrap_add(struct wrap *wrap, const char *text, int cells);

/* Frees the lines; the struct is empty and usable afterwards. */
void wrap_free(struct wrap *wrap);

/* Draws text wrapped into the region's width, from row on; returns the row behind its last line,
 * even if that lies outside. */
int wrap_draw(const struct canvas *canvas, int row, unsigned attr, const char *text);

/* The number of rows that wrap_draw() takes. */
int wrap_rows(const char *text, int cells);

#endif
