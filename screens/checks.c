/* Every rule with its verdict, the worst first. */
#include <stdio.h>

#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/checks.h"
#include "screens/panel.h"
#include "screens/words.h"

static const struct table_column columns[] = {
    {.title = "Verdict", .minimum = 10, .worth = 95},
    {.title = "Check", .minimum = 19, .ideal = 28, .worth = TABLE_ALWAYS},
    {.title = "Found", .minimum = 16, .worth = 80},
};

/* The order of urgency: what must be seen first has the lowest number. */
static int urgency(enum verdict verdict)
{
    static const int order[] = {[VERDICT_CRITICAL] = 0,
                                [VERDICT_WARNING] = 1,
                                [VERDICT_UNKNOWN] = 2,
                                [VERDICT_ACKNOWLEDGED] = 3,
                                [VERDICT_OK] = 4};
    return order[verdict];
}

/* A rule may find several things in one place: they are counted. */
static void identify(char *out, size_t size, const struct group_view *view, size_t index)
{
    const struct check_result *check = &view->checks[index];
    size_t before = 0;
    for (size_t i = 0; i < index; i++)
        before += text_equal(view->checks[i].id, check->id) &&
                  text_equal(view->checks[i].where, check->where);
    snprintf(out, size, "%s@%s#%zu", check->id, check->where ? check->where : "", before);
}

static void fill(struct table *table, const struct screen_world *world)
{
    for (int wanted = 0; wanted <= 4; wanted++)
        for (size_t i = 0; i < world->view->checks_count; i++) {
            const struct check_result *check = &world->view->checks[i];
            char identity[500];
            if (urgency(check->verdict) != wanted)
                continue;
            identify(identity, sizeof identity, world->view, i);
            table_row(table, identity, ATTR_NORMAL);
            table_cell_sign(table, words_verdict_glyph(check->verdict),
                            verdict_name(check->verdict), wanted);
            table_cell(table, ATTR_NORMAL, check->id);
            table_cell_format(table, ATTR_NORMAL, "%s%s%s", check->where,
                              check->where[0] ? ": " : "", check->text);
        }
}

static int head(const struct screen_world *world, const struct canvas *canvas, int row)
{
    static const enum verdict shown[] = {VERDICT_CRITICAL, VERDICT_WARNING, VERDICT_UNKNOWN,
                                         VERDICT_ACKNOWLEDGED, VERDICT_OK};
    size_t counts[VERDICT_ACKNOWLEDGED + 1] = {0};
    int column = 1;
    for (size_t i = 0; i < world->view->checks_count; i++)
        counts[world->view->checks[i].verdict]++;
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        if (shown[i] == VERDICT_ACKNOWLEDGED && !counts[shown[i]])
            continue;
        column = canvas_sign(canvas, row, column, words_verdict_glyph(shown[i]));
        column = canvas_format(canvas, row, column + 1, words_verdict_attr(shown[i]), "%zu %s",
                               counts[shown[i]], verdict_name(shown[i])) +
                 3;
    }
    return row + 1;
}

static void describe_rule(struct pager *pager, const struct check_rule *rule)
{
    pager_heading(pager, "The rule");
    pager_add(pager, ATTR_NORMAL, rule->what);
    pager_heading(pager, "Why it matters");
    pager_add(pager, ATTR_NORMAL, rule->why);
    pager_heading(pager, "Where the documentation says so");
    pager_add(pager, ATTR_SECONDARY, rule->source);
}

const struct check_result *checks_result_of(const struct screen_world *world, const char *identity)
{
    for (size_t i = 0; i < world->view->checks_count; i++) {
        char here[500];
        identify(here, sizeof here, world->view, i);
        if (text_equal(here, identity))
            return &world->view->checks[i];
    }
    return NULL;
}

static void describe_acceptance(struct pager *pager, const struct check_result *check)
{
    char at[WORDS_SIZE], until[WORDS_SIZE];
    time_format(at, sizeof at, check->at_utc_ms);
    time_format(until, sizeof until, check->until_utc_ms);
    pager_heading(pager, "Accepted");
    pager_field(pager, 9, "Was", words_verdict_attr(check->accepted),
                verdict_name(check->accepted));
    pager_field(pager, 9, "By", ATTR_NORMAL, check->by);
    pager_field(pager, 9, "At", ATTR_NORMAL, at);
    pager_field(pager, 9, "Until", ATTR_NORMAL, until);
    pager_field(pager, 9, "Reason", ATTR_NORMAL, check->reason);
}

static void describe(struct pager *pager, const struct screen_world *world, const char *identity)
{
    const struct check_result *check = checks_result_of(world, identity);
    if (!check) {
        pager_add(pager, ATTR_SECONDARY, "this check no longer has a result");
        return;
    }
    pager_heading(pager, check->id);
    pager_field(pager, 9, "Verdict", words_verdict_attr(check->verdict),
                verdict_name(check->verdict));
    pager_field(pager, 9, "Where", ATTR_NORMAL,
                check->where && check->where[0] ? check->where : "the group");
    pager_heading(pager, "Found");
    pager_add(pager, ATTR_NORMAL, check->text);
    if (check->verdict == VERDICT_ACKNOWLEDGED)
        describe_acceptance(pager, check);
    pager_heading(pager, "What to do");
    pager_add(pager, ATTR_NORMAL, check->remedy && check->remedy[0] ? check->remedy : "nothing");
    const struct check_rule *rule = checks_rule(check->id);
    if (rule)
        describe_rule(pager, rule);
}

const struct list_kind list_checks = {.name = "checks",
                                      .columns = columns,
                                      .columns_count = sizeof columns / sizeof *columns,
                                      .fill = fill,
                                      .describe = describe,
                                      .head = head,
                                      .empty = "no check has a result yet",
                                      .role = PANEL_ANY_ROLE,
                                      .parts = PANEL_PART(PART_SERVER)};

static struct reaction key_pressed(void *self, const struct screen_world *world, uint32_t key,
                                   enum action_id action)
{
    if (action != ACTION_ACKNOWLEDGE || list_is_typing(self))
        return list_key(self, world, key, action);
    const char *identity = list_selected(self);
    const struct check_result *check = identity ? checks_result_of(world, identity) : NULL;
    if (!check)
        return reaction_message(ATTR_SECONDARY, "no row is selected");
    if (check->verdict == VERDICT_OK)
        return reaction_message(ATTR_SECONDARY, "%s is ok: there is nothing to accept", check->id);
    return reaction_push(&screen_acknowledge, identity);
}

static const enum action_id bar[] = {ACTION_DETAILS, ACTION_ACKNOWLEDGE, ACTION_FILTER, ACTION_SORT,
                                     ACTION_NONE};

static void *open_checks(const struct screen_world *world, const char *argument)
{
    (void)world;
    (void)argument;
    return list_open(&list_checks);
}

const struct screen_ops screen_checks = {
    .name = "checks",
    .title = "Checks",
    .about = "Every rule with its verdict, the worst first. Enter: what was found, why it matters "
             "and what to do. What the login may not see is not known, never ok. `a` accepts a "
             "finding with a reason and until when: it stays visible.",
    .scopes = SCOPE_LIST | SCOPE_CHECKS,
    .bar = bar,
    .open = open_checks,
    .update = list_update,
    .draw = list_draw,
    .key = key_pressed,
    .is_typing = list_is_typing,
    .typing_bar = list_typing_bar,
    .click = list_click,
    .dump = list_dump,
    .copy = list_copy,
    .close = list_close};
