/* The contract's way of writing values as JSON (jansson): unknown is null, never -1 or "";
 * times are ISO 8601 UTC, durations seconds, sizes bytes. New references, owned by the caller.
 * Any thread.
 */
#ifndef STOPMARK_CORE_JSON_H
#define STOPMARK_CORE_JSON_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

/* "2026-11-20T12:00:00.547Z"; TIME_UNKNOWN gives null. */
json_t *json_from_time(int64_t utc_ms);

/* The inverse; anything but such a text gives TIME_UNKNOWN. */
int64_t json_to_time(const json_t *value);

/* Seconds, with a fraction only where there is one; DURATION_UNKNOWN gives null. */
json_t *json_from_duration(int64_t duration_ms);
int64_t json_to_duration(const json_t *value);

/* A text; NULL gives null. Invalid UTF-8 is cleaned (core/base/text.h). */
json_t *json_from_text(const char *text);

/* The text, borrowed from value; NULL for null or another type. */
const char *json_to_text(const json_t *value);

/* A number of bytes; SIZE_UNKNOWN (any negative) gives null. */
json_t *json_from_size(int64_t size_bytes);

/* An array of texts; never null. */
json_t *json_from_texts(char *const *texts, size_t count);

/* Compact or indented text of a document, owned by the caller; takes the reference. */
char *json_take_text(json_t *document);

#endif
