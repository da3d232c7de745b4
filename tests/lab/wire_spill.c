#include "tests/lab/wire_spill.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/log.h"

static bool open_file(struct spill *spill)
{
    const char *directory = getenv("TMPDIR");

    if (spill->fd > 0)
        return true;
    spill->fd = open(directory != NULL && directory[0] != '\0' ? directory : "/var/tmp",
                     O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (spill->fd > 0)
        return true;
    log_write(LOG_WARNING, "no temporary file for a large reply: it stays in memory");
    spill->fd = 0;
    return false;
}

bool spill_add(struct spill *spill, const void *bytes, size_t length)
{
    const char *at = bytes;
    off_t end = spill->written;

    if (!open_file(spill))
        return false;
    while (length > 0) {
        ssize_t wrote = pwrite(spill->fd, at, length, end);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return false;
        at += wrote;
        end += wrote;
        length -= (size_t)wrote;
    }
    spill->written = end;
    return true;
}

size_t spill_left(const struct spill *spill)
{
    return (size_t)(spill->written - spill->taken);
}

size_t spill_take(struct spill *spill, struct str *out, size_t max)
{
    char bytes[16384];
    size_t moved = 0;

    while (moved < max && spill_left(spill) > 0) {
        size_t want = max - moved < sizeof bytes ? max - moved : sizeof bytes;
        want = want < spill_left(spill) ? want : spill_left(spill);
        ssize_t got = pread(spill->fd, bytes, want, spill->taken);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        str_add_bytes(out, bytes, (size_t)got);
        spill->taken += got;
        moved += (size_t)got;
    }
    if (spill_left(spill) == 0)
        spill_reset(spill);
    return moved;
}

void spill_cut(struct spill *spill, off_t length)
{
    if (length >= spill->written)
        return;
    if (ftruncate(spill->fd, length) != 0)
        log_write(LOG_WARNING, "a temporary file cannot be cut");
    spill->written = length;
}

void spill_reset(struct spill *spill)
{
    if (spill->written > 0 && ftruncate(spill->fd, 0) != 0)
        log_write(LOG_WARNING, "a temporary file cannot be emptied");
    spill->written = spill->taken = 0;
}

void spill_free(struct spill *spill)
{
    if (spill->fd > 0)
        close(spill->fd);
    *spill = (struct spill){0};
}
