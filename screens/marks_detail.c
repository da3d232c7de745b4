/* Everything known of one mark, in words. */
#include <stdio.h>

#include "core/base/text.h"
#include "screens/panel.h"
#include "screens/words.h"

static void describe_price(struct pager *pager, const struct group_view *view,
                           const struct mark *mark)
{
    char text[WORDS_SIZE];
    words_loss(text, sizeof text, mark->data_loss_ms, view->readiness.loss_basis);
    pager_field(pager, 14, "Would lose", ATTR_NORMAL, text);
    words_duration(text, sizeof text, mark->restore_ms);
    pager_field(pager, 14, "Online after", ATTR_NORMAL, text);
    pager_field(pager, 14, "Evidence", mark->evidence == EVIDENCE_HEADER ? ATTR_OK : ATTR_WARNING,
                words_evidence(mark->evidence));
}

void marks_describe(struct pager *pager, const struct screen_world *world, const char *name)
{
    const struct group_view *view = world->view;
    const struct mark *mark = NULL;
    char text[WORDS_LINE];
    for (size_t i = view->marks_count; i-- > 0 && !mark;)
        if (text_equal(view->marks[i].name, name))
            mark = &view->marks[i];
    if (!mark) {
        pager_add(pager, ATTR_UNKNOWN, "this mark is no longer in the history");
        return;
    }
    pager_heading(pager, mark->name);
    snprintf(text, sizeof text, "%lld", (long long)view->sets[mark->set].id);
    pager_field(pager, 14, "Set", ATTR_NORMAL, text);
    time_format(text, sizeof text, mark->time_utc_ms);
    pager_field(pager, 14, "Taken", ATTR_NORMAL, text);
    pager_field(pager, 14, "The group",
                mark->by_roll_forward ? ATTR_OK : mark->reachable ? ATTR_WARNING : ATTR_CRITICAL,
                mark->by_roll_forward ? "reaches it by rolling forward"
                : mark->reachable     ? "reaches it only with full restores"
                                      : "does not reach it");
    if (view->readiness.live)
        pager_field(pager, 14, "Beware", ATTR_WARNING,
                    "the group was failed over: its databases are the production");
    else
        describe_price(pager, view, mark);
    for (size_t i = 0; i < mark->reasons_count; i++)
        pager_field(pager, 14, i ? "" : "Reasons", ATTR_NORMAL, mark->reasons[i]);
    pager_heading(pager, "Each database");
    for (size_t i = 0; i < view->roster_count; i++) {
        const struct mark_route *route = &mark->routes[i];
        unsigned attr = glyph_attr(words_route_glyph(route->route));
        pager_format(pager, attr, "%s/%s: %s (%s)", words_destination(view, &view->roster[i]),
                     view->roster[i].database, words_route(route->route),
                     words_evidence(route->evidence));
        if (route->reason)
            pager_format(pager, ATTR_SECONDARY, "  %s", route->reason);
    }
}
