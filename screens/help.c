/* Help for the screen that is shown: what it is about, its keys, the signs. Made from actions.def
 * and the screens' own words, so that it cannot drift. */
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "screens/panel.h"
#include "tui/keys.h"

static const struct screen_ops *const screens[] = {
    &screen_overview, &screen_sources, &screen_sets,    &screen_standby,
    &screen_marks,    &screen_jobs,    &screen_checks,  &screen_log,
    &screen_detail,   &screen_wizard,  &screen_monitor,
    &screen_acknowledge,
};

enum { LABEL_CELLS = 14 };

static const struct screen_ops *find(const char *name)
{
    for (size_t i = 0; i < sizeof screens / sizeof *screens; i++)
        if (text_equal(screens[i]->name, name))
            return screens[i];
    return &screen_overview;
}

static void add_keys(struct pager *pager, unsigned scopes, bool monitor)
{
    for (int i = 1; i < ACTION_COUNT; i++) {
        const struct action *action = action_of((enum action_id)i);
        if (!(action->scopes & scopes) || (i >= ACTION_OVERVIEW && i <= ACTION_LOG))
            continue;
        if (monitor && !(action->scopes & ~(unsigned)(SCOPE_OPERATE | SCOPE_WIZARD | SCOPE_RUN | SCOPE_CHECKS | SCOPE_SETS)))
            continue;
        struct str keys = {0};
        action_keys((enum action_id)i, &keys);
        pager_field(pager, LABEL_CELLS, str_text(&keys), ATTR_NORMAL, action->help);
        str_free(&keys);
    }
}

static void add_sign(struct pager *pager, enum glyph glyph, const char *text)
{
    pager_format(pager, glyph_attr(glyph), "%s  %s", glyph_text(GLYPH_SET_UTF8, glyph), text);
}

static void add_signs(struct pager *pager)
{
    pager_heading(pager, "Signs");
    add_sign(pager, GLYPH_OK, "ok");
    add_sign(pager, GLYPH_WARNING, "warning");
    add_sign(pager, GLYPH_CRITICAL, "critical; in the marks: not reachable");
    add_sign(pager, GLYPH_UNKNOWN, "not known");
    add_sign(pager, GLYPH_PROGRESS, "in progress; in the marks: being taken");
    add_sign(pager, GLYPH_ROLL_FORWARD, "the database rolls forward to this mark");
    add_sign(pager, GLYPH_FULL_RESTORE, "only from a full backup: the mark is already passed");
    add_sign(pager, GLYPH_AT_MARK, "the database stands at this mark");
}

static void *open_help(const struct screen_world *world, const char *argument)
{
    struct pager *pager = pager_new();
    struct str panels = {0};
    const struct screen_ops *ops = find(argument);
    pager_heading(pager, ops->title);
    pager_add(pager, ATTR_NORMAL, ops->about);
    pager_heading(pager, "Keys of this screen");
    add_keys(pager, ops->scopes, world->monitor);
    pager_field(pager, LABEL_CELLS, "arrows, j k", ATTR_NORMAL,
                "Move; PgUp PgDn (C-b, C-f), Home End (g, G) too");
    pager_heading(pager, "Keys everywhere");
    for (int i = ACTION_OVERVIEW; i <= ACTION_LOG; i++)
        str_format(&panels, "%s%s", i == ACTION_OVERVIEW ? "Panels: " : ", ",
                   screens[i - ACTION_OVERVIEW]->title);
    pager_field(pager, LABEL_CELLS, "1 to 8", ATTR_NORMAL, str_text(&panels));
    str_free(&panels);
    add_keys(pager, SCOPE_GLOBAL | (world->monitor ? 0U : (unsigned)SCOPE_OPERATE) |
                        (world->demo ? (unsigned)SCOPE_DEMO : 0U),
             world->monitor);
    if (world->monitor)
        add_keys(pager, SCOPE_MONITOR, false);
    pager_field(pager, LABEL_CELLS, "C-z", ATTR_NORMAL, "Suspend; fg comes back");
    add_signs(pager);
    pager_heading(pager, "Selecting text");
    pager_add(pager, ATTR_NORMAL,
              "With the mouse off the terminal selects text as usual; with it on, hold Shift.");
    return pager;
}

static void draw(void *self, const struct screen_world *world, const struct canvas *canvas)
{
    (void)world;
    struct canvas inside = canvas_region(canvas, 0, 1, -1, canvas->columns - 2);
    pager_draw(self, &inside, true);
}

static struct reaction key_pressed(void *self, const struct screen_world *world, uint32_t key,
                                   enum action_id action)
{
    (void)world;
    if (!pager_is_typing(self)) {
        if (action == ACTION_HELP)
            return (struct reaction){.kind = REACT_POP};
        if (action == ACTION_QUIT)
            return (struct reaction){0};
    }
    return pager_key(self, key) ? reaction_used() : (struct reaction){0};
}

static bool is_typing(const void *self)
{
    return pager_is_typing(self);
}

static void dump(void *self, const struct screen_world *world, enum glyph_set set,
                 struct str *out)
{
    (void)world;
    (void)set;
    pager_dump(self, out);
}

static void close_help(void *self)
{
    pager_free(self);
}

static const enum action_id bar[] = {ACTION_FILTER, ACTION_NONE};

const struct screen_ops screen_help = {.name = "help",
                                       .title = "Help",
                                       .about = "Help for the screen you came from.",
                                       .scopes = SCOPE_TEXT,
                                       .bar = bar,
                                       .open = open_help,
                                       .draw = draw,
                                       .key = key_pressed,
                                       .is_typing = is_typing,
                                       .typing_bar = pager_typing_bar,
                                       .dump = dump,
                                       .close = close_help};
