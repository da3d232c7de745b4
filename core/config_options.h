/* The option table of stopmark.ini (core/options.def) as data: for the parser, the sample and the
 * manual page. Constant; any thread.
 */
#ifndef STOPMARK_CORE_CONFIG_OPTIONS_H
#define STOPMARK_CORE_CONFIG_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

enum option_section {
    SECTION_GROUP,
    SECTION_SERVER, /* "server NAME", once a server */
    SECTION_LIMITS,
    SECTION_DISPLAY,
    SECTION_RESTORE,
    SECTION_COUNT
};

enum option_kind {
    OPTION_TEXT,
    OPTION_DATABASE,
    OPTION_HOST,
    OPTION_PORT,
    OPTION_INSTANCE,
    OPTION_NAMES, /* comma separated */
    OPTION_ROLE,
    OPTION_AUTH,
    OPTION_ENCRYPTION,
    OPTION_TARGET,
    OPTION_CHECKDB,
    OPTION_LOGIN,
    OPTION_COMMAND,
    OPTION_PATH,
    OPTION_VARIABLE,
    OPTION_DURATION, /* int64_t ms */
    OPTION_DELAY,    /* int ms, at most 10 s */
    OPTION_LIMIT, /* warning, critical */
    OPTION_BOOLEAN,
    OPTION_NUMBER, /* a small number */
};

struct config_option {
    enum option_section section;
    const char *key;
    enum option_kind kind;
    size_t offset; /* of its field in struct config_server (SECTION_SERVER) or struct config */
    const char *default_text; /* NULL = none */
    bool required;
    const char *example, *description;
};

/* All options in the order of the sample; *count gets their number. Static. */
const struct config_option *config_options(size_t *count);

/* "group", "server NAME", ...: for people. Static. */
const char *config_section_name(enum option_section section);

/* The option, or NULL. Keys are compared without case. */
const struct config_option *config_option_find(enum option_section section, const char *key);

/* The key of that section which is written most like key; NULL where none is near. Static. */
const char *config_option_nearest(enum option_section section, const char *key);

/* What a value of that kind must be, in words: "a port number, 1 to 65535". Static. */
const char *config_option_expected(enum option_kind kind);

/* The commented sample, as installed at conf/stopmark.ini; it is a valid file. Owned. */
char *config_sample(void);

#endif
