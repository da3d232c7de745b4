/* The collector: one thread a server reads it on a schedule and publishes immutable server views;
 * one builder thread makes group views of them. The caller is woken through a file descriptor and
 * never waits for a server.
 *
 * It only reads (core/tds reader handles), with short lock time-outs and low deadlock priority,
 * one connection a server; it never takes BTS_BackupJob_Lock. A server that is down, refuses the
 * login, hangs or lacks a table affects its own view only, and is tried again with back-off.
 * The functions are called by one thread (the UI's or a command's).
 */
#ifndef STOPMARK_CORE_COLLECTOR_H
#define STOPMARK_CORE_COLLECTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/config.h"
#include "core/view.h"

struct collector; /* opaque */

/* Starts the threads. config and clock are borrowed and must outlive it. Gets the monitoring
 * passwords (files, commands, environment) first; NULL with *error (ERR_NO_PASSWORD) where one
 * cannot be had. Owned; collector_stop ends it. */
struct collector *collector_start(const struct config *config, const struct clock *clock,
                                  struct error *error);

struct secrets;
/* The same with passwords that the caller has (some typed at a prompt): secrets is taken, also on
 * failure. A server without one there is tried without a password. */
struct collector *collector_start_with(const struct config *config, const struct clock *clock,
                                       struct secrets *secrets, struct error *error);

/* Becomes readable when a new group view is there; drained by collector_view. Borrowed. */
int collector_wake_fd(const struct collector *collector);

/* The newest group view, retained for the caller (group_view_release); never NULL: before the
 * first answer a view with nothing known. Never blocks on a server. */
struct group_view *collector_view(struct collector *collector);

/* Polls every server now. Returns at once. */
void collector_refresh(struct collector *collector);

struct file_proof;
/* Keeps a proof of one file that a task made (VERIFYONLY on request) in the server's next view; it
 * is taken. server: index in the configuration. */
void collector_keep_proof(struct collector *collector, size_t server, struct file_proof *proof);

/* Has the files of a closed, complete set read whole (RESTORE VERIFYONLY) by their destinations, one
 * after the other on a connection of its own; what comes of it stands in the views' proofs. Returns
 * at once: the number of files; 0 where the set is not known, not complete or still being taken. */
size_t collector_verify_set(struct collector *collector, int64_t set_id);

/* Waits until every server has been read or has failed once since the start, at most timeout_ms;
 * for commands, never for the console. True if all are settled. */
bool collector_wait_first(struct collector *collector, int64_t timeout_ms);

/* Waits, after collector_wait_first, until the backup files that a restore would need now are proven
 * as far as they can be, at most timeout_ms; for commands. True if nothing is left. */
bool collector_wait_proofs(struct collector *collector, int64_t timeout_ms);

/* Cancels what is under way, joins the threads, frees. Takes at most about a second even where a
 * server never answers. */
void collector_stop(struct collector *collector);

#endif
