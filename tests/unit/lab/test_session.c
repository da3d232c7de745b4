/* The lab's monitor: what waits is woken, nothing is missed, and time is the lab's. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "tests/lab/estate.h"
#include "tests/lab/session.h"

static struct lab lab;
static struct instance instance = {.lab = &lab};

int64_t lab_now_utc_ms(const struct lab *of)
{
    return (int64_t)((double)clock_monotonic_ms(clock_system()) * of->speed);
}

static struct session new_session(void)
{
    return (struct session){.instance = &instance, .socket_fd = -1};
}

static void a_wait_for_a_time_returns_at_once_where_the_clock_stands(void **state)
{
    struct session session = new_session();
    (void)state;

    lab.speed = 0;
    lab_lock();
    assert_int_equal(session_wait(&session, 3600000), SESSION_GO_ON);
    assert_int_equal(session_sleep(&session, 3600000), SESSION_GO_ON);
    lab_unlock();
}

static void a_sleep_takes_the_labs_time_not_the_machines(void **state)
{
    struct session session = new_session();
    int64_t started_ms = clock_monotonic_ms(clock_system());
    (void)state;

    lab.speed = 100;
    lab_lock();
    int64_t until = lab_now_utc_ms(&lab) + 5000;
    assert_int_equal(session_sleep(&session, until), SESSION_GO_ON);
    assert_true(lab_now_utc_ms(&lab) >= until);
    lab_unlock();
    int64_t took_ms = clock_monotonic_ms(clock_system()) - started_ms;
    assert_true(took_ms >= 49 && took_ms < 4000);
}

/* --- two threads that hand a turn to and fro -------------------------------------------------- */

enum { ROUNDS = 3000 };
static int turn;

static void *take_turns(void *argument)
{
    int mine = *(int *)argument;
    struct session session = new_session();

    lab_lock();
    for (int i = 0; i < ROUNDS; i++) {
        while (turn != mine)
            session_wait(&session, INT64_MAX);
        turn = 1 - mine;
        lab_changed();
    }
    lab_unlock();
    return NULL;
}

static void no_change_is_missed(void **state)
{
    int numbers[2] = {0, 1};
    pthread_t threads[2];
    (void)state;

    turn = 0;
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, take_turns, &numbers[i]);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(turn, 0);
}

static void *wait_for_ever(void *argument)
{
    struct session *session = argument;

    lab_lock();
    while (session_wait(session, INT64_MAX) == SESSION_GO_ON)
        continue;
    lab_unlock();
    return NULL;
}

static void a_kill_wakes_what_waits_for_ever(void **state)
{
    struct session session = new_session();
    pthread_t thread;
    (void)state;

    pthread_create(&thread, NULL, wait_for_ever, &session);
    lab_lock();
    session.killed = true;
    lab_changed();
    lab_unlock();
    pthread_join(thread, NULL);
    assert_int_equal(session_state(&session), SESSION_KILLED);
}

static void the_worst_end_counts(void **state)
{
    struct session session = new_session();
    (void)state;

    session.attention = true;
    assert_int_equal(session_state(&session), SESSION_ATTENTION);
    session.killed = true;
    assert_int_equal(session_state(&session), SESSION_KILLED);
    session.disconnected = true;
    assert_int_equal(session_state(&session), SESSION_DISCONNECTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wait_for_a_time_returns_at_once_where_the_clock_stands),
        cmocka_unit_test(a_sleep_takes_the_labs_time_not_the_machines),
        cmocka_unit_test(no_change_is_missed),
        cmocka_unit_test(a_kill_wakes_what_waits_for_ever),
        cmocka_unit_test(the_worst_end_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
