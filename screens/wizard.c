#include "screens/wizard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/situation.h"
#include "screens/words.h"

struct wizard *wizard_new(void)
{
    struct wizard *wizard = memory_new(sizeof *wizard);
    wizard->by = TARGET_NEWEST;
    return wizard;
}

static void forget_findings(struct wizard *wizard)
{
    for (size_t i = 0; i < wizard->findings_count; i++) {
        free(wizard->findings[i].text);
        free(wizard->findings[i].remedy);
    }
    wizard->findings_count = 0;
}

void wizard_free(struct wizard *wizard)
{
    if (!wizard)
        return;
    forget_findings(wizard);
    free(wizard->findings);
    for (size_t i = 0; i < wizard->replace_count; i++)
        free(wizard->replace[i]);
    free(wizard->replace);
    plan_free(wizard->plan);
    run_snapshot_free(wizard->snapshot);
    report_free(wizard->report);
    free(wizard);
}

const char *wizard_step_title(enum wizard_step step)
{
    static const char *const titles[WIZARD_STEPS] = {
        [WIZARD_SITUATION] = "Situation", [WIZARD_PREFLIGHT] = "Preflight",
        [WIZARD_MARK] = "Mark",           [WIZARD_METHOD] = "Method",
        [WIZARD_PLAN] = "Plan",           [WIZARD_CONFIRM] = "Confirm",
        [WIZARD_RUN] = "Run",             [WIZARD_VERIFY] = "Verify",
        [WIZARD_AFTER] = "After",         [WIZARD_REPORT] = "Report",
    };
    return (unsigned)step < WIZARD_STEPS ? titles[step] : "?";
}

const char *wizard_method_refusal(enum method method)
{
    switch (method) {
    case METHOD_DIRECT:
    case METHOD_JOBS:
        return NULL;
    case METHOD_SCRIPT:
        break;
    }
    return "not run from here: `stopmark script` writes it";
}

static bool has_begun(const struct wizard *wizard)
{
    return wizard->phase == WIZARD_RUN_STARTING || wizard->phase == WIZARD_RUN_WATCHED ||
           wizard->phase == WIZARD_RUN_LOST;
}

/* A changed choice makes the plan and what was confirmed about it worthless. */
static void forget_plan(struct wizard *wizard)
{
    plan_free(wizard->plan);
    wizard->plan = NULL;
    wizard->confirmed = wizard->word_typed = wizard->stopped_typed = false;
}

bool wizard_choose_situation(struct wizard *wizard, enum situation situation)
{
    if (has_begun(wizard))
        return false;
    if (!wizard->situation_chosen || wizard->situation != situation)
        forget_plan(wizard);
    wizard->situation = situation;
    wizard->situation_chosen = true;
    return true;
}

bool wizard_choose_mark(struct wizard *wizard, enum target_by by, const char *mark)
{
    if (has_begun(wizard) || (by == TARGET_CHOSEN && (!mark || !mark[0])))
        return false;
    const char *name = by == TARGET_CHOSEN ? mark : "";
    if (!wizard->mark_chosen || wizard->by != by || !text_equal(wizard->mark, name))
        forget_plan(wizard);
    wizard->by = by;
    text_copy(wizard->mark, sizeof wizard->mark, name);
    wizard->mark_chosen = true;
    return true;
}

bool wizard_choose_method(struct wizard *wizard, enum method method)
{
    if (has_begun(wizard) || wizard_method_refusal(method))
        return false;
    if (!wizard->method_chosen || wizard->method != method)
        forget_plan(wizard);
    wizard->method = method;
    wizard->method_chosen = true;
    return true;
}

void wizard_choose_stop(struct wizard *wizard, enum stop_kind stop)
{
    if (has_begun(wizard))
        return;
    if (wizard->stop != stop)
        forget_plan(wizard);
    wizard->stop = stop;
}

void wizard_make_plan(struct wizard *wizard, const struct group_view *view)
{
    if (has_begun(wizard))
        return;
    struct plan_request request = {.by = wizard->by,
                                   .mark = wizard->by == TARGET_CHOSEN ? wizard->mark : NULL,
                                   .stop = wizard->stop,
                                   .method = wizard->method,
                                   .situation_known = wizard->situation_chosen,
                                   .situation = wizard->situation,
                                   .replace = (const char *const *)wizard->replace,
                                   .replace_count = wizard->replace_count};
    struct plan *plan = plan_make(view, &request);
    if (!wizard->plan || !text_equal(wizard->plan->hash, plan->hash))
        wizard->confirmed = wizard->word_typed = wizard->stopped_typed = false;
    plan_free(wizard->plan);
    wizard->plan = plan;
}

/* The first finding that blocks; NULL = none. */
static const struct wizard_finding *blocking(const struct wizard *wizard)
{
    for (size_t i = 0; i < wizard->findings_count; i++)
        if (wizard->findings[i].blocks)
            return &wizard->findings[i];
    return NULL;
}

static bool may_leave_preflight(const struct wizard *wizard, char *why, size_t size)
{
    const struct wizard_finding *finding = blocking(wizard);
    if (finding) {
        text_copy(why, size, finding->text);
        return false;
    }
    if (wizard->secrets != SECRETS_READY) {
        snprintf(why, size, "the restore login has no password yet%s%s",
                 wizard->secrets_why[0] ? ": " : "", wizard->secrets_why);
        return false;
    }
    return true;
}

static bool may_leave_plan(const struct wizard *wizard, char *why, size_t size)
{
    char name[300];
    if (!wizard->plan) {
        text_copy(why, size, "there is no plan yet");
        return false;
    }
    if (wizard_must_replace(wizard, name, sizeof name)) {
        snprintf(why, size, "%s would be overwritten: O allows it, by typing its name", name);
        return false;
    }
    if (!wizard->plan->possible) {
        text_copy(why, size,
                  wizard->plan->reasons_count ? wizard->plan->reasons[0]
                                              : "this plan is not possible");
        return false;
    }
    return true;
}

static bool run_is_over(const struct wizard *wizard)
{
    if (!wizard->snapshot)
        return false;
    enum run_state state = wizard->snapshot->summary.state;
    return run_state_is_final(state);
}

bool wizard_may_go_on(const struct wizard *wizard, char *why, size_t size)
{
    why[0] = '\0';
    switch (wizard->step) {
    case WIZARD_SITUATION:
        if (!wizard->situation_chosen)
            text_copy(why, size, "choose a situation first: its digit, or Space");
        break;
    case WIZARD_PREFLIGHT:
        return may_leave_preflight(wizard, why, size);
    case WIZARD_MARK:
        if (!wizard->mark_chosen)
            text_copy(why, size, "choose a mark first: its digit, or Space");
        break;
    case WIZARD_METHOD:
        if (!wizard->method_chosen)
            text_copy(why, size, "choose a method first: its digit, or Space");
        break;
    case WIZARD_PLAN:
        return may_leave_plan(wizard, why, size);
    case WIZARD_CONFIRM:
        if (!wizard->confirmed)
            text_copy(why, size, "type the group's name first");
        break;
    case WIZARD_RUN:
        if (wizard->phase == WIZARD_RUN_REFUSED)
            text_copy(why, size, "refused, and nothing was changed: b goes back to the plan");
        else if (!run_is_over(wizard))
            text_copy(why, size, "the run is not over");
        break;
    case WIZARD_VERIFY:
    case WIZARD_AFTER:
        break;
    case WIZARD_REPORT:
    case WIZARD_STEPS:
        text_copy(why, size, "this is the last step");
        break;
    }
    return !why[0];
}

bool wizard_next(struct wizard *wizard, const struct group_view *view, char *why, size_t size)
{
    if (!wizard_may_go_on(wizard, why, size))
        return false;
    wizard->step = (enum wizard_step)(wizard->step + 1);
    if (wizard->step == WIZARD_PLAN)
        wizard_make_plan(wizard, view);
    return true;
}

bool wizard_back(struct wizard *wizard)
{
    if (wizard->step == WIZARD_SITUATION)
        return false;
    if (wizard->step <= WIZARD_RUN && has_begun(wizard))
        return false;
    wizard->step = (enum wizard_step)(wizard->step - 1);
    if (wizard->step <= WIZARD_CONFIRM)
        wizard->confirmed = false;
    if (wizard->step == WIZARD_CONFIRM && wizard->phase == WIZARD_RUN_REFUSED)
        wizard->phase = WIZARD_RUN_NONE;
    return true;
}

static bool is_allowed(const struct wizard *wizard, const char *name)
{
    for (size_t i = 0; i < wizard->replace_count; i++)
        if (text_equal(wizard->replace[i], name))
            return true;
    return false;
}

bool wizard_must_replace(const struct wizard *wizard, char *out, size_t size)
{
    out[0] = '\0';
    for (size_t i = 0; wizard->plan && i < wizard->plan->databases_count; i++) {
        const struct plan_database *database = &wizard->plan->databases[i];
        if (!database->must_replace)
            continue;
        snprintf(out, size, "%s/%s", database->server, database->database);
        if (!is_allowed(wizard, out))
            return true;
    }
    out[0] = '\0';
    return false;
}

void wizard_allow_replace(struct wizard *wizard, const char *server_database)
{
    if (!is_allowed(wizard, server_database))
        *memory_append(wizard, replace) = memory_copy_text(server_database);
}

static bool asks_whether_stopped(const struct wizard *wizard)
{
    return situation_traits(wizard->situation)->makes_mark && !wizard->stopped_typed;
}

static const char *what_starts(const struct wizard *wizard)
{
    const struct situation_traits *traits = situation_traits(wizard->situation);
    if (traits->copies)
        return "This restores copies on every destination, under other names. Nothing that is "
               "there now is touched; shipping goes on.";
    if (traits->makes_mark)
        return "This disables all jobs on the sources, has the backup job make one last set and "
               "sets the sources' databases OFFLINE; then every destination is restored to that "
               "set's mark. Nothing is recovered before every database is proven there.";
    return "This starts the restore on every destination. The first writes disable the log "
           "shipping jobs; nothing is recovered before every database is proven at the mark.";
}

bool wizard_next_word(const struct wizard *wizard, const char *group, char *word, size_t word_size,
                      char *question, size_t question_size)
{
    if (!wizard->plan || wizard->confirmed)
        return false;
    if (wizard->plan->asks_for_word && !wizard->word_typed) {
        text_copy(word, word_size, "full restore");
        text_copy(question, question_size,
                  "This plan restores full backups although a newer mark can be reached by rolling "
                  "forward. It takes longer and loses more.");
        return true;
    }
    if (asks_whether_stopped(wizard)) {
        text_copy(word, word_size, "stopped");
        text_copy(question, question_size,
                  "Receive locations, host instances, Enterprise SSO, the Rule Engine Update "
                  "Service and every console are stopped on all BizTalk computers? The run looks "
                  "for sessions itself and stops where it finds one.");
        return true;
    }
    text_copy(word, word_size, group);
    text_copy(question, question_size, what_starts(wizard));
    return true;
}

bool wizard_type_word(struct wizard *wizard, const char *group, const char *typed)
{
    char word[300], question[WORDS_LINE];
    if (!wizard_next_word(wizard, group, word, sizeof word, question, sizeof question) ||
        !text_equal(word, typed))
        return false;
    if (wizard->plan->asks_for_word && !wizard->word_typed)
        wizard->word_typed = true;
    else if (asks_whether_stopped(wizard))
        wizard->stopped_typed = true;
    else
        wizard->confirmed = true;
    return true;
}
