#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "screens/app_private.h"
#include "screens/words.h"

struct save {
    struct app *app;
    char *path, *text; /* owned */
    int failed;        /* errno; 0 = saved */
};

/* Never over a file that exists: the panel of now shall not destroy that of an hour ago. */
static void write_file(void *data)
{
    struct save *save = data;
    int fd = open(save->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0) {
        save->failed = errno;
        return;
    }
    size_t length = strlen(save->text), at = 0;
    while (at < length) {
        ssize_t written = write(fd, save->text + at, length - at);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0) {
            save->failed = errno;
            break;
        }
        at += (size_t)written;
    }
    if (close(fd) != 0 && !save->failed)
        save->failed = errno;
}

static void saved(void *data)
{
    struct save *save = data;
    if (save->failed)
        app_say(save->app, ATTR_CRITICAL, "%s: %s", save->path, strerror(save->failed));
    else
        app_say(save->app, ATTR_OK, "saved as %s", save->path);
    free(save->path);
    free(save->text);
    free(save);
}

/* "stopmark-sets-20261120-122050.txt". */
static char *new_name(struct app *app)
{
    char when[WORDS_SIZE], digits[WORDS_SIZE];
    size_t n = 0;
    time_format_iso(when, sizeof when, clock_utc_ms(app->options.clock));
    for (const char *c = when; *c && *c != '.'; c++)
        if (*c != ':' && *c != '-')
            digits[n++] = *c == 'T' ? '-' : *c;
    digits[n] = '\0';
    return memory_format("stopmark-%s-%s.txt", app_top(app)->ops->name, digits);
}

static void dump_panel(struct app *app, struct str *out)
{
    struct app_slot *top = app_top(app);
    char when[WORDS_SIZE];
    time_format(when, sizeof when, app->view->now_utc_ms);
    str_format(out, "stopmark, %s, %s, as of %s\n\n", app->options.config->group_name,
               top->ops->title, when);
    if (top->ops->dump) {
        top->ops->dump(top->self, app_world(app), app->options.set, out);
        return;
    }
    struct canvas canvas = canvas_open(60, 132, app->options.set);
    top->ops->draw(top->self, app_world(app), &canvas);
    canvas_dump_text(&canvas, out);
    canvas_close(&canvas);
}

void app_save(struct app *app, const char *path)
{
    struct save *save = memory_new(sizeof *save);
    struct str text = {0};
    dump_panel(app, &text);
    *save = (struct save){.app = app,
                          .path = path && path[0] ? memory_copy_text(path) : new_name(app),
                          .text = str_take(&text)};
    task_start(app->options.tasks, write_file, saved, save);
}
