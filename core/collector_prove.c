/* Proving backup files ahead of a restore, a few at a time, on the connection that monitors. */
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/memory.h"
#include "core/collector_internal.h"
#include "core/proof.h"
#include "core/proof_want.h"

enum { FILES_MAX = 512 }; /* of one lot, if its time suffices; each lot costs a look at all sets */

static void take_brought(struct server_worker *worker, struct server_view *view)
{
    pthread_mutex_lock(&worker->collector->mutex);
    for (size_t i = 0; i < worker->brought_count; i++)
        server_view_put_proof(view, worker->brought[i]);
    worker->memory.proven += worker->brought_count;
    worker->brought_count = 0;
    pthread_mutex_unlock(&worker->collector->mutex);
}

struct group_view *collector_newest_group(struct collector *collector)
{
    pthread_mutex_lock(&collector->mutex);
    struct group_view *group = group_view_retain(collector->group);
    pthread_mutex_unlock(&collector->mutex);
    return group;
}

/* Without the right every file would be refused: it is named once instead. */
static bool may_read(struct server_view *view)
{
    struct part_status *status = &view->parts[PART_FILES];
    if (view->can_read_headers || view->is_sysadmin) {
        if (status->state == PART_NOT_VISIBLE)
            *status = (struct part_status){.read_monotonic_ms = status->read_monotonic_ms};
        return true;
    }
    status->state = PART_NOT_VISIBLE;
    error_set(&status->error, ERR_PERMISSION, view->name, query_header_only.permission,
              "the login may not read the headers of backup files");
    return false;
}

static bool ask_one(struct server_worker *worker, struct server_view *view, const char *path)
{
    struct part_status *status = &view->parts[PART_FILES];
    struct error error;
    error_clear(&error);
    struct file_proof *proof =
        proof_read(worker->reader, path, clock_utc_ms(worker->collector->clock), &error);
    worker->memory.proven++;
    if (proof != NULL) {
        server_view_put_proof(view, proof);
        status->state = PART_READ;
        error_clear(&status->error);
        status->read_monotonic_ms = clock_monotonic_ms(worker->collector->clock);
        return true;
    }
    /* A file that does not answer in time is not asked for again at once. */
    struct file_proof *unanswered = proof_new(path);
    unanswered->asked_utc_ms = clock_utc_ms(worker->collector->clock);
    unanswered->server_number = error.server_number;
    unanswered->problem = memory_copy_text(error.server_text[0] ? error.server_text : error.what);
    server_view_put_proof(view, unanswered);
    status->state = error.code == ERR_PERMISSION ? PART_NOT_VISIBLE : PART_FAILED;
    status->error = error;
    log_write(LOG_WARNING, "proof: %s: %s", view->name, unanswered->problem);
    return false;
}

bool collector_prove(struct server_worker *worker, struct server_view *view, int64_t budget_ms)
{
    const char *paths[FILES_MAX];
    if (view->role != ROLE_DESTINATION)
        return false;
    take_brought(worker, view);
    if (!may_read(view))
        return false;
    struct group_view *group = collector_newest_group(worker->collector);
    int64_t until_ms = clock_monotonic_ms(clock_system()) + budget_ms;
    size_t count = proof_wanted(group, worker->index, view,
                                clock_utc_ms(worker->collector->clock), paths, FILES_MAX), i = 0;
    bool going_on = true;
    for (; i < count && going_on && !atomic_load(&worker->collector->stop) &&
           clock_monotonic_ms(clock_system()) < until_ms; i++)
        going_on = ask_one(worker, view, paths[i]);
    if (count == 0)
        proof_forget(view, group, worker->index);
    group_view_release(group);
    return going_on && (i < count || count == FILES_MAX);
}
