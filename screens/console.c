#include "screens/console.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/memory.h"
#include "core/collector.h"
#include "core/permit.h"
#include "core/secret.h"
#include "screens/app.h"
#include "screens/demo.h"
#include "screens/plain.h"
#include "tui/event.h"
#include "tui/keys.h"
#include "tui/term.h"

enum { TAG_COLLECTOR = 1, TAG_RUN = 2, TICK_MS = 1000, STOP_MS = 2000 };

struct console {
    const struct config *config;
    const struct console_options *options;
    struct terminal *terminal;
    struct event_loop *loop;
    struct canvas canvas;
    struct tasks *tasks;
    struct app *app;
    struct collector *collector; /* NULL until the passwords were read */
    struct screen_demo demo;
    int run_fd; /* watched; -1 = none */
    bool done, dirty;
};

/* --- the collector ----------------------------------------------------------------------------
 * Its passwords come from files and commands, its first views from the disk: both are tasks. What
 * neither file nor command gives is asked for between the two. */

struct start {
    struct console *console;
    const struct config *config;
    struct secrets *secrets;
    struct collector *collector;
    struct error error;
};

static void tell_trouble(struct start *start)
{
    char words[1800];
    error_format(&start->error, words, sizeof words);
    app_set_trouble(start->console->app, words);
    free(start);
}

static void work_collector(void *data)
{
    struct start *start = data;
    start->collector =
        collector_start_with(start->config, clock_system(), start->secrets, &start->error);
}

static void done_collector(void *data)
{
    struct start *start = data;
    struct console *console = start->console;
    console->collector = start->collector;
    if (!start->collector) {
        tell_trouble(start);
        return;
    }
    event_watch(console->loop, collector_wake_fd(start->collector), POLLIN, TAG_COLLECTOR);
    free(start);
}

/* The first server whose monitoring login still needs a password; false = none. */
static bool needs_password(const struct start *start, size_t *server)
{
    for (size_t i = 0; i < start->config->servers_count; i++)
        if (start->config->servers[i].monitor.auth == AUTH_SQL &&
            !secrets_get(start->secrets, i)) {
            *server = i;
            return true;
        }
    return false;
}

static void ask_or_start(struct start *start);

static void answered(void *context, const char *text)
{
    struct start *start = context;
    size_t server = 0;
    if (!text || !needs_password(start, &server)) {
        error_set(&start->error, ERR_NO_PASSWORD, NULL,
                  "start again, or set password_file or password_command",
                  "without the monitoring password no server can be read");
        secrets_free(start->secrets);
        tell_trouble(start);
        return;
    }
    secrets_set(start->secrets, server, text);
    ask_or_start(start);
}

static void ask_or_start(struct start *start)
{
    size_t server;
    char text[400];
    if (!needs_password(start, &server)) {
        task_start(start->console->tasks, work_collector, done_collector, start);
        return;
    }
    const struct config_server *asked = &start->config->servers[server];
    snprintf(text, sizeof text, "The monitoring login \"%s\" on %s.",
             asked->monitor.user ? asked->monitor.user : "?", asked->name);
    app_ask_secret(start->console->app, "Monitoring login", text, answered, start);
}

static void work_passwords(void *data)
{
    struct start *start = data;
    int missing;
    start->secrets = secrets_fetch(start->config, SECRET_MONITOR, &missing, &start->error);
}

static void done_passwords(void *data)
{
    struct start *start = data;
    if (start->secrets)
        ask_or_start(start);
    else
        tell_trouble(start);
}

static void take_view(struct console *console)
{
    struct group_view *view = collector_view(console->collector);
    app_set_view(console->app, view);
    group_view_release(view);
}

/* A view of the configuration alone: what is shown before the first answer. */
static struct group_view *empty_view(const struct config *config)
{
    struct server_view **servers = memory_new_array(config->servers_count, sizeof *servers);
    for (size_t i = 0; i < config->servers_count; i++)
        servers[i] = server_view_new(config->servers[i].name, config->servers[i].role);
    struct group_view *view =
        group_view_build(config, servers, config->servers_count, NULL,
                         clock_utc_ms(clock_system()), clock_monotonic_ms(clock_system()));
    for (size_t i = 0; i < config->servers_count; i++)
        server_view_release(servers[i]);
    free(servers);
    return view;
}

/* --- what the app asks for ------------------------------------------------------------------------ */

static void watch_run(struct console *console, int fd)
{
    if (fd == console->run_fd)
        return;
    if (console->run_fd >= 0)
        event_unwatch(console->loop, console->run_fd);
    if (fd >= 0)
        event_watch(console->loop, fd, POLLIN, TAG_RUN);
    console->run_fd = fd;
}

static void act(struct console *console)
{
    struct app_effects effects = app_effects(console->app);
    if (effects.quit)
        console->done = true;
    if (effects.refresh && console->collector)
        collector_refresh(console->collector);
    if (effects.verify_set != 0 && console->collector)
        collector_verify_set(console->collector, effects.verify_set);
    if (effects.redraw)
        term_redraw(console->terminal);
    if (effects.mouse_changed)
        term_set_mouse(console->terminal, effects.mouse_on);
    if (effects.flush_input)
        event_flush_input(console->loop);
    if (effects.copy)
        term_copy(console->terminal, effects.copy);
    if (effects.theme)
        term_set_theme(console->terminal, effects.theme);
    free(effects.copy);
    free(effects.theme);
    watch_run(console, effects.fd);
}

static void paint(struct console *console)
{
    app_draw(console->app, &console->canvas);
    term_present(console->terminal, &console->canvas);
    console->dirty = false;
}

static void resize(struct console *console)
{
    int rows, columns;
    term_size(console->terminal, &rows, &columns);
    canvas_close(&console->canvas);
    console->canvas = canvas_open(rows, columns, term_glyph_set(console->terminal));
    console->dirty = true;
}

/* --- events --------------------------------------------------------------------------------------- */

static void handle_fd(struct console *console, uint64_t tag)
{
    if (tag == TAG_COLLECTOR)
        take_view(console);
    else if (tag == TAG_RUN)
        app_fd_ready(console->app);
    console->dirty |= !app_is_paused(console->app);
}

static void handle(struct console *console, const struct event *event)
{
    switch (event->type) {
    case EVENT_KEY:
        app_key(console->app, event->key);
        console->dirty = true;
        break;
    case EVENT_PASTE:
        app_paste(console->app, event->text);
        console->dirty = true;
        break;
    case EVENT_MOUSE:
        app_mouse(console->app, event->mouse, event->row, event->column);
        console->dirty = true;
        break;
    case EVENT_RESIZE:
        resize(console);
        break;
    case EVENT_WAKE:
        console->dirty |= tasks_collect(console->tasks);
        break;
    case EVENT_FD:
        handle_fd(console, event->tag);
        break;
    case EVENT_TIMER:
        console->dirty |= app_tick(console->app);
        event_set_timer(console->loop, TICK_MS);
        break;
    case EVENT_QUIT:
    case EVENT_HANGUP:
        console->done = true;
        break;
    case EVENT_NONE:
        break;
    }
}

static void run(struct console *console)
{
    struct event event;
    resize(console);
    paint(console);
    event_set_timer(console->loop, TICK_MS);
    while (!console->done) {
        event_wait(console->loop, -1, &event);
        handle(console, &event);
        act(console);
        if (console->dirty && event.type != EVENT_HANGUP)
            paint(console);
    }
}

/* --- opening and closing -------------------------------------------------------------------------- */

static void wake(void *context)
{
    event_wake(context);
}

static void set_sources_dead(void *context, bool dead)
{
    demo_set_sources_dead(context, dead);
}

static bool sources_dead(void *context)
{
    return demo_sources_dead(context);
}

static bool open_terminal(struct console *console, struct error *error)
{
    const struct config *config = console->config;
    const char *theme = console->options->theme ? console->options->theme : config->theme;
    struct term_options options = {.theme = config->colour ? theme : "mono",
                                   .ascii = console->options->ascii || config->ascii ||
                                            !term_is_utf8(),
                                   .escape_delay_ms = config->escape_delay_ms};
    if (term_open(&console->terminal, &options, error) != ERR_OK)
        return false;
    if (event_open(&console->loop, console->terminal, error) == ERR_OK)
        return true;
    term_close(console->terminal);
    return false;
}

static void open_app(struct console *console)
{
    struct group_view *view = empty_view(console->config);
    console->tasks = tasks_new(wake, console->loop);
    if (console->options->demo)
        console->demo = (struct screen_demo){.context = console->options->demo,
                                             .set_sources_dead = set_sources_dead,
                                             .sources_dead = sources_dead};
    struct app_options options = {.config = console->config,
                                  .clock = clock_system(),
                                  .tasks = console->tasks,
                                  .demo = console->options->demo ? &console->demo : NULL,
                                  .monitor = console->options->monitor,
                                  .set = term_glyph_set(console->terminal)};
    console->app = app_new(&options, view);
    group_view_release(view);
    struct start *start = memory_new(sizeof *start);
    start->console = console;
    start->config = console->config;
    task_start(console->tasks, work_passwords, done_passwords, start);
}

/* The terminal goes back first: what follows may take a second. A task that hangs keeps what it
 * uses; the process ends soon. */
static void close_all(struct console *console)
{
    int run_fd = console->run_fd;
    if (run_fd >= 0)
        event_unwatch(console->loop, run_fd);
    term_restore();
    size_t left = tasks_stop(console->tasks, STOP_MS);
    collector_stop(console->collector);
    if (left == 0)
        app_free(console->app);
    canvas_close(&console->canvas);
    event_close(console->loop);
    term_close(console->terminal);
    if (left)
        _exit(0);
}

int console_run(const struct config *config, const struct console_options *options)
{
    if (options->plain || !term_is_usable())
        return plain_run(config, options);
    if (options->monitor)
        permit_forbid_all();
    struct console console = {.config = config, .options = options, .run_fd = -1};
    struct error error = {0};
    if (!open_terminal(&console, &error)) {
        char words[1800];
        error_format(&error, words, sizeof words);
        fprintf(stderr, "stopmark: %s; going on in plain mode\n", words);
        return plain_run(config, options);
    }
    open_app(&console);
    run(&console);
    close_all(&console);
    return 0;
}
