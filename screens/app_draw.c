#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "screens/app_private.h"
#include "screens/facts.h"
#include "screens/words.h"
#include "tui/bar.h"

enum { HEADER_ROWS = 3, FOOTER_ROWS = 2, TAB_COUNT = APP_TABS + 1, KEYS_LIMIT = 24 };

/* Live, stale or silent: the worst server speaks. */
static enum glyph liveness(const struct app *app, char *out, size_t size)
{
    const struct screen_world *world = &app->world;
    size_t silent = 0, waiting = 0, stale = 0;
    const char *first = "";
    for (size_t i = 0; i < app->view->servers_count; i++) {
        const struct server_view *server = app->view->servers[i];
        bool never = server->error.code == ERR_OK && server->as_of_monotonic_ms == TIME_UNKNOWN;
        if (server->reachable && !words_server_stale(app->view, server, world->now_monotonic_ms))
            continue;
        if (!silent && !never)
            first = server->name;
        waiting += never;
        silent += !server->reachable && !never;
        stale += server->reachable;
    }
    if (silent || stale) {
        size_t more = silent + stale - 1;
        snprintf(out, size, "%.60s %s", first, silent ? "silent" : "stale");
        if (more)
            snprintf(out + strlen(out), size - strlen(out), " +%zu", more);
        return silent ? GLYPH_CRITICAL : GLYPH_WARNING;
    }
    text_copy(out, size, waiting ? "connecting" : "live");
    return waiting ? GLYPH_PROGRESS : GLYPH_OK;
}

/* The clock of the source that hosts the management database, else the console's own, named. */
static void clock_words(const struct app *app, char *out, size_t size)
{
    const struct group_view *view = app->view;
    char time[WORDS_SIZE];
    int64_t now_ms = TIME_UNKNOWN;
    if (view->management >= 0)
        now_ms = server_view_now_utc_ms(view->servers[view->management],
                                        app->world.now_monotonic_ms);
    bool own = now_ms == TIME_UNKNOWN;
    time_format_of_day(time, sizeof time, own ? app->world.now_utc_ms : now_ms);
    snprintf(out, size, "%s UTC%s", time, own ? " here" : "");
}

static void draw_header(struct app *app, const struct canvas *canvas)
{
    char sources[WORDS_LINE], destinations[WORDS_LINE], time[WORDS_SIZE * 2], live[WORDS_SIZE * 2];
    char group[WORDS_LINE];
    text_clean(group, sizeof group, app->options.config->group_name);
    words_servers(sources, sizeof sources, app->view, ROLE_SOURCE);
    words_servers(destinations, sizeof destinations, app->view, ROLE_DESTINATION);
    clock_words(app, time, sizeof time);
    enum glyph glyph = liveness(app, live, sizeof live);
    const struct bar_part parts[] = {
        {.text = "stopmark", .attr = ATTR_TITLE, .glyph = GLYPH_NONE, .worth = 20},
        {.text = group, .attr = ATTR_STRONG, .glyph = GLYPH_NONE, .worth = 90},
        {.text = app->options.demo ? "DEMO" : NULL, .attr = ATTR_WARNING, .glyph = GLYPH_NONE, .worth = 60},
        {.text = app->options.monitor ? "READ-ONLY" : NULL, .attr = ATTR_STRONG, .glyph = GLYPH_NONE, .worth = 70},
        {.text = sources, .glyph = GLYPH_NONE, .worth = 40, .right = true},
        {.text = destinations, .glyph = GLYPH_ARROW, .worth = 40, .right = true},
        {.text = time, .glyph = GLYPH_NONE, .worth = 80, .right = true},
        {.text = app->paused ? "PAUSED" : live,
         .attr = app->paused ? ATTR_WARNING : glyph_attr(glyph),
         .glyph = app->paused ? GLYPH_WARNING : glyph,
         .worth = 100,
         .right = true},
    };
    bar_header(canvas, 0, parts, sizeof parts / sizeof *parts);
}

static void fill_tabs(struct app *app, struct bar_tab tabs[TAB_COUNT], size_t *count)
{
    for (size_t i = 0; i < APP_TABS; i++)
        tabs[i] = (struct bar_tab){.key = action_of((enum action_id)(ACTION_OVERVIEW + i))->key,
                                   .title = app->tabs[i].ops->title};
    *count = APP_TABS;
    if (!app->options.monitor)
        tabs[(*count)++] = (struct bar_tab){.key = "R", .title = "Restore", .right = true};
}

static size_t tab_here(const struct app *app)
{
    for (size_t i = 0; i < app->depth; i++)
        if (app->stack[i].ops->keep)
            return APP_TABS;
    return app->tab;
}

size_t app_tab_at(struct app *app, const struct canvas *canvas, int column)
{
    struct bar_tab tabs[TAB_COUNT];
    size_t count = 0;
    fill_tabs(app, tabs, &count);
    return bar_tab_at(canvas, tabs, count, tab_here(app), column);
}

static void draw_message(struct app *app, const struct canvas *canvas, int row)
{
    const char *note = app->world.journal_note;
    char text[700];
    if (app->command_open) {
        app_command_draw(app, canvas, row);
    } else if (app->paused) {
        char when[WORDS_SIZE];
        time_format_of_day(when, sizeof when, app->view->now_utc_ms);
        snprintf(text, sizeof text, "PAUSED, only this screen, as of %s; Space goes on", when);
        bar_message(canvas, row, ATTR_WARNING, text);
    } else if (app->message[0]) {
        bar_message(canvas, row, app->message_attr, app->message);
    } else if (app->trouble[0]) {
        bar_message(canvas, row, ATTR_CRITICAL, app->trouble);
    } else if (note && note[0] && tab_here(app) != APP_TABS) {
        snprintf(text, sizeof text, "%s: R shows it", note);
        bar_message(canvas, row, app->world.journal_attr, text);
    } else {
        bar_message(canvas, row, ATTR_NORMAL, "");
    }
}

static bool has_key(const struct bar_key *keys, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (!strcmp(keys[i].key, name))
            return true;
    return false;
}

static void add_key(struct app *app, struct bar_key *keys, size_t *count, enum action_id id)
{
    const struct action *action = action_of(id);
    if (*count == KEYS_LIMIT || !action->label[0] || !(action->scopes & app_scopes(app)))
        return;
    if (id == ACTION_BACK && !app->depth)
        return;
    if (id == ACTION_RESTORE && tab_here(app) == APP_TABS)
        return;
    /* In the wizard Space chooses and ticks; and its pause is not that of a run. */
    if (id == ACTION_PAUSE && tab_here(app) == APP_TABS)
        return;
    if (has_key(keys, *count, action->key))
        return;
    keys[(*count)++] =
        (struct bar_key){.key = action->key, .label = action->label, .worth = action->worth};
}

static void draw_keys(struct app *app, const struct canvas *canvas, int row)
{
    static const enum action_id always[] = {ACTION_BACK,    ACTION_RESTORE, ACTION_ROTATE, ACTION_NEXT_TAB,
                                            ACTION_REFRESH, ACTION_COPY,    ACTION_SAVE,
                                            ACTION_PAUSE,   ACTION_HELP,    ACTION_QUIT};
    struct bar_key keys[KEYS_LIMIT];
    size_t count = 0;
    const struct app_slot *top = app_top(app);
    const struct bar_key *typing = top->ops->typing_bar;
    if (typing != NULL && top->ops->is_typing(top->self)) {
        while (typing[count].key != NULL)
            count++;
        bar_keys(canvas, row, typing, count);
        return;
    }
    const enum action_id *bar =
        top->ops->bar_now ? top->ops->bar_now(top->self) : top->ops->bar;
    for (const enum action_id *id = bar; id && *id != ACTION_NONE; id++)
        add_key(app, keys, &count, *id);
    for (size_t i = 0; i < sizeof always / sizeof *always; i++)
        add_key(app, keys, &count, always[i]);
    bar_keys(canvas, row, keys, count);
}

/* Too small for panels: one line of status, what matters most first, cut where the room ends. */
static void draw_tiny(struct app *app, const struct canvas *canvas)
{
    const struct readiness *ready = &app->view->readiness;
    const struct mark *mark = words_mark(app->view, ready->newest);
    char live[WORDS_SIZE * 2], loss[WORDS_SIZE], set[32] = "";
    enum glyph glyph = liveness(app, live, sizeof live);
    int column = 1 + canvas_sign(canvas, 0, 0, words_verdict_glyph(ready->verdict));
    if (app->paused)
        column = 1 + canvas_text(canvas, 0, column, ATTR_WARNING, "PAUSED");
    column = 1 + canvas_text(canvas, 0, column, words_verdict_attr(ready->verdict),
                             app->world.starting ? "asking" : facts_verdict_word(ready));
    if (mark != NULL)
        snprintf(set, sizeof set, "%lld ", (long long)app->view->sets[mark->set].id);
    words_duration(loss, sizeof loss, ready->data_loss_ms);
    if (!ready->live)
        column = 1 + canvas_format(canvas, 0, column, ATTR_NORMAL, "%sloss %s", set, loss);
    column = 1 + canvas_sign(canvas, 0, column, glyph);
    column = 1 + canvas_text(canvas, 0, column, glyph_attr(glyph), live);
    if (app->world.journal_note)
        canvas_text(canvas, 0, column, app->world.journal_attr, app->world.journal_note);
}

void app_draw(struct app *app, const struct canvas *canvas)
{
    app_world(app);
    app->columns = canvas->columns;
    canvas_clear(canvas);
    if (canvas->rows < 10 || canvas->columns < 40) {
        draw_tiny(app, canvas);
        app->body_rows = 0;
        if (dialog_is_open(&app->dialog))
            dialog_draw(&app->dialog, canvas);
        return;
    }
    struct bar_tab tabs[TAB_COUNT];
    size_t count = 0;
    draw_header(app, canvas);
    fill_tabs(app, tabs, &count);
    bar_tabs(canvas, 1, tabs, count, tab_here(app));
    canvas_rule(canvas, 2);
    app->body_row = HEADER_ROWS;
    app->body_rows = canvas->rows - HEADER_ROWS - FOOTER_ROWS;
    struct canvas body = canvas_region(canvas, HEADER_ROWS, 0, app->body_rows, -1);
    struct app_slot *top = app_top(app);
    top->ops->draw(top->self, &app->world, &body);
    draw_message(app, canvas, canvas->rows - 2);
    draw_keys(app, canvas, canvas->rows - 1);
    if (dialog_is_open(&app->dialog))
        dialog_draw(&app->dialog, canvas);
}
