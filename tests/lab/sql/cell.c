#include "tests/lab/sql/cell.h"

#include <locale.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wctype.h>

#include "core/base/text.h"
#include "tests/lab/sql/decimal.h"
#include "tests/lab/sql/type.h"

/* datetimeoffset: 19 digits of UTC ticks, then the offset as "+0060". */
static void read_offset_text(const char *text, struct sql_value *out)
{
    char digits[20] = "";

    memcpy(digits, text, 19);
    *out = sql_integer(strtoll(digits, NULL, 10));
    out->offset_min = atoi(text + 19);
}

static struct sql_value borrow(sqlite3_value *value, const struct sql_type *type)
{
    struct sql_value out = {0};
    int storage = sqlite3_value_type(value);

    if (storage == SQLITE_NULL)
        return sql_null();
    if (type->kind == SQL_DATETIMEOFFSET && storage == SQLITE_TEXT) {
        read_offset_text((const char *)sqlite3_value_text(value), &out);
        return out;
    }
    switch (storage) {
    case SQLITE_INTEGER:
        out.integer = sqlite3_value_int64(value);
        out.number = (double)out.integer;
        break;
    case SQLITE_FLOAT:
        out.number = sqlite3_value_double(value);
        out.integer = (int64_t)out.number;
        break;
    default:
        out.bytes =
            (char *)(uintptr_t)(storage == SQLITE_TEXT ? (const void *)sqlite3_value_text(value)
                                                       : sqlite3_value_blob(value));
        out.length = (size_t)sqlite3_value_bytes(value);
        if (out.bytes == NULL)
            out.bytes = (char *)(uintptr_t) ""; /* an empty blob */
        break;
    }
    return out;
}

struct sql_value cell_read(sqlite3_value *value, const struct sql_type *type)
{
    struct sql_value borrowed = borrow(value, type);

    return sql_value_copy(&borrowed);
}

struct sql_value cell_borrow(sqlite3_stmt *statement, int column, const struct sql_type *type)
{
    return borrow(sqlite3_column_value(statement, column), type);
}

static void offset_text(char out[32], const struct sql_value *value)
{
    snprintf(out, 32, "%019lld%+05d", (long long)value->integer, value->offset_min);
}

static void bind_with(sqlite3_stmt *statement, int index, const struct sql_type *type,
                      const struct sql_value *value, sqlite3_destructor_type lifetime)
{
    char text[32];

    if (value->null)
        sqlite3_bind_null(statement, index);
    else if (type->kind == SQL_DATETIMEOFFSET) {
        offset_text(text, value);
        sqlite3_bind_text(statement, index, text, -1, SQLITE_TRANSIENT);
    } else if (type_is_float(type->kind))
        sqlite3_bind_double(statement, index, value->number);
    else if (type_is_bytes(type->kind) || type->kind == SQL_UNIQUEIDENTIFIER)
        sqlite3_bind_blob(statement, index, value->bytes == NULL ? "" : value->bytes,
                          (int)value->length, lifetime);
    else if (type_is_string(type->kind) || type->kind == SQL_NUMERIC ||
             (type->kind == SQL_VARIANT && value->bytes != NULL))
        sqlite3_bind_text(statement, index, value->bytes == NULL ? "" : value->bytes,
                          (int)value->length, lifetime);
    else
        sqlite3_bind_int64(statement, index, value->integer);
}

void cell_bind(sqlite3_stmt *statement, int index, const struct sql_type *type,
               const struct sql_value *value)
{
    bind_with(statement, index, type, value, SQLITE_TRANSIENT);
}

void cell_bind_borrowed(sqlite3_stmt *statement, int index, const struct sql_type *type,
                        const struct sql_value *value)
{
    bind_with(statement, index, type, value, SQLITE_STATIC);
}

void cell_result(sqlite3_context *context, const struct sql_type *type,
                 const struct sql_value *value)
{
    char text[32];

    if (value->null)
        sqlite3_result_null(context);
    else if (type->kind == SQL_DATETIMEOFFSET) {
        offset_text(text, value);
        sqlite3_result_text(context, text, -1, SQLITE_TRANSIENT);
    } else if (type_is_float(type->kind))
        sqlite3_result_double(context, value->number);
    else if (type_is_bytes(type->kind) || type->kind == SQL_UNIQUEIDENTIFIER)
        sqlite3_result_blob(context, value->bytes == NULL ? "" : value->bytes, (int)value->length,
                            SQLITE_TRANSIENT);
    else if (type_is_string(type->kind) || type->kind == SQL_NUMERIC ||
             (type->kind == SQL_VARIANT && value->bytes != NULL))
        sqlite3_result_text(context, value->bytes == NULL ? "" : value->bytes, (int)value->length,
                            SQLITE_TRANSIENT);
    else
        sqlite3_result_int64(context, value->integer);
}

const char *cell_collation(const struct sql_type *type)
{
    if (type->kind == SQL_NUMERIC)
        return "NUM";
    if (type_is_string(type->kind) || type->kind == SQL_VARIANT)
        return type->case_sensitive ? "TSCS" : "TSCI";
    return NULL;
}

/* --- collations ----------------------------------------------------------------------------- */

static size_t without_blanks(const char *text, size_t length)
{
    while (length > 0 && text[length - 1] == ' ')
        length--;
    return length;
}

/* Letters of every script have their cases here, whatever the process's locale. */
static locale_t letters(void)
{
    static locale_t locale;

    if (locale == (locale_t)0)
        locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    return locale;
}

uint32_t cell_lower(uint32_t code)
{
    if (code < 0x80)
        return code >= 'A' && code <= 'Z' ? code + 32 : code;
    return letters() == (locale_t)0 ? code : (uint32_t)towlower_l((wint_t)code, letters());
}

uint32_t cell_upper(uint32_t code)
{
    if (code < 0x80)
        return code >= 'a' && code <= 'z' ? code - 32 : code;
    return letters() == (locale_t)0 ? code : (uint32_t)towupper_l((wint_t)code, letters());
}

int cell_compare_text(bool case_sensitive, const char *a, size_t a_length, const char *b,
                      size_t b_length)
{
    const char *a_end = a + without_blanks(a, a_length), *b_end = b + without_blanks(b, b_length);
    int tie = 0;

    while (a < a_end && b < b_end) {
        uint32_t x = (unsigned char)*a < 0x80 ? (unsigned char)*a++ : text_next(&a);
        uint32_t y = (unsigned char)*b < 0x80 ? (unsigned char)*b++ : text_next(&b);

        if (x == y)
            continue;
        if (cell_lower(x) != cell_lower(y))
            return cell_lower(x) < cell_lower(y) ? -1 : 1;
        if (tie == 0)
            tie = x > y ? -1 : 1;
    }
    if (a < a_end)
        return 1;
    if (b < b_end)
        return -1;
    return case_sensitive ? tie : 0;
}

static int compare_ci(void *context, int a_length, const void *a, int b_length, const void *b)
{
    (void)context;
    return cell_compare_text(false, a, (size_t)a_length, b, (size_t)b_length);
}

static int compare_cs(void *context, int a_length, const void *a, int b_length, const void *b)
{
    (void)context;
    return cell_compare_text(true, a, (size_t)a_length, b, (size_t)b_length);
}

/* Digits without sign and point of one length compare as bytes; everything else is computed. */
static int compare_numbers(void *context, int a_length, const void *a, int b_length, const void *b)
{
    const char *x = a, *y = b;
    char x_text[DECIMAL_TEXT_SIZE], y_text[DECIMAL_TEXT_SIZE];
    struct decimal p = {0}, q = {0};

    (void)context;
    if (a_length == b_length && a_length > 0 && *x != '-' && *y != '-' &&
        memchr(x, '.', (size_t)a_length) == NULL && memchr(y, '.', (size_t)b_length) == NULL)
        return memcmp(x, y, (size_t)a_length);
    snprintf(x_text, sizeof x_text, "%.*s", a_length, x);
    snprintf(y_text, sizeof y_text, "%.*s", b_length, y);
    decimal_parse(&p, x_text);
    decimal_parse(&q, y_text);
    return decimal_compare(&p, &q);
}

void cell_open(sqlite3 *db)
{
    sqlite3_create_collation(db, "NUM", SQLITE_UTF8, NULL, compare_numbers);
    sqlite3_create_collation(db, "TSCI", SQLITE_UTF8, NULL, compare_ci);
    sqlite3_create_collation(db, "TSCS", SQLITE_UTF8, NULL, compare_cs);
}
