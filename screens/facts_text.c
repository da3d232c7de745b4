#include <stdio.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "screens/facts.h"
#include "screens/words.h"

void facts_status(struct facts *facts, const struct group_view *view, int64_t now_monotonic_ms,
                  bool brief)
{
    static const struct {
        const char *label;
        void (*line)(char *, size_t, const struct group_view *, enum verdict *);
    } lines[] = {{"sources", facts_sources_line},
                 {"sets", facts_sets_line},
                 {"standby", facts_standby_line},
                 {"jobs", facts_jobs_line},
                 {"checks", facts_checks_line}};
    char line[WORDS_LINE], when[WORDS_SIZE];
    facts_heading(facts, view->config->group_name);
    time_format(when, sizeof when, view->now_utc_ms);
    facts_add(facts, "as of", "%s", when);
    facts_readiness(facts, view);
    facts_heading(facts, "At a glance");
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        enum verdict verdict = VERDICT_UNKNOWN;
        lines[i].line(line, sizeof line, view, &verdict);
        facts_judge(facts, verdict, lines[i].label, "%s", line);
    }
    facts_lag(facts, view);
    facts_servers(facts, view, now_monotonic_ms, brief);
    facts_standby(facts, view, brief);
    facts_jobs(facts, view, brief);
    facts_checks(facts, view, brief);
    facts_attestations(facts, view, brief);
}

/* A heading whose section turned out empty is left out. */
static bool is_empty_section(const struct facts *facts, size_t i)
{
    bool last = i + 1 == facts->items_count;
    return i > 0 && (last || facts->items[i + 1].kind == FACT_HEADING);
}

void facts_print(const struct facts *facts, struct str *out)
{
    bool first = true;
    for (size_t i = 0; i < facts->items_count; i++) {
        const struct fact *fact = &facts->items[i];
        char label[500];
        text_clean(label, sizeof label, fact->label);
        if (fact->kind == FACT_HEADING) {
            if (!is_empty_section(facts, i))
                str_format(out, "%s%s\n", first ? "" : "\n", label);
            first = false;
            continue;
        }
        str_format(out, "  %s: ", label);
        if (fact->kind == FACT_JUDGED)
            str_format(out, "%s: ", verdict_name(fact->verdict));
        str_format(out, "%s\n", fact->text);
    }
}

/* Hands the text over without its last newline. */
static char *take(struct str *out)
{
    while (out->length && out->text[out->length - 1] == '\n')
        out->text[--out->length] = '\0';
    return str_take(out);
}

char *facts_verdict_line(const struct group_view *view)
{
    const struct readiness *ready = &view->readiness;
    const struct mark *mark = words_mark(view, ready->newest);
    char loss[WORDS_SIZE], time[WORDS_SIZE], line[WORDS_LINE], clean[WORDS_LINE];
    words_loss(loss, sizeof loss, ready->data_loss_ms, ready->loss_basis);
    words_duration(time, sizeof time, ready->restore_ms);
    if (ready->possible && mark)
        snprintf(line, sizeof line, "%s, to mark %s (set %lld), losing %s, databases online after %s",
                 facts_verdict_words(ready), mark->name, (long long)view->sets[mark->set].id, loss,
                 time);
    else
        snprintf(line, sizeof line, "%s: %s", facts_verdict_words(ready),
                 ready->reasons_count ? ready->reasons[0] : "no reason is known");
    text_clean(clean, sizeof clean, line);
    return memory_copy_text(clean);
}

char *facts_status_text(const struct group_view *view, bool brief)
{
    struct facts facts = {0};
    struct str out = {0};
    facts_status(&facts, view, view->now_monotonic_ms, brief);
    facts_print(&facts, &out);
    facts_free(&facts);
    return take(&out);
}

static void print_set(struct str *out, const struct group_view *view, const struct backup_set *set)
{
    char when[WORDS_SIZE], size[WORDS_SIZE];
    time_format(when, sizeof when, set->time_utc_ms);
    size_format(size, sizeof size, set->size_bytes);
    str_format(out, "%8lld  %-4s  %-23s  %2zu/%-2zu  %9s  %-8s  %s", (long long)set->id,
               set_kind_name(set->kind), when, set->databases, set->databases_expected, size,
               chain_state_name(set->chain),
               set->in_progress ? "being taken" : set->complete ? "complete" : "partial");
    for (size_t d = 0; set->standings && d < view->destinations_count; d++)
        str_format(out, ", %s %s", view->servers[view->destinations[d]]->name,
                   words_standing(set->standings[d]));
    if (set->mark)
        str_format(out, "  %s", set->mark);
    str_add(out, "\n");
}

char *facts_sets_text(const struct group_view *view, size_t count)
{
    struct str out = {0};
    str_format(&out, "%8s  %-4s  %-23s  %-5s  %9s  %-8s  %s\n", "SET", "KIND", "TIME", "DBS",
               "SIZE", "CHAIN", "STATE AND MARK");
    for (size_t i = view->sets_count; i-- > 0 && count; count--)
        print_set(&out, view, &view->sets[i]);
    if (!view->sets_count)
        str_add(&out, "no sets are known\n");
    return take(&out);
}

static void print_mark(struct str *out, const struct group_view *view, const struct mark *mark)
{
    char when[WORDS_SIZE], loss[WORDS_SIZE], time[WORDS_SIZE], routes[WORDS_LINE];
    time_format(when, sizeof when, mark->time_utc_ms);
    words_loss(loss, sizeof loss, mark->data_loss_ms, view->readiness.loss_basis);
    words_duration(time, sizeof time, mark->restore_ms);
    facts_routes(routes, sizeof routes, view, mark);
    str_format(out, "%8lld  %-32s  %-23s  %-20s  %-15s  %s\n", (long long)view->sets[mark->set].id,
               mark->name, when, mark->reachable ? loss : "-", mark->reachable ? time : "-",
               routes);
    for (size_t i = 0; i < mark->reasons_count; i++)
        str_format(out, "%10s%s\n", "", mark->reasons[i]);
}

char *facts_marks_text(const struct group_view *view, size_t count)
{
    struct str out = {0};
    str_format(&out, "%8s  %-32s  %-23s  %-20s  %-15s  %s\n", "SET", "MARK", "TIME", "LOSES",
               "ONLINE AFTER", "ROUTES");
    for (size_t i = view->marks_count; i-- > 0 && count; count--)
        print_mark(&out, view, &view->marks[i]);
    if (!view->marks_count)
        str_add(&out, "no marks are known\n");
    return take(&out);
}
