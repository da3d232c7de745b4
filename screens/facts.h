/* The console's facts as sentences: from a group view to a list of facts, and from facts to lines
 * of text. The overview, plain mode and `stopmark status` say the same because they ask here.
 * Pure functions of their arguments; any thread.
 */
#ifndef STOPMARK_SCREENS_FACTS_H
#define STOPMARK_SCREENS_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/str.h"
#include "core/plan.h"
#include "core/view.h"

enum fact_kind {
    FACT_HEADING, /* label alone */
    FACT_PLAIN,   /* label and text, nothing to judge */
    FACT_JUDGED   /* label, verdict and text */
};

struct fact {
    enum fact_kind kind;
    enum verdict verdict;
    char *label, *text; /* owned */
};

struct facts {
    struct fact *items;
    size_t items_count, items_capacity;
};

/* Each appends one fact; label and text are copied. Only a judged one has a verdict. */
void facts_heading(struct facts *facts, const char *label);
void facts_add(struct facts *facts, const char *label, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void facts_judge(struct facts *facts, enum verdict verdict, const char *label, const char *format,
                 ...) __attribute__((format(printf, 4, 5)));
void facts_free(struct facts *facts);

/* "YES", "YES, with a warning", "NO", "CANNOT TELL": the verdict's words. Static. */
const char *facts_verdict_words(const struct readiness *readiness);

/* The same in one word, for a terminal with no room: YES, FULL (only with full restores), NO or ?;
 * static. */
const char *facts_verdict_word(const struct readiness *readiness);

/* One line each, into out (WORDS_LINE): sources, sets, standby, jobs, checks; *verdict as found. */
void facts_sources_line(char *out, size_t size, const struct group_view *view,
                        enum verdict *verdict);
void facts_sets_line(char *out, size_t size, const struct group_view *view, enum verdict *verdict);
void facts_standby_line(char *out, size_t size, const struct group_view *view,
                        enum verdict *verdict);
void facts_jobs_line(char *out, size_t size, const struct group_view *view, enum verdict *verdict);
void facts_checks_line(char *out, size_t size, const struct group_view *view,
                       enum verdict *verdict);

/* How many databases of the roster go which way: "10 roll forward", "2 full restore, 1 not
 * reachable". */
void facts_routes(char *out, size_t size, const struct group_view *view, const struct mark *mark);

/* Sections, each appended with its heading. */
void facts_readiness(struct facts *facts, const struct group_view *view);
/* Backup age, import lag and apply lag against their limits. */
void facts_lag(struct facts *facts, const struct group_view *view);
void facts_servers(struct facts *facts, const struct group_view *view, int64_t now_monotonic_ms,
                   bool brief);
void facts_standby(struct facts *facts, const struct group_view *view, bool brief);
void facts_jobs(struct facts *facts, const struct group_view *view, bool brief);
/* What people attested, with its age; nothing where it was not read. */
void facts_attestations(struct facts *facts, const struct group_view *view, bool brief);
void facts_checks(struct facts *facts, const struct group_view *view, bool brief);

/* All of them; brief: leaves out what is well. */
void facts_status(struct facts *facts, const struct group_view *view, int64_t now_monotonic_ms,
                  bool brief);

/* Appends the facts as lines "label: ok: text", one fact a line; the verdict is a word. */
void facts_print(const struct facts *facts, struct str *out);

/* --- as whole texts, owned by the caller, cleaned, without a newline at the end ----------------- */

/* One line: "YES, to mark M (set N), losing 20 min 50 s, databases online after 4 min 10 s" or
 * "NO: " and the first reason. */
char *facts_verdict_line(const struct group_view *view);

/* `stopmark status` and a frame of the plain mode: verdict, both targets, servers, databases, lag,
 * jobs, checks. brief: leaves out what is well. */
char *facts_status_text(const struct group_view *view, bool brief);

/* The newest count sets, newest first, a line each under a heading. */
char *facts_sets_text(const struct group_view *view, size_t count);

/* The newest count marks, newest first: reachable how, loss, time, and the reasons why not. */
char *facts_marks_text(const struct group_view *view, size_t count);

/* A plan: target, price, alternatives, and every statement in order; or the reasons. */
char *facts_plan_text(const struct plan *plan);

#endif
