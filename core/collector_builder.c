/* Makes group views: whenever a server view comes, and otherwise once in a while, because ages
 * grow even where nothing answers. */
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "core/acknowledge.h"
#include "core/attest.h"
#include "core/base/log.h"
#include "core/base/memory.h"
#include "core/collector_internal.h"

enum {
    REBUILD_MS = 5000,
    ATTESTED_MS = 60000,
    COALESCE_MS = 30, /* servers are polled together: one view for all of them */
};

static void wake(struct collector *collector)
{
    uint64_t one = 1;
    if (write(collector->wake_fd, &one, sizeof one) < 0)
        return; /* already readable */
}

/* They change seldom, and reading them means to look at every run's journal. */
static const struct attestations *attested(struct collector *collector)
{
    int64_t now_ms = clock_monotonic_ms(collector->clock);
    if (collector->attested != NULL && now_ms < collector->attested_due_ms)
        return collector->attested;
    struct error error = {0};
    struct attestations *fresh = attestations_read(collector->config, &error);
    if (fresh == NULL)
        log_write(LOG_WARNING, "attestations: %s", error.what);
    attestations_free(collector->attested);
    collector->attested = fresh;
    collector->attested_due_ms = now_ms + ATTESTED_MS;
    return fresh;
}

void collector_build(struct collector *collector)
{
    size_t count = collector->workers_count;
    struct server_view **views = memory_new_array(count, sizeof(struct server_view *));
    pthread_mutex_lock(&collector->mutex);
    uint64_t news = collector->news;
    for (size_t i = 0; i < count; i++)
        views[i] = server_view_retain(collector->views[i]);
    pthread_mutex_unlock(&collector->mutex);
    struct group_view *group =
        group_view_build(collector->config, views, count, attested(collector),
                         clock_utc_ms(collector->clock), clock_monotonic_ms(collector->clock));
    struct acknowledgements accepted;
    acknowledgements_load(&accepted, collector->config);
    acknowledgements_apply(group, &accepted, group->now_utc_ms);
    acknowledgements_free(&accepted);
    for (size_t i = 0; i < count; i++)
        server_view_release(views[i]);
    free(views);
    pthread_mutex_lock(&collector->mutex);
    struct group_view *old = collector->group;
    collector->group = group;
    collector->built_news = news;
    pthread_cond_broadcast(&collector->built);
    pthread_mutex_unlock(&collector->mutex);
    group_view_release(old);
    wake(collector);
}

void *collector_builder_thread(void *argument)
{
    struct collector *collector = argument;
    while (!atomic_load(&collector->stop)) {
        pthread_mutex_lock(&collector->mutex);
        if (collector->news == collector->built_news && !atomic_load(&collector->stop))
            collector_wait(collector, &collector->build, REBUILD_MS);
        pthread_mutex_unlock(&collector->mutex);
        const struct timespec pause = {.tv_nsec = COALESCE_MS * 1000000L};
        nanosleep(&pause, NULL);
        if (!atomic_load(&collector->stop))
            collector_build(collector);
    }
    return NULL;
}
