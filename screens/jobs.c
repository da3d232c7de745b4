/* The Agent jobs of sources and destinations. */
#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/text.h"
#include "screens/panel.h"
#include "screens/words.h"

static const struct table_column columns[] = {
    {.title = "Job", .minimum = 34, .ideal = 56, .worth = TABLE_ALWAYS},
    {.title = "State", .minimum = 12, .ideal = 36, .worth = 95},
    {.title = "Last run", .minimum = 8, .worth = 80, .align = ALIGN_RIGHT},
    {.title = "Outcome", .minimum = 11, .worth = 90},
    {.title = "Took", .minimum = 8, .worth = 60, .align = ALIGN_RIGHT},
    {.title = "Usually", .minimum = 8, .worth = 50, .align = ALIGN_RIGHT},
    {.title = "Next run", .minimum = 8, .worth = 55, .align = ALIGN_RIGHT},
    {.title = "Message", .minimum = 24, .ideal = 80, .worth = 30},
};

static enum glyph outcome_glyph(enum job_outcome outcome)
{
    switch (outcome) {
    case OUTCOME_SUCCEEDED:
        return GLYPH_OK;
    case OUTCOME_FAILED:
        return GLYPH_CRITICAL;
    case OUTCOME_RETRY:
    case OUTCOME_CANCELLED:
        return GLYPH_WARNING;
    case OUTCOME_UNKNOWN:
        break;
    }
    return GLYPH_UNKNOWN;
}

static void state_cell(struct table *table, const struct server_view *server,
                       const struct job_row *job, int64_t now_monotonic_ms)
{
    if (job->running) {
        char since[WORDS_SIZE], text[WORDS_LINE];
        int64_t now_ms = words_server_now_ms(server, TIME_UNKNOWN, now_monotonic_ms);
        words_short(since, sizeof since, words_age_ms(now_ms, job->running_since_utc_ms));
        snprintf(text, sizeof text, "running %s%s%s", since, job->running_step ? ", step " : "",
                 job->running_step ? job->running_step : "");
        table_cell_sign(table, GLYPH_PROGRESS, text, 1);
    } else if (!job->enabled) {
        bool needed = job->function == JOB_BACKUP || job->function == JOB_GET_HISTORY ||
                      job->function == JOB_RESTORE_DATABASES;
        table_cell_sign(table, needed ? GLYPH_WARNING : GLYPH_BULLET, "disabled", 0);
    } else {
        table_cell_sign(table, GLYPH_BULLET, "idle", 2);
    }
}

static void when_cell(struct table *table, int64_t now_ms, int64_t utc_ms, const char *unknown)
{
    char when[WORDS_SIZE];
    words_when(when, sizeof when, utc_ms, now_ms);
    table_cell_key(table, utc_ms == TIME_UNKNOWN ? ATTR_SECONDARY : ATTR_NORMAL,
                   utc_ms == TIME_UNKNOWN ? unknown : when, utc_ms);
}

static void duration_cell(struct table *table, int64_t ms, unsigned attr)
{
    char text[WORDS_SIZE];
    words_duration(text, sizeof text, ms);
    table_cell_key(table, ms == DURATION_UNKNOWN ? ATTR_SECONDARY : attr,
                   ms == DURATION_UNKNOWN ? "?" : text, ms);
}

static void add_row(struct table *table, const struct screen_world *world,
                    const struct server_view *server, const struct job_row *job)
{
    char identity[400];
    snprintf(identity, sizeof identity, "%s/%s", server->name, job->name);
    table_row(table, identity,
              panel_attr(world, server, PANEL_PART(PART_SERVER) | PANEL_PART(PART_JOBS)));
    table_cell(table, job->function == JOB_OTHER ? ATTR_SECONDARY : ATTR_NORMAL, job->name);
    state_cell(table, server, job, world->now_monotonic_ms);
    int64_t now_ms =
        words_server_now_ms(server, world->now_utc_ms, world->now_monotonic_ms);
    when_cell(table, now_ms, job->last_run_utc_ms, "never");
    table_cell_sign(table, outcome_glyph(job->last_outcome), job_outcome_name(job->last_outcome),
                    (int64_t)job->last_outcome);
    bool slow = job->last_duration_ms != DURATION_UNKNOWN &&
                job->usual_duration_ms != DURATION_UNKNOWN &&
                job->last_duration_ms > 3 * job->usual_duration_ms + 1000;
    duration_cell(table, job->last_duration_ms, slow ? ATTR_WARNING : ATTR_NORMAL);
    duration_cell(table, job->usual_duration_ms, ATTR_NORMAL);
    when_cell(table, now_ms, job->next_run_utc_ms, "none");
    table_cell(table, ATTR_NORMAL, job->message);
}

static void fill(struct table *table, const struct screen_world *world)
{
    for (size_t s = 0; s < world->view->servers_count; s++) {
        const struct server_view *server = world->view->servers[s];
        char heading[300];
        const char *agent = !server->agent_running_known ? ""
                            : server->agent_running      ? ""
                                                         : ": the Agent service is stopped";
        snprintf(heading, sizeof heading, "%s, %s%s", server->name,
                 server_role_name(server->role), agent);
        table_group(table, agent[0] ? ATTR_CRITICAL : ATTR_STRONG, heading);
        for (int other = 0; other < 2; other++)
            for (size_t i = 0; i < server->jobs_count; i++)
                if ((server->jobs[i].function == JOB_OTHER) == (other == 1))
                    add_row(table, world, server, &server->jobs[i]);
    }
}

static void field_when(struct pager *pager, const char *label, int64_t utc_ms)
{
    char text[WORDS_SIZE];
    time_format(text, sizeof text, utc_ms);
    pager_field(pager, 14, label, ATTR_NORMAL, text);
}

static void field_duration(struct pager *pager, const char *label, int64_t ms)
{
    char text[WORDS_SIZE];
    words_duration(text, sizeof text, ms);
    pager_field(pager, 14, label, ATTR_NORMAL, text);
}

/* The newest runs, and beside each how long it took against the usual. */
static void describe_runs(struct pager *pager, const struct server_view *server,
                          const struct job_row *job)
{
    size_t shown = 0;
    pager_heading(pager, "Newest runs");
    for (size_t i = 0; i < server->job_runs_count; i++) {
        const struct job_run *run = &server->job_runs[i];
        char when[WORDS_SIZE], took[WORDS_SIZE];
        if (!text_equal(run->job_id, job->job_id))
            continue;
        time_format(when, sizeof when, run->started_utc_ms);
        words_duration(took, sizeof took, run->duration_ms);
        bool good = run->outcome == OUTCOME_SUCCEEDED;
        pager_format(pager, good ? ATTR_NORMAL : glyph_attr(outcome_glyph(run->outcome)),
                     "%s  %s  %s%s%s", when, job_outcome_name(run->outcome), took,
                     good ? "" : "  ", good || !run->message ? "" : run->message);
        shown++;
    }
    if (!shown)
        pager_add(pager, ATTR_SECONDARY, "none that Agent still knows");
}

static void describe_job(struct pager *pager, const struct server_view *server,
                         const struct job_row *job)
{
    pager_heading(pager, job->name);
    pager_field(pager, 14, "Server", ATTR_NORMAL, server->name);
    pager_field(pager, 14, "Does", ATTR_NORMAL, job_function_name(job->function));
    pager_field(pager, 14, "Enabled", job->enabled ? ATTR_NORMAL : ATTR_WARNING,
                job->enabled ? "yes" : "no");
    pager_field(pager, 14, "Running", ATTR_NORMAL, job->running ? "yes" : "no");
    if (job->running)
        field_when(pager, "Since", job->running_since_utc_ms);
    if (job->running && job->running_step)
        pager_field(pager, 14, "Step", ATTR_NORMAL, job->running_step);
    pager_field(pager, 14, "Last outcome", glyph_attr(outcome_glyph(job->last_outcome)),
                job_outcome_name(job->last_outcome));
    field_when(pager, "Last run", job->last_run_utc_ms);
    field_duration(pager, "Took", job->last_duration_ms);
    field_duration(pager, "Usually", job->usual_duration_ms);
    field_when(pager, "Next run", job->next_run_utc_ms);
    pager_heading(pager, "Message of the last outcome");
    pager_add(pager, ATTR_NORMAL, job->message && job->message[0] ? job->message : "none");
    describe_runs(pager, server, job);
    pager_heading(pager, "Steps");
    pager_add(pager, ATTR_NORMAL,
              job->steps && job->steps[0] ? job->steps : "not visible to this login");
}

static void describe(struct pager *pager, const struct screen_world *world, const char *identity)
{
    for (size_t s = 0; s < world->view->servers_count; s++) {
        const struct server_view *server = world->view->servers[s];
        size_t length = strlen(server->name);
        if (strncmp(identity, server->name, length) != 0 || identity[length] != '/')
            continue;
        for (size_t i = 0; i < server->jobs_count; i++)
            if (text_equal(server->jobs[i].name, identity + length + 1)) {
                describe_job(pager, server, &server->jobs[i]);
                return;
            }
    }
    pager_add(pager, ATTR_SECONDARY, "this job is no longer there");
}

const struct list_kind list_jobs = {.name = "jobs",
                                    .columns = columns,
                                    .columns_count = sizeof columns / sizeof *columns,
                                    .fill = fill,
                                    .describe = describe,
                                    .empty = "no Agent job can be seen",
                                    .role = PANEL_ANY_ROLE,
                                    .parts = PANEL_PART(PART_SERVER) | PANEL_PART(PART_JOBS)};

static void *open_jobs(const struct screen_world *world, const char *argument)
{
    (void)world;
    (void)argument;
    return list_open(&list_jobs);
}

const struct screen_ops screen_jobs = {
    .name = "jobs",
    .title = "Jobs",
    .about = "Agent jobs of every server: BizTalk's first, the others after them. On a source the "
             "backup job takes the sets; on a destination Get Backup History imports them, Restore "
             "Databases applies them, Restore To Mark is for the fail-over and is not scheduled.",
    .scopes = SCOPE_LIST,
    .bar = list_bar,
    .open = open_jobs,
    .update = list_update,
    .draw = list_draw,
    .key = list_key,
    .is_typing = list_is_typing,
    .typing_bar = list_typing_bar,
    .click = list_click,
    .dump = list_dump,
    .copy = list_copy,
    .close = list_close};
