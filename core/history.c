#include "core/history.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"

enum { CHUNK_ROWS = 256 };

/* --- rows ------------------------------------------------------------------------------------- */

void history_row_free(struct history_row *row)
{
    free(row->mark);
    free(row->database);
    free(row->server);
    free(row->file_name);
    free(row->location);
}

struct history_row history_row_copy(const struct history_row *row)
{
    struct history_row copy = *row;
    copy.mark = memory_copy_text(row->mark);
    copy.database = memory_copy_text(row->database);
    copy.server = memory_copy_text(row->server);
    copy.file_name = memory_copy_text(row->file_name);
    copy.location = memory_copy_text(row->location);
    return copy;
}

bool history_row_equal(const struct history_row *a, const struct history_row *b)
{
    return a->backup_id == b->backup_id && a->set_id == b->set_id && a->kind == b->kind &&
           a->complete == b->complete && a->stamp_ms == b->stamp_ms && a->restored == b->restored &&
           a->restored_stamp_ms == b->restored_stamp_ms && text_equal(a->mark, b->mark) &&
           text_equal(a->database, b->database) && text_equal(a->server, b->server) &&
           text_equal(a->file_name, b->file_name) && text_equal(a->location, b->location);
}

void history_rows_free(struct history_rows *rows)
{
    for (size_t i = 0; i < rows->rows_count; i++)
        history_row_free(&rows->rows[i]);
    free(rows->rows);
    *rows = (struct history_rows){0};
}

static int compare_text(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "");
}

static int compare_rows(const void *left, const void *right)
{
    const struct history_row *a = left, *b = right;
    if (a->set_id != b->set_id)
        return a->set_id < b->set_id ? -1 : 1;
    if (a->backup_id != b->backup_id)
        return a->backup_id < b->backup_id ? -1 : 1;
    int order = compare_text(a->database, b->database);
    return order ? order : compare_text(a->server, b->server);
}

/* --- chunks ----------------------------------------------------------------------------------- */

void history_chunk_release(struct history_chunk *chunk)
{
    if (!chunk || atomic_fetch_sub(&chunk->references, 1) != 1)
        return;
    for (size_t i = 0; i < chunk->count; i++)
        history_row_free(&chunk->rows[i]);
    free(chunk->rows);
    free(chunk);
}

static struct history_chunk *retain(struct history_chunk *chunk)
{
    atomic_fetch_add(&chunk->references, 1);
    return chunk;
}

static int64_t first_set(const struct history_chunk *chunk)
{
    return chunk->rows[0].set_id;
}

static int64_t last_set(const struct history_chunk *chunk)
{
    return chunk->rows[chunk->count - 1].set_id;
}

/* Cuts rows (sorted, taken) into chunks of about CHUNK_ROWS that end with a whole set. */
static void add_chunks(struct history_list *list, struct history_rows *rows)
{
    size_t begin = 0;
    while (begin < rows->rows_count) {
        size_t end = begin + 1;
        while (end < rows->rows_count &&
               (end - begin < CHUNK_ROWS || rows->rows[end].set_id == rows->rows[end - 1].set_id))
            end++;
        struct history_chunk *chunk = memory_new(sizeof *chunk);
        atomic_init(&chunk->references, 1);
        chunk->count = end - begin;
        chunk->rows = memory_new_array(chunk->count, sizeof *chunk->rows);
        memcpy(chunk->rows, rows->rows + begin, chunk->count * sizeof *chunk->rows);
        *memory_append(list, chunks) = chunk;
        begin = end;
    }
    free(rows->rows);
    *rows = (struct history_rows){0};
}

/* --- lists ------------------------------------------------------------------------------------ */

struct range {
    size_t begin, end; /* of chunks that overlap */
};

/* The chunks that a change of first..last touches. A small neighbour is taken along, so that
 * appending set by set does not leave a chunk a set. */
static struct range touched(const struct history_list *list, int64_t first, int64_t last)
{
    struct range range = {0, 0};
    while (range.begin < list->chunks_count && last_set(list->chunks[range.begin]) < first)
        range.begin++;
    range.end = range.begin;
    while (range.end < list->chunks_count && first_set(list->chunks[range.end]) <= last)
        range.end++;
    if (range.begin > 0 && list->chunks[range.begin - 1]->count < CHUNK_ROWS)
        range.begin--;
    return range;
}

/* True if the rows of the touched chunks within first..last are exactly the sorted new rows. */
static bool is_same(const struct history_list *list, struct range range, int64_t first,
                    int64_t last, const struct history_rows *rows)
{
    size_t next = 0;
    for (size_t i = range.begin; i < range.end; i++)
        for (size_t j = 0; j < list->chunks[i]->count; j++) {
            const struct history_row *row = &list->chunks[i]->rows[j];
            if (row->set_id < first || row->set_id > last)
                continue;
            if (next == rows->rows_count || !history_row_equal(row, &rows->rows[next]))
                return false;
            next++;
        }
    return next == rows->rows_count;
}

bool history_list_replace(struct history_list *list, int64_t first_set_id, int64_t last_set_id,
                          struct history_rows *rows)
{
    if (rows->rows_count)
        qsort(rows->rows, rows->rows_count, sizeof *rows->rows, compare_rows);
    struct range range = touched(list, first_set_id, last_set_id);
    if (is_same(list, range, first_set_id, last_set_id, rows)) {
        history_rows_free(rows);
        return false;
    }
    struct history_list result = {0};
    for (size_t i = 0; i < range.begin; i++)
        *memory_append(&result, chunks) = retain(list->chunks[i]);
    for (size_t i = range.begin; i < range.end; i++)
        for (size_t j = 0; j < list->chunks[i]->count; j++) {
            const struct history_row *row = &list->chunks[i]->rows[j];
            if (row->set_id < first_set_id || row->set_id > last_set_id)
                *memory_append(rows, rows) = history_row_copy(row);
        }
    if (rows->rows_count)
        qsort(rows->rows, rows->rows_count, sizeof *rows->rows, compare_rows);
    add_chunks(&result, rows);
    for (size_t i = range.end; i < list->chunks_count; i++)
        *memory_append(&result, chunks) = retain(list->chunks[i]);
    history_list_clear(list);
    *list = result;
    return true;
}

size_t history_list_count(const struct history_list *list)
{
    size_t count = 0;
    for (size_t i = 0; i < list->chunks_count; i++)
        count += list->chunks[i]->count;
    return count;
}

void history_list_each(const struct history_list *list,
                       bool (*row)(void *context, const struct history_row *r), void *context)
{
    for (size_t i = 0; i < list->chunks_count; i++)
        for (size_t j = 0; j < list->chunks[i]->count; j++)
            if (!row(context, &list->chunks[i]->rows[j]))
                return;
}

void history_list_publish(const struct history_list *list, struct server_view *view)
{
    for (size_t i = 0; i < list->chunks_count; i++)
        *memory_append(view, history) = retain(list->chunks[i]);
}

void history_list_take(struct history_list *list, const struct server_view *view)
{
    history_list_clear(list);
    for (size_t i = 0; i < view->history_count; i++)
        *memory_append(list, chunks) = retain(view->history[i]);
}

void history_list_clear(struct history_list *list)
{
    for (size_t i = 0; i < list->chunks_count; i++)
        history_chunk_release(list->chunks[i]);
    free(list->chunks);
    *list = (struct history_list){0};
}
