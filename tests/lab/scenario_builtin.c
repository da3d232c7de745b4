#include <stddef.h>
#include <string.h>

#include "tests/lab/scenario.h"

/* The files become part of the program, so that an installed lab needs nothing beside it. The
 * paths are found through the compiler's include path, the project's root. */
#define EMBED(symbol, path)                      \
    __asm__(".section .rodata\n"                 \
            ".global scenario_text_" symbol "\n" \
            "scenario_text_" symbol ":\n"        \
            ".incbin \"" path "\"\n"             \
            ".global scenario_end_" symbol "\n"  \
            "scenario_end_" symbol ":\n"         \
            ".byte 0\n"                          \
            ".previous\n")

EMBED("contoso", "tests/lab/scenarios/contoso.json");
EMBED("small", "tests/lab/scenarios/small.json");

extern const char scenario_text_contoso[], scenario_end_contoso[];
extern const char scenario_text_small[], scenario_end_small[];

const char *scenario_builtin(const char *name, size_t *length)
{
    if (strcmp(name, "contoso") == 0) {
        *length = (size_t)(scenario_end_contoso - scenario_text_contoso);
        return scenario_text_contoso;
    }
    if (strcmp(name, "small") == 0) {
        *length = (size_t)(scenario_end_small - scenario_text_small);
        return scenario_text_small;
    }
    return NULL;
}
