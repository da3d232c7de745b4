#include "tests/lab/wire_bytes.h"

#include <string.h>

#include "core/base/text.h"

#define REPLACEMENT 0xFFFDu

void bytes_add_low(struct str *s, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        str_add_char(s, (char)(value >> (8 * i)));
}

void bytes_add_u8(struct str *s, unsigned value)
{
    str_add_char(s, (char)value);
}

void bytes_add_u16(struct str *s, unsigned value)
{
    bytes_add_low(s, value, 2);
}

void bytes_add_u32(struct str *s, uint32_t value)
{
    bytes_add_low(s, value, 4);
}

void bytes_add_u64(struct str *s, uint64_t value)
{
    bytes_add_low(s, value, 8);
}

void bytes_add_u16_be(struct str *s, unsigned value)
{
    bytes_add_u8(s, value >> 8);
    bytes_add_u8(s, value);
}

void bytes_add_u32_be(struct str *s, uint32_t value)
{
    bytes_add_u16_be(s, value >> 16);
    bytes_add_u16_be(s, value & 0xFFFF);
}

void bytes_put_u16(struct str *s, size_t at, unsigned value)
{
    s->text[at] = (char)value;
    s->text[at + 1] = (char)(value >> 8);
}

/* Decodes one character of a text that may hold NULs; moves *at. */
static uint32_t decode_utf8(const char *text, size_t length, size_t *at)
{
    unsigned char first = (unsigned char)text[*at];
    size_t more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : first >= 0xC0 ? 1 : 0;
    char window[5] = "";

    if (first < 0x80) {
        (*at)++;
        return first;
    }
    for (size_t i = 0; i <= more && *at + i < length; i++)
        window[i] = text[*at + i];
    const char *end = window;
    uint32_t code = text_next(&end);
    *at += end > window ? (size_t)(end - window) : 1;
    return code;
}

size_t bytes_add_utf16(struct str *s, const char *text, size_t length, size_t max_units)
{
    size_t units = 0;

    for (size_t at = 0; at < length;) {
        uint32_t code = decode_utf8(text, length, &at);
        size_t need = code >= 0x10000 ? 2 : 1;
        if (units + need > max_units)
            break;
        if (need == 2) {
            bytes_add_u16(s, 0xD800 + ((code - 0x10000) >> 10));
            bytes_add_u16(s, 0xDC00 + ((code - 0x10000) & 0x3FF));
        } else {
            bytes_add_u16(s, code);
        }
        units += need;
    }
    return units;
}

static void add_counted(struct str *s, const char *text, size_t count_size, size_t max_units)
{
    size_t at = s->length;

    bytes_add_low(s, 0, count_size);
    size_t units = text == NULL ? 0 : bytes_add_utf16(s, text, strlen(text), max_units);
    s->text[at] = (char)units;
    if (count_size == 2)
        s->text[at + 1] = (char)(units >> 8);
}

void bytes_add_b_varchar(struct str *s, const char *text)
{
    add_counted(s, text, 1, 0xFF);
}

void bytes_add_us_varchar(struct str *s, const char *text)
{
    add_counted(s, text, 2, 0x7FFF);
}

/* The characters of 0x80..0x9F; 0 = none. */
static const uint16_t cp1252_high[32] = {
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178,
};

static unsigned to_cp1252(uint32_t code)
{
    if (code < 0x80 || (code >= 0xA0 && code <= 0xFF))
        return code;
    for (unsigned i = 0; i < 32; i++) {
        if (cp1252_high[i] == code && code != 0)
            return 0x80 + i;
    }
    return '?';
}

void bytes_add_cp1252(struct str *s, const char *text, size_t length, size_t max_bytes)
{
    size_t at = 0;

    for (size_t count = 0; at < length && count < max_bytes; count++)
        bytes_add_u8(s, to_cp1252(decode_utf8(text, length, &at)));
}

static void add_utf8(struct str *s, uint32_t code)
{
    char out[4];

    str_add_bytes(s, out, text_encode(out, code == 0 ? REPLACEMENT : code));
}

void bytes_add_from_cp1252(struct str *s, const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        uint32_t code = bytes[i];
        if (code >= 0x80 && code < 0xA0 && cp1252_high[code - 0x80] != 0)
            code = cp1252_high[code - 0x80];
        add_utf8(s, code);
    }
}

size_t reader_left(const struct byte_reader *reader)
{
    return reader->failed ? 0 : reader->length - reader->at;
}

const uint8_t *reader_take(struct byte_reader *reader, size_t length)
{
    if (reader->failed || length > reader->length - reader->at) {
        reader->failed = true;
        return NULL;
    }
    const uint8_t *taken = reader->data + reader->at;
    reader->at += length;
    return taken;
}

static uint64_t read_low(struct byte_reader *reader, size_t size)
{
    const uint8_t *bytes = reader_take(reader, size);
    uint64_t value = 0;

    for (size_t i = 0; bytes != NULL && i < size; i++)
        value |= (uint64_t)bytes[i] << (8 * i);
    return value;
}

uint8_t reader_u8(struct byte_reader *reader)
{
    return (uint8_t)read_low(reader, 1);
}

uint16_t reader_u16(struct byte_reader *reader)
{
    return (uint16_t)read_low(reader, 2);
}

uint32_t reader_u32(struct byte_reader *reader)
{
    return (uint32_t)read_low(reader, 4);
}

uint64_t reader_u64(struct byte_reader *reader)
{
    return read_low(reader, 8);
}

uint16_t reader_u16_be(struct byte_reader *reader)
{
    uint16_t low_first = reader_u16(reader);

    return (uint16_t)(low_first << 8 | low_first >> 8);
}

char *reader_utf16(struct byte_reader *reader, size_t units)
{
    struct str text = {0};
    const uint8_t *bytes = reader_take(reader, units * 2);

    for (size_t i = 0; bytes != NULL && i < units; i++) {
        uint32_t code = bytes[2 * i] | (uint32_t)bytes[2 * i + 1] << 8;
        if (code >= 0xD800 && code < 0xE000) {
            uint32_t low = 0;
            if (code < 0xDC00 && i + 1 < units)
                low = bytes[2 * i + 2] | (uint32_t)bytes[2 * i + 3] << 8;
            if (low >= 0xDC00 && low < 0xE000) {
                code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
                i++;
            } else {
                code = REPLACEMENT;
            }
        }
        add_utf8(&text, code);
    }
    return str_take(&text);
}
