/* Evidence: a file that a note names is told by its size and hash. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/memory.h"
#include "core/hash.h"
#include "core/runbook.h"

enum { EVIDENCE_MAX = 64 * 1024 * 1024 };

/* The bytes of a regular file, owned; NULL with errno. */
static void *read_bytes(const char *path, size_t *size)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return NULL;
    bool good = fstat(fd, &status) == 0;
    if (good && (!S_ISREG(status.st_mode) || status.st_size > EVIDENCE_MAX)) {
        errno = S_ISREG(status.st_mode) ? EFBIG : EINVAL;
        good = false;
    }
    char *bytes = good ? memory_new((size_t)status.st_size + 1) : NULL;
    *size = 0;
    for (ssize_t got; good && *size < (size_t)status.st_size; *size += (size_t)got) {
        got = read(fd, bytes + *size, (size_t)status.st_size - *size);
        if (got == 0)
            break;
        good = got > 0;
    }
    int reason = errno;
    close(fd);
    if (good)
        return bytes;
    free(bytes);
    errno = reason;
    return NULL;
}

char *runbook_note(const char *note, struct error *error)
{
    const char *sign = strstr(note, "@/");
    if (sign == NULL || (sign != note && sign[-1] != ' '))
        return memory_copy_text(note);
    const char *path = sign + 1;
    size_t size;
    void *bytes = read_bytes(path, &size);
    if (bytes == NULL) {
        error_set(error, ERR_IO, path, "@/path at the end of a note names a file as evidence",
                  "the evidence cannot be read: %s", strerror(errno));
        return NULL;
    }
    char hash[HASH_TEXT_SIZE];
    hash_text(hash, bytes, size);
    free(bytes);
    return memory_format("%.*s%s (%zu bytes, sha256 %s)", (int)(sign - note), note, path, size,
                         hash);
}
