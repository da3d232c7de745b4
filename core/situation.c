#include "core/situation.h"

static const struct situation_traits traits[] = {
    [SITUATION_SOURCE_LOST] =
        {
            .needs_dead_sources = true,
            .stops_shipping = true,
            .does = "The source is gone: the standby is restored to one mark and takes over.",
            .promises = "What came after the mark is lost. Refused while a source answers.",
        },
    [SITUATION_PLANNED_MOVE] =
        {
            .needs_living_sources = true,
            .makes_mark = true,
            .stops_shipping = true,
            .does = "The source's jobs stop, its backup job runs once more, it goes OFFLINE; the "
                    "standby takes over at that last mark.",
            .promises = "Loss 0 where that is proven. Refused while anybody uses the databases.",
        },
    [SITUATION_REHEARSAL] =
        {
            .copies = true,
            .does = "Copies under other names are restored beside the standby and proven like "
                    "the real ones.",
            .promises = "Sources and standby go on untouched. You drop the copies by hand.",
        },
    [SITUATION_MIGRATION] =
        {
            .needs_living_sources = true,
            .makes_mark = true,
            .stops_shipping = true,
            .does = "A planned move onto new servers: what is not there is made from full sets.",
            .promises = "Loss 0 where that is proven. The old databases stay, OFFLINE.",
        },
};

const struct situation_traits *situation_traits(enum situation situation)
{
    return &traits[situation];
}
