#include "core/method.h"

static const struct method_traits traits[] = {
    [METHOD_DIRECT] =
        {
            .does = "stopmark sends every RESTORE itself.",
            .promises = "Nothing is recovered before every database is proven at the mark.",
            .cannot = "BizTalk's tables do not learn what was restored.",
        },
    [METHOD_JOBS] =
        {
            .does = "BizTalk's own Restore To Mark jobs, one server after the other.",
            .promises = "None starts before all destinations stand alike, one proven log before the "
                        "mark, and the server ahead of it is proven.",
            .cannot = "No gate: each recovers its server by itself, no way back from the first on. "
                      "Newest mark only. Agent jobs come back as they were.",
        },
    [METHOD_SCRIPT] =
        {
            .does = "T-SQL files for people to run, two for each destination.",
            .promises = "No second script recovers without the codes that all first ones print.",
            .cannot = "No journal, no lock over all servers, no look at the sources.",
        },
};

const struct method_traits *method_traits(enum method method)
{
    return &traits[method];
}
