#include "tests/lab/value.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"

/* 1970-01-01 in milliseconds since 0001-01-01. */
#define UNIX_EPOCH_MS INT64_C(62135596800000)
#define TICKS_PER_MS 10000

struct sql_value sql_null(void)
{
    return (struct sql_value){.null = true};
}

struct sql_value sql_integer(int64_t integer)
{
    return (struct sql_value){.integer = integer};
}

struct sql_value sql_number(double number)
{
    return (struct sql_value){.number = number};
}

struct sql_value sql_bytes(const void *bytes, size_t length)
{
    /* one more than asked, so that a text can be read as a C string */
    char *copy = memory_new(length + 1);

    if (length > 0)
        memcpy(copy, bytes, length);
    return (struct sql_value){.bytes = copy, .length = length};
}

struct sql_value sql_text(const char *text)
{
    return text == NULL ? sql_null() : sql_bytes(text, strlen(text));
}

struct sql_value sql_time_utc_ms(int64_t utc_ms, int offset_min)
{
    int64_t local_ms = utc_ms + (int64_t)offset_min * 60000 + UNIX_EPOCH_MS;

    return (struct sql_value){.integer = local_ms * TICKS_PER_MS, .offset_min = offset_min};
}

struct sql_value sql_value_copy(const struct sql_value *value)
{
    struct sql_value copy = *value;

    if (value->bytes != NULL)
        copy.bytes = sql_bytes(value->bytes, value->length).bytes;
    return copy;
}

void sql_value_free(struct sql_value *value)
{
    free(value->bytes);
    *value = sql_null();
}
