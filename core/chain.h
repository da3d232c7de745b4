/* Backup sets: the source's history merged with what the destinations have imported (destinations
 * alone where the source was never seen), each file's LSNs joined from msdb by its path, the time
 * of each set, whether it is complete, in progress or partial, and how each destination stands to
 * it. Pure; fills a group view under construction. Any thread.
 *
 * SetComplete never decides what SQL Server can restore: see core/track.h for that.
 */
#ifndef STOPMARK_CORE_CHAIN_H
#define STOPMARK_CORE_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/proof.h"
#include "core/view.h"

/* What fills view->sets and the applied sets of view->roster, in this order (each in a file of
 * its own); needs the roster. */
void chain_merge_history(struct group_view *view); /* sets, files, paths, flags */
void chain_join_backups(struct group_view *view);  /* LSNs, sizes, marks' LSNs */
void chain_find_times(struct group_view *view);    /* stamp zone, times of the sets */
void chain_find_states(struct group_view *view);   /* in progress, chain, applied, standings */

/* The set with that id: index into view->sets, or -1. */
int chain_find_set(const struct group_view *view, int64_t id);

/* True where the file can be read as far as is known: present, and neither missing, corrupt,
 * denied nor damaged. */
bool chain_file_usable(const struct set_file *file);

/* What a backup file's own header says of it, which wins over what tables say: proven, with its
 * LSNs, forks, family and position. */
void chain_take_header(struct set_file *file, const struct backup_header *header);

/* folder and file joined as SQL Server on Windows, a share or a blob container would: the
 * folder's last separator is kept or added ('/' for URLs and Unix paths). Owned. */
char *chain_join_path(const char *folder, const char *file);

/* The stamp at the end of a mark's name (..._YYYY_MM_DD_hh_mm_ss_mmm) as it stands, UTC or local;
 * TIME_UNKNOWN without one. */
int64_t chain_mark_stamp(const char *mark);

#endif
