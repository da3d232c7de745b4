/* Allocation that cannot fail: running out of memory ends the process with a message, because no
 * caller could do better. Zeroed memory; sizes are checked for overflow. Any thread.
 */
#ifndef STOPMARK_BASE_MEMORY_H
#define STOPMARK_BASE_MEMORY_H

#include <stddef.h>

/* size zeroed bytes, owned by the caller, free() ends them. size 0 gives a unique pointer. */
void *memory_new(size_t size) __attribute__((malloc, returns_nonnull));

/* count * size zeroed bytes. */
void *memory_new_array(size_t count, size_t size) __attribute__((malloc, returns_nonnull));

/* A copy of text, owned by the caller; NULL gives NULL. */
char *memory_copy_text(const char *text) __attribute__((malloc));

/* A formatted text, owned by the caller. */
char *memory_format(const char *format, ...) __attribute__((format(printf, 1, 2), malloc));

/* Makes room for one more element: items (taken, may be NULL) has *capacity elements of item_size,
 * count are used. Returns the array, owned by the caller; new room is zeroed. */
void *memory_grow(void *items, size_t *capacity, size_t count, size_t item_size)
    __attribute__((returns_nonnull));

/* Appends one zeroed element to an array kept in *owner as
 *     struct thing *things;
 *     size_t things_count, things_capacity;
 * and evaluates to a pointer to it, valid until the next append. */
#define memory_append(owner, items)                                                                \
    ((owner)->items = memory_grow((owner)->items, &(owner)->items##_capacity,                      \
                                  (owner)->items##_count, sizeof *(owner)->items),                 \
     &(owner)->items[(owner)->items##_count++])

#endif
