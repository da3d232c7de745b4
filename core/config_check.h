/* What no single value of stopmark.ini can tell: whether the servers make a group. Used by
 * core/config only, on the thread that loads; owns nothing, adds to the problems it is given.
 */
#ifndef STOPMARK_CORE_CONFIG_CHECK_H
#define STOPMARK_CORE_CONFIG_CHECK_H

#include "core/config.h"

/* Appends every contradiction between values and between servers. */
void config_check(struct config *config, struct config_problems *problems);

#endif
