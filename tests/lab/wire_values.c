/* Reading typed values of RPC parameters: the inverse of wire_types.c. */
#include <stdlib.h>
#include <string.h>

#include "tests/lab/wire_request.h"
#include "tests/lab/wire_types.h"

#define TICKS_PER_DAY INT64_C(864000000000)
#define TICKS_PER_SECOND INT64_C(10000000)
#define DAYS_TO_1900 693595
#define DAYS_MAX 3652058 /* 9999-12-31 */
#define VALUE_SIZE_MAX ((size_t)64 << 20)

/* How a value's bytes are counted. */
enum counting {
    COUNT_FIXED,  /* not at all: the type says it */
    COUNT_BYTE,   /* one byte; 0 = NULL */
    COUNT_SHORT,  /* two bytes; 0xFFFF = NULL */
    COUNT_LONG,   /* four bytes; 0xFFFFFFFF = NULL: text, ntext, image */
    COUNT_CHUNKS, /* PLP */
};

enum content {
    CONTENT_INTEGER,
    CONTENT_FLOAT,
    CONTENT_NUMERIC,
    CONTENT_MONEY,
    CONTENT_DATETIME,
    CONTENT_TIME,
    CONTENT_UNICODE,
    CONTENT_CODE_PAGE,
    CONTENT_BYTES,
};

struct shape {
    uint8_t token;
    enum sql_kind kind;
    enum content content;
    enum counting counting;
    uint8_t size; /* of a fixed type */
};

/* Source: MS-TDS, TYPE_INFO. */
static const struct shape shapes[] = {
    {0x30, SQL_TINYINT, CONTENT_INTEGER, COUNT_FIXED, 1},
    {0x32, SQL_BIT, CONTENT_INTEGER, COUNT_FIXED, 1},
    {0x34, SQL_SMALLINT, CONTENT_INTEGER, COUNT_FIXED, 2},
    {0x38, SQL_INT, CONTENT_INTEGER, COUNT_FIXED, 4},
    {0x7F, SQL_BIGINT, CONTENT_INTEGER, COUNT_FIXED, 8},
    {0x3B, SQL_REAL, CONTENT_FLOAT, COUNT_FIXED, 4},
    {0x3E, SQL_FLOAT, CONTENT_FLOAT, COUNT_FIXED, 8},
    {0x3A, SQL_DATETIME, CONTENT_DATETIME, COUNT_FIXED, 4},
    {0x3D, SQL_DATETIME, CONTENT_DATETIME, COUNT_FIXED, 8},
    {0x3C, SQL_NUMERIC, CONTENT_MONEY, COUNT_FIXED, 8},
    {0x7A, SQL_NUMERIC, CONTENT_MONEY, COUNT_FIXED, 4},
    {0x26, SQL_INT, CONTENT_INTEGER, COUNT_BYTE, 0},
    {0x68, SQL_BIT, CONTENT_INTEGER, COUNT_BYTE, 0},
    {0x6D, SQL_FLOAT, CONTENT_FLOAT, COUNT_BYTE, 0},
    {0x6E, SQL_NUMERIC, CONTENT_MONEY, COUNT_BYTE, 0},
    {0x6F, SQL_DATETIME, CONTENT_DATETIME, COUNT_BYTE, 0},
    {0x6A, SQL_NUMERIC, CONTENT_NUMERIC, COUNT_BYTE, 0},
    {0x6C, SQL_NUMERIC, CONTENT_NUMERIC, COUNT_BYTE, 0},
    {0x24, SQL_UNIQUEIDENTIFIER, CONTENT_BYTES, COUNT_BYTE, 0},
    {0x28, SQL_DATE, CONTENT_TIME, COUNT_BYTE, 0},
    {0x29, SQL_TIME, CONTENT_TIME, COUNT_BYTE, 0},
    {0x2A, SQL_DATETIME2, CONTENT_TIME, COUNT_BYTE, 0},
    {0x2B, SQL_DATETIMEOFFSET, CONTENT_TIME, COUNT_BYTE, 0},
    {0x25, SQL_VARBINARY, CONTENT_BYTES, COUNT_BYTE, 0},
    {0x2D, SQL_BINARY, CONTENT_BYTES, COUNT_BYTE, 0},
    {0x27, SQL_VARCHAR, CONTENT_CODE_PAGE, COUNT_BYTE, 0},
    {0x2F, SQL_CHAR, CONTENT_CODE_PAGE, COUNT_BYTE, 0},
    {0xA5, SQL_VARBINARY, CONTENT_BYTES, COUNT_SHORT, 0},
    {0xAD, SQL_BINARY, CONTENT_BYTES, COUNT_SHORT, 0},
    {0xA7, SQL_VARCHAR, CONTENT_CODE_PAGE, COUNT_SHORT, 0},
    {0xAF, SQL_CHAR, CONTENT_CODE_PAGE, COUNT_SHORT, 0},
    {0xE7, SQL_NVARCHAR, CONTENT_UNICODE, COUNT_SHORT, 0},
    {0xEF, SQL_NCHAR, CONTENT_UNICODE, COUNT_SHORT, 0},
    {0x22, SQL_VARBINARY, CONTENT_BYTES, COUNT_LONG, 0},
    {0x23, SQL_VARCHAR, CONTENT_CODE_PAGE, COUNT_LONG, 0},
    {0x63, SQL_NVARCHAR, CONTENT_UNICODE, COUNT_LONG, 0},
};

static const struct shape *shape_of(uint8_t token)
{
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        if (shapes[i].token == token)
            return &shapes[i];
    }
    return NULL;
}

/* The length that a counted type declares. False if it cannot be. */
static bool read_declared_length(struct byte_reader *reader, const struct shape *shape,
                                 struct sql_type *type, enum counting *counting)
{
    size_t declared = shape->counting == COUNT_SHORT  ? reader_u16(reader)
                      : shape->counting == COUNT_LONG ? reader_u32(reader)
                                                      : reader_u8(reader);

    if (shape->counting == COUNT_SHORT && declared == 0xFFFF)
        *counting = COUNT_CHUNKS;
    switch (shape->content) {
    case CONTENT_INTEGER:
        if (shape->kind != SQL_BIT)
            type->kind = declared == 1   ? SQL_TINYINT
                         : declared == 2 ? SQL_SMALLINT
                         : declared == 4 ? SQL_INT
                                         : SQL_BIGINT;
        return declared == 1 || declared == 2 || declared == 4 || declared == 8;
    case CONTENT_FLOAT:
        type->kind = declared == 4 ? SQL_REAL : SQL_FLOAT;
        return declared == 4 || declared == 8;
    case CONTENT_UNICODE:
    case CONTENT_CODE_PAGE:
    case CONTENT_BYTES:
        if (shape->kind == SQL_UNIQUEIDENTIFIER)
            return declared == 16 || declared == 0;
        type->length = *counting == COUNT_CHUNKS || *counting == COUNT_LONG ? SQL_LENGTH_MAX
                       : shape->content == CONTENT_UNICODE ? (int)declared / 2
                                                           : (int)declared;
        return true;
    default: return declared <= 17;
    }
}

static const char *read_type(struct byte_reader *reader, uint32_t tds_version,
                             const struct shape *shape, struct sql_type *type,
                             enum counting *counting)
{
    bool scaled = shape->content == CONTENT_TIME;

    *type = (struct sql_type){.kind = shape->kind, .nullable = true};
    *counting = shape->counting;
    if (scaled && shape->kind != SQL_DATE) {
        type->scale = reader_u8(reader);
        if (type->scale > 7)
            return "RPC time type of an impossible scale";
    }
    if (shape->counting != COUNT_FIXED && !scaled &&
        !read_declared_length(reader, shape, type, counting))
        return "RPC type of an impossible length";
    if (shape->content == CONTENT_NUMERIC) {
        type->precision = reader_u8(reader);
        type->scale = reader_u8(reader);
        if (type->precision < 1 || type->precision > 38 || type->scale > type->precision)
            return "RPC numeric of an impossible precision";
    }
    if (shape->content == CONTENT_MONEY) {
        type->precision = 19;
        type->scale = 4;
    }
    bool collated = shape->content == CONTENT_UNICODE || shape->content == CONTENT_CODE_PAGE;
    if (collated && shape->counting != COUNT_BYTE && tds_version >= TDS_7_1)
        reader_take(reader, 5);
    return reader->failed ? "RPC type cut short" : NULL;
}

/* Puts the chunks of a PLP value together. False if they do not end. */
static bool read_chunks(struct byte_reader *reader, struct str *out)
{
    for (;;) {
        uint32_t size = reader_u32(reader);
        const uint8_t *bytes = reader_take(reader, size);
        if (reader->failed || out->length + size > VALUE_SIZE_MAX)
            return false;
        if (size == 0)
            return true;
        str_add_bytes(out, bytes, size);
    }
}

/* The value's bytes in *out; *null where there are none. */
static bool read_bytes(struct byte_reader *reader, const struct shape *shape,
                       enum counting counting, struct str *out, bool *null)
{
    size_t size = shape->size;

    *null = false;
    switch (counting) {
    case COUNT_FIXED: break;
    case COUNT_BYTE:
        size = reader_u8(reader);
        *null = size == 0;
        break;
    case COUNT_SHORT:
        size = reader_u16(reader);
        *null = size == 0xFFFF;
        break;
    case COUNT_LONG:
        size = reader_u32(reader);
        *null = size == UINT32_MAX;
        break;
    case COUNT_CHUNKS:
        *null = reader_u64(reader) == UINT64_MAX;
        return reader->failed ? false : *null || read_chunks(reader, out);
    }
    if (*null)
        return !reader->failed;
    const uint8_t *bytes = reader_take(reader, size);
    if (bytes == NULL)
        return false;
    str_add_bytes(out, bytes, size);
    return true;
}

/* --- contents --------------------------------------------------------------------------------- */

static uint64_t low_first(const char *bytes, size_t size)
{
    uint64_t value = 0;

    for (size_t i = 0; i < size && i < 8; i++)
        value |= (uint64_t)(unsigned char)bytes[i] << (8 * i);
    return value;
}

static struct sql_value integer_value(enum sql_kind kind, const struct str *bytes)
{
    uint64_t raw = low_first(bytes->text, bytes->length);

    if (kind == SQL_BIT)
        return sql_integer(raw != 0);
    switch (bytes->length) {
    case 1: return sql_integer((int64_t)raw); /* tinyint has no sign */
    case 2: return sql_integer((int16_t)raw);
    case 4: return sql_integer((int32_t)raw);
    default: return sql_integer((int64_t)raw);
    }
}

static struct sql_value float_value(const struct str *bytes)
{
    float single = 0;
    double number = 0;

    if (bytes->length == 4) {
        memcpy(&single, bytes->text, 4);
        return sql_number((double)single);
    }
    memcpy(&number, bytes->text, bytes->length < 8 ? bytes->length : 8);
    return sql_number(number);
}

__extension__ typedef unsigned __int128 magnitude_type;

/* Digits with a point scale places from the right. */
static struct sql_value decimal_value(bool negative, magnitude_type magnitude, unsigned scale)
{
    char digits[48];
    size_t at = sizeof digits - 1;

    digits[at] = '\0';
    for (unsigned place = 0; place <= scale || magnitude > 0; place++) {
        if (place == scale && scale > 0)
            digits[--at] = '.';
        digits[--at] = (char)('0' + (int)(magnitude % 10));
        magnitude /= 10;
    }
    if (negative)
        digits[--at] = '-';
    return sql_text(digits + at);
}

static struct sql_value numeric_value(const struct sql_type *type, const struct str *bytes)
{
    magnitude_type magnitude = 0;

    for (size_t i = bytes->length; i > 1; i--)
        magnitude = magnitude << 8 | (unsigned char)bytes->text[i - 1];
    return decimal_value(bytes->text[0] == 0, magnitude, type->scale);
}

/* Money of eight bytes has its high half first. */
static struct sql_value money_value(const struct str *bytes)
{
    int64_t amount;

    if (bytes->length == 4)
        amount = (int32_t)low_first(bytes->text, 4);
    else
        amount = (int64_t)(low_first(bytes->text, 4) << 32 | low_first(bytes->text + 4, 4));
    uint64_t magnitude = amount < 0 ? 0 - (uint64_t)amount : (uint64_t)amount;
    return decimal_value(amount < 0, magnitude, 4);
}

static bool datetime_value(const struct str *bytes, struct sql_value *value)
{
    int64_t days, ticks;

    if (bytes->length == 4) {
        days = (int64_t)low_first(bytes->text, 2);
        ticks = (int64_t)low_first(bytes->text + 2, 2) * 60 * TICKS_PER_SECOND;
    } else {
        days = (int32_t)low_first(bytes->text, 4);
        int64_t parts = (int64_t)low_first(bytes->text + 4, 4);
        /* thirds of 10 ms become .000, .003 and .007 */
        ticks = (parts * 10 + 1) / 3 * 10000;
    }
    days += DAYS_TO_1900;
    *value = sql_null();
    if (days < 0 || days > DAYS_MAX || ticks < 0 || ticks >= TICKS_PER_DAY)
        return false;
    *value = sql_integer(days * TICKS_PER_DAY + ticks);
    return true;
}

static bool time_value(const struct sql_type *type, const struct str *bytes,
                       struct sql_value *value)
{
    size_t date_size = type->kind == SQL_TIME ? 0 : 3;
    size_t offset_size = type->kind == SQL_DATETIMEOFFSET ? 2 : 0;

    if (bytes->length < date_size + offset_size || bytes->length > date_size + offset_size + 5)
        return false;
    size_t time_size = bytes->length - date_size - offset_size;
    uint64_t time = low_first(bytes->text, time_size);
    for (int i = type->scale; i < 7 && time_size > 0; i++)
        time *= 10;
    uint64_t days = low_first(bytes->text + time_size, date_size);
    if (time >= (uint64_t)TICKS_PER_DAY || days > DAYS_MAX)
        return false;
    *value = sql_integer((int64_t)days * TICKS_PER_DAY + (int64_t)time);
    if (offset_size > 0)
        value->offset_min = (int16_t)low_first(bytes->text + time_size + 3, 2);
    return true;
}

static struct sql_value unicode_value(const struct str *bytes)
{
    struct byte_reader reader = {.data = (const uint8_t *)str_text(bytes),
                                 .length = bytes->length};
    char *text = reader_utf16(&reader, bytes->length / 2);

    return (struct sql_value){.bytes = text, .length = strlen(text)};
}

static struct sql_value code_page_value(const struct str *bytes)
{
    struct str text = {0};

    bytes_add_from_cp1252(&text, (const uint8_t *)str_text(bytes), bytes->length);
    size_t length = text.length;
    return (struct sql_value){.bytes = str_take(&text), .length = length};
}

static bool content_fits(const struct shape *shape, size_t length)
{
    switch (shape->content) {
    case CONTENT_INTEGER: return length == 1 || length == 2 || length == 4 || length == 8;
    case CONTENT_FLOAT:
    case CONTENT_MONEY:
    case CONTENT_DATETIME: return length == 4 || length == 8;
    case CONTENT_NUMERIC: return length >= 2 && length <= 17;
    case CONTENT_UNICODE: return length % 2 == 0;
    case CONTENT_BYTES: return shape->kind != SQL_UNIQUEIDENTIFIER || length == 16;
    default: return true;
    }
}

static bool make_value(const struct shape *shape, const struct sql_type *type,
                       const struct str *bytes, struct sql_value *value)
{
    if (!content_fits(shape, bytes->length))
        return false;
    switch (shape->content) {
    case CONTENT_INTEGER: *value = integer_value(type->kind, bytes); break;
    case CONTENT_FLOAT: *value = float_value(bytes); break;
    case CONTENT_NUMERIC: *value = numeric_value(type, bytes); break;
    case CONTENT_MONEY: *value = money_value(bytes); break;
    case CONTENT_DATETIME: return datetime_value(bytes, value);
    case CONTENT_TIME: return time_value(type, bytes, value);
    case CONTENT_UNICODE: *value = unicode_value(bytes); break;
    case CONTENT_CODE_PAGE: *value = code_page_value(bytes); break;
    case CONTENT_BYTES: *value = sql_bytes(str_text(bytes), bytes->length); break;
    }
    return true;
}

const char *request_read_value(struct byte_reader *reader, uint32_t tds_version,
                               struct sql_type *type, struct sql_value *value)
{
    const struct shape *shape = shape_of(reader_u8(reader));
    enum counting counting;
    struct str bytes = {0};
    bool null;

    *value = sql_null();
    if (reader->failed || shape == NULL)
        return "RPC parameter of an unknown type";
    const char *fault = read_type(reader, tds_version, shape, type, &counting);
    if (fault == NULL && !read_bytes(reader, shape, counting, &bytes, &null))
        fault = "RPC value outside the message";
    if (fault == NULL && !null && !make_value(shape, type, &bytes, value))
        fault = "RPC value that its type cannot hold";
    str_free(&bytes);
    return fault;
}
