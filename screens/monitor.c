/* The wall screen's first panel: the verdict in letters that are read from across the room. It
 * only watches. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "screens/facts.h"
#include "screens/overview.h"
#include "screens/words.h"

static const char *big_word(const struct screen_world *world)
{
    const struct readiness *ready = &world->view->readiness;
    if (world->starting)
        return "...";
    if (ready->verdict == VERDICT_UNKNOWN)
        return "UNKNOWN";
    if (ready->live)
        return "LIVE";
    return ready->possible ? "YES" : "NO";
}

/* Draws label and value with the value's verdict; returns the row behind. */
static int draw_fact(const struct canvas *canvas, int row, const char *label, enum verdict verdict,
                     const char *text)
{
    canvas_text(canvas, row, 3, ATTR_SECONDARY, label);
    int column = canvas_sign(canvas, row, 24, words_verdict_glyph(verdict));
    canvas_fit(canvas, row, column + 1, canvas->columns - column - 2, ALIGN_LEFT, ATTR_STRONG, text);
    return row + 1;
}

static int draw_price(const struct screen_world *world, const struct canvas *canvas, int row)
{
    const struct readiness *ready = &world->view->readiness;
    const struct config *config = world->config;
    char text[WORDS_LINE], value[WORDS_SIZE], limit[WORDS_SIZE];
    words_loss(value, sizeof value, ready->data_loss_ms, ready->loss_basis);
    words_limit(limit, sizeof limit, &config->data_loss);
    snprintf(text, sizeof text, "%s  %s", value, limit);
    row = draw_fact(canvas, row, "data lost", words_against_limit(ready->data_loss_ms,
                                                                  &config->data_loss), text);
    words_duration(value, sizeof value, ready->restore_ms);
    words_limit(limit, sizeof limit, &config->restore_time);
    snprintf(text, sizeof text, "%s  %s", value, limit);
    return draw_fact(canvas, row, "databases online", words_against_limit(ready->restore_ms,
                                                                          &config->restore_time),
                     text);
}

static void draw(void *self, const struct screen_world *world, const struct canvas *canvas)
{
    static const struct {
        const char *label;
        void (*line)(char *, size_t, const struct group_view *, enum verdict *);
    } lines[] = {{"sources", facts_sources_line},
                 {"sets", facts_sets_line},
                 {"standby", facts_standby_line},
                 {"jobs", facts_jobs_line},
                 {"checks", facts_checks_line}};
    const struct readiness *ready = &world->view->readiness;
    char text[WORDS_LINE];
    (void)self;
    int row = overview_draw_verdict(world, canvas, 0) + 1;
    if (canvas->rows >= 16 && canvas_big_width(big_word(world)) < canvas->columns - 4) {
        canvas_big(canvas, row, 3,
                   world->starting ? ATTR_PROGRESS : words_verdict_attr(ready->verdict),
                   big_word(world));
        row += CANVAS_BIG_ROWS + 1;
    }
    if (ready->reasons_count && ready->verdict != VERDICT_OK && !world->starting)
        row = draw_fact(canvas, row, "because", ready->verdict, ready->reasons[0]);
    if (!ready->live) /* else nothing is to be restored, at no price */
        row = draw_price(world, canvas, row);
    row++;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        enum verdict verdict = VERDICT_UNKNOWN;
        lines[i].line(text, sizeof text, world->view, &verdict);
        row = draw_fact(canvas, row, lines[i].label, verdict, text);
    }
}

static const enum action_id bar[] = {ACTION_NONE};

const struct screen_ops screen_monitor = {
    .name = "monitor",
    .title = "Overview",
    .about = "The wall screen: the verdict, readable from afar, and what it rests on. Nothing can "
             "be changed from here; the other panels are one digit away.",
    .bar = bar,
    .open = overview_open,
    .draw = draw,
    .dump = overview_dump,
    .close = free};
