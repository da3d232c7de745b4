/* One row's details, scrolled: the argument is "KIND\nIDENTITY", so that a refresh finds the same
 * thing again in the next view. */
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "screens/panel.h"
#include "tui/keys.h"

static const struct list_kind list_mark = {.name = "mark", .describe = marks_describe};

static const struct list_kind *const kinds[] = {&list_sources, &list_sets,   &list_standby,
                                                &list_jobs,    &list_checks, &list_log,
                                                &list_mark};

struct detail {
    const struct list_kind *kind;
    char *identity;
    struct pager *pager;
};

static void update(void *self, const struct screen_world *world)
{
    struct detail *detail = self;
    pager_clear(detail->pager);
    if (detail->kind)
        detail->kind->describe(detail->pager, world, detail->identity);
}

static void *open_detail(const struct screen_world *world, const char *argument)
{
    struct detail *detail = memory_new(sizeof *detail);
    const char *end = strchr(argument, '\n');
    (void)world;
    detail->pager = pager_new();
    detail->identity = memory_copy_text(end ? end + 1 : "");
    for (size_t i = 0; end && i < sizeof kinds / sizeof *kinds; i++)
        if (strlen(kinds[i]->name) == (size_t)(end - argument) &&
            !strncmp(kinds[i]->name, argument, (size_t)(end - argument)))
            detail->kind = kinds[i];
    return detail;
}

static void draw(void *self, const struct screen_world *world, const struct canvas *canvas)
{
    struct detail *detail = self;
    (void)world;
    struct canvas inside = canvas_region(canvas, 0, 1, -1, canvas->columns - 2);
    pager_draw(detail->pager, &inside, true);
}

static struct reaction key_pressed(void *self, const struct screen_world *world, uint32_t key,
                                   enum action_id action)
{
    struct detail *detail = self;
    (void)world;
    if (!pager_is_typing(detail->pager) && (key == KEYS_SPACE || action == ACTION_QUIT))
        return (struct reaction){0};
    return pager_key(detail->pager, key) ? reaction_used() : (struct reaction){0};
}

static bool is_typing(const void *self)
{
    const struct detail *detail = self;
    return pager_is_typing(detail->pager);
}

static void dump(void *self, const struct screen_world *world, enum glyph_set set,
                 struct str *out)
{
    struct detail *detail = self;
    (void)world;
    (void)set;
    pager_dump(detail->pager, out);
}

static void copy(void *self, struct str *out)
{
    struct detail *detail = self;
    pager_dump(detail->pager, out);
}

static void close_detail(void *self)
{
    struct detail *detail = self;
    pager_free(detail->pager);
    free(detail->identity);
    free(detail);
}

static const enum action_id bar[] = {ACTION_FILTER, ACTION_NONE};

const struct screen_ops screen_detail = {.name = "details",
                                         .title = "Details",
                                         .about = "Everything known of one row. It follows every "
                                                  "refresh; Esc goes back to the list.",
                                         .scopes = SCOPE_TEXT,
                                         .bar = bar,
                                         .open = open_detail,
                                         .update = update,
                                         .draw = draw,
                                         .key = key_pressed,
                                         .is_typing = is_typing,
                                         .typing_bar = pager_typing_bar,
                                         .dump = dump,
                                         .copy = copy,
                                         .close = close_detail};
