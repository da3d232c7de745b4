#include "tui/term_guard.h"

#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static const int fatal_signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
enum { FATAL_COUNT = sizeof fatal_signals / sizeof *fatal_signals };

/* A signal handler can be handed nothing, so this state is the process's. */
static struct {
    int fd;
    struct termios modes;
    char text[256];
    size_t length;
    volatile sig_atomic_t armed;
    struct sigaction former[FATAL_COUNT];
} guard = {.fd = -1};

static void on_fatal(int number)
{
    if (guard.armed) {
        guard.armed = 0;
        ssize_t written = write(guard.fd, guard.text, guard.length);
        (void)written;
        tcsetattr(guard.fd, TCSANOW, &guard.modes);
    }
    for (int i = 0; i < FATAL_COUNT; i++)
        if (fatal_signals[i] == number)
            sigaction(number, &guard.former[i], NULL);
    raise(number); /* blocked until we return */
}

void term_guard_save(int fd)
{
    guard.fd = fd;
    tcgetattr(fd, &guard.modes);
}

void term_guard_arm(const char *text)
{
    guard.length = strlen(text);
    if (guard.length > sizeof guard.text)
        guard.length = sizeof guard.text;
    memcpy(guard.text, text, guard.length);
    if (guard.armed)
        return;
    guard.armed = 1;
    struct sigaction action = {.sa_handler = on_fatal};
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < FATAL_COUNT; i++)
        sigaction(fatal_signals[i], &action, &guard.former[i]);
}

void term_guard_disarm(void)
{
    if (!guard.armed)
        return;
    guard.armed = 0;
    for (int i = 0; i < FATAL_COUNT; i++)
        sigaction(fatal_signals[i], &guard.former[i], NULL);
}
