/* The rules that look at the servers and at the group as a whole (core/rules.def). */
#include "core/checks_internal.h"

#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/group.h"

enum { CLOCK_APART_MS = 60 * 1000 };

char *check_servers_answer(struct check_sink *sink)
{
    const struct group_view *view = sink->view;
    for (size_t i = 0; i < view->servers_count; i++) {
        const struct server_view *server = view->servers[i];
        if (!view->down[i])
            continue;
        bool never_tried = server->error.code == ERR_OK && !server->from_disk &&
                           server->as_of_monotonic_ms == TIME_UNKNOWN;
        const char *what = server->error.code != ERR_OK ? server->error.what : "it does not answer";
        char *text = server->error.server_text[0] == '\0'
                         ? memory_copy_text(what)
                         : memory_format("%s: server error %d: %s", what,
                                         server->error.server_number, server->error.server_text);
        if (never_tried) {
            free(text);
            text = memory_copy_text("it was not read yet");
        }
        check_add_remedy(sink, never_tried ? VERDICT_UNKNOWN : VERDICT_CRITICAL,
                         memory_copy_text(server->name), text,
                         server->error.hint[0] != '\0' ? server->error.hint : NULL);
        check_about(sink, "it does not answer");
    }
    return memory_format("%zu servers answer", view->servers_count);
}

/* Where the databases stand: without it only flags and history tell how far a log was applied. */
static void look_at_redo_points(struct check_sink *sink, int destination)
{
    const struct group_view *view = sink->view;
    for (size_t k = 0; k < view->roster_count; k++) {
        const struct roster_entry *entry = &view->roster[k];
        if (entry->destination != destination || entry->state != STATE_RESTORING ||
            entry->redo_visible)
            continue;
        check_add_remedy(sink, VERDICT_UNKNOWN, memory_copy_text(view->servers[destination]->name),
                         memory_copy_text("the redo points of its databases are not visible"),
                         "GRANT VIEW ANY DEFINITION to the monitoring login");
        return;
    }
}

/* A part that was not read, or one that was, but for a table that the login may not read. */
static bool part_lacks(const struct part_status *status)
{
    return status->state == PART_NOT_VISIBLE || status->state == PART_FAILED ||
           (status->state == PART_READ && status->error.code == ERR_PERMISSION);
}

/* The server's words name the object. */
static char *what_lacks(enum view_part part, const struct error *error)
{
    const char *words = error->server_text;
    return memory_format("%s: %s%s%s", check_part_words(part),
                         error->what[0] != '\0' ? error->what : "not visible",
                         words[0] != '\0' ? ": " : "", words);
}

char *check_parts_visible(struct check_sink *sink)
{
    const struct group_view *view = sink->view;
    for (size_t i = 0; i < view->servers_count; i++) {
        const struct server_view *server = view->servers[i];
        if (check_is_old_source(view, (int)i))
            continue; /* its management database is not to be read any more */
        for (int part = 0; !view->down[i] && part < PART_COUNT; part++) {
            const struct part_status *status = &server->parts[part];
            if (!part_lacks(status) || part == PART_FILES ||
                part == PART_VOLUMES) /* their own rules tell */
                continue;
            check_add_remedy(sink, VERDICT_UNKNOWN, memory_copy_text(server->name),
                             what_lacks((enum view_part)part, &status->error),
                             status->error.hint[0] != '\0' ? status->error.hint : NULL);
        }
        if (!view->down[i] && server->role == ROLE_DESTINATION)
            look_at_redo_points(sink, (int)i);
    }
    return NULL;
}

char *check_roster_mapped(struct check_sink *sink)
{
    const struct group_view *view = sink->view;
    if (view->roster_count == 0)
        check_add(sink, VERDICT_UNKNOWN, memory_copy_text(""),
                  memory_copy_text("no server has told which databases belong to the group"));
    for (size_t k = 0; k < view->roster_count; k++) {
        const struct roster_entry *entry = &view->roster[k];
        if (entry->problem != NULL)
            check_add(sink, VERDICT_CRITICAL, check_source_where(view, k),
                      memory_copy_text(entry->problem));
        else if (entry->source < 0)
            check_add(sink, VERDICT_WARNING, check_source_where(view, k),
                      memory_format("its server '%s' is no section and no alias of stopmark.ini: "
                                    "what it does there is not looked at",
                                    entry->source_server != NULL ? entry->source_server : "?"));
    }
    return memory_format("%zu databases, each with one destination", view->roster_count);
}

char *check_agent(struct check_sink *sink)
{
    const struct group_view *view = sink->view;
    for (size_t i = 0; i < view->servers_count; i++) {
        const struct server_view *server = view->servers[i];
        if (check_is_old_source(view, (int)i) || !check_may_look(sink, (int)i, PART_SETTINGS))
            continue;
        if (!server->agent_running_known)
            check_add_remedy(sink, VERDICT_UNKNOWN, memory_copy_text(server->name),
                             memory_copy_text("may not look: the services are not visible"),
                             "GRANT VIEW SERVER STATE to the monitoring login");
        else if (!server->agent_running)
            check_add(sink, VERDICT_CRITICAL, memory_copy_text(server->name),
                      memory_copy_text("SQL Server Agent is stopped"));
    }
    return NULL;
}

char *check_data_loss(struct check_sink *sink)
{
    const struct group_view *view = sink->view;
    if (group_is_live(view))
        return check_old_source_words();
    if (view->readiness.newest_any < 0) {
        check_add(sink, VERDICT_UNKNOWN, memory_copy_text(""),
                  memory_copy_text("there is no mark to lose data after"));
        return NULL;
    }
    check_limit(sink, &view->config->data_loss, view->readiness.data_loss_ms, "the data loss",
                view->readiness.loss_basis == LOSS_LIVE ? "is" : "is at least");
    return NULL;
}

char *check_restore_time(struct check_sink *sink)
{
    const struct group_view *view = sink->view;
    if (group_is_live(view))
        return check_old_source_words();
    if (view->readiness.newest_any >= 0)
        check_limit(sink, &view->config->restore_time, view->readiness.restore_ms,
                    "the restore time", "is");
    else
        check_add(sink, VERDICT_UNKNOWN, memory_copy_text(""),
                  memory_copy_text("there is no mark to restore to"));
    return NULL;
}

char *check_versions(struct check_sink *sink)
{
    const struct group_view *view = sink->view;
    for (size_t k = 0; k < view->roster_count; k++) {
        const struct roster_entry *entry = &view->roster[k];
        if (!check_has_source(sink, k) || entry->destination < 0)
            continue;
        const struct server_view *source = view->servers[entry->source];
        const struct server_view *destination = view->servers[entry->destination];
        if (source->version_major == 0 || destination->version_major == 0) {
            check_may_look(sink, source->version_major == 0 ? entry->source : entry->destination,
                           PART_SERVER);
            continue;
        }
        bool said = false; /* once for a pair of servers */
        for (size_t before = 0; before < k; before++)
            said = said || (view->roster[before].source == entry->source &&
                            view->roster[before].destination == entry->destination);
        if (said || source->version_major == destination->version_major)
            continue;
        bool older = destination->version_major < source->version_major;
        check_add(sink, older ? VERDICT_CRITICAL : VERDICT_WARNING,
                  memory_copy_text(destination->name),
                  memory_format("it is SQL Server %s, %s is %s", destination->version, source->name,
                                source->version));
    }
    return NULL;
}

/* A server against the console's own clock, so that each is named that stands apart. */
char *check_clocks(struct check_sink *sink)
{
    const struct group_view *view = sink->view;
    int64_t reference_ms = TIME_UNKNOWN;
    const char *reference = NULL;
    for (size_t i = 0; i < view->servers_count; i++) {
        int64_t now_ms = server_view_now_utc_ms(view->servers[i], view->now_monotonic_ms);
        if (view->down[i] || !check_may_look(sink, (int)i, PART_SERVER) || now_ms == TIME_UNKNOWN)
            continue;
        if (reference == NULL) {
            reference = view->servers[i]->name;
            reference_ms = now_ms;
        }
        int64_t apart_ms = llabs(now_ms - reference_ms);
        if (apart_ms <= CLOCK_APART_MS)
            continue;
        char apart[64];
        duration_format(apart, sizeof apart, apart_ms);
        check_add(sink, VERDICT_WARNING, memory_copy_text(view->servers[i]->name),
                  memory_format("its clock is %s %s that of %s", apart,
                                now_ms > reference_ms ? "ahead of" : "behind", reference));
        check_about(sink, "its clock");
    }
    return NULL;
}

static void judge_availability(struct check_sink *sink, const char *server,
                               const struct database_row *row)
{
    if (row != NULL && (row->mirrored || row->in_availability_group))
        check_add(
            sink, VERDICT_WARNING, memory_format("%s/%s", server, row->name),
            memory_copy_text(row->mirrored ? "it is mirrored" : "it is in an availability group"));
}

char *check_high_availability(struct check_sink *sink)
{
    const struct group_view *view = sink->view;
    for (size_t k = 0; k < view->roster_count; k++) {
        const struct roster_entry *entry = &view->roster[k];
        if (check_may_look_at_source(sink, k, PART_DATABASES))
            judge_availability(sink, view->servers[entry->source]->name, check_source_row(view, k));
        if (entry->destination >= 0 && check_may_look(sink, entry->destination, PART_DATABASES))
            judge_availability(
                sink, view->servers[entry->destination]->name,
                server_view_database(view->servers[entry->destination], entry->database));
    }
    return NULL;
}
