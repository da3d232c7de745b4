/* The pages before the run: choices, findings, the plan, the summary to confirm. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/method.h"
#include "core/situation.h"
#include "screens/facts.h"
#include "screens/wizard_private.h"
#include "screens/words.h"
#include "tui/wrap.h"

/* --- choices ------------------------------------------------------------------------------------ */

static void fill_situations(struct wizard_screen *screen)
{
    for (int i = 0; i < WIZARD_SITUATIONS; i++) {
        const struct situation_traits *traits = situation_traits((enum situation)i);
        if (screen->situation_words[i] == NULL)
            screen->situation_words[i] = memory_format("%s %s", traits->does, traits->promises);
        screen->situation_items[i] =
            (struct form_choice_item){.label = words_situation((enum situation)i),
                                      .explanation = screen->situation_words[i]};
    }
    screen->situations.items = screen->situation_items;
    screen->situations.items_count = WIZARD_SITUATIONS;
    screen->situations.chosen = screen->wizard->situation_chosen
                                    ? (size_t)screen->wizard->situation
                                    : WIZARD_SITUATIONS;
}

static void fill_methods(struct wizard_screen *screen)
{
    for (int i = 0; i < WIZARD_METHODS; i++) {
        const struct method_traits *traits = method_traits((enum method)i);
        if (screen->method_words[i] == NULL)
            screen->method_words[i] =
                memory_format("%s %s %s", traits->does, traits->promises, traits->cannot);
        screen->method_items[i] =
            (struct form_choice_item){.label = method_name((enum method)i),
                                      .explanation = screen->method_words[i],
                                      .refusal = wizard_method_refusal((enum method)i)};
    }
    screen->methods.items = screen->method_items;
    screen->methods.items_count = WIZARD_METHODS;
    screen->methods.chosen =
        screen->wizard->method_chosen ? (size_t)screen->wizard->method : WIZARD_METHODS;
}

/* One target: its label, its price, why it cannot be had. */
static void fill_mark(struct wizard_screen *screen, const struct screen_world *world, size_t item,
                      const char *title, const struct mark *mark)
{
    char loss[WORDS_SIZE], time[WORDS_SIZE], when[WORDS_SIZE], routes[WORDS_LINE];
    free(screen->mark_labels[item]);
    free(screen->mark_explanations[item]);
    screen->mark_labels[item] = screen->mark_explanations[item] = NULL;
    screen->mark_names[item][0] = '\0';
    if (!mark) {
        screen->mark_labels[item] = memory_format("%snone", title);
        screen->mark_items[item] = (struct form_choice_item){
            .label = screen->mark_labels[item], .refusal = "there is no such mark"};
        return;
    }
    words_when(when, sizeof when, mark->time_utc_ms, world->source_now_utc_ms);
    words_loss(loss, sizeof loss, mark->data_loss_ms, world->view->readiness.loss_basis);
    words_duration(time, sizeof time, mark->restore_ms);
    facts_routes(routes, sizeof routes, world->view, mark);
    text_copy(screen->mark_names[item], sizeof screen->mark_names[item], mark->name);
    screen->mark_labels[item] =
        memory_format("%s%s  set %lld", title, mark->name,
                      (long long)world->view->sets[mark->set].id);
    screen->mark_explanations[item] =
        memory_format("taken %s, loses %s, online after %s; %s", when, loss, time,
                      routes);
    const char *why = mark->reasons_count ? mark->reasons[0] : "not every database reaches it";
    screen->mark_items[item] = (struct form_choice_item){
        .label = screen->mark_labels[item],
        .explanation = screen->mark_explanations[item],
        .refusal = mark->reachable ? NULL : why};
}

static void fill_marks(struct wizard_screen *screen, const struct screen_world *world)
{
    const struct group_view *view = world->view;
    const struct wizard *wizard = screen->wizard;
    size_t count = 2;
    char under_cursor[sizeof screen->mark_names[0]] = "";
    if (screen->marks.at >= count && screen->marks.at < screen->marks.items_count)
        text_copy(under_cursor, sizeof under_cursor, screen->mark_names[screen->marks.at]);
    fill_mark(screen, world, 0, "newest: ", words_mark(view, view->readiness.newest));
    fill_mark(screen, world, 1, "rule: ", words_mark(view, view->readiness.rule));
    for (size_t i = view->marks_count; i-- > 0 && count < WIZARD_MARKS;)
        if ((int)i != view->readiness.newest && (int)i != view->readiness.rule)
            fill_mark(screen, world, count++, "", &view->marks[i]);
    bool listed = wizard->by != TARGET_CHOSEN || !wizard->mark_chosen;
    for (size_t i = 0; i < count && !listed; i++)
        listed = text_equal(screen->mark_names[i], wizard->mark);
    for (size_t i = 0; i < view->marks_count && !listed; i++)
        if (text_equal(view->marks[i].name, wizard->mark)) {
            fill_mark(screen, world, count++, "chosen: ", &view->marks[i]);
            listed = true;
        }
    screen->marks.items = screen->mark_items;
    screen->marks.items_count = count;
    for (size_t i = 2; i < count && under_cursor[0]; i++)
        if (text_equal(screen->mark_names[i], under_cursor))
            screen->marks.at = i; /* new marks came above it */
    if (screen->marks.at >= count)
        screen->marks.at = count - 1;
    screen->marks.chosen = count;
    if (!wizard->mark_chosen)
        return;
    screen->marks.chosen = wizard->by == TARGET_NEWEST ? 0 : wizard->by == TARGET_RULE ? 1 : count;
    for (size_t i = count; i-- > 0 && wizard->by == TARGET_CHOSEN;)
        if (text_equal(screen->mark_names[i], wizard->mark))
            screen->marks.chosen = i;
}

void wizard_fill_choices(struct wizard_screen *screen, const struct screen_world *world)
{
    fill_situations(screen);
    fill_methods(screen);
    fill_marks(screen, world);
}

/* --- long pages --------------------------------------------------------------------------------- */

/* First, so that no list of findings pushes it off a small screen: Enter depends on it. */
static void fill_login(struct wizard_screen *screen)
{
    const struct wizard *wizard = screen->wizard;
    bool ready = wizard->secrets == SECRETS_READY;
    enum glyph glyph = ready                                   ? GLYPH_OK
                       : wizard->secrets == SECRETS_FAILED     ? GLYPH_CRITICAL
                       : wizard->secrets == SECRETS_MISSING    ? GLYPH_WARNING
                                                               : GLYPH_PROGRESS;
    pager_format(screen->pager, glyph_attr(glyph), "%s restore login: %s%s",
                 glyph_text(GLYPH_SET_UTF8, glyph),
                 ready ? "its passwords are there" : wizard->secrets_why,
                 wizard->secrets == SECRETS_MISSING ? "; Enter asks for it" : "");
}

static void fill_preflight(struct wizard_screen *screen)
{
    const struct wizard *wizard = screen->wizard;
    fill_login(screen);
    for (size_t i = 0; i < wizard->findings_count; i++) {
        const struct wizard_finding *finding = &wizard->findings[i];
        enum glyph glyph = words_verdict_glyph(finding->verdict);
        pager_format(screen->pager, glyph_attr(glyph), "%s %s", glyph_text(GLYPH_SET_UTF8, glyph),
                     finding->text);
        if (finding->remedy)
            pager_format(screen->pager, ATTR_SECONDARY, "    %s", finding->remedy);
    }
}

static void fill_plan(struct wizard_screen *screen)
{
    const struct plan *plan = screen->wizard->plan;
    char name[300];
    if (!plan)
        return;
    char *text = facts_plan_text(plan);
    if (wizard_must_replace(screen->wizard, name, sizeof name))
        pager_format(screen->pager, ATTR_CRITICAL,
                     "%s would be OVERWRITTEN: O allows it, by typing its name", name);
    pager_add(screen->pager, plan->possible ? ATTR_NORMAL : ATTR_CRITICAL, text);
    free(text);
}

static void fill_report(struct wizard_screen *screen)
{
    if (screen->report_path)
        pager_format(screen->pager, ATTR_OK, "written to %s (and .json beside it)",
                     screen->report_path);
    if (screen->markdown)
        pager_add(screen->pager, ATTR_NORMAL, screen->markdown);
    else
        pager_add(screen->pager, ATTR_PROGRESS, "reading the journal");
}

void wizard_fill_pager(struct wizard_screen *screen, const struct screen_world *world)
{
    (void)world;
    if (screen->pager_step == screen->wizard->step && screen->wizard->step != WIZARD_PREFLIGHT)
        return;
    pager_clear(screen->pager);
    screen->pager_step = screen->wizard->step;
    if (screen->wizard->step == WIZARD_PREFLIGHT)
        fill_preflight(screen);
    else if (screen->wizard->step == WIZARD_PLAN)
        fill_plan(screen);
    else if (screen->wizard->step == WIZARD_VERIFY)
        wizard_fill_verify(screen);
    else if (screen->wizard->step == WIZARD_REPORT)
        fill_report(screen);
}

/* --- drawing ------------------------------------------------------------------------------------ */

static void draw_mark_page(struct wizard_screen *screen, const struct canvas *canvas)
{
    canvas_text(canvas, 0, 0, ATTR_SECONDARY,
                screen->wizard->stop == STOP_AT
                    ? "Stop at the mark, what it marks included; x stops before it"
                    : "Stop BEFORE the mark, without what it marks; x includes it");
    struct canvas list = canvas_region(canvas, 2, 0, -1, -1);
    form_choice_draw(&screen->marks, &list, true);
}

static int confirm_line(const struct canvas *canvas, int row, const char *label, const char *text)
{
    canvas_text(canvas, row, 0, ATTR_SECONDARY, label);
    struct canvas inside = canvas_region(canvas, row, 18, -1, -1);
    return row + wrap_draw(&inside, 0, ATTR_NORMAL, text);
}

static void draw_confirm(struct wizard_screen *screen, const struct screen_world *world,
                         const struct canvas *canvas)
{
    const struct plan *plan = screen->wizard->plan;
    char text[WORDS_LINE], servers[WORDS_LINE], value[WORDS_SIZE];
    int row = 0;
    if (!plan)
        return;
    canvas_text(canvas, row++, 0, ATTR_TITLE, "This is what will be done");
    row = confirm_line(canvas, row, "group", plan->group);
    snprintf(text, sizeof text, "%s, method %s%s", words_situation(screen->wizard->situation),
             method_name(plan->method), plan->gate ? "" : ": NO GATE");
    row = confirm_line(canvas, row, "situation", text);
    snprintf(text, sizeof text, "%s (set %lld), stop %s it", plan->mark ? plan->mark : "none",
             (long long)plan->set, stop_kind_name(plan->stop));
    row = confirm_line(canvas, row, "mark", text);
    words_servers(servers, sizeof servers, world->view, ROLE_DESTINATION);
    row = confirm_line(canvas, row, "on", servers);
    snprintf(text, sizeof text, "%zu", plan->databases_count);
    row = confirm_line(canvas, row, "databases", text);
    words_loss(value, sizeof value, plan->data_loss_ms, plan->loss_basis);
    row = confirm_line(canvas, row, "loses", value);
    words_duration(value, sizeof value, plan->restore_ms);
    row = confirm_line(canvas, row, "online after", value);
    for (size_t i = 0; i < screen->wizard->replace_count; i++)
        row = confirm_line(canvas, row, "overwrites", screen->wizard->replace[i]);
    row = confirm_line(canvas, row, "plan", plan->hash);
    struct canvas rest = canvas_region(canvas, row + 1, 0, -1, -1);
    wrap_draw(&rest, 0, ATTR_STRONG,
              "Enter asks for the group's name; nothing is sent before it is typed.");
}

void wizard_draw_page(struct wizard_screen *screen, const struct screen_world *world,
                      const struct canvas *canvas)
{
    switch (screen->wizard->step) {
    case WIZARD_SITUATION:
        form_choice_draw(&screen->situations, canvas, true);
        break;
    case WIZARD_MARK:
        draw_mark_page(screen, canvas);
        break;
    case WIZARD_METHOD:
        form_choice_draw(&screen->methods, canvas, true);
        break;
    case WIZARD_PREFLIGHT:
    case WIZARD_PLAN:
    case WIZARD_VERIFY:
    case WIZARD_REPORT:
        wizard_fill_pager(screen, world);
        pager_draw(screen->pager, canvas, true);
        break;
    case WIZARD_CONFIRM:
        draw_confirm(screen, world, canvas);
        break;
    case WIZARD_RUN:
        wizard_draw_run(screen, world, canvas);
        break;
    case WIZARD_AFTER:
        wizard_draw_after(screen, canvas);
        break;
    case WIZARD_STEPS:
        break;
    }
}
