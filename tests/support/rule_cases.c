#include "tests/support/rule_cases.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "tests/support/rule_cases_internal.h"

static const struct rule_cases *const all[] = {&rule_cases_first, &rule_cases_jobs,
                                               &rule_cases_sets, &rule_cases_failover,
                                               &rule_cases_around, &rule_cases_live};

const struct rule_cases *const *rule_cases_all(size_t *count)
{
    *count = sizeof all / sizeof *all;
    return all;
}

bool rule_case_fires(const struct rule_case *c)
{
    bool about_sight = strcmp(c->rule, "visible") == 0;
    return c->verdict == VERDICT_WARNING || c->verdict == VERDICT_CRITICAL ||
           (about_sight && c->verdict == VERDICT_UNKNOWN);
}

bool rule_case_is_quiet(const struct rule_case *c)
{
    return c->verdict == VERDICT_OK;
}

bool rule_case_is_blind(const struct rule_case *c)
{
    return c->verdict == VERDICT_UNKNOWN;
}

struct build *rule_case_build(const struct rule_case *c)
{
    struct build *build = c->estate != NULL ? c->estate() : build_kept_up();
    if (c->hides)
        spoil_part(build, c->hidden_server, c->hidden_part);
    if (c->spoil != NULL)
        c->spoil(build);
    return build;
}

void spoil_text(char **to, const char *text)
{
    free(*to);
    *to = memory_copy_text(text);
}

struct job_row *spoil_job(struct build *build, int server, enum job_function function)
{
    for (size_t i = 0; i < build->servers[server]->jobs_count; i++)
        if (build->servers[server]->jobs[i].function == function)
            return &build->servers[server]->jobs[i];
    return NULL;
}

void spoil_part(struct build *build, int server, enum view_part part)
{
    build->servers[server]->parts[part].state = PART_NOT_VISIBLE;
    error_set(&build->servers[server]->parts[part].error, ERR_PERMISSION, NULL,
              "GRANT X TO monitor", "not visible");
}

struct history_row *spoil_imported(struct build *build, int server, int64_t set,
                                   const char *database)
{
    struct history_chunk *chunk = build->servers[server]->history[0];
    for (size_t i = 0; i < chunk->count; i++)
        if (chunk->rows[i].set_id == set && strcmp(chunk->rows[i].database, database) == 0)
            return &chunk->rows[i];
    return NULL;
}

void spoil_purge(struct build *build, int64_t first)
{
    for (size_t s = 0; s < build->servers_count; s++) {
        struct history_chunk *chunk = build->servers[s]->history[0];
        size_t kept = 0;
        for (size_t i = 0; i < chunk->count; i++) {
            struct history_row row = chunk->rows[i];
            if (row.set_id >= first) {
                chunk->rows[i] = chunk->rows[kept];
                chunk->rows[kept++] = row;
            }
        }
        for (size_t i = kept; i < chunk->count; i++) {
            free(chunk->rows[i].mark);
            free(chunk->rows[i].database);
            free(chunk->rows[i].server);
            free(chunk->rows[i].file_name);
            free(chunk->rows[i].location);
        }
        chunk->count = kept;
    }
}
void spoil_go_live(struct build *build)
{
    static const char *const names[] = {MGMT, BOX};
    for (size_t i = 0; i < 2; i++) {
        build_row(build, DESTINATION, names[i])->state = STATE_ONLINE;
        build_row(build, DESTINATION, names[i])->redo_lsn = (struct lsn){0};
    }
}
