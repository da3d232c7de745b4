/* What-if on the marks screen: assumptions that a person makes there by keys, and the group as it
 * would be under them (core/assume). Nothing of it reaches a server, a restore or another screen; it
 * stays on its screen, plainly shown, until it is cleared. Main thread only.
 */
#ifndef STOPMARK_SCREENS_WHAT_IF_H
#define STOPMARK_SCREENS_WHAT_IF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/view.h"
#include "tui/canvas.h"

/* Begins zeroed. */
struct what_if {
    char **assume; /* as --assume takes them; owned */
    size_t assume_count, assume_capacity;
    struct group_view *view; /* under the assumptions; NULL = none is made */
    const struct group_view *of; /* what it was made of: only compared */
    int64_t of_monotonic_ms;
};

/* True where anything is assumed. */
bool what_if_is_on(const struct what_if *what_if);

/* Makes the assumption, or takes it back. assumption is taken. what_if_follow must come next. */
void what_if_toggle(struct what_if *what_if, char *assumption);

/* Takes all back and frees. */
void what_if_clear(struct what_if *what_if);

/* Sees the newest view under the assumptions. False where one no longer fits it (a set has left the
 * history): then all are taken back, with the reason in problem. */
bool what_if_follow(struct what_if *what_if, const struct group_view *view, char *problem,
                    size_t size);

/* What is to be shown: the group as assumed, or view itself. Borrowed. */
const struct group_view *what_if_view(const struct what_if *what_if,
                                      const struct group_view *view);

/* Says plainly on a line of its own that nothing of this is real; returns the row behind. */
int what_if_draw(const struct what_if *what_if, const struct canvas *canvas, int row);

/* "set 1184 partial; DRSQL2 down", for dumps. */
void what_if_describe(const struct what_if *what_if, char *out, size_t size);

#endif
