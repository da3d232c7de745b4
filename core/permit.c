#include "core/permit.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "core/base/memory.h"
#include "core/base/text.h"

struct permit {
    char *purpose;
};

static atomic_bool forbidden;

void permit_forbid_all(void)
{
    atomic_store(&forbidden, true);
}

bool permit_possible(void)
{
    return !atomic_load(&forbidden);
}

struct permit *permit_issue(const char *group_name, const char *confirmed_group,
                            const char *purpose, struct error *error)
{
    if (!permit_possible()) {
        error_set(error, ERR_REFUSED, NULL, "start stopmark without --monitor",
                  "this process is read-only");
        return NULL;
    }
    if (!group_name || !*group_name || !text_equal(group_name, confirmed_group)) {
        error_set(error, ERR_NOT_CONFIRMED, NULL, "type the group's name exactly as configured",
                  "the confirmation is not the group's name");
        return NULL;
    }
    struct permit *permit = memory_new(sizeof *permit);
    permit->purpose = memory_copy_text(purpose ? purpose : "");
    return permit;
}

const char *permit_purpose(const struct permit *permit)
{
    return permit->purpose;
}

void permit_free(struct permit *permit)
{
    if (!permit)
        return;
    free(permit->purpose);
    free(permit);
}
