/* VERIFYONLY on request: the files of a set are read whole, one after the other, by the destination
 * that would restore them; on a connection of its own, so that monitoring goes on. */
#include <stdlib.h>
#include <string.h>

#include "core/base/log.h"
#include "core/base/memory.h"
#include "core/chain.h"
#include "core/collector_internal.h"
#include "core/proof.h"

static void set_reader(struct server_worker *worker, struct tds_reader *reader)
{
    pthread_mutex_lock(&worker->collector->mutex);
    worker->verify_reader = reader;
    pthread_mutex_unlock(&worker->collector->mutex);
}

/* The next path, owned; NULL, and the thread ends, where none is left. */
static char *next_path(struct server_worker *worker)
{
    struct collector *collector = worker->collector;
    pthread_mutex_lock(&collector->mutex);
    char *path = NULL;
    if (worker->verify_count > 0 && !atomic_load(&collector->stop)) {
        path = worker->verify[0];
        worker->verify_count--;
        for (size_t i = 0; i < worker->verify_count; i++)
            worker->verify[i] = worker->verify[i + 1];
    }
    worker->verifying = path != NULL;
    pthread_mutex_unlock(&collector->mutex);
    return path;
}

/* What is known of the file, or an empty proof. Owned. */
static struct file_proof *known_proof(struct server_worker *worker, const char *path)
{
    pthread_mutex_lock(&worker->collector->mutex);
    const struct file_proof *known =
        server_view_proof(worker->collector->views[worker->index], path);
    struct file_proof *proof = proof_retain((struct file_proof *)(uintptr_t)known);
    pthread_mutex_unlock(&worker->collector->mutex);
    return proof;
}

static struct file_proof *verify(struct server_worker *worker, struct tds_reader *reader,
                                 const char *path, struct error *error)
{
    int64_t now_utc_ms = clock_utc_ms(worker->collector->clock);
    struct file_proof *proof = known_proof(worker, path);
    if (proof == NULL)
        proof = proof_read(reader, path, now_utc_ms, error);
    struct file_proof *verified =
        proof == NULL ? NULL : proof_verify(reader, proof, now_utc_ms, error);
    proof_release(proof);
    return verified;
}

static void *verifier_main(void *argument)
{
    struct server_worker *worker = argument;
    const struct config *config = worker->collector->config;
    struct tds_options options = {.application = "stopmark verify",
                                  .connect_timeout_ms = config->connect_timeout_ms,
                                  .query_timeout_ms = 0, /* a whole file is read */
                                  .lock_timeout_ms = 2000};
    struct error error;
    error_clear(&error);
    struct tds_reader *reader =
        tds_reader_open(worker->server, secrets_get(worker->collector->secrets, worker->index),
                        &options, &worker->collector->stop, &error);
    set_reader(worker, reader);
    for (char *path; (path = next_path(worker)) != NULL; free(path)) {
        struct file_proof *proof =
            reader == NULL ? NULL : verify(worker, reader, path, &error);
        if (proof != NULL)
            collector_keep_proof(worker->collector, worker->index, proof);
        else
            log_write(LOG_WARNING, "verify: %s: %s: %s", worker->server->name, path,
                      error.server_text[0] ? error.server_text : error.what);
    }
    set_reader(worker, NULL);
    tds_reader_close(reader);
    return NULL;
}

/* Under the mutex. */
static void add_path(struct server_worker *worker, const char *path)
{
    for (size_t i = 0; i < worker->verify_count; i++)
        if (strcmp(worker->verify[i], path) == 0)
            return;
    *memory_append(worker, verify) = memory_copy_text(path);
}

size_t collector_verify_set(struct collector *collector, int64_t set_id)
{
    struct group_view *view = collector_newest_group(collector);
    int set = chain_find_set(view, set_id);
    size_t asked = 0;
    bool closed = set >= 0 && view->sets[set].complete && !view->sets[set].in_progress;
    pthread_mutex_lock(&collector->mutex);
    for (size_t i = 0; closed && i < view->roster_count; i++) {
        const struct set_file *file = &view->sets[set].files[i];
        if (!file->present || view->roster[i].destination < 0)
            continue;
        add_path(&collector->workers[view->roster[i].destination], file->path);
        asked++;
    }
    pthread_mutex_unlock(&collector->mutex);
    for (size_t i = 0; i < collector->workers_count; i++) {
        struct server_worker *worker = &collector->workers[i];
        pthread_mutex_lock(&collector->mutex);
        bool start = worker->verify_count > 0 && !worker->verifying;
        worker->verifying = worker->verifying || start;
        pthread_mutex_unlock(&collector->mutex);
        if (!start)
            continue;
        collector_join_verifier(worker);
        worker->verifier_started =
            pthread_create(&worker->verifier, NULL, verifier_main, worker) == 0;
    }
    group_view_release(view);
    return asked;
}

void collector_join_verifier(struct server_worker *worker)
{
    if (worker->verifier_started)
        pthread_join(worker->verifier, NULL);
    worker->verifier_started = false;
}
