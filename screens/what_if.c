#include "screens/what_if.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"

bool what_if_is_on(const struct what_if *what_if)
{
    return what_if->assume_count > 0;
}

static void forget_view(struct what_if *what_if)
{
    group_view_release(what_if->view);
    what_if->view = NULL;
    what_if->of = NULL;
}

void what_if_toggle(struct what_if *what_if, char *assumption)
{
    forget_view(what_if);
    for (size_t i = 0; i < what_if->assume_count; i++) {
        if (strcmp(what_if->assume[i], assumption) != 0)
            continue;
        free(what_if->assume[i]);
        free(assumption);
        what_if->assume_count--;
        memmove(&what_if->assume[i], &what_if->assume[i + 1],
                (what_if->assume_count - i) * sizeof(char *));
        return;
    }
    *memory_append(what_if, assume) = assumption;
}

void what_if_clear(struct what_if *what_if)
{
    forget_view(what_if);
    for (size_t i = 0; i < what_if->assume_count; i++)
        free(what_if->assume[i]);
    free(what_if->assume);
    *what_if = (struct what_if){0};
}

bool what_if_follow(struct what_if *what_if, const struct group_view *view, char *problem,
                    size_t size)
{
    if (!what_if_is_on(what_if)) {
        forget_view(what_if);
        return true;
    }
    if (what_if->of == view && what_if->of_monotonic_ms == view->now_monotonic_ms)
        return true;
    const char **assume = memory_new_array(what_if->assume_count, sizeof *assume);
    for (size_t i = 0; i < what_if->assume_count; i++)
        assume[i] = what_if->assume[i];
    struct group_assumptions assumptions = {.assume = assume,
                                            .assume_count = what_if->assume_count};
    struct error error = {0};
    forget_view(what_if);
    what_if->view = group_view_assume(view, &assumptions, &error);
    what_if->of = view;
    what_if->of_monotonic_ms = view->now_monotonic_ms;
    free(assume);
    if (what_if->view != NULL)
        return true;
    text_copy(problem, size, error.what);
    what_if_clear(what_if);
    return false;
}

const struct group_view *what_if_view(const struct what_if *what_if,
                                      const struct group_view *view)
{
    return what_if->view != NULL ? what_if->view : view;
}

/* In words what core/assume reads. */
static void describe_one(char *out, size_t size, const char *assumption)
{
    const char *value = strchr(assumption, '=');
    value = value == NULL ? "" : value + 1;
    if (strncmp(assumption, "file-missing=", 13) == 0)
        snprintf(out, size, "file %s missing", value);
    else if (strncmp(assumption, "server-down=", 12) == 0)
        snprintf(out, size, "%s down", value);
    else
        snprintf(out, size, "set %s partial", value);
}

void what_if_describe(const struct what_if *what_if, char *out, size_t size)
{
    size_t length = 0;
    text_copy(out, size, "");
    for (size_t i = 0; i < what_if->assume_count && length + 1 < size; i++) {
        char one[400];
        describe_one(one, sizeof one, what_if->assume[i]);
        snprintf(out + length, size - length, "%s%s", i > 0 ? "; " : "", one);
        length = strlen(out);
    }
}

int what_if_draw(const struct what_if *what_if, const struct canvas *canvas, int row)
{
    enum { MORE_CELLS = 10 };
    size_t count = what_if->assume_count;
    if (count == 0)
        return row;
    int column = canvas_sign(canvas, row, 1, GLYPH_WARNING);
    column = canvas_text(canvas, row, column + 1, ATTR_WARNING, "WHAT IF");
    column = canvas_text(canvas, row, column + 1, ATTR_SECONDARY, "(not real, c clears):");
    for (size_t i = 0; i < count; i++) {
        char one[400];
        describe_one(one, sizeof one, what_if->assume[i]);
        int room = canvas->columns - column - (i + 1 < count ? MORE_CELLS : 1);
        if (i > 0 && text_width(one) + 2 > room) {
            canvas_format(canvas, row, column, ATTR_STRONG, "; %zu more", count - i);
            break;
        }
        column = canvas_text(canvas, row, column, ATTR_STRONG, i > 0 ? "; " : " ");
        column = canvas_text(canvas, row, column, ATTR_STRONG, one);
    }
    return row + 1;
}
