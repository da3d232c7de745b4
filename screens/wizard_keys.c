/* The wizard's keys: what each does at each step, and the questions it asks. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "screens/wizard_private.h"
#include "screens/words.h"
#include "tui/keys.h"

/* --- questions ---------------------------------------------------------------------------------- */

void wizard_ask_runs(struct wizard_screen *screen)
{
    for (size_t i = 0; i < screen->unfinished_count; i++) {
        const struct run_summary *run = &screen->unfinished[i];
        char when[WORDS_SIZE];
        time_format(when, sizeof when, run->started_utc_ms);
        free(screen->run_labels[i]);
        free(screen->run_words[i]);
        screen->run_labels[i] =
            memory_format("%s run %lld: %s",
                          run->alive                                          ? "watch"
                          : run->state == RUN_AFTER || run->state == RUN_DONE ? "go on with"
                                                                              : "resume",
                          (long long)run->run, words_run_state(run->state));
        screen->run_words[i] = memory_format("to %s, begun %s by %s on %s%s%s", run->mark, when,
                                             run->by, run->host, run->reason[0] ? ": " : "",
                                             run->reason);
        screen->run_items[i] = (struct form_choice_item){.label = screen->run_labels[i],
                                                         .explanation = screen->run_words[i]};
    }
    screen->run_items[screen->unfinished_count] =
        (struct form_choice_item){.label = "none of these: a new restore"};
    dialog_open_choice(&screen->dialog, "Runs of before", NULL, screen->run_items,
                       screen->unfinished_count + 1, 0);
    screen->question = ASK_RUNS;
}

void wizard_ask_again(struct wizard_screen *screen)
{
    static const struct form_choice_item items[] = {{.label = "look at it again"},
                                                    {.label = "a new restore"}};
    char title[100];
    snprintf(title, sizeof title, "Run %lld is over", (long long)screen->wizard->run);
    dialog_open_choice(&screen->dialog, title, NULL, items, 2, 0);
    screen->question = ASK_AGAIN;
}

static void ask_password(struct wizard_screen *screen)
{
    size_t server;
    char text[400];
    if (!wizard_missing_secret(screen, &server))
        return;
    screen->secret_server = server;
    snprintf(text, sizeof text,
             "The restore login \"%s\" on %s. It is kept in locked memory for this run only.",
             screen->config->servers[server].restore.user, screen->config->servers[server].name);
    dialog_open_input(&screen->dialog, "Restore login", text, "Password", NULL, true);
    screen->question = ASK_PASSWORD;
}

static void ask_word(struct wizard_screen *screen)
{
    char word[300], question[WORDS_LINE];
    if (!wizard_next_word(screen->wizard, screen->config->group_name, word, sizeof word, question,
                          sizeof question))
        return;
    text_copy(screen->asked_word, sizeof screen->asked_word, word);
    dialog_open_confirm(&screen->dialog, ATTR_WARNING, "Confirm", question, word);
    screen->question = ASK_WORD;
}

static void ask_replace(struct wizard_screen *screen)
{
    char name[300], question[WORDS_LINE];
    if (!wizard_must_replace(screen->wizard, name, sizeof name)) {
        wizard_say(screen, ATTR_SECONDARY, "nothing in this plan needs to be overwritten");
        return;
    }
    snprintf(question, sizeof question,
             "The plan restores a full backup over %s, which is there now. What is in it is lost.",
             name);
    text_copy(screen->asked_word, sizeof screen->asked_word, name);
    dialog_open_confirm(&screen->dialog, ATTR_CRITICAL, "Overwrite", question, name);
    screen->question = ASK_REPLACE;
}

static void ask_abort(struct wizard_screen *screen, bool now)
{
    dialog_open_confirm(&screen->dialog, ATTR_CRITICAL, "Abort the run",
                        now ? "The statements under way are cancelled and every database is left "
                              "RESTORING. Nothing comes online."
                            : "The statements under way are finished, then every database is left "
                              "RESTORING. Nothing comes online.",
                        now ? "abort now" : "abort");
    screen->question = now ? ASK_ABORT_NOW : ASK_ABORT;
}

static const struct manual_step *manual_step(const struct wizard_screen *screen)
{
    const struct report *report = screen->wizard->report;
    if (!report || screen->manual_at >= report->manual_count)
        return NULL;
    return &report->manual[screen->manual_at];
}

static void ask_tick(struct wizard_screen *screen)
{
    const struct manual_step *step = manual_step(screen);
    if (!step)
        return;
    if (step->by_run) {
        wizard_say(screen, ATTR_WARNING, "stopmark looks at this one itself: nobody ticks it");
        return;
    }
    if (step->ticked) {
        wizard_work_tick(screen, step->id, NULL, NULL);
        return;
    }
    const char *user = screen->tick_by[0] ? screen->tick_by : getenv("USER");
    char *text = wizard_reflow(step->text);
    dialog_open_input(&screen->dialog, step->title, text, "Done by", user, false);
    free(text);
    screen->question = ASK_TICK_BY;
}

/* Forgets the run and every choice; the passwords stay. */
static void begin_anew(struct wizard_screen *screen, const struct screen_world *world)
{
    enum wizard_secrets secrets = screen->wizard->secrets;
    wizard_free(screen->wizard);
    screen->wizard = wizard_new();
    screen->wizard->secrets = secrets == SECRETS_FETCHING ? SECRETS_NOT_ASKED : secrets;
    screen->pager_step = WIZARD_STEPS;
    free(screen->markdown);
    free(screen->report_path);
    screen->markdown = screen->report_path = NULL;
    screen->status[0] = '\0';
    wizard_fill_choices(screen, world);
}

/* --- answers ------------------------------------------------------------------------------------ */

static void take_run(struct wizard_screen *screen, size_t chosen)
{
    if (chosen >= screen->unfinished_count)
        return;
    const struct run_summary *run = &screen->unfinished[chosen];
    wizard_adopt(screen->wizard, run);
    if (run->alive || run->state == RUN_AFTER || run->state == RUN_DONE) {
        wizard_work_attach(screen, false);
        return;
    }
    wizard_run_lost(screen->wizard, NULL);
    wizard_say(screen, ATTR_WARNING, "run %lld has no worker: Enter resumes it",
               (long long)run->run);
}

static void take_password(struct wizard_screen *screen)
{
    if (!screen->secrets)
        screen->secrets = secrets_new(screen->config->servers_count);
    secrets_set(screen->secrets, screen->secret_server, dialog_text(&screen->dialog));
    wizard_judge_secrets(screen);
}

static void take_note(struct wizard_screen *screen)
{
    const struct manual_step *step = manual_step(screen);
    if (step)
        wizard_work_tick(screen, step->id, screen->tick_by, dialog_text(&screen->dialog));
}

/* What follows once the dialog is closed: the next question, or the start. */
static void follow_up(struct wizard_screen *screen, enum wizard_question answered,
                      const struct screen_world *world)
{
    size_t server;
    switch (answered) {
    case ASK_PASSWORD:
        if (wizard_missing_secret(screen, &server))
            ask_password(screen);
        break;
    case ASK_WORD:
        if (screen->wizard->confirmed)
            wizard_work_start(screen);
        else
            ask_word(screen);
        break;
    case ASK_REPLACE:
        wizard_make_plan(screen->wizard, world->view);
        break;
    case ASK_TICK_BY: {
        const struct manual_step *step = manual_step(screen);
        if (step) {
            dialog_open_input(&screen->dialog, step->title,
                              "@/path at its end names a file as evidence.", "Note", NULL, false);
            screen->question = ASK_TICK_NOTE;
        }
        break;
    }
    default:
        break;
    }
}

static void accept(struct wizard_screen *screen, const struct screen_world *world)
{
    enum wizard_question question = screen->question;
    switch (question) {
    case ASK_AGAIN:
        if (dialog_chosen(&screen->dialog) == 1)
            begin_anew(screen, world);
        break;
    case ASK_RUNS:
        take_run(screen, dialog_chosen(&screen->dialog));
        break;
    case ASK_PASSWORD:
        take_password(screen);
        break;
    case ASK_WORD:
        wizard_type_word(screen->wizard, screen->config->group_name,
                         screen->asked_word);
        break;
    case ASK_REPLACE:
        wizard_allow_replace(screen->wizard, screen->asked_word);
        break;
    case ASK_ABORT:
    case ASK_ABORT_NOW:
        if (screen->client &&
            run_client_send(screen->client, question == ASK_ABORT ? RUN_COMMAND_ABORT
                                                                  : RUN_COMMAND_ABORT_NOW))
            wizard_say(screen, ATTR_WARNING, "abort asked for");
        break;
    case ASK_TICK_BY:
        text_copy(screen->tick_by, sizeof screen->tick_by, dialog_text(&screen->dialog));
        break;
    case ASK_TICK_NOTE:
        take_note(screen);
        break;
    case ASK_NOTHING:
        break;
    }
    dialog_close(&screen->dialog);
    screen->question = ASK_NOTHING;
    follow_up(screen, question, world);
}

static struct reaction dialog_answer(struct wizard_screen *screen,
                                     const struct screen_world *world, uint32_t key)
{
    enum dialog_result result = dialog_key(&screen->dialog, key);
    if (result == DIALOG_ACCEPTED) {
        accept(screen, world);
    } else if (result == DIALOG_CLOSED) {
        dialog_close(&screen->dialog);
        screen->question = ASK_NOTHING;
    }
    struct reaction reaction = reaction_used();
    reaction.flush_input = result == DIALOG_ACCEPTED && screen->question != ASK_NOTHING;
    return reaction;
}

/* --- steps -------------------------------------------------------------------------------------- */

static struct reaction refuse(const char *why)
{
    return reaction_message(ATTR_WARNING, "%s", why);
}

/* The cursor stands on what is chosen, for Enter chooses what is under it. */
static void place_cursor(struct form_choice *choice)
{
    if (choice->chosen < choice->items_count)
        choice->at = choice->chosen;
}

/* Entering a step may need work: passwords, the report. */
static void enter(struct wizard_screen *screen, const struct screen_world *world)
{
    struct wizard *wizard = screen->wizard;
    screen->pager_step = WIZARD_STEPS;
    screen->status[0] = '\0';
    pager_home(screen->pager);
    wizard_fill_choices(screen, world);
    place_cursor(&screen->situations);
    place_cursor(&screen->marks);
    place_cursor(&screen->methods);
    if (wizard->step == WIZARD_PREFLIGHT) {
        wizard_preflight(wizard, world->view, world->demo != NULL);
        if (wizard->secrets == SECRETS_NOT_ASKED || wizard->secrets == SECRETS_FAILED)
            wizard_work_fetch_secrets(screen);
    }
    if (wizard->step >= WIZARD_VERIFY)
        wizard_work_load_report(screen, wizard->step == WIZARD_REPORT);
}

static struct reaction go_on(struct wizard_screen *screen, const struct screen_world *world)
{
    char why[WORDS_LINE];
    struct wizard *wizard = screen->wizard;
    struct reaction reaction = reaction_used();
    if (wizard->step == WIZARD_PREFLIGHT && wizard->secrets == SECRETS_MISSING) {
        ask_password(screen);
        reaction.flush_input = true;
        return reaction;
    }
    if (wizard->step == WIZARD_CONFIRM && !wizard->confirmed) {
        ask_word(screen);
        reaction.flush_input = true;
        return reaction;
    }
    if (wizard->step == WIZARD_RUN && wizard->phase == WIZARD_RUN_LOST && wizard->run &&
        !screen->busy) {
        size_t server;
        if (!screen->secrets) {
            screen->resume_wanted = true;
            wizard_work_fetch_secrets(screen);
            return reaction;
        }
        if (wizard_missing_secret(screen, &server))
            ask_password(screen);
        else
            wizard_work_attach(screen, true);
        return reaction;
    }
    if (!wizard_next(wizard, world->view, why, sizeof why))
        return refuse(why);
    enter(screen, world);
    return reaction;
}

static struct reaction go_back(struct wizard_screen *screen, const struct screen_world *world)
{
    if (wizard_back(screen->wizard)) {
        enter(screen, world);
        return reaction_used();
    }
    if (wizard_is_running(screen->wizard))
        return refuse("the run has begun: d leaves it (it goes on), a aborts it");
    return (struct reaction){.kind = REACT_POP};
}

/* A choice's keys; Enter on it also goes on. */
static struct reaction choice_key(struct wizard_screen *screen, const struct screen_world *world,
                                  struct form_choice *choice, uint32_t key,
                                  void (*chosen)(struct wizard_screen *screen, size_t index))
{
    enum form_result result = form_choice_key(choice, key);
    if (result == FORM_UNUSED || result == FORM_CANCELLED)
        return (struct reaction){0};
    if (choice->chosen < choice->items_count)
        chosen(screen, choice->chosen);
    if (result == FORM_ACCEPTED)
        return go_on(screen, world);
    if ((key == KEYS_ENTER || key == KEYS_SPACE) && choice->items[choice->at].refusal)
        return refuse(choice->items[choice->at].refusal);
    return reaction_used();
}

static void chose_situation(struct wizard_screen *screen, size_t index)
{
    wizard_choose_situation(screen->wizard, (enum situation)index);
}

static void chose_method(struct wizard_screen *screen, size_t index)
{
    wizard_choose_method(screen->wizard, (enum method)index);
}

static void chose_mark(struct wizard_screen *screen, size_t index)
{
    enum target_by by = index == 0 ? TARGET_NEWEST : index == 1 ? TARGET_RULE : TARGET_CHOSEN;
    wizard_choose_mark(screen->wizard, by, screen->mark_names[index]);
}

static struct reaction mark_key(struct wizard_screen *screen, const struct screen_world *world,
                                uint32_t key)
{
    if (key == 'x') {
        wizard_choose_stop(screen->wizard,
                           screen->wizard->stop == STOP_AT ? STOP_BEFORE : STOP_AT);
        return reaction_used();
    }
    return choice_key(screen, world, &screen->marks, key, chose_mark);
}

static struct reaction run_key(struct wizard_screen *screen, enum action_id action)
{
    const struct run_snapshot *snapshot = screen->wizard->snapshot;
    struct reaction reaction = reaction_used();
    if (action == ACTION_RUN_DETACH)
        return (struct reaction){.kind = REACT_POP};
    if (!screen->client || !snapshot)
        return (struct reaction){0};
    if (action == ACTION_RUN_PAUSE && snapshot->can_pause) {
        run_client_send(screen->client, RUN_COMMAND_PAUSE);
        wizard_say(screen, ATTR_WARNING, "pause asked for: what is under way is finished first");
    } else if (action == ACTION_RUN_PAUSE && snapshot->can_resume) {
        screen->status[0] = '\0';
        run_client_send(screen->client, RUN_COMMAND_CONTINUE);
    } else if (action == ACTION_RUN_RETRY && snapshot->can_retry) {
        screen->status[0] = '\0';
        run_client_send(screen->client, RUN_COMMAND_RETRY);
    } else if ((action == ACTION_RUN_ABORT || action == ACTION_RUN_ABORT_NOW) &&
               snapshot->can_abort) {
        ask_abort(screen, action == ACTION_RUN_ABORT_NOW);
        reaction.flush_input = true;
    } else if (action == ACTION_RUN_PAUSE || action == ACTION_RUN_RETRY ||
               action == ACTION_RUN_ABORT || action == ACTION_RUN_ABORT_NOW) {
        wizard_say(screen, ATTR_WARNING, "not possible now: %s",
                   words_run_state(snapshot->summary.state));
    } else {
        return (struct reaction){0};
    }
    return reaction;
}

static struct reaction after_key(struct wizard_screen *screen, uint32_t key)
{
    const struct report *report = screen->wizard->report;
    size_t count = report ? report->manual_count : 0;
    if ((key == KEYS_DOWN || key == 'j') && screen->manual_at + 1 < count)
        screen->manual_at++;
    else if ((key == KEYS_UP || key == 'k') && screen->manual_at > 0)
        screen->manual_at--;
    else if (key == KEYS_SPACE)
        ask_tick(screen);
    else if (key != KEYS_DOWN && key != KEYS_UP)
        return (struct reaction){0};
    return reaction_used();
}

static struct reaction page_key(struct wizard_screen *screen, const struct screen_world *world,
                                uint32_t key, enum action_id action)
{
    switch (screen->wizard->step) {
    case WIZARD_SITUATION:
        return choice_key(screen, world, &screen->situations, key, chose_situation);
    case WIZARD_MARK:
        return mark_key(screen, world, key);
    case WIZARD_METHOD:
        return choice_key(screen, world, &screen->methods, key, chose_method);
    case WIZARD_RUN:
        return run_key(screen, action);
    case WIZARD_AFTER:
        return after_key(screen, key);
    case WIZARD_PREFLIGHT:
    case WIZARD_PLAN:
    case WIZARD_VERIFY:
    case WIZARD_REPORT:
        if (key != KEYS_ENTER && key != KEYS_SPACE && pager_key(screen->pager, key))
            return reaction_used();
        break;
    case WIZARD_CONFIRM:
    case WIZARD_STEPS:
        break;
    }
    return (struct reaction){0};
}

struct reaction wizard_key(void *self, const struct screen_world *world, uint32_t key,
                           enum action_id action)
{
    struct wizard_screen *screen = self;
    if (dialog_is_open(&screen->dialog))
        return dialog_answer(screen, world, key);
    if (action == ACTION_QUIT)
        return (struct reaction){.kind = REACT_POP};
    struct reaction reaction = {0};
    if (action != ACTION_WIZARD_BACK && action != ACTION_BACK && action != ACTION_HELP)
        reaction = page_key(screen, world, key, action);
    if (reaction.kind != REACT_UNUSED)
        return reaction;
    switch (action) {
    case ACTION_WIZARD_NEXT:
        return go_on(screen, world);
    case ACTION_WIZARD_BACK:
    case ACTION_BACK:
        return go_back(screen, world);
    case ACTION_WIZARD_REPLACE:
        if (screen->wizard->step == WIZARD_PLAN)
            ask_replace(screen);
        return reaction_used();
    case ACTION_RESTORE:
        return reaction_used();
    default:
        return (struct reaction){0};
    }
}
