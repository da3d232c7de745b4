#include "core/base/text.h"

#include <string.h>
#include <wchar.h>
#include <wctype.h>

enum { REPLACEMENT = 0xFFFD };

uint32_t text_next(const char **at)
{
    const unsigned char *p = (const unsigned char *)*at;
    if (*p == 0)
        return 0;
    if (*p < 0x80) {
        (*at)++;
        return *p;
    }
    int more = *p >= 0xF0 ? 3 : *p >= 0xE0 ? 2 : 1;
    static const uint32_t smallest[] = {0, 0x80, 0x800, 0x10000};
    uint32_t code = *p & (0x3Fu >> more);
    bool bad = *p < 0xC2 || *p > 0xF4;
    for (int i = 1; !bad && i <= more; i++) {
        bad = (p[i] & 0xC0) != 0x80;
        code = code << 6 | (p[i] & 0x3F);
    }
    if (bad || code < smallest[more] || (code >= 0xD800 && code <= 0xDFFF) || code > 0x10FFFF) {
        (*at)++;
        return REPLACEMENT;
    }
    *at += more + 1;
    return code;
}

size_t text_encode(char out[4], uint32_t code)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xC0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3F));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xE0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3F));
        out[2] = (char)(0x80 | (code & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 0x3F));
    out[2] = (char)(0x80 | (code >> 6 & 0x3F));
    out[3] = (char)(0x80 | (code & 0x3F));
    return 4;
}

/* C0, DEL, C1, line and paragraph separators, and the characters that change writing direction:
 * a name holding one could reorder what stands beside it on the screen. */
static bool is_harmful(uint32_t code)
{
    return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x61C ||
           (code >= 0x200E && code <= 0x200F) || (code >= 0x2028 && code <= 0x202E) ||
           (code >= 0x2066 && code <= 0x2069) || code == 0xFEFF;
}

void text_clean(char *out, size_t size, const char *text)
{
    size_t used = 0;
    if (size == 0)
        return;
    for (const char *at = text == NULL ? "" : text; *at != '\0';) {
        uint32_t code = text_next(&at);
        if (code == '\t' || code == '\n' || code == '\r')
            code = ' ';
        else if (is_harmful(code))
            code = REPLACEMENT;
        char bytes[4];
        size_t length = text_encode(bytes, code);
        if (used + length >= size)
            break;
        memcpy(out + used, bytes, length);
        used += length;
    }
    out[used] = '\0';
}

bool text_is_clean(const char *text)
{
    while (*text != '\0') {
        uint32_t code = text_next(&text);
        if (is_harmful(code) || code == REPLACEMENT)
            return false;
    }
    return true;
}

int text_char_width(uint32_t code)
{
    int width = wcwidth((wchar_t)code);
    return width < 0 ? 1 : width;
}

int text_width(const char *text)
{
    int width = 0;
    while (*text != '\0')
        width += text_char_width(text_next(&text));
    return width;
}

int text_compare_nocase(const char *a, const char *b)
{
    for (;;) {
        wint_t x = towlower((wint_t)text_next(&a));
        wint_t y = towlower((wint_t)text_next(&b));
        if (x != y)
            return x < y ? -1 : 1;
        if (x == 0)
            return 0;
    }
}

bool text_equal_nocase(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : text_compare_nocase(a, b) == 0;
}

bool text_equal(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

void text_copy(char *out, size_t size, const char *text)
{
    if (size == 0)
        return;
    size_t length = strlen(text);
    if (length >= size) {
        length = size - 1;
        while (length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80)
            length--;
    }
    memcpy(out, text, length);
    out[length] = '\0';
}

int text_distance(const char *a, const char *b)
{
    enum { LONGEST = 64 };
    size_t n = strlen(a), m = strlen(b);
    if (n > LONGEST || m > LONGEST)
        return LONGEST;
    int row[LONGEST + 1];
    for (size_t j = 0; j <= m; j++)
        row[j] = (int)j;
    for (size_t i = 1; i <= n; i++) {
        int diagonal = row[0];
        row[0] = (int)i;
        for (size_t j = 1; j <= m; j++) {
            int same = towlower((wint_t)a[i - 1]) == towlower((wint_t)b[j - 1]) ? 0 : 1;
            int best = diagonal + same;
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            diagonal = row[j];
            row[j] = best;
        }
    }
    return row[m];
}
