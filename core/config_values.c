#include "core/config_values.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/config.h"

static const int64_t duration_max_ms = INT64_C(1000) * 24 * 3600 * 1000;

static int64_t unit_ms(const char *unit, size_t length)
{
    static const struct {
        const char *name;
        int64_t ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strlen(units[i].name) == length && strncmp(units[i].name, unit, length) == 0)
            return units[i].ms;
    return 0;
}

bool config_read_duration(int64_t *ms, const char *text)
{
    int64_t sum = 0;
    while (*text == ' ')
        text++;
    if (!*text)
        return false;
    while (*text) {
        size_t digits = strspn(text, "0123456789");
        if (digits == 0 || digits > 12)
            return false;
        int64_t number = strtoll(text, NULL, 10);
        text += digits;
        text += strspn(text, " ");
        size_t letters = strspn(text, "msdh");
        int64_t unit = unit_ms(text, letters);
        if (!unit || number > duration_max_ms / unit)
            return false;
        sum += number * unit;
        if (sum > duration_max_ms)
            return false;
        text += letters;
        text += strspn(text, " ");
    }
    *ms = sum;
    return true;
}

static bool read_limit(struct limit *limit, const char *text)
{
    struct limit read = {DURATION_UNKNOWN, DURATION_UNKNOWN};
    if (!text_equal_nocase(text, "none")) {
        const char *comma = strchr(text, ',');
        char warning[64];
        if (!comma || (size_t)(comma - text) >= sizeof warning)
            return false;
        text_copy(warning, (size_t)(comma - text) + 1, text);
        if (!config_read_duration(&read.warning_ms, warning) ||
            !config_read_duration(&read.critical_ms, comma + 1) ||
            read.warning_ms > read.critical_ms)
            return false;
    }
    *limit = read;
    return true;
}

static bool read_word(int *value, const char *text, const char *const *words, int count)
{
    for (int i = 0; i < count; i++)
        if (text_equal_nocase(words[i], text)) {
            *value = i;
            return true;
        }
    return false;
}

static bool read_number(int *value, const char *text, int least, int most)
{
    size_t length = strlen(text);
    if (!length || length > 6 || strspn(text, "0123456789") != length)
        return false;
    int number = atoi(text);
    if (number < least || number > most)
        return false;
    *value = number;
    return true;
}

static bool read_boolean(bool *value, const char *text)
{
    static const char *const words[] = {"no", "yes", "off", "on", "false", "true"};
    int word;
    if (!read_word(&word, text, words, 6))
        return false;
    *value = word % 2;
    return true;
}

static bool read_enumeration(void *field, enum option_kind kind, const char *text)
{
    static const char *const roles[] = {"source", "destination"};
    static const char *const auths[] = {"sql", "kerberos"};
    static const char *const encryptions[] = {"off", "request", "require"};
    static const char *const targets[] = {"newest", "rule"};
    static const char *const checkdbs[] = {"no", "physical", "full"};
    int word;
    switch (kind) {
    case OPTION_ROLE:
        if (!read_word(&word, text, roles, 2))
            return false;
        *(enum server_role *)field = word ? ROLE_DESTINATION : ROLE_SOURCE;
        return true;
    case OPTION_AUTH:
        if (!read_word(&word, text, auths, 2))
            return false;
        *(enum auth_kind *)field = word ? AUTH_KERBEROS : AUTH_SQL;
        return true;
    case OPTION_ENCRYPTION:
        if (!read_word(&word, text, encryptions, 3))
            return false;
        *(enum encryption_kind *)field = (enum encryption_kind)word;
        return true;
    case OPTION_CHECKDB:
        if (!read_word(&word, text, checkdbs, 3))
            return false;
        *(enum checkdb_kind *)field = (enum checkdb_kind)word;
        return true;
    default:
        if (!read_word(&word, text, targets, 2))
            return false;
        *(enum target_by *)field = word ? TARGET_RULE : TARGET_NEWEST;
        return true;
    }
}

static bool is_made_of(const char *text, size_t most, const char *others)
{
    size_t length = strlen(text);
    if (!length || length > most)
        return false;
    for (const char *c = text; *c; c++)
        if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') ||
              strchr(others, *c)))
            return false;
    return true;
}

static bool text_fits(enum option_kind kind, const char *text)
{
    switch (kind) {
    case OPTION_HOST: /* goes into freetds.conf, whose parser cuts at ; and # */
        return is_made_of(text, 200, ".-_:");
    case OPTION_INSTANCE:
        return is_made_of(text, 16, "_$");
    case OPTION_VARIABLE:
        return is_made_of(text, 128, "_");
    case OPTION_PATH:
        return text[0] == '/' && strlen(text) < 500;
    case OPTION_DATABASE:
    case OPTION_LOGIN: /* CT-Library takes at most 128 bytes */
        return *text && strlen(text) <= 128;
    default:
        return *text != '\0';
    }
}

/* A comma separated list into owned texts; empty items are refused. */
static bool read_names(struct config_server *server, bool restores, const char *text)
{
    struct {
        char **items;
        size_t items_count, items_capacity;
    } list = {0};
    bool fine = true;
    for (const char *at = text; at && fine;) {
        const char *comma = strchr(at, ',');
        const char *end = comma ? comma : at + strlen(at);
        at += strspn(at, " ");
        while (end > at && end[-1] == ' ')
            end--;
        fine = end > at;
        if (fine)
            *memory_append(&list, items) = memory_format("%.*s", (int)(end - at), at);
        at = comma ? comma + 1 : NULL;
    }
    if (!fine) {
        for (size_t i = 0; i < list.items_count; i++)
            free(list.items[i]);
        free(list.items);
        return false;
    }
    if (restores) {
        server->restores = list.items;
        server->restores_count = list.items_count;
        server->restores_capacity = list.items_capacity;
        server->restores_all = list.items_count == 1 && text_equal(list.items[0], "*");
    } else {
        server->aliases = list.items;
        server->aliases_count = list.items_count;
        server->aliases_capacity = list.items_capacity;
    }
    return true;
}

static bool read_delay(int *value, const char *text)
{
    int64_t ms;
    if (!config_read_duration(&ms, text) || ms > 10000)
        return false;
    *value = (int)ms;
    return true;
}

static bool read_positive_duration(int64_t *value, const char *text)
{
    int64_t ms;
    if (!config_read_duration(&ms, text) || ms < 100)
        return false;
    *value = ms;
    return true;
}

bool config_read_value(void *holder, const struct config_option *option, const char *text)
{
    void *field = (char *)holder + option->offset;
    switch (option->kind) {
    case OPTION_PORT:
        return read_number(field, text, 1, 65535);
    case OPTION_NUMBER:
        return read_number(field, text, 1, 64);
    case OPTION_BOOLEAN:
        return read_boolean(field, text);
    case OPTION_DURATION:
        return read_positive_duration(field, text);
    case OPTION_DELAY:
        return read_delay(field, text);
    case OPTION_LIMIT:
        return read_limit(field, text);
    case OPTION_NAMES:
        return read_names(holder, text_equal(option->key, "restores"), text);
    case OPTION_ROLE:
    case OPTION_AUTH:
    case OPTION_ENCRYPTION:
    case OPTION_TARGET:
    case OPTION_CHECKDB:
        return read_enumeration(field, option->kind, text);
    default:
        if (!text_fits(option->kind, text))
            return false;
        *(char **)field = memory_copy_text(text);
        return true;
    }
}
