#include "core/json.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/base/text.h"

json_t *json_from_time(int64_t utc_ms)
{
    char text[40];
    if (utc_ms == TIME_UNKNOWN)
        return json_null();
    time_format_iso(text, sizeof text, utc_ms);
    return json_string(text);
}

int64_t json_to_time(const json_t *value)
{
    return json_is_string(value) ? time_parse(json_string_value(value)) : TIME_UNKNOWN;
}

json_t *json_from_duration(int64_t duration_ms)
{
    if (duration_ms == DURATION_UNKNOWN)
        return json_null();
    if (duration_ms % 1000 == 0)
        return json_integer(duration_ms / 1000);
    return json_real((double)duration_ms / 1000.0);
}

int64_t json_to_duration(const json_t *value)
{
    if (json_is_integer(value))
        return json_integer_value(value) * 1000;
    if (!json_is_real(value))
        return DURATION_UNKNOWN;
    double ms = json_real_value(value) * 1000.0;
    return (int64_t)(ms < 0 ? ms - 0.5 : ms + 0.5);
}

json_t *json_from_text(const char *text)
{
    if (text == NULL)
        return json_null();
    json_t *value = json_string(text);
    if (value != NULL)
        return value;
    size_t size = 3 * strlen(text) + 1; /* a bad byte becomes U+FFFD, three bytes */
    char *clean = memory_new(size);
    text_clean(clean, size, text);
    value = json_string(clean);
    free(clean);
    return value;
}

const char *json_to_text(const json_t *value)
{
    return json_string_value(value);
}

json_t *json_from_size(int64_t size_bytes)
{
    return size_bytes < 0 ? json_null() : json_integer(size_bytes);
}

json_t *json_from_texts(char *const *texts, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, json_from_text(texts[i]));
    return array;
}

char *json_take_text(json_t *document)
{
    char *text = json_dumps(document, JSON_INDENT(2) | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(15));
    json_decref(document);
    return text == NULL ? memory_copy_text("{}") : text;
}
