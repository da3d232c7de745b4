#include "tui/term_keys.h"

#include <curses.h>
#include <stddef.h>

#include "tui/keys.h"

static const struct {
    int curses;
    uint32_t key;
} functions[] = {
    {KEY_ENTER, KEYS_ENTER},   {KEY_BTAB, KEYS_BACKTAB},    {KEY_BACKSPACE, KEYS_BACKSPACE},
    {KEY_UP, KEYS_UP},         {KEY_DOWN, KEYS_DOWN},       {KEY_LEFT, KEYS_LEFT},
    {KEY_RIGHT, KEYS_RIGHT},   {KEY_HOME, KEYS_HOME},       {KEY_END, KEYS_END},
    {KEY_PPAGE, KEYS_PAGE_UP}, {KEY_NPAGE, KEYS_PAGE_DOWN}, {KEY_IC, KEYS_INSERT},
    {KEY_DC, KEYS_DELETE},     {KEY_A1, KEYS_HOME},         {KEY_A3, KEYS_PAGE_UP},
    {KEY_C1, KEYS_END},        {KEY_C3, KEYS_PAGE_DOWN},    {KEY_FIND, KEYS_HOME},
    {KEY_SELECT, KEYS_END},    {KEY_RESIZE, KEYS_NONE},
};

uint32_t term_key_translate(bool is_function, uint32_t code)
{
    if (is_function) {
        for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
            if ((uint32_t)functions[i].curses == code)
                return functions[i].key;
        if (code >= (uint32_t)KEY_F(1) && code <= (uint32_t)KEY_F(12))
            return KEYS_F(code - (uint32_t)KEY_F(1) + 1);
        return KEYS_OTHER;
    }
    switch (code) {
    case '\r':
    case '\n':
        return KEYS_ENTER;
    case '\t':
        return KEYS_TAB;
    case 0x1B:
        return KEYS_ESC;
    case 0x08:
    case 0x7F:
        return KEYS_BACKSPACE;
    }
    if (code >= 1 && code <= 26)
        return KEYS_CTRL_A + code - 1;
    return keys_is_character(code) ? code : KEYS_OTHER;
}
