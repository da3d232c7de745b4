/* The one question: can we fail over right now, to which mark, losing how much, taking how long?
 * Both targets stand side by side; when the answer is no, the reasons come first. */
#include "screens/overview.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "screens/facts.h"
#include "screens/series.h"
#include "screens/panel.h"
#include "screens/words.h"
#include "tui/chart.h"
#include "tui/wrap.h"

enum { LABEL_CELLS = 19, TARGET_CELLS = 29, SPARK_CELLS = 24, DAY_MS = 86400000 };
enum { WIDE_SIDE_PERCENT = 40, LINE_LABEL_CELLS = 9 };

int overview_draw_verdict(const struct screen_world *world, const struct canvas *canvas, int row)
{
    const struct group_view *view = world->view;
    const struct readiness *ready = &view->readiness;
    const struct mark *mark = words_mark(view, ready->newest);
    const char *title = "CAN WE FAIL OVER?", *words = facts_verdict_words(ready);
    if (text_width(title) + text_width(words) + 5 > canvas->columns)
        title = "FAIL OVER?";
    int column = canvas_text(canvas, row, 1, ATTR_TITLE, title);
    if (world->starting) {
        column = canvas_sign(canvas, row, column + 2, GLYPH_PROGRESS);
        canvas_text(canvas, row, column + 1, ATTR_PROGRESS, "asking every server");
        return row + 1;
    }
    column = canvas_sign(canvas, row, column + 2, words_verdict_glyph(ready->verdict));
    column = canvas_text(canvas, row, column + 1, words_verdict_attr(ready->verdict),
                         words);
    if (!ready->possible || !mark)
        return row + 1;
    char text[WORDS_LINE];
    snprintf(text, sizeof text, "to mark %s", mark->name);
    if (column + 2 + text_width(text) > canvas->columns)
        snprintf(text, sizeof text, "to set %lld", (long long)view->sets[mark->set].id);
    if (column + 2 + text_width(text) <= canvas->columns)
        canvas_text(canvas, row, column + 2, ATTR_STRONG, text);
    return row + 1;
}

/* The reasons, wrapped; at most `limit` rows. */
static int draw_reasons(const struct readiness *ready, const struct canvas *canvas, int row,
                        int limit)
{
    int end = row + limit;
    for (size_t i = 0; i < ready->reasons_count && row < end; i++) {
        int column = canvas_sign(canvas, row, 2, words_verdict_glyph(ready->verdict));
        struct canvas inside =
            canvas_region(canvas, row, column + 1, end - row, canvas->columns - column - 2);
        row += wrap_draw(&inside, 0, ATTR_NORMAL, ready->reasons[i]);
    }
    if (row > end) {
        row = end;
        canvas_fit(canvas, row - 1, canvas->columns - 16, 16, ALIGN_LEFT, ATTR_SECONDARY,
                   "  7: all of it");
    }
    return row;
}

/* One target's column of the table. */
static void draw_target(const struct screen_world *world, const struct canvas *canvas, int row,
                        int column, const char *title, int index)
{
    const struct group_view *view = world->view;
    const struct mark *mark = words_mark(view, index);
    char text[WORDS_LINE], value[WORDS_SIZE];
    canvas_text(canvas, row++, column, ATTR_HEADER, title);
    if (!mark) {
        canvas_text(canvas, row, column, ATTR_CRITICAL, "none can be reached");
        return;
    }
    canvas_fit(canvas, row++, column, TARGET_CELLS - 1, ALIGN_LEFT, ATTR_STRONG, mark->name);
    words_when(value, sizeof value, mark->time_utc_ms, world->source_now_utc_ms);
    canvas_format(canvas, row++, column, ATTR_NORMAL, "%lld, %s",
                  (long long)view->sets[mark->set].id, value);
    words_loss(text, sizeof text, mark->data_loss_ms, view->readiness.loss_basis);
    enum verdict loss = words_against_limit(mark->data_loss_ms, &view->config->data_loss);
    int end = canvas_text(canvas, row, column, words_verdict_attr(loss), text);
    canvas_sign(canvas, row++, end + 1, words_verdict_glyph(loss));
    words_duration(value, sizeof value, mark->restore_ms);
    enum verdict time = words_against_limit(mark->restore_ms, &view->config->restore_time);
    end = canvas_text(canvas, row, column, words_verdict_attr(time), value);
    canvas_sign(canvas, row++, end + 1, words_verdict_glyph(time));
    facts_routes(text, sizeof text, view, mark);
    canvas_fit(canvas, row, column, TARGET_CELLS - 1, ALIGN_LEFT,
               mark->by_roll_forward ? ATTR_OK
               : mark->reachable     ? ATTR_WARNING
                                     : ATTR_CRITICAL,
               text);
}

static int draw_targets(const struct screen_world *world, const struct canvas *canvas, int row)
{
    static const char *const labels[] = {"mark", "set, taken", "loses if it died now",
                                         "databases online", "route"};
    const struct readiness *ready = &world->view->readiness;
    bool both = canvas->columns >= LABEL_CELLS + 2 * TARGET_CELLS + 2;
    int label_cells = canvas->columns < 60 ? 6 : LABEL_CELLS + 2;
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
        canvas_fit(canvas, row + 1 + (int)i, 1, label_cells - 1, ALIGN_LEFT, ATTR_SECONDARY,
                   labels[i]);
    draw_target(world, canvas, row, 1 + label_cells, "newest mark", ready->newest);
    if (both)
        draw_target(world, canvas, row, 1 + label_cells + TARGET_CELLS, "documentation's rule",
                    ready->rule);
    return row + 6;
}

/* "limit 30 min for data loss, 15 min for the restore" and the day's exposure. */
static int draw_exposure(const struct screen_world *world, const struct canvas *canvas, int row)
{
    double values[SPARK_CELLS], limit_ms = NAN, top = 0;
    const struct limit *limit = &world->config->data_loss;
    series_exposure(world->view, DAY_MS, values, SPARK_CELLS);
    if (limit->warning_ms != DURATION_UNKNOWN)
        limit_ms = (double)limit->warning_ms;
    for (size_t i = 0; i < SPARK_CELLS; i++)
        if (!isnan(values[i]) && values[i] > top)
            top = values[i];
    canvas_fit(canvas, row, 1, LABEL_CELLS + 1, ALIGN_LEFT, ATTR_SECONDARY, "between marks, 24 h");
    int column = chart_sparkline(canvas, row, LABEL_CELLS + 3, SPARK_CELLS, values, SPARK_CELLS,
                                 !isnan(limit_ms) && limit_ms > top ? limit_ms : 0, limit_ms);
    char text[WORDS_SIZE], limits[WORDS_SIZE];
    words_short(text, sizeof text, top > 0 ? (int64_t)top : DURATION_UNKNOWN);
    words_limit(limits, sizeof limits, limit);
    column = canvas_format(canvas, row, column + 2, ATTR_SECONDARY, "longest %s", text);
    canvas_text(canvas, row, column + 2, ATTR_SECONDARY, limits);
    return row + 1;
}

static int draw_line(const struct canvas *canvas, int row, const char *label, const char *text,
                     enum verdict verdict)
{
    canvas_text(canvas, row, 1, ATTR_SECONDARY, label);
    int column = canvas_sign(canvas, row, 1 + LINE_LABEL_CELLS, words_verdict_glyph(verdict));
    canvas_fit(canvas, row, column + 1, canvas->columns - column - 2, ALIGN_LEFT, ATTR_NORMAL,
               text);
    return row + 1;
}

static int draw_glance(const struct screen_world *world, const struct canvas *canvas, int row)
{
    static const struct {
        const char *label;
        void (*line)(char *, size_t, const struct group_view *, enum verdict *);
    } lines[] = {{"Sources", facts_sources_line},
                 {"Sets", facts_sets_line},
                 {"Standby", facts_standby_line},
                 {"Jobs", facts_jobs_line},
                 {"Checks", facts_checks_line}};
    char text[WORDS_LINE];
    for (size_t i = 0; i < sizeof lines / sizeof *lines && row < canvas->rows; i++) {
        enum verdict verdict = VERDICT_UNKNOWN;
        lines[i].line(text, sizeof text, world->view, &verdict);
        row = draw_line(canvas, row, lines[i].label, text, verdict);
    }
    return row;
}

static int draw_check(const struct canvas *canvas, int row, enum verdict verdict, const char *text,
                      bool wrapped)
{
    int column = canvas_sign(canvas, row, 1, words_verdict_glyph(verdict));
    struct canvas inside = canvas_region(canvas, row, column + 1, -1, canvas->columns - column - 2);
    if (wrapped)
        return row + wrap_draw(&inside, 0, ATTR_NORMAL, text);
    canvas_fit(canvas, row, column + 1, inside.columns, ALIGN_LEFT, ATTR_NORMAL, text);
    return row + 1;
}

/* What could not be looked at: one line a place. */
static int draw_unknown_checks(const struct group_view *view, const struct canvas *canvas, int row)
{
    for (size_t i = 0; i < view->checks_count && row < canvas->rows; i++) {
        const struct check_result *check = &view->checks[i];
        size_t alike = 0, before = 0;
        char text[WORDS_LINE];
        if (check->verdict != VERDICT_UNKNOWN)
            continue;
        for (size_t k = 0; k < view->checks_count; k++)
            if (view->checks[k].verdict == VERDICT_UNKNOWN &&
                text_equal(view->checks[k].where, check->where)) {
                alike++;
                before += k < i;
            }
        if (before)
            continue;
        snprintf(text, sizeof text, "%s: %zu check%s not known",
                 check->where[0] ? check->where : "group", alike, alike == 1 ? "" : "s");
        row = draw_check(canvas, row, VERDICT_UNKNOWN, text, false);
    }
    return row;
}

/* The worst checks, as many as there are rows. */
static int draw_worst_checks(const struct screen_world *world, const struct canvas *canvas,
                             int row, bool wrapped)
{
    static const enum verdict order[] = {VERDICT_CRITICAL, VERDICT_WARNING};
    for (size_t v = 0; v < sizeof order / sizeof *order; v++)
        for (size_t i = 0; i < world->view->checks_count && row < canvas->rows; i++) {
            const struct check_result *check = &world->view->checks[i];
            char text[WORDS_LINE];
            if (check->verdict != order[v])
                continue;
            words_placed(text, sizeof text, check->where, check->text);
            row = draw_check(canvas, row, order[v], text, wrapped);
        }
    return draw_unknown_checks(world->view, canvas, row);
}

/* Where a tall window has room: every standby database in a line. */
static void draw_standby(const struct screen_world *world, const struct canvas *canvas, int row)
{
    const struct group_view *view = world->view;
    if (!view->roster_count || canvas->rows - row < (int)view->roster_count + 2)
        return;
    canvas_text(canvas, row++, 1, ATTR_TITLE,
                view->readiness.live ? "Databases of the production" : "Standby databases");
    for (size_t i = 0; i < view->roster_count; i++, row++) {
        const struct roster_entry *entry = &view->roster[i];
        const struct lag_entry *lag = &view->lags[i];
        const struct mark *at = words_recovered_at(view, i);
        char behind[WORDS_SIZE];
        bool seen = entry->state_known && entry->destination >= 0 &&
                    view->servers[entry->destination]->reachable;
        enum verdict verdict = !seen ? VERDICT_UNKNOWN : words_state_verdict(view, entry);
        if (verdict == VERDICT_OK && !view->readiness.live && lag->lag_sets > 1)
            verdict = VERDICT_WARNING;
        int column = canvas_sign(canvas, row, 1, words_verdict_glyph(verdict));
        canvas_fit(canvas, row, column + 1, 12, ALIGN_LEFT, ATTR_SECONDARY,
                   words_destination(view, entry));
        canvas_fit(canvas, row, column + 14, 24, ALIGN_LEFT, ATTR_NORMAL, entry->database);
        column = canvas_text(canvas, row, column + 39, ATTR_NORMAL,
                             entry->state_known ? database_state_name(entry->state) : "not known");
        if (at != NULL)
            canvas_format(canvas, row, column + 2, ATTR_NORMAL, "at the mark of set %lld",
                          (long long)view->sets[at->set].id);
        if (view->readiness.live)
            continue;
        words_duration(behind, sizeof behind, lag->lag_ms);
        column = canvas_format(canvas, row, column + 2, ATTR_NORMAL, "set %lld",
                               (long long)lag->last_set);
        canvas_format(canvas, row, column + 2, ATTR_SECONDARY, "%s behind", behind);
    }
}

/* Servers that cannot be trusted now, but for those that a reason already names. */
static int draw_server_problems(const struct screen_world *world, const struct canvas *canvas,
                                int row, int limit, bool reasons)
{
    const struct readiness *ready = &world->view->readiness;
    for (size_t i = 0; i < world->view->servers_count && limit > 0; i++) {
        const struct server_view *server = world->view->servers[i];
        char text[WORDS_LINE], opening[WORDS_LINE];
        bool told = false;
        if (!panel_problem(text, sizeof text, world, server, PANEL_PART(PART_SERVER)))
            continue;
        snprintf(opening, sizeof opening, "%s does not answer", server->name);
        for (size_t r = 0; reasons && r < ready->reasons_count; r++)
            told |= !strncmp(ready->reasons[r], opening, strlen(opening));
        if (told)
            continue;
        row = panel_draw_problem(canvas, row, server, text);
        limit--;
    }
    return row;
}

static void draw_side(const struct screen_world *world, const struct canvas *canvas)
{
    for (int row = 0; row < canvas->rows; row++)
        canvas_glyph(canvas, row, 0, GLYPH_LINE_VERTICAL, ATTR_RULE);
    struct canvas inside = canvas_region(canvas, 0, 1, -1, -1);
    canvas_text(&inside, 0, 1, ATTR_TITLE, "What is not well");
    struct canvas upper = canvas_region(&inside, 0, 0, inside.rows * 2 / 3, -1);
    int row = draw_worst_checks(world, &upper, 1, true);
    if (row == 1)
        canvas_text(&inside, row++, 1, ATTR_OK, "every check is ok");
    canvas_text(&inside, row + 1, 1, ATTR_TITLE, "Noticed last");
    row += 2;
    for (size_t i = world->notices->items_count; i-- > 0 && row < inside.rows; row++) {
        const struct notice *notice = &world->notices->items[i];
        char when[WORDS_SIZE];
        time_format_of_day(when, sizeof when, notice->utc_ms);
        int column = canvas_text(&inside, row, 1, ATTR_SECONDARY, when);
        column = canvas_sign(&inside, row, column + 1, words_verdict_glyph(notice->verdict));
        char text[WORDS_LINE];
        words_placed(text, sizeof text, notice->where, notice->text);
        canvas_fit(&inside, row, column + 1, inside.columns - column - 2, ALIGN_LEFT, ATTR_NORMAL,
                   text);
    }
}

static void draw(void *self, const struct screen_world *world, const struct canvas *canvas)
{
    const struct readiness *ready = &world->view->readiness;
    struct canvas body = *canvas;
    (void)self;
    if (canvas->columns >= PANEL_WIDE_COLUMNS) {
        int side = canvas->columns * WIDE_SIDE_PERCENT / 100;
        body = canvas_region(canvas, 0, 0, -1, canvas->columns - side);
        struct canvas right = canvas_region(canvas, 0, canvas->columns - side, -1, -1);
        draw_side(world, &right);
    }
    int row = overview_draw_verdict(world, &body, 0);
    bool reasons = ready->verdict != VERDICT_OK && !world->starting;
    int spare = body.rows - row - 7 - 6;
    if (reasons)
        row = draw_reasons(ready, &body, row, spare > 2 ? spare : 2);
    row = draw_server_problems(world, &body, row, body.rows > 20 ? 6 : 2, reasons);
    row += body.rows - row > 14;
    if (!ready->live && (ready->newest >= 0 || ready->rule >= 0 || body.rows - row > 14))
        row = draw_targets(world, &body, row);
    if (!ready->live)
        row = draw_exposure(world, &body, row);
    row += body.rows - row > 5;
    row = draw_glance(world, &body, row);
    if (body.columns == canvas->columns)
        row = draw_worst_checks(world, &body, row, false);
    draw_standby(world, &body, row + 1);
}

void overview_dump(void *self, const struct screen_world *world, enum glyph_set set,
                   struct str *out)
{
    struct facts facts = {0};
    (void)self;
    (void)set;
    facts_status(&facts, world->view, world->now_monotonic_ms, false);
    facts_print(&facts, out);
    facts_free(&facts);
}

void *overview_open(const struct screen_world *world, const char *argument)
{
    (void)world;
    (void)argument;
    return memory_new(1);
}

static const enum action_id bar[] = {ACTION_NONE};

const struct screen_ops screen_overview = {
    .name = "overview",
    .title = "Overview",
    .about = "Can we fail over right now, to which mark, losing how much, taking how long? Two "
             "targets stand side by side: the newest mark that every database reaches by rolling "
             "forward, and the documentation's rule, the mark before the last one known; on a "
             "standby that kept up that one is already passed and costs full restores. Times are "
             "until the databases are online; BizTalk's own steps come after.",
    .bar = bar,
    .open = overview_open,
    .draw = draw,
    .dump = overview_dump,
    .close = free};
