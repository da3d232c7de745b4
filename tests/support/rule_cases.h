/* The cases of the rules: what is done to an estate, and what the rule must then say. Every rule
 * needs a case where it fires, one where it does not, and one where it may not look; the test of
 * the checks runs them all, `make check-rules` counts them. Static data; any thread.
 */
#ifndef STOPMARK_TESTS_SUPPORT_RULE_CASES_H
#define STOPMARK_TESTS_SUPPORT_RULE_CASES_H

#include <stdbool.h>
#include <stddef.h>

#include "tests/support/build_view.h"

struct rule_case {
    const char *rule;
    void (*spoil)(struct build *build); /* NULL = nothing is done */
    enum verdict verdict;               /* the worst that the rule must say */
    const char *where;                  /* part of it */
    const char *text;                   /* part of it; NULL = any */
    struct build *(*estate)(void);      /* what is spoilt, owned; NULL = build_kept_up */
    void (*again)(struct build *build); /* what goes wrong in one more set as it did before */
    bool hides; /* the login may not see that part of that server */
    int hidden_server;
    enum view_part hidden_part;
};

struct rule_cases {
    const struct rule_case *cases;
    size_t count;
};

/* The tables of all rooms; static. */
const struct rule_cases *const *rule_cases_all(size_t *count);

/* What a case is an example of: a rule that says "unknown" may not look, but for the rule about
 * what may not be seen, which then fires. */
bool rule_case_fires(const struct rule_case *c);
bool rule_case_is_quiet(const struct rule_case *c);
bool rule_case_is_blind(const struct rule_case *c);

/* The estate of a case, spoilt as it says. Owned. */
struct build *rule_case_build(const struct rule_case *c);

/* --- what spoilers share ---------------------------------------------------------------------- */

/* Replaces an owned text. */
void spoil_text(char **to, const char *text);

/* The first job with that function; NULL = none. Borrowed. */
struct job_row *spoil_job(struct build *build, int server, enum job_function function);

/* The login may not see the part; the missing grant is "GRANT X TO monitor". */
void spoil_part(struct build *build, int server, enum view_part part);

/* The row of a set in the history of a destination; NULL = none. Borrowed. */
struct history_row *spoil_imported(struct build *build, int server, int64_t set,
                                   const char *database);

/* The rows of sets before that one left the history of all servers. */
void spoil_purge(struct build *build, int64_t first);

/* The databases of the small estate are online at its destination. */
void spoil_go_live(struct build *build);

#endif
