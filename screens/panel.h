/* What panels have in common: the lines that say which server's data is missing, old or not
 * visible, and lists with a table, details and a second pane. Main thread only.
 */
#ifndef STOPMARK_SCREENS_PANEL_H
#define STOPMARK_SCREENS_PANEL_H

#include <stdbool.h>
#include <stddef.h>

#include "screens/screen.h"
#include "tui/pager.h"
#include "tui/table.h"

#define PANEL_PART(part) (1U << (unsigned)(part))

enum { PANEL_ANY_ROLE = -1, PANEL_WIDE_COLUMNS = 120 };

/* Draws one line for each server of role (enum server_role or PANEL_ANY_ROLE) and part that cannot
 * be trusted now, at most limit lines; returns the row behind them. */
int panel_problems(const struct canvas *canvas, int row, const struct screen_world *world,
                   int role, unsigned parts, int limit);

/* The same of one server, without drawing: false and "" where it can be trusted. */
bool panel_problem(char *out, size_t size, const struct screen_world *world,
                   const struct server_view *server, unsigned parts);

/* Draws one such sentence, wrapped; returns the row behind it. */
int panel_draw_problem(const struct canvas *canvas, int row, const struct server_view *server,
                       const char *text);

/* ATTR_STALE where one of the parts of that server cannot be trusted now, else ATTR_NORMAL. */
unsigned panel_attr(const struct screen_world *world, const struct server_view *server,
                    unsigned parts);

/* A kind of list: constant data of a screen. */
struct list_kind {
    const char *name; /* the screen's, for its details */
    const struct table_column *columns;
    size_t columns_count;
    /* Adds groups and rows between table_begin and table_end. */
    void (*fill)(struct table *table, const struct screen_world *world);
    /* Everything known of one row; NULL = there are no details. */
    void (*describe)(struct pager *pager, const struct screen_world *world, const char *identity);
    /* Draws lines above the table; returns the row behind. NULL = none. */
    int (*head)(const struct screen_world *world, const struct canvas *canvas, int row);
    const char *empty; /* what stands where no row is */
    int role;          /* whose problems are shown */
    unsigned parts;
};

/* The screen functions of a list; self is owned as a screen's. */
void *list_open(const struct list_kind *kind);
void list_update(void *self, const struct screen_world *world);
void list_draw(void *self, const struct screen_world *world, const struct canvas *canvas);
struct reaction list_key(void *self, const struct screen_world *world, uint32_t key,
                         enum action_id action);
bool list_is_typing(const void *self);
bool list_click(void *self, int row, int column);
void list_dump(void *self, const struct screen_world *world, enum glyph_set set, struct str *out);
void list_copy(void *self, struct str *out);
void list_close(void *self);
/* The selected row's identity; NULL = none. Borrowed. */
const char *list_selected(const void *self);

extern const enum action_id list_bar[];
/* While a filter is typed. */
extern const struct bar_key list_typing_bar[];
/* While a text is searched for. */
extern const struct bar_key pager_typing_bar[];

/* The kinds whose rows screen_detail can show. */
extern const struct list_kind list_sources, list_sets, list_standby, list_jobs, list_checks,
    list_log;

/* The result behind a row of the list of checks; NULL = no longer there. Borrowed from the view. */
const struct check_result *checks_result_of(const struct screen_world *world,
                                            const char *identity);

/* Everything known of a mark, by its name: for the marks screen and its detail. */
void marks_describe(struct pager *pager, const struct screen_world *world, const char *name);

#endif
