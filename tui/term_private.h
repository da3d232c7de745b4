/* Inside the terminal room: the terminal's state, shared by its files. Includes curses, so that
 * nobody else may include it. Main thread only; the terminal owns it (term_close).
 */
#ifndef STOPMARK_TUI_TERM_PRIVATE_H
#define STOPMARK_TUI_TERM_PRIVATE_H

#include <curses.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/base/str.h"
#include "tui/canvas.h"
#include "tui/term.h"

/* Above all of curses' own key codes. */
enum { TERM_CODE_PASTE_BEGIN = KEY_MAX + 1, TERM_CODE_PASTE_END };

struct terminal {
    SCREEN *screen;
    WINDOW *input; /* a pad that is only read from */
    enum glyph_set set;
    int rows, columns;
    struct cell *shadow; /* owned; what the screen shows */
    bool fresh;          /* the next present paints everything anyway */
    attr_t attributes[ATTR_COUNT];
    short pairs[ATTR_COUNT];
    attr_t selected;
    bool left; /* given away: nothing may be written */
    bool mouse;
    bool cursor_visible, cursor_known;
    bool pasting;       /* between the brackets of a paste */
    int64_t pasting_ms; /* when its last byte came, monotonic */
    struct str paste;   /* what has come of it */
    char *pasted;       /* owned; the last whole paste, cleaned */
    int64_t click_ms;   /* the last click, for double clicks */
    int click_row, click_column;
};

#endif
