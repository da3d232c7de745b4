#include "tui/glyph.h"

#include <stddef.h>

#include "core/base/text.h"
#include "tui/canvas.h"

static const struct {
    const char *utf8, *ascii;
    unsigned attr;
} glyphs[GLYPH_COUNT] = {
    [GLYPH_NONE] = {"", "", ATTR_NORMAL},
    [GLYPH_OK] = {"●", "[ok]", ATTR_OK},
    [GLYPH_WARNING] = {"▲", "[!]", ATTR_WARNING},
    [GLYPH_CRITICAL] = {"✖", "[X]", ATTR_CRITICAL},
    [GLYPH_UNKNOWN] = {"?", "[?]", ATTR_UNKNOWN},
    [GLYPH_PROGRESS] = {"◌", "[..]", ATTR_PROGRESS},
    [GLYPH_DONE] = {"✓", "+", ATTR_OK},
    [GLYPH_ROLL_FORWARD] = {"▶", ">", ATTR_OK},
    [GLYPH_FULL_RESTORE] = {"F", "F", ATTR_WARNING},
    [GLYPH_AT_MARK] = {"●", "@", ATTR_OK},
    [GLYPH_UNREACHABLE] = {"✖", "X", ATTR_CRITICAL},
    [GLYPH_BEING_TAKEN] = {"◌", "~", ATTR_PROGRESS},
    [GLYPH_NOT_KNOWN] = {"?", "?", ATTR_UNKNOWN},
    [GLYPH_FILE_APPLIED] = {"=", "=", ATTR_SECONDARY},
    [GLYPH_FILE_SHIPPED] = {"+", "+", ATTR_OK},
    [GLYPH_FILE_UNCHECKED] = {"?", "?", ATTR_UNKNOWN},
    [GLYPH_FILE_MISSING] = {"!", "!", ATTR_CRITICAL},
    [GLYPH_FILE_CORRUPT] = {"#", "#", ATTR_CRITICAL},
    [GLYPH_ARROW] = {"▸", ">", ATTR_NORMAL},
    [GLYPH_ARROW_LEFT] = {"◂", "<", ATTR_NORMAL},
    [GLYPH_CURRENT] = {"▸", ">", ATTR_NORMAL},
    [GLYPH_ASCENDING] = {"↑", "^", ATTR_NORMAL},
    [GLYPH_DESCENDING] = {"↓", "v", ATTR_NORMAL},
    [GLYPH_MORE_UP] = {"↑", "^", ATTR_SECONDARY},
    [GLYPH_MORE_DOWN] = {"↓", "v", ATTR_SECONDARY},
    [GLYPH_BULLET] = {"·", "-", ATTR_SECONDARY},
    [GLYPH_ELLIPSIS] = {"…", "~", ATTR_NORMAL},
    [GLYPH_LINE] = {"─", "-", ATTR_RULE},
    [GLYPH_LINE_VERTICAL] = {"│", "|", ATTR_RULE},
    [GLYPH_CORNER_TOP_LEFT] = {"┌", "+", ATTR_RULE},
    [GLYPH_CORNER_TOP_RIGHT] = {"┐", "+", ATTR_RULE},
    [GLYPH_CORNER_BOTTOM_LEFT] = {"└", "+", ATTR_RULE},
    [GLYPH_CORNER_BOTTOM_RIGHT] = {"┘", "+", ATTR_RULE},
    [GLYPH_TEE_LEFT] = {"├", "+", ATTR_RULE},
    [GLYPH_TEE_RIGHT] = {"┤", "+", ATTR_RULE},
    [GLYPH_BAR_FULL] = {"█", "#", ATTR_NORMAL},
    [GLYPH_BAR_EMPTY] = {"░", ".", ATTR_SECONDARY},
    [GLYPH_LIMIT] = {"┊", "|", ATTR_SECONDARY},
    [GLYPH_CHOSEN] = {"◉", "*", ATTR_NORMAL},
    [GLYPH_NOT_CHOSEN] = {"○", "o", ATTR_NORMAL},
    [GLYPH_TICKED] = {"☑", "x", ATTR_OK},
    [GLYPH_NOT_TICKED] = {"☐", ".", ATTR_NORMAL},
};

static const char *const sparks[2][GLYPH_SPARK_LEVELS] = {
    [GLYPH_SET_UTF8] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"},
    [GLYPH_SET_ASCII] = {"_", ".", ":", "-", "=", "+", "*", "#"},
};

const char *glyph_text(enum glyph_set set, enum glyph glyph)
{
    return set == GLYPH_SET_UTF8 ? glyphs[glyph].utf8 : glyphs[glyph].ascii;
}

int glyph_width(enum glyph_set set, enum glyph glyph)
{
    return text_width(glyph_text(set, glyph));
}

unsigned glyph_attr(enum glyph glyph)
{
    return glyphs[glyph].attr;
}

const char *glyph_spark(enum glyph_set set, int level)
{
    int last = GLYPH_SPARK_LEVELS - 1;
    return sparks[set][level < 0 ? 0 : level > last ? last : level];
}

char glyph_ascii(uint32_t code)
{
    if (code < 0x80)
        return (char)code;
    for (size_t i = 0; i < GLYPH_SPARK_LEVELS; i++) {
        const char *at = sparks[GLYPH_SET_UTF8][i];
        if (text_next(&at) == code)
            return sparks[GLYPH_SET_ASCII][i][0];
    }
    /* A verdict's ASCII form takes more than the one cell that there is: its letter stands for it.
     */
    switch (code) {
    case 0x25CF: /* ● */
        return '*';
    case 0x25B2: /* ▲ */
        return '!';
    case 0x2716: /* ✖ */
        return 'X';
    case 0x2013: /* – */
    case 0x2014: /* — */
        return '-';
    case 0x2265: /* ≥ */
        return '>';
    case 0x2264: /* ≤ */
        return '<';
    }
    for (size_t i = 0; i < GLYPH_COUNT; i++) {
        const char *at = glyphs[i].utf8;
        if (text_next(&at) == code && glyphs[i].ascii[1] == '\0')
            return glyphs[i].ascii[0];
    }
    return '?';
}
