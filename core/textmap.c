#include "core/textmap.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"

struct entry {
    const char *key;
    uint32_t hash;
    size_t value;
    size_t next; /* index + 1 of the next entry in the bucket; 0 = last */
};

struct textmap {
    size_t *buckets; /* index + 1; 0 = empty */
    size_t mask;
    struct entry *entries;
    size_t entries_count, entries_capacity;
};

/* Only ASCII counts, in lower case: equal texts then hash alike whatever their other letters. */
static uint32_t hash_text(const char *text)
{
    uint32_t hash = 2166136261u;
    for (const unsigned char *p = (const unsigned char *)text; *p != 0; p++) {
        if (*p >= 0x80)
            continue;
        unsigned char c = *p >= 'A' && *p <= 'Z' ? (unsigned char)(*p + 32) : *p;
        hash = (hash ^ c) * 16777619u;
    }
    return hash;
}

struct textmap *textmap_new(size_t expected)
{
    struct textmap *map = memory_new(sizeof *map);
    size_t size = 16;
    while (size < expected * 2)
        size *= 2;
    map->buckets = memory_new_array(size, sizeof *map->buckets);
    map->mask = size - 1;
    return map;
}

void textmap_put(struct textmap *map, const char *key, size_t value)
{
    if (key == NULL)
        return;
    struct entry *entry = memory_append(map, entries);
    entry->key = key;
    entry->hash = hash_text(key);
    entry->value = value;
    size_t *bucket = &map->buckets[entry->hash & map->mask];
    entry->next = *bucket;
    *bucket = map->entries_count;
}

bool textmap_next(const struct textmap *map, const char *key, struct textmap_cursor *cursor,
                  size_t *value)
{
    if (key == NULL)
        return false;
    uint32_t hash = hash_text(key);
    size_t at =
        cursor->next == 0 ? map->buckets[hash & map->mask] : map->entries[cursor->next - 1].next;
    for (; at != 0; at = map->entries[at - 1].next) {
        const struct entry *entry = &map->entries[at - 1];
        if (entry->hash == hash &&
            (strcmp(entry->key, key) == 0 || text_equal_nocase(entry->key, key))) {
            cursor->next = at;
            *value = entry->value;
            return true;
        }
    }
    return false;
}

void textmap_free(struct textmap *map)
{
    if (map == NULL)
        return;
    free(map->buckets);
    free(map->entries);
    free(map);
}
