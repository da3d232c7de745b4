/* Keys: one number for each, a name for each, and back. A character is its own Unicode code;
 * function keys and Ctrl combinations are numbers above all characters. No terminal needed.
 *
 * Constant data; any thread.
 */
#ifndef STOPMARK_TUI_KEYS_H
#define STOPMARK_TUI_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum keys_code {
    KEYS_NONE = 0,
    KEYS_SPACE = ' ',
    /* Above Unicode. */
    KEYS_ENTER = 0x110000,
    KEYS_ESC,
    KEYS_TAB,
    KEYS_BACKTAB,
    KEYS_BACKSPACE,
    KEYS_UP,
    KEYS_DOWN,
    KEYS_LEFT,
    KEYS_RIGHT,
    KEYS_HOME,
    KEYS_END,
    KEYS_PAGE_UP,
    KEYS_PAGE_DOWN,
    KEYS_INSERT,
    KEYS_DELETE,
    KEYS_F1, /* to KEYS_F1 + 11 */
    KEYS_F12 = KEYS_F1 + 11,
    KEYS_CTRL_A, /* to KEYS_CTRL_A + 25; C-i, C-m and C-h never arrive: Tab, Enter, Backspace */
    KEYS_CTRL_Z = KEYS_CTRL_A + 25,
    KEYS_OTHER /* a key that the terminal knows and we do not */
};

/* KEYS_CTRL('l') is the code of C-l. */
#define KEYS_CTRL(letter) ((uint32_t)KEYS_CTRL_A + (uint32_t)((letter) - 'a'))

/* KEYS_F(5) is the code of F5. */
#define KEYS_F(number) ((uint32_t)KEYS_F1 + (uint32_t)((number)-1))

/* True for a character that can be typed into a field. */
bool keys_is_character(uint32_t key);

/* The name: "Enter", "Esc", "F1", "C-l", "PgUp", "Space", "j", a UTF-8 character; "" for
 * KEYS_NONE. Cut to size. */
void keys_format(char *out, size_t size, uint32_t key);

/* The inverse of keys_format, names without regard to case ("ctrl-l" and "^l" are C-l too);
 * KEYS_NONE for anything else. */
uint32_t keys_parse(const char *name);

#endif
