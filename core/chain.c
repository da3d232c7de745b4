#include "core/chain.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/group.h"
#include "core/roster.h"
#include "core/textmap.h"

int chain_find_set(const struct group_view *view, int64_t id)
{
    size_t low = 0, high = view->sets_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (view->sets[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < view->sets_count && view->sets[low].id == id ? (int)low : -1;
}

bool chain_file_usable(const struct set_file *file)
{
    return file->present && !file->damaged &&
           (file->state == FILE_UNCHECKED || file->state == FILE_PROVEN);
}

char *chain_join_path(const char *folder, const char *file)
{
    if (folder == NULL || *folder == '\0')
        return memory_copy_text(file);
    char last = folder[strlen(folder) - 1];
    bool unix_like = strchr(folder, '\\') == NULL && strchr(folder, '/') != NULL;
    const char *separator = last == '\\' || last == '/' ? "" : unix_like ? "/" : "\\";
    return memory_format("%s%s%s", folder, separator, file);
}

/* --- merging --------------------------------------------------------------------------------- */

struct merge {
    struct group_view *view;
    int server;                           /* whose rows are being read */
    struct textmap *names;                /* database -> roster entry */
    const struct shipping_row **shipping; /* one for each roster entry; NULL = not listed */
    int64_t *ids;
    size_t ids_count, ids_capacity;
    size_t at; /* the last set found: rows come in order */
    /* the server text of the last row and what it resolved to: few differ */
    const char *last_server;
    int last_source;
};

static bool note_id(void *context, const struct history_row *row)
{
    struct merge *merge = context;
    if (merge->ids_count == 0 || merge->ids[merge->ids_count - 1] != row->set_id)
        *memory_append(merge, ids) = row->set_id;
    return true;
}

static int compare_ids(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static struct backup_set *find_set(struct merge *merge, int64_t id)
{
    struct group_view *view = merge->view;
    if (view->sets[merge->at].id != id)
        merge->at = (size_t)chain_find_set(view, id);
    return &view->sets[merge->at];
}

static int resolve_source(struct merge *merge, const char *server)
{
    if (server == NULL)
        return -1;
    if (merge->last_server == NULL || strcmp(merge->last_server, server) != 0) {
        merge->last_server = server;
        merge->last_source = roster_find_server(merge->view, server, ROLE_SOURCE);
    }
    return merge->last_source;
}

/* As roster_find, over the map. */
static int find_entry(struct merge *merge, const struct history_row *row)
{
    const struct group_view *view = merge->view;
    int source = resolve_source(merge, row->server);
    int by_name = -1, count = 0;
    struct textmap_cursor cursor = {0};
    for (size_t i; textmap_next(merge->names, row->database, &cursor, &i);) {
        count++;
        by_name = (int)i;
        if (source >= 0 ? source == view->roster[i].source
                        : row->server != NULL &&
                              text_equal_nocase(view->roster[i].source_server, row->server))
            return by_name;
    }
    bool elsewhere = source >= 0 && by_name >= 0 && view->roster[by_name].source >= 0;
    return count == 1 && !elsewhere ? by_name : -1;
}

/* Two sources may have databases of one name: then the row that names the server counts. */
static const struct shipping_row *find_shipping(const struct group_view *view,
                                                const struct roster_entry *entry)
{
    const struct shipping_row *found = NULL;
    const struct server_view *destination =
        entry->destination < 0 ? NULL : view->servers[entry->destination];
    for (size_t i = 0; destination != NULL && i < destination->shipping_count; i++) {
        const struct shipping_row *row = &destination->shipping[i];
        if (!text_equal_nocase(row->database, entry->database))
            continue;
        int source = roster_find_server(view, row->server, ROLE_SOURCE);
        bool same = row->server != NULL && (text_equal_nocase(row->server, entry->source_server) ||
                                            (source >= 0 && source == entry->source));
        if (same)
            return row;
        bool other = source >= 0 && entry->source >= 0;
        found = found == NULL && !other ? row : found;
    }
    return found;
}

/* The folder that the destination reads from instead; NULL = as backed up. */
static const char *moved_folder(const struct shipping_row *shipping, enum set_kind kind)
{
    const char *folder = shipping == NULL   ? NULL
                         : kind == SET_FULL ? shipping->full_location
                                            : shipping->log_location;
    return folder != NULL && *folder != '\0' ? folder : NULL;
}

static void merge_file(struct merge *merge, struct backup_set *set, size_t index,
                       const struct history_row *row)
{
    const struct roster_entry *entry = &merge->view->roster[index];
    struct set_file *file = &set->files[index];
    if (!file->present) {
        file->present = true;
        file->size_bytes = SIZE_UNKNOWN;
        file->as_backed_up = chain_join_path(row->location, row->file_name);
        const char *folder = moved_folder(merge->shipping[index], row->kind);
        file->path = folder == NULL ? memory_copy_text(file->as_backed_up)
                                    : chain_join_path(folder, row->file_name);
        file->evidence = EVIDENCE_HISTORY;
        set->databases++;
    }
    if (merge->server == entry->destination) {
        file->imported = true;
        file->restored = file->restored || row->restored;
    }
}

static bool is_former(const struct former_database *former, const struct history_row *row)
{
    return text_equal_nocase(former->database, row->database) &&
           (former->server == row->server || text_equal_nocase(former->server, row->server));
}

/* The group that the set was made of had a database which the roster has not. */
static void note_former(struct group_view *view, const struct history_row *row)
{
    size_t i = 0;
    while (i < view->formers_count && !is_former(&view->formers[i], row))
        i++;
    if (i == view->formers_count)
        *memory_append(view, formers) =
            (struct former_database){.server = memory_copy_text(row->server),
                                     .database = memory_copy_text(row->database),
                                     .use = roster_use_by_name(row->database),
                                     .first_set = row->set_id,
                                     .last_set = row->set_id};
    struct former_database *former = &view->formers[i];
    if (row->set_id < former->first_set)
        former->first_set = row->set_id;
    if (row->set_id > former->last_set)
        former->last_set = row->set_id;
}

static bool merge_row(void *context, const struct history_row *row)
{
    struct merge *merge = context;
    struct backup_set *set = find_set(merge, row->set_id);
    if (set->time_utc_ms == TIME_UNKNOWN)
        set->time_utc_ms = row->stamp_ms; /* as it stands; chain_find_times makes it UTC */
    set->kind = row->kind;
    if (set->mark == NULL && row->kind == SET_LOG)
        set->mark = memory_copy_text(row->mark);
    int index = find_entry(merge, row);
    if (index >= 0)
        merge_file(merge, set, (size_t)index, row);
    else if (row->database != NULL)
        note_former(merge->view, row);
    /* SetComplete is written on all rows at once, so one true row is enough: the others were
     * merely imported or read earlier. */
    set->complete = set->complete || row->complete;
    return true;
}

static void read_all(struct merge *merge, bool (*row)(void *context, const struct history_row *row))
{
    struct group_view *view = merge->view;
    for (int role = ROLE_SOURCE; role <= ROLE_DESTINATION; role++)
        for (size_t i = 0; i < view->servers_count; i++) {
            if ((int)view->servers[i]->role != role)
                continue;
            merge->server = (int)i;
            server_view_each_history(view->servers[i], row, merge);
        }
}

static void make_sets(struct merge *merge)
{
    struct group_view *view = merge->view;
    qsort(merge->ids, merge->ids_count, sizeof *merge->ids, compare_ids);
    for (size_t i = 0; i < merge->ids_count; i++) {
        if (i > 0 && merge->ids[i] == merge->ids[i - 1])
            continue;
        struct backup_set *set = memory_append(view, sets);
        set->id = merge->ids[i];
        set->time_utc_ms = set->finished_utc_ms = TIME_UNKNOWN;
        set->size_bytes = SIZE_UNKNOWN;
        set->files = memory_new_array(view->roster_count, sizeof *set->files);
        set->standings = memory_new_array(view->destinations_count, sizeof *set->standings);
        for (size_t k = 0; k < view->roster_count; k++)
            set->files[k].size_bytes = SIZE_UNKNOWN;
    }
}

void chain_merge_history(struct group_view *view)
{
    struct merge merge = {.view = view, .names = textmap_new(view->roster_count)};
    merge.shipping = memory_new_array(view->roster_count, sizeof *merge.shipping);
    for (size_t i = 0; i < view->roster_count; i++) {
        textmap_put(merge.names, view->roster[i].database, i);
        merge.shipping[i] = find_shipping(view, &view->roster[i]);
    }
    read_all(&merge, note_id);
    if (merge.ids_count > 0) {
        make_sets(&merge);
        read_all(&merge, merge_row);
    }
    textmap_free(merge.names);
    free(merge.shipping);
    free(merge.ids);
    for (size_t i = 0; i < view->sets_count; i++) {
        struct backup_set *set = &view->sets[i];
        size_t expected = 0;
        for (size_t k = 0; k < view->roster_count; k++)
            expected += !view->roster[k].left_out;
        set->databases_expected = set->complete ? set->databases : expected;
    }
}
