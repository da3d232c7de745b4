#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "screens/app_private.h"
#include "tui/keys.h"
#include "tui/theme.h"

enum { COMMAND_SIZE = 300 };

void app_command_open(struct app *app)
{
    if (!app->command.text)
        form_input_open(&app->command, COMMAND_SIZE, false, NULL);
    form_input_set(&app->command, NULL);
    app->command_open = true;
}

void app_command_draw(struct app *app, const struct canvas *canvas, int row)
{
    canvas_text(canvas, row, 0, ATTR_KEY, ":");
    form_input_draw(&app->command, canvas, row, 1, canvas->columns - 2, true);
}

/* "save FILE" and "theme NAME" are the only commands with an argument. */
static bool run_with_argument(struct app *app, const char *name, const char *argument)
{
    if (text_equal_nocase(name, "save") && argument[0]) {
        app_save(app, argument);
        return true;
    }
    if (text_equal_nocase(name, "theme")) {
        if (!theme_find(argument)) {
            app_say(app, ATTR_WARNING, "there is no theme \"%s\"", argument);
            return true;
        }
        free(app->effects.theme);
        app->effects.theme = memory_copy_text(argument);
        return true;
    }
    return false;
}

/* The name in scope that is nearest to what was typed, "" if nothing is near. */
static const char *nearest(const char *typed, unsigned scopes)
{
    const char *best = "";
    int least = 4;
    for (int i = 1; i < ACTION_COUNT; i++) {
        const struct action *action = action_of((enum action_id)i);
        if (!action->name[0] || !(action->scopes & scopes))
            continue;
        int distance = text_distance(action->name, typed);
        if (distance < least) {
            least = distance;
            best = action->name;
        }
    }
    return best;
}

static void run(struct app *app, const char *line)
{
    char name[COMMAND_SIZE];
    text_copy(name, sizeof name, line);
    char *argument = strchr(name, ' ');
    if (argument)
        *argument++ = '\0';
    if (!name[0] || run_with_argument(app, name, argument ? argument : ""))
        return;
    enum action_id action = action_for_name(name, app_scopes(app));
    if (action == ACTION_NONE && (!strcmp(name, "q") || !strcmp(name, "q!")))
        action = ACTION_QUIT;
    if (action == ACTION_NONE) {
        const char *near = nearest(name, app_scopes(app));
        app_say(app, ATTR_WARNING, "no command \"%s\" here%s%s%s", name,
                near[0] ? "; did you mean \"" : "", near, near[0] ? "\"?" : "");
        return;
    }
    struct app_slot *top = app_top(app);
    struct reaction reaction = {0};
    if (top->ops->key)
        reaction = top->ops->key(top->self, app_world(app), KEYS_NONE, action);
    if (reaction.kind != REACT_UNUSED)
        app_react(app, reaction);
    else
        app_do(app, action);
}

/* Completes what is typed to the longest common beginning; shows the candidates. */
static void complete(struct app *app)
{
    const char *typed = form_input_text(&app->command);
    char common[COMMAND_SIZE] = "";
    struct str list = {0};
    size_t found = 0;
    for (int i = 1; i <= ACTION_COUNT; i++) {
        const char *name = i == ACTION_COUNT ? "theme" : action_of((enum action_id)i)->name;
        bool here = i == ACTION_COUNT || (action_of((enum action_id)i)->scopes & app_scopes(app));
        if (!name[0] || !here || strncmp(name, typed, strlen(typed)) != 0)
            continue;
        str_format(&list, "%s%s", found ? " " : "", name);
        if (!found++) {
            text_copy(common, sizeof common, name);
        } else {
            size_t same = 0;
            while (common[same] && common[same] == name[same])
                same++;
            common[same] = '\0';
        }
    }
    if (found)
        form_input_set(&app->command, common);
    if (found != 1)
        app_say(app, ATTR_SECONDARY, "%s", found ? str_text(&list) : "nothing begins like that");
    str_free(&list);
}

void app_command_key(struct app *app, uint32_t key)
{
    if (key == KEYS_TAB) {
        complete(app);
        return;
    }
    switch (form_input_key(&app->command, key)) {
    case FORM_ACCEPTED: {
        char line[COMMAND_SIZE];
        text_copy(line, sizeof line, form_input_text(&app->command));
        form_input_remember(&app->command);
        app->command_open = false;
        run(app, line);
        break;
    }
    case FORM_CANCELLED:
        app->command_open = false;
        break;
    case FORM_USED:
    case FORM_UNUSED:
        break;
    }
}
