/* What a screen is: a table of functions. A screen draws what the newest group view says into a
 * canvas and answers a key with a reaction; it never acts on the terminal, on other screens or on
 * a server by itself. The app (app.h) is the only place that acts on reactions, so every screen
 * can be driven by a test without a terminal.
 *
 * Main thread only. A screen never waits for a network or a disk: what must wait is a task
 * (task.h).
 */
#ifndef STOPMARK_SCREENS_SCREEN_H
#define STOPMARK_SCREENS_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/str.h"
#include "core/config.h"
#include "core/view.h"
#include "screens/actions.h"
#include "screens/notice.h"
#include "screens/task.h"
#include "tui/bar.h"
#include "tui/canvas.h"
#include "tui/term.h"

/* What only `stopmark demo` has: a lab whose sources can die. All NULL elsewhere. */
struct screen_demo {
    void *context;
    void (*set_sources_dead)(void *context, bool dead); /* never waits */
    bool (*sources_dead)(void *context);                /* never waits */
};

/* What a screen may look at; borrowed for the call. */
struct screen_world {
    const struct config *config;
    const struct group_view *view; /* never NULL */
    int64_t now_utc_ms, now_monotonic_ms;
    int64_t source_now_utc_ms; /* the clock of the source with the management database */
    bool monitor;  /* read-only: nothing may change a server */
    bool starting; /* no server has answered yet, and none has failed */
    const char *journal_note; /* a run that lives or waits, in words; NULL = none known */
    unsigned journal_attr;    /* how grave that is */
    struct notices *notices;
    struct tasks *tasks;
    const struct screen_demo *demo; /* NULL outside the demo */
};

struct screen_ops;

/* What the app shall do about a key. Zeroed: the key was not used. */
enum reaction_kind {
    REACT_UNUSED, /* the app may use the key */
    REACT_DRAW,   /* used; draw again */
    REACT_PUSH,   /* open another screen over this one: ops and argument */
    REACT_POP,    /* leave this screen */
};

struct reaction {
    enum reaction_kind kind;
    const struct screen_ops *push; /* static */
    char argument[300];            /* for push: what it is about, the new screen's identity */
    char message[400];             /* for the message line; "" = leave it */
    unsigned message_attr;
    int64_t verify_set; /* its files are to be read whole; 0 = none */
    bool flush_input; /* a question was opened: throw away what was typed ahead */
};

struct screen_ops {
    const char *name;  /* for `:` and files: "overview" */
    const char *title; /* for the tab and the help */
    const char *about; /* what the screen shows, for the help; paragraphs */
    unsigned scopes;   /* enum action_scope bits: which actions work here */
    const enum action_id *bar; /* what the key line names, in order; ends with ACTION_NONE */
    /* The same where it depends on what is shown; NULL = bar. */
    const enum action_id *(*bar_now)(const void *self);
    /* What the key line names while is_typing, for actions have no keys then; ends with a key NULL.
     * NULL = as without typing. */
    const struct bar_key *typing_bar;
    bool keep;         /* its state outlives leaving it: opened once, closed with the app */

    /* A new state; argument as pushed, "" for a tab. Owned by the app, ended by close. */
    void *(*open)(const struct screen_world *world, const char *argument);
    /* Asked for again while its state is kept. NULL = the argument is forgotten. */
    void (*take)(void *self, const struct screen_world *world, const char *argument);
    /* A new group view, or a second has passed. NULL = nothing to do. */
    void (*update)(void *self, const struct screen_world *world);
    /* Draws into the body's canvas, which is blank. */
    void (*draw)(void *self, const struct screen_world *world, const struct canvas *canvas);
    /* A key, and what actions.def calls it in the screen's scopes (ACTION_NONE = nothing). */
    struct reaction (*key)(void *self, const struct screen_world *world, uint32_t key,
                           enum action_id action);
    /* True while text is being typed: then every key is the screen's. NULL = never. */
    bool (*is_typing)(const void *self);
    /* Pasted text while typing. NULL = ignored. */
    void (*paste)(void *self, const char *text);
    /* A click in the body; true if used. NULL = never. */
    bool (*click)(void *self, int row, int column);
    /* Appends what `w` saves and what `y` copies. NULL = the drawn body, nothing. */
    void (*dump)(void *self, const struct screen_world *world, enum glyph_set set,
                 struct str *out);
    void (*copy)(void *self, struct str *out);
    /* A descriptor to watch (-1 = none) and what to do when it is readable. NULL = never. */
    int (*fd)(const void *self);
    void (*fd_ready)(void *self, const struct screen_world *world);
    /* One line of what is going on, while the screen is not shown; NULL or "" = nothing. */
    const char *(*note)(const void *self, unsigned *attr);
    void (*close)(void *self);
};

extern const struct screen_ops screen_overview, screen_sources, screen_sets, screen_standby,
    screen_marks, screen_jobs, screen_checks, screen_log, screen_help, screen_detail,
    screen_wizard, screen_monitor, screen_acknowledge;

/* Shortcuts for reactions. */
struct reaction reaction_used(void);
struct reaction reaction_push(const struct screen_ops *ops, const char *argument);
struct reaction reaction_message(unsigned attr, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
