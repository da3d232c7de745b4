#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "tests/lab/model.h"

bool path_is_share(const char *path)
{
    return strncmp(path, "\\\\", 2) == 0 || strncmp(path, "https://", 8) == 0;
}

/* Windows paths have no case: equal paths have equal hashes (ASCII letters folded, others left
 * out).
 */
static uint32_t hash_path(const char *path)
{
    uint32_t hash = 2166136261u;
    for (const char *at = path; *at != '\0'; at++) {
        unsigned char c = (unsigned char)*at;
        if (c < 0x80) {
            hash = (hash ^ (c >= 'A' && c <= 'Z' ? c + 32u : c)) * 16777619u;
        }
    }
    return hash;
}

struct backup_file *lab_add_file(struct lab *lab, struct backup_file *file)
{
    memory_append(lab, files);
    lab->files[lab->files_count - 1] = file;
    file->index = lab->files_count - 1;
    file->path_hash = hash_path(file->path);
    return file;
}

struct backup_file *lab_file(struct lab *lab, const struct instance *reader, const char *path)
{
    uint32_t hash = hash_path(path);
    /* the newest first: a path may have been written over */
    for (size_t i = lab->files_count; i-- > 0;) {
        struct backup_file *file = lab->files[i];
        if (file->path_hash == hash && (file->local_to == NULL || file->local_to == reader) &&
            text_equal_nocase(file->path, path)) {
            return file;
        }
    }
    return NULL;
}
