#include "screens/notice.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "screens/words.h"

struct notices *notices_new(void)
{
    return memory_new(sizeof(struct notices));
}

static void clear(struct notice *notice)
{
    free(notice->where);
    free(notice->text);
}

void notices_free(struct notices *notices)
{
    if (!notices)
        return;
    for (size_t i = 0; i < notices->items_count; i++)
        clear(&notices->items[i]);
    free(notices->items);
    free(notices);
}

/* Drops the oldest tenth, so that the array is not moved with every notice. */
static void make_room(struct notices *notices)
{
    if (notices->items_count < NOTICES_LIMIT)
        return;
    size_t drop = NOTICES_LIMIT / 10;
    for (size_t i = 0; i < drop; i++)
        clear(&notices->items[i]);
    notices->items_count -= drop;
    memmove(notices->items, notices->items + drop, notices->items_count * sizeof *notices->items);
}

void notices_add(struct notices *notices, int64_t utc_ms, enum verdict verdict, const char *where,
                 const char *format, ...)
{
    char text[2048];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    char clean[2048];
    text_clean(clean, sizeof clean, text);
    make_room(notices);
    *memory_append(notices, items) = (struct notice){.id = ++notices->last_id,
                                                     .utc_ms = utc_ms,
                                                     .verdict = verdict,
                                                     .where = memory_copy_text(where ? where : ""),
                                                     .text = memory_copy_text(clean)};
}

static bool same_rule(const struct check_result *a, const struct check_result *b)
{
    return text_equal(a->id, b->id) && text_equal(a->where, b->where);
}

/* The result in view that is the same rule's, in the same place and the same in order (a rule may
 * find several things in one place); NULL = none. */
static const struct check_result *find_check(const struct group_view *view,
                                             const struct group_view *of, size_t index)
{
    const struct check_result *like = &of->checks[index];
    size_t before = 0;
    for (size_t i = 0; i < index; i++)
        before += same_rule(&of->checks[i], like);
    for (size_t i = 0; view && i < view->checks_count; i++)
        if (same_rule(&view->checks[i], like) && before-- == 0)
            return &view->checks[i];
    return NULL;
}

static void compare_checks(struct notices *notices, const struct group_view *before,
                           const struct group_view *after)
{
    for (size_t i = 0; i < after->checks_count; i++) {
        const struct check_result *now = &after->checks[i];
        const struct check_result *then = find_check(before, after, i);
        if (then ? then->verdict == now->verdict : now->verdict == VERDICT_OK)
            continue;
        if (now->verdict == VERDICT_UNKNOWN)
            continue; /* the server that cannot be looked at is told once, not by every rule */
        if (now->verdict == VERDICT_OK && then && then->verdict == VERDICT_UNKNOWN)
            continue;
        notices_add(notices, after->now_utc_ms, now->verdict, now->where, "%s: %s%s%s", now->id,
                    now->text, then ? "; it was " : "", then ? verdict_name(then->verdict) : "");
    }
    for (size_t i = 0; before && i < before->checks_count; i++) {
        const struct check_result *then = &before->checks[i];
        if (then->verdict != VERDICT_OK && then->verdict != VERDICT_UNKNOWN && !find_check(after, before, i))
            notices_add(notices, after->now_utc_ms, VERDICT_OK, then->where,
                        "%s: no longer found; it was %s", then->id, verdict_name(then->verdict));
    }
}

static void compare_parts(struct notices *notices, const struct server_view *then,
                          const struct server_view *now, int64_t utc_ms)
{
    char text[WORDS_LINE];
    for (int part = 0; part < PART_COUNT; part++) {
        enum part_state state = now->parts[part].state;
        bool bad = state == PART_FAILED || state == PART_NOT_VISIBLE;
        bool was_bad = then && (then->parts[part].state == PART_FAILED ||
                                then->parts[part].state == PART_NOT_VISIBLE);
        if (bad == was_bad || !now->reachable)
            continue;
        if (!bad)
            notices_add(notices, utc_ms, VERDICT_OK, now->name, "%s can be read again",
                        words_part((enum view_part)part));
        else if (words_part_problem(text, sizeof text, now, (enum view_part)part,
                                    now->as_of_monotonic_ms))
            notices_add(notices, utc_ms, VERDICT_WARNING, now->name, "%s", text);
    }
}

static void compare_servers(struct notices *notices, const struct group_view *before,
                            const struct group_view *after)
{
    for (size_t i = 0; i < after->servers_count; i++) {
        const struct server_view *now = after->servers[i];
        const struct server_view *then =
            before && i < before->servers_count ? before->servers[i] : NULL;
        char words[1800];
        if (now->reachable && !(then && then->reachable)) {
            notices_add(notices, after->now_utc_ms, VERDICT_OK, now->name, "answers%s%s",
                        now->version ? ", version " : "", now->version ? now->version : "");
        } else if (!now->reachable && now->error.code != ERR_OK &&
                   (!then || then->reachable || then->error.code == ERR_OK)) {
            error_format(&now->error, words, sizeof words);
            notices_add(notices, after->now_utc_ms, VERDICT_CRITICAL, now->name,
                        "does not answer: %s", words);
        }
        compare_parts(notices, then, now, after->now_utc_ms);
    }
}

static void compare_sets(struct notices *notices, const struct group_view *before,
                         const struct group_view *after)
{
    if (!before || !before->sets_count)
        return;
    int64_t last = before->sets[before->sets_count - 1].id;
    for (size_t i = 0; i < after->sets_count; i++) {
        const struct backup_set *set = &after->sets[i];
        if (set->id > last)
            notices_add(notices, after->now_utc_ms, VERDICT_OK, "", "new %s set %lld %s%s",
                        set_kind_name(set->kind), (long long)set->id,
                        set->in_progress ? "is being taken " : "", set->mark ? set->mark : "");
    }
}

void notices_compare(struct notices *notices, const struct group_view *before,
                     const struct group_view *after)
{
    compare_servers(notices, before, after);
    compare_sets(notices, before, after);
    compare_checks(notices, before, after);
    if (!before || before->readiness.verdict != after->readiness.verdict) {
        const struct readiness *ready = &after->readiness;
        const struct mark *mark = words_mark(after, ready->newest);
        notices_add(notices, after->now_utc_ms, ready->verdict, "",
                    "fail-over: %s%s%s", ready->possible ? "possible" : "not possible",
                    ready->possible && mark ? ", to mark " : ready->reasons_count ? ": " : "",
                    ready->possible && mark    ? mark->name
                    : ready->reasons_count ? ready->reasons[0]
                                           : "");
    }
}
