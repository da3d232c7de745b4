#include "core/added.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/chain.h"

static struct added_file new_added(const char *path, int destination, char *problem)
{
    return (struct added_file){
        .file = {.present = true, .path = memory_copy_text(path), .size_bytes = SIZE_UNKNOWN},
        .destination = destination,
        .problem = problem,
        .entry = -1};
}

static void take_header(struct added_file *added, const struct backup_header *header)
{
    added->database = memory_copy_text(header->database);
    added->kind = header->type == 'D' ? SET_FULL : SET_LOG;
    chain_take_header(&added->file, header);
}

struct added_file added_from_proof(const struct file_proof *proof, const char *path,
                                   int destination)
{
    if (proof->state != FILE_PROVEN)
        return new_added(path, destination,
                         memory_copy_text(proof->problem == NULL ? "it cannot be read"
                                                                 : proof->problem));
    const struct backup_header *first = NULL; /* the one that a RESTORE reads by itself */
    for (size_t i = 0; i < proof->headers_count && first == NULL; i++)
        first = proof->headers[i].position == 1 ? &proof->headers[i] : NULL;
    const char *problem = first == NULL                             ? "it holds no backup"
                          : first->damaged                          ? "its header says that it is damaged"
                          : first->type != 'D' && first->type != 'L' ? "it is no full and no log backup"
                                                                    : NULL;
    struct added_file added = new_added(path, destination, memory_copy_text(problem));
    if (problem == NULL)
        take_header(&added, first);
    return added;
}

/* A file of a set that is still being taken is not touched. */
static bool is_being_written(const struct group_view *view, const char *path)
{
    for (size_t s = 0; s < view->sets_count; s++)
        for (size_t k = 0; k < view->roster_count && view->sets[s].in_progress; k++) {
            const struct set_file *file = &view->sets[s].files[k];
            if (file->present && (text_equal_nocase(file->path, path) ||
                                  text_equal_nocase(file->as_backed_up, path)))
                return true;
        }
    return false;
}

static const char *password_of(const struct secrets *secrets, size_t server)
{
    return secrets == NULL ? NULL : secrets_get(secrets, server);
}

/* By the restore login: the same server, with the other login in the monitor's place. Only reads. */
static struct file_proof *fetch_as_restorer(const struct config *config, size_t server,
                                            const struct secrets *restore, const char *path,
                                            int64_t now_utc_ms, struct error *error)
{
    struct config as_restorer = *config;
    as_restorer.servers = memory_new_array(config->servers_count, sizeof *config->servers);
    memcpy(as_restorer.servers, config->servers, config->servers_count * sizeof *config->servers);
    as_restorer.servers[server].monitor = config->servers[server].restore;
    struct file_proof *proof = proof_fetch(&as_restorer, server, password_of(restore, server), path,
                                           now_utc_ms, error);
    free(as_restorer.servers);
    return proof;
}

static struct added_file read_one(const struct config *config, const struct group_view *view,
                                  const char *path, int destination, const struct secrets *monitor,
                                  const struct secrets *restore)
{
    if (is_being_written(view, path))
        return new_added(path, destination,
                         memory_copy_text("it belongs to a set that is still being taken"));
    size_t server = (size_t)destination;
    struct error error;
    error_clear(&error);
    struct file_proof *proof = proof_fetch(config, server, password_of(monitor, server), path,
                                           view->now_utc_ms, &error);
    bool may_ask_again = (error.code == ERR_PERMISSION || error.code == ERR_NO_PASSWORD) &&
                         restore != NULL &&
                         config->servers[server].has_restore_login;
    if (proof == NULL && may_ask_again) {
        error_clear(&error);
        proof = fetch_as_restorer(config, server, restore, path, view->now_utc_ms, &error);
    }
    if (proof == NULL) {
        char text[1024];
        error_format(&error, text, sizeof text);
        return new_added(path, destination, memory_copy_text(text));
    }
    struct added_file added = added_from_proof(proof, path, destination);
    proof_release(proof);
    return added;
}

void added_read(const struct config *config, const struct group_view *view,
                const char *const *paths, size_t paths_count, const struct secrets *monitor,
                const struct secrets *restore, struct added_files *out)
{
    for (size_t p = 0; p < paths_count; p++)
        for (size_t d = 0; d < view->destinations_count; d++) {
            int destination = view->destinations[d];
            struct added_file added =
                view->down[destination]
                    ? new_added(paths[p], destination, memory_copy_text("it does not answer"))
                    : read_one(config, view, paths[p], destination, monitor, restore);
            *memory_append(out, items) = added;
        }
}

void added_free(struct added_files *files)
{
    for (size_t i = 0; i < files->items_count; i++) {
        free(files->items[i].file.path);
        free(files->items[i].database);
        free(files->items[i].problem);
    }
    free(files->items);
    *files = (struct added_files){0};
}
