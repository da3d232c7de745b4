/* A server's thread: connects, polls on the schedule, publishes, backs off on failure. */
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "core/collector_internal.h"
#include "core/tds_error.h"
#include "core/tds_life.h"
#include "core/view_rows.h"

enum {
    BACK_OFF_MAX_MS = 60000,
    BACK_OFF_DOUBLINGS = 5,
    PROVE_FIRST_MS = 300, /* of a poll: whoever waits for the poll waits for this too */
    PROVE_MS = 1000,      /* between polls */
    PROVE_PAUSE_MS = 250,
    REFRESH_MIN_MS = 300, /* a key held down must not become a load on the server */
};

static bool stopping(const struct server_worker *worker)
{
    return atomic_load(&worker->collector->stop);
}

void collector_publish(struct server_worker *worker, struct server_view *view)
{
    struct collector *collector = worker->collector;
    pthread_mutex_lock(&collector->mutex);
    struct server_view *old = collector->views[worker->index];
    collector->views[worker->index] = view;
    collector->news++;
    worker->settled = true;
    pthread_cond_signal(&collector->build);
    pthread_mutex_unlock(&collector->mutex);
    server_view_release(old);
}

/* --- the connection --------------------------------------------------------------------------- */

static void set_reader(struct server_worker *worker, struct tds_reader *reader)
{
    pthread_mutex_lock(&worker->collector->mutex);
    worker->reader = reader;
    pthread_mutex_unlock(&worker->collector->mutex);
}

static void disconnect(struct server_worker *worker)
{
    struct tds_reader *reader = worker->reader; /* only this thread changes it */
    set_reader(worker, NULL);
    tds_reader_close(reader);
}

static bool connect_server(struct server_worker *worker, struct error *error)
{
    const struct config *config = worker->collector->config;
    struct tds_options options = {
        .application = "stopmark monitor",
        .connect_timeout_ms = config->connect_timeout_ms,
        .query_timeout_ms = config->query_timeout_ms,
        .lock_timeout_ms = 2000, /* a reader never makes the backup job wait long */
    };
    const char *password = secrets_get(worker->collector->secrets, worker->index);
    const atomic_bool *stop = &worker->collector->stop;
    struct tds_reader *reader =
        tds_reader_open(worker->server, password, &options, stop, error);
    if (!reader && tds_error_passes(error)) /* it answers; it was only busy */
        reader = tds_reader_open(worker->server, password, &options, stop, error);
    if (!reader)
        return false;
    set_reader(worker, reader);
    worker->memory.full = true;
    return true;
}

static bool reopen(struct reading *reading, void *context, struct error *error)
{
    struct server_worker *worker = context;
    disconnect(worker);
    if (stopping(worker) || !connect_server(worker, error))
        return false;
    reading->reader = worker->reader;
    return true;
}

/* --- one poll --------------------------------------------------------------------------------- */

static void replace_last(struct server_worker *worker, struct server_view *view)
{
    server_view_release(worker->last);
    worker->last = server_view_retain(view);
    collector_publish(worker, view);
}

/* A file's header that was too long in coming costs the connection; the next poll opens another. */
static void drop_unusable(struct server_worker *worker)
{
    if (!tds_reader_is_usable(worker->reader))
        disconnect(worker);
}

/* The server was read: its view is the newest. */
static bool read_server(struct server_worker *worker, struct error *error)
{
    struct server_view *view = server_view_new(worker->server->name, worker->server->role);
    struct reading reading = {
        .reader = worker->reader,
        .config = worker->collector->config,
        .server = worker->server,
        .view = view,
        .last = worker->last,
        .memory = &worker->memory,
        .clock = worker->collector->clock,
        .reopen = reopen,
        .reopen_context = worker,
    };
    if (reading_run(&reading, error)) {
        server_view_release(view);
        return false;
    }
    view->reachable = true;
    collector_prove(worker, view, PROVE_FIRST_MS);
    drop_unusable(worker);
    replace_last(worker, view);
    return true;
}

/* Between two polls: files are proven a few at a time, each lot with a view of its own. False where
 * none is left, or the connection is lost. */
static bool prove_more(struct server_worker *worker)
{
    if (!worker->reader || !worker->last->reachable)
        return false;
    struct server_view *view = server_view_new(worker->server->name, worker->server->role);
    view_copy_all(view, worker->last);
    view->reachable = true;
    size_t before = worker->memory.proven;
    bool more = collector_prove(worker, view, PROVE_MS);
    drop_unusable(worker);
    if (worker->memory.proven != before)
        replace_last(worker, view);
    else
        server_view_release(view);
    return more && worker->memory.proven != before;
}

/* It was not: what was known stays, with the reason. */
static void publish_failure(struct server_worker *worker, const struct error *error,
                            enum server_life life)
{
    struct server_view *view = server_view_new(worker->server->name, worker->server->role);
    view_copy_all(view, worker->last);
    view->reachable = false;
    view->error = *error;
    view->life = life;
    replace_last(worker, view);
}

/* A source that only this login cannot read is not lost: the plan of a restore must know. */
static enum server_life ask_life(const struct server_worker *worker, struct error *error)
{
    const struct collector *collector = worker->collector;
    enum server_life life = tds_life(worker->server, error, collector->config->connect_timeout_ms,
                                     &collector->stop);
    if (life == LIFE_SILENT && worker->server->role == ROLE_SOURCE)
        text_copy(error->hint, sizeof error->hint,
                  "for a restore it counts as lost: make sure that nobody works with it any more");
    return life;
}

static void poll_once(struct server_worker *worker)
{
    struct error error = {0};
    bool fine = (worker->reader || connect_server(worker, &error)) && read_server(worker, &error);
    if (fine) {
        worker->failures = 0;
        return;
    }
    if (worker->reader)
        disconnect(worker);
    if (stopping(worker))
        return;
    worker->failures++;
    char line[2300];
    error_format(&error, line, sizeof line);
    log_write(LOG_WARNING, "collector: %s", line);
    publish_failure(worker, &error, ask_life(worker, &error));
}

/* --- the schedule ----------------------------------------------------------------------------- */

static int64_t delay_ms(const struct server_worker *worker)
{
    int64_t poll_ms = worker->collector->config->poll_ms;
    int doublings = worker->failures > 1 ? worker->failures - 1 : 0;
    if (doublings > BACK_OFF_DOUBLINGS)
        doublings = BACK_OFF_DOUBLINGS;
    int64_t delay = poll_ms << doublings;
    int64_t most = poll_ms > BACK_OFF_MAX_MS ? poll_ms : BACK_OFF_MAX_MS;
    return delay < most ? delay : most;
}

static void wait_for_next(struct server_worker *worker)
{
    struct collector *collector = worker->collector;
    int64_t begin_ms = clock_monotonic_ms(clock_system());
    bool more = worker->server->role == ROLE_DESTINATION;
    pthread_mutex_lock(&collector->mutex);
    if (!more || worker->last->parts[PART_FILES].state == PART_NOT_VISIBLE)
        worker->proofs_settled = true;
    while (!atomic_load(&collector->stop)) {
        int64_t delay = worker->refresh ? REFRESH_MIN_MS : delay_ms(worker);
        int64_t left_ms = begin_ms + delay - clock_monotonic_ms(clock_system());
        if (left_ms <= 0)
            break;
        /* The pause lets the group view of the last lot be built: it says what is needed next. */
        collector_wait(collector, &collector->poll,
                       more && left_ms > PROVE_PAUSE_MS ? PROVE_PAUSE_MS : left_ms);
        if (!more || worker->refresh || atomic_load(&collector->stop))
            continue;
        pthread_mutex_unlock(&collector->mutex);
        more = prove_more(worker);
        pthread_mutex_lock(&collector->mutex);
        worker->proofs_settled = worker->proofs_settled || !more;
        pthread_cond_broadcast(&collector->built);
    }
    worker->refresh = false;
    pthread_mutex_unlock(&collector->mutex);
}

void *collector_server_thread(void *argument)
{
    struct server_worker *worker = argument;
    while (!stopping(worker)) {
        poll_once(worker);
        store_keep(&worker->store, worker->collector->config, worker->index, worker->last, false);
        if (!stopping(worker))
            wait_for_next(worker);
    }
    if (worker->reader)
        disconnect(worker);
    store_keep(&worker->store, worker->collector->config, worker->index, worker->last, true);
    return NULL;
}
