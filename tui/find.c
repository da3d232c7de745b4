#include "tui/find.h"

#include <stdint.h>
#include <wctype.h>

#include "core/base/text.h"

static int ascii_lower(unsigned char c)
{
    return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

/* The end of piece at the start of text, NULL if it is not there. */
static const char *match_here(const char *text, const char *piece)
{
    while (*piece != '\0') {
        /* Most of what is searched is ASCII, and a filter looks at everything for every letter
         * typed. */
        unsigned char a = (unsigned char)*text, b = (unsigned char)*piece;
        if (a < 0x80 && b < 0x80) {
            if (ascii_lower(a) != ascii_lower(b))
                return NULL;
            text++;
            piece++;
        } else if (a == '\0' ||
                   towlower((wint_t)text_next(&text)) != towlower((wint_t)text_next(&piece))) {
            return NULL;
        }
    }
    return text;
}

const char *find_nocase(const char *text, const char *piece, size_t *length_bytes)
{
    for (;;) {
        const char *end = match_here(text, piece);
        if (end != NULL) {
            if (length_bytes != NULL)
                *length_bytes = (size_t)(end - text);
            return text;
        }
        if (*text == '\0')
            return NULL;
        text_next(&text);
    }
}
