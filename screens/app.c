#include "screens/app.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "screens/app_private.h"
#include "screens/words.h"
#include "tui/keys.h"

static const struct screen_ops *const tab_ops[APP_TABS] = {
    &screen_overview, &screen_sources, &screen_sets,   &screen_standby,
    &screen_marks,    &screen_jobs,    &screen_checks, &screen_log};

struct reaction reaction_used(void)
{
    return (struct reaction){.kind = REACT_DRAW};
}

struct reaction reaction_push(const struct screen_ops *ops, const char *argument)
{
    struct reaction reaction = {.kind = REACT_PUSH, .push = ops};
    text_copy(reaction.argument, sizeof reaction.argument, argument);
    return reaction;
}

struct reaction reaction_message(unsigned attr, const char *format, ...)
{
    struct reaction reaction = {.kind = REACT_DRAW, .message_attr = attr};
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reaction.message, sizeof reaction.message, format, arguments);
    va_end(arguments);
    return reaction;
}

const struct screen_world *app_world(struct app *app)
{
    struct screen_world *world = &app->world;
    world->view = app->view;
    world->now_utc_ms = clock_utc_ms(app->options.clock);
    world->now_monotonic_ms = clock_monotonic_ms(app->options.clock);
    world->source_now_utc_ms =
        words_source_now_ms(app->view, world->now_utc_ms, world->now_monotonic_ms);
    const struct app_slot *wizard = &app->wizard;
    world->journal_note = wizard->ops && wizard->ops->note
                              ? wizard->ops->note(wizard->self, &world->journal_attr)
                              : NULL;
    return world;
}

static void open_slot(struct app *app, struct app_slot *slot, const struct screen_ops *ops,
                      const char *argument)
{
    text_copy(slot->argument, sizeof slot->argument, argument);
    slot->self = ops->open(app_world(app), argument);
    slot->ops = ops; /* only now: the world asks open screens for their note */
    if (ops->update)
        ops->update(slot->self, app_world(app));
}

static void close_slot(struct app_slot *slot)
{
    if (slot->ops)
        slot->ops->close(slot->self);
    *slot = (struct app_slot){0};
}

/* How many servers have neither answered nor failed since the start. */
static size_t count_waiting(const struct group_view *view)
{
    size_t waiting = 0;
    for (size_t i = 0; i < view->servers_count; i++) {
        const struct server_view *server = view->servers[i];
        waiting += !server->reachable && server->error.code == ERR_OK &&
                   server->as_of_monotonic_ms == TIME_UNKNOWN;
    }
    return waiting;
}

struct app *app_new(const struct app_options *options, struct group_view *view)
{
    struct app *app = memory_new(sizeof *app);
    app->options = *options;
    app->view = group_view_retain(view);
    app->notices = notices_new();
    app->effects.fd = -1;
    app->world = (struct screen_world){.config = options->config,
                                       .monitor = options->monitor,
                                       .notices = app->notices,
                                       .tasks = options->tasks,
                                       .demo = options->demo};
    size_t waiting = count_waiting(view);
    app->world.starting = waiting > 0 && waiting == view->servers_count;
    app->settled = false;
    for (size_t i = 0; i < APP_TABS; i++)
        open_slot(app, &app->tabs[i], i == 0 && options->monitor ? &screen_monitor : tab_ops[i],
                  "");
    if (!options->monitor)
        open_slot(app, &app->wizard, &screen_wizard, ""); /* it looks for runs of before */
    return app;
}

/* Ends a screen that was pushed; one that keeps its state stays in its own slot. */
static void drop(struct app_slot *slot)
{
    if (slot->ops && slot->ops->keep)
        *slot = (struct app_slot){0};
    else
        close_slot(slot);
}

void app_free(struct app *app)
{
    if (!app)
        return;
    while (app->depth)
        drop(&app->stack[--app->depth]);
    close_slot(&app->wizard);
    for (size_t i = 0; i < APP_TABS; i++)
        close_slot(&app->tabs[i]);
    dialog_close(&app->dialog);
    if (app->command_open || app->command.text)
        form_input_close(&app->command);
    notices_free(app->notices);
    group_view_release(app->view);
    group_view_release(app->kept);
    free(app->effects.copy);
    free(app->effects.theme);
    free(app);
}

struct app_slot *app_top(struct app *app)
{
    return app->depth ? &app->stack[app->depth - 1] : &app->tabs[app->tab];
}

struct app_effects app_effects(struct app *app)
{
    struct app_effects effects = app->effects;
    effects.mouse_on = app->mouse;
    effects.fd = -1;
    const struct app_slot *wizard = &app->wizard;
    if (wizard->ops && wizard->ops->fd)
        effects.fd = wizard->ops->fd(wizard->self);
    app->effects = (struct app_effects){.fd = -1};
    return effects;
}

void app_say(struct app *app, unsigned attr, const char *format, ...)
{
    char text[500];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    text_clean(app->message, sizeof app->message, text);
    app->message_attr = attr;
    app->message_until_ms = clock_monotonic_ms(app->options.clock) + APP_MESSAGE_MS;
}

static void update_slot(struct app *app, struct app_slot *slot)
{
    if (slot->ops && slot->ops->update)
        slot->ops->update(slot->self, app_world(app));
}

/* Only what is shown, and the wizard, which goes on in the back: the others hold what they had of
 * a view that may be gone, and are updated before they are shown again. */
static void update_shown(struct app *app)
{
    update_slot(app, &app->wizard);
    if (!app_top(app)->ops->keep)
        update_slot(app, app_top(app));
}

void app_set_view(struct app *app, struct group_view *view)
{
    group_view_retain(view);
    if (app->paused) {
        group_view_release(app->kept);
        app->kept = view;
        return;
    }
    /* what the first answers bring is no change: only what is not well then is told */
    size_t waiting = count_waiting(view);
    if (app->settled || waiting == 0)
        notices_compare(app->notices, app->settled ? app->view : NULL, view);
    app->settled |= waiting == 0;
    app->world.starting = waiting > 0 && waiting == view->servers_count;
    group_view_release(app->view);
    app->view = view;
    app->world.view = view;
    update_shown(app);
}

bool app_tick(struct app *app)
{
    int64_t now_ms = clock_monotonic_ms(app->options.clock);
    if (app->message[0] && now_ms >= app->message_until_ms)
        app->message[0] = '\0';
    if (app->paused)
        return false;
    if (app->rotating && !app->depth && now_ms >= app->rotate_at_ms) {
        app->rotate_at_ms = now_ms + APP_ROTATE_MS;
        app->tab = (app->tab + 1) % APP_TABS;
    }
    update_slot(app, app_top(app));
    return true;
}

void app_set_trouble(struct app *app, const char *why)
{
    text_clean(app->trouble, sizeof app->trouble, why);
    if (why && why[0])
        app->world.starting = false;
}

bool app_is_paused(const struct app *app)
{
    return app->paused;
}

unsigned app_scopes(const struct app *app)
{
    const struct app_slot *top =
        app->depth ? &app->stack[app->depth - 1] : &app->tabs[app->tab];
    unsigned scopes = SCOPE_GLOBAL | top->ops->scopes;
    if (app->options.monitor)
        scopes = (scopes & ~(unsigned)(SCOPE_OPERATE | SCOPE_WIZARD | SCOPE_RUN | SCOPE_DEMO |
                                         SCOPE_CHECKS | SCOPE_SETS)) |
                 SCOPE_MONITOR;
    else
        scopes |= SCOPE_OPERATE | (app->options.demo ? SCOPE_DEMO : 0U);
    return scopes;
}

static void go_to_tab(struct app *app, size_t tab)
{
    while (app->depth)
        drop(&app->stack[--app->depth]);
    app->tab = tab;
    update_slot(app, &app->tabs[tab]);
}

static void push(struct app *app, const struct screen_ops *ops, const char *argument)
{
    if (app->depth == APP_DEPTH)
        return;
    if (ops->keep) {
        if (!app->wizard.ops)
            open_slot(app, &app->wizard, ops, argument);
        else if (ops->take)
            ops->take(app->wizard.self, app_world(app), argument);
        for (size_t i = 0; i < app->depth; i++)
            if (app->stack[i].ops == ops)
                return;
        app->stack[app->depth++] = app->wizard;
        return;
    }
    open_slot(app, &app->stack[app->depth++], ops, argument);
}

static void pop(struct app *app)
{
    if (!app->depth)
        return;
    drop(&app->stack[--app->depth]);
    update_slot(app, app_top(app));
}

void app_react(struct app *app, struct reaction reaction)
{
    if (reaction.message[0])
        app_say(app, reaction.message_attr, "%s", reaction.message);
    app->effects.flush_input |= reaction.flush_input;
    if (reaction.verify_set != 0)
        app->effects.verify_set = reaction.verify_set;
    if (reaction.kind == REACT_PUSH)
        push(app, reaction.push, reaction.argument);
    else if (reaction.kind == REACT_POP)
        pop(app);
}

static void toggle_pause(struct app *app)
{
    app->paused = !app->paused;
    if (app->paused || !app->kept)
        return;
    struct group_view *view = app->kept;
    app->kept = NULL;
    app_set_view(app, view);
    group_view_release(view);
}

static void copy_row(struct app *app)
{
    struct app_slot *top = app_top(app);
    struct str text = {0};
    if (top->ops->copy)
        top->ops->copy(top->self, &text);
    if (!text.length) {
        app_say(app, ATTR_SECONDARY, "nothing here to copy");
        str_free(&text);
        return;
    }
    free(app->effects.copy);
    app->effects.copy = str_take(&text);
    app_say(app, ATTR_NORMAL, "sent to the terminal's clipboard (where it allows that)");
}

/* Leaves one level; at the top the program, which asks once where a run is watched. */
static void quit(struct app *app)
{
    if (app->depth) {
        pop(app);
        return;
    }
    const char *note = app_world(app)->journal_note;
    const struct app_slot *wizard = &app->wizard;
    bool watching = wizard->ops && wizard->ops->fd(wizard->self) >= 0;
    if (watching && note && note[0] && !app->asked_to_quit) {
        app->asked_to_quit = true;
        app_say(app, ATTR_WARNING, "%s: it goes on without the console; q again leaves", note);
        return;
    }
    app->effects.quit = true;
}

bool app_do(struct app *app, enum action_id action)
{
    if (action >= ACTION_OVERVIEW && action <= ACTION_LOG) {
        go_to_tab(app, (size_t)(action - ACTION_OVERVIEW));
        return true;
    }
    switch (action) {
    case ACTION_NEXT_TAB:
        go_to_tab(app, (app->tab + 1) % APP_TABS);
        break;
    case ACTION_PREVIOUS_TAB:
        go_to_tab(app, (app->tab + APP_TABS - 1) % APP_TABS);
        break;
    case ACTION_BACK:
        pop(app);
        break;
    case ACTION_REFRESH:
        app->effects.refresh = true;
        app_say(app, ATTR_PROGRESS, "reading every server");
        break;
    case ACTION_RESTORE:
        push(app, &screen_wizard, "");
        break;
    case ACTION_COPY:
        copy_row(app);
        break;
    case ACTION_SAVE:
        app_save(app, NULL);
        break;
    case ACTION_PAUSE:
        toggle_pause(app);
        break;
    case ACTION_MOUSE:
        app->mouse = !app->mouse;
        app->effects.mouse_changed = true;
        app_say(app, ATTR_NORMAL, "%s", app->mouse ? "mouse on: m gives it back to the terminal" : "mouse off");
        break;
    case ACTION_COMMAND:
        app_command_open(app);
        break;
    case ACTION_HELP:
        if (app_top(app)->ops != &screen_help)
            push(app, &screen_help, app_top(app)->ops->name);
        break;
    case ACTION_REDRAW:
        app->effects.redraw = true;
        break;
    case ACTION_QUIT:
        quit(app);
        break;
    case ACTION_SOURCES_DIE:
        app_ask_sources_die(app);
        break;
    case ACTION_ROTATE:
        app->rotating = !app->rotating;
        app->rotate_at_ms = clock_monotonic_ms(app->options.clock) + APP_ROTATE_MS;
        app_say(app, ATTR_NORMAL, "%s",
                app->rotating ? "the panels are shown in turn" : "this panel stays");
        break;
    default:
        return false;
    }
    return true;
}

void app_key(struct app *app, uint32_t key)
{
    if (dialog_is_open(&app->dialog)) {
        app_dialog_key(app, key);
        return;
    }
    if (app->command_open) {
        app_command_key(app, key);
        return;
    }
    app->message[0] = '\0'; /* it was about the key before */
    struct app_slot *top = app_top(app);
    bool typing = top->ops->is_typing && top->ops->is_typing(top->self);
    enum action_id action = typing ? ACTION_NONE : action_for_key(key, app_scopes(app));
    if (action != ACTION_QUIT)
        app->asked_to_quit = false;
    struct reaction reaction = {0};
    if (top->ops->key)
        reaction = top->ops->key(top->self, app_world(app), key, action);
    if (reaction.kind != REACT_UNUSED)
        app_react(app, reaction);
    else if (!typing)
        app_do(app, action);
    tasks_collect(app->options.tasks);
}

void app_paste(struct app *app, const char *text)
{
    struct app_slot *top = app_top(app);
    if (dialog_is_open(&app->dialog))
        dialog_paste(&app->dialog, text);
    else if (app->command_open)
        form_input_paste(&app->command, text);
    else if (top->ops->paste && top->ops->is_typing && top->ops->is_typing(top->self))
        top->ops->paste(top->self, text);
}

void app_fd_ready(struct app *app)
{
    struct app_slot *wizard = &app->wizard;
    if (wizard->ops && wizard->ops->fd_ready)
        wizard->ops->fd_ready(wizard->self, app_world(app));
}
