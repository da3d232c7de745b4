/* The lock of a run on a destination, and its watcher. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "core/execute_internal.h"
#include "core/tsql_write.h"

struct holder {
    char program[129], login[129], host[129];
    int64_t session_id, since_ms;
};

static bool take_holder(void *context, const struct tds_row *row)
{
    struct holder *holder = context;
    if (!tsql_is_lock(tds_text(row, "resource_description")))
        return true;
    text_clean(holder->program, sizeof holder->program, tds_text(row, "program_name"));
    text_clean(holder->login, sizeof holder->login, tds_text(row, "login_name"));
    text_clean(holder->host, sizeof holder->host, tds_text(row, "host_name"));
    holder->session_id = tds_integer(row, "session_id", 0);
    holder->since_ms = tds_time_ms(row, "login_time");
    return true;
}

/* False = nobody to be seen. */
static bool say_who(struct destination *destination, struct link *link, struct error *error)
{
    struct holder holder = {.since_ms = TIME_UNKNOWN};
    struct error why;
    error_clear(&why);
    link_run(link, tsql_lock_holder(), take_holder, &holder, NULL, &why);
    char since[40] = "";
    time_format(since, sizeof since, holder.since_ms);
    char *zone = strstr(since, " UTC"); /* it is the server's own time */
    if (zone != NULL)
        *zone = '\0';
    if (holder.session_id == 0)
        error_set(error, ERR_LOCKED, destination->config->name,
                  "ask who restores there; VIEW SERVER STATE would show it",
                  "another run holds the lock, and who cannot be seen%s%s", why.what[0] ? ": " : "",
                  why.what);
    else
        error_set(error, ERR_LOCKED, destination->config->name,
                  "attach to that run, abort it if it has failed, or wait until it has ended",
                  "held by \"%s\" (login %s from %s, session %lld) since %s by the server's clock",
                  holder.program, holder.login, holder.host, (long long)holder.session_id, since);
    return holder.session_id != 0;
}

bool destination_lock(struct destination *destination, struct link *link, struct error *error)
{
    struct tds_outcome outcome = {0};
    bool held = false;
    /* A holder that is gone when it is looked for may have let go in between: once more. */
    for (int attempt = 0; attempt < 2 && !held; attempt++) {
        error_clear(error);
        if (link_run(link, tsql_lock_take(), NULL, NULL, &outcome, error) != ERR_OK) {
            link_close(link);
            return false;
        }
        if (outcome.has_return_status && outcome.return_status >= 0)
            return true;
        if (!outcome.has_return_status || outcome.return_status != -1)
            break;
        held = say_who(destination, link, error);
    }
    if (error->code == ERR_OK)
        error_set(error, ERR_SERVER_ERROR, destination->config->name, NULL,
                  "the lock was not given (status %d)",
                  outcome.has_return_status ? outcome.return_status : -999);
    link_close(link);
    return false;
}

/* --- the watcher ------------------------------------------------------------------------------ */

static bool take_progress(void *context, const struct tds_row *row)
{
    struct destination *destination = context;
    struct execution *execution = destination->execution;
    int session_id = (int)tds_integer(row, "session_id", 0);
    const char *percent = tds_text(row, "percent_complete");
    pthread_mutex_lock(&execution->lock);
    for (size_t i = 0; i < execution->lanes_count; i++) {
        struct lane *lane = &execution->lanes[i];
        if (lane->session_id != session_id || lane->destination != destination)
            continue;
        double value = percent == NULL ? 0 : strtod(percent, NULL);
        if (value > lane->step_percent && value <= 100)
            lane->step_percent = value;
        int64_t left_ms = tds_integer(row, "estimated_completion_time", -1);
        lane->step_left_ms = left_ms < 0 ? DURATION_UNKNOWN : left_ms;
    }
    pthread_mutex_unlock(&execution->lock);
    return true;
}

static void set_lost(struct destination *destination, bool lost)
{
    pthread_mutex_lock(&destination->execution->lock);
    destination->losses += lost && !destination->lock_lost;
    destination->lock_lost = lost;
    destination->lock_taken = destination->lock_taken && lost;
    pthread_cond_broadcast(&destination->execution->changed);
    pthread_mutex_unlock(&destination->execution->lock);
}

static void set_taken(struct destination *destination, bool taken)
{
    pthread_mutex_lock(&destination->execution->lock);
    destination->lock_taken = taken;
    pthread_mutex_unlock(&destination->execution->lock);
}

/* The lock lives as long as its connection: asking for progress on that very connection shows at
 * once when both are gone. */
static void watch_once(struct destination *destination)
{
    struct error error;
    error_clear(&error);
    bool usable = destination->lock_link.writer != NULL &&
                  tds_writer_is_usable(destination->lock_link.writer);
    if (usable) {
        link_run(&destination->lock_link, tsql_progress(), take_progress, destination, NULL,
                 &error);
        usable = destination->lock_link.writer != NULL &&
                 tds_writer_is_usable(destination->lock_link.writer);
    }
    if (usable)
        return;
    bool told = destination->lock_lost;
    set_lost(destination, true);
    if (!told)
        execution_note(destination->execution, "%s: the lock's connection was lost; no statement "
                       "is sent there until the lock is held again", destination->config->name);
    if (destination_lock(destination, &destination->lock_link, &error)) {
        execution_note(destination->execution, "%s: the lock is held again",
                       destination->config->name);
        set_lost(destination, false);
    } else {
        set_taken(destination, error.code == ERR_LOCKED);
    }
}

static void *watcher_main(void *context)
{
    struct destination *destination = context;
    struct execution *execution = destination->execution;
    for (;;) {
        execution_wait(execution, WATCH_MS);
        pthread_mutex_lock(&execution->lock);
        bool stop = execution->watch_stop;
        pthread_mutex_unlock(&execution->lock);
        if (stop)
            return NULL;
        watch_once(destination);
    }
}

void destination_watch(struct destination *destination)
{
    if (!destination->watching)
        destination->watching =
            pthread_create(&destination->watcher, NULL, watcher_main, destination) == 0;
}

bool destination_holds_lock(struct destination *destination)
{
    pthread_mutex_lock(&destination->execution->lock);
    bool lost = destination->lock_lost;
    pthread_mutex_unlock(&destination->execution->lock);
    return destination->watching && !lost;
}

bool execution_is_displaced(struct execution *execution)
{
    bool displaced = false;
    pthread_mutex_lock(&execution->lock);
    for (size_t i = 0; i < execution->destinations_count; i++)
        displaced = displaced || execution->destinations[i].lock_taken;
    pthread_mutex_unlock(&execution->lock);
    return displaced;
}

void execution_release(struct execution *execution)
{
    pthread_mutex_lock(&execution->lock);
    execution->watch_stop = true;
    pthread_cond_broadcast(&execution->changed);
    pthread_mutex_unlock(&execution->lock);
    for (size_t i = 0; i < execution->destinations_count; i++) {
        struct destination *destination = &execution->destinations[i];
        if (destination->watching)
            pthread_join(destination->watcher, NULL);
        destination->watching = false;
        link_close(&destination->work_link);
        link_close(&destination->lock_link);
    }
}
