#include "core/store_walk.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"

bool walk_is_reading(const struct walk *walk)
{
    return walk->out == NULL;
}

/* The length of the field at walk->at; moves behind it. */
static size_t take_field(struct walk *walk, const char **field)
{
    *field = walk->at;
    size_t length = strcspn(walk->at, "\t\n");
    walk->at += length;
    if (*walk->at == '\t')
        walk->at++;
    return length;
}

static void write_escaped(struct str *out, const char *text)
{
    while (*text) {
        size_t plain = strcspn(text, "\t\n\r\\");
        str_add_bytes(out, text, plain);
        text += plain;
        if (!*text)
            break;
        str_add_char(out, '\\');
        str_add_char(out, *text == '\t' ? 't' : *text == '\n' ? 'n' : *text == '\r' ? 'r' : '\\');
        text++;
    }
}

static char *read_escaped(const char *field, size_t length)
{
    char *text = memory_new(length + 1), *to = text;
    for (size_t i = 0; i < length; i++) {
        char c = field[i];
        if (c == '\\' && i + 1 < length) {
            c = field[++i];
            c = c == 't' ? '\t' : c == 'n' ? '\n' : c == 'r' ? '\r' : c;
        }
        *to++ = c;
    }
    return text;
}

void walk_text(struct walk *walk, char **text)
{
    const char *field;
    if (!walk_is_reading(walk)) {
        if (*text)
            write_escaped(walk->out, *text);
        else
            str_add(walk->out, "\\N");
        str_add_char(walk->out, '\t');
        return;
    }
    bool there = *walk->at != '\n' && *walk->at != '\0';
    size_t length = take_field(walk, &field);
    bool null = !there || (length == 2 && field[0] == '\\' && field[1] == 'N');
    *text = null ? NULL : read_escaped(field, length);
}

void walk_integer(struct walk *walk, int64_t *number)
{
    const char *field;
    if (walk_is_reading(walk)) {
        if (take_field(walk, &field))
            *number = strtoll(field, NULL, 10);
        return;
    }
    char digits[24], *at = digits + sizeof digits;
    uint64_t rest = *number < 0 ? 0 - (uint64_t)*number : (uint64_t)*number;
    *--at = '\t';
    do
        *--at = (char)('0' + rest % 10);
    while (rest /= 10);
    if (*number < 0)
        *--at = '-';
    str_add_bytes(walk->out, at, (size_t)(digits + sizeof digits - at));
}

void walk_int(struct walk *walk, int *number)
{
    int64_t value = *number;
    walk_integer(walk, &value);
    *number = (int)value;
}

void walk_bool(struct walk *walk, bool *flag)
{
    int64_t value = *flag;
    walk_integer(walk, &value);
    *flag = value != 0;
}

void walk_char(struct walk *walk, char *letter)
{
    int64_t value = *letter;
    walk_integer(walk, &value);
    *letter = (char)value;
}

void walk_plain(struct walk *walk, char *text, size_t size)
{
    const char *field;
    if (!walk_is_reading(walk)) {
        str_add(walk->out, text);
        str_add_char(walk->out, '\t');
        return;
    }
    size_t length = take_field(walk, &field);
    if (length >= size)
        length = 0;
    memcpy(text, field, length);
    text[length] = '\0';
}

void walk_lsn(struct walk *walk, struct lsn *lsn)
{
    char digits[LSN_TEXT_SIZE];
    lsn_format(digits, sizeof digits, *lsn);
    walk_plain(walk, digits, sizeof digits);
    *lsn = lsn_parse(digits);
}

void walk_guid(struct walk *walk, char guid[37])
{
    walk_plain(walk, guid, 37);
}
