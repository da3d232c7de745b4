/* A server's backup history as sealed, reference-counted chunks, so that successive views share
 * what did not change. Rows are ascending by (set_id, backup_id, database). A chunk is immutable;
 * a list of chunks belongs to one thread.
 */
#ifndef STOPMARK_CORE_HISTORY_H
#define STOPMARK_CORE_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/model.h"
#include "core/view.h"

/* Rows on their way into chunks. */
struct history_rows {
    struct history_row *rows;
    size_t rows_count, rows_capacity;
};

struct history_list {
    struct history_chunk **chunks;
    size_t chunks_count, chunks_capacity;
};

/* Frees what the row owns, not the row. */
void history_row_free(struct history_row *row);
/* A deep copy; owned. */
struct history_row history_row_copy(const struct history_row *row);
bool history_row_equal(const struct history_row *a, const struct history_row *b);
void history_rows_free(struct history_rows *rows);

/* Frees with the last reference. */
void history_chunk_release(struct history_chunk *chunk);

/* Makes the rows of the sets first..last (inclusive) be exactly rows (taken; any order). Chunks
 * outside that range stay the same objects; so do those inside where nothing changed. True if
 * anything changed. */
bool history_list_replace(struct history_list *list, int64_t first_set, int64_t last_set,
                          struct history_rows *rows);

/* Rows in all chunks. */
size_t history_list_count(const struct history_list *list);
/* Calls row for each row in order until it returns false. */
void history_list_each(const struct history_list *list,
                       bool (*row)(void *context, const struct history_row *r), void *context);

/* Puts the list's chunks (retained) into a view that has none. */
void history_list_publish(const struct history_list *list, struct server_view *view);
/* The other way round: a list of a view's chunks, retained. */
void history_list_take(struct history_list *list, const struct server_view *view);

/* Releases all chunks; the list is empty and usable afterwards. */
void history_list_clear(struct history_list *list);

#endif
