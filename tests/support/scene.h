/* A frozen console: an app on a built estate with a clock handed in, keys typed into it, its
 * picture as text. No terminal, no server, no thread.
 */
#ifndef STOPMARK_TESTS_SUPPORT_SCENE_H
#define STOPMARK_TESTS_SUPPORT_SCENE_H

#include "screens/app.h"
#include "tests/support/build_view.h"

struct scene {
    struct build *build;
    struct group_view *view;
    struct clock clock;
    struct tasks *tasks;
    struct app *app;
    bool sources_dead; /* what the demo's key did */
    struct screen_demo demo;
};

/* An app on the estate (taken; the scene frees it); demo: with the key that kills the sources. */
struct scene *scene_new(struct build *build, bool monitor, bool demo);
void scene_free(struct scene *scene);

/* Shows the estate as it is now. */
void scene_show(struct scene *scene);

/* Types keys by their names, separated by blanks ("j j Enter"); "type:TEXT" types characters, with
 * '_' for a blank. */
void scene_keys(struct scene *scene, const char *keys);

/* The picture in that size, with the attribute map behind it where attributes is true. Owned. */
char *scene_picture(struct scene *scene, int rows, int columns, enum glyph_set set,
                    bool attributes);

#endif
