#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "screens/notice.h"
#include "screens/task.h"
#include "tests/support/build_view.h"

struct job {
    pthread_t worker;
    int gate; /* read before it ends; -1 = none */
    int worked, done;
};

static void work(void *data)
{
    struct job *job = data;
    uint64_t value;
    job->worker = pthread_self();
    if (job->gate >= 0 && read(job->gate, &value, sizeof value) != (ssize_t)sizeof value)
        return;
    job->worked++;
}

static void done(void *data)
{
    struct job *job = data;
    job->done++;
}

static void wake(void *context)
{
    uint64_t one = 1;
    assert_int_equal(write(*(int *)context, &one, sizeof one), (ssize_t)sizeof one);
}

static void wait_for(int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    assert_int_equal(poll(&poll_fd, 1, 5000), 1);
    uint64_t value;
    assert_int_equal(read(fd, &value, sizeof value), (ssize_t)sizeof value);
}

static void work_is_done_elsewhere_and_told_here(void **state)
{
    int fd = eventfd(0, EFD_CLOEXEC);
    struct tasks *tasks = tasks_new(wake, &fd);
    struct job job = {.gate = -1};
    (void)state;
    task_start(tasks, work, done, &job);
    wait_for(fd);
    assert_int_equal(job.done, 0);
    assert_true(tasks_collect(tasks));
    assert_int_equal(job.worked, 1);
    assert_int_equal(job.done, 1);
    assert_false(pthread_equal(job.worker, pthread_self()));
    assert_false(tasks_collect(tasks));
    assert_int_equal(tasks_stop(tasks, 1000), 0);
    close(fd);
}

static void without_a_wake_the_work_is_done_at_once(void **state)
{
    struct tasks *tasks = tasks_new(NULL, NULL);
    struct job job = {.gate = -1};
    (void)state;
    task_start(tasks, work, done, &job);
    assert_int_equal(job.worked, 1);
    assert_true(tasks_collect(tasks));
    assert_int_equal(job.done, 1);
    assert_int_equal(tasks_stop(tasks, 0), 0);
}

static void stopping_waits_for_what_is_under_way_but_not_for_ever(void **state)
{
    int fd = eventfd(0, EFD_CLOEXEC), gate = eventfd(0, EFD_CLOEXEC);
    struct tasks *tasks = tasks_new(wake, &fd);
    static struct job job; /* outlives the task that is left behind */
    (void)state;
    job.gate = gate;
    task_start(tasks, work, done, &job);
    assert_int_equal(tasks_stop(tasks, 50), 1);
    uint64_t one = 1;
    assert_int_equal(write(gate, &one, sizeof one), (ssize_t)sizeof one);
    assert_int_equal(job.done, 0);
}

static void a_view_that_did_not_change_is_no_news(void **state)
{
    struct build *build = build_contoso(1, false);
    struct group_view *view = build_view(build);
    struct notices *notices = notices_new();
    (void)state;
    notices_compare(notices, NULL, view);
    size_t first = notices->items_count;
    notices_compare(notices, view, view);
    assert_int_equal(notices->items_count, first);
    notices_free(notices);
    group_view_release(view);
    build_free(build);
}

static void a_server_that_dies_and_comes_back_is_told_twice(void **state)
{
    struct build *build = build_contoso(1, false);
    struct group_view *before = build_view(build);
    struct notices *notices = notices_new();
    (void)state;
    build_kill(build, 3);
    struct group_view *dead = build_view(build);
    notices_compare(notices, before, dead);
    size_t told = 0;
    for (size_t i = 0; i < notices->items_count; i++)
        told += notices->items[i].verdict == VERDICT_CRITICAL &&
                !strcmp(notices->items[i].where, "DRSQL2");
    assert_true(told >= 1);
    size_t count = notices->items_count;
    notices_compare(notices, dead, before);
    assert_true(notices->items_count > count);
    notices_free(notices);
    group_view_release(before);
    group_view_release(dead);
    build_free(build);
}

static void the_oldest_notices_fall_out(void **state)
{
    struct notices *notices = notices_new();
    (void)state;
    for (int i = 0; i < NOTICES_LIMIT + 10; i++)
        notices_add(notices, i, VERDICT_OK, NULL, "number %d", i);
    assert_true(notices->items_count <= NOTICES_LIMIT);
    assert_int_equal(notices->last_id, NOTICES_LIMIT + 10);
    assert_int_equal(notices->items[notices->items_count - 1].id, notices->last_id);
    notices_free(notices);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(work_is_done_elsewhere_and_told_here),
        cmocka_unit_test(without_a_wake_the_work_is_done_at_once),
        cmocka_unit_test(stopping_waits_for_what_is_under_way_but_not_for_ever),
        cmocka_unit_test(a_view_that_did_not_change_is_no_news),
        cmocka_unit_test(a_server_that_dies_and_comes_back_is_told_twice),
        cmocka_unit_test(the_oldest_notices_fall_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
