#include "core/collector.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "core/base/memory.h"
#include "core/attest.h"
#include "core/collector_internal.h"
#include "core/proof.h"
#include "core/tds.h"

static void make_condition(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

/* Real waiting follows the machine's clock, whatever clock the views are dated with. */
static struct timespec deadline_after(int64_t duration_ms)
{
    struct timespec deadline;
    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += duration_ms / 1000;
    deadline.tv_nsec += duration_ms % 1000 * 1000000;
    if (deadline.tv_nsec >= 1000000000) {
        deadline.tv_sec++;
        deadline.tv_nsec -= 1000000000;
    }
    return deadline;
}

void collector_wait(struct collector *collector, pthread_cond_t *condition, int64_t duration_ms)
{
    struct timespec deadline = deadline_after(duration_ms);
    pthread_cond_timedwait(condition, &collector->mutex, &deadline);
}

/* --- starting --------------------------------------------------------------------------------- */

static struct secrets *fetch_passwords(const struct config *config, struct error *error)
{
    int missing = -1;
    struct secrets *secrets = secrets_fetch(config, SECRET_MONITOR, &missing, error);
    if (!secrets || missing < 0)
        return secrets;
    error_set(error, ERR_NO_PASSWORD, config->servers[missing].name,
              "give password_command, password_file or password_env in stopmark.ini",
              "there is no way to get the monitoring password");
    secrets_free(secrets);
    return NULL;
}

/* A file that was not usable in an earlier session may have been mended since: whoever starts the
 * program again wants to know. */
static void doubt_lost_files(struct server_view *view)
{
    for (size_t i = 0; i < view->proofs_count; i++)
        if (view->proofs[i]->state != FILE_PROVEN)
            view->proofs[i]->asked_utc_ms = TIME_UNKNOWN;
}

/* The last good view of an earlier session, or one with nothing known. */
static struct server_view *first_view(struct collector *collector, size_t index)
{
    const struct config_server *server = &collector->config->servers[index];
    struct server_view *view = store_load(&collector->workers[index].store,
                                          collector->config, index, collector->clock);
    if (!view)
        return server_view_new(server->name, server->role);
    doubt_lost_files(view);
    return view;
}

static struct collector *allocate(const struct config *config, const struct clock *clock)
{
    struct collector *collector = memory_new(sizeof *collector);
    size_t count = config->servers_count;
    collector->config = config;
    collector->clock = clock;
    collector->workers = memory_new_array(count, sizeof *collector->workers);
    collector->workers_count = count;
    collector->views = memory_new_array(count, sizeof(struct server_view *));
    collector->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    pthread_mutex_init(&collector->mutex, NULL);
    make_condition(&collector->poll);
    make_condition(&collector->build);
    make_condition(&collector->built);
    for (size_t i = 0; i < count; i++) {
        struct server_worker *worker = &collector->workers[i];
        worker->collector = collector;
        worker->index = i;
        worker->server = &config->servers[i];
        worker->last = first_view(collector, i);
        collector->views[i] = server_view_retain(worker->last);
    }
    return collector;
}

struct collector *collector_start(const struct config *config, const struct clock *clock,
                                  struct error *error)
{
    struct secrets *secrets = fetch_passwords(config, error);
    return secrets ? collector_start_with(config, clock, secrets, error) : NULL;
}

struct collector *collector_start_with(const struct config *config, const struct clock *clock,
                                       struct secrets *secrets, struct error *error)
{
    if (tds_prepare(config, error)) {
        secrets_free(secrets);
        return NULL;
    }
    struct collector *collector = allocate(config, clock);
    collector->secrets = secrets;
    collector_build(collector);
    for (size_t i = 0; i < collector->workers_count; i++) {
        struct server_worker *worker = &collector->workers[i];
        worker->started =
            pthread_create(&worker->thread, NULL, collector_server_thread, worker) == 0;
    }
    collector->builder_started =
        pthread_create(&collector->builder, NULL, collector_builder_thread, collector) == 0;
    return collector;
}

/* --- the caller's side ------------------------------------------------------------------------ */

int collector_wake_fd(const struct collector *collector)
{
    return collector->wake_fd;
}

struct group_view *collector_view(struct collector *collector)
{
    uint64_t drained;
    while (read(collector->wake_fd, &drained, sizeof drained) < 0 && errno == EINTR)
        continue;
    pthread_mutex_lock(&collector->mutex);
    struct group_view *view = group_view_retain(collector->group);
    pthread_mutex_unlock(&collector->mutex);
    return view;
}

void collector_refresh(struct collector *collector)
{
    pthread_mutex_lock(&collector->mutex);
    for (size_t i = 0; i < collector->workers_count; i++)
        collector->workers[i].refresh = true;
    pthread_cond_broadcast(&collector->poll);
    pthread_mutex_unlock(&collector->mutex);
}

void collector_keep_proof(struct collector *collector, size_t server, struct file_proof *proof)
{
    struct server_worker *worker = &collector->workers[server];
    pthread_mutex_lock(&collector->mutex);
    *memory_append(worker, brought) = proof;
    worker->refresh = true;
    pthread_cond_broadcast(&collector->poll);
    pthread_mutex_unlock(&collector->mutex);
}

static bool all_settled(const struct collector *collector)
{
    for (size_t i = 0; i < collector->workers_count; i++)
        if (!collector->workers[i].settled)
            return false;
    return collector->built_news == collector->news;
}

static bool all_proven(const struct collector *collector)
{
    for (size_t i = 0; i < collector->workers_count; i++)
        if (!collector->workers[i].proofs_settled)
            return false;
    return collector->built_news == collector->news;
}

/* Until the condition holds, at most so long; true if it does. */
static bool wait_until(struct collector *collector, bool (*holds)(const struct collector *collector),
                       int64_t timeout_ms)
{
    struct timespec deadline = deadline_after(timeout_ms);
    int waited = 0;
    pthread_mutex_lock(&collector->mutex);
    while (!holds(collector) && waited != ETIMEDOUT)
        waited = pthread_cond_timedwait(&collector->built, &collector->mutex, &deadline);
    bool held = holds(collector);
    pthread_mutex_unlock(&collector->mutex);
    return held;
}

bool collector_wait_proofs(struct collector *collector, int64_t timeout_ms)
{
    return wait_until(collector, all_proven, timeout_ms);
}

bool collector_wait_first(struct collector *collector, int64_t timeout_ms)
{
    return wait_until(collector, all_settled, timeout_ms);
}

/* --- stopping --------------------------------------------------------------------------------- */

static void tell_all_to_stop(struct collector *collector)
{
    pthread_mutex_lock(&collector->mutex);
    atomic_store(&collector->stop, true);
    for (size_t i = 0; i < collector->workers_count; i++) {
        if (collector->workers[i].reader)
            tds_reader_cancel(collector->workers[i].reader);
        if (collector->workers[i].verify_reader)
            tds_reader_cancel(collector->workers[i].verify_reader);
    }
    pthread_cond_broadcast(&collector->poll);
    pthread_cond_broadcast(&collector->build);
    pthread_mutex_unlock(&collector->mutex);
}

void collector_stop(struct collector *collector)
{
    if (!collector)
        return;
    tell_all_to_stop(collector);
    for (size_t i = 0; i < collector->workers_count; i++)
        if (collector->workers[i].started)
            pthread_join(collector->workers[i].thread, NULL);
    for (size_t i = 0; i < collector->workers_count; i++)
        collector_join_verifier(&collector->workers[i]);
    if (collector->builder_started)
        pthread_join(collector->builder, NULL);
    for (size_t i = 0; i < collector->workers_count; i++) {
        reading_memory_free(&collector->workers[i].memory);
        for (size_t k = 0; k < collector->workers[i].brought_count; k++)
            proof_release(collector->workers[i].brought[k]);
        free(collector->workers[i].brought);
        for (size_t k = 0; k < collector->workers[i].verify_count; k++)
            free(collector->workers[i].verify[k]);
        free(collector->workers[i].verify);
        server_view_release(collector->workers[i].last);
        server_view_release(collector->views[i]);
    }
    group_view_release(collector->group);
    attestations_free(collector->attested);
    secrets_free(collector->secrets);
    close(collector->wake_fd);
    pthread_cond_destroy(&collector->poll);
    pthread_cond_destroy(&collector->build);
    pthread_cond_destroy(&collector->built);
    pthread_mutex_destroy(&collector->mutex);
    free(collector->workers);
    free(collector->views);
    free(collector);
    tds_finish();
}
