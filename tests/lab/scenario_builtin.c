#include <stddef.h>
#include <string.h>

#include "tests/lab/scenario.h"

/* The files become part of the program, so that an installed lab needs nothing beside it. The
 * paths are found through the compiler's include path, the project's root. */
#define EMBED(symbol, path)                                   \
    __asm__(".section .rodata\n"                              \
            ".global scenario_text_" #symbol "\n"             \
            "scenario_text_" #symbol ":\n"                    \
            ".incbin \"tests/lab/scenarios/" path ".json\"\n" \
            ".global scenario_end_" #symbol "\n"              \
            "scenario_end_" #symbol ":\n"                     \
            ".byte 0\n"                                       \
            ".previous\n");                                   \
    extern const char scenario_text_##symbol[], scenario_end_##symbol[];

#define SCENARIOS(X)                      \
    X(contoso, "contoso")                 \
    X(small, "small")                     \
    X(behind, "behind")                   \
    X(partial, "partial")                 \
    X(recovered, "recovered")             \
    X(recovered_alone, "recovered-alone") \
    X(live, "live")                       \
    X(live_but_one, "live-but-one")       \
    X(moved, "moved")                     \
    X(local_time, "local-time")           \
    X(simple_recovery, "simple-recovery") \
    X(no_rights, "no-rights")             \
    X(hostile_names, "hostile-names")     \
    X(stolen, "stolen")                   \
    X(encrypted, "encrypted")             \
    X(matrix, "matrix")                   \
    X(scaled_out, "scaled-out")           \
    X(stolen_gone, "stolen-gone")         \
    X(source_lost, "source-lost")         \
    X(jobs_in_trouble, "jobs-in-trouble") \
    X(old_schema, "old-schema")           \
    X(long_history, "long-history")       \
    X(bad_files, "bad-files")             \
    X(availability, "availability")       \
    X(mixed_clocks, "mixed-clocks")

SCENARIOS(EMBED)

struct builtin {
    const char *name, *text, *end;
};

#define ENTRY(symbol, path) {path, scenario_text_##symbol, scenario_end_##symbol},

static const struct builtin builtins[] = {SCENARIOS(ENTRY)};

const char *scenario_builtin(const char *name, size_t *length)
{
    for (size_t i = 0; i < sizeof builtins / sizeof *builtins; i++) {
        if (strcmp(name, builtins[i].name) == 0) {
            *length = (size_t)(builtins[i].end - builtins[i].text);
            return builtins[i].text;
        }
    }
    return NULL;
}

const char *scenario_builtin_name(size_t index)
{
    return index < sizeof builtins / sizeof *builtins ? builtins[index].name : NULL;
}
