#include "core/aftermath.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/file.h"
#include "core/journal.h"
#include "core/run_internal.h"
#include "core/store.h"
#include "core/tsql_aftermath.h"
#include "core/updateinfo.h"

enum { SCAN_SIZE_MAX = 16 * 1024 * 1024 };

/* --- names ------------------------------------------------------------------------------------ */

/* The scripts of a destination, in the order of their use. */
static const struct {
    const char *name;
    char *(*make)(const struct group_view *view, int destination);
} scripts[] = {
    {"logins", tsql_logins_aftermath},
    {"jobs", tsql_jobs_aftermath},
    {"jobs-enable", tsql_jobs_enable_aftermath},
};

static char *update_path(const struct config *config, int64_t run)
{
    return memory_format("%s/update-%lld.xml", run_directory(config), (long long)run);
}

static char *scan_path(const struct config *config, int64_t run)
{
    return memory_format("%s/scan-%lld.json", run_directory(config), (long long)run);
}

/* A server's name may hold anything; a file's may not. */
static char *script_path(const struct config *config, int64_t run, const char *script,
                         const char *server)
{
    char *plain = memory_copy_text(server);
    for (char *c = plain; *c != '\0'; c++)
        if (!isalnum((unsigned char)*c) && *c != '-' && *c != '.')
            *c = '_';
    char *path = memory_format("%s/%s-%lld-%s.sql", run_directory(config), script, (long long)run,
                               plain);
    free(plain);
    return path;
}

/* --- making ----------------------------------------------------------------------------------- */

struct making {
    const struct config *config;
    int64_t run;
    void (*note)(void *context, const char *line);
    void *context;
};

static void tell(const struct making *making, const char *path, const char *problem)
{
    char *line = problem == NULL ? memory_format("made %s", path)
                                 : memory_format("%s could not be made: %s", path, problem);
    making->note(making->context, line);
    free(line);
}

/* Takes path and text. */
static void write_file(const struct making *making, char *path, char *text)
{
    tell(making, path, file_write(path, text) ? NULL : strerror(errno));
    free(path);
    free(text);
}

static void make_update_file(const struct making *making, const struct group_view *view)
{
    struct error error;
    struct updateinfo *info = updateinfo_make(view, &error);
    char *text = info == NULL ? NULL : updateinfo_to_xml(info, &error);
    char *path = update_path(making->config, making->run);
    if (text != NULL) {
        write_file(making, path, text);
    } else {
        tell(making, path, error.what);
        free(path);
    }
    updateinfo_free(info);
}

/* A move disables the jobs of its sources before they are read for the last time: enabled is what
 * the run found enabled. */
static void take_back_disabled(const struct config *config, int64_t run,
                               struct server_view *const *views)
{
    struct journal_content past = {0};
    struct journal *journal = journal_open(run_directory(config), run, JOURNAL_READ, NULL);
    if (journal != NULL && journal_read(journal, &past, NULL) == ERR_OK)
        for (size_t i = 0; i < past.jobs_count; i++) {
            int server = config_server_find(config, past.jobs[i].server);
            for (size_t k = 0; server >= 0 && config->servers[server].role == ROLE_SOURCE &&
                               k < views[server]->jobs_count; k++)
                if (text_equal_nocase(views[server]->jobs[k].job_id, past.jobs[i].job_id))
                    views[server]->jobs[k].enabled = true;
        }
    journal_content_free(&past);
    journal_close(journal);
}

/* What was known of all servers when they were last read, live or long ago. */
static struct group_view *last_good_view(const struct config *config, int64_t run)
{
    const struct clock *clock = clock_system();
    struct server_view **views = memory_new_array(config->servers_count, sizeof *views);
    for (size_t i = 0; i < config->servers_count; i++) {
        views[i] = store_load(NULL, config, i, clock);
        if (views[i] == NULL)
            views[i] = server_view_new(config->servers[i].name, config->servers[i].role);
    }
    take_back_disabled(config, run, views);
    struct group_view *view = group_view_build(config, views, config->servers_count, NULL,
                                               clock_utc_ms(clock), clock_monotonic_ms(clock));
    for (size_t i = 0; i < config->servers_count; i++)
        server_view_release(views[i]);
    free(views);
    return view;
}

void aftermath_make(const struct config *config, int64_t run,
                    void (*note)(void *context, const char *line), void *context)
{
    const struct making making = {config, run, note, context};
    struct group_view *view = last_good_view(config, run);
    make_update_file(&making, view);
    for (size_t i = 0; i < view->destinations_count; i++)
        for (size_t k = 0; k < sizeof scripts / sizeof *scripts; k++) {
            int destination = view->destinations[i];
            write_file(&making,
                       script_path(config, run, scripts[k].name,
                                   config->servers[destination].name),
                       scripts[k].make(view, destination));
        }
    group_view_release(view);
}

enum error_code aftermath_keep_scan(const struct config *config, int64_t run,
                                    const struct scan *scan, struct error *error)
{
    char *path = scan_path(config, run), *text = scan_to_json(scan);
    enum error_code code = ERR_OK;
    if (!file_write(path, text))
        code = error_set(error, ERR_IO, path, NULL, "the scan cannot be kept: %s",
                         strerror(errno));
    free(text);
    free(path);
    return code;
}

/* --- reading ---------------------------------------------------------------------------------- */

static void take_if_there(struct report *report, char *path)
{
    if (access(path, R_OK) == 0)
        *memory_append(report, files) = path;
    else
        free(path);
}

void aftermath_read(struct report *report, const struct config *config)
{
    int64_t run = report->summary.run;
    take_if_there(report, update_path(config, run));
    for (size_t i = 0; i < config->servers_count; i++)
        for (size_t k = 0; config->servers[i].role == ROLE_DESTINATION &&
                           k < sizeof scripts / sizeof *scripts; k++)
            take_if_there(report,
                          script_path(config, run, scripts[k].name, config->servers[i].name));
    char *path = scan_path(config, run);
    char *text = file_read(path, SCAN_SIZE_MAX);
    if (text != NULL)
        report->scan = scan_from_json(text);
    free(text);
    free(path);
}
