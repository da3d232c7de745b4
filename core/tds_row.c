#include "core/tds_row.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/tds.h"

static const struct tds_column *find(const struct tds_row *row, const char *name)
{
    /* column names of the program's own statements: ASCII */
    for (size_t i = 0; i < row->count; i++)
        if (strcasecmp(row->columns[i].name, name) == 0)
            return row->columns[i].null ? NULL : &row->columns[i];
    return NULL;
}

bool tds_has(const struct tds_row *row, const char *column)
{
    return find(row, column) != NULL;
}

const char *tds_text(const struct tds_row *row, const char *column)
{
    const struct tds_column *found = find(row, column);
    return found && !found->is_time ? found->text : NULL;
}

int64_t tds_integer(const struct tds_row *row, const char *column, int64_t otherwise)
{
    const char *text = tds_text(row, column);
    if (!text || !*text)
        return otherwise;
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    return errno || (*end && *end != '.') ? otherwise : (int64_t)value;
}

int tds_bit(const struct tds_row *row, const char *column)
{
    int64_t value = tds_integer(row, column, -1);
    return value < 0 ? -1 : value != 0;
}

struct lsn tds_lsn(const struct tds_row *row, const char *column)
{
    return lsn_parse(tds_text(row, column));
}

int64_t tds_time_ms(const struct tds_row *row, const char *column)
{
    const struct tds_column *found = find(row, column);
    if (!found)
        return TIME_UNKNOWN;
    return found->is_time ? found->time_ms : time_parse(found->text);
}

void tds_guid(const struct tds_row *row, const char *column, char out[37])
{
    const char *text = tds_text(row, column);
    text_copy(out, 37, text ? text : "");
    for (char *c = out; *c; c++)
        *c = (char)tolower((unsigned char)*c);
}
