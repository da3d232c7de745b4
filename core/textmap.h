/* A map from texts to numbers, for joins: names and paths compare without case, as the servers
 * compare them. Several values may stand under equal texts. Keys are borrowed. One thread.
 */
#ifndef STOPMARK_CORE_TEXTMAP_H
#define STOPMARK_CORE_TEXTMAP_H

#include <stdbool.h>
#include <stddef.h>

struct textmap; /* opaque */

/* A map with room for expected entries (it does not grow beyond). Owned; textmap_free. */
struct textmap *textmap_new(size_t expected);

/* Adds key (borrowed until textmap_free; NULL is ignored) with a value. */
void textmap_put(struct textmap *map, const char *key, size_t value);

struct textmap_cursor {
    size_t next; /* 0 = not begun */
};
/* Walks the values of key, newest put first: *cursor starts at 0; false after the last. */
bool textmap_next(const struct textmap *map, const char *key, struct textmap_cursor *cursor,
                  size_t *value);

/* NULL is allowed. */
void textmap_free(struct textmap *map);

#endif
