#include "core/tsql.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "core/base/clock.h"
#include "core/base/text.h"

enum { IDENTIFIER_UNITS_MAX = 128, STRING_UNITS_MAX = 4000 };

/* U+FFFD where the text holds its three bytes; else text_next's word for a bad byte. */
static bool is_bad_byte(uint32_t code, const char *from, const char *to)
{
    return code == 0xFFFD && to - from != 3;
}

int tsql_length(const char *text)
{
    if (!text)
        return -1;
    int units = 0;
    for (const char *at = text; *at;) {
        const char *from = at;
        uint32_t code = text_next(&at);
        if (is_bad_byte(code, from, at))
            return -1;
        units += code > 0xFFFF ? 2 : 1;
    }
    return units;
}

/* A backslash right before a line end continues the literal on the next line: both would be lost.
 * Source: Transact-SQL, backslash (line continuation). */
static bool holds_continuation(const char *text)
{
    for (const char *at = strchr(text, '\\'); at != NULL; at = strchr(at + 1, '\\'))
        if (at[1] == '\n' || at[1] == '\r')
            return true;
    return false;
}

/* Appends text with every closing character doubled. */
static void add_doubled(struct str *out, const char *text, char closing)
{
    for (const char *at = text; *at; at++) {
        if (*at == closing)
            str_add_char(out, closing);
        str_add_char(out, *at);
    }
    str_add_char(out, closing);
}

bool tsql_add_identifier(struct str *out, const char *name)
{
    int units = tsql_length(name);
    if (units < 1 || units > IDENTIFIER_UNITS_MAX)
        return false;
    str_add_char(out, '[');
    add_doubled(out, name, ']');
    return true;
}

bool tsql_add_string(struct str *out, const char *text)
{
    int units = tsql_length(text);
    if (units < 0 || units > STRING_UNITS_MAX || holds_continuation(text))
        return false;
    str_add(out, "N'");
    add_doubled(out, text, '\'');
    return true;
}

bool tsql_add_lsn(struct str *out, struct lsn lsn)
{
    char digits[LSN_TEXT_SIZE];
    if (!lsn_is_known(lsn))
        return false;
    lsn_format(digits, sizeof digits, lsn);
    str_add(out, digits);
    return true;
}

bool tsql_add_device(struct str *out, const char *path)
{
    enum { LONGEST_PATH = 3500 };
    if (path == NULL || *path == '\0' || strlen(path) > LONGEST_PATH)
        return false;
    bool url = strncasecmp(path, "https://", 8) == 0 || strncasecmp(path, "http://", 7) == 0;
    str_add(out, url ? "URL = " : "DISK = ");
    return tsql_add_string(out, path);
}

/* Independent of the session's language; source: rules for datetime literals. */
static bool add_time(struct str *out, int64_t time_ms)
{
    char text[40];
    if (time_ms == TIME_UNKNOWN)
        return false;
    time_format_iso(text, sizeof text, time_ms);
    text[strcspn(text, "Z")] = '\0';
    return tsql_add_string(out, text);
}

/* A literal beyond int is numeric to the server, and an index on a bigint column is then lost. */
static void add_integer(struct str *out, int64_t integer)
{
    bool is_int = integer >= INT32_MIN && integer <= INT32_MAX;
    str_format(out, is_int ? "%" PRId64 : "CAST(%" PRId64 " AS bigint)", integer);
}

static bool add_argument(struct str *out, const struct tsql_argument *argument)
{
    switch (argument->kind) {
    case ARGUMENT_INTEGER:
        add_integer(out, argument->integer);
        return true;
    case ARGUMENT_IDENTIFIER:
        return tsql_add_identifier(out, argument->text);
    case ARGUMENT_COLUMN:
        if (argument->text)
            return tsql_add_identifier(out, argument->text);
        str_add(out, "NULL");
        return true;
    case ARGUMENT_STRING:
        return tsql_add_string(out, argument->text);
    case ARGUMENT_DEVICE:
        return tsql_add_device(out, argument->text);
    case ARGUMENT_TIME:
        return add_time(out, argument->integer);
    }
    return false;
}

char *tsql_render(const struct query *query, const struct tsql_argument *arguments, size_t count)
{
    struct str out = {0};
    const char *from = query->text;
    for (const char *at = from; (at = strchr(at, '$')); from = at) {
        str_add_bytes(&out, from, (size_t)(at - from));
        size_t index = (size_t)(at[1] - '1');
        if (at[1] < '1' || at[1] > '9' || index >= count ||
            !add_argument(&out, &arguments[index])) {
            str_free(&out);
            return NULL;
        }
        at += 2;
    }
    str_add(&out, from);
    return str_take(&out);
}
