#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/execute_internal.h"
#include "core/secret.h"
#include "core/tsql_write.h"

/* --- connections ------------------------------------------------------------------------------ */

static void forget_session(struct destination *destination, int session_id)
{
    pthread_mutex_lock(&destination->execution->lock);
    for (size_t i = 0; i < destination->sessions_count; i++)
        if (destination->sessions[i] == session_id) {
            destination->sessions[i] = destination->sessions[--destination->sessions_count];
            break;
        }
    pthread_mutex_unlock(&destination->execution->lock);
}

static bool is_lock_link(const struct link *link)
{
    return link == &link->destination->lock_link;
}

/* A RESTORE takes as long as it takes (lane_send). The questions around it are small: a server that
 * does not answer them has stopped, and one that is silent to the lock's connection may have let
 * the lock go. */
static int64_t answer_limit_ms(const struct link *link)
{
    return is_lock_link(link) ? LOCK_ANSWER_MS : link->patient ? 0 : ANSWER_MS;
}

bool link_ready(struct link *link, struct error *error)
{
    struct destination *destination = link->destination;
    struct execution *execution = destination->execution;
    if (link->writer != NULL && tds_writer_is_usable(link->writer))
        return true;
    link_close(link);
    struct tds_options options = {
        .application = execution->application,
        .connect_timeout_ms = execution->config->connect_timeout_ms,
        .query_timeout_ms = answer_limit_ms(link),
        .lock_timeout_ms = 10000,
    };
    link->writer = tds_writer_open(execution->permit, destination->config,
                                   secrets_get(execution->secrets, (size_t)destination->index),
                                   &options, &execution->stop, error);
    if (link->writer == NULL)
        return false;
    pthread_mutex_lock(&execution->lock);
    *memory_append(destination, sessions) = tds_writer_session_id(link->writer);
    pthread_mutex_unlock(&execution->lock);
    return true;
}

void link_close(struct link *link)
{
    if (link->writer == NULL)
        return;
    forget_session(link->destination, tds_writer_session_id(link->writer));
    tds_writer_close(link->writer);
    link->writer = NULL;
}

/* What goes through here reads, or may be done twice (a job disabled): it is sent again over a new
 * connection. Not so where the connection holds the lock: its loss must be noticed. */
static int tries_of(const struct link *link)
{
    return is_lock_link(link) ? 1 : 3;
}

enum error_code link_run(struct link *link, char *text, tds_row_function *row, void *context,
                         struct tds_outcome *outcome, struct error *error)
{
    struct error why;
    error_clear(&why);
    if (text == NULL)
        error_set(&why, ERR_REFUSED, link->destination->config->name, NULL,
                  "a name cannot be written safely as T-SQL");
    else
        for (int again = 0; again < tries_of(link); again++) {
            error_clear(&why);
            if (link_ready(link, &why)) {
                tds_writer_set_timeout(link->writer, answer_limit_ms(link));
                tds_writer_run(link->writer, text, NULL, row, context, outcome, &why);
            }
            if (why.code != ERR_CONNECTION_LOST)
                break;
        }
    free(text);
    if (why.code != ERR_OK && error != NULL) {
        *error = why;
        if (error->where[0] == '\0')
            text_copy(error->where, sizeof error->where, link->destination->config->name);
    }
    return why.code;
}

/* --- foreign restores ------------------------------------------------------------------------- */

struct foreign_search {
    struct destination *destination;
    bool (*found)(void *context, const struct foreign_restore *f);
    void *context;
    bool going_on;
};

static bool is_own_session(struct destination *destination, int session_id)
{
    bool own = false;
    pthread_mutex_lock(&destination->execution->lock);
    for (size_t i = 0; i < destination->sessions_count; i++)
        own = own || destination->sessions[i] == session_id;
    pthread_mutex_unlock(&destination->execution->lock);
    return own;
}

static bool take_foreign(void *context, const struct tds_row *row)
{
    struct foreign_search *search = context;
    struct foreign_restore f = {.session_id = (int)tds_integer(row, "session_id", 0)};
    if (is_own_session(search->destination, f.session_id))
        return true;
    text_clean(f.database, sizeof f.database, tds_text(row, "database_name"));
    text_clean(f.program, sizeof f.program, tds_text(row, "program_name"));
    text_clean(f.login, sizeof f.login, tds_text(row, "login_name"));
    text_clean(f.host, sizeof f.host, tds_text(row, "host_name"));
    text_clean(f.command, sizeof f.command, tds_text(row, "command"));
    search->going_on = search->going_on && search->found(search->context, &f);
    return search->going_on;
}

bool destination_foreign_restores(struct destination *destination, struct link *link,
                                  bool (*found)(void *context, const struct foreign_restore *f),
                                  void *context, struct error *error)
{
    struct foreign_search search = {destination, found, context, true};
    return link_run(link, tsql_restores_running(), take_foreign, &search, NULL, error) == ERR_OK;
}

/* --- one database ----------------------------------------------------------------------------- */

static bool take_state(void *context, const struct tds_row *row)
{
    struct live *live = context;
    live->state = (enum database_state)tds_integer(row, "state", STATE_ABSENT);
    live->standby = tds_bit(row, "is_in_standby") == 1;
    live->read_only = tds_bit(row, "is_read_only") == 1;
    live->recovery_model = (enum recovery_model)tds_integer(row, "recovery_model", MODEL_UNKNOWN);
    if (!tds_has(row, "file_id"))
        return true;
    live->files_visible = true;
    /* All files of a database that rolls forward show the same redo point; the smallest counts,
     * because a file behind the others has not got what they have. */
    struct lsn redo = tds_lsn(row, "redo_start_lsn");
    if (lsn_is_known(redo) &&
        (!lsn_is_known(live->redo_lsn) || lsn_compare(redo, live->redo_lsn) < 0))
        live->redo_lsn = redo;
    return true;
}

static bool take_restored(void *context, const struct tds_row *row)
{
    struct restored *last = context;
    const char *type = tds_text(row, "restore_type");
    last->known = true;
    last->history_id = tds_integer(row, "restore_history_id", 0);
    last->type = type == NULL ? '?' : type[0];
    /* Mark names are compared to the byte, so they are copied, not cleaned. */
    const char *mark = tds_text(row, "stop_at_mark_name");
    text_copy(last->mark, sizeof last->mark, mark == NULL ? "" : mark);
    last->first_lsn = tds_lsn(row, "first_lsn");
    last->last_lsn = tds_lsn(row, "last_lsn");
    lsn_settle_range(&last->first_lsn, &last->last_lsn);
    return true;
}

struct running_search {
    const struct lane *lane;
    bool found;
};

/* The request of a RESTORE often says master: then it may be of any database, and only sessions of
 * this run's earlier worker are counted as its own. */
static bool is_of_lane(void *context, const struct foreign_restore *f)
{
    struct running_search *search = context;
    if (text_equal_nocase(f->database, search->lane->plan->database) ||
        text_equal(f->program, search->lane->execution->application))
        search->found = true;
    return !search->found;
}

bool lane_look(struct lane *lane, struct link *link, bool running, struct error *error)
{
    struct live live = {.state = STATE_ABSENT};
    struct running_search search = {.lane = lane};
    const char *database = lane->plan->database;
    pthread_mutex_lock(&lane->execution->lock);
    int losses = lane->destination->losses;
    pthread_mutex_unlock(&lane->execution->lock);
    if (running &&
        !destination_foreign_restores(lane->destination, link, is_of_lane, &search, error))
        return false;
    live.restore_running = search.found;
    if (link_run(link, tsql_database_state(database), take_state, &live, NULL, error) != ERR_OK)
        return false;
    struct error why;
    error_clear(&why);
    enum error_code code =
        link_run(link, tsql_database_restored(database), take_restored, &live.last, NULL, &why);
    live.history_visible = code == ERR_OK;
    if (code != ERR_OK && code != ERR_PERMISSION) {
        *error = why;
        return false;
    }
    lane->live = live;
    lane->losses = losses;
    lane->waited = false;
    return true;
}

static bool take_mark(void *context, const struct tds_row *row)
{
    struct lane *lane = context;
    const char *name = tds_text(row, "MarkName");
    if (name != NULL)
        *memory_append(lane, marks) = memory_copy_text(name);
    return true;
}

bool lane_read_marks(struct lane *lane, struct link *link, struct error *error)
{
    const struct execution *execution = lane->execution;
    for (size_t i = 0; i < lane->marks_count; i++)
        free(lane->marks[i]);
    lane->marks_count = 0;
    lane->mark_log = (struct mark_log){.later = -1};
    if (link_run(link, tsql_mark_log(lane->plan->database), take_mark, lane, NULL, error) != ERR_OK)
        return false;
    lane->mark_log =
        mark_log_judge((const char *const *)lane->marks, lane->marks_count, execution->plan->mark,
                       execution->plan->set, execution->known_marks,
                       execution->known_marks_count);
    return true;
}

/* --- all lanes -------------------------------------------------------------------------------- */

struct crew {
    struct execution *execution;
    struct destination *destination;
    bool (*work)(struct lane *lane, struct link *link);
};

static struct lane *next_lane(struct destination *destination)
{
    struct execution *execution = destination->execution;
    struct lane *lane = NULL;
    pthread_mutex_lock(&execution->lock);
    while (lane == NULL && destination->next_lane < execution->lanes_count) {
        lane = &execution->lanes[destination->next_lane++];
        if (lane->destination != destination)
            lane = NULL;
    }
    pthread_mutex_unlock(&execution->lock);
    return lane;
}

static void *crew_main(void *context)
{
    struct crew *crew = context;
    struct link link = {.destination = crew->destination};
    for (struct lane *lane; (lane = next_lane(crew->destination)) != NULL;) {
        error_clear(&lane->error);
        crew->work(lane, &link);
    }
    link_close(&link);
    return NULL;
}

bool execution_each_lane(struct execution *execution,
                         bool (*work)(struct lane *lane, struct link *link), struct error *error)
{
    int limit = execution->config->lanes_per_server > 0 ? execution->config->lanes_per_server : 1;
    size_t threads_max = execution->destinations_count * (size_t)limit, threads = 0;
    pthread_t *ids = memory_new_array(threads_max, sizeof *ids);
    struct crew *crews = memory_new_array(execution->destinations_count, sizeof *crews);
    for (size_t i = 0; i < execution->destinations_count; i++) {
        struct destination *destination = &execution->destinations[i];
        size_t lanes = 0;
        destination->next_lane = 0;
        for (size_t k = 0; k < execution->lanes_count; k++)
            lanes += execution->lanes[k].destination == destination;
        crews[i] = (struct crew){execution, destination, work};
        size_t before = threads;
        for (size_t k = 0; k < lanes && k < (size_t)limit; k++)
            if (pthread_create(&ids[threads], NULL, crew_main, &crews[i]) == 0)
                threads++;
        if (threads == before) /* no thread to be had: a lane left out would pass unlooked at */
            crew_main(&crews[i]);
    }
    for (size_t i = 0; i < threads; i++)
        pthread_join(ids[i], NULL);
    free(ids);
    free(crews);
    for (size_t i = 0; i < execution->lanes_count; i++)
        if (execution->lanes[i].error.code != ERR_OK) {
            *error = execution->lanes[i].error;
            return false;
        }
    return true;
}
