/* What the files of the app share: its state, and the parts that each of them has. Main thread
 * only; nobody else includes this.
 */
#ifndef STOPMARK_SCREENS_APP_PRIVATE_H
#define STOPMARK_SCREENS_APP_PRIVATE_H

#include "screens/app.h"
#include "tui/dialog.h"
#include "tui/form.h"

enum { APP_TABS = 8, APP_DEPTH = 8, APP_MESSAGE_MS = 12000, APP_ROTATE_MS = 20000 };

struct app_slot {
    const struct screen_ops *ops; /* NULL = empty */
    void *self;
    char argument[300];
};

struct app {
    struct app_options options;
    struct screen_world world;
    struct group_view *view, *kept; /* shown; the newest while paused */
    struct app_slot tabs[APP_TABS];
    size_t tab;
    struct app_slot stack[APP_DEPTH]; /* over the tab */
    size_t depth;
    struct app_slot wizard; /* kept while not shown */
    struct notices *notices;
    char message[500];
    unsigned message_attr;
    int64_t message_until_ms; /* monotonic */
    char trouble[500];
    bool settled; /* every server has answered or failed once */
    bool paused, mouse, rotating;
    int64_t rotate_at_ms; /* monotonic: the next panel's turn */
    bool asked_to_quit; /* q once while a run is watched */
    struct dialog dialog;
    void (*secret_answered)(void *context, const char *text);
    void *secret_context;
    struct form_input command;
    bool command_open;
    struct app_effects effects;
    int body_row, body_rows, columns; /* as last drawn */
};

/* The shown screen's slot. */
struct app_slot *app_top(struct app *app);

/* A key while the app's dialog is open, and the demo's question. app_dialog.c */
void app_dialog_key(struct app *app, uint32_t key);
void app_ask_sources_die(struct app *app);

/* Actions that are the app's own; false if it is none of them. app.c */
bool app_do(struct app *app, enum action_id action);

/* Acts on a reaction. app.c */
void app_react(struct app *app, struct reaction reaction);

/* Scopes in which keys are read now. app.c */
unsigned app_scopes(const struct app *app);

/* The key line's, tab line's and header's drawing. app_draw.c */
size_t app_tab_at(struct app *app, const struct canvas *canvas, int column);

/* The command line: a key while it is open. app_command.c */
void app_command_open(struct app *app);
void app_command_key(struct app *app, uint32_t key);
void app_command_draw(struct app *app, const struct canvas *canvas, int row);

/* Saves the shown panel to a file, in a task; path NULL = a new name in the working directory.
 * app_save.c */
void app_save(struct app *app, const char *path);

#endif
