#include "core/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/memory.h"

char *file_read(const char *path, size_t size_max)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return NULL;
    char *text = memory_new(size_max + 2);
    size_t length = fread(text, 1, size_max + 1, file);
    int reason = ferror(file) ? EIO : length > size_max ? EFBIG : 0;
    fclose(file);
    text[length] = '\0';
    if (reason == 0)
        return text;
    free(text);
    errno = reason;
    return NULL;
}

/* A temporary file beside path with the whole text, synced; NULL with errno. Owned. */
static char *write_beside(const char *path, const char *text)
{
    char *temporary = memory_format("%s.%d.new", path, (int)getpid());
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    size_t length = strlen(text);
    bool good = fd >= 0;
    for (ssize_t done; good && length > 0; text += done, length -= (size_t)done)
        good = (done = write(fd, text, length)) > 0;
    good = good && fsync(fd) == 0;
    int reason = errno;
    if (fd >= 0)
        close(fd);
    if (good)
        return temporary;
    if (fd >= 0)
        unlink(temporary);
    free(temporary);
    errno = reason;
    return NULL;
}

bool file_write(const char *path, const char *text)
{
    char *temporary = write_beside(path, text);
    if (temporary == NULL)
        return false;
    bool good = rename(temporary, path) == 0;
    int reason = errno;
    if (!good)
        unlink(temporary);
    free(temporary);
    errno = reason;
    return good;
}

bool file_write_new(const char *path, const char *text)
{
    char *temporary = write_beside(path, text);
    if (temporary == NULL)
        return false;
    bool good = link(temporary, path) == 0; /* fails where the name is taken */
    int reason = errno;
    unlink(temporary);
    free(temporary);
    errno = reason;
    return good;
}
