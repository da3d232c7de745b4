/* The alternatives beside a plan, each with its price, and the plan's name (core/plan.h). */
#include "core/plan_internal.h"

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/base/str.h"
#include "core/hash.h"
#include "core/marks.h"

static void add_alternative(struct planning *planning, enum target_by by, int index)
{
    const struct group_view *view = planning->view;
    struct plan_alternative *alternative = memory_append(planning->plan, alternatives);
    *alternative = (struct plan_alternative){
        .by = by, .data_loss_ms = DURATION_UNKNOWN, .restore_ms = DURATION_UNKNOWN};
    if (index < 0)
        return;
    const struct mark *mark = &view->marks[index];
    alternative->mark = memory_copy_text(mark->name);
    alternative->set = view->sets[mark->set].id;
    alternative->data_loss_ms = mark->data_loss_ms;
    alternative->restore_ms = mark->restore_ms;
    for (size_t k = 0; k < view->roster_count; k++) {
        if (view->roster[k].left_out)
            continue;
        enum route route = mark->routes[k].route;
        int *count = route == ROUTE_UNREACHABLE    ? &alternative->unreachable
                     : route == ROUTE_FULL_RESTORE ? &alternative->full_restore
                                                   : &alternative->roll_forward;
        ++*count;
    }
    for (size_t i = 0; i < view->formers_count; i++)
        alternative->unreachable += !view->formers[i].left_out &&
                                    marks_needs_former(&view->formers[i], alternative->set);
}

void plan_add_alternatives(struct planning *planning)
{
    add_alternative(planning, TARGET_NEWEST, plan_find_newest(planning));
    add_alternative(planning, TARGET_RULE, marks_find_rule(planning->view));
    if (planning->request->by == TARGET_CHOSEN && planning->mark >= 0)
        add_alternative(planning, TARGET_CHOSEN, planning->mark);
}

/* Every part ends in a newline, which no name can hold. The situation is not in it: a plan is
 * looked at before the situation is told. */
void plan_seal(struct plan *plan, const struct plan_request *request)
{
    struct str text = {0};
    str_format(&text, "stopmark plan 1\n%s\n%s\n%lld\n%s\n%s\n", plan->group,
               plan->mark == NULL ? "" : plan->mark, (long long)plan->set,
               stop_kind_name(plan->stop), method_name(plan->method));
    for (size_t i = 0; i < plan->databases_count; i++) {
        const struct plan_database *database = &plan->databases[i];
        str_format(&text, "database %s\n%s\n%s\n", database->server, database->database,
                   route_name(database->route));
        for (size_t k = 0; k < database->steps_count; k++)
            str_format(&text, "%s\n%s\n", step_kind_name(database->steps[k].kind),
                       database->steps[k].sql);
    }
    for (size_t i = 0; i < plan->jobs_count; i++)
        str_format(&text, "job %s\n%s\n", plan->jobs[i].server,
                   plan->jobs[i].sql == NULL ? "" : plan->jobs[i].sql);
    /* A what-if is never taken for the plan of the world as it is. */
    for (size_t i = 0; i < request->assume_count; i++)
        str_format(&text, "assume %s\n", request->assume[i]);
    for (size_t i = 0; i < plan->left_out_count; i++)
        str_format(&text, "leave out %s\n%s\n", plan->left_out[i].database,
                   plan->left_out[i].reason);
    hash_text(plan->hash, str_text(&text), text.length);
    str_free(&text);
}
