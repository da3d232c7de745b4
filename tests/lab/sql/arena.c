#include "tests/lab/sql/arena.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"

enum { BLOCK_BYTES = 16 * 1024, ALIGNMENT = 16 };

struct arena_block {
    struct arena_block *next;
    size_t used, size;
    _Alignas(ALIGNMENT) unsigned char bytes[];
};

void *arena_new(struct arena *arena, size_t size)
{
    struct arena_block *block = arena->blocks;
    void *at;

    size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (block == NULL || block->size - block->used < size) {
        size_t room = size > BLOCK_BYTES ? size : BLOCK_BYTES;

        block = memory_new(sizeof *block + room);
        block->size = room;
        block->next = arena->blocks;
        arena->blocks = block;
    }
    at = block->bytes + block->used;
    block->used += size;
    return at;
}

char *arena_copy(struct arena *arena, const char *text, size_t length)
{
    char *copy = arena_new(arena, length + 1);

    if (length > 0)
        memcpy(copy, text, length);
    return copy;
}

void *arena_grow(struct arena *arena, void *items, size_t *capacity, size_t count, size_t item_size)
{
    void *grown;

    if (items != NULL && count < *capacity)
        return items;
    *capacity = *capacity == 0 ? 4 : *capacity * 2;
    grown = arena_new(arena, *capacity * item_size);
    if (count > 0)
        memcpy(grown, items, count * item_size);
    return grown;
}

void arena_free(struct arena *arena)
{
    while (arena->blocks != NULL) {
        struct arena_block *next = arena->blocks->next;

        free(arena->blocks);
        arena->blocks = next;
    }
}
