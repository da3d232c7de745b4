#include "core/journal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/memory.h"
#include "core/journal_internal.h"

enum { JOURNAL_VERSION = 2, BUSY_TIMEOUT_MS = 10000 };

static const char schema[] =
    "CREATE TABLE run (only_one INTEGER PRIMARY KEY CHECK (only_one = 1), uuid TEXT NOT NULL,"
    " group_name TEXT NOT NULL, mark TEXT, set_id INTEGER NOT NULL, by TEXT NOT NULL,"
    " host TEXT NOT NULL, state TEXT NOT NULL, situation TEXT NOT NULL, method TEXT NOT NULL,"
    " stop TEXT NOT NULL, started_utc_ms INTEGER NOT NULL, ended_utc_ms INTEGER,"
    " code TEXT NOT NULL, reason TEXT, prepared INTEGER NOT NULL);"
    "CREATE TABLE revision (revision INTEGER PRIMARY KEY, hash TEXT NOT NULL, plan TEXT NOT NULL,"
    " by TEXT NOT NULL, at_utc_ms INTEGER NOT NULL);"
    "CREATE TABLE intent (id INTEGER PRIMARY KEY AUTOINCREMENT, server TEXT NOT NULL,"
    " database TEXT NOT NULL, step INTEGER NOT NULL, kind TEXT NOT NULL, sql TEXT NOT NULL,"
    " set_id INTEGER NOT NULL, file TEXT, redo_before TEXT NOT NULL,"
    " state_before INTEGER NOT NULL, standby_before INTEGER NOT NULL,"
    " history_before INTEGER NOT NULL, at_utc_ms INTEGER NOT NULL);"
    "CREATE TABLE outcome (id INTEGER PRIMARY KEY AUTOINCREMENT, intent INTEGER NOT NULL"
    " REFERENCES intent, state TEXT NOT NULL, mark_reached INTEGER NOT NULL,"
    " redo_after TEXT NOT NULL, state_after INTEGER NOT NULL, standby_after INTEGER NOT NULL,"
    " history_after INTEGER NOT NULL, server_number INTEGER NOT NULL, text TEXT,"
    " at_utc_ms INTEGER NOT NULL);"
    "CREATE INDEX outcome_of ON outcome (intent);"
    "CREATE TABLE message (id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT NOT NULL,"
    " at_utc_ms INTEGER NOT NULL);"
    "CREATE TABLE decision (id INTEGER PRIMARY KEY AUTOINCREMENT, by TEXT NOT NULL,"
    " text TEXT NOT NULL, at_utc_ms INTEGER NOT NULL);"
    "CREATE TABLE job (server TEXT NOT NULL, job_id TEXT NOT NULL, name TEXT NOT NULL,"
    " was_enabled INTEGER NOT NULL, PRIMARY KEY (server, job_id));"
    "CREATE TABLE found (server TEXT NOT NULL, database TEXT NOT NULL, proven INTEGER NOT NULL,"
    " shown INTEGER NOT NULL, verified INTEGER NOT NULL, state INTEGER NOT NULL,"
    " at_mark INTEGER NOT NULL, marklog INTEGER NOT NULL, read_write INTEGER NOT NULL,"
    " later_marks INTEGER NOT NULL, evidence TEXT NOT NULL, at_utc_ms INTEGER NOT NULL,"
    " PRIMARY KEY (server, database));"
    "CREATE TABLE tick (id INTEGER PRIMARY KEY AUTOINCREMENT, step_id TEXT NOT NULL,"
    " ticked INTEGER NOT NULL, by TEXT, note TEXT, at_utc_ms INTEGER NOT NULL);";

enum error_code journal_failed(struct journal *journal, struct error *error, const char *doing)
{
    const char *words = journal->database == NULL ? strerror(errno)
                                                  : sqlite3_errmsg(journal->database);
    return error_set(error, ERR_JOURNAL, journal->path,
                     "nothing is sent to a server before the journal can be written again: free "
                     "space or repair the directory, then retry",
                     "%s: %s", doing, words);
}

/* Binds by letter: s text (NULL allowed), i int64_t, n int64_t where INT64_MIN is NULL, l struct lsn
 * by pointer. */
static void bind(sqlite3_stmt *statement, const char *types, va_list args)
{
    for (int at = 1; *types != '\0'; types++, at++) {
        char digits[LSN_TEXT_SIZE];
        int64_t number;
        switch (*types) {
        case 's':
            sqlite3_bind_text(statement, at, va_arg(args, const char *), -1, SQLITE_TRANSIENT);
            break;
        case 'l':
            lsn_format(digits, sizeof digits, *va_arg(args, const struct lsn *));
            sqlite3_bind_text(statement, at, digits, -1, SQLITE_TRANSIENT);
            break;
        default:
            number = va_arg(args, int64_t);
            if (*types == 'n' && number == INT64_MIN)
                sqlite3_bind_null(statement, at);
            else
                sqlite3_bind_int64(statement, at, number);
        }
    }
}

/* One writing statement in a transaction of its own. id (NULL allowed): the new row's number. */
static enum error_code write_row(struct journal *journal, struct error *error, int64_t *id,
                                 const char *sql, const char *types, ...)
{
    sqlite3_stmt *statement = NULL;
    enum error_code code = ERR_OK;
    pthread_mutex_lock(&journal->lock);
    if (sqlite3_prepare_v2(journal->database, sql, -1, &statement, NULL) == SQLITE_OK) {
        va_list args;
        va_start(args, types);
        bind(statement, types, args);
        va_end(args);
    }
    /* SQLite syncs before it answers SQLITE_DONE: outside a transaction that is the commit. */
    if (statement == NULL || sqlite3_step(statement) != SQLITE_DONE)
        code = journal_failed(journal, error, "cannot write");
    else if (id != NULL)
        *id = sqlite3_last_insert_rowid(journal->database);
    sqlite3_finalize(statement);
    pthread_mutex_unlock(&journal->lock);
    return code;
}

static char *journal_path(const char *directory, int64_t run)
{
    return memory_format("%s/run-%04lld.journal", directory, (long long)run);
}

static bool open_database(struct journal *journal, const char *path, int flags)
{
    if (sqlite3_open_v2(path, &journal->database, flags | SQLITE_OPEN_FULLMUTEX, NULL) != SQLITE_OK)
        return false;
    sqlite3_busy_timeout(journal->database, BUSY_TIMEOUT_MS);
    /* TRUNCATE: the commit is the truncation of a file that stays, synced by FULL; unlike an
     * unlinked rollback journal it needs no sync of the directory, unlike WAL it works on a
     * share. */
    const char *settings = "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;";
    const char *writing = "PRAGMA journal_mode = TRUNCATE;";
    return sqlite3_exec(journal->database, settings, NULL, NULL, NULL) == SQLITE_OK &&
           ((flags & SQLITE_OPEN_READONLY) != 0 ||
            sqlite3_exec(journal->database, writing, NULL, NULL, NULL) == SQLITE_OK);
}

static struct journal *journal_new(char *path)
{
    struct journal *journal = memory_new(sizeof *journal);
    pthread_mutex_init(&journal->lock, NULL);
    journal->path = path;
    return journal;
}

void journal_close(struct journal *journal)
{
    if (journal == NULL)
        return;
    sqlite3_close(journal->database);
    pthread_mutex_destroy(&journal->lock);
    free(journal->path);
    free(journal);
}

/* A random version-4 UUID. */
static void make_uuid(char out[37])
{
    unsigned char b[16];
    if (getrandom(b, sizeof b, 0) != (ssize_t)sizeof b)
        abort();
    b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
    b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
    char *at = out;
    for (int i = 0; i < 16; i++)
        at += snprintf(at, 4, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", b[i]);
}

bool journal_make_directory(const char *directory)
{
    char *path = memory_copy_text(directory);
    for (char *at = path + 1; *at != '\0'; at++)
        if (*at == '/') {
            *at = '\0';
            mkdir(path, 0700);
            *at = '/';
        }
    bool made = mkdir(path, 0700) == 0 || errno == EEXIST;
    free(path);
    return made;
}

static bool write_first_rows(struct journal *journal, const struct journal_head *head,
                             const char *plan_json, const char *plan_hash, struct error *error)
{
    char version[64];
    snprintf(version, sizeof version, "PRAGMA user_version = %d;", JOURNAL_VERSION);
    if (sqlite3_exec(journal->database, schema, NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_exec(journal->database, version, NULL, NULL, NULL) != SQLITE_OK) {
        journal_failed(journal, error, "cannot be made");
        return false;
    }
    return write_row(journal, error, NULL,
                     "INSERT INTO run VALUES (1,?,?,?,?,?,?,?,?,?,?,?,NULL,'OK',NULL,0)",
                     "sssissssssi", head->uuid, head->group, head->mark, head->set, head->by,
                     head->host, run_state_name(RUN_PLANNED), situation_name(head->situation),
                     method_name(head->method), stop_kind_name(head->stop),
                     head->started_utc_ms) == ERR_OK &&
           journal_revise(journal, plan_json, plan_hash, head->by, head->started_utc_ms, error) ==
               ERR_OK;
}

/* Gives the finished file the next free number. rename would replace another run's file: link
 * refuses, so two consoles never get the same number. */
static int64_t take_number(const char *directory, const char *temporary)
{
    for (int attempt = 0; attempt < 1000; attempt++) {
        size_t count;
        int64_t *runs = journal_runs(directory, &count);
        int64_t number = (count == 0 ? 0 : runs[0]) + 1;
        free(runs);
        char *path = journal_path(directory, number);
        bool taken = link(temporary, path) == 0;
        int reason = errno;
        free(path);
        if (taken)
            return number;
        if (reason != EEXIST)
            return 0;
    }
    return 0;
}

static void sync_directory(const char *directory)
{
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
}

struct journal *journal_create(const char *directory, struct journal_head *head,
                               const char *plan_json, const char *plan_hash, struct error *error)
{
    char uuid[37];
    make_uuid(uuid);
    if (!journal_make_directory(directory)) {
        error_set(error, ERR_JOURNAL, directory, "check [restore] journal_dir and its rights",
                  "the directory cannot be made: %s", strerror(errno));
        return NULL;
    }
    free(head->uuid);
    head->uuid = memory_copy_text(uuid);
    char *temporary = memory_format("%s/.%s.new", directory, uuid);
    struct stat about;
    bool shared = stat(directory, &about) == 0 && (about.st_mode & S_IWGRP) != 0;
    int fd = open(temporary, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, shared ? 0660 : 0600);
    if (fd >= 0) {
        fchmod(fd, shared ? 0660 : 0600); /* whatever the umask: the group's next shift resumes */
        close(fd);
    }
    struct journal *journal = journal_new(memory_copy_text(temporary));
    bool good = open_database(journal, temporary, SQLITE_OPEN_READWRITE);
    if (!good)
        journal_failed(journal, error, "cannot be made");
    good = good && write_first_rows(journal, head, plan_json, plan_hash, error);
    journal_close(journal);
    if (good && (head->run = take_number(directory, temporary)) == 0) {
        error_set(error, ERR_JOURNAL, directory, NULL, "no run number can be taken: %s",
                  strerror(errno));
        good = false;
    }
    unlink(temporary);
    char *rollback = memory_format("%s-journal", temporary);
    unlink(rollback);
    free(rollback);
    free(temporary);
    sync_directory(directory);
    return good ? journal_open(directory, head->run, JOURNAL_WRITE, error) : NULL;
}

struct journal *journal_open(const char *directory, int64_t run, enum journal_open how,
                             struct error *error)
{
    struct journal *journal = journal_new(journal_path(directory, run));
    journal->run = run;
    if (access(journal->path, F_OK) != 0) {
        error_set(error, ERR_USAGE, directory, "stopmark runs lists them", "there is no run %lld",
                  (long long)run);
        journal_close(journal);
        return NULL;
    }
    /* A reader opens for writing too where it may: it rolls back what a killed worker left. */
    int flags = how == JOURNAL_READ && access(journal->path, W_OK) != 0 ? SQLITE_OPEN_READONLY
                                                                       : SQLITE_OPEN_READWRITE;
    sqlite3_stmt *version = NULL;
    if (!open_database(journal, journal->path, flags) ||
        sqlite3_prepare_v2(journal->database, "PRAGMA user_version", -1, &version, NULL) ||
        sqlite3_step(version) != SQLITE_ROW) {
        journal_failed(journal, error, "cannot be opened");
    } else if (sqlite3_column_int(version, 0) != JOURNAL_VERSION) {
        error_set(error, ERR_JOURNAL, journal->path, "use the stopmark that made it",
                  "it is of another version (%d)", sqlite3_column_int(version, 0));
    } else {
        sqlite3_finalize(version);
        return journal;
    }
    sqlite3_finalize(version);
    journal_close(journal);
    return NULL;
}

static int newest_first(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? 1 : x > y ? -1 : 0;
}

int64_t *journal_runs(const char *directory, size_t *count)
{
    struct {
        int64_t *runs;
        size_t runs_count, runs_capacity;
    } found = {0};
    DIR *list = opendir(directory);
    for (struct dirent *entry; list != NULL && (entry = readdir(list)) != NULL;) {
        long long number;
        int end = 0;
        if (sscanf(entry->d_name, "run-%lld.journal%n", &number, &end) == 1 && end > 0 &&
            entry->d_name[end] == '\0' && number > 0)
            *memory_append(&found, runs) = number;
    }
    if (list != NULL)
        closedir(list);
    if (found.runs_count > 0)
        qsort(found.runs, found.runs_count, sizeof *found.runs, newest_first);
    *count = found.runs_count;
    return found.runs;
}

/* --- rows ------------------------------------------------------------------------------------- */

enum error_code journal_set_state(struct journal *journal, enum run_state state,
                                  struct error *error)
{
    return write_row(journal, error, NULL, "UPDATE run SET state = ?", "s", run_state_name(state));
}

enum error_code journal_set_prepared(struct journal *journal, struct error *error)
{
    return write_row(journal, error, NULL, "UPDATE run SET prepared = 1", "");
}

enum error_code journal_set_target(struct journal *journal, const char *mark, int64_t set,
                                   struct error *error)
{
    return write_row(journal, error, NULL, "UPDATE run SET mark = ?, set_id = ?", "si", mark, set);
}

enum error_code journal_end(struct journal *journal, enum run_state state, enum error_code code,
                            const char *reason, int64_t at_utc_ms, struct error *error)
{
    return write_row(journal, error, NULL,
                     "UPDATE run SET state = ?, code = ?, reason = ?, ended_utc_ms = ?", "sssi",
                     run_state_name(state), error_name(code), reason, at_utc_ms);
}

enum error_code journal_reopen(struct journal *journal, struct error *error)
{
    return write_row(journal, error, NULL,
                     "UPDATE run SET code = 'OK', reason = NULL, ended_utc_ms = NULL", "");
}

enum error_code journal_revise(struct journal *journal, const char *plan_json, const char *hash,
                               const char *by, int64_t at_utc_ms, struct error *error)
{
    return write_row(journal, error, NULL,
                     "INSERT INTO revision (hash, plan, by, at_utc_ms) VALUES (?,?,?,?)", "sssi",
                     hash, plan_json, by, at_utc_ms);
}

enum error_code journal_intend(struct journal *journal, struct journal_intent *intent,
                               struct error *error)
{
    return write_row(journal, error, &intent->id,
                     "INSERT INTO intent (server, database, step, kind, sql, set_id, file,"
                     " redo_before, state_before, standby_before, history_before, at_utc_ms)"
                     " VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
                     "ssissisliiii", intent->server, intent->database, (int64_t)intent->step,
                     step_kind_name(intent->kind), intent->sql, intent->set, intent->file,
                     &intent->redo_before, (int64_t)intent->state_before,
                     (int64_t)intent->standby_before, intent->history_before, intent->at_utc_ms);
}

enum error_code journal_conclude(struct journal *journal, const struct journal_outcome *outcome,
                                 struct error *error)
{
    return write_row(journal, error, NULL,
                     "INSERT INTO outcome (intent, state, mark_reached, redo_after, state_after,"
                     " standby_after, history_after, server_number, text, at_utc_ms)"
                     " VALUES (?,?,?,?,?,?,?,?,?,?)",
                     "isiliiiisi", outcome->intent, step_state_name(outcome->state),
                     (int64_t)outcome->mark_reached, &outcome->redo_after,
                     (int64_t)outcome->state_after, (int64_t)outcome->standby_after,
                     outcome->history_after, (int64_t)outcome->server_number, outcome->text,
                     outcome->at_utc_ms);
}

enum error_code journal_message(struct journal *journal, int64_t at_utc_ms, const char *text,
                                struct error *error)
{
    return write_row(journal, error, NULL, "INSERT INTO message (text, at_utc_ms) VALUES (?,?)",
                     "si", text, at_utc_ms);
}

enum error_code journal_decide(struct journal *journal, int64_t at_utc_ms, const char *by,
                               const char *text, struct error *error)
{
    return write_row(journal, error, NULL,
                     "INSERT INTO decision (by, text, at_utc_ms) VALUES (?,?,?)", "ssi", by, text,
                     at_utc_ms);
}

enum error_code journal_job(struct journal *journal, const char *server, const char *job_id,
                            const char *name, bool was_enabled, struct error *error)
{
    /* A resume finds disabled what an earlier attempt disabled. */
    return write_row(journal, error, NULL,
                     "INSERT INTO job VALUES (?,?,?,?) ON CONFLICT DO UPDATE"
                     " SET was_enabled = max(was_enabled, excluded.was_enabled)",
                     "sssi", server, job_id, name, (int64_t)was_enabled);
}

enum error_code journal_verified(struct journal *journal, const struct journal_verified *found,
                                 int64_t at_utc_ms, struct error *error)
{
    return write_row(journal, error, NULL,
                     "INSERT OR REPLACE INTO found VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
                     "ssiiiiiiiisi", found->server, found->database, (int64_t)found->proven,
                     (int64_t)found->shown, (int64_t)found->verified, (int64_t)found->state,
                     (int64_t)found->at_mark, (int64_t)found->marklog_has_mark,
                     (int64_t)found->read_write, found->later_marks,
                     found->evidence == NULL ? "" : found->evidence, at_utc_ms);
}

enum error_code journal_tick(struct journal *journal, const char *step_id, bool ticked,
                             const char *by, const char *note, int64_t at_utc_ms,
                             struct error *error)
{
    return write_row(journal, error, NULL,
                     "INSERT INTO tick (step_id, ticked, by, note, at_utc_ms) VALUES (?,?,?,?,?)",
                     "sissi", step_id, (int64_t)ticked, by, note, at_utc_ms);
}
