/* Bytes first in, first out, kept in an unlinked temporary file: the part of a large reply that
 * does not belong into memory. One thread a spill.
 */
#ifndef STOPMARK_LAB_WIRE_SPILL_H
#define STOPMARK_LAB_WIRE_SPILL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "core/base/str.h"

struct spill {
    int fd; /* 0 = no file yet: descriptor 0 is never a temporary file of ours */
    off_t written, taken;
};

/* Appends bytes; false where no file can be had (then nothing was appended). */
bool spill_add(struct spill *spill, const void *bytes, size_t length);

/* How many bytes wait. */
size_t spill_left(const struct spill *spill);

/* Moves up to max bytes to the end of out; returns how many. */
size_t spill_take(struct spill *spill, struct str *out, size_t max);

/* Forgets what was appended beyond so many bytes, counted from the last reset. */
void spill_cut(struct spill *spill, off_t length);

/* Forgets everything; the file stays for the next time, empty. */
void spill_reset(struct spill *spill);

/* Closes the file. */
void spill_free(struct spill *spill);

#endif
