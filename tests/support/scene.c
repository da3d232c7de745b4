#include "tests/support/scene.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "tui/keys.h"

static int64_t frozen_utc_ms(void *context)
{
    const struct scene *scene = context;
    return scene->build->now_utc_ms;
}

static int64_t frozen_monotonic_ms(void *context)
{
    const struct scene *scene = context;
    return scene->build->now_monotonic_ms;
}

static void set_sources_dead(void *context, bool dead)
{
    struct scene *scene = context;
    scene->sources_dead = dead;
}

static bool sources_dead(void *context)
{
    const struct scene *scene = context;
    return scene->sources_dead;
}

struct scene *scene_new(struct build *build, bool monitor, bool demo)
{
    struct scene *scene = memory_new(sizeof *scene);
    scene->build = build;
    scene->clock = (struct clock){.utc_ms = frozen_utc_ms,
                                  .monotonic_ms = frozen_monotonic_ms,
                                  .context = scene};
    scene->demo = (struct screen_demo){.context = scene,
                                       .set_sources_dead = set_sources_dead,
                                       .sources_dead = sources_dead};
    static char nowhere[] = "/nonexistent/stopmark", user[] = "stopmark_restore";
    build->config.state_dir = nowhere;
    for (size_t i = 0; i < build->config.servers_count; i++) {
        build->config.servers[i].restore.user = user;
        build->config.servers[i].has_restore_login = true;
    }
    scene->tasks = tasks_new(NULL, NULL);
    scene->view = build_view(build);
    struct app_options options = {.config = &build->config,
                                  .clock = &scene->clock,
                                  .tasks = scene->tasks,
                                  .demo = demo ? &scene->demo : NULL,
                                  .monitor = monitor,
                                  .set = GLYPH_SET_UTF8};
    scene->app = app_new(&options, scene->view);
    app_set_view(scene->app, scene->view);
    return scene;
}

void scene_free(struct scene *scene)
{
    tasks_stop(scene->tasks, 0);
    app_free(scene->app);
    group_view_release(scene->view);
    build_free(scene->build);
    free(scene);
}

void scene_show(struct scene *scene)
{
    struct group_view *view = build_view(scene->build);
    app_set_view(scene->app, view);
    group_view_release(scene->view);
    scene->view = view;
}

static void type(struct scene *scene, const char *text)
{
    for (const char *at = text; *at;) {
        uint32_t code = text_next(&at);
        app_key(scene->app, code == '_' ? ' ' : code);
    }
}

void scene_keys(struct scene *scene, const char *keys)
{
    char *copy = memory_copy_text(keys), *rest = copy, *word;
    while ((word = strsep(&rest, " ")) != NULL) {
        if (!strncmp(word, "type:", 5))
            type(scene, word + 5);
        else if (word[0])
            app_key(scene->app, keys_parse(word));
        tasks_collect(scene->tasks);
    }
    free(copy);
}

char *scene_picture(struct scene *scene, int rows, int columns, enum glyph_set set,
                    bool attributes)
{
    struct canvas canvas = canvas_open(rows, columns, set);
    struct str out = {0};
    app_draw(scene->app, &canvas);
    canvas_dump_text(&canvas, &out);
    if (attributes) {
        str_add(&out, "--- attributes\n");
        canvas_dump_attributes(&canvas, &out);
    }
    canvas_close(&canvas);
    return str_take(&out);
}
