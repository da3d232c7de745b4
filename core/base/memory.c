#include "core/base/memory.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *check(void *memory)
{
    if (memory == NULL) {
        fputs("stopmark: out of memory\n", stderr);
        abort();
    }
    return memory;
}

void *memory_new(size_t size)
{
    return check(calloc(1, size ? size : 1));
}

void *memory_new_array(size_t count, size_t size)
{
    return check(calloc(count ? count : 1, size ? size : 1));
}

char *memory_copy_text(const char *text)
{
    return text == NULL ? NULL : check(strdup(text));
}

char *memory_format(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = NULL;
    int length = vasprintf(&text, format, args);
    va_end(args);
    return check(length < 0 ? NULL : text);
}

void *memory_grow(void *items, size_t *capacity, size_t count, size_t item_size)
{
    if (count < *capacity)
        return items;
    size_t bigger = *capacity ? *capacity * 2 : 8;
    if (bigger > SIZE_MAX / item_size)
        check(NULL);
    items = check(realloc(items, bigger * item_size));
    memset((char *)items + *capacity * item_size, 0, (bigger - *capacity) * item_size);
    *capacity = bigger;
    return items;
}
