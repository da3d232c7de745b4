#include <stdio.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/method.h"
#include "core/situation.h"
#include "core/tsql_restore.h"
#include "screens/facts.h"
#include "screens/words.h"

static void print_price(struct str *out, const struct plan *plan)
{
    char when[WORDS_SIZE], loss[WORDS_SIZE], time[WORDS_SIZE];
    time_format(when, sizeof when, plan->mark_time_utc_ms);
    words_loss(loss, sizeof loss, plan->data_loss_ms, plan->loss_basis);
    words_duration(time, sizeof time, plan->restore_ms);
    str_format(out, "target: %s, set %lld, taken %s (%s, stop %s the mark)\n", plan->mark,
               (long long)plan->set, when, target_by_name(plan->by), stop_kind_name(plan->stop));
    const struct method_traits *traits = method_traits(plan->method);
    str_format(out, "method: %s, %s\nmethod promises: %s\nmethod cannot: %s\n",
               method_name(plan->method), plan->gate ? "with a gate" : "WITHOUT A GATE",
               traits->promises, traits->cannot);
    str_format(out, "loses: %s\n", loss);
    str_format(out, "databases online after: %s (BizTalk steps not included)\n", time);
}

static void print_alternatives(struct str *out, const struct plan *plan)
{
    for (size_t i = 0; i < plan->alternatives_count; i++) {
        const struct plan_alternative *other = &plan->alternatives[i];
        char loss[WORDS_SIZE], time[WORDS_SIZE];
        if (other->mark == NULL) {
            str_format(out, "alternative (%s): none\n", target_by_name(other->by));
            continue;
        }
        words_loss(loss, sizeof loss, other->data_loss_ms, plan->loss_basis);
        words_duration(time, sizeof time, other->restore_ms);
        str_format(out,
                   "alternative (%s): %s, set %lld, loses %s, online after %s; %d roll forward, "
                   "%d full restore, %d not reachable\n",
                   target_by_name(other->by), other->mark,
                   (long long)other->set, loss, time, other->roll_forward, other->full_restore,
                   other->unreachable);
    }
}

static void print_step(struct str *out, const struct plan_step *step)
{
    char size[WORDS_SIZE], time[WORDS_SIZE];
    size_format(size, sizeof size, step->size_bytes);
    words_duration(time, sizeof time, step->duration_ms);
    str_format(out, "    %s", step_kind_name(step->kind));
    if (step->set)
        str_format(out, ", set %lld", (long long)step->set);
    else if (step->file)
        str_add(out, ", added");
    if (step->file)
        str_format(out, ", %s, %s", step->file, size);
    str_format(out, ", %s\n      %s\n", time, step->sql ? step->sql : "");
}

/* What is done to one database, without the statements that wait for the gate. */
static void print_database(struct str *out, const struct plan_database *database)
{
    str_format(out, "\n  %s/%s: %s%s%s%s\n", database->server, database->database,
               words_route(database->route), database->reason ? ": " : "",
               database->reason ? database->reason : "",
               database->must_replace ? " (OVERWRITES what is there: --replace)" : "");
    for (size_t i = 0; i < database->steps_count; i++)
        print_step(out, &database->steps[i]);
}

static void print_jobs(struct str *out, const struct plan *plan)
{
    for (size_t i = 0; i < plan->jobs_count; i++)
        str_format(out, "\n  %s: %s\n      %s\n", plan->jobs[i].server,
                   plan->jobs[i].name ? plan->jobs[i].name : "no such job",
                   plan->jobs[i].sql ? plan->jobs[i].sql : "");
    if (plan->jobs_count > 0)
        str_add(out, "\n  Where a job fails, once that is confirmed by resume or retry:\n");
}

/* A move's own statements; jobs are read again when the run begins. */
static void print_source_steps(struct str *out, const struct plan *plan)
{
    if (plan->source_steps_count == 0)
        return;
    str_add(out, "\nfirst, on the sources (the mark is then the one that the backup job makes; the "
                 "one above is today's):\n");
    for (size_t i = 0; i < plan->source_steps_count; i++)
        str_format(out, "  %s: %s\n", plan->source_steps[i].server, plan->source_steps[i].sql);
}

static void print_drops(struct str *out, const struct plan *plan)
{
    if (!plan->situation_known || !situation_traits(plan->situation)->copies)
        return;
    str_add(out, "\nafterwards, by hand (stopmark never drops a database):\n");
    for (size_t i = 0; i < plan->databases_count; i++) {
        struct str drop = {0};
        if (tsql_add_drop(&drop, plan->databases[i].database))
            str_format(out, "  %s: %s\n", plan->databases[i].server, str_text(&drop));
        str_free(&drop);
    }
}

char *facts_plan_text(const struct plan *plan)
{
    struct str raw = {0};
    str_format(&raw, "plan for %s: %s\nhash: %s\n", plan->group,
               plan->possible ? "possible" : "NOT POSSIBLE", plan->hash);
    for (size_t i = 0; i < plan->left_out_count; i++)
        str_format(&raw, "left out: %s (%s); the group will NOT be proven for it\n",
                   plan->left_out[i].database, plan->left_out[i].reason);
    for (size_t i = 0; i < plan->reasons_count; i++)
        str_format(&raw, "because: %s\n", plan->reasons[i]);
    if (plan->mark)
        print_price(&raw, plan);
    print_alternatives(&raw, plan);
    if (plan->asks_for_word)
        str_add(&raw, "asks for a typed word: a full restore although a roll-forward target exists\n");
    print_source_steps(&raw, plan);
    print_jobs(&raw, plan);
    for (size_t i = 0; i < plan->databases_count; i++)
        print_database(&raw, &plan->databases[i]);
    print_drops(&raw, plan);
    while (raw.length && raw.text[raw.length - 1] == '\n')
        raw.text[--raw.length] = '\0';
    return str_take(&raw);
}
