#include "core/lsn.h"

#include <assert.h>
#include <string.h>

bool lsn_is_known(struct lsn lsn)
{
    return lsn.number != 0;
}

int lsn_compare(struct lsn a, struct lsn b)
{
    assert(lsn_is_known(a) && lsn_is_known(b));
    return a.number < b.number ? -1 : a.number > b.number;
}

void lsn_format(char *out, size_t size, struct lsn lsn)
{
    char digits[LSN_TEXT_SIZE];
    size_t at = sizeof digits;
    digits[--at] = '\0';
    for (lsn_number rest = lsn.number; rest != 0; rest /= 10)
        digits[--at] = (char)('0' + (int)(rest % 10));
    assert(size >= sizeof digits - at);
    memcpy(out, digits + at, sizeof digits - at);
}

struct lsn lsn_parse(const char *digits)
{
    struct lsn lsn = {0};
    size_t length = digits == NULL ? 0 : strlen(digits);
    if (length == 0 || length > 25)
        return lsn;
    for (; *digits != '\0'; digits++) {
        if (*digits < '0' || *digits > '9')
            return (struct lsn){0};
        lsn.number = lsn.number * 10 + (lsn_number)(*digits - '0');
    }
    return lsn;
}

void lsn_settle_range(struct lsn *first, struct lsn *last)
{
    if (!lsn_is_known(*first) || !lsn_is_known(*last))
        *first = *last = (struct lsn){0};
}

bool lsn_is_within(struct lsn lsn, struct lsn first, struct lsn last)
{
    return lsn_compare(first, lsn) <= 0 && lsn_compare(lsn, last) < 0;
}
