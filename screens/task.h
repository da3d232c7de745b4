/* Work that may wait (a journal, a file, a worker's start) done in a thread of its own, so that
 * the UI never waits: work() runs there, done() later on the main thread.
 *
 * All functions but the wake-up belong to the main thread. work() must not touch screens, canvas
 * or terminal; it owns its data until it returns, done() owns it afterwards and frees it.
 */
#ifndef STOPMARK_SCREENS_TASK_H
#define STOPMARK_SCREENS_TASK_H

#include <stdbool.h>
#include <stddef.h>

struct tasks; /* opaque */

/* A set of tasks. wake(context) is called from task threads when one has ended; it must be safe
 * there (event_wake is). wake NULL: every task runs at once within task_start, for tests. Owned. */
struct tasks *tasks_new(void (*wake)(void *context), void *context);

/* Starts work(data) in a thread. done(data) is called by tasks_collect once it has ended. Where no
 * thread can be made the work is done at once. */
void task_start(struct tasks *tasks, void (*work)(void *data), void (*done)(void *data),
                void *data);

/* Calls done() of every task that has ended, in the order they ended; true if there was one. */
bool tasks_collect(struct tasks *tasks);

/* Waits at most limit_ms for those under way, calls done() for the ended ones, and frees. One that
 * does not end in time is left behind with its data; returns how many: then what it uses must not
 * be freed. NULL gives 0. */
size_t tasks_stop(struct tasks *tasks, int limit_ms);

#endif
