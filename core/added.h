/* Files that the history does not know (--add-file): each is opened by the destinations that may
 * have to read it, and taken for what its header says, never for what its name says. Blocks on
 * servers: for commands, not for the UI thread.
 */
#ifndef STOPMARK_CORE_ADDED_H
#define STOPMARK_CORE_ADDED_H

#include <stddef.h>

#include "core/config.h"
#include "core/proof.h"
#include "core/secret.h"
#include "core/view.h"

struct added_files {
    struct added_file *items;
    size_t items_count, items_capacity;
};

/* Asks every destination that answers in view for every path: one item each, with the problem where
 * it cannot be used. The monitoring login asks; where it lacks the right, the restore login does,
 * if the configuration has one. monitor and restore may be NULL: no password. After tds_prepare; out is owned by the caller: added_free. Never fails. */
void added_read(const struct config *config, const struct group_view *view,
                const char *const *paths, size_t paths_count, const struct secrets *monitor,
                const struct secrets *restore, struct added_files *out);

/* What a file's proof makes of it at a destination; borrows nothing. path as given. Pure. */
struct added_file added_from_proof(const struct file_proof *proof, const char *path,
                                   int destination);

/* Frees what added_read filled and leaves it empty. */
void added_free(struct added_files *files);

#endif
