#include "core/run.h"

#include <poll.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/permit.h"
#include "core/run_internal.h"
#include "core/situation.h"

const char *run_directory(const struct config *config)
{
    return config->journal_dir != NULL ? config->journal_dir : config->state_dir;
}

/* --- lists ------------------------------------------------------------------------------------ */

void run_summarize(struct run_summary *summary, const struct journal_head *head)
{
    memset(summary, 0, sizeof *summary);
    summary->run = head->run;
    text_clean(summary->uuid, sizeof summary->uuid, head->uuid);
    summary->state = head->state;
    summary->situation = head->situation;
    summary->method = head->method;
    summary->stop = head->stop;
    text_clean(summary->mark, sizeof summary->mark, head->mark);
    text_clean(summary->by, sizeof summary->by, head->by);
    text_clean(summary->host, sizeof summary->host, head->host);
    summary->started_utc_ms = head->started_utc_ms;
    summary->ended_utc_ms = head->ended_utc_ms;
    text_clean(summary->reason, sizeof summary->reason, head->reason);
}

enum error_code run_find(const struct config *config, int64_t run, struct run_summary *summary,
                         struct error *error)
{
    struct error why;
    error_clear(&why);
    struct journal *journal = journal_open(run_directory(config), run, JOURNAL_READ, &why);
    struct journal_head head = {0};
    if (journal != NULL && journal_read_head(journal, &head, &why) == ERR_OK) {
        run_summarize(summary, &head);
        summary->alive = run_worker_answers(config, summary->uuid);
    }
    journal_close(journal);
    journal_head_free(&head);
    if (why.code != ERR_OK && error != NULL)
        *error = why;
    return why.code;
}

struct run_summary *run_list(const struct config *config, size_t *count, struct error *error)
{
    size_t runs_count;
    int64_t *runs = journal_runs(run_directory(config), &runs_count);
    struct run_summary *list = memory_new_array(runs_count + 1, sizeof *list);
    *count = 0;
    for (size_t i = 0; i < runs_count; i++) {
        struct error why;
        error_clear(&why);
        if (run_find(config, runs[i], &list[*count], &why) == ERR_OK) {
            (*count)++;
        } else {
            /* One unreadable journal must not hide the others: it is listed with its reason. */
            memset(&list[*count], 0, sizeof *list);
            list[*count].run = runs[i];
            list[*count].state = RUN_FAILED;
            list[*count].started_utc_ms = list[*count].ended_utc_ms = TIME_UNKNOWN;
            text_copy(list[*count].reason, sizeof list->reason, why.what);
            (*count)++;
            if (error != NULL)
                *error = why;
        }
    }
    free(runs);
    return list;
}

/* --- starting --------------------------------------------------------------------------------- */

static enum error_code check_situation(const struct config *config, const struct plan *plan,
                                       const struct run_options *options, struct error *error)
{
    if (plan->situation_known && plan->situation != options->situation)
        return error_set(error, ERR_REFUSED, config->group_name, "make the plan again",
                         "the plan is for %s, not for %s", situation_name(plan->situation),
                         situation_name(options->situation));
    if (!plan->situation_known && options->situation != SITUATION_SOURCE_LOST)
        return error_set(error, ERR_REFUSED, config->group_name,
                         "make the plan with its situation", "the plan was made for no situation");
    if (plan->method == METHOD_SCRIPT)
        return error_set(error, ERR_REFUSED, config->group_name, "`stopmark script` writes the files",
                         "scripts are run by people, not by stopmark");
    return ERR_OK;
}

static bool may_replace(const struct run_options *options, const struct plan_database *database)
{
    char *name = memory_format("%s/%s", database->server, database->database);
    bool allowed = false;
    for (size_t i = 0; i < options->replace_count; i++)
        allowed = allowed || text_equal_nocase(options->replace[i], name);
    free(name);
    return allowed;
}

static enum error_code check_plan(const struct config *config, const struct plan *plan,
                                  const struct run_options *options, struct error *error)
{
    if (!plan->possible)
        return error_set(error, ERR_NOT_REACHABLE_MARK, config->group_name, "see stopmark plan",
                         "the plan is not possible: %s",
                         plan->reasons_count > 0 ? plan->reasons[0] : "no reason given");
    size_t recovered = 0;
    for (size_t i = 0; i < plan->databases_count; i++) {
        const struct plan_database *database = &plan->databases[i];
        recovered += database->route == ROUTE_RECOVERED_AT_MARK;
        if (database->must_replace && !may_replace(options, database)) {
            char where[300];
            snprintf(where, sizeof where, "%s/%s", database->server, database->database);
            return error_set(error, ERR_NOT_CONFIRMED, where, "name it with --replace SERVER/DB",
                             "it would be overwritten");
        }
    }
    if (plan->databases_count == 0)
        return error_set(error, ERR_REFUSED, config->group_name, NULL, "the plan has no database");
    if (recovered == plan->databases_count)
        return error_set(error, ERR_REFUSED, config->group_name,
                         "stopmark report shows the run that did it",
                         "all databases are online at the mark %s already: nothing to restore",
                         plan->mark);
    return ERR_OK;
}

static char *user_name(const char *given)
{
    if (given != NULL)
        return memory_copy_text(given);
    const struct passwd *entry = getpwuid(getuid());
    return entry != NULL ? memory_copy_text(entry->pw_name)
                         : memory_format("uid %u", (unsigned)getuid());
}

static char *host_name(void)
{
    char name[256] = "";
    if (gethostname(name, sizeof name - 1) != 0 || name[0] == '\0')
        return memory_copy_text("unknown");
    return memory_copy_text(name);
}

char *run_who(void)
{
    char *user = user_name(NULL), *host = host_name();
    char *who = memory_format("%s@%s", user, host);
    free(user);
    free(host);
    return who;
}

/* Makes the journal with plan and confirmation; the run's number, or 0 with *error. */
static int64_t make_journal(const struct config *config, const struct plan *plan,
                            const struct run_options *options, struct error *error)
{
    int64_t now = clock_utc_ms(clock_system());
    struct journal_head head = {.group = memory_copy_text(config->group_name),
                                .mark = memory_copy_text(plan->mark),
                                .by = user_name(options->by),
                                .host = host_name(),
                                .set = plan->set,
                                .situation = options->situation,
                                .method = plan->method,
                                .stop = plan->stop,
                                .started_utc_ms = now};
    char *json = plan_to_json(plan);
    struct journal *journal = journal_create(run_directory(config), &head, json, plan->hash, error);
    free(json);
    bool makes = situation_traits(options->situation)->makes_mark;
    char *confirmed = memory_format("confirmed by typing \"%s\": %s to %s%s, plan %.12s",
                                    options->confirmed_group, situation_name(options->situation),
                                    makes ? "the mark that the run makes" : "mark ",
                                    makes ? "" : plan->mark, plan->hash);
    bool good = journal != NULL &&
                journal_decide(journal, now, head.by, confirmed, error) == ERR_OK;
    for (size_t i = 0; good && i < plan->left_out_count; i++) {
        char *left_out = memory_format("left out %s: %s", plan->left_out[i].database,
                                       plan->left_out[i].reason);
        good = journal_decide(journal, now, head.by, left_out, error) == ERR_OK;
        free(left_out);
    }
    for (size_t i = 0; good && i < options->replace_count; i++) {
        char *replace = memory_format("allowed to overwrite %s", options->replace[i]);
        good = journal_decide(journal, now, head.by, replace, error) == ERR_OK;
        free(replace);
    }
    free(confirmed);
    journal_close(journal);
    int64_t run = good ? head.run : 0;
    journal_head_free(&head);
    return run;
}

/* A worker that could not even start leaves a run that says so. */
static void close_unstarted(const struct config *config, int64_t run, const struct error *why)
{
    struct journal *journal = journal_open(run_directory(config), run, JOURNAL_WRITE, NULL);
    if (journal != NULL) {
        char text[1024];
        error_format(why, text, sizeof text);
        journal_end(journal, RUN_FAILED, why->code, text, clock_utc_ms(clock_system()), NULL);
    }
    journal_close(journal);
}

enum error_code run_start_begin(const struct config *config, const struct plan *plan,
                                const struct run_options *options, const struct secrets *secrets,
                                int64_t *run, struct error *error)
{
    struct error why;
    error_clear(&why);
    *run = 0;
    /* The permit is issued again in the worker, for the connections; here it is the check. */
    struct permit *permit = permit_issue(config->group_name, options->confirmed_group, "restore",
                                         &why);
    permit_free(permit);
    if (permit != NULL && check_situation(config, plan, options, &why) == ERR_OK &&
        check_plan(config, plan, options, &why) == ERR_OK &&
        (*run = make_journal(config, plan, options, &why)) != 0 &&
        worker_spawn(config, *run, secrets, &why) != ERR_OK)
        close_unstarted(config, *run, &why);
    if (why.code != ERR_OK && error != NULL)
        *error = why;
    return why.code;
}

/* A run that ended before a snapshot could be read: its journal knows how. */
static void ask_journal(const struct config *config, int64_t run, struct error *why)
{
    struct journal_head head = {0};
    struct journal *journal = journal_open(run_directory(config), run, JOURNAL_READ, why);
    if (journal == NULL || journal_read_head(journal, &head, why) != ERR_OK) {
        journal_close(journal);
        return;
    }
    error_clear(why);
    if (!run_state_is_final(head.state))
        error_set(why, ERR_FAILED, NULL, "stopmark resume takes it up again",
                  "the worker of run %lld died", (long long)run);
    else if (head.state != RUN_DONE && head.state != RUN_AFTER)
        error_set(why, head.code == ERR_OK ? ERR_FAILED : head.code, NULL, NULL, "%s",
                  head.reason == NULL ? "the reason is not in the journal" : head.reason);
    journal_head_free(&head);
    journal_close(journal);
}

/* Waits until PREPARE has passed or the run has ended; *error as the run's. */
static enum error_code wait_prepared(const struct config *config, int64_t run, struct error *error)
{
    struct run_client *client = run_attach(config, run, NULL);
    struct error why;
    error_clear(&why);
    bool closed = client == NULL, prepared = false;
    while (!closed && !prepared) {
        struct pollfd wait = {.fd = run_client_fd(client), .events = POLLIN};
        poll(&wait, 1, -1);
        struct run_snapshot *snapshot = run_client_read(client, &closed);
        if (snapshot != NULL) {
            why = snapshot->error;
            prepared = snapshot->prepared || run_state_is_final(snapshot->summary.state) ||
                       snapshot->summary.state == RUN_PAUSED;
        }
        run_snapshot_free(snapshot);
    }
    run_client_close(client);
    if (!prepared)
        ask_journal(config, run, &why);
    if (why.code != ERR_OK && error != NULL)
        *error = why;
    return why.code;
}

enum error_code run_start(const struct config *config, const struct plan *plan,
                          const struct run_options *options, const struct secrets *secrets,
                          int64_t *run, struct error *error)
{
    enum error_code code = run_start_begin(config, plan, options, secrets, run, error);
    return code != ERR_OK ? code : wait_prepared(config, *run, error);
}

/* Tells a living worker to go on: retry where it failed, continue where it was paused. */
static enum error_code go_on(const struct config *config, int64_t run, struct error *error)
{
    struct run_client *client = run_attach(config, run, error);
    if (client == NULL)
        return ERR_FAILED;
    bool sent = run_client_send(client, RUN_COMMAND_RETRY) &&
                run_client_send(client, RUN_COMMAND_CONTINUE);
    run_client_close(client);
    return sent ? ERR_OK : error_set(error, ERR_FAILED, NULL, "attach to it",
                                     "the run's worker did not take the command");
}

enum error_code run_resume_begin(const struct config *config, int64_t run,
                                 const struct secrets *secrets, struct error *error)
{
    struct run_summary summary;
    enum error_code code = run_find(config, run, &summary, error);
    if (code != ERR_OK)
        return code;
    if (!permit_possible())
        return error_set(error, ERR_REFUSED, NULL, "start stopmark without --monitor",
                         "this process is read-only");
    if (summary.alive)
        return go_on(config, run, error);
    if (summary.state == RUN_AFTER || summary.state == RUN_DONE || summary.state == RUN_ABORTED)
        return error_set(error, ERR_REFUSED, NULL, "make a new plan for another restore",
                         "run %lld is %s: there is nothing to resume", (long long)run,
                         run_state_name(summary.state));
    return worker_spawn(config, run, secrets, error);
}

static enum error_code resume_once(const struct config *config, int64_t run,
                                   const struct secrets *secrets, struct error *error)
{
    enum error_code code = run_resume_begin(config, run, secrets, error);
    return code != ERR_OK ? code : wait_prepared(config, run, error);
}

enum error_code run_resume(const struct config *config, int64_t run, const struct secrets *secrets,
                           struct error *error)
{
    struct run_summary before, now;
    bool was_alive = run_find(config, run, &before, NULL) == ERR_OK && before.alive;
    enum error_code code = resume_once(config, run, secrets, error);
    /* A killed worker's socket takes connections for a moment longer than the worker lives. What is
     * told of a run that it left failed is why it failed before. */
    if (code != ERR_OK && was_alive && run_find(config, run, &now, NULL) == ERR_OK && !now.alive &&
        (now.state == RUN_FAILED || !run_state_is_final(now.state)))
        code = resume_once(config, run, secrets, error);
    return code;
}

enum error_code run_abort_dead(const struct config *config, int64_t run,
                               const struct secrets *secrets, struct error *error)
{
    struct run_summary summary;
    enum error_code code = run_find(config, run, &summary, error);
    if (code != ERR_OK)
        return code;
    if (!permit_possible())
        return error_set(error, ERR_REFUSED, NULL, "start stopmark without --monitor",
                         "this process is read-only");
    if (summary.state == RUN_AFTER || summary.state == RUN_DONE || summary.state == RUN_ABORTED)
        return error_set(error, ERR_REFUSED, NULL, "stopmark report shows it",
                         "run %lld is %s: there is nothing to abort", (long long)run,
                         run_state_name(summary.state));
    code = worker_spawn_abort(config, run, secrets, error);
    if (code != ERR_OK)
        return code;
    struct run_client *client = run_attach(config, run, NULL);
    for (bool closed = client == NULL; !closed;) {
        struct pollfd wait = {.fd = run_client_fd(client), .events = POLLIN};
        poll(&wait, 1, -1);
        run_snapshot_free(run_client_read(client, &closed));
    }
    run_client_close(client);
    code = run_find(config, run, &summary, error);
    if (code == ERR_OK && summary.state != RUN_ABORTED)
        code = error_set(error, ERR_FAILED, NULL, "stopmark runs shows its state",
                         "run %lld did not end as aborted", (long long)run);
    return code;
}
