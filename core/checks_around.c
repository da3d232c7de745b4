/* The rules about what stands around the databases: keys, logins, linked servers
 * (core/rules.def). What was last seen of a source counts too: it is needed most when it is gone. */
#include "core/checks_internal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/memory.h"
#include "core/base/str.h"
#include "core/base/text.h"
#include "core/group.h"

/* The first row of a kind; database and detail NULL = any. */
static const struct surrounding_row *find(const struct server_view *server, enum surrounding kind,
                                          const char *database, const char *detail)
{
    for (size_t i = 0; i < server->surroundings_count; i++) {
        const struct surrounding_row *row = &server->surroundings[i];
        if (row->kind == kind && (database == NULL || text_equal_nocase(row->database, database)) &&
            (detail == NULL || text_equal_nocase(row->detail, detail)))
            return row;
    }
    return NULL;
}

/* --- keys ------------------------------------------------------------------------------------- */

/* The destination needs the certificate of that thumbprint for the database. */
static void need_certificate(struct check_sink *sink, size_t entry, const char *thumbprint,
                             const char *why)
{
    const struct group_view *view = sink->view;
    int destination = view->roster[entry].destination;
    if (destination < 0 || !check_knows(sink, destination, PART_KEYS))
        return;
    const struct server_view *server = view->servers[destination];
    if (find(server, SURROUNDING_CERTIFICATE, NULL, thumbprint) != NULL)
        return;
    const struct surrounding_row *named =
        find(view->servers[view->roster[entry].source], SURROUNDING_CERTIFICATE, NULL, thumbprint);
    check_add(sink, VERDICT_CRITICAL, check_source_where(view, entry),
              memory_format("%s by the certificate %s (%.16s), which %s does not have", why,
                            named != NULL && named->name != NULL ? named->name : "?", thumbprint,
                            server->name));
}

char *check_encryption(struct check_sink *sink)
{
    const struct group_view *view = sink->view;
    size_t encrypted = 0;
    for (size_t k = 0; k < view->roster_count; k++) {
        const struct database_row *row = check_source_row(view, k);
        if (!check_knows_source(sink, k, PART_DATABASES) || row == NULL || !row->encrypted ||
            !check_knows_source(sink, k, PART_KEYS))
            continue;
        encrypted++;
        const struct surrounding_row *key = find(view->servers[view->roster[k].source],
                                                 SURROUNDING_ENCRYPTION_KEY, row->name, NULL);
        if (key == NULL || key->detail == NULL)
            check_add_remedy(sink, VERDICT_UNKNOWN, check_source_where(view, k),
                             memory_copy_text("may not look: it is encrypted and what protects its "
                                              "key is not visible"),
                             "GRANT VIEW SERVER STATE TO the monitoring login");
        else
            need_certificate(sink, k, key->detail, "it is encrypted");
    }
    return encrypted == 0 ? NULL
                          : memory_format("%zu encrypted databases, their certificates are on the "
                                          "destinations",
                                          encrypted);
}

char *check_backup_encryption(struct check_sink *sink)
{
    const struct group_view *view = sink->view;
    for (size_t k = 0; k < view->roster_count; k++) {
        if (!check_knows_source(sink, k, PART_KEYS))
            continue;
        const struct server_view *server = view->servers[view->roster[k].source];
        for (size_t i = 0; i < server->surroundings_count; i++) {
            const struct surrounding_row *row = &server->surroundings[i];
            if (row->kind == SURROUNDING_BACKUP_KEY && row->detail != NULL &&
                text_equal_nocase(row->database, view->roster[k].database))
                need_certificate(sink, k, row->detail, "its backups are encrypted");
        }
    }
    return NULL;
}

static bool is_in_use(const struct server_view *server, const char *thumbprint)
{
    return find(server, SURROUNDING_ENCRYPTION_KEY, NULL, thumbprint) != NULL ||
           find(server, SURROUNDING_BACKUP_KEY, NULL, thumbprint) != NULL;
}

char *check_certificate_backup(struct check_sink *sink)
{
    const struct group_view *view = sink->view;
    check_need_sources(sink);
    for (size_t s = 0; s < view->servers_count; s++) {
        const struct server_view *server = view->servers[s];
        if (server->role != ROLE_SOURCE || !check_knows(sink, (int)s, PART_KEYS))
            continue;
        for (size_t i = 0; i < server->surroundings_count; i++) {
            const struct surrounding_row *row = &server->surroundings[i];
            if (row->kind == SURROUNDING_CERTIFICATE && row->number < 0 &&
                is_in_use(server, row->detail))
                check_add(sink, VERDICT_CRITICAL, memory_copy_text(server->name),
                          memory_format("the private key of the certificate %s was never backed up",
                                        row->name));
        }
    }
    return NULL;
}

static bool is_url(const char *path)
{
    return path != NULL &&
           (strncasecmp(path, "http://", 7) == 0 || strncasecmp(path, "https://", 8) == 0);
}

/* True for an address of the container itself or of what is in it. */
static bool is_below(const char *url, const char *container)
{
    size_t length = strlen(container);
    length -= length > 0 && container[length - 1] == '/';
    return strncasecmp(container, url, length) == 0 && (url[length] == '/' || url[length] == '\0');
}

/* A credential for a container has the container's address for its name; one for an account any. */
static bool has_credential(const struct server_view *server, const char *url)
{
    bool any = false;
    for (size_t i = 0; i < server->surroundings_count; i++) {
        const struct surrounding_row *row = &server->surroundings[i];
        if (row->kind != SURROUNDING_CREDENTIAL || row->name == NULL)
            continue;
        if (!is_url(row->name))
            any = true;
        else if (is_below(url, row->name))
            return true;
    }
    return any;
}

/* Known by the address of the folder: the file is another one with each set. */
static void lack_credential(struct check_sink *sink, size_t entry, const char *url)
{
    const char *end = strrchr(url, '/');
    char *topic = memory_format("no credential for %.*s", (int)(end - url), url);
    check_add(sink, VERDICT_CRITICAL, roster_where(sink->view, entry),
              memory_format("there is no credential for %s", url));
    check_about(sink, topic);
    free(topic);
}

char *check_backup_credential(struct check_sink *sink)
{
    const struct group_view *view = sink->view;
    bool urls = false;
    for (size_t k = 0; k < view->roster_count; k++) {
        int destination = view->roster[k].destination;
        if (destination < 0 || !check_knows(sink, destination, PART_KEYS))
            continue;
        for (size_t s = view->sets_count; s-- > 0;) {
            const struct set_file *file = &view->sets[s].files[k];
            if (!view->sets[s].complete || !file->present)
                continue;
            urls = urls || is_url(file->path);
            if (is_url(file->path) && !has_credential(view->servers[destination], file->path))
                lack_credential(sink, k, file->path);
            break;
        }
    }
    return memory_copy_text(urls ? "the credentials for the backups' addresses are there"
                                 : "no backup is at an address");
}

/* --- what an edition allows ------------------------------------------------------------------- */

static bool has_every_feature(const char *edition)
{
    return edition == NULL || strstr(edition, "Enterprise") != NULL ||
           strstr(edition, "Developer") != NULL || strstr(edition, "Evaluation") != NULL;
}

/* Compares "16.0.4236.2" by its numbers. */
static int compare_versions(const char *left, const char *right)
{
    while (*left != '\0' || *right != '\0') {
        char *left_end, *right_end;
        long a = strtol(left, &left_end, 10), b = strtol(right, &right_end, 10);
        if (a != b)
            return a < b ? -1 : 1;
        if (left_end == left && right_end == right)
            return 0;
        left = left_end + (*left_end == '.');
        right = right_end + (*right_end == '.');
    }
    return 0;
}

/* What runs on an edition runs on the same one of a version that is not older. */
static bool is_no_less(const struct server_view *destination, const struct server_view *source)
{
    return text_equal_nocase(destination->edition, source->edition) &&
           source->version != NULL && destination->version != NULL &&
           compare_versions(destination->version, source->version) >= 0;
}

char *check_edition(struct check_sink *sink)
{
    const struct group_view *view = sink->view;
    for (size_t k = 0; k < view->roster_count; k++) {
        const struct roster_entry *entry = &view->roster[k];
        if (!check_knows_source(sink, k, PART_INSIDE) || !check_looked_into(sink, k) ||
            entry->destination < 0 ||
            !check_knows(sink, entry->destination, PART_SERVER))
            continue;
        const struct surrounding_row *feature =
            find(view->servers[entry->source], SURROUNDING_FEATURE, entry->database, NULL);
        const struct server_view *destination = view->servers[entry->destination];
        if (feature != NULL && !has_every_feature(destination->edition) &&
            !is_no_less(destination, view->servers[entry->source]))
            check_add(sink, VERDICT_CRITICAL, check_source_where(view, k),
                      memory_format("it uses %s, and %s is %s: it would not come online there",
                                    feature->name, destination->name, destination->edition));
    }
    return NULL;
}

/* --- logins ----------------------------------------------------------------------------------- */

struct missing_logins {
    struct str names;
    size_t count;
};

/* A user that has no login at the source either comes in through a group, or not at all: nothing is
 * missing that was there. */
static void collect_missing(struct missing_logins *missing, const struct server_view *source,
                            const struct server_view *destination, const char *database)
{
    enum { NAMED_MAX = 3 };
    for (size_t i = 0; i < source->surroundings_count; i++) {
        const struct surrounding_row *user = &source->surroundings[i];
        if (user->kind != SURROUNDING_USER || !text_equal_nocase(user->database, database) ||
            user->name == NULL || user->detail == NULL || strncmp(user->name, "##", 2) == 0 ||
            find(source, SURROUNDING_LOGIN, NULL, user->detail) == NULL ||
            find(destination, SURROUNDING_LOGIN, NULL, user->detail) != NULL ||
            (missing->count > 0 && strstr(str_text(&missing->names), user->name) != NULL))
            continue;
        if (missing->count < NAMED_MAX)
            str_format(&missing->names, "%s%s", missing->count > 0 ? ", " : "", user->name);
        missing->count++;
    }
}

char *check_logins(struct check_sink *sink)
{
    const struct group_view *view = sink->view;
    for (size_t d = 0; d < view->destinations_count; d++) {
        int destination = view->destinations[d];
        struct missing_logins missing = {0};
        bool looked = check_knows(sink, destination, PART_LOGINS);
        for (size_t k = 0; k < view->roster_count && looked; k++)
            if (view->roster[k].destination == destination &&
                check_knows_source(sink, k, PART_LOGINS) &&
                check_knows_source(sink, k, PART_INSIDE) && check_looked_into(sink, k))
                collect_missing(&missing, view->servers[view->roster[k].source],
                                view->servers[destination], view->roster[k].database);
        if (missing.count > 0)
            check_add(sink, check_is_live(view, destination) ? VERDICT_CRITICAL : VERDICT_WARNING,
                      memory_copy_text(view->servers[destination]->name),
                      memory_format("%zu login%s of the databases' users %s not there with %s SID: "
                                    "%s%s",
                                    missing.count, missing.count == 1 ? "" : "s",
                                    missing.count == 1 ? "is" : "are",
                                    missing.count == 1 ? "its" : "their", str_text(&missing.names),
                                    missing.count > 3 ? " and more" : ""));
        str_free(&missing.names);
    }
    return NULL;
}

/* True where the newest set that is not being taken has a file of the entry. */
static bool is_in_newest_set(const struct group_view *view, size_t entry)
{
    for (size_t s = view->sets_count; s-- > 0;)
        if (!view->sets[s].in_progress)
            return view->sets[s].files[entry].present;
    return false;
}

/* The job's account is sysadmin where the job runs, and comes to other servers through a link:
 * there it needs the role, or a right that stands for it, which only a set that works can tell.
 * Source: Log Shipping User Accounts and Roles. */
static bool needs_member(const struct group_view *view, size_t entry,
                         const struct surrounding_row *role)
{
    return role->number == 0 && view->management >= 0 &&
           view->roster[entry].source != view->management;
}

char *check_backup_role(struct check_sink *sink)
{
    const struct group_view *view = sink->view;
    size_t empty = 0;
    for (size_t k = 0; k < view->roster_count; k++) {
        const struct database_row *row = check_source_row(view, k);
        if (!check_may_look_at_source(sink, k, PART_INSIDE) || row == NULL ||
            row->state != STATE_ONLINE || !check_looked_into(sink, k))
            continue;
        const struct surrounding_row *role =
            find(view->servers[view->roster[k].source], SURROUNDING_BACKUP_ROLE, row->name, NULL);
        if (role == NULL)
            check_add(sink, VERDICT_WARNING, check_source_where(view, k),
                      memory_copy_text("it has no role BTS_BACKUP_USERS"));
        else if (needs_member(view, k, role) && !is_in_newest_set(view, k))
            check_add(sink, VERDICT_WARNING, check_source_where(view, k),
                      memory_copy_text("nobody is in its role BTS_BACKUP_USERS, and the newest set "
                                       "has no file of it"));
        else
            empty += needs_member(view, k, role);
    }
    return empty == 0 ? NULL
                      : memory_format("nobody is in that role of %zu database%s, which %s backed "
                                      "up all the same",
                                      empty, empty == 1 ? "" : "s", empty == 1 ? "is" : "are");
}

char *check_mark_log_size(struct check_sink *sink)
{
    enum { ROWS_MANY = 100000 };
    const struct group_view *view = sink->view;
    int64_t most = 0;
    for (size_t k = 0; k < view->roster_count; k++) {
        if (!check_may_look_at_source(sink, k, PART_INSIDE) || !check_looked_into(sink, k))
            continue;
        const struct surrounding_row *rows = find(view->servers[view->roster[k].source],
                                                  SURROUNDING_MARK_LOG,
                                                  view->roster[k].database, NULL);
        int64_t count = rows != NULL && rows->number > 0 ? rows->number : 0;
        most = count > most ? count : most;
        if (count <= ROWS_MANY)
            continue;
        check_add(sink, VERDICT_WARNING, check_source_where(view, k),
                  memory_format("its MarkLog has %lld rows", (long long)count));
        check_about(sink, "its MarkLog is long");
    }
    return memory_format("the longest MarkLog has %lld rows", (long long)most);
}

/* --- between the servers ---------------------------------------------------------------------- */

/* The link of a server that leads to another one; NULL = none. */
static const struct surrounding_row *link_to(const struct group_view *view, int from, int to)
{
    const struct server_view *server = view->servers[from];
    for (size_t i = 0; i < server->surroundings_count; i++) {
        const struct surrounding_row *row = &server->surroundings[i];
        if (row->kind == SURROUNDING_LINKED_SERVER &&
            (roster_find_server(view, row->name, view->servers[to]->role) == to ||
             (row->detail != NULL &&
              roster_find_server(view, row->detail, view->servers[to]->role) == to)))
            return row;
    }
    return NULL;
}

/* The server that marks the others does it through links, with remote procedure calls. */
static void judge_source_links(struct check_sink *sink, int management)
{
    const struct group_view *view = sink->view;
    for (size_t s = 0; s < view->servers_count; s++) {
        bool marked = false;
        for (size_t k = 0; k < view->roster_count; k++)
            marked = marked || view->roster[k].source == (int)s;
        if (!marked || (int)s == management)
            continue;
        const struct surrounding_row *link = link_to(view, management, (int)s);
        if (link == NULL || !link->flag)
            check_add(sink, VERDICT_WARNING, memory_copy_text(view->servers[management]->name),
                      memory_format(link == NULL ? "it has no linked server for %s"
                                                 : "its linked server for %s allows no remote "
                                                   "procedure calls",
                                    view->servers[s]->name));
    }
}

char *check_linked_servers(struct check_sink *sink)
{
    const struct group_view *view = sink->view;
    if (!check_may_look_at_management(sink, PART_LINKS) || group_is_live(view))
        return NULL;
    check_need_sources(sink);
    judge_source_links(sink, view->management);
    for (size_t d = 0; d < view->destinations_count; d++) {
        int destination = view->destinations[d];
        if (check_may_look(sink, destination, PART_LINKS) &&
            view->servers[destination]->ad_hoc_distributed_queries == 0 &&
            link_to(view, destination, view->management) == NULL)
            check_add(sink, VERDICT_CRITICAL, memory_copy_text(view->servers[destination]->name),
                      memory_format("it has neither a linked server for %s nor ad hoc queries: the "
                                    "history cannot be imported",
                                    view->servers[view->management]->name));
    }
    return NULL;
}

char *check_native_shipping(struct check_sink *sink)
{
    const struct group_view *view = sink->view;
    for (size_t k = 0; k < view->roster_count; k++) {
        check_has_source(sink, k);
        const int servers[] = {view->roster[k].source, view->roster[k].destination};
        for (size_t i = 0; i < 2; i++) {
            if (servers[i] < 0 || !check_may_look(sink, servers[i], PART_LINKS))
                continue;
            const struct surrounding_row *row =
                find(view->servers[servers[i]], SURROUNDING_NATIVE_SHIPPING,
                     view->roster[k].database, NULL);
            if (row != NULL)
                check_add(sink, VERDICT_WARNING,
                          i == 0 ? check_source_where(view, k) : roster_where(view, k),
                          memory_format("SQL Server's own log shipping has it as %s", row->detail));
        }
    }
    return NULL;
}

char *check_agent_start(struct check_sink *sink)
{
    const struct group_view *view = sink->view;
    for (size_t i = 0; i < view->servers_count; i++) {
        const struct server_view *server = view->servers[i];
        if (check_is_old_source(view, (int)i) || !check_may_look(sink, (int)i, PART_SETTINGS) ||
            server->clustered) /* the cluster starts it: the service is manual by design */
            continue;
        if (server->agent_starts_itself < 0)
            check_add_remedy(sink, VERDICT_UNKNOWN, memory_copy_text(server->name),
                             memory_copy_text("may not look: the services are not visible"),
                             "GRANT VIEW SERVER STATE to the monitoring login");
        else if (server->agent_starts_itself == 0)
            check_add(sink, VERDICT_WARNING, memory_copy_text(server->name),
                      memory_copy_text("SQL Server Agent does not start by itself"));
    }
    return NULL;
}
