#include <stdio.h>
#include <string.h>

#include "tests/lab/model.h"

enum { LOG_BLOCK_BYTES = 512, LOG_FILE_BLOCKS = 524288, LOG_FIRST_BLOCK = 16 };

static const lab_lsn SLOTS = 100000;
static const lab_lsn BLOCKS = 10000000000;

static lab_lsn lsn_make(uint64_t file, uint64_t block, unsigned slot)
{
    return ((lab_lsn)file * BLOCKS + block) * SLOTS + slot;
}

static uint64_t lsn_file(lab_lsn lsn)
{
    return (uint64_t)(lsn / SLOTS / BLOCKS);
}

static uint64_t lsn_block(lab_lsn lsn)
{
    return (uint64_t)(lsn / SLOTS % BLOCKS);
}

void lab_lsn_format(char *out, lab_lsn lsn)
{
    for (int i = 24; i >= 0; i--) {
        out[i] = (char)('0' + (int)(lsn % 10));
        lsn /= 10;
    }
    out[25] = '\0';
}

bool lab_lsn_parse(lab_lsn *lsn, const char *digits)
{
    size_t length = strspn(digits, "0123456789");
    if (length == 0 || digits[length] != '\0') {
        return false;
    }
    while (*digits == '0' && digits[1] != '\0') {
        digits++;
        length--;
    }
    if (length > 25) {
        return false;
    }
    *lsn = 0;
    for (; *digits != '\0'; digits++) {
        *lsn = *lsn * 10 + (unsigned)(*digits - '0');
    }
    return true;
}

void lsn_text(char *out, lab_lsn lsn)
{
    char digits[26];
    lab_lsn_format(digits, lsn);
    const char *start = digits + strspn(digits, "0");
    strcpy(out, *start == '\0' ? "0" : start);
}

struct sql_value lsn_value(lab_lsn lsn)
{
    char digits[26];
    lsn_text(digits, lsn);
    return sql_text(digits);
}

lab_lsn lsn_advance(lab_lsn lsn, int64_t size_bytes)
{
    uint64_t file = lsn_file(lsn);
    uint64_t block = lsn_block(lsn);
    unsigned slot = (unsigned)(lsn % SLOTS);
    /* small records share a block: only the slot moves on */
    if (size_bytes < LOG_BLOCK_BYTES && slot < 40) {
        return lsn_make(file, block, slot + 1);
    }
    block += size_bytes < LOG_BLOCK_BYTES
                 ? 1
                 : (uint64_t)(size_bytes + LOG_BLOCK_BYTES - 1) / LOG_BLOCK_BYTES;
    if (block >= LOG_FILE_BLOCKS) {
        file += block / LOG_FILE_BLOCKS;
        block = LOG_FIRST_BLOCK + block % LOG_FILE_BLOCKS;
    }
    return lsn_make(file, block, 1);
}

lab_lsn lsn_next_file(lab_lsn lsn)
{
    return lsn_make(lsn_file(lsn) + 1, LOG_FIRST_BLOCK, 1);
}
