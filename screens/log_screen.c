/* What the program noticed, newest first. */
#include <stdio.h>
#include <stdlib.h>

#include "core/base/text.h"
#include "screens/panel.h"
#include "screens/words.h"

static const struct table_column columns[] = {
    {.title = "Time", .minimum = 8, .worth = 95},
    {.title = "Verdict", .minimum = 12, .worth = 70},
    {.title = "Where", .minimum = 6, .ideal = 30, .worth = 60},
    {.title = "What", .minimum = 20, .worth = TABLE_ALWAYS},
};

static void fill(struct table *table, const struct screen_world *world)
{
    for (size_t i = world->notices->items_count; i-- > 0;) {
        const struct notice *notice = &world->notices->items[i];
        char when[WORDS_SIZE], identity[WORDS_SIZE];
        words_when(when, sizeof when, notice->utc_ms, world->now_utc_ms);
        snprintf(identity, sizeof identity, "%llu", (unsigned long long)notice->id);
        table_row(table, identity, ATTR_NORMAL);
        table_cell_key(table, ATTR_NORMAL, when, (int64_t)notice->id);
        table_cell_sign(table, words_verdict_glyph(notice->verdict),
                        verdict_name(notice->verdict), (int64_t)notice->verdict);
        table_cell(table, ATTR_NORMAL, notice->where);
        table_cell(table, ATTR_NORMAL, notice->text);
    }
}

static void describe(struct pager *pager, const struct screen_world *world, const char *identity)
{
    unsigned long long id = strtoull(identity, NULL, 10);
    for (size_t i = 0; i < world->notices->items_count; i++) {
        const struct notice *notice = &world->notices->items[i];
        char when[WORDS_SIZE];
        if (notice->id != id)
            continue;
        time_format(when, sizeof when, notice->utc_ms);
        pager_heading(pager, when);
        pager_field(pager, 9, "Where", ATTR_NORMAL,
                    notice->where[0] ? notice->where : "the group");
        pager_field(pager, 9, "Verdict", words_verdict_attr(notice->verdict),
                    verdict_name(notice->verdict));
        pager_add(pager, ATTR_NORMAL, "");
        pager_add(pager, ATTR_NORMAL, notice->text);
        return;
    }
    pager_add(pager, ATTR_SECONDARY, "this line has fallen out of the log");
}

const struct list_kind list_log = {.name = "log",
                                   .columns = columns,
                                   .columns_count = sizeof columns / sizeof *columns,
                                   .fill = fill,
                                   .describe = describe,
                                   .empty = "nothing noticed yet",
                                   .role = PANEL_ANY_ROLE,
                                   .parts = 0};

static void *open_log(const struct screen_world *world, const char *argument)
{
    (void)world;
    (void)argument;
    return list_open(&list_log);
}

const struct screen_ops screen_log = {
    .name = "log",
    .title = "Log",
    .about = "What the program noticed since it was started, newest first: checks that changed "
             "their verdict, servers that went silent and came back, errors with the server's "
             "number and words, new sets, runs. w saves it.",
    .scopes = SCOPE_LIST,
    .bar = list_bar,
    .open = open_log,
    .update = list_update,
    .draw = list_draw,
    .key = list_key,
    .is_typing = list_is_typing,
    .typing_bar = list_typing_bar,
    .click = list_click,
    .dump = list_dump,
    .copy = list_copy,
    .close = list_close};
