/* The manual steps after a restore: read from the site's runbook.ini, else from the text built
 * into the program (conf/runbook.ini), chosen by situation and by what the group has, with names
 * filled in. It only tells; nothing here does a step.
 *
 * Functions that read a file block. Any thread.
 */
#ifndef STOPMARK_CORE_RUNBOOK_H
#define STOPMARK_CORE_RUNBOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/model.h"
#include "core/plan.h"

/* One section of the file. Texts are owned by the runbook. */
struct runbook_step {
    char *id, *title, *text;
    unsigned situations; /* bit 1 << enum situation; 0 = all */
    unsigned databases;  /* bits RUNBOOK_*; 0 = always */
};

enum { RUNBOOK_SSO = 1, RUNBOOK_BAM = 2, RUNBOOK_ALERTS = 4, RUNBOOK_RULES = 8 };

struct runbook {
    struct runbook_step *steps; /* in their order */
    size_t steps_count, steps_capacity;
};

/* Reads a runbook's text. NULL with *error (ERR_CONFIG, where = name:line). Owned. */
struct runbook *runbook_parse(const char *text, const char *name, struct error *error);

/* runbook.ini in the folder of config_path (NULL allowed), else in /etc/stopmark, else the text
 * that is built in. A file that cannot be read as a runbook is an error, not a reason to go on.
 * Owned. */
struct runbook *runbook_load(const char *config_path, struct error *error);
void runbook_free(struct runbook *runbook);

/* The text that is built in; static. */
const char *runbook_default(void);

/* True if the step belongs to that run. */
bool runbook_applies(const struct runbook_step *step, enum situation situation,
                     const struct plan *plan);

/* A step's text (title or text) with {group}, {mark}, {run}, {destinations}, {management} and
 * {management_database} filled in; other braces stay. Owned. */
char *runbook_fill(const char *text, const struct plan *plan, int64_t run);

#endif
