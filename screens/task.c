#include "screens/task.h"

#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include "core/base/memory.h"

struct task {
    struct task *next;
    void (*work)(void *data);
    void (*done)(void *data);
    void *data;
    struct tasks *owner;
};

struct tasks {
    pthread_mutex_t lock;
    pthread_cond_t ended_one;
    void (*wake)(void *context);
    void *context;
    size_t running;           /* threads under way */
    struct task *ended, **tail; /* not collected yet */
    size_t ended_count;
    bool abandoned; /* tasks_stop gave up: the last thread frees */
};

struct tasks *tasks_new(void (*wake)(void *context), void *context)
{
    struct tasks *tasks = memory_new(sizeof *tasks);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&tasks->lock, NULL);
    pthread_cond_init(&tasks->ended_one, &attributes);
    pthread_condattr_destroy(&attributes);
    tasks->wake = wake;
    tasks->context = context;
    tasks->tail = &tasks->ended;
    return tasks;
}

static void append_ended(struct tasks *tasks, struct task *task)
{
    task->next = NULL;
    *tasks->tail = task;
    tasks->tail = &task->next;
    tasks->ended_count++;
}

/* What nobody collected is forgotten with its data. */
static void free_tasks(struct tasks *tasks)
{
    while (tasks->ended) {
        struct task *next = tasks->ended->next;
        free(tasks->ended);
        tasks->ended = next;
    }
    pthread_cond_destroy(&tasks->ended_one);
    pthread_mutex_destroy(&tasks->lock);
    free(tasks);
}

static void *run(void *argument)
{
    struct task *task = argument;
    struct tasks *tasks = task->owner;
    task->work(task->data);
    pthread_mutex_lock(&tasks->lock);
    append_ended(tasks, task);
    tasks->running--;
    if (tasks->wake && !tasks->abandoned)
        tasks->wake(tasks->context);
    bool last = tasks->abandoned && tasks->running == 0;
    pthread_cond_signal(&tasks->ended_one);
    pthread_mutex_unlock(&tasks->lock);
    if (last)
        free_tasks(tasks);
    return NULL;
}

/* Signals belong to the main thread: a task starts with all of them blocked. */
static bool start_thread(struct task *task)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_t thread;
    bool started = pthread_create(&thread, NULL, run, task) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (started)
        pthread_detach(thread);
    return started;
}

void task_start(struct tasks *tasks, void (*work)(void *data), void (*done)(void *data),
                void *data)
{
    struct task *task = memory_new(sizeof *task);
    *task = (struct task){.work = work, .done = done, .data = data, .owner = tasks};
    if (tasks->wake) {
        pthread_mutex_lock(&tasks->lock);
        tasks->running++;
        pthread_mutex_unlock(&tasks->lock);
        if (start_thread(task))
            return;
        pthread_mutex_lock(&tasks->lock);
        tasks->running--;
        pthread_mutex_unlock(&tasks->lock);
    }
    work(data);
    pthread_mutex_lock(&tasks->lock);
    append_ended(tasks, task);
    if (tasks->wake)
        tasks->wake(tasks->context);
    pthread_mutex_unlock(&tasks->lock);
}

/* Calls done() of a chain of tasks and frees them. */
static void finish(struct task *task)
{
    while (task) {
        struct task *next = task->next;
        task->done(task->data);
        free(task);
        task = next;
    }
}

bool tasks_collect(struct tasks *tasks)
{
    pthread_mutex_lock(&tasks->lock);
    struct task *task = tasks->ended;
    tasks->ended = NULL;
    tasks->tail = &tasks->ended;
    tasks->ended_count = 0;
    pthread_mutex_unlock(&tasks->lock);
    bool any = task != NULL;
    finish(task);
    return any;
}


size_t tasks_stop(struct tasks *tasks, int limit_ms)
{
    if (!tasks)
        return 0;
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += limit_ms / 1000;
    until.tv_nsec += (long)(limit_ms % 1000) * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_nsec -= 1000000000L;
        until.tv_sec++;
    }
    pthread_mutex_lock(&tasks->lock);
    while (tasks->running &&
           pthread_cond_timedwait(&tasks->ended_one, &tasks->lock, &until) == 0)
        continue;
    size_t left = tasks->running;
    tasks->abandoned = left > 0;
    struct task *ended = tasks->ended;
    tasks->ended = NULL;
    tasks->tail = &tasks->ended;
    pthread_mutex_unlock(&tasks->lock);
    finish(ended);
    if (left == 0)
        free_tasks(tasks);
    return left; /* not 0: the last of them frees; what they use must live until then */
}
