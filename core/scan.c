#include "core/scan.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/group.h"
#include "core/roster.h"
#include "core/scan_internal.h"
#include "core/tsql.h"

/* --- the scan itself -------------------------------------------------------------------------- */

void scan_add(struct scan *scan, enum scan_kind kind, char *where, char *text)
{
    for (size_t i = 0; i < scan->findings_count; i++) {
        const struct scan_finding *old = &scan->findings[i];
        if (old->kind != kind || !text_equal(old->where, where) || !text_equal(old->text, text))
            continue;
        free(where);
        free(text);
        return;
    }
    struct scan_finding *finding = memory_append(scan, findings);
    *finding = (struct scan_finding){kind, where, text};
}

bool scan_may_look(struct scan *scan, enum scan_kind kind, const struct server_view *server,
                   enum view_part part)
{
    const struct part_status *status = &server->parts[part];
    bool whole = server->reachable && status->state == PART_READ && status->error.code == ERR_OK;
    bool some = server->reachable && status->state == PART_READ;
    if (whole || (server->reachable && status->state == PART_NOT_ASKED))
        return true;
    scan->looked[kind] = false;
    if (scan->blind[kind] == NULL) {
        const struct error *why = server->reachable ? &status->error : &server->error;
        scan->blind[kind] = memory_format("%s: %s%s%s", server->name,
                                          why->what[0] ? why->what : "not read yet",
                                          why->hint[0] ? "; " : "", why->hint);
    }
    return some;
}

size_t scan_count(const struct scan *scan, enum scan_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < scan->findings_count; i++)
        count += scan->findings[i].kind == kind;
    return count;
}

const char *scan_kind_name(enum scan_kind kind)
{
    static const char *const names[SCAN_KINDS] = {"old-name", "login", "job", "old-source"};
    return kind < SCAN_KINDS ? names[kind] : "?";
}

const char *scan_kind_title(enum scan_kind kind)
{
    static const char *const titles[SCAN_KINDS] = {"Old server names", "Logins", "Agent jobs",
                                                   "The old sources"};
    return kind < SCAN_KINDS ? titles[kind] : "?";
}

void scan_free(struct scan *scan)
{
    if (scan == NULL)
        return;
    for (size_t i = 0; i < scan->findings_count; i++) {
        free(scan->findings[i].where);
        free(scan->findings[i].text);
    }
    for (int kind = 0; kind < SCAN_KINDS; kind++)
        free(scan->blind[kind]);
    free(scan->findings);
    free(scan);
}

bool scan_applies(const struct group_view *view)
{
    size_t online = 0;
    for (size_t i = 0; i < view->roster_count; i++) {
        const struct roster_entry *entry = &view->roster[i];
        bool here = entry->destination >= 0 && entry->state_known &&
                    entry->state == STATE_ONLINE && !entry->standby;
        if (here && entry->use == USE_MANAGEMENT)
            return true;
        online += here;
    }
    return view->roster_count > 0 && online == view->roster_count;
}

/* --- old names -------------------------------------------------------------------------------- */

static bool is_name_letter(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '-' || c == '$' || (unsigned char)c >= 128;
}

/* SQLA in "server=SQLA;" and "SQLA_BizTalkMsgBoxDb", not in "SQLABC": TDDS joins server and database
 * with a low line. */
static bool holds_name(const char *text, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = text; length > 0 && (at = strcasestr(at, name)) != NULL; at++) {
        bool begins = at == text || !is_name_letter(at[-1]);
        bool ends = !is_name_letter(at[length]) || (at == text && at[length] == '_');
        if (begins && ends)
            return true;
    }
    return false;
}

static bool is_new_name(const struct group_view *view, const char *name)
{
    for (size_t i = 0; i < view->destinations_count; i++) {
        int destination = view->destinations[i];
        const struct server_view *server = view->servers[destination];
        if (config_server_has_name(&view->config->servers[destination], name) ||
            (server->server_name != NULL && text_equal_nocase(server->server_name, name)))
            return true;
    }
    return false;
}

const char *scan_old_name_in(const struct group_view *view, const char *text)
{
    for (size_t i = 0; text != NULL && i < view->servers_count; i++) {
        const struct server_view *server = view->servers[i];
        const struct config_server *config = &view->config->servers[i];
        if (server->role != ROLE_SOURCE)
            continue;
        const char *names[] = {server->server_name, server->machine, config->name};
        for (size_t k = 0; k < sizeof names / sizeof *names; k++)
            if (names[k] != NULL && !is_new_name(view, names[k]) && holds_name(text, names[k]))
                return names[k];
        for (size_t k = 0; k < config->aliases_count; k++)
            if (!is_new_name(view, config->aliases[k]) && holds_name(text, config->aliases[k]))
                return config->aliases[k];
    }
    return NULL;
}

static void look_at_surroundings(struct scan *scan, const struct group_view *view,
                                 const struct server_view *server)
{
    for (size_t i = 0; i < server->surroundings_count; i++) {
        const struct surrounding_row *row = &server->surroundings[i];
        bool link = row->kind == SURROUNDING_LINKED_SERVER;
        if (!link && row->kind != SURROUNDING_REFERENCE)
            continue;
        const char *old = scan_old_name_in(view, row->detail);
        if (old == NULL && link)
            old = scan_old_name_in(view, row->name);
        if (old == NULL)
            continue;
        if (link)
            scan_add(scan, SCAN_OLD_NAME, memory_copy_text(server->name),
                     memory_format("the linked server %s leads to %s", row->name, old));
        else
            scan_add(scan, SCAN_OLD_NAME, memory_format("%s/%s", server->name, row->database),
                     memory_format("%s names %s: %s", row->name, old, row->detail));
    }
}

static void look_at_steps(struct scan *scan, const struct group_view *view,
                          const struct server_view *server)
{
    for (size_t i = 0; i < server->jobs_count; i++) {
        const struct job_row *job = &server->jobs[i];
        /* the shipping jobs name their source by design, and are disabled now */
        if (job->function == JOB_GET_HISTORY || job->function == JOB_RESTORE_DATABASES ||
            job->function == JOB_RESTORE_TO_MARK)
            continue;
        const char *old = scan_old_name_in(view, job->steps);
        if (old != NULL)
            scan_add(scan, SCAN_OLD_NAME, memory_copy_text(server->name),
                     memory_format("a step of the job %s names %s", job->name, old));
    }
}

static void look_at_names(struct scan *scan, const struct group_view *view,
                          const struct server_view *server)
{
    bool references = scan_may_look(scan, SCAN_OLD_NAME, server, PART_REFERENCES);
    bool links = scan_may_look(scan, SCAN_OLD_NAME, server, PART_LINKS);
    if (references || links)
        look_at_surroundings(scan, view, server);
    if (scan_may_look(scan, SCAN_OLD_NAME, server, PART_JOBS))
        look_at_steps(scan, view, server);
}

/* --- logins ----------------------------------------------------------------------------------- */

/* True for a user of a restored database that had a login where it came from, or may have had one: a
 * user that had none comes in through a group, or has been without one for long. */
static bool had_login(const struct group_view *view, int server, const struct surrounding_row *user)
{
    for (size_t i = 0; i < view->roster_count; i++) {
        const struct roster_entry *entry = &view->roster[i];
        if (entry->destination == server && text_equal_nocase(entry->database, user->database))
            return entry->source < 0 ||
                   !group_has_part(view->servers[entry->source], PART_LOGINS) ||
                   server_view_has_login(view->servers[entry->source], user->detail);
    }
    return false;
}

static void look_at_logins(struct scan *scan, const struct group_view *view, int index)
{
    const struct server_view *server = view->servers[index];
    bool logins = scan_may_look(scan, SCAN_LOGIN, server, PART_LOGINS);
    bool users = scan_may_look(scan, SCAN_LOGIN, server, PART_INSIDE);
    for (size_t i = 0; logins && users && i < server->surroundings_count; i++) {
        const struct surrounding_row *row = &server->surroundings[i];
        if (row->kind != SURROUNDING_USER || row->detail == NULL ||
            server_view_has_login(server, row->detail) || !had_login(view, index, row))
            continue;
        scan_add(scan, SCAN_LOGIN, memory_format("%s/%s", server->name, row->database),
                 memory_format("the user %s has no login here (SID 0x%s)", row->name,
                               row->detail));
    }
}

/* --- the old sources -------------------------------------------------------------------------- */

static int64_t sessions_in_group(const struct group_view *view, int source)
{
    int64_t sessions = 0;
    for (size_t i = 0; i < view->roster_count; i++) {
        const struct database_row *row =
            view->roster[i].source == source
                ? server_view_database(view->servers[source], view->roster[i].database)
                : NULL;
        if (row != NULL && row->state == STATE_ONLINE && row->sessions > 0)
            sessions += row->sessions;
    }
    return sessions;
}

static bool hides_sessions(const struct group_view *view, int source)
{
    for (size_t i = 0; i < view->roster_count; i++) {
        const struct database_row *row =
            view->roster[i].source == source
                ? server_view_database(view->servers[source], view->roster[i].database)
                : NULL;
        if (row != NULL && row->state == STATE_ONLINE && row->sessions < 0)
            return true;
    }
    return false;
}

static size_t online_in_group(const struct group_view *view, int source)
{
    size_t online = 0;
    for (size_t i = 0; i < view->roster_count; i++) {
        const struct database_row *row =
            view->roster[i].source == source
                ? server_view_database(view->servers[source], view->roster[i].database)
                : NULL;
        online += row != NULL && row->state == STATE_ONLINE;
    }
    return online;
}

/* Takes why. */
static void be_blind(struct scan *scan, enum scan_kind kind, char *why)
{
    scan->looked[kind] = false;
    if (scan->blind[kind] == NULL)
        scan->blind[kind] = why;
    else
        free(why);
}

/* False where nothing there can be looked at: it is away, which is how it is to be, or it is not. */
static bool may_look_at_source(struct scan *scan, const struct server_view *server)
{
    if (server->life >= LIFE_UNTOLD)
        scan_add(scan, SCAN_OLD_SOURCE, memory_copy_text(server->name),
                 memory_format("it %s, and nothing can be seen there: %s",
                               server_life_text(server->life), server->error.what));
    else if (!server->reachable && server->error.code == ERR_OK)
        be_blind(scan, SCAN_OLD_SOURCE, memory_format("%s: not read yet", server->name));
    return server->reachable;
}

/* Two masters: what is written there after the mark is lost or comes twice. */
static void look_at_source(struct scan *scan, const struct group_view *view, int source)
{
    const struct server_view *server = view->servers[source];
    if (!may_look_at_source(scan, server) ||
        !scan_may_look(scan, SCAN_OLD_SOURCE, server, PART_DATABASES))
        return;
    scan_may_look(scan, SCAN_OLD_SOURCE, server, PART_JOBS); /* the databases tell without them */
    size_t online = online_in_group(view, source);
    int64_t sessions = sessions_in_group(view, source);
    const struct job_row *backup = server_view_job(server, JOB_BACKUP);
    if (online > 0 && hides_sessions(view, source))
        be_blind(scan, SCAN_OLD_SOURCE,
                 memory_format("%s: the sessions in its databases are not visible; %s",
                               server->name, query_sessions.permission));
    if (online > 0)
        scan_add(scan, SCAN_OLD_SOURCE, memory_copy_text(server->name),
                 memory_format("it answers, and %zu database(s) of the group are online there",
                               online));
    if (sessions > 0)
        scan_add(scan, SCAN_OLD_SOURCE, memory_copy_text(server->name),
                 memory_format("%lld session(s) work in the group's databases there: still "
                               "writing, as far as can be seen", (long long)sessions));
    if (backup != NULL && backup->enabled)
        scan_add(scan, SCAN_OLD_SOURCE, memory_copy_text(server->name),
                 memory_format("its job %s is still enabled", backup->name));
}

struct scan *scan_make(const struct group_view *view)
{
    struct scan *scan = memory_new(sizeof *scan);
    scan->at_utc_ms = view->now_utc_ms;
    for (int kind = 0; kind < SCAN_KINDS; kind++)
        scan->looked[kind] = true;
    for (size_t i = 0; i < view->destinations_count; i++) {
        int destination = view->destinations[i];
        look_at_names(scan, view, view->servers[destination]);
        look_at_logins(scan, view, destination);
    }
    scan_look_at_jobs(scan, view);
    for (size_t i = 0; i < view->servers_count; i++)
        if (view->servers[i]->role == ROLE_SOURCE)
            look_at_source(scan, view, (int)i);
    for (size_t i = 0; i < view->roster_count; i++)
        if (view->roster[i].source < 0)
            be_blind(scan, SCAN_OLD_SOURCE,
                     memory_format("the server %s is no section and no alias of stopmark.ini",
                                   view->roster[i].source_server != NULL
                                       ? view->roster[i].source_server
                                       : "?"));
    return scan;
}
