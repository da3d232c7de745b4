#include "core/runbook.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/memory.h"
#include "core/base/str.h"
#include "core/base/text.h"
#include "core/file.h"

enum { RUNBOOK_SIZE_MAX = 1024 * 1024 };

void runbook_free(struct runbook *runbook)
{
    if (runbook == NULL)
        return;
    for (size_t i = 0; i < runbook->steps_count; i++) {
        free(runbook->steps[i].id);
        free(runbook->steps[i].title);
        free(runbook->steps[i].text);
        free(runbook->steps[i].verify);
        free(runbook->steps[i].source);
    }
    free(runbook->steps);
    free(runbook);
}

const struct runbook_step *runbook_find(const struct runbook *runbook, const char *id)
{
    for (size_t i = 0; i < runbook->steps_count; i++)
        if (text_equal(runbook->steps[i].id, id))
            return &runbook->steps[i];
    return NULL;
}

/* Where a runbook may be, in order; the first that is named or there. Owned; NULL = none. */
static char *find_file(const struct config *config)
{
    if (config->runbook != NULL)
        return memory_copy_text(config->runbook);
    const char *slash = config->path == NULL ? NULL : strrchr(config->path, '/');
    char *beside = config->path == NULL
                       ? memory_copy_text("")
                       : memory_format("%.*s/runbook.ini",
                                       slash == NULL ? 1 : (int)(slash - config->path),
                                       slash == NULL ? "." : config->path);
    static const char general[] = "/etc/stopmark/runbook.ini";
    if (access(beside, F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR))
        return beside;
    free(beside);
    return access(general, F_OK) == 0 ? memory_copy_text(general) : NULL;
}

struct runbook *runbook_load(const struct config *config, struct config_problems *problems,
                             char **path)
{
    char *found = find_file(config);
    struct runbook *runbook = NULL;
    char *text = found == NULL ? NULL : file_read(found, RUNBOOK_SIZE_MAX);
    if (found != NULL && text == NULL) {
        struct config_problem *problem = memory_append(problems, items);
        snprintf(problem->text, sizeof problem->text, "cannot be read: %s", strerror(errno));
    } else {
        runbook = runbook_parse(text == NULL ? runbook_default() : text, problems);
        if (runbook != NULL)
            runbook->built_in = text == NULL || text_equal(text, runbook_default());
    }
    free(text);
    if (path != NULL)
        *path = found != NULL ? found : memory_copy_text("the built-in runbook");
    else
        free(found);
    return runbook;
}

struct runbook *runbook_open(const struct config *config, struct error *error)
{
    struct config_problems problems = {0};
    char *path = NULL;
    struct runbook *runbook = runbook_load(config, &problems, &path);
    if (runbook == NULL) {
        char where[132];
        snprintf(where, sizeof where, "%.110s:%d", path, problems.items[0].line);
        error_set(error, ERR_CONFIG, where, "see stopmark-runbook(5)", "%s",
                  problems.items[0].text);
    }
    config_problems_free(&problems);
    free(path);
    return runbook;
}

static unsigned databases_of(const struct plan *plan)
{
    unsigned bits = 0;
    for (size_t i = 0; plan != NULL && i < plan->databases_count; i++)
        switch (plan->databases[i].use) {
        case USE_SSO:
            bits |= RUNBOOK_SSO;
            break;
        case USE_BAM_PRIMARY_IMPORT:
            bits |= RUNBOOK_BAM;
            break;
        case USE_BAM_ALERTS:
            bits |= RUNBOOK_ALERTS;
            break;
        case USE_RULE_ENGINE:
            bits |= RUNBOOK_RULES;
            break;
        default:
            break;
        }
    return bits;
}

static bool has_databases(const struct runbook_step *step, const struct plan *plan)
{
    return step->databases == 0 || (step->databases & databases_of(plan)) != 0;
}

bool runbook_applies(const struct runbook_step *step, enum situation situation,
                     const struct plan *plan)
{
    return step->phase != RUNBOOK_READINESS &&
           (step->situations == 0 || (step->situations & 1u << situation) != 0) &&
           has_databases(step, plan);
}

bool runbook_applies_back(const struct runbook_step *step, const struct plan *plan)
{
    return (step->situations & RUNBOOK_FAIL_BACK) != 0 && has_databases(step, plan);
}

static void add_destinations(struct str *out, const struct plan *plan)
{
    for (size_t i = 0; i < plan->databases_count; i++) {
        bool seen = false;
        for (size_t k = 0; k < i; k++)
            seen = seen || text_equal(plan->databases[i].server, plan->databases[k].server);
        if (!seen)
            str_format(out, "%s%s", out->length == 0 ? "" : ", ", plan->databases[i].server);
    }
}

/* The value of a placeholder, owned; NULL = not one. */
static char *value_of(const char *name, size_t length, const struct plan *plan, int64_t run)
{
    struct str out = {0};
    const struct plan_database *management = NULL;
    for (size_t i = 0; i < plan->databases_count; i++)
        if (plan->databases[i].use == USE_MANAGEMENT)
            management = &plan->databases[i];
#define IS(word) (length == sizeof(word) - 1 && memcmp(name, word, length) == 0)
    if (IS("group"))
        str_add(&out, plan->group);
    else if (IS("mark"))
        str_add(&out, plan->mark);
    else if (IS("run"))
        str_format(&out, "%lld", (long long)run);
    else if (IS("destinations"))
        add_destinations(&out, plan);
    else if (IS("management"))
        str_add(&out, management == NULL ? "(the management server)" : management->server);
    else if (IS("management_database"))
        str_add(&out, management == NULL ? "(the management database)" : management->database);
    else
        return NULL;
#undef IS
    return str_take(&out);
}

/* The value of a placeholder without a run. */
static char *paper_value(const char *name, size_t length, const char *group)
{
    static const struct {
        const char *name, *words;
    } values[] = {
        {"mark", "(the mark)"},
        {"run", "(RUN)"},
        {"destinations", "(the destinations)"},
        {"management", "(the management server)"},
        {"management_database", "(the management database)"},
    };
    if (length == 5 && memcmp(name, "group", 5) == 0)
        return memory_copy_text(group);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        if (strlen(values[i].name) == length && memcmp(values[i].name, name, length) == 0)
            return memory_copy_text(values[i].words);
    return NULL;
}

/* group: without a run; else plan and run. */
static char *fill(const char *text, const struct plan *plan, int64_t run, const char *group)
{
    struct str out = {0};
    while (*text != '\0') {
        const char *end = *text == '{' ? strchr(text, '}') : NULL;
        size_t length = end == NULL ? 0 : (size_t)(end - text - 1);
        char *value = end == NULL     ? NULL
                      : group != NULL ? paper_value(text + 1, length, group)
                      : plan != NULL  ? value_of(text + 1, length, plan, run)
                                      : NULL;
        if (value != NULL) {
            str_add(&out, value);
            text = end + 1;
        } else {
            str_add_char(&out, *text++);
        }
        free(value);
    }
    return str_take(&out);
}

char *runbook_fill(const char *text, const struct plan *plan, int64_t run)
{
    return fill(text, plan, run, NULL);
}

char *runbook_fill_paper(const char *text, const char *group)
{
    return fill(text, NULL, 0, group);
}
