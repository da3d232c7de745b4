/* Random pasts against a second opinion (tests/support/oracle.h): on every mark the planner must
 * find the same way as a brute-force search by SQL Server's rules, and what it plans is carried out
 * against those rules. ORACLE_RUNS pasts, from ORACLE_SEED on; each asks one question of the kind
 * that is wanted most, and the histogram counts these. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/memory.h"
#include "core/plan.h"
#include "tests/support/build_view.h"
#include "tests/support/past.h"

enum { RUNS = 1500, ENOUGH_RUNS = 20000, ENOUGH_REASONS = 200, ENOUGH_PERCENT = 15 };

/* --- reasons --------------------------------------------------------------------------------- */

/* What the planner says, by words that no other reason has; whys: what the oracle may call it. */
static const struct {
    const char *name, *words;
    unsigned whys;
} reasons[] = {
#define WHY(why) (1u << (why))
#define NO_LOG (WHY(ORACLE_NOT_CLOSED) | WHY(ORACLE_NO_LOG))
    {"server down", "does not answer", WHY(ORACLE_NO_ANSWER)},
    {"version too old", "an older version cannot restore", WHY(ORACLE_OLDER)},
    {"certificate absent", "is encrypted by the certificate", WHY(ORACLE_NO_CERTIFICATE)},
    {"mark never set", "was never set in it", WHY(ORACLE_NEVER_SET)},
    {"set being taken", "is still being taken", NO_LOG},
    {"file unusable", "cannot be used", NO_LOG},
    {"mark not in its log", "the mark is not in its log", NO_LOG},
    {"no backup of it", "has no backup of it", NO_LOG},
    {"next log not there", "its next log is not there yet", NO_LOG},
    {"next log no cover", "its next one does not cover it", NO_LOG},
    {"bulk-logged", "bulk-logged work", WHY(ORACLE_BULK_LOGGED)},
    {"absent", "it is not on ", WHY(ORACLE_NOT_THERE)},
    {"recovered", "not RESTORING", WHY(ORACLE_IS_ONLINE)},
    {"passed", "it is past this mark", WHY(ORACLE_PASSED) | WHY(ORACLE_NO_CHAIN)},
    {"hole", "log is missing between", WHY(ORACLE_PASSED) | WHY(ORACLE_NO_CHAIN)},
    {"hole", "no log in the history continues", WHY(ORACLE_PASSED) | WHY(ORACLE_NO_CHAIN)},
    {"damaged on the way", "is marked damaged", WHY(ORACLE_PASSED) | WHY(ORACLE_NO_CHAIN)},
    {"another fork", "another recovery fork", WHY(ORACLE_PASSED) | WHY(ORACLE_NO_CHAIN)},
    {"another database", "another database of that name",
     WHY(ORACLE_PASSED) | WHY(ORACLE_NO_CHAIN)},
#undef NO_LOG
#undef WHY
};
enum { REASONS = sizeof reasons / sizeof *reasons };

static const char no_full[] = "; and no full set before the mark";

/* Index into reasons by what stands before "and no full set"; -1 = none of them. */
static int find_reason(const char *text)
{
    const char *end = text == NULL ? NULL : strstr(text, no_full);
    for (int i = 0; text != NULL && i < REASONS; i++) {
        const char *found = strstr(text, reasons[i].words);
        if (found != NULL && (end == NULL || found < end))
            return i > 0 && strcmp(reasons[i - 1].name, reasons[i].name) == 0 ? i - 1 : i;
    }
    return -1;
}

/* --- a past and its questions ---------------------------------------------------------------- */

struct world {
    uint64_t seed;
    enum past_theme theme;
    struct past *past;
    struct group_view *plain, *view; /* view: with the added files */
};

struct histogram {
    long routes[ORACLE_UNREACHABLE + 1], reasons[REASONS], no_full, questions, plans, clauses[3];
};

/* What really lies there, for who looks into a disagreement. */
static void print_past(const struct past *past)
{
    for (int d = 0; d < PAST_DATABASES; d++) {
        const struct oracle_database *database = &past->databases[d];
        print_message("%s: state %d, redo %llu, family %d, fork %d, at mark %d\n", past_names[d],
                      database->state, (unsigned long long)(database->redo % 100000000),
                      database->family, database->fork, database->stands_at);
        for (int i = 0; i < database->backups_count; i++) {
            const struct oracle_backup *b = &database->backups[i];
            print_message("  %s %llu-%llu%s%s%s, family %d, fork %d-%d at %llu, %s\n",
                          b->full ? "full" : "log", (unsigned long long)(b->first % 100000000),
                          (unsigned long long)(b->last % 100000000), b->closed ? "" : " open",
                          b->readable ? "" : " unreadable", b->bulk ? " bulk" : "", b->family,
                          b->first_fork, b->last_fork,
                          (unsigned long long)(b->fork_point % 100000000), b->path);
        }
        for (int m = 0; m < database->marks_count; m++)
            print_message("  mark %d %s at %llu\n", m, database->marks[m].name,
                          (unsigned long long)(database->marks[m].at % 100000000));
    }
}

#define FAIL(world, ...) fail_at(world, memory_format(__VA_ARGS__))
static void fail_at(const struct world *world, char *text)
{
    print_past(world->past);
    fail_msg("ORACLE_SEED=%llu, theme %d: %s", (unsigned long long)world->seed, world->theme, text);
}

static void enter(struct world *world, uint64_t seed)
{
    /* Every route gets its share of the questions. */
    static const struct {
        enum past_theme theme;
        int share;
    } themes[] = {{PAST_AT_MARK, 9},  {PAST_RECOVERED, 9},   {PAST_FORWARD, 4},
                  {PAST_SAME_NAMES, 3}, {PAST_ADDED_FILES, 3}, {PAST_ABSENT, 2},
                  {PAST_ONLINE, 2},   {PAST_PASSED, 3},      {PAST_BROKEN, 4},
                  {PAST_DOWN, 1},     {PAST_OLDER, 1}, {PAST_ENCRYPTED, 1},       {PAST_NEVER_SET, 1},
                  {PAST_TAKING, 1},   {PAST_NO_LOG, 6},      {PAST_BULK, 1},
                  {PAST_BRANCH, 3},   {PAST_NO_FULL, 2}};
    enum { SHARES = 56 };
    int slot = (int)(seed % SHARES), at = 0;
    while (slot >= themes[at].share)
        slot -= themes[at++].share;
    *world = (struct world){.seed = seed,
                            .theme = themes[at].theme};
    world->past = past_make(seed * 7919, world->theme);
    world->plain = build_view(world->past->build);
    struct group_assumptions assumptions = {.added = world->past->added,
                                            .added_count = (size_t)world->past->added_count};
    struct error error = {0};
    world->view = world->past->added_count == 0
                      ? group_view_retain(world->plain)
                      : group_view_assume(world->plain, &assumptions, &error);
    assert_non_null(world->view);
}

static void leave(struct world *world)
{
    group_view_release(world->view);
    group_view_release(world->plain);
    past_free(world->past);
}

static bool is_asked(const struct world *world, int set, int d)
{
    const struct past *past = world->past;
    return !past->sets[set].full && build_mark(world->view, past->sets[set].id) != NULL &&
           (!past->opaque[d] || past->databases[d].stands_at == past->sets[set].marks[d]);
}

static struct oracle_answer ask(const struct world *world, int set, int d)
{
    return oracle_ask(&world->past->databases[d], world->past->sets[set].marks[d], false);
}

/* The planner's route and reason for one mark and database. */
static void compare(const struct world *world, int set, int d)
{
    const struct past_set *asked = &world->past->sets[set];
    const struct mark_route *route = build_route(world->view, asked->id, past_names[d]);
    struct oracle_answer answer = ask(world, set, d);
    const char *reason = route->reason == NULL ? "no reason" : route->reason;
    if ((int)route->route != (int)answer.route)
        FAIL(world, "set %lld, %s: %s (%s), the oracle says %s", (long long)asked->id,
             past_names[d], route_name(route->route), reason,
             route_name((enum route)answer.route));
    int known = find_reason(route->reason);
    if (answer.why == ORACLE_FINE ? route->reason != NULL
                                  : known < 0 || !(reasons[known].whys & 1u << answer.why))
        FAIL(world, "set %lld, %s: '%s' is not why: the oracle's reason is %d",
             (long long)asked->id, past_names[d], reason, answer.why);
}

/* --- plans ----------------------------------------------------------------------------------- */

static void carry_out(const struct world *world, const struct plan_database *planned, int d,
                      int mark, bool before)
{
    const struct oracle_database *database = &world->past->databases[d];
    struct oracle_run run;
    oracle_begin(&run, database);
    bool proven = false, standing = database->stands_at == mark && !before;
    for (size_t i = 0; i < planned->steps_count; i++) {
        const struct plan_step *step = &planned->steps[i];
        const char *wrong = NULL;
        if (step->kind == STEP_PROVE)
            proven = true;
        else if (step->kind == STEP_RECOVER)
            wrong = proven && i + 1 == planned->steps_count ? NULL : "recovery before the proof";
        else if (proven || standing)
            wrong = "a file although it stands there";
        else if (step->kind == STEP_RESTORE_FULL)
            wrong = oracle_restore_full(&run, step->file);
        else
            wrong = oracle_restore_log(&run, step->file, step->stop_clause);
        if (wrong != NULL)
            FAIL(world, "%s, step %zu (%s): %s", past_names[d], i, step->sql, wrong);
    }
    if (!standing && (!run.reached || run.stopped != database->marks[mark].at))
        FAIL(world, "%s: mark %d is not reached by the plan, but %d, %llu (%s)", past_names[d], mark,
             run.reached, (unsigned long long)(run.stopped % 100000000),
             planned->steps_count > 1 ? planned->steps[planned->steps_count - 3].sql : "");
}

static bool may_plan(const struct world *world, int set)
{
    const struct past *past = world->past;
    for (int s = set + 1; s < past->sets_count; s++)
        if (strcmp(past->sets[s].mark, past->sets[set].mark) == 0)
            return false; /* the newest of a name is planned */
    for (int d = 0; d < PAST_DATABASES; d++)
        if (!is_asked(world, set, d))
            return false;
    return true;
}

static void note_clause(struct histogram *histogram, const struct plan *plan)
{
    for (size_t i = 0; i < plan->databases_count; i++)
        for (size_t k = 0; k < plan->databases[i].steps_count; k++) {
            const char *clause = plan->databases[i].steps[k].stop_clause;
            if (clause != NULL)
                histogram->clauses[strstr(clause, "lsn:") != NULL       ? 2
                                   : strstr(clause, " AFTER ") != NULL ? 1
                                                                       : 0]++;
        }
}

static void check_plan(const struct world *world, int set, bool before,
                       struct histogram *histogram)
{
    static const char *const replace[] = {"DRSQL1/BizTalkMgmtDb", "DRSQL1/BizTalkMsgBoxDb"};
    const struct past *past = world->past;
    struct plan_request request = {.by = TARGET_CHOSEN,
                                   .mark = past->sets[set].mark,
                                   .stop = before ? STOP_BEFORE : STOP_AT,
                                   .replace = replace,
                                   .replace_count = 2,
                                   .added = past->added,
                                   .added_count = (size_t)past->added_count};
    if (!may_plan(world, set) || (before && (past->opaque[0] || past->opaque[1])))
        return;
    struct plan *plan = plan_make(world->plain, &request);
    bool possible = true, recovered = true;
    for (int d = 0; d < PAST_DATABASES; d++) {
        struct oracle_answer answer =
            oracle_ask(&past->databases[d], past->sets[set].marks[d], before);
        possible = possible && answer.route != ORACLE_UNREACHABLE;
        recovered = recovered && answer.route == ORACLE_RECOVERED;
    }
    if (plan->possible != (possible && !recovered))
        FAIL(world, "set %lld: possible %d, the oracle says %d (%s)",
             (long long)past->sets[set].id, plan->possible, possible && !recovered,
             plan->reasons_count > 0 ? plan->reasons[0] : "");
    for (size_t i = 0; i < plan->databases_count && plan->possible; i++) {
        int d = strcmp(plan->databases[i].database, past_names[0]) == 0 ? 0 : 1;
        carry_out(world, &plan->databases[i], d, past->sets[set].marks[d], before);
    }
    histogram->plans++;
    note_clause(histogram, plan);
    plan_free(plan);
}

/* --- the question that counts ---------------------------------------------------------------- */

/* How much the theme wants that answer; 0 = not at all. */
static int worth(enum past_theme theme, struct oracle_answer answer)
{
    static const struct {
        enum oracle_route route;
        unsigned whys;
    } wanted[PAST_THEMES] = {
#define ANY ~0u
        [PAST_FORWARD] = {ORACLE_ROLL_FORWARD, ANY},
        [PAST_AT_MARK] = {ORACLE_AT_MARK, ANY},
        [PAST_RECOVERED] = {ORACLE_RECOVERED, ANY},
        [PAST_DOWN] = {ORACLE_UNREACHABLE, 1u << ORACLE_NO_ANSWER},
        [PAST_OLDER] = {ORACLE_UNREACHABLE, 1u << ORACLE_OLDER},
        [PAST_ENCRYPTED] = {ORACLE_UNREACHABLE, 1u << ORACLE_NO_CERTIFICATE},
        [PAST_NEVER_SET] = {ORACLE_UNREACHABLE, 1u << ORACLE_NEVER_SET},
        [PAST_TAKING] = {ORACLE_UNREACHABLE, 1u << ORACLE_NOT_CLOSED},
        [PAST_NO_LOG] = {ORACLE_UNREACHABLE, 1u << ORACLE_NO_LOG},
        [PAST_BULK] = {ORACLE_UNREACHABLE, 1u << ORACLE_BULK_LOGGED},
        [PAST_ABSENT] = {ORACLE_FULL_RESTORE, 1u << ORACLE_NOT_THERE},
        [PAST_ONLINE] = {ORACLE_FULL_RESTORE, 1u << ORACLE_IS_ONLINE},
        [PAST_PASSED] = {ORACLE_FULL_RESTORE, 1u << ORACLE_PASSED},
        [PAST_BROKEN] = {ORACLE_FULL_RESTORE, 1u << ORACLE_NO_CHAIN},
        [PAST_BRANCH] = {ORACLE_UNREACHABLE, 1u << ORACLE_NO_CHAIN},
        [PAST_NO_FULL] = {ORACLE_UNREACHABLE, ANY},
        [PAST_SAME_NAMES] = {ORACLE_ROLL_FORWARD, ANY},
        [PAST_ADDED_FILES] = {ORACLE_ROLL_FORWARD, ANY},
#undef ANY
    };
    bool route = answer.route == wanted[theme].route;
    return route && (wanted[theme].whys & 1u << answer.why) ? 3 : route ? 2 : 1;
}

/* True for an answer whose reason is the one that this past is to show. */
static bool is_rare(const struct world *world, int set, int d)
{
    static const char *const rare[PAST_THEMES][5] = {
        [PAST_TAKING] = {"set being taken"},
        [PAST_NO_LOG] = {"file unusable", "mark not in its log", "no backup of it",
                         "next log not there", "next log no cover"},
        [PAST_BRANCH] = {"another fork", "another database"},
        [PAST_BROKEN] = {"hole", "damaged on the way"},
    };
    int kinds = 0;
    while (kinds < 5 && rare[world->theme][kinds] != NULL)
        kinds++;
    const struct mark_route *route =
        build_route(world->view, world->past->sets[set].id, past_names[d]);
    int reason = find_reason(route->reason);
    return kinds > 0 && reason >= 0 &&
           strcmp(reasons[reason].name, rare[world->theme][world->seed / 56 % (unsigned)kinds]) ==
               0;
}

/* Among all marks and databases of the past one whose answer is worth most, at random. */
static bool choose(const struct world *world, int *set, int *d)
{
    int best = 0;
    unsigned ties = 0;
    for (int s = 0; s < world->past->sets_count; s++)
        for (int k = 0; k < PAST_DATABASES; k++) {
            if (!is_asked(world, s, k))
                continue;
            int now = is_rare(world, s, k) ? 4 : worth(world->theme, ask(world, s, k));
            ties = now > best ? 1 : now == best ? ties + 1 : ties;
            if (now < best || (now == best && past_random(world->past, ties) != 0))
                continue;
            best = now;
            *set = s;
            *d = k;
        }
    return best > 0;
}

static void count(const struct world *world, int set, int d, struct histogram *histogram)
{
    const struct mark_route *route =
        build_route(world->view, world->past->sets[set].id, past_names[d]);
    int reason = find_reason(route->reason);
    histogram->questions++;
    histogram->routes[route->route]++;
    if (reason >= 0)
        histogram->reasons[reason]++;
    histogram->no_full += route->reason != NULL && strstr(route->reason, no_full) != NULL;
}

static void look_at(uint64_t seed, struct histogram *histogram)
{
    struct world world;
    enter(&world, seed);
    for (int s = 0; s < world.past->sets_count; s++)
        for (int d = 0; d < PAST_DATABASES; d++)
            if (is_asked(&world, s, d))
                compare(&world, s, d);
    int set = 0, d = 0;
    if (choose(&world, &set, &d)) {
        count(&world, set, d, histogram);
        check_plan(&world, set, past_random(world.past, 5) == 0, histogram);
    }
    leave(&world);
}

/* --- shares ---------------------------------------------------------------------------------- */

static void print(const struct histogram *histogram)
{
    print_message("oracle: %ld questions, %ld plans carried out; stop clauses: %ld by name, %ld "
                  "with AFTER, %ld by LSN\n",
                  histogram->questions, histogram->plans, histogram->clauses[0],
                  histogram->clauses[1], histogram->clauses[2]);
    for (int r = 0; r <= ORACLE_UNREACHABLE; r++)
        print_message("  %-20s %6ld  %4.1f %%\n", route_name((enum route)r), histogram->routes[r],
                      100.0 * (double)histogram->routes[r] / (double)histogram->questions);
    for (int r = 0; r < REASONS; r++)
        if (r == 0 || strcmp(reasons[r - 1].name, reasons[r].name) != 0)
            print_message("  because: %-20s %6ld\n", reasons[r].name, histogram->reasons[r]);
    print_message("  because: %-20s %6ld\n", "no full set", histogram->no_full);
}

static void check_shares(const struct histogram *histogram, uint64_t runs)
{
    long least = runs >= ENOUGH_RUNS ? ENOUGH_REASONS : 1;
    for (int r = 0; r <= ORACLE_UNREACHABLE; r++)
        if (histogram->routes[r] * 100 < histogram->questions * ENOUGH_PERCENT)
            fail_msg("route %s: less than %d %%", route_name((enum route)r), ENOUGH_PERCENT);
    for (int r = 0; r < REASONS; r++)
        if (histogram->reasons[r] < least &&
            (r == 0 || strcmp(reasons[r - 1].name, reasons[r].name) != 0))
            fail_msg("reason '%s': %ld, not %ld", reasons[r].name, histogram->reasons[r], least);
    assert_true(histogram->no_full >= least);
    for (int i = 0; i < 3; i++)
        assert_true(histogram->clauses[i] >= least);
}

static void the_planner_agrees_with_a_brute_force_search(void **state)
{
    (void)state;
    const char *given = getenv("ORACLE_SEED"), *given_runs = getenv("ORACLE_RUNS");
    uint64_t first = given == NULL ? 1 : strtoull(given, NULL, 10);
    uint64_t runs = given_runs != NULL ? strtoull(given_runs, NULL, 10) : given != NULL ? 1 : RUNS;
    struct histogram histogram = {0};
    for (uint64_t seed = first; seed < first + runs; seed++)
        look_at(seed, &histogram);
    print(&histogram);
    if (runs >= RUNS)
        check_shares(&histogram, runs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_planner_agrees_with_a_brute_force_search),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
