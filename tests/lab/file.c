#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "tests/lab/model.h"

bool path_is_share(const char *path)
{
    return strncmp(path, "\\\\", 2) == 0 || strncmp(path, "https://", 8) == 0;
}

char *path_join(const char *folder, const char *name)
{
    size_t length = strlen(folder);
    bool separated = length > 0 && strchr("\\/", folder[length - 1]) != NULL;
    bool address = strncmp(folder, "https://", 8) == 0;
    return memory_format("%s%s%s", folder, separated ? "" : address ? "/" : "\\", name);
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

struct backup_file *lab_file_at(struct lab *lab, const struct instance *reader, const char *path,
                                int position)
{
    uint32_t hash = hash_path(path);
    /* the newest first: a path may have been written over */
    for (size_t i = lab->files_count; i-- > 0;) {
        struct backup_file *file = lab->files[i];
        if (file->path_hash == hash && file->position == position && !file->overwritten &&
            (file->local_to == NULL || file->local_to == reader) &&
            text_equal_nocase(file->path, path)) {
            return file;
        }
    }
    return NULL;
}

void backup_file_move(struct backup_file *file, struct instance *reader, const char *folder)
{
    const char *name = strrchr(file->path, '\\');
    const char *slash = strrchr(file->path, '/');
    name = name == NULL || (slash != NULL && slash > name) ? slash : name;
    char *path = path_join(folder, name == NULL ? file->path : name + 1);
    text_copy(file->path, sizeof file->path, path);
    free(path);
    file->path_hash = hash_path(file->path);
    file->local_to = path_is_share(file->path) ? NULL : reader;
}

struct backup_file *lab_file(struct lab *lab, const struct instance *reader, const char *path)
{
    return lab_file_at(lab, reader, path, 1);
}

struct set_description backup_file_describe(const struct backup_file *file)
{
    static const char *const models[] = {"FULL", "BULK-LOGGED", "SIMPLE"};
    struct set_description set = {
        /* captured: 512 always, 1024 for a copy-only set */
        .flags = 512 | (file->has_checksums ? 16 : 0) | (file->damaged ? 32 : 0) |
                 (file->bulk_logged ? 1 : 0) | (file->user_access == 1 ? 8 : 0) |
                 (file->copy_only ? 1024 : 0),
        .base_lsn = file->type == 'I' ? file->database_backup_lsn : 0,
        .recovery_model = models[file->recovery_model - 1],
        .last_valid_utc_ms = file->type == 'L' ? file->finish_utc_ms : INT64_MIN,
        .compression = file->uncompressed ? NULL : "MS_XPRESS",
    };
    const struct timeline *first = file->timeline;
    while (file->type == 'L' && first->parent != NULL && file->first_lsn < first->fork_lsn) {
        set.fork_point_lsn = first->fork_lsn;
        first = first->parent;
    }
    set.first_fork_guid = first->fork_guid;
    return set;
}

/* --- what is wrong with one -------------------------------------------------------------------- */

/* In the order of enum file_state. */
static const char *const state_words[] = {
    "readable",  "missing",  "no-folder", "denied",        "in-use",      "no-server",  "no-share",
    "no-logon",  "corrupt",  "not-mtf",   "mtf-version",   "empty",       "end-malformed",
    "inconsistent", "striped", "bad-page", "read-fails", "short", "redo-fails", "log-halts"};

const char *backup_file_state_words(void)
{
    return "readable, missing, no-folder, denied, in-use, no-server, no-share, no-logon, corrupt,"
           " not-mtf, mtf-version, empty, end-malformed, inconsistent, striped, bad-page, read-fails,"
           " short, redo-fails, log-halts, damaged, no-checksums, bulk-logged, newer, older, foreign,"
           " forked, unmarked, paths-mixed, files-changed, file-unknown, file-dropped, no-primary,"
           " fork-gap, log-begun-anew";
}

/* Another set than BizTalk's job wrote lies at the path now: of another family, or of a recovery
 * path that left this one's before the set begins. */
static void replace_timeline(struct backup_file *file, bool foreign)
{
    struct lab *lab = file->timeline->origin == NULL ? NULL : file->timeline->origin->lab;
    if (lab == NULL) {
        return;
    }
    struct timeline *timeline =
        foreign ? timeline_new(lab, file->timeline->tables)
                : timeline_fork(lab, file->timeline, file->first_lsn > 1 ? file->first_lsn - 1 : 0);
    timeline->origin = file->timeline->origin;
    timeline->writer = file->timeline->writer;
    file->timeline = timeline;
}

/* The files that the set lists become others than those that the database had when its BACKUP wrote
 * it; false = no such word. */
static bool change_files(struct backup_file *file, const char *word)
{
    struct database_file *first = &file->files[0], *last = &file->files[file->files_count - 1];
    if (text_equal_nocase(word, "files-changed")) {
        file->files_count--;
    } else if (text_equal_nocase(word, "no-primary")) {
        memmove(first, first + 1, --file->files_count * sizeof *first);
    } else if (text_equal_nocase(word, "file-dropped")) {
        first->drop_lsn = file->first_lsn;
    } else if (text_equal_nocase(word, "paths-mixed") && file->timeline->origin != NULL) {
        first->path = timeline_fork(file->timeline->origin->lab, file->timeline, file->first_lsn);
    } else if (text_equal_nocase(word, "file-unknown") && file->files_count < DATABASE_FILES) {
        last[1] = (struct database_file){.id = last->id + 1, .create_lsn = file->first_lsn - 1};
        text_copy(last[1].logical_name, sizeof last->logical_name, "LaterFile");
        text_copy(last[1].physical_name, sizeof last->physical_name, "D:\\Data\\LaterFile.ndf");
        file->files_count++;
    } else {
        return false;
    }
    return true;
}

static void keep_written_files(struct backup_file *file)
{
    if (file->files_written == NULL) {
        file->files_written_count = file->files_count;
        file->files_written = memory_new(sizeof file->files);
        memcpy(file->files_written, file->files, sizeof file->files);
    }
}

static void take_back_files(struct backup_file *file)
{
    if (file->files_written != NULL) {
        memcpy(file->files, file->files_written, sizeof file->files);
        file->files_count = file->files_written_count;
    }
    free(file->files_written);
    file->files_written = NULL;
    file->chain_since_lsn = file->log_since_lsn = 0;
}

/* What became of the log that the set holds, and of the files that it lists; false = no such
 * word. */
static bool set_past(struct backup_file *file, const char *word)
{
    if (text_equal_nocase(word, "fork-gap")) {
        file->chain_since_lsn = file->last_lsn;
    } else if (text_equal_nocase(word, "log-begun-anew")) {
        file->log_since_lsn = file->last_lsn;
    } else {
        keep_written_files(file);
        return change_files(file, word);
    }
    return true;
}

/* A property of the set itself; false = no such word. */
static bool set_property(struct backup_file *file, const char *word)
{
    if (text_equal_nocase(word, "damaged")) {
        file->damaged = true;
    } else if (text_equal_nocase(word, "no-checksums")) {
        file->has_checksums = false;
    } else if (text_equal_nocase(word, "bulk-logged")) {
        file->bulk_logged = true;
    } else if (text_equal_nocase(word, "unmarked")) {
        file->unmarked = true;
    } else if (text_equal_nocase(word, "newer")) {
        file->major_version++;
    } else if (text_equal_nocase(word, "older")) {
        file->major_version--;
    } else if (text_equal_nocase(word, "foreign") || text_equal_nocase(word, "forked")) {
        replace_timeline(file, text_equal_nocase(word, "foreign"));
    } else {
        return set_past(file, word);
    }
    return true;
}

bool backup_file_set_state(struct backup_file *file, const char *word)
{
    for (size_t i = 0; i < sizeof state_words / sizeof *state_words; i++) {
        if (text_equal_nocase(state_words[i], word)) {
            file->state = (enum file_state)i;
            file->damaged = file->bulk_logged = file->unmarked = false;
            file->has_checksums = true;
            take_back_files(file);
            return true;
        }
    }
    return set_property(file, word);
}
