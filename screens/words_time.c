#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/str.h"
#include "core/base/text.h"
#include "screens/words.h"

enum { HOURS_20_MS = 20 * 3600 * 1000 };

/* duration_format without a second unit of zero: "30 min", not "30 min 0 s". */
static void format_duration(char *out, size_t size, int64_t duration_ms)
{
    if (duration_ms == 0) {
        text_copy(out, size, "0 s");
        return;
    }
    duration_format(out, size, duration_ms);
    static const char *const zeros[] = {" 0 s", " 0 min", " 0 h", " 0 ms"};
    size_t length = strlen(out);
    for (size_t i = 0; i < sizeof zeros / sizeof *zeros; i++) {
        size_t tail = strlen(zeros[i]);
        if (length > tail && !strcmp(out + length - tail, zeros[i])) {
            out[length - tail] = '\0';
            return;
        }
    }
}

void words_duration(char *out, size_t size, int64_t duration_ms)
{
    if (duration_ms == DURATION_UNKNOWN)
        text_copy(out, size, "not known");
    else
        format_duration(out, size, duration_ms);
}

void words_loss(char *out, size_t size, int64_t loss_ms, enum loss_basis basis)
{
    char text[WORDS_SIZE];
    words_duration(text, sizeof text, loss_ms);
    snprintf(out, size, "%s%s",
             basis == LOSS_LAST_SEEN && loss_ms != DURATION_UNKNOWN ? "at least " : "", text);
}

void words_short(char *out, size_t size, int64_t duration_ms)
{
    int64_t minutes = duration_ms / 60000;
    if (duration_ms == DURATION_UNKNOWN)
        text_copy(out, size, "?");
    else if (duration_ms < 120000)
        snprintf(out, size, "%lld s", (long long)(duration_ms / 1000));
    else if (minutes < 120)
        snprintf(out, size, "%lld min", (long long)minutes);
    else if (minutes < 48 * 60)
        snprintf(out, size, "%lld h", (long long)(minutes / 60));
    else
        snprintf(out, size, "%lld d", (long long)(minutes / 1440));
}

void words_ago(char *out, size_t size, int64_t age_ms)
{
    if (age_ms == DURATION_UNKNOWN) {
        text_copy(out, size, "never");
    } else if (age_ms < 1000) {
        text_copy(out, size, "just now");
    } else {
        char age[WORDS_SIZE];
        format_duration(age, sizeof age, age_ms);
        snprintf(out, size, "%s ago", age);
    }
}

void words_when(char *out, size_t size, int64_t utc_ms, int64_t now_utc_ms)
{
    char full[WORDS_SIZE];
    if (utc_ms == TIME_UNKNOWN) {
        text_copy(out, size, "not known");
        return;
    }
    int64_t distance_ms = now_utc_ms == TIME_UNKNOWN ? 0 : now_utc_ms - utc_ms;
    if (distance_ms < HOURS_20_MS && distance_ms > -HOURS_20_MS) {
        time_format_of_day(out, size, utc_ms);
        return;
    }
    time_format(full, sizeof full, utc_ms); /* "2026-11-19 12:00:50 UTC" */
    snprintf(out, size, "%.11s", full + 5);
}

int64_t words_age_ms(int64_t later_ms, int64_t earlier_ms)
{
    if (later_ms == TIME_UNKNOWN || earlier_ms == TIME_UNKNOWN)
        return DURATION_UNKNOWN;
    return later_ms > earlier_ms ? later_ms - earlier_ms : 0;
}

enum verdict words_against_limit(int64_t value_ms, const struct limit *limit)
{
    if (value_ms == DURATION_UNKNOWN)
        return VERDICT_UNKNOWN;
    if (limit->critical_ms != DURATION_UNKNOWN && value_ms > limit->critical_ms)
        return VERDICT_CRITICAL;
    if (limit->warning_ms != DURATION_UNKNOWN && value_ms > limit->warning_ms)
        return VERDICT_WARNING;
    return VERDICT_OK;
}

void words_limit(char *out, size_t size, const struct limit *limit)
{
    int64_t ms = limit->warning_ms != DURATION_UNKNOWN ? limit->warning_ms : limit->critical_ms;
    char text[WORDS_SIZE];
    out[0] = '\0';
    if (ms == DURATION_UNKNOWN)
        return;
    format_duration(text, sizeof text, ms);
    snprintf(out, size, "limit %s", text);
}

const struct mark *words_mark(const struct group_view *view, int index)
{
    if (index < 0 || (size_t)index >= view->marks_count)
        return NULL;
    return &view->marks[index];
}

const char *words_destination(const struct group_view *view, const struct roster_entry *entry)
{
    if (entry->destination < 0 || (size_t)entry->destination >= view->servers_count)
        return "no destination";
    return view->servers[entry->destination]->name;
}

int64_t words_server_now_ms(const struct server_view *server, int64_t now_utc_ms,
                            int64_t now_monotonic_ms)
{
    if (server->server_utc_ms == TIME_UNKNOWN || server->as_of_monotonic_ms == TIME_UNKNOWN)
        return now_utc_ms;
    int64_t passed_ms = now_monotonic_ms - server->as_of_monotonic_ms;
    return server->server_utc_ms + (passed_ms > 0 ? passed_ms : 0);
}

int64_t words_source_now_ms(const struct group_view *view, int64_t now_utc_ms,
                            int64_t now_monotonic_ms)
{
    if (view->management < 0)
        return now_utc_ms;
    return words_server_now_ms(view->servers[view->management], now_utc_ms, now_monotonic_ms);
}

int64_t words_server_age_ms(const struct server_view *server, int64_t now_monotonic_ms)
{
    return words_age_ms(now_monotonic_ms, server->as_of_monotonic_ms);
}

bool words_server_stale(const struct group_view *view, const struct server_view *server,
                        int64_t now_monotonic_ms)
{
    int64_t age_ms = words_server_age_ms(server, now_monotonic_ms);
    int64_t limit_ms = 3 * view->config->poll_ms;
    if (limit_ms < 30000)
        limit_ms = 30000;
    return age_ms == DURATION_UNKNOWN || age_ms > limit_ms;
}

/* "SQLA does not answer for 5 min: connection refused". */
static void unreachable_words(char *out, size_t size, const struct server_view *server,
                              int64_t now_monotonic_ms)
{
    char since[WORDS_LINE] = "";
    int64_t age_ms = words_server_age_ms(server, now_monotonic_ms);
    if (age_ms != DURATION_UNKNOWN) {
        char age[WORDS_SIZE];
        format_duration(age, sizeof age, age_ms);
        snprintf(since, sizeof since, "; what is shown is %s old", age);
    } else if (server->from_disk) {
        text_copy(since, sizeof since, "; what is shown was kept on disk");
    }
    const char *why = server->error.what;
    if (server->error.server_text[0])
        why = server->error.server_text;
    snprintf(out, size, "%s does not answer%s%s%s", server->name, why[0] ? ": " : "", why, since);
}

bool words_part_problem(char *out, size_t size, const struct server_view *server,
                        enum view_part part, int64_t now_monotonic_ms)
{
    const struct part_status *status = &server->parts[part];
    out[0] = '\0';
    if (!server->reachable) {
        if (server->error.code == ERR_OK && server->as_of_monotonic_ms == TIME_UNKNOWN)
            snprintf(out, size, "%s: waiting for the first answer", server->name);
        else
            unreachable_words(out, size, server, now_monotonic_ms);
        return true;
    }
    bool in_part = status->state == PART_READ && status->error.code == ERR_PERMISSION;
    if (status->state != PART_NOT_VISIBLE && status->state != PART_FAILED && !in_part)
        return false;
    const struct error *error = &status->error;
    const char *why = error->server_text[0] ? error->server_text : error->what;
    snprintf(out, size, "%s: %s %s%s%s%s%s%s", server->name, words_part(part),
             in_part                             ? "not wholly visible to this login"
             : status->state == PART_NOT_VISIBLE ? "not visible to this login"
                                                 : "could not be read",
             why[0] ? ": " : "", why, error->hint[0] ? " (" : "", error->hint,
             error->hint[0] ? ")" : "");
    return true;
}

void words_servers(char *out, size_t size, const struct group_view *view, enum server_role role)
{
    struct str names = {0};
    for (size_t i = 0; i < view->servers_count; i++)
        if (view->servers[i]->role == role)
            str_format(&names, "%s%s", names.length ? " " : "", view->servers[i]->name);
    text_clean(out, size, str_text(&names));
    str_free(&names);
}
