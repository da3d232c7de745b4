#include <stdarg.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/str.h"
#include "tests/lab/biztalk.h"
#include "tests/lab/scenario.h"
#include "tests/lab/session.h"
#include "tests/lab/shipping.h"

/* A scenario with one place left open for what a test wants to be wrong. */
static const char FRAME[] = "{\"group\": \"G\", \"now\": \"2026-11-20T12:20:50Z\","
                            " \"servers\": [{\"name\": \"A\", \"role\": \"source\"%s}],"
                            " \"databases\": [{\"name\": \"M\", \"server\": \"A\","
                            " \"role\": \"management\"%s}]%s}";

static void assert_problem(const char *server, const char *database, const char *rest,
                           const char *expected)
{
    struct str text = {0}, problems = {0};
    const char *parts[] = {server, database, rest};
    size_t part = 0;
    for (const char *at = FRAME; *at != '\0'; at++) {
        if (strncmp(at, "%s", 2) == 0) {
            str_add(&text, parts[part++]);
            at++;
        } else {
            str_add_char(&text, *at);
        }
    }
    lab_lock();
    struct lab *lab = scenario_parse(str_text(&text), text.length, "test", 1, &problems);
    if (expected == NULL) {
        assert_string_equal(str_text(&problems), "");
        assert_non_null(lab);
    } else {
        assert_null(lab);
        assert_non_null(strstr(str_text(&problems), expected));
    }
    lab_free(lab);
    lab_unlock();
    str_free(&text);
    str_free(&problems);
}

static void a_minimal_scenario_is_good(void **state)
{
    (void)state;
    assert_problem("", "", "", NULL);
}

static void an_unknown_name_is_told_with_the_nearest(void **state)
{
    (void)state;
    assert_problem(", \"vresion\": \"16.0.1\"", "", "",
                   "servers[0].vresion: unknown name; did you"
                   " mean version?");
    assert_problem("", "", ", \"histroy\": {}", "histroy: unknown name; did you mean history?");
}

static void a_wrong_type_is_told_with_its_path(void **state)
{
    (void)state;
    assert_problem("", ", \"data_mb\": \"many\"", "",
                   "databases[0].data_mb: expected a whole number");
    assert_problem(", \"stopped\": 1", "", "", "servers[0].stopped: expected true or false");
    assert_problem("", "", ", \"logins\": {}", "logins: expected an array");
    assert_problem(", \"version\": \"new\"", "", "",
                   "servers[0].version: expected major.minor.build");
}

static void a_choice_names_what_was_expected(void **state)
{
    (void)state;
    assert_problem("", "", ", \"logins\": [{\"name\": \"x\", \"permissions\": [\"ROOT\"]}]",
                   "logins[0].permissions[0]: expected one of: VIEW SERVER STATE");
    assert_problem("", ", \"recovery_model\": \"full\"", "",
                   "databases[0].recovery_model: expected one of: FULL BULK_LOGGED SIMPLE");
}

static void a_fault_in_an_unknown_database_is_told(void **state)
{
    (void)state;
    assert_problem("", "",
                   ", \"history\": {\"hours\": 2, \"partial\": [{\"time\":"
                   " \"2026-11-20T11:00:00Z\", \"fails_at\": \"Nothing\"}]}",
                   "history.partial[0].fails_at: expected a database that the job backs up");
    assert_problem("", "", ", \"history\": {\"failed_starts\": [\"yesterday\"]}",
                   "history.failed_starts[0]");
}

static void a_version_with_something_behind_it_is_told(void **state)
{
    (void)state;
    assert_problem(", \"version\": \"16.0.4236x\"", "", "", "found \"16.0.4236x\"");
}

static void what_does_not_fit_is_told(void **state)
{
    (void)state;
    struct str many = {0};
    assert_problem(", \"alias\": \"" "0123456789012345678901234567890123456789012345678901234567890123"
                   "4567890123456789012345678901234567890123456789012345678901234567x\"", "", "",
                   "servers[0].alias: longer than 128 bytes");
    str_add(&many, ", \"history\": {\"hours\": 1, \"failed_starts\": [");
    for (int i = 0; i < 65; i++) {
        str_format(&many, "%s\"2026-11-20T11:20:50Z\"", i == 0 ? "" : ", ");
    }
    str_add(&many, "]}");
    assert_problem("", "", str_text(&many), "more than 64 of failed_starts, partial and stolen");
    str_free(&many);
}

static void all_errors_come_at_once(void **state)
{
    (void)state;
    assert_problem(", \"x\": 1", ", \"y\": 1", ", \"z\": 1", "databases[0].y");
    assert_problem(", \"x\": 1", ", \"y\": 1", ", \"z\": 1", "servers[0].x");
}

static void broken_json_is_told_with_its_line(void **state)
{
    (void)state;
    struct str problems = {0};
    lab_lock();
    assert_null(scenario_parse("{\n  \"group\": \n}", 16, "file.json", 1, &problems));
    lab_unlock();
    assert_non_null(strstr(str_text(&problems), "file.json:3"));
    str_free(&problems);
}

static void an_unknown_scenario_names_the_built_in_ones(void **state)
{
    (void)state;
    struct str problems = {0};
    lab_lock();
    assert_null(scenario_load("/nowhere/none.json", 1, &problems));
    lab_unlock();
    assert_non_null(strstr(str_text(&problems), "contoso, small"));
    str_free(&problems);
}

static const struct database *find(struct lab *lab, const char *server, const char *name)
{
    struct database *database = instance_database(lab_instance(lab, server), name);
    assert_non_null(database);
    return database;
}

/* The newest log backup of a database in the whole past. */
static const struct backup_file *newest_log(const struct lab *lab, const char *name, size_t skip)
{
    for (size_t i = lab->files_count; i-- > 0;) {
        const struct backup_file *file = lab->files[i];
        if (file->type == 'L' && strcmp(file->database_name, name) == 0 && skip-- == 0) {
            return file;
        }
    }
    fail();
    return NULL;
}

static void contoso_stands_one_log_set_behind(void **state)
{
    (void)state;
    static const char *const names[] = {
        "BizTalkMgmtDb",   "BizTalkMsgBoxDb",     "BizTalkDTADb",
        "SSODB",           "BAMPrimaryImport",    "BAMAlertsApplication",
        "BAMAlertsNSMain", "BizTalkRuleEngineDb", "ContosoOrders"};
    struct str problems = {0};
    lab_lock();
    struct lab *lab = scenario_load("contoso", 1, &problems);
    assert_string_equal(str_text(&problems), "");
    assert_int_equal(lab_instance(lab, "SQLA")->group->members_count, 10);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct database *database = find(lab, "DRSQL1", names[i]);
        assert_int_equal(database->state, DATABASE_RESTORING);
        assert_true(database->redo_lsn == newest_log(lab, names[i], 1)->last_lsn);
        assert_true(database->redo_lsn == newest_log(lab, names[i], 0)->first_lsn);
    }
    assert_true(find(lab, "DRSQL2", "BizTalkMsgBoxDb2")->redo_lsn ==
                newest_log(lab, "BizTalkMsgBoxDb2", 1)->last_lsn);
    assert_non_null(strstr(newest_log(lab, "SSODB", 0)->path, "BTS_2026_11_20_12_15_00_547"));
    assert_int_equal(lab_instance(lab, "DRSQL1")->shipping->last_restore_set + 2,
                     lab_instance(lab, "SQLA")->group->next_set_id);
    lab_free(lab);
    lab_unlock();
    str_free(&problems);
}

static void every_built_in_scenario_is_good(void **state)
{
    (void)state;
    const char *name;
    for (size_t i = 0; (name = scenario_builtin_name(i)) != NULL; i++) {
        struct str problems = {0};
        if (strcmp(name, "long-history") == 0) {
            continue; /* a million rows: test_scenario_past.c makes it with fewer */
        }
        lab_lock();
        struct lab *lab = scenario_load(name, 1, &problems);
        assert_string_equal(str_text(&problems), "");
        assert_non_null(lab);
        lab_free(lab);
        lab_unlock();
        str_free(&problems);
    }
}

static void a_stolen_log_leaves_the_standby_before_it_and_a_bridge(void **state)
{
    (void)state;
    struct str problems = {0};
    lab_lock();
    struct lab *lab = scenario_load("stolen", 1, &problems);
    assert_string_equal(str_text(&problems), "");
    const struct database *standby = find(lab, "DRSMALL", "BizTalkDTADb");
    const struct backup_file *bridge =
        lab_file(lab, lab_instance(lab, "DRSMALL"), "\\\\nas\\tool\\BizTalkDTADb_1105.trn");
    assert_non_null(bridge);
    assert_true(bridge->first_lsn == standby->redo_lsn);
    bool continues = false;
    for (size_t i = 0; i < lab->files_count; i++) {
        continues = continues ||
                    (lab->files[i]->type == 'L' && lab->files[i]->timeline == bridge->timeline &&
                     lab->files[i]->first_lsn == bridge->last_lsn);
    }
    assert_true(continues);
    lab_free(lab);
    lab_unlock();
    str_free(&problems);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_minimal_scenario_is_good),
        cmocka_unit_test(an_unknown_name_is_told_with_the_nearest),
        cmocka_unit_test(a_wrong_type_is_told_with_its_path),
        cmocka_unit_test(a_choice_names_what_was_expected),
        cmocka_unit_test(a_fault_in_an_unknown_database_is_told),
        cmocka_unit_test(a_version_with_something_behind_it_is_told),
        cmocka_unit_test(what_does_not_fit_is_told),
        cmocka_unit_test(all_errors_come_at_once),
        cmocka_unit_test(broken_json_is_told_with_its_line),
        cmocka_unit_test(an_unknown_scenario_names_the_built_in_ones),
        cmocka_unit_test(every_built_in_scenario_is_good),
        cmocka_unit_test(a_stolen_log_leaves_the_standby_before_it_and_a_bridge),
        cmocka_unit_test(contoso_stands_one_log_set_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
