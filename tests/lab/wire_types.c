#include "tests/lab/wire_types.h"

#include <stdlib.h>
#include <string.h>

#include "tests/lab/wire_bytes.h"

#define TICKS_PER_DAY INT64_C(864000000000)
#define TICKS_PER_SECOND INT64_C(10000000)
#define DAYS_TO_1900 693595

enum {
    TOKEN_GUID = 0x24,
    TOKEN_INTN = 0x26,
    TOKEN_DATE = 0x28,
    TOKEN_TIME = 0x29,
    TOKEN_DATETIME2 = 0x2A,
    TOKEN_DATETIMEOFFSET = 0x2B,
    TOKEN_TEXT = 0x23,
    TOKEN_IMAGE = 0x22,
    TOKEN_NTEXT = 0x63,
    TOKEN_VARIANT = 0x62,
    TOKEN_BITN = 0x68,
    TOKEN_NUMERICN = 0x6C,
    TOKEN_FLTN = 0x6D,
    TOKEN_DATETIMN = 0x6F,
    TOKEN_BIGVARBINARY = 0xA5,
    TOKEN_BIGVARCHAR = 0xA7,
    TOKEN_BIGBINARY = 0xAD,
    TOKEN_BIGCHAR = 0xAF,
    TOKEN_NVARCHAR = 0xE7,
    TOKEN_NCHAR = 0xEF,
    TOKEN_INT4 = 0x38,
};

/* How a column goes out to one client: the shape of its type and what fills it. */
enum wire_form {
    FORM_INTEGER,
    FORM_BIT,
    FORM_FLOAT,
    FORM_NUMERIC,
    FORM_DATETIME,
    FORM_SCALED_TIME, /* date, time, datetime2, datetimeoffset */
    FORM_TIME_TEXT,   /* the same for a client before 7.3 */
    FORM_UNICODE,
    FORM_CODE_PAGE,
    FORM_BINARY,
    FORM_GUID,
    FORM_VARIANT,
};

static enum wire_form form_of(uint32_t version, enum sql_kind kind)
{
    switch (kind) {
    case SQL_TINYINT:
    case SQL_SMALLINT:
    case SQL_INT:
    case SQL_BIGINT: return FORM_INTEGER;
    case SQL_BIT: return FORM_BIT;
    case SQL_REAL:
    case SQL_FLOAT: return FORM_FLOAT;
    case SQL_NUMERIC: return FORM_NUMERIC;
    case SQL_DATETIME: return FORM_DATETIME;
    case SQL_DATETIME2:
    case SQL_DATE:
    case SQL_TIME:
    case SQL_DATETIMEOFFSET: return version < TDS_7_3_A ? FORM_TIME_TEXT : FORM_SCALED_TIME;
    case SQL_NVARCHAR:
    case SQL_NCHAR: return FORM_UNICODE;
    case SQL_VARCHAR:
    case SQL_CHAR: return FORM_CODE_PAGE;
    case SQL_VARBINARY:
    case SQL_BINARY: return FORM_BINARY;
    case SQL_UNIQUEIDENTIFIER: return FORM_GUID;
    case SQL_VARIANT: return FORM_VARIANT;
    }
    return FORM_UNICODE;
}

static unsigned integer_size(enum sql_kind kind)
{
    return kind == SQL_TINYINT ? 1 : kind == SQL_SMALLINT ? 2 : kind == SQL_INT ? 4 : 8;
}

static unsigned numeric_size(unsigned precision)
{
    return precision <= 9 ? 5 : precision <= 19 ? 9 : precision <= 28 ? 13 : 17;
}

static unsigned time_size(unsigned scale)
{
    return scale <= 2 ? 3 : scale <= 4 ? 4 : 5;
}

static bool is_string(enum wire_form form)
{
    return form == FORM_UNICODE || form == FORM_CODE_PAGE || form == FORM_BINARY;
}

static bool is_max(const struct sql_type *type)
{
    int limit = type->kind == SQL_NVARCHAR || type->kind == SQL_NCHAR ? 4000 : 8000;

    return type->length == SQL_LENGTH_MAX || type->length > limit;
}

/* Units (nvarchar) or bytes; an empty type counts 1, as real servers declare it. */
static size_t declared_length(const struct sql_type *type)
{
    return type->length > 0 ? (size_t)type->length : 1;
}

void wire_add_collation(struct str *s, bool case_sensitive)
{
    /* LCID 0x0409; 0xD0 ignores case, kana and width, 0xC0 does not ignore case (and 51 is the sort
     * order of the case-sensitive sister) */
    const uint8_t bytes[2][5] = {{0x09, 0x04, 0xD0, 0x00, 0x34}, {0x09, 0x04, 0xC0, 0x00, 0x33}};

    str_add_bytes(s, bytes[case_sensitive], 5);
}

static void add_string_type(struct str *s, uint32_t version, const struct sql_type *type,
                            bool in_columns)
{
    enum wire_form form = form_of(version, type->kind);
    bool fixed = type->kind == SQL_NCHAR || type->kind == SQL_CHAR || type->kind == SQL_BINARY;

    if (is_max(type) && version < TDS_7_2) {
        bytes_add_u8(s, form == FORM_UNICODE     ? TOKEN_NTEXT
                        : form == FORM_CODE_PAGE ? TOKEN_TEXT
                                                 : TOKEN_IMAGE);
        bytes_add_u32(s, 0x7FFFFFFE);
        if (form != FORM_BINARY && version >= TDS_7_1)
            wire_add_collation(s, type->case_sensitive);
        if (in_columns)
            bytes_add_u16(s, 0);
        return;
    }
    if (form == FORM_UNICODE)
        bytes_add_u8(s, fixed ? TOKEN_NCHAR : TOKEN_NVARCHAR);
    else if (form == FORM_CODE_PAGE)
        bytes_add_u8(s, fixed ? TOKEN_BIGCHAR : TOKEN_BIGVARCHAR);
    else
        bytes_add_u8(s, fixed ? TOKEN_BIGBINARY : TOKEN_BIGVARBINARY);
    if (is_max(type))
        bytes_add_u16(s, 0xFFFF);
    else
        bytes_add_u16(s, (unsigned)declared_length(type) * (form == FORM_UNICODE ? 2 : 1));
    if (form != FORM_BINARY && version >= TDS_7_1)
        wire_add_collation(s, type->case_sensitive);
}

static void add_time_type(struct str *s, const struct sql_type *type)
{
    switch (type->kind) {
    case SQL_DATE: bytes_add_u8(s, TOKEN_DATE); return;
    case SQL_TIME: bytes_add_u8(s, TOKEN_TIME); break;
    case SQL_DATETIMEOFFSET: bytes_add_u8(s, TOKEN_DATETIMEOFFSET); break;
    default: bytes_add_u8(s, TOKEN_DATETIME2); break;
    }
    bytes_add_u8(s, type->scale);
}

/* The token of a type that is never NULL and so needs no lengths; 0 = there is none. Source:
 * MS-TDS, fixed-length types; captured from columns declared NOT NULL. */
static unsigned fixed_token(const struct sql_type *type)
{
    static const uint8_t tokens[SQL_VARIANT + 1] = {
        [SQL_TINYINT] = 0x30, [SQL_BIT] = 0x32,   [SQL_SMALLINT] = 0x34, [SQL_INT] = 0x38,
        [SQL_BIGINT] = 0x7F,  [SQL_REAL] = 0x3B, [SQL_FLOAT] = 0x3E,    [SQL_DATETIME] = 0x3D,
    };

    return type->nullable ? 0 : tokens[type->kind];
}

/* The length before a value, where the type has not a fixed form. */
static void add_length(struct str *s, const struct sql_type *type, unsigned length)
{
    if (fixed_token(type) == 0)
        bytes_add_u8(s, length);
}

void wire_add_type(struct str *s, uint32_t version, const struct sql_type *type, bool in_columns)
{
    if (fixed_token(type) != 0) {
        bytes_add_u8(s, fixed_token(type));
        return;
    }
    switch (form_of(version, type->kind)) {
    case FORM_INTEGER:
        bytes_add_u8(s, TOKEN_INTN);
        bytes_add_u8(s, integer_size(type->kind));
        return;
    case FORM_BIT:
        bytes_add_u8(s, TOKEN_BITN);
        bytes_add_u8(s, 1);
        return;
    case FORM_FLOAT:
        bytes_add_u8(s, TOKEN_FLTN);
        bytes_add_u8(s, type->kind == SQL_REAL ? 4 : 8);
        return;
    case FORM_NUMERIC:
        bytes_add_u8(s, TOKEN_NUMERICN);
        bytes_add_u8(s, 0x11); /* captured: 17 whatever the precision */
        bytes_add_u8(s, type->precision);
        bytes_add_u8(s, type->scale);
        return;
    case FORM_DATETIME:
        bytes_add_u8(s, TOKEN_DATETIMN);
        bytes_add_u8(s, 8);
        return;
    case FORM_SCALED_TIME: add_time_type(s, type); return;
    case FORM_TIME_TEXT:
        bytes_add_u8(s, TOKEN_NVARCHAR);
        bytes_add_u16(s, 34 * 2);
        if (version >= TDS_7_1)
            wire_add_collation(s, false);
        return;
    case FORM_UNICODE:
    case FORM_CODE_PAGE:
    case FORM_BINARY: add_string_type(s, version, type, in_columns); return;
    case FORM_GUID:
        bytes_add_u8(s, TOKEN_GUID);
        bytes_add_u8(s, 16);
        return;
    case FORM_VARIANT:
        bytes_add_u8(s, TOKEN_VARIANT);
        bytes_add_u32(s, 8009);
        return;
    }
}

/* --- values ---------------------------------------------------------------------------------- */

static void add_null(struct str *s, uint32_t version, const struct sql_type *type)
{
    enum wire_form form = form_of(version, type->kind);

    if (form == FORM_VARIANT)
        bytes_add_u32(s, 0);
    else if (form == FORM_TIME_TEXT || (is_string(form) && !is_max(type)))
        bytes_add_u16(s, 0xFFFF);
    else if (is_string(form) && version >= TDS_7_2)
        bytes_add_u64(s, UINT64_MAX);
    else
        bytes_add_u8(s, 0);
}

static void add_numeric(struct str *s, const struct sql_type *type, const struct sql_value *value)
{
    __extension__ unsigned __int128 magnitude = 0;
    const char *at = value->bytes != NULL ? value->bytes : "";
    bool negative = *at == '-';
    int decimals = -1; /* digits seen behind the point; -1 = no point yet */

    if (*at == '-' || *at == '+')
        at++;
    for (; (*at >= '0' && *at <= '9') || *at == '.'; at++) {
        if (*at == '.') {
            decimals = 0;
            continue;
        }
        if (decimals >= type->scale)
            break;
        magnitude = magnitude * 10 + (unsigned)(*at - '0');
        if (decimals >= 0)
            decimals++;
    }
    for (int i = decimals < 0 ? 0 : decimals; i < type->scale; i++)
        magnitude *= 10;

    unsigned size = numeric_size(type->precision);
    bytes_add_u8(s, size);
    bytes_add_u8(s, negative ? 0 : 1);
    for (unsigned i = 0; i + 1 < size; i++)
        bytes_add_u8(s, (unsigned)(magnitude >> (8 * i)) & 0xFF);
}

static void add_datetime(struct str *s, const struct sql_type *type, int64_t ticks)
{
    int64_t days = ticks / TICKS_PER_DAY;
    int64_t parts = (ticks % TICKS_PER_DAY * 300 + TICKS_PER_SECOND / 2) / TICKS_PER_SECOND;

    if (parts == 300 * 86400) {
        parts = 0;
        days++;
    }
    add_length(s, type, 8);
    bytes_add_u32(s, (uint32_t)(int32_t)(days - DAYS_TO_1900));
    bytes_add_u32(s, (uint32_t)parts);
}

static void add_scaled_time(struct str *s, const struct sql_type *type,
                            const struct sql_value *value)
{
    int64_t ticks = value->integer < 0 ? 0 : value->integer;
    bool has_time = type->kind != SQL_DATE;
    bool has_date = type->kind != SQL_TIME;
    bool has_offset = type->kind == SQL_DATETIMEOFFSET;
    unsigned size = has_time ? time_size(type->scale) : 0;

    bytes_add_u8(s, size + (has_date ? 3 : 0) + (has_offset ? 2 : 0));
    if (has_time) {
        int64_t time = ticks % TICKS_PER_DAY;
        for (int i = type->scale; i < 7; i++)
            time /= 10;
        bytes_add_low(s, (uint64_t)time, size);
    }
    if (has_date)
        bytes_add_low(s, (uint64_t)(ticks / TICKS_PER_DAY), 3);
    if (has_offset)
        bytes_add_u16(s, (uint16_t)value->offset_min);
}

static void date_of_days(int64_t days, int *year, int *month, int *day)
{
    /* the proleptic Gregorian calendar counted from 0000-03-01 */
    int64_t z = days + 306;
    int64_t era = z / 146097;
    int64_t of_era = z - era * 146097;
    int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted = (5 * of_year + 2) / 153;

    *day = (int)(of_year - (153 * shifted + 2) / 5 + 1);
    *month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
    *year = (int)(year_of_era + era * 400 + (*month <= 2));
}

/* What a client before 7.3 sees of the newer date and time types. */
static void add_time_text(struct str *s, const struct sql_type *type, const struct sql_value *value)
{
    int64_t ticks = value->integer;
    int year, month, day;
    struct str text = {0};

    if (type->kind == SQL_DATETIMEOFFSET)
        ticks += (int64_t)value->offset_min * 60 * TICKS_PER_SECOND;
    ticks = ticks < 0 ? 0 : ticks;
    int64_t second = ticks % TICKS_PER_DAY / TICKS_PER_SECOND;
    date_of_days(ticks / TICKS_PER_DAY, &year, &month, &day);
    if (type->kind != SQL_TIME)
        str_format(&text, "%04d-%02d-%02d", year, month, day);
    if (type->kind != SQL_DATE) {
        str_format(&text, "%s%02d:%02d:%02d", text.length > 0 ? " " : "", (int)(second / 3600),
                   (int)(second / 60 % 60), (int)(second % 60));
        if (type->scale > 0) {
            str_format(&text, ".%07d", (int)(ticks % TICKS_PER_SECOND));
            text.length -= (size_t)(type->scale < 7 ? 7 - type->scale : 0);
        }
    }
    if (type->kind == SQL_DATETIMEOFFSET)
        str_format(&text, " %c%02d:%02d", value->offset_min < 0 ? '-' : '+',
                   abs(value->offset_min) / 60, abs(value->offset_min) % 60);
    bytes_add_u16(s, (unsigned)text.length * 2);
    bytes_add_utf16(s, text.text, text.length, text.length);
    str_free(&text);
}

/* The bytes of a string value in the client's encoding, cut to max units or bytes and padded where
 * the type is of fixed length. */
static void encode_string(struct str *out, enum wire_form form, const struct sql_type *type,
                          const struct sql_value *value, size_t max)
{
    const char *bytes = value->bytes != NULL ? value->bytes : "";

    if (form == FORM_UNICODE) {
        bytes_add_utf16(out, bytes, value->length, max);
    } else if (form == FORM_CODE_PAGE) {
        bytes_add_cp1252(out, bytes, value->length, max);
    } else {
        str_add_bytes(out, bytes, value->length < max ? value->length : max);
    }
    if (max == SIZE_MAX)
        return;
    while (type->kind == SQL_NCHAR && out->length < max * 2)
        bytes_add_u16(out, ' ');
    while (type->kind == SQL_CHAR && out->length < max)
        bytes_add_u8(out, ' ');
    while (type->kind == SQL_BINARY && out->length < max)
        bytes_add_u8(out, 0);
}

static void add_string(struct str *s, uint32_t version, const struct sql_type *type,
                       const struct sql_value *value)
{
    bool max = is_max(type);
    struct str encoded = {0};

    encode_string(&encoded, form_of(version, type->kind), type, value,
                  max ? SIZE_MAX : declared_length(type));
    if (!max) {
        bytes_add_u16(s, (unsigned)encoded.length);
    } else if (version >= TDS_7_2) {
        bytes_add_u64(s, encoded.length);
        if (encoded.length > 0)
            bytes_add_u32(s, (uint32_t)encoded.length);
    } else {
        /* a text pointer and a timestamp, which no client looks into */
        static const char filler[24] = "dummy textptr\0\0\0dummyTS";
        bytes_add_u8(s, 16);
        str_add_bytes(s, filler, sizeof filler);
        bytes_add_u32(s, (uint32_t)encoded.length);
    }
    str_add_bytes(s, encoded.text, encoded.length);
    if (max && version >= TDS_7_2)
        bytes_add_u32(s, 0);
    str_free(&encoded);
}

static void add_variant(struct str *s, const struct sql_value *value)
{
    if (value->bytes == NULL) {
        bytes_add_u32(s, 2 + 4);
        bytes_add_u8(s, TOKEN_INT4);
        bytes_add_u8(s, 0);
        bytes_add_u32(s, (uint32_t)value->integer);
        return;
    }
    struct str encoded = {0};
    bytes_add_utf16(&encoded, value->bytes, value->length, 4000);
    bytes_add_u32(s, 2 + 7 + (uint32_t)encoded.length);
    bytes_add_u8(s, TOKEN_NVARCHAR);
    bytes_add_u8(s, 7);
    wire_add_collation(s, false);
    bytes_add_u16(s, encoded.length > 0 ? (unsigned)encoded.length : 2);
    str_add_bytes(s, encoded.text, encoded.length);
    str_free(&encoded);
}

static void add_float(struct str *s, const struct sql_type *type, double number)
{
    if (type->kind == SQL_REAL) {
        float single = (float)number;
        add_length(s, type, 4);
        str_add_bytes(s, &single, 4);
    } else {
        add_length(s, type, 8);
        str_add_bytes(s, &number, 8);
    }
}

void wire_add_value(struct str *s, uint32_t version, const struct sql_type *type,
                    const struct sql_value *value)
{
    if (value->null && fixed_token(type) == 0) {
        add_null(s, version, type);
        return;
    }
    switch (form_of(version, type->kind)) {
    case FORM_INTEGER:
        add_length(s, type, integer_size(type->kind));
        bytes_add_low(s, (uint64_t)value->integer, integer_size(type->kind));
        return;
    case FORM_BIT:
        add_length(s, type, 1);
        bytes_add_u8(s, value->integer != 0);
        return;
    case FORM_FLOAT: add_float(s, type, value->number); return;
    case FORM_NUMERIC: add_numeric(s, type, value); return;
    case FORM_DATETIME: add_datetime(s, type, value->integer); return;
    case FORM_SCALED_TIME: add_scaled_time(s, type, value); return;
    case FORM_TIME_TEXT: add_time_text(s, type, value); return;
    case FORM_UNICODE:
    case FORM_CODE_PAGE:
    case FORM_BINARY: add_string(s, version, type, value); return;
    case FORM_GUID: {
        char guid[16] = {0};
        if (value->bytes != NULL)
            memcpy(guid, value->bytes, value->length < 16 ? value->length : 16);
        bytes_add_u8(s, 16);
        str_add_bytes(s, guid, 16);
        return;
    }
    case FORM_VARIANT: add_variant(s, value); return;
    }
}
