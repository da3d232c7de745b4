/* The app's own questions: passwords of the monitoring login, and the demo's power failure. */
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "screens/app_private.h"

enum { PURPOSE_DIE, PURPOSE_SECRET };

void app_ask_secret(struct app *app, const char *title, const char *text,
                    void (*answered)(void *context, const char *text), void *context)
{
    dialog_open_input(&app->dialog, title, text, "Password", NULL, true);
    app->dialog.purpose = PURPOSE_SECRET;
    app->secret_answered = answered;
    app->secret_context = context;
    app->effects.flush_input = true;
}

/* The demo's own key: the lab's sources die, or come back. */
void app_ask_sources_die(struct app *app)
{
    const struct screen_demo *demo = app->options.demo;
    if (!demo)
        return;
    if (demo->sources_dead(demo->context)) {
        demo->set_sources_dead(demo->context, false);
        app_say(app, ATTR_PROGRESS, "the lab's source servers get their power back");
        return;
    }
    dialog_open_confirm(&app->dialog, ATTR_WARNING, "Demo: let the sources die",
                        "The lab's source servers lose power, as in a disaster. Nothing real is "
                        "touched; K brings them back.",
                        "die");
    app->dialog.purpose = PURPOSE_DIE;
    app->effects.flush_input = true;
}

static void sources_die(struct app *app)
{
    const struct screen_demo *demo = app->options.demo;
    demo->set_sources_dead(demo->context, true);
    app->effects.refresh = true;
    app_say(app, ATTR_WARNING, "the lab's source servers have lost power");
}

/* The next question may be opened by the answer, so the dialog is closed before. */
static void answer_secret(struct app *app, bool accepted)
{
    void (*answered)(void *, const char *) = app->secret_answered;
    char *text = accepted ? memory_copy_text(dialog_text(&app->dialog)) : NULL;
    dialog_close(&app->dialog);
    app->secret_answered = NULL;
    if (answered)
        answered(app->secret_context, text);
    if (text)
        explicit_bzero(text, strlen(text));
    free(text);
}

void app_dialog_key(struct app *app, uint32_t key)
{
    uint64_t purpose = app->dialog.purpose;
    enum dialog_result result = dialog_key(&app->dialog, key);
    if (result == DIALOG_OPEN)
        return;
    if (purpose == PURPOSE_SECRET) {
        answer_secret(app, result == DIALOG_ACCEPTED);
        return;
    }
    if (result == DIALOG_ACCEPTED)
        sources_die(app);
    dialog_close(&app->dialog);
}
