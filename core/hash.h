/* SHA-256 of texts, for naming plans: the same content has the same name everywhere. Not used for
 * secrets. Source: FIPS 180-4. Pure; any thread.
 */
#ifndef STOPMARK_CORE_HASH_H
#define STOPMARK_CORE_HASH_H

#include <stddef.h>

enum { HASH_TEXT_SIZE = 65 };

/* Writes 64 hexadecimal digits and a terminator. */
void hash_text(char out[HASH_TEXT_SIZE], const void *bytes, size_t length);

#endif
