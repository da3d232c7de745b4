/* Values of stopmark.ini: one text to one field, by the option's kind. Pure; any thread. */
#ifndef STOPMARK_CORE_CONFIG_VALUES_H
#define STOPMARK_CORE_CONFIG_VALUES_H

#include <stdbool.h>
#include <stdint.h>

#include "core/config_options.h"

/* Reads "30s", "1h30m": number and unit (ms, s, m, h, d), one or more, the sum in *ms. False for
 * anything else or more than 1000 days. */
bool config_read_duration(int64_t *ms, const char *text);

/* Writes the value into its field in holder (struct config_server or struct config, texts owned).
 * False where the text is not of the option's kind; the field is then unchanged. */
bool config_read_value(void *holder, const struct config_option *option, const char *text);

#endif
