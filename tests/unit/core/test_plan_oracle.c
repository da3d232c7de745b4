/* Random histories against a second opinion: a brute-force search that applies SQL Server's rules
 * literally (accept a log when first <= R < last; a full leaves R at its last LSN; the stop ends
 * at the mark) and shares no code with the planner. Numbers of the oracle are its own. */
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

enum { DATABASES = 2, SETS_MOST = 24, RUNS = 1500 };
static const char *const names[DATABASES] = {"BizTalkMgmtDb", "BizTalkMsgBoxDb"};

/* --- the oracle's world ---------------------------------------------------------------------- */

__extension__ typedef __int128 number;

struct file {
    bool there, usable, bulk;
    number first, last;
    char path[600];
};

struct past_set {
    bool full, in_progress;
    char mark[64];
    struct file files[DATABASES];
    number mark_at[DATABASES];
};

struct world {
    struct past_set sets[SETS_MOST + 1];
    int64_t first_id;
    int count;
    bool restoring[DATABASES];
    number redo[DATABASES];
    int stopped_at[DATABASES]; /* set whose mark it stands at, -1 = none */
};

struct reached {
    bool yes;
    number redo;
};

/* All ways from redo, by depth first: no log may be taken twice without progress, so it ends. */
static bool can_roll(const struct world *world, int database, number redo, number mark, int depth)
{
    if (redo > mark || depth > SETS_MOST)
        return false;
    for (int s = 0; s < world->count; s++) {
        const struct file *log = &world->sets[s].files[database];
        if (world->sets[s].full || world->sets[s].in_progress || !log->there || !log->usable ||
            !(log->first <= redo && redo < log->last))
            continue;
        if (log->first <= mark && mark < log->last) {
            if (!log->bulk)
                return true;
            continue;
        }
        if (can_roll(world, database, log->last, mark, depth + 1))
            return true;
    }
    return false;
}

static enum route oracle(const struct world *world, int database, int target)
{
    number mark = world->sets[target].mark_at[database];
    if (world->sets[target].in_progress)
        return ROUTE_UNREACHABLE;
    if (world->stopped_at[database] == target)
        return ROUTE_AT_MARK;
    if (world->restoring[database] && can_roll(world, database, world->redo[database], mark, 0))
        return ROUTE_ROLL_FORWARD;
    for (int s = 0; s < world->count; s++) {
        const struct file *full = &world->sets[s].files[database];
        if (world->sets[s].full && !world->sets[s].in_progress && full->there && full->usable &&
            can_roll(world, database, full->last, mark, 0))
            return ROUTE_FULL_RESTORE;
    }
    return ROUTE_UNREACHABLE;
}

/* --- making worlds --------------------------------------------------------------------------- */

static uint64_t next_random(uint64_t *seed)
{
    *seed += 0x9E3779B97F4A7C15u;
    uint64_t x = *seed;
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return x ^ x >> 31;
}

static bool chance(uint64_t *seed, unsigned percent)
{
    return next_random(seed) % 100 < percent;
}

static struct build_set random_set(uint64_t *seed, int64_t id, bool first)
{
    struct build_set set = {.id = id, .time_utc_ms = build_time(id)};
    set.kind = first              ? chance(seed, 85) ? SET_FULL : SET_LOG
               : chance(seed, 15) ? SET_FULL
                                  : SET_LOG;
    if (chance(seed, 12)) {
        set.incomplete = true;
        set.without = names[next_random(seed) % DATABASES];
        set.only_without = chance(seed, 70);
    } else if (set.kind == SET_LOG && chance(seed, 6)) {
        set.lost = names[next_random(seed) % DATABASES];
    }
    return set;
}

static number from_lsn(struct lsn lsn)
{
    return (number)lsn.number;
}

/* What the builder made of the set, with a spoiled file now and then. */
static void note_set(struct build *build, struct world *world, uint64_t *seed, int64_t id)
{
    struct past_set *set = &world->sets[world->count++];
    for (int d = 0; d < DATABASES; d++) {
        struct msdb_backup *backup = NULL;
        const struct history_chunk *chunk =
            build->servers[0]->history_count > 0 ? build->servers[0]->history[0] : NULL;
        for (size_t i = chunk == NULL ? 0 : chunk->count; i-- > 0;)
            if (chunk->rows[i].set_id == id && strcmp(chunk->rows[i].database, names[d]) == 0)
                backup = build_backup(build, names[d], id);
        struct file *file = &set->files[d];
        set->mark_at[d] = from_lsn(build_lsn(build->databases[d].log_lsn - 10));
        if (backup == NULL)
            continue;
        if (backup->type == 'L' && chance(seed, 5)) { /* an empty log: the next begins there too */
            backup->last_lsn = backup->first_lsn;
            build->databases[d].taken_lsn =
                (int64_t)(backup->first_lsn.number - build_lsn(0).number);
        }
        file->there = true;
        backup->damaged = chance(seed, 4);
        backup->bulk_logged = backup->type == 'L' && chance(seed, 4);
        file->usable = !backup->damaged;
        file->bulk = backup->bulk_logged;
        file->first = from_lsn(backup->first_lsn);
        file->last = from_lsn(backup->last_lsn);
        snprintf(file->path, sizeof file->path, "%s", backup->path);
    }
}

static void place(struct build *build, struct world *world, uint64_t *seed, int d)
{
    struct database_row *row = build_row(build, 1, names[d]);
    int set = (int)(next_random(seed) % (uint64_t)world->count);
    const struct file *file = &world->sets[set].files[d];
    world->stopped_at[d] = -1;
    world->restoring[d] = true;
    unsigned how = (unsigned)(next_random(seed) % 100);
    bool can_stop = file->there && !world->sets[set].full && !world->sets[set].in_progress &&
                    world->sets[set].mark_at[d] >= file->first &&
                    world->sets[set].mark_at[d] < file->last;
    if (how < 12 || !file->there) {
        row->state = how < 6 ? STATE_ABSENT : STATE_ONLINE;
        world->restoring[d] = false;
    } else if (how < 25 && can_stop) {
        build_stop_at(build, names[d], world->first_id + set, world->sets[set].mark);
        world->stopped_at[d] = set;
        world->redo[d] = from_lsn(row->redo_lsn);
    } else {
        world->redo[d] = file->last;
        row->redo_lsn = (struct lsn){.number = (lsn_number)file->last};
    }
}

static struct build *make_world(struct world *world, uint64_t seed)
{
    memset(world, 0, sizeof *world);
    struct build *build = build_small();
    int count = 3 + (int)(next_random(&seed) % (SETS_MOST - 3));
    world->first_id = 101 - count;
    struct build_set last = {0};
    for (int i = 0; i < count; i++) {
        last = random_set(&seed, world->first_id + i, i == 0);
        build_set(build, last);
        char stamp[40];
        time_format_iso(stamp, sizeof stamp, last.time_utc_ms);
        stamp[23] = '\0';
        for (char *p = stamp; *p != '\0'; p++)
            *p = *p < '0' || *p > '9' ? '_' : *p;
        snprintf(world->sets[i].mark, sizeof world->sets[i].mark, "BTS_%s", stamp);
        world->sets[i].full = last.kind == SET_FULL;
        note_set(build, world, &seed, last.id);
    }
    bool any_row = false;
    for (int d = 0; d < DATABASES; d++)
        any_row = any_row || world->sets[count - 1].files[d].there;
    if (last.incomplete && any_row && chance(&seed, 50)) {
        build->servers[0]->jobs[0].running = true;
        world->sets[count - 1].in_progress = true;
    }
    for (int d = 0; d < DATABASES; d++)
        place(build, world, &seed, d);
    return build;
}

/* --- carrying a plan out --------------------------------------------------------------------- */

static const struct file *file_of(const struct world *world, int database, const char *path)
{
    for (int s = 0; s < world->count; s++)
        if (strcmp(world->sets[s].files[database].path, path) == 0)
            return &world->sets[s].files[database];
    return NULL;
}

/* Does what the server would do with each statement; fails where the server would refuse, where
 * the mark is passed, or where anything is sent after it was reached. */
static void carry_out(const struct world *world, const struct plan_database *planned, int database,
                      int target, uint64_t seed)
{
    number mark = world->sets[target].mark_at[database];
    number redo = world->redo[database];
    bool standing = world->restoring[database];
    bool reached = planned->route == ROUTE_AT_MARK || planned->route == ROUTE_RECOVERED_AT_MARK;
    bool proven = false;
    for (size_t i = 0; i < planned->steps_count; i++) {
        const struct plan_step *step = &planned->steps[i];
        if (step->kind == STEP_PROVE) {
            proven = true;
            continue;
        }
        if (step->kind == STEP_RECOVER) {
            if (!proven || !reached || i + 1 != planned->steps_count)
                fail_msg("seed %llu: recovery before the proof", (unsigned long long)seed);
            continue;
        }
        const struct file *file = file_of(world, database, step->file);
        if (file == NULL || !file->usable || reached || proven)
            fail_msg("seed %llu: a file that must not be read, or one too many",
                     (unsigned long long)seed);
        if (step->kind == STEP_RESTORE_FULL) {
            redo = file->last;
            standing = true;
            continue;
        }
        if (!standing || !(file->first <= redo && redo < file->last) || redo > mark)
            fail_msg("seed %llu: the server refuses %s, or it is past the mark",
                     (unsigned long long)seed, step->file);
        if (step->stop_clause == NULL ||
            strstr(step->stop_clause, world->sets[target].mark) == NULL)
            fail_msg("seed %llu: a log without the stop clause", (unsigned long long)seed);
        if (mark < file->last)
            reached = true;
        else
            redo = file->last;
    }
    if (!reached)
        fail_msg("seed %llu: the mark is not reached", (unsigned long long)seed);
}

static int database_index(const char *name)
{
    return strcmp(name, names[0]) == 0 ? 0 : 1;
}

static void check_plan(const struct group_view *view, const struct world *world, int target,
                       uint64_t seed)
{
    static const char *const replace[] = {"DRSQL1/BizTalkMgmtDb", "DRSQL1/BizTalkMsgBoxDb"};
    struct plan_request request = {.by = TARGET_CHOSEN,
                                   .mark = world->sets[target].mark,
                                   .replace = replace,
                                   .replace_count = 2};
    struct plan *plan = plan_make(view, &request);
    bool possible = true;
    for (int d = 0; d < DATABASES; d++)
        possible = possible && oracle(world, d, target) != ROUTE_UNREACHABLE;
    if (plan->possible != possible)
        fail_msg("seed %llu, set %d: possible %d, the oracle says %d", (unsigned long long)seed,
                 target, plan->possible, possible);
    for (size_t i = 0; i < plan->databases_count && plan->possible; i++)
        carry_out(world, &plan->databases[i], database_index(plan->databases[i].database), target,
                  seed);
    plan_free(plan);
}

static void the_planner_agrees_with_a_brute_force_search(void **state)
{
    (void)state;
    const char *given = getenv("ORACLE_SEED"), *given_runs = getenv("ORACLE_RUNS");
    uint64_t first = given == NULL ? 1 : strtoull(given, NULL, 10);
    uint64_t runs = given != NULL ? 1 : given_runs != NULL ? strtoull(given_runs, NULL, 10) : RUNS;
    static struct world world;
    long histogram[ROUTE_UNREACHABLE + 1] = {0};
    for (uint64_t seed = first; seed < first + runs; seed++) {
        struct build *build = make_world(&world, seed);
        struct group_view *view = build_view(build);
        for (int s = 0; s < world.count; s++) {
            if (world.sets[s].full || build_mark(view, world.first_id + s) == NULL)
                continue;
            for (int d = 0; d < DATABASES; d++) {
                const struct mark_route *route = build_route(view, world.first_id + s, names[d]);
                enum route expected = oracle(&world, d, s);
                histogram[expected]++;
                if (route->route != expected)
                    fail_msg("seed %llu, set %lld, %s: %s (%s), the oracle says %s",
                             (unsigned long long)seed, (long long)(world.first_id + s), names[d],
                             route_name(route->route), route->reason == NULL ? "" : route->reason,
                             route_name(expected));
            }
            check_plan(view, &world, s, seed);
        }
        group_view_release(view);
        build_free(build);
    }
    print_message("oracle: %llu histories", (unsigned long long)runs);
    for (int r = 0; r <= ROUTE_UNREACHABLE; r++)
        print_message(", %s %ld", route_name((enum route)r), histogram[r]);
    print_message("\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_planner_agrees_with_a_brute_force_search),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
