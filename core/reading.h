/* Reading one server once: from an open connection and the last view to a new one, part by part.
 * Each part is read, fails and ages on its own. Used by the collector's threads only; each has its
 * own memory.
 */
#ifndef STOPMARK_CORE_READING_H
#define STOPMARK_CORE_READING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/config.h"
#include "core/history.h"
#include "core/tds.h"
#include "core/view.h"

/* The set-up objects of one database, looked for once in a while. */
struct marking_objects {
    char *database;
    int has_mark_log, has_procedures; /* 1, 0, -1 */
};

/* What a server's thread remembers from poll to poll. Zeroed at first. */
struct reading_memory {
    bool full; /* read everything anew: set after each connect and once in a while */
    int64_t full_due_ms, slow_due_ms; /* monotonic */
    struct history_list history;
    bool history_known, mismatch;
    int64_t last_set;       /* the highest id ever seen */
    int64_t sweep_next_set; /* where the sweep goes on */
    int64_t sweep_started_ms, swept_ms; /* monotonic; TIME_UNKNOWN = never */
    char **columns; /* "table.column" of BizTalk's tables, as written there */
    size_t columns_count, columns_capacity;
    bool columns_known;
    struct marking_objects *marking;
    size_t marking_count, marking_capacity;
    size_t proven; /* files asked for since the start */
};

struct reading {
    struct tds_reader *reader;  /* borrowed; replaced by reopen */
    const struct config *config;
    const struct config_server *server;
    struct server_view *view;       /* the new view, filled so far */
    struct server_view *fresh;      /* where the part under way puts its rows */
    const struct server_view *last; /* never NULL: at first a view with nothing known */
    struct reading_memory *memory;
    const struct clock *clock;
    int64_t now_monotonic_ms;
    bool slow_due;     /* what changes seldom is read too */
    bool not_asked;    /* the part does not apply to this server */
    struct error note; /* a part that was read but not wholly: what is missing */
    /* Opens a new connection after a time-out; may be NULL. */
    bool (*reopen)(struct reading *reading, void *context, struct error *error);
    void *reopen_context;
};

/* Fills reading->view (a new view of that server) from all parts. ERR_OK even where parts failed;
 * an error means that the connection is lost and the view is not to be used. */
enum error_code reading_run(struct reading *reading, struct error *error);

/* Frees what a memory holds. */
void reading_memory_free(struct reading_memory *memory);

/* Runs a statement on the reading's connection; once more where it lost a deadlock or gave up
 * waiting for a lock before it told anything. */
enum error_code reading_ask(struct reading *reading, const struct query *query,
                            const struct tsql_argument *arguments, size_t count,
                            tds_row_function *row, void *context, struct error *error);

/* The parts; each fills reading->fresh. */
enum error_code reading_server(struct reading *reading, struct error *error);
enum error_code reading_databases(struct reading *reading, struct error *error);
enum error_code reading_roster(struct reading *reading, struct error *error);
enum error_code reading_history(struct reading *reading, struct error *error);
enum error_code reading_backups(struct reading *reading, struct error *error);
enum error_code reading_marks(struct reading *reading, struct error *error);
enum error_code reading_shipping(struct reading *reading, struct error *error);
enum error_code reading_restores(struct reading *reading, struct error *error);
enum error_code reading_jobs(struct reading *reading, struct error *error);
enum error_code reading_settings(struct reading *reading, struct error *error);
enum error_code reading_keys(struct reading *reading, struct error *error);
enum error_code reading_logins(struct reading *reading, struct error *error);
enum error_code reading_inside(struct reading *reading, struct error *error);
enum error_code reading_links(struct reading *reading, struct error *error);
enum error_code reading_references(struct reading *reading, struct error *error);
enum error_code reading_volumes(struct reading *reading, struct error *error);

/* The name of a column as that table has it, or NULL. Borrowed from the memory. */
const char *reading_column(const struct reading *reading, const char *table, const char *column);

/* Learns the columns of BizTalk's tables in a database, once a connection. */
enum error_code reading_learn_columns(struct reading *reading, const char *database,
                                      struct error *error);

#endif
