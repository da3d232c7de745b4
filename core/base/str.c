#include "core/base/str.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"

static void reserve(struct str *s, size_t more)
{
    size_t need = s->length + more + 1;
    if (need <= s->capacity)
        return;
    size_t capacity = s->capacity ? s->capacity * 2 : 64;
    if (capacity < need)
        capacity = need;
    char *text = memory_new(capacity);
    if (s->length > 0)
        memcpy(text, s->text, s->length);
    free(s->text);
    s->text = text;
    s->capacity = capacity;
}

void str_add_bytes(struct str *s, const void *bytes, size_t length)
{
    reserve(s, length);
    if (length > 0)
        memcpy(s->text + s->length, bytes, length);
    s->length += length;
    s->text[s->length] = '\0';
}

void str_add(struct str *s, const char *text)
{
    if (text != NULL)
        str_add_bytes(s, text, strlen(text));
}

void str_add_char(struct str *s, char c)
{
    str_add_bytes(s, &c, 1);
}

void str_format(struct str *s, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length > 0) {
        reserve(s, (size_t)length);
        vsnprintf(s->text + s->length, (size_t)length + 1, format, again);
        s->length += (size_t)length;
    }
    va_end(again);
}

const char *str_text(const struct str *s)
{
    return s->text == NULL ? "" : s->text;
}

char *str_take(struct str *s)
{
    char *text = s->text == NULL ? memory_copy_text("") : s->text;
    *s = (struct str){0};
    return text;
}

void str_clear(struct str *s)
{
    s->length = 0;
    if (s->text != NULL)
        s->text[0] = '\0';
}

void str_free(struct str *s)
{
    free(s->text);
    *s = (struct str){0};
}
