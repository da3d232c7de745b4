/* Small files read and written whole. Blocks on the disk: not for the thread that paints. Any
 * thread; no state.
 */
#ifndef STOPMARK_CORE_FILE_H
#define STOPMARK_CORE_FILE_H

#include <stdbool.h>
#include <stddef.h>

/* The text of a file of at most size_max bytes, terminated; NULL with errno (EFBIG where it is
 * longer). Owned. */
char *file_read(const char *path, size_t size_max);

/* Whole or not at all: temporary file beside it (0600), synced, renamed. False with errno. */
bool file_write(const char *path, const char *text);

/* The same, but never in place of a file that is there (EEXIST). */
bool file_write_new(const char *path, const char *text);

#endif
