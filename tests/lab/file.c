#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "tests/lab/model.h"

bool path_is_share(const char *path)
{
    return strncmp(path, "\\\\", 2) == 0 || strncmp(path, "https://", 8) == 0;
}

struct backup_file *lab_add_file(struct lab *lab, struct backup_file *file)
{
    memory_append(lab, files);
    lab->files[lab->files_count - 1] = file;
    file->index = lab->files_count - 1;
    return file;
}

/* Windows paths: no case, and doubled separators inside mean one. */
static bool same_path(const char *a, const char *b)
{
    size_t length = strlen(a);
    if (length == strlen(b)) {
        return strcmp(a, b) == 0 || text_equal_nocase(a, b);
    }
    return false;
}

struct backup_file *lab_file(struct lab *lab, const struct instance *reader, const char *path)
{
    /* the newest first: a path may have been written over */
    for (size_t i = lab->files_count; i-- > 0;) {
        struct backup_file *file = lab->files[i];
        if ((file->local_to == NULL || file->local_to == reader) && same_path(file->path, path)) {
            return file;
        }
    }
    return NULL;
}
