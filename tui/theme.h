/* Themes: what each meaning (enum attr) looks like. A theme never carries meaning by itself: signs
 * and words do; colours are chosen so that the common kinds of colour blindness tell them apart.
 * The terminal's own background is kept.
 *
 * Constant data; any thread.
 */
#ifndef STOPMARK_TUI_THEME_H
#define STOPMARK_TUI_THEME_H

#include <stdbool.h>
#include <stddef.h>

#include "tui/canvas.h"

enum { THEME_DEFAULT_COLOUR = -1 };

enum theme_look { THEME_PLAIN = 0, THEME_BOLD = 1, THEME_REVERSE = 2, THEME_UNDERLINE = 4 };

struct theme_style {
    short colour_256; /* index into the 256-colour palette, THEME_DEFAULT_COLOUR = the terminal's */
    short colour_8;   /* 0 to 7, used with fewer than 256 colours */
    unsigned look;    /* enum theme_look, or-ed */
};

struct theme {
    const char *name;
    bool colours;                     /* false: only bold, reverse and underline are used */
    const struct theme_style *styles; /* ATTR_COUNT of them */
    unsigned selected; /* enum theme_look, added to any of them; colours are left out then */
};

/* The theme called name, without case; NULL or "" means "dark". NULL if there is none. */
const struct theme *theme_find(const char *name);

/* All themes in turn: index 0, 1, ...; NULL behind the last. "dark", "light", "mono". */
const struct theme *theme_at(size_t index);

#endif
