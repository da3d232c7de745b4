/* The wizard's second half: what happens with the run changes its step. */
#include <stdlib.h>

#include "core/base/text.h"
#include "screens/wizard.h"

void wizard_run_starting(struct wizard *wizard)
{
    wizard->phase = WIZARD_RUN_STARTING;
    wizard->step = WIZARD_RUN;
    error_clear(&wizard->run_error);
    run_snapshot_free(wizard->snapshot);
    wizard->snapshot = NULL;
}

void wizard_run_started(struct wizard *wizard, int64_t run)
{
    wizard->run = run;
    wizard->phase = WIZARD_RUN_WATCHED;
    wizard->step = WIZARD_RUN;
}

void wizard_run_refused(struct wizard *wizard, const struct error *error)
{
    wizard->phase = WIZARD_RUN_REFUSED;
    run_snapshot_free(wizard->snapshot);
    wizard->snapshot = NULL;
    wizard->run_error = *error;
    wizard->confirmed = false;
}

/* A run that failed before PREPARE had passed was refused: nothing was written. */
void wizard_run_snapshot(struct wizard *wizard, struct run_snapshot *snapshot)
{
    if (snapshot->summary.state == RUN_FAILED && !snapshot->prepared && !snapshot->can_retry) {
        struct error error = snapshot->error;
        if (error.code == ERR_OK)
            error_set(&error, ERR_REFUSED, NULL, NULL, "%s", snapshot->summary.reason);
        run_snapshot_free(snapshot);
        wizard_run_refused(wizard, &error);
        return;
    }
    run_snapshot_free(wizard->snapshot);
    wizard->snapshot = snapshot;
    wizard->phase = WIZARD_RUN_WATCHED;
    wizard->run = snapshot->summary.run;
}

void wizard_run_lost(struct wizard *wizard, const struct error *error)
{
    wizard->phase = WIZARD_RUN_LOST;
    if (error)
        wizard->run_error = *error;
}

void wizard_adopt(struct wizard *wizard, const struct run_summary *summary)
{
    plan_free(wizard->plan);
    wizard->plan = NULL;
    wizard->run = summary->run;
    wizard->situation = summary->situation;
    wizard->situation_chosen = true;
    wizard->method = summary->method;
    wizard->method_chosen = true;
    wizard->stop = summary->stop;
    wizard->by = TARGET_CHOSEN;
    text_copy(wizard->mark, sizeof wizard->mark, summary->mark);
    wizard->mark_chosen = true;
    wizard->phase = WIZARD_RUN_STARTING;
    wizard->step = summary->state == RUN_AFTER || summary->state == RUN_DONE ? WIZARD_AFTER
                                                                             : WIZARD_RUN;
}

void wizard_set_report(struct wizard *wizard, struct report *report)
{
    report_free(wizard->report);
    wizard->report = report;
}

bool wizard_is_running(const struct wizard *wizard)
{
    if (wizard->phase == WIZARD_RUN_STARTING)
        return true;
    if (wizard->phase != WIZARD_RUN_WATCHED)
        return false;
    if (!wizard->snapshot)
        return true;
    enum run_state state = wizard->snapshot->summary.state;
    return !run_state_is_final(state);
}
