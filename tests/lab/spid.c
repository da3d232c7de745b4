#include "tests/lab/estate.h"

enum { FIRST_SPID = 51, LAST_SPID = 32000 };

static bool spid_in_use(const struct instance *instance, int spid)
{
    for (const struct session *s = instance->sessions; s != NULL; s = s->next) {
        if (s->spid == spid) {
            return true;
        }
    }
    return false;
}

int instance_take_spid(struct instance *instance)
{
    do {
        if (instance->next_spid < FIRST_SPID || instance->next_spid > LAST_SPID) {
            instance->next_spid = FIRST_SPID;
        }
    } while (spid_in_use(instance, instance->next_spid++));
    return instance->next_spid - 1;
}
