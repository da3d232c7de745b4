/* What headers prove, which files are asked for, and how it is remembered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/memory.h"
#include "core/base/str.h"
#include "core/plan.h"
#include "core/proof.h"
#include "core/proof_want.h"
#include "core/store_text.h"
#include "tests/support/build_view.h"

#define BOX "BizTalkMsgBoxDb"
#define MGMT "BizTalkMgmtDb"

enum { DRSQL1 = 1 };

static const struct set_file *file_of(const struct group_view *view, int64_t set_id,
                                      const char *database)
{
    const struct roster_entry *entry = build_entry(view, database);
    return &build_find_set(view, set_id)->files[entry - view->roster];
}

static void the_verdict_is_a_plain_yes_once_every_file_of_the_route_is_proven(void **state)
{
    (void)state;
    struct build *build = build_kept_up();
    build_prove(build, MGMT, 100);
    struct group_view *view = build_view(build);
    assert_int_equal(view->readiness.evidence, EVIDENCE_MSDB);
    assert_int_equal(view->readiness.verdict, VERDICT_WARNING);
    group_view_release(view);
    build_prove(build, BOX, 100);
    view = build_view(build);
    assert_int_equal(view->readiness.evidence, EVIDENCE_HEADER);
    assert_int_equal(view->readiness.verdict, VERDICT_OK);
    assert_int_equal(file_of(view, 100, BOX)->state, FILE_PROVEN);
    assert_int_equal(file_of(view, 99, BOX)->state, FILE_UNCHECKED);
    group_view_release(view);
    build_free(build);
}

static void a_header_wins_over_what_msdb_says(void **state)
{
    (void)state;
    struct build *build = build_kept_up();
    struct file_proof *proof = build_prove(build, BOX, 100);
    proof->headers[0].first_lsn.number += 500000; /* a hole between 99 and 100 */
    struct group_view *view = build_view(build);
    assert_int_equal(build_route(view, 100, BOX)->route, ROUTE_UNREACHABLE);
    assert_non_null(build_route(view, 100, BOX)->reason);
    group_view_release(view);
    build_free(build);
}

static void a_file_that_holds_another_backup_is_corrupt(void **state)
{
    (void)state;
    struct build *build = build_kept_up();
    struct file_proof *proof = build_prove(build, BOX, 100);
    proof->headers[0].type = 'D';
    struct group_view *view = build_view(build);
    assert_int_equal(file_of(view, 100, BOX)->state, FILE_CORRUPT);
    assert_false(build_mark(view, 100)->reachable);
    group_view_release(view);
    proof->headers[0].type = 'L';
    free(proof->headers[0].database);
    proof->headers[0].database = memory_copy_text("Other");
    view = build_view(build);
    assert_int_equal(file_of(view, 100, BOX)->state, FILE_CORRUPT);
    group_view_release(view);
    build_free(build);
}

static void a_backup_behind_another_one_in_the_file_is_found_with_its_place(void **state)
{
    (void)state;
    struct build *build = build_kept_up();
    struct file_proof *proof = build_prove(build, BOX, 100);
    proof->headers[0].position = 2;
    struct backup_header *full = memory_append(proof, headers);
    *full = (struct backup_header){.position = 1, .type = 'D', .database = memory_copy_text(BOX)};
    struct group_view *view = build_view(build);
    assert_int_equal(file_of(view, 100, BOX)->position, 2);
    assert_int_equal(file_of(view, 100, BOX)->evidence, EVIDENCE_HEADER);
    struct plan_request request = {.by = TARGET_NEWEST};
    struct plan *plan = plan_make(view, &request);
    assert_true(plan->possible);
    for (size_t i = 0; i < plan->databases_count; i++) {
        const struct plan_step *step = &plan->databases[i].steps[0];
        bool second = strcmp(plan->databases[i].database, BOX) == 0;
        assert_int_equal(step->position, second ? 2 : 1);
        assert_int_equal(strstr(step->sql, "WITH FILE = 2, STOPATMARK") != NULL, second);
        assert_int_equal(strstr(step->sql, "FILE = ") != NULL, second);
    }
    plan_free(plan);
    group_view_release(view);
    build_free(build);
}

static void a_file_that_cannot_be_opened_stops_the_route(void **state)
{
    (void)state;
    static const enum file_state states[] = {FILE_MISSING, FILE_DENIED, FILE_CORRUPT};
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        struct build *build = build_kept_up();
        build_prove(build, BOX, 100)->state = states[i];
        struct group_view *view = build_view(build);
        assert_false(build_mark(view, 100)->by_roll_forward);
        assert_int_equal(build_route(view, 100, BOX)->route, ROUTE_UNREACHABLE);
        group_view_release(view);
        build_free(build);
    }
}

static void errors_of_a_file_are_told_from_errors_of_asking(void **state)
{
    (void)state;
    static const struct {
        int number;
        const char *text;
        enum file_state state;
    } cases[] = {
        {3201, "Cannot open '\\\\x\\y(1).bak'. Operating system error 2(not found).", FILE_MISSING},
        {3201, "Fehler 53(Der Netzwerkpfad wurde nicht gefunden).", FILE_MISSING},
        {3201, "error 5(Access is denied.)", FILE_DENIED},
        {3201, "error 32(used by another process)", FILE_UNCHECKED},
        {3241, "malformed", FILE_CORRUPT},
        {3254, "empty", FILE_CORRUPT},
        {33111, "no certificate", FILE_DENIED},
        {262, "CREATE DATABASE permission denied", FILE_UNCHECKED},
        {1222, "lock", FILE_UNCHECKED},
        {0, "", FILE_UNCHECKED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(proof_state_of_error(cases[i].number, cases[i].text), cases[i].state);
}

/* --- which files ------------------------------------------------------------------------------ */

static size_t want(struct build *build, const char **paths, size_t max)
{
    struct group_view *view = build_view(build);
    size_t count = proof_wanted(view, DRSQL1, build->servers[DRSQL1], build->now_utc_ms, paths, max);
    /* the paths are the view's: looked at by their msdb rows instead */
    for (size_t i = 0; i < count; i++)
        for (size_t b = 0; b < build->servers[0]->backups_count; b++)
            if (strcmp(paths[i], build->servers[0]->backups[b].path) == 0)
                paths[i] = build->servers[0]->backups[b].path;
    group_view_release(view);
    return count;
}

static void the_files_of_the_newest_target_are_wanted_first(void **state)
{
    (void)state;
    struct build *build = build_kept_up();
    const char *paths[64];
    size_t count = want(build, paths, 2);
    assert_int_equal(count, 2);
    assert_true(paths[0] == build_backup(build, MGMT, 100)->path ||
                paths[0] == build_backup(build, BOX, 100)->path);
    build_prove(build, MGMT, 100);
    build_prove(build, BOX, 100);
    count = want(build, paths, 64);
    assert_int_equal(count, 20); /* the full set 90 and the logs 91 to 99 of both */
    build_free(build);
}

static void files_of_an_unfinished_or_partial_set_are_never_wanted(void **state)
{
    (void)state;
    struct build *build = build_kept_up();
    build_set(build, (struct build_set){.id = 101, .kind = SET_LOG, .time_utc_ms = build_time(101),
                                        .incomplete = true, .without = BOX});
    const char *paths[64];
    size_t count = want(build, paths, 64);
    for (size_t i = 0; i < count; i++)
        assert_true(paths[i] != build_backup(build, MGMT, 101)->path);
    assert_int_equal(count, 22);
    build_free(build);
}

static void a_proven_file_is_asked_for_again_when_its_proof_is_old_a_lost_one_soon(void **state)
{
    (void)state;
    struct build *build = build_kept_up();
    const char *paths[64];
    struct file_proof *proof = build_prove(build, BOX, 100);
    assert_int_equal(want(build, paths, 64), 21);
    proof->asked_utc_ms = build->now_utc_ms - PROOF_FRESH_MS - 1;
    assert_int_equal(want(build, paths, 64), 22);
    proof->state = FILE_MISSING;
    proof->asked_utc_ms = build->now_utc_ms - PROOF_ASK_AGAIN_MS + 1;
    assert_int_equal(want(build, paths, 64), 21);
    proof->asked_utc_ms = build->now_utc_ms - PROOF_ASK_AGAIN_MS - 1;
    assert_int_equal(want(build, paths, 64), 22);
    build_free(build);
}

/* --- memory ----------------------------------------------------------------------------------- */

static void proofs_survive_on_disk(void **state)
{
    (void)state;
    struct build *build = build_kept_up();
    struct file_proof *proof = build_prove(build, BOX, 100);
    proof->verification = VERIFY_FAILED;
    proof->verified_utc_ms = 77;
    proof->verification_problem = memory_copy_text("tab\there");
    build_prove(build, MGMT, 100)->state = FILE_MISSING;
    struct str first = {0}, second = {0};
    store_text_from_view(&first, build->servers[DRSQL1]);
    struct server_view *read =
        store_text_to_view(str_text(&first), build->servers[DRSQL1]->name, ROLE_DESTINATION);
    assert_non_null(read);
    assert_int_equal(read->proofs_count, 2);
    store_text_from_view(&second, read);
    assert_string_equal(str_text(&first), str_text(&second));
    const struct file_proof *back = server_view_proof(read, proof->path);
    assert_non_null(back);
    assert_int_equal(back->headers_count, 1);
    assert_string_equal(back->headers[0].database, BOX);
    assert_string_equal(back->files[0].logical_name, BOX);
    assert_string_equal(back->verification_problem, "tab\there");
    assert_int_equal(lsn_compare(back->headers[0].last_lsn, proof->headers[0].last_lsn), 0);
    server_view_release(read);
    str_free(&first);
    str_free(&second);
    build_free(build);
}

static void proofs_of_files_that_no_set_names_any_more_are_forgotten(void **state)
{
    (void)state;
    struct build *build = build_kept_up();
    build_prove(build, BOX, 100);
    struct file_proof *old = proof_new("\\\\backup\\bts\\purged.bak");
    server_view_put_proof(build->servers[DRSQL1], old);
    struct group_view *view = build_view(build);
    proof_forget(build->servers[DRSQL1], view, DRSQL1);
    assert_int_equal(build->servers[DRSQL1]->proofs_count, 1);
    assert_null(server_view_proof(build->servers[DRSQL1], "\\\\backup\\bts\\purged.bak"));
    group_view_release(view);
    build_free(build);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_verdict_is_a_plain_yes_once_every_file_of_the_route_is_proven),
        cmocka_unit_test(a_header_wins_over_what_msdb_says),
        cmocka_unit_test(a_file_that_holds_another_backup_is_corrupt),
        cmocka_unit_test(a_backup_behind_another_one_in_the_file_is_found_with_its_place),
        cmocka_unit_test(a_file_that_cannot_be_opened_stops_the_route),
        cmocka_unit_test(errors_of_a_file_are_told_from_errors_of_asking),
        cmocka_unit_test(the_files_of_the_newest_target_are_wanted_first),
        cmocka_unit_test(files_of_an_unfinished_or_partial_set_are_never_wanted),
        cmocka_unit_test(a_proven_file_is_asked_for_again_when_its_proof_is_old_a_lost_one_soon),
        cmocka_unit_test(proofs_survive_on_disk),
        cmocka_unit_test(proofs_of_files_that_no_set_names_any_more_are_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
