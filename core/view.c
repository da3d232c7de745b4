#include "core/view.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/proof.h"
#include "core/view_rows.h"

struct server_view *server_view_new(const char *name, enum server_role role)
{
    struct server_view *view = memory_new(sizeof *view);
    atomic_init(&view->references, 1);
    view->name = memory_copy_text(name);
    view->role = role;
    view->as_of_utc_ms = TIME_UNKNOWN;
    view->as_of_monotonic_ms = TIME_UNKNOWN;
    view->server_utc_ms = TIME_UNKNOWN;
    view->history_swept_monotonic_ms = TIME_UNKNOWN;
    view->last_restore_set = -1;
    view->max_degree_of_parallelism = -1;
    view->agent_starts_itself = -1;
    view->ad_hoc_distributed_queries = -1;
    view->force_full = -1;
    for (int part = 0; part < PART_COUNT; part++)
        view->parts[part].read_monotonic_ms = TIME_UNKNOWN;
    return view;
}

struct server_view *server_view_retain(struct server_view *view)
{
    if (view)
        atomic_fetch_add(&view->references, 1);
    return view;
}

void server_view_release(struct server_view *view)
{
    if (!view || atomic_fetch_sub(&view->references, 1) != 1)
        return;
    view_free_rows(view);
    free(view->name);
    free(view->server_name);
    free(view->version);
    free(view->edition);
    free(view->collation);
    free(view->machine);
    free(view->node);
    free(view->data_path);
    free(view->log_path);
    free(view->management_database);
    free(view);
}

void server_view_each_history(const struct server_view *view,
                              bool (*row)(void *context, const struct history_row *r),
                              void *context)
{
    for (size_t i = 0; i < view->history_count; i++)
        for (size_t j = 0; j < view->history[i]->count; j++)
            if (!row(context, &view->history[i]->rows[j]))
                return;
}

const struct database_row *server_view_database(const struct server_view *view, const char *name)
{
    for (size_t i = 0; i < view->databases_count; i++) {
        const struct database_row *row = &view->databases[i];
        if (view->case_sensitive ? text_equal(row->name, name)
                                 : text_equal_nocase(row->name, name))
            return row;
    }
    return NULL;
}

/* Who reads a database in STANDBY makes its next RESTORE fail: 3101. */
static bool may_be_entered(const struct database_row *row)
{
    enum { SYSTEM_DATABASES = 4 };
    return row->database_id > SYSTEM_DATABASES && row->state == STATE_ONLINE && !row->standby;
}

bool server_view_looks_into(const struct server_view *view, const struct database_row *row)
{
    size_t before = 0;
    for (const struct database_row *other = view->databases; other < row; other++)
        before += may_be_entered(other);
    return may_be_entered(row) && before < VIEW_LOOKED_INTO_MAX;
}

/* Where the path stands, or would stand. */
static size_t proof_place(const struct server_view *view, const char *path)
{
    size_t low = 0, high = view->proofs_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(view->proofs[middle]->path, path) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct file_proof *server_view_proof(const struct server_view *view, const char *path)
{
    if (path == NULL)
        return NULL;
    size_t at = proof_place(view, path);
    return at < view->proofs_count && strcmp(view->proofs[at]->path, path) == 0 ? view->proofs[at]
                                                                                : NULL;
}

void server_view_put_proof(struct server_view *view, struct file_proof *proof)
{
    size_t at = proof_place(view, proof->path);
    if (at < view->proofs_count && strcmp(view->proofs[at]->path, proof->path) == 0) {
        proof_release(view->proofs[at]);
        view->proofs[at] = proof;
        return;
    }
    *memory_append(view, proofs) = proof;
    memmove(&view->proofs[at + 1], &view->proofs[at],
            (view->proofs_count - 1 - at) * sizeof(struct file_proof *));
    view->proofs[at] = proof;
}

bool server_view_has_login(const struct server_view *view, const char *sid)
{
    for (size_t i = 0; sid != NULL && i < view->surroundings_count; i++)
        if (view->surroundings[i].kind == SURROUNDING_LOGIN &&
            text_equal_nocase(view->surroundings[i].detail, sid))
            return true;
    return false;
}

const struct job_row *server_view_job(const struct server_view *view, enum job_function function)
{
    for (size_t i = 0; i < view->jobs_count; i++)
        if (view->jobs[i].function == function)
            return &view->jobs[i];
    return NULL;
}

int64_t server_view_now_utc_ms(const struct server_view *view, int64_t now_monotonic_ms)
{
    if (!view->reachable || view->from_disk || view->server_utc_ms == TIME_UNKNOWN ||
        view->as_of_monotonic_ms == TIME_UNKNOWN || now_monotonic_ms == TIME_UNKNOWN)
        return TIME_UNKNOWN;
    return view->server_utc_ms + (now_monotonic_ms - view->as_of_monotonic_ms);
}
