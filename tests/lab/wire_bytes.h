/* Bytes as TDS writes them: little-endian numbers, UTF-16LE texts, counted texts; and a reader that
 * never leaves its bounds: after the first read too far it only gives zeros and says `failed`.
 * Knows no token. One thread per buffer or reader.
 */
#ifndef STOPMARK_LAB_WIRE_BYTES_H
#define STOPMARK_LAB_WIRE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/str.h"

/* Append a number of 1, 2, 4 or 8 bytes, low byte first (_be: high byte first). */
void bytes_add_u8(struct str *s, unsigned value);
void bytes_add_u16(struct str *s, unsigned value);
void bytes_add_u32(struct str *s, uint32_t value);
void bytes_add_u64(struct str *s, uint64_t value);
void bytes_add_u16_be(struct str *s, unsigned value);
void bytes_add_u32_be(struct str *s, uint32_t value);

/* Appends the low size bytes of value, low byte first. */
void bytes_add_low(struct str *s, uint64_t value, size_t size);

/* Writes a u16 over two bytes that are already there. */
void bytes_put_u16(struct str *s, size_t at, unsigned value);

/* Appends UTF-8 as UTF-16LE, at most max_units code units, cut at a character; a bad byte becomes
 * U+FFFD. Returns the number of units. */
size_t bytes_add_utf16(struct str *s, const char *text, size_t length, size_t max_units);

/* Append a text as UTF-16LE behind its number of units in one or two bytes; NULL counts as "". */
void bytes_add_b_varchar(struct str *s, const char *text);
void bytes_add_us_varchar(struct str *s, const char *text);

/* Appends UTF-8 as code page 1252, at most max_bytes; what it lacks becomes '?'. Source: the
 * code page of SQL_Latin1_General_CP1_CI_AS. */
void bytes_add_cp1252(struct str *s, const char *text, size_t length, size_t max_bytes);

/* Appends code page 1252 as UTF-8. */
void bytes_add_from_cp1252(struct str *s, const uint8_t *bytes, size_t length);

struct byte_reader {
    const uint8_t *data; /* borrowed */
    size_t length, at;
    bool failed;
};

/* How many bytes are left; 0 after a failure. */
size_t reader_left(const struct byte_reader *reader);

/* The next length bytes, borrowed; NULL if there are fewer. */
const uint8_t *reader_take(struct byte_reader *reader, size_t length);

uint8_t reader_u8(struct byte_reader *reader);
uint16_t reader_u16(struct byte_reader *reader);
uint32_t reader_u32(struct byte_reader *reader);
uint64_t reader_u64(struct byte_reader *reader);
uint16_t reader_u16_be(struct byte_reader *reader);

/* The next units UTF-16 code units as UTF-8; owned, never NULL. A lone surrogate and U+0000 become
 * U+FFFD. */
char *reader_utf16(struct byte_reader *reader, size_t units);

#endif
