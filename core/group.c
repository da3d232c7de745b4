#include "core/attest.h"
#include "core/group.h"

#include <stdlib.h>

#include "core/assume.h"
#include "core/base/memory.h"
#include "core/chain.h"
#include "core/checks.h"
#include "core/lag.h"
#include "core/marks.h"
#include "core/rates.h"
#include "core/readiness.h"
#include "core/roster.h"

static bool answers(const struct server_view *server)
{
    return server->reachable && !server->from_disk;
}

bool group_has_part(const struct server_view *server, enum view_part part)
{
    return server->parts[part].state == PART_READ ||
           (server->parts[part].state == PART_FAILED &&
            server->parts[part].read_monotonic_ms != TIME_UNKNOWN);
}

bool group_entry_is_online(const struct roster_entry *entry)
{
    return entry->state_known && entry->state == STATE_ONLINE && !entry->standby;
}

bool group_is_live(const struct group_view *view)
{
    bool told = false, management = false, others = true;
    size_t online = 0;
    for (size_t k = 0; k < view->roster_count; k++)
        told = told || view->roster[k].use == USE_MANAGEMENT;
    for (size_t k = 0; k < view->roster_count; k++) {
        const struct roster_entry *entry = &view->roster[k];
        bool decides = !told || entry->use == USE_MANAGEMENT || entry->use == USE_MESSAGE_BOX;
        if (entry->left_out || !entry->state_known || !decides)
            continue;
        bool here = group_entry_is_online(entry);
        management = management || (here && entry->use == USE_MANAGEMENT);
        others = others && here;
        online += here;
    }
    return others && (told ? management : online > 0);
}

static void find_who_is_who(struct group_view *view)
{
    view->management = -1;
    view->destinations = memory_new_array(view->servers_count, sizeof *view->destinations);
    view->down = memory_new_array(view->servers_count, sizeof *view->down);
    view->lives = memory_new_array(view->servers_count, sizeof *view->lives);
    for (size_t i = 0; i < view->servers_count; i++) {
        const struct server_view *server = view->servers[i];
        view->down[i] = !answers(server);
        view->lives[i] = !view->down[i] || server->life >= LIFE_UNTOLD;
        if (server->role == ROLE_DESTINATION)
            view->destinations[view->destinations_count++] = (int)i;
        else if (server->has_management && view->management < 0)
            view->management = (int)i;
    }
}

void group_find_alive(struct group_view *view)
{
    view->source_now_utc_ms = TIME_UNKNOWN;
    view->source_last_seen_utc_ms = TIME_UNKNOWN;
    view->sources_alive = view->any_source_alive = false;
    for (size_t i = 0; i < view->servers_count; i++)
        if (view->servers[i]->role == ROLE_SOURCE && !view->down[i])
            view->any_source_alive = true;
    if (view->management < 0)
        return;
    const struct server_view *management = view->servers[view->management];
    view->sources_alive = !view->down[view->management];
    view->source_last_seen_utc_ms = management->server_utc_ms;
    if (view->sources_alive)
        view->source_now_utc_ms = server_view_now_utc_ms(management, view->now_monotonic_ms);
}

struct group_view *group_view_new(const struct config *config, struct server_view *const *servers,
                                  size_t servers_count, int64_t now_utc_ms,
                                  int64_t now_monotonic_ms)
{
    struct group_view *view = memory_new(sizeof *view);
    atomic_init(&view->references, 1);
    view->config = config;
    view->now_utc_ms = now_utc_ms;
    view->now_monotonic_ms = now_monotonic_ms;
    view->servers = memory_new_array(servers_count, sizeof(struct server_view *));
    view->servers_count = servers_count;
    for (size_t i = 0; i < servers_count; i++)
        view->servers[i] = server_view_retain(servers[i]);
    find_who_is_who(view);
    group_find_alive(view);
    return view;
}

/* The rooms in their order, with what is assumed put in where it belongs. */
static bool build_rooms(struct group_view *view, const struct group_assumptions *assumptions,
                        struct error *error)
{
    if (assumptions != NULL && !assume_servers(view, assumptions, error))
        return false;
    roster_build(view);
    if (assumptions != NULL)
        assume_roster(view, assumptions);
    if (assumptions != NULL && assumptions->copies)
        assume_copies(view);
    chain_merge_history(view);
    chain_join_backups(view);
    if (assumptions != NULL && !assume_sets(view, assumptions, error))
        return false;
    chain_find_times(view);
    chain_find_states(view);
    rates_measure(view);
    marks_build(view);
    lag_build(view);
    readiness_build(view);
    checks_build(view);
    return true;
}

struct group_view *group_view_build(const struct config *config, struct server_view *const *servers,
                                    size_t servers_count, const struct attestations *attested,
                                    int64_t now_utc_ms, int64_t now_monotonic_ms)
{
    struct group_view *view =
        group_view_new(config, servers, servers_count, now_utc_ms, now_monotonic_ms);
    view->attestations = attestations_copy(attested);
    build_rooms(view, NULL, NULL);
    return view;
}

struct group_view *group_view_assume(const struct group_view *view,
                                     const struct group_assumptions *assumptions,
                                     struct error *error)
{
    struct group_view *assumed = group_view_new(view->config, view->servers, view->servers_count,
                                                view->now_utc_ms, view->now_monotonic_ms);
    assumed->attestations = attestations_copy(view->attestations);
    if (build_rooms(assumed, assumptions, error))
        return assumed;
    group_view_release(assumed);
    return NULL;
}

struct group_view *group_view_retain(struct group_view *view)
{
    if (view != NULL)
        atomic_fetch_add_explicit(&view->references, 1, memory_order_relaxed);
    return view;
}

static void free_texts(char **texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(texts[i]);
    free(texts);
}

static void free_roster(struct group_view *view)
{
    for (size_t i = 0; i < view->roster_count; i++) {
        free(view->roster[i].source_server);
        free(view->roster[i].database);
        free(view->roster[i].problem);
        free(view->roster[i].at_mark);
    }
    free(view->roster);
    free_texts(view->roster_problems, view->roster_problems_count);
}

static void free_sets(struct group_view *view)
{
    for (size_t i = 0; i < view->sets_count; i++) {
        struct backup_set *set = &view->sets[i];
        for (size_t k = 0; k < view->roster_count; k++) {
            free(set->files[k].path);
            free(set->files[k].as_backed_up);
        }
        free(set->files);
        free(set->standings);
        free(set->mark);
    }
    free(view->sets);
    for (size_t i = 0; i < view->formers_count; i++) {
        free(view->formers[i].server);
        free(view->formers[i].database);
    }
    free(view->formers);
}

static void free_added(struct group_view *view)
{
    for (size_t i = 0; i < view->added_count; i++) {
        free(view->added[i].file.path);
        free(view->added[i].database);
        free(view->added[i].problem);
    }
    free(view->added);
}

static void free_marks(struct group_view *view)
{
    for (size_t i = 0; i < view->marks_count; i++) {
        struct mark *mark = &view->marks[i];
        for (size_t k = 0; k < view->roster_count; k++)
            free(mark->routes[k].reason);
        free(mark->routes);
        free(mark->name);
        free_texts(mark->reasons, mark->reasons_count);
    }
    free(view->marks);
}

void group_view_release(struct group_view *view)
{
    if (view == NULL || atomic_fetch_sub_explicit(&view->references, 1, memory_order_acq_rel) != 1)
        return;
    free_marks(view);
    free_sets(view);
    free_added(view);
    free_roster(view);
    for (size_t i = 0; i < view->checks_count; i++) {
        free(view->checks[i].where);
        free(view->checks[i].text);
        free(view->checks[i].remedy);
        free(view->checks[i].topic);
        free(view->checks[i].by);
        free(view->checks[i].reason);
    }
    free(view->checks);
    attestations_free(view->attestations);
    free_texts(view->readiness.reasons, view->readiness.reasons_count);
    free(view->lags);
    for (size_t i = 0; i < view->servers_count; i++)
        server_view_release(view->servers[i]);
    free(view->servers);
    free(view->destinations);
    free(view->down);
    free(view->lives);
    free(view);
}
