/* The words and signs that screens and printed lines share: verdicts, routes, ages, names. One
 * state has one word everywhere. Pure functions; any thread. Texts go into the caller's buffer.
 */
#ifndef STOPMARK_SCREENS_WORDS_H
#define STOPMARK_SCREENS_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/config.h"
#include "core/model.h"
#include "core/run.h"
#include "core/view.h"
#include "tui/canvas.h"
#include "tui/glyph.h"

enum { WORDS_SIZE = 64, WORDS_LINE = 600 };

/* The sign and the attribute of a verdict. */
enum glyph words_verdict_glyph(enum verdict verdict);
unsigned words_verdict_attr(enum verdict verdict);

/* The sign of a route to a mark and its words: "roll forward", "full restore". */
enum glyph words_route_glyph(enum route route);
const char *words_route(enum route route);

/* The sign and word of a set at a destination: "applied", "file missing". */
enum glyph words_standing_glyph(enum set_standing standing);
const char *words_standing(enum set_standing standing);

/* The sign of a file and its words. */
enum glyph words_file_glyph(const struct set_file *file);
const char *words_file(const struct set_file *file);

/* "headers read", "msdb", "history only", "no evidence". */
const char *words_evidence(enum evidence evidence);

/* "source lost", "planned move". */
const char *words_situation(enum situation situation);

/* The word of a lane, its sign, and a run's state in words. */
const char *words_lane(enum lane_state state);
enum glyph words_lane_glyph(enum lane_state state);
const char *words_run_state(enum run_state state);

/* "20 min 50 s"; "not known" for DURATION_UNKNOWN. size WORDS_SIZE, as for all below. */
void words_duration(char *out, size_t size, int64_t duration_ms);

/* A data loss: "20 min 50 s", "at least 20 min 50 s" where the source is gone; "not known". */
void words_loss(char *out, size_t size, int64_t loss_ms, enum loss_basis basis);

/* One unit, for columns: "20 min", "8 h", "?". */
void words_short(char *out, size_t size, int64_t duration_ms);

/* "3 min ago", "just now"; "never" for DURATION_UNKNOWN. */
void words_ago(char *out, size_t size, int64_t age_ms);

/* The time of day within 20 hours of now, else with the date: "11-19 12:00"; "not known". */
void words_when(char *out, size_t size, int64_t utc_ms, int64_t now_utc_ms);

/* a - b, DURATION_UNKNOWN where one is TIME_UNKNOWN; negative differences give 0. */
int64_t words_age_ms(int64_t later_ms, int64_t earlier_ms);

/* Where a value stands against two limits; UNKNOWN for DURATION_UNKNOWN, OK without limits. */
enum verdict words_against_limit(int64_t value_ms, const struct limit *limit);

/* "limit 30 min", "" without a limit. */
void words_limit(char *out, size_t size, const struct limit *limit);

/* "SQLA: text"; text alone where it begins with the name, or there is none ("" = nowhere). */
void words_placed(char *out, size_t size, const char *where, const char *text);

/* The mark of an index (group_view.marks), NULL for -1 or outside. Borrowed. */
const struct mark *words_mark(const struct group_view *view, int index);

/* How an entry's state at its destination is to be taken: RESTORING or STANDBY is well; in a live
 * group ONLINE, and what BizTalk can run without may wait. */
enum verdict words_state_verdict(const struct group_view *view, const struct roster_entry *entry);

/* In a live group: the mark that the entry's database was recovered at, as far as msdb tells;
 * NULL = not known, or it was not recovered. Borrowed. */
const struct mark *words_recovered_at(const struct group_view *view, size_t index);

/* "DRSQL1" of a roster entry's destination, "no destination" where it has none. */
const char *words_destination(const struct group_view *view, const struct roster_entry *entry);

/* A server's clock now, as far as it can be known: what it said when it was last read and what has
 * passed here since; where it was never read, our own. */
int64_t words_server_now_ms(const struct server_view *server, int64_t now_utc_ms,
                            int64_t now_monotonic_ms);

/* The same of the source with the management database: ages of sets and marks are by it. */
int64_t words_source_now_ms(const struct group_view *view, int64_t now_utc_ms,
                            int64_t now_monotonic_ms);

/* How old the data of a server is: now - its as_of; DURATION_UNKNOWN if it never answered. */
int64_t words_server_age_ms(const struct server_view *server, int64_t now_monotonic_ms);

/* True if a server's data is older than the polling explains. */
bool words_server_stale(const struct group_view *view, const struct server_view *server,
                        int64_t now_monotonic_ms);

/* Why a part of a server's view cannot be trusted now, in one line: not answering (since when),
 * not visible or not wholly (with the missing grant), failed. False and "" where nothing is wrong. */
bool words_part_problem(char *out, size_t size, const struct server_view *server,
                        enum view_part part, int64_t now_monotonic_ms);

/* "databases", "backup history", ... of a part. */
const char *words_part(enum view_part part);

/* "SQLA SQLB" or "DRSQL1 DRSQL2": the names of all servers of a role. */
void words_servers(char *out, size_t size, const struct group_view *view, enum server_role role);

#endif
