/* A growing text buffer, always terminated. Bytes in, bytes out: it knows nothing of encodings.
 * One thread per buffer.
 */
#ifndef STOPMARK_BASE_STR_H
#define STOPMARK_BASE_STR_H

#include <stddef.h>

struct str {
    char *text; /* owned; NULL while empty, see str_text */
    size_t length;
    size_t capacity;
};

/* Appends a text; text NULL appends nothing. */
void str_add(struct str *s, const char *text);

/* Appends length bytes. */
void str_add_bytes(struct str *s, const void *bytes, size_t length);

/* Appends one byte. */
void str_add_char(struct str *s, char c);

/* Appends a formatted text. */
void str_format(struct str *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The text, borrowed until the next change; never NULL. */
const char *str_text(const struct str *s);

/* Hands the text over: owned by the caller, never NULL; the buffer is empty afterwards. */
char *str_take(struct str *s);

/* Forgets the text but keeps the room. */
void str_clear(struct str *s);

/* Frees the room; the buffer is empty and usable afterwards. */
void str_free(struct str *s);

#endif
