/* stopmark status, check, metrics: the console's facts as text, one line, or samples. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/attest.h"
#include "core/base/str.h"
#include "core/base/text.h"
#include "core/json.h"
#include "core/readiness.h"
#include "screens/cli.h"
#include "screens/facts.h"

static const struct mark *mark_at(const struct group_view *view, int index)
{
    return index < 0 ? NULL : &view->marks[index];
}

static json_t *readiness_json(const struct group_view *view)
{
    const struct readiness *r = &view->readiness;
    const struct mark *mark = mark_at(view, r->newest);
    return json_pack("{s:b,s:o,s:o,s:o,s:s,s:o,s:o,s:o}", "possible", r->possible, "mark",
                     json_from_text(mark ? mark->name : NULL), "set",
                     mark ? json_integer(view->sets[mark->set].id) : json_null(),
                     "data_loss_seconds", json_from_duration(r->data_loss_ms), "data_loss_basis",
                     loss_basis_name(r->loss_basis), "restore_seconds",
                     json_from_duration(r->restore_ms), "evidence",
                     json_from_text(evidence_name(r->evidence)), "reasons",
                     json_from_texts(r->reasons, r->reasons_count));
}

static json_t *servers_json(const struct group_view *view)
{
    json_t *array = json_array();
    for (size_t i = 0; i < view->servers_count; i++) {
        const struct server_view *server = view->servers[i];
        char line[3072] = "";
        if (!server->reachable)
            error_format(&server->error, line, sizeof line);
        json_array_append_new(
            array, json_pack("{s:o,s:s,s:b,s:o,s:o,s:o}", "name", json_from_text(server->name),
                             "role", server_role_name(server->role), "reachable", server->reachable,
                             "error", json_from_text(server->reachable ? NULL : line), "as_of",
                             json_from_time(server->as_of_utc_ms), "version",
                             json_from_text(server->version)));
    }
    return array;
}

/* The state that a database is in on a server, as the contract spells it; NULL = not known. */
static const char *state_text(const struct server_view *server, const struct database_row *row)
{
    if (server->parts[PART_DATABASES].read_monotonic_ms == TIME_UNKNOWN || row == NULL)
        return NULL;
    return row->standby ? "STANDBY" : database_state_name(row->state);
}

static json_t *database_json(const struct server_view *server, const char *name,
                             const char *used_as, bool by_backup_job, const struct lag_entry *lag)
{
    const struct database_row *row = server_view_database(server, name);
    const char *state = state_text(server, row);
    bool model = row != NULL && row->recovery_model != MODEL_UNKNOWN;
    return json_pack(
        "{s:o,s:o,s:s,s:s,s:s,s:o,s:o,s:o,s:o,s:o}", "server", json_from_text(server->name),
        "database", json_from_text(row ? row->name : name), "role", server_role_name(server->role),
        "used_as", used_as, "method", by_backup_job ? "backup-job" : "other", "state",
        json_from_text(state), "recovery_model",
        json_from_text(model ? recovery_model_name(row->recovery_model) : NULL), "last_set",
        lag && lag->last_set > 0 ? json_integer(lag->last_set) : json_null(), "lag_sets",
        lag && lag->lag_sets >= 0 ? json_integer(lag->lag_sets) : json_null(), "lag_seconds",
        json_from_duration(lag ? lag->lag_ms : DURATION_UNKNOWN));
}

static json_t *databases_json(const struct group_view *view)
{
    json_t *array = json_array();
    for (size_t i = 0; i < view->roster_count; i++) {
        const struct roster_entry *entry = &view->roster[i];
        const char *used_as = database_use_name(entry->use);
        if (entry->source >= 0)
            json_array_append_new(array, database_json(view->servers[entry->source],
                                                       entry->database, used_as, true, NULL));
        if (entry->destination >= 0)
            json_array_append_new(array,
                                  database_json(view->servers[entry->destination], entry->database,
                                                used_as, true, &view->lags[i]));
    }
    const struct server_view *management =
        view->management < 0 ? NULL : view->servers[view->management];
    for (size_t i = 0; management != NULL && i < management->roster_count; i++) {
        const struct roster_row *row = &management->roster[i];
        int server = row->in_backup_job ? -1 : config_server_find(view->config, row->server);
        if (server >= 0)
            json_array_append_new(array, database_json(view->servers[server], row->database,
                                                       database_use_name(row->use), false, NULL));
    }
    return array;
}

static json_t *jobs_json(const struct group_view *view)
{
    json_t *array = json_array();
    for (size_t i = 0; i < view->servers_count; i++) {
        const struct server_view *server = view->servers[i];
        for (size_t j = 0; j < server->jobs_count; j++) {
            const struct job_row *job = &server->jobs[j];
            const char *outcome = job->last_outcome == OUTCOME_UNKNOWN
                                      ? NULL
                                      : job_outcome_name(job->last_outcome);
            json_array_append_new(
                array, json_pack("{s:o,s:o,s:s,s:b,s:b,s:o,s:o,s:o}", "server",
                                 json_from_text(server->name), "name", json_from_text(job->name),
                                 "function", job_function_name(job->function), "enabled",
                                 job->enabled, "running", job->running, "last_outcome",
                                 json_from_text(outcome), "last_run",
                                 json_from_time(job->last_run_utc_ms), "message",
                                 json_from_text(job->message)));
        }
    }
    return array;
}

static json_t *acknowledged_json(const struct check_result *check)
{
    if (check->verdict != VERDICT_ACKNOWLEDGED)
        return json_null();
    return json_pack("{s:s,s:o,s:o,s:o,s:o}", "verdict", verdict_name(check->accepted), "by",
                     json_from_text(check->by), "at", json_from_time(check->at_utc_ms), "until",
                     json_from_time(check->until_utc_ms), "reason", json_from_text(check->reason));
}

static json_t *checks_json(const struct group_view *view)
{
    json_t *array = json_array();
    for (size_t i = 0; i < view->checks_count; i++) {
        const struct check_result *check = &view->checks[i];
        json_array_append_new(array, json_pack("{s:s,s:s,s:o,s:o,s:o,s:o}", "id", check->id,
                                               "verdict", verdict_name(check->verdict), "where",
                                               json_from_text(check->where), "text",
                                               json_from_text(check->text), "remedy",
                                               json_from_text(check->remedy), "acknowledged",
                                               acknowledged_json(check)));
    }
    return array;
}

static json_t *attestations_json(const struct group_view *view)
{
    json_t *array = json_array();
    for (size_t i = 0; view->attestations != NULL && i < view->attestations->items_count; i++) {
        const struct attestation *item = &view->attestations->items[i];
        json_array_append_new(
            array, json_pack("{s:o,s:s,s:o,s:o,s:o,s:o,s:o}", "id", json_from_text(item->id),
                             "verdict", verdict_name(attestation_verdict(item, view->now_utc_ms)),
                             "title", json_from_text(item->title), "time",
                             json_from_time(item->at_utc_ms), "good_for_seconds",
                             json_from_duration(item->every_ms), "by", json_from_text(item->by),
                             "note", json_from_text(item->note)));
    }
    return array;
}

static json_t *status_json(const struct group_view *view)
{
    return json_pack("{s:i,s:o,s:o,s:s,s:o,s:o,s:o,s:{s:o,s:o,s:o},s:o,s:o,s:o}", "schema", 1, "group",
                     json_from_text(view->config->group_name), "generated",
                     json_from_time(view->now_utc_ms), "verdict",
                     verdict_name(view->readiness.verdict), "readiness", readiness_json(view),
                     "servers", servers_json(view), "databases", databases_json(view), "lag",
                     "backup_age_seconds", json_from_duration(view->lag.backup_age_ms),
                     "import_seconds", json_from_duration(view->lag.import_ms), "apply_seconds",
                     json_from_duration(view->lag.apply_ms), "jobs", jobs_json(view), "checks",
                     checks_json(view), "attestations", attestations_json(view));
}

int cmd_status(const struct cli *cli)
{
    int status;
    struct config *config = cli_load_config(cli, &status);
    if (config == NULL)
        return status;
    struct group_view *view = cli_read_group(config, &status);
    if (view != NULL) {
        if (cli_has(cli, OPTION_JSON))
            status = cli_print(json_take_text(status_json(view)));
        else
            status = cli_print(facts_status_text(view, false));
        group_view_release(view);
    }
    config_free(config);
    return status;
}

/* --- check ---------------------------------------------------------------------------------- */

enum { NAGIOS_OK, NAGIOS_WARNING, NAGIOS_CRITICAL, NAGIOS_UNKNOWN };

static int nagios_status(enum verdict verdict)
{
    static const int statuses[] = {[VERDICT_OK] = NAGIOS_OK,
                                   [VERDICT_WARNING] = NAGIOS_WARNING,
                                   [VERDICT_CRITICAL] = NAGIOS_CRITICAL,
                                   [VERDICT_UNKNOWN] = NAGIOS_UNKNOWN,
                                   [VERDICT_ACKNOWLEDGED] = NAGIOS_OK};
    return statuses[verdict];
}

static void add_sample(struct str *out, const char *label, int64_t value_ms,
                       const struct limit *limit)
{
    if (value_ms == DURATION_UNKNOWN) {
        str_format(out, " %s=U", label);
        return;
    }
    str_format(out, " %s=%llds", label, (long long)(value_ms / 1000));
    str_add_char(out, ';');
    if (limit->warning_ms != DURATION_UNKNOWN)
        str_format(out, "%lld", (long long)(limit->warning_ms / 1000));
    str_add_char(out, ';');
    if (limit->critical_ms != DURATION_UNKNOWN)
        str_format(out, "%lld", (long long)(limit->critical_ms / 1000));
    str_add(out, ";0");
}

static void add_perfdata(struct str *out, const struct group_view *view)
{
    const struct config *config = view->config;
    str_add(out, " |");
    add_sample(out, "data_loss", view->readiness.data_loss_ms, &config->data_loss);
    add_sample(out, "restore_time", view->readiness.restore_ms, &config->restore_time);
    add_sample(out, "backup_age", view->lag.backup_age_ms, &config->backup_age);
    add_sample(out, "import_lag", view->lag.import_ms, &config->import_lag);
    add_sample(out, "apply_lag", view->lag.apply_ms, &config->apply_lag);
}

/* '|' ends the text and starts performance data in that format: it must not stand in the text. */
static void add_plain(struct str *out, const char *text)
{
    for (; *text != '\0'; text++)
        str_add_char(out, *text == '|' ? '/' : *text);
}

/* " (by who until when: why)" */
static void add_acceptance(struct str *out, const struct check_result *check)
{
    char until[40];
    time_format(until, sizeof until, check->until_utc_ms);
    str_add(out, " (by ");
    add_plain(out, check->by);
    str_format(out, " until %s: ", until);
    add_plain(out, check->reason);
    str_add_char(out, ')');
}

int cmd_check_unknown(const char *why)
{
    printf("STOPMARK UNKNOWN: %s\n", why);
    return NAGIOS_UNKNOWN;
}

int cmd_check(const struct cli *cli)
{
    int status;
    struct config *config = cli_load_config(cli, &status);
    struct group_view *view = config == NULL ? NULL : cli_read_group(config, &status);
    if (view == NULL) {
        config_free(config);
        return cmd_check_unknown("the group could not be read; stopmark config check and stopmark "
                                 "status tell why");
    }
    static const char *const words[] = {"OK", "WARNING", "CRITICAL", "UNKNOWN"};
    enum verdict worst = readiness_overall(view);
    struct str line = {0};
    str_format(&line, "STOPMARK %s: ", words[nagios_status(worst)]);
    char *verdict = facts_verdict_line(view);
    add_plain(&line, verdict);
    free(verdict);
    for (size_t i = 0; i < view->checks_count; i++) {
        const struct check_result *check = &view->checks[i];
        if (check->verdict == VERDICT_OK)
            continue;
        str_format(&line, "; %s ", verdict_name(check->verdict));
        add_plain(&line, check->where);
        str_add(&line, check->where[0] ? ": " : "");
        add_plain(&line, check->text);
        if (check->verdict == VERDICT_ACKNOWLEDGED)
            add_acceptance(&line, check);
    }
    if (cli_has(cli, OPTION_PERFDATA))
        add_perfdata(&line, view);
    status = cli_print(str_take(&line)) == 0 ? nagios_status(worst) : NAGIOS_UNKNOWN;
    group_view_release(view);
    config_free(config);
    return status;
}

/* --- metrics -------------------------------------------------------------------------------- */

static void add_label(struct str *out, const char *name, const char *value)
{
    str_format(out, "%s=\"", name);
    for (; *value != '\0'; value++) {
        if (*value == '"' || *value == '\\')
            str_add_char(out, '\\');
        str_add_char(out, *value == '\n' ? ' ' : *value);
    }
    str_add_char(out, '"');
}

static void add_gauge(struct str *out, const char *group, const char *name, const char *help,
                      int64_t value_ms)
{
    str_format(out, "# HELP stopmark_%s %s\n# TYPE stopmark_%s gauge\n", name, help, name);
    if (value_ms == DURATION_UNKNOWN)
        return; /* an absent sample is this format's way of saying unknown */
    str_format(out, "stopmark_%s{", name);
    add_label(out, "group", group);
    str_format(out, "} %.3f\n", (double)value_ms / 1000.0);
}

static void add_server_samples(struct str *out, const struct group_view *view)
{
    str_add(out, "# HELP stopmark_server_up 1 where the server answers\n"
                 "# TYPE stopmark_server_up gauge\n");
    for (size_t i = 0; i < view->servers_count; i++) {
        str_add(out, "stopmark_server_up{");
        add_label(out, "server", view->servers[i]->name);
        str_format(out, "} %d\n", view->servers[i]->reachable);
    }
}

static void add_check_samples(struct str *out, const struct group_view *view)
{
    str_add(out, "# HELP stopmark_checks checks by verdict\n# TYPE stopmark_checks gauge\n");
    for (int verdict = VERDICT_OK; verdict <= VERDICT_ACKNOWLEDGED; verdict++) {
        size_t count = 0;
        for (size_t i = 0; i < view->checks_count; i++)
            count += view->checks[i].verdict == (enum verdict)verdict;
        str_format(out, "stopmark_checks{verdict=\"%s\"} %zu\n",
                   verdict_name((enum verdict)verdict), count);
    }
}

int cmd_metrics(const struct cli *cli)
{
    int status;
    struct config *config = cli_load_config(cli, &status);
    struct group_view *view = config == NULL ? NULL : cli_read_group(config, &status);
    if (view != NULL) {
        struct str out = {0};
        const char *group = config->group_name;
        add_gauge(&out, group, "data_loss_seconds", "data lost if the source died now",
                  view->readiness.data_loss_ms);
        add_gauge(&out, group, "restore_seconds", "time until the databases are online",
                  view->readiness.restore_ms);
        add_gauge(&out, group, "backup_age_seconds", "age of the newest complete log set",
                  view->lag.backup_age_ms);
        add_gauge(&out, group, "import_lag_seconds", "how far the history's import is behind",
                  view->lag.import_ms);
        add_gauge(&out, group, "apply_lag_seconds", "how far the worst database is behind",
                  view->lag.apply_ms);
        str_format(&out,
                   "# HELP stopmark_ready 1 where the group can fail over now\n"
                   "# TYPE stopmark_ready gauge\nstopmark_ready %d\n",
                   view->readiness.possible);
        add_server_samples(&out, view);
        add_check_samples(&out, view);
        out.text[--out.length] = '\0'; /* cli_print ends the last line */
        status = cli_print(str_take(&out));
        group_view_release(view);
    }
    config_free(config);
    return status;
}
