/* String functions. Positions and lengths count UTF-16 units, as T-SQL does. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/str.h"
#include "core/base/text.h"
#include "tests/lab/sql/calendar.h"
#include "tests/lab/sql/cell.h"
#include "tests/lab/sql/functions.h"
#include "tests/lab/sql/type.h"

static struct sql_type result_length(const struct expr *call)
{
    struct sql_type type = result_int(call);

    if (call->args.items[0]->type.length == SQL_LENGTH_MAX)
        type.kind = SQL_BIGINT;
    return type;
}

static struct sql_type result_wide(const struct expr *call)
{
    struct sql_type type = result_text(call);

    type.length = type_is_national(type.kind) ? 4000 : 8000;
    if (call->args.items[0]->type.length == SQL_LENGTH_MAX)
        type.length = SQL_LENGTH_MAX;
    return type;
}

static struct sql_type result_concat(const struct expr *call)
{
    bool national = false, max = false;
    int length = 0;

    for (size_t i = 0; i < call->args.items_count; i++) {
        const struct sql_type *type = &call->args.items[i]->type;

        national = national || type_is_national(type->kind);
        max = max || type->length == SQL_LENGTH_MAX;
        length += type->length > 0 ? type->length : 40;
    }
    return type_string(national ? SQL_NVARCHAR : SQL_VARCHAR, max ? SQL_LENGTH_MAX : length, false);
}

static struct sql_type result_quotename(const struct expr *call)
{
    (void)call;
    return type_string(SQL_NVARCHAR, 258, true);
}

static struct sql_type result_character(const struct expr *call)
{
    return type_string(strcmp(call->builtin->name, "NCHAR") == 0 ? SQL_NCHAR : SQL_CHAR, 1, true);
}

static struct sql_type result_varchar(const struct expr *call)
{
    (void)call;
    return type_string(SQL_VARCHAR, 8000, true);
}

/* --- lengths and parts ---------------------------------------------------------------------- */

static void len(struct call *call)
{
    size_t length;
    const char *text = call_text(call, 0, &length);

    while (length > 0 && text[length - 1] == ' ')
        length--;
    sqlite3_result_int64(call->context, (int64_t)convert_units(text, length));
}

static void datalength(struct call *call)
{
    static const int sizes[] = {
        [SQL_TINYINT] = 1,   [SQL_SMALLINT] = 2, [SQL_INT] = 4,   [SQL_BIGINT] = 8,
        [SQL_BIT] = 1,       [SQL_REAL] = 4,     [SQL_FLOAT] = 8, [SQL_DATETIME] = 8,
        [SQL_DATETIME2] = 8, [SQL_DATE] = 3,     [SQL_TIME] = 5,  [SQL_DATETIMEOFFSET] = 10};
    size_t length;
    const char *text = call_text(call, 0, &length);
    int64_t size;

    if (type_is_string(call->argument.kind) || call->argument.kind == SQL_VARIANT)
        size =
            (int64_t)convert_units(text, length) * (type_is_national(call->argument.kind) ? 2 : 1);
    else if (call->argument.kind == SQL_NUMERIC)
        size = call->argument.precision <= 9    ? 5
               : call->argument.precision <= 19 ? 9
               : call->argument.precision <= 28 ? 13
                                                : 17;
    else if (type_is_bytes(call->argument.kind) || call->argument.kind == SQL_UNIQUEIDENTIFIER)
        size = sqlite3_value_bytes(call->values[0]);
    else
        size = sizes[call->argument.kind];
    sqlite3_result_int64(call->context, size);
}

static void substring_of(struct call *call, int64_t start, int64_t count)
{
    size_t length, from, to;
    const char *text = call_text(call, 0, &length);

    if (start < 1) {
        count += start - 1;
        start = 1;
    }
    if (count < 0)
        count = 0;
    from = convert_unit_bytes(text, length, (size_t)start - 1);
    to = from + convert_unit_bytes(text + from, length - from, (size_t)count);
    call_return_text(call, text + from, to - from);
}

static void substring(struct call *call)
{
    if (call_integer(call, 2) < 0)
        call_fail(call, 537, 3, true,
                  "Invalid length parameter passed to the LEFT or SUBSTRING function.");
    else
        substring_of(call, call_integer(call, 1), call_integer(call, 2));
}

static void left(struct call *call)
{
    if (call_integer(call, 1) < 0)
        call_fail(call, 537, 2, true,
                  "Invalid length parameter passed to the LEFT or SUBSTRING function.");
    else
        substring_of(call, 1, call_integer(call, 1));
}

static void right(struct call *call)
{
    size_t length;
    const char *text = call_text(call, 0, &length);
    int64_t units = (int64_t)convert_units(text, length), count = call_integer(call, 1);

    if (count < 0)
        call_fail(call, 536, 2, true, "Invalid length parameter passed to the RIGHT function.");
    else
        substring_of(call, count >= units ? 1 : units - count + 1, count);
}

/* --- searching ------------------------------------------------------------------------------ */

/* The bytes of text at which needle begins, from the offset on; -1 = nowhere. Found without case
 * where the lengths of both cases' bytes agree, as they do in the scripts that have case. */
static int64_t find_text(const char *text, size_t length, const char *needle, size_t needle_length,
                         size_t from, bool case_sensitive)
{
    for (size_t at = from; at + needle_length <= length; at++) {
        if (((unsigned char)text[at] & 0xC0) == 0x80)
            continue;
        if (case_sensitive
                ? memcmp(text + at, needle, needle_length) == 0
                : cell_compare_text(false, text + at, needle_length, needle, needle_length) == 0)
            return (int64_t)at;
    }
    return -1;
}

static void charindex(struct call *call)
{
    size_t needle_length, length, from = 0;
    const char *needle = call_text(call, 0, &needle_length);
    const char *text = call_text(call, 1, &length);
    int64_t start = call->count > 2 ? call_integer(call, 2) : 1, at;

    if (start > 1)
        from = convert_unit_bytes(text, length, (size_t)start - 1);
    at = needle_length == 0
             ? -1
             : find_text(text, length, needle, needle_length, from, call->argument.case_sensitive);
    sqlite3_result_int64(call->context, at < 0 ? 0 : (int64_t)convert_units(text, (size_t)at) + 1);
}

static void patindex(struct call *call)
{
    size_t pattern_length, length;
    const char *pattern = call_text(call, 0, &pattern_length);
    const char *text = call_text(call, 1, &length);
    bool anywhere = pattern_length > 0 && *pattern == '%';
    size_t at = 0;

    if (anywhere)
        pattern++, pattern_length--;
    do {
        if (function_like(text + at, length - at, pattern, pattern_length, 0,
                          call->argument.case_sensitive)) {
            sqlite3_result_int64(call->context, (int64_t)convert_units(text, at) + 1);
            return;
        }
        at += convert_unit_bytes(text + at, length - at, 2) > 0
                  ? (convert_unit_bytes(text + at, length - at, 1) > 0
                         ? convert_unit_bytes(text + at, length - at, 1)
                         : 4)
                  : 1;
    } while (anywhere && at <= length);
    sqlite3_result_int64(call->context, 0);
}

static void replace(struct call *call)
{
    size_t length, needle_length, with_length, at = 0;
    const char *text = call_text(call, 0, &length);
    const char *needle = call_text(call, 1, &needle_length);
    const char *with = call_text(call, 2, &with_length);
    struct str out = {0};

    while (needle_length > 0 && at <= length) {
        int64_t found =
            find_text(text, length, needle, needle_length, at, call->argument.case_sensitive);

        if (found < 0)
            break;
        str_add_bytes(&out, text + at, (size_t)found - at);
        str_add_bytes(&out, with, with_length);
        at = (size_t)found + needle_length;
    }
    str_add_bytes(&out, text + at, length - at);
    call_return_text(call, str_text(&out), out.length);
    str_free(&out);
}

static void stuff(struct call *call)
{
    size_t length, with_length, from, to;
    const char *text = call_text(call, 0, &length);
    const char *with = call_text(call, 3, &with_length);
    int64_t start = call_integer(call, 1), count = call_integer(call, 2);
    struct str out = {0};

    if (start < 1 || count < 0 || (size_t)start > convert_units(text, length))
        return; /* NULL */
    from = convert_unit_bytes(text, length, (size_t)start - 1);
    to = from + convert_unit_bytes(text + from, length - from, (size_t)count);
    str_add_bytes(&out, text, from);
    str_add_bytes(&out, with, call_is_null(call, 3) ? 0 : with_length);
    str_add_bytes(&out, text + to, length - to);
    call_return_text(call, str_text(&out), out.length);
    str_free(&out);
}

/* --- changing ------------------------------------------------------------------------------- */

static void change_case(struct call *call, bool upper)
{
    size_t length;
    const char *at = call_text(call, 0, &length), *end = at + length;
    struct str out = {0};

    while (at < end) {
        char bytes[4];
        uint32_t code = (unsigned char)*at < 0x80 ? (unsigned char)*at++ : text_next(&at);

        code = upper ? cell_upper(code) : cell_lower(code);
        str_add_bytes(&out, bytes, text_encode(bytes, code));
    }
    call_return_text(call, str_text(&out), out.length);
    str_free(&out);
}

static void upper_case(struct call *call)
{
    change_case(call, true);
}

static void lower_case(struct call *call)
{
    change_case(call, false);
}

static void trim_blanks(struct call *call, bool at_left, bool at_right)
{
    size_t length;
    const char *text = call_text(call, 0, &length);

    while (at_left && length > 0 && *text == ' ')
        text++, length--;
    while (at_right && length > 0 && text[length - 1] == ' ')
        length--;
    call_return_text(call, text, length);
}

static void ltrim(struct call *call)
{
    trim_blanks(call, true, false);
}

static void rtrim(struct call *call)
{
    trim_blanks(call, false, true);
}

static void trim(struct call *call)
{
    trim_blanks(call, true, true);
}

static void reverse(struct call *call)
{
    size_t length;
    const char *text = call_text(call, 0, &length);
    char *out = memory_new(length + 1);
    size_t at = length;

    for (size_t i = 0; i < length;) {
        size_t bytes = 1;

        while (i + bytes < length && ((unsigned char)text[i + bytes] & 0xC0) == 0x80)
            bytes++;
        at -= bytes;
        memcpy(out + at, text + i, bytes);
        i += bytes;
    }
    call_return_text(call, out, length);
    free(out);
}

enum { REPEAT_MOST = 8000, REPEAT_MOST_MAX = 64 << 20 };

static void repeat(struct call *call, const char *text, size_t length, int64_t count, size_t most)
{
    struct str out = {0};

    if (count < 0)
        return; /* NULL */
    /* every character counts once here: in UTF-8 some are longer */
    size_t units = convert_units(text, length);
    size_t most_length = units == 0 ? 0 : most * length / units;
    while (count-- > 0 && out.length < most_length)
        str_add_bytes(&out, text, length);
    if (units == length && out.length > most)
        out.text[out.length = most] = '\0';
    call_return_text(call, str_text(&out), out.length);
    str_free(&out);
}

static void replicate(struct call *call)
{
    size_t length;
    const char *text = call_text(call, 0, &length);

    /* Source: REPLICATE: only what is (max) goes on beyond 8000 bytes */
    repeat(call, text, length, call_integer(call, 1),
           call->result.length == SQL_LENGTH_MAX        ? REPEAT_MOST_MAX
           : type_is_national(call->result.kind) ? REPEAT_MOST / 2
                                                 : REPEAT_MOST);
}

static void space(struct call *call)
{
    repeat(call, " ", 1, call_integer(call, 0), REPEAT_MOST);
}

static void quotename(struct call *call)
{
    size_t length;
    const char *text = call_text(call, 0, &length);
    const char *quotes = call->count > 1 ? call_text(call, 1, NULL) : "[";
    char open = *quotes == '\0' ? '[' : *quotes, close;
    struct str out = {0};

    close = open == '[' || open == ']'   ? ']'
            : open == '(' || open == ')' ? ')'
            : open == '<' || open == '>' ? '>'
            : open == '{' || open == '}' ? '}'
                                         : open;
    open = close == ']' ? '[' : close == ')' ? '(' : close == '>' ? '<' : close == '}' ? '{' : open;
    if (convert_units(text, length) > 128 || strchr("[('\"<{`", open) == NULL)
        return; /* NULL */
    str_add_char(&out, open);
    for (size_t i = 0; i < length; i++) {
        if (text[i] == close)
            str_add_char(&out, close);
        str_add_char(&out, text[i]);
    }
    str_add_char(&out, close);
    call_return_text(call, str_text(&out), out.length);
    str_free(&out);
}

static void str_function(struct call *call)
{
    double number = sqlite3_value_double(call->values[0]);
    int width = call->count > 1 ? (int)call_integer(call, 1) : 10;
    int decimals = call->count > 2 ? (int)call_integer(call, 2) : 0;
    char text[400];

    if (width < 1 || width > 300 || decimals < 0)
        return;
    if (decimals > 16)
        decimals = 16;
    snprintf(text, sizeof text, "%*.*f", width, decimals, number);
    if (strlen(text) > (size_t)width)
        memset(text, '*', (size_t)width);
    call_return_text(call, text, (size_t)width);
}

static void character(struct call *call)
{
    int64_t code = call_integer(call, 0);
    char bytes[4];

    if (code < 0 || code > 0xFFFF)
        return;
    call_return_text(call, bytes, text_encode(bytes, (uint32_t)code));
}

static void code_of(struct call *call)
{
    const char *text = call_text(call, 0, NULL);

    if (*text != '\0')
        sqlite3_result_int64(call->context, text_next(&text));
}

static void concat(struct call *call)
{
    struct str out = {0};

    for (int i = 0; i < call->count; i++)
        if (!call_is_null(call, i)) {
            size_t length;
            const char *text = call_text(call, i, &length);

            str_add_bytes(&out, text, length);
        }
    call_return_text(call, str_text(&out), out.length);
    str_free(&out);
}

static void concat_ws(struct call *call)
{
    struct str out = {0};
    const char *separator = call_is_null(call, 0) ? "" : call_text(call, 0, NULL);
    bool first = true;

    for (int i = 1; i < call->count; i++)
        if (!call_is_null(call, i)) {
            str_add(&out, first ? "" : separator);
            str_add(&out, call_text(call, i, NULL));
            first = false;
        }
    call_return_text(call, str_text(&out), out.length);
    str_free(&out);
}

/* PARSENAME('a.b.c', 1) is 'c'. */
static void parsename(struct call *call)
{
    const char *text = call_text(call, 0, NULL), *parts[4];
    size_t lengths[4], count = 0;
    int64_t wanted = call_integer(call, 1);

    for (const char *at = text; count < 4; at++) {
        const char *dot = strchr(at, '.');

        parts[count] = at;
        lengths[count++] = dot == NULL ? strlen(at) : (size_t)(dot - at);
        if (dot == NULL)
            break;
        at = dot;
    }
    if (wanted < 1 || wanted > (int64_t)count || lengths[count - (size_t)wanted] == 0)
        return;
    call_return_text(call, parts[count - (size_t)wanted], lengths[count - (size_t)wanted]);
}

#define TEXT_FUNCTION FUNCTION_CONSTANT

const struct builtin builtins_text[] = {
    {"LEN", 1, 1, "s", result_length, TEXT_FUNCTION, len},
    {"DATALENGTH", 1, 1, "a", result_length, TEXT_FUNCTION | FUNCTION_TYPED, datalength},
    {"LEFT", 2, 2, "si", result_text, TEXT_FUNCTION, left},
    {"RIGHT", 2, 2, "si", result_text, TEXT_FUNCTION, right},
    {"SUBSTRING", 3, 3, "si", result_text, TEXT_FUNCTION, substring},
    {"CHARINDEX", 2, 3, "ssi", result_int, TEXT_FUNCTION | FUNCTION_TYPED, charindex},
    {"PATINDEX", 2, 2, "s", result_int, TEXT_FUNCTION | FUNCTION_TYPED, patindex},
    {"REPLACE", 3, 3, "s", result_wide, TEXT_FUNCTION | FUNCTION_TYPED, replace},
    {"STUFF", 4, 4, "siis", result_wide, TEXT_FUNCTION, stuff},
    {"UPPER", 1, 1, "s", result_text, TEXT_FUNCTION, upper_case},
    {"LOWER", 1, 1, "s", result_text, TEXT_FUNCTION, lower_case},
    {"LTRIM", 1, 1, "s", result_text, TEXT_FUNCTION, ltrim},
    {"RTRIM", 1, 1, "s", result_text, TEXT_FUNCTION, rtrim},
    {"TRIM", 1, 1, "s", result_text, TEXT_FUNCTION, trim},
    {"REVERSE", 1, 1, "s", result_text, TEXT_FUNCTION, reverse},
    {"REPLICATE", 2, 2, "si", result_wide, TEXT_FUNCTION | FUNCTION_TYPED, replicate},
    {"SPACE", 1, 1, "i", result_varchar, TEXT_FUNCTION, space},
    {"QUOTENAME", 1, 2, "s", result_quotename, TEXT_FUNCTION, quotename},
    {"STR", 1, 3, "fi", result_varchar, TEXT_FUNCTION, str_function},
    {"CHAR", 1, 1, "i", result_character, TEXT_FUNCTION, character},
    {"NCHAR", 1, 1, "i", result_character, TEXT_FUNCTION, character},
    {"ASCII", 1, 1, "s", result_int, TEXT_FUNCTION, code_of},
    {"UNICODE", 1, 1, "s", result_int, TEXT_FUNCTION, code_of},
    {"CONCAT", 2, 100, "s", result_concat, TEXT_FUNCTION | FUNCTION_NULLS, concat},
    {"CONCAT_WS", 3, 100, "s", result_concat, TEXT_FUNCTION | FUNCTION_NULLS, concat_ws},
    {"PARSENAME", 2, 2, "si", result_name, TEXT_FUNCTION, parsename},
};
const size_t builtins_text_count = sizeof builtins_text / sizeof *builtins_text;
