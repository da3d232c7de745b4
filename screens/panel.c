#include "screens/panel.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "screens/words.h"
#include "tui/keys.h"
#include "tui/wrap.h"

enum { DETAIL_PART_PERCENT = 38, PROBLEM_ROWS = 3 };

/* The first part of the mask that cannot be trusted, with its sentence; false if all can. */
bool panel_problem(char *out, size_t size, const struct screen_world *world,
                   const struct server_view *server, unsigned parts)
{
    out[0] = '\0';
    for (int part = 0; part < PART_COUNT; part++)
        if ((parts & PANEL_PART(part)) &&
            words_part_problem(out, size, server, (enum view_part)part, world->now_monotonic_ms))
            return true;
    if (parts && server->as_of_monotonic_ms != TIME_UNKNOWN &&
        words_server_stale(world->view, server, world->now_monotonic_ms)) {
        char age[WORDS_SIZE];
        words_ago(age, sizeof age, words_server_age_ms(server, world->now_monotonic_ms));
        snprintf(out, size, "%s: last read %s", server->name, age);
        return true;
    }
    return false;
}

/* Wrapped, for the missing grant stands at its end. */
int panel_draw_problem(const struct canvas *canvas, int row, const struct server_view *server,
                       const char *text)
{
    bool waiting = !server->reachable && server->error.code == ERR_OK;
    enum glyph glyph = waiting              ? GLYPH_PROGRESS
                       : !server->reachable ? GLYPH_CRITICAL
                                            : GLYPH_WARNING;
    int column = canvas_sign(canvas, row, 1, glyph);
    struct canvas inside =
        canvas_region(canvas, row, column + 1, PROBLEM_ROWS, canvas->columns - column - 2);
    int rows = wrap_draw(&inside, 0, glyph_attr(glyph), text);
    return row + (rows > PROBLEM_ROWS ? PROBLEM_ROWS : rows);
}

int panel_problems(const struct canvas *canvas, int row, const struct screen_world *world,
                   int role, unsigned parts, int limit)
{
    char text[WORDS_LINE];
    int drawn = 0, more = 0;
    for (size_t i = 0; i < world->view->servers_count; i++) {
        const struct server_view *server = world->view->servers[i];
        if ((role != PANEL_ANY_ROLE && server->role != (enum server_role)role) ||
            !panel_problem(text, sizeof text, world, server, parts))
            continue;
        if (drawn == limit) {
            more++;
            continue;
        }
        row = panel_draw_problem(canvas, row, server, text);
        drawn++;
    }
    if (more && row > 0)
        canvas_format(canvas, row++, 1, ATTR_SECONDARY, "and %d more server%s that cannot be trusted now", more,
                      more == 1 ? "" : "s");
    return row;
}

unsigned panel_attr(const struct screen_world *world, const struct server_view *server,
                    unsigned parts)
{
    char text[WORDS_LINE];
    return panel_problem(text, sizeof text, world, server, parts) ? ATTR_STALE : ATTR_NORMAL;
}

struct list {
    const struct list_kind *kind;
    struct table *table;
    struct pager *details; /* the second pane of wide terminals */
};

const enum action_id list_bar[] = {ACTION_DETAILS, ACTION_FILTER, ACTION_SORT, ACTION_NONE};

void *list_open(const struct list_kind *kind)
{
    struct list *list = memory_new(sizeof *list);
    list->kind = kind;
    list->table = table_new(kind->columns, kind->columns_count);
    list->details = pager_new();
    return list;
}

void list_update(void *self, const struct screen_world *world)
{
    struct list *list = self;
    table_begin(list->table);
    list->kind->fill(list->table, world);
    table_set_empty_text(list->table, world->starting ? ATTR_PROGRESS : ATTR_SECONDARY,
                         world->starting ? "waiting for the first answer" : list->kind->empty);
    table_end(list->table);
}

static void draw_details(struct list *list, const struct screen_world *world,
                         const struct canvas *canvas)
{
    const char *selected = table_selected(list->table);
    for (int row = 0; row < canvas->rows; row++)
        canvas_glyph(canvas, row, 0, GLYPH_LINE_VERTICAL, ATTR_RULE);
    struct canvas inside = canvas_region(canvas, 0, 2, -1, -1);
    pager_clear(list->details);
    if (selected)
        list->kind->describe(list->details, world, selected);
    pager_draw(list->details, &inside, false);
}

void list_draw(void *self, const struct screen_world *world, const struct canvas *canvas)
{
    struct list *list = self;
    int row = 0;
    if (list->kind->head)
        row = list->kind->head(world, canvas, row);
    row = panel_problems(canvas, row, world, list->kind->role, list->kind->parts,
                         canvas->rows > 24 ? 4 : 2);
    int columns = canvas->columns;
    if (list->kind->describe && columns >= PANEL_WIDE_COLUMNS) {
        int details = columns * DETAIL_PART_PERCENT / 100;
        columns -= details;
        struct canvas side = canvas_region(canvas, row, columns, -1, -1);
        draw_details(list, world, &side);
        columns--;
    }
    struct canvas body = canvas_region(canvas, row, 0, -1, columns);
    table_draw(list->table, &body, true);
}

struct reaction list_key(void *self, const struct screen_world *world, uint32_t key,
                         enum action_id action)
{
    struct list *list = self;
    (void)world;
    if (!table_is_typing(list->table) && action == ACTION_DETAILS && list->kind->describe) {
        const char *selected = table_selected(list->table);
        char argument[300];
        if (!selected)
            return reaction_message(ATTR_SECONDARY, "no row is selected");
        snprintf(argument, sizeof argument, "%s\n%s", list->kind->name, selected);
        return reaction_push(&screen_detail, argument);
    }
    if (key == KEYS_NONE && action == ACTION_SORT)
        key = 's';
    if (key == KEYS_NONE && action == ACTION_REVERSE)
        key = 'S';
    return table_key(list->table, key) ? reaction_used() : (struct reaction){0};
}

const struct bar_key list_typing_bar[] = {{"Enter", "keep the filter", 80},
                                          {"Esc", "show all", 75},
                                          {"Up Down", "move", 50},
                                          {NULL, NULL, 0}};

const struct bar_key pager_typing_bar[] = {{"Enter", "find", 80}, {"Esc", "stop", 75}, {NULL, NULL, 0}};

bool list_is_typing(const void *self)
{
    const struct list *list = self;
    return table_is_typing(list->table);
}

bool list_click(void *self, int row, int column)
{
    struct list *list = self;
    return table_click(list->table, row, column);
}

void list_dump(void *self, const struct screen_world *world, enum glyph_set set, struct str *out)
{
    struct list *list = self;
    char text[WORDS_LINE];
    for (size_t i = 0; i < world->view->servers_count; i++) {
        const struct server_view *server = world->view->servers[i];
        if ((list->kind->role == PANEL_ANY_ROLE ||
             server->role == (enum server_role)list->kind->role) &&
            panel_problem(text, sizeof text, world, server, list->kind->parts))
            str_format(out, "note: %s\n", text);
    }
    table_dump(list->table, set, out);
}

void list_copy(void *self, struct str *out)
{
    struct list *list = self;
    table_copy_selected(list->table, out);
}

const char *list_selected(const void *self)
{
    const struct list *list = self;
    return table_selected(list->table);
}

void list_close(void *self)
{
    struct list *list = self;
    table_free(list->table);
    pager_free(list->details);
    free(list);
}
