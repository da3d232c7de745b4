/* What goes wrong with BizTalk log shipping, as administrators and the documentation tell it, and
 * what of this program names it: rules of core/rules.def, or the command that alone can. `make
 * check-rules` fails where a trouble has neither. Static data; any thread.
 */
#ifndef STOPMARK_TESTS_SUPPORT_TROUBLES_H
#define STOPMARK_TESTS_SUPPORT_TROUBLES_H

#include <stddef.h>

struct trouble {
    const char *words;
    const char *rules;   /* ids, separated by blanks; "" = none can see it */
    const char *instead; /* what does, where no rule can; NULL = the rules do */
};

/* The table; static. */
const struct trouble *troubles_all(size_t *count);

#endif
