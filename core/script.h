/* The script method: a plan as T-SQL files for people to run where stopmark may not, or cannot,
 * connect with a login that restores: for each destination SERVER-1-to-mark.sql and
 * SERVER-2-recover.sql, and README.txt, which says in what order. The files are text of core/
 * tsql_script with a head for people.
 *
 * Nothing is sent to any server. Making is pure; writing touches the disk and blocks: not for the
 * thread of the user interface. Owned by the caller.
 */
#ifndef STOPMARK_CORE_SCRIPT_H
#define STOPMARK_CORE_SCRIPT_H

#include <stddef.h>

#include "core/base/error.h"
#include "core/plan.h"
#include "core/view.h"

struct script_file {
    char *name; /* "DRSQL1-1-to-mark.sql", without a directory */
    char *text;
};

struct script {
    char *run; /* names this making; part of every code */
    struct script_file *files; /* README.txt last */
    size_t files_count, files_capacity;
};

/* NULL with *error (ERR_REFUSED): the plan is not possible, a destination's own name is not known,
 * its version has not what the scripts need, or a name cannot stand in a script. Owned. */
struct script *script_make(const struct plan *plan, const struct group_view *view,
                           struct error *error);
void script_free(struct script *script);

/* Writes every file into directory, made (0700) where it is missing: each whole or not at all, mode
 * 0600, synchronous. ERR_REFUSED, with nothing written, where one of them is there already. */
enum error_code script_write(const struct script *script, const char *directory,
                             struct error *error);

#endif
