#include "tui/event.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "tui/keys.h"

struct watch {
    int fd;
    short poll_events, ready;
    uint64_t tag;
};

struct event_loop {
    struct terminal *terminal; /* borrowed; NULL = none */
    int pipe[2];
    atomic_bool woken;
    struct watch *watches;
    size_t watches_count, watches_capacity;
    int64_t timer_ms;         /* monotonic; < 0 = off */
    struct term_input input;  /* read ahead by event_has_input */
    int empty_reads;          /* the terminal was readable, but nothing came */
    struct sigaction *former; /* owned; one a handled signal */
};

static const int handled[] = {SIGWINCH, SIGTERM, SIGINT, SIGHUP, SIGCONT, SIGTSTP};
enum { HANDLED_COUNT = sizeof handled / sizeof *handled };

/* What signal handlers may touch: a flag each and the pipe. */
static volatile sig_atomic_t raised[HANDLED_COUNT];
static volatile sig_atomic_t signal_pipe = -1;

static void on_signal(int number)
{
    int saved = errno;
    for (int i = 0; i < HANDLED_COUNT; i++)
        if (handled[i] == number)
            raised[i] = 1;
    ssize_t written = write(signal_pipe, "s", 1); /* a full pipe wakes just as well */
    (void)written;
    errno = saved;
}

static bool take_raised(int number)
{
    for (int i = 0; i < HANDLED_COUNT; i++)
        if (handled[i] == number && raised[i]) {
            raised[i] = 0;
            return true;
        }
    return false;
}

enum error_code event_open(struct event_loop **out, struct terminal *terminal, struct error *e)
{
    struct event_loop *loop = memory_new(sizeof *loop);
    *out = NULL;
    if (pipe2(loop->pipe, O_CLOEXEC | O_NONBLOCK) != 0) {
        free(loop);
        return error_set(e, ERR_IO, NULL, NULL, "no pipe could be made: %s", strerror(errno));
    }
    loop->terminal = terminal;
    loop->timer_ms = -1;
    signal_pipe = loop->pipe[1];
    loop->former = memory_new_array(HANDLED_COUNT, sizeof *loop->former);
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < HANDLED_COUNT; i++) {
        raised[i] = 0;
        sigaction(handled[i], &action, &loop->former[i]);
    }
    *out = loop;
    return ERR_OK;
}

void event_close(struct event_loop *loop)
{
    if (loop == NULL)
        return;
    for (int i = 0; i < HANDLED_COUNT; i++)
        sigaction(handled[i], &loop->former[i], NULL);
    signal_pipe = -1;
    close(loop->pipe[0]);
    close(loop->pipe[1]);
    free(loop->former);
    free(loop->watches);
    free(loop);
}

void event_wake(struct event_loop *loop)
{
    int saved = errno;
    if (!atomic_exchange(&loop->woken, true)) {
        ssize_t written = write(loop->pipe[1], "w", 1);
        (void)written;
    }
    errno = saved;
}

/* --- what is watched -------------------------------------------------------------------------- */

void event_watch(struct event_loop *loop, int fd, short poll_events, uint64_t tag)
{
    event_unwatch(loop, fd);
    *memory_append(loop, watches) =
        (struct watch){.fd = fd, .poll_events = poll_events, .tag = tag};
}

void event_unwatch(struct event_loop *loop, int fd)
{
    size_t kept = 0;
    for (size_t i = 0; i < loop->watches_count; i++)
        if (loop->watches[i].fd != fd)
            loop->watches[kept++] = loop->watches[i];
    loop->watches_count = kept;
}

void event_set_timer(struct event_loop *loop, int64_t delay_ms)
{
    loop->timer_ms = delay_ms < 0 ? -1 : clock_monotonic_ms(clock_system()) + delay_ms;
}

/* --- one source after the other --------------------------------------------------------------- */

static bool report_resize(struct event_loop *loop, struct event *out)
{
    out->type = EVENT_RESIZE;
    if (loop->terminal != NULL)
        term_size(loop->terminal, &out->rows, &out->columns);
    return true;
}

/* Stops the process; what its continuing raised is dealt with by the one report. */
static bool suspend(struct event_loop *loop, struct event *out)
{
    if (loop->terminal != NULL)
        term_suspend(loop->terminal);
    else
        raise(SIGSTOP);
    take_raised(SIGCONT);
    take_raised(SIGWINCH);
    return report_resize(loop, out);
}

static bool take_signal(struct event_loop *loop, struct event *out)
{
    if (take_raised(SIGHUP)) {
        out->type = EVENT_HANGUP;
        return true;
    }
    if (take_raised(SIGTERM) || take_raised(SIGINT)) {
        out->type = EVENT_QUIT;
        return true;
    }
    if (take_raised(SIGTSTP))
        return suspend(loop, out);
    bool continued = take_raised(SIGCONT);
    if (take_raised(SIGWINCH) || continued) {
        if (loop->terminal != NULL)
            term_resize(loop->terminal);
        return report_resize(loop, out);
    }
    return false;
}

static bool read_ahead(struct event_loop *loop)
{
    if (loop->input.type == TERM_INPUT_NONE && loop->terminal != NULL)
        term_read(loop->terminal, &loop->input);
    return loop->input.type != TERM_INPUT_NONE;
}

static bool take_input(struct event_loop *loop, struct event *out)
{
    if (!read_ahead(loop))
        return false;
    struct term_input input = loop->input;
    loop->input = (struct term_input){0};
    loop->empty_reads = 0;
    if (input.type == TERM_INPUT_KEY && input.key == KEYS_CTRL('l')) {
        term_resize(loop->terminal);
        return report_resize(loop, out);
    }
    if (input.type == TERM_INPUT_KEY && input.key == KEYS_CTRL('z'))
        return suspend(loop, out);
    out->type = input.type == TERM_INPUT_KEY     ? EVENT_KEY
                : input.type == TERM_INPUT_MOUSE ? EVENT_MOUSE
                                                 : EVENT_PASTE;
    out->key = input.key;
    out->mouse = input.mouse;
    out->row = input.row;
    out->column = input.column;
    out->text = input.text;
    return true;
}

static bool take_rest(struct event_loop *loop, struct event *out)
{
    if (atomic_exchange(&loop->woken, false)) {
        out->type = EVENT_WAKE;
        return true;
    }
    for (size_t i = 0; i < loop->watches_count; i++) {
        struct watch *watch = &loop->watches[i];
        if (watch->ready == 0)
            continue;
        out->type = EVENT_FD;
        out->tag = watch->tag;
        out->poll_events = watch->ready;
        watch->ready = 0;
        return true;
    }
    if (loop->timer_ms >= 0 && clock_monotonic_ms(clock_system()) >= loop->timer_ms) {
        loop->timer_ms = -1;
        out->type = EVENT_TIMER;
        return true;
    }
    return false;
}

/* --- waiting ---------------------------------------------------------------------------------- */

static int remaining_ms(int64_t due_ms)
{
    int64_t left = due_ms - clock_monotonic_ms(clock_system());
    return left < 0 ? 0 : left > 1000000 ? 1000000 : (int)left;
}

static void drain(int fd)
{
    char bytes[64];
    while (read(fd, bytes, sizeof bytes) > 0)
        continue;
}

/* True if the terminal is gone. A descriptor that stays readable and yields nothing is at its end
 * as well. */
static bool terminal_is_gone(struct event_loop *loop, short ready)
{
    enum { EMPTY_READS_MOST = 100 };
    if ((ready & (POLLHUP | POLLERR | POLLNVAL)) != 0)
        return true;
    if ((ready & POLLIN) == 0 || read_ahead(loop))
        loop->empty_reads = 0;
    else
        loop->empty_reads++;
    return loop->empty_reads > EMPTY_READS_MOST;
}

/* Polls all sources once; true if the terminal is gone. */
static bool poll_once(struct event_loop *loop, int timeout_ms)
{
    size_t count = loop->watches_count + 2;
    struct pollfd *fds = memory_new_array(count, sizeof *fds);
    fds[0] = (struct pollfd){.fd = loop->pipe[0], .events = POLLIN};
    fds[1] = (struct pollfd){.fd = -1};
    if (loop->terminal != NULL)
        fds[1] = (struct pollfd){.fd = term_input_fd(loop->terminal), .events = POLLIN};
    for (size_t i = 0; i < loop->watches_count; i++)
        fds[i + 2] =
            (struct pollfd){.fd = loop->watches[i].fd, .events = loop->watches[i].poll_events};
    bool gone = false;
    if (poll(fds, (nfds_t)count, timeout_ms) > 0) {
        if (fds[0].revents != 0)
            drain(loop->pipe[0]);
        gone = loop->terminal != NULL && terminal_is_gone(loop, fds[1].revents);
        for (size_t i = 0; i < loop->watches_count; i++)
            loop->watches[i].ready = fds[i + 2].revents;
    }
    free(fds);
    return gone;
}

static bool take(struct event_loop *loop, struct event *out)
{
    return take_signal(loop, out) || take_input(loop, out) || take_rest(loop, out);
}

void event_wait(struct event_loop *loop, int timeout_ms, struct event *out)
{
    int64_t end_ms = timeout_ms < 0 ? -1 : clock_monotonic_ms(clock_system()) + timeout_ms;
    *out = (struct event){0};
    for (bool last = false;;) {
        if (take(loop, out) || last)
            return;
        int wait_ms = end_ms < 0 ? -1 : remaining_ms(end_ms);
        bool by_timer =
            loop->timer_ms >= 0 && (wait_ms < 0 || remaining_ms(loop->timer_ms) < wait_ms);
        if (by_timer)
            wait_ms = remaining_ms(loop->timer_ms);
        if (poll_once(loop, wait_ms)) {
            out->type = EVENT_HANGUP;
            return;
        }
        last = end_ms >= 0 && remaining_ms(end_ms) == 0;
    }
}

bool event_has_input(struct event_loop *loop)
{
    return read_ahead(loop);
}

void event_flush_input(struct event_loop *loop)
{
    loop->input = (struct term_input){0};
    if (loop->terminal != NULL)
        term_flush_input(loop->terminal);
}
