#include "core/config_options.h"

#include "core/base/str.h"
#include "core/base/text.h"
#include "core/config.h"


#define OFFSET_GROUP(field) offsetof(struct config, field)
#define OFFSET_SERVER(field) offsetof(struct config_server, field)
#define OFFSET_LIMITS(field) OFFSET_GROUP(field)
#define OFFSET_DISPLAY(field) OFFSET_GROUP(field)
#define OFFSET_RESTORE(field) OFFSET_GROUP(field)

static const struct config_option options[] = {
#define X(section_, key_, kind_, field_, default_, required_, example_, description_)              \
    {.section = SECTION_##section_,                                                                \
     .key = key_,                                                                                  \
     .kind = OPTION_##kind_,                                                                       \
     .offset = OFFSET_##section_(field_),                                                          \
     .default_text = default_,                                                                     \
     .required = required_,                                                                        \
     .example = example_,                                                                          \
     .description = description_},
#include "core/options.def"
#undef X
};

static const size_t options_count = sizeof options / sizeof options[0];

const struct config_option *config_options(size_t *count)
{
    *count = options_count;
    return options;
}

const char *config_section_name(enum option_section section)
{
    static const char *const names[SECTION_COUNT] = {
        [SECTION_GROUP] = "group",     [SECTION_SERVER] = "server NAME",
        [SECTION_LIMITS] = "limits",   [SECTION_DISPLAY] = "display",
        [SECTION_RESTORE] = "restore",
    };
    return names[section];
}

const struct config_option *config_option_find(enum option_section section, const char *key)
{
    for (size_t i = 0; i < options_count; i++)
        if (options[i].section == section && text_equal_nocase(options[i].key, key))
            return &options[i];
    return NULL;
}

const char *config_option_nearest(enum option_section section, const char *key)
{
    const char *nearest = NULL;
    int least = 4; /* farther than three edits is another word */
    for (size_t i = 0; i < options_count; i++) {
        int distance = options[i].section == section ? text_distance(options[i].key, key) : least;
        if (distance < least) {
            least = distance;
            nearest = options[i].key;
        }
    }
    return nearest;
}

const char *config_option_expected(enum option_kind kind)
{
    static const char *const expected[] = {
        [OPTION_TEXT] = "a text",
        [OPTION_DATABASE] = "a database name, at most 128 characters",
        [OPTION_HOST] = "a host name or an address, without a port",
        [OPTION_PORT] = "a port number, 1 to 65535",
        [OPTION_INSTANCE] = "an instance name, at most 16 letters, digits, _ or $",
        [OPTION_NAMES] = "server names separated by commas",
        [OPTION_ROLE] = "source or destination",
        [OPTION_AUTH] = "sql or kerberos",
        [OPTION_ENCRYPTION] = "off, request or require",
        [OPTION_TARGET] = "newest or rule",
        [OPTION_CHECKDB] = "no, physical or full",
        [OPTION_LOGIN] = "a login name, at most 128 bytes",
        [OPTION_COMMAND] = "a shell command",
        [OPTION_PATH] = "an absolute path",
        [OPTION_VARIABLE] = "the name of an environment variable",
        [OPTION_DURATION] = "a duration with its unit, such as 500ms, 30s, 15m, 1h30m or 2d",
        [OPTION_DELAY] = "a duration of at most 10 s, such as 25ms",
        [OPTION_LIMIT] = "two durations, warning then critical, such as 30m, 1h; or none",
        [OPTION_BOOLEAN] = "yes or no",
        [OPTION_NUMBER] = "a number, 1 to 64",
    };
    return expected[kind];
}

static void add_option(struct str *out, const struct config_option *option, const char *value)
{
    str_format(out, "# %s\n", option->description);
    if (option->default_text)
        str_format(out, "# Default: %s\n", option->default_text);
    str_format(out, "%s%s = %s\n\n", value ? "" : "#", option->key,
               value ? value : option->example);
}

/* The value that stands uncommented in the sample, or NULL. */
static const char *sample_value(const struct config_option *option)
{
    if (option->required || text_equal(option->key, "user") ||
        text_equal(option->key, "password_file"))
        return option->example;
    return NULL;
}

static const char destination_text[] =
    "# A destination has the same keys, and says whose databases it restores.\n"
    "[server DRSQL1]\n"
    "role = destination\n"
    "host = drsql1.contoso.example\n"
    "user = stopmark_monitor\n"
    "password_file = /etc/stopmark/monitor.password\n"
    "restore_user = stopmark_restore\n"
    "restores = *\n\n";

char *config_sample(void)
{
    struct str out = {0};
    str_add(&out, "# stopmark.ini: see stopmark.ini(5). Lines that begin with # are comments.\n"
                  "# A value that holds ; or # stands in double quotes.\n\n");
    int section = -1;
    for (size_t i = 0; i < options_count; i++) {
        if ((int)options[i].section != section) {
            if (section == SECTION_SERVER)
                str_add(&out, destination_text);
            section = (int)options[i].section;
            str_format(&out, "[%s]\n",
                       section == SECTION_SERVER ? "server SQLA"
                                                 : config_section_name(options[i].section));
        }
        add_option(&out, &options[i], sample_value(&options[i]));
    }
    return str_take(&out);
}
