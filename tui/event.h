/* One wait for everything that can happen: keys, a wake-up from another thread, other descriptors,
 * a timer, signals. Signal handlers set a flag and write one byte to a pipe, nothing else.
 *
 * Ctrl-Z and SIGTSTP suspend, Ctrl-L repaints, SIGWINCH resizes: the loop does these itself and
 * then reports EVENT_RESIZE, upon which the caller draws everything anew.
 * Main thread only, but for event_wake(). One loop at a time (signals belong to the process).
 */
#ifndef STOPMARK_TUI_EVENT_H
#define STOPMARK_TUI_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/error.h"
#include "tui/term.h"

enum event_type {
    EVENT_NONE,   /* the timeout passed */
    EVENT_KEY,    /* event.key */
    EVENT_PASTE,  /* event.text */
    EVENT_MOUSE,  /* event.mouse, event.row, event.column */
    EVENT_RESIZE, /* draw all anew; event.rows, event.columns */
    EVENT_WAKE,   /* event_wake() was called, once or more often */
    EVENT_FD,     /* event.tag, event.poll_events */
    EVENT_TIMER,  /* the instant of event_set_timer() came; the timer is off again */
    EVENT_QUIT,   /* SIGINT or SIGTERM */
    EVENT_HANGUP  /* SIGHUP, or the terminal is gone: draw nothing more */
};

struct event {
    enum event_type type;
    uint32_t key;                 /* keys.h */
    const char *text;             /* EVENT_PASTE: cleaned, borrowed until the next wait */
    enum term_mouse_action mouse; /* EVENT_MOUSE */
    int row, column;              /* EVENT_MOUSE */
    int rows, columns;            /* EVENT_RESIZE */
    uint64_t tag;                 /* EVENT_FD: as given to event_watch */
    short poll_events;            /* EVENT_FD: poll's revents */
};

struct event_loop;

/* Makes the loop and installs the signal handlers. terminal is borrowed, it outlives the loop, and
 * may be NULL: then there are no keys. ERR_IO if the system gives no pipe. Owned: event_close(). */
enum error_code event_open(struct event_loop **out, struct terminal *terminal, struct error *e);

/* Puts the signal handlers back as they were and frees the loop; NULL does nothing. */
void event_close(struct event_loop *loop);

/* Makes the loop report EVENT_WAKE. Any thread, and a signal handler; never blocks. */
void event_wake(struct event_loop *loop);

/* Watches fd (borrowed) for poll events (POLLIN, POLLOUT) and reports them with tag; an fd already
 * watched gets the new events and tag. */
void event_watch(struct event_loop *loop, int fd, short poll_events, uint64_t tag);

/* Stops watching fd; call before closing it. An fd that is not watched is no error. */
void event_unwatch(struct event_loop *loop, int fd);

/* Reports EVENT_TIMER once in delay_ms from now (monotonic); a later call replaces it, < 0 turns it
 * off. */
void event_set_timer(struct event_loop *loop, int64_t delay_ms);

/* Waits for the next event at most timeout_ms (< 0 = as long as it takes, 0 = not at all). Keys
 * come before all else, so that a flood of wake-ups never delays one. */
void event_wait(struct event_loop *loop, int timeout_ms, struct event *out);

/* True if a key has already arrived: a reason to draw later. */
bool event_has_input(struct event_loop *loop);

/* Throws away everything typed ahead: call before a question whose answer must not be an accident.
 */
void event_flush_input(struct event_loop *loop);

#endif
