#include "core/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/base/str.h"
#include "core/base/text.h"
#include "core/chain.h"
#include "core/group.h"
#include "core/hash.h"
#include "core/marks.h"
#include "core/plan_internal.h"
#include "core/rates.h"
#include "core/roster.h"
#include "core/situation.h"

void plan_refuse(struct planning *planning, char *text)
{
    planning->plan->possible = false;
    group_add_text(planning->plan, reasons, text);
}

/* --- the target ------------------------------------------------------------------------------ */

/* The known mark nearest to a wrong name: by its stamp where it has one, else by its letters. */
static const struct mark *nearest_mark(const struct group_view *view, const char *name)
{
    const struct mark *nearest = NULL;
    int64_t stamp = chain_mark_stamp(name), best = INT64_MAX;
    for (size_t i = view->marks_count; i-- > 0;) {
        const struct mark *mark = &view->marks[i];
        int64_t known = chain_mark_stamp(mark->name);
        int64_t apart = stamp != TIME_UNKNOWN && known != TIME_UNKNOWN
                            ? llabs(stamp - known)
                            : text_distance(name, mark->name);
        if (apart < best) {
            best = apart;
            nearest = mark;
        }
    }
    return nearest;
}

static int find_chosen(struct planning *planning)
{
    const struct group_view *view = planning->view;
    const char *name = planning->request->mark;
    for (size_t i = view->marks_count; name != NULL && i-- > 0;)
        if (strcmp(view->marks[i].name, name) == 0)
            return (int)i;
    const struct mark *nearest = name == NULL ? NULL : nearest_mark(view, name);
    if (nearest == NULL) {
        plan_refuse(planning, memory_format("there is no mark '%s': no mark is known at all",
                                            name == NULL ? "" : name));
        return -1;
    }
    char time[40];
    time_format(time, sizeof time, nearest->time_utc_ms);
    plan_refuse(planning,
                memory_format("there is no mark '%s'; the nearest is %s (set %lld, %s)", name,
                              nearest->name, (long long)view->sets[nearest->set].id, time));
    return -1;
}

static void tell_blocker(void *planning, char *text)
{
    plan_refuse(planning, text);
}

static int find_newest(struct planning *planning)
{
    const struct group_view *view = planning->view;
    int newest = plan_find_newest(planning), any = marks_find_newest_any(view);
    if (newest >= 0)
        return newest;
    if (view->readiness.live && !planning->copies)
        plan_refuse(planning,
                    memory_copy_text("the group was failed over: its databases are online at their "
                                     "destinations, and a restore would overwrite the production; "
                                     "leave them alone and set up a new standby"));
    else if (any >= 0)
        plan_refuse(planning,
                    memory_format("no mark is reached by every database by rolling forward; the "
                                  "newest at the price of full restores is %s (set %lld): name it "
                                  "with --mark",
                                  view->marks[any].name,
                                  (long long)view->sets[view->marks[any].set].id));
    else
        plan_refuse(planning, memory_copy_text("no mark can be reached by every database"));
    marks_tell_blockers(view, tell_blocker, planning);
    return -1;
}

static void find_target(struct planning *planning)
{
    const struct group_view *view = planning->view;
    struct plan *plan = planning->plan;
    switch (planning->request->by) {
    case TARGET_NEWEST:
        planning->mark = find_newest(planning);
        break;
    case TARGET_RULE:
        planning->mark = marks_find_rule(view);
        if (planning->mark < 0)
            plan_refuse(planning, memory_copy_text("fewer than two marks are known: there is no "
                                                   "mark before the last one"));
        break;
    case TARGET_CHOSEN:
        planning->mark = find_chosen(planning);
        break;
    }
    if (planning->mark < 0)
        return;
    const struct mark *mark = &view->marks[planning->mark];
    plan->mark = memory_copy_text(mark->name);
    plan->set = view->sets[mark->set].id;
    plan->mark_time_utc_ms = mark->time_utc_ms;
    plan->data_loss_ms = mark->data_loss_ms;
}

/* --- what forbids a plan whatever its target ------------------------------------------------- */

static void check_left_out(struct planning *planning, const char *database, enum database_use use)
{
    if (use == USE_UNKNOWN)
        plan_refuse(planning,
                    memory_format("%s cannot be left out: what it is for is not known, because the "
                                  "monitoring login could not read BizTalk's tables; run what "
                                  "`stopmark grants` prints on the source",
                                  database));
    else if (!database_use_may_be_left_out(use))
        plan_refuse(planning,
                    memory_format("%s cannot be left out: it is the group's %s database; only "
                                  "custom, BAM alerts and rule engine databases may be",
                                  database, database_use_name(use)));
}

/* What was never of the group at this mark cannot be missing there. */
static void check_former(struct planning *planning, const struct former_database *former)
{
    check_left_out(planning, former->database, former->use);
    if (planning->mark >= 0 && !marks_needs_former(former, planning->plan->set))
        plan_refuse(planning,
                    memory_format("%s cannot be left out: the group has it in the sets %lld to %lld, "
                                  "and not at this mark: plan without --leave-out %s",
                                  former->database, (long long)former->first_set,
                                  (long long)former->last_set, former->database));
}

static void check_leave_out(struct planning *planning)
{
    const struct group_view *view = planning->view;
    for (size_t k = 0; k < view->roster_count; k++)
        if (view->roster[k].left_out)
            check_left_out(planning, view->roster[k].database, view->roster[k].use);
    for (size_t i = 0; i < view->formers_count; i++)
        if (view->formers[i].left_out)
            check_former(planning, &view->formers[i]);
}

/* A file that no destination could read, or that is of no database of the group, is a mistake to
 * tell of, not to pass over. */
static void check_added(struct planning *planning)
{
    const struct group_view *view = planning->view;
    for (size_t i = 0; i < view->added_count; i++) {
        const struct added_file *added = &view->added[i];
        bool taken = false, told = false, read = false;
        for (size_t k = 0; k < view->added_count; k++) {
            if (!text_equal(view->added[k].file.path, added->file.path))
                continue;
            taken = taken || view->added[k].entry >= 0;
            read = read || view->added[k].problem == NULL;
            told = told || k < i;
        }
        if (taken || (told && read) || (read && added->problem != NULL))
            continue;
        const char *server = view->servers[added->destination]->name;
        if (added->problem != NULL)
            plan_refuse(planning, memory_format("the added file %s: %s: %s", added->file.path,
                                                server, added->problem));
        else
            plan_refuse(planning,
                        memory_format("the added file %s is of the database %s, and none of the "
                                      "group's on the server that can read it is that one",
                                      added->file.path,
                                      added->database == NULL ? "?" : added->database));
    }
}

/* --- the databases --------------------------------------------------------------------------- */

static int compare_recovery(const void *a, const void *b)
{
    const struct plan_database *x = a, *y = b;
    if (x->recovery_order != y->recovery_order)
        return x->recovery_order < y->recovery_order ? -1 : 1;
    int order = text_compare_nocase(x->database, y->database);
    return order != 0 ? order : x->destination - y->destination;
}

static void add_databases(struct planning *planning)
{
    const struct group_view *view = planning->view;
    struct plan *plan = planning->plan;
    if (view->roster_count == 0)
        plan_refuse(planning, memory_copy_text("no server has told which databases belong to the "
                                               "group"));
    if (planning->mark < 0)
        return;
    marks_tell_formers(view, view->marks[planning->mark].set, tell_blocker, planning);
    for (size_t k = 0; k < view->roster_count; k++)
        planning->tracks[k] = track_build(view, k);
    bool recovered = true;
    for (size_t k = 0; k < view->roster_count; k++)
        if (!view->roster[k].left_out)
            plan_add_database(planning, k);
    for (size_t i = 0; i < plan->databases_count; i++)
        recovered = recovered && plan->databases[i].route == ROUTE_RECOVERED_AT_MARK;
    if (recovered && plan->databases_count > 0)
        plan_refuse(planning, memory_copy_text("every database is already recovered at this mark: "
                                               "there is nothing to restore"));
    if (plan->databases_count > 0)
        qsort(plan->databases, plan->databases_count, sizeof *plan->databases, compare_recovery);
    plan->restore_ms = plan->possible
                           ? rates_of_group(view, planning->durations_ms, planning->files)
                           : DURATION_UNKNOWN;
    int newest = marks_find_newest(view);
    for (size_t i = 0; i < plan->databases_count; i++)
        if (plan->databases[i].route == ROUTE_FULL_RESTORE && newest >= 0)
            plan->asks_for_word = true;
}

static struct plan *new_plan(const struct group_view *view, const struct plan_request *request)
{
    struct plan *plan = memory_new(sizeof *plan);
    plan->group = memory_copy_text(view->config->group_name);
    plan->generated_utc_ms = view->now_utc_ms;
    plan->possible = true;
    plan->mark_time_utc_ms = TIME_UNKNOWN;
    plan->stop = request->stop;
    plan->by = request->by;
    plan->situation_known = request->situation_known;
    plan->situation = request->situation;
    plan->method = request->method;
    plan->gate = request->method != METHOD_JOBS;
    plan->data_loss_ms = plan->restore_ms = DURATION_UNKNOWN;
    for (size_t i = 0; i < request->added_count; i++) {
        size_t k = 0; /* one item for each destination that looked */
        while (k < plan->added_count && !text_equal(plan->added[k], request->added[i].file.path))
            k++;
        if (k == plan->added_count)
            group_add_text(plan, added, memory_copy_text(request->added[i].file.path));
    }
    for (size_t i = 0; i < request->leave_out_count; i++)
        *memory_append(plan, left_out) =
            (struct plan_left_out){.database = memory_copy_text(request->leave_out[i]),
                                   .reason = memory_copy_text(request->leave_out_reasons[i])};
    plan->loss_basis = view->sources_alive ? LOSS_LIVE : LOSS_LAST_SEEN;
    return plan;
}

static void make(struct planning *planning)
{
    const struct group_view *view = planning->view;
    planning->tracks = memory_new_array(view->roster_count, sizeof(struct track *));
    planning->durations_ms = memory_new_array(view->roster_count, sizeof(int64_t));
    planning->stops = memory_new_array(view->roster_count, sizeof *planning->stops);
    plan_check_situation(planning);
    check_added(planning);
    find_target(planning);
    check_leave_out(planning);
    add_databases(planning);
    plan_check_jobs(planning);
    plan_check_room(planning);
    plan_add_source_steps(planning);
    plan_add_alternatives(planning);
    for (size_t k = 0; k < view->roster_count; k++) {
        track_free(planning->tracks[k]);
        free(planning->stops[k].clause);
        free(planning->stops[k].name);
    }
    free(planning->tracks);
    free(planning->durations_ms);
    plan_free_files(planning);
    free(planning->stops);
}

struct plan *plan_make(const struct group_view *view, const struct plan_request *request)
{
    struct planning planning = {
        .view = view, .request = request, .plan = new_plan(view, request), .mark = -1};
    struct group_view *assumed = NULL;
    planning.copies = request->situation_known && situation_traits(request->situation)->copies;
    if (request->assume_count > 0 || request->leave_out_count > 0 || request->added_count > 0 ||
        planning.copies) {
        struct error error = {0};
        struct group_assumptions assumptions = {.assume = request->assume,
                                                .assume_count = request->assume_count,
                                                .leave_out = request->leave_out,
                                                .leave_out_count = request->leave_out_count,
                                                .copies = planning.copies,
                                                .added = request->added,
                                                .added_count = request->added_count};
        assumed = group_view_assume(view, &assumptions, &error);
        if (assumed == NULL) {
            char text[1024];
            error_format(&error, text, sizeof text);
            plan_refuse(&planning, memory_copy_text(text));
        }
        planning.view = assumed;
    }
    if (planning.view != NULL)
        make(&planning);
    plan_seal(planning.plan, request);
    group_view_release(assumed);
    return planning.plan;
}

void plan_free(struct plan *plan)
{
    if (plan == NULL)
        return;
    for (size_t i = 0; i < plan->databases_count; i++) {
        struct plan_database *database = &plan->databases[i];
        for (size_t k = 0; k < database->steps_count; k++) {
            free(database->steps[k].file);
            free(database->steps[k].stop_clause);
            free(database->steps[k].sql);
            for (size_t m = 0; m < database->steps[k].moves_count; m++) {
                free(database->steps[k].moves[m].name);
                free(database->steps[k].moves[m].path);
            }
            free(database->steps[k].moves);
        }
        free(database->steps);
        free(database->server);
        free(database->database);
        free(database->original);
        free(database->source);
        free(database->reason);
        free(database->stop_name);
    }
    free(plan->databases);
    for (size_t i = 0; i < plan->alternatives_count; i++)
        free(plan->alternatives[i].mark);
    free(plan->alternatives);
    for (size_t i = 0; i < plan->jobs_count; i++) {
        free(plan->jobs[i].server);
        free(plan->jobs[i].name);
        free(plan->jobs[i].id);
        free(plan->jobs[i].sql);
    }
    free(plan->jobs);
    for (size_t i = 0; i < plan->reasons_count; i++)
        free(plan->reasons[i]);
    free(plan->reasons);
    for (size_t i = 0; i < plan->added_count; i++)
        free(plan->added[i]);
    free(plan->added);
    for (size_t i = 0; i < plan->left_out_count; i++) {
        free(plan->left_out[i].database);
        free(plan->left_out[i].reason);
    }
    free(plan->left_out);
    for (size_t i = 0; i < plan->quiet_count; i++)
        free(plan->quiet[i].server);
    free(plan->quiet);
    for (size_t i = 0; i < plan->source_steps_count; i++) {
        free(plan->source_steps[i].server);
        free(plan->source_steps[i].database);
        free(plan->source_steps[i].sql);
    }
    free(plan->source_steps);
    free(plan->loss_proof);
    free(plan->group);
    free(plan->mark);
    free(plan);
}
