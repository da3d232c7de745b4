/* What core/journal.c and core/journal_read.c share: the connection and its lock, which any thread
 * takes around each transaction. The journal owns all of it (journal_close). No other file includes
 * it.
 */
#ifndef STOPMARK_CORE_JOURNAL_INTERNAL_H
#define STOPMARK_CORE_JOURNAL_INTERNAL_H

#include <pthread.h>
#include <stdint.h>

#include <sqlite3.h>

#include "core/base/error.h"

struct journal {
    sqlite3 *database;
    pthread_mutex_t lock; /* one statement at a time */
    int64_t run;
    char *path; /* owned */
};

/* Fills *error with SQLite's words and what to do; returns ERR_JOURNAL. */
enum error_code journal_failed(struct journal *journal, struct error *error, const char *doing);

#endif
