/* Reading keys, mouse and pastes out of curses. */
#include <curses.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "tui/keys.h"
#include "tui/term.h"
#include "tui/term_keys.h"
#include "tui/term_private.h"

enum {
    PASTE_MOST_BYTES = 65536,
    PASTE_PATIENCE_MS = 2000, /* a paste whose end got lost must not swallow keys for ever */
    DOUBLE_CLICK_MS = 400
};

int term_input_fd(const struct terminal *terminal)
{
    (void)terminal;
    return STDIN_FILENO;
}

void term_flush_input(struct terminal *terminal)
{
    flushinp();
    terminal->pasting = false;
    str_clear(&terminal->paste);
}

void term_set_mouse(struct terminal *terminal, bool on)
{
    mmask_t wanted = BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED;
    terminal->mouse = on;
    mousemask(on ? wanted : 0, NULL);
}

static bool read_mouse(struct terminal *terminal, struct term_input *out)
{
    MEVENT event;
    if (getmouse(&event) != OK)
        return false;
    out->type = TERM_INPUT_MOUSE;
    out->row = event.y;
    out->column = event.x;
    if ((event.bstate & BUTTON4_PRESSED) != 0) {
        out->mouse = TERM_MOUSE_UP;
        return true;
    }
    if ((event.bstate & BUTTON5_PRESSED) != 0) {
        out->mouse = TERM_MOUSE_DOWN;
        return true;
    }
    if ((event.bstate & BUTTON1_PRESSED) == 0)
        return false;
    int64_t now = clock_monotonic_ms(clock_system());
    bool twice = terminal->click_ms != 0 && now - terminal->click_ms < DOUBLE_CLICK_MS &&
                 terminal->click_row == event.y && terminal->click_column == event.x;
    out->mouse = twice ? TERM_MOUSE_DOUBLE : TERM_MOUSE_CLICK;
    terminal->click_ms = twice ? 0 : now;
    terminal->click_row = event.y;
    terminal->click_column = event.x;
    return true;
}

static bool paste_end(struct terminal *terminal, struct term_input *out)
{
    size_t size = terminal->paste.length * 3 + 1; /* a bad byte becomes three */
    free(terminal->pasted);
    terminal->pasted = memory_new(size);
    text_clean(terminal->pasted, size, str_text(&terminal->paste));
    str_clear(&terminal->paste);
    terminal->pasting = false;
    out->type = TERM_INPUT_PASTE;
    out->text = terminal->pasted;
    return true;
}

static void paste_add(struct terminal *terminal, uint32_t code)
{
    char bytes[4];
    terminal->pasting_ms = clock_monotonic_ms(clock_system());
    if (terminal->paste.length < PASTE_MOST_BYTES)
        str_add_bytes(&terminal->paste, bytes, text_encode(bytes, code));
}

/* Behind an Esc: an escape sequence that terminfo does not know is one unknown key, not Esc and a
 * handful of letters that might all mean something. True if there was one. */
static bool skip_sequence(struct terminal *terminal)
{
    wint_t code;
    if (wget_wch(terminal->input, &code) != OK)
        return false;
    if (code != '[' && code != 'O') {
        unget_wch((wchar_t)code);
        return false;
    }
    for (int i = 0; i < 32 && wget_wch(terminal->input, &code) == OK; i++)
        if (code >= 0x40 && code <= 0x7E)
            break;
    return true;
}

bool term_read(struct terminal *terminal, struct term_input *out)
{
    wint_t code;
    *out = (struct term_input){0};
    if (terminal->left)
        return false;
    for (;;) {
        int got = wget_wch(terminal->input, &code);
        if (got == ERR) {
            int64_t now = clock_monotonic_ms(clock_system());
            if (terminal->pasting && now - terminal->pasting_ms > PASTE_PATIENCE_MS)
                return paste_end(terminal, out);
            return false;
        }
        bool is_function = got == KEY_CODE_YES;
        if (is_function && code == TERM_CODE_PASTE_BEGIN) {
            terminal->pasting = true;
            terminal->pasting_ms = clock_monotonic_ms(clock_system());
        } else if (is_function && code == TERM_CODE_PASTE_END) {
            return paste_end(terminal, out);
        } else if (terminal->pasting) {
            if (!is_function)
                paste_add(terminal, code);
        } else if (is_function && code == KEY_MOUSE) {
            if (read_mouse(terminal, out))
                return true;
        } else {
            out->key = term_key_translate(is_function, code);
            if (out->key == KEYS_ESC && skip_sequence(terminal))
                out->key = KEYS_OTHER;
            out->type = TERM_INPUT_KEY;
            if (out->key != KEYS_NONE)
                return true;
        }
    }
}
