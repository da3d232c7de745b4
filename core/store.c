#include "core/store.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/log.h"
#include "core/base/memory.h"
#include "core/base/str.h"
#include "core/base/text.h"
#include "core/proof.h"
#include "core/store_text.h"

static const int64_t changed_ms = 30000, unchanged_ms = 5 * 60000;
static const off_t file_size_max = 512 * 1024 * 1024;

/* --- names and directories -------------------------------------------------------------------- */

/* A server's name may hold anything; the file's name is its letters and a checksum. */
static char *file_path(const struct config *config, size_t server)
{
    const char *name = config->servers[server].name;
    char plain[64] = "";
    size_t length = 0;
    uint32_t sum = 2166136261u; /* FNV-1a */
    for (const char *c = name; *c; c++) {
        unsigned char letter = (unsigned char)tolower((unsigned char)*c);
        sum = (sum ^ letter) * 16777619u;
        if (length < sizeof plain - 1)
            plain[length++] = isalnum(letter) && letter < 128 ? (char)letter : '_';
    }
    return memory_format("%s/views/%s-%08x.view", config->state_dir, plain, sum);
}

/* Makes a directory and its parents, 0700. */
static bool make_directories(const char *path)
{
    char *copy = memory_copy_text(path);
    bool fine = true;
    for (char *at = copy + 1; fine; at++) {
        if (*at != '/' && *at != '\0')
            continue;
        char end = *at;
        *at = '\0';
        fine = mkdir(copy, 0700) == 0 || errno == EEXIST;
        *at = end;
        if (!end)
            break;
    }
    free(copy);
    return fine;
}

/* Changes when a planner would decide differently: not with every poll. */
static uint64_t fingerprint(const struct server_view *view)
{
    uint64_t sum = 14695981039346656037u;
#define MIX(value) (sum = (sum ^ (uint64_t)(value)) * 1099511628211u)
    for (size_t i = 0; i < view->history_count; i++) {
        const struct history_chunk *chunk = view->history[i];
        for (size_t j = 0; j < chunk->count; j++) {
            const struct history_row *row = &chunk->rows[j];
            MIX(row->set_id);
            MIX(row->backup_id);
            MIX(row->complete);
            MIX(row->restored);
        }
    }
    MIX(view->backups_count);
    if (view->backups_count)
        MIX(view->backups[view->backups_count - 1].backup_set_id);
    MIX(view->marks_count);
    MIX(view->restores_count);
    if (view->restores_count)
        MIX(view->restores[view->restores_count - 1].restore_history_id);
    MIX(view->last_restore_set);
    for (size_t i = 0; i < view->proofs_count; i++) {
        MIX(view->proofs[i]->asked_utc_ms);
        MIX(view->proofs[i]->state);
    }
    MIX(view->roster_count);
    for (size_t i = 0; i < view->databases_count; i++)
        MIX(view->databases[i].state);
    for (size_t i = 0; i < view->jobs_count; i++)
        MIX(view->jobs[i].enabled);
#undef MIX
    return sum;
}

/* --- reading ---------------------------------------------------------------------------------- */

/* Dates of an earlier session, on this session's monotonic clock, so that ages can be told. */
static void date_view(struct server_view *view, const struct clock *clock)
{
    int64_t age_ms = clock_utc_ms(clock) - view->as_of_utc_ms;
    view->as_of_monotonic_ms = clock_monotonic_ms(clock) - age_ms;
    for (int part = 0; part < PART_COUNT; part++)
        if (view->parts[part].state == PART_READ)
            view->parts[part].read_monotonic_ms = view->as_of_monotonic_ms;
}

/* The whole file, owned; NULL where there is none. */
static char *read_file(const char *path)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 || fstat(fd, &status) != 0 || status.st_size > file_size_max) {
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    size_t size = (size_t)status.st_size, length = 0;
    char *text = memory_new(size + 1);
    ssize_t got;
    while (length < size && (got = read(fd, text + length, size - length)) > 0)
        length += (size_t)got;
    close(fd);
    return text;
}

struct server_view *store_load(struct store_schedule *schedule, const struct config *config,
                               size_t server, const struct clock *clock)
{
    const struct config_server *configured = &config->servers[server];
    char *path = file_path(config, server);
    char *text = read_file(path);
    struct server_view *view =
        text ? store_text_to_view(text, configured->name, configured->role) : NULL;
    if (text && !view)
        log_write(LOG_WARNING, "%s: not a whole view of this server, left alone", path);
    free(text);
    free(path);
    if (!view)
        return NULL;
    date_view(view, clock);
    if (schedule)
        *schedule = (struct store_schedule){.written = true,
                                            .written_ms = view->as_of_monotonic_ms,
                                            .written_as_of_ms = view->as_of_monotonic_ms,
                                            .fingerprint = fingerprint(view)};
    return view;
}

/* --- writing ---------------------------------------------------------------------------------- */

static bool write_file(const char *path, const struct str *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return false;
    size_t done = 0;
    ssize_t wrote = 0;
    while (done < text->length && (wrote = write(fd, text->text + done, text->length - done)) > 0)
        done += (size_t)wrote;
    bool fine = wrote > 0 && fdatasync(fd) == 0;
    int reason = errno;
    close(fd);
    errno = reason;
    return fine;
}

enum error_code store_write(const struct config *config, size_t server,
                            const struct server_view *view, struct error *error)
{
    char *path = file_path(config, server);
    char *directory = memory_format("%s/views", config->state_dir);
    char *temporary = memory_format("%s.%ld", path, (long)getpid());
    struct str text = {0};
    store_text_from_view(&text, view);
    enum error_code code = ERR_OK;
    if (!make_directories(directory) || !write_file(temporary, &text) ||
        rename(temporary, path) != 0) {
        code = error_set(error, ERR_IO, path, NULL, "the last good view cannot be kept: %s",
                         strerror(errno));
        unlink(temporary);
    }
    str_free(&text);
    free(temporary);
    free(directory);
    free(path);
    return code;
}

/* --- the schedule ----------------------------------------------------------------------------- */

static bool is_due(const struct store_schedule *schedule, const struct server_view *view,
                   uint64_t print, int64_t now_ms, bool now)
{
    if (!schedule->written)
        return true;
    bool changed = print != schedule->fingerprint; /* by proofs also between two polls */
    if (schedule->written_as_of_ms == view->as_of_monotonic_ms && !changed)
        return false;
    int64_t age_ms = now_ms - schedule->written_ms;
    return (changed && (now || age_ms >= changed_ms)) || age_ms >= unchanged_ms;
}

void store_keep(struct store_schedule *schedule, const struct config *config, size_t server,
                const struct server_view *view, bool now)
{
    if (view->from_disk || view->as_of_monotonic_ms == TIME_UNKNOWN)
        return;
    int64_t now_ms = clock_monotonic_ms(clock_system());
    /* without any need to look closely in every poll */
    if (!now && schedule->written && now_ms - schedule->written_ms < changed_ms)
        return;
    uint64_t print = fingerprint(view);
    if (!is_due(schedule, view, print, now_ms, now))
        return;
    struct error error = {0};
    if (store_write(config, server, view, &error)) {
        char line[2300];
        error_format(&error, line, sizeof line);
        log_write(LOG_WARNING, "%s", line);
    }
    schedule->written = true;
    schedule->written_ms = now_ms;
    schedule->written_as_of_ms = view->as_of_monotonic_ms;
    schedule->fingerprint = print;
}
