/* Memory that lives as long as a parsed batch and goes at once: the tree, its names and lists.
 * Nothing in it is freed alone. One thread per arena.
 */
#ifndef STOPMARK_LAB_SQL_ARENA_H
#define STOPMARK_LAB_SQL_ARENA_H

#include <stddef.h>

struct arena {
    struct arena_block *blocks; /* owned */
};

/* size zeroed bytes, valid until arena_free. */
void *arena_new(struct arena *arena, size_t size) __attribute__((returns_nonnull));

/* A copy of length bytes with a terminator. */
char *arena_copy(struct arena *arena, const char *text, size_t length);

/* Makes room for one more element of item_size: returns items, moved where it was full. */
void *arena_grow(struct arena *arena, void *items, size_t *capacity, size_t count, size_t item_size)
    __attribute__((returns_nonnull));

/* Appends one zeroed element to an array kept in *owner as items, items_count, items_capacity;
 * evaluates to a pointer to it. */
#define arena_append(arena, owner, items)                                             \
    ((owner)->items = arena_grow((arena), (owner)->items, &(owner)->items##_capacity, \
                                 (owner)->items##_count, sizeof *(owner)->items),     \
     &(owner)->items[(owner)->items##_count++])

/* Frees everything; the arena is empty and usable afterwards. */
void arena_free(struct arena *arena);

#endif
