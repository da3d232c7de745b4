#include "core/acknowledge.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/base/str.h"
#include "core/base/text.h"
#include "core/journal.h"
#include "core/run_internal.h"

/* A line: rule, where, topic, verdict, by, at, until, reason; tabs between, '\' before what would
 * end a field. */
enum { FIELDS = 8, FILE_MAX = 4 * 1024 * 1024 };

static const int64_t day_ms = INT64_C(24) * 60 * 60 * 1000;

static char *file_path(const struct config *config, const char *ending)
{
    return memory_format("%s/acknowledgements%s", run_directory(config), ending);
}

/* --- text ------------------------------------------------------------------------------------- */

static void add_field(struct str *out, const char *text, char end)
{
    for (; *text != '\0'; text++) {
        const char *escaped = *text == '\t' ? "\\t" : *text == '\n' ? "\\n" : NULL;
        if (escaped != NULL) {
            str_add(out, escaped);
            continue;
        }
        if (*text == '\\')
            str_add_char(out, '\\');
        str_add_char(out, *text);
    }
    str_add_char(out, end);
}

static void add_row(struct str *out, const struct acknowledgement *row)
{
    char at[40], until[40];
    time_format_iso(at, sizeof at, row->at_utc_ms);
    time_format_iso(until, sizeof until, row->until_utc_ms);
    add_field(out, row->rule, '\t');
    add_field(out, row->where, '\t');
    add_field(out, row->topic, '\t');
    add_field(out, verdict_name(row->verdict), '\t');
    add_field(out, row->by, '\t');
    add_field(out, at, '\t');
    add_field(out, until, '\t');
    add_field(out, row->reason, '\n');
}

/* The field at *at, moved behind its end; owned. */
static char *take_field(const char **at)
{
    struct str out = {0};
    const char *from = *at;
    for (; *from != '\0' && *from != '\t' && *from != '\n'; from++) {
        if (*from != '\\' || from[1] == '\0') {
            str_add_char(&out, *from);
            continue;
        }
        from++;
        str_add_char(&out, *from == 't' ? '\t' : *from == 'n' ? '\n' : *from);
    }
    *at = *from == '\t' ? from + 1 : from;
    return out.length > 0 ? str_take(&out) : memory_copy_text("");
}

static bool verdict_from(enum verdict *verdict, const char *name)
{
    for (int v = VERDICT_OK; v <= VERDICT_UNKNOWN; v++)
        if (text_equal(verdict_name((enum verdict)v), name)) {
            *verdict = (enum verdict)v;
            return true;
        }
    return false;
}

static void read_row(struct acknowledgements *list, const char *line)
{
    char *fields[FIELDS];
    for (size_t i = 0; i < FIELDS; i++)
        fields[i] = take_field(&line);
    struct acknowledgement row = {.rule = fields[0],
                                  .where = fields[1],
                                  .topic = fields[2],
                                  .by = fields[4],
                                  .reason = fields[7],
                                  .at_utc_ms = time_parse(fields[5]),
                                  .until_utc_ms = time_parse(fields[6])};
    bool ours = row.rule[0] != '\0' && verdict_from(&row.verdict, fields[3]) &&
                row.at_utc_ms != TIME_UNKNOWN && row.until_utc_ms != TIME_UNKNOWN;
    free(fields[3]);
    free(fields[5]);
    free(fields[6]);
    if (ours)
        *memory_append(list, rows) = row;
    else
        acknowledgement_clear(&row);
}

void acknowledgement_clear(struct acknowledgement *row)
{
    free(row->rule);
    free(row->where);
    free(row->topic);
    free(row->by);
    free(row->reason);
    *row = (struct acknowledgement){0};
}

/* --- disk ------------------------------------------------------------------------------------- */

static char *read_file(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    struct stat status;
    if (fd < 0)
        return NULL;
    char *text = NULL;
    if (fstat(fd, &status) == 0 && status.st_size >= 0 && status.st_size <= FILE_MAX) {
        text = memory_new((size_t)status.st_size + 1);
        ssize_t length = read(fd, text, (size_t)status.st_size);
        text[length > 0 ? length : 0] = '\0';
    }
    close(fd);
    return text;
}

void acknowledgements_load(struct acknowledgements *list, const struct config *config)
{
    *list = (struct acknowledgements){0};
    char *path = file_path(config, "");
    char *text = read_file(path);
    free(path);
    for (const char *line = text; line != NULL && *line != '\0';) {
        const char *end = strchr(line, '\n');
        if (end == NULL)
            break; /* cut short: not ours any more */
        read_row(list, line);
        line = end + 1;
    }
    free(text);
}

void acknowledgements_free(struct acknowledgements *list)
{
    for (size_t i = 0; i < list->rows_count; i++)
        acknowledgement_clear(&list->rows[i]);
    free(list->rows);
    *list = (struct acknowledgements){0};
}

static bool write_whole(int fd, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t written = write(fd, text, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        text += written;
        length -= (size_t)written;
    }
    return fsync(fd) == 0;
}

/* Writes a new file and puts it in the old one's place. */
static bool replace_file(const char *path, const char *fresh, const struct str *text)
{
    int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return false;
    bool fine = write_whole(fd, str_text(text), text->length);
    return close(fd) == 0 && fine && rename(fresh, path) == 0;
}

static bool is_same(const struct acknowledgement *a, const struct acknowledgement *b)
{
    return text_equal(a->rule, b->rule) && text_equal(a->where, b->where) &&
           text_equal(a->topic, b->topic);
}

/* What is on disk with the change made; what has been over for a month is forgotten. */
static void change(struct str *out, const struct config *config, const struct acknowledgement *row)
{
    struct acknowledgements list;
    acknowledgements_load(&list, config);
    for (size_t i = 0; i < list.rows_count; i++)
        if (!is_same(&list.rows[i], row) &&
            list.rows[i].until_utc_ms > row->at_utc_ms - 30 * day_ms)
            add_row(out, &list.rows[i]);
    if (row->until_utc_ms > row->at_utc_ms)
        add_row(out, row);
    acknowledgements_free(&list);
}

enum error_code acknowledgement_keep(const struct config *config, const struct acknowledgement *row,
                                     struct error *error)
{
    char *path = file_path(config, ""), *fresh = file_path(config, ".new");
    char *lock_path = file_path(config, ".lock");
    bool fine = journal_make_directory(run_directory(config));
    int lock = fine ? open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600) : -1;
    fine = lock >= 0 && flock(lock, LOCK_EX) == 0;
    struct str text = {0};
    if (fine) {
        change(&text, config, row);
        fine = replace_file(path, fresh, &text);
    }
    int reason = errno;
    if (lock >= 0)
        close(lock);
    if (!fine)
        error_set(error, ERR_IO, path, "check [restore] journal_dir and its rights",
                  "the acknowledgement cannot be kept: %s", strerror(reason));
    str_free(&text);
    free(path);
    free(fresh);
    free(lock_path);
    return fine ? ERR_OK : ERR_IO;
}

/* --- what it means ---------------------------------------------------------------------------- */

static int severity(enum verdict verdict)
{
    static const int order[] = {[VERDICT_OK] = 0,
                                [VERDICT_ACKNOWLEDGED] = 0,
                                [VERDICT_WARNING] = 1,
                                [VERDICT_UNKNOWN] = 2,
                                [VERDICT_CRITICAL] = 3};
    return order[verdict];
}

static const struct acknowledgement *find(const struct acknowledgements *list,
                                          const struct check_result *result, int64_t now_utc_ms)
{
    for (size_t i = 0; i < list->rows_count; i++) {
        const struct acknowledgement *row = &list->rows[i];
        if (row->until_utc_ms > now_utc_ms && text_equal(row->rule, result->id) &&
            text_equal(row->where, result->where) && text_equal(row->topic, result->topic) &&
            severity(result->verdict) <= severity(row->verdict))
            return row;
    }
    return NULL;
}

void acknowledgements_apply(struct group_view *view, const struct acknowledgements *list,
                            int64_t now_utc_ms)
{
    for (size_t i = 0; i < view->checks_count; i++) {
        struct check_result *result = &view->checks[i];
        if (result->verdict == VERDICT_OK || result->verdict == VERDICT_ACKNOWLEDGED)
            continue;
        const struct acknowledgement *row = find(list, result, now_utc_ms);
        if (row == NULL)
            continue;
        result->accepted = result->verdict;
        result->verdict = VERDICT_ACKNOWLEDGED;
        result->by = memory_copy_text(row->by);
        result->reason = memory_copy_text(row->reason);
        result->at_utc_ms = row->at_utc_ms;
        result->until_utc_ms = row->until_utc_ms;
    }
}

int64_t acknowledgement_until(const char *text, int64_t now_utc_ms)
{
    char *end;
    long count = strtol(text, &end, 10);
    int64_t unit_ms = *end == 'h' ? day_ms / 24 : *end == 'd' ? day_ms : *end == 'w' ? 7 * day_ms : 0;
    int64_t until_ms = time_parse(text);
    if (isdigit((unsigned char)text[0]) && unit_ms > 0 && end[1] == '\0' && count > 0 &&
        count <= 10000)
        until_ms = now_utc_ms + count * unit_ms;
    bool fits = until_ms != TIME_UNKNOWN && until_ms > now_utc_ms &&
                until_ms <= now_utc_ms + 366 * day_ms;
    return fits ? until_ms : TIME_UNKNOWN;
}
