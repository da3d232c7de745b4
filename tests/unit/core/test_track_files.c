/* Files as their destinations see them, certificates, names that several servers have. */
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
#include "core/proof.h"
#include "tests/support/build_view.h"

#define MGMT "BizTalkMgmtDb"
#define BOX "BizTalkMsgBoxDb"

enum { SOURCE, DESTINATION };

static void expect(const struct group_view *view, int64_t set, const char *database,
                   enum route route, const char *reason)
{
    const struct mark_route *found = build_route(view, set, database);
    if (found->route != route)
        print_error("set %d, %s: %s\n", (int)set, database,
                    found->reason == NULL ? "no reason" : found->reason);
    assert_string_equal(route_name(found->route), route_name(route));
    if (reason != NULL && (found->reason == NULL || strstr(found->reason, reason) == NULL))
        fail_msg("'%s' does not say '%s'", found->reason == NULL ? "" : found->reason, reason);
}

/* Full 90 and 91 applied; 92 to 95 to come. */
static struct build *build_behind(void)
{
    struct build *build = build_small();
    build_full(build, 90, true);
    for (int64_t set = 91; set <= 95; set++)
        build_log(build, set, set == 91);
    return build;
}

/* What the destination found when it was asked for the file of that set. */
static struct file_proof *prove(struct build *build, const char *database, int64_t set,
                                enum file_state state)
{
    struct file_proof *proof = proof_new(build_backup(build, database, set)->path);
    proof->state = state;
    server_view_put_proof(build->servers[DESTINATION], proof);
    return proof;
}

/* --- files ----------------------------------------------------------------------------------- */

static void a_file_that_its_destination_cannot_use_breaks_the_chain_in_its_own_words(void **state)
{
    (void)state;
    static const struct {
        enum file_state state;
        const char *reason;
    } cases[] = {{FILE_MISSING, "the log of set 93 is missing"},
                 {FILE_CORRUPT, "the log of set 93 is corrupt"},
                 {FILE_DENIED, "the log of set 93 cannot be read by the destination"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct build *build = build_behind();
        prove(build, MGMT, 93, cases[i].state);
        struct group_view *view = build_view(build);
        expect(view, 92, MGMT, ROUTE_ROLL_FORWARD, NULL);
        expect(view, 93, MGMT, ROUTE_UNREACHABLE, "its log of set 93 cannot be used");
        expect(view, 95, MGMT, ROUTE_UNREACHABLE, cases[i].reason);
        expect(view, 95, BOX, ROUTE_ROLL_FORWARD, NULL);
        group_view_release(view);
        build_free(build);
    }
}

/* The source's msdb was read before it had that set and later ones: their LSNs are not known. */
static void forget_from(struct build *build, int64_t set)
{
    for (; set <= 95; set++)
        for (int d = 0; d < 2; d++) {
            struct msdb_backup *backup = build_backup(build, d == 0 ? MGMT : BOX, set);
            backup->first_lsn = backup->last_lsn = (struct lsn){0};
        }
}

/* Nobody may see a redo point or what restorehistory knows. */
static void hide_places(struct build *build)
{
    for (int d = 0; d < 2; d++) {
        struct database_row *row = build_row(build, DESTINATION, d == 0 ? MGMT : BOX);
        row->redo_lsn = (struct lsn){0};
        row->files_visible = false;
    }
    build_forget_restores(build, DESTINATION);
}

static void without_lsns_a_lost_file_right_behind_its_place_breaks_the_chain_too(void **state)
{
    (void)state;
    for (int hidden = 0; hidden < 2; hidden++) {
        struct build *build = build_behind();
        prove(build, MGMT, 91, FILE_MISSING); /* it has this one already */
        prove(build, BOX, 92, FILE_MISSING);
        forget_from(build, hidden ? 90 : 92);
        if (hidden)
            hide_places(build);
        struct group_view *view = build_view(build);
        expect(view, 95, MGMT, ROUTE_ROLL_FORWARD, NULL);
        expect(view, 93, BOX, ROUTE_UNREACHABLE, "the log of set 92 is missing");
        expect(view, 95, BOX, ROUTE_UNREACHABLE, "the log of set 92 is missing");
        group_view_release(view);
        build_free(build);
    }
}

static void without_lsns_a_lost_file_right_behind_a_full_set_breaks_the_chain_too(void **state)
{
    (void)state;
    for (int hidden = 0; hidden < 2; hidden++) {
        struct build *build = build_behind();
        prove(build, BOX, 91, FILE_MISSING);
        forget_from(build, hidden ? 90 : 91);
        build_forget_restores(build, DESTINATION);
        build_row(build, DESTINATION, MGMT)->state = STATE_ABSENT;
        build_row(build, DESTINATION, BOX)->state = STATE_ABSENT;
        struct group_view *view = build_view(build);
        expect(view, 95, MGMT, ROUTE_FULL_RESTORE, NULL);
        expect(view, 95, BOX, ROUTE_UNREACHABLE, "the log of set 91 is missing");
        group_view_release(view);
        build_free(build);
    }
}

static void a_hole_right_behind_its_place_breaks_the_chain_whatever_the_newest_log_is(void **state)
{
    (void)state;
    struct build *build = build_behind();
    build_backup(build, BOX, 92)->first_lsn.number += 1;
    forget_from(build, 95);
    struct group_view *view = build_view(build);
    expect(view, 95, MGMT, ROUTE_ROLL_FORWARD, NULL);
    expect(view, 95, BOX, ROUTE_UNREACHABLE, "log is missing between set 91 and set 92");
    group_view_release(view);
    build_row(build, DESTINATION, BOX)->state = STATE_ABSENT;
    build_backup(build, BOX, 92)->first_lsn.number -= 1;
    build_backup(build, BOX, 91)->first_lsn.number =
        build_backup(build, BOX, 90)->last_lsn.number + 1;
    view = build_view(build);
    expect(view, 95, BOX, ROUTE_UNREACHABLE, "no log continues full set 90");
    group_view_release(view);
    build_free(build);
}

/* What was applied nobody recorded, but the redo point and where the marks lie are known. */
static void a_mark_before_the_redo_point_is_past_though_its_log_has_no_lsns(void **state)
{
    (void)state;
    struct build *build = build_behind();
    build_row(build, DESTINATION, BOX)->redo_lsn = build_backup(build, BOX, 93)->last_lsn;
    build_forget_restores(build, DESTINATION);
    forget_from(build, 92);
    struct group_view *view = build_view(build);
    expect(view, 93, MGMT, ROUTE_ROLL_FORWARD, NULL);
    expect(view, 92, BOX, ROUTE_FULL_RESTORE, "it is past this mark");
    expect(view, 93, BOX, ROUTE_FULL_RESTORE, "it is past this mark");
    expect(view, 94, BOX, ROUTE_ROLL_FORWARD, NULL);
    group_view_release(view);
    build_free(build);
}

static void a_file_that_nobody_opened_yet_is_used_on_weaker_evidence(void **state)
{
    (void)state;
    struct build *build = build_behind();
    prove(build, MGMT, 93, FILE_UNCHECKED);
    struct group_view *view = build_view(build);
    expect(view, 95, MGMT, ROUTE_ROLL_FORWARD, NULL);
    assert_int_equal(build_route(view, 95, MGMT)->evidence, EVIDENCE_MSDB);
    group_view_release(view);
    build_free(build);
}

/* The history calls it a log; whatever lies there now is something else. */
static void a_file_is_what_its_header_says_and_not_what_the_history_calls_it(void **state)
{
    (void)state;
    struct build *build = build_behind();
    struct file_proof *proof = prove(build, MGMT, 93, FILE_PROVEN);
    const struct msdb_backup *backup = build_backup(build, MGMT, 93);
    struct backup_header *header = memory_append(proof, headers);
    *header = (struct backup_header){.position = 1,
                                     .type = 'D',
                                     .database = memory_copy_text(MGMT),
                                     .first_lsn = backup->first_lsn,
                                     .last_lsn = backup->last_lsn,
                                     .size_bytes = SIZE_UNKNOWN};
    struct group_view *view = build_view(build);
    expect(view, 95, MGMT, ROUTE_UNREACHABLE, "the log of set 93 is corrupt");
    group_view_release(view);
    header->type = 'L';
    header->last_lsn.number -= 1; /* and its LSNs are the header's too */
    view = build_view(build);
    expect(view, 95, MGMT, ROUTE_UNREACHABLE, "log is missing between set 93 and set 94");
    group_view_release(view);
    build_free(build);
}

static void with_the_source_never_seen_the_header_tells_the_version(void **state)
{
    (void)state;
    struct build *build = build_behind();
    build->servers[SOURCE]->version_major = 0;
    struct file_proof *proof = prove(build, MGMT, 95, FILE_PROVEN);
    const struct msdb_backup *backup = build_backup(build, MGMT, 95);
    *memory_append(proof, headers) = (struct backup_header){.position = 1,
                                                            .type = 'L',
                                                            .database = memory_copy_text(MGMT),
                                                            .first_lsn = backup->first_lsn,
                                                            .last_lsn = backup->last_lsn,
                                                            .size_bytes = SIZE_UNKNOWN,
                                                            .software_major = 16};
    struct group_view *view = build_view(build);
    expect(view, 95, MGMT, ROUTE_ROLL_FORWARD, NULL);
    group_view_release(view);
    build->servers[DESTINATION]->version_major = 15;
    view = build_view(build);
    expect(view, 95, MGMT, ROUTE_UNREACHABLE, "DRSQL1 is SQL Server 15, the backups are of 16");
    expect(view, 95, BOX, ROUTE_ROLL_FORWARD, NULL); /* nobody knows of its */
    group_view_release(view);
    build_free(build);
}

static void moved_files_are_read_from_their_new_folder_by_kind_and_source(void **state)
{
    (void)state;
    static const struct {
        const char *full, *log, *server, *full_path, *log_path;
    } cases[] = {
        {NULL, "D:\\logs", "SQLA", "\\\\backup\\bts\\SQLA_", "D:\\logs\\SQLA_"},
        {NULL, "D:\\logs\\", "SQLA", "\\\\backup\\bts\\SQLA_", "D:\\logs\\SQLA_"},
        {"E:\\full", NULL, "sqla", "E:\\full\\SQLA_", "\\\\backup\\bts\\SQLA_"},
        {"\\\\dr\\full\\", "\\\\dr\\log", NULL, "\\\\dr\\full\\SQLA_", "\\\\dr\\log\\SQLA_"},
        {"https://a.blob/full", "https://a.blob/log/", "SQLA,1433", "https://a.blob/full/SQLA_",
         "https://a.blob/log/SQLA_"},
        {"", "", "SQLA", "\\\\backup\\bts\\SQLA_", "\\\\backup\\bts\\SQLA_"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct build *build = build_behind();
        struct shipping_row *row = &build->servers[DESTINATION]->shipping[0];
        free(row->server);
        row->server = memory_copy_text(cases[i].server);
        row->full_location = memory_copy_text(cases[i].full);
        row->log_location = memory_copy_text(cases[i].log);
        struct group_view *view = build_view(build);
        size_t mgmt = (size_t)(build_entry(view, MGMT) - view->roster);
        const char *full = build_find_set(view, 90)->files[mgmt].path;
        const char *log = build_find_set(view, 95)->files[mgmt].path;
        if (strstr(full, cases[i].full_path) != full || strstr(log, cases[i].log_path) != log)
            fail_msg("case %zu: %s, %s", i, full, log);
        expect(view, 95, MGMT, ROUTE_ROLL_FORWARD, NULL);
        group_view_release(view);
        build_free(build);
    }
}

/* The newer name has the family, the standby has the older name. */
static void a_renamed_database_is_told_from_one_that_was_never_there(void **state)
{
    (void)state;
    struct build *build = build_behind();
    struct server_view *standby = build->servers[DESTINATION];
    struct database_row *row = build_row(build, DESTINATION, BOX);
    free(row->name);
    row->name = memory_copy_text("BoxOfBefore");
    for (size_t i = 0; i < standby->restores_count; i++)
        if (strcmp(standby->restores[i].database, BOX) == 0) {
            free(standby->restores[i].database);
            standby->restores[i].database = memory_copy_text("BoxOfBefore");
        }
    struct group_view *view = build_view(build);
    expect(view, 95, BOX, ROUTE_FULL_RESTORE,
           "it was renamed, and its standby is called BoxOfBefore there");
    expect(view, 95, MGMT, ROUTE_ROLL_FORWARD, NULL);
    group_view_release(view);
    for (size_t i = 0; i < standby->restores_count; i++)
        standby->restores[i].set_guid[0] = '\0'; /* of whom it is, nobody can tell */
    view = build_view(build);
    assert_string_equal(build_route(view, 95, BOX)->reason, "it is not on DRSQL1");
    group_view_release(view);
    build_free(build);
}

/* A full backup runs while logs are taken: the first log to apply begins before it ended. */
static void the_first_log_may_begin_before_the_full_set_ended(void **state)
{
    (void)state;
    struct build *build = build_small();
    build_full(build, 90, false);
    build_log(build, 91, false);
    build_full(build, 92, false);
    build_log(build, 93, false);
    build_log(build, 94, false);
    build_row(build, DESTINATION, MGMT)->state = STATE_ABSENT;
    build_row(build, DESTINATION, BOX)->state = STATE_ABSENT;
    struct msdb_backup *full = build_backup(build, MGMT, 92);
    full->last_lsn = build_backup(build, MGMT, 93)->first_lsn;
    full->last_lsn.number += 400; /* in the middle of the log of 93 */
    struct group_view *view = build_view(build);
    struct plan_request request = {.by = TARGET_CHOSEN, .mark = "BTS_2026_11_20_10_30_00_547"};
    struct plan *plan = plan_make(view, &request);
    assert_true(plan->possible);
    const struct plan_database *mgmt = &plan->databases[plan->databases_count - 1];
    static const int64_t sets[] = {92, 93, 94};
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(mgmt->steps[i].set, sets[i]);
    assert_true(lsn_compare(mgmt->steps[1].first_lsn, mgmt->steps[0].last_lsn) < 0);
    plan_free(plan);
    group_view_release(view);
    full->last_lsn = build_backup(build, MGMT, 94)->first_lsn; /* 93 ends where it ends: not sent */
    view = build_view(build);
    plan = plan_make(view, &request);
    mgmt = &plan->databases[plan->databases_count - 1];
    assert_int_equal(mgmt->steps[0].set, 92);
    assert_int_equal(mgmt->steps[1].set, 94);
    plan_free(plan);
    group_view_release(view);
    build_free(build);
}

/* --- certificates ---------------------------------------------------------------------------- */

static void add_key(struct build *build, int server, enum surrounding kind, const char *database,
                    const char *thumbprint)
{
    struct surrounding_row *row = memory_append(build->servers[server], surroundings);
    *row = (struct surrounding_row){.kind = kind,
                                    .name = memory_copy_text("TdeCert"),
                                    .detail = memory_copy_text(thumbprint),
                                    .database = memory_copy_text(database)};
}

static void an_encrypted_database_needs_its_certificate_at_the_destination(void **state)
{
    (void)state;
    static const enum surrounding kinds[] = {SURROUNDING_ENCRYPTION_KEY, SURROUNDING_BACKUP_KEY};
    for (size_t i = 0; i < 2; i++) {
        struct build *build = build_behind();
        add_key(build, SOURCE, kinds[i], BOX, "C7AB");
        add_key(build, SOURCE, SURROUNDING_CERTIFICATE, NULL, "C7AB");
        add_key(build, DESTINATION, SURROUNDING_CERTIFICATE, NULL, "0000");
        struct group_view *view = build_view(build);
        expect(view, 95, BOX, ROUTE_UNREACHABLE,
               "encrypted by the certificate TdeCert (C7AB), which DRSQL1 does not have");
        expect(view, 95, MGMT, ROUTE_ROLL_FORWARD, NULL);
        group_view_release(view);
        build_kill(build, SOURCE); /* what was seen of it still counts */
        view = build_view(build);
        expect(view, 95, BOX, ROUTE_UNREACHABLE, "C7AB");
        group_view_release(view);
        add_key(build, DESTINATION, SURROUNDING_CERTIFICATE, NULL, "c7ab");
        view = build_view(build);
        expect(view, 95, BOX, ROUTE_ROLL_FORWARD, NULL);
        group_view_release(view);
        build_free(build);
    }
}

static void certificates_that_cannot_be_seen_are_left_to_the_files_proof(void **state)
{
    (void)state;
    struct build *build = build_behind();
    add_key(build, SOURCE, SURROUNDING_ENCRYPTION_KEY, BOX, "C7AB");
    struct part_status *keys = &build->servers[DESTINATION]->parts[PART_KEYS];
    keys->state = PART_NOT_VISIBLE;
    keys->read_monotonic_ms = TIME_UNKNOWN;
    struct group_view *view = build_view(build);
    expect(view, 95, BOX, ROUTE_ROLL_FORWARD, NULL);
    group_view_release(view);
    build_free(build);
}

static void of_several_backup_certificates_nobody_knows_which_is_needed(void **state)
{
    (void)state;
    struct build *build = build_behind();
    add_key(build, SOURCE, SURROUNDING_BACKUP_KEY, BOX, "C7AB");
    add_key(build, SOURCE, SURROUNDING_BACKUP_KEY, BOX, "D8BC");
    struct group_view *view = build_view(build);
    expect(view, 95, BOX, ROUTE_ROLL_FORWARD, NULL);
    group_view_release(view);
    build_free(build);
}

/* --- several servers ------------------------------------------------------------------------- */

/* SQLA and SQLB both have a database Orders. */
static struct build *build_same_names(bool one_destination)
{
    struct build *build = build_new();
    build_source(build, "SQLA", true);
    build_source(build, "SQLB", false);
    build_destination(build, "DRSQL1", one_destination ? NULL : "SQLA");
    if (!one_destination)
        build_destination(build, "DRSQL2", "SQLB");
    build_database(build, 0, 2, MGMT, USE_MANAGEMENT);
    build_database(build, 0, 2, "Orders", USE_CUSTOM);
    build_database(build, 1, one_destination ? 2 : 3, "Orders", USE_CUSTOM);
    build_job(build, 0, JOB_BACKUP, "Backup BizTalk Server (BizTalkMgmtDb)");
    build_full(build, 90, true);
    for (int64_t set = 91; set <= 93; set++)
        build_log(build, set, set == 91);
    return build;
}

static void databases_of_one_name_are_told_apart_by_their_servers(void **state)
{
    (void)state;
    struct build *build = build_same_names(false);
    for (int i = 2; i <= 3; i++) {
        struct shipping_row *row = &build->servers[i]->shipping[build->servers[i]->shipping_count - 1];
        row->log_location = memory_copy_text(i == 2 ? "A:\\" : "B:\\");
    }
    struct group_view *view = build_view(build);
    struct plan_request request = {.by = TARGET_NEWEST};
    struct plan *plan = plan_make(view, &request);
    assert_true(plan->possible);
    assert_int_equal(plan->databases_count, 3);
    for (size_t i = 0; i < plan->databases_count; i++) {
        const struct plan_database *database = &plan->databases[i];
        if (strcmp(database->database, "Orders") != 0)
            continue;
        bool first = strcmp(database->server, "DRSQL1") == 0;
        assert_non_null(strstr(database->steps[0].file, first ? "A:\\SQLA_" : "B:\\SQLB_"));
    }
    plan_free(plan);
    group_view_release(view);
    build_free(build);
}

static void a_repetition_in_the_other_sources_database_of_the_name_is_not_its_own(void **state)
{
    (void)state;
    struct build *build = build_same_names(false);
    struct server_view *other = build->servers[1];
    struct mark_row newest = other->marks[other->marks_count - 1];
    *memory_append(other, marks) = newest;
    other->marks[other->marks_count - 2] = /* as msdb's are, in the order of time */
        (struct mark_row){.database = memory_copy_text("Orders"),
                          .mark = memory_copy_text(newest.mark),
                          .lsn = {.number = newest.lsn.number - 100},
                          .time_utc_ms = newest.time_utc_ms - 60000};
    struct group_view *view = build_view(build);
    struct plan_request request = {.by = TARGET_NEWEST};
    struct plan *plan = plan_make(view, &request);
    assert_true(plan->possible);
    size_t found = 0;
    for (size_t i = 0; i < plan->databases_count; i++) {
        const struct plan_database *database = &plan->databases[i];
        if (strcmp(database->database, "Orders") != 0)
            continue;
        bool after = strstr(database->steps[0].stop_clause, " AFTER ") != NULL;
        assert_int_equal(after, strcmp(database->server, "DRSQL2") == 0);
        found++;
    }
    assert_int_equal(found, 2);
    plan_free(plan);
    group_view_release(view);
    build_free(build);
}

static void two_databases_of_one_name_never_go_to_one_server(void **state)
{
    (void)state;
    struct build *build = build_same_names(true);
    struct group_view *view = build_view(build);
    struct plan_request request = {.by = TARGET_NEWEST};
    struct plan *plan = plan_make(view, &request);
    assert_false(plan->possible);
    assert_int_equal(view->roster_problems_count, 2);
    assert_non_null(strstr(view->roster_problems[0],
                           "DRSQL1 restores two databases of that name, of SQLA and of SQLB"));
    assert_int_equal(build_mark(view, 93)->worst, ROUTE_UNREACHABLE);
    plan_free(plan);
    group_view_release(view);
    build_free(build);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_that_its_destination_cannot_use_breaks_the_chain_in_its_own_words),
        cmocka_unit_test(without_lsns_a_lost_file_right_behind_its_place_breaks_the_chain_too),
        cmocka_unit_test(without_lsns_a_lost_file_right_behind_a_full_set_breaks_the_chain_too),
        cmocka_unit_test(a_hole_right_behind_its_place_breaks_the_chain_whatever_the_newest_log_is),
        cmocka_unit_test(a_mark_before_the_redo_point_is_past_though_its_log_has_no_lsns),
        cmocka_unit_test(a_file_that_nobody_opened_yet_is_used_on_weaker_evidence),
        cmocka_unit_test(a_file_is_what_its_header_says_and_not_what_the_history_calls_it),
        cmocka_unit_test(with_the_source_never_seen_the_header_tells_the_version),
        cmocka_unit_test(moved_files_are_read_from_their_new_folder_by_kind_and_source),
        cmocka_unit_test(a_renamed_database_is_told_from_one_that_was_never_there),
        cmocka_unit_test(the_first_log_may_begin_before_the_full_set_ended),
        cmocka_unit_test(an_encrypted_database_needs_its_certificate_at_the_destination),
        cmocka_unit_test(certificates_that_cannot_be_seen_are_left_to_the_files_proof),
        cmocka_unit_test(of_several_backup_certificates_nobody_knows_which_is_needed),
        cmocka_unit_test(databases_of_one_name_are_told_apart_by_their_servers),
        cmocka_unit_test(a_repetition_in_the_other_sources_database_of_the_name_is_not_its_own),
        cmocka_unit_test(two_databases_of_one_name_never_go_to_one_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
