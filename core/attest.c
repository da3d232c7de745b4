#include "core/attest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/file.h"
#include "core/json.h"
#include "core/run_internal.h"
#include "core/runbook.h"

enum { LOG_SIZE_MAX = 16 * 1024 * 1024 };

static char *log_path(const struct config *config)
{
    return memory_format("%s/attestations.log", run_directory(config));
}

/* --- reading ---------------------------------------------------------------------------------- */

static void take(struct attestations *all, const char *id, int64_t at_utc_ms, const char *by,
                 const char *note)
{
    for (size_t i = 0; id != NULL && i < all->items_count; i++) {
        struct attestation *item = &all->items[i];
        if (!text_equal(item->id, id) || at_utc_ms == TIME_UNKNOWN ||
            (item->at_utc_ms != TIME_UNKNOWN && item->at_utc_ms > at_utc_ms))
            continue;
        free(item->by);
        free(item->note);
        item->at_utc_ms = at_utc_ms;
        item->by = memory_copy_text(by);
        item->note = memory_copy_text(note);
    }
}

/* A line that was cut by a full disk is no attestation, and no reason to lose the others. */
static void take_line(struct attestations *all, const char *line, size_t length)
{
    json_t *row = json_loadb(line, length, 0, NULL);
    if (row != NULL)
        take(all, json_to_text(json_object_get(row, "id")),
             json_to_time(json_object_get(row, "time")), json_to_text(json_object_get(row, "by")),
             json_to_text(json_object_get(row, "note")));
    json_decref(row);
}

static bool read_log(struct attestations *all, const struct config *config, struct error *error)
{
    char *path = log_path(config);
    char *text = file_read(path, LOG_SIZE_MAX);
    bool good = text != NULL || errno == ENOENT;
    if (!good)
        error_set(error, ERR_IO, path, NULL, "the attestations cannot be read: %s",
                  strerror(errno));
    for (const char *at = text; at != NULL && *at != '\0';) {
        size_t length = strcspn(at, "\n");
        take_line(all, at, length);
        at += length + (at[length] == '\n');
    }
    free(text);
    free(path);
    return good;
}

/* The newest rehearsal that ended verified. */
static void find_drill(struct attestation *item, const struct config *config)
{
    size_t count = 0;
    struct run_summary *runs = run_list(config, &count, NULL);
    for (size_t i = 0; runs != NULL && i < count; i++) {
        const struct run_summary *run = &runs[i];
        bool verified = run->state == RUN_AFTER || run->state == RUN_DONE;
        if (run->situation != SITUATION_REHEARSAL || !verified ||
            run->ended_utc_ms == TIME_UNKNOWN ||
            (item->at_utc_ms != TIME_UNKNOWN && item->at_utc_ms >= run->ended_utc_ms))
            continue;
        free(item->by);
        free(item->note);
        item->at_utc_ms = run->ended_utc_ms;
        item->by = memory_copy_text(run->by);
        item->note = memory_format("run %lld", (long long)run->run);
    }
    free(runs);
}

struct attestations *attestations_read(const struct config *config, struct error *error)
{
    struct runbook *runbook = runbook_open(config, error);
    if (runbook == NULL)
        return NULL;
    struct attestations *all = memory_new(sizeof *all);
    all->by_site = !runbook->built_in;
    for (size_t i = 0; i < runbook->steps_count; i++) {
        const struct runbook_step *step = &runbook->steps[i];
        if (step->every_ms == DURATION_UNKNOWN)
            continue;
        *memory_append(all, items) = (struct attestation){
            .id = memory_copy_text(step->id),
            .title = memory_copy_text(step->title),
            .text = memory_copy_text(step->text),
            .by_run = step->proof == PROOF_DRILL,
            .every_ms = step->every_ms,
            .at_utc_ms = TIME_UNKNOWN,
        };
    }
    runbook_free(runbook);
    if (!read_log(all, config, error)) {
        attestations_free(all);
        return NULL;
    }
    for (size_t i = 0; i < all->items_count; i++)
        if (all->items[i].by_run)
            find_drill(&all->items[i], config);
    return all;
}

struct attestations *attestations_copy(const struct attestations *attestations)
{
    struct attestations *copy = attestations == NULL ? NULL : memory_new(sizeof *copy);
    if (copy != NULL)
        copy->by_site = attestations->by_site;
    for (size_t i = 0; copy != NULL && i < attestations->items_count; i++) {
        struct attestation *item = memory_append(copy, items);
        *item = attestations->items[i];
        item->id = memory_copy_text(item->id);
        item->title = memory_copy_text(item->title);
        item->text = memory_copy_text(item->text);
        item->by = memory_copy_text(item->by);
        item->note = memory_copy_text(item->note);
    }
    return copy;
}

void attestations_free(struct attestations *attestations)
{
    if (attestations == NULL)
        return;
    for (size_t i = 0; i < attestations->items_count; i++) {
        struct attestation *item = &attestations->items[i];
        free(item->id);
        free(item->title);
        free(item->text);
        free(item->by);
        free(item->note);
    }
    free(attestations->items);
    free(attestations);
}

/* --- writing ---------------------------------------------------------------------------------- */

static bool append(const char *path, const char *line)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return false;
    size_t length = strlen(line);
    bool good = flock(fd, LOCK_EX) == 0 && write(fd, line, length) == (ssize_t)length &&
                fdatasync(fd) == 0;
    int reason = errno;
    close(fd);
    errno = reason;
    return good;
}

static bool may_be_attested(const struct config *config, const char *id, struct error *error)
{
    struct runbook *runbook = runbook_open(config, error);
    if (runbook == NULL)
        return false;
    const struct runbook_step *step = runbook_find(runbook, id);
    bool may = step != NULL && step->every_ms != DURATION_UNKNOWN && step->kind == RUNBOOK_MANUAL;
    if (!may)
        error_set(error, ERR_USAGE, id, "`stopmark runbook` lists them",
                  "this is no step of readiness that people attest");
    runbook_free(runbook);
    return may;
}

enum error_code attestation_add(const struct config *config, const char *id, const char *by,
                                const char *note, struct error *error)
{
    struct error why;
    error_clear(&why);
    char *kept = may_be_attested(config, id, &why) ? runbook_note(note == NULL ? "" : note, &why)
                                                   : NULL;
    if (kept != NULL) {
        json_t *row = json_pack("{s:o, s:o, s:o, s:o}", "id", json_from_text(id), "time",
                                json_from_time(clock_utc_ms(clock_system())), "by",
                                json_from_text(by), "note", json_from_text(kept));
        char *text = json_dumps(row, JSON_COMPACT);
        char *line = memory_format("%s\n", text);
        char *path = log_path(config);
        if (!journal_make_directory(run_directory(config)) || !append(path, line))
            error_set(&why, ERR_IO, path, NULL, "it cannot be kept: %s", strerror(errno));
        free(path);
        free(line);
        free(text);
        json_decref(row);
    }
    free(kept);
    if (why.code != ERR_OK && error != NULL)
        *error = why;
    return why.code;
}

/* --- judging ---------------------------------------------------------------------------------- */

enum verdict attestation_verdict(const struct attestation *attestation, int64_t now_utc_ms)
{
    if (attestation->at_utc_ms == TIME_UNKNOWN)
        return VERDICT_UNKNOWN;
    return now_utc_ms - attestation->at_utc_ms > attestation->every_ms ? VERDICT_WARNING
                                                                        : VERDICT_OK;
}

char *attestation_words(const struct attestation *attestation, int64_t now_utc_ms)
{
    char age[40], limit[40], by[129], note[800];
    duration_format(limit, sizeof limit, attestation->every_ms);
    if (attestation->at_utc_ms == TIME_UNKNOWN)
        return memory_format("never %s; good for %s",
                             attestation->by_run ? "carried out" : "attested", limit);
    duration_format(age, sizeof age, now_utc_ms - attestation->at_utc_ms);
    text_clean(by, sizeof by, attestation->by);
    text_clean(note, sizeof note, attestation->note);
    return memory_format("%s old, good for %s; by %s%s%s", age, limit, by[0] ? by : "?",
                         note[0] ? ": " : "", note);
}
