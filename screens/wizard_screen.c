/* The restore wizard on the screen: the rail with the ten steps, the page beside it. Its state is
 * kept while other panels are looked at. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "screens/panel.h"
#include "core/scan.h"
#include "screens/wizard_private.h"
#include "screens/words.h"

enum { RAIL_CELLS = 17, RAIL_FROM_COLUMNS = 60 };

static void update(void *self, const struct screen_world *world)
{
    struct wizard_screen *screen = self;
    struct wizard *wizard = screen->wizard;
    wizard_fill_choices(screen, world);
    if (wizard->step == WIZARD_PREFLIGHT)
        wizard_preflight(wizard, world->view, world->demo != NULL);
    if (wizard->step == WIZARD_PLAN)
        wizard_make_plan(wizard, world->view);
    /* the group is live at the new place: each new view is a new look at what is left to do */
    if (wizard->step >= WIZARD_AFTER && wizard->report && !screen->busy && world->view &&
        wizard->report->summary.situation != SITUATION_REHEARSAL && scan_applies(world->view))
        wizard_work_scan(screen, world->view);
    screen->pager_step = WIZARD_STEPS;
}

/* A mark chosen on the marks screen stands first at step 3. */
static void *open_wizard(const struct screen_world *world, const char *argument)
{
    struct wizard_screen *screen = memory_new(sizeof *screen);
    screen->wizard = wizard_new();
    screen->config = world->config;
    screen->tasks = world->tasks;
    screen->notices = world->notices;
    screen->pager = pager_new();
    screen->pager_step = WIZARD_STEPS;
    if (argument[0])
        wizard_choose_mark(screen->wizard, TARGET_CHOSEN, argument);
    wizard_fill_choices(screen, world);
    wizard_work_list_runs(screen);
    return screen;
}

/* R again: another mark may have been pointed at, another run have begun elsewhere. */
static void take(void *self, const struct screen_world *world, const char *argument)
{
    struct wizard_screen *screen = self;
    if (argument[0])
        wizard_choose_mark(screen->wizard, TARGET_CHOSEN, argument);
    if (screen->wizard->run && !wizard_is_running(screen->wizard) && !screen->client &&
        !screen->busy &&
        (screen->wizard->phase != WIZARD_RUN_LOST || screen->wizard->step > WIZARD_RUN))
        wizard_ask_again(screen);
    if (screen->wizard->phase == WIZARD_RUN_NONE && screen->wizard->step == WIZARD_SITUATION)
        wizard_work_list_runs(screen);
    update(self, world);
}

static void close_wizard(void *self)
{
    struct wizard_screen *screen = self;
    wizard_free(screen->wizard);
    dialog_close(&screen->dialog);
    secrets_free(screen->secrets);
    run_client_close(screen->client);
    pager_free(screen->pager);
    for (size_t i = 0; i < WIZARD_SITUATIONS; i++)
        free(screen->situation_words[i]);
    for (int i = 0; i < WIZARD_METHODS; i++)
        free(screen->method_words[i]);
    for (size_t i = 0; i < WIZARD_MARKS + 2; i++) {
        free(screen->mark_labels[i]);
        free(screen->mark_explanations[i]);
    }
    for (size_t i = 0; i < WIZARD_RUNS; i++) {
        free(screen->run_labels[i]);
        free(screen->run_words[i]);
    }
    free(screen->markdown);
    free(screen->report_path);
    free(screen);
}

static int draw_title(struct wizard_screen *screen, const struct screen_world *world,
                      const struct canvas *canvas)
{
    const struct wizard *wizard = screen->wizard;
    char group[WORDS_LINE], text[WORDS_LINE];
    text_clean(group, sizeof group, world->config->group_name);
    int column = canvas_text(canvas, 0, 1, ATTR_TITLE, "Restore");
    column = canvas_text(canvas, 0, column + 2, ATTR_STRONG, group);
    const char *mark = wizard->snapshot                ? wizard->snapshot->summary.mark
                       : wizard->plan && wizard->plan->mark ? wizard->plan->mark
                                                       : wizard->mark;
    if (mark[0]) {
        column = canvas_sign(canvas, 0, column + 1, GLYPH_ARROW);
        column = canvas_text(canvas, 0, column + 1, ATTR_STRONG, mark);
    }
    if (wizard->run) {
        char elapsed[WORDS_SIZE] = "";
        if (wizard->snapshot)
            words_duration(elapsed, sizeof elapsed, wizard->snapshot->elapsed_ms);
        snprintf(text, sizeof text, "run %lld  %s", (long long)wizard->run, elapsed);
        if (column + text_width(text) + 3 < canvas->columns)
            canvas_right(canvas, 0, canvas->columns - 1, ATTR_HEADER, text);
    }
    return 1;
}

/* A run that failed has been gone through, but nobody shall read that as done. */
static bool went_wrong(const struct wizard *wizard)
{
    if (!wizard->snapshot)
        return wizard->report && wizard->report->verdict == VERDICT_CRITICAL;
    return run_state_went_wrong(wizard->snapshot->summary.state);
}

static void draw_rail(const struct wizard *wizard, const struct canvas *canvas)
{
    for (int step = 0; step < WIZARD_STEPS; step++) {
        int row = step;
        unsigned attr = ATTR_SECONDARY;
        if (step < (int)wizard->step) {
            bool bad = (step == WIZARD_RUN || step == WIZARD_VERIFY) && went_wrong(wizard);
            attr = bad ? ATTR_CRITICAL : ATTR_OK;
            canvas_glyph(canvas, row, 1, bad ? GLYPH_CRITICAL : GLYPH_DONE, attr);
        } else if (step == (int)wizard->step) {
            attr = ATTR_STRONG;
            canvas_glyph(canvas, row, 1, GLYPH_CURRENT, attr);
        }
        canvas_format(canvas, row, 3, attr, "%2d %s", step + 1,
                      wizard_step_title((enum wizard_step)step));
    }
}

static void draw(void *self, const struct screen_world *world, const struct canvas *canvas)
{
    struct wizard_screen *screen = self;
    int row = draw_title(screen, world, canvas);
    bool rail = canvas->columns >= RAIL_FROM_COLUMNS && canvas->rows >= WIZARD_STEPS + 1;
    int left = rail ? RAIL_CELLS : 0;
    if (rail) {
        struct canvas side = canvas_region(canvas, row, 0, -1, RAIL_CELLS);
        draw_rail(screen->wizard, &side);
    } else {
        canvas_format(canvas, row++, 1, ATTR_HEADER, "step %d of %d: %s",
                      (int)screen->wizard->step + 1, WIZARD_STEPS,
                      wizard_step_title(screen->wizard->step));
    }
    struct canvas page =
        canvas_region(canvas, row, left, canvas->rows - row - 1, canvas->columns - left - 1);
    wizard_draw_page(screen, world, &page);
    if (screen->status[0]) {
        int end = canvas_text(canvas, canvas->rows - 1, left, screen->status_attr, "");
        canvas_fit(canvas, canvas->rows - 1, end, canvas->columns - end - 1, ALIGN_LEFT,
                   screen->status_attr, screen->status);
    } else if (screen->busy) {
        canvas_text(canvas, canvas->rows - 1, left, ATTR_PROGRESS, "working");
    }
    if (dialog_is_open(&screen->dialog))
        dialog_draw(&screen->dialog, canvas);
}

static bool is_typing(const void *self)
{
    const struct wizard_screen *screen = self;
    return dialog_is_open(&screen->dialog) || pager_is_typing(screen->pager);
}

static void paste(void *self, const char *text)
{
    struct wizard_screen *screen = self;
    dialog_paste(&screen->dialog, text);
}

static int fd(const void *self)
{
    const struct wizard_screen *screen = self;
    return screen->client ? run_client_fd(screen->client) : -1;
}

/* Once the run is over the wizard goes on to Verify by itself. */
static void move_on(struct wizard_screen *screen)
{
    struct wizard *wizard = screen->wizard;
    if (wizard->step != WIZARD_RUN || !wizard->snapshot)
        return;
    enum run_state state = wizard->snapshot->summary.state;
    if (state != RUN_AFTER && state != RUN_DONE)
        return;
    wizard->step = WIZARD_VERIFY;
    screen->status[0] = '\0'; /* it was about the run's keys */
    wizard_work_load_report(screen, true);
    screen->pager_step = WIZARD_STEPS;
}

static bool has_failed(const struct wizard *wizard)
{
    return wizard->phase == WIZARD_RUN_WATCHED && wizard->snapshot &&
           wizard->snapshot->summary.state == RUN_FAILED;
}

static void fd_ready(void *self, const struct screen_world *world)
{
    struct wizard_screen *screen = self;
    bool closed = false;
    struct run_snapshot *snapshot;
    while (!closed && (snapshot = run_client_read(screen->client, &closed)) != NULL) {
        enum run_state before = screen->wizard->snapshot
                                    ? screen->wizard->snapshot->summary.state
                                    : RUN_PLANNED;
        if (snapshot->summary.state != before)
            notices_add(screen->notices, world->now_utc_ms,
                        snapshot->summary.state == RUN_FAILED    ? VERDICT_CRITICAL
                        : snapshot->summary.state == RUN_ABORTED ? VERDICT_WARNING
                                                                 : VERDICT_OK,
                        "",
                        "run %lld: %s", (long long)snapshot->summary.run,
                        words_run_state(snapshot->summary.state));
        wizard_run_snapshot(screen->wizard, snapshot); /* taken */
    }
    if (closed) {
        run_client_close(screen->client);
        screen->client = NULL;
        if (wizard_is_running(screen->wizard)) {
            wizard_run_lost(screen->wizard, NULL);
            wizard_work_attach(screen, false);
        } else if (has_failed(screen->wizard)) {
            wizard_run_lost(screen->wizard, NULL); /* it waited long enough: Enter resumes it */
        }
    }
    move_on(screen);
}

/* A run of another console, or of before: not the finished ones. */
static void note_of_before(const struct wizard_screen *screen, char *text, size_t size,
                           unsigned *attr)
{
    for (size_t i = 0; i < screen->unfinished_count; i++) {
        const struct run_summary *run = &screen->unfinished[i];
        if (run->state == RUN_DONE || run->state == RUN_AFTER)
            continue;
        bool waits = run->alive && run->state == RUN_FAILED;
        snprintf(text, size, "run %lld %s", (long long)run->run,
                 waits        ? "has FAILED and waits for you"
                 : run->alive ? "is under way"
                              : "was not finished");
        *attr = waits ? ATTR_CRITICAL : run->alive ? ATTR_PROGRESS : ATTR_WARNING;
        return;
    }
}

static const char *note(const void *self, unsigned *attr)
{
    const struct wizard_screen *screen = self;
    const struct wizard *wizard = screen->wizard;
    char *text = ((struct wizard_screen *)(uintptr_t)self)->note;
    size_t size = sizeof screen->note;
    text[0] = '\0';
    *attr = has_failed(wizard) ? ATTR_CRITICAL : wizard_is_running(wizard) ? ATTR_PROGRESS
                                                                             : ATTR_WARNING;
    if (wizard->phase == WIZARD_RUN_STARTING)
        text_copy(text, size, "a run is being prepared");
    else if (wizard->phase == WIZARD_RUN_WATCHED && wizard->snapshot &&
             wizard_is_running(wizard))
        snprintf(text, size, "run %lld is %s, %d of %zu at the mark", (long long)wizard->run,
                 words_run_state(wizard->snapshot->summary.state), wizard->snapshot->at_mark,
                 wizard->snapshot->databases_count);
    else if (has_failed(wizard) && wizard->step == WIZARD_RUN)
        snprintf(text, size, "run %lld has FAILED%s", (long long)wizard->run,
                 wizard->snapshot->can_retry && screen->client ? " and waits for you" : "");
    else if (wizard->phase == WIZARD_RUN_REFUSED && wizard->step == WIZARD_RUN)
        text_copy(text, size, "the run was refused before its first write");
    else if (wizard->phase == WIZARD_RUN_LOST && wizard->step == WIZARD_RUN)
        snprintf(text, size, "run %lld has no worker", (long long)wizard->run);
    else if (wizard->phase == WIZARD_RUN_NONE)
        note_of_before(screen, text, size, attr);
    return text;
}

static void dump(void *self, const struct screen_world *world, enum glyph_set set,
                 struct str *out)
{
    struct wizard_screen *screen = self;
    if (screen->wizard->step == WIZARD_REPORT && screen->markdown) {
        str_add(out, screen->markdown);
        return;
    }
    if (screen->wizard->step == WIZARD_PLAN || screen->wizard->step == WIZARD_PREFLIGHT) {
        pager_dump(screen->pager, out);
        return;
    }
    struct canvas canvas = canvas_open(60, 132, set);
    draw(self, world, &canvas);
    canvas_dump_text(&canvas, out);
    canvas_close(&canvas);
}

/* Only what does something now: a failed run waits for t or a, and behind the gate nothing is to be
 * paused or aborted any more. */
static const enum action_id *run_bar(const struct wizard_screen *screen)
{
    const struct wizard *wizard = screen->wizard;
    const struct run_snapshot *snapshot = screen->client ? wizard->snapshot : NULL;
    enum action_id *bar = ((struct wizard_screen *)(uintptr_t)screen)->run_bar;
    size_t count = 0;
    if (wizard->phase == WIZARD_RUN_REFUSED)
        bar[count++] = ACTION_WIZARD_BACK;
    if (snapshot && snapshot->can_retry)
        bar[count++] = ACTION_RUN_RETRY;
    if (snapshot && (snapshot->can_pause || snapshot->can_resume))
        bar[count++] = ACTION_RUN_PAUSE;
    if (snapshot && snapshot->can_abort)
        bar[count++] = ACTION_RUN_ABORT;
    if (wizard_is_running(wizard) || (snapshot && snapshot->can_retry))
        bar[count++] = ACTION_RUN_DETACH;
    else if (wizard->phase != WIZARD_RUN_REFUSED)
        bar[count++] = ACTION_WIZARD_NEXT;
    bar[count] = ACTION_NONE;
    return bar;
}

static const enum action_id *bar_now(const void *self)
{
    static const enum action_id steps[] = {ACTION_WIZARD_NEXT, ACTION_WIZARD_BACK, ACTION_NONE};
    static const enum action_id preflight[] = {ACTION_WIZARD_NEXT, ACTION_WIZARD_BACK,
                                               ACTION_SOURCES_DIE, ACTION_NONE};
    static const enum action_id plan[] = {ACTION_WIZARD_NEXT, ACTION_WIZARD_BACK,
                                          ACTION_WIZARD_REPLACE, ACTION_FILTER, ACTION_NONE};
    const struct wizard_screen *screen = self;
    switch (screen->wizard->step) {
    case WIZARD_PREFLIGHT:
        return preflight;
    case WIZARD_PLAN:
        return plan;
    case WIZARD_RUN:
        return run_bar(screen);
    default:
        return steps;
    }
}

const struct screen_ops screen_wizard = {
    .name = "wizard",
    .title = "Restore wizard",
    .about = "Ten steps from the situation to the report. Nothing is written before Confirm, which "
             "asks for the group's name; the run belongs to a process of its own, so that leaving, "
             "a lost connection or a killed console does not touch it: R finds it again. Nothing "
             "is recovered before every database is proven to be at the mark. Step back works "
             "until the run begins; leaving keeps the wizard where it is.",
    .scopes = SCOPE_WIZARD | SCOPE_RUN,
    .bar_now = bar_now,
    .keep = true,
    .open = open_wizard,
    .take = take,
    .update = update,
    .draw = draw,
    .key = wizard_key,
    .is_typing = is_typing,
    .paste = paste,
    .dump = dump,
    .fd = fd,
    .fd_ready = fd_ready,
    .note = note,
    .close = close_wizard};
