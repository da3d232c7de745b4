#include "core/report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/aftermath.h"
#include "core/base/memory.h"
#include "core/base/str.h"
#include "core/base/text.h"
#include "core/file.h"
#include "core/rebuild.h"
#include "core/run_internal.h"
#include "core/runbook.h"

char *report_clean(const char *text)
{
    if (text == NULL)
        return NULL;
    size_t size = strlen(text) * 3 + 1; /* a bad byte becomes three */
    char *copy = memory_new(size);
    text_clean(copy, size, text);
    return copy;
}

static void clean_in_place(char **text)
{
    char *clean = report_clean(*text);
    free(*text);
    *text = clean;
}

/* --- filling ---------------------------------------------------------------------------------- */

static struct report_database *add_database(struct report *report, const char *server,
                                            const char *database)
{
    for (size_t i = 0; i < report->databases_count; i++)
        if (text_equal(report->databases[i].server, server) &&
            text_equal(report->databases[i].database, database))
            return &report->databases[i];
    struct report_database *added = memory_append(report, databases);
    added->server = memory_copy_text(server); /* as it is, until all rows found their database */
    added->database = memory_copy_text(database);
    added->later_marks = -1;
    return added;
}

static void fill_databases(struct report *report, const struct journal_content *content,
                           const struct plan *plan)
{
    for (size_t i = 0; plan != NULL && i < plan->databases_count; i++)
        add_database(report, plan->databases[i].server, plan->databases[i].database);
    for (size_t i = 0; i < content->steps_count; i++) {
        const struct journal_step *step = &content->steps[i];
        if (!step->of_plan)
            continue;
        struct report_database *database = add_database(report, step->server, step->database);
        if (step->state == STEP_UNKNOWN && step->done_utc_ms == INT64_MIN)
            continue;
        database->state_known = true;
        database->state = step->state_after;
        database->at_mark = step->mark_reached || step->kind == STEP_PROVE ||
                            step->kind == STEP_RECOVER;
    }
    for (size_t i = 0; i < content->found_count; i++) {
        const struct journal_found *found = &content->found[i];
        struct report_database *database = add_database(report, found->server, found->database);
        /* Between the gate and VERIFY the statements know more of the state than the gate. */
        if (!database->state_known || found->verified || !found->proven) {
            database->state = found->state;
            database->state_known = true;
        }
        database->at_mark = found->at_mark;
        database->marklog_has_mark = found->marklog_has_mark;
        database->read_write = found->read_write;
        database->proven = found->proven;
        database->verified = found->verified;
        database->later_marks = found->later_marks;
        free(database->evidence);
        database->evidence = report_clean(found->evidence);
    }
    for (size_t i = 0; i < report->databases_count; i++) {
        clean_in_place(&report->databases[i].server);
        clean_in_place(&report->databases[i].database);
    }
}

static void fill_steps(struct report *report, const struct journal_content *content)
{
    for (size_t i = 0; i < content->steps_count; i++) {
        const struct journal_step *from = &content->steps[i];
        struct report_step *to = memory_append(report, steps);
        *to = (struct report_step){
            .server = report_clean(from->server),
            .database = report_clean(from->database),
            .sql = report_clean(from->sql),
            .outcome = report_clean(from->text),
            .kind = from->kind,
            .state = from->state,
            .set = from->set,
            .file = report_clean(from->file),
            .sent_utc_ms = from->sent_utc_ms,
            .done_utc_ms = from->done_utc_ms,
        };
    }
}

/* "; NOT proven for X (why), Y (why)"; NULL where nothing was left out. Owned. */
static char *left_out_words(const struct report *report)
{
    struct str out = {0};
    for (size_t i = 0; i < report->left_out_count; i++)
        str_format(&out, "%s%s (%s)", i == 0 ? "; NOT proven for " : ", ",
                   report->left_out[i].database, report->left_out[i].reason);
    return report->left_out_count == 0 ? NULL : str_take(&out);
}

static void judge(struct report *report)
{
    size_t verified = 0, online = 0;
    for (size_t i = 0; i < report->databases_count; i++) {
        verified += report->databases[i].verified;
        online += report->databases[i].state_known && report->databases[i].state == STATE_ONLINE;
    }
    enum run_state state = report->summary.state;
    bool whole = report->databases_count > 0 && verified == report->databases_count;
    const char *mark = report->summary.mark;
    if ((state == RUN_AFTER || state == RUN_DONE) && whole) {
        char *missing = left_out_words(report);
        report->verdict = VERDICT_OK;
        report->verdict_text = memory_format(
            "proven consistent: all %zu databases %sare online %s the mark %s%s", verified,
            missing == NULL ? "" : "that were restored ",
            report->summary.stop == STOP_BEFORE ? "just before" : "at", mark,
            missing == NULL ? "" : missing);
        free(missing);
    } else if (state == RUN_FAILED || state == RUN_ABORTED) {
        report->verdict = VERDICT_CRITICAL;
        report->verdict_text = memory_format(
            "not proven: the run %s; %zu of %zu databases verified at the mark %s",
            state == RUN_FAILED ? "failed" : "was aborted", verified, report->databases_count,
            mark);
    } else {
        report->verdict = VERDICT_UNKNOWN;
        report->verdict_text = memory_format("not decided yet: the run is %s; %zu of %zu databases "
                                             "online", run_state_name(state), online,
                                             report->databases_count);
    }
}

void report_fill(struct report *report, const struct journal_content *content,
                 const struct plan *plan)
{
    run_summarize(&report->summary, &content->head);
    report->group = report_clean(content->head.group);
    report->plan_hash = report_clean(content->hash);
    report->data_loss_ms = plan == NULL ? DURATION_UNKNOWN : plan->data_loss_ms;
    report->loss_proof = plan == NULL ? NULL : report_clean(plan->loss_proof);
    report->set = content->head.set;
    fill_databases(report, content, plan);
    for (size_t i = 0; plan != NULL && i < plan->left_out_count; i++)
        *memory_append(report, left_out) =
            (struct report_left_out){.database = report_clean(plan->left_out[i].database),
                                     .reason = report_clean(plan->left_out[i].reason)};
    fill_steps(report, content);
    for (size_t i = 0; i < content->messages_count; i++) {
        char time[40];
        time_format(time, sizeof time, content->messages[i].at_utc_ms);
        char *text = memory_format("%s %s", time, content->messages[i].text);
        *memory_append(report, messages) = report_clean(text);
        free(text);
    }
    for (size_t i = 0; i < content->decisions_count; i++) {
        char time[40];
        time_format(time, sizeof time, content->decisions[i].at_utc_ms);
        char *text = memory_format("%s %s: %s", time, content->decisions[i].by,
                                   content->decisions[i].text);
        *memory_append(report, decisions) = report_clean(text);
        free(text);
    }
    if (report->summary.state == RUN_ABORTED)
        report->rebuild = rebuild_steps(content, &report->rebuild_count);
    judge(report);
}

struct report *report_load(const struct config *config, int64_t run, struct error *error)
{
    struct error why;
    error_clear(&why);
    struct journal_content content = {0};
    struct runbook *runbook = NULL;
    struct report *report = NULL;
    struct journal *journal = journal_open(run_directory(config), run, JOURNAL_READ, &why);
    if (journal != NULL && journal_read(journal, &content, &why) == ERR_OK &&
        (runbook = runbook_open(config, &why)) != NULL) {
        struct plan *plan = content.plan == NULL ? NULL : plan_from_json(content.plan, NULL);
        report = memory_new(sizeof *report);
        report_fill(report, &content, plan);
        report->summary.alive = run_worker_answers(config, report->summary.uuid);
        aftermath_read(report, config);
        report_fill_steps(report, runbook, &content, plan);
        plan_free(plan);
    }
    runbook_free(runbook);
    journal_content_free(&content);
    journal_close(journal);
    if (report == NULL && error != NULL)
        *error = why;
    return report;
}

void report_free(struct report *report)
{
    if (report == NULL)
        return;
    for (size_t i = 0; i < report->databases_count; i++) {
        free(report->databases[i].server);
        free(report->databases[i].database);
        free(report->databases[i].evidence);
    }
    for (size_t i = 0; i < report->steps_count; i++) {
        free(report->steps[i].server);
        free(report->steps[i].database);
        free(report->steps[i].sql);
        free(report->steps[i].outcome);
        free(report->steps[i].file);
    }
    for (size_t i = 0; i < report->messages_count; i++)
        free(report->messages[i]);
    for (size_t i = 0; i < report->decisions_count; i++)
        free(report->decisions[i]);
    for (size_t i = 0; i < report->manual_count; i++) {
        free(report->manual[i].id);
        free(report->manual[i].title);
        free(report->manual[i].text);
        free(report->manual[i].verify);
        free(report->manual[i].source);
        free(report->manual[i].by);
        free(report->manual[i].note);
    }
    free(report->databases);
    free(report->steps);
    free(report->messages);
    free(report->decisions);
    free(report->manual);
    for (size_t i = 0; i < report->rebuild_count; i++)
        free(report->rebuild[i]);
    free(report->rebuild);
    for (size_t i = 0; i < report->files_count; i++)
        free(report->files[i]);
    free(report->files);
    scan_free(report->scan);
    free(report->verdict_text);
    for (size_t i = 0; i < report->left_out_count; i++) {
        free(report->left_out[i].database);
        free(report->left_out[i].reason);
    }
    free(report->left_out);
    free(report->group);
    free(report->plan_hash);
    free(report->loss_proof);
    free(report);
}

/* --- files and ticks -------------------------------------------------------------------------- */

enum error_code report_write(const struct config *config, const struct report *report, char **path,
                             struct error *error)
{
    long long run = (long long)report->summary.run;
    char *markdown_path = memory_format("%s/report-%lld.md", run_directory(config), run);
    char *json_path = memory_format("%s/report-%lld.json", run_directory(config), run);
    char *markdown = report_to_markdown(report), *json = report_to_json(report);
    enum error_code code = ERR_OK;
    if (!file_write(markdown_path, markdown) || !file_write(json_path, json))
        code = error_set(error, ERR_IO, markdown_path, NULL, "the report cannot be written: %s",
                         strerror(errno));
    free(json);
    free(markdown);
    free(json_path);
    if (path != NULL && code == ERR_OK)
        *path = markdown_path;
    else
        free(markdown_path);
    return code;
}

static const struct manual_step *find_step(const struct report *report, const char *step_id)
{
    for (size_t i = 0; i < report->manual_count; i++)
        if (text_equal(report->manual[i].id, step_id))
            return &report->manual[i];
    return NULL;
}

/* The last tick ends a verified run; one taken back opens it again. */
static enum error_code settle(const struct config *config, struct journal *journal, int64_t run,
                              struct error *error)
{
    struct report *report = report_load(config, run, error);
    if (report == NULL)
        return error == NULL ? ERR_JOURNAL : error->code;
    size_t open = report_open_steps(report, false, NULL);
    enum run_state now = report->summary.state;
    enum run_state then = now != RUN_AFTER && now != RUN_DONE ? now
                          : open > 0                          ? RUN_AFTER
                                                              : RUN_DONE;
    report_free(report);
    return then == now ? ERR_OK : journal_set_state(journal, then, error);
}

enum error_code report_tick(const struct config *config, int64_t run, const char *step_id,
                            const char *by, const char *note, struct error *error)
{
    struct report *report = report_load(config, run, error);
    if (report == NULL)
        return error == NULL ? ERR_JOURNAL : error->code;
    const struct manual_step *step = find_step(report, step_id);
    bool alive = report->summary.alive, known = step != NULL, by_run = known && step->by_run;
    report_free(report);
    if (alive)
        return error_set(error, ERR_REFUSED, NULL, "tick when the run has ended",
                         "the run is still under way");
    if (!known)
        return error_set(error, ERR_USAGE, NULL, NULL, "the run has no manual step %s", step_id);
    if (by_run)
        return error_set(error, ERR_REFUSED, NULL, NULL,
                         "%s is proven by the run itself and is not ticked by hand", step_id);
    char *kept = note == NULL ? NULL : runbook_note(note, error);
    if (note != NULL && kept == NULL)
        return error == NULL ? ERR_IO : error->code;
    struct journal *journal = journal_open(run_directory(config), run, JOURNAL_WRITE, error);
    if (journal == NULL) {
        free(kept);
        return error == NULL ? ERR_JOURNAL : error->code;
    }
    enum error_code code = journal_tick(journal, step_id, by != NULL, by, kept,
                                        clock_utc_ms(clock_system()), error);
    if (code == ERR_OK)
        code = settle(config, journal, run, error);
    journal_close(journal);
    free(kept);
    return code;
}
