/* What the collector's files share: core/collector.c (the caller's side), core/collector_server.c
 * (a server's thread) and core/collector_builder.c (the thread that makes group views). */
#ifndef STOPMARK_CORE_COLLECTOR_INTERNAL_H
#define STOPMARK_CORE_COLLECTOR_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "core/collector.h"
#include "core/reading.h"
#include "core/secret.h"
#include "core/store.h"

struct collector;

struct server_worker {
    struct collector *collector; /* borrowed */
    size_t index;
    const struct config_server *server;
    pthread_t thread;
    bool started;
    /* under collector->mutex */
    bool refresh, settled;
    bool proofs_settled; /* no file is left to be proven for now, or none may be */
    struct file_proof **brought; /* proofs that others made (collector_keep_proof); one reference each */
    size_t brought_count, brought_capacity;
    struct tds_reader *reader; /* the open connection, for cancelling it */
    char **verify; /* paths to be read whole, on request */
    size_t verify_count, verify_capacity;
    bool verifying; /* its thread takes from there */
    struct tds_reader *verify_reader; /* for cancelling it */
    /* the caller's own */
    pthread_t verifier;
    bool verifier_started;
    /* the thread's own */
    struct reading_memory memory;
    struct server_view *last; /* the newest view, one reference */
    int failures;             /* in a row */
    struct store_schedule store;
};

struct collector {
    const struct config *config;
    const struct clock *clock;
    struct secrets *secrets;
    struct server_worker *workers;
    size_t workers_count;
    atomic_bool stop;
    pthread_mutex_t mutex;
    pthread_cond_t poll; /* workers wait on it between polls: refresh or stop */
    pthread_cond_t build; /* the builder waits on it: news or stop */
    pthread_cond_t built; /* collector_wait_first waits on it */
    struct server_view **views; /* newest of each server; one reference each */
    uint64_t news, built_news;  /* counts server views published and built */
    struct group_view *group;   /* newest; one reference */
    struct attestations *attested; /* the builder's; read anew once in a while */
    int64_t attested_due_ms;       /* monotonic */
    int wake_fd;                /* eventfd */
    pthread_t builder;
    bool builder_started;
};

/* Thread functions; the argument is a struct server_worker or a struct collector. */
void *collector_server_thread(void *worker);
void *collector_builder_thread(void *collector);

/* Hands over a worker's new view (takes one reference). Any worker's thread. */
void collector_publish(struct server_worker *worker, struct server_view *view);

/* The newest group view, retained; the wake-up descriptor is left alone. */
struct group_view *collector_newest_group(struct collector *collector);

/* Waits for the thread of collector_verify_set; the caller's thread. */
void collector_join_verifier(struct server_worker *worker);

/* Puts into view (being made) what others brought, and proves some of the files that a restore would
 * need, for at most budget_ms; false where nothing is left to be asked for now. The worker's thread.
 * Source of which files: core/proof_want.h, by the newest group view. */
bool collector_prove(struct server_worker *worker, struct server_view *view, int64_t budget_ms);

/* Builds a group view of the newest server views and makes it the newest. Without the mutex. */
void collector_build(struct collector *collector);

/* Waits on a condition (made for the monotonic clock) under collector->mutex, at most so long. */
void collector_wait(struct collector *collector, pthread_cond_t *condition, int64_t duration_ms);

#endif
