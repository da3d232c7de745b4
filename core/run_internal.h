/* What run.c, run_client.c, worker.c and report.c share: places, the socket, snapshots as JSON.
 * Any thread; each function says what is owned. No other file includes it.
 */
#ifndef STOPMARK_CORE_RUN_INTERNAL_H
#define STOPMARK_CORE_RUN_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/config.h"
#include "core/journal.h"
#include "core/run.h"

/* Where journals and reports are: [restore] journal_dir or the state directory. Borrowed. */
const char *run_directory(const struct config *config);

/* The worker's socket: a name in the state directory, which is this host's own. listening: bind
 * (an old socket is replaced) or connect. A descriptor (close-on-exec, non-blocking), or -1 with
 * errno. */
int run_socket(const struct config *config, const char *uuid, bool listening);
/* Removes the socket's name. */
void run_socket_remove(const struct config *config, const char *uuid);

/* True if a worker of this host answers on the run's socket. */
bool run_worker_answers(const struct config *config, const char *uuid);

/* Fills a summary from a journal's head; alive is left false. */
void run_summarize(struct run_summary *summary, const struct journal_head *head);

/* One line of JSON without newline, owned; and back, NULL where it is not one. */
char *run_snapshot_to_json(const struct run_snapshot *snapshot);
struct run_snapshot *run_snapshot_from_json(const char *text);

/* The inverse of run_command_name. */
bool run_command_from_name(enum run_command *command, const char *name);

/* Spawns the worker of a run whose journal exists; returns when it listens on its socket.
 * secrets are sent through the channel. */
enum error_code worker_spawn(const struct config *config, int64_t run,
                             const struct secrets *secrets, struct error *error);
/* The same for a run that is to be aborted: the worker takes the locks, sends no RESTORE, lets the
 * shipping jobs go on where they may, and ends. */
enum error_code worker_spawn_abort(const struct config *config, int64_t run,
                                   const struct secrets *secrets, struct error *error);

/* Runs are numbered for people: "run 7". */
enum { RUN_MESSAGES_MAX = 200 };

#endif
