/* What the files of the rules share: the sink for findings and looks at a view that tell when
 * something may not be seen. Reads a view, never a server. One thread a sink; its results
 * belong to the view. Nobody else includes it.
 */
#ifndef STOPMARK_CORE_CHECKS_INTERNAL_H
#define STOPMARK_CORE_CHECKS_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/checks.h"
#include "core/config.h"
#include "core/roster.h"

struct check_sink {
    struct group_view *view;
    const struct check_rule *rule;
    size_t first; /* index of the rule's first result in view->checks */
};

/* One rule: adds what it finds; returns the words of the good case (owned) or NULL for the rule's
 * own. */
#define X(function, id, severity, what, why, remedy, source) \
    char *check_##function(struct check_sink *sink);
#include "core/rules.def"
#undef X

/* Adds a result; where and text are taken. The remedy is the rule's. */
void check_add(struct check_sink *sink, enum verdict verdict, char *where, char *text);

/* The same with another remedy (copied; NULL = the rule's). */
void check_add_remedy(struct check_sink *sink, enum verdict verdict, char *where, char *text,
                      const char *remedy);

/* What the result added last is known by, where its words change from view to view (an age, a
 * number): so an acknowledgement stays. Copied. */
void check_about(struct check_sink *sink, const char *topic);

/* True where the part of the server was read and the server answers; else the rule says once that
 * it could not look, with the permission that is missing. */
bool check_may_look(struct check_sink *sink, int server, enum view_part part);

/* True where the source of a roster entry is a server of the configuration; else the rule says once
 * a server that it cannot look there: `restores = *` takes databases of any source. */
bool check_has_source(struct check_sink *sink, size_t entry);

/* check_may_look at the entry's source; false also where check_has_source is. */
bool check_may_look_at_source(struct check_sink *sink, size_t entry, enum view_part part);

/* check_may_look, but what is remembered of a server that does not answer will do. */
bool check_knows(struct check_sink *sink, int server, enum view_part part);

/* The same at the entry's source; false also where check_has_source is. */
bool check_knows_source(struct check_sink *sink, size_t entry, enum view_part part);

/* check_has_source of every entry, for its words. */
void check_need_sources(struct check_sink *sink);

/* False for a database of a source that is online behind those that are looked into, which the rule
 * then says. */
bool check_looked_into(struct check_sink *sink, size_t entry);

/* Says once a server that the login may not see something, and the grant. */
void check_say_hidden(struct check_sink *sink, const char *server, const char *what,
                      const char *grant);

/* "the backup history", "msdb's marks"; static. */
const char *check_part_words(enum view_part part);

/* Compares with a limit of the configuration and adds what is beyond it; DURATION_UNKNOWN is told
 * as unknown. what: "the apply lag"; is: "is" or "is at least". */
void check_limit(struct check_sink *sink, const struct limit *limit, int64_t value_ms,
                 const char *what, const char *is);

/* The source's database row of a roster entry, NULL where its server or it is not there; adds
 * nothing. */
const struct database_row *check_source_row(const struct group_view *view, size_t entry);

/* "SERVER/database" with the source's name; owned. */
char *check_source_where(const struct group_view *view, size_t entry);

/* True where the group is live (core/group.h) and that destination has a part of it. */
bool check_is_live(const struct group_view *view, int destination);

/* True for a source whose group is live elsewhere. */
bool check_is_old_source(const struct group_view *view, int server);

/* The good words of the rules that say what a source must do: once the group is live elsewhere,
 * nothing is asked of it but rest. Owned. */
char *check_old_source_words(void);

/* check_may_look at the source with the management database; false also where none is found, which
 * the rule then says. */
bool check_may_look_at_management(struct check_sink *sink, enum view_part part);

/* The name of the source with the management database, "" where none is known; owned. What a job of
 * its settings does wrong stands there, whichever set shows it. */
char *check_management_where(const struct group_view *view);

/* True where the sets' history is known: the source's own, or, while the source does not answer,
 * what is left of it; else the rule says why not. */
bool check_may_look_at_history(struct check_sink *sink);

/* The commands of the backup job's steps, borrowed; NULL where they cannot be seen, which the rule
 * then says. */
const char *check_backup_steps(struct check_sink *sink);

/* True for "D:\\...": a path of the server that wrote it. */
bool check_is_local_path(const char *path);

/* "set 1184"; owned. */
char *check_set_words(const struct backup_set *set);

#endif
