/* Random pasts of a small group: the estate as the program sees it (tests/support/build_view.h) and,
 * beside it, what really lies on disk for the oracle (tests/support/oracle.h). Everything comes from
 * the seed: sets that are partial, lost, damaged, empty, bulk-logged or still being taken, marks that
 * repeat or were never set, recovery forks, databases made anew, added files, databases in every
 * standing. A theme makes one of these likely.
 */
#ifndef STOPMARK_TESTS_SUPPORT_PAST_H
#define STOPMARK_TESTS_SUPPORT_PAST_H

#include <stdbool.h>
#include <stdint.h>

#include "core/view.h"
#include "tests/support/build_view.h"
#include "tests/support/oracle.h"

enum { PAST_DATABASES = 2, PAST_SETS = 24, PAST_ADDED = 3 };

enum past_theme {
    PAST_FORWARD, /* nothing special: a standby on its way */
    PAST_AT_MARK,
    PAST_RECOVERED,
    PAST_DOWN,
    PAST_OLDER,
    PAST_ENCRYPTED,
    PAST_NEVER_SET,
    PAST_TAKING,
    PAST_NO_LOG,
    PAST_BULK,
    PAST_ABSENT,
    PAST_ONLINE,
    PAST_PASSED,
    PAST_BROKEN,
    PAST_BRANCH,
    PAST_NO_FULL,
    PAST_SAME_NAMES,
    PAST_ADDED_FILES,
    PAST_THEMES
};

struct past_set {
    int64_t id;
    bool full, in_progress;
    char mark[64];
    int marks[PAST_DATABASES]; /* index into the oracle's marks; -1 = never set in it */
};

struct past {
    struct build *build;
    struct oracle_database databases[PAST_DATABASES];
    struct past_set sets[PAST_SETS];
    int sets_count;
    bool opaque[PAST_DATABASES]; /* stopped somewhere and standing by: its place cannot be seen */
    struct added_file added[PAST_ADDED];
    int added_count;
    uint64_t random;
};

extern const char *const past_names[PAST_DATABASES];

/* Owned; past_free. The same seed and theme make the same past. */
struct past *past_make(uint64_t seed, enum past_theme theme);
void past_free(struct past *past);

/* The next random number below limit. */
unsigned past_random(struct past *past, unsigned limit);

#endif
