#include "tui/keys.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/text.h"

static const struct {
    uint32_t key;
    const char *name; /* the first of a key is the one that is shown */
} names[] = {
    {KEYS_SPACE, "Space"},
    {KEYS_ENTER, "Enter"},
    {KEYS_ESC, "Esc"},
    {KEYS_TAB, "Tab"},
    {KEYS_BACKTAB, "S-Tab"},
    {KEYS_BACKSPACE, "Backspace"},
    {KEYS_UP, "Up"},
    {KEYS_DOWN, "Down"},
    {KEYS_LEFT, "Left"},
    {KEYS_RIGHT, "Right"},
    {KEYS_HOME, "Home"},
    {KEYS_END, "End"},
    {KEYS_PAGE_UP, "PgUp"},
    {KEYS_PAGE_DOWN, "PgDn"},
    {KEYS_INSERT, "Insert"},
    {KEYS_DELETE, "Delete"},
    {KEYS_OTHER, "Other"},
    {KEYS_ENTER, "Return"},
    {KEYS_ESC, "Escape"},
    {KEYS_BACKTAB, "BackTab"},
    {KEYS_BACKTAB, "Shift-Tab"},
    {KEYS_BACKSPACE, "BSpace"},
    {KEYS_PAGE_UP, "PageUp"},
    {KEYS_PAGE_DOWN, "PageDown"},
    {KEYS_DELETE, "Del"},
    {KEYS_INSERT, "Ins"},
};

bool keys_is_character(uint32_t key)
{
    return key >= ' ' && key < KEYS_ENTER && (key < 0x7F || key >= 0xA0);
}

void keys_format(char *out, size_t size, uint32_t key)
{
    if (size == 0)
        return;
    out[0] = '\0';
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].key == key) {
            text_copy(out, size, names[i].name);
            return;
        }
    if (key >= KEYS_F1 && key <= KEYS_F12) {
        snprintf(out, size, "F%u", (unsigned)(key - KEYS_F1 + 1));
    } else if (key >= KEYS_CTRL_A && key <= KEYS_CTRL_Z) {
        snprintf(out, size, "C-%c", (char)('a' + (key - KEYS_CTRL_A)));
    } else if (keys_is_character(key)) {
        char text[5] = {0};
        text[text_encode(text, key)] = '\0';
        text_copy(out, size, text);
    }
}

/* "C-l", "Ctrl-L" and "^L": the letter behind the prefix, 0 if it is none of these. */
static char control_letter(const char *name)
{
    static const char *const prefixes[] = {"C-", "Ctrl-", "Ctrl+", "^"};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        size_t length = strlen(prefixes[i]);
        if (strncasecmp(name, prefixes[i], length) == 0 && isalpha((unsigned char)name[length]) &&
            name[length + 1] == '\0')
            return (char)tolower((unsigned char)name[length]);
    }
    return 0;
}

uint32_t keys_parse(const char *name)
{
    if (name == NULL || name[0] == '\0')
        return KEYS_NONE;
    const char *at = name;
    uint32_t code = text_next(&at);
    if (*at == '\0')
        return keys_is_character(code) && code != 0xFFFD ? code : KEYS_NONE;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcasecmp(names[i].name, name) == 0)
            return names[i].key;
    if ((name[0] == 'F' || name[0] == 'f') && isdigit((unsigned char)name[1])) {
        char *end;
        long number = strtol(name + 1, &end, 10);
        return *end == '\0' && number >= 1 && number <= 12 ? KEYS_F((uint32_t)number) : KEYS_NONE;
    }
    char letter = control_letter(name);
    return letter != 0 ? KEYS_CTRL(letter) : KEYS_NONE;
}
