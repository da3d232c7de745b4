/* The console without a terminal: the stack of screens, the lines around them, keys and what they
 * do, the command line, messages. The only place that acts on the screens' reactions. It draws
 * into a canvas and tells its caller, as effects, what only a terminal or a collector can do; so
 * that a test can type keys and read the picture.
 *
 * Main thread only. Never waits.
 */
#ifndef STOPMARK_SCREENS_APP_H
#define STOPMARK_SCREENS_APP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/clock.h"
#include "core/config.h"
#include "core/view.h"
#include "screens/screen.h"
#include "screens/task.h"
#include "tui/canvas.h"
#include "tui/term.h"

struct app_options {
    const struct config *config;  /* borrowed; outlives the app */
    const struct clock *clock;    /* borrowed */
    struct tasks *tasks;          /* borrowed */
    const struct screen_demo *demo; /* borrowed; NULL outside the demo */
    bool monitor;                 /* read-only, panels rotate if asked */
    enum glyph_set set;
};

struct app;

/* An app on the overview; view is retained. Owned. */
struct app *app_new(const struct app_options *options, struct group_view *view);
void app_free(struct app *app);

/* What the caller is to do after a call; the flags are forgotten by app_effects(). */
struct app_effects {
    bool quit, refresh, redraw, mouse_changed, mouse_on, flush_input, suspend;
    int64_t verify_set; /* its files are to be read whole by their destinations; 0 = none */
    char *copy;  /* owned by the caller: text for the clipboard; NULL = none */
    char *theme; /* owned by the caller; NULL = unchanged */
    int fd;      /* descriptor to watch for the screens; -1 = none */
};
/* What became due since the last call, and forgets it. */
struct app_effects app_effects(struct app *app);

/* A new group view (retained). While paused it is kept for later. */
void app_set_view(struct app *app, struct group_view *view);

/* One more second has passed: ages, messages that end, rotation. True if something is to be drawn
 * (false while paused). */
bool app_tick(struct app *app);

/* A key as tui/keys.h numbers it; a pasted text, copied. */
void app_key(struct app *app, uint32_t key);
void app_paste(struct app *app, const char *text);
/* row and column on the whole canvas as last drawn. */
void app_mouse(struct app *app, enum term_mouse_action action, int row, int column);
/* The descriptor of app_effects.fd is readable. */
void app_fd_ready(struct app *app);
/* Why nothing can be read (the collector could not be started), for the message line; NULL or "" =
 * nothing is wrong. */
void app_set_trouble(struct app *app, const char *why);
/* Opens a secret question (a monitoring password): answered(context, text) on Enter, text NULL on
 * Esc. */
void app_ask_secret(struct app *app, const char *title, const char *text,
                    void (*answered)(void *context, const char *text), void *context);

/* True while nothing is to be repainted of itself. */
bool app_is_paused(const struct app *app);

/* Draws all into the canvas, whatever its size. */
void app_draw(struct app *app, const struct canvas *canvas);

/* Shows text in the message line. */
void app_say(struct app *app, unsigned attr, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* What the app looks at now; borrowed until the next call that changes it. */
const struct screen_world *app_world(struct app *app);

#endif
