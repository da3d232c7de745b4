#include "core/rates.h"

#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/memory.h"

/* What a statement takes beside its bytes, and the phases around the RESTOREs: small beside any
 * real restore, and not in restorehistory. */
enum {
    STATEMENT_MS = 250,
    PREPARE_MS = 5000,
    HEADER_MS = 50,
    RECOVER_DATABASE_MS = 1500,
};

/* A longer time since the restore before it was waiting, not work. */
enum { LONGEST_LOG_MS = 5 * 60 * 1000, LONGEST_FULL_MS = 2 * 3600 * 1000 };

struct sum {
    double bytes, ms;
};

static int compare_finish(const void *a, const void *b)
{
    const struct restore_row *x = *(const struct restore_row *const *)a;
    const struct restore_row *y = *(const struct restore_row *const *)b;
    if (x->finished_utc_ms != y->finished_utc_ms)
        return x->finished_utc_ms < y->finished_utc_ms ? -1 : 1;
    return x->restore_history_id < y->restore_history_id
               ? -1
               : x->restore_history_id > y->restore_history_id;
}

static void measure_server(struct group_view *view, const struct server_view *server,
                           struct sum *full, struct sum *log)
{
    /* Ages are on the server's own clock; with the server gone, up to when it was last read. */
    int64_t now_ms = server_view_now_utc_ms(server, view->now_monotonic_ms);
    now_ms = now_ms != TIME_UNKNOWN ? now_ms : server->server_utc_ms;
    if (now_ms == TIME_UNKNOWN)
        return;
    const struct restore_row **rows = memory_new_array(server->restores_count, sizeof *rows);
    size_t count = 0;
    for (size_t i = 0; i < server->restores_count; i++) {
        const struct restore_row *row = &server->restores[i];
        if (row->finished_utc_ms != TIME_UNKNOWN &&
            now_ms - row->finished_utc_ms < RATES_TOO_OLD_MS)
            rows[count++] = row;
    }
    qsort(rows, count, sizeof *rows, compare_finish);
    for (size_t i = 1; i < count; i++) {
        int64_t took_ms = rows[i]->finished_utc_ms - rows[i - 1]->finished_utc_ms;
        bool is_full = rows[i]->type == 'D';
        if (rows[i]->size_bytes < 0 || took_ms > (is_full ? LONGEST_FULL_MS : LONGEST_LOG_MS))
            continue;
        struct sum *sum = is_full ? full : log;
        sum->bytes += (double)rows[i]->size_bytes;
        sum->ms += (double)took_ms;
        int64_t age_ms = now_ms > rows[i]->finished_utc_ms ? now_ms - rows[i]->finished_utc_ms : 0;
        if (view->rates.age_ms == DURATION_UNKNOWN || age_ms < view->rates.age_ms)
            view->rates.age_ms = age_ms;
    }
    free(rows);
}

void rates_measure(struct group_view *view)
{
    struct sum full = {0}, log = {0};
    view->rates = (struct restore_rates){.age_ms = DURATION_UNKNOWN};
    for (size_t i = 0; i < view->destinations_count; i++)
        measure_server(view, view->servers[view->destinations[i]], &full, &log);
    struct restore_rates *rates = &view->rates;
    rates->full_bytes_per_ms = full.ms > 0 ? full.bytes / full.ms : 0;
    rates->log_bytes_per_ms = log.ms > 0 ? log.bytes / log.ms : 0;
    /* One of the two stands in for the other: the same disks and the same network. */
    if (rates->full_bytes_per_ms <= 0)
        rates->full_bytes_per_ms = rates->log_bytes_per_ms;
    if (rates->log_bytes_per_ms <= 0)
        rates->log_bytes_per_ms = rates->full_bytes_per_ms;
    rates->statement_ms = STATEMENT_MS;
}

static int64_t at_rate(double bytes_per_ms, int64_t bytes)
{
    return (int64_t)((double)bytes / bytes_per_ms + 0.5);
}

int64_t rates_of_file(const struct restore_rates *rates, enum set_kind kind, int64_t size_bytes)
{
    double rate = kind == SET_FULL ? rates->full_bytes_per_ms : rates->log_bytes_per_ms;
    if (rate <= 0 || size_bytes < 0)
        return DURATION_UNKNOWN;
    return rates->statement_ms + at_rate(rate, size_bytes);
}

int64_t rates_of_path(const struct restore_rates *rates, const struct track_path *path)
{
    if (path->route == ROUTE_AT_MARK || path->route == ROUTE_RECOVERED_AT_MARK)
        return 0;
    if (path->route == ROUTE_UNREACHABLE || path->size_bytes < 0 || rates->log_bytes_per_ms <= 0)
        return DURATION_UNKNOWN;
    int64_t statements = (int64_t)path->logs_count + (path->full >= 0);
    return statements * rates->statement_ms + at_rate(rates->full_bytes_per_ms, path->full_bytes) +
           at_rate(rates->log_bytes_per_ms, path->size_bytes - path->full_bytes);
}

int64_t rates_of_group(const struct group_view *view, const int64_t *per_database_ms, size_t files)
{
    int lanes = view->config->lanes_per_server > 0 ? view->config->lanes_per_server : 1;
    int64_t slowest_ms = 0, databases = 0;
    for (size_t d = 0; d < view->destinations_count; d++) {
        int64_t sum_ms = 0, longest_ms = 0;
        for (size_t k = 0; k < view->roster_count; k++) {
            const struct roster_entry *entry = &view->roster[k];
            if (entry->destination != view->destinations[d] || entry->left_out)
                continue;
            if (per_database_ms[k] == DURATION_UNKNOWN)
                return DURATION_UNKNOWN;
            databases++;
            sum_ms += per_database_ms[k];
            longest_ms = per_database_ms[k] > longest_ms ? per_database_ms[k] : longest_ms;
        }
        int64_t server_ms = sum_ms / lanes > longest_ms ? sum_ms / lanes : longest_ms;
        slowest_ms = server_ms > slowest_ms ? server_ms : slowest_ms;
    }
    return PREPARE_MS + (int64_t)files * HEADER_MS + slowest_ms + databases * RECOVER_DATABASE_MS;
}
