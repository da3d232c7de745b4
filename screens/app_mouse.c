#include "screens/app_private.h"
#include "tui/keys.h"

void app_mouse(struct app *app, enum term_mouse_action action, int row, int column)
{
    if (dialog_is_open(&app->dialog) || app->command_open || !app->body_rows)
        return;
    struct app_slot *top = app_top(app);
    if (action == TERM_MOUSE_UP || action == TERM_MOUSE_DOWN) {
        for (int i = 0; i < 3; i++)
            app_key(app, action == TERM_MOUSE_UP ? KEYS_UP : KEYS_DOWN);
        return;
    }
    if (row == 1) {
        struct canvas line = canvas_open(2, app->columns, app->options.set);
        size_t tab = app_tab_at(app, &line, column);
        canvas_close(&line);
        if (tab < APP_TABS)
            app_do(app, (enum action_id)(ACTION_OVERVIEW + tab));
        else if (tab == APP_TABS && !app->options.monitor)
            app_do(app, ACTION_RESTORE);
        return;
    }
    if (row < app->body_row || row >= app->body_row + app->body_rows || !top->ops->click)
        return;
    bool used = top->ops->click(top->self, row - app->body_row, column);
    if (used && action == TERM_MOUSE_DOUBLE)
        app_key(app, KEYS_ENTER);
}
