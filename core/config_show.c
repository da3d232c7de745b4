/* The effective configuration as a file's text: what was given and what stands in for the rest. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/str.h"
#include "core/base/text.h"
#include "core/config.h"
#include "core/config_options.h"

/* The largest unit that divides the duration. */
static void add_duration(struct str *out, int64_t ms)
{
    static const struct {
        const char *name;
        int64_t ms;
    } units[] = {{"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}};
    size_t i = 0;
    while (units[i].ms > 1 && ms % units[i].ms)
        i++;
    str_format(out, "%" PRId64 "%s", ms / units[i].ms, units[i].name);
}

static void add_limit(struct str *out, const struct limit *limit)
{
    if (limit->warning_ms == DURATION_UNKNOWN) {
        str_add(out, "none");
        return;
    }
    add_duration(out, limit->warning_ms);
    str_add(out, ", ");
    add_duration(out, limit->critical_ms);
}

static void add_names(struct str *out, char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        str_format(out, "%s%s", i ? ", " : "", names[i]);
}

static void add_text(struct str *out, const char *text)
{
    bool quoted = text && strpbrk(text, ";#'");
    str_format(out, quoted ? "\"%s\"" : "%s", text ? text : "");
}

static void add_number(struct str *out, const int *number)
{
    if (*number)
        str_format(out, "%d", *number);
}

static void add_value(struct str *out, const void *holder, const struct config_option *option)
{
    static const char *const auths[] = {"sql", "kerberos"};
    static const char *const encryptions[] = {"off", "request", "require"};
    static const char *const checkdbs[] = {"no", "physical", "full"};
    const void *field = (const char *)holder + option->offset;
    const struct config_server *server = holder;
    switch (option->kind) {
    case OPTION_PORT:
    case OPTION_NUMBER:
        add_number(out, field);
        break;
    case OPTION_BOOLEAN:
        str_add(out, *(const bool *)field ? "yes" : "no");
        break;
    case OPTION_DURATION:
        add_duration(out, *(const int64_t *)field);
        break;
    case OPTION_DELAY:
        add_duration(out, *(const int *)field);
        break;
    case OPTION_LIMIT:
        add_limit(out, field);
        break;
    case OPTION_NAMES:
        if (text_equal(option->key, "restores"))
            add_names(out, server->restores, server->restores_count);
        else
            add_names(out, server->aliases, server->aliases_count);
        break;
    case OPTION_ROLE:
        str_add(out, server_role_name(*(const enum server_role *)field));
        break;
    case OPTION_AUTH:
        str_add(out, auths[*(const enum auth_kind *)field]);
        break;
    case OPTION_ENCRYPTION:
        str_add(out, encryptions[*(const enum encryption_kind *)field]);
        break;
    case OPTION_CHECKDB:
        str_add(out, checkdbs[*(const enum checkdb_kind *)field]);
        break;
    case OPTION_TARGET:
        str_add(out, target_by_name(*(const enum target_by *)field));
        break;
    case OPTION_COMMAND: /* a command line may hold a secret */
        str_add(out, *(char *const *)field ? "********" : "");
        break;
    default:
        add_text(out, *(char *const *)field);
        break;
    }
}

/* One section; options that are not set and have no default are left out. */
static void add_section(struct str *out, const void *holder, enum option_section section)
{
    size_t count;
    const struct config_option *options = config_options(&count);
    for (size_t i = 0; i < count; i++) {
        struct str value = {0};
        if (options[i].section != section)
            continue;
        add_value(&value, holder, &options[i]);
        if (value.length)
            str_format(out, "%s = %s\n", options[i].key, str_text(&value));
        str_free(&value);
    }
}

char *config_show(const struct config *config)
{
    struct str out = {0};
    str_format(&out, "# %s with all defaults\n", config->path);
    for (int section = 0; section < SECTION_COUNT; section++) {
        if (section != SECTION_SERVER) {
            str_format(&out, "\n[%s]\n", config_section_name((enum option_section)section));
            add_section(&out, config, (enum option_section)section);
            continue;
        }
        for (size_t i = 0; i < config->servers_count; i++) {
            str_format(&out, "\n[server %s]\n", config->servers[i].name);
            add_section(&out, &config->servers[i], SECTION_SERVER);
        }
    }
    return str_take(&out);
}
