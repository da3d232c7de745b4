/* The files of a run once its group is verified, beside its journal: the update file, per
 * destination the scripts for logins and Agent jobs, and the newest scan. Made from the last good
 * views on disk, for the sources may be gone.
 *
 * Reads and writes the disk: not for the thread that paints. Files are 0600: a login script may hold
 * hashes of passwords.
 */
#ifndef STOPMARK_CORE_AFTERMATH_H
#define STOPMARK_CORE_AFTERMATH_H

#include <stdint.h>

#include "core/config.h"
#include "core/report.h"
#include "core/scan.h"

/* Makes the files of a run; note is called with one line for each that was made and for each that
 * could not be. */
void aftermath_make(const struct config *config, int64_t run,
                    void (*note)(void *context, const char *line), void *context);

/* Keeps the scan beside the run's journal. ERR_IO. */
enum error_code aftermath_keep_scan(const struct config *config, int64_t run,
                                    const struct scan *scan, struct error *error);

/* Fills the report's files and scan from what is there. */
void aftermath_read(struct report *report, const struct config *config);

#endif
