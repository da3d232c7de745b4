#include "core/config_check.h"

#include <string.h>

#include "core/base/text.h"
#include "core/config_scan.h"

static int count_sources(const struct password_source *source)
{
    return (source->command != NULL) + (source->file != NULL) + (source->environment != NULL);
}

static void check_login(const struct config_server *server, const struct config_login *login,
                        const char *prefix, bool needed, struct config_problems *problems)
{
    int sources = count_sources(&login->password);
    if (login->auth == AUTH_KERBEROS && (login->user || sources))
        config_problem(problems, server->line,
                       "[server %s]: with %sauth = kerberos there is no %suser and no password",
                       server->name, prefix, prefix);
    if (login->auth == AUTH_SQL && !login->user && (needed || sources))
        config_problem(problems, server->line, "[server %s]: %suser is missing", server->name,
                       prefix);
    if (sources > 1)
        config_problem(problems, server->line,
                       "[server %s]: only one of %spassword_command, %spassword_file and "
                       "%spassword_env may be given",
                       server->name, prefix, prefix, prefix);
}

static void check_server(const struct config_server *server, struct config_problems *problems)
{
    check_login(server, &server->monitor, "", true, problems);
    check_login(server, &server->restore, "restore_", false, problems);
    if (server->port && server->instance)
        config_problem(problems, server->line,
                       "[server %s]: port and instance exclude each other; a port is surer",
                       server->name);
    if (server->ca_file && server->encryption == ENCRYPTION_OFF)
        config_problem(problems, server->line,
                       "[server %s]: ca_file has no effect with encryption = off", server->name);
    if (server->ca_file && strpbrk(server->ca_file, ";#"))
        config_problem(problems, server->line,
                       "[server %s]: the path of ca_file may not hold ; or #", server->name);
    if (server->role == ROLE_SOURCE && server->restores_count)
        config_problem(problems, server->line,
                       "[server %s]: restores belongs to destinations only", server->name);
    if (server->role == ROLE_DESTINATION && !server->restores_count)
        config_problem(problems, server->line,
                       "[server %s]: restores is missing: source servers, or * for all",
                       server->name);
}

static const char *nearest_source(const struct config *config, const char *name)
{
    const char *nearest = NULL;
    int least = 4;
    for (size_t i = 0; i < config->servers_count; i++) {
        const struct config_server *server = &config->servers[i];
        int distance = server->role == ROLE_SOURCE ? text_distance(server->name, name) : least;
        if (distance < least) {
            least = distance;
            nearest = server->name;
        }
    }
    return nearest;
}

static bool restores(const struct config *config, const struct config_server *destination,
                     size_t source)
{
    if (destination->role != ROLE_DESTINATION)
        return false;
    if (destination->restores_all)
        return true;
    for (size_t i = 0; i < destination->restores_count; i++)
        if (config_server_find(config, destination->restores[i]) == (int)source)
            return true;
    return false;
}

static void check_restores(const struct config *config, const struct config_server *server,
                           struct config_problems *problems)
{
    for (size_t i = 0; i < server->restores_count && !server->restores_all; i++) {
        const char *name = server->restores[i];
        int source = config_server_find(config, name);
        if (source >= 0 && config->servers[source].role == ROLE_SOURCE)
            continue;
        const char *nearest = nearest_source(config, name);
        config_problem(problems, server->line,
                       "[server %s]: restores names \"%s\", which is no source server of this "
                       "file%s%s%s",
                       server->name, name, nearest ? " (did you mean " : "",
                       nearest ? nearest : "", nearest ? "?)" : "");
    }
}

static void check_source_once(const struct config *config, size_t source,
                              struct config_problems *problems)
{
    const struct config_server *first = NULL;
    for (size_t i = 0; i < config->servers_count; i++) {
        const struct config_server *server = &config->servers[i];
        if (!restores(config, server, source))
            continue;
        if (first)
            config_problem(problems, server->line,
                           "[server %s]: %s is restored by [server %s] already: a source has one "
                           "destination",
                           server->name, config->servers[source].name, first->name);
        else
            first = server;
    }
}

static void check_names(const struct config *config, size_t index,
                        struct config_problems *problems)
{
    const struct config_server *server = &config->servers[index];
    for (size_t i = 0; i < config->servers_count; i++) {
        if (i == index)
            continue;
        for (size_t j = 0; j < server->aliases_count; j++)
            if (config_server_has_name(&config->servers[i], server->aliases[j]))
                config_problem(problems, server->line,
                               "[server %s]: the alias %s also means [server %s]", server->name,
                               server->aliases[j], config->servers[i].name);
    }
}

void config_check(struct config *config, struct config_problems *problems)
{
    size_t sources = 0, destinations = 0;
    for (size_t i = 0; i < config->servers_count; i++) {
        const struct config_server *server = &config->servers[i];
        check_server(server, problems);
        check_restores(config, server, problems);
        check_names(config, i, problems);
        if (server->role == ROLE_SOURCE) {
            sources++;
            check_source_once(config, i, problems);
        } else {
            destinations++;
        }
    }
    if (!sources)
        config_problem(problems, 0, "no [server NAME] with role = source");
    if (!destinations)
        config_problem(problems, 0, "no [server NAME] with role = destination");
}
