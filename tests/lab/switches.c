#include <stddef.h>

#include "tests/lab/estate.h"

static const struct {
    const char *name;
    size_t offset;
    bool value;
} table[] = {
#define X(name, default) {#name, offsetof(struct switches, name), default},
#include "tests/lab/switches.def"
#undef X
};

const char *switch_name(size_t index)
{
    return index < sizeof table / sizeof *table ? table[index].name : NULL;
}

bool *switch_value(struct switches *switches, size_t index)
{
    return (bool *)((char *)switches + table[index].offset);
}

void switches_set_defaults(struct switches *switches)
{
    for (size_t i = 0; switch_name(i) != NULL; i++)
        *switch_value(switches, i) = table[i].value;
}
