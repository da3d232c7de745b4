/* What the wizard does that must wait, each as a task: work_*() runs in a thread and touches only
 * its own struct, done_*() on the main thread tells the wizard. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/aftermath.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/scan.h"
#include "core/situation.h"
#include "screens/wizard_private.h"
#include "screens/words.h"

struct work {
    struct wizard_screen *screen; /* touched by done_*() only */
    const struct config *config;
    struct error error;
    enum error_code code;
    struct run_summary *runs; /* owned */
    size_t runs_count;
    struct secrets *secrets;
    int missing;
    const struct plan *plan;       /* borrowed: the wizard does not change it while it starts */
    const struct secrets *borrowed; /* likewise */
    char **replace;
    size_t replace_count;
    enum situation situation;
    char *group; /* owned */
    int64_t run;
    bool resume, write_files;
    struct run_client *client;
    struct run_summary summary;
    struct report *report;
    char *markdown, *path;
    char *step_id, *by, *note; /* owned */
    struct scan *scan;         /* owned; NULL = none */
};

void wizard_say(struct wizard_screen *screen, unsigned attr, const char *format, ...)
{
    char text[600];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    text_clean(screen->status, sizeof screen->status, text);
    screen->status_attr = attr;
}

static void say_error(struct wizard_screen *screen, const char *what, const struct error *error)
{
    char words[1800];
    error_format(error, words, sizeof words);
    wizard_say(screen, ATTR_CRITICAL, "%s: %s", what, words);
    notices_add(screen->notices, clock_utc_ms(clock_system()), VERDICT_CRITICAL, error->where,
                "%s: %s", what, words);
}

static struct work *work_new(struct wizard_screen *screen)
{
    struct work *work = memory_new(sizeof *work);
    work->screen = screen;
    work->config = screen->config;
    screen->busy++;
    return work;
}

static void work_free(struct work *work)
{
    work->screen->busy--;
    free(work->runs);
    free(work->group);
    free(work->step_id);
    free(work->by);
    free(work->note);
    scan_free(work->scan);
    free(work);
}

/* --- the list of runs --------------------------------------------------------------------------- */

static void work_runs(void *data)
{
    struct work *work = data;
    work->runs = run_list(work->config, &work->runs_count, &work->error);
}

/* Runs that somebody must still do something for; in state after: tick the manual steps. */
static bool is_worth_offering(const struct run_summary *run)
{
    return run->state != RUN_DONE && run->state != RUN_ABORTED && run->state != RUN_PLANNED;
}

static void done_runs(void *data)
{
    struct work *work = data;
    struct wizard_screen *screen = work->screen;
    screen->unfinished_count = 0;
    for (size_t i = 0; i < work->runs_count && screen->unfinished_count < WIZARD_RUNS; i++) {
        if (is_worth_offering(&work->runs[i]))
            screen->unfinished[screen->unfinished_count++] = work->runs[i];
    }
    if (!work->runs && work->error.code != ERR_OK)
        say_error(screen, "the list of runs could not be read", &work->error);
    if (screen->unfinished_count && screen->wizard->phase == WIZARD_RUN_NONE)
        wizard_ask_runs(screen);
    work_free(work);
}

void wizard_work_list_runs(struct wizard_screen *screen)
{
    task_start(screen->tasks, work_runs, done_runs, work_new(screen));
}

/* --- passwords ---------------------------------------------------------------------------------- */

static void work_secrets(void *data)
{
    struct work *work = data;
    work->secrets = secrets_fetch(work->config, SECRET_MOVE, &work->missing, &work->error);
}

static void done_secrets(void *data)
{
    struct work *work = data;
    struct wizard_screen *screen = work->screen;
    secrets_free(screen->secrets);
    screen->secrets = work->secrets;
    if (!work->secrets) {
        screen->wizard->secrets = SECRETS_FAILED;
        error_format(&work->error, screen->wizard->secrets_why,
                     sizeof screen->wizard->secrets_why);
    } else {
        wizard_judge_secrets(screen);
    }
    bool resume = screen->resume_wanted && screen->wizard->secrets == SECRETS_READY;
    screen->resume_wanted = false;
    if (!work->secrets)
        say_error(screen, "the restore login", &work->error);
    work_free(work);
    if (resume)
        wizard_work_attach(screen, true);
}

void wizard_work_fetch_secrets(struct wizard_screen *screen)
{
    screen->wizard->secrets = SECRETS_FETCHING;
    text_copy(screen->wizard->secrets_why, sizeof screen->wizard->secrets_why,
              "still being read");
    task_start(screen->tasks, work_secrets, done_secrets, work_new(screen));
}

/* A move writes to the sources too. */
static bool is_wanted(const struct wizard_screen *screen, const struct config_server *server)
{
    const struct wizard *wizard = screen->wizard;
    bool moves = wizard->snapshot != NULL
                     ? situation_traits(wizard->snapshot->summary.situation)->needs_living_sources
                     : wizard->situation_chosen &&
                           situation_traits(wizard->situation)->needs_living_sources;
    return server->role == ROLE_DESTINATION || moves;
}

bool wizard_missing_secret(const struct wizard_screen *screen, size_t *server)
{
    for (size_t i = 0; i < screen->config->servers_count; i++) {
        const struct config_server *s = &screen->config->servers[i];
        if (is_wanted(screen, s) && s->has_restore_login && s->restore.auth == AUTH_SQL &&
            (!screen->secrets || !secrets_get(screen->secrets, i))) {
            *server = i;
            return true;
        }
    }
    return false;
}

void wizard_judge_secrets(struct wizard_screen *screen)
{
    struct wizard *wizard = screen->wizard;
    size_t server;
    wizard->secrets = SECRETS_READY;
    wizard->secrets_why[0] = '\0';
    for (size_t i = 0; i < screen->config->servers_count; i++) {
        const struct config_server *s = &screen->config->servers[i];
        if (is_wanted(screen, s) && !s->has_restore_login) {
            wizard->secrets = SECRETS_FAILED;
            snprintf(wizard->secrets_why, sizeof wizard->secrets_why,
                     "%s has no restore login: set restore_user in the configuration", s->name);
            return;
        }
    }
    if (!wizard_missing_secret(screen, &server))
        return;
    wizard->secrets = SECRETS_MISSING;
    snprintf(wizard->secrets_why, sizeof wizard->secrets_why, "%s on %s must be typed",
             screen->config->servers[server].restore.user,
             screen->config->servers[server].name);
}

/* --- the run ------------------------------------------------------------------------------------ */

/* No worker answers: how the run ended stands in its journal. */
static void find_end(struct work *work)
{
    struct error ignored;
    if (run_find(work->config, work->run, &work->summary, &ignored) != ERR_OK)
        return;
    if (work->summary.state == RUN_FAILED)
        work->code = error_set(&work->error, ERR_FAILED, NULL, NULL, "%s", work->summary.reason);
}

static void work_start(void *data)
{
    struct work *work = data;
    struct run_options options = {.situation = work->situation,
                                  .confirmed_group = work->group,
                                  .replace = (const char *const *)work->replace,
                                  .replace_count = work->replace_count};
    work->code = run_start_begin(work->config, work->plan, &options, work->borrowed, &work->run,
                                 &work->error);
    if (work->code != ERR_OK)
        return;
    work->client = run_attach(work->config, work->run, &work->error);
    if (!work->client)
        find_end(work);
}

static void take_client(struct wizard_screen *screen, struct work *work)
{
    run_client_close(screen->client);
    screen->client = work->client;
    wizard_run_started(screen->wizard, work->run);
    if (!work->client)
        wizard_run_lost(screen->wizard, &work->error);
}

static void done_start(void *data)
{
    struct work *work = data;
    struct wizard_screen *screen = work->screen;
    if (work->code != ERR_OK) {
        wizard_run_refused(screen->wizard, &work->error);
        say_error(screen, "the run did not begin", &work->error);
        work_free(work);
        return;
    }
    bool makes = situation_traits(work->situation)->makes_mark;
    notices_add(screen->notices, clock_utc_ms(clock_system()), VERDICT_OK, "",
                "run %lld to %s%s has begun", (long long)work->run, makes ? "the mark that it makes"
                                                                           : "mark ",
                makes ? "" : work->plan->mark);
    take_client(screen, work);
    work_free(work);
}

void wizard_work_start(struct wizard_screen *screen)
{
    struct work *work = work_new(screen);
    work->plan = screen->wizard->plan;
    work->borrowed = screen->secrets;
    work->situation = screen->wizard->situation;
    work->replace = screen->wizard->replace;
    work->replace_count = screen->wizard->replace_count;
    work->group = memory_copy_text(screen->config->group_name);
    wizard_run_starting(screen->wizard);
    screen->started_monotonic_ms = clock_monotonic_ms(clock_system());
    screen->status[0] = '\0';
    task_start(screen->tasks, work_start, done_start, work);
}

static void work_attach(void *data)
{
    struct work *work = data;
    work->code = ERR_OK;
    if (work->resume)
        work->code = run_resume_begin(work->config, work->run, work->borrowed, &work->error);
    if (work->code == ERR_OK)
        work->client = run_attach(work->config, work->run, &work->error);
    if (!work->client)
        find_end(work);
}

/* No worker answers: a run that has ended is shown by its report. */
static void done_attach(void *data)
{
    struct work *work = data;
    struct wizard_screen *screen = work->screen;
    enum run_state state = work->summary.state;
    if (work->client) {
        take_client(screen, work);
    } else if (work->summary.run && (state == RUN_AFTER || state == RUN_DONE)) {
        wizard_run_lost(screen->wizard, NULL);
        screen->wizard->step = WIZARD_AFTER;
        wizard_work_load_report(screen, false);
    } else {
        wizard_run_lost(screen->wizard, &work->error);
        say_error(screen, work->resume ? "the run could not be resumed" : "no worker answers",
                  &work->error);
    }
    work_free(work);
}

void wizard_work_attach(struct wizard_screen *screen, bool resume)
{
    struct work *work = work_new(screen);
    work->run = screen->wizard->run;
    work->resume = resume;
    work->borrowed = screen->secrets;
    screen->status[0] = '\0';
    screen->started_monotonic_ms = clock_monotonic_ms(clock_system());
    if (resume)
        screen->wizard->phase = WIZARD_RUN_STARTING;
    task_start(screen->tasks, work_attach, done_attach, work);
}

/* --- the report --------------------------------------------------------------------------------- */

static void load(struct work *work)
{
    work->report = report_load(work->config, work->run, &work->error);
    if (!work->report)
        return;
    work->markdown = report_to_markdown(work->report);
    if (work->write_files)
        work->code = report_write(work->config, work->report, &work->path, &work->error);
}

static void work_report(void *data)
{
    load(data);
}

static void done_report(void *data)
{
    struct work *work = data;
    struct wizard_screen *screen = work->screen;
    if (work->report) {
        wizard_set_report(screen->wizard, work->report);
        free(screen->markdown);
        screen->markdown = work->markdown;
        screen->pager_step = WIZARD_STEPS; /* fill it again */
    }
    if (work->path) {
        free(screen->report_path);
        screen->report_path = work->path;
    }
    if (work->error.code != ERR_OK)
        say_error(screen, work->step_id ? "the step was not ticked" : "report", &work->error);
    work_free(work);
}

void wizard_work_load_report(struct wizard_screen *screen, bool write_files)
{
    struct work *work = work_new(screen);
    work->run = screen->wizard->run;
    work->write_files = write_files;
    task_start(screen->tasks, work_report, done_report, work);
}

static void work_scan(void *data)
{
    struct work *work = data;
    struct error error = {0};
    enum error_code code = aftermath_keep_scan(work->config, work->run, work->scan, &error);
    load(work);
    if (code != ERR_OK)
        work->error = error;
}

void wizard_work_scan(struct wizard_screen *screen, const struct group_view *view)
{
    struct work *work = work_new(screen);
    work->run = screen->wizard->run;
    work->scan = scan_make(view);
    work->write_files = screen->wizard->step == WIZARD_REPORT;
    task_start(screen->tasks, work_scan, done_report, work);
}

static void work_tick(void *data)
{
    struct work *work = data;
    struct error error = {0};
    enum error_code code =
        report_tick(work->config, work->run, work->step_id, work->by, work->note, &error);
    load(work);
    if (code != ERR_OK)
        work->error = error;
}

void wizard_work_tick(struct wizard_screen *screen, const char *step_id, const char *by,
                      const char *note)
{
    struct work *work = work_new(screen);
    work->run = screen->wizard->run;
    work->step_id = memory_copy_text(step_id);
    work->by = memory_copy_text(by);
    work->note = memory_copy_text(note);
    task_start(screen->tasks, work_tick, done_report, work);
}
