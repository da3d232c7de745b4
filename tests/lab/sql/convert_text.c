/* Conversion to strings, binary and uniqueidentifier. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "tests/lab/sql/calendar.h"
#include "tests/lab/sql/convert_parts.h"
#include "tests/lab/sql/type.h"

/* --- to strings ----------------------------------------------------------------------------- */

void convert_guid_format(char out[37], const unsigned char guid[16])
{
    snprintf(out, 37, "%02X%02X%02X%02X-%02X%02X-%02X%02X-%02X%02X-%02X%02X%02X%02X%02X%02X",
             guid[3], guid[2], guid[1], guid[0], guid[5], guid[4], guid[7], guid[6], guid[8],
             guid[9], guid[10], guid[11], guid[12], guid[13], guid[14], guid[15]);
}

/* Cuts and pads what is in *out to the type's length. */
static void fit_string(const struct sql_type *to, struct sql_value *out)
{
    size_t units, room;

    if (to->length == SQL_LENGTH_MAX)
        return;
    room = (size_t)to->length;
    units = convert_units(out->bytes, out->length);
    if (units > room) {
        out->length = convert_unit_bytes(out->bytes, out->length, room);
        out->bytes[out->length] = '\0';
    } else if (units < room && (to->kind == SQL_NCHAR || to->kind == SQL_CHAR)) {
        char *padded = memory_new(out->length + room - units + 1);

        memcpy(padded, out->bytes, out->length);
        memset(padded + out->length, ' ', room - units);
        free(out->bytes);
        out->bytes = padded;
        out->length += room - units;
    }
}

static void float_text(char *out, size_t size, double number, bool real)
{
    char *exponent;

    snprintf(out, size, real ? "%.7g" : "%.6g", number);
    exponent = strchr(out, 'e');
    if (exponent != NULL) { /* 1e+006, as real servers write it */
        char digits[16], sign = exponent[1];
        int power = atoi(exponent + 2);

        snprintf(digits, sizeof digits, "e%c%03d", sign, power);
        *exponent = '\0';
        if (strlen(out) + strlen(digits) < size)
            strcat(out, digits);
    }
}

static bool bytes_to_text(const struct conversion *c)
{
    const unsigned char *bytes = (const unsigned char *)c->in->bytes;
    char *text;

    if (c->style != 1 && c->style != 2) { /* the bytes are the characters' */
        *c->out = convert_text_value(c->in->bytes, c->in->length);
        if (type_is_national(c->to->kind)) {
            size_t at = 0;

            sql_value_free(c->out);
            *c->out = (struct sql_value){.bytes = memory_new(c->in->length * 2 + 1)};
            for (size_t i = 0; i + 1 < c->in->length; i += 2)
                at += text_encode(c->out->bytes + at, (uint32_t)(bytes[i] | bytes[i + 1] << 8));
            c->out->length = at;
        }
        return true;
    }
    text = memory_new(c->in->length * 2 + 3);
    if (c->style == 1)
        strcpy(text, "0x");
    for (size_t i = 0; i < c->in->length; i++)
        snprintf(text + strlen(text), 3, "%02X", bytes[i]);
    *c->out = (struct sql_value){.bytes = text, .length = strlen(text)};
    return true;
}

static bool too_short(const struct conversion *c)
{
    if (type_is_integer(c->from->kind) && !type_is_national(c->to->kind)) {
        sql_value_free(c->out);
        *c->out = convert_text_value("*", 1); /* an integer that does not fit */
        return true;
    }
    sql_value_free(c->out);
    return convert_overflow(c);
}

bool convert_to_string(const struct conversion *c)
{
    char text[400] = "";

    if (type_is_string(c->from->kind)) {
        *c->out = convert_text_value(c->in->bytes, c->in->length);
    } else if (type_is_bytes(c->from->kind)) {
        bytes_to_text(c);
    } else {
        if (type_is_integer(c->from->kind))
            snprintf(text, sizeof text, "%lld", (long long)c->in->integer);
        else if (type_is_float(c->from->kind))
            float_text(text, sizeof text, c->in->number, c->from->kind == SQL_REAL);
        else if (c->from->kind == SQL_NUMERIC)
            snprintf(text, sizeof text, "%s", c->in->bytes);
        else if (c->from->kind == SQL_UNIQUEIDENTIFIER)
            convert_guid_format(text, (const unsigned char *)c->in->bytes);
        else if (type_is_time(c->from->kind)) {
            if (!calendar_format(text, sizeof text, c->from, c->in->integer, c->in->offset_min,
                                 c->style)) {
                problem_set(c->problem, 281, 1, true,
                            "%d is not a valid style number when converting from %s to a "
                            "character string.",
                            c->style, type_name(c->from->kind));
                return false;
            }
        }
        *c->out = convert_text_value(text, strlen(text));
        if ((type_is_number(c->from->kind)) && c->to->length != SQL_LENGTH_MAX &&
            strlen(text) > (size_t)c->to->length)
            return too_short(c);
    }
    fit_string(c->to, c->out);
    return true;
}

/* --- to bytes ------------------------------------------------------------------------------- */

static bool text_to_guid(const struct conversion *c)
{
    static const int order[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
    char buffer[64];
    const char *at = convert_trimmed(c->in, buffer, sizeof buffer);
    unsigned char guid[16];

    if (*at == '{')
        at++;
    for (int i = 0; i < 16; i++) {
        unsigned value;

        if (i == 4 || i == 6 || i == 8 || i == 10) {
            if (*at != '-')
                goto bad;
            at++;
        }
        if (!isxdigit((unsigned char)at[0]) || !isxdigit((unsigned char)at[1]))
            goto bad;
        sscanf(at, "%2x", &value);
        guid[order[i]] = (unsigned char)value;
        at += 2;
    }
    *c->out = sql_bytes(guid, sizeof guid);
    return true;
bad:
    problem_set(c->problem, 8169, 2, true,
                "Conversion failed when converting from a character string to uniqueidentifier.");
    return false;
}

static bool text_to_bytes(const struct conversion *c)
{
    const char *text = c->in->bytes;
    size_t length = c->in->length;
    unsigned char *bytes = memory_new(length * 2 + 1);
    size_t count = 0;

    if (c->style == 1 || c->style == 2) { /* hexadecimal digits */
        for (size_t i = c->style == 1 ? 2 : 0; i + 1 < length; i += 2) {
            char pair[3] = {text[i], text[i + 1], '\0'};

            bytes[count++] = (unsigned char)strtoul(pair, NULL, 16);
        }
    } else if (type_is_national(c->from->kind)) {
        const char *at = text;

        for (uint32_t code; (code = text_next(&at)) != 0;) {
            bytes[count++] = (unsigned char)(code & 0xFF);
            bytes[count++] = (unsigned char)(code >> 8 & 0xFF);
        }
    } else {
        memcpy(bytes, text, length);
        count = length;
    }
    *c->out = sql_bytes(bytes, count);
    free(bytes);
    return true;
}

bool convert_to_bytes(const struct conversion *c)
{
    size_t room;

    if (type_is_string(c->from->kind)) {
        text_to_bytes(c);
    } else if (type_is_bytes(c->from->kind) || c->from->kind == SQL_UNIQUEIDENTIFIER) {
        *c->out = sql_bytes(c->in->bytes, c->in->length);
    } else if (type_is_integer(c->from->kind)) {
        unsigned char big_endian[8];
        size_t size = c->from->kind == SQL_BIGINT     ? 8
                      : c->from->kind == SQL_SMALLINT ? 2
                      : c->from->kind == SQL_INT      ? 4
                                                      : 1;

        for (size_t i = 0; i < size; i++)
            big_endian[i] = (unsigned char)((uint64_t)c->in->integer >> (8 * (size - 1 - i)));
        *c->out = sql_bytes(big_endian, size);
    } else {
        return convert_clash(c);
    }
    room = (size_t)c->to->length;
    if (c->to->length != SQL_LENGTH_MAX && c->out->length > room)
        c->out->length = room;
    if (c->to->kind == SQL_BINARY && c->out->length < room) {
        char *padded = memory_new(room + 1);

        memcpy(padded, c->out->bytes, c->out->length);
        free(c->out->bytes);
        c->out->bytes = padded;
        c->out->length = room;
    }
    return true;
}

bool convert_to_guid(const struct conversion *c)
{
    if (type_is_string(c->from->kind))
        return text_to_guid(c);
    if (c->from->kind == SQL_UNIQUEIDENTIFIER ||
        (type_is_bytes(c->from->kind) && c->in->length == 16)) {
        *c->out = sql_bytes(c->in->bytes, 16);
        return true;
    }
    return convert_clash(c);
}
