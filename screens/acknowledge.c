/* A form to accept a finding of the checks: why and until when. It is kept on disk by a task; the
 * finding stays visible as acknowledged. Not reachable with --monitor. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/acknowledge.h"
#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/run.h"
#include "screens/panel.h"
#include "screens/words.h"
#include "tui/form.h"
#include "tui/keys.h"
#include "tui/wrap.h"

enum { REASON_SIZE = 300, UNTIL_SIZE = 40, LABEL_CELLS = 9, FIELDS = 2 };

struct acknowledge {
    char *identity; /* of the row in the list of checks */
    struct form_input fields[FIELDS]; /* reason, until */
    int at;
    const char *hint; /* what is wrong with what was typed; static, NULL = nothing */
};

/* What the task keeps; owned by it. */
struct keeping {
    const struct config *config;
    struct notices *notices;
    struct acknowledgement row;
    struct error error;
};

static void *open_acknowledge(const struct screen_world *world, const char *argument)
{
    struct acknowledge *self = memory_new(sizeof *self);
    const struct check_result *check = checks_result_of(world, argument);
    bool again = check != NULL && check->verdict == VERDICT_ACKNOWLEDGED;
    self->identity = memory_copy_text(argument);
    form_input_open(&self->fields[0], REASON_SIZE, false, again ? check->reason : NULL);
    form_input_open(&self->fields[1], UNTIL_SIZE, false, "1d");
    return self;
}

static void close_acknowledge(void *self)
{
    struct acknowledge *form = self;
    for (int i = 0; i < FIELDS; i++)
        form_input_close(&form->fields[i]);
    free(form->identity);
    free(form);
}

/* --- drawing ---------------------------------------------------------------------------------- */

static int draw_finding(const struct canvas *canvas, int row, const struct check_result *check)
{
    enum verdict verdict =
        check->verdict == VERDICT_ACKNOWLEDGED ? check->accepted : check->verdict;
    int column = canvas_sign(canvas, row, 1, words_verdict_glyph(verdict));
    canvas_format(canvas, row, column + 1, words_verdict_attr(verdict), "%s  %s%s%s",
                  verdict_name(verdict), check->id, check->where[0] ? "  " : "", check->where);
    struct canvas inside = canvas_region(canvas, row + 1, 3, -1, canvas->columns - 4);
    row += 1 + wrap_draw(&inside, 0, ATTR_NORMAL, check->text);
    if (check->verdict != VERDICT_ACKNOWLEDGED)
        return row;
    char until[WORDS_SIZE];
    time_format(until, sizeof until, check->until_utc_ms);
    canvas_format(canvas, row, 3, ATTR_SECONDARY, "accepted by %s until %s", check->by, until);
    return row + 1;
}

static void draw_field(struct acknowledge *form, const struct canvas *canvas, int row, int field,
                       const char *label)
{
    canvas_text(canvas, row, 1, form->at == field ? ATTR_STRONG : ATTR_NORMAL, label);
    form_input_draw(&form->fields[field], canvas, row, 1 + LABEL_CELLS,
                    canvas->columns - LABEL_CELLS - 2, form->at == field);
}

static void draw(void *self, const struct screen_world *world, const struct canvas *canvas)
{
    struct acknowledge *form = self;
    const struct check_result *check = checks_result_of(world, form->identity);
    if (check == NULL || check->verdict == VERDICT_OK) {
        canvas_text(canvas, 0, 1, ATTR_SECONDARY, "this finding is no longer there");
        return;
    }
    int row = draw_finding(canvas, 0, check) + 1;
    draw_field(form, canvas, row++, 0, "Reason");
    draw_field(form, canvas, row++, 1, "Until");
    struct canvas inside = canvas_region(canvas, row + 1, 1, -1, canvas->columns - 2);
    if (form->hint != NULL)
        wrap_draw(&inside, 0, ATTR_WARNING, form->hint);
    else
        wrap_draw(&inside, 0, ATTR_SECONDARY,
                  "Until: 8h, 3d, 2w, or 2026-11-27 08:00 in UTC; \"now\" takes it back. Your name "
                  "and the time are kept with it. What gets worse shows again.");
}

/* --- keeping ---------------------------------------------------------------------------------- */

static void keep(void *data)
{
    struct keeping *keeping = data;
    keeping->row.by = run_who();
    acknowledgement_keep(keeping->config, &keeping->row, &keeping->error);
}

static void kept(void *data)
{
    struct keeping *keeping = data;
    const struct acknowledgement *row = &keeping->row;
    if (keeping->error.code != ERR_OK)
        notices_add(keeping->notices, row->at_utc_ms, VERDICT_WARNING, row->where, "%s",
                    keeping->error.what);
    else
        notices_add(keeping->notices, row->at_utc_ms, VERDICT_ACKNOWLEDGED, row->where,
                    "%s: %s by %s: %s", row->rule,
                    row->until_utc_ms > row->at_utc_ms ? "accepted" : "no longer accepted", row->by,
                    row->reason);
    acknowledgement_clear(&keeping->row);
    free(keeping);
}

static struct reaction commit(struct acknowledge *form, const struct screen_world *world)
{
    const struct check_result *check = checks_result_of(world, form->identity);
    const char *reason = form_input_text(&form->fields[0]);
    const char *until = form_input_text(&form->fields[1]);
    bool back = strcmp(until, "now") == 0;
    int64_t now_ms = world->now_utc_ms;
    int64_t until_ms = back ? now_ms : acknowledgement_until(until, now_ms);
    form->hint = NULL;
    if (reason[strspn(reason, " ")] == '\0' && !back)
        form->hint = "say why: whoever comes next must know";
    else if (until_ms == TIME_UNKNOWN)
        form->hint = "until when: 8h, 3d, 2w or a date like 2026-11-27 08:00, a year at most";
    if (form->hint != NULL || check == NULL || check->verdict == VERDICT_OK)
        return reaction_used();
    struct keeping *keeping = memory_new(sizeof *keeping);
    *keeping = (struct keeping){
        .config = world->config,
        .notices = world->notices,
        .row = {.rule = memory_copy_text(check->id),
                .where = memory_copy_text(check->where),
                .topic = memory_copy_text(check->topic),
                .verdict = check->verdict == VERDICT_ACKNOWLEDGED ? check->accepted
                                                                  : check->verdict,
                .reason = memory_copy_text(reason),
                .at_utc_ms = now_ms,
                .until_utc_ms = until_ms}};
    task_start(world->tasks, keep, kept, keeping);
    struct reaction reaction = reaction_message(
        ATTR_OK, back ? "no longer accepted; it shows with the next refresh"
                      : "accepted; it shows with the next refresh");
    reaction.kind = REACT_POP;
    return reaction;
}

static struct reaction key_pressed(void *self, const struct screen_world *world, uint32_t key,
                                   enum action_id action)
{
    struct acknowledge *form = self;
    (void)action;
    if (key == KEYS_TAB || key == KEYS_DOWN || key == KEYS_UP || key == KEYS_BACKTAB) {
        form->at = (form->at + 1) % FIELDS;
        return reaction_used();
    }
    switch (form_input_key(&form->fields[form->at], key)) {
    case FORM_ACCEPTED:
        if (form->at == FIELDS - 1)
            return commit(form, world);
        form->at++;
        return reaction_used();
    case FORM_CANCELLED:
        return (struct reaction){.kind = REACT_POP};
    case FORM_USED:
        form->hint = NULL;
        return reaction_used();
    case FORM_UNUSED:
        break;
    }
    return reaction_used();
}

static void paste(void *self, const char *text)
{
    struct acknowledge *form = self;
    form_input_paste(&form->fields[form->at], text);
}

static bool is_typing(const void *self)
{
    (void)self;
    return true;
}

static const enum action_id bar[] = {ACTION_NONE};
static const struct bar_key typing_bar[] = {{"Enter", "next, keep", 80},
                                            {"Esc", "leave as it is", 75},
                                            {"Tab", "other field", 60},
                                            {"C-u", "empty it", 40},
                                            {NULL, NULL, 0}};

const struct screen_ops screen_acknowledge = {
    .name = "acknowledge",
    .title = "Acknowledge",
    .about = "Accepts a finding with a reason and until when. It stays visible as acknowledged, "
             "with who and when, on this screen, in status and in check; it counts again when its "
             "time is over or when it gets worse.",
    .scopes = 0,
    .bar = bar,
    .open = open_acknowledge,
    .draw = draw,
    .key = key_pressed,
    .is_typing = is_typing,
    .typing_bar = typing_bar,
    .paste = paste,
    .close = close_acknowledge};
