/* The runbook's steps of a run: ticks from its journal, proofs from what the run and its scan
 * found. */
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/report.h"
#include "core/scan.h"

/* --- proofs ----------------------------------------------------------------------------------- */

struct counts {
    size_t all, at_mark, online, verified;
};

static struct counts count_databases(const struct report *report)
{
    struct counts counts = {.all = report->databases_count};
    for (size_t i = 0; i < report->databases_count; i++) {
        const struct report_database *database = &report->databases[i];
        counts.at_mark += database->proven || database->verified;
        counts.online += database->state_known && database->state == STATE_ONLINE;
        counts.verified += database->verified;
    }
    return counts;
}

static void prove_count(struct manual_step *step, size_t done, size_t all, const char *words)
{
    step->ticked = all > 0 && done == all;
    step->note = memory_format("%zu of %zu databases %s", done, all, words);
}

static const char *first_of(const struct scan *scan, enum scan_kind kind)
{
    for (size_t i = 0; i < scan->findings_count; i++)
        if (scan->findings[i].kind == kind)
            return scan->findings[i].text;
    return "";
}

/* "Nothing found" is only said of what was wholly read. */
static void prove_scan(struct manual_step *step, const struct report *report, enum scan_kind kind)
{
    const struct scan *scan = report->scan;
    char when[40];
    if (scan == NULL) {
        step->note = memory_copy_text("not looked yet: this page does, and `stopmark report RUN "
                                      "--scan`");
        return;
    }
    time_format(when, sizeof when, scan->at_utc_ms);
    size_t count = scan_count(scan, kind);
    step->ticked = count == 0 && scan->looked[kind];
    if (count > 0)
        step->note = memory_format("%s: %zu found; %s", when, count, first_of(scan, kind));
    else if (scan->looked[kind])
        step->note = memory_format("%s: looked, none found", when);
    else
        step->note = memory_format("%s: could not look everywhere: %s", when,
                                   scan->blind[kind] == NULL ? "?" : scan->blind[kind]);
}

static void prove(struct manual_step *step, enum runbook_proof proof, const struct report *report,
                  const struct journal_content *content)
{
    struct counts counts = count_databases(report);
    switch (proof) {
    case PROOF_PREPARED:
        step->ticked = content->head.prepared;
        step->note = memory_copy_text(step->ticked ? "the run's PREPARE passed"
                                                   : "the run's PREPARE has not passed");
        break;
    case PROOF_AT_MARK:
        prove_count(step, counts.at_mark, counts.all, "proven at the mark");
        break;
    case PROOF_ONLINE:
        prove_count(step, counts.online, counts.all, "online");
        break;
    case PROOF_VERIFIED:
        prove_count(step, counts.verified, counts.all, "verified");
        break;
    case PROOF_FILES:
        step->ticked = report->files_count > 0;
        step->note = step->ticked ? memory_format("%zu files, the first %s", report->files_count,
                                                  report->files[0])
                                  : memory_copy_text("none is there");
        break;
    case PROOF_NAMES:
        prove_scan(step, report, SCAN_OLD_NAME);
        break;
    case PROOF_LOGINS:
        prove_scan(step, report, SCAN_LOGIN);
        break;
    case PROOF_JOBS:
        prove_scan(step, report, SCAN_JOB);
        break;
    case PROOF_OLD_SOURCE:
        prove_scan(step, report, SCAN_OLD_SOURCE);
        break;
    case PROOF_NONE:
    case PROOF_DRILL:
        break;
    }
}

/* --- steps ------------------------------------------------------------------------------------ */

static void take_tick(struct manual_step *step, const struct journal_content *content)
{
    for (size_t i = 0; i < content->ticks_count; i++) {
        const struct journal_tick_row *tick = &content->ticks[i];
        if (!tick->ticked || !text_equal(tick->step_id, step->id))
            continue;
        step->ticked = true;
        step->by = report_clean(tick->by);
        step->note = report_clean(tick->note);
        step->ticked_utc_ms = tick->at_utc_ms;
    }
}

static void add_step(struct report *report, const struct runbook_step *from,
                     const struct journal_content *content, const struct plan *plan, bool back)
{
    int64_t run = content->head.run;
    struct manual_step *to = memory_append(report, manual);
    *to = (struct manual_step){
        .id = memory_copy_text(from->id),
        .title = runbook_fill(from->title, plan, run),
        .text = runbook_fill(from->text, plan, run),
        .verify = from->verify == NULL ? NULL : runbook_fill(from->verify, plan, run),
        .source = memory_copy_text(from->source),
        .kind = runbook_kind_name(from->kind),
        .phase = runbook_phase_name(from->phase),
        .phase_title = back ? "The way back" : runbook_phase_title(from->phase),
        .by_run = from->kind != RUNBOOK_MANUAL,
        .back = back,
        .ticked_utc_ms = TIME_UNKNOWN,
    };
    if (to->by_run)
        prove(to, from->proof, report, content);
    else
        take_tick(to, content);
}

void report_fill_steps(struct report *report, const struct runbook *runbook,
                       const struct journal_content *content, const struct plan *plan)
{
    enum situation situation = content->head.situation;
    for (size_t i = 0; i < runbook->steps_count; i++)
        if (runbook_applies(&runbook->steps[i], situation, plan))
            add_step(report, &runbook->steps[i], content, plan, false);
    for (size_t i = 0; situation != SITUATION_REHEARSAL && i < runbook->steps_count; i++)
        if (runbook_applies_back(&runbook->steps[i], plan))
            add_step(report, &runbook->steps[i], content, plan, true);
}

size_t report_open_steps(const struct report *report, bool back, size_t *all)
{
    size_t open = 0, count = 0;
    for (size_t i = 0; i < report->manual_count; i++) {
        const struct manual_step *step = &report->manual[i];
        if (step->by_run || step->back != back)
            continue;
        count++;
        open += !step->ticked;
    }
    if (all != NULL)
        *all = count;
    return open;
}
