#include "tui/term.h"

#include <curses.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "core/base/memory.h"
#include "core/base/str.h"
#include "core/base/text.h"
#include "tui/term_guard.h"
#include "tui/term_private.h"
#include "tui/theme.h"

/* The one that is open, for ways out that were handed nothing. */
static struct terminal *open_terminal;

/* --- the terminal's own strings --------------------------------------------------------------- */

/* A terminfo string without its padding notes ("$<5>"); "" where the terminal has none. */
static void add_capability(struct str *out, const char *name)
{
    const char *text = tigetstr(name);
    if (text == NULL || text == (const char *)-1)
        return;
    while (*text != '\0') {
        const char *end = text[0] == '$' && text[1] == '<' ? strchr(text, '>') : NULL;
        if (end != NULL)
            text = end + 1;
        else
            str_add_char(out, *text++);
    }
}

static void write_all(const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t written = write(STDOUT_FILENO, bytes, length);
        if (written <= 0)
            return;
        bytes += written;
        length -= (size_t)written;
    }
}

static void write_capability(const char *name)
{
    struct str text = {0};
    add_capability(&text, name);
    write_all(str_text(&text), text.length);
    str_free(&text);
}

static void arm_guard(void)
{
    struct str text = {0};
    str_add(&text, "\033[?1000l\033[?1006l"); /* mouse reports off; unknown modes are ignored */
    add_capability(&text, "BD");
    add_capability(&text, "sgr0");
    add_capability(&text, "rmkx");
    add_capability(&text, "cnorm");
    add_capability(&text, "rmcup");
    term_guard_arm(str_text(&text));
    str_free(&text);
}

/* --- colours ---------------------------------------------------------------------------------- */

static bool colours_allowed(void)
{
    const char *no = getenv("NO_COLOR");
    return (no == NULL || no[0] == '\0') && has_colors();
}

static attr_t attributes(unsigned look)
{
    return ((look & THEME_BOLD) != 0 ? A_BOLD : A_NORMAL) |
           ((look & THEME_REVERSE) != 0 ? A_REVERSE : A_NORMAL) |
           ((look & THEME_UNDERLINE) != 0 ? A_UNDERLINE : A_NORMAL);
}

static void apply_theme(struct terminal *terminal, const struct theme *theme)
{
    bool colours = theme->colours && colours_allowed();
    if (!colours)
        theme = theme_find("mono");
    for (int i = 0; i < ATTR_COUNT; i++) {
        const struct theme_style *style = &theme->styles[i];
        short colour = COLORS >= 256 ? style->colour_256 : style->colour_8;
        terminal->attributes[i] = attributes(style->look);
        terminal->pairs[i] = 0;
        if (colours && colour != THEME_DEFAULT_COLOUR && colour < COLORS && i + 1 < COLOR_PAIRS &&
            init_pair((short)(i + 1), colour, -1) == OK)
            terminal->pairs[i] = (short)(i + 1);
    }
    terminal->selected = attributes(theme->selected);
}

bool term_set_theme(struct terminal *terminal, const char *name)
{
    const struct theme *theme = theme_find(name);
    if (theme == NULL)
        return false;
    apply_theme(terminal, theme);
    term_redraw(terminal);
    return true;
}

/* --- opening and closing ---------------------------------------------------------------------- */

static void shadow_reset(struct terminal *terminal)
{
    size_t cells = (size_t)terminal->rows * (size_t)terminal->columns;
    free(terminal->shadow);
    terminal->shadow = memory_new_array(cells, sizeof *terminal->shadow);
    for (size_t i = 0; i < cells; i++)
        terminal->shadow[i].code[0] = ' ';
}

static void set_modes(struct terminal *terminal, const struct term_options *options)
{
    int delay = options->escape_delay_ms > 0 ? options->escape_delay_ms : 25;
    raw();
    noecho();
    nonl();
    intrflush(stdscr, FALSE);
    set_escdelay(delay);
    /* Reading from a window would show it; from a pad it does not. */
    terminal->input = newpad(1, 1);
    keypad(terminal->input, TRUE);
    keypad(stdscr, TRUE);
    nodelay(terminal->input, TRUE);
    mouseinterval(0);
    define_key("\033[200~", TERM_CODE_PASTE_BEGIN);
    define_key("\033[201~", TERM_CODE_PASTE_END);
    if (has_colors()) {
        start_color();
        use_default_colors();
    }
    write_capability("BE");
}

enum error_code term_open(struct terminal **out, const struct term_options *options,
                          struct error *e)
{
    static const struct term_options defaults;
    static bool registered;
    const char *name = getenv("TERM");
    *out = NULL;
    options = options == NULL ? &defaults : options;
    const struct theme *theme = theme_find(options->theme);
    if (theme == NULL)
        return error_set(e, ERR_USAGE, NULL, "themes: dark, light, mono",
                         "there is no theme called %s", options->theme);
    if (open_terminal != NULL)
        return error_set(e, ERR_FAILED, NULL, NULL, "the terminal is in use already");
    if (!term_is_usable())
        return error_set(e, ERR_FAILED, NULL, "plain mode (--plain) works everywhere",
                         "the terminal (TERM=%s) is unknown or cannot place the cursor",
                         name == NULL ? "" : name);
    term_guard_save(STDIN_FILENO);
    struct terminal *terminal = memory_new(sizeof *terminal);
    terminal->screen = newterm(NULL, stdout, stdin);
    if (terminal->screen == NULL) {
        free(terminal);
        return error_set(e, ERR_FAILED, NULL, "plain mode (--plain) works everywhere",
                         "the terminal (TERM=%s) could not be opened", name);
    }
    open_terminal = terminal;
    if (!registered)
        atexit(term_restore);
    registered = true;
    terminal->set = options->ascii || !term_is_utf8() ? GLYPH_SET_ASCII : GLYPH_SET_UTF8;
    getmaxyx(stdscr, terminal->rows, terminal->columns);
    set_modes(terminal, options);
    apply_theme(terminal, theme);
    shadow_reset(terminal);
    terminal->fresh = true;
    arm_guard();
    if (options->mouse)
        term_set_mouse(terminal, true);
    *out = terminal;
    return ERR_OK;
}

void term_restore(void)
{
    if (open_terminal == NULL || open_terminal->left)
        return;
    open_terminal->left = true;
    write_capability("BD");
    endwin();
    term_guard_disarm();
}

void term_close(struct terminal *terminal)
{
    if (terminal == NULL)
        return;
    term_set_mouse(terminal, false);
    term_restore();
    open_terminal = NULL;
    delwin(terminal->input);
    delscreen(terminal->screen);
    free(terminal->shadow);
    str_free(&terminal->paste);
    free(terminal->pasted);
    free(terminal);
}

void term_leave(struct terminal *terminal)
{
    if (terminal->left)
        return;
    if (terminal->mouse)
        mousemask(0, NULL);
    term_restore();
}

void term_return(struct terminal *terminal)
{
    if (!terminal->left)
        return;
    terminal->left = false;
    reset_prog_mode();
    arm_guard();
    write_capability("BE");
    if (terminal->mouse)
        term_set_mouse(terminal, true);
    term_resize(terminal);
}

void term_suspend(struct terminal *terminal)
{
    struct sigaction former, action = {.sa_handler = SIG_IGN};
    term_leave(terminal);
    /* The whole group stops, as it does where the terminal itself sees Ctrl-Z; this process last,
     * and at once. */
    sigaction(SIGTSTP, &action, &former);
    kill(0, SIGTSTP);
    action.sa_handler = SIG_DFL;
    sigaction(SIGTSTP, &action, NULL);
    raise(SIGTSTP);
    sigaction(SIGTSTP, &former, NULL);
    term_return(terminal);
}

/* --- size ------------------------------------------------------------------------------------- */

void term_size(const struct terminal *terminal, int *rows, int *columns)
{
    *rows = terminal->rows;
    *columns = terminal->columns;
}

void term_resize(struct terminal *terminal)
{
    struct winsize size = {0};
    if (terminal->left)
        return;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0)
        resizeterm(size.ws_row, size.ws_col);
    getmaxyx(stdscr, terminal->rows, terminal->columns);
    term_redraw(terminal);
}

enum glyph_set term_glyph_set(const struct terminal *terminal)
{
    return terminal->set;
}

/* --- showing ---------------------------------------------------------------------------------- */

void term_redraw(struct terminal *terminal)
{
    werase(stdscr);
    shadow_reset(terminal);
    clearok(curscr, TRUE);
    terminal->fresh = true;
}

static void show_cell(const struct terminal *terminal, int row, int column, const struct cell *cell)
{
    wchar_t text[4] = {(wchar_t)cell->code[0], (wchar_t)cell->code[1], (wchar_t)cell->code[2], 0};
    unsigned meaning = cell->attr & ~(unsigned)ATTR_SELECTED;
    if (meaning >= ATTR_COUNT)
        meaning = ATTR_NORMAL;
    attr_t look = terminal->attributes[meaning];
    short pair = terminal->pairs[meaning];
    /* Words are underlined, not the blanks that pad them; a field is, for there it is its extent.
     */
    if (cell->code[0] == ' ' && meaning != ATTR_INPUT)
        look &= ~A_UNDERLINE;
    /* A selected row is of one colour, the terminal's own reversed: readable on every background,
     * and its signs and words still tell what they mean. */
    if ((cell->attr & ATTR_SELECTED) != 0) {
        look |= terminal->selected;
        pair = 0;
    }
    cchar_t out;
    if (setcchar(&out, text, look, pair, NULL) == OK)
        mvadd_wch(row, column, &out); /* in the last corner it draws and yet returns ERR */
}

static const struct cell *cell_or_blank(const struct canvas *canvas, int row, int column)
{
    static const struct cell blank = {.code = {' '}};
    const struct cell *cell = canvas_cell(canvas, row, column);
    return cell == NULL ? &blank : cell;
}

/* True if the canvas's row is what the screen shows in another one. */
static bool row_is_shown(const struct terminal *terminal, const struct canvas *canvas, int row,
                         int shown_row)
{
    if (shown_row < 0 || shown_row >= terminal->rows)
        return false;
    const struct cell *shown = &terminal->shadow[shown_row * terminal->columns];
    for (int column = 0; column < terminal->columns; column++)
        if (memcmp(cell_or_blank(canvas, row, column), &shown[column], sizeof *shown) != 0)
            return false;
    return true;
}

/* Curses shows a block that moved by scrolling the terminal. By one line every terminal can; the
 * sequence for several lines at once is unknown to some emulators that call themselves xterm, and
 * leaves a screen that is wrong until Ctrl-L. Curses only sees blocks of three lines and more, so a
 * change that is no scrolling by one line is shown row by row. */
static bool is_shown_by_rows(const struct terminal *terminal, const struct canvas *canvas)
{
    enum { BLOCK_LEAST = 3 };
    int changed = 0, up = 0, down = 0;
    for (int row = 0; row < terminal->rows; row++) {
        if (row_is_shown(terminal, canvas, row, row))
            continue;
        changed++;
        up += row_is_shown(terminal, canvas, row, row + 1) ? 1 : 0;
        down += row_is_shown(terminal, canvas, row, row - 1) ? 1 : 0;
    }
    return changed >= BLOCK_LEAST && up * 2 <= changed && down * 2 <= changed;
}

static void show_row(struct terminal *terminal, const struct canvas *canvas, int row)
{
    for (int column = 0; column < terminal->columns; column++) {
        const struct cell *cell = cell_or_blank(canvas, row, column);
        struct cell *shown = &terminal->shadow[row * terminal->columns + column];
        if (memcmp(cell, shown, sizeof *cell) == 0)
            continue;
        *shown = *cell;
        if (cell->code[0] != 0)
            show_cell(terminal, row, column, cell);
    }
}

static void place_cursor(struct terminal *terminal, const struct canvas *canvas)
{
    int row = terminal->rows - 1, column = 0;
    bool visible = false;
    canvas_cursor_position(canvas, &row, &column, &visible);
    if (visible != terminal->cursor_visible || !terminal->cursor_known)
        curs_set(visible ? 1 : 0);
    terminal->cursor_visible = visible;
    terminal->cursor_known = true;
    wmove(stdscr, row < terminal->rows ? row : terminal->rows - 1,
          column < terminal->columns ? column : terminal->columns - 1);
}

void term_present(struct terminal *terminal, const struct canvas *canvas)
{
    if (terminal->left)
        return;
    bool by_rows = !terminal->fresh && is_shown_by_rows(terminal, canvas);
    for (int row = 0; row < terminal->rows; row++) {
        bool changed = !row_is_shown(terminal, canvas, row, row);
        show_row(terminal, canvas, row);
        if (by_rows && changed) {
            wnoutrefresh(stdscr);
            doupdate();
        }
    }
    place_cursor(terminal, canvas);
    wnoutrefresh(stdscr);
    doupdate();
    terminal->fresh = false;
}

/* --- clipboard -------------------------------------------------------------------------------- */

void term_copy(struct terminal *terminal, const char *text)
{
    enum { MOST = 74000 };
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *able = tigetstr("Ms");
    if (terminal->left || ((able == NULL || able == (const char *)-1) && COLORS < 256))
        return; /* a terminal that does not know the sequence might print it */
    char *copy = memory_new(MOST + 1);
    text_copy(copy, MOST + 1, text == NULL ? "" : text);
    size_t length = strlen(copy);
    struct str out = {0};
    str_add(&out, "\033]52;c;");
    for (size_t i = 0; i < length; i += 3) {
        size_t left = length - i;
        unsigned bits = (unsigned)(unsigned char)copy[i] << 16;
        bits |= left > 1 ? (unsigned)(unsigned char)copy[i + 1] << 8 : 0;
        bits |= left > 2 ? (unsigned char)copy[i + 2] : 0;
        str_add_char(&out, digits[bits >> 18]);
        str_add_char(&out, digits[bits >> 12 & 63]);
        str_add_char(&out, left > 1 ? digits[bits >> 6 & 63] : '=');
        str_add_char(&out, left > 2 ? digits[bits & 63] : '=');
    }
    str_add(&out, "\033\\");
    write_all(str_text(&out), out.length);
    str_free(&out);
    free(copy);
}
