/* Scenarios: an estate described in JSON (tests/lab/README.md), checked as a whole before anything
 * is made. The built-in ones are part of the program. One thread; needs lab_lock.
 */
#ifndef STOPMARK_LAB_SCENARIO_H
#define STOPMARK_LAB_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/str.h"
#include "tests/lab/estate.h"

/* Makes the estate of a built-in scenario's name or of a file. On an error returns NULL and leaves
 * one line for each in problems: the JSON path, what is wrong, what was expected. The lab's clock
 * stands at the scenario's now. */
struct lab *scenario_load(const char *name_or_path, uint64_t seed, struct str *problems);

/* From a text; origin stands in the messages. */
struct lab *scenario_parse(const char *text, size_t length, const char *origin, uint64_t seed,
                           struct str *problems);

/* The text of a built-in scenario; NULL = none of that name. */
const char *scenario_builtin(const char *name, size_t *length);

/* The index-th built-in scenario's name; NULL at the end. */
const char *scenario_builtin_name(size_t index);

#endif
