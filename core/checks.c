#include "core/checks.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/checks_internal.h"
#include "core/group.h"

static const struct check_rule rules[] = {
#define X(function, id_, severity_, what_, why_, remedy_, source_) \
    {.id = id_,                                                    \
     .what = what_,                                                \
     .why = why_,                                                  \
     .severity = severity_,                                        \
     .remedy = remedy_,                                            \
     .source = source_},
#include "core/rules.def"
#undef X
};

static char *(*const functions[])(struct check_sink *sink) = {
#define X(function, id_, severity_, what_, why_, remedy_, source_) check_##function,
#include "core/rules.def"
#undef X
};

const struct check_rule *checks_rules(size_t *count)
{
    *count = sizeof rules / sizeof *rules;
    return rules;
}

const struct check_rule *checks_rule(const char *id)
{
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (text_equal(rules[i].id, id))
            return &rules[i];
    return NULL;
}

void check_add_remedy(struct check_sink *sink, enum verdict verdict, char *where, char *text,
                      const char *remedy)
{
    struct check_result *result = memory_append(sink->view, checks);
    *result = (struct check_result){
        .id = sink->rule->id,
        .verdict = verdict,
        .where = where,
        .text = text,
        .topic = memory_copy_text(text),
        .remedy = memory_copy_text(verdict == VERDICT_OK ? ""
                                   : remedy != NULL      ? remedy
                                                         : sink->rule->remedy),
    };
}

void check_add(struct check_sink *sink, enum verdict verdict, char *where, char *text)
{
    check_add_remedy(sink, verdict, where, text, NULL);
}

void check_about(struct check_sink *sink, const char *topic)
{
    if (sink->view->checks_count == sink->first)
        return;
    struct check_result *last = &sink->view->checks[sink->view->checks_count - 1];
    free(last->topic);
    last->topic = memory_copy_text(topic);
}

static const char down_text[] = "could not look: the server does not answer";

/* True if a list "A, B" names the server. */
static bool names_server(const char *list, const char *server)
{
    size_t length = strlen(server);
    for (const char *at = list; (at = strstr(at, server)) != NULL; at++)
        if ((at == list || at[-1] == ' ') && (at[length] == '\0' || at[length] == ','))
            return true;
    return false;
}

/* One line a rule for all servers that do not answer. */
static void say_down(struct check_sink *sink, const char *server)
{
    for (size_t i = sink->first; i < sink->view->checks_count; i++) {
        struct check_result *said = &sink->view->checks[i];
        if (!text_equal(said->text, down_text))
            continue;
        if (!names_server(said->where, server)) {
            char *where = memory_format("%s, %s", said->where, server);
            free(said->where);
            said->where = where;
        }
        return;
    }
    check_add_remedy(sink, VERDICT_UNKNOWN, memory_copy_text(server), memory_copy_text(down_text),
                     "see the check that every server answers");
}

static bool already_said(const struct check_sink *sink, const char *where)
{
    for (size_t i = sink->first; i < sink->view->checks_count; i++)
        if (sink->view->checks[i].verdict == VERDICT_UNKNOWN &&
            text_equal(sink->view->checks[i].where, where))
            return true;
    return false;
}

void check_say_hidden(struct check_sink *sink, const char *server, const char *what,
                      const char *grant)
{
    if (!already_said(sink, server))
        check_add_remedy(sink, VERDICT_UNKNOWN, memory_copy_text(server),
                         memory_format("may not look: the login does not see %s", what), grant);
}

const char *check_part_words(enum view_part part)
{
    static const char *const words[PART_COUNT] = {[PART_SERVER] = "the server's properties",
                                                  [PART_DATABASES] = "the databases",
                                                  [PART_ROSTER] =
                                                      "the backup job's list of databases",
                                                  [PART_HISTORY] = "the backup history",
                                                  [PART_BACKUPS] = "msdb's backups",
                                                  [PART_MARKS] = "msdb's marks",
                                                  [PART_SHIPPING] = "the shipping tables",
                                                  [PART_RESTORES] = "msdb's restores",
                                                  [PART_JOBS] = "the Agent's jobs",
                                                  [PART_SETTINGS] = "the server's settings",
                                                  [PART_FILES] =
                                                      "the headers of backup files",
                                                  [PART_KEYS] = "keys and certificates",
                                                  [PART_LOGINS] = "the server's logins",
                                                  [PART_INSIDE] = "what is in its databases",
                                                  [PART_LINKS] = "linked servers",
                                                  [PART_VOLUMES] = "the space on its disks",
                                                  [PART_REFERENCES] = "the server names in the restored databases"};
    return words[part];
}

bool check_may_look(struct check_sink *sink, int server_index, enum view_part part)
{
    const struct server_view *server = sink->view->servers[server_index];
    const struct part_status *status = &server->parts[part];
    bool down = sink->view->down[server_index];
    if (!down && (status->state == PART_READ ||
                  (status->state == PART_FAILED && status->read_monotonic_ms != TIME_UNKNOWN)))
        return true;
    if (down) {
        say_down(sink, server->name);
        return false;
    }
    if (already_said(sink, server->name))
        return false;
    const char *hint = status->error.hint[0] != '\0' ? status->error.hint : NULL;
    if (status->state == PART_NOT_VISIBLE)
        check_add_remedy(
            sink, VERDICT_UNKNOWN, memory_copy_text(server->name),
            memory_format("may not look: the login does not see %s", check_part_words(part)),
            hint);
    else
        check_add_remedy(
            sink, VERDICT_UNKNOWN, memory_copy_text(server->name),
            status->state == PART_NOT_ASKED
                ? memory_format("has not looked yet: nothing was read of %s", check_part_words(part))
                : memory_format("could not look: %s: %s", check_part_words(part),
                                status->error.what),
            hint);
    return false;
}

bool check_has_source(struct check_sink *sink, size_t entry)
{
    const struct roster_entry *e = &sink->view->roster[entry];
    const char *server = e->source_server != NULL ? e->source_server : "?";
    if (e->source < 0 && !already_said(sink, server))
        check_add_remedy(sink, VERDICT_UNKNOWN, memory_copy_text(server),
                         memory_format("could not look: the server '%s' is no section and no alias "
                                       "of stopmark.ini",
                                       server),
                         "add that name to 'aliases' of its section, or a section of its own");
    return e->source >= 0;
}

bool check_may_look_at_source(struct check_sink *sink, size_t entry, enum view_part part)
{
    return check_has_source(sink, entry) &&
           check_may_look(sink, sink->view->roster[entry].source, part);
}

bool check_knows(struct check_sink *sink, int server, enum view_part part)
{
    const struct group_view *view = sink->view;
    return (view->down[server] && group_has_part(view->servers[server], part)) ||
           check_may_look(sink, server, part);
}

bool check_knows_source(struct check_sink *sink, size_t entry, enum view_part part)
{
    return check_has_source(sink, entry) &&
           check_knows(sink, sink->view->roster[entry].source, part);
}

void check_need_sources(struct check_sink *sink)
{
    for (size_t k = 0; k < sink->view->roster_count; k++)
        check_has_source(sink, k);
}

bool check_looked_into(struct check_sink *sink, size_t entry)
{
    const struct database_row *row = check_source_row(sink->view, entry);
    if (row == NULL || row->state != STATE_ONLINE ||
        server_view_looks_into(sink->view->servers[sink->view->roster[entry].source], row))
        return true;
    check_add_remedy(sink, VERDICT_UNKNOWN, check_source_where(sink->view, entry),
                     memory_format("could not look into it: its server has more than %d databases, "
                                   "and only the first are looked into",
                                   VIEW_LOOKED_INTO_MAX),
                     "look at this database by hand; keep BizTalk's databases on a server of their "
                     "own");
    return false;
}

void check_limit(struct check_sink *sink, const struct limit *limit, int64_t value_ms,
                 const char *what, const char *is)
{
    char value[64], bound[64];
    if (value_ms == DURATION_UNKNOWN) {
        check_add_remedy(sink, VERDICT_UNKNOWN, memory_copy_text(""),
                         memory_format("%s is not known", what),
                         "see what the login may not see, and which server does not answer");
        return;
    }
    bool critical = limit->critical_ms != DURATION_UNKNOWN && value_ms > limit->critical_ms;
    bool warning = limit->warning_ms != DURATION_UNKNOWN && value_ms > limit->warning_ms;
    duration_format(value, sizeof value, value_ms);
    duration_format(bound, sizeof bound, critical ? limit->critical_ms : limit->warning_ms);
    if (critical || warning) {
        check_add(sink, critical ? VERDICT_CRITICAL : VERDICT_WARNING, memory_copy_text(""),
                  memory_format("%s %s %s, the limit is %s", what, is, value, bound));
        check_about(sink, what);
    }
}

const struct database_row *check_source_row(const struct group_view *view, size_t entry)
{
    int source = view->roster[entry].source;
    return source < 0 ? NULL
                      : server_view_database(view->servers[source], view->roster[entry].database);
}

char *check_source_where(const struct group_view *view, size_t entry)
{
    const struct roster_entry *e = &view->roster[entry];
    return memory_format("%s/%s",
                         e->source >= 0             ? view->servers[e->source]->name
                         : e->source_server != NULL ? e->source_server
                                                    : "?",
                         e->database);
}

void checks_build(struct group_view *view)
{
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        struct check_sink sink = {.view = view, .rule = &rules[i], .first = view->checks_count};
        char *good = functions[i](&sink);
        if (view->checks_count == sink.first) /* a rule that finds nothing still stands once */
            check_add(&sink, VERDICT_OK, memory_copy_text(""),
                      good != NULL ? memory_copy_text(good) : memory_copy_text(rules[i].what));
        free(good);
    }
}
