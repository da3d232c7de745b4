#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "core/base/clock.h"
#include "core/base/str.h"
#include "core/json.h"
#include "core/method.h"
#include "core/report.h"
#include "core/scan.h"
#include "core/situation.h"

/* --- Markdown --------------------------------------------------------------------------------- */

/* A cell of a table: the bar would end it. */
static void add_cell(struct str *out, const char *text)
{
    for (; text != NULL && *text != '\0'; text++)
        if (*text == '|')
            str_add(out, "\\|");
        else
            str_add_char(out, *text == '\n' ? ' ' : *text);
}

static void add_head(struct str *out, const struct report *report)
{
    const struct run_summary *s = &report->summary;
    char started[40], ended[40], took[40] = "unknown";
    time_format(started, sizeof started, s->started_utc_ms);
    time_format(ended, sizeof ended, s->ended_utc_ms);
    if (s->started_utc_ms != TIME_UNKNOWN && s->ended_utc_ms != TIME_UNKNOWN)
        duration_format(took, sizeof took, s->ended_utc_ms - s->started_utc_ms);
    str_format(out, "# Restore run %lld: %s\n\n**%s**\n\n", (long long)s->run,
               report->group == NULL ? "" : report->group, report->verdict_text);
    str_format(out, "| | |\n| --- | --- |\n| verdict | %s |\n| state | %s |\n| mark | %s (stop %s) |\n"
                    "| set | %lld |\n| situation | %s |\n| method | %s |\n| by | %s |\n| host | %s |\n"
                    "| started | %s |\n| ended | %s |\n| took | %s |\n| plan | %s |\n| uuid | %s |\n",
               verdict_name(report->verdict), run_state_name(s->state), s->mark,
               stop_kind_name(s->stop), (long long)report->set, situation_name(s->situation),
               method_name(s->method), s->by, s->host, started, ended, took,
               report->plan_hash == NULL ? "" : report->plan_hash, s->uuid);
    if (situation_traits(s->situation)->makes_mark)
        str_format(out, "| data loss | %s |\n",
                   report->loss_proof == NULL ? "not judged yet" : report->loss_proof);
    str_format(out, "\nThe method %s: %s %s %s\n", method_name(s->method),
               method_traits(s->method)->does, method_traits(s->method)->promises,
               method_traits(s->method)->cannot);
    if (s->reason[0] != '\0')
        str_format(out, "\nReason: %s\n", s->reason);
}

static void add_databases(struct str *out, const struct report *report)
{
    str_add(out, "\n## Databases\n\n| server | database | state | at the mark | MarkLog | later marks "
                 "| proof |\n| --- | --- | --- | --- | --- | --- | --- |\n");
    for (size_t i = 0; i < report->databases_count; i++) {
        const struct report_database *d = &report->databases[i];
        char later[32] = "not looked";
        if (d->later_marks >= 0)
            snprintf(later, sizeof later, "%lld", (long long)d->later_marks);
        str_add(out, "| ");
        add_cell(out, d->server);
        str_add(out, " | ");
        add_cell(out, d->database);
        str_format(out, " | %s | %s | %s | %s | ",
                   d->state_known ? database_state_name(d->state) : "not looked",
                   d->at_mark ? "yes" : "no", d->marklog_has_mark ? "has the mark" : "-", later);
        add_cell(out, d->evidence == NULL ? "-" : d->evidence);
        str_add(out, " |\n");
    }
}

static void add_left_out(struct str *out, const struct report *report)
{
    if (report->left_out_count == 0)
        return;
    str_add(out, "\n## Left out: the group is not proven for these\n\n");
    for (size_t i = 0; i < report->left_out_count; i++)
        str_format(out, "- %s: %s\n", report->left_out[i].database, report->left_out[i].reason);
}

/* Its lines under a list's number. */
static void add_indented(struct str *out, const char *before, const char *text)
{
    str_format(out, "   %s", before);
    for (const char *at = text; *at != '\0'; at++) {
        str_add_char(out, *at);
        if (*at == '\n')
            str_add(out, "   ");
    }
    str_add_char(out, '\n');
}

static void add_step_state(struct str *out, const struct manual_step *m)
{
    char when[40];
    const char *note = m->note == NULL ? "" : m->note;
    if (m->by_run) {
        str_format(out, "   *%s%s%s*\n", m->ticked ? "proven by the run" : "not proven",
                   note[0] ? ": " : "", note);
    } else if (m->ticked) {
        time_format(when, sizeof when, m->ticked_utc_ms);
        str_format(out, "   *%s, %s%s%s*\n", m->by == NULL ? "" : m->by, when, note[0] ? ": " : "",
                   note);
    }
}

/* The steps of the run, or those of the way back, by phase. */
static void add_manual(struct str *out, const struct report *report, bool back)
{
    size_t all, open = report_open_steps(report, back, &all), number = 0;
    const char *phase = "";
    if (all == 0)
        return;
    str_format(out, "\n## %s (%zu of %zu done)\n", back ? "Fail back" : "Manual steps", all - open,
               all);
    for (size_t i = 0; i < report->manual_count; i++) {
        const struct manual_step *m = &report->manual[i];
        if (m->back != back)
            continue;
        if (strcmp(phase, m->phase_title) != 0)
            str_format(out, "\n### %s\n\n", m->phase_title);
        phase = m->phase_title;
        str_format(out, "%zu. [%c] **%s**%s\n", ++number, m->ticked ? 'x' : ' ', m->title,
                   m->by_run ? " (by stopmark)" : "");
        add_indented(out, "", m->text);
        if (m->verify != NULL)
            add_indented(out, "Seen by: ", m->verify);
        if (m->source != NULL)
            str_format(out, "   Documentation: %s\n", m->source);
        add_step_state(out, m);
    }
}

static void add_steps(struct str *out, const struct report *report)
{
    str_add(out, "\n## Statements\n");
    for (size_t i = 0; i < report->steps_count; i++) {
        const struct report_step *s = &report->steps[i];
        char sent[40], took[40] = "no answer seen";
        time_format(sent, sizeof sent, s->sent_utc_ms);
        if (s->done_utc_ms != TIME_UNKNOWN)
            duration_format(took, sizeof took, s->done_utc_ms - s->sent_utc_ms);
        str_format(out, "\n%zu. %s%s%s, %s, %s (%s): %s%s%s\n\n       %s\n", i + 1, s->server,
                   s->database[0] == '\0' ? "" : "/", s->database, step_kind_name(s->kind), sent, took, step_state_name(s->state),
                   s->outcome == NULL || s->outcome[0] == '\0' ? "" : ": ",
                   s->outcome == NULL ? "" : s->outcome, s->sql);
    }
}

static void add_list(struct str *out, const char *title, char *const *texts, size_t count)
{
    str_format(out, "\n## %s\n\n", title);
    for (size_t i = 0; i < count; i++)
        str_format(out, "- %s\n", texts[i]);
    if (count == 0)
        str_add(out, "none\n");
}

static void add_rebuild(struct str *out, const struct report *report)
{
    str_add(out, "\n## Going on\n\nThe databases stand where BizTalk's tables do not know them, and "
                 "the shipping jobs are disabled. Either make a new plan and restore to a mark, or "
                 "rebuild the standby, in this order:\n\n");
    for (size_t i = 0; i < report->rebuild_count; i++)
        str_format(out, "%zu. %s\n", i + 1, report->rebuild[i]);
}

static void add_scan(struct str *out, const struct scan *scan)
{
    char when[40];
    time_format(when, sizeof when, scan->at_utc_ms);
    str_format(out, "\n## After the fail-over, as of %s\n", when);
    for (int kind = 0; kind < SCAN_KINDS; kind++) {
        enum scan_kind k = (enum scan_kind)kind;
        str_format(out, "\n### %s\n\n", scan_kind_title(k));
        for (size_t i = 0; i < scan->findings_count; i++)
            if (scan->findings[i].kind == k)
                str_format(out, "- %s: %s\n", scan->findings[i].where, scan->findings[i].text);
        if (!scan->looked[kind])
            str_format(out, "- could not look everywhere: %s\n",
                       scan->blind[kind] == NULL ? "?" : scan->blind[kind]);
        else if (scan_count(scan, k) == 0)
            str_add(out, "nothing found\n");
    }
}

char *report_to_markdown(const struct report *report)
{
    struct str out = {0};
    add_head(&out, report);
    add_databases(&out, report);
    add_left_out(&out, report);
    add_manual(&out, report, false);
    add_manual(&out, report, true);
    if (report->files_count > 0)
        add_list(&out, "Files of this run", report->files, report->files_count);
    if (report->scan != NULL)
        add_scan(&out, report->scan);
    if (report->rebuild_count > 0)
        add_rebuild(&out, report);
    add_list(&out, "Decisions", report->decisions, report->decisions_count);
    add_list(&out, "Events", report->messages, report->messages_count);
    add_steps(&out, report);
    return str_take(&out);
}

/* --- JSON ------------------------------------------------------------------------------------- */

static json_t *databases_json(const struct report *report)
{
    json_t *list = json_array();
    for (size_t i = 0; i < report->databases_count; i++) {
        const struct report_database *d = &report->databases[i];
        json_array_append_new(
            list,
            json_pack("{s:o, s:o, s:s, s:b, s:b, s:o, s:b, s:b, s:b, s:o}", "server",
                      json_from_text(d->server), "database", json_from_text(d->database), "state",
                      d->state_known ? database_state_name(d->state) : "unknown", "at_mark",
                      d->at_mark, "marklog_has_mark", d->marklog_has_mark, "later_marks",
                      d->later_marks < 0 ? json_null() : json_integer(d->later_marks),
                      "read_write", d->read_write, "proven", d->proven, "verified", d->verified,
                      "evidence", json_from_text(d->evidence)));
    }
    return list;
}

static json_t *left_out_json(const struct report *report)
{
    json_t *list = json_array();
    for (size_t i = 0; i < report->left_out_count; i++)
        json_array_append_new(list, json_pack("{s:o, s:o}", "database",
                                              json_from_text(report->left_out[i].database), "reason",
                                              json_from_text(report->left_out[i].reason)));
    return list;
}

static json_t *steps_json(const struct report *report)
{
    json_t *list = json_array();
    for (size_t i = 0; i < report->steps_count; i++) {
        const struct report_step *s = &report->steps[i];
        json_array_append_new(
            list, json_pack("{s:o, s:o, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "server",
                            json_from_text(s->server), "database", json_from_text(s->database),
                            "kind", step_kind_name(s->kind), "state", step_state_name(s->state),
                            "set", s->set == 0 ? json_null() : json_integer(s->set), "file",
                            json_from_text(s->file), "sql", json_from_text(s->sql), "outcome",
                            json_from_text(s->outcome), "sent", json_from_time(s->sent_utc_ms),
                            "done", json_from_time(s->done_utc_ms)));
    }
    return list;
}

static json_t *manual_json(const struct report *report)
{
    json_t *list = json_array();
    for (size_t i = 0; i < report->manual_count; i++) {
        const struct manual_step *m = &report->manual[i];
        json_array_append_new(list,
                              json_pack("{s:o, s:o, s:o, s:b, s:o, s:o, s:o, s:s, s:s, s:o, "
                                        "s:o, s:b}", "id",
                                        json_from_text(m->id), "title", json_from_text(m->title),
                                        "text", json_from_text(m->text), "ticked", m->ticked, "by",
                                        json_from_text(m->by), "note", json_from_text(m->note),
                                        "time", json_from_time(m->ticked_utc_ms),
                                        "kind", m->kind, "phase", m->phase, "verify",
                                        json_from_text(m->verify), "source",
                                        json_from_text(m->source), "back", m->back));
    }
    return list;
}

/* null where nobody has looked. */
static json_t *scan_json(const struct scan *scan)
{
    char *text = scan == NULL ? NULL : scan_to_json(scan);
    json_t *document = text == NULL ? json_null() : json_loads(text, 0, NULL);
    free(text);
    return document;
}

char *report_to_json(const struct report *report)
{
    const struct run_summary *s = &report->summary;
    json_t *document = json_pack(
        "{s:i, s:I, s:s, s:s, s:b, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o}", "schema", 1, "run",
        (json_int_t)s->run, "uuid", s->uuid, "state", run_state_name(s->state), "alive", s->alive,
        "situation", situation_name(s->situation), "mark", s->mark, "stop", stop_kind_name(s->stop),
        "method", method_name(s->method), "by", json_from_text(s->by), "host",
        json_from_text(s->host), "started", json_from_time(s->started_utc_ms), "ended",
        json_from_time(s->ended_utc_ms));
    json_object_set_new(document, "gate", json_boolean(s->method != METHOD_JOBS));
    json_object_set_new(document, "promises", json_from_text(method_traits(s->method)->promises));
    json_object_set_new(document, "cannot", json_from_text(method_traits(s->method)->cannot));
    json_object_set_new(document, "group", json_from_text(report->group));
    json_object_set_new(document, "set",
                        report->set == 0 ? json_null() : json_integer(report->set));
    json_object_set_new(document, "plan_hash", json_from_text(report->plan_hash));
    json_object_set_new(document, "data_loss_seconds", json_from_duration(report->data_loss_ms));
    json_object_set_new(document, "loss_proof", json_from_text(report->loss_proof));
    json_object_set_new(document, "reason", s->reason[0] ? json_from_text(s->reason) : json_null());
    json_object_set_new(document, "verdict", json_string(verdict_name(report->verdict)));
    json_object_set_new(document, "verdict_text", json_from_text(report->verdict_text));
    json_object_set_new(document, "databases", databases_json(report));
    json_object_set_new(document, "left_out", left_out_json(report));
    json_object_set_new(document, "steps", steps_json(report));
    json_object_set_new(document, "messages",
                        json_from_texts(report->messages, report->messages_count));
    json_object_set_new(document, "decisions",
                        json_from_texts(report->decisions, report->decisions_count));
    json_object_set_new(document, "manual", manual_json(report));
    json_object_set_new(document, "files", json_from_texts(report->files, report->files_count));
    json_object_set_new(document, "scan", scan_json(report->scan));
    json_object_set_new(document, "rebuild",
                        json_from_texts(report->rebuild, report->rebuild_count));
    return json_take_text(document);
}
