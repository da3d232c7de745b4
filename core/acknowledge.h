/* Acknowledged findings of the checks: who accepted what, why, since when and until when. They are
 * kept in one small file beside the journals, so that the next shift, too, sees them. A finding is
 * known by its rule, its place and its topic; one that got worse, or whose time is over, counts
 * again. An acknowledged finding is still shown: nothing here hides or deletes a result.
 *
 * Loading and changing touch the disk: not for the main thread. Applying is pure. Any thread.
 */
#ifndef STOPMARK_CORE_ACKNOWLEDGE_H
#define STOPMARK_CORE_ACKNOWLEDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/config.h"
#include "core/model.h"
#include "core/view.h"

struct acknowledgement {
    char *rule, *where, *topic; /* never NULL */
    enum verdict verdict;       /* what was accepted */
    char *by, *reason;          /* never NULL */
    int64_t at_utc_ms, until_utc_ms;
};

struct acknowledgements {
    struct acknowledgement *rows;
    size_t rows_count, rows_capacity;
};

/* Those of the group's directory, none where there is no file. A line that is none of ours is left
 * out. Freed by acknowledgements_free. */
void acknowledgements_load(struct acknowledgements *list, const struct config *config);
void acknowledgements_free(struct acknowledgements *list);

/* Keeps one on disk, in place of an older one of the same finding; with until at or before at, the
 * older one is withdrawn. Several consoles may do so at once. ERR_IO with *error. */
enum error_code acknowledgement_keep(const struct config *config, const struct acknowledgement *row,
                                     struct error *error);

/* Turns the findings that are acknowledged at now into VERDICT_ACKNOWLEDGED, with who, until when
 * and why. */
void acknowledgements_apply(struct group_view *view, const struct acknowledgements *list,
                            int64_t now_utc_ms);

/* "8h", "3d", "2w" from now, or "2026-11-27 08:00" in UTC; TIME_UNKNOWN for anything else, for what
 * is over and for more than a year. */
int64_t acknowledgement_until(const char *text, int64_t now_utc_ms);

/* Frees what a row holds, not the row. */
void acknowledgement_clear(struct acknowledgement *row);

#endif
