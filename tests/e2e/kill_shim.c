/* Preloaded into the program by tests only: counts, in the worker process, the calls by which a run
 * reaches the outside (journal syncs and writes to sockets, reads from them) and kills the process
 * at the one whose number STOPMARK_KILL_AT holds. With STOPMARK_KILL_COUNT=FILE it writes the count
 * to that file at every call, so that a clean run tells how many there are, and one that was to be
 * killed how far it came.
 *
 * The kill comes before the call: "sent but not journalled" and "journalled but not sent" are
 * neighbouring points. */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#define WORKER "internal-worker"

static atomic_long calls;
static long kill_at;
static int count_fd = -1;
static bool active;

static bool is_worker(void)
{
    char words[4096];
    int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, words, sizeof words - 1);
    if (fd >= 0)
        close(fd);
    if (length <= 0)
        return false;
    words[length] = '\0';
    const char *second = words + strlen(words) + 1;
    return second < words + length && strcmp(second, WORKER) == 0;
}

__attribute__((constructor)) static void start(void)
{
    const char *at = getenv("STOPMARK_KILL_AT");
    const char *count = getenv("STOPMARK_KILL_COUNT");
    if ((at == NULL && count == NULL) || !is_worker())
        return;
    if (at != NULL)
        kill_at = atol(at);
    if (count != NULL)
        count_fd = open(count, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    active = true;
}

static bool is_socket(int fd)
{
    struct stat info;
    return fstat(fd, &info) == 0 && S_ISSOCK(info.st_mode);
}

static void passed(void)
{
    if (!active)
        return;
    long number = atomic_fetch_add(&calls, 1) + 1;
    if (count_fd >= 0) {
        char text[32];
        int length = snprintf(text, sizeof text, "%ld\n", number);
        if (pwrite(count_fd, text, (size_t)length, 0) < 0)
            abort();
    }
    if (number == kill_at)
        kill(getpid(), SIGKILL);
}

#define NEXT(name) ((__typeof__(&name))(uintptr_t)dlsym(RTLD_NEXT, #name))

int fsync(int fd)
{
    passed();
    return NEXT(fsync)(fd);
}

int fdatasync(int fd)
{
    passed();
    return NEXT(fdatasync)(fd);
}

ssize_t send(int fd, const void *bytes, size_t length, int flags)
{
    passed();
    return NEXT(send)(fd, bytes, length, flags);
}

ssize_t recv(int fd, void *bytes, size_t length, int flags)
{
    passed();
    return NEXT(recv)(fd, bytes, length, flags);
}

ssize_t write(int fd, const void *bytes, size_t length)
{
    if (active && is_socket(fd))
        passed();
    return NEXT(write)(fd, bytes, length);
}

ssize_t read(int fd, void *bytes, size_t length)
{
    if (active && is_socket(fd))
        passed();
    return NEXT(read)(fd, bytes, length);
}
