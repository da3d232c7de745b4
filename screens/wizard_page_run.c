/* The pages of a run: its progress, the proof, the manual steps. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "screens/wizard_private.h"
#include "screens/words.h"
#include "tui/chart.h"
#include "tui/wrap.h"

enum { NAME_CELLS = 21, GAUGE_CELLS = 17, SET_CELLS = 7, WIDE_COLUMNS = 76, LANE_RANKS = 6 };

static int gauge_cells(const struct canvas *canvas)
{
    if (canvas->columns < 60)
        return 6;
    return canvas->columns < WIDE_COLUMNS ? 9 : GAUGE_CELLS; /* the time left needs its cells */
}

/* "1184  11:52:10  1 min 20 s" or the lane's state. */
static void draw_lane(const struct canvas *canvas, int row, const struct run_database *lane)
{
    char text[400], reached[WORDS_SIZE], left[WORDS_SIZE];
    bool narrow = canvas->columns < 60, wide = canvas->columns >= WIDE_COLUMNS;
    int gauge = gauge_cells(canvas);
    canvas_fit(canvas, row, 1, NAME_CELLS - 1, ALIGN_LEFT, ATTR_NORMAL, lane->database);
    unsigned attr = lane->state == LANE_FAILED   ? ATTR_CRITICAL
                    : lane->state == LANE_PAUSED ? ATTR_WARNING
                    : lane->percent >= 100       ? ATTR_OK
                                                 : ATTR_PROGRESS;
    int column = chart_gauge(canvas, row, 1 + NAME_CELLS, gauge, lane->percent / 100, attr);
    if (!narrow && lane->set) {
        snprintf(text, sizeof text, "%lld", (long long)lane->set);
        canvas_fit(canvas, row, column + 1, SET_CELLS - 1, ALIGN_LEFT, ATTR_NORMAL, text);
    }
    column += narrow ? 1 : SET_CELLS + 1;
    if (lane->state == LANE_RESTORING && !lane->message[0]) {
        reached[0] = left[0] = '\0';
        if (lane->reached_utc_ms != TIME_UNKNOWN)
            time_format_of_day(reached, sizeof reached, lane->reached_utc_ms);
        int64_t left_ms = lane->left_ms > 1000 ? lane->left_ms / 1000 * 1000 : 1000;
        if (lane->left_ms != DURATION_UNKNOWN && wide)
            words_duration(left, sizeof left, left_ms);
        else if (lane->left_ms != DURATION_UNKNOWN)
            words_short(left, sizeof left, left_ms);
        snprintf(text, sizeof text, "%s%s%s%s", reached, reached[0] ? "  " : "", left,
                 left[0] && wide ? " left" : "");
        canvas_fit(canvas, row, column, canvas->columns - column, ALIGN_LEFT, ATTR_NORMAL, text);
        return;
    }
    column = canvas_sign(canvas, row, column, words_lane_glyph(lane->state));
    const char *file = strrchr(lane->message, '\\'); /* a path's end says more than its start */
    if (lane->state == LANE_WAITING && lane->message[0])
        snprintf(text, sizeof text, "%s", file ? file + 1 : lane->message);
    else
        snprintf(text, sizeof text, "%s%s%s", words_lane(lane->state),
                 lane->message[0] ? ": " : "", lane->message);
    canvas_fit(canvas, row, column + 1, canvas->columns - column - 1, ALIGN_LEFT,
               glyph_attr(words_lane_glyph(lane->state)), text);
}

/* How much a lane is to be seen where not all have room: 0 first. */
static int lane_rank(const struct run_database *lane)
{
    static const int ranks[] = {
        [LANE_FAILED] = 0,  [LANE_RESTORING] = 1, [LANE_RECOVERING] = 1, [LANE_PAUSED] = 1,
        [LANE_WAITING] = 2, [LANE_AT_MARK] = 3,   [LANE_PROVEN] = 3,     [LANE_ONLINE] = 4,
        [LANE_VERIFIED] = LANE_RANKS - 1};
    return ranks[lane->state];
}

static bool is_shown(const struct run_database *lane, const char *server, int limit)
{
    return lane_rank(lane) <= limit && !strcmp(lane->server, server);
}

/* The lanes of one destination under its name, as far as the limit goes. */
static int draw_server(const struct run_snapshot *snapshot, const struct canvas *canvas, int row,
                       const char *server, int limit)
{
    canvas_text(canvas, row, 0, ATTR_STRONG, server);
    if (row == 0 && canvas->columns >= 60)
        canvas_text(canvas, row, 1 + NAME_CELLS + gauge_cells(canvas) + CHART_PERCENT_CELLS + 1,
                    ATTR_SECONDARY, "set    at / left");
    row++;
    for (size_t i = 0; i < snapshot->databases_count && row < canvas->rows; i++)
        if (is_shown(&snapshot->databases[i], server, limit))
            draw_lane(canvas, row++, &snapshot->databases[i]);
    return row;
}

/* True where the i-th is the first of its server within the limit. */
static bool opens_server(const struct run_snapshot *snapshot, size_t i, int limit)
{
    const char *server = snapshot->databases[i].server;
    for (size_t k = 0; k < i; k++)
        if (is_shown(&snapshot->databases[k], server, limit))
            return false;
    return lane_rank(&snapshot->databases[i]) <= limit;
}

/* The rows that the lanes within the limit take, with their servers' names. */
static int lanes_rows(const struct run_snapshot *snapshot, int limit, size_t *lanes)
{
    int rows = 0;
    *lanes = 0;
    for (size_t i = 0; i < snapshot->databases_count; i++) {
        *lanes += lane_rank(&snapshot->databases[i]) <= limit;
        rows += opens_server(snapshot, i, limit);
    }
    return rows + (int)*lanes;
}

/* The highest rank that has room; at least one that has a lane at all. */
static int highest_rank(const struct run_snapshot *snapshot, int rows)
{
    int limit = LANE_RANKS - 1;
    size_t lanes, fewer;
    if (lanes_rows(snapshot, limit, &lanes) <= rows)
        return limit;
    while (limit > 0 && lanes_rows(snapshot, limit, &lanes) > rows - 1) {
        lanes_rows(snapshot, limit - 1, &fewer);
        if (fewer == 0)
            break;
        limit--;
    }
    return limit;
}

/* Grouped by destination, although the snapshot is in the order of recovery. Where not all have
 * room, those that are done give way first, and it is said how many. */
static void draw_lanes(const struct run_snapshot *snapshot, const struct canvas *canvas)
{
    int limit = highest_rank(snapshot, canvas->rows), row = 0;
    size_t lanes, all = snapshot->databases_count, shown = 0;
    bool whole = lanes_rows(snapshot, limit, &lanes) <= canvas->rows && lanes == all;
    struct canvas inside = canvas_region(canvas, 0, 0, canvas->rows - !whole, -1);
    for (size_t i = 0; i < all && row < inside.rows; i++)
        if (opens_server(snapshot, i, limit)) {
            int before = row;
            row = draw_server(snapshot, &inside, row, snapshot->databases[i].server, limit);
            shown += (size_t)(row - before - 1);
        }
    if (!whole)
        canvas_format(canvas, canvas->rows - 1, 0, ATTR_SECONDARY, "%zu of %zu not shown%s",
                      all - shown, all, shown == lanes ? ": they are further on" : "");
}

/* What stands between here and recovery. */
static void draw_gate(const struct run_snapshot *snapshot, const struct canvas *canvas, int row)
{
    size_t all = snapshot->databases_count;
    enum run_state state = snapshot->summary.state;
    if (snapshot->summary.method == METHOD_JOBS) {
        int title = canvas_text(canvas, row, 0, ATTR_WARNING, "NO GATE");
        canvas_format(canvas, row, title + 2, ATTR_STRONG,
                      "BizTalk's jobs: %d of %zu online, %d verified", snapshot->online, all,
                      snapshot->verified);
        return;
    }
    int column = canvas_text(canvas, row, 0, ATTR_TITLE, "GATE");
    if (state == RUN_VERIFYING || state == RUN_AFTER || state == RUN_DONE)
        canvas_format(canvas, row, column + 2, ATTR_OK, "passed; %d of %zu online, %d verified",
                      snapshot->online, all, snapshot->verified);
    else if (state == RUN_RECOVERING)
        canvas_format(canvas, row, column + 2, ATTR_WARNING,
                      "passed: no way back; %d of %zu online", snapshot->online, all);
    else if (snapshot->online > 0)
        canvas_format(canvas, row, column + 2, ATTR_WARNING, "%d of %zu online",
                      snapshot->online, all);
    else
        canvas_format(canvas, row, column + 2, ATTR_STRONG,
                      "%zu of %zu not yet at the mark, %d proven; nothing is online",
                      all - (size_t)snapshot->at_mark, all, snapshot->proven);
}

static int draw_outcome(const struct wizard *wizard, const struct canvas *canvas, int row)
{
    char words[1800];
    const struct error *error = &wizard->run_error;
    bool refused = wizard->phase == WIZARD_RUN_REFUSED;
    row += wrap_draw(canvas, row, refused ? ATTR_CRITICAL : ATTR_WARNING,
                     refused ? "Refused before the first write: nothing was changed on any server. "
                               "Step back to see the plan again."
                             : "No worker answers for this run. Enter resumes it: the servers are "
                               "asked what was really done, and nothing is sent twice.") -
           row;
    if (error->code != ERR_OK) {
        error_format(error, words, sizeof words);
        struct canvas inside = canvas_region(canvas, row, 0, -1, -1);
        row += wrap_draw(&inside, 0, ATTR_CRITICAL, words);
    }
    return row + 1;
}

static int draw_state(const struct run_snapshot *snapshot, const struct canvas *canvas, int row)
{
    enum run_state state = snapshot->summary.state;
    bool bad = run_state_went_wrong(state);
    unsigned attr = bad ? ATTR_CRITICAL : state == RUN_PAUSED ? ATTR_WARNING : ATTR_PROGRESS;
    int column = canvas_text(canvas, row, 0, attr, words_run_state(state));
    canvas_fit(canvas, row++, column + 2, canvas->columns - column - 2, ALIGN_LEFT, ATTR_SECONDARY,
               snapshot->phase_text);
    if (bad || snapshot->error.code != ERR_OK) {
        int most = canvas->rows >= 12 ? 7 : 4, room = canvas->rows - row;
        char words[1800];
        const char *reason = snapshot->summary.reason;
        if (snapshot->error.code != ERR_OK) {
            error_format(&snapshot->error, words, sizeof words);
            reason = words;
        }
        most = most < room ? most : room > 0 ? room : 0;
        struct canvas inside = canvas_region(canvas, row, 0, most, -1);
        int rows = wrap_draw(&inside, 0, ATTR_CRITICAL, reason);
        row += rows > most ? most : rows;
    }
    return row;
}

/* The first lane that failed with words, while the run has not (its error says the same); NULL =
 * none. */
static const struct run_database *failed_lane(const struct run_snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->databases_count && snapshot->error.code == ERR_OK; i++)
        if (snapshot->databases[i].state == LANE_FAILED && snapshot->databases[i].message[0])
            return &snapshot->databases[i];
    return NULL;
}

static void draw_preparing(const struct canvas *canvas, int64_t elapsed_ms)
{
    char elapsed[WORDS_SIZE];
    words_duration(elapsed, sizeof elapsed, elapsed_ms);
    int column = canvas_sign(canvas, 0, 0, GLYPH_PROGRESS);
    canvas_format(canvas, 0, column + 1, ATTR_PROGRESS, "preparing for %s", elapsed);
    struct canvas inside = canvas_region(canvas, 1, 0, -1, -1);
    wrap_draw(&inside, 0, ATTR_SECONDARY,
              "The locks of every destination, the headers of every file, the shipping jobs "
              "disabled and idle. Nothing is restored before all of it stands.");
}

/* The gate, and below it what happened last. */
static void draw_foot(const struct run_snapshot *snapshot, const struct canvas *canvas, int foot)
{
    draw_gate(snapshot, canvas, canvas->rows - foot);
    const struct run_database *failed = failed_lane(snapshot);
    if (failed && foot > 1) {
        char text[600], name[300];
        snprintf(name, sizeof name, "%s/%s", failed->server, failed->database);
        words_placed(text, sizeof text, name, failed->message);
        struct canvas inside = canvas_region(canvas, canvas->rows - foot + 1, 0, foot - 1, -1);
        wrap_draw(&inside, 0, ATTR_CRITICAL, text);
        return;
    }
    for (int i = 0; i < foot - 1 && i < (int)snapshot->messages_count; i++)
        canvas_fit(canvas, canvas->rows - 1 - i, 0, canvas->columns, ALIGN_LEFT, ATTR_SECONDARY,
                   snapshot->messages[snapshot->messages_count - 1 - (size_t)i]);
}

/* Where hardly anything has room, why it stands still is worth more than the gate. */
static int foot_rows(const struct wizard *wizard, int rows)
{
    bool stands = wizard->phase == WIZARD_RUN_LOST ||
                  run_state_went_wrong(wizard->snapshot->summary.state);
    return rows >= 12 ? 3 : stands && rows < 4 ? 0 : 1;
}

void wizard_draw_run(struct wizard_screen *screen, const struct screen_world *world,
                     const struct canvas *canvas)
{
    const struct wizard *wizard = screen->wizard;
    const struct run_snapshot *snapshot = wizard->snapshot;
    int foot = snapshot ? foot_rows(wizard, canvas->rows) : 0, row = 0;
    struct canvas upper =
        canvas_region(canvas, 0, 0, canvas->rows > foot ? canvas->rows - foot : 0, -1);
    if (wizard->phase == WIZARD_RUN_REFUSED || wizard->phase == WIZARD_RUN_LOST)
        row = draw_outcome(wizard, &upper, row);
    if (!snapshot) {
        if (wizard->phase == WIZARD_RUN_STARTING || wizard->phase == WIZARD_RUN_WATCHED)
            draw_preparing(&upper, world->now_monotonic_ms - screen->started_monotonic_ms);
        return;
    }
    row = draw_state(snapshot, &upper, row);
    if (upper.rows - row > 1) {
        struct canvas lanes = canvas_region(&upper, row, 0, -1, -1);
        draw_lanes(snapshot, &lanes);
    }
    if (foot > 0)
        draw_foot(snapshot, canvas, foot);
}

/* --- Verify ------------------------------------------------------------------------------------- */

static void describe_proof(char *out, size_t size, const struct report_database *database)
{
    char later[WORDS_SIZE] = "later marks not looked for";
    if (database->later_marks >= 0)
        snprintf(later, sizeof later, "%lld later marks", (long long)database->later_marks);
    snprintf(out, size, "%s%s, %s, %s, %s%s%s", database_state_name(database->state),
             database->read_write ? " read-write" : "",
             database->at_mark ? "at the mark" : "NOT at the mark",
             database->marklog_has_mark ? "mark in MarkLog" : "mark not seen in MarkLog", later,
             database->evidence && database->evidence[0] ? "; " : "",
             database->evidence ? database->evidence : "");
}

/* First a line a database, then the evidence in full. */
void wizard_fill_verify(struct wizard_screen *screen)
{
    const struct report *report = screen->wizard->report;
    struct pager *pager = screen->pager;
    if (!report) {
        pager_add(pager, ATTR_PROGRESS, "reading the journal");
        return;
    }
    enum glyph verdict = words_verdict_glyph(report->verdict);
    pager_format(pager, glyph_attr(verdict), "%s %s", glyph_text(GLYPH_SET_UTF8, verdict),
                 report->verdict_text ? report->verdict_text : "no verdict");
    pager_add(pager, ATTR_NORMAL, "");
    for (size_t i = 0; i < report->databases_count; i++) {
        const struct report_database *database = &report->databases[i];
        bool proven = database->at_mark && database->later_marks <= 0;
        enum glyph glyph = proven ? GLYPH_OK : GLYPH_CRITICAL;
        pager_format(pager, glyph_attr(glyph), "%s %s/%s: %s, %s%s", glyph_text(GLYPH_SET_UTF8, glyph),
                     database->server, database->database, database_state_name(database->state),
                     database->at_mark ? "at the mark" : "NOT at the mark",
                     database->later_marks > 0 ? ", LATER MARKS" : "");
    }
    pager_heading(pager, "Evidence");
    for (size_t i = 0; i < report->databases_count; i++) {
        const struct report_database *database = &report->databases[i];
        char text[WORDS_LINE];
        describe_proof(text, sizeof text, database);
        pager_format(pager, ATTR_STRONG, "%s/%s", database->server, database->database);
        pager_format(pager, ATTR_NORMAL, "  %s", text);
    }
}

/* --- After -------------------------------------------------------------------------------------- */

/* The runbook's lines were broken for a page: a long one goes on in the next. Owned. */
char *wizard_reflow(const char *text)
{
    enum { FULL_LINE = 60 };
    struct str out = {0};
    size_t length = 0;
    for (const char *c = text; c && *c; c++) {
        bool joins = *c == '\n' && length >= FULL_LINE && c[1] != ' ' && c[1] != '\n';
        str_add_char(&out, joins ? ' ' : *c);
        length = *c == '\n' ? 0 : length + 1;
    }
    return str_take(&out);
}

/* Who ticked it, or what proves it; "" = nobody yet. */
static void describe_step_state(char *out, size_t size, const struct manual_step *step)
{
    char when[WORDS_SIZE];
    const char *note = step->note ? step->note : "", *colon = note[0] ? ": " : "";
    out[0] = '\0';
    if (step->by_run) {
        snprintf(out, size, "%s%s%s", step->ticked ? "proven" : "not proven", colon, note);
    } else if (step->ticked) {
        time_format(when, sizeof when, step->ticked_utc_ms);
        snprintf(out, size, "done %s by %s%s%s", when, step->by ? step->by : "?", colon, note);
    }
}

/* What stands below a step's title. */
struct step_words {
    char *text, *seen; /* owned; seen NULL = nothing is said */
    char state[WORDS_LINE];
};

static struct step_words step_words_make(const struct manual_step *step)
{
    struct step_words words = {.text = wizard_reflow(step->text)};
    if (step->verify) {
        char *seen = memory_format("Seen by: %s", step->verify);
        words.seen = wizard_reflow(seen);
        free(seen);
    }
    describe_step_state(words.state, sizeof words.state, step);
    return words;
}

static int step_words_rows(const struct step_words *words, int cells)
{
    return wrap_rows(words->text, cells) + (words->seen ? wrap_rows(words->seen, cells) : 0) +
           (words->state[0] ? wrap_rows(words->state, cells) : 0);
}

static int step_words_draw(const struct step_words *words, const struct canvas *canvas, int row,
                           bool ticked)
{
    row = wrap_draw(canvas, row, ATTR_NORMAL, words->text);
    if (words->seen)
        row = wrap_draw(canvas, row, ATTR_SECONDARY, words->seen);
    if (words->state[0])
        row = wrap_draw(canvas, row, ticked ? ATTR_OK : ATTR_WARNING, words->state);
    return row;
}

static void draw_step_title(const struct canvas *canvas, int row, const struct manual_step *step,
                            size_t number, bool here)
{
    canvas_glyph(canvas, row, 0, here ? GLYPH_CURRENT : GLYPH_NONE, ATTR_STRONG);
    canvas_glyph(canvas, row, 2, step->ticked ? GLYPH_TICKED : GLYPH_NOT_TICKED,
                 step->ticked ? ATTR_OK : step->by_run ? ATTR_WARNING : ATTR_NORMAL);
    char *title =
        memory_format("%zu %s%s", number, step->title, step->by_run ? " (by stopmark)" : "");
    canvas_fit(canvas, row, 4, canvas->columns - 4, ALIGN_LEFT, here ? ATTR_STRONG : ATTR_NORMAL,
               title);
    free(title);
    if (here)
        canvas_cursor(canvas, row, 4, false);
}

/* The selected step is opened below its title; those before it scroll away as its words need it.
 * What does not fit even then is marked: Space shows it whole. */
static void draw_steps(const struct report *report, size_t at, const struct canvas *canvas)
{
    enum { INDENT = 6, MARGIN = 2 };
    int cells = canvas->columns > INDENT + MARGIN ? canvas->columns - INDENT - MARGIN : 1;
    if (at >= report->manual_count || canvas->rows < 1)
        return;
    struct step_words words = step_words_make(&report->manual[at]);
    int needs = 1 + step_words_rows(&words, cells), row = 0;
    int before = canvas->rows - needs < canvas->rows / 2 ? canvas->rows - needs : canvas->rows / 2;
    size_t first = before <= 0 ? at : at > (size_t)before ? at - (size_t)before : 0;
    for (size_t i = first; i < report->manual_count && row < canvas->rows; i++) {
        draw_step_title(canvas, row++, &report->manual[i], i + 1, i == at);
        if (i != at)
            continue;
        struct canvas inside = canvas_region(canvas, row, INDENT, -1, cells);
        row += step_words_draw(&words, &inside, 0, report->manual[at].ticked);
    }
    if (needs > canvas->rows)
        canvas_sign(canvas, canvas->rows - 1, canvas->columns - 1, GLYPH_MORE_DOWN);
    free(words.text);
    free(words.seen);
}

void wizard_draw_after(struct wizard_screen *screen, const struct canvas *canvas)
{
    const struct report *report = screen->wizard->report;
    if (!report) {
        canvas_text(canvas, 0, 0, ATTR_PROGRESS, "reading the journal");
        return;
    }
    if (screen->manual_at >= report->manual_count)
        screen->manual_at = report->manual_count ? report->manual_count - 1 : 0;
    size_t all, open = report_open_steps(report, false, &all);
    canvas_format(canvas, 0, 0, ATTR_STRONG, "%zu of %zu manual steps are done", all - open, all);
    if (canvas->columns >= 50)
        canvas_right(canvas, 0, canvas->columns, ATTR_SECONDARY, "Space ticks");
    if (report->manual_count)
        canvas_fit(canvas, 1, 0, canvas->columns, ALIGN_LEFT, ATTR_TITLE,
                   report->manual[screen->manual_at].phase_title);
    struct canvas list = canvas_region(canvas, 2, 0, -1, -1);
    draw_steps(report, screen->manual_at, &list);
}
