/* Which server of the configuration a name means. */
#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "core/config.h"

bool config_server_has_name(const struct config_server *server, const char *name)
{
    if (text_equal_nocase(server->name, name))
        return true;
    for (size_t i = 0; i < server->aliases_count; i++)
        if (text_equal_nocase(server->aliases[i], name))
            return true;
    return false;
}

/* The host in any of its forms: host, host,port, host\instance. */
static bool server_has_host(const struct config_server *server, const char *name)
{
    char form[512];
    if (!server->host)
        return false;
    if (server->instance)
        snprintf(form, sizeof form, "%s\\%s", server->host, server->instance);
    else if (server->port && server->port != 1433)
        snprintf(form, sizeof form, "%s,%d", server->host, server->port);
    else
        text_copy(form, sizeof form, server->host);
    return text_equal_nocase(form, name);
}

static int find_exact(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->servers_count; i++)
        if (config_server_has_name(&config->servers[i], name))
            return (int)i;
    for (size_t i = 0; i < config->servers_count; i++)
        if (server_has_host(&config->servers[i], name))
            return (int)i;
    return -1;
}

static int find_host_only(const struct config *config, const char *host)
{
    int found = -1;
    for (size_t i = 0; i < config->servers_count; i++)
        if (text_equal_nocase(config->servers[i].host, host)) {
            if (found >= 0)
                return -1; /* several servers on that host: the bare host says nothing */
            found = (int)i;
        }
    return found;
}

int config_server_find(const struct config *config, const char *name)
{
    if (!name || !*name)
        return -1;
    if (strncasecmp(name, "tcp:", 4) == 0)
        name += 4;
    int found = find_exact(config, name);
    const char *comma = strrchr(name, ',');
    if (found >= 0 || !comma || strlen(name) > 256)
        return found >= 0 ? found : find_host_only(config, name);
    char base[260];
    text_copy(base, (size_t)(comma - name) + 1, name);
    size_t length = strlen(base);
    while (length && base[length - 1] == ' ')
        base[--length] = '\0';
    found = find_exact(config, base);
    return found >= 0 ? found : find_host_only(config, base);
}
