#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "tests/unit/tui/canvas_check.h"
#include "tui/event.h"

/* No test waits longer than this: what it waits for has failed to come. */
enum { PATIENCE_MS = 5000 };

static struct event_loop *loop;

static int open_loop(void **state)
{
    (void)state;
    return event_open(&loop, NULL, NULL) != ERR_OK;
}

static int close_loop(void **state)
{
    (void)state;
    event_close(loop);
    loop = NULL;
    return 0;
}

static struct event next(int timeout_ms)
{
    struct event event;
    event_wait(loop, timeout_ms, &event);
    return event;
}

static void nothing_happens_within_the_timeout(void **state)
{
    (void)state;
    assert_int_equal(next(0).type, EVENT_NONE);
    assert_int_equal(next(20).type, EVENT_NONE);
    assert_false(event_has_input(loop));
    event_flush_input(loop);
}

static void many_wake_ups_are_one_event(void **state)
{
    (void)state;
    for (int i = 0; i < 100000; i++)
        event_wake(loop);
    assert_int_equal(next(PATIENCE_MS).type, EVENT_WAKE);
    assert_int_equal(next(0).type, EVENT_NONE);
    event_wake(loop);
    assert_int_equal(next(PATIENCE_MS).type, EVENT_WAKE);
}

static void *wake_later(void *context)
{
    (void)context;
    event_wake(loop);
    return NULL;
}

static void another_thread_wakes_the_loop(void **state)
{
    (void)state;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, wake_later, NULL), 0);
    assert_int_equal(next(PATIENCE_MS).type, EVENT_WAKE);
    pthread_join(thread, NULL);
}

static void a_watched_descriptor_reports_its_tag(void **state)
{
    (void)state;
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    event_watch(loop, fds[0], POLLIN, 42);
    event_watch(loop, fds[0], POLLIN, 43);
    assert_int_equal(next(0).type, EVENT_NONE);
    assert_int_equal(write(fds[1], "x", 1), 1);
    for (int i = 0; i < 2; i++) {
        struct event event = next(PATIENCE_MS);
        assert_int_equal(event.type, EVENT_FD);
        assert_int_equal(event.tag, 43);
        assert_true((event.poll_events & POLLIN) != 0);
    }
    event_unwatch(loop, fds[0]);
    event_unwatch(loop, fds[0]);
    assert_int_equal(next(0).type, EVENT_NONE);
    close(fds[0]);
    close(fds[1]);
}

static void the_timer_fires_once_and_can_be_turned_off(void **state)
{
    (void)state;
    event_set_timer(loop, 10);
    assert_int_equal(next(PATIENCE_MS).type, EVENT_TIMER);
    assert_int_equal(next(30).type, EVENT_NONE);
    event_set_timer(loop, 10);
    event_set_timer(loop, -1);
    assert_int_equal(next(30).type, EVENT_NONE);
    event_set_timer(loop, 0);
    assert_int_equal(next(0).type, EVENT_TIMER);
}

static void signals_become_events(void **state)
{
    (void)state;
    static const struct {
        int number;
        enum event_type type;
    } cases[] = {{SIGTERM, EVENT_QUIT},
                 {SIGINT, EVENT_QUIT},
                 {SIGHUP, EVENT_HANGUP},
                 {SIGWINCH, EVENT_RESIZE},
                 {SIGCONT, EVENT_RESIZE}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        raise(cases[i].number);
        assert_int_equal(next(PATIENCE_MS).type, cases[i].type);
        assert_int_equal(next(0).type, EVENT_NONE);
    }
}

static void on_nothing(int number)
{
    (void)number;
}

static void closing_puts_the_handlers_back(void **state)
{
    (void)state;
    event_close(loop);
    struct sigaction mine = {.sa_handler = on_nothing}, now;
    sigaction(SIGTERM, &mine, NULL);
    assert_int_equal(event_open(&loop, NULL, NULL), ERR_OK);
    sigaction(SIGTERM, NULL, &now);
    assert_true(now.sa_handler != on_nothing);
    event_close(loop);
    sigaction(SIGTERM, NULL, &now);
    assert_true(now.sa_handler == on_nothing);
    signal(SIGTERM, SIG_DFL);
    event_open(&loop, NULL, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_happens_within_the_timeout, open_loop, close_loop),
        cmocka_unit_test_setup_teardown(many_wake_ups_are_one_event, open_loop, close_loop),
        cmocka_unit_test_setup_teardown(another_thread_wakes_the_loop, open_loop, close_loop),
        cmocka_unit_test_setup_teardown(a_watched_descriptor_reports_its_tag, open_loop,
                                        close_loop),
        cmocka_unit_test_setup_teardown(the_timer_fires_once_and_can_be_turned_off, open_loop,
                                        close_loop),
        cmocka_unit_test_setup_teardown(signals_become_events, open_loop, close_loop),
        cmocka_unit_test_setup_teardown(closing_puts_the_handlers_back, open_loop, close_loop),
    };
    return cmocka_run_group_tests(tests, use_utf8, NULL);
}
