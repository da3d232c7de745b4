/* The terminal: the only room that includes curses. Opens it, shows canvases, reads keys, and puts
 * the terminal back on every way out (return, exit, a fatal signal).
 *
 * Never exits on an unknown TERM: term_open() reports it and the caller goes on in plain mode.
 * Never rings the bell. Main thread only; one terminal at a time.
 */
#ifndef STOPMARK_TUI_TERM_H
#define STOPMARK_TUI_TERM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "tui/canvas.h"

struct terminal;

struct term_options {
    const char *theme;   /* borrowed for the call; NULL = "dark" */
    bool ascii;          /* only ASCII even where the locale can do more */
    bool mouse;          /* off by default: it would spoil selecting text */
    int escape_delay_ms; /* how long after Esc the rest of a key may come; 0 = 25 */
};

/* True if standard input and output are a terminal whose TERM can place the cursor; otherwise
 * plain mode is the right one. Does not change the terminal. */
bool term_is_usable(void);

/* True if the locale's character set is UTF-8. main() has called setlocale(LC_ALL, ""). */
bool term_is_utf8(void);

/* Takes over the terminal and clears it. options NULL = all defaults. Honours NO_COLOR. On
 * failure (no terminal, unknown TERM, unknown theme) returns an error that says so in a sentence,
 * *out is NULL and the terminal is as before. Owned: term_close() ends it. */
enum error_code term_open(struct terminal **out, const struct term_options *options,
                          struct error *e);

/* Puts the terminal back and frees it; NULL does nothing. */
void term_close(struct terminal *terminal);

/* Puts whichever terminal is open back, for a way out that cannot reach it (a fatal error). Safe
 * to call at any time, any number of times, from the main thread. */
void term_restore(void);

/* The size in cells, as taken over last (term_open, term_resize). */
void term_size(const struct terminal *terminal, int *rows, int *columns);

/* UTF-8 or ASCII signs: what canvases for this terminal are to be opened with. */
enum glyph_set term_glyph_set(const struct terminal *terminal);

/* Shows the canvas: only cells that changed are sent, in one go, and the cursor is placed last. A
 * canvas of another size is clipped or padded with blanks. */
void term_present(struct terminal *terminal, const struct canvas *canvas);

/* Forgets what is on the screen: the next present repaints everything (Ctrl-L). */
void term_redraw(struct terminal *terminal);

/* Takes over the kernel's new size after SIGWINCH; the next present repaints. */
void term_resize(struct terminal *terminal);

/* Puts the terminal back, stops the process as Ctrl-Z would, and on return has it again, with the
 * size as it is then. */
void term_suspend(struct terminal *terminal);

/* Gives the terminal away, to an editor or a pager; nothing is shown or read until term_return().
 */
void term_leave(struct terminal *terminal);

/* Takes it back, with the size as it is now; the next present repaints. */
void term_return(struct terminal *terminal);

/* Switches to another theme; false and no change if there is none of that name. */
bool term_set_theme(struct terminal *terminal, const char *name);

/* Turns mouse reports on or off. */
void term_set_mouse(struct terminal *terminal, bool on);

/* Puts text (NULL = "") into the clipboard of the person's own terminal by OSC 52. Nothing tells
 * whether the terminal allows it. Text beyond 74,000 bytes is cut at a character. */
void term_copy(struct terminal *terminal, const char *text);

/* One piece of input, as it comes out of the terminal. */
enum term_input_type { TERM_INPUT_NONE, TERM_INPUT_KEY, TERM_INPUT_MOUSE, TERM_INPUT_PASTE };

enum term_mouse_action { TERM_MOUSE_CLICK, TERM_MOUSE_DOUBLE, TERM_MOUSE_UP, TERM_MOUSE_DOWN };

struct term_input {
    enum term_input_type type;
    uint32_t key;                 /* TERM_INPUT_KEY: keys.h */
    enum term_mouse_action mouse; /* TERM_INPUT_MOUSE; UP and DOWN are the wheel's */
    int row, column;              /* TERM_INPUT_MOUSE */
    const char *text;             /* TERM_INPUT_PASTE: cleaned, borrowed until the next read */
};

/* Reads what has arrived without waiting; false if nothing has. For event.c only. */
bool term_read(struct terminal *terminal, struct term_input *out);

/* The descriptor to poll for input. For event.c only. */
int term_input_fd(const struct terminal *terminal);

/* Throws away everything typed ahead. */
void term_flush_input(struct terminal *terminal);

#endif
